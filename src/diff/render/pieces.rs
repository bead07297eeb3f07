//! Pieces: the text of a gap on one side, divided at the blocks inside it.
//!
//! In: a gap in stream bytes, and the blocks of the plan. Out: its pieces in order.

use super::draft::DraftKind;
use crate::diff::plan::Plan;
use crate::diff::side::Side;
use std::ops::Range;

/// A stretch of one side within a gap.
pub(super) struct Piece {
    /// Bytes of its words.
    pub(super) source: Range<usize>,
    /// Its squeezed characters.
    pub(super) stream: Range<usize>,
    /// The block that it belongs to, if any.
    pub(super) block: Option<DraftKind>,
}

/// A block's stream bytes on one side, and the kind of its draft.
type BlockRange = (Range<usize>, DraftKind);

/// The places of blocks on either side, in order.
#[derive(Default)]
pub(super) struct BlockRanges {
    pub(super) left: Vec<BlockRange>,
    pub(super) right: Vec<BlockRange>,
}

impl BlockRanges {
    pub(super) fn of(plan: &Plan) -> BlockRanges {
        let mut ranges = BlockRanges::default();
        for (block, index) in plan.moves.iter().zip(0..) {
            ranges.left.push((block.left.clone(), DraftKind::MoveFrom(index)));
            ranges.right.push((block.right.clone(), DraftKind::MoveTo(index)));
        }
        for (block, index) in plan.duplicates.iter().zip(0..) {
            ranges.left.push((block.left.clone(), DraftKind::Duplicate(index)));
        }
        for (block, index) in plan.copies.iter().zip(0..) {
            ranges.right.push((block.right.clone(), DraftKind::Copy(index)));
        }
        ranges.left.sort_unstable_by_key(|block| block.0.start);
        ranges.right.sort_unstable_by_key(|block| block.0.start);
        ranges
    }
}

/// Divides a gap of one side into pieces. The blocks inside it are removed from the front of the list.
pub(super) fn divide(side: Side<'_>, gap: Range<usize>, blocks: &mut &[BlockRange], pieces: &mut Vec<Piece>) {
    pieces.clear();
    let mut add = |stream: Range<usize>, block| {
        if !stream.is_empty() {
            pieces.push(Piece { source: side.start(stream.start)..side.end(stream.end), stream, block });
        }
    };
    let mut from = gap.start;
    while let Some(((range, kind), rest)) = blocks.split_first() {
        if range.start >= gap.end {
            break;
        }
        add(from..range.start, None);
        add(range.clone(), Some(*kind));
        from = range.end;
        *blocks = rest;
    }
    add(from..gap.end, None);
}
