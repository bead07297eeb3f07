//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod scan;
mod shingle;
mod sketch;
mod span;
mod stream;
mod tokens;

pub use error::Error;
pub use shingle::{Shingle, Shingles, containment, jaccard};
pub use sketch::{
    Compact, Estimate, Method, Recipe, SimHash, Sketch, Sketcher, SketcherBuilder, SlotBits, Weighting,
};
pub use span::Span;
