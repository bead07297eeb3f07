//! Squeezing ASCII: the letters and digits of 64 bytes, folded and packed together.
//!
//! In: 64 bytes of ASCII. Out: the kept ones in lower case, at the front of a block; or the place of the n-th
//! of them. [`plain`] and [`plain_nth`] are the definitions. With AVX2, comparisons of 32 bytes find what is
//! kept, and one instruction packs eight bytes.

use crate::scan::ASCII;

/// Bytes squeezed together.
pub(super) const BLOCK: usize = 64;
/// A squeezed block. Stores write eight bytes at a time, and the last of them may extend past the 64 bytes.
pub(super) type Squeezed = [u8; BLOCK + 8];

/// Squeezes up to [`BLOCK`] bytes of ASCII into `out` and returns how many are kept.
#[inline]
pub(super) fn squeeze(ascii: &[u8], out: &mut Squeezed) -> usize {
    #[cfg(target_arch = "x86_64")]
    if let Ok(block) = <&[u8; BLOCK]>::try_from(ascii)
        && crate::support::cpu::has_avx2_and_bits()
    {
        // SAFETY: the machine has the features that the function is compiled for.
        return unsafe { wide(block, out) };
    }
    plain(ascii, out)
}

/// The definition.
fn plain(ascii: &[u8], out: &mut Squeezed) -> usize {
    let mut length = 0;
    for &byte in ascii {
        // Always store, advance only if kept: there is no branch to mispredict.
        let (folded, class) = ASCII[(byte & 0x7F) as usize];
        out[length] = folded;
        length += class.is_kept() as usize;
    }
    length
}

/// The place in a block of the kept byte with `nth` kept ones before it, or how many kept bytes the block
/// has; `None` if the block is not all ASCII.
#[inline]
pub(super) fn nth(block: &[u8; BLOCK], nth: usize) -> Option<Nth> {
    #[cfg(target_arch = "x86_64")]
    if crate::support::cpu::has_avx2_and_bits() {
        // SAFETY: the machine has the features that the function is compiled for.
        return unsafe { wide_nth(block, nth) };
    }
    plain_nth(block, nth)
}

/// Where the kept byte is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Nth {
    /// At this place of the block.
    Here(usize),
    /// After the block, which has this many kept bytes.
    Behind(usize),
}

/// The definition.
fn plain_nth(block: &[u8; BLOCK], nth: usize) -> Option<Nth> {
    let mut kept = 0;
    let mut found = None;
    for (place, &byte) in block.iter().enumerate() {
        if ASCII.get(byte as usize)?.1.is_kept() {
            if kept == nth {
                found = Some(place);
            }
            kept += 1;
        }
    }
    Some(found.map_or(Nth::Behind(kept), Nth::Here))
}

/// [`plain_nth`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn wide_nth(block: &[u8; BLOCK], nth: usize) -> Option<Nth> {
    use std::arch::x86_64::*;
    let mut kept = 0u64;
    for (half, shift) in block.chunks_exact(32).zip([0, 32]) {
        // SAFETY: the chunk has 32 bytes, and the load needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        if _mm256_movemask_epi8(bytes) != 0 {
            return None;
        }
        kept |= u64::from(kept_of(bytes)) << shift;
    }
    let count = kept.count_ones() as usize;
    if nth >= count {
        return Some(Nth::Behind(count));
    }
    Some(Nth::Here(_pdep_u64(1 << nth, kept).trailing_zeros() as usize))
}

/// Which of 32 bytes of ASCII are letters or digits.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn kept_of(bytes: std::arch::x86_64::__m256i) -> u32 {
    use std::arch::x86_64::*;
    // Bytes are below 128, so signed comparisons are correct.
    let between = |bytes: __m256i, first: u8, last: u8| {
        let above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(first as i8 - 1));
        _mm256_and_si256(above, _mm256_cmpgt_epi8(_mm256_set1_epi8(last as i8 + 1), bytes))
    };
    let letters = between(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), b'a', b'z');
    _mm256_movemask_epi8(_mm256_or_si256(letters, between(bytes, b'0', b'9'))) as u32
}

