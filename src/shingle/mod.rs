//! Shingles: what a document is a set of.
//!
//! In: the words of a text ([`crate::tokens`]), or its folded characters. Out: a 64-bit number for each window
//! of neighbours, in text order; and exact similarities of the sets of them.
//!
//! The number of a window of words w₁ … wₙ is the polynomial Σ wᵢ Kⁿ⁻ⁱ modulo 2^64, from two prefixes of the polynomial of
//! the whole text, so that it costs three multiplications whatever n is. Words are 64-bit hashes, so equal numbers
//! mean equal windows but for a chance of about 2^-60; as random bits the numbers are of no use before they are
//! mixed (which a [`crate::Sketcher`] does): the low bits of a polynomial depend on the low bits of the words only.
//!
//! Windows end at every word, and are the shortest of the wanted weight. A text too short for one window has one
//! shingle, of all its words.
//!
//! **Cost.** About a nanosecond a word; no allocation but for the sets.
//!
//! **Source.** Broder 1997, *On the resemblance and containment of documents* (shingles); Karp & Rabin 1987, *Efficient
//! randomized pattern-matching algorithms* (the polynomial).

mod kernel;

use crate::error::Error;
use crate::scan::{self, ASCII, Class, Sink};
use crate::support::scratch::{self, Scratch};
use crate::tokens::{self, Unit, WordSink};
use kernel::{BASE, REACH};

/// The unit of which a document is a set.
///
/// The number carries its unit: `Words(5)` are five words, `Chars(24)` twenty-four folded characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Shingle {
    /// Windows of total weight five, where a word weighs 1, a Han or Kana character 1/2 and a character of
    /// Thai, Lao, Khmer or Myanmar 1/4: five words of spaced scripts, ten Han characters, twenty Thai ones,
    /// and in mixed text what lies between. No dictionary, no language switch.
    #[default]
    Adaptive,
    /// Windows of this many words, 1 to [`Shingle::MAX_WORDS`]. In scripts without spaces every character is
    /// a word here.
    Words(usize),
    /// Windows of this many folded letters, marks and digits, 1 to [`Shingle::MAX_CHARS`]; spaces and
    /// punctuation do not count.
    Chars(usize),
}

impl Shingle {
    /// The longest window in words.
    pub const MAX_WORDS: usize = 32;
    /// The longest window in characters.
    pub const MAX_CHARS: usize = 63;

    /// Calls `visit` with every shingle of the text, in text order, repetitions included; returns whether the
    /// text was too short for one, and all its words together were visited as its only shingle
    /// (or none, if it has no letter and no digit).
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
    /// let is_short = Shingle::Words(2).visit("One, two – three.", |_| count += 1);
    /// assert_eq!((count, is_short), (2, false));
    /// ```
    pub fn visit(self, text: &str, mut visit: impl FnMut(u64)) -> bool {
        struct Each<V>(V);
        impl<V: FnMut(u64)> NumberSink for Each<V> {
            fn take(&mut self, numbers: &[u64]) {
                numbers.iter().for_each(|&number| self.0(number));
            }
        }
        self.check().unwrap_or_else(|error| panic!("{error}"));
        self.walk(text, &mut Each(&mut visit))
    }

    /// [`Shingle::visit`], many at once.
    pub(crate) fn walk(self, text: &str, sink: &mut impl NumberSink) -> bool {
        thread_local!(static HELD: Scratch<Held> = const { Scratch::new(None) });
        scratch::lend(&HELD, Held::new, |held| {
            let mut windows = Windows::new(self, sink, held);
            match self {
                Shingle::Chars(_) => scan::walk(text, 0, &mut windows),
                Shingle::Adaptive | Shingle::Words(_) => tokens::walk(text, &mut windows),
            }
            windows.finish()
        })
    }

    /// The kind and the size as two bytes, for recipes.
    pub(crate) fn code(self) -> [u8; 2] {
        match self {
            Shingle::Adaptive => [0, 0],
            Shingle::Words(words) => [1, words as u8],
            Shingle::Chars(chars) => [2, chars as u8],
        }
    }

