//! Tokens: the words of a text, as 64-bit hashes.
//!
//! In: the scan of a text. Out, to a [`WordSink`]: one hash a word, in text order, with the word's [`Unit`].
//!
//! A word is a run of letters, digits and their marks. It ends at any other character, and also where the
//! case of letters shows that a space was lost: before an upper-case letter that follows something else
//! (`kader|Lavrov`, `2024|De`), and before the last of several upper-case letters if lower case follows
//! (`NAVO|Daarnaast`). Case is read before folding, so paragraphs that were joined keep their words. In
//! scripts written without spaces every character with its marks is a word of less weight. A mark with no
//! character before it is skipped.
//!
//! **The hash** of a word is computed from its folded UTF-8 bytes ([`word_hash`]). There are two paths.
//! [`batch`] takes nearly all text, hundreds of bytes at once. [`splitter`] takes the rest (clusters of marks
//! to be composed, dropped characters, very long words), one character at a time. A test compares both with
//! one definition.
//!
//! **Cost.** Linear, no allocation. With AVX2, words and their shingles together take about four cycles a
//! byte of English or Dutch, five and a half of Russian, Arabic or Hindi, eight of Chinese or Thai.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod batch;
mod folded_words;
mod machine;
mod sink;
mod splitter;
mod word_hash;

use crate::support::scratch::{self, Scratch};
use batch::WordBatch;
use splitter::one_by_one;

pub(crate) use folded_words::FoldedWords;
pub(crate) use sink::{Unit, WordSink};
pub(crate) use word_hash::{WordKeys, hash_of};

