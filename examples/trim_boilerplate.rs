//! Cuts menus, notices and syndicated paragraphs from pages, and keeps one copy of each.
//!
//! `cargo run --release --features corpus --example trim_boilerplate` makes 5 MB of pages that look scraped, from 400 sites. It prints
//! the passages that recur most, what was cut from one page, and the totals for the corpus. `… -- FILE` reads your own file instead:
//! JSON lines with a `text`.

#[path = "../tests/texts/mod.rs"]
mod texts;

use refrain::corpus::{Job, PassageMode};
use serde_json::Value;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::PathBuf;
use texts::pages::{self, Pages};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("refrain-trim-boilerplate-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let input = match std::env::args().nth(1) {
        Some(file) => PathBuf::from(file),
        None => {
            let path = folder.join("pages.jsonl");
            pages::write_json_lines(&Pages::new(1), 5_000_000, &mut BufWriter::new(File::create(&path)?))?;
            path
        }
    };
    let output = folder.join("out");
    // First near-duplicates are removed. Then passages are trimmed from the other pages, and pages that others cover to 95 % are
    // removed.
    let job = Job::new([&input], &output).passages(PassageMode::Trim).coverage(0.95);
    let summary = job.run()?;
    let found = summary.passages.expect("asked for");

    let lines = |name: &str| -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        fs::read_to_string(output.join(name))?.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
    };
    let mut passages = lines("passages.jsonl")?;
    passages.sort_by_key(|passage| std::cmp::Reverse(passage["occurrences"].as_u64()));
    println!("{} passages recur; most often:", passages.len());
    for passage in passages.iter().take(3) {
        let text: String = passage["text"].as_str().unwrap_or_default().chars().take(90).collect();
        println!("{:6} times  {:?}", passage["occurrences"], text);
    }
    if let Some(page) = lines("trimmed.jsonl")?.first() {
        println!("page {} lost bytes {}, which {} have too", page["id"], page["cuts"], page["sources"]);
    }
    println!("{} of {} pages kept, {} of them trimmed", summary.kept, summary.documents, found.trimmed);
    println!("{} covered by others and removed; {} bytes cut", found.covered, found.cut_bytes);
    fs::remove_dir_all(&folder)?;
    Ok(())
}
