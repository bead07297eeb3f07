//! `sketch/<case>/<text>/<size>`: making sketches from text and from shingles, and comparing sketches.
//!
//! The texts are generated prose (`texts::prose`), 4 MB for each language, cut into documents of the stated
//! size. Throughput is in bytes of text, also if the input is shingles. Adversarial texts: one line of 100
//! MB, few words repeated, changes of case, long runs of marks, documents of one word.

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use refrain::{Shingle, Sketcher, SketcherBuilder, SlotBits};
use std::hint::black_box;
use texts::Random;
use texts::prose::{ARABIC, CHINESE, DUTCH, ENGLISH, HINDI, RUSSIAN, THAI};

/// Figures are for 128 slots, as other tools have; the default has 256.
fn sketcher() -> Sketcher {
    few().build().expect("settings in range")
}

fn few() -> SketcherBuilder {
    Sketcher::builder().slots(128)
}

/// Bytes of text for each language; more than fits into the caches.
const TOTAL: usize = 4_000_000;

/// Sizes of a document in bytes, with their names.
const SIZES: [(usize, &str); 3] = [(500, "500B"), (4_000, "4KB"), (50_000, "50KB")];

fn total(documents: &[String]) -> u64 {
    documents.iter().map(|document| document.len() as u64).sum()
}

fn shingles_of(document: &str) -> Vec<u64> {
    let mut shingles = Vec::new();
    Shingle::default().for_each(document, |shingle| shingles.push(shingle));
    shingles
}

/// From text to a sketch of 128 slots.
fn text(criterion: &mut Criterion) {
    for (size, name) in SIZES {
        let mut group = criterion.benchmark_group("sketch/text");
        for language in [ENGLISH, DUTCH, RUSSIAN, ARABIC, HINDI, CHINESE, THAI] {
            let documents = language.texts(size, TOTAL);
            let sketcher = sketcher();
            for document in &documents {
                let (sketch, shingles) = (sketcher.sketch(document), shingles_of(document));
                assert!(!sketch.is_short() && sketch.len() == shingles.len() as u64);
                assert_eq!(sketch.slots(), sketcher.sketch_slice(&shingles).slots());
            }
            group.throughput(Throughput::Bytes(total(&documents)));
            group.bench_function(format!("{}/{name}", language.name), |bencher| {
                bencher.iter(|| {
                    documents.iter().map(|document| sketcher.sketch(document).slots()[7]).fold(0, u64::max)
                });
            });
        }
    }
}

/// The parts of the work, and other recipes, on English documents of 4 KB.
fn parts(criterion: &mut Criterion) {
    let documents = ENGLISH.texts(4_000, TOTAL);
    let mut group = criterion.benchmark_group("sketch/english-4KB");
    group.throughput(Throughput::Bytes(total(&documents)));
    let shingles: Vec<Vec<u64>> = documents.iter().map(|document| shingles_of(document)).collect();
    assert!(shingles.iter().all(|shingles| shingles.len() > 400));
    group.bench_function("shingles-only", |bencher| {
        bencher.iter(|| {
            let mut all = 0;
            for document in &documents {
                Shingle::default().for_each(document, |shingle| all ^= shingle);
            }
            all
        });
    });
    // Throughput is in bytes of the texts that the shingles were made from, as other tools count it.
    for (name, builder) in [
        ("from-shingles-default", Sketcher::builder()),
        ("from-shingles-252", Sketcher::builder().slots(252)),
    ] {
        let sketcher = builder.build().unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                shingles.iter().map(|shingles| sketcher.sketch_slice(shingles).slots()[7]).fold(0, u64::max)
            });
        });
    }
    let sketchers = [
        ("words-5", few().shingle(Shingle::words(5))),
        ("chars-24", few().shingle(Shingle::chars(24))),
        ("252-slots", Sketcher::builder().slots(252)),
        ("default", Sketcher::builder()),
    ];
    for (name, builder) in sketchers {
        let sketcher = builder.build().unwrap();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                documents.iter().map(|document| sketcher.sketch(document).slots()[7]).fold(0, u64::max)
            });
        });
    }
}

/// From the shingles of English documents to sketches. Throughput is in bytes of their texts, as other tools
/// count it.
fn from_shingles(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sketch/from-shingles");
    let sketcher = sketcher();
    for (size, name) in SIZES {
        let documents = ENGLISH.texts(size, TOTAL);
        let shingles: Vec<Vec<u64>> = documents.iter().map(|document| shingles_of(document)).collect();
        group.throughput(Throughput::Bytes(total(&documents)));
        group.bench_function(format!("english/{name}"), |bencher| {
            bencher.iter(|| {
                shingles.iter().map(|shingles| sketcher.sketch_slice(shingles).slots()[7]).fold(0, u64::max)
            });
        });
    }
}

