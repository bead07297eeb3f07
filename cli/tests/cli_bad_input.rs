//! Bad input of the subcommands that read texts: they answer it correctly or report it, continue with the other inputs, and
//! never crash. There is one table of subcommands and one of bad inputs. Each test runs the built command for all of them.

mod command;

use command::folder::Folder;
use command::{
    OTHER, SENTENCE, code, errors, only_record, piped, printed, records, refrain, refrain_with_input,
};
use serde_json::{Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A subcommand, and how it takes its texts.
struct Subcommand {
    name: &'static str,
    /// The option that takes a file of records.
    records: &'static str,
    /// The fields of a record.
    fields: &'static [&'static str],
    /// Whether a field holds a text or the path of one.
    holds: Holds,
    /// Whether a text may be any bytes. Other subcommands require UTF-8.
    takes_bytes: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Text,
    Path,
}

const SUBCOMMANDS: [Subcommand; 4] = [
    Subcommand {
        name: "repeats",
        records: "--jsonl",
        fields: &["text"],
        holds: Holds::Text,
        takes_bytes: true,
    },
    Subcommand {
        name: "passages",
        records: "--pairs",
        fields: &["left", "right"],
        holds: Holds::Path,
        takes_bytes: true,
    },
    Subcommand {
        name: "diff",
        records: "--jsonl",
        fields: &["before", "after"],
        holds: Holds::Text,
        takes_bytes: false,
    },
    Subcommand {
        name: "similarity",
        records: "--jsonl",
        fields: &["left", "right"],
        holds: Holds::Text,
        takes_bytes: false,
    },
];

impl Subcommand {
    /// Every combination of arguments with `bad` in it; other texts are `good`.
    fn ways<'t>(&self, bad: &'t str, good: &'t str) -> Vec<Vec<&'t str>> {
        match self.fields.len() {
            1 => vec![vec![bad]],
            _ => vec![vec![bad, good], vec![good, bad], vec![bad, bad]],
        }
    }

    fn on(&self, files: &[&str]) -> Output {
        refrain([&[self.name], files].concat())
    }

    fn on_records(&self, path: &str, options: &[&str]) -> Output {
        refrain([&[self.name, self.records, path], options].concat())
    }

    /// A line of input with these texts, which are written to the folder where records hold paths.
    fn line(&self, folder: &Folder, id: impl Into<Value>, texts: &[&str]) -> String {
        let mut record = serde_json::Map::from_iter([("id".to_owned(), id.into())]);
        for (field, text) in self.fields.iter().zip(texts) {
            let value = match self.holds {
                Holds::Text => (*text).to_owned(),
                Holds::Path => {
                    let name = format!(
                        "{}.txt",
                        text.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31) + u64::from(byte))
                    );
                    folder.write(&name, text);
                    name
                }
            };
            record.insert((*field).to_owned(), value.into());
        }
        Value::Object(record).to_string() + "\n"
    }

    /// A record of good texts.
    fn good_line(&self, folder: &Folder, id: impl Into<Value>) -> String {
        self.line(folder, id, &[SENTENCE, OTHER])
    }

    /// Asserts the answer for texts if at least one of them has at most one letter.
    fn assert_next_to_nothing(&self, answer: &Value, texts: &[&str]) {
        match self.name {
            "repeats" => {
                assert_eq!((&answer["repeats"], &answer["capped"]), (&json!([]), &json!(0)), "{texts:?}")
            }
            "passages" => {
                assert_eq!((&answer["passages"], &answer["capped"]), (&json!([]), &json!(0)), "{texts:?}");
            }
            "diff" => assert_tiles(answer, texts[0], texts[1]),
            _ => {
                // Texts without letters are compared by their other characters, so equal texts are wholly alike.
                let content = |text: &str| text.split_whitespace().collect::<String>();
                let same = json!(f64::from(u8::from(content(texts[0]) == content(texts[1]))));
                for share in
                    ["jaccard", "containment_left", "containment_right", "coverage_left", "coverage_right"]
                {
                    assert_eq!(answer[share], same, "{share} of {texts:?}");
                }
            }
        }
    }
}

