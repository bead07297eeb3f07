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
pub(crate) mod links;
mod plan;
pub(crate) mod sentences;

use super::copied::CopiedStretch;
use super::source::Source;
use crate::span::Span;
use crate::stream::count;
use cuts::Cut;
use links::Text;
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
    let links = links::within(Text { source: text, sentences: &sentences }, copied, min_length, min_identity);
    let plan = plan::plan(&sentences, links);
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
