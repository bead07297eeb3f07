//! Guarantee: spans slice the caller's text, copies are found, and spans end where a reader expects it.

use proptest::prelude::*;
use refrain::{PassageFinder, Span, cleaned, passages, repeats};

#[path = "oracle/mod.rs"]
mod oracle;
mod texts;

fn well_formed(text: &str, span: Span) -> bool {
    span.start < span.end && text.is_char_boundary(span.start) && text.is_char_boundary(span.end)
}

/// Texts made from a few pieces, so that they repeat at every scale.
fn pieced() -> impl Strategy<Value = String> {
    let pieces = [
        "The river rose above its banks on Monday night. ",
        "the river ROSE above its banks on monday night",
        "Volunteers carried sandbags until dawn,\n\nwhile the mayor spoke of a miracle.",
        "水位在星期一晚上上升到历史最高点，志愿者一直工作到天亮。",
        "木匠用旧门板给学校做了三十张小板凳",
        "港のそばの小さな図書館は、台風でぬれた本を乾かした。",
        "ライブハウスのカレンダー",
        "오래된 물레방아가 올봄에 다시 돌기 시작했다. ",
        "Die Bürger trugen Sandsäcke bis zum Morgengrauen; der Bürgermeister dankte.",
        "สายน้ำสูงขึ้นในคืนวันจันทร์ ชาวบ้านช่วยกันจนรุ่งเช้า",
        "e\u{301}te\u{301}",
        "été",
        " ",
        "\n",
        "a",
        "ha",
        "«",
        "\u{ad}",
        "नदी सोमवार की रात को अपने तटों से ऊपर उठ गई।",
    ];
    proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..24)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn no_text_panics_and_spans_slice_it(text in prop_oneof![pieced(), any::<String>(), "[ab]{0,400}", "(abc){0,90}"]) {
        for nested in [false, true] {
            let finder = PassageFinder::new().suppressed(true).min_length(12).nested(nested);
            let found = finder.within(&finder.prepare(&text).unwrap()).unwrap();
            for repeat in found.items.iter().chain(&found.suppressed) {
                prop_assert!(repeat.occurrences.len() > 1);
                prop_assert!((0.0..=1.0).contains(&repeat.identity));
                prop_assert!(repeat.occurrences.iter().all(|&span| well_formed(&text, span)));
                prop_assert!(repeat.occurrences.windows(2).all(|pair| pair[0].end <= pair[1].start));
            }
        }
        let _ = cleaned(&text);
    }

    #[test]
    fn no_pair_panics_and_spans_slice_both_texts(left in pieced(), right in prop_oneof![pieced(), any::<String>()]) {
        for passage in passages(&left, &right) {
            prop_assert!(well_formed(&left, passage.left) && well_formed(&right, passage.right));
            prop_assert!((0.0..=1.0).contains(&passage.identity));
        }
    }

    /// The reported passages are the same with and without the list of suppressed passages.
    #[test]
    fn reported_passages_do_not_depend_on_the_list_of_suppressed_ones(
        left in pieced(), right in pieced(), nested in any::<bool>(), order_free in any::<bool>(), min_length in 8usize..60,
    ) {
        let finder = PassageFinder::new().suppressed(true).min_length(min_length).nested(nested).order_free(order_free);
        let short = finder.clone().suppressed(false);
        let (l, r) = (finder.prepare(&left).unwrap(), finder.prepare(&right).unwrap());
        let (within, reported) = (finder.within(&l).unwrap(), short.within(&l).unwrap());
        prop_assert_eq!((&within.items, within.capped), (&reported.items, reported.capped));
        prop_assert!(reported.suppressed.is_empty());
        let (between, reported) = (finder.between(&l, &r).unwrap(), short.between(&l, &r).unwrap());
        prop_assert_eq!((&between.items, between.capped), (&reported.items, reported.capped));
        prop_assert!(reported.suppressed.is_empty());
    }

    /// With `nested` on, passages move from the suppressed list to the reported list; nothing else changes.
    #[test]
    fn nested_only_moves_passages_between_the_lists(left in pieced(), right in pieced(), order_free in any::<bool>()) {
        let finder = PassageFinder::new().suppressed(true).min_length(12).order_free(order_free);
        let (l, r) = (finder.prepare(&left).unwrap(), finder.prepare(&right).unwrap());
        let few = finder.between(&l, &r).unwrap();
        let many = finder.clone().nested(true).between(&l, &r).unwrap();
        prop_assert!(few.items.iter().all(|passage| many.items.contains(passage)));
        prop_assert!(many.suppressed.iter().all(|passage| few.suppressed.contains(passage)));
        let all = |found: &refrain::Found<refrain::Passage>| {
            let mut all: Vec<(Span, Span)> =
                found.items.iter().chain(&found.suppressed).map(|passage| (passage.left, passage.right)).collect();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(all(&few), all(&many));
    }

    #[test]
    fn invalid_utf8_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let finder = PassageFinder::new().suppressed(true);
        let doubled = [&bytes[..], &bytes].concat();
        let prepared = finder.prepare_bytes(&doubled).unwrap();
        for repeat in finder.within(&prepared).unwrap().items {
            prop_assert!(repeat.occurrences.iter().all(|span| span.end <= doubled.len()));
        }
    }

    /// The exact-copy guarantee between two texts: every common stretch of N letters is inside a
    /// passage, unless a limit left something out and counted it.
    #[test]
    fn exact_copies_between_texts_are_covered(left in pieced(), right in pieced()) {
        let finder = PassageFinder::new().suppressed(true).min_length(8).order_free(false);
        let found = finder.between(&finder.prepare(&left).unwrap(), &finder.prepare(&right).unwrap()).unwrap();
        let all: Vec<(Span, Span)> =
            found.items.iter().chain(&found.suppressed).map(|passage| (passage.left, passage.right)).collect();
        for (l, r) in oracle::common_stretches(&left, &right, PassageFinder::GUARANTEED) {
            let covered = all.iter().any(|(left, right)| oracle::mostly(*left, l) && oracle::mostly(*right, r));
            prop_assert!(covered || found.capped.pairs > 0, "{l} and {r} of {left:?} and {right:?}: {all:?}");
        }
    }
}

