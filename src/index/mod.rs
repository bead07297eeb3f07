//! The index: which of many documents resemble this one?
//!
//! In: sketches of one [`Recipe`]. Out: the numbers of similar documents with their estimated similarity,
//! best first, each verified; and how much was not looked at. The idea: cut every sketch into [`Bands`];
//! documents that agree on a whole band are candidates; a candidate is reported only if the estimate over
//! *all* its slots reaches the threshold.
//!
//! What is stored of a document is four bits a slot ([`rows`]) and an entry in the table of every band
//! ([`table`]): 229 bytes with the default 256 slots and 16 bands of 8 rows. Bits are the better spent the fewer
//! a slot takes: the standard error of 256 slots of 4 bits is 0.026 at J = 0.8, that of 128 slots of 8 bits in
//! the same bytes 0.036. Less than 4 bits make no keys.
//!
//! Giant buckets. Documents of one template share bands by the hundred thousand. The first [`LEADERS`]
//! documents of a bucket speak for it; later ones go to the bucket of a longer key, made of the band and the
//! next slots, and from there to a longer one again. So a newcomer to a full bucket is found by what it
//! resembles more closely than the bucket does, insertion costs the same in a bucket of any size, and a query
//! looks at no more than `LEADERS` documents in each of three buckets a band. What it passes over is counted
//! in [`Neighbors::capped`].
//!
//! Deterministic: ids follow the order of insertion, buckets the order of ids, answers similarity and ids.
//! Bulk insertion gives every band to one thread, and the bands share nothing.
//!
//! Source: banding as in [`bands`]; the longer keys are prefixes as in *LSH Forest* (Bawa, Condie, Ganesan
//! 2005).

mod bands;
mod file;
mod rows;
mod table;

use std::fmt;
use std::ops::Range;

pub use bands::Bands;
pub(crate) use rows::Rows;
use table::FETCHED;
pub(crate) use table::Table;

use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::sketch::{Estimate, Recipe, Sketch, SlotBits};
use crate::support::threads;

/// Documents of a bucket that a query looks at. Buckets of ordinary documents hold one or two; 64 make the
/// answer for a document that shares a band with few others complete, and cost less than the misses of the
/// search for the bucket.
const LEADERS: usize = 64;
/// Slots by which the keys of a band grow from one level to the next. Pairs with J = 0.9 still share one of
/// 16 keys of 12 slots with probability 0.995, those with J = 0.95 one of 16 slots with probability 0.9999.
const DEEPER: usize = 4;
/// Levels of a band: its own key, and two longer ones.
const LEVELS: usize = 3;
/// Rows narrower than a word cannot tell the set without members from others by their bits.
const LEAST_ROW_BITS: usize = 64;
/// Documents inserted between two calls of a [`Watch`]: some tenths of a second.
const WATCHED_DOCUMENTS: usize = 1 << 16;
/// What a [`Watch`] hears while documents are entered into the tables.
const INSERT: &str = "insert";

/// The number of a document in an [`Index`], a [`Dedup`](crate::Dedup) or [`Clusters`](crate::Clusters): 0,
/// 1, 2, … in order of insertion, never used twice. The caller keeps its own keys, by number.
///
/// # Example
/// ```
/// use refrain::DocId;
/// let id = DocId::new(7)?;
/// let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
/// assert_eq!(keys[id.position()], "h");
/// assert_eq!(id.to_string(), "7");
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocId(u32);

impl DocId {
    /// The most documents that one index can number.
    pub const LIMIT: usize = 1 << 31;

    /// The document with this number.
    ///
    /// # Errors
    /// [`Error::is_too_large`] from [`DocId::LIMIT`] on.
    pub fn new(position: usize) -> Result<DocId, Error> {
        if position >= DocId::LIMIT {
            return Err(Error::too_large(format!(
                "document number {position}: an index numbers {} documents; split the collection and query \
                 the parts",
                DocId::LIMIT
            )));
        }
        Ok(DocId(position as u32))
    }

