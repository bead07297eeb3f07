//! Links: from each seed to earlier holders of the same bytes.
//!
//! In: seeds sorted by hash, then document and position, so equal seeds are next to each other. Out: links, sorted by
//! document and position. Each seed of a group of equal ones, except the first, is linked to the first (the *leader*) and
//! to the nearest earlier document, if that is another one. Documents that are known from an earlier search have no links,
//! but other documents link to them.
//!
//! **Cost.** At most two links a seed, no matter how many seeds are equal.

use super::seeds::DocumentSeed;
use crate::corpus::spill::{Merged, Record, Sorted, Sorter};
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::support::threads;
use std::sync::atomic::{AtomicU64, Ordering};

/// From the seed at `at` of `document` to the one at `holder_at` of `holder`: 32 bits each, in this order from the highest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SeedLink(u128);

impl SeedLink {
    fn new(from: DocumentSeed, to: DocumentSeed) -> SeedLink {
        let place = |seed: DocumentSeed| (seed.document() as u128) << 32 | seed.at() as u128;
        SeedLink(place(from) << 64 | place(to))
    }

    pub(super) fn document(self) -> u32 {
        (self.0 >> 96) as u32
    }

    pub(super) fn at(self) -> usize {
        (self.0 >> 64) as u32 as usize
    }

    pub(super) fn holder(self) -> u32 {
        (self.0 >> 32) as u32
    }

    pub(super) fn holder_at(self) -> usize {
        self.0 as u32 as usize
    }

    /// The position of the seed minus that of its copy in the holder.
    pub(super) fn diagonal(self) -> i64 {
        self.at() as i64 - self.holder_at() as i64
    }

    pub(super) fn is_internal(self) -> bool {
        self.document() == self.holder()
    }
}

impl Record for SeedLink {
    type Key = u32;
    const BYTES: usize = 16;

    #[inline]
    fn key(&self) -> u32 {
        self.document()
    }

    #[inline]
    fn store(&self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.0.to_le_bytes());
    }

    #[inline]
    fn load(bytes: &[u8]) -> SeedLink {
        SeedLink(u128::from_le_bytes(bytes.try_into().expect("sixteen bytes")))
    }
}

/// The number of parts of the seeds; any thread can link the seeds of one part independently of the others.
const PARTS: usize = 64;
/// Links passed to the sorter at once.
const BATCH: usize = 4096;

/// Links all seeds except those of the first `known` documents, which are only holders.
pub(super) fn join(
    seeds: &Sorted<DocumentSeed>,
    known: u32,
    links: &Sorter<SeedLink>,
    watch: &Watch,
) -> Result<(), Error> {
    let done = AtomicU64::new(0);
    let parts = seeds.parts(PARTS);
    // Parts are about equal.
    let seeds_per_part = seeds.len() / parts.len().max(1) as u64;
    let joined = threads::map(&parts, |&part| {
        let done = done.fetch_add(1, Ordering::Relaxed);
        watch.tell("joining seeds", ProgressUnit::Entries, done * seeds_per_part, Some(seeds.len()))?;
        join_part(seeds.part(part)?, known, links)
    });
    joined.into_iter().collect()
}

/// The group of equal seeds that is being read.
struct Group {
    leader: DocumentSeed,
    /// The first seed of the document that is being read.
    current: DocumentSeed,
    /// The first seed of the document before it, unless that is the leader.
    previous: Option<DocumentSeed>,
}

fn join_part(seeds: Merged<'_, DocumentSeed>, known: u32, links: &Sorter<SeedLink>) -> Result<(), Error> {
    let mut batch = Vec::with_capacity(BATCH + 2);
    let mut group: Option<Group> = None;
    for seed in seeds {
        let seed = seed?;
        let Some(group) = group.as_mut().filter(|group| group.leader.key() == seed.key()) else {
            group = Some(Group { leader: seed, current: seed, previous: None });
            continue;
        };
        if seed.document() != group.current.document() {
            group.previous = (group.current != group.leader).then_some(group.current);
            group.current = seed;
        }
        if seed.document() < known {
            continue;
        }
        batch.push(SeedLink::new(seed, group.leader));
        batch.extend(group.previous.map(|previous| SeedLink::new(seed, previous)));
        if batch.len() >= BATCH {
            links.extend(&batch)?;
            batch.clear();
        }
    }
    links.extend(&batch)
}
