//! `refrain dedup` with faults: killed runs, full disks, bad records, too little memory. No output file is wrong or
//! incomplete, and the message says what failed and where.

mod command;

use command::folder::{Folder, line};
use command::texts::Random;
use command::texts::pages::{self, Pages};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn refrain() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refrain"));
    command.arg("dedup").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn dedup<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    refrain().args(arguments).output().unwrap()
}

fn messages(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn assert_done(output: &Output) {
    assert!(output.status.success(), "{:?}: {}", output.status, messages(output));
}

fn pages(seed: u64, bytes: u64) -> Vec<u8> {
    let mut out = Vec::new();
    pages::write_json_lines(&Pages::new(seed), bytes, &mut out).unwrap();
    out
}

fn gz(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(content).unwrap();
    packer.finish().unwrap()
}

#[test]
fn killed_at_any_moment_the_same_command_ends_with_the_same_bytes() {
    let folder = Folder::new();
    let content = pages(1, 12_000_000);
    let half = content.iter().skip(content.len() / 2).position(|&byte| byte == b'\n').unwrap()
        + content.len() / 2
        + 1;
    folder.write("in/a.jsonl", &content[..half]);
    folder.write("in/b.jsonl.gz", gz(&content[half..]));
    let input = folder.path("in");
    let start = Instant::now();
    assert_done(&dedup([&input, Path::new("-o"), &folder.path("out")]));
    let whole = start.elapsed();
    let expected = folder.files("out");
    assert!(expected.keys().all(|name| !name.contains("partial")) && expected.contains_key("summary.json"));

    let mut random = Random(5);
    let mut killed = 0;
    for trial in 0..20 {
        let output = format!("out-{trial}");
        let arguments =
            [input.as_os_str(), OsStr::new("-o"), folder.path(&output).as_os_str()].map(OsStr::to_owned);
        // Each run is killed twice, so a resumed run is killed as well.
        for _ in 0..2 {
            let mut child = refrain().args(&arguments).spawn().unwrap();
            std::thread::sleep(whole.mul_f64(random.below(1000) as f64 / 1000.0));
            killed += usize::from(child.try_wait().unwrap().is_none());
            // SIGKILL on Unix.
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_done(&dedup(&arguments));
        let found = folder.files(&output);
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "trial {trial}");
        assert!(found == expected, "trial {trial}: the output differs");
    }
    assert!(killed >= 10, "only {killed} of 40 runs were killed before their end");
}

#[test]
fn another_job_is_refused_with_the_difference() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", pages(1, 8_000_000));
    let output = folder.path("out");
    let begin = || {
        // Killed as soon as its plan exists, so before its end.
        let mut child = refrain().arg(&input).arg("-o").arg(&output).spawn().unwrap();
        let start = Instant::now();
        while !output.join(".work/plan").exists() && start.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(output.join(".work/plan").exists() && !output.join("summary.json").exists());
    };
    begin();
    let other = refrain().arg(&input).arg("-o").arg(&output).args(["--threshold", "0.7"]).output().unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(messages(&other).contains("the threshold was 0.8 and is now 0.7"), "{}", messages(&other));
    // The input has changed.
    std::fs::OpenOptions::new()
        .append(true)
        .open(&input)
        .unwrap()
        .write_all(line("new", "text").as_bytes())
        .unwrap();
    let changed = refrain().arg(&input).arg("-o").arg(&output).output().unwrap();
    assert_eq!(changed.status.code(), Some(1));
    assert!(messages(&changed).contains("bytes and now has"), "{}", messages(&changed));
    // Memory and threads may differ. A finished job stays as it is.
    std::fs::remove_dir_all(&output).unwrap();
    begin();
    let same = ["--memory", "512MiB", "--threads", "1"];
    assert_done(&refrain().arg(&input).arg("-o").arg(&output).args(same).output().unwrap());
    let before = folder.files("out");
    assert_done(&refrain().arg(&input).arg("-o").arg(&output).output().unwrap());
    assert!(folder.files("out") == before);
    let other = refrain().arg(&input).arg("-o").arg(&output).args(["--keep", "longest"]).output().unwrap();
    assert_eq!(other.status.code(), Some(1));
    assert!(messages(&other).contains("another job"), "{}", messages(&other));
}

