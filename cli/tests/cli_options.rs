//! Every option of the command changes an answer as its help says. One table lists all options; a test compares it with
//! `--help`.

mod command;

use command::folder::Folder;
use command::{
    OTHER, SENTENCE, code, errors, only_record, piped, printed, records, refrain, refrain_with_input,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::panic::AssertUnwindSafe;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

/// An option, and a check of its effect.
struct Trial {
    subcommand: &'static str,
    option: &'static str,
    /// Asserts that the option changes the answer as it says.
    shows: fn(&Bench),
}

/// A subcommand, and a folder for its files.
struct Bench {
    subcommand: &'static str,
    folder: Folder,
}

impl Bench {
    fn run(&self, arguments: &[&str]) -> Output {
        refrain([&[self.subcommand], arguments].concat())
    }

    fn record(&self, arguments: &[&str]) -> Value {
        only_record(&self.run(arguments))
    }

    /// Files with two texts. For a subcommand that reads one text, both texts are in one file.
    fn files(&self, left: &str, right: &str) -> Vec<String> {
        match self.subcommand {
            "repeats" => vec![self.folder.file("text", format!("{left}\n\n{}\n\n{right}", filler()))],
            _ => vec![self.folder.file("left", left), self.folder.file("right", right)],
        }
    }

    /// The answer for two texts, without its id.
    fn on(&self, left: &str, right: &str, options: &[&str]) -> Value {
        let files = self.files(left, right);
        let arguments: Vec<&str> = files.iter().map(String::as_str).chain(options.iter().copied()).collect();
        let mut answer = self.record(&arguments);
        answer["id"].take();
        answer
    }

    /// A file of records. The first record is good; `more` follows.
    fn lines(&self, more: &str) -> String {
        let texts = match self.subcommand {
            "repeats" => json!({"id": 1, "text": SENTENCE}),
            "diff" => json!({"id": 1, "before": SENTENCE, "after": OTHER}),
            "passages" => {
                self.folder.write("a", SENTENCE);
                json!({"id": 1, "left": "a", "right": "a"})
            }
            _ => json!({"id": 1, "left": SENTENCE, "right": OTHER}),
        };
        self.folder.file("records.jsonl", format!("{texts}\n{more}"))
    }

    fn records_option(&self) -> &'static str {
        if self.subcommand == "passages" { "--pairs" } else { "--jsonl" }
    }
}

/// Text that shares nothing with the other texts.
fn filler() -> &'static str {
    "Quite another matter: the price of wool fell."
}

/// How many repeats or passages were found. For `similarity`: the proportion of the left text in shared passages, in
/// thousandths.
fn found(answer: &Value) -> usize {
    let list = answer.get("repeats").or(answer.get("passages"));
    list.map_or_else(
        || {
            let share = |field: &str| answer[field].as_f64().unwrap();
            ((share("coverage_left") + share("reordered_left")) * 1000.0) as usize
        },
        |list| list.as_array().unwrap().len(),
    )
}

/// The words of [`SENTENCE`] in another order.
fn shuffled() -> String {
    let mut words: Vec<&str> = SENTENCE.trim_end_matches('.').split(' ').collect();
    words.reverse();
    words.join(" ") + "."
}

fn min_length(bench: &Bench) {
    let copy = "the blue door of the old bakery on the square of Lund";
    let on = |options: &[&str]| {
        found(&bench.on(&format!("{copy}; so they said"), &format!("Now {copy}."), options))
    };
    assert_eq!(on(&[]), 0, "42 letters are below the default");
    assert!(on(&["--min-length", "40"]) > 0);
    assert_eq!(on(&["--min-length", "45"]), 0);
}

fn max_gap(bench: &Bench) {
    let left = format!("{SENTENCE} {OTHER}");
    let right = format!("{SENTENCE} It was twenty past nine on a cold and windy Tuesday. {OTHER}");
    let order = if bench.subcommand == "repeats" { &[][..] } else { &["--in-order"] };
    let on = |gap: &str| bench.on(&left, &right, &[&["--max-gap", gap], order].concat());
    let (wide, narrow) = (on("100"), on("10"));
    assert_ne!(wide, narrow);
    match bench.subcommand {
        // Both halves are covered. The text between them is covered only with the wide gap.
        "similarity" => assert!(narrow["coverage_right"].as_f64() < wide["coverage_right"].as_f64()),
        _ => assert_eq!((found(&wide), found(&narrow)), (1, 2)),
    }
}

fn nested(bench: &Bench) {
    let long = format!("{SENTENCE} {OTHER} But {SENTENCE} And then it was quiet.");
    let (left, right) = match bench.subcommand {
        // The sentence occurs only inside the longer repeat, and twice there.
        "repeats" => (long.clone(), long),
        // The right text has one more occurrence of the sentence than the left text.
        _ => (format!("{OTHER} {SENTENCE}"), format!("{OTHER} {SENTENCE} News. {SENTENCE} Thus it was.")),
    };
    let on = |options: &[&str]| found(&bench.on(&left, &right, options));
    assert_eq!((on(&[]), on(&["--nested"])), (1, 2));
}

