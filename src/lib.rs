//! `refrain` finds text that repeats.
#![warn(missing_docs)]

mod cluster;
mod dedup;
mod error;
mod hash;
mod index;
mod parallel;
mod scan;
mod shingle;
mod sketch;
mod span;
mod stream;
mod tokens;
mod whole_file;

pub use cluster::{Cluster, Clusters, Link};
pub use dedup::{Dedup, Verdict, clusters};
pub use error::Error;
pub use index::{Bands, DocId, Index, Neighbor, Neighbors};
pub use shingle::{Shingle, Shingles, containment, jaccard};
pub use sketch::{
    Compact, Estimate, Method, Recipe, SimHash, Sketch, Sketcher, SketcherBuilder, SlotBits, Weighting,
};
pub use span::Span;
