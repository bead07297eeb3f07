//! Chains: blocks that keep their order on both sides, joined over the edits between them.
//!
//! In: blocks by right start. Out: chains, by right start. Each block is in one chain, or it is unowned
//! because longer blocks cover most of its right side.
//!
//! **Idea.** The first step is ownership: the longest block owns its right side, and a shorter block is kept
//! if longer ones own less than half of its right side. (A prototype that chained all blocks failed on a
//! megabyte with repeated phrases: it did not look back far enough to reach the true predecessor.) The second
//! step is scores: each block adds the number of its bytes to the score of its chain, minus its overlap with
//! the block before, minus a charge for the gap. This is the form of equation (1) of minimap2. The chain with
//! the best score is taken first.
//!
//! Recurring passages of a corpus and moves of a diff have simpler rules of their own: one chain at a time,
//! in order, and a gap may be no longer than the match next to it. The scores of this module would change
//! their answers.
//!
//! **Cost.** `O(n log n)` for sorting by length, and [`LOOK_BACK`] steps for the score of each block.
//! **Source.** Li, *Minimap2*, Bioinformatics 2018, section 2.1.2 (doi:10.1093/bioinformatics/bty191).

use super::block::ExactBlock;
use super::seed;
use crate::stream::letters;
use crate::support::bit_set::BitSet;
use crate::support::radix;
use std::ops::Range;

/// How many earlier blocks are tried as the predecessor of a block. After ownership the true one is nearly
/// always among the last few.
const LOOK_BACK: usize = 48;

/// Charge for each byte of gap, in matched bytes. Chance matches are farther apart than they are long, so the
/// charge keeps them apart.
const GAP_CHARGE: f32 = 0.2;

/// Chains: each has at least one block; its blocks are in order on both sides.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chains {
    blocks: Vec<ExactBlock>,
    /// The blocks of chains that were replaced. (Most are not, so the others are not moved.)
    replaced: Vec<ExactBlock>,
    /// The places of each chain's blocks in the two lists, as if the second followed the first.
    places: Vec<Range<u32>>,
}

impl Chains {
    /// Divides chains between neighbouring blocks that are apart.
    pub(crate) fn divided(self, are_apart: impl Fn(ExactBlock, ExactBlock) -> bool) -> Chains {
        let Chains { blocks, places: whole, .. } = self;
        let mut places: Vec<Range<u32>> = Vec::with_capacity(whole.len());
        for range in whole {
            let mut start = range.start;
            for at in range.start + 1..range.end {
                if are_apart(blocks[at as usize - 1], blocks[at as usize]) {
                    places.push(start..at);
                    start = at;
                }
            }
            places.push(start..range.end);
        }
        places.sort_by_key(|range| blocks[range.start as usize].right);
        Chains { blocks, replaced: Vec::new(), places }
    }

    /// The blocks of each chain, by right start.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[ExactBlock]> {
        (0..self.len()).map(|number| self.chain(number))
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The blocks of one chain.
    pub(super) fn chain(&self, number: usize) -> &[ExactBlock] {
        let (start, end) = (self.places[number].start as usize, self.places[number].end as usize);
        match start.checked_sub(self.blocks.len()) {
            Some(start) => &self.replaced[start..end - self.blocks.len()],
            None => &self.blocks[start..end],
        }
    }

    /// Gives a chain other blocks. Its first block must stay.
    pub(super) fn replace(&mut self, number: usize, chain: &[ExactBlock]) {
        let place = |chains: &Chains| (chains.blocks.len() + chains.replaced.len()) as u32;
        let start = place(self);
        self.replaced.extend_from_slice(chain);
        self.places[number] = start..place(self);
    }

    /// Keeps the chains for whose numbers `is_kept` holds.
    pub(super) fn retain(&mut self, is_kept: impl Fn(usize) -> bool) {
        let mut numbers = 0..;
        self.places.retain(|_| is_kept(numbers.next().expect("no end")));
    }

    /// Keeps the chains that match [enough](is_enough).
    pub(super) fn retain_enough(&mut self, right: &[u8]) {
        let Chains { blocks, places, .. } = self;
        places.retain(|range| is_enough(&blocks[range.start as usize..range.end as usize], right));
    }
}

/// Stream bytes in the blocks of a chain. Overlaps count once.
pub(crate) fn matched(chain: &[ExactBlock]) -> u32 {
    let overlaps = chain.windows(2).map(|pair| overlap(pair[0], pair[1])).sum::<u32>();
    chain.iter().map(|block| block.length).sum::<u32>() - overlaps
}