/// Asserts that the edits cover both texts without gaps, and that equal texts have only equal edits.
fn assert_tiles(answer: &Value, left: &str, right: &str) {
    let (mut old, mut new) = (String::new(), String::new());
    for edit in answer["edits"].as_array().unwrap() {
        let slice = |side: &str, text: &str| {
            let end = |index: usize| edit[side][index].as_u64().unwrap() as usize;
            text.get(end(0)..end(1)).expect("a range of the text").to_owned()
        };
        old += &slice("left", left);
        new += &slice("right", right);
        if left == right {
            assert_eq!(edit["kind"], "equal");
        }
    }
    assert_eq!((&*old, &*new), (left, right));
}

/// Texts without content, or almost without.
const NOTHING: [(&str, &str); 6] = [
    ("empty", ""),
    ("one-letter", "x"),
    ("punctuation", "…!?,;. -- \n\n.,"),
    ("byte-order-mark", "\u{feff}"),
    ("nul", "\0\0\0\0"),
    ("line-breaks", "\r\n\n\r"),
];

#[test]
fn files_without_content_are_answered() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    for (name, text) in NOTHING {
        let bad = folder.file(name, text);
        for subcommand in &SUBCOMMANDS {
            for files in subcommand.ways(&bad, &good) {
                let answer = only_record(&subcommand.on(&files));
                let texts: Vec<&str> =
                    files.iter().map(|&file| if file == good { SENTENCE } else { text }).collect();
                assert_eq!(answer["id"], files.join(" "));
                subcommand.assert_next_to_nothing(&answer, &texts);
            }
        }
    }
}

#[test]
fn records_and_standard_input_without_content_are_answered() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    for (_, text) in NOTHING {
        for subcommand in &SUBCOMMANDS {
            for texts in subcommand.ways(text, SENTENCE) {
                let path = folder.file("records.jsonl", subcommand.line(&folder, 7, &texts));
                let answer = only_record(&subcommand.on_records(&path, &[]));
                assert_eq!(answer["id"], 7);
                subcommand.assert_next_to_nothing(&answer, &texts);
            }
            let arguments = [&[subcommand.name, "-", &good][..subcommand.fields.len() + 1]].concat();
            let answer = only_record(&refrain_with_input(&arguments, text.as_bytes()));
            subcommand.assert_next_to_nothing(&answer, &[text, SENTENCE]);
        }
    }
}

#[test]
fn a_file_without_records_has_no_answers() {
    let folder = Folder::new();
    for (name, text) in [("empty", ""), ("byte-order-mark", "\u{feff}"), ("blank", "\n \n\t\r\n")] {
        let path = folder.file(name, text);
        for subcommand in &SUBCOMMANDS {
            let output = subcommand.on_records(&path, &["--strict"]);
            assert_eq!((code(&output), printed(&output), errors(&output)), (0, "", ""), "{name}");
        }
    }
}

/// A byte-order mark, NUL bytes and unusual line breaks before the sentence change only the offsets.
#[test]
fn byte_order_marks_and_nul_bytes_count_in_the_offsets() {
    let folder = Folder::new();
    let before = "\u{feff}\0\0\r\n\0";
    let text = format!("{before}{SENTENCE}\0\n{OTHER}");
    let (left, right) = (folder.file("left", &text), folder.file("right", SENTENCE));
    let (start, end) = (before.len(), before.len() + SENTENCE.len());

    let twice = format!("{text}\0\n{SENTENCE}");
    let answer = only_record(&refrain(["repeats", &folder.file("twice", &twice)]));
    let second = twice.rfind(SENTENCE).unwrap();
    assert_eq!(answer["repeats"][0]["occurrences"], json!([[start, end], [second, twice.len()]]));

    let answer = only_record(&refrain(["passages", &left, &right]));
    assert_eq!(
        answer["passages"],
        json!([{"left": [start, end], "right": [0, SENTENCE.len()], "identity": 1.0, "evidence": "ordered"}])
    );

    let answer = only_record(&refrain(["diff", &left, &right]));
    assert_tiles(&answer, &text, SENTENCE);
    let edits = answer["edits"].as_array().unwrap();
    assert!(
        edits.contains(&json!({"kind": "equal", "left": [start, end], "right": [0, SENTENCE.len()]})),
        "{answer}"
    );

    let answer = only_record(&refrain(["similarity", &left, &right]));
    assert_eq!((&answer["containment_right"], &answer["coverage_right"]), (&json!(1.0), &json!(1.0)));
}