/// Each bad record is wrong in one way. The first and the last record are good.
#[test]
fn a_record_that_is_wrong_is_named_and_the_others_are_kept() {
    let folder = Folder::new();
    let long = format!("{{\"id\":\"long\",\"text\":\"{}\"}}", "x".repeat(3 << 20));
    let lines: Vec<Vec<u8>> = vec![
        line("a", "the first text, which is right").into_bytes(),
        b"{\"id\":\"b\",\"text\":\"cut".to_vec(),
        b"{\"id\":\"c\",\"text\":\"not \xff valid\"}".to_vec(),
        b"[1,2]".to_vec(),
        b"{\"id\":\"e\"}".to_vec(),
        b"{\"id\":\"f\",\"text\":null}".to_vec(),
        b"{\"id\":{},\"text\":\"g\"}".to_vec(),
        long.into_bytes(),
        b"{\"id\":\"i\",\"text\":\"\\ud800\"}".to_vec(),
        line("z", "the last text, and it is right too").into_bytes(),
    ];
    let content: Vec<u8> = lines.iter().flat_map(|line| [line.trim_ascii_end(), b"\n"].concat()).collect();
    let input = folder.write("a.jsonl", &content);
    let arguments = |output: &str| {
        let mut command = refrain();
        command.arg(&input).arg("-o").arg(folder.path(output)).args(["--max-record", "1MiB"]);
        command
    };
    let output = arguments("out").output().unwrap();
    assert_done(&output);
    assert!(messages(&output).contains("8 records rejected"), "{}", messages(&output));
    let expected = [
        (2, "is not valid JSON"),
        (3, "is not valid UTF-8 at its byte 22"),
        (4, "a JSON object"),
        (5, "has no \"text\""),
        (6, "\"text\" is not a string"),
        (7, "\"id\" is neither a string nor a number"),
        (8, "the limit is 1048576"),
        (9, "not a valid JSON string"),
    ];
    let rejected = folder.lines("out/rejected.jsonl");
    assert_eq!(rejected.len(), expected.len());
    for (rejected, (record, reason)) in rejected.iter().zip(expected) {
        assert_eq!((rejected["file"].as_str(), rejected["record"].as_u64()), (Some("a.jsonl"), Some(record)));
        assert!(rejected["reason"].as_str().unwrap().contains(reason), "{rejected}");
    }
    assert_eq!(folder.read("out/kept/a.jsonl"), [&lines[0][..], &lines[9]].concat());
    let strict = arguments("out-strict").arg("--strict").output().unwrap();
    assert_eq!(strict.status.code(), Some(1));
}

#[test]
fn a_packed_file_that_is_cut_short_gives_the_records_before_the_cut() {
    let folder = Folder::new();
    let content = pages(2, 3_000_000);
    let packed = gz(&content);
    let input = folder.write("a.jsonl.gz", &packed[..packed.len() * 2 / 3]);
    let output = refrain().arg(&input).arg("-o").arg(folder.path("out")).output().unwrap();
    assert_done(&output);
    let rejected = folder.lines("out/rejected.jsonl");
    assert_eq!(rejected.len(), 1);
    assert!(rejected[0]["reason"].as_str().unwrap().contains("cut short or altered"), "{}", rejected[0]);
    let record = rejected[0]["record"].as_u64().unwrap() as usize;
    assert!((100..1000).contains(&record), "{record}");
    // The kept records are complete. They are the first records of the input without the removed ones.
    let mut kept = Vec::new();
    let packed = folder.read("out/kept/a.jsonl.gz");
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(&packed[..]), &mut kept).unwrap();
    let removed = folder.lines("out/removed.jsonl").len();
    let lines: Vec<&[u8]> = content.split_inclusive(|&byte| byte == b'\n').take(record - 1).collect();
    let kept: Vec<&[u8]> = kept.split_inclusive(|&byte| byte == b'\n').collect();
    assert_eq!(kept.len() + removed, lines.len());
    assert!(kept.iter().all(|line| lines.contains(line)));
}

