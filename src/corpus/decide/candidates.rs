//! Candidates: pairs of documents that share a band of their sketches and are similar over all slots.
//!
//! In: the sketches of all documents that are not copies. Out: [`RankedLink`]s, each a document and a better-ranked
//! one to compare it with, in an order in which [`crate::corpus::decide::witness`] can decide on them; and how many
//! bucket entries were not compared.
//!
//! **Idea.** A document has a key for each band ([`crate::index::Bands`]); documents with equal keys form a bucket.
//! Keys of all bands are sorted together, each with the rank of its document, so the best-ranked documents of a
//! bucket come first. The first [`LEADERS`] represent the bucket: every later document is paired with each of them.
//! A bucket with more documents than that is split by the next slots after the band, and again by the slots
//! after those, as in [`crate::index::Index`]. So a giant bucket (one template, a hundred thousand pages) costs its
//! size times a constant, and very similar documents are still compared. Documents that share a bucket even under the
//! longest key, and are not compared, are counted.
//!
//! A pair that several buckets propose is used once. It remains a candidate if the estimate from all slots is at most
//! [`DOUBT`] standard errors below the threshold.
//!
//! **Order.** The level of a document is one more than the highest level of the documents that it is compared with.
//! Documents of one level do not depend on each other. All documents that they depend on have lower levels.
//!
//! **Cost.** Two sorts on disk: 12 bytes a document and band, and 8 bytes a pair; 4 bytes of memory a document for
//! its level.
//! **Source.** Leskovec, Rajaraman & Ullman, *Mining of Massive Datasets*, section 3.4 (bands); Bawa, Condie &
//! Ganesan 2005, *LSH Forest* (prefixes of longer keys); Blelloch, Fineman & Shun 2012, *Greedy sequential maximal
//! independent set and matching are parallel on average* (levels of a greedy choice).

use crate::corpus::context::Context;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::spill::{self, Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::sketches::Sketches;
use crate::error::Error;
use crate::index::{Bands, Rows};
use crate::support::hash::{SEEDS, fold_multiply};
use crate::support::threads;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// All documents of a bucket are compared with this many of its best-ranked ones.
const LEADERS: usize = 16;
/// Slots by which a key grows from one depth to the next, as in [`crate::index::Index`].
const DEEPER_SLOTS: usize = 4;
/// Bits of a key that name the bucket, at each of three depths. Among a hundred million documents, 2,300 pairs a band
/// share the first 40 bits by chance, and each costs one comparison. The further bits only split these buckets.
const KEY_BITS: u32 = 40;
const LONGER_KEY_BITS: u32 = 52;
const LONGEST_KEY_BITS: u32 = 64;
/// Pairs whose estimate is more than this many standard errors below the threshold are not compared exactly. Of the
/// pairs at the threshold, this misses one in 30,000.
const DOUBT: f64 = 4.0;
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 22;
/// Records passed to a sorter at once.
const BATCH: usize = 1 << 13;
/// The name of the saved links.
const LINKS: &str = "links";
const STAGE: &str = "candidates";

/// The counts of this stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CandidateCounts {
    /// Entries of overfull buckets that were not compared with some of their better-ranked ones.
    pub(crate) capped: u64,
    /// Pairs that shared a band.
    pub(crate) pairs: u64,
    /// Pairs to compare.
    pub(crate) links: u64,
}

/// A document to compare with a better-ranked one; both by rank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RankedLink {
    pub(crate) level: u32,
    pub(crate) worse: u32,
    pub(crate) better: u32,
}

/// The candidates of a corpus.
pub(crate) struct Candidates {
    /// The links, in an order in which they can be decided on.
    pub(crate) links: Sorted<RankedLink>,
    pub(crate) counts: CandidateCounts,
}

/// Most bytes on disk for this many documents.
pub(crate) fn forecast(documents: u64, bands: Bands, budget: usize) -> u64 {
    // Sorts that fit their part of the budget are never written. Most documents share a band with few others.
    const PAIRS: u64 = 4;
    spill::forecast::<Entry<KEY_BITS>>(documents * bands.bands() as u64, budget / 2)
        + spill::forecast::<Pair>(documents * PAIRS, budget / 4)
}

/// Finds the candidates among all documents except the `copies`.
pub(crate) fn find(
    context: &Context<'_>,
    sketches: &Sketches,
    copies: &Bits,
    ranks: &Ranks,
) -> Result<Candidates, Error> {
    if let (Some(links), Some(counts)) = (context.saved(LINKS)?, context.work.done(STAGE)?) {
        return Ok(Candidates { links, counts });
    }
    let search = Search { context, sketches, copies, ranks, bands: context.settings.bands()? };
    let mut counts = CandidateCounts::default();
    let pairs = search.pairs(&mut counts)?;
    let mut links = search.alike(&pairs, &mut counts)?;
    links.save()?;
    context.work.finish(STAGE, &counts)?;
    Ok(Candidates { links, counts })
}