/// From given shingles to a sketch: about a nanosecond for each shingle.
fn shingles(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sketch/shingles");
    let sketcher = sketcher();
    for count in [5, 50, 500, 1_000, 5_000, 100_000] {
        let mut random = Random(count as u64);
        let shingles: Vec<u64> = (0..count).map(|_| random.next()).collect();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(count.to_string(), |bencher| {
            bencher.iter(|| sketcher.sketch_slice(black_box(&shingles)))
        });
    }
}

/// Compares two sketches of 128 slots, whole and packed.
fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sketch/compare");
    let sketcher = sketcher();
    let (left, right) = (sketcher.sketch_shingles(0..1000), sketcher.sketch_shingles(100..1100));
    group.bench_function("whole", |bencher| {
        bencher.iter(|| black_box(&left).jaccard(black_box(&right)).value)
    });
    group.bench_function("containment", |bencher| {
        bencher.iter(|| black_box(&left).containment(black_box(&right)).value)
    });
    for bits in [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight] {
        let (left, right) = (left.compact(bits), right.compact(bits));
        let estimate = left.jaccard(&right);
        assert!((estimate.value - 900.0 / 1100.0).abs() < 5.0 * estimate.std_error);
        group.bench_function(format!("{}-bit", bits.bits()), |bencher| {
            bencher.iter(|| black_box(&left).jaccard(black_box(&right)).value);
        });
    }
}

/// Forty words of three letters, each with a space.
fn forty_words() -> String {
    (0..40).map(|word| format!("w{word:02} ")).collect()
}

/// Texts that are very different from prose.
fn adversarial(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sketch/adversarial");
    group.sample_size(10);
    let sketcher = sketcher();
    let prose = ENGLISH.text(1_000_000, 1).replace('\n', " ");
    // Each text tests a weakness: no line ends; no separators; few distinct shingles, which fill few slots;
    // marks that are collected before they are composed; changes of case; characters that are dropped. Each
    // is given with its number of shingles.
    let cases = [
        ("one-line/100MB", prose.repeat(100), None),
        ("one-word-of-letters/10MB", "a".repeat(10_000_000), Some(1)),
        ("one-word-repeated/10MB", "word ".repeat(2_000_000), Some(1_999_996)),
        ("forty-words-repeated/10MB", forty_words().repeat(62_500), Some(2_499_996)),
        ("one-base-and-marks/10MB", format!("e{}", "\u{301}".repeat(5_000_000)), Some(1)),
        ("changes-of-case/10MB", "AAa".repeat(3_333_333), Some(6_666_662)),
        ("ignorables/10MB", "a\u{ad}".repeat(3_333_333), Some(1)),
    ];
    for (name, text, shingles) in &cases {
        let sketch = sketcher.sketch(text);
        assert!(!sketch.is_empty() && shingles.is_none_or(|shingles| sketch.len() == shingles), "{name}");
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(*name, |bencher| bencher.iter(|| sketcher.sketch(text)));
    }
    let words: Vec<String> = ENGLISH.text(200_000, 2).split_whitespace().map(str::to_owned).collect();
    assert!(words.iter().filter(|word| sketcher.sketch(word).is_short()).count() > words.len() * 9 / 10);
    group.throughput(Throughput::Elements(words.len() as u64));
    group.bench_function("documents-of-one-word", |bencher| {
        bencher.iter_batched(
            || (),
            |()| words.iter().map(|word| sketcher.sketch(word).slots()[7]).fold(0, u64::max),
            BatchSize::PerIteration,
        );
    });
}

/// Documents of about fifty shingles. Throughput is in documents.
fn short(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sketch/short");
    let sketcher = sketcher();
    let documents: Vec<String> = ENGLISH.texts(240, 1_000_000);
    let shingles: u64 = documents.iter().map(|document| sketcher.sketch(document).len()).sum();
    let mean = shingles / documents.len() as u64;
    assert!((40..60).contains(&mean), "{mean} shingles a document");
    group.throughput(Throughput::Elements(documents.len() as u64));
    group.bench_function("english-50-shingles", |bencher| {
        bencher
            .iter(|| documents.iter().map(|document| sketcher.sketch(document).slots()[7]).fold(0, u64::max));
    });
}

criterion_group!(benches, text, parts, from_shingles, shingles, compare, short, adversarial);
criterion_main!(benches);
