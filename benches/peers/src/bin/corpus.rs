//! Near-duplicates of a corpus removed, from files to files, beside other tools, in one run:
//!
//! ```text
//! RUSTFLAGS=-Ctarget-cpu=native cargo run --release --manifest-path benches/peers/Cargo.toml --bin corpus -- \
//!     [--bytes N] [--threads N] [--rounds N] [--python PYTHON] [--refrain PROGRAM] [DOCS.jsonl]
//! ```
//! Without a file, 200 MB of our own press releases, a fifth of them near-duplicates. `PYTHON` is the Python
//! that has `benches/peers/python/requirements.txt` (`python3` if not said); `PROGRAM` the command `refrain`
//! (built here if not said).
//!
//! `refrain dedup` checks what it removes against the texts. `gaoya` has no command. A harness reads with
//! `serde_json`, makes signatures (16 bands of 8), queries and fills its index in order, and writes kept
//! records unchanged; it removes documents whose estimated similarity is at least 0.8. It has two forms:
//!
//! - *as documented*: as the example at the head of its documentation, one text after the other: lowered, cut
//!   by its `whitespace_split`, five words a shingle by its `shingle_tokens`, `MinHasher32::new` with the
//!   hash it brings;
//! - *at its fastest*: signatures of batches on all threads, of [`spans`] that copy nothing, with a fast
//!   hash. None of that is in the package.
//!
//! `datatrove` runs once, as it is slow, with its own settings (14 x 8, nothing checked), on the corpus in as
//! many files as there are threads. The table says medians of the others.

#[path = "../../../../tests/texts/mod.rs"]
mod texts;

use foldhash::fast::FixedState;
use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};
use gaoya::text::{shingle_tokens, whitespace_split};
use rayon::prelude::*;
use refrain_peers::command::{self, Work};
use refrain_peers::documents::Record;
use refrain_peers::memory::{self, Ran};
use refrain_peers::{python, spans};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio, exit};

const BANDS: usize = 16;
const ROWS: usize = 8;
const THRESHOLD: f64 = 0.8;

const USAGE: &str =
    "usage: corpus [--bytes N] [--threads N] [--rounds N] [--python PYTHON] [--refrain PROGRAM] [DOCS.jsonl]";

/// First argument of the harness, which runs in a process of its own; the second is a way.
const HARNESS: &str = "--gaoya";

/// How the harness uses `gaoya`.
#[derive(Clone, Copy)]
enum Way {
    Documented,
    Fastest { threads: usize },
}

impl Way {
    const DOCUMENTED: &str = "documented";

    fn name(self) -> String {
        match self {
            Way::Documented => "gaoya 0.2.2 as documented".to_owned(),
            Way::Fastest { threads: 1 } => "gaoya 0.2.2 at its fastest, 1 thread".to_owned(),
            Way::Fastest { threads } => format!("gaoya 0.2.2 at its fastest, {threads} threads"),
        }
    }

    fn argument(self) -> String {
        match self {
            Way::Documented => Way::DOCUMENTED.to_owned(),
            Way::Fastest { threads } => threads.to_string(),
        }
    }

    fn of_argument(argument: &str) -> Way {
        match argument {
            Way::DOCUMENTED => Way::Documented,
            threads => Way::Fastest { threads: threads.parse().expect("a number of threads") },
        }
    }
}

struct Wanted {
    file: Option<PathBuf>,
    bytes: usize,
    threads: usize,
    rounds: usize,
    python: String,
    refrain: Option<PathBuf>,
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq(HARNESS).is_some() {
        let [way, input, output] = [(); 3].map(|()| arguments.next().expect("a way, a file and a folder"));
        return gaoya(Way::of_argument(&way), Path::new(&input), Path::new(&output))
            .expect("files can be read and written");
    }
    let wanted = wanted(arguments).unwrap_or_else(|problem| {
        eprintln!("{problem}\n{USAGE}");
        exit(2)
    });
    let work = Work::new("corpus");
    let file = wanted.file.clone().unwrap_or_else(|| generated(&work, wanted.bytes));
    table(&wanted, &work, &file);
}

fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        file: None,
        bytes: 200_000_000,
        threads: 2,
        rounds: 3,
        python: "python3".to_owned(),
        refrain: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        let number = |value: String| value.parse::<usize>().map_err(|error| format!("{value}: {error}"));
        match argument.as_str() {
            "--bytes" => wanted.bytes = number(value()?)?,
            "--threads" => wanted.threads = number(value()?)?.max(1),
            "--rounds" => wanted.rounds = number(value()?)?.max(1),
            "--python" => wanted.python = value()?,
            "--refrain" => wanted.refrain = Some(value()?.into()),
            option if option.starts_with("--") => return Err(format!("{option}: no such option")),
            file => wanted.file = Some(file.into()),
        }
    }
    Ok(wanted)
}

