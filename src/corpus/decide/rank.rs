//! Ranks: the order in which documents are preferred.
//!
//! In: the merits of all documents. Out: each document's rank, 0 for the best, and the reverse. Under [`Keep::First`] both are
//! the number of the document, and nothing is held; otherwise 8 bytes a document. Documents of earlier jobs come before all
//! others, in their own order: they were kept, and stay so.

use crate::corpus::spill::{Record, Sorter, stored_fields};
use crate::corpus::store::document::Document;
use crate::corpus::store::priority::Keep;
use crate::corpus::store::table::Table;
use crate::corpus::store::work::Work;
use crate::error::Error;

/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// See the [room](self).
pub(crate) enum Ranks {
    ByNumber,
    ByMerit { of: Vec<u32>, at: Vec<u32> },
}

impl Ranks {
    /// Bytes of memory for so many documents.
    pub(crate) fn bytes(keep: &Keep, documents: u32) -> u64 {
        if *keep == Keep::First { 0 } else { 8 * u64::from(documents) }
    }

    /// Ranks all documents, of which the first `earlier` are those of earlier jobs, sorting within `budget` bytes.
    pub(crate) fn of(
        keep: &Keep,
        documents: &Table,
        earlier: u32,
        work: &Work,
        budget: usize,
    ) -> Result<Ranks, Error> {
        if *keep == Keep::First {
            return Ok(Ranks::ByNumber);
        }
        let sorter = Sorter::new(work.place("ranks"), budget)?;
        let mut merits = Vec::new();
        for portion in documents.portions(earlier, PORTION_BYTES) {
            let (first, rows) = portion?;
            merits.clear();
            let loaded = rows.chunks_exact(Document::BYTES).map(Document::load);
            merits.extend((first..).zip(loaded).map(|(number, row)| Merit { lack: !row.priority, number }));
            sorter.extend(&merits)?;
        }
        let mut at: Vec<u32> = Vec::with_capacity(documents.rows() as usize);
        at.extend(0..earlier);
        let mut of = at.clone();
        of.resize(documents.rows() as usize, 0);
        for (rank, merit) in (earlier..).zip(sorter.finish()?.merged()?) {
            let number = merit?.number;
            of[number as usize] = rank;
            at.push(number);
        }
        Ok(Ranks::ByMerit { of, at })
    }

    /// The rank of a document.
    pub(crate) fn rank(&self, document: u32) -> u32 {
        match self {
            Ranks::ByNumber => document,
            Ranks::ByMerit { of, .. } => of[document as usize],
        }
    }

    /// The document of a rank.
    pub(crate) fn document(&self, rank: u32) -> u32 {
        match self {
            Ranks::ByNumber => rank,
            Ranks::ByMerit { at, .. } => at[rank as usize],
        }
    }
}

/// A document and what it lacks to the highest merit: the best come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Merit {
    lack: u64,
    number: u32,
}

impl Record for Merit {
    type Key = u64;

    fn key(&self) -> u64 {
        self.lack
    }

    stored_fields! { lack: u64, number: u32 }
}
