//! A text prepared for comparison: its squeezed stream, its seeds and its words.
//!
//! In: a text. Out: its stream at once; its seeds and its words when a search first needs them.

use super::seed::{self, Seed};
use super::source::Source;
use super::unordered;
use crate::error::Error;
use crate::stream::Stream;
use std::sync::OnceLock;

/// A text that is read once and then compared many times, by [`PassageFinder`](crate::PassageFinder),
/// [`PassageIndex`](crate::PassageIndex) or [`Differ`](crate::Differ). It borrows the text.
///
/// It stores the *squeezed stream* of the text: its letters, marks and digits after folding. The search for
/// passages needs seeds, and the search for reworded passages needs words. Both are computed when first
/// needed, and then kept. Several threads may share one prepared text.
///
/// Memory: see [`heap_bytes`](Self::heap_bytes). For English press releases it is 1.6 bytes for each byte of
/// text, seeds included.
///
/// # Example
/// ```
/// use refrain::{Differ, PassageFinder, Prepared};
/// let old = Prepared::new("The ferry leaves at six, and the harbour cafe opens an hour before that, at five.")?;
/// let new = Prepared::new("The ferry leaves at SIX, and the harbour cafe opens an hour before that, at five!")?;
/// assert_eq!(PassageFinder::new().between(&old, &new)?.items.len(), 1);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared<'t> {
    bytes: &'t [u8],
    /// The same bytes, if they are valid UTF-8.
    text: Option<&'t str>,
    stream: Stream,
    seeds: OnceLock<Vec<Seed>>,
    words: OnceLock<unordered::Text>,
}

impl<'t> Prepared<'t> {
    /// Reads a text.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of more than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES).
    pub fn new(text: &'t str) -> Result<Prepared<'t>, Error> {
        Ok(Prepared::of(text.as_bytes(), Some(text), Stream::of(text)?))
    }

    /// Reads bytes that may not be valid UTF-8. Invalid bytes separate words, as punctuation does. Spans are
    /// ranges of `bytes`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_bytes(bytes: &'t [u8]) -> Result<Prepared<'t>, Error> {
        let text = std::str::from_utf8(bytes).ok();
        // The stream of a `str` is not checked again.
        let stream = text.map_or_else(|| Stream::of_bytes(bytes), Stream::of)?;
        Ok(Prepared::of(bytes, text, stream))
    }

    fn of(bytes: &'t [u8], text: Option<&'t str>, stream: Stream) -> Prepared<'t> {
        Prepared { bytes, text, stream, seeds: OnceLock::new(), words: OnceLock::new() }
    }

    /// The bytes of the text.
    pub fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// The text; `None` if it was prepared [`from_bytes`](Self::from_bytes) that are not valid UTF-8.
    pub fn text(&self) -> Option<&'t str> {
        self.text
    }

    /// Bytes of memory in use now, without the text itself.
    pub fn heap_bytes(&self) -> usize {
        let seeds = self.seeds.get().map_or(0, |seeds| seeds.capacity() * size_of::<Seed>());
        self.stream.heap_bytes() + seeds + self.words.get().map_or(0, unordered::Text::heap_bytes)
    }

    /// The squeezed stream.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The stream; everything else is dropped.
    pub(crate) fn into_stream(self) -> Stream {
        self.stream
    }

    /// The seeds, by hash and then position.
    pub(crate) fn seeds(&self) -> &[Seed] {
        self.seeds.get_or_init(|| seed::sorted(self.stream.folded()))
    }

    /// The text with its stream.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::new(self.bytes, &self.stream)
    }

    /// This text as one side of a comparison.
    pub(super) fn side(&self) -> Side<'_> {
        Side { source: self.source(), seeds: self.seeds(), words: &self.words }
    }
}

/// One side of a comparison of two texts.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) source: Source<'a>,
    /// By hash and then position. Seeds that the other side does not have may be missing.
    pub(super) seeds: &'a [Seed],
    /// Made when first needed.
    pub(super) words: &'a OnceLock<unordered::Text>,
}

impl<'a> Side<'a> {
    /// The words and units of the text.
    pub(super) fn words(self) -> &'a unordered::Text {
        self.words.get_or_init(|| unordered::Text::of(self.source.bytes()))
    }
}
