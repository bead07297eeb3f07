//! Lines: which lines of two texts stay, so that as few as possible change.
//!
//! In: the lines of two texts. Out: the changed stretches of lines, in order; between two of them, both texts
//! have the same lines. No other choice of lines that stay is larger, unless the step limit is reached.
//!
//! **Idea.** Equal lines get the same number. The common start and end, and lines that only one text has,
//! need no search. If few pairs of the other lines are equal, the longest sequence of pairs that keeps its
//! order is the answer. Otherwise the lines are divided again and again in the middle of a shortest edit
//! script. At last, an insertion or a deletion is moved along equal lines to the place whose two ends divide
//! the text best: after an empty line, then before one, then where the lines are indented least.
//!
//! **Cost.** For `n` lines of both texts: `n log n` if a line occurs few times; otherwise `n × d` for `d`
//! changed lines, up to a limit that is linear in `n`. Memory: at most about a hundred bytes for each line.
//! **Source.** Hunt and Szymanski 1977, *A fast algorithm for computing longest common subsequences*; Myers
//! 1986, *An O(ND) difference algorithm and its variations*, with its refinement to linear space. The places
//! of insertions are chosen as by the indent heuristic of `git`.

use std::collections::HashMap;
use std::ops::Range;

/// Lines `left` became lines `right`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ChangedLines {
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
}

impl ChangedLines {
    fn is_one_sided(&self) -> bool {
        self.left.is_empty() || self.right.is_empty()
    }
}

/// All pairs of equal lines are listed if each line has at most this many on average.
const LISTED_PAIRS: usize = 4;
/// Steps of the search that any two texts have; it takes about a quarter of a second.
const FREE_STEPS: usize = 1 << 26;
/// Further steps for each line.
const STEPS_PER_LINE: usize = 1 << 10;

/// The shortest list of changed lines. `None` if the step limit is reached.
pub(super) fn changed(left: &[&str], right: &[&str]) -> Option<Vec<ChangedLines>> {
    let (left_numbers, right_numbers) = numbered(left, right);
    let kept = kept_pairs(&left_numbers, &right_numbers)?;
    let mut changed = between(kept.into_iter(), (left.len(), right.len()));
    slide(&mut changed, left, right);
    Some(changed)
}

/// The changed stretches around lines that stay, given as pairs (left, right) in order.
pub(super) fn between(kept: impl Iterator<Item = (usize, usize)>, ends: (usize, usize)) -> Vec<ChangedLines> {
    let mut changed: Vec<ChangedLines> = Vec::new();
    let mut from = (0, 0);
    for (left, right) in kept.chain([ends]) {
        if (left, right) != from {
            changed.push(ChangedLines { left: from.0..left, right: from.1..right });
        }
        from = (left + 1, right + 1);
    }
    changed
}

/// The lines as numbers: two lines have the same number if they are equal.
fn numbered(left: &[&str], right: &[&str]) -> (Vec<u32>, Vec<u32>) {
    let mut numbers: HashMap<&str, u32> = HashMap::new();
    let mut all = Vec::with_capacity(left.len() + right.len());
    for &line in left.iter().chain(right) {
        let next = numbers.len() as u32;
        all.push(*numbers.entry(line).or_insert(next));
    }
    let right = all.split_off(left.len());
    (all, right)
}

/// Pairs of equal lines, increasing on both sides: a longest sequence of them.
fn kept_pairs(left: &[u32], right: &[u32]) -> Option<Vec<(usize, usize)>> {
    let start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let rest = (left.len() - start).min(right.len() - start);
    let end = (left.iter().rev().zip(right.iter().rev())).take(rest).take_while(|(a, b)| a == b).count();
    let middles = (start..left.len() - end, start..right.len() - end);
    let mut counts =
        vec![(0usize, 0usize); left.iter().chain(right).max().map_or(0, |&most| most as usize + 1)];
    left[middles.0.clone()].iter().for_each(|&line| counts[line as usize].0 += 1);
    right[middles.1.clone()].iter().for_each(|&line| counts[line as usize].1 += 1);
    let is_shared = |line: u32| counts[line as usize].0 > 0 && counts[line as usize].1 > 0;
    // Lines of the middle that both texts have, with their places.
    let shared = |lines: &[u32], middle: Range<usize>| -> Vec<(u32, usize)> {
        middle.map(|at| (lines[at], at)).filter(|&(line, _)| is_shared(line)).collect()
    };
    let (left_shared, right_shared) = (shared(left, middles.0), shared(right, middles.1));
    let most = LISTED_PAIRS * (left_shared.len() + right_shared.len());
    let pairs = counts.iter().fold(0usize, |sum, count| sum.saturating_add(count.0 * count.1));
    let middle = match pairs <= most {
        true => longest_in_order(&left_shared, &right_shared, pairs),
        false => Search::new(&left_shared, &right_shared).run()?,
    };
    let mut kept: Vec<(usize, usize)> = (0..start).map(|at| (at, at)).collect();
    kept.extend(middle.into_iter().map(|(a, b)| (left_shared[a].1, right_shared[b].1)));
    kept.extend((0..end).rev().map(|back| (left.len() - 1 - back, right.len() - 1 - back)));
    Some(kept)
}

