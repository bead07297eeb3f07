//! Collects the records of one block, as a format finds them, and sketches those that are documents.
//!
//! In: for each record that a format finds, its text, id and priority, or why it has no text. Out: [`BlockRecords`], which the
//! read pass appends to its tables. Numbers of records count from the start of the block.

use crate::corpus::input::lines::TooLong;
use crate::corpus::input::settings::ReadSettings;
use crate::corpus::store::document::{Document, Rejected};
use crate::corpus::store::priority;
use crate::index::Rows;
use crate::sketch::Sketcher;
use crate::support::hash;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// How sketches are made, and in which form they are stored.
pub(crate) struct Sketching {
    pub(crate) sketcher: Sketcher,
    pub(crate) shape: Rows,
}

/// The text of a record, its place, its id and its priority.
pub(crate) struct RecordText<'r> {
    pub(crate) text: Cow<'r, str>,
    /// Where the stored text is in the record.
    pub(crate) place: Range<usize>,
    /// As JSON.
    pub(crate) id: Option<Cow<'r, str>>,
    pub(crate) priority: u64,
}

/// The documents and rejected records of a block.
#[derive(Default)]
pub(crate) struct BlockRecords {
    pub(crate) input: u32,
    /// Where the block ends in the unpacked input.
    pub(crate) end: u64,
    /// Bytes of the file that are read.
    pub(crate) read: u64,
    /// Whether this is the last block of the input.
    pub(crate) is_last: bool,
    /// The number of records.
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) text_bytes: u64,
    /// Documents without the field that ranks them.
    pub(crate) unranked: u64,
    pub(crate) documents: Vec<Document>,
    pub(crate) sketches: Vec<u8>,
    /// Ids of the documents; [`Document::id_start`] counts from the start of these.
    pub(crate) ids: Vec<u8>,
    pub(crate) rejected: Vec<Rejected>,
    /// Records that are valid but lack the field of the text.
    pub(crate) without_text: u64,
    /// The fields of the first of them.
    pub(crate) fields: Vec<String>,
    /// Records that hold no text, by type.
    pub(crate) skipped: BTreeMap<&'static str, u64>,
}

/// See the [module](self).
pub(crate) struct RecordSink<'s> {
    pub(crate) settings: ReadSettings<'s>,
    /// The names of the columns, if the first line of the input has them.
    pub(crate) columns: &'s [String],
    sketching: &'s Sketching,
    pub(crate) block: BlockRecords,
}

impl<'s> RecordSink<'s> {
    /// A sink for a block that starts at `offset` of an input.
    pub(crate) fn new(
        settings: ReadSettings<'s>,
        sketching: &'s Sketching,
        columns: &'s [String],
        (input, offset): (u32, u64),
    ) -> RecordSink<'s> {
        RecordSink {
            settings,
            columns,
            sketching,
            block: BlockRecords { input, end: offset, ..BlockRecords::default() },
        }
    }

    /// Passes over a blank record.
    pub(crate) fn skip(&mut self, length: usize) {
        self.block.records += 1;
        self.pass(length);
    }

    /// Passes over a record of a type that is not read.
    pub(crate) fn skip_type(&mut self, kind: &'static str, length: usize) {
        *self.block.skipped.entry(kind).or_default() += 1;
        self.skip(length);
    }

    /// Notes that a valid record lacks the field of the text, and which fields it has.
    pub(crate) fn note_without_text(&mut self, fields: impl FnOnce() -> Vec<String>) {
        if self.block.without_text == 0 {
            self.block.fields = fields();
        }
        self.block.without_text += 1;
    }

    /// Passes over bytes between records.
    pub(crate) fn pass(&mut self, length: usize) {
        self.block.end += length as u64;
        self.block.bytes += length as u64;
    }

    /// Rejects a record of `length` bytes, or rows.
    pub(crate) fn reject(&mut self, length: u64, reason: String) {
        let block = &mut self.block;
        block.records += 1;
        block.rejected.push(Rejected {
            input: block.input,
            record: block.records,
            offset: block.end,
            length,
            records: 1,
            reason,
        });
        block.end += length;
        block.bytes += length;
    }

    /// Rejects a record for its length.
    pub(crate) fn reject_long(&mut self, length: u64) {
        self.reject(length, self.reason_if_long(length));
    }

    /// The reason by which a record of this many bytes is rejected.
    pub(crate) fn reason_if_long(&self, length: u64) -> String {
        format!("{} (max_record)", TooLong { length, limit: self.settings.max_record as u64 })
    }

    /// Adds a record of `length` bytes. The format did not parse its first `skipped` bytes.
    pub(crate) fn add(&mut self, found: Result<RecordText<'_>, String>, length: usize, skipped: usize) {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return self.reject(length as u64, reason),
        };
        let Sketching { sketcher, shape } = self.sketching;
        let block = &mut self.block;
        block.records += 1;
        let sketch = sketcher.sketch(&found.text);
        block.sketches.extend_from_slice(shape.row_of(&sketch).as_bytes());
        let id = found.id.as_deref().unwrap_or_default().as_bytes();
        block.documents.push(Document {
            input: block.input,
            record: block.records,
            offset: block.end,
            length: length as u32,
            text_start: (skipped + found.place.start) as u32,
            text_length: found.place.len() as u32,
            id_start: block.ids.len() as u64,
            id_length: id.len() as u32,
            priority: found.priority,
            shingles: u32::try_from(sketch.len()).unwrap_or(u32::MAX),
            content: hash::digest(found.text.as_bytes()),
        });
        block.ids.extend_from_slice(id);
        block.text_bytes += found.text.len() as u64;
        block.unranked += u64::from(found.priority == priority::NONE);
        block.end += length as u64;
        block.bytes += length as u64;
    }
}
