//! Deduplication: texts in, a verdict each, clusters at the end.
//!
//! In: texts. Out: for each at once a provisional [`Arrival`], and at the end [`Clusters`] by the keep policy
//! of the caller. The idea: [`Dedup`] keeps a sketch of every text in an index in which only those are entered
//! that resembled none before them; `finish` decides again, from the best score down ([`crate::cluster`]),
//! because which of two alike is the better one is not known when the first arrives. [`clusters`] does the same
//! for texts that lie in memory, and verifies with the texts themselves.

use crate::cluster::{Clusters, Documents, Verify, by_components, by_witness};
use crate::error::Error;
use crate::index::{Bands, DocId, Index, Neighbor, Rows, Table};
use crate::progress::Watch;
use crate::shingle::Shingles;
use crate::sketch::packed_std_error;
use crate::sketch::{Estimate, Sketcher, SlotBits};
use crate::support::hash;
use crate::support::threads;

/// The share of the pairs at the threshold that the bands of a [`Dedup`] find at least, if it chooses them.
const DEDUP_RECALL: f64 = 0.95;
/// The threshold of [`clusters`]: about one edit in 45 words.
const CLUSTERS_THRESHOLD: f64 = 0.8;
/// The bands of [`clusters`], for 256 slots: 36 of 6 rows find 0.99998 of the pairs at the threshold. That
/// many more candidates are no matter among few texts.
const CLUSTERS_BANDS: (usize, usize) = (36, 6);
/// Pairs whose estimate lies this many standard errors below the threshold are not compared exactly.
const DOUBT: f64 = 5.0;
/// Texts read between two calls of a [`Watch`], on all threads.
const BATCH: usize = 1024;

/// The near-duplicates among a few texts, verified exactly: Jaccard similarity of at least 0.8 over the
/// default shingles.
///
/// Of texts that are alike, the one kept depends on their contents only, not on their order. Documents are
/// numbered as the texts are. For another threshold, scores, or more texts than fit in memory, use [`Dedup`].
///
/// # Panics
/// If there are more than [`DocId::LIMIT`] texts.
///
/// # Cost
/// A sort of the shingles of each text and one query of an index for it, and 8 bytes of memory a word; with
/// feature `rayon` on all threads.
///
/// # Example
/// ```
/// let first = "The council met on Tuesday evening to discuss the new bridge over the river, and heard \
///              from a dozen residents who live close to it. It will decide next month, said the mayor \
///              on Wednesday morning.";
/// let second = first.replace("Tuesday", "tuesday").replace("morning", "");
/// let third = "Something else happened in another town, and nobody there wrote more than a line about it.";
/// let clusters = refrain::clusters(&[first, third, &second]);
/// assert_eq!(clusters.len(), 2);
/// let (_, witness) = clusters.removed().next().unwrap();
/// assert!(witness.jaccard.value >= 0.8 && witness.jaccard.std_error == 0.0);
/// ```
pub fn clusters<T: AsRef<str> + Sync>(texts: &[T]) -> Clusters {
    if let Some(last) = texts.len().checked_sub(1) {
        DocId::new(last).unwrap_or_else(|error| panic!("{error}"));
    }
    let sketcher = Sketcher::default();
    let slots = sketcher.recipe().slots();
    let bands = Bands::new(CLUSTERS_BANDS.0, CLUSTERS_BANDS.1).expect("a useful setting");
    let mut rows = Rows::new(slots, bands.slot_bits());
    let (mut sets, mut contents) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
    for batch in texts.chunks(BATCH) {
        let read = threads::map(batch, |text| {
            let set = Shingles::of(text.as_ref());
            let row = rows.row_of(&sketcher.sketch_slice(set.as_slice()));
            (set, row, hash::digest(text.as_ref().as_bytes()))
        });
        for (set, row, content) in read {
            sets.push(set);
            rows.push(row.as_bytes());
            contents.push(content);
        }
    }
    let documents = Documents { recipe: sketcher.recipe(), bands, rows: &rows, contents: &contents };
    let verify = Exactly { sets: &sets, threshold: CLUSTERS_THRESHOLD, slots, bits: rows.bits() };
    by_witness(&documents, &verify, |_| 0.0, &Watch::SILENT).expect("the setting is good, and nobody cancels")
}

/// What a [`Dedup`] says of a text when it arrives.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Arrival {
    /// The number of the text, counted from 0.
    pub id: DocId,
    /// The most similar of the earlier texts that resembled none before them, if it reaches the threshold;
    /// with the estimated similarity and its standard error, or exactly 1 for a copy.
    pub resembles: Option<Neighbor>,
}

