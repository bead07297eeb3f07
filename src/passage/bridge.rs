//! Bridges: chains of one copy that were found apart are joined into one.
//!
//! In: chains, by right start. Out: the same chains, some of them joined.
//!
//! **Idea.** [`chain`](super::chain) joins blocks over a gap that is short compared with the blocks next to it.
//! A copy that lost a heading and has an edit near it then falls into two chains: the gap has a whole heading
//! on one side, and the text between edit and heading is too short for a seed. So the gap between two chains is
//! read once more, for [equal pieces](super::extend::pieces) of any length. What is left of it is replaced text
//! (on both sides) and inserted text (on one side). Inserted text costs less than replaced text: a heading or
//! an advertisement in a copy leaves the text around it unchanged. Two chains are joined if the gap costs less
//! than the shorter one of them matches, and if the whole is similar enough to be reported.
//!
//! **Cost.** [`LOOK_BACK`] steps for each chain. Only gaps of at most `max_gap` bytes on both sides are read.

use super::block::ExactBlock;
use super::chain::{self, Chains};
use super::cuts::Cuts;
use super::extend;
use crate::stream::starts_character;
use crate::support::bit_set::BitSet;
use std::ops::Range;

/// How many earlier parts are tried as the one that a chain continues. Chains seldom overlap on the right, so
/// the true one is among the last few.
const LOOK_BACK: usize = 4;
/// Two chains overlap by at most this many bytes: text that is equal by chance.
const OVERLAP: u32 = 16;
/// One byte of replaced text costs as much as this many bytes of inserted text.
const INSERTED_FOR_REPLACED: usize = 4;
/// Matched bytes for each inserted byte of a joined chain. With fewer, a copy would be too dissimilar to be
/// reported, though each of its chains is not.
const MATCHED_FOR_INSERTED: usize = 2;

/// A chain, or several that are joined.
struct Part {
    first: ExactBlock,
    last: ExactBlock,
    /// The number of its last chain.
    last_chain: usize,
    /// Bytes in its blocks; 0 as long as no other part is near.
    matched: usize,
    /// Bytes inserted on one side at its bridges.
    inserted: usize,
}

impl Part {
    fn overlaps_itself(&self) -> bool {
        self.last.left_end() > self.first.right
    }
}

/// Two chains that belong together.
struct Bridge {
    from: usize,
    to: usize,
    /// The equal pieces between them.
    pieces: Vec<ExactBlock>,
}

/// Joins chains, given by right start, over gaps of at most `max_gap` stream bytes, and not over cuts. `within` says
/// whether both sides are in one text; then a joined copy does not overlap its original.
pub(super) fn bridged(
    mut chains: Chains,
    [left, right]: [&[u8]; 2],
    max_gap: u32,
    within: bool,
    cuts: Cuts<'_>,
) -> Chains {
    let mut bridges: Vec<Bridge> = Vec::new();
    let mut recent: Vec<Part> = Vec::with_capacity(LOOK_BACK + 1);
    for (number, chain) in chains.iter().enumerate() {
        let mut part = Part {
            first: chain[0],
            last: chain[chain.len() - 1],
            last_chain: number,
            matched: 0,
            inserted: 0,
        };
        let joined = recent.iter_mut().rposition(|earlier| {
            if !is_near(earlier, &part, max_gap) || within && part.last.left_end() > earlier.first.right {
                return false;
            }
            if !cuts.are_none() && cuts.are_between(earlier.last, part.first) {
                return false;
            }
            for part in [&mut *earlier, &mut part] {
                if part.matched == 0 {
                    part.matched = chain::matched(chains.chain(part.last_chain)) as usize;
                }
            }
            let gap = Gap::between(earlier.last, part.first, left, right);
            let is_one = gap.joins(earlier, &part);
            if is_one {
                let matched = gap.pieces.iter().map(|piece| piece.length as usize).sum::<usize>();
                part.first = earlier.first;
                part.matched += earlier.matched + matched;
                part.inserted += earlier.inserted + gap.inserted;
                bridges.push(Bridge { from: earlier.last_chain, to: number, pieces: gap.pieces });
            }
            is_one
        });
        if let Some(joined) = joined {
            recent.remove(joined);
        } else if recent.len() == LOOK_BACK {
            recent.remove(0);
        }
        if !(within && part.overlaps_itself()) {
            recent.push(part);
        }
    }
    if !bridges.is_empty() {
        join(&mut chains, bridges);
    }
    chains
}

