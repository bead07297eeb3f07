//! Serde (feature `serde`): settings and results are the same after a round trip and have the field names of the command's
//! JSON. Impossible values are refused.

use refrain::diff::{FormatChange, Granularity};
use refrain::{
    Bands, Clusters, Compact, Dedup, Diff, Differ, DocId, EditKind, Estimate, KeyedClusters, KeyedDedup,
    PassageFinder, Recipe, Shingle, Similarity, SimilarityBuilder, Sketch, Sketcher, SketcherBuilder,
    SlotBits, Span, Weighting,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

const SENTENCE: &str =
    "The harbour master counted nineteen wooden boats before the fog closed over the northern pier.";

/// Asserts that a value has this JSON, and that the JSON gives the value back.
#[track_caller]
fn assert_json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, expected: Value) {
    assert_eq!(serde_json::to_value(value).unwrap(), expected);
    assert_round_trip(value);
}

#[track_caller]
fn assert_round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
}

/// Asserts that a value cannot be read from JSON, and that the message says why.
#[track_caller]
fn assert_refused<T: DeserializeOwned + Debug>(json: Value, why: &str) {
    let message = serde_json::from_value::<T>(json).unwrap_err().to_string();
    assert!(message.contains(why), "{message}");
}

#[test]
fn spans_and_numbers_are_plain_json() {
    assert_json(&Span::new(3, 8), json!([3, 8]));
    assert_json(&DocId::new(7).unwrap(), json!(7));
    assert_json(&Estimate { value: 0.5, std_error: 0.25 }, json!({"value": 0.5, "std_error": 0.25}));
    assert_refused::<Span>(json!([8, 3]), "ends before it starts");
    assert_refused::<DocId>(json!(u32::MAX), "document number");
}

#[test]
fn settings_are_written_as_on_the_command_line() {
    assert_json(&Granularity::Line, json!("line"));
    assert_json(&Weighting::Occurrences, json!("occurrences"));
    assert_json(&SlotBits::Four, json!("4"));
    assert_json(&Shingle::words(5), json!({"unit": "words:5"}));
    assert_json(&Shingle::ADAPTIVE.with_seed(7), json!({"unit": "adaptive", "seed": 7}));
    assert_json(&Bands::STANDARD, json!({"bands": 16, "rows": 8}));
    assert_round_trip::<Recipe>(Sketcher::default().recipe());
    assert_refused::<Granularity>(json!("page"), "character, word or line");
    assert_refused::<Shingle>(json!({"unit": "words:99"}), "1 to 32");
    assert_refused::<Bands>(json!({"bands": 13, "rows": 60}), "13 bands of 60 rows");
    assert_refused::<Recipe>(json!(vec![9; 32]), "sketching method");
}

#[test]
fn impossible_settings_are_refused_where_they_are_used() {
    let written = serde_json::to_value(Differ::new().min_move(20)).unwrap();
    assert_eq!(written["min_move"], 20);
    assert!(written.get("watch").is_none());
    let differ: Differ = serde_json::from_value(json!({"min_move": 3})).unwrap();
    assert!(differ.diff("a", "b").unwrap_err().is_setting());

    let finder: PassageFinder = serde_json::from_value(json!({"min_length": 3})).unwrap();
    assert!(finder.validate().unwrap_err().is_setting());
    let finder = PassageFinder::new().min_length(45).nested(true);
    let read: PassageFinder = serde_json::from_str(&serde_json::to_string(&finder).unwrap()).unwrap();
    assert_eq!(format!("{read:?}"), format!("{finder:?}"));

    let builder = Sketcher::builder().slots(64).seed(3);
    let read: SketcherBuilder = serde_json::from_value(serde_json::to_value(builder).unwrap()).unwrap();
    assert_eq!(read.build().unwrap(), builder.build().unwrap());
    let none = serde_json::from_value::<SketcherBuilder>(json!({
        "weighting": "distinct", "shingle": {"unit": "adaptive"}, "slots": 0, "seed": 0
    }));
    assert!(none.unwrap().build().unwrap_err().is_setting());
}

#[test]
fn repeats_and_passages_have_the_fields_of_the_command() {
    let text = format!("{SENTENCE}\n\nSomething else.\n\n{SENTENCE}");
    let finder = PassageFinder::new();
    let found = finder.within(&finder.prepare(&text).unwrap()).unwrap();
    let second = text.rfind(SENTENCE).unwrap();
    assert_json(
        &found,
        json!({
            "items": [{"occurrences": [[0, SENTENCE.len()], [second, text.len()]], "identity": 1.0, "period": null}],
            "suppressed": [],
            "capped": 0,
        }),
    );
    let found = finder.between(&finder.prepare(SENTENCE).unwrap(), &finder.prepare(&text).unwrap()).unwrap();
    assert_round_trip(&found);
    assert_eq!(serde_json::to_value(found.items[0]).unwrap()["left"], json!([0, SENTENCE.len()]));
    let periodic = refrain::repeats(&"ab cde. ".repeat(40));
    assert_eq!(serde_json::to_value(&periodic).unwrap()[0]["period"], 5);
    assert_round_trip(&periodic);
}

