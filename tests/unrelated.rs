//! Guarantee: no passage without evidence. Texts that share words only by chance, or only a topic, share no passage;
//! what they quote exactly is found exactly; and a reworded paragraph is found.

use refrain::{Evidence, Passage, PassageFinder, passages};

mod shared;
mod texts;

use texts::Random;

/// A word of six letters that differ for every number below 64,000,000.
fn word(number: usize) -> String {
    let syllable = |number: usize| {
        let (consonant, vowel) = (number % 20, number / 20 % 5);
        [b"bcdfghjklmnpqrstvwxz"[consonant] as char, b"aeiou"[vowel] as char]
    };
    (0..3).flat_map(|place| syllable(number / 100usize.pow(place))).collect()
}

/// A number below `bound`; a number `n` is drawn in proportion to `1 / (n + 1)`, as words are (Zipf's law).
fn zipf(random: &mut Random, bound: usize) -> usize {
    let share = random.below(1 << 30) as f64 / (1 << 30) as f64;
    (((bound + 1) as f64).powf(share) as usize).clamp(1, bound) - 1
}

/// The vocabulary of a text: half of its words are those of the language, four in ten of its topic, the others its own.
/// Texts of the same topic share all but the last.
fn topical(random: &mut Random, topic: usize, own: usize) -> String {
    word(match random.below(10) {
        0..5 => zipf(random, 5_000),
        5..9 => 10_000 + 1_000 * topic + zipf(random, 400),
        _ => 100_000 + 3_000 * own + zipf(random, 3_000),
    })
}

/// Sentences of 6 to 20 words.
fn sentences(random: &mut Random, words: impl IntoIterator<Item = String>) -> String {
    let (mut text, mut left) = (String::new(), 0);
    for word in words {
        if left == 0 {
            left = 6 + random.below(15);
            if !text.is_empty() {
                text.push('.');
            }
        }
        left -= 1;
        text.push(' ');
        text.push_str(&word);
    }
    text.trim_start().to_owned() + "."
}

/// A text of about this many bytes.
fn text(random: &mut Random, topic: usize, own: usize, bytes: usize) -> String {
    let words: Vec<String> = (0..bytes / 7).map(|_| topical(random, topic, own)).collect();
    sentences(random, words)
}

/// Checks that at most one pair in a hundred has a passage: the rate that [`PassageFinder::order_free`] states.
fn check_rate(name: &str, pairs: usize, pair: impl Fn(&mut Random, usize) -> (String, String)) {
    let mut random = Random(pairs as u64);
    let mut found = Vec::new();
    for number in 0..pairs {
        let (left, right) = pair(&mut random, number);
        found.extend(passages(&left, &right).first().map(|passage| (number, *passage)));
    }
    assert!(100 * found.len() <= pairs, "{name}: {} of {pairs}, first {:?}", found.len(), found[0]);
}

const SIZES: [(usize, usize); 4] = [(1 << 10, 400), (10 << 10, 200), (100 << 10, 20), (1 << 20, 2)];

#[test]
fn texts_of_one_topic_share_no_passage() {
    for (bytes, pairs) in SIZES {
        check_rate(&format!("{bytes} bytes"), pairs, |random, number| {
            (text(random, number, 2 * number, bytes), text(random, number, 2 * number + 1, bytes))
        });
    }
}

/// A short text and a long one: the long text has all common words.
#[test]
fn a_short_text_shares_no_passage_with_a_long_one() {
    check_rate("1 KB and 200 KB", 30, |random, number| {
        (text(random, number, 2 * number, 1 << 10), text(random, number, 2 * number + 1, 200 << 10))
    });
}

/// The words of one text are shuffled and divided into two texts. All they share is chance.
#[test]
fn the_halves_of_a_shuffled_text_share_no_passage() {
    for (bytes, pairs) in SIZES {
        check_rate(&format!("{bytes} bytes"), pairs, |random, number| {
            let mut words: Vec<String> =
                (0..bytes / 7 * 2).map(|_| topical(random, number, number)).collect();
            for last in (1..words.len()).rev() {
                words.swap(last, random.below(last + 1));
            }
            let right = words.split_off(words.len() / 2);
            (sentences(random, words), sentences(random, right))
        });
    }
}

/// Two texts of one topic, cut at a sentence, with something between the parts.
fn planted(random: &mut Random, number: usize, bytes: usize, left: &str, right: &str) -> (String, String) {
    let mut around = |own: usize, planted: &str| {
        let (before, after) = (text(random, number, own, bytes), text(random, number, own, bytes));
        (before.len() + 1, format!("{before} {planted} {after}"))
    };
    (around(2 * number, left).1, around(2 * number + 1, right).1)
}