/// Whether the blocks of a chain match at least [`GUARANTEE`](seed::GUARANTEE) letters. Overlaps count once.
/// (For English it would be enough to count bytes. In Thai that many bytes are only thirteen letters, and in
/// 50 MB of Thai every phrase has a block of that size.)
pub(crate) fn is_enough(chain: &[ExactBlock], right: &[u8]) -> bool {
    let bytes = matched(chain) as usize;
    if !(seed::GUARANTEE..seed::WIDEST * seed::GUARANTEE).contains(&bytes) {
        return bytes >= seed::GUARANTEE;
    }
    let counted = |block: ExactBlock, overlap: u32| {
        letters(&right[(block.right + overlap.min(block.length)) as usize..block.right_end() as usize])
    };
    let after_first: usize = chain.windows(2).map(|pair| counted(pair[1], overlap(pair[0], pair[1]))).sum();
    counted(chain[0], 0) + after_first >= seed::GUARANTEE
}

/// Blocks by ownership of their right sides.
pub(crate) struct Owned {
    /// Blocks that own most of their right side.
    pub(crate) kept: Vec<ExactBlock>,
    /// Blocks that are mostly inside longer blocks on the right, and match at least
    /// [`GUARANTEE`](seed::GUARANTEE) letters.
    pub(crate) unowned: Vec<ExactBlock>,
}

/// Bits of a diagonal: neither text has more than 32 bits of positions.
const DIAGONAL_BITS: u32 = 33;
/// Bits of the number of half octaves in 32 bits of length.
const SIZE_BITS: u32 = 6;

/// Splits blocks, given by right start, into those that own most of their right side and the rest. Both keep
/// their order. Blocks of the rest are dropped if they match fewer than [`GUARANTEE`](seed::GUARANTEE)
/// letters.
pub(crate) fn own(mut blocks: Vec<ExactBlock>, right: &[u8]) -> Owned {
    let mut owned = BitSet::empty(right.len());
    let mut stays = vec![true; blocks.len()];
    let mut order = Vec::new();
    // Only blocks that overlap on the right compete. Most blocks overlap no other or a few others.
    let mut start = 0;
    while start < blocks.len() {
        let mut end = start + 1;
        let mut right_end = blocks[start].right_end();
        while end < blocks.len() && blocks[end].right < right_end {
            right_end = right_end.max(blocks[end].right_end());
            end += 1;
        }
        if end > start + 1 {
            by_size(&blocks[start..end], &mut order);
            for &place in &order {
                let place = start + place as usize;
                let side = blocks[place].right as usize..blocks[place].right_end() as usize;
                stays[place] = owned.count_in(side.clone()) * 2 < side.len();
                if stays[place] {
                    owned.insert_range(side);
                }
            }
        }
        start = end;
    }
    let mut unowned = Vec::new();
    let mut stays = stays.into_iter();
    blocks.retain(|&block| {
        let stays = stays.next().expect("one for each block");
        if !stays && is_enough(&[block], right) {
            unowned.push(block);
        }
        stays
    });
    Owned { kept: blocks, unowned }
}

/// Writes the places of the blocks to `order`, longest first. Lengths within half an octave count as equal;
/// among those, the block with the smallest distance between its sides comes first. So a third copy is
/// matched with the second copy, and a line with the similar line before it, not with a line far away that
/// ends in the same digit. (Blocks of one diagonal do not overlap, so their order does not matter.)
fn by_size(blocks: &[ExactBlock], order: &mut Vec<u64>) {
    let size = |length: u32| 2 * length.ilog2() + (length >> (length.ilog2().max(1) - 1) & 1);
    // One 64-bit word for each block: the size, as many bits of the diagonal as fit, and the place.
    let place_bits = usize::BITS - (blocks.len() - 1).leading_zeros();
    let diagonal_bits = DIAGONAL_BITS.min(u64::BITS - SIZE_BITS - place_bits);
    order.clear();
    order.extend(blocks.iter().zip(0u64..).map(|(block, place)| {
        let diagonal = (block.diagonal() + (1 << 32)) as u64 >> (DIAGONAL_BITS - diagonal_bits);
        let size = (1 << SIZE_BITS) - 1 - size(block.length) as u64;
        (size << diagonal_bits | diagonal) << place_bits | place
    }));
    radix::sort(order, SIZE_BITS + diagonal_bits, |key| key >> place_bits);
    order.iter_mut().for_each(|key| *key &= (1 << place_bits) - 1);
}

