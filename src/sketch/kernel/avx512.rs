//! The kernels for x86-64 machines with AVX-512.
//!
//! In and out: as in [`super`]. Only the later rounds are here, where AVX-512 saves much: AVX2 has no
//! instruction that packs the throws that hit.

use super::scalar::{self, Plain};
use crate::sketch::throw::{self, FEW, Hit, Hits, Machine, THROW_BITS};
use std::arch::x86_64::*;

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f")]
pub(super) fn refill(slots: &mut [u64], hashes: &mut [u64], switch: u8) {
    throw::refill::<Avx512>(slots, hashes, switch);
}

/// Sixteen throws at once, for at most [`FEW`] slots, whose open bits fit into a register.
struct Avx512;

impl Machine for Avx512 {
    #[inline(always)]
    fn open(slots: &[u64], tag: u64, open: &mut [u32]) {
        // SAFETY: only `refill` uses this type, and it is called only on processors with AVX-512.
        scalar::open_by(slots, tag, open, |slots| unsafe { open_of_32(slots, tag) });
    }

    #[inline(always)]
    fn hits(hashes: &[u64], places: [u32; 2], slots: usize, open: &[u32], hits: &mut Hits) -> usize {
        match open.first_chunk() {
            // SAFETY: the processor has AVX-512, as above.
            Some(open) if slots <= FEW => unsafe { hits_of_few(hashes, places, slots, open, hits) },
            _ => Plain::hits(hashes, places, slots, open, hits),
        }
    }
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f")]
#[inline]
fn open_of_32(slots: &[u64; 32], tag: u64) -> u32 {
    let tag = _mm512_set1_epi64(tag as i64);
    slots.as_chunks::<8>().0.iter().rev().fold(0, |open, eight| {
        // SAFETY: the reference points to 64 readable bytes, and the load needs no alignment.
        let eight = unsafe { _mm512_loadu_si512(eight.as_ptr().cast()) };
        open << 8 | u32::from(_mm512_cmpge_epu64_mask(eight, tag))
    })
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2,avx512f")]
#[inline]
fn hits_of_few(
    hashes: &[u64],
    places: [u32; 2],
    slots: usize,
    open: &[u32; FEW / 32],
    hits: &mut Hits,
) -> usize {
    // SAFETY: the reference points to 64 readable bytes, and the load needs no alignment.
    let open = unsafe { _mm512_loadu_si512(open.as_ptr().cast()) };
    let places = _mm512_set1_epi64((u64::from(places[1]) << 32 | u64::from(places[0])) as i64);
    let (by_shift, shift) = (slots.is_power_of_two(), _mm_cvtsi32_si128(32 - slots.trailing_zeros() as i32));
    let scale = _mm512_set1_epi32(slots as i32);
    let mut throws = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let mut count = 0;
    for eight in hashes.chunks(8) {
        let there = u16::MAX >> (16 - 2 * eight.len());
        // SAFETY: the mask selects only halves of hashes that exist; the load needs no alignment.
        let halves = unsafe { _mm512_maskz_loadu_epi32(there, eight.as_ptr().cast()) };
        let chosen = _mm512_mullo_epi32(halves, places);
        let slot = if by_shift {
            _mm512_srl_epi32(chosen, shift)
        } else {
            let even = _mm512_srli_epi64::<32>(_mm512_mul_epu32(chosen, scale));
            let odd = _mm512_mul_epu32(_mm512_srli_epi64::<32>(chosen), scale);
            _mm512_mask_blend_epi32(0xaaaa, even, odd)
        };
        let words = _mm512_permutexvar_epi32(_mm512_srli_epi32::<5>(slot), open);
        // The rotation counts modulo 32, as the bits of a word do.
        let bits = _mm512_rolv_epi32(_mm512_set1_epi32(1), slot);
        let mask = _mm512_mask_test_epi32_mask(there, words, bits);
        let hit = _mm512_or_si512(_mm512_slli_epi32::<THROW_BITS>(slot), throws);
        let place: &mut [Hit; 16] =
            hits[count..].first_chunk_mut().expect("`Hits` has space for one register more");
        // SAFETY: the reference points to 64 writable bytes, and the store needs no alignment.
        unsafe { _mm512_storeu_si512(place.as_mut_ptr().cast(), _mm512_maskz_compress_epi32(mask, hit)) };
        count += mask.count_ones() as usize;
        throws = _mm512_add_epi32(throws, _mm512_set1_epi32(16));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounds_equal_their_definition() {
        if !crate::support::cpu::has_avx512() {
            eprintln!("skipped: this machine has no AVX-512");
            return;
        }
        let hashes = |seed: u64, count: u64| {
            (0..count).map(|i| crate::support::hash::key(seed, i)).collect::<Vec<u64>>()
        };
        for length in (1..70).chain([127, 128, 129, 1000]) {
            for count in [1, 2, 7, 64, 128, 252, 256, 300, 511, 512, 513, 700] {
                let (mut one, mut other) = (vec![u64::MAX; count], vec![u64::MAX; count]);
                // A second portion finds slots that rounds of all kinds have filled.
                for portion in [1, 2] {
                    let mut hashes = hashes(portion, length);
                    // SAFETY: the features were detected above.
                    unsafe { refill(&mut one, &mut hashes.clone(), 9) };
                    scalar::refill(&mut other, &mut hashes, 9);
                    assert_eq!(one, other, "{length} hashes, {count} slots, portion {portion}");
                }
            }
        }
    }
}
