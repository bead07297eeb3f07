//! Small helpers that do not depend on text.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`atomic_file`] | files that appear whole or not at all |
//! | [`bit_set`] | sets of small numbers, a bit each |
//! | [`cpu`] | which instructions the processor has |
//! | [`disk`] | operations on files, which tests can let fail |
//! | [`hash`] | the 64-bit hash, its seeds and checksums |
//! | [`huge_pages`] | large memory on large pages |
//! | [`interval_set`] | sets of ranges that do not touch |
//! | `ordered_workers` | work on a stream of blocks by several threads, results in order (feature `corpus`) |
//! | [`radix`] | stable sorts by a number |
//! | [`scratch`] | memory that a call leaves for the next one on the same thread |
//! | [`sealed_file`] | files under checksums |
//! | `serde_text` | serde for types that are read and written as text (feature `serde`) |
//! | [`threads`] | plain loops, or the threads of rayon |

pub(crate) mod atomic_file;
pub(crate) mod bit_set;
pub(crate) mod cpu;
pub(crate) mod disk;
#[cfg(feature = "corpus")]
pub(crate) mod fast_map;
pub(crate) mod hash;
pub(crate) mod huge_pages;
pub(crate) mod interval_set;
#[cfg(feature = "corpus")]
pub(crate) mod ordered_workers;
pub(crate) mod radix;
pub(crate) mod scratch;
pub(crate) mod sealed_file;
#[cfg(feature = "serde")]
pub(crate) mod serde_text;
pub(crate) mod threads;
