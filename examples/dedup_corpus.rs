//! Removes the near-duplicates of a corpus, from files to files.
//!
//! `cargo run --release --features corpus --example dedup_corpus` makes 20 MB of pages that look scraped. One page in five is
//! a near-duplicate. The example removes the near-duplicates.
//!
//! `… --example dedup_corpus -- BYTES FOLDER` only makes that many bytes of pages in `FOLDER/pages.jsonl`, with the true pairs
//! in `FOLDER/pairs.jsonl`, as input for longer runs of the command.

#[path = "../tests/texts/mod.rs"]
mod texts;

use refrain::corpus::Job;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use texts::pages::{self, Pages};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [bytes, folder] = &arguments[..] {
        let count = generate(Path::new(folder), bytes.parse()?)?;
        println!("{count} pages in {folder}/pages.jsonl");
        return Ok(());
    }
    let folder = std::env::temp_dir().join(format!("refrain-dedup-corpus-{}", std::process::id()));
    generate(&folder, 20_000_000)?;
    let output = folder.join("out");
    let summary = Job::new([folder.join("pages.jsonl")], &output).run()?;
    println!("{} documents, {} kept, {} removed", summary.documents, summary.kept, summary.removed);
    println!("{} of the removed are the same to the byte as another", summary.copies);
    for line in fs::read_to_string(output.join("removed.jsonl"))?.lines().take(3) {
        println!("{line}");
    }
    fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Writes pages and their true pairs. Returns the number of pages.
fn generate(folder: &Path, bytes: u64) -> Outcome<u64> {
    fs::create_dir_all(folder)?;
    let create = |name: &str| -> Outcome<BufWriter<File>> {
        let path: PathBuf = folder.join(name);
        Ok(BufWriter::with_capacity(1 << 20, File::create(path)?))
    };
    let pages = Pages::new(1);
    let mut out = create("pages.jsonl")?;
    let count = pages::write_json_lines(&pages, bytes, &mut out)?;
    out.flush()?;
    let mut pairs = create("pairs.jsonl")?;
    for number in 0..count {
        if let Some((source, change)) = pages.source_of(number) {
            let (id, source_id) = (pages.page(number).id, pages.page(source).id);
            writeln!(pairs, "{{\"a\": \"{source_id}\", \"b\": \"{id}\", \"change\": \"{change:?}\"}}")?;
        }
    }
    pairs.flush()?;
    Ok(count)
}
