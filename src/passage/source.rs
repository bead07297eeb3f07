//! A text and its squeezed stream together. They turn positions of the stream into bytes of the text.
//!
//! In: a text and its [`Stream`]. Out: the folded bytes, and for a range of the stream the byte range of the
//! text that it was folded from. If something is left out of the caller's text, the text is a [`View`] of it.

use super::cuts;
use super::view::View;
use crate::span::Span;
use crate::stream::Stream;
use std::ops::Range;

/// A text with its stream.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    stream: &'a Stream,
    /// If the text is not the caller's.
    view: Option<&'a View>,
}

impl<'a> Source<'a> {
    #[cfg_attr(not(feature = "corpus"), allow(dead_code, reason = "used by the module corpus"))]
    pub(crate) fn new(bytes: &'a [u8], stream: &'a Stream) -> Source<'a> {
        Source { bytes, stream, view: None }
    }

    /// A text, or its view if something is left out, with the stream of what is read.
    pub(crate) fn read(bytes: &'a [u8], view: Option<&'a View>, stream: &'a Stream) -> Source<'a> {
        Source { bytes: view.map_or(bytes, View::text), stream, view }
    }

    /// The stream positions that no passage may contain.
    pub(super) fn cuts(self) -> &'a [u32] {
        self.view.map_or(&[], View::stream_cuts)
    }

    /// The longest part of a range of the stream that contains no cut.
    pub(super) fn free_range(self, range: Range<usize>) -> Range<usize> {
        cuts::longest_part(self.cuts(), range)
    }

    /// The longest part of a span that contains no cut.
    pub(super) fn free_span(self, span: Span) -> Span {
        self.view.map_or(span, |view| view.longest_part(span))
    }

    /// The span of the caller's text.
    pub(super) fn original(self, span: Span) -> Span {
        self.view.map_or(span, |view| view.original(span))
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
