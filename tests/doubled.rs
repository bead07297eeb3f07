//! Guarantee: one copied stretch gives one answer. Texts are doubled in many ways: headings are dropped, words are
//! edited, paragraphs are glued together, two of three copies continue alike by chance. Each stretch is then one
//! repeat with all its copies, and its ends are those of the copies.

use refrain::{PassageFinder, Repeat, Span};
use texts::writer::{LANGUAGES, Sentence, Writer};

mod texts;

/// How a text is doubled.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The second copy lacks the headings and the paragraph breaks.
    Glued,
    /// Two headings next to each other are dropped.
    TwoHeadings,
    /// A word next to a dropped heading is replaced.
    EditNearHeading,
    /// One word in each paragraph is replaced.
    EditedParagraphs,
    /// The first and the last paragraph are short, and a heading next to each is dropped.
    ShortEnds,
    /// The second copy has its two halves in the other order.
    Moved,
    /// Several copies, with other text between them.
    Copies(usize),
    /// Three copies. The text after two of them begins alike.
    ThriceAlike,
}

const KINDS: [Kind; 9] = [
    Kind::Glued,
    Kind::TwoHeadings,
    Kind::EditNearHeading,
    Kind::EditedParagraphs,
    Kind::ShortEnds,
    Kind::Moved,
    Kind::Copies(3),
    Kind::Copies(7),
    Kind::ThriceAlike,
];

/// A text and the copies that it contains: for each repeat, its occurrences.
#[derive(Default)]
struct Doubled {
    text: String,
    copies: Vec<Vec<Span>>,
}

impl Doubled {
    /// Adds text of one repeat.
    fn copy(&mut self, number: usize, text: &str) {
        let start = self.text.len();
        self.text += text;
        self.copies.resize(self.copies.len().max(number + 1), Vec::new());
        self.copies[number].push(Span::new(start, self.text.len()));
    }

    /// Adds paragraphs that occur once.
    fn other(&mut self, writer: &mut Writer, count: usize) {
        for _ in 0..count {
            let paragraph = writer.paragraph();
            self.text += &format!("\n\n{}", writer.written_paragraph(&paragraph));
        }
        self.text += "\n\n";
    }
}

/// A line of a few words, with no full stop.
fn heading(writer: &mut Writer) -> String {
    let mut sentence = writer.sentence();
    sentence.words.truncate(6);
    writer.written(&sentence).trim_end_matches(['.', '。', '।']).to_string()
}

/// Paragraphs in the form of the first copy, with this many headings before each.
fn formatted(writer: &mut Writer, paragraphs: &[String], headings: impl Fn(usize) -> usize) -> String {
    let mut text = String::new();
    for (place, paragraph) in paragraphs.iter().enumerate() {
        for _ in 0..headings(place) {
            text += &format!("{}\n\n", heading(writer));
        }
        text += paragraph;
        text += if place + 1 < paragraphs.len() { "\n\n" } else { "" };
    }
    text
}

fn doubled(kind: Kind, writer: &mut Writer) -> Doubled {
    let mut body: Vec<Vec<Sentence>> = (0..6).map(|_| writer.paragraph()).collect();
    if kind == Kind::ShortEnds {
        for place in [0, 5] {
            body[place].truncate(1);
            body[place][0].words.truncate(7);
        }
    }
    let written = |writer: &Writer, body: &[Vec<Sentence>]| -> Vec<String> {
        body.iter().map(|paragraph| writer.written_paragraph(paragraph)).collect()
    };
    let first = written(writer, &body);
    let mut page = Doubled::default();
    page.other(writer, 1);
    match kind {
        Kind::Glued
        | Kind::TwoHeadings
        | Kind::EditNearHeading
        | Kind::EditedParagraphs
        | Kind::ShortEnds => {
            let headings = |place: usize| match kind {
                Kind::Glued => usize::from(place == 2 || place == 4),
                Kind::TwoHeadings => 2 * usize::from(place == 3),
                Kind::EditNearHeading => usize::from(place == 1 || place == 3),
                Kind::ShortEnds => usize::from(place == 1 || place == 5),
                _ => 0,
            };
            let text = formatted(writer, &first, headings);
            page.copy(0, &text);
            page.other(writer, 1);
            let edited: &[usize] = match kind {
                Kind::EditNearHeading => &[0, 2],
                Kind::EditedParagraphs => &[1, 2, 3, 4],
                _ => &[],
            };
            for &place in edited {
                let sentence = body[place].last_mut().expect("a sentence");
                let word = sentence.words.len() - 4;
                sentence.words[word] = writer.word();
            }
            page.copy(0, &written(writer, &body).concat());
        }
        Kind::Moved => {
            for half in [0, 1] {
                let text = formatted(writer, &first[3 * half..3 * half + 3], |place| usize::from(place == 1));
                page.copy(half, &text);
                page.text += "\n\n";
            }
            page.other(writer, 1);
            page.copy(1, &first[3..].concat());
            page.other(writer, 0);
            page.copy(0, &first[..3].concat());
        }
        Kind::Copies(count) => {
            for copy in 0..count {
                let text = formatted(writer, &first, |place| usize::from(copy == 0 && place == 2));
                page.copy(0, &if copy == 0 { text } else { first.concat() });
                page.other(writer, 1 + copy % 2);
            }
        }
        Kind::ThriceAlike => {
            let line = heading(writer);
            for copy in 0..3 {
                let text = formatted(writer, &first, |place| usize::from(copy == 0 && place == 2));
                page.copy(0, &if copy == 0 { text } else { first.concat() });
                page.text += &format!("\n\n{}", if copy < 2 { &line } else { "" });
                page.other(writer, 1);
            }
        }
    }
    page.other(writer, 1);
    page
}