#[test]
fn invalid_utf8_is_named_with_its_place_where_utf8_is_required() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    let bad = folder.file("bad", [SENTENCE.as_bytes(), b"\xff", OTHER.as_bytes()].concat());
    let expected = format!("refrain: {bad}: is not UTF-8 at byte {}", SENTENCE.len());
    for subcommand in SUBCOMMANDS.iter().filter(|subcommand| !subcommand.takes_bytes) {
        for files in subcommand.ways(&bad, &good) {
            let output = subcommand.on(&files);
            assert_eq!((code(&output), printed(&output)), (1, ""));
            assert!(errors(&output).starts_with(&expected), "{}", errors(&output));
        }
    }
}

#[test]
fn invalid_utf8_is_read_unchanged_where_bytes_suffice() {
    let folder = Folder::new();
    let bytes = [
        b"\x80\xff\xfe\n",
        SENTENCE.as_bytes(),
        b"\n\xc3\n",
        OTHER.as_bytes(),
        b"\xf0\x9f\n",
        SENTENCE.as_bytes(),
    ]
    .concat();
    let bad = folder.file("bad", &bytes);
    let good = folder.file("good", SENTENCE);
    let second = bytes.len() - SENTENCE.len();
    let spans = json!([[4, 4 + SENTENCE.len()], [second, bytes.len()]]);
    for subcommand in SUBCOMMANDS.iter().filter(|subcommand| subcommand.takes_bytes) {
        for files in subcommand.ways(&bad, &good) {
            let answer = only_record(&subcommand.on(&files));
            match subcommand.name {
                "repeats" => assert_eq!(answer["repeats"][0]["occurrences"], spans),
                _ => {
                    let found = answer["passages"].as_array().unwrap();
                    let whole = json!([0, SENTENCE.len()]);
                    let is_expected = match (files[0] == bad, files[1] == bad) {
                        (true, false) => {
                            spans.as_array().unwrap().contains(&found[0]["left"])
                                && found[0]["right"] == whole
                        }
                        (false, _) => {
                            spans.as_array().unwrap().contains(&found[0]["right"])
                                && found[0]["left"] == whole
                        }
                        // The whole text is one passage, from the first letter to the last.
                        _ => {
                            found[0]["left"] == json!([4, bytes.len()])
                                && found[0]["right"] == found[0]["left"]
                        }
                    };
                    assert!(is_expected, "{answer}");
                }
            }
        }
    }
    // Bytes that a decoder replaces by one U+FFFD count as one character.
    let answer = only_record(&refrain(["repeats", &bad, "--offsets", "chars"]));
    let characters = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().count();
    let expected = json!([[4, 4 + SENTENCE.len()], [characters(&bytes[..second]), characters(&bytes)]]);
    assert_eq!(answer["repeats"][0]["occurrences"], expected);
}

