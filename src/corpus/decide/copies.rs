//! Copies: documents whose texts are equal byte for byte.
//!
//! In: a 128-bit digest of each text. Out: pairs, each the best-ranked document of a text and a copy of it.
//! [`crate::corpus::decide::witness`] compares the bytes before it removes a copy, so a collision of digests costs
//! time but removes nothing.
//!
//! In this crate, texts without letters and digits resemble nothing, not even each other. So all of them are kept.
//!
//! **Cost.** Two sorts on disk; one bit of memory a document.

use crate::corpus::context::Context;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::spill::{Record, Sorted, stored_fields};
use crate::corpus::store::document::Document;
use crate::corpus::store::document_set::Bits;
use crate::error::Error;

/// The name of the saved pairs.
const COPIES: &str = "copies";
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// A copy and the best-ranked document with its text, by number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct CopyPair {
    pub(crate) first: u32,
    pub(crate) copy: u32,
}

/// The copies of a corpus.
pub(crate) struct Copies {
    /// Sorted by the document that they are copies of.
    pub(crate) pairs: Sorted<CopyPair>,
    /// The copies, without the documents that they are copies of.
    pub(crate) set: Bits,
}

/// Finds the copies. Documents of the index are never copies.
pub(crate) fn find(context: &Context<'_>, ranks: &Ranks) -> Result<Copies, Error> {
    if let Some(pairs) = context.saved(COPIES)? {
        return Copies::of(pairs, context.numbering.all());
    }
    let by_content = by_content(context, ranks)?;
    let copies = context.sorter(COPIES, 2)?;
    let (mut first, mut batch) = (None, Vec::new());
    for document in by_content.merged()? {
        let document: ByContent = document?;
        let Some(ByContent { rank, .. }) = first.filter(|first| document.has_content_of(first)) else {
            first = Some(document);
            continue;
        };
        // Documents of the index rank first, and none of them is removed.
        if context.numbering.is_earlier(document.rank) {
            continue;
        }
        batch.push(CopyPair { first: ranks.document(rank), copy: ranks.document(document.rank) });
        if batch.len() == PORTION_BYTES / CopyPair::BYTES {
            copies.extend(&batch)?;
            batch.clear();
        }
    }
    copies.extend(&batch)?;
    let mut pairs = copies.finish()?;
    pairs.save()?;
    Copies::of(pairs, context.numbering.all())
}

/// All documents with a letter or digit, sorted by the digest of their text.
fn by_content(context: &Context<'_>, ranks: &Ranks) -> Result<Sorted<ByContent>, Error> {
    let sorter = context.sorter("texts-by-content", 2)?;
    let mut batch = Vec::new();
    for portion in context.documents.portions(0, PORTION_BYTES) {
        let (first, rows) = portion?;
        context.tell_documents("finding copies", first, context.numbering.all())?;
        batch.clear();
        let loaded = (first..).zip(rows.chunks_exact(Document::BYTES).map(Document::load));
        let with_letters = loaded.filter(|(_, row)| row.shingles > 0);
        batch.extend(
            with_letters.map(|(number, row)| ByContent { content: row.content, rank: ranks.rank(number) }),
        );
        sorter.extend(&batch)?;
    }
    sorter.finish()
}

impl Copies {
    fn of(pairs: Sorted<CopyPair>, documents: u32) -> Result<Copies, Error> {
        let mut set = Bits::none(documents);
        for pair in pairs.merged()? {
            set.insert(pair?.copy);
        }
        Ok(Copies { pairs, set })
    }
}

/// A document, sorted by the digest of its text. If digests are equal, the best-ranked document comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ByContent {
    content: u128,
    rank: u32,
}

impl ByContent {
    fn has_content_of(&self, other: &ByContent) -> bool {
        self.content == other.content
    }
}

impl Record for ByContent {
    type Key = u128;

    fn key(&self) -> u128 {
        self.content
    }

    stored_fields! { content: u128, rank: u32 }
}

impl Record for CopyPair {
    type Key = u32;

    fn key(&self) -> u32 {
        self.first
    }

    stored_fields! { first: u32, copy: u32 }
}
