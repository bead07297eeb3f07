//! The type [`Dedup`]: texts one at a time, or from an iterator on all threads.
//!
//! In: texts. Out: [`Arrival`]s, then [`Clusters`]. The idea: see [`super`]. Cost: see [`Dedup`].

use super::clustering::Clustering;
use super::exact::{ByTexts, Estimated, least_estimate};
use crate::cluster::{Clusters, Documents, Preference, Verify, by_components, by_witness};
use crate::error::Error;
use crate::index::{Bands, DocId, Index, Neighbor, Table, check_duplicates};
use crate::progress::Watch;
use crate::sketch::{Estimate, Sketcher};
use crate::support::{hash, threads};

/// The share of the pairs at the threshold that the bands of a [`Dedup`] find at least, if it chooses them.
const RECALL: f64 = 0.95;
/// Texts that are sketched together on all threads. This is also the most texts in memory at once.
const BATCH: usize = 1024;

/// The answer of a [`Dedup`] when a text arrives.
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Arrival {
    /// The number of the text, counted from 0.
    pub id: DocId,
    /// The most similar of the earlier texts that were new, if its similarity reaches the threshold. The
    /// similarity is estimated, with its standard error, or exactly 1 for a copy.
    pub resembles: Option<Neighbor>,
}

impl Arrival {
    /// Whether the text is similar to none that came before.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.resembles.is_none()
    }
}

/// Finds near-duplicates in a stream of texts.
///
/// Every text gets an [`Arrival`] at once. It is provisional: [`Dedup::finish`] and
/// [`Dedup::finish_with`] decide again over all texts. Similarities are **estimated** from sketches; with
/// [`Clustering::verify_with`] the removals of `finish_with` rest on the texts themselves.
///
/// Texts are numbered in order of arrival. For keys of your own see [`KeyedDedup`](crate::KeyedDedup).
///
/// # Example
/// ```
/// use refrain::{Dedup, Sketcher};
/// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
/// let texts = [
///     "An owl and a cat went to sea in a beautiful boat, and took some honey with them",
///     "The sun was shining on the sea, shining with all his might, and did his best",
///     "an owl and a cat went to sea in a beautiful boat and took some honey with them",
/// ];
/// let arrivals = texts.map(|text| dedup.push(text));
/// assert!(arrivals[0].is_new() && arrivals[1].is_new());
/// assert_eq!(arrivals[2].resembles.unwrap().id, arrivals[0].id);
///
/// let clusters = dedup.finish()?; // keeps the first of several similar texts
/// assert_eq!(clusters.kept().map(|id| id.position()).collect::<Vec<_>>(), [0, 1]);
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// # Cost
/// With the defaults about 160 bytes a text, and 107 more for a new text: its sketch, 128 bits of its content
/// and the tables of the index. `finish` takes some 250 bytes more for each text that is kept.
#[derive(Clone, Debug)]
pub struct Dedup {
    pub(super) sketcher: Sketcher,
    pub(super) threshold: f64,
    /// Rows of all texts; only the new ones can be found.
    pub(super) index: Index,
    pub(super) digests: Vec<u128>,
    /// The first text of each digest.
    pub(super) first_of: Table,
    watch: Watch,
}

impl Dedup {
    /// A `Dedup` in which texts count as duplicates from the similarity `threshold` on. The bands find 0.95
    /// of the pairs at the threshold, and keep the index within 240 bytes a text where the threshold is 0.75
    /// or more and the sketches have the default 256 slots: 17 bands of 8 rows at 0.8. Otherwise they are
    /// those of [`Bands::for_recall`].
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 (excluded) and 1 (included), or the
    /// sketches have too few slots for it.
    pub fn new(sketcher: Sketcher, threshold: f64) -> Result<Dedup, Error> {
        let slots = sketcher.recipe().slots().min(Bands::MAX_SLOTS);
        Dedup::with_bands(sketcher, threshold, Bands::lean(threshold, RECALL, slots)?)
    }

    /// [`Dedup::new`] with given bands.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 (excluded) and 1 (included), or the bands
    /// need more slots than the sketches have.
    pub fn with_bands(sketcher: Sketcher, threshold: f64, bands: Bands) -> Result<Dedup, Error> {
        check_duplicates(threshold)?;
        Ok(Dedup::of_index(sketcher, threshold, Index::new(sketcher.recipe(), bands)?))
    }

