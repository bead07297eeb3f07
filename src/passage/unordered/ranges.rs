//! Half-open ranges: of bytes of a text, and of its units.

use std::ops::Range;

/// Bytes of a text, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ByteRange {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl ByteRange {
    pub(super) fn len(self) -> u32 {
        self.end - self.start
    }

    /// The number of bytes in both.
    pub(super) fn overlap(self, other: ByteRange) -> u32 {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }

    /// Whether the two share a byte.
    pub(super) fn meets(self, other: ByteRange) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether the other is inside this one.
    pub(super) fn covers(self, other: ByteRange) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that contains both.
    pub(super) fn hull(self, other: ByteRange) -> ByteRange {
        ByteRange { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// Units of a text by their numbers, half open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnitRange {
    pub(super) start: usize,
    pub(super) end: usize,
}

impl UnitRange {
    pub(super) fn units(self) -> Range<usize> {
        self.start..self.end
    }
}
