//! The hash of a word, computed from its folded UTF-8 bytes with two keys made from the seed of a
//! [`crate::Shingle`].
//!
//! In: the folded bytes of a word, in blocks of 16, the last filled with zeros. Out: 64 bits. No word
//! contains a zero byte, so the filling needs no length. Most words are one block.
//!
//! **Idea.** Each block gets a digest: the [`fold_keeping`] of its two halves, each combined with its key.
//! The digests of a word of several blocks are then folded together in the same way. So the author of a word
//! cannot directly choose what is folded into the state of the hash. To cancel a difference in one block by
//! another block, the author must find one digest among 2^64. (An earlier version folded the blocks
//! themselves into the state. A block could then be chosen that made a factor zero, so that the rest of the
//! word had no effect. Words of 24 letters with equal hashes were found in seconds.)
//!
//! A known seed and some 2^32 steps are enough to find two words of equal 64-bit hashes. Therefore a seed can
//! be set. If a wrong answer would remove a document, words are compared by their characters
//! ([`crate::shingle::exact_overlap`]).
//!
//! **Cost.** One multiplication a block, and one more for each block after the first.
//!
//! **Source.** The folded product is that of wyhash (Wang Yi); one factor is added so that the other cannot
//! hide it.

use crate::support::hash::{self, fold_keeping};

/// Bytes hashed at once.
pub(super) const BLOCK: usize = 16;

/// The keys of the hash: one for each half of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct WordKeys {
    low: u64,
    high: u64,
}

impl WordKeys {
    /// The keys of a seed.
    pub(crate) const fn of(seed: u64) -> WordKeys {
        WordKeys { low: hash::key(seed, 0), high: hash::key(seed, 1) }
    }

    /// The digest of a block, which is the hash of a word of one block.
    #[inline(always)]
    pub(crate) fn digest(self, low: u64, high: u64) -> u64 {
        fold_keeping(low ^ self.low, high ^ self.high)
    }
}

/// The hash of the blocks so far, extended by the digest of one more.
#[inline(always)]
pub(super) fn extended(hash: u64, digest: u64) -> u64 {
    fold_keeping(digest, hash)
}

/// A word whose hash is computed one character at a time.
#[derive(Clone, Copy)]
pub(super) struct GrowingWord {
    /// The hash of the blocks before this one, if there are any.
    before: Option<u64>,
    block: u128,
    /// Bytes in the block; 16 only until the next byte comes.
    filled: u32,
}

impl GrowingWord {
    pub(super) const EMPTY: GrowingWord = GrowingWord { before: None, block: 0, filled: 0 };

    #[inline(always)]
    pub(super) fn push(&mut self, keys: WordKeys, folded: char) {
        let (bytes, length) = utf8(folded);
        self.block |= u128::from(bytes).checked_shl(8 * self.filled).unwrap_or(0);
        self.filled += length;
        if self.filled > BLOCK as u32 {
            self.overflow(keys, bytes, length);
        }
    }

    /// Hashes the full block and begins the next with the bytes that did not fit.
    #[cold]
    fn overflow(&mut self, keys: WordKeys, bytes: u32, length: u32) {
        self.before = Some(self.hash(keys));
        self.filled -= BLOCK as u32;
        self.block = u128::from(bytes).checked_shr(8 * (length - self.filled)).unwrap_or(0);
    }

    #[inline(always)]
    pub(super) fn hash(self, keys: WordKeys) -> u64 {
        let digest = keys.digest(self.block as u64, (self.block >> 64) as u64);
        self.before.map_or(digest, |before| extended(before, digest))
    }
}

/// The UTF-8 bytes of a character, the first lowest, and their number.
#[inline(always)]
fn utf8(ch: char) -> (u32, u32) {
    let code = ch as u32;
    let tail = |shift: u32| 0x80 | (code >> shift) & 0x3f;
    match code {
        0..0x80 => (code, 1),
        0x80..0x800 => (0xc0 | (code >> 6) | tail(0) << 8, 2),
        0x800..0x1_0000 => (0xe0 | (code >> 12) | tail(6) << 8 | tail(0) << 16, 3),
        _ => (0xf0 | (code >> 18) | tail(12) << 8 | tail(6) << 16 | tail(0) << 24, 4),
    }
}

