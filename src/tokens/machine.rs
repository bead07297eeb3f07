//! The operations of [`super::batch`] for which there is no portable instruction, and the implementation that
//! defines them.

use crate::scan::block::{self, BASE, Classify, KEPT, LOWER, Scalar, UPPER, WINDOW};
use crate::scan::{ASCII, Class};

/// One bit for each base character of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Masks {
    pub(super) kept: u64,
    pub(super) upper: u64,
    pub(super) lower: u64,
}

impl Masks {
    pub(super) const NONE: Masks = Masks { kept: 0, upper: 0, lower: 0 };
}

/// The operations on one window.
pub(super) trait Machine: Classify {
    /// Classifies and folds a window of ASCII.
    fn ascii(bytes: &[u8; WINDOW], folded: &mut [u8; WINDOW]) -> Masks;

    /// The masks of the bases of a window, packed together; and the bytes where the bases start.
    fn kinds(kind: &[u8; WINDOW]) -> (Masks, u64);

    /// Moves the bits of `packed`, in order, to the places of the set bits of `starts`.
    fn spread(packed: u64, starts: u64) -> u64;
}

impl Machine for Scalar {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW], folded: &mut [u8; WINDOW]) -> Masks {
        let mut masks = Masks::NONE;
        for (at, (&byte, folded)) in bytes.iter().zip(folded).enumerate() {
            let (fold, class) = ASCII[usize::from(byte)];
            *folded = fold;
            masks.kept |= u64::from(class.is_kept()) << at;
            masks.upper |= u64::from(class == Class::Upper) << at;
            masks.lower |= u64::from(class == Class::Lower) << at;
        }
        masks
    }

    #[inline(always)]
    fn kinds(kind: &[u8; WINDOW]) -> (Masks, u64) {
        let has = |bit: u8| block::bits(kind, |eight| eight >> bit.trailing_zeros());
        let starts = has(BASE);
        let packed = |bit: u8| pack(has(bit), starts);
        let masks = Masks { kept: packed(KEPT), upper: packed(UPPER), lower: packed(LOWER) };
        (masks, starts)
    }

    #[inline(always)]
    fn spread(packed: u64, mut starts: u64) -> u64 {
        let (mut spread, mut packed) = (0, packed);
        while starts != 0 {
            spread |= (starts & starts.wrapping_neg()) * (packed & 1);
            starts &= starts - 1;
            packed >>= 1;
        }
        spread
    }
}

/// Takes the bits of `mask` at the places of the set bits of `starts`, and packs them together.
#[inline(always)]
pub(super) fn pack(mask: u64, mut starts: u64) -> u64 {
    let (mut packed, mut place) = (0, 0);
    while starts != 0 {
        packed |= (mask >> starts.trailing_zeros() & 1) << place;
        starts &= starts - 1;
        place += 1;
    }
    packed
}
