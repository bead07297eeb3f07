//! Bare text: a text without the marks that writers may leave out.
//!
//! In: a character. Out: its bare form, which is folded and cut as any other text. Accents, tonos, niqqud, harakat and the
//! marks of Vietnamese go, so `Être` becomes `Etre`, `ё` becomes `е` and `أ` becomes `ا`. Letters with a stroke (`đ`, `ø`,
//! `ł`) become plain letters. Marks that are letters of their own stay: vowel signs and viramas of Indic scripts, vowels and
//! tones of Thai and Lao, the voicing of kana.
//!
//! **Idea.** The canonical combining class of a mark tells what it is (UAX #44, section 5.7.4). Classes for nukta, voicing,
//! virama and the vowels of Thai, Lao and Tibetan lie between those of Hebrew and Arabic points and those of marks that are
//! placed above or below any letter.
//!
//! **Cost.** One canonical decomposition for each character that is not ASCII.

use unicode_normalization::char::{canonical_combining_class, decompose_canonical};

/// Letters with a stroke. Unicode does not decompose them.
const STROKES: [(char, char); 10] = [
    ('đ', 'd'),
    ('Đ', 'D'),
    ('ø', 'o'),
    ('Ø', 'O'),
    ('ł', 'l'),
    ('Ł', 'L'),
    ('ħ', 'h'),
    ('Ħ', 'H'),
    ('ŧ', 't'),
    ('Ŧ', 'T'),
];

/// Whether a character is a mark that writers may leave out.
fn is_optional(ch: char) -> bool {
    // 1 is an overlay, 10 to 36 are the points of Hebrew, Arabic and Syriac, from 200 on are marks above, below and
    // around any letter.
    matches!(canonical_combining_class(ch), 1..=6 | 10..=36 | 200..)
}

/// Writes the bare form of a character; nothing for a mark that goes. Returns whether it differs from the
/// character.
pub(crate) fn write_bare(ch: char, out: &mut String) -> bool {
    if ch.is_ascii() {
        out.push(ch);
        return false;
    }
    let start = out.len();
    let mut differs = false;
    decompose_canonical(ch, |part| {
        let plain = STROKES.iter().find(|&&(stroke, _)| stroke == part).map(|&(_, plain)| plain);
        differs |= plain.is_some() || is_optional(part);
        if !is_optional(part) {
            out.push(plain.unwrap_or(part));
        }
    });
    if !differs {
        // The decomposition of a syllable of Hangul is longer.
        out.truncate(start);
        out.push(ch);
    }
    differs
}

/// The bare form of a text.
pub(crate) fn bare(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for ch in text.chars() {
        write_bare(ch, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    #[test]
    fn marks_that_may_be_left_out_go_and_others_stay() {
        for (text, plain) in [
            ("Être naïve, e\u{301}te\u{301}", "Etre naive, ete"),
            ("Ἑλλάδα άνοιξη", "Ελλαδα ανοιξη"),
            ("ёлка", "елка"),
            ("đường phố", "duong pho"),
            ("בְּרֵאשִׁית", "בראשית"),
            ("أَلْحَمْدُ", "الحمد"),
            ("smørrebrød Łódź", "smorrebrod Lodz"),
        ] {
            assert_eq!(bare(text), plain);
        }
        for text in ["plain", "ที่นี่น้ำ", "नदी में कि क़", "がぎぐげご", "각도", "漢字", "ß æ ſ"]
        {
            assert_eq!(bare(text).nfc().collect::<String>(), text.nfc().collect::<String>());
        }
    }

    proptest! {
        /// A bare text stays as it is, and both spellings of a letter have the same bare form.
        #[test]
        fn bare_text_is_bare(text in "(\\PC|[À-ỹ]|[α-ώἀ-ῼ]|[а-ё]|[א-ת\u{5b0}-\u{5c7}]|[ء-ي\u{64b}-\u{652}]|e\u{301}){0,40}") {
            let once = bare(&text);
            prop_assert_eq!(bare(&once), once.clone());
            let decomposed: String = text.nfd().collect();
            let meets = |text: &str| bare(text).nfd().collect::<String>();
            prop_assert_eq!(meets(&decomposed), meets(&text));
        }
    }
}
