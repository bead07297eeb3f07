//! The plan: which text stayed, which moved, which was copied, in stream positions.
//!
//! In: the two sides and the settings. Out: matches in order, and blocks; nothing of it counts bytes of the
//! texts yet.

use super::anchors::{Match, anchors};
use super::gaps::Aligner;
use super::moves::{Block, chained, disjoint, echoes, is_worth_telling};
use super::side::{Side, Sides, Unit};
use super::skeleton::{Exclusive, owned, skeleton};
use super::tidy;
use super::{Differ, Granularity};
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::stream::{characters, common_characters, common_last_characters};
use std::collections::BTreeMap;
use std::ops::Range;

/// What was found, in stream bytes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Text that stayed, increasing on both sides.
    pub(super) matches: Vec<Match>,
    /// Blocks whose two sides are in no match.
    pub(super) moves: Vec<Block>,
    /// Text of the right alone that stands on the left too, in the order of the right.
    pub(super) copies: Vec<Block>,
    /// Text of the left alone that stands on the right too, in the order of the left.
    pub(super) duplicates: Vec<Block>,
    pub(super) coarse: bool,
}

impl Plan {
    /// Whether anything moved or stands twice.
    pub(super) fn has_blocks(&self) -> bool {
        !(self.moves.is_empty() && self.copies.is_empty() && self.duplicates.is_empty())
    }

    pub(super) fn mirrored(self) -> Plan {
        let swap = |blocks: Vec<Block>| blocks.into_iter().map(Block::swapped).collect::<Vec<_>>();
        Plan {
            matches: self.matches.into_iter().map(Match::swapped).collect(),
            moves: swap(self.moves),
            copies: swap(self.duplicates),
            duplicates: swap(self.copies),
            coarse: self.coarse,
        }
    }
}

/// Whether the texts are in the order in which they are planned: the one with less squeezed text first.
pub(super) fn is_canonical(sides: Sides<'_>) -> bool {
    let key = |side: Side<'_>| side.folded().len();
    (key(sides.left), sides.left.folded(), sides.left.text)
        <= (key(sides.right), sides.right.folded(), sides.right.text)
}

/// The plan for two texts in canonical order.
///
/// # Errors
/// `is_cancelled` when `watch` says stop.
pub(super) fn plan(sides: Sides<'_>, differ: &Differ, watch: &Watch) -> Result<Plan, Error> {
    Planner::new(sides, differ).run(watch)
}

/// Gaps that are aligned between two looks at the watch.
const TOLD_GAPS: usize = 1 << 10;

struct Planner<'t, 's> {
    sides: Sides<'t>,
    differ: &'s Differ,
    aligner: Aligner<'t>,
    plan: Plan,
}

impl<'t, 's> Planner<'t, 's> {
    fn new(sides: Sides<'t>, differ: &'s Differ) -> Planner<'t, 's> {
        let steps = differ.steps_for(sides.left.folded().len() + sides.right.folded().len());
        Planner { sides, differ, aligner: Aligner::new(sides, Unit::Word, steps), plan: Plan::default() }
    }

    fn run(mut self, watch: &Watch) -> Result<Plan, Error> {
        watch.tell("anchoring", ProgressUnit::Entries, 0, None)?;
        let (frame, rest) = self.frame();
        let mut moves = match self.differ.moves {
            true => chained(rest, |m| region(&frame, m)),
            false => Vec::new(),
        };
        self.shape(&mut moves, Exclusive::Both);
        self.plan.moves = moves;
        self.plan.matches = frame;
        let ends = self.ends();
        tidy::to_words(&mut self.plan.matches, self.sides, (0, 0), ends);
        self.align_gaps(watch)?;
        self.drop_coincidences();
        self.slide();
        if self.differ.moves {
            watch.tell("looking for copies", ProgressUnit::Entries, 0, None)?;
            self.find_echoes();
            self.widen_moves();
        }
        self.align_blocks();
        if self.differ.granularity == Granularity::Character {
            let (steps, coarse) = self.aligner.finish();
            self.plan.coarse |= coarse;
            self.aligner = Aligner::new(self.sides, Unit::Cluster, steps);
            self.align_gaps(watch)?;
            self.slide();
            self.align_blocks();
        }
        self.plan.coarse |= self.aligner.finish().1;
        self.plan.moves.sort_unstable_by_key(|block| block.left.start);
        self.plan.copies.sort_unstable_by_key(|block| block.right.start);
        self.plan.duplicates.sort_unstable_by_key(|block| block.left.start);
        Ok(self.plan)
    }

