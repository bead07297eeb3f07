//! The deduplication of a corpus: reading, sketching, comparing, writing.
//!
//! The pages are generated (`tests/texts/pages.rs`); one in five is a near-duplicate. Set `REFRAIN_CORPUS` to a file
//! of JSON lines (fields `id` and `text`) to measure that file too:
//! ```text
//! REFRAIN_CORPUS=news.jsonl cargo bench --features corpus --bench corpus
//! ```
//!
//! Longer runs are started by hand. Small versions of them are tests (`tests/corpus.rs`,
//! `cli/tests/cli_dedup.rs`, `src/corpus/decide/synthetic.rs`):
//! ```text
//! # 10 GB of pages, one in five a near-duplicate, in 1 GiB; prints measured and predicted recall and precision.
//! cargo run --release --features corpus --example dedup_corpus -- 10000000000 pages
//! refrain dedup pages/pages.jsonl -o clean --memory 1GiB --audit 1000
//! # Signatures alone through bands, sorts on disk and clusters: 1, 10 or 100 million.
//! REFRAIN_SIGNATURES=10000000 REFRAIN_MEMORY=2147483648 \
//!     cargo test --release --features corpus --lib -- --nocapture synthetic_signatures
//! ```

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refrain::corpus::{Job, Summary};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;
use texts::pages::{self, Pages};

/// Bytes of generated pages.
const BYTES: u64 = 20_000_000;
/// A hostile corpus: pages of one template. They share most of their shingles, but they are not
/// near-duplicates.
const TEMPLATE_PAGES: usize = 10_000;

fn dedup(input: &Path, output: &Path) -> Summary {
    if output.exists() {
        fs::remove_dir_all(output).unwrap();
    }
    Job::new([input], output).run().unwrap()
}

fn template_pages(path: &Path) {
    let mut random = texts::Random(3);
    let head: Vec<String> = (0..60).map(|_| format!("t{}", random.below(1000))).collect();
    let lines: String = (0..TEMPLATE_PAGES)
        .map(|number| {
            let own: Vec<String> = (0..40).map(|_| format!("w{}", random.below(100_000))).collect();
            format!("{{\"id\": {number}, \"text\": \"{} {}\"}}\n", head.join(" "), own.join(" "))
        })
        .collect();
    fs::write(path, lines).unwrap();
}

fn corpus(criterion: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("refrain-bench-corpus-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut group = criterion.benchmark_group("corpus");
    group.sample_size(10).measurement_time(Duration::from_secs(5));
    let mut measure = |case: &str, input: &Path, is_right: &dyn Fn(&Summary) -> bool| {
        let bytes = fs::metadata(input).unwrap().len();
        group.throughput(Throughput::Bytes(bytes));
        let output = folder.join("out");
        let summary = dedup(input, &output);
        assert!(is_right(&summary), "{summary:?}");
        group.bench_function(BenchmarkId::new(case, bytes), |bencher| {
            bencher.iter(|| black_box(dedup(input, &output)));
        });
    };

    let generated = folder.join("pages.jsonl");
    let count = pages::write_json_lines(
        &Pages::new(1),
        BYTES,
        std::io::BufWriter::new(fs::File::create(&generated).unwrap()),
    )
    .unwrap();
    // About nine tenths of the near-duplicates reach the threshold.
    let is_right =
        |summary: &Summary| summary.documents == count && (12..20).contains(&(100 * summary.removed / count));
    measure("scraped", &generated, &is_right);

    let template = folder.join("template.jsonl");
    template_pages(&template);
    measure("template", &template, &|summary| {
        summary.documents == TEMPLATE_PAGES as u64 && summary.removed == 0
    });

    if let Some(own) = std::env::var_os("REFRAIN_CORPUS").map(PathBuf::from) {
        measure("own", &own, &|summary| summary.kept + summary.removed == summary.documents);
    }
    group.finish();
    fs::remove_dir_all(&folder).unwrap();
}

criterion_group!(benches, corpus);
criterion_main!(benches);