/// Passes the words of a text to the sink.
pub(crate) fn walk<S: WordSink>(text: &str, keys: WordKeys, sink: &mut S) {
    thread_local!(static BATCH: Scratch<WordBatch> = const { Scratch::new(None) });
    scratch::lend(&BATCH, WordBatch::new, |batch| {
        let mut at = 0;
        while at < text.len() {
            // No word is open here.
            let found = batch.words(text, at, keys);
            found.hand_over(sink);
            at = if found.taken > 0 { at + found.taken } else { one_by_one(text, at, keys, sink) };
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{self, ASCII, Class, Sink};
    use proptest::prelude::*;

    const KEYS: WordKeys = WordKeys::of(7);

    #[derive(Default)]
    struct Collected(Vec<(u64, Unit)>);

    impl WordSink for Collected {
        fn words(&mut self, hashes: &[u64], unit: Unit) {
            self.0.extend(hashes.iter().map(|&hash| (hash, unit)));
        }
    }

    fn words(text: &str) -> Vec<(u64, Unit)> {
        let mut sink = Collected::default();
        walk(text, KEYS, &mut sink);
        sink.0
    }

    fn hash_in_test(folded: &str) -> u64 {
        hash_of(KEYS, folded.as_bytes())
    }

    /// The words of the text are these folded ones, all of one unit.
    fn assert_words(text: &str, folded: &[&str], unit: Unit) {
        let expected: Vec<_> = folded.iter().map(|word| (hash_in_test(word), unit)).collect();
        assert_eq!(words(text), expected, "{text}");
        // The same after a wide character: ASCII then takes another path.
        let behind = format!("ж {text}");
        assert_eq!(words(&behind)[1..], expected, "{behind}");
        let inside = format!("{text} ж");
        assert_eq!(words(&inside)[..expected.len()], expected, "{inside}");
    }

    #[test]
    fn words_are_cut_where_a_space_was_lost() {
        for (text, folded) in [
            ("kaderLavrov", &["kader", "lavrov"][..]),
            ("binnengevallen.Daarnaast", &["binnengevallen", "daarnaast"]),
            ("de NAVODaarnaast is", &["de", "navo", "daarnaast", "is"]),
            ("in 2024De", &["in", "2024", "de"]),
            ("HTTPServer2Go", &["http", "server2", "go"]),
            ("XMLs ABC A Ab aB", &["xm", "ls", "abc", "a", "ab", "a", "b"]),
            ("", &[]),
            (" .,;\n", &[]),
            ("don't", &["don", "t"]),
            ("a_b-c", &["a", "b", "c"]),
            ("κάδροΛαβρόφ", &["κάδρο", "λαβρόφ"]),
            ("кадрЛавров НАТОКроме", &["кадр", "лавров", "нато", "кроме"]),
            ("cafe\u{301}Été", &["café", "été"]),
            ("ÉÉé", &["é", "éé"]),
            ("X\u{301}X\u{330}x", &["x\u{301}", "x\u{330}x"]),
            ("वाक्य में", &["वाक्य", "में"]),
            ("كتاب،كتب", &["كتاب", "كتب"]),
            ("abcdefghijklmnop", &["abcdefghijklmnop"]),
            ("abcdefghijklmnopq", &["abcdefghijklmnopq"]),
            ("достопримечательностями", &["достопримечательностями"]),
        ] {
            assert_words(text, folded, Unit::Word);
        }
    }

    #[test]
    fn characters_of_scripts_without_spaces_are_words_of_less_weight() {
        assert_words("中文，字", &["中", "文", "字"], Unit::Ideograph);
        assert_words("กิ้น่", &["กิ้", "น่"], Unit::Unspaced);
        let mixed = words("abc中def");
        assert_eq!(
            mixed.iter().map(|word| word.1).collect::<Vec<_>>(),
            [Unit::Word, Unit::Ideograph, Unit::Word]
        );
    }

    /// The definition: the scan one character at a time, words as strings.
    fn defined(text: &str) -> Vec<u64> {
        #[derive(Default)]
        struct Characters(Vec<Option<(char, Class)>>);
        impl Sink for Characters {
            fn ascii(&mut self, _: usize, run: &[u8]) {
                for &byte in run {
                    let (folded, class) = ASCII[byte as usize];
                    self.0.push(class.is_kept().then_some((folded as char, class)));
                }
            }
            fn kept(&mut self, _: usize, _: usize, folded: char, class: Class) {
                self.0.push(Some((folded, class)));
            }
            fn separator(&mut self, _: usize, _: usize, _: Class) {
                self.0.push(None);
            }
        }
        let mut sink = Characters::default();
        scan::walk(text, 0, &mut sink);
        let all = sink.0;
        let base_after = |at: usize| {
            all[at + 1..]
                .iter()
                .find(|c| c.is_none_or(|c| c.1 != Class::Mark))
                .copied()
                .flatten()
                .map(|c| c.1)
        };
        let (mut hashes, mut word, mut last) = (Vec::new(), String::new(), None);
        for (at, character) in all.iter().enumerate() {
            let breaks = match (last, character) {
                (_, None) => true,
                (None, _) | (_, Some((_, Class::Mark))) => false,
                (Some(last), &Some((_, class))) => {
                    let solitary = |class| matches!(class, Class::Ideograph | Class::Unspaced);
                    solitary(last)
                        || solitary(class)
                        || class == Class::Upper
                            && (last != Class::Upper || base_after(at) == Some(Class::Lower))
                }
            };
            if breaks && !word.is_empty() {
                hashes.push(hash_in_test(&std::mem::take(&mut word)));
            }
            match character {
                None => last = None,
                // A mark without a base.
                Some((_, Class::Mark)) if last.is_none() => {}
                Some((folded, class)) => {
                    word.push(*folded);
                    if *class != Class::Mark {
                        last = Some(*class);
                    }
                }
            }
        }
        if !word.is_empty() {
            hashes.push(hash_in_test(&word));
        }
        hashes
    }

    /// Texts that use all paths: short and long runs of several scripts, changes of case, marks in and out of
    /// order, characters that are dropped, composed, expanded or of another length when folded.
    fn texts() -> impl Strategy<Value = String> {
        let odd = [
            "é",
            "É",
            "ж",
            "Ж",
            "中",
            "ก",
            "่",
            "ุ",
            "\u{301}",
            "\u{323}",
            "ﬁ",
            "\u{ad}",
            "的,",
            "١",
            "\u{3099}",
            "か",
            "ﾞ",
            "ｶ",
            "ဥ",
            "\u{102e}",
            "𠀀",
            "𝐁",
            "각",
            "ᄀ",
            "ᅡ",
            "ـ",
            "２０",
            "ẞ",
            "Ⱥ",
            "İ",
            "ｱﾞ",
            "\u{64b}\u{651}",
            "ש\u{5c1}\u{5b8}",
            "क़",
            "क\u{94d}",
            "😀",
            "，",
            "。",
            "\u{200d}",
            "\u{2028}",
        ];
        let piece = prop_oneof![
            4 => "[a-zA-Z0-9 .,'_-]{0,12}",
            2 => "[a-z]{1,5}( [a-zA-Z]{1,9}){0,60}[.]?",
            1 => "[A-Za-z0-9]{500,1200}",
            4 => proptest::sample::select(odd.to_vec()).prop_map(str::to_owned),
            1 => "[А-Яа-яЁё ,.]{0,90}",
            1 => "[α-ωΑ-Ωά-ώ ]{0,90}",
            1 => "[क-हा-्ं़ ।]{0,90}",
            1 => "[一-乿、。 a1]{0,250}",
            1 => "[ก-ฺเ-๎ 1]{0,250}",
            1 => any::<String>(),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn words_are_their_definition(text in texts()) {
            let found: Vec<u64> = words(&text).into_iter().map(|word| word.0).collect();
            prop_assert_eq!(found, defined(&text));
            let folded = FoldedWords::of(&text);
            let again: Vec<_> = folded.iter().map(|(word, unit)| (hash_of(KEYS, word), unit)).collect();
            prop_assert_eq!(words(&text), again);
        }
    }
}
