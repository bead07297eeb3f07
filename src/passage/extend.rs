//! Extension: a chain's ends moved out over edits, as long as more agrees than differs.
//!
//! In: two streams and where a chain ends in both. Out: how far the copy goes on in each.
//!
//! **Idea.** Behind a mismatch, look at small steps on both sides for the nearest place where [`ANCHOR`] bytes agree
//! again; go on if what agrees there is longer than what was stepped over. Seeds find stretches of
//! [`GUARANTEE`](super::seed::GUARANTEE) bytes, so this is for the shorter ones behind the last edit.
//!
//! **Cost.** At most [`REACH`]² comparisons of a word at each end.

use crate::stream::{common_prefix, starts_character};

/// Bytes that must agree behind an edit.
const ANCHOR: usize = 12;
/// Bytes stepped over on each side: three or four words in Latin script.
const REACH: usize = 32;

/// How many bytes of each side continue the copy forwards.
pub(crate) fn forwards(left: &[u8], right: &[u8]) -> (usize, usize) {
    let (mut l, mut r) = (0, 0);
    while let Some((step_left, step_right, run)) = hop(&left[l..], &right[r..]) {
        l += step_left + run;
        r += step_right + run;
    }
    (l, r)
}

/// How many bytes of each side continue the copy backwards, from their ends.
pub(crate) fn backwards(left: &[u8], right: &[u8]) -> (usize, usize) {
    /// So much is turned round to be read forwards; a copy that goes on longer holds a seed.
    const TURNED: usize = 512;
    let turn = |side: &[u8]| -> Vec<u8> { side.iter().rev().take(TURNED).copied().collect() };
    let (l, r) = forwards(&turn(left), &turn(right));
    let whole = |side: &[u8], mut length: usize| {
        while length > 0 && !starts_character(side[side.len() - length]) {
            length -= 1;
        }
        length
    };
    (whole(left, l), whole(right, r))
}

/// The nearest place where the two agree again, and for how long.
fn hop(left: &[u8], right: &[u8]) -> Option<(usize, usize, usize)> {
    let reach = |side: &[u8]| (side.len() + 1).saturating_sub(ANCHOR).min(REACH);
    let (reach_left, reach_right) = (reach(left), reach(right));
    for sum in 0..(reach_left + reach_right).saturating_sub(1) {
        let from = (sum + 1).saturating_sub(reach_right);
        for step_left in from..reach_left.min(sum + 1) {
            let step_right = sum - step_left;
            if left[step_left..step_left + ANCHOR] == right[step_right..step_right + ANCHOR] {
                let run = common_prefix(&left[step_left..], &right[step_right..]);
                if run > step_left.max(step_right) {
                    return Some((step_left, step_right, run));
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_on_over_an_edited_word_and_stops_at_other_text() {
        let left = b"oldwordandthenthecopygoesonforawhilethenothing";
        let right = b"newerandthenthecopygoesonforawhilexyzxyzxyz";
        let (l, r) = forwards(left, right);
        assert_eq!(&left[..l], b"oldwordandthenthecopygoesonforawhile");
        assert_eq!(&right[..r], b"newerandthenthecopygoesonforawhile");
        assert_eq!(forwards(b"abcdefghijklmnop", b"qrstuvwxyzabcdef"), (0, 0));
    }
}
