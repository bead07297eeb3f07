//! The scan: text to folded characters with their byte offsets. The only room that knows Unicode.
//!
//! In: the caller's UTF-8 (or bytes, of which invalid stretches count as separators). Out, in text order,
//! to a [`Sink`]: each letter, mark and digit folded, with the bytes it came from and its [`Class`], and
//! the separators between them. Nothing is copied and no normalised text exists.
//!
//! **Folding.** Ignorable code points (soft hyphen, zero-width, bidi controls, variation selectors,
//! tatweel) are dropped; a few kinds of compatibility forms (full and half width, Arabic presentation
//! forms, ligatures, mathematical alphabets, radicals) become the letters they stand for; then simple case
//! folding; then canonical composition (NFC). So `Ａ`, `a` and `A` meet, as do both spellings of `é`,
//! and `x²` stays apart from `x2`. Folding never looks beyond a starter and the marks that follow it, so
//! the text under a span folds to the same characters alone as in place.
//!
//! **Idea.** One look in a two-stage table gives class, combining class and the distance to the folded
//! character. ASCII runs go to the sink as they stand. A starter is held back for one step, because a
//! mark behind it may join it; only where one does (or marks stand out of order) does a cluster take the slow
//! path of [`compose`], which normalises it as `unicode-normalization` defines.
//!
//! **Cost.** Linear, but that a cluster of `m` marks out of order costs `m log m`. **Source.** UAX #15 (normalisation), `CaseFolding.txt` statuses C and S; the
//! tables are written by `tools/unicode-tables`.

pub(crate) mod block;
mod compose;
mod grapheme;
mod tables;

pub(crate) use grapheme::is_cluster_break;
pub(crate) use tables::UNICODE;

/// What a character is to the rooms behind the scan.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
#[allow(dead_code, reason = "some classes are only made by the table")]
pub(crate) enum Class {
    /// White space within a line.
    Space,
    /// A line or paragraph break.
    Line,
    /// Punctuation that ends a sentence: `. ! ? … 。 ؟ ।`
    Terminal,
    /// An opening bracket, a low quotation mark, `¿`.
    Opening,
    /// A closing bracket.
    Closing,
    /// A quotation mark that may open or close: `' " « » “ ”`.
    Quote,
    /// A dash or hyphen.
    Dash,
    /// Other punctuation: `, ; : / &`.
    Point,
    /// Symbols, controls, unassigned code points, invalid bytes.
    Symbol,
    /// Dropped everywhere; never reported.
    Ignorable,
    /// A letter in upper or title case. From here on a class is *kept*: folded and reported as text.
    Upper,
    /// A letter in lower case.
    Lower,
    /// A letter of a script without case.
    Letter,
    /// A digit or other number.
    Digit,
    /// A combining mark; it belongs to the character before it.
    Mark,
    /// Han, Kana and their like: written without spaces, about two to a word.
    Ideograph,
    /// A letter of a script written without spaces, about four to a word: Thai, Lao, Khmer, Burmese.
    Unspaced,
}

impl Class {
    /// Whether characters of the class are text; the others separate.
    #[inline(always)]
    pub(crate) fn is_kept(self) -> bool {
        self >= Class::Upper
    }

    /// White space of any kind.
    #[inline]
    pub(crate) fn is_white(self) -> bool {
        self <= Class::Line
    }

    /// Whether words of this class are set apart by spaces.
    #[inline]
    pub(crate) fn is_spaced(self) -> bool {
        matches!(self, Class::Upper | Class::Lower | Class::Letter | Class::Digit)
    }
}

/// What the table holds for a code point.
#[derive(Clone, Copy)]
pub(crate) struct Record {
    /// Distance from the code point to the character it folds to.
    delta: i32,
    class: Class,
    /// Canonical combining class of the folded character.
    combining: u8,
    flags: u8,
}

/// The code point folds to none or several characters (`tables::EXPANSIONS`).
const MULTI: u8 = 1;
/// The folded character may join the one before it (NFC_QC = Maybe).
const COMBINER: u8 = 2;

