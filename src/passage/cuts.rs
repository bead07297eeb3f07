//! Cuts: places in a stream that no passage contains, because text is excluded there.
//!
//! In: the cuts of two streams, or of one stream twice. Out: exact blocks without cuts inside, and the free text around a
//! copied stretch. The guarantee holds between cuts: equal stretches share a seed, and the block around it is only
//! divided.
//!
//! **Cost.** Nothing without cuts; otherwise two binary searches for each block.

use super::block::ExactBlock;
use std::ops::Range;

/// The cuts of both streams, as ascending positions: the cut is before the byte there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cuts<'a> {
    pub(super) left: &'a [u32],
    pub(super) right: &'a [u32],
}

impl Cuts<'_> {
    /// Whether no text is excluded.
    pub(super) fn are_none(self) -> bool {
        self.left.is_empty() && self.right.is_empty()
    }

    /// The blocks, divided at the cuts inside them, in order.
    pub(super) fn divide(self, blocks: Vec<ExactBlock>) -> Vec<ExactBlock> {
        if self.are_none() {
            return blocks;
        }
        let mut divided = Vec::with_capacity(blocks.len());
        let mut offsets: Vec<u32> = Vec::new();
        for block in blocks {
            offsets.clear();
            offsets
                .extend(inside(self.left, block.left, block.left_end()).iter().map(|&cut| cut - block.left));
            offsets.extend(
                inside(self.right, block.right, block.right_end()).iter().map(|&cut| cut - block.right),
            );
            offsets.push(block.length);
            offsets.sort_unstable();
            let mut from = 0;
            for &to in &offsets {
                if to > from {
                    let (left, right) = (block.left + from, block.right + from);
                    divided.push(ExactBlock { right, left, length: to - from });
                }
                from = to;
            }
        }
        divided.sort_unstable();
        divided.dedup();
        divided
    }

    /// Whether a cut is between two blocks of a chain, on either side.
    pub(super) fn are_between(self, block: ExactBlock, next: ExactBlock) -> bool {
        !inside(self.left, block.left, next.left_end()).is_empty()
            || !inside(self.right, block.right, next.right_end()).is_empty()
    }

    /// The text without cuts around two ranges, in streams of the given lengths.
    pub(super) fn around(
        self,
        (left, right): (&Range<usize>, &Range<usize>),
        (left_length, right_length): (usize, usize),
    ) -> (Range<usize>, Range<usize>) {
        (free_around(self.left, left, left_length), free_around(self.right, right, right_length))
    }
}

/// The cuts after `start` and before `end`.
fn inside(cuts: &[u32], start: u32, end: u32) -> &[u32] {
    let first = cuts.partition_point(|&cut| cut <= start);
    let last = cuts.partition_point(|&cut| cut < end);
    &cuts[first..last.max(first)]
}

/// The text without cuts around a range that contains none.
fn free_around(cuts: &[u32], range: &Range<usize>, length: usize) -> Range<usize> {
    let next = cuts.partition_point(|&cut| (cut as usize) <= range.start);
    let start = next.checked_sub(1).map_or(0, |last| cuts[last] as usize);
    start..cuts.get(next).map_or(length, |&cut| cut as usize).max(range.end)
}

/// The longest part of a range that contains no cut.
pub(super) fn longest_part(cuts: &[u32], range: Range<usize>) -> Range<usize> {
    let mut start = range.start;
    let mut longest = start..start;
    let inside = inside(cuts, range.start as u32, range.end as u32).iter().map(|&cut| cut as usize);
    for end in inside.chain(std::iter::once(range.end)) {
        if end - start > longest.len() {
            longest = start..end;
        }
        start = end;
    }
    longest
}
