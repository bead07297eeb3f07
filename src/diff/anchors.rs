//! Anchors: stretches of squeezed text that both texts have.
//!
//! In: two squeezed streams. Out: equal runs, each as long as possible, in the order of the right text. Runs
//! may overlap and contradict each other; [`super::skeleton`] chooses among them.
//!
//! **Idea.** Every [`STRIDE`]-th window of the left is inserted into a table. The right is read window by
//! window. A hit is compared and extended in both directions, and reading continues after it. So unchanged
//! text costs one memory comparison, and only text near changes costs lookups. Every equal stretch of at
//! least `WINDOW + STRIDE - 1` bytes outside a longer run is found, unless its windows occur more than
//! [`CANDIDATES`] times on the left. (If characters are wide, it must be two or three bytes longer.)
//!
//! Tried and rejected: all windows instead of every eighth (three times slower; the alignment of gaps finds
//! what it adds); the first candidate instead of the longest (wrong places in prose with many set phrases).
//!
//! **Cost.** Linear: a lookup takes a bounded number of steps, and an extension costs no more than the text
//! it skips. Memory: 16 to 24 bytes for each sampled window (see [`super::windows`]), so 2 to 3 bytes for
//! each byte of the left.

use super::equal_run::EqualRun;
use super::windows::{WINDOW, WindowTable, extended, is_same_window};
use crate::stream::starts_character;

/// Distance of the left windows in the table, in stream bytes.
const STRIDE: usize = 8;
/// Equal windows compared for one position. A phrase that occurs more often does not show where it belongs.
const CANDIDATES: usize = 16;
/// A candidate is near if it is at most this many bytes from the place at which the last run would continue.
const NEAR: usize = 64;
/// A near candidate is preferred if it has at least this share (three quarters) of the longest candidate's
/// length. Text stays at its place more often than a phrase moves.
const NEAR_SHARE: (usize, usize) = (3, 4);

/// The equal runs of `left` and `right`, in the order of the right.
pub(super) fn anchors(left: &[u8], right: &[u8]) -> Vec<EqualRun> {
    let mut anchors: Vec<EqualRun> = Vec::new();
    if left.len() < WINDOW || right.len() < WINDOW {
        return anchors;
    }
    let mut windows = WindowTable::new(left, left.len() / STRIDE + 1);
    windows.insert(0..left.len(), STRIDE);
    // The ends of the last run. Without further changes, both texts continue equally from here.
    let (mut left_end, mut right_end) = (0usize, 0usize);
    let mut position = 0;
    while position + WINDOW <= right.len() {
        if !starts_character(right[position]) {
            position += 1;
            continue;
        }
        let expected = left_end + (position - right_end);
        let mut longest: Option<EqualRun> = None;
        let mut near: Option<EqualRun> = None;
        let mut consider = |candidate: usize| {
            let run = extended(left, right, (candidate, position), (0, 0));
            let is_better = |old: &Option<EqualRun>| {
                old.is_none_or(|old| {
                    let shift = |run: EqualRun| (run.left + position - run.right).abs_diff(expected);
                    (run.length, usize::MAX - shift(run)) > (old.length, usize::MAX - shift(old))
                })
            };
            if is_better(&longest) {
                longest = Some(run);
            }
            if candidate.abs_diff(expected) <= NEAR && is_better(&near) {
                near = Some(run);
            }
        };
        if expected + WINDOW <= left.len() && is_same_window(left, expected, right, position) {
            consider(expected);
        }
        windows.look_up(right, position, CANDIDATES, &mut consider);
        let Some(longest) = longest else {
            position += 1;
            continue;
        };
        let chosen = near
            .filter(|near| near.length * NEAR_SHARE.1 >= longest.length * NEAR_SHARE.0)
            .unwrap_or(longest);
        // A run may end before the end of its window, if the window ends inside a wide character.
        position = chosen.right_end().max(position + 1);
        if chosen.length >= WINDOW {
            anchors.push(chosen);
            (left_end, right_end) = (chosen.left_end(), chosen.right_end());
        }
    }
    anchors
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn anchors_match_on_character_boundaries(
            pieces in proptest::collection::vec("[a-d]{1,30}|[а-г]{1,20}|[中文字]{1,12}|[𐍈😀]{1,8}", 1..8),
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let left = pieces.concat();
            let right: String = order.iter().map(|index| index.get(&pieces).as_str()).collect();
            for run in anchors(left.as_bytes(), right.as_bytes()) {
                prop_assert!(run.length >= WINDOW);
                prop_assert_eq!(
                    left.get(run.left..run.left_end()).expect("on boundaries"),
                    right.get(run.right..run.right_end()).expect("on boundaries")
                );
            }
        }

        #[test]
        fn a_long_stretch_is_found(
            before in "[a-m]{0,30}", stretch in "[n-z]{40,60}", after in "[a-m]{0,30}", other in "[0-9]{0,30}",
        ) {
            let left = format!("{before}{stretch}{after}");
            let right = format!("{other}{stretch}{other}");
            let found = anchors(left.as_bytes(), right.as_bytes());
            let expected = EqualRun { left: before.len(), right: other.len(), length: stretch.len() };
            prop_assert!(found.contains(&expected), "{:?}", found);
        }
    }
}
