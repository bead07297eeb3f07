//! Recall and precision on real text: the first 15,000 press releases of `senate-press`. The removals are compared with all
//! similar pairs, which another program computed exactly (`exact_pairs.py`, whose words differ a little from those of the crate).

#[path = "folder/mod.rs"]
mod folder;
mod shared;

use folder::Folder;
use refrain::corpus::Job;
use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader};

const DOCUMENTS: usize = 15_000;

#[test]
fn removals_on_press_releases_are_those_of_an_exact_comparison() {
    let (Some(corpus), Some(pairs)) =
        (shared::path("corpora/senate-press.jsonl.gz"), shared::path("corpora/senate-press.pairs.jsonl"))
    else {
        return;
    };
    let folder = Folder::new();
    let file = std::fs::File::open(corpus).unwrap();
    let lines: Vec<String> = BufReader::new(flate2::read::MultiGzDecoder::new(file))
        .lines()
        .take(DOCUMENTS)
        .map(|line| line.unwrap() + "\n")
        .collect();
    let input = folder.write("press.jsonl", lines.concat());
    let texts: Vec<(String, String)> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|record| {
            (record["id"].as_str().unwrap().to_owned(), record["text"].as_str().unwrap().to_owned())
        })
        .collect();
    let number: HashMap<&str, usize> =
        texts.iter().enumerate().map(|(n, (id, _))| (id.as_str(), n)).collect();
    assert_eq!(number.len(), DOCUMENTS);

    let mut exact: HashMap<(usize, usize), f64> = HashMap::new();
    for line in std::fs::read_to_string(pairs).unwrap().lines() {
        let pair: serde_json::Value = serde_json::from_str(line).unwrap();
        let of = |name: &str| number.get(pair[name].as_str().unwrap()).copied();
        if let (Some(a), Some(b)) = (of("a"), of("b")) {
            exact.insert((a.min(b), a.max(b)), pair["jaccard"].as_f64().unwrap());
        }
    }

    let summary = Job::new([input], folder.path("out")).run().unwrap();
    assert_eq!(summary.documents, DOCUMENTS as u64);
    let removed: Vec<(usize, usize, f64)> = folder
        .lines("out/removed.jsonl")
        .iter()
        .map(|line| {
            let of = |name: &str| number[line[name].as_str().unwrap()];
            (of("id"), of("kept_by"), line["jaccard"].as_f64().unwrap())
        })
        .collect();
    let gone: HashSet<usize> = removed.iter().map(|removal| removal.0).collect();

    // Recall: one document of each pair well above the threshold is removed.
    let alike: Vec<_> =
        exact.iter().filter(|(_, jaccard)| **jaccard >= 0.85).map(|(pair, _)| *pair).collect();
    let found = alike.iter().filter(|(a, b)| gone.contains(a) || gone.contains(b)).count();
    let recall = found as f64 / alike.len() as f64;

    // Precision: no witness is well below the threshold. The list has all pairs of 0.5 and more, except texts of a few words.
    let mut close = 0;
    for &(id, kept_by, reported) in &removed {
        assert!(!gone.contains(&kept_by));
        let (own, other) = (&texts[id].1, &texts[kept_by].1);
        // The JSON parser of the test may be off by the last bit.
        assert!((reported - refrain::jaccard(own, other)).abs() < 1e-15, "{reported} is not exact");
        let pair = (id.min(kept_by), id.max(kept_by));
        let jaccard = exact.get(&pair).copied().unwrap_or(if own == other { 1.0 } else { 0.0 });
        assert!(jaccard >= 0.75, "{} by {}: {jaccard}", texts[id].0, texts[kept_by].0);
        close += usize::from((jaccard - reported).abs() <= 0.05);
    }
    let close = close as f64 / removed.len() as f64;

    // An exact greedy choice at the threshold, in the order of the records.
    let mut better: Vec<Vec<usize>> = vec![Vec::new(); DOCUMENTS];
    exact.iter().filter(|(_, jaccard)| **jaccard >= 0.8).for_each(|(&(a, b), _)| better[b].push(a));
    let mut kept = vec![true; DOCUMENTS];
    for document in 0..DOCUMENTS {
        kept[document] = !better[document].iter().any(|&other| kept[other]);
    }
    let greedy = kept.iter().filter(|&&kept| !kept).count();
    let ratio = removed.len() as f64 / greedy as f64;

    println!(
        "recall {recall:.4} of {} pairs; {} removed, {ratio:.4} times the {greedy} of an exact greedy choice; {close:.4} of the \
         similarities within 0.05; {} entries capped",
        alike.len(),
        removed.len(),
        summary.capped
    );
    assert!(recall >= 0.97, "recall {recall}");
    assert!((0.95..=1.25).contains(&ratio), "{ratio} times the removals of an exact greedy choice");
    assert!(close >= 0.98, "{close} of the similarities are close");
}
