//! Passages in a corpus job, from files to files. They are reported with their counts or cut from all documents but one,
//! and nothing else changes.

#[path = "folder/mod.rs"]
mod folder;
mod texts;

use folder::Folder;
use refrain::corpus::{Job, Keep, PassageMode, Summary};
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::PathBuf;
use texts::pages::{self, Pages};

const BANNER: &str =
    "We value your privacy. We and our 842 partners store and access information on your device.";

fn job(inputs: &[PathBuf], folder: &Folder, output: &str) -> Job {
    Job::new(inputs, folder.path(output)).memory(160 << 20).max_record(1 << 20)
}

fn run(job: &Job) -> Summary {
    job.run().unwrap_or_else(|error| panic!("{error}"))
}

fn story(number: usize) -> String {
    let verbs = ["left", "found", "sold", "built", "painted", "moved", "lost", "opened"];
    let things = ["boat", "mill", "house", "market", "bridge", "garden", "school"];
    (0..12)
        .map(|at| {
            let (verb, thing) = (verbs[(number * 5 + at * 3) % 8], things[(number * 3 + at * 2) % 7]);
            format!("Person {} {verb} {thing} {}. ", number * 31 + at, number * 17 + at * at)
        })
        .collect()
}

/// A record with more fields than id and text, and with unusual spaces.
fn record(id: &str, text: &str) -> String {
    format!("{{\"n\" : 1.0e0,  \"id\":\"{id}\",\"text\" : {},\"tail\":[null ] }}\n", serde_json::json!(text))
}

fn texts(content: &[u8]) -> BTreeMap<String, String> {
    let text = std::str::from_utf8(content).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records
        .map(|record| (record["id"].as_str().unwrap().into(), record["text"].as_str().unwrap().into()))
        .collect()
}

#[test]
fn a_banner_stays_once_and_nothing_else_changes() {
    let folder = Folder::new();
    let pages: Vec<(String, String)> =
        (0..40).map(|page| (format!("p{page}"), format!("{BANNER}\n{page}. {}", story(page)))).collect();
    let content: String = pages.iter().map(|(id, text)| record(id, text)).collect();
    let (head, tail) = content.split_at(content.match_indices('\n').nth(19).unwrap().0 + 1);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(tail.as_bytes()).unwrap();
    let inputs = [folder.write("a.jsonl", head), folder.write("b.jsonl.gz", gz.finish().unwrap())];
    let summary = run(&job(&inputs, &folder, "out").passages(PassageMode::Trim));

    let found = summary.passages.unwrap();
    assert_eq!((found.passages, found.trimmed, found.covered), (1, 39, 0));
    assert_eq!((summary.kept, summary.removed), (40, 0));
    let passages = folder.lines("out/passages.jsonl");
    assert_eq!(passages[0]["text"], BANNER);
    assert_eq!(
        (passages[0]["example"].as_str(), passages[0]["occurrences"].as_u64()),
        (Some("p0"), Some(40))
    );

    // All other bytes are those of the input.
    let mut expected: Vec<String> = pages.iter().map(|(id, text)| record(id, text)).collect();
    for (line, (id, page)) in expected.iter_mut().zip(&pages).skip(1) {
        *line = record(id, &page[BANNER.len() + 1..]);
    }
    assert_eq!(folder.text("out/kept/a.jsonl"), expected[..20].concat());
    let packed = folder.read("out/kept/b.jsonl.gz");
    let mut unpacked = String::new();
    flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut unpacked).unwrap();
    assert_eq!(unpacked, expected[20..].concat());

    let trimmed = folder.lines("out/trimmed.jsonl");
    assert_eq!(trimmed.len(), 39);
    let cut = BANNER.len() + 1;
    assert_eq!(trimmed[0], serde_json::json!({"id": "p1", "cuts": [[0, cut]], "sources": ["p0"]}));
    assert_eq!(found.cut_bytes, 39 * cut as u64);
    assert!(!folder.path("out/.work").exists());
}

