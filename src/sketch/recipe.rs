//! Recipes: everything that two sketches must share before their slots mean the same.

use super::fast::switch_round;
use crate::error::Error;
use crate::shingle::Shingle;
use crate::support::hash;
use std::fmt;

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

impl Weighting {
    fn code(self) -> u8 {
        match self {
            Weighting::Distinct => 0,
            Weighting::Occurrences => 1,
            Weighting::Weights => 2,
        }
    }

    fn from_code(code: u8) -> Option<Weighting> {
        let all = [Weighting::Distinct, Weighting::Occurrences, Weighting::Weights];
        all.into_iter().find(|weighting| weighting.code() == code)
    }
}

/// Everything that two sketches must share: method, weighting, shingle, slots, seed, and the versions of the cut
/// into words and of Unicode. Equal recipes, comparable sketches.
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
pub struct Recipe {
    /// The encoded form is the recipe: comparing two before every comparison of sketches is then three
    /// words against three. Always one that [`Recipe::decode`] accepts.
    bytes: [u8; Recipe::ENCODED_LEN],
}

/// How slots are filled: Fast Similarity Sketching with one hash for all rounds. 0 meant a hash function for each round, 1 classic MinHash.
const FAST_SIMILARITY: u8 = 2;

/// The version of the cut of texts into words; part of every recipe.
const TOKENS_VERSION: u8 = 1;

impl Recipe {
    /// Bytes of the encoded form.
    pub const ENCODED_LEN: usize = 24;

    /// More slots than this are refused: the bits of a hash that choose the slot are taken from its rank.
    pub const MAX_SLOTS: usize = 1 << 24;

    pub(super) fn new(
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
        let (major, minor, update) = crate::scan::UNICODE;
        let mut bytes = [0; Recipe::ENCODED_LEN];
        bytes[0] = FAST_SIMILARITY;
        bytes[1] = weighting.code();
        bytes[2..4].copy_from_slice(&shingle.code());
        bytes[4] = switch_round(slots);
        bytes[5] = TOKENS_VERSION;
        bytes[6..9].copy_from_slice(&[major, minor, update]);
        bytes[12..16].copy_from_slice(&(slots as u32).to_le_bytes());
        bytes[16..24].copy_from_slice(&seed.to_le_bytes());
        Ok(Recipe { bytes })
    }

    /// Whether shingles count once, by occurrence or by weight.
    pub fn weighting(&self) -> Weighting {
        Weighting::from_code(self.bytes[1]).expect("checked when made")
    }

    /// The unit of which a document is a set.
    pub fn shingle(&self) -> Shingle {
        Shingle::from_code([self.bytes[2], self.bytes[3]]).expect("checked when made")
    }

    /// The number of slots.
    #[inline]
    pub fn slots(&self) -> usize {
        let [.., a, b, c, d, _, _, _, _, _, _, _, _] = self.bytes;
        u32::from_le_bytes([a, b, c, d]) as usize
    }

    /// The seed of all hash functions behind the shingles.
    #[inline]
    pub fn seed(&self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.bytes;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The round of Fast Similarity Sketching in which empty slots are filled directly.
    #[inline]
    pub(super) fn switch_round(&self) -> u8 {
        self.bytes[4]
    }

    /// The version of Unicode by which texts were folded.
    pub fn unicode_version(&self) -> (u8, u8, u8) {
        (self.bytes[6], self.bytes[7], self.bytes[8])
    }

    /// A 64-bit hash of the encoded recipe: equal for equal recipes on every platform.
    pub fn fingerprint(&self) -> u64 {
        hash::checksum(&self.bytes)
    }

    /// The recipe as bytes: method, weighting, shingle kind and size, switch round, version of the words,
    /// version of Unicode (3), 3 zero bytes, slots (4, little-endian), seed (8, little-endian).
    pub fn encode(&self) -> [u8; Recipe::ENCODED_LEN] {
        self.bytes
    }

    /// The reverse of [`Recipe::encode`]. Recipes of other Unicode or word versions decode; their sketches
    /// can be compared with each other, not with new ones.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the bytes are no recipe that this version knows.
    pub fn decode(bytes: &[u8; Recipe::ENCODED_LEN]) -> Result<Recipe, Error> {
        let recipe = Recipe { bytes: *bytes };
        let unknown = if bytes[0] != FAST_SIMILARITY {
            "method (byte 0)"
        } else if Weighting::from_code(bytes[1]).is_none() {
            "weighting (byte 1)"
        } else if Shingle::from_code([bytes[2], bytes[3]]).is_none() {
            "shingle (bytes 2 and 3)"
        } else if bytes[9..12] != [0; 3] {
            "zeros (bytes 9 to 11)"
        } else if !(1..=Recipe::MAX_SLOTS).contains(&recipe.slots()) {
            "number of slots (bytes 12 to 15)"
        } else {
            return Ok(recipe);
        };
        Err(Error::corrupt(format!(
            "recipe {bytes:02x?}: no {unknown} that this version knows; the bytes are altered, or a newer version \
             wrote them"
        )))
    }

    /// An error that names the first difference, if there is one.
    #[inline]
    pub(crate) fn must_equal(&self, other: &Recipe) -> Result<(), Error> {
        if self == other { Ok(()) } else { Err(self.difference(other)) }
    }

    #[cold]
    fn difference(&self, other: &Recipe) -> Error {
        let told = [self, other].map(|recipe| {
            let [switch_round, words] = [recipe.bytes[4], recipe.bytes[5]];
            [
                ("weighting", format!("{:?}", recipe.weighting())),
                ("shingle", format!("{:?}", recipe.shingle())),
                ("slots", recipe.slots().to_string()),
                ("seed", recipe.seed().to_string()),
                ("version of words", words.to_string()),
                ("version of Unicode", format!("{:?}", recipe.unicode_version())),
                ("switch round", switch_round.to_string()),
            ]
        });
        let differing = told[0].iter().zip(&told[1]).find(|(left, right)| left != right);
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
