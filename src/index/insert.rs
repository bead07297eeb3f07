//! Inserting documents: one, many, those of another index.
//!
//! In: sketches or rows. Out: numbers of documents. Insertion adds all documents or none: after a
//! cancellation the index is unchanged. The idea: rows are appended first, then every band enters them, each
//! band on one thread.

use std::ops::Range;

use super::buckets::fetched_keys;
use super::doc_id::DocId;
use super::index::Index;
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::sketch::Sketch;
use crate::support::threads;

/// Documents that all bands enter before the next ones: their rows stay in the third-level cache, and a
/// [`Watch`] is called every few tenths of a second.
const ENTERED_TOGETHER: usize = 1 << 16;
/// The stage that a [`Watch`] reports while documents are entered into the tables.
const INSERT: &str = "insert";

impl Index {
    /// Adds a document and returns its number.
    ///
    /// Documents without shingles get a number too, and are similar to nothing. Inserting one document is not
    /// reported to a [`Watch`].
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the sketch is of another recipe; [`Error::is_too_large`] above
    /// [`DocId::LIMIT`] documents.
    ///
    /// # Cost
    /// One or two microseconds in a small index, ten in one of ten million, nearly all of it because tables
    /// grow; [`Index::reserve`] saves that.
    pub fn insert(&mut self, sketch: &Sketch) -> Result<DocId, Error> {
        self.insert_sketches(std::slice::from_ref(sketch), &Watch::SILENT).map(|ids| ids[0])
    }

    /// Adds many documents, all or none, and returns their numbers; with feature `rayon` on all threads.
    ///
    /// The index is the same as after inserting them one by one, at any number of threads.
    ///
    /// # Errors
    /// As [`Index::insert`], and [`Error::is_cancelled`]; nothing is added then.
    pub fn insert_all(&mut self, sketches: &[Sketch]) -> Result<Vec<DocId>, Error> {
        self.insert_sketches(sketches, &self.watch.clone())
    }

    fn insert_sketches(&mut self, sketches: &[Sketch], watch: &Watch) -> Result<Vec<DocId>, Error> {
        for sketch in sketches {
            self.recipe.must_equal(sketch.recipe())?;
        }
        let first = self.grow(sketches.len(), watch, |index, at| {
            let row = index.rows.row_of(&sketches[at]);
            index.rows.push(row.as_bytes());
        })?;
        Ok((first..self.rows.len() as u32).map(DocId::at).collect())
    }

    /// Adds the documents of another index and returns the number of the first: number `n` there is now `first
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
                "an index of {} bands x rows cannot take in one of {}; insert its documents instead",
                self.bands, other.bands
            )));
        }
        if self.slot_bits() != other.slot_bits() {
            return Err(Error::incompatible(format!(
                "an index of {} bits a slot cannot take in one of {}; make both with one width",
                self.slot_bits(),
                other.slot_bits()
            )));
        }
        let first = self.grow(other.rows.len(), &self.watch.clone(), |index, at| {
            if other.removed.contains(at as u32) {
                index.removed.insert(index.rows.len() as u32);
            }
            index.rows.push(other.rows.row(at as u32));
        })?;
        Ok(DocId::at(first))
    }

    /// [`Index::insert_all`] for rows of the same recipe and width that are stored elsewhere.
    pub(crate) fn insert_rows<'r>(
        &mut self,
        mut rows: impl ExactSizeIterator<Item = &'r [u8]>,
    ) -> Result<(), Error> {
        self.grow(rows.len(), &Watch::SILENT, |index, _| {
            index.rows.push(rows.next().expect("an exact size"));
        })?;
        Ok(())
    }

    /// Stores the row of one more document, which queries must not find. The document counts as removed, but
    /// its row stays.
    pub(crate) fn store_row(&mut self, row: &[u8]) -> Result<DocId, Error> {
        let id = self.first_of(1)?;
        self.rows.push(row);
        self.removed.insert(id);
        Ok(DocId::at(id))
    }

    /// Adds `count` documents and returns the number of the first. `push` appends the row of the document
    /// with the given place among them.
    fn grow(
        &mut self,
        count: usize,
        watch: &Watch,
        mut push: impl FnMut(&mut Index, usize),
    ) -> Result<u32, Error> {
        let first = self.first_of(count)?;
        if count > 1 {
            self.reserve(count);
        }
        for done in (0..count).step_by(ENTERED_TOGETHER) {
            if let Err(cancelled) =
                watch.tell(INSERT, ProgressUnit::Documents, done as u64, Some(count as u64))
            {
                self.withdraw(first);
                return Err(cancelled);
            }
            (done..count.min(done + ENTERED_TOGETHER)).for_each(|at| push(self, at));
            self.enter(first + done as u32..self.rows.len() as u32);
        }
        Ok(first)
    }

    /// The number of the first of `more` new documents.
    ///
    /// # Errors
    /// `is_too_large` if the last has no number.
    fn first_of(&self, more: usize) -> Result<u32, Error> {
        if more > 0 {
            DocId::new(self.rows.len() + more - 1)?;
        }
        Ok(self.rows.len() as u32)
    }

    /// Removes the documents from `first` on, as if they had never been inserted.
    fn withdraw(&mut self, first: u32) {
        let (rows, removed) = (&self.rows, &self.removed);
        let documents = || {
            (first..rows.len() as u32)
                .rev()
                .filter(|&document| !removed.contains(document) && !rows.is_empty_set(document))
        };
        threads::for_each_mut(&mut self.buckets, |band| band.withdraw(documents(), rows));
        self.rows.truncate(first as usize);
        self.removed.truncate(first);
    }

    /// Enters documents whose rows are appended into all tables.
    fn enter(&mut self, documents: Range<u32>) {
        let (rows, removed) = (&self.rows, &self.removed);
        let entered = |&document: &u32| !removed.contains(document) && !rows.is_empty_set(document);
        if documents.len() == 1 {
            // Starting the threads would take longer.
            let document = documents.start;
            if entered(&document) {
                let keys = fetched_keys(&self.buckets, rows.row(document), rows);
                for (band, key) in self.buckets.iter_mut().zip(keys) {
                    band.insert(document, key, rows);
                }
            }
            return;
        }
        threads::for_each_mut(&mut self.buckets, |band| {
            band.reserve(documents.len(), rows);
            band.insert_all(documents.clone().filter(entered), rows);
        });
    }

    /// Enters all documents, whose rows were read, into the empty tables.
    pub(crate) fn enter_all(&mut self) {
        let documents = self.rows.len();
        self.reserve(documents);
        for done in (0..documents).step_by(ENTERED_TOGETHER) {
            self.enter(done as u32..documents.min(done + ENTERED_TOGETHER) as u32);
        }
    }
}
