//! Sentences: the parts of a text that trimming keeps or cuts whole.
//!
//! In: a text. Out: its sentences in order, each with its bytes and its range of the squeezed stream. A line
//! without a sentence end, such as a heading, is a sentence too. White space, and lines of nothing but
//! punctuation, are in no sentence.
//!
//! **Idea.** A sentence ends at a line break, or at punctuation whose form shows that it ends a sentence.
//! There are no lists of abbreviations. A stop does not end a sentence after a single letter (`J.`), after a
//! short capitalised word before another capital (`Gov. Hill`), before a small letter or a digit, or without
//! a space unless a capital follows a small letter (`fell.Then`). No sentence ends inside brackets or
//! quotation marks that are closed in the same line, or inside a link. Where the form leaves doubt, the
//! sentence goes on: a longer sentence is harder to match, but nothing is lost.
//!
//! **Cost.** One scan of the text, and one pass for links.

use crate::scan::{self, ASCII, Class, Sink};
use crate::span::Span;
use std::ops::Range;

/// A sentence, or a line without one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    /// With its punctuation, without white space around it.
    pub(crate) bytes: Span,
    start: u32,
    end: u32,
    /// Whether a line break precedes it.
    pub(crate) starts_line: bool,
    /// Whether it contains at least part of a link.
    pub(crate) linked: bool,
}

impl Sentence {
    /// Its range of the squeezed stream, in bytes. It is never empty.
    pub(crate) fn stream(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Bytes of the stream.
    pub(crate) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }
}

/// The sentences of a text. Their stream ranges follow each other without gaps.
#[derive(Debug, Default)]
pub(crate) struct Sentences {
    pub(crate) all: Vec<Sentence>,
    /// Links, in bytes of the text.
    links: Vec<Span>,
}

/// A place between two characters of the stream, with a line break or sentence punctuation in the bytes
/// between them.
#[derive(Clone, Copy)]
struct Gap {
    /// Bytes: the end of the character before.
    end: usize,
    /// Bytes: the start of the character after.
    start: usize,
    /// Position in the stream.
    stream: usize,
}

/// A place where a sentence ends.
#[derive(Clone, Copy)]
struct Division {
    /// Bytes: the end of the sentence before.
    end: usize,
    /// Bytes: the start of the sentence after.
    start: usize,
    /// Position in the stream.
    stream: usize,
    is_line: bool,
}

impl Sentences {
    pub(crate) fn of(bytes: &[u8]) -> Sentences {
        let mut reader = Reader::default();
        scan::walk_bytes(bytes, 0, &mut reader);
        let links = links(bytes);
        let mut divisions: Vec<Division> =
            reader.gaps.iter().filter_map(|&gap| division(bytes, gap)).collect();
        let inside = |spans: &[Span], at: usize| {
            let before = spans.partition_point(|span| span.start < at);
            before > 0 && at < spans[before - 1].end
        };
        divisions.retain(|division| division.is_line || !inside(&links, division.end));
        let closed = closed(bytes, &reader.marks, &divisions);
        divisions.retain(|division| division.is_line || !inside(&closed, division.end));
        let mut sentences = Sentences { all: Vec::with_capacity(divisions.len() + 1), links };
        let Some(first) = reader.first else { return sentences };
        let (mut from, mut start, mut starts_line) = (0, line_start(bytes, 0, first), true);
        let last = Division {
            end: line_end(bytes, reader.end, bytes.len()),
            start: bytes.len(),
            stream: reader.stream,
            is_line: true,
        };
        for division in divisions.into_iter().chain([last]) {
            let bytes = Span::new(start, division.end);
            let linked = sentences.links(bytes).next().is_some();
            let end = division.stream as u32;
            sentences.all.push(Sentence { bytes, start: from, end, starts_line, linked });
            (from, start, starts_line) = (end, division.start, division.is_line);
        }
        sentences
    }

    /// The sentences that overlap a range of the stream.
    pub(crate) fn touched(&self, stream: &Range<usize>) -> Range<usize> {
        let from = self.all.partition_point(|sentence| sentence.stream().end <= stream.start);
        let count = self.all[from..].partition_point(|sentence| sentence.stream().start < stream.end);
        from..from + count
    }

