//! The passage index: compares one text with many texts that were added before.
//!
//! In: texts to store, and queries. Out: the passages that a query shares with each stored text, as
//! [`PassageFinder::between`](super::PassageFinder::between) finds them, and a count of the comparisons that
//! were left out.
//!
//! **Idea.** One table ([`runs`]) stores the seeds of all documents. A query is compared only with the
//! documents that share a seed with it, by the steps of `between`. If more than
//! [`PassageIndex::MOST_DOCUMENTS`] documents contain a seed, it leads to the first
//! [`MOST_DOCUMENTS`](PassageIndex::MOST_DOCUMENTS) of them; [`Capped`](super::Capped) counts the others.
//!
//! **What is stored of a document.** The text, because the ends of spans depend on the text around them, and
//! so that a passage can be shown with its source. The stream, so that a comparison reads only the shared
//! parts of a long document. The seeds. The words are not stored: the search without regard to order reads
//! them from the text each time. (They would take another 1.3 bytes for each byte of text.)
//!
//! **Guarantee.** If a document shares a seed with the query, and none of the shared seeds was capped, its
//! passages are those of `between`, including those found without regard to order (`tests/passage_index.rs`).
//! In a document that shares no seed, `between` finds no passage in order. It may find passages there without
//! regard to order; the index does not find these.
//!
//! **Cost.** See [`PassageIndex`].

mod file;
mod passage_index;
mod runs;

pub use passage_index::{IndexedPassage, PassageIndex};
