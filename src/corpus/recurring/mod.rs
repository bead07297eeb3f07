//! Recurring passages: stretches of text that stand in more than one document of a corpus.
//!
//! In: documents by number, each text once in any order, and later again by number ([`Texts`]); a work folder and a memory
//! budget. Out: for every document the [`Stretch`]es that an earlier one holds too, or that it holds twice; all of
//! them gathered to [`RecurringPassage`]s with a count and an example; and with [`Trimming`] what to cut so that one copy stays.
//! The room does not know files: whoever reads them numbers the documents. The number is also the rank: of two holders the
//! lower number keeps its copy, so number them by preference.
//!
//! The conductor; each step has its file, in this order:
//!
//! 1. [`seeds`]: sampled places of every text, with hash, document and position, spilled and sorted by hash;
//! 2. [`links`]: of equal seeds each is linked to the first holder and to the nearest earlier one, never to all;
//!    spilled and sorted by document;
//! 3. [`candidates`]: of a document's links those that can be part of a long enough copy;
//! 4. [`batch`]: documents and the holders they point to, read again together as far as memory goes;
//! 5. [`verify`]: links extended to exact blocks on the two texts, joined over edits, ended at whole words;
//! 6. [`gather`]: stretches of the same passage counted; [`trimming`]: the decision.
//!
//! **What is found** is promised at [`RecurringFinder`]. `unresolved` is where every seed recurs, but neither the first nor the
//! nearest holder has a copy that is long enough: mostly chance phrases side by side.
//!
//! Why two links are enough: any window of `GUARANTEED` bytes holds a sampled seed, and seeds are so close that they tile a copy. Each
//! seed of a copy has an earlier holder, so the first holders together cover the copy, and where the first holder's own
//! text ends before `min_length`, the nearest one is asked, and after that the place is reported as unresolved.
//!
//! **Cost.** Linear in the corpus whatever repeats: a seed for about 11 bytes of squeezed text, 16 bytes each on disk, and at most two links a
//! seed. A passage in 100,000 documents costs 100,000 comparisons with the first of them.
//! **Source.** Seeds: see [`crate::passage`]. One representative for a group: the leader algorithm (Hartigan, *Clustering
//! Algorithms*, 1975, chapter 3).

mod batch;
mod candidates;
mod gather;
mod links;
mod seeds;
mod trimming;
mod verify;

pub use gather::{Passages, RecurringPassage};
pub use trimming::{Fate, Trimming};

use super::spill::{Merged, Place, Record, Sorted, Sorter};
use crate::error::Error;
use crate::passage::PassageFinder;
use crate::passage::seed;
use crate::progress::Watch;
use crate::span::Span;
use crate::support::hash::mix;
use batch::Batches;
use links::Link;
use seeds::{Depth, Seed};
use std::path::{Path, PathBuf};

/// A corpus whose texts can be read again by number.
pub trait Texts: Sync {
    /// Puts the text of a document into `text`, which is empty: the same bytes that were [added](Collector::add).
    ///
    /// # Errors
    /// Whatever keeps the text from being read; the search stops with it.
    fn read(&self, document: u32, text: &mut Vec<u8>) -> Result<(), Error>;

    /// Length of that text in bytes, by which reads are planned. Only memory depends on it.
    fn bytes(&self, document: u32) -> usize;
}

impl<T: AsRef<[u8]> + Sync> Texts for [T] {
    fn read(&self, document: u32, text: &mut Vec<u8>) -> Result<(), Error> {
        text.extend_from_slice(self[document as usize].as_ref());
        Ok(())
    }

    fn bytes(&self, document: u32) -> usize {
        self[document as usize].as_ref().len()
    }
}

/// A stretch of a document that another one holds too, or the same one elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stretch {
    /// The document in which it stands.
    pub document: u32,
    /// Where, in bytes of its text.
    pub span: Span,
    /// An earlier document that holds it, or the document itself where it stands in it twice.
    pub holder: u32,
    /// Where the holder has it. Within one document: the best-formatted copy, earlier or later; what is kept of it for another repeat too
    /// is not part of the span.
    pub holder_span: Span,
    /// `2 × matched / (left + right)` in squeezed characters, from an alignment of the folded texts; rounded to millionths.
    pub identity: f64,
}

impl Stretch {
    /// Whether both copies stand in the same document.
    pub fn is_internal(&self) -> bool {
        self.document == self.holder
    }
}

