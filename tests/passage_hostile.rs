//! Guarantee: time and memory are bounded on any text. Hostile texts of 50 MB give the right answer. They
//! take at most four times the time per byte of ordinary text, and at most eight bytes of memory per byte.

mod memory;
#[path = "oracle/mod.rs"]
mod oracle;
mod shared;
mod texts;

use refrain::{Found, PassageFinder, Repeat, Span};
use std::time::Duration;

const BYTES: usize = 50_000_000;
/// Most bytes of memory for each byte of text, without the text itself.
const MEMORY: usize = 8;
/// Most time, as a multiple of the time for ordinary text.
const TIME: u32 = 4;

fn repeats(text: &str) -> (Found<Repeat>, Duration, usize) {
    memory::measured(|| {
        let finder = PassageFinder::new().suppressed(true);
        finder.within(&finder.prepare(text).expect("fits")).expect("not cancelled")
    })
}

/// Press releases if their file exists, otherwise generated sentences.
fn ordinary() -> String {
    let Some(records) = shared::records("corpora/senate-press.jsonl.gz") else {
        return filled(|number| format!("{}\n", oracle::filler(number as u64)));
    };
    let mut text = String::with_capacity(BYTES + 100_000);
    for record in records {
        text.push_str(shared::text(&record, "text"));
        text.push_str("\n\n");
        if text.len() > BYTES {
            break;
        }
    }
    while text.len() > BYTES {
        text.pop();
    }
    text
}

fn filled(piece: impl Fn(usize) -> String) -> String {
    let mut text = String::with_capacity(BYTES + 100);
    for number in 0.. {
        let piece = piece(number);
        if text.len() + piece.len() > BYTES {
            return text;
        }
        text.push_str(&piece);
    }
    unreachable!("numbers do not end")
}

fn only(found: &Found<Repeat>) -> &Repeat {
    assert_eq!(found.items.len(), 1);
    &found.items[0]
}

/// Whether the spans cover the text from its start to `end`, with exactly `between` between each two of them.
fn tile(text: &str, spans: &[Span], end: usize, between: &str) -> bool {
    spans[0].start == 0
        && spans[spans.len() - 1].end == end
        && spans.windows(2).all(|pair| &text[pair[0].end..pair[1].start] == between)
}

/// The Thue-Morse sequence.
fn thue_morse() -> String {
    (0..BYTES).map(|place| if place.count_ones() % 2 == 0 { 'a' } else { 'b' }).collect()
}

/// A de Bruijn sequence, cut to `BYTES`: it contains every word of length `order` over the first `letters`
/// letters once. It is the Lyndon words whose length divides `order`, in lexicographic order (Fredricksen,
/// Kessler, Maiorana).
fn de_bruijn(letters: u8, order: usize) -> String {
    let last = b'a' + letters - 1;
    let mut text = String::with_capacity(BYTES + order);
    let mut word: Vec<u8> = vec![b'a'];
    while text.len() < BYTES && !word.is_empty() {
        if order.is_multiple_of(word.len()) {
            text.extend(word.iter().map(|&letter| letter as char));
        }
        let mut next: Vec<u8> = word.iter().copied().cycle().take(order).collect();
        while next.pop_if(|letter| *letter == last).is_some() {}
        if let Some(letter) = next.last_mut() {
            *letter += 1;
        }
        word = next;
    }
    text.truncate(BYTES);
    text
}

/// Phrases of ten Thai letters in random order, from a list of four thousand.
fn phrases() -> String {
    const PHRASES: u64 = 4000;
    let mut random = texts::Random(7);
    let letters: Vec<char> = ('ก'..='ฮ').collect();
    let phrases: Vec<String> =
        (0..PHRASES).map(|_| (0..10).map(|_| letters[random.below(letters.len())]).collect()).collect();
    let mut text = String::with_capacity(BYTES);
    while text.len() + phrases[0].len() <= BYTES {
        text.push_str(&phrases[random.below(phrases.len())]);
    }
    text
}

