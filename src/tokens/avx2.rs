//! The operations of [`super::machine`] on x86-64 with AVX2 and BMI2.
//!
//! Bit masks come from comparisons of 32 bytes; one instruction packs bits, and one spreads them.

use super::machine::{Machine, Masks};
use crate::scan::block::{Avx2, BASE, KEPT, LOWER, UPPER, WINDOW};
use std::arch::x86_64::*;

impl Machine for Avx2 {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW], folded: &mut [u8; WINDOW]) -> Masks {
        // SAFETY: only a function that is compiled for AVX2 uses this machine, and it runs only on processors
        // with AVX2. The loads and stores stay in the 64 bytes of either array and need no alignment.
        let [low, high] = unsafe {
            [
                ascii_half(bytes.as_ptr(), folded.as_mut_ptr()),
                ascii_half(bytes.as_ptr().add(32), folded.as_mut_ptr().add(32)),
            ]
        };
        let join = |at: usize| u64::from(low[at]) | u64::from(high[at]) << 32;
        Masks { kept: join(0), upper: join(1), lower: join(2) }
    }

    #[inline(always)]
    fn kinds(kind: &[u8; WINDOW]) -> (Masks, u64) {
        // SAFETY: as above, with BMI2.
        let [low, high] = unsafe { [kinds_half(kind.as_ptr()), kinds_half(kind.as_ptr().add(32))] };
        let join = |at: usize| u64::from(low[at]) | u64::from(high[at]) << 32;
        let starts = join(0);
        // SAFETY: as above.
        let packed = |at: usize| unsafe { _pext_u64(join(at), starts) };
        (Masks { kept: packed(1), upper: packed(2), lower: packed(3) }, starts)
    }

    #[inline(always)]
    fn spread(packed: u64, starts: u64) -> u64 {
        // SAFETY: only a function that is compiled for BMI2 uses this machine, and it runs only on processors
        // with BMI2.
        unsafe { _pdep_u64(packed, starts) }
    }
}

/// Folds 32 bytes of ASCII, and gives their masks: kept, upper, lower.
///
/// # Safety
/// 32 bytes can be read from `from` and written to `to`, and the machine has AVX2.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn ascii_half(from: *const u8, to: *mut u8) -> [u32; 3] {
    // SAFETY: the caller guarantees it.
    let bytes = unsafe { _mm256_loadu_si256(from.cast()) };
    // Bytes are below 128, so signed comparisons are correct.
    let between = |first: u8, last: u8| {
        let above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(first as i8 - 1));
        let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(last as i8 + 1), bytes);
        _mm256_and_si256(above, below)
    };
    let (upper, lower, digit) = (between(b'A', b'Z'), between(b'a', b'z'), between(b'0', b'9'));
    let kept = _mm256_or_si256(_mm256_or_si256(upper, lower), digit);
    let folded = _mm256_or_si256(bytes, _mm256_and_si256(upper, _mm256_set1_epi8(0x20)));
    // SAFETY: the caller guarantees it.
    unsafe { _mm256_storeu_si256(to.cast(), folded) };
    [kept, upper, lower].map(|mask| _mm256_movemask_epi8(mask) as u32)
}

/// The masks of 32 bytes of kinds: base, kept, upper, lower.
///
/// # Safety
/// 32 bytes can be read from `from`, and the machine has AVX2.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn kinds_half(from: *const u8) -> [u32; 4] {
    // SAFETY: the caller guarantees it.
    let kinds = unsafe { _mm256_loadu_si256(from.cast()) };
    // The mask takes the highest bit of every byte; the shift moves the wanted bit there.
    [BASE, KEPT, UPPER, LOWER].map(|bit| {
        let shifted = _mm256_sll_epi16(kinds, _mm_cvtsi32_si128(bit.leading_zeros() as i32));
        _mm256_movemask_epi8(shifted) as u32
    })
}
