//! Fast Similarity Sketching: many slots for the price of about one hash a shingle.
//!
//! In: 64-bit hashes of shingles, in any order, in any number of portions. Out: one minimum a slot.
//!
//! Round 0 throws every shingle into one slot, where the smallest rank wins (one-permutation hashing). As long
//! as slots are empty, all shingles are thrown again, twice in each of the rounds 1, 2, … of lower standing; in the
//! [`switch_round`], whatever is still empty takes its minimum over all shingles directly. A slot is the
//! pair (round, rank) in one `u64`, so "the smallest wins" is one comparison, and a sketch is the slotwise
//! minimum over its members of a function of the member alone. Hence: unions are slotwise minima, order
//! and repetition do not matter, and two slots agree with probability exactly J (but for hash collisions).
//!
//! One strong hash a shingle is enough: that of round 0. It is as good as a random number, and of random numbers any
//! fixed functions do for the later throws, if they are unlike enough among themselves to cost no variance. So where a shingle
//! falls is one multiplication of 32 bits, for many shingles at once; and of its rank there nothing is asked unless the slot is open,
//! which late rounds find rarely.
//!
//! Cost: O(n + k log k) expected for n shingles and k slots; no memory but the slots, and a bit for each beyond [`FEW`].
//!
//! Source: Dahlgaard, Knudsen & Thorup 2017, *Fast Similarity Sketching* (arXiv:1704.04370), algorithm 1,
//! with several whole rounds before the direct filling instead of the paper's k rounds, and cheap functions of one hash in the
//! place of a hash function for each round.

use super::{EMPTY, Recipe, kernel};
use crate::support::hash;

/// In this round, empty slots are filled directly. It is the same for every set: a switch "when few slots are left"
/// would depend on the set, and was measured to bias the estimate by -0.004 on 100 shingles.
///
/// To fill a slot directly takes a hash of every shingle, and a round takes up to 50 ns however few there are. At 128 slots,
/// switches at 7, 8, 10 and 14 were timed: sets of ten and twenty shingles would have it later, a set of one earlier, to sets of fifty
/// and more it hardly matters. At 7 and at 8 the variance is the same. It grows with the slots, so that a small set has as many
/// throws a slot in any sketch, up to what fits below the tag of an empty slot.
pub(super) fn switch_round(slots: usize) -> u8 {
    slots.div_ceil(16).clamp(8, LAST as usize) as u8
}

/// The last round there can be.
const LAST: u8 = 120;

/// Bits of a slot that hold the rank; the round stands above them.
const RANK_BITS: u32 = 56;
const RANK_MASK: u64 = (1 << RANK_BITS) - 1;

/// The rank: the **low** bits, so that they stay independent of the slot, which high bits choose, and of use as they are in
/// sketches of few bits a slot (the high bits of a minimum are nearly always zero).
#[inline(always)]
pub(super) fn rank(hash: u64) -> u64 {
    hash & RANK_MASK
}

/// The slot that 32 random bits choose, uniform over any number of slots (Lemire 2019, *Fast random integer generation in an
/// interval*, section 4, without the rejection).
#[inline(always)]
pub(super) fn slot(place: u32, slots: usize) -> usize {
    ((u64::from(place) * slots as u64) >> 32) as usize
}

/// Round 0: its hash stands for the shingle in all later ones. The high half chooses the slot.
#[derive(Clone, Copy)]
pub(super) struct First {
    pub(super) addend: u64,
    pub(super) multiplier: u64,
}

impl First {
    fn of(seed: u64) -> First {
        First { addend: hash::key(seed, 0), multiplier: hash::key(seed, 1) | 1 }
    }

    #[inline(always)]
    pub(super) fn hash(self, shingle: u64) -> u64 {
        hash::fold_multiply(shingle ^ self.addend, self.multiplier)
    }
}

/// A later round: each hash is thrown twice, by its low half and by its high half.
///
/// With one multiplier for all rounds, places that lie close in one would lie close in the other. They are the same for
/// all seeds, because the hashes are not.
#[derive(Clone, Copy)]
pub(super) struct Round {
    /// By which the halves are multiplied modulo 2^32: that chooses the slots.
    pub(super) places: [u32; 2],
    /// By which the whole hash is multiplied, and folded: that is the rank of the throw by either half.
    ranks: [u64; 2],
    /// The round, already shifted to its place in the slot.
    tag: u64,
}

/// Names of the families of multipliers, which are all odd.
const PLACES: u64 = 1;
const RANKS: u64 = 2;
const DIRECT: u64 = 3;

impl Round {
    const fn new(round: u8) -> Round {
        let (low, high) = (2 * round as u64, 2 * round as u64 + 1);
        Round {
            places: [hash::key(PLACES, low) as u32 | 1, hash::key(PLACES, high) as u32 | 1],
            ranks: [hash::key(RANKS, low) | 1, hash::key(RANKS, high) | 1],
            tag: (round as u64) << RANK_BITS,
        }
    }

    /// What the throw by a half of the hash would leave in its slot.
    #[inline(always)]
    fn value(&self, hash: u64, half: usize) -> u64 {
        self.tag | rank(hash::fold_multiply(hash, self.ranks[half]))
    }
}

/// All rounds, by their numbers; of the first, nothing is used.
static ROUNDS: [Round; LAST as usize + 1] = {
    let mut rounds = [Round::new(0); LAST as usize + 1];
    let mut round = 1;
    while round <= LAST {
        rounds[round as usize] = Round::new(round);
        round += 1;
    }
    rounds
};

