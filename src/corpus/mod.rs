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
//!                             ├─ candidates  pairs that share a band and whose sketches are similar
//!                             ├─ texts       the texts of the candidates, read again
//!                             ├─ witness     the exact comparison: which document is removed, and for which kept one
//!                             ├─ passages    passages that recur across the kept documents (on request)
//!                             ├─ write       kept files, removed, clusters, rejected
//!                             ├─ index_add   the kept documents, for later jobs (on request)
//!                             ├─ audit       a sample compared with everything (on request)
//!                             └─ summary     the counts of all stages
//! ```
//!
//! # The layers
//! Each folder or file imports only those that come before it in this list:
//!
//! 1. `spill`: records sorted within a budget of memory, on disk if they do not fit.
//! 2. `store`: the facts about each document, on disk: rows, sketches, ids, the index of earlier jobs, the work
//!    folder.
//! 3. `input`: files, packing, formats, the pass that reads all inputs, and the texts that are read again.
//! 4. `settings`, then `context`: the settings of the caller, and what every later stage needs.
//! 5. `decide`: ranks, copies, candidates, witnesses.
//! 6. `recurring`: passages that recur across documents. Of these modules it uses only `spill`; it knows no files of a job.
//! 7. `output`: the files of the output, the summary, the audit, the forecast.
//! 8. `plan`, `job`, `run`: the inputs and the identity of a job, its setters, the list of its stages.
//!
//! All operations on files go through `support::disk`, where tests let each of them fail.
//!
//! # Guarantees
//! - **A witness for each removal.** A document is removed only if a kept document has the same text, or an exact
//!   Jaccard similarity of at least the threshold to it. The similarity is that of the default shingles of both texts as
//!   they are in the files. Both texts are read a second time to compute it.
//! - **One answer.** The output is the same, byte for byte, for any number of threads, any limit of memory and any
//!   order of the arguments.
//! - **Bounded.** Data that grows with the corpus is on disk. Memory holds a few bytes a document (4 for its level, 8 for
//!   its rank unless the keep policy is the first, one bit for each set), buffers of sorts and tables within the budget, and
//!   one or two blocks a thread.
//! - **Nothing is lost silently.** A record that cannot be read is listed with its reason. Documents that were not compared
//!   because their bucket is overfull are counted.
//! - **Whole or not at all.** Each file of the output is put in place in one step. A run that was killed continues
//!   after its last finished stage, or from the last saved position of the read pass, and ends with the same bytes. The
//!   same holds after any error of the disk. Files that a run reads again are under checksums. One run at a time uses an
//!   output folder, a work folder, an index.

mod context;
mod decide;
#[cfg(test)]
mod faults;
pub mod input;
mod job;
mod output;
mod plan;
mod recurring;
mod run;
mod settings;
mod spill;
mod store;

pub use input::encoding::Encoding;
pub use input::formats::Format;
pub use input::settings::WarcRecords;
pub use job::Job;
pub use output::audit::{Audit, Proportion, RecallBin};
pub use output::forecast::Forecast;
pub use output::passages::PassageCounts;
pub use output::summary::Summary;
pub use recurring::{
    Collected, Collector, DocumentStretches, Fate, Recurring, RecurringFinder, RecurringPassage, Stretch,
    Texts, Trimming, recurring,
};
pub use settings::{PassageMode, RepeatMode};
pub use store::corpus_index::merge_indexes;
pub use store::priority::Keep;
