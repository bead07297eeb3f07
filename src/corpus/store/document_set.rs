//! A set of documents, with one bit for each document.
//!
//! In: numbers of documents. Out: whether a document is in the set.

/// See the [module](self).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Bytes of memory for this many documents.
    pub(crate) fn bytes(documents: u32) -> u64 {
        u64::from(documents).div_ceil(64) * 8
    }

    /// The empty set, for this many documents.
    pub(crate) fn none(documents: u32) -> Bits {
        Bits { words: vec![0; documents.div_ceil(64) as usize] }
    }

    /// The set of all of this many documents.
    pub(crate) fn all(documents: u32) -> Bits {
        Bits { words: vec![u64::MAX; documents.div_ceil(64) as usize] }
    }

    pub(crate) fn contains(&self, document: u32) -> bool {
        self.words[document as usize / 64] >> (document % 64) & 1 == 1
    }

    pub(crate) fn insert(&mut self, document: u32) {
        self.words[document as usize / 64] |= 1 << (document % 64);
    }
}
