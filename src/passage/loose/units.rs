//! Words and units: what the order-free stage reads.
//!
//! In: the scan of a text. Out: its words, as hashes of their first letters, and its units: sentences, or stretches of at most
//! [`LONGEST`] words where there is no punctuation. Scripts written without spaces give a word for every pair of neighbouring
//! characters.

use super::Range;
use crate::scan::{self, ASCII, Class, Sink};
use crate::support::hash::{SEEDS, mix};

/// Words are compared by their first so many letters, which stands in for a stemmer in any script.
const PREFIX: usize = 6;
/// A unit has at least so many words; a shorter one joins the next.
const SHORTEST: usize = 3;
/// A unit has at most so many words; a longer one is cut.
const LONGEST: usize = 40;

/// A sentence: its words (positions in the text's list) and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    pub(super) words: Range,
    pub(super) bytes: Range,
}

/// A text as words and units.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    pub(super) words: Vec<u64>,
    pub(super) units: Vec<Unit>,
}

impl Text {
    pub(crate) fn of(bytes: &[u8]) -> Text {
        let mut reader = Reader::default();
        scan::walk_bytes(bytes, 0, &mut reader);
        reader.word_ends();
        reader.unit_ends();
        reader.text
    }

    /// Bytes of the units `first..=last`.
    pub(super) fn span(&self, (first, last): Range) -> Range {
        (self.units[first as usize].bytes.0, self.units[last as usize].bytes.1)
    }

    /// Units that reach into the bytes, half open.
    pub(super) fn units_in(&self, bytes: Range) -> (usize, usize) {
        (
            self.units.partition_point(|unit| unit.bytes.1 <= bytes.0),
            self.units.partition_point(|unit| unit.bytes.0 < bytes.1),
        )
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>() + self.units.capacity() * size_of::<Unit>()
    }
}

#[derive(Default)]
struct Reader {
    text: Text,
    /// Hash and length of the word being read.
    hash: u64,
    letters: usize,
    /// The unspaced character before, if it touches.
    neighbour: Option<char>,
    /// First word and bytes of the unit being read; no bytes before its first word.
    first_word: u32,
    bytes: Option<Range>,
    after_stop: bool,
    breaks: usize,
}

impl Reader {
    fn word_ends(&mut self) {
        if self.letters > 0 {
            self.text.words.push(self.hash);
            self.letters = 0;
        }
    }

    fn unit_ends(&mut self) {
        let last_word = self.text.words.len() as u32;
        if let Some(bytes) = self.bytes.take()
            && last_word > self.first_word
        {
            self.text.units.push(Unit { words: (self.first_word, last_word), bytes });
        }
        self.first_word = last_word;
        self.after_stop = false;
    }

    fn to(&mut self, start: usize, end: usize) {
        let bytes = self.bytes.get_or_insert((start as u32, end as u32));
        bytes.1 = end as u32;
    }

    #[inline]
    fn character(&mut self, start: usize, end: usize, folded: char, class: Class) {
        (self.after_stop, self.breaks) = (false, 0);
        if !class.is_spaced() && class != Class::Mark {
            self.word_ends();
            if let Some(before) = self.neighbour {
                self.text.words.push(mix((before as u64) << 32 | folded as u64));
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
        self.to(start, end);
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
            self.to(start, end);
        } else if self.after_stop && !class.is_white() && class != Class::Opening {
            // Closing quotes and brackets behind the full stop.
            self.to(start, end);
        }
        self.breaks += is_break as usize;
        // A wide full stop needs no space behind it; one line break may be a wrapped line.
        let wide_stop = class == Class::Terminal && end - start > 1;
        let ends = self.after_stop && class.is_white() || wide_stop || self.breaks >= 2;
        let words = self.text.words.len() - self.first_word as usize;
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
