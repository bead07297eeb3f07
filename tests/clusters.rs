//! The guarantee: clusters are a partition; every removed document has a kept witness with verified
//! similarity of at least the threshold; chains do not collapse; the first is kept, or the best by score and
//! content; the number of threads does not matter.

#[path = "oracle/clusters.rs"]
mod oracle;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use refrain::{
    Arrival, Clustering, Clusters, Dedup, DocId, KeyedDedup, Sketcher, SlotBits, Weighting, clusters,
};
use reports::Reports;

mod reports;

/// Keeps the text with the highest score.
fn finish_best(dedup: Dedup, score: impl Fn(DocId) -> f64) -> Clusters {
    dedup.finish_with(&Clustering::new().keep_best(|&id| score(id))).unwrap()
}

fn components(dedup: &Dedup) -> Clusters {
    dedup.clone().finish_with(&Clustering::new().keep_best(|_| 0.0).components()).unwrap()
}

fn id(position: usize) -> DocId {
    DocId::new(position).unwrap()
}

/// Syllables of one script each.
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

/// Texts of a few topics with a few edits each: similar in every degree, some equal, some too short, some
/// empty.
fn some_texts() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        8 => (0usize..4, prop::collection::vec(0usize..150, 0..5)).prop_map(|(topic, edits)| text(topic, 150, &edits)),
        1 => (0usize..4, 0usize..8).prop_map(|(topic, words)| text(topic, words, &[])),
        1 => Just("– !".to_owned()),
    ];
    prop::collection::vec(one, 0..25)
}

/// Checks that every document is in one cluster and that all accessors agree.
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

