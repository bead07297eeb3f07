//! Passages: what recurs across the kept documents, told, cut, or counted against whole documents.
//!
//! In: the documents that are kept, by rank, and their texts. Out: `passages.jsonl`, `stretches.jsonl`, `trimmed.jsonl`,
//! `covered.jsonl`, and the [`Change`]s that `write` makes. How passages are found and what is cut is the business of [`crate::corpus::recurring`], which does
//! not know files; its numbers are the ranks here, so that of two holders the preferred one keeps its copy.

use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::Removal;
use crate::corpus::input::texts::TextStore;
use crate::corpus::recurring::{
    Collected, DocumentStretches, Fate, Recurring, RecurringFinder, Stretch, Texts, Trimming,
};
use crate::corpus::settings::{PassageMode, Settings};
use crate::corpus::spill::{Sorted, Sorter};
use crate::corpus::store::change::{Change, NEW_TEXTS};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::ids::Ids;
use crate::corpus::store::table::Appender;
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::span::Span;
use crate::support::{atomic_file, threads};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::rc::Rc;

const CHANGES: &str = "changes";
const STAGE: &str = "passages";
/// Documents whose texts are read at once.
const BATCH: u32 = 1 << 12;

/// What finds passages by the settings of a job.
pub(crate) fn finder(settings: &Settings) -> RecurringFinder {
    RecurringFinder::new().min_length(settings.passage_length)
}

/// Refuses settings of passages that are out of range.
pub(crate) fn check(settings: &Settings) -> Result<(), Error> {
    let finder = finder(settings).checked()?;
    settings.coverage.map_or(Ok(()), |share| Trimming::new(&finder).remove_covered(share).map(|_| ()))
}

/// What recurs in a corpus, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PassageCounts {
    /// Passages that stand more than once.
    pub passages: u64,
    /// Documents from which something is cut, or would be.
    pub trimmed: u64,
    /// Bytes of their texts that are cut, or would be.
    pub cut_bytes: u64,
    /// Documents that others cover, removed whole.
    pub covered: u64,
    /// Places of which every part recurs in short pieces, and no long copy was found.
    pub unresolved: u64,
}

/// What the search rests on.
pub(crate) struct Searcher<'s> {
    pub(crate) settings: &'s Settings,
    /// So many documents, the first, are those of earlier jobs: holders, of which nothing is cut.
    pub(crate) earlier: u32,
    pub(crate) texts: &'s TextStore<'s>,
    pub(crate) ranks: &'s Ranks,
    pub(crate) removals: &'s Sorted<Removal>,
    pub(crate) names: Names<'s>,
    pub(crate) work: &'s Work,
    pub(crate) budget: usize,
    pub(crate) watch: &'s Watch,
}

/// The ids of documents by rank, as JSON; the last ones are held, since a few holders, those of boilerplate, are named again and again.
pub(crate) struct Names<'n> {
    ids: &'n Ids<'n>,
    ranks: &'n Ranks,
    held: RefCell<HashMap<u32, Rc<str>>>,
}

impl<'n> Names<'n> {
    /// Ids held at once.
    const MOST: usize = 1 << 12;
    /// Bytes of the longest id that is held.
    const LONGEST: usize = 1 << 10;

    pub(crate) fn new(ids: &'n Ids<'n>, ranks: &'n Ranks) -> Names<'n> {
        Names { ids, ranks, held: RefCell::default() }
    }

    fn of(&self, rank: u32) -> Result<Rc<str>, Error> {
        let mut held = self.held.borrow_mut();
        if let Some(id) = held.get(&rank) {
            return Ok(Rc::clone(id));
        }
        let id: Rc<str> = self.ids.json(self.ranks.document(rank))?.into();
        if held.len() == Names::MOST {
            held.clear();
        }
        if id.len() <= Names::LONGEST {
            held.insert(rank, Rc::clone(&id));
        }
        Ok(id)
    }
}

/// The kept documents, numbered by rank.
struct Kept<'k> {
    texts: &'k TextStore<'k>,
    ranks: &'k Ranks,
}

impl Texts for Kept<'_> {
    fn read(&self, rank: u32, text: &mut Vec<u8>) -> Result<(), Error> {
        self.texts.with(self.ranks.document(rank), |found| text.extend_from_slice(found.as_bytes()))
    }

    fn bytes(&self, rank: u32) -> usize {
        // Only memory depends on it, and who cannot read the row here cannot there.
        self.texts.document(self.ranks.document(rank)).map_or(0, |document| document.text_length as usize)
    }
}