/// Whether the answer is the copies of the text: as many repeats, with as many occurrences, whose ends are at most
/// a word of chance away.
fn is_answer(page: &Doubled, found: &[Repeat]) -> bool {
    const WORD: usize = 40;
    let near = |one: &Span, other: &Span| {
        one.start.abs_diff(other.start) <= WORD && one.end.abs_diff(other.end) <= WORD
    };
    found.len() == page.copies.len()
        && page.copies.iter().all(|copies| {
            found.iter().any(|repeat| {
                repeat.occurrences.len() == copies.len()
                    && repeat.occurrences.iter().zip(copies).all(|(one, other)| near(one, other))
            })
        })
}

/// Whether a repeat tells nothing: other repeats cover each pair of its occurrences with pairs of their own that are
/// as far apart.
fn tells_nothing(repeat: &Repeat, others: &[&Repeat]) -> bool {
    const FEW: usize = 60;
    let pairs = |repeat: &Repeat| -> Vec<(Span, Span)> {
        let all = &repeat.occurrences;
        (0..all.len())
            .flat_map(|left| (left + 1..all.len()).map(move |right| (all[left], all[right])))
            .collect()
    };
    let inside = |inner: Span, outer: Span| outer.start <= inner.start + FEW && outer.end + FEW >= inner.end;
    pairs(repeat).iter().all(|&(left, right)| {
        let covers = |&(one, other): &(Span, Span)| {
            inside(left, one)
                && inside(right, other)
                && (right.start - left.start).abs_diff(other.start - one.start) <= FEW
        };
        others.iter().any(|other| pairs(other).iter().any(covers))
    })
}

#[test]
fn each_copied_stretch_is_one_repeat_with_all_its_copies() {
    const SEEDS: u64 = 4;
    for kind in KINDS {
        let (mut right, mut wrong) = (0, Vec::new());
        for language in &LANGUAGES {
            for seed in 0..SEEDS {
                let page = doubled(kind, &mut Writer::new(language, 1 + seed));
                let finder = PassageFinder::new();
                let found = finder.within(&finder.prepare(&page.text).unwrap()).unwrap().items;
                for (place, repeat) in found.iter().enumerate() {
                    let others: Vec<&Repeat> = found
                        .iter()
                        .enumerate()
                        .filter(|&(other, _)| other != place)
                        .map(|(_, other)| other)
                        .collect();
                    assert!(!tells_nothing(repeat, &others), "{kind:?} in {}: {repeat:?}", language.name);
                    for &span in &repeat.occurrences {
                        assert!(has_whole_words(&page.text, span), "{kind:?}: {:?}", &page.text[span]);
                    }
                }
                if is_answer(&page, &found) {
                    right += 1;
                } else {
                    wrong.push(format!("{} {seed}: {:?} and not {:?}", language.name, found, page.copies));
                }
            }
        }
        // Words of so few syllables also repeat by chance.
        assert!(wrong.len() * 20 <= right, "{kind:?}: {right} right, wrong:\n{}", wrong.join("\n"));
    }
}

/// Whether no end is between two letters of a word. (A capital after a small letter begins a word.)
fn has_whole_words(text: &str, span: Span) -> bool {
    let is_spaced =
        |ch: char| ch.is_alphabetic() && (ch < '\u{e00}' || ('\u{ac00}'..='\u{d7a3}').contains(&ch));
    let is_break = |at: usize| {
        let (before, after) = (text[..at].chars().next_back(), text[at..].chars().next());
        match (before, after) {
            (Some(left), Some(right)) if is_spaced(left) && is_spaced(right) => {
                right.is_uppercase() && !left.is_uppercase()
            }
            _ => true,
        }
    };
    is_break(span.start) && is_break(span.end)
}

/// A headline stands twice on one line, and once more below with other words. The line below may be more or less
/// like it; it is never a reason to find nothing.
#[test]
fn a_headline_twice_on_one_line_and_reworded_below() {
    let headline = "Ferry crew pulls nine sailors from the burning trawler off the northern cape";
    for reworded in [
        "Nine sailors were pulled from the burning trawler by a ferry crew, the coast guard says",
        "At dawn the ferry crew pulls nine sailors from the burning trawler, and takes them to hospital",
        "Ferry crew pulls nine sailors from burning trawler off the northern cape at dawn",
        "Ferry crew pulls nine sailors from the burning trawler off the cape",
        "Ferry crew saves nine sailors from the burning trawler off the northern coast",
    ] {
        for between in [" ", " | ", ""] {
            let text = format!("{headline}{between}{headline}\n\nThe fire broke out at dawn.\n\n{reworded}");
            let found = refrain::repeats(&text);
            let both = [headline; 2];
            let has_both = |repeat: &Repeat| {
                let copies = repeat.occurrences.iter().map(|&span| &text[span]);
                copies.filter(|copy| both.contains(copy)).count() == 2
            };
            assert!(found.iter().any(has_both), "{text:?}: {found:?}");
        }
    }
}
