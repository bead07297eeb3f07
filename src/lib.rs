//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod error;
mod hash;
mod passage;
mod scan;
mod span;
mod stream;

pub use error::Error;
pub use passage::{
    Capped, Found, Passage, PassageFinder, Period, Prepared, Repeat, cleaned, passages, repeats,
};
pub use span::Span;
