//! Sentences by a naive rule, to check trimming with: they end at every full stop, question mark and line break.

use unicode_normalization::UnicodeNormalization;

/// The letters, marks and digits of a text, folded as far as the standard library does it. Characters without a form of their own,
/// such as the soft hyphen, are left out first: a mark may follow them.
pub(crate) fn squeezed(text: &str) -> String {
    let is_visible = |ch: &char| !matches!(ch, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let lower: String = text.chars().filter(is_visible).nfkc().collect::<String>().to_lowercase();
    lower
        .chars()
        .filter(|ch| ch.is_alphanumeric() || unicode_normalization::char::is_combining_mark(*ch))
        .collect()
}

/// The squeezed sentences of a text.
pub(crate) fn sentences(text: &str) -> Vec<String> {
    let ends = |ch: char| ".!?。！？।؟…\n".contains(ch);
    text.split(ends).map(squeezed).filter(|sentence| !sentence.is_empty()).collect()
}

/// The squeezed sentences of a text that another text does not contain.
pub(crate) fn lost(text: &str, left: &str) -> Vec<String> {
    let left = squeezed(left);
    sentences(text).into_iter().filter(|sentence| !left.contains(sentence)).collect()
}

/// Whether a copy contains a sentence in a few parts, in order: a copy that lost its headings has fewer parts than the other. A few
/// letters may be missing. Both are squeezed.
pub(crate) fn resolves(copy: &str, sentence: &str) -> bool {
    /// Letters of the shortest part.
    const SHORTEST: usize = 4;
    /// Letters of the sentence for each letter that may be missing.
    const LETTERS: usize = 50;
    let letters: Vec<char> = sentence.chars().collect();
    let (mut rest, mut at, mut missing) = (copy, 0, 0);
    while at < letters.len() {
        let part = |to: usize| letters[at..to].iter().collect::<String>();
        let shortest = (at + SHORTEST).min(letters.len());
        let longest = (shortest..=letters.len()).rev().find(|&to| rest.contains(&part(to)));
        if let Some(to) = longest {
            rest = &rest[rest.find(&part(to)).map_or(0, |found| found + part(to).len())..];
            at = to;
        } else {
            missing += 1;
            at += 1;
        }
    }
    missing * LETTERS <= letters.len() + LETTERS
}
