//! The promise: clusters are a partition; whatever is removed has a kept witness with verified similarity of
//! at least the threshold; chains do not collapse; what is kept depends on scores and contents, not on order
//! or threads.

#[path = "oracle/clusters.rs"]
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use refrain::{
    Clusters, Dedup, DocId, Progress, Sketcher, SlotBits, Verdict, Watch, clusters, clusters_watched,
};

fn id(position: usize) -> DocId {
    DocId::new(position).unwrap()
}

/// Words without meaning, of one script each.
const SYLLABLES: [&str; 4] = ["ka", "лo", "μι", "ter"];

/// A text of numbered words; `edits` exchanges single words.
fn text(topic: usize, words: usize, edits: &[usize]) -> String {
    let word = |number: usize| {
        let edited = if edits.contains(&number) { "x" } else { "" };
        format!("{}{}{}{edited}", SYLLABLES[topic % 4], topic, SYLLABLES[number % 3].repeat(number % 5 + 1))
            + &number.to_string()
    };
    (0..words).map(word).collect::<Vec<_>>().join(" ")
}

/// Texts of a few topics with a few edits each: alike in every degree, some equal, some too short, some
/// empty.
fn some_texts() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        8 => (0usize..4, prop::collection::vec(0usize..150, 0..5)).prop_map(|(topic, edits)| text(topic, 150, &edits)),
        1 => (0usize..4, 0usize..8).prop_map(|(topic, words)| text(topic, words, &[])),
        1 => Just("– !".to_owned()),
    ];
    prop::collection::vec(one, 0..25)
}

/// A partition, in which every document says the same as its cluster.
fn check_partition(clusters: &Clusters, documents: usize) {
    assert_eq!(clusters.documents(), documents);
    assert_eq!(clusters.is_empty(), documents == 0);
    let mut seen = vec![false; documents];
    let mut last = None;
    for cluster in clusters.iter() {
        assert!(last < Some(cluster.representative), "in order of representatives");
        last = Some(cluster.representative);
        assert!(cluster.members.is_sorted() && cluster.members.contains(&cluster.representative));
        assert_eq!(cluster.weakest.is_some(), cluster.members.len() > 1);
        for &member in cluster.members {
            assert!(!std::mem::replace(&mut seen[member.position()], true), "{member} twice");
            assert_eq!(clusters.representative(member), cluster.representative);
            assert_eq!(clusters.cluster(member), cluster);
            assert_eq!(clusters.is_kept(member), member == cluster.representative);
            assert_eq!(clusters.witness(member).is_none(), clusters.is_kept(member));
        }
    }
    assert!(seen.into_iter().all(|seen| seen));
    assert_eq!(clusters.kept().len(), clusters.len());
    assert_eq!(clusters.removed().count() + clusters.len(), documents);
    assert_eq!(clusters.duplicates().count(), clusters.iter().filter(|c| c.members.len() > 1).count());
}

