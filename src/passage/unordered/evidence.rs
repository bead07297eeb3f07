//! Evidence: what the words that two ranges share are worth beyond chance, in nats.
//!
//! In: the words of two texts, counted, and a pair of ranges. Out: the logarithm of a likelihood ratio, and the
//! price of the places that were searched. The head of [`unordered`](super) has the model.
//!
//! **Cost.** Linear in the words of the two ranges.

use super::ranges::UnitRange;
use super::units::{Text, weight};

/// Shares of its words that a rewording may keep. The likelihood of a rewording is the average over them.
/// (Between two neighbours the evidence of ten words differs by about a nat.)
const KEPT: [f64; 4] = [0.3, 0.5, 0.7, 0.9];
/// At most one in this many pairs of texts that share words only by chance gets a passage.
pub(super) const ODDS: f64 = 100.0;

/// The words of the open units of one text, counted, and those of one range of them.
pub(super) struct Counts<'t> {
    text: &'t Text,
    /// The number of each word of the text.
    numbers: Vec<u32>,
    open: Vec<bool>,
    /// Occurrences of each word in open units.
    totals: Vec<u32>,
    /// Words in open units.
    length: u32,
    /// The range that is compared now.
    range: UnitRange,
    /// Occurrences of each word in it.
    inside: Vec<u32>,
    /// Places in the text of the first occurrence of each of its words.
    firsts: Vec<u32>,
    /// Words in it.
    length_inside: u32,
}

impl<'t> Counts<'t> {
    /// `numbers` are the numbers of the words of the text, all below `words`.
    pub(super) fn new(text: &'t Text, numbers: Vec<u32>, open: Vec<bool>, words: usize) -> Counts<'t> {
        let mut totals = vec![0; words];
        let mut length = 0;
        for (unit, _) in text.units.iter().zip(&open).filter(|(_, open)| **open) {
            length += unit.words.len() as u32;
            for &number in &numbers[unit.words.clone()] {
                totals[number as usize] += 1;
            }
        }
        let range = UnitRange { start: 0, end: 0 };
        let (inside, firsts) = (vec![0; words], Vec::new());
        Counts { text, numbers, open, totals, length, range, inside, firsts, length_inside: 0 }
    }

    /// Counts the words of a range.
    pub(super) fn select(&mut self, range: UnitRange) {
        for &place in &self.firsts {
            self.inside[self.numbers[place as usize] as usize] = 0;
        }
        self.firsts.clear();
        (self.length_inside, self.range) = (0, range);
        for unit in range.units().filter(|&unit| self.open[unit]) {
            let places = self.text.units[unit].words.clone();
            self.length_inside += places.len() as u32;
            for place in places {
                let count = &mut self.inside[self.numbers[place] as usize];
                if *count == 0 {
                    self.firsts.push(place as u32);
                }
                *count += 1;
            }
        }
    }

    /// What it costs to name the selected range, in nats.
    fn price(&self) -> f64 {
        price(self.range, self.text.units.len())
    }

    /// The evidence that the selected range of `other` keeps words of this one. Words of `copied` do not count.
    fn kept_in(&self, other: &Counts<'_>, copied: &[u64]) -> f64 {
        let elsewhere = f64::from(self.length + other.length - other.length_inside);
        let (mut sums, mut others) = ([0f64; KEPT.len()], 0.0);
        for &place in &self.firsts {
            let word = self.text.words[place as usize];
            if copied.binary_search(&word).is_ok() {
                continue;
            }
            let number = self.numbers[place as usize] as usize;
            if other.inside[number] == 0 {
                others += weight(word);
                continue;
            }
            let occurrences = f64::from(self.totals[number] + other.totals[number] - other.inside[number]);
            let chance = -(-f64::from(other.length_inside) * occurrences / elsewhere).exp_m1();
            for (sum, kept) in sums.iter_mut().zip(KEPT) {
                *sum += weight(word) * (kept / chance + 1.0 - kept).ln();
            }
        }
        for (sum, kept) in sums.iter_mut().zip(KEPT) {
            *sum += others * (1.0 - kept).ln();
        }
        let most = sums.iter().copied().fold(f64::MIN, f64::max);
        most + (sums.iter().map(|sum| (sum - most).exp()).sum::<f64>() / KEPT.len() as f64).ln()
    }
}

/// What it costs to name a range of a text of `all` units, in nats.
pub(super) fn price(range: UnitRange, all: usize) -> f64 {
    let units = (range.end - range.start) as f64;
    (all as f64).ln() + (units * (units + 1.0)).ln()
}

/// The words that the selected ranges of two texts share, as evidence.
pub(super) struct Shared<'c, 't> {
    pub(super) left: &'c Counts<'t>,
    pub(super) right: &'c Counts<'t>,
}

impl Shared<'_, '_> {
    /// The evidence that each range is a rewording of the other, without the words of `copied` (sorted). `None`
    /// if it is not above `least`.
    pub(super) fn evidence_above(&self, least: f64, copied: &[u64]) -> Option<f64> {
        let is_above = |evidence: &f64| *evidence > least;
        let on_left = Some(self.left.kept_in(self.right, copied)).filter(is_above)?;
        let on_right = Some(self.right.kept_in(self.left, copied)).filter(is_above)?;
        Some(on_left.min(on_right))
    }

    /// What it costs to name both ranges.
    pub(super) fn price(&self) -> f64 {
        self.left.price() + self.right.price()
    }

    /// The distinct words that both ranges contain, by [`weight`].
    pub(super) fn words(&self) -> f64 {
        let is_shared = |place: &&u32| self.right.inside[self.left.numbers[**place as usize] as usize] > 0;
        let places = self.left.firsts.iter().filter(is_shared);
        places.map(|&place| weight(self.left.text.words[place as usize])).sum()
    }
}
