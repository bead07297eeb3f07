//! Projections: a repeat inside one side of a copied stretch is mapped to the other side.
//!
//! In: the copied stretches of a text with itself, as [`Sides`] in order of start. Out: [`Sets`] of sides,
//! where each set is the occurrences of one repeat, and the occurrences that projections [added](Added).
//!
//! **Idea.** If a passage A is copied to B, a smaller repeat inside A has an occurrence inside B, even if no
//! pair of seeds led there. A side is projected through the stretches that enclose it. The result is
//! projected again, up to [`DEEPEST`] times.
//!
//! **Cost.** At most [`PROJECTIONS`] projections for each copied stretch, on average over the text; those
//! beyond that count as capped. Projections are the most expensive part of [`class`](super::class). Tried and
//! rejected, because they were not faster: searching the repeat's own ranges first for a projected range
//! (nine in ten are found there); a flat copy of the blocks; more prefetching.

use super::block::ExactBlock;
use super::copied::{CopiedStretch, SLACK};
use super::enclosing::Enclosing;
use super::found::Capped;
use super::seed;
use crate::support::cpu;
use crate::support::hash::SEEDS;
use crate::support::radix;
use std::ops::Range;

/// How many neighbours, in order of start, are searched for ranges that coincide.
pub(super) const NEIGHBOURS: usize = 48;
/// How many of them are searched for ranges that coincide except for text that is equal by chance.
const FEW_NEIGHBOURS: usize = 8;
/// Most projections for each copied stretch, on average over the text.
const PROJECTIONS: usize = 16;
/// How often a projection is projected again: three times still find the copy of a copy of a copy.
const DEEPEST: usize = 3;

/// Union-find over the sides of copied stretches.
pub(super) struct Sets(Vec<u32>);

impl Sets {
    /// `count` sides, each in a set of its own.
    pub(super) fn new(count: u32) -> Sets {
        Sets((0..count).collect())
    }

    /// The smallest number in the set of this side.
    pub(super) fn find(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            self.0[at as usize] = self.0[self.0[at as usize] as usize];
            at = self.0[at as usize];
        }
        at
    }

    pub(super) fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}

/// Whether two ranges have the same ends, up to [`SLACK`].
fn coincide(one: &Range<usize>, other: &Range<usize>) -> bool {
    coincide_by(SLACK, one, other)
}

/// Whether two ranges have the same ends, up to `most` bytes and an eighth of the shorter one.
fn coincide_by(most: usize, one: &Range<usize>, other: &Range<usize>) -> bool {
    let slack = most.min(one.len().min(other.len()) / 8);
    one.start.abs_diff(other.start) <= slack && one.end.abs_diff(other.end) <= slack
}

/// The sides of copied stretches in order of start, with their numbers: side `2i` is the left of stretch `i`,
/// side `2i + 1` its right.
pub(super) struct Sides {
    pub(super) ranges: Enclosing,
}

