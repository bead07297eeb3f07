//! Enclosing ranges: a search for the ranges that contain a given one, and for those that start near it.
//!
//! In: ranges in order of start. Out: the places (numbers in that order) of the ranges that enclose a given
//! one, nearest start first; and the place of the first range that starts at or after a given position.
//!
//! **Idea.** A tree over the ranges stores the greatest end below each node. A node has sixteen children,
//! which fill a cache line. A table has one entry for every [`STRIDE`] positions, for searches by start.
//!
//! **Cost.** For each range found, a walk up and down the tree: `O(log n)` for any ranges. Memory: 16.3 bytes
//! for each range, and 1/16 byte for each position.

use crate::support::cpu;
use std::ops::Range;

/// Children of a node.
const FAN: usize = 16;
/// Positions for each entry of the table of starts.
const STRIDE: usize = 64;

/// A range. Its fields are stored together because they are read together.
#[derive(Clone, Copy)]
struct Ranged {
    start: u32,
    end: u32,
    /// The number that the caller gave it.
    number: u32,
    /// The greatest end of this range and those before it. Most searches end with this check.
    reach: u32,
}

/// Ranges in order of start, with their tree.
pub(super) struct Enclosing {
    ranges: Vec<Ranged>,
    /// The greatest end of each group of sixteen ranges, then of each group of sixteen of those, and so on up
    /// to one node.
    levels: Vec<Vec<u32>>,
    /// For each multiple of [`STRIDE`], the place of the first range that starts there or later.
    table: Vec<u32>,
}

impl Enclosing {
    /// Takes the start, the end and a number of each range, in order of start.
    pub(super) fn new(ranges: impl Iterator<Item = (u32, u32, u32)>) -> Enclosing {
        let mut reach = 0;
        let ranged = ranges.map(|(start, end, number)| {
            reach = end.max(reach);
            Ranged { start, end, number, reach }
        });
        let ranges: Vec<Ranged> = ranged.collect();
        debug_assert!(ranges.is_sorted_by_key(|range| range.start));
        let mut levels: Vec<Vec<u32>> = Vec::new();
        let mut below: Vec<u32> =
            ranges.chunks(FAN).map(|node| greatest(node.iter().map(|range| range.end))).collect();
        while below.len() > 1 {
            let above = below.chunks(FAN).map(|node| greatest(node.iter().copied())).collect();
            levels.push(std::mem::replace(&mut below, above));
        }
        levels.push(below);
        let last = ranges.last().map_or(0, |range| range.start as usize);
        let mut table = Vec::with_capacity(last / STRIDE + 2);
        let mut place = 0;
        for first in (0..=last / STRIDE + 1).map(|entry| entry * STRIDE) {
            while ranges.get(place).is_some_and(|range| (range.start as usize) < first) {
                place += 1;
            }
            table.push(place as u32);
        }
        Enclosing { ranges, levels, table }
    }

    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn range(&self, place: usize) -> Range<usize> {
        let Ranged { start, end, .. } = self.ranges[place];
        start as usize..end as usize
    }

    pub(super) fn number(&self, place: usize) -> u32 {
        self.ranges[place].number
    }

    /// Whether the neighbours alone show that no other range encloses the one at `place`, which is the first
    /// of its equals.
    pub(super) fn is_alone(&self, place: usize) -> bool {
        let Ranged { start, end, .. } = self.ranges[place];
        let before = place.checked_sub(1).is_some_and(|before| self.ranges[before].reach >= end);
        let mut behind = self.ranges[place + 1..].iter();
        let another = behind.find(|other| (other.start, other.end) != (start, end));
        !before && another.is_none_or(|other| other.start > start)
    }

    /// Prefetches the memory that [`from`](Self::from) and [`range`](Self::range) read for these starts.
    pub(super) fn fetch(&self, starts: impl Iterator<Item = usize> + Clone) {
        starts.clone().for_each(|start| cpu::fetch(&self.table, start / STRIDE));
        let places = starts.filter_map(|start| self.table.get(start / STRIDE));
        places.for_each(|&place| cpu::fetch(&self.ranges, place as usize));
    }

