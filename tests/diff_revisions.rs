//! Guarantee: the diffs of 500 law amendments rebuild both versions exactly, and report less text as changed
//! than a diff of words.

mod shared;

use refrain::{Edit, EditKind, diff};

/// Bytes that `imara-diff` (Histogram; words, single spaces and punctuation as tokens) deletes and inserts,
/// over both files.
const BY_WORDS: usize = 1_399_172;

/// Bytes that are inserted, deleted or replaced, including those inside moves and copies.
fn changed(edits: &[&Edit]) -> usize {
    edits
        .iter()
        .map(|edit| match &edit.kind {
            EditKind::Insert | EditKind::Delete { .. } | EditKind::Replace => {
                edit.left.len() + edit.right.len()
            }
            EditKind::MoveTo { edits, .. } | EditKind::Copy { edits, .. } => {
                changed(&edits.iter().collect::<Vec<_>>())
            }
            _ => 0,
        })
        .sum()
}

#[test]
fn amendments_are_rebuilt_from_short_diffs() {
    let (mut records, mut whole, mut reported, mut moved) = (0, 0, 0, 0);
    for name in ["nl.jsonl.gz", "de.jsonl.gz"] {
        let Some(lines) = shared::records(&format!("revisions/{name}")) else { return };
        let (mut of_file, mut whole_file) = (0, 0);
        for record in lines {
            let (before, after) = (record["before"].as_str().unwrap(), record["after"].as_str().unwrap());
            let diff = diff(before, after);
            let edits: Vec<&Edit> = diff.edits().collect();
            let left: String = edits.iter().map(|edit| &before[edit.left]).collect();
            let right: String = edits
                .iter()
                .map(
                    |edit| if edit.kind == EditKind::Equal { &before[edit.left] } else { &after[edit.right] },
                )
                .collect();
            assert!(left == before && right == after, "{}", record["id"]);
            assert!(!diff.is_coarse(), "{}", record["id"]);
            if std::env::var_os("REFRAIN_SHOW").is_some() {
                eprintln!("{}\t{}", changed(&edits), record["id"]);
            }
            moved += edits.iter().filter(|edit| matches!(edit.kind, EditKind::MoveTo { .. })).count();
            of_file += changed(&edits);
            whole_file += before.len() + after.len();
            records += 1;
        }
        println!("{name}: {of_file} of {whole_file} bytes changed");
        reported += of_file;
        whole += whole_file;
    }
    println!("{records} amendments, {reported} of {whole} bytes changed, {moved} moves");
    assert_eq!(records, 500);
    assert!(reported < BY_WORDS, "{reported} bytes are reported as changed, {BY_WORDS} by words");
}
