//! Words: the squeezed text of a gap, divided into words or grapheme clusters.
//!
//! In: stretches of stream bytes of one side. Out: [`Word`]s in order, which tile the stretches.
//! **Cost.** One scan of the original text of the stretches.

use super::side::{CutUnit, Side};
use crate::scan::{self, ASCII, Class, Sink};
use std::ops::Range;

/// A word (or cluster) of a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    /// First stream byte.
    pub(super) start: usize,
    pub(super) length: u32,
    /// The weight of a pair of this word: one for each character, two for an ideograph, nothing for a mark.
    pub(super) weight: i32,
    /// The first eight bytes. For most words, these and the length determine the whole word.
    pub(super) key: u64,
}

/// Weight of an ideograph: it is about half a word.
const IDEOGRAPH_WEIGHT: i32 = 2;

/// Adds the words of some stretches of a side to `words`.
pub(super) fn read(side: Side<'_>, stretches: &[Range<usize>], unit: CutUnit, words: &mut Vec<Word>) {
    for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
        let source = side.start(stretch.start)..side.end(stretch.end);
        let mut reader = WordReader {
            words,
            bytes: side.bytes(),
            unit,
            position: stretch.start,
            previous: None,
            last_start: usize::MAX,
        };
        let (start, end) = (source.start, source.end.max(source.start));
        scan::walk(&side.text[start..end], start, &mut reader);
        debug_assert_eq!(reader.position, stretch.end);
        for word in words.iter_mut().rev().take_while(|word| word.start >= stretch.start) {
            let text = &side.folded()[word.start..word.start + word.length as usize];
            let mut first = [0; 8];
            let length = text.len().min(8);
            first[..length].copy_from_slice(&text[..length]);
            word.key = u64::from_le_bytes(first);
        }
    }
}

/// Divides scanned text into words, at the same places as [`scan::is_word_break`].
struct WordReader<'a> {
    words: &'a mut Vec<Word>,
    bytes: &'a [u8],
    unit: CutUnit,
    /// Stream position of the next character.
    position: usize,
    /// Class of the character before, unless a separator is between.
    previous: Option<Class>,
    /// Source start of the character before. If the next character has the same start, both were folded from
    /// one cluster.
    last_start: usize,
}

impl WordReader<'_> {
    #[inline]
    fn character(&mut self, start: usize, length: usize, class: Class) {
        let breaks = match (self.unit, self.previous) {
            _ if start == self.last_start => false,
            (_, None) => true,
            (CutUnit::Word, Some(_)) if class == Class::Mark => false,
            (CutUnit::Word, Some(before)) => {
                !before.is_spaced() || !class.is_spaced() || (class == Class::Upper && before != Class::Upper)
            }
            (CutUnit::Cluster, Some(_)) => scan::is_cluster_break(self.bytes, start),
        };
        let weight = match class {
            Class::Mark => 0,
            Class::Ideograph => IDEOGRAPH_WEIGHT,
            _ => 1,
        };
        match self.words.last_mut() {
            Some(word) if !breaks => {
                word.length += length as u32;
                word.weight += weight;
            }
            _ => self.words.push(Word { start: self.position, length: length as u32, weight, key: 0 }),
        }
        self.position += length;
        if class != Class::Mark || self.previous.is_none() {
            self.previous = Some(class);
        }
        self.last_start = start;
    }
}

impl Sink for WordReader<'_> {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (offset, &byte) in run.iter().enumerate() {
            let class = ASCII[byte as usize].1;
            if class.is_kept() {
                self.character(start + offset, 1, class);
            } else {
                self.previous = None;
            }
        }
    }

    fn kept(&mut self, start: usize, _: usize, folded: char, class: Class) {
        self.character(start, folded.len_utf8(), class);
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {
        self.previous = None;
    }
}
