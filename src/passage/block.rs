//! Blocks: maximal equal stretches of two streams, or of one with itself.
//!
//! In: pairs of equal seeds. Out: each maximal exact match that holds one of them, once, on character
//! boundaries, in order of its right start. A hash collision is found out here, by comparing the bytes.
//!
//! **Cost.** A comparison of each block's bytes (word by word), and a table look-up for a pair.

use super::seed;
use crate::hash::NumberHasher;
use crate::stream::{common_prefix, common_suffix, starts_character};
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
    /// The right end of the last block on each diagonal.
    ends: HashMap<i64, u32, BuildHasherDefault<NumberHasher>>,
    /// Some of them once more, by the lower bits of the diagonal: blocks are met at every seed in them, a few at a time.
    recent: [(i64, u32); RECENT],
    found: Vec<Block>,
}

/// Diagonals remembered outside the table.
const RECENT: usize = 256;

impl<'a> Blocks<'a> {
    pub(crate) fn new(left: &'a [u8], right: &'a [u8]) -> Blocks<'a> {
        Blocks { left, right, ends: HashMap::default(), recent: [(i64::MIN, 0); RECENT], found: Vec::new() }
    }

    /// Takes a pair of positions with equal seeds. Pairs must come in order of the right position.
    #[inline]
    pub(crate) fn pair(&mut self, left: u32, right: u32) {
        let diagonal = right as i64 - left as i64;
        let (recent, end) = self.recent[diagonal as usize % RECENT];
        if recent != diagonal || right >= end {
            self.extend(left, right, diagonal);
        }
    }

    fn extend(&mut self, left: u32, right: u32, diagonal: i64) {
        let end = self.ends.entry(diagonal).or_insert(0);
        if right < *end {
            self.recent[diagonal as usize % RECENT] = (diagonal, *end);
            return;
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
            *end = to;
            self.recent[diagonal as usize % RECENT] = (diagonal, to);
            self.found.push(Block { left: (from as i64 - diagonal) as u32, right: from, length: to - from });
        }
    }

    /// The blocks in order of their right starts, then their left starts.
    pub(crate) fn finish(mut self) -> Vec<Block> {
        seed::sort_by_major(&mut self.found, |block| block.right);
        self.found
    }
}
