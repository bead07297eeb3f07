//! Guarantee: what a search leaves out has no effect on the rest, no span touches excluded text, and spans slice the
//! caller's text.

use proptest::prelude::*;
use refrain::{
    Differ, Found, Passage, PassageFinder, PassageIndex, Prepared, Repeat, Shingle, Shingles, Sketcher, Span,
};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The naive bare form: canonical decomposition, without marks by class, and plain letters for strokes.
fn bare(text: &str) -> String {
    let is_optional = |ch: &char| matches!(canonical_combining_class(*ch), 1..=6 | 10..=36 | 200..);
    let plain = |ch: char| match ch {
        'đ' => 'd',
        'ø' => 'o',
        'ł' => 'l',
        _ => ch,
    };
    text.nfd().filter(|ch| !is_optional(ch)).map(plain).nfc().collect()
}

/// Texts made from a few pieces, so that they repeat at every scale.
fn pieced() -> impl Strategy<Value = String> {
    let pieces = [
        "Le garçon a été reçu à l'hôtel près de la forêt où la fête commençait. ",
        "Le garcon a ete recu a l'hotel pres de la foret ou la fete commencait. ",
        "Từ đó trong tôi bừng nắng hạ, mặt trời chân lý chói qua tim.\n",
        "Tu do trong toi bung nang ha, mat troi chan ly choi qua tim.\n",
        "Ο ήλιος βγήκε πάνω από το λιμάνι και οι ψαράδες μάζεψαν τα δίχτυα.",
        "В лесу родилась ёлочка, в лесу она росла, зимой и летом стройная. ",
        "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ וְהָאָרֶץ הָיְתָה תֹהוּ. ",
        "บ้านริมน้ำที่เขาสร้างไว้เมื่อปีกลายถูกพายุพัดหายไป ",
        "e\u{301}te\u{301} ",
        "12 ",
        " 2024-05-06, ",
        "\n\n",
        "«",
        "a",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..14)
        .prop_map(|parts| parts.concat())
}

/// Disjoint or overlapping spans of a text, on character boundaries.
fn spans(text: &str, places: &[(prop::sample::Index, usize)]) -> Vec<Span> {
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let span = |&(place, length): &(prop::sample::Index, usize)| {
        let first = place.index(starts.len());
        Span::new(starts[first], starts[(first + length).min(starts.len() - 1)])
    };
    places.iter().map(span).collect()
}

fn places() -> impl Strategy<Value = Vec<(prop::sample::Index, usize)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), 0usize..60), 0..6)
}

fn finder() -> PassageFinder {
    PassageFinder::new().min_length(12).suppressed(true).nested(true)
}

/// The same text, prepared without leaving anything out.
fn part<'t>(text: &Prepared<'t>) -> Prepared<'t> {
    text.clone().excluding(&[]).unwrap().ignoring(&[]).unwrap()
}

fn occurrences(found: &Found<Repeat>) -> impl Iterator<Item = Span> + '_ {
    found.items.iter().chain(&found.suppressed).flat_map(|repeat| repeat.occurrences.iter().copied())
}

fn sides(found: &Found<Passage>) -> impl Iterator<Item = &Passage> {
    found.items.iter().chain(&found.suppressed)
}

