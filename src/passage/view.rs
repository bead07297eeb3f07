//! Views: the text that a search reads where it leaves something out.
//!
//! In: a text, and what is left out of it ([`Omitted`]). Out: a [`View`]: the other text, and the way back to bytes of
//! the caller's text.
//!
//! **Idea.** All steps of a search read a view as they read any text. Only the spans of the answer are mapped back, so no
//! other module knows of marks or ignored text. An ignored span becomes a space, so it parts words and is absent from the
//! stream, as punctuation is. An excluded span becomes a paragraph break, and its place is a *cut*: no passage contains
//! one.
//!
//! **Cost.** Linear. Memory: the view itself, and 12 bytes for each place where it differs from the text.

use crate::error::Error;
use crate::scan;
use crate::span::Span;
use crate::stream::{Stream, starts_character};
use crate::support::interval_set::IntervalSet;
use std::ops::Range;

/// What a search leaves out of a text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Omitted {
    /// Marks that writers may leave out ([`scan::bare`]).
    pub(crate) marks: bool,
    /// Text that counts for nothing.
    pub(crate) ignored: IntervalSet,
    /// Text in which there are no passages, and which no passage contains.
    pub(crate) excluded: IntervalSet,
}

impl Omitted {
    /// Whether the whole text is read.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Omitted::default()
    }

    /// Whether text is ignored or excluded.
    pub(crate) fn has_spans(&self) -> bool {
        self.ignored.iter().next().is_some() || self.excluded.iter().next().is_some()
    }

    /// The spans as a set.
    ///
    /// # Errors
    /// `is_setting` if a span is not inside the text or cuts a character.
    pub(crate) fn set(bytes: &[u8], spans: &[Span]) -> Result<IntervalSet, Error> {
        let is_boundary = |at: usize| bytes.get(at).is_none_or(|byte| !(0x80..0xC0).contains(byte));
        for span in spans {
            if span.start > span.end || span.end > bytes.len() {
                return Err(Error::setting(format!(
                    "the span {span} is not inside the text, which has {} bytes",
                    bytes.len()
                )));
            }
            if !is_boundary(span.start) || !is_boundary(span.end) {
                return Err(Error::setting(format!(
                    "the span {span} cuts a character; give byte positions between characters"
                )));
            }
        }
        Ok(spans.iter().map(|span| span.range()).collect())
    }
}

/// A stretch of a view. The next one starts where it ends.
#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Its start in the view.
    at: u32,
    /// Its bytes in the text. If they are as many as in the view, it is a copy of them.
    start: u32,
    end: u32,
}

/// See the [module](self).
#[derive(Clone, Debug)]
pub(crate) struct View {
    text: Vec<u8>,
    pieces: Vec<Piece>,
    cuts: Vec<usize>,
    /// The same places in the stream of the view.
    stream_cuts: Vec<u32>,
}

impl View {
    /// The view of a text of less than 4 GiB.
    pub(crate) fn new(bytes: &[u8], omitted: &Omitted) -> View {
        let mut writer = Writer {
            bytes,
            marks: omitted.marks,
            view: View {
                text: Vec::with_capacity(bytes.len()),
                pieces: Vec::new(),
                cuts: Vec::new(),
                stream_cuts: Vec::new(),
            },
        };
        let mut at = 0;
        let ends = omitted.excluded.iter().chain(std::iter::once(bytes.len()..bytes.len()));
        for excluded in ends {
            let mut from = at;
            for ignored in omitted.ignored.within(at..excluded.start) {
                writer.copy(from..ignored.start);
                let has_line = bytes[ignored.clone()].contains(&b'\n');
                writer.replace(ignored.clone(), if has_line { b"\n" } else { b" " });
                from = ignored.end;
            }
            writer.copy(from..excluded.start);
            if !excluded.is_empty() {
                writer.replace(excluded.clone(), b"\n\n");
                writer.view.cuts.push(writer.view.text.len() - 1);
            }
            at = excluded.end;
        }
        writer.view
    }

    /// The text to read.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Reads the view, and finds the cuts in its stream.
    ///
    /// # Errors
    /// `is_too_large` as [`Stream::of`].
    pub(crate) fn stream(&mut self) -> Result<Stream, Error> {
        let stream = Stream::of_bytes(&self.text)?;
        self.stream_cuts = self.cuts.iter().map(|&cut| first_from(&stream, &self.text, cut) as u32).collect();
        self.stream_cuts.dedup();
        Ok(stream)
    }

    /// The places where text is excluded, in bytes of the stream, ascending.
    pub(crate) fn stream_cuts(&self) -> &[u32] {
        &self.stream_cuts
    }