impl Record {
    /// For the generated tables.
    const fn of(class: u8, combining: u8, flags: u8, delta: i32) -> Record {
        const CLASSES: [Class; 17] = [
            Class::Space,
            Class::Line,
            Class::Terminal,
            Class::Opening,
            Class::Closing,
            Class::Quote,
            Class::Dash,
            Class::Point,
            Class::Symbol,
            Class::Ignorable,
            Class::Upper,
            Class::Lower,
            Class::Letter,
            Class::Digit,
            Class::Mark,
            Class::Ideograph,
            Class::Unspaced,
        ];
        Record { delta, class: CLASSES[class as usize], combining, flags }
    }

    /// Whether the character can change, or be changed by, the one before it.
    #[inline(always)]
    fn joins(self) -> bool {
        (self.combining != 0)
            | (self.flags & COMBINER != 0)
            | (self.flags & MULTI != 0 && self.class == Class::Mark)
    }
}

/// The record of a code point.
#[inline(always)]
fn record(ch: char) -> Record {
    record_at(ch as usize)
}

/// The record of a code point given by its number.
#[inline(always)]
const fn record_at(code: usize) -> Record {
    let leaf = tables::INDEX[code >> tables::SHIFT] as usize;
    let entry = tables::LEAVES[(leaf << tables::SHIFT) | (code & ((1 << tables::SHIFT) - 1))];
    tables::RECORDS[entry as usize]
}

/// The class of a code point, before folding.
#[inline]
pub(crate) fn class(ch: char) -> Class {
    record(ch).class
}

/// The folded form and class of the ASCII bytes; a separator folds to itself.
pub(crate) static ASCII: [(u8, Class); 128] = {
    let mut table = [(0, Class::Symbol); 128];
    let mut byte = 0;
    while byte < 128 {
        let record = record_at(byte);
        table[byte] = ((byte as i32 + record.delta) as u8, record.class);
        byte += 1;
    }
    table
};

/// Takes what the scan finds, in text order. Offsets are bytes of the caller's text.
pub(crate) trait Sink {
    /// A run of ASCII, as it stands in the text (not folded), from byte `start`. Its characters fold by
    /// [`ASCII`]; none of them joins another.
    fn ascii(&mut self, start: usize, run: &[u8]);

    /// A folded character that came from the bytes `start..end`. Characters that came from one cluster
    /// have the same bytes, which then come several times running.
    fn kept(&mut self, start: usize, end: usize, folded: char, class: Class);

    /// A separator at `start..end`.
    fn separator(&mut self, start: usize, end: usize, class: Class);

    /// A cluster begins at `start` that joins nothing before it, though it begins with a mark.
    fn cluster(&mut self, _start: usize) {}
}

/// Longest ASCII run handed over at once: small enough that a second look at it finds it in cache.
const RUN: usize = 4096;

/// Scans `text`, whose first byte is byte `base` of the caller's text.
pub(crate) fn walk<S: Sink>(text: &str, base: usize, sink: &mut S) {
    let bytes = text.as_bytes();
    let mut cluster = compose::Cluster::default();
    let mut at = 0;
    while at < bytes.len() {
        let alone = ascii_alone(&bytes[at..]);
        if alone > 0 {
            sink.ascii(base + at, &bytes[at..at + alone]);
            at += alone;
        } else {
            at = wide(text, at, base, &mut cluster, sink);
        }
    }
}

/// Scans bytes that may not be UTF-8: each invalid stretch is one separator of class `Symbol`.
pub(crate) fn walk_bytes<S: Sink>(bytes: &[u8], base: usize, sink: &mut S) {
    walk_valid(bytes, base, sink, walk);
}

/// [`walk_bytes`], the valid stretches by a walk of the caller's.
pub(crate) fn walk_valid<S: Sink>(
    bytes: &[u8],
    base: usize,
    sink: &mut S,
    walk: impl Fn(&str, usize, &mut S),
) {
    let mut at = base;
    for chunk in bytes.utf8_chunks() {
        walk(chunk.valid(), at, sink);
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            sink.separator(at, at + chunk.invalid().len(), Class::Symbol);
            at += chunk.invalid().len();
        }
    }
}

