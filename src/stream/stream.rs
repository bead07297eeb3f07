//! The stream, and the way back from it to the text. In: a text. Out: its folded bytes, and for a range of
//! them the bytes of the text.

use super::builder::{Builder, MARK_EVERY, Mark};
use super::{squeeze, wide};
use crate::error::Error;
use crate::scan::{self, ASCII, Class, Sink};
use crate::support::cpu;
use std::ops::Range;

/// Longest text, in bytes: offsets are 32 bits wide.
pub(crate) const MAX_BYTES: usize = u32::MAX as usize - 1;

/// A squeezed text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stream {
    folded: Vec<u8>,
    marks: Vec<Mark>,
    /// For each [`STEP`] of stream positions, how many marks are at or before its first one.
    steps: Vec<u32>,
}

/// Stream bytes between entries of the index over the marks.
const STEP: usize = 64;

/// The index over the marks of a stream of `length` bytes.
fn steps(marks: &[Mark], length: usize) -> Vec<u32> {
    let mut steps = Vec::with_capacity(length / STEP + 2);
    let mut before = 0;
    for first in (0..=length / STEP).map(|step| step * STEP) {
        while marks.get(before).is_some_and(|mark| mark.stream as usize <= first) {
            before += 1;
        }
        steps.push(before as u32);
    }
    steps.push(marks.len() as u32);
    steps
}

impl Stream {
    /// Squeezes a text.
    ///
    /// # Errors
    /// `is_too_large` above [`MAX_BYTES`] bytes, in the source or folded (a few code points fold to more bytes
    /// than they take).
    pub(crate) fn of(source: &str) -> Result<Stream, Error> {
        Stream::squeezed(source.len(), |builder| wide::walk(source, 0, builder))
    }

