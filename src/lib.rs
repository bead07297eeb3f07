//! `refrain` finds text that repeats: passages inside one text and between texts, near-duplicate documents, and what
//! changed between two versions. Results are byte ranges of the original text.
//!
//! Case, spaces, punctuation and Unicode forms are folded for the comparison only, in every script and without
//! language settings. So a copy is found although it lost its paragraph breaks (`binnengevallen.Daarnaast`), its headings
//! or its spaces, or was edited.
//!
//! | task | start with |
//! | --- | --- |
//! | [What occurs in a text twice?](#what-occurs-in-a-text-twice) | [`repeats`], [`cleaned`], [`trimmed`] |
//! | [What do two texts share?](#what-do-two-texts-share) | [`passages`] |
//! | [What changed?](#what-changed) | [`diff`](diff()) |
//! | [How alike are two documents?](#how-alike-are-two-documents) | [`jaccard`], [`similarity`], [`Sketcher`] |
//! | [Which of these texts are near-duplicates?](#which-of-these-texts-are-near-duplicates) | [`clusters`], [`Dedup`] |
//! | [Which of millions resembles this one?](#which-of-millions-resembles-this-one) | [`Index`] |
//! | [Which of thousands shares a passage with this one?](#which-of-thousands-shares-a-passage-with-this-one) | [`PassageIndex`] |
//! | [A corpus from files to files](#a-corpus-from-files-to-files) | `corpus::Job` (feature `corpus`) |
//!
//! The [`guide`] helps to choose settings, to come from other tools, and to understand how it works.
//!
//! # What occurs in a text twice?
//! ```
//! let page = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland, the police said.\n\nShare this!\n\n\
//!             Heavy rain closed the coast road on Sunday.Drivers were sent inland, the police said.";
//! for repeat in refrain::repeats(page) {
//!     for span in repeat.occurrences {
//!         println!("{span}: {}", &page[span]);
//!     }
//! }
//! assert_eq!(refrain::repeats(page).len(), 1);
//!
//! // The text once: the copy with the better format stays.
//! let once = refrain::cleaned(page);
//! assert_eq!(once.matches("Heavy rain").count(), 1);
//! ```
//! Settings and texts that are compared many times: [`PassageFinder`], [`Prepared`].
//!
//! # What do two texts share?
//! ```
//! let left = "Quote: “It is a truth universally acknowledged, that a copy must be in want of a source.” End.";
//! let right = "it is a truth universally acknowledged that a copy must be in want of a source";
//! let passages = refrain::passages(left, right);
//! assert_eq!(&left[passages[0].left], "“It is a truth universally acknowledged, that a copy must be in want of a source.”");
//! assert_eq!(passages[0].right, 0..right.len());
//! ```
//!
//! # What changed?
//! Edits tile both texts. A paragraph that moved is one move, and a lost paragraph break is a change of format, not of words.
//! ```
//! let (old, new) = ("The ferry leaves at six.\n\nNobody waits.", "The ferry leaves at seven. Nobody waits.");
//! let diff = refrain::diff(old, new);
//! let kinds: Vec<&str> = diff.edits().map(|edit| edit.kind.name()).collect();
//! assert_eq!(kinds, ["equal", "replace", "equal", "format", "equal"]); // six → seven; a paragraph break became a space
//! ```
//! Settings: [`Differ`]. Unified diffs and word-by-word changes: [`Diff`].
//!
//! # How alike are two documents?
//! ```
//! let (left, right) = ("The mayor opened the new bridge on Monday.", "the mayor opened the new bridge on Monday");
//! assert_eq!(refrain::jaccard(left, right), 1.0); // exact
//!
//! let sketcher = refrain::Sketcher::default(); // two kilobytes a document, or 128 bytes (Sketch::compact)
//! let estimate = sketcher.sketch(left).jaccard(&sketcher.sketch(right));
//! println!("{estimate}"); // with its standard error
//! ```
//! [`similarity`] gives five shares in one call: Jaccard, both containments, and how much of each side lies in shared passages.
//!
//! # Which of these texts are near-duplicates?
//! In memory and exactly:
//! ```
//! # let first = "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
//! #     residents who live close to it. It will decide next month, said the mayor on Wednesday morning.";
//! let texts = [first, "Something else happened in another town.", &first.replace("Tuesday", "tuesday")];
//! let clusters = refrain::clusters(&texts);
//! for (removed, witness) in clusters.removed() {
//!     println!("text {removed} is a near-duplicate of text {}: {}", witness.id, witness.jaccard);
//! }
//! assert_eq!(clusters.kept().count(), 2);
//! ```
//! One at a time, without holding the texts. Similarities are then *estimated* from sketches; [`Clustering::verify_with`]
//! compares exactly at the end, if the texts can be read again:
//! ```
//! use refrain::{Clustering, Dedup, Sketcher};
//! # let first = "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
//! #     residents who live close to it. It will decide next month, said the mayor on Wednesday morning.";
//! # let texts = [first, "Something else happened in another town.", &first.replace("Tuesday", "tuesday")];
//! let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
//! for text in texts {
//!     let arrival = dedup.push(text);
//!     if let Some(earlier) = arrival.resembles {
//!         println!("text {} resembles text {}: {} (estimated)", arrival.id, earlier.id, earlier.jaccard);
//!     }
//! }
//! let exact = Clustering::new().verify_with(|id| Some(texts[id.position()]));
//! let clusters = dedup.finish_with(&exact)?; // or finish(), which rests on the estimates
//! assert_eq!(clusters.kept().count(), 2);
//! # Ok::<(), refrain::Error>(())
//! ```
//! With keys of your own, such as paths: [`KeyedDedup`].
//!
//! # Which of millions resembles this one?
//! ```
//! use refrain::{Bands, Index, Sketcher};
//! let sketcher = Sketcher::default();
//! let mut index = Index::new(sketcher.recipe(), Bands::for_recall(0.8, 0.95, 256)?)?;
//! let speech = "We shall not rest until every child of this valley can walk to school over a safe bridge.";
//! let id = index.insert(&sketcher.sketch(speech))?; // 0, 1, 2, …: the caller keeps its own keys
//! let found = index.neighbors(&sketcher.sketch(&speech.to_uppercase()), 0.8)?;
//! assert_eq!(found.items[0].id, id);
//! # let path = std::env::temp_dir().join(format!("refrain-{}.index", std::process::id()));
//! index.save(&path)?; // and tomorrow Index::load(&path, sketcher.recipe())
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), refrain::Error>(())
//! ```
//!
//! # Which of thousands shares a passage with this one?
//! ```
//! use refrain::{PassageFinder, PassageIndex};
//! # let path = std::env::temp_dir().join(format!("refrain-{}.passages", std::process::id()));
//! let mut index = PassageIndex::new(PassageFinder::new())?;
//! let speech = index.add("We shall not rest until every child of this valley can walk to school over a safe bridge.")?;
//! let found = index.query("He said: “We shall not rest, until every child of this valley can walk to school over a safe bridge!”")?;
//! assert_eq!(found.items[0].document, speech);
//! index.save(&path)?; // and tomorrow PassageIndex::load(&path)
//! # std::fs::remove_file(&path).unwrap();
//! # Ok::<(), refrain::Error>(())
//! ```
//!
//! # A corpus from files to files
//! Larger than memory; each removed document has a kept witness that was compared exactly. With feature `corpus`:
#![cfg_attr(feature = "corpus", doc = "```")]
#![cfg_attr(not(feature = "corpus"), doc = "```ignore")]
//! use refrain::corpus::Job;
//! # let folder = std::env::temp_dir().join(format!("refrain-lib-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! let crawl = folder.join("crawl.jsonl");
//! # let text = "The council met on Tuesday evening to discuss the new bridge over the river";
//! # let line = |id: u32| format!("{{\"id\": {id}, \"text\": \"{text}\"}}\n");
//! # std::fs::write(&crawl, line(1) + &line(2)).unwrap();
//! let summary = Job::new([crawl], folder.join("clean")).threshold(0.8).memory(1 << 30).run()?;
//! println!("{} kept, {} removed", summary.kept, summary.removed);
//! # assert_eq!((summary.kept, summary.removed), (1, 1));
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), refrain::Error>(())
//! ```
//! The command `refrain dedup` (package `refrain-cli`) is this job with options.
//!
//! # Features
//! | feature | what it adds |
//! | --- | --- |
//! | (default) | the library, with `unicode-normalization` and `xxhash-rust` (on Linux also `libc`) |
//! | `rayon` | sketching, insertion and clustering on all threads, with the same answers |
//! | `corpus` | the module `corpus`: corpora larger than memory, from files to files (JSON lines, Parquet, WARC, plain text; packed or not) |
//! | `serde` | `Serialize` and `Deserialize` for settings and results, with the field names of the command's JSON |
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cluster;
#[cfg(feature = "corpus")]
pub mod corpus;
mod dedup;
pub mod diff;
mod error;
pub mod guide;
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
    Capped, Cut, Evidence, Found, IndexedPassage, Passage, PassageFinder, PassageIndex, Period, Prepared,
    Repeat, Trimmed, cleaned, passages, repeats, trimmed,
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

/// The code of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
