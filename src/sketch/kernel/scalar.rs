//! The definition of every kernel, in plain Rust.
//!
//! In and out: as in [`super`]. Cost: about 1 ns a shingle in round 0.

use crate::sketch::throw::{self, First, Hits, Machine, THROW_BITS, rank, slot};
use crate::support::hash;
use std::ops::IndexMut;

/// Shingles hashed before any of them is assigned to its slot, so that the multiplications do not wait for
/// the slots. Of 4 to 32, eight was fastest: 1.0 ns a shingle against 1.5 one by one.
const AT_ONCE: usize = 8;

#[inline(always)]
pub(super) fn scatter(slots: &mut [u64], shingles: &mut [u64], throw: First) {
    // For the usual numbers of slots the compiler drops the bounds check.
    if let Ok(slots) = <&mut [u64; 128]>::try_from(&mut *slots) {
        return scatter_by(slots, shingles, throw, |hash| (hash >> 57) as usize);
    }
    if let Ok(slots) = <&mut [u64; 256]>::try_from(&mut *slots) {
        return scatter_by(slots, shingles, throw, |hash| (hash >> 56) as usize);
    }
    let count = slots.len();
    if count.is_power_of_two() && count > 1 {
        // The same slot by a shift, which is cheaper than the multiplication.
        let shift = 64 - count.trailing_zeros();
        scatter_by(slots, shingles, throw, |hash| (hash >> shift) as usize);
    } else {
        scatter_by(slots, shingles, throw, |hash| slot((hash >> 32) as u32, count));
    }
}

#[inline(always)]
fn scatter_by(
    slots: &mut (impl IndexMut<usize, Output = u64> + ?Sized),
    shingles: &mut [u64],
    throw: First,
    choose: impl Fn(u64) -> usize,
) {
    let mut lower = |hash: u64| {
        let slot = &mut slots[choose(hash)];
        // Without a branch: at first a branch would be unpredictable, and a store that changes nothing costs
        // little.
        *slot = rank(hash).min(*slot);
    };
    let (groups, rest) = shingles.as_chunks_mut::<AT_ONCE>();
    for group in groups {
        *group = group.map(|shingle| throw.hash(shingle));
        group.iter().copied().for_each(&mut lower);
    }
    for shingle in rest {
        *shingle = throw.hash(*shingle);
        lower(*shingle);
    }
}

/// [`Machine::open`] given a faster way for 32 slots at once.
#[inline(always)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) fn open_by(slots: &[u64], tag: u64, open: &mut [u32], of_32: impl Fn(&[u64; 32]) -> u32) {
    let (whole, rest) = slots.as_chunks::<32>();
    let (words, rest_words) = open.split_at_mut(whole.len());
    for (slots, word) in whole.iter().zip(words) {
        *word = of_32(slots);
    }
    Plain::open(rest, tag, rest_words);
}

/// The definition of the steps of a later round.
pub(super) struct Plain;

impl Machine for Plain {
    #[inline(always)]
    fn open(slots: &[u64], tag: u64, open: &mut [u32]) {
        for (slots, word) in slots.chunks(32).zip(open) {
            *word = slots.iter().rev().fold(0, |word, &slot| word << 1 | u32::from(slot >= tag));
        }
    }

    #[inline(always)]
    fn hits(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32], hits: &mut Hits) -> usize {
        let mut count = 0;
        let mut throw = 0;
        for &hash in hashes {
            for (half, place) in [hash as u32, (hash >> 32) as u32].into_iter().zip(places) {
                let slot = slot(half.wrapping_mul(place), slots);
                // Branch-free: in the first rounds a branch would be unpredictable.
                hits[count] = (slot as u32) << THROW_BITS | throw;
                count += (open[slot / 32] >> (slot % 32) & 1) as usize;
                throw += 1;
            }
        }
        count
    }
}

#[inline(always)]
pub(super) fn refill(slots: &mut [u64], hashes: &mut [u64], switch: u8) {
    throw::refill::<Plain>(slots, hashes, switch);
}

#[inline(always)]
pub(super) fn loosen(loosened: &mut [u64], numbers: &[u64]) {
    for (loosened, &number) in loosened.iter_mut().zip(numbers) {
        *loosened = hash::loosen(number);
    }
}

#[inline(always)]
pub(super) fn count_equal(left: &[u64], right: &[u64]) -> usize {
    left.iter().zip(right).map(|(left, right)| usize::from(left == right)).sum()
}

#[inline(always)]
pub(super) fn equal_8(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).map(|(left, right)| usize::from(left == right)).sum()
}

#[inline(always)]
pub(super) fn equal_4(left: &[u8], right: &[u8]) -> usize {
    let any_of_four = |bits: u64| {
        let pairs = bits | (bits >> 1);
        (pairs | (pairs >> 2)) & 0x1111_1111_1111_1111
    };
    2 * left.len() - unequal(left, right, any_of_four)
}

#[inline(always)]
pub(super) fn equal_2(left: &[u8], right: &[u8]) -> usize {
    let any_of_two = |bits: u64| (bits | (bits >> 1)) & 0x5555_5555_5555_5555;
    4 * left.len() - unequal(left, right, any_of_two)
}

#[inline(always)]
pub(super) fn equal_1(left: &[u8], right: &[u8]) -> usize {
    8 * left.len() - unequal(left, right, |bits| bits)
}

/// How many fields differ, where `gather` leaves one bit set for each field that has a differing bit.
#[inline(always)]
fn unequal(left: &[u8], right: &[u8], gather: impl Fn(u64) -> u64) -> usize {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    let differing = |left: u64, right: u64| gather(left ^ right).count_ones() as usize;
    let whole: usize = left
        .iter()
        .zip(right)
        .map(|(&left, &right)| differing(u64::from_le_bytes(left), u64::from_le_bytes(right)))
        .sum();
    let rest: usize = left_rest
        .iter()
        .zip(right_rest)
        .map(|(&left, &right)| differing(u64::from(left), u64::from(right)))
        .sum();
    whole + rest
}
