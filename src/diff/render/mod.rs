//! Rendering: from stream positions to edits in bytes of the two texts.
//!
//! In: a [`Plan`]. Out: edits in the order of both texts. They tile both texts exactly. The original texts
//! are compared again here: if squeezed characters are equal but bytes differ, the result is a format edit.
//!
//! **Idea.** [`writer`] walks both texts forwards and writes [`draft`]s: edits that name a moved or copied
//! block by its index in the plan. [`edges`] divides the separators around blocks. [`heal`] joins drafts
//! whose bounds cut a grapheme cluster (or a line, if the granularity is lines). [`polish`] moves changes to the
//! places where an editor would put them. [`fill`] makes the final edits: it looks up the blocks in the plan.
//!
//! **Cost.** Linear.

mod draft;
mod edges;
mod fill;
mod heal;
mod pieces;
mod polish;
mod separators;
mod writer;

use super::edit::Edit;
use super::granularity::Granularity;
use super::plan::Plan;
use super::side::Sides;
use draft::Draft;
use pieces::BlockRanges;
use writer::{Extent, Writer};

/// The edits of a plan. If `is_swapped`, they are the edits from the right to the left.
pub(super) fn edits(sides: Sides<'_>, plan: Plan, is_swapped: bool, granularity: Granularity) -> Vec<Edit> {
    let drafts = drafts(sides, &plan);
    let (sides, plan, mut drafts) = match is_swapped {
        true => (sides.swapped(), plan.mirrored(), draft::mirrored(drafts)),
        false => (sides, plan, drafts),
    };
    draft::put_left_first(&mut drafts);
    fill::filled(sides, &plan, drafts, granularity)
}

/// The drafts of a plan, with bounds between grapheme clusters.
fn drafts(sides: Sides<'_>, plan: &Plan) -> Vec<Draft> {
    let blocks = BlockRanges::of(plan);
    let mut writer = Writer::new(sides, (0, 0));
    let whole = Extent {
        start: (0, 0),
        end: sides.ends(),
        bytes_end: (sides.left.text.len(), sides.right.text.len()),
    };
    writer.write(&plan.runs, whole, &blocks);
    let drafts = edges::evened(sides, plan, writer.finish());
    polish::polished(sides, heal::join_at_clusters(sides, drafts))
}
