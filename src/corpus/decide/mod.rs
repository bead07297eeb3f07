//! Which documents are removed: the order of preference, equal texts, candidate pairs, and the exact comparison
//! that decides.
//!
//! In: the tables of documents and sketches, and the texts. Out: a list of removals, each with the kept document
//! that it was verified against.

pub(crate) mod candidates;
pub(crate) mod copies;
pub(crate) mod rank;
#[cfg(test)]
mod synthetic;
pub(crate) mod witness;
