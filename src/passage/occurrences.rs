//! Occurrences: from the stream ranges of a class to the repeat that the caller receives.
//!
//! In: the stream ranges of one repeat, in text order. Out: its spans, which do not overlap, and its
//! identity.

use super::align;
use super::ends::{self, Occurrence};
use super::found::{Period, Repeat};
use super::source::Source;
use super::trim;
use crate::span::Span;
use crate::stream::starts_character;
use std::ops::Range;

/// The repeat that the caller receives; `None` if fewer than two occurrences are left. `period`, in
/// characters, is set if the ranges are the periods of one stretch.
pub(super) fn repeat(text: Source<'_>, ranges: Vec<Range<usize>>, period: Option<usize>) -> Option<Repeat> {
    let folded = text.folded();
    let mut occurrences: Vec<Occurrence<'_>> =
        ranges.into_iter().map(|range| Occurrence { source: text, range: text.free_range(range) }).collect();
    if period.is_none() {
        shorten_to_next(text, &mut occurrences);
        ends::draw_back(&mut occurrences);
    }
    for place in 1..occurrences.len() {
        let end = occurrences[place - 1].range.end;
        let range = &mut occurrences[place].range;
        range.start = range.start.max(end).min(range.end);
    }
    occurrences.retain(|occurrence| {
        let Range { start, end } = occurrence.range;
        start < end && starts_character(folded[start])
    });
    // If the bound between two occurrences is inside a grapheme cluster of the text, only the first one can
    // be sliced out.
    let mut exact: Vec<Range<usize>> = Vec::with_capacity(occurrences.len());
    occurrences.retain(|occurrence| {
        let bytes = text.span(occurrence.range.clone());
        let apart = exact.last().is_none_or(|last| last.end <= bytes.start);
        if apart {
            exact.push(bytes);
        }
        apart
    });
    if occurrences.len() < 2 {
        return None;
    }
    let mut spans: Vec<Span> = Vec::with_capacity(exact.len());
    for place in 0..exact.len() {
        let from = spans.last().map_or(0, |last| last.end);
        let to = exact.get(place + 1).map_or(text.bytes().len(), |next| next.start);
        spans.push(ends::widened(text.bytes(), exact[place].clone(), from..to));
    }
    let identity = lowest_identity(text, &occurrences, &spans);
    Some(Repeat { occurrences: spans, identity, period: period.map(|characters| Period { characters }) })
}

/// The lowest identity between an occurrence and the best-formatted one.
fn lowest_identity(text: Source<'_>, occurrences: &[Occurrence<'_>], spans: &[Span]) -> f64 {
    let folded = text.folded();
    let copies = || occurrences.iter().map(|occurrence| &folded[occurrence.range.clone()]);
    let mut lowest = 1.0f64;
    // If all are equal, it does not matter which one is the best.
    if copies().zip(copies().skip(1)).any(|(copy, next)| copy != next) {
        let best = trim::best_formatted(text.bytes(), spans);
        let against = &folded[occurrences[best].range.clone()];
        let mut before = against;
        for copy in copies() {
            // Copies that follow an edited copy are often equal to it.
            if copy != before {
                lowest = lowest.min(align::identity(against, copy));
                before = copy;
            }
        }
    }
    lowest
}

/// If two occurrences overlap, cuts the overlap from the ends of all occurrences, provided that a sentence or
/// a line begins with the overlap and none begins after it. The text after the last occurrence then begins as
/// the copies do (`Rain fell. Rain fell. Rain is …`). Otherwise the text before the first occurrence may end
/// as the copies do, and nothing is cut.
fn shorten_to_next(text: Source<'_>, occurrences: &mut [Occurrence<'_>]) {
    let folded = text.folded();
    let shared = |pair: &[Occurrence<'_>]| pair[0].range.end.saturating_sub(pair[1].range.start);
    let Some(pair) = occurrences.windows(2).max_by_key(|pair| shared(pair)) else { return };
    let shared = shared(pair);
    let begins = |at: usize| trim::is_cut(text.bytes(), text.character(at).start);
    if shared == 0 || !begins(pair[1].range.start) || begins(pair[0].range.end) {
        return;
    }
    let tail = |range: &Range<usize>| folded.get(range.end.checked_sub(shared)?..range.end);
    let first = tail(&occurrences[0].range);
    let alike = occurrences.iter().all(|occurrence| {
        let range = &occurrence.range;
        tail(range) == first && range.len() > 2 * shared && starts_character(folded[range.end - shared])
    });
    if alike {
        occurrences.iter_mut().for_each(|occurrence| occurrence.range.end -= shared);
    }
}
