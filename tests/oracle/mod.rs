//! Naive implementations, so simple that they are unlikely to be wrong.
#![allow(dead_code, reason = "each test uses its part")]

use crate::texts::Random;
use refrain::Span;

/// Squeezed characters of a text with their bytes: alphanumeric characters and marks in lower case, a mark
/// composed with the character before. It folds less than the crate does, so the crate must find everything
/// equal that this finds equal.
fn squeezed(text: &str) -> Vec<(char, usize, usize)> {
    let mut found: Vec<(char, usize, usize)> = Vec::new();
    for (at, ch) in text.char_indices() {
        let end = at + ch.len_utf8();
        if unicode_normalization::char::is_combining_mark(ch) {
            match found
                .last_mut()
                .and_then(|last| Some((unicode_normalization::char::compose(last.0, ch)?, last)))
            {
                Some((joined, last)) => *last = (joined, last.1, end),
                None => found.push((ch, at, end)),
            }
        } else if ch.is_alphanumeric() {
            found.push((ch.to_lowercase().next().unwrap_or(ch), at, end));
        }
    }
    found
}

/// The letters that characters count as, by the table in the documentation of `PassageFinder`.
fn letters(characters: &[(char, usize, usize)]) -> usize {
    let halves = |ch: char| match ch {
        '\u{3005}'..='\u{3007}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{20000}'..='\u{323af}' => 5,
        'ぁ'..='ヿ' | '가'..='힣' => 4,
        _ => 2,
    };
    characters.iter().map(|&(ch, ..)| halves(ch)).sum::<usize>() / 2
}

/// Maximal common stretches of at least `least` letters, by dynamic programming.
pub(crate) fn common_stretches(left: &str, right: &str, least: usize) -> Vec<(Span, Span)> {
    stretches(left, right, least)
}

/// Maximal stretches of at least `least` letters that occur in a text twice, each paired with a
/// later one.
pub(crate) fn repeated_stretches(text: &str, least: usize) -> Vec<(Span, Span)> {
    stretches(text, text, least).into_iter().filter(|(left, right)| left.start < right.start).collect()
}

fn stretches(left: &str, right: &str, least: usize) -> Vec<(Span, Span)> {
    let (l, r) = (squeezed(left), squeezed(right));
    let mut found = Vec::new();
    let mut above = vec![0usize; r.len() + 1];
    for i in 0..=l.len() {
        let mut row = vec![0usize; r.len() + 1];
        for j in 1..=r.len() {
            if i < l.len() && l[i].0 == r[j - 1].0 {
                row[j] = above[j - 1] + 1;
            }
        }
        // A run of the row above ends if this row does not continue it.
        for j in 1..=r.len() {
            let length = above[j];
            let goes_on = i < l.len() && j < r.len() && l[i].0 == r[j].0;
            if !goes_on && letters(&l[i - length..i]) >= least {
                let (from_l, from_r) = (i - length, j - length);
                found.push((Span::new(l[from_l].1, l[i - 1].2), Span::new(r[from_r].1, r[j - 1].2)));
            }
        }
        above = row;
    }
    found
}

/// Whether `outer` contains `inner`, except for one word at either end.
pub(crate) fn mostly(outer: Span, inner: Span) -> bool {
    const WORD: usize = 24 * 4;
    outer.start <= inner.start + WORD && outer.end + WORD >= inner.end && outer.overlaps(inner)
}

/// A sentence of words made from syllables, with one `of` in it; those of different numbers share nothing.
pub(crate) fn filler(number: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "ka", "lo", "mi", "ter", "sun", "ve", "dra", "pol", "ni", "ges", "bra", "tu", "wen", "ci", "hor",
        "fa",
    ];
    let mut random = Random(number);
    let mut next = || random.next() >> 40;
    let words: Vec<String> = (0..30)
        .map(|place| match place {
            12 => "of".to_string(),
            _ => (0..3).map(|_| SYLLABLES[next() as usize % SYLLABLES.len()]).collect(),
        })
        .collect();
    format!("So {}.", words.join(" "))
}
