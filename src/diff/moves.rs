//! Moves and copies: blocks of text that stand elsewhere in the other version.
//!
//! In: the matches outside the skeleton, and later the text that no match covers. Out: blocks, each a chain of matches close to
//! each other on both sides, long enough to be worth telling (40 squeezed characters, or a whole line).
//!
//! **Idea.** What the skeleton leaves is chained again among itself: a moved paragraph with edits is one block of
//! several matches. A block whose two sides are free on both is a move. For a stretch that is free on one side only
//! the other text is searched again, read in steps so wide that a block of the least length cannot fall through: a
//! hit is a copy.
//!
//! **Cost.** Linear; the second search only where a free stretch is long enough. **Source.** Tichy 1984, *The
//! string-to-string correction problem with block moves*; Heckel 1978 for the idea that a move is what is unique
//! and out of order.

use super::anchors::{Match, WINDOW, Windows, extended};
use super::side::Sides;
use super::skeleton::{Exclusive, Owned, owned};
use crate::scan::{self, Class};
use crate::stream::{characters, starts_character};
use std::ops::Range;

/// A stretch of left text that is a stretch of right text, edits inside allowed. Ranges in stream bytes.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) left: Range<usize>,
    pub(super) right: Range<usize>,
    /// Increasing on both sides, within the ranges.
    pub(super) matches: Vec<Match>,
}

impl Block {
    fn of(found: Match) -> Block {
        Block {
            left: found.left..found.left_end(),
            right: found.right..found.right_end(),
            matches: vec![found],
        }
    }

    fn push(&mut self, found: Match) {
        self.left.end = found.left_end();
        self.right.end = found.right_end();
        self.matches.push(found);
    }

    /// Lets the ranges be what the matches span.
    pub(super) fn fit(&mut self) {
        (self.left, self.right) = match (self.matches.first(), self.matches.last()) {
            (Some(first), Some(last)) => (first.left..last.left_end(), first.right..last.right_end()),
            _ => (0..0, 0..0),
        };
    }

    fn matched(&self) -> usize {
        self.matches.iter().map(|m| m.length).sum()
    }

    pub(super) fn swapped(self) -> Block {
        Block {
            left: self.right,
            right: self.left,
            matches: self.matches.into_iter().map(Match::swapped).collect(),
        }
    }
}

/// Matches of one block are at most so many stream bytes apart on either side…
const MAX_GAP: usize = 256;
/// …and a block is tried on so many chains before a match starts its own.
const OPEN: usize = 8;
/// A block is a move only if this share of it matched: below, readers see two texts with a phrase in common.
const LEAST_IDENTITY: f64 = 0.7;

/// Chains matches that come in the order of the right. `region` tells which gap of the skeleton a match lies in: a
/// block does not stretch over text that stayed.
pub(super) fn chained(matches: Vec<Match>, region: impl Fn(Match) -> (usize, usize)) -> Vec<Block> {
    let mut blocks: Vec<(Block, (usize, usize))> = Vec::new();
    for found in matches {
        let place = region(found);
        let from = blocks.len().saturating_sub(OPEN);
        let nearest = (from..blocks.len())
            .filter_map(|index| {
                let (block, block_place) = &blocks[index];
                let left = found.left.checked_sub(block.left.end)?;
                let right = found.right.checked_sub(block.right.end)?;
                let fits = *block_place == place && left.max(right) <= MAX_GAP;
                // Edits change a text by less than they leave of it.
                let even =
                    left.abs_diff(right) <= found.length.max(block.matches[block.matches.len() - 1].length);
                (fits && even).then_some((left + right, index))
            })
            .min();
        match nearest {
            Some((_, index)) => blocks[index].0.push(found),
            None => blocks.push((Block::of(found), place)),
        }
    }
    blocks.into_iter().map(|(block, _)| block).collect()
}