    /// The sentences that are whole in a range of the stream.
    pub(crate) fn within(&self, stream: &Range<usize>) -> Range<usize> {
        let from = self.all.partition_point(|sentence| sentence.stream().start < stream.start);
        let count = self.all[from..].partition_point(|sentence| sentence.stream().end <= stream.end);
        from..from + count
    }

    /// The stream range of consecutive sentences, of which there is at least one.
    pub(super) fn stream(&self, places: Range<usize>) -> Range<usize> {
        self.all[places.start].stream().start..self.all[places.end - 1].stream().end
    }

    /// The sentence that contains the place before `at`, unless it ends there: then the sentence before.
    pub(super) fn before(&self, at: usize) -> Range<usize> {
        let holder = self.all.partition_point(|sentence| sentence.stream().end <= at);
        match self.all.get(holder).is_some_and(|sentence| sentence.stream().start < at) {
            true => holder..holder + 1,
            false => holder.saturating_sub(1)..holder,
        }
    }

    /// The sentence that contains the place behind `at`.
    pub(super) fn behind(&self, at: usize) -> Range<usize> {
        let holder = self.all.partition_point(|sentence| sentence.stream().end <= at);
        holder..(holder + 1).min(self.all.len())
    }

    /// The sentences in which the text between two blocks lies. If there is none, the sentence that is divided
    /// there, if any.
    pub(super) fn changed(&self, from: usize, to: usize) -> Range<usize> {
        if from < to {
            return self.touched(&(from..to));
        }
        let found = self.touched(&(to..to + 1));
        let divides = self.all.get(found.start).is_some_and(|sentence| sentence.stream().start < to);
        if divides { found } else { found.start..found.start }
    }

    /// The links that overlap a span.
    pub(crate) fn links(&self, span: Span) -> impl Iterator<Item = Span> + '_ {
        let from = self.links.partition_point(|link| link.end <= span.start);
        self.links[from..].iter().copied().take_while(move |link| link.start < span.end)
    }

    /// The line that holds a sentence, as a range of sentences.
    pub(crate) fn line(&self, sentence: usize) -> Range<usize> {
        let starts = |place: &usize| self.all[*place].starts_line;
        let from = (0..=sentence).rev().find(starts).unwrap_or(0);
        from..(sentence + 1..self.all.len()).find(starts).unwrap_or(self.all.len())
    }
}

/// Collects what may end a sentence.
#[derive(Default)]
struct Reader {
    /// Bytes of the stream so far.
    stream: usize,
    /// Bytes: the start of the first character of the stream, and the end of the latest.
    first: Option<usize>,
    end: usize,
    /// Whether the separators since then include a line break or sentence punctuation.
    pending: bool,
    gaps: Vec<Gap>,
    /// Brackets and quotation marks, by place.
    marks: Vec<(usize, Class)>,
}

impl Reader {
    #[inline]
    fn add(&mut self, start: usize, end: usize, length: usize) {
        if self.pending {
            if self.first.is_some() && self.end <= start {
                self.gaps.push(Gap { end: self.end, start, stream: self.stream });
            }
            self.pending = false;
        }
        self.first.get_or_insert(start);
        self.stream += length;
        self.end = end;
    }
}

impl Sink for Reader {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (at, &byte) in (start..).zip(run) {
            let class = ASCII[byte as usize].1;
            if class.is_kept() {
                self.add(at, at + 1, 1);
            } else {
                self.separator(at, at + 1, class);
            }
        }
    }

    fn kept(&mut self, start: usize, end: usize, folded: char, _: Class) {
        self.add(start, end, folded.len_utf8());
    }

    #[inline]
    fn separator(&mut self, start: usize, _: usize, class: Class) {
        match class {
            Class::Terminal | Class::Line => self.pending = true,
            Class::Opening | Class::Closing | Class::Quote => self.marks.push((start, class)),
            _ => {}
        }
    }
}