    /// The reverse of [`Shingle::code`].
    pub(crate) fn from_code(code: [u8; 2]) -> Option<Shingle> {
        let shingle = match code {
            [0, 0] => Shingle::Adaptive,
            [1, words] => Shingle::Words(words as usize),
            [2, chars] => Shingle::Chars(chars as usize),
            _ => return None,
        };
        shingle.check().ok().map(|()| shingle)
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Shingle::Words(words) if !(1..=Shingle::MAX_WORDS).contains(&words) => {
                Err(Error::setting(format!(
                    "Shingle::Words({words}): a shingle has 1 to {} words; 5 is usual",
                    Shingle::MAX_WORDS
                )))
            }
            Shingle::Chars(chars) if !(1..=Shingle::MAX_CHARS).contains(&chars) => {
                Err(Error::setting(format!(
                    "Shingle::Chars({chars}): a shingle has 1 to {} characters; 24 is like five words",
                    Shingle::MAX_CHARS
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Takes shingles as numbers, in text order.
pub(crate) trait NumberSink {
    fn take(&mut self, numbers: &[u64]);
}

/// The weights of the adaptive window, in quarters of a word.
const WORD: u32 = 4;
const IDEOGRAPH: u32 = 2;
const UNSPACED: u32 = 1;
/// Five words.
const ADAPTIVE: u32 = 5 * WORD;

/// Words taken at once.
const BATCH: usize = 256;

/// Prefixes held: those that a window can reach back to, and those of a batch.
const HELD: usize = REACH + BATCH;

/// What a row of words leaves in memory while it grows.
struct Held {
    /// Shingles not yet handed over.
    numbers: [u64; BATCH],
    /// The polynomial of all words up to each of the last ones, and their weight together; 0 stands before the first.
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
    /// How many shingles were not yet handed over.
    waiting: usize,
    /// Weights of a word, an ideograph, a character of the unspaced scripts.
    weights: [u32; 3],
    /// The weight of a window.
    wanted: u32,
    /// Index of the last prefix.
    last: usize,
    /// Index of the prefix where the last window began.
    start: usize,
    /// Weight of the last words, and how many of them running.
    running: u32,
    alike: usize,
    any: bool,
}

impl<'s, S: NumberSink> Windows<'s, S> {
    fn new(shingle: Shingle, sink: &'s mut S, held: &'s mut Held) -> Self {
        (held.prefix[0], held.weight[0]) = (0, 0);
        let (weights, wanted) = match shingle {
            Shingle::Adaptive => ([WORD, IDEOGRAPH, UNSPACED], ADAPTIVE),
            Shingle::Words(size) | Shingle::Chars(size) => ([1; 3], size as u32),
        };
        Windows {
            sink,
            held,
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

    /// Makes room for `more` prefixes, by forgetting those that no window reaches.
    #[inline(always)]
    fn make_room(&mut self, more: usize) {
        if self.last + more >= HELD {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        let gone = self.last + 1 - REACH;
        self.held.prefix.copy_within(gone..=self.last, 0);
        self.held.weight.copy_within(gone..=self.last, 0);
        // Weights are only ever subtracted, so that they may wrap in a text of a billion words.
        self.start -= gone;
        self.last -= gone;
    }

    #[inline(always)]
    fn push(&mut self, hash: u64, weight: u32) {
        self.push_mixed(&[hash], weight);
    }

    /// Takes in words where a window may hold others of another weight; at most [`BATCH`].
    #[inline(always)]
    fn push_mixed(&mut self, hashes: &[u64], weight: u32) {
        self.make_room(hashes.len());
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

    /// [`Windows::push`] of several words, where every window among them is `size` words long.
    #[inline(always)]
    fn push_uniform(&mut self, hashes: &[u64], weight: u32, size: usize) {
        self.make_room(hashes.len());
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

    /// Visits what a short text has; returns whether it is one.
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
        // Until the window holds nothing but words of this weight.
        let mixed = hashes.len().min(size.saturating_sub(self.alike));
        self.push_mixed(&hashes[..mixed], weight);
        for batch in hashes[mixed..].chunks(BATCH) {
            self.push_uniform(batch, weight, size);
        }
        self.alike += hashes.len();
    }
}

/// Characters as words, for [`Shingle::Chars`].
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
        self.push(crate::support::hash::mix(u64::from(folded)), 1);
    }

    #[inline(always)]
    fn separator(&mut self, _: usize, _: usize, _: Class) {}
}

/// The set of shingles of a text, for exact comparison.
///
/// # Example
/// ```
/// use refrain::{Shingle, Shingles};
/// let left = Shingles::of("The quick brown fox jumps over the lazy dog.");
/// let right = Shingles::of("the quick brown fox jumps over the lazy cat");
/// assert_eq!((left.len(), right.len()), (5, 5));
/// assert_eq!(left.jaccard(&right), 4.0 / 6.0);
/// assert_eq!(left.containment(&right), 4.0 / 5.0);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shingles {
    shingle: Shingle,
    short: bool,
    /// Sorted, distinct.
    numbers: Box<[u64]>,
}

impl Shingles {
    /// The default shingles of a text.
    ///
    /// # Cost
    /// O(n log n) for n words, 8 bytes a distinct shingle.
    pub fn of(text: &str) -> Shingles {
        Shingles::by(Shingle::default(), text)
    }

    /// The shingles of a text by another unit.
    ///
    /// # Panics
    /// If the size of the shingle is out of range.
    pub fn by(shingle: Shingle, text: &str) -> Shingles {
        let mut numbers = Vec::new();
        let short = shingle.visit(text, |number| numbers.push(number));
        numbers.sort_unstable();
        numbers.dedup();
        Shingles { shingle, short, numbers: numbers.into() }
    }

    /// The number of distinct shingles.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether the text has no letter and no digit.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether the text was too short for one shingle: all its words together are its only one.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// The distinct shingles as numbers, ascending.
    pub fn as_slice(&self) -> &[u64] {
        &self.numbers
    }

    /// The Jaccard similarity |A ∩ B| / |A ∪ B|. An empty set shares nothing, not even with another empty set: 0.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn jaccard(&self, other: &Shingles) -> f64 {
        let shared = self.shared(other);
        ratio(shared, self.len() + other.len() - shared)
    }

    /// The share of this set that lies in the other, |A ∩ B| / |A|; 0 for an empty set.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn containment(&self, other: &Shingles) -> f64 {
        ratio(self.shared(other), self.len())
    }

    /// How many shingles both sets have.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn shared(&self, other: &Shingles) -> usize {
        assert_eq!(self.shingle, other.shingle, "sets of different shingles share nothing but accidents");
        let (left, right) = (&self.numbers, &other.numbers);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < left.len() && j < right.len() {
            // Without branches: which side goes on is a coin toss.
            shared += usize::from(left[i] == right[j]);
            let (left_on, right_on) = (left[i] <= right[j], right[j] <= left[i]);
            i += usize::from(left_on);
            j += usize::from(right_on);
        }
        shared
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The exact Jaccard similarity of two texts, over the default shingles ([`Shingle::Adaptive`]).
///
/// 1 for texts that differ in case, spacing and punctuation only; 0 where nothing is shared, or a text has no
/// letter and no digit. Texts too short for one shingle are 1 if all their words are equal, else 0. To compare
/// one text with many, keep its [`Shingles`].
///
/// # Example
/// ```
/// let text = "It was the best of times, it was the worst of times";
/// assert_eq!(refrain::jaccard(text, &text.to_uppercase()), 1.0);
/// assert_eq!(refrain::jaccard("too short", "Too short!"), 1.0);
/// assert_eq!(refrain::jaccard("", ""), 0.0);
/// ```
pub fn jaccard(left: &str, right: &str) -> f64 {
    Shingles::of(left).jaccard(&Shingles::of(right))
}

/// The exact share of the left text's default shingles that the right one has too.
///
/// # Example
/// ```
/// let part = "it was the age of wisdom";
/// let whole = "It was the best of times; it was the age of wisdom, it was the age of foolishness";
/// assert_eq!(refrain::containment(part, whole), 1.0);
/// assert!(refrain::containment(whole, part) < 0.2);
/// ```
pub fn containment(left: &str, right: &str) -> f64 {
    Shingles::of(left).containment(&Shingles::of(right))
}
