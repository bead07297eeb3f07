//! Windows of neighbouring words or characters. In: a text. Out, to a [`NumberSink`]: one number for each
//! window, in text order.

use super::kernel::{self, BASE, REACH};
use super::setting::{Shingle, ShingleUnit};
use crate::scan::{self, ASCII, Class, Sink};
use crate::support::scratch::{self, Scratch};
use crate::tokens::{self, Unit, WordKeys, WordSink};

/// Receives shingles as numbers, in text order.
pub(crate) trait NumberSink {
    fn take(&mut self, numbers: &[u64]);
}

impl Shingle {
    /// Calls `visit` with every shingle of the text, in text order, repetitions included. Returns whether the
    /// text was too short for one; then all its words together are its only shingle (none if it has no letter
    /// and no digit).
    ///
    /// The numbers identify shingles; their bits are not uniform.
    ///
    /// # Panics
    /// If the size is out of range; a [`crate::Sketcher`] checks it when it is built.
    ///
    /// # Example
    /// ```
    /// use refrain::Shingle;
    /// let mut count = 0;
    /// let is_short = Shingle::words(2).for_each("One, two – three.", |_| count += 1);
    /// assert_eq!((count, is_short), (2, false));
    /// ```
    pub fn for_each(self, text: &str, mut visit: impl FnMut(u64)) -> bool {
        struct Each<V>(V);
        impl<V: FnMut(u64)> NumberSink for Each<V> {
            fn take(&mut self, numbers: &[u64]) {
                numbers.iter().for_each(|&number| self.0(number));
            }
        }
        self.check().unwrap_or_else(|error| panic!("{error}"));
        self.walk(text, &mut Each(&mut visit))
    }

    /// [`Shingle::for_each`], for a sink that takes many shingles at once.
    pub(crate) fn walk(self, text: &str, sink: &mut impl NumberSink) -> bool {
        thread_local!(static HELD: Scratch<Held> = const { Scratch::new(None) });
        let text = &*self.read(text);
        scratch::lend(&HELD, Held::new, |held| {
            let mut windows = Windows::new(self, sink, held);
            match self.unit() {
                ShingleUnit::Chars(_) => scan::walk(text, 0, &mut windows),
                ShingleUnit::Adaptive | ShingleUnit::Words(_) => {
                    tokens::walk(text, windows.keys, &mut windows)
                }
            }
            windows.finish()
        })
    }
}

/// The weights of the adaptive window, in quarters of a word.
const WORD: u32 = 4;
const IDEOGRAPH: u32 = 2;
const UNSPACED: u32 = 1;
/// Five words.
const ADAPTIVE: u32 = 5 * WORD;

/// The weights of a word, an ideograph and a character of the unspaced scripts, and the weight of a window.
pub(super) fn weights(shingle: Shingle) -> ([u32; 3], u32) {
    match shingle.unit() {
        ShingleUnit::Adaptive => ([WORD, IDEOGRAPH, UNSPACED], ADAPTIVE),
        ShingleUnit::Words(size) | ShingleUnit::Chars(size) => ([1; 3], size as u32),
    }
}

/// Words processed at once.
const BATCH: usize = 256;

/// The number of prefixes held: those that a window can reach back to, and those of a batch.
const HELD: usize = REACH + BATCH;

/// The memory of the windows of one text.
struct Held {
    /// Shingles not yet passed on.
    numbers: [u64; BATCH],
    /// The polynomial of all words up to each of the last ones, and the sum of their weights; 0 before the
    /// first word.
    prefix: [u64; HELD],
    weight: [u32; HELD],
}

impl Held {
    const fn new() -> Held {
        Held { numbers: [0; BATCH], prefix: [0; HELD], weight: [0; HELD] }
    }
}

/// The windows over a growing row of weighted words.
struct Windows<'s, S> {
    sink: &'s mut S,
    held: &'s mut Held,
    keys: WordKeys,
    /// How many shingles are not yet passed on.
    waiting: usize,
    /// Weights of a word, an ideograph, a character of the unspaced scripts.
    weights: [u32; 3],
    /// The weight of a window.
    wanted: u32,
    /// Index of the last prefix.
    last: usize,
    /// Index of the prefix where the last window began.
    start: usize,
    /// The weight of the last word, and how many words before it in a row have the same weight.
    running: u32,
    alike: usize,
    any: bool,
}

