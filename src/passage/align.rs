//! Alignment: how many characters two short stretches share in order.
//!
//! In: two stretches of folded characters. Out: the length of their longest common subsequence, in
//! characters. The identity of a passage is computed from it.
//!
//! **Idea.** For stretches with few edits: the farthest paths with 0, 1, 2, … edits, as long as that is
//! likely to be faster. For other stretches: a bit-parallel table, 64 cells in each step. Both methods give
//! the same number. In long stretches with many edits, only the paths near the farthest one are followed. If
//! even these are too many, the stretches are aligned at the blocks that they share, and then between those
//! blocks. The last two methods give lower bounds. (In 50 MB of press releases, 10 of 59,263 repeats have a
//! lower identity than the exact one, by at most 0.075.)
//!
//! **Cost.** Linear, plus the smaller of two numbers: the square of the edits, and a 64th of the product of
//! the lengths.
//! **Source.** Paths near the farthest: Marco-Sola et al., *Fast gap-affine pairwise alignment using the
//! wavefront algorithm*, Bioinformatics 2021, section 2.4. Myers, *An O(ND) difference algorithm and its
//! variations*, Algorithmica 1986, section 3; Hyyrö, *Bit-parallel LCS-length computation revisited*, AWOCA
//! 2004, figure 2 (the form of Crochemore et al.).

use super::block::ExactBlocks;
use super::chain;
use super::seed::{self, Seed};
use crate::stream::{characters, common_characters, common_last_characters, common_prefix};

/// Steps of 64 cells that one gap may take: two stretches of 4,000 characters.
const STEP_LIMIT: usize = 1 << 18;

/// Steps of 64 cells in the table of two stretches of these lengths.
fn steps(left: usize, right: usize) -> usize {
    (left.min(right) / 64 + 1) * left.max(right)
}

/// `2 × shared / (left + right)` in characters; 1.0 for two empty stretches.
pub(crate) fn identity(left: &[u8], right: &[u8]) -> f64 {
    if left == right {
        return 1.0;
    }
    let both = characters(left) + characters(right);
    2.0 * matched(left, right) as f64 / both as f64
}

/// Finding the shared blocks of two stretches by seeds takes as long as this many steps for each of their
/// bytes (measured).
const ANCHOR_STEPS: usize = 4;

/// Characters that the two share in order: their longest common subsequence. For long stretches with many
/// edits, it is a common subsequence along the paths near the farthest one, or the blocks of their best chain
/// and the characters shared between those blocks.
fn matched(left: &[u8], right: &[u8]) -> usize {
    let (left, right, outside) = trimmed(left, right);
    let by_anchors = ANCHOR_STEPS * (left.len() + right.len());
    if steps(left.len(), right.len()) <= by_anchors {
        return outside + subsequence(left, right);
    }
    outside + by_paths(left, right, by_anchors, Paths::Near).unwrap_or_else(|| anchored(left, right))
}

/// Characters in the blocks of the best chain of two stretches, and characters shared between those blocks.
fn anchored(left: &[u8], right: &[u8]) -> usize {
    let mut pairs = Vec::new();
    let (seeds_left, seeds_right) = (seed::sorted(left), seed::sorted(right));
    // Only seeds that are unique on both sides are used. Others could align the wrong copies, and enough
    // seeds are unique.
    let unique = |group: &[Seed]| (group.len() == 1).then(|| group[0]);
    let same = |a: &Seed, b: &Seed| a.hash() == b.hash();
    let mut rights = seeds_right.chunk_by(same).filter_map(unique).peekable();
    for seed in seeds_left.chunk_by(same).filter_map(unique) {
        while rights.next_if(|right| right.hash() < seed.hash()).is_some() {}
        if let Some(right) = rights.next_if(|right| right.hash() == seed.hash()) {
            pairs.push((seed.at(), right.at()));
        }
    }
    pairs.sort_unstable_by_key(|pair| pair.1);
    let mut blocks = ExactBlocks::new(left, right);
    blocks.pairs(&pairs);
    let chains = chain::chains(&blocks.finish(), u32::MAX);
    let Some(best) = chains.iter().max_by_key(|chain| chain::matched(chain)) else {
        return subsequence(left, right);
    };
    let (mut at_left, mut at_right, mut sum) = (0usize, 0usize, 0);
    for block in best {
        let (from_left, from_right) = (block.left as usize, block.right as usize);
        // Blocks may overlap where an edit repeats the text next to it. Only text that is new on both sides
        // counts.
        let skip = at_left.saturating_sub(from_left).max(at_right.saturating_sub(from_right));
        if skip >= block.length as usize {
            continue;
        }
        let (from_left, from_right) = (from_left + skip, from_right + skip);
        if skip == 0 {
            sum += shared(&left[at_left..from_left], &right[at_right..from_right]);
        }
        sum += characters(&left[from_left..block.left_end() as usize]);
        (at_left, at_right) = (block.left_end() as usize, block.right_end() as usize);
    }
    sum + shared(&left[at_left..], &right[at_right..])
}

