//! Guarantee: the laws of a diff (head of `src/diff/mod.rs`) hold for arbitrary Unicode and for texts that
//! share much.

use proptest::prelude::*;
use refrain::diff::{ChangeTag, Granularity};
use refrain::{Diff, Differ, Edit, EditKind, Span, diff};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Sentences of several scripts, and separators. Both texts of a pair are made from these pieces.
const PIECES: [&str; 40] = [
    "The ferry to the island leaves at seven, and nobody waits for it. ",
    "Wie zijn ticket vergeet, betaalt aan boord het dubbele tarief.\n\n",
    "Der Kapitän grüßt jeden Gast persönlich, auch wenn es regnet.\n",
    "Пассажиры поднимаются на палубу и смотрят, как исчезает берег. ",
    "الركاب يصعدون إلى السطح ويشاهدون الشاطئ وهو يبتعد ببطء. ",
    "यात्री डेक पर चढ़ते हैं और किनारे को दूर जाते हुए देखते हैं। ",
    "ผู้โดยสารขึ้นไปบนดาดฟ้าและมองดูชายฝั่งที่ค่อยๆหายไป ",
    "乘客们走上甲板，看着海岸线慢慢消失在晨雾之中，谁也没有说话。",
    "승객들은 갑판에 올라 해안이 멀어지는 것을 바라본다. ",
    "甲板に上がった乗客たちは、岸がゆっくり遠ざかるのを眺めている。",
    "the",
    "The",
    "THE",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    ".",
    ",",
    "kader",
    "Lavrov",
    "2024",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{ad}",
    "\u{200d}",
    "👩🏽‍🚀",
    "🇳🇱",
    "🇧",
    "ﬁ",
    "क्ष",
    "\u{94d}",
    "각",
    "ᆨ",
    "ﷺ",
    "中",
    "ก",
    "ำ",
];

fn pieces(most: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..most)
        .prop_map(|pieces| pieces.concat())
}

/// A text, and another made from it: pieces are deleted, inserted, moved, doubled and changed in form.
fn versions() -> impl Strategy<Value = (String, String)> {
    let operation = (0u8..6, any::<prop::sample::Index>(), any::<prop::sample::Index>(), pieces(3));
    (
        proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..30),
        proptest::collection::vec(operation, 0..6),
    )
        .prop_map(|(left, operations)| {
            let mut right: Vec<String> = left.iter().map(|piece| piece.to_string()).collect();
            for (what, from, to, new) in operations {
                if right.is_empty() {
                    break;
                }
                let (from, to) = (from.index(right.len()), to.index(right.len()));
                match what {
                    0 => drop(right.remove(from)),
                    1 => right.insert(from, new),
                    2 => {
                        let piece = right.remove(from);
                        right.insert(to.min(right.len()), piece);
                    }
                    3 => right.insert(to, right[from].clone()),
                    4 => right[from] = right[from].to_uppercase(),
                    _ => right[from] = right[from].trim_end().to_string(),
                }
            }
            (left.concat(), right.concat())
        })
}

fn pairs() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        6 => versions(),
        2 => (pieces(12), pieces(12)),
        1 => (any::<String>(), any::<String>()),
        1 => ("[ab \n]{0,40}", "[ab \n]{0,40}"),
    ]
}

