//! Filling: from drafts to the final edits.
//!
//! In: drafts in the order of both texts. Out: edits. Moves have their ids and sources, copies and duplicates
//! have their other place, and changed blocks have edits of their own.

use super::draft::{Draft, DraftKind};
use super::heal;
use super::pieces::BlockRanges;
use super::polish;
use super::separators::words_of;
use super::writer::{Extent, Writer};
use crate::diff::edit::{Edit, EditKind};
use crate::diff::granularity::Granularity;
use crate::diff::moves::RelocatedBlock;
use crate::diff::plan::Plan;
use crate::diff::side::{Side, Sides};
use crate::scan;
use crate::span::Span;
use std::ops::Range;

/// The edits that the drafts describe.
pub(super) fn filled(
    sides: Sides<'_>,
    plan: &Plan,
    mut drafts: Vec<Draft>,
    granularity: Granularity,
) -> Vec<Edit> {
    // Ids are given before lines are joined. Joining lines may dissolve moves, and the ids of the other moves
    // must not depend on the granularity.
    let ids = move_ids(plan, &drafts);
    if granularity == Granularity::Line {
        drafts = heal::join_at_lines(sides, drafts);
    }
    let filler = Filler { sides, plan, sources: move_sources(plan, &drafts), ids, granularity };
    drafts.into_iter().map(|draft| Edit::new(filler.kind(&draft), draft.left, draft.right)).collect()
}

/// For each move its id: moves are numbered in the order in which a reader meets them.
fn move_ids(plan: &Plan, drafts: &[Draft]) -> Vec<Option<u32>> {
    let mut ids = vec![None; plan.moves.len()];
    let mut next = 0;
    for draft in drafts {
        if let DraftKind::MoveFrom(index) | DraftKind::MoveTo(index) = draft.kind {
            ids[index as usize].get_or_insert_with(|| {
                next += 1;
                next - 1
            });
        }
    }
    ids
}

/// For each move the span that it comes from.
fn move_sources(plan: &Plan, drafts: &[Draft]) -> Vec<Span> {
    let mut sources = vec![Span::default(); plan.moves.len()];
    for draft in drafts {
        if let DraftKind::MoveFrom(index) = draft.kind {
            sources[index as usize] = draft.left;
        }
    }
    sources
}

struct Filler<'t, 'p> {
    sides: Sides<'t>,
    plan: &'p Plan,
    ids: Vec<Option<u32>>,
    sources: Vec<Span>,
    granularity: Granularity,
}

impl Filler<'_, '_> {
    fn kind(&self, draft: &Draft) -> EditKind {
        let Sides { left, right } = self.sides;
        match draft.kind {
            DraftKind::MoveFrom(index) => EditKind::MoveFrom { id: self.id(index) },
            DraftKind::MoveTo(index) => {
                let source = self.sources[index as usize];
                let edits = self.nested(&self.plan.moves[index as usize], source, draft.right);
                EditKind::MoveTo { id: self.id(index), source, edits }
            }
            DraftKind::Copy(index) => {
                let block = &self.plan.copies[index as usize];
                let source = other_place(left, &block.left, right.text, draft.right);
                EditKind::Copy { source, edits: self.nested(block, source, draft.right) }
            }
            DraftKind::Duplicate(index) => {
                let block = &self.plan.duplicates[index as usize];
                let place = other_place(right, &block.right, left.text, draft.left);
                EditKind::Delete { duplicate_of: Some(place) }
            }
            _ => plain_kind(draft.kind),
        }
    }

    fn id(&self, index: u32) -> u32 {
        self.ids[index as usize].expect("every move in the drafts has an id")
    }

    /// The edits within a block; none if its text did not change.
    fn nested(&self, block: &RelocatedBlock, source: Span, target: Span) -> Vec<Edit> {
        if self.sides.left.text[source] == self.sides.right.text[target] {
            return Vec::new();
        }
        let mut writer = Writer::new(self.sides, (source.start, target.start));
        let extent = Extent {
            start: (block.left.start, block.right.start),
            end: (block.left.end, block.right.end),
            bytes_end: (source.end, target.end),
        };
        writer.write(&block.runs, extent, &BlockRanges::default());
        let drafts = heal::join_at_clusters(self.sides, writer.finish());
        let mut drafts = polish::polished(self.sides, drafts);
        if self.granularity == Granularity::Line {
            drafts = heal::join_at_lines(self.sides, drafts);
        }
        drafts.into_iter().map(|draft| Edit::new(plain_kind(draft.kind), draft.left, draft.right)).collect()
    }
}

/// The kind of an edit outside of blocks.
fn plain_kind(kind: DraftKind) -> EditKind {
    match kind {
        DraftKind::Equal => EditKind::Equal,
        DraftKind::Format(changes) => EditKind::Format(changes),
        DraftKind::Insert => EditKind::Insert,
        DraftKind::Delete => EditKind::Delete { duplicate_of: None },
        DraftKind::Replace => EditKind::Replace,
        DraftKind::MoveFrom(_) | DraftKind::MoveTo(_) | DraftKind::Copy(_) | DraftKind::Duplicate(_) => {
            unreachable!("blocks are written at the top level only")
        }
    }
}

/// Bytes of a stream range of `side`, including the separators around it that `span` (of the other text) has
/// too.
fn other_place(side: Side<'_>, stream: &Range<usize>, text: &str, span: Span) -> Span {
    let words = words_of(text, span);
    let (mut start, mut end) = (side.start(stream.start), side.end(stream.end));
    let (lead, trail) = (&text[span.start..words.start], &text[words.end..span.end]);
    let is_break = |at: usize| side.text.is_char_boundary(at) && scan::is_cluster_break(side.bytes(), at);
    // A mark at an end of the block may belong to a character outside.
    start = (0..=start).rev().find(|&at| is_break(at)).unwrap_or(0);
    end = (end..side.text.len()).find(|&at| is_break(at)).unwrap_or(side.text.len());
    if side.text[..start].ends_with(lead) && is_break(start - lead.len()) {
        start -= lead.len();
    }
    if side.text[end..].starts_with(trail) && is_break(end + trail.len()) {
        end += trail.len();
    }
    Span::new(start, end)
}
