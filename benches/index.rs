//! The index: time of a query and of insertion, and memory for each document, on ordinary and on hostile
//! collections; and the deduplication of texts with it.
//!
//! ```text
//! cargo bench --bench index                      # up to a million documents
//! cargo bench --bench index -- 10M               # ten million: 2.4 GB, some minutes
//! ```
//! The time of `index/query/*` must hardly grow with the number of documents. It uses the default bands;
//! `index/query_dedup/*` uses the bands that a `Dedup` chooses for a threshold of 0.8. Every query has one
//! neighbour, and every answer is checked to contain it. Memory is asserted and printed. The hostile
//! collections fill buckets: all documents equal, one template with one field changed in 100,000 documents,
//! and documents of one word. The other extreme is documents that share nothing.

use std::cell::{LazyCell, RefCell};
use std::hint::black_box;
use std::sync::Once;
use std::time::Instant;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use refrain::{Bands, Dedup, Index, Sketch, Sketcher};

/// Members of a document's set. Their number does not matter to an index, and few members are fast to sketch.
const MEMBERS: u64 = 64;
/// Documents sketched and inserted at a time.
const BATCH: u64 = 100_000;
const QUERIES: u64 = 1000;

/// Distinct members. The sketcher hashes them.
fn document(number: u64) -> impl Iterator<Item = u64> {
    number * MEMBERS..(number + 1) * MEMBERS
}

/// A document that has all members of another document except one: J = 63 / 64.
fn edited(number: u64) -> impl Iterator<Item = u64> {
    number * MEMBERS + 1..(number + 1) * MEMBERS
}

fn sketches(sketcher: &Sketcher, numbers: std::ops::Range<u64>) -> Vec<Sketch> {
    numbers.map(|number| sketcher.sketch_shingles(document(number))).collect()
}

/// An index that grows from one measurement to the next.
struct Growing {
    sketcher: Sketcher,
    index: Index,
}

impl Growing {
    fn grow_to(&mut self, documents: u64) {
        let mut seconds = 0.0;
        let from = self.index.len() as u64;
        for start in (from..documents).step_by(BATCH as usize) {
            let batch = sketches(&self.sketcher, start..documents.min(start + BATCH));
            let clock = Instant::now();
            self.index.insert_all(&batch).expect("one recipe");
            seconds += clock.elapsed().as_secs_f64();
        }
        let each = self.index.heap_bytes() as f64 / documents as f64;
        if documents > from {
            eprintln!(
                "{documents} documents: {each:.1} bytes each; inserted at {:.0} ns each",
                1e9 * seconds / (documents - from) as f64
            );
        }
        // With fewer documents, the unused part of the last mebibyte of rows is a large share.
        assert!(documents < 1_000_000 || each < 240.0, "{each} bytes a document");
    }
}

fn query(c: &mut Criterion) {
    curve(c, "", Bands::default());
    curve(c, "_dedup", Dedup::new(Sketcher::default(), 0.8).unwrap().bands());
}

fn curve(c: &mut Criterion, setting: &str, bands: Bands) {
    let sketcher = Sketcher::default();
    let growing = RefCell::new(Growing { sketcher, index: Index::new(sketcher.recipe(), bands).unwrap() });
    let asked = |word: &str| std::env::args().any(|argument| argument.contains(word));
    let most = match (asked("--test"), asked("10M")) {
        (true, _) => 100_000,
        (_, true) => 10_000_000,
        _ => 1_000_000,
    };
    let sizes = [("10K", 10_000), ("100K", 100_000), ("1M", 1_000_000), ("10M", 10_000_000)];
    for (name, documents) in sizes.into_iter().filter(|(_, documents)| *documents <= most) {
        let mut group = c.benchmark_group("index");
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("query{setting}/{name}"), |b| {
            growing.borrow_mut().grow_to(documents);
            let index = &growing.borrow().index;
            let asked = |number: u64| number * (documents / QUERIES);
            let queries: Vec<Sketch> =
                (0..QUERIES).map(|number| sketcher.sketch_shingles(edited(asked(number)))).collect();
            for (query, number) in queries.iter().zip(0..) {
                let found = index.neighbors(query, 0.8).unwrap();
                assert_eq!(found.items.len(), 1);
                assert_eq!(found.items[0].id.position() as u64, asked(number));
                assert_eq!(found.capped, 0);
            }
            let mut next = queries.iter().cycle();
            b.iter(|| index.neighbors(next.next().expect("a cycle"), 0.8).unwrap().items.len());
        });
        group.bench_function(format!("query_absent{setting}/{name}"), |b| {
            growing.borrow_mut().grow_to(documents);
            let index = &growing.borrow().index;
            let queries = sketches(&sketcher, 1 << 40..(1 << 40) + QUERIES);
            assert!(queries.iter().all(|query| index.neighbors(query, 0.8).unwrap().items.is_empty()));
            let mut next = queries.iter().cycle();
            b.iter(|| index.neighbors(next.next().expect("a cycle"), 0.8).unwrap().items.len());
        });
    }
}

