//! The promise of the command: the JSON of the contract, exit codes, and bad input that is named and never a
//! crash. Every test runs the built command.

mod command;
mod folder;

use command::{code, errors, only_record, records, refrain, refrain_with_input};
use folder::Folder;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A sentence well above the default shortest passage.
const SENTENCE: &str = "The harbour master counted nineteen wooden boats before the fog closed over the northern pier, and wrote each name down.";
const OTHER: &str = "Nobody in the village remembered who had painted the blue door of the old bakery.";

fn repeats(path: &Path) -> Output {
    refrain([OsStr::new("repeats"), path.as_os_str()])
}

/// A text that holds the sentence twice, and its two byte ranges.
fn doubled(separator: &str) -> (String, [[usize; 2]; 2]) {
    let text = format!("{SENTENCE}{separator}{OTHER}{separator}{SENTENCE}");
    let second = text.rfind(SENTENCE).unwrap();
    let spans = [[0, SENTENCE.len()], [second, text.len()]];
    (text, spans)
}

#[test]
fn repeats_of_a_file_have_the_shape_of_the_contract() {
    let folder = Folder::new();
    let (text, spans) = doubled("\n\n");
    let path = folder.write("page.txt", text);
    let output = repeats(&path);
    assert_eq!(
        only_record(&output),
        json!({
            "id": path.to_str().unwrap(),
            "repeats": [{"occurrences": spans, "identity": 1.0, "period": null}],
            "capped": 0,
        })
    );
    assert!(output.stdout.starts_with(b"{\"id\":"));
}

#[test]
fn passages_of_two_files_have_the_shape_of_the_contract() {
    let folder = Folder::new();
    let left = folder.write("left.txt", format!("Before.\n{SENTENCE}\n"));
    let right = folder.write("right.txt", format!("{SENTENCE}\n{OTHER}\n"));
    let record = only_record(&refrain([OsStr::new("passages"), left.as_os_str(), right.as_os_str()]));
    assert_eq!(
        record,
        json!({
            "id": format!("{} {}", left.display(), right.display()),
            "passages": [{"left": [8, 8 + SENTENCE.len()], "right": [0, SENTENCE.len()], "identity": 1.0}],
            "capped": 0,
        })
    );
}

#[test]
fn pairs_are_read_relative_to_their_file_and_answered_in_order() {
    let folder = Folder::new();
    folder.write("a.txt", SENTENCE);
    folder.write("b.txt", format!("{OTHER} {SENTENCE}"));
    let mut lines = String::new();
    for number in 0..600 {
        lines += &format!("{{\"id\": {number}, \"left\": \"a.txt\", \"right\": \"b.txt\"}}\n");
    }
    let pairs = folder.write("pairs.jsonl", lines);
    let run = |threads: &str| {
        refrain([
            OsStr::new("passages"),
            OsStr::new("--pairs"),
            pairs.as_os_str(),
            "--threads".as_ref(),
            threads.as_ref(),
        ])
    };
    let output = run("2");
    assert_eq!(code(&output), 0, "{}", errors(&output));
    let ids: Vec<Value> = records(&output).iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, (0..600).map(Value::from).collect::<Vec<_>>());
    assert_eq!(output.stdout, run("1").stdout);
}

#[test]
fn standard_input_and_packed_inputs_are_read() {
    let folder = Folder::new();
    let (text, spans) = doubled(" ");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    for bytes in [text.as_bytes(), &gzip, &zstd] {
        let from_input = only_record(&refrain_with_input(&["repeats", "-"], bytes));
        assert_eq!(from_input["repeats"][0]["occurrences"], json!(spans));
        assert_eq!(from_input["id"], "-");
        let from_file = only_record(&repeats(&folder.write("no-extension", bytes)));
        assert_eq!(from_file["repeats"], from_input["repeats"]);
    }
}

