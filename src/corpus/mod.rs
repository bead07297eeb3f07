//! A corpus: deduplication from files to files, in a bounded amount of memory.
//!
//! In: a [`Job`]: files of JSON lines, Parquet, WARC or plain text, packed or not, and settings. Out: the same files
//! without near-duplicates, and for each removed document the kept one that it was verified against, with their
//! exact similarity.
//!
//! # The stages
//! ```text
//! input ─ packing ─ formats ─ read ──► tables on disk: a row, a sketch, an id for each document
//!                             │
//!                             ├─ rank        which of two documents is preferred (keep policy)
//!                             ├─ copies      texts that are equal byte for byte
//!                             ├─ candidates  pairs that share a band and look alike
//!                             ├─ texts       the texts of those, read again
//!                             ├─ witness     the exact comparison: who is removed, and against which kept document
//!                             ├─ passages    what recurs across the kept documents (on request)
//!                             ├─ write       kept files, removed, clusters, rejected
//!                             ├─ index_add   the kept documents, for later jobs (on request)
//!                             ├─ audit       a sample compared with everything (on request)
//!                             └─ summary     the counts of all stages
//! ```
//!
//! # The layers
//! Each folder or file imports only those before it:
//!
//! 1. `spill`: records sorted within a budget of memory, on disk if they do not fit.
//! 2. `store`: what is known of each document, on disk: rows, sketches, ids, the index of earlier jobs, the work
//!    folder.
//! 3. `input`: files, packing, formats, the pass that reads everything, and texts read again.
//! 4. `settings`, then `context`: what the caller asked for, and what every later stage needs.
//! 5. `decide`: ranks, copies, candidates, witnesses.
//! 6. `recurring`: passages that recur across documents. It knows no files of a job; `spill` is all it needs.
//! 7. `output`: the files of the output, the summary, the audit, the forecast.
//! 8. `plan`, `job`, `run`: the inputs and the identity of a job, its setters, the list of its stages.
//!
//! # What holds
//! - **A witness for each removal.** A document is removed only if a kept document has the same text, or an exact
//!   Jaccard similarity of at least the threshold to it, over the default shingles of both texts as they are in the
//!   files. Both texts are read a second time for that.
//! - **One answer.** The output is the same, byte for byte, for any number of threads, any limit of memory and any
//!   order of the arguments.
//! - **Bounded.** What grows with the corpus is on disk. In memory: a few bytes a document (levels 4, keep policies
//!   other than the first 8, sets a bit each), buffers of sorts and tables within the budget, and a block or two a
//!   thread.
//! - **Nothing is lost silently.** A record that cannot be read is listed with its reason; what an overfull bucket
//!   hid is counted.
//! - **Whole or not at all.** Each file of the output is put in place in one step. A run that was killed continues
//!   after its last finished stage, or from the last noted place of the reading, and ends with the same bytes.

mod context;
mod decide;
pub mod input;
mod job;
mod output;
mod plan;
mod recurring;
mod run;
mod settings;
mod spill;
mod store;

pub use input::formats::Format;
pub use job::Job;
pub use output::audit::{Audit, Proportion, RecallBin};
pub use output::forecast::Forecast;
pub use output::passages::PassageCounts;
pub use output::summary::Summary;
pub use recurring::{
    Collected, Collector, DocumentStretches, Fate, Recurring, RecurringFinder, RecurringPassage, Stretch,
    Texts, Trimming, recurring,
};
pub use settings::PassageMode;
pub use store::corpus_index::merge_indexes;
pub use store::priority::Keep;
