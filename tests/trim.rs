//! Trimming is safe: what the text says once is still there, and each cut names a copy that stays.

#[path = "oracle/sentences.rs"]
mod naive;
mod shared;
mod texts;

use proptest::prelude::*;
use refrain::{Cut, PassageFinder, Span, trimmed};
use std::collections::HashMap;
use texts::scraped;

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

/// The same for the truth of a page.
fn lost_of(page: &scraped::ScrapedPage, left: &str, cuts: &[Cut]) -> Vec<String> {
    let kept: Vec<String> = cuts.iter().map(|cut| naive::squeezed(&page.text[cut.kept])).collect();
    let resolved = |sentence: &String| !kept.iter().any(|copy| naive::resolves(copy, sentence));
    naive::lost(&page.truth, left).into_iter().filter(resolved).collect()
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

/// The F1 of the words of a text against those of the truth; words are counted, their order is not.
fn word_f1(text: &str, truth: &str) -> f64 {
    let words = |text: &str| {
        let mut counts: HashMap<String, i64> = HashMap::new();
        for word in text.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()) {
            *counts.entry(word.to_lowercase()).or_default() += 1;
        }
        counts
    };
    let (own, wanted) = (words(text), words(truth));
    let shared: i64 = own.iter().map(|(word, &count)| count.min(*wanted.get(word).unwrap_or(&0))).sum();
    2.0 * shared as f64 / (own.values().sum::<i64>() + wanted.values().sum::<i64>()) as f64
}

/// No sentence of the truth is lost, and the text comes nearer to the truth, or stays as near as it was.
#[test]
fn a_scraped_page_comes_nearer_to_its_truth() {
    let pages = std::env::var("TRIM_PAGES").ok().and_then(|pages| pages.parse().ok()).unwrap_or(200);
    let (mut doubled, mut nearer, mut farther) = (0, 0, Vec::new());
    for seed in 0..pages {
        let page = scraped::page(seed);
        let found = trimmed(&page.text);
        check_cuts(&page.text, &found.text, &found.cuts);
        assert_eq!(lost_of(&page, &found.text, &found.cuts), Vec::<String>::new(), "page {seed}");
        let (before, after) = (word_f1(&page.text, &page.truth), word_f1(&found.text, &page.truth));
        if after < before - 0.001 {
            farther.push((seed, before, after));
        }
        doubled += usize::from(page.is_doubled);
        nearer += usize::from(page.is_doubled && after > before);
    }
    assert!(farther.is_empty(), "{farther:?}");
    assert_eq!(nearer, doubled);
}

/// Texts of which nothing may go: nothing in them is a copy of a whole sentence, or the whole is a variant.
#[test]
fn variants_and_parts_of_sentences_stay() {
    let note =
        "Cancel it at any time within thirty days of the purchase and pay nothing for the first month.";
    let plan = |name: char, size: u32, price: u32| {
        format!("Plan {name}\n{size} GB of data, {price}0 minutes of calls and {price} euro a month.\n{note}")
    };
    let clause = |sum: u32| {
        format!(
            "The tenant pays a rent of {sum} euro on the first day of each month, by transfer to the account of the owner."
        )
    };
    let answer = |name: &str| {
        format!(
            "{name} said on Monday that the new bridge is a good thing for the village, but that {name} would rather swim."
        )
    };
    let headline = "Heavy rain closed the coast road on Sunday and drivers were sent inland by the police";
    let slug = headline.replace(' ', "-").to_lowercase();
    let image = |number: u32| format!("![](https://news.example/images/{slug}-0{number}.jpg)");
    for text in [
        [plan('A', 10, 5), plan('B', 20, 8), plan('C', 40, 12)].join("\n\n"),
        [clause(500), clause(650), clause(725)].join("\n\n"),
        [answer("Ann Marten"), answer("Bo Lindqvist")].join("\n\n"),
        format!("{headline}\n\nhttps://news.example/2026/{slug}.html\n\n[1]: https://news.example/{slug}"),
        [image(1), image(2), image(3)].join("\n\n"),
        format!("{headline}, said the mayor.\n\n{headline}, wrote the paper."),
        format!("The book is by J.R.R. {headline}.\n\nThe other is by J.K. {headline}."),
    ] {
        let found = trimmed(&text);
        assert!(found.cuts.is_empty(), "{:?} of {text}", found.cuts);
    }
}

/// Three copies of a body, one of them with a paragraph more: one is left, with that paragraph.
#[test]
fn three_copies_leave_one_and_what_only_one_has() {
    let body = [
        "The market garden behind the station sold its last cabbages on Saturday.",
        "Its two owners have grown vegetables there for nineteen years, by hand.",
        "In spring they mean to lay new beds along the fence, said Gov. Hill.",
        "The garden is open to all visitors on the first day of every month.",
    ];
    let added = "Nobody was sorry.";
    let with = [&body[..2], &[added], &body[2..]].concat();
    for order in [[&body[..], &body, &with], [&body, &with, &body], [&with, &body, &body]] {
        for glue in [["\n\n", "\n\n", "\n\n"], ["\n\n", "", ""], ["", "\n\n", ""], ["", "", "\n\n"]] {
            let copies: Vec<String> = order.iter().zip(glue).map(|(parts, glue)| parts.join(glue)).collect();
            let text = copies.join("\n\nIn other news.\n\n");
            let found = trimmed(&text);
            check(&text);
            for sentence in body.iter().chain([&added]) {
                assert_eq!(found.text.matches(sentence).count(), 1, "{sentence} in {} of {text}", found.text);
            }
        }
    }
}

/// An edit of a letter in a word is an edit of a copy; one of a number, a name or a whole word makes another sentence.
#[test]
fn an_edited_sentence_is_cut_only_if_it_says_the_same() {
    let body = "The keeper of the pier counted nineteen wooden boats at 6 before the fog closed over Marten Pier, and he did not \
                write the names of their owners down in the harbour book, as he had done on every day before this one.";
    for (from, to, goes) in [
        ("harbour", "harbor", true),
        ("wooden", "woodden", true),
        ("at 6", "at 7", false),
        ("Marten", "Merten", false),
        ("did not", "did now", false),
        ("did not", "did", false),
        ("before the", "after the", false),
    ] {
        let text = format!("{body}\n\nOther news of the day.\n\n{}", body.replace(from, to));
        assert_eq!(trimmed(&text).cuts.len(), usize::from(goes), "{from} and {to}");
    }
}

/// The copy in the running text stays, not the quotation, caption or lead that was taken from it.
#[test]
fn the_copy_in_the_running_text_stays() {
    let [one, quote, three] = [
        "The market garden behind the station sold its last cabbages on Saturday.",
        "“We never once hired a tractor, and the snails ate more than all of our customers did.”",
        "In spring they mean to lay new beds along the fence.",
    ];
    let body = format!("{one} {quote} {three}");
    assert_eq!(trimmed(&format!("{quote}\n\n{body}")).text, body);
    assert_eq!(trimmed(&format!("{body}\n\n{quote}")).text.trim_end(), body);
}
