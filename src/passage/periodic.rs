//! Periodic stretches: text that repeats itself, the same lines or phrases one after the other.
//!
//! In: copied stretches of a text with itself. Out: the [`Periodic`] stretches among them, each with its
//! periods as occurrences, and the other copied stretches.
//!
//! **Idea.** A copied stretch whose two sides overlap each other is periodic: its shift is a period. If it
//! has no edits, the true period is the smallest divisor of the shift that is a period. If it has edits, each
//! period begins at the place to which the stretch maps the start of the period before it.

use super::block::ExactBlock;
use super::chain;
use super::copied::{CopiedStretch, SLACK};
use super::cuts::Cuts;
use super::found::Capped;
use super::source::Source;
use crate::stream::characters;
use std::cmp::Reverse;
use std::ops::Range;

/// If a period is shorter than this many stream bytes, an occurrence contains several periods.
const LEAST_PERIOD: usize = 16;
/// A block is that many times as long as text that is equal by chance next to it.
const LONG_FOR_SLACK: usize = 8;
/// Stretches with more edited periods than this are not searched for other repeats between the periods.
const MANY_PERIODS: usize = 8;

/// A stretch that repeats itself: periods one after the other, or copies with other text between them.
pub(super) struct Periodic {
    range: Range<usize>,
    /// In text order.
    pub(super) occurrences: Vec<Range<usize>>,
    /// Characters of the period, if there is nothing between the occurrences.
    pub(super) period: Option<usize>,
    /// Whether it has no edits.
    exact: bool,
}

/// The periodic stretches, in text order and disjoint, and the other copied stretches.
pub(super) fn split<'b>(
    text: Source<'_>,
    copied: Vec<CopiedStretch<'b>>,
    capped: &mut Capped,
) -> (Vec<Periodic>, Vec<CopiedStretch<'b>>) {
    let folded = text.folded();
    let (overlapping, mut others): (Vec<CopiedStretch<'b>>, Vec<CopiedStretch<'b>>) =
        copied.into_iter().flat_map(|copied| whole_or_blocks(copied, folded)).partition(overlaps_itself);
    let periodic = stretches(text, overlapping, &mut others, capped);
    others.retain(|copied| match around(&periodic, copied) {
        // The periods already cover everything that an exact stretch shares with itself.
        Some(stretch) if stretch.exact => false,
        // Edited periods may share more text. If they are many, they are not searched for it.
        Some(stretch) if stretch.occurrences.len() > MANY_PERIODS => {
            capped.pairs += 1;
            false
        }
        _ => true,
    });
    (periodic, others)
}

/// The stretch, or its long blocks one by one if it overlaps itself without being periodic. In that case the
/// whole stretch is not a copy.
fn whole_or_blocks<'b>(copied: CopiedStretch<'b>, folded: &[u8]) -> impl Iterator<Item = CopiedStretch<'b>> {
    let overlap = copied.left.end.saturating_sub(copied.right.start);
    let is_one = overlaps_itself(&copied) || 4 * overlap < copied.left.len().min(copied.right.len());
    let blocks = if is_one { &[] } else { copied.blocks };
    let long = blocks.iter().filter(|&&block| chain::is_enough(&[block], folded));
    let single = long.map(|block| CopiedStretch::of(std::slice::from_ref(block), true));
    is_one.then_some(copied).into_iter().chain(single)
}

/// Whether both sides together contain at least two and a half periods, with few edits. Repeated phrases in
/// the same order are not periods. (Two copies that follow each other may also overlap by a few characters,
/// if the text before them ends as they do.)
fn overlaps_itself(copied: &CopiedStretch<'_>) -> bool {
    let shift = copied.right.start - copied.left.start;
    2 * copied.left.end.saturating_sub(copied.right.start) >= shift
        && 10 * copied.matched() >= 7 * copied.left.len()
}

/// The periodic stretch that contains both sides.
fn around<'p>(periodic: &'p [Periodic], copied: &CopiedStretch<'_>) -> Option<&'p Periodic> {
    let next = periodic.partition_point(|stretch| stretch.range.start <= copied.left.start);
    let stretch = &periodic[next.checked_sub(1)?];
    (stretch.range.end >= copied.right.end).then_some(stretch)
}

/// Periodic stretches from copied stretches that overlap themselves. If an earlier stretch leaves too little
/// of a later one, the later one is added to `others` as two copies; the first ends where the second begins.
fn stretches<'b>(
    text: Source<'_>,
    mut overlapping: Vec<CopiedStretch<'b>>,
    others: &mut Vec<CopiedStretch<'b>>,
    capped: &mut Capped,
) -> Vec<Periodic> {
    let folded = text.folded();
    // If several cover the same text, the one with the smallest shift shows the period.
    overlapping.sort_by_key(|copied| (copied.left.start, copied.right.start, Reverse(copied.right.end)));
    let is_long = |blocks: &[ExactBlock]| chain::is_enough(blocks, folded);
    let mut stretches: Vec<Periodic> = Vec::new();
    for copied in overlapping {
        let start = stretches.last().map_or(0, |last| last.range.end).max(copied.left.start);
        if start + 2 * (copied.right.start - copied.left.start) > copied.right.end {
            others.push(CopiedStretch {
                left: copied.left.start..copied.left.end.min(copied.right.start),
                ..copied
            });
            continue;
        }
        let stretch = periodic(folded, &copied, start);
        if stretch.period.is_none() {
            others.extend(between_neighbours(text, &copied, &stretch.occurrences));
            continue;
        }
        if !stretch.exact {
            // It may contain more equal text than its periods show.
            let blocks = copied.blocks.chunks(1).filter(|block| is_long(block));
            if stretch.occurrences.len() > MANY_PERIODS {
                capped.pairs += blocks.count() as u64;
            } else {
                others.extend(blocks.map(|block| CopiedStretch::of(block, true)));
            }
        }
        stretches.push(stretch);
    }
    stretches
}

