//! The guarantees of a corpus job: each removal has a witness, nothing else changes, and the output is always the same.

#[path = "folder/mod.rs"]
mod folder;
mod texts;

use folder::{Folder, line};
use proptest::prelude::*;
use refrain::corpus::{Format, Job, Keep, Summary};
use refrain::jaccard;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use texts::pages::Pages;

/// The records of the tests are short, so little memory is enough.
const MEMORY: u64 = 160 << 20;
const MAX_RECORD: u64 = 1 << 20;

fn job(inputs: &[PathBuf], folder: &Folder) -> Job {
    Job::new(inputs, folder.path("out")).memory(MEMORY).max_record(MAX_RECORD)
}

fn run(job: &Job) -> Summary {
    job.run().unwrap_or_else(|error| panic!("{error}"))
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

/// The texts of a file of JSON lines, by id.
fn texts_of(content: &[u8]) -> BTreeMap<String, String> {
    let text = std::str::from_utf8(content).unwrap();
    text.lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| {
            (record["id"].as_str().unwrap().to_owned(), record["text"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// The JSON parser of the test may be off by the last bit.
fn is_equal(reported: f64, exact: f64) -> bool {
    (reported - exact).abs() < 1e-15
}

/// Checks every line of the output against the input. It uses only the public comparison of two texts.
fn check(input: &[u8], folder: &Folder, name: &str, threshold: f64) {
    let texts = texts_of(input);
    let kept = texts_of(&folder.read(&format!("out/kept/{name}")));
    let removed = folder.lines("out/removed.jsonl");
    assert_eq!(kept.len() + removed.len(), texts.len());
    for removal in &removed {
        let (id, kept_by) = (removal["id"].as_str().unwrap(), removal["kept_by"].as_str().unwrap());
        assert!(!kept.contains_key(id), "{id} is removed and kept");
        assert!(kept.contains_key(kept_by), "{kept_by} is the witness of {id} and is not kept");
        let (own, other) = (&texts[id], &texts[kept_by]);
        let reported = removal["jaccard"].as_f64().unwrap();
        assert!(reported >= threshold, "{id}: {reported}");
        assert!(is_equal(reported, jaccard(own, other)), "{id} by {kept_by}: {reported}");
        assert!(is_equal(removal["containment"].as_f64().unwrap(), refrain::containment(own, other)));
    }
    let expected: String = std::str::from_utf8(input)
        .unwrap()
        .split_inclusive('\n')
        .filter(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            kept.contains_key(record["id"].as_str().unwrap())
        })
        .collect();
    assert!(expected.as_bytes() == folder.read(&format!("out/kept/{name}")), "kept records are changed");
    // The clusters list the same documents as the removals.
    let mut by_kept: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for removal in &removed {
        by_kept
            .entry(removal["kept_by"].as_str().unwrap())
            .or_default()
            .push(removal["id"].as_str().unwrap());
    }
    let clusters = folder.lines("out/clusters.jsonl");
    assert_eq!(clusters.len(), by_kept.len());
    for cluster in &clusters {
        let members: Vec<&str> =
            cluster["removed"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        assert_eq!(by_kept[cluster["kept"].as_str().unwrap()], members);
        let weakest = removed.iter().filter(|removal| removal["kept_by"] == cluster["kept"]);
        let least = weakest.map(|removal| removal["jaccard"].as_f64().unwrap()).fold(1.0, f64::min);
        assert_eq!(cluster["weakest"]["jaccard"].as_f64().unwrap(), least);
    }
}

/// Pages as JSON lines.
fn pages(seed: u64, count: u64) -> Vec<u8> {
    let pages = Pages::new(seed);
    (0..count).map(|number| pages.page(number).json_line()).collect::<String>().into_bytes()
}

#[test]
fn every_removal_has_a_kept_witness_that_is_as_similar_as_it_says() {
    let folder = Folder::new();
    let content = pages(7, 3000);
    let input = folder.write("pages.jsonl", &content);
    let summary = run(&job(&[input], &folder));
    check(&content, &folder, "pages.jsonl", 0.8);
    assert_eq!(summary.documents, 3000);
    assert!((300..650).contains(&summary.removed), "{summary:?}");
    assert!(summary.copies >= 40 && summary.capped == 0, "{summary:?}");
    assert!(!folder.path("out/.work").exists());
}

#[test]
fn near_duplicates_are_found_as_often_as_predicted() {
    let folder = Folder::new();
    let (seed, count) = (11, 6000);
    let input = folder.write("pages.jsonl", pages(seed, count));
    let summary = run(&job(&[input], &folder));
    assert!(summary.predicted_recall >= 0.95);
    let by: HashMap<String, String> = folder
        .lines("out/removed.jsonl")
        .iter()
        .map(|removal| {
            (removal["id"].as_str().unwrap().to_owned(), removal["kept_by"].as_str().unwrap().to_owned())
        })
        .collect();
    let bands = refrain::Bands::new(summary.bands, summary.rows).unwrap();
    let pages = Pages::new(seed);
    let (mut found, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for number in 0..count {
        let Some((source, _)) = pages.source_of(number) else { continue };
        let (page, source) = (pages.page(number), pages.page(source));
        let similarity = jaccard(&page.text, &source.text);
        if similarity < 0.8 {
            continue;
        }
        let recall = bands.recall(similarity);
        expected += recall;
        variance += recall * (1.0 - recall);
        found += f64::from(u8::from(by.contains_key(&page.id) || by.contains_key(&source.id)));
    }
    assert!(expected > 500.0);
    // A document may also be found by another near-duplicate of the same source, so more may be found.
    assert!(found >= expected - 4.0 * variance.sqrt() - 1.0, "{found} of {expected} ± {}", variance.sqrt());
}

#[test]
fn the_output_is_the_same_for_any_threads_memory_and_order() {
    let folder = Folder::new();
    // So many band entries that they are written to disk under the smaller budget.
    let parts: Vec<PathBuf> = (0..4)
        .map(|part| {
            let lines: String = (0..12_000)
                .map(|number| {
                    let number = part * 12_000 + number;
                    let group = number * 7 / 8;
                    let text: Vec<String> =
                        (0..12).map(|place| format!("w{}", (group * 12 + place) % 90_001)).collect();
                    line(&number.to_string(), &text.join(" "))
                })
                .collect();
            folder.write(&format!("part-{part}.jsonl"), lines)
        })
        .collect();
    let mut reversed = parts.clone();
    reversed.reverse();
    let mut outputs = Vec::new();
    for (number, (inputs, threads, memory)) in
        [(&parts, 1, MEMORY), (&reversed, 3, MEMORY), (&parts, 2, 1 << 30)].into_iter().enumerate()
    {
        let output = folder.path(&format!("out-{number}"));
        let job = Job::new(inputs, &output).memory(memory).max_record(MAX_RECORD);
        let summary = on_threads(threads, || run(&job));
        assert!(summary.removed > 1000, "{summary:?}");
        outputs.push(folder.files(&format!("out-{number}")));
    }
    assert!(outputs[0] == outputs[1], "threads or order change the output");
    assert!(outputs[0] == outputs[2], "memory changes the output");
}

const FIRST: &str = "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
                     residents who live close to it. It will decide next month, said the mayor on Wednesday morning.";

/// Three similar documents, of which the second is the longest, and one that resembles none.
fn four() -> Vec<(&'static str, String)> {
    vec![
        ("a", FIRST.to_owned()),
        ("b", format!("{FIRST} More follows.")),
        ("c", FIRST.to_uppercase()),
        (
            "d",
            "Something else happened in another town, and nobody there wrote more than a line about it."
                .to_owned(),
        ),
    ]
}

#[test]
fn the_policy_decides_which_is_kept() {
    let folder = Folder::new();
    let lines: String = four()
        .iter()
        .zip([3.0, -1.0, 7.5, 0.0])
        .zip(["2024-01-01", "2023-05-06T10:00:00Z", "2022-12-31", "2024-02-02"])
        .map(|(((id, text), score), date)| {
            let record = serde_json::json!({"id": id, "text": text, "score": score, "date": date});
            format!("{record}\n")
        })
        .collect();
    let input = folder.write("a.jsonl", &lines);
    for (number, (keep, kept)) in [
        (Keep::First, ["a", "d"]),
        (Keep::Longest, ["b", "d"]),
        (Keep::Score("score".into()), ["c", "d"]),
        (Keep::Newest("date".into()), ["a", "d"]),
        (Keep::Score("none".into()), ["a", "d"]),
    ]
    .into_iter()
    .enumerate()
    {
        let output = format!("out-{number}");
        let job = Job::new([&input], folder.path(&output)).keep(keep.clone());
        let summary = run(&job);
        let found: Vec<String> =
            texts_of(&folder.read(&format!("{output}/kept/a.jsonl"))).into_keys().collect();
        assert_eq!(found, kept, "{keep:?}");
        assert_eq!(summary.unranked, if keep == Keep::Score("none".into()) { 4 } else { 0 });
    }
}

#[test]
fn the_first_is_the_first_by_path_and_record() {
    let folder = Folder::new();
    let [a, b, c, _] = &four()[..] else { unreachable!() };
    let second = folder.write("in/b.jsonl", line(a.0, &a.1) + &line("x", &a.1));
    let first = folder.write("in/a.jsonl", line(c.0, &c.1));
    let third = folder.write("in/c/a.jsonl", line(b.0, &b.1));
    run(&job(&[third, second, first].map(|path| path.parent().unwrap().to_owned())[1..2], &folder));
    let removed: Vec<_> = folder.lines("out/removed.jsonl").iter().map(|line| line["id"].clone()).collect();
    assert_eq!(removed, ["a", "x", "b"]);
    assert_eq!(folder.read("out/kept/b.jsonl"), b"");
    assert_eq!(folder.read("out/kept/c/a.jsonl"), b"");
}

/// Packs like the usual tools.
fn packed(packing: &str, content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    match packing {
        "gz" => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(content).unwrap();
            packer.finish().unwrap()
        }
        "zst" => zstd::encode_all(content, 1).unwrap(),
        "bz2" => {
            let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
            packer.write_all(content).unwrap();
            packer.finish().unwrap()
        }
        "xz" => {
            let mut packer =
                lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(1)).unwrap();
            packer.write_all(content).unwrap();
            packer.finish().unwrap()
        }
        _ => content.to_vec(),
    }
}

fn unpacked(packing: &str, content: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut out = Vec::new();
    let read = match packing {
        "gz" => flate2::read::MultiGzDecoder::new(content).read_to_end(&mut out),
        "zst" => zstd::Decoder::new(content).unwrap().read_to_end(&mut out),
        "bz2" => bzip2::read::MultiBzDecoder::new(content).read_to_end(&mut out),
        "xz" => lzma_rust2::XzReader::new(content, true).read_to_end(&mut out),
        _ => out.write(content),
    };
    read.unwrap();
    out
}

use std::io::{Read as _, Write as _};

#[test]
fn packed_inputs_give_the_output_of_plain_ones_packed_the_same_way() {
    let folder = Folder::new();
    let content = pages(3, 1500);
    let input = folder.write("plain/pages.jsonl", &content);
    run(&job(&[input], &folder));
    let plain = folder.files("out");
    for packing in ["gz", "zst", "bz2", "xz"] {
        // The name does not show how the file is packed.
        let input = folder.write(&format!("{packing}/pages.jsonl"), packed(packing, &content));
        let output = format!("out-{packing}");
        run(&Job::new([input], folder.path(&output)).memory(MEMORY).max_record(MAX_RECORD));
        let mut files = folder.files(&output);
        let kept = files.get_mut("kept/pages.jsonl").unwrap();
        assert!(kept.len() < plain["kept/pages.jsonl"].len() / 2, "{packing}");
        *kept = unpacked(packing, kept);
        for name in ["kept/pages.jsonl", "removed.jsonl", "clusters.jsonl"] {
            assert!(files[name] == plain[name], "{packing}: {name}");
        }
    }
}

#[test]
fn bytes_between_records_stay() {
    let folder = Folder::new();
    let [a, b, _, d] = &four()[..] else { unreachable!() };
    let content = format!(
        "\u{feff}{}\n  \n{}\r\n{}{}",
        line(a.0, &a.1),
        line(b.0, &b.1).trim_end(),
        line("null", &b.1).replace("\"null\"", "null"),
        line(d.0, &d.1).trim_end()
    );
    let input = folder.write("a.jsonl", &content);
    run(&job(&[input], &folder));
    let expected = format!("\u{feff}{}\n  \n{}", line(a.0, &a.1), line(d.0, &d.1).trim_end());
    assert_eq!(folder.text("out/kept/a.jsonl"), expected);
    let removed: Vec<_> = folder.lines("out/removed.jsonl").iter().map(|line| line["id"].clone()).collect();
    // The record is named by its line; blank lines count.
    assert_eq!(removed, ["b", "a.jsonl:5"]);
}

#[test]
fn a_folder_of_texts_is_kept_file_by_file() {
    let folder = Folder::new();
    for (id, text) in four() {
        folder.write(&format!("in/{id}/text.txt"), text);
    }
    folder.write("in/empty.txt", "");
    folder.write("in/.hidden", "not looked at");
    folder.write("in/picture.bin", [0xff, 0xfe, 0x00, 0x80]);
    let summary = run(&job(&[folder.path("in")], &folder));
    assert_eq!((summary.documents, summary.removed, summary.rejected), (5, 2, 1));
    let kept: Vec<String> = folder.files("out/kept").into_keys().collect();
    assert_eq!(kept, ["a/text.txt", "d/text.txt", "empty.txt"]);
    assert_eq!(folder.lines("out/removed.jsonl")[0]["id"], "b/text.txt");
    let rejected = folder.lines("out/rejected.jsonl");
    assert_eq!(
        (rejected[0]["file"].as_str(), rejected[0]["record"].as_u64()),
        (Some("picture.bin"), Some(1))
    );
    assert!(rejected[0]["reason"].as_str().unwrap().contains("UTF-16"));
}

#[test]
fn patterns_name_files_by_their_path_below_the_fixed_part() {
    let folder = Folder::new();
    for (id, text) in four() {
        folder.write(&format!("in/{id}/x.jsonl"), line(id, &text));
    }
    let summary = run(&job(&[folder.path("in/*/x.jsonl")], &folder));
    assert_eq!((summary.documents, summary.removed), (4, 2));
    let kept: Vec<String> = folder.files("out/kept").into_keys().collect();
    assert_eq!(kept, ["a/x.jsonl", "b/x.jsonl", "c/x.jsonl", "d/x.jsonl"]);
    let missing = Job::new([folder.path("in/*.nothing")], folder.path("other")).run().unwrap_err();
    assert!(missing.is_setting() && missing.to_string().contains("matches no file"), "{missing}");
    // Files of one name are kept under their folders.
    let twins = Job::new([folder.path("in/a/x.jsonl"), folder.path("in/b/x.jsonl")], folder.path("twins"));
    assert_eq!(run(&twins.memory(MEMORY).max_record(MAX_RECORD)).documents, 2);
    let kept: Vec<String> = folder.files("twins/kept").into_keys().collect();
    assert!(kept.len() == 1 && kept[0].ends_with("in/a/x.jsonl") || kept.len() == 2, "{kept:?}");
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_are_not_followed() {
    let folder = Folder::new();
    folder.write("in/a/x.jsonl", line("a", FIRST));
    folder.write(
        "in/a/b/y.jsonl",
        line("b", "something else that nobody has read before this line was written"),
    );
    std::os::unix::fs::symlink("..", folder.path("in/a/up")).unwrap();
    std::os::unix::fs::symlink("loop", folder.path("in/loop")).unwrap();
    for (name, input) in
        [("folder", "in"), ("pattern", "in/**/*.jsonl"), ("all", "in/**"), ("twice", "in/**/**/?.jsonl")]
    {
        let summary =
            run(&Job::new([folder.path(input)], folder.path(name)).memory(MEMORY).max_record(MAX_RECORD));
        assert_eq!((summary.documents, summary.kept), (2, 2), "{name}");
    }
}

#[test]
fn what_a_file_holds_decides_how_it_is_read() {
    let folder = Folder::new();
    let lines = format!("{}{}", line("a", FIRST), line("b", "a second record of the same file"));
    for (name, content) in [
        ("LINES.JSONL", lines.clone().into_bytes()),
        ("lines.txt", lines.clone().into_bytes()),
        ("lines", lines.clone().into_bytes()),
        (
            "crawl.txt",
            (warc_record("conversion", "a", FIRST) + &warc_record("conversion", "b", "b")).into_bytes(),
        ),
    ] {
        let input = folder.write(name, content);
        let job =
            Job::new([input], folder.path(&format!("out-{name}"))).memory(MEMORY).max_record(MAX_RECORD);
        assert_eq!(run(&job).documents, 2, "{name}");
    }
    let utf16: Vec<u8> = lines.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (name, content, cause) in [
        ("array.json", &b"[{\"text\":\"a\"}]"[..], "array"),
        ("utf16.jsonl", &utf16, "UTF-16"),
        ("texts.zip", b"PK\x03\x04", "zip"),
    ] {
        let input = folder.write(&format!("refused/{name}"), content);
        let out = folder.path(&format!("out-{name}"));
        let error = Job::new([&input], &out).run().unwrap_err();
        assert!(error.is_io() && error.to_string().contains(cause) && !out.join(".work").exists(), "{error}");
    }
    // Files of a folder are rejected one by one.
    let summary = run(&job(&[folder.path("refused")], &folder));
    assert_eq!((summary.documents, summary.rejected), (0, 3));
    // With its encoding, the text is read, and written in UTF-8.
    let converted = Job::new([folder.path("refused/utf16.jsonl")], folder.path("converted"));
    assert_eq!(run(&converted.encoding("utf-16le".parse().unwrap())).documents, 2);
    assert_eq!(folder.text("converted/kept/utf16.jsonl"), lines);
}

#[test]
fn tables_are_read_and_written_record_by_record() {
    let folder = Folder::new();
    let table = |separator: &str| {
        let records = four()
            .into_iter()
            .map(|(id, text)| format!("{id}{separator}\"{text}\nsecond \"\"line\"\"\"\r\n"));
        format!("id{separator}text\r\n{}", records.collect::<String>())
    };
    for (name, separator) in [("table.csv", ","), ("table.TSV", "\t")] {
        let content = table(separator);
        let input = folder.write(name, &content);
        let out = format!("out-{name}");
        let summary = run(&Job::new([input], folder.path(&out)).memory(MEMORY).max_record(MAX_RECORD));
        assert_eq!((summary.documents, summary.removed, summary.rejected), (4, 2, 0), "{name}");
        let kept = folder.text(&format!("{out}/kept/{name}"));
        let lines: Vec<&str> = content.split_inclusive("\r\n").collect();
        assert_eq!(kept, [lines[0], lines[1], lines[4]].concat());
    }
    let error = job(&[folder.write("other.csv", "key,body\n1,a text\n")], &folder).run().unwrap_err();
    assert!(error.to_string().contains("the fields are key, body"), "{error}");
}

#[test]
fn a_text_field_that_no_record_has_ends_the_job_and_names_the_fields() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", r#"{"id":1,"meta":{"body":"one text"},"NAN":NaN}"#);
    let error = job(std::slice::from_ref(&input), &folder).run().unwrap_err();
    assert!(error.is_io() && error.to_string().contains("NAN, id, meta"), "{error}");
    // Nothing is left that would hinder another setting.
    let summary = run(&job(&[input], &folder).text_field("meta.body"));
    assert_eq!((summary.documents, summary.rejected), (1, 0));
}

#[test]
fn an_input_without_kept_records_leaves_a_valid_empty_file() {
    let folder = Folder::new();
    let packed = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, bytes).unwrap();
        packer.finish().unwrap()
    };
    let first = folder.write("a.jsonl.gz", packed(line("a", FIRST).as_bytes()));
    let second = folder.write("b.jsonl.gz", packed(line("b", FIRST).as_bytes()));
    assert_eq!(run(&job(&[first, second], &folder)).removed, 1);
    let kept = folder.read("out/kept/b.jsonl.gz");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&kept[..]), &mut text).unwrap();
    assert_eq!((text.as_str(), kept.is_empty()), ("", false));
}

