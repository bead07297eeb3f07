//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
#[doc(hidden)]
pub mod passage;
mod scan;
mod span;
mod stream;

pub use error::Error;
pub use span::Span;