    /// A number that is known to be in range.
    pub(crate) fn at(number: u32) -> DocId {
        DocId(number)
    }

    /// The number, to index a slice.
    #[inline]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

impl From<DocId> for u32 {
    fn from(id: DocId) -> u32 {
        id.0
    }
}

impl From<DocId> for usize {
    fn from(id: DocId) -> usize {
        id.position()
    }
}

impl fmt::Display for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DocId({})", self.0)
    }
}

/// A document that resembles the one asked for.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Neighbor {
    /// Its number.
    pub id: DocId,
    /// The estimated Jaccard similarity, over all slots.
    pub jaccard: Estimate,
}

/// The answer of an [`Index`].
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Neighbors {
    /// The documents found, most similar first; equally similar ones by number.
    pub items: Vec<Neighbor>,
    /// Entries of overfull buckets that were not looked at. A document may stand in as many as there are
    /// bands, so this is not a number of documents; 0 means that every candidate was verified.
    pub capped: u64,
}

/// Finds the documents that resemble a given one among millions.
///
/// # Example
/// ```
/// use refrain::{Bands, Index, Sketcher};
/// let sketcher = Sketcher::default();
/// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
/// let first = index.insert(&sketcher.sketch_shingles(0..500))?;
/// let other = index.insert(&sketcher.sketch_shingles(5000..5500))?;
///
/// let found = index.neighbors(&sketcher.sketch_shingles(10..510), 0.8)?;
/// assert_eq!(found.items.len(), 1);
/// assert_eq!(found.items[0].id, first);
/// println!("{} resembles it: {}", found.items[0].id, found.items[0].jaccard);
///
/// index.remove(first);
/// assert!(index.neighbors(&sketcher.sketch_shingles(10..510), 0.8)?.items.is_empty());
/// assert!(index.contains(other));
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// # Cost
/// 229 bytes a document with the defaults ([`Bands::bytes_per_document`]), up to 500 where most documents share
/// buckets with most others. A query takes about 1.1 µs among a hundred thousand documents and 1.2 among a million; among ten million
/// at most 1.2 times as long, if the system gives huge pages to a table that asks for them (Linux does, where
/// `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise` or `always`), else 1.3 times. One that meets full buckets takes some
/// dozen microseconds. `benches/index.rs` measures all of this.
#[derive(Clone)]
pub struct Index {
    recipe: Recipe,
    bands: Bands,
    rows: Rows,
    removed: Removed,
    tables: Vec<Band>,
    watch: Watch,
}

impl Index {
    /// An empty index for sketches of `recipe`, cut into `bands`. It keeps [`Bands::slot_bits`] of every slot (a
    /// whole byte, if the sketches have fewer than 16 slots).
    ///
    /// # Errors
    /// [`Error::is_setting`] if the bands need more slots than the sketches have.
    pub fn new(recipe: &Recipe, bands: Bands) -> Result<Index, Error> {
        let bits = bands.slot_bits();
        let narrow = recipe.slots() * bits.bits() < LEAST_ROW_BITS;
        Index::with_slot_bits(recipe, bands, if narrow { SlotBits::Eight } else { bits })
    }