    /// Where the streams end.
    fn ends(&self) -> (usize, usize) {
        (self.sides.left.folded().len(), self.sides.right.folded().len())
    }

    /// The matches that keep their order, common start and end first, and the others.
    fn frame(&self) -> (Vec<Match>, Vec<Match>) {
        let (left, right) = (self.sides.left.folded(), self.sides.right.folded());
        let start = common_characters(left, right);
        let end = common_last_characters(&left[start..], &right[start..]);
        let (left_middle, right_middle) = (start..left.len() - end, start..right.len() - end);
        let mut found = anchors(&left[left_middle.clone()], &right[right_middle.clone()]);
        for m in &mut found {
            m.left += start;
            m.right += start;
        }
        let (mut in_order, rest) = skeleton(owned(found, Exclusive::Both));
        if start > 0 {
            in_order.insert(0, Match { left: 0, right: 0, length: start });
        }
        if end > 0 {
            in_order.push(Match { left: left_middle.end, right: right_middle.end, length: end });
        }
        (in_order, rest)
    }

    /// Cuts blocks to words and keeps those worth telling of which no two share text of a side they must not share.
    fn shape(&self, blocks: &mut Vec<Block>, exclusive: Exclusive) {
        for block in blocks.iter_mut() {
            tidy::to_whole_words(&mut block.matches, self.sides);
            block.fit();
            let (from, to) = ((block.left.start, block.right.start), (block.left.end, block.right.end));
            tidy::to_words(&mut block.matches, self.sides, from, to);
            block.fit();
        }
        blocks.retain(|block| is_worth_telling(block, self.sides, self.differ.min_move));
        disjoint(blocks, exclusive);
    }

    /// Aligns what lies between the matches, moved text left out.
    fn align_gaps(&mut self, watch: &Watch) -> Result<(), Error> {
        let (left_holes, right_holes) = self.holes();
        let ends = self.ends();
        let matches = std::mem::take(&mut self.plan.matches);
        let mut aligned = Vec::with_capacity(matches.len() + matches.len() / 4);
        let (mut left_gap, mut right_gap) = (Vec::new(), Vec::new());
        let mut from = (0, 0);
        let end = Match { left: ends.0, right: ends.1, length: 0 };
        for (index, found) in matches.into_iter().chain([end]).enumerate() {
            if index.is_multiple_of(TOLD_GAPS) {
                watch.tell("aligning", ProgressUnit::Entries, from.0 as u64, Some(ends.0 as u64))?;
            }
            stretches(from.0..found.left, &left_holes, &mut left_gap);
            stretches(from.1..found.right, &right_holes, &mut right_gap);
            self.aligner.align(&left_gap, &right_gap, &mut aligned);
            push(&mut aligned, found);
            from = (found.left_end(), found.right_end());
        }
        self.plan.matches = aligned;
        Ok(())
    }

    /// Aligns what lies between the matches of each block.
    fn align_blocks(&mut self) {
        let mut plan = std::mem::take(&mut self.plan);
        for block in plan.moves.iter_mut().chain(&mut plan.copies).chain(&mut plan.duplicates) {
            let matches = std::mem::take(&mut block.matches);
            let mut aligned = Vec::with_capacity(matches.len());
            let mut from = (block.left.start, block.right.start);
            let end = Match { left: block.left.end, right: block.right.end, length: 0 };
            for found in matches.into_iter().chain([end]) {
                let (left, right) = (from.0..found.left, from.1..found.right);
                if !left.is_empty() && !right.is_empty() {
                    self.aligner.align(&[left], &[right], &mut aligned);
                }
                push(&mut aligned, found);
                from = (found.left_end(), found.right_end());
            }
            tidy::slide(&mut aligned, self.sides, |_, _| true);
            block.matches = aligned;
        }
        self.plan = plan;
    }

