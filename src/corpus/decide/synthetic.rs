//! A test of candidates and witnesses with synthetic signatures (sketches) instead of texts. It shows how the sorts on disk
//! behave with many documents.
//!
//! It is here and not in `tests/` because it passes signatures to stages that are not public. A public job reads texts, and
//! making a hundred million texts takes hours.
//!
//! One signature in five is a copy of another one with a known share of its slots changed. A small run is a test.
//! Large runs print seconds and bytes on disk a million documents:
//! `REFRAIN_SIGNATURES=10000000 REFRAIN_MEMORY=2147483648 cargo test --release --features corpus --lib -- --nocapture
//! synthetic_signatures`. A hundred million signatures take 33 GB of disk.

use crate::corpus::context::Context;
use crate::corpus::decide::candidates;
use crate::corpus::decide::copies::{Copies, CopyPair};
use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::{self, Compare, Removal};
use crate::corpus::settings::Settings;
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::document::DOCUMENTS;
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::sketches::{SKETCHES, Sketches};
use crate::corpus::store::table::Appender;
use crate::corpus::store::work::{Plan, RunStart, Work};
use crate::error::Error;
use crate::index::Rows;
use crate::progress::Watch;
use crate::sketch::SlotBits;
use crate::support::hash;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const SLOTS: usize = 256;
const BITS: SlotBits = SlotBits::Four;
const ROW: usize = BITS.packed_len(SLOTS);
const THRESHOLD: f64 = 0.8;
/// One signature in this many is made from another.
const DERIVED: u64 = 5;

/// The signature that a derived one is made from, and the share of slots that it has in common with it.
fn source_of(number: u64) -> Option<(u64, f64)> {
    let chance = hash::key(1, number);
    if number == 0 || !chance.is_multiple_of(DERIVED) {
        return None;
    }
    let mut source = hash::key(2, number) % number;
    while source > 0 && hash::key(1, source).is_multiple_of(DERIVED) {
        source -= 1;
    }
    Some((source, 0.85 + 0.15 * (hash::key(3, number) % 1000) as f64 / 1000.0))
}

fn row_of(number: u64) -> [u8; ROW] {
    let mut row = [0; ROW];
    let original = source_of(number).map_or(number, |(source, _)| source);
    for (word, bytes) in (0..).zip(row.chunks_exact_mut(8)) {
        bytes.copy_from_slice(&hash::key(original ^ 0x5eed << 40, word).to_le_bytes());
    }
    if let Some((_, share)) = source_of(number) {
        for slot in 0..SLOTS {
            let chance = hash::key(number ^ 0xc4a6 << 40, slot as u64);
            // A different value, which cannot be equal by accident.
            if (chance >> 11) as f64 / (1_u64 << 53) as f64 > share {
                let change = 1 + (chance % 15) as u8;
                row[slot / 2] ^= change << (4 * (slot % 2));
            }
        }
    }
    row
}

/// Compares the signatures themselves.
struct Signatures<'s>(&'s Sketches);

impl Compare for Signatures<'_> {
    fn witness(&self, document: u32, others: &[u32], settings: &Settings) -> Result<Option<Removal>, Error> {
        let threshold = settings.threshold;
        /// Shingles of each document, of which the similarity says how many are shared.
        const SHINGLES: usize = 1 << 20;
        let (mut buffer, mut other_buffer) = (Vec::new(), Vec::new());
        let own = self.0.row(document, &mut buffer)?.to_vec();
        let mut best: Option<Removal> = None;
        for &kept_by in others {
            let other = self.0.row(kept_by, &mut other_buffer)?;
            let jaccard = self.0.shape().jaccard(&own, other).value;
            // Two sets of n elements with Jaccard similarity J have n (2 J / (1 + J)) elements in common.
            let shared = (SHINGLES as f64 * 2.0 * jaccard / (1.0 + jaccard)).round() as usize;
            let removal = Removal::of_counts(document, kept_by, [shared, SHINGLES, SHINGLES]);
            if removal.jaccard() >= threshold && best.is_none_or(|best| removal.jaccard() > best.jaccard()) {
                best = Some(removal);
            }
        }
        Ok(best)
    }

    fn is_copy(&self, _: u32, _: u32) -> Result<bool, Error> {
        Ok(true)
    }
}

