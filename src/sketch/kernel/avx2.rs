//! The kernels for x86-64 machines with AVX2.
//!
//! In and out: as in [`super`]. If the compiler vectorises a definition well by itself, the definition is
//! compiled again with the wider instructions. The later rounds and the comparison of packed slots are
//! written by hand (for the latter, the compiler widens every byte to a counter).

use super::scalar::{self, Plain};
use crate::sketch::throw::{self, First, Hit, Hits, Machine, THROW_BITS};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn loosen(loosened: &mut [u64], numbers: &[u64]) {
    scalar::loosen(loosened, numbers);
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn scatter(slots: &mut [u64], shingles: &mut [u64], throw: First) {
    scalar::scatter(slots, shingles, throw);
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn refill(slots: &mut [u64], hashes: &mut [u64], switch: u8) {
    throw::refill::<Avx2>(slots, hashes, switch);
}

/// Eight throws at once, for at most 256 slots, whose open bits fit into a register.
struct Avx2;

impl Machine for Avx2 {
    #[inline(always)]
    fn open(slots: &[u64], tag: u64, open: &mut [u32]) {
        // SAFETY: only `refill` uses this type, and it is called only on processors with AVX2.
        scalar::open_by(slots, tag, open, |slots| unsafe { open_of_32(slots, tag) });
    }

    #[inline(always)]
    fn hits(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32], hits: &mut Hits) -> usize {
        match open.first_chunk() {
            // SAFETY: the processor has AVX2, as above; there are at least four hashes, as `hits_of_256`
            // needs.
            Some(open) if slots <= 256 && hashes.len() >= 4 => unsafe {
                hits_of_256(hashes, places, slots, open, hits)
            },
            _ => Plain::hits(hashes, places, slots, open, hits),
        }
    }
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
#[inline]
fn open_of_32(slots: &[u64; 32], tag: u64) -> u32 {
    let tag = _mm256_set1_epi64x((tag >> 1) as i64);
    let below = slots.as_chunks::<4>().0.iter().rev().fold(0, |below, four| {
        // SAFETY: the reference points to 32 readable bytes, and the load needs no alignment.
        let four = unsafe { _mm256_loadu_si256(four.as_ptr().cast()) };
        // AVX2 compares signed numbers only. Halved slots are below 2^63, and the lowest bit of a tag is
        // zero, so the sign of the difference is the result.
        let difference = _mm256_sub_epi64(_mm256_srli_epi64::<1>(four), tag);
        below << 4 | _mm256_movemask_pd(_mm256_castsi256_pd(difference)) as u32
    });
    !below
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
#[inline]
fn hits_of_256(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32; 8], hits: &mut Hits) -> usize {
    // SAFETY: the reference points to 32 readable bytes, and the load needs no alignment.
    let open = unsafe { _mm256_loadu_si256(open.as_ptr().cast()) };
    let places = _mm256_set1_epi64x((u64::from(places[1]) << 32 | u64::from(places[0])) as i64);
    let (by_shift, shift) = (slots.is_power_of_two(), _mm_cvtsi32_si128(32 - slots.trailing_zeros() as i32));
    let scale = _mm256_set1_epi32(slots as i32);
    let last = hashes.len() - 4;
    let (mut count, mut at) = (0, 0);
    loop {
        // SAFETY: four hashes, 32 bytes, can be read from `at`, which is at most four less than their number.
        let halves = unsafe { _mm256_loadu_si256(hashes.as_ptr().add(at).cast()) };
        let chosen = _mm256_mullo_epi32(halves, places);
        let slot = if by_shift {
            _mm256_srl_epi32(chosen, shift)
        } else {
            let even = _mm256_srli_epi64::<32>(_mm256_mul_epu32(chosen, scale));
            let odd = _mm256_mul_epu32(_mm256_srli_epi64::<32>(chosen), scale);
            _mm256_blend_epi32::<0b1010_1010>(even, odd)
        };
        let words = _mm256_permutevar8x32_epi32(open, _mm256_srli_epi32::<5>(slot));
        // The bit of the slot becomes the sign.
        let left = _mm256_andnot_si256(slot, _mm256_set1_epi32(31));
        let mask = _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_sllv_epi32(words, left))) as u32;
        // The numbers of the elements that hit, a byte each, packed together.
        let elements =
            _pext_u64(0x0706_0504_0302_0100, _pdep_u64(u64::from(mask), 0x0101_0101_0101_0101) * 0xff);
        let elements = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128(elements as i64));
        let throws = _mm256_add_epi32(elements, _mm256_set1_epi32(2 * at as i32));
        let slot = _mm256_slli_epi32::<{ THROW_BITS as i32 }>(_mm256_permutevar8x32_epi32(slot, elements));
        let place: &mut [Hit; 8] =
            hits[count..].first_chunk_mut().expect("`Hits` has space for one register more");
        // SAFETY: the reference points to 32 writable bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(place.as_mut_ptr().cast(), _mm256_or_si256(slot, throws)) };
        count += mask.count_ones() as usize;
        if at == last {
            return count;
        }
        // The last four may overlap with those before: repeating a throw changes nothing.
        at = (at + 4).min(last);
    }
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn count_equal(left: &[u64], right: &[u64]) -> usize {
    scalar::count_equal(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_1(left: &[u8], right: &[u8]) -> usize {
    scalar::equal_1(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_2(left: &[u8], right: &[u8]) -> usize {
    let (equal, [left, right]) = equal_fields([0b11, 0b1100, 0b11_0000, 0b1100_0000], left, right);
    equal + scalar::equal_2(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_4(left: &[u8], right: &[u8]) -> usize {
    let (equal, [left, right]) = equal_fields([0x0f, 0xf0], left, right);
    equal + scalar::equal_4(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_8(left: &[u8], right: &[u8]) -> usize {
    let (equal, [left, right]) = equal_fields([0xff], left, right);
    equal + scalar::equal_8(left, right)
}

/// The number of equal fields in the bytes that fill whole registers, and the remaining bytes of both sides.
/// `fields` has the bits of each field of a byte.
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
#[inline]
fn equal_fields<'a, const FIELDS: usize>(
    fields: [u8; FIELDS],
    left: &'a [u8],
    right: &'a [u8],
) -> (usize, [&'a [u8]; 2]) {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<32>(), right.as_chunks::<32>());
    let mut equal = 0;
    for (left, right) in left.iter().zip(right) {
        // SAFETY: both references point to 32 readable bytes, and the loads need no alignment.
        let (left, right) = unsafe {
            (
                _mm256_loadu_si256(left.as_ptr().cast::<__m256i>()),
                _mm256_loadu_si256(right.as_ptr().cast::<__m256i>()),
            )
        };
        let differing = _mm256_xor_si256(left, right);
        for field in fields {
            let differing = _mm256_and_si256(differing, _mm256_set1_epi8(field as i8));
            let same = _mm256_cmpeq_epi8(differing, _mm256_setzero_si256());
            equal += _mm256_movemask_epi8(same).count_ones() as usize;
        }
    }
    (equal, [left_rest, right_rest])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u64, count: usize) -> Vec<u64> {
        (0..count).map(|i| crate::support::hash::key(seed, i as u64)).collect()
    }

    /// Every kernel against its definition, over lengths around the widths of the registers.
    #[test]
    fn every_kernel_equals_its_definition() {
        if !crate::support::cpu::has_avx2_and_bits() {
            eprintln!("skipped: this machine has no AVX2");
            return;
        }
        for length in (1..70).chain([127, 128, 129, 1000]) {
            let (mut left, right) = (numbers(1, length), numbers(2, length));
            for at in (0..length).step_by(3) {
                left[at] = right[at];
            }
            // Bytes of few values, so that fields of every width are often equal and often different.
            let sparse = |words: &[u64]| words.iter().map(|word| (word & 0x33) as u8).collect::<Vec<u8>>();
            let (l8, r8) = (sparse(&left), sparse(&right));
            let throw = First { addend: right[0], multiplier: left[0] | 1 };
            // SAFETY: the features were detected above.
            unsafe {
                assert_eq!(count_equal(&left, &right), scalar::count_equal(&left, &right));
                assert_eq!(equal_1(&l8, &r8), scalar::equal_1(&l8, &r8));
                assert_eq!(equal_2(&l8, &r8), scalar::equal_2(&l8, &r8));
                assert_eq!(equal_4(&l8, &r8), scalar::equal_4(&l8, &r8));
                assert_eq!(equal_8(&l8, &r8), scalar::equal_8(&l8, &r8));
                let (mut one, mut other) = (vec![0; length], vec![0; length]);
                loosen(&mut one, &left);
                scalar::loosen(&mut other, &left);
                assert_eq!(one, other);
                for count in [1, 2, 7, 64, 128, 252, 256, 300, 512, 700] {
                    let (mut one, mut other) = (vec![u64::MAX; count], vec![u64::MAX; count]);
                    // A second portion finds slots that rounds of all kinds have filled.
                    for shingles in [&left, &right] {
                        let (mut hashes, mut plain) = (shingles.clone(), shingles.clone());
                        scatter(&mut one, &mut hashes, throw);
                        scalar::scatter(&mut other, &mut plain, throw);
                        assert_eq!((&one, &hashes), (&other, &plain), "{length} shingles, {count} slots");
                        refill(&mut one, &mut hashes, 9);
                        scalar::refill(&mut other, &mut plain, 9);
                        assert_eq!(one, other, "{length} shingles, {count} slots");
                    }
                }
            }
        }
    }
}
