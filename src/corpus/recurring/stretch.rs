//! Stretches: text that one document shares with earlier ones and with itself.
//!
//! These are the types of the result. `verify` finds stretches and `trimming` uses them.

use crate::index::DocId;
use crate::span::Span;

/// A stretch of a document that also occurs in another document, or elsewhere in the same one.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Stretch {
    /// The document that the stretch is in.
    pub document: DocId,
    /// Its place there, in bytes of the text.
    pub span: Span,
    /// An earlier document that holds it, or the document itself if it has the stretch twice.
    pub holder: DocId,
    /// Its place in the holder, in bytes of the text. Within one document this is the best-formatted copy, which may come
    /// earlier or later. The span leaves out a part that is also kept for another repeat.
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

/// Whole sentences of a document that an earlier document holds too. They are equal in their squeezed characters; the holder may have
/// headings between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct HeldSentences {
    /// Their place, in bytes of the text, without white space around them.
    pub span: Span,
    /// The earlier document.
    pub holder: DocId,
    /// Their place in the holder, in bytes of the text.
    pub holder_span: Span,
}

/// The stretches that a document shares with earlier ones and with itself.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct DocumentStretches {
    /// The document.
    pub document: DocId,
    /// Its stretches, by start, then end; they may overlap if their holders differ.
    pub stretches: Vec<Stretch>,
    /// The sentences that an earlier document holds whole, by start: what [`Trimming`](super::Trimming) may cut.
    pub held: Vec<HeldSentences>,
    /// Places where everything recurs, but only in short pieces and not as a long copy; and places whose copies in the same
    /// document are similar only in parts. Sorted by start. See [`RecurringFinder`](super::RecurringFinder).
    pub unresolved: Vec<Span>,
}