/// The squeezed text as the crate documents it, in an independent implementation. It uses the standard
/// library for case and `unicode-normalization` for compatibility forms. It folds more than the crate does,
/// never less.
fn squeezed(text: &str) -> String {
    let lower = |text: String| -> String {
        text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
    };
    let ignorable = |ch: char| {
        matches!(ch, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{640}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
    };
    // Letters in circles and boxes are symbols with the property Alphabetic.
    let boxed = |ch: char| matches!(ch, 'Ⓐ'..='ⓩ' | '🄰'..='🆉');
    let kept = |ch: char| !boxed(ch) && (ch.is_alphanumeric() || is_combining_mark(ch)) && !ignorable(ch);
    let visible: String = text.chars().filter(|&ch| kept(ch)).collect();
    let folded = lower(lower(visible.nfkc().collect()).nfkc().collect());
    folded.nfkd().filter(|&ch| kept(ch)).collect()
}

fn tile(edits: &[&Edit], left: Span, right: Span) -> Result<(), TestCaseError> {
    let mut at = (left.start, right.start);
    for edit in edits {
        prop_assert_eq!(
            (edit.left.start, edit.right.start),
            at,
            "an edit starts where the one before it ends"
        );
        prop_assert!(!edit.left.is_empty() || !edit.right.is_empty());
        at = (edit.left.end, edit.right.end);
    }
    prop_assert_eq!(at, (left.end, right.end));
    Ok(())
}

fn kinds_hold(edits: &[&Edit], left: &str, right: &str) -> Result<(), TestCaseError> {
    for edit in edits {
        let (before, after) = (&left[edit.left], &right[edit.right]);
        match &edit.kind {
            EditKind::Equal => prop_assert_eq!(before, after),
            EditKind::Format(changes) => {
                prop_assert!(before != after && !changes.is_empty());
                prop_assert_eq!(squeezed(before), squeezed(after), "{:?} {:?}", before, after);
            }
            EditKind::Insert | EditKind::Copy { .. } | EditKind::MoveTo { .. } => {
                prop_assert!(before.is_empty())
            }
            EditKind::Delete { .. } | EditKind::MoveFrom { .. } => prop_assert!(after.is_empty()),
            EditKind::Replace => prop_assert!(!before.is_empty() && !after.is_empty()),
            kind => prop_assert!(false, "the laws do not know the kind {:?}", kind),
        }
    }
    prop_assert!(
        !edits.windows(2).any(|two| two[0].kind == EditKind::Equal && two[1].kind == EditKind::Equal)
    );
    Ok(())
}

fn no_cluster_is_cut(edits: &[&Edit], left: &str, right: &str) -> Result<(), TestCaseError> {
    let bounds = |text: &str| -> Vec<usize> {
        text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect()
    };
    let (left_bounds, right_bounds) = (bounds(left), bounds(right));
    for edit in edits {
        for (at, bounds) in [
            (edit.left.start, &left_bounds),
            (edit.left.end, &left_bounds),
            (edit.right.start, &right_bounds),
            (edit.right.end, &right_bounds),
        ] {
            prop_assert!(bounds.binary_search(&at).is_ok(), "{:?} cuts a cluster at {}", edit, at);
        }
    }
    Ok(())
}

/// Moves are paired, and blocks have at least the least length.
fn blocks_hold(diff: &Diff, left: &str, right: &str, min_move: usize) -> Result<(), TestCaseError> {
    let mut sources = std::collections::BTreeMap::new();
    for edit in diff.edits() {
        if let EditKind::MoveFrom { id } = edit.kind {
            prop_assert!(sources.insert(id, edit.left).is_none(), "ids are distinct");
        }
    }
    for edit in diff.edits() {
        let (source, edits) = match &edit.kind {
            EditKind::MoveTo { id, source, edits } => {
                prop_assert_eq!(sources.remove(id), Some(*source), "moves are paired");
                (*source, edits)
            }
            EditKind::Copy { source, edits } => (*source, edits),
            _ => continue,
        };
        let (before, after) = (&left[source], &right[edit.right]);
        let length = |text: &str| squeezed(text).chars().count();
        let is_line = |text: &str, span: Span| {
            text[..span.end].ends_with('\n')
                || text[span.end..]
                    .trim_start_matches(|c: char| !c.is_alphanumeric() && c != '\n')
                    .starts_with('\n')
                || text[span.end..].chars().all(|c| !c.is_alphanumeric())
        };
        prop_assert!(
            length(before).max(length(after)) >= min_move
                || (is_line(left, source) && is_line(right, edit.right)),
            "{:?} to {:?}",
            before,
            after
        );
        match edits.is_empty() {
            true => prop_assert_eq!(before, after),
            false => {
                let edits: Vec<&Edit> = edits.iter().collect();
                tile(&edits, source, edit.right)?;
                kinds_hold(&edits, left, right)?;
                no_cluster_is_cut(&edits, left, right)?;
            }
        }
    }
    prop_assert!(sources.is_empty(), "moves are paired");
    Ok(())
}

/// The edits of a diff, independent of the order of one-sided edits.
fn unordered(diff: &Diff, mirrored: bool) -> Vec<(String, Span, Span)> {
    let mut unordered: Vec<(String, Span, Span)> = diff
        .edits()
        .map(|edit| {
            let name = match (&edit.kind, mirrored) {
                (EditKind::Insert | EditKind::Copy { .. }, true) => "delete",
                (EditKind::Delete { .. }, true) => "insert",
                (EditKind::Copy { .. }, false) => "insert",
                (EditKind::MoveFrom { .. }, true) => "move_to",
                (EditKind::MoveTo { .. }, true) => "move_from",
                (kind, _) => kind.name(),
            };
            let (left, right) = if mirrored { (edit.right, edit.left) } else { (edit.left, edit.right) };
            let solid = |span: Span| if span.is_empty() { Span::default() } else { span };
            (name.to_string(), solid(left), solid(right))
        })
        .collect();
    unordered.sort();
    unordered
}

/// For a longer test: `REFRAIN_CASES=30000`.
fn cases() -> u32 {
    std::env::var("REFRAIN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_tile_both_texts_and_match_their_kinds((left, right) in pairs(), granularity in 0usize..3) {
        let granularity = [Granularity::Word, Granularity::Character, Granularity::Line][granularity];
        let diff = Differ::new().granularity(granularity).diff(&left, &right).unwrap();
        let edits: Vec<&Edit> = diff.edits().collect();
        tile(&edits, Span::new(0, left.len()), Span::new(0, right.len()))?;
        kinds_hold(&edits, &left, &right)?;
        no_cluster_is_cut(&edits, &left, &right)?;
        blocks_hold(&diff, &left, &right, 40)?;
        prop_assert_eq!(diff.is_equal(), left == right);
        // The edits turn the left into the right.
        let mut applied = String::new();
        for edit in edits {
            applied += if edit.kind == EditKind::Equal { &left[edit.left] } else { &right[edit.right] };
        }
        prop_assert_eq!(applied, right);
    }

    #[test]
    fn a_text_against_itself_is_one_equal_edit(text in prop_oneof![pieces(30), any::<String>()]) {
        let diff = diff(&text, &text);
        let kinds: Vec<&EditKind> = diff.edits().map(|edit| &edit.kind).collect();
        prop_assert_eq!(kinds, if text.is_empty() { vec![] } else { vec![&EditKind::Equal] });
    }

    #[test]
    fn the_mirror_of_a_diff_is_the_diff_of_the_mirror((left, right) in pairs()) {
        prop_assert_eq!(unordered(&diff(&left, &right), false), unordered(&diff(&right, &left), true));
    }

    #[test]
    fn changes_make_both_texts((left, right) in pairs()) {
        let diff = diff(&left, &right);
        let without = |tag: ChangeTag| -> String {
            diff.changes(&left, &right).filter(|change| change.tag != tag).map(|change| change.text).collect()
        };
        prop_assert_eq!(without(ChangeTag::Insert), left.as_str());
        prop_assert_eq!(without(ChangeTag::Delete), right.as_str());
    }

    #[test]
    fn prepared_texts_and_limits_give_valid_diffs((left, right) in pairs(), steps in 0u64..200) {
        let differ = Differ::new().step_limit(steps);
        let prepared = (differ.prepare(&left).unwrap(), differ.prepare(&right).unwrap());
        let coarse = differ.between(&prepared.0, &prepared.1).unwrap();
        prop_assert_eq!(&coarse, &differ.diff(&left, &right).unwrap());
        let edits: Vec<&Edit> = coarse.edits().collect();
        tile(&edits, Span::new(0, left.len()), Span::new(0, right.len()))?;
        kinds_hold(&edits, &left, &right)?;
        let full = Differ::new().diff(&left, &right).unwrap();
        prop_assert!(!full.is_coarse());
        if !coarse.is_coarse() {
            prop_assert_eq!(coarse, full);
        }
    }

    /// If only whole words change, no edit splits a word. (Each word starts with `x` and ends with `y`, so
    /// that two words in a row never look like one.)
    #[test]
    fn words_are_not_split(
        left in proptest::collection::vec("x[a-c]{0,5}y", 0..30),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), "x[a-c]{0,5}y"), 0..5),
    ) {
        let mut right = left.clone();
        for (at, word) in edits {
            if !right.is_empty() {
                let at = at.index(right.len());
                right[at] = word;
            }
        }
        let (left, right) = (left.join(" "), right.join(" "));
        let inside = |text: &str, at: usize| {
            text[..at].ends_with(|c: char| c.is_alphanumeric()) && text[at..].starts_with(|c: char| c.is_alphanumeric())
        };
        for edit in diff(&left, &right).edits() {
            prop_assert!(!inside(&left, edit.left.start), "{:?}", edit);
            prop_assert!(!inside(&right, edit.right.start), "{:?}", edit);
        }
    }

    /// Inserted and deleted text is whole words of its own text, even if words start or end with the same
    /// letters.
    #[test]
    fn inserted_and_deleted_text_is_whole_words(
        left in proptest::collection::vec("[a-c]{1,6}", 0..30),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), "[a-c]{1,6}", 0..3), 0..5),
    ) {
        let mut right = left.clone();
        for (at, word, what) in edits {
            let place = at.index(right.len() + 1);
            match what {
                0 => right.insert(place, word),
                1 if place < right.len() => right[place] += &word,
                _ if place < right.len() => drop(right.remove(place)),
                _ => {}
            }
        }
        let (left, right) = (left.join(" "), right.join(" "));
        let is_inside = |text: &str, at: usize| {
            text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
        };
        for edit in diff(&left, &right).edits() {
            let is_content = !matches!(edit.kind, EditKind::Equal | EditKind::Format(_));
            for (text, span) in [(&left, edit.left), (&right, edit.right)] {
                if is_content && !span.is_empty() {
                    prop_assert!(!is_inside(text, span.start) && !is_inside(text, span.end), "{:?} of {:?}", edit, text);
                }
            }
        }
    }

    #[test]
    fn lines_stay_whole((left, right) in versions()) {
        let diff = Differ::new().granularity(Granularity::Line).diff(&left, &right).unwrap();
        for edit in diff.edits() {
            for (text, at) in [(&left, edit.left.start), (&right, edit.right.start)] {
                prop_assert!(at == 0 || at == text.len() || text[..at].ends_with('\n'));
            }
        }
    }

    #[test]
    fn a_unified_diff_makes_the_right_text((left, right) in versions(), context in 0usize..4) {
        let diff = diff(&left, &right);
        let shown = diff.unified(&left, &right).context(context).to_string();
        prop_assert_eq!(patched(&left, &shown), right);
    }
}

