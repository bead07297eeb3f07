//! Insertions at the ends of a copy: a heading or an advertisement that only one side has, and beyond it a short
//! paragraph that both have.
//!
//! In: the ends of a copied stretch. Out: the ends after the short paragraph.
//!
//! **Idea.** If a copy lost the heading after its first paragraph, that paragraph touches the rest of the copy on
//! one side, and is apart from it on the other. It may be shorter than a seed, and the heading longer than the
//! steps of [`extend`]. Short equal text some way off may also be chance, so three things are asked: the text
//! touches the copy on the side without the insertion; on the other side it is a whole line or sentence; and the
//! insertion is no longer than what the copy matches. Between two copies in a row, the text may belong to either
//! copy: it does not belong to the one that a line break divides it from, if none divides it from the other.
//!
//! **Cost.** At most [`REACH`] words of each side are compared at each end.

use super::boundary;
use super::extend;
use super::source::Source;
use crate::stream::{characters, common_prefix, common_suffix, starts_character};
use std::ops::Range;

/// Most stream bytes of an insertion.
const REACH: usize = 512;
/// Fewest characters of the text beyond an insertion.
const LEAST: usize = 6;
/// The text beyond an insertion may continue alike by chance for this many characters after its end.
const CHANCE: usize = 24;
/// Text of at least this many characters need not end at the end of a sentence or a line.
const LONG: usize = 24;
/// Text before and after an insertion may agree by chance for this many bytes. The copy then seems to end that
/// much later.
const SHIFT: usize = 32;

/// One side of a copy, from one of its ends outwards.
#[derive(Clone)]
pub(super) struct Rest<'a> {
    pub(super) source: Source<'a>,
    /// Where the text outside the copy is. One of its ends is the end of the copy.
    pub(super) range: Range<usize>,
}

impl Rest<'_> {
    fn text(&self) -> &[u8] {
        &self.source.folded()[self.range.clone()]
    }

    /// Whether a line or a sentence starts at this stream position.
    fn is_cut(&self, at: usize) -> bool {
        let bytes = self.source.bytes();
        let is_last = at == self.source.folded().len();
        boundary::is_cut(bytes, if is_last { bytes.len() } else { self.source.character(at).start })
    }

    /// Whether a line starts at this stream position.
    fn is_line(&self, at: usize) -> bool {
        at == self.source.folded().len()
            || boundary::starts_line(self.source.bytes(), self.source.character(at).start)
    }

    /// Whether a line or a sentence starts at one of these stream positions.
    fn has_cut(&self, mut places: Range<usize>) -> bool {
        places.any(|at| is_start(self.source.folded(), at) && self.is_cut(at))
    }
}

/// By how many bytes the ends of both sides move forwards. `matched` is the number of bytes that the copy matches.
pub(super) fn forwards(left: &Rest<'_>, right: &Rest<'_>, matched: usize) -> Option<(usize, usize)> {
    let behind = |long: &Rest<'_>, short: &Rest<'_>| {
        let (step, run) = extend::inserted(long.text(), short.text(), REACH.min(matched))?;
        let (folded, start) = (long.source.folded(), long.range.start + step);
        let before = &folded[start.saturating_sub(SHIFT)..start];
        let shift = common_suffix(before, &short.source.folded()[..short.range.start]);
        if !long.has_cut(start - shift..start + 1) {
            return None;
        }
        let ends = (start..=start + run).rev().filter(|&at| is_start(folded, at));
        let end = outer(long, start + run, ends, |end| characters(&folded[start..end]))?;
        let inner = short.range.start;
        let belongs = !short.is_line(inner) || short.is_line(inner + (end - start));
        belongs.then_some((end - long.range.start, end - start))
    };
    behind(left, right).or_else(|| behind(right, left).map(|(by_right, by_left)| (by_left, by_right)))
}

/// By how many bytes the starts of both sides move backwards.
pub(super) fn backwards(left: &Rest<'_>, right: &Rest<'_>, matched: usize) -> Option<(usize, usize)> {
    let before = |long: &Rest<'_>, short: &Rest<'_>| {
        let (step, run) = extend::inserted_backwards(long.text(), short.text(), REACH.min(matched))?;
        let (folded, end) = (long.source.folded(), long.range.end - step);
        let behind = &folded[end..folded.len().min(end + SHIFT)];
        let shift = common_prefix(behind, &short.source.folded()[short.range.end..]);
        if !long.has_cut(end..end + shift + 1) {
            return None;
        }
        let starts = (end - run..end).filter(|&at| is_start(folded, at));
        let start = outer(long, end - run, starts, |start| characters(&folded[start..end]))?;
        let inner = short.range.end;
        let belongs = !short.is_line(inner) || short.is_line(inner - (end - start));
        belongs.then_some((long.range.end - start, end - start))
    };
    before(left, right).or_else(|| before(right, left).map(|(by_right, by_left)| (by_left, by_right)))
}

/// The outer end of the text beyond an insertion: the first of `places`, which come from the farthest one inwards,
/// at which a sentence or a line ends; the farthest one if the text is long. `length` counts characters from the
/// inner end.
fn outer(
    long: &Rest<'_>,
    farthest: usize,
    places: impl Iterator<Item = usize>,
    length: impl Fn(usize) -> usize,
) -> Option<usize> {
    let mut places = places.take(CHANCE + 1).peekable();
    let first = places.peek().copied().filter(|&at| at == farthest && length(at) >= LONG);
    places.find(|&at| long.is_cut(at)).or(first).filter(|&at| length(at) >= LEAST)
}

/// Whether a character starts here, or the text ends.
fn is_start(folded: &[u8], at: usize) -> bool {
    folded.get(at).is_none_or(|&byte| starts_character(byte))
}
