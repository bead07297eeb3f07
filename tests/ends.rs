//! Guarantee: spans have exact ends. In scripts that separate words, a span starts and ends at whole words.
//! It includes the punctuation that touches them, up to white space, even if the other copy lacks it. There
//! is one test for each case, on repeats, on passages and on an index.

use refrain::{PassageFinder, PassageIndex, passages, repeats};

const BODY: &str = "nobody had expected the bridge to be finished before the winter set in over the valley";

/// Takes two forms of a copy, each given as (before, copy, after). Each is put into a text of its own, and
/// both into one text. The spans found must be exactly the given copies.
#[track_caller]
fn ends_are(one: (&str, &str, &str), two: (&str, &str, &str)) {
    let left = format!("Elsewhere it rains.{}{}{}And that was all of it.", one.0, one.1, one.2);
    let right = format!("Quite another beginning{}{}{}comes before some other end.", two.0, two.1, two.2);
    let expected = [one.1, two.1];

    let found = passages(&left, &right);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!([&left[found[0].left], &right[found[0].right]], expected);

    let both = format!("{left}\n\n{right}");
    let found = repeats(&both);
    assert_eq!(found.len(), 1, "{found:?}");
    let copies: Vec<&str> = found[0].occurrences.iter().map(|&span| &both[span]).collect();
    assert_eq!(copies, expected);

    let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
    index.add(&right).unwrap();
    let found = index.query(&left).unwrap().items;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!([&left[found[0].passage.left], &right[found[0].passage.right]], expected);
}

/// A copy with marks around it, and one without.
#[track_caller]
fn marks_belong(before: &str, after: &str) {
    ends_are((" ", &format!("{before}{BODY}{after}"), " "), ("\n", BODY, "\n"));
    // The reverse, in capitals.
    ends_are((" ", BODY, " "), ("\n\n", &format!("{before}{}{after}", BODY.to_uppercase()), "\n"));
}

#[test]
fn quotes() {
    for (before, after) in [
        ("\"", "\""),
        ("“", "”"),
        ("„", "“"),
        ("«", "»"),
        ("»", "«"),
        ("‘", "’"),
        ("'", "'"),
        ("「", "」"),
        ("‹", "›"),
    ] {
        marks_belong(before, after);
    }
    marks_belong("", ".”");
    marks_belong("«¿", "?»");
    marks_belong("“‘", "’”");
    marks_belong("—“", "”");
    marks_belong("(«", "»)");
}

#[test]
fn a_quote_between_two_words_belongs_to_the_text_that_it_closes_or_opens() {
    // A space is missing. The quotation mark before the copy closes the text before it.
    ends_are((" he said \"no\"", &format!("{BODY}."), " "), ("\n", BODY, "\n"));
    ends_are((" ", &format!("\"{BODY}\""), "said "), ("\n", BODY, "\n"));
    ends_are((" he said", &format!("\"{BODY}\""), " "), ("\n", BODY, "\n"));
    ends_are((" (he said “no.”", BODY, " "), ("\n", BODY, "\n"));
}

#[test]
fn brackets() {
    for (before, after) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("（", "）"),
        ("【", "】"),
        ("([", "])"),
        ("(", ".)"),
        ("(", "),"),
    ] {
        marks_belong(before, after);
    }
}

#[test]
fn dashes() {
    // A dash that touches the copy and has white space on its other side.
    for (before, after) in [("— ", ""), ("– ", ""), ("", " —"), ("", " - ")] {
        ends_are((&format!(" {before}"), BODY, &format!("{after} ")), ("\n", BODY, "\n"));
    }
    for dash in ["—", "–", "-"] {
        marks_belong(dash, "");
        marks_belong("", dash);
        // A dash between two words belongs to neither.
        ends_are((" ", BODY, &format!("{dash}unless ")), ("\n", BODY, "\n"));
        ends_are((&format!(" still{dash}"), BODY, " "), ("\n", BODY, "\n"));
    }
}

#[test]
fn a_lost_full_stop() {
    for stop in [".", "!", "?", "?!", "…", "...", ":", ";", ",", "。", "؟", "।"] {
        marks_belong("", stop);
        // The full stop is there, but the space after it is lost.
        ends_are((" ", &format!("{BODY}{stop}"), "However "), ("\n", BODY, "\n"));
    }
}

#[test]
fn no_span_extends_over_white_space() {
    for space in [" ", "\n", "\t", "\u{a0}", "\u{3000}", "\u{2003}"] {
        ends_are((&format!(" «{space}"), BODY, &format!("{space}»! ")), ("\n", BODY, "\n"));
    }
}

