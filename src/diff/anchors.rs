//! Anchors: stretches of squeezed text that stand in both texts.
//!
//! In: two squeezed streams. Out: matches, each as long as it can be, in the order of the right text. They may
//! overlap and contradict each other; [`super::skeleton`] decides.
//!
//! **Idea.** Every [`STRIDE`]-th window of the left goes into a table. The right is read window by window; a
//! hit is verified, extended both ways, and the reading goes on behind it. So text that did not change costs
//! one comparison of memory, and only the neighbourhood of changes costs look-ups. Every equal stretch of at least
//! `WINDOW + STRIDE - 1` bytes outside a longer match is found (two or three bytes more where characters are wide),
//! unless its windows stand more than [`CANDIDATES`] times on the left.
//!
//! Tried and lost: all windows instead of every eighth (three times slower, and what it adds is found again when the gaps
//! are aligned); the first candidate instead of the longest (prose full of set phrases then goes astray).
//!
//! **Cost.** Linear: each window has at most `CHAIN` steps, extensions are paid for by what they skip.
//! Memory: 4 bytes a sampled window and as much for the table, a byte and a half a byte of the left.

use crate::stream::{common_characters, common_last_characters, starts_character, word};
use crate::support::hash::fold_multiply;

/// Bytes compared before anything is a match: three words of English, five Han characters.
pub(super) const WINDOW: usize = 16;
/// Left stream bytes between windows in the table.
const STRIDE: usize = 8;
/// Equal windows looked at for one position: beyond, the phrase says nothing about where it belongs.
const CANDIDATES: usize = 16;
/// Table entries looked at for one position, equal or not.
const CHAIN: usize = 64;
/// How far a match is extended to the left beyond the length it has to the right. The text there was mostly read
/// already; without a bound, periodic text would be read again and again.
const BACKWARD: usize = 256;
/// A candidate this close to where the last match ended (in bytes of shift)…
const NEAR: usize = 64;
/// …is taken although another is longer, if it has three quarters of its length: text stays where it was more often
/// than a phrase moves.
const NEAR_SHARE: (usize, usize) = (3, 4);

/// A stretch that both streams have, in stream bytes, on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Match {
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) length: usize,
}

impl Match {
    pub(super) fn left_end(self) -> usize {
        self.left + self.length
    }

    pub(super) fn right_end(self) -> usize {
        self.right + self.length
    }

    pub(super) fn swapped(self) -> Match {
        Match { left: self.right, right: self.left, length: self.length }
    }

    /// The part from `from` to `to`, counted from its start.
    pub(super) fn part(self, from: usize, to: usize) -> Match {
        Match { left: self.left + from, right: self.right + from, length: to - from }
    }

    /// Whether `next` goes on where this one ends, on both sides.
    pub(super) fn touches(self, next: Match) -> bool {
        self.left_end() == next.left && self.right_end() == next.right
    }
}

/// The windows of one stream, by their bytes.
pub(super) struct Windows<'t> {
    stream: &'t [u8],
    /// Positions of the windows, in the order in which they were put in.
    positions: Vec<u32>,
    /// For a bucket, one more than the index of its last window, 0 for none; for a window the one before it.
    heads: Vec<u32>,
    before: Vec<u32>,
    shift: u32,
}

