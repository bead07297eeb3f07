//! What is written: kept files, lists of what went, the summary and the audit.

pub(crate) mod audit;
pub(crate) mod forecast;
pub(crate) mod index_add;
pub(crate) mod passages;
pub(crate) mod summary;
pub(crate) mod write;