/// What was decided, told by texts instead of numbers.
fn told(clusters: &Clusters, texts: &[String]) -> (Vec<String>, BTreeMap<String, (String, u64)>) {
    let text = |id: DocId| texts[id.position()].clone();
    let mut kept: Vec<String> = clusters.kept().map(text).collect();
    kept.sort();
    let removed = clusters.removed().map(|(id, w)| (text(id), (text(w.id), w.jaccard.value.to_bits())));
    // Of equal texts, one can be kept and the others not: those are told apart by their witness.
    (kept, removed.filter(|(text, (witness, _))| text != witness).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_goes_has_a_kept_witness_and_what_stays_has_none(texts in some_texts()) {
        let found = clusters(&texts);
        check_partition(&found, texts.len());
        let exact = oracle::similarities(&texts);
        for (removed, witness) in found.removed() {
            prop_assert!(found.is_kept(witness.id));
            prop_assert_eq!(found.representative(removed), witness.id);
            prop_assert_eq!(witness.jaccard.value, exact[removed.position()][witness.id.position()]);
            prop_assert!(witness.jaccard.value >= 0.8 && witness.jaccard.std_error == 0.0);
        }
        let kept: Vec<usize> = found.kept().map(DocId::position).collect();
        for &left in &kept {
            for &right in &kept {
                prop_assert!(left == right || exact[left][right] < 0.8, "{} and {} both stay", left, right);
            }
        }
        for cluster in found.duplicates() {
            let weakest = cluster.weakest.unwrap();
            let least = cluster.members.iter().filter_map(|&id| found.witness(id)).map(|w| w.jaccard.value);
            prop_assert_eq!(Some(weakest.jaccard.value), least.min_by(f64::total_cmp));
        }
    }

    #[test]
    fn order_does_not_matter(texts in some_texts(), seed in any::<u64>()) {
        let mut shuffled = texts.clone();
        let mut state = seed;
        for at in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(at, (state >> 33) as usize % (at + 1));
        }
        prop_assert_eq!(told(&clusters(&texts), &texts), told(&clusters(&shuffled), &shuffled));

        let finished = |texts: &[String], score: &dyn Fn(&str) -> f64| {
            let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
            texts.iter().for_each(|text| _ = dedup.push(text));
            told(&dedup.finish_by(|id| score(&texts[id.position()])), texts)
        };
        for score in [&|_: &str| 0.0_f64, &|text: &str| (text.len() / 3) as f64] as [&dyn Fn(&str) -> f64; 2] {
            prop_assert_eq!(finished(&texts, score), finished(&shuffled, score));
        }
    }

    #[test]
    fn a_dedup_keeps_the_witness_law_by_its_estimates(texts in some_texts(), scores in prop::collection::vec(0u8..4, 25)) {
        let sketcher = Sketcher::default();
        let mut dedup = Dedup::new(sketcher, 0.8).unwrap();
        let verdicts: Vec<Verdict> = texts.iter().map(|text| dedup.push(text)).collect();
        let estimate = |left: DocId, right: DocId| {
            let [left, right] = [left, right].map(|id| sketcher.sketch(&texts[id.position()]));
            left.compact(SlotBits::Four).jaccard(&right.compact(SlotBits::Four)).value
        };
        for verdict in &verdicts {
            if let Some(witness) = verdict.resembles {
                prop_assert!(witness.id < verdict.id && verdicts[witness.id.position()].is_new());
                prop_assert!(witness.jaccard.value >= 0.8);
                prop_assert_eq!(witness.jaccard.value, estimate(verdict.id, witness.id));
            }
        }
        let score = |id: DocId| f64::from(scores[id.position()]);
        let found = dedup.finish_by(score);
        check_partition(&found, texts.len());
        for (removed, witness) in found.removed() {
            prop_assert!(found.is_kept(witness.id) && score(witness.id) >= score(removed), "the better one stays");
            prop_assert!(witness.jaccard.value >= 0.8);
            prop_assert_eq!(witness.jaccard.value, estimate(removed, witness.id));
        }
        for left in found.kept() {
            for right in found.kept() {
                // Bands find 0.986 of the pairs at 0.8; with 16 of 18 bands equal at J = 0.95, all there.
                prop_assert!(left == right || estimate(left, right) < 0.95);
            }
        }
    }

    #[test]
    fn components_are_those_of_the_graph(texts in some_texts()) {
        // Estimates are exact where texts are equal or share nothing; so compare with what the estimates say.
        let sketcher = Sketcher::default();
        let compact: Vec<_> =
            texts.iter().map(|text| sketcher.sketch(text).compact(SlotBits::Four)).collect();
        let similarities: Vec<Vec<f64>> =
            compact.iter().map(|left| compact.iter().map(|right| left.jaccard(right).value).collect()).collect();
        let mut dedup = Dedup::with_bands(sketcher, 0.8, refrain::Bands::new(42, 6).unwrap()).unwrap();
        texts.iter().for_each(|text| _ = dedup.push(text));
        let found = dedup.finish_components(|_| 0.0);
        check_partition(&found, texts.len());
        let sets: BTreeSet<BTreeSet<usize>> =
            found.iter().map(|cluster| cluster.members.iter().map(|id| id.position()).collect()).collect();
        prop_assert_eq!(&sets, &oracle::components(&similarities, 0.8));
        for cluster in found.duplicates() {
            let members = cluster.members.iter().map(|id| id.position()).collect();
            let weakest = cluster.weakest.unwrap();
            prop_assert_eq!(weakest.jaccard.value, oracle::weakest(&similarities, &members));
            prop_assert_eq!(
                weakest.jaccard.value, similarities[weakest.left.position()][weakest.right.position()]
            );
        }
    }
}

/// A chain of texts, each like the next (J = 0.87) and unlike the one after (J = 0.76).
fn chain(links: usize) -> Vec<String> {
    let words: Vec<String> = (0..1000).map(|number| format!("w{number}")).collect();
    (0..links).map(|link| words[link * 15..link * 15 + 220].join(" ")).collect()
}