/// The longest sequence of pairs that increases on both sides, by listing all `count` pairs.
fn longest_in_order(left: &[(u32, usize)], right: &[(u32, usize)], count: usize) -> Vec<(usize, usize)> {
    const NONE: u32 = u32::MAX;
    let mut places: HashMap<u32, Vec<u32>> = HashMap::new();
    for (at, line) in right.iter().enumerate() {
        places.entry(line.0).or_default().push(at as u32);
    }
    // Each pair with the pair before it in its sequence.
    let mut pairs: Vec<(u32, u32, u32)> = Vec::with_capacity(count);
    // For each length: the last pair of the sequence that ends first on the right.
    let mut ends: Vec<u32> = Vec::new();
    for (at, line) in left.iter().enumerate() {
        for &place in places.get(&line.0).into_iter().flatten().rev() {
            let length = ends.partition_point(|&end| pairs[end as usize].1 < place);
            let before = length.checked_sub(1).map_or(NONE, |shorter| ends[shorter]);
            let pair = pairs.len() as u32;
            pairs.push((at as u32, place, before));
            match ends.get_mut(length) {
                Some(end) => *end = pair,
                None => ends.push(pair),
            }
        }
    }
    let mut kept = Vec::with_capacity(ends.len());
    let mut last = ends.last().copied().unwrap_or(NONE);
    while last != NONE {
        let (left, right, before) = pairs[last as usize];
        kept.push((left as usize, right as usize));
        last = before;
    }
    kept.reverse();
    kept
}

/// No path reaches this diagonal within the ranges.
const UNREACHED: isize = -1;

/// The search for a shortest edit script.
struct Search<'l> {
    left: &'l [(u32, usize)],
    right: &'l [(u32, usize)],
    /// For each diagonal: the farthest row that a forward path has reached, or [`UNREACHED`].
    forward: Vec<isize>,
    /// The same for the backward paths, counted from the end.
    backward: Vec<isize>,
    steps: usize,
    kept: Vec<(usize, usize)>,
}

