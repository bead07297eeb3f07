//! Ends: from stream ranges to the spans that the caller receives.
//!
//! In: the stream ranges of the occurrences of one passage, each in its text. Out: their spans.
//!
//! The ends of a span are set in three steps.
//!
//! 1. They are *drawn back* to whole words, in scripts that separate words. The texts before two copies may
//!    end in the same letters by chance (`Chelsea`, `the sea`); these letters are not part of the copy. So an
//!    end moves inwards to the nearest place where each occurrence has a word break. Words that were glued
//!    together have a break too if a capital follows a small letter (`kaderLavrov`), or at a digit.
//! 2. They are drawn back to the line break next to them, if only a few letters beyond it are equal.
//! 3. They are *widened* over the punctuation that touches them, up to white space: opening marks at the
//!    start, closing marks at the end. The other occurrences need not have these marks.

use super::boundary::{is_cut, starts_line};
use super::source::Source;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::starts_character;
use std::ops::Range;

/// An end is drawn back to a word break by at most this many characters: the rest of a word.
const DRAWN_BACK: usize = 24;
/// An end is drawn back to a line break by at most this many characters. The texts around two copies begin or
/// end in the same short word more often than in the same sentence.
const DRAWN_TO_LINE: usize = 12;
/// Bytes of a text that are searched for a line break first: [`DRAWN_TO_LINE`] characters with the white space and
/// the punctuation between them.
const NEAR_LINE: usize = 6 * DRAWN_TO_LINE;
/// How many occurrences must have a common word break or line break. Among more, one that has lost its spaces would decide
/// for all. The others are drawn back to their own word breaks.
const ASKED: usize = 4;
/// Stream bytes that two occurrences have in common at an end that is drawn back for both together.
const ALIKE: usize = 2 * DRAWN_BACK;

/// An occurrence: a stream range of a text.
#[derive(Clone)]
pub(crate) struct Occurrence<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) range: Range<usize>,
    /// For each end its byte of the text, as soon as that is known. (To find it, the text is read from the last mark
    /// on.)
    located: [u32; 2],
}

/// The byte of an end is not known.
const UNKNOWN: u32 = u32::MAX;

/// One of the two ends of an occurrence.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Start,
    End,
}

/// Draws the ends of the occurrences of one passage back to whole words.
///
/// Each occurrence then starts and ends at a word break of its own, unless it has none among the first
/// [`DRAWN_BACK`] characters. If the occurrences have no common word break there, one of them has lost its
/// spaces; the word breaks of the others count for it.
pub(crate) fn draw_back(occurrences: &mut [Occurrence<'_>]) {
    for end in [End::Start, End::End] {
        occurrences.iter_mut().for_each(|occurrence| occurrence.locate(end));
        let alike = alike(occurrences, end);
        let asked = &occurrences[..alike.min(ASKED)];
        if let Some(characters) = common_break(asked, end).or_else(|| nearest_break(asked, end)) {
            occurrences[..alike].iter_mut().for_each(|occurrence| occurrence.cut(end, characters));
        }
        for (place, occurrence) in occurrences.iter_mut().enumerate() {
            if place >= alike.min(ASKED)
                && let Some(characters) = occurrence.to_break(end, 0, DRAWN_BACK + 1)
            {
                occurrence.cut(end, characters);
            }
        }
        if let Some(characters) = to_line(&occurrences[..alike.min(ASKED)], end) {
            occurrences[..alike].iter_mut().for_each(|occurrence| occurrence.cut(end, characters));
        }
    }
}

/// How many of the first occurrences have the same text at this end.
fn alike(occurrences: &[Occurrence<'_>], end: End) -> usize {
    fn edge<'a>(occurrence: &Occurrence<'a>, end: End) -> &'a [u8] {
        let text = &occurrence.source.folded()[occurrence.range.clone()];
        let length = text.len().min(ALIKE);
        if end == End::Start { &text[..length] } else { &text[text.len() - length..] }
    }
    let Some((first, others)) = occurrences.split_first() else { return 0 };
    let first = edge(first, end);
    1 + others.iter().take_while(|other| edge(other, end) == first).count()
}

