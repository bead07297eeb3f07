//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod index;
mod parallel;
mod span;
mod whole_file;

pub use error::Error;
pub use index::{Bands, DocId, Index, Neighbor, Neighbors};
pub use span::Span;
