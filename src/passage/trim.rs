//! Trimming: a text without its repeated passages.
//!
//! In: a text and its repeats. Out: the text with the best-formatted copy of each repeat and the others cut, from
//! sentence or line end to sentence or line end, so that no words are glued and no sentence loses its head.

use super::Repeat;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::count;
use std::borrow::Cow;

/// Which of the spans keeps most of its formatting: most line breaks, then most separators (bytes that are no
/// letters), then the first.
pub(crate) fn best_formatted(bytes: &[u8], spans: &[Span]) -> usize {
    let score = |span: &Span| {
        let text = &bytes[span.range()];
        let breaks = count(text, |byte| byte == b'\n');
        let separators = count(text, |byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        (breaks, separators)
    };
    (0..spans.len()).max_by_key(|&index| (score(&spans[index]), std::cmp::Reverse(index))).unwrap_or(0)
}

/// The text without all but the best copies.
pub(crate) fn trimmed<'t>(bytes: &'t [u8], repeats: &[Repeat]) -> Cow<'t, [u8]> {
    let mut cuts: Vec<Span> = Vec::new();
    let mut kept: Vec<Span> = Vec::new();
    for repeat in repeats {
        let best = best_formatted(bytes, &repeat.occurrences);
        kept.push(repeat.occurrences[best]);
        let others = repeat.occurrences.iter().enumerate().filter(|&(index, _)| index != best);
        cuts.extend(others.filter_map(|(_, &span)| joinable(bytes, span)));
    }
    kept.sort_unstable();
    // A copy kept for one repeat is not cut for another.
    cuts.retain(|cut| {
        let next = kept.partition_point(|span| span.end <= cut.start);
        kept.get(next).is_none_or(|span| !span.overlaps(*cut))
    });
    if cuts.is_empty() {
        return Cow::Borrowed(bytes);
    }
    cuts.sort_unstable();
    Cow::Owned(without(bytes, &cuts))
}

/// The text without the cuts, which are in order and may overlap.
pub(crate) fn without(bytes: &[u8], cuts: &[Span]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for cut in cuts {
        if cut.start > at {
            out.extend_from_slice(&bytes[at..cut.start]);
        }
        at = at.max(cut.end);
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// The part of a span from the first to the last place in it where text may be cut, with the white space behind
/// it; `None` where there is none.
pub(crate) fn joinable(bytes: &[u8], span: Span) -> Option<Span> {
    let start = places(bytes, span).find(|&at| is_cut(bytes, at))?;
    let end = places(bytes, span).rev().find(|&at| at > start && is_cut(bytes, at))?;
    let mut to = end;
    while let Some((_, _, length)) = scan::after(bytes, to).filter(|found| found.1.is_white()) {
        to += length;
    }
    Some(Span::new(start, to))
}

/// Character boundaries of a span, its ends included.
fn places(bytes: &[u8], span: Span) -> impl DoubleEndedIterator<Item = usize> + '_ {
    (span.start..=span.end).filter(move |&at| at == bytes.len() || crate::stream::starts_character(bytes[at]))
}

/// Whether text may be cut at `at`: at the start or end, beside a line break, or behind the end of a sentence (closing
/// marks included).
fn is_cut(bytes: &[u8], at: usize) -> bool {
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
            // A quote after white space opens what follows; only one that touches the sentence closes it.
            Class::Closing | Class::Quote if !spaced => {}
            _ => return false,
        }
        to -= length;
    }
    true
}