    /// Drops matches that are coincidences; moved text is no change around them.
    fn drop_coincidences(&mut self) {
        let ends = self.ends();
        let (left_holes, right_holes) = self.holes();
        tidy::drop_coincidences(&mut self.plan.matches, ends, |left, right| {
            (left.len() - covered(&left_holes, left)).max(right.len() - covered(&right_holes, right))
        });
    }

    /// Slides what stands alone; blocks keep their place.
    fn slide(&mut self) {
        let (left_holes, right_holes) = self.holes();
        tidy::slide(&mut self.plan.matches, self.sides, |before, after| {
            !overlaps(&left_holes, before.left_end()..after.left)
                && !overlaps(&right_holes, before.right_end()..after.right)
        });
    }

    /// Where blocks stand, on either side, in order.
    fn holes(&self) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let plan = &self.plan;
        (
            holes(plan.moves.iter().chain(&plan.duplicates).map(|block| block.left.clone())),
            holes(plan.moves.iter().chain(&plan.copies).map(|block| block.right.clone())),
        )
    }

    /// Looks in the other text for what is left on one side.
    fn find_echoes(&mut self) {
        let min_move = self.differ.min_move;
        let right_free = self.free(|m| m.right..m.right_end(), |block| block.right.clone(), self.sides.right);
        if !right_free.is_empty() {
            let mut found = echoes(self.sides, &right_free, min_move);
            self.shape(&mut found, Exclusive::Right);
            let left_free = self.free(|m| m.left..m.left_end(), |block| block.left.clone(), self.sides.left);
            let mut taken = BTreeMap::new();
            for block in found {
                // Free on both sides: a move that no anchor showed.
                let free = left_free.partition_point(|free| free.end < block.left.end);
                let is_free = left_free.get(free).is_some_and(|free| free.start <= block.left.start);
                let is_taken =
                    taken.range(..block.left.end).next_back().is_some_and(|(_, &end)| end > block.left.start);
                if is_free && !is_taken {
                    taken.insert(block.left.start, block.left.end);
                    self.plan.moves.push(block);
                } else {
                    self.plan.copies.push(block);
                }
            }
        }
        let left_free = self.free(|m| m.left..m.left_end(), |block| block.left.clone(), self.sides.left);
        if !left_free.is_empty() {
            let mirror = Planner { sides: self.sides.swapped(), ..Planner::new(self.sides, self.differ) };
            let mut found = echoes(mirror.sides, &left_free, min_move);
            mirror.shape(&mut found, Exclusive::Right);
            self.plan.duplicates = found.into_iter().map(Block::swapped).collect();
        }
    }

    /// Stretches of a side in no match and no move, long enough for a block.
    fn free(
        &self,
        of_match: impl Fn(&Match) -> Range<usize>,
        of_block: impl Fn(&Block) -> Range<usize>,
        side: Side<'_>,
    ) -> Vec<Range<usize>> {
        let moved = holes(self.plan.moves.iter().map(of_block));
        let mut free = Vec::new();
        let mut gap = Vec::new();
        let mut from = 0;
        let end = side.folded().len();
        for range in self.plan.matches.iter().map(of_match).chain(std::iter::once(end..end)) {
            if range.start > from {
                stretches(from..range.start, &moved, &mut gap);
                free.extend(gap.drain(..).filter(|stretch| {
                    stretch.len() >= self.differ.min_move
                        && characters(&side.folded()[stretch.clone()]) >= self.differ.min_move
                }));
            }
            from = range.end;
        }
        free
    }

    /// Takes into a move the few words at its edges that changed on both sides.
    fn widen_moves(&mut self) {
        let mut lefts: Vec<Range<usize>> = self.plan.matches.iter().map(|m| m.left..m.left_end()).collect();
        lefts.extend(self.plan.moves.iter().chain(&self.plan.duplicates).map(|block| block.left.clone()));
        let mut rights: Vec<Range<usize>> =
            self.plan.matches.iter().map(|m| m.right..m.right_end()).collect();
        rights.extend(self.plan.moves.iter().chain(&self.plan.copies).map(|block| block.right.clone()));
        let mut lefts = holes(lefts.into_iter());
        let mut rights = holes(rights.into_iter());
        let ends = self.ends();
        // The entry of a block itself, which grows with it.
        let entry = |taken: &[Range<usize>], start: usize| taken.partition_point(|range| range.start < start);
        for block in &mut self.plan.moves {
            let reach = (block.left.len().min(block.right.len()) / 2).min(EDGE);
            let fits = |left: usize, right: usize| left.min(right) > 0 && left.max(right) <= reach;
            let (at_left, at_right) = (entry(&lefts, block.left.start), entry(&rights, block.right.start));
            let before = |taken: &[Range<usize>], at: usize| {
                taken[at].start - at.checked_sub(1).map_or(0, |before| taken[before].end)
            };
            let (left, right) = (before(&lefts, at_left), before(&rights, at_right));
            if fits(left, right) {
                block.left.start -= left;
                block.right.start -= right;
            }
            let after = |taken: &[Range<usize>], at: usize, end: usize| {
                taken.get(at + 1).map_or(end, |after| after.start) - taken[at].end
            };
            let (left, right) = (after(&lefts, at_left, ends.0), after(&rights, at_right, ends.1));
            if fits(left, right) {
                block.left.end += left;
                block.right.end += right;
            }
            lefts[at_left] = block.left.clone();
            rights[at_right] = block.right.clone();
        }
    }
}

