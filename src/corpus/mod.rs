//! A corpus: from files to files, in a bounded amount of memory.
//!
//! [`spill`] is what the others stand on: records sorted beyond memory.

#[cfg_attr(not(test), allow(dead_code, reason = "the pipelines that use it are on the way"))]
mod spill;