/// How many bytes from the start are ASCII that nothing joins, up to [`RUN`].
#[inline]
pub(crate) fn ascii_alone(bytes: &[u8]) -> usize {
    let run = ascii_run(bytes);
    // The last byte before a wide character may be the base of a combining mark: it goes the wide way.
    if run == bytes.len() || bytes[run].is_ascii() { run } else { run.saturating_sub(1) }
}

/// Whether the character is not dropped and joins none before it.
pub(crate) fn starts(ch: char) -> bool {
    let found = record(ch);
    found.class != Class::Ignorable && !(found.class.is_kept() && found.joins())
}

/// How many bytes from the start are ASCII, up to [`RUN`].
#[inline]
fn ascii_run(bytes: &[u8]) -> usize {
    let bytes = &bytes[..bytes.len().min(RUN)];
    let mut run = 0;
    for block in bytes.chunks_exact(32) {
        if block.iter().fold(0, |all, byte| all | byte) >= 0x80 {
            break;
        }
        run += 32;
    }
    run + bytes[run..].iter().take_while(|byte| byte.is_ascii()).count()
}

/// A character seen and not yet handed over, since a mark behind it may join it.
#[derive(Clone, Copy)]
struct Held {
    start: usize,
    end: usize,
    folded: char,
    class: Class,
}

/// So many bytes of ASCII ahead end the wide path, so that single letters between accented ones do not end it.
const ASCII_AHEAD: usize = 16;

/// Scans from `at` through text that is not all ASCII; returns where a longer ASCII run begins, or the end.
fn wide<S: Sink>(
    text: &str,
    mut at: usize,
    base: usize,
    cluster: &mut compose::Cluster,
    sink: &mut S,
) -> usize {
    let bytes = text.as_bytes();
    let mut held: Option<Held> = None;
    let release = |held: &mut Option<Held>, sink: &mut S| {
        if let Some(h) = held.take() {
            sink.kept(base + h.start, base + h.end, h.folded, h.class);
        }
    };
    let first = at;
    while at < bytes.len() {
        if at != first
            && bytes[at].is_ascii()
            && bytes.len() - at > ASCII_AHEAD
            && bytes[at..=at + ASCII_AHEAD].is_ascii()
        {
            break;
        }
        let ch = decode(text, at);
        let end = at + ch.len_utf8();
        let found = record(ch);
        if found.class.is_kept() {
            if !found.joins() & (found.flags & MULTI == 0) {
                release(&mut held, sink);
                held = Some(Held { start: at, end, folded: fold(ch, found), class: found.class });
                at = end;
            } else if held.as_ref().is_some_and(|held| compose::is_apart(text, held.folded, found, end)) {
                release(&mut held, sink);
                sink.kept(base + at, base + end, fold(ch, found), found.class);
                at = end;
            } else {
                // A cluster starts at the character held, or here where nothing is held or this one is no mark.
                if !found.joins() {
                    release(&mut held, sink);
                }
                if held.is_none() {
                    sink.cluster(base + at);
                }
                at = cluster.take(text, held.as_ref().map_or(at, |h| h.start), at, base, sink);
                held = None;
            }
        } else {
            if found.class != Class::Ignorable {
                release(&mut held, sink);
                sink.separator(base + at, base + end, found.class);
            }
            at = end;
        }
    }
    release(&mut held, sink);
    at
}

/// The character at byte `at`, a character boundary before the end.
#[inline(always)]
fn decode(text: &str, at: usize) -> char {
    text[at..].chars().next().expect("a character starts before the end of the text")
}

/// The folded character of a record without [`MULTI`].
#[inline(always)]
fn fold(ch: char, record: Record) -> char {
    char::from_u32((ch as u32).wrapping_add_signed(record.delta)).unwrap_or(ch)
}

/// What a code point marked [`MULTI`] folds to.
fn expansion(ch: char) -> &'static str {
    match tables::EXPANSIONS.binary_search_by_key(&(ch as u32), |entry| entry.0) {
        Ok(index) => tables::EXPANSIONS[index].1,
        Err(_) => "",
    }
}