#[test]
fn a_packed_file_that_is_cut_short_is_named() {
    let folder = Folder::new();
    let (text, _) = doubled(" ");
    let zstd = zstd::encode_all(text.as_bytes(), 1).unwrap();
    let path = folder.write("cut.zst", &zstd[..zstd.len() - 5]);
    let output = repeats(&path);
    assert_eq!(code(&output), 1);
    assert!(errors(&output).contains("cut.zst"), "{}", errors(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn offsets_count_what_was_asked_for() {
    let folder = Folder::new();
    let text = format!("😀é\n{SENTENCE}\n{OTHER}\n{SENTENCE}");
    let path = folder.write("page.txt", &text);
    let between = SENTENCE.len() + OTHER.len() + 2;
    for (unit, before) in [("bytes", 7), ("chars", 3), ("utf16", 4)] {
        let output = refrain([OsStr::new("repeats"), path.as_os_str(), "--offsets".as_ref(), unit.as_ref()]);
        let expected =
            [[before, before + SENTENCE.len()], [before + between, before + between + SENTENCE.len()]];
        assert_eq!(only_record(&output)["repeats"][0]["occurrences"], json!(expected), "{unit}");
    }
}

#[test]
fn trim_writes_the_text_once() {
    let folder = Folder::new();
    let (text, _) = doubled("\n\n");
    let path = folder.write("page.txt", &text);
    let output = refrain([OsStr::new("repeats"), "--trim".as_ref(), path.as_os_str()]);
    assert_eq!(code(&output), 0);
    let trimmed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(trimmed.matches(SENTENCE).count(), 1);
    assert_eq!(trimmed.matches(OTHER).count(), 1);

    let line = format!("{}\n", json!({"id": "x", "text": text}));
    let record = only_record(&refrain_with_input(&["repeats", "--trim", "--jsonl", "-"], line.as_bytes()));
    assert_eq!(record, json!({"id": "x", "text": trimmed}));
}

#[test]
fn settings_reach_the_library() {
    let (text, _) = doubled("\n\n");
    let longer = (SENTENCE.len() + 1).to_string();
    let record =
        only_record(&refrain_with_input(&["repeats", "--min-length", &longer, "-"], text.as_bytes()));
    assert_eq!(record["repeats"], json!([]));
}

#[test]
fn text_for_people_has_lines_columns_and_what_differs_and_no_colours_in_a_pipe() {
    let text = format!("{SENTENCE}\n\n{OTHER}\n\n{}", SENTENCE.replace("boats ", "boats\n"));
    let output = refrain_with_input(&["repeats", "--format", "text", "-"], text.as_bytes());
    assert_eq!(code(&output), 0);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.starts_with("-: 1 repeated passage\n"), "{page}");
    assert!(
        page.contains(&format!("1:1 to 1:{}", SENTENCE.len() + 1)) && page.contains("5:1 to 6:"),
        "{page}"
    );
    assert!(page.contains("line breaks") && page.contains("boats⏎before"), "{page}");
    assert!(!page.contains('\x1b'), "{page:?}");
}

#[test]
fn text_for_people_passes_no_control_characters_on() {
    let text = format!("\x1b[31m{SENTENCE}\u{202e}\n{OTHER}\n\x1b[31m{SENTENCE}");
    let output = refrain_with_input(&["repeats", "--format", "text", "-"], text.as_bytes());
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains("harbour"), "{page}");
    assert!(!page.contains('\x1b') && !page.contains('\u{202e}'), "{page:?}");
}

// Bad input.

#[test]
fn texts_with_nothing_in_them_have_no_repeats() {
    let folder = Folder::new();
    for (name, content) in [
        ("empty", ""),
        ("one", "x"),
        ("punctuation", "…!?,;. -- \n\n.,"),
        ("bom", "\u{feff}"),
        ("nul", "\0\0\0\0"),
    ] {
        let record = only_record(&repeats(&folder.write(name, content)));
        assert_eq!((&record["repeats"], &record["capped"]), (&json!([]), &json!(0)), "{name}");
    }
}

#[test]
fn a_byte_order_mark_and_nul_bytes_count_in_the_offsets() {
    let folder = Folder::new();
    let text = format!("\u{feff}\0\0\n{SENTENCE}\n\0\n{OTHER}\n{SENTENCE}\n");
    let found = only_record(&repeats(&folder.write("page.txt", &text)));
    let first = text.find(SENTENCE).unwrap();
    let second = text.rfind(SENTENCE).unwrap();
    let expected = [[first, first + SENTENCE.len()], [second, second + SENTENCE.len()]];
    assert_eq!(found["repeats"][0]["occurrences"], json!(expected));
}

#[test]
fn invalid_utf8_works_with_offsets_into_the_original_bytes() {
    let folder = Folder::new();
    let mut bytes = b"\xff\xfe\x80\n".to_vec();
    bytes.extend_from_slice(SENTENCE.as_bytes());
    bytes.extend_from_slice(b"\n\xc3\n");
    bytes.extend_from_slice(OTHER.as_bytes());
    bytes.extend_from_slice(b"\n\xf0\x9f\n");
    let second = bytes.len();
    bytes.extend_from_slice(SENTENCE.as_bytes());
    let path = folder.write("page.txt", &bytes);
    let expected = [[4, 4 + SENTENCE.len()], [second, second + SENTENCE.len()]];
    assert_eq!(only_record(&repeats(&path))["repeats"][0]["occurrences"], json!(expected));

    let output = refrain([OsStr::new("repeats"), path.as_os_str(), "--offsets".as_ref(), "chars".as_ref()]);
    let second = String::from_utf8_lossy(&bytes[..second]).chars().count();
    let expected = [[4, 4 + SENTENCE.len()], [second, second + SENTENCE.len()]];
    assert_eq!(only_record(&output)["repeats"][0]["occurrences"], json!(expected));
}

#[test]
fn missing_files_and_directories_are_named_and_the_others_go_on() {
    let folder = Folder::new();
    let (text, _) = doubled(" ");
    let good = folder.write("good.txt", text);
    let missing = folder.path("missing.txt");
    let output =
        refrain([OsStr::new("repeats"), missing.as_os_str(), folder.root().as_os_str(), good.as_os_str()]);
    assert_eq!(code(&output), 1);
    let complaints = errors(&output);
    assert!(complaints.contains("missing.txt") && complaints.contains("is a directory"), "{complaints}");
    assert_eq!(records(&output).len(), 1);

    let output = refrain([OsStr::new("repeats"), "--jsonl".as_ref(), missing.as_os_str()]);
    assert_eq!(code(&output), 1);
    assert!(errors(&output).contains("missing.txt"));
}

#[test]
fn broken_lines_are_named_by_number_and_the_others_go_on() {
    let folder = Folder::new();
    let lines = [
        json!({"id": "first", "text": SENTENCE}).to_string(),
        "{\"id\": \"cut\", \"text\": \"no en".to_owned(),
        String::new(),
        r#"{"id": "surrogate", "text": "lone \ud800 half"}"#.to_owned(),
        r#"{"id": "no text"}"#.to_owned(),
        r#"{"text": "no id"}"#.to_owned(),
        r#"{"id": "number", "text": 7}"#.to_owned(),
        "[1, 2]".to_owned(),
        json!({"id": 9, "text": OTHER}).to_string(),
    ];
    let path = folder.write("docs.jsonl", lines.join("\n"));
    let run = |strict: bool| {
        let mut arguments = vec![OsStr::new("repeats"), OsStr::new("--jsonl"), path.as_os_str()];
        arguments.extend(strict.then_some(OsStr::new("--strict")));
        refrain(arguments)
    };
    let output = run(false);
    assert_eq!(code(&output), 0);
    let ids: Vec<Value> = records(&output).iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, [json!("first"), json!(9)]);
    let complaints = errors(&output);
    for number in [2, 4, 5, 6, 7, 8] {
        assert!(complaints.contains(&format!("docs.jsonl:{number}: ")), "line {number}: {complaints}");
    }
    assert_eq!(complaints.lines().count(), 7, "{complaints}");
    assert!(complaints.ends_with("6 records rejected\n"), "{complaints}");

    let strict = run(true);
    assert_eq!(code(&strict), 1);
    assert_eq!(strict.stdout, output.stdout);
}