/// The search, with what earlier stages found.
struct Search<'s> {
    context: &'s Context<'s>,
    sketches: &'s Sketches,
    copies: &'s Bits,
    ranks: &'s Ranks,
    bands: Bands,
}

impl Search<'_> {
    /// Pairs that share a bucket. A pair that shares several buckets occurs several times.
    fn pairs(&self, counts: &mut CandidateCounts) -> Result<Sorted<Pair>, Error> {
        let pairs = self.context.sorter("pairs", 4)?;
        let entries = self.entries()?;
        let longer = self.context.sorter("entries-longer", 4)?;
        self.propose::<KEY_BITS, LONGER_KEY_BITS>(&entries, &pairs, Some(&longer))?;
        drop(entries);
        let longer = longer.finish()?;
        let longest = self.context.sorter("entries-longest", 4)?;
        self.propose::<LONGER_KEY_BITS, LONGEST_KEY_BITS>(&longer, &pairs, Some(&longest))?;
        drop(longer);
        let longest = longest.finish()?;
        counts.capped = self.propose::<LONGEST_KEY_BITS, LONGEST_KEY_BITS>(&longest, &pairs, None)?;
        pairs.finish()
    }

    /// An entry for each band of each document that may resemble another.
    fn entries(&self) -> Result<Sorted<Entry<KEY_BITS>>, Error> {
        let entries = self.context.sorter("entries", 2)?;
        let documents = self.sketches.rows();
        let step = (PORTION_BYTES / self.sketches.width()).max(1);
        let starts: Vec<u32> = (0..documents).step_by(step).collect();
        // Each round reads one portion a thread, so that memory stays bounded.
        for round in starts.chunks(rayon::current_num_threads()) {
            self.context.tell_documents("cutting sketches", round[0], documents)?;
            let cut = |&first: &u32| {
                let end = first.saturating_add(step as u32).min(documents);
                self.cut(first, end, &entries)
            };
            threads::map(round, cut).into_iter().collect::<Result<(), Error>>()?;
            self.context.work.check_disk()?;
        }
        entries.finish()
    }

    /// Adds the entries of the documents from `first` to before `end`.
    fn cut(&self, first: u32, end: u32, entries: &Sorter<Entry<KEY_BITS>>) -> Result<(), Error> {
        let mut rows = Vec::new();
        self.sketches.read(first, end, &mut rows)?;
        let shape = self.sketches.shape();
        let mut batch = Vec::with_capacity(BATCH + self.bands.bands());
        for (document, row) in (first..).zip(rows.chunks_exact(self.sketches.width())) {
            if self.copies.contains(document) || shape.is_empty_row(row) {
                continue;
            }
            let rank = self.ranks.rank(document);
            let bands = 0..self.bands.bands();
            batch.extend(bands.map(|band| Entry::of(shape, row, band, self.bands.rows(), rank)));
            if batch.len() >= BATCH {
                entries.extend(&batch)?;
                batch.clear();
            }
        }
        entries.extend(&batch)
    }

    /// Proposes the pairs of all buckets. Returns how many entries were not compared with some of the better-ranked
    /// ones. Documents of overfull buckets are also added to `overfull`, under a longer key.
    fn propose<const BITS: u32, const LONGER: u32>(
        &self,
        entries: &Sorted<Entry<BITS>>,
        pairs: &Sorter<Pair>,
        overfull: Option<&Sorter<Entry<LONGER>>>,
    ) -> Result<u64, Error> {
        self.context.tell_entries("sorting into buckets", 0, entries.len())?;
        let parts = entries.parts(rayon::current_num_threads());
        let counts = threads::map(&parts, |&part| {
            let mut bucket = Bucket::new(self.context.numbering);
            let (mut proposed, mut longer) = (Vec::new(), Vec::new());
            for entry in entries.part(part)? {
                bucket.enter(entry?, &mut proposed, &mut longer);
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
            Ok(bucket.capped)
        });
        self.context.work.check_disk()?;
        counts.into_iter().sum()
    }

    /// The pairs whose sketches are similar, each with the level of the worse-ranked document.
    fn alike(&self, pairs: &Sorted<Pair>, counts: &mut CandidateCounts) -> Result<Sorted<RankedLink>, Error> {
        let links = self.context.sorter(LINKS, 4)?;
        let threshold = self.context.settings.threshold;
        let slots = self.sketches.shape().slots() as f64;
        let least = threshold - DOUBT * (threshold * (1.0 - threshold) / slots).sqrt();
        let mut levels = Levels::new(self.sketches.rows());
        let mut merged = pairs.merged()?;
        let (mut last, mut batch, mut done) = (None, Vec::with_capacity(BATCH), 0);
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
            self.context.tell_entries("comparing sketches", done, pairs.len())?;
            counts.pairs += batch.len() as u64;
            let estimates = threads::map(&batch, |&pair| self.estimate(pair));
            for (&pair, estimate) in batch.iter().zip(estimates) {
                if estimate? >= least {
                    levels.add(pair);
                }
            }
            if batch.is_empty() {
                levels.settle();
            }
            counts.links += levels.settled.len() as u64;
            links.extend(&levels.settled)?;
            levels.settled.clear();
            if batch.is_empty() {
                return links.finish();
            }
        }
    }

    fn estimate(&self, pair: Pair) -> Result<f64, Error> {
        let (mut worse_buffer, mut better_buffer) = (Vec::new(), Vec::new());
        let worse = self.sketches.row(self.ranks.document(pair.worse), &mut worse_buffer)?;
        let better = self.sketches.row(self.ranks.document(pair.better), &mut better_buffer)?;
        Ok(self.sketches.shape().jaccard(worse, better).value)
    }
}