fn in_order(bench: &Bench) {
    let (left, right) = (format!("{SENTENCE} {OTHER}"), format!("{} {}", filler(), shuffled()));
    assert!(found(&bench.on(&left, &right, &[])) > 0);
    assert_eq!(found(&bench.on(&left, &right, &["--in-order"])), 0);
}

fn summaries(bench: &Bench) {
    let (left, right) = summarised();
    let on = |options: &[&str]| {
        let answer = bench.on(&left, &right, options);
        let passages = answer["passages"].as_array().unwrap();
        passages.iter().filter(|passage| passage["evidence"] == "summary").count()
    };
    assert_eq!((on(&[]), on(&["--summaries"])), (0, 1));
}

/// The left text has five sentences that sum up twenty of the right text: of each two words. The other sentences of the texts
/// share no word.
fn summarised() -> (String, String) {
    let word = |letter: char, number: usize| {
        let place = |divisor: usize| (b'a' + (number / divisor % 26) as u8) as char;
        format!("{letter}{}{}{}o", place(1), place(26), place(7))
    };
    let sentence = |words: Vec<String>| words.join(" ") + ". ";
    let sentences = |letter: char, count: usize| -> String {
        (0..count).map(|at| sentence((0..8).map(|more| word(letter, 8 * at + more)).collect())).collect()
    };
    let digest: String = (0..5)
        .map(|at| sentence((0..8).map(|more| word('t', 8 * (4 * at + more / 2) + more % 2)).collect()))
        .collect();
    (
        sentences('b', 40) + &digest + &sentences('c', 40),
        sentences('r', 40) + &sentences('t', 20) + &sentences('s', 40),
    )
}

fn offsets(bench: &Bench) {
    let (left, right) = (format!("👍é {SENTENCE}"), SENTENCE.to_owned());
    let first = |options: &[&str]| {
        let answer = bench.on(&left, &right, options);
        match bench.subcommand {
            "repeats" => answer["repeats"][0]["occurrences"][0][0].clone(),
            "passages" => answer["passages"][0]["left"][0].clone(),
            _ => answer["edits"].as_array().unwrap().iter().find(|edit| edit["kind"] == "equal").unwrap()["left"][0].clone(),
        }
    };
    for (unit, expected) in [("bytes", 7), ("chars", 3), ("utf16", 4)] {
        assert_eq!(first(&["--offsets", unit]), expected, "{unit}");
    }
    assert_eq!(first(&[]), 7);
}

fn format(bench: &Bench) {
    let files = match bench.subcommand {
        "bands" => Vec::new(),
        _ => bench.files(SENTENCE, OTHER),
    };
    let run = |format: &str| {
        let arguments: Vec<&str> = files.iter().map(String::as_str).chain(["--format", format]).collect();
        printed(&bench.run(&arguments)).to_owned()
    };
    assert!(run("json").starts_with("{\""));
    assert!(!run("text").starts_with('{') && run("text").lines().count() > 0);
}

fn records_of_a_file(bench: &Bench) {
    let output = bench.run(&[bench.records_option(), &bench.lines("")]);
    assert_eq!(only_record(&output)["id"], 1);
}

fn strict(bench: &Bench) {
    let path = bench.lines("broken\n");
    let arguments = [bench.records_option(), &path];
    assert_eq!(code(&bench.run(&arguments)), 0);
    assert_eq!(code(&bench.run(&[&arguments[..], &["--strict"]].concat())), 1);
}

fn encoding(bench: &Bench) {
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let (left, right) =
        (bench.folder.file("left", utf16(SENTENCE)), bench.folder.file("right", utf16(SENTENCE)));
    let files = if bench.subcommand == "repeats" { vec![&*left] } else { vec![&*left, &right] };
    let refused = bench.run(&files);
    assert!(code(&refused) == 1 && errors(&refused).contains("UTF-16"), "{}", errors(&refused));
    bench.record(&[&files[..], &["--encoding", "utf-16le"]].concat());
}

fn warc_records(bench: &Bench) {
    let page = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>{SENTENCE}</p>");
    let length = page.len();
    let record = |id: u32| {
        format!(
            "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:{id}>\r\nContent-Length: {length}\r\n\r\n{page}\r\n\r\n"
        )
    };
    let input = bench.folder.file("pages.warc", record(1) + &record(2));
    let run = |name: &str, options: &[&str]| {
        let out = bench.folder.path(name);
        let output = bench.run(&[&[&*input, "--output", out.to_str().unwrap()], options].concat());
        let summary: Value =
            serde_json::from_slice(&bench.folder.read(&format!("{name}/summary.json"))).unwrap();
        (summary["documents"].clone(), summary["removed"].clone(), errors(&output).contains("2 response"))
    };
    assert_eq!(run("texts", &[]), (json!(0), json!(0), true));
    assert_eq!(run("pages", &["--warc-records", "conversion,response"]), (json!(2), json!(1), false));
}

