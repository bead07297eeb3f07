//! Building a stream. In: folded characters with their source offsets, or bytes of a window that are kept.
//! Out: the folded bytes and the marks.

use super::squeeze;
use crate::scan::{Class, Sink};
use crate::support::huge_pages;

/// Source bytes between marks.
pub(super) const MARK_EVERY: usize = squeeze::BLOCK;

/// A place where the scan can start again: the character at byte `source` of the text has the position
/// `stream` in the stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    pub(super) stream: u32,
    pub(super) source: u32,
}

/// A stream under construction, and the place where the next mark is due.
pub(super) struct Builder {
    pub(super) folded: Vec<u8>,
    pub(super) marks: Vec<Mark>,
    /// Source offset from which the next mark is due.
    next_mark: usize,
    /// Start of the last wide character: if the next one has the same start, it came from the same cluster.
    last: usize,
}

impl Builder {
    /// A builder for a text of `length` bytes.
    pub(super) fn new(length: usize) -> Builder {
        Builder {
            // Nearly all text folds to fewer bytes than it has: English press releases to three quarters.
            folded: huge_pages::vec(length / 8 * 7 + 64),
            marks: Vec::with_capacity(length / MARK_EVERY + 1),
            next_mark: 0,
            last: usize::MAX,
        }
    }

    #[inline]
    fn mark(&mut self, source: usize) {
        if source >= self.next_mark {
            self.marks.push(Mark { stream: self.folded.len() as u32, source: source as u32 });
            self.next_mark = source + MARK_EVERY;
        }
    }

    /// Sets the mark that is due in a window of 64 bytes, if one is. `bases` are the starts of characters
    /// that join nothing before them, `kept` the bytes that are added to the stream.
    #[inline]
    pub(super) fn mark_in(&mut self, source: usize, bases: u64, kept: u64) {
        let due = self.next_mark.saturating_sub(source);
        let later = bases & u64::MAX.checked_shl(due as u32).unwrap_or(0);
        // The very first character need not be a base, because nothing is before it.
        let places = if self.marks.is_empty() { later | 1 } else { later };
        if places != 0 {
            let place = places.trailing_zeros();
            let before = kept & ((1 << place) - 1);
            let stream = self.folded.len() as u32 + before.count_ones();
            self.marks.push(Mark { stream, source: source as u32 + place });
            self.next_mark = source + place as usize + MARK_EVERY;
        }
    }
}

impl Sink for Builder {
    #[inline]
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (index, block) in run.chunks(MARK_EVERY).enumerate() {
            self.mark(start + index * MARK_EVERY);
            let mut squeezed = [0; squeeze::BLOCK + 8];
            let length = squeeze::squeeze(block, &mut squeezed);
            self.folded.extend_from_slice(&squeezed[..length]);
        }
    }

    #[inline]
    fn kept(&mut self, start: usize, _: usize, folded: char, class: Class) {
        // The scan cannot start again inside a cluster, or at a mark that belongs to the character before.
        // (It can at the very first character, which has nothing before it.)
        if self.marks.is_empty() || (start != self.last && class != Class::Mark) {
            self.mark(start);
        }
        self.last = start;
        let mut bytes = [0; 4];
        let length = self.folded.len() + folded.encode_utf8(&mut bytes).len();
        // All four bytes are copied, because the compiler knows that count. Calls that copied three bytes
        // took a seventh of the time for Thai.
        self.folded.extend_from_slice(&bytes);
        self.folded.truncate(length);
    }

    #[inline]
    fn cluster(&mut self, start: usize) {
        self.mark(start);
    }

    #[inline]
    fn separator(&mut self, start: usize, _: usize, _: Class) {
        // After a separator nothing can join, so a long stretch of separators gets marks too.
        self.mark(start);
    }
}
