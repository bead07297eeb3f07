//! Texts with known repeats for the tests and benches of passages: press releases, hostile texts, a small corpus.
//!
//! In: a size in bytes and a seed. Out: a text of about that size, always the same, and a check of what a search must
//! find in it.

use super::writer::{Language, Sentence, Writer};
use refrain::{Found, Passage, PassageFinder, Repeat, Span};
use std::collections::VecDeque;

/// Share of words that the right side of a pair has edited.
const EDITED: f64 = 0.02;

/// Asserts that passages cover nearly all of both sides of [`edited_and_reordered_pair`](super::pairs::edited_and_reordered_pair), in few pieces.
///
/// Two moves cut a text into at most seven stretches. One more is allowed for every 20 KB, because by chance many edits may be
/// close together.
pub fn assert_pair_found(left: &str, right: &str, found: &Found<Passage>) {
    let lefts = found.items.iter().map(|passage| passage.left);
    let rights = found.items.iter().map(|passage| passage.right);
    let (left_share, right_share) = (covered(left, lefts), covered(right, rights));
    assert!(left_share > 0.97 && right_share > 0.97, "{left_share} and {right_share} covered");
    let most = 7 + left.len() / 20_000;
    assert!(
        (1..=most).contains(&found.items.len()),
        "{} passages, at most {most} expected",
        found.items.len()
    );
}

/// Asserts that passages cover nearly all of the right text.
pub fn assert_shared(right: &str, found: &[Passage]) {
    let share = covered(right, found.iter().map(|passage| passage.right));
    assert!(share > 0.95, "{share} of the right text covered, by {} passages", found.len());
}

/// A text with planted copies.
pub struct Planted {
    pub text: String,
    /// The places of paragraphs that are repeated word for word.
    pub copies: Vec<Span>,
}

impl From<String> for Planted {
    fn from(text: String) -> Planted {
        Planted { text, copies: Vec::new() }
    }
}

/// Press releases of a few offices, about `bytes` bytes. Each ends with the lines of its office. One in ten is an earlier release
/// with 2 % of the words edited; one in five quotes a paragraph of an earlier one.
pub fn releases(bytes: usize, seed: u64) -> Planted {
    /// Releases that a later one may copy from.
    const REMEMBERED: usize = 200;
    const OFFICES: usize = 20;
    let mut writer = Writer::new(Language::named("en"), seed);
    let offices: Vec<String> = (0..OFFICES)
        .map(|_| {
            let lines: Vec<Sentence> = (0..3).map(|_| writer.sentence()).collect();
            writer.written_paragraph(&lines)
        })
        .collect();
    let mut earlier: VecDeque<Vec<Vec<Sentence>>> = VecDeque::new();
    let (mut text, mut copies) = (String::with_capacity(bytes + bytes / 50), Vec::new());
    while text.len() < bytes {
        let before = (!earlier.is_empty()).then(|| &earlier[writer.random.below(earlier.len())]);
        let (mut body, mut quoted) = (Vec::new(), None);
        match (writer.random.below(10), before) {
            (0, Some(before)) => {
                body = before.clone();
                body.iter_mut().for_each(|paragraph| writer.edit(paragraph, EDITED));
            }
            (roll, before) => {
                let paragraphs = 4 + writer.random.below(8);
                body.extend((0..paragraphs).map(|_| writer.paragraph()));
                if let (1..=2, Some(before)) = (roll, before) {
                    quoted = Some(paragraphs / 2);
                    body[paragraphs / 2] = before[0].clone();
                }
            }
        }
        let headline = writer.sentence();
        text += &writer.written(&headline).to_uppercase();
        text += "\n\n";
        for (index, paragraph) in body.iter().enumerate() {
            let start = text.len();
            text += &writer.written_paragraph(paragraph);
            if quoted == Some(index) {
                copies.push(Span::new(start, text.len()));
            }
            text += "\n\n";
        }
        let office = &offices[writer.random.below(OFFICES)];
        text += office;
        text += "\n\n###\n\n";
        if earlier.len() == REMEMBERED {
            earlier.pop_front();
        }
        earlier.push_back(body);
    }
    Planted { text, copies }
}

