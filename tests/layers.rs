//! The order of the modules and the shape of the code.
//!
//! A module uses only modules before it in [`LAYERS`], and imports each item from the module that owns it. No files use each
//! other in a circle. Functions and files are short, and identifiers and comments avoid the words in [`BANNED`].
//! Each test prints all its findings, not only the first.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[path = "source/mod.rs"]
mod source;

use source::{Target, circles, read, uses, without_quotations};

/// The modules from the bottom to the top. Modules of one line do not use each other.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["span", "progress"],
    &["support"],
    &["scan"],
    &["tokens", "stream"],
    &["shingle"],
    &["sketch"],
    &["index"],
    &["cluster"],
    &["dedup"],
    &["passage"],
    &["diff"],
    &["similarity"],
    &["corpus/spill"],
    &["corpus/store"],
    &["corpus/input"],
    &["corpus/settings"],
    &["corpus/context"],
    &["corpus/decide"],
    &["corpus/recurring"],
    &["corpus/output"],
    &["corpus/plan"],
    &["corpus/job"],
    &["corpus/run"],
    &["corpus/faults"],
    &["corpus"],
    &["guide", "lib"],
];

const MAX_FUNCTION_LINES: usize = 80;
const MAX_FILE_LINES: usize = 800;

/// Written by `tools/unicode-tables`.
const GENERATED: &[&str] = &["src/scan/tables.rs"];

/// Metaphors that are not terms of the field, and phrases that have to be read twice.
const BANNED: &[&str] = &[
    "room",
    "rooms",
    "door",
    "doors",
    "lane",
    "lanes",
    "ear",
    "ears",
    "merit",
    "merits",
    "house",
    "conductor",
    "speaks for",
    "speak for",
    "stands for others",
    "stand for others",
    "is told",
    "are told",
    "what is promised",
    "is sought",
    "are sought",
    "as it stands",
    "as they stand",
    "a look",
    "goes out",
    "comes in",
];

/// The pages of documentation outside the code.
const PAGES: &[&str] = &[
    "README.md",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "BENCHMARKS.md",
    "docs/settings.md",
    "docs/coming-from.md",
    "docs/how-it-works.md",
];

/// In these files, the usual name for a part of a vector register is allowed.
const VECTOR_KERNELS: &[&str] = &["avx2.rs", "avx512.rs"];

