//! Small helpers that know nothing of text: processor features, huge pages, sorting, scratch memory, files, threads, hashing.

#[cfg(feature = "corpus")]
pub(crate) mod atomic_file;
pub(crate) mod bit_set;
pub(crate) mod cpu;
pub(crate) mod hash;
pub(crate) mod huge_pages;
pub(crate) mod interval_set;
#[cfg(feature = "corpus")]
pub(crate) mod ordered_workers;
pub(crate) mod radix;
pub(crate) mod scratch;
pub(crate) mod sealed_file;
pub(crate) mod threads;
