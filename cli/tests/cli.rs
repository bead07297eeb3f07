//! `refrain repeats` and `refrain passages`: the JSON of the documented form, exit codes, text for people. Every test runs the
//! built command. Bad input is tested in `cli_bad_input.rs`.

mod command;

use command::folder::Folder;
use command::{OTHER, SENTENCE, code, errors, only_record, records, refrain, refrain_with_input};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

fn repeats(path: &Path) -> Output {
    refrain([OsStr::new("repeats"), path.as_os_str()])
}

/// A text that has the sentence twice, and its two byte ranges.
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
            "passages": [{"left": [8, 8 + SENTENCE.len()], "right": [0, SENTENCE.len()], "identity": 1.0, "evidence": "ordered"}],
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
fn offsets_count_the_unit_of_the_option() {
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
