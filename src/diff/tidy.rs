//! Tidying: matches end where a reader would end them.
//!
//! In: matches in order on both sides. Out: the same, on the bounds of words, without coincidences, and with insertions
//! and deletions slid to the best place among equals.
//!
//! **Cost.** Linear; a slide looks at [`SLIDE`] bytes at most.
//! **Source.** The idea of semantic clean-up and of boundary scores: Neil Fraser, *Diff Strategies* (2006).

use super::anchors::Match;
use super::side::{Level, Side, Sides, Unit};
use crate::stream::{common_characters, common_last_characters, starts_character};
use std::ops::Range;

/// A longer word may be cut: it is none a reader reads (an address, encoded data).
const LONGEST_WORD: usize = 64;
/// How far an insertion or a deletion is slid, in stream bytes.
const SLIDE: usize = 256;
/// An equal stretch between two changes goes when each of them is so many times its length: a phrase in common, not
/// text that stayed.
const COINCIDENCE: usize = 8;

/// Draws the ends of matches back until the gaps between them hold whole words; drops what vanishes, joins what touches. `from`
/// and `to` are where the matches' text starts and ends on both sides.
///
/// What one side has alone must be whole words of that side; where it stood in the other text does not matter, which may have
/// lost the space there. Where both sides have text, it is whole words of both.
pub(super) fn to_words(matches: &mut Vec<Match>, sides: Sides<'_>, from: (usize, usize), to: (usize, usize)) {
    let mut kept: Vec<Match> = Vec::with_capacity(matches.len());
    // The end of the text is a match of no length.
    let end = Match { left: to.0, right: to.1, length: 0 };
    for &found in matches.iter().chain([&end]) {
        let mut after = found;
        if let Some(last) = kept.last_mut()
            && last.touches(after)
        {
            // A cut that nothing needs.
            last.length += after.length;
            continue;
        }
        // Where the match before vanishes, the one before that has to fit.
        loop {
            let before = kept.last().copied();
            let (shorter, rest) = fitted(before, after, sides, from);
            after = rest;
            if shorter == before {
                break;
            }
            kept.pop();
            if let Some(shorter) = shorter.filter(|m| m.length > 0) {
                kept.push(shorter);
                break;
            }
        }
        if after.length > 0 {
            kept.push(after);
        }
    }
    *matches = kept;
}

/// The match before a gap and the match behind it, shortened at the gap until it holds whole words.
fn fitted(
    before: Option<Match>,
    after: Match,
    sides: Sides<'_>,
    from: (usize, usize),
) -> (Option<Match>, Match) {
    let (mut shorter, mut rest) = (before, after);
    for _ in 0..2 * LONGEST_WORD {
        let start = shorter.map_or(from, |m| (m.left_end(), m.right_end()));
        let end = (rest.left, rest.right);
        let unit = |has_text: bool| if has_text { Unit::Word } else { Unit::Cluster };
        let (left, right) = (unit(end.0 > start.0), unit(end.1 > start.1));
        let fits = |at: (usize, usize)| sides.left.may_cut(at.0, left) && sides.right.may_cut(at.1, right);
        match shorter {
            Some(m) if m.length > 0 && !fits(start) => {
                shorter = Some(m.part(0, sides.left.previous(m.left_end()) - m.left));
            }
            _ if rest.length > 0 && !fits(end) => {
                rest = rest.part(sides.left.next(rest.left) - rest.left, rest.length);
            }
            _ => return (shorter, rest),
        }
    }
    // No word that a reader reads is as long: the cut stays where it was, but for the clusters.
    (
        before.map(|m| m.part(0, last_cut(m, sides, Unit::Cluster))),
        after.part(first_cut(after, sides, Unit::Cluster), after.length),
    )
}

/// Draws the outer ends of a block's matches back to words of both sides.
pub(super) fn to_whole_words(matches: &mut Vec<Match>, sides: Sides<'_>) {
    let mut gone = 0;
    for first in matches.iter_mut() {
        *first = first.part(first_cut(*first, sides, Unit::Word), first.length);
        if first.length > 0 {
            break;
        }
        gone += 1;
    }
    matches.drain(..gone);
    while let Some(last) = matches.last_mut() {
        *last = last.part(0, last_cut(*last, sides, Unit::Word));
        if last.length > 0 {
            break;
        }
        matches.pop();
    }
}