fn warc_record(kind: &str, id: &str, content: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:{id}>\r\nWARC-Date: 2024-05-0{}T00:00:00Z\r\nContent-Length: {}\r\n\r\n{content}\r\n\r\n",
        1 + id.len() % 9,
        content.len()
    )
}

#[test]
fn conversion_records_of_warc_files_are_documents() {
    let folder = Folder::new();
    let mut records = vec![warc_record("warcinfo", "info", "software: a test\r\n")];
    records.extend(four().iter().map(|(id, text)| warc_record("conversion", id, text)));
    let packed_each: Vec<u8> = records.iter().flat_map(|record| packed("gz", record.as_bytes())).collect();
    let input = folder.write("a.warc.wet.gz", packed_each);
    let summary = run(&job(&[input], &folder));
    assert_eq!((summary.documents, summary.removed, summary.rejected), (4, 2, 0));
    assert_eq!(folder.lines("out/removed.jsonl")[0]["id"], "<urn:b>");
    let kept = folder.read("out/kept/a.warc.wet.gz");
    let expected = [&records[0], &records[1], &records[4]];
    assert_eq!(unpacked("gz", &kept), expected.map(String::as_str).concat().as_bytes());
    // Each record is a separate member, as readers of WARC expect.
    let members = kept.windows(3).filter(|bytes| *bytes == [0x1f, 0x8b, 8]).count();
    assert_eq!(members, 3);
}