/// Changed words at the edge of a move belong to it up to so many stream bytes (and half of the move).
const EDGE: usize = 48;

/// Which gap of the frame a match lies in, on either side.
fn region(frame: &[Match], found: Match) -> (usize, usize) {
    (
        frame.partition_point(|m| m.left_end() <= found.left),
        frame.partition_point(|m| m.right_end() <= found.right),
    )
}

/// Adds a match, joined to the last where they touch.
fn push(matches: &mut Vec<Match>, found: Match) {
    match matches.last_mut() {
        Some(last) if last.touches(found) => last.length += found.length,
        _ if found.length > 0 => matches.push(found),
        _ => {}
    }
}

/// Ranges in order: where the main text has holes.
fn holes(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut holes: Vec<Range<usize>> = ranges.collect();
    holes.sort_unstable_by_key(|range| range.start);
    holes
}

fn overlaps(holes: &[Range<usize>], range: Range<usize>) -> bool {
    let index = holes.partition_point(|hole| hole.end <= range.start);
    holes.get(index).is_some_and(|hole| hole.start < range.end)
}

/// How much of `range` lies in holes; each lies in it or outside.
fn covered(holes: &[Range<usize>], range: Range<usize>) -> usize {
    let first = holes.partition_point(|hole| hole.end <= range.start);
    holes[first..].iter().take_while(|hole| hole.start < range.end).map(Range::len).sum()
}

/// The parts of `range` outside the holes.
fn stretches(range: Range<usize>, holes: &[Range<usize>], out: &mut Vec<Range<usize>>) {
    out.clear();
    let mut from = range.start;
    let first = holes.partition_point(|hole| hole.end <= range.start);
    for hole in holes[first..].iter().take_while(|hole| hole.start < range.end) {
        if hole.start > from {
            out.push(from..hole.start);
        }
        from = hole.end;
    }
    if range.end > from {
        out.push(from..range.end);
    }
}
