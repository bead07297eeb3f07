//! Deduplication: texts in, an answer for each at once, clusters at the end.
//!
//! In: texts. Out: for each at once a provisional [`Arrival`], and at the end [`Clusters`](crate::Clusters).
//! The idea: [`Dedup`] keeps a sketch of every text, in an index in which queries find only the texts that
//! were similar to no earlier text. `finish` decides again ([`crate::cluster`]), because a later text may be
//! the better one of two, and because texts can be compared exactly then. [`clusters`](clusters()) does the
//! same for texts in memory, always exactly.
//!
//! Files, bottom to top: [`clustering`] (settings of the end), [`exact`] (comparing texts), [`stream`] (the
//! type [`Dedup`]), [`file`], [`keyed`] (keys of the caller), [`all`] (texts in memory).
//!
//! Cost: one sketch and one query a text; memory as stated at [`Dedup`].

mod all;
mod clustering;
mod exact;
mod file;
mod keyed;
mod stream;

pub use all::clusters;
pub use clustering::Clustering;
pub use keyed::{KeyedClusters, KeyedDedup};
pub use stream::{Arrival, Dedup};
