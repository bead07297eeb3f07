//! The facts about each document, on disk: rows, sketches, ids, changes, the index, and the work folder.
//!
//! In: what the read pass found in the inputs. Out: rows by number, in one numbering of earlier and new documents. This
//! module knows neither the formats of the inputs nor how duplicates are decided.

pub(crate) mod change;
pub(crate) mod corpus_index;
pub(crate) mod document;
pub(crate) mod document_set;
pub(crate) mod ids;
pub(crate) mod numbering;
pub(crate) mod priority;
pub(crate) mod sketches;
pub(crate) mod table;
pub(crate) mod work;