impl Searcher<'_> {
    /// Finds the passages of so many documents and writes down what is to be done.
    pub(crate) fn search(
        &self,
        mode: PassageMode,
        documents: u32,
    ) -> Result<(Sorted<Change>, PassageCounts), Error> {
        if let (Some(changes), Some(recurred)) =
            (Sorted::open(self.work.place(CHANGES))?, self.work.done(STAGE)?)
        {
            return Ok((changes, recurred));
        }
        let finder = finder(self.settings).known(self.earlier);
        let (folder, memory) = (self.work.path(""), self.budget / 2);
        let collected = match finder.resume(&folder, memory)? {
            Some(collected) => collected,
            None => self.collect(&finder, documents)?,
        };
        let recurring = collected.search(&self.kept(), self.watch)?;
        let mut recurred = PassageCounts { passages: self.passages(&recurring)?, ..PassageCounts::default() };
        let changes = self.decide(mode, &finder, &recurring, &mut recurred)?;
        self.work.finish(STAGE, &recurred)?;
        recurring.remove()?;
        Ok((changes, recurred))
    }

    fn kept(&self) -> Kept<'_> {
        Kept { texts: self.texts, ranks: self.ranks }
    }

    fn collect(&self, finder: &RecurringFinder, documents: u32) -> Result<Collected, Error> {
        let removed = gone(self.removals, None, documents)?;
        let collector = finder.collect(&self.work.path(""), self.budget / 2)?;
        let mut first = 0;
        while first < documents {
            self.watch.tell(
                "sampling texts",
                ProgressUnit::Documents,
                first.into(),
                Some(documents.into()),
            )?;
            self.work.check_disk()?;
            let end = documents.min(first.saturating_add(BATCH));
            let ranks: Vec<u32> =
                (first..end).filter(|&rank| !removed.contains(self.ranks.document(rank))).collect();
            let added = threads::map(&ranks, |&rank| {
                self.texts.with(self.ranks.document(rank), |text| collector.add(rank, text.as_bytes()))?
            });
            added.into_iter().collect::<Result<(), Error>>()?;
            first = end;
        }
        collector.finish()
    }

    /// Calls `content` with a writer of lines into a file of the output.
    fn lines(
        &self,
        name: &str,
        content: impl FnOnce(&mut Lines<'_, '_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.settings.output.join(name);
        atomic_file::write(&path, |out| content(&mut Lines { out, path: &path }))
    }

    /// The id of the document of a rank, as JSON.
    fn id(&self, rank: u32) -> Result<Rc<str>, Error> {
        self.names.of(rank)
    }

    /// Writes the passages; gives their number.
    fn passages(&self, recurring: &Recurring) -> Result<u64, Error> {
        let mut count = 0;
        self.lines("passages.jsonl", |lines| {
            // Passages come by their example: its text is read once.
            let mut example: Option<(u32, Vec<u8>)> = None;
            for passage in recurring.passages()? {
                let passage = passage?;
                if example.as_ref().is_none_or(|(rank, _)| *rank != passage.document) {
                    let mut text = Vec::new();
                    self.kept().read(passage.document, &mut text)?;
                    example = Some((passage.document, text));
                }
                let text = example.as_ref().map_or(&[][..], |(_, text)| &text[passage.span.range()]);
                lines.put(&format!(
                    "{{\"example\":{},\"span\":{},\"occurrences\":{},\"copy\":{},\"copy_span\":{},\"text\":{}}}",
                    self.id(passage.document)?,
                    pair(passage.span),
                    passage.occurrences,
                    self.id(passage.copy_document)?,
                    pair(passage.copy_span),
                    json!(String::from_utf8_lossy(text)),
                ))?;
                count += 1;
            }
            Ok(())
        })?;
        Ok(count)
    }

    /// Decides on each document, and writes down what is shared, what is cut and what goes.
    fn decide(
        &self,
        mode: PassageMode,
        finder: &RecurringFinder,
        recurring: &Recurring,
        recurred: &mut PassageCounts,
    ) -> Result<Sorted<Change>, Error> {
        let mut trimming = Trimming::new(finder);
        if let Some(share) = self.settings.coverage {
            trimming = trimming.remove_covered(share)?;
        }
        let changes = Sorter::new(self.work.place(CHANGES), self.budget / 8)?;
        let mut new_texts = Appender::at(self.work.path(NEW_TEXTS), 0)?;
        self.lines("stretches.jsonl", |stretches| {
            self.lines("trimmed.jsonl", |trimmed| {
                self.lines("covered.jsonl", |covered| {
                    let (mut text, mut done, mut told) = (Vec::new(), 0, 0);
                    for found in recurring.documents()? {
                        let found = found?;
                        if done >= told {
                            self.watch.tell(
                                "trimming",
                                ProgressUnit::Entries,
                                done,
                                Some(recurring.len()),
                            )?;
                            self.work.check_disk()?;
                            told += u64::from(BATCH);
                        }
                        done += (found.stretches.len() + found.unresolved.len()) as u64;
                        stretches.put(&self.stretches(&found)?)?;
                        recurred.unresolved += found.unresolved.len() as u64;
                        text.clear();
                        self.kept().read(found.document, &mut text)?;
                        let document = self.ranks.document(found.document);
                        match trimming.decide(&text, &found)? {
                            Fate::Kept => {}
                            Fate::Removed { coverage, sources } => {
                                recurred.covered += 1;
                                covered.put(&self.covered(found.document, coverage, &sources)?)?;
                                changes.extend(&[Change { document, text: None }])?;
                            }
                            Fate::Trimmed { cuts, text: left } => {
                                recurred.trimmed += 1;
                                recurred.cut_bytes += cuts.iter().map(|cut| cut.len() as u64).sum::<u64>();
                                trimmed.put(&self.trimmed(&found, &cuts)?)?;
                                if mode == PassageMode::Trim {
                                    let new = self.as_it_stands(document, left)?;
                                    let text = Some((new_texts.len(), new.len() as u32));
                                    new_texts.append(&new)?;
                                    changes.extend(&[Change { document, text }])?;
                                }
                            }
                        }
                    }
                    Ok(())
                })
            })
        })?;
        new_texts.sync()?;
        let mut changes = changes.finish()?;
        changes.save()?;
        Ok(changes)
    }

    /// The line of what a document shares with those before it and with itself.
    fn stretches(&self, found: &DocumentStretches) -> Result<String, Error> {
        let stretch = |stretch: &Stretch| {
            Ok(format!(
                "{{\"span\":{},\"holder\":{},\"holder_span\":{},\"identity\":{}}}",
                pair(stretch.span),
                self.id(stretch.holder)?,
                pair(stretch.holder_span),
                json!(stretch.identity),
            ))
        };
        let listed = found.stretches.iter().map(stretch).collect::<Result<Vec<String>, Error>>()?;
        Ok(format!(
            "{{\"id\":{},\"stretches\":[{}],\"unresolved\":[{}]}}",
            self.id(found.document)?,
            listed.join(","),
            pairs(&found.unresolved)
        ))
    }

    /// The line of a document that others cover.
    fn covered(&self, rank: u32, coverage: f64, sources: &[(u32, u64)]) -> Result<String, Error> {
        let source = |&(source, characters): &(u32, u64)| {
            Ok(format!("{{\"id\":{},\"characters\":{characters}}}", self.id(source)?))
        };
        let sources = sources.iter().map(source).collect::<Result<Vec<String>, Error>>()?;
        let (id, coverage) = (self.id(rank)?, json!(coverage));
        Ok(format!("{{\"id\":{id},\"coverage\":{coverage},\"sources\":[{}]}}", sources.join(",")))
    }

    /// The line of a document that is cut.
    fn trimmed(&self, found: &DocumentStretches, cuts: &[Span]) -> Result<String, Error> {
        let holders: BTreeSet<u32> = found.stretches.iter().map(|stretch| stretch.holder).collect();
        let sources =
            holders.into_iter().map(|holder| self.id(holder)).collect::<Result<Vec<Rc<str>>, Error>>()?;
        let id = self.id(found.document)?;
        Ok(format!("{{\"id\":{id},\"cuts\":[{}],\"sources\":[{}]}}", pairs(cuts), sources.join(",")))
    }

    /// A text as it is to stand in the file of its document.
    fn as_it_stands(&self, document: u32, text: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self.texts.format_of(document)? {
            Some(format) => {
                let text = String::from_utf8(text).expect("cut on character boundaries");
                Ok(format.encode(text))
            }
            None => Ok(text),
        }
    }
}

fn pair(span: Span) -> String {
    format!("[{},{}]", span.start, span.end)
}

fn pairs(spans: &[Span]) -> String {
    spans.iter().copied().map(pair).collect::<Vec<String>>().join(",")
}

/// The documents that do not stay: for another, or since others cover them.
pub(crate) fn gone(
    removals: &Sorted<Removal>,
    changes: Option<&Sorted<Change>>,
    documents: u32,
) -> Result<Bits, Error> {
    let mut gone = Bits::none(documents);
    for removal in removals.merged()? {
        gone.insert(removal?.document);
    }
    for change in changes.map(Sorted::merged).transpose()?.into_iter().flatten() {
        let Change { document, text } = change?;
        if text.is_none() {
            gone.insert(document);
        }
    }
    Ok(gone)
}

/// A file of JSON lines in the making.
struct Lines<'l, 'f> {
    out: &'l mut BufWriter<&'f File>,
    path: &'l std::path::Path,
}

impl Lines<'_, '_> {
    fn put(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.out, "{line}").map_err(|error| Error::cannot_write(self.path, error))
    }
}
