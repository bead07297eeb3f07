//! Fast Similarity Sketching: many slots at the cost of about one hash for each shingle.
//!
//! In: 64-bit hashes of shingles, in any order, in any number of portions. Out: one minimum a slot.
//!
//! Round 0 assigns every shingle to one slot, where the smallest rank wins (one-permutation hashing). While
//! slots are empty, all shingles are assigned again, twice in each of the rounds 1, 2, …; every value of a
//! later round is larger than all values of earlier rounds. In the [`switch_round`](throw::switch_round),
//! each slot that is still empty takes its minimum over all shingles directly. A slot is the pair (round,
//! rank) in one `u64`, so "the smallest wins" is one comparison, and a sketch is the slotwise minimum over
//! its members of a function of the member alone. Hence unions are slotwise minima, order and repetition do
//! not matter, and two slots agree with probability exactly J (except for hash collisions).
//!
//! One strong hash for each shingle is enough, that of round 0. It behaves like a random number. Later throws
//! derive from it by fixed multiplications, which differ enough not to increase the variance. So choosing a
//! slot takes one multiplication of 32 bits, for many shingles at once; the rank is computed only for throws
//! at open slots, which are rare in late rounds.
//!
//! Cost: O(n + k log k) expected for n shingles and k slots; no memory except the slots, and one more bit for
//! each slot if there are more than [`throw::FEW`].
//!
//! Source: Dahlgaard, Knudsen & Thorup 2017, *Fast Similarity Sketching* (arXiv:1704.04370), algorithm 1,
//! with several whole rounds before the direct filling instead of the paper's k rounds, and cheap functions
//! of one hash instead of a hash function for each round.

use super::kernel;
use super::throw::{self, EMPTY, First, RANK_MASK};

/// Adds a portion of shingles to the slots; overwrites the shingles.
///
/// A round runs as long as some slot might still be improved by it, and always for the whole portion,
/// so the result does not depend on how the shingles were portioned.
pub(super) fn add(slots: &mut [u64], seed: u64, switch: u8, shingles: &mut [u64]) {
    if !shingles.is_empty() {
        kernel::scatter(slots, shingles, First::of(seed));
        let hashes = shingles;
        kernel::refill(slots, hashes, switch);
    }
}

/// How many distinct members a sketch was made of, estimated from how early its slots were filled.
///
/// One throw of a member misses a slot with probability `1 - 1/k`. It misses the slot at ranks up to the
/// fraction f of all ranks with probability `1 - f/k`, and in the direct round with probability `1 - f`. The
/// negative logarithm of the probability that a slot was missed so far serves as a time. In this time, the
/// first of n members reaches the slot after an exponentially distributed time of rate n. So
/// `(k - 1) / Σ time` estimates n with a relative standard error of `1/√k` or less (the slots of one round
/// exclude each other).
pub(super) fn distinct(slots: &[u64], switch: u8) -> f64 {
    if slots.first().is_none_or(|&slot| slot == EMPTY) {
        return 0.0;
    }
    let k = slots.len() as f64;
    // With one slot this logarithm would be infinite. Round 0 fills that slot, so any finite value will do.
    let throw = -(-1.0 / k.max(2.0)).ln_1p();
    let time = |slot: u64| {
        let round = throw::round_of(slot);
        let before = if round == 0 { 0.0 } else { f64::from(round) * 2.0 - 1.0 };
        let (throws, share) = match round {
            0 => (1.0, 1.0 / k),
            _ if round == switch => (1.0, 1.0),
            _ => (2.0, 1.0 / k),
        };
        let fraction = ((slot & RANK_MASK) as f64 + 0.5) / (RANK_MASK as f64 + 1.0);
        before * throw - throws * (-fraction * share).ln_1p()
    };
    let total: f64 = slots.iter().map(|&slot| time(slot)).sum();
    (k - 1.0).max(1.0) / total
}
