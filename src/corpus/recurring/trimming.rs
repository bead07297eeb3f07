//! Trimming: what to cut from each document so that every passage stays once.
//!
//! In: documents by number, each with its text, its stretches and the sentences that earlier documents hold. Out: a [`Fate`] for
//! each document.
//!
//! **Keep one.** Whole sentences are cut if a document with a lower number holds them, so the first holder keeps them. So all
//! text that is cut from a document that stays has an equal copy, in squeezed characters, in another document that stays. If a
//! holder was removed whole, it counts as a holder only of sentences that other documents hold too. Its other sentences are kept
//! in the next document that has them, for all later ones.
//!
//! **Repeats inside one document** are a matter of that document: the chorus of a song belongs there. They are cut only on request,
//! and then as in any single text ([`PassageFinder::trimmed`]).
//!
//! **Cuts.** Neighbouring sentences are cut together, if they have at least `min_length` letters; less is not worth a gap in the text.

use super::finder::RecurringFinder;
use super::stretch::{DocumentStretches, HeldSentences, Stretch};
use crate::error::Error;
use crate::index::DocId;
use crate::passage::PassageFinder;
use crate::passage::trim::cuts::{spaced, without};
use crate::scan;
use crate::span::Span;
use crate::stream::{Stream, characters, letters};
use std::collections::{BTreeMap, HashMap};

/// The decision on a document.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Fate {
    /// It stays unchanged.
    Kept,
    /// It stays, without the sentences that others hold or, on request, that it holds twice.
    Trimmed {
        /// The parts that were cut, in bytes of the old text.
        cuts: Vec<Span>,
        /// The text that is left.
        text: Vec<u8>,
    },
    /// It is removed, because others hold enough of it.
    Removed {
        /// The share of its squeezed characters that others hold.
        coverage: f64,
        /// The documents that hold it, with the squeezed characters that each covers. A character that several cover counts
        /// for the one whose stretch starts first. Sorted from the most characters to the fewest, then by number.
        sources: Vec<(DocId, u64)>,
    },
}

/// Decides on documents one by one, by number. Memory holds the spans of removed documents that others hold.
///
/// # Example
/// ```
/// use refrain::corpus::{Fate, RecurringFinder, Trimming};
/// let banner = "We value your privacy. We and our 842 partners store and access information on your device.";
/// let pages = [format!("{banner}\nThe ferry sails again."), format!("Rain on Sunday.\n{banner}\nMore follows.")];
/// let finder = RecurringFinder::new();
/// let found = finder.search(&pages)?;
/// let mut trimming = Trimming::new(&finder);
/// for document in found.documents()? {
///     let document = document?;
///     let page = &pages[document.document.position()];
///     let Fate::Trimmed { text, .. } = trimming.decide(page.as_bytes(), &document)? else { panic!() };
///     assert_eq!(text, b"Rain on Sunday.\nMore follows.");
/// }
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trimming {
    min_length: usize,
    max_gap: usize,
    coverage: Option<f64>,
    repeats: bool,
    removed: HashMap<DocId, Removed>,
}

/// The spans of a removed document that other documents hold.
#[derive(Clone, Debug, Default)]
struct Removed {
    /// Parts of stretches: what counts as coverage of later documents.
    stretches: Vec<Span>,
    /// Whole sentences.
    sentences: Vec<Span>,
}

impl Trimming {
    /// Trims what was found with these settings. It removes no document, and leaves alone what only repeats inside one.
    #[must_use]
    pub fn new(finder: &RecurringFinder) -> Trimming {
        let RecurringFinder { min_length, max_gap, .. } = *finder;
        Trimming { min_length, max_gap, coverage: None, repeats: false, removed: HashMap::new() }
    }

    /// Whether sentences that repeat inside one document are cut too, all but one copy, as [`PassageFinder::trimmed`] does. Off by
    /// default, so that a chorus stays.
    #[must_use]
    pub fn repeats(mut self, repeats: bool) -> Trimming {
        self.repeats = repeats;
        self
    }

