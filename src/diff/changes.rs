//! Changes: the diff as text taken out and text put in.
//!
//! In: a [`Diff`] and its texts. Out: for each edit what goes and what comes, in order. **Cost.** Linear, nothing is copied.

use super::{Diff, EditKind, Edits};
use crate::span::Span;
use std::fmt;

/// Whether a [`Change`] stays, goes or comes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ChangeTag {
    /// Text of both.
    Equal,
    /// Text of the left alone.
    Delete,
    /// Text of the right alone.
    Insert,
}

impl ChangeTag {
    /// ` `, `-` or `+`.
    pub const fn sign(self) -> char {
        match self {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        }
    }
}

impl fmt::Display for ChangeTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.sign())
    }
}

/// A piece of text that stays, goes or comes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Change<'t> {
    /// What happens to it.
    pub tag: ChangeTag,
    /// Its bytes: of the right text if it comes, of the left otherwise.
    pub span: Span,
    /// The text.
    pub text: &'t str,
}

/// Iterator over the [`Change`]s of a diff; made by [`Diff::changes`].
///
/// Replacements and format edits are a deletion and an insertion, moves a deletion in one place and an insertion in the other.
/// What is not deleted makes the right text, what is not inserted the left.
///
/// # Example
/// ```
/// let (left, right) = ("one two three", "one too three");
/// let diff = refrain::diff(left, right);
/// let told: String = diff.changes(left, right).map(|change| format!("[{}{}]", change.tag, change.text)).collect();
/// assert_eq!(told, "[ one ][-two][+too][  three]");
/// ```
#[derive(Clone, Debug)]
pub struct Changes<'d, 't> {
    edits: Edits<'d>,
    left: &'t str,
    right: &'t str,
    /// The second half of the edit last seen.
    waiting: Option<Change<'t>>,
}

impl<'d, 't> Changes<'d, 't> {
    pub(super) fn new(diff: &'d Diff, left: &'t str, right: &'t str) -> Changes<'d, 't> {
        if let Some(last) = diff.edits.last() {
            assert!(
                (last.left.end, last.right.end) == (left.len(), right.len()),
                "the diff is of texts of {} and {} bytes, these have {} and {}",
                last.left.end,
                last.right.end,
                left.len(),
                right.len()
            );
        }
        Changes { edits: diff.edits(), left, right, waiting: None }
    }
}

impl<'t> Iterator for Changes<'_, 't> {
    type Item = Change<'t>;

    fn next(&mut self) -> Option<Change<'t>> {
        if let Some(change) = self.waiting.take() {
            return Some(change);
        }
        let edit = self.edits.next()?;
        let of_left = |tag| Change { tag, span: edit.left, text: &self.left[edit.left] };
        if edit.kind == EditKind::Equal {
            return Some(of_left(ChangeTag::Equal));
        }
        let insert = Change { tag: ChangeTag::Insert, span: edit.right, text: &self.right[edit.right] };
        if edit.left.is_empty() {
            return Some(insert);
        }
        self.waiting = (!edit.right.is_empty()).then_some(insert);
        Some(of_left(ChangeTag::Delete))
    }
}
