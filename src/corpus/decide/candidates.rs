//! Candidates: pairs of documents that share a band of their sketches and look alike over all slots.
//!
//! In: the sketches of all documents that are no copies. Out: [`Link`]s, each a document and a better-ranked one to compare it
//! with, in an order in which they can be decided on ([`crate::corpus::decide::witness`]); and how many were passed over.
//!
//! **Idea.** A document has a key for each band ([`crate::Bands`]); documents with equal keys are a bucket. Keys of all bands are
//! sorted together, each with the rank of its document; so a bucket comes with its best-ranked documents first. The first
//! [`LEADERS`] speak for it, and every later document becomes a candidate of each of them. A bucket with more documents than
//! that is taken apart once more by the next slots behind the band, and again by the slots behind those, as in
//! [`crate::Index`]: so a giant bucket (one template, a hundred thousand pages) costs its size times a constant, and documents
//! that are closely alike still meet. What even the longest keys leave together is counted.
//!
//! Pairs that many buckets propose are one pair. It stays if the estimate from all slots comes within [`DOUBT`] standard errors
//! of the threshold.
//!
//! **Order.** The level of a document is one more than the highest level of those that it is compared with. Documents of one
//! level do not depend on each other, and all that they depend on is of lower levels.
//!
//! **Cost.** Two sorts on disk: 12 bytes a document and band, and 8 bytes a pair; 4 bytes of memory a document for its level.
//! **Source.** Leskovec, Rajaraman & Ullman, *Mining of Massive Datasets*, section 3.4 (bands); Bawa, Condie & Ganesan 2005,
//! *LSH Forest* (prefixes of longer keys); Blelloch, Fineman & Shun 2012, *Greedy sequential maximal independent set and matching
//! are parallel on average* (levels of a greedy choice).

use crate::corpus::decide::rank::Ranks;
use crate::corpus::spill::{self, Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::sketches::Sketches;
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::index::Bands;
use crate::index::Rows;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::support::hash::{SEEDS, fold_multiply};
use crate::support::threads;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Documents of a bucket that all others of it are compared with.
const LEADERS: usize = 16;
/// Slots by which a key grows from one depth to the next: as in [`crate::Index`].
const DEEPER_SLOTS: usize = 4;
/// Bits of a key that say which bucket, at each of three depths. Among a hundred million documents two share the first 40 by
/// chance 2,300 times a band, which costs a comparison each; the further ones only take apart what is together.
const WIDE: u32 = 40;
const NARROW: u32 = 52;
const NARROWEST: u32 = 64;
/// Pairs whose estimate lies this many standard errors below the threshold are not compared exactly: one pair in 30,000 at
/// the threshold.
const DOUBT: f64 = 4.0;
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 22;
/// Records handed to a sorter at once.
const BATCH: usize = 1 << 13;

/// The stage, when it is done: what it could not look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Passed {
    /// Entries of overfull buckets that were not compared with some of their better-ranked ones.
    pub(crate) capped: u64,
    /// Pairs that shared a band.
    pub(crate) pairs: u64,
    /// Pairs to compare.
    pub(crate) links: u64,
}

/// A document to compare with a better-ranked one; both by rank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Link {
    pub(crate) level: u32,
    pub(crate) worse: u32,
    pub(crate) better: u32,
}

/// Most bytes on disk for so many documents.
pub(crate) fn forecast(documents: u64, bands: Bands, budget: usize) -> u64 {
    // Sorts that fit their share of the budget are never written. Most documents share a band with few others.
    const PAIRS: u64 = 4;
    spill::forecast::<Entry<WIDE>>(documents * bands.bands() as u64, budget / 2)
        + spill::forecast::<Pair>(documents * PAIRS, budget / 4)
}

/// What candidates are chosen by.
pub(crate) struct Chooser<'c> {
    pub(crate) sketches: &'c Sketches,
    pub(crate) copies: &'c Bits,
    pub(crate) ranks: &'c Ranks,
    /// So many documents, the first, are those of earlier jobs, which stay.
    pub(crate) earlier: u32,
    pub(crate) bands: Bands,
    pub(crate) threshold: f64,
    pub(crate) work: &'c Work,
    pub(crate) budget: usize,
    pub(crate) watch: &'c Watch,
}

