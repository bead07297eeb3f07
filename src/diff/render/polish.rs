//! Polishing: changes begin and end where an editor would put them.
//!
//! In: drafts that tile both texts. Out: the same with three improvements.
//! - Changes that touch are one change.
//! - An insertion or a deletion is moved along equal bytes to the place whose two ends are the best
//!   [boundaries](crate::diff::boundary). So an inserted paragraph begins at its first word, and a full stop
//!   stays with its sentence.
//! - If a mark inside a word or before a number changes, the whole word is replaced: `3.5` by `35`, and not a
//!   deleted full stop.
//!
//! **Cost.** Linear; moving one insertion or deletion reads at most [`SLIDE`] bytes on either side.

use super::draft::{self, Draft, DraftKind};
use crate::diff::boundary;
use crate::diff::format::FormatChange;
use crate::diff::side::{Side, Sides};
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::{common_prefix, common_suffix};

/// Farthest that an insertion or a deletion is moved, in bytes.
const SLIDE: usize = 256;

/// The polished drafts.
pub(super) fn polished(sides: Sides<'_>, mut drafts: Vec<Draft>) -> Vec<Draft> {
    replace_names(sides, &mut drafts);
    let mut polished: Vec<Draft> = Vec::with_capacity(drafts.len());
    let mut drafts = drafts.into_iter().peekable();
    while let Some(mut change) = drafts.next() {
        while change.kind.is_change()
            && let Some(next) = drafts.next_if(|next| next.kind.is_change())
        {
            change.left.end = next.left.end;
            change.right.end = next.right.end;
            change.kind = DraftKind::of_change(!change.left.is_empty(), !change.right.is_empty());
        }
        if !change.kind.is_change() {
            draft::push(&mut polished, change);
            continue;
        }
        // The equal text on either side. It must not be used up between two changes.
        let before = polished.pop_if(|before| before.kind == DraftKind::Equal);
        let mut after = drafts.next_if(|after| after.kind == DraftKind::Equal);
        let mut around = Around {
            before: before.unwrap_or(empty_at(change.left.start, change.right.start)),
            change,
            after: after.unwrap_or(empty_at(change.left.end, change.right.end)),
        };
        let least = (!polished.is_empty() as usize, drafts.peek().is_some() as usize);
        around.slide(sides, least);
        around.widen(sides, least);
        after = Some(around.after);
        for draft in [Some(around.before), Some(around.change), after].into_iter().flatten() {
            if !(draft.left.is_empty() && draft.right.is_empty()) {
                draft::push(&mut polished, draft);
            }
        }
    }
    polished
}

/// If marks inside a word changed, and the case of the word next to them did too, the words are replaced: a
/// title is not the name that was made from it.
fn replace_names(sides: Sides<'_>, drafts: &mut [Draft]) {
    for index in 0..drafts.len() {
        if !(drafts[index].kind.is_change() && is_inside_name(sides, &drafts[index])) {
            continue;
        }
        for near in [index.wrapping_sub(1), index + 1] {
            if let Some(draft) = drafts.get_mut(near)
                && let DraftKind::Format(changes) = draft.kind
                && changes.contains(FormatChange::Case)
            {
                draft.kind = DraftKind::Replace;
            }
        }
    }
}

/// Whether a change is of separators only, and inside a word of one side.
fn is_inside_name(sides: Sides<'_>, change: &Draft) -> bool {
    let is_kept = |found: Option<(char, Class, usize)>| found.is_some_and(|(_, class, _)| class.is_kept());
    let has_words = |side: Side<'_>, span: Span| side.text[span].chars().any(|ch| scan::class(ch).is_kept());
    let is_inside = |side: Side<'_>, span: Span| {
        !side.text[span].contains(|ch: char| scan::class(ch).is_white())
            && is_kept(scan::before(side.bytes(), span.start))
            && is_kept(scan::after(side.bytes(), span.end))
    };
    !has_words(sides.left, change.left)
        && !has_words(sides.right, change.right)
        && (is_inside(sides.left, change.left) || is_inside(sides.right, change.right))
}

fn empty_at(left: usize, right: usize) -> Draft {
    Draft { kind: DraftKind::Equal, left: Span::new(left, left), right: Span::new(right, right) }
}

/// A change, and the equal text before and after it, which may be empty.
struct Around {
    before: Draft,
    change: Draft,
    after: Draft,
}

