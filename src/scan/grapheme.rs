//! Where a text can be cut without cutting a grapheme cluster.
//!
//! In: a text and an offset. Out: whether a cut there certainly leaves every user-perceived character whole.
//! `true` is always a boundary by UAX #29. The answer may be `false` at some boundaries too (between two
//! flags, inside a Tamil consonant cluster); that only makes an edit a character longer. So no table of break
//! properties is needed: the classes and combining classes of the scan and the short lists below are enough.
//!
//! **Cost.** Two characters are read, and more only across marks. **Source.** UAX #29, rules GB3 to GB12.

use super::class::Class;
use super::neighbors::{after, before};
use super::record::record;

/// Whether no grapheme cluster crosses byte `at` of the text.
pub(crate) fn is_cluster_break(text: &[u8], at: usize) -> bool {
    if at == 0 || at >= text.len() {
        return true;
    }
    if text[at - 1].is_ascii() && text[at].is_ascii() {
        return (text[at - 1], text[at]) != (b'\r', b'\n');
    }
    let (Some((left, left_class, _)), Some((right, right_class, _))) = (before(text, at), after(text, at))
    else {
        return true;
    };
    if prepends(left) {
        return false;
    }
    if right.is_ascii() {
        return true;
    }
    if matches!(right_class, Class::Mark | Class::Ignorable) || extends(right) {
        return false;
    }
    if left_class == Class::Ignorable {
        // A joiner connects pictographs; other ignorables only hide the character before them.
        return false;
    }
    if is_flag_half(left) && is_flag_half(right) {
        return false;
    }
    !(left_class == Class::Mark || extends(left)) || !after_linker(text, at)
}

/// Whether the marks before byte `at` hold a virama, which may join the consonants on both sides (GB9c).
fn after_linker(text: &[u8], mut at: usize) -> bool {
    const VIRAMA: u8 = 9;
    while let Some((ch, class, length)) = before(text, at) {
        match class {
            Class::Mark if record(ch).combining == VIRAMA => return true,
            Class::Mark | Class::Ignorable => at -= length,
            _ if extends(ch) => at -= length,
            _ => return false,
        }
    }
    false
}

/// `Grapheme_Cluster_Break=Prepend`, and the leading jamo, to which the syllable after them belongs.
fn prepends(ch: char) -> bool {
    matches!(ch,
        '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{d4e}'
        | '\u{110bd}' | '\u{110cd}' | '\u{111c2}'..='\u{111c3}' | '\u{113d1}' | '\u{1193f}' | '\u{11941}'
        | '\u{11a3a}' | '\u{11a84}'..='\u{11a89}' | '\u{11d46}' | '\u{11f02}'
        | '\u{1100}'..='\u{115f}' | '\u{a960}'..='\u{a97c}')
}

/// Characters that extend the cluster before them and are no marks: two vowels, half-width voicing, skin
/// tones, vowel and trailing jamo.
fn extends(ch: char) -> bool {
    matches!(ch,
        '\u{e33}' | '\u{eb3}' | '\u{ff9e}'..='\u{ff9f}' | '\u{1f3fb}'..='\u{1f3ff}'
        | '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7fb}' | '\u{16d63}' | '\u{16d67}'..='\u{16d6a}')
}

fn is_flag_half(ch: char) -> bool {
    matches!(ch, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation;

    /// Characters of every rule, so that they occur next to each other.
    fn joined() -> impl Strategy<Value = String> {
        let pieces = [
            "e",
            "\u{301}",
            "\r",
            "\n",
            "\u{200d}",
            "👩",
            "🚀",
            "🏽",
            "🇳",
            "🇱",
            "क",
            "\u{94d}",
            "ष",
            "ி",
            "த",
            "\u{bcd}",
            "ᄀ",
            "ᅡ",
            "ᆨ",
            "가",
            "각",
            "ก",
            "ำ",
            "\u{600}",
            "\u{d4e}",
            "ｶ",
            "ﾞ",
            "\u{ad}",
            "\u{fe0f}",
            "❤",
            "\u{200b}",
            " ",
            "中",
            "\u{17d2}",
            "ក",
            "\u{110bd}",
            "\u{1f3fb}",
            "\u{e0067}",
            "\u{20e3}",
            "1",
            "\u{903}",
            "\u{93f}",
        ];
        proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 0..9)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn a_break_is_a_boundary_by_the_annex(text in prop_oneof![joined(), any::<String>()]) {
            let mut bounds: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            bounds.push(text.len());
            for at in (0..=text.len()).filter(|&at| text.is_char_boundary(at) && is_cluster_break(text.as_bytes(), at)) {
                prop_assert!(bounds.contains(&at), "{at} in {text:?}");
            }
        }
    }

    #[test]
    fn ordinary_text_breaks_between_its_clusters() {
        for text in
            ["Één, twee!", "क्षत्रिय नमस्ते", "สวัสดีครับ", "안녕 하세요", "中文。", "שלום עולם", "a\u{301}b"]
        {
            let bounds: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
            let found: Vec<usize> = (0..text.len())
                .filter(|&at| text.is_char_boundary(at) && is_cluster_break(text.as_bytes(), at))
                .collect();
            assert_eq!(found, bounds, "{text}");
        }
    }
}
