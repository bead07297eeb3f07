//! The index of a corpus: the documents of a new crawl are compared with those that earlier crawls kept. The earlier ones are
//! never removed.

#[path = "folder/mod.rs"]
mod folder;
mod texts;

use folder::{Folder, line};
use refrain::corpus::{Job, Keep, PassageMode, Summary, merge_indexes};
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use texts::pages::Pages;

fn pages(range: std::ops::Range<u64>) -> String {
    let pages = Pages::new(21);
    range.map(|number| pages.page(number).json_line()).collect()
}

/// Compares a crawl with an index. The output folder has the name of the crawl.
fn crawl(folder: &Folder, name: &str, content: &str, index: &str) -> Summary {
    let input = folder.write(&format!("in/{name}.jsonl"), content);
    let job = Job::new([input], folder.path(name)).index(folder.path(index));
    job.run().unwrap_or_else(|error| panic!("{error}"))
}

fn texts_of(content: &str) -> HashMap<String, String> {
    let records = content.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    records
        .map(|record| {
            (record["id"].as_str().unwrap().to_owned(), record["text"].as_str().unwrap().to_owned())
        })
        .collect()
}

/// Removed documents and their witnesses.
fn removed(folder: &Folder, name: &str) -> BTreeMap<String, (String, f64)> {
    let lines = folder.lines(&format!("{name}/removed.jsonl"));
    lines
        .iter()
        .map(|line| {
            let of = |name: &str| line[name].as_str().unwrap().to_owned();
            (of("id"), (of("kept_by"), line["jaccard"].as_f64().unwrap()))
        })
        .collect()
}

#[test]
fn later_crawls_are_compared_with_the_documents_of_earlier_ones() {
    let folder = Folder::new();
    let crawls = [pages(0..1500), pages(1500..2200), pages(2200..3000)];
    let all = texts_of(&crawls.concat());
    let mut kept: HashMap<String, String> = HashMap::new();
    for (number, content) in crawls.iter().enumerate() {
        let name = format!("out-{number}");
        let summary = crawl(&folder, &name, content, "index");
        assert_eq!(summary.earlier, kept.len() as u64);
        let kept_now = texts_of(&folder.text(&format!("{name}/kept/out-{number}.jsonl")));
        kept.extend(kept_now);
        let removed = removed(&folder, &name);
        assert!(!removed.is_empty());
        for (id, (kept_by, jaccard)) in &removed {
            assert!(!kept.contains_key(id), "{id}");
            // The witness may be a document of an earlier crawl, whose files no longer exist.
            assert!(kept.contains_key(kept_by), "{kept_by} is the witness of {id} and is not kept");
            assert!((jaccard - refrain::jaccard(&all[id], &all[kept_by])).abs() < 1e-15);
        }
        std::fs::remove_file(folder.path(&format!("in/out-{number}.jsonl"))).unwrap();
    }
    // One crawl of all records, in the order of the crawls, keeps the same documents.
    let input = folder.write("in/all.jsonl", crawls.concat());
    Job::new([input], folder.path("all")).run().unwrap();
    assert_eq!(texts_of(&folder.text("all/kept/all.jsonl")), kept);
}

#[test]
fn documents_of_an_earlier_crawl_stay_under_any_policy() {
    let folder = Folder::new();
    let text = "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
                residents who live close to it. It will decide next month, said the mayor on Wednesday morning.";
    crawl(&folder, "first", &line("short", text), "index");
    let input = folder.write("in/second.jsonl", line("long", &format!("{text} More.")) + &line("copy", text));
    let job = Job::new([input], folder.path("second")).index(folder.path("index")).keep(Keep::Longest);
    let summary = job.run().unwrap();
    assert_eq!((summary.kept, summary.removed, summary.copies), (0, 2, 1));
    assert!(removed(&folder, "second").values().all(|(kept_by, _)| kept_by == "short"));
}

