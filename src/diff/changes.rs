//! Changes: the diff as deleted text and inserted text.
//!
//! In: a [`Diff`] and the two texts. Out: for each edit the deleted and the inserted text, in order.
//! **Cost.** Linear; nothing is copied.

use super::edit::{Diff, EditKind, Edits};
use crate::span::Span;
use std::fmt;

/// Whether the text of a [`Change`] was kept, deleted or inserted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum ChangeTag {
    /// Text of both sides.
    Equal,
    /// Text of the left side only.
    Delete,
    /// Text of the right side only.
    Insert,
}

impl ChangeTag {
    /// ` `, `-` or `+`.
    #[must_use]
    pub const fn sign(self) -> char {
        match self {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        }
    }
}

/// Writes the [`sign`](ChangeTag::sign).
impl fmt::Display for ChangeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sign())
    }
}

/// A piece of text that was kept, deleted or inserted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Change<'t> {
    /// What happened to the text.
    pub tag: ChangeTag,
    /// Its bytes: in the right text if it was inserted, else in the left text.
    pub span: Span,
    /// The text.
    pub text: &'t str,
}

/// Iterator over the [`Change`]s of a diff; made by [`Diff::changes`].
///
/// A replacement or a format edit is a deletion followed by an insertion. A move is a deletion in one place
/// and an insertion in the other. The changes without the deletions, joined, are the right text. The changes
/// without the insertions, joined, are the left text.
///
/// # Example
/// ```
/// let (left, right) = ("one two three", "one too three");
/// let diff = refrain::diff(left, right);
/// let shown: String = diff.changes(left, right).map(|change| format!("[{}{}]", change.tag, change.text)).collect();
/// assert_eq!(shown, "[ one ][-two][+too][  three]");
/// ```
#[derive(Clone, Debug)]
pub struct Changes<'d, 't> {
    edits: Edits<'d>,
    left: &'t str,
    right: &'t str,
    /// The insertion of the last edit, whose deletion was just returned.
    insertion: Option<Change<'t>>,
}

impl Diff {
    /// The diff as deleted and inserted text, as other diff tools show it: see [`Changes`].
    ///
    /// # Panics
    /// If `left` and `right` do not have the lengths of the compared texts.
    pub fn changes<'d, 't>(&'d self, left: &'t str, right: &'t str) -> Changes<'d, 't> {
        self.check_lengths(left, right);
        Changes { edits: self.edits(), left, right, insertion: None }
    }

    /// Panics if the texts do not have the lengths of the compared texts.
    pub(super) fn check_lengths(&self, left: &str, right: &str) {
        if let Some(last) = self.edits().next_back() {
            assert!(
                (last.left.end, last.right.end) == (left.len(), right.len()),
                "the diff is of texts of {} and {} bytes, but these have {} and {}",
                last.left.end,
                last.right.end,
                left.len(),
                right.len()
            );
        }
    }
}

impl<'t> Iterator for Changes<'_, 't> {
    type Item = Change<'t>;

    fn next(&mut self) -> Option<Change<'t>> {
        if let Some(change) = self.insertion.take() {
            return Some(change);
        }
        let edit = self.edits.next()?;
        let of_left = |tag| Change { tag, span: edit.left, text: &self.left[edit.left] };
        if edit.kind == EditKind::Equal {
            return Some(of_left(ChangeTag::Equal));
        }
        let insertion = Change { tag: ChangeTag::Insert, span: edit.right, text: &self.right[edit.right] };
        if edit.left.is_empty() {
            return Some(insertion);
        }
        self.insertion = (!edit.right.is_empty()).then_some(insertion);
        Some(of_left(ChangeTag::Delete))
    }
}