    /// [`Index::new`] with a given number of bits of every slot: more bits, more memory and somewhat more precise
    /// estimates.
    ///
    /// # Errors
    /// [`Error::is_setting`] if the bands need more slots than the sketches have, or the bits of a band are too few
    /// to make a key.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher, SlotBits};
    /// let sketcher = Sketcher::builder().slots(128).build()?;
    /// let index = Index::with_slot_bits(sketcher.recipe(), Bands::STANDARD, SlotBits::Eight)?;
    /// assert_eq!(index.slot_bits(), SlotBits::Eight);
    /// assert!(Index::with_slot_bits(sketcher.recipe(), Bands::STANDARD, SlotBits::One).is_err());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn with_slot_bits(recipe: &Recipe, bands: Bands, bits: SlotBits) -> Result<Index, Error> {
        bands.check_key(bits)?;
        if bands.slots() > recipe.slots() {
            return Err(Error::setting(format!(
                "{bands} need {} slots, but the sketches have {}; use more slots or fewer bands",
                bands.slots(),
                recipe.slots()
            )));
        }
        let tables = (0..bands.bands()).map(|band| Band::new(bands, band, recipe.slots())).collect();
        Ok(Index {
            recipe: *recipe,
            bands,
            rows: Rows::new(recipe.slots(), bits),
            removed: Removed::default(),
            tables,
            watch: Watch::SILENT,
        })
    }

    /// The callback that long calls report to: [`Index::insert_all`] and [`Index::merge`] with stage `insert`,
    /// [`Index::save`] with stage `write`, both in documents. [`Watch::SILENT`] by default. An index that is loaded reports
    /// to nobody until it is set.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher, Watch};
    /// use std::ops::ControlFlow;
    /// let sketcher = Sketcher::default();
    /// let watch = Watch::new(|progress| {
    ///     println!("{} of {:?}", progress.done, progress.total);
    ///     ControlFlow::Break(()) // or Continue(()), to go on
    /// });
    /// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?.watch(watch);
    /// let sketches = [sketcher.sketch("One text."), sketcher.sketch("And another.")];
    /// assert!(index.insert_all(&sketches).unwrap_err().is_cancelled());
    /// assert!(index.is_empty());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Self {
        self.watch = watch;
        self
    }

    /// Bits that it keeps of every slot.
    pub fn slot_bits(&self) -> SlotBits {
        self.rows.bits()
    }

    /// What the sketches must be made by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// How the sketches are cut.
    pub fn bands(&self) -> Bands {
        self.bands
    }

    /// The number of documents that can be found: inserted and not removed.
    pub fn len(&self) -> usize {
        self.rows.len() - self.removed.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number that the next document will have: how many were ever inserted.
    pub fn next_id(&self) -> usize {
        self.rows.len()
    }

    /// Whether the document was inserted and not removed.
    pub fn contains(&self, id: DocId) -> bool {
        id.position() < self.rows.len() && !self.removed.contains(id.0)
    }

    /// Bytes of heap that the index holds.
    pub fn heap_bytes(&self) -> usize {
        self.rows.bytes() + self.removed.bytes() + self.tables.iter().map(Band::bytes).sum::<usize>()
    }

    /// Makes room for `documents` more, so that inserting them moves no table. Answers are the same without;
    /// insertion of ten million takes several times as long, since every table grows in steps of a fifth.
    pub fn reserve(&mut self, documents: usize) {
        let rows = &self.rows;
        threads::for_each_mut(&mut self.tables, |band| band.reserve(documents, rows));
    }

    /// Adds a document and gives its number.
    ///
    /// Documents without shingles get a number too, and resemble nothing.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe; [`Error::is_too_large`] above
    /// [`DocId::LIMIT`] documents.
    ///
    /// # Cost
    /// One or two microseconds in a small index, ten in one of ten million, nearly all of it for the tables that
    /// grow; [`Index::reserve`] saves that.
    pub fn insert(&mut self, sketch: &Sketch) -> Result<DocId, Error> {
        self.insert_sketches(std::slice::from_ref(sketch), &Watch::SILENT).map(|ids| ids[0])
    }

    /// Adds many documents, all or none, and gives their numbers; with feature `rayon` on all threads.
    ///
    /// The index is the same as after inserting them one by one, at any number of threads.
    ///
    /// # Errors
    /// As [`Index::insert`], and [`Error::is_cancelled`]; nothing is added then.
    pub fn insert_all(&mut self, sketches: &[Sketch]) -> Result<Vec<DocId>, Error> {
        let watch = self.watch.clone();
        self.insert_sketches(sketches, &watch)
    }

    fn insert_sketches(&mut self, sketches: &[Sketch], watch: &Watch) -> Result<Vec<DocId>, Error> {
        for sketch in sketches {
            self.recipe.must_equal(sketch.recipe())?;
        }
        let first = self.grow(sketches.len(), watch, |index, at| {
            let row = index.rows.row_of(&sketches[at]);
            index.rows.push(row.as_bytes());
        })?;
        Ok((first..self.rows.len() as u32).map(DocId).collect())
    }

    /// Adds `count` documents, whose rows `push` appends by their place among them, and gives the number of the first.
    ///
    /// All or none: who cancels finds the index as it was.
    fn grow(
        &mut self,
        count: usize,
        watch: &Watch,
        mut push: impl FnMut(&mut Index, usize),
    ) -> Result<u32, Error> {
        let first = self.room_for(count)?;
        if count > 1 {
            self.reserve(count);
        }
        for done in (0..count).step_by(WATCHED_DOCUMENTS) {
            if let Err(cancelled) =
                watch.tell(INSERT, ProgressUnit::Documents, done as u64, Some(count as u64))
            {
                self.withdraw(first);
                return Err(cancelled);
            }
            (done..count.min(done + WATCHED_DOCUMENTS)).for_each(|at| push(self, at));
            self.link(first + done as u32..self.rows.len() as u32);
        }
        Ok(first)
    }

    /// Takes the documents from `first` on out again, as if they had never been inserted.
    fn withdraw(&mut self, first: u32) {
        let (rows, removed) = (&self.rows, &self.removed);
        let documents = || {
            (first..rows.len() as u32)
                .rev()
                .filter(|&document| !removed.contains(document) && !rows.is_empty_set(document))
        };
        threads::for_each_mut(&mut self.tables, |band| {
            let thinned = band.thinned;
            documents().for_each(|document| band.remove(document, rows));
            // Last come, first gone: what is left fills the levels in the order in which it came.
            band.thinned = thinned;
        });
        self.rows.truncate(first as usize);
        self.removed.truncate(first);
    }

    /// [`Index::insert_all`] for rows of the same recipe and width that stand elsewhere.
    pub(crate) fn insert_rows<'r>(
        &mut self,
        mut rows: impl ExactSizeIterator<Item = &'r [u8]>,
    ) -> Result<(), Error> {
        self.grow(rows.len(), &Watch::SILENT, |index, _| {
            index.rows.push(rows.next().expect("as many as they said"));
        })?;
        Ok(())
    }

    /// Keeps the row of one more document that is not to be found. It counts as removed, but its row stays.
    pub(crate) fn store_row(&mut self, row: &[u8]) -> Result<DocId, Error> {
        let id = self.room_for(1)?;
        self.rows.push(row);
        self.removed.insert(id);
        Ok(DocId(id))
    }

    /// The rows of all documents ever inserted.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The rows alone; the tables are dropped.
    pub(crate) fn into_rows(self) -> Rows {
        self.rows
    }

    /// The documents with an estimated similarity of at least `threshold` to `sketch`, most similar first.
    ///
    /// A document at true similarity J is looked at with probability `bands().recall(J)`; its estimate has
    /// the standard error of [`Compact::jaccard`](crate::Compact::jaccard).
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe; [`Error::is_setting`] if `threshold` does not lie
    /// in 0..=1.
    pub fn neighbors(&self, sketch: &Sketch, threshold: f64) -> Result<Neighbors, Error> {
        self.recipe.must_equal(sketch.recipe())?;
        check_threshold(threshold)?;
        Ok(self.neighbors_of_row(self.rows.row_of(sketch).as_bytes(), threshold))
    }

    /// The documents with an estimated similarity of at least `threshold` to the document `id`, without
    /// itself.
    ///
    /// # Errors
    /// [`Error::is_setting`] if there is no such document, or `threshold` does not lie in 0..=1.
    pub fn neighbors_of(&self, id: DocId, threshold: f64) -> Result<Neighbors, Error> {
        check_threshold(threshold)?;
        if !self.contains(id) {
            return Err(Error::setting(format!(
                "document {id} is not in the index: removed, or never inserted"
            )));
        }
        let mut found = self.neighbors_of_row(self.rows.row(id.0), threshold);
        found.items.retain(|neighbor| neighbor.id != id);
        Ok(found)
    }

    /// The `k` most similar of all candidates, most similar first.
    ///
    /// Candidates share a band, so documents below the reach of the bands ([`Bands::jaccard_at`]) are found
    /// by chance only.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// index.insert_all(&[0, 20, 40, 4000].map(|start| sketcher.sketch_shingles(start..start + 1000)))?;
    /// let best = index.top(&sketcher.sketch_shingles(0..1000), 2)?;
    /// assert_eq!(best.items.iter().map(|neighbor| neighbor.id.position()).collect::<Vec<_>>(), [0, 1]);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn top(&self, sketch: &Sketch, k: usize) -> Result<Neighbors, Error> {
        self.recipe.must_equal(sketch.recipe())?;
        let mut found = self.neighbors_of_row(self.rows.row_of(sketch).as_bytes(), f64::NEG_INFINITY);
        found.items.truncate(k);
        Ok(found)
    }

    /// Takes a document out; says whether it was in. Its number is not used again, and the content of its
    /// sketch is wiped.
    pub fn remove(&mut self, id: DocId) -> bool {
        if !self.contains(id) {
            return false;
        }
        if !self.rows.is_empty_set(id.0) {
            self.tables.iter_mut().for_each(|band| band.remove(id.0, &self.rows));
        }
        self.removed.insert(id.0);
        self.rows.clear(id.0);
        true
    }

    /// Adds the documents of another index and gives the number of the first: number `n` there is now `first
    /// + n`, also where documents were removed.
    ///
    /// The result is the same as if they had been inserted here one by one.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if recipe, bands or bits differ; [`Error::is_too_large`] above
    /// [`DocId::LIMIT`] documents; [`Error::is_cancelled`]. Nothing is added then.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let mut all = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// all.insert(&sketcher.sketch("The text that came first."))?;
    /// let mut day = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// day.insert(&sketcher.sketch("A text of today."))?;
    /// assert_eq!(all.merge(&day)?.position(), 1);
    /// assert_eq!(all.len(), 2);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn merge(&mut self, other: &Index) -> Result<DocId, Error> {
        self.recipe.must_equal(&other.recipe)?;
        if self.bands != other.bands {
            return Err(Error::incompatible(format!(
                "an index of {} cannot take in one of {}; insert its documents instead",
                self.bands, other.bands
            )));
        }
        if self.slot_bits() != other.slot_bits() {
            return Err(Error::incompatible(format!(
                "an index of {} bits a slot cannot take in one of {}; make both with one width",
                self.slot_bits().bits(),
                other.slot_bits().bits()
            )));
        }
        let first = self.grow(other.rows.len(), &self.watch.clone(), |index, at| {
            if other.removed.contains(at as u32) {
                index.removed.insert(index.rows.len() as u32);
            }
            index.rows.push(other.rows.row(at as u32));
        })?;
        Ok(DocId(first))
    }

    /// The first of `more` new numbers, if there are so many.
    fn room_for(&self, more: usize) -> Result<u32, Error> {
        if more > 0 {
            DocId::new(self.rows.len() + more - 1)?;
        }
        Ok(self.rows.len() as u32)
    }

    /// [`Index::link`] of all documents.
    fn link_all(&mut self) {
        let documents = self.rows.len();
        self.reserve(documents);
        for done in (0..documents).step_by(WATCHED_DOCUMENTS) {
            self.link(done as u32..documents.min(done + WATCHED_DOCUMENTS) as u32);
        }
    }

    /// Enters documents whose rows are there into all tables.
    fn link(&mut self, documents: Range<u32>) {
        let (rows, removed) = (&self.rows, &self.removed);
        let linked = |&document: &u32| !removed.contains(document) && !rows.is_empty_set(document);
        if documents.len() == 1 {
            // Not worth the threads.
            let document = documents.start;
            if linked(&document) {
                let keys = fetched_keys(&self.tables, rows.row(document), rows);
                for (band, key) in self.tables.iter_mut().zip(keys) {
                    band.insert(document, key, rows);
                }
            }
            return;
        }
        threads::for_each_mut(&mut self.tables, |band| {
            band.reserve(documents.len(), rows);
            band.insert_all(documents.clone().filter(linked), rows);
        });
    }

    /// [`Index::neighbors`] for a row of the same recipe.
    pub(crate) fn neighbors_of_row(&self, row: &[u8], threshold: f64) -> Neighbors {
        if self.rows.is_empty_row(row) {
            return Neighbors::default();
        }
        let mut candidates = Candidates::default();
        let keys = fetched_keys(&self.tables, row, &self.rows);
        for (band, key) in self.tables.iter().zip(keys) {
            band.find(row, key, &self.rows, &mut candidates);
        }
        let Candidates { mut documents, capped } = candidates;
        documents.sort_unstable();
        documents.dedup();
        let estimated = documents.into_iter().map(|document| Neighbor {
            id: DocId(document),
            jaccard: self.rows.jaccard(row, self.rows.row(document)),
        });
        let mut items: Vec<Neighbor> =
            estimated.filter(|neighbor| neighbor.jaccard.value >= threshold).collect();
        items.sort_by(|a, b| b.jaccard.value.total_cmp(&a.jaccard.value).then(a.id.cmp(&b.id)));
        Neighbors { items, capped }
    }
}

