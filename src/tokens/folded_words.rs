//! The words of a text as folded characters, for callers that must not rely on hashes.
//!
//! In: a text. Out: its words in UTF-8, cut as [`super::walk`] cuts them. **Cost.** About 2 ns a byte of
//! English; memory for the folded text and 9 bytes a word.

use super::sink::Unit;
use super::splitter::{Splitter, WordBuilder};
use crate::scan;

/// The words in text order, in one string of bytes.
pub(crate) struct FoldedWords {
    bytes: Vec<u8>,
    /// The end of each word. A word begins where the one before it ends.
    ends: Vec<usize>,
    units: Vec<Unit>,
    /// The end of the open word, if the next character shows that another word began here.
    mark: usize,
}

impl FoldedWords {
    /// The words of a text.
    pub(crate) fn of(text: &str) -> FoldedWords {
        /// Bytes of an average word with the space after it; only the first allocation depends on it.
        const WORD_BYTES: usize = 6;
        let words = FoldedWords {
            bytes: Vec::with_capacity(text.len()),
            ends: Vec::with_capacity(text.len() / WORD_BYTES),
            units: Vec::with_capacity(text.len() / WORD_BYTES),
            mark: 0,
        };
        let mut splitter = Splitter::new(words);
        scan::walk(text, 0, &mut splitter);
        splitter.close();
        splitter.builder
    }

    /// The number of words.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Each word with its unit.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], Unit)> {
        let mut start = 0;
        self.ends.iter().zip(&self.units).map(move |(&end, &unit)| {
            let word = &self.bytes[start..end];
            start = end;
            (word, unit)
        })
    }
}

impl WordBuilder for FoldedWords {
    #[inline(always)]
    fn mark(&mut self) {
        self.mark = self.bytes.len();
    }

    #[inline(always)]
    fn push(&mut self, folded: char) {
        match folded.is_ascii() {
            true => self.bytes.push(folded as u8),
            false => self.bytes.extend_from_slice(folded.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    #[inline(always)]
    fn push_lower(&mut self, letters: &[u8]) {
        self.bytes.extend_from_slice(letters);
    }

    #[inline(always)]
    fn end(&mut self, unit: Unit) {
        self.ends.push(self.bytes.len());
        self.units.push(unit);
    }

    #[inline(always)]
    fn end_at_mark(&mut self) {
        self.ends.push(self.mark);
        self.units.push(Unit::Word);
    }
}