/// The division at a gap, if a sentence ends there.
fn division(bytes: &[u8], gap: Gap) -> Option<Division> {
    let line = |class: Class| class == Class::Line;
    let divided = |end, start, is_line| Some(Division { end, start, stream: gap.stream, is_line });
    if characters(bytes, gap.end, gap.start).any(|(_, _, class)| line(class)) {
        let (end, start) = (line_end(bytes, gap.end, gap.start), line_start(bytes, gap.end, gap.start));
        return if is_wrapped(bytes, gap) { None } else { divided(end, start, true) };
    }
    let stop = characters(bytes, gap.end, gap.start).filter(|found| found.2 == Class::Terminal).last()?;
    let mut end = stop.0 + stop.1.len_utf8();
    let touching = characters(bytes, end, gap.start)
        .take_while(|found| matches!(found.2, Class::Closing | Class::Quote | Class::Ignorable));
    let closed = touching.last().map_or(end, |(at, ch, _)| at + ch.len_utf8());
    let start = behind_white(bytes, closed).min(gap.start);
    let is_spaced = start > closed;
    // Without a space it is open whether a quotation mark closes this sentence or opens the next.
    let quotes = characters(bytes, end, closed).any(|found| found.2 == Class::Quote);
    if quotes && !is_spaced {
        return None;
    }
    end = closed;
    ends_sentence(bytes, gap, stop.1, is_spaced).then_some(())?;
    divided(end, start, false)
}

/// Whether a gap with a line break is only the place where a long line was wrapped: one break, no sentence
/// punctuation, and a small letter after it.
fn is_wrapped(bytes: &[u8], gap: Gap) -> bool {
    let mut breaks = 0;
    for (at, ch, class) in characters(bytes, gap.end, gap.start) {
        match class {
            Class::Line => breaks += usize::from(ch != '\n' || at == 0 || bytes[at - 1] != b'\r'),
            Class::Space | Class::Ignorable => {}
            Class::Point | Class::Dash if breaks == 0 => {}
            _ => return false,
        }
    }
    breaks == 1 && class_at(bytes, gap.start) == Some(Class::Lower)
}

/// Whether the punctuation in a gap without line breaks ends a sentence, by the form of the text around it.
fn ends_sentence(bytes: &[u8], gap: Gap, stop: char, is_spaced: bool) -> bool {
    /// A capitalised word of at most this many letters before a stop and a capital may be a title or a name
    /// cut short.
    const SHORT: usize = 4;
    /// Letters of a word in a script without case, on either side of a stop without a space.
    const WORD: usize = 3;
    let Some(next) = class_at(bytes, gap.start) else { return true };
    // Full stops of Chinese, Hindi, Arabic and other scripts have no other use.
    if !stop.is_ascii() && !matches!(stop, '…' | '‼'..='⁉') {
        return true;
    }
    if next == Class::Lower || next == Class::Mark {
        return false;
    }
    let before = word_before(bytes, gap.end);
    if !is_spaced {
        let cased = before.last == Class::Lower && before.letters > 1 && next == Class::Upper;
        let small = |found: Option<Class>| found.is_none_or(|class| class != Class::Upper);
        let caseless = before.last == Class::Letter && next == Class::Letter && before.letters >= WORD;
        return cased && small(second_class(bytes, gap.start))
            || caseless && word_length(bytes, gap.start) >= WORD;
    }
    if stop != '.' {
        return true;
    }
    if next == Class::Digit {
        return false;
    }
    // Of several stops, the last ends an omission.
    if bytes[gap.end..].starts_with(b"..") {
        return true;
    }
    let short_name = before.first == Class::Upper && before.letters <= SHORT && next == Class::Upper;
    before.letters > 1 && !before.follows_stop && !short_name && !before.is_number_of_line
}

/// The word before a stop.
struct WordBefore {
    first: Class,
    last: Class,
    /// Letters and digits, up to a few.
    letters: usize,
    /// Whether a stop touches its start, as in `U.S.`
    follows_stop: bool,
    /// Whether it is a number with which the line begins, as in a numbered list.
    is_number_of_line: bool,
}

fn word_before(bytes: &[u8], end: usize) -> WordBefore {
    /// Longer words are not counted to their start.
    const COUNTED: usize = 32;
    let mut word = WordBefore {
        first: Class::Symbol,
        last: Class::Symbol,
        letters: 0,
        follows_stop: false,
        is_number_of_line: false,
    };
    let mut at = end;
    let mut digits = true;
    while let Some((ch, class, length)) = scan::before(bytes, at) {
        if class == Class::Mark || class == Class::Ignorable {
            at -= length;
            continue;
        }
        if !class.is_kept() || word.letters == COUNTED {
            word.follows_stop = ch == '.';
            word.is_number_of_line = digits && class == Class::Line;
            return word;
        }
        if word.letters == 0 {
            word.last = class;
        }
        word.first = class;
        word.letters += 1;
        digits &= class == Class::Digit;
        at -= length;
    }
    word.is_number_of_line = digits;
    word
}

