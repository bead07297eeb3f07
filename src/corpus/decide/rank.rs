//! Ranks: the order in which documents are preferred.
//!
//! In: the priorities of all documents. Out: the rank of each document, 0 for the best, and the document of each
//! rank. Documents of the index rank before all others, in the order of the index, because they are always kept.
//!
//! If documents that others cover are removed, passages have an order of their own ([`Ranks::for_coverage`]): by the keep policy, then
//! the longest first. It does not depend on the order in which documents are read. A text that a longer one holds is therefore
//! covered wherever it comes. With the order of reading, the short one would hold the passage if it came first, the long one
//! would be too long to be covered, and both would stay.
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
    /// Bytes of memory for this many documents; `by_length` if they are also ranked for coverage.
    pub(crate) fn bytes(keep: &Keep, by_length: bool, documents: u32) -> u64 {
        let orders = u64::from(*keep != Keep::First) + u64::from(by_length);
        orders * 8 * u64::from(documents)
    }

    /// Ranks all documents.
    pub(crate) fn of(context: &Context<'_>) -> Result<Ranks, Error> {
        if context.settings.keep == Keep::First {
            return Ok(Ranks::ByNumber);
        }
        let ranked = |number: u32, row: Document| Ranked { distance_to_best: !row.priority, number };
        Ranks::sorted("ranks", context, ranked, |ranked| ranked.number)
    }

    /// Ranks all documents for passages, if documents that others cover are removed.
    pub(crate) fn for_coverage(context: &Context<'_>) -> Result<Ranks, Error> {
        let is_first = context.settings.keep == Keep::First;
        let by_length = |number: u32, row: Document| ByLength {
            distance_to_best: if is_first { 0 } else { !row.priority },
            distance_to_longest: !row.shingles,
            content: row.content,
            number,
        };
        Ranks::sorted("ranks-by-length", context, by_length, |ranked| ranked.number)
    }

    /// Ranks the new documents in the order of these records.
    fn sorted<R: Record>(
        name: &'static str,
        context: &Context<'_>,
        record: impl Fn(u32, Document) -> R,
        number: impl Fn(R) -> u32,
    ) -> Result<Ranks, Error> {
        let earlier = context.numbering.earlier();
        let sorter = context.sorter(name, 1)?;
        let mut batch = Vec::new();
        for portion in context.documents.portions(earlier, PORTION_BYTES) {
            let (first, rows) = portion?;
            batch.clear();
            let loaded = rows.chunks_exact(Document::BYTES).map(Document::load);
            batch.extend((first..).zip(loaded).map(|(number, row)| record(number, row)));
            sorter.extend(&batch)?;
        }
        let count = context.numbering.all() as usize;
        let mut document_at: Vec<u32> = Vec::with_capacity(count);
        document_at.extend(0..earlier);
        let mut rank_of = document_at.clone();
        rank_of.resize(count, 0);
        for (rank, ranked) in (earlier..).zip(sorter.finish()?.merged()?) {
            let number = number(ranked?);
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

/// A document, ordered by the keep policy, then from the longest to the shortest. Equally long ones are ordered by content, not by
/// number, so that the order of reading has no effect.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ByLength {
    /// 0 if the policy is to keep the first one.
    distance_to_best: u64,
    /// The highest possible number of shingles minus that of the document. A text has at least as many as any part of it.
    distance_to_longest: u32,
    content: u128,
    number: u32,
}

impl Record for ByLength {
    type Key = u64;

    fn key(&self) -> u64 {
        self.distance_to_best
    }

    stored_fields! { distance_to_best: u64, distance_to_longest: u32, content: u128, number: u32 }
}
