//! Words of ASCII, sixty-four bytes at a time.
//!
//! In: a run of ASCII that starts between words. Out: the hashes of the words that lie in it whole.
//!
//! Three bit masks a block (kept, upper, lower) give the first byte and the end of every word by shifts. The
//! folded bytes stay in a small room, where a word is one load of sixteen bytes and one multiplication.
//! [`Plain`] is the definition; with AVX2 the masks come from comparisons of 32 bytes.

use super::{BLOCK, absorb};
use crate::hash::SEEDS;
use crate::scan::{ASCII, Class};

/// Bytes taken at once: the room stays in the first cache, and is quickly cleared for short texts.
const ROOM: usize = 512;

/// Bytes, and so bits of a mask, in a block.
const LANES: usize = 64;

/// Most words in a room: `AAa` are two in three bytes. And space for a few that are written ahead of the count.
const MOST: usize = ROOM / 3 * 2 + 2 + AHEAD;

/// Places written at once, whether or not there are so many words in the block: branches on the number of words would be
/// guessed wrong once a block. Most blocks of prose have more than 8 and fewer than 16 words.
const AHEAD: usize = 16;

/// The room for one portion.
pub(super) struct Room {
    folded: [u8; ROOM + BLOCK],
    first: [u16; MOST],
    end: [u16; MOST],
    hashes: [u64; MOST],
}

impl Room {
    pub(super) fn new() -> Room {
        Room { folded: [0; ROOM + BLOCK], first: [0; MOST], end: [0; MOST], hashes: [0; MOST] }
    }

    /// The words up to the last separator within reach, or the end of the text, and how many bytes that takes;
    /// `None` where the text starts with hardly any ASCII, or no separator is within reach.
    #[inline]
    pub(super) fn words(&mut self, text: &[u8]) -> Option<(usize, &[u64])> {
        let reach = &text[..ascii_run(&text[..text.len().min(ROOM)])?];
        if reach.len() == text.len() {
            return Some((reach.len(), self.find(reach)));
        }
        let last = reach.iter().rposition(|&byte| !ASCII[usize::from(byte)].1.is_kept())?;
        Some((last + 1, self.find(&reach[..=last])))
    }

    /// The hashes of the words of `run`, which is taken whole.
    fn find(&mut self, run: &[u8]) -> &[u64] {
        #[cfg(target_arch = "x86_64")]
        if avx2::is_available() {
            // SAFETY: this machine has the features that the function is compiled for.
            let count = unsafe { avx2::find(self, run) };
            return &self.hashes[..count];
        }
        let count = self.find_by::<Plain>(run);
        &self.hashes[..count]
    }

    #[inline(always)]
    fn find_by<M: Masks>(&mut self, run: &[u8]) -> usize {
        let mut edges = Edges::default();
        let (blocks, rest) = run.as_chunks::<LANES>();
        for (number, block) in blocks.iter().enumerate() {
            let next_is_lower = run.get((number + 1) * LANES).is_some_and(u8::is_ascii_lowercase);
            self.block::<M>(number, block, next_is_lower, &mut edges);
        }
        if !rest.is_empty() {
            // Zero bytes are separators.
            let mut block = [0; LANES];
            block[..rest.len()].copy_from_slice(rest);
            self.block::<M>(blocks.len(), &block, false, &mut edges);
        }
        // A word may end with the run.
        self.end[edges.ends] = run.len() as u16;
        edges.ends += usize::from(edges.kept);
        debug_assert_eq!(edges.firsts, edges.ends);
        self.hash(edges.ends)
    }

    #[inline(always)]
    fn block<M: Masks>(
        &mut self,
        number: usize,
        block: &[u8; LANES],
        next_is_lower: bool,
        edges: &mut Edges,
    ) {
        let at = number * LANES;
        let folded = &mut self.folded[at..at + LANES];
        let (firsts, ends) = edges.of(M::masks(block, folded.try_into().expect("a block")), next_is_lower);
        edges.firsts = place(firsts, at, &mut self.first, edges.firsts);
        edges.ends = place(ends, at, &mut self.end, edges.ends);
    }