/// Letters of the word that starts at `at`, up to a few.
fn word_length(bytes: &[u8], mut at: usize) -> usize {
    const COUNTED: usize = 8;
    let mut letters = 0;
    while letters < COUNTED
        && let Some((_, class, length)) = scan::after(bytes, at).filter(|found| found.1.is_kept())
    {
        letters += usize::from(class != Class::Mark);
        at += length;
    }
    letters
}

/// The brackets and quotation marks that are closed in their line, in order of start; nested ones are left
/// out.
fn closed(bytes: &[u8], marks: &[(usize, Class)], divisions: &[Division]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open: Vec<(usize, Class)> = Vec::new();
    let mut lines = divisions.iter().filter(|division| division.is_line).map(|division| division.end);
    let mut line_end = lines.next().unwrap_or(usize::MAX);
    for &(at, class) in marks {
        while at >= line_end {
            open.clear();
            line_end = lines.next().unwrap_or(usize::MAX);
        }
        let (ch, _, length) = scan::after(bytes, at).expect("a mark of the text");
        let closes = match class {
            Class::Quote if matches!(ch, '\'' | '’' | '‘' | 'ʼ' | '‛') => continue,
            Class::Quote => scan::before(bytes, at).is_some_and(|(_, before, _)| {
                before.is_kept()
                    || matches!(before, Class::Terminal | Class::Closing | Class::Point | Class::Symbol)
            }),
            _ => class == Class::Closing,
        };
        if !closes {
            open.push((at, class));
            continue;
        }
        // A closing bracket closes a bracket; a quotation mark also closes a low one, which is an `Opening`.
        let Some(place) = open.iter().rposition(|&(_, opened)| opened == Class::Opening || opened == class)
        else {
            continue;
        };
        let span = Span::new(open[place].0, at + length);
        open.truncate(place);
        while spans.last().is_some_and(|last| last.start > span.start) {
            spans.pop();
        }
        spans.push(span);
    }
    spans
}

/// Links and paths: text without spaces that has `://`, begins with `www.`, or has several joints such as
/// `-`, `/` and `.` between letters.
fn links(bytes: &[u8]) -> Vec<Span> {
    /// Words with fewer joints are prose, such as `state-of-the-art`.
    const JOINTS: usize = 4;
    let mut links = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let token = bytes[at..].iter().position(|&byte| is_outside_links(byte)).unwrap_or(bytes.len() - at);
        let text = &bytes[at..at + token];
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
        let joints = || {
            text.windows(3)
                .filter(|three| {
                    is_letter(three[0]) && b"-_/.%=&#?~".contains(&three[1]) && is_letter(three[2])
                })
                .count()
        };
        // Few tokens have any of the marks, and only these are searched.
        if token >= 5
            && text.iter().any(|byte| b"-/._".contains(byte))
            && (text.starts_with(b"www.")
                || text.windows(3).any(|three| three == b"://")
                || joints() >= JOINTS)
        {
            links.push(Span::new(at, at + token));
        }
        at += token + 1;
    }
    links
}

fn is_outside_links(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"<>()[]\"".contains(&byte)
}

/// The end of the sentence before a gap with line breaks: what precedes the first break, without white space.
fn line_end(bytes: &[u8], from: usize, to: usize) -> usize {
    let first = characters(bytes, from, to).find(|found| found.2 == Class::Line).map_or(to, |found| found.0);
    before_white(bytes, first).max(from)
}

/// The start of the sentence after a gap with line breaks: what follows the last break, without white space.
fn line_start(bytes: &[u8], from: usize, to: usize) -> usize {
    let last = characters(bytes, from, to).filter(|found| found.2 == Class::Line).last();
    behind_white(bytes, last.map_or(from, |(at, ch, _)| at + ch.len_utf8())).min(to)
}

/// The characters between two places, each with its place and class.
fn characters(bytes: &[u8], from: usize, to: usize) -> impl Iterator<Item = (usize, char, Class)> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let (ch, class, length) = scan::after(bytes, at).filter(|_| at < to)?;
        at += length;
        // An invalid byte has the length one, unlike the character that is given for it.
        Some((at - length, if length == ch.len_utf8() { ch } else { ' ' }, class))
    })
}

fn class_at(bytes: &[u8], at: usize) -> Option<Class> {
    scan::after(bytes, at).map(|found| found.1)
}