/// The first place to cut within a match, counted from its start.
fn first_cut(found: Match, sides: Sides<'_>, unit: Unit) -> usize {
    let mut clusters = None;
    let mut at = 0;
    for _ in 0..LONGEST_WORD {
        if at >= found.length {
            return found.length;
        }
        let (left, right) = (found.left + at, found.right + at);
        if sides.may_cut(left, right, unit) {
            return at;
        }
        if clusters.is_none() && unit == Unit::Word && sides.may_cut(left, right, Unit::Cluster) {
            clusters = Some(at);
        }
        at = sides.left.next(left) - found.left;
    }
    clusters.unwrap_or(found.length)
}

/// The last place to cut within a match, counted from its start.
fn last_cut(found: Match, sides: Sides<'_>, unit: Unit) -> usize {
    let mut clusters = None;
    let mut at = found.length;
    for _ in 0..LONGEST_WORD {
        if at == 0 {
            return 0;
        }
        let (left, right) = (found.left + at, found.right + at);
        if sides.may_cut(left, right, unit) {
            return at;
        }
        if clusters.is_none() && unit == Unit::Word && sides.may_cut(left, right, Unit::Cluster) {
            clusters = Some(at);
        }
        at = sides.left.previous(left) - found.left;
    }
    clusters.unwrap_or(0)
}

/// Drops matches that are coincidences: much shorter than the changes before and behind them.
/// `size` says how much changed in a gap.
pub(super) fn drop_coincidences(
    matches: &mut Vec<Match>,
    ends: (usize, usize),
    size: impl Fn(Range<usize>, Range<usize>) -> usize,
) {
    let size = |before: Option<&Match>, after: Option<&Match>| {
        let (left, right) = before.map_or((0, 0), |m| (m.left_end(), m.right_end()));
        let (left_end, right_end) = after.map_or(ends, |m| (m.left, m.right));
        size(left..left_end, right..right_end)
    };
    let mut kept: Vec<Match> = Vec::with_capacity(matches.len());
    for index in 0..matches.len() {
        let found = matches[index];
        kept.push(found);
        // Dropping one makes the change before the next larger, and may make the one before it a coincidence too.
        while let Some(&last) = kept.last() {
            let before = size(kept.len().checked_sub(2).map(|i| &kept[i]), Some(&last));
            let after = size(Some(&last), matches.get(index + 1));
            if last.length.saturating_mul(COINCIDENCE) > before.min(after) {
                break;
            }
            kept.pop();
        }
    }
    *matches = kept;
}

/// Slides what one side has alone between two matches to the place a reader expects: paragraphs before lines, lines before
/// sentences, sentences before words; among equals the last. `is_free` tells whether nothing moved lies in
/// the gap before a match.
pub(super) fn slide(matches: &mut Vec<Match>, sides: Sides<'_>, is_free: impl Fn(Match, Match) -> bool) {
    for index in 1..matches.len() {
        let (before, after) = (matches[index - 1], matches[index]);
        let (left, right) = (after.left - before.left_end(), after.right - before.right_end());
        if before.length == 0 || (left == 0) == (right == 0) || !is_free(before, after) {
            continue;
        }
        let (sides, before, after) = match left {
            0 => (sides.swapped(), before.swapped(), after.swapped()),
            _ => (sides, before, after),
        };
        let shift = best_shift(sides.left, sides, before, after);
        let moved = |length: usize| (length as isize + shift) as usize;
        matches[index - 1].length = moved(matches[index - 1].length);
        let after = &mut matches[index];
        (after.left, after.right) = (moved(after.left), moved(after.right));
        after.length = (after.length as isize - shift) as usize;
    }
    matches.retain(|m| m.length > 0);
}

/// How far to slide what `side` (the left) has alone between the matches.
fn best_shift(side: Side<'_>, sides: Sides<'_>, before: Match, after: Match) -> isize {
    let folded = side.folded();
    let (start, end) = (before.left_end(), after.left);
    let back = common_last_characters(
        &folded[before.left..start],
        &folded[start.max(end.saturating_sub(SLIDE))..end],
    )
    .min(SLIDE);
    let forward = common_characters(&folded[start..end.min(start + SLIDE)], &folded[end..after.left_end()]);
    let mut best: (u8, isize) = (0, 0);
    for shift in -(back as isize)..=forward as isize {
        let place = |at: usize| (at as isize + shift) as usize;
        let is_start = |at: usize| at == folded.len() || starts_character(folded[at]);
        if !is_start(place(start)) || !is_start(place(end)) {
            continue;
        }
        let (first, last) = (side.level(place(start)), side.level(place(end)));
        let may_cut = |left: usize, right: usize| sides.may_cut(place(left), place(right), Unit::Cluster);
        let is_better = (first as u8 + last as u8, shift) >= best && first.min(last) > Level::None;
        if is_better && may_cut(start, before.right_end()) && may_cut(end, after.right) {
            best = (first as u8 + last as u8, shift);
        }
    }
    best.1
}