/// Our own press releases, in the folder of the run.
fn generated(work: &Work, bytes: usize) -> PathBuf {
    let path = work.path("generated.jsonl");
    let mut file = BufWriter::new(File::create(&path).expect("a file of our own"));
    for (number, text) in texts::planted::corpus(bytes, 1).enumerate() {
        writeln!(file, "{}", serde_json::json!({ "id": number.to_string(), "text": text }))
            .expect("the disk has space");
    }
    file.flush().expect("the disk has space");
    path
}

/// The lines dealt to as many files.
fn parts(work: &Work, file: &Path, parts: usize) -> PathBuf {
    let folder = work.path("parts");
    fs::create_dir_all(&folder).expect("a folder of our own");
    let part = |index| {
        BufWriter::new(File::create(folder.join(format!("{index}.jsonl"))).expect("a file of our own"))
    };
    let mut files: Vec<_> = (0..parts).map(part).collect();
    for (index, line) in lines(file).enumerate() {
        files[index % parts].write_all(&line).expect("the disk has space");
    }
    files.iter_mut().for_each(|file| file.flush().expect("the disk has space"));
    folder
}

/// The lines of a file, their ends included.
fn lines(path: &Path) -> impl Iterator<Item = Vec<u8>> {
    let mut file =
        BufReader::new(File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())));
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        let read = file.read_until(b'\n', &mut line).expect("a file can be read");
        (read > 0).then_some(line)
    })
}

/// A tool of the table: how a run of it is started, and how many records it keeps.
struct Tool<'a> {
    name: String,
    rounds: usize,
    command: Box<dyn Fn() -> Command + 'a>,
    kept: Box<dyn Fn() -> usize + 'a>,
    runs: Vec<Ran>,
}

fn table(wanted: &Wanted, work: &Work, file: &Path) {
    let documents = lines(file).count();
    let bytes = fs::metadata(file).expect("just read").len();
    let mut tools = Vec::new();
    if let Some(program) = wanted.refrain.clone().or_else(command::built) {
        tools.push(Tool {
            name: "refrain dedup".to_owned(),
            rounds: wanted.rounds,
            command: Box::new(move || {
                let mut command = Command::new(&program);
                command.args(["dedup", "--quiet"]).arg(file).arg("-o").arg(work.fresh("refrain"));
                command.args([
                    "--threshold",
                    &THRESHOLD.to_string(),
                    "--threads",
                    &wanted.threads.to_string(),
                ]);
                command
            }),
            kept: Box::new(move || documents - records(&work.path("refrain/removed.jsonl"))),
            runs: Vec::new(),
        });
    }
    let mut ways = vec![Way::Documented, Way::Fastest { threads: 1 }];
    if wanted.threads > 1 {
        ways.push(Way::Fastest { threads: wanted.threads });
    }
    for way in ways {
        tools.push(Tool {
            name: way.name(),
            rounds: wanted.rounds,
            command: Box::new(move || {
                let mut command =
                    Command::new(std::env::current_exe().expect("a running program has a file"));
                command.arg(HARNESS).arg(way.argument()).arg(file).arg(work.fresh("gaoya"));
                command
            }),
            kept: Box::new(|| records(&work.path("gaoya/kept.jsonl"))),
            runs: Vec::new(),
        });
    }
    let parts = parts(work, file, wanted.threads);
    tools.push(Tool {
        name: "datatrove 0.10.1".to_owned(),
        rounds: 1,
        command: Box::new(move || {
            let mut command = Command::new(&wanted.python);
            command.arg(python::file("corpus.py")).arg(&parts).arg(work.fresh("datatrove"));
            command.arg(wanted.threads.to_string()).stderr(Stdio::null());
            command
        }),
        kept: Box::new(|| {
            let kept = fs::read_dir(work.path("datatrove/kept")).expect("it wrote there");
            kept.map(|entry| records(&entry.expect("a file").path())).sum()
        }),
        runs: Vec::new(),
    });

    println!(
        "{documents} documents, {:.1} MB of JSON lines, {} threads\n",
        bytes as f64 / 1e6,
        wanted.threads
    );
    println!("| tool | s | MB/s | processor s | peak MB | removed |\n| --- | --- | --- | --- | --- | --- |");
    let mut failed = Vec::new();
    for round in 0..wanted.rounds {
        for tool in tools.iter_mut().filter(|tool| round < tool.rounds) {
            match memory::run(&mut (tool.command)()) {
                Ok(ran) => tool.runs.push(ran),
                Err(error) => failed.push(error),
            }
        }
    }
    let mut medians = Vec::new();
    for tool in tools.iter_mut().filter(|tool| !tool.runs.is_empty()) {
        tool.runs.sort_by(|one, two| one.seconds.total_cmp(&two.seconds));
        let ran = tool.runs[tool.runs.len() / 2];
        println!(
            "| {} | {:.2} | {:.1} | {:.2} | {:.0} | {} |",
            tool.name,
            ran.seconds,
            bytes as f64 / ran.seconds / 1e6,
            ran.processor_seconds,
            ran.peak as f64 / 1e6,
            documents - (tool.kept)()
        );
        medians.push((&tool.name, ran));
    }
    println!();
    failed.dedup();
    failed.iter().for_each(|error| println!("failed: {error}"));
    let Some(((name, own), peers)) = medians.split_first() else { return };
    if !name.starts_with("refrain") {
        return;
    }
    for (name, ran) in peers {
        println!(
            "refrain is {:.1} times as fast as {name}, which takes {:.1} times its processor time",
            ran.seconds / own.seconds,
            ran.processor_seconds / own.processor_seconds
        );
    }
    println!("(asked: 5 times a gaoya harness, 20 times datatrove)");
}