/// Refuses a threshold that is no similarity.
fn check_threshold(threshold: f64) -> Result<(), Error> {
    if (0.0..=1.0).contains(&threshold) {
        return Ok(());
    }
    Err(Error::setting(format!("threshold is {threshold}; expected a similarity from 0 to 1, such as 0.8")))
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.len()).field("bands", &self.bands).finish_non_exhaustive()
    }
}

/// The keys of a row on the first level of every band, with what their searches read first on its way.
///
/// In a large index every table is a miss of the cache, and with the branches of a search between the reads the machine
/// waits for one after the other. Fetched before any search, they are waited for together.
fn fetched_keys(tables: &[Band], row: &[u8], rows: &Rows) -> Vec<u64> {
    let keys: Vec<u64> = tables.iter().map(|band| band.key_of_level(0, rows)(row)).collect();
    tables.iter().zip(&keys).for_each(|(band, &key)| band.levels[0].fetch(key));
    keys
}

/// What the tables propose for one query.
#[derive(Default)]
struct Candidates {
    documents: Vec<u32>,
    capped: u64,
}

/// One band: a table for its own key and one for each of the longer keys, into which full buckets flow over.
#[derive(Clone)]
struct Band {
    first_slot: usize,
    /// Slots in the key of each level.
    lengths: [usize; LEVELS],
    levels: [Table; LEVELS],
    /// A document was removed from a full bucket: a bucket with room may have flowed over.
    thinned: bool,
}