/// What a document shares with earlier ones and with itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DocumentStretches {
    /// The document.
    pub document: u32,
    /// Its stretches, by start, then end; they may overlap, as holders differ.
    pub stretches: Vec<Stretch>,
    /// Where everything recurs somewhere in short pieces and no long copy was found, or copies in the document itself are alike in parts
    /// only; by start. See [`RecurringFinder`].
    pub unresolved: Vec<Span>,
}

/// Finds passages that recur in a corpus: the settings.
///
/// # What is found
/// Take two equal stretches of at least [`GUARANTEED`](Self::GUARANTEED) squeezed characters, and of at least `min_length`, in two
/// documents. In the later one, all of the stretch but fewer than 40 bytes of squeezed text (24 where `min_length` is below 55) and part
/// of a word at either end lies in reported stretches or in [`DocumentStretches::unresolved`]. The same holds for the earlier one, its own
/// stretches and those that name it as holder taken together, if it is the first that holds any part of the stretch, and holds it once.
/// What a document holds twice is sought as in any single text ([`PassageFinder::within`]). [Known](Self::known) documents are only holders.
///
/// # Cost
/// Linear in the corpus whatever repeats: a seed for about 11 bytes of squeezed text, 16 bytes each on disk where the memory does not hold
/// them, and at most two links a seed. A passage in 100,000 documents costs 100,000 comparisons with the first of them.
///
/// # Example
/// ```
/// use refrain::corpus::RecurringFinder;
/// use refrain::Watch;
/// # fn main() -> Result<(), refrain::Error> {
/// # let folder = std::env::temp_dir().join(format!("refrain-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let banner = "We value your privacy. We and our 842 partners store and access information on your device.";
/// let pages = [format!("{banner}\nThe ferry sails again."), format!("Rain on Sunday.\n{banner}")];
///
/// let finder = RecurringFinder::new();
/// let collector = finder.collect(&folder, 1 << 20)?; // a work folder, a memory budget
/// for (number, page) in pages.iter().enumerate() {
///     collector.add(number as u32, page.as_bytes())?;
/// }
/// let found = collector.finish()?.search(&pages[..], &Watch::SILENT)?;
///
/// let passage = found.passages()?.next().expect("the banner")?;
/// assert_eq!((passage.occurrences, &pages[0][passage.span]), (2, banner));
/// let second = found.documents()?.next().expect("the page that repeats it")?;
/// assert_eq!((second.document, &pages[1][second.stretches[0].span]), (1, banner));
/// # drop(second);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RecurringFinder {
    min_length: usize,
    max_gap: usize,
    known: u32,
}

impl Default for RecurringFinder {
    fn default() -> RecurringFinder {
        RecurringFinder::new()
    }
}

/// Part of the recipe: changes whenever the meaning of what is spilled does.
const VERSION: u64 = 1;
/// Names of the spills; the folder may hold those of others.
const SEEDS: &str = "recurring-seeds";
const LINKS: &str = "recurring-links";
const STRETCHES: &str = "recurring-stretches";
const BY_HOLDER: &str = "recurring-holders";
const PASSAGES: &str = "recurring-passages";

impl RecurringFinder {
    /// The least `min_length`: two equal stretches of so many squeezed characters always share a seed.
    pub const GUARANTEED: usize = seed::GUARANTEE;

    /// The defaults: stretches of at least 60 squeezed characters, edits of at most 32 bytes.
    pub fn new() -> RecurringFinder {
        RecurringFinder { min_length: 60, max_gap: 32, known: 0 }
    }

    /// Shortest stretch, in squeezed characters (letters, marks and digits).
    pub fn min_length(mut self, characters: usize) -> RecurringFinder {
        self.min_length = characters;
        self
    }

    /// Longest edit that one stretch may run across, in bytes of squeezed text: a few words by default, since what is trimmed takes its
    /// edits with it and a sentence of its own must not go. An edit is also never longer than what agrees on either side of it.
    pub fn max_gap(mut self, bytes: usize) -> RecurringFinder {
        self.max_gap = bytes;
        self
    }

    /// The first so many documents are known from an earlier search: they are holders, and nothing is sought in them. None unless set.
    /// What recurs among them alone is not counted.
    pub fn known(mut self, documents: u32) -> RecurringFinder {
        self.known = documents;
        self
    }

    /// The same settings, if they are possible.
    ///
    /// # Errors
    /// `is_setting` where `min_length` is below [`GUARANTEED`](Self::GUARANTEED) or `max_gap` above 100,000.
    pub fn checked(self) -> Result<RecurringFinder, Error> {
        if self.min_length < Self::GUARANTEED {
            return Err(Error::setting(format!(
                "min_length is {}, but must be at least {}: shorter copies in a corpus are mostly common phrases, and not all would be found",
                self.min_length,
                Self::GUARANTEED
            )));
        }
        self.within().validate()?;
        Ok(self)
    }