    /// The place of the first range that starts at `start` or later.
    pub(super) fn from(&self, start: usize) -> usize {
        let Some(&place) = self.table.get(start / STRIDE) else { return self.len() };
        let rest = &self.ranges[place as usize..];
        place as usize + rest.iter().take_while(|range| (range.start as usize) < start).count()
    }

    /// Places of the ranges that enclose `range`, last start first.
    pub(super) fn around(&self, range: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let mut before = self.from(range.start + 1);
        std::iter::from_fn(move || {
            before = self.before(before, range.end as u32)?;
            Some(before)
        })
    }

    /// The last place before `limit` whose range ends at `end` or later.
    fn before(&self, limit: usize, end: u32) -> Option<usize> {
        if limit == 0 || self.ranges[limit - 1].reach < end {
            return None;
        }
        let range = |from: usize, to: usize| last(&self.ranges, from, to, |range| range.end >= end);
        let node = |level: usize, from: usize, to: usize| {
            last(&self.levels[level], from, to, |&greatest| greatest >= end)
        };
        if let Some(place) = range(limit / FAN * FAN, limit) {
            return Some(place);
        }
        // `reach` shows that there is one, so the walk up ends.
        let (mut level, mut limit) = (0, limit / FAN);
        let mut place = loop {
            if let Some(place) = node(level, limit / FAN * FAN, limit) {
                break place;
            }
            level += 1;
            limit /= FAN;
        };
        const GREATEST: &str = "a node's greatest end is one of its ends";
        while level > 0 {
            level -= 1;
            place = node(level, place * FAN, (place + 1) * FAN).expect(GREATEST);
        }
        Some(range(place * FAN, (place + 1) * FAN).expect(GREATEST))
    }
}

/// The last place of `from..to` (cut to the length of the list) for which `is_such` holds.
fn last<T>(list: &[T], from: usize, to: usize, is_such: impl Fn(&T) -> bool) -> Option<usize> {
    list[from..to.min(list.len())].iter().rposition(is_such).map(|place| from + place)
}

/// The greatest of some ends.
fn greatest(ends: impl Iterator<Item = u32>) -> u32 {
    ends.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_search_of_all_finds(
            ranges in proptest::collection::vec((0u32..500, 0u32..200), 0..400),
            start in 0usize..700, length in 0usize..100,
        ) {
            let mut ranges: Vec<(u32, u32)> = ranges.into_iter().map(|(start, length)| (start, start + length)).collect();
            ranges.sort_unstable();
            let enclosing = Enclosing::new(ranges.iter().zip(7..).map(|(&(start, end), number)| (start, end, number)));
            for (place, &(start, end)) in ranges.iter().enumerate() {
                prop_assert_eq!((enclosing.range(place), enclosing.number(place)), (start as usize..end as usize, place as u32 + 7));
                let encloses = |other: &(u32, u32)| *other != (start, end) && other.0 <= start && other.1 >= end;
                let enclosed = ranges.iter().any(encloses);
                let starts_alone = ranges.iter().filter(|other| other.0 == start).count() == 1;
                prop_assert!(!enclosing.is_alone(place) || !enclosed);
                prop_assert!(enclosing.is_alone(place) || enclosed || !starts_alone);
            }
            let around: Vec<usize> = enclosing.around(start..start + length).collect();
            let all: Vec<usize> = (0..ranges.len())
                .rev()
                .filter(|&place| ranges[place].0 as usize <= start && ranges[place].1 as usize >= start + length)
                .collect();
            prop_assert_eq!(around, all);
            let from = ranges.iter().position(|range| range.0 as usize >= start).unwrap_or(ranges.len());
            prop_assert_eq!(enclosing.from(start), from);
        }
    }
}
