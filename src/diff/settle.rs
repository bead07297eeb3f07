//! Settling: a moved or copied block begins and ends where a sentence, a line or a paragraph does.
//!
//! In: a block, cut to words, and the text that is taken. Out: the block with settled ends, or none.
//!
//! **Idea.** An end of a block is settled if it is a [`Boundary`] of a sentence or better in both texts. An
//! end inside a sentence is moved outwards to the ends of this sentence, if the block has at least half of
//! it and the rest is free in both texts; otherwise inwards to the next sentence of the block. Text that
//! stayed is given up for a block only if both texts have the same there: the text before a block is then
//! equal to the text before its other place, and the text that stayed finds the same words again after the
//! block.
//!
//! A list item keeps its first words: it does not move into the words of another item.
//!
//! **Cost.** Linear in the block and in the sentences around it.

use super::boundary::Boundary;
use super::equal_run::EqualRun;
use super::moves::RelocatedBlock;
use super::side::{Side, Sides};
use crate::scan::{self, Class};
use crate::stream::{common_characters, common_last_characters};
use crate::support::interval_set::IntervalSet;
use std::ops::Range;

/// Text that a block may not take, in stream bytes.
pub(super) struct Taken {
    pub(super) left: IntervalSet,
    pub(super) right: IntervalSet,
    /// Whether equal text may be taken all the same, because the runs are aligned again.
    pub(super) gives_equal: bool,
}

impl Taken {
    /// Whether a block may take these ranges, of which `equal` bytes are equal.
    fn allows(&self, left: &Range<usize>, right: &Range<usize>, equal: usize) -> bool {
        let is_equal = left.len() == equal && right.len() == equal;
        let is_free = || self.left.is_free(left.clone()) && self.right.is_free(right.clone());
        is_equal && self.gives_equal || is_free()
    }

    /// Whether a block is outside of all taken text.
    pub(super) fn is_free(&self, block: &RelocatedBlock) -> bool {
        self.left.is_free(block.left.clone()) && self.right.is_free(block.right.clone())
    }

    pub(super) fn insert(&mut self, block: &RelocatedBlock) {
        self.left.insert(block.left.clone());
        self.right.insert(block.right.clone());
    }
}

/// Farthest that an end is moved outwards, in stream bytes.
const REACH: usize = 512;

/// Whether a sentence, a line or a paragraph begins or ends at a stream position.
pub(super) fn is_settled(side: Side<'_>, position: usize) -> bool {
    side.boundary(position) >= Boundary::Sentence
}

/// The block with settled ends.
pub(super) fn settled(mut block: RelocatedBlock, sides: Sides<'_>, taken: &Taken) -> Option<RelocatedBlock> {
    settle_start(&mut block, sides, taken)?;
    settle_end(&mut block, sides, taken)?;
    let keeps_start = block.runs.first().is_some_and(|run| (run.left, run.right) == (block.left.start, block.right.start));
    let is_item = || is_list_item(sides.left, block.left.start) || is_list_item(sides.right, block.right.start);
    (keeps_start || !is_item()).then_some(block)
}

/// The copy that takes all of `change`, a stretch of the right that has no other text; its source is settled.
pub(super) fn whole(
    mut block: RelocatedBlock,
    sides: Sides<'_>,
    change: &Range<usize>,
) -> Option<RelocatedBlock> {
    if !(is_settled(sides.right, change.start) && is_settled(sides.right, change.end)) {
        return None;
    }
    let reach = block.left.len().min(REACH);
    block.left = outer_start(sides.left, block.left.start, reach)?..outer_end(sides.left, block.left.end, reach)?;
    block.right = change.clone();
    Some(block)
}

fn settle_start(block: &mut RelocatedBlock, sides: Sides<'_>, taken: &Taken) -> Option<()> {
    let (left, right) = (block.left.start, block.right.start);
    if is_settled(sides.left, left) && is_settled(sides.right, right) {
        return Some(());
    }
    let inner = inner_start(block, sides);
    let next = inner.map_or((block.left.end, block.right.end), |run| (run.left, run.right));
    let outer = |side: Side<'_>, start: usize, next: usize| outer_start(side, start, (next - start).min(REACH));
    if let (Some(left_start), Some(right_start)) =
        (outer(sides.left, left, next.0), outer(sides.right, right, next.1))
    {
        let (left_more, right_more) = (left_start..left, right_start..right);
        let (left_text, right_text) = (sides.left.folded(), sides.right.folded());
        let equal = common_last_characters(&left_text[left_more.clone()], &right_text[right_more.clone()]);
        if taken.allows(&left_more, &right_more, equal) {
            (block.left.start, block.right.start) = (left_start, right_start);
            let first = block.runs.first_mut()?;
            *first = EqualRun {
                left: first.left - equal,
                right: first.right - equal,
                length: first.length + equal,
            };
            return Some(());
        }
    }
    let inner = inner?;
    block.runs.retain(|run| run.left_end() > inner.left);
    *block.runs.first_mut()? = inner;
    (block.left.start, block.right.start) = (inner.left, inner.right);
    Some(())
}