impl Band {
    fn new(bands: Bands, band: usize, slots: usize) -> Band {
        Band {
            first_slot: band * bands.rows(),
            lengths: std::array::from_fn(|level| slots.min(bands.rows() + level * DEEPER)),
            levels: std::array::from_fn(|level| match level {
                0 => Table::staggered(band, bands.bands()),
                _ => Table::unallocated(),
            }),
            thinned: false,
        }
    }

    fn bytes(&self) -> usize {
        self.levels.iter().map(Table::bytes).sum()
    }

    /// Room for `more` documents on the first level. How many flow over is not known.
    fn reserve(&mut self, more: usize, rows: &Rows) {
        let key = self.key_of_level(0, rows);
        self.levels[0].reserve(more, &|document| key(rows.row(document)));
    }

    /// Enters documents in their order, what some of them read fetched together, as [`fetched_keys`] does for one.
    fn insert_all(&mut self, mut documents: impl Iterator<Item = u32>, rows: &Rows) {
        let mut some = Vec::with_capacity(FETCHED);
        loop {
            let key = self.key_of_level(0, rows);
            some.extend(documents.by_ref().take(FETCHED).map(|document| (document, key(rows.row(document)))));
            if some.is_empty() {
                return;
            }
            some.iter().for_each(|&(_, key)| self.levels[0].fetch(key));
            some.drain(..).for_each(|(document, key)| self.insert(document, key, rows));
        }
    }

