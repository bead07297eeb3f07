//! The index itself. In: texts to add, and queries. Out: the passages that each query shares with the added
//! texts.

use std::fmt;
use std::sync::OnceLock;

use super::runs::{Runs, TOO_MANY};
use crate::error::Error;
use crate::index::DocId;
use crate::passage::finder::PassageFinder;
use crate::passage::found::{Capped, Found, Passage};
use crate::passage::pairs::ALL_PRODUCTS;
use crate::passage::prepared::{Prepared, Side};
use crate::passage::seed::{self, Seed};
use crate::passage::source::Source;
use crate::passage::view::View;
use crate::progress::{ProgressUnit, Watch};
use crate::stream::Stream;

/// A passage that a text shares with a document of a [`PassageIndex`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct IndexedPassage {
    /// The document.
    pub document: DocId,
    /// The passage: its left span is in the query, its right span in the document.
    pub passage: Passage,
}

/// Finds the passages that a text shares with any of many texts that were added before.
///
/// # Example
/// ```
/// use refrain::{PassageFinder, PassageIndex};
/// let mut index = PassageIndex::new(PassageFinder::new())?;
/// let novel = index.add("It is a truth universally acknowledged, that a copy must be in want of a source. So it began.")?;
/// index.add("Quite another text, which says nothing about truths, copies, or what they are in want of.")?;
///
/// let essay = "He wrote: it is a truth universally acknowledged that a copy must be in want of a source!";
/// let found = index.query(essay)?;
/// assert_eq!(found.items.len(), 1);
/// assert_eq!(found.items[0].document, novel);
/// assert_eq!(found.items[0].passage.left, 10..essay.len());
/// let source = index.text(novel).unwrap();
/// assert_eq!(&source[found.items[0].passage.right], b"It is a truth universally acknowledged, that a copy must be in want of a source.");
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// # What is found
/// In each document that shares a seed with the query, the index finds the passages that
/// [`PassageFinder::between`] finds. So it finds every exact copy of [`PassageFinder::GUARANTEED`]
/// letters. It finds reworded passages ([`PassageFinder::order_free`]) in those documents only: a document
/// that shares no stretch of 24 bytes of folded text is not compared. PAN 2013 has 1,940 pairs in which
/// `between` finds reworded or translated passages; the index finds them in 1,546 of those pairs
/// (`tests/passage_index.rs`). A seed leads to the first [`MOST_DOCUMENTS`](Self::MOST_DOCUMENTS) documents
/// that contain it; [`Capped`] counts the others.
///
/// # Cost
/// Memory: 2.9 bytes for each byte of English, including the text itself. Adding a text takes little more
/// time than preparing it. A query first looks up its seeds; this time hardly grows with the index. Then it
/// is compared with the documents that share seeds. Without `order_free`, a comparison takes time for the
/// shared text only; with it, for the whole length of both texts. `benches/passage_index.rs` measures all of
/// this.
#[derive(Clone)]
pub struct PassageIndex {
    pub(super) finder: PassageFinder,
    pub(super) documents: Vec<Document>,
    pub(super) runs: Runs,
}

/// A hash to look up: how often the query has it, and in how many documents it was found.
struct Asked {
    hash: u32,
    times: usize,
    documents: usize,
}

/// The stored parts of a text.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) text: Box<[u8]>,
    pub(super) stream: Stream,
    /// What is read, if marks are left out.
    pub(super) view: Option<View>,
}

impl Document {
    fn source(&self) -> Source<'_> {
        Source::read(&self.text, self.view.as_ref(), &self.stream)
    }
}

impl PassageIndex {
    /// The most documents that one seed leads to. If more documents contain a phrase, it is found in the
    /// first 256 of them.
    pub const MOST_DOCUMENTS: usize = 256;