/// The packed file ends inside a record that is longer than the limit. It is named, and the records before it are kept.
#[test]
fn a_packed_file_that_is_cut_short_inside_a_long_record_gives_the_records_before_it() {
    let folder = Folder::new();
    let mut random = Random(3);
    let long: String = (0..4_000_000).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
    let good = pages(2, 300_000);
    let lines = [&good[..], line("long", &long).as_bytes()].concat();
    let warc = |text: &str| {
        let length = text.len();
        format!("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n")
            .into_bytes()
    };
    let records = [warc("one text of a few words"), warc(&long)].concat();
    let mut xz = lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::with_preset(0)).unwrap();
    xz.write_all(&lines).unwrap();
    let mut bz2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    bz2.write_all(&lines).unwrap();
    let files = [
        ("a.jsonl.gz", gz(&lines)),
        ("b.jsonl.zst", zstd::encode_all(&lines[..], 1).unwrap()),
        ("c.jsonl.xz", xz.finish().unwrap()),
        ("d.jsonl.bz2", bz2.finish().unwrap()),
        ("e.warc.gz", gz(&records)),
        ("f.warc.zst", zstd::encode_all(&records[..], 1).unwrap()),
    ];
    for (name, content) in files {
        let input = folder.write(name, &content[..content.len() * 4 / 5]);
        for (number, passages) in [&[][..], &["--passages", "trim"]].iter().enumerate() {
            let output = format!("{name}-{number}");
            let run = refrain()
                .arg(&input)
                .arg("-o")
                .arg(folder.path(&output))
                .args(["--max-record", "1MiB"])
                .args(*passages)
                .output()
                .unwrap();
            assert_done(&run);
            let rejected = folder.lines(&format!("{output}/rejected.jsonl"));
            let reasons: Vec<&str> = rejected.iter().map(|line| line["reason"].as_str().unwrap()).collect();
            assert!(
                reasons.iter().any(|reason| reason.contains("cut short or altered")),
                "{name}: {reasons:?}"
            );
            let summary: serde_json::Value =
                serde_json::from_slice(&folder.read(&format!("{output}/summary.json"))).unwrap();
            assert!(summary["kept"].as_u64().unwrap() > 0, "{name}: {summary}");
            assert!(!folder.read(&format!("{output}/kept/{name}")).is_empty(), "{name}");
        }
    }
}

#[test]
fn ids_that_occur_twice_are_named() {
    let folder = Folder::new();
    folder.write(
        "in/a.jsonl",
        line("1", "one text of several words") + &line("2", "another text, unlike the first"),
    );
    folder.write("in/b.jsonl", line("2", "a third text that is like neither") + &line("3", "and so on"));
    let output = refrain().arg(folder.path("in")).arg("-o").arg(folder.path("out")).output().unwrap();
    assert_done(&output);
    assert!(messages(&output).contains("1 record with the id of an earlier record"), "{}", messages(&output));
    let expected = serde_json::json!({"id": "2", "file": "b.jsonl", "record": 1, "first_file": "a.jsonl", "first_record": 2});
    assert_eq!(folder.lines("out/duplicate_ids.jsonl"), [expected]);
}

#[test]
fn an_empty_corpus_gives_an_empty_output() {
    let folder = Folder::new();
    let empty = folder.write("a.jsonl", "");
    let folder_in = folder.path("in");
    std::fs::create_dir(&folder_in).unwrap();
    for (number, input) in [empty, folder_in].iter().enumerate() {
        let output = format!("out-{number}");
        assert_done(&refrain().arg(input).arg("-o").arg(folder.path(&output)).output().unwrap());
        assert_eq!(folder.text(&format!("{output}/removed.jsonl")), "");
        let summary: serde_json::Value =
            serde_json::from_slice(&folder.read(&format!("{output}/summary.json"))).unwrap();
        assert_eq!(summary["documents"], 0);
    }
    assert_eq!(folder.read("out-0/kept/a.jsonl"), b"");
}