impl<'s, S: NumberSink> Windows<'s, S> {
    fn new(shingle: Shingle, sink: &'s mut S, held: &'s mut Held) -> Self {
        (held.prefix[0], held.weight[0]) = (0, 0);
        let (weights, wanted) = weights(shingle);
        Windows {
            sink,
            held,
            keys: WordKeys::of(shingle.seed()),
            waiting: 0,
            weights,
            wanted,
            last: 0,
            start: 0,
            running: 0,
            alike: 0,
            any: false,
        }
    }

    /// Makes space for `more` prefixes by dropping those that no window reaches.
    #[inline(always)]
    fn forget_if_full(&mut self, more: usize) {
        if self.last + more >= HELD {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        let gone = self.last + 1 - REACH;
        self.held.prefix.copy_within(gone..=self.last, 0);
        self.held.weight.copy_within(gone..=self.last, 0);
        // Weights are only subtracted from each other, so they may wrap in a text of a billion words.
        self.start -= gone;
        self.last -= gone;
    }

    #[inline(always)]
    fn push(&mut self, hash: u64, weight: u32) {
        self.push_mixed(&[hash], weight);
    }

    /// Adds words where a window may contain words of another weight; at most [`BATCH`].
    #[inline(always)]
    fn push_mixed(&mut self, hashes: &[u64], weight: u32) {
        self.forget_if_full(hashes.len());
        if self.waiting + hashes.len() > BATCH {
            self.hand_over();
        }
        let (mut start, mut waiting) = (self.start, self.waiting);
        let (mut prefix, mut total) = (self.held.prefix[self.last], self.held.weight[self.last]);
        for (&hash, last) in hashes.iter().zip(self.last + 1..) {
            prefix = prefix.wrapping_mul(BASE).wrapping_add(hash);
            total = total.wrapping_add(weight);
            (self.held.prefix[last], self.held.weight[last]) = (prefix, total);
            let since = |start: usize| total.wrapping_sub(self.held.weight[start]);
            if since(start) < self.wanted {
                continue;
            }
            while since(start + 1) >= self.wanted {
                start += 1;
            }
            self.held.numbers[waiting] = kernel::window(self.held.prefix[start], prefix, last - start);
            waiting += 1;
        }
        self.any |= waiting > self.waiting;
        (self.start, self.waiting) = (start, waiting);
        self.last += hashes.len();
    }

    fn hand_over(&mut self) {
        self.sink.take(&self.held.numbers[..self.waiting]);
        self.waiting = 0;
    }

    /// [`Windows::push`] of several words, where every window that ends among them has `size` words.
    #[inline(always)]
    fn push_uniform(&mut self, hashes: &[u64], weight: u32, size: usize) {
        self.forget_if_full(hashes.len());
        if self.waiting > 0 {
            self.hand_over();
        }
        let (first, count) = (self.last + 1, hashes.len());
        let mut total = self.held.weight[self.last];
        for place in &mut self.held.weight[first..first + count] {
            total = total.wrapping_add(weight);
            *place = total;
        }
        kernel::windows(&mut self.held.prefix, first, hashes, size, &mut self.held.numbers);
        self.sink.take(&self.held.numbers[..count]);
        self.last += count;
        self.start = self.last - size;
    }

    /// Passes on the one shingle of a short text; returns whether the text is short.
    fn finish(&mut self) -> bool {
        self.hand_over();
        if !self.any && self.last > 0 {
            self.sink.take(&[self.held.prefix[self.last]]);
        }
        !self.any
    }
}

impl<S: NumberSink> WordSink for Windows<'_, S> {
    #[inline(always)]
    fn words(&mut self, hashes: &[u64], unit: Unit) {
        let weight = self.weights[unit as usize];
        let size = (self.wanted / weight) as usize;
        if weight != self.running {
            (self.running, self.alike) = (weight, 0);
        }
        // Until the window contains only words of this weight.
        let mixed = hashes.len().min(size.saturating_sub(self.alike));
        self.push_mixed(&hashes[..mixed], weight);
        for batch in hashes[mixed..].chunks(BATCH) {
            self.push_uniform(batch, weight, size);
        }
        self.alike += hashes.len();
    }
}

/// Characters as words, for [`Shingle::chars`].
impl<S: NumberSink> Sink for Windows<'_, S> {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (offset, &byte) in run.iter().enumerate() {
            let (folded, class) = ASCII[usize::from(byte)];
            if class.is_kept() {
                self.kept(start + offset, start + offset + 1, folded as char, class);
            }
        }
    }

    #[inline(always)]
    fn kept(&mut self, _: usize, _: usize, folded: char, _: Class) {
        self.push(self.keys.digest(u64::from(folded), 0), 1);
    }

    #[inline(always)]
    fn separator(&mut self, _: usize, _: usize, _: Class) {}
}
