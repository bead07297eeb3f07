//! Healing: drafts are joined until every bound between two of them is allowed.
//!
//! In: drafts that tile both texts. Out: the same text in drafts whose bounds cut no grapheme cluster (or no
//! line).
//! **Cost.** Linear.

use super::draft::{self, Draft, DraftKind};
use crate::diff::side::Sides;
use crate::span::Span;
use crate::stream::Stream;

/// Joins drafts until no bound cuts a grapheme cluster of either text.
pub(super) fn join_at_clusters(sides: Sides<'_>, drafts: Vec<Draft>) -> Vec<Draft> {
    joined(sides, drafts, |left, right| sides.are_cluster_breaks(left, right))
}

/// Joins drafts until every bound starts a line on both sides.
pub(super) fn join_at_lines(sides: Sides<'_>, drafts: Vec<Draft>) -> Vec<Draft> {
    let (left_text, right_text) = (sides.left.bytes(), sides.right.bytes());
    let starts_line =
        |text: &[u8], start: usize| start == 0 || start == text.len() || text[start - 1] == b'\n';
    joined(sides, drafts, |left, right| starts_line(left_text, left) && starts_line(right_text, right))
}

/// Joins drafts until `is_bound` allows every bound between two of them.
fn joined(sides: Sides<'_>, mut drafts: Vec<Draft>, is_bound: impl Fn(usize, usize) -> bool) -> Vec<Draft> {
    let starts_at_bound = |draft: &Draft| is_bound(draft.left.start, draft.right.start);
    if drafts.iter().skip(1).all(starts_at_bound) {
        return drafts;
    }
    dissolve_blocks(&mut drafts, starts_at_bound);
    let mut healer = Healer { sides, is_bound, healed: Vec::with_capacity(drafts.len()) };
    drafts.into_iter().for_each(|draft| healer.add(draft));
    healer.healed
}

/// Turns blocks with a bound that is not allowed into plain insertions and deletions. A move is dissolved at
/// both of its places.
fn dissolve_blocks(drafts: &mut [Draft], starts_at_bound: impl Fn(&Draft) -> bool) {
    let mut dissolved: Vec<u32> = Vec::new();
    for index in 1..drafts.len() {
        if !starts_at_bound(&drafts[index]) {
            for draft in &mut drafts[index - 1..=index] {
                match draft.kind {
                    DraftKind::MoveFrom(index) | DraftKind::MoveTo(index) => dissolved.push(index),
                    DraftKind::Copy(_) => draft.kind = DraftKind::Insert,
                    DraftKind::Duplicate(_) => draft.kind = DraftKind::Delete,
                    _ => {}
                }
            }
        }
    }
    dissolved.sort_unstable();
    let is_dissolved = |index: u32| dissolved.binary_search(&index).is_ok();
    for draft in drafts {
        match draft.kind {
            DraftKind::MoveFrom(index) if is_dissolved(index) => draft.kind = DraftKind::Delete,
            DraftKind::MoveTo(index) if is_dissolved(index) => draft.kind = DraftKind::Insert,
            _ => {}
        }
    }
}

struct Healer<'t, F> {
    sides: Sides<'t>,
    is_bound: F,
    healed: Vec<Draft>,
}

impl<F: Fn(usize, usize) -> bool> Healer<'_, F> {
    /// Adds a draft. If it does not start at an allowed bound, it is joined to the text before it: equal text
    /// up to its first allowed bound, other text as a whole.
    fn add(&mut self, draft: Draft) {
        if draft.kind == DraftKind::Equal
            && !(self.is_bound)(draft.left.start, draft.right.start)
            && let Some(cut) = (1..draft.left.len()).find(|&cut| self.may_cut(&draft, cut))
        {
            let (head, tail) = split_equal(&draft, cut);
            self.join(head);
            draft::push(&mut self.healed, tail);
        } else {
            self.join(draft);
        }
    }

    /// Adds a draft, extended backwards until it starts at an allowed bound.
    fn join(&mut self, mut draft: Draft) {
        while !(self.is_bound)(draft.left.start, draft.right.start) {
            let Some(before) = self.healed.pop() else { break };
            let mut start = (before.left.start, before.right.start);
            if before.kind == DraftKind::Equal
                && let Some(cut) = (1..before.left.len()).rev().find(|&cut| self.may_cut(&before, cut))
            {
                let (head, tail) = split_equal(&before, cut);
                start = (tail.left.start, tail.right.start);
                self.healed.push(head);
            }
            let (left, right) = (Span::new(start.0, draft.left.end), Span::new(start.1, draft.right.end));
            draft = Draft { kind: kind_of(self.sides, left, right), left, right };
        }
        draft::push(&mut self.healed, draft);
    }

    /// Whether equal text may be cut `cut` bytes after its start.
    fn may_cut(&self, equal: &Draft, cut: usize) -> bool {
        let (left, right) = (equal.left.start + cut, equal.right.start + cut);
        self.sides.left.text.is_char_boundary(left) && (self.is_bound)(left, right)
    }
}

/// Equal text as two drafts, divided `cut` bytes after its start.
fn split_equal(equal: &Draft, cut: usize) -> (Draft, Draft) {
    let (left, right) = (equal.left.start + cut, equal.right.start + cut);
    let kind = DraftKind::Equal;
    (
        Draft { kind, left: Span::new(equal.left.start, left), right: Span::new(equal.right.start, right) },
        Draft { kind, left: Span::new(left, equal.left.end), right: Span::new(right, equal.right.end) },
    )
}

/// The kind of a draft, from the text of its spans alone.
fn kind_of(sides: Sides<'_>, left: Span, right: Span) -> DraftKind {
    if squeezed(&sides.left.text[left]) == squeezed(&sides.right.text[right]) {
        DraftKind::of_same_words(sides.left.stretch(left), sides.right.stretch(right))
    } else {
        DraftKind::of_change(!left.is_empty(), !right.is_empty())
    }
}

/// The squeezed characters of a short text.
fn squeezed(text: &str) -> Vec<u8> {
    Stream::of(text).map(|stream| stream.folded().to_vec()).unwrap_or_default()
}