/// Each portion of a file is packed separately. A record that continues in the next portion stays whole.
#[test]
fn each_record_of_a_long_warc_file_is_a_member() {
    let folder = Folder::new();
    let records: Vec<String> = (0_u64..30)
        .map(|number| {
            let words =
                (0..40_000_u64).map(|at| format!("{:x} ", (number * 40_000 + at).wrapping_mul(0x9e37_79b9)));
            warc_record("conversion", &number.to_string(), &words.collect::<String>())
        })
        .collect();
    assert!(records.concat().len() > 10 << 20, "longer than two portions");
    let input = folder.write("a.wet.gz", packed("gz", records.concat().as_bytes()));
    assert_eq!(run(&job(&[input], &folder)).kept, 30);
    let kept = folder.read("out/kept/a.wet.gz");
    let mut rest = &kept[..];
    for record in &records {
        let (mut member, mut content) = (flate2::bufread::GzDecoder::new(rest), String::new());
        member.read_to_string(&mut content).unwrap();
        rest = member.into_inner();
        assert!(content == *record);
    }
    assert!(rest.is_empty());
}

#[test]
fn the_format_can_be_set() {
    let folder = Folder::new();
    let lines: String = four().iter().map(|(id, text)| line(id, text)).collect();
    let input = folder.write("data", lines);
    let summary = run(&job(&[input], &folder).format(Format::JsonLines));
    assert_eq!((summary.documents, summary.removed), (4, 2));
}

