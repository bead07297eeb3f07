//! Copied stretches: stretches of one stream that the other stream contains too, perhaps with edits.
//!
//! In: blocks of equal bytes. Out: [`CopiedStretch`]es: chains of blocks whose ends are moved out over edits,
//! and the unowned blocks, which are inside longer ones, or are copied again.

use super::block::{AHEAD, ExactBlock};
use super::bridge;
use super::chain::{self, Chains, Owned};
use super::cuts::Cuts;
use super::extend;
use super::insertion::{self, Rest};
use super::source::Source;
use crate::stream::letters;
use crate::support::bit_set::BitSet;
use crate::support::cpu;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// Ends of two stretches count as the same end if they are at most this many stream bytes apart, and at most
/// an eighth of the length.
pub(super) const SLACK: usize = 16;

/// Insertions over which each end is moved, at most. Without a limit, lines that differ only in a number take
/// quadratic time.
const INSERTIONS: usize = 3;

/// The ends of copies that match fewer stream bytes are not moved over insertions: a short phrase has no headings.
/// (Most copied stretches of a corpus are short, and the search took a tenth of the time of `within`.)
const BODY: usize = 256;

/// A clean copy matches at least this many letters.
const CLEAN_LENGTH: usize = 200;
/// A clean copy matches at least this many percent of its length.
const CLEAN_PERCENT: usize = 95;

/// A stretch of the left stream that the right stream contains too.
#[derive(Clone, Debug)]
pub(super) struct CopiedStretch<'b> {
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// The equal text: at least one block, in order on both sides.
    pub(super) blocks: &'b [ExactBlock],
    /// Whether it owns its right side. If not, a longer stretch covers most of the same text. Between two texts:
    /// whether it is a passage of its own, see [`own`].
    pub(super) primary: bool,
}

impl<'b> CopiedStretch<'b> {
    /// The stretch from the first to the last block.
    pub(super) fn of(blocks: &'b [ExactBlock], primary: bool) -> CopiedStretch<'b> {
        let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
        CopiedStretch {
            left: first.left as usize..last.left_end() as usize,
            right: first.right as usize..last.right_end() as usize,
            blocks,
            primary,
        }
    }

    /// The stretch of a chain, with its ends moved out over edits and insertions. `within` says whether both
    /// sides are in one text. The ends do not go over a cut.
    pub(super) fn extended(
        blocks: &'b [ExactBlock],
        left: Source<'_>,
        right: Source<'_>,
        within: bool,
        cuts: Cuts<'_>,
    ) -> CopiedStretch<'b> {
        let mut copied = CopiedStretch::of(blocks, true);
        let matched = copied.matched();
        let overlap = if within { copied.left.end.saturating_sub(copied.right.start) } else { 0 };
        // A copy that overlaps its original is periodic: only its start is moved, and only over insertions. If it
        // overlaps by little, text is equal by chance between two copies in a row.
        let overlaps = overlap > 0;
        if overlaps && 2 * overlap < copied.right.start - copied.left.start {
            return copied;
        }
        let (free_left, free_right) =
            cuts.around((&copied.left, &copied.right), (left.folded().len(), right.folded().len()));
        let rest = |source, range| Rest { source, range };
        // Inside one text, any other copy must not grow into its original.
        let bound = if within { copied.right.start.min(free_left.end) } else { free_left.end };
        for _ in 0..if overlaps { 0 } else { INSERTIONS } {
            copied.extend_forwards(&left.folded()[..bound], &right.folded()[..free_right.end]);
            if matched < BODY {
                break;
            }
            let ends = (copied.left.end..bound, copied.right.end..free_right.end);
            let moved = insertion::forwards(&rest(left, ends.0), &rest(right, ends.1), matched);
            let Some((by_left, by_right)) = moved else { break };
            copied.left.end += by_left;
            copied.right.end += by_right;
        }
        let bound = match (within, overlaps) {
            (true, true) => copied.left.start,
            (true, false) => copied.left.end,
            (false, _) => 0,
        };
        let bounds = (free_left.start, bound.max(free_right.start));
        for _ in 0..INSERTIONS {
            if !overlaps {
                copied.extend_backwards(left.folded(), right.folded(), bounds);
            }
            if matched < BODY {
                break;
            }
            let starts = (bounds.0..copied.left.start, bounds.1..copied.right.start);
            let moved = insertion::backwards(&rest(left, starts.0), &rest(right, starts.1), matched);
            let Some((by_left, by_right)) = moved else { break };
            copied.left.start -= by_left;
            copied.right.start -= by_right;
        }
        copied
    }

