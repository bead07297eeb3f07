//! Copies: documents whose texts are equal byte for byte.
//!
//! In: 128 bits of each text. Out: the best-ranked document of each text, and its copies. What the bits say is checked later on
//! the texts themselves ([`crate::corpus::decide::witness`]): a collision costs time, never a document.
//!
//! Texts without letters and digits resemble nothing, not even each other, as everywhere in this crate; they are all kept.

use crate::corpus::decide::rank::Ranks;
use crate::corpus::spill::{Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::document::Document;
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::table::Table;
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;

/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// A copy and the first of its text, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Copy {
    pub(crate) first: u32,
    pub(crate) copy: u32,
}

/// The copies, by their firsts.
pub(crate) struct Copies {
    pub(crate) pairs: Sorted<Copy>,
    /// The copies alone.
    pub(crate) set: Bits,
}

/// Finds the copies, among all but the first `earlier` documents.
pub(crate) fn find(
    documents: &Table,
    earlier: u32,
    ranks: &Ranks,
    work: &Work,
    budget: usize,
    watch: &Watch,
) -> Result<Copies, Error> {
    if let Some(pairs) = Sorted::open(work.place("copies"))? {
        return Copies::of(pairs, documents.rows());
    }
    let texts = Sorter::new(work.place("texts-by-content"), budget / 2)?;
    let mut batch = Vec::new();
    for portion in documents.portions(0, PORTION_BYTES) {
        let (first, rows) = portion?;
        watch.tell("finding copies", ProgressUnit::Documents, first.into(), Some(documents.rows().into()))?;
        batch.clear();
        let loaded = (first..).zip(rows.chunks_exact(Document::BYTES).map(Document::load));
        batch.extend(
            loaded
                .filter(|(_, row)| row.shingles > 0)
                .map(|(number, row)| Text { content: row.content, rank: ranks.rank(number) }),
        );
        texts.extend(&batch)?;
    }
    let texts = texts.finish()?;
    let copies = Sorter::new(work.place("copies"), budget / 2)?;
    let (mut last, mut found) = (None, Vec::new());
    for text in texts.merged()? {
        let text: Text = text?;
        match last {
            // Those of earlier jobs rank first, and none of them goes.
            Some(Text { content, .. }) if content == text.content && text.rank < earlier => {}
            Some(Text { content, rank }) if content == text.content => {
                found.push(Copy { first: ranks.document(rank), copy: ranks.document(text.rank) });
                if found.len() == PORTION_BYTES / Copy::BYTES {
                    copies.extend(&found)?;
                    found.clear();
                }
            }
            _ => last = Some(text),
        }
    }
    copies.extend(&found)?;
    let mut pairs = copies.finish()?;
    pairs.save()?;
    Copies::of(pairs, documents.rows())
}

impl Copies {
    fn of(pairs: Sorted<Copy>, documents: u32) -> Result<Copies, Error> {
        let mut set = Bits::none(documents);
        for pair in pairs.merged()? {
            set.insert(pair?.copy);
        }
        Ok(Copies { pairs, set })
    }
}

/// A text by its content; of equal ones the best-ranked first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Text {
    content: u128,
    rank: u32,
}

impl Record for Text {
    type Key = u128;

    fn key(&self) -> u128 {
        self.content
    }

    stored_fields! { content: u128, rank: u32 }
}

impl Record for Copy {
    type Key = u32;

    fn key(&self) -> u32 {
        self.first
    }

    stored_fields! { first: u32, copy: u32 }
}
