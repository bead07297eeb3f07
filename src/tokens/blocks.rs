//! Words of any script, a block of characters at a time.
//!
//! In: a text and a place in it between words. Out: the hashes of the words that lie in the block whole.
//!
//! As in [`super::ascii`], the first characters and the ends of words come from bit masks by shifts, one bit a base
//! character; only here the characters come decoded and folded from the scan's [`Block`].

use super::ascii::{LOW_BYTES, long};
use super::{BLOCK, Unit, WordSink, absorb};
use crate::hash::SEEDS;
use crate::scan::block::{BASES, Block, IDEOGRAPH, KEPT, LOWER, SOLITARY, UPPER};
use std::hint::select_unpredictable;

/// The block, and the hashes of its words.
pub(super) struct Room {
    block: Block,
    hashes: [u64; BASES],
    units: [Unit; BASES],
}

impl Room {
    pub(super) fn new() -> Room {
        Room { block: Block::new(), hashes: [0; BASES], units: [Unit::Word; BASES] }
    }

    /// Hands over the words from byte `at` on that lie in one block whole; returns how many bytes they and what
    /// stands between them take. Zero if there is none.
    pub(super) fn words<S: WordSink>(&mut self, text: &str, at: usize, sink: &mut S) -> usize {
        let taken = self.block.fill(text, at);
        let kept = mask(&self.block.kind, KEPT);
        let solitary = mask(&self.block.kind, SOLITARY);
        let bases = match at + taken == text.len() {
            true => self.block.count,
            false => whole(self.block.count, kept, solitary),
        };
        if bases == 0 {
            return if at + taken == text.len() { taken } else { 0 };
        }
        let count = self.hash(kept & ((1 << bases) - 1), solitary);
        let mut from = 0;
        while from < count {
            let unit = self.units[from];
            let alike = match solitary {
                0 => count - from,
                _ => self.units[from..count].iter().take_while(|&&other| other == unit).count(),
            };
            sink.words(&self.hashes[from..from + alike], unit);
            from += alike;
        }
        usize::from(self.block.source[bases])
    }

    /// Hashes the words among the bases `kept`; returns their number.
    #[inline(always)]
    fn hash(&mut self, kept: u64, solitary: u64) -> usize {
        let Block { folded, start, kind, .. } = &self.block;
        let (mut firsts, mut ends) = edges(kept, solitary, mask(kind, UPPER), mask(kind, LOWER));
        let count = firsts.count_ones() as usize;
        for (hash, unit) in self.hashes[..count].iter_mut().zip(&mut self.units) {
            let (base, behind) = (firsts.trailing_zeros() as usize, ends.trailing_zeros() as usize);
            (firsts, ends) = (firsts & (firsts - 1), ends & (ends - 1));
            let (first, end) = (usize::from(start[base]), usize::from(start[behind]));
            *hash = hash_of(folded, first, end);
            *unit = unit_of(kind[base]);
        }
        count
    }
}

/// How many bases from the start are sure to be whole words and separators: up to the last separator, or the last
/// solitary character, which is whole if another base stands behind its marks.
#[inline(always)]
fn whole(count: usize, kept: u64, solitary: u64) -> usize {
    let all = (1_u64 << count) - 1;
    let last = (all & (!kept | solitary)).checked_ilog2();
    match last.map(|last| last as usize) {
        Some(last) if last + 1 < count || kept >> last & 1 == 0 => last + 1,
        // The last base is solitary and waits for its marks; what stands before it is whole.
        Some(last) => last,
        None => 0,
    }
}

/// The first bases of words, and the bases behind their ends.
#[inline(always)]
fn edges(kept: u64, solitary: u64, upper: u64, lower: u64) -> (u64, u64) {
    let (kept_before, upper_before) = (kept << 1, upper << 1);
    let parted = solitary | solitary << 1 | upper & (!upper_before | lower >> 1);
    let firsts = kept & (!kept_before | parted);
    (firsts, kept_before & (!kept | firsts))
}

/// One bit a base that has the bit of `kind`.
#[inline(always)]
fn mask(kinds: &[u8; BASES + 1], bit: u8) -> u64 {
    /// Brings the lowest bits of eight bytes together in the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let shift = bit.trailing_zeros();
    let (eights, _) = kinds.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |mask, (number, &eight)| {
        let lowest = u64::from_le_bytes(eight) >> shift & 0x0101_0101_0101_0101;
        mask | (lowest.wrapping_mul(GATHER) >> 56) << (8 * number)
    })
}

#[inline(always)]
fn unit_of(kind: u8) -> Unit {
    if kind & SOLITARY == 0 {
        Unit::Word
    } else if kind & IDEOGRAPH != 0 {
        Unit::Ideograph
    } else {
        Unit::Unspaced
    }
}

/// The hash of the word at `first..end`. One block or two, about evenly mixed in many scripts, without a branch.
#[inline(always)]
fn hash_of(folded: &[u8], first: usize, end: usize) -> u64 {
    let length = end - first;
    if length > 2 * BLOCK {
        return long(&folded[first..end]);
    }
    let (blocks, _) = folded[first..first + 2 * BLOCK].as_chunks::<BLOCK>();
    let low = u128::from_le_bytes(blocks[0]) & LOW_BYTES[length.min(BLOCK)];
    let high = u128::from_le_bytes(blocks[1]) & LOW_BYTES[length.saturating_sub(BLOCK)];
    let one = absorb(SEEDS[0], low);
    select_unpredictable(length > BLOCK, absorb(one, high), one)
}