/// Broken lines, each with the reason that the command must give.
fn broken_lines(subcommand: &Subcommand, good: &str) -> Vec<(Vec<u8>, String)> {
    let good = good.trim_end();
    let mut broken = vec![
        (good.as_bytes()[..good.len() - 1].to_vec(), "is not valid JSON: EOF".to_owned()),
        (format!("{good} {good}").into_bytes(), "is not valid JSON: trailing".to_owned()),
        (b"[1, 2]".to_vec(), "is not a JSON object".to_owned()),
        (b"\0".to_vec(), "is not valid JSON".to_owned()),
        (b"{}".to_vec(), format!("has no {:?}", subcommand.fields[0])),
    ];
    let whole: Value = serde_json::from_str(good).unwrap();
    let with = |field: &str, value: &str| {
        let mut record = whole.clone();
        record[field] = json!("VALUE");
        record.to_string().replace("\"VALUE\"", value).into_bytes()
    };
    for value in ["true", "[7]", "{}"] {
        broken.push((with("id", value), "\"id\" is neither a string nor a number".to_owned()));
    }
    for field in ["id"].iter().chain(subcommand.fields) {
        broken.push((with(field, r#""lone \ud800 half""#), "is not valid JSON".to_owned()));
        broken.push((with(field, r#""\udc00""#), "is not valid JSON".to_owned()));
        let mut bytes = with(field, "\"FF\"");
        let at = bytes.windows(2).position(|pair| pair == b"FF").unwrap();
        bytes[at] = 0xff;
        broken.push((bytes, "is not valid JSON".to_owned()));
    }
    for field in subcommand.fields {
        broken.push((with(field, "7"), format!("{field:?} is not a string")));
        let mut record = whole.clone();
        record.as_object_mut().unwrap().remove(*field);
        broken.push((record.to_string().into_bytes(), format!("has no {field:?}")));
        if subcommand.holds == Holds::Path {
            broken.push((with(field, "\"gone.txt\""), "gone.txt: ".to_owned()));
            broken.push((with(field, "\".\""), "is a directory".to_owned()));
            broken.push((with(field, r#""nul\u0000""#), "nul".to_owned()));
        }
    }
    broken
}

#[test]
fn broken_lines_are_named_by_number_and_other_lines_are_answered() {
    let folder = Folder::new();
    for subcommand in &SUBCOMMANDS {
        let good = subcommand.good_line(&folder, "good");
        let broken = broken_lines(subcommand, &good);
        // A byte-order mark before the first line, blank lines between, no line break after the last.
        let mut bytes = b"\xef\xbb\xbf".to_vec();
        for (line, _) in &broken {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\n\r\n");
            bytes.extend_from_slice(good.as_bytes());
        }
        bytes.pop();
        let path = folder.file("records.jsonl", &bytes);
        let output = subcommand.on_records(&path, &[]);
        assert_eq!(code(&output), 0, "{}", errors(&output));
        let answers = records(&output);
        assert_eq!(answers.len(), broken.len());
        assert!(answers.iter().all(|answer| *answer == answers[0] && answer["id"] == "good"));
        let complaints: Vec<&str> = errors(&output).lines().collect();
        assert_eq!(complaints.len(), broken.len() + 1, "{}", errors(&output));
        for (index, (line, reason)) in broken.iter().enumerate() {
            let place = format!("refrain: {path}:{}: ", 3 * index + 1);
            let complaint = complaints[index];
            assert!(
                complaint.starts_with(&place) && complaint.contains(reason),
                "{}: {complaint}, expected {place}{reason}",
                String::from_utf8_lossy(line)
            );
        }
        let count = format!("refrain: {} records rejected", broken.len());
        assert_eq!(complaints.last(), Some(&&*count));
        let strict = subcommand.on_records(&path, &["--strict"]);
        assert_eq!((code(&strict), strict.stdout), (1, output.stdout));
    }
}

/// Lines longer than the limit are rejected. Memory never holds more of a line than the limit.
#[test]
fn lines_beyond_the_limit_are_named_by_number_and_other_lines_are_answered() {
    let folder = Folder::new();
    for subcommand in &SUBCOMMANDS {
        let good = subcommand.good_line(&folder, 1);
        let length = good.len();
        let padded = |bytes: usize| good.trim_end().to_owned() + &" ".repeat(bytes - length) + "\n";
        // The limit counts the line break, as `dedup` does, but not a byte-order mark.
        let text = [
            "\u{feff}",
            &padded(4000),
            &padded(4001),
            &good,
            &padded(5 << 20),
            "\n",
            &padded(4001),
            &padded(4000),
        ];
        let path = folder.file("records.jsonl", text.concat());
        let output = subcommand.on_records(&path, &["--max-record", "4000", "--threads", "1"]);
        assert_eq!((code(&output), records(&output).len()), (0, 3), "{}", errors(&output));
        let complaints: Vec<&str> = errors(&output).lines().collect();
        let expected = [(2, 4001), (4, 5 << 20), (6, 4001)].map(|(number, bytes)| {
            format!("refrain: {path}:{number}: is {bytes} bytes long, and the limit is 4000 (--max-record)")
        });
        assert_eq!(complaints[..3], expected);
        assert_eq!(complaints[3..], ["refrain: 3 records rejected"]);
        // Unless it is set, the limit is 16 MiB.
        let path = folder.file("records.jsonl", [padded(16 << 20), padded((16 << 20) + 1)].concat());
        let output = subcommand.on_records(&path, &["--strict"]);
        assert_eq!((code(&output), records(&output).len()), (1, 1), "{}", errors(&output));
        assert!(
            errors(&output).contains(":2: is 16777217 bytes long, and the limit is 16777216"),
            "{}",
            errors(&output)
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_four_gibibytes_takes_no_memory() {
    let folder = Folder::new();
    for subcommand in &SUBCOMMANDS[..1] {
        let good = subcommand.good_line(&folder, 1);
        let path = folder.file("records.jsonl", &good);
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        file.set_len((4 << 30) + 1 + good.len() as u64).unwrap();
        let options = ["--max-record", "1MiB", "--threads", "1"];
        let (peak, output) = command::peak_memory(&mut piped(
            [&[subcommand.name, subcommand.records, &path], &options[..]].concat(),
        ));
        assert_eq!((code(&output), records(&output).len()), (0, 1), "{}", errors(&output));
        assert!(
            errors(&output).contains(":2: is 4294967297 bytes long, and the limit is 1048576"),
            "{}",
            errors(&output)
        );
        assert!((1 << 20..40 << 20).contains(&peak), "{} MiB held", peak >> 20);
    }
}

#[test]
fn an_impossible_limit_is_refused() {
    for subcommand in &SUBCOMMANDS {
        for (limit, reason) in [
            ("0", "expected 1 to 4294967294"),
            ("5GiB", "expected 1 to 4294967294"),
            ("-1", ""),
            ("9lots", "unit of bytes"),
        ] {
            let output = subcommand.on_records("none.jsonl", &[&format!("--max-record={limit}")]);
            assert_eq!((code(&output), printed(&output)), (2, ""), "{limit}");
            assert!(errors(&output).contains(reason), "{}", errors(&output));
        }
        let files = ["a", "b"];
        let arguments = [&[subcommand.name, "--max-record", "9"], &files[..subcommand.fields.len()]].concat();
        assert_eq!(code(&refrain(arguments)), 2, "files have no lines of records");
    }
}

#[test]
fn missing_files_and_directories_are_named() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    let missing = folder.path("missing").to_str().unwrap().to_owned();
    let directory = folder.path("directory").to_str().unwrap().to_owned();
    fs::create_dir(&directory).unwrap();
    for (bad, reason) in [(&missing, ""), (&directory, "is a directory, expected a file")] {
        let expected = format!("refrain: {bad}: {reason}");
        for subcommand in &SUBCOMMANDS {
            let outputs = subcommand.ways(bad, &good).into_iter().map(|files| subcommand.on(&files));
            for output in outputs.chain([subcommand.on_records(bad, &[])]) {
                assert_eq!((code(&output), printed(&output)), (1, ""));
                assert!(errors(&output).starts_with(&expected), "{}", errors(&output));
            }
        }
        // The other files are answered.
        let output = refrain(["repeats", bad, &good]);
        assert_eq!((code(&output), records(&output).len()), (1, 1));
    }
}

/// The file is sparse. It is refused by its length, before it is read.
#[test]
fn a_file_over_four_gibibytes_is_refused() {
    let folder = Folder::new();
    let huge = folder.file("huge", "");
    OpenOptions::new().write(true).open(&huge).unwrap().set_len((4 << 30) + 1).unwrap();
    let good = folder.file("good", SENTENCE);
    for subcommand in &SUBCOMMANDS {
        for files in subcommand.ways(&huge, &good) {
            let output = subcommand.on(&files);
            assert_eq!((code(&output), printed(&output)), (1, ""));
            let expected = format!("{huge}: a text of more than 4294967294 bytes");
            assert!(errors(&output).contains(&expected), "{}", errors(&output));
        }
    }
}

/// Packs bytes in each way that is recognised.
fn packings(bytes: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(bytes).unwrap();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz2.write_all(bytes).unwrap();
    let options = lzma_rust2::XzOptions::with_preset(1);
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    xz.write_all(bytes).unwrap();
    [
        ("gz", gz.finish().unwrap()),
        ("zst", zstd::encode_all(bytes, 1).unwrap()),
        ("bz2", bz2.finish().unwrap()),
        ("xz", xz.finish().unwrap()),
    ]
}

#[test]
fn packed_files_records_and_standard_input_are_unpacked() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    let text = format!("{SENTENCE}\n{OTHER}\n{SENTENCE}");
    let plain = folder.file("plain", &text);
    for subcommand in &SUBCOMMANDS {
        let answer_of = |output: &Output| {
            let mut answer = only_record(output);
            answer["id"] = Value::Null;
            answer
        };
        let line = subcommand.good_line(&folder, 1);
        let count = subcommand.fields.len();
        let expected = answer_of(&subcommand.on(&[&*plain, &good][..count]));
        let of_records = answer_of(&subcommand.on_records(&folder.file("plain.jsonl", &line), &[]));
        // Names do not matter: a packed file is recognised by its first bytes.
        for (packing, bytes) in packings(text.as_bytes()) {
            let packed = folder.file("packed", &bytes);
            assert_eq!(answer_of(&subcommand.on(&[&*packed, &good][..count])), expected, "{packing}");
            let arguments = [&[subcommand.name, "-", &good][..count + 1]].concat();
            assert_eq!(answer_of(&refrain_with_input(&arguments, &bytes)), expected, "{packing}");
        }
        for (packing, bytes) in packings(line.as_bytes()) {
            let packed = folder.file("packed-records", &bytes);
            assert_eq!(answer_of(&subcommand.on_records(&packed, &[])), of_records, "{packing}");
        }
    }
}

#[test]
fn a_packed_input_that_is_cut_short_is_named() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    for subcommand in &SUBCOMMANDS {
        for (packing, packed) in packings(subcommand.good_line(&folder, 1).repeat(300).as_bytes()) {
            let cut = folder.file("cut", &packed[..packed.len() - 5]);
            let outputs = subcommand.ways(&cut, &good).into_iter().map(|files| subcommand.on(&files));
            for output in outputs {
                assert_eq!((code(&output), printed(&output)), (1, ""), "{packing}");
                assert!(errors(&output).contains(&cut), "{}", errors(&output));
            }
            let output = subcommand.on_records(&cut, &[]);
            assert_eq!(code(&output), 1, "{packing}");
            assert!(errors(&output).contains(&cut), "{}", errors(&output));
        }
    }
}

#[test]
fn standard_input_can_be_one_of_the_files() {
    let folder = Folder::new();
    let good = folder.file("good", SENTENCE);
    for subcommand in &SUBCOMMANDS {
        let line = subcommand.good_line(&folder, 1);
        // Paths of standard input are relative to the folder that the command runs in.
        let absolute = line.replace(":\"", &format!(":\"{}/", folder.root().display()));
        let lines = if subcommand.holds == Holds::Path { absolute } else { line };
        let output = refrain_with_input(&[subcommand.name, subcommand.records, "-"], lines.as_bytes());
        assert_eq!(only_record(&output)["id"], 1);
        if subcommand.fields.len() == 2 {
            for (files, id) in [(["-", &good], format!("- {good}")), ([&good, "-"], format!("{good} -"))] {
                let output = refrain_with_input(&[subcommand.name, files[0], files[1]], SENTENCE.as_bytes());
                assert_eq!(only_record(&output)["id"], id);
            }
        }
        let output = refrain_with_input(&[subcommand.name, "-", "-"], SENTENCE.as_bytes());
        assert_eq!((code(&output), printed(&output)), (2, ""));
        assert!(errors(&output).contains("standard input can be read only once"), "{}", errors(&output));
    }
}

/// Commands with answers that fill any pipe: each subcommand as JSON lines and as text, a large file, `bands`.
fn long_answers(folder: &Folder) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for subcommand in &SUBCOMMANDS {
        let lines: String = (0..3000).map(|number| subcommand.good_line(folder, number)).collect();
        let path = folder.file(&format!("{}.jsonl", subcommand.name), lines);
        for format in ["json", "text"] {
            found.push(
                [subcommand.name, subcommand.records, &path, "--format", format].map(String::from).to_vec(),
            );
        }
    }
    let large = folder.file("large", format!("{SENTENCE}\n").repeat(20_000));
    let other = folder.file("other", format!("{OTHER}\n").repeat(20_000));
    found.push(["repeats", &large].map(String::from).to_vec());
    found.push(["repeats", "--trim", &folder.file("one-off", numbers())].map(String::from).to_vec());
    found.push(["diff", "--unified", &large, &other].map(String::from).to_vec());
    found.push(["bands"].map(String::from).to_vec());
    found.push(["bands", "--format", "text"].map(String::from).to_vec());
    found.push(["--help"].map(String::from).to_vec());
    found
}

fn numbers() -> String {
    (0..60_000).map(|number| format!("{number}\n")).collect()
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let folder = Folder::new();
    for arguments in long_answers(&folder) {
        let mut child = piped(&arguments).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((code(&output), errors(&output)), (0, ""), "{arguments:?}");
    }
}

/// If no program reads the page of an audit, rejections are still counted, `--strict` is respected, and the run completes.
#[test]
fn the_page_of_an_audit_need_not_be_read() {
    let folder = Folder::new();
    let lines: String = (0..50)
        .map(|number| json!({"id": number, "text": format!("{SENTENCE} {number}")}).to_string() + "\n")
        .collect();
    let input = folder.file("in.jsonl", lines + "broken\n");
    let out = folder.path("out");
    let mut child =
        piped(["dedup", &input, "-o", out.to_str().unwrap(), "--audit", "20", "--strict"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 1);
    assert!(
        errors(&output).contains("1 record rejected") && !errors(&output).contains("panic"),
        "{}",
        errors(&output)
    );
    assert!(out.join("summary.json").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::new();
    for arguments in long_answers(&folder).iter().filter(|arguments| arguments[0] != "--help") {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = piped(arguments).stdout(full).output().unwrap();
        assert_eq!(code(&output), 1, "{arguments:?}");
        assert!(
            errors(&output).starts_with("refrain: cannot write to standard output: "),
            "{}",
            errors(&output)
        );
        assert_eq!(errors(&output).lines().count(), 1, "{}", errors(&output));
    }
}

/// Commands that print text for people with parts that are coloured on a terminal.
fn pages(folder: &Folder) -> Vec<Vec<String>> {
    let left = folder.file("left", format!("{SENTENCE}\n{OTHER}\n{SENTENCE}\n"));
    let right = folder.file("right", format!("{}\nQuite new.\n", SENTENCE.replace("nineteen", "twenty")));
    let mut pages: Vec<Vec<String>> = SUBCOMMANDS
        .iter()
        .map(|subcommand| {
            let files = [&*left, &*right];
            [&[subcommand.name], &files[..subcommand.fields.len()]]
                .concat()
                .into_iter()
                .map(String::from)
                .collect()
        })
        .collect();
    pages.push(vec!["bands".to_owned()]);
    pages
}

const ESCAPE: char = '\u{1b}';

#[test]
fn escapes_are_written_only_to_a_terminal() {
    let folder = Folder::new();
    for page in pages(&folder) {
        for options in [&[][..], &["--format", "text"]] {
            let output = piped(&page).args(options).env("TERM", "xterm").output().unwrap();
            assert_eq!((code(&output), errors(&output)), (0, ""));
            assert!(!printed(&output).contains(ESCAPE), "{page:?}: {}", printed(&output));
            assert_eq!(
                options.is_empty(),
                printed(&output).starts_with('{'),
                "JSON unless text was asked for"
            );
        }
    }
}

/// The output of the command on a terminal, captured by `script` of util-linux; `None` if there is no such program.
fn on_a_terminal(arguments: &[String], terminal: &str, no_color: Option<&str>) -> Option<String> {
    let version = Command::new("script").arg("--version").output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("util-linux") {
        return None;
    }
    let words = [env!("CARGO_BIN_EXE_refrain")].into_iter().chain(arguments.iter().map(String::as_str));
    let line: Vec<String> = words.map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let mut command = Command::new("script");
    command.args(["-qec", &line.join(" "), "/dev/null"]).stdin(Stdio::null());
    command.env("TERM", terminal).env("SHELL", "/bin/sh").env_remove("NO_COLOR");
    command.envs(no_color.map(|value| ("NO_COLOR", value)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_terminal_has_colours_unless_they_are_refused() {
    let folder = Folder::new();
    for page in pages(&folder) {
        let shown = |terminal, no_color| on_a_terminal(&page, terminal, no_color);
        let Some(coloured) = shown("xterm", None) else {
            eprintln!("skipped: there is no `script` of util-linux on this machine");
            return;
        };
        assert!(coloured.contains(ESCAPE) && !coloured.starts_with('{'), "{page:?}: {coloured}");
        // An empty NO_COLOR changes nothing (no-color.org).
        assert_eq!(shown("xterm", Some("")).as_ref(), Some(&coloured));
        for plain in [shown("xterm", Some("1")), shown("dumb", None)] {
            let plain = plain.unwrap();
            assert!(!plain.contains(ESCAPE), "{page:?}: {plain}");
            let mut rest = coloured.chars();
            assert!(
                plain.chars().all(|ch| rest.any(|other| other == ch)),
                "the same but for colours: {plain} {coloured}"
            );
        }
        let json: Vec<String> =
            page.iter().cloned().chain(["--format".to_owned(), "json".to_owned()]).collect();
        let json = on_a_terminal(&json, "xterm", None).unwrap();
        assert!(json.starts_with('{') && !json.contains(ESCAPE));
    }
}