#[test]
fn passages_that_an_earlier_crawl_kept_are_cut_from_a_later_one() {
    const BANNER: &str =
        "We value your privacy. We and our 842 partners store and access information on your device.";
    let folder = Folder::new();
    let story = |number: u64| {
        let words: Vec<String> = (0..60).map(|at| format!("word{}", number * 1000 + at * at)).collect();
        format!("{}.", words.join(" "))
    };
    let trim = |name: &str, content: &str| {
        let input = folder.write(&format!("in/{name}.jsonl"), content);
        let job = Job::new([input], folder.path(name)).index(folder.path("index"));
        // The longest document of a crawl keeps its copy of a passage, but documents of an earlier crawl always keep theirs.
        let job = job.passages(PassageMode::Trim).coverage(0.95).keep(Keep::Longest);
        job.run().unwrap_or_else(|error| panic!("{error}")).passages.unwrap()
    };
    let first = [
        line("banner", &format!("{BANNER}\n{}\n{}", story(1), story(8))),
        line("longer", &format!("{BANNER}\n{}\n{}\n{}", story(2), story(3), story(9))),
        line("parts", &format!("{}\n{}", story(1), story(2))),
    ];
    let found = trim("first", &first.concat());
    assert_eq!((found.passages, found.trimmed, found.covered), (3, 1, 1));
    assert_eq!(folder.lines("first/covered.jsonl")[0]["id"], "parts");

    let second = [
        line("page", &format!("{}\n{BANNER}", story(4))),
        line("covered", &format!("{}\n{}", story(1), story(3))),
        line("page-2", &format!("{}\n{BANNER}\n{}\n{}", story(5), story(6), story(7))),
    ];
    let found = trim("second", &second.concat());
    assert_eq!((found.trimmed, found.covered), (2, 1));
    let kept = texts_of(&folder.text("second/kept/second.jsonl"));
    assert_eq!(kept["page"].trim_end(), story(4));
    assert_eq!(kept["page-2"], format!("{}\n{}\n{}", story(5), story(6), story(7)));
    let covered = &folder.lines("second/covered.jsonl")[0];
    assert_eq!(covered["id"], "covered");
    let mut sources: Vec<&str> =
        covered["sources"].as_array().unwrap().iter().map(|source| source["id"].as_str().unwrap()).collect();
    sources.sort_unstable();
    assert_eq!(sources, ["banner", "longer"]);
    // Passages of earlier documents are reported only if this crawl shares them, and nothing is cut from those documents.
    let passages = folder.lines("second/passages.jsonl");
    assert_eq!(passages.len(), 3, "{passages:?}");
    assert!(
        passages.iter().all(|passage| ["banner", "longer"].contains(&passage["example"].as_str().unwrap()))
    );
    let banner = passages.iter().find(|passage| passage["text"] == BANNER).unwrap();
    assert_eq!(banner["occurrences"], 3, "two of this crawl and the one before");
    for line in folder.lines("second/stretches.jsonl") {
        assert!(["page", "covered", "page-2"].contains(&line["id"].as_str().unwrap()));
    }

    // A document that others cover is not added to the index. So it cannot be the witness of this copy of it.
    let third = line("again", &format!("{}\n{}", story(1), story(2)));
    let found = trim("third", &third);
    assert_eq!((found.covered, folder.lines("third/removed.jsonl").len()), (1, 0));
}

#[test]
fn a_merged_index_has_the_documents_of_its_parts() {
    let folder = Folder::new();
    let parts = [pages(0..800), pages(800..1600)];
    crawl(&folder, "one", &parts[0], "index-one");
    crawl(&folder, "two", &parts[1], "index-two");
    merge_indexes(&[folder.path("index-one"), folder.path("index-two")], folder.path("merged")).unwrap();
    // One index of the same documents, made without a comparison of the second crawl with the first.
    let kept = [folder.text("one/kept/one.jsonl"), folder.text("two/kept/two.jsonl")];
    let new = pages(1600..2600);
    let against_merged = crawl(&folder, "merged-out", &new, "merged");
    assert_eq!(against_merged.earlier, kept.iter().map(|part| part.lines().count() as u64).sum::<u64>());
    let merged = removed(&folder, "merged-out");
    let single: Vec<_> = ["index-one", "index-two"]
        .iter()
        .map(|index| {
            let name = format!("{index}-out");
            crawl(&folder, &name, &new, index);
            removed(&folder, &name)
        })
        .collect();
    // A document that either part would remove is removed. Its witness is the more similar of the two, or a document of this crawl.
    for (id, (_, jaccard)) in single.iter().flatten() {
        assert!(merged.contains_key(id), "{id}");
        assert!(
            merged[id].1 >= *jaccard - 1e-12 || single.iter().any(|one| one.contains_key(&merged[id].0)),
            "{id}"
        );
    }
    let texts = texts_of(&(parts.concat() + &new));
    for (id, (kept_by, jaccard)) in &merged {
        assert!((jaccard - refrain::jaccard(&texts[id], &texts[kept_by])).abs() < 1e-15);
    }
    // A part that is given twice is added once.
    merge_indexes(&[folder.path("index-two"), folder.path("index-two")], folder.path("twice")).unwrap();
    let mut files = folder.files("twice");
    files.remove("lock");
    let again = folder.files("index-two");
    assert!(files.iter().all(|(name, _)| again.contains_key(name)));
    assert!(merge_indexes(&[folder.path("index-one")], folder.path("merged")).unwrap_err().is_setting());
}

