//! The traits that a format of input files implements.
//!
//! In: bytes of unpacked files, or whole files. Out: records, one after the other; the stored form of a text; and the same
//! file written again without some of its records.
//!
//! To add a format, write one file that implements [`RecordFormat`] and either [`ByteFormat`] or [`RowFormat`], and
//! add one line to `formats.rs`. No other code distinguishes formats.
//!
//! **Cost.** One virtual call for each block of about a mebibyte.

use crate::corpus::input::record_sink::RecordSink;
use crate::corpus::input::settings::Fields;
use crate::corpus::store::change::TextPlace;
use crate::corpus::store::document::Document;
use crate::error::Error;
use std::borrow::Cow;
use std::fmt;
use std::io::Write;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;

/// A format of input files.
pub(crate) trait RecordFormat: fmt::Debug + Sync {
    /// Its name in settings and on the command line.
    fn name(&self) -> &'static str;

    /// The endings of file names that mean this format, without the dot.
    fn endings(&self) -> &'static [&'static str];

    /// Whether files are streams of bytes, or hold rows that only a library can read.
    fn layout(&self) -> Layout;

    /// Whether a file is one record. The id of a record without an id is then the name of the file, without a number.
    fn is_one_record(&self) -> bool {
        false
    }

    /// The names of the columns, for a format whose first line has them.
    fn columns(&self, _head: &[u8]) -> Vec<String> {
        Vec::new()
    }

    /// The text of a record, from its stored bytes; `None` if the bytes hold no text.
    fn decode<'t>(&self, stored: &'t [u8], _fields: Fields<'_>) -> Option<Cow<'t, str>> {
        utf8(stored).ok().map(Cow::Borrowed)
    }

    /// The bytes that store a text: the reverse of [`decode`](Self::decode).
    fn encode(&self, text: String) -> Vec<u8> {
        text.into_bytes()
    }
}

/// How the records of a file are reached.
#[derive(Clone, Copy)]
pub(crate) enum Layout {
    /// Records follow each other in a stream of bytes. The stream may be packed, and a record is read at its offset.
    Bytes(&'static dyn ByteFormat),
    /// Rows of a file that has its own packing; a row is read by its number.
    Rows(&'static dyn RowFormat),
}

/// A format whose records follow each other in a stream of bytes.
///
/// A reader always moves forward: each answer of [`cut`](Self::cut) is a request for more bytes or at least one byte long, by
/// its type, and the reader passes over at least one byte of a broken record before it searches for the next one.
pub(crate) trait ByteFormat: Sync {
    /// What the bytes begin with. There is at least one byte. With `is_end` no bytes follow them, and the answer is not
    /// [`Cut::Partial`].
    fn cut(&self, bytes: &[u8], max_record: usize, is_end: bool) -> Cut;

    /// How to find the end of a record that is longer than the limit.
    fn long_record(&self) -> LongRecord;

    /// Where a record begins in bytes that are no record. Formats whose records are never [broken](Cut::Broken) do not need
    /// it.
    fn resume(&self, bytes: &[u8], _is_end: bool) -> Resume {
        Resume::NotBefore(bytes.len())
    }

    /// Whether a record may end before these bytes. With `is_end` no bytes follow them.
    fn follows_record(&self, _bytes: &[u8], _is_end: bool) -> bool {
        true
    }

    /// Reads the records of a block, which starts at `offset` of the unpacked file.
    fn read(&self, bytes: &[u8], offset: u64, sink: &mut RecordSink<'_>);

    /// About how many records a block has.
    fn count(&self, bytes: &[u8]) -> u64;

    /// The bytes that change when a document gets a new text. By default these are the bytes of its text.
    fn changed_bytes(&self, document: &Document) -> ChangedBytes {
        let start = document.offset + u64::from(document.text_start);
        ChangedBytes { start, length: document.text_length, head: 0 }
    }

    /// The bytes that replace the changed ones, given their `head` and the stored form of the new text.
    fn replacement(&self, _head: &[u8], text: Vec<u8>) -> Vec<u8> {
        text
    }

    /// The length of the first record, if the format packs each record as a separate member, so that readers can jump to it.
    fn member_length(&self, _bytes: &[u8]) -> Option<usize> {
        None
    }
}

/// What the first bytes of a stream hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// This many bytes of whole records.
    Whole(NonZeroUsize),
    /// The start of a record that goes on after these bytes.
    Partial,
    /// One record of this many bytes, more than the limit.
    TooLong(NonZeroU64),
    /// No valid record, for this reason. [`ByteFormat::resume`] finds the next one.
    Broken(String),
}

/// Where the next record begins after a broken one, or after other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Here.
    At(usize),
    /// Not before this place. The bytes before it are no longer needed.
    NotBefore(usize),
}

/// How a reader finds the end of a record that is too long to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LongRecord {
    /// At the end of the line.
    EndsWithLine,
    /// At the end of the file.
    EndsWithFile,
    /// The record says its length, and [`ByteFormat::cut`] returns [`Cut::TooLong`].
    HasLength,
}

