//! The audit: recall and precision of the removals, measured on a sample.
//!
//! In: some documents drawn at random, and all texts. Out: [`Audit`]: recall and precision of the removals with their
//! confidence intervals, and for ranges of similarity how many pairs share a band and how many were predicted to.
//!
//! **Idea.** Each sampled document is compared with every other one exactly: the shingles of the sample are stored in a
//! table, and one pass over all texts counts how many of them each text has. The audit uses only the decisions, and none
//! of the structures that the decisions were made with.
//!
//! **Estimators.** Documents are sampled without replacement, all equally likely. A sampled document should be removed
//! if it was removed rightly, or if it was kept although its similarity to a better-ranked kept document reaches the
//! threshold. Recall is the share of these documents that were removed. Precision is the share of the removed documents
//! whose similarity to some kept document reaches the threshold. Both are unbiased proportions of a simple random
//! sample. The intervals are those of Wilson at 95 %, which hold for small samples and for proportions near 1. The pairs
//! of a sample are not independent (the pairs of a cluster depend on each other), so the curve has no interval.
//! `tests/corpus_audit.rs` compares all of these with an exact count over the whole corpus.
//!
//! **Cost.** One more pass over the texts, and 24 bytes of memory for each shingle of the sample.
//! **Source.** Wilson 1927, *Probable inference, the law of succession, and statistical inference*.

use crate::corpus::context::Context;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::Removals;
use crate::corpus::input::texts::{TextStore, WalkedDocument};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::sketches::Sketches;
use crate::error::Error;
use crate::index::Bands;
use crate::shingle::Shingles;
use crate::support::{hash, ordered_workers};
use serde::{Deserialize, Serialize};
use std::collections::{BinaryHeap, HashMap};

/// The seed of the choice of documents.
const SEED: u64 = 0x00a0_d170;
/// Where the curve starts, and the number of its bins.
const CURVE_START: f64 = 0.5;
const CURVE_BINS: usize = 10;
/// Quantile of the normal distribution for an interval of 95 %.
const QUANTILE: f64 = 1.959_963_985;
/// The filter before the table has two to the power of this many bits: 2 MiB. Few texts have a shingle of the sample.
const FILTER_BITS: u32 = 24;

/// Recall and precision of a job, measured on a sample of the documents.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// Documents in the sample.
    pub sampled: u64,
    /// Recall: the share of the sampled documents that should be removed that was removed.
    pub recall: Proportion,
    /// Precision: the share of the removed sampled documents that was removed rightly.
    pub precision: Proportion,
    /// The pairs of a sampled document and any other document, counted by their exact similarity.
    pub curve: Vec<RecallBin>,
}

/// A proportion in a sample, with its confidence interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Proportion {
    /// How many of them have the property.
    pub count: u64,
    /// How many there are in all.
    pub of: u64,
    /// `count / of`; 1 if `of` is 0.
    pub value: f64,
    /// Lower end of the interval that holds the proportion in all documents with a confidence of 95 % (Wilson).
    pub low: f64,
    /// Upper end of that interval.
    pub high: f64,
}

/// The pairs in a range of similarities.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecallBin {
    /// The lowest similarity of the bin.
    pub from: f64,
    /// The end of the bin, which is not part of it; the last bin holds 1.
    pub to: f64,
    /// Pairs of that similarity.
    pub pairs: u64,
    /// Those of them that share a band, or have the same text.
    pub found: u64,
    /// How many of the pairs were expected to share a band ([`Bands::recall`]).
    pub predicted: f64,
}

impl Proportion {
    fn new(count: u64, of: u64) -> Proportion {
        if of == 0 {
            return Proportion { count, of, value: 1.0, low: 0.0, high: 1.0 };
        }
        let (size, value) = (of as f64, count as f64 / of as f64);
        let squared = QUANTILE * QUANTILE;
        let scale = 1.0 / (1.0 + squared / size);
        let middle = scale * (value + squared / (2.0 * size));
        let variance = value * (1.0 - value) / size + squared / (4.0 * size * size);
        let half = scale * QUANTILE * variance.sqrt();
        // Exactly, the interval of a count of 0 starts at 0 and that of a full count ends at 1. Rounding would change this.
        let low = if count == 0 { 0.0 } else { middle - half };
        let high = if count == of { 1.0 } else { middle + half };
        Proportion { count, of, value, low, high }
    }
}

