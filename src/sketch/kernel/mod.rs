//! The inner loops, each written once in plain Rust ([`scalar`], the definition) and again for processors
//! with wider registers.
//!
//! In: shingles and slots. Out: slots, and counts of equal slots. The version is chosen at run time; all
//! versions give identical bits, which `tests/kernels.rs` and the tests at the end of [`avx2`] and [`avx512`]
//! check. All `unsafe` code of `sketch` is here.

use super::slot_bits::SlotBits;
use super::throw::First;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod scalar;

/// Calls the AVX2 version if this machine has AVX2 (and the bit instructions that came with it).
macro_rules! dispatch {
    ($name:ident($($argument:expr),*)) => {{
        #[cfg(target_arch = "x86_64")]
        if crate::support::cpu::has_avx2_and_bits() {
            // SAFETY: this machine has the features that the function is compiled for.
            return unsafe { avx2::$name($($argument),*) };
        }
        scalar::$name($($argument),*)
    }};
}

/// Applies `loosen` to each of the numbers ([`crate::support::hash::loosen`]).
pub(super) fn loosen(loosened: &mut [u64], numbers: &[u64]) {
    dispatch!(loosen(loosened, numbers))
}

/// Round 0: each shingle lowers the slot that its hash chooses, and is replaced by its hash.
pub(super) fn scatter(slots: &mut [u64], shingles: &mut [u64], throw: First) {
    dispatch!(scatter(slots, shingles, throw))
}

/// All later rounds: fills the slots that round 0 left empty, given its hashes. The order of the hashes is
/// lost.
pub(super) fn refill(slots: &mut [u64], hashes: &mut [u64], switch: u8) {
    #[cfg(target_arch = "x86_64")]
    if crate::support::cpu::has_avx512() {
        // SAFETY: this machine has the features that the function is compiled for.
        return unsafe { avx512::refill(slots, hashes, switch) };
    }
    dispatch!(refill(slots, hashes, switch))
}

/// How many slots agree.
pub(crate) fn count_equal(left: &[u64], right: &[u64]) -> usize {
    assert_eq!(left.len(), right.len(), "sketches of one recipe have equally many slots");
    dispatch!(count_equal(left, right))
}

/// How many of the packed slots agree, padding not counted: `slots` slots of `bits` bits, lowest bits first.
pub(crate) fn count_equal_packed(left: &[u8], right: &[u8], slots: usize, bits: SlotBits) -> usize {
    let bytes = bits.packed_len(slots);
    assert!(left.len() == bytes && right.len() == bytes, "packed sketches of one recipe are equally long");
    // Padding is zero on both sides, so it agrees.
    let padding = bytes * bits.slots_per_byte() - slots;
    let equal = match bits {
        SlotBits::One => equal_1(left, right),
        SlotBits::Two => equal_2(left, right),
        SlotBits::Four => equal_4(left, right),
        SlotBits::Eight => equal_8(left, right),
    };
    equal - padding
}

fn equal_1(left: &[u8], right: &[u8]) -> usize {
    dispatch!(equal_1(left, right))
}

fn equal_2(left: &[u8], right: &[u8]) -> usize {
    dispatch!(equal_2(left, right))
}

fn equal_4(left: &[u8], right: &[u8]) -> usize {
    dispatch!(equal_4(left, right))
}

fn equal_8(left: &[u8], right: &[u8]) -> usize {
    dispatch!(equal_8(left, right))
}
