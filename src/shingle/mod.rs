//! Shingles: the units by which documents are compared.
//!
//! In: the words of a text ([`crate::tokens`]), or its folded characters. Out: a 64-bit number for each window
//! of neighbours, in text order; and exact similarities of the sets of them.
//!
//! The number of a window of words w₁ … wₙ is the polynomial Σ wᵢ Kⁿ⁻ⁱ modulo 2^64. It is computed from two
//! prefixes of the polynomial of the whole text, so it costs three multiplications for any n. Words are
//! 64-bit hashes under the seed of the [`Shingle`], so different windows have equal numbers with a
//! probability of about 2^-60. An author who knows the seed can choose words with equal hashes;
//! [`exact_overlap`] is safe against that. The numbers are not random bits before they are mixed (as a
//! [`crate::Sketcher`] does): the low bits of a polynomial depend on the low bits of the words only.
//!
//! One window ends at every word. It is the shortest that reaches the required weight. A text too short for
//! one window has one shingle, of all its words.
//!
//! **Cost.** About a nanosecond a word; no allocation except for the sets.
//!
//! **Source.** Broder 1997, *On the resemblance and containment of documents* (shingles); Karp & Rabin 1987,
//! *Efficient randomized pattern-matching algorithms* (the polynomial).

mod exact;
mod kernel;
mod set;
mod setting;
mod windows;

pub(crate) use exact::exact_overlap;
pub use set::{Shingles, containment, jaccard};
pub use setting::Shingle;
pub(crate) use windows::NumberSink;
