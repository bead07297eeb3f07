//! Blocks: the inputs cut into pieces that threads can work on one by one.
//!
//! In: the inputs, in order. Out: [`Block`]s of whole records, about a mebibyte each, in order. Only the ends of records are
//! looked for here; what is in them the threads find out. A record longer than the limit is skipped without being held; an
//! input that breaks off (a packed file cut short) gives what stands before, and then says so.

use crate::corpus::input::files::{Format, Input};
use crate::corpus::input::packing;
use crate::corpus::input::parquet;
use crate::corpus::input::settings::ReadSettings;
use crate::corpus::input::warc;
use crate::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a block, unless one record takes more.
const BLOCK_BYTES: usize = 1 << 20;
/// Bytes read at once while a record is skipped.
const SKIP_BYTES: usize = 1 << 16;

/// Some records of one input that stand one behind the other.
pub(crate) struct Block {
    /// Number of the input.
    pub(crate) input: u32,
    /// Where the block starts in the unpacked input; in Parquet, the row from 0.
    pub(crate) offset: u64,
    /// Bytes of the file that are read, about.
    pub(crate) read: u64,
    pub(crate) content: Content,
}

pub(crate) enum Content {
    /// Whole records of an input that is a stream of bytes.
    Records(Vec<u8>),
    /// Rows of a Parquet file.
    Rows(parquet::Rows),
    /// One record of so many bytes, which is too long.
    TooLong(u64),
    /// What follows, so many rows of a Parquet file or all the rest of another, cannot be read.
    Broken { rows: u64, reason: String },
}

/// Where to go on in the inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Position {
    /// Number of the input.
    pub(crate) input: u32,
    /// Where in it, as [`Block::offset`].
    pub(crate) offset: u64,
}

/// See the [room](self).
pub(crate) struct Blocks<'i> {
    inputs: &'i [Input],
    settings: ReadSettings<'i>,
    at: Position,
    open: Option<Reader>,
}

enum Reader {
    Stream(Stream),
    Parquet(parquet::Reader),
}

impl<'i> Blocks<'i> {
    /// All blocks from a position on.
    pub(crate) fn from(at: Position, inputs: &'i [Input], settings: ReadSettings<'i>) -> Blocks<'i> {
        Blocks { inputs, settings, at, open: None }
    }

    /// The next block.
    ///
    /// # Errors
    /// `is_io` where an input cannot be read at all.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, Error> {
        while let Some(input) = self.inputs.get(self.at.input as usize) {
            let mut reader = match self.open.take() {
                Some(reader) => reader,
                None => match self.open(input)? {
                    Ok(reader) => reader,
                    Err(reason) => {
                        let block = Block {
                            input: self.at.input,
                            offset: self.at.offset,
                            read: input.bytes,
                            content: Content::Broken { rows: 0, reason },
                        };
                        self.at = Position { input: self.at.input + 1, offset: 0 };
                        return Ok(Some(block));
                    }
                },
            };
            let (found, read) = match &mut reader {
                Reader::Stream(stream) => {
                    (stream.next(input, self.settings.max_record)?, stream.read.load(Ordering::Relaxed))
                }
                Reader::Parquet(parquet) => (parquet.next()?, parquet.share_of(input.bytes)),
            };
            match found {
                Some((offset, content)) => {
                    self.open = Some(reader);
                    return Ok(Some(Block { input: self.at.input, offset, read, content }));
                }
                None => self.at = Position { input: self.at.input + 1, offset: 0 },
            }
        }
        Ok(None)
    }

    /// Opens an input where reading goes on; the inner error says why a file is not what it should be.
    fn open(&self, input: &Input) -> Result<Result<Reader, String>, Error> {
        if input.format == Format::Parquet {
            let opened = parquet::Reader::open(input, self.settings.fields, self.at.offset)?;
            return Ok(opened.map(Reader::Parquet));
        }
        Ok(Ok(Reader::Stream(Stream::open(input, self.at.offset)?)))
    }
}

/// An unpacked input, and what was read of it and not yet handed on.
struct Stream {
    unpacked: Box<dyn Read + Send>,
    /// Bytes of the file that are read.
    read: Arc<AtomicU64>,
    /// Bytes from `offset` on.
    pending: Vec<u8>,
    offset: u64,
    state: State,
}

/// A file that counts what is read of it.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

enum State {
    Going,
    /// The input ended.
    Ended,
    /// It broke off.
    Broken(String),
    /// All was handed on.
    Done,
}

