//! The hash of a word: of its folded UTF-8 bytes, under two keys made from the seed of a [`crate::Shingle`].
//!
//! In: the folded bytes of a word, in blocks of 16, the last filled with zeros. Out: 64 bits. No word holds a zero byte, so
//! the filling needs no length; most words are one block.
//!
//! **Idea.** Each block gets a digest: its halves, each under its key, by one [`fold_keeping`]. The digests of a word of several
//! blocks are folded together, the same way. So a block never meets the state of the hash in the form its writer chose:
//! to cancel a difference in one block by another, the writer has to find a digest among 2^64. (The block itself, folded into
//! the state, let anyone choose bytes that make a factor zero, and with it all that follows: words of 24 letters with
//! equal hashes took seconds to find.)
//!
//! A hash of 64 bits under a known seed can still be attacked with some 2^32 steps. So a seed of one's own can be set, and where
//! a wrong answer would lose a document, words are compared by their characters ([`crate::shingle::exact_overlap`]).
//!
//! **Cost.** Two multiplications a block, and two more where a block follows another.
//!
//! **Source.** The folded product is that of wyhash (Wang Yi), with its factors added so that neither can hide the other.

use crate::support::hash::{self, fold_keeping};

/// Bytes that the hash of a word takes at once.
pub(super) const BLOCK: usize = 16;

/// The keys of the hash: one a half of a block.
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

    /// The digest of a block in two halves: the hash of a word that is no longer.
    #[inline(always)]
    pub(crate) fn digest(self, low: u64, high: u64) -> u64 {
        fold_keeping(low ^ self.low, high ^ self.high)
    }
}

/// The hash of blocks with another block, of this digest, behind them.
#[inline(always)]
pub(super) fn extended(hash: u64, digest: u64) -> u64 {
    fold_keeping(hash, digest)
}

/// The hash of a word that is made one character at a time.
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

    /// Takes in the full block and begins the next with the bytes that did not fit.
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

/// The hash of a word that lies in memory: the definition.
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

    /// Computed once with an independent program (arbitrary-precision integers). Sketches are stored, so they never change
    /// without a new version in the recipe.
    #[test]
    fn vectors() {
        assert_eq!(hash_of(WordKeys::of(0), "a".as_bytes()), 0xd842_8143_a06f_101e);
        assert_eq!(hash_of(WordKeys::of(0), "abcdefghijklmnop".as_bytes()), 0x0aff_db5a_097c_93ce);
        assert_eq!(hash_of(WordKeys::of(0), "достопримечательностями".as_bytes()), 0xa7fc_c30b_08d0_1209);
        assert_eq!(hash_of(WordKeys::of(7), "a".as_bytes()), 0x07f4_2f69_e0b9_4b40);
    }

    /// Words that had two hashes among them when a block was folded into the state as it is: the first block of each makes
    /// a state of eight letters, the next eight letters equal it and make a factor zero, and the rest was swallowed.
    #[test]
    fn words_made_to_have_a_zero_factor_differ() {
        let ends =
            ["xsqdffuh", "vkekatax", "qgldriib", "zxzxilcl", "glpdwris", "wkzqbzdd", "zrhkxdrh", "ikzczvng"];
        let firsts = ["dgbtqtdgspkvxoyhtzmjuidb", "eoouzbkjcymkfettp26c4wva"];
        let words = firsts.iter().flat_map(|first| ends.iter().map(move |end| format!("{first}{end}")));
        let hashes: HashSet<u64> = words.map(|word| hash_of(KEYS, word.as_bytes())).collect();
        assert_eq!(hashes.len(), 16);
    }

    /// With one factor at a value where a product hides the other (0, 1, all ones, a power of two), the other still shows.
    #[test]
    fn no_factor_hides_the_other() {
        let special = [0, 1, 2, 3, u64::MAX, u64::MAX - 1, 1 << 32, 1 << 63];
        let others: Vec<u64> = (0..1 << 14).map(|number| hash::key(5, number)).chain(special).collect();
        let lost = |hashes: HashSet<u64>| others.len() - hashes.len();
        for fixed in special {
            // Some of the special values themselves meet.
            assert!(lost(others.iter().map(|&other| extended(fixed, other)).collect()) <= 4, "{fixed} first");
            assert!(
                lost(others.iter().map(|&other| extended(other, fixed)).collect()) <= 4,
                "{fixed} second"
            );
        }
    }

    /// Products are equal where factors of both halves are exchanged; digests are not.
    #[test]
    fn exchanged_factors_differ() {
        for number in 0..1000 {
            let [p, q, r, s] = [0, 1, 2, 3].map(|part| hash::key(number, part) >> 32);
            let digest = |low: u64, high: u64| KEYS.digest(low ^ KEYS.low, high ^ KEYS.high);
            assert_ne!(digest(p * q, r * s), digest(p * s, r * q));
            assert_ne!(digest(p * q, r * s), digest(r * s, p * q));
        }
    }

    /// No text is where a factor is zero or has few bits: two bytes at least are unlike any byte of a word.
    #[test]
    fn the_default_keys_are_far_from_text() {
        let is_of_words = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80 || *byte == 0;
        assert!(KEYS.low.to_le_bytes().iter().filter(|byte| !is_of_words(byte)).count() >= 2);
        // A leading byte before one that continues nothing.
        let high = KEYS.high.to_le_bytes();
        assert!(high[0] >= 0xc0 && high[1] < 0x80);
    }

    /// Each bit of a block changes each bit of the digest in about half of all blocks.
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
            // Of the topmost and lowest bits of a factor, some flip fewer bits: half of all on average, and no bit never.
            let mean = flips.iter().sum::<u32>() as f64 / 64.0 / BLOCKS as f64;
            assert!((0.45..0.55).contains(&mean), "bit {bit}: {mean}");
        }
    }

    /// Half a million words that differ little have different hashes, and the upper and lower halves of these meet as rarely
    /// as random numbers.
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