impl Sides {
    pub(super) fn new(copied: &[CopiedStretch<'_>]) -> Sides {
        let key = |range: &Range<usize>| (range.start as u64) << 32 | range.end as u64;
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(2 * copied.len());
        for (stretch, id) in copied.iter().zip((0..).step_by(2)) {
            order.push((key(&stretch.left), id));
            order.push((key(&stretch.right), id + 1));
        }
        radix::sort_by_major(&mut order, |(key, _)| (key >> 32) as u32);
        let side = |(key, id): (u64, u32)| ((key >> 32) as u32, key as u32, id);
        Sides { ranges: Enclosing::new(order.into_iter().map(side)) }
    }

    /// One place for each distinct range. Sides that coincide are joined, even if one of two copies continues
    /// alike by chance, by up to `chance` bytes.
    pub(super) fn distinct(&self, sets: &mut Sets, chance: usize) -> Vec<usize> {
        let count = self.ranges.len();
        let mut distinct = Vec::new();
        let mut place = 0;
        while place < count {
            let (id, range) = (self.ranges.number(place), self.ranges.range(place));
            let mut next = place + 1;
            while next < count && self.ranges.range(next) == range {
                sets.join(id, self.ranges.number(next));
                next += 1;
            }
            for (tried, other) in (next..count).take(NEIGHBOURS).enumerate() {
                let near = self.ranges.range(other);
                let most = if tried < FEW_NEIGHBOURS { chance } else { SLACK };
                if near.start > range.start + most {
                    break;
                }
                if coincide_by(chance, &range, &near) {
                    sets.join(id, self.ranges.number(other));
                }
            }
            distinct.push(place);
            place = next;
        }
        distinct
    }

    /// Sides that enclose the range and do not coincide with it.
    pub(super) fn enclosing(&self, range: Range<usize>) -> impl Iterator<Item = u32> {
        let around = self.ranges.around(range.clone()).take(NEIGHBOURS);
        let others = around.filter(move |&place| !coincide(&self.ranges.range(place), &range));
        others.map(|place| self.ranges.number(place))
    }

    /// A side that coincides with the range.
    fn coinciding(&self, range: &Range<usize>) -> Option<u32> {
        let from = self.ranges.from(range.start.saturating_sub(SLACK));
        let near = (from..self.ranges.len()).take(NEIGHBOURS);
        near.map(|place| (place, self.ranges.range(place)))
            .take_while(|(_, side)| side.start <= range.start + SLACK)
            .find(|(_, side)| coincide(side, range))
            .map(|(place, _)| self.ranges.number(place))
    }
}

/// Maps repeats inside one side of a copied stretch to the other side.
pub(super) struct Projections<'a> {
    copied: &'a [CopiedStretch<'a>],
    sides: Sides,
    sets: Sets,
    added: Added,
    /// How many more projections may be made.
    budget: usize,
    /// Ranges to project next.
    waiting: Vec<Projected>,
    /// The sides that enclose these ranges, each with the number of the range.
    through: Vec<(u32, usize)>,
    /// The projected ranges, with the same numbers.
    arrived: Vec<(usize, Range<usize>)>,
}

/// A range of a repeat.
struct Projected {
    /// A side of the repeat.
    id: u32,
    range: Range<usize>,
    /// How many projections led to it.
    depth: usize,
}

impl<'a> Projections<'a> {
    /// Ranges projected together. They read scattered memory, so all of it is prefetched before any is read.
    const TOGETHER: usize = 16;

    pub(super) fn new(copied: &'a [CopiedStretch<'a>], sides: Sides, sets: Sets) -> Projections<'a> {
        let (added, budget) = (Added::new(copied.len()), PROJECTIONS * copied.len());
        let (waiting, through, arrived) = (Vec::new(), Vec::new(), Vec::new());
        Projections { copied, sides, sets, added, budget, waiting, through, arrived }
    }

    /// The sides, their sets, and the ranges that were added, each with a side of its set.
    pub(super) fn into_parts(self) -> (Sides, Sets, Vec<(u32, Range<usize>)>) {
        (self.sides, self.sets, self.added.ranges)
    }

    /// The set of the side at this place in order of start.
    pub(super) fn root(&mut self, place: usize) -> usize {
        self.sets.find(self.sides.ranges.number(place)) as usize
    }

    /// Projects a side through the stretches that enclose it, and each result through the stretches that
    /// enclose it in turn. This happens now or together with the next sides. `stands_apart` says for each set
    /// whether it has an occurrence outside longer repeats; it is updated.
    pub(super) fn project(&mut self, place: usize, stands_apart: &mut [bool], capped: &mut Capped) {
        self.waiting.push(Projected {
            id: self.sides.ranges.number(place),
            range: self.sides.ranges.range(place),
            depth: 0,
        });
        if self.waiting.len() == Projections::TOGETHER {
            self.finish(stands_apart, capped);
        }
    }

    /// Projects the sides that are waiting.
    pub(super) fn finish(&mut self, stands_apart: &mut [bool], capped: &mut Capped) {
        let mut waiting = std::mem::take(&mut self.waiting);
        while !waiting.is_empty() {
            for together in waiting.chunks(Projections::TOGETHER) {
                self.project_together(together, stands_apart, capped);
            }
            std::mem::swap(&mut waiting, &mut self.waiting);
            self.waiting.clear();
        }
    }

    fn project_together(&mut self, ranges: &[Projected], stands_apart: &mut [bool], capped: &mut Capped) {
        let Projections { copied, sides, through, arrived, .. } = self;
        through.clear();
        for (Projected { range, .. }, number) in ranges.iter().zip(0..) {
            through.extend(sides.enclosing(range.clone()).map(|side| (side, number)));
        }
        let most = through.len().min(self.budget);
        capped.pairs += (through.len() - most) as u64;
        through.truncate(most);
        self.budget -= most;
        let stretches = || through.iter().map(|&(side, _)| side as usize / 2);
        stretches().for_each(|stretch| cpu::fetch(copied, stretch));
        stretches().for_each(|stretch| cpu::fetch(copied[stretch].blocks, 0));
        arrived.clear();
        arrived.extend(through.iter().filter_map(|&(side, number)| {
            let range = &ranges[number].range;
            Some((number, projection(&copied[side as usize / 2], side.is_multiple_of(2), range)?))
        }));
        let starts = arrived.iter().map(|(_, range)| range.start);
        self.added.fetch(starts.clone());
        sides.ranges.fetch(starts);
        for (number, range) in arrived.drain(..) {
            let Projected { id, depth, .. } = ranges[number];
            let known = sides.coinciding(&range).or_else(|| self.added.coinciding(&range));
            if let Some(known) = known {
                let apart =
                    stands_apart[self.sets.find(id) as usize] | stands_apart[self.sets.find(known) as usize];
                self.sets.join(id, known);
                stands_apart[self.sets.find(id) as usize] = apart;
            } else {
                self.added.push(id, range.clone());
                if depth < DEEPEST {
                    self.waiting.push(Projected { id, range, depth: depth + 1 });
                }
            }
        }
    }
}

