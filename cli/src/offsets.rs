//! Offsets in the unit that the user asked for.
//!
//! In: a text and spans of its bytes. Out: the same spans in bytes, code points or UTF-16 code units. **Cost.** One pass over
//! the text, for any number of spans.

use clap::ValueEnum;
use refrain::Span;
use serde_json::{Value, json};

/// What the numbers of a span count.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Offsets {
    /// Bytes of the original
    Bytes,
    /// Code points, as Python counts
    Chars,
    /// UTF-16 code units, as JavaScript and Java count
    Utf16,
}

/// Converts byte offsets of one text.
pub(crate) struct Counter {
    /// Byte offsets in ascending order, each with its number. Empty if the unit is bytes.
    numbers: Vec<(usize, usize)>,
}

impl Counter {
    /// Prepares the offsets of `spans`. An invalid sequence of bytes counts as one character, because decoders replace it by
    /// one U+FFFD.
    pub(crate) fn new(text: &[u8], offsets: Offsets, spans: impl IntoIterator<Item = Span>) -> Counter {
        if offsets == Offsets::Bytes {
            return Counter { numbers: Vec::new() };
        }
        let mut asked: Vec<usize> = spans.into_iter().flat_map(|span| [span.start, span.end]).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut numbers = Vec::with_capacity(asked.len());
        let (mut byte, mut number) = (0, 0);
        let mut pending = asked.into_iter().peekable();
        let mut step = |length: usize, units: usize| {
            while let Some(at) = pending.next_if(|&at| at < byte + length) {
                numbers.push((at, number));
            }
            byte += length;
            number += units;
        };
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                let units = if offsets == Offsets::Chars { 1 } else { character.len_utf16() };
                step(character.len_utf8(), units);
            }
            if !chunk.invalid().is_empty() {
                step(chunk.invalid().len(), 1);
            }
        }
        let last = number;
        numbers.extend(pending.map(|at| (at, last)));
        Counter { numbers }
    }

    /// The span as `[start, end]`.
    pub(crate) fn json(&self, span: Span) -> Value {
        json!([self.number(span.start), self.number(span.end)])
    }

    fn number(&self, at: usize) -> usize {
        match self.numbers.binary_search_by_key(&at, |&(byte, _)| byte) {
            Ok(found) => self.numbers[found].1,
            Err(_) => at,
        }
    }
}