#[test]
fn edits_have_the_fields_of_the_command() {
    let diff = refrain::diff("a cat.\n\nIt sat.", "a dog.It sat. Now.");
    assert_json(
        &diff,
        json!({"edits": [
            {"kind": "equal", "left": [0, 2], "right": [0, 2]},
            {"kind": "replace", "left": [2, 5], "right": [2, 5]},
            {"kind": "equal", "left": [5, 6], "right": [5, 6]},
            {"kind": "format", "left": [6, 8], "right": [6, 6], "format": ["paragraph_break"]},
            {"kind": "equal", "left": [8, 15], "right": [6, 13]},
            {"kind": "insert", "left": [15, 15], "right": [13, 18]},
        ]}),
    );
    let other = "Dogs on the quay stay on a lead from May to October, whatever their size, and so do cats.";
    let left = format!("{SENTENCE}\n\n{other}\n");
    let right = format!("{}\n\n{}\n", other.replace("May", "June"), SENTENCE.replace("nineteen", "twenty"));
    let moved = refrain::diff(&left, &right);
    assert!(
        moved.edits().any(|edit| matches!(&edit.kind, EditKind::MoveTo { edits, .. } if !edits.is_empty()))
    );
    assert_round_trip(&moved);
    assert_round_trip(&refrain::diff(&left, &format!("{left}\n{SENTENCE}\n")));
    assert_round_trip(&refrain::diff(&format!("{left}\n{SENTENCE}\n"), &left));
    assert_json(&FormatChange::LineBreak, json!("line_break"));
    let edit = |kind: &str| json!({"edits": [{"kind": kind, "left": [0, 1], "right": [0, 1], "id": 1}]});
    assert_refused::<Diff>(edit("equal"), "fields of its kind");
    assert_refused::<Diff>(edit("swap"), "unknown");
}

#[test]
fn clusters_and_similarities_survive_a_round_trip() {
    let texts = ["the same few words again", "something else entirely here", "The same few words, again!"];
    let clusters: Clusters = refrain::clusters(&texts);
    assert_round_trip(&clusters);
    let mut inconsistent = serde_json::to_value(&clusters).unwrap();
    inconsistent["representatives"][0] = json!(1);
    assert_refused::<Clusters>(inconsistent, "inconsistent");
    let similarity: Similarity = refrain::similarity(SENTENCE, &SENTENCE.to_uppercase());
    assert_round_trip(&similarity);
    assert_eq!(serde_json::to_value(similarity).unwrap()["coverage_left"], 1.0);
}

#[test]
fn sketches_and_keyed_clusters_survive_a_round_trip() {
    let sketcher = Sketcher::builder().slots(64).seed(3).build().unwrap();
    assert_round_trip(&sketcher);
    assert_refused::<Sketcher>(
        json!({"weighting": "distinct", "shingle": {"unit": "adaptive"}, "slots": 0, "seed": 0}),
        "slots",
    );
    let sketch = sketcher.sketch(SENTENCE);
    assert_round_trip(&sketch);
    assert_refused::<Sketch>(json!([1, 2, 3]), "3 bytes");
    let compact = sketch.compact(SlotBits::Four);
    assert_round_trip(&compact);
    let mut cut = serde_json::to_value(&compact).unwrap();
    cut["bytes"].as_array_mut().unwrap().pop();
    assert_refused::<Compact>(cut, "31 bytes");

    let mut dedup = KeyedDedup::new(Dedup::new(Sketcher::default(), 0.8).unwrap());
    for key in ["one", "two"] {
        dedup.push(key.to_owned(), SENTENCE);
    }
    let clusters: KeyedClusters<String> = dedup.finish().unwrap();
    assert_round_trip(&clusters);
    let mut cut = serde_json::to_value(&clusters).unwrap();
    cut["keys"].as_array_mut().unwrap().pop();
    assert_refused::<KeyedClusters<String>>(cut, "1 keys for clusters of 2 texts");
}

#[test]
fn settings_without_equality_are_written_the_same_after_a_round_trip() {
    let builder = Similarity::builder().shingle(Shingle::words(3));
    let written = serde_json::to_value(&builder).unwrap();
    let read: SimilarityBuilder = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
}

#[cfg(feature = "corpus")]
#[test]
fn settings_and_results_of_a_corpus_survive_a_round_trip() {
    use refrain::corpus::{Job, Keep, RecurringFinder, recurring};

    let job = Job::new(["in.jsonl"], "out").keep(Keep::Score("rank".to_owned())).threshold(0.7);
    let written = serde_json::to_value(&job).unwrap();
    assert_eq!((&written["keep"], &written["threshold"]), (&json!("score:rank"), &json!(0.7)));
    assert!(written.get("watch").is_none());
    let read: Job = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);

    let finder: RecurringFinder = serde_json::from_value(json!({"min_length": 45})).unwrap();
    assert_eq!(serde_json::to_value(&finder).unwrap()["min_length"], 45);
    let finder: RecurringFinder = serde_json::from_value(json!({"min_length": 1})).unwrap();
    assert!(finder.validate().unwrap_err().is_setting());
    assert_round_trip(&recurring(&[SENTENCE, SENTENCE]));
}
