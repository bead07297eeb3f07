//! Seeds of a corpus: what equal stretches of different documents have in common.
//!
//! In: the text of a document. Out: its sampled seeds as records `(hash, document, position in the squeezed stream)`. After
//! sorting, equal seeds are next to each other, by document and position. The hash has 64 bits, so different seeds rarely
//! have equal hashes; and the texts are compared later in any case.
//!
//! **Pairs.** A seed is 24 bytes, and in a corpus many common phrases are that long (`thedepartmentofhomelandse`). If every
//! copy of at least `min_length` holds two neighbouring seeds, one hash covers both. The number of records is the same, and
//! far fewer of them recur by chance.

use crate::corpus::spill::{Record, Sorter};
use crate::error::Error;
use crate::passage::seed;
use crate::stream::{Stream, word};
use crate::support::hash::{SEEDS, fold_multiply};

/// A seed. From the highest bit: 64 bits of hash, 32 of document, 32 of position. It is one number, because that sorts fastest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct DocumentSeed(u128);

impl DocumentSeed {
    pub(super) fn new(hash: u64, document: u32, at: u32) -> DocumentSeed {
        DocumentSeed((hash as u128) << 64 | (document as u128) << 32 | at as u128)
    }

    pub(super) fn document(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn at(self) -> u32 {
        self.0 as u32
    }
}

impl Record for DocumentSeed {
    type Key = u64;
    const BYTES: usize = 16;

    #[inline]
    fn key(&self) -> u64 {
        (self.0 >> 64) as u64
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_le_bytes());
    }

    #[inline]
    fn load(bytes: &[u8]) -> DocumentSeed {
        DocumentSeed(u128::from_le_bytes(bytes.try_into().expect("sixteen bytes")))
    }
}

/// The hash of the seed at `at`.
#[inline]
fn hash(folded: &[u8], at: usize) -> u64 {
    let bytes: &[u8; seed::K] = folded[at..at + seed::K].try_into().expect("a seed's bytes");
    let low = fold_multiply(word(bytes, 0) ^ SEEDS[4], word(bytes, 8) ^ SEEDS[5]);
    fold_multiply(low ^ SEEDS[6], word(bytes, 16) ^ SEEDS[7])
}

/// How many neighbouring seeds are hashed together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Depth {
    /// The hash covers one seed.
    One,
    /// The hash covers a seed and the next one.
    Two,
}

impl Depth {
    /// Two if every copy of at least this many letters holds two neighbouring seeds.
    pub(super) fn of(min_length: usize) -> Depth {
        // A seed starts and ends within `UNSEEDED` bytes of the bounds, and the next one is at most `W` bytes away.
        if min_length >= seed::GUARANTEE + seed::W { Depth::Two } else { Depth::One }
    }

    /// The most bytes at either end of a copy that no seed, or pair of seeds, covers.
    pub(super) fn unseeded(self) -> usize {
        match self {
            Depth::One => UNSEEDED,
            Depth::Two => UNSEEDED + seed::W,
        }
    }
}

/// The most bytes at either end of a copy that no seed covers.
pub(super) const UNSEEDED: usize = seed::GUARANTEE - seed::K;

/// Adds the seeds of a text.
pub(super) fn add(
    document: u32,
    text: &[u8],
    depth: Depth,
    sorter: &Sorter<DocumentSeed>,
) -> Result<(), Error> {
    let stream = Stream::of_bytes(text)?;
    let folded = stream.folded();
    let sampled = seed::sample(folded).into_iter();
    let mut seeds: Vec<DocumentSeed> = sampled
        .map(|seed| DocumentSeed::new(hash(folded, seed.at() as usize), document, seed.at()))
        .collect();
    if depth == Depth::Two {
        // The hash of each seed also covers the next one. The last seed has no next one and is left out.
        for place in 1..seeds.len() {
            let joined = fold_multiply(seeds[place - 1].key() ^ SEEDS[2], seeds[place].key() ^ SEEDS[3]);
            seeds[place - 1] = DocumentSeed::new(joined, document, seeds[place - 1].at());
        }
        seeds.pop();
    }
    sorter.extend(&seeds)
}