/// Asserts that the repeats cover every planted copy.
///
/// Up to the guaranteed length may be missing at each end: if another copy of the passage has an edit near its end, all copies
/// are cut there.
pub fn assert_copies_found(copies: &[Span], found: &Found<Repeat>) {
    const MISSING: usize = 2 * PassageFinder::GUARANTEED;
    let stretches = joined(occurrences(&found.items).chain(occurrences(&found.suppressed)));
    for copy in copies {
        let first = stretches.partition_point(|stretch| stretch.end <= copy.start);
        let shared = stretches[first..].iter().take_while(|stretch| stretch.start < copy.end);
        let shared: usize =
            shared.map(|stretch| stretch.end.min(copy.end) - stretch.start.max(copy.start)).sum();
        assert!(shared + MISSING >= copy.len(), "of the copy at {copy}, {shared} bytes were found");
    }
}

fn occurrences(repeats: &[Repeat]) -> impl Iterator<Item = Span> + '_ {
    repeats.iter().flat_map(|repeat| repeat.occurrences.iter().copied())
}

/// The spans merged to disjoint stretches, in text order.
fn joined(spans: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.collect();
    sorted.sort_unstable();
    let mut stretches: Vec<Span> = Vec::new();
    for span in sorted {
        match stretches.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => stretches.push(span),
        }
    }
    stretches
}

/// The share of the text that the spans cover.
fn covered(text: &str, spans: impl Iterator<Item = Span>) -> f64 {
    joined(spans).into_iter().map(Span::len).sum::<usize>() as f64 / text.len() as f64
}

/// A hostile text: its name, its maker, and a check of the repeats that are found in it.
pub struct Hostile {
    pub name: &'static str,
    /// Makes the text, of about this many bytes.
    pub make: fn(usize) -> Planted,
    /// Asserts the right answer.
    pub check: fn(&Planted, &Found<Repeat>),
}

/// Each is hard for another reason: equal seeds everywhere, one seed a million times, repeats at every scale, nearly equal lines,
/// chance equality without any repeat, words that never end.
pub const HOSTILE: [Hostile; 7] = [
    Hostile {
        name: "one-character",
        make: |bytes| "a".repeat(bytes).into(),
        check: |text, found| periodic(text, found, 1),
    },
    Hostile {
        name: "short-period",
        make: |bytes| "ab cde. ".repeat(bytes / 8).into(),
        check: |text, found| periodic(text, found, 5),
    },
    Hostile { name: "one-line", make: |bytes| LINE.repeat(bytes / LINE.len()).into(), check: one_line },
    Hostile { name: "thue-morse", make: thue_morse, check: everything_or_counted },
    Hostile { name: "lines-but-a-number", make: numbered_lines, check: everything },
    Hostile { name: "de-bruijn", make: de_bruijn, check: nothing_exact },
    Hostile {
        name: "no-space",
        make: unspaced,
        check: |text, found| assert_copies_found(&text.copies, found),
    },
];

const LINE: &str = "this line comes again and again, and says nothing new to anybody at all\n";

/// The Thue–Morse sequence in two letters: no part occurs three times in a row, and every part recurs.
fn thue_morse(bytes: usize) -> Planted {
    let letter = |index: usize| if index.count_ones().is_multiple_of(2) { 'a' } else { 'b' };
    (0..bytes).map(letter).collect::<String>().into()
}

fn numbered_lines(bytes: usize) -> Planted {
    let mut text = String::with_capacity(bytes + 100);
    for number in 0.. {
        text += &format!(
            "record {number} was received in good order and entered into the ledger of the office\n"
        );
        if text.len() >= bytes {
            break;
        }
    }
    text.into()
}

