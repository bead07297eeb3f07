//! What is known of each document, on disk.

pub(crate) mod archive;
pub(crate) mod document;
pub(crate) mod document_set;
pub(crate) mod sketches;
pub(crate) mod table;
pub(crate) mod texts;
pub(crate) mod work;