#[test]
fn an_output_that_cannot_be_made_is_reported_at_once() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", line("1", "a text"));
    let blocked = folder.write("file", "not a folder").join("out");
    let output = refrain().arg(&input).arg("-o").arg(&blocked).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(messages(&output).contains("cannot make the output folder"), "{}", messages(&output));
    let missing =
        refrain().arg(folder.path("none.jsonl")).arg("-o").arg(folder.path("out")).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert!(messages(&missing).contains("none.jsonl"), "{}", messages(&missing));
}

#[test]
fn impossible_settings_are_reported_before_anything_is_read() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", line("1", "a text"));
    for (arguments, message) in [
        (&["--threshold", "1.5"][..], "threshold is 1.5"),
        (&["--memory", "20MiB"], "20 MiB of memory do not suffice"),
        (&["--memory", "MiB"], "expected a number"),
        (&["--memory", "20lots"], "no unit of bytes"),
        (&["--keep", "best"], "expected first, longest"),
        (&["--max-record", "0"], "expected 1 to"),
    ] {
        let output =
            refrain().arg(&input).arg("-o").arg(folder.path("out")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", messages(&output));
        assert!(messages(&output).contains(message), "{}", messages(&output));
    }
    assert!(!folder.path("out/summary.json").exists());
}

#[test]
fn standard_input_is_an_input() {
    let folder = Folder::new();
    let content = pages(4, 500_000);
    let run = |content: &[u8]| {
        let mut child =
            refrain().args(["-", "-o"]).arg(folder.path("out")).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(content).unwrap();
        child.wait_with_output().unwrap()
    };
    assert_done(&run(&content));
    let file = folder.write("pages.jsonl", &content);
    assert_done(&refrain().arg(file).arg("-o").arg(folder.path("out-file")).output().unwrap());
    assert!(folder.read("out/kept/stdin.jsonl") == folder.read("out-file/kept/pages.jsonl"));
    let before = folder.files("out");
    // The same bytes again are the same job. Other bytes, even as many, are another one.
    assert_done(&run(&content));
    let mut other = content.clone();
    let letter = other.iter().rposition(u8::is_ascii_lowercase).unwrap();
    other[letter] = if other[letter] == b'x' { b'y' } else { b'x' };
    let refused = run(&other);
    assert_eq!(refused.status.code(), Some(1), "{}", messages(&refused));
    assert!(messages(&refused).contains("another job"), "{}", messages(&refused));
    assert!(folder.files("out") == before, "the refused run left something behind");
}

#[test]
fn foreign_files_in_the_output_are_refused_every_time() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", pages(1, 100_000));
    for (number, name) in ["kept/a.jsonl", "removed.jsonl", "covered.jsonl"].iter().enumerate() {
        let output = format!("out-{number}");
        folder.write(&format!("{output}/{name}"), "A grey cat was found asleep in the letter box.");
        let before = folder.files(&output);
        for _ in 0..3 {
            let refused = refrain().arg(&input).arg("-o").arg(folder.path(&output)).output().unwrap();
            assert_eq!(refused.status.code(), Some(1), "{}", messages(&refused));
            assert!(messages(&refused).contains("is there already"), "{}", messages(&refused));
            assert!(folder.files(&output) == before, "the refused run left something behind");
            assert!(!folder.path(&output).join(".work").exists());
        }
    }
}

#[test]
fn a_finished_job_whose_files_were_removed_writes_them_again() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", pages(1, 300_000));
    let index = folder.path("index");
    let run = || {
        assert_done(
            &refrain()
                .arg(&input)
                .arg("-o")
                .arg(folder.path("out"))
                .arg("--index")
                .arg(&index)
                .output()
                .unwrap(),
        );
    };
    run();
    let (expected, indexed) = (folder.files("out"), folder.files("index"));
    for name in ["kept", "removed.jsonl", "rejected.jsonl"] {
        let path = folder.path("out").join(name);
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.unwrap();
        run();
        assert!(folder.files("out") == expected, "{name}");
        assert!(folder.files("index") == indexed, "{name}");
    }
    // A run whose work folder was lost knows the files of its own output.
    std::fs::remove_file(folder.path("out/summary.json")).unwrap();
    let refused = refrain().arg(&input).arg("-o").arg(folder.path("out")).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "without its summary, it is the output of anybody");
}