impl Chooser<'_> {
    /// All links, in the order in which they can be decided on.
    pub(crate) fn links(&self) -> Result<(Sorted<Link>, Passed), Error> {
        if let (Some(links), Some(passed)) =
            (Sorted::open(self.work.place("links"))?, self.work.done("candidates")?)
        {
            return Ok((links, passed));
        }
        let mut passed = Passed::default();
        let pairs = self.pairs(&mut passed)?;
        let mut links = self.alike(&pairs, &mut passed)?;
        links.save()?;
        self.work.finish("candidates", &passed)?;
        Ok((links, passed))
    }

    /// Pairs that share a bucket; those that share several come several times.
    fn pairs(&self, passed: &mut Passed) -> Result<Sorted<Pair>, Error> {
        let pairs = Sorter::new(self.work.place("pairs"), self.budget / 4)?;
        let wide = self.entries()?;
        let narrow = Sorter::new(self.work.place("entries-narrow"), self.budget / 4)?;
        self.propose::<WIDE, NARROW>(&wide, &pairs, Some(&narrow))?;
        drop(wide);
        let narrow = narrow.finish()?;
        let narrowest = Sorter::new(self.work.place("entries-narrowest"), self.budget / 4)?;
        self.propose::<NARROW, NARROWEST>(&narrow, &pairs, Some(&narrowest))?;
        drop(narrow);
        passed.capped = self.propose::<NARROWEST, NARROWEST>(&narrowest.finish()?, &pairs, None)?;
        pairs.finish()
    }

    /// An entry for each band of each document that may resemble another.
    fn entries(&self) -> Result<Sorted<Entry<WIDE>>, Error> {
        let entries = Sorter::new(self.work.place("entries"), self.budget / 2)?;
        let documents = self.sketches.rows();
        let step = (PORTION_BYTES / self.sketches.width()).max(1);
        let starts: Vec<u32> = (0..documents).step_by(step).collect();
        // A round of portions, one a thread, so that memory stays bounded.
        for round in starts.chunks(rayon::current_num_threads()) {
            self.watch.tell(
                "cutting sketches",
                ProgressUnit::Documents,
                round[0].into(),
                Some(documents.into()),
            )?;
            let cut = |&first: &u32| {
                let end = first.saturating_add(step as u32).min(documents);
                self.cut(first, end, &entries)
            };
            threads::map(round, cut).into_iter().collect::<Result<(), Error>>()?;
            self.work.check_disk()?;
        }
        entries.finish()
    }

    fn cut(&self, first: u32, end: u32, entries: &Sorter<Entry<WIDE>>) -> Result<(), Error> {
        let mut rows = Vec::new();
        self.sketches.read(first, end, &mut rows)?;
        let mut batch = Vec::with_capacity(BATCH + self.bands.bands());
        for (document, row) in (first..).zip(rows.chunks_exact(self.sketches.width())) {
            if self.copies.contains(document) || self.sketches.shape().is_empty_row(row) {
                continue;
            }
            let rank = self.ranks.rank(document);
            batch.extend(
                (0..self.bands.bands())
                    .map(|band| Entry::of(self.sketches.shape(), row, band, self.bands.rows(), rank)),
            );
            if batch.len() >= BATCH {
                entries.extend(&batch)?;
                batch.clear();
            }
        }
        entries.extend(&batch)
    }

    /// Proposes the pairs of all buckets; gives how many entries were not compared with some of the better-ranked ones. The
    /// documents of overfull buckets also go to `overfull`, under a longer key.
    fn propose<const BITS: u32, const LONGER: u32>(
        &self,
        entries: &Sorted<Entry<BITS>>,
        pairs: &Sorter<Pair>,
        overfull: Option<&Sorter<Entry<LONGER>>>,
    ) -> Result<u64, Error> {
        self.watch.tell("sorting into buckets", ProgressUnit::Entries, 0, Some(entries.len()))?;
        let parts = entries.parts(rayon::current_num_threads());
        let counts = threads::map(&parts, |&part| {
            let mut buckets =
                Buckets { leaders: Vec::with_capacity(LEADERS), earlier: self.earlier, passed: 0, capped: 0 };
            let (mut proposed, mut longer) = (Vec::new(), Vec::new());
            for entry in entries.part(part)? {
                buckets.enter(entry?, &mut proposed, &mut longer);
                if proposed.len() >= BATCH {
                    pairs.extend(&proposed)?;
                    proposed.clear();
                }
                if longer.len() >= BATCH {
                    overfull.map_or(Ok(()), |overfull| overfull.extend(&longer))?;
                    longer.clear();
                }
            }
            pairs.extend(&proposed)?;
            overfull.map_or(Ok(()), |overfull| overfull.extend(&longer))?;
            Ok(buckets.capped)
        });
        self.work.check_disk()?;
        counts.into_iter().sum()
    }

    /// Of the pairs those whose sketches are alike, with the level of the worse one.
    fn alike(&self, pairs: &Sorted<Pair>, passed: &mut Passed) -> Result<Sorted<Link>, Error> {
        let links = Sorter::new(self.work.place("links"), self.budget / 4)?;
        let slots = self.sketches.shape().slots() as f64;
        let least = self.threshold - DOUBT * (self.threshold * (1.0 - self.threshold) / slots).sqrt();
        let mut levels = vec![0_u32; self.sketches.rows() as usize];
        let mut merged = pairs.merged()?;
        let (mut last, mut batch, mut done) = (None, Vec::with_capacity(BATCH), 0);
        let (mut group, mut found) = (Vec::new(), Vec::new());
        loop {
            batch.clear();
            while batch.len() < BATCH
                && let Some(pair) = merged.next()
            {
                let pair = pair?;
                done += 1;
                if last != Some(pair) {
                    batch.push(pair);
                    last = Some(pair);
                }
            }
            self.watch.tell("comparing sketches", ProgressUnit::Entries, done, Some(pairs.len()))?;
            passed.pairs += batch.len() as u64;
            let estimates = threads::map(&batch, |&pair| self.estimate(pair));
            for (&pair, estimate) in batch.iter().zip(estimates) {
                if estimate? < least {
                    continue;
                }
                if group.first().is_some_and(|first: &Pair| first.worse != pair.worse) {
                    settle(&mut group, &mut levels, &mut found);
                }
                group.push(pair);
            }
            if batch.is_empty() {
                settle(&mut group, &mut levels, &mut found);
            }
            passed.links += found.len() as u64;
            links.extend(&found)?;
            found.clear();
            if batch.is_empty() {
                return links.finish();
            }
        }
    }

    fn estimate(&self, pair: Pair) -> Result<f64, Error> {
        let (mut worse, mut better) = (Vec::new(), Vec::new());
        let worse = self.sketches.row(self.ranks.document(pair.worse), &mut worse)?;
        let better = self.sketches.row(self.ranks.document(pair.better), &mut better)?;
        Ok(self.sketches.shape().jaccard(worse, better).value)
    }
}