#[test]
fn chains_do_not_collapse() {
    let texts = chain(40);
    let exact = oracle::similarities(&texts);
    assert!(exact[0][1] >= 0.8 && exact[0][2] < 0.8);
    let found = clusters(&texts);
    check_partition(&found, 40);
    assert!(found.len() >= 14, "at most three neighbours in a row make a cluster: {}", found.len());
    assert!(found.iter().all(|cluster| cluster.members.len() <= 3));

    let mut dedup =
        Dedup::with_bands(Sketcher::builder().slots(1024).build().unwrap(), 0.8, refrain::Bands::STANDARD)
            .unwrap();
    texts.iter().for_each(|text| _ = dedup.push(text));
    let together = dedup.clone().finish_components(|_| 0.0);
    assert_eq!(together.len(), 1, "as one component they all are one");
    let weakest = together.iter().next().unwrap().weakest.unwrap();
    assert!((0.8..0.95).contains(&weakest.jaccard.value), "and it says how weakly");
    assert!(dedup.finish().len() >= 14);
}

#[test]
fn the_best_score_is_kept_whenever_it_comes() {
    let texts = [text(0, 150, &[3]), text(0, 150, &[]), text(0, 150, &[90]), text(1, 150, &[])];
    for best in 0..3 {
        let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
        assert!(texts.iter().map(|text| dedup.push(text).is_new()).eq([true, false, false, true]));
        let found = dedup.finish_by(|id| if id.position() == best { 1.0 } else { -1.0 });
        assert!(found.kept().eq([id(best), id(3)]));
    }
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    texts.iter().for_each(|text| _ = dedup.push(text));
    let found = dedup.finish_by(|id| if id.position() == 2 { f64::NEG_INFINITY } else { f64::NAN });
    assert_eq!(found.len(), 2, "NaN is a score like the lowest");
}

#[test]
fn copies_collapse_and_go_with_their_text() {
    let (kept, edited) = (text(0, 150, &[]), text(0, 150, &[10]));
    let texts = [&edited, &kept, &kept, &edited, &kept].map(String::clone);
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    let verdicts = texts.each_ref().map(|text| dedup.push(text));
    assert_eq!(verdicts[3].resembles.unwrap().jaccard.to_string(), "1.00 ± 0.00", "a copy is certain");
    assert!(verdicts[2].resembles.unwrap().jaccard.std_error > 0.0, "a copy of what resembles goes with it");
    let found = dedup.finish_by(|id| f64::from(texts[id.position()] == kept));
    assert!(found.kept().eq([id(1)]));
    assert_eq!(found.witness(id(4)).unwrap().jaccard.std_error, 0.0);
    assert_eq!(found.witness(id(0)), found.witness(id(3)));
}

#[test]
fn texts_without_letters_resemble_nothing() {
    let texts = ["", "", "...", "...", "–"];
    assert_eq!(clusters(&texts).len(), 5);
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    assert!(texts.iter().all(|text| dedup.push(text).is_new()));
    assert_eq!(dedup.clone().finish().len(), 5);
    assert_eq!(dedup.finish_components(|_| 0.0).len(), 5);
    assert!(clusters::<&str>(&[]).is_empty());
}

#[test]
fn short_texts_are_alike_if_their_words_are_equal() {
    let found = clusters(&["Good morning", "good morning!", "Good evening", "good"]);
    assert_eq!(found.len(), 3);
    assert_eq!(found.representative(id(0)), found.representative(id(1)));
}

#[test]
fn thresholds_out_of_range_are_refused() {
    for bad in [0.0, -1.0, 1.1, f64::NAN] {
        assert!(Dedup::new(Sketcher::default(), bad).unwrap_err().is_setting());
        assert!(
            Dedup::with_bands(Sketcher::default(), bad, refrain::Bands::STANDARD).unwrap_err().is_setting()
        );
    }
    let few = Sketcher::builder().slots(128).build().unwrap();
    assert!(Dedup::with_bands(few, 0.8, refrain::Bands::ACCURATE).unwrap_err().is_setting());
}

#[test]
fn many_at_once_are_judged_as_one_by_one() {
    let texts: Vec<String> = (0..3000).map(|i| text(i % 900, 40, &[i / 900 * 7, i % 40])).collect();
    let mut one_by_one = Dedup::new(Sketcher::default(), 0.7).unwrap();
    let verdicts: Vec<Verdict> = texts.iter().map(|text| one_by_one.push(text)).collect();
    let mut bulk = Dedup::new(Sketcher::default(), 0.7).unwrap();
    let mut at_once = bulk.push_all(&texts[..1300]);
    at_once.extend(bulk.push_all(&texts[1300..]));
    assert_eq!(at_once, verdicts);
    assert!(verdicts.iter().any(Verdict::is_new) && !verdicts.iter().all(Verdict::is_new));
    assert_eq!(bulk.finish(), one_by_one.finish());
}

