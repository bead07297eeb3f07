//! Recurring passages: stretches of text that more than one document of a corpus holds.
//!
//! In: documents by number, each text once in any order, and later again by number ([`Texts`]); a work folder and a
//! memory budget. Out: for every document the [`Stretch`]es that an earlier one holds too, or that it holds twice; all
//! of them gathered to [`RecurringPassage`]s with a count and an example; and with [`Trimming`] what to cut so that one
//! copy stays. This module knows no files of a job: the caller numbers the documents. The number is also the rank: of
//! two holders the lower number keeps its copy, so number them by preference.
//!
//! `search` calls the steps, each in its file, in this order:
//!
//! 1. `seeds`: sampled places of every text, with hash, document and position, sorted by hash;
//! 2. `links`: of equal seeds each is linked to the first holder and to the nearest earlier one, never to all; sorted by
//!    document;
//! 3. `candidates`: of a document's links those that can be part of a long enough copy;
//! 4. `batch`: documents and the holders they point to, read again together as far as memory allows;
//! 5. `verify`: links extended to exact blocks on the two texts, joined over edits, ended at whole words;
//! 6. `gather`: stretches of the same passage counted; `trimming`: the decision.
//!
//! **What is found** is stated at [`RecurringFinder`]. A place is `unresolved` if every seed of it recurs, but neither
//! the first nor the nearest holder has a copy that is long enough: mostly chance phrases side by side.
//!
//! Why two links are enough: any window of `GUARANTEED` bytes holds a sampled seed, and seeds are so close that they
//! tile a copy. Each seed of a copy has an earlier holder, so the first holders together cover the copy. If the first
//! holder's own text ends before `min_length`, the nearest one is compared, and after that the place is reported as
//! unresolved.
//!
//! **Cost.** Linear in the corpus, whatever repeats: a seed for about 11 bytes of squeezed text, 16 bytes each on disk,
//! and at most two links a seed. A passage in 100,000 documents costs 100,000 comparisons with the first of them.
//! **Source.** Seeds: see [`crate::passage`]. One representative for a group: the leader algorithm (Hartigan,
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

/// The passages that recur in texts that are all in memory, by the default settings of [`RecurringFinder`]: at least 60
/// squeezed characters. Documents are numbered by their place.
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
