//! The passage index: time of adding, querying and loading, and memory, on ordinary and on hostile
//! collections.
//!
//! ```text
//! cargo bench --bench passage_index              # up to 10 MB of text
//! cargo bench --bench passage_index -- 100MB     # 100 MB: 300 MB of memory, half a minute
//! ```
//! `passage_index/query/*` must be a flat curve. It measures queries of 4 KB against more and more documents:
//! one query copies a paragraph of one document, the other copies nothing. The documents share nothing else.
//! Answers and memory are asserted. In the hostile collections, all documents contain the query.

use std::cell::RefCell;
use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refrain::{PassageFinder, PassageIndex};

#[path = "../tests/oracle/mod.rs"]
mod oracle;
#[path = "../tests/texts/mod.rs"]
mod texts;

/// Sentences of a document of about 5 KB.
const SENTENCES: u64 = 20;

/// A document that shares nothing with those of other numbers.
fn document(number: u64) -> String {
    (number * SENTENCES..(number + 1) * SENTENCES).map(oracle::filler).collect::<Vec<_>>().join(" ")
}

/// An index that grows from one measurement to the next.
struct Growing {
    index: PassageIndex,
    bytes: usize,
}

impl Growing {
    fn grow_to(&mut self, bytes: usize) {
        if self.bytes >= bytes {
            return;
        }
        while self.bytes < bytes {
            let text = document(self.index.len() as u64);
            self.bytes += text.len();
            self.index.add(&text).unwrap();
        }
        let each = self.index.heap_bytes() as f64 / self.bytes as f64;
        eprintln!("{} documents, {} bytes: {each:.2} bytes of memory a byte", self.index.len(), self.bytes);
        // These texts have long words and few spaces, so they have more letters and seeds than prose.
        assert!(each < 3.2);
    }
}

fn query(criterion: &mut Criterion) {
    let index = PassageIndex::new(PassageFinder::new()).unwrap();
    let growing = RefCell::new(Growing { index, bytes: 0 });
    let largest = std::env::args().any(|argument| argument.contains("100MB"));
    let sizes = [("1MB", 1_000_000), ("10MB", 10_000_000), ("100MB", 100_000_000)];
    for (name, bytes) in sizes.into_iter().filter(|(name, _)| *name != "100MB" || largest) {
        let new = document(1 << 40);
        let mut group = criterion.benchmark_group("passage_index");
        group.throughput(Throughput::Bytes(new.len() as u64));
        group.bench_function(BenchmarkId::new("query/copied-paragraph", name), |bencher| {
            growing.borrow_mut().grow_to(bytes);
            let index = &growing.borrow().index;
            let middle = index.len() / 2;
            let copied: String = document(middle as u64).chars().take(900).collect();
            let text = format!("{}\n\n{copied}\n\n{}", &new[..2_000], &new[3_000..]);
            let found = index.query(&text).unwrap();
            assert_eq!((found.items.len(), found.capped.pairs), (1, 0));
            assert_eq!(found.items[0].document.position(), middle);
            bencher.iter(|| index.query(black_box(&text)).unwrap());
        });
        group.bench_function(BenchmarkId::new("query/nothing", name), |bencher| {
            growing.borrow_mut().grow_to(bytes);
            let index = &growing.borrow().index;
            assert!(index.query(&new).unwrap().items.is_empty());
            bencher.iter(|| index.query(black_box(&new)).unwrap());
        });
    }
}

fn add_and_load(criterion: &mut Criterion) {
    let texts: Vec<String> = (0..200).map(document).collect();
    let added = || {
        let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
        texts.iter().for_each(|text| _ = index.add(text).unwrap());
        index
    };
    let mut file = Vec::new();
    added().write_to(&mut file).unwrap();
    assert_eq!(PassageIndex::read_from(&file[..]).unwrap().len(), 200);
    let mut group = criterion.benchmark_group("passage_index");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum()));
    group.bench_function("add/1MB", |bencher| bencher.iter(added));
    group.bench_function("load/1MB", |bencher| {
        bencher.iter(|| PassageIndex::read_from(black_box(&file[..])).unwrap())
    });
    group.finish();
}

/// Documents that all contain the query.
fn hostile(criterion: &mut Criterion) {
    const DOCUMENTS: u64 = 10_000;
    let everywhere = oracle::filler(1 << 50);
    let collections: [(&str, &dyn Fn(u64) -> String); 3] = [
        ("footer", &|number| format!("{}\n\n{everywhere}", oracle::filler(number))),
        ("equal", &|_| everywhere.clone()),
        ("one-character", &|_| "a".repeat(500)),
    ];
    for (name, collection) in collections {
        let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
        (0..DOCUMENTS).for_each(|number| _ = index.add(&collection(number)).unwrap());
        let text = if name == "one-character" { collection(0) } else { everywhere.clone() };
        let found = index.query(&text).unwrap();
        assert_eq!(found.items.len(), PassageIndex::MOST_DOCUMENTS);
        assert!(found.capped.pairs > 0);
        let mut group = criterion.benchmark_group("passage_index");
        group.sample_size(20);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(BenchmarkId::new(format!("hostile/{name}"), "10K"), |bencher| {
            bencher.iter(|| index.query(black_box(&text)).unwrap());
        });
    }
}

criterion_group!(benches, query, add_and_load, hostile);
criterion_main!(benches);