#[test]
fn whole_words() {
    // The words before the copies end in the same letters, and the words after them begin with the same
    // letters.
    ends_are((" strong ", BODY, " instead "), ("\nlong ", BODY, " indeed\n"));
    // One copy has lost its spaces. A capital after a small letter, or a digit, still shows where words end.
    let capital = format!("N{}", &BODY[1..]);
    ends_are((" strong ", &capital, " instead "), ("\nlong", &capital, "Indeed\n"));
    ends_are((" strong ", BODY, " 12 "), ("\nlong 7", BODY, "13 indeed\n"));
    // The word beyond one copy is a whole word beyond the other.
    ends_are((" Chelsea. ", BODY, " so "), ("\nsea. ", BODY, " sometimes\n"));
    ends_are((" notes: ", &format!("{BODY}:"), " for "), ("\nkeynotes: ", &format!("{BODY}:"), " forever\n"));
}

/// No end shows where `nobody` and `valley` begin and end in a text that has lost its spaces, so these words are
/// not in the spans: a span never starts or ends inside a word.
#[test]
fn a_word_that_is_glued_to_another_is_left_out() {
    let inner = BODY.strip_prefix("nobody ").and_then(|rest| rest.strip_suffix(" valley")).unwrap();
    ends_are((" strong nobody ", inner, " valley instead "), ("\nlongnobody ", inner, " valleyindeed\n"));
    // If all spaces are lost, there is no other word to begin with. Then the other copy shows where words are.
    let squeezed = BODY.replace(' ', "");
    ends_are((" strong ", BODY, " instead "), ("\nlong", &squeezed, "indeed\n"));
}

/// A short word that is equal beyond the end of a line is chance.
#[test]
fn a_word_beyond_a_line_break() {
    let body = &format!("{BODY}.");
    ends_are((" he said.\n\n", body, "\n\nHe left "), ("\nthey said.\n\n", body, "\n\nHe went\n"));
    ends_are((" he said.", body, "He left "), ("\nthey said.\n\n", body, "\n\nHe went\n"));
    // A line that both copies have belongs to them.
    ends_are(
        (" a\n\n", &format!("Weather.\n\n{BODY}"), " b "),
        ("\nc\n", &format!("Weather.\n{BODY}"), " d\n"),
    );
}

/// The text after the second of two copies may begin as the copies do. (After three copies it would belong to
/// a periodic stretch.)
#[test]
fn copies_in_a_row() {
    let copy = "Rain fell on the hills all night. Rain fell in the valley, too, until the banks gave way.";
    for after in [
        "\n\nRain is expected again on Monday.",
        " R.",
        "\n\nRain fell once more, they say.",
        "\n\nRa\u{301}in is not rain.",
    ] {
        let text = format!("News.\n{copy}\n\n{copy}{after}");
        let found = repeats(&text);
        assert_eq!(found.len(), 1, "{found:?}");
        let spans: Vec<&str> = found[0].occurrences.iter().map(|&span| &text[span]).collect();
        assert_eq!(spans, [copy, copy], "{after}");
    }
}

#[test]
fn combining_marks() {
    let ends_in = |last: &str| format!("{BODY} near the old {last}");
    // The same word in two forms: the mark belongs to the letter before it.
    ends_are((" ", &ends_in("caf\u{e9}"), " "), ("\n", &ends_in("cafe\u{301}"), "\n"));
    ends_are((" ", &ends_in("vi\u{1ec7}c"), " "), ("\n", &ends_in("vie\u{323}\u{302}c"), "\n"));
    ends_are((" ", &ends_in("\u{c5}"), " "), ("\n", &ends_in("A\u{30a}"), "\n"));
    // A mark changes the last letter, and so the word.
    ends_are(
        (" ", &format!("{BODY} near the old"), " cafe "),
        ("\n", &format!("{BODY} near the old"), " cafe\u{301}\n"),
    );
    // The same at the start.
    let starts_with = |first: &str| format!("{first}tes later {BODY}");
    ends_are((" ", &starts_with("\u{e9}"), " "), ("\n", &starts_with("e\u{301}"), "\n"));
    // Marks that do not compose with a letter: vowel signs, tone marks.
    let hindi = "नदी सोमवार की रात को अपने तटों से ऊपर उठ गई और गाँव के सारे लोग सुबह तक जागते रहे कि";
    ends_are((" ", hindi, " "), ("\n", hindi, "\n"));
    let thai = "สายน้ำสูงขึ้นในคืนวันจันทร์ ชาวบ้านช่วยกันขนกระสอบทรายจนรุ่งเช้า และไม่มีใครได้นอนเลยทั้งหมู่";
    ends_are((" ", thai, " "), ("\n", thai, "\n"));
    let vowels = "وصل القطار إلى المحطة متأخرا في ذلك المساء ولم يكن أحد ينتظر على الرصيف العجوزُ";
    ends_are((" ", vowels, " "), ("\n", vowels, "\n"));
}

#[test]
fn ignorable_characters() {
    // Soft hyphens and zero-width spaces inside words belong to the copy. Those next to a mark of the copy
    // belong to it too.
    ends_are((" ", &BODY.replace("expected", "ex\u{ad}pec\u{ad}ted"), " "), ("\n", BODY, "\n"));
    ends_are((" ", &format!("“\u{200b}{BODY}\u{200b}”"), " "), ("\n", BODY, "\n"));
}