/// How many characters to draw back until each occurrence has a word break.
fn common_break(occurrences: &[Occurrence<'_>], end: End) -> Option<usize> {
    let mut characters = 0;
    // How many occurrences, one after the other, have a break at this number.
    let (mut agree, mut place) = (0, 0);
    while agree < occurrences.len() {
        let next = occurrences[place].to_break(end, characters, DRAWN_BACK + 1)?;
        agree = if next == characters { agree + 1 } else { 1 };
        characters = next;
        place = (place + 1) % occurrences.len();
    }
    Some(characters)
}

/// How many characters to draw back until one occurrence has a word break.
fn nearest_break(occurrences: &[Occurrence<'_>], end: End) -> Option<usize> {
    occurrences.iter().filter_map(|occurrence| occurrence.to_break(end, 0, DRAWN_BACK + 1)).min()
}

/// How many characters to draw back until each of these occurrences has the end of a sentence or a line, and one
/// has the end of a line. `None` if an occurrence has such an end already.
fn to_line(occurrences: &[Occurrence<'_>], end: End) -> Option<usize> {
    let begins = |occurrence: &Occurrence<'_>, characters: usize| {
        let at = occurrence.letter(end, characters);
        at.is_some_and(|at| is_cut(occurrence.source.bytes(), at))
    };
    // The text of that many characters, or more of it.
    let has_line = |occurrence: &Occurrence<'_>| {
        let bytes = occurrence.source.bytes();
        let at = occurrence.edge(end);
        let near = match end {
            End::Start => at..bytes.len().min(at + NEAR_LINE),
            End::End => at.saturating_sub(NEAR_LINE)..at,
        };
        bytes[near].contains(&b'\n')
    };
    if occurrences.len() < 2
        || !occurrences.iter().any(has_line)
        || occurrences.iter().any(|occurrence| begins(occurrence, 0))
    {
        return None;
    }
    let is_line = |occurrence: &Occurrence<'_>, characters: usize| {
        let at = occurrence.letter(end, characters);
        at.is_some_and(|at| starts_line(occurrence.source.bytes(), at))
    };
    (1..=DRAWN_TO_LINE).find(|&characters| {
        occurrences.iter().all(|occurrence| begins(occurrence, characters))
            && occurrences.iter().any(|occurrence| is_line(occurrence, characters))
    })
}

