//! The trait by which readers receive the scan.

use super::class::Class;

/// Receives what the scan finds, in text order. Offsets are bytes of the caller's text.
pub(crate) trait Sink {
    /// A run of ASCII, unchanged (not folded), from byte `start`. Its characters fold by [`super::ASCII`];
    /// none of them joins another.
    fn ascii(&mut self, start: usize, run: &[u8]);

    /// A folded character from the source bytes `start..end`. Characters of one cluster have the same bytes
    /// and follow each other.
    fn kept(&mut self, start: usize, end: usize, folded: char, class: Class);

    /// A separator at `start..end`.
    fn separator(&mut self, start: usize, end: usize, class: Class);

    /// A cluster begins at `start`. It joins nothing before it, even if it begins with a mark.
    fn cluster(&mut self, _start: usize) {}
}
