//! Drafts: edits that name blocks by their index in the plan.
//!
//! In and out: the steps of [`super`] write and read drafts. A draft becomes an [`Edit`](crate::diff::Edit)
//! only in [`super::fill`], so no result can contain an index in place of a span.

use crate::diff::form::{self, Stretch};
use crate::diff::format::{self, FormatChanges};
use crate::span::Span;

/// An unfinished edit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draft {
    pub(super) kind: DraftKind,
    pub(super) left: Span,
    pub(super) right: Span,
}

/// What a draft did. Numbers are indices into the lists of the plan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DraftKind {
    Equal,
    Format(FormatChanges),
    Insert,
    Delete,
    Replace,
    /// Left text of a move.
    MoveFrom(u32),
    /// Right text of a move.
    MoveTo(u32),
    /// Right text of a copy.
    Copy(u32),
    /// Left text of a duplicate: a deletion whose text remains elsewhere.
    Duplicate(u32),
}

impl Draft {
    fn is_one_sided(&self) -> bool {
        self.left.is_empty() || self.right.is_empty()
    }
}

impl DraftKind {
    /// Changed text that is in no block, by which sides have text.
    pub(super) fn of_change(has_left: bool, has_right: bool) -> DraftKind {
        match (has_left, has_right) {
            (true, false) => DraftKind::Delete,
            (false, true) => DraftKind::Insert,
            _ => DraftKind::Replace,
        }
    }

    /// Whether it is changed text that is in no block.
    pub(super) fn is_change(self) -> bool {
        matches!(self, DraftKind::Insert | DraftKind::Delete | DraftKind::Replace)
    }

    /// The kind of two stretches with the same squeezed characters.
    pub(super) fn of_same_words(left: Stretch<'_>, right: Stretch<'_>) -> DraftKind {
        let (left_text, right_text) = (&left.text[left.span], &right.text[right.span]);
        if left_text == right_text {
            DraftKind::Equal
        } else if form::is_form(left, right) {
            DraftKind::Format(format::changes(left_text, right_text))
        } else {
            DraftKind::of_change(!left_text.is_empty(), !right_text.is_empty())
        }
    }

    /// The same step from the right to the left, for the mirrored plan.
    fn mirrored(self) -> DraftKind {
        match self {
            DraftKind::Insert => DraftKind::Delete,
            DraftKind::Delete => DraftKind::Insert,
            DraftKind::Copy(index) => DraftKind::Duplicate(index),
            DraftKind::Duplicate(index) => DraftKind::Copy(index),
            DraftKind::MoveFrom(index) => DraftKind::MoveTo(index),
            DraftKind::MoveTo(index) => DraftKind::MoveFrom(index),
            DraftKind::Equal | DraftKind::Format(_) | DraftKind::Replace => self,
        }
    }
}

/// Adds a draft; equal text is joined to equal text before it.
pub(super) fn push(drafts: &mut Vec<Draft>, draft: Draft) {
    if let Some(last) = drafts.last_mut()
        && last.kind == DraftKind::Equal
        && draft.kind == DraftKind::Equal
    {
        last.left.end = draft.left.end;
        last.right.end = draft.right.end;
        return;
    }
    drafts.push(draft);
}

/// The drafts of the swapped texts.
pub(super) fn mirrored(mut drafts: Vec<Draft>) -> Vec<Draft> {
    for draft in &mut drafts {
        *draft = Draft { kind: draft.kind.mirrored(), left: draft.right, right: draft.left };
    }
    drafts
}

/// If one-sided drafts follow each other, puts those of the left first.
pub(super) fn put_left_first(drafts: &mut [Draft]) {
    for group in drafts.chunk_by_mut(|a, b| a.is_one_sided() && b.is_one_sided()) {
        let (mut left, mut right) = (group[0].left.start, group[0].right.start);
        group.sort_by_key(|draft| draft.left.is_empty());
        for draft in group {
            draft.left = Span::new(left, left + draft.left.len());
            draft.right = Span::new(right, right + draft.right.len());
            (left, right) = (draft.left.end, draft.right.end);
        }
    }
}
