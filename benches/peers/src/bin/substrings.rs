//! Exact copies of a corpus: what `deduplicate-text-datasets` marks, by its definition over a suffix array,
//! beside `refrain`:
//!
//! ```text
//! cargo run --release --manifest-path benches/peers/Cargo.toml --features corpus --bin substrings -- \
//!     [--bytes N] [--length N] [--passage-length N] [--rounds N] [--marks OUT.jsonl] [--refrain PROGRAM] [DOCS.jsonl]
//! ```
//! The texts of the first 20 MB of a JSON lines file, or our own; copies of at least 100 bytes. `PROGRAM` is
//! the command `refrain` (built here if not said).
//!
//! **What is found.** `refrain dedup --passages report --threshold 0.99` removes documents that are almost
//! the same, and reports what the others share. On those others the definition marks its runs of bytes. A run
//! is one copy or several that overlap; for each that contains a copy of as many squeezed characters
//! (letters, marks, digits) as `refrain` guarantees to find, the table says how much lies in
//! `stretches.jsonl`; the others are counted.
//!
//! **How fast.** Processor time on one thread, medians of alternating runs: the suffix array alone; it, the
//! common lengths and the marks, which is the definition; and `RecurringFinder` on the same texts in memory,
//! which is the stage that `--passages` adds. Then the whole command, files to files, on one thread.
//!
//! `--marks` writes what is marked of the whole file, a line a document, `{"copied":[[start,end],…]}` in
//! bytes of its text.

#[path = "../../../../tests/texts/mod.rs"]
mod texts;

use cpu_time::ThreadTime;
use refrain::DocId;
use refrain::corpus::RecurringFinder;
use refrain_peers::command::{self, Work};
use refrain_peers::rounds::{Entrant, medians};
use refrain_peers::substrings::{copied, longest_copies, suffix_array};
use refrain_peers::{documents, memory};
use serde_json::Value;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

const USAGE: &str = "usage: substrings [--bytes N] [--length N] [--passage-length N] [--rounds N] [--marks OUT.jsonl] [--refrain PROGRAM] \
                     [DOCS.jsonl]";

struct Wanted {
    file: Option<PathBuf>,
    bytes: usize,
    length: usize,
    passage_length: usize,
    rounds: usize,
    marks: Option<PathBuf>,
    refrain: Option<PathBuf>,
}

fn main() {
    let wanted = wanted(std::env::args().skip(1)).unwrap_or_else(|problem| {
        eprintln!("{problem}\n{USAGE}");
        exit(2)
    });
    let texts: Vec<String> = match &wanted.file {
        Some(path) => documents::of_json_lines(path, wanted.bytes),
        None => texts::planted::corpus(wanted.bytes, 1).collect(),
    };
    if let Some(path) = &wanted.marks {
        let marks = lines(&copied(&texts, wanted.length));
        fs::write(path, marks).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let total: usize = texts.iter().map(String::len).sum();
    println!("{} documents, {total} bytes of text\n", texts.len());
    match wanted.refrain.clone().or_else(command::built) {
        Some(program) => found(&wanted, &program, &texts),
        None => println!("without the command refrain, which could not be built"),
    }
    speed(&wanted, &texts);
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        file: None,
        bytes: 20_000_000,
        length: 100,
        passage_length: RecurringFinder::GUARANTEED,
        rounds: 3,
        marks: None,
        refrain: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |value: String| value.parse::<usize>().map_err(|error| format!("{value}: {error}"));
        match argument.as_str() {
            "--bytes" => wanted.bytes = number(value()?)?,
            "--length" => wanted.length = number(value()?)?.max(1),
            "--passage-length" => wanted.passage_length = number(value()?)?,
            "--rounds" => wanted.rounds = number(value()?)?.max(1),
            "--marks" => wanted.marks = Some(value()?.into()),
            "--refrain" => wanted.refrain = Some(value()?.into()),
            option if option.starts_with("--") => return Err(format!("{option}: no such option")),
            file => wanted.file = Some(file.into()),
        }
    }
    Ok(wanted)
}

fn lines(found: &[Vec<Range<usize>>]) -> String {
    let line = |ranges: &Vec<Range<usize>>| {
        let pairs: Vec<[usize; 2]> = ranges.iter().map(|range| [range.start, range.end]).collect();
        format!("{}\n", serde_json::json!({ "copied": pairs }))
    };
    found.iter().map(line).collect()
}

