//! Lines of JSON lines: with their numbers, and with a bound on the memory that one line takes.
//!
//! In: any stream of bytes, unpacked. Out: its lines ([`JsonLines`]), without the blank ones.

use std::fmt;
use std::io::{self, BufRead, Read};

/// U+FEFF in UTF-8, which some programs put at the start of a file.
pub(crate) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

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
}
