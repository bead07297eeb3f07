//! Reading unpacked bytes and lines: the reader that [`Job`](crate::corpus::Job) uses for JSON lines, for programs that read
//! such files themselves.
//!
//! In: a path, or any stream of bytes. Out: its unpacked bytes ([`open`], [`unpack`]), and its lines ([`JsonLines`]) with a
//! bound on the memory that one line takes. A packed file is recognised by its first bytes, not by its name.

use crate::corpus::input::packing::{self, Packing};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// U+FEFF in UTF-8, which some programs put at the start of a file.
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The unpacked bytes of a file or a stream. See [`open`] and [`unpack`].
pub struct Unpacked {
    bytes: BufReader<Box<dyn Read + Send>>,
    packing: Packing,
}

impl Unpacked {
    /// Whether the bytes were packed.
    pub fn is_packed(&self) -> bool {
        self.packing != Packing::None
    }
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked").field("packing", &self.packing).finish_non_exhaustive()
    }
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into)
    }
}

impl BufRead for Unpacked {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

/// Opens a file and unpacks it: gz, zst, bz2 or xz, or none of these.
///
/// # Errors
/// Those of opening the file and reading its first bytes. A damaged packed file gives an error when it is read.
///
/// # Example
/// ```
/// use refrain::corpus::input::{JsonLines, open};
/// # let path = std::env::temp_dir().join(format!("refrain-open-{}.jsonl", std::process::id()));
/// std::fs::write(&path, "{\"text\":\"one\"}\n\n{\"text\":\"three\"}\n")?;
/// let numbers: Vec<u64> =
///     JsonLines::new(open(&path)?, 1 << 20).map(|line| Ok(line?.number())).collect::<std::io::Result<_>>()?;
/// assert_eq!(numbers, [1, 3]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> io::Result<Unpacked> {
    unpack(File::open(path)?)
}

/// Unpacks a stream, such as standard input, as [`open`] does.
///
/// # Errors
/// Those of reading the first bytes.
pub fn unpack(mut stream: impl Read + Send + 'static) -> io::Result<Unpacked> {
    let head = packing::head(&mut stream)?;
    let packing = Packing::of(&head);
    let bytes = packing.unpacked(Cursor::new(head).chain(stream))?;
    Ok(Unpacked { bytes: BufReader::with_capacity(BUFFER_BYTES, bytes), packing })
}

/// Bytes read at once: few calls of the system for a large file, and little memory for a small one.
const BUFFER_BYTES: usize = 1 << 16;

/// A record that is longer than the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TooLong {
    /// Bytes of the record.
    pub length: u64,
    /// The most bytes that a record may have.
    pub limit: u64,
}

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "is {} bytes long, and the limit is {}", self.length, self.limit)
    }
}

impl std::error::Error for TooLong {}

/// One line, with its line end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JsonLine {
    number: u64,
    bytes: Result<Vec<u8>, TooLong>,
}

impl JsonLine {
    /// The number of the line, from 1. Blank lines count.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The bytes of the line, unparsed.
    ///
    /// # Errors
    /// [`TooLong`] for a line above the limit. Its bytes were skipped.
    pub fn bytes(&self) -> Result<&[u8], TooLong> {
        self.bytes.as_deref().map_err(|&error| error)
    }
}

/// The lines of a stream of JSON lines, without the blank ones. Memory holds one line, up to the limit of its length.
///
/// The lines are not parsed, so that parsing can run on other threads. A byte order mark at the start is left out.
#[derive(Debug)]
pub struct JsonLines<R> {
    reader: R,
    max_record: u64,
    number: u64,
}

impl<R: BufRead> JsonLines<R> {
    /// Reads lines of at most `max_record` bytes, the line end included.
    pub fn new(reader: R, max_record: u64) -> JsonLines<R> {
        JsonLines { reader, max_record, number: 0 }
    }

    fn next_line(&mut self) -> io::Result<Option<JsonLine>> {
        loop {
            let mut line = Vec::new();
            // One byte more than the limit, to see that a line is longer.
            let held = self.max_record.saturating_add(BYTE_ORDER_MARK.len() as u64 + 1);
            if (&mut self.reader).take(held).read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            let rest = if line.ends_with(b"\n") { 0 } else { self.reader.skip_until(b'\n')? };
            if self.number == 1 && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            let length = (line.len() + rest) as u64;
            if length > self.max_record {
                let bytes = Err(TooLong { length, limit: self.max_record });
                return Ok(Some(JsonLine { number: self.number, bytes }));
            }
            if !line.trim_ascii().is_empty() {
                return Ok(Some(JsonLine { number: self.number, bytes: Ok(line) }));
            }
        }
    }
}

impl<R: BufRead> Iterator for JsonLines<R> {
    type Item = io::Result<JsonLine>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers_and_long_ones_are_skipped() {
        let text = "\u{feff}{\"a\":1}\n \r\n{\"b\":\"12345\"}\n{\"c\":2}";
        let lines: Vec<JsonLine> = JsonLines::new(text.as_bytes(), 9).map(Result::unwrap).collect();
        let found: Vec<_> = lines.iter().map(|line| (line.number(), line.bytes())).collect();
        let too_long = TooLong { length: 14, limit: 9 };
        assert_eq!(found, [(1, Ok(&b"{\"a\":1}\n"[..])), (3, Err(too_long)), (4, Ok(&b"{\"c\":2}"[..]))]);
        assert_eq!(too_long.to_string(), "is 14 bytes long, and the limit is 9");
    }

    #[test]
    fn every_packing_is_recognised_in_a_stream() {
        for packing in Packing::ALL {
            let mut unpacked = unpack(Cursor::new(packing.packed(b"a line\n".to_vec()).unwrap())).unwrap();
            assert_eq!(unpacked.is_packed(), packing != Packing::None);
            let mut text = String::new();
            unpacked.read_to_string(&mut text).unwrap();
            assert_eq!(text, "a line\n", "{packing:?}");
        }
        assert_eq!(unpack(io::empty()).unwrap().bytes().count(), 0);
    }
}