#[test]
fn a_report_changes_no_text() {
    let folder = Folder::new();
    let mut content = Vec::new();
    pages::write_json_lines(&Pages::new(3), 1_000_000, &mut content).unwrap();
    let inputs = [folder.write("pages.jsonl", content)];
    let plain = run(&job(&inputs, &folder, "plain"));
    let report = run(&job(&inputs, &folder, "report").passages(PassageMode::Report));
    let trim = run(&job(&inputs, &folder, "trim").passages(PassageMode::Trim));
    assert_eq!(folder.files("plain/kept"), folder.files("report/kept"));
    assert_eq!((plain.kept, plain.passages), (report.kept, None));
    assert_eq!(report.passages, trim.passages);
    for name in ["passages.jsonl", "stretches.jsonl", "trimmed.jsonl"] {
        assert_eq!(folder.text(&format!("report/{name}")), folder.text(&format!("trim/{name}")));
    }
    // The report lists the changes that were made.
    let (before, after) =
        (texts(&folder.read("plain/kept/pages.jsonl")), texts(&folder.read("trim/kept/pages.jsonl")));
    let mut expected: BTreeMap<String, String> = before.clone();
    for line in folder.lines("trim/trimmed.jsonl") {
        let text = expected.get_mut(line["id"].as_str().unwrap()).unwrap();
        for cut in line["cuts"].as_array().unwrap().iter().rev() {
            let [start, end] = [0, 1].map(|at| cut[at].as_u64().unwrap() as usize);
            text.replace_range(start..end, "");
        }
    }
    assert_eq!(expected, after);
    assert!(after != before, "the menus of the sites recur");
}

#[test]
fn one_answer_for_any_threads_memory_and_order_of_arguments() {
    let folder = Folder::new();
    let (mut one, mut two) = (Vec::new(), Vec::new());
    pages::write_json_lines(&Pages::new(5), 700_000, &mut one).unwrap();
    pages::write_json_lines(&Pages::new(6), 700_000, &mut two).unwrap();
    let inputs = [folder.write("a.jsonl", one), folder.write("b.jsonl", two)];
    let backwards: Vec<PathBuf> = inputs.iter().rev().cloned().collect();
    let on = |threads: usize, job: Job| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&job.passages(PassageMode::Trim).coverage(0.9)))
    };
    on(1, job(&inputs, &folder, "first"));
    on(3, job(&backwards, &folder, "second").memory(2 << 30));
    assert_eq!(folder.files("first"), folder.files("second"));
}

#[test]
fn what_is_covered_does_not_depend_on_the_order() {
    let folder = Folder::new();
    let story_3 = story(3);
    let records = [
        record("one", &story(1)),
        record("two", &story(2)),
        record("both", &format!("{}\n{}", story(2), story(1))),
        record("own", &story_3),
        record("part", &story_3[..story_3.len() / 2]),
    ];
    for (number, order) in
        [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 4, 3, 2, 0]].iter().enumerate()
    {
        let (name, output) = (format!("{number}.jsonl"), format!("out-{number}"));
        let inputs = [folder.write(&name, order.map(|at| &*records[at]).concat())];
        let summary = run(&job(&inputs, &folder, &output).passages(PassageMode::Report).coverage(0.95));
        assert_eq!(
            (summary.kept, summary.removed, summary.passages.unwrap().covered),
            (2, 0, 3),
            "{order:?}"
        );
        let covered = folder.lines(&format!("{output}/covered.jsonl"));
        let mut holders: Vec<(&str, &str)> = covered
            .iter()
            .map(|line| (line["id"].as_str().unwrap(), line["sources"][0]["id"].as_str().unwrap()))
            .collect();
        holders.sort_unstable();
        assert_eq!(holders, [("one", "both"), ("part", "own"), ("two", "both")], "{order:?}");
        let kept: Vec<&str> =
            order.iter().filter(|&&at| [2, 3].contains(&at)).map(|&at| &*records[at]).collect();
        assert_eq!(folder.text(&format!("{output}/kept/{name}")), kept.concat());
    }
}

