//! How many bits of a slot are stored.
//!
//! In: a width by name or number. Out: sizes of packed slots. Source: see [`super::compact`].

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// How many bits of every slot a [`Compact`](crate::Compact) or an [`Index`](crate::Index) keeps.
///
/// Shown and parsed as the number of bits.
///
/// # Example
/// ```
/// use refrain::SlotBits;
/// assert_eq!("4".parse::<SlotBits>()?, SlotBits::Four);
/// assert_eq!(SlotBits::Eight.to_string(), "8");
/// assert!("3".parse::<SlotBits>().unwrap_err().is_setting());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum SlotBits {
    /// One bit: the least variance for a given number of stored bits, the most for a given number of slots.
    One,
    /// Two bits.
    Two,
    /// Four bits: 256 slots of four bits are more precise than 128 slots of a byte, which take the same
    /// memory. Four bits are still enough for the keys of bands.
    Four,
    /// Eight bits: nearly the precision of whole slots.
    #[default]
    Eight,
}

impl SlotBits {
    /// All widths, narrowest first.
    pub const ALL: [SlotBits; 4] = [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight];

    /// The number of bits.
    #[must_use]
    pub const fn bits(self) -> usize {
        match self {
            SlotBits::One => 1,
            SlotBits::Two => 2,
            SlotBits::Four => 4,
            SlotBits::Eight => 8,
        }
    }

    /// The width of this number of bits, if there is one.
    pub(crate) fn of(bits: usize) -> Option<SlotBits> {
        SlotBits::ALL.into_iter().find(|width| width.bits() == bits)
    }

    /// Bytes that this many packed slots take.
    #[must_use]
    pub const fn packed_len(self, slots: usize) -> usize {
        slots.div_ceil(self.slots_per_byte())
    }

    pub(super) const fn slots_per_byte(self) -> usize {
        8 / self.bits()
    }
}

impl fmt::Display for SlotBits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bits().fmt(f)
    }
}

impl FromStr for SlotBits {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] if the text is not 1, 2, 4 or 8.
    fn from_str(text: &str) -> Result<SlotBits, Error> {
        text.parse()
            .ok()
            .and_then(SlotBits::of)
            .ok_or_else(|| Error::setting(format!("{text:?} bits a slot; expected 1, 2, 4 or 8")))
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(SlotBits);
