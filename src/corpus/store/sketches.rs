//! The sketches of all documents, a few bits a slot: in memory where they fit, else read where they lie.
//!
//! In: the table that the read pass wrote. Out: rows by number.

use crate::corpus::store::table::Table;
use crate::error::Error;
use crate::index::Rows;

/// The table of sketches that the read pass writes.
pub(crate) const SKETCHES: &str = "sketches.table";
/// Bytes of rows read at once while they are loaded.
const PORTION_BYTES: usize = 1 << 22;

/// See the [room](self).
pub(crate) struct Sketches {
    table: Table,
    /// What a row looks like; it holds none.
    shape: Rows,
    /// All rows, if they fit.
    resident: Option<Vec<u8>>,
}

impl Sketches {
    /// Loads the rows if they take no more than `budget` bytes.
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

    /// What a row looks like.
    pub(crate) fn shape(&self) -> &Rows {
        &self.shape
    }

    /// Bytes of a row.
    pub(crate) fn width(&self) -> usize {
        self.table.width()
    }

    /// The row of a document, here or read into `room`.
    pub(crate) fn row<'r>(&'r self, document: u32, room: &'r mut Vec<u8>) -> Result<&'r [u8], Error> {
        if let Some(resident) = &self.resident {
            return Ok(&resident[document as usize * self.width()..][..self.width()]);
        }
        room.resize(self.width(), 0);
        self.table.row(document, room)?;
        Ok(room)
    }

    /// The rows from `first` to before `end`.
    pub(crate) fn read(&self, first: u32, end: u32, into: &mut Vec<u8>) -> Result<(), Error> {
        self.table.read(first, end, into)
    }
}
