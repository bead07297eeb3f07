//! Passages that recur across the kept documents: they are reported or cut, and documents that they cover are removed.
//!
//! In: the kept documents, by rank, and their texts. Out: `passages.jsonl`, `stretches.jsonl`, `trimmed.jsonl`,
//! `covered.jsonl`, and the [`Change`]s for the kept files. [`crate::corpus::recurring`] finds the passages
//! and decides what is cut. It knows no files. Its document numbers are ranks, so the preferred one of two documents that
//! hold a passage keeps its copy. If covered documents are removed, the longer one is preferred ([`Ranks::for_coverage`]).

use crate::corpus::context::Context;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::Removals;
use crate::corpus::input::texts::TextStore;
use crate::corpus::output::json_lines::{self, Put};
use crate::corpus::recurring::{
    Collected, DocumentStretches, Fate, Recurring, RecurringFinder, Stretch, Texts, Trimming,
};
use crate::corpus::settings::{PassageMode, RepeatMode, Settings};
use crate::corpus::spill::{Sorted, Sorter};
use crate::corpus::store::change::{Change, NEW_TEXTS};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::ids::Ids;
use crate::corpus::store::table::{Appender, Seal};
use crate::error::Error;
use crate::index::DocId;
use crate::span::Span;
use crate::support::threads;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The name of the saved changes.
const CHANGES: &str = "changes";
const STAGE: &str = "passages";
/// Documents whose texts are read at once.
const BATCH: u32 = 1 << 12;
/// The most ids that are held in memory.
const HELD_IDS: usize = 1 << 12;
/// The most bytes of an id that is held in memory.
const LONGEST_HELD_ID: usize = 1 << 10;

/// The finder of recurring passages, with the settings of a job.
pub(crate) fn finder(settings: &Settings) -> RecurringFinder {
    RecurringFinder::new().min_length(settings.passage_length)
}

/// Refuses settings of passages that are out of range.
pub(crate) fn check(settings: &Settings) -> Result<(), Error> {
    let finder = finder(settings);
    finder.validate()?;
    settings.coverage.map_or(Ok(()), |share| Trimming::new(&finder).remove_covered(share).map(|_| ()))
}

/// Counts of what recurs across the kept documents of a corpus.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PassageCounts {
    /// Passages that occur more than once.
    pub passages: u64,
    /// Documents from which something is cut; with [`PassageMode::Report`](super::super::PassageMode::Report), would be cut.
    pub trimmed: u64,
    /// Bytes of their texts that are cut, or would be.
    pub cut_bytes: u64,
    /// Documents removed because passages of others cover enough of them.
    pub covered: u64,
    /// Places where every part recurs, but only in short pieces and not as a long copy.
    pub unresolved: u64,
}

/// The passages of a corpus.
pub(crate) struct FoundPassages {
    /// The changes, sorted by document.
    pub(crate) changes: Sorted<Change>,
    pub(crate) counts: PassageCounts,
}

/// Finds the passages and writes the files about them. Does nothing if the job does not search for passages.
pub(crate) fn find(
    context: &Context<'_>,
    texts: &TextStore<'_>,
    ranks: &Ranks,
    removals: &Removals,
    ids: &Ids<'_>,
) -> Result<Option<FoundPassages>, Error> {
    let Some(mode) = context.settings.passages else { return Ok(None) };
    if let Some((counts, new_texts)) = context.work.done::<(PassageCounts, Seal)>(STAGE)?
        && let Some(changes) = context.saved(CHANGES)?
    {
        new_texts.check(&context.work.path(NEW_TEXTS))?;
        return Ok(Some(FoundPassages { changes, counts }));
    }
    let by_length = context.settings.coverage.map(|_| Ranks::for_coverage(context)).transpose()?;
    let ranks = by_length.as_ref().unwrap_or(ranks);
    let finder = finder(context.settings).known(context.numbering.earlier()).watch(context.watch.clone());
    let (folder, memory) = (context.work.path(""), context.budget / 2);
    let kept = RankedTexts { texts, ranks };
    let collected = match finder.resume(&folder, memory)? {
        Some(collected) => collected,
        None => collect(context, &finder, &kept, removals)?,
    };
    let recurring = collected.search(&kept)?;
    let mut report =
        Report { context, kept, ids: RankedIds::new(ids, ranks), counts: PassageCounts::default() };
    report.passages(&recurring)?;
    let (changes, new_texts) = report.documents(mode, &finder, &recurring)?;
    context.work.finish(STAGE, &(report.counts, new_texts))?;
    recurring.remove()?;
    Ok(Some(FoundPassages { changes, counts: report.counts }))
}

