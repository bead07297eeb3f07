//! Rows: the sketches of an index, one byte a slot, and the band keys cut from them.
//!
//! In: compact sketches. Out: their bytes by document number, and keys of bands. Rows are all that an index
//! stores about a document and all that its file holds; everything else is rebuilt from them.
//!
//! They lie in chunks that are never moved: one growing vector would take half as much again while it moves,
//! and copy a gigabyte at a time.
//!
//! Band keys come from the stored byte of a slot instead of the full slot, so the tables need not keep them.
//! Unequal slots have equal bytes once in 256 times, which turns similarity J into J + (1 - J) / 256 where
//! bands are concerned: a few more candidates, never fewer.

use crate::SlotBits;
use crate::hash::{SEEDS, fold_multiply, mix};
use crate::sketch::packed_jaccard;

/// Documents of a chunk: a mebibyte at 128 slots.
pub(super) const CHUNK_DOCUMENTS: usize = 1 << 13;

/// The rows of all documents; see the head of this file.
#[derive(Clone, Debug)]
pub(crate) struct Rows {
    width: usize,
    len: usize,
    chunks: Vec<Vec<u8>>,
}

impl Rows {
    /// No rows yet, of `width` slots each.
    pub(crate) fn new(width: usize) -> Rows {
        Rows { width, len: 0, chunks: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Heap bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.chunks.iter().map(Vec::capacity).sum()
    }

    /// # Panics
    /// If `row` has another width.
    pub(crate) fn push(&mut self, row: &[u8]) {
        assert_eq!(row.len(), self.width, "a row of another recipe");
        let full = CHUNK_DOCUMENTS * self.width;
        if self.chunks.last().is_none_or(|chunk| chunk.len() == full) {
            // The first chunk grows with its content; in a large index, later ones are going to be filled.
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

    /// Whether the document is a set without members, which resembles nothing, itself included.
    pub(crate) fn is_empty_set(&self, document: u32) -> bool {
        is_empty_set(self.row(document))
    }

    /// Forgets the content of a row.
    pub(crate) fn clear(&mut self, document: u32) {
        let (chunk, at) = self.locate(document);
        self.chunks[chunk][at..at + self.width].fill(0);
    }

    /// The bytes of all rows in order, in pieces of `CHUNK_DOCUMENTS` rows and a last one of what is left.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(Vec::as_slice)
    }

    #[inline]
    fn locate(&self, document: u32) -> (usize, usize) {
        let document = document as usize;
        (document / CHUNK_DOCUMENTS, document % CHUNK_DOCUMENTS * self.width)
    }
}

/// Whether the row is that of a set without members.
pub(crate) fn is_empty_set(row: &[u8]) -> bool {
    packed_jaccard(row, row, row.len(), SlotBits::Eight).value == 0.0
}

/// The key of the `len` slots from `start` on. Slots behind the last are those at the front again.
#[inline]
pub(crate) fn key(row: &[u8], start: usize, len: usize) -> u64 {
    let end = start + len;
    let state = match end.checked_sub(row.len()) {
        None | Some(0) => absorb(SEEDS[2], &row[start..end]),
        Some(wrapped) => absorb(absorb(SEEDS[2], &row[start..]), &row[..wrapped]),
    };
    mix(state)
}

/// Folds bytes, eight at a time and little-endian, into a state.
#[inline]
fn absorb(mut state: u64, bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    for word in &mut words {
        state = fold_multiply(state ^ u64::from_le_bytes(word.try_into().expect("eight bytes")), SEEDS[3]);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let word = rest.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        state = fold_multiply(state ^ word, SEEDS[3]);
    }
    state
}
