//! Extension: the ends of a chain are moved outwards over edits, as long as more text agrees than differs.
//!
//! In: two streams, from the end of a chain on. Out: for how many bytes the copy continues in each; and the
//! equal pieces between two chains.
//!
//! **Idea.** After a mismatch, small steps on both sides are tried, to find the nearest place where
//! [`ANCHOR`] bytes agree again. The copy continues if the equal text there is longer than the steps. Seeds
//! find equal stretches of [`GUARANTEE`](super::seed::GUARANTEE) bytes; this finds the shorter ones after the
//! last edit. A step may be longer if only one side makes it: a copy often lacks a heading. [`inserted`] finds
//! the equal text behind such an insertion.
//!
//! **Cost.** At each end, [`REACH`] words of each side are read if nothing agrees; otherwise at most
//! [`REACH`]² comparisons are made.

use crate::stream::{common_prefix, common_suffix, starts_character, word};
use crate::support::hash::SEEDS;

/// Bytes that must agree after an edit.
const ANCHOR: usize = 12;
/// Bytes that must agree after an insertion. The text touches the copy on the other side, so fewer are enough.
const TOUCHING: usize = 8;
/// Bytes stepped over on each side: three or four words in Latin script.
const REACH: usize = 32;
/// Steps of up to this many bytes, of both sides together, are tried first: one or two letters inserted,
/// deleted or replaced.
const NEAR: usize = 4;
/// Slots of the hash table for the words of one side. The table has [`REACH`] entries, so one of eight words
/// of the other side finds a slot in use.
const SLOTS: usize = 256;
const SLOT_SHIFT: u32 = u64::BITS - SLOTS.ilog2();
const _: () = assert!(REACH < u8::MAX as usize && ANCHOR >= 8 && NEAR < ANCHOR);

/// An end moves by at most this many bytes of each side. A copy that continues longer contains a seed.
/// (Without this limit, lines that differ only in a number took quadratic time: each of many chains continued
/// to the end of the text.)
const FARTHEST: usize = 512;

/// How many bytes of each side continue the copy forwards.
pub(crate) fn forwards(left: &[u8], right: &[u8]) -> (usize, usize) {
    let (mut by_left, mut by_right) = moved(left, right);
    // Characters that differ may begin with equal bytes.
    let cut = |side: &[u8], at: usize| side.get(at).is_some_and(|&byte| !starts_character(byte));
    while by_left > 0 && (cut(left, by_left) || cut(right, by_right)) {
        by_left -= 1;
        by_right -= 1;
    }
    (by_left, by_right)
}

/// The same, but the ends may cut characters.
fn moved(left: &[u8], right: &[u8]) -> (usize, usize) {
    let near = |side: &[u8]| side.len().min(FARTHEST);
    let (left, right) = (&left[..near(left)], &right[..near(right)]);
    let (mut by_left, mut by_right) = (0, 0);
    while let Some((step_left, step_right, run)) = hop(&left[by_left..], &right[by_right..]) {
        by_left += step_left + run;
        by_right += step_right + run;
    }
    (by_left, by_right)
}

/// How many bytes of each side continue the copy backwards, from their ends.
pub(crate) fn backwards(left: &[u8], right: &[u8]) -> (usize, usize) {
    /// This many bytes show whether the copy continues at all: a step and the text that must agree after it.
    const GLANCE: usize = 2 * REACH;
    let glance = |side: &[u8]| -> ([u8; GLANCE], usize) {
        let length = side.len().min(GLANCE);
        let mut turned = [0; GLANCE];
        turned[..length].copy_from_slice(&side[side.len() - length..]);
        turned[..length].reverse();
        (turned, length)
    };
    let ((glance_left, length_left), (glance_right, length_right)) = (glance(left), glance(right));
    if hop(&glance_left[..length_left], &glance_right[..length_right]).is_none() {
        return (0, 0);
    }
    let turn = |side: &[u8]| -> Vec<u8> { side.iter().rev().take(FARTHEST).copied().collect() };
    let (by_left, by_right) = moved(&turn(left), &turn(right));
    let whole = |side: &[u8], mut length: usize| {
        while length > 0 && !starts_character(side[side.len() - length]) {
            length -= 1;
        }
        length
    };
    (whole(left, by_left), whole(right, by_right))
}

