//! Words and units: the form of a text that the search without regard to order reads.
//!
//! In: the scan of a text. Out: its words, as hashes of their first letters, and its units: sentences, or
//! stretches of at most [`LONGEST`] words if there is no punctuation. In scripts without spaces, every pair
//! of neighbouring characters is a word.

use super::ranges::{ByteRange, UnitRange};
use crate::scan::{self, ASCII, Class, Sink};
use crate::support::hash::{SEEDS, mix};
use std::ops::Range;

/// Words are compared by this many first letters. This replaces a stemmer, because no script has one stemmer
/// for all its languages.
const PREFIX: usize = 6;
/// A unit has at least this many words; a shorter one joins the next.
const SHORTEST: usize = 3;
/// A unit has at most this many words; a longer one is cut.
const LONGEST: usize = 40;

/// The lowest bit of a word is set if it is a pair of characters.
const PAIR: u64 = 1;

/// How much a word counts as evidence. A pair of characters counts as a third of a word: it shares both with
/// its neighbours, and a word of Thai or Chinese has about three pairs.
pub(super) fn weight(word: u64) -> f64 {
    if word & PAIR == 0 { 1.0 } else { 1.0 / 3.0 }
}

/// A sentence: its words (positions in the text's list) and its bytes.
#[derive(Clone, Debug)]
pub(super) struct TextUnit {
    pub(super) words: Range<usize>,
    pub(super) bytes: ByteRange,
}

/// A text as words and units.
#[derive(Clone, Debug, Default)]
pub(in crate::passage) struct Text {
    pub(super) words: Vec<u64>,
    pub(super) units: Vec<TextUnit>,
}

impl Text {
    pub(in crate::passage) fn of(bytes: &[u8]) -> Text {
        let mut reader = Reader::default();
        scan::walk_bytes(bytes, 0, &mut reader);
        reader.word_ends();
        reader.unit_ends();
        reader.text
    }

    /// Bytes from the first to the last of the units. There must be at least one unit.
    pub(super) fn bytes_of(&self, units: UnitRange) -> ByteRange {
        ByteRange { start: self.units[units.start].bytes.start, end: self.units[units.end - 1].bytes.end }
    }

    /// Places of the words of these units.
    pub(super) fn words_in(&self, units: UnitRange) -> Range<usize> {
        match self.units.get(units.units()) {
            Some([first, .., last]) => first.words.start..last.words.end,
            Some([only]) => only.words.clone(),
            _ => 0..0,
        }
    }

    /// Units that overlap these bytes.
    pub(super) fn units_in(&self, bytes: ByteRange) -> UnitRange {
        UnitRange {
            start: self.units.partition_point(|unit| unit.bytes.end <= bytes.start),
            end: self.units.partition_point(|unit| unit.bytes.start < bytes.end),
        }
    }

    pub(in crate::passage) fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.units.capacity() * size_of::<TextUnit>()
    }
}

#[derive(Default)]
struct Reader {
    text: Text,
    /// Hash and length of the word being read.
    hash: u64,
    letters: usize,
    /// The character directly before, if its script is written without spaces.
    neighbour: Option<char>,
    /// First word and bytes of the unit being read. The bytes are `None` before its first word.
    first_word: usize,
    bytes: Option<ByteRange>,
    /// Whether a full stop was read and no letter since then.
    after_stop: bool,
    /// Line breaks since the last letter.
    breaks: usize,
}

impl Reader {
    fn word_ends(&mut self) {
        if self.letters > 0 {
            self.text.words.push(self.hash & !PAIR);
            self.letters = 0;
        }
    }

    fn unit_ends(&mut self) {
        let end_word = self.text.words.len();
        if let Some(bytes) = self.bytes.take()
            && end_word > self.first_word
        {
            self.text.units.push(TextUnit { words: self.first_word..end_word, bytes });
        }
        self.first_word = end_word;
        self.after_stop = false;
    }

    /// Extends the unit to the end of these bytes.
    fn reach(&mut self, start: usize, end: usize) {
        let bytes = self.bytes.get_or_insert(ByteRange { start: start as u32, end: end as u32 });
        bytes.end = end as u32;
    }

    #[inline]
    fn character(&mut self, start: usize, end: usize, folded: char, class: Class) {
        (self.after_stop, self.breaks) = (false, 0);
        if !class.is_spaced() && class != Class::Mark {
            self.word_ends();
            if let Some(before) = self.neighbour {
                self.text.words.push(mix((before as u64) << 32 | folded as u64) | PAIR);
            }
            self.neighbour = Some(folded);
        } else if self.neighbour.is_none() || class != Class::Mark {
            self.neighbour = None;
            if self.letters == 0 {
                self.hash = SEEDS[6];
            }
            if self.letters < PREFIX {
                self.hash = mix(self.hash ^ folded as u64);
            }
            self.letters += 1;
        }
        self.reach(start, end);
    }

    #[inline]
    fn gap(&mut self, start: usize, end: usize, class: Class, is_break: bool) {
        self.word_ends();
        self.neighbour = None;
        if self.bytes.is_none() {
            return;
        }
        if class == Class::Terminal {
            self.after_stop = true;
            self.reach(start, end);
        } else if self.after_stop && !class.is_white() && class != Class::Opening {
            // Closing quotes and brackets after the full stop.
            self.reach(start, end);
        }
        self.breaks += is_break as usize;
        // A wide full stop needs no space after it. A single line break may be a wrapped line.
        let wide_stop = class == Class::Terminal && end - start > 1;
        let ends = self.after_stop && class.is_white() || wide_stop || self.breaks >= 2;
        let words = self.text.words.len() - self.first_word;
        if ends && words >= SHORTEST || words >= LONGEST {
            self.unit_ends();
        } else if ends {
            self.after_stop = false;
        }
    }
}

impl Sink for Reader {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (offset, &byte) in run.iter().enumerate() {
            let (folded, class) = ASCII[(byte & 0x7F) as usize];
            let at = start + offset;
            if class.is_kept() {
                self.character(at, at + 1, folded as char, class);
            } else {
                self.gap(at, at + 1, class, byte == b'\n');
            }
        }
    }

    fn kept(&mut self, start: usize, end: usize, folded: char, class: Class) {
        self.character(start, end, folded, class);
    }

    fn separator(&mut self, start: usize, end: usize, class: Class) {
        self.gap(start, end, class, class == Class::Line);
    }
}
