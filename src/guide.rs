//! The guide: choosing settings, coming from other tools, how it works.
//!
//! These pages are the files of the folder `docs`. They hold no code of the crate.

#[doc = include_str!("../docs/settings.md")]
pub mod settings {}

#[doc = include_str!("../docs/coming-from.md")]
pub mod coming_from {}

#[doc = include_str!("../docs/how-it-works.md")]
pub mod how_it_works {}
