//! Words, one character at a time: where each begins and ends.
//!
//! In: the characters of the scan. Out, to a [`WordBuilder`]: the characters of each word, and its end. Two
//! builders use it: [`WordHashes`] for what [`super::batch`] leaves, and [`super::FoldedWords`].

use super::sink::{Unit, WordSink};
use super::word_hash::{GrowingWord, WordKeys};
use crate::scan::{self, ASCII, Class, Sink};

/// Receives words as they are cut.
pub(super) trait WordBuilder {
    /// The next character may begin another word. Then either the open word ends before it
    /// ([`WordBuilder::end_at_mark`]), or it belongs to the open word. A later mark replaces an earlier one.
    fn mark(&mut self);

    /// A character of the open word, or the first of a new one.
    fn push(&mut self, folded: char);

    /// More characters of the open word: lower-case letters of ASCII.
    #[inline(always)]
    fn push_lower(&mut self, letters: &[u8]) {
        letters.iter().for_each(|&letter| self.push(letter as char));
    }

    /// The open word ends here.
    fn end(&mut self, unit: Unit);

    /// The open word ended at the mark; what follows the mark is the open word. Both are of [`Unit::Word`].
    fn end_at_mark(&mut self);
}

/// Cuts the scan's characters into words.
pub(super) struct Splitter<B> {
    pub(super) builder: B,
    /// Class of the last character of the open word that is not a mark; `None` between words.
    open: Option<Class>,
    /// Whether the last two characters that are not marks are upper case. Then the last one begins a word if
    /// lower case follows.
    is_marked: bool,
}

impl<B: WordBuilder> Splitter<B> {
    pub(super) fn new(builder: B) -> Splitter<B> {
        Splitter { builder, open: None, is_marked: false }
    }

    /// Ends the open word, if there is one.
    #[inline(always)]
    pub(super) fn close(&mut self) {
        if let Some(class) = self.open.take() {
            self.builder.end(unit(class));
            self.is_marked = false;
        }
    }

    #[inline(always)]
    fn push(&mut self, folded: char, class: Class) {
        if class == Class::Mark {
            if self.open.is_none() {
                return;
            }
        } else {
            match self.open {
                Some(Class::Upper) if class == Class::Upper => {
                    self.builder.mark();
                    self.is_marked = true;
                }
                Some(last) => self.continue_or_end(last, class),
                None => {}
            }
            self.open = Some(class);
        }
        self.builder.push(folded);
    }

    /// Ends the open word, or the part of it before the mark, if a character of `class` cannot continue it.
    #[inline(always)]
    fn continue_or_end(&mut self, last: Class, class: Class) {
        if class == Class::Upper || !last.is_spaced() || !class.is_spaced() {
            self.close();
        } else if std::mem::take(&mut self.is_marked) && class == Class::Lower {
            self.builder.end_at_mark();
        }
    }
}

impl<B: WordBuilder> Sink for Splitter<B> {
    fn ascii(&mut self, _: usize, run: &[u8]) {
        let mut rest = run;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            let (folded, class) = ASCII[usize::from(byte)];
            if !class.is_kept() {
                self.close();
                continue;
            }
            self.push(folded as char, class);
            if class == Class::Lower {
                // Lower case after lower case changes nothing but the word, and most text is lower case.
                let letters = after.iter().take_while(|letter| letter.is_ascii_lowercase()).count();
                self.builder.push_lower(&after[..letters]);
                rest = &after[letters..];
            }
        }
    }

    #[inline(always)]
    fn kept(&mut self, _: usize, _: usize, folded: char, class: Class) {
        self.push(folded, class);
    }

    #[inline(always)]
    fn separator(&mut self, _: usize, _: usize, _: Class) {
        self.close();
    }
}

fn unit(class: Class) -> Unit {
    match class {
        Class::Ideograph => Unit::Ideograph,
        Class::Unspaced => Unit::Unspaced,
        _ => Unit::Word,
    }
}

/// Reads the text one character at a time, up to the next separator or solitary character; returns where that
/// is.
pub(super) fn one_by_one<S: WordSink>(text: &str, at: usize, keys: WordKeys, sink: &mut S) -> usize {
    let parts = |ch: char| match scan::class(ch) {
        Class::Ignorable => false,
        class => !class.is_kept() || matches!(class, Class::Ideograph | Class::Unspaced),
    };
    // Reads at least one character, so that the caller makes progress.
    let end = text[at..].char_indices().skip(1).find(|&(_, ch)| parts(ch));
    let end = end.map_or(text.len(), |(offset, _)| at + offset);
    let mut splitter = Splitter::new(WordHashes { sink, keys, word: GrowingWord::EMPTY, at_mark: None });
    scan::walk(&text[at..end], at, &mut splitter);
    splitter.close();
    end
}

/// Hashes words for a sink.
struct WordHashes<'s, S> {
    sink: &'s mut S,
    keys: WordKeys,
    word: GrowingWord,
    /// The word up to the mark, and what follows the mark.
    at_mark: Option<(GrowingWord, GrowingWord)>,
}

impl<S: WordSink> WordBuilder for WordHashes<'_, S> {
    #[inline(always)]
    fn mark(&mut self) {
        self.at_mark = Some((self.word, GrowingWord::EMPTY));
    }

    #[inline(always)]
    fn push(&mut self, folded: char) {
        if let Some((_, rest)) = &mut self.at_mark {
            rest.push(self.keys, folded);
        }
        self.word.push(self.keys, folded);
    }

    #[inline(always)]
    fn end(&mut self, unit: Unit) {
        self.sink.words(&[self.word.hash(self.keys)], unit);
        self.word = GrowingWord::EMPTY;
        self.at_mark = None;
    }

    #[inline(always)]
    fn end_at_mark(&mut self) {
        if let Some((ended, rest)) = self.at_mark.take() {
            self.sink.words(&[ended.hash(self.keys)], Unit::Word);
            self.word = rest;
        }
    }
}
