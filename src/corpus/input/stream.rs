//! Cuts an unpacked stream of bytes into blocks of whole records.
//!
//! In: an input whose format is a [`ByteFormat`]. Out: blocks of about a mebibyte. Only the ends of records are searched
//! here. A record longer than the limit is skipped and never held in memory. A broken record is passed over, up to the next
//! one. A packed file that is cut short gives the records before the cut, and then the reason why it cannot be read further.

use crate::corpus::input::format::{BlockContent, ByteFormat, Cut, Extent, LongRecord, Resume};
use crate::corpus::input::packing::{self, Packing, Unpacking};
use crate::error::Error;
use crate::support::disk::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a block, unless one record takes more.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes read at once while a record is skipped.
const SKIP_BYTES: usize = 1 << 16;

/// An unpacked input, and the bytes that are read but not yet returned.
///
/// **It always moves forward.** Each call of [`next`](Self::next) returns at least one byte of the input, or ends it, because
/// [`advance`](Self::advance) alone changes the offset and its argument is never 0 where a block is returned.
pub(crate) struct StreamReader {
    path: PathBuf,
    unpacking: Unpacking,
    format: &'static dyn ByteFormat,
    /// Whether the whole file is one record.
    is_one_record: bool,
    max_record: usize,
    unpacked: Box<dyn Read + Send>,
    /// Bytes of the file that are read.
    read: Arc<AtomicU64>,
    /// The unpacked bytes from `offset` on that are read but not yet returned.
    pending: Pending,
    offset: u64,
    state: State,
    /// Whether the length that a record says is trusted if the record is too long to hold. It is not after one was wrong, so that at
    /// most one such length costs a second reading.
    trusts_lengths: bool,
}

/// Bytes that are taken from the front and added at the back, each at a cost that does not depend on how many are held.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    start: usize,
}

impl Pending {
    fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Takes bytes from the front. A large part is not copied.
    fn take(&mut self, length: usize) -> Vec<u8> {
        if self.start == 0 && length >= self.bytes.len() / 2 {
            let rest = self.bytes.split_off(length);
            return std::mem::replace(&mut self.bytes, rest);
        }
        let taken = self.bytes()[..length].to_vec();
        self.drop(length);
        taken
    }

    fn drop(&mut self, length: usize) {
        self.start += length;
        // Each move of bytes is paid for by as many bytes that were dropped.
        if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
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
        (path, unpacking): (&Path, Unpacking),
        (format, is_one_record): (&'static dyn ByteFormat, bool),
        max_record: usize,
        offset: u64,
    ) -> Result<StreamReader, Error> {
        let failed = |error| Error::cannot_read(path, error);
        let (mut file, packing) = packing::open(path)?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = |file| CountedFile { file, read: Arc::clone(&read) };
        let unpacked = if packing == Packing::None && unpacking.encoding.is_none() {
            file.seek(SeekFrom::Start(offset)).map_err(failed)?;
            read.store(offset, Ordering::Relaxed);
            unpacking.read(packing, counted(file))
        } else {
            unpacking.read(packing, counted(file)).and_then(|mut unpacked| {
                io::copy(&mut unpacked.by_ref().take(offset), &mut io::sink())?;
                Ok(unpacked)
            })
        };
        Ok(StreamReader {
            path: path.to_owned(),
            unpacking,
            format,
            is_one_record,
            max_record,
            unpacked: unpacked.map_err(failed)?,
            read,
            pending: Pending::default(),
            offset,
            state: State::Reading,
            trusts_lengths: true,
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
            if self.pending.len() == 0 {
                return Ok(self.end());
            }
            let long_record = self.format.long_record();
            let is_too_long = self.pending.len() > self.max_record;
            if is_too_long && long_record == LongRecord::EndsWithFile {
                return self.skip_to_end(false).map(Some);
            }
            let is_end = matches!(self.state, State::Ended);
            match self.format.cut(self.pending.bytes(), self.max_record, is_end) {
                Cut::Whole(length) => return Ok(Some(self.take(length))),
                Cut::TooLong(length) if self.trusts_lengths => return self.skip(length).map(Some),
                Cut::TooLong(length) => return self.pass_over(wrong_length(length.get())).map(Some),
                Cut::Broken(reason) => return self.pass_over(reason).map(Some),
                Cut::Partial => {}
            }
            if is_too_long && long_record == LongRecord::EndsWithLine {
                return self.skip_to_end(true).map(Some);
            }
            match self.state {
                State::Reading if self.pending.len() <= self.max_record.saturating_add(BLOCK_BYTES) => {}
                State::Reading | State::Ended => {
                    return self.pass_over("is not complete".to_owned()).map(Some);
                }
                // The rest is dropped: it is the start of a record that cannot be read.
                State::Broken(_) | State::Done => return Ok(self.end()),
            }
            wanted = 2 * self.pending.len().max(BLOCK_BYTES / 2);
        }
    }

    /// What is left when no whole record is: an empty text, or why the input ended early.
    fn end(&mut self) -> Option<(u64, BlockContent)> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Broken(reason) => {
                Some((self.offset, BlockContent::Broken { extent: Extent::Rest, reason }))
            }
            // In a format with one text a file, an empty file is an empty text.
            State::Ended if self.is_one_record && self.offset == 0 => {
                Some((0, BlockContent::Records(Vec::new())))
            }
            _ => None,
        }
    }

