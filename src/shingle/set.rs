//! Sets of shingles and their exact similarities. In: texts. Out: sets of numbers, and their Jaccard
//! similarity and containment.

use super::exact::{exact_overlap, ratio};
use super::setting::Shingle;

/// The set of shingles of a text, for comparison with many others.
///
/// # Example
/// ```
/// use refrain::{Shingle, Shingles};
/// let left = Shingles::of("The quick brown fox jumps over the lazy dog.");
/// let right = Shingles::of("the quick brown fox jumps over the lazy cat");
/// assert_eq!((left.len(), right.len()), (5, 5));
/// assert_eq!(left.jaccard(&right), 4.0 / 6.0);
/// assert_eq!(left.containment(&right), 4.0 / 5.0);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Shingles {
    shingle: Shingle,
    short: bool,
    /// Sorted, distinct.
    numbers: Box<[u64]>,
}

impl Shingles {
    /// The default shingles of a text.
    ///
    /// # Cost
    /// O(n log n) for n words, 8 bytes a distinct shingle.
    pub fn of(text: &str) -> Shingles {
        Shingles::by(Shingle::default(), text)
    }

    /// The shingles of a text, cut by a given unit.
    ///
    /// # Panics
    /// If the size of the shingle is out of range.
    pub fn by(shingle: Shingle, text: &str) -> Shingles {
        let mut numbers = Vec::new();
        let short = shingle.for_each(text, |number| numbers.push(number));
        numbers.sort_unstable();
        numbers.dedup();
        Shingles { shingle, short, numbers: numbers.into() }
    }

    /// The number of distinct shingles.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether the text has no letter and no digit.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Whether the text was too short for one shingle: all its words together are its only one.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// The distinct shingles as numbers, ascending.
    pub fn as_slice(&self) -> &[u64] {
        &self.numbers
    }

    /// The Jaccard similarity |A ∩ B| / |A ∪ B|. An empty set shares nothing, not even with another empty
    /// set: 0.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn jaccard(&self, other: &Shingles) -> f64 {
        let shared = self.shared(other);
        ratio(shared, self.len() + other.len() - shared)
    }

    /// The share of this set that the other one contains, |A ∩ B| / |A|; 0 for an empty set.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn containment(&self, other: &Shingles) -> f64 {
        ratio(self.shared(other), self.len())
    }

    /// How many shingles both sets have.
    ///
    /// # Panics
    /// If the two sets are of different units.
    pub fn shared(&self, other: &Shingles) -> usize {
        assert_eq!(self.shingle, other.shingle, "sets of different units cannot be compared");
        let (left, right) = (&self.numbers, &other.numbers);
        let (mut i, mut j, mut shared) = (0, 0, 0);
        while i < left.len() && j < right.len() {
            // Without branches, because which side advances cannot be predicted.
            shared += usize::from(left[i] == right[j]);
            let (left_on, right_on) = (left[i] <= right[j], right[j] <= left[i]);
            i += usize::from(left_on);
            j += usize::from(right_on);
        }
        shared
    }
}

/// The exact Jaccard similarity of two texts, over the default shingles ([`Shingle::ADAPTIVE`]).
///
/// It is 1 for texts that differ in case, spacing and punctuation only, and 0 if nothing is shared or a text
/// has no letter and no digit. For texts too short for one shingle it is 1 if all their words are equal, else
/// 0. Words are compared by their characters, so different words of equal hashes stay different. To compare one text
/// with many, keep its [`Shingles`].
///
/// # Example
/// ```
/// let text = "It was the best of times, it was the worst of times";
/// assert_eq!(refrain::jaccard(text, &text.to_uppercase()), 1.0);
/// assert_eq!(refrain::jaccard("too short", "Too short!"), 1.0);
/// assert_eq!(refrain::jaccard("", ""), 0.0);
/// ```
pub fn jaccard(left: &str, right: &str) -> f64 {
    exact_overlap(&Shingle::default(), left, right).jaccard()
}

/// The exact share of the left text's default shingles that the right text has too.
///
/// # Example
/// ```
/// let part = "it was the age of wisdom";
/// let whole = "It was the best of times; it was the age of wisdom, it was the age of foolishness";
/// assert_eq!(refrain::containment(part, whole), 1.0);
/// assert!(refrain::containment(whole, part) < 0.2);
/// ```
pub fn containment(left: &str, right: &str) -> f64 {
    exact_overlap(&Shingle::default(), left, right).containment_left()
}