#[test]
fn an_index_that_is_altered_or_of_another_recipe_is_refused() {
    let folder = Folder::new();
    crawl(&folder, "first", &pages(0..50), "index");
    let input = folder.write("in/second.jsonl", pages(50..60));
    let run = || Job::new([&input], folder.path("second")).index(folder.path("index")).run();
    for (name, content) in folder.files("index") {
        if name == "lock" || name == "index.json" {
            continue;
        }
        let mut altered = content.clone();
        if name.ends_with(".texts") {
            // A text is checked when it is read, and this crawl reads some texts.
            altered.iter_mut().skip(8).for_each(|byte| *byte ^= 1);
            folder.write(&format!("index/{name}"), &altered);
            assert!(run().unwrap_err().is_corrupt());
        } else {
            let middle = altered.len() / 2;
            altered[middle] ^= 1;
            folder.write(&format!("index/{name}"), &altered);
            let error = run().unwrap_err();
            assert!(error.is_corrupt() && error.to_string().contains(&name), "{name}: {error}");
        }
        folder.write(&format!("index/{name}"), &content);
    }
    let list = folder.text("index/index.json");
    folder.write("index/index.json", list.replace("\"version\": 2", "\"version\": 3"));
    assert!(run().unwrap_err().is_incompatible());
    // Any other change of the list is seen by its checksum: a digit, a letter, a space.
    for at in
        (0..list.len()).step_by(3).chain(list.match_indices("documents\": ").map(|(at, key)| at + key.len()))
    {
        let mut altered = list.clone().into_bytes();
        altered[at] ^= 1;
        folder.write("index/index.json", altered);
        let error = run().unwrap_err();
        assert!(error.is_corrupt() || error.is_incompatible(), "byte {at}: {error}");
        let merged = merge_indexes(&[folder.path("index")], folder.path("merged")).unwrap_err();
        assert!(merged.is_corrupt() || merged.is_incompatible(), "byte {at}: {merged}");
    }
    folder.write("index/index.json", &list);
    // Files of a job that was killed before it listed them are removed.
    let left = format!("index/{}.texts", "0a".repeat(16));
    folder.write(&left, "texts");
    run().unwrap();
    assert!(!folder.path(&left).exists());
}

#[test]
fn a_job_that_ended_before_its_summary_adds_its_documents_once() {
    let folder = Folder::new();
    let content = pages(0..300);
    let first = crawl(&folder, "out", &content, "index");
    let (before, summary) = (folder.files("index"), folder.text("out/summary.json"));
    // The job is killed after it updated the index and before it wrote the summary; its output is removed by hand.
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    let again = Job::new([folder.path("in/out.jsonl")], folder.path("out")).index(folder.path("index"));
    assert_eq!(again.run().unwrap(), first);
    assert!(folder.files("index") == before);
    assert_eq!(folder.text("out/summary.json"), summary);
    // A job that is done does nothing when it is run again.
    assert_eq!(again.run().unwrap(), first);
    let _ = std::io::stdout().flush();
}

#[test]
fn an_index_names_the_threshold_that_it_was_made_with() {
    let folder = Folder::new();
    crawl(&folder, "first", &pages(0..20), "index");
    let input = folder.write("in/second.jsonl", pages(20..30));
    let job = Job::new([&input], folder.path("second")).index(folder.path("index"));
    let error = job.threshold(0.5).run().unwrap_err();
    assert!(error.is_incompatible() && error.to_string().contains("made with a threshold of 0.8"), "{error}");
}
