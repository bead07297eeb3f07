//! Throws: which slot a shingle falls into in each round, and with which rank.
//!
//! In: the 64-bit hashes of round 0. Out: slot values, which are pairs (round, rank) in one `u64`. The idea:
//! later rounds multiply the hash of round 0 by fixed odd numbers instead of hashing the shingle again. The
//! kernels implement [`Machine`] for a processor; [`refill`] is written once over it.
//!
//! Cost: see [`super::fast`], which explains the algorithm and names the paper.

use crate::support::hash;

/// A slot that holds no value yet.
pub(super) const EMPTY: u64 = u64::MAX;

/// The most slots of a sketch: the number of the slot and the number of the throw share 32 bits ([`Hit`]).
pub(super) const MAX_SLOTS: usize = 1 << 24;

/// The round in which slots that are still empty are filled directly. It depends on the number of slots only.
/// A switch "when few slots are left" would depend on the set; it was measured to bias the estimate by -0.004
/// on 100 shingles.
///
/// Filling a slot directly takes a hash of every shingle. A round takes up to 50 ns even for few shingles. At
/// 128 slots, switches at 7, 8, 10 and 14 were timed: sets of ten and twenty shingles are fastest with a
/// later one, a set of one shingle with an earlier one, and sets of fifty and more hardly differ. The
/// variance is the same at 7 and at 8. The round grows with the number of slots, so that a small set has the
/// same number of throws for each slot in any sketch, up to [`LAST`], whose tag is below that of an empty
/// slot.
pub(super) fn switch_round(slots: usize) -> u8 {
    slots.div_ceil(16).clamp(8, LAST as usize) as u8
}

/// The last round of any sketch.
const LAST: u8 = 120;

/// Bits of a slot that hold the rank; the round is stored above them.
const RANK_BITS: u32 = 56;
pub(super) const RANK_MASK: u64 = (1 << RANK_BITS) - 1;

/// The rank: the **low** bits of a hash. They are independent of the slot, which high bits choose, and they
/// are uniform in sketches of few bits a slot (the high bits of a minimum are nearly always zero).
#[inline(always)]
pub(super) fn rank(hash: u64) -> u64 {
    hash & RANK_MASK
}

/// The slot that 32 random bits choose, uniform over any number of slots (Lemire 2019, *Fast random integer
/// generation in an interval*, section 4, without the rejection).
#[inline(always)]
pub(super) fn slot(place: u32, slots: usize) -> usize {
    ((u64::from(place) * slots as u64) >> 32) as usize
}

/// The round in which a slot got its value.
pub(super) fn round_of(slot: u64) -> u8 {
    (slot >> RANK_BITS) as u8
}

/// The hash function of round 0. Its hash represents the shingle in all later rounds. The high half chooses
/// the slot.
#[derive(Clone, Copy)]
pub(super) struct First {
    pub(super) addend: u64,
    pub(super) multiplier: u64,
}

impl First {
    pub(super) fn of(seed: u64) -> First {
        First { addend: hash::key(seed, 0), multiplier: hash::key(seed, 1) | 1 }
    }

    #[inline(always)]
    pub(super) fn hash(self, shingle: u64) -> u64 {
        hash::fold_multiply(shingle ^ self.addend, self.multiplier)
    }
}

/// A later round: each hash is thrown twice, by its low half and by its high half.
///
/// Every round has different multipliers: with one multiplier for all rounds, places that are close in one
/// round would be close in the next. They are the same for all seeds, because the hashes differ by seed.
#[derive(Clone, Copy)]
pub(super) struct Round {
    /// The halves times these, modulo 2^32, choose the slots.
    pub(super) places: [u32; 2],
    /// The whole hash times these, folded, is the rank of the throw by either half.
    ranks: [u64; 2],
    /// The round, shifted to its place in the slot.
    pub(super) tag: u64,
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

    /// The value that the throw by a half of the hash would leave in its slot.
    #[inline(always)]
    fn value(&self, hash: u64, half: usize) -> u64 {
        self.tag | rank(hash::fold_multiply(hash, self.ranks[half]))
    }
}

/// All rounds by number; entry 0 is unused.
static ROUNDS: [Round; LAST as usize + 1] = {
    let mut rounds = [Round::new(0); LAST as usize + 1];
    let mut round = 1;
    while round <= LAST {
        rounds[round as usize] = Round::new(round);
        round += 1;
    }
    rounds
};

/// The steps of a round that have a version for each kind of processor.
pub(super) trait Machine {
    /// Sets a bit, lowest first, for each slot that is at or above the tag, and clears those of the others.
    fn open(slots: &[u64], tag: u64, open: &mut [u32]);

    /// Lists the throws that fall on open slots, in any order, perhaps some twice; returns how many. There
    /// are at most [`AT_ONCE`] hashes.
    fn hits(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32], hits: &mut Hits) -> usize;
}

/// Hashes thrown together: the list of their hits stays in the first-level cache.
const AT_ONCE: usize = 128;

/// A throw that falls on an open slot: the slot, and below it the number of the throw among those made
/// together (two a hash).
pub(super) type Hit = u32;

/// Bits of the number of the throw.
pub(super) const THROW_BITS: u32 = 8;

const _: () = assert!(2 * AT_ONCE == 1 << THROW_BITS && MAX_SLOTS <= 1 << (32 - THROW_BITS));

/// Space for all throws that are made together, and for one register more, because kernels write whole
/// registers.
pub(super) type Hits = [Hit; 2 * AT_ONCE + 16];

/// The most slots whose open bits are kept on the stack; for more slots they are allocated on the heap.
pub(super) const FEW: usize = 512;

/// Runs all rounds after the first, given the hashes of the first. The order of the hashes is lost.
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

/// How many slots are open.
fn count(open: &[u32]) -> usize {
    open.iter().map(|word| word.count_ones() as usize).sum()
}

/// The direct round: each slot that is still empty has a separate hash function.
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

/// If there are this many times more hashes than filled slots after round 0, they contain repetitions: even
/// 1,024 distinct hashes would have to leave half of 128 slots empty.
const REPEATED: usize = 16;

/// The distinct hashes if there are many repetitions, otherwise all hashes. In a text of one repeated word,
/// each repetition would be thrown in all rounds and then directly at nearly all slots, a hundred times in
/// all.
fn without_repetitions(hashes: &mut [u64], filled: usize) -> &[u64] {
    if hashes.len() <= REPEATED * filled {
        return hashes;
    }
    // Few are distinct, so sorting takes little more than one pass.
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