    /// An empty index that compares texts with the settings of `finder`.
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`PassageFinder::validate`].
    pub fn new(finder: PassageFinder) -> Result<PassageIndex, Error> {
        finder.validate()?;
        Ok(PassageIndex { finder, documents: Vec::new(), runs: Runs::default() })
    }

    /// The callback that receives the progress of queries, and that can cancel them. Default: the callback of
    /// the finder. It is not saved with the index.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> PassageIndex {
        self.finder = self.finder.watch(watch);
        self
    }

    /// The settings for comparisons.
    pub fn finder(&self) -> &PassageFinder {
        &self.finder
    }

    /// How many documents were added.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// Whether no document was added.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The unchanged text of a document; `None` if there is no such document.
    pub fn text(&self, document: DocId) -> Option<&[u8]> {
        self.documents.get(document.position()).map(|document| &*document.text)
    }

    /// Adds a text and returns its number. Texts are numbered 0, 1, 2, … in the order in which they are
    /// added.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of 4 GiB or more, and if the index is full: at 2³¹ documents, or
    /// 2³² seeds (about 60 GB of text). The index is then unchanged.
    pub fn add(&mut self, text: &str) -> Result<DocId, Error> {
        self.add_prepared(Prepared::read(text.as_bytes(), Some(text), self.finder.fold_marks)?)
    }

    /// The same for bytes that may not be UTF-8; see [`Prepared::from_bytes`].
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn add_bytes(&mut self, bytes: &[u8]) -> Result<DocId, Error> {
        self.add_prepared(Prepared::read(bytes, None, self.finder.fold_marks)?)
    }

    fn add_prepared(&mut self, text: Prepared<'_>) -> Result<DocId, Error> {
        let id = DocId::new(self.documents.len())?;
        let seeds = text.seeds();
        let entries = self.runs.entries();
        if entries + seeds.len() >= TOO_MANY {
            return Err(Error::too_large(format!(
                "document number {id}: with its {} seeds the index would hold more than {TOO_MANY}; split the \
                 collection and query the parts",
                seeds.len()
            )));
        }
        self.runs.push(id.into(), seeds);
        let bytes = text.bytes().into();
        let (mut stream, view) = text.into_stream();
        stream.shrink();
        self.documents.push(Document { text: bytes, stream, view });
        Ok(id)
    }

    /// The passages that `text` shares with each document, by document, then by position in `text`.
    ///
    /// A [watch](Self::watch) receives the stages "looking up seeds" and "comparing" (documents).
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of 4 GiB or more; [`Error::is_cancelled`] when the watch stops the
    /// query.
    pub fn query(&self, text: &str) -> Result<Found<IndexedPassage>, Error> {
        self.query_prepared(&Prepared::read(text.as_bytes(), Some(text), self.finder.fold_marks)?)
    }

    /// The same for bytes that may not be UTF-8; see [`Prepared::from_bytes`].
    ///
    /// # Errors
    /// As [`query`](Self::query).
    pub fn query_bytes(&self, bytes: &[u8]) -> Result<Found<IndexedPassage>, Error> {
        self.query_prepared(&Prepared::read(bytes, None, self.finder.fold_marks)?)
    }

    /// The same for a prepared text, which can be used for queries of several indexes.
    ///
    /// # Errors
    /// As [`query`](Self::query), and [`Error::is_setting`] if the text was prepared with another setting of
    /// [`PassageFinder::fold_marks`].
    pub fn query_prepared(&self, text: &Prepared<'_>) -> Result<Found<IndexedPassage>, Error> {
        self.finder.check(text)?;
        let watch = &self.finder.watch;
        watch.tell("looking up seeds", ProgressUnit::Entries, 0, None)?;
        let mut found = Found { items: Vec::new(), suppressed: Vec::new(), capped: Capped::default() };
        let shared = self.shared(text.seeds(), &mut found.capped);
        for (done, same) in shared.chunk_by(|a, b| a.0 == b.0).enumerate() {
            watch.tell("comparing", ProgressUnit::Documents, done as u64, None)?;
            let seeds: Vec<Seed> = same.iter().map(|&(_, seed)| seed).collect();
            self.compare(text, same[0].0, &seeds, &mut found);
        }
        Ok(found)
    }

    /// The seeds of documents whose hash is among `seeds`, by document, hash and position.
    fn shared(&self, seeds: &[Seed], capped: &mut Capped) -> Vec<(u32, Seed)> {
        let mut asked: Vec<Asked> = seeds
            .chunk_by(|a, b| a.hash() == b.hash())
            .map(|same| Asked { hash: same[0].hash(), times: same.len(), documents: 0 })
            .collect();
        let mut shared = Vec::new();
        for run in self.runs.iter() {
            for asked in &mut asked {
                let places = run.equal(asked.hash);
                let mut looked_at = 0;
                for same in places.chunk_by(|a, b| a.document == b.document) {
                    if asked.documents == PassageIndex::MOST_DOCUMENTS {
                        break;
                    }
                    asked.documents += 1;
                    looked_at += same.len();
                    shared.extend(
                        same.iter().map(|place| (place.document, Seed::new(asked.hash, place.at, false))),
                    );
                }
                capped.pairs += ((places.len() - looked_at) * asked.times) as u64;
            }
        }
        // The sort is stable. The entries of a document are in one run, in ascending order of hash and
        // position.
        shared.sort_by_key(|&(document, _)| document);
        shared
    }

    /// Adds the passages that `text` shares with a document. `seeds` are the seeds of the document that
    /// `text` has too.
    fn compare(&self, text: &Prepared<'_>, number: u32, seeds: &[Seed], found: &mut Found<IndexedPassage>) {
        let source = self.documents[number as usize].source();
        if !shares_a_seed(text, source.folded(), seeds) {
            return;
        }
        let document = DocId::at(number);
        let side = Side { source, seeds, words: &OnceLock::new() };
        let between =
            self.finder.compared(text.side(), side, &Watch::SILENT).expect("a silent watch never cancels");
        let matched = |passage: Passage| IndexedPassage { document, passage };
        found.items.extend(between.items.into_iter().map(matched));
        found.suppressed.extend(between.suppressed.into_iter().map(matched));
        found.capped.pairs += between.capped.pairs;
    }

    /// Bytes of memory in use.
    pub fn heap_bytes(&self) -> usize {
        let document = |document: &Document| {
            let view = document.view.as_ref().map_or(0, View::heap_bytes);
            document.text.len() + document.stream.heap_bytes() + view
        };
        self.documents.iter().map(document).sum::<usize>()
            + self.documents.capacity() * size_of::<Document>()
            + self.runs.heap_bytes()
    }
}