/// Runs the command and prints how much of the marked text it found.
fn found(wanted: &Wanted, program: &Path, texts: &[String]) {
    let work = Work::new("substrings");
    let file = work.path("texts.jsonl");
    let record = |(id, text)| format!("{}\n", serde_json::json!({ "id": id, "text": text }));
    fs::write(&file, texts.iter().enumerate().map(record).collect::<String>()).expect("the disk has space");
    let output = work.fresh("out");
    let mut plain = Command::new(program);
    plain.args(["dedup", "--quiet", "--threads", "1", "--threshold", "0.99"]).arg(&file).arg("-o");
    let mut whole = Command::new(program);
    whole.args(["dedup", "--quiet", "--threads", "1", "--threshold", "0.99", "--passages", "report"]);
    whole.args(["--passage-length", &wanted.passage_length.to_string()]).arg(&file).arg("-o").arg(&output);
    let run = |command: &mut Command| memory::run(command).unwrap_or_else(|error| panic!("{error}"));
    let (whole, plain) = (run(&mut whole), run(plain.arg(work.fresh("plain"))));

    let read = |name: &str| -> Vec<Value> {
        let content = fs::read_to_string(output.join(name)).expect("the command wrote it");
        content.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    };
    let number = |value: &Value| value.as_u64().expect("an id of ours") as usize;
    let kept: Vec<usize> = read("kept/texts.jsonl").iter().map(|record| number(&record["id"])).collect();
    let mut spans: Vec<Vec<Range<usize>>> = vec![Vec::new(); texts.len()];
    let mut unresolved: Vec<Vec<Range<usize>>> = vec![Vec::new(); texts.len()];
    for document in read("stretches.jsonl") {
        let id = number(&document["id"]);
        unresolved[id].extend(document["unresolved"].as_array().expect("a list").iter().map(range));
        for stretch in document["stretches"].as_array().expect("a list") {
            spans[id].push(range(&stretch["span"]));
            spans[number(&stretch["holder"])].push(range(&stretch["holder_span"]));
        }
    }
    let of_kept: Vec<&str> = kept.iter().map(|&id| texts[id].as_str()).collect();
    let mut tally = Tally::default();
    let marked = copied(&of_kept, wanted.length);
    let copies = longest_copies(&of_kept, wanted.length);
    for ((&id, marked), copies) in kept.iter().zip(marked).zip(copies) {
        let document = Document::new(&texts[id], &spans[id], &unresolved[id]);
        for run in marked {
            let inside = copies.iter().filter(|copy| run.start <= copy.start && copy.end <= run.end);
            tally.add(&document, &run, inside);
        }
    }
    println!(
        "refrain dedup --passages report --passage-length {}: {:.2} s, {:.2} of them processor time, {:.0} MB; {:.2} without passages",
        wanted.passage_length,
        whole.seconds,
        whole.processor_seconds,
        whole.peak as f64 / 1e6,
        plain.processor_seconds
    );
    println!(
        "{} documents are all but the same as another; of the others the definition marks {} bytes in {} runs of at least {} bytes\n",
        texts.len() - kept.len(),
        tally.bytes,
        tally.runs,
        wanted.length
    );
    tally.print();
}

fn range(pair: &Value) -> Range<usize> {
    let at = |place: usize| pair[place].as_u64().expect("a pair of numbers") as usize;
    at(0)..at(1)
}

/// The squeezed characters of a document, and which of them are found.
struct Document {
    /// Where each begins, ascending.
    letters: Vec<usize>,
    found: Vec<bool>,
    unresolved: Vec<bool>,
}

impl Document {
    fn new(text: &str, spans: &[Range<usize>], unresolved: &[Range<usize>]) -> Document {
        let letters: Vec<usize> =
            text.char_indices().filter(|(_, ch)| ch.is_alphanumeric()).map(|(at, _)| at).collect();
        let lie_in = |ranges: &[Range<usize>]| {
            letters.iter().map(|at| ranges.iter().any(|range| range.contains(at))).collect()
        };
        Document { found: lie_in(spans), unresolved: lie_in(unresolved), letters }
    }

    /// Those of a range, by number.
    fn inside(&self, range: &Range<usize>) -> Range<usize> {
        self.letters.partition_point(|&at| at < range.start)
            ..self.letters.partition_point(|&at| at < range.end)
    }

    fn holds(&self, letters: Range<usize>, is_enough: Enough) -> bool {
        letters
            .into_iter()
            .all(|at| self.found[at] || (is_enough == Enough::Unresolved && self.unresolved[at]))
    }

    /// Whether a copy is found as guaranteed: all of it but its ends, and some of it.
    fn has(&self, copy: Range<usize>, is_enough: Enough) -> bool {
        /// Squeezed characters at either end that the guarantee leaves out: fewer than 24 without a seed (40
        /// where passages must have 55 or more), and what a stretch is drawn back by, at most so much of a
        /// word.
        const ENDS: usize = 40 + 24;
        let inner = copy.start + ENDS..copy.end.saturating_sub(ENDS);
        self.holds(inner, is_enough) && copy.into_iter().any(|at| self.found[at] || self.unresolved[at])
    }
}

