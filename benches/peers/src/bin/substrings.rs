//! What `deduplicate-text-datasets` would mark, by its definition over a suffix array, and how fast:
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin substrings -- [--bytes N] [--length N] [--marks OUT.jsonl] [DOCS.jsonl]
//! ```
//! The texts of the first 20 MB of a JSON lines file, or our own; copies of at least 100 bytes. Time is that of the suffix array, the common
//! lengths and the marks, on one thread. `--marks` writes what is marked, a line a document, `{"copied":[[start,end],…]}` in bytes of its text.

#[path = "../../../texts/mod.rs"]
mod texts;

use refrain::PassageFinder;
use refrain_peers::documents;
use refrain_peers::rounds::{Entrant, medians};
use refrain_peers::substrings::{copied, suffix_array};
use std::ops::Range;
use std::path::Path;
use std::process::exit;

const USAGE: &str = "usage: substrings [--bytes N] [--length N] [--marks OUT.jsonl] [DOCS.jsonl]";

fn main() {
    let (mut bytes, mut length, mut marks, mut file) = (20_000_000, 100, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().unwrap_or_else(|| refuse(&format!("{argument} needs a value")));
        let number =
            |value: String| value.parse().unwrap_or_else(|error| refuse(&format!("{value}: {error}")));
        match argument.as_str() {
            "--bytes" => bytes = number(value()),
            "--length" => length = number(value()).max(1),
            "--marks" => marks = Some(value()),
            option if option.starts_with("--") => refuse(&format!("{option}: no such option")),
            path => file = Some(path.to_owned()),
        }
    }
    let texts: Vec<String> = match &file {
        Some(path) => documents::of_json_lines(Path::new(path), bytes),
        None => texts::corpus(bytes, 1).collect(),
    };
    let total: usize = texts.iter().map(String::len).sum();
    let found = copied(&texts, length);
    if let Some(path) = marks {
        std::fs::write(&path, lines(&found)).unwrap_or_else(|error| refuse(&format!("{path}: {error}")));
    }
    told(&texts, &found, length);

    const ROUNDS: usize = 3;
    let joined = texts.concat();
    let times = medians(
        ROUNDS,
        &mut [
            Entrant::new("marks", || copied(&texts, length)),
            Entrant::new("array", || suffix_array(joined.as_bytes())),
        ],
    );
    println!("| work | ms | MB/s |\n| --- | --- | --- |");
    for (work, seconds) in ["all, to marks", "suffix array alone"].into_iter().zip(times) {
        println!("| {work} | {:.0} | {:.1} |", seconds * 1e3, total as f64 / seconds / 1e6);
    }
}

fn refuse(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    exit(2)
}

fn lines(found: &[Vec<Range<usize>>]) -> String {
    let line = |ranges: &Vec<Range<usize>>| {
        let pairs: Vec<[usize; 2]> = ranges.iter().map(|range| [range.start, range.end]).collect();
        format!("{}\n", serde_json::json!({ "copied": pairs }))
    };
    found.iter().map(line).collect()
}

/// What is marked; runs of enough letters and digits are those that `refrain` promises to find.
fn told(texts: &[String], found: &[Vec<Range<usize>>], length: usize) {
    let (mut runs, mut long, mut marked) = (0, 0, 0);
    for (text, ranges) in texts.iter().zip(found) {
        for range in ranges {
            runs += 1;
            marked += range.len();
            // A run of bytes may begin and end inside a character.
            let squeezed = String::from_utf8_lossy(&text.as_bytes()[range.clone()])
                .chars()
                .filter(|ch| ch.is_alphanumeric())
                .count();
            long += usize::from(squeezed >= PassageFinder::GUARANTEED);
        }
    }
    let total: usize = texts.iter().map(String::len).sum();
    println!(
        "{} documents, {total} bytes; in copies of at least {length} bytes: {marked} bytes ({:.2} %) in {runs} runs, {long} of them of at least {} \
         letters and digits\n",
        texts.len(),
        100.0 * marked as f64 / total as f64,
        PassageFinder::GUARANTEED
    );
}
