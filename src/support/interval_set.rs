//! A set of positions, kept as half-open intervals.
//!
//! In: ranges of positions. Out: which parts of a range are in the set, and which are not. Intervals that
//! overlap or touch are joined. For positions that are scattered one by one a
//! [`BitSet`](super::bit_set::BitSet) is faster.
//!
//! **Cost.** `O(log n)` for one look-up or insertion among `n` intervals, and a step for each interval that
//! the range overlaps or touches.

use std::collections::BTreeMap;
use std::ops::Range;

/// A set of positions as disjoint intervals that do not touch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct IntervalSet {
    /// The start and the end of each.
    intervals: BTreeMap<usize, usize>,
}

#[allow(dead_code, reason = "passages, diffs and the corpus each use a part")]
impl IntervalSet {
    /// Adds the positions of a range.
    pub(crate) fn insert(&mut self, mut range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        while let Some(Range { start, end }) = self.starting_until(range.end)
            && end >= range.start
        {
            self.intervals.remove(&start);
            range = range.start.min(start)..range.end.max(end);
        }
        self.intervals.insert(range.start, range.end);
    }

    /// The interval that starts last at or before `position`; it may end before it.
    pub(crate) fn starting_until(&self, position: usize) -> Option<Range<usize>> {
        self.intervals.range(..=position).next_back().map(|(&start, &end)| start..end)
    }

    /// The parts of `range` that are in the set, in order.
    pub(crate) fn within(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let Range { start, end } = range;
        let before = self.intervals.range(..start).next_back().filter(|&(_, &before)| before > start);
        let inside = self.intervals.range(start..end.max(start));
        let parts = before.into_iter().chain(inside).map(move |(&from, &to)| from.max(start)..to.min(end));
        parts.filter(|part| !part.is_empty())
    }

    /// The parts of `range` that are not in the set, in order.
    pub(crate) fn outside(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let Range { mut start, end } = range;
        self.within(range)
            .chain(std::iter::once(end..end))
            .map(move |part| std::mem::replace(&mut start, part.end)..part.start)
            .filter(|part| part.start < part.end)
    }

    /// Whether no position of `range` is in the set.
    pub(crate) fn is_free(&self, range: Range<usize>) -> bool {
        self.within(range).next().is_none()
    }

    /// The intervals, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.intervals.iter().map(|(&start, &end)| start..end)
    }

    /// How many positions are in the set.
    pub(crate) fn covered(&self) -> usize {
        self.iter().map(|interval| interval.len()).sum()
    }
}

impl FromIterator<Range<usize>> for IntervalSet {
    fn from_iter<I: IntoIterator<Item = Range<usize>>>(ranges: I) -> IntervalSet {
        let mut set = IntervalSet::default();
        ranges.into_iter().for_each(|range| set.insert(range));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn holds_what_a_set_of_numbers_holds(
            ranges in proptest::collection::vec((0usize..90, 0usize..20), 0..12),
            asked in (0usize..110, 0usize..40),
        ) {
            let ranges = ranges.into_iter().map(|(start, length)| start..start + length);
            let set: IntervalSet = ranges.clone().collect();
            let plain: BTreeSet<usize> = ranges.flatten().collect();
            prop_assert_eq!(set.iter().flatten().collect::<Vec<_>>(), plain.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(set.covered(), plain.len());
            // Intervals that touch are one.
            let intervals: Vec<Range<usize>> = set.iter().collect();
            prop_assert!(intervals.windows(2).all(|pair| pair[0].end < pair[1].start));
            let asked = asked.0..asked.0 + asked.1;
            let (inside, outside): (Vec<usize>, Vec<usize>) = asked.clone().partition(|at| plain.contains(at));
            prop_assert_eq!(set.within(asked.clone()).flatten().collect::<Vec<_>>(), inside.clone());
            prop_assert_eq!(set.outside(asked.clone()).flatten().collect::<Vec<_>>(), outside);
            prop_assert_eq!(set.is_free(asked.clone()), inside.is_empty());
            let last = intervals.iter().rfind(|interval| interval.start <= asked.start).cloned();
            prop_assert_eq!(set.starting_until(asked.start), last);
        }
    }
}
