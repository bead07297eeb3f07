//! Synthetic signatures through candidates and witnesses, without texts: how the sorts on disk behave with many documents.
//!
//! One signature in five is another one with some slots changed, by a known share. A small run is a test; large ones are made with
//! `REFRAIN_SIGNATURES=10000000 REFRAIN_MEMORY=2147483648 cargo test --release --features corpus --lib -- --nocapture
//! synthetic_signatures`, which print seconds and bytes on disk a million documents. A hundred million take 33 GB of disk.

use crate::corpus::decide::candidates::Chooser;
use crate::corpus::decide::copies::{Copies, Copy};
use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness::{Compare, Judge, Removal};
use crate::corpus::spill::Sorter;
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::sketches::Sketches;
use crate::corpus::store::table::{Appender, Table};
use crate::corpus::store::work::{Plan, Work};
use crate::error::Error;
use crate::index::Bands;
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
/// One signature in so many is made from another.
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
            // Another value, never the same by accident.
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
    fn alike(&self, document: u32, others: &[u32]) -> Result<Vec<Removal>, Error> {
        let (mut room, mut other_room) = (Vec::new(), Vec::new());
        let own = self.0.row(document, &mut room)?.to_vec();
        let mut compare = |&kept_by: &u32| {
            let other = self.0.row(kept_by, &mut other_room)?;
            let jaccard = self.0.shape().jaccard(&own, other).value;
            // |A| = |B| = n and n (2 J / (1 + J)) in common.
            let size = 1 << 20;
            let shared = (f64::from(size) * 2.0 * jaccard / (1.0 + jaccard)).round() as u32;
            Ok(Removal { document, kept_by, shared, own: size, other: size })
        };
        others.iter().map(&mut compare).collect()
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
    work.follow(&Plan::new(Vec::new(), Vec::new())).unwrap();
    let mut table = Appender::at(work.path("sketches.table"), 0).unwrap();
    (0..count.into()).for_each(|number| table.append(&row_of(number)).unwrap());
    table.sync().unwrap();

    let start = Instant::now();
    let most = Arc::new(AtomicU64::new(0));
    let watch = {
        let (most, folder) = (Arc::clone(&most), folder.clone());
        Watch::new(move |_| {
            most.fetch_max(bytes_in(&folder), Ordering::Relaxed);
            ControlFlow::Continue(())
        })
    };
    let bands = Bands::lean(THRESHOLD, 0.95, SLOTS).unwrap();
    let ranks = Ranks::ByNumber;
    let budget = memory as usize;
    let rows = Table::open(vec![(work.path("sketches.table"), count)], ROW).unwrap();
    let sketches = Sketches::load(rows, Rows::new(SLOTS, BITS), memory / 4).unwrap();
    let none = Bits::none(count);
    let chooser = Chooser {
        sketches: &sketches,
        copies: &none,
        ranks: &ranks,
        earlier: 0,
        bands,
        threshold: THRESHOLD,
        work: &work,
        budget,
        watch: &watch,
    };
    let (links, passed) = chooser.links().unwrap();
    let seconds_of_links = start.elapsed().as_secs_f64();
    let copies = Copies {
        pairs: Sorter::<Copy>::new(work.place("copies"), 1 << 20).unwrap().finish().unwrap(),
        set: none,
    };
    let judge = Judge {
        texts: &Signatures(&sketches),
        ranks: &ranks,
        threshold: THRESHOLD,
        work: &work,
        budget,
        watch: &watch,
    };
    let (removals, decided) = judge.decide(&links, &copies, count).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    let millions = f64::from(count) / 1e6;
    println!(
        "{count} signatures, {memory} bytes of memory: {} pairs, {} links, {} removed; {:.2} s a million documents ({:.2} for the \
         links), {:.0} MB on disk a million at most",
        passed.pairs,
        passed.links,
        decided.removed,
        seconds / millions,
        seconds_of_links / millions,
        most.load(Ordering::Relaxed) as f64 / 1e6 / millions
    );

    // As many as predicted, each for the one that it was made from or another that was made from that.
    let (mut expected, mut variance) = (0.0, 0.0);
    let shape = Rows::new(SLOTS, BITS);
    for number in 0..count.into() {
        let Some((source, share)) = source_of(number) else { continue };
        // The threshold is one of the estimate here.
        if shape.jaccard(&row_of(number), &row_of(source)).value < THRESHOLD {
            continue;
        }
        let recall = bands.recall(share);
        expected += recall;
        variance += recall * (1.0 - recall);
    }
    let removed = decided.removed as f64;
    assert!(removed >= expected - 4.0 * f64::sqrt(variance) - 1e-5 * expected, "{removed} of {expected}");
    assert!(removed <= 1.01 * expected + 50.0, "{removed} of {expected}");
    let original = |number: u32| source_of(number.into()).map_or(number.into(), |(source, _)| source);
    for removal in removals.merged().unwrap() {
        let removal = removal.unwrap();
        assert_eq!(original(removal.document), original(removal.kept_by), "{removal:?}");
    }
    drop((links, removals, copies));
    drop(sketches);
    work.clear().unwrap();
    assert!(!folder.exists());
}
