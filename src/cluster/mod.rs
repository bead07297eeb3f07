//! Clusters: which documents are kept, and for each removed one the document that its removal was verified
//! against.
//!
//! In: rows of sketches and a content digest of every document, an order of preference, and a way to verify a
//! pair. Out: [`Clusters`].
//!
//! *Witness mode* ([`by_witness`]), the default: documents are taken in order of preference. One with a
//! verified similarity of at least the threshold to a document already kept is removed, and the most similar
//! kept document is its witness; any other is kept. So every removed document has a similar kept one, and a
//! chain of documents, each similar to the next, does not collapse into its first. Only kept documents are
//! indexed, and those are not similar to each other, so no bucket fills up, whatever the number of copies.
//!
//! *Connected components* ([`by_components`]), on request: documents are in one cluster if a chain of
//! verified similarities of any length links them. Each cluster shows its weakest link, without which it
//! would fall apart; it is found by growing a maximum spanning forest (Kruskal 1956), in memory for one edge
//! a document. Common practice takes the components of unverified buckets, which once put 28.8 million
//! documents of ClueWeb22 into one cluster.
//!
//! Byte-equal documents are collapsed before either mode runs. Blocks of fixed size make the answer
//! independent of the number of threads.
//!
//! Files, bottom to top: [`clusters`] (the answer), [`documents`] (the input), [`witness`] and [`components`]
//! (the two modes).
//!
//! Cost: one query of the index a document.

mod clusters;
mod components;
mod documents;
mod witness;

pub use clusters::{Cluster, Clusters, WeakestLink};
pub(crate) use components::by_components;
pub(crate) use documents::{Documents, Preference, Verify};
pub(crate) use witness::by_witness;