/// The bytes of a file that change when a document gets a new text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ChangedBytes {
    pub(crate) start: u64,
    pub(crate) length: u32,
    /// This many of them, at the start, are a head that depends on the text.
    pub(crate) head: u32,
}

/// A format whose records are rows of a file with its own packing.
pub(crate) trait RowFormat: Sync {
    /// Opens a file at a row. The inner error says why the file cannot be read with these fields.
    fn open(
        &self,
        path: &Path,
        fields: Fields<'_>,
        row: u64,
    ) -> Result<Result<Box<dyn RowReader>, String>, Error>;

    /// Copies a file row by row into `out`. `fate` is called for each row, in order.
    fn copy(
        &self,
        copy: &RowCopy<'_>,
        out: &mut (dyn Write + Send),
        fate: &mut dyn FnMut(u64) -> Result<RowFate, Error>,
    ) -> Result<(), Error>;
}

/// A file of rows while it is read.
pub(crate) trait RowReader: Send {
    /// The next rows, with the number of the first from 0.
    fn next(&mut self) -> Result<Option<(u64, BlockContent)>, Error>;

    /// How many of the `bytes` of the file are read, estimated from the rows that are read.
    fn share_of(&self, bytes: u64) -> u64;
}

/// Some consecutive rows.
pub(crate) trait RowBlock: Send + Sync {
    fn len(&self) -> usize;

    /// The bytes of all texts.
    fn text_bytes(&self) -> u64;

    /// The text of a row; `None` if it has none.
    fn text(&self, row: usize) -> Option<&str>;

    /// Reads all rows.
    fn read(&self, sink: &mut RecordSink<'_>);
}

/// What a block of an input holds.
pub(crate) enum BlockContent {
    /// Whole records of an input that is a stream of bytes.
    Records(Vec<u8>),
    Rows(Box<dyn RowBlock>),
    /// One record of this many bytes, more than the limit.
    TooLong(u64),
    /// The next part cannot be read.
    Broken {
        extent: Extent,
        reason: String,
    },
}

/// How much of an input cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// This many rows.
    Rows(u64),
    /// One record of this many bytes, or bytes between records.
    Bytes(u64),
    /// All that follows.
    Rest,
}

/// What happens to a row when its file is copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RowFate {
    Kept,
    Removed,
    /// The row is kept with a new text.
    Changed(TextPlace),
}

/// A file of rows that is copied.
pub(crate) struct RowCopy<'c> {
    pub(crate) source: &'c Path,
    /// Bytes of the source.
    pub(crate) bytes: u64,
    /// The file that is written, for messages.
    pub(crate) target: &'c Path,
    /// Called with the number of bytes of the source that are done.
    pub(crate) report: &'c (dyn Fn(u64) -> Result<(), Error> + Sync),
    /// The column of the texts.
    pub(crate) text_field: &'c str,
    /// Reads a new text.
    pub(crate) new_text: &'c dyn Fn(TextPlace) -> Result<Vec<u8>, Error>,
}

/// Bytes as text. The error is that of the standard library, which says where they are not valid.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, std::str::Utf8Error> {
    // Several times as fast as the standard library where text is not ASCII.
    simdutf8::basic::from_utf8(bytes).or_else(|_| std::str::from_utf8(bytes))
}
