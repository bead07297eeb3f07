//! The persisted form of a sketch, version 1; little-endian throughout.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..4 | `RFSK` |
//! | 4..6 | format version, 1 |
//! | 6..8 | flags: bit 0 = the text was too short for one shingle |
//! | 8..32 | the recipe ([`Recipe::encode`]) |
//! | 32..40 | the fingerprint of the recipe |
//! | 40..48 | shingles read |
//! | 48..48+8k | the slots |
//! | last 8 | checksum of all bytes before |
//!
//! Known answers in `tests/golden_sketch.rs` pin every byte.

use super::{EMPTY, Recipe, Sketch};
use crate::error::Error;
use crate::support::hash;

const MAGIC: &[u8; 4] = b"RFSK";
const VERSION: u16 = 1;
const FLAG_SHORT: u16 = 1;
const HEADER: usize = 48;
const CHECKSUM: usize = 8;

impl Sketch {
    /// The sketch as bytes, little-endian, with version, recipe, fingerprint and checksum:
    /// 56 bytes and 8 a slot.
    ///
    /// # Example
    /// ```
    /// use refrain::{Sketch, Sketcher};
    /// let sketch = Sketcher::default().sketch_shingles([3, 1, 4]);
    /// let bytes = sketch.encode();
    /// assert_eq!(bytes.len(), 56 + 8 * Sketcher::DEFAULT_SLOTS);
    /// assert_eq!(Sketch::decode(&bytes)?, sketch);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 8 * self.slots.len() + CHECKSUM);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&if self.short { FLAG_SHORT } else { 0 }.to_le_bytes());
        bytes.extend_from_slice(&self.recipe.encode());
        bytes.extend_from_slice(&self.recipe.fingerprint().to_le_bytes());
        bytes.extend_from_slice(&self.shingles.to_le_bytes());
        for slot in &self.slots {
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
        let recipe = Recipe::decode(header[8..32].try_into().expect("24 bytes"))?;
        if word(&header[32..40]) != recipe.fingerprint() {
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
        let sketch = Sketch {
            recipe,
            shingles: word(&header[40..48]),
            short: flags == FLAG_SHORT,
            slots: slots.chunks_exact(8).map(word).collect(),
        };
        let empty_slots = sketch.slots.iter().filter(|&&slot| slot == EMPTY).count();
        let expected = if sketch.is_empty() { recipe.slots() } else { 0 };
        if flags > FLAG_SHORT || empty_slots != expected {
            return Err(Error::corrupt(format!(
                "sketch: flags {flags:#06x} and {empty_slots} empty slots with {} shingles; no version of \
                 this crate writes that",
                sketch.shingles
            )));
        }
        Ok(sketch)
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}
