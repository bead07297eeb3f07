//! One of the two texts, with the way from stream positions to its bytes.
//!
//! In: a text and its squeezed stream. Out: for a stream position the bytes around it, and whether a reader would
//! accept a cut there. The other rooms of the diff count stream bytes; only here and in [`super::render`] do
//! they meet the bytes of the caller's text.

use crate::scan::{self, Class};
use crate::stream::{Stream, starts_character};

/// A text and its stream.
#[derive(Clone, Copy)]
pub(super) struct Side<'t> {
    pub(super) text: &'t str,
    pub(super) stream: &'t Stream,
}

impl<'t> Side<'t> {
    pub(super) fn folded(self) -> &'t [u8] {
        self.stream.folded()
    }

    pub(super) fn bytes(self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// Where the squeezed character before `at` ends and the one at `at` starts, in bytes of the text.
    pub(super) fn gap(self, at: usize) -> (usize, usize) {
        self.stream.gap(self.bytes(), at)
    }

    /// Start of the squeezed character at `at`.
    pub(super) fn start(self, at: usize) -> usize {
        self.gap(at).1
    }

    /// End of the squeezed character before `at`.
    pub(super) fn end(self, at: usize) -> usize {
        self.gap(at).0
    }

    /// Start of the character behind the one at `at`.
    pub(super) fn next(self, at: usize) -> usize {
        let folded = self.folded();
        (at + 1..folded.len()).find(|&next| starts_character(folded[next])).unwrap_or(folded.len())
    }

    /// Start of the character before `at`.
    pub(super) fn previous(self, at: usize) -> usize {
        let folded = self.folded();
        (0..at).rev().find(|&start| starts_character(folded[start])).unwrap_or(0)
    }
}

/// The two texts.
#[derive(Clone, Copy)]
pub(super) struct Sides<'t> {
    pub(super) left: Side<'t>,
    pub(super) right: Side<'t>,
}

/// Where a cut may fall.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    /// Between words, and between the characters of scripts without spaces.
    Word,
    /// Between grapheme clusters.
    Cluster,
}

impl<'t> Sides<'t> {
    pub(super) fn swapped(self) -> Sides<'t> {
        Sides { left: self.right, right: self.left }
    }

    /// Whether both texts may be cut between the characters before and from stream positions `left` and `right`.
    pub(super) fn may_cut(self, left: usize, right: usize, unit: Unit) -> bool {
        self.left.may_cut(left, unit) && self.right.may_cut(right, unit)
    }
}

impl Side<'_> {
    /// Whether the text may be cut between the characters before and from stream position `at`: no grapheme cluster
    /// is cut, nor, where asked, a word.
    pub(super) fn may_cut(self, at: usize, unit: Unit) -> bool {
        let gap = self.gap(at);
        is_whole(self.bytes(), gap) && (unit == Unit::Cluster || parts_words(self.bytes(), gap))
    }
}

/// Whether no grapheme cluster stretches into the gap from either side.
fn is_whole(text: &[u8], (end, start): (usize, usize)) -> bool {
    end <= start && scan::is_cluster_break(text, end) && (end == start || scan::is_cluster_break(text, start))
}

/// Whether a word ends or starts at the gap.
fn parts_words(text: &[u8], (end, start): (usize, usize)) -> bool {
    end < start && has_separator(text, end, start) || scan::is_word_break(text, start)
}

/// Whether more than ignorable characters stand between `end` and `start`.
fn has_separator(text: &[u8], mut end: usize, start: usize) -> bool {
    while end < start {
        match scan::after(text, end) {
            Some((_, Class::Ignorable, length)) => end += length,
            found => return found.is_some(),
        }
    }
    false
}

/// How good a place to cut the gap at stream position `at` is, as a reader sees it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Level {
    /// Inside a word.
    None,
    /// Between words.
    Word,
    /// At white space or punctuation.
    Space,
    /// Behind a sentence.
    Sentence,
    /// Between lines.
    Line,
    /// Between paragraphs, and at the ends of the text.
    Paragraph,
}

impl Side<'_> {
    /// The best place within the gap at `at`.
    pub(super) fn level(self, at: usize) -> Level {
        let (end, start) = self.gap(at);
        if at == 0 || at == self.folded().len() {
            return Level::Paragraph;
        }
        let mut level = if scan::is_word_break(self.bytes(), start) { Level::Word } else { Level::None };
        let mut lines = 0;
        let mut cursor = end;
        while cursor < start {
            let Some((_, class, length)) = scan::after(self.bytes(), cursor) else { break };
            match class {
                Class::Line => lines += 1,
                Class::Terminal => level = level.max(Level::Sentence),
                Class::Ignorable => {}
                _ => level = level.max(Level::Space),
            }
            cursor += length;
        }
        match lines {
            0 => level,
            1 => Level::Line,
            _ => Level::Paragraph,
        }
    }
}