/// The documents that are not kept: removed for another, or covered by others.
pub(crate) fn gone(
    context: &Context<'_>,
    removals: &Removals,
    changes: Option<&Sorted<Change>>,
) -> Result<Bits, Error> {
    let mut gone = removals.set(context.numbering.all())?;
    for change in changes.map(Sorted::merged).transpose()?.into_iter().flatten() {
        let Change { document, text } = change?;
        if text.is_none() {
            gone.insert(document);
        }
    }
    Ok(gone)
}

/// Collects the seeds of all documents except the removed ones.
fn collect(
    context: &Context<'_>,
    finder: &RecurringFinder,
    kept: &RankedTexts<'_>,
    removals: &Removals,
) -> Result<Collected, Error> {
    let documents = context.numbering.all();
    let removed = removals.set(documents)?;
    let collector = finder.collect(&context.work.path(""), context.budget / 2)?;
    let mut first = 0;
    while first < documents {
        context.tell_documents("sampling texts", first, documents)?;
        context.work.check_disk()?;
        let end = documents.min(first.saturating_add(BATCH));
        let is_kept = |rank: &u32| !removed.contains(kept.ranks.document(*rank));
        let ranks: Vec<u32> = (first..end).filter(is_kept).collect();
        let added = threads::map(&ranks, |&rank| {
            kept.texts
                .with(kept.ranks.document(rank), |text| collector.add(DocId::at(rank), text.as_bytes()))?
        });
        added.into_iter().collect::<Result<(), Error>>()?;
        first = end;
    }
    collector.finish()
}

/// The texts of the documents, numbered by rank.
struct RankedTexts<'r> {
    texts: &'r TextStore<'r>,
    ranks: &'r Ranks,
}

impl Texts for RankedTexts<'_> {
    fn read(&self, rank: DocId, text: &mut Vec<u8>) -> Result<(), Error> {
        self.texts.with(self.ranks.document(rank.into()), |found| text.extend_from_slice(found.as_bytes()))
    }

    fn bytes(&self, rank: DocId) -> usize {
        let document = self.ranks.document(rank.into());
        // Only the use of memory depends on this value. If the row cannot be read, `read` returns the error.
        self.texts.document(document).map_or(0, |document| document.text_length as usize)
    }
}

/// The ids of documents by rank, as JSON. Ids are held in memory until there are [`HELD_IDS`] of them; then all are dropped.
/// They are held because the ids of a few documents, the first holders of boilerplate, are needed again and again.
struct RankedIds<'r> {
    ids: &'r Ids<'r>,
    ranks: &'r Ranks,
    held: RefCell<HashMap<DocId, Rc<str>>>,
}

impl<'r> RankedIds<'r> {
    fn new(ids: &'r Ids<'r>, ranks: &'r Ranks) -> RankedIds<'r> {
        RankedIds { ids, ranks, held: RefCell::default() }
    }

    fn json(&self, rank: DocId) -> Result<Rc<str>, Error> {
        let mut held = self.held.borrow_mut();
        if let Some(id) = held.get(&rank) {
            return Ok(Rc::clone(id));
        }
        let id: Rc<str> = self.ids.json(self.ranks.document(rank.into()))?.into();
        if held.len() == HELD_IDS {
            held.clear();
        }
        if id.len() <= LONGEST_HELD_ID {
            held.insert(rank, Rc::clone(&id));
        }
        Ok(id)
    }
}

/// The files of JSON lines about single documents.
struct DocumentFiles<'f> {
    stretches: &'f mut Put<'f>,
    trimmed: &'f mut Put<'f>,
    covered: &'f mut Put<'f>,
}

