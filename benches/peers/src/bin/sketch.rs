//! Text to signatures of 128 slots beside other crates and Python packages, in one run, one thread each:
//!
//! ```text
//! RUSTFLAGS=-Ctarget-cpu=native cargo run --release --manifest-path benches/peers/Cargo.toml --bin sketch -- [--python PYTHON] [DOCS.jsonl]
//! ```
//! Documents are English prose of our own of three sizes, or those of a JSON lines file ("text"). `PYTHON` is
//! the Python that has `benches/peers/python/requirements.txt` (`python3` if not said). The peers get the
//! machine's own instructions at compile time (`native`); `refrain` finds them itself.
//!
//! The Rust peers that take shingles get them without a copy ([`spans`]), and a fast hash; `txtfp` splits and
//! folds the text itself. Two tables: all the work, and sketching alone with the hashes of the shingles in
//! memory (for `rensa`, also their strings).

#[path = "../../../../tests/texts/mod.rs"]
mod texts;

use foldhash::fast::FixedState;
use gaoya::minhash::{MinHasher, MinHasher32};
use probminhash::densminhash::OptDensMinHash;
use probminhash::nohasher::NoHashHasher;
use refrain::{Shingle, Sketcher};
use refrain_peers::python::Server;
use refrain_peers::rounds::{Entrant, medians};
use refrain_peers::{documents, spans};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;
use std::process::exit;
use txtfp::{Canonicalizer, Fingerprinter, MinHashFingerprinter, ShingleTokenizer, WordTokenizer};
use xxhash_rust::xxh3::xxh3_64;

const SLOTS: usize = 128;
const USAGE: &str = "usage: sketch [--python PYTHON] [DOCS.jsonl]";

fn main() {
    let (mut python, mut file) = ("python3".to_owned(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--python" => python = arguments.next().unwrap_or_else(|| refuse("--python needs a program")),
            option if option.starts_with("--") => refuse(option),
            _ => file = Some(argument),
        }
    }
    if let Some(file) = file {
        /// Enough for medians, and not a matter of minutes to the slowest.
        const MOST: usize = 20_000_000;
        return table(&file, &documents::of_json_lines(Path::new(&file), MOST), &python);
    }
    for (name, bytes) in [("500 B", 500), ("4 KB", 4_000), ("50 KB", 50_000)] {
        /// Bytes of all texts: more than the second-level cache holds.
        const TOTAL: usize = 2_000_000;
        table(name, &texts::prose::ENGLISH.texts(bytes, TOTAL), &python);
    }
}

fn refuse(problem: &str) -> ! {
    eprintln!("{problem}\n{USAGE}");
    exit(2)
}

/// A hash of a shingle is hash enough.
#[derive(Default)]
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only numbers are hashed")
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// The work that an entrant does; only entrants with the same work are compared.
#[derive(Clone, Copy, PartialEq)]
enum Work {
    FromText,
    FromHashes,
}