/// Gives a document its level, now that all its pairs are together. Those that it is compared with have theirs, since pairs come
/// by their worse document.
fn settle(group: &mut Vec<Pair>, levels: &mut [u32], links: &mut Vec<Link>) {
    let Some(&Pair { worse, .. }) = group.first() else { return };
    let level = 1 + group.iter().map(|pair| levels[pair.better as usize]).max().unwrap_or(0);
    levels[worse as usize] = level;
    links.extend(group.drain(..).map(|pair| Link { level, worse, better: pair.better }));
}

/// The bucket that entries are coming from.
struct Buckets<const BITS: u32> {
    leaders: Vec<Entry<BITS>>,
    /// Ranks below this are not compared with each other.
    earlier: u32,
    /// Entries of it behind the leaders.
    passed: u64,
    /// Over all buckets, entries that were not compared with all before them.
    capped: u64,
}

impl<const BITS: u32> Buckets<BITS> {
    /// Takes the next entry, in order; proposes its pairs, and what goes under a longer key.
    fn enter<const LONGER: u32>(
        &mut self,
        entry: Entry<BITS>,
        proposed: &mut Vec<Pair>,
        longer: &mut Vec<Entry<LONGER>>,
    ) {
        if self.leaders.first().is_some_and(|first| first.bucket() != entry.bucket()) {
            self.leaders.clear();
            self.passed = 0;
        }
        if entry.rank >= self.earlier {
            let pairs = self.leaders.iter().map(|leader| Pair { worse: entry.rank, better: leader.rank });
            proposed.extend(pairs.filter(|pair| pair.worse != pair.better));
        }
        if self.leaders.len() < LEADERS {
            self.leaders.push(entry);
            return;
        }
        if self.passed == 0 {
            longer.extend(self.leaders.iter().map(|leader| leader.under()));
        } else if entry.rank >= self.earlier {
            self.capped += 1;
        }
        self.passed += 1;
        longer.push(entry.under());
    }
}

/// A document in a bucket: the first `BITS` bits of the key say which. The best-ranked come first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry<const BITS: u32> {
    key: u64,
    rank: u32,
}

impl<const BITS: u32> Entry<BITS> {
    /// The entry of a document of that rank in one of its bands.
    fn of(shape: &Rows, row: &[u8], band: usize, rows: usize, rank: u32) -> Entry<BITS> {
        // Bands are told apart by their number, since slots alike may stand in two.
        let of_band = fold_multiply(shape.key(row, band * rows, rows) ^ band as u64, SEEDS[6]);
        let behind = |depth: usize| {
            let start = (band * rows + rows + depth * DEEPER_SLOTS) % shape.slots();
            shape.key(row, start, DEEPER_SLOTS.min(shape.slots())) >> (64 - (NARROW - WIDE))
        };
        let key = of_band >> (64 - WIDE) << (64 - WIDE) | behind(0) << (64 - NARROW) | behind(1);
        Entry { key, rank }
    }

    fn bucket(self) -> u64 {
        self.key >> (64 - BITS)
    }

    fn under<const LONGER: u32>(self) -> Entry<LONGER> {
        Entry { key: self.key, rank: self.rank }
    }
}

impl<const BITS: u32> Ord for Entry<BITS> {
    fn cmp(&self, other: &Self) -> Ordering {
        let order = |entry: &Self| (entry.bucket(), entry.rank, entry.key);
        order(self).cmp(&order(other))
    }
}

impl<const BITS: u32> PartialOrd for Entry<BITS> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<const BITS: u32> Record for Entry<BITS> {
    type Key = u64;

    fn key(&self) -> u64 {
        self.bucket()
    }

    stored_fields! { key: u64, rank: u32 }
}

/// Two documents of a bucket, by rank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Pair {
    worse: u32,
    better: u32,
}

impl Record for Pair {
    type Key = u32;

    fn key(&self) -> u32 {
        self.worse
    }

    stored_fields! { worse: u32, better: u32 }
}

impl Record for Link {
    type Key = u32;

    fn key(&self) -> u32 {
        self.level
    }

    stored_fields! { level: u32, worse: u32, better: u32 }
}
