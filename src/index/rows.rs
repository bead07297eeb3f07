//! Rows: the sketches of an index, a few bits a slot, and the band keys cut from them.
//!
//! In: compact sketches of one width. Out: their bytes by document number, and keys of bands. Rows are all
//! that an index and its file store of a document; everything else is rebuilt from them.
//!
//! Rows are stored in chunks that are never moved: one growing vector would take half as much memory again
//! while it moves, and copy a gigabyte at a time.
//!
//! Band keys are made of the stored bits of a slot instead of the full slot, so the tables need not store
//! keys. Unequal slots agree in b bits with probability 2^-b, so bands work as if the similarity were J + (1
//! - J) / 2^b instead of J: they propose a few more candidates, never fewer.

use crate::sketch::{Compact, packed_is_empty, packed_jaccard};
use crate::sketch::{Estimate, Sketch, SlotBits};
use crate::support::hash::{SEEDS, fold_multiply, mix};

/// Documents of a chunk: a mebibyte at 256 slots of 4 bits.
pub(super) const CHUNK_DOCUMENTS: usize = 1 << 13;

/// The rows of all documents; see the head of this file.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    slots: usize,
    bits: SlotBits,
    /// Bytes of a row.
    width: usize,
    len: usize,
    chunks: Vec<Vec<u8>>,
}

impl Rows {
    /// No rows yet, of `slots` slots of `bits` bits each.
    pub(crate) fn new(slots: usize, bits: SlotBits) -> Rows {
        Rows { slots, bits, width: bits.packed_len(slots), len: 0, chunks: Vec::new() }
    }

    /// Bits of a slot.
    pub(crate) fn bits(&self) -> SlotBits {
        self.bits
    }

    /// Slots of a row.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// Bytes of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The row that would store the sketch here.
    pub(crate) fn row_of(&self, sketch: &Sketch) -> Compact {
        sketch.compact(self.bits)
    }

    /// The estimated similarity of two rows of this width.
    #[inline]
    pub(crate) fn jaccard(&self, left: &[u8], right: &[u8]) -> Estimate {
        packed_jaccard(left, right, self.slots, self.bits)
    }

    /// Whether a row of this width is that of a set without members, which is similar to nothing, itself
    /// included.
    pub(crate) fn is_empty_row(&self, row: &[u8]) -> bool {
        packed_is_empty(row, self.slots, self.bits)
    }

    /// The key of the `len` slots of a row from slot `start` on. After the last slot the key continues with
    /// the first one.
    #[inline]
    pub(crate) fn key(&self, row: &[u8], start: usize, len: usize) -> u64 {
        let end = start + len;
        let state = match end.checked_sub(self.slots) {
            None | Some(0) => self.absorb(SEEDS[2], row, start, end),
            Some(wrapped) => {
                let state = self.absorb(SEEDS[2], row, start, self.slots);
                self.absorb(state, row, 0, wrapped)
            }
        };
        mix(state)
    }

    /// Folds the slots `start..end` of a row, [`PORTION`] at a time, into a state.
    #[inline]
    fn absorb(&self, mut state: u64, row: &[u8], start: usize, end: usize) -> u64 {
        let bits = self.bits.bits();
        for slot in (start..end).step_by(PORTION) {
            let (first_bit, count) = (slot * bits, PORTION.min(end - slot) * bits);
            let word = word_at(row, first_bit / 8) >> (first_bit % 8);
            state = fold_multiply(state ^ (word & (u64::MAX >> (64 - count))), SEEDS[3]);
        }
        state
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Heap bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum()
    }

    /// # Panics
    /// If `row` has another width.
    pub(crate) fn push(&mut self, row: &[u8]) {
        assert_eq!(row.len(), self.width, "a row of another recipe");
        let full = CHUNK_DOCUMENTS * self.width;
        if self.chunks.last().is_none_or(|chunk| chunk.len() == full) {
            // The first chunk grows with its content; later ones belong to a large index and will be filled.
            self.chunks.push(if self.len == 0 { Vec::new() } else { Vec::with_capacity(full) });
        }
        self.chunks.last_mut().expect("just pushed").extend_from_slice(row);
        self.len += 1;
    }

