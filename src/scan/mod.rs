//! The scan: text to folded characters with their byte offsets. The only module that knows Unicode.
//!
//! In: the caller's UTF-8 (or bytes, whose invalid stretches count as separators). Out, in text order, to a
//! [`Sink`]: each letter, mark and digit folded, with its source bytes and its [`Class`], and the separators
//! between them. Nothing is copied; there is no normalised text.
//!
//! **Folding.** Ignorable code points (soft hyphen, zero-width, bidi controls, variation selectors, tatweel)
//! are dropped. A few kinds of compatibility forms (full and half width, Arabic presentation forms,
//! ligatures, mathematical alphabets, radicals) become the letters that they represent. Then follow simple
//! case folding and canonical composition (NFC). So `Ａ`, `a` and `A` are equal, as are both spellings of `é`,
//! and `x²` differs from `x2`. Folding depends only on a starter and the marks after it, so the text of a
//! span folds to the same characters by itself as within the whole text.
//!
//! **Idea.** A two-stage table gives class, combining class and the distance to the folded character. ASCII
//! runs are passed to the sink unchanged. A starter is held back for one step, because a mark after it may
//! join it. A cluster takes the slow path of [`compose`] only if a mark joins its base or the marks are out
//! of order. That path normalises it as `unicode-normalization` does.
//!
//! **Cost.** Linear, except that a cluster of `m` marks out of order costs `m log m`.
//!
//! **Source.** UAX #15 (normalisation), `CaseFolding.txt` statuses C and S. `tools/unicode-tables` writes the
//! tables.

mod bare;
pub(crate) mod block;
mod bytes;
mod class;
mod compose;
mod grapheme;
mod neighbors;
mod record;
mod sink;
mod tables;
mod walk;

pub(crate) use bare::{bare, write_bare};
pub(crate) use bytes::padded;
pub(crate) use class::Class;
pub(crate) use grapheme::is_cluster_break;
pub(crate) use neighbors::{after, before, is_word_break};
pub(crate) use record::{ASCII, class, starts};
pub(crate) use sink::Sink;
pub(crate) use tables::UNICODE;
pub(crate) use walk::{ascii_alone, walk, walk_bytes, walk_valid};

#[cfg(test)]
mod tests {
    use super::record::{MULTI, expansion, fold, record};
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    /// Kept characters as they fold, separators as spaces.
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

    /// The definition: fold each character alone, then compose the characters between separators.
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

    /// Characters that meet in clusters: bases, marks of several classes, jamo, halves of ligatures,
    /// ignorables.
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
