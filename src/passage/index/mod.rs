//! The passage index: one text against many that were added before.
//!
//! In: texts to keep, and queries. Out: the passages that a query shares with each of the kept texts, as
//! [`PassageFinder::between`](super::PassageFinder::between) finds them, and a count of what was not compared.
//!
//! **Idea.** One table ([`runs`]) holds the seeds of all documents. A query is compared with the documents that
//! share a seed with it, and with no others, by the steps of `between`. A seed that more than
//! [`PassageIndex::MOST_DOCUMENTS`] documents hold leads to the first so many of them; [`Capped`](super::Capped) counts the others.
//!
//! **What is kept of a document.** Its text, because the ends of spans depend on the text around them, and so that a passage can be shown
//! with its source. Its stream, so that a comparison reads only the shared parts of a long document. Its seeds. Not its words: the
//! search without regard to order reads them from the text each time (they would take another 1.3 bytes a byte).
//!
//! **Guarantee.** If a document shares a seed with the query, and none of the shared seeds was capped, its passages are those of
//! `between`, those without regard to order included (`tests/passage_index.rs`). In a document that shares no seed, `between` finds no
//! passage in order; the passages that it finds there without regard to order the index does not find.
//!
//! **Cost.** See [`PassageIndex`].

mod file;
mod passage_index;
mod runs;

pub use passage_index::{IndexedPassage, PassageIndex};
