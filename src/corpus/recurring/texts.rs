//! The texts of a corpus, which a search reads again.
//!
//! In: the number of a document. Out: its text.

use crate::error::Error;
use crate::index::DocId;

/// Texts that can be read again by number.
pub trait Texts: Sync {
    /// Appends the text of a document to `text`, which is empty: the same bytes that were
    /// [added](super::Collector::add).
    ///
    /// # Errors
    /// Any error that prevents reading the text. The search stops and returns it.
    fn read(&self, document: DocId, text: &mut Vec<u8>) -> Result<(), Error>;

    /// Length of that text in bytes. It is used to plan reads, so only the use of memory depends on it.
    fn bytes(&self, document: DocId) -> usize;
}

impl<T: AsRef<[u8]> + Sync> Texts for [T] {
    fn read(&self, document: DocId, text: &mut Vec<u8>) -> Result<(), Error> {
        text.extend_from_slice(self[document.position()].as_ref());
        Ok(())
    }

    fn bytes(&self, document: DocId) -> usize {
        self[document.position()].as_ref().len()
    }
}