/// Whether the bytes of some seed are equal on both sides, not only its hash. Two hashes are equal by chance
/// once in two thousand million, and an index may store that many.
fn shares_a_seed(text: &Prepared<'_>, folded: &[u8], seeds: &[Seed]) -> bool {
    let own_folded = text.stream().folded();
    let own_seeds = text.seeds();
    seeds.iter().any(|seed| {
        let from = own_seeds.partition_point(|own| own.hash() < seed.hash());
        let same = own_seeds[from..].iter().take_while(|own| own.hash() == seed.hash());
        same.take(ALL_PRODUCTS)
            .any(|own| own_folded[own.at() as usize..][..seed::K] == folded[seed.at() as usize..][..seed::K])
    })
}

impl fmt::Debug for PassageIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassageIndex")
            .field("finder", &self.finder)
            .field("documents", &self.documents.len())
            .field("seeds", &self.runs.entries())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::passage::index::runs::Place;

    /// A document that has the hash of a seed but not its bytes is not compared, even if it shares other
    /// text.
    #[test]
    fn a_hash_that_is_equal_by_chance_is_not_compared() {
        let mut words: Vec<String> = (0..40).map(|n| format!("word{}", n * n)).collect();
        let query = words.join(" ");
        words.reverse();
        let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
        let id = index.add(&words.join(" ")).unwrap();
        let seed = index.finder.prepare(&query).unwrap().seeds()[0];
        assert_eq!(index.query(&query).unwrap().items, []);
        // If it were compared, the words in another order would be found.
        let between = |text: &str| {
            let (query, text) = (index.finder.prepare(&query).unwrap(), index.finder.prepare(text).unwrap());
            index.finder.between(&query, &text).unwrap()
        };
        assert_eq!(between(&words.join(" ")).items.len(), 1);
        index.runs.restore(vec![seed.hash()], vec![Place { document: id.into(), at: 1 }]);
        assert_eq!(index.query(&query).unwrap().items, []);
    }
}