/// The class of the second character from `at`, marks left out.
fn second_class(bytes: &[u8], at: usize) -> Option<Class> {
    characters(bytes, at, bytes.len()).map(|found| found.2).filter(|&class| class != Class::Mark).nth(1)
}

/// The end of the white space from `at`.
pub(crate) fn behind_white(bytes: &[u8], mut at: usize) -> usize {
    while let Some((_, _, length)) = scan::after(bytes, at).filter(|found| found.1.is_white()) {
        at += length;
    }
    at
}

/// The start of the white space up to `at`.
pub(crate) fn before_white(bytes: &[u8], mut at: usize) -> usize {
    while let Some((_, _, length)) = scan::before(bytes, at).filter(|found| found.1.is_white()) {
        at -= length;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Stream;
    use proptest::prelude::*;

    fn sentences(text: &str) -> Vec<&str> {
        Sentences::of(text.as_bytes()).all.iter().map(|sentence| &text[sentence.bytes]).collect()
    }

    #[test]
    fn sentences_end_where_their_form_shows_it() {
        for (text, expected) in [
            ("It rained. Nobody came! Why? So.", &["It rained.", "Nobody came!", "Why?", "So."][..]),
            ("is binnengevallen.Daarnaast viel", &["is binnengevallen.", "Daarnaast viel"]),
            ("by J.R.R. Hollander. He went", &["by J.R.R. Hollander.", "He went"]),
            ("said Gov. Hill today. Then", &["said Gov. Hill today.", "Then"]),
            (
                "about 3.5 per cent of U.S. Steel. The rest",
                &["about 3.5 per cent of U.S. Steel.", "The rest"],
            ),
            ("see www.Example.Com/A.B for all. And", &["see www.Example.Com/A.B for all.", "And"]),
            ("(He left. Nobody saw it.) Then", &["(He left. Nobody saw it.)", "Then"]),
            ("“We lost. It rained.” He left.", &["“We lost. It rained.”", "He left."]),
            ("Stop! he said. \"No more.\" Then", &["Stop! he said.", "\"No more.\"", "Then"]),
            ("Heading\nText here. More", &["Heading", "Text here.", "More"]),
            ("a line that was\nwrapped here. More", &["a line that was\nwrapped here.", "More"]),
            ("One\n---\nTwo", &["One", "Two"]),
            ("1. Peel them. Then\n2. Eat", &["1. Peel them.", "Then", "2. Eat"]),
            ("下雨了。没有人来。", &["下雨了。", "没有人来。"]),
            ("الطقس جميل اليوم.ذهبنا معا", &["الطقس جميل اليوم.", "ذهبنا معا"]),
            ("ง. พ.ศ. 2560", &["ง. พ.ศ. 2560"]),
            ("", &[]),
            (" .. \n", &[]),
        ] {
            assert_eq!(sentences(text), expected, "{text}");
        }
    }

    fn texts() -> impl Strategy<Value = String> {
        let parts = [
            "a", "B", "ab", "Zz", "é", "e\u{301}", "ﬁ", "中", "ก", "1", ".", ". ", "! ", "。", "\n", "\r\n",
            " ", "\"", "“", "”", "(", ")", "www.a.b", "://", "-", "ل", "।", "\u{ad}", "\u{200d}", "»",
        ];
        proptest::collection::vec(proptest::sample::select(parts.to_vec()), 0..40)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        /// Sentences tile the stream, and their bytes are the bytes of their stream ranges with punctuation
        /// around them.
        #[test]
        fn sentences_tile_the_stream(text in prop_oneof![texts(), any::<String>()]) {
            let stream = Stream::of(&text).unwrap();
            let found = Sentences::of(text.as_bytes());
            let mut reached = 0;
            let mut byte = 0;
            for sentence in &found.all {
                prop_assert_eq!(sentence.stream().start, reached);
                prop_assert!(sentence.len() > 0);
                reached = sentence.stream().end;
                let source = stream.source(text.as_bytes(), sentence.stream());
                prop_assert!(sentence.bytes.start >= byte);
                prop_assert!(sentence.bytes.covers(source.clone().into()), "{:?} {:?}", sentence, source);
                let part = &text[sentence.bytes];
                prop_assert_eq!(part.trim(), part);
                byte = sentence.bytes.end;
            }
            prop_assert_eq!(reached, stream.len());
        }
    }
}