#[test]
fn the_bands_of_a_dedup_are_within_240_bytes_a_text() {
    let bands = |threshold| Dedup::new(Sketcher::default(), threshold).unwrap().bands();
    let chosen = [0.95, 0.9, 0.85, 0.8, 0.75].map(bands);
    for (bands, threshold) in chosen.into_iter().zip([0.95, 0.9, 0.85, 0.8, 0.75]) {
        assert!(bands.bytes_per_document_of(Sketcher::DEFAULT_SLOTS) <= 240, "{threshold}: {bands}");
        assert!(bands.recall(threshold) >= 0.95 && bands.rows() >= 6, "{threshold}: {bands}");
    }
    assert_eq!(chosen[3], refrain::Bands::new(17, 8).unwrap());
    for threshold in [0.5, 0.6, 0.7] {
        assert_eq!(bands(threshold), refrain::Bands::for_recall(threshold, 0.95, 256).unwrap());
    }
}

#[test]
fn a_dedup_takes_what_it_says() {
    let word = |number: usize| format!("w{:x}", number.wrapping_mul(0x9e37_79b9) >> 7);
    let page = |number: usize| (0..12).map(|at| word(number * 12 + at)).collect::<Vec<_>>().join(" ");
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    const NEW: usize = 1 << 17;
    let texts: Vec<String> = (0..NEW).map(page).collect();
    assert!(dedup.push_all(&texts).iter().all(Verdict::is_new));
    let new = dedup.bytes() as f64 / NEW as f64;
    dedup.push_all(&texts);
    let copy = dedup.bytes() as f64 / NEW as f64 - new;
    assert!((240.0..275.0).contains(&new) && (140.0..165.0).contains(&copy), "{new} and {copy} bytes");
}

#[test]
fn long_calls_tell_how_far_they_are_and_stop_when_asked() {
    let texts: Vec<String> = (0..2500).map(|i| text(i % 700, 30, &[i / 700 * 9, i % 30])).collect();
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    dedup.push_all(&texts);
    type Call<'c> = &'c dyn Fn(Watch<'_>) -> Result<Clusters, refrain::Error>;
    let calls: [(&str, Clusters, Call<'_>); 3] = [
        ("clusters", clusters(&texts), &|watch| clusters_watched(&texts, watch)),
        ("witness", dedup.clone().finish(), &|watch| dedup.clone().finish_watched(|_| 0.0, watch)),
        ("components", dedup.clone().finish_components(|_| 0.0), &|watch| {
            dedup.clone().finish_components_watched(|_| 0.0, watch)
        }),
    ];
    for (name, expected, call) in calls {
        let told = std::sync::Mutex::new(Vec::new());
        let listen = |progress: Progress| {
            told.lock().unwrap().push(progress);
            std::ops::ControlFlow::Continue(())
        };
        assert_eq!(call(Watch::new(&listen)).unwrap(), expected, "{name}");
        let told = told.into_inner().unwrap();
        assert!(told.len() >= 3, "{name} tells often enough: {told:?}");
        assert!(told.iter().all(|progress| Some(progress.done) < progress.total), "{name}: {told:?}");
        for stop in 0..told.len() {
            let heard = std::sync::atomic::AtomicUsize::new(0);
            let ear = |_: Progress| match heard.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                call if call == stop => std::ops::ControlFlow::Break(()),
                _ => std::ops::ControlFlow::Continue(()),
            };
            assert!(call(Watch::new(&ear)).unwrap_err().is_cancelled(), "{name} at call {stop}");
            assert_eq!(heard.into_inner(), stop + 1, "{name} goes on after the cancellation");
        }
    }
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_finds_the_same_clusters() {
    // More than one block of documents, in few topics.
    let texts: Vec<String> = (0..2500).map(|i| text(i % 700, 60, &[i / 700 * 9, i % 60])).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut dedup = Dedup::new(Sketcher::default(), 0.7).unwrap();
            texts.iter().for_each(|text| _ = dedup.push(text));
            (clusters(&texts), dedup.clone().finish(), dedup.finish_components(|_| 0.0))
        })
    };
    let one = with(1);
    assert!(one.1.len() > 100 && one.1.len() < 2400, "{}", one.1.len());
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), one);
    }
}
