//! The search: its steps, from collected texts to passages.
//!
//! In: texts, each once; then the same texts by number. Out: [`Recurring`]: stretches by document, and passages with
//! their counts. After each step of a resumable search its records are saved and those of the step before are removed.

use super::batch::Batches;
use super::candidates;
use super::finder::RecurringFinder;
use super::gather::{self, CountedPassage, RecurringPassage};
use super::links::{self, SeedLink};
use super::seeds::{self, Depth, DocumentSeed};
use super::stretch::DocumentStretches;
use super::texts::Texts;
use super::verify::{self, FoundStretch};
use super::workspace::{LINKS, SEEDS, STRETCHES, Workspace};
use crate::corpus::spill::{self, Merged, Record, Sorted, Sorter};
use crate::error::Error;
use crate::index::DocId;
use std::path::Path;

impl RecurringFinder {
    /// Starts a search in an existing work folder, with this many bytes of memory, which include the texts that are read.
    /// Files that an earlier search left in the folder are removed.
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_io`] if the folder cannot be used.
    pub fn collect(&self, folder: &Path, memory: usize) -> Result<Collector, Error> {
        self.validate()?;
        let workspace = Workspace::in_folder(self, folder, memory);
        workspace.place(LINKS).clear()?;
        workspace.place(STRETCHES).clear()?;
        Collector::new(workspace)
    }

    /// Continues a search in the folder, if all its texts were collected. Returns `None` if the folder holds no such search;
    /// the texts must then be [collected](Self::collect).
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_incompatible`] if the settings differ;
    /// [`Error::is_corrupt`] if a file is cut short or altered; [`Error::is_io`].
    pub fn resume(&self, folder: &Path, memory: usize) -> Result<Option<Collected>, Error> {
        self.validate()?;
        let workspace = Workspace::in_folder(self, folder, memory);
        let step = if let Some(stretches) = Sorted::open(workspace.place(STRETCHES))? {
            Step::Stretches(stretches)
        } else if let Some(links) = Sorted::open(workspace.place(LINKS))? {
            Step::Links(links)
        } else if let Some(seeds) = Sorted::open(workspace.place(SEEDS))? {
            Step::Seeds(seeds)
        } else {
            return Ok(None);
        };
        Ok(Some(Collected { workspace, step }))
    }

    /// Searches texts that are all in memory, numbered by their position. Writes no file. Takes about twice the memory of
    /// the texts.
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_too_large`] for a text of 4 GiB or more, or
    /// more than [`DocId::LIMIT`] texts; [`Error::is_cancelled`].
    pub fn search<T: AsRef<[u8]> + Sync>(&self, texts: &[T]) -> Result<Recurring, Error> {
        self.validate()?;
        let collector = Collector::new(Workspace::in_memory(self))?;
        for (number, text) in texts.iter().enumerate() {
            collector.add(DocId::new(number)?, text.as_ref())?;
        }
        collector.finish()?.search(texts)
    }

    /// Most bytes on disk, at any moment, of a search over this many bytes of text with this many bytes of memory.
    #[must_use]
    pub fn disk_forecast(&self, text_bytes: u64, memory: usize) -> u64 {
        /// Bytes of text for each seed, rounded down: 11 bytes of squeezed text on average, and no separators.
        const TEXT_PER_SEED: u64 = 10;
        let seeds = text_bytes / TEXT_PER_SEED;
        // Two links a seed if everything recurs.
        spill::forecast::<DocumentSeed>(seeds, memory) + spill::forecast::<SeedLink>(2 * seeds, memory / 2)
    }
}

/// Takes the texts of a corpus, each once.
pub struct Collector {
    workspace: Workspace,
    seeds: Sorter<DocumentSeed>,
}

impl Collector {
    fn new(workspace: Workspace) -> Result<Collector, Error> {
        let seeds = Sorter::new(workspace.place(SEEDS), workspace.memory)?;
        Ok(Collector { workspace, seeds })
    }

    /// Takes a text, valid UTF-8 or not, under its number. Several threads may add texts, in any order; the result is
    /// the same.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of 4 GiB or more; [`Error::is_io`] if the work folder cannot be written.
    pub fn add(&self, document: DocId, text: &[u8]) -> Result<(), Error> {
        seeds::add(document.into(), text, Depth::of(self.workspace.finder.min_length), &self.seeds)
    }

    /// Ends the collection. A [resumable](RecurringFinder::resumable) search can be continued from here.
    ///
    /// # Errors
    /// [`Error::is_io`] if the work folder cannot be written.
    pub fn finish(self) -> Result<Collected, Error> {
        let mut seeds = self.seeds.finish()?;
        if self.workspace.finder.resumable {
            seeds.save()?;
        }
        Ok(Collected { workspace: self.workspace, step: Step::Seeds(seeds) })
    }
}

/// A corpus whose texts are collected and whose search is not finished.
pub struct Collected {
    workspace: Workspace,
    step: Step,
}

/// The last finished step, with its records.
enum Step {
    Seeds(Sorted<DocumentSeed>),
    Links(Sorted<SeedLink>),
    Stretches(Sorted<FoundStretch>),
}

impl Collected {
    /// Finds the stretches. If the program is killed, [`RecurringFinder::resume`] continues after the last finished
    /// step.
    ///
    /// # Errors
    /// Those of `texts`; [`Error::is_cancelled`] if the callback asks to stop; [`Error::is_io`] and
    /// [`Error::is_corrupt`] of the work folder.
    pub fn search(self, texts: &(impl Texts + ?Sized)) -> Result<Recurring, Error> {
        let Collected { workspace, mut step } = self;
        loop {
            step = match step {
                Step::Seeds(seeds) => Step::Links(linked(&workspace, seeds)?),
                Step::Links(links) => Step::Stretches(verified(&workspace, links, texts)?),
                Step::Stretches(stretches) => {
                    let passages = gather::passages(&workspace, &stretches)?;
                    return Ok(Recurring { stretches, passages });
                }
            }
        }
    }
}

fn linked(workspace: &Workspace, seeds: Sorted<DocumentSeed>) -> Result<Sorted<SeedLink>, Error> {
    let sorter = Sorter::new(workspace.place(LINKS), workspace.memory / 2)?;
    links::join(&seeds, workspace.finder.known, &sorter, &workspace.finder.watch)?;
    let mut links = sorter.finish()?;
    if seeds.is_saved() {
        links.save()?;
        seeds.remove()?;
    }
    Ok(links)
}

fn verified(
    workspace: &Workspace,
    links: Sorted<SeedLink>,
    texts: &(impl Texts + ?Sized),
) -> Result<Sorted<FoundStretch>, Error> {
    let finder = &workspace.finder;
    let sorter = Sorter::new(workspace.place(STRETCHES), workspace.memory / 4)?;
    let documents = candidates::Documents::of(&links, finder)?;
    let batches = Batches { documents, texts, memory: workspace.text_memory };
    batches.each(&finder.watch, |work, own, holder| {
        let mut found = verify::between(finder, work, own, holder)?;
        if work.internal {
            verify::within(finder, work.document, own, &mut found)?;
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
    stretches: Sorted<FoundStretch>,
    passages: Sorted<CountedPassage>,
}

impl Recurring {
    /// The stretches that each document shares with earlier ones and with itself, by number. Documents that share nothing
    /// are left out.
    ///
    /// # Errors
    /// [`Error::is_io`] or [`Error::is_corrupt`] if the work folder cannot be read, here and from the iterator.
    pub fn documents(&self) -> Result<impl Iterator<Item = Result<DocumentStretches, Error>> + '_, Error> {
        Ok(ByDocument { found: self.stretches.merged()?, ahead: None })
    }

    /// The passages, sorted by their first holder. Each has its count and that holder as its example.
    ///
    /// # Errors
    /// [`Error::is_io`] or [`Error::is_corrupt`] if the work folder cannot be read, here and from the iterator.
    pub fn passages(&self) -> Result<impl Iterator<Item = Result<RecurringPassage, Error>> + '_, Error> {
        Ok(self.passages.merged()?.map(|passage| passage.map(CountedPassage::passage)))
    }

    /// How many stretches and unresolved places all documents have.
    pub(in crate::corpus) fn len(&self) -> u64 {
        self.stretches.len()
    }

    /// Removes the files in the work folder from which the search could be resumed.
    ///
    /// # Errors
    /// [`Error::is_io`] if a file cannot be removed.
    pub fn remove(self) -> Result<(), Error> {
        self.stretches.remove()
    }
}

/// Groups stretches by document.
struct ByDocument<'s> {
    found: Merged<'s, FoundStretch>,
    ahead: Option<FoundStretch>,
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
        let number = first.key();
        let document = DocId::at(number);
        let mut all =
            DocumentStretches { document, stretches: Vec::new(), held: Vec::new(), unresolved: Vec::new() };
        let mut next = Some(first);
        while let Some(found) = next {
            if found.key() != number {
                self.ahead = Some(found);
                break;
            }
            match (found.stretch(), found.held()) {
                (Some(stretch), _) => all.stretches.push(stretch),
                (None, Some(held)) => all.held.push(held),
                (None, None) => all.unresolved.push(found.span()),
            }
            next = match self.found.next().transpose() {
                Ok(found) => found,
                Err(error) => return Some(Err(error)),
            };
        }
        Some(Ok(all))
    }
}
