//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod span;

pub use error::Error;
pub use span::Span;
