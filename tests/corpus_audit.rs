//! The guarantee of an audit: the recall and precision of a sample agree with those of the whole corpus.

#[path = "folder/mod.rs"]
mod folder;
mod texts;

use folder::Folder;
use refrain::Shingles;
use refrain::corpus::{Audit, Job};
use std::collections::{HashMap, HashSet};
use texts::pages::Pages;

fn audit(folder: &Folder, name: &str, content: &str, recall: f64, documents: u32) -> Audit {
    let input = folder.write("pages.jsonl", content);
    let job = Job::new([input], folder.path(name)).recall(recall).audit(documents);
    job.run().unwrap().audit.unwrap()
}

/// Recall and precision over all documents, by comparing each pair that shares a shingle.
fn exactly(folder: &Folder, name: &str, content: &str) -> ((u64, u64), (u64, u64), u64) {
    let records: Vec<serde_json::Value> =
        content.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sets: Vec<Shingles> =
        records.iter().map(|record| Shingles::of(record["text"].as_str().unwrap())).collect();
    let removed: HashSet<String> = folder
        .lines(&format!("{name}/removed.jsonl"))
        .iter()
        .map(|line| line["id"].as_str().unwrap().to_owned())
        .collect();
    let is_removed: Vec<bool> =
        records.iter().map(|record| removed.contains(record["id"].as_str().unwrap())).collect();
    let mut by_shingle: HashMap<u64, Vec<usize>> = HashMap::new();
    for (number, set) in sets.iter().enumerate() {
        set.as_slice().iter().for_each(|&shingle| by_shingle.entry(shingle).or_default().push(number));
    }
    let (mut right, mut wrong, mut missed, mut pairs) = (0, 0, 0, 0);
    for (number, set) in sets.iter().enumerate() {
        let others: HashSet<usize> =
            set.as_slice().iter().flat_map(|shingle| by_shingle[shingle].iter().copied()).collect();
        let alike: Vec<usize> =
            others.into_iter().filter(|&other| other != number && set.jaccard(&sets[other]) >= 0.8).collect();
        pairs += alike.len() as u64;
        let reached = alike.iter().any(|&other| !is_removed[other] && (is_removed[number] || other < number));
        match (is_removed[number], reached) {
            (true, true) => right += 1,
            (true, false) => wrong += 1,
            (false, true) => missed += 1,
            (false, false) => {}
        }
    }
    ((right, right + missed), (right, right + wrong), pairs)
}

#[test]
fn an_audit_of_all_documents_is_an_exact_count() {
    let folder = Folder::new();
    let pages = Pages::new(31);
    let content: String = (0..1500).map(|number| pages.page(number).json_line()).collect();
    // There are few bands, so that some documents are missed.
    let audit = audit(&folder, "out", &content, 0.5, 5000);
    let (recall, precision, pairs) = exactly(&folder, "out", &content);
    assert_eq!(audit.sampled, 1500);
    assert_eq!((audit.recall.count, audit.recall.of), recall);
    assert_eq!((audit.precision.count, audit.precision.of), precision);
    assert_eq!(audit.precision.value, 1.0);
    assert!(audit.recall.value < 1.0, "nothing was missed: the test shows nothing");
    let counted: u64 = audit.curve.iter().filter(|step| step.from > 0.79).map(|step| step.pairs).sum();
    assert_eq!(counted, pairs);
}

#[test]
fn the_interval_of_a_sample_holds_the_share_of_all() {
    let folder = Folder::new();
    let pages = Pages::new(32);
    let content: String = (0..4000).map(|number| pages.page(number).json_line()).collect();
    let sample = audit(&folder, "sample", &content, 0.5, 800);
    let all = audit(&folder, "all", &content, 0.5, 4000);
    assert!(sample.sampled == 800 && sample.recall.of > 80);
    assert!(
        sample.recall.low <= all.recall.value && all.recall.value <= sample.recall.high,
        "{sample:?} {all:?}"
    );
    assert!(sample.recall.high - sample.recall.low < 0.2);
    // The bands find as many pairs as predicted, within four standard errors of independent pairs. Slots of few bits also agree by
    // accident, so they may find a few more.
    let (mut found, mut predicted, mut variance) = (0.0, 0.0, 0.0);
    for step in all.curve.iter().filter(|step| step.pairs > 0) {
        let share = step.predicted / step.pairs as f64;
        found += step.found as f64;
        predicted += step.predicted;
        // Each pair is counted from both sides.
        variance += 2.0 * step.pairs as f64 * share * (1.0 - share);
    }
    assert!(found >= predicted - 4.0 * f64::sqrt(variance), "{found} {predicted} {variance}");
    assert!(found <= predicted * 1.1 + 4.0 * f64::sqrt(variance), "{found} {predicted} {variance}");
}
