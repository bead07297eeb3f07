//! The numbers of documents: first those of the index, then those that the job reads.
//!
//! In: how many documents the index holds and how many the job read. Out: which numbers are earlier documents and
//! which are new ones.
//!
//! Earlier documents are always kept. New documents follow in the order of their inputs and records.

use crate::error::Error;
use crate::index::DocId;
use std::ops::Range;

/// See the [module](self).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Numbering {
    earlier: u32,
    all: u32,
}

impl Numbering {
    /// Numbers `earlier` documents of an index and `new` documents of the job.
    ///
    /// # Errors
    /// `is_too_large` for more documents than [`DocId`] can number.
    pub(crate) fn new(earlier: u32, new: u32) -> Result<Numbering, Error> {
        let all = DocId::new(earlier as usize + new as usize)?;
        Ok(Numbering { earlier, all: all.into() })
    }

    /// The number of earlier documents, which is also the number of the first new document.
    pub(crate) fn earlier(self) -> u32 {
        self.earlier
    }

    /// The number of all documents.
    pub(crate) fn all(self) -> u32 {
        self.all
    }

    /// The numbers of the new documents.
    pub(crate) fn new_documents(self) -> Range<u32> {
        self.earlier..self.all
    }

    /// Whether a document is in the index.
    pub(crate) fn is_earlier(self, number: u32) -> bool {
        number < self.earlier
    }

    /// The place of a new document among the new ones, from 0.
    pub(crate) fn place_among_new(self, number: u32) -> u32 {
        debug_assert!(!self.is_earlier(number));
        number - self.earlier
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_documents_follow_the_earlier_ones() {
        let numbering = Numbering::new(3, 2).unwrap();
        assert_eq!((numbering.earlier(), numbering.all(), numbering.new_documents()), (3, 5, 3..5));
        assert!(numbering.is_earlier(2) && !numbering.is_earlier(3));
        assert_eq!(numbering.place_among_new(4), 1);
        assert!(Numbering::new(u32::MAX, 1).unwrap_err().is_too_large());
    }
}
