//! A text whose paragraph breaks were lost has nearly the same set of shingles.

mod texts;

use proptest::prelude::*;
use refrain::{Shingle, Shingles, jaccard};
use texts::Random;
use texts::prose::{ALL, DUTCH, ENGLISH, GREEK, Language, RUSSIAN};

/// Paragraphs of 45 words.
fn paragraphs(language: Language, seed: u64) -> Vec<String> {
    let mut random = Random(seed);
    (0..12).map(|_| language.paragraph(45, &mut random)).collect()
}

#[test]
fn joined_paragraphs_hardly_change_a_text() {
    for language in [ENGLISH, DUTCH, GREEK, RUSSIAN] {
        for seed in 0..20 {
            let paragraphs = paragraphs(language, seed);
            let spaced = paragraphs.join("\n\n");
            let glued = paragraphs.concat();
            let found = jaccard(&spaced, &glued);
            assert!(found >= 0.98, "{} {seed}: glued {found}", language.name);

            // The last full stop of each paragraph is lost too: `…havenDe…`, `…2024De…`.
            let bare: String = paragraphs.iter().map(|paragraph| paragraph.trim_end_matches('.')).collect();
            assert!(!bare.contains(".\n") && bare.len() == glued.len() - paragraphs.len());
            let found = jaccard(&spaced, &bare);
            assert!(found >= 0.98, "{} {seed}: without full stops {found}", language.name);
        }
    }
}

#[test]
fn words_joined_after_capitals_and_digits_are_separated() {
    for (spaced, glued) in [
        ("de kader Lavrov sprak met de pers", "de kaderLavrov sprak met de pers"),
        ("het kader van Lavrov\n\nDaarna kwam er", "het kader van LavrovDaarna kwam er"),
        ("een top van de NAVO\n\nDaarnaast was er", "een top van de NAVODaarnaast was er"),
        ("besloten in 2024\n\nDe bewoners zijn", "besloten in 2024De bewoners zijn"),
        ("το κάδρο\n\nΛαβρόφ είπε τότε πάλι", "το κάδροΛαβρόφ είπε τότε πάλι"),
        ("саммит НАТО\n\nКроме того было так", "саммит НАТОКроме того было так"),
        ("binnengevallen.\n\nDaarnaast is er nog", "binnengevallen.Daarnaast is er nog"),
    ] {
        assert_eq!(
            Shingles::by(Shingle::words(2), spaced),
            Shingles::by(Shingle::words(2), glued),
            "{glued}"
        );
    }
}

/// If no capital letter shows the lost break, two words become one. Only the shingles that contain it change:
/// five shingles of five words.
#[test]
fn words_joined_without_a_trace_change_only_the_shingles_around_them() {
    let left = Shingles::of("one two three four five six seven\n\neight nine ten eleven twelve thirteen");
    let right = Shingles::of("one two three four five six seveneight nine ten eleven twelve thirteen");
    assert_eq!((left.len(), right.len()), (9, 8));
    assert_eq!(left.shared(&right), 2 + 1);
}

#[test]
fn case_space_and_punctuation_make_no_difference() {
    for language in ALL {
        let text = language.text(3000, 1);
        let shouted: String = text.split_whitespace().collect::<Vec<_>>().join(" —\t").to_uppercase();
        // Lower case first, because without spaces a change of case is a change of words.
        let plain = text.to_lowercase();
        let found = Shingles::of(&plain).jaccard(&Shingles::of(&shouted.to_lowercase()));
        assert_eq!(found, 1.0, "{}", language.name);
    }
}

proptest! {
    /// Every text equals itself, unless it has no letter; and Jaccard is at most either containment.
    #[test]
    fn similarities_are_consistent(left in "\\PC{0,80}", right in "\\PC{0,80}", shared in "\\PC{0,80}") {
        let (left, right) = (Shingles::of(&(left + " " + &shared)), Shingles::of(&(right + " " + &shared)));
        let resemblance = left.jaccard(&right);
        prop_assert_eq!(left.jaccard(&left), if left.is_empty() { 0.0 } else { 1.0 });
        prop_assert_eq!(resemblance, right.jaccard(&left));
        prop_assert!(resemblance <= left.containment(&right).min(right.containment(&left)));
        prop_assert!(left.as_slice().is_sorted_by(|a, b| a < b));
    }
}

