//! Tests: a job whose disk fails.
//!
//! A small job of each format runs once undisturbed, and the operations on its files are counted. Then it runs again for each
//! operation and each [`Fault`] that can happen to it. Laws:
//!
//! - A run that reports success has the bytes of the undisturbed run. Interrupted and short calls are no failures.
//! - A run that fails says which file failed and what to do, and every output file that it left is whole.
//! - The same job again, without a fault, ends with the bytes of the undisturbed run, and nothing else is left.
//!
//! The jobs run on one thread, so that the nth operation is the same in each run. A few also run on three threads, where the
//! laws must hold as well.

use crate::corpus::job::Job;
use crate::corpus::settings::PassageMode;
use crate::corpus::store::priority::Keep;
use crate::error::Error;
use crate::support::disk::faults::{Fault, Faults};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder with inputs, and the job that reads them.
struct Case {
    folder: PathBuf,
    job: fn(Job) -> Job,
    /// Whether the job compares with an index, and extends it.
    index: bool,
    threads: usize,
    /// One operation in this many is tried.
    step: usize,
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The contents of all files below a folder, by their paths in it.
fn files(top: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![top.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

impl Case {
    fn new(name: &str, job: fn(Job) -> Job) -> Case {
        // In memory where possible: a real disk takes milliseconds for each of some ten thousand syncs.
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("refrain-faults-{}-{name}", std::process::id()));
        fs::create_dir_all(folder.join("in")).unwrap();
        Case { folder, job, index: false, threads: 1, step: 1 }
    }

    fn input(self, name: &str, content: impl AsRef<[u8]>) -> Case {
        let path = self.folder.join("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// Makes the folder as it is before a run: an index with earlier documents, if the job uses one.
    fn prepare(&self) {
        for name in ["out", "index"] {
            let _ = fs::remove_dir_all(self.folder.join(name));
        }
        if self.index {
            fs::create_dir(self.folder.join("index")).unwrap();
            for (name, content) in files(&self.folder.join("earlier")) {
                fs::write(self.folder.join("index").join(name), content).unwrap();
            }
        }
    }

    fn run(&self) -> Result<(), Error> {
        let mut job = (self.job)(Job::new([self.folder.join("in")], self.folder.join("out")));
        if self.index {
            job = job.index(self.folder.join("index"));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().unwrap();
        pool.install(|| job.run()).map(|_| ())
    }

    /// What is left in the folders that the job writes.
    fn left(&self) -> BTreeMap<String, Vec<u8>> {
        let mut left = files(&self.folder.join("out"));
        left.extend(
            files(&self.folder.join("index"))
                .into_iter()
                .map(|(name, bytes)| (format!("index/{name}"), bytes)),
        );
        left
    }

    /// Checks the laws for every operation of the job.
    fn check(&self) {
        self.prepare();
        let undisturbed = Faults::below(&self.folder, None);
        self.run().unwrap_or_else(|error| panic!("{error}"));
        let operations = undisturbed.done();
        drop(undisturbed);
        let expected = self.left();
        assert!(operations.len() > 50 && expected.contains_key("summary.json"));
        let mut failed = 0;
        for (number, (operation, path)) in operations.iter().enumerate().step_by(self.step) {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.concerns(*operation)) {
                let what = format!("{fault:?} at operation {number}, {operation:?} {}", path.display());
                self.prepare();
                let faults = Faults::below(&self.folder, Some((fault, number)));
                let outcome = self.run();
                drop(faults);
                match outcome {
                    Ok(()) => assert!(self.left() == expected, "{what}: success, but other bytes"),
                    Err(error) => {
                        failed += 1;
                        assert!(!matches!(fault, Fault::Interrupted | Fault::Short), "{what}: {error}");
                        self.check_failure(&error, &expected, &what);
                        self.run().unwrap_or_else(|error| panic!("{what}: again: {error}"));
                        assert_same(&self.left(), &expected, &what);
                    }
                }
            }
        }
        assert!(
            failed * self.step > operations.len(),
            "{failed} of the faults at {} operations were noticed",
            operations.len()
        );
    }

    fn check_failure(&self, error: &Error, expected: &BTreeMap<String, Vec<u8>>, what: &str) {
        let message = error.to_string();
        assert!(error.is_io(), "{what}: {error:?}");
        assert!(message.contains(self.folder.to_str().unwrap()), "{what}: it names no file: {message}");
        assert!(
            message.contains("run again") || message.contains('?'),
            "{what}: it does not say what to do: {message}"
        );
        for (name, bytes) in files(&self.folder.join("out")) {
            if !name.starts_with('.') && !name.ends_with(".partial") {
                assert!(expected.get(&name) == Some(&bytes), "{what}: {name} is half-written, or no output");
            }
        }
    }
}

fn assert_same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>, what: &str) {
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(expected), "{what}: other files");
    for (name, bytes) in found {
        assert!(*bytes == expected[name], "{what}: {name} differs");
    }
}

/// A text of this many words, the same for the same seed.
fn words(seed: u64, count: u64) -> Vec<String> {
    let word = |number: u64| format!("w{:x}", crate::support::hash::mix(seed << 20 | number) % 100_000);
    (0..count).map(word).collect()
}

/// Some texts: different ones, copies, near-duplicates, and a passage that several hold.
fn texts() -> Vec<String> {
    let passage = words(99, 40).join(" ");
    let mut texts: Vec<String> = (0..4).map(|seed| words(seed, 80).join(" ")).collect();
    texts.push(texts[1].clone());
    let mut edited = words(2, 80);
    edited[40] = "edited".to_owned();
    texts.push(edited.join(" "));
    texts.extend((10..13).map(|seed| {
        format!("{}.\n{passage}.\n{}.", words(seed, 30).join(" "), words(seed + 10, 30).join(" "))
    }));
    texts.push(passage);
    texts
}

fn json_lines(texts: &[String]) -> Vec<u8> {
    let line = |(number, text)| format!("{}\n", serde_json::json!({"id": number, "text": text}));
    (0..).zip(texts).map(line).collect::<String>().into_bytes()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

fn warc(texts: &[String]) -> Vec<Vec<u8>> {
    let record = |(number, text): (usize, &String)| {
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:{number}>\r\nContent-Length: {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
        .into_bytes()
    };
    texts.iter().enumerate().map(record).collect()
}

fn parquet(texts: &[String]) -> Vec<u8> {
    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..texts.len() as i64));
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("id", ids), ("text", column)]).unwrap();
    let mut content = Vec::new();
    let mut writer = parquet::arrow::ArrowWriter::try_new(&mut content, batch.schema(), None).unwrap();
    // Two row groups.
    for half in [batch.slice(0, texts.len() / 2), batch.slice(texts.len() / 2, texts.len() - texts.len() / 2)]
    {
        writer.write(&half).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    content
}

#[test]
fn json_lines_survive_every_fault() {
    let lines = json_lines(&texts());
    Case::new("json", |job| job.keep(Keep::Longest).audit(3))
        .input("a.jsonl", [&lines[..], b"no record\n"].concat())
        .input("b.jsonl", json_lines(&texts()[3..5]))
        .check();
}

#[test]
fn packed_files_survive_every_fault() {
    let lines = json_lines(&texts());
    let half = lines.len() / 2;
    Case::new("packed", |job| job)
        .input("a.jsonl.gz", [gzip(&lines[..half]), gzip(&lines[half..])].concat())
        .input("b.jsonl.zst", zstd::encode_all(&lines[..], 1).unwrap())
        .check();
}

#[test]
fn other_packings_survive_every_fault() {
    let lines = json_lines(&texts());
    let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bzip2.write_all(&lines).unwrap();
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    xz.write_all(&lines).unwrap();
    Case::new("others", |job| job)
        .input("a.jsonl.bz2", bzip2.finish().unwrap())
        .input("b.jsonl.xz", xz.finish().unwrap())
        .check();
}

#[test]
fn parquet_survives_every_fault() {
    Case::new("parquet", |job| job.passages(PassageMode::Trim)).input("a.parquet", parquet(&texts())).check();
}

#[test]
fn warc_survives_every_fault() {
    let records = warc(&texts());
    let packed: Vec<u8> = records.iter().flat_map(|record| gzip(record)).collect();
    Case::new("warc", |job| job).input("a.warc", records.concat()).input("b.warc.gz", packed).check();
}

#[test]
fn texts_survive_every_fault() {
    let case = Case::new("texts", |job| job.passages(PassageMode::Trim));
    texts()
        .iter()
        .enumerate()
        .fold(case, |case, (number, text)| case.input(&format!("{number}.txt"), text))
        .check();
}

#[test]
fn passages_survive_every_fault() {
    Case::new("passages", |job| job.passages(PassageMode::Trim).coverage(0.9))
        .input("a.jsonl", json_lines(&texts()))
        .input("b.jsonl.gz", gzip(&json_lines(&texts()[5..])))
        .check();
}

#[test]
fn an_index_survives_every_fault() {
    let mut case = Case::new("index", |job| job.passages(PassageMode::Report));
    let earlier = case.folder.join("earlier.jsonl");
    fs::write(&earlier, json_lines(&texts()[..3])).unwrap();
    let job = Job::new([earlier], case.folder.join("earlier-out")).index(case.folder.join("earlier"));
    job.run().unwrap();
    case.index = true;
    case.input("a.jsonl", json_lines(&texts()[2..])).check();
}

#[test]
fn several_threads_survive_faults() {
    let mut case = Case::new("threads", |job| job.passages(PassageMode::Trim));
    (case.threads, case.step) = (3, 5);
    case.input("a.jsonl", json_lines(&texts())).input("b.jsonl.gz", gzip(&json_lines(&texts()[5..]))).check();
}

/// A run that stops before it writes the kept files leaves every kind of file in its work folder. With one of them altered, the
/// next run ends with an error or with the same bytes, never with others.
#[test]
fn an_altered_work_folder_gives_no_other_output() {
    let case = Case::new("altered", |job| job.keep(Keep::Longest).passages(PassageMode::Trim))
        .input("a.jsonl", [&json_lines(&texts())[..], b"no record\n"].concat())
        .input("b.jsonl.gz", gzip(&json_lines(&texts()[5..])));
    case.prepare();
    let undisturbed = Faults::below(&case.folder, None);
    case.run().unwrap_or_else(|error| panic!("{error}"));
    let stop = undisturbed.done().iter().position(|(_, path)| path.ends_with("removed.jsonl")).unwrap();
    drop(undisturbed);
    let expected = case.left();
    let stopped = || {
        case.prepare();
        let faults = Faults::below(&case.folder, Some((Fault::Gone, stop)));
        case.run().unwrap_err();
        drop(faults);
        files(&case.folder.join("out/.work"))
    };
    let (mut altered, mut refused) = (0, 0);
    for (name, content) in stopped() {
        for at in [0, content.len() / 2, content.len().saturating_sub(1)] {
            if content.is_empty() || name == "lock" {
                continue;
            }
            assert!(stopped()[&name] == content, "{name} differs between two runs");
            let mut bytes = content.clone();
            bytes[at] ^= 1;
            fs::write(case.folder.join("out/.work").join(&name), bytes).unwrap();
            altered += 1;
            match case.run() {
                Ok(()) => assert_same(&case.left(), &expected, &format!("{name}, byte {at}")),
                Err(error) => {
                    refused += 1;
                    assert!(error.is_corrupt() || error.is_incompatible(), "{name}, byte {at}: {error:?}");
                    // What the message asks for helps.
                    fs::remove_dir_all(case.folder.join("out/.work")).unwrap();
                    case.run().unwrap_or_else(|error| panic!("{name}, byte {at}: {error}"));
                    assert_same(&case.left(), &expected, &format!("{name}, byte {at}, again"));
                }
            }
        }
    }
    assert!(altered > 30 && refused > altered / 2, "{refused} of {altered} alterations were refused");
}
