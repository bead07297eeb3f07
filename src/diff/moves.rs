//! Moves and copies: blocks of text that are at another place in the other version.
//!
//! In: the equal runs outside the skeleton, and later the text that no run covers. Out: blocks, each a chain
//! of runs that are close to each other on both sides and long enough to be reported (40 squeezed characters
//! by default, or a whole line).
//!
//! **Idea.** The runs outside the skeleton are chained among themselves: a moved paragraph with edits is one
//! block of several runs. A block whose text is in no skeleton run on either side is a move. For a stretch
//! that is free on one side only, the other text is searched again. The steps of this search are so short
//! that it cannot miss a block of the least length. A hit that is free in both texts moved too. A hit that is
//! all of an insertion is a copy. [`super::settle`] moves the ends of blocks to sentences.
//!
//! **Cost.** Linear; the second search runs only where a free stretch is long enough.
//! **Source.** Tichy 1984, *The string-to-string correction problem with block moves*; Heckel 1978, *A
//! technique for isolating differences between files*, for the idea that text has moved if it is unique and
//! out of order.

use super::equal_run::{self, EqualRun, gap_in_passage};
use super::side::{Side, Sides};
use super::skeleton::{ExclusiveSides, owned};
use super::windows::{WINDOW, WindowTable, extended};
use crate::scan::{self, Class};
use crate::stream::{characters, starts_character};
use crate::support::interval_set::IntervalSet;
use std::cmp::Reverse;
use std::ops::Range;

/// A stretch of the left text and the same stretch of the right text, perhaps with edits. Ranges are in
/// stream bytes.
#[derive(Clone, Debug)]
pub(super) struct RelocatedBlock {
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// Increasing on both sides, within the ranges.
    pub(super) runs: Vec<EqualRun>,
}

impl RelocatedBlock {
    fn of(run: EqualRun) -> RelocatedBlock {
        RelocatedBlock { left: run.left..run.left_end(), right: run.right..run.right_end(), runs: vec![run] }
    }

    fn push(&mut self, run: EqualRun) {
        self.left.end = run.left_end();
        self.right.end = run.right_end();
        self.runs.push(run);
    }

    /// Whether `next` may be the rest of the same passage.
    pub(super) fn continues_in(&self, next: &RelocatedBlock) -> bool {
        match (self.runs.last(), next.runs.first()) {
            (Some(&last), Some(&first)) => gap_in_passage(last, first).is_some(),
            _ => false,
        }
    }

    /// Adds a block that follows on both sides.
    pub(super) fn join(&mut self, next: RelocatedBlock) {
        (self.left.end, self.right.end) = (next.left.end, next.right.end);
        next.runs.into_iter().for_each(|run| equal_run::push(&mut self.runs, run));
    }

    /// Sets the ranges to what the runs span.
    pub(super) fn fit(&mut self) {
        (self.left, self.right) = match (self.runs.first(), self.runs.last()) {
            (Some(first), Some(last)) => (first.left..last.left_end(), first.right..last.right_end()),
            _ => (0..0, 0..0),
        };
    }

    /// Stream bytes in the runs.
    fn matched(&self) -> usize {
        self.runs.iter().map(|run| run.length).sum()
    }

    pub(super) fn swapped(self) -> RelocatedBlock {
        RelocatedBlock {
            left: self.right,
            right: self.left,
            runs: self.runs.into_iter().map(EqualRun::swapped).collect(),
        }
    }
}

/// A run may join one of this many latest blocks; else it starts its own.
const OPEN_BLOCKS: usize = 8;
/// Least share of a block that must be inside its runs. Below it, readers see two texts that share a phrase.
const LEAST_IDENTITY: f64 = 0.7;

/// Chains runs, given in the order of the right. `region` returns the gap of the skeleton that contains a
/// run. A block does not extend over text that stayed.
pub(super) fn chained(
    runs: Vec<EqualRun>,
    region: impl Fn(EqualRun) -> (usize, usize),
) -> Vec<RelocatedBlock> {
    let mut blocks: Vec<(RelocatedBlock, (usize, usize))> = Vec::new();
    for run in runs {
        let own_region = region(run);
        let from = blocks.len().saturating_sub(OPEN_BLOCKS);
        let nearest = (from..blocks.len())
            .filter_map(|index| {
                let (block, block_region) = &blocks[index];
                let last = block.runs[block.runs.len() - 1];
                let (left, right) = gap_in_passage(last, run)?;
                (*block_region == own_region).then_some((left + right, index))
            })
            .min();
        match nearest {
            Some((_, index)) => blocks[index].0.push(run),
            None => blocks.push((RelocatedBlock::of(run), own_region)),
        }
    }
    blocks.into_iter().map(|(block, _)| block).collect()
}