    /// Removes a document if others hold at least this share of its squeezed characters.
    ///
    /// # Errors
    /// [`Error::is_setting`] unless `0 < share <= 1`.
    pub fn remove_covered(mut self, share: f64) -> Result<Trimming, Error> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(Error::setting(format!(
                "the coverage at which a document is removed is {share}, but must be above 0 and at most 1 (100 %)"
            )));
        }
        self.coverage = Some(share);
        Ok(self)
    }

    /// Decides on the next document. Documents without stretches are always kept and can be left out.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of 4 GiB or more.
    pub fn decide(&mut self, text: &[u8], found: &DocumentStretches) -> Result<Fate, Error> {
        let shared = || found.stretches.iter().filter(|stretch| !stretch.is_internal());
        if let Some(least) = self.coverage {
            let held: Vec<&Stretch> = shared().filter(|stretch| self.is_held(stretch)).collect();
            let all = squeezed(text)?;
            let sources = sources(text, &held)?;
            let covered: u64 = sources.iter().map(|(_, characters)| characters).sum();
            let coverage = covered as f64 / all.max(1) as f64;
            if covered > 0 && coverage >= least {
                let stretches = union(held.iter().map(|stretch| stretch.span));
                let sentences = union(self.held(found).map(|held| held.span));
                self.removed.insert(found.document, Removed { stretches, sentences });
                return Ok(Fate::Removed { coverage, sources });
            }
        }
        let mut spans: Vec<Span> = self.held(found).map(|held| held.span).collect();
        // This document stays, and keeps what it has of a removed holder.
        for stretch in shared() {
            if let Some(removed) = self.removed.get_mut(&stretch.holder) {
                add(&mut removed.stretches, stretch.holder_span);
            }
        }
        for sentences in &found.held {
            if let Some(removed) = self.removed.get_mut(&sentences.holder) {
                add(&mut removed.sentences, sentences.holder_span);
            }
        }
        if self.repeats && found.stretches.iter().any(Stretch::is_internal) {
            // If the copy that stays for a repeat is cut here, another document holds it.
            let finder = PassageFinder::new().min_length(self.min_length).max_gap(self.max_gap);
            let cuts = finder.trimmed(&finder.prepare_bytes(text)?)?.cuts;
            spans.extend(cuts.iter().map(|cut| cut.span));
        }
        self.cut(text, union(spans.into_iter()))
    }

    /// The sentences whose copy in the holder stays in some document.
    fn held<'f>(&self, found: &'f DocumentStretches) -> impl Iterator<Item = &'f HeldSentences> {
        found.held.iter().filter(|sentences| {
            self.removed
                .get(&sentences.holder)
                .is_none_or(|removed| removed.sentences.iter().any(|span| span.covers(sentences.holder_span)))
        })
    }

    /// Whether the holder's copy of a stretch stays in some document.
    fn is_held(&self, stretch: &Stretch) -> bool {
        self.removed
            .get(&stretch.holder)
            .is_none_or(|removed| removed.stretches.iter().any(|span| span.covers(stretch.holder_span)))
    }

    fn cut(&self, text: &[u8], spans: Vec<Span>) -> Result<Fate, Error> {
        let mut cuts = Vec::new();
        for span in across_separators(text, spans) {
            if let Some(cut) = spaced(text, span)
                && letters(Stream::of_bytes(&text[cut.range()])?.folded()) >= self.min_length
            {
                cuts.push(cut);
            }
        }
        if cuts.is_empty() {
            return Ok(Fate::Kept);
        }
        Ok(Fate::Trimmed { text: without(text, cuts.iter().copied()), cuts })
    }
}

/// Adds a span to merged spans.
fn add(spans: &mut Vec<Span>, span: Span) {
    spans.push(span);
    *spans = union(spans.drain(..));
}

/// The spans in order. Spans that overlap or touch are merged.
fn union(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.collect();
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// Disjoint spans in order. Spans with only separators between them are merged.
fn across_separators(text: &[u8], spans: Vec<Span>) -> Vec<Span> {
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if is_separated_only(text, Span::new(last.end, span.start)) => last.end = span.end,
            _ => merged.push(span),
        }
    }
    merged
}

fn is_separated_only(text: &[u8], gap: Span) -> bool {
    let mut at = gap.start;
    while at < gap.end {
        match scan::after(text, at) {
            Some((_, class, length)) if !class.is_kept() => at += length,
            _ => return false,
        }
    }
    true
}

/// The number of squeezed characters of a text.
fn squeezed(text: &[u8]) -> Result<u64, Error> {
    Ok(characters(Stream::of_bytes(text)?.folded()) as u64)
}

/// The number of squeezed characters that each holder covers. If several cover a character, it counts for the first stretch.
fn sources(text: &[u8], held: &[&Stretch]) -> Result<Vec<(DocId, u64)>, Error> {
    let mut by_holder: BTreeMap<DocId, u64> = BTreeMap::new();
    let mut reached = 0;
    for stretch in held {
        let from = stretch.span.start.max(reached);
        if from < stretch.span.end {
            *by_holder.entry(stretch.holder).or_default() += squeezed(&text[from..stretch.span.end])?;
            reached = stretch.span.end;
        }
    }
    let mut sources: Vec<(DocId, u64)> =
        by_holder.into_iter().filter(|&(_, characters)| characters > 0).collect();
    sources.sort_by_key(|&(holder, characters)| (std::cmp::Reverse(characters), holder));
    Ok(sources)
}
