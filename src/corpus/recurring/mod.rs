//! Recurring passages: stretches of text that more than one document of a corpus holds.
//!
//! In: documents by number, each text once in any order, and later again by number ([`Texts`]); a work folder and a
//! memory budget. Out: for every document the [`Stretch`]es that an earlier document (the *holder*) holds too, or that the
//! document holds twice; all stretches gathered to [`RecurringPassage`]s with a count and an example; and, with
//! [`Trimming`], what to cut so that one copy stays. This module knows no files of a job: the caller numbers the documents.
//! The number is also the rank: if two documents hold a passage, the lower number keeps its copy. So number the documents
//! by preference.
//!
//! `search` calls the steps in this order. Each step has its own file:
//!
//! 1. `seeds`: samples places of every text, with hash, document and position, and sorts them by hash;
//! 2. `links`: links each of several equal seeds to the first holder and to the nearest earlier one, never to all, and
//!    sorts the links by document;
//! 3. `candidates`: chooses the links of a document that can be part of a long enough copy;
//! 4. `batch`: reads documents and their holders again, as many together as fit in memory;
//! 5. `verify`: extends links to exact blocks on the two texts, joins blocks over edits, and ends them at whole words;
//! 6. `gather`: counts the stretches of each passage; `trimming`: decides what is cut.
//!
//! **What is found** is stated at [`RecurringFinder`]. A place is `unresolved` if every seed in it recurs, but neither
//! the first nor the nearest holder has a long enough copy. Most such places are common phrases next to each other.
//!
//! Why two links are enough: any window of `GUARANTEED` bytes holds a sampled seed, and seeds are so close that they
//! cover a copy without gaps. Each seed of a copy has an earlier holder, so the first holders together cover the copy. If
//! the first holder's copy is shorter than `min_length`, the nearest holder is compared. If its copy is too short as well,
//! the place is reported as unresolved.
//!
//! **Cost.** Linear in the corpus, even if everything repeats. There is one seed for about 11 bytes of squeezed text, at 16
//! bytes on disk, and at most two links a seed. A passage in 100,000 documents costs 100,000 comparisons with the first of
//! them.
//! **Source.** For seeds see [`crate::passage`]. One representative for each group: the leader algorithm (Hartigan,
//! *Clustering Algorithms*, 1975, chapter 3).

mod batch;
mod candidates;
mod finder;
mod gather;
mod links;
mod search;
mod seeds;
mod stretch;
mod texts;
mod trimming;
mod verify;
mod workspace;

pub use finder::RecurringFinder;
pub use gather::RecurringPassage;
pub use search::{Collected, Collector, Recurring};
pub use stretch::{DocumentStretches, Stretch};
pub use texts::Texts;
pub use trimming::{Fate, Trimming};

/// The passages that recur in texts that are all in memory, with the default settings of [`RecurringFinder`]: at least 60
/// squeezed characters. The number of a document is its position in `texts`.
///
/// For other settings, for what each document shares, or for texts that do not fit in memory, use [`RecurringFinder`].
///
/// # Panics
/// If a text has 4 GiB or more, or there are more than [`DocId::LIMIT`](crate::index::DocId::LIMIT) texts.
///
/// # Cost
/// Linear in the texts; about twice their memory.
///
/// # Example
/// ```
/// let banner = "We value your privacy. We and our 842 partners store and access information on your device.";
/// let pages = [format!("{banner}\nThe ferry sails again."), format!("Rain on Sunday.\n{banner}")];
/// let passages = refrain::corpus::recurring(&pages);
/// assert_eq!(passages.len(), 1);
/// assert_eq!((passages[0].occurrences, &pages[0][passages[0].span]), (2, banner));
/// ```
#[must_use]
pub fn recurring<T: AsRef<[u8]> + Sync>(texts: &[T]) -> Vec<RecurringPassage> {
    let found = RecurringFinder::new().search(texts);
    let passages = found.and_then(|found| found.passages()?.collect());
    passages.unwrap_or_else(|error| panic!("{error}"))
}