/// Non-empty lines of a file that a tool wrote.
fn records(path: &Path) -> usize {
    lines(path).filter(|line| line.len() > 1).count()
}

/// The harness around `gaoya`.
fn gaoya(way: Way, input: &Path, output: &Path) -> std::io::Result<()> {
    fs::create_dir_all(output)?;
    let mut verdicts = Verdicts {
        index: MinHashIndex::new(BANDS, ROWS, THRESHOLD),
        kept: BufWriter::new(File::create(output.join("kept.jsonl"))?),
        removed: BufWriter::new(File::create(output.join("removed.jsonl"))?),
        next: 0,
    };
    match way {
        Way::Documented => as_documented(input, &mut verdicts)?,
        Way::Fastest { threads } => at_its_fastest(threads, input, &mut verdicts)?,
    }
    verdicts.kept.flush()?;
    verdicts.removed.flush()
}

/// The index of the kept documents, and the files.
struct Verdicts {
    index: MinHashIndex<u32, u32>,
    kept: BufWriter<File>,
    removed: BufWriter<File>,
    next: u32,
}

impl Verdicts {
    fn decide(&mut self, line: &[u8], signature: Vec<u32>) -> std::io::Result<()> {
        let number = self.next;
        self.next += 1;
        match self.index.query_one(&signature) {
            Some((witness, estimate)) => {
                writeln!(self.removed, r#"{{"id":{number},"kept_by":{witness},"jaccard":{estimate}}}"#)
            }
            None => {
                self.index.insert(number, signature);
                self.kept.write_all(line)
            }
        }
    }
}

fn record(line: &[u8]) -> Record<'_> {
    serde_json::from_slice(line).expect("a record with a text")
}

fn as_documented(input: &Path, verdicts: &mut Verdicts) -> std::io::Result<()> {
    let hasher = MinHasher32::new(BANDS * ROWS);
    for line in lines(input) {
        let text = record(&line).text.to_lowercase();
        let words: Vec<&str> = whitespace_split(&text).collect();
        let signature = hasher.create_signature(shingle_tokens(&words, spans::WORDS));
        verdicts.decide(&line, signature)?;
    }
    Ok(())
}

fn at_its_fastest(threads: usize, input: &Path, verdicts: &mut Verdicts) -> std::io::Result<()> {
    /// Lines read and turned into signatures together.
    const BATCH: usize = 4096;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let hasher = MinHasher32::new_with_hasher(BANDS * ROWS, FixedState::default());
    let mut lines = lines(input);
    loop {
        let batch: Vec<Vec<u8>> = lines.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let signature = |line: &Vec<u8>| hasher.create_signature(spans::shingles(&record(line).text));
        let signatures: Vec<Vec<u32>> = pool.install(|| batch.par_iter().map(signature).collect());
        for (line, signature) in batch.iter().zip(signatures) {
            verdicts.decide(line, signature)?;
        }
    }
}
