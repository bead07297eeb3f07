//! The order-free stage: passages that were reworded, shuffled, translated back or summed up.
//!
//! In: two texts as words and [`units`], and the clean copies found already, whose units are closed. Out: passages whose
//! two sides share their weighty words, in whatever order.
//!
//! 1. [`bags`]: each open unit is a bag of words, a word weighing its count times `ln((N + 1) / df)`, `N` and `df` counted over
//!    the units of both texts: what is common is read off the texts themselves, no stop words.
//! 2. [`rewritten`]: units alike by cosine and Dice are linked through an inverted index, the links clustered on both sides
//!    in turn, the clusters tightened until their fragments agree.
//! 3. [`digest`]: a segment of one side whose words the other side holds far more than the rest, by log-likelihood ratio.
//!
//! **Floor.** A passage shares at least [`MIN_SHARED`] distinct words (by their first six letters); the floor does not depend
//! on the sizes of the texts, and is what keeps unrelated texts apart.
//!
//! **Cost.** Near linear: words in more than 128 units do not link.
//! **Source.** Sanchez-Perez, Sidorov, Gelbukh, *A Winning Approach to Text Alignment for Text Reuse Detection at PAN 2014*
//! (units, cosine and Dice, clustering in turn, tightening); the floor, the growth and the digests are our own.

mod bags;
mod digest;
mod rewritten;
mod units;

pub(crate) use units::Text;

use super::Passage;
use crate::span::Span;
use bags::{Bags, Vocabulary, open_units};

/// Half-open byte offsets, or first and last of units.
type Range = (u32, u32);

/// Distinct words that both sides of a passage hold at least.
const MIN_SHARED: u32 = 18;
/// Bytes of either side at least.
const MIN_BYTES: u32 = 100;

/// A passage found without regard to order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) left: Range,
    pub(crate) right: Range,
    /// Distinct words that both sides hold.
    shared: u32,
}

struct Stage<'a> {
    a: &'a Text,
    b: &'a Text,
    x: Bags,
    y: Bags,
    /// Weight of a word.
    isf: Vec<f32>,
    va: Vocabulary,
    vb: Vocabulary,
}

fn overlap(a: Range, b: Range) -> u32 {
    a.1.min(b.1).saturating_sub(a.0.max(b.0))
}

/// Whether the two share a byte.
pub(crate) fn hit(a: Range, b: Range) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// Whether clean copies leave enough of both texts for [`passages`] to find anything: of what units they leave open, more than half
/// is in none of them. Where the texts are copies of each other this saves reading them as words.
pub(crate) fn leave_room(left: &[u8], right: &[u8], sure: &[Passage]) -> bool {
    let room = |text: &[u8], spans: Vec<Span>| {
        let (mut covered, mut to) = (0, 0);
        for span in spans {
            covered += span.end.saturating_sub(span.start.max(to));
            to = span.end.max(to);
        }
        2 * (text.len() - covered) > MIN_BYTES as usize
    };
    let sorted = |side: fn(&Passage) -> Span| {
        let mut spans: Vec<Span> = sure.iter().map(side).collect();
        spans.sort_unstable();
        spans
    };
    room(left, sorted(|passage| passage.left)) && room(right, sorted(|passage| passage.right))
}