#[test]
fn an_exact_quotation_in_texts_of_one_topic_is_found_exactly_and_alone() {
    let mut random = Random(1);
    for number in 0..100 {
        let words: Vec<String> =
            (0..20 + random.below(40)).map(|_| topical(&mut random, number, number)).collect();
        let quotation = words.join(" ") + ".";
        let bytes = [600, 3_000, 20_000][number % 3];
        let (left, right) = planted(&mut random, number, bytes, &quotation, &quotation);
        let found = passages(&left, &right);
        assert_eq!(found.len(), 1, "{number}: {found:?} in {left:?} and {right:?}");
        assert_eq!((found[0].evidence, found[0].identity), (Evidence::Ordered, 1.0));
        // The words next to it agree by chance only.
        for (text, span) in [(&left, found[0].left), (&right, found[0].right)] {
            let at = text.find(&quotation).expect("planted");
            assert!(span.start <= at && span.end >= at + quotation.len(), "{number}: {span}");
            assert!(span.len() <= quotation.len() + 16, "{number}: {span} for {}", quotation.len());
        }
    }
}

#[test]
fn a_reworded_paragraph_is_found() {
    let mut random = Random(2);
    let (pairs, mut hits) = (60, 0);
    for number in 0..pairs {
        let words: Vec<String> = (0..90).map(|_| topical(&mut random, number, number)).collect();
        let mut reworded: Vec<String> = words.iter().filter(|_| random.below(4) > 0).cloned().collect();
        for last in (1..reworded.len()).rev() {
            // Words move by a few places.
            reworded.swap(last, last.saturating_sub(random.below(6)));
        }
        let (one, two) = (sentences(&mut random, words), sentences(&mut random, reworded));
        let (left, right) = planted(&mut random, number, 5_000, &one, &two);
        let (at_left, at_right) = (left.find(&one).unwrap(), right.find(&two).unwrap());
        let covers = |passage: &Passage| {
            let inside = |start: usize, end: usize, at: usize, length: usize| {
                2 * end.min(at + length).saturating_sub(start.max(at)) > length
            };
            passage.evidence == Evidence::Reordered
                && inside(passage.left.start, passage.left.end, at_left, one.len())
                && inside(passage.right.start, passage.right.end, at_right, two.len())
        };
        hits += passages(&left, &right).iter().any(covers) as usize;
    }
    assert!(10 * hits >= 9 * pairs, "{hits} of {pairs}");
}

/// Two accounts of one thing that were written apart share its words and no passage.
#[test]
fn short_texts_of_one_topic_share_no_passage() {
    let one = "Rinse the beans and leave them in cold water overnight. Fry an onion and two carrots in a little oil, add the \
               garlic and stir until it smells. Pour in the stock, add the beans and a bay leaf, and let it simmer with \
               the lid on for an hour. Season with salt and pepper and serve it hot with bread.";
    let two = "For this bread soup, fry garlic in oil until golden, then add chopped onion, carrots and salt. Cut the stale \
               bread into cubes and stir it in. Pour hot stock over it, season with pepper and a bay leaf and simmer \
               for half an hour. Beans may be added with cold water; leave the lid on. Serve it with a little oil.";
    assert_eq!(passages(one, two), []);
    assert_eq!(passages(two, one), []);
}

#[test]
fn reordered_passages_keep_the_floor_of_length_and_of_identity() {
    let mut random = Random(3);
    let words: Vec<String> = (0..120).map(|_| topical(&mut random, 0, 0)).collect();
    let mut backwards = words.clone();
    backwards.reverse();
    let (left, right) = planted(
        &mut random,
        1,
        4_000,
        &sentences(&mut Random(4), words),
        &sentences(&mut Random(5), backwards),
    );
    let found = |length: usize| {
        let finder = PassageFinder::new().min_length(length);
        finder.between(&finder.prepare(&left).unwrap(), &finder.prepare(&right).unwrap()).unwrap().items
    };
    let reordered = found(60);
    assert!(reordered.iter().any(|passage| passage.evidence == Evidence::Reordered), "{reordered:?}");
    assert!(reordered.iter().all(|passage| passage.identity >= 0.4), "{reordered:?}");
    assert_eq!(found(2_000), []);
}

/// Of real texts of one collection, few pairs have a reordered passage: stock sentences in other words. Ordered passages
/// are not counted, because these collections do share lines.
#[test]
fn unrelated_texts_of_real_collections_share_few_reordered_passages() {
    for (name, most) in [("corpora/senate-press.jsonl.gz", 5), ("corpora/thaigov.jsonl.gz", 4)] {
        let Some(records) = shared::records(name) else { return };
        let documents: Vec<String> =
            records.step_by(4).map(|record| shared::text(&record, "text").to_owned()).collect();
        let mut random = Random(6);
        let mut found = 0;
        for _ in 0..100 {
            let mut side = |odd: usize| {
                let mut text = String::new();
                while text.len() < 20_000 {
                    text += &documents[2 * random.below(documents.len() / 2) + odd];
                    text += "\n\n";
                }
                text
            };
            let (left, right) = (side(0), side(1));
            let is_reordered = |passage: &Passage| passage.evidence == Evidence::Reordered;
            found += passages(&left, &right).iter().any(is_reordered) as usize;
        }
        assert!(found <= most, "{name}: {found} of 100 pairs");
    }
}