/// Adds a portion of shingles to the slots; in their place it leaves numbers of no use.
///
/// A round is thrown as long as some slot might still be improved by it, and always for the whole portion:
/// so the result does not depend on how the shingles were portioned.
pub(super) fn add(slots: &mut [u64], seed: u64, switch: u8, shingles: &mut [u64]) {
    if !shingles.is_empty() {
        kernel::scatter(slots, shingles, First::of(seed));
        let hashes = shingles;
        kernel::refill(slots, hashes, switch);
    }
}

/// What a machine has its own way for.
pub(super) trait Machine {
    /// Sets a bit, lowest first, for each slot that is at or above the tag, and clears those of the others.
    fn open(slots: &[u64], tag: u64, open: &mut [u32]);

    /// Writes down the throws that fall on open slots, in any order, perhaps some twice; returns how many. There are at
    /// most [`AT_ONCE`] hashes.
    fn hits(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32], hits: &mut Hits) -> usize;
}

/// Hashes thrown at once.
const AT_ONCE: usize = 128;

/// A throw that falls on an open slot: the slot, and below it the number of the throw among those at once (two a hash).
pub(super) type Hit = u32;

/// Bits of the number of the throw.
pub(super) const THROW_BITS: u32 = 8;

const _: () = assert!(2 * AT_ONCE == 1 << THROW_BITS && Recipe::MAX_SLOTS <= 1 << (32 - THROW_BITS));

/// As many as there are throws at once, and a register more, for machines that write whole ones.
pub(super) type Hits = [Hit; 2 * AT_ONCE + 16];

/// The most slots whose bits lie on the stack; with more, they are allocated.
pub(super) const FEW: usize = 512;

/// The rounds behind the first, whose hashes these are.
#[inline(always)]
pub(super) fn refill<M: Machine>(slots: &mut [u64], hashes: &mut [u64], switch: u8) {
    if slots.len() <= FEW {
        refill_by::<M>(slots, hashes, switch, &mut [0; FEW / 32]);
    } else {
        refill_by::<M>(slots, hashes, switch, &mut vec![0; slots.len().div_ceil(32)]);
    }
}

#[inline(always)]
fn refill_by<M: Machine>(slots: &mut [u64], hashes: &mut [u64], switch: u8, open: &mut [u32]) {
    let none = |open: &[u32]| open.iter().all(|&word| word == 0);
    M::open(slots, ROUNDS[1].tag, open);
    if none(open) {
        return;
    }
    let hashes = without_repetitions(hashes, slots.len() - count(open));
    let mut hits = [0; 2 * AT_ONCE + 16];
    for (round, next) in ROUNDS[1..usize::from(switch)].iter().zip(&ROUNDS[2..]) {
        for hashes in hashes.chunks(AT_ONCE) {
            let count = M::hits(hashes, round.places, slots.len(), open, &mut hits);
            for &hit in &hits[..count] {
                let throw = (hit & ((1 << THROW_BITS) - 1)) as usize;
                let slot = &mut slots[(hit >> THROW_BITS) as usize];
                *slot = round.value(hashes[throw / 2], throw % 2).min(*slot);
            }
        }
        M::open(slots, next.tag, open);
        if none(open) {
            return;
        }
    }
    directly(slots, hashes, ROUNDS[usize::from(switch)].tag);
}

fn count(open: &[u32]) -> usize {
    open.iter().map(|word| word.count_ones() as usize).sum()
}

/// The direct round: each slot that is still empty has a hash function of its own.
#[inline(always)]
fn directly(slots: &mut [u64], hashes: &[u64], tag: u64) {
    for (number, slot) in slots.iter_mut().enumerate() {
        if *slot >= tag {
            let multiplier = hash::key(DIRECT, number as u64) | 1;
            for &hash in hashes {
                *slot = (tag | rank(hash::fold_multiply(hash, multiplier))).min(*slot);
            }
        }
    }
}

/// So many times more hashes than slots filled in round 0 are not distinct: even 1,024 distinct ones would have to leave
/// half of 128 slots empty.
const REPEATED: usize = 16;

/// The distinct hashes, if repetitions would cost much: of a text of one word, each would be thrown in all rounds and then
/// at nearly all slots, a hundred times in all.
fn without_repetitions(hashes: &mut [u64], filled: usize) -> &[u64] {
    if hashes.len() <= REPEATED * filled {
        return hashes;
    }
    // Few are distinct, and then sorting takes little more than a look at each.
    hashes.sort_unstable();
    let mut last = 0;
    for at in 1..hashes.len() {
        if hashes[at] != hashes[last] {
            last += 1;
            hashes[last] = hashes[at];
        }
    }
    &hashes[..=last]
}

fn round_of(slot: u64) -> u8 {
    (slot >> RANK_BITS) as u8
}

/// How many distinct members a sketch was made of, judged by how early its slots were filled.
///
/// One throw of a member misses a slot with probability `1 - 1/k`, and up to rank fraction f with `1 - f/k`; the direct round
/// does up to fraction f with `1 - f`. The negative logarithm of what it takes to be missed so far is a clock by which n
/// members reach the slot after an exponential time of rate n; so `(k - 1) / Σ time` estimates n with a relative
/// standard error of `1/√k` or less (the slots of one round exclude each other).
pub(super) fn distinct(slots: &[u64], switch: u8) -> f64 {
    if slots.first().is_none_or(|&slot| slot == EMPTY) {
        return 0.0;
    }
    let k = slots.len() as f64;
    // With one slot, each throw reaches it.
    let throw = -(-1.0 / k.max(2.0)).ln_1p();
    let time = |slot: u64| {
        let round = round_of(slot);
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