#[test]
fn a_page_put_together_from_preferred_ones_is_removed_with_their_names() {
    let folder = Folder::new();
    let scored = |id: &str, text: &str, score: u32| {
        format!("{}\n", serde_json::json!({ "id": id, "text": text, "score": score }))
    };
    let records = [
        scored("both", &format!("{}\n{}", story(2), story(1)), 1),
        scored("one", &story(1), 2),
        scored("two", &story(2), 2),
        scored("own", &story(3), 1),
    ];
    let inputs = [folder.write("in.jsonl", records.concat())];
    let keep = "score:score".parse().unwrap();
    let job = job(&inputs, &folder, "out").keep(keep).passages(PassageMode::Report).coverage(0.95);
    let summary = run(&job);
    assert_eq!((summary.kept, summary.removed, summary.passages.unwrap().covered), (3, 0, 1));
    let covered = folder.lines("out/covered.jsonl");
    assert_eq!(covered[0]["id"], "both");
    let mut sources: Vec<&str> = covered[0]["sources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| source["id"].as_str().unwrap())
        .collect();
    sources.sort_unstable();
    assert_eq!(sources, ["one", "two"]);
    assert_eq!(folder.text("out/kept/in.jsonl"), records[1..].concat());
}

#[test]
fn the_preferred_document_keeps_its_copy() {
    let folder = Folder::new();
    let short = record("short", &format!("{BANNER}\n{}", story(1)));
    let long = record("long", &format!("{BANNER}\n{}{}{}", story(2), story(3), story(4)));
    let inputs = [folder.write("in.jsonl", [short, long].concat())];
    run(&job(&inputs, &folder, "out").passages(PassageMode::Trim).keep(Keep::Longest));
    let kept = texts(&folder.read("out/kept/in.jsonl"));
    assert!(kept["long"].contains(BANNER) && !kept["short"].contains(BANNER));
}

#[test]
fn plain_texts_are_trimmed_in_their_files() {
    let folder = Folder::new();
    folder.write("in/a.txt", format!("{BANNER}\n{}", story(1)));
    folder.write("in/b.txt", format!("{}\n{BANNER}\n", story(2)));
    folder.write("in/c.txt", story(3));
    run(&job(&[folder.path("in")], &folder, "out").passages(PassageMode::Trim));
    let kept = folder.files("out/kept");
    let read = |name: &str| {
        let found = kept.iter().find(|(path, _)| path.ends_with(name)).unwrap_or_else(|| panic!("{kept:?}"));
        String::from_utf8(found.1.clone()).unwrap()
    };
    assert_eq!(read("a.txt"), format!("{BANNER}\n{}", story(1)));
    assert_eq!(read("b.txt").trim_end(), story(2).trim_end());
    assert_eq!(read("c.txt"), story(3));
}

#[test]
fn contradictory_settings_are_refused_before_anything_is_written() {
    let folder = Folder::new();
    let inputs = [folder.write("in.jsonl", record("a", "b"))];
    let refused = |job: Job, message: &str| {
        let error = job.run().unwrap_err();
        assert!(error.is_setting() && error.to_string().contains(message), "{error}");
        assert!(!folder.path("out/summary.json").exists());
    };
    let job = || job(&inputs, &folder, "out");
    refused(job().coverage(0.9), "no search for passages is asked for");
    refused(job().passages(PassageMode::Report).coverage(1.2), "at most 1");
    refused(job().passages(PassageMode::Report).passage_length(20), "at least 39");
}

/// One `conversion` record, with a head as Common Crawl writes it.
fn warc_record(id: &str, text: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: conversion\r\nWARC-Record-ID: <urn:{id}>\r\nWARC-Block-Digest: sha1:OF{id}\r\n\
         Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}\r\n\r\n",
        text.len()
    )
}

#[test]
fn records_of_warc_files_are_trimmed_and_their_heads_made_to_fit() {
    let folder = Folder::new();
    let pages: Vec<(String, String)> =
        (0..6).map(|page| (format!("p{page}"), format!("{BANNER}\r\n{page}. {}", story(page)))).collect();
    let info = "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 3\r\n\r\na: \r\n\r\n".to_owned();
    let records: Vec<String> =
        std::iter::once(info.clone()).chain(pages.iter().map(|(id, text)| warc_record(id, text))).collect();
    let expected: Vec<String> = std::iter::once(info)
        .chain(pages.iter().enumerate().map(|(page, (id, text))| {
            match page {
                0 => warc_record(id, text),
                _ => warc_record(id, &text[BANNER.len() + 2..])
                    .replace(&format!("WARC-Block-Digest: sha1:OF{id}\r\n"), ""),
            }
        }))
        .collect();
    let packed = |record: &String| {
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(record.as_bytes()).unwrap();
        gz.finish().unwrap()
    };
    let plain = [folder.write("a.wet", records.concat())];
    let gz = [folder.write("a.wet.gz", records.iter().flat_map(packed).collect::<Vec<u8>>())];
    for (inputs, output) in [(&plain, "plain"), (&gz, "gz")] {
        let summary = run(&job(inputs, &folder, output).passages(PassageMode::Trim));
        assert_eq!((summary.documents, summary.passages.unwrap().trimmed), (6, 5));
    }
    assert_eq!(folder.text("plain/kept/a.wet"), expected.concat());
    // Each record is still a separate member.
    let kept = folder.read("gz/kept/a.wet.gz");
    let (mut rest, mut members) = (&kept[..], Vec::new());
    while !rest.is_empty() {
        let mut one = flate2::bufread::GzDecoder::new(rest);
        let mut record = String::new();
        one.read_to_string(&mut record).unwrap();
        rest = one.into_inner();
        members.push(record);
    }
    assert_eq!(members, expected);
}