fn table(name: &str, texts: &[String], python: &str) {
    let total: usize = texts.iter().map(String::len).sum();
    println!("\n{name}: {} documents, {:.1} MB\n", texts.len(), total as f64 / 1e6);

    let sketcher = Sketcher::builder().slots(SLOTS).build().expect("a number of slots in range");
    let ours: Vec<Vec<u64>> = texts
        .iter()
        .map(|text| {
            let mut shingles = Vec::new();
            Shingle::default().for_each(text, |shingle| shingles.push(shingle));
            shingles
        })
        .collect();
    let theirs: Vec<Vec<u64>> = texts
        .iter()
        .map(|text| spans::shingles(text).map(|shingle| xxh3_64(shingle.as_bytes())).collect())
        .collect();

    let default_hash = MinHasher32::new(SLOTS);
    let fast_hash = MinHasher32::new_with_hasher(SLOTS, FixedState::default());
    let no_hash = MinHasher32::new_with_hasher(SLOTS, BuildHasherDefault::<Given>::default());
    let canonical = MinHashFingerprinter::<_, SLOTS>::new(
        Canonicalizer::default(),
        ShingleTokenizer { k: 5, inner: WordTokenizer },
    );

    let [mut dense, mut dense_given] = [(); 2].map(|()| Densified::new(SLOTS, BuildHasherDefault::default()));

    let corpus = Corpus::written(texts);
    let server = Server::start(python, "sketch.py", &corpus.0);
    let mut entrants = vec![
        (
            Work::FromText,
            Entrant::new("refrain", || texts.iter().map(|text| sketcher.sketch(text).slots()[7]).max()),
        ),
        (
            Work::FromText,
            Entrant::new("probminhash 0.1.12 OptDens, xxh3", || {
                texts
                    .iter()
                    .map(|text| {
                        densified(
                            &mut dense,
                            spans::shingles(text).map(|shingle| xxh3_64(shingle.as_bytes())),
                        )
                    })
                    .max()
            }),
        ),
        (
            Work::FromText,
            Entrant::new("gaoya 0.2.2, foldhash", || {
                texts.iter().map(|text| fast_hash.create_signature(spans::shingles(text))[7]).max()
            }),
        ),
        (
            Work::FromText,
            Entrant::new("gaoya 0.2.2, its hash", || {
                texts.iter().map(|text| default_hash.create_signature(spans::shingles(text))[7]).max()
            }),
        ),
        (
            Work::FromText,
            Entrant::new("txtfp 0.3.2", || {
                texts
                    .iter()
                    .filter_map(|text| canonical.fingerprint(text).ok())
                    .map(|signature| signature.hashes[7])
                    .max()
            }),
        ),
        (
            Work::FromHashes,
            Entrant::new("refrain, hashes given", || {
                ours.iter().map(|hashes| sketcher.sketch_slice(hashes).slots()[7]).max()
            }),
        ),
        (
            Work::FromHashes,
            Entrant::new("probminhash 0.1.12 OptDens, hashes given", || {
                theirs.iter().map(|hashes| densified(&mut dense_given, hashes.iter().copied())).max()
            }),
        ),
        (
            Work::FromHashes,
            Entrant::new("gaoya 0.2.2, hashes given", || {
                theirs.iter().map(|hashes| no_hash.create_signature(hashes.iter())[7]).max()
            }),
        ),
    ];
    if let Some(server) = &server {
        entrants.extend(server.entrants.iter().map(|name| {
            let work = if name.ends_with(" given") { Work::FromHashes } else { Work::FromText };
            (work, Entrant::clocked(name, || server.run(name)))
        }));
    }
    let (works, mut entrants): (Vec<Work>, Vec<Entrant<'_>>) = entrants.into_iter().unzip();

    const ROUNDS: usize = 7;
    let times = medians(ROUNDS, &mut entrants);
    for (work, title) in [(Work::FromText, "text to signature"), (Work::FromHashes, "sketching alone")] {
        println!("| {title} | MB/s of text | refrain is faster |\n| --- | --- | --- |");
        let of_work = || (0..times.len()).filter(|&index| works[index] == work);
        let own = times[of_work().next().expect("refrain comes first")];
        for index in of_work() {
            println!(
                "| {} | {:.1} | {:.2} times |",
                entrants[index].name,
                total as f64 / times[index] / 1e6,
                times[index] / own
            );
        }
        let fastest =
            of_work().skip(1).min_by(|&one, &two| times[one].total_cmp(&times[two])).expect("peers");
        println!(
            "\nagainst the fastest, {}: {:.2} times (asked: 5)\n",
            entrants[fastest].name,
            times[fastest] / own
        );
    }
}

type Densified = OptDensMinHash<f64, u64, NoHashHasher>;

/// A sketch by optimal densification, of hashes, in the place of the last one.
fn densified(sketch: &mut Densified, hashes: impl Iterator<Item = u64>) -> u64 {
    sketch.reinit();
    hashes.for_each(|hash| sketch.sketch(&hash));
    sketch.end_sketch();
    sketch.get_hsketch()[7].to_bits()
}

/// The documents in a file, for the scripts; gone when dropped.
struct Corpus(std::path::PathBuf);

impl Corpus {
    fn written(texts: &[String]) -> Corpus {
        let path = std::env::temp_dir().join(format!("refrain-peers-{}.jsonl", std::process::id()));
        let lines: String =
            texts.iter().map(|text| format!("{}\n", serde_json::json!({ "text": text }))).collect();
        std::fs::write(&path, lines).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Corpus(path)
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