/// How many bytes of `long`, at most `reach`, are inserted before text that `short` continues with, and for how
/// many bytes the two agree there.
pub(super) fn inserted(long: &[u8], short: &[u8], reach: usize) -> Option<(usize, usize)> {
    let anchor: &[u8; TOUCHING] = short.first_chunk()?;
    let near = &long[..long.len().min(reach + TOUCHING)];
    let step = places(near, anchor).next()?;
    Some((step, common_prefix(&long[step..], short)))
}

/// The same from the ends of both, backwards.
pub(super) fn inserted_backwards(long: &[u8], short: &[u8], reach: usize) -> Option<(usize, usize)> {
    let anchor: &[u8; TOUCHING] = short.last_chunk()?;
    let near = &long[long.len() - long.len().min(reach + TOUCHING)..];
    let at = places(near, anchor).last()?;
    let step = near.len() - TOUCHING - at;
    Some((step, common_suffix(&long[..long.len() - step], short)))
}

/// Where `anchor` is in the text. Two of its bytes are compared with many places at once, as vectors; that rules out
/// nearly all of them.
fn places<'a>(text: &'a [u8], anchor: &'a [u8; TOUCHING]) -> impl Iterator<Item = usize> + 'a {
    const WIDTH: usize = 32;
    let count = (text.len() + 1).saturating_sub(TOUCHING);
    let (first, last) = (anchor[0], anchor[TOUCHING - 1]);
    (0..count).step_by(WIDTH).flat_map(move |from| {
        let width = WIDTH.min(count - from);
        let (firsts, lasts) =
            (&text[from..from + width], &text[from + TOUCHING - 1..from + TOUCHING - 1 + width]);
        let mut both = 0;
        for (&one, &other) in firsts.iter().zip(lasts) {
            both |= u8::from(one == first) & u8::from(other == last);
        }
        let end = if both == 0 { from } else { from + width };
        (from..end).filter(move |&at| text[at..at + TOUCHING] == anchor[..])
    })
}

/// The equal pieces of two stretches that lie between two chains: `(left start, right start, length)` in
/// bytes, in order. They are searched from the start, over edits and over insertions on one side.
pub(super) fn pieces(left: &[u8], right: &[u8]) -> Vec<(usize, usize, usize)> {
    let mut pieces = Vec::new();
    let (mut at_left, mut at_right) = (0, 0);
    loop {
        let (rest_left, rest_right) = (&left[at_left..], &right[at_right..]);
        let next = hop(rest_left, rest_right)
            .or_else(|| inserted(rest_left, rest_right, rest_left.len()).map(|(step, run)| (step, 0, run)))
            .or_else(|| inserted(rest_right, rest_left, rest_right.len()).map(|(step, run)| (0, step, run)));
        let Some((step_left, step_right, run)) = next else { return pieces };
        pieces.push((at_left + step_left, at_right + step_right, run));
        at_left += step_left + run;
        at_right += step_right + run;
    }
}

