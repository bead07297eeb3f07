//! `scan/<what>/<text>/1MB`: from text to folded characters. Throughput is in bytes.
//!
//! `squeeze` is the scan and the squeezed stream that passages and diffs use, with its mapping back to the
//! text. `words` is the scan and the default shingles. `chars` is the scan and shingles of 24 characters,
//! which read every character separately. The texts are generated prose in several scripts, and texts that
//! are made to be slow.

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refrain::{Prepared, Shingle};
use std::hint::black_box;
use texts::prose::{ARABIC, CHINESE, DUTCH, ENGLISH, HINDI, RUSSIAN, THAI};
use unicode_normalization::UnicodeNormalization;

const BYTES: usize = 1_000_000;

/// The shingles of a text, combined into one number so that none is optimised away.
fn shingles(shingle: Shingle, text: &str) -> u64 {
    let mut all = 0;
    shingle.for_each(text, |number| all ^= number);
    all
}

/// The number of folded letters, marks and digits.
fn characters(text: &str) -> usize {
    let mut count = 0;
    Shingle::chars(1).for_each(text, |_| count += 1);
    count
}

fn bench(criterion: &mut Criterion, case: &str, text: &str) {
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(20);
    group.bench_function(BenchmarkId::new(format!("squeeze/{case}"), "1MB"), |bencher| {
        bencher.iter(|| Prepared::new(black_box(text)).expect("a text of a bench"));
    });
    group.bench_function(BenchmarkId::new(format!("words/{case}"), "1MB"), |bencher| {
        bencher.iter(|| shingles(Shingle::default(), black_box(text)));
    });
    group.bench_function(BenchmarkId::new(format!("chars/{case}"), "1MB"), |bencher| {
        bencher.iter(|| shingles(Shingle::chars(24), black_box(text)));
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

/// The same letters in other code points, which the scan must compose.
fn decomposed(criterion: &mut Criterion) {
    // Every second word has an accent. This is more than a language has, so the slow path is measured.
    let composed = "crème brûlée, señor Núñez à l’hôtel de Besançon où naïveté règne; ".repeat(BYTES / 100);
    let decomposed: String = composed.nfd().collect();
    assert_eq!(characters(&composed), characters(&decomposed), "both spellings fold to the same characters");
    bench(criterion, "accents-nfc", &composed);
    bench(criterion, "accents-nfd", &decomposed);
    let hindi: String = HINDI.text(BYTES, 1).nfd().collect();
    bench(criterion, "hindi-nfd", &hindi);
}

/// Each text avoids one of the fast paths.
fn hostile(criterion: &mut Criterion) {
    let marks = |marks: usize| format!("e{}", "\u{301}\u{323}".repeat(marks));
    for (case, text) in [
        // No run of ASCII or of other text is long enough for its own path.
        ("hostile/alternating", "aж".repeat(BYTES / 3)),
        ("hostile/alternating-by-16", format!("{}{}", "abcdefghijklmnop", "жзик").repeat(BYTES / 24)),
        // Marks out of order, after every letter, and after one letter only.
        ("hostile/marks-by-32", marks(16).repeat(BYTES / 65)),
        ("hostile/marks-one-run", marks(BYTES / 4)),
        // Characters that are dropped between any two letters, that fold to several, or that fold to another
        // length.
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
