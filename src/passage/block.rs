//! Blocks: maximal equal stretches of two streams, or of one with itself.
//!
//! In: pairs of equal seeds. Out: each maximal exact match that holds one of them, once, on character
//! boundaries, in order of its right start. A hash collision is found out here, by comparing the bytes.
//!
//! **Cost.** A comparison of each block's bytes (word by word), and a table look-up for a pair.

use crate::stream::{common_prefix, common_suffix, starts_character};
use crate::support::cpu;
use crate::support::hash::{NumberHasher, SEEDS};
use crate::support::radix;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// `left[left..left + length] == right[right..right + length]`, in stream bytes, and neither end can be moved out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Block {
    // The order of blocks is that of their right starts, then their left starts.
    pub(crate) right: u32,
    pub(crate) left: u32,
    pub(crate) length: u32,
}

impl Block {
    pub(crate) fn left_end(self) -> u32 {
        self.left + self.length
    }
    pub(crate) fn right_end(self) -> u32 {
        self.right + self.length
    }
    /// Distance of the right side from the left; equal along a block.
    pub(crate) fn diagonal(self) -> i64 {
        self.right as i64 - self.left as i64
    }
}

/// Extends pairs of seeds to blocks.
pub(crate) struct Blocks<'a> {
    left: &'a [u8],
    right: &'a [u8],
    /// The last block on each of the latest diagonals: its diagonal and right end. A block is met at every seed in it.
    recent: Vec<(i64, u32)>,
    /// The right end of the last block of at least [`LONG`] bytes on each diagonal. Shorter ones that `recent` forgot are
    /// extended again, and found to be the same in the end. (A table of them all was the dearest part of this room: with every
    /// second block on a diagonal of its own, each look-up went to memory.)
    long: HashMap<i64, u32, BuildHasherDefault<NumberHasher>>,
    found: Vec<Block>,
}

/// Diagonals remembered for a text of any length, and at most: what a second-level cache holds a few times.
const FEWEST_RECENT: usize = 256;
const MOST_RECENT: usize = 8192;
/// Stream bytes of the right text for each diagonal remembered.
const RECENT_EVERY: usize = 64;
/// Blocks from this length on are not extended again.
const LONG: u32 = 256;

/// Pairs, and chains of what they become, whose text is fetched so far ahead: those places lie anywhere, and memory is far.
pub(super) const AHEAD: usize = 8;

impl<'a> Blocks<'a> {
    pub(crate) fn new(left: &'a [u8], right: &'a [u8]) -> Blocks<'a> {
        let recent = (right.len() / RECENT_EVERY).next_power_of_two().clamp(FEWEST_RECENT, MOST_RECENT);
        Blocks {
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

    /// The right end of the block that holds the pair.
    fn extend(&mut self, left: u32, right: u32, diagonal: i64) -> u32 {
        if let Some(&end) = self.long.get(&diagonal)
            && right < end
        {
            return end;
        }
        let ahead = common_prefix(&self.left[left as usize..], &self.right[right as usize..]) as u32;
        let back = common_suffix(&self.left[..left as usize], &self.right[..right as usize]) as u32;
        let (mut from, mut to) = (right - back, right + ahead);
        while from < to && !starts_character(self.right[from as usize]) {
            from += 1;
        }
        // Both sides agree up to `to`, so a character cut there is cut on both or shows on either.
        let cut = |side: &[u8], at: usize| side.get(at).is_some_and(|&byte| !starts_character(byte));
        while to > from && (cut(self.right, to as usize) || cut(self.left, (to as i64 - diagonal) as usize)) {
            to -= 1;
        }
        if to > from {
            let length = to - from;
            self.found.push(Block { left: (from as i64 - diagonal) as u32, right: from, length });
            if length >= LONG {
                self.long.insert(diagonal, to);
            }
        }
        to
    }

    /// The blocks in order of their right starts, then their left starts.
    pub(crate) fn finish(mut self) -> Vec<Block> {
        // They were found by the first seeds in them, so they come nearly in order.
        radix::settle(&mut self.found, |block| block.right);
        self.found.dedup();
        self.found
    }
}
