//! Ranks: the order in which documents are preferred.
//!
//! In: the priorities of all documents. Out: the rank of each document, 0 for the best, and the document of each
//! rank. Documents of the index rank before all others, in the order of the index, because they are always kept.
//!
//! **Cost.** Under [`Keep::First`] a rank is the number of the document and nothing is stored. Otherwise a sort
//! on disk and 8 bytes of memory a document.

use crate::corpus::context::Context;
use crate::corpus::spill::{Record, stored_fields};
use crate::corpus::store::document::Document;
use crate::corpus::store::priority::Keep;
use crate::error::Error;

/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// See the [module](self).
pub(crate) enum Ranks {
    ByNumber,
    ByPriority { rank_of: Vec<u32>, document_at: Vec<u32> },
}

impl Ranks {
    /// Bytes of memory for this many documents.
    pub(crate) fn bytes(keep: &Keep, documents: u32) -> u64 {
        if *keep == Keep::First { 0 } else { 8 * u64::from(documents) }
    }

    /// Ranks all documents.
    pub(crate) fn of(context: &Context<'_>) -> Result<Ranks, Error> {
        if context.settings.keep == Keep::First {
            return Ok(Ranks::ByNumber);
        }
        let earlier = context.numbering.earlier();
        let sorter = context.sorter("ranks", 1)?;
        let mut batch = Vec::new();
        for portion in context.documents.portions(earlier, PORTION_BYTES) {
            let (first, rows) = portion?;
            batch.clear();
            let loaded = rows.chunks_exact(Document::BYTES).map(Document::load);
            let ranked = |(number, row): (u32, Document)| Ranked { distance_to_best: !row.priority, number };
            batch.extend((first..).zip(loaded).map(ranked));
            sorter.extend(&batch)?;
        }
        let count = context.numbering.all() as usize;
        let mut document_at: Vec<u32> = Vec::with_capacity(count);
        document_at.extend(0..earlier);
        let mut rank_of = document_at.clone();
        rank_of.resize(count, 0);
        for (rank, ranked) in (earlier..).zip(sorter.finish()?.merged()?) {
            let number = ranked?.number;
            rank_of[number as usize] = rank;
            document_at.push(number);
        }
        Ok(Ranks::ByPriority { rank_of, document_at })
    }

    /// The rank of a document.
    pub(crate) fn rank(&self, document: u32) -> u32 {
        match self {
            Ranks::ByNumber => document,
            Ranks::ByPriority { rank_of, .. } => rank_of[document as usize],
        }
    }

    /// The document of a rank.
    pub(crate) fn document(&self, rank: u32) -> u32 {
        match self {
            Ranks::ByNumber => rank,
            Ranks::ByPriority { document_at, .. } => document_at[rank as usize],
        }
    }
}

/// A document, ordered from the highest priority to the lowest. If priorities are equal, the lower number comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    /// The highest possible priority minus that of the document.
    distance_to_best: u64,
    number: u32,
}

impl Record for Ranked {
    type Key = u64;

    fn key(&self) -> u64 {
        self.distance_to_best
    }

    stored_fields! { distance_to_best: u64, number: u32 }
}