/// Bytes by which `next` overlaps `block`: the greater number of the two sides.
fn overlap(block: ExactBlock, next: ExactBlock) -> u32 {
    let left = block.left_end().saturating_sub(next.left);
    let right = block.right_end().saturating_sub(next.right);
    left.max(right)
}

/// The charge for joining `next` to `block`, the end of a chain with the score `matched`. `None` if `next`
/// cannot follow `block`.
fn gap_cost(block: ExactBlock, matched: f32, next: ExactBlock, max_gap: u32) -> Option<f32> {
    let forwards = next.left > block.left
        && next.right > block.right
        && next.left_end() > block.left_end()
        && next.right_end() > block.right_end();
    if !forwards || 2 * overlap(block, next) >= next.length.min(block.length) {
        return None;
    }
    let left = next.left.saturating_sub(block.left_end());
    let right = next.right.saturating_sub(block.right_end());
    if left.max(right) > max_gap {
        return None;
    }
    // A gap may be at most twice as long as the shorter block next to it, and at most as long as the chain
    // has matched so far. Phrases that are far apart and equal by chance then make no passage.
    if left.max(right) > 2 * next.length.min(block.length) || left.max(right) as f32 > matched {
        return None;
    }
    let shift = left.abs_diff(right) as f32;
    Some(GAP_CHARGE * left.max(right) as f32 + 0.5 * (1.0 + shift).log2())
}

/// Joins blocks, given by right start, into chains, returned by right start.
pub(crate) fn chains(blocks: &[ExactBlock], max_gap: u32) -> Chains {
    const NONE: u32 = u32::MAX;
    let mut score = vec![0f32; blocks.len()];
    let mut before = vec![NONE; blocks.len()];
    // For each block, the greatest right end of the blocks up to it.
    let mut ends = Vec::with_capacity(blocks.len());
    let mut end = 0;
    for (index, &block) in blocks.iter().enumerate() {
        score[index] = block.length as f32;
        end = block.right_end().max(end);
        ends.push(end);
        for earlier in (index.saturating_sub(LOOK_BACK)..index).rev() {
            if ends[earlier].saturating_add(max_gap) < block.right {
                break;
            }
            // A gap always costs something, so this predecessor cannot win.
            if score[earlier] + block.length as f32 <= score[index] {
                continue;
            }
            let candidate = blocks[earlier];
            let Some(cost) = gap_cost(candidate, score[earlier], block, max_gap) else { continue };
            let gain = (block.length - overlap(candidate, block)) as f32;
            let joined = score[earlier] + gain - cost;
            if joined > score[index] {
                score[index] = joined;
                before[index] = earlier as u32;
            }
        }
    }
    // Most blocks join no other. These are not sorted: they are in the right order already.
    let mut is_followed = vec![false; blocks.len()];
    before
        .iter()
        .filter(|&&earlier| earlier != NONE)
        .for_each(|&earlier| is_followed[earlier as usize] = true);
    let is_single = |index: u32| before[index as usize] == NONE && !is_followed[index as usize];
    // Scores are positive, so their bits are in the order of their values.
    let ranked = |index: u32| (!score[index as usize].to_bits(), index);
    let mut order: Vec<(u32, u32)> =
        (0..blocks.len() as u32).filter(|&index| !is_single(index)).map(ranked).collect();
    radix::sort_by_major(&mut order, |(rank, _)| rank);
    let mut taken = vec![false; blocks.len()];
    let mut chained: Vec<ExactBlock> = Vec::with_capacity(blocks.len());
    // The first block of each chain, and its place.
    let mut joined: Vec<(u32, (u32, u32))> = Vec::new();
    for (_, end) in order {
        let start = chained.len();
        let (mut at, mut first) = (end, end);
        while at != NONE && !taken[at as usize] {
            taken[at as usize] = true;
            chained.push(blocks[at as usize]);
            first = at;
            at = before[at as usize];
        }
        if chained.len() > start {
            chained[start..].reverse();
            joined.push((first, (start as u32, chained.len() as u32)));
        }
    }
    radix::sort_by_major(&mut joined, |(first, _)| first);
    let mut places = Vec::with_capacity(blocks.len());
    let mut joined = joined.into_iter().peekable();
    for index in (0..blocks.len() as u32).filter(|&index| is_single(index)) {
        while let Some((_, (start, end))) = joined.next_if(|&(first, _)| first < index) {
            places.push(start..end);
        }
        let start = chained.len() as u32;
        chained.push(blocks[index as usize]);
        places.push(start..start + 1);
    }
    places.extend(joined.map(|(_, (start, end))| start..end));
    Chains { blocks: chained, replaced: Vec::new(), places }
}
