//! A text and its squeezed stream together. They turn positions of the stream into bytes of the text.
//!
//! In: a text and its [`Stream`]. Out: the folded bytes, and for a range of the stream the byte range of the
//! text that it was folded from.

use crate::stream::Stream;
use std::ops::Range;

/// A text with its stream.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    stream: &'a Stream,
}

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8], stream: &'a Stream) -> Source<'a> {
        Source { bytes, stream }
    }

    /// The text.
    pub(crate) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The squeezed stream: the folded letters, marks and digits of the text.
    pub(crate) fn folded(self) -> &'a [u8] {
        self.stream.folded()
    }

    /// The bytes of the text that contain the character at stream position `at`.
    pub(crate) fn character(self, at: usize) -> Range<usize> {
        self.stream.character(self.bytes, at)
    }

    /// The bytes of the text that a range of the stream was folded from.
    pub(crate) fn span(self, range: Range<usize>) -> Range<usize> {
        self.stream.source(self.bytes, range)
    }

    /// Prefetches the memory that `character` and `span` read for these stream positions. The positions are
    /// scattered, so each would wait for main memory.
    pub(super) fn fetch(self, places: impl Iterator<Item = usize> + Clone) {
        self.stream.fetch(self.bytes, places);
    }
}
