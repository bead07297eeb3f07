//! `refrain` finds text that repeats: inside one text and between texts, in byte ranges of the original.
//!
//! It began with a scraped news article whose body stands in the page twice, the second time run together: headings
//! gone, paragraph breaks lost (`binnengevallen.Daarnaast`). Spaces, punctuation, case and the spelling of
//! characters cost nothing here, because passages are sought in the *squeezed stream* of a text: its letters, marks and digits,
//! folded. Every span that comes back is a range of the text that went in, on character boundaries.
//!
//! # Example: what stands in a text twice?
//! ```
//! let page = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland, the police said.\n\nShare this!\n\n\
//!             Heavy rain closed the coast road on Sunday.Drivers were sent inland, the police said.";
//! for repeat in refrain::repeats(page) {
//!     for &span in &repeat.occurrences {
//!         println!("{span}: {}", &page[span]);
//!     }
//! }
//! # assert_eq!(refrain::repeats(page).len(), 1);
//! ```
//!
//! # Example: the text once
//! ```
//! # let page = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland, the police said.\n\nShare this!\n\n\
//! #             Heavy rain closed the coast road on Sunday.Drivers were sent inland, the police said.";
//! let once = refrain::cleaned(page);
//! assert_eq!(once.matches("Heavy rain").count(), 1);
//! ```
//!
//! # Example: what do two texts share?
//! ```
//! let left = "Quote: “It is a truth universally acknowledged, that a copy must be in want of a source.” End.";
//! let right = "it is a truth universally acknowledged that a copy must be in want of a source";
//! let passages = refrain::passages(left, right);
//! assert_eq!(&left[passages[0].left], "“It is a truth universally acknowledged, that a copy must be in want of a source.”");
//! assert_eq!(passages[0].right, 0..right.len());
//! ```
//!
//! # Example: what changed?
//! ```
//! let (old, new) = ("The ferry leaves at six.\n\nNobody waits.", "The ferry leaves at seven. Nobody waits.");
//! let diff = refrain::diff(old, new);
//! let kinds: Vec<&str> = diff.edits().map(|edit| edit.kind.name()).collect();
//! assert_eq!(kinds, ["equal", "replace", "equal", "format", "equal"]); // six → seven; a paragraph break became a space
//! ```
//!
//! # Example: how alike are two documents?
//! ```
//! let (left, right) = ("The mayor opened the new bridge on Monday.", "the mayor opened the new bridge on Monday");
//! assert_eq!(refrain::jaccard(left, right), 1.0);
//!
//! let sketcher = refrain::Sketcher::default(); // two kilobytes a document, or 128 bytes
//! println!("{}", sketcher.sketch(left).jaccard(&sketcher.sketch(right))); // 1.00 ± 0.01
//! ```
//!
//! # One text against many
//! [`PassageFinder::prepare`] squeezes and seeds a text once; [`PassageFinder::between`] then compares prepared texts, two at a
//! time. A [`PassageIndex`] keeps thousands and compares a new one with those that share something with it:
//! ```
//! # use refrain::{PassageFinder, PassageIndex};
//! # let path = std::env::temp_dir().join(format!("refrain-{}.example", std::process::id()));
//! let mut index = PassageIndex::new(PassageFinder::new())?;
//! let speech = index.add("We shall not rest until every child of this valley can walk to school over a safe bridge.")?;
//! let found = index.query("He said: “We shall not rest, until every child of this valley can walk to school over a safe bridge!”")?;
//! assert_eq!(found.items[0].document, speech);
//! index.save(&path)?; // and tomorrow PassageIndex::load(&path)
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), refrain::Error>(())
//! ```
//!
//! # The rooms
//! `scan` (text to folded characters; the only room that knows Unicode) → `stream` (the squeezed stream and the way back
//! to bytes) → `passage` (seed, block, chain, extend, class, loose, ends, trim; index) and [`diff`](mod@diff) (anchors, skeleton, moves,
//! gaps, tidy, render). For whole documents: `scan` → `tokens` (words as hashes) → `shingle` (windows of words) → `sketch`
//! (sets in a fixed number of slots) → `index` (bands of
//! slots, verified neighbours) → `cluster` (witnesses; `dedup` takes texts one at a time). `similarity` reads both sides.
//! `corpus` (feature) is the document side from files to files, on disk.
//!
//! # Features
//! | feature | what it adds |
//! | --- | --- |
//! | (default) | the library, with `unicode-normalization` as its one dependency (on Linux, `libc`, too) |
//! | `rayon` | sketching in bulk, bulk insertion and clustering on all threads, with the same answers |
//! | `corpus` | the module `corpus`: corpora larger than memory, from files to files |
//! | `cli` | the command `refrain` (argument parsing, JSON, compression, threads) |
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "bench")]
#[doc(hidden)]
pub mod bench;
mod cluster;
#[cfg(feature = "corpus")]
pub mod corpus;
mod dedup;
pub mod diff;
mod error;
mod index;
mod passage;
mod progress;
mod scan;
mod shingle;
mod similarity;
mod sketch;
mod span;
mod stream;
mod support;
mod tokens;

pub use cluster::{Cluster, Clusters, WeakestLink};
pub use dedup::{Arrival, Clustering, Dedup, KeyedClusters, KeyedDedup, clusters};
#[doc(inline)]
pub use diff::{Diff, Differ, Edit, EditKind, diff};
pub use error::Error;
pub use index::{Bands, DocId, Index, Neighbor, Neighbors};
pub use passage::{
    Capped, Found, IndexedPassage, Passage, PassageFinder, PassageIndex, Period, Prepared, Repeat, cleaned,
    passages, repeats,
};
pub use progress::{Progress, ProgressUnit, Watch};
pub use shingle::{Shingle, Shingles, containment, jaccard};
pub use similarity::{Similarity, SimilarityBuilder, similarity};
pub use sketch::{Compact, Estimate, Recipe, Sketch, Sketcher, SketcherBuilder, SlotBits, Weighting};
pub use span::Span;

/// Longest text, in bytes, that is read for passages and diffs: offsets are 32 bits wide.
pub const MAX_TEXT_BYTES: usize = stream::MAX_BYTES;

/// Version of the Unicode Character Database by which texts are folded: major, minor, update.
pub const UNICODE_VERSION: (u8, u8, u8) = scan::UNICODE;