impl Stream {
    fn open(input: &Input, offset: u64) -> Result<Stream, Error> {
        let failed = |error| Error::io(format!("cannot read {}", input.path.display()), error);
        let (mut file, packing) = packing::open(&input.path)?;
        let read = Arc::new(AtomicU64::new(0));
        let counted = |file| Counted { file, read: Arc::clone(&read) };
        let unpacked = if packing == packing::Packing::None {
            io::Seek::seek(&mut file, io::SeekFrom::Start(offset)).map_err(failed)?;
            read.store(offset, Ordering::Relaxed);
            packing.unpacked(counted(file))
        } else {
            packing.unpacked(counted(file)).and_then(|mut unpacked| {
                io::copy(&mut unpacked.by_ref().take(offset), &mut io::sink())?;
                Ok(unpacked)
            })
        };
        let unpacked = unpacked.map_err(failed)?;
        Ok(Stream { unpacked, read, pending: Vec::new(), offset, state: State::Going })
    }

    fn next(&mut self, input: &Input, max_record: usize) -> Result<Option<(u64, Content)>, Error> {
        let mut wanted = BLOCK_BYTES;
        loop {
            self.fill(wanted, input)?;
            let whole = match input.format {
                Format::JsonLines => memchr::memrchr(b'\n', &self.pending).map_or(0, |end| end + 1),
                Format::Warc => match warc::whole_records(&self.pending, max_record) {
                    Ok(warc::Whole::Bytes(whole)) => whole,
                    Ok(warc::Whole::TooLong(length)) => return self.skip(length).map(Some),
                    Err(reason) => {
                        if matches!(self.state, State::Going) || !self.pending.is_empty() {
                            self.state = State::Broken(reason);
                        }
                        0
                    }
                },
                Format::Text | Format::Parquet => 0,
            };
            if whole > 0 {
                return Ok(Some(self.hand_on(whole)));
            }
            match std::mem::replace(&mut self.state, State::Done) {
                // A last line without its end, or a text.
                State::Ended if !self.pending.is_empty() && self.pending.len() <= max_record => {
                    if input.format == Format::Warc {
                        let reason = "the file ends within a WARC record".to_owned();
                        return Ok(Some((self.offset, Content::Broken { rows: 0, reason })));
                    }
                    return Ok(Some(self.hand_on(self.pending.len())));
                }
                State::Ended if !self.pending.is_empty() => {
                    let length = self.pending.len() as u64;
                    return Ok(Some((self.offset, Content::TooLong(length))));
                }
                // An empty text file is a text too.
                State::Ended if input.format == Format::Text && self.offset == 0 => {
                    self.offset = 1;
                    return Ok(Some((0, Content::Records(Vec::new()))));
                }
                State::Ended | State::Done => return Ok(None),
                State::Broken(reason) => {
                    return Ok(Some((self.offset, Content::Broken { rows: 0, reason })));
                }
                State::Going => self.state = State::Going,
            }
            if self.pending.len() > max_record && input.format != Format::Warc {
                return self.skip_line(input).map(Some);
            }
            wanted = 2 * self.pending.len().max(BLOCK_BYTES / 2);
        }
    }

    /// Reads until `wanted` bytes are pending, or there are no more.
    fn fill(&mut self, wanted: usize, input: &Input) -> Result<(), Error> {
        if !matches!(self.state, State::Going) || self.pending.len() >= wanted {
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
                // The system says so: the file cannot be read, whatever is in it.
                Err(error) if error.raw_os_error().is_some() => {
                    outcome = Err(Error::io(format!("cannot read {}", input.path.display()), error));
                    break;
                }
                Err(error) => {
                    self.state = State::Broken(format!("the packed file is cut short or altered ({error})"));
                    break;
                }
            }
        }
        self.pending.truncate(filled);
        outcome
    }

    fn hand_on(&mut self, length: usize) -> (u64, Content) {
        let rest = self.pending.split_off(length);
        let records = std::mem::replace(&mut self.pending, rest);
        let offset = self.offset;
        self.offset += records.len() as u64;
        (offset, Content::Records(records))
    }

    /// Skips so many bytes.
    fn skip(&mut self, length: u64) -> Result<(u64, Content), Error> {
        let start = self.offset;
        let here = length.min(self.pending.len() as u64);
        self.pending.drain(..here as usize);
        let beyond = io::copy(&mut self.unpacked.by_ref().take(length - here), &mut io::sink());
        if let Err(error) = &beyond {
            self.state = State::Broken(error.to_string());
        }
        self.offset += length;
        Ok((start, Content::TooLong(length)))
    }

    /// Skips up to the end of the line, or of the text.
    fn skip_line(&mut self, input: &Input) -> Result<(u64, Content), Error> {
        let start = self.offset;
        let ends = |bytes: &[u8]| match input.format {
            Format::JsonLines => memchr::memchr(b'\n', bytes).map(|end| end + 1),
            _ => None,
        };
        loop {
            if let Some(end) = ends(&self.pending) {
                self.pending.drain(..end);
                self.offset += end as u64;
                break;
            }
            self.offset += self.pending.len() as u64;
            self.pending.clear();
            self.fill(SKIP_BYTES, input)?;
            if self.pending.is_empty() {
                break;
            }
        }
        Ok((start, Content::TooLong(self.offset - start)))
    }
}