/// The hash of a word in memory. This is the definition.
pub(crate) fn hash_of(keys: WordKeys, folded: &[u8]) -> u64 {
    let digests = folded.chunks(BLOCK).map(|block| {
        let mut padded = [0; BLOCK];
        padded[..block.len()].copy_from_slice(block);
        let (halves, _) = padded.as_chunks::<8>();
        keys.digest(u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1]))
    });
    digests.reduce(extended).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const KEYS: WordKeys = WordKeys::of(0);

    /// Computed once by an independent program with integers of any size. Sketches are stored, so these
    /// hashes never change without a new version in the recipe.
    #[test]
    fn vectors() {
        assert_eq!(hash_of(WordKeys::of(0), "a".as_bytes()), 0x8b70_2390_262d_03f0);
        assert_eq!(hash_of(WordKeys::of(0), "abcdefghijklmnop".as_bytes()), 0xcf0c_63ec_053d_5568);
        assert_eq!(hash_of(WordKeys::of(0), "достопримечательностями".as_bytes()), 0x80f7_f773_576a_3db6);
        assert_eq!(hash_of(WordKeys::of(7), "a".as_bytes()), 0x4efe_dbc4_ec45_c46a);
    }

    /// Words that once had only two hashes among them: their first block made a state of eight letters, the
    /// next eight letters were equal to it and made a factor zero, and the rest had no effect.
    #[test]
    fn words_made_to_have_a_zero_factor_differ() {
        let ends =
            ["xsqdffuh", "vkekatax", "qgldriib", "zxzxilcl", "glpdwris", "wkzqbzdd", "zrhkxdrh", "ikzczvng"];
        let firsts = ["dgbtqtdgspkvxoyhtzmjuidb", "eoouzbkjcymkfettp26c4wva"];
        let words = firsts.iter().flat_map(|first| ends.iter().map(move |end| format!("{first}{end}")));
        let hashes: HashSet<u64> = words.map(|word| hash_of(KEYS, word.as_bytes())).collect();
        assert_eq!(hashes.len(), 16);
    }

    /// The hash of the blocks before a block affects the result, for every digest of that block. (0, 1, all
    /// ones and powers of two would hide a factor of a plain product.)
    #[test]
    fn no_block_hides_those_before_it() {
        let hashes: Vec<u64> = (0..1 << 14).map(|number| hash::key(5, number)).collect();
        for digest in [0, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 32, 1 << 63] {
            let distinct: HashSet<u64> = hashes.iter().map(|&hash| extended(hash, digest)).collect();
            assert_eq!(distinct.len(), hashes.len(), "{digest}");
        }
    }

    /// Products stay equal when factors are exchanged between the halves; digests do not.
    #[test]
    fn exchanged_factors_differ() {
        for number in 0..1000 {
            let [p, q, r, s] = [0, 1, 2, 3].map(|part| hash::key(number, part) >> 32);
            let digest = |low: u64, high: u64| KEYS.digest(low ^ KEYS.low, high ^ KEYS.high);
            assert_ne!(digest(p * q, r * s), digest(p * s, r * q));
            assert_ne!(digest(p * q, r * s), digest(r * s, p * q));
        }
    }

    /// No text makes a factor zero or nearly zero: at least two bytes of each key occur in no word.
    #[test]
    fn the_default_keys_are_far_from_text() {
        let is_of_words = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || *byte == 0;
        assert!(KEYS.low.to_le_bytes().iter().filter(|byte| !is_of_words(byte)).count() >= 2);
        // A leading byte, followed by a byte that continues nothing.
        let high = KEYS.high.to_le_bytes();
        assert!(high[0] >= 0xc0 && high[1] < 0x80);
    }

    /// Each bit of a block changes about half of the bits of the digest on average.
    #[test]
    fn every_bit_of_a_block_changes_half_of_the_digest() {
        const BLOCKS: u64 = 1 << 12;
        let text = |number: u64| number & 0x0f0f_0f0f_0f0f_0f0f | 0x6060_6060_6060_6060;
        let mut flips = vec![[0_u32; 64]; 128];
        for number in 0..BLOCKS {
            let (low, high) = (text(hash::key(1, number)), text(hash::key(2, number)));
            let digest = KEYS.digest(low, high);
            for (bit, flips) in flips.iter_mut().enumerate() {
                let flip = 1_u128 << bit;
                let changed = digest ^ KEYS.digest(low ^ flip as u64, high ^ (flip >> 64) as u64);
                for (place, count) in flips.iter_mut().enumerate() {
                    *count += (changed >> place & 1) as u32;
                }
            }
        }
        for (bit, flips) in flips.iter().enumerate() {
            // The lowest bits of the block change 0.43 of the digest, as they do in the product alone.
            let mean = flips.iter().sum::<u32>() as f64 / 64.0 / BLOCKS as f64;
            assert!((0.4..0.6).contains(&mean), "bit {bit}: {mean}");
        }
    }

    /// Words that differ little have different hashes, and the upper and lower halves of these are equal as
    /// rarely as random numbers are.
    #[test]
    fn words_that_differ_little_have_hashes_like_random_numbers() {
        for prefix in ["", "prefix", "a prefix of sixteen or more"] {
            let letters = |number: u32| [0, 5, 10, 15].map(|shift| b'a' + (number >> shift) as u8 % 32);
            let words = (0..1_u32 << 17).map(|number| [prefix.as_bytes(), &letters(number)[..]].concat());
            let hashes: Vec<u64> = words.map(|word| hash_of(KEYS, &word)).collect();
            let distinct =
                |half: fn(u64) -> u64| hashes.iter().map(|&hash| half(hash)).collect::<HashSet<_>>().len();
            assert_eq!(distinct(|hash| hash), hashes.len());
            // 2^17 random numbers of 32 bits have two equal pairs on average.
            assert!(distinct(|hash| hash >> 32) + 12 > hashes.len(), "upper halves, {prefix:?}");
            assert!(distinct(|hash| hash & 0xffff_ffff) + 12 > hashes.len(), "lower halves, {prefix:?}");
        }
    }

    #[test]
    fn seeds_give_different_hashes() {
        let hashes: HashSet<u64> = (0..1000).map(|seed| hash_of(WordKeys::of(seed), b"word")).collect();
        assert_eq!(hashes.len(), 1000);
    }
}
