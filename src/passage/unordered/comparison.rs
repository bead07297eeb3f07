//! The comparison of two texts. In: the words and units of both. Out: the weighted bags of their open units, and
//! the counts of their words.

use super::bags::{Bags, Vocabulary};
use super::candidate::MIN_BYTES;
use super::evidence::Counts;
use super::ranges::ByteRange;
use super::units::Text;

/// One text with the bags and the counts of its open units.
pub(super) struct Side<'a> {
    pub(super) text: &'a Text,
    pub(super) bags: Bags,
    pub(super) counts: Counts<'a>,
}

/// Two texts with their bags, and two vocabularies that searches reuse.
pub(super) struct Comparison<'a> {
    pub(super) left: Side<'a>,
    pub(super) right: Side<'a>,
    /// By number of the word: `ln((N + 1) / df)`; 0 for words of closed units.
    pub(super) weights: Vec<f32>,
    /// Words of the left side, or of the segment of a digest.
    pub(super) first: Vocabulary,
    /// Words of the right side, or of the text that a digest summarises.
    pub(super) second: Vocabulary,
}

impl<'a> Comparison<'a> {
    /// `None` if the clean copies leave less than [`MIN_BYTES`] of either text open.
    pub(super) fn new(
        left: &'a Text,
        right: &'a Text,
        clean: &[(ByteRange, ByteRange)],
    ) -> Option<Comparison<'a>> {
        let open_left = open_units(left, clean.iter().map(|pair| pair.0).collect());
        let open_right = open_units(right, clean.iter().map(|pair| pair.1).collect());
        if open_bytes(left, &open_left) < MIN_BYTES || open_bytes(right, &open_right) < MIN_BYTES {
            return None;
        }
        let (numbers_left, numbers_right, words) = numbered(left, right);
        let side = |text: &'a Text, numbers: Vec<u32>, open: Vec<bool>| Side {
            text,
            bags: Bags::new(text, &numbers, &open),
            counts: Counts::new(text, numbers, open, words),
        };
        let mut left = side(left, numbers_left, open_left);
        let mut right = side(right, numbers_right, open_right);
        let mut units_with = vec![0u32; words];
        for &(word, _) in left.bags.entries().iter().chain(right.bags.entries()) {
            units_with[word as usize] += 1;
        }
        let units = (left.bags.len() + right.bags.len()) as f32;
        let weight = |&with: &u32| if with == 0 { 0.0 } else { ((units + 1.0) / with as f32).ln() };
        let weights: Vec<f32> = units_with.iter().map(weight).collect();
        left.bags.weigh(&weights);
        right.bags.weigh(&weights);
        let (first, second) = (Vocabulary::new(words), Vocabulary::new(words));
        Some(Comparison { left, right, weights, first, second })
    }
}

/// For each unit of the text, whether it is open: whether the spans cover less than half of it.
fn open_units(text: &Text, mut spans: Vec<ByteRange>) -> Vec<bool> {
    spans.sort_unstable();
    let mut next = 0;
    let mut is_open = |unit: ByteRange| {
        while next < spans.len() && spans[next].end <= unit.start {
            next += 1;
        }
        let near = spans[next..].iter().take_while(|span| span.start < unit.end);
        let covered: u32 = near.map(|span| span.overlap(unit)).sum();
        covered * 2 < unit.len()
    };
    text.units.iter().map(|unit| is_open(unit.bytes)).collect()
}

/// Bytes of the open units.
fn open_bytes(text: &Text, open: &[bool]) -> u32 {
    text.units.iter().zip(open).filter(|(_, open)| **open).map(|(unit, _)| unit.bytes.len()).sum()
}

/// The words of both texts as numbers from 0 up, in order of their first occurrence, and how many different
/// words there are.
fn numbered(left: &Text, right: &Text) -> (Vec<u32>, Vec<u32>, usize) {
    const FREE: u32 = u32::MAX;
    let most = left.words.len() + right.words.len();
    let mask = (2 * most).next_power_of_two().max(64) - 1;
    let mut slots: Vec<(u64, u32)> = vec![(0, FREE); mask + 1];
    let mut words = 0;
    let mut number = |key: u64| {
        let mut slot = key as usize & mask;
        while slots[slot].1 != FREE && slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        if slots[slot].1 == FREE {
            slots[slot] = (key, words);
            words += 1;
        }
        slots[slot].1
    };
    let numbers_left = left.words.iter().map(|&word| number(word)).collect();
    let numbers_right = right.words.iter().map(|&word| number(word)).collect();
    (numbers_left, numbers_right, words as usize)
}