/// The first bytes, where there are so many; else all of them, in `room`, with zeros behind.
#[inline(always)]
pub(crate) fn padded<'a, const COUNT: usize>(bytes: &'a [u8], room: &'a mut [u8; COUNT]) -> &'a [u8; COUNT] {
    bytes.first_chunk().unwrap_or_else(|| {
        room[..bytes.len()].copy_from_slice(bytes);
        room[bytes.len()..].fill(0);
        room
    })
}

/// The character that starts at byte `at`, with its class and length; `None` at the end. An invalid byte is a
/// symbol of length one.
pub(crate) fn after(bytes: &[u8], at: usize) -> Option<(char, Class, usize)> {
    let first = *bytes.get(at)?;
    if first.is_ascii() {
        return Some((first as char, ASCII[first as usize].1, 1));
    }
    let rest = &bytes[at..bytes.len().min(at + 4)];
    let ch = match rest.utf8_chunks().next()?.valid().chars().next() {
        Some(ch) => ch,
        None => return Some((char::REPLACEMENT_CHARACTER, Class::Symbol, 1)),
    };
    Some((ch, class(ch), ch.len_utf8()))
}

/// The character that ends at byte `at`, likewise; `None` at the start.
pub(crate) fn before(bytes: &[u8], at: usize) -> Option<(char, Class, usize)> {
    let last = *bytes[..at].last()?;
    if last.is_ascii() {
        return Some((last as char, ASCII[last as usize].1, 1));
    }
    (2..=4.min(at))
        .find_map(|length| {
            let ch = std::str::from_utf8(&bytes[at - length..at]).ok()?.chars().next()?;
            (ch.len_utf8() == length).then(|| (ch, class(ch), length))
        })
        .or(Some((char::REPLACEMENT_CHARACTER, Class::Symbol, 1)))
}

/// Whether a word may start or end at byte `at`: no letter on one side, a change of case that spacing lost
/// (`kader|Lavrov`, `2024|De`), or a script without spaces.
pub(crate) fn is_word_break(bytes: &[u8], at: usize) -> bool {
    let Some(right) = base_after(bytes, at) else { return true };
    if right == Class::Mark {
        return false;
    }
    let Some(left) = base_before(bytes, at) else { return true };
    if !left.is_kept() || !right.is_kept() {
        return true;
    }
    if !left.is_spaced() || !right.is_spaced() {
        return true;
    }
    right == Class::Upper && left != Class::Upper
}

/// Class of the first character from `at` that is not ignorable.
fn base_after(bytes: &[u8], mut at: usize) -> Option<Class> {
    loop {
        let (_, class, length) = after(bytes, at)?;
        if class != Class::Ignorable {
            return Some(class);
        }
        at += length;
    }
}