/// Audits a job with a sample of this many documents.
pub(crate) fn audit(
    context: &Context<'_>,
    texts: &TextStore<'_>,
    ranks: &Ranks,
    removals: &Removals,
    wanted: u32,
) -> Result<Audit, Error> {
    let documents = context.numbering.all();
    let comparison = Comparison {
        context,
        texts,
        ranks,
        sketches: &context.sketches()?,
        bands: context.settings.bands()?,
        removed: removals.set(documents)?,
    };
    let sample = comparison.sample(wanted)?;
    let mut tally = Tally::new(sample.members.len());
    let mut walk = texts.walk(0);
    ordered_workers::in_order(
        rayon::current_num_threads(),
        || {
            context.tell_documents("auditing", walk.position(), documents)?;
            let block = walk.next(|_| Ok(true))?;
            Ok((!block.is_empty()).then_some(block))
        },
        |block| {
            let mut part = Tally::new(0);
            block.iter().try_for_each(|walked| comparison.compare(walked, &sample, &mut part))?;
            Ok(part)
        },
        |part| {
            tally.add(part);
            Ok(())
        },
    )?;
    Ok(comparison.conclude(&sample, tally))
}

/// Compares documents with the sample.
struct Comparison<'c> {
    context: &'c Context<'c>,
    texts: &'c TextStore<'c>,
    ranks: &'c Ranks,
    sketches: &'c Sketches,
    bands: Bands,
    removed: Bits,
}

impl Comparison<'_> {
    /// The documents whose numbers hash lowest: a random sample, the same for the same corpus.
    fn sample(&self, wanted: u32) -> Result<Sample, Error> {
        let new = self.context.numbering.new_documents();
        let mut lowest: BinaryHeap<(u64, u32)> = BinaryHeap::new();
        for number in new.clone() {
            lowest.push((hash::key(SEED, number.into()), number));
            if lowest.len() > wanted as usize {
                lowest.pop();
            }
        }
        let mut numbers: Vec<u32> = lowest.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let mut walk = self.texts.walk(new.start);
        let mut sample = Sample { filter: vec![0; 1 << (FILTER_BITS - 6)], ..Sample::default() };
        loop {
            let block = walk.next(|number| Ok(numbers.binary_search(&number).is_ok()))?;
            if block.is_empty() {
                return Ok(sample);
            }
            for walked in &block {
                let set = self
                    .texts
                    .with_walked(walked, |text| Shingles::by(self.context.settings.shingle, text))?;
                sample.add(walked.number, &set);
            }
        }
    }

    /// Compares a document with all of the sample.
    fn compare(&self, walked: &WalkedDocument, sample: &Sample, tally: &mut Tally) -> Result<(), Error> {
        let set = self.texts.with_walked(walked, |text| Shingles::by(self.context.settings.shingle, text))?;
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for &shingle in set.as_slice() {
            for &member in sample.members_with(shingle) {
                *counts.entry(member).or_default() += 1;
            }
        }
        // Sorted, since a sum of floating-point numbers depends on their order.
        let mut counts: Vec<(u32, usize)> = counts.into_iter().collect();
        counts.sort_unstable();
        for (member, shared) in counts {
            let (number, size) = sample.members[member as usize];
            if number == walked.number {
                continue;
            }
            let jaccard = shared as f64 / (size + set.len() - shared) as f64;
            if jaccard >= CURVE_START {
                let bin = &mut tally.bins[bin_of(jaccard)];
                bin.pairs += 1;
                bin.found += u64::from(self.share_a_band(number, walked.number)?);
                bin.predicted += self.bands.recall(jaccard);
            }
            if jaccard >= self.context.settings.threshold && !self.removed.contains(walked.number) {
                // Any kept document makes a removal right. A kept document is missed only because of a better-ranked one.
                let is_better = self.ranks.rank(walked.number) < self.ranks.rank(number);
                if self.removed.contains(number) || is_better {
                    tally.reached.push(member);
                }
            }
        }
        Ok(())
    }

    fn share_a_band(&self, left: u32, right: u32) -> Result<bool, Error> {
        let (mut left_buffer, mut right_buffer) = (Vec::new(), Vec::new());
        let left = self.sketches.row(left, &mut left_buffer)?;
        let right = self.sketches.row(right, &mut right_buffer)?;
        let rows = self.bands.rows();
        let key = |row: &[u8], band: usize| self.sketches.shape().key(row, band * rows, rows);
        Ok((0..self.bands.bands()).any(|band| key(left, band) == key(right, band)))
    }

    fn conclude(&self, sample: &Sample, tally: Tally) -> Audit {
        let (mut right, mut wrong, mut missed) = (0, 0, 0);
        for (&(number, size), reached) in sample.members.iter().zip(&tally.is_reached) {
            match (self.removed.contains(number), reached) {
                (true, true) => right += 1,
                (true, false) => wrong += 1,
                // Texts without letters resemble nothing.
                (false, true) if size > 0 => missed += 1,
                (false, _) => {}
            }
        }
        let width = (1.0 - CURVE_START) / CURVE_BINS as f64;
        let curve = tally.bins.iter().enumerate().map(|(bin, counts)| {
            let from = CURVE_START + bin as f64 * width;
            let BinCounts { pairs, found, predicted } = *counts;
            RecallBin { from, to: from + width, pairs, found, predicted }
        });
        Audit {
            sampled: sample.members.len() as u64,
            recall: Proportion::new(right, right + missed),
            precision: Proportion::new(right, right + wrong),
            curve: curve.collect(),
        }
    }
}