impl<'l> Search<'l> {
    fn new(left: &'l [(u32, usize)], right: &'l [(u32, usize)]) -> Search<'l> {
        let lines = left.len() + right.len();
        let diagonals = lines + 4;
        Search {
            left,
            right,
            forward: vec![0; diagonals],
            backward: vec![0; diagonals],
            steps: FREE_STEPS + STEPS_PER_LINE * lines,
            kept: Vec::new(),
        }
    }

    fn run(mut self) -> Option<Vec<(usize, usize)>> {
        self.divide(0..self.left.len(), 0..self.right.len())?;
        Some(self.kept)
    }

    fn is_pair(&self, left: usize, right: usize) -> bool {
        self.left[left].0 == self.right[right].0
    }

    /// Adds the pairs of two ranges of lines. `None` if the steps are used up.
    fn divide(&mut self, mut left: Range<usize>, mut right: Range<usize>) -> Option<()> {
        while !left.is_empty() && !right.is_empty() && self.is_pair(left.start, right.start) {
            self.kept.push((left.start, right.start));
            (left.start, right.start) = (left.start + 1, right.start + 1);
        }
        let mut common = 0;
        while !left.is_empty() && !right.is_empty() && self.is_pair(left.end - 1, right.end - 1) {
            (left.end, right.end, common) = (left.end - 1, right.end - 1, common + 1);
        }
        if !left.is_empty() && !right.is_empty() {
            let (left_middle, right_middle) = self.middle(left.clone(), right.clone())?;
            self.divide(left.start..left_middle, right.start..right_middle)?;
            self.divide(left_middle..left.end, right_middle..right.end)?;
        }
        self.kept.extend((0..common).map(|after| (left.end + after, right.end + after)));
        Some(())
    }

    /// A point in the middle of a shortest edit script of two ranges, whose first and last lines differ.
    fn middle(&mut self, left: Range<usize>, right: Range<usize>) -> Option<(usize, usize)> {
        let (rows, columns) = (left.len() as isize, right.len() as isize);
        let difference = rows - columns;
        let is_odd = difference % 2 != 0;
        // Diagonal `d` of a path, the distance of its row and its column, has the entry `origin + d`.
        let origin = columns + 1;
        let entry = |diagonal: isize| (origin + diagonal) as usize;
        for changes in 0..=(rows + columns + 1) / 2 {
            // Paths outside of the two ranges lead nowhere.
            let lowest = -changes + 2 * (changes - columns).max(0);
            let highest = changes - 2 * (changes - rows).max(0);
            self.steps = self.steps.checked_sub(highest.abs_diff(lowest) + 1)?;
            for is_forward in [true, false] {
                let (reached, other) = match is_forward {
                    true => (&mut self.forward, &self.backward),
                    false => (&mut self.backward, &self.forward),
                };
                let is_equal = |row: isize, column: isize| {
                    let (row, column) = (row as usize, column as usize);
                    match is_forward {
                        true => self.left[left.start + row].0 == self.right[right.start + column].0,
                        false => self.left[left.end - 1 - row].0 == self.right[right.end - 1 - column].0,
                    }
                };
                for diagonal in (lowest..=highest).step_by(2) {
                    let first = next_row(reached, entry(diagonal), diagonal, changes, (rows, columns));
                    let mut row = first;
                    if first != UNREACHED {
                        while row < rows && row - diagonal < columns && is_equal(row, row - diagonal) {
                            row += 1;
                        }
                    }
                    reached[entry(diagonal)] = row;
                    let opposite = difference - diagonal;
                    let is_met = row != UNREACHED
                        && is_odd == is_forward
                        && opposite.abs() <= changes - is_forward as isize
                        && (-columns..=rows).contains(&opposite)
                        && other[entry(opposite)] != UNREACHED
                        && row + other[entry(opposite)] >= rows;
                    if is_met {
                        return Some(match is_forward {
                            true => (left.start + first as usize, right.start + (first - diagonal) as usize),
                            false => (left.end - row as usize, right.end - (row - diagonal) as usize),
                        });
                    }
                }
            }
        }
        unreachable!("the paths from both ends meet")
    }
}

/// The row at which a path with `changes` changes enters a diagonal: the farther one of a step down from the
/// diagonal above and a step right from the diagonal below.
fn next_row(
    reached: &[isize],
    entry: usize,
    diagonal: isize,
    changes: isize,
    (rows, columns): (isize, isize),
) -> isize {
    if changes == 0 {
        return 0;
    }
    let mut next = UNREACHED;
    if diagonal != changes && diagonal != rows {
        let row = reached[entry + 1];
        if row != UNREACHED && row - diagonal <= columns {
            next = row;
        }
    }
    if diagonal != -changes && diagonal != -columns {
        let row = reached[entry - 1];
        if row != UNREACHED && row < rows {
            next = next.max(row + 1);
        }
    }
    next
}

/// Moves each insertion and deletion along equal lines to the place whose ends divide the text best. Stretches
/// that touch are joined.
fn slide(changed: &mut Vec<ChangedLines>, left: &[&str], right: &[&str]) {
    let mut slid: Vec<ChangedLines> = Vec::with_capacity(changed.len());
    for index in 0..changed.len() {
        let change = changed[index].clone();
        let kept_before = change.left.start - slid.last().map_or(0, |last| last.left.end);
        let next = changed.get(index + 1).map_or(left.len(), |next| next.left.start);
        let kept_after = next - change.left.end;
        let shift = match change.is_one_sided() {
            true if change.right.is_empty() => best_shift(left, &change.left, kept_before, kept_after),
            true => best_shift(right, &change.right, kept_before, kept_after),
            false => 0,
        };
        let shifted = |range: Range<usize>| {
            let at = |place: usize| (place as isize + shift) as usize;
            at(range.start)..at(range.end)
        };
        let change = ChangedLines { left: shifted(change.left), right: shifted(change.right) };
        match slid.last_mut() {
            Some(last) if last.left.end == change.left.start => {
                (last.left.end, last.right.end) = (change.left.end, change.right.end);
            }
            _ => slid.push(change),
        }
    }
    *changed = slid;
}

