//! The passage index: one text against many that were added before.
//!
//! In: texts to keep, and texts to ask about. Out: the passages that a text asked about shares with each of the kept ones, as
//! [`PassageFinder::between`] would find them, and what was not looked at.
//!
//! **Idea.** The seeds of all documents stand in one table ([`runs`]). A text is compared with the documents that
//! share a seed with it, and with no other; those steps are the ones of `between`. A seed that more than
//! [`PassageIndex::MOST_DOCUMENTS`] documents hold leads to the first so many of them, and the others are counted in [`Capped`].
//!
//! **What is kept of a document.** Its text, for the ends of spans rest on what stands around them, and so that whoever is
//! shown a passage can be shown its source; its stream and the marks in it, so that a comparison reads no more of a
//! long document than what it shares; its seeds. Not its words: the order-free search reads them off
//! the text each time (they would take another 1.3 bytes a byte).
//!
//! **Law.** Of a document that shares a seed with the text, and none of whose shared seeds was capped, the passages are those of
//! `between`, order-free ones included (`tests/passage_index.rs`). Of the others `between` finds no passage in order; what it
//! finds there without regard to order, the index does not.
//!
//! **Cost.** See [`PassageIndex`].

mod file;
mod passage_index;
mod runs;

pub use passage_index::{IndexedPassage, PassageIndex};
