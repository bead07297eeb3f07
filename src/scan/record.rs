//! The data of each code point: its class, its combining class and what it folds to.
//!
//! In: a code point. Out: its [`Record`], by two array reads (a two-stage table: equal blocks of 64 code
//! points share a leaf). The tables are packed in [`tables`]; the compiler unpacks them.

use super::class::Class;
use super::tables::{self, SHIFT};

/// The data of a code point.
#[derive(Clone, Copy)]
pub(super) struct Record {
    /// Distance from the code point to the character it folds to.
    pub(super) delta: i32,
    pub(super) class: Class,
    /// Canonical combining class of the folded character.
    pub(super) combining: u8,
    pub(super) flags: u8,
}

/// The code point folds to none or several characters (`tables::EXPANSIONS`).
pub(super) const MULTI: u8 = 1;
/// The folded character may join the one before it (NFC_QC = Maybe).
pub(super) const COMBINER: u8 = 2;

impl Record {
    /// Whether the character can change, or be changed by, the one before it.
    #[inline(always)]
    pub(super) fn joins(self) -> bool {
        (self.combining != 0)
            | (self.flags & COMBINER != 0)
            | (self.flags & MULTI != 0 && self.class == Class::Mark)
    }
}

/// The record of a code point.
#[inline(always)]
pub(super) fn record(ch: char) -> Record {
    record_at(ch as usize)
}

/// The record of a code point given by its number.
#[inline(always)]
pub(super) const fn record_at(code: usize) -> Record {
    RECORDS[LEAVES[leaf_at(code >> SHIFT) | code & (LEAF - 1)] as usize]
}

/// Where in [`LEAVES`] the leaf of a block of code points begins.
#[inline(always)]
pub(super) const fn leaf_at(block: usize) -> usize {
    (INDEX[block] as usize) << SHIFT
}

/// Code points in a leaf.
pub(super) const LEAF: usize = 1 << SHIFT;

/// The leaf of each block of code points.
static INDEX: [u16; INDEX_LENGTH] = unpacked(&tables::INDEX);

/// The record of each code point of each leaf.
pub(super) static LEAVES: [u16; LEAVES_LENGTH] = unpacked(&tables::LEAVES);

const INDEX_LENGTH: usize = length(&tables::INDEX);
const LEAVES_LENGTH: usize = length(&tables::LEAVES);

/// How many numbers the runs expand to.
const fn length(runs: &[(u16, i16)]) -> usize {
    let (mut run, mut length) = (0, 0);
    while run < runs.len() {
        length += runs[run].1.unsigned_abs() as usize;
        run += 1;
    }
    length
}

/// Expands runs: a positive count repeats the first number, a negative one counts up from it.
const fn unpacked<const LENGTH: usize>(runs: &[(u16, i16)]) -> [u16; LENGTH] {
    let mut numbers = [0; LENGTH];
    let (mut run, mut at) = (0, 0);
    while run < runs.len() {
        let (first, count) = runs[run];
        let step = (count < 0) as u16;
        let mut done = 0;
        while done < count.unsigned_abs() {
            numbers[at] = first + step * done;
            at += 1;
            done += 1;
        }
        run += 1;
    }
    numbers
}

/// The distinct records.
pub(super) static RECORDS: [Record; tables::RECORDS.len()] = {
    let mut records =
        [Record { delta: 0, class: Class::Symbol, combining: 0, flags: 0 }; tables::RECORDS.len()];
    let mut at = 0;
    while at < records.len() {
        let (class, combining, flags, delta) = tables::RECORDS[at];
        records[at] = Record { delta, class: Class::ALL[class as usize], combining, flags };
        at += 1;
    }
    records
};

/// The class of a code point, before folding.
#[inline]
pub(crate) fn class(ch: char) -> Class {
    record(ch).class
}

/// The folded form and class of the ASCII bytes; a separator folds to itself.
pub(crate) static ASCII: [(u8, Class); 128] = {
    let mut table = [(0, Class::Symbol); 128];
    let mut byte = 0;
    while byte < 128 {
        let record = record_at(byte);
        table[byte] = ((byte as i32 + record.delta) as u8, record.class);
        byte += 1;
    }
    table
};

/// Whether the character is not dropped and does not join the one before it.
pub(crate) fn starts(ch: char) -> bool {
    let found = record(ch);
    found.class != Class::Ignorable && !(found.class.is_kept() && found.joins())
}

/// The folded character of a record without [`MULTI`].
#[inline(always)]
pub(super) fn fold(ch: char, record: Record) -> char {
    char::from_u32((ch as u32).wrapping_add_signed(record.delta)).unwrap_or(ch)
}

/// What a code point marked [`MULTI`] folds to.
pub(super) fn expansion(ch: char) -> &'static str {
    match tables::EXPANSIONS.binary_search_by_key(&(ch as u32), |entry| entry.0) {
        Ok(index) => tables::EXPANSIONS[index].1,
        Err(_) => "",
    }
}