/// Ranges that projections found, in a hash table by start.
struct Added {
    ranges: Vec<(u32, Range<usize>)>,
    /// By bucket of [`STRETCH`] positions: the latest range in it.
    latest: Vec<u32>,
    /// For each range, the previous one in its bucket.
    before: Vec<u32>,
}

/// Positions in one stretch of the table. Two ranges that coincide start in the same stretch or in
/// neighbouring ones.
const STRETCH: usize = 2 * SLACK;

impl Added {
    const NONE: u32 = u32::MAX;

    /// A table for about `expected` ranges. More ranges make longer lists.
    fn new(expected: usize) -> Added {
        Added {
            ranges: Vec::new(),
            latest: vec![Added::NONE; expected.next_power_of_two()],
            before: Vec::new(),
        }
    }

    fn bucket(&self, stretch: usize) -> usize {
        ((stretch as u64).wrapping_mul(SEEDS[0] | 1) >> 32) as usize & (self.latest.len() - 1)
    }

    fn push(&mut self, id: u32, range: Range<usize>) {
        let bucket = self.bucket(range.start / STRETCH);
        self.before.push(std::mem::replace(&mut self.latest[bucket], self.ranges.len() as u32));
        self.ranges.push((id, range));
    }

    /// Prefetches the memory that [`coinciding`](Self::coinciding) reads first.
    fn fetch(&self, starts: impl Iterator<Item = usize>) {
        starts.for_each(|start| cpu::fetch(&self.latest, self.bucket(start / STRETCH)));
    }

    /// The side whose projection coincides with this range.
    fn coinciding(&self, range: &Range<usize>) -> Option<u32> {
        let stretch = |at: usize| at / STRETCH;
        let near = stretch(range.start.saturating_sub(SLACK))..=stretch(range.start + SLACK);
        near.into_iter().find_map(|stretch| {
            let mut index = self.latest[self.bucket(stretch)];
            for _ in 0..NEIGHBOURS {
                let (id, other) = self.ranges.get(index as usize)?;
                if coincide(other, range) {
                    return Some(*id);
                }
                index = self.before[index as usize];
            }
            None
        })
    }
}

/// Where a copied stretch maps a range inside one of its sides. `None` if the result is shorter than half of
/// the range, or shorter than a seed.
fn projection(copied: &CopiedStretch<'_>, from_left: bool, range: &Range<usize>) -> Option<Range<usize>> {
    let oriented = |block: &ExactBlock| {
        let (left, right) = (block.left as usize, block.right as usize);
        if from_left { (left, right) } else { (right, left) }
    };
    let first =
        copied.blocks.partition_point(|block| oriented(block).0 + block.length as usize <= range.start);
    let last = copied.blocks.partition_point(|block| oriented(block).0 < range.end).checked_sub(1)?;
    if first > last {
        return None;
    }
    let (from, to) = oriented(&copied.blocks[first]);
    let start = to + range.start.saturating_sub(from);
    let (from, to) = oriented(&copied.blocks[last]);
    let end = to + (range.end - from).min(copied.blocks[last].length as usize);
    (end > start && end - start >= seed::K && 2 * (end - start) >= range.len()).then_some(start..end)
}