    /// Moves the ends forwards over edits.
    fn extend_forwards(&mut self, left: &[u8], right: &[u8]) {
        let (by_left, by_right) = extend::forwards(&left[self.left.end..], &right[self.right.end..]);
        self.left.end += by_left;
        self.right.end += by_right;
    }

    /// Moves the starts backwards over edits, to these bounds at most.
    fn extend_backwards(&mut self, left: &[u8], right: &[u8], bounds: (usize, usize)) {
        let (by_left, by_right) =
            extend::backwards(&left[bounds.0..self.left.start], &right[bounds.1..self.right.start]);
        self.left.start -= by_left;
        self.right.start -= by_right;
    }

    /// Stream bytes of the blocks. Overlaps count twice.
    pub(super) fn matched(&self) -> usize {
        self.blocks.iter().map(|block| block.length as usize).sum()
    }

    /// Whether it is a long copy with few edits. Such a copy keeps its exact ends. Any other copy may be the
    /// unedited part of a rewritten passage, so the search without regard to order has priority over it.
    pub(super) fn is_clean(&self, left: &[u8]) -> bool {
        let matched: usize = self
            .blocks
            .iter()
            .map(|block| letters(&left[block.left as usize..block.left_end() as usize]))
            .sum();
        matched >= CLEAN_LENGTH && self.has_few_edits()
    }

    /// Whether the blocks match [`CLEAN_PERCENT`] of the stretch between the first and the last.
    fn has_few_edits(&self) -> bool {
        let (first, last) = (self.blocks[0], self.blocks[self.blocks.len() - 1]);
        let extent = (last.left_end() - first.left).max(last.right_end() - first.right) as usize;
        100 * self.matched() >= CLEAN_PERCENT * extent
    }
}

/// The equal text of two streams, or of a stream and itself.
pub(super) struct Matches {
    chains: Chains,
    /// Long blocks whose right side belongs to longer ones.
    unowned: Vec<ExactBlock>,
    max_gap: u32,
}

impl Matches {
    /// Joins blocks, given by right start, over gaps of at most `max_gap` stream bytes, and not over cuts. Chains
    /// that match fewer than [`GUARANTEE`](super::seed::GUARANTEE) letters are dropped. `within` says whether both
    /// sides are in one text.
    pub(super) fn of(
        blocks: Vec<ExactBlock>,
        [left, right]: [&[u8]; 2],
        max_gap: u32,
        within: bool,
        cuts: Cuts<'_>,
    ) -> Matches {
        let Owned { kept, unowned } = chain::own(cuts.divide(blocks), right);
        let mut chains = joined(&kept, max_gap, cuts);
        chains.retain_enough(right);
        let chains = bridge::bridged(chains, [left, right], max_gap, within, cuts);
        Matches { chains, unowned, max_gap }
    }

    /// The copied stretches inside one text: the chains, with their ends extended; then the unowned blocks.
    pub(super) fn within(&self, text: Source<'_>, cuts: Cuts<'_>) -> Vec<CopiedStretch<'_>> {
        let mut copied = extended(&self.chains, text, text, true, cuts);
        copied.extend(self.unowned.iter().map(|block| CopiedStretch::of(std::slice::from_ref(block), false)));
        copied
    }

    /// Calls `visit` with the copied stretches between two texts: the chains, and the chains of unowned blocks.
    /// Each stretch is `primary` if it [owns](own) a side.
    pub(super) fn between<T>(
        &self,
        left: Source<'_>,
        right: Source<'_>,
        cuts: Cuts<'_>,
        visit: impl FnOnce(Vec<CopiedStretch<'_>>) -> T,
    ) -> T {
        let mut copied = extended(&self.chains, left, right, false, cuts);
        let mut again = joined(&self.unowned, self.max_gap, cuts);
        again.retain_enough(right.folded());
        let mut copies = extended(&again, left, right, false, cuts);
        copies.iter_mut().for_each(|copy| copy.primary = false);
        copied.append(&mut copies);
        own(&mut copied, left.folded().len(), right.folded().len());
        visit(copied)
    }
}

