//! Runs: a table of which documents contain a seed, and at which positions.
//!
//! In: the seeds of documents, in order of document number. Out: for a hash, its entries, by document and
//! position.
//!
//! **Idea.** The logarithmic method: the seeds of a document are a sorted run, and runs are merged until each
//! is at least [`RATIO`] times as long as the next. So `n` seeds have at most `log4(n)` runs, and each run
//! has older documents than the next. The upper bits of a hash give a bucket of about [`BUCKET`] entries,
//! because hashes are evenly distributed. (A seed that is stored 100,000 times makes its own bucket long and
//! the other buckets a little longer.)
//!
//! **Cost.** 12 bytes for each seed and at most half a byte for its bucket. Each look-up in a run reads two
//! cache lines, and a third if it finds something. Look-ups of ascending hashes in one run overlap in time.
//! **Source.** Bentley and Saxe, *Decomposable searching problems I: static-to-dynamic transformation*,
//! Journal of Algorithms 1980.

use crate::passage::seed::Seed;

/// The place of a seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) document: u32,
    /// Position in the stream of the document.
    pub(super) at: u32,
}

/// The average number of entries in a bucket is between this number and twice this number. (Half of that took
/// the same time, and so did counting the smaller of 16 hashes without a branch: look-ups wait for memory.)
const BUCKET: usize = 8;
/// A run is at least this many times as long as the next. With 4, the look-ups of a query among 10 MB of text
/// took 0.7 times as long as with 2, because 2 makes more runs. Adding texts took no longer.
const RATIO: usize = 4;
/// One more entry than a run can count.
pub(super) const TOO_MANY: usize = u32::MAX as usize;

/// The seeds of all documents.
#[derive(Clone, Default)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// Adds the seeds of a document, by hash and position. Its number is greater than those before.
    pub(super) fn push(&mut self, document: u32, seeds: &[Seed]) {
        if seeds.is_empty() {
            return;
        }
        let place = |seed: &Seed| Place { document, at: seed.at() };
        self.restore(seeds.iter().map(|seed| seed.hash()).collect(), seeds.iter().map(place).collect());
        while let [.., before, last] = &self.0[..]
            && before.len() < RATIO * last.len()
        {
            let last = self.0.pop().expect("two runs");
            self.0.last_mut().expect("two runs").absorb(&last);
        }
    }

    /// Adds a run, as [`iter`](Self::iter) returned it.
    pub(super) fn restore(&mut self, hashes: Vec<u32>, places: Vec<Place>) {
        self.0.push(Run::of(hashes, places));
    }

    /// The runs, oldest documents first.
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &Run> {
        self.0.iter()
    }

    /// The number of all entries.
    pub(super) fn entries(&self) -> usize {
        self.iter().map(Run::len).sum()
    }

    pub(super) fn heap_bytes(&self) -> usize {
        self.iter().map(Run::heap_bytes).sum()
    }
}

/// Sorted entries. Hashes and places are stored apart because most look-ups find nothing and read no place.
#[derive(Clone, Default)]
pub(super) struct Run {
    hashes: Vec<u32>,
    places: Vec<Place>,
    /// The start of the entries of each bucket, followed by the end of all entries.
    starts: Vec<u32>,
    /// How many upper bits of a hash are the number of its bucket.
    bits: u32,
}

impl Run {
    fn of(hashes: Vec<u32>, places: Vec<Place>) -> Run {
        debug_assert_eq!(hashes.len(), places.len());
        let mut run = Run { hashes, places, starts: Vec::new(), bits: 0 };
        run.count_buckets();
        run
    }

    pub(super) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Hash and place of each entry, in order of both.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, Place)> {
        self.hashes.iter().copied().zip(self.places.iter().copied())
    }

    /// The places of a hash, by document and position.
    #[inline]
    pub(super) fn equal(&self, hash: u32) -> &[Place] {
        let bucket = self.bucket(hash);
        let (start, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        let hashes = &self.hashes[start..end];
        let from = hashes.partition_point(|&other| other < hash);
        let count = hashes[from..].partition_point(|&other| other == hash);
        &self.places[start + from..][..count]
    }

    /// Merges a run of later documents into this one.
    fn absorb(&mut self, later: &Run) {
        let (mut own, mut other) = (self.len(), later.len());
        self.hashes.reserve_exact(other);
        self.hashes.resize(own + other, 0);
        self.places.reserve_exact(other);
        self.places.resize(own + other, Place::default());
        // Entries are moved from the back into the added space, so no third copy is needed. Among equal
        // hashes, later documents come last.
        while other > 0 {
            let place = own + other - 1;
            if own == 0 || later.hashes[other - 1] >= self.hashes[own - 1] {
                other -= 1;
                self.hashes[place] = later.hashes[other];
                self.places[place] = later.places[other];
            } else {
                own -= 1;
                self.hashes[place] = self.hashes[own];
                self.places[place] = self.places[own];
            }
        }
        self.count_buckets();
    }

    fn bucket(&self, hash: u32) -> usize {
        (u64::from(hash) >> (32 - self.bits)) as usize
    }

    fn count_buckets(&mut self) {
        self.bits = (self.len() / BUCKET).max(1).ilog2();
        let mut starts = vec![0u32; (1 << self.bits) + 1];
        for &hash in &self.hashes {
            starts[self.bucket(hash) + 1] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        self.starts = starts;
    }

    fn heap_bytes(&self) -> usize {
        (self.hashes.capacity() + self.starts.capacity()) * size_of::<u32>()
            + self.places.capacity() * size_of::<Place>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A hash has its entries in order of document and position, independent of the portions in which
        /// they were added.
        #[test]
        fn entries_are_found_in_order(
            documents in proptest::collection::vec(
                proptest::collection::vec((prop_oneof![0u32..4, any::<u32>(), Just(u32::MAX)], any::<u32>()), 0..40),
                0..30,
            ),
        ) {
            let mut runs = Runs::default();
            let mut all = Vec::new();
            for (document, seeds) in documents.into_iter().enumerate() {
                let mut seeds: Vec<Seed> = seeds.into_iter().map(|(hash, at)| Seed::new(hash, at, false)).collect();
                seeds.sort_unstable();
                runs.push(document as u32, &seeds);
                let document = document as u32;
                all.extend(seeds.iter().map(|seed| (seed.hash(), Place { document, at: seed.at() })));
            }
            all.sort_unstable();
            prop_assert_eq!(runs.entries(), all.len());
            prop_assert!(runs.0.len() <= all.len().max(1).ilog(RATIO) as usize + 1);
            prop_assert!(runs.iter().all(|run| run.entries().is_sorted()));
            let found = |hash| runs.iter().flat_map(|run| run.equal(hash)).copied().collect::<Vec<Place>>();
            for same in all.chunk_by(|a, b| a.0 == b.0) {
                let hash = same[0].0;
                prop_assert_eq!(found(hash), same.iter().map(|entry| entry.1).collect::<Vec<_>>());
                let next = hash.wrapping_add(1);
                prop_assert!(all.iter().any(|entry| entry.0 == next) || found(next).is_empty());
            }
        }
    }
}