fn settle_end(block: &mut RelocatedBlock, sides: Sides<'_>, taken: &Taken) -> Option<()> {
    let (left, right) = (block.left.end, block.right.end);
    if is_settled(sides.left, left) && is_settled(sides.right, right) {
        return Some(());
    }
    let inner = inner_end(block, sides);
    let last = inner.map_or((block.left.start, block.right.start), |run| (run.left_end(), run.right_end()));
    let outer = |side: Side<'_>, end: usize, last: usize| outer_end(side, end, (end - last).min(REACH));
    if let (Some(left_end), Some(right_end)) = (outer(sides.left, left, last.0), outer(sides.right, right, last.1)) {
        let (left_more, right_more) = (left..left_end, right..right_end);
        let (left_text, right_text) = (sides.left.folded(), sides.right.folded());
        let equal = common_characters(&left_text[left_more.clone()], &right_text[right_more.clone()]);
        if taken.allows(&left_more, &right_more, equal) {
            (block.left.end, block.right.end) = (left_end, right_end);
            block.runs.last_mut()?.length += equal;
            return Some(());
        }
    }
    let inner = inner?;
    block.runs.retain(|run| run.left < inner.left_end());
    *block.runs.last_mut()? = inner;
    (block.left.end, block.right.end) = (inner.left_end(), inner.right_end());
    Some(())
}

/// The rest of the first run from the first settled place of both texts, after the start of the block.
fn inner_start(block: &RelocatedBlock, sides: Sides<'_>) -> Option<EqualRun> {
    block.runs.iter().find_map(|run| {
        let mut cut = 0;
        while cut < run.length {
            let is_inner = run.left + cut > block.left.start;
            if is_inner && is_settled(sides.left, run.left + cut) && is_settled(sides.right, run.right + cut) {
                return Some(run.part(cut, run.length));
            }
            cut = sides.left.next(run.left + cut) - run.left;
        }
        None
    })
}

/// The last run up to the last settled place of both texts, before the end of the block.
fn inner_end(block: &RelocatedBlock, sides: Sides<'_>) -> Option<EqualRun> {
    block.runs.iter().rev().find_map(|run| {
        let mut cut = run.length;
        while cut > 0 {
            let is_inner = run.left + cut < block.left.end;
            if is_inner && is_settled(sides.left, run.left + cut) && is_settled(sides.right, run.right + cut) {
                return Some(run.part(0, cut));
            }
            cut = sides.left.previous(run.left + cut).max(run.left) - run.left;
        }
        None
    })
}

/// The last settled place at or before `start`, at most `reach` bytes away.
fn outer_start(side: Side<'_>, start: usize, reach: usize) -> Option<usize> {
    let mut place = start;
    while start - place <= reach {
        if is_settled(side, place) {
            return Some(place);
        }
        place = side.previous(place);
    }
    None
}

/// The first settled place at or after `end`, at most `reach` bytes away.
fn outer_end(side: Side<'_>, end: usize, reach: usize) -> Option<usize> {
    let mut place = end;
    while place - end <= reach {
        if is_settled(side, place) {
            return Some(place);
        }
        place = side.next(place);
    }
    None
}

/// Whether the line of the character at a stream position begins with the mark of a list.
fn is_list_item(side: Side<'_>, position: usize) -> bool {
    let text = side.bytes();
    let mut start = side.start(position);
    let mut first = None;
    while let Some((ch, class, length)) = scan::before(text, start)
        && class != Class::Line
    {
        if !class.is_white() {
            first = Some((ch, start));
        }
        start -= length;
    }
    first.is_some_and(|(ch, end)| {
        matches!(ch, '-' | '*' | '+' | '•' | '–' | '·' | '‣')
            && scan::after(text, end).is_some_and(|(_, class, _)| class.is_white())
    })
}