/// Applies a unified diff as `patch` does, and checks every line.
fn patched(left: &str, diff: &str) -> String {
    let lines: Vec<&str> = left.split_inclusive('\n').collect();
    let mut out = String::new();
    let mut at = 0;
    let mut rest = diff.split_inclusive('\n').peekable();
    while let Some(line) = rest.next() {
        if line.starts_with("--- ") || line.starts_with("+++ ") {
            continue;
        }
        let header = line.strip_prefix("@@ -").expect("a hunk");
        let old = header.split(' ').next().unwrap();
        let (start, count) =
            old.split_once(',').map_or((old, 1), |(start, count)| (start, count.parse().unwrap()));
        let start: usize = start.parse().unwrap();
        let first = if count == 0 { start } else { start - 1 };
        lines[at..first].iter().for_each(|line| out += line);
        at = first;
        while let Some(line) = rest.next_if(|line| !line.starts_with("@@")) {
            let (sign, mut text) = line.split_at(1);
            if rest.next_if(|line| line.starts_with("\\ No newline")).is_some() {
                text = text.strip_suffix('\n').unwrap();
            }
            if sign != "+" {
                assert_eq!(lines[at], text);
                at += 1;
            }
            if sign != "-" {
                out += text;
            }
        }
    }
    lines[at..].iter().for_each(|line| out += line);
    out
}

#[test]
fn settings_and_results_are_plain_values() {
    fn plain<T: Send + Sync + std::panic::UnwindSafe + Clone + std::fmt::Debug>() {}
    plain::<Diff>();
    plain::<Differ>();
    plain::<Edit>();
    plain::<refrain::Prepared<'static>>();
}
