//! Line granularity: edits widened to whole lines.
//!
//! In: edits of words. Out: edits whose bounds stand at line starts of both texts. **Cost.** Linear.

use super::render::heal_at;
use super::side::Sides;
use super::{Edit, EditKind};

/// The edits, widened until every bound starts a line on both sides.
pub(super) fn widened(sides: Sides<'_>, edits: Vec<Edit>) -> Vec<Edit> {
    let (left, right) = (sides.left.bytes(), sides.right.bytes());
    let starts_line = |text: &[u8], at: usize| at == 0 || at == text.len() || text[at - 1] == b'\n';
    let mut edits = heal_at(sides, edits, |l, r| starts_line(left, l) && starts_line(right, r));
    for edit in &mut edits {
        if let EditKind::MoveTo { edits, .. } | EditKind::Copy { edits, .. } = &mut edit.kind {
            let inner = std::mem::take(edits);
            *edits = heal_at(sides, inner, |l, r| starts_line(left, l) && starts_line(right, r));
        }
    }
    edits
}