#[test]
fn two_runs_in_one_output_folder_exclude_each_other() {
    let folder = Folder::new();
    let input = folder.write("a.jsonl", pages(1, 20_000_000));
    let run = |work: &str| {
        let mut command = refrain();
        command.arg(&input).arg("-o").arg(folder.path("out")).arg("--work").arg(folder.path(work));
        command
    };
    let mut first = run("work-1").spawn().unwrap();
    let start = Instant::now();
    while !folder.path("work-1/plan").exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    for work in ["work-2", "work-1"] {
        let second = run(work).output().unwrap();
        assert!(first.try_wait().unwrap().is_none(), "the first run ended too early for this test");
        assert_eq!(second.status.code(), Some(1), "{}", messages(&second));
        assert!(messages(&second).contains("another run uses"), "{}", messages(&second));
    }
    // One work folder for two outputs.
    let mut other = refrain();
    other.arg(&input).arg("-o").arg(folder.path("other")).arg("--work").arg(folder.path("work-1"));
    let other = other.output().unwrap();
    assert_eq!(other.status.code(), Some(1), "{}", messages(&other));
    assert!(messages(&other).contains("another run uses"), "{}", messages(&other));
    first.kill().unwrap();
    first.wait().unwrap();
    // The lock of a killed run excludes nobody.
    assert_done(&run("work-1").output().unwrap());
    let left: Vec<String> = folder.files("out").into_keys().filter(|name| name.starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn names_are_checked_before_the_work() {
    let folder = Folder::new();
    // As long as a name may be: the file is written.
    let long = format!("{}.jsonl", "a".repeat(249));
    let input = folder.write(&long, line("1", "a text of a few words"));
    assert_done(&refrain().arg(&input).arg("-o").arg(folder.path("out")).output().unwrap());
    assert_eq!(folder.read(&format!("out/kept/{long}")), folder.read(&long));
    // A file and a folder of one name.
    folder.write("one/a", line("1", "a text of a few words"));
    folder.write("two/a/b.jsonl", line("2", "another text of a few words"));
    let refused = refrain()
        .args([folder.path("one"), folder.path("two")])
        .arg("-o")
        .arg(folder.path("both"))
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", messages(&refused));
    assert!(messages(&refused).contains("rename one"), "{}", messages(&refused));
    assert!(folder.files("both").is_empty());
}

#[test]
fn messages_do_not_control_the_terminal() {
    let folder = Folder::new();
    let name = "gone\u{1b}c\u{202e}.jsonl";
    let output = refrain().arg(folder.path(name)).arg("-o").arg(folder.path("out")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = messages(&output);
    assert!(message.contains("gone\\u{1b}c\\u{202e}.jsonl"), "{message}");
    assert!(!message.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn too_many_threads_are_refused() {
    let output = refrain().args(["a.jsonl", "-o", "out", "--threads", "2000"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(messages(&output).contains("1024"), "{}", messages(&output));
}

/// Runs `work` in a file system of this size, if the user may mount one.
#[cfg(target_os = "linux")]
fn in_small_file_system(mebibytes: u32, work: impl FnOnce(&Path)) {
    let folder = Folder::new();
    let mount = folder.path("small");
    std::fs::create_dir(&mount).unwrap();
    let size = format!("size={mebibytes}m");
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "none"]).arg(&mount).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this user may not mount a small file system");
        return;
    }
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mount)));
    Command::new("umount").arg(&mount).status().unwrap();
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_does_not_start_if_the_disk_has_too_little_space() {
    let folder = Folder::new();
    let input = folder.write("pages.jsonl", pages(6, 20_000_000));
    in_small_file_system(32, |small| {
        std::fs::write(small.join("filling"), vec![0; 24 << 20]).unwrap();
        let out = small.join("out");
        // First with the work folder on another disk, so that only the output is too large; then with both on one disk.
        let elsewhere = folder.path("work").into_os_string();
        for more in [&[OsStr::new("--work"), &elsewhere][..], &[]] {
            let refused = refrain().arg(&input).arg("-o").arg(&out).args(more).output().unwrap();
            assert_eq!(refused.status.code(), Some(1), "{}", messages(&refused));
            for part in ["not begun", "MiB free", "Free some space or choose another folder"] {
                assert!(messages(&refused).contains(part), "{}", messages(&refused));
            }
            assert!(!out.join("kept").exists() && !out.join("removed.jsonl").exists());
        }
    });
}

/// Asserts that every output file below `out` is whole. Returns their number.
#[cfg(unix)]
fn assert_whole(out: &Path, expected: &std::collections::BTreeMap<String, Vec<u8>>) -> usize {
    let (mut found, mut folders) = (0, vec![out.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            // The files of an unfinished run: its work folder, and the name of the job.
            if path.ends_with(".work") || path.ends_with(".job") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(out).unwrap().to_str().unwrap();
            let is_expected = expected.get(name).is_some_and(|whole| *whole == std::fs::read(&path).unwrap());
            assert!(is_expected, "{name} is half-written, or no output");
            found += 1;
        }
    }
    found
}

/// The disk becomes full during the run, because another program writes to it. At the start there is enough space.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_stops_a_run_that_can_continue_later() {
    const WITH_PASSAGES: [&str; 4] = ["--passages", "trim", "--coverage", "95"];
    /// Files that a run makes one after the other. In each case the run is paused as soon as one of them exists.
    const MOMENTS: [&str; 6] = [
        ".work/plan",
        ".work/documents.table",
        ".work/read.done",
        ".work/texts.done",
        ".work/recurring-seeds.manifest",
        "removed.jsonl",
    ];
    let folder = Folder::new();
    folder.write("in/a.jsonl", pages(6, 3_000_000));
    folder.write("in/b.jsonl.gz", gz(&pages(7, 3_000_000)));
    let input = folder.path("in");
    assert_done(
        &refrain().arg(&input).arg("-o").arg(folder.path("out")).args(WITH_PASSAGES).output().unwrap(),
    );
    let expected = folder.files("out");
    let (mut tried, mut stopped) = (0, 0);
    for moment in MOMENTS {
        in_small_file_system(100, |small| {
            tried += 1;
            let out = small.join("out");
            let run = || {
                let mut command = refrain();
                command.arg(&input).arg("-o").arg(&out).args(WITH_PASSAGES);
                command
            };
            let mut child = run().spawn().unwrap();
            while !out.join(moment).exists() && child.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_micros(100));
            }
            let signal = |name: &str| {
                Command::new("kill")
                    .args([name, &child.id().to_string()])
                    .stderr(Stdio::null())
                    .status()
                    .unwrap()
            };
            // The run is paused until the disk is full, however long the filling takes. A run that has already ended is accepted.
            signal("-STOP");
            let filling = small.join("filling");
            let mut content = std::fs::File::create(&filling).unwrap();
            fill(&mut content);
            signal("-CONT");
            while child.try_wait().unwrap().is_none() {
                // Space that the run frees is filled as well.
                fill(&mut content);
                std::thread::sleep(Duration::from_micros(200));
            }
            let full = child.wait_with_output().unwrap();
            if !full.status.success() {
                stopped += 1;
                assert_eq!(full.status.code(), Some(1), "{moment}: {}", messages(&full));
                let message = messages(&full);
                assert!(message.to_lowercase().contains("free some space"), "{moment}: {message}");
                assert!(!out.join("summary.json").exists());
            }
            assert_whole(&out, &expected);
            // The space becomes free when no process has the file open.
            drop(content);
            std::fs::remove_file(filling).unwrap();
            assert_done(&run().output().unwrap());
            assert_eq!(assert_whole(&out, &expected), expected.len(), "{moment}");
        });
    }
    assert!(stopped > 2 || tried == 0, "{stopped} of {tried} runs met a full disk");
}

