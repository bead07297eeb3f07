//! Near-duplicates among texts in memory, verified exactly. In: texts. Out: [`Clusters`].

use super::exact::{BySets, least_estimate};
use crate::cluster::{Clusters, Documents, Preference, by_witness};
use crate::index::{Bands, DocId, Rows};
use crate::progress::Watch;
use crate::shingle::Shingles;
use crate::sketch::Sketcher;
use crate::support::{hash, threads};

/// The threshold of [`clusters`]: about one edit in 45 words.
const THRESHOLD: f64 = 0.8;
/// The bands of [`clusters`], for 256 slots: 36 of 6 rows find 0.99998 of the pairs at the threshold. Among
/// few texts the additional candidates cost little.
const BANDS: (usize, usize) = (36, 6);

/// The near-duplicates among a few texts, verified exactly: Jaccard similarity of at least 0.8 over the
/// default shingles. The first of several similar texts is kept.
///
/// Documents are numbered as the texts are. For another threshold, scores, or more texts than fit in memory,
/// use [`Dedup`](crate::Dedup).
///
/// # Panics
/// If there are more than [`DocId::LIMIT`] texts.
///
/// # Cost
/// Each text takes a sort of its shingles, one query of an index, and 8 bytes of memory a word. Each pair of
/// near-duplicates takes some passes over both texts. With feature `rayon` all threads are used.
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
/// let (removed, witness) = clusters.removed().next().unwrap();
/// assert_eq!((removed.position(), witness.id.position()), (2, 0));
/// assert!(witness.jaccard.value >= 0.8 && witness.jaccard.std_error == 0.0);
/// ```
#[must_use]
pub fn clusters<T: AsRef<str> + Sync>(texts: &[T]) -> Clusters {
    if let Some(last) = texts.len().checked_sub(1) {
        DocId::new(last).unwrap_or_else(|error| panic!("{error}"));
    }
    let sketcher = Sketcher::default();
    let bands = Bands::new(BANDS.0, BANDS.1).expect("a useful setting");
    let mut rows = Rows::new(sketcher.recipe().slots(), bands.slot_bits());
    let (mut sets, mut digests) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
    let read = threads::map(texts, |text| {
        let set = Shingles::of(text.as_ref());
        let row = rows.row_of(&sketcher.sketch_slice(set.as_slice()));
        (set, row, hash::digest(text.as_ref().as_bytes()))
    });
    for (set, row, digest) in read {
        sets.push(set);
        rows.push(row.as_bytes());
        digests.push(digest);
    }
    let documents = Documents { recipe: sketcher.recipe(), bands, rows: &rows, digests: &digests };
    let least_estimate = least_estimate(THRESHOLD, &rows);
    let verify = BySets { texts, sets: &sets, threshold: THRESHOLD, least_estimate };
    by_witness(&documents, &verify, &Preference::First, &Watch::SILENT)
        .expect("the settings are in range, and the watch does not cancel")
}
