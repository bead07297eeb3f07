//! `refrain` finds text that repeats.
#![warn(missing_docs)]

pub mod diff;
mod error;
mod hash;
mod scan;
mod span;
mod stream;

#[doc(inline)]
pub use diff::{Diff, Differ, Edit, EditKind, diff};
pub use error::Error;
pub use span::Span;
