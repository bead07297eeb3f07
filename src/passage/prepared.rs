//! A text prepared for comparison: its squeezed stream, its seeds and its words.
//!
//! In: a text. Out: its stream at once; its seeds and its words when a search first needs them.

use super::seed::{self, Seed};
use super::source::Source;
use super::unordered;
use super::view::{Omitted, View};
use crate::error::Error;
use crate::span::Span;
use crate::stream::{MAX_BYTES, Stream};
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
    omitted: Omitted,
    /// What is read, if something is left out.
    view: Option<View>,
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
        let (omitted, view) = (Omitted::default(), None);
        Prepared { bytes, text, omitted, view, stream, seeds: OnceLock::new(), words: OnceLock::new() }
    }

    /// Reads a text, with or without its marks.
    pub(super) fn read(
        bytes: &'t [u8],
        text: Option<&'t str>,
        fold_marks: bool,
    ) -> Result<Prepared<'t>, Error> {
        match (fold_marks, text) {
            (true, _) => Prepared::omitting(bytes, text, Omitted { marks: true, ..Omitted::default() }),
            (false, Some(text)) => Prepared::new(text),
            (false, None) => Prepared::from_bytes(bytes),
        }
    }

    fn omitting(bytes: &'t [u8], text: Option<&'t str>, omitted: Omitted) -> Result<Prepared<'t>, Error> {
        if bytes.len() > MAX_BYTES {
            return Prepared::from_bytes(bytes);
        }
        let text = text.or_else(|| std::str::from_utf8(bytes).ok());
        let mut view = View::new(bytes, &omitted);
        let stream = view.stream()?;
        Ok(Prepared { omitted, view: Some(view), ..Prepared::of(bytes, text, stream) })
    }

    /// The same text, without what the spans contain. Ignored text counts for nothing, as punctuation does: texts
    /// that differ only in ignored text are equal, and passages go across it. Spans of the answers still slice the
    /// whole text. The spans may overlap and may be in any order.
    ///
    /// The text is read again, and takes as much memory once more.
    ///
    /// # Errors
    /// [`Error::is_setting`] if a span is not inside the text or cuts a character; [`Error::is_too_large`].
    ///
    /// # Example
    /// ```
    /// use refrain::{PassageFinder, Prepared, Span};
    /// let monday = "On day 17 the gauge at the old bridge stood at 412 centimetres, and the ferry stayed in port.";
    /// let sunday = "On day 23 the gauge at the old bridge stood at 397 centimetres, and the ferry stayed in port.";
    /// let numbers = [Span::new(7, 9), Span::new(47, 50)];
    /// let [left, right] = [monday, sunday].map(|text| Prepared::new(text)?.ignoring(&numbers));
    /// let passages = PassageFinder::new().between(&left?, &right?)?.items;
    /// assert_eq!((passages[0].identity, &monday[passages[0].left]), (1.0, monday));
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn ignoring(self, spans: &[Span]) -> Result<Prepared<'t>, Error> {
        let Prepared { bytes, text, mut omitted, .. } = self;
        Omitted::set(bytes, spans)?.iter().for_each(|range| omitted.ignored.insert(range));
        Prepared::omitting(bytes, text, omitted)
    }

    /// The same text, for a search outside these spans: quotations, a bibliography, a template. No passage
    /// contains any of their text or goes across it. The spans may overlap and may be in any order.
    ///
    /// A passage that was found without regard to order ([`order_free`](crate::PassageFinder::order_free)) and that
    /// would go across a span is cut to its longest part; its identity is that of the whole.
    ///
    /// The text is read again, and takes as much memory once more.
    ///
    /// # Errors
    /// As [`ignoring`](Self::ignoring).
    ///
    /// # Example
    /// ```
    /// use refrain::{PassageFinder, Prepared, Span};
    /// let quotation = "It is a truth universally acknowledged, that a copy must be in want of a source.";
    /// let essay = format!("She begins so: {quotation} And she goes on.");
    /// let source = Prepared::new(quotation)?;
    /// let whole = Prepared::new(&essay)?;
    /// assert_eq!(PassageFinder::new().between(&whole, &source)?.items.len(), 1);
    /// let own = whole.excluding(&[Span::new(15, 15 + quotation.len())])?;
    /// assert_eq!(PassageFinder::new().between(&own, &source)?.items, []);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn excluding(self, spans: &[Span]) -> Result<Prepared<'t>, Error> {
        let Prepared { bytes, text, mut omitted, .. } = self;
        Omitted::set(bytes, spans)?.iter().for_each(|range| omitted.excluded.insert(range));
        Prepared::omitting(bytes, text, omitted)
    }

    /// Whether the text is read without its marks.
    pub(super) fn folds_marks(&self) -> bool {
        self.omitted.marks
    }

    /// Whether text is ignored or excluded.
    pub(super) fn has_gaps(&self) -> bool {
        self.omitted.has_spans()
    }

    /// Whether something of the text is left out, so that its stream is not that of the whole text.
    pub(crate) fn is_partial(&self) -> bool {
        !self.omitted.is_nothing()
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
        let view = self.view.as_ref().map_or(0, View::heap_bytes);
        self.stream.heap_bytes() + view + seeds + self.words.get().map_or(0, unordered::Text::heap_bytes)
    }

    /// The squeezed stream of what is read.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The stream, and the view that it is of, if something is left out; everything else is dropped.
    pub(super) fn into_stream(self) -> (Stream, Option<View>) {
        (self.stream, self.view)
    }

    /// The seeds, by hash and then position.
    pub(crate) fn seeds(&self) -> &[Seed] {
        self.seeds.get_or_init(|| seed::sorted(self.stream.folded()))
    }

    /// The text with its stream.
    pub(crate) fn source(&self) -> Source<'_> {
        Source::read(self.bytes, self.view.as_ref(), &self.stream)
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