    /// The row of a document.
    #[inline]
    pub(crate) fn row(&self, document: u32) -> &[u8] {
        let (chunk, at) = self.locate(document);
        &self.chunks[chunk][at..at + self.width]
    }

    /// Whether the document is a set without members.
    pub(crate) fn is_empty_set(&self, document: u32) -> bool {
        self.is_empty_row(self.row(document))
    }

    /// Drops all rows from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.chunks.truncate(self.len.div_ceil(CHUNK_DOCUMENTS));
        if let Some(last) = self.chunks.last_mut() {
            last.truncate((self.len - (self.len - 1) / CHUNK_DOCUMENTS * CHUNK_DOCUMENTS) * self.width);
        }
    }

    /// Overwrites a row with zeros.
    pub(crate) fn clear(&mut self, document: u32) {
        let (chunk, at) = self.locate(document);
        self.chunks[chunk][at..at + self.width].fill(0);
    }

    /// The bytes of all rows in order, in pieces of `CHUNK_DOCUMENTS` rows; the last may be shorter.
    pub(crate) fn pieces(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.chunks.iter().map(Vec::as_slice)
    }

    #[inline]
    fn locate(&self, document: u32) -> (usize, usize) {
        let document = document as usize;
        (document / CHUNK_DOCUMENTS, document % CHUNK_DOCUMENTS * self.width)
    }
}

/// Slots of a key that are folded in one multiplication: as many as fill a word at the largest width.
const PORTION: usize = 8;

/// The eight bytes of a row from `start` on, little-endian; bytes after its end are zero.
#[inline]
fn word_at(row: &[u8], start: usize) -> u64 {
    let rest = &row[start..];
    match rest.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::Sketcher;
    use proptest::prelude::*;

    const WIDTHS: [SlotBits; 4] = [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight];

    /// Slot by slot: the bits of a row, the lowest of a byte first.
    fn slot(row: &[u8], bits: SlotBits, slot: usize) -> u64 {
        let bit = |at: usize| u64::from(row[at / 8] >> (at % 8) & 1);
        (0..bits.bits()).map(|offset| bit(slot * bits.bits() + offset) << offset).sum()
    }

    proptest! {
        #[test]
        fn keys_are_equal_where_all_their_slots_are(
            slots in 8usize..70, start in 0usize..70, len in 1usize..25, members in 1u64..9, other in 1u64..9,
        ) {
            let (start, len) = (start % slots, len.min(slots));
            let sketcher = Sketcher::builder().slots(slots).build().unwrap();
            for bits in WIDTHS {
                let rows = Rows::new(slots, bits);
                let [left, right] = [0..members, 0..other].map(|set| rows.row_of(&sketcher.sketch_shingles(set)));
                let agree = (start..start + len).all(|at| {
                    let [one, two] = [&left, &right].map(|row| slot(row.as_bytes(), bits, at % slots));
                    one == two
                });
                let [one, two] = [&left, &right].map(|row| rows.key(row.as_bytes(), start, len));
                prop_assert_eq!(one == two, agree, "{:?}", bits);
            }
        }

        #[test]
        fn truncated_rows_are_as_if_never_pushed(len in 0usize..20_000, keep in 0usize..20_000) {
            let mut rows = Rows::new(2, SlotBits::Four);
            (0..len).for_each(|number| rows.push(&[number as u8]));
            rows.truncate(keep);
            prop_assert_eq!(rows.len(), len.min(keep));
            rows.push(&[77]);
            let last = rows.len() as u32 - 1;
            prop_assert_eq!(rows.row(last), &[77]);
            prop_assert!((0..last).all(|number| rows.row(number) == [number as u8]));
            prop_assert!(rows.pieces().rev().skip(1).all(|piece| piece.len() == CHUNK_DOCUMENTS));
        }
    }
}