    /// Starts a search in an existing work folder, with so many bytes of memory for its own (what is read of the texts included).
    /// What an earlier search left in the folder is removed.
    ///
    /// # Errors
    /// `is_setting` as [`checked`](Self::checked); `is_io` where the folder cannot be used.
    pub fn collect(&self, folder: &Path, memory: usize) -> Result<Collector, Error> {
        self.clone().checked()?;
        let room = self.room(folder, memory);
        room.place(LINKS).clear()?;
        room.place(STRETCHES).clear()?;
        let seeds = Sorter::new(room.place(SEEDS), memory)?;
        Ok(Collector { room, seeds })
    }

    /// Takes up a search in the folder for which all texts were collected. `None` where there is none: collect then.
    ///
    /// # Errors
    /// `is_setting` as [`checked`](Self::checked); `is_incompatible` where the settings differ; `is_corrupt` where a file is cut short or altered; `is_io`.
    pub fn resume(&self, folder: &Path, memory: usize) -> Result<Option<Collected>, Error> {
        self.clone().checked()?;
        let room = self.room(folder, memory);
        let stage = if let Some(stretches) = Sorted::open(room.place(STRETCHES))? {
            Stage::Stretches(stretches)
        } else if let Some(links) = Sorted::open(room.place(LINKS))? {
            Stage::Links(links)
        } else if let Some(seeds) = Sorted::open(room.place(SEEDS))? {
            Stage::Seeds(seeds)
        } else {
            return Ok(None);
        };
        Ok(Some(Collected { room, stage }))
    }

    /// Most bytes on disk, at any moment, of a search over so many bytes of text.
    pub fn disk_forecast(&self, text_bytes: u64, memory: usize) -> u64 {
        /// Bytes of text for a seed: 11 bytes of squeezed text and no separators at all, to be on the safe side.
        const TEXT_A_SEED: u64 = 10;
        let seeds = text_bytes / TEXT_A_SEED;
        // Two links a seed where everything recurs.
        super::spill::forecast::<Seed>(seeds, memory) + super::spill::forecast::<Link>(2 * seeds, memory / 2)
    }

    /// What finds the repeats inside a document.
    fn within(&self) -> PassageFinder {
        PassageFinder::new().min_length(self.min_length).max_gap(self.max_gap).nested(true).suppressed(true)
    }

    fn room(&self, folder: &Path, memory: usize) -> Room {
        let recipe = [VERSION, self.min_length as u64, self.max_gap as u64, self.known.into()]
            .into_iter()
            .fold(0, |a, b| mix(a ^ mix(b)));
        Room { finder: self.clone(), folder: folder.to_path_buf(), memory, recipe }
    }
}

/// What all steps share.
struct Room {
    finder: RecurringFinder,
    folder: PathBuf,
    memory: usize,
    recipe: u64,
}

impl Room {
    fn place(&self, name: &'static str) -> Place {
        Place { folder: self.folder.clone(), name, recipe: self.recipe }
    }
}

/// Takes the texts of a corpus, each once.
pub struct Collector {
    room: Room,
    seeds: Sorter<Seed>,
}

impl Collector {
    /// Takes a text, valid UTF-8 or not, under its number. Several threads may, in any order; the result is the same.
    ///
    /// # Errors
    /// `is_too_large` for a text of 4 GiB or more; `is_io` where the work folder cannot be written, as when the disk is full.
    pub fn add(&self, document: u32, text: &[u8]) -> Result<(), Error> {
        seeds::add(document, text, Depth::of(self.room.finder.min_length), &self.seeds)
    }

    /// All texts are in. The work folder now holds what is needed to [resume](RecurringFinder::resume).
    ///
    /// # Errors
    /// `is_io` where the work folder cannot be written.
    pub fn finish(self) -> Result<Collected, Error> {
        let mut seeds = self.seeds.finish()?;
        seeds.save()?;
        Ok(Collected { room: self.room, stage: Stage::Seeds(seeds) })
    }

    /// The same without saving: nothing is written if all fits in memory, and the search cannot be resumed.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_unsaved(self) -> Result<Collected, Error> {
        let seeds = self.seeds.finish()?;
        Ok(Collected { room: self.room, stage: Stage::Seeds(seeds) })
    }
}