/// Characters in the longest common subsequence of the two; a lower bound if the table would be too large.
pub(crate) fn shared(left: &[u8], right: &[u8]) -> usize {
    let (left, right, outside) = trimmed(left, right);
    outside + subsequence(left, right)
}

/// The two without their common start and end, and the number of characters in those.
fn trimmed<'a>(left: &'a [u8], right: &'a [u8]) -> (&'a [u8], &'a [u8], usize) {
    let ahead = common_characters(left, right);
    let (first, left, right) = (&left[..ahead], &left[ahead..], &right[ahead..]);
    let behind = common_last_characters(left, right);
    let (left, last) = left.split_at(left.len() - behind);
    (left, &right[..right.len() - behind], characters(first) + characters(last))
}

/// Length of the longest common subsequence, in characters; 0 if its table would be too large.
fn subsequence(left: &[u8], right: &[u8]) -> usize {
    let (short, long) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if short.is_empty() || steps(short.len(), long.len()) > STEP_LIMIT {
        return 0;
    }
    by_paths(short, long, steps(short.len(), long.len()), Paths::All).unwrap_or_else(|| by_cells(short, long))
}

/// [`few_edits`] between two stretches.
fn by_paths(left: &[u8], right: &[u8], steps: usize, paths: Paths) -> Option<usize> {
    if left.is_ascii() && right.is_ascii() {
        return few_edits(left, right, steps, paths, common_prefix);
    }
    let common = |left: &[char], right: &[char]| left.iter().zip(right).take_while(|(l, r)| l == r).count();
    few_edits(&letters(left), &letters(right), steps, paths, common)
}

/// [`subsequence`] by a table of bits.
fn by_cells(short: &[u8], long: &[u8]) -> usize {
    if short.is_ascii() && long.is_ascii() {
        return ascii_subsequence(short, long);
    }
    let (short, long) = (letters(short), letters(long));
    wide_subsequence(&short, &long)
}

fn letters(folded: &[u8]) -> Vec<char> {
    std::str::from_utf8(folded).unwrap_or_default().chars().collect()
}

/// A path is followed as long as one side is ahead of the other by at most this many letters.
const MOST_AHEAD: isize = 256;
/// Following a path for one edit takes as long as this many steps of 64 cells (measured).
const PATH_STEPS: usize = 6;
/// After this many edits, the number of all edits is estimated.
const FIRST_EDITS: isize = 4;
/// If not all paths are followed, a path is followed only if it is at most this many letters (of both sides
/// together) shorter than the farthest one. (In press releases, 64 took longer and found no more; 16 found
/// less.)
const MOST_LAG: isize = 32;

/// Which paths are followed.
#[derive(Clone, Copy, PartialEq)]
enum Paths {
    /// All. The subsequence is then the longest.
    All,
    /// All. Once those are too many, only paths at most [`MOST_LAG`] letters shorter than the farthest one.
    Near,
}