/// Whether a block is long enough, and equal enough, to be reported. Addresses do not count: two texts that
/// name the same one did not copy each other.
pub(super) fn is_significant(block: &RelocatedBlock, sides: Sides<'_>, min_move: usize) -> bool {
    let addresses = |side: Side<'_>, range: &Range<usize>| {
        in_addresses(&side.text[side.start(range.start)..side.end(range.end)])
    };
    let (left, right) = (addresses(sides.left, &block.left), addresses(sides.right, &block.right));
    let matched = block.matched().saturating_sub(left.max(right));
    let whole = (block.left.len() + block.right.len()).saturating_sub(left + right);
    if matched == 0 || (2 * matched) as f64 / (whole as f64) < LEAST_IDENTITY {
        return false;
    }
    let count: usize =
        block.runs.iter().map(|run| characters(&sides.left.folded()[run.left..run.left_end()])).sum();
    count >= min_move + left.max(right)
        || (is_line(sides.left, &block.left) && is_line(sides.right, &block.right))
}

/// The letters and digits of a text that are in addresses of pages, files or people.
fn in_addresses(text: &str) -> usize {
    let is_address = |word: &&str| {
        word.contains("://")
            || word.contains("www.")
            || word.contains('@')
            || word.matches('/').nth(1).is_some()
    };
    let count = |word: &str| word.chars().filter(|&ch| scan::class(ch).is_kept()).count();
    text.split_whitespace().filter(is_address).map(count).sum()
}

/// Keeps blocks so that no two share text on the exclusive sides. Blocks with more matched text have
/// priority. Blocks can overlap because chains grow run by run.
pub(super) fn keep_disjoint(blocks: &mut Vec<RelocatedBlock>, exclusive: ExclusiveSides) {
    blocks.sort_by_key(|block| (Reverse(block.matched()), block.right.start, block.left.start));
    let (mut left, mut right) = (IntervalSet::default(), IntervalSet::default());
    blocks.retain(|block| {
        let is_free = right.is_free(block.right.clone())
            && (exclusive == ExclusiveSides::Right || left.is_free(block.left.clone()));
        if is_free {
            right.insert(block.right.clone());
            if exclusive == ExclusiveSides::Both {
                left.insert(block.left.clone());
            }
        }
        is_free
    });
}

/// Whether only spaces and punctuation are between a range of squeezed text and the line breaks around it.
fn is_line(side: Side<'_>, range: &Range<usize>) -> bool {
    let text = side.bytes();
    let (mut start, mut end) = (side.start(range.start), side.end(range.end));
    let starts_line = loop {
        match scan::before(text, start) {
            None | Some((_, Class::Line, _)) => break true,
            Some((_, class, length)) if !class.is_kept() => start -= length,
            _ => break false,
        }
    };
    starts_line
        && loop {
            match scan::after(text, end) {
                None | Some((_, Class::Line, _)) => break true,
                Some((_, class, length)) if !class.is_kept() => end += length,
                _ => break false,
            }
        }
}

/// How many equal windows are compared for one position. Any of them may be used.
const CANDIDATES: usize = 4;
/// Bounds of the distance between two looked-up positions of the left. The lower one limits the cost when
/// `min_move` is small; above the upper one lookups are too rare to matter.
const STRIDES: (usize, usize) = (4, 64);

/// Blocks of the `free` stretches of the right (in order) that occur anywhere in the left. No two share right
/// text.
pub(super) fn copies(sides: Sides<'_>, free: &[Range<usize>], min_move: usize) -> Vec<RelocatedBlock> {
    let (left, right) = (sides.left.folded(), sides.right.folded());
    // A block of `min_move` characters contains a looked-up window, wherever it starts.
    let stride = (min_move + 1).saturating_sub(WINDOW).clamp(STRIDES.0, STRIDES.1);
    if left.len() < WINDOW || free.iter().all(|range| range.len() < WINDOW) {
        return Vec::new();
    }
    let mut windows = WindowTable::new(right, free.iter().map(Range::len).sum());
    for range in free.iter().rev() {
        windows.insert(range.clone(), 1);
    }
    let mut runs: Vec<EqualRun> = Vec::new();
    let mut position = 0;
    while position + WINDOW <= left.len() {
        if !starts_character(left[position]) {
            position += 1;
            continue;
        }
        let mut longest: Option<EqualRun> = None;
        windows.look_up(left, position, CANDIDATES, |candidate| {
            let range = &free[free.partition_point(|range| range.end <= candidate)];
            let run = extended(left, &right[..range.end], (position, candidate), (0, range.start));
            if longest.is_none_or(|old| run.length > old.length) {
                longest = Some(run);
            }
        });
        match longest.filter(|run| run.length >= WINDOW) {
            Some(longest) => {
                runs.push(longest);
                position = longest.left_end().max(position + 1);
            }
            None => position += stride,
        }
    }
    let mut runs = owned(runs, ExclusiveSides::Right);
    runs.sort_unstable_by_key(|run| (run.right, run.left));
    // A block stays within one free stretch.
    chained(runs, |run| (free.partition_point(|range| range.end <= run.right), 0))
}