/// Gives each document its level. Pairs are sorted by their worse-ranked document, so the documents that it is compared with
/// already have their levels.
struct Levels {
    of: Vec<u32>,
    /// The pairs of the document that is being read.
    group: Vec<Pair>,
    /// Links whose level is known and that were not yet taken.
    settled: Vec<RankedLink>,
}

impl Levels {
    fn new(documents: u32) -> Levels {
        Levels { of: vec![0; documents as usize], group: Vec::new(), settled: Vec::new() }
    }

    fn add(&mut self, pair: Pair) {
        if self.group.first().is_some_and(|first| first.worse != pair.worse) {
            self.settle();
        }
        self.group.push(pair);
    }

    /// Ends the group, when all pairs of its document were added.
    fn settle(&mut self) {
        let Some(&Pair { worse, .. }) = self.group.first() else { return };
        let level = 1 + self.group.iter().map(|pair| self.of[pair.better as usize]).max().unwrap_or(0);
        self.of[worse as usize] = level;
        let links = self.group.drain(..).map(|pair| RankedLink { level, worse, better: pair.better });
        self.settled.extend(links);
    }
}

/// The bucket whose entries are being read.
struct Bucket<const BITS: u32> {
    leaders: Vec<Entry<BITS>>,
    /// Documents of the index are not compared with each other.
    numbering: Numbering,
    /// Entries of this bucket after the leaders.
    passed: u64,
    /// Entries of all buckets so far that were not compared with all entries before them.
    capped: u64,
}

impl<const BITS: u32> Bucket<BITS> {
    fn new(numbering: Numbering) -> Bucket<BITS> {
        Bucket { leaders: Vec::with_capacity(LEADERS), numbering, passed: 0, capped: 0 }
    }

    /// Takes the next entry, in order. Adds its pairs to `proposed`, and entries that need a longer key to `longer`.
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
        // Documents of the index have the first ranks, so a rank tells whether a document is of the index.
        let is_new = !self.numbering.is_earlier(entry.rank);
        if is_new {
            let pairs = self.leaders.iter().map(|leader| Pair { worse: entry.rank, better: leader.rank });
            proposed.extend(pairs.filter(|pair| pair.worse != pair.better));
        }
        if self.leaders.len() < LEADERS {
            self.leaders.push(entry);
            return;
        }
        if self.passed == 0 {
            longer.extend(self.leaders.iter().map(|leader| leader.with_bits()));
        } else if is_new {
            self.capped += 1;
        }
        self.passed += 1;
        longer.push(entry.with_bits());
    }
}

/// A document in a bucket: the first `BITS` bits of the key name the bucket. The best-ranked come first.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry<const BITS: u32> {
    key: u64,
    rank: u32,
}

impl<const BITS: u32> Entry<BITS> {
    /// The entry of a document of that rank in one of its bands.
    fn of(shape: &Rows, row: &[u8], band: usize, rows: usize, rank: u32) -> Entry<BITS> {
        // The number of the band is part of the key, since two bands may have equal slots.
        let of_band = fold_multiply(shape.key(row, band * rows, rows) ^ band as u64, SEEDS[6]);
        let behind = |depth: usize| {
            let start = (band * rows + rows + depth * DEEPER_SLOTS) % shape.slots();
            let key = shape.key(row, start, DEEPER_SLOTS.min(shape.slots()));
            key >> (64 - (LONGER_KEY_BITS - KEY_BITS))
        };
        let key =
            of_band >> (64 - KEY_BITS) << (64 - KEY_BITS) | behind(0) << (64 - LONGER_KEY_BITS) | behind(1);
        Entry { key, rank }
    }

    fn bucket(self) -> u64 {
        self.key >> (64 - BITS)
    }

    /// The same entry with a key of another length.
    fn with_bits<const OTHER: u32>(self) -> Entry<OTHER> {
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

impl Record for RankedLink {
    type Key = u32;

    fn key(&self) -> u32 {
        self.level
    }

    stored_fields! { level: u32, worse: u32, better: u32 }
}