/// A binary De Bruijn sequence: every word of k letters occurs once, for the k that gives about the wanted length. It is made
/// greedily: the second letter is appended unless the word that it completes has occurred.
fn de_bruijn(bytes: usize) -> Planted {
    let letters = (bytes as f64).log2().round() as u32;
    let words = 1usize << letters;
    let mut seen = vec![false; words];
    let (mut word, mut text) = (0, "a".repeat(letters as usize - 1));
    for _ in 0..words {
        let next = |letter: usize| (word << 1 | letter) & (words - 1);
        let letter = usize::from(!seen[next(1)]);
        word = next(letter);
        seen[word] = true;
        text.push(['a', 'b'][letter]);
    }
    text.into()
}

/// [`releases`] without any space, line break or punctuation.
fn unspaced(bytes: usize) -> Planted {
    // Letters are about four fifths of the text.
    let whole = releases(bytes * 5 / 4, 3);
    let mut letters_before = vec![0u32; whole.text.len() + 1];
    let mut text = String::with_capacity(whole.text.len());
    for (at, byte) in whole.text.bytes().enumerate() {
        letters_before[at] = text.len() as u32;
        if byte.is_ascii_alphanumeric() {
            text.push(byte as char);
        }
    }
    letters_before[whole.text.len()] = text.len() as u32;
    let place = |at: usize| letters_before[at] as usize;
    let copies = whole.copies.iter().map(|copy| Span::new(place(copy.start), place(copy.end))).collect();
    Planted { text, copies }
}

/// Asserts that there is one repeat, with its period, and that it covers the text.
fn periodic(text: &Planted, found: &Found<Repeat>, characters: usize) {
    assert_eq!(found.items.len(), 1, "{:?}", &found.items[..found.items.len().min(4)]);
    assert_eq!(found.items[0].period.expect("a periodic text").characters, characters);
    everything(text, found);
}

fn one_line(text: &Planted, found: &Found<Repeat>) {
    periodic(text, found, LINE.bytes().filter(u8::is_ascii_alphanumeric).count());
    assert_eq!(found.items[0].occurrences.len(), text.text.len() / LINE.len());
}

/// Asserts that repeats cover the text.
fn everything(text: &Planted, found: &Found<Repeat>) {
    let share = covered(&text.text, occurrences(&found.items));
    assert!(share > 0.95, "{share} of the text covered, by {} repeats", found.items.len());
}

/// Asserts that repeats cover the text, or that the answer counts pairs that were not compared.
fn everything_or_counted(text: &Planted, found: &Found<Repeat>) {
    if found.capped.pairs == 0 {
        everything(text, found);
    }
}

/// Asserts that no repeat is exact.
fn nothing_exact(_: &Planted, found: &Found<Repeat>) {
    let exact = found.items.iter().filter(|repeat| repeat.identity == 1.0).count();
    assert_eq!(exact, 0, "exact repeats of a text that has none");
}

/// Documents of about `bytes` bytes in all, a fifth of them earlier ones with 2 % of the words edited.
pub fn corpus(bytes: usize, seed: u64) -> impl Iterator<Item = String> {
    /// Documents that a later one may be made from.
    const REMEMBERED: usize = 1000;
    let mut writer = Writer::new(Language::named("en"), seed);
    let mut earlier: Vec<Vec<Vec<Sentence>>> = Vec::new();
    let (mut written, mut number) = (0, 0);
    std::iter::from_fn(move || {
        if written >= bytes {
            return None;
        }
        let mut body;
        if !earlier.is_empty() && writer.random.below(5) == 0 {
            body = earlier[writer.random.below(earlier.len())].clone();
            body.iter_mut().for_each(|paragraph| writer.edit(paragraph, EDITED));
        } else {
            let paragraphs = 2 + writer.random.below(18);
            body = (0..paragraphs).map(|_| writer.paragraph()).collect();
            match earlier.get_mut(number % REMEMBERED) {
                Some(place) => *place = body.clone(),
                None => earlier.push(body.clone()),
            }
            number += 1;
        }
        let text = writer.document(&body);
        written += text.len();
        Some(text)
    })
}
