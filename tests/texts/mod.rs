//! Texts for tests, benches and examples. Every text is generated from a seed, so no text of other authors is stored here.
//!
//! | module | gives |
//! | --- | --- |
//! | [`random`] | random numbers |
//! | [`prose`] | prose of any length in eight languages |
//! | [`writer`] | prose in twelve languages that can be edited word by word |
//! | [`pairs`] | two versions of a text: edited, moved, both |
//! | [`planted`] | press releases with known copies; hostile texts with the answer they must give |
//! | [`pages`] | a corpus of pages that look scraped, with known near-duplicates |
//! | [`scraped`] | single pages of which parts stand there again, with their ground truth |
//!
//! A test says `mod texts;`; a bench or an example includes this file by `#[path]`.
#![allow(dead_code, unreachable_pub, reason = "each user needs a part")]

pub mod pages;
pub mod pairs;
pub mod planted;
pub mod prose;
pub mod random;
pub mod scraped;
pub mod writer;

pub use random::Random;
