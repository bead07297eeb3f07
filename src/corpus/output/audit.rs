//! The audit: how much was found and how much of it is right, measured on a sample.
//!
//! In: some documents chosen by chance, and all texts. Out: [`Audit`]: recall and precision of the removals with their confidence
//! intervals, and how many of the truly similar pairs share a band, beside the share that was predicted.
//!
//! **How.** Each sampled document is compared with every other one exactly: the shingles of the sample go into a table, and one
//! walk over all texts counts how many of them each text has. Nothing of what made the decisions is used but
//! the decisions themselves.
//!
//! **Estimators.** Documents are sampled without replacement, all equally likely. Recall is the share of removed ones among the sampled
//! documents that should go: those removed rightly, and those kept although a better-ranked kept document reaches the
//! threshold. Precision is the share of the removed ones that some kept document reaches the threshold to. Both are
//! unbiased shares of a simple random sample; the intervals are those of Wilson at 95 %, which hold for small samples and for shares near 1.
//! The pairs of a sample are not independent (those of one cluster go together), so the curve has no interval.
//! `tests/corpus_audit.rs` compares all of this with an exact count over the whole corpus.
//!
//! **Cost.** One more pass over the texts, and 24 bytes of memory for a shingle of the sample.
//! **Source.** Wilson 1927, *Probable inference, the law of succession, and statistical inference*.

use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::Removal;
use crate::corpus::input::texts::{TextStore, WalkedDocument};
use crate::corpus::settings::Settings;
use crate::corpus::spill::Sorted;
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::sketches::Sketches;
use crate::error::Error;
use crate::index::Bands;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::shingle::Shingles;
use crate::support::hash;
use crate::support::ordered_workers;
use serde::{Deserialize, Serialize};
use std::collections::{BinaryHeap, HashMap};

/// The seed of the choice of documents.
const SEED: u64 = 0x00a0_d170;
/// Where the curve starts, and how wide its steps are.
const CURVE_START: f64 = 0.5;
const CURVE_STEPS: usize = 10;
/// Quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_963_985;
/// Bits of the filter in front of the table, as a power of two: 2 MiB, where few texts have a shingle of the sample.
const FILTER_BITS: u32 = 24;

/// What a sample of the documents says about a job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Audit {
    /// Documents in the sample.
    pub sampled: u64,
    /// Of the sampled documents that should go, the share that went.
    pub recall: Proportion,
    /// Of the sampled documents that went, the share that should.
    pub precision: Proportion,
    /// Pairs of a sampled document and any other, by their exact similarity.
    pub curve: Vec<RecallBin>,
}

/// A share of a sample, with its confidence interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Proportion {
    /// How many.
    pub count: u64,
    /// Of how many.
    pub of: u64,
    /// `count / of`; 1 of none.
    pub value: f64,
    /// Ends of the interval that holds the share of all documents with a confidence of 95 %.
    pub low: f64,
    /// See [`Proportion::low`].
    pub high: f64,
}

/// A step of the curve.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecallBin {
    /// Similarities of the step: from here,
    pub from: f64,
    /// to here.
    pub to: f64,
    /// Pairs that are so similar.
    pub pairs: u64,
    /// Those of them that share a band, or have one text.
    pub found: u64,
    /// How many were expected to ([`Bands::recall`]).
    pub predicted: f64,
}

impl Proportion {
    fn new(count: u64, of: u64) -> Proportion {
        if of == 0 {
            return Proportion { count, of, value: 1.0, low: 0.0, high: 1.0 };
        }
        let (n, p) = (of as f64, count as f64 / of as f64);
        let scale = 1.0 / (1.0 + Z * Z / n);
        let middle = scale * (p + Z * Z / (2.0 * n));
        let half = scale * Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        // Of all or of none the interval ends there, but for rounding.
        let low = if count == 0 { 0.0 } else { middle - half };
        let high = if count == of { 1.0 } else { middle + half };
        Proportion { count, of, value: p, low, high }
    }
}

