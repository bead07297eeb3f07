//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod scan;
mod span;
mod stream;

pub use error::Error;
pub use span::Span;
