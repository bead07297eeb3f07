//! SimHash: a document in 64 bits.
//!
//! In: 64-bit hashes of shingles. Out: one 64-bit number, of which bit i is what most shingles have there. The share of
//! bits in which two documents differ estimates the angle between them, with a coarse grain: 64 bits tell near-duplicates
//! from strangers, not 0.8 from 0.9. For very little memory; a [`Sketch`](super::Sketch) is better in all else.
//!
//! Idea: 64 counters at once, as the planes of a vertical counter: plane p holds bit p of every counter, and adding a
//! shingle is a carry that seldom goes far.
//!
//! Cost: about 3 ns a shingle, no allocation. Source: Charikar 2002, *Similarity estimation techniques from rounding
//! algorithms*, section 3; Manku, Jain & Das Sarma 2007, *Detecting near-duplicates for web crawling* (its use).

use crate::shingle::NumberSink;
use crate::shingle::Shingle;
use crate::support::hash;

/// A document in 64 bits.
///
/// # Example
/// ```
/// use refrain::SimHash;
/// let left = SimHash::of("The cat sat on the mat and looked at the dog in the yard.");
/// let right = SimHash::of("The cat sat on the mat and looked at the dog in the garden.");
/// let other = SimHash::of("Shares fell sharply after the bank had cut its forecast for the year.");
/// assert!(left.distance(right) < left.distance(other));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SimHash(
    /// The bits; the same for the same text on every platform, as long as the version of Unicode is.
    pub u64,
);

impl SimHash {
    /// The SimHash of a text's default shingles. Of a text without letter or digit: 0.
    pub fn of(text: &str) -> SimHash {
        let mut counters = Counters::default();
        Shingle::default().walk(text, &mut counters);
        counters.majority()
    }

    /// The SimHash of a multiset given by the 64-bit hashes of its members; a member counts as often as it comes.
    /// Of the empty set: 0.
    pub fn of_shingles(shingles: impl IntoIterator<Item = u64>) -> SimHash {
        let mut counters = Counters::default();
        shingles.into_iter().for_each(|shingle| counters.add(shingle));
        counters.majority()
    }

    /// The number of bits that differ, 0 to 64. About 20.4 × the angle between the documents in radians; unrelated
    /// documents differ in 32 ± 4. Web near-duplicates are usually taken to differ in 3 at most.
    pub fn distance(self, other: SimHash) -> u32 {
        (self.0 ^ other.0).count_ones()
    }
}

/// Bits of the counters: enough for any text.
const PLANES: usize = 48;

/// How many of the shingles have each bit set.
struct Counters {
    planes: [u64; PLANES],
    total: u64,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters { planes: [0; PLANES], total: 0 }
    }
}

impl Counters {
    fn add(&mut self, shingle: u64) {
        let mut carry = hash::mix(hash::loosen(shingle));
        for plane in &mut self.planes {
            if carry == 0 {
                break;
            }
            (*plane, carry) = (*plane ^ carry, *plane & carry);
        }
        self.total += 1;
    }

    /// The bits that more than half of the shingles have.
    fn majority(&self) -> SimHash {
        let half = self.total / 2;
        // Compares all counters with `half`, from the highest bit down: `above` where already larger, `equal` where
        // not yet different.
        let (mut above, mut equal) = (0, u64::MAX);
        for (place, plane) in self.planes.iter().enumerate().rev() {
            match half >> place & 1 {
                0 => {
                    above |= equal & plane;
                    equal &= !plane;
                }
                _ => equal &= plane,
            }
        }
        SimHash(above)
    }
}

impl NumberSink for Counters {
    fn take(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|&number| self.add(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_bit_is_what_most_shingles_have(shingles in proptest::collection::vec(any::<u64>(), 0..300)) {
            let mut counts = [0_usize; 64];
            for &shingle in &shingles {
                let hash = hash::mix(hash::loosen(shingle));
                (0..64).for_each(|bit| counts[bit] += (hash >> bit & 1) as usize);
            }
            let expected = (0..64).filter(|&bit| 2 * counts[bit] > shingles.len()).map(|bit| 1_u64 << bit).sum();
            prop_assert_eq!(SimHash::of_shingles(shingles), SimHash(expected));
        }
    }
}
