//! Separators: the characters of the original text that squeezing drops (white space, punctuation, symbols).
//!
//! In: stretches of text between words. Out: where separators and words end.

use crate::scan;
use crate::span::Span;

/// The end of the separators that start at `start`, at most `end`.
pub(super) fn separators_end(text: &[u8], start: usize, end: usize) -> usize {
    let mut position = start;
    while position < end {
        match scan::after(text, position) {
            Some((_, class, length)) if !class.is_kept() => position += length,
            _ => break,
        }
    }
    position
}

/// The span without the separators at its ends.
pub(super) fn words_of(text: &str, span: Span) -> Span {
    let start = separators_end(text.as_bytes(), span.start, span.end);
    let mut end = span.end;
    while end > start {
        match scan::before(text.as_bytes(), end) {
            Some((_, class, length)) if !class.is_kept() => end -= length,
            _ => break,
        }
    }
    Span::new(start, end)
}

/// Which separators around an insertion are paired with those that the other text has at that place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairing {
    /// The first bytes, this many, of the separators before the insertion.
    Lead(usize),
    /// The last bytes, this many, of the separators after it.
    Trail(usize),
    /// The other text has none.
    None,
}

impl Pairing {
    /// How the separators `other` are paired with those before (`lead`) and after (`trail`) an insertion.
    pub(super) fn of(other: &str, lead: &str, trail: &str) -> Pairing {
        let white = |text: &str| text.chars().filter(|&ch| scan::class(ch).is_white()).collect::<String>();
        if other.is_empty() {
            Pairing::None
        } else if lead.starts_with(other) {
            Pairing::Lead(other.len())
        } else if trail.ends_with(other) {
            Pairing::Trail(other.len())
        } else if white(other) != white(lead) && white(other) == white(trail) {
            Pairing::Trail(trail.len())
        } else {
            Pairing::Lead(lead.len())
        }
    }
}