fn max_record(bench: &Bench) {
    let path = bench.lines("");
    let run =
        |limit: &str| records(&bench.run(&[bench.records_option(), &path, "--max-record", limit])).len();
    assert_eq!((run("1k"), run("10")), (1, 0));
}

/// Threads of the command while it waits for more input.
#[cfg(target_os = "linux")]
fn threads_of(bench: &Bench, arguments: &[&str], threads: &str) -> Option<usize> {
    let mut command = piped([&[bench.subcommand], arguments, &["--threads", threads]].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"not a record\n").unwrap();
    let wanted = threads.parse::<usize>().unwrap();
    let start = Instant::now();
    let mut most = 0;
    while start.elapsed() < Duration::from_secs(20) && most <= wanted {
        most = std::fs::read_dir(format!("/proc/{}/task", child.id())).map_or(0, Iterator::count).max(most);
        std::thread::sleep(Duration::from_millis(5));
    }
    // More threads may be starting.
    std::thread::sleep(Duration::from_millis(200));
    most = std::fs::read_dir(format!("/proc/{}/task", child.id())).map_or(0, Iterator::count).max(most);
    drop(input);
    child.wait_with_output().unwrap();
    Some(most)
}

#[cfg(not(target_os = "linux"))]
fn threads_of(_: &Bench, _: &[&str], _: &str) -> Option<usize> {
    None
}

fn threads(bench: &Bench) {
    let out = bench.folder.path("out");
    let arguments = match bench.subcommand {
        "dedup" => vec!["-", "--output", out.to_str().unwrap(), "--quiet"],
        _ => vec![bench.records_option(), "-"],
    };
    let Some(three) = threads_of(bench, &arguments, "3") else { return };
    let seven = threads_of(bench, &arguments, "7").unwrap();
    assert_eq!(seven, three + 4);
}

fn trim(bench: &Bench) {
    let path = bench.folder.file("text", format!("{SENTENCE}\n\n{}\n\n{SENTENCE}\n", filler()));
    assert_eq!(printed(&bench.run(&[&path, "--trim"])), format!("{SENTENCE}\n\n{}\n\n", filler()));
}

fn dry_run(bench: &Bench) {
    let path = bench.folder.file("text", format!("{SENTENCE}\n\n{}\n\n{SENTENCE}\n", filler()));
    let (length, second) = (SENTENCE.len(), SENTENCE.len() + filler().len() + 4);
    let cut = json!({"cut": [second, second + length + 1], "kept": [0, length], "identity": 1.0});
    assert_eq!(bench.record(&[&path, "--trim", "--dry-run"])["cuts"], json!([cut]));
    let output = bench.run(&[&path, "--trim", "--dry-run", "--format", "text"]);
    let page = printed(&output);
    assert!(page.contains("1 cut") && page.contains("1. cut  5:1") && page.contains("kept 1:1"), "{page}");
    assert_eq!(code(&bench.run(&[&path, "--dry-run"])), 2, "there is nothing to try without --trim");
}

fn min_identity(bench: &Bench) {
    let edited = SENTENCE.replace("closed", "clesed");
    let path = bench.folder.file("text", format!("{SENTENCE}\n\n{}\n\n{edited}\n", filler()));
    let cuts = |least: &str| {
        let record = bench.record(&[&path, "--trim", "--dry-run", "--min-identity", least]);
        record["cuts"].as_array().unwrap().len()
    };
    assert_eq!((cuts("0.9"), cuts("1")), (1, 0));
    assert_eq!(code(&bench.run(&[&path, "--trim", "--min-identity", "1.2"])), 2);
}

// Diff.

fn kinds(answer: &Value) -> Vec<&str> {
    answer["edits"].as_array().unwrap().iter().map(|edit| edit["kind"].as_str().unwrap()).collect()
}

fn granularity(bench: &Bench) {
    let on = |unit: &str| bench.on("one colour\nof two", "one color\nof two", &["--granularity", unit]);
    let first_change = |unit: &str| on(unit)["edits"][usize::from(unit != "line")].clone();
    assert_eq!(first_change("word"), json!({"kind": "replace", "left": [4, 10], "right": [4, 9]}));
    assert_eq!(first_change("character"), json!({"kind": "delete", "left": [8, 9], "right": [8, 8]}));
    assert_eq!(first_change("line"), json!({"kind": "replace", "left": [0, 11], "right": [0, 10]}));
}