/// Joins the chains at both sides of each bridge.
fn join(chains: &mut Chains, mut bridges: Vec<Bridge>) {
    let mut continues = BitSet::empty(chains.len());
    bridges.iter().for_each(|bridge| continues.insert(bridge.to));
    bridges.sort_unstable_by_key(|bridge| bridge.from);
    let behind = |number: usize| {
        let place = bridges.binary_search_by_key(&number, |bridge| bridge.from).ok()?;
        Some(&bridges[place])
    };
    for first in bridges.iter().map(|bridge| bridge.from).filter(|&first| !continues.contains(first)) {
        let mut blocks = chains.chain(first).to_vec();
        let mut last = first;
        while let Some(bridge) = behind(last) {
            blocks.extend_from_slice(&bridge.pieces);
            blocks.extend_from_slice(chains.chain(bridge.to));
            last = bridge.to;
        }
        chains.replace(first, &blocks);
    }
    chains.retain(|number| !continues.contains(number));
}

/// Whether `next` follows `earlier` on both sides, after a gap of at most `max_gap` bytes, or after a small overlap.
fn is_near(earlier: &Part, next: &Part, max_gap: u32) -> bool {
    let (last, first) = (earlier.last, next.first);
    let follows = |last: Range<u32>, first: Range<u32>| {
        first.start > last.start
            && first.end > last.end
            && first.start + OVERLAP >= last.end
            && first.start <= last.end.saturating_add(max_gap)
    };
    follows(last.right..last.right_end(), first.right..first.right_end())
        && follows(last.left..last.left_end(), first.left..first.left_end())
}

/// The text between two chains.
struct Gap {
    /// Equal text of both sides.
    pieces: Vec<ExactBlock>,
    /// Bytes that differ: the smaller number of the two sides.
    replaced: usize,
    /// Bytes that differ and that only the longer side has.
    inserted: usize,
}

impl Gap {
    fn between(last: ExactBlock, first: ExactBlock, left: &[u8], right: &[u8]) -> Gap {
        let side = |from: u32, to: u32| from as usize..(to.max(from)) as usize;
        let (left_gap, right_gap) = (side(last.left_end(), first.left), side(last.right_end(), first.right));
        let mut pieces: Vec<ExactBlock> = Vec::new();
        let mut add = |at_left: usize, at_right: usize, length: usize| {
            let piece = ExactBlock { left: at_left as u32, right: at_right as u32, length: length as u32 };
            pieces.extend(whole_characters(piece, right));
        };
        let (mut from_left, mut from_right) = (left_gap.start, right_gap.start);
        for (at_left, at_right, length) in extend::pieces(&left[left_gap.clone()], &right[right_gap.clone()])
        {
            add(left_gap.start + at_left, right_gap.start + at_right, length);
            from_left = left_gap.start + at_left + length;
            from_right = right_gap.start + at_right + length;
        }
        // The rest is searched from its end.
        let turned = |text: &[u8]| -> Vec<u8> { text.iter().rev().copied().collect() };
        let rest = (turned(&left[from_left..left_gap.end]), turned(&right[from_right..right_gap.end]));
        for (at_left, at_right, length) in extend::pieces(&rest.0, &rest.1).into_iter().rev() {
            add(left_gap.end - at_left - length, right_gap.end - at_right - length, length);
        }
        let equal: usize = pieces.iter().map(|piece| piece.length as usize).sum();
        let (one, other) = (left_gap.len() - equal, right_gap.len() - equal);
        Gap { pieces, replaced: one.min(other), inserted: one.abs_diff(other) }
    }

    /// Whether the parts on its two sides belong together.
    fn joins(&self, earlier: &Part, next: &Part) -> bool {
        let equal: usize = self.pieces.iter().map(|piece| piece.length as usize).sum();
        let cost = self.replaced + self.inserted / INSERTED_FOR_REPLACED;
        let inserted = earlier.inserted + next.inserted + self.inserted;
        cost < earlier.matched.min(next.matched) + equal
            && MATCHED_FOR_INSERTED * inserted <= earlier.matched + next.matched + equal
    }
}

/// The piece without the parts of characters at its ends; `None` if nothing is left.
fn whole_characters(piece: ExactBlock, right: &[u8]) -> Option<ExactBlock> {
    let is_start = |at: u32| right.get(at as usize).is_none_or(|&byte| starts_character(byte));
    let start = (piece.right..piece.right_end()).find(|&at| is_start(at))?;
    let end = (start + 1..=piece.right_end()).rev().find(|&at| is_start(at))?;
    Some(ExactBlock { left: piece.left + (start - piece.right), right: start, length: end - start })
}
