//! Passages beside suffix arrays, in one run:
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin passages                      # 50 MB of our own press releases
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin passages -- corpus.txt        # a text of yours
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin passages -- --hostile         # and the hostile texts of 50 MB
//! ```
//! `--bytes N` sets another size of the generated texts. A tool for exact copies builds the suffix array
//! before it finds anything; here over the same bytes, with `libsais` on one thread. Every run of `refrain`
//! prepares the text again and searches it. Peak memory is measured in a separate process, without the text
//! itself.

#[path = "../../../../tests/texts/mod.rs"]
mod texts;

use refrain::{Found, PassageFinder, Repeat};
use refrain_peers::memory;
use refrain_peers::rounds::{Entrant, medians};
use refrain_peers::substrings::suffix_array;
use std::process::exit;
use texts::planted::{self, HOSTILE, Hostile};

const USAGE: &str = "usage: passages [--hostile] [--bytes N] [FILE]";

/// The settings of the tables.
struct Wanted {
    file: Option<String>,
    bytes: usize,
    hostile: bool,
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq(memory::CHILD).is_some() {
        let [tool, text, bytes] = [(); 3].map(|()| arguments.next().expect("a tool, a text and its size"));
        return measure_peak(&tool, &text, bytes.parse().expect("a number of bytes"));
    }
    let wanted = wanted(arguments).unwrap_or_else(|problem| {
        eprintln!("{problem}\n{USAGE}");
        exit(2)
    });
    repeats(&wanted);
    pairs();
    if wanted.hostile {
        hostile(&wanted);
    }
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted { file: None, bytes: 50_000_000, hostile: false };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--hostile" => wanted.hostile = true,
            "--bytes" => {
                let bytes = arguments.next().unwrap_or_default();
                wanted.bytes = bytes.parse().map_err(|error| format!("--bytes {bytes}: {error}"))?;
            }
            option if option.starts_with("--") => return Err(format!("{option}: no such option")),
            file => wanted.file = Some(file.to_owned()),
        }
    }
    Ok(wanted)
}

/// The name that selects the generated text in place of a path.
const RELEASES: &str = "(releases)";

/// The text of a file, or the generated one, or the hostile one of that name.
fn text(name: &str, bytes: usize) -> String {
    match HOSTILE.iter().find(|hostile| hostile.name == name) {
        Some(hostile) => (hostile.make)(bytes).text,
        None if name == RELEASES => planted::releases(bytes, 1).text,
        None => std::fs::read_to_string(name).unwrap_or_else(|error| {
            eprintln!("{name}: {error}");
            exit(1)
        }),
    }
}

/// The child's work.
fn measure_peak(tool: &str, name: &str, bytes: usize) {
    let text = text(name, bytes);
    match tool {
        "refrain" => memory::tell_peak(|| refrain::repeats(&text)),
        _ => memory::tell_peak(|| suffix_array(text.as_bytes())),
    }
}

fn found(text: &str) -> Found<Repeat> {
    let finder = PassageFinder::new();
    finder.within(&finder.prepare(text).expect("a text of less than 4 GiB")).expect("valid settings")
}

/// Peak memory of a tool over a text, in bytes a byte of it, for the table.
fn peak(tool: &str, name: &str, bytes: usize, length: usize) -> String {
    match memory::of_child(&[tool, name, &bytes.to_string()]) {
        Some(peak) => format!("{:.1}", peak as f64 / length as f64),
        None => "?".to_owned(),
    }
}

const TABLE: &str = "| text | bytes | tool | ms | MB/s | peak bytes a byte | found |\n| --- | --- | --- | --- | --- | --- | --- |";