impl Arrival {
    /// Whether the text resembles none that came before.
    pub fn is_new(&self) -> bool {
        self.resembles.is_none()
    }
}

/// Finds near-duplicates in a stream of texts.
///
/// Every text gets a [`Arrival`] at once, in order of arrival. It is provisional: [`Dedup::finish`] and
/// [`Dedup::finish_by`] choose anew which of several alike is kept.
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
/// let verdicts = texts.map(|text| dedup.push(text));
/// assert!(verdicts[0].is_new() && verdicts[1].is_new());
/// assert_eq!(verdicts[2].resembles.unwrap().id, verdicts[0].id);
///
/// // Keep the longest.
/// let clusters = dedup.finish_by(|id| texts[id.position()].len() as f64);
/// assert_eq!(clusters.kept().map(|id| id.position()).collect::<Vec<_>>(), [0, 1]);
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// # Cost
/// With the defaults about 160 bytes a text, and 107 more for one that is new: its sketch, 128 bits of its content
/// and the tables of the index. `finish` takes some 250 bytes for each text that stays, beside what it is made of.
#[derive(Clone, Debug)]
pub struct Dedup {
    sketcher: Sketcher,
    threshold: f64,
    /// Of all texts; only the new ones are to be found.
    index: Index,
    contents: Vec<u128>,
    /// By content, the first text that has it.
    first_of: Table,
}

impl Dedup {
    /// Texts count as duplicates from the similarity `threshold` on. The bands find 0.95 of the pairs at the
    /// threshold, and keep the index within 240 bytes a text where the threshold is 0.75 or more and the sketches
    /// have the default 256 slots: 17 bands of 8 rows at 0.8. Otherwise they are those of [`Bands::for_recall`].
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 and 1 (both excluded), or the sketches
    /// have too few slots for it.
    pub fn new(sketcher: Sketcher, threshold: f64) -> Result<Dedup, Error> {
        let slots = sketcher.recipe().slots().min(Bands::MAX_SLOTS);
        Dedup::with_bands(sketcher, threshold, Bands::lean(threshold, DEDUP_RECALL, slots)?)
    }

    /// [`Dedup::new`] with given bands.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 (excluded) and 1 (included), or the bands
    /// need more slots than the sketches have.
    pub fn with_bands(sketcher: Sketcher, threshold: f64, bands: Bands) -> Result<Dedup, Error> {
        if !(threshold > 0.0 && threshold <= 1.0) {
            return Err(Error::setting(format!(
                "threshold is {threshold}; expected a value between 0 and 1, such as 0.8"
            )));
        }
        Ok(Dedup {
            threshold,
            index: Index::new(sketcher.recipe(), bands)?,
            contents: Vec::new(),
            first_of: Table::staggered(0, 1),
            sketcher,
        })
    }

    /// How the sketches are cut to find candidates.
    pub fn bands(&self) -> Bands {
        self.index.bands()
    }

    /// Bytes of heap held.
    pub fn heap_bytes(&self) -> usize {
        self.index.heap_bytes() + size_of::<u128>() * self.contents.capacity() + self.first_of.heap_bytes()
    }

    /// The number of texts so far.
    pub fn len(&self) -> usize {
        self.contents.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }

    /// Takes one more text in and says whether it is new.
    ///
    /// A text without letters and digits is always new.
    ///
    /// # Panics
    /// After [`DocId::LIMIT`] texts.
    pub fn push(&mut self, text: &str) -> Arrival {
        let row = self.index.rows().row_of(&self.sketcher.sketch(text));
        self.judge(hash::digest(text.as_bytes()), row.as_bytes())
    }

    /// [`Dedup::push`] of many texts, in their order; with feature `rayon`, sketched on all threads. The verdicts
    /// are the same as one by one.
    ///
    /// # Panics
    /// After [`DocId::LIMIT`] texts.
    pub fn push_all<T: AsRef<str> + Sync>(&mut self, texts: &[T]) -> Vec<Arrival> {
        let mut verdicts = Vec::with_capacity(texts.len());
        for batch in texts.chunks(BATCH) {
            let read = threads::map(batch, |text| {
                let row = self.index.rows().row_of(&self.sketcher.sketch(text.as_ref()));
                (hash::digest(text.as_ref().as_bytes()), row)
            });
            verdicts.extend(read.into_iter().map(|(content, row)| self.judge(content, row.as_bytes())));
        }
        verdicts
    }

    /// Takes in a text of which these are content and row.
    fn judge(&mut self, content: u128, row: &[u8]) -> Arrival {
        let (id, first) = (DocId::new(self.len()), self.first_like(content, row));
        let id = id.unwrap_or_else(|error| panic!("{error}"));
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
        self.contents.push(content);
        if first.is_none() {
            let contents = &self.contents;
            self.first_of
                .insert(key_of(content), id.into(), usize::MAX, &|text| key_of(contents[text as usize]));
        }
        Arrival { id, resembles }
    }