impl<'a> Occurrence<'a> {
    pub(crate) fn new(source: Source<'a>, range: Range<usize>) -> Occurrence<'a> {
        Occurrence { source, range, located: [UNKNOWN; 2] }
    }

    /// The bytes of the text that it was folded from.
    pub(super) fn bytes(&self) -> Range<usize> {
        self.edge(End::Start)..self.edge(End::End)
    }

    /// Finds the byte of an end.
    fn locate(&mut self, end: End) {
        self.located[end as usize] = self.edge(end) as u32;
    }

    /// The byte of the text where the occurrence starts or ends.
    fn edge(&self, end: End) -> usize {
        match (self.located[end as usize], end) {
            (UNKNOWN, End::Start) => self.source.character(self.range.start).start,
            (UNKNOWN, End::End) => self.source.character(self.range.end - 1).end,
            (known, _) => known as usize,
        }
    }

    /// Moves the start to this stream position.
    pub(super) fn start_at(&mut self, at: usize) {
        if at != self.range.start {
            self.range.start = at;
            self.located[End::Start as usize] = UNKNOWN;
        }
    }

    /// Characters from this end to the nearest word break inwards, at least `least` and fewer than `most`.
    fn to_break(&self, end: End, least: usize, most: usize) -> Option<usize> {
        match end {
            End::Start => self.to_break_behind(least, most),
            End::End => self.to_break_before(least, most),
        }
    }

    fn to_break_behind(&self, least: usize, most: usize) -> Option<usize> {
        let bytes = self.source.bytes();
        let mut place: Option<usize> = None;
        for (characters, at) in
            starts(self.source.folded(), self.range.clone()).take(most).enumerate().skip(least)
        {
            // If one ASCII letter follows another, its byte is the next one.
            let byte = match place {
                _ if characters == 0 => self.edge(End::Start),
                Some(byte) if is_plain(bytes, byte) && is_plain(bytes, byte + 1) => byte + 1,
                _ => self.source.character(at).start,
            };
            if is_break(bytes, byte) {
                return Some(characters);
            }
            place = Some(byte);
        }
        None
    }

    fn to_break_before(&self, least: usize, most: usize) -> Option<usize> {
        let bytes = self.source.bytes();
        let mut place: Option<usize> = None;
        let range = self.range.clone();
        let inner = starts(self.source.folded(), range.clone()).rev().filter(|&at| at > range.start);
        let ends = std::iter::once(range.end).chain(inner);
        for (characters, at) in ends.take(most).enumerate().skip(least) {
            let byte = match place {
                _ if characters == 0 => self.edge(End::End),
                Some(byte) if byte >= 2 && is_plain(bytes, byte - 1) && is_plain(bytes, byte - 2) => byte - 1,
                _ => self.source.character(at - 1).end,
            };
            if is_break(bytes, byte) {
                return Some(characters);
            }
            place = Some(byte);
        }
        None
    }

    /// The stream position this many characters inwards from an end; `None` if nothing would be left.
    fn inwards(&self, end: End, characters: usize) -> Option<usize> {
        let (folded, range) = (self.source.folded(), self.range.clone());
        match (end, characters) {
            (End::Start, _) => starts(folded, range).nth(characters),
            (End::End, 0) => Some(range.end),
            (End::End, _) => {
                starts(folded, range.clone()).rev().nth(characters - 1).filter(|&at| at > range.start)
            }
        }
    }

    /// Where the character at that position starts in the text.
    fn letter(&self, end: End, characters: usize) -> Option<usize> {
        if characters == 0 {
            let (bytes, mut at) = (self.source.bytes(), self.edge(end));
            while let Some((_, class, length)) = scan::after(bytes, at)
                && !class.is_kept()
            {
                at += length;
            }
            return Some(at);
        }
        let at = self.inwards(end, characters)?;
        let is_last = at == self.source.folded().len();
        Some(if is_last { self.source.bytes().len() } else { self.source.character(at).start })
    }

    /// Moves an end inwards by this many characters, unless nothing would be left.
    fn cut(&mut self, end: End, characters: usize) {
        let Some(at) = self.inwards(end, characters).filter(|_| characters > 0) else { return };
        self.located[end as usize] = UNKNOWN;
        if end == End::Start {
            self.range.start = at;
        } else {
            self.range.end = at;
        }
    }
}

/// Whether a word ends or begins at `at`. A letter and a digit next to each other count as two words.
fn is_break(bytes: &[u8], at: usize) -> bool {
    // Most ends are between a letter and a space, both ASCII.
    let plain = |at: usize| bytes.get(at).copied().filter(|&byte| byte == b' ' || byte.is_ascii_graphic());
    if let (Some(left), Some(right)) = (plain(at.wrapping_sub(1)), plain(at))
        && !(left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric())
    {
        return true;
    }
    scan::is_word_break(bytes, at) || {
        let class = |found: Option<(char, Class, usize)>| found.map(|found| found.1);
        let (left, right) = (class(scan::before(bytes, at)), class(scan::after(bytes, at)));
        let is_letter = |class| matches!(class, Some(Class::Upper | Class::Lower | Class::Letter));
        let is_digit = |class| class == Some(Class::Digit);
        is_letter(left) && is_digit(right) || is_digit(left) && is_letter(right)
    }
}

/// Whether the byte is an ASCII letter or digit that no mark follows.
fn is_plain(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_alphanumeric) && bytes.get(at + 1).is_none_or(u8::is_ascii)
}

/// Starts of the characters in a stream range.
fn starts(folded: &[u8], range: Range<usize>) -> impl DoubleEndedIterator<Item = usize> + '_ {
    range.filter(|&at| starts_character(folded[at]))
}

/// The span of an occurrence, its punctuation included.
pub(crate) fn span(occurrence: &Occurrence<'_>) -> Span {
    let bytes = occurrence.source.bytes();
    widened(bytes, occurrence.bytes(), 0..bytes.len())
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
