//! Similarities separate pairs that people labelled near-duplicates from other pairs.

mod shared;

use refrain::Sketcher;

/// Area under the ROC curve: how often a near-duplicate pair scores above another pair; ties count half.
fn area(scores: &[(f64, bool)]) -> f64 {
    let (yes, no): (Vec<(f64, bool)>, Vec<_>) = scores.iter().copied().partition(|score| score.1);
    let above = |left: f64, right: f64| match left.total_cmp(&right) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    };
    let won: f64 = yes.iter().flat_map(|one| no.iter().map(move |other| above(one.0, other.0))).sum();
    won / (yes.len() * no.len()) as f64
}

#[test]
fn area_is_that_of_small_cases() {
    assert_eq!(area(&[(0.9, true), (0.1, false)]), 1.0);
    assert_eq!(area(&[(0.1, true), (0.9, false)]), 0.0);
    assert_eq!(area(&[(0.5, true), (0.5, false), (0.7, true), (0.6, false)]), 0.625);
}

#[test]
fn jaccard_ranks_near_duplicates_above_others() {
    let Some(records) = shared::records("labels/webis-ecir20.jsonl.gz") else { return };
    let sketcher = Sketcher::builder().slots(256).build().unwrap();
    let (mut exact, mut estimated, mut contained, mut covered, mut both) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for record in records {
        let positive = record["label"].as_i64().unwrap() >= 1;
        let [left, right] = ["left", "right"].map(|side| shared::text(&record, side));
        let similarity = refrain::similarity(left, right);
        exact.push((similarity.jaccard, positive));
        contained.push((similarity.containment_left.max(similarity.containment_right), positive));
        let coverage = similarity.coverage_left.min(similarity.coverage_right);
        covered.push((coverage, positive));
        both.push((similarity.jaccard + coverage, positive));
        let [left, right] = [left, right].map(|text| sketcher.sketch(text));
        estimated.push((left.jaccard(&right).value, positive));
    }
    assert_eq!(exact.len(), 358);
    let [exact, estimated, contained, covered, both] =
        [exact, estimated, contained, covered, both].map(|scores| area(&scores));
    println!(
        "area: jaccard {exact:.4}, of 256 slots {estimated:.4}, larger containment {contained:.4}, smaller coverage \
         {covered:.4}, its mean with jaccard {both:.4}"
    );
    assert!(exact >= 0.935, "jaccard {exact}");
    assert!(estimated >= 0.93, "estimated jaccard {estimated}");
}
