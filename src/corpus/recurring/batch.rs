//! Batches: the texts that are needed together, read together.
//!
//! In: the [`Work`] of documents, in order; texts by number. Out: each work with the text of its document and a function
//! that gives the texts of its holders (documents that hold the same text).
//!
//! **Idea.** Documents are added to a batch, in order, until they and their holders would exceed the memory. Then all
//! threads compare them, and each text that is needed is read once. So the leader (the first holder) of a boilerplate
//! passage is read once a batch, not once a document. If the holders of a single document do not fit in memory, they are
//! read one after the other, and the last ones that fit are kept.

use super::candidates::{Documents, Work};
use super::links::SeedLink;
use super::texts::Texts;
use crate::corpus::spill::Record;
use crate::error::Error;
use crate::index::DocId;
use crate::passage::source::Source;
use crate::passage::trim::links::Text;
use crate::passage::trim::sentences::Sentences;
use crate::progress::{ProgressUnit, Watch};
use crate::stream::Stream;
use crate::support::threads;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A text read again.
pub(super) struct ReadText {
    pub(super) bytes: Vec<u8>,
    pub(super) stream: Stream,
    /// Made when a stretch is found in the text.
    sentences: OnceLock<Sentences>,
}

impl ReadText {
    pub(super) fn source(&self) -> Source<'_> {
        Source::new(&self.bytes, &self.stream)
    }

    /// The text with its sentences.
    pub(super) fn text(&self) -> Text<'_> {
        let sentences = self.sentences.get_or_init(|| Sentences::of(&self.bytes));
        Text { source: self.source(), sentences }
    }
}

/// Bytes of memory for each byte of a text: the text itself, its stream with offsets, its sentences, and spare capacity of vectors.
const MEMORY_PER_BYTE: usize = 3;

fn read(texts: &(impl Texts + ?Sized), document: u32) -> Result<Arc<ReadText>, Error> {
    let mut bytes = Vec::with_capacity(texts.bytes(DocId::at(document)));
    texts.read(DocId::at(document), &mut bytes)?;
    let stream = Stream::of_bytes(&bytes)?;
    Ok(Arc::new(ReadText { bytes, stream, sentences: OnceLock::new() }))
}

/// A function that returns the text of a holder.
pub(super) type Holders<'a> = dyn Fn(u32) -> Result<Arc<ReadText>, Error> + 'a;

/// The documents to be compared, and the source of their texts.
pub(super) struct Batches<'a, T: ?Sized> {
    pub(super) documents: Documents<'a>,
    pub(super) texts: &'a T,
    pub(super) memory: usize,
}

impl<T: Texts + ?Sized> Batches<'_, T> {
    /// Calls `compare` for each document, with its text and those of its holders, on all threads.
    pub(super) fn each(
        self,
        watch: &Watch,
        compare: impl Fn(&Work, &ReadText, &Holders<'_>) -> Result<(), Error> + Sync + Send,
    ) -> Result<(), Error> {
        let Batches { mut documents, texts, memory } = self;
        let mut batch = Batch::default();
        watch.tell("comparing passages", ProgressUnit::Entries, 0, Some(documents.links()))?;
        while let Some(work) = documents.next() {
            let work = work?;
            let mut cost = batch.cost(&work, texts);
            if !batch.works.is_empty() && batch.bytes + cost > memory {
                std::mem::take(&mut batch).compare(texts, memory, &compare)?;
                watch.tell(
                    "comparing passages",
                    ProgressUnit::Entries,
                    documents.done(),
                    Some(documents.links()),
                )?;
                cost = batch.cost(&work, texts);
            }
            batch.add(work, cost);
        }
        batch.compare(texts, memory, &compare)
    }
}

/// Documents whose texts fit in memory together with those of their holders; or a single document.
#[derive(Default)]
struct Batch {
    works: Vec<Work>,
    needed: BTreeSet<u32>,
    bytes: usize,
}

/// The documents whose texts a work needs; some occur several times.
fn needed(work: &Work) -> impl Iterator<Item = u32> + '_ {
    let mut last = work.document;
    let holders = work.candidates.iter().filter_map(move |candidate| {
        let holder = candidate.link.holder();
        (std::mem::replace(&mut last, holder) != holder).then_some(holder)
    });
    std::iter::once(work.document).chain(holders)
}

impl Batch {
    /// Bytes of memory that a work adds.
    fn cost(&self, work: &Work, texts: &(impl Texts + ?Sized)) -> usize {
        let new: BTreeSet<u32> = needed(work).filter(|document| !self.needed.contains(document)).collect();
        let read: usize =
            new.iter().map(|&document| MEMORY_PER_BYTE * texts.bytes(DocId::at(document))).sum();
        read + work.candidates.len() * SeedLink::BYTES
    }

    fn add(&mut self, work: Work, cost: usize) {
        self.bytes += cost;
        self.needed.extend(needed(&work));
        self.works.push(work);
    }

    fn compare(
        self,
        texts: &(impl Texts + ?Sized),
        memory: usize,
        compare: &(impl Fn(&Work, &ReadText, &Holders<'_>) -> Result<(), Error> + Sync + Send),
    ) -> Result<(), Error> {
        if let [work] = &self.works[..]
            && self.bytes > memory
        {
            let own = read(texts, work.document)?;
            let recent = RecentTexts::new(memory.saturating_sub(MEMORY_PER_BYTE * own.bytes.len()));
            return compare(work, &own, &|holder| recent.text(texts, holder));
        }
        // A text is read when it is first needed: if the leader has all of a passage, the nearest holder is not read.
        let held: HashMap<u32, Mutex<Option<Arc<ReadText>>>> =
            self.needed.into_iter().map(|document| (document, Mutex::default())).collect();
        let text = |document: u32| {
            let mut held = held[&document].lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(text) = &*held {
                return Ok(Arc::clone(text));
            }
            let text = read(texts, document)?;
            *held = Some(Arc::clone(&text));
            Ok(text)
        };
        let compared =
            threads::map(&self.works, |work| compare(work, &*text(work.document)?, &|holder| text(holder)));
        compared.into_iter().collect()
    }
}

/// The texts that were read last, as many as fit in memory.
struct RecentTexts {
    memory: usize,
    held: RefCell<HeldTexts>,
}

#[derive(Default)]
struct HeldTexts {
    texts: VecDeque<(u32, Arc<ReadText>)>,
    /// Bytes of memory that they take.
    memory: usize,
}

impl RecentTexts {
    fn new(memory: usize) -> RecentTexts {
        RecentTexts { memory, held: RefCell::default() }
    }

    fn text(&self, texts: &(impl Texts + ?Sized), document: u32) -> Result<Arc<ReadText>, Error> {
        let mut held = self.held.borrow_mut();
        if let Some((_, text)) = held.texts.iter().find(|(number, _)| *number == document) {
            return Ok(Arc::clone(text));
        }
        let text = read(texts, document)?;
        held.memory += MEMORY_PER_BYTE * text.bytes.len();
        held.texts.push_back((document, Arc::clone(&text)));
        while held.memory > self.memory
            && held.texts.len() > 1
            && let Some((_, oldest)) = held.texts.pop_front()
        {
            held.memory -= MEMORY_PER_BYTE * oldest.bytes.len();
        }
        Ok(text)
    }
}