/// For copies with other text between them: the part of the stretch that each copy shares with the next.
fn between_neighbours<'b>(
    text: Source<'_>,
    copied: &CopiedStretch<'b>,
    occurrences: &[Range<usize>],
) -> Vec<CopiedStretch<'b>> {
    let mut parts = Vec::new();
    let cuts = Cuts { left: text.cuts(), right: text.cuts() };
    let mut add = |blocks: &'b [ExactBlock]| {
        if !blocks.is_empty() && chain::is_enough(blocks, text.folded()) {
            parts.push(CopiedStretch::extended(blocks, text, text, true, cuts));
        }
    };
    let mut rest = copied.blocks;
    for next in &occurrences[1..] {
        let ends_before = |block: &ExactBlock| (block.left_end() as usize) <= next.start + SLACK;
        let (here, behind) = rest.split_at(rest.partition_point(ends_before));
        rest = behind;
        add(here);
    }
    add(rest);
    parts
}

/// The periodic stretch from `start` to the end of the copied stretch.
fn periodic(folded: &[u8], copied: &CopiedStretch<'_>, start: usize) -> Periodic {
    let end = copied.right.end;
    let exact = copied.blocks.len() == 1 && copied.matched() == copied.left.len();
    let shift = copied.right.start - copied.left.start;
    let unit = if exact { smallest_period(&folded[start..start + shift]) } else { shift };
    let step = unit * LEAST_PERIOD.div_ceil(unit);
    let mut starts = vec![start];
    if let Some(next) = behind_gap(copied).filter(|&next| !exact && next > start) {
        // What stands between two copies belongs to none. The first copy ends before it, and the next begins
        // after it.
        if next - start >= step / 2 { starts.push(next) } else { starts[0] = next }
    }
    let mut block = 0;
    loop {
        let last = starts[starts.len() - 1];
        let next = if exact { last + step } else { image(copied, last, &mut block) };
        // A rest that is shorter than half a period belongs to the last period.
        if next <= last || next + step / 2 > end {
            break;
        }
        starts.push(next);
    }
    let period = characters(&folded[start..start + unit]);
    let next = starts.iter().skip(1).copied();
    let mut occurrences: Vec<Range<usize>> =
        starts.iter().copied().zip(next.chain([end])).map(|(from, to)| from..to).collect();
    let last = occurrences.len() - 1;
    let mut gapless = true;
    for range in &mut occurrences[..last] {
        let matched = matched_until(copied, range.end);
        if matched + SLACK < range.end && matched > range.start {
            range.end = matched;
            gapless = false;
        }
    }
    Periodic { range: start..end, occurrences, period: gapless.then_some(period), exact }
}

/// The end of the text between the first two copies, if it is more than an edit of a word or two. It is the gap
/// before the block that contains the start of the second copy. (The longest gap of the first copy may be a heading
/// that the second lacks.)
fn behind_gap(copied: &CopiedStretch<'_>) -> Option<usize> {
    let behind =
        copied.blocks.partition_point(|block| block.left as usize <= copied.right.start).checked_sub(1)?;
    let before = copied.blocks[behind.checked_sub(1)?];
    let (from, to) = (before.left_end() as usize, copied.blocks[behind].left as usize);
    (to > from + 2 * SLACK).then_some(to)
}

/// Where the matched text before `at` ends, on either side. A block that begins just before `at` is the start
/// of the next copy, preceded by a few characters that are equal by chance.
fn matched_until(copied: &CopiedStretch<'_>, at: usize) -> usize {
    let ahead = at.saturating_sub(SLACK);
    let last = |place: fn(&ExactBlock) -> (u32, u32)| {
        let before = copied.blocks.partition_point(|block| (place(block).0 as usize) < ahead);
        before.checked_sub(1).map_or(0, |last| place(&copied.blocks[last]).1 as usize)
    };
    let left = last(|block| (block.left, block.left_end()));
    let right = last(|block| (block.right, block.right_end()));
    left.max(right).min(at)
}

/// The smallest period of a stretch that repeats as a whole: the smallest divisor of its length that is a
/// period.
fn smallest_period(unit: &[u8]) -> usize {
    let length = unit.len();
    let is_period =
        |period: usize| length.is_multiple_of(period) && unit[period..] == unit[..length - period];
    (1..=length / 2).find(|&period| is_period(period)).unwrap_or(length)
}

/// The position to which the stretch maps position `at` of its left side. `block` is the block at which the
/// last look-up ended.
fn image(copied: &CopiedStretch<'_>, at: usize, block: &mut usize) -> usize {
    if at == copied.left.start {
        return copied.right.start;
    }
    // A position in a gap is mapped by the block after it, because the next copy starts there. The block before
    // may reach a few characters into that copy by chance, if both blocks are much longer than that.
    let is_long = |block: &ExactBlock| block.length as usize > LONG_FOR_SLACK * SLACK;
    while let Some(next) = copied.blocks.get(*block + 1)
        && let this = &copied.blocks[*block]
        && let end = this.left_end() as usize
        && (end <= at
            || end <= at + SLACK && next.left as usize <= at + SLACK && is_long(this) && is_long(next))
    {
        *block += 1;
    }
    (at as i64 + copied.blocks[*block].diagonal()) as usize
}