/// The bytes of texts that are in copies of at least `least` bytes, found by a search for every window. The program
/// `deduplicate-text-datasets` marks the same bytes, and also copies that continue from one text into the next.
fn marked(texts: &[&String], least: usize) -> Vec<Vec<bool>> {
    let mut count: HashMap<&[u8], u32> = HashMap::new();
    for window in texts.iter().flat_map(|text| text.as_bytes().windows(least)) {
        *count.entry(window).or_default() += 1;
    }
    let mark = |text: &&String| {
        let mut marked = vec![false; text.len()];
        for (at, window) in text.as_bytes().windows(least).enumerate() {
            if count[window] > 1 {
                marked[at..at + least].fill(true);
            }
        }
        marked
    };
    texts.iter().map(mark).collect()
}

/// Every text that occurs twice byte for byte is in the stretches, except the ends that the guarantee leaves out.
#[test]
fn a_report_holds_every_run_that_occurs_twice() {
    const LEAST: usize = 100;
    /// The least squeezed characters of a copy for which the guarantee holds.
    const GUARANTEED: usize = 39;
    /// Squeezed characters that may be missing at either end: fewer than 24 that no seed covers, and part of a word.
    const ENDS: usize = 24 + 24;
    let folder = Folder::new();
    let mut content = Vec::new();
    pages::write_json_lines(&Pages::new(12), 2_000_000, &mut content).unwrap();
    let inputs = [folder.write("pages.jsonl", content)];
    let report = job(&inputs, &folder, "out").passages(PassageMode::Report).passage_length(GUARANTEED);
    let found = run(&report.threshold(0.99)).passages.unwrap();
    let kept = texts(&folder.read("out/kept/pages.jsonl"));
    let mut spans: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    let mut unresolved = 0;
    for line in folder.lines("out/stretches.jsonl") {
        let id = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let pair = |value: &serde_json::Value| {
            let [start, end] = [0, 1].map(|at| value[at].as_u64().unwrap() as usize);
            (start, end)
        };
        let own = spans.entry(id(&line["id"])).or_default();
        own.extend(line["unresolved"].as_array().unwrap().iter().map(pair));
        unresolved += line["unresolved"].as_array().unwrap().len() as u64;
        for stretch in line["stretches"].as_array().unwrap() {
            let (span, holder_span) = (pair(&stretch["span"]), pair(&stretch["holder_span"]));
            let holder = id(&stretch["holder"]);
            assert!(kept[&id(&line["id"])].get(span.0..span.1).is_some());
            assert!(kept[&holder].get(holder_span.0..holder_span.1).is_some());
            spans.entry(id(&line["id"])).or_default().push(span);
            spans.entry(holder).or_default().push(holder_span);
        }
    }
    assert_eq!(unresolved, found.unresolved);
    let texts: Vec<&String> = kept.values().collect();
    let (mut runs, mut whole) = (0, 0);
    for ((id, text), marked) in kept.iter().zip(marked(&texts, LEAST)) {
        let letters = text.char_indices().filter(|(_, ch)| ch.is_alphanumeric());
        let letters: Vec<(bool, bool)> = letters
            .map(|(at, _)| {
                let is_held = |&(start, end): &(usize, usize)| start <= at && at < end;
                (marked[at], spans.get(id).is_some_and(|spans| spans.iter().any(is_held)))
            })
            .collect();
        for run in letters.chunk_by(|a, b| a.0 == b.0).filter(|run| run[0].0 && run.len() >= GUARANTEED) {
            runs += 1;
            let missing = run.iter().filter(|(_, is_held)| !is_held).count();
            whole += usize::from(missing == 0);
            let inner = run.get(ENDS..run.len().saturating_sub(ENDS)).unwrap_or_default();
            assert!(inner.iter().all(|(_, is_held)| *is_held), "{id}: {missing} of {} letters", run.len());
            assert!(missing < run.len(), "{id}: nothing of {} letters is found", run.len());
        }
    }
    assert!(runs > 300, "{runs} runs");
    assert!(10 * whole >= 9 * runs, "{whole} of {runs} runs are found to the last letter");
}