/// Two sentences that change places, the shorter one of 27 letters.
fn swapped() -> (String, String) {
    let short = "The blue door of the old bakery.";
    (format!("{SENTENCE} {short} And no more."), format!("{short} {SENTENCE} And no more."))
}

fn min_move(bench: &Bench) {
    let (left, right) = swapped();
    let moves = |options: &[&str]| kinds(&bench.on(&left, &right, options)).contains(&"move_to");
    assert_eq!((moves(&[]), moves(&["--min-move", "20"])), (false, true));
}

fn no_moves(bench: &Bench) {
    let (left, right) = (format!("{SENTENCE} {OTHER} End."), format!("{OTHER} {SENTENCE} End."));
    let moves = |options: &[&str]| kinds(&bench.on(&left, &right, options)).contains(&"move_to");
    assert_eq!((moves(&[]), moves(&["--no-moves"])), (true, false));
}

fn step_limit(bench: &Bench) {
    let on = |options: &[&str]| bench.on("a b c d e f g", "g c a x e y d", options);
    assert_eq!(on(&[]).get("coarse"), None);
    assert_eq!(on(&["--step-limit", "0"])["coarse"], true);
}

fn unified(bench: &Bench) {
    let files = bench.files("one\n", "two\n");
    let output = bench.run(&["--unified", &files[0], &files[1]]);
    assert!(printed(&output).ends_with("@@ -1 +1 @@\n-one\n+two\n"), "{}", printed(&output));
}

// Similarity.

fn shingle(bench: &Bench) {
    let on = |unit: &str| bench.on("a b c d e f", "f e d c b a", &["--shingle", unit])["jaccard"].clone();
    assert_eq!((on("words:1"), on("words:2"), on("adaptive")), (json!(1.0), json!(0.0), json!(0.0)));
}

// Bands.

fn bands_of(bench: &Bench, options: &[&str]) -> (u64, u64, u64) {
    let record = bench.record(options);
    let number = |name: &str| record[name].as_u64().unwrap();
    (number("bands"), number("rows"), number("bytes_per_document"))
}

/// Asserts that each of these ways to call the command gives other bands.
fn changes_bands(bench: &Bench, ways: &[&[&str]]) {
    let answers: BTreeSet<_> = ways.iter().map(|options| bands_of(bench, options)).collect();
    assert_eq!(answers.len(), ways.len(), "{answers:?}");
}

// Dedup.