#[test]
fn short_and_empty_texts_do_not_collapse() {
    let folder = Folder::new();
    let lines: String = ["", "", "…", "…", "yes", "no", "yes", "Yes!", "ok then"]
        .iter()
        .enumerate()
        .map(|(number, text)| line(&number.to_string(), text))
        .collect();
    let input = folder.write("a.jsonl", lines);
    run(&job(&[input], &folder));
    let removed: Vec<_> = folder.lines("out/removed.jsonl").iter().map(|line| line["id"].clone()).collect();
    // Only copies of "yes" are removed: one is equal byte for byte, one has the same letters.
    assert_eq!(removed, ["6", "7"]);
}

#[test]
fn the_fields_can_be_named() {
    let folder = Folder::new();
    let lines: String = four()
        .iter()
        .map(|(id, text)| format!("{}\n", serde_json::json!({"key": id, "body": text, "text": 3})))
        .collect();
    let input = folder.write("a.jsonl", lines);
    run(&job(&[input], &folder).text_field("body").id_field("key"));
    assert_eq!(folder.lines("out/removed.jsonl").len(), 2);
    assert_eq!(folder.lines("out/removed.jsonl")[0]["kept_by"], "a");
}

#[test]
fn files_of_another_run_are_not_mistaken_for_its_own() {
    let folder = Folder::new();
    let content = pages(9, 400);
    let input = folder.write("pages.jsonl", &content);
    // What a run may leave: output without a summary, and a work folder without a plan.
    folder.write("out/kept/pages.jsonl", "something else");
    let error = job(std::slice::from_ref(&input), &folder).run().unwrap_err();
    assert!(error.is_incompatible() && error.to_string().contains("of another run"), "{error}");
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    folder.write(
        "work/read.done",
        "{\"documents\":0,\"rejected\":0,\"bytes\":0,\"text_bytes\":0,\"unranked\":0}",
    );
    folder.write("work/documents.table", "");
    folder.write("work/mine.txt", "not the run's");
    let summary = run(&job(&[input], &folder).work(folder.path("work")));
    assert_eq!(summary.documents, 400);
    check(&content, &folder, "pages.jsonl", 0.8);
    // Only files of the run are removed.
    assert_eq!(folder.files("work").into_keys().collect::<Vec<_>>(), ["mine.txt"]);
}

