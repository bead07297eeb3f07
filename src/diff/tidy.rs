//! Tidying: equal runs end where a reader would end them.
//!
//! In: equal runs in order on both sides. Out: the same runs cut to the bounds of words, without
//! coincidences, and with insertions and deletions moved to the best of their equivalent places.
//!
//! **Cost.** Linear; moving one insertion or deletion reads at most [`SLIDE`] bytes.
//! **Source.** The ideas of semantic clean-up and of boundary scores: Neil Fraser, *Diff Strategies* (2006).

use super::boundary::Boundary;
use super::equal_run::EqualRun;
use super::side::{CutUnit, Side, Sides};
use crate::stream::{common_characters, common_last_characters, starts_character};
use std::ops::Range;

/// A longer word may be cut, because it is not a word to a reader (an address, encoded data).
const LONGEST_WORD: usize = 64;
/// Farthest that an insertion or a deletion is moved, in stream bytes.
const SLIDE: usize = 256;
/// An equal run between two changes is dropped if each change is at least this many times as long. It is then
/// a shared phrase, not text that stayed.
const COINCIDENCE: usize = 16;

/// Shortens runs until the gaps between them contain whole words, drops runs that become empty, and joins
/// runs that touch. The text of the runs extends from `from` to `until` (left, right).
///
/// Text that only one side has must be whole words of that side. Its place in the other text does not matter,
/// because that text may have lost the space there. If both sides have text, it is whole words of both.
pub(super) fn cut_to_words(
    runs: &mut Vec<EqualRun>,
    sides: Sides<'_>,
    from: (usize, usize),
    until: (usize, usize),
) {
    let mut kept: Vec<EqualRun> = Vec::with_capacity(runs.len());
    // The end of the text counts as an empty run.
    let end = EqualRun { left: until.0, right: until.1, length: 0 };
    for &run in runs.iter().chain([&end]) {
        let mut after = run;
        if let Some(last) = kept.last_mut()
            && last.touches(after)
        {
            // The runs were divided here, but nothing changed between them.
            last.length += after.length;
            continue;
        }
        // If the run before becomes empty, the gap grows back to the run before that.
        loop {
            let before = kept.last().copied();
            let (shorter, rest) = shortened(before, after, sides, from);
            after = rest;
            if shorter == before {
                break;
            }
            kept.pop();
            if let Some(shorter) = shorter.filter(|run| run.length > 0) {
                kept.push(shorter);
                break;
            }
        }
        if after.length > 0 {
            kept.push(after);
        }
    }
    *runs = kept;
}

/// The runs before and after a gap, shortened at the gap until it contains whole words.
fn shortened(
    before: Option<EqualRun>,
    after: EqualRun,
    sides: Sides<'_>,
    from: (usize, usize),
) -> (Option<EqualRun>, EqualRun) {
    let (mut shorter, mut rest) = (before, after);
    for _ in 0..2 * LONGEST_WORD {
        let start = shorter.map_or(from, |run| (run.left_end(), run.right_end()));
        let end = (rest.left, rest.right);
        let unit = |has_text: bool| if has_text { CutUnit::Word } else { CutUnit::Cluster };
        let (left, right) = (unit(end.0 > start.0), unit(end.1 > start.1));
        let fits = |cut: (usize, usize)| sides.left.may_cut(cut.0, left) && sides.right.may_cut(cut.1, right);
        match shorter {
            Some(run) if run.length > 0 && !fits(start) => {
                shorter = Some(run.part(0, sides.left.previous(run.left_end()) - run.left));
            }
            _ if rest.length > 0 && !fits(end) => {
                rest = rest.part(sides.left.next(rest.left) - rest.left, rest.length);
            }
            _ => return (shorter, rest),
        }
    }
    // The word is too long to be a word to a reader. The cut stays inside it, but divides no cluster.
    (
        before.map(|run| run.part(0, last_cut(run, sides, CutUnit::Cluster))),
        after.part(first_cut(after, sides, CutUnit::Cluster), after.length),
    )
}

