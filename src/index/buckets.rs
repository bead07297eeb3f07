//! The buckets of one band: the documents that share its key.
//!
//! In: rows and document numbers. Out: the candidates for a row.
//!
//! Giant buckets: hundreds of thousands of documents made from one template may share a band. A bucket keeps
//! its first [`LEADERS`] documents; later ones go to the bucket of a longer key, made of the band and the
//! next slots, and from there to the bucket of a still longer key. So a document of a full bucket is found by
//! documents that are more similar to it than the bucket as a whole, insertion costs the same in a bucket of
//! any size, and a query checks no more than `LEADERS` documents in each of three buckets a band. Entries
//! that it does not check are counted ([`Neighbors::capped`](crate::Neighbors::capped)).
//!
//! Source: Bawa, Condie & Ganesan 2005, *LSH Forest* (keys that grow).

use super::bands::Bands;
use super::rows::Rows;
use super::table::{FETCHED, Table};

/// Documents of a bucket that a query checks. Buckets of ordinary documents hold one or two. With 64 the
/// answer is complete for documents that share a band with few others, and checking them costs less than the
/// cache misses of finding the bucket. (The corpus job compares with 16: it reads the texts of every
/// candidate from disk.)
const LEADERS: usize = 64;
/// Slots by which the keys of a band grow from one level to the next. Pairs with J = 0.9 share one of
/// 16 keys of 12 slots with probability 0.995, those with J = 0.95 one of 16 slots with probability 0.9999.
const DEEPER: usize = 4;
/// Levels of a band: its own key, and two longer ones.
const LEVELS: usize = 3;

/// What the tables propose for one query.
#[derive(Default)]
pub(super) struct Candidates {
    /// May repeat a document.
    pub(super) documents: Vec<u32>,
    /// Entries of full buckets that were not added.
    pub(super) capped: u64,
}

/// The keys of a row on the first level of every band, after prefetching what their searches read first.
///
/// In a large index every table is a cache miss. The branches of a search prevent the processor from
/// overlapping the misses. If all places are prefetched before any search, all misses overlap.
pub(super) fn fetched_keys(buckets: &[Buckets], row: &[u8], rows: &Rows) -> Vec<u64> {
    let keys: Vec<u64> = buckets.iter().map(|band| band.key_of_level(0, rows)(row)).collect();
    buckets.iter().zip(&keys).for_each(|(band, &key)| band.levels[0].fetch(key));
    keys
}

/// One band: a table for its own key and one for each of the longer keys, into which full buckets overflow.
#[derive(Clone)]
pub(super) struct Buckets {
    first_slot: usize,
    /// Slots in the key of each level.
    lengths: [usize; LEVELS],
    levels: [Table; LEVELS],
    /// Whether a document was removed from a full bucket: then a bucket that is not full may have overflowed
    /// earlier.
    thinned: bool,
}

impl Buckets {
    pub(super) fn new(bands: Bands, band: usize, slots: usize) -> Buckets {
        Buckets {
            first_slot: band * bands.rows(),
            lengths: std::array::from_fn(|level| slots.min(bands.rows() + level * DEEPER)),
            levels: std::array::from_fn(|level| match level {
                0 => Table::staggered(band, bands.bands()),
                _ => Table::unallocated(),
            }),
            thinned: false,
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.levels.iter().map(Table::heap_bytes).sum()
    }

    /// Reserves memory for `more` documents on the first level. How many will overflow is not known.
    pub(super) fn reserve(&mut self, more: usize, rows: &Rows) {
        let key = self.key_of_level(0, rows);
        self.levels[0].reserve(more, &|document| key(rows.row(document)));
    }

    /// Enters documents in their order, prefetching for some at a time, as [`fetched_keys`] does for one.
    pub(super) fn insert_all(&mut self, mut documents: impl Iterator<Item = u32>, rows: &Rows) {
        let mut some = Vec::with_capacity(FETCHED);
        loop {
            let key = self.key_of_level(0, rows);
            some.extend(documents.by_ref().take(FETCHED).map(|document| (document, key(rows.row(document)))));
            if some.is_empty() {
                return;
            }
            some.iter().for_each(|&(_, key)| self.levels[0].fetch(key));
            some.drain(..).for_each(|(document, key)| self.insert(document, key, rows));
        }
    }

    /// Enters a document, whose key of the first level is `first_key`, on the first level whose bucket is not
    /// full; on the last level buckets are never full.
    pub(super) fn insert(&mut self, document: u32, first_key: u64, rows: &Rows) {
        let row = rows.row(document);
        for level in 0..LEVELS {
            let key = self.key_of_level(level, rows);
            let wanted = if level == 0 { first_key } else { key(row) };
            let most = if level + 1 < LEVELS { LEADERS } else { usize::MAX };
            if self.levels[level].insert(wanted, document, most, &|document| key(rows.row(document))) {
                return;
            }
        }
    }

    pub(super) fn remove(&mut self, document: u32, rows: &Rows) {
        let row = rows.row(document);
        for level in 0..LEVELS {
            let key = self.key_of_level(level, rows);
            let found = self.levels[level].remove(key(row), document, &|document| key(rows.row(document)));
            self.thinned |= found == Some(LEADERS);
            if found.is_some() {
                return;
            }
        }
    }

    /// Removes the documents that were entered last, given from the last to the first, as if they had never
    /// been entered.
    pub(super) fn withdraw(&mut self, documents: impl Iterator<Item = u32>, rows: &Rows) {
        let thinned = self.thinned;
        documents.for_each(|document| self.remove(document, rows));
        // In this order the remaining documents fill the levels as they did before.
        self.thinned = thinned;
    }

    /// Adds the first documents of the buckets of `row`, whose key of the first level is `first_key`.
    pub(super) fn find(&self, row: &[u8], first_key: u64, rows: &Rows, candidates: &mut Candidates) {
        for (level, table) in self.levels.iter().enumerate() {
            if table.is_unused() {
                return;
            }
            let key = self.key_of_level(level, rows);
            let wanted = if level == 0 { first_key } else { key(row) };
            let bucket = table.find(wanted, &|document| key(rows.row(document)));
            let checked = &bucket[..bucket.len().min(LEADERS)];
            candidates.documents.extend_from_slice(checked);
            candidates.capped += (bucket.len() - checked.len()) as u64;
            if bucket.len() < LEADERS && !self.thinned {
                return;
            }
        }
    }

    fn key_of_level<'r>(&self, level: usize, rows: &'r Rows) -> impl Fn(&[u8]) -> u64 + use<'r> {
        let (start, length) = (self.first_slot, self.lengths[level]);
        move |row| rows.key(row, start, length)
    }
}