/// What is audited.
pub(crate) struct Auditor<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) texts: &'a TextStore<'a>,
    pub(crate) ranks: &'a Ranks,
    pub(crate) sketches: &'a Sketches,
    pub(crate) bands: Bands,
    pub(crate) removals: &'a Sorted<Removal>,
    pub(crate) earlier: u32,
    pub(crate) watch: &'a Watch,
}

impl Auditor<'_> {
    /// Audits with a sample of so many documents.
    pub(crate) fn audit(&self, wanted: u32) -> Result<Audit, Error> {
        let documents = self.sketches.rows();
        let mut removed = Bits::none(documents);
        for removal in self.removals.merged()? {
            removed.insert(removal?.document);
        }
        let sample = self.sample(wanted)?;
        let mut tally = Tally::new(sample.members.len());
        let mut walk = self.texts.walk(0);
        ordered_workers::in_order(
            rayon::current_num_threads(),
            || {
                self.watch.tell(
                    "auditing",
                    ProgressUnit::Documents,
                    walk.position().into(),
                    Some(documents.into()),
                )?;
                let block = walk.next(|_| Ok(true))?;
                Ok((!block.is_empty()).then_some(block))
            },
            |block| {
                let mut part = Tally::new(0);
                block.iter().try_for_each(|walked| self.compare(walked, &sample, &removed, &mut part))?;
                Ok(part)
            },
            |part| {
                tally.add(part);
                Ok(())
            },
        )?;
        Ok(self.conclude(&sample, &removed, tally))
    }

    /// The documents whose numbers hash lowest: a random sample, the same for the same corpus.
    fn sample(&self, wanted: u32) -> Result<Sample, Error> {
        let mut lowest: BinaryHeap<(u64, u32)> = BinaryHeap::new();
        for number in self.earlier..self.sketches.rows() {
            lowest.push((hash::key(SEED, number.into()), number));
            if lowest.len() > wanted as usize {
                lowest.pop();
            }
        }
        let mut numbers: Vec<u32> = lowest.into_iter().map(|(_, number)| number).collect();
        numbers.sort_unstable();
        let mut walk = self.texts.walk(self.earlier);
        let mut sample = Sample { filter: vec![0; 1 << (FILTER_BITS - 6)], ..Sample::default() };
        loop {
            let block = walk.next(|number| Ok(numbers.binary_search(&number).is_ok()))?;
            if block.is_empty() {
                return Ok(sample);
            }
            for walked in &block {
                let set = self.texts.with_walked(walked, Shingles::of)?;
                sample.add(walked.number, &set);
            }
        }
    }

    /// Compares a document with all of the sample.
    fn compare(
        &self,
        walked: &WalkedDocument,
        sample: &Sample,
        removed: &Bits,
        tally: &mut Tally,
    ) -> Result<(), Error> {
        let set = self.texts.with_walked(walked, Shingles::of)?;
        let mut shared: HashMap<u32, usize> = HashMap::new();
        for &shingle in set.as_slice() {
            for &member in sample.members_with(shingle) {
                *shared.entry(member).or_default() += 1;
            }
        }
        for (member, shared) in shared {
            let (number, size) = sample.members[member as usize];
            if number == walked.number {
                continue;
            }
            let jaccard = shared as f64 / (size + set.len() - shared) as f64;
            if jaccard >= CURVE_START {
                let step = &mut tally.steps[step_of(jaccard)];
                step.0 += 1;
                step.1 += u64::from(self.share_a_band(number, walked.number)?);
                step.2 += self.bands.recall(jaccard);
            }
            if jaccard >= self.settings.threshold && !removed.contains(walked.number) {
                // A removed one needs any kept one; a kept one is missed for a better-ranked one.
                let is_better = self.ranks.rank(walked.number) < self.ranks.rank(number);
                if removed.contains(number) || is_better {
                    tally.reached.push(member);
                }
            }
        }
        Ok(())
    }

    fn share_a_band(&self, left: u32, right: u32) -> Result<bool, Error> {
        let (mut left_room, mut right_room) = (Vec::new(), Vec::new());
        let left = self.sketches.row(left, &mut left_room)?;
        let right = self.sketches.row(right, &mut right_room)?;
        let rows = self.bands.rows();
        let key = |row: &[u8], band: usize| self.sketches.shape().key(row, band * rows, rows);
        Ok((0..self.bands.bands()).any(|band| key(left, band) == key(right, band)))
    }

    fn conclude(&self, sample: &Sample, removed: &Bits, tally: Tally) -> Audit {
        let (mut right, mut wrong, mut missed) = (0, 0, 0);
        for (&(number, size), reached) in sample.members.iter().zip(&tally.is_reached) {
            match (removed.contains(number), reached) {
                (true, true) => right += 1,
                (true, false) => wrong += 1,
                // TextStore without letters resemble nothing.
                (false, true) if size > 0 => missed += 1,
                (false, _) => {}
            }
        }
        let curve = tally.steps.iter().enumerate().map(|(step, &(pairs, found, predicted))| {
            let width = (1.0 - CURVE_START) / CURVE_STEPS as f64;
            let from = CURVE_START + step as f64 * width;
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

fn step_of(jaccard: f64) -> usize {
    let step = (jaccard - CURVE_START) / (1.0 - CURVE_START) * CURVE_STEPS as f64;
    // Rounding must not put 0.8 below itself.
    ((step + 1e-9) as usize).min(CURVE_STEPS - 1)
}

/// The shingles of the sampled documents.
#[derive(Default)]
struct Sample {
    /// Number and size of each.
    members: Vec<(u32, usize)>,
    by_shingle: HashMap<u64, Vec<u32>>,
    /// A bit for each shingle, by its hash: most of those of other texts end here.
    filter: Vec<u64>,
}

impl Sample {
    fn add(&mut self, number: u32, set: &Shingles) {
        let member = self.members.len() as u32;
        self.members.push((number, set.len()));
        for &shingle in set.as_slice() {
            self.by_shingle.entry(shingle).or_default().push(member);
            let (word, bit) = place(shingle);
            self.filter[word] |= bit;
        }
    }

    fn members_with(&self, shingle: u64) -> &[u32] {
        let (word, bit) = place(shingle);
        if self.filter[word] & bit == 0 {
            return &[];
        }
        self.by_shingle.get(&shingle).map_or(&[], Vec::as_slice)
    }
}

fn place(shingle: u64) -> (usize, u64) {
    let hash = hash::mix(shingle) >> (64 - FILTER_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// What was counted.
struct Tally {
    /// Pairs, those found, those predicted, by step.
    steps: [(u64, u64, f64); CURVE_STEPS],
    /// Sampled documents that a kept one reaches the threshold to; one may come several times.
    reached: Vec<u32>,
    /// The same, by member.
    is_reached: Vec<bool>,
}

impl Tally {
    fn new(members: usize) -> Tally {
        Tally { steps: [(0, 0, 0.0); CURVE_STEPS], reached: Vec::new(), is_reached: vec![false; members] }
    }

    fn add(&mut self, part: Tally) {
        for (step, more) in self.steps.iter_mut().zip(part.steps) {
            *step = (step.0 + more.0, step.1 + more.1, step.2 + more.2);
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
            let share = Proportion::new(count, of);
            assert!((share.low - low).abs() < 1e-4 && (share.high - high).abs() < 1e-4, "{share:?}");
        }
        assert_eq!((Proportion::new(0, 0).low, Proportion::new(0, 0).high), (0.0, 1.0));
    }

    #[test]
    fn steps_begin_where_they_say() {
        for (jaccard, step) in [(0.5, 0), (0.549, 0), (0.55, 1), (0.8, 6), (0.95, 9), (1.0, 9)] {
            assert_eq!(step_of(jaccard), step, "{jaccard}");
        }
    }
}