/// Length of the longest common subsequence of two stretches that differ by few edits (letters that only one
/// of them has). If not all paths are followed, the subsequence may be shorter. `None` if it takes longer
/// than `steps` steps of 64 cells.
fn few_edits<T>(
    left: &[T],
    right: &[T],
    steps: usize,
    paths: Paths,
    common: impl Fn(&[T], &[T]) -> usize,
) -> Option<usize> {
    let (n, m) = (left.len() as isize, right.len() as isize);
    if (n - m).abs() > MOST_AHEAD {
        return None;
    }
    // The farthest place in `left` on each diagonal (place in `left` minus place in `right`); at first, no
    // place.
    const NONE: isize = isize::MIN / 4;
    const MIDDLE: isize = MOST_AHEAD + 2;
    let mut farthest = [NONE; 2 * MIDDLE as usize + 1];
    let place = |diagonal: isize| (MIDDLE + diagonal) as usize;
    farthest[place(1)] = 0;
    // Every second diagonal from the lowest to the highest has a path with `edits` edits. `followed` counts
    // the paths so far.
    let (mut lowest, mut highest, mut followed) = (0, 0, 0);
    let (mut edits, mut all) = (0, true);
    while lowest >= -MOST_AHEAD && highest <= MOST_AHEAD {
        let mut reached = 0;
        for diagonal in (lowest..=highest).step_by(2) {
            let (below, above) = (farthest[place(diagonal - 1)], farthest[place(diagonal + 1)]);
            // The edit skips a letter of `left` or a letter of `right`.
            let over_left = if below < n { below + 1 } else { NONE };
            let over_right = if above - diagonal <= m { above } else { NONE };
            let mut at = over_left.max(over_right);
            if at >= 0 && at >= diagonal {
                at += common(&left[at as usize..], &right[(at - diagonal) as usize..]) as isize;
                if at == n && at - diagonal == m {
                    return Some(((n + m - edits) / 2) as usize);
                }
                reached = reached.max(2 * at - diagonal);
            }
            farthest[place(diagonal)] = at;
        }
        followed += (highest - lowest) / 2 + 1;
        if edits >= FIRST_EDITS {
            // Estimated edits to come, if they are as dense as those so far. Each edit adds one path.
            let to_come = edits * (n + m - reached) / reached.max(1);
            let take_too_long = |paths: isize| (paths as usize).saturating_mul(PATH_STEPS) > steps;
            if all && take_too_long(to_come.saturating_mul(2 * edits + to_come) / 2 + followed) {
                if paths == Paths::All {
                    return None;
                }
                all = false;
            }
            if !all {
                let lags = |diagonal: isize| 2 * farthest[place(diagonal)] - diagonal < reached - MOST_LAG;
                while lags(lowest) {
                    lowest += 2;
                }
                while lags(highest) {
                    highest -= 2;
                }
                // Edits may be dense in one place only, so this is not decided before half of the time is
                // used.
                let width = (highest - lowest) / 2 + 1;
                if take_too_long(2 * followed) && take_too_long(followed + to_come * width) {
                    return None;
                }
            }
        }
        (farthest[place(lowest - 2)], farthest[place(highest + 2)]) = (NONE, NONE);
        (edits, lowest, highest) = (edits + 1, lowest - 1, highest + 1);
    }
    None
}

/// [`subsequence`] over any alphabet.
fn wide_subsequence(short: &[char], long: &[char]) -> usize {
    // The places of each distinct character of the shorter side, as bits.
    let mut alphabet: Vec<char> = short.to_vec();
    let length = alphabet.len();
    alphabet.sort_unstable();
    alphabet.dedup();
    let words = length.div_ceil(64);
    let mut places = vec![0u64; alphabet.len() * words];
    for (place, &ch) in short.iter().enumerate() {
        let letter = alphabet.binary_search(&ch).expect("in the alphabet");
        places[letter * words + place / 64] |= 1 << (place % 64);
    }
    let mut state = vec![!0u64; words];
    for ch in long {
        if let Ok(letter) = alphabet.binary_search(ch) {
            step(&mut state, &places[letter * words..][..words]);
        }
    }
    zeros(&state, length)
}

/// [`subsequence`] where each byte is a letter of an alphabet of 128.
fn ascii_subsequence(short: &[u8], long: &[u8]) -> usize {
    // Rows with a length known at compile time stay in registers.
    match short.len().div_ceil(64) {
        1 => in_registers::<1>(short, long),
        2 => in_registers::<2>(short, long),
        3 => in_registers::<3>(short, long),
        4 => in_registers::<4>(short, long),
        5 | 6 => in_registers::<6>(short, long),
        7 | 8 => in_registers::<8>(short, long),
        words => {
            let mut places = vec![0u64; 128 * words];
            for (place, &byte) in short.iter().enumerate() {
                places[byte as usize * words + place / 64] |= 1 << (place % 64);
            }
            let mut state = vec![!0u64; words];
            for &byte in long {
                step(&mut state, &places[byte as usize * words..][..words]);
            }
            zeros(&state, short.len())
        }
    }
}

