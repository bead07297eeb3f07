//! Occurrences: from the stream ranges of a class to the repeat that the caller receives.
//!
//! In: the stream ranges of one repeat, in text order. Out: its spans, which do not overlap, and its
//! identity; and the same without the occurrences that are too unlike the others.

use super::align;
use super::boundary;
use super::ends::{self, Occurrence};
use super::found::{Period, Repeat};
use super::source::Source;
use super::trim;
use crate::span::Span;
use crate::stream::starts_character;
use std::ops::Range;

/// The repeat that the caller receives; `None` if fewer than two occurrences are left. `period`, in
/// characters, is set if the ranges are the periods of one stretch. If the identity is below `least`, but two or
/// more of the occurrences are that much alike, the second repeat has only these.
pub(super) fn repeat(
    text: Source<'_>,
    ranges: Vec<Range<usize>>,
    period: Option<usize>,
    least: f64,
) -> Option<(Repeat, Option<Repeat>)> {
    let folded = text.folded();
    let mut occurrences: Vec<Occurrence<'_>> =
        ranges.into_iter().map(|range| Occurrence::new(text, text.free_range(range))).collect();
    if period.is_none() {
        shorten_to_next(text, &mut occurrences);
        ends::draw_back(&mut occurrences);
    }
    for place in 1..occurrences.len() {
        let end = occurrences[place - 1].range.end;
        let range = occurrences[place].range.clone();
        occurrences[place].start_at(range.start.max(end).min(range.end));
    }
    occurrences.retain(|occurrence| {
        let Range { start, end } = occurrence.range;
        start < end && starts_character(folded[start])
    });
    // If the bound between two occurrences is inside a grapheme cluster of the text, only the first one can
    // be sliced out.
    let mut exact: Vec<Range<usize>> = Vec::with_capacity(occurrences.len());
    occurrences.retain(|occurrence| {
        let bytes = occurrence.bytes();
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
    let period = period.map(|characters| Period { characters });
    if all_equal(text, &occurrences) {
        return Some((Repeat { occurrences: spans, identity: 1.0, period }, None));
    }
    let best = trim::best_formatted(text.bytes(), &spans);
    let like_best = identities(text, &occurrences, best);
    let identity = lowest(&like_best);
    let alike = if identity < least && period.is_none() && occurrences.len() > 2 {
        alike(text, &occurrences, &spans, like_best, least)
    } else {
        None
    };
    Some((Repeat { occurrences: spans, identity, period }, alike))
}

/// Whether the occurrences have the same text.
fn all_equal(text: Source<'_>, occurrences: &[Occurrence<'_>]) -> bool {
    let copies = || occurrences.iter().map(|occurrence| &text.folded()[occurrence.range.clone()]);
    copies().zip(copies().skip(1)).all(|(copy, next)| copy == next)
}

/// The occurrences that have at least this identity with the best-formatted one; or, if that one is unlike all
/// others, with the first of the others. `None` if these are fewer than two.
fn alike(
    text: Source<'_>,
    occurrences: &[Occurrence<'_>],
    spans: &[Span],
    like_best: Vec<f64>,
    least: f64,
) -> Option<Repeat> {
    let count = |group: &[f64]| group.iter().filter(|&&identity| identity >= least).count();
    let group = if count(&like_best) > 1 {
        like_best
    } else {
        let other = like_best.iter().position(|&identity| identity < least)?;
        identities(text, occurrences, other)
    };
    if count(&group) < 2 {
        return None;
    }
    let kept = || spans.iter().zip(&group).filter(|&(_, &identity)| identity >= least);
    let identity = lowest(kept().map(|(_, identity)| identity));
    Some(Repeat { occurrences: kept().map(|(&span, _)| span).collect(), identity, period: None })
}

/// The identity of each occurrence with one of them.
fn identities(text: Source<'_>, occurrences: &[Occurrence<'_>], with: usize) -> Vec<f64> {
    let folded = text.folded();
    let against = &folded[occurrences[with].range.clone()];
    let (mut before, mut last) = (against, 1.0);
    let identity = |occurrence: &Occurrence<'_>| {
        let copy = &folded[occurrence.range.clone()];
        // Copies that follow an edited copy are often equal to it.
        if copy != before {
            last = align::identity(against, copy);
            before = copy;
        }
        last
    };
    occurrences.iter().map(identity).collect()
}

fn lowest<'a>(identities: impl IntoIterator<Item = &'a f64>) -> f64 {
    identities.into_iter().copied().fold(1.0, f64::min)
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
    let begins = |at: usize| boundary::is_cut(text.bytes(), text.character(at).start);
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