fn bytes_in(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.filter_map(|file| file.ok()?.metadata().ok()).map(|about| about.len()).sum()
}

#[test]
fn synthetic_signatures_are_clustered_as_predicted() {
    let number =
        |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (count, memory) = (number("REFRAIN_SIGNATURES", 60_000) as u32, number("REFRAIN_MEMORY", 16 << 20));
    let folder = std::env::temp_dir().join(format!("refrain-synthetic-{}", std::process::id()));
    let mut work = Work::open(folder.clone()).unwrap();
    work.follow(&Plan::new(Vec::new(), Vec::new()), RunStart::Fresh).unwrap();
    let mut table = Appender::new(work.path(SKETCHES)).unwrap();
    (0..count.into()).for_each(|number| table.append(&row_of(number)).unwrap());
    table.sync().unwrap();
    // The rows of documents are never read under `Keep::First`.
    Appender::new(work.path(DOCUMENTS)).unwrap().sync().unwrap();

    let start = Instant::now();
    let most = Arc::new(AtomicU64::new(0));
    let watch = {
        let (most, folder) = (Arc::clone(&most), folder.clone());
        Watch::new(move |_| {
            most.fetch_max(bytes_in(&folder), Ordering::Relaxed);
            ControlFlow::Continue(())
        })
    };
    let settings = Settings::new(Vec::new(), folder.clone());
    let bands = settings.bands().unwrap();
    let ranks = Ranks::ByNumber;
    let index = CorpusIndex::none("");
    let numbering = Numbering::new(0, count).unwrap();
    let context = Context::open(&settings, &[], &index, numbering, &work, memory as usize, &watch).unwrap();
    let sketches = context.sketches().unwrap();
    let none = Bits::none(count);
    let found = candidates::find(&context, &sketches, &none, &ranks).unwrap();
    let seconds_of_links = start.elapsed().as_secs_f64();
    let copies =
        Copies { pairs: context.sorter::<CopyPair>("copies", 1).unwrap().finish().unwrap(), set: none };
    let removals = witness::find(&context, &Signatures(&sketches), &ranks, &found.links, &copies).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let millions = f64::from(count) / 1e6;
    println!(
        "{count} signatures, {memory} bytes of memory: {} pairs, {} links, {} removed; {:.2} s a million documents ({:.2} for the \
         links), {:.0} MB on disk a million at most",
        found.counts.pairs,
        found.counts.links,
        removals.counts.removed,
        seconds / millions,
        seconds_of_links / millions,
        most.load(Ordering::Relaxed) as f64 / 1e6 / millions
    );

    // As many are removed as predicted. The witness of each is its source, or another signature made from that source.
    let (mut expected, mut variance) = (0.0, 0.0);
    let shape = Rows::new(SLOTS, BITS);
    for number in 0..count.into() {
        let Some((source, share)) = source_of(number) else { continue };
        // In this test the estimate must reach the threshold.
        if shape.jaccard(&row_of(number), &row_of(source)).value < THRESHOLD {
            continue;
        }
        let recall = bands.recall(share);
        expected += recall;
        variance += recall * (1.0 - recall);
    }
    let removed = removals.counts.removed as f64;
    assert!(removed >= expected - 4.0 * f64::sqrt(variance) - 1e-5 * expected, "{removed} of {expected}");
    assert!(removed <= 1.01 * expected + 50.0, "{removed} of {expected}");
    let original = |number: u32| source_of(number.into()).map_or(number.into(), |(source, _)| source);
    for removal in removals.list.merged().unwrap() {
        let removal = removal.unwrap();
        assert_eq!(original(removal.document), original(removal.kept_by), "{removal:?}");
    }
    drop((found, removals, copies, sketches, context));
    work.clear().unwrap();
    assert!(!folder.exists());
}