/// Appends until the disk is full to the last byte.
#[cfg(target_os = "linux")]
fn fill(file: &mut std::fs::File) {
    let portion = vec![0; 1 << 20];
    let mut size = portion.len();
    while size > 0 {
        // The space left may be less than one portion.
        if file.write(&portion[..size]).is_err() {
            size /= 2;
        }
    }
}

/// Limits the length of files instead of the disk, which needs no special rights. Each limit stops another file.
#[cfg(unix)]
#[test]
fn a_file_size_limit_stops_a_run_that_can_continue_later() {
    let folder = Folder::new();
    let input = folder.write("pages.jsonl", pages(6, 2_000_000));
    let arguments = |output: &str| {
        let mut arguments = vec![OsStr::new("dedup").to_owned(), input.clone().into(), "-o".into()];
        arguments.push(folder.path(output).into());
        arguments.extend(["--passages", "trim", "--quiet"].map(Into::into));
        arguments
    };
    assert_done(&dedup(&arguments("out")[1..]));
    let expected = folder.files("out");
    // In blocks of 512 bytes, as POSIX defines.
    for (trial, blocks) in [1_u32, 20, 200, 1000, 3000].into_iter().enumerate() {
        let output = format!("out-{trial}");
        let limited = |prepared: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("{prepared} ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
            command.arg(env!("CARGO_BIN_EXE_refrain")).args(arguments(&output)).output().unwrap()
        };
        // Without a signal handler, the system kills the program at the first byte above the limit.
        assert_eq!(limited("").status.code(), None, "{blocks} blocks");
        let refused = limited("trap '' XFSZ;");
        assert_eq!(refused.status.code(), Some(1), "{blocks} blocks: {}", messages(&refused));
        assert!(messages(&refused).contains("raise the limit"), "{blocks} blocks: {}", messages(&refused));
        assert_whole(&folder.path(&output), &expected);
        assert_done(&dedup(&arguments(&output)[1..]));
        assert!(folder.files(&output) == expected, "{blocks} blocks");
    }
}