/// Five documents: 0 and 1 are near-duplicates, 2 and 3 share most words, 4 shares nothing. Their order by length differs from
/// their order by rank.
fn documents() -> String {
    let (one, two) = (format!("{SENTENCE} {OTHER}"), words(1, 60));
    let part = format!("{} {}", words(1, 48), words(900, 12));
    let texts = [one.clone(), format!("{one}  More."), two, part, words(300, 40)];
    let lines = texts.iter().enumerate().map(|(number, text)| {
        let other = format!("other {}", words(500 + 50 * number, 30));
        json!({"id": number, "text": text, "body": other, "key": format!("k{number}"), "rank": number, "date": format!("20{:02}-01-01", 30 - number)})
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn words(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("word{number}")).collect::<Vec<_>>().join(" ")
}

impl Bench {
    /// Runs `dedup` on the documents into an empty folder, and reads the output.
    fn dedup(&self, options: &[&str]) -> Written {
        let _ = std::fs::remove_dir_all(self.folder.path("out"));
        let input = self.folder.file("in.jsonl", documents());
        let out = self.folder.path("out");
        let output = self.run(&[&[&input, "--output", out.to_str().unwrap()], options].concat());
        assert_eq!(code(&output), 0, "{}", errors(&output));
        let removed =
            self.folder.lines("out/removed.jsonl").iter().map(|line| line["id"].to_string()).collect();
        let summary = serde_json::from_slice(&self.folder.read("out/summary.json")).unwrap();
        Written { removed, summary, output }
    }
}

struct Written {
    removed: Vec<String>,
    summary: Value,
    output: Output,
}

fn dedup_changes(bench: &Bench, options: &[&str], removed: &[&str]) {
    let base = bench.dedup(&[]).removed;
    assert_eq!(base, ["1"]);
    let changed = bench.dedup(options).removed;
    assert_eq!(changed, removed);
    assert_ne!(changed, base);
}

fn dedup_strict(bench: &Bench) {
    let input = bench.folder.file("in.jsonl", documents() + "broken\n");
    let run = |out: &str, options: &[&str]| {
        let out = bench.folder.path(out);
        code(&bench.run(&[&[&input, "--output", out.to_str().unwrap()], options].concat()))
    };
    assert_eq!((run("lax", &[]), run("strict", &["--strict"])), (0, 1));
}

fn dedup_index(bench: &Bench) {
    let index = bench.folder.path("index").to_str().unwrap().to_owned();
    assert_eq!(bench.dedup(&["--index", &index]).removed.len(), 1);
    let again = bench.folder.file("again.jsonl", json!({"id": "again", "text": words(300, 40)}).to_string());
    let out = bench.folder.path("later");
    bench.run(&[&again, "--output", out.to_str().unwrap(), "--index", &index]);
    assert_eq!(bench.folder.lines("later/removed.jsonl").len(), 1);
}

fn dedup_work(bench: &Bench) {
    // There is a file in the place of the folder.
    let work = bench.folder.file("work", "");
    let input = bench.folder.file("in.jsonl", documents());
    let out = bench.folder.path("out");
    let output = bench.run(&[&input, "--output", out.to_str().unwrap(), "--work", &work]);
    assert_eq!(code(&output), 1);
    assert!(errors(&output).contains(&work), "{}", errors(&output));
}

fn dedup_memory(bench: &Bench) {
    let input = bench.folder.file("in.jsonl", documents());
    let out = bench.folder.path("out");
    let run = |memory| bench.run(&[&input, "--output", out.to_str().unwrap(), "--memory", memory]);
    assert_eq!(code(&run("20MiB")), 2);
    assert_eq!(code(&run("512MiB")), 0);
}

fn dedup_repeats(bench: &Bench) {
    let song = format!("{OTHER}\n\n{SENTENCE}\n\n{}\n\n{SENTENCE}", filler());
    let path = bench.folder.file("song.jsonl", format!("{}\n", json!({"id": "song", "text": song})));
    let kept = |name: &str, options: &[&str]| {
        let out = bench.folder.path(name);
        let arguments = [&[&path, "--output", out.to_str().unwrap(), "--passages", "trim"], options].concat();
        assert_eq!(code(&bench.run(&arguments)), 0);
        std::fs::read_to_string(out.join("kept/song.jsonl")).unwrap().matches(SENTENCE).count()
    };
    let found =
        [kept("usual", &[]), kept("keep", &["--repeats", "keep"]), kept("trim", &["--repeats", "trim"])];
    assert_eq!(found, [2, 2, 1]);
}

/// A paragraph that recurs in three documents and is nearly all of one.
fn recurring(bench: &Bench) -> String {
    let texts = [
        format!("{}\n\n{SENTENCE} {OTHER}\n\n{}", words(1, 60), words(100, 60)),
        format!("{}\n\n{SENTENCE} {OTHER}\n\n{}", words(200, 60), words(300, 60)),
        format!("{SENTENCE} {OTHER}\n\nnews of today"),
    ];
    let lines: String =
        texts.iter().enumerate().map(|(id, text)| format!("{}\n", json!({"id": id, "text": text}))).collect();
    bench.folder.file("in.jsonl", lines)
}

fn dedup_passages(bench: &Bench) {
    let input = recurring(bench);
    let run = |name: &str, options: &[&str]| {
        let out = bench.folder.path(name).to_str().unwrap().to_owned();
        let output = bench.run(&[&[&input, "--output", &out], options].concat());
        assert_eq!(code(&output), 0, "{}", errors(&output));
        let lines = |file: &str| {
            let there = bench.folder.path(&format!("{name}/{file}")).exists();
            there.then(|| bench.folder.lines(&format!("{name}/{file}")).len())
        };
        let kept = bench.folder.lines(&format!("{name}/kept/in.jsonl"));
        let sentences = kept.iter().filter(|line| line["text"].as_str().unwrap().contains(SENTENCE)).count();
        (lines("passages.jsonl"), lines("covered.jsonl").unwrap_or(0), sentences)
    };
    assert_eq!(run("without", &[]), (None, 0, 3));
    assert_eq!(run("report", &["--passages", "report"]), (Some(1), 0, 3));
    assert_eq!(run("trim", &["--passages", "trim"]), (Some(1), 0, 1));
    assert_eq!(run("long", &["--passages", "report", "--passage-length", "500"]), (Some(0), 0, 3));
    let (_, covered, _) = run("covered", &["--passages", "report", "--coverage", "80"]);
    assert_eq!(covered, 1);
}

/// A text with and without its accents.
const ACCENTS: [&str; 2] = [
    "Le garçon a été reçu à l'hôtel près de la forêt où la fête était",
    "Le garcon a ete recu a l'hotel pres de la foret ou la fete etait",
];

fn ignore_marks(bench: &Bench) {
    let on = |options: &[&str]| {
        found(&bench.on(ACCENTS[0], ACCENTS[1], &[&["--min-length", "45"], options].concat()))
    };
    assert_eq!((on(&[]), on(&["--ignore-marks"])), (0, 1));
}

fn ignore(bench: &Bench) {
    let line = |day: u32, level: u32| {
        format!("Day {day}: the gauge at the bridge says {level}, and the {day} ferries stay in.")
    };
    let on = |options: &[&str]| {
        let answer = bench.on(&line(17, 412), &line(23, 3971), &[&["--min-length", "40"], options].concat());
        let list = answer.get("repeats").or(answer.get("passages")).unwrap().as_array().unwrap().clone();
        list.first().map_or(0.0, |one| one["identity"].as_f64().unwrap())
    };
    assert!(on(&[]) < 1.0);
    assert_eq!(on(&["--ignore", "numbers"]), 1.0);
    assert_eq!(on(&["--ignore", "[0-9]+"]), 1.0);
    assert!(on(&["--ignore", "urls", "--ignore", "emails", "--ignore", "timestamps"]) < 1.0);
}

fn similarity_ignore_marks(bench: &Bench) {
    let on = |options: &[&str]| bench.on(ACCENTS[0], ACCENTS[1], options)["jaccard"].as_f64().unwrap();
    assert!(on(&[]) < 0.5);
    assert_eq!(on(&["--ignore-marks"]), 1.0);
}

fn dedup_ignore_marks(bench: &Bench) {
    let documents: String =
        ACCENTS.iter().map(|text| format!("{}\n", json!({"id": "a", "text": text}))).collect();
    let input = bench.folder.file("accents.jsonl", documents);
    let removed = |name: &str, options: &[&str]| {
        let output = bench.folder.path(name);
        let run = bench.run(&[&[&input, "--output", output.to_str().unwrap()], options].concat());
        assert_eq!(code(&run), 0, "{}", errors(&run));
        let summary: Value =
            serde_json::from_slice(&std::fs::read(output.join("summary.json")).unwrap()).unwrap();
        summary["removed"].clone()
    };
    assert_eq!((removed("with", &[]), removed("without", &["--ignore-marks"])), (json!(0), json!(1)));
}

fn merged(bench: &Bench) {
    let input = bench.folder.file("in.jsonl", documents());
    let path = |name: &str| bench.folder.path(name).to_str().unwrap().to_owned();
    let made = refrain(["dedup", &input, "--output", &path("out"), "--index", &path("index")]);
    assert_eq!(code(&made), 0, "{}", errors(&made));
    assert_eq!(code(&bench.run(&[&path("index"), "--output", &path("merged")])), 0);
    assert!(bench.folder.path("merged").read_dir().unwrap().count() > 0);
}

const TRIALS: &[Trial] = &[
    Trial { subcommand: "repeats", option: "--jsonl", shows: records_of_a_file },
    Trial { subcommand: "repeats", option: "--trim", shows: trim },
    Trial { subcommand: "repeats", option: "--dry-run", shows: dry_run },
    Trial { subcommand: "repeats", option: "--min-identity", shows: min_identity },
    Trial { subcommand: "repeats", option: "--min-length", shows: min_length },
    Trial { subcommand: "repeats", option: "--max-gap", shows: max_gap },
    Trial { subcommand: "repeats", option: "--nested", shows: nested },
    Trial { subcommand: "repeats", option: "--ignore-marks", shows: ignore_marks },
    Trial { subcommand: "repeats", option: "--ignore", shows: ignore },
    Trial { subcommand: "repeats", option: "--offsets", shows: offsets },
    Trial { subcommand: "repeats", option: "--format", shows: format },
    Trial { subcommand: "repeats", option: "--strict", shows: strict },
    Trial { subcommand: "repeats", option: "--encoding", shows: encoding },
    Trial { subcommand: "repeats", option: "--max-record", shows: max_record },
    Trial { subcommand: "repeats", option: "--threads", shows: threads },
    Trial { subcommand: "passages", option: "--pairs", shows: records_of_a_file },
    Trial { subcommand: "passages", option: "--in-order", shows: in_order },
    Trial { subcommand: "passages", option: "--summaries", shows: summaries },
    Trial { subcommand: "passages", option: "--min-length", shows: min_length },
    Trial { subcommand: "passages", option: "--max-gap", shows: max_gap },
    Trial { subcommand: "passages", option: "--nested", shows: nested },
    Trial { subcommand: "passages", option: "--ignore-marks", shows: ignore_marks },
    Trial { subcommand: "passages", option: "--ignore", shows: ignore },
    Trial { subcommand: "passages", option: "--offsets", shows: offsets },
    Trial { subcommand: "passages", option: "--format", shows: format },
    Trial { subcommand: "passages", option: "--strict", shows: strict },
    Trial { subcommand: "passages", option: "--encoding", shows: encoding },
    Trial { subcommand: "passages", option: "--max-record", shows: max_record },
    Trial { subcommand: "passages", option: "--threads", shows: threads },
    Trial { subcommand: "diff", option: "--jsonl", shows: records_of_a_file },
    Trial { subcommand: "diff", option: "--granularity", shows: granularity },
    Trial { subcommand: "diff", option: "--min-move", shows: min_move },
    Trial { subcommand: "diff", option: "--no-moves", shows: no_moves },
    Trial { subcommand: "diff", option: "--step-limit", shows: step_limit },
    Trial { subcommand: "diff", option: "--unified", shows: unified },
    Trial { subcommand: "diff", option: "--offsets", shows: offsets },
    Trial { subcommand: "diff", option: "--format", shows: format },
    Trial { subcommand: "diff", option: "--strict", shows: strict },
    Trial { subcommand: "diff", option: "--encoding", shows: encoding },
    Trial { subcommand: "diff", option: "--max-record", shows: max_record },
    Trial { subcommand: "diff", option: "--threads", shows: threads },
    Trial { subcommand: "similarity", option: "--jsonl", shows: records_of_a_file },
    Trial { subcommand: "similarity", option: "--shingle", shows: shingle },
    Trial { subcommand: "similarity", option: "--ignore-marks", shows: similarity_ignore_marks },
    Trial { subcommand: "similarity", option: "--min-length", shows: min_length },
    Trial { subcommand: "similarity", option: "--max-gap", shows: max_gap },
    Trial { subcommand: "similarity", option: "--in-order", shows: in_order },
    Trial { subcommand: "similarity", option: "--format", shows: format },
    Trial { subcommand: "similarity", option: "--strict", shows: strict },
    Trial { subcommand: "similarity", option: "--encoding", shows: encoding },
    Trial { subcommand: "similarity", option: "--max-record", shows: max_record },
    Trial { subcommand: "similarity", option: "--threads", shows: threads },
    Trial {
        subcommand: "bands",
        option: "--threshold",
        shows: |bench| changes_bands(bench, &[&[], &["--threshold", "0.5"]]),
    },
    Trial {
        subcommand: "bands",
        option: "--recall",
        shows: |bench| changes_bands(bench, &[&[], &["--recall", "0.5"]]),
    },
    Trial {
        subcommand: "bands",
        option: "--slots",
        shows: |bench| changes_bands(bench, &[&[], &["--slots", "64"]]),
    },
    Trial {
        subcommand: "bands",
        option: "--memory",
        shows: |bench| changes_bands(bench, &[&[], &["--memory", "200"]]),
    },
    Trial {
        subcommand: "bands",
        option: "--bands",
        shows: |bench| assert_eq!(bands_of(bench, &["--bands", "9", "--rows", "5"]).0, 9),
    },
    Trial {
        subcommand: "bands",
        option: "--rows",
        shows: |bench| assert_eq!(bands_of(bench, &["--bands", "9", "--rows", "5"]).1, 5),
    },
    Trial {
        subcommand: "bands",
        option: "--preset",
        shows: |bench| changes_bands(bench, &[&["--preset", "olmo"], &["--preset", "nemo"]]),
    },
    Trial { subcommand: "bands", option: "--format", shows: format },
    Trial {
        subcommand: "dedup",
        option: "--output",
        shows: |bench| assert_eq!(bench.dedup(&[]).summary["removed"], 1),
    },
    Trial {
        subcommand: "dedup",
        option: "--threshold",
        shows: |bench| dedup_changes(bench, &["--threshold", "0.5"], &["1", "3"]),
    },
    Trial {
        subcommand: "dedup",
        option: "--shingle",
        shows: |bench| dedup_changes(bench, &["--threshold", "0.66", "--shingle", "words:1"], &["1", "3"]),
    },
    Trial { subcommand: "dedup", option: "--ignore-marks", shows: dedup_ignore_marks },
    Trial {
        subcommand: "dedup",
        option: "--recall",
        shows: |bench| {
            let summary = |recall| bench.dedup(&["--recall", recall]).summary;
            let (low, high) = (summary("0.5"), summary("0.99"));
            assert_ne!((&low["bands"], &low["rows"]), (&high["bands"], &high["rows"]), "{low} {high}");
        },
    },
    Trial {
        subcommand: "dedup",
        option: "--keep",
        shows: |bench| {
            for policy in ["longest", "score:rank"] {
                dedup_changes(bench, &["--keep", policy], &["0"]);
            }
            assert_eq!(bench.dedup(&["--keep", "newest:date"]).removed, ["1"]);
        },
    },
    Trial { subcommand: "dedup", option: "--memory", shows: dedup_memory },
    Trial { subcommand: "dedup", option: "--work", shows: dedup_work },
    Trial { subcommand: "dedup", option: "--index", shows: dedup_index },
    Trial {
        subcommand: "dedup",
        option: "--audit",
        shows: |bench| {
            assert!(printed(&bench.dedup(&["--audit", "5"]).output).contains("audit of 5 documents"))
        },
    },
    Trial { subcommand: "dedup", option: "--warc-records", shows: warc_records },
    Trial {
        subcommand: "dedup",
        option: "--encoding",
        shows: |bench| {
            assert_eq!(bench.dedup(&["--encoding", "windows-1252"]).summary["documents"], 5);
        },
    },
    Trial { subcommand: "dedup", option: "--threads", shows: threads },
    Trial {
        subcommand: "dedup",
        option: "--max-record",
        shows: |bench| {
            let rejected = |limit| bench.dedup(&["--max-record", limit]).summary["rejected"].clone();
            assert_eq!(rejected("16MiB"), json!(0));
            let input = bench.folder.file("in.jsonl", documents());
            let out = bench.folder.path("out-short");
            let options = [&input, "--output", out.to_str().unwrap(), "--max-record", "100"];
            let refused = bench.run(&options);
            assert_eq!(code(&refused), 1, "no record was read");
            assert!(errors(&refused).contains("5 records rejected"), "{}", errors(&refused));
        },
    },
    Trial {
        subcommand: "dedup",
        option: "--text-field",
        shows: |bench| dedup_changes(bench, &["--text-field", "body"], &[]),
    },
    Trial {
        subcommand: "dedup",
        option: "--id-field",
        shows: |bench| dedup_changes(bench, &["--id-field", "key"], &["\"k1\""]),
    },
    Trial {
        subcommand: "dedup",
        option: "--input-format",
        shows: |bench| assert_eq!(bench.dedup(&["--input-format", "text"]).summary["documents"], 1),
    },
    Trial { subcommand: "dedup", option: "--passages", shows: dedup_passages },
    Trial { subcommand: "dedup", option: "--repeats", shows: dedup_repeats },
    Trial { subcommand: "dedup", option: "--passage-length", shows: dedup_passages },
    Trial { subcommand: "dedup", option: "--coverage", shows: dedup_passages },
    Trial { subcommand: "dedup", option: "--strict", shows: dedup_strict },
    Trial {
        subcommand: "dedup",
        option: "--quiet",
        shows: |bench| {
            assert_ne!(errors(&bench.dedup(&[]).output), "");
            assert_eq!(errors(&bench.dedup(&["--quiet"]).output), "");
        },
    },
    Trial { subcommand: "merge-indexes", option: "--output", shows: merged },
];

#[test]
fn each_option_changes_an_answer() {
    let fails = |trial: &&Trial| {
        let bench = Bench { subcommand: trial.subcommand, folder: Folder::new() };
        std::panic::catch_unwind(AssertUnwindSafe(|| (trial.shows)(&bench))).is_err()
    };
    let failed: Vec<String> =
        TRIALS.iter().filter(fails).map(|trial| format!("{} {}", trial.subcommand, trial.option)).collect();
    assert_eq!(failed, Vec::<String>::new());
}

/// The long options that a help page lists.
fn options_of(subcommand: &str) -> BTreeSet<String> {
    let help = refrain([subcommand, "--help"]);
    let lines =
        printed(&help).lines().filter(|line| line.trim_start().starts_with('-') && line.starts_with(' '));
    let names = lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")));
    names.map(str::to_owned).filter(|name| name != "--help").collect()
}

#[test]
fn the_table_has_every_option() {
    let help = refrain(["--help"]);
    let commands = printed(&help).split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let subcommands: BTreeSet<&str> = commands
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    let tried: BTreeSet<&str> = TRIALS.iter().map(|trial| trial.subcommand).collect();
    assert_eq!(subcommands, tried);
    for subcommand in subcommands {
        let tried: BTreeSet<String> = TRIALS
            .iter()
            .filter(|trial| trial.subcommand == subcommand)
            .map(|trial| trial.option.to_owned())
            .collect();
        assert_eq!(options_of(subcommand), tried, "{subcommand}");
    }
}

/// All commands have the same default for the longest record.
#[test]
fn the_longest_record_has_one_default() {
    let default = |subcommand: &str| {
        let help = refrain([subcommand, "--help"]);
        let after = printed(&help).split("--max-record").nth(1).unwrap().to_owned();
        after.split("[default: ").nth(1).unwrap().split(']').next().unwrap().to_owned()
    };
    for subcommand in ["repeats", "passages", "diff", "similarity"] {
        assert_eq!(default(subcommand), default("dedup"));
    }
    let line = format!("{{\"id\":1,\"text\":\"{}\"}}\n", "x".repeat((16 << 20) - 18));
    assert_eq!(line.len(), (16 << 20) + 1);
    let output = refrain_with_input(&["repeats", "--jsonl", "-"], line.as_bytes());
    let reason = "is 16777217 bytes long, and the limit is 16777216 (--max-record)";
    assert!(errors(&output).contains(reason), "{}", errors(&output));
}