impl<'t> Windows<'t> {
    /// A table for about `expected` windows of `stream`.
    pub(super) fn new(stream: &'t [u8], expected: usize) -> Windows<'t> {
        let bits = (expected.max(16) * 2).next_power_of_two().trailing_zeros();
        Windows {
            stream,
            positions: Vec::with_capacity(expected),
            heads: vec![0; 1 << bits],
            before: Vec::with_capacity(expected),
            shift: 64 - bits,
        }
    }

    /// Puts in the windows that start at about every `stride`-th byte of `range` and end in it, last first, so that
    /// look-ups meet them in text order.
    pub(super) fn insert(&mut self, range: std::ops::Range<usize>, stride: usize) {
        if range.len() < WINDOW {
            return;
        }
        let count = (range.len() - WINDOW) / stride;
        let mut last = usize::MAX;
        for index in (0..=count).rev() {
            let mut at = range.start + index * stride;
            while at > range.start && !starts_character(self.stream[at]) {
                at -= 1;
            }
            if at != last {
                let bucket = self.bucket(self.stream, at);
                self.positions.push(at as u32);
                self.before.push(self.heads[bucket]);
                self.heads[bucket] = self.positions.len() as u32;
                last = at;
            }
        }
    }

    #[inline(always)]
    fn bucket(&self, stream: &[u8], at: usize) -> usize {
        (fold_multiply(
            word(stream, at) ^ crate::support::hash::SEEDS[2],
            word(stream, at + 8) ^ crate::support::hash::SEEDS[3],
        ) >> self.shift) as usize
    }

    /// Calls `found` with each position whose window equals the one at `at` of `other`, up to `candidates` of them.
    #[inline]
    pub(super) fn look_up(&self, other: &[u8], at: usize, candidates: usize, mut found: impl FnMut(usize)) {
        let mut entry = self.heads[self.bucket(other, at)];
        let mut equal = 0;
        for _ in 0..CHAIN {
            if entry == 0 || equal == candidates {
                break;
            }
            let position = self.positions[entry as usize - 1] as usize;
            if is_same_window(self.stream, position, other, at) {
                equal += 1;
                found(position);
            }
            entry = self.before[entry as usize - 1];
        }
    }
}

#[inline(always)]
fn is_same_window(a: &[u8], at: usize, b: &[u8], other: usize) -> bool {
    a[at..at + WINDOW] == b[other..other + WINDOW]
}

/// A window that matches, extended both ways, not before `floor` (left, right); both streams end where they end.
pub(super) fn extended(
    left: &[u8],
    right: &[u8],
    (left_at, right_at): (usize, usize),
    floor: (usize, usize),
) -> Match {
    let forward = WINDOW + common_characters(&left[left_at + WINDOW..], &right[right_at + WINDOW..]);
    let reach = forward + BACKWARD;
    let backward = common_last_characters(
        &left[floor.0.max(left_at.saturating_sub(reach))..left_at],
        &right[floor.1.max(right_at.saturating_sub(reach))..right_at],
    );
    let mut found =
        Match { left: left_at - backward, right: right_at - backward, length: forward + backward };
    // The window itself may end within a character.
    while found.length > 0
        && (left.get(found.left_end()).is_some_and(|&byte| !starts_character(byte))
            || right.get(found.right_end()).is_some_and(|&byte| !starts_character(byte)))
    {
        found.length -= 1;
    }
    found
}

/// The matches of `left` and `right`, in the order of the right.
pub(super) fn anchors(left: &[u8], right: &[u8]) -> Vec<Match> {
    let mut anchors: Vec<Match> = Vec::new();
    if left.len() < WINDOW || right.len() < WINDOW {
        return anchors;
    }
    let mut windows = Windows::new(left, left.len() / STRIDE + 1);
    windows.insert(0..left.len(), STRIDE);
    // Where the left would stand if nothing had changed since the last match.
    let (mut left_now, mut right_now) = (0usize, 0usize);
    let mut at = 0;
    while at + WINDOW <= right.len() {
        if !starts_character(right[at]) {
            at += 1;
            continue;
        }
        let expected = left_now + (at - right_now);
        let mut longest: Option<Match> = None;
        let mut near: Option<Match> = None;
        let mut consider = |position: usize| {
            let found = extended(left, right, (position, at), (0, 0));
            let better = |old: &Option<Match>| {
                old.is_none_or(|old| {
                    let shift = |m: Match| (m.left + at - m.right).abs_diff(expected);
                    (found.length, usize::MAX - shift(found)) > (old.length, usize::MAX - shift(old))
                })
            };
            if better(&longest) {
                longest = Some(found);
            }
            if position.abs_diff(expected) <= NEAR && better(&near) {
                near = Some(found);
            }
        };
        if expected + WINDOW <= left.len() && is_same_window(left, expected, right, at) {
            consider(expected);
        }
        windows.look_up(right, at, CANDIDATES, &mut consider);
        let Some(longest) = longest else {
            at += 1;
            continue;
        };
        let chosen = near
            .filter(|near| near.length * NEAR_SHARE.1 >= longest.length * NEAR_SHARE.0)
            .unwrap_or(longest);
        // A match may end before its window does, within a wide character.
        at = chosen.right_end().max(at + 1);
        if chosen.length >= WINDOW {
            anchors.push(chosen);
            (left_now, right_now) = (chosen.left_end(), chosen.right_end());
            at = at.max(right_now);
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn anchors_match_on_character_boundaries(
            pieces in proptest::collection::vec("[a-d]{1,30}|[а-г]{1,20}|[中文字]{1,12}|[𐍈😀]{1,8}", 1..8),
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let left = pieces.concat();
            let right: String = order.iter().map(|index| index.get(&pieces).as_str()).collect();
            for found in anchors(left.as_bytes(), right.as_bytes()) {
                prop_assert!(found.length >= WINDOW);
                prop_assert_eq!(
                    left.get(found.left..found.left_end()).expect("on boundaries"),
                    right.get(found.right..found.right_end()).expect("on boundaries")
                );
            }
        }

        #[test]
        fn a_long_stretch_is_found(
            before in "[a-m]{0,30}", stretch in "[n-z]{40,60}", after in "[a-m]{0,30}", other in "[0-9]{0,30}",
        ) {
            let left = format!("{before}{stretch}{after}");
            let right = format!("{other}{stretch}{other}");
            let found = anchors(left.as_bytes(), right.as_bytes());
            let wanted = Match { left: before.len(), right: other.len(), length: stretch.len() };
            prop_assert!(found.contains(&wanted), "{:?}", found);
        }
    }
}
