//! `scan/<what>/<text>/1MB`: text to folded characters; throughput in bytes.
//!
//! `walk` is the scan alone, `squeeze` the scan and what passages and diffs keep of it (the squeezed stream with its way back), `words`
//! the scan and what documents keep of it (shingles). The texts are prose of our own ([`prose`]) in scripts that go different ways, and
//! texts made to hurt.

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refrain::Shingle;
use refrain::bench::{Squeezed, walk};
use std::hint::black_box;
use texts::prose::{ARABIC, CHINESE, DUTCH, ENGLISH, HINDI, RUSSIAN, THAI};
use unicode_normalization::UnicodeNormalization;

const BYTES: usize = 1_000_000;

fn bench(criterion: &mut Criterion, case: &str, text: &str) {
    assert_eq!(Squeezed::of(text).characters(), walk(text).kept, "{case}: both are the same scan");
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function(BenchmarkId::new(format!("walk/{case}"), "1MB"), |bencher| {
        bencher.iter(|| walk(black_box(text)));
    });
    group.bench_function(BenchmarkId::new(format!("squeeze/{case}"), "1MB"), |bencher| {
        bencher.iter(|| Squeezed::of(black_box(text)));
    });
    group.bench_function(BenchmarkId::new(format!("words/{case}"), "1MB"), |bencher| {
        bencher.iter(|| {
            let mut all = 0;
            Shingle::default().for_each(black_box(text), |shingle| all ^= shingle);
            all
        });
    });
    group.finish();
}

fn languages(criterion: &mut Criterion) {
    for (case, language) in [
        ("ascii", ENGLISH),
        ("latin-accents", DUTCH),
        ("cyrillic", RUSSIAN),
        ("arabic", ARABIC),
        ("hindi", HINDI),
        ("thai", THAI),
        ("chinese", CHINESE),
    ] {
        let text = language.text(BYTES, 1);
        assert_eq!(text.is_ascii(), case == "ascii", "{case}");
        bench(criterion, case, &text);
    }
}

/// The same letters in other code points, which the scan has to put together; and invalid bytes between them.
fn decomposed(criterion: &mut Criterion) {
    // Every second word with an accent: more than a language has, so that the slow path is what is measured.
    let composed = "crème brûlée, señor Núñez à l’hôtel de Besançon où naïveté règne; ".repeat(BYTES / 100);
    let decomposed: String = composed.nfd().collect();
    assert_eq!(walk(&composed).kept, walk(&decomposed).kept, "both spellings fold to the same characters");
    bench(criterion, "accents-nfc", &composed);
    bench(criterion, "accents-nfd", &decomposed);
    let hindi: String = HINDI.text(BYTES, 1).nfd().collect();
    bench(criterion, "hindi-nfd", &hindi);
}

/// Each aims at a weakness of the fast ways.
fn hostile(criterion: &mut Criterion) {
    let marks = |marks: usize| format!("e{}", "\u{301}\u{323}".repeat(marks));
    for (case, text) in [
        // Neither way is ever worth taking.
        ("hostile/alternating", "aж".repeat(BYTES / 3)),
        ("hostile/alternating-by-16", format!("{}{}", "abcdefghijklmnop", "жзик").repeat(BYTES / 24)),
        // Marks out of order behind every letter, and behind one letter only.
        ("hostile/marks-by-32", marks(16).repeat(BYTES / 65)),
        ("hostile/marks-one-run", marks(BYTES / 4)),
        // Dropped between any two letters; folded to several; folded to another length.
        ("hostile/ignorables", "a\u{ad}".repeat(BYTES / 3)),
        ("hostile/ligatures", "ﬁﬃ".repeat(BYTES / 6)),
        ("hostile/changing-length", "ȺẞK".repeat(BYTES / 8)),
        ("hostile/separators", ".,; ".repeat(BYTES / 4)),
    ] {
        bench(criterion, case, &text);
    }
}

criterion_group!(benches, languages, decomposed, hostile);
criterion_main!(benches);
