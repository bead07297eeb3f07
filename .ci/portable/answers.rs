//! Answers that are the same on every platform.

use refrain::{EditKind, Index, PassageFinder, PassageIndex, Recipe, diff, jaccard, passages, repeats};

const ARTICLE: &str = include_str!("../../examples/data/doubled_article.txt");

#[test]
fn repeats_are_those_of_the_readme() {
    let [first, ..] = &repeats(&ARTICLE[..2600])[..] else { panic!("no repeats") };
    let spans: Vec<_> = first.occurrences.iter().map(|span| (span.start, span.end)).collect();
    assert_eq!(spans, [(119, 1327), (1380, 2537)]);
}

#[test]
fn passages_slice_both_texts() {
    let left =
        "Quote: “It is a truth universally acknowledged, that a copy must be in want of a source.” End.";
    let right = "it is a truth universally acknowledged that a copy must be in want of a source";
    let found = passages(left, right);
    assert_eq!(
        &left[found[0].left],
        "“It is a truth universally acknowledged, that a copy must be in want of a source.”"
    );
    assert_eq!(found[0].right, 0..right.len());
}

#[test]
fn edits_tile_both_texts() {
    let (old, new) =
        ("The ferry leaves at six.\n\nNobody waits.", "The ferry leaves at seven. Nobody waits.");
    let diff = diff(old, new);
    let edits: Vec<_> = diff.edits().filter(|edit| edit.kind != EditKind::Equal).collect();
    assert_eq!((&old[edits[0].left], &new[edits[0].right]), ("six", "seven"));
    assert_eq!((&old[edits[1].left], &new[edits[1].right]), ("\n\n", " "));
}

#[test]
fn wide_letters_and_marks_are_folded_alike() {
    assert_eq!(jaccard("ＴＨＥ ｆｅｒｒｙ ｌｅａｖｅｓ ａｔ ｓｉｘ", "the ferry leaves at six"), 1.0);
    let greek = "Η γέφυρα του χωριού άνοιξε ξανά το πρωί της Πέμπτης, ύστερα από δύο χρόνια.";
    let twice = format!("{greek}\n\n{}", greek.to_uppercase());
    assert_eq!(repeats(&twice).len(), 1);
}

#[test]
fn an_index_finds_the_source_of_a_quotation() {
    let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
    let speech = "We shall not rest until every child of this valley can walk to school over a safe bridge.";
    let source = index.add(speech).unwrap();
    let found = index.query(&format!("He said: “{speech}”")).unwrap();
    assert_eq!(found.items[0].document, source);
}

/// The bytes of a file that a test of the crate pins, in hexadecimal.
fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|digit| !digit.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

#[test]
fn files_are_read_and_written_to_the_byte() {
    for hex in [
        include_str!("../../tests/golden/small.index.hex"),
        include_str!("../../tests/golden/four_bits.index.hex"),
    ] {
        let file = bytes(hex);
        let recipe = Recipe::decode(file[8..8 + Recipe::ENCODED_LEN].try_into().unwrap()).unwrap();
        let mut written = Vec::new();
        Index::read_from(&file[..], &recipe).unwrap().write_to(&mut written).unwrap();
        assert_eq!(written, file);
    }
    let file = bytes(include_str!("../../tests/golden/small.passages.hex"));
    let mut written = Vec::new();
    PassageIndex::read_from(&file[..]).unwrap().write_to(&mut written).unwrap();
    assert_eq!(written, file);
}
