//! What readers of the scan are given.

use super::class::Class;

/// Takes what the scan finds, in text order. Offsets are bytes of the caller's text.
pub(crate) trait Sink {
    /// A run of ASCII, as it stands in the text (not folded), from byte `start`. Its characters fold by
    /// [`ASCII`]; none of them joins another.
    fn ascii(&mut self, start: usize, run: &[u8]);

    /// A folded character that came from the bytes `start..end`. Characters that came from one cluster
    /// have the same bytes, which then come several times running.
    fn kept(&mut self, start: usize, end: usize, folded: char, class: Class);

    /// A separator at `start..end`.
    fn separator(&mut self, start: usize, end: usize, class: Class);

    /// A cluster begins at `start` that joins nothing before it, though it begins with a mark.
    fn cluster(&mut self, _start: usize) {}
}
