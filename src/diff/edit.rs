//! Edits: the result of a diff.
//!
//! In: edits from [`super::render`], in the order of both texts. Out: [`Diff`], which the caller reads. The
//! edits tile both texts: the left spans, one after the other, are the left text, and the right spans the
//! right.

use super::format::FormatChanges;
use crate::span::Span;
use std::fmt;

/// One step from the left text to the right text.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "EditRecord", try_from = "EditRecord")
)]
#[non_exhaustive]
pub struct Edit {
    /// What happened.
    pub kind: EditKind,
    /// Bytes of the left text. If the edit has text on the right only, this span is empty, at the place
    /// between the neighbouring edits.
    pub left: Span,
    /// Bytes of the right text. If the edit has text on the left only, this span is empty, at the place
    /// between the neighbouring edits.
    pub right: Span,
}

impl Edit {
    pub(super) fn new(kind: EditKind, left: Span, right: Span) -> Edit {
        Edit { kind, left, right }
    }
}

/// What an [`Edit`] did.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum EditKind {
    /// Both spans have the same bytes.
    Equal,
    /// The squeezed characters (letters, marks and digits after folding) are equal, and the bytes differ in
    /// form only: white space, case, forms of quotation marks and dashes, hyphens, full stops and commas.
    Format(FormatChanges),
    /// Text that only the right has.
    Insert,
    /// Text that only the left has.
    Delete {
        /// Another place on the right that has all of this text, perhaps with edits.
        duplicate_of: Option<Span>,
    },
    /// Text of the left that became other text on the right.
    Replace,
    /// Text that moved away from here.
    MoveFrom {
        /// The `MoveTo` of the same move has the same id. Ids ascend in the order in which the edits first
        /// name them.
        id: u32,
    },
    /// Text that moved to here.
    MoveTo {
        /// The `MoveFrom` of the same move has the same id.
        id: u32,
        /// The left span of that `MoveFrom`.
        source: Span,
        /// How the text changed: edits that tile `source` and the right span, with offsets in the whole
        /// texts. Empty if the text did not change.
        edits: Vec<Edit>,
    },
    /// Text of the right that also occurs elsewhere on the left, where it may have stayed. It is all that was
    /// inserted at this place.
    Copy {
        /// That place on the left.
        source: Span,
        /// How the text changed, as in `MoveTo`.
        edits: Vec<Edit>,
    },
}

impl EditKind {
    /// The name in JSON: `equal`, `format`, `insert`, `delete`, `replace`, `move_from`, `move_to`, `copy`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            EditKind::Equal => "equal",
            EditKind::Format(_) => "format",
            EditKind::Insert => "insert",
            EditKind::Delete { .. } => "delete",
            EditKind::Replace => "replace",
            EditKind::MoveFrom { .. } => "move_from",
            EditKind::MoveTo { .. } => "move_to",
            EditKind::Copy { .. } => "copy",
        }
    }
}

/// Writes the [`name`](EditKind::name).
impl fmt::Display for EditKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What changed between two texts: edits that tile both.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Diff {
    edits: Vec<Edit>,
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "std::ops::Not::not"))]
    coarse: bool,
}

impl Diff {
    pub(super) fn new(edits: Vec<Edit>, coarse: bool) -> Diff {
        Diff { edits, coarse }
    }

    /// The edits, in an order that reads both texts forwards.
    ///
    /// Every edit has text on at least one side. Two `Equal` edits never follow each other.
    pub fn edits(&self) -> Edits<'_> {
        Edits { edits: self.edits.iter() }
    }

    /// Whether the [step limit](super::Differ::step_limit) was reached. Some [`Replace`](EditKind::Replace)
    /// edits are then larger than necessary.
    #[must_use]
    pub fn is_coarse(&self) -> bool {
        self.coarse
    }

    /// Whether both texts have the same bytes.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.edits.iter().all(|edit| edit.kind == EditKind::Equal)
    }
}

/// Iterator over the edits of a [`Diff`].
#[derive(Clone, Debug)]
pub struct Edits<'d> {
    edits: std::slice::Iter<'d, Edit>,
}

impl<'d> Iterator for Edits<'d> {
    type Item = &'d Edit;

    fn next(&mut self) -> Option<&'d Edit> {
        self.edits.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.edits.size_hint()
    }
}

impl DoubleEndedIterator for Edits<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.edits.next_back()
    }
}

impl ExactSizeIterator for Edits<'_> {}

/// The serde form of an [`Edit`], which `refrain diff` writes. It has the fields of all kinds; each edit
/// fills those of its own kind.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct EditRecord {
    kind: String,
    left: Span,
    right: Span,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<FormatChanges>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<Span>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Span>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edits: Vec<Edit>,
}

#[cfg(feature = "serde")]
impl From<Edit> for EditRecord {
    fn from(edit: Edit) -> EditRecord {
        let mut record = EditRecord {
            kind: edit.kind.name().to_owned(),
            left: edit.left,
            right: edit.right,
            format: None,
            duplicate_of: None,
            id: None,
            source: None,
            edits: Vec::new(),
        };
        match edit.kind {
            EditKind::Equal | EditKind::Insert | EditKind::Replace => {}
            EditKind::Format(changes) => record.format = Some(changes),
            EditKind::Delete { duplicate_of } => record.duplicate_of = duplicate_of,
            EditKind::MoveFrom { id } => record.id = Some(id),
            EditKind::MoveTo { id, source, edits } => {
                (record.id, record.source, record.edits) = (Some(id), Some(source), edits);
            }
            EditKind::Copy { source, edits } => (record.source, record.edits) = (Some(source), edits),
        }
        record
    }
}

#[cfg(feature = "serde")]
impl TryFrom<EditRecord> for Edit {
    type Error = crate::error::Error;

    fn try_from(record: EditRecord) -> Result<Edit, crate::error::Error> {
        let EditRecord { kind, left, right, format, duplicate_of, id, source, edits } = record;
        let no_edits = edits.is_empty();
        let kind = match (kind.as_str(), format, duplicate_of, id, source) {
            ("equal", None, None, None, None) if no_edits => EditKind::Equal,
            ("insert", None, None, None, None) if no_edits => EditKind::Insert,
            ("replace", None, None, None, None) if no_edits => EditKind::Replace,
            ("format", Some(changes), None, None, None) if no_edits => EditKind::Format(changes),
            ("delete", None, duplicate_of, None, None) if no_edits => EditKind::Delete { duplicate_of },
            ("move_from", None, None, Some(id), None) if no_edits => EditKind::MoveFrom { id },
            ("move_to", None, None, Some(id), Some(source)) => EditKind::MoveTo { id, source, edits },
            ("copy", None, None, None, Some(source)) => EditKind::Copy { source, edits },
            _ => {
                return Err(crate::error::Error::corrupt(format!(
                    "an edit of kind {kind:?} is unknown, or has not exactly the fields of its kind"
                )));
            }
        };
        Ok(Edit { kind, left, right })
    }
}