/// One template with one field changed: 195 of 200 members shared, J = 0.95.
fn template_page(number: u64) -> impl Iterator<Item = u64> {
    (0..195).chain(1000 + number * 5..1005 + number * 5)
}

fn hostile(c: &mut Criterion) {
    const DOCUMENTS: u64 = 100_000;
    let sketcher = Sketcher::default();
    let collections: [(&str, &dyn Fn() -> Vec<Sketch>); 3] = [
        ("distinct", &|| sketches(&sketcher, 0..DOCUMENTS)),
        ("equal", &|| vec![sketcher.sketch_shingles(document(0)); DOCUMENTS as usize]),
        ("template", &|| {
            (0..DOCUMENTS).map(|number| sketcher.sketch_shingles(template_page(number))).collect()
        }),
    ];
    for (name, collection) in collections {
        let mut group = c.benchmark_group("index");
        group.sample_size(10);
        group.throughput(Throughput::Elements(DOCUMENTS));
        group.bench_function(format!("insert_{name}/100K"), |b| {
            let sketches = collection();
            b.iter(|| {
                let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
                for batch in sketches.chunks(10_000) {
                    index.insert_all(batch).unwrap();
                }
                assert_eq!(index.len() as u64, DOCUMENTS);
                index
            });
        });
        group.throughput(Throughput::Elements(1));
        let report = Once::new();
        // Criterion calls the closure once for each sample.
        let built = LazyCell::new(|| {
            let sketches = collection();
            let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
            index.insert_all(&sketches).unwrap();
            (sketches, index)
        });
        group.bench_function(format!("query_{name}/100K"), |b| {
            let (sketches, index) = &*built;
            let found = index.neighbors(&sketches[sketches.len() - 1], 0.8).unwrap();
            match name {
                "distinct" => assert_eq!((found.items.len(), found.capped), (1, 0)),
                // The first 64 documents of three buckets a band, and a count of the rest.
                _ => assert!(found.items.len() >= 64 && found.items.len() <= 16 * 3 * 64 && found.capped > 0),
            }
            report.call_once(|| {
                eprintln!(
                    "{name}: {} found, {} entries not checked; {:.1} bytes a document",
                    found.items.len(),
                    found.capped,
                    index.heap_bytes() as f64 / DOCUMENTS as f64
                );
            });
            let mut next = sketches.iter().step_by(97).cycle();
            b.iter(|| index.neighbors(next.next().expect("a cycle"), 0.8).unwrap().items.len());
        });
    }
}

/// A collection: its name, a function that gives text number `n`, and how many texts are kept.
type Collection<'c> = (&'c str, &'c dyn Fn(usize) -> String, usize);

/// The whole deduplication, from texts to clusters.
fn dedup(c: &mut Criterion) {
    const TEXTS: usize = 100_000;
    let word = |number: usize| format!("{:x}", number.wrapping_mul(0x9e37_79b9) >> 3);
    let page = |from: usize| (from..from + 60).map(word).collect::<Vec<_>>().join(" ");
    let template = page(0);
    let collections: [Collection<'_>; 4] = [
        ("distinct", &|number| page(100 + 60 * number), TEXTS),
        ("equal", &|_| template.clone(), 1),
        ("template", &|number| format!("{template} {}", word(100 + number)), 1),
        // Each document is similar only to its copies.
        ("one_word", &|number| word(number % 1000), 1000),
    ];
    for (name, text, kept) in collections {
        let texts: Vec<String> = (0..TEXTS).map(text).collect();
        let mut group = c.benchmark_group("dedup");
        group.sample_size(10);
        group.throughput(Throughput::Elements(TEXTS as u64));
        group.bench_function(format!("{name}/100K"), |b| {
            b.iter(|| {
                let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
                dedup.push_all(&texts);
                let clusters = dedup.finish().unwrap();
                assert_eq!(clusters.len(), kept);
                clusters
            });
        });
    }
}

fn file(c: &mut Criterion) {
    const DOCUMENTS: u64 = 100_000;
    let sketcher = Sketcher::default();
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    index.insert_all(&sketches(&sketcher, 0..DOCUMENTS)).unwrap();
    let mut saved = Vec::new();
    index.write_to(&mut saved).unwrap();
    let mut group = c.benchmark_group("index");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(saved.len() as u64));
    group.bench_function("write/100K", |b| {
        b.iter_batched_ref(
            || Vec::with_capacity(saved.len()),
            |bytes| {
                index.write_to(&mut *bytes).unwrap();
                assert_eq!(bytes.len(), saved.len());
            },
            BatchSize::LargeInput,
        );
    });
    group.bench_function("read/100K", |b| {
        b.iter(|| {
            let index = Index::read_from(black_box(&saved[..]), sketcher.recipe()).unwrap();
            assert_eq!(index.len() as u64, DOCUMENTS);
            index
        });
    });
}

criterion_group!(benches, query, hostile, dedup, file);
criterion_main!(benches);
