//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod index;
mod parallel;
mod shingle;
mod sketch;
mod span;
mod whole_file;

pub use error::Error;
pub use index::{Bands, DocId, Index, Neighbor, Neighbors};
pub use shingle::Shingle;
pub use sketch::{Compact, Estimate, Method, Recipe, Sketch, Sketcher, SketcherBuilder, SlotBits, Weighting};
pub use span::Span;