    /// Enters a document, whose key of the first level is `first_key`, on the first level that has room; the last
    /// always has.
    fn insert(&mut self, document: u32, first_key: u64, rows: &Rows) {
        let row = rows.row(document);
        for level in 0..LEVELS {
            let key = self.key_of_level(level, rows);
            let wanted = if level == 0 { first_key } else { key(row) };
            let most = if level + 1 < LEVELS { LEADERS } else { usize::MAX };
            if self.levels[level].insert(wanted, document, most, &|document| key(rows.row(document))) {
                return;
            }
        }
    }

    fn remove(&mut self, document: u32, rows: &Rows) {
        let row = rows.row(document);
        for level in 0..LEVELS {
            let key = self.key_of_level(level, rows);
            let found = self.levels[level].remove(key(row), document, &|document| key(rows.row(document)));
            self.thinned |= found == Some(LEADERS);
            if found.is_some() {
                return;
            }
        }
    }

    /// Adds the leaders of the buckets of `row`, whose key of the first level is `first_key`.
    fn find(&self, row: &[u8], first_key: u64, rows: &Rows, candidates: &mut Candidates) {
        for (level, table) in self.levels.iter().enumerate() {
            if table.is_unused() {
                return;
            }
            let key = self.key_of_level(level, rows);
            let wanted = if level == 0 { first_key } else { key(row) };
            let bucket = table.find(wanted, &|document| key(rows.row(document)));
            let looked_at = &bucket[..bucket.len().min(LEADERS)];
            candidates.documents.extend_from_slice(looked_at);
            candidates.capped += (bucket.len() - looked_at.len()) as u64;
            if bucket.len() < LEADERS && !self.thinned {
                return;
            }
        }
    }

