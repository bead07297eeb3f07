//! What is read: files, their packing, one file a format, and the pass that reads them all.

pub(crate) mod blocks;
pub(crate) mod files;
pub(crate) mod json_lines;
pub(crate) mod packing;
pub(crate) mod parquet;
pub(crate) mod read;
pub(crate) mod settings;
pub(crate) mod texts;
pub(crate) mod warc;
