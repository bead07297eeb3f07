//! Holes: the stretches of one side that blocks take out of the main text.
//!
//! In: disjoint ranges of stream bytes. Out: which parts of another range lie inside and outside of them.
//! **Cost.** `log n` for `n` holes, and one step for each hole met.

use std::ops::Range;

/// Disjoint ranges, in order.
#[derive(Debug, Default)]
pub(super) struct Holes(Vec<Range<usize>>);

impl Holes {
    /// The holes, given in any order.
    pub(super) fn new(ranges: impl Iterator<Item = Range<usize>>) -> Holes {
        let mut holes: Vec<Range<usize>> = ranges.collect();
        holes.sort_unstable_by_key(|range| range.start);
        Holes(holes)
    }

    /// The holes that touch `range`, in order.
    fn within(&self, range: &Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        let (first, end) = (self.0.partition_point(|hole| hole.end <= range.start), range.end);
        self.0[first..].iter().take_while(move |hole| hole.start < end)
    }

    pub(super) fn overlaps(&self, range: Range<usize>) -> bool {
        self.within(&range).next().is_some()
    }

    /// Whether one hole contains all of `range`.
    pub(super) fn contains(&self, range: &Range<usize>) -> bool {
        let first = self.0.partition_point(|hole| hole.end < range.end);
        self.0.get(first).is_some_and(|hole| hole.start <= range.start)
    }

    /// The number of bytes of `range` outside the holes. Each hole must lie inside or outside of `range`.
    pub(super) fn uncovered(&self, range: Range<usize>) -> usize {
        range.len() - self.within(&range).map(Range::len).sum::<usize>()
    }

    /// Sets `out` to the parts of `range` outside the holes.
    pub(super) fn outside(&self, range: Range<usize>, out: &mut Vec<Range<usize>>) {
        out.clear();
        let mut from = range.start;
        for hole in self.within(&range) {
            if hole.start > from {
                out.push(from..hole.start);
            }
            from = hole.end;
        }
        if range.end > from {
            out.push(from..range.end);
        }
    }

    /// The index of the hole that starts at `start`.
    pub(super) fn index_of(&self, start: usize) -> usize {
        self.0.partition_point(|hole| hole.start < start)
    }

    /// The distance from the hole of that index back to the one before it, or to 0.
    pub(super) fn space_before(&self, index: usize) -> usize {
        self.0[index].start - index.checked_sub(1).map_or(0, |before| self.0[before].end)
    }

    /// The distance from the hole of that index on to the next, or to `end`.
    pub(super) fn space_after(&self, index: usize, end: usize) -> usize {
        self.0.get(index + 1).map_or(end, |after| after.start) - self.0[index].end
    }

    /// Changes the hole of that index. It must stay disjoint from its neighbours.
    pub(super) fn replace(&mut self, index: usize, range: Range<usize>) {
        self.0[index] = range;
    }
}