/// Chains of blocks, none of them over a cut.
fn joined(blocks: &[ExactBlock], max_gap: u32, cuts: Cuts<'_>) -> Chains {
    let chains = chain::chains(blocks, max_gap);
    if cuts.are_none() { chains } else { chains.divided(|block, next| cuts.are_between(block, next)) }
}

/// The stretches of the chains, with their ends extended.
fn extended<'c>(
    chains: &'c Chains,
    left: Source<'_>,
    right: Source<'_>,
    within: bool,
    cuts: Cuts<'_>,
) -> Vec<CopiedStretch<'c>> {
    let mut copied = Vec::with_capacity(chains.len());
    for (number, chain) in chains.iter().enumerate() {
        if number + AHEAD < chains.len() {
            let ahead = chains.chain(number + AHEAD);
            let (first, last) = (ahead[0], ahead[ahead.len() - 1]);
            cpu::fetch(left.folded(), first.left as usize);
            cpu::fetch(left.folded(), last.left_end() as usize);
            cpu::fetch(right.folded(), last.right_end() as usize);
        }
        copied.push(CopiedStretch::extended(chain, left, right, within, cuts));
    }
    copied
}

/// Decides which stretches between two texts are reported for themselves. A stretch that owns its right side
/// is no longer `primary` if longer stretches own most of its left side, so one copied stretch of the left text
/// gives one passage. But a stretch that is copied again as a whole stays a passage: it has few edits, its side
/// that others own has the extent of one of them, and its other side is its own.
fn own(copied: &mut [CopiedStretch<'_>], left_length: usize, right_length: usize) {
    let mut order: Vec<usize> = (0..copied.len()).collect();
    order.sort_by_key(|&index| {
        let stretch = &copied[index];
        (!stretch.primary, Reverse(stretch.left.len()), stretch.right.start, stretch.left.start)
    });
    let (mut owned_left, mut owned_right) = (BitSet::empty(left_length), BitSet::empty(right_length));
    let (mut on_left, mut on_right) = (Extents::default(), Extents::default());
    for index in order {
        let stretch = &copied[index];
        let (left, right) = (stretch.left.clone(), stretch.right.clone());
        let is_free = |owned: &BitSet, side: &Range<usize>| 2 * owned.count_in(side.clone()) < side.len();
        let is_free_left = is_free(&owned_left, &left);
        // The blocks own their right side. Ends that were moved out may reach into another stretch.
        let is_primary = if stretch.primary && is_free_left {
            true
        } else {
            let is_again = if is_free_left {
                on_right.contain(&right)
            } else {
                stretch.primary && is_free(&owned_right, &right) && on_left.contain(&left)
            };
            is_again && stretch.has_few_edits()
        };
        copied[index].primary = is_primary;
        if is_primary {
            on_left.insert(&left);
            on_right.insert(&right);
            owned_left.insert_range(left);
            owned_right.insert_range(right);
        }
    }
}

/// The sides of stretches, to find one of equal extent.
#[derive(Default)]
struct Extents(BTreeSet<(usize, usize)>);

impl Extents {
    fn insert(&mut self, side: &Range<usize>) {
        self.0.insert((side.start, side.end));
    }

    /// Whether a side has the extent of this one, up to [`SLACK`].
    fn contain(&self, side: &Range<usize>) -> bool {
        let slack = SLACK.min(side.len() / 8);
        let near = (side.start.saturating_sub(slack), 0)..=(side.start + slack, usize::MAX);
        self.0.range(near).any(|&(_, end)| end.abs_diff(side.end) <= slack)
    }
}