/// A text too short for one shingle has one, of all its words.
#[test]
fn short_texts_resemble_their_copies_only() {
    let short = ["", "…", "one", "One!", "one two", "two one", "one two three four", "中文", "กิ้น"];
    for (i, left) in short.into_iter().enumerate() {
        let shingles = Shingles::of(left);
        assert!(shingles.is_short() && shingles.len() <= 1, "{left}");
        assert_eq!(shingles.is_empty(), i < 2, "{left}");
        for (j, right) in short.into_iter().enumerate() {
            let same = i >= 2 && (i == j || (i.min(j), i.max(j)) == (2, 3));
            assert_eq!(jaccard(left, right), f64::from(u8::from(same)), "{left:?} and {right:?}");
        }
    }
    let long = Shingles::of("one two three four five");
    assert!(!long.is_short() && long.len() == 1);
    assert_eq!(jaccard("one two three four", "one two three four five"), 0.0);
}

/// The windows of each unit equal windows cut from a list of words.
#[test]
fn windows_are_of_the_stated_size() {
    let words = ["a1", "b2", "c3", "d4", "e5", "f6", "g7", "h8"];
    let text = words.join(", ");
    for size in 1..=words.len() {
        let mut numbers = Vec::new();
        assert!(!Shingle::words(size).for_each(&text, |number| numbers.push(number)));
        let windows: Vec<u64> = words
            .windows(size)
            .map(|window| {
                let mut only = Vec::new();
                Shingle::words(size).for_each(&window.join(" "), |number| only.push(number));
                assert_eq!(only.len(), 1);
                only[0]
            })
            .collect();
        assert_eq!(numbers, windows);
        let mut distinct = windows.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), windows.len());
    }
    let count = |shingle: Shingle, text: &str| {
        let mut count = 0;
        let short = shingle.for_each(text, |_| count += 1);
        (count, short)
    };
    // Sixteen characters.
    assert_eq!(count(Shingle::chars(16), &text), (1, false));
    assert_eq!(count(Shingle::chars(5), &text), (12, false));
    assert_eq!(count(Shingle::chars(17), &text), (1, true));
    // Ten ideographs are five words; in mixed text, 2 words and 6 ideographs are.
    assert_eq!(count(Shingle::ADAPTIVE, &"中".repeat(10)), (1, false));
    assert_eq!(count(Shingle::ADAPTIVE, &"中".repeat(9)), (1, true));
    assert_eq!(count(Shingle::ADAPTIVE, &"中".repeat(500)), (491, false));
    assert_eq!(count(Shingle::ADAPTIVE, &"ก".repeat(20)), (1, false));
    assert_eq!(count(Shingle::ADAPTIVE, &"ก".repeat(500)), (481, false));
    assert_eq!(count(Shingle::ADAPTIVE, "one two 中中中中中中"), (1, false));
    assert_eq!(count(Shingle::ADAPTIVE, "one two 中中中中中中 three"), (2, false));
    assert_eq!(count(Shingle::words(5), "one two 中中中中中中"), (4, false));
}

/// The order of words matters, and so does each word: none of these texts share a shingle.
#[test]
fn windows_of_equal_and_exchanged_words_differ() {
    let texts = [
        "a a a a a",
        "a a a a b",
        "a a a b a",
        "a a b a a",
        "a b a a a",
        "b a a a a",
        "a b c d e",
        "e d c b a",
        "b a c d e",
        "a c b d e",
        "a b c e d",
        "ab c d e f",
        "a bc d e f",
        "a b c d ef",
    ];
    for (i, left) in texts.iter().enumerate() {
        for right in &texts[..i] {
            assert_eq!(jaccard(left, right), 0.0, "{left} and {right}");
        }
    }
}