#[test]
fn invalid_utf8_in_a_json_line_is_rejected_by_number() {
    let mut lines = b"{\"id\": 1, \"text\": \"\xff\"}\n".to_vec();
    lines.extend_from_slice(b"{\"id\": 2, \"text\": \"fine\"}\n");
    let output = refrain_with_input(&["repeats", "--jsonl", "-"], &lines);
    assert_eq!(code(&output), 0);
    assert_eq!(records(&output).len(), 1);
    assert!(errors(&output).contains("-:1: "), "{}", errors(&output));
}

#[test]
fn a_pair_without_its_file_is_a_rejected_record() {
    let folder = Folder::new();
    folder.write("a.txt", SENTENCE);
    let lines = "{\"id\":1,\"left\":\"a.txt\",\"right\":\"gone.txt\"}\n{\"id\":2,\"left\":\"a.txt\",\"right\":\"a.txt\"}\n";
    let pairs = folder.write("pairs.jsonl", lines);
    let output = refrain([OsStr::new("passages"), "--pairs".as_ref(), pairs.as_os_str()]);
    assert_eq!(code(&output), 0);
    assert_eq!(records(&output).len(), 1);
    let complaints = errors(&output);
    assert!(complaints.contains("pairs.jsonl:1: ") && complaints.contains("gone.txt"), "{complaints}");
}

/// The file is sparse: its length is refused before it is read.
#[test]
fn a_file_over_four_gibibytes_is_refused_and_no_offset_wraps() {
    let folder = Folder::new();
    let path = folder.path("huge.txt");
    fs::File::create(&path).unwrap().set_len((4 << 30) + 1).unwrap();
    let output = repeats(&path);
    assert_eq!(code(&output), 1);
    assert!(output.stdout.is_empty());
    let complaints = errors(&output);
    assert!(complaints.contains("huge.txt") && complaints.contains("4294967294 bytes"), "{complaints}");
}

#[test]
fn wrong_usage_ends_with_two() {
    for arguments in [
        &["repeats"][..],
        &["passages", "one.txt"],
        &["passages", "-", "-"],
        &["repeats", "-", "-"],
        &["repeats", "--jsonl", "a", "b"],
        &["repeats", "--threads", "0", "-"],
        &["repeats", "--offsets", "words", "-"],
        &["repeats", "--min-length", "0", "-"],
        &["nonsense"],
    ] {
        let output = refrain(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", errors(&output));
        assert!(!errors(&output).is_empty() && output.stdout.is_empty());
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let folder = Folder::new();
    let lines: String =
        (0..20_000).map(|number| format!("{}\n", json!({"id": number, "text": OTHER}))).collect();
    let path = folder.write("docs.jsonl", lines);
    let mut child = Command::new(env!("CARGO_BIN_EXE_refrain"))
        .args([OsStr::new("repeats"), "--jsonl".as_ref(), path.as_os_str()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", errors(&output));
    assert_eq!(errors(&output), "");
}