/// The new texts and the changes, for the kept files.
struct NewDocuments {
    changes: Sorter<Change>,
    texts: Appender,
}

/// Writes what was found, and counts it.
struct Report<'r> {
    context: &'r Context<'r>,
    kept: RankedTexts<'r>,
    ids: RankedIds<'r>,
    counts: PassageCounts,
}

impl Report<'_> {
    /// Writes the passages.
    fn passages(&mut self, recurring: &Recurring) -> Result<(), Error> {
        let path = self.context.settings.output.join("passages.jsonl");
        json_lines::write(&path, |put| {
            // Passages are sorted by the document of their example, so its text is read once.
            let mut example: Option<(DocId, Vec<u8>)> = None;
            for passage in recurring.passages()? {
                let passage = passage?;
                if example.as_ref().is_none_or(|(rank, _)| *rank != passage.document) {
                    let mut text = Vec::new();
                    self.kept.read(passage.document, &mut text)?;
                    example = Some((passage.document, text));
                }
                let text = example.as_ref().map_or(&[][..], |(_, text)| &text[passage.span.range()]);
                put(&format!(
                    "{{\"example\":{},\"span\":{},\"occurrences\":{},\"copy\":{},\"copy_span\":{},\"text\":{}}}\n",
                    self.ids.json(passage.document)?,
                    pair(passage.span),
                    passage.occurrences,
                    self.ids.json(passage.copy_document)?,
                    pair(passage.copy_span),
                    json!(String::from_utf8_lossy(text)),
                ))?;
                self.counts.passages += 1;
            }
            Ok(())
        })
    }

    /// Decides on each document, and writes what it shares and what is cut or removed. Returns the changes, and the seal of the
    /// new texts.
    fn documents(
        &mut self,
        mode: PassageMode,
        finder: &RecurringFinder,
        recurring: &Recurring,
    ) -> Result<(Sorted<Change>, Seal), Error> {
        let context = self.context;
        let mut trimming = Trimming::new(finder).repeats(context.settings.repeats == RepeatMode::Trim);
        if let Some(share) = context.settings.coverage {
            trimming = trimming.remove_covered(share)?;
        }
        let mut new = NewDocuments {
            changes: context.sorter(CHANGES, 8)?,
            texts: Appender::new(context.work.path(NEW_TEXTS))?,
        };
        let path = |name: &str| context.settings.output.join(name);
        json_lines::write(&path("stretches.jsonl"), |stretches| {
            json_lines::write(&path("trimmed.jsonl"), |trimmed| {
                json_lines::write(&path("covered.jsonl"), |covered| {
                    let mut files = DocumentFiles { stretches, trimmed, covered };
                    let (mut done, mut reported) = (0, 0);
                    for found in recurring.documents()? {
                        let found = found?;
                        if done >= reported {
                            context.tell_entries("trimming", done, recurring.len())?;
                            context.work.check_disk()?;
                            reported += u64::from(BATCH);
                        }
                        done += (found.stretches.len() + found.held.len() + found.unresolved.len()) as u64;
                        self.document(mode, &mut trimming, &found, &mut files, &mut new)?;
                    }
                    Ok(())
                })
            })
        })?;
        let new_texts = new.texts.sync()?;
        let mut changes = new.changes.finish()?;
        changes.save()?;
        Ok((changes, new_texts))
    }

    fn document(
        &mut self,
        mode: PassageMode,
        trimming: &mut Trimming,
        found: &DocumentStretches,
        files: &mut DocumentFiles<'_>,
        new: &mut NewDocuments,
    ) -> Result<(), Error> {
        (files.stretches)(&self.stretches(found)?)?;
        self.counts.unresolved += found.unresolved.len() as u64;
        let mut text = Vec::new();
        self.kept.read(found.document, &mut text)?;
        let document = self.kept.ranks.document(found.document.into());
        match trimming.decide(&text, found)? {
            Fate::Kept => Ok(()),
            Fate::Removed { coverage, sources } => {
                self.counts.covered += 1;
                (files.covered)(&self.covered(found.document, coverage, &sources)?)?;
                new.changes.extend(&[Change { document, text: None }])
            }
            Fate::Trimmed { cuts, text: left } => {
                self.counts.trimmed += 1;
                self.counts.cut_bytes += cuts.iter().map(|cut| cut.len() as u64).sum::<u64>();
                (files.trimmed)(&self.trimmed(found, &cuts)?)?;
                if mode == PassageMode::Report {
                    return Ok(());
                }
                let encoded = self.encoded(document, left)?;
                let text = Some((new.texts.len(), encoded.len() as u32));
                new.texts.append(&encoded)?;
                new.changes.extend(&[Change { document, text }])
            }
        }
    }

    /// The line that says what a document shares with those before it and with itself.
    fn stretches(&self, found: &DocumentStretches) -> Result<String, Error> {
        let stretch = |stretch: &Stretch| {
            Ok(format!(
                "{{\"span\":{},\"holder\":{},\"holder_span\":{},\"identity\":{}}}",
                pair(stretch.span),
                self.ids.json(stretch.holder)?,
                pair(stretch.holder_span),
                json!(stretch.identity),
            ))
        };
        let listed = found.stretches.iter().map(stretch).collect::<Result<Vec<String>, Error>>()?;
        Ok(format!(
            "{{\"id\":{},\"stretches\":[{}],\"unresolved\":[{}]}}\n",
            self.ids.json(found.document)?,
            listed.join(","),
            pairs(&found.unresolved)
        ))
    }

    /// The line of a document that others cover.
    fn covered(&self, rank: DocId, coverage: f64, sources: &[(DocId, u64)]) -> Result<String, Error> {
        let source = |&(source, characters): &(DocId, u64)| {
            Ok(format!("{{\"id\":{},\"characters\":{characters}}}", self.ids.json(source)?))
        };
        let sources = sources.iter().map(source).collect::<Result<Vec<String>, Error>>()?;
        let (id, coverage) = (self.ids.json(rank)?, json!(coverage));
        Ok(format!("{{\"id\":{id},\"coverage\":{coverage},\"sources\":[{}]}}\n", sources.join(",")))
    }

    /// The line of a document that is cut. The sources are the documents that hold what was cut.
    fn trimmed(&self, found: &DocumentStretches, cuts: &[Span]) -> Result<String, Error> {
        let is_cut = |span: Span| cuts.iter().any(|cut| cut.covers(span));
        let held = found.held.iter().map(|held| (held.span, held.holder));
        let internal = found
            .stretches
            .iter()
            .filter(|stretch| self.context.settings.repeats == RepeatMode::Trim && stretch.is_internal());
        let internal = internal.map(|stretch| (stretch.span, stretch.holder));
        let holders: BTreeSet<DocId> =
            held.chain(internal).filter(|&(span, _)| is_cut(span)).map(|(_, holder)| holder).collect();
        let sources = holders
            .into_iter()
            .map(|holder| self.ids.json(holder))
            .collect::<Result<Vec<Rc<str>>, Error>>()?;
        let id = self.ids.json(found.document)?;
        Ok(format!("{{\"id\":{id},\"cuts\":[{}],\"sources\":[{}]}}\n", pairs(cuts), sources.join(",")))
    }

    /// A text in the form that the file of its document holds.
    fn encoded(&self, document: u32, text: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self.kept.texts.format_of(document)? {
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
