//! Trimming: a text without its repeats.
//!
//! In: a text and its copied stretches. Out: the [`Cut`]s, and the text without them. A sentence is cut only
//! if a copy of it stays, so nothing that the text says once is lost.
//!
//! The steps, each with a file, in this order:
//!
//! 1. [`sentences`]: the text is divided into sentences and lines;
//! 2. [`links`]: each sentence inside a copied stretch is linked to the places with the same text;
//! 3. [`plan`]: all cuts are decided together, each with the place that is kept for it;
//! 4. [`cuts`]: sentences that are cut become spans, with the white space on one side.
//!
//! **Laws.** `tests/trim.rs` checks them on generated and real texts: each sentence of the text, compared by
//! letters and digits, is in what remains, except for a few letters of a copy that stays; the kept place of
//! each cut is not cut; cuts are whole sentences.
//!
//! **Cost.** Linear in the text and in the blocks of its copied stretches.

pub(crate) mod cuts;
mod links;
mod plan;
pub(crate) mod sentences;

use super::copied::CopiedStretch;
use super::source::Source;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::{count, starts_character};
use cuts::{Cut, spaced};
use links::Linker;
use sentences::Sentences;

pub(crate) use links::MIN_IDENTITY;

/// The cuts of a text. `min_length` is the least number of letters that a copied stretch matches,
/// `min_identity` the least identity of a sentence with its copy.
pub(in crate::passage) fn cuts_of(
    text: Source<'_>,
    copied: &[CopiedStretch<'_>],
    min_length: usize,
    min_identity: f64,
) -> Vec<Cut> {
    if copied.is_empty() {
        return Vec::new();
    }
    let sentences = Sentences::of(text.bytes());
    let linker = Linker { text, sentences: &sentences, min_length, min_identity };
    let plan = plan::plan(&sentences, linker.links(copied));
    cuts::cuts(text, &sentences, &plan)
}

/// The span that has kept most of its formatting: the one with most line breaks. Ties are decided by the
/// number of separators (ASCII bytes that are neither letters nor digits), then by position: the first wins.
pub(crate) fn best_formatted(bytes: &[u8], spans: &[Span]) -> usize {
    let score = |span: &Span| {
        let text = &bytes[span.range()];
        let breaks = count(text, |byte| byte == b'\n');
        let separators = count(text, |byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        (breaks, separators)
    };
    (0..spans.len()).max_by_key(|&index| (score(&spans[index]), std::cmp::Reverse(index))).unwrap_or(0)
}

/// The part of a span from its first to its last place where text may be cut, with the white space on one
/// side. `None` if there is no such part.
#[allow(dead_code, reason = "used by modules behind features")]
pub(crate) fn joinable(bytes: &[u8], span: Span) -> Option<Span> {
    cuttable(bytes, span).and_then(|part| spaced(bytes, part))
}

/// The same without the white space around it.
fn cuttable(bytes: &[u8], span: Span) -> Option<Span> {
    let start = places(bytes, span).find(|&at| is_cut(bytes, at))?;
    let end = places(bytes, span).rev().find(|&at| at > start && is_cut(bytes, at))?;
    Some(Span::new(start, end))
}

/// Character boundaries of a span, its ends included.
fn places(bytes: &[u8], span: Span) -> impl DoubleEndedIterator<Item = usize> + '_ {
    (span.start..=span.end).filter(move |&at| at == bytes.len() || starts_character(bytes[at]))
}

/// Whether text may be cut at `at`: at the start or end of the text, next to a line break, or after the end
/// of a sentence (closing marks included).
pub(super) fn is_cut(bytes: &[u8], at: usize) -> bool {
    let behind = scan::after(bytes, at).map(|found| found.1);
    if at == 0 || behind.is_none() || behind == Some(Class::Line) {
        return true;
    }
    if matches!(behind, Some(Class::Closing | Class::Terminal)) {
        return false;
    }
    let mut to = at;
    let mut spaced = false;
    while let Some((_, class, length)) = scan::before(bytes, to) {
        match class {
            Class::Line => return true,
            Class::Terminal => return true,
            Class::Space | Class::Ignorable => spaced = true,
            // A quote after white space opens the next text. Only a quote that touches the sentence closes
            // it.
            Class::Closing | Class::Quote if !spaced => {}
            _ => return false,
        }
        to -= length;
    }
    true
}
