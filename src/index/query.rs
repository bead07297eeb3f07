//! Queries: the documents similar to a sketch or to another document.
//!
//! In: a sketch, and a threshold or a number of answers. Out: [`Neighbors`]. The idea: every band proposes
//! candidates, and each candidate is estimated over all slots.

use super::buckets::{Candidates, fetched_keys};
use super::doc_id::DocId;
use super::index::Index;
use crate::error::Error;
use crate::sketch::{Estimate, Sketch};

/// A document that is similar to the query.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Neighbor {
    /// Its number.
    pub id: DocId,
    /// The Jaccard similarity: from an [`Index`] estimated over all slots; exact (standard error 0) where the
    /// texts were compared.
    pub jaccard: Estimate,
}

/// The answer of an [`Index`]: a list of [`Neighbor`]s, and how complete it is.
///
/// # Example
/// ```
/// use refrain::{Bands, Index, Sketcher};
/// let sketcher = Sketcher::default();
/// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
/// index.insert(&sketcher.sketch("One text."))?;
/// let ids: Vec<usize> = index.top(&sketcher.sketch("one text"), 3)?.into_iter().map(|found| found.id.into()).collect();
/// assert_eq!(ids, [0]);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Neighbors {
    /// The documents found, most similar first; equally similar ones by number.
    pub items: Vec<Neighbor>,
    /// Entries of overfull buckets that were not checked. A document may be in as many buckets as there are
    /// bands, so this is not a number of documents; 0 means that every candidate was checked.
    pub capped: u64,
}

impl IntoIterator for Neighbors {
    type Item = Neighbor;
    type IntoIter = std::vec::IntoIter<Neighbor>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'n> IntoIterator for &'n Neighbors {
    type Item = &'n Neighbor;
    type IntoIter = std::slice::Iter<'n, Neighbor>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

impl Index {
    /// The documents with an estimated similarity of at least `threshold` to `sketch`, most similar first.
    ///
    /// Estimator: that of [`Compact::jaccard`](crate::Compact::jaccard), with its standard error; so a
    /// document at true similarity J is reported with the probability that its estimate reaches the
    /// threshold, times [`Bands::recall`](crate::Bands::recall) of J. `tests/recall.rs` shows the recall,
    /// `tests/estimator.rs` the error.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe; [`Error::is_setting`] if `threshold` is
    /// not from 0 to 1.
    pub fn neighbors(&self, sketch: &Sketch, threshold: f64) -> Result<Neighbors, Error> {
        self.recipe.must_equal(sketch.recipe())?;
        check_threshold(threshold)?;
        Ok(self.neighbors_of_row(self.rows.row_of(sketch).as_bytes(), threshold))
    }

    /// The documents with an estimated similarity of at least `threshold` to the document `id`, without
    /// itself; as [`Index::neighbors`].
    ///
    /// # Errors
    /// [`Error::is_setting`] if there is no such document, or `threshold` is not from 0 to 1.
    pub fn neighbors_of(&self, id: DocId, threshold: f64) -> Result<Neighbors, Error> {
        check_threshold(threshold)?;
        if !self.contains(id) {
            return Err(Error::setting(format!(
                "document {id} is not in the index: removed, or never inserted"
            )));
        }
        let mut found = self.neighbors_of_row(self.rows.row(id.into()), threshold);
        found.items.retain(|neighbor| neighbor.id != id);
        Ok(found)
    }

    /// The `k` most similar of all candidates, most similar first.
    ///
    /// Candidates share a band, so documents of a similarity that the bands rarely find
    /// ([`Bands::jaccard_at`](crate::Bands::jaccard_at)) are more often missing than found.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// index.insert_all(&[0, 20, 40, 4000].map(|start| sketcher.sketch_shingles(start..start + 1000)))?;
    /// let best = index.top(&sketcher.sketch_shingles(0..1000), 2)?;
    /// assert_eq!(best.items.iter().map(|neighbor| neighbor.id.position()).collect::<Vec<_>>(), [0, 1]);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn top(&self, sketch: &Sketch, k: usize) -> Result<Neighbors, Error> {
        self.recipe.must_equal(sketch.recipe())?;
        let mut found = self.neighbors_of_row(self.rows.row_of(sketch).as_bytes(), f64::NEG_INFINITY);
        found.items.truncate(k);
        Ok(found)
    }

    /// [`Index::neighbors`] for a row of the same recipe, with any threshold.
    pub(crate) fn neighbors_of_row(&self, row: &[u8], threshold: f64) -> Neighbors {
        if self.rows.is_empty_row(row) {
            return Neighbors::default();
        }
        let mut candidates = Candidates::default();
        let keys = fetched_keys(&self.buckets, row, &self.rows);
        for (band, key) in self.buckets.iter().zip(keys) {
            band.find(row, key, &self.rows, &mut candidates);
        }
        let Candidates { mut documents, capped } = candidates;
        documents.sort_unstable();
        documents.dedup();
        let estimated = documents.into_iter().map(|document| Neighbor {
            id: DocId::at(document),
            jaccard: self.rows.jaccard(row, self.rows.row(document)),
        });
        let mut items: Vec<Neighbor> =
            estimated.filter(|neighbor| neighbor.jaccard.value >= threshold).collect();
        items.sort_by(|left, right| {
            right.jaccard.value.total_cmp(&left.jaccard.value).then(left.id.cmp(&right.id))
        });
        Neighbors { items, capped }
    }
}

fn check_threshold(threshold: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&threshold) {
        return Ok(());
    }
    Err(Error::setting(format!("threshold is {threshold}; expected a similarity from 0 to 1, such as 0.8")))
}