    /// A `Dedup` of an index whose texts are not numbered yet.
    pub(super) fn of_index(sketcher: Sketcher, threshold: f64, index: Index) -> Dedup {
        let first_of = Table::staggered(0, 1);
        Dedup { sketcher, threshold, index, digests: Vec::new(), first_of, watch: Watch::SILENT }
    }

    /// The callback to which long calls report: `finish` and `finish_with` with stage `cluster`, in distinct
    /// texts, and [`Dedup::save`] with stage `write`, in texts. [`Watch::SILENT`] by default.
    ///
    /// # Example
    /// ```
    /// use refrain::{Dedup, Sketcher, Watch};
    /// use std::ops::ControlFlow;
    /// let stop = Watch::new(|_| ControlFlow::Break(()));
    /// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?.watch(stop);
    /// dedup.push_all(["one text", "another text"]);
    /// assert!(dedup.finish().unwrap_err().is_cancelled());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Self {
        self.index = self.index.watch(watch.clone());
        self.watch = watch;
        self
    }

    /// The bands into which sketches are cut to find candidates.
    #[must_use]
    pub fn bands(&self) -> Bands {
        self.index.bands()
    }

    /// The least similarity at which texts count as duplicates.
    #[must_use]
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Bytes of heap held.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.index.heap_bytes() + size_of::<u128>() * self.digests.capacity() + self.first_of.heap_bytes()
    }

    /// The number of texts so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.digests.len()
    }

    /// Whether no text was added yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.digests.is_empty()
    }

    /// Adds one text and returns whether it is new.
    ///
    /// A text without letters and digits is always new.
    ///
    /// # Panics
    /// After [`DocId::LIMIT`] texts.
    pub fn push(&mut self, text: &str) -> Arrival {
        let row = self.index.rows().row_of(&self.sketcher.sketch(text));
        self.judge(hash::digest(text.as_bytes()), row.as_bytes())
    }

    /// Adds many texts, from a slice or any other iterator; with feature `rayon` they are sketched on all
    /// threads. The arrivals are the same as if the texts were pushed one by one. At most 1,024 texts are
    /// read ahead, so the iterator may be longer than memory; [`Extend::extend`] does the same without
    /// collecting the arrivals.
    ///
    /// # Panics
    /// After [`DocId::LIMIT`] texts.
    ///
    /// # Example
    /// ```
    /// use refrain::{Dedup, Sketcher};
    /// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
    /// let lines = "one line of text\nanother line\nOne line of text!";
    /// let arrivals = dedup.push_all(lines.lines());
    /// assert_eq!(arrivals.iter().filter(|arrival| arrival.is_new()).count(), 2);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn push_all<T: AsRef<str> + Sync>(&mut self, texts: impl IntoIterator<Item = T>) -> Vec<Arrival> {
        let mut arrivals = Vec::new();
        self.push_each(texts, |arrival| arrivals.push(arrival));
        arrivals
    }

    /// Adds texts in batches and calls `take` with each arrival.
    fn push_each<T: AsRef<str> + Sync>(
        &mut self,
        texts: impl IntoIterator<Item = T>,
        mut take: impl FnMut(Arrival),
    ) {
        let mut texts = texts.into_iter();
        loop {
            let batch: Vec<T> = texts.by_ref().take(BATCH).collect();
            let read = threads::map(&batch, |text| {
                let row = self.index.rows().row_of(&self.sketcher.sketch(text.as_ref()));
                (hash::digest(text.as_ref().as_bytes()), row)
            });
            read.into_iter().for_each(|(digest, row)| take(self.judge(digest, row.as_bytes())));
            if batch.len() < BATCH {
                return;
            }
        }
    }

    /// Adds a text, given its digest and its row.
    fn judge(&mut self, digest: u128, row: &[u8]) -> Arrival {
        let id = DocId::new(self.len()).unwrap_or_else(|error| panic!("{error}"));
        let first = self.first_like(digest, row);
        let resembles = match first {
            Some(first) if self.index.contains(first) => {
                Some(Neighbor { id: first, jaccard: Estimate::exact(1.0) })
            }
            _ => self.index.neighbors_of_row(row, self.threshold).items.first().copied(),
        };
        let added = match resembles {
            Some(_) => self.index.store_row(row).map(|_| ()),
            None => self.index.insert_rows([row].into_iter()),
        };
        added.expect("the number was checked");
        self.note(digest, first.is_none());
        Arrival { id, resembles }
    }

    /// Appends the digest of the next text. `is_first` says whether it is the first text of its content.
    pub(super) fn note(&mut self, digest: u128, is_first: bool) {
        let id = self.digests.len() as u32;
        self.digests.push(digest);
        if is_first {
            let digests = &self.digests;
            self.first_of.insert(key_of(digest), id, usize::MAX, &|text| key_of(digests[text as usize]));
        }
    }

    /// The first text of this content, unless it has no letters and digits. Rows are compared too, so that a
    /// collision of digests cannot remove a text.
    pub(super) fn first_like(&self, digest: u128, row: &[u8]) -> Option<DocId> {
        let rows = self.index.rows();
        let like = self.first_of.find(key_of(digest), &|text| key_of(self.digests[text as usize]));
        let is_first = |&&text: &&u32| self.digests[text as usize] == digest && rows.row(text) == row;
        like.iter().find(is_first).filter(|_| !rows.is_empty_row(row)).map(|&text| DocId::at(text))
    }

    /// The clusters of all texts. Each cluster keeps its first text. Similarities are estimated.
    ///
    /// # Errors
    /// [`Error::is_cancelled`]; clone the `Dedup` before, to continue afterwards.
    pub fn finish(self) -> Result<Clusters, Error> {
        self.finish_with(&Clustering::new())
    }

    /// The clusters of all texts by other settings: the best text is kept, pairs are compared exactly, or
    /// clusters are connected components. See [`Clustering`] for an example.
    ///
    /// # Errors
    /// [`Error::is_cancelled`]; clone the `Dedup` before, to continue afterwards.
    pub fn finish_with(self, clustering: &Clustering<'_>) -> Result<Clusters, Error> {
        self.finish_keyed(clustering, |id| id)
    }

    /// [`Dedup::finish_with`] for texts whose keys `key_of` returns.
    pub(super) fn finish_keyed<K, B: std::borrow::Borrow<K>>(
        self,
        clustering: &Clustering<'_, K>,
        key_of: impl Fn(DocId) -> B + Sync,
    ) -> Result<Clusters, Error> {
        // The tables that served arriving texts are no longer needed.
        let Dedup { sketcher, threshold, index, digests, watch, .. } = self;
        let (recipe, bands, rows) = (sketcher.recipe(), index.bands(), index.into_rows());
        let documents = Documents { recipe, bands, rows: &rows, digests: &digests };
        let score = clustering.score.as_ref().map(|score| |id| score(key_of(id).borrow()));
        let preference = score.as_ref().map_or(Preference::First, |score| Preference::Score(score));
        let components = clustering.components;
        match &clustering.texts {
            None => decided(components, &documents, &Estimated { threshold }, &preference, &watch),
            Some(texts) => {
                let texts = |id, read: &mut dyn FnMut(&str)| texts(key_of(DocId::at(id)).borrow(), read);
                let least_estimate = least_estimate(threshold, &rows);
                let verify = ByTexts { texts: &texts, recipe, threshold, least_estimate };
                decided(components, &documents, &verify, &preference, &watch)
            }
        }
    }
}

fn decided(
    components: bool,
    documents: &Documents<'_>,
    verify: &impl Verify,
    preference: &Preference<'_>,
    watch: &Watch,
) -> Result<Clusters, Error> {
    match components {
        true => by_components(documents, verify, preference, watch),
        false => by_witness(documents, verify, preference, watch),
    }
}

impl<T: AsRef<str> + Sync> Extend<T> for Dedup {
    /// [`Dedup::push_all`] without the arrivals.
    fn extend<I: IntoIterator<Item = T>>(&mut self, texts: I) {
        self.push_each(texts, |_| ());
    }
}

/// The part of a digest that is the key of the table of first texts.
fn key_of(digest: u128) -> u64 {
    digest as u64
}
