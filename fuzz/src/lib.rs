//! The laws that the fuzz targets check, and how they turn bytes into texts.
//!
//! In: arbitrary bytes. Out: nothing, or a panic that names the law that does not hold.
//!
//! Random bytes hardly ever contain a repeat of 60 letters, so most inputs are read as a *program* that writes a
//! text: pieces of its own bytes, copies of what it wrote before, and characters that are hard to handle.

use refrain::diff::{Edit, EditKind};
use refrain::{Passage, Repeat, Span};

/// The longest text that a program writes, in bytes. Longer texts make fewer executions a second.
const LONGEST: usize = 1 << 14;

/// Characters that are hard to handle: combining marks, joiners, marks of direction, NUL, ligatures, letters that
/// change their length when they are folded, emoji sequences, scripts without spaces, unassigned and private characters.
const HARD: [&str; 32] = [
    "\u{0}", "\u{301}", "\u{e9}", "e\u{301}", "\u{200d}", "\u{200b}", "\u{202e}", "\u{2066}", "\u{feff}", "\u{ad}", "ﬀ", "ß", "İ", "ı",
    "Ω", "K", "👨\u{200d}👩\u{200d}👧", "🇳🇱", "❤\u{fe0f}", "中", "文", "か\u{3099}", "が", "한", "\u{1112}\u{1161}\u{11ab}", "ไ", "ที่", "क्ष",
    "שָׁ", "لَا", "\u{e000}", "\u{10fffe}",
];

/// A text from bytes: if the first byte is below 64, the rest as it is (with replacements where it is not UTF-8), else
/// the text that the rest writes as a program.
pub fn text(data: &[u8]) -> String {
    match data.split_first() {
        Some((&first, rest)) if first >= 64 => written(rest),
        Some((_, rest)) => String::from_utf8_lossy(rest).into_owned(),
        None => String::new(),
    }
}

/// Two texts: the second program goes on with the text of the first, of which it keeps a copy.
pub fn two_texts(data: &[u8]) -> (String, String) {
    let (at, rest) = match data.split_first() {
        Some((&first, rest)) => (rest.len() * usize::from(first) / 256, rest),
        None => (0, data),
    };
    let (first, second) = rest.split_at(at);
    let left = text(first);
    let right = match second.split_first() {
        Some((&kind, program)) if kind >= 64 => written_after(left.clone(), program),
        _ => text(second),
    };
    (left, right)
}

fn written(program: &[u8]) -> String {
    written_after(String::new(), program)
}

/// Runs a program. The first three quarters of the codes of an instruction say what it does with its two operands.
fn written_after(mut text: String, program: &[u8]) -> String {
    let mut rest = program;
    while let [code, one, two, tail @ ..] = rest {
        rest = tail;
        if text.len() > LONGEST {
            break;
        }
        let (place, size) = (usize::from(*one), usize::from(*two));
        match code % 8 {
            0 | 1 => {
                let piece = &tail[..tail.len().min(size)];
                text.push_str(&String::from_utf8_lossy(piece));
                rest = &tail[piece.len()..];
            }
            2 | 3 => {
                // A copy of an earlier part, whose place and size are proportions of the text.
                let start = floor(&text, text.len() * place / 256);
                let end = floor(&text, start + (text.len() - start) * size / 255);
                let copy = text[start..end].to_owned();
                text.push_str(&copy);
            }
            4 => text.push_str(HARD[place % HARD.len()]),
            5 => text.push_str(["\n\n", "\n", ". ", " ", ", ", "\t", "; ", "! "][place % 8]),
            6 => {
                // One word of letters that depends on the operands only.
                let letters = "etaoinshrdlucmfwypvbgkqjxz".as_bytes();
                text.extend((0..1 + size % 9).map(|at| char::from(letters[(place + at * (1 + size)) % letters.len()])));
                text.push(' ');
            }
            _ => {
                // Deletes the end, so that the next copy begins at another place.
                let keep = floor(&text, text.len().saturating_sub(size % 32));
                text.truncate(keep);
            }
        }
    }
    text.truncate(floor(&text, LONGEST));
    text
}

/// The last character boundary up to `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Each span slices the text. `Index` panics if it does not.
fn slices(text: &str, span: Span) {
    assert!(!text[span].is_empty(), "an empty span {span:?}");
}

/// A proportion is between 0 and 1.
fn is_proportion(value: f64) {
    assert!((0.0..=1.0).contains(&value), "{value} is no proportion");
}

/// Occurrences slice the text, are in order and apart, and there are at least two.
pub fn check_repeats(text: &str, repeats: &[Repeat]) {
    for repeat in repeats {
        is_proportion(repeat.identity);
        assert!(repeat.occurrences.len() >= 2, "a repeat that occurs once: {repeat:?}");
        for pair in repeat.occurrences.windows(2) {
            assert!(pair[0].end <= pair[1].start, "occurrences overlap or are out of order: {repeat:?}");
        }
        for &span in &repeat.occurrences {
            slices(text, span);
        }
    }
}

/// Both sides slice their text; the passages are in order of the left text.
pub fn check_passages(left: &str, right: &str, passages: &[Passage]) {
    for passage in passages {
        is_proportion(passage.identity);
        slices(left, passage.left);
        slices(right, passage.right);
    }
    assert!(passages.is_sorted_by_key(|passage| (passage.left, passage.right)), "out of order: {passages:?}");
}

/// The edits rebuild both texts, in order.
pub fn check_edits<'e>(left: &str, right: &str, edits: impl Iterator<Item = &'e Edit>) {
    let (mut at_left, mut at_right) = (0, 0);
    for edit in edits {
        assert_eq!((edit.left.start, edit.right.start), (at_left, at_right), "a gap or an overlap before {edit:?}");
        let (old, new) = (&left[edit.left], &right[edit.right]);
        match edit.kind {
            EditKind::Equal => assert_eq!(old, new, "not equal"),
            EditKind::Insert | EditKind::MoveTo { .. } | EditKind::Copy { .. } => {
                assert!(old.is_empty() && !new.is_empty(), "{edit:?} takes left text");
            }
            EditKind::Delete { .. } | EditKind::MoveFrom { .. } => {
                assert!(new.is_empty() && !old.is_empty(), "{edit:?} takes right text");
            }
            _ => assert!(!old.is_empty() || !new.is_empty(), "an empty edit"),
        }
        (at_left, at_right) = (edit.left.end, edit.right.end);
    }
    assert_eq!((at_left, at_right), (left.len(), right.len()), "the edits end early");
}

/// A file with a part replaced: the first byte of `data` says where, the rest is what stands there. `None` if the file
/// stays the same.
pub fn altered(file: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let [at, tail @ ..] = data else { return None };
    let mut altered = file.to_vec();
    let start = usize::from(*at) * file.len() / 256;
    let end = file.len().min(start + tail.len());
    altered[start..end].copy_from_slice(&tail[..end - start]);
    (altered != file).then_some(altered)
}
