//! Bags of words: the weights, sums and comparisons of the search without regard to order.
//!
//! In: the words of units, as numbers. Out: weighted bags, sums of bags, and the best-scoring segment of a list
//! of units.

use super::ranges::UnitRange;
use super::units::Text;
use std::ops::Range;

/// A word and its weight in a unit: its count there times the weight of the word.
pub(super) type Entry = (u32, f32);

/// The words of each open unit with their weights; closed units are empty.
pub(super) struct Bags {
    entries: Vec<Entry>,
    /// The start of the entries of each unit, followed by the end of all entries.
    starts: Vec<u32>,
    /// Euclidean norm of each unit.
    norms: Vec<f32>,
}

impl Bags {
    /// Bags with counts as weights. `numbers` are the numbers of the words of the text.
    pub(super) fn new(text: &Text, numbers: &[u32], open: &[bool]) -> Bags {
        let mut entries: Vec<Entry> = Vec::with_capacity(numbers.len());
        let mut starts = vec![0];
        let mut words: Vec<u32> = Vec::new();
        for (unit, &open) in text.units.iter().zip(open) {
            if open {
                words.clear();
                words.extend_from_slice(&numbers[unit.words.clone()]);
                words.sort_unstable();
                entries.extend(
                    words.chunk_by(|one, other| one == other).map(|same| (same[0], same.len() as f32)),
                );
            }
            starts.push(entries.len() as u32);
        }
        Bags { entries, starts, norms: vec![0.0; text.units.len()] }
    }

    /// Multiplies the counts by the weights of the words, once.
    pub(super) fn weigh(&mut self, weights: &[f32]) {
        for (word, weight) in &mut self.entries {
            *weight *= weights[*word as usize];
        }
        for unit in 0..self.len() {
            self.norms[unit] = self.of(unit).iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        }
    }

    /// The number of units, including closed ones.
    pub(super) fn len(&self) -> usize {
        self.norms.len()
    }

    /// The bag of a unit, by word.
    pub(super) fn of(&self, unit: usize) -> &[Entry] {
        &self.entries[self.starts[unit] as usize..self.starts[unit + 1] as usize]
    }

    /// All bags, one after the other.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Euclidean norm of a unit; 0 for closed ones.
    pub(super) fn norm(&self, unit: usize) -> f32 {
        self.norms[unit]
    }
}

/// A sum of bags: a weight for every word, and a list of the words that have one.
pub(super) struct Vocabulary {
    weights: Vec<f32>,
    words: Vec<u32>,
}

impl Vocabulary {
    /// An empty sum. Words have numbers below `count`.
    pub(super) fn new(count: usize) -> Vocabulary {
        Vocabulary { weights: vec![0.0; count], words: Vec::new() }
    }

    /// Makes it the sum of the bags of these units.
    pub(super) fn fill(&mut self, bags: &Bags, units: impl Iterator<Item = usize>) {
        for &word in &self.words {
            self.weights[word as usize] = 0.0;
        }
        self.words.clear();
        for unit in units {
            for &(word, weight) in bags.of(unit) {
                let sum = &mut self.weights[word as usize];
                if *sum == 0.0 {
                    self.words.push(word);
                }
                *sum += weight;
            }
        }
    }

    /// The distinct words, in order of first occurrence.
    pub(super) fn words(&self) -> &[u32] {
        &self.words
    }

    /// Weight of a word; 0 if the sum does not contain it.
    pub(super) fn weight(&self, word: u32) -> f32 {
        self.weights[word as usize]
    }

    pub(super) fn has(&self, word: u32) -> bool {
        self.weight(word) > 0.0
    }

    pub(super) fn norm(&self) -> f32 {
        self.words.iter().map(|&word| self.weight(word) * self.weight(word)).sum::<f32>().sqrt()
    }

    /// How much of a bag this sum contains.
    pub(super) fn held(&self, bag: &[Entry]) -> Held {
        bag.iter().fold(Held::default(), |sum, &(word, weight)| Held {
            held: sum.held + if self.has(word) { weight } else { 0.0 },
            all: sum.all + weight,
        })
    }
}

/// Weight of the words that a vocabulary contains, and of all words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Held {
    pub(super) held: f32,
    pub(super) all: f32,
}

impl Held {
    pub(super) fn total(parts: &[Held]) -> Held {
        parts
            .iter()
            .fold(Held::default(), |sum, part| Held { held: sum.held + part.held, all: sum.all + part.all })
    }

    /// The share of the weight that is held; NaN if there are no words.
    pub(super) fn share(self) -> f32 {
        self.held / self.all
    }
}

/// Log-likelihood ratio, in nats, of `draws` draws at `rate` against draws at `base`; 0 unless `rate` is
/// greater.
pub(super) fn likelihood_ratio(draws: f32, rate: f32, base: f32) -> f32 {
    if rate <= base {
        return 0.0;
    }
    let (rate, base) = (rate.min(0.999), base.clamp(0.001, 0.999));
    draws * (rate * (rate / base).ln() + (1.0 - rate) * ((1.0 - rate) / (1.0 - base)).ln())
}

/// The segment of units whose held weight exceeds the share `least` by the greatest amount (Kadane's
/// algorithm). It contains no closed unit. `None` if no unit exceeds this share.
pub(super) fn best_segment(
    parts: &[Held],
    least: f32,
    is_closed: impl Fn(usize) -> bool,
) -> Option<UnitRange> {
    let (mut best_sum, mut best): (f32, Range<usize>) = (0.0, 0..0);
    let (mut sum, mut start) = (0f32, 0);
    for (unit, part) in parts.iter().enumerate() {
        if is_closed(unit) {
            sum = 0.0;
            continue;
        }
        if sum <= 0.0 {
            sum = 0.0;
            start = unit;
        }
        sum += part.held - least * part.all;
        if sum > best_sum {
            (best_sum, best) = (sum, start..unit + 1);
        }
    }
    (best_sum > 0.0).then_some(UnitRange { start: best.start, end: best.end })
}
