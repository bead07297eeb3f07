//! Numbers of documents.

use std::fmt;

use crate::error::Error;

/// The number of a document in an [`Index`](crate::Index), a [`Dedup`](crate::Dedup) or
/// [`Clusters`](crate::Clusters): 0, 1, 2, … in order of insertion, never used twice. Shown as the number.
/// Callers that have other keys store them by number, or use [`KeyedDedup`](crate::KeyedDedup).
///
/// # Example
/// ```
/// use refrain::DocId;
/// let id = DocId::new(7)?;
/// let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
/// assert_eq!(keys[id.position()], "h");
/// assert_eq!(id.to_string(), "7");
/// assert_eq!(u32::from(id), 7);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "u32", try_from = "u32")
)]
pub struct DocId(u32);

impl DocId {
    /// The most documents that one index can number.
    pub const LIMIT: usize = 1 << 31;

    /// The document with this number.
    ///
    /// # Errors
    /// [`Error::is_too_large`] from [`DocId::LIMIT`] on.
    pub fn new(position: usize) -> Result<DocId, Error> {
        if position >= DocId::LIMIT {
            return Err(Error::too_large(format!(
                "document number {position}: an index numbers {} documents; split the collection and query \
                 the parts",
                DocId::LIMIT
            )));
        }
        Ok(DocId(position as u32))
    }

    /// A number that is known to be in range.
    pub(crate) fn at(number: u32) -> DocId {
        DocId(number)
    }

    /// The number, to index a slice.
    #[inline]
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

impl From<DocId> for u32 {
    fn from(id: DocId) -> u32 {
        id.0
    }
}

impl From<DocId> for usize {
    fn from(id: DocId) -> usize {
        id.position()
    }
}

#[cfg(feature = "serde")]
impl TryFrom<u32> for DocId {
    type Error = Error;

    fn try_from(number: u32) -> Result<DocId, Error> {
        DocId::new(number as usize)
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocId({})", self.0)
    }
}