/// The decisions, by texts instead of numbers.
fn by_text(clusters: &Clusters, texts: &[String]) -> (Vec<String>, BTreeMap<String, (String, u64)>) {
    let text = |id: DocId| texts[id.position()].clone();
    let mut kept: Vec<String> = clusters.kept().map(text).collect();
    kept.sort();
    let removed = clusters.removed().map(|(id, w)| (text(id), (text(w.id), w.jaccard.value.to_bits())));
    // A text may be kept while an equal one is removed with it as witness. Such removals are left out.
    (kept, removed.filter(|(text, (witness, _))| text != witness).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn removed_texts_have_a_kept_witness_and_kept_texts_have_none(texts in some_texts()) {
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
                prop_assert!(left == right || exact[left][right] < 0.8, "{} and {} are both kept", left, right);
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
        let finished = |texts: &[String], score: &dyn Fn(&str) -> f64| {
            let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
            texts.iter().for_each(|text| _ = dedup.push(text));
            by_text(&finish_best(dedup, |id| score(&texts[id.position()])), texts)
        };
        for score in [&|_: &str| 0.0_f64, &|text: &str| (text.len() / 3) as f64] as [&dyn Fn(&str) -> f64; 2] {
            prop_assert_eq!(finished(&texts, score), finished(&shuffled, score));
        }
    }

    #[test]
    fn texts_that_a_dedup_removes_have_a_kept_witness_by_the_estimates(texts in some_texts(), scores in prop::collection::vec(0u8..4, 25)) {
        let sketcher = Sketcher::default();
        let mut dedup = Dedup::new(sketcher, 0.8).unwrap();
        let arrivals: Vec<Arrival> = texts.iter().map(|text| dedup.push(text)).collect();
        let estimate = |left: DocId, right: DocId| {
            let [left, right] = [left, right].map(|id| sketcher.sketch(&texts[id.position()]));
            left.compact(SlotBits::Four).jaccard(&right.compact(SlotBits::Four)).value
        };
        for arrival in &arrivals {
            if let Some(witness) = arrival.resembles {
                prop_assert!(witness.id < arrival.id && arrivals[witness.id.position()].is_new());
                prop_assert!(witness.jaccard.value >= 0.8);
                prop_assert_eq!(witness.jaccard.value, estimate(arrival.id, witness.id));
            }
        }
        let score = |id: DocId| f64::from(scores[id.position()]);
        let found = finish_best(dedup, score);
        check_partition(&found, texts.len());
        for (removed, witness) in found.removed() {
            prop_assert!(found.is_kept(witness.id) && score(witness.id) >= score(removed), "the better one is kept");
            prop_assert!(witness.jaccard.value >= 0.8);
            prop_assert_eq!(witness.jaccard.value, estimate(removed, witness.id));
        }
        for left in found.kept() {
            for right in found.kept() {
                // The 17 bands of 8 rows find 0.956 of the pairs at 0.8, and nearly all (1 - 10^-8) at 0.95.
                prop_assert!(left == right || estimate(left, right) < 0.95);
            }
        }
    }

    #[test]
    fn components_are_those_of_the_graph(texts in some_texts()) {
        // Estimates are exact only if texts are equal or share nothing. So the oracle gets the estimates.
        let sketcher = Sketcher::default();
        let compact: Vec<_> =
            texts.iter().map(|text| sketcher.sketch(text).compact(SlotBits::Four)).collect();
        let similarities: Vec<Vec<f64>> =
            compact.iter().map(|left| compact.iter().map(|right| left.jaccard(right).value).collect()).collect();
        let mut dedup = Dedup::with_bands(sketcher, 0.8, refrain::Bands::new(42, 6).unwrap()).unwrap();
        texts.iter().for_each(|text| _ = dedup.push(text));
        let found = components(&dedup);
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

/// A chain of texts. Each is similar to the next (J = 0.87) and not similar enough to the one after that (J =
/// 0.76).
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
    let together = components(&dedup);
    assert_eq!(together.len(), 1, "all are in one component");
    let weakest = together.iter().next().unwrap().weakest.unwrap();
    assert!((0.8..0.95).contains(&weakest.jaccard.value), "the weakest link is shown");
    assert!(dedup.finish().unwrap().len() >= 14);
}

#[test]
fn the_best_score_is_kept_in_any_order_of_arrival() {
    let texts = [text(0, 150, &[3]), text(0, 150, &[]), text(0, 150, &[90]), text(1, 150, &[])];
    for best in 0..3 {
        let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
        assert!(texts.iter().map(|text| dedup.push(text).is_new()).eq([true, false, false, true]));
        let found = finish_best(dedup, |id| if id.position() == best { 1.0 } else { -1.0 });
        assert!(found.kept().eq([id(best), id(3)]));
    }
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    texts.iter().for_each(|text| _ = dedup.push(text));
    let found = finish_best(dedup, |id| if id.position() == 2 { f64::NEG_INFINITY } else { f64::NAN });
    assert_eq!(found.len(), 2, "NaN is treated as the lowest score");
}

#[test]
fn copies_collapse_and_share_the_witness_of_their_text() {
    let (kept, edited) = (text(0, 150, &[]), text(0, 150, &[10]));
    let texts = [&edited, &kept, &kept, &edited, &kept].map(String::clone);
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    let arrivals = texts.each_ref().map(|text| dedup.push(text));
    assert_eq!(
        arrivals[3].resembles.unwrap().jaccard.to_string(),
        "1.00 ± 0.00",
        "the similarity of a copy is exact"
    );
    assert!(
        arrivals[2].resembles.unwrap().jaccard.std_error > 0.0,
        "a copy of a removed text has the same witness"
    );
    let found = finish_best(dedup, |id| f64::from(texts[id.position()] == kept));
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
    assert_eq!(dedup.clone().finish().unwrap().len(), 5);
    assert_eq!(components(&dedup).len(), 5);
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
fn at_a_threshold_of_one_only_equal_sets_are_duplicates() {
    let texts = [text(1, 60, &[]), text(1, 60, &[30]), text(1, 60, &[]).replace(' ', "  "), text(2, 60, &[])];
    let mut dedup = Dedup::new(Sketcher::default(), 1.0).unwrap();
    let new: Vec<bool> = texts.iter().map(|text| dedup.push(text).is_new()).collect();
    assert_eq!(new, [true, true, false, true]);
    let exact = Clustering::new().verify_with(|id| texts.get(id.position()));
    let found = dedup.finish_with(&exact).unwrap();
    assert_eq!(found.representative(id(2)), id(0));
    assert_eq!(found.len(), 3);
}

#[test]
fn batches_are_judged_like_single_texts() {
    let texts: Vec<String> = (0..3000).map(|i| text(i % 900, 40, &[i / 900 * 7, i % 40])).collect();
    let mut one_by_one = Dedup::new(Sketcher::default(), 0.7).unwrap();
    let arrivals: Vec<Arrival> = texts.iter().map(|text| one_by_one.push(text)).collect();
    let mut bulk = Dedup::new(Sketcher::default(), 0.7).unwrap();
    let mut at_once = bulk.push_all(&texts[..1300]);
    at_once.extend(bulk.push_all(&texts[1300..]));
    assert_eq!(at_once, arrivals);
    assert!(arrivals.iter().any(Arrival::is_new) && !arrivals.iter().all(Arrival::is_new));
    assert_eq!(bulk.finish().unwrap(), one_by_one.finish().unwrap());
}

#[test]
fn the_bands_of_a_dedup_are_within_240_bytes_a_text() {
    let bands = |threshold| Dedup::new(Sketcher::default(), threshold).unwrap().bands();
    let chosen = [0.95, 0.9, 0.85, 0.8, 0.75].map(bands);
    for (bands, threshold) in chosen.into_iter().zip([0.95, 0.9, 0.85, 0.8, 0.75]) {
        assert!(bands.bytes_per_document(Sketcher::DEFAULT_SLOTS) <= 240, "{threshold}: {bands}");
        assert!(bands.recall(threshold) >= 0.95 && bands.rows() >= 6, "{threshold}: {bands}");
    }
    assert_eq!(chosen[3], refrain::Bands::new(17, 8).unwrap());
    for threshold in [0.5, 0.6, 0.7] {
        assert_eq!(bands(threshold), refrain::Bands::for_recall(threshold, 0.95, 256).unwrap());
    }
}

#[test]
fn a_dedup_takes_the_stated_memory() {
    let word = |number: usize| format!("w{:x}", number.wrapping_mul(0x9e37_79b9) >> 7);
    let page = |number: usize| (0..12).map(|at| word(number * 12 + at)).collect::<Vec<_>>().join(" ");
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    const NEW: usize = 1 << 17;
    let texts: Vec<String> = (0..NEW).map(page).collect();
    assert!(dedup.push_all(&texts).iter().all(Arrival::is_new));
    let new = dedup.heap_bytes() as f64 / NEW as f64;
    dedup.push_all(&texts);
    let copy = dedup.heap_bytes() as f64 / NEW as f64 - new;
    assert!((240.0..275.0).contains(&new) && (140.0..165.0).contains(&copy), "{new} and {copy} bytes");
}

#[test]
fn long_calls_report_progress_and_stop_when_asked() {
    let texts: Vec<String> = (0..2500).map(|i| text(i % 700, 30, &[i / 700 * 9, i % 30])).collect();
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    dedup.extend(&texts);
    type Call<'c> = &'c dyn Fn(Dedup) -> Result<Clusters, refrain::Error>;
    let calls: [(&str, Call<'_>); 3] = [
        ("witness", &Dedup::finish),
        ("components", &|dedup| dedup.finish_with(&Clustering::new().components())),
        ("exact", &|dedup| dedup.finish_with(&Clustering::new().verify_with(|id| texts.get(id.position())))),
    ];
    for (name, call) in calls {
        let reports = Reports::default();
        let expected = call(dedup.clone()).unwrap();
        assert_eq!(call(dedup.clone().watch(reports.watch())).unwrap(), expected, "{name}");
        let all = reports.all();
        assert!(all.len() >= 3, "{name} reports often enough: {all:?}");
        assert!(all.iter().all(|progress| Some(progress.done) < progress.total), "{name}: {all:?}");
        for stop in 0..all.len() {
            let reports = Reports::stopping_at(stop);
            assert!(
                call(dedup.clone().watch(reports.watch())).unwrap_err().is_cancelled(),
                "{name} at {stop}"
            );
            assert_eq!(reports.all().len(), stop + 1, "{name} continues after the cancellation");
        }
    }
}

/// In order of arrival, the clusters keep just the texts that were new when they arrived.
#[test]
fn finish_keeps_the_first_and_agrees_with_the_arrivals() {
    let texts: Vec<String> = (0..600).map(|i| text(i % 90, 60, &[i / 90 * 7, i % 60])).collect();
    let mut dedup = Dedup::new(Sketcher::default(), 0.8).unwrap();
    let arrivals = dedup.push_all(&texts);
    let new = arrivals.iter().filter(|arrival| arrival.is_new()).map(|arrival| arrival.id);
    let found = dedup.finish().unwrap();
    assert!(found.kept().eq(new));
    assert!(found.len() > 90 && found.len() < 590, "{}", found.len());
    for cluster in &found {
        assert_eq!(cluster.representative, cluster.members[0]);
    }
    let representatives: Vec<DocId> = found.kept().collect();
    let members: Vec<Vec<DocId>> = found.into_iter().collect();
    assert!(members.iter().map(|members| members[0]).eq(representatives));
    assert_eq!(members.iter().map(Vec::len).sum::<usize>(), 600);
    let first = clusters(&texts[..2]);
    assert_eq!(first.len(), 2);
}

#[test]
fn texts_of_the_caller_make_removals_exact() {
    // Around the threshold some estimates are too high and others too low.
    let texts: Vec<String> =
        (0..400).map(|i| text(i % 40, 150, &[i / 40 * 13, i / 40 * 17 + 1, i / 40 * 19])).collect();
    for weighting in [Weighting::Distinct, Weighting::Occurrences] {
        let sketcher = Sketcher::builder().slots(64).weighting(weighting).build().unwrap();
        let mut dedup = Dedup::new(sketcher, 0.8).unwrap();
        dedup.extend(&texts);
        let exact =
            |left: DocId, right: DocId| refrain::jaccard(&texts[left.position()], &texts[right.position()]);
        let estimated = dedup.clone().finish().unwrap();
        let wrong = estimated.removed().filter(|(id, witness)| exact(*id, witness.id) < 0.8).count();
        assert!(wrong > 0, "the test has pairs that are estimated too high");
        for clustering in [Clustering::new(), Clustering::new().components()] {
            let clustering = clustering.verify_with(|id| texts.get(id.position()));
            let found = dedup.clone().finish_with(&clustering).unwrap();
            check_partition(&found, texts.len());
            assert!(found.removed().count() > 20);
            for (id, witness) in found.removed() {
                assert_eq!(witness.jaccard.std_error, 0.0);
                assert_eq!(witness.jaccard.value, exact(id, witness.id));
                assert!(witness.jaccard.value >= 0.8);
            }
        }
        // Without its text, a pair is decided by the estimate.
        let none = Clustering::new().verify_with(|_| None::<&str>);
        let found = dedup.clone().finish_with(&none).unwrap();
        assert!(found.removed().all(|(_, witness)| witness.jaccard.value >= 0.8));
        assert!(found.removed().any(|(_, witness)| witness.jaccard.std_error > 0.0));
    }
}

#[test]
fn answers_are_given_by_the_keys_of_the_caller() {
    let texts: Vec<String> = (0..2500).map(|i| text(i % 700, 30, &[i / 700 * 9, i % 30])).collect();
    let mut plain = Dedup::new(Sketcher::default(), 0.8).unwrap();
    plain.extend(&texts);
    let mut keyed = KeyedDedup::new(Dedup::new(Sketcher::default(), 0.8).unwrap());
    assert_eq!(keyed.push("key 0".to_owned(), &texts[0]).id, id(0));
    keyed.extend((1..2500).map(|i| (format!("key {i}"), &texts[i])));
    assert_eq!(keyed.key(id(7)), "key 7");
    let number = |key: &String| key[4..].parse::<usize>().unwrap();
    let clustering = Clustering::by_key()
        .keep_best(|key: &String| texts[number(key)].len() as f64)
        .verify_with(|key| texts.get(number(key)));
    let expected = Clustering::new()
        .keep_best(|id| texts[id.position()].len() as f64)
        .verify_with(|id| texts.get(id.position()));
    let expected = plain.finish_with(&expected).unwrap();
    let found = keyed.clone().finish_with(&clustering).unwrap();
    assert_eq!(found.clusters(), &expected);
    assert!(found.kept().map(number).eq(expected.kept().map(DocId::position)));
    let removed =
        expected.removed().map(|(id, witness)| (id.position(), witness.id.position(), witness.jaccard));
    assert!(found.removed().map(|(key, other, jaccard)| (number(key), number(other), jaccard)).eq(removed));

    let (dedup, keys) = keyed.into_parts();
    assert!(KeyedDedup::from_parts(dedup.clone(), keys[1..].to_vec()).unwrap_err().is_setting());
    assert_eq!(KeyedDedup::from_parts(dedup, keys).unwrap().finish_with(&clustering).unwrap(), found);
}

fn bytes(dedup: &Dedup) -> Vec<u8> {
    let mut bytes = Vec::new();
    dedup.write_to(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_dedup_continues_after_it_was_saved() {
    let texts: Vec<String> = (0..20_000)
        .map(|i| match i % 50 {
            0 => "...".to_owned(),
            _ => text(i % 7000, 12, &[i / 7000 * 9, i % 12]),
        })
        .collect();
    let sketcher = Sketcher::builder().slots(64).build().unwrap();
    let mut whole = Dedup::new(sketcher, 0.7).unwrap();
    let arrivals = whole.push_all(&texts);
    for cut in [0, 1, 9000] {
        let mut half = Dedup::new(sketcher, 0.7).unwrap();
        half.extend(&texts[..cut]);
        let saved = bytes(&half);
        let mut half = Dedup::read_from(&saved[..], sketcher).unwrap();
        assert_eq!((half.len(), half.threshold(), half.bands()), (cut, 0.7, whole.bands()));
        assert_eq!(bytes(&half), saved);
        assert_eq!(half.push_all(&texts[cut..]), arrivals[cut..]);
        assert_eq!(half.finish().unwrap(), whole.clone().finish().unwrap());
    }
}

fn small_dedup() -> Dedup {
    let sketcher = Sketcher::builder().slots(8).build().unwrap();
    let mut dedup = Dedup::with_bands(sketcher, 0.8, refrain::Bands::new(2, 4).unwrap()).unwrap();
    dedup.extend([
        "One text of some words.",
        "Another text, of other words.",
        "One text of some words.",
        "!",
    ]);
    dedup
}

/// Every byte of a file, by the table at the top of `src/index/file.rs`. They change only with the format
/// version or with the recipe.
#[test]
fn the_bytes_of_a_dedup_file_never_change() {
    let hex: String = bytes(&small_dedup()).iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = include_str!("golden/small.dedup.hex").split_whitespace().collect::<String>();
    assert_eq!(hex, expected);
}

#[test]
fn an_altered_dedup_file_is_refused() {
    let sketcher = Sketcher::builder().slots(8).build().unwrap();
    let whole = bytes(&small_dedup());
    for length in 0..whole.len() {
        assert!(Dedup::read_from(&whole[..length], sketcher).unwrap_err().is_corrupt(), "{length}");
    }
    for bit in 0..8 * whole.len() {
        let mut altered = whole.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(Dedup::read_from(&altered[..], sketcher).unwrap_err().is_corrupt(), "bit {bit}");
    }
    let other = Sketcher::builder().slots(8).seed(1).build().unwrap();
    assert!(Dedup::read_from(&whole[..], other).unwrap_err().is_incompatible());
    // An index file is no dedup file.
    let index = refrain::Index::new(sketcher.recipe(), refrain::Bands::new(2, 4).unwrap()).unwrap();
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    assert!(Dedup::read_from(&bytes[..], sketcher).unwrap_err().is_corrupt());
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
            (clusters(&texts), dedup.clone().finish().unwrap(), components(&dedup))
        })
    };
    let one = with(1);
    assert!(one.1.len() > 100 && one.1.len() < 2400, "{}", one.1.len());
    for threads in [2, 3, 8] {
        assert_eq!(with(threads), one);
    }
}
