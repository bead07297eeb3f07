//! The plan: which text stayed, which moved and which was copied, in stream positions.
//!
//! In: the two sides and the settings. Out: equal runs in order, and blocks. All positions in a plan are
//! stream positions, not bytes of the texts; [`super::render`] turns it into edits.
//!
//! **Idea.** The steps of the module head, in the order of [`Planner::run`].

use super::anchors::anchors;
use super::equal_run::{self, EqualRun};
use super::gaps::Aligner;
use super::granularity::Granularity;
use super::moves::{RelocatedBlock, chained, copies, is_significant, keep_disjoint};
use super::settle::{Taken, are_settled, line_after, line_before, settled, whole};
use super::side::{CutUnit, Side, Sides};
use super::skeleton::{ExclusiveSides, owned, skeleton};
use super::tidy;
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::stream::{characters, common_characters, common_last_characters};
use crate::support::interval_set::IntervalSet;
use std::ops::Range;

/// The settings of a plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanSettings {
    pub(super) granularity: Granularity,
    /// Whether to search for moves, copies and duplicates.
    pub(super) moves: bool,
    /// Least length of a block, in squeezed characters.
    pub(super) min_move: usize,
    /// Most steps of the alignment.
    pub(super) steps: u64,
}

/// The result of planning, in stream bytes.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Text that stayed, increasing on both sides.
    pub(super) runs: Vec<EqualRun>,
    /// Blocks that are in no run on either side.
    pub(super) moves: Vec<RelocatedBlock>,
    /// Text that only the right has at this place, and that the left has at another place; in the order of
    /// the right.
    pub(super) copies: Vec<RelocatedBlock>,
    /// Text that only the left has at this place, and that the right has at another place; in the order of
    /// the left.
    pub(super) duplicates: Vec<RelocatedBlock>,
    /// Whether the step limit was reached.
    pub(super) coarse: bool,
}

impl Plan {
    /// Whether anything moved or was copied.
    pub(super) fn has_blocks(&self) -> bool {
        !(self.moves.is_empty() && self.copies.is_empty() && self.duplicates.is_empty())
    }

    /// The plan of the swapped texts.
    pub(super) fn mirrored(self) -> Plan {
        let swap =
            |blocks: Vec<RelocatedBlock>| blocks.into_iter().map(RelocatedBlock::swapped).collect::<Vec<_>>();
        Plan {
            runs: self.runs.into_iter().map(EqualRun::swapped).collect(),
            moves: swap(self.moves),
            copies: swap(self.duplicates),
            duplicates: swap(self.copies),
            coarse: self.coarse,
        }
    }

    /// The places of blocks in the left text and in the right text.
    fn holes(&self) -> (IntervalSet, IntervalSet) {
        (
            self.moves.iter().chain(&self.duplicates).map(|block| block.left.clone()).collect(),
            self.moves.iter().chain(&self.copies).map(|block| block.right.clone()).collect(),
        )
    }
}

/// Whether the texts are in canonical order: the one with less squeezed text is the left. Plans are made in
/// this order.
pub(super) fn is_canonical(sides: Sides<'_>) -> bool {
    let length = |side: Side<'_>| side.folded().len();
    (length(sides.left), sides.left.folded(), sides.left.text)
        <= (length(sides.right), sides.right.folded(), sides.right.text)
}

/// The plan for two texts in canonical order.
///
/// # Errors
/// `is_cancelled` if `watch` asks to stop.
pub(super) fn plan(sides: Sides<'_>, settings: PlanSettings, watch: &Watch) -> Result<Plan, Error> {
    let aligner = Aligner::new(sides, CutUnit::Word, settings.steps);
    Planner { sides, settings, aligner, plan: Plan::default() }.run(watch)
}

/// How many gaps are aligned between two calls of the watch.
const REPORTED_GAPS: usize = 1 << 10;

/// An unfinished plan.
struct Planner<'t> {
    sides: Sides<'t>,
    settings: PlanSettings,
    aligner: Aligner<'t>,
    plan: Plan,
}

