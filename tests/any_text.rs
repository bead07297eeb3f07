//! Guarantee: no text makes the library panic, and every span is in range and on character boundaries of the
//! caller's text. The texts consist of characters that are known to be difficult. Parts of them are repeated,
//! so that there are passages to find.

use proptest::prelude::*;
use refrain::{
    DocId, EditKind, PassageFinder, PassageIndex, Shingles, Span, cleaned, diff, jaccard, passages, repeats,
};

/// Characters and clusters at the edges of Unicode and of foldings.
const PIECES: [&str; 44] = [
    "a",
    "A",
    "é",
    "e\u{301}",
    "\u{301}",
    "\u{301}\u{327}\u{301}",
    "ß",
    "ẞ",
    "İ",
    "ı",
    "ﬁ",
    "ﬃ",
    "Ａ",
    "ｶﾞ",
    "ガ",
    "ς",
    "Σ",
    "\0",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{200d}",
    "\u{200f}",
    "\u{202e}",
    "\u{2028}",
    "\u{feff}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10ffff}",
    "각",
    "\u{1100}\u{1161}\u{11a8}",
    "\u{11a8}",
    "क्षि",
    "\u{94d}",
    "ก็ำ",
    "👩\u{200d}👧\u{fe0f}",
    "🇳🇱",
    "水位",
    ".\n\n",
    "\u{3000}",
];

/// Any text: arbitrary characters, the pieces, and ordinary words. Parts of it are often repeated.
fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => any::<String>(),
        4 => proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 1..60).prop_map(|pieces| pieces.concat()),
        2 => (proptest::sample::select(PIECES.to_vec()), 1usize..200).prop_map(|(piece, times)| piece.repeat(times)),
        3 => "[a-z]{1,9}( [a-z]{1,9}){6,20}\\.",
    ];
    let again = proptest::collection::vec((0usize..8, proptest::sample::select(PIECES.to_vec())), 0..6);
    (proptest::collection::vec(part, 0..5), again).prop_map(|(parts, again)| {
        let copies: Vec<&str> = again
            .iter()
            .flat_map(|&(part, piece)| [piece, parts.get(part).map_or("", String::as_str)])
            .collect();
        parts.concat() + &copies.concat()
    })
}

/// Whether the span slices the text.
fn is_of(text: &str, span: Span) -> bool {
    span.start <= span.end && text.get(span.range()).is_some()
}

fn is_share(share: f64) -> bool {
    (0.0..=1.0).contains(&share)
}

/// For each offset of the bytes, whether it is inside a character.
fn inside_characters(bytes: &[u8]) -> Vec<bool> {
    let mut inside = Vec::new();
    for chunk in bytes.utf8_chunks() {
        inside.extend((0..chunk.valid().len()).map(|at| !chunk.valid().is_char_boundary(at)));
        inside.extend(chunk.invalid().iter().map(|_| false));
    }
    inside.push(false);
    inside
}

proptest! {
    #[test]
    fn repeats_of_any_text_slice_it(text in any_text()) {
        for repeat in repeats(&text) {
            prop_assert!(repeat.occurrences.len() >= 2 && is_share(repeat.identity));
            prop_assert!(repeat.occurrences.iter().all(|&span| !span.is_empty() && is_of(&text, span)));
            prop_assert!(repeat.occurrences.is_sorted_by(|a, b| a.end <= b.start));
        }
        // The cleaned text is a subsequence of the text.
        let once = cleaned(&text);
        let mut rest = text.chars();
        prop_assert!(once.chars().all(|ch| rest.any(|other| other == ch)), "{once:?} of {text:?}");
    }

    #[test]
    fn passages_of_any_two_texts_slice_them(left in any_text(), right in any_text()) {
        for (left, right) in [(&left, &right), (&left, &left)] {
            for passage in passages(left, right) {
                prop_assert!(!passage.left.is_empty() && !passage.right.is_empty() && is_share(passage.identity));
                prop_assert!(is_of(left, passage.left) && is_of(right, passage.right));
            }
        }
    }

    #[test]
    fn matches_of_any_text_slice_it_and_its_documents(texts in proptest::collection::vec(any_text(), 1..6)) {
        let mut index = PassageIndex::new(PassageFinder::new().min_length(8).suppressed(true)).unwrap();
        for text in &texts {
            index.add(text).unwrap();
        }
        for text in &texts {
            let found = index.query(text).unwrap();
            for found in found.items.iter().chain(&found.suppressed) {
                let document = &texts[found.document.position()];
                prop_assert!(is_of(text, found.passage.left) && is_of(document, found.passage.right));
                prop_assert!(is_share(found.passage.identity));
            }
        }
        prop_assert_eq!(index.text(DocId::new(0).unwrap()), Some(texts[0].as_bytes()));
    }

    #[test]
    fn edits_of_any_two_texts_tile_them(left in any_text(), right in any_text()) {
        let diff = diff(&left, &right);
        let (mut old, mut new) = (String::new(), String::new());
        for edit in diff.edits() {
            prop_assert!(is_of(&left, edit.left) && is_of(&right, edit.right));
            old += &left[edit.left];
            new += &right[edit.right];
            if let EditKind::MoveTo { source, .. } | EditKind::Copy { source, .. } = &edit.kind {
                prop_assert!(is_of(&left, *source));
            }
        }
        prop_assert_eq!(&old, &left);
        prop_assert_eq!(&new, &right);
    }

    #[test]
    fn measures_of_any_two_texts_are_proportions(left in any_text(), right in any_text()) {
        let (forth, back) = (jaccard(&left, &right), jaccard(&right, &left));
        prop_assert!(is_share(forth) && forth == back);
        // A text without a letter shares nothing, not even with itself.
        prop_assert_eq!(jaccard(&left, &left), f64::from(u8::from(!Shingles::of(&left).is_empty())));
        prop_assert!(is_share(refrain::similarity(&left, &right).coverage_left));
    }

    /// Bytes that are not UTF-8 are read too.
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in any::<prop::sample::Index>()) {
        let words = "of all the words that stand here, none is long, and all of them come again after the bytes ";
        let whole = [words.as_bytes(), &bytes, words.as_bytes(), &"é".as_bytes()[..1 + cut.index(2)]].concat();
        let finder = PassageFinder::new();
        let prepared = finder.prepare_bytes(&whole).unwrap();
        let found = finder.within(&prepared).unwrap().items;
        prop_assert!(!found.is_empty());
        let inside = inside_characters(&whole);
        let ends = found.iter().flat_map(|repeat| &repeat.occurrences).flat_map(|span| [span.start, span.end]);
        for at in ends {
            prop_assert!(!inside[at], "{} cuts a character of {:?}", at, whole);
        }
        prop_assert!(finder.cleaned(&prepared).unwrap().len() <= whole.len());
        prop_assert_eq!(finder.between(&prepared, &prepared).unwrap().items.len(), 1);
    }
}