/// The peak memory of a command that succeeds, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(command: &mut Command) -> u64 {
    let (peak, output) = command::peak_memory(command);
    assert_done(&output);
    peak
}

/// A hundred thousand short documents: their sorts need more than the memory limit.
#[cfg(target_os = "linux")]
#[test]
fn the_limit_of_memory_is_kept() {
    let folder = Folder::new();
    let mut random = Random(9);
    let lines: String = (0..100_000)
        .map(|number| {
            let words: Vec<String> = (0..14).map(|_| format!("w{}", random.below(50_000))).collect();
            let twice = if number % 4 == 0 { 2 } else { 1 };
            line(&number.to_string(), &words.join(" ")).repeat(twice)
        })
        .collect();
    let input = folder.write("in/a.jsonl", &lines);
    folder.write("in/b.jsonl.gz", gz(lines.as_bytes()));
    folder
        .write("in/long.jsonl", line("long", &"some more words of one long text ".repeat(30_000)).repeat(5));
    let memory = 128 << 20;
    let mut command = refrain();
    command.arg(input.parent().unwrap()).arg("-o").arg(folder.path("out"));
    command.args(["--memory", "128MiB", "--max-record", "1MiB", "--keep", "longest"]);
    let peak = peak_memory(&mut command);
    assert!(peak > 10 << 20, "not measured");
    assert!(peak <= memory + memory / 10, "{} MiB of {}", peak >> 20, memory >> 20);
    let ample =
        peak_memory(refrain().arg(&input).arg("-o").arg(folder.path("ample")).args(["--keep", "longest"]));
    assert!(ample > peak / 4, "nothing was spilled, whatever the memory");
}

