//! Classifying all characters of a window: the trait, and the implementation that defines it.

use super::kinds::{ORDERED, SPECIAL, character, is_foreign};

/// Bytes classified together: one bit of a mask each.
pub(crate) const WINDOW: usize = 64;

/// A window, and the bytes after it that its last character may need. Beyond the end of the text they are
/// zero.
pub(crate) type WindowBytes = [u8; WINDOW + 8];

/// What is known about a window, as masks of one bit for each byte. A bit is set at the first byte of a
/// character, unless stated otherwise.
pub(crate) struct Classified {
    /// A character starts here.
    pub(super) starts: u64,
    /// Whether all bytes are ASCII.
    pub(super) is_ascii: bool,
    /// [`SPECIAL`]: the tables do not hold the character.
    pub(super) special: u64,
    /// [`ORDERED`].
    pub(super) ordered: u64,
    /// A letter or digit of another kind than wanted, and not special.
    pub(super) foreign: u64,
}

impl Classified {
    /// Bytes of the window up to the end of its last whole character, where the text has `length` bytes from
    /// its start.
    #[inline(always)]
    pub(super) fn whole(&self, bytes: &WindowBytes, length: usize) -> usize {
        if length < WINDOW {
            return length;
        }
        let last = WINDOW - 1 - self.starts.leading_zeros() as usize;
        if last + length_of(bytes[last]) <= WINDOW { WINDOW } else { last }
    }

    /// Where the character before `offset` starts.
    #[inline(always)]
    pub(super) fn before(&self, offset: usize) -> Option<usize> {
        (self.starts & lowest(offset)).checked_ilog2().map(|at| at as usize)
    }

    /// The mask of the first byte of the next character after `offset`.
    pub(super) fn after(&self, offset: usize) -> u64 {
        let behind = self.starts & !lowest(offset + 1);
        behind & behind.wrapping_neg()
    }

    /// The ordered marks that follow another ordered mark.
    #[inline(always)]
    pub(super) fn clashes(&self, after_ordered: bool) -> u64 {
        let second = self.ordered << 1 & !self.starts;
        let third = second << 1 & !self.starts;
        let fourth = third << 1 & !self.starts;
        let marks = self.ordered | second | third | fourth;
        self.ordered & (marks << 1 | u64::from(after_ordered))
    }
}

/// A mask of the lowest `count` bits; of all 64 if there are more.
#[inline(always)]
pub(crate) fn lowest(count: usize) -> u64 {
    1_u64.checked_shl(count as u32).map_or(u64::MAX, |behind| behind - 1)
}

#[inline(always)]
fn length_of(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Classifies and folds all characters of a window.
pub(crate) trait Classify {
    /// Whether letters and digits of any kind are wanted; then `wanted` has no effect.
    const ANY: bool;

    /// Classifies and folds every character by itself. What is written for a special character, or one that
    /// the end of the window cuts off, has no meaning.
    fn classify(
        bytes: &WindowBytes,
        wanted: u8,
        folded: &mut WindowBytes,
        kind: &mut [u8; WINDOW],
    ) -> Classified;
}

/// The definition: one character at a time.
pub(crate) struct Scalar<const ANY: bool = false>;

impl<const ANY: bool> Classify for Scalar<ANY> {
    const ANY: bool = ANY;

    #[inline(always)]
    fn classify(
        bytes: &WindowBytes,
        wanted: u8,
        folded: &mut WindowBytes,
        kind: &mut [u8; WINDOW],
    ) -> Classified {
        let starts = character_starts(bytes[..WINDOW].first_chunk().expect("a window"));
        let is_ascii = bytes[..WINDOW].is_ascii();
        let mut classified = Classified { starts, is_ascii, special: 0, ordered: 0, foreign: 0 };
        kind.fill(0);
        let mut rest = starts;
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            let bit = rest & rest.wrapping_neg();
            rest ^= bit;
            let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
            // Every character writes four bytes. It may overwrite the characters after it, which are written
            // next.
            let (bytes, found) = character(four);
            folded[at..at + 4].copy_from_slice(&bytes);
            kind[at] = found;
            let has = |holds: bool| if holds { bit } else { 0 };
            classified.special |= has(found & SPECIAL != 0);
            classified.ordered |= has(found & ORDERED != 0);
            classified.foreign |= has(!ANY && found & SPECIAL == 0 && is_foreign(found, wanted));
        }
        classified
    }
}

/// The bytes of UTF-8 that start a character, one bit each.
#[inline(always)]
pub(crate) fn character_starts(window: &[u8; WINDOW]) -> u64 {
    // The other bytes have the highest bit set and the second highest clear.
    bits(window, |eight| !(eight >> 7) | eight >> 6)
}

/// One bit for each of 64 bytes. `gather` gets eight bytes at a time, and the lowest bit of each byte of its
/// result is taken.
#[inline(always)]
pub(crate) fn bits(window: &[u8], gather: impl Fn(u64) -> u64) -> u64 {
    let (eights, _) = window.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |mask, (number, &eight)| {
        let lowest = gather(u64::from_le_bytes(eight)) & 0x0101_0101_0101_0101;
        // Moves the eight bits into the highest byte.
        mask | (lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * number)
    })
}