/// Class of the last character before `at` that is neither ignorable nor a mark.
fn base_before(bytes: &[u8], mut at: usize) -> Option<Class> {
    loop {
        let (_, class, length) = before(bytes, at)?;
        if class != Class::Ignorable && class != Class::Mark {
            return Some(class);
        }
        at -= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    /// Writes what the sink is given: kept characters as they fold, separators as spaces.
    #[derive(Default)]
    struct Written {
        text: String,
        spans: Vec<(usize, usize)>,
    }

    impl Sink for Written {
        fn ascii(&mut self, start: usize, run: &[u8]) {
            for (offset, &byte) in run.iter().enumerate() {
                let (folded, class) = ASCII[byte as usize];
                match class.is_kept() {
                    true => self.kept(start + offset, start + offset + 1, folded as char, class),
                    false => self.separator(start + offset, start + offset + 1, class),
                }
            }
        }
        fn kept(&mut self, start: usize, end: usize, folded: char, class: Class) {
            assert!(class.is_kept());
            self.text.push(folded);
            self.spans.push((start, end));
        }
        fn separator(&mut self, _: usize, _: usize, class: Class) {
            assert!(!class.is_kept() && class != Class::Ignorable);
            self.text.push(' ');
        }
    }

    fn written(text: &str) -> Written {
        let mut sink = Written::default();
        walk(text, 0, &mut sink);
        sink
    }

    /// The definition: fold each character alone, then compose what stands between separators.
    fn defined(text: &str) -> String {
        let mut out = String::new();
        let mut word = String::new();
        for ch in text.chars() {
            let found = record(ch);
            if found.class.is_kept() {
                match found.flags & MULTI != 0 {
                    true => word.push_str(expansion(ch)),
                    false => word.push(fold(ch, found)),
                }
            } else if found.class != Class::Ignorable {
                out.extend(word.nfc());
                word.clear();
                out.push(' ');
            }
        }
        out.extend(word.nfc());
        out
    }

    /// Characters that meet in clusters: bases, marks of several classes, jamo, halves of ligatures, ignorables.
    fn clusters() -> impl Strategy<Value = String> {
        let pieces = [
            "e",
            "E",
            "é",
            "q",
            "\u{301}",
            "\u{323}",
            "\u{307}",
            "\u{345}",
            "\u{ad}",
            "\u{200d}",
            "ﬁ",
            "İ",
            "ſ",
            "ﷺ",
            "ﻼ",
            "ب",
            "\u{64b}",
            "\u{651}",
            "ᄀ",
            "ᅡ",
            "ᆨ",
            "각",
            "ｶ",
            "ﾞ",
            "か",
            "\u{3099}",
            "ক",
            "\u{9be}",
            "\u{9c7}",
            "\u{9bc}",
            "क़",
            "ก",
            "ุ",
            "่",
            "Ω",
            "ς",
            "ệ",
            ".",
            " ",
            "x²",
            "𝐁",
            "Å",
            "a long stretch of plain letters, more than a block",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..12)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn scan_is_its_definition(text in prop_oneof![clusters(), any::<String>()]) {
            prop_assert_eq!(written(&text).text, defined(&text));
        }

        #[test]
        fn spans_are_in_order_on_boundaries_and_fold_alone_as_in_place(text in clusters()) {
            let sink = written(&text);
            let mut previous = (0, 0);
            for &(start, end) in &sink.spans {
                prop_assert!(text.is_char_boundary(start) && text.is_char_boundary(end) && start < end);
                prop_assert!((start, end) == previous || start >= previous.1);
                previous = (start, end);
            }
            let mut spans = sink.spans.clone();
            spans.dedup();
            let pieces: String = spans.iter().map(|&(start, end)| written(&text[start..end]).text).collect();
            prop_assert_eq!(pieces.nfc().collect::<String>(), sink.text.replace(' ', "").nfc().collect::<String>());
        }

        #[test]
        fn bytes_and_text_scan_alike(text in clusters()) {
            let mut sink = Written::default();
            walk_bytes(text.as_bytes(), 0, &mut sink);
            prop_assert_eq!(sink.text, written(&text).text);
        }
    }

    #[test]
    fn spellings_meet() {
        for (left, right) in [
            ("Ａｂｃ１", "abc1"),
            ("é", "e\u{301}"),
            ("ệ", "e\u{302}\u{323}"),
            ("co\u{ad}op", "coop"),
            ("ﬁn", "FIN"),
            ("ﻼ", "لا"),
            ("كتـاب", "كتاب"),
            ("ﾊﾟﾝ", "パン"),
            ("각", "ᄀ\u{1161}\u{11a8}"),
            ("İ", "I\u{307}"),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
            ("K", "k"),
            ("𝐛𝐨𝐥𝐝", "bold"),
            ("क़", "क\u{93c}"),
            ("ĳs", "IJS"),
        ] {
            assert_eq!(written(left).text, written(right).text, "{left} and {right}");
        }
        assert_ne!(written("x²").text, written("x2").text);
        assert_ne!(written("ß").text, written("ss").text);
    }

    #[test]
    fn words_break_at_lost_spaces_and_nowhere_inside() {
        let breaks = |text: &str| -> Vec<usize> {
            (0..=text.len())
                .filter(|&at| text.is_char_boundary(at) && is_word_break(text.as_bytes(), at))
                .collect()
        };
        assert_eq!(breaks("kaderLavrov"), [0, 5, 11]);
        assert_eq!(breaks("liveblog weg"), [0, 8, 9, 12]);
        assert_eq!(breaks("e\u{301}a"), [0, 4]);
        assert_eq!(breaks("中文"), [0, 3, 6]);
    }
}
