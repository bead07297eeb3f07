//! Exact blocks: maximal equal stretches of two streams, or of one stream and itself.
//!
//! In: pairs of equal seeds. Out: the maximal exact matches that contain these pairs, each once, on character
//! boundaries, in order of their right starts. Bytes are compared here, so a hash collision gives no block.
//!
//! **Cost.** One comparison of each block's bytes (word by word), and one table look-up for each pair.

use crate::stream::{common_prefix, common_suffix, starts_character};
use crate::support::cpu;
use crate::support::hash::{NumberHasher, SEEDS};
use crate::support::radix;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// `left[left..left + length] == right[right..right + length]`, in stream bytes, and neither end can be moved
/// out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct ExactBlock {
    // Fields are in the order by which blocks are sorted: right start, then left start.
    pub(crate) right: u32,
    pub(crate) left: u32,
    pub(crate) length: u32,
}

impl ExactBlock {
    pub(crate) fn left_end(self) -> u32 {
        self.left + self.length
    }
    pub(crate) fn right_end(self) -> u32 {
        self.right + self.length
    }
    /// Right position minus left position: the same everywhere in a block.
    pub(crate) fn diagonal(self) -> i64 {
        self.right as i64 - self.left as i64
    }
}

/// The longest equal stretch around a pair of positions, cut to whole characters; it may be empty.
#[inline]
pub(crate) fn equal_around(left: &[u8], right: &[u8], left_at: u32, right_at: u32) -> ExactBlock {
    let ahead = common_prefix(&left[left_at as usize..], &right[right_at as usize..]) as u32;
    let back = common_suffix(&left[..left_at as usize], &right[..right_at as usize]) as u32;
    let (mut start, mut end) = (right_at - back, right_at + ahead);
    while start < end && !starts_character(right[start as usize]) {
        start += 1;
    }
    // If the end cuts a character, its first byte is equal on both sides. It is therefore equally long on
    // both, and a check of the right side is enough.
    while end > start && right.get(end as usize).is_some_and(|&byte| !starts_character(byte)) {
        end -= 1;
    }
    // The difference wraps around if the block starts before the pair; the sum is still right.
    let left = left_at.wrapping_add(start.wrapping_sub(right_at));
    ExactBlock { left, right: start, length: end - start }
}

/// Extends pairs of seeds to blocks.
pub(crate) struct ExactBlocks<'a> {
    left: &'a [u8],
    right: &'a [u8],
    /// The last block on each of the latest diagonals: its diagonal and right end. It shows that a pair is
    /// inside a block that was found already. This is so for all pairs of a block but the first.
    recent: Vec<(i64, u32)>,
    /// The right end of the last block of at least [`LONG`] bytes on each diagonal. Shorter blocks that are
    /// no longer in `recent` are extended again, and `finish` removes the duplicates. (A table of all blocks
    /// was the most expensive part of this module: every second block has its own diagonal, so each look-up
    /// read main memory.)
    long: HashMap<i64, u32, BuildHasherDefault<NumberHasher>>,
    found: Vec<ExactBlock>,
}

/// Fewest and most diagonals in `recent`. The second-level cache holds the largest table several times over.
const FEWEST_RECENT: usize = 256;
const MOST_RECENT: usize = 8192;
/// Stream bytes of the right text for each diagonal in `recent`.
const RECENT_EVERY: usize = 64;
/// Blocks from this length on are not extended again.
const LONG: u32 = 256;

/// The text of pairs and of chains is prefetched this many ahead. Their positions are scattered, so each
/// would wait for memory.
pub(super) const AHEAD: usize = 8;

impl<'a> ExactBlocks<'a> {
    pub(crate) fn new(left: &'a [u8], right: &'a [u8]) -> ExactBlocks<'a> {
        let recent = (right.len() / RECENT_EVERY).next_power_of_two().clamp(FEWEST_RECENT, MOST_RECENT);
        ExactBlocks {
            left,
            right,
            recent: vec![(i64::MIN, 0); recent],
            long: HashMap::default(),
            found: Vec::new(),
        }
    }

    /// Takes pairs of positions with equal seeds, in order of the right position.
    pub(crate) fn pairs(&mut self, pairs: &[(u32, u32)]) {
        for (index, &(left, right)) in pairs.iter().enumerate() {
            if let Some(&(ahead, _)) = pairs.get(index + AHEAD) {
                cpu::fetch(self.left, ahead as usize);
            }
            self.pair(left, right);
        }
    }

    /// Takes a pair of positions with equal seeds. Pairs must come in order of the right position.
    #[inline]
    fn pair(&mut self, left: u32, right: u32) {
        let diagonal = right as i64 - left as i64;
        let slot = (diagonal as u64).wrapping_mul(SEEDS[0] | 1) >> 32;
        let slot = slot as usize & (self.recent.len() - 1);
        let (recent, end) = self.recent[slot];
        if recent != diagonal || right >= end {
            self.recent[slot] = (diagonal, self.extend(left, right, diagonal));
        }
    }

    /// The right end of the block that contains the pair. The block is empty if the hashes are equal but the
    /// bytes are not.
    fn extend(&mut self, left: u32, right: u32, diagonal: i64) -> u32 {
        if let Some(&end) = self.long.get(&diagonal)
            && right < end
        {
            return end;
        }
        let block = equal_around(self.left, self.right, left, right);
        if block.length > 0 {
            self.found.push(block);
            if block.length >= LONG {
                self.long.insert(diagonal, block.right_end());
            }
        }
        block.right_end()
    }

    /// The blocks in order of their right starts, then their left starts.
    pub(crate) fn finish(mut self) -> Vec<ExactBlock> {
        // Each block was found by its first seed, so they are nearly in order.
        radix::settle(&mut self.found, |block| block.right);
        self.found.dedup();
        self.found
    }
}
