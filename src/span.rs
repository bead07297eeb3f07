//! Spans: byte ranges of the text that the caller passed.
//!
//! Inside the crate, positions count tokens or squeezed characters. They become a [`Span`] only once, in the
//! last step, in the one module that stores offsets ([`crate::stream`] for passages and diffs). So a span
//! always starts and ends on a character boundary of the caller's text, even if folding changed the
//! characters.

use crate::error::Error;
use std::fmt;
use std::ops::{Index, Range};

/// A half-open range of **bytes** of the caller's text.
///
/// It indexes `str`, `String` and `[u8]`, converts from and to `Range<usize>`, and is `Copy`, which a
/// `Range` is not. `start <= end` holds for every span that this crate makes.
///
/// # Example
/// ```
/// use refrain::Span;
/// let text = "één keer";
/// let span = Span::from(0..5);
/// assert_eq!(&text[span], "één");
/// assert_eq!(span.len(), 5);
/// assert_eq!(span.to_string(), "0..5");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "[usize; 2]", try_from = "[usize; 2]")
)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset of the byte after the last.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to, not including, `end`.
    ///
    /// # Panics
    /// If `start > end`.
    #[inline]
    pub const fn new(start: usize, end: usize) -> Span {
        assert!(start <= end, "a span must not end before it starts");
        Span { start, end }
    }

    /// Length in bytes.
    #[inline]
    pub const fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span holds no byte.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The same as a `Range`, for iteration and for slices of other types.
    #[inline]
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Whether every byte of `other` is in this span. An empty span is in it if its start is between the
    /// bounds, both included.
    #[inline]
    pub const fn covers(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte.
    #[inline]
    pub const fn overlaps(self, other: Span) -> bool {
        let start = if self.start > other.start { self.start } else { other.start };
        let end = if self.end < other.end { self.end } else { other.end };
        start < end
    }
}

/// Gives `[start, end]`, the form in JSON.
impl From<Span> for [usize; 2] {
    fn from(span: Span) -> [usize; 2] {
        [span.start, span.end]
    }
}

impl TryFrom<[usize; 2]> for Span {
    type Error = Error;

    /// # Errors
    /// [`Error::is_corrupt`] if the end is before the start.
    fn try_from([start, end]: [usize; 2]) -> Result<Span, Error> {
        if start <= end {
            return Ok(Span { start, end });
        }
        Err(Error::corrupt(format!("the span [{start}, {end}] ends before it starts")))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<Range<usize>> for Span {
    #[inline]
    fn from(range: Range<usize>) -> Span {
        Span::new(range.start, range.end)
    }
}

impl From<Span> for Range<usize> {
    #[inline]
    fn from(span: Span) -> Range<usize> {
        span.range()
    }
}

impl PartialEq<Range<usize>> for Span {
    fn eq(&self, other: &Range<usize>) -> bool {
        self.range() == *other
    }
}

impl PartialEq<Span> for Range<usize> {
    fn eq(&self, other: &Span) -> bool {
        other == self
    }
}

impl Index<Span> for str {
    type Output = str;
    #[inline]
    fn index(&self, span: Span) -> &str {
        &self[span.range()]
    }
}

impl Index<Span> for String {
    type Output = str;
    #[inline]
    fn index(&self, span: Span) -> &str {
        &self[span.range()]
    }
}

impl Index<Span> for [u8] {
    type Output = [u8];
    #[inline]
    fn index(&self, span: Span) -> &[u8] {
        &self[span.range()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_and_overlaps_agree_with_sets_of_positions() {
        for a in 0..5 {
            for b in a..5 {
                for c in 0..5 {
                    for d in c..5 {
                        let (x, y) = (Span::new(a, b), Span::new(c, d));
                        let shared = (a..b).any(|p| (c..d).contains(&p));
                        assert_eq!(x.overlaps(y), shared);
                        if !y.is_empty() {
                            assert_eq!(x.covers(y), (c..d).all(|p| (a..b).contains(&p)));
                        }
                    }
                }
            }
        }
    }
}
