//! Guarantee: a diff reads as an editor would write it. Changes of value are no format, insertions and
//! deletions are whole (sentences, paragraphs, comments), and only whole sentences, lines and paragraphs move.
//!
//! The texts are generated, so the right answer is known.

mod texts;

use proptest::prelude::*;
use refrain::diff::Granularity;
use refrain::{Diff, Differ, EditKind, diff};
use texts::writer::{Language, Writer};

/// The edits that are neither equal nor format: the kind, and both texts without the white space around them.
fn told<'t>(diff: &Diff, left: &'t str, right: &'t str) -> Vec<(&'static str, &'t str, &'t str)> {
    diff.edits()
        .filter(|edit| !matches!(edit.kind, EditKind::Equal | EditKind::Format(_)))
        .map(|edit| (edit.kind.name(), left[edit.left].trim(), right[edit.right].trim()))
        .collect()
}

fn formats(diff: &Diff) -> usize {
    diff.edits().filter(|edit| matches!(edit.kind, EditKind::Format(_))).count()
}

fn writer(seed: u64) -> Writer {
    Writer::new(Language::named("en"), seed)
}

/// A sentence with `marked` in its middle.
fn with(writer: &mut Writer, marked: &str) -> [String; 2] {
    let (before, after) = (writer.sentence(), writer.sentence());
    let half = |words: &[String]| words.join(" ");
    [half(&before.words) + " " + marked, half(&after.words)]
}

/// Paragraphs of a document, none of which is short.
fn paragraphs(writer: &mut Writer, count: usize) -> Vec<String> {
    let mut written = Vec::new();
    while written.len() < count {
        let paragraph = writer.paragraph();
        let text = writer.written_paragraph(&paragraph).trim().to_string();
        if text.len() >= 120 {
            written.push(text);
        }
    }
    written
}

const VALUES: [(&str, &str); 16] = [
    ("3.5", "35"),
    ("-5", "5"),
    ("$100", "€100"),
    ("50%", "50"),
    ("1,000", "1.000"),
    ("10-12", "1012"),
    ("a == b", "a != b"),
    ("C++", "C#"),
    ("👍", "👎"),
    ("its", "it's"),
    ("x > y", "x < y"),
    ("example.com", "examplecom"),
    ("a/b", "a b"),
    ("(late)", "late"),
    ("`late`", "late"),
    ("12:30", "1230"),
];