/// The number of cases. Each case syncs about fifty files, so there are few, unless the environment asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

/// The documents of one template fill the same buckets. What they cost grows with their number, not with its square, and each
/// removal is still true.
#[test]
fn one_template_in_a_third_of_the_documents_costs_its_size() {
    let mut pairs_of = Vec::new();
    for count in [1500, 3000] {
        let folder = Folder::new();
        let mut random = texts::Random(7);
        let mut words = |count: usize| -> String {
            (0..count).map(|_| format!("w{}", random.below(1_000_000))).collect::<Vec<_>>().join(" ")
        };
        let template = words(150);
        let lines: String = (0..count)
            .map(|number| {
                let text = match number % 10 {
                    0..3 => format!("{} {template} {}", words(6), words(6)),
                    _ => words(40),
                };
                line(&number.to_string(), &text)
            })
            .collect();
        let input = folder.write("a.jsonl", &lines);
        let summary = run(&job(&[input], &folder));
        let texts = texts_of(lines.as_bytes());
        let removed = folder.lines("out/removed.jsonl");
        for removal in &removed {
            let text = |key: &str| &texts[removal[key].as_str().unwrap()];
            let similarity = jaccard(text("id"), text("kept_by"));
            assert!(similarity >= 0.8 && removal["jaccard"].as_f64() == Some(similarity), "{removal}");
        }
        // Every document of the template is similar to every other, by 146 of 170 shingles.
        assert!(removed.len() + 1 >= count * 3 / 10 - count / 100, "{} of {count}", removed.len());
        // At each of three depths of a bucket, a document is compared with 16 others.
        let most = 3 * 16 * summary.bands as u64 * count as u64 * 3 / 10;
        assert!(summary.candidates <= most, "{} pairs, at most {most}", summary.candidates);
        pairs_of.push(summary.candidates as f64);
    }
    // Twice the documents; the square would be four times the pairs.
    assert!(pairs_of[1] <= 3.0 * pairs_of[0], "{pairs_of:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases()))]

    /// Any records, in any number of files: the output is correct, and one of several equal texts is kept.
    #[test]
    fn any_corpus_gives_a_correct_output(
        choices in proptest::collection::vec((0..6_usize, 0..4_usize, 0..3_usize), 1..60),
        threshold in 0.5..0.95,
    ) {
        let folder = Folder::new();
        let base = pages(5, 6);
        let texts: Vec<String> = texts_of(&base).into_values().collect();
        let records: Vec<(String, String, usize)> = choices
            .iter()
            .enumerate()
            .map(|(number, &(text, edits, file))| {
                let words: Vec<&str> = texts[text].split(' ').collect();
                let edited = words.iter().enumerate().map(|(place, word)| {
                    if edits > 0 && place % (90 / edits) == 5 { "edited" } else { word }
                });
                (number.to_string(), edited.collect::<Vec<_>>().join(" "), file)
            })
            .collect();
        let mut all = String::new();
        let mut inputs = Vec::new();
        for file in 0..3 {
            let lines: String = records.iter().filter(|record| record.2 == file).map(|(id, text, _)| line(id, text)).collect();
            all.push_str(&lines);
            inputs.push(folder.write(&format!("{file}.jsonl"), lines));
        }
        run(&job(&inputs, &folder).threshold(threshold));
        let kept: Vec<u8> = (0..3).flat_map(|file| folder.read(&format!("out/kept/{file}.jsonl"))).collect();
        folder.write("out/kept/all", &kept);
        check(all.as_bytes(), &folder, "all", threshold);
        let mut different: Vec<String> = texts_of(&kept).into_values().collect();
        let count = different.len();
        different.sort();
        different.dedup();
        prop_assert_eq!(different.len(), count, "a copy was kept");
    }
}
