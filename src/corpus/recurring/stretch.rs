//! Stretches: what one document shares with earlier ones and with itself.

use crate::index::DocId;
use crate::span::Span;

/// A stretch of a document that another one holds too, or the same one elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stretch {
    /// The document that has it.
    pub document: DocId,
    /// Its place there, in bytes of the text.
    pub span: Span,
    /// An earlier document that holds it, or the document itself if it has the stretch twice.
    pub holder: DocId,
    /// Its place in the holder, in bytes of the text. Within one document this is the best-formatted copy, earlier or
    /// later; the part that is kept for another repeat too is not in the span.
    pub holder_span: Span,
    /// `2 × matched / (left + right)` in squeezed characters, from an alignment of the folded texts; rounded to
    /// millionths.
    pub identity: f64,
}

impl Stretch {
    /// Whether both copies are in the same document.
    #[must_use]
    pub fn is_internal(&self) -> bool {
        self.document == self.holder
    }
}

/// What a document shares with earlier ones and with itself.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DocumentStretches {
    /// The document.
    pub document: DocId,
    /// Its stretches, by start, then end; they may overlap if their holders differ.
    pub stretches: Vec<Stretch>,
    /// Places where everything recurs in short pieces without a long copy, or whose copies in the same document are
    /// alike only in parts; by start. See [`RecurringFinder`](super::RecurringFinder).
    pub unresolved: Vec<Span>,
}
