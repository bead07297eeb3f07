//! Edges: decides which separators around a moved block belong to it.
//!
//! In: drafts in which a block includes the separators next to it. Out: drafts in which a move includes only
//! those that both of its places have. The others become drafts next to it.

use super::draft::{self, Draft, DraftKind};
use super::separators::words_of;
use crate::diff::boundary;
use crate::diff::plan::Plan;
use crate::diff::side::{Side, Sides};
use crate::scan;
use crate::span::Span;
use crate::stream::{common_prefix, common_suffix};
use std::ops::Range;

/// One place of a block.
#[derive(Clone, Copy)]
struct Place<'t> {
    text: &'t str,
    /// The words and the separators around them that may belong to the block.
    span: Span,
    words: Span,
}

impl<'t> Place<'t> {
    fn new(text: &'t str, span: Span) -> Place<'t> {
        Place { text, span, words: words_of(text, span) }
    }

    /// The place of a stream range, with all text around it.
    fn of_stream(side: Side<'t>, stream: &Range<usize>) -> Place<'t> {
        Place {
            text: side.text,
            span: Span::new(0, side.text.len()),
            words: Span::new(side.start(stream.start), side.end(stream.end)),
        }
    }

    /// The words with `lead` bytes before them and `trail` bytes after them.
    fn widened(self, (lead, trail): (usize, usize)) -> Span {
        Span::new(self.words.start - lead, self.words.end + trail)
    }
}

/// The drafts, with separators at the edges of blocks split off unless both places have them.
pub(super) fn evened(sides: Sides<'_>, plan: &Plan, drafts: Vec<Draft>) -> Vec<Draft> {
    if !plan.has_blocks() {
        return drafts;
    }
    let mut moves = move_spans(plan, &drafts);
    for (source, target) in &mut moves {
        let (left, right) = (Place::new(sides.left.text, *source), Place::new(sides.right.text, *target));
        let edges = common_edges(left, right);
        (*source, *target) = (left.widened(edges), right.widened(edges));
    }
    let mut evened = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let (left, right) = match draft.kind {
            DraftKind::MoveFrom(index) => (moves[index as usize].0, draft.right),
            DraftKind::MoveTo(index) => (draft.left, moves[index as usize].1),
            DraftKind::Copy(index) => {
                let own = Place::new(sides.right.text, draft.right);
                let other = Place::of_stream(sides.left, &plan.copies[index as usize].left);
                (draft.left, without_lone_white(own, other))
            }
            DraftKind::Duplicate(index) => {
                let own = Place::new(sides.left.text, draft.left);
                let other = Place::of_stream(sides.right, &plan.duplicates[index as usize].right);
                (without_lone_white(own, other), draft.right)
            }
            _ => {
                draft::push(&mut evened, draft);
                continue;
            }
        };
        let (left_before, right_before) =
            (Span::new(draft.left.start, left.start), Span::new(draft.right.start, right.start));
        let (left_after, right_after) =
            (Span::new(left.end, draft.left.end), Span::new(right.end, draft.right.end));
        push_separators(sides, &mut evened, left_before, right_before);
        evened.push(Draft { kind: draft.kind, left, right });
        push_separators(sides, &mut evened, left_after, right_after);
    }
    evened
}

/// The spans of each move in the drafts, on the left and on the right.
fn move_spans(plan: &Plan, drafts: &[Draft]) -> Vec<(Span, Span)> {
    let mut spans = vec![(Span::default(), Span::default()); plan.moves.len()];
    for draft in drafts {
        match draft.kind {
            DraftKind::MoveFrom(index) => spans[index as usize].0 = draft.left,
            DraftKind::MoveTo(index) => spans[index as usize].1 = draft.right,
            _ => {}
        }
    }
    spans
}

/// Adds the separators that one side has next to a block.
fn push_separators(sides: Sides<'_>, drafts: &mut Vec<Draft>, left: Span, right: Span) {
    if !left.is_empty() || !right.is_empty() {
        let kind = DraftKind::of_same_words(sides.left.stretch(left), sides.right.stretch(right));
        drafts.push(Draft { kind, left, right });
    }
}

/// The span of a copy or a duplicate without the white space at its ends that the other place does not have.
/// Marks stay, because it is a whole change.
fn without_lone_white(own: Place<'_>, other: Place<'_>) -> Span {
    let even = own.widened(common_edges(own, other));
    let is_white = |start: usize, end: usize| {
        start <= end && own.text[start..end].chars().all(|ch| scan::class(ch).is_white())
    };
    let start = if is_white(own.span.start, even.start) { even.start } else { own.span.start };
    let end = if is_white(even.end, own.span.end) { even.end } else { own.span.end };
    Span::new(start, end)
}

/// How many of the bytes before and after the words belong to the block: bytes that are the same in both
/// places, within their spans, from or to the best boundary.
fn common_edges(left: Place<'_>, right: Place<'_>) -> (usize, usize) {
    let is_whole = |left_position: usize, right_position: usize| {
        left.text.is_char_boundary(left_position)
            && right.text.is_char_boundary(right_position)
            && scan::is_cluster_break(left.text.as_bytes(), left_position)
            && scan::is_cluster_break(right.text.as_bytes(), right_position)
    };
    let score = |left_position: usize, right_position: usize| {
        is_whole(left_position, right_position).then(|| {
            boundary::score(left.text.as_bytes(), left_position)
                + boundary::score(right.text.as_bytes(), right_position)
        })
    };
    let before = |place: Place<'_>| place.span.start..place.words.start;
    let lead = common_suffix(&left.text.as_bytes()[before(left)], &right.text.as_bytes()[before(right)]);
    let lead = (0..=lead).max_by_key(|lead| score(left.words.start - lead, right.words.start - lead));
    let after = |place: Place<'_>| place.words.end..place.span.end;
    let trail = common_prefix(&left.text.as_bytes()[after(left)], &right.text.as_bytes()[after(right)]);
    let trail = (0..=trail).max_by_key(|trail| score(left.words.end + trail, right.words.end + trail));
    (lead.unwrap_or(0), trail.unwrap_or(0))
}