/// Texts in which every place matches every other: the search for passages needs the most memory for them.
#[cfg(target_os = "linux")]
#[test]
fn the_limit_of_memory_is_kept_while_passages_are_searched_for_in_hostile_texts() {
    let folder = Folder::new();
    let letters = |count: usize, last: &str| format!("{}{last}", "a".repeat(count));
    let long = 4_000_000;
    let texts = [
        letters(long, ""),
        letters(long, "b"),
        "ab ".repeat(long / 3),
        "one two ".repeat(long / 8) + "three",
    ];
    let lines: String =
        texts.iter().enumerate().map(|(number, text)| line(&number.to_string(), text)).collect();
    let input = folder.write("a.jsonl", &lines);
    let run = |memory: &str, output: &str| {
        let mut command = refrain();
        command.arg(&input).arg("-o").arg(folder.path(output)).args([
            "--passages",
            "report",
            "--memory",
            memory,
        ]);
        command.args(["--max-record", "4MiB"]);
        command
    };
    let refused = run("199MiB", "refused").output().unwrap();
    assert_eq!(refused.status.code(), Some(2), "{}", messages(&refused));
    assert!(messages(&refused).contains("allow 200 MiB, or shorter records"), "{}", messages(&refused));
    let (memory, peak) = (200 << 20, peak_memory(&mut run("200MiB", "out")));
    assert!(peak <= memory + memory / 10, "{} MiB of {}", peak >> 20, memory >> 20);
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_can_continue() {
    let folder = Folder::new();
    let input = folder.write("pages.jsonl", pages(8, 30_000_000));
    let mut command = refrain();
    command.arg(&input).arg("-o").arg(folder.path("out"));
    let child = command.spawn().unwrap();
    let start = Instant::now();
    while !folder.path("out/.work/plan").exists() && start.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(1));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", messages(&output));
    assert!(messages(&output).contains("the same command continues"), "{}", messages(&output));
    assert!(!folder.path("out/summary.json").exists());
    assert_done(&refrain().arg(&input).arg("-o").arg(folder.path("out")).output().unwrap());
    assert!(folder.path("out/kept/pages.jsonl").exists());
}

#[test]
fn killed_while_it_trims_passages_it_ends_with_the_same_bytes() {
    let folder = Folder::new();
    folder.write("in/a.jsonl", pages(8, 3_000_000));
    let arguments = |output: &str| -> Vec<std::ffi::OsString> {
        let mut arguments = vec![folder.path("in").into(), "-o".into(), folder.path(output).into()];
        arguments.extend(["--passages", "trim", "--coverage", "95", "--quiet"].map(Into::into));
        arguments
    };
    let start = Instant::now();
    assert_done(&dedup(arguments("out")));
    let whole = start.elapsed();
    let expected = folder.files("out");
    assert!(
        ["passages.jsonl", "trimmed.jsonl", "covered.jsonl"].iter().all(|name| !expected[*name].is_empty())
    );
    let mut random = Random(9);
    for trial in 0..10 {
        let output = format!("out-{trial}");
        for _ in 0..2 {
            let mut child = refrain().args(arguments(&output)).spawn().unwrap();
            std::thread::sleep(whole.mul_f64(random.below(1000) as f64 / 1000.0));
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_done(&dedup(arguments(&output)));
        assert!(folder.files(&output) == expected, "trial {trial}");
    }
}

#[test]
fn options_of_passages_are_checked() {
    let folder = Folder::new();
    folder.write("in/a.jsonl", pages(8, 100_000));
    let with = |more: &[&str]| {
        let mut arguments: Vec<std::ffi::OsString> =
            vec![folder.path("in").into(), "-o".into(), folder.path("out").into()];
        arguments.extend(more.iter().map(Into::into));
        dedup(arguments)
    };
    assert_eq!(with(&["--coverage", "90"]).status.code(), Some(2), "without --passages it means nothing");
    assert_eq!(with(&["--passages", "cut"]).status.code(), Some(2));
    let output = with(&["--passages", "report", "--coverage", "120"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(messages(&output).contains("at most 1 (100 %)"), "{}", messages(&output));
    let output = with(&["--passages", "report"]);
    assert_done(&output);
    assert!(messages(&output).contains("recurring passage"), "{}", messages(&output));
    let output = with(&["--passages", "trim"]);
    assert!(messages(&output).contains("another job"), "{}", messages(&output));
}