fn repeats(wanted: &Wanted) {
    /// Runs that are counted; each builds a suffix array of the whole text.
    const ROUNDS: usize = 5;
    let name = wanted.file.as_deref().unwrap_or(RELEASES);
    let text = text(name, wanted.bytes);
    let found = found(&text);
    let told = format!("{} repeats in {} places", found.items.len(), places(&found));
    let times = medians(
        ROUNDS,
        &mut [
            Entrant::new("refrain", || refrain::repeats(&text)),
            Entrant::new("libsais", || suffix_array(text.as_bytes())),
        ],
    );
    println!("\nRepeats of one text\n\n{TABLE}");
    for ((tool, told), seconds) in
        [("refrain", told.as_str()), ("libsais", "suffix array")].into_iter().zip(&times)
    {
        println!(
            "| {name} | {} | {tool} | {:.0} | {:.1} | {} | {told} |",
            text.len(),
            seconds * 1e3,
            text.len() as f64 / seconds / 1e6,
            peak(tool, name, wanted.bytes, text.len()),
        );
    }
    println!("\nrefrain has {:.2} times the throughput of the suffix array (asked: 5)", times[1] / times[0]);
}

fn places(found: &Found<Repeat>) -> usize {
    found.items.iter().map(|repeat| repeat.occurrences.len()).sum()
}

/// Two texts, 2 % of the words edited and two paragraphs moved.
fn pairs() {
    println!(
        "\nPassages of two texts\n\n| each | refrain, ms | asked | prepared, ms | libsais over both, ms | refrain is faster | passages |\n\
         | --- | --- | --- | --- | --- | --- | --- |"
    );
    for (bytes, asked) in [(10_000, 0.2), (100_000, 3.0), (1_000_000, 60.0)] {
        let (left, right) = texts::pairs::edited_and_reordered_pair(bytes, 1);
        let finder = PassageFinder::new();
        let (a, b) = (finder.prepare(&left).expect("small"), finder.prepare(&right).expect("small"));
        let found = finder.between(&a, &b).expect("valid settings");
        planted::assert_pair_found(&left, &right, &found);
        let both = [left.as_bytes(), right.as_bytes()].concat();
        let rounds = (5_000_000 / bytes).clamp(11, 201) | 1;
        let times = medians(
            rounds,
            &mut [
                Entrant::new("refrain", || refrain::passages(&left, &right)),
                Entrant::new("refrain, prepared", || finder.between(&a, &b)),
                Entrant::new("libsais", || suffix_array(&both)),
            ],
        );
        println!(
            "| {} KB | {:.3} | {asked} | {:.3} | {:.3} | {:.2} times | {} |",
            bytes / 1000,
            times[0] * 1e3,
            times[1] * 1e3,
            times[2] * 1e3,
            times[2] / times[0],
            found.items.len()
        );
    }
}

/// Hostile texts, each in turn with the ordinary one.
fn hostile(wanted: &Wanted) {
    const ROUNDS: usize = 3;
    let name = wanted.file.as_deref().unwrap_or(RELEASES);
    let ordinary = text(name, wanted.bytes);
    println!(
        "\nHostile texts (asked: at most 4 times the time a byte of ordinary text, here {name}; at most 8 bytes a byte)\n\n\
         | text | bytes | ms | time a byte, against ordinary | peak bytes a byte | repeats |\n| --- | --- | --- | --- | --- | --- |"
    );
    for Hostile { name, make, check } in &HOSTILE {
        let text = make(wanted.bytes);
        let found = found(&text.text);
        check(&text, &found);
        let times = medians(
            ROUNDS,
            &mut [
                Entrant::new(name, || refrain::repeats(&text.text)),
                Entrant::new("ordinary", || refrain::repeats(&ordinary)),
            ],
        );
        let a_byte = [times[0] / text.text.len() as f64, times[1] / ordinary.len() as f64];
        println!(
            "| {name} | {} | {:.0} | {:.2} | {} | {} |",
            text.text.len(),
            times[0] * 1e3,
            a_byte[0] / a_byte[1],
            peak("refrain", name, wanted.bytes, text.text.len()),
            found.items.len()
        );
    }
}