const FORMS: [(&str, &str); 12] = [
    ("\"late\"", "“late”"),
    ("'late'", "‘late’"),
    ("late - never", "late — never"),
    ("late...", "late…"),
    ("late, never", "late never"),
    ("late. never", "late never"),
    ("cooperate", "co-operate"),
    ("well-known", "well known"),
    ("LATE", "late"),
    ("late\nnever", "late never"),
    ("ﬁsh", "fish"),
    ("la\u{ad}te", "late"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn values_are_replaced_and_forms_are_format(seed in any::<u64>(), from_right in any::<bool>()) {
        for (pairs, are_values) in [(&VALUES[..], true), (&FORMS[..], false)] {
            for &(one, other) in pairs {
                let (one, other) = if from_right { (other, one) } else { (one, other) };
                let mut writer = writer(seed);
                let [before, after] = with(&mut writer, "");
                let (left, right) = (format!("{before}{one} {after}."), format!("{before}{other} {after}."));
                let diff = diff(&left, &right);
                let (changes, formats) = (told(&diff, &left, &right).len(), formats(&diff));
                prop_assert_eq!(changes > 0, are_values, "{} and {}: {:?}", one, other, diff);
                prop_assert_eq!(formats > 0, !are_values, "{} and {}: {:?}", one, other, diff);
            }
        }
    }

    #[test]
    fn inserted_and_deleted_passages_are_whole(seed in any::<u64>(), place in 0usize..5, what in 0usize..6, crlf in any::<bool>()) {
        let mut writer = writer(seed);
        let kept = paragraphs(&mut writer, 5);
        let new = paragraphs(&mut writer, 1).remove(0);
        let passage = match what {
            0 => new,
            1 => format!("<!-- {new} -->"),
            2 => format!("## {}", writer.word()),
            3 => format!("```\n{} = 1;\n```", writer.word()),
            4 => format!("> {new}"),
            _ => format!("({new})"),
        };
        let with_new = [&kept[..place], std::slice::from_ref(&passage), &kept[place..]].concat();
        let written = |paragraphs: &[String]| {
            let text = paragraphs.join("\n\n") + "\n";
            if crlf { text.replace('\n', "\r\n") } else { text }
        };
        let (short, long) = (written(&kept), written(&with_new));
        let passage = if crlf { passage.replace('\n', "\r\n") } else { passage };
        let inserted = diff(&short, &long);
        prop_assert_eq!(told(&inserted, &short, &long), vec![("insert", "", passage.as_str())]);
        prop_assert_eq!(formats(&inserted), 0);
        let deleted = diff(&long, &short);
        prop_assert_eq!(told(&deleted, &long, &short), vec![("delete", passage.as_str(), "")]);
        prop_assert_eq!(formats(&deleted), 0);
    }

    /// A sentence that is inserted into a paragraph is inserted with its full stop, and not with the one
    /// before it.
    #[test]
    fn inserted_sentences_are_whole(seed in any::<u64>(), place in any::<prop::sample::Index>()) {
        let mut writer = writer(seed);
        let mut sentences: Vec<String> = (0..6).map(|_| {
            let sentence = writer.sentence();
            writer.written(&sentence).trim().to_string()
        }).collect();
        let left = sentences.join(" ");
        let place = place.index(sentences.len() + 1);
        let sentence = writer.sentence();
        let new = writer.written(&sentence).trim().to_string();
        sentences.insert(place, new.clone());
        let right = sentences.join(" ");
        let diff = diff(&left, &right);
        prop_assert_eq!(told(&diff, &left, &right), vec![("insert", "", new.as_str())]);
    }

    /// Of two neighbours that change places, the smaller one moved, though the larger one was edited.
    #[test]
    fn the_smaller_of_two_neighbours_moves(seed in any::<u64>(), below in any::<bool>()) {
        let mut writer = writer(seed);
        let around = paragraphs(&mut writer, 2);
        let mut pair = paragraphs(&mut writer, 4);
        pair.sort_by_key(String::len);
        let small = pair.remove(0);
        let large = pair.join(" ");
        let edited: String = large
            .split_inclusive(' ')
            .enumerate()
            .map(|(index, word)| match index % 7 {
                3 if !word.contains('.') => "changed ",
                _ => word,
            })
            .collect();
        let order = |first: &str, second: &str| [&around[0], first, second, &around[1]].join("\n\n");
        let (left, right) = match below {
            true => (order(&small, &large), order(&edited, &small)),
            false => (order(&large, &small), order(&small, &edited)),
        };
        let diff = diff(&left, &right);
        let moves: Vec<_> =
            told(&diff, &left, &right).into_iter().filter(|edit| edit.0.starts_with("move")).collect();
        let expected = match below {
            true => vec![("move_from", small.as_str(), ""), ("move_to", "", small.as_str())],
            false => vec![("move_to", "", small.as_str()), ("move_from", small.as_str(), "")],
        };
        prop_assert_eq!(moves, expected);
    }

    /// Paragraphs that begin and end with the same words move whole.
    #[test]
    fn moved_paragraphs_keep_the_words_that_they_share_with_others(seed in any::<u64>(), shared in 1usize..4) {
        let mut writer = writer(seed);
        let head: String = (0..shared).map(|_| writer.word() + " ").collect();
        let tail: String = (0..shared).map(|_| " ".to_string() + &writer.word()).collect();
        let alike: Vec<String> = paragraphs(&mut writer, 6)
            .iter()
            .map(|text| format!("{head}{}{tail}.", text.trim_end_matches('.')))
            .collect();
        let mut moved = alike.clone();
        let shortest = (0..6).min_by_key(|&index| alike[index].len()).unwrap();
        let paragraph = moved.remove(shortest);
        moved.insert((shortest + 3) % 6, paragraph);
        let (left, right) = (alike.join("\n\n"), moved.join("\n\n"));
        let diff = diff(&left, &right);
        for (kind, before, after) in told(&diff, &left, &right) {
            prop_assert!(kind.starts_with("move"), "{}: {:?} {:?}", kind, before, after);
            let text = if before.is_empty() { after } else { before };
            let is_whole = |text: &str| alike.iter().any(|paragraph| paragraph == text);
            prop_assert!(text.split("\n\n").all(is_whole), "{:?} of {:?} and {:?}", text, left, right);
        }
    }

    /// Words of a list item that become part of another item did not move.
    #[test]
    fn list_items_do_not_move_into_other_items(seed in any::<u64>()) {
        let mut writer = writer(seed);
        let words = |writer: &mut Writer, count: usize| -> String {
            (0..count).map(|_| writer.word()).collect::<Vec<_>>().join(" ")
        };
        let items: Vec<String> = (0..5).map(|_| words(&mut writer, 14)).collect();
        let more = words(&mut writer, 4);
        let list = |items: &[String]| items.iter().map(|item| format!("- {item}\n")).collect::<String>();
        let left = list(&items);
        let right = list(&[
            items[1].clone(),
            items[2].clone(),
            items[3].clone(),
            format!("{more} {} {more}", items[0]),
            items[4].clone(),
        ]);
        let diff = diff(&left, &right);
        prop_assert!(told(&diff, &left, &right).iter().all(|edit| !edit.0.starts_with("move")), "{:?}", diff);
    }

    /// The slug of a title is a name, and not the title in another form.
    #[test]
    fn a_slug_is_no_format_of_its_title(seed in any::<u64>(), count in 2usize..7) {
        let mut writer = writer(seed);
        let words: Vec<String> = (0..count).map(|_| writer.word()).collect();
        let title: Vec<String> =
            words.iter().map(|word| word[..1].to_uppercase() + &word[1..]).collect();
        let (left, right) = (format!("{}\n", title.join(" ")), format!("{}\n", words.join("-")));
        let diff = diff(&left, &right);
        prop_assert!(formats(&diff) == 0 && !told(&diff, &left, &right).is_empty(), "{:?}", diff);
        // If one of both is deleted, the other stays unchanged.
        let both = format!("{left}{right}");
        for kept in [&left, &right] {
            let diff = refrain::diff(&both, kept);
            prop_assert_eq!(formats(&diff), 0, "{:?}", diff);
            prop_assert_eq!(told(&diff, &both, kept).len(), 1, "{:?} and {:?}: {:?}", both, kept, diff);
        }
    }

    /// Two texts that name the same address did not copy each other.
    #[test]
    fn addresses_are_no_copies(seed in any::<u64>(), alone in any::<bool>()) {
        let mut writer = writer(seed);
        let kept = paragraphs(&mut writer, 3);
        let path: Vec<String> = (0..8).map(|_| writer.word()).collect();
        let address = format!("https://example.org/{}.html", path.join("/"));
        let left = format!("{}\n\nSee {address}\n\n{}\n", kept[0], kept[1]);
        let new = if alone { address.clone() } else { format!("{} {address}", kept[2]) };
        let right = format!("{left}\n{new}\n");
        let diff = diff(&left, &right);
        prop_assert_eq!(told(&diff, &left, &right), vec![("insert", "", new.as_str())]);
    }

    /// A deletion of which a part stands elsewhere is one deletion.
    #[test]
    fn no_duplicate_divides_a_deletion(seed in any::<u64>(), whole in any::<bool>()) {
        let mut writer = writer(seed);
        let kept = paragraphs(&mut writer, 3);
        let own = paragraphs(&mut writer, 2);
        let shared = if whole { kept[0].clone() } else { kept[0][..kept[0].len() / 2].to_string() };
        let section = format!("## Section\n\n{}\n\n{shared}\n\n{}", own[0], own[1]);
        let left = [&kept[0], &kept[1], &section, &kept[2]].map(String::as_str).join("\n\n");
        let right = kept.join("\n\n");
        let diff = diff(&left, &right);
        prop_assert_eq!(told(&diff, &left, &right), vec![("delete", section.as_str(), "")]);
        prop_assert_eq!(formats(&diff), 0);
    }

    /// At the granularity of words, no end of a move cuts a word.
    #[test]
    fn ends_of_moves_cut_no_word(seed in any::<u64>()) {
        let mut writer = writer(seed);
        let mut blocks = paragraphs(&mut writer, 5);
        let left = blocks.join(" ");
        let moved = blocks.remove(1).replace("er", "ing");
        blocks.insert(3, moved);
        let right = blocks.join(" ");
        let diff = Differ::new().granularity(Granularity::Word).diff(&left, &right).unwrap();
        let is_inside = |text: &str, at: usize| {
            text[..at].ends_with(char::is_alphanumeric) && text[at..].starts_with(char::is_alphanumeric)
        };
        for edit in diff.edits() {
            if let EditKind::MoveTo { source, .. } = edit.kind {
                for (text, span) in [(&left, source), (&right, edit.right)] {
                    prop_assert!(!is_inside(text, span.start) && !is_inside(text, span.end), "{:?}", edit);
                }
            }
        }
    }
}

#[test]
fn a_language_of_a_fence_is_inserted() {
    for language in ["rust", "python", "console"] {
        let left = "Start the pump.\n\n```\nlet pump = 4;\n```\n\nWait.\n\n```\nstop();\n```\n";
        let right = left.replacen("```", &format!("```{language}"), 1);
        let diff = diff(left, &right);
        assert_eq!(told(&diff, left, &right), [("insert", "", language)]);
        assert_eq!(formats(&diff), 0);
    }
}
