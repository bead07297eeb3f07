//! Weighted sets, as plain sets of replicas.
//!
//! In: shingles with a count or a weight. Out: 64-bit numbers, one a replica, which are sketched as a set.
//!
//! **Counts.** The second occurrence of a shingle counts as another member than the first. So the Jaccard
//! similarity of the replicas is exactly `Σ min / Σ max` of the counts.
//!
//! **Weights.** A shingle of weight w has `⌊w⌋` replicas, and one more with probability `w - ⌊w⌋`, decided by
//! its own hash and therefore equally in both sets. Two sets share it with the probability of the smaller
//! fraction, and the similarity is `Σ min / Σ max` of the weights in expectation. Cost: proportional to the
//! sum of the weights.
//!
//! Source: Haeupler, Manasse & Talwar 2014, *Consistent weighted sampling made fast, small, and easy*
//! (arXiv:1410.4266), section 2; Chum, Philbin & Zisserman 2008, *Near duplicate image detection: min-hash
//! and tf-idf weighting*, section 3 (the counts).

use crate::error::Error;
use crate::support::hash;

/// A larger weight is refused, because a shingle has about as many replicas as its weight.
const MOST: f64 = 65_536.0;

/// Names the family of hashes that decide on fractions.
const FRACTION: u64 = u64::MAX;

/// The number of the `index`-th replica of a shingle, from 0.
#[inline]
fn replica(shingle: u64, index: u64) -> u64 {
    hash::mix(hash::mix(shingle) ^ hash::key(0, index))
}

/// A number from 0 up to 1 for the fraction that remains after `whole` replicas of the shingle.
fn threshold(shingle: u64, whole: u64) -> f64 {
    let bits = hash::mix(hash::mix(shingle) ^ hash::key(FRACTION, whole));
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Replaces the shingles, repetitions included, by their replicas.
pub(super) fn by_occurrence(shingles: &mut [u64]) {
    shingles.sort_unstable();
    for equal in shingles.chunk_by_mut(u64::eq) {
        for (shingle, index) in equal.iter_mut().zip(0..) {
            *shingle = replica(*shingle, index);
        }
    }
}

/// Calls `visit` with every replica of a shingle.
///
/// # Errors
/// [`Error::is_setting`] if the weight is negative, not a number, or above [`MOST`].
pub(super) fn by_weight(shingle: u64, weight: f64, mut visit: impl FnMut(u64)) -> Result<(), Error> {
    if !(0.0..=MOST).contains(&weight) {
        return Err(Error::setting(format!(
            "weight {weight} of shingle {shingle:#018x}: weights are from 0 to {MOST}; scale all of them by one factor"
        )));
    }
    let whole = weight.floor() as u64;
    let more = u64::from(threshold(shingle, whole) < weight.fract());
    (0..whole + more).for_each(|index| visit(replica(shingle, index)));
    Ok(())
}