    #[inline(always)]
    fn hash(&mut self, count: usize) -> usize {
        for ((hash, &first), &end) in self.hashes[..count].iter_mut().zip(&self.first).zip(&self.end) {
            let (first, length) = (usize::from(first), usize::from(end - first));
            *hash = if length <= BLOCK {
                let block: [u8; BLOCK] = self.folded[first..first + BLOCK].try_into().expect("a block");
                absorb(SEEDS[0], u128::from_le_bytes(block) & LOW_BYTES[length])
            } else {
                long(&self.folded[first..first + length])
            };
        }
        count
    }
}

/// How many bytes from the start are ASCII, if they are enough to be worth while.
#[inline]
fn ascii_run(text: &[u8]) -> Option<usize> {
    let (steps, rest) = text.as_chunks::<LEAST>();
    let whole = steps.iter().take_while(|step| step.is_ascii()).count();
    if whole == steps.len() && rest.is_ascii() {
        return Some(text.len());
    }
    (whole > 0).then_some(whole * LEAST)
}

/// Fewer bytes of ASCII than this go by blocks with what surrounds them.
const LEAST: usize = 32;

/// The lowest bytes of a block.
pub(super) static LOW_BYTES: [u128; BLOCK + 1] = {
    let mut masks = [u128::MAX; BLOCK + 1];
    let mut bytes = 0;
    while bytes < BLOCK {
        masks[bytes] = (1 << (8 * bytes)) - 1;
        bytes += 1;
    }
    masks
};

/// The hash of a word longer than a block.
pub(super) fn long(word: &[u8]) -> u64 {
    word.chunks(BLOCK).fold(SEEDS[0], |state, block| {
        let mut padded = [0; BLOCK];
        padded[..block.len()].copy_from_slice(block);
        absorb(state, u128::from_le_bytes(padded))
    })
}

/// Writes the positions of the set bits from place `count` on; returns the new count.
#[inline(always)]
fn place(mut bits: u64, at: usize, places: &mut [u16; MOST], count: usize) -> usize {
    let total = bits.count_ones() as usize;
    let mut from = count;
    loop {
        let ahead: &mut [u16; AHEAD] = (&mut places[from..from + AHEAD]).try_into().expect("AHEAD places");
        for place in ahead {
            *place = (at + bits.trailing_zeros() as usize) as u16;
            bits &= bits.wrapping_sub(1);
        }
        from += AHEAD;
        if bits == 0 {
            return count + total;
        }
    }
}

/// One bit a byte of a block.
struct Block {
    kept: u64,
    upper: u64,
    lower: u64,
}

/// What the edges of words know from one block for the next, and how many were found.
#[derive(Default)]
struct Edges {
    kept: bool,
    upper: bool,
    firsts: usize,
    ends: usize,
}

impl Edges {
    /// The first bytes of words, and the bytes behind their ends.
    #[inline(always)]
    fn of(&mut self, Block { kept, upper, lower }: Block, next_is_lower: bool) -> (u64, u64) {
        let kept_before = kept << 1 | u64::from(self.kept);
        let upper_before = upper << 1 | u64::from(self.upper);
        let lower_behind = lower >> 1 | u64::from(next_is_lower) << 63;
        // After a separator; upper case after anything but upper; the last upper before a lower.
        let firsts =
            kept & !kept_before | upper & kept_before & !upper_before | upper & upper_before & lower_behind;
        let ends = kept_before & (!kept | firsts);
        self.kept = kept >> 63 == 1;
        self.upper = upper >> 63 == 1;
        (firsts, ends)
    }
}

/// A way to classify and fold a block.
trait Masks {
    fn masks(block: &[u8; LANES], folded: &mut [u8; LANES]) -> Block;
}

/// The definition.
struct Plain;

impl Masks for Plain {
    #[inline(always)]
    fn masks(block: &[u8; LANES], folded: &mut [u8; LANES]) -> Block {
        let mut masks = Block { kept: 0, upper: 0, lower: 0 };
        for (at, (&byte, folded)) in block.iter().zip(folded).enumerate() {
            let (fold, class) = ASCII[usize::from(byte)];
            *folded = fold;
            masks.kept |= u64::from(class.is_kept()) << at;
            masks.upper |= u64::from(class == Class::Upper) << at;
            masks.lower |= u64::from(class == Class::Lower) << at;
        }
        masks
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Block, LANES, Masks, Room};
    use std::arch::x86_64::*;