fn in_registers<const WORDS: usize>(short: &[u8], long: &[u8]) -> usize {
    let mut places = [[0u64; WORDS]; 128];
    for (place, &byte) in short.iter().enumerate() {
        places[byte as usize % 128][place / 64] |= 1 << (place % 64);
    }
    let mut state = [!0u64; WORDS];
    for &byte in long {
        step(&mut state, &places[byte as usize % 128]);
    }
    zeros(&state, short.len())
}

/// One row of the table: the places that match a letter of the longer side.
#[inline(always)]
fn step(state: &mut [u64], row: &[u64]) {
    let mut carry = false;
    for (state, &matches) in state.iter_mut().zip(row) {
        let hit = *state & matches;
        let (sum, over) = state.overflowing_add(hit);
        let (sum, over_again) = sum.overflowing_add(carry as u64);
        carry = over | over_again;
        *state = sum | (*state & !matches);
    }
}

/// Length of the subsequence: the zeros of the last row. Bits after the last place are never matched, so they
/// stay set.
fn zeros(state: &[u64], length: usize) -> usize {
    let zeros: usize = state.iter().map(|word| word.count_zeros() as usize).sum();
    debug_assert!(zeros <= length);
    zeros
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(left: &str, right: &str) -> usize {
        let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
        let mut above = vec![0; right.len() + 1];
        for l in &left {
            let mut row = vec![0];
            for (j, r) in right.iter().enumerate() {
                row.push(if l == r { above[j] + 1 } else { above[j + 1].max(row[j]) });
            }
            above = row;
        }
        above[right.len()]
    }

    /// The text with up to `put_out` letters at each place replaced by others.
    fn edited(text: &str, edits: Vec<(usize, String)>, put_out: usize) -> String {
        let mut edited = text.to_owned();
        for (at, new) in edits {
            let at = at.min(edited.len());
            let end = (at + put_out).min(edited.len());
            edited.replace_range(at..end, &new);
        }
        edited
    }

    proptest! {
        #[test]
        fn many_words_of_cells_count_alike(left in "[a-f]{450,900}", right in "[a-f]{450,900}") {
            prop_assert_eq!(shared(left.as_bytes(), right.as_bytes()), table(&left, &right));
        }

        #[test]
        fn few_edits_find_the_longest_common_subsequence(
            text in "[a-d]{0,200}",
            edits in proptest::collection::vec((0usize..200, "[a-d]{0,3}"), 0..12),
        ) {
            let edited = edited(&text, edits, 2);
            let found = few_edits(text.as_bytes(), edited.as_bytes(), usize::MAX, Paths::All, common_prefix);
            prop_assert_eq!(found, Some(table(&text, &edited)));
        }

        /// Single letters, far apart, are replaced by a letter that occurs nowhere else. Then no path is
        /// better than the straight one.
        #[test]
        fn near_paths_find_what_lies_between_edits(
            text in "[a-d]{900,1500}",
            apart in 20usize..40,
            wide in proptest::bool::ANY,
        ) {
            let edited = |index: usize, ch: char| if index.is_multiple_of(apart) { 'x' } else { ch };
            let edited: String = text.chars().enumerate().map(|(index, ch)| edited(index, ch)).collect();
            let (text, edited) = if wide { (text + "é", edited + "é") } else { (text, edited) };
            let steps = ANCHOR_STEPS * (text.len() + edited.len());
            let of = |paths| by_paths(text.as_bytes(), edited.as_bytes(), steps, paths);
            prop_assert_eq!(of(Paths::Near), Some(edited.chars().filter(|&ch| ch != 'x').count()));
            prop_assert_eq!(of(Paths::All), None);
        }

        #[test]
        fn near_paths_find_no_more_than_there_is(
            text in "[a-d]{600,700}",
            edits in proptest::collection::vec((0usize..600, "[a-d]{0,30}"), 0..30),
        ) {
            let edited = edited(&text, edits, 9);
            let all = table(&text, &edited);
            let near = by_paths(text.as_bytes(), edited.as_bytes(), 6000, Paths::Near);
            prop_assert!(near.is_none_or(|near| near <= all));
            prop_assert!(matched(text.as_bytes(), edited.as_bytes()) <= all);
        }

        #[test]
        fn shared_is_the_longest_common_subsequence(left in "[abc]{0,150}|[abcé中]{0,150}", right in "[abc]{0,150}|[abcé中]{0,150}") {
            prop_assert_eq!(shared(left.as_bytes(), right.as_bytes()), table(&left, &right));
        }
    }
}
