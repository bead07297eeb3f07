//! The stored facts about a document, and about a rejected record.
//!
//! In: what the read pass found. Out: a row of fixed width for each document ([`Document`]), and a line for each rejected
//! record ([`Rejected`]). The text itself stays in its file; the row says where.

use crate::error::Error;
use crate::support::disk::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// The table of documents that the read pass writes.
pub(crate) const DOCUMENTS: &str = "documents.table";
/// The table of records that the read pass rejects.
pub(crate) const REJECTED: &str = "rejected.table";
/// The number of the input in rows of the index, whose documents have no input.
pub(crate) const NO_INPUT: u32 = u32::MAX;
/// The end of a rejected record if the rest of its input cannot be read.
pub(crate) const OPEN_END: u64 = i64::MAX as u64;

/// A document: its place, its priority, and the digest that identifies its text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Document {
    /// Number of the input.
    pub(crate) input: u32,
    /// Number of the record in the input, from 1: of the line, the row or the WARC record.
    pub(crate) record: u64,
    /// Where the record starts in the unpacked input; in Parquet, the row from 0.
    pub(crate) offset: u64,
    /// Bytes of the record, its line end included.
    pub(crate) length: u32,
    /// Where the stored text starts in the record, and its number of bytes; in JSON lines with the quotes.
    pub(crate) text_start: u32,
    pub(crate) text_length: u32,
    /// Where the id starts in the table of ids. Length 0 means that the record has no id.
    pub(crate) id_start: u64,
    pub(crate) id_length: u32,
    /// See [`priority`](crate::corpus::store::priority): more is better.
    pub(crate) priority: u64,
    /// The number of shingles of the text, with repetitions; 0 if it has no letter and no digit.
    pub(crate) shingles: u32,
    /// A 128-bit digest of the text.
    pub(crate) content: u128,
}

impl Document {
    /// Bytes of a row.
    pub(crate) const BYTES: usize = 72;

    pub(crate) fn store(&self, row: &mut Vec<u8>) {
        row.extend_from_slice(&self.input.to_le_bytes());
        row.extend_from_slice(&self.record.to_le_bytes());
        row.extend_from_slice(&self.offset.to_le_bytes());
        row.extend_from_slice(&self.length.to_le_bytes());
        row.extend_from_slice(&self.text_start.to_le_bytes());
        row.extend_from_slice(&self.text_length.to_le_bytes());
        row.extend_from_slice(&self.id_start.to_le_bytes());
        row.extend_from_slice(&self.id_length.to_le_bytes());
        row.extend_from_slice(&self.priority.to_le_bytes());
        row.extend_from_slice(&self.shingles.to_le_bytes());
        row.extend_from_slice(&self.content.to_le_bytes());
    }

    pub(crate) fn load(row: &[u8]) -> Document {
        let u32_at = |at: usize| u32::from_le_bytes(row[at..at + 4].try_into().expect("four bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(row[at..at + 8].try_into().expect("eight bytes"));
        Document {
            input: u32_at(0),
            record: u64_at(4),
            offset: u64_at(12),
            length: u32_at(20),
            text_start: u32_at(24),
            text_length: u32_at(28),
            id_start: u64_at(32),
            id_length: u32_at(40),
            priority: u64_at(44),
            shingles: u32_at(52),
            content: u128::from_le_bytes(row[56..72].try_into().expect("sixteen bytes")),
        }
    }
}

/// A record that could not be read, and why.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Rejected {
    /// Number of the input.
    pub(crate) input: u32,
    /// Number of the record in the input, from 1.
    pub(crate) record: u64,
    /// Where the record starts in the unpacked input, and its number of bytes; in Parquet the first row and the number of rows.
    pub(crate) offset: u64,
    pub(crate) length: u64,
    /// How many records these are: more than one only for rows that cannot be read.
    pub(crate) records: u64,
    pub(crate) reason: String,
}

/// The rejected records, in the order of the inputs.
pub(crate) struct RejectedLog {
    path: PathBuf,
    lines: std::io::Lines<BufReader<File>>,
}

impl RejectedLog {
    pub(crate) fn open(path: &Path) -> Result<RejectedLog, Error> {
        let file = File::open(path).map_err(|error| Error::cannot_read(path, error))?;
        Ok(RejectedLog { path: path.to_owned(), lines: BufReader::new(file).lines() })
    }
}

impl Iterator for RejectedLog {
    type Item = Result<Rejected, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?.and_then(|line| Ok(serde_json::from_str(&line)?));
        Some(line.map_err(|error| Error::cannot_read(&self.path, error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_survives_its_row() {
        let document = Document {
            input: 1,
            record: 2 << 40,
            offset: 3 << 41,
            length: 4,
            text_start: 5,
            text_length: 6,
            id_start: 7 << 42,
            id_length: 8,
            priority: u64::MAX - 9,
            shingles: 10,
            content: u128::MAX / 3,
        };
        let mut row = Vec::new();
        document.store(&mut row);
        assert_eq!(row.len(), Document::BYTES);
        assert_eq!(Document::load(&row), document);
    }
}