/// The passages outside `sure`, pairs of byte ranges that are clean copies.
pub(crate) fn passages(left: &Text, right: &Text, sure: &[(Range, Range)]) -> Vec<Candidate> {
    let open_left = open_units(left, sure.iter().map(|pair| pair.0).collect());
    let open_right = open_units(right, sure.iter().map(|pair| pair.1).collect());
    let rest = |text: &Text, open: &[bool]| -> u32 {
        let open = text.units.iter().zip(open).filter(|(_, open)| **open);
        open.map(|(unit, _)| unit.bytes.1 - unit.bytes.0).sum()
    };
    if rest(left, &open_left) < MIN_BYTES || rest(right, &open_right) < MIN_BYTES {
        return Vec::new();
    }
    let (numbers_left, numbers_right, words) = numbered(left, right);
    let (mut x, mut y) =
        (Bags::new(left, &numbers_left, &open_left), Bags::new(right, &numbers_right, &open_right));
    let mut df = vec![0u32; words];
    for word in x.all.iter().chain(&y.all) {
        df[word.0 as usize] += 1;
    }
    let units = (x.len() + y.len()) as f32;
    let isf: Vec<f32> =
        df.iter().map(|&df| if df == 0 { 0.0 } else { ((units + 1.0) / df as f32).ln() }).collect();
    x.weigh(&isf);
    y.weigh(&isf);
    let (va, vb) = (Vocabulary::new(words), Vocabulary::new(words));
    let mut stage = Stage { a: left, b: right, x, y, isf, va, vb };
    let links = stage.links(words);
    let mut found = stage.rewritten(links, sure);
    stage.digests(&mut found, sure);
    found
}

/// Words of the units that reach into the bytes, sorted.
fn words(text: &Text, bytes: Range) -> Vec<u64> {
    let (first, end) = text.units_in(bytes);
    let words = match text.units.get(first..end) {
        Some([first, .., last]) => (first.words.0, last.words.1),
        Some([only]) => only.words,
        _ => (0, 0),
    };
    let mut words = text.words[words.0 as usize..words.1 as usize].to_vec();
    words.sort_unstable();
    words
}

/// Share of a candidate's words, in percent, that copies hold where they are the better answer.
const COPIED_SHARE: usize = 80;

/// Whether the copies hold nearly all distinct words that both sides of the candidate share: then it says nothing that they, with their
/// exact ends, do not. `copies` are what stands there on the left.
pub(crate) fn is_copied<'a>(
    left: &Text,
    right: &Text,
    candidate: &Candidate,
    copies: impl Iterator<Item = &'a [u8]>,
) -> bool {
    let mut copied: Vec<u64> = copies.flat_map(|copy| Text::of(copy).words).collect();
    copied.sort_unstable();
    let there = words(right, candidate.right);
    let mut shared = words(left, candidate.left);
    shared.dedup();
    shared.retain(|word| there.binary_search(word).is_ok());
    let held = shared.iter().filter(|word| copied.binary_search(word).is_ok()).count();
    100 * held >= COPIED_SHARE * shared.len()
}

/// `2 × shared / (left + right)` over the words under the two ranges, counts included.
pub(crate) fn identity(left: &Text, right: &Text, candidate: &Candidate) -> f64 {
    let (left, right) = (words(left, candidate.left), words(right, candidate.right));
    let (mut l, mut r, mut shared) = (0, 0, 0);
    while l < left.len() && r < right.len() {
        shared += (left[l] == right[r]) as usize;
        let (here, there) = (left[l], right[r]);
        l += (here <= there) as usize;
        r += (there <= here) as usize;
    }
    2.0 * shared as f64 / (left.len() + right.len()).max(1) as f64
}

/// Dense numbers for the words of both texts, in order of first sight, and how many there are.
fn numbered(left: &Text, right: &Text) -> (Vec<u32>, Vec<u32>, usize) {
    let most = left.words.len() + right.words.len();
    let mask = (2 * most).next_power_of_two().max(64) - 1;
    let mut slots: Vec<(u64, u32)> = vec![(0, u32::MAX); mask + 1];
    let mut words = 0;
    let mut number = |key: u64| {
        let mut slot = key as usize & mask;
        while slots[slot].1 != u32::MAX && slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        if slots[slot].1 == u32::MAX {
            slots[slot] = (key, words);
            words += 1;
        }
        slots[slot].1
    };
    let numbers_left = left.words.iter().map(|&word| number(word)).collect();
    let numbers_right = right.words.iter().map(|&word| number(word)).collect();
    (numbers_left, numbers_right, words as usize)
}
