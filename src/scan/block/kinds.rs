//! The kind of a character in a block: its bits, and the tables that hold them.

use crate::scan::class::Class;
use crate::scan::record::{LEAF, LEAVES as RECORD_NUMBERS, RECORDS, Record, leaf_at, record_at};

/// A letter or digit; without this bit the character is a separator.
pub(crate) const KEPT: u8 = 1;
/// A letter in upper case.
pub(crate) const UPPER: u8 = 2;
/// A letter in lower case.
pub(crate) const LOWER: u8 = 4;
/// A character that is a word by itself: an ideograph, or a character of a script without spaces.
pub(crate) const SOLITARY: u8 = 8;
/// A solitary character that is an ideograph.
pub(crate) const IDEOGRAPH: u8 = 16;
/// A character that is no mark. Marks belong to the base before them.
pub(crate) const BASE: u8 = 128;
/// A mark with a combining class: next to another such mark, the order matters.
pub(crate) const ORDERED: u8 = 64;
/// In tables only: the character does not fold to itself, or may join the one before it.
pub(crate) const SPECIAL: u8 = 32;

/// Whether the character is a letter or digit of another kind than `wanted`.
#[inline(always)]
pub(super) fn is_foreign(kind: u8, wanted: u8) -> bool {
    kind & KEPT != 0 && kind & (SOLITARY | IDEOGRAPH) != wanted
}

/// The bits of each class.
const KINDS: [u8; Class::ALL.len()] = {
    let mut kinds = [BASE; Class::ALL.len()];
    kinds[Class::Ignorable as usize] = SPECIAL;
    kinds[Class::Mark as usize] = 0;
    kinds[Class::Upper as usize] |= KEPT | UPPER;
    kinds[Class::Lower as usize] |= KEPT | LOWER;
    kinds[Class::Letter as usize] |= KEPT;
    kinds[Class::Digit as usize] |= KEPT;
    kinds[Class::Ideograph as usize] |= KEPT | SOLITARY | IDEOGRAPH;
    kinds[Class::Unspaced as usize] |= KEPT | SOLITARY;
    kinds
};

/// The bits of the first character, if it has three bytes; else zero.
#[inline(always)]
pub(crate) fn kind_of_three(bytes: &[u8]) -> u8 {
    match bytes.first_chunk() {
        Some(&[first @ 0xe0..0xf0, second, third]) => kind_three([first, second, third, 0]),
        _ => 0,
    }
}

#[inline(always)]
fn kind_three([first, second, third, _]: [u8; 4]) -> u8 {
    kind_at(leaf_of([first, second]), usize::from(third & 0x3f))
}

/// The leaf of three-byte characters that begin with these two bytes.
#[inline(always)]
pub(super) const fn leaf_of([first, second]: [u8; 2]) -> usize {
    ((first & 0x0f) as usize) << 6 | (second & 0x3f) as usize
}

/// The bits of the first character.
#[inline(always)]
pub(crate) fn kind_of(bytes: &[u8]) -> u8 {
    let mut four = [0; 4];
    let there = bytes.len().min(4);
    four[..there].copy_from_slice(&bytes[..there]);
    character(four).1
}

/// The folded bytes of a character and its bits. Characters of three bytes are not folded. For characters of
/// four bytes the bits say only that they are special.
#[inline(always)]
pub(super) fn character(four: [u8; 4]) -> ([u8; 4], u8) {
    match four[0] {
        0xf0.. => (four, SPECIAL),
        0xe0.. => (four, kind_three(four)),
        _ => narrow(four),
    }
}

/// The bits of the code point at place `lowest` of a leaf.
#[inline(always)]
fn kind_at(leaf: usize, lowest: usize) -> u8 {
    LEAVES[leaf_at(leaf) | lowest]
}

/// Where the code points of a first byte begin in [`NARROW`], and which bits of the second byte count.
#[derive(Clone, Copy)]
struct NarrowLead {
    offset: u16,
    second: u8,
}

static NARROW_LEADS: [NarrowLead; 256] = {
    let mut leads = [NarrowLead { offset: 0, second: 0 }; 256];
    let mut first = 0;
    while first < 0xe0 {
        leads[first] = match first < 0x80 {
            true => NarrowLead { offset: first as u16, second: 0 },
            false => NarrowLead { offset: ((first & 0x1f) << 6) as u16, second: 0x3f },
        };
        first += 1;
    }
    leads
};

/// The same for a character of one or two bytes.
#[inline(always)]
fn narrow(four: [u8; 4]) -> ([u8; 4], u8) {
    let lead = NARROW_LEADS[usize::from(four[0])];
    let code = usize::from(lead.offset) + usize::from(four[1] & lead.second);
    let Narrow { folded, kind } = NARROW[code % NARROW.len()];
    ([folded[0], folded[1], 0, 0], kind)
}

/// The bits of a code point, and its folded bytes if folding does not change their number.
#[derive(Clone, Copy)]
pub(super) struct Narrow {
    pub(super) folded: [u8; 2],
    pub(super) kind: u8,
}

pub(super) static NARROW: [Narrow; 0x800] = {
    let mut narrow = [Narrow { folded: [0; 2], kind: SPECIAL }; 0x800];
    let mut code = 0;
    while code < narrow.len() {
        let record = record_at(code);
        let folded = (code as i32 + record.delta) as usize;
        let kind = kind_of_record(Record { delta: 0, ..record });
        if folded < 0x80 && code < 0x80 {
            narrow[code] = Narrow { folded: [folded as u8, 0], kind };
        } else if folded >= 0x80 && folded < 0x800 && code >= 0x80 {
            narrow[code] =
                Narrow { folded: [0xc0 | (folded >> 6) as u8, 0x80 | (folded & 0x3f) as u8], kind };
        }
        code += 1;
    }
    narrow
};

/// The bits of each code point of each leaf of the two-stage table.
pub(super) static LEAVES: [u8; RECORD_NUMBERS.len()] = {
    assert!(LEAF == 64, "a leaf holds the characters that differ in their last byte");
    let mut leaves = [0; RECORD_NUMBERS.len()];
    let mut at = 0;
    while at < leaves.len() {
        leaves[at] = kind_of_record(RECORDS[RECORD_NUMBERS[at] as usize]);
        at += 1;
    }
    leaves
};

pub(super) const fn kind_of_record(record: Record) -> u8 {
    let special = if record.delta != 0 || record.flags != 0 { SPECIAL } else { 0 };
    let ordered = if record.combining != 0 { ORDERED } else { 0 };
    KINDS[record.class as usize] | special | ordered
}