    fn key_of_level<'r>(&self, level: usize, rows: &'r Rows) -> impl Fn(&[u8]) -> u64 + use<'r> {
        let (start, length) = (self.first_slot, self.lengths[level]);
        move |row| rows.key(row, start, length)
    }
}

/// The set of removed documents, a bit each.
#[derive(Clone, Default)]
struct Removed {
    words: Vec<u64>,
    count: usize,
}

impl Removed {
    fn contains(&self, document: u32) -> bool {
        self.words.get(document as usize / 64).is_some_and(|word| word >> (document % 64) & 1 == 1)
    }

    /// Adds a document that is not in yet.
    fn insert(&mut self, document: u32) {
        let word = document as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (document % 64);
        self.count += 1;
    }

    /// Forgets the documents from `end` on.
    fn truncate(&mut self, end: u32) {
        self.words.truncate((end as usize).div_ceil(64));
        if let Some(word) = self.words.get_mut(end as usize / 64) {
            *word &= (1 << (end % 64)) - 1;
        }
        self.count = self.words.iter().map(|word| word.count_ones() as usize).sum();
    }

    /// The removed ones of the first `end` documents, rising.
    fn iter(&self, end: u32) -> impl Iterator<Item = u32> {
        (0..end).filter(|&document| self.contains(document))
    }

    fn bytes(&self) -> usize {
        8 * self.words.capacity()
    }
}
