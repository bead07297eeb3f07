//! The index: which of many documents are similar to this one?
//!
//! In: sketches of one [`Recipe`](crate::Recipe). Out: the numbers of similar documents with their estimated
//! similarity, best first, each verified; and how many entries were not checked. The idea: cut every sketch
//! into [`Bands`]; documents that agree on a whole band are candidates; a candidate is reported only if the
//! estimate over *all* its slots reaches the threshold.
//!
//! Files, bottom to top: [`table`] (one hash table), [`bands`] (settings and their recall), [`rows`] (stored
//! sketches and their keys), [`removed`], [`buckets`] (the tables of one band), [`index`] (the type),
//! [`insert`], [`query`], [`file`].
//!
//! Memory: four bits a slot ([`rows`]) and an entry in the table of every band ([`table`]): 229 bytes a
//! document with the default 256 slots and 16 bands of 8 rows. Few bits of many slots are more precise than
//! many bits of few: the standard error of 256 slots of 4 bits is 0.026 at J = 0.8, that of 128 slots of 8
//! bits, which take the same memory, is 0.035. With fewer than 4 bits the keys of most bands are too short.
//!
//! Deterministic: ids follow the order of insertion. Buckets are ordered by id, and answers by similarity and
//! then by id. Bulk insertion gives every band to one thread, and the bands share nothing.
//!
//! Source: banding as in [`bands`]; the longer keys of full buckets are prefixes as in *LSH Forest* (Bawa,
//! Condie, Ganesan 2005).

mod bands;
mod buckets;
mod doc_id;
mod file;
#[allow(clippy::module_inception, reason = "the file of the type `Index`")]
mod index;
mod insert;
mod query;
mod removed;
mod rows;
mod table;

pub use bands::Bands;
pub(crate) use bands::check_duplicates;
pub use doc_id::DocId;
pub(crate) use file::BLOCK_DOCUMENTS;
pub use index::Index;
pub use query::{Neighbor, Neighbors};
pub(crate) use rows::Rows;
pub(crate) use table::Table;
