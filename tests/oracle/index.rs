//! The naive definition of the index: compares every document with the query, band by band, byte by byte.

use refrain::{Bands, Compact, Sketch, SlotBits};

pub(crate) struct NaiveIndex {
    bands: Bands,
    bits: SlotBits,
    /// The documents by number; `None` if removed.
    documents: Vec<Option<Compact>>,
}

impl NaiveIndex {
    pub(crate) fn new(bands: Bands, bits: SlotBits) -> NaiveIndex {
        NaiveIndex { bands, bits, documents: Vec::new() }
    }

    pub(crate) fn insert(&mut self, sketch: &Sketch) {
        self.documents.push(Some(sketch.compact(self.bits)));
    }

    pub(crate) fn remove(&mut self, position: usize) -> bool {
        self.documents.get_mut(position).is_some_and(|document| document.take().is_some())
    }

    pub(crate) fn merge(&mut self, other: &NaiveIndex) {
        self.documents.extend(other.documents.iter().cloned());
    }

    pub(crate) fn len(&self) -> usize {
        self.documents.iter().flatten().count()
    }

    /// Numbers and similarities, most similar first.
    pub(crate) fn neighbors(&self, sketch: &Sketch, threshold: f64) -> Vec<(usize, f64)> {
        let query = sketch.compact(self.bits);
        let mut found = Vec::new();
        for (position, document) in self.documents.iter().enumerate() {
            let Some(document) = document else { continue };
            let value = query.jaccard(document).value;
            if self.share_a_band(&query, document) && !sketch.is_empty() && value >= threshold {
                found.push((position, value));
            }
        }
        // A stable sort: equally similar ones stay in order of their numbers.
        found.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap());
        found
    }

    fn share_a_band(&self, left: &Compact, right: &Compact) -> bool {
        (0..self.bands.bands()).any(|band| {
            (0..self.bands.rows()).all(|row| {
                let slot = band * self.bands.rows() + row;
                self.slot(left, slot) == self.slot(right, slot)
            })
        })
    }

    fn slot(&self, compact: &Compact, slot: usize) -> u8 {
        let bits = self.bits.bits();
        let byte = u16::from(compact.as_bytes()[slot * bits / 8]);
        (byte >> (slot * bits % 8) & ((1 << bits) - 1)) as u8
    }
}
