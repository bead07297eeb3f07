//! Trimming is safe: what the text says once is still there, and each cut names a copy that stays.

#[path = "oracle/sentences.rs"]
mod naive;
mod shared;

use proptest::prelude::*;
use refrain::{Cut, PassageFinder, Span, trimmed};

/// Checks the cuts of a text: they are in order, what remains is the rest of the text, and what is kept for a cut is not cut.
fn check_cuts(text: &str, left: &str, cuts: &[Cut]) {
    let mut rest = String::new();
    let mut at = 0;
    for cut in cuts {
        assert!(cut.span.start >= at && !cut.span.is_empty(), "{cuts:?}");
        rest += &text[at..cut.span.start];
        at = cut.span.end;
        assert!(
            cuts.iter().all(|other| !other.span.overlaps(cut.kept)),
            "{cut:?} of {cuts:?} keeps what is cut"
        );
    }
    rest += &text[at..];
    assert_eq!(rest, left);
}

/// The sentences of the text that are no longer there. A sentence of a copy whose headings were lost counts as there if its parts
/// are, in order, in the kept copy.
fn lost(text: &str, left: &str, cuts: &[Cut]) -> Vec<String> {
    let kept: Vec<String> = cuts.iter().map(|cut| naive::squeezed(&text[cut.kept])).collect();
    naive::lost(text, left)
        .into_iter()
        .filter(|sentence| !kept.iter().any(|copy| naive::resolves(copy, sentence)))
        .collect()
}

fn check(text: &str) {
    let found = trimmed(text);
    check_cuts(text, &found.text, &found.cuts);
    assert_eq!(
        lost(text, &found.text, &found.cuts),
        Vec::<String>::new(),
        "of {text:?}, cut {:?}",
        found.cuts
    );
}

/// Sentences of few words, so that they repeat often, with any joints between them.
fn pages() -> impl Strategy<Value = String> {
    let words = ["fqxk", "lgvwj", "Jvldk", "qr", "wr", "uthpfx", "fyhtwyeq", "één", "дом", "12", "Ann"];
    let sentence =
        proptest::collection::vec(proptest::sample::select(words.to_vec()), 1..9).prop_map(|words| {
            let sentence = words.join(" ");
            let mut letters = sentence.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
        });
    let end = proptest::sample::select(vec![".", "!", "?", "", "…", ".”", "。", ".)"]);
    let joint = proptest::sample::select(vec![" ", "\n", "\n\n", "", " “", " (", "\n- "]);
    let sentences = proptest::collection::vec(sentence, 1..6);
    let places = proptest::collection::vec((any::<prop::sample::Index>(), 1usize..4, end, joint), 1..24);
    (sentences, places).prop_map(|(sentences, places)| {
        let mut text = String::new();
        for (first, count, end, joint) in places {
            let first = first.index(sentences.len());
            for sentence in sentences.iter().skip(first).take(count) {
                text += &format!("{sentence}{end}{joint}");
            }
        }
        text
    })
}

proptest! {
    #[test]
    fn what_a_text_says_once_stays(text in pages()) {
        check(&text);
    }

    #[test]
    fn exact_trimming_loses_no_sentence_at_all(text in pages(), length in 8usize..80) {
        let finder = PassageFinder::new().min_length(length).min_identity(1.0);
        let prepared = finder.prepare(&text).unwrap();
        let found = finder.trimmed(&prepared).unwrap();
        let left = std::str::from_utf8(&found.text).unwrap();
        check_cuts(&text, left, &found.cuts);
        prop_assert!(found.cuts.iter().all(|cut| cut.identity == 1.0));
        prop_assert_eq!(lost(&text, left, &found.cuts), Vec::<String>::new(), "of {:?}", text);
    }
}

#[test]
fn each_cut_names_the_copy_that_stays() {
    let body = "The council met on Monday evening to vote on the new bridge over the river.";
    let text = format!("{body}\n\nIn other news.\n\n{body}Subscribe now.");
    let found = trimmed(&text);
    let [cut] = found.cuts[..] else { panic!("{found:?}") };
    assert_eq!((cut.kept, cut.identity), (Span::from(93..168), 1.0));
    assert_eq!(found.text, format!("In other news.\n\n{body}Subscribe now."));
}

#[test]
fn no_sentence_of_a_real_text_is_lost() {
    /// Texts of each corpus: a sample, because a debug build reads them.
    const SAMPLE: usize = 300;
    if let Some(path) = shared::path("article/article.txt") {
        check(&std::fs::read_to_string(path).unwrap());
    }
    for name in ["doubled/dev.jsonl", "corpora/senate-press.jsonl.gz", "corpora/thaigov.jsonl.gz"] {
        let Some(records) = shared::records(name) else { continue };
        for record in records.take(SAMPLE) {
            check(shared::text(&record, "text"));
        }
    }
}

/// A page whose body stands twice: with paragraphs, and run together without its headings.
#[test]
fn a_doubled_body_is_cut_to_one() {
    let Some(path) = shared::path("article/article.txt") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    let found = trimmed(&text);
    let second = text.rfind("'We zijn bereid").unwrap();
    assert_eq!(found.text, text[..second]);
}
