//! Windows: a table that finds equal stretches of [`WINDOW`] bytes.
//!
//! In: windows of one stream. Out: for a place in the other stream, the equal windows, and the longest equal
//! run around each. Every hit is compared byte by byte, so a hash collision costs time but gives no false
//! match.
//!
//! **Cost.** At most [`CHAIN`] steps for each lookup. Memory: 8 bytes for each window, and 8 to 16 for its
//! share of the buckets.

use super::equal_run::EqualRun;
use crate::stream::{common_characters, common_last_characters, starts_character, word};
use crate::support::hash::{SEEDS, fold_multiply};
use std::ops::Range;

/// Bytes of a window: three words of English, five Han characters.
pub(super) const WINDOW: usize = 16;
/// Table entries checked for one position, equal or not.
const CHAIN: usize = 64;
/// A run is extended backwards by at most this many bytes more than forwards. Most text before it was read
/// already. Without a bound, periodic text would be read again and again.
const BACKWARD: usize = 256;

/// The windows of one stream, by their bytes.
pub(super) struct WindowTable<'t> {
    stream: &'t [u8],
    /// Positions of the windows, in the order of insertion.
    positions: Vec<u32>,
    /// For each bucket: one more than the index of its last window, or 0 if it has none.
    heads: Vec<u32>,
    /// For each window: the entry of `heads` before it was inserted.
    before: Vec<u32>,
    shift: u32,
}

impl<'t> WindowTable<'t> {
    /// A table for about `expected` windows of `stream`.
    pub(super) fn new(stream: &'t [u8], expected: usize) -> WindowTable<'t> {
        let bits = (expected.max(16) * 2).next_power_of_two().trailing_zeros();
        WindowTable {
            stream,
            positions: Vec::with_capacity(expected),
            heads: vec![0; 1 << bits],
            before: Vec::with_capacity(expected),
            shift: 64 - bits,
        }
    }

    /// Inserts the windows that lie in `range` and start at about every `stride`-th byte of it. The last is
    /// inserted first, so that a lookup returns them in text order.
    pub(super) fn insert(&mut self, range: Range<usize>, stride: usize) {
        if range.len() < WINDOW {
            return;
        }
        let count = (range.len() - WINDOW) / stride;
        let mut last = usize::MAX;
        for index in (0..=count).rev() {
            let mut position = range.start + index * stride;
            while position > range.start && !starts_character(self.stream[position]) {
                position -= 1;
            }
            if position != last {
                let bucket = self.bucket(self.stream, position);
                self.positions.push(position as u32);
                self.before.push(self.heads[bucket]);
                self.heads[bucket] = self.positions.len() as u32;
                last = position;
            }
        }
    }

    #[inline(always)]
    fn bucket(&self, stream: &[u8], position: usize) -> usize {
        let (first, second) = (word(stream, position), word(stream, position + 8));
        (fold_multiply(first ^ SEEDS[2], second ^ SEEDS[3]) >> self.shift) as usize
    }

    /// Calls `found` with the positions of at most `candidates` windows that equal the one at `position` of
    /// `other`.
    #[inline]
    pub(super) fn look_up(
        &self,
        other: &[u8],
        position: usize,
        candidates: usize,
        mut found: impl FnMut(usize),
    ) {
        let mut entry = self.heads[self.bucket(other, position)];
        let mut equal = 0;
        for _ in 0..CHAIN {
            if entry == 0 || equal == candidates {
                break;
            }
            let own = self.positions[entry as usize - 1] as usize;
            if is_same_window(self.stream, own, other, position) {
                equal += 1;
                found(own);
            }
            entry = self.before[entry as usize - 1];
        }
    }
}

/// Whether two streams have the same window at the given positions.
#[inline(always)]
pub(super) fn is_same_window(left: &[u8], left_position: usize, right: &[u8], right_position: usize) -> bool {
    left[left_position..left_position + WINDOW] == right[right_position..right_position + WINDOW]
}

/// The equal run around a window that both streams have, extended in both directions but not before `floor`.
/// Positions and floor are (left, right).
pub(super) fn extended(
    left: &[u8],
    right: &[u8],
    (left_start, right_start): (usize, usize),
    floor: (usize, usize),
) -> EqualRun {
    let forward = WINDOW + common_characters(&left[left_start + WINDOW..], &right[right_start + WINDOW..]);
    let reach = forward + BACKWARD;
    let backward = common_last_characters(
        &left[floor.0.max(left_start.saturating_sub(reach))..left_start],
        &right[floor.1.max(right_start.saturating_sub(reach))..right_start],
    );
    let mut run =
        EqualRun { left: left_start - backward, right: right_start - backward, length: forward + backward };
    // The window itself may end within a character.
    while run.length > 0
        && (left.get(run.left_end()).is_some_and(|&byte| !starts_character(byte))
            || right.get(run.right_end()).is_some_and(|&byte| !starts_character(byte)))
    {
        run.length -= 1;
    }
    run
}