impl Around {
    /// The side of an insertion or a deletion, and its span.
    fn own<'t>(&self, sides: Sides<'t>) -> Option<(Side<'t>, Span)> {
        match self.change.kind {
            DraftKind::Insert => Some((sides.right, self.change.right)),
            DraftKind::Delete => Some((sides.left, self.change.left)),
            _ => None,
        }
    }

    /// Moves the bounds of the change: its start by `start` bytes, its end by `end` bytes.
    fn shift(&mut self, start: isize, end: isize) {
        let by = |position: usize, shift: isize| (position as isize + shift) as usize;
        for (before, change, after) in [
            (&mut self.before.left, &mut self.change.left, &mut self.after.left),
            (&mut self.before.right, &mut self.change.right, &mut self.after.right),
        ] {
            (change.start, change.end) = (by(change.start, start), by(change.end, end));
            (before.end, after.start) = (change.start, change.end);
        }
    }

    /// Moves an insertion or a deletion to its best place. At least `least` bytes of the equal text before
    /// and after it stay there.
    fn slide(&mut self, sides: Sides<'_>, least: (usize, usize)) {
        let Some((side, own)) = self.own(sides) else { return };
        let (text, bytes) = (side.text, side.bytes());
        let most = |equal: &Draft, least: usize| equal.left.len().saturating_sub(least).min(SLIDE);
        let (back, forth) = (most(&self.before, least.0), most(&self.after, least.1));
        let back = common_suffix(&bytes[own.start - back..own.start], &bytes[..own.end]);
        let forth = common_prefix(&bytes[own.start..], &bytes[own.end..own.end + forth]);
        if back + forth == 0 {
            return;
        }
        let shifted = |position: usize, shift: isize| (position as isize + shift) as usize;
        let (left, right) = (self.change.left, self.change.right);
        let fits = |shift: isize| {
            let is_place = |place: usize| text.is_char_boundary(place) && scan::is_word_break(bytes, place);
            shift == 0
                || is_place(shifted(own.start, shift))
                    && is_place(shifted(own.end, shift))
                    && sides.are_cluster_breaks(shifted(left.start, shift), shifted(right.start, shift))
                    && sides.are_cluster_breaks(shifted(left.end, shift), shifted(right.end, shift))
        };
        let score = |shift: isize| {
            boundary::score(bytes, shifted(own.start, shift))
                + boundary::score(bytes, shifted(own.end, shift))
        };
        let best = (-(back as isize)..=forth as isize)
            .filter(|&shift| fits(shift))
            .max_by_key(|&shift| (score(shift), shift));
        let shift = best.unwrap_or(0);
        self.shift(shift, shift);
    }

    /// Widens a change of marks inside a word, or before a number, to the whole word.
    fn widen(&mut self, sides: Sides<'_>, least: (usize, usize)) {
        let Some((side, own)) = self.own(sides) else { return };
        let class = |found: Option<(char, Class, usize)>| found.map_or(Class::Space, |(_, class, _)| class);
        let before = class(scan::before(side.bytes(), own.start));
        let after = class(scan::after(side.bytes(), own.end));
        let is_value = after == Class::Digit || before.is_kept() && after.is_kept();
        let is_mark = |ch: char| {
            let class = scan::class(ch);
            !class.is_kept()
                && !class.is_white()
                && !matches!(class, Class::Opening | Class::Closing | Class::Quote)
        };
        if !is_value || !side.text[own].chars().all(is_mark) {
            return;
        }
        let (mut start, mut end) = (own.start, own.end);
        let first = self.before.left.len().saturating_sub(least.0);
        while let Some((_, class, length)) = scan::before(side.bytes(), start)
            && class.is_kept()
            && own.start - start + length <= first
        {
            start -= length;
        }
        let last = self.after.left.len().saturating_sub(least.1);
        while let Some((_, class, length)) = scan::after(side.bytes(), end)
            && class.is_kept()
            && end + length - own.end <= last
        {
            end += length;
        }
        let (back, forth) = (own.start - start, end - own.end);
        let Draft { left, right, .. } = self.change;
        if sides.are_cluster_breaks(left.start - back, right.start - back)
            && sides.are_cluster_breaks(left.end + forth, right.end + forth)
        {
            self.shift(-(back as isize), forth as isize);
            self.change.kind =
                DraftKind::of_change(!self.change.left.is_empty(), !self.change.right.is_empty());
        }
    }
}