proptest! {
    /// The exact-copy guarantee inside one text, checked on all pairs of positions: if two stretches of N
    /// letters are equal, both are inside occurrences of one repeat (or inside its periods),
    /// reported or suppressed.
    #[test]
    fn exact_copies_within_a_text_are_covered(text in prop_oneof![pieced(), doubled()]) {
        let finder = PassageFinder::new().suppressed(true).nested(true);
        let found = finder.within(&finder.prepare(&text).unwrap()).unwrap();
        let repeats: Vec<_> = found.items.iter().chain(&found.suppressed).collect();
        for (l, r) in oracle::repeated_stretches(&text, PassageFinder::GUARANTEED) {
            let holds = |repeat: &refrain::Repeat, stretch| {
                repeat.occurrences.iter().any(|&span| oracle::mostly(span, stretch))
            };
            // Stretches that overlap or touch may extend over several periods.
            let whole = |repeat: &refrain::Repeat| {
                let (first, last) = (repeat.occurrences[0], repeat.occurrences[repeat.occurrences.len() - 1]);
                oracle::mostly(Span::new(first.start, last.end), Span::new(l.start, r.end))
            };
            let covered = repeats.iter().any(|repeat| {
                holds(repeat, l) && holds(repeat, r) || l.end >= r.start && whole(repeat) || repeat.period.is_some() && whole(repeat)
            });
            prop_assert!(covered || found.capped.pairs > 0, "{l} and {r} of {text:?}: {repeats:?}");
        }
    }
}

proptest! {
    /// If white space separates all sentences before cleaning, it still does afterwards: no words are glued
    /// together.
    #[test]
    fn cleaned_glues_no_words(
        parts in proptest::collection::vec((0u64..5, 0usize..40, proptest::sample::select(vec![" ", "\n", "\n\n", "  "])), 0..12),
    ) {
        let text: String = parts
            .iter()
            .map(|&(number, from, space)| {
                // The part starts at a word, so copies begin inside sentences.
                let sentence = oracle::filler(number);
                let from = sentence[..from].rfind(' ').map_or(0, |at| at + 1);
                format!("{} {}{space}", &sentence[from..], &oracle::filler(number + 1)[..1 + from].trim_end())
            })
            .collect();
        let words: std::collections::HashSet<&str> = text.split_whitespace().collect();
        let once = cleaned(&text);
        for word in once.split_whitespace() {
            prop_assert!(words.contains(word), "{word:?} in {once:?} of {text:?}");
        }
    }
}

/// Unrelated sentences. Some of them occur several times, with small edits.
fn doubled() -> impl Strategy<Value = String> {
    let piece = (0u64..6, 0usize..60, any::<bool>()).prop_map(|(number, from, edited)| {
        let sentence = oracle::filler(number);
        let sentence = &sentence[from..];
        if edited { sentence.replacen(" ka", " le", 1) } else { sentence.to_string() }
    });
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.join(" "))
}

