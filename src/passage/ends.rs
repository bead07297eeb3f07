//! Ends: from stream ranges to the spans that the caller receives.
//!
//! In: the stream ranges of the occurrences of one passage, each in its text. Out: their spans.
//!
//! The ends of a span are set in two steps. First they are *drawn back*: in scripts that separate words, they
//! move inwards to whole words. (The texts before two copies may end in the same letter by chance; this
//! letter is not part of the copy.) Then they are *widened* over the punctuation that touches them, up to
//! white space: opening marks at the start, closing marks at the end. The other occurrences need not have
//! these marks.

use super::source::Source;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::starts_character;
use std::ops::Range;

/// An end is drawn back by at most this many characters: the rest of a word.
const DRAWN_BACK: usize = 24;
/// How many occurrences are searched for word breaks. Among more, an occurrence that has a break there by
/// chance would decide.
const ASKED: usize = 4;

/// An occurrence: a stream range of a text.
#[derive(Clone)]
pub(crate) struct Occurrence<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) range: Range<usize>,
}

/// Draws the ends of equal occurrences back to whole words. A word ends where at least one occurrence has a
/// word break. The others may have lost their spaces.
pub(crate) fn draw_back(occurrences: &mut [Occurrence<'_>]) {
    if let Some(front) = drawn(occurrences, to_break_behind) {
        for occurrence in occurrences.iter_mut() {
            if let Some(at) = forward(occurrence.source.folded(), occurrence.range.clone(), front) {
                occurrence.range.start = at;
            }
        }
    }
    if let Some(back) = drawn(occurrences, to_break_before) {
        for occurrence in occurrences.iter_mut() {
            if let Some(at) = backward(occurrence.source.folded(), occurrence.range.clone(), back) {
                occurrence.range.end = at;
            }
        }
    }
}

/// How many characters to draw back: the smallest number at which some occurrence has a word break.
fn drawn(
    occurrences: &[Occurrence<'_>],
    to_break: impl Fn(&Occurrence<'_>, usize) -> Option<usize>,
) -> Option<usize> {
    let mut fewest = None;
    for occurrence in occurrences.iter().take(ASKED) {
        // Only a smaller number than the one found so far matters.
        let most = fewest.unwrap_or(DRAWN_BACK + 1);
        fewest = to_break(occurrence, most).or(fewest);
    }
    fewest
}

/// Characters from the start of an occurrence to its first word break, if fewer than `most`.
fn to_break_behind(occurrence: &Occurrence<'_>, most: usize) -> Option<usize> {
    let Occurrence { source, range } = occurrence;
    let bytes = source.bytes();
    let mut place = None;
    for (characters, at) in starts(source.folded(), range.clone()).take(most).enumerate() {
        // If one ASCII letter follows another, its byte is the next one.
        let byte = place
            .filter(|&byte| is_plain(bytes, byte) && is_plain(bytes, byte + 1))
            .map_or_else(|| source.character(at).start, |byte| byte + 1);
        if scan::is_word_break(bytes, byte) {
            return Some(characters);
        }
        place = Some(byte);
    }
    None
}

/// Characters from the end of an occurrence back to its last word break, if fewer than `most`.
fn to_break_before(occurrence: &Occurrence<'_>, most: usize) -> Option<usize> {
    let Occurrence { source, range } = occurrence;
    let bytes = source.bytes();
    let mut place: Option<usize> = None;
    let ends = std::iter::once(range.end)
        .chain(starts(source.folded(), range.clone()).rev().filter(|&at| at > range.start));
    for (characters, at) in ends.take(most).enumerate() {
        let byte = place
            .filter(|&byte| byte >= 2 && is_plain(bytes, byte - 1) && is_plain(bytes, byte - 2))
            .map_or_else(|| source.character(at - 1).end, |byte| byte - 1);
        if scan::is_word_break(bytes, byte) {
            return Some(characters);
        }
        place = Some(byte);
    }
    None
}

/// Whether the byte is an ASCII letter or digit that no mark follows.
fn is_plain(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) && bytes.get(at + 1).is_none_or(u8::is_ascii)
}

/// Starts of the characters in a stream range.
fn starts(folded: &[u8], range: Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
    range.filter(|&at| starts_character(folded[at]))
}

/// Start of the character that is `characters` after the start of the range; `None` if the range ends before
/// it.
fn forward(folded: &[u8], range: Range<usize>, characters: usize) -> Option<usize> {
    starts(folded, range).nth(characters)
}

/// End of the character that is `characters` before the end of the range.
fn backward(folded: &[u8], range: Range<usize>, characters: usize) -> Option<usize> {
    if characters == 0 {
        return Some(range.end);
    }
    starts(folded, range.clone()).rev().nth(characters - 1).filter(|&at| at > range.start)
}

/// The span of an occurrence, its punctuation included.
pub(crate) fn span(occurrence: &Occurrence<'_>) -> Span {
    let bytes = occurrence.source.bytes();
    widened(bytes, occurrence.source.span(occurrence.range.clone()), 0..bytes.len())
}

/// The bytes of an occurrence with the punctuation that touches them, within `bounds`.
pub(crate) fn widened(bytes: &[u8], exact: Range<usize>, bounds: Range<usize>) -> Span {
    let end = closing(bytes, exact.clone(), bounds.end);
    let start = opening(bytes, exact.start..end, bounds.start);
    // A mark that was included at the start may be the partner of a mark at the end.
    let end = end.max(closing(bytes, start..exact.end, bounds.end));
    Span::new(start, end)
}

/// Moves the start outwards over opening marks.
fn opening(bytes: &[u8], span: Range<usize>, bound: usize) -> usize {
    let mut start = span.start;
    let mut at = span.start;
    while at > bound {
        let Some((ch, class, length)) = scan::before(bytes, at) else { break };
        let behind = || scan::before(bytes, at - length).map(|found| found.1);
        match class {
            Class::Ignorable => {}
            Class::Opening => start = at - length,
            Class::Dash if behind().is_none_or(Class::is_white) => start = at - length,
            Class::Quote if may_open(bytes, at) || is_unbalanced(&bytes[span.clone()], ch) => {
                start = at - length;
            }
            _ => break,
        }
        at -= length;
    }
    start.max(bound)
}

/// Whether the quotation marks before `at` may open the text after them: the text before them is white space,
/// an opening mark, a dash, or nothing.
fn may_open(bytes: &[u8], mut at: usize) -> bool {
    loop {
        match scan::before(bytes, at) {
            Some((_, Class::Quote | Class::Ignorable, length)) => at -= length,
            Some((_, class, _)) => break class.is_white() || matches!(class, Class::Opening | Class::Dash),
            None => break true,
        }
    }
}

/// Moves the end outwards over closing marks.
fn closing(bytes: &[u8], span: Range<usize>, bound: usize) -> usize {
    let mut end = span.end;
    let mut at = span.end;
    while at < bound {
        let Some((ch, class, length)) = scan::after(bytes, at) else { break };
        let behind = || scan::after(bytes, at + length).map(|found| found.1);
        match class {
            Class::Ignorable => {}
            Class::Terminal | Class::Closing | Class::Point => end = at + length,
            Class::Dash if behind().is_none_or(Class::is_white) => end = at + length,
            Class::Quote
                if behind().is_none_or(|class| !class.is_kept() && class != Class::Opening)
                    || is_unbalanced(&bytes[span.clone()], ch) =>
            {
                end = at + length;
            }
            _ => break,
        }
        at += length;
    }
    end.min(bound)
}

/// Whether a quotation mark between two words belongs to the span that it touches: the span contains an odd
/// number of such marks at edges of words.
fn is_unbalanced(span: &[u8], mark: char) -> bool {
    let mut buffer = [0; 4];
    let mark = mark.encode_utf8(&mut buffer).as_bytes();
    let at_edge = |&at: &usize| {
        let left = scan::before(span, at).is_some_and(|found| found.1.is_kept());
        let right = scan::after(span, at + mark.len()).is_some_and(|found| found.1.is_kept());
        !(left && right)
    };
    let places =
        (0..span.len().saturating_sub(mark.len() - 1)).filter(|&at| &span[at..at + mark.len()] == mark);
    places.filter(at_edge).count() % 2 == 1
}