proptest! {
    #[test]
    fn without_spans_the_answer_is_the_same(left in pieced(), right in pieced()) {
        let finder = finder();
        let [l, r] = [&left, &right].map(|text| Prepared::new(text).unwrap());
        prop_assert_eq!(finder.within(&part(&l)).unwrap(), finder.within(&l).unwrap());
        prop_assert_eq!(finder.between(&part(&l), &part(&r)).unwrap(), finder.between(&l, &r).unwrap());
    }

    /// No span touches or contains an excluded byte.
    #[test]
    fn spans_stay_outside_excluded_text(
        left in pieced(), right in pieced(), at_left in places(), at_right in places(), ignored in places(), marks in any::<bool>(),
    ) {
        let finder = finder().fold_marks(marks);
        let (excluded_left, excluded_right) = (spans(&left, &at_left), spans(&right, &at_right));
        let part = |text, excluded: &[Span]| finder.prepare(text).unwrap().excluding(excluded).unwrap();
        let l = part(&left, &excluded_left).ignoring(&spans(&left, &ignored)).unwrap();
        let r = part(&right, &excluded_right);
        let is_free = |span: Span, excluded: &[Span]| {
            excluded.iter().all(|other| other.is_empty() || span.end <= other.start || other.end <= span.start)
        };
        for span in occurrences(&finder.within(&l).unwrap()) {
            prop_assert!(!left[span].is_empty());
            prop_assert!(is_free(span, &excluded_left), "{span} of {left:?} without {excluded_left:?}");
        }
        for passage in sides(&finder.between(&l, &r).unwrap()) {
            prop_assert!(!left[passage.left].is_empty() && !right[passage.right].is_empty());
            prop_assert!(is_free(passage.left, &excluded_left), "{passage:?} of {left:?} without {excluded_left:?}");
            prop_assert!(is_free(passage.right, &excluded_right), "{passage:?} of {right:?} without {excluded_right:?}");
        }
    }

    /// The search without marks finds in a text what a plain search finds in its bare form.
    #[test]
    fn without_marks_a_text_is_its_bare_form(left in pieced(), right in pieced()) {
        let (plain, folding) = (finder(), finder().fold_marks(true));
        let (bare_left, bare_right) = (bare(&left), bare(&right));
        let same = |text: &str, span: Span, bare_text: &str, bare_span: Span| {
            bare(&text[span]).nfd().collect::<String>() == bare_text[bare_span].nfd().collect::<String>()
        };
        let found = folding.within(&folding.prepare(&left).unwrap()).unwrap();
        let expected = plain.within(&plain.prepare(&bare_left).unwrap()).unwrap();
        prop_assert_eq!(occurrences(&found).count(), occurrences(&expected).count());
        for (span, other) in occurrences(&found).zip(occurrences(&expected)) {
            prop_assert!(same(&left, span, &bare_left, other), "{:?} and {:?}", &left[span], &bare_left[other]);
        }
        let found = folding.between(&folding.prepare(&left).unwrap(), &folding.prepare(&right).unwrap()).unwrap();
        let expected = plain.between(&plain.prepare(&bare_left).unwrap(), &plain.prepare(&bare_right).unwrap()).unwrap();
        prop_assert_eq!(sides(&found).count(), sides(&expected).count());
        for (one, other) in sides(&found).zip(sides(&expected)) {
            prop_assert!(same(&left, one.left, &bare_left, other.left) && same(&right, one.right, &bare_right, other.right));
            prop_assert_eq!(one.identity, other.identity);
        }
        // An index and its file give the same.
        let mut index = PassageIndex::new(folding.clone()).unwrap();
        index.add(&right).unwrap();
        let mut file = Vec::new();
        index.write_to(&mut file).unwrap();
        let read = PassageIndex::read_from(&file[..]).unwrap();
        let asked = index.query(&left).unwrap();
        prop_assert_eq!(&read.query(&left).unwrap(), &asked);
        prop_assert!(asked.items.iter().all(|item| found.items.contains(&item.passage)));
        // So do shingles and sketches.
        let shingle = Shingle::ADAPTIVE.fold_marks(true);
        let (set, expected) = (Shingles::by(shingle, &left), Shingles::of(&bare_left));
        prop_assert_eq!(set.as_slice(), expected.as_slice());
    }

    /// Texts that differ in ignored text only are equal.
    #[test]
    fn ignored_text_has_no_effect(numbers in proptest::collection::vec((0u32..10_000, 0u32..10_000), 1..8)) {
        let text = |right: bool| -> String {
            let number = |&(one, two): &(u32, u32)| if right { two } else { one };
            let lines = numbers.iter().map(|pair| format!("the gauge at the old bridge says {} on this cold day, ", number(pair)));
            lines.zip("abcdefgh".chars()).map(|(line, letter)| format!("{letter}{letter}{letter} {line}")).collect()
        };
        let digits = |text: &str| -> Vec<Span> {
            text.char_indices().filter(|(_, ch)| ch.is_numeric()).map(|(at, _)| Span::new(at, at + 1)).collect()
        };
        let (left, right) = (text(false), text(true));
        let [l, r] = [&left, &right].map(|text| Prepared::new(text).unwrap().ignoring(&digits(text)).unwrap());
        let found = PassageFinder::new().min_length(40).between(&l, &r).unwrap();
        prop_assert_eq!(found.items.len(), 1);
        prop_assert_eq!(found.items[0].identity, 1.0);
        prop_assert_eq!(found.items[0].left, Span::new(0, left.trim_end_matches([',', ' ']).len() + 1));
    }
}

