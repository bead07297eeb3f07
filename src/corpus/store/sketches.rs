//! The sketches of all documents, with a few bits for each slot. They are in memory if they fit; otherwise they are read
//! from disk.
//!
//! In: the table that the read pass wrote. Out: rows by number.

use crate::corpus::store::table::Table;
use crate::error::Error;
use crate::index::Rows;

/// The table of sketches that the read pass writes.
pub(crate) const SKETCHES: &str = "sketches.table";
/// Bytes of rows read at once while they are loaded.
const PORTION_BYTES: usize = 1 << 22;

/// See the [module](self).
pub(crate) struct Sketches {
    table: Table,
    /// The shape of a row. It holds no row itself.
    shape: Rows,
    /// All rows, if they fit.
    resident: Option<Vec<u8>>,
}

impl Sketches {
    /// Keeps the rows in memory if they take no more than `budget` bytes.
    pub(crate) fn load(table: Table, shape: Rows, budget: u64) -> Result<Sketches, Error> {
        let bytes = u64::from(table.rows()) * table.width() as u64;
        let mut resident = None;
        if bytes <= budget {
            let mut rows = Vec::with_capacity(bytes as usize);
            for portion in table.portions(0, PORTION_BYTES) {
                rows.extend_from_slice(&portion?.1);
            }
            resident = Some(rows);
        }
        Ok(Sketches { table, shape, resident })
    }

    /// The number of documents.
    pub(crate) fn rows(&self) -> u32 {
        self.table.rows()
    }

    /// The shape of a row.
    pub(crate) fn shape(&self) -> &Rows {
        &self.shape
    }

    /// Bytes of a row.
    pub(crate) fn width(&self) -> usize {
        self.table.width()
    }

    /// The row of a document, from memory or read into `buffer`.
    pub(crate) fn row<'r>(&'r self, document: u32, buffer: &'r mut Vec<u8>) -> Result<&'r [u8], Error> {
        if let Some(resident) = &self.resident {
            return Ok(&resident[document as usize * self.width()..][..self.width()]);
        }
        buffer.resize(self.width(), 0);
        self.table.row(document, buffer)?;
        Ok(buffer)
    }

    /// The rows from `first` to before `end`.
    pub(crate) fn read(&self, first: u32, end: u32, into: &mut Vec<u8>) -> Result<(), Error> {
        self.table.read(first, end, into)
    }
}
