//! Guarantee: shares are shares. A text that consists of copies of the other is covered by it, however often it has them;
//! and equal texts are wholly alike, however short.

use proptest::prelude::*;
use refrain::{Evidence, PassageFinder, Similarity, passages, similarity};

#[path = "oracle/mod.rs"]
mod oracle;
mod texts;

const ENGLISH: &str =
    "The market garden behind the station sold its last cabbages on Saturday and closed for the winter.";
const GREEK: &str =
    "Το παλιό τυπογραφείο στην προκυμαία τύπωσε χθες το τελευταίο του φύλλο με τα χέρια των τεχνιτών.";
const CHINESE: &str = "车站后面的菜园星期六卖完了最后的卷心菜，然后在冬天关门。两位园主在那里种了十九年的蔬菜，从来没有租过拖拉机。\
                       春天他们打算沿着篱笆铺新的菜畦，那里的土地比较干燥，蜗牛也少。";

#[test]
fn each_copy_of_a_whole_text_is_a_passage() {
    for text in [ENGLISH, GREEK, CHINESE] {
        for times in [2, 3, 7] {
            for between in ["\n", " – ", ". Not of this text. "] {
                let copies = vec![text; times].join(between);
                let starts: Vec<usize> = copies.match_indices(text).map(|(at, _)| at).collect();
                let found = passages(text, &copies);
                assert_eq!(
                    found.iter().map(|passage| passage.right.start).collect::<Vec<_>>(),
                    starts,
                    "{copies}"
                );
                assert!(
                    found.iter().all(|passage| passage.left == (0..text.len()) && passage.identity == 1.0)
                );
                let found = passages(&copies, text);
                assert_eq!(
                    found.iter().map(|passage| passage.left.start).collect::<Vec<_>>(),
                    starts,
                    "{copies}"
                );
                assert!(found.iter().all(|passage| passage.right == (0..text.len())));
                let on_right = similarity(text, &copies);
                let on_left = similarity(&copies, text);
                assert_eq!((on_right.coverage_left, on_left.coverage_right), (1.0, 1.0));
                assert_eq!(on_right.coverage_right, on_left.coverage_left);
                assert!(on_right.coverage_right > 0.8, "{copies}: {on_right:?}");
                assert!(between.len() > 5 || on_right.coverage_right == 1.0, "{copies}: {on_right:?}");
            }
        }
    }
}

/// The second quotation is part of a longer passage on the left, so it is no passage of its own, but it counts.
#[test]
fn a_quotation_counts_as_often_as_it_is_quoted() {
    let other = oracle::filler(3);
    let left = format!("{} {ENGLISH} {}", oracle::filler(1), oracle::filler(2));
    let right = format!("{ENGLISH} {other} {ENGLISH}");
    let letters = |text: &str| text.chars().filter(|ch| ch.is_alphanumeric()).count() as f64;
    let share = 2.0 * letters(ENGLISH) / letters(&right);
    assert!((similarity(&left, &right).coverage_right - share).abs() < 0.02);
    assert!((similarity(&right, &left).coverage_left - share).abs() < 0.02);
    let longer = format!("{} {ENGLISH} {other} {ENGLISH}", oracle::filler(1));
    let share = 1.0 - letters(&other) / letters(&longer);
    assert!((similarity(&left, &longer).coverage_right - share).abs() < 0.02);
}

/// Parts of a copy that occur again are not passages of their own.
#[test]
fn partial_copies_of_a_passage_are_not_listed_again() {
    let (one, two) = (oracle::filler(1), oracle::filler(2));
    let found = passages(&format!("{one} {two}"), &format!("{one} {two} {} {two}", oracle::filler(5)));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn texts_without_letters_are_compared_by_their_characters() {
    for text in ["...", "🎉🎉", "", "\n", "— ! —"] {
        assert!(is_whole(similarity(text, text)), "{text:?}");
    }
    assert!(is_whole(similarity("🎉 🎉\n", "🎉🎉")));
    let different = similarity("🎉", "🚀");
    assert_eq!((different.jaccard, different.containment_left, different.coverage_left), (0.0, 0.0, 0.0));
    let half = similarity("+-", "+*/");
    assert_eq!((half.jaccard, half.containment_left, half.containment_right), (0.25, 0.5, 1.0 / 3.0));
    assert_eq!((half.coverage_left, half.coverage_right), (0.0, 0.0));
    assert_eq!(similarity("...", "").jaccard, 0.0);
    assert_eq!(similarity("...", "a").jaccard, 0.0);
}

fn is_whole(similarity: Similarity) -> bool {
    [
        similarity.jaccard,
        similarity.containment_left,
        similarity.containment_right,
        similarity.coverage_left,
        similarity.coverage_right,
    ] == [1.0; 5]
        && (similarity.reordered_left, similarity.reordered_right) == (0.0, 0.0)
}

/// Ordered and reordered passages are counted apart: their proportions add up to what all passages cover.
#[test]
fn reordered_passages_are_counted_apart() {
    let mut words: Vec<String> = (0..60)
        .map(|number| format!("{}word", (b'a' + number % 26) as char).repeat(1 + number as usize / 26))
        .collect();
    let one = words.join(" ");
    words.reverse();
    let left = format!("{ENGLISH} {} {one}.", oracle::filler(1));
    let right = format!("{}. {} {ENGLISH}", words.join(" "), oracle::filler(2));
    let found = passages(&left, &right);
    let kinds: Vec<Evidence> = found.iter().map(|passage| passage.evidence).collect();
    assert_eq!(kinds, [Evidence::Ordered, Evidence::Reordered], "{found:?}");
    let both = similarity(&left, &right);
    let ordered = Similarity::builder()
        .passages(PassageFinder::new().order_free(false))
        .between(&left, &right)
        .unwrap();
    assert_eq!((both.coverage_left, both.coverage_right), (ordered.coverage_left, ordered.coverage_right));
    assert_eq!((ordered.reordered_left, ordered.reordered_right), (0.0, 0.0));
    assert!(both.reordered_left > 0.2 && both.coverage_left + both.reordered_left < 0.9, "{both:?}");
}

proptest! {
    #[test]
    fn a_text_is_wholly_like_itself(text in prop_oneof![any::<String>(), "[a-c .]{0,80}", "[🎉!—\n ]{0,6}"]) {
        prop_assert!(is_whole(similarity(&text, &text)), "{:?}", similarity(&text, &text));
    }

    #[test]
    fn proportions_are_between_0_and_1(left in "([a-c]{1,9} ){0,60}|[🎉!—]{0,6}", right in "([a-c]{1,9} ){0,60}|[🎉!—]{0,6}") {
        let similarity = similarity(&left, &right);
        for (covered, reordered) in
            [(similarity.coverage_left, similarity.reordered_left), (similarity.coverage_right, similarity.reordered_right)]
        {
            prop_assert!(covered >= 0.0 && reordered >= 0.0 && covered + reordered <= 1.0 + 1e-9);
        }
    }
}
