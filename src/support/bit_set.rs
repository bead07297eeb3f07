//! A set of positions, one bit each.
//!
//! In: positions. Out: whether a position is in the set, and how many positions of a range are. For positions
//! that come in few long ranges an [`IntervalSet`](super::interval_set::IntervalSet) is smaller.
//!
//! **Cost.** A bit a position; `O(1)` for a position, a step for every 64 positions of a range.

use std::ops::Range;

/// Positions in a word.
const WORD: usize = u64::BITS as usize;

/// A set of positions below a length.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct BitSet {
    words: Vec<u64>,
}

#[allow(dead_code, reason = "the corpus uses what passages do not")]
impl BitSet {
    /// A set without positions, for positions below `length`.
    pub(crate) fn empty(length: usize) -> BitSet {
        BitSet { words: vec![0; length.div_ceil(WORD)] }
    }

    /// The set of all positions below `length`.
    pub(crate) fn full(length: usize) -> BitSet {
        BitSet { words: vec![u64::MAX; length.div_ceil(WORD)] }
    }

    /// Bytes of memory of a set for positions below `length`.
    pub(crate) fn heap_bytes_for(length: u64) -> u64 {
        length.div_ceil(WORD as u64) * size_of::<u64>() as u64
    }

    /// Whether the position is in the set. Positions beyond the length are not.
    pub(crate) fn contains(&self, position: usize) -> bool {
        self.words.get(position / WORD).is_some_and(|word| word >> (position % WORD) & 1 == 1)
    }

    /// Adds a position. The set grows if the position is beyond its length.
    pub(crate) fn insert(&mut self, position: usize) {
        let word = position / WORD;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (position % WORD);
    }

    /// Removes all positions from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.words.truncate(length.div_ceil(WORD));
        if let Some(word) = self.words.get_mut(length / WORD) {
            *word &= (1 << (length % WORD)) - 1;
        }
    }

    /// Adds a range below the length.
    pub(crate) fn insert_range(&mut self, range: Range<usize>) {
        masks(range).for_each(|(word, mask)| self.words[word] |= mask);
    }

    /// How many positions of a range below the length are in the set.
    pub(crate) fn count_in(&self, range: Range<usize>) -> usize {
        masks(range).map(|(word, mask)| (self.words[word] & mask).count_ones() as usize).sum()
    }
}

/// The words that hold a range, each with a mask of the bits that belong to it.
fn masks(range: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let Range { start, end } = range;
    (start / WORD..end.div_ceil(WORD)).map(move |word| {
        let low = if word == start / WORD { !0 << (start % WORD) } else { !0 };
        let high = if (word + 1) * WORD > end { !(!0 << (end % WORD)) } else { !0 };
        (word, low & high)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn holds_what_a_set_of_numbers_holds(
            length in 1usize..300,
            ranges in proptest::collection::vec((0usize..300, 0usize..150), 0..10),
            single in 0usize..300,
            asked in (0usize..300, 0usize..300),
        ) {
            let clipped = |(start, length_of): (usize, usize)| start.min(length)..(start + length_of).min(length);
            let (mut bits, mut plain) = (BitSet::empty(length), BTreeSet::new());
            for range in ranges.into_iter().map(clipped) {
                bits.insert_range(range.clone());
                plain.extend(range);
            }
            bits.insert(single % length);
            plain.insert(single % length);
            for position in 0..length {
                prop_assert_eq!(bits.contains(position), plain.contains(&position));
            }
            let asked = clipped(asked);
            prop_assert_eq!(bits.count_in(asked.clone()), plain.iter().filter(|at| asked.contains(at)).count());
            bits.insert(400);
            prop_assert!(bits.contains(400) && !bits.contains(500));
            bits.truncate(asked.end);
            prop_assert_eq!((0..500).filter(|&at| bits.contains(at)).count(), plain.range(..asked.end).count());
            prop_assert_eq!(BitSet::full(length).count_in(asked.clone()), asked.len());
        }
    }
}
