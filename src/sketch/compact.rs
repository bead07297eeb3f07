//! Compact sketches: the low bits of every slot, packed, for verification.
//!
//! In: a [`Sketch`](super::Sketch). Out: 1, 2, 4 or 8 bits a slot, without a header: 128 bytes for 256 slots
//! of 4 bits.
//!
//! Unequal slots of b bits agree by accident with probability 2^-b, which the estimate subtracts:
//! `J = (p - 2^-b) / (1 - 2^-b)` for the share p that agrees. This form gives the most precision for each
//! stored bit.
//!
//! Source: Li & König 2010, *b-Bit Minwise Hashing*, theorem 1 (whose terms for large sets vanish here: the
//! low bits of a minimum are independent of the sizes of the sets).

use super::estimate::Estimate;
use super::kernel;
use super::recipe::Recipe;
use super::slot_bits::SlotBits;
use crate::error::Error;

/// The low bits of every slot of a sketch, packed: enough to verify candidates.
///
/// # Example
/// ```
/// use refrain::{Compact, SlotBits, Sketcher};
/// let sketcher = Sketcher::default();
/// let left = sketcher.sketch_shingles(0..900).compact(SlotBits::Four);
/// let right = sketcher.sketch_shingles(100..1000).compact(SlotBits::Four);
/// assert_eq!(left.as_bytes().len(), 128);
/// assert!((left.jaccard(&right).value - 0.8).abs() < 0.1);
///
/// let again = Compact::from_bytes(left.recipe(), SlotBits::Four, left.as_bytes())?;
/// assert_eq!(again, left);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "CompactRecord", try_from = "CompactRecord")
)]
pub struct Compact {
    recipe: Recipe,
    bits: SlotBits,
    bytes: Box<[u8]>,
}

/// The serde form of [`Compact`], before its bytes are checked.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct CompactRecord {
    recipe: Recipe,
    bits: SlotBits,
    bytes: Vec<u8>,
}

