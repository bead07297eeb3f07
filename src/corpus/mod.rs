//! A corpus: from files to files, in a bounded amount of memory.
//!
//! `spill` is what the others stand on: records sorted beyond memory. `recurring` finds passages that stand in more than one
//! document ([`RecurringFinder`]) and decides what to cut ([`Trimming`]).

mod recurring;
#[cfg_attr(not(test), allow(dead_code, reason = "the pipelines that use it are on the way"))]
mod spill;

pub use recurring::{
    Collected, Collector, Corpus, DocumentStretches, Passages, Recurring, RecurringFinder, RecurringPassage,
    Stretch, Trimming, Verdict,
};