fn bin_of(jaccard: f64) -> usize {
    let bin = (jaccard - CURVE_START) / (1.0 - CURVE_START) * CURVE_BINS as f64;
    // Rounding must not put 0.8 into the bin below it.
    ((bin + 1e-9) as usize).min(CURVE_BINS - 1)
}

/// The shingles of the sampled documents.
#[derive(Default)]
struct Sample {
    /// The number and the count of shingles of each document.
    members: Vec<(u32, usize)>,
    by_shingle: HashMap<u64, Vec<u32>>,
    /// A bit for each shingle, by its hash. Most shingles of other texts have no bit here, so the table is not searched.
    filter: Vec<u64>,
}

impl Sample {
    fn add(&mut self, number: u32, set: &Shingles) {
        let member = self.members.len() as u32;
        self.members.push((number, set.len()));
        for &shingle in set.as_slice() {
            self.by_shingle.entry(shingle).or_default().push(member);
            let (word, bit) = filter_bit(shingle);
            self.filter[word] |= bit;
        }
    }

    fn members_with(&self, shingle: u64) -> &[u32] {
        let (word, bit) = filter_bit(shingle);
        if self.filter[word] & bit == 0 {
            return &[];
        }
        self.by_shingle.get(&shingle).map_or(&[], Vec::as_slice)
    }
}

/// The word of the filter for a shingle, and the bit in it.
fn filter_bit(shingle: u64) -> (usize, u64) {
    let hash = hash::mix(shingle) >> (64 - FILTER_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// Pairs in a bin of the curve.
#[derive(Clone, Copy, Default)]
struct BinCounts {
    pairs: u64,
    found: u64,
    predicted: f64,
}

/// The counts so far.
struct Tally {
    bins: [BinCounts; CURVE_BINS],
    /// Sampled documents whose similarity to a kept one reaches the threshold; each may occur several times.
    reached: Vec<u32>,
    /// For each member of the sample, whether it is in `reached`.
    is_reached: Vec<bool>,
}

impl Tally {
    fn new(members: usize) -> Tally {
        Tally {
            bins: [BinCounts::default(); CURVE_BINS],
            reached: Vec::new(),
            is_reached: vec![false; members],
        }
    }

    fn add(&mut self, part: Tally) {
        for (bin, more) in self.bins.iter_mut().zip(part.bins) {
            bin.pairs += more.pairs;
            bin.found += more.found;
            bin.predicted += more.predicted;
        }
        part.reached.into_iter().for_each(|member| self.is_reached[member as usize] = true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_wilson() {
        // Computed once with an independent program.
        for ((count, of), (low, high)) in [
            ((8, 10), (0.4902, 0.9433)),
            ((95, 100), (0.8882, 0.9785)),
            ((10, 10), (0.7225, 1.0)),
            ((0, 5), (0.0, 0.4345)),
        ] {
            let proportion = Proportion::new(count, of);
            assert!(
                (proportion.low - low).abs() < 1e-4 && (proportion.high - high).abs() < 1e-4,
                "{proportion:?}"
            );
        }
        assert_eq!((Proportion::new(0, 0).low, Proportion::new(0, 0).high), (0.0, 1.0));
    }

    #[test]
    fn bins_begin_where_they_say() {
        for (jaccard, bin) in [(0.5, 0), (0.549, 0), (0.55, 1), (0.8, 6), (0.95, 9), (1.0, 9)] {
            assert_eq!(bin_of(jaccard), bin, "{jaccard}");
        }
    }
}
