//! A candidate: two stretches that share words, and their identity.

use super::ranges::ByteRange;
use super::units::Text;
use crate::passage::found::Evidence;

/// Least length of either side, in bytes.
pub(super) const MIN_BYTES: u32 = 100;

/// A passage found without regard to order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) left: ByteRange,
    pub(super) right: ByteRange,
    pub(super) evidence: Evidence,
}

impl Candidate {
    /// `2 × shared / (left + right)` over the words of the two sides. A repeated word counts repeatedly.
    pub(super) fn identity(&self, left: &Text, right: &Text) -> f64 {
        let (left, right) = (sorted_words(left, self.left), sorted_words(right, self.right));
        let (mut at_left, mut at_right, mut shared) = (0, 0, 0);
        while at_left < left.len() && at_right < right.len() {
            let (here, there) = (left[at_left], right[at_right]);
            shared += (here == there) as usize;
            at_left += (here <= there) as usize;
            at_right += (there <= here) as usize;
        }
        2.0 * shared as f64 / (left.len() + right.len()).max(1) as f64
    }
}

/// Words of the units that overlap these bytes, sorted.
fn sorted_words(text: &Text, bytes: ByteRange) -> Vec<u64> {
    let mut words = text.words[text.words_in(text.units_in(bytes))].to_vec();
    words.sort_unstable();
    words
}