/// Shortens a block's runs at its outer ends, until it starts and ends with whole words of both sides.
pub(super) fn cut_ends_to_words(runs: &mut Vec<EqualRun>, sides: Sides<'_>) {
    let mut empty = 0;
    for first in runs.iter_mut() {
        *first = first.part(first_cut(*first, sides, CutUnit::Word), first.length);
        if first.length > 0 {
            break;
        }
        empty += 1;
    }
    runs.drain(..empty);
    while let Some(last) = runs.last_mut() {
        *last = last.part(0, last_cut(*last, sides, CutUnit::Word));
        if last.length > 0 {
            break;
        }
        runs.pop();
    }
}

/// The first place to cut within a run, counted from its start.
fn first_cut(run: EqualRun, sides: Sides<'_>, unit: CutUnit) -> usize {
    let mut between_clusters = None;
    let mut cut = 0;
    for _ in 0..LONGEST_WORD {
        if cut >= run.length {
            return run.length;
        }
        let (left, right) = (run.left + cut, run.right + cut);
        if sides.may_cut(left, right, unit) {
            return cut;
        }
        if between_clusters.is_none() && unit == CutUnit::Word && sides.may_cut(left, right, CutUnit::Cluster)
        {
            between_clusters = Some(cut);
        }
        cut = sides.left.next(left) - run.left;
    }
    between_clusters.unwrap_or(run.length)
}

/// The last place to cut within a run, counted from its start.
fn last_cut(run: EqualRun, sides: Sides<'_>, unit: CutUnit) -> usize {
    let mut between_clusters = None;
    let mut cut = run.length;
    for _ in 0..LONGEST_WORD {
        if cut == 0 {
            return 0;
        }
        let (left, right) = (run.left + cut, run.right + cut);
        if sides.may_cut(left, right, unit) {
            return cut;
        }
        if between_clusters.is_none() && unit == CutUnit::Word && sides.may_cut(left, right, CutUnit::Cluster)
        {
            between_clusters = Some(cut);
        }
        cut = sides.left.previous(left) - run.left;
    }
    between_clusters.unwrap_or(0)
}

/// Drops runs that are coincidences: much shorter than the changes before and after them. `size` returns how
/// much changed in a gap.
pub(super) fn drop_coincidences(
    runs: &mut Vec<EqualRun>,
    ends: (usize, usize),
    size: impl Fn(Range<usize>, Range<usize>) -> usize,
) {
    let size = |before: Option<&EqualRun>, after: Option<&EqualRun>| {
        let (left, right) = before.map_or((0, 0), |run| (run.left_end(), run.right_end()));
        let (left_end, right_end) = after.map_or(ends, |run| (run.left, run.right));
        size(left..left_end, right..right_end)
    };
    let mut kept: Vec<EqualRun> = Vec::with_capacity(runs.len());
    for index in 0..runs.len() {
        kept.push(runs[index]);
        // A dropped run enlarges the change before the next run. That may make the run before it a
        // coincidence too.
        while let Some(&last) = kept.last() {
            let before = size(kept.len().checked_sub(2).map(|previous| &kept[previous]), Some(&last));
            let after = size(Some(&last), runs.get(index + 1));
            if last.length.saturating_mul(COINCIDENCE) > before.min(after) {
                break;
            }
            kept.pop();
        }
    }
    *runs = kept;
}

