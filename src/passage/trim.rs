//! Trimming: a text without its repeated passages.
//!
//! In: a text and its repeats. Out: the text with only the best-formatted copy of each repeat. The other
//! copies are cut. A cut starts and ends at the end of a sentence or a line, so no words are glued together
//! and no sentence loses its beginning.

use super::found::Repeat;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::{count, starts_character};
use std::borrow::Cow;

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

/// The text with only the best copy of each repeat.
pub(crate) fn trimmed<'t>(bytes: &'t [u8], repeats: &[Repeat]) -> Cow<'t, [u8]> {
    let mut copies: Vec<Span> = Vec::new();
    let mut kept: Vec<Span> = Vec::new();
    for repeat in repeats {
        let best = best_formatted(bytes, &repeat.occurrences);
        kept.push(repeat.occurrences[best]);
        let others = repeat.occurrences.iter().enumerate().filter(|&(index, _)| index != best);
        copies.extend(others.map(|(_, &span)| span));
    }
    kept.sort_unstable();
    let is_kept = |cut: Span| {
        let next = kept.partition_point(|span| span.end <= cut.start);
        kept.get(next).is_some_and(|span| span.overlaps(cut))
    };
    // A copy that is kept for one repeat is not cut for another. (A moved cut removes the end of the text
    // before it, but leaves equal text in its place.)
    let mut parts: Vec<Span> = copies
        .into_iter()
        .filter_map(|copy| {
            let whole = moved(bytes, copy).filter(|_| !is_kept(copy));
            whole.or_else(|| cuttable(bytes, copy).filter(|&part| !is_kept(part)))
        })
        .collect();
    parts.sort_unstable();
    // Cuts with only white space between them become one cut, so that the space around it is handled once.
    let mut stretches: Vec<Span> = Vec::with_capacity(parts.len());
    for part in parts {
        match stretches.last_mut() {
            Some(last) if part.start <= behind_white(bytes, last.end) => last.end = last.end.max(part.end),
            _ => stretches.push(part),
        }
    }
    let cuts: Vec<Span> = stretches.into_iter().filter_map(|stretch| spaced(bytes, stretch)).collect();
    if cuts.is_empty() { Cow::Borrowed(bytes) } else { Cow::Owned(without(bytes, &cuts)) }
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

/// The cut of a whole copy, moved to the left until text may be cut at both ends.
///
/// If two copies in a row are followed by a sentence with the same beginning, they are found shifted by that
/// beginning: `… Rain` and `fell … Rain`. The text before the second copy then ends in the same characters as
/// that copy. The cut can move left over these characters without a change to the remaining text.
fn moved(bytes: &[u8], span: Span) -> Option<Span> {
    let behind = behind_white(bytes, span.end);
    for by in 0..=span.len().min(span.start) {
        let (start, end) = (span.start - by, before_white(bytes, behind - by));
        if start < end && starts_character(bytes[start]) && is_cut(bytes, start) && is_cut(bytes, end) {
            return Some(Span::new(start, end));
        }
        if start == 0 || bytes[start - 1] != bytes[behind - by - 1] {
            break;
        }
    }
    None
}

/// The cut with the white space after it. If no white space precedes the cut, the white space on the side
/// with more line breaks is kept. So the remaining parts stay as far apart as they were.
fn spaced(bytes: &[u8], Span { start, end }: Span) -> Option<Span> {
    let behind = behind_white(bytes, end);
    if start == 0 || before_white(bytes, start) < start {
        return Some(Span::new(start, behind));
    }
    let text = behind_white(bytes, start);
    let breaks = |from: usize, to: usize| count(&bytes[from..to], |byte| byte == b'\n');
    let keeps_behind = text == start || breaks(end, behind) > breaks(start, text);
    let cut = if keeps_behind { Span::new(start, end) } else { Span::new(text, behind) };
    (text < end).then_some(cut)
}

/// The end of the white space from `at`.
fn behind_white(bytes: &[u8], mut at: usize) -> usize {
    while let Some((_, _, length)) = scan::after(bytes, at).filter(|found| found.1.is_white()) {
        at += length;
    }
    at
}

/// The start of the white space up to `at`.
fn before_white(bytes: &[u8], mut at: usize) -> usize {
    while let Some((_, _, length)) = scan::before(bytes, at).filter(|found| found.1.is_white()) {
        at -= length;
    }
    at
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