    /// Squeezes bytes that may not be UTF-8.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub(crate) fn of_bytes(source: &[u8]) -> Result<Stream, Error> {
        match std::str::from_utf8(source) {
            Ok(text) => Stream::of(text),
            Err(_) => Stream::squeezed(source.len(), |builder| {
                scan::walk_valid(source, 0, builder, wide::walk);
            }),
        }
    }

    fn squeezed(length: usize, scan: impl FnOnce(&mut Builder)) -> Result<Stream, Error> {
        if length > MAX_BYTES {
            return Err(too_large(length));
        }
        let mut builder = Builder::new(length);
        scan(&mut builder);
        if builder.folded.len() > MAX_BYTES {
            return Err(too_large(builder.folded.len()));
        }
        let steps = steps(&builder.marks, builder.folded.len());
        Ok(Stream { folded: builder.folded, marks: builder.marks, steps })
    }

    /// The folded characters.
    #[inline]
    pub(crate) fn folded(&self) -> &[u8] {
        &self.folded
    }

    /// Length in stream bytes.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.folded.len()
    }

    /// Frees the spare memory that building the stream left.
    pub(crate) fn shrink(&mut self) {
        self.folded.shrink_to_fit();
        self.marks.shrink_to_fit();
        self.steps.shrink_to_fit();
    }

    /// Bytes of memory held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.folded.capacity()
            + self.marks.capacity() * size_of::<Mark>()
            + self.steps.capacity() * size_of::<u32>()
    }

    /// How many marks are at or before stream position `at`: a scan for it starts at the last of them.
    #[inline]
    fn marks_until(&self, at: usize) -> usize {
        let (from, to) = (self.steps[at / STEP] as usize, self.steps[at / STEP + 1] as usize);
        from + self.marks[from..to].partition_point(|mark| mark.stream as usize <= at)
    }

    /// Bytes of the source under the characters of `range`, from the start of the first to the end of the
    /// last; a range that touches a composed cluster takes the whole cluster.
    ///
    /// `range` must not be empty, and `source` must be the text that the stream was made from.
    pub(crate) fn source(&self, source: &[u8], range: Range<usize>) -> Range<usize> {
        let first = self.character(source, range.start);
        let last = self.character(source, range.end - 1);
        first.start..last.end
    }

    /// The gap in the source at stream position `at`: the end of the character before it and the start of the
    /// character at it; the bounds of the source at the bounds of the stream. If both came from one source
    /// character (a ligature), the end is after the start.
    ///
    /// `at` must be the start of a character, or the end.
    pub(crate) fn gap(&self, source: &[u8], at: usize) -> (usize, usize) {
        if at > 0
            && at < self.folded.len()
            && let Some(gap) = self.ascii_gap(source, at)
        {
            return gap;
        }
        let end = if at == 0 { 0 } else { self.character(source, at - 1).end };
        let start = if at == self.folded.len() { source.len() } else { self.character(source, at).start };
        (end, start)
    }

    /// The same if all is ASCII from the mark before to the character after.
    #[inline]
    fn ascii_gap(&self, source: &[u8], at: usize) -> Option<(usize, usize)> {
        let mark = self.marks[self.marks_until(at - 1) - 1];
        let (mut stream, mut end) = (mark.stream as usize, mark.source as usize);
        while stream < at {
            let (_, class) = *ASCII.get(*source.get(end)? as usize)?;
            stream += class.is_kept() as usize;
            end += 1;
        }
        let mut start = end;
        while !ASCII.get(*source.get(start)? as usize)?.1.is_kept() {
            start += 1;
        }
        // A wide character after the one that starts here may be a mark that joins it; that changes no start.
        Some((end, start))
    }

    /// Prefetches what [`character`](Self::character) reads at these places of the stream, and the stream
    /// itself there. Three reads depend on each other: each gives the place of the next. So each step is done
    /// for all places before the next step.
    pub(crate) fn fetch(&self, source: &[u8], places: impl Iterator<Item = usize> + Clone) {
        for at in places.clone() {
            cpu::fetch(&self.folded, at);
            cpu::fetch(&self.steps, at / STEP);
        }
        let mark = |at: usize| self.steps[at / STEP] as usize - 1;
        places.clone().for_each(|at| cpu::fetch(&self.marks, mark(at)));
        for from in places.map(|at| self.marks[mark(at)].source as usize) {
            cpu::fetch(source, from);
            cpu::fetch(source, from + MARK_EVERY);
        }
    }

    /// Source bytes of the character that stream byte `at` belongs to.
    pub(crate) fn character(&self, source: &[u8], at: usize) -> Range<usize> {
        debug_assert!(at < self.folded.len());
        let next = self.marks_until(at);
        let mark = self.marks[next - 1];
        if let Some(found) = ascii_character(source, mark, at) {
            return found..found + 1;
        }
        let until = self.marks.get(next).map_or(source.len(), |mark| mark.source as usize);
        let mut locator = Locator { wanted: at, at: mark.stream as usize, found: None };
        let from = mark.source as usize;
        scan::walk_bytes(&source[from..until], from, &mut locator);
        locator.found.expect("the stream was made from this source")
    }
}

/// The place in the source of the character at stream position `at`, if all is ASCII from the mark to one
/// byte after the character (other text may join it).
#[inline]
fn ascii_character(source: &[u8], mark: Mark, at: usize) -> Option<usize> {
    let mut place = mark.source as usize;
    let mut nth = at - mark.stream as usize;
    let mut padding = [0; squeeze::BLOCK];
    loop {
        match squeeze::nth(scan::padded(&source[place..], &mut padding), nth)? {
            squeeze::Nth::Here(found) => {
                place += found;
                break;
            }
            squeeze::Nth::Behind(kept) => nth -= kept,
        }
        place += squeeze::BLOCK;
        if place >= source.len() {
            return None;
        }
    }
    source.get(place + 1).is_none_or(u8::is_ascii).then_some(place)
}

fn too_large(length: usize) -> Error {
    Error::too_large(format!(
        "a text of {length} bytes is larger than the {MAX_BYTES} bytes that fit 32-bit offsets: pass it in parts"
    ))
}

/// Scans from a mark until the wanted stream byte.
struct Locator {
    wanted: usize,
    at: usize,
    found: Option<Range<usize>>,
}

