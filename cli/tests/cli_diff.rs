//! `refrain diff`: the JSON of the documented form, revisions as JSON lines, a unified diff that `patch` reads. Bad input is
//! tested in `cli_bad_input.rs`.

mod command;

use command::folder::Folder;
use command::{printed, refrain};
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

const MOVED: &str = "Boats over twelve metres report to the pilot before they enter the basin.";

fn edits(left: &str, right: &str, options: &[&str]) -> Value {
    let line = json!({"id": 7, "before": left, "after": right}).to_string();
    let folder = Folder::new();
    let file = folder.file("revisions.jsonl", &(line + "\n"));
    let output = refrain([&["diff", "--jsonl", &file], options].concat());
    assert!(output.status.success(), "{output:?}");
    let record: Value = serde_json::from_str(printed(&output)).unwrap();
    assert_eq!(record["id"], 7);
    record["edits"].clone()
}

#[test]
fn each_kind_of_edit_has_its_fields() {
    assert_eq!(
        edits("a cat.\n\nIt sat.", "a dog.It sat. Now.", &[]),
        json!([
            {"kind": "equal", "left": [0, 2], "right": [0, 2]},
            {"kind": "replace", "left": [2, 5], "right": [2, 5]},
            {"kind": "equal", "left": [5, 6], "right": [5, 6]},
            {"kind": "format", "left": [6, 8], "right": [6, 6], "format": ["paragraph_break"]},
            {"kind": "equal", "left": [8, 15], "right": [6, 13]},
            {"kind": "insert", "left": [15, 15], "right": [13, 18]},
        ])
    );
}

#[test]
fn moves_and_copies_name_their_source() {
    let other = "Dogs on the quay stay on a lead from May to October, whatever their size, and so do cats.";
    let left = format!("{MOVED}\n\n{other}\n");
    let right = format!("{other}\n\n{}\n", MOVED.replace("twelve", "fifteen"));
    let edits = edits(&left, &right, &[]);
    let kinds: Vec<&str> =
        edits.as_array().unwrap().iter().map(|edit| edit["kind"].as_str().unwrap()).collect();
    let of = |kind: &str| edits.as_array().unwrap().iter().find(|edit| edit["kind"] == kind).unwrap();
    let (from, to) = (of("move_from"), of("move_to"));
    assert_eq!(kinds.iter().filter(|kind| kind.starts_with("move")).count(), 2, "{kinds:?}");
    assert_eq!((&from["id"], &from["left"]), (&to["id"], &to["source"]));
    let nested = to["edits"].as_array().unwrap();
    assert!(nested.iter().any(|edit| edit["kind"] == "replace"));
    assert_eq!(nested[0]["left"][0], to["source"][0]);
    assert_eq!(nested[nested.len() - 1]["right"][1], to["right"][1]);

    let plain = self::edits(&left, &right, &["--no-moves"]);
    assert!(plain.as_array().unwrap().iter().all(|edit| !edit["kind"].as_str().unwrap().starts_with("move")));

    let copy = self::edits(&left, &format!("{left}\n{MOVED}\n"), &[]);
    let copy = copy.as_array().unwrap().iter().find(|edit| edit["kind"] == "copy").unwrap();
    assert_eq!(copy["source"][0], 0);
    assert!(copy.get("edits").is_none(), "it did not change");
    let gone = self::edits(&format!("{left}\n{MOVED}\n"), &left, &[]);
    let gone = gone.as_array().unwrap().iter().find(|edit| edit["kind"] == "delete").unwrap();
    assert_eq!(gone["duplicate_of"][0], 0);
}

#[test]
fn offsets_and_granularity_follow_the_options() {
    let (left, right) = ("één kleur 👍 hier", "één kleuren 👍 hier");
    let spans = |options: &[&str]| edits(left, right, options)[1]["right"].clone();
    assert_eq!(spans(&[]), json!([6, 13]));
    assert_eq!(spans(&["--offsets", "chars"]), json!([4, 11]));
    assert_eq!(spans(&["--granularity", "character"]), json!([11, 13]));
    assert_eq!(edits(left, right, &["--granularity", "line"]).as_array().unwrap().len(), 1);
    let last = edits(left, right, &["--offsets", "utf16"])[2]["right"][1].clone();
    assert_eq!(last, right.encode_utf16().count());
}

#[test]
fn a_record_beyond_the_limit_is_coarse() {
    let folder = Folder::new();
    let (left, right) = (folder.file("left", "a b c d e f g"), folder.file("right", "g c a x e y d"));
    let output = refrain(["diff", "--step-limit", "0", &left, &right]);
    let record: Value = serde_json::from_str(printed(&output)).unwrap();
    assert_eq!(record["coarse"], true);
    assert_eq!(record["id"], format!("{left} {right}"));
    let full: Value = serde_json::from_str(printed(&refrain(["diff", &left, &right]))).unwrap();
    assert!(full.get("coarse").is_none());
}

#[test]
fn text_marks_deleted_inserted_and_moved_text() {
    let folder = Folder::new();
    let (left, right) = (folder.file("left", "one two.\n\nThree"), folder.file("right", "one too.Three"));
    let output = refrain(["diff", "--format", "text", &left, &right]);
    assert!(printed(&output).contains("one [-two-]{+too+}.[paragraph break]Three"), "{}", printed(&output));
}

#[test]
fn patch_reads_the_unified_diff() {
    let folder = Folder::new();
    let old: String = (0..40).map(|i| format!("line {i} of the old text\n")).collect();
    let new = old.replace("line 7 of", "line seven of").replace("line 30 of the old text\n", "")
        + "no break at the end";
    let (left, right) = (folder.file("left", &old), folder.file("right", &new));
    let output = refrain(["diff", "--unified", &left, &right]);
    let diff = folder.file("changes", printed(&output));
    assert!(printed(&output).starts_with(&format!("--- {left}\n+++ {right}\n@@ ")));
    let Ok(patched) = Command::new("patch").args(["-s", &left, &diff]).output() else {
        eprintln!("skipped: there is no patch on this machine");
        return;
    };
    assert!(patched.status.success(), "{patched:?}");
    assert_eq!(fs::read_to_string(&left).unwrap(), new);
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = Folder::new();
    let good = folder.file("good", "text");
    assert_eq!(refrain(["diff", &good]).status.code(), Some(2));
    assert_eq!(refrain(["diff", "--granularity", "page", &good, &good]).status.code(), Some(2));
    assert_eq!(refrain(["diff", "--unified", "--format", "json", &good, &good]).status.code(), Some(2));
}
