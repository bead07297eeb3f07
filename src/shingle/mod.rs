//! Shingles: what a document is a set of.
//!
//! In: the words of a text ([`crate::tokens`]), or its folded characters. Out: a 64-bit number for each window
//! of neighbours, in text order; and exact similarities of the sets of them.
//!
//! The number of a window of words w₁ … wₙ is the polynomial Σ wᵢ Kⁿ⁻ⁱ modulo 2^64, from two prefixes of the polynomial of
//! the whole text, so that it costs three multiplications whatever n is. Words are 64-bit hashes, so equal numbers
//! mean equal windows but for a chance of about 2^-60; as random bits the numbers are of no use before they are
//! mixed (which a [`crate::Sketcher`] does): the low bits of a polynomial depend on the low bits of the words only.
//!
//! Windows end at every word, and are the shortest of the wanted weight. A text too short for one window has one
//! shingle, of all its words.
//!
//! **Cost.** About a nanosecond a word; no allocation but for the sets.
//!
//! **Source.** Broder 1997, *On the resemblance and containment of documents* (shingles); Karp & Rabin 1987, *Efficient
//! randomized pattern-matching algorithms* (the polynomial).

mod exact;
mod kernel;
mod set;
mod setting;
mod windows;

#[allow(unused_imports, reason = "read where documents are removed")]
pub(crate) use exact::{Overlap, exact_overlap};
pub use set::{Shingles, containment, jaccard};
pub use setting::Shingle;
pub(crate) use windows::NumberSink;
