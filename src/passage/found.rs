//! Results: the types that a search returns.

use crate::span::Span;

/// Lowest identity of a reported passage. Below it, two texts share phrases by chance.
pub(crate) const LEAST_IDENTITY: f64 = 0.7;

/// A passage that occurs in one text at least twice.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Repeat {
    /// Where it occurs, in bytes of the text, in text order; occurrences do not overlap.
    pub occurrences: Vec<Span>,
    /// The lowest identity of an occurrence with the best-formatted one, from 0 to 1: `2 × matched / (left +
    /// right)`, counted in squeezed characters (letters, marks and digits after folding). 1.0 if all differ
    /// only in case, space and punctuation.
    pub identity: f64,
    /// Set if the occurrences follow each other without a gap, as the periods of one periodic stretch.
    pub period: Option<Period>,
}

/// The period of a periodic stretch: text that repeats itself without anything between its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[non_exhaustive]
pub struct Period {
    /// Squeezed characters in the smallest period. If the period is shorter than 16 bytes of folded text, an
    /// occurrence contains several periods.
    pub characters: usize,
}

/// A passage that two texts share.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Passage {
    /// Where it is in the left text, in bytes.
    pub left: Span,
    /// Where it is in the right text, in bytes.
    pub right: Span,
    /// From 0 to 1: `2 × matched / (left + right)`, counted in squeezed characters, from an alignment of the
    /// folded texts. For a passage that was found without regard to order, the same formula counts words (by
    /// their first six letters), in any order.
    pub identity: f64,
}

/// What a search found, and what it left out.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Found<T> {
    /// What is reported, in text order.
    pub items: Vec<T>,
    /// Passages that were found and verified, but are too short, too dissimilar, or part of a longer passage;
    /// in text order. Empty unless [`PassageFinder::suppressed`](crate::PassageFinder::suppressed) is on.
    pub suppressed: Vec<T>,
    /// What was not compared.
    pub capped: Capped,
}

/// Comparisons that a limit left out. The limits keep the time nearly linear on hostile or very repetitive
/// text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
#[non_exhaustive]
pub struct Capped {
    /// Pairs of equal seeds that were not compared directly. Their text is usually still covered, through the
    /// occurrences between them.
    pub pairs: u64,
}
