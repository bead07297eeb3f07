//! Which documents go: equal texts, candidates, and the exact comparison that decides.

pub(crate) mod candidates;
pub(crate) mod copies;
pub(crate) mod rank;
pub(crate) mod witness;