impl<'t> Planner<'t> {
    fn run(mut self, watch: &Watch) -> Result<Plan, Error> {
        watch.tell("anchoring", ProgressUnit::Entries, 0, None)?;
        let (mut frame, rest) = frame(self.sides);
        if self.settings.moves {
            self.plan.moves = self.moves(&frame, rest);
            give_up(&mut frame, &self.plan.moves);
        }
        self.plan.runs = frame;
        self.widen_moves();
        tidy::cut_to_words(&mut self.plan.runs, self.sides, (0, 0), self.sides.ends());
        self.align_gaps(watch)?;
        self.drop_coincidences();
        self.slide();
        if self.settings.moves {
            watch.tell("looking for copies", ProgressUnit::Entries, 0, None)?;
            self.find_copies();
            self.find_duplicates();
        }
        self.align_blocks();
        if self.settings.granularity == Granularity::Character {
            let by_clusters = |steps| Aligner::new(self.sides, CutUnit::Cluster, steps);
            let (steps, coarse) = self.aligner.finish();
            self.plan.coarse |= coarse;
            self.aligner = by_clusters(steps);
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

    /// The blocks of the runs outside the frame: text that moved.
    fn moves(&self, frame: &[EqualRun], rest: Vec<EqualRun>) -> Vec<RelocatedBlock> {
        if rest.is_empty() {
            return Vec::new();
        }
        let taken = Taken {
            left: frame.iter().map(|run| run.left..run.left_end()).collect(),
            right: frame.iter().map(|run| run.right..run.right_end()).collect(),
            gives_equal: true,
        };
        let chained = cut_to_words(chained(rest, |run| region(frame, run)), self.sides);
        let settled = chained.into_iter().filter_map(|block| settled(block, self.sides, &taken));
        let mut moves: Vec<RelocatedBlock> =
            settled.filter(|block| is_significant(block, self.sides, self.settings.min_move)).collect();
        keep_disjoint(&mut moves, ExclusiveSides::Both);
        moves
    }

    /// Aligns the text between the runs, without the blocks.
    fn align_gaps(&mut self, watch: &Watch) -> Result<(), Error> {
        let (left_holes, right_holes) = self.plan.holes();
        let ends = self.sides.ends();
        let runs = std::mem::take(&mut self.plan.runs);
        let mut aligned = Vec::with_capacity(runs.len() + runs.len() / 4);
        let (mut left_gap, mut right_gap) = (Vec::new(), Vec::new());
        let mut from = (0, 0);
        let end = EqualRun { left: ends.0, right: ends.1, length: 0 };
        for (index, run) in runs.into_iter().chain([end]).enumerate() {
            if index.is_multiple_of(REPORTED_GAPS) {
                watch.tell("aligning", ProgressUnit::Bytes, from.0 as u64, Some(ends.0 as u64))?;
            }
            left_gap.clear();
            left_gap.extend(left_holes.outside(from.0..run.left));
            right_gap.clear();
            right_gap.extend(right_holes.outside(from.1..run.right));
            self.aligner.align(&left_gap, &right_gap, &mut aligned);
            equal_run::push(&mut aligned, run);
            from = (run.left_end(), run.right_end());
        }
        self.plan.runs = aligned;
        Ok(())
    }

    /// Aligns the text between the runs of each block.
    fn align_blocks(&mut self) {
        let Plan { moves, copies, duplicates, .. } = &mut self.plan;
        for block in moves.iter_mut().chain(copies).chain(duplicates) {
            let runs = std::mem::take(&mut block.runs);
            let mut aligned = Vec::with_capacity(runs.len());
            let mut from = (block.left.start, block.right.start);
            let end = EqualRun { left: block.left.end, right: block.right.end, length: 0 };
            for run in runs.into_iter().chain([end]) {
                let (left, right) = (from.0..run.left, from.1..run.right);
                if !left.is_empty() && !right.is_empty() {
                    self.aligner.align(&[left], &[right], &mut aligned);
                }
                equal_run::push(&mut aligned, run);
                from = (run.left_end(), run.right_end());
            }
            let until = (block.left.end, block.right.end);
            tidy::slide(&mut aligned, self.sides, (block.left.start, block.right.start), until, |_, _| true);
            block.runs = aligned;
        }
    }

    /// Drops runs that are coincidences. Blocks do not count as changes around them.
    fn drop_coincidences(&mut self) {
        let (left_holes, right_holes) = self.plan.holes();
        tidy::drop_coincidences(&mut self.plan.runs, self.sides.ends(), |left, right| {
            let outside =
                |holes: &IntervalSet, range| holes.outside(range).map(|part| part.len()).sum::<usize>();
            outside(&left_holes, left).max(outside(&right_holes, right))
        });
    }

    /// Moves insertions and deletions to the best places. Blocks are not moved.
    fn slide(&mut self) {
        let (left_holes, right_holes) = self.plan.holes();
        tidy::slide(&mut self.plan.runs, self.sides, (0, 0), self.sides.ends(), |before, after| {
            left_holes.is_free(before.left_end()..after.left)
                && right_holes.is_free(before.right_end()..after.right)
        });
    }

    /// Stretches of the left that are in no run and no move, and long enough for a block.
    fn free_on_left(&self) -> Vec<Range<usize>> {
        let moved = self.plan.moves.iter().map(|block| block.left.clone()).collect();
        let matched = self.plan.runs.iter().map(|run| run.left..run.left_end());
        free(self.sides.left, matched, &moved, self.settings.min_move)
    }

    /// The same on the right.
    fn free_on_right(&self) -> Vec<Range<usize>> {
        let moved = self.plan.moves.iter().map(|block| block.right.clone()).collect();
        let matched = self.plan.runs.iter().map(|run| run.right..run.right_end());
        free(self.sides.right, matched, &moved, self.settings.min_move)
    }

    /// Searches the left for text that is free on the right. It finds copies, and moves that had no anchor.
    fn find_copies(&mut self) {
        let free = self.free_on_right();
        if free.is_empty() {
            return;
        }
        let found = self.candidates(self.sides, &free);
        let known = self.plan.moves.len();
        let found = self.take_moves(found);
        if self.plan.moves.len() > known {
            self.widen_moves();
        }
        self.plan.copies = self.whole_changes(self.sides, found, &self.free_on_right());
    }

    /// Searches the right for text that is free on the left: duplicates, which are the copies of the swapped
    /// texts.
    fn find_duplicates(&mut self) {
        let free = self.free_on_left();
        if free.is_empty() {
            return;
        }
        let swapped = self.sides.swapped();
        let found = self.whole_changes(swapped, self.candidates(swapped, &free), &free);
        self.plan.duplicates = found.into_iter().map(RelocatedBlock::swapped).collect();
    }

    /// Blocks of the free stretches of the right that occur anywhere on the left; those with more matched
    /// text first.
    fn candidates(&self, sides: Sides<'_>, free: &[Range<usize>]) -> Vec<RelocatedBlock> {
        let mut found = cut_to_words(copies(sides, free, self.settings.min_move), sides);
        keep_disjoint(&mut found, ExclusiveSides::Right);
        found
    }

    /// Adds the candidates that are free on both sides to the moves, and returns the others.
    fn take_moves(&mut self, candidates: Vec<RelocatedBlock>) -> Vec<RelocatedBlock> {
        // Most candidates are copies of text that stayed. The sets below would cost more than all the rest.
        let stayed = |block: &RelocatedBlock| {
            let run = self.plan.runs.partition_point(|run| run.left_end() <= block.left.start);
            self.plan.runs.get(run).is_some_and(|run| run.left < block.left.end)
        };
        if candidates.iter().all(stayed) {
            return candidates;
        }
        let mut taken = self.taken();
        let mut others = Vec::new();
        for block in candidates {
            let moved = Some(block.clone())
                .filter(|block| taken.is_free(block))
                .and_then(|block| settled(block, self.sides, &taken))
                .filter(|block| is_significant(block, self.sides, self.settings.min_move));
            match moved {
                Some(moved) => {
                    taken.insert(&moved);
                    self.plan.moves.push(moved);
                }
                None => others.push(block),
            }
        }
        others
    }

    /// The text that is in a run or a block.
    fn taken(&self) -> Taken {
        let (left, right) = self.plan.holes();
        let mut taken = Taken { left, right, gives_equal: false };
        for run in &self.plan.runs {
            taken.left.insert(run.left..run.left_end());
            taken.right.insert(run.right..run.right_end());
        }
        taken
    }

    /// Joins moves that follow each other in both texts, and adds to each the rest of its lines, if most of
    /// that is the same in both texts.
    fn widen_moves(&mut self) {
        if self.plan.moves.is_empty() {
            return;
        }
        let mut taken = self.taken();
        self.plan.moves.sort_unstable_by_key(|block| block.left.start);
        let mut joined: Vec<RelocatedBlock> = Vec::with_capacity(self.plan.moves.len());
        for block in std::mem::take(&mut self.plan.moves) {
            match joined.last_mut() {
                Some(last) if last.continues_in(&block) && taken.allows_join(last, &block) => {
                    last.join(block)
                }
                _ => joined.push(block),
            }
        }
        joined.iter().for_each(|block| taken.insert(block));
        for block in &mut joined {
            let left = line_before(self.sides.left, block.left.start, &taken.left);
            let right = line_before(self.sides.right, block.right.start, &taken.right);
            if are_settled(self.sides, left.start, right.start)
                && let Some(mut runs) = self.aligned(&left, &right)
            {
                block.runs.drain(..).for_each(|run| equal_run::push(&mut runs, run));
                (block.left.start, block.right.start, block.runs) = (left.start, right.start, runs);
                taken.insert(block);
            }
            let left = line_after(self.sides.left, block.left.end, &taken.left);
            let right = line_after(self.sides.right, block.right.end, &taken.right);
            if are_settled(self.sides, left.end, right.end)
                && let Some(runs) = self.aligned(&left, &right)
            {
                runs.into_iter().for_each(|run| equal_run::push(&mut block.runs, run));
                (block.left.end, block.right.end) = (left.end, right.end);
                taken.insert(block);
            }
        }
        self.plan.moves = joined;
    }

    /// The equal runs of two stretches, if they are at least half of them.
    fn aligned(&mut self, left: &Range<usize>, right: &Range<usize>) -> Option<Vec<EqualRun>> {
        if left.is_empty() || right.is_empty() {
            return None;
        }
        let mut runs = Vec::new();
        self.aligner.align(std::slice::from_ref(left), std::slice::from_ref(right), &mut runs);
        let equal: usize = runs.iter().map(|run| run.length).sum();
        (4 * equal >= left.len() + right.len()).then_some(runs)
    }

    /// The candidates that are, with their neighbouring words, a whole free stretch of the right each.
    fn whole_changes(
        &self,
        sides: Sides<'_>,
        candidates: Vec<RelocatedBlock>,
        free: &[Range<usize>],
    ) -> Vec<RelocatedBlock> {
        let change = |block: &RelocatedBlock| {
            let change = free.get(free.partition_point(|change| change.end <= block.right.start))?;
            (change.start <= block.right.start && block.right.end <= change.end).then(|| change.clone())
        };
        let wholes = candidates.into_iter().filter_map(|block| {
            let change = change(&block)?;
            whole(block, sides, &change)
        });
        let mut wholes: Vec<RelocatedBlock> =
            wholes.filter(|block| is_significant(block, sides, self.settings.min_move)).collect();
        keep_disjoint(&mut wholes, ExclusiveSides::Right);
        wholes
    }
}

/// The blocks, cut to whole words of both sides; without blocks that become empty.
fn cut_to_words(mut blocks: Vec<RelocatedBlock>, sides: Sides<'_>) -> Vec<RelocatedBlock> {
    for block in &mut blocks {
        tidy::cut_ends_to_words(&mut block.runs, sides);
        block.fit();
        let (from, until) = ((block.left.start, block.right.start), (block.left.end, block.right.end));
        tidy::cut_to_words(&mut block.runs, sides, from, until);
        block.fit();
    }
    blocks.retain(|block| !block.runs.is_empty());
    blocks
}

/// Cuts the text off the runs that a block took.
fn give_up(runs: &mut Vec<EqualRun>, blocks: &[RelocatedBlock]) {
    let left: IntervalSet = blocks.iter().map(|block| block.left.clone()).collect();
    let right: IntervalSet = blocks.iter().map(|block| block.right.clone()).collect();
    let is_free =
        |run: &EqualRun| left.is_free(run.left..run.left_end()) && right.is_free(run.right..run.right_end());
    if runs.iter().all(is_free) {
        return;
    }
    let mut free = Vec::with_capacity(runs.len());
    for run in runs.drain(..) {
        for part in left.outside(run.left..run.left_end()) {
            let part = run.part(part.start - run.left, part.end - run.left);
            let rest = right.outside(part.right..part.right_end());
            free.extend(rest.map(|rest| part.part(rest.start - part.right, rest.end - part.right)));
        }
    }
    *runs = free;
}

/// The equal runs that keep their order, including the common start and end of the texts; then the other
/// runs.
fn frame(sides: Sides<'_>) -> (Vec<EqualRun>, Vec<EqualRun>) {
    let (left, right) = (sides.left.folded(), sides.right.folded());
    let start = common_characters(left, right);
    let end = common_last_characters(&left[start..], &right[start..]);
    let (left_middle, right_middle) = (start..left.len() - end, start..right.len() - end);
    let mut found = anchors(&left[left_middle.clone()], &right[right_middle.clone()]);
    for run in &mut found {
        run.left += start;
        run.right += start;
    }
    let (mut in_order, rest) = skeleton(owned(found, ExclusiveSides::Both));
    if start > 0 {
        in_order.insert(0, EqualRun { left: 0, right: 0, length: start });
    }
    if end > 0 {
        in_order.push(EqualRun { left: left_middle.end, right: right_middle.end, length: end });
    }
    (in_order, rest)
}

/// The gap of the frame that contains a run, on either side.
fn region(frame: &[EqualRun], run: EqualRun) -> (usize, usize) {
    (
        frame.partition_point(|framed| framed.left_end() <= run.left),
        frame.partition_point(|framed| framed.right_end() <= run.right),
    )
}

/// Stretches of a side outside the ranges `matched` (in order) and `moved`, of at least `min_move`
/// characters.
fn free(
    side: Side<'_>,
    matched: impl Iterator<Item = Range<usize>>,
    moved: &IntervalSet,
    min_move: usize,
) -> Vec<Range<usize>> {
    let is_long = |stretch: &Range<usize>| {
        stretch.len() >= min_move && characters(&side.folded()[stretch.clone()]) >= min_move
    };
    let mut free = Vec::new();
    let mut from = 0;
    let end = side.folded().len();
    for range in matched.chain(std::iter::once(end..end)) {
        if range.start > from {
            free.extend(moved.outside(from..range.start).filter(is_long));
        }
        from = range.end;
    }
    free
}