/// Moves each insertion and deletion between two runs to the equivalent place that a reader expects: the one
/// where least of the text around it changes its form, then the one whose two ends have the best [`Boundary`],
/// then the last. The text of the runs extends from `from` to `until` (left, right). `is_free` returns whether the
/// gap between two runs contains no block.
pub(super) fn slide(
    runs: &mut Vec<EqualRun>,
    sides: Sides<'_>,
    from: (usize, usize),
    until: (usize, usize),
    is_free: impl Fn(EqualRun, EqualRun) -> bool,
) {
    // The ends of the text count as empty runs, so that an insertion there can move too.
    runs.insert(0, EqualRun { left: from.0, right: from.1, length: 0 });
    runs.push(EqualRun { left: until.0, right: until.1, length: 0 });
    for index in 1..runs.len() {
        let (before, after) = (runs[index - 1], runs[index]);
        let (left, right) = (after.left - before.left_end(), after.right - before.right_end());
        let was_used_up = index > 1 && before.length == 0;
        if was_used_up || (left == 0) == (right == 0) || !is_free(before, after) {
            continue;
        }
        // `best_shift` requires the text on the left.
        let shift = match left {
            0 => best_shift(sides.swapped(), before.swapped(), after.swapped()),
            _ => best_shift(sides, before, after),
        };
        let shifted = |position: usize| (position as isize + shift) as usize;
        runs[index - 1].length = shifted(runs[index - 1].length);
        let after = &mut runs[index];
        (after.left, after.right) = (shifted(after.left), shifted(after.right));
        after.length = (after.length as isize - shift) as usize;
    }
    runs.retain(|run| run.length > 0);
}

/// How far to move text that only the left has between two runs.
fn best_shift(sides: Sides<'_>, before: EqualRun, after: EqualRun) -> isize {
    let side: Side<'_> = sides.left;
    let folded = side.folded();
    let (start, end) = (before.left_end(), after.left);
    // A text that repeats itself may move farther than its own length, so the runs are compared with themselves.
    let length = end - start;
    let back = common_last_characters(
        &folded[before.left..start],
        &folded[(before.left + length).max(end.saturating_sub(SLIDE)).min(end)..end],
    )
    .min(SLIDE);
    let forward = common_characters(
        &folded[start..(after.left_end() - length).min(start + SLIDE).max(start)],
        &folded[end..after.left_end()],
    );
    if back + forward == 0 {
        return 0;
    }
    let is_start = |position: usize| position == folded.len() || starts_character(folded[position]);
    // The bytes between the characters where an end of the text may go: the first of it, the last of it, and
    // the one place on the right.
    let shifted = |position: usize, shift: isize| (position as isize + shift) as usize;
    let gaps = |shift: isize| {
        let (first, last, right) =
            (shifted(start, shift), shifted(end, shift), shifted(before.right_end(), shift));
        (side.gap(first), side.gap(last), sides.right.gap(right))
    };
    let steps: Vec<isize> =
        (-(back as isize)..=forward as isize).filter(|&shift| is_start(shifted(start, shift))).collect();
    // Characters that keep their form before the shift, less those that keep it after.
    let mut same = 0isize;
    let mut best: ((isize, u8), isize) = ((isize::MIN, 0), 0);
    let mut here = gaps(steps[0]);
    for (index, &shift) in steps.iter().enumerate() {
        let (first, last) = (shifted(start, shift), shifted(end, shift));
        if is_start(last) {
            let right = shifted(before.right_end(), shift);
            let may_cut = |left: usize| sides.may_cut(left, right, CutUnit::Cluster);
            let (first_boundary, last_boundary) =
                (side.boundary_in(first, here.0), side.boundary_in(last, here.1));
            let score = (same, first_boundary as u8 + last_boundary as u8);
            let is_better = score >= best.0 && first_boundary.min(last_boundary) > Boundary::Inside;
            if is_better && may_cut(first) && may_cut(last) {
                best = (score, shift);
            }
        }
        if let Some(&next) = steps.get(index + 1) {
            let next = gaps(next);
            let other = sides.right.bytes().get(here.2.0..next.2.0);
            same += (side.bytes().get(here.0.0..next.0.0) == other) as isize;
            same -= (side.bytes().get(here.1.0..next.1.0) == other) as isize;
            here = next;
        }
    }
    best.1
}
