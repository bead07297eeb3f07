//! Fast Similarity Sketching: many slots for the price of about one hash a shingle.
//!
//! In: 64-bit hashes of shingles, in any order, in any number of portions. Out: one minimum a slot.
//!
//! Round 0 throws every shingle into one slot, where the smallest rank wins (one-permutation hashing). As long
//! as slots are empty, all shingles are thrown again, in rounds 1, 2, … of lower standing; in the
//! [`switch_round`], whatever is still empty takes its minimum over all shingles directly. A slot is the
//! pair (round, rank) in one `u64`, so "the smallest wins" is one comparison, and a sketch is the slotwise
//! minimum over its members of a function of the member alone. Hence: unions are slotwise minima, order
//! and repetition do not matter, and two slots agree with probability exactly J (but for hash collisions).
//!
//! Cost: O(n + k log k) expected for n shingles and k slots; no memory but the slots.
//!
//! Source: Dahlgaard, Knudsen & Thorup 2017, *Fast Similarity Sketching* (arXiv:1704.04370), algorithm 1,
//! with several whole rounds before the direct filling instead of the paper's k rounds.

use super::EMPTY;
use super::kernel;
use crate::hash;

/// In this round, empty slots are filled directly. It is the same for every set: a switch "when few slots are left"
/// would depend on the set, and was measured to bias the estimate by -0.004 on 100 shingles.
///
/// At 128 slots, from 8 to 24 all are alike; 4 costs variance on 10 shingles. It grows with the slots, so that a
/// small set has as many throws a slot in any sketch, up to what fits below the tag of an empty slot.
pub(super) fn switch_round(slots: usize) -> u8 {
    (slots * 3).div_ceil(32).clamp(12, 120) as u8
}

/// Bits of a slot that hold the rank; the round stands above them.
pub(super) const RANK_BITS: u32 = 56;
const RANK_MASK: u64 = (1 << RANK_BITS) - 1;

/// One throw of all shingles: its hash function and its standing.
#[derive(Clone, Copy)]
pub(super) struct Throw {
    pub(super) addend: u64,
    pub(super) multiplier: u64,
    /// The round, already shifted to its place in the slot.
    pub(super) tag: u64,
}

impl Throw {
    /// Each throw has a multiplier of its own: with a shared one, the hashes of two rounds differ only by an
    /// addend, and ranks that lie close in one round would lie close in the other.
    fn new(seed: u64, number: u64, round: u8) -> Throw {
        Throw {
            addend: hash::key(seed, 2 * number),
            multiplier: hash::key(seed, 2 * number + 1) | 1,
            tag: u64::from(round) << RANK_BITS,
        }
    }

    fn of_round(seed: u64, round: u8) -> Throw {
        Throw::new(seed, u64::from(round), round)
    }

    fn of_slot(seed: u64, switch: u8, slot: usize) -> Throw {
        Throw::new(seed, u64::from(switch) + slot as u64, switch)
    }

    #[inline(always)]
    pub(super) fn hash(self, shingle: u64) -> u64 {
        hash::fold_multiply(shingle ^ self.addend, self.multiplier)
    }

    /// The slot value of a hash: the **low** bits are the rank, so that they stay independent of the slot,
    /// which the high bits choose, and of use as they are in sketches of few bits a slot (the high bits
    /// of a minimum are nearly always zero).
    #[inline(always)]
    pub(super) fn value(self, hash: u64) -> u64 {
        self.tag | (hash & RANK_MASK)
    }

    /// The slot of a hash, uniform over any number of slots (Lemire 2019, *Fast random integer generation in an
    /// interval*, section 4, without the rejection).
    #[inline(always)]
    pub(super) fn slot(hash: u64, slots: u64) -> usize {
        (((hash >> 32) * slots) >> 32) as usize
    }
}

/// Adds a portion of shingles to the slots; their order is lost.
///
/// A round is thrown as long as some slot might still be improved by it, and always for the whole portion:
/// so the result does not depend on how the shingles were portioned.
pub(super) fn add(slots: &mut [u64], seed: u64, switch: u8, shingles: &mut [u64]) {
    if shingles.is_empty() {
        return;
    }
    kernel::scatter(slots, shingles, Throw::of_round(seed, 0));
    if !reach(slots, 1) {
        return;
    }
    let shingles = without_repetitions(slots, shingles);
    // Tried and lost: to pass over what falls on slots that are filled, which in late rounds is nearly all. With a bit for each
    // open slot and four hashes at once (AVX2), 110 shingles took 1.19 µs, not less than with every shingle thrown.
    for round in 1..switch {
        if !reach(slots, round) {
            return;
        }
        kernel::scatter(slots, shingles, Throw::of_round(seed, round));
    }
    for (number, slot) in slots.iter_mut().enumerate() {
        if round_of(*slot) >= switch {
            let throw = Throw::of_slot(seed, switch, number);
            *slot = kernel::minimum(shingles, throw).min(*slot);
        }
    }
}

/// So many times more shingles than slots filled in round 0 are not distinct: even 1,024 distinct ones would have to leave
/// half of 128 slots empty.
const REPEATED: usize = 16;

/// The distinct shingles, if repetitions would cost much: of a text of one word, each would be thrown in all rounds and then
/// at nearly all slots, a hundred times in all.
fn without_repetitions<'s>(slots: &[u64], shingles: &'s mut [u64]) -> &'s [u64] {
    let filled = slots.iter().filter(|&&slot| round_of(slot) == 0).count();
    if shingles.len() <= REPEATED * filled {
        return shingles;
    }
    // Few are distinct, and then sorting takes little more than a look at each.
    shingles.sort_unstable();
    let mut last = 0;
    for at in 1..shingles.len() {
        if shingles[at] != shingles[last] {
            last += 1;
            shingles[last] = shingles[at];
        }
    }
    &shingles[..=last]
}

fn round_of(slot: u64) -> u8 {
    (slot >> RANK_BITS) as u8
}

/// Whether the round might still improve some slot.
fn reach(slots: &[u64], round: u8) -> bool {
    kernel::any_from(slots, u64::from(round) << RANK_BITS)
}

/// How many distinct members a sketch was made of, judged by how early its slots were filled.
///
/// One member misses a slot up to rank fraction f of round r with probability `(1 - 1/k)^r (1 - f/k)`, and up to
/// fraction f of the direct round with `(1 - 1/k)^R (1 - f)`. The negative logarithm of that is a clock by which n
/// members reach the slot after an exponential time of rate n; so `(k - 1) / Σ time` estimates n with a relative
/// standard error of `1/√k` or less (the slots of one round exclude each other).
pub(super) fn distinct(slots: &[u64], switch: u8) -> f64 {
    if slots.first().is_none_or(|&slot| slot == EMPTY) {
        return 0.0;
    }
    let k = slots.len() as f64;
    // With one slot, each round reaches it.
    let round = -(-1.0 / k.max(2.0)).ln_1p();
    let time = |slot: u64| {
        let fraction = ((slot & RANK_MASK) as f64 + 0.5) / (RANK_MASK as f64 + 1.0);
        let share = if round_of(slot) == switch { 1.0 } else { 1.0 / k };
        f64::from(round_of(slot)) * round - (-fraction * share).ln_1p()
    };
    let total: f64 = slots.iter().map(|&slot| time(slot)).sum();
    (k - 1.0).max(1.0) / total
}