impl Sink for Locator {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        if self.found.is_some() {
            return;
        }
        for (offset, &byte) in run.iter().enumerate() {
            if ASCII[byte as usize].1.is_kept() {
                if self.at == self.wanted {
                    self.found = Some(start + offset..start + offset + 1);
                    return;
                }
                self.at += 1;
            }
        }
    }

    fn kept(&mut self, start: usize, end: usize, folded: char, _: Class) {
        if self.found.is_none() {
            self.at += folded.len_utf8();
            if self.at > self.wanted {
                self.found = Some(start..end);
            }
        }
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::bytes::{common_prefix, common_suffix, starts_character};
    use proptest::prelude::*;

    fn squeezed(text: &str) -> String {
        String::from_utf8(Stream::of(text).unwrap().folded).unwrap()
    }

    #[test]
    fn lost_breaks_cost_nothing() {
        let whole = "… was binnengevallen.\n\nDaarnaast: onder de kader\n\nLavrov stelde";
        let glued = "… was binnengevallen.Daarnaast: onder de kaderLavrov stelde";
        assert_eq!(squeezed(whole), squeezed(glued));
        assert_eq!(squeezed("Één, twee!"), "ééntwee");
    }

    proptest! {
        #[test]
        fn common_ends_are_their_definition(a in "[ab]{0,40}", b in "[ab]{0,40}") {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            prop_assert_eq!(common_prefix(a, b), a.iter().zip(b).take_while(|(x, y)| x == y).count());
            prop_assert_eq!(common_suffix(a, b), a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count());
        }

        /// The text under a range of the stream squeezes to that range, widened to whole clusters.
        #[test]
        fn the_way_back_is_exact(
            text in "(\\PC|[a-zA-Z .]{1,80}|[ \\n]{60,90}|e\\u{301}|[가-힣\\u{1161}ᄀ]|ﬁ|\\u{ad}|[ก-๏]|[अ-ह\\u{93c}]){0,12}",
            from in any::<prop::sample::Index>(),
            to in any::<prop::sample::Index>(),
        ) {
            let stream = Stream::of(&text).unwrap();
            if stream.len() > 0 {
                let (a, b) = (from.index(stream.len()), to.index(stream.len()));
                let (mut a, mut b) = (a.min(b), a.max(b) + 1);
                while !starts_character(stream.folded[a]) { a -= 1 }
                while b < stream.len() && !starts_character(stream.folded[b]) { b += 1 }
                let source = stream.source(text.as_bytes(), a..b);
                let back = squeezed(&text[source.clone()]);
                let wanted = std::str::from_utf8(&stream.folded[a..b]).unwrap();
                prop_assert!(back.contains(wanted), "{back:?} under {source:?} of {text:?} should hold {wanted:?}");
                prop_assert!(back.len() <= wanted.len() + 40);
            }
        }

        /// The short path through ASCII gives what the scan gives.
        #[test]
        fn characters_are_where_the_scan_says(
            text in "(\\PC|[a-zA-Z .]{1,80}|[ \\n]{60,90}|e\\u{301}|a[\\u{300}-\\u{33f}]{0,90}|ﬁ|\\u{ad}|[ก-๏]){0,12}",
        ) {
            let stream = Stream::of(&text).unwrap();
            for at in 0..stream.len() {
                let mut locator = Locator { wanted: at, at: 0, found: None };
                scan::walk(&text, 0, &mut locator);
                prop_assert_eq!(stream.character(text.as_bytes(), at), locator.found.unwrap());
            }
        }

        /// Both ways to find a gap give the same result.
        #[test]
        fn gaps_are_between_characters(
            text in "(\\PC|[a-zA-Z .]{1,80}|[ \\n]{60,90}|e\\u{301}|ﬁ|\\u{ad}|[ก-๏]){0,12}",
        ) {
            let stream = Stream::of(&text).unwrap();
            for at in (1..stream.len()).filter(|&at| starts_character(stream.folded[at])) {
                let (end, start) = stream.gap(text.as_bytes(), at);
                prop_assert_eq!(end, stream.character(text.as_bytes(), at - 1).end);
                prop_assert_eq!(start, stream.character(text.as_bytes(), at).start);
            }
        }

        #[test]
        fn invalid_bytes_separate(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let stream = Stream::of_bytes(&bytes).unwrap();
            prop_assert!(std::str::from_utf8(&stream.folded).is_ok());
            for at in 0..stream.len() {
                let span = stream.character(&bytes, at);
                prop_assert!(std::str::from_utf8(&bytes[span]).is_ok());
            }
        }
    }
}
