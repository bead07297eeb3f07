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
use super::side::{CutUnit, Side, Sides};
use super::tidy;
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
    /// Whether a block that has `own` bytes of a sentence (left, right) may take the rest of it. Of the rest,
    /// `equal` bytes are equal.
    fn allows(&self, left: &Range<usize>, right: &Range<usize>, equal: usize, own: (usize, usize)) -> bool {
        let is_equal = left.len() == equal && right.len() == equal;
        let has_half = left.len() <= own.0 && right.len() <= own.1;
        let is_free = || self.left.is_free(left.clone()) && self.right.is_free(right.clone());
        is_equal && self.gives_equal || (is_equal || has_half) && is_free()
    }

    /// Whether a block is outside of all taken text.
    pub(super) fn is_free(&self, block: &RelocatedBlock) -> bool {
        self.left.is_free(block.left.clone()) && self.right.is_free(block.right.clone())
    }

    /// Whether all text between two blocks is free.
    pub(super) fn allows_join(&self, block: &RelocatedBlock, next: &RelocatedBlock) -> bool {
        self.left.is_free(block.left.end..next.left.start)
            && self.right.is_free(block.right.end..next.right.start)
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
    let is_end = position == 0 || position == side.folded().len();
    is_end || side.boundary(position) >= Boundary::Sentence && side.may_cut(position, CutUnit::Word)
}

/// Whether two words touch at a stream position, as after a lost line break.
fn has_lost_break(side: Side<'_>, position: usize) -> bool {
    let (end, start) = side.gap(position);
    end == start && side.may_cut(position, CutUnit::Word)
}

/// Whether a block may begin or end at these stream positions: both are settled, or the one is between lines
/// and the other text has lost that break, so that two words touch.
pub(super) fn are_settled(sides: Sides<'_>, left: usize, right: usize) -> bool {
    let is_line = |side: Side<'_>, position: usize| side.boundary(position) >= Boundary::Line;
    match (is_settled(sides.left, left), is_settled(sides.right, right)) {
        (true, true) => true,
        (true, false) => is_line(sides.left, left) && has_lost_break(sides.right, right),
        (false, true) => is_line(sides.right, right) && has_lost_break(sides.left, left),
        (false, false) => false,
    }
}

/// The rest of the line before a block that starts at `start`: from its first settled place that is free.
pub(super) fn line_before(side: Side<'_>, start: usize, taken: &IntervalSet) -> Range<usize> {
    let before = start.checked_sub(1).and_then(|last| taken.starting_until(last));
    let limit = before.map_or(0, |before| before.end.min(start)).max(start.saturating_sub(REACH));
    let (mut first, mut place) = (start, start);
    while place > limit && side.boundary(place) < Boundary::Line {
        place = side.previous(place);
        if place >= limit && (is_settled(side, place) || place == limit && has_lost_break(side, place)) {
            first = place;
        }
    }
    first..start
}

/// The rest of the line after a block that ends at `end`: up to its last settled place that is free.
pub(super) fn line_after(side: Side<'_>, end: usize, taken: &IntervalSet) -> Range<usize> {
    let reach = side.folded().len().min(end + REACH);
    let limit = taken.within(end..reach).next().map_or(reach, |next| next.start);
    let (mut last, mut place) = (end, end);
    while place < limit && side.boundary(place) < Boundary::Line {
        place = side.next(place);
        if place <= limit && (is_settled(side, place) || place == limit && has_lost_break(side, place)) {
            last = place;
        }
    }
    end..last
}

/// The block with settled ends.
pub(super) fn settled(mut block: RelocatedBlock, sides: Sides<'_>, taken: &Taken) -> Option<RelocatedBlock> {
    settle_start(&mut block, sides, taken)?;
    settle_end(&mut block, sides, taken)?;
    let (from, until) = ((block.left.start, block.right.start), (block.left.end, block.right.end));
    tidy::cut_to_words(&mut block.runs, sides, from, until);
    let keeps_start =
        block.runs.first().is_some_and(|run| (run.left, run.right) == (block.left.start, block.right.start));
    let is_item =
        || is_list_item(sides.left, block.left.start) || is_list_item(sides.right, block.right.start);
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
    block.left =
        outer_start(sides.left, block.left.start, reach)?..outer_end(sides.left, block.left.end, reach)?;
    block.right = change.clone();
    Some(block)
}

fn settle_start(block: &mut RelocatedBlock, sides: Sides<'_>, taken: &Taken) -> Option<()> {
    let (left, right) = (block.left.start, block.right.start);
    if are_settled(sides, left, right) {
        return Some(());
    }
    let inner = inner_start(block, sides);
    let next = inner.map_or((block.left.end, block.right.end), |run| (run.left, run.right));
    if let (Some(left_start), Some(right_start)) =
        (outer_start(sides.left, left, REACH), outer_start(sides.right, right, REACH))
    {
        let (left_more, right_more) = (left_start..left, right_start..right);
        let (left_text, right_text) = (sides.left.folded(), sides.right.folded());
        let equal = common_last_characters(&left_text[left_more.clone()], &right_text[right_more.clone()]);
        if taken.allows(&left_more, &right_more, equal, (next.0 - left, next.1 - right)) {
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
    if are_settled(sides, left, right) {
        return Some(());
    }
    let inner = inner_end(block, sides);
    let last = inner.map_or((block.left.start, block.right.start), |run| (run.left_end(), run.right_end()));
    if let (Some(left_end), Some(right_end)) =
        (outer_end(sides.left, left, REACH), outer_end(sides.right, right, REACH))
    {
        let (left_more, right_more) = (left..left_end, right..right_end);
        let (left_text, right_text) = (sides.left.folded(), sides.right.folded());
        let equal = common_characters(&left_text[left_more.clone()], &right_text[right_more.clone()]);
        if taken.allows(&left_more, &right_more, equal, (left - last.0, right - last.1)) {
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
            if is_inner && are_settled(sides, run.left + cut, run.right + cut) {
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
            if is_inner && are_settled(sides, run.left + cut, run.right + cut) {
                return Some(run.part(0, cut));
            }
            cut = sides.left.previous(run.left + cut).max(run.left) - run.left;
        }
        None
    })
}

/// The last settled place at or before `start`, at most `reach` bytes away.
fn outer_start(side: Side<'_>, start: usize, reach: usize) -> Option<usize> {
    nearest_settled(side, start, reach, |place| side.previous(place))
}

/// The first settled place at or after `end`, at most `reach` bytes away.
fn outer_end(side: Side<'_>, end: usize, reach: usize) -> Option<usize> {
    nearest_settled(side, end, reach, |place| side.next(place))
}

/// The first settled place from `from` on, at most `reach` bytes away, where `step` gives the next place.
fn nearest_settled(
    side: Side<'_>,
    from: usize,
    reach: usize,
    step: impl Fn(usize) -> usize,
) -> Option<usize> {
    let mut place = from;
    while place.abs_diff(from) <= reach {
        if is_settled(side, place) {
            return Some(place);
        }
        place = step(place);
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
