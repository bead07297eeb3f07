//! Copied stretches: stretches of one stream that the other stream contains too, perhaps with edits.
//!
//! In: blocks of equal bytes. Out: [`CopiedStretch`]es: chains of blocks whose ends are moved out over edits,
//! and the unowned blocks, which are inside longer ones.

use super::block::{AHEAD, ExactBlock};
use super::chain::{self, Chains, Owned};
use super::extend;
use crate::stream::letters;
use crate::support::bit_set::BitSet;
use crate::support::cpu;
use std::cmp::Reverse;
use std::ops::Range;

/// Ends of two stretches count as the same end if they are at most this many stream bytes apart, and at most
/// an eighth of the length.
pub(super) const SLACK: usize = 16;

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
    /// Whether it owns its right side. If not, a longer stretch covers most of the same text.
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

    /// The stretch of a chain, with its ends moved out over edits. `within` says whether both sides are in
    /// one text.
    pub(super) fn extended(
        blocks: &'b [ExactBlock],
        left: &[u8],
        right: &[u8],
        within: bool,
    ) -> CopiedStretch<'b> {
        let mut copied = CopiedStretch::of(blocks, true);
        if within && copied.right.start < copied.left.end {
            return copied;
        }
        // Inside one text the copy must not grow into its original.
        let (left_bound, right_bound) =
            if within { (copied.right.start, copied.left.end) } else { (left.len(), 0) };
        let (by_left, by_right) =
            extend::forwards(&left[copied.left.end..left_bound], &right[copied.right.end..]);
        copied.left.end += by_left;
        copied.right.end += by_right;
        let right_bound = if within { right_bound + by_left } else { right_bound };
        let (by_left, by_right) =
            extend::backwards(&left[..copied.left.start], &right[right_bound..copied.right.start]);
        copied.left.start -= by_left;
        copied.right.start -= by_right;
        copied
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
        let (first, last) = (self.blocks[0], self.blocks[self.blocks.len() - 1]);
        let extent = (last.left_end() - first.left).max(last.right_end() - first.right) as usize;
        matched >= CLEAN_LENGTH && 100 * self.matched() >= CLEAN_PERCENT * extent
    }
}

/// The equal text of two streams, or of a stream and itself.
pub(super) struct Matches {
    chains: Chains,
    /// Long blocks whose right side belongs to longer ones.
    unowned: Vec<ExactBlock>,
}

impl Matches {
    /// Joins blocks, given by right start, over gaps of at most `max_gap` stream bytes.
    pub(super) fn of(blocks: Vec<ExactBlock>, right: &[u8], max_gap: u32) -> Matches {
        let Owned { kept, unowned } = chain::own(blocks, right);
        Matches { chains: chain::chains(&kept, max_gap), unowned }
    }

    /// The chains that match at least [`GUARANTEE`](super::seed::GUARANTEE) letters, with their ends
    /// extended; then the unowned blocks.
    pub(super) fn copied(&self, left: &[u8], right: &[u8], within: bool) -> Vec<CopiedStretch<'_>> {
        let chains: Vec<&[ExactBlock]> =
            self.chains.iter().filter(|chain| chain::is_enough(chain, right)).collect();
        let mut copied: Vec<CopiedStretch<'_>> = Vec::with_capacity(chains.len() + self.unowned.len());
        for (index, chain) in chains.iter().enumerate() {
            if let Some(ahead) = chains.get(index + AHEAD) {
                let (first, last) = (ahead[0], ahead[ahead.len() - 1]);
                cpu::fetch(left, first.left as usize);
                cpu::fetch(left, last.left_end() as usize);
                cpu::fetch(right, last.right_end() as usize);
            }
            copied.push(CopiedStretch::extended(chain, left, right, within));
        }
        copied.extend(self.unowned.iter().map(|block| CopiedStretch::of(std::slice::from_ref(block), false)));
        copied
    }
}

/// A stretch that owns its right side is no longer `primary` if longer stretches own most of its left side.
/// So one copied stretch of the left text gives one passage, even if the right text repeats it.
pub(super) fn own_left(copied: &mut [CopiedStretch<'_>], left_length: usize) {
    let mut order: Vec<usize> = (0..copied.len()).filter(|&index| copied[index].primary).collect();
    order.sort_by_key(|&index| (Reverse(copied[index].left.len()), copied[index].right.start));
    let mut owned = BitSet::empty(left_length);
    for index in order {
        let left = copied[index].left.clone();
        copied[index].primary = 2 * owned.count_in(left.clone()) < left.len();
        if copied[index].primary {
            owned.insert_range(left);
        }
    }
}