#[cfg(feature = "serde")]
impl From<Compact> for CompactRecord {
    fn from(Compact { recipe, bits, bytes }: Compact) -> CompactRecord {
        CompactRecord { recipe, bits, bytes: bytes.into() }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<CompactRecord> for Compact {
    type Error = Error;

    fn try_from(record: CompactRecord) -> Result<Compact, Error> {
        Compact::from_bytes(&record.recipe, record.bits, &record.bytes)
    }
}

impl Compact {
    pub(super) fn new(recipe: Recipe, bits: SlotBits, slots: &[u64]) -> Compact {
        let mask = (1_u64 << bits.bits()) - 1;
        let pack = |slots: &[u64]| {
            slots.iter().rev().fold(0, |byte: u64, slot| byte << bits.bits() | (slot & mask)) as u8
        };
        Compact { recipe, bits, bytes: slots.chunks(bits.slots_per_byte()).map(pack).collect() }
    }

    /// The packed slots, the lowest bits of a byte first; the unused bits of the last byte are zero.
    /// The recipe is not part of them: store it once for all sketches.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The reverse of [`Compact::as_bytes`].
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the number of bytes does not fit the recipe, or unused bits are set.
    pub fn from_bytes(recipe: &Recipe, bits: SlotBits, bytes: &[u8]) -> Result<Compact, Error> {
        let expected = bits.packed_len(recipe.slots());
        if bytes.len() != expected {
            return Err(Error::corrupt(format!(
                "compact sketch: {} bytes where {} slots of {} bits take {expected}; \
                 the bytes are cut short, or of another recipe",
                bytes.len(),
                recipe.slots(),
                bits.bits()
            )));
        }
        let used = recipe.slots() % bits.slots_per_byte() * bits.bits();
        if used > 0 && bytes[expected - 1] >> used != 0 {
            return Err(Error::corrupt(format!(
                "compact sketch: the last byte is {:#04x}, but only its lower {used} bits hold slots; \
                 the bytes are altered, or of another recipe",
                bytes[expected - 1]
            )));
        }
        Ok(Compact { recipe: *recipe, bits, bytes: bytes.into() })
    }

    /// The recipe of the sketch.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The number of bits of each slot.
    #[must_use]
    pub fn bits(&self) -> SlotBits {
        self.bits
    }

    /// Estimates the Jaccard similarity of the two sets, like [`Sketch::jaccard`](super::Sketch::jaccard).
    ///
    /// Estimator: for the share p of slots that agree, `(p - 2^-b) / (1 - 2^-b)` with b bits a slot. Bias:
    /// none, hence the value is not clipped at zero. Standard error: `√(p (1 - p) / k) / (1 - 2^-b)` or less
    /// for k slots; at J = 0.8 and 128 slots 0.035 for 8 bits, 0.053 for 1 bit. `tests/estimator.rs` shows
    /// both.
    ///
    /// An empty set has similarity 0 to every set, itself included, if the slots take 64 bits or more in all.
    /// With fewer bits an empty set cannot be recognised and is estimated like any other.
    ///
    /// # Panics
    /// If the recipes or the widths differ; [`Compact::try_jaccard`] returns the error instead.
    ///
    /// # Cost
    /// A few nanoseconds for 128 slots of 8 bits.
    #[inline]
    #[must_use]
    pub fn jaccard(&self, other: &Compact) -> Estimate {
        self.check(other).unwrap_or_else(|error| panic!("{error}"));
        packed_jaccard(&self.bytes, &other.bytes, self.recipe.slots(), self.bits)
    }

    /// [`Compact::jaccard`] for sketches that may be of different recipes.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the recipes or the widths differ.
    pub fn try_jaccard(&self, other: &Compact) -> Result<Estimate, Error> {
        self.check(other)?;
        Ok(packed_jaccard(&self.bytes, &other.bytes, self.recipe.slots(), self.bits))
    }

    #[inline]
    fn check(&self, other: &Compact) -> Result<(), Error> {
        self.recipe.must_equal(&other.recipe)?;
        if self.bits != other.bits {
            return Err(Error::incompatible(format!(
                "compact sketches of {} and of {} bits a slot cannot be compared; make both with one width",
                self.bits.bits(),
                other.bits.bits()
            )));
        }
        Ok(())
    }
}

/// [`Compact::jaccard`] on bytes stored elsewhere, as by an index that keeps millions of them in one array.
///
/// # Panics
/// If a side is not `bits.packed_len(slots)` bytes long.
#[inline]
pub(crate) fn packed_jaccard(left: &[u8], right: &[u8], slots: usize, bits: SlotBits) -> Estimate {
    let equal = kernel::count_equal_packed(left, right, slots, bits);
    if equal == slots && packed_is_empty(left, slots, bits) {
        return Estimate::exact(0.0);
    }
    Estimate::of_share(equal, slots).without_accidents(bits)
}

/// The standard error of [`packed_jaccard`] at the true similarity `jaccard`, for independent slots.
pub(crate) fn packed_std_error(jaccard: f64, slots: usize, bits: SlotBits) -> f64 {
    let accident = (-(bits.bits() as f64)).exp2();
    let agree = accident + (1.0 - accident) * jaccard;
    (agree * (1.0 - agree) / slots as f64).sqrt() / (1.0 - accident)
}

/// The least number of bits by which a packed sketch shows that its set is empty. With fewer, other sets look
/// empty by chance (one in two with one slot of one bit), and their equal slots must count.
const TELLS_EMPTY: usize = 64;

/// Whether the packed slots are those of an empty set: all bits set, and [`TELLS_EMPTY`] of them at least.
#[inline]
pub(crate) fn packed_is_empty(bytes: &[u8], slots: usize, bits: SlotBits) -> bool {
    if slots * bits.bits() < TELLS_EMPTY {
        return false;
    }
    let used = slots % bits.slots_per_byte() * bits.bits();
    let last = if used > 0 { (1_u8 << used) - 1 } else { u8::MAX };
    bytes.split_last().is_some_and(|(&end, whole)| end == last && whole.iter().all(|&byte| byte == u8::MAX))
}
