//! The persisted form of a sketch, version 1; little-endian throughout.
//!
//! In: a [`Sketch`]. Out: bytes, and from them the sketch, or an error if they are altered. The checksum is
//! XXH3, 64 bits.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..4 | `RFSK` |
//! | 4..6 | format version, 1 |
//! | 6..8 | flags: bit 0 = the text was too short for one shingle |
//! | 8..40 | the recipe ([`Recipe::encode`]) |
//! | 40..48 | the fingerprint of the recipe |
//! | 48..56 | shingles read |
//! | 56..56+8k | the slots |
//! | last 8 | checksum of all bytes before |
//!
//! Known answers in `tests/golden_sketch.rs` pin every byte.

use super::recipe::Recipe;
use super::sketch::Sketch;
use super::throw::EMPTY;
use crate::error::Error;
use crate::support::hash;

const MAGIC: &[u8; 4] = b"RFSK";
const VERSION: u16 = 1;
const FLAG_SHORT: u16 = 1;
const HEADER: usize = 56;
const CHECKSUM: usize = 8;

impl Sketch {
    /// The sketch as bytes, little-endian, with version, recipe, fingerprint and checksum:
    /// 64 bytes and 8 a slot.
    ///
    /// # Example
    /// ```
    /// use refrain::{Sketch, Sketcher};
    /// let sketch = Sketcher::default().sketch_shingles([3, 1, 4]);
    /// let bytes = sketch.encode();
    /// assert_eq!(bytes.len(), 64 + 8 * Sketcher::DEFAULT_SLOTS);
    /// assert_eq!(Sketch::decode(&bytes)?, sketch);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 8 * self.slots().len() + CHECKSUM);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&if self.is_short() { FLAG_SHORT } else { 0 }.to_le_bytes());
        bytes.extend_from_slice(&self.recipe().encode());
        bytes.extend_from_slice(&self.recipe().fingerprint().to_le_bytes());
        bytes.extend_from_slice(&self.len().to_le_bytes());
        for slot in self.slots() {
            bytes.extend_from_slice(&slot.to_le_bytes());
        }
        bytes.extend_from_slice(&hash::checksum(&bytes).to_le_bytes());
        bytes
    }

    /// The reverse of [`Sketch::encode`].
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the bytes are no sketch, cut short or altered; [`Error::is_incompatible`] if
    /// another format version wrote them.
    pub fn decode(bytes: &[u8]) -> Result<Sketch, Error> {
        if bytes.len() < HEADER + CHECKSUM || &bytes[..4] != MAGIC {
            return Err(Error::corrupt(format!(
                "sketch: {} bytes that do not start with a header of {HEADER}; these are no encoded sketch",
                bytes.len()
            )));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION {
            return Err(Error::incompatible(format!(
                "sketch: format version {version}, but this crate reads version {VERSION}; \
                 make the sketch again from its text"
            )));
        }
        let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
        if word(checksum) != hash::checksum(content) {
            return Err(Error::corrupt(format!(
                "sketch: the checksum does not fit the {} bytes before it; they are cut short or altered",
                content.len()
            )));
        }
        let (header, slots) = content.split_at(HEADER);
        let recipe = Recipe::decode(header[8..40].try_into().expect("32 bytes"))?;
        if word(&header[40..48]) != recipe.fingerprint() {
            return Err(Error::corrupt("sketch: the fingerprint does not fit the recipe before it"));
        }
        if slots.len() != 8 * recipe.slots() {
            return Err(Error::corrupt(format!(
                "sketch: {} bytes of slots where the recipe says {} slots of 8",
                slots.len(),
                recipe.slots()
            )));
        }
        let flags = u16::from_le_bytes([header[6], header[7]]);
        let slots = slots.chunks_exact(8).map(word).collect();
        let sketch = Sketch::from_parts(recipe, word(&header[48..56]), flags == FLAG_SHORT, slots);
        let empty_slots = sketch.slots().iter().filter(|&&slot| slot == EMPTY).count();
        let expected = if sketch.is_empty() { recipe.slots() } else { 0 };
        if flags > FLAG_SHORT || empty_slots != expected {
            return Err(Error::corrupt(format!(
                "sketch: flags {flags:#06x} and {empty_slots} empty slots with {} shingles; no version of \
                 this crate writes that",
                sketch.len()
            )));
        }
        Ok(sketch)
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}
/// The form of serde: the [encoded](Sketch::encode) bytes.
#[cfg(feature = "serde")]
impl From<Sketch> for Vec<u8> {
    fn from(sketch: Sketch) -> Vec<u8> {
        sketch.encode()
    }
}

#[cfg(feature = "serde")]
impl TryFrom<Vec<u8>> for Sketch {
    type Error = Error;

    fn try_from(bytes: Vec<u8>) -> Result<Sketch, Error> {
        Sketch::decode(&bytes)
    }
}