/// A corpus collected and not yet searched, or not to the end.
pub struct Collected {
    room: Room,
    stage: Stage,
}

enum Stage {
    Seeds(Sorted<Seed>),
    Links(Sorted<Link>),
    Stretches(Sorted<verify::Found>),
}

impl Collected {
    /// Finds the stretches. If this is killed, [`RecurringFinder::resume`] goes on at the last step that was finished.
    ///
    /// # Errors
    /// Those of `texts`; `is_cancelled` when `watch` says stop; `is_io` and `is_corrupt` of the work folder.
    pub fn search(self, texts: &(impl Texts + ?Sized), watch: &Watch) -> Result<Recurring, Error> {
        let Collected { room, mut stage } = self;
        loop {
            stage = match stage {
                Stage::Seeds(seeds) => Stage::Links(linked(&room, seeds, watch)?),
                Stage::Links(links) => Stage::Stretches(verified(&room, links, texts, watch)?),
                Stage::Stretches(stretches) => {
                    let passages = gather::passages(&room, &stretches, watch)?;
                    return Ok(Recurring { stretches, passages });
                }
            }
        }
    }
}

fn linked(room: &Room, seeds: Sorted<Seed>, watch: &Watch) -> Result<Sorted<Link>, Error> {
    let sorter = Sorter::new(room.place(LINKS), room.memory / 2)?;
    links::join(&seeds, room.finder.known, &sorter, watch)?;
    let mut links = sorter.finish()?;
    if seeds.is_saved() {
        links.save()?;
        seeds.remove()?;
    }
    Ok(links)
}

fn verified(
    room: &Room,
    links: Sorted<Link>,
    texts: &(impl Texts + ?Sized),
    watch: &Watch,
) -> Result<Sorted<verify::Found>, Error> {
    let sorter = Sorter::new(room.place(STRETCHES), room.memory / 4)?;
    let documents = candidates::Documents::of(&links, &room.finder)?;
    let batches = Batches { documents, texts, memory: room.memory / 4 };
    batches.each(watch, |work, own, holder| {
        let mut found = verify::between(&room.finder, work, own, holder)?;
        if work.internal {
            verify::within(&room.finder, work.document, own, &mut found)?;
        }
        sorter.extend(&found)
    })?;
    let mut stretches = sorter.finish()?;
    if links.is_saved() {
        stretches.save()?;
        links.remove()?;
    }
    Ok(stretches)
}

/// The recurring passages of a corpus.
pub struct Recurring {
    stretches: Sorted<verify::Found>,
    passages: Sorted<gather::Counted>,
}

impl Recurring {
    /// What each document shares with earlier ones and with itself, by number; documents that share nothing are left out.
    ///
    /// # Errors
    /// `is_io` or `is_corrupt` where the work folder cannot be read, here and from the iterator.
    pub fn documents(&self) -> Result<impl Iterator<Item = Result<DocumentStretches, Error>> + '_, Error> {
        Ok(ByDocument { found: self.stretches.merged()?, ahead: None })
    }

    /// The passages, each with its count and its first holder as the example, in order of that holder.
    ///
    /// # Errors
    /// `is_io` or `is_corrupt` where the work folder cannot be read, here and from the iterator.
    pub fn passages(&self) -> Result<Passages<'_>, Error> {
        Passages::of(&self.passages)
    }

    /// How many stretches and unresolved places all documents have.
    pub(in crate::corpus) fn len(&self) -> u64 {
        self.stretches.len()
    }

    /// Removes what the search keeps in the work folder to be resumed.
    ///
    /// # Errors
    /// `is_io` where a file cannot be removed.
    pub fn remove(self) -> Result<(), Error> {
        self.stretches.remove()
    }
}

struct ByDocument<'s> {
    found: Merged<'s, verify::Found>,
    ahead: Option<verify::Found>,
}

impl Iterator for ByDocument<'_> {
    type Item = Result<DocumentStretches, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = match self.ahead.take() {
            Some(found) => found,
            None => match self.found.next()? {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            },
        };
        let document = first.key();
        let mut all = DocumentStretches { document, stretches: Vec::new(), unresolved: Vec::new() };
        let mut next = Some(first);
        while let Some(found) = next {
            if found.key() != document {
                self.ahead = Some(found);
                break;
            }
            match found.stretch() {
                Some(stretch) => all.stretches.push(stretch),
                None => all.unresolved.push(found.span()),
            }
            next = match self.found.next().transpose() {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
        }
        Some(Ok(all))
    }
}