#[test]
fn ends_take_the_punctuation_that_touches_them() {
    let body = "nobody had expected the bridge to be finished before the winter set in over the valley";
    for (before, after, outside) in [
        ("\"", "\"", ""),
        ("(", ")", ""),
        ("«", "»", ""),
        ("„", "“", ""),
        ("¿", "?", ""),
        ("", ".", ""),
        ("", "?!", ""),
        ("—", "", ""),
        ("", ".\"", ""),
        ("[", "],", ""),
        ("", "", " - "),
    ] {
        let text =
            format!("Elsewhere it rains. {before}{body}{after}{outside} And this is other text.\n\n{body}");
        let found = repeats(&text);
        assert_eq!(found.len(), 1, "{text}");
        let copies: Vec<&str> = found[0].occurrences.iter().map(|&span| &text[span]).collect();
        assert_eq!(copies, [&format!("{before}{body}{after}")[..], body]);
    }
}

#[test]
fn ends_are_drawn_back_to_whole_words_and_whole_characters() {
    let body = "de kinderen speelden tot laat in de avond op het plein voor de oude kerk van het dorp";
    // Both texts before the copies end in `g`, which is not part of the copy.
    let text = format!("De regering moet weg\n\n{body}\n\nen onze liveblog\n\n{body} eind");
    let copies: Vec<&str> = repeats(&text)[0].occurrences.iter().map(|&span| &text[span]).collect();
    assert_eq!(copies, [body, body]);
    // A mark after the last common letter makes it another character.
    let marked = format!("{body} cafe\u{301} één.\n\n{body} cafe twee.");
    let copies: Vec<&str> = repeats(&marked)[0].occurrences.iter().map(|&span| &marked[span]).collect();
    assert_eq!(copies, [body, body]);
}

/// The copy has enough words to be found without regard to order too. Spans of that search end at the ends of
/// sentences.
#[test]
fn a_short_exact_copy_keeps_its_exact_ends() {
    let body = "the harbour master counted nineteen wooden boats before the fog closed over the northern pier, and wrote \
                each name down in a book";
    let (one, two) = (oracle::filler(1), oracle::filler(2));
    for (before, after) in
        [("", ""), ("Late on Sunday ", ", as he always did"), (&format!("{one} "), &format!(". {one}"))]
    {
        for (left, right) in [
            (format!("{before}{body}{after}."), format!("{body}.")),
            (format!("{two} {body}."), format!("{before}{body}{after}.")),
            (format!("{body}. {two} {before}{body}{after}."), format!("{body}.")),
        ] {
            for (left, right) in [(&left, &right), (&right, &left)] {
                let found = passages(left, right);
                assert!(!found.is_empty(), "{left:?} and {right:?}");
                for passage in found {
                    assert_eq!(passage.identity, 1.0);
                    for copy in [&left[passage.left], &right[passage.right]] {
                        assert_eq!(copy.trim_end_matches([',', '.']), body);
                    }
                }
            }
        }
    }
}

#[test]
fn many_copies_are_one_repeat() {
    let body = "Subscribe to our newsletter and never miss the stories that matter to your neighbourhood.";
    let text: String = (0..50).map(|n| format!("{} {body}\n\n", oracle::filler(n))).collect();
    let found = repeats(&text);
    let copies: Vec<Vec<&str>> =
        found.iter().map(|repeat| repeat.occurrences.iter().map(|&span| &text[span]).collect()).collect();
    assert_eq!(found.len(), 1, "{copies:?}");
    assert_eq!(found[0].occurrences.len(), 50);
    assert!(found[0].occurrences.iter().all(|&span| &text[span] == body));
}

#[test]
fn a_periodic_stretch_is_one_repeat() {
    let line = "All work and no play makes Jack a dull boy.\n";
    let found = repeats(&line.repeat(300));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].occurrences.len(), 300);
    assert_eq!(found[0].period.unwrap().characters, 33);
    let ones = "a".repeat(10_000);
    let found = repeats(&ones);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].period.unwrap().characters, 1);
    assert_eq!((found[0].occurrences[0].start, found[0].occurrences.last().unwrap().end), (0, 10_000));
}

#[test]
fn cleaned_keeps_the_best_formatted_copy_and_glues_no_words() {
    let first = "Rain fell all night. By morning the square was a lake.\n\nNobody could cross it.";
    let glued = "Rain fell all night. By morning the square was a lake.Nobody could cross it.";
    let text = format!("News of the day.\n\n{first}\n\nA word from us.\n\n{glued}\n\nThe end.");
    assert_eq!(cleaned(&text), format!("News of the day.\n\n{first}\n\nA word from us.\n\nThe end."));
    assert!(matches!(cleaned("nothing stands here twice"), std::borrow::Cow::Borrowed(_)));
}

