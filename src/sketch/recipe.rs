//! Recipes: everything that two sketches must share before their slots mean the same.

use super::fast::SWITCH_ROUND;
use crate::hash;
use crate::{Error, Shingle};

/// How the slots of a sketch are filled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Method {
    /// Fast Similarity Sketching: linear time, and on short documents half the variance of classic MinHash.
    ///
    /// # References
    /// Dahlgaard, Knudsen & Thorup 2017, *Fast Similarity Sketching* (arXiv:1704.04370), algorithm 1.
    #[default]
    FastSimilarity,
    /// Classic MinHash: one permutation a slot. Many times slower; here to compare with other tools.
    ///
    /// # References
    /// Broder 1997, *On the resemblance and containment of documents*, section 3.
    Permutations,
}

/// What a set is a set of.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Weighting {
    /// Each shingle counts once, however often it stands in the text.
    #[default]
    Distinct,
    /// The second occurrence of a shingle is another member than the first: Jaccard becomes the sum of the
    /// smaller counts over the sum of the larger.
    Occurrences,
    /// Each shingle has a weight given by the caller ([`crate::Sketcher::sketch_weighted`]).
    Weights,
}

/// Everything that two sketches must share to be comparable: equal recipes, comparable sketches.
///
/// # Example
/// ```
/// use refrain::Sketcher;
/// let (plain, seeded) = (Sketcher::default(), Sketcher::builder().seed(7).build()?);
/// assert_ne!(plain.recipe(), seeded.recipe());
/// assert_ne!(plain.recipe().fingerprint(), seeded.recipe().fingerprint());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Recipe {
    pub(super) method: Method,
    pub(super) weighting: Weighting,
    pub(super) shingle: Shingle,
    pub(super) slots: u32,
    pub(super) seed: u64,
    switch_round: u8,
    tokens_version: u8,
    unicode_version: [u8; 3],
}

/// The version of the cut of texts into words; part of every recipe.
const TOKENS_VERSION: u8 = 1;

impl Recipe {
    /// Bytes of the encoded form.
    pub const ENCODED_LEN: usize = 24;

    /// More slots than this are refused: the bits of a hash that choose the slot are taken from its rank.
    pub const MAX_SLOTS: usize = 1 << 24;

    pub(super) fn new(
        method: Method,
        weighting: Weighting,
        shingle: Shingle,
        slots: usize,
        seed: u64,
    ) -> Result<Recipe, Error> {
        if !(1..=Recipe::MAX_SLOTS).contains(&slots) {
            return Err(Error::setting(format!(
                "{slots} slots: a sketch has 1 to {} slots; 128 is usual",
                Recipe::MAX_SLOTS
            )));
        }
        shingle.check()?;
        let (major, minor, update) = unicode_normalization::UNICODE_VERSION;
        Ok(Recipe {
            method,
            weighting,
            shingle,
            slots: slots as u32,
            seed,
            switch_round: SWITCH_ROUND,
            tokens_version: TOKENS_VERSION,
            unicode_version: [major, minor, update],
        })
    }

    /// How the slots are filled.
    pub fn method(&self) -> Method {
        self.method
    }

    /// Whether shingles count once, by occurrence or by weight.
    pub fn weighting(&self) -> Weighting {
        self.weighting
    }

    /// The unit of which a document is a set.
    pub fn shingle(&self) -> Shingle {
        self.shingle
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.slots as usize
    }

    /// The seed of all hash functions behind the shingles.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The version of Unicode by which texts were folded.
    pub fn unicode_version(&self) -> (u8, u8, u8) {
        let [major, minor, update] = self.unicode_version;
        (major, minor, update)
    }

    /// A 64-bit hash of the encoded recipe: equal for equal recipes on every platform.
    pub fn fingerprint(&self) -> u64 {
        hash::checksum(&self.encode())
    }

