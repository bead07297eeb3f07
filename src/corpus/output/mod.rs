//! The files that a job writes: kept files, lists, passages, the summary, additions to the index. Also the audit, which
//! measures the result, and the forecast, which estimates the disk space.
//!
//! In: the tables and the decisions. Out: the files of the output folder, each whole or not at all.

pub(crate) mod audit;
pub(crate) mod forecast;
pub(crate) mod gaps;
pub(crate) mod index_add;
pub(crate) mod json_lines;
pub(crate) mod kept_files;
pub(crate) mod lists;
pub(crate) mod owner;
pub(crate) mod passages;
pub(crate) mod summary;
pub(crate) mod write;