/// [`plain`] for a whole block.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn wide(block: &[u8; BLOCK], out: &mut Squeezed) -> usize {
    use std::arch::x86_64::*;
    let (mut folded, mut kept) = ([0; BLOCK], 0);
    for (half, shift) in block.chunks_exact(32).zip([0, 32]) {
        // SAFETY: the chunk has 32 bytes, and the load needs no alignment.
        let bytes = unsafe { _mm256_loadu_si256(half.as_ptr().cast()) };
        kept |= u64::from(kept_of(bytes)) << shift;
        // Digits have this bit already.
        let lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        // SAFETY: from either half of the array on it has 32 bytes, and the store needs no alignment.
        unsafe { _mm256_storeu_si256(folded[shift as usize..].as_mut_ptr().cast(), lower) };
    }
    pack_wide(&folded, kept, out)
}

/// Packs the bytes of a block together whose bits are set; returns how many they are. The definition.
pub(super) fn pack(block: &[u8; BLOCK], kept: u64, out: &mut Squeezed) -> usize {
    let mut length = 0;
    for (at, &byte) in block.iter().enumerate() {
        out[length] = byte;
        length += (kept >> at & 1) as usize;
    }
    length
}

/// [`pack`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
#[inline]
pub(super) fn pack_wide(block: &[u8; BLOCK], kept: u64, out: &mut Squeezed) -> usize {
    use std::arch::x86_64::*;
    let mut length = 0;
    let (words, _) = block.as_chunks::<8>();
    for (index, &word) in words.iter().enumerate() {
        let here = (kept >> (8 * index)) as u8;
        // Each of the eight bits spread to a byte of ones.
        let mask = _pdep_u64(here as u64, 0x0101_0101_0101_0101) * 0xFF;
        out[length..length + 8].copy_from_slice(&_pext_u64(u64::from_le_bytes(word), mask).to_le_bytes());
        length += here.count_ones() as usize;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_squeeze_as_defined(ascii in proptest::collection::vec(0u8..128, 0..=BLOCK)) {
            let (mut defined, mut fast) = ([0; BLOCK + 8], [0; BLOCK + 8]);
            let length = plain(&ascii, &mut defined);
            prop_assert_eq!(squeeze(&ascii, &mut fast), length);
            prop_assert_eq!(&fast[..length], &defined[..length]);
            let whole: [u8; BLOCK] = std::array::from_fn(|at| ascii.get(at).copied().unwrap_or(b'a'));
            let length = plain(&whole, &mut defined);
            prop_assert_eq!(squeeze(&whole, &mut fast), length);
            prop_assert_eq!(&fast[..length], &defined[..length]);
        }
    }

    proptest! {
        #[test]
        fn the_nth_kept_byte_is_where_defined(
            block in prop_oneof![proptest::collection::vec(0u8..128, BLOCK), proptest::collection::vec(any::<u8>(), BLOCK)],
            place in 0..BLOCK + 2,
        ) {
            let block: [u8; BLOCK] = block.try_into().unwrap();
            prop_assert_eq!(nth(&block, place), plain_nth(&block, place));
        }
    }

    proptest! {
        #[test]
        fn blocks_pack_as_defined(block in proptest::collection::vec(any::<u8>(), BLOCK), kept: u64) {
            let block: [u8; BLOCK] = block.try_into().unwrap();
            let mut defined = [0; BLOCK + 8];
            let length = pack(&block, kept, &mut defined);
            let places = (0..BLOCK).filter(|at| kept >> at & 1 == 1);
            prop_assert_eq!(&defined[..length], &places.map(|at| block[at]).collect::<Vec<u8>>()[..]);
            #[cfg(target_arch = "x86_64")]
            if crate::support::cpu::has_avx2_and_bits() {
                let mut fast = [0; BLOCK + 8];
                // SAFETY: the machine has the features that the function is compiled for.
                prop_assert_eq!(unsafe { pack_wide(&block, kept, &mut fast) }, length);
                prop_assert_eq!(&fast[..length], &defined[..length]);
            }
        }
    }

    #[test]
    fn every_ascii_character() {
        for byte in 0..128u8 {
            let (mut defined, mut fast) = ([0; BLOCK + 8], [0; BLOCK + 8]);
            let length = plain(&[byte; BLOCK], &mut defined);
            assert_eq!(squeeze(&[byte; BLOCK], &mut fast), length);
            assert_eq!(fast[..length], defined[..length]);
        }
    }
}