/// The beginnings of findings that are known and not yet fixed.
const EXCEPTIONS: &[&str] = &[
    "function benches/peers/src/bin/corpus.rs",
    "function benches/peers/src/bin/sketch.rs",
    "function tests/corpus_quality.rs",
    "function tests/passage_hostile.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with all findings that are not exceptions, and with the exceptions that are no longer needed.
fn report(rule: &str, findings: BTreeSet<String>) {
    let exceptions = EXCEPTIONS.iter().filter_map(|exception| exception.strip_prefix(rule));
    let (mut lines, mut needed) = (Vec::new(), BTreeSet::new());
    for finding in findings {
        match exceptions.clone().find(|exception| finding.starts_with(exception.trim_start())) {
            Some(exception) => drop(needed.insert(exception)),
            None => lines.push(finding),
        }
    }
    lines.extend(exceptions.filter(|e| !needed.contains(e)).map(|e| format!("no longer needed: {e}")));
    assert!(lines.is_empty(), "{rule}: {} findings\n{}\n", lines.len(), lines.join("\n"));
}

/// The position of a file in the order of modules.
fn layer(file: &str) -> Option<usize> {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let within = |module: &&str| path == *module || path.starts_with(&format!("{module}/"));
    LAYERS.iter().position(|modules| modules.iter().any(within))
}

/// The module of [`LAYERS`] that a file belongs to.
fn module(file: &str) -> &str {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    let within = |module: &&&str| path == **module || path.starts_with(&format!("{module}/"));
    LAYERS.iter().flat_map(|modules| modules.iter()).find(within).expect("the layer of each file is known")
}

#[test]
fn every_file_has_a_layer() {
    let files = read(root(), &["src"]);
    let missing = files.iter().filter(|file| layer(&file.path).is_none()).map(|file| file.path.clone());
    report("layer", missing.collect());
}

#[test]
fn no_use_runs_upward() {
    let mut findings = BTreeSet::new();
    for used in uses(&read(root(), &["src"])) {
        let Target::File(to) = &used.to else { continue };
        let (Some(from), Some(target)) = (layer(&used.from), layer(to)) else { continue };
        if target > from || (target == from && module(&used.from) != module(to)) {
            findings.insert(format!("{}:{}: {} is in {to}, above", used.from, used.line, used.path));
        }
    }
    report("upward", findings);
}

#[test]
fn names_come_from_the_module_that_owns_them() {
    let mut findings = BTreeSet::new();
    for used in uses(&read(root(), &["src"])) {
        if used.to == Target::Root && used.from != "src/lib.rs" {
            findings.insert(format!("{}:{}: {} is a re-export of the root", used.from, used.line, used.path));
        }
    }
    report("root", findings);
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let uses = uses(&read(root(), &["src"]));
    let mut findings = BTreeSet::new();
    for circle in circles(&uses) {
        let inside = |file: &str| circle.iter().any(|other| other == file);
        let edges = uses.iter().filter_map(|used| match &used.to {
            Target::File(to) if inside(&used.from) && inside(to) => {
                Some(format!("    {}:{}: {} ({to})", used.from, used.line, used.path))
            }
            _ => None,
        });
        let edges: Vec<String> = edges.collect();
        findings.insert(format!("{}\n{}", circle.join(" "), edges.join("\n")));
    }
    report("circle", findings);
}

#[test]
fn functions_are_short() {
    let mut findings = BTreeSet::new();
    for file in read(root(), &["src", "cli", "examples", "benches", "tests", "tools"]) {
        for function in file.functions().iter().filter(|function| function.lines > MAX_FUNCTION_LINES) {
            findings.insert(format!(
                "{}:{}: {} has {} lines",
                file.path, function.line, function.name, function.lines
            ));
        }
    }
    report("function", findings);
}

#[test]
fn files_are_short() {
    let mut findings = BTreeSet::new();
    for file in read(root(), &["src", "cli/src", "examples", "benches", "tools"]) {
        let lines = file.text.lines().count();
        if lines > MAX_FILE_LINES && !GENERATED.contains(&file.path.as_str()) {
            findings.insert(format!("{}: {lines} lines", file.path));
        }
    }
    report("file", findings);
}

#[test]
fn words_are_plain() {
    let mut findings = BTreeSet::new();
    for file in read(root(), &["src", "cli", "examples", "benches", "tests", "tools"]) {
        let kernel = VECTOR_KERNELS.iter().any(|kernel| file.path.ends_with(kernel));
        for text in file.words() {
            for word in banned_words(&text.text) {
                if !(kernel && word.starts_with("lane")) {
                    findings.insert(format!("{}:{}: {word}", file.path, text.line));
                }
            }
        }
    }
    for name in PAGES {
        let text = fs::read_to_string(root().join(name)).unwrap_or_default();
        for (line, text) in text.lines().enumerate() {
            for word in banned_words(&without_quotations(text).to_lowercase()) {
                findings.insert(format!("{name}:{}: {word}", line + 1));
            }
        }
    }
    report("word", findings);
}

/// The banned words and phrases that occur in a text of lower case, as whole words.
fn banned_words(text: &str) -> Vec<&'static str> {
    let words: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let occurs = |phrase: &str| {
        let phrase: Vec<&str> = phrase.split(' ').collect();
        words.windows(phrase.len()).any(|window| window == phrase)
    };
    BANNED.iter().copied().filter(|phrase| occurs(phrase)).collect()
}

#[test]
fn the_checks_find_what_they_look_for() {
    let used = |from: &str, to: &str| source::Use {
        from: from.to_owned(),
        line: 1,
        path: String::new(),
        to: Target::File(to.to_owned()),
    };
    let uses =
        BTreeSet::from([used("a", "b"), used("b", "c"), used("c", "a"), used("c", "d"), used("d", "e")]);
    assert_eq!(circles(&uses), [["a", "b", "c"]]);
    assert_eq!(banned_words("the waiting room is told apart"), ["room", "is told"]);
    assert_eq!(banned_words("a bedroom in a warehouse"), [""; 0]);
    assert_eq!(without_quotations("he said “a door”, \"a room\" and more"), "he said …, … and more");
    assert!(layer("src/scan/mod.rs") < layer("src/stream/squeeze.rs"));
    assert_eq!(module("src/corpus/store/texts.rs"), "corpus/store");
    assert_eq!(module("src/corpus/mod.rs"), "corpus");
}