    /// The span of the caller's text for a span of the view that is not empty.
    pub(crate) fn original(&self, span: Span) -> Span {
        let of = |at: usize| {
            let place = self.pieces.partition_point(|piece| piece.at as usize <= at) - 1;
            let next = self.pieces.get(place + 1).map_or(self.text.len(), |next| next.at as usize);
            let Piece { at, start, end } = self.pieces[place];
            (at as usize, next, start as usize..end as usize)
        };
        let (first, next, bytes) = of(span.start);
        let is_copy = bytes.len() == next - first;
        let start = if is_copy { bytes.start + (span.start - first) } else { bytes.start };
        let (first, next, bytes) = of(span.end - 1);
        let is_copy = bytes.len() == next - first;
        let end = if is_copy { bytes.start + (span.end - first) } else { bytes.end };
        Span::new(start, end)
    }

    /// The longest part of a span of the view that contains no cut, without white space at its ends. It may be empty.
    pub(crate) fn longest_part(&self, span: Span) -> Span {
        let first = self.cuts.partition_point(|&cut| cut < span.start);
        let inside = self.cuts[first..].iter().copied().take_while(|&cut| cut <= span.end);
        let mut start = span.start;
        let mut longest = start..start;
        for end in inside.chain(std::iter::once(span.end)) {
            if end - start > longest.len() {
                longest = start..end;
            }
            start = end;
        }
        // A part next to a cut has half of the paragraph break there.
        let part = &self.text[longest.clone()];
        let before = part.len() - part.trim_ascii_start().len();
        let length = part.trim_ascii().len();
        Span::new(longest.start + before, longest.start + before + length)
    }

    /// Bytes of memory held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.text.capacity()
            + self.pieces.capacity() * size_of::<Piece>()
            + self.cuts.capacity() * size_of::<usize>()
            + self.stream_cuts.capacity() * size_of::<u32>()
    }
}

/// The position in the stream of the first character that starts at byte `from` of its text or after it.
fn first_from(stream: &Stream, text: &[u8], from: usize) -> usize {
    let folded = stream.folded();
    let (mut low, mut high) = (0, folded.len());
    while low < high {
        let middle = (low + high) / 2;
        let at = (0..=middle).rev().find(|&at| starts_character(folded[at])).unwrap_or(0);
        if stream.character(text, at).start < from {
            low = (middle + 1..high).find(|&at| starts_character(folded[at])).unwrap_or(high);
        } else {
            high = at;
        }
    }
    low
}

/// A view under construction.
struct Writer<'t> {
    bytes: &'t [u8],
    marks: bool,
    view: View,
}

impl Writer<'_> {
    fn piece(&mut self, from: Range<usize>, text: &[u8]) {
        let (at, start, end) = (self.view.text.len() as u32, from.start as u32, from.end as u32);
        self.view.pieces.push(Piece { at, start, end });
        self.view.text.extend_from_slice(text);
    }

    /// Adds a stretch of the text as it is.
    fn unchanged(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            let bytes = self.bytes;
            self.piece(range.clone(), &bytes[range]);
        }
    }

    /// Adds other text for a stretch.
    fn replace(&mut self, range: Range<usize>, text: &[u8]) {
        // A piece of the same length would be a copy, which may end inside it.
        self.piece(range, text);
    }

    /// Adds a stretch of the text, without marks if they are left out.
    fn copy(&mut self, range: Range<usize>) {
        if !self.marks {
            return self.unchanged(range);
        }
        let mut at = range.start;
        let bytes = self.bytes;
        for chunk in bytes[range].utf8_chunks() {
            self.copy_bare(at, chunk.valid());
            at += chunk.valid().len();
            self.unchanged(at..at + chunk.invalid().len());
            at += chunk.invalid().len();
        }
    }

    /// Adds valid text, which starts at byte `base`, without its marks.
    fn copy_bare(&mut self, base: usize, text: &str) {
        let mut bare = String::new();
        // The first byte that was not added yet, and the last character of the bytes after it.
        let (mut from, mut last) = (base, base);
        for (offset, ch) in text.char_indices() {
            let (at, end) = (base + offset, base + offset + ch.len_utf8());
            if ch.is_ascii() {
                last = at;
                continue;
            }
            bare.clear();
            if !scan::write_bare(ch, &mut bare) {
                last = at;
                continue;
            }
            if !bare.is_empty() {
                self.unchanged(from..at);
                self.replace(at..end, bare.as_bytes());
            } else if from < at {
                // The mark belongs to the character before it.
                self.unchanged(from..last);
                let bytes = self.bytes;
                self.piece(last..end, &bytes[last..at]);
            } else if let Some(before) = self.view.pieces.last_mut()
                && before.end as usize == at
            {
                before.end = end as u32;
            }
            (from, last) = (end, end);
        }
        self.unchanged(from..base + text.len());
    }
}
