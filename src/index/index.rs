//! The type [`Index`]: settings, sizes, removal.
//!
//! In: a recipe and bands. Out: an empty index; [`super::insert`] and [`super::query`] do the work.

use std::fmt;

use super::bands::Bands;
use super::buckets::Buckets;
use super::doc_id::DocId;
use super::removed::Removed;
use super::rows::Rows;
use crate::error::Error;
use crate::progress::Watch;
use crate::sketch::{Recipe, SlotBits};
use crate::support::threads;

/// Rows of fewer bits do not show whether a set is empty.
const LEAST_ROW_BITS: usize = 64;

/// Finds the documents that are similar to a given one among millions.
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
/// for neighbor in &found {
///     println!("{} is similar: {} (estimated)", neighbor.id, neighbor.jaccard);
/// }
/// assert_eq!(found.items.len(), 1);
/// assert_eq!(found.items[0].id, first);
///
/// index.remove(first);
/// assert!(index.neighbors(&sketcher.sketch_shingles(10..510), 0.8)?.items.is_empty());
/// assert!(index.contains(other));
/// # Ok::<(), refrain::Error>(())
/// ```
///
/// # Cost
/// 229 bytes a document with the defaults ([`Bands::bytes_per_document`]), up to 500 if most documents share
/// buckets with most others. A query takes about 1.1 µs among a hundred thousand documents and 1.2 among a
/// million; among ten million at most 1.2 times as long, if the system gives huge pages to a table that asks
/// for them (Linux does if `/sys/kernel/mm/transparent_hugepage/enabled` says `madvise` or `always`), else
/// 1.3 times. A query that meets full buckets takes some dozen microseconds. `benches/index.rs` measures all
/// of this.
#[derive(Clone)]
pub struct Index {
    pub(super) recipe: Recipe,
    pub(super) bands: Bands,
    pub(super) rows: Rows,
    pub(super) removed: Removed,
    /// One for each band.
    pub(super) buckets: Vec<Buckets>,
    pub(super) watch: Watch,
}

impl Index {
    /// An empty index for sketches of `recipe`, cut into `bands`. It keeps [`Bands::slot_bits`] of every slot
    /// (a whole byte, if the sketches have fewer than 16 slots).
    ///
    /// # Errors
    /// [`Error::is_setting`] if the bands need more slots than the sketches have.
    pub fn new(recipe: &Recipe, bands: Bands) -> Result<Index, Error> {
        let bits = bands.slot_bits();
        let narrow = recipe.slots() * bits.bits() < LEAST_ROW_BITS;
        Index::with_slot_bits(recipe, bands, if narrow { SlotBits::Eight } else { bits })
    }

    /// [`Index::new`] with a given number of bits of every slot: more bits take more memory and make
    /// estimates somewhat more precise.
    ///
    /// # Errors
    /// [`Error::is_setting`] if the bands need more slots than the sketches have, or the bits of a band are
    /// too few to make a key.
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
                "{} bands of {} rows need {} slots, but the sketches have {}; use more slots or fewer bands",
                bands.bands(),
                bands.rows(),
                bands.slots(),
                recipe.slots()
            )));
        }
        let buckets = (0..bands.bands()).map(|band| Buckets::new(bands, band, recipe.slots())).collect();
        Ok(Index {
            recipe: *recipe,
            bands,
            rows: Rows::new(recipe.slots(), bits),
            removed: Removed::default(),
            buckets,
            watch: Watch::SILENT,
        })
    }

    /// The callback to which long calls report: [`Index::insert_all`] and [`Index::merge`] with stage
    /// `insert`, [`Index::save`] with stage `write`, both in documents. [`Watch::SILENT`] by default, also
    /// for an index that was loaded.
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

    /// The number of bits that the index keeps of every slot.
    #[must_use]
    pub fn slot_bits(&self) -> SlotBits {
        self.rows.bits()
    }

    /// The recipe that sketches must have.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The bands into which sketches are cut.
    #[must_use]
    pub fn bands(&self) -> Bands {
        self.bands
    }

    /// The number of documents that can be found: inserted and not removed.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() - self.removed.count()
    }

    /// Whether there is no document that can be found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number that the next document will have: how many were ever inserted.
    #[must_use]
    pub fn next_id(&self) -> usize {
        self.rows.len()
    }

    /// Whether the document was inserted and not removed.
    #[must_use]
    pub fn contains(&self, id: DocId) -> bool {
        id.position() < self.rows.len() && !self.removed.contains(id.into())
    }

    /// Bytes of heap that the index holds.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let buckets = self.buckets.iter().map(Buckets::heap_bytes).sum::<usize>();
        self.rows.heap_bytes() + self.removed.heap_bytes() + buckets
    }

    /// Reserves memory for `documents` more, so that inserting them moves no table. Answers are the same
    /// without it, but inserting ten million takes several times as long, because every table grows in steps
    /// of a fifth.
    pub fn reserve(&mut self, documents: usize) {
        let rows = &self.rows;
        threads::for_each_mut(&mut self.buckets, |band| band.reserve(documents, rows));
    }

    /// Removes a document; returns whether it was there. Its number is not used again, and the content of its
    /// sketch is overwritten with zeros.
    pub fn remove(&mut self, id: DocId) -> bool {
        if !self.contains(id) {
            return false;
        }
        let document = id.into();
        if !self.rows.is_empty_set(document) {
            self.buckets.iter_mut().for_each(|band| band.remove(document, &self.rows));
        }
        self.removed.insert(document);
        self.rows.clear(document);
        true
    }

    /// The rows of all documents ever inserted.
    pub(crate) fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The rows alone; the tables are dropped.
    pub(crate) fn into_rows(self) -> Rows {
        self.rows
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("len", &self.len()).field("bands", &self.bands).finish_non_exhaustive()
    }
}