/// The steps on the left and on the right to the nearest place where the two agree again, and for how many
/// bytes they agree there. The nearest place is the one with the smallest sum of both steps, among the places
/// where they agree for long enough. Ties are decided by the smaller left step.
fn hop(left: &[u8], right: &[u8]) -> Option<(usize, usize, usize)> {
    let reach = |side: &[u8]| (side.len() + 1).saturating_sub(ANCHOR).min(REACH);
    let (reach_left, reach_right) = (reach(left), reach(right));
    let agree = |step_left: usize, step_right: usize| {
        left[step_left..step_left + ANCHOR] == right[step_right..step_right + ANCHOR]
    };
    let run = |step_left: usize, step_right: usize| common_prefix(&left[step_left..], &right[step_right..]);
    if reach_left > NEAR && reach_right > NEAR {
        let words = |side: &[u8]| -> [u64; NEAR + 1] { std::array::from_fn(|step| word(side, step)) };
        let (words_left, words_right) = (words(left), words(right));
        for sum in 0..=NEAR {
            for (step_left, &word_left) in words_left[..=sum].iter().enumerate() {
                let step_right = sum - step_left;
                if word_left == words_right[step_right] && agree(step_left, step_right) {
                    return Some((step_left, step_right, run(step_left, step_right)));
                }
            }
        }
    }
    // Steps of the right side, counted from one, in a hash table of the words there: the first step of each
    // slot, and for each step the next one of its slot.
    let (mut first, mut next) = ([0u8; SLOTS], [0u8; REACH + 1]);
    let slot = |side: &[u8], step: usize| (word(side, step).wrapping_mul(SEEDS[1]) >> SLOT_SHIFT) as usize;
    for step in (0..reach_right).rev() {
        let first = &mut first[slot(right, step)];
        next[step + 1] = std::mem::replace(first, step as u8 + 1);
    }
    let mut nearest: Option<(usize, usize, usize)> = None;
    for step_left in 0..reach_left {
        // Nearly always zero if the two sides are unrelated.
        let mut step = first[slot(left, step_left)] as usize;
        let most = nearest.map_or(usize::MAX, |(by_left, by_right, _)| by_left + by_right);
        while step > 0 && step_left + step - 1 < most {
            let step_right = step - 1;
            if agree(step_left, step_right) {
                let run = run(step_left, step_right);
                if run > step_left.max(step_right) {
                    nearest = Some((step_left, step_right, run));
                    break;
                }
            }
            step = next[step] as usize;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: among all steps after which enough text agrees, those with the smallest sum, then
    /// those with the smallest left step.
    fn nearest(left: &[u8], right: &[u8]) -> Option<(usize, usize, usize)> {
        let steps = (0..REACH).flat_map(|left| (0..REACH).map(move |right| (left, right)));
        let landings = steps.filter(|&(l, r)| l <= left.len() && r <= right.len());
        let runs = landings.map(|(l, r)| (l, r, common_prefix(&left[l..], &right[r..])));
        runs.filter(|&(l, r, run)| run >= ANCHOR && run > l.max(r)).min_by_key(|&(l, r, _)| (l + r, l))
    }

    proptest! {
        #[test]
        fn a_hop_is_to_the_nearest_place(
            ahead in "[ab]{0,20}",
            other in "[ab]{0,20}",
            behind in "[ab]{0,60}",
            last in "[ab]{0,9}",
        ) {
            let (left, right) = (format!("{ahead}{behind}"), format!("{other}{behind}{last}"));
            let (left, right) = (left.as_bytes(), right.as_bytes());
            prop_assert_eq!(hop(left, right), nearest(left, right));
            prop_assert_eq!(hop(right, left), nearest(right, left));
        }
    }

    #[test]
    fn goes_on_over_an_edited_word_and_stops_at_other_text() {
        let left = b"oldwordandthenthecopygoesonforawhilethenothing";
        let right = b"newerandthenthecopygoesonforawhilexyzxyzxyz";
        let (l, r) = forwards(left, right);
        assert_eq!(&left[..l], b"oldwordandthenthecopygoesonforawhile");
        assert_eq!(&right[..r], b"newerandthenthecopygoesonforawhile");
        assert_eq!(forwards(b"abcdefghijklmnop", b"qrstuvwxyzabcdef"), (0, 0));
        // `д` and `е` begin with the same byte.
        let (left, right) = ("новоеслововконцед".as_bytes(), "словоноеслововконцее".as_bytes());
        let (l, r) = forwards(left, right);
        assert!(l > 0 && std::str::from_utf8(&left[..l]).is_ok() && std::str::from_utf8(&right[..r]).is_ok());
    }
}