/// Whether a block is long enough, and equal enough, to be told.
pub(super) fn is_worth_telling(block: &Block, sides: Sides<'_>, min_move: usize) -> bool {
    let matched = block.matched();
    let whole = block.left.len() + block.right.len();
    if whole == 0 || (2 * matched) as f64 / (whole as f64) < LEAST_IDENTITY {
        return false;
    }
    let count: usize =
        block.matches.iter().map(|m| characters(&sides.left.folded()[m.left..m.left_end()])).sum();
    count >= min_move
        || (is_line(sides.left.bytes(), sides.left.start(block.left.start), sides.left.end(block.left.end))
            && is_line(
                sides.right.bytes(),
                sides.right.start(block.right.start),
                sides.right.end(block.right.end),
            ))
}

/// The blocks of which no two share text of the sides that `exclusive` names; those that matched most first served. Chains
/// are made match by match, so one may reach over another.
pub(super) fn disjoint(blocks: &mut Vec<Block>, exclusive: Exclusive) {
    blocks.sort_by_key(|block| (std::cmp::Reverse(block.matched()), block.right.start, block.left.start));
    let (mut left, mut right) = (Owned::default(), Owned::default());
    blocks.retain(|block| {
        let is_free = right.is_free(block.right.clone())
            && (exclusive == Exclusive::Right || left.is_free(block.left.clone()));
        if is_free {
            right.take(block.right.clone());
            if exclusive == Exclusive::Both {
                left.take(block.left.clone());
            }
        }
        is_free
    });
}

/// Whether nothing but spaces and punctuation stands between `start..end` and the line breaks around it.
fn is_line(text: &[u8], mut start: usize, mut end: usize) -> bool {
    let starts = loop {
        match scan::before(text, start) {
            None | Some((_, Class::Line, _)) => break true,
            Some((_, class, length)) if !class.is_kept() => start -= length,
            _ => break false,
        }
    };
    starts
        && loop {
            match scan::after(text, end) {
                None | Some((_, Class::Line, _)) => break true,
                Some((_, class, length)) if !class.is_kept() => end += length,
                _ => break false,
            }
        }
}

/// Blocks of the `free` stretches of `right` (in order) that stand in `left`, wherever. No two share right text.
pub(super) fn echoes(sides: Sides<'_>, free: &[Range<usize>], min_move: usize) -> Vec<Block> {
    /// Candidates looked at for one window: any of them serves.
    const CANDIDATES: usize = 4;
    let (left, right) = (sides.left.folded(), sides.right.folded());
    // A block of `min_move` characters holds a window at every stride, whatever its first position.
    let stride = (min_move + 1).saturating_sub(WINDOW).clamp(4, 64);
    if left.len() < WINDOW || free.iter().all(|range| range.len() < WINDOW) {
        return Vec::new();
    }
    let mut windows = Windows::new(right, free.iter().map(Range::len).sum());
    for range in free.iter().rev() {
        windows.insert(range.clone(), 1);
    }
    let mut found: Vec<Match> = Vec::new();
    let mut at = 0;
    while at + WINDOW <= left.len() {
        if !starts_character(left[at]) {
            at += 1;
            continue;
        }
        let mut longest: Option<Match> = None;
        windows.look_up(left, at, CANDIDATES, |position| {
            let range = &free[free.partition_point(|range| range.end <= position)];
            let candidate = extended(left, &right[..range.end], (at, position), (0, range.start));
            if longest.is_none_or(|old| candidate.length > old.length) {
                longest = Some(candidate);
            }
        });
        match longest.filter(|m| m.length >= WINDOW) {
            Some(longest) => {
                found.push(longest);
                at = longest.left_end().max(at + 1);
            }
            None => at += stride,
        }
    }
    let mut found = owned(found, Exclusive::Right);
    found.sort_unstable_by_key(|m| (m.right, m.left));
    // A block stays within one free stretch.
    chained(found, |m| (free.partition_point(|range| range.end <= m.right), 0))
}