    /// The recipe as bytes: method, weighting, shingle kind and size, switch round, version of the words,
    /// version of Unicode (3), 2 zero bytes, slots (4, little-endian), seed (8, little-endian).
    pub fn encode(&self) -> [u8; Recipe::ENCODED_LEN] {
        let mut bytes = [0; Recipe::ENCODED_LEN];
        bytes[0] = match self.method {
            Method::FastSimilarity => 0,
            Method::Permutations => 1,
        };
        bytes[1] = match self.weighting {
            Weighting::Distinct => 0,
            Weighting::Occurrences => 1,
            Weighting::Weights => 2,
        };
        bytes[2..4].copy_from_slice(&self.shingle.code());
        bytes[4] = self.switch_round;
        bytes[5] = self.tokens_version;
        bytes[6..9].copy_from_slice(&self.unicode_version);
        bytes[12..16].copy_from_slice(&self.slots.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.seed.to_le_bytes());
        bytes
    }

    /// The reverse of [`Recipe::encode`]. Recipes of other Unicode or word versions decode; their sketches
    /// can be compared with each other, not with new ones.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the bytes are no recipe that this version knows.
    pub fn decode(bytes: &[u8; Recipe::ENCODED_LEN]) -> Result<Recipe, Error> {
        let unknown = |what: &str, at: usize| {
            Error::corrupt(format!(
                "recipe: byte {at} is {:#04x}, which is no {what} that this version knows; \
                 the bytes are altered, or a newer version wrote them",
                bytes[at]
            ))
        };
        let recipe = Recipe {
            method: match bytes[0] {
                0 => Method::FastSimilarity,
                1 => Method::Permutations,
                _ => return Err(unknown("method", 0)),
            },
            weighting: match bytes[1] {
                0 => Weighting::Distinct,
                1 => Weighting::Occurrences,
                2 => Weighting::Weights,
                _ => return Err(unknown("weighting", 1)),
            },
            shingle: Shingle::from_code([bytes[2], bytes[3]]).ok_or_else(|| unknown("shingle", 2))?,
            switch_round: bytes[4],
            tokens_version: bytes[5],
            unicode_version: [bytes[6], bytes[7], bytes[8]],
            slots: u32::from_le_bytes(bytes[12..16].try_into().expect("four bytes")),
            seed: u64::from_le_bytes(bytes[16..24].try_into().expect("eight bytes")),
        };
        if !(1..=Recipe::MAX_SLOTS).contains(&recipe.slots()) {
            return Err(unknown("number of slots", 12));
        }
        if let Some(at) = (9..12).find(|&at| bytes[at] != 0) {
            return Err(unknown("zero", at));
        }
        Ok(recipe)
    }

    /// An error that names the first difference, if there is one.
    pub(crate) fn must_equal(&self, other: &Recipe) -> Result<(), Error> {
        if self == other {
            return Ok(());
        }
        Err(Error::incompatible(format!(
            "sketches of different recipes cannot be compared: {}; make both with one Sketcher setting",
            self.first_difference(other)
        )))
    }

    fn first_difference(&self, other: &Recipe) -> String {
        let Recipe { method, weighting, shingle, slots, seed, switch_round, tokens_version, unicode_version } =
            self;
        if *method != other.method {
            format!("method {method:?} against {:?}", other.method)
        } else if *weighting != other.weighting {
            format!("weighting {weighting:?} against {:?}", other.weighting)
        } else if *shingle != other.shingle {
            format!("shingle {shingle:?} against {:?}", other.shingle)
        } else if *slots != other.slots {
            format!("{slots} slots against {}", other.slots)
        } else if *seed != other.seed {
            format!("seed {seed} against {}", other.seed)
        } else if *tokens_version != other.tokens_version {
            format!("words of version {tokens_version} against {}", other.tokens_version)
        } else if *unicode_version != other.unicode_version {
            format!("Unicode {unicode_version:?} against {:?}", other.unicode_version)
        } else {
            format!("switch round {switch_round} against {}", other.switch_round)
        }
    }
}