    /// Whether this machine has what [`find`] is compiled for.
    #[inline]
    pub(super) fn is_available() -> bool {
        is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("popcnt")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
    }

    #[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
    pub(super) fn find(room: &mut Room, run: &[u8]) -> usize {
        room.find_by::<Wide>(run)
    }

    struct Wide;

    impl Masks for Wide {
        #[inline(always)]
        fn masks(block: &[u8; LANES], folded: &mut [u8; LANES]) -> Block {
            // SAFETY: only `find` uses `Wide`, and only machines with AVX2 call it; the loads and stores stay in
            // the 64 bytes of either array and need no alignment.
            unsafe {
                let low = half(block.as_ptr(), folded.as_mut_ptr());
                let high = half(block.as_ptr().add(32), folded.as_mut_ptr().add(32));
                let join = |at: usize| u64::from(low[at]) | u64::from(high[at]) << 32;
                Block { kept: join(0), upper: join(1), lower: join(2) }
            }
        }
    }

    /// Folds 32 bytes, and gives their masks: kept, upper, lower.
    ///
    /// # Safety
    /// 32 bytes can be read from `from` and written to `to`, and the machine has AVX2.
    #[target_feature(enable = "avx2")]
    unsafe fn half(from: *const u8, to: *mut u8) -> [u32; 3] {
        // SAFETY: as the caller promises.
        let bytes = unsafe { _mm256_loadu_si256(from.cast()) };
        // Bytes are below 128, so signed comparisons do.
        let between = |first: u8, last: u8| {
            let above = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(first as i8 - 1));
            let below = _mm256_cmpgt_epi8(_mm256_set1_epi8(last as i8 + 1), bytes);
            _mm256_and_si256(above, below)
        };
        let (upper, lower, digit) = (between(b'A', b'Z'), between(b'a', b'z'), between(b'0', b'9'));
        let kept = _mm256_or_si256(_mm256_or_si256(upper, lower), digit);
        let folded = _mm256_or_si256(bytes, _mm256_and_si256(upper, _mm256_set1_epi8(0x20)));
        // SAFETY: as the caller promises.
        unsafe { _mm256_storeu_si256(to.cast(), folded) };
        [kept, upper, lower].map(|mask| _mm256_movemask_epi8(mask) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn wide_masks_equal_the_definition(run in "[ -~\t\n]{0,511}") {
            let run = run + " ";
            let (mut plain, mut wide) = (Room::new(), Room::new());
            let count = plain.find_by::<Plain>(run.as_bytes());
            prop_assert_eq!(wide.find(run.as_bytes()), &plain.hashes[..count]);
        }
    }

    #[test]
    fn every_ascii_byte_is_classified_as_the_scan_does() {
        let bytes: [u8; 128] = std::array::from_fn(|byte| byte as u8);
        for half in bytes.as_chunks::<LANES>().0 {
            let mut folded = [0; LANES];
            let plain = Plain::masks(half, &mut folded);
            assert!(half.iter().zip(folded).all(|(byte, folded)| byte.to_ascii_lowercase() == folded));
            #[cfg(target_arch = "x86_64")]
            if avx2::is_available() {
                let mut room = Room::new();
                let mut other = Room::new();
                let run = [&half[..], b" "].concat();
                assert_eq!(room.find_by::<Plain>(&run), other.find(&run).len());
                assert_eq!(room.folded[..LANES], other.folded[..LANES]);
            }
            assert_eq!(
                plain.upper.count_ones() + plain.lower.count_ones() + 10 * u32::from(half[0] == 0),
                plain.kept.count_ones()
            );
        }
    }

    #[test]
    fn the_most_words_fit() {
        let run = [b"AAa".repeat(170), b"A ".to_vec()].concat();
        assert_eq!(run.len(), ROOM);
        let mut room = Room::new();
        let (taken, hashes) = room.words(&run).unwrap();
        assert_eq!((taken, hashes.len()), (ROOM, 341));
    }
}
