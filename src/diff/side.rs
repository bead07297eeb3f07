//! Sides: the two texts, and the mapping from stream positions back to their bytes.
//!
//! In: a text and its squeezed stream. Out: for a stream position, the bytes around it, and whether the text
//! may be cut there. The other modules of the diff count stream bytes; only this one and [`super::render`]
//! use bytes of the caller's text.

use super::boundary::{self, Boundary};
use super::form::Stretch;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::{Stream, starts_character};

/// A text and its stream.
#[derive(Clone, Copy)]
pub(super) struct Side<'t> {
    pub(super) text: &'t str,
    pub(super) stream: &'t Stream,
}

/// The two texts.
#[derive(Clone, Copy)]
pub(super) struct Sides<'t> {
    pub(super) left: Side<'t>,
    pub(super) right: Side<'t>,
}

/// The units between which a cut may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CutUnit {
    /// Between words, and between the characters of scripts without spaces.
    Word,
    /// Between grapheme clusters.
    Cluster,
}

impl<'t> Sides<'t> {
    pub(super) fn swapped(self) -> Sides<'t> {
        Sides { left: self.right, right: self.left }
    }

    /// Lengths of both streams.
    pub(super) fn ends(self) -> (usize, usize) {
        (self.left.folded().len(), self.right.folded().len())
    }

    /// Whether both texts may be cut in the gaps before stream positions `left` and `right`.
    pub(super) fn may_cut(self, left: usize, right: usize, unit: CutUnit) -> bool {
        self.left.may_cut(left, unit) && self.right.may_cut(right, unit)
    }

    /// Whether both texts have a bound of grapheme clusters at these bytes.
    pub(super) fn are_cluster_breaks(self, left: usize, right: usize) -> bool {
        scan::is_cluster_break(self.left.bytes(), left) && scan::is_cluster_break(self.right.bytes(), right)
    }
}

impl<'t> Side<'t> {
    pub(super) fn folded(self) -> &'t [u8] {
        self.stream.folded()
    }

    pub(super) fn bytes(self) -> &'t [u8] {
        self.text.as_bytes()
    }

    /// A stretch of the text.
    pub(super) fn stretch(self, span: Span) -> Stretch<'t> {
        Stretch { text: self.text, span }
    }

    /// Bytes of the text between two squeezed characters: where the one before `position` ends and the one at
    /// `position` starts.
    pub(super) fn gap(self, position: usize) -> (usize, usize) {
        self.stream.gap(self.bytes(), position)
    }

    /// First byte of the squeezed character at `position`.
    pub(super) fn start(self, position: usize) -> usize {
        self.gap(position).1
    }

    /// End of the squeezed character before `position`.
    pub(super) fn end(self, position: usize) -> usize {
        self.gap(position).0
    }

    /// Stream position of the next character.
    pub(super) fn next(self, position: usize) -> usize {
        let folded = self.folded();
        (position + 1..folded.len()).find(|&next| starts_character(folded[next])).unwrap_or(folded.len())
    }

    /// Stream position of the character before.
    pub(super) fn previous(self, position: usize) -> usize {
        let folded = self.folded();
        (0..position).rev().find(|&start| starts_character(folded[start])).unwrap_or(0)
    }

    /// Whether the text may be cut in the gap before stream position `position`: the cut divides no grapheme
    /// cluster and, if `unit` is `Word`, no word.
    pub(super) fn may_cut(self, position: usize, unit: CutUnit) -> bool {
        let gap = self.gap(position);
        is_whole(self.bytes(), gap) && (unit == CutUnit::Cluster || divides_words(self.bytes(), gap))
    }

    /// The best boundary within the gap before stream position `position`.
    pub(super) fn boundary(self, position: usize) -> Boundary {
        self.boundary_in(position, self.gap(position))
    }

    /// The same, if the [`gap`](Self::gap) is known.
    pub(super) fn boundary_in(self, position: usize, (end, start): (usize, usize)) -> Boundary {
        if position == 0 || position == self.folded().len() {
            return Boundary::Paragraph;
        }
        boundary::of_gap(self.bytes(), end, start)
    }
}

/// Whether no grapheme cluster reaches into the gap from either side.
fn is_whole(text: &[u8], (end, start): (usize, usize)) -> bool {
    end <= start && scan::is_cluster_break(text, end) && (end == start || scan::is_cluster_break(text, start))
}

/// Whether a word ends or starts at the gap.
fn divides_words(text: &[u8], (end, start): (usize, usize)) -> bool {
    end < start && has_separator(text, end, start) || scan::is_word_break(text, start)
}

/// Whether the bytes from `end` to `start` contain more than ignorable characters.
fn has_separator(text: &[u8], mut end: usize, start: usize) -> bool {
    while end < start {
        match scan::after(text, end) {
            Some((_, Class::Ignorable, length)) => end += length,
            found => return found.is_some(),
        }
    }
    false
}