/// How far to move lines that only one text has, at most `back` lines backwards and `forth` forwards.
fn best_shift(lines: &[&str], own: &Range<usize>, back: usize, forth: usize) -> isize {
    let back = (0..back).take_while(|by| lines[own.start - 1 - by] == lines[own.end - 1 - by]).count();
    let forth = (0..forth).take_while(|by| lines[own.start + by] == lines[own.end + by]).count();
    let shifted = |place: usize, shift: isize| (place as isize + shift) as usize;
    let score = |shift: isize| {
        let (start, end) = (shifted(own.start, shift), shifted(own.end, shift));
        let ends = divides(lines, start) + divides(lines, end);
        (ends, -(indentation(lines, start) + indentation(lines, end)), shift)
    };
    (-(back as isize)..=forth as isize).max_by_key(|&shift| score(shift)).unwrap_or(0)
}

/// How well a text is divided before a line: best after an empty line, or at an end of the text.
fn divides(lines: &[&str], at: usize) -> u8 {
    let is_empty = |line: &str| line.trim_ascii().is_empty();
    if at == 0 || at == lines.len() || is_empty(lines[at - 1]) && !is_empty(lines[at]) {
        2
    } else {
        is_empty(lines[at]) as u8
    }
}

/// How far a line is indented, in bytes.
fn indentation(lines: &[&str], at: usize) -> isize {
    lines.get(at).map_or(0, |line| line.len() - line.trim_ascii_start().len()) as isize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The length of the longest common subsequence, by its definition.
    fn longest(left: &[&str], right: &[&str]) -> usize {
        let mut row = vec![0; right.len() + 1];
        for line in left {
            let mut corner = 0;
            for (column, other) in right.iter().enumerate() {
                let paired = if line == other { corner + 1 } else { 0 };
                corner = row[column + 1];
                row[column + 1] = paired.max(corner).max(row[column]);
            }
        }
        row[right.len()]
    }

    fn lines() -> impl Strategy<Value = Vec<&'static str>> {
        let line = prop_oneof![
            4 => proptest::sample::select(vec!["a\n", "b\n", "\n", "  c\n"]),
            1 => proptest::sample::select(vec!["d\n", "e\n", "f\n", "g\n", "h\n", "i\n", "j\n", "k\n"]),
        ];
        proptest::collection::vec(line, 0..24)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn as_many_lines_stay_as_can((left, right) in (lines(), lines())) {
            let changed = changed(&left, &right).expect("few lines");
            let mut kept = 0;
            let mut from = (0, 0);
            for change in changed.iter().chain([&ChangedLines {
                left: left.len()..left.len(),
                right: right.len()..right.len(),
            }]) {
                prop_assert_eq!(&left[from.0..change.left.start], &right[from.1..change.right.start]);
                kept += change.left.start - from.0;
                from = (change.left.end, change.right.end);
            }
            prop_assert_eq!(kept, longest(&left, &right));
            prop_assert!(changed.windows(2).all(|two| two[0].left.end < two[1].left.start));
        }

        #[test]
        fn both_searches_find_as_much((left, right) in (lines(), lines())) {
            let (left, right) = numbered(&left, &right);
            let places = |lines: &[u32]| lines.iter().copied().zip(0..).collect::<Vec<_>>();
            let (left, right) = (places(&left), places(&right));
            let listed = longest_in_order(&left, &right, 0);
            let searched = Search::new(&left, &right).run().expect("few lines");
            prop_assert_eq!(listed.len(), searched.len());
            for pairs in [listed, searched] {
                prop_assert!(pairs.iter().all(|&(a, b)| left[a].0 == right[b].0));
                prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            }
        }
    }

    #[test]
    fn an_insertion_is_moved_to_the_best_place() {
        let left = ["fn a() {\n", "}\n", "\n", "#[test]\n", "fn c() {\n", "}\n"];
        let right = [
            "fn a() {\n",
            "}\n",
            "\n",
            "#[test]\n",
            "fn b() {\n",
            "}\n",
            "\n",
            "#[test]\n",
            "fn c() {\n",
            "}\n",
        ];
        assert_eq!(changed(&left, &right), Some(vec![ChangedLines { left: 3..3, right: 3..7 }]));
    }
}
