//! Guarantee: the diff of two copies of an article shows exactly what changed. A real page contains the
//! article twice. The second copy lost three headings and its paragraph breaks, and the diff shows nothing
//! else.

mod shared;

use refrain::diff::FormatChange;
use refrain::{EditKind, diff};

#[test]
fn the_second_copy_lost_three_headings_and_its_breaks() {
    let Some(path) = shared::path("article/article.txt") else { return };
    let page = std::fs::read_to_string(path).unwrap();
    let (left, right) = (&page[312..2840], &page[2842..5284]);
    let diff = diff(left, right);
    assert!(!diff.is_coarse());

    let mut headings = Vec::new();
    let mut breaks = 0;
    for edit in diff.edits() {
        match &edit.kind {
            EditKind::Equal => assert_eq!(&left[edit.left], &right[edit.right]),
            EditKind::Delete { duplicate_of: None } => headings.push(left[edit.left].trim()),
            EditKind::Format(changes) => {
                assert!(changes.contains(FormatChange::ParagraphBreak), "{changes:?}");
                assert!(
                    changes.iter().all(|change| {
                        matches!(change, FormatChange::ParagraphBreak | FormatChange::Space)
                    })
                );
                assert_eq!(&left[edit.left], "\n\n");
                assert!(matches!(&right[edit.right], "" | " "));
                breaks += 1;
            }
            kind => panic!("{kind:?} {:?} {:?}", &left[edit.left], &right[edit.right]),
        }
    }
    assert_eq!(headings, ["Regimewissel", "Beschuldigd", "Kremlin 'zal westerse sancties vergelden'"]);
    // Each paragraph break of the left was lost or belongs to a deleted heading.
    let of_headings: usize = diff
        .edits()
        .filter(|edit| matches!(edit.kind, EditKind::Delete { .. }))
        .map(|edit| left[edit.left].matches("\n\n").count())
        .sum();
    assert_eq!(breaks + of_headings, left.matches("\n\n").count() - right.matches("\n\n").count());
}
