//! Sketches: a document in a fixed number of slots, such that two documents agree in a slot with probability
//! J.
//!
//! In: texts, or the 64-bit hashes of shingles. Out: [`Sketch`]es, which are compared, united, stored, and cut
//! into bands by [`crate::Index`].
//!
//! The idea: each slot holds the smallest of its hashes over the set. The smallest of a union is the smallest
//! of one side, and both sides have it if and only if it belongs to the intersection. So the share of slots
//! that agree estimates the Jaccard similarity `|A ∩ B| / |A ∪ B|` without bias. How slots are filled fast:
//! [`fast`].
//!
//! Files, bottom to top: [`throw`] (slots, ranks, rounds), `slot_bits`, `estimate`, [`kernel`] (inner loops),
//! [`fast`], `recipe`, `compact`, `weighted`, `sketch`, `codec`, `sketcher`.
//!
//! Cost: about 1.3 ns a shingle from 1,000 shingles on, 0.6 µs for a set of 110, at most 1.3 µs for any
//! shorter one (128 slots, with AVX-512; a seventh more for a set of 110 with AVX2;
//! `cargo bench --bench sketch -- shingles`).
//!
//! Source: Broder 1997, *On the resemblance and containment of documents*, section 3; for the rest see each
//! file.

mod codec;
mod compact;
mod estimate;
mod fast;
pub(crate) mod kernel;
mod recipe;
#[allow(clippy::module_inception, reason = "the file of the type `Sketch`")]
mod sketch;
mod sketcher;
mod slot_bits;
mod throw;
mod weighted;

pub use compact::Compact;
pub(crate) use compact::{packed_is_empty, packed_jaccard, packed_std_error};
pub use estimate::Estimate;
pub use recipe::{Recipe, Weighting};
pub use sketch::Sketch;
pub use sketcher::{Sketcher, SketcherBuilder};
pub use slot_bits::SlotBits;
