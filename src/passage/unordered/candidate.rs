//! A candidate: two stretches that share words, and the conditions under which they are reported.

use super::ranges::ByteRange;
use super::units::Text;

/// Least number of distinct words that both sides of a passage contain.
pub(super) const MIN_SHARED: u32 = 18;
/// Least length of either side, in bytes.
pub(super) const MIN_BYTES: u32 = 100;
/// If copies contain this many percent of a candidate's shared words, the copies are reported instead.
const COPIED_PERCENT: usize = 80;

/// A passage found without regard to order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) left: ByteRange,
    pub(super) right: ByteRange,
    /// Distinct words that both sides contain.
    pub(super) shared: u32,
}

impl Candidate {
    /// Whether the copies contain nearly all distinct words that both sides share. The candidate then adds
    /// nothing to the copies, and their ends are exact. `copies` are the texts of the copies on the left.
    pub(super) fn is_copied<'a>(
        &self,
        left: &Text,
        right: &Text,
        copies: impl Iterator<Item = &'a [u8]>,
    ) -> bool {
        let mut copied: Vec<u64> = copies.flat_map(|copy| Text::of(copy).words).collect();
        copied.sort_unstable();
        let on_right = sorted_words(right, self.right);
        let mut shared = sorted_words(left, self.left);
        shared.dedup();
        shared.retain(|word| on_right.binary_search(word).is_ok());
        let held = shared.iter().filter(|word| copied.binary_search(word).is_ok()).count();
        100 * held >= COPIED_PERCENT * shared.len()
    }

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
    let words = match text.units.get(text.units_in(bytes).units()) {
        Some([first, .., last]) => first.words.start..last.words.end,
        Some([only]) => only.words.clone(),
        _ => 0..0,
    };
    let mut words = text.words[words].to_vec();
    words.sort_unstable();
    words
}