    /// Reads until `wanted` bytes are pending, or the input ends.
    fn fill(&mut self, wanted: usize) -> Result<(), Error> {
        if !matches!(self.state, State::Reading) || self.pending.len() >= wanted {
            return Ok(());
        }
        let pending = &mut self.pending.bytes;
        let mut filled = pending.len();
        let wanted = self.pending.start + wanted;
        pending.resize(wanted, 0);
        let mut outcome = Ok(());
        while filled < wanted {
            match self.unpacked.read(&mut pending[filled..]) {
                Ok(0) => {
                    self.state = State::Ended;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The system reports this error: the file itself cannot be read. Its content is not the cause.
                Err(error) if error.raw_os_error().is_some() => {
                    outcome = Err(Error::cannot_read(&self.path, error));
                    break;
                }
                Err(error) => {
                    self.state = State::Broken(format!("the packed file is cut short or altered ({error})"));
                    break;
                }
            }
        }
        pending.truncate(filled);
        outcome
    }

    /// Moves forward by pending bytes.
    fn advance(&mut self, length: usize) {
        self.pending.drop(length);
        self.offset += length as u64;
    }

    /// Returns the first `length` pending bytes as a block.
    fn take(&mut self, length: NonZeroUsize) -> (u64, BlockContent) {
        let offset = self.offset;
        let records = self.pending.take(length.get());
        self.offset += length.get() as u64;
        (offset, BlockContent::Records(records))
    }

    /// Passes over a broken record, up to the next record.
    fn pass_over(&mut self, reason: String) -> Result<(u64, BlockContent), Error> {
        let start = self.offset;
        self.advance(1);
        self.search(u64::MAX)?;
        Ok((start, BlockContent::Broken { extent: Extent::Bytes(self.offset - start), reason }))
    }

    /// Moves to the next place where a record begins, to the offset `end`, or to the end of the input, whichever is first.
    /// Returns whether a record begins there.
    fn search(&mut self, end: u64) -> Result<bool, Error> {
        while self.offset < end {
            let is_end = !matches!(self.state, State::Reading);
            let (found, length) = match self.format.resume(self.pending.bytes(), is_end) {
                Resume::At(length) => (true, length),
                Resume::NotBefore(_) if is_end => (false, self.pending.len()),
                Resume::NotBefore(length) => (false, length),
            };
            self.advance(length.min(usize::try_from(end - self.offset).unwrap_or(usize::MAX)));
            if found && self.offset < end {
                return Ok(true);
            }
            if is_end {
                break;
            }
            self.fill(self.pending.len() + SKIP_BYTES)?;
        }
        Ok(false)
    }

    /// Passes over a record that says that it has `length` bytes. If it does not end there, its length is wrong, and reading
    /// goes on at the first record that begins within these bytes.
    fn skip(&mut self, length: NonZeroU64) -> Result<(u64, BlockContent), Error> {
        let start = self.offset;
        let end = start.saturating_add(length.get());
        self.advance(1);
        let within = self.search(end)?.then_some(self.offset);
        while self.offset < end {
            self.fill(SKIP_BYTES)?;
            if self.pending.len() == 0 {
                break;
            }
            let left = usize::try_from(end - self.offset).unwrap_or(usize::MAX);
            self.advance(left.min(self.pending.len()));
        }
        let is_whole = self.offset == end && {
            self.fill(SKIP_BYTES)?;
            self.format.follows_record(self.pending.bytes(), matches!(self.state, State::Ended))
        };
        if is_whole {
            return Ok((start, BlockContent::TooLong(length.get())));
        }
        self.trusts_lengths = false;
        if let Some(place) = within {
            let format = (self.format, self.is_one_record);
            let trusts_lengths = false;
            let reopened = StreamReader::open((&self.path, self.unpacking), format, self.max_record, place)?;
            *self = StreamReader { trusts_lengths, ..reopened };
        } else {
            self.search(u64::MAX)?;
        }
        let extent = Extent::Bytes(self.offset - start);
        Ok((start, BlockContent::Broken { extent, reason: wrong_length(length.get()) }))
    }

    /// Skips to the end of the line, or of the file.
    fn skip_to_end(&mut self, ends_with_line: bool) -> Result<(u64, BlockContent), Error> {
        let start = self.offset;
        loop {
            let end = if ends_with_line { memchr::memchr(b'\n', self.pending.bytes()) } else { None };
            if let Some(end) = end {
                self.advance(end + 1);
                break;
            }
            self.advance(self.pending.len());
            self.fill(SKIP_BYTES)?;
            if self.pending.len() == 0 {
                break;
            }
        }
        Ok((start, BlockContent::TooLong(self.offset - start)))
    }
}

/// The reason by which a record is rejected that is too long to hold, and does not end where it says.
fn wrong_length(length: u64) -> String {
    format!("says that it has {length} bytes, and that is wrong or more than the limit (max_record)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::input::format::Layout;
    use crate::corpus::input::formats::Format;
    use crate::corpus::input::warc::Warc;
    use proptest::prelude::*;
    use std::fs;

    const MAX_RECORD: usize = 1000;

    fn record(text: &str, length: usize) -> String {
        format!("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {length}\r\n\r\n{text}\r\n\r\n")
    }

    /// A file, removed when dropped.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(bytes: impl AsRef<[u8]>) -> Scratch {
            static NEXT: AtomicU64 = AtomicU64::new(0);
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("refrain-stream-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::write(&path, bytes).unwrap();
            Scratch(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    /// The blocks of a WARC file: the bytes of records, or the number of bytes that are broken or too long.
    fn blocks(bytes: &[u8]) -> Vec<Result<Vec<u8>, u64>> {
        let file = Scratch::new(bytes);
        let mut reader =
            StreamReader::open((&file.0, Unpacking::FREE), (&Warc, false), MAX_RECORD, 0).unwrap();
        let mut blocks = Vec::new();
        while let Some((_, content)) = reader.next().unwrap() {
            blocks.push(match content {
                BlockContent::Records(bytes) => Ok(bytes),
                BlockContent::Broken { extent: Extent::Bytes(length), .. } => Err(length),
                BlockContent::TooLong(length) => Err(length),
                _ => panic!("{bytes:?}"),
            });
        }
        blocks
    }

    #[test]
    fn reading_goes_on_after_a_broken_record() {
        let (good, long) = (record("abc", 3), record(&"x".repeat(2000), 2000));
        for broken in [
            "no record".to_owned(),
            record("abcd", 3),
            record("abc", 30),
            record("abc", 3000),
            record("abc", 1 << 40),
            format!("{}{}", record("abc", 1 << 40), "junk".repeat(20_000)),
            long.trim_end().to_owned() + "junk",
        ] {
            let found = blocks(format!("{good}{broken}{good}{good}").as_bytes());
            let good_bytes = |count: usize| Ok(good.repeat(count).into_bytes());
            assert_eq!(found, [good_bytes(1), Err(broken.len() as u64), good_bytes(2)], "{broken:?}");
        }
        // The length of a record that is too long is trusted if the record ends there.
        let nested = record(&good.repeat(30), good.len() * 30);
        let found = blocks(format!("{nested}{good}").as_bytes());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Err((nested.len() - 4) as u64));
    }

    /// Reads a file to its end, and checks that its blocks follow each other without gaps and without empty ones.
    fn check_progress(format: Format, bytes: &[u8]) {
        let Layout::Bytes(records) = format.records().layout() else { return };
        let file = Scratch::new(bytes);
        let format = (records, format.records().is_one_record());
        let mut reader = StreamReader::open((&file.0, Unpacking::FREE), format, MAX_RECORD, 0).unwrap();
        let mut at = 0;
        while let Some((offset, content)) = reader.next().unwrap() {
            assert_eq!(offset, at);
            at += match content {
                BlockContent::Records(bytes) if bytes.is_empty() => {
                    assert!(reader.next().unwrap().is_none());
                    break;
                }
                BlockContent::Records(bytes) => bytes.len() as u64,
                BlockContent::TooLong(length) => length,
                BlockContent::Broken { extent: Extent::Bytes(length), .. } => length,
                // A packed file that is cut short or altered.
                BlockContent::Broken { .. } => return,
                BlockContent::Rows(_) => unreachable!(),
            };
            assert!(at > offset);
        }
    }

    proptest! {
        /// No reader returns without having moved forward, and every byte belongs to one block.
        #[test]
        fn every_reader_moves_forward_over_any_bytes(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            pieces in proptest::collection::vec((0..9usize, any::<u16>()), 0..40),
        ) {
            let mut mixed = Vec::new();
            for (kind, number) in pieces {
                let number = usize::from(number);
                mixed.extend_from_slice(&match kind {
                    0 => b"WARC/1.0\r\n".to_vec(),
                    1 => b"\r\n".to_vec(),
                    2 => format!("Content-Length: {number}\r\n").into_bytes(),
                    3 => record("abc", number % 5).into_bytes(),
                    4 => record("abc", number).into_bytes(),
                    5 => b"{\"text\":\"a\"}\n".to_vec(),
                    6 => vec![b'x'; number % 2000],
                    7 => bytes.iter().copied().take(number % 100).collect(),
                    _ => record(&"long ".repeat(300), 1500).into_bytes(),
                });
            }
            for &format in Format::ALL {
                check_progress(format, &bytes);
                check_progress(format, &mixed);
            }
        }
    }
}
