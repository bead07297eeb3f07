//! Guarantee: long calls on one or two texts report their progress, stop when asked, and give the same
//! answers with and without a watch.

mod texts;

use refrain::diff::Granularity;
use refrain::{Differ, Error, PassageFinder, Prepared, Progress, Similarity, Watch};
use std::fmt::Debug;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

/// A call under a watch. Its answer is written out, so that calls with different answers fit in one table.
type Call<'c> = Box<dyn Fn(Watch) -> Result<String, Error> + 'c>;

/// A call, its name, and the stages that its watch receives.
type Case<'c> = (&'static str, Vec<&'static str>, Call<'c>);

fn shown<T: Debug>(answer: Result<T, Error>) -> Result<String, Error> {
    answer.map(|answer| format!("{answer:?}"))
}

/// A watch that records what it receives and stops the work at call number `stop`, counted from 0.
fn recording(stop: Option<usize>) -> (Watch, Arc<Mutex<Vec<Progress>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&received);
    let watch = Watch::new(move |progress| {
        let mut kept = kept.lock().unwrap();
        kept.push(progress);
        if Some(kept.len() - 1) == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (watch, received)
}

/// The stages that the watch receives, in order, without repetition; and how often it is called.
fn stages(name: &str, call: &Call<'_>) -> (Vec<&'static str>, usize) {
    let (watch, received) = recording(None);
    let silent = call(Watch::SILENT).unwrap();
    assert!(call(watch).unwrap() == silent, "{name}: another answer with a watch");
    let received = received.lock().unwrap();
    for pair in received.windows(2).filter(|pair| pair[0].stage == pair[1].stage) {
        assert!(pair[0].done < pair[1].done || pair[1].done == 0, "{name}: {pair:?}");
        assert_eq!(pair[0].total, pair[1].total, "{name}");
    }
    for progress in received.iter() {
        assert!(progress.total.is_none_or(|total| progress.done < total), "{name}: {progress:?}");
    }
    let mut stages: Vec<&str> = received.iter().map(|progress| progress.stage).collect();
    stages.dedup();
    (stages, received.len())
}

fn cases<'c>(left: &'c Prepared<'c>, right: &'c Prepared<'c>, whole: &'c Prepared<'c>) -> Vec<Case<'c>> {
    let between = |finder: PassageFinder| -> Call<'c> {
        Box::new(move |watch| shown(finder.clone().watch(watch).between(left, right)))
    };
    let diff = |differ: Differ| -> Call<'c> {
        Box::new(move |watch| shown(differ.clone().watch(watch).between(left, right)))
    };
    let (finder, differ) = (PassageFinder::new(), Differ::new());
    let (anchored, copies, rendering) = (["anchoring", "aligning"], "looking for copies", "rendering");
    vec![
        (
            "within",
            vec!["comparing", "joining", "gathering"],
            Box::new(move |watch| shown(PassageFinder::new().watch(watch).within(whole))),
        ),
        ("between", vec!["comparing", "joining", "aligning", "rewording"], between(finder.clone())),
        ("in order", vec!["comparing", "joining", "aligning"], between(finder.order_free(false))),
        ("diff", [&anchored[..], &[copies, rendering]].concat(), diff(differ.clone())),
        ("without moves", [&anchored[..], &[rendering]].concat(), diff(differ.clone().moves(false))),
        (
            "characters",
            [&anchored[..], &[copies, "aligning", rendering]].concat(),
            diff(differ.granularity(Granularity::Character)),
        ),
        (
            "similarity",
            vec!["comparing", "joining", "aligning", "rewording", "shingling"],
            Box::new(move |watch| {
                let (left, right) = (left.text().unwrap(), right.text().unwrap());
                shown(Similarity::builder().watch(watch).between(left, right))
            }),
        ),
    ]
}

#[test]
fn calls_report_their_stages_and_stop_at_each_when_asked() {
    let (left, right) = texts::pairs::moved_and_edited_pair(150_000, 5);
    let whole = format!("{left}{right}");
    let prepared = |text| Prepared::new(text).unwrap();
    for (name, expected, call) in cases(&prepared(&left), &prepared(&right), &prepared(&whole)) {
        let (stages, times) = stages(name, &call);
        assert_eq!(stages, expected, "{name}");
        for stop in 0..times {
            let (watch, received) = recording(Some(stop));
            assert!(call(watch).unwrap_err().is_cancelled(), "{name} at call {stop}");
            assert_eq!(received.lock().unwrap().len(), stop + 1, "{name} continues after the cancellation");
        }
    }
}

/// Texts with more repeats, or more gaps, than are handled between two calls of the watch.
#[test]
fn long_stages_are_reported_in_parts() {
    let line = "this line comes again and again, and says nothing new to anybody at all\n".repeat(3000);
    let line = Prepared::new(&line).unwrap();
    let (left, right) = texts::pairs::edited_pair(500_000, 3);
    let (left, right) = (Prepared::new(&left).unwrap(), Prepared::new(&right).unwrap());
    let calls: [(&str, Call<'_>); 3] = [
        ("comparing", Box::new(|watch| shown(PassageFinder::new().watch(watch).within(&line)))),
        ("aligning", Box::new(|watch| shown(Differ::new().watch(watch).between(&left, &right)))),
        ("aligning", Box::new(|watch| shown(PassageFinder::new().watch(watch).between(&left, &right)))),
    ];
    for (stage, call) in calls {
        let (watch, received) = recording(None);
        call(watch).unwrap();
        let received = received.lock().unwrap();
        let parts = received.iter().filter(|progress| progress.stage == stage);
        let parts: Vec<u64> = parts.map(|progress| progress.done).collect();
        assert!(parts.len() > 2 && parts.is_sorted_by(|a, b| a < b), "{stage}: {parts:?}");
    }
}