/// Between excluded spans, copies are found as in texts of their own.
#[test]
fn copies_beside_excluded_text_are_found() {
    let sentence = "The carpenter made thirty small stools from the old doors of the mill by the river.";
    let quoted = "It is a truth universally acknowledged, that a copy must be in want of a source.";
    let left = format!("{sentence} {quoted} {sentence}");
    let at = Span::new(sentence.len() + 1, sentence.len() + 1 + quoted.len());
    let finder = PassageFinder::new();
    let part = finder.prepare(&left).unwrap().excluding(&[at]).unwrap();
    let found = finder.within(&part).unwrap();
    assert_eq!(found.items.len(), 1);
    let copies: Vec<&str> = found.items[0].occurrences.iter().map(|&span| &left[span]).collect();
    assert_eq!(copies, [sentence; 2]);
    let other = format!("{sentence} {quoted} {sentence}");
    let found = finder.between(&part, &finder.prepare(&other).unwrap()).unwrap();
    assert!(!found.items.is_empty());
    assert!(found.items.iter().all(|passage| &left[passage.left] == sentence));
}

#[test]
fn spans_that_are_not_of_the_text_are_refused() {
    let text = Prepared::new("é and more").unwrap();
    for bad in [Span::new(0, 1), Span::new(1, 3), Span::new(4, 99)] {
        assert!(text.clone().ignoring(&[bad]).unwrap_err().is_setting(), "{bad}");
        assert!(text.clone().excluding(&[bad]).unwrap_err().is_setting(), "{bad}");
    }
}

#[test]
fn texts_that_were_read_otherwise_are_not_compared() {
    let (plain, folding) = (PassageFinder::new(), PassageFinder::new().fold_marks(true));
    let text = plain.prepare("one text").unwrap();
    assert!(folding.within(&text).unwrap_err().is_setting());
    assert!(folding.between(&text, &text).unwrap_err().is_setting());
    assert!(PassageIndex::new(folding.clone()).unwrap().query_prepared(&text).unwrap_err().is_setting());
    let part = text.clone().excluding(&[Span::new(0, 3)]).unwrap();
    assert!(Differ::new().between(&text, &part).unwrap_err().is_setting());
    let sketchers = [Shingle::ADAPTIVE, Shingle::ADAPTIVE.fold_marks(true)]
        .map(|shingle| Sketcher::builder().shingle(shingle).build().unwrap());
    let [with, without] = sketchers.map(|sketcher| sketcher.sketch("one text"));
    let error = with.try_jaccard(&without).unwrap_err();
    assert!(error.is_incompatible() && error.to_string().contains("marks"), "{error}");
    let bytes = without.recipe().encode();
    assert_eq!(refrain::Recipe::decode(&bytes).unwrap(), *without.recipe());
}

/// A text is trimmed without its marks, but not if parts of it are left out.
#[test]
fn a_text_is_trimmed_as_a_whole() {
    let [with, without] = [
        "Le garçon a été reçu à l'hôtel près de la forêt où la fête commençait.",
        "Le garcon a ete recu a l'hotel pres de la foret ou la fete commencait.",
    ];
    let text = format!("{with}\n\nAutre chose.\n\n{without}\n");
    let folding = PassageFinder::new().min_length(45).fold_marks(true);
    let prepared = folding.prepare(&text).unwrap();
    let trimmed = folding.trimmed(&prepared).unwrap();
    assert_eq!(trimmed.cuts.len(), 1);
    assert_eq!(text[trimmed.cuts[0].span].trim(), without);
    assert_eq!(text[trimmed.cuts[0].kept].trim(), with);
    let part = prepared.excluding(&[Span::new(0, 2)]).unwrap();
    assert!(folding.trimmed(&part).unwrap_err().is_setting());
}
