//! The context that every stage after the read pass needs: the settings, the inputs, the tables, the work folder.
//!
//! In: a job whose inputs were read. Out: a [`Context`], which a stage takes as its first argument. It does not hold
//! the result of a stage: a later stage takes such a result as a separate argument.

use crate::corpus::input::files::Input;
use crate::corpus::settings::Settings;
use crate::corpus::spill::{Record, Sorted, Sorter};
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::document::{DOCUMENTS, Document};
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::sketches::{SKETCHES, Sketches};
use crate::corpus::store::table::Table;
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use std::path::PathBuf;

/// Sketches may stay in memory if they take at most the budget divided by this.
const SKETCHES_DIVISOR: u64 = 4;

/// See the [module](self).
pub(crate) struct Context<'c> {
    pub(crate) settings: &'c Settings,
    pub(crate) inputs: &'c [Input],
    pub(crate) index: &'c CorpusIndex,
    /// A row for each document. The documents of the index come first.
    pub(crate) documents: Table,
    pub(crate) numbering: Numbering,
    pub(crate) work: &'c Work,
    /// Bytes of memory for sorts and resident tables.
    pub(crate) budget: usize,
    pub(crate) watch: &'c Watch,
}

impl<'c> Context<'c> {
    /// Opens the table of documents.
    ///
    /// # Errors
    /// `is_io` if a file cannot be opened.
    pub(crate) fn open(
        settings: &'c Settings,
        inputs: &'c [Input],
        index: &'c CorpusIndex,
        numbering: Numbering,
        work: &'c Work,
        budget: usize,
        watch: &'c Watch,
    ) -> Result<Context<'c>, Error> {
        let rows = files(index.rows(), DOCUMENTS, numbering, work);
        let documents = Table::open(rows, Document::BYTES)?;
        Ok(Context { settings, inputs, index, documents, numbering, work, budget, watch })
    }

    /// The row of a document.
    pub(crate) fn document(&self, number: u32) -> Result<Document, Error> {
        let mut row = [0; Document::BYTES];
        self.documents.row(number, &mut row)?;
        Ok(Document::load(&row))
    }

    /// The table of sketches.
    pub(crate) fn sketch_table(&self) -> Result<Table, Error> {
        let rows = files(self.index.sketches(), SKETCHES, self.numbering, self.work);
        Table::open(rows, self.settings.shape()?.width())
    }

    /// The sketches, in memory if they fit in a quarter of the budget.
    pub(crate) fn sketches(&self) -> Result<Sketches, Error> {
        let budget = self.budget as u64 / SKETCHES_DIVISOR;
        Sketches::load(self.sketch_table()?, self.settings.shape()?, budget)
    }

    /// A sorter in the work folder, which may use the budget divided by `divisor`.
    pub(crate) fn sorter<R: Record>(&self, name: &'static str, divisor: usize) -> Result<Sorter<R>, Error> {
        Sorter::new(self.work.place(name), self.budget / divisor)
    }

    /// The records that an earlier run of this job sorted and saved under this name.
    pub(crate) fn saved<R: Record>(&self, name: &'static str) -> Result<Option<Sorted<R>>, Error> {
        Sorted::open(self.work.place(name))
    }

    /// Reports the progress of a stage in documents.
    pub(crate) fn tell_documents(&self, stage: &'static str, done: u32, total: u32) -> Result<(), Error> {
        self.watch.tell(stage, ProgressUnit::Documents, done.into(), Some(total.into()))
    }

    /// Reports the progress of a stage in entries.
    pub(crate) fn tell_entries(&self, stage: &'static str, done: u64, total: u64) -> Result<(), Error> {
        self.watch.tell(stage, ProgressUnit::Entries, done, Some(total))
    }
}

/// The files of the index, then the file that this job wrote.
fn files(
    mut of_index: Vec<(PathBuf, u32)>,
    name: &str,
    numbering: Numbering,
    work: &Work,
) -> Vec<(PathBuf, u32)> {
    of_index.push((work.path(name), numbering.new_documents().len() as u32));
    of_index
}