/// The copies are found shifted by the beginning of the next sentence. The second copy must still be cut
/// completely.
#[test]
fn cleaned_cuts_all_of_the_second_of_two_copies_in_a_row() {
    let copy = "Rain fell all night over the valley and the river rose above its banks. By morning the square was a lake, and \
                nobody could cross it.";
    for next in ["Rain is expected again tomorrow.", "Rain fell here too.", "Then it was dry.", ""] {
        for (before, between, after) in [
            ("", "\n\n", "\n\n"),
            ("News.\n\n", " ", " "),
            ("News. ", "", ""),
            ("", "", "\n\n"),
            ("News.\n", "\n\n", " "),
        ] {
            let text = format!("{before}{copy}{between}{copy}{after}{next}");
            // The first copy is a line of its own, and the second one begins a longer line: the second stays.
            let is_lead = before.ends_with('\n') && between == "\n\n" && after == " " && !next.is_empty();
            let space = if after.len() > between.len() || is_lead { after } else { between };
            assert_eq!(
                cleaned(&text).trim_end(),
                format!("{before}{copy}{space}{next}").trim_end(),
                "{text:?}"
            );
        }
    }
}

#[test]
fn cleaned_keeps_sentences_apart_where_it_cuts_inside_a_copy() {
    let copy = "over the hills and far away. By morning the square was a lake, and nobody could cross it without a boat or \
                a raft. Some of them";
    let (one, two) = ("At noon the mayor and her dog went", "Nobody had told the miller, who walked alone");
    let text = format!("{one} {copy} swam to the church.\n\n{two} {copy} ran.\n\nEnd.");
    assert_eq!(
        cleaned(&text),
        format!(
            "{one} {copy} swam to the church.\n\n{two} over the hills and far away. Some of them ran.\n\nEnd."
        )
    );
}

#[test]
fn edited_and_moved_blocks_are_one_passage_each() {
    let (one, two) = (oracle::filler(1), oracle::filler(2));
    let edited = one.replacen("of", "from", 1);
    let left = format!("{one}\n\n{two}");
    let right = format!("{two}\n\n{edited}");
    let found = passages(&left, &right);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn settings_out_of_range_are_refused() {
    assert!(PassageFinder::new().min_length(3).prepare("text").unwrap_err().is_setting());
    assert!(PassageFinder::new().max_gap(1 << 30).validate().unwrap_err().is_setting());
}

#[test]
fn public_types_cross_threads() {
    fn crosses<T: Send + Sync + std::panic::UnwindSafe>() {}
    crosses::<refrain::Repeat>();
    crosses::<refrain::Passage>();
    crosses::<PassageFinder>();
    fn shared<T: Send + Sync>() {}
    shared::<refrain::Error>();
    shared::<refrain::Prepared<'_>>();
}

/// A sentence of this many characters that stands twice in other text is found by default, and half of it is not.
#[test]
fn a_sentence_that_stands_twice_is_found_in_every_script() {
    // The first character, how many follow it in the alphabet, and the length of the sentence.
    let alphabets = [
        ('a', 26, 64),
        ('а', 32, 64),
        ('ก', 46, 64),
        ('ا', 10, 64),
        ('一', 9000, 26),
        ('ぁ', 80, 31),
        ('가', 9000, 31),
    ];
    for (first, size, length) in alphabets {
        let mut random = texts::Random(u64::from(u32::from(first)));
        let mut sentence = |length: usize| -> String {
            let next = |_| char::from_u32(u32::from(first) + (random.next() >> 40) as u32 % size).unwrap();
            (0..length).map(next).collect()
        };
        for (length, times) in [(length, 1), (length / 2, 0)] {
            let copied = sentence(length);
            let text = format!("{}. {copied}. {}. {copied}. {}.", sentence(90), sentence(90), sentence(90));
            let found = repeats(&text);
            assert_eq!(found.len(), times, "{length} from {first:?}: {text}");
            for span in found.iter().flat_map(|repeat| &repeat.occurrences) {
                assert_eq!(text[*span].trim_end_matches('.'), copied);
            }
        }
    }
}

/// Text that stands between copies belongs to none of them, wherever the first copy begins.
#[test]
fn a_period_holds_nothing_that_stands_between_copies() {
    let body = "The market garden behind the station sold its last cabbages on Saturday and closed for the winter. Its two owners \
                have grown vegetables there for nineteen years, and they never once hired a tractor.";
    let between = [
        "A grey cat was found asleep in the letter box.",
        "The swimming pool opens an hour later from Monday on.",
    ];
    let text = format!(
        "{body}\n\n{}\n\nBeans sold out early. {body}\n\n{}\n\nBeans sold out early. {body}",
        between[0], between[1]
    );
    let found = repeats(&text);
    assert!(!found.is_empty());
    for repeat in &found {
        assert_eq!(repeat.period, None, "{found:?}");
        for &span in &repeat.occurrences {
            assert!(between.iter().all(|line| !text[span].contains(line)), "{:?}", &text[span]);
        }
    }
}
