//! Ways to verify a pair: by the estimate, by sets of shingles in memory, by texts of the caller.
//!
//! In: two document numbers and the estimate of their similarity. Out: the verified similarity, if it reaches
//! the threshold. The idea: exact comparison starts some standard errors below the threshold, so that it also
//! finds pairs that were underestimated. Sets of hashes decide first; a pair that reaches the threshold is
//! compared again by the characters of its words, so that words chosen to have equal hashes cannot remove a
//! text.
//!
//! Cost: a merge of two sorted sets for each pair, and about twice the time of making both sets for each pair
//! that reaches the threshold.

use std::cell::OnceCell;

use crate::cluster::Verify;
use crate::index::Rows;
use crate::shingle::{Shingle, Shingles, exact_overlap};
use crate::sketch::{Estimate, Recipe, Weighting, packed_std_error};

/// Pairs whose estimate is this many standard errors below the threshold are not compared exactly.
const DOUBT: f64 = 5.0;

/// The least estimate of pairs to compare exactly.
pub(super) fn least_estimate(threshold: f64, rows: &Rows) -> f64 {
    threshold - DOUBT * packed_std_error(threshold, rows.slots(), rows.bits())
}

/// Verification by the estimate over all slots.
pub(super) struct Estimated {
    pub(super) threshold: f64,
}

impl Verify for Estimated {
    fn pairs_of(&self, _: u32) -> impl Fn(u32, Estimate) -> Option<Estimate> {
        |_, estimate| Some(estimate).filter(|estimate| estimate.value >= self.threshold)
    }

    fn least_estimate(&self) -> f64 {
        self.threshold
    }
}

/// Verification by texts in memory and the sets of their default shingles.
pub(super) struct BySets<'s, T> {
    pub(super) texts: &'s [T],
    pub(super) sets: &'s [Shingles],
    pub(super) threshold: f64,
    pub(super) least_estimate: f64,
}

impl<T: AsRef<str> + Sync> Verify for BySets<'_, T> {
    fn pairs_of(&self, id: u32) -> impl Fn(u32, Estimate) -> Option<Estimate> {
        move |other, _| {
            let hashed = self.sets[id as usize].jaccard(&self.sets[other as usize]);
            let [left, right] = [id, other].map(|id| self.texts[id as usize].as_ref());
            let by_words = || jaccard_by_words(Shingle::default(), left, right);
            reaching(self.threshold, hashed).and_then(|_| reaching(self.threshold, by_words()))
        }
    }

    fn least_estimate(&self) -> f64 {
        self.least_estimate
    }
}

/// An exact similarity, if it reaches the threshold.
fn reaching(threshold: f64, value: f64) -> Option<Estimate> {
    Some(Estimate::exact(value)).filter(|_| value >= threshold)
}

/// The Jaccard similarity of two texts, by the characters of their words.
fn jaccard_by_words(shingle: Shingle, left: &str, right: &str) -> f64 {
    let overlap = exact_overlap(&shingle, left, right);
    let all = overlap.left + overlap.right - overlap.shared;
    if all == 0 { 0.0 } else { overlap.shared as f64 / all as f64 }
}

/// Calls its second argument with the text of the document of that number, if there is one.
pub(super) type TextsByNumber<'f> = dyn Fn(u32, &mut dyn FnMut(&str)) + Sync + 'f;

/// Verification by texts that the caller returns by number.
pub(super) struct ByTexts<'t> {
    /// Calls its argument with the text of a document, if there is one.
    pub(super) texts: &'t TextsByNumber<'t>,
    pub(super) recipe: &'t Recipe,
    pub(super) threshold: f64,
    pub(super) least_estimate: f64,
}

impl ByTexts<'_> {
    /// The result of a function of a text, if there is the text.
    fn with<R>(&self, id: u32, function: impl FnOnce(&str) -> R) -> Option<R> {
        let (mut function, mut result) = (Some(function), None);
        (self.texts)(id, &mut |text| result = function.take().map(|function| function(text)));
        result
    }

    /// The exact similarity of two texts if it reaches the threshold. Otherwise a value below the threshold.
    fn compared(&self, own: &(String, Members), text: &str) -> f64 {
        let hashed = own.1.jaccard(&Members::of(self.recipe, text));
        match &own.1 {
            Members::Set(_) if hashed >= self.threshold => {
                jaccard_by_words(self.recipe.shingle(), &own.0, text)
            }
            _ => hashed,
        }
    }
}

impl Verify for ByTexts<'_> {
    fn pairs_of(&self, id: u32) -> impl Fn(u32, Estimate) -> Option<Estimate> {
        // Read when the first candidate is compared; most documents have none.
        let own: OnceCell<Option<(String, Members)>> = OnceCell::new();
        move |other, estimate| {
            let read = |text: &str| (text.to_owned(), Members::of(self.recipe, text));
            let own = own.get_or_init(|| self.with(id, read)).as_ref();
            let exact = own.and_then(|own| self.with(other, |text| self.compared(own, text)));
            let jaccard = exact.map_or(estimate, Estimate::exact);
            Some(jaccard).filter(|jaccard| jaccard.value >= self.threshold)
        }
    }

    fn least_estimate(&self) -> f64 {
        self.least_estimate
    }
}

/// The members of a document as its recipe counts them.
enum Members {
    /// Each shingle once. In a sketch of weights every shingle of a text weighs 1.
    Set(Shingles),
    /// All occurrences, sorted. Only their hashes are compared.
    Occurrences(Vec<u64>),
}

impl Members {
    fn of(recipe: &Recipe, text: &str) -> Members {
        let shingle: Shingle = recipe.shingle();
        match recipe.weighting() {
            Weighting::Distinct | Weighting::Weights => Members::Set(Shingles::by(shingle, text)),
            Weighting::Occurrences => {
                let mut all = Vec::new();
                shingle.for_each(text, |number| all.push(number));
                all.sort_unstable();
                Members::Occurrences(all)
            }
        }
    }

    fn jaccard(&self, other: &Members) -> f64 {
        match (self, other) {
            (Members::Set(left), Members::Set(right)) => left.jaccard(right),
            (Members::Occurrences(left), Members::Occurrences(right)) => jaccard_of_counts(left, right),
            _ => unreachable!("both are of one recipe"),
        }
    }
}

/// `Σ min / Σ max` of the counts of two sorted lists; 0 if both are empty.
fn jaccard_of_counts(left: &[u64], right: &[u64]) -> f64 {
    let (mut at, mut shared) = (0, 0);
    for number in left {
        at += right[at..].iter().take_while(|&other| other < number).count();
        if right.get(at) == Some(number) {
            shared += 1;
            at += 1;
        }
    }
    let all = left.len() + right.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_compared_by_minimum_and_maximum() {
        assert_eq!(jaccard_of_counts(&[1, 1, 1, 2, 4], &[1, 1, 3, 4, 4]), 3.0 / 7.0);
        assert_eq!(jaccard_of_counts(&[], &[1]), 0.0);
        assert_eq!(jaccard_of_counts(&[], &[]), 0.0);
    }
}