#[test]
fn hostile_texts_of_50_mb() {
    let text = ordinary();
    let (found, first, peak) = repeats(&text);
    let (_, second, _) = repeats(&text);
    println!(
        "ordinary: {} repeats, {second:?}, {:.1} bytes a byte",
        found.items.len(),
        peak as f64 / text.len() as f64
    );
    assert!(peak <= MEMORY * text.len());
    let allowed = first.min(second) * TIME;
    let check = |name: &str, text: &str, right: &dyn Fn(&Found<Repeat>)| {
        let (found, mut time, peak) = repeats(text);
        right(&found);
        if time > allowed {
            // A second run, in case another process slowed the first one.
            time = repeats(text).1;
        }
        let bytes = peak as f64 / text.len() as f64;
        println!(
            "{name}: {:.2} of what is allowed, {bytes:.1} bytes a byte",
            time.as_secs_f64() / allowed.as_secs_f64()
        );
        assert!(peak <= MEMORY * text.len(), "{name}: {bytes} bytes a byte");
        assert!(
            time * BYTES as u32 <= allowed * text.len() as u32 || time <= allowed,
            "{name}: {time:?} of {allowed:?}"
        );
    };

    let text = "a".repeat(BYTES);
    check("one character", &text, &|found| {
        let repeat = only(found);
        assert_eq!((repeat.period.unwrap().characters, repeat.identity), (1, 1.0));
        assert!(tile(&text, &repeat.occurrences, text.len(), ""));
    });

    let text = filled(|_| "a short period. ".to_string());
    check("a short period", &text, &|found| {
        let repeat = only(found);
        assert_eq!((repeat.period.unwrap().characters, repeat.identity), (12, 1.0));
        assert!(tile(&text, &repeat.occurrences, text.len() - 1, " "), "{:?}", &repeat.occurrences[..3]);
    });

    let line = "All happy lines are alike, said the copyist.\n";
    let text = filled(|_| line.to_string());
    check("one line a million times", &text, &|found| {
        let repeat = only(found);
        assert_eq!(repeat.occurrences.len(), text.lines().count());
        assert!(repeat.occurrences.len() > BYTES / 50);
        assert!(repeat.occurrences.iter().all(|&span| &text[span] == line.trim_end()));
    });

    let text = filled(|number| format!("All happy lines are alike but number {number}, said the copyist.\n"));
    check("all lines equal but a number", &text, &|found| {
        let covered: usize =
            found.items.iter().flat_map(|repeat| &repeat.occurrences).map(|span| span.len()).sum();
        assert!(covered * 20 > text.len() * 19, "{covered} of {}", text.len());
    });

    let text = thue_morse();
    check("the sequence of Thue and Morse", &text, &|found| {
        // It repeats at every scale, so every seed is frequent. Comparisons that were left out are counted,
        // and passages reported as equal are equal. (It has no period.)
        assert!(!found.items.is_empty() && found.capped.pairs > 0);
        for repeat in &found.items {
            assert!(repeat.period.is_none());
            let first = &text[repeat.occurrences[0]];
            let equal = repeat.occurrences.iter().all(|&span| &text[span] == first);
            assert_eq!(equal, repeat.identity == 1.0);
        }
    });

    let text = de_bruijn(26, 6);
    check("a de Bruijn sequence", &text, &|found| {
        assert!(found.items.is_empty() && found.suppressed.is_empty());
    });

    // In a sequence over two letters, each word of 26 letters occurs once. Many words differ in one letter
    // only, so the text is full of edited copies, and of exact copies that are shorter than a word.
    const WORD: usize = 26;
    let text = de_bruijn(2, WORD);
    check("a de Bruijn sequence in two letters", &text, &|found| {
        assert!(!found.items.is_empty());
        for repeat in found.items.iter().chain(&found.suppressed) {
            let first = &text[repeat.occurrences[0]];
            let equal = repeat.occurrences.iter().all(|&span| &text[span] == first);
            assert_eq!(equal, repeat.identity == 1.0);
            assert!(!equal || first.len() < WORD, "{repeat:?}");
        }
    });

    let text = phrases();
    check("phrases of ten letters of three bytes", &text, &|found| {
        // At most three phrases in a row repeat. These are thirty letters, fewer than the guaranteed length,
        // though they have many bytes.
        assert!(
            found.items.is_empty() && found.suppressed.is_empty(),
            "{} {}",
            found.items.len(),
            found.suppressed.len()
        );
        assert!(found.capped.pairs > 0);
    });

    // Every hundredth article occurs twice.
    let mut text = String::with_capacity(BYTES);
    let mut copies: Vec<[Span; 2]> = Vec::new();
    for number in 0.. {
        let article = unspaced(number);
        if text.len() + 2 * article.len() > BYTES {
            break;
        }
        let (start, length) = (text.len(), article.len());
        text.push_str(&article);
        if number % 100 == 99 {
            text.push_str(&article);
            copies.push([Span::new(start, start + length), Span::new(start + length, start + 2 * length)]);
        }
    }
    assert!(copies.len() > 10);
    check("not one space", &text, &|found| {
        let pairs: Vec<&[Span]> = found.items.iter().map(|repeat| &repeat.occurrences[..]).collect();
        assert_eq!(pairs, copies.iter().map(|pair| &pair[..]).collect::<Vec<_>>());
    });
}

/// An article without its spaces. It shares nothing with other articles.
fn unspaced(number: u64) -> String {
    const SENTENCES: u64 = 20;
    let sentences = (SENTENCES * number..).take(SENTENCES as usize).map(oracle::filler);
    sentences.flat_map(|sentence| sentence.chars().filter(|ch| *ch != ' ').collect::<Vec<_>>()).collect()
}
