//! Recipes: everything that two sketches must share to be comparable.
//!
//! In: the settings of a sketcher. Out: a [`Recipe`] of 32 bytes, which is compared, stored with every sketch
//! and index, and hashed to a fingerprint. The idea: a mismatch is an error, never a comparison without
//! meaning. Cost: four words are compared.

use super::throw;
use crate::error::Error;
use crate::shingle::Shingle;
use crate::support::hash;
use std::fmt;
use std::str::FromStr;

/// What counts as a member of a set.
///
/// Shown and parsed in lower case: `distinct`, `occurrences`, `weights`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Weighting {
    /// Each shingle counts once, however often it occurs in the text.
    #[default]
    Distinct,
    /// Each occurrence of a shingle is a separate member: the Jaccard similarity is the sum of the smaller
    /// counts over the sum of the larger counts.
    Occurrences,
    /// Each shingle has a weight given by the caller ([`crate::Sketcher::sketch_weighted`]).
    Weights,
}

impl Weighting {
    fn code(self) -> u8 {
        match self {
            Weighting::Distinct => 0,
            Weighting::Occurrences => 1,
            Weighting::Weights => 2,
        }
    }

    fn from_code(code: u8) -> Option<Weighting> {
        Weighting::ALL.into_iter().find(|weighting| weighting.code() == code)
    }

    /// All weightings.
    pub const ALL: [Weighting; 3] = [Weighting::Distinct, Weighting::Occurrences, Weighting::Weights];

    const fn name(self) -> &'static str {
        match self {
            Weighting::Distinct => "distinct",
            Weighting::Occurrences => "occurrences",
            Weighting::Weights => "weights",
        }
    }
}

impl fmt::Display for Weighting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Weighting {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] if the text is not the name of a weighting.
    fn from_str(text: &str) -> Result<Weighting, Error> {
        Weighting::ALL.into_iter().find(|weighting| weighting.name() == text).ok_or_else(|| {
            Error::setting(format!("weighting {text:?}; expected distinct, occurrences or weights"))
        })
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(Weighting);

/// Everything that two sketches must share: weighting, shingle with its seed and whether marks count, slots, seed, and the versions
/// of the sketching method, of the cut into words and of Unicode. Sketches are comparable if their recipes
/// are equal.
///
/// # Example
/// ```
/// use refrain::Sketcher;
/// let (plain, seeded) = (Sketcher::default(), Sketcher::builder().seed(7).build()?);
/// assert_ne!(plain.recipe(), seeded.recipe());
/// assert_ne!(plain.recipe().fingerprint(), seeded.recipe().fingerprint());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "[u8; Recipe::ENCODED_LEN]", try_from = "[u8; Recipe::ENCODED_LEN]")
)]
pub struct Recipe {
    /// The encoded form, so that comparing two recipes before every comparison of sketches compares four
    /// words. Always one that [`Recipe::decode`] accepts.
    bytes: [u8; Recipe::ENCODED_LEN],
}

/// The form of serde: the [encoded](Recipe::encode) bytes.
#[cfg(feature = "serde")]
impl From<Recipe> for [u8; Recipe::ENCODED_LEN] {
    fn from(recipe: Recipe) -> [u8; Recipe::ENCODED_LEN] {
        recipe.encode()
    }
}

#[cfg(feature = "serde")]
impl TryFrom<[u8; Recipe::ENCODED_LEN]> for Recipe {
    type Error = Error;

    fn try_from(bytes: [u8; Recipe::ENCODED_LEN]) -> Result<Recipe, Error> {
        Recipe::decode(&bytes)
    }
}

/// How slots are filled: Fast Similarity Sketching with one hash for all rounds. 0 meant a hash function for
/// each round, 1 classic MinHash.
const FAST_SIMILARITY: u8 = 2;

/// The version of the cut of texts into words; part of every recipe.
const TOKENS_VERSION: u8 = 1;

impl Recipe {
    /// Bytes of the encoded form.
    pub const ENCODED_LEN: usize = 32;

    /// The most slots of a sketch.
    pub const MAX_SLOTS: usize = throw::MAX_SLOTS;

