//! `passages/<what>/<case>/<size>`: passages that two texts share, and repeats of one text. Throughput is in
//! bytes read.
//!
//! ```text
//! cargo bench --bench passages                                                  # texts of up to 10 MB
//! REFRAIN_BENCH_TEXT=corpus.txt cargo bench --bench passages -- your-text       # repeats of a text of your own
//! REFRAIN_BENCH_BYTES=50000000 cargo bench --bench passages -- within-hostile   # hostile texts of 50 MB
//! ```
//! The texts come from [`texts`]. Every answer is checked before it is timed. `benches/peers`, `--bin
//! passages`, compares the time and the peak memory with other tools.

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use refrain::{Found, PassageFinder, Repeat, passages, repeats};
use std::cell::LazyCell;
use std::hint::black_box;
use texts::planted::{self, HOSTILE};

/// From this size (in bytes) on, fewer samples are taken.
const LARGE: usize = 500_000;

const SIZES: [(&str, usize); 3] = [("10KB", 10_000), ("100KB", 100_000), ("1MB", 1_000_000)];

/// A group for calls that read `texts` texts of this size.
fn group(criterion: &mut Criterion, bytes: usize, texts: usize) -> BenchmarkGroup<'_, WallTime> {
    let mut group = criterion.benchmark_group("passages");
    group.throughput(Throughput::Bytes((bytes * texts) as u64));
    if bytes >= LARGE {
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
    }
    group
}

/// Two texts, with 2 % of the words edited and two paragraphs moved. Measured from the texts, and with both
/// prepared.
fn between(criterion: &mut Criterion) {
    for (size, bytes) in SIZES {
        let finder = PassageFinder::new().suppressed(true);
        let pair = LazyCell::new(|| texts::pairs::edited_and_reordered_pair(bytes, 1));
        let prepared = LazyCell::new(|| {
            let (left, right) = &*pair;
            let (a, b) = (finder.prepare(left).unwrap(), finder.prepare(right).unwrap());
            planted::assert_pair_found(left, right, &finder.between(&a, &b).unwrap());
            (a, b)
        });
        let mut group = group(criterion, bytes, 2);
        group.bench_function(BenchmarkId::new("between/edits-2%-two-moved", size), |bencher| {
            let ((left, right), _) = (&*pair, &*prepared);
            bencher.iter(|| passages(black_box(left), black_box(right)));
        });
        group.bench_function(BenchmarkId::new("between-prepared/edits-2%-two-moved", size), |bencher| {
            let (left, right) = &*prepared;
            bencher.iter(|| finder.between(black_box(left), black_box(right)));
        });
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(BenchmarkId::new("prepare/prose", size), |bencher| {
            let left = &pair.0;
            bencher.iter(|| finder.prepare(black_box(left)).unwrap().heap_bytes());
        });
        group.finish();
    }
}

/// Bytes of a hostile text: the number that the user sets, otherwise `usual`.
fn hostile_bytes(usual: usize) -> usize {
    match std::env::var("REFRAIN_BENCH_BYTES") {
        Ok(bytes) => bytes.parse().unwrap_or_else(|error| panic!("REFRAIN_BENCH_BYTES={bytes}: {error}")),
        Err(_) => usual,
    }
}

/// Pairs that share one seed thousands of times.
fn between_hostile(criterion: &mut Criterion) {
    let bytes = hostile_bytes(100_000);
    // Two de Bruijn sequences of different length share little.
    for hostile in HOSTILE.iter().filter(|hostile| hostile.name != "de-bruijn") {
        let pair = LazyCell::new(|| {
            // One text is a little shorter, so that the two are not equal.
            let (left, right) = ((hostile.make)(bytes).text, (hostile.make)(bytes * 9 / 10).text);
            planted::assert_shared(&right, &passages(&left, &right));
            (left, right)
        });
        let id = BenchmarkId::new(format!("between-hostile/{}", hostile.name), named(bytes));
        group(criterion, bytes * 19 / 20, 2).sample_size(10).bench_function(id, |bencher| {
            let (left, right) = &*pair;
            bencher.iter(|| passages(black_box(left), black_box(right)));
        });
    }
}

fn found(text: &str) -> Found<Repeat> {
    let finder = PassageFinder::new().suppressed(true);
    finder.within(&finder.prepare(text).unwrap()).unwrap()
}

/// Repeats of one text: press releases that quote one another, or a text of the user's own.
fn within(criterion: &mut Criterion) {
    for (size, bytes) in [SIZES[0], SIZES[1], SIZES[2], ("10MB", 10_000_000)] {
        let text = LazyCell::new(|| {
            let releases = planted::releases(bytes, 1);
            planted::assert_copies_found(&releases.copies, &found(&releases.text));
            releases.text
        });
        bench_repeats(criterion, BenchmarkId::new("within/releases", size), bytes, || &text);
    }
    if let Some(path) = std::env::var_os("REFRAIN_BENCH_TEXT") {
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("REFRAIN_BENCH_TEXT={}: {error}", path.display()));
        let id = BenchmarkId::new("within/your-text", named(text.len()));
        bench_repeats(criterion, id, text.len(), || &text);
    }
}

/// Hostile texts. Their time per byte is compared with that of `within/releases`.
fn within_hostile(criterion: &mut Criterion) {
    let bytes = hostile_bytes(1_000_000);
    for hostile in &HOSTILE {
        let text = LazyCell::new(|| {
            let text = (hostile.make)(bytes);
            (hostile.check)(&text, &found(&text.text));
            text.text
        });
        let id = BenchmarkId::new(format!("within-hostile/{}", hostile.name), named(bytes));
        bench_repeats(criterion, id, bytes, || &text);
    }
}

/// A number of bytes, as it is written in an id.
fn named(bytes: usize) -> String {
    match bytes {
        1_000_000.. => format!("{}MB", bytes / 1_000_000),
        _ => format!("{}KB", bytes / 1_000),
    }
}

fn bench_repeats<'t>(
    criterion: &mut Criterion,
    id: BenchmarkId,
    bytes: usize,
    text: impl Fn() -> &'t String,
) {
    group(criterion, bytes, 1).bench_function(id, |bencher| {
        let text = text();
        bencher.iter(|| repeats(black_box(text)));
    });
}

criterion_group!(benches, between, between_hostile, within, within_hostile);
criterion_main!(benches);
