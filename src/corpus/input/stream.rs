//! Cuts an unpacked stream of bytes into blocks of whole records.
//!
//! In: an input whose format is a [`ByteFormat`]. Out: blocks of about a mebibyte. Only the ends of records are searched
//! here. A record longer than the limit is skipped and never held in memory. A packed file that is cut short gives the
//! records before the cut, and then the reason why it cannot be read further.

use crate::corpus::input::format::{BlockContent, ByteFormat, Cut, LongRecord};
use crate::corpus::input::packing::{self, Packing};
use crate::error::Error;
use crate::support::disk::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a block, unless one record takes more.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes read at once while a record is skipped.
const SKIP_BYTES: usize = 1 << 16;

/// An unpacked input, and the bytes that are read but not yet returned.
pub(crate) struct StreamReader {
    path: PathBuf,
    format: &'static dyn ByteFormat,
    /// Whether the whole file is one record.
    is_one_record: bool,
    max_record: usize,
    unpacked: Box<dyn Read + Send>,
    /// Bytes of the file that are read.
    read: Arc<AtomicU64>,
    /// The unpacked bytes from `offset` on that are read but not yet returned.
    pending: Vec<u8>,
    offset: u64,
    state: State,
}

/// A file that counts the bytes that are read from it.
struct CountedFile {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for CountedFile {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

enum State {
    Reading,
    /// The input ended.
    Ended,
    /// The rest cannot be read, for this reason.
    Broken(String),
    /// Everything was returned.
    Done,
}

impl StreamReader {
    /// Opens a file at an offset of its unpacked bytes.
    pub(crate) fn open(
        path: &Path,
        (format, is_one_record): (&'static dyn ByteFormat, bool),
        max_record: usize,
        offset: u64,
    ) -> Result<StreamReader, Error> {
        let failed = |error| Error::cannot_read(path, error);
        let (mut file, packing) = packing::open(path)?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = |file| CountedFile { file, read: Arc::clone(&read) };
        let unpacked = if packing == Packing::None {
            file.seek(SeekFrom::Start(offset)).map_err(failed)?;
            read.store(offset, Ordering::Relaxed);
            packing.unpacked(counted(file))
        } else {
            packing.unpacked(counted(file)).and_then(|mut unpacked| {
                io::copy(&mut unpacked.by_ref().take(offset), &mut io::sink())?;
                Ok(unpacked)
            })
        };
        Ok(StreamReader {
            path: path.to_owned(),
            format,
            is_one_record,
            max_record,
            unpacked: unpacked.map_err(failed)?,
            read,
            pending: Vec::new(),
            offset,
            state: State::Reading,
        })
    }

    /// Bytes of the file that are read.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// The next block and its offset.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, BlockContent)>, Error> {
        let mut wanted = BLOCK_BYTES;
        loop {
            self.fill(wanted)?;
            match self.format.cut(&self.pending, self.max_record) {
                Ok(Cut::Whole(0)) => {}
                Ok(Cut::Whole(length)) => return Ok(Some(self.take(length))),
                Ok(Cut::TooLong(length)) => return self.skip(length).map(Some),
                Err(reason) => {
                    if matches!(self.state, State::Reading) || !self.pending.is_empty() {
                        self.state = State::Broken(reason);
                    }
                }
            }
            match std::mem::replace(&mut self.state, State::Done) {
                State::Ended => return Ok(self.rest()),
                State::Done => return Ok(None),
                State::Broken(reason) => {
                    // The rest is dropped. If it stayed pending, it would be reported again and again.
                    self.pending.clear();
                    return Ok(Some((self.offset, BlockContent::Broken { rows: 0, reason })));
                }
                State::Reading => self.state = State::Reading,
            }
            let ends_with_line = match self.format.long_record() {
                LongRecord::EndsWithLine => Some(true),
                LongRecord::EndsWithFile => Some(false),
                LongRecord::HasLength => None,
            };
            if let Some(ends_with_line) = ends_with_line
                && self.pending.len() > self.max_record
            {
                return self.skip_to_end(ends_with_line).map(Some);
            }
            wanted = 2 * self.pending.len().max(BLOCK_BYTES / 2);
        }
    }