/// Which text counts as found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Enough {
    Stretches,
    Unresolved,
}

/// How much of the marked runs is found.
#[derive(Default)]
struct Tally {
    runs: usize,
    bytes: usize,
    /// Shorter than the guarantee covers.
    short: usize,
    /// Of as many, but put together from copies of fewer: of lines of spaces, above all.
    pieces: usize,
    /// Of those, the ones of which nothing is found.
    pieces_not_found: usize,
    /// Every squeezed character lies in a stretch.
    whole: usize,
    /// Every copy in it is found, but for ends.
    but_ends: usize,
    /// Found only if unresolved text counts.
    unresolved: usize,
    /// A copy in it is not found.
    missed: usize,
}

impl Tally {
    fn add<'c>(
        &mut self,
        document: &Document,
        run: &Range<usize>,
        copies: impl Iterator<Item = &'c Range<usize>>,
    ) {
        self.runs += 1;
        self.bytes += run.len();
        let is_promised = |letters: &Range<usize>| letters.len() >= RecurringFinder::GUARANTEED;
        let letters = document.inside(run);
        let copies: Vec<Range<usize>> =
            copies.map(|copy| document.inside(copy)).filter(is_promised).collect();
        let all = |is_enough| copies.iter().all(|copy| document.has(copy.clone(), is_enough));
        let count = if !is_promised(&letters) {
            &mut self.short
        } else if copies.is_empty() {
            self.pieces_not_found += usize::from(!letters.into_iter().any(|at| document.found[at]));
            &mut self.pieces
        } else if document.holds(letters, Enough::Stretches) {
            &mut self.whole
        } else if all(Enough::Stretches) {
            &mut self.but_ends
        } else if all(Enough::Unresolved) {
            &mut self.unresolved
        } else {
            &mut self.missed
        };
        *count += 1;
    }

    fn print(&self) {
        let promised = self.runs - self.short - self.pieces;
        let least = RecurringFinder::GUARANTEED;
        println!("| runs | |\n| --- | --- |");
        println!("| with a copy of at least {least} squeezed characters, which are guaranteed | {promised} |");
        println!("| … found to the last character | {} |", self.whole);
        println!("| … found but for the ends of copies | {} |", self.but_ends);
        println!("| … found, in part as unresolved | {} |", self.unresolved);
        println!("| … not found | {} |", self.missed);
        println!(
            "| of so many, but put together from copies of fewer | {} ({} of them not found) |",
            self.pieces, self.pieces_not_found
        );
        println!("| shorter | {} |\n", self.short);
    }
}

fn speed(wanted: &Wanted, texts: &[String]) {
    let total: usize = texts.iter().map(String::len).sum();
    let joined = texts.concat();
    let work = Work::new("recurring");
    let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let search = |passage_length: usize| {
        one_thread.install(|| {
            let start = ThreadTime::now();
            let finder = RecurringFinder::new().min_length(passage_length).resumable(false);
            let collector = finder.collect(&work.path(""), 1 << 30).expect("a folder of our own");
            for (number, text) in texts.iter().enumerate() {
                collector.add(DocId::new(number).expect("few texts"), text.as_bytes()).expect("the disk has space");
            }
            let collected = collector.finish().expect("the disk has space");
            let found = collected.search(texts).expect("the disk has space");
            let passages = found.passages().expect("the disk has space").count();
            let seconds = start.elapsed().as_secs_f64();
            assert!(passages > 0, "nothing recurs");
            seconds
        })
    };
    let default = 60;
    let mut entrants = vec![
        Entrant::new("suffix array alone", || suffix_array(joined.as_bytes())),
        Entrant::new("definition: array, common lengths, marks", || copied(texts, wanted.length)),
    ];
    let mut lengths = vec![wanted.passage_length, default];
    lengths.dedup();
    for length in lengths {
        entrants.push(Entrant::clocked(&format!("RecurringFinder, passages of {length}"), move || {
            search(length)
        }));
    }
    let names: Vec<String> = entrants.iter().map(|entrant| entrant.name.clone()).collect();
    let times = medians(wanted.rounds, &mut entrants);
    println!(
        "| work, on one thread | ms | MB/s | times the array | times the definition |\n| --- | --- | --- | --- | --- |"
    );
    for (name, seconds) in names.iter().zip(&times) {
        println!(
            "| {name} | {:.0} | {:.1} | {:.2} | {:.2} |",
            seconds * 1e3,
            total as f64 / seconds / 1e6,
            times[0] / seconds,
            times[1] / seconds
        );
    }
    println!("(asked: 3 times the definition)");
}
