//! Ordered copies, as the search without regard to order sees them: two ranges and their words.
//!
//! In: the copies of two texts. Out: those that overlap a pair of ranges, and their words.

use super::ranges::ByteRange;
use super::units::Text;

/// The ordered copies between two texts.
pub(super) struct Copies<'t> {
    /// Left and right side of each, by left start.
    sides: Vec<(ByteRange, ByteRange)>,
    /// For each copy, the greatest left end of the copies up to it.
    ends: Vec<u32>,
    left: &'t [u8],
}

/// The copies that overlap a pair of ranges on both sides.
pub(super) struct Overlapping {
    /// How many they are.
    pub(super) count: usize,
    /// The words of their parts inside the left range, sorted.
    pub(super) words: Vec<u64>,
}

impl<'t> Copies<'t> {
    /// Copies as left and right ranges, and the left text.
    pub(super) fn new(mut sides: Vec<(ByteRange, ByteRange)>, left: &'t [u8]) -> Copies<'t> {
        sides.sort_unstable();
        let ends = sides.iter().scan(0, |most, side| {
            *most = side.0.end.max(*most);
            Some(*most)
        });
        Copies { ends: ends.collect(), sides, left }
    }

    /// The copies that overlap `left` and `right`.
    pub(super) fn overlapping(&self, left: ByteRange, right: ByteRange) -> Overlapping {
        let mut found = Overlapping { count: 0, words: Vec::new() };
        let behind = self.sides.partition_point(|side| side.0.start < left.end);
        for at in (0..behind).rev().take_while(|&at| self.ends[at] > left.start) {
            let (on_left, on_right) = self.sides[at];
            if on_left.meets(left) && on_right.meets(right) {
                found.count += 1;
                // Only the part inside the range: a long copy overlaps many ranges.
                let part = on_left.start.max(left.start) as usize..on_left.end.min(left.end) as usize;
                found.words.extend(Text::of(&self.left[part]).words);
            }
        }
        found.words.sort_unstable();
        found
    }
}