    /// The first text of this content, unless it has no letters and digits. Rows are compared so that a collision
    /// of hashes cannot remove a text.
    fn first_like(&self, content: u128, row: &[u8]) -> Option<DocId> {
        let rows = self.index.rows();
        let like = self.first_of.find(key_of(content), &|text| key_of(self.contents[text as usize]));
        let is_first = |&&text: &&u32| self.contents[text as usize] == content && rows.row(text) == row;
        like.iter().find(is_first).filter(|_| !rows.is_empty_row(row)).map(|&text| DocId::at(text))
    }

    /// The clusters of all texts. Of texts that are alike, the one kept depends on their contents only.
    pub fn finish(self) -> Clusters {
        self.finish_by(|_| 0.0)
    }

    /// The clusters of all texts. Of texts that are alike, the one with the highest score is kept; scores are
    /// compared as numbers, ties broken by content, and `NaN` is the lowest.
    pub fn finish_by(self, score: impl Fn(DocId) -> f64) -> Clusters {
        self.finish_watched(score, &Watch::SILENT).expect("settings were checked, and nobody cancels")
    }

    /// [`Dedup::finish_by`], telling how far it is: stage `cluster`, in distinct texts.
    ///
    /// # Errors
    /// [`Error::is_cancelled`]; clone the `Dedup` before, if it is to go on afterwards.
    ///
    /// # Example
    /// ```
    /// use refrain::{Dedup, Progress, Sketcher, Watch};
    /// use std::ops::ControlFlow;
    /// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
    /// dedup.push_all(&["one text", "another text"]);
    /// let stop = |_: Progress| ControlFlow::Break(());
    /// assert!(dedup.finish_watched(|_| 0.0, Watch::new(&stop)).unwrap_err().is_cancelled());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn finish_watched(self, score: impl Fn(DocId) -> f64, watch: &Watch) -> Result<Clusters, Error> {
        let verify = Estimated(self.threshold);
        self.into_clusters(|documents| by_witness(documents, &verify, score, watch))
    }

    /// Connected components instead of clusters with witnesses: texts are together if a chain of similar ones
    /// links them. Each cluster shows its weakest link; its best score is kept, and may have nothing in
    /// common with others.
    pub fn finish_components(self, score: impl Fn(DocId) -> f64) -> Clusters {
        self.finish_components_watched(score, &Watch::SILENT)
            .expect("settings were checked, and nobody cancels")
    }

    /// [`Dedup::finish_components`], telling how far it is: stage `cluster`, in distinct texts.
    ///
    /// # Errors
    /// [`Error::is_cancelled`].
    pub fn finish_components_watched(
        self,
        score: impl Fn(DocId) -> f64,
        watch: &Watch,
    ) -> Result<Clusters, Error> {
        let verify = Estimated(self.threshold);
        self.into_clusters(|documents| by_components(documents, &verify, score, watch))
    }

    /// Hands on what is known of the texts; the tables of arrival are no longer needed.
    fn into_clusters(
        self,
        cluster: impl FnOnce(&Documents<'_>) -> Result<Clusters, Error>,
    ) -> Result<Clusters, Error> {
        let Dedup { sketcher, index, contents, .. } = self;
        let (bands, rows) = (index.bands(), index.into_rows());
        cluster(&Documents { recipe: sketcher.recipe(), bands, rows: &rows, contents: &contents })
    }
}

/// The part of a content by which the table of first texts is addressed.
fn key_of(content: u128) -> u64 {
    content as u64
}

/// Verification by the estimate over all slots.
struct Estimated(f64);

impl Verify for Estimated {
    fn verify(&self, _: u32, _: u32, estimate: Estimate) -> Option<Estimate> {
        Some(estimate).filter(|estimate| estimate.value >= self.0)
    }

    fn least_estimate(&self) -> f64 {
        self.0
    }
}

/// Verification by the sets themselves.
struct Exactly<'s> {
    sets: &'s [Shingles],
    threshold: f64,
    slots: usize,
    bits: SlotBits,
}

impl Verify for Exactly<'_> {
    fn verify(&self, left: u32, right: u32, _: Estimate) -> Option<Estimate> {
        let value = self.sets[left as usize].jaccard(&self.sets[right as usize]);
        Some(Estimate::exact(value)).filter(|_| value >= self.threshold)
    }

    fn least_estimate(&self) -> f64 {
        self.threshold - DOUBT * packed_std_error(self.threshold, self.slots, self.bits)
    }
}
