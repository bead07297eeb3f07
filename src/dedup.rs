//! Deduplication: texts in, a verdict each, clusters at the end.
//!
//! In: texts. Out: for each at once a provisional [`Verdict`], and at the end [`Clusters`] by the keep policy
//! of the caller. The idea: [`Dedup`] keeps a sketch of every text and an index of those that resembled none
//! before them; `finish` decides again, from the best score down ([`crate::cluster`]), because which of two
//! alike is the better one is not known when the first arrives. [`clusters`] does the same for texts that lie
//! in memory, and verifies with the texts themselves.

use std::collections::HashMap;

use crate::cluster::{Clusters, Documents, Verify, by_components, by_witness};
use crate::hash::{SEEDS, fold_multiply};
use crate::index::{Bands, DocId, Index, Neighbor, Rows};
use crate::{Error, Estimate, Shingles, Sketcher, SlotBits, parallel};

/// The share of the pairs at the threshold that the bands of a [`Dedup`] find at least, if it chooses them.
const DEDUP_RECALL: f64 = 0.95;
/// The threshold of [`clusters`]: about one edit in 45 words.
const CLUSTERS_THRESHOLD: f64 = 0.8;
/// The bands of [`clusters`], for 128 slots: 25 of 5 rows find 0.99995 of the pairs at the threshold. That
/// many more candidates are no matter among few texts.
const CLUSTERS_BANDS: (usize, usize) = (25, 5);
/// Pairs whose estimate lies this many standard errors below the threshold are not compared exactly.
const DOUBT: f64 = 5.0;

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
    let sketcher = Sketcher::default();
    let bands = Bands::new(CLUSTERS_BANDS.0, CLUSTERS_BANDS.1).expect("a useful setting");
    let sets = parallel::map(texts, |text| Shingles::of(text.as_ref()));
    let compact = parallel::map(&sets, |set| sketcher.sketch_slice(set.as_slice()).compact(SlotBits::Eight));
    let contents = parallel::map(texts, |text| content(text.as_ref()));
    let mut rows = Rows::new(sketcher.recipe().slots());
    compact.iter().for_each(|compact| rows.push(compact.as_bytes()));
    let documents = Documents { recipe: sketcher.recipe(), bands, rows: &rows, contents: &contents };
    let verify = Exactly { sets: &sets, threshold: CLUSTERS_THRESHOLD, slots: sketcher.recipe().slots() };
    by_witness(&documents, &verify, |_| 0.0).unwrap_or_else(|error| panic!("{error}"))
}

/// What a [`Dedup`] says of a text when it arrives.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Verdict {
    /// The number of the text, counted from 0.
    pub id: DocId,
    /// The most similar of the earlier texts that resembled none before them, if it reaches the threshold;
    /// with the estimated similarity and its standard error, or exactly 1 for a copy.
    pub resembles: Option<Neighbor>,
}

impl Verdict {
    /// Whether the text resembles none that came before.
    pub fn is_new(&self) -> bool {
        self.resembles.is_none()
    }
}

/// Finds near-duplicates in a stream of texts.
///
/// Every text gets a [`Verdict`] at once, in order of arrival. It is provisional: [`Dedup::finish`] and
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
/// About 230 bytes a text, and 245 more for one that is new, with the defaults.
#[derive(Clone, Debug)]
pub struct Dedup {
    sketcher: Sketcher,
    threshold: f64,
    bands: Bands,
    /// Of all texts.
    rows: Rows,
    contents: Vec<u128>,
    first_of: HashMap<u128, DocId>,
    /// Of the texts that were new, and their numbers.
    index: Index,
    new: Vec<DocId>,
    /// The verdict on every text, for the copies of it.
    verdicts: Vec<Option<Neighbor>>,
}