    pub(super) fn new(
        weighting: Weighting,
        shingle: Shingle,
        slots: usize,
        seed: u64,
    ) -> Result<Recipe, Error> {
        if !(1..=Recipe::MAX_SLOTS).contains(&slots) {
            return Err(Error::setting(format!(
                "{slots} slots: a sketch has 1 to {} slots; 256 is the default",
                Recipe::MAX_SLOTS
            )));
        }
        shingle.check()?;
        let (major, minor, update) = crate::scan::UNICODE;
        let mut bytes = [0; Recipe::ENCODED_LEN];
        bytes[0] = FAST_SIMILARITY;
        bytes[1] = weighting.code();
        bytes[2..4].copy_from_slice(&shingle.code());
        bytes[4] = throw::switch_round(slots);
        bytes[5] = TOKENS_VERSION;
        bytes[6..9].copy_from_slice(&[major, minor, update]);
        bytes[9] = shingle.folds_marks().into();
        bytes[12..16].copy_from_slice(&(slots as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&seed.to_le_bytes());
        bytes[24..32].copy_from_slice(&shingle.seed().to_le_bytes());
        Ok(Recipe { bytes })
    }

    /// Whether shingles count once, by occurrence or by weight.
    #[must_use]
    pub fn weighting(&self) -> Weighting {
        Weighting::from_code(self.bytes[1]).expect("checked when made")
    }

    /// The unit by which documents are compared, with the seed of its hashes.
    #[must_use]
    pub fn shingle(&self) -> Shingle {
        let unit = Shingle::from_code([self.bytes[2], self.bytes[3]]).expect("checked when made");
        unit.with_seed(u64::from_le_bytes(self.field(24))).fold_marks(self.bytes[9] == 1)
    }

    /// The number of slots.
    #[inline]
    #[must_use]
    pub fn slots(&self) -> usize {
        u32::from_le_bytes(self.field(12)) as usize
    }

    /// The seed of the hash functions that fill the slots.
    #[inline]
    #[must_use]
    pub fn seed(&self) -> u64 {
        u64::from_le_bytes(self.field(16))
    }

    #[inline(always)]
    fn field<const N: usize>(&self, at: usize) -> [u8; N] {
        self.bytes[at..at + N].try_into().expect("a slice of N bytes")
    }

    /// The round of Fast Similarity Sketching in which empty slots are filled directly.
    #[inline]
    pub(super) fn switch_round(&self) -> u8 {
        self.bytes[4]
    }

    /// The version of Unicode by which texts were folded.
    #[must_use]
    pub fn unicode_version(&self) -> (u8, u8, u8) {
        (self.bytes[6], self.bytes[7], self.bytes[8])
    }

    /// A 64-bit hash of the encoded recipe: equal for equal recipes on every platform.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        hash::checksum(&self.bytes)
    }

    /// The recipe as bytes: version of the sketching method, weighting, shingle kind and size, switch round,
    /// version of the words, version of Unicode (3), 1 if marks are left out, 2 zero bytes, slots (4, little-endian), seed of the
    /// slots (8, little-endian), seed of the shingles (8, little-endian).
    #[must_use]
    pub fn encode(&self) -> [u8; Recipe::ENCODED_LEN] {
        self.bytes
    }

    /// The reverse of [`Recipe::encode`]. Recipes of other versions of Unicode or of the cut into words can
    /// be decoded; their sketches can be compared with each other, not with new ones.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the bytes are not a recipe, or one of a method or setting that this version
    /// does not know.
    pub fn decode(bytes: &[u8; Recipe::ENCODED_LEN]) -> Result<Recipe, Error> {
        let recipe = Recipe { bytes: *bytes };
        let unknown = if bytes[0] != FAST_SIMILARITY {
            "sketching method (byte 0)"
        } else if Weighting::from_code(bytes[1]).is_none() {
            "weighting (byte 1)"
        } else if Shingle::from_code([bytes[2], bytes[3]]).is_none() {
            "shingle (bytes 2 and 3)"
        } else if bytes[9] > 1 {
            "folding of marks (byte 9)"
        } else if bytes[10..12] != [0; 2] {
            "zeros (bytes 10 and 11)"
        } else if !(1..=Recipe::MAX_SLOTS).contains(&recipe.slots()) {
            "number of slots (bytes 12 to 15)"
        } else {
            return Ok(recipe);
        };
        Err(Error::corrupt(format!(
            "recipe {bytes:02x?}: unknown {unknown}; the bytes are altered, or written by another version of this crate"
        )))
    }

    /// # Errors
    /// `is_incompatible`, naming the first difference, if the recipes differ.
    #[inline]
    pub(crate) fn must_equal(&self, other: &Recipe) -> Result<(), Error> {
        if self == other { Ok(()) } else { Err(self.difference(other)) }
    }

    #[cold]
    fn difference(&self, other: &Recipe) -> Error {
        let parts = [self, other].map(|recipe| {
            let [switch_round, words] = [recipe.bytes[4], recipe.bytes[5]];
            [
                ("weighting", recipe.weighting().to_string()),
                ("shingle", recipe.shingle().to_string()),
                ("slots", recipe.slots().to_string()),
                ("seed", recipe.seed().to_string()),
                ("seed of the shingles", recipe.shingle().seed().to_string()),
                ("leaving out marks", recipe.shingle().folds_marks().to_string()),
                ("version of words", words.to_string()),
                ("version of Unicode", format!("{:?}", recipe.unicode_version())),
                ("switch round", switch_round.to_string()),
            ]
        });
        let differing = parts[0].iter().zip(&parts[1]).find(|(left, right)| left != right);
        let ((what, left), (_, right)) = differing.expect("unequal recipes differ in some part");
        Error::incompatible(format!(
            "sketches of different recipes cannot be compared: {what} {left} against {right}; \
             make both with one Sketcher setting"
        ))
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipe")
            .field("weighting", &self.weighting())
            .field("shingle", &self.shingle())
            .field("slots", &self.slots())
            .field("seed", &self.seed())
            .field("unicode_version", &self.unicode_version())
            .finish_non_exhaustive()
    }
}
