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

/// What shows that a passage is shared: how its two sides agree.
///
/// As text and in JSON: `ordered`, `reordered`, `summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[non_exhaustive]
pub enum Evidence {
    /// The letters of both sides agree in the same order, perhaps with edits.
    Ordered,
    /// The words of both sides agree beyond chance, in another order or among other words.
    Reordered,
    /// One side, mostly the shorter, has far more words of the other than the text around it has. Only if
    /// [`PassageFinder::summaries`](crate::PassageFinder::summaries) is on.
    Summary,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Evidence::Ordered => "ordered",
            Evidence::Reordered => "reordered",
            Evidence::Summary => "summary",
        })
    }
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
    /// From 0 to 1: `2 × matched / (left + right)`. For [`Evidence::Ordered`] it counts squeezed characters,
    /// from an alignment of the folded texts. For the other kinds it counts words (by their first six
    /// letters), in any order; it is then at least 0.4, except for [`Evidence::Summary`].
    pub identity: f64,
    /// What shows that the passage is shared.
    pub evidence: Evidence,
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