impl Dedup {
    /// Texts count as duplicates from the similarity `threshold` on. The bands are those of
    /// [`Bands::for_recall`] for a recall of 0.95 at the threshold.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 and 1 (both excluded), or the sketches
    /// have too few slots for it.
    pub fn new(sketcher: Sketcher, threshold: f64) -> Result<Dedup, Error> {
        let slots = sketcher.recipe().slots().min(Bands::MAX_SLOTS);
        Dedup::with_bands(sketcher, threshold, Bands::for_recall(threshold, DEDUP_RECALL, slots)?)
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
            bands,
            rows: Rows::new(sketcher.recipe().slots()),
            contents: Vec::new(),
            first_of: HashMap::new(),
            index: Index::new(sketcher.recipe(), bands)?,
            new: Vec::new(),
            verdicts: Vec::new(),
            sketcher,
        })
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
    pub fn push(&mut self, text: &str) -> Verdict {
        let id = DocId::new(self.len()).unwrap_or_else(|error| panic!("{error}"));
        let content = content(text);
        let compact = self.sketcher.sketch(text).compact(SlotBits::Eight);
        let row = compact.as_bytes();
        self.rows.push(row);
        self.contents.push(content);
        let first = *self.first_of.entry(content).or_insert(id);
        let is_copy = first != id && self.rows.row(first.into()) == row && !self.rows.is_empty_set(id.into());
        let resembles = if is_copy {
            let exact = Neighbor { id: first, jaccard: Estimate::exact(1.0) };
            Some(self.verdicts[first.position()].unwrap_or(exact))
        } else {
            let found = self.index.neighbors_of_row(row, self.threshold);
            found
                .items
                .first()
                .map(|best| Neighbor { id: self.new[best.id.position()], jaccard: best.jaccard })
        };
        if resembles.is_none() {
            self.index.insert_rows([row].into_iter()).expect("not more than texts");
            self.new.push(id);
        }
        self.verdicts.push(resembles);
        Verdict { id, resembles }
    }

    /// The clusters of all texts. Of texts that are alike, the one kept depends on their contents only.
    pub fn finish(self) -> Clusters {
        self.finish_by(|_| 0.0)
    }

    /// The clusters of all texts. Of texts that are alike, the one with the highest score is kept; scores are
    /// compared as numbers, ties broken by content, and `NaN` is the lowest.
    pub fn finish_by(self, score: impl Fn(DocId) -> f64) -> Clusters {
        by_witness(&self.documents(), &Estimated(self.threshold), score).expect("settings were checked")
    }

    /// Connected components instead of clusters with witnesses: texts are together if a chain of similar ones
    /// links them. Each cluster shows its weakest link; its best score is kept, and may have nothing in
    /// common with others.
    pub fn finish_components(self, score: impl Fn(DocId) -> f64) -> Clusters {
        by_components(&self.documents(), &Estimated(self.threshold), score).expect("settings were checked")
    }

    fn documents(&self) -> Documents<'_> {
        Documents {
            recipe: self.sketcher.recipe(),
            bands: self.bands,
            rows: &self.rows,
            contents: &self.contents,
        }
    }
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
}

impl Verify for Exactly<'_> {
    fn verify(&self, left: u32, right: u32, _: Estimate) -> Option<Estimate> {
        let value = self.sets[left as usize].jaccard(&self.sets[right as usize]);
        Some(Estimate::exact(value)).filter(|_| value >= self.threshold)
    }

    fn least_estimate(&self) -> f64 {
        self.threshold - DOUBT * (self.threshold * (1.0 - self.threshold) / self.slots as f64).sqrt()
    }
}

/// 128 bits of the bytes of a text: two multiply-folds side by side.
pub(crate) fn content(text: &str) -> u128 {
    let mut states = [SEEDS[6] ^ text.len() as u64, SEEDS[7]];
    let mut absorb = |word: u64| {
        states = [fold_multiply(states[0] ^ word, SEEDS[0]), fold_multiply(states[1] ^ word, SEEDS[1])];
    };
    let mut words = text.as_bytes().chunks_exact(8);
    (&mut words).for_each(|word| absorb(u64::from_le_bytes(word.try_into().expect("eight bytes"))));
    absorb(words.remainder().iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    u128::from(states[0]) << 64 | u128::from(states[1])
}
