//! The promise: long calls on one or two texts tell how far they are, stop when asked, and answer as they do unwatched.

mod texts;

use refrain::{Differ, Error, PassageFinder, Progress, Watch, diff::Granularity};
use std::ops::ControlFlow;
use std::sync::Mutex;

/// What a call says of its answer, so that calls of different answers stand in one table.
type Call<'c> = &'c dyn Fn(Watch<'_>) -> Result<String, Error>;

/// The stages that the watch hears of, in order, each once; and how often it is called.
fn heard(name: &str, call: Call<'_>, expected: &str) -> (Vec<&'static str>, usize) {
    let told: Mutex<Vec<Progress>> = Mutex::new(Vec::new());
    let listen = |progress: Progress| {
        told.lock().unwrap().push(progress);
        ControlFlow::Continue(())
    };
    assert!(call(Watch::new(&listen)).unwrap() == expected, "{name}: another answer when watched");
    let told = told.into_inner().unwrap();
    for pair in told.windows(2).filter(|pair| pair[0].stage == pair[1].stage) {
        assert!(pair[0].done < pair[1].done || pair[1].done == 0, "{name}: {pair:?}");
        assert_eq!(pair[0].total, pair[1].total, "{name}");
    }
    for progress in &told {
        assert!(progress.total.is_none_or(|total| progress.done < total), "{name}: {progress:?}");
    }
    let mut stages: Vec<&str> = told.iter().map(|progress| progress.stage).collect();
    stages.dedup();
    (stages, told.len())
}

#[test]
fn calls_tell_their_stages_and_stop_at_each_when_asked() {
    let (left, right) = texts::pairs::moved_and_edited_pair(150_000, 5);
    let whole = format!("{left}{right}");
    let finder = PassageFinder::new();
    let (l, r, w) =
        (finder.prepare(&left).unwrap(), finder.prepare(&right).unwrap(), finder.prepare(&whole).unwrap());
    let in_order = finder.clone().order_free(false);
    let differ = Differ::new();
    let (ld, rd) = (differ.prepare(&left).unwrap(), differ.prepare(&right).unwrap());
    let characters = differ.clone().granularity(Granularity::Character);
    let plain = differ.clone().moves(false);
    let show = |answer: &dyn std::fmt::Debug| format!("{answer:?}");
    let joined = ["comparing", "joining"];
    let aligned = ["anchoring", "aligning"];
    let (copies, rendering) = ("looking for copies", "rendering");
    let calls: [(&str, Vec<&str>, String, Call<'_>); 6] = [
        ("within", [&joined[..], &["gathering"]].concat(), show(&finder.within(&w)), &|watch| {
            finder.within_watched(&w, watch).map(|found| show(&found))
        }),
        (
            "between",
            [&joined[..], &["aligning", "rewording"]].concat(),
            show(&finder.between(&l, &r)),
            &|watch| finder.between_watched(&l, &r, watch).map(|found| show(&found)),
        ),
        ("in order", [&joined[..], &["aligning"]].concat(), show(&in_order.between(&l, &r)), &|watch| {
            in_order.between_watched(&l, &r, watch).map(|found| show(&found))
        }),
        ("diff", [&aligned[..], &[copies, rendering]].concat(), show(&differ.between(&ld, &rd)), &|watch| {
            differ.between_watched(&ld, &rd, watch).map(|diff| show(&diff))
        }),
        ("without moves", [&aligned[..], &[rendering]].concat(), show(&plain.between(&ld, &rd)), &|watch| {
            plain.between_watched(&ld, &rd, watch).map(|diff| show(&diff))
        }),
        (
            "characters",
            [&aligned[..], &[copies, "aligning", rendering]].concat(),
            show(&characters.between(&ld, &rd)),
            &|watch| characters.between_watched(&ld, &rd, watch).map(|diff| show(&diff)),
        ),
    ];
    for (name, stages, expected, call) in calls {
        let (told, times) = heard(name, call, &expected);
        assert_eq!(told, stages, "{name}");
        for stop in 0..times {
            let count = Mutex::new(0);
            let ear = |_: Progress| {
                let mut count = count.lock().unwrap();
                *count += 1;
                if *count == stop + 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            assert!(call(Watch::new(&ear)).unwrap_err().is_cancelled(), "{name} at call {stop}");
            assert_eq!(count.into_inner().unwrap(), stop + 1, "{name} goes on after the cancellation");
        }
    }
}

/// Where a text repeats more than a stretch of pairs can hold, or has more gaps than go between two looks, a stage is told in parts.
#[test]
fn long_stages_are_told_in_parts() {
    let line = "this line comes again and again, and says nothing new to anybody at all\n".repeat(3000);
    let finder = PassageFinder::new();
    let prepared = finder.prepare(&line).unwrap();
    let (left, right) = texts::pairs::edited_pair(500_000, 3);
    let differ = Differ::new();
    let (l, r) = (differ.prepare(&left).unwrap(), differ.prepare(&right).unwrap());
    let calls: [(&str, Call<'_>); 3] = [
        ("comparing", &|watch| finder.within_watched(&prepared, watch).map(|_| String::new())),
        ("aligning", &|watch| differ.between_watched(&l, &r, watch).map(|_| String::new())),
        ("aligning", &|watch| {
            let (left, right) = (finder.prepare(&left)?, finder.prepare(&right)?);
            finder.between_watched(&left, &right, watch).map(|_| String::new())
        }),
    ];
    for (stage, call) in calls {
        let parts = Mutex::new(Vec::new());
        let listen = |progress: Progress| {
            if progress.stage == stage {
                parts.lock().unwrap().push(progress.done);
            }
            ControlFlow::Continue(())
        };
        call(Watch::new(&listen)).unwrap();
        let parts = parts.into_inner().unwrap();
        assert!(parts.len() > 2 && parts.is_sorted_by(|a, b| a < b), "{stage}: {parts:?}");
    }
}