    /// The bytes left at the end of the input: a line without a line end, or a whole text.
    fn rest(&mut self) -> Option<(u64, BlockContent)> {
        if self.pending.is_empty() {
            // In a format with one text a file, an empty file is an empty text.
            let is_empty_text = self.is_one_record && self.offset == 0;
            self.offset += u64::from(is_empty_text);
            return is_empty_text.then_some((0, BlockContent::Records(Vec::new())));
        }
        if self.pending.len() > self.max_record {
            return Some((self.offset, BlockContent::TooLong(self.pending.len() as u64)));
        }
        if let Some(reason) = self.format.reason_if_unfinished() {
            return Some((self.offset, BlockContent::Broken { rows: 0, reason: reason.to_owned() }));
        }
        Some(self.take(self.pending.len()))
    }

    /// Reads until `wanted` bytes are pending, or the input ends.
    fn fill(&mut self, wanted: usize) -> Result<(), Error> {
        if !matches!(self.state, State::Reading) || self.pending.len() >= wanted {
            return Ok(());
        }
        let mut filled = self.pending.len();
        self.pending.resize(wanted, 0);
        let mut outcome = Ok(());
        while filled < wanted {
            match self.unpacked.read(&mut self.pending[filled..]) {
                Ok(0) => {
                    self.state = State::Ended;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    match self.reason_of(error) {
                        Ok(reason) => self.state = State::Broken(reason),
                        Err(error) => outcome = Err(error),
                    }
                    break;
                }
            }
        }
        self.pending.truncate(filled);
        outcome
    }

    /// Returns the first `length` pending bytes as a block.
    fn take(&mut self, length: usize) -> (u64, BlockContent) {
        let rest = self.pending.split_off(length);
        let records = std::mem::replace(&mut self.pending, rest);
        let offset = self.offset;
        self.offset += records.len() as u64;
        (offset, BlockContent::Records(records))
    }

    /// Skips a record of `length` bytes. If the packed file breaks off inside it, the whole rest of the file is given up from the
    /// start of the record: a second reading could not pass over it either.
    fn skip(&mut self, length: u64) -> Result<(u64, BlockContent), Error> {
        let start = self.offset;
        let here = length.min(self.pending.len() as u64);
        self.pending.drain(..here as usize);
        let beyond = io::copy(&mut self.unpacked.by_ref().take(length - here), &mut io::sink());
        if let Err(error) = beyond {
            let reason = self.reason_of(error)?;
            self.state = State::Done;
            self.pending.clear();
            return Ok((start, BlockContent::Broken { rows: 0, reason }));
        }
        self.offset += length;
        Ok((start, BlockContent::TooLong(length)))
    }

    /// Why the content cannot be read. An error that the system reports is no fault of the content.
    fn reason_of(&self, error: io::Error) -> Result<String, Error> {
        match error.raw_os_error() {
            Some(_) => Err(Error::cannot_read(&self.path, error)),
            None => Ok(format!("the packed file is cut short or altered ({error})")),
        }
    }

    /// Skips to the end of the line, or of the file.
    fn skip_to_end(&mut self, ends_with_line: bool) -> Result<(u64, BlockContent), Error> {
        let start = self.offset;
        loop {
            let end = if ends_with_line { memchr::memchr(b'\n', &self.pending) } else { None };
            if let Some(end) = end {
                self.pending.drain(..=end);
                self.offset += end as u64 + 1;
                break;
            }
            self.offset += self.pending.len() as u64;
            self.pending.clear();
            self.fill(SKIP_BYTES)?;
            if self.pending.is_empty() {
                break;
            }
        }
        Ok((start, BlockContent::TooLong(self.offset - start)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::input::warc::Warc;

    #[test]
    fn a_file_with_bytes_that_are_no_record_is_given_up_once() {
        let path = std::env::temp_dir().join(format!("refrain-stream-{}.warc", std::process::id()));
        let record = "WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n";
        std::fs::write(&path, format!("{record}no record{record}")).unwrap();
        let mut reader = StreamReader::open(&path, (&Warc, false), 1000, 0).unwrap();
        let first = reader.next().unwrap();
        assert!(matches!(first, Some((0, BlockContent::Records(bytes))) if bytes == record.as_bytes()));
        let second = reader.next().unwrap();
        assert!(matches!(second, Some((_, BlockContent::Broken { rows: 0, .. }))));
        assert!(reader.next().unwrap().is_none());
        std::fs::remove_file(&path).unwrap();
    }
}
