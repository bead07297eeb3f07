//! Sealed files: a header and blocks, each under a checksum, so that an altered byte is an error and never an
//! answer.
//!
//! In: what a module stores. Out: its bytes, and from them the same content again, or an error that says
//! whether they were altered ([`Error::is_corrupt`]) or written by another format version
//! ([`Error::is_incompatible`]).
//!
//! | bytes of the header | what; little-endian, and the same in every kind and version |
//! | --- | --- |
//! | 0..4 | the letters of the kind |
//! | 4..6 | format version |
//! | 6..8 | bytes of the header |
//! | … | content by kind |
//! | the last 8 | checksum of the header up to here |
//!
//! Every block is followed by an 8-byte checksum that chains: it covers the header, all blocks before, and
//! the block. So a file that is cut short, altered, or put together from two is refused. A checksum is XXH3
//! of the bytes, 64 bits.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use crate::error::Error;
use crate::support::hash;

/// Bytes that are read before the length of the header is known.
const PREFIX: usize = 8;
/// A longer header is refused.
const LONGEST_HEADER: usize = 4096;
/// Bytes of a checksum.
const SEAL: usize = 8;

/// Bytes read from the system at once.
const BUFFER_BYTES: usize = 1 << 18;

/// Reads a whole file with `content`. The file must end after what `content` reads.
///
/// # Errors
/// `is_io` if it cannot be read, `is_corrupt` if bytes follow, and the errors of `content`.
pub(crate) fn read<T>(
    path: &Path,
    content: impl FnOnce(&mut BufReader<File>) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = |error| Error::cannot_read(path, error);
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path).map_err(failed)?);
    let read = content(&mut reader)?;
    match reader.read(&mut [0]).map_err(failed)? {
        0 => Ok(read),
        _ => Err(Error::corrupt(format!("{} has bytes behind its end; it is altered", path.display()))),
    }
}

/// A kind of file.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) magic: [u8; 4],
    pub(crate) version: u16,
    /// Its name in messages, such as `index file`.
    pub(crate) name: &'static str,
}

impl Kind {
    /// Writes prefix and checksum of a header whose rest is set.
    pub(crate) fn seal(self, header: &mut [u8]) {
        let (length, end) = (header.len() as u16, header.len() - SEAL);
        header[..4].copy_from_slice(&self.magic);
        header[4..6].copy_from_slice(&self.version.to_le_bytes());
        header[6..8].copy_from_slice(&length.to_le_bytes());
        let checksum = hash::checksum(&header[..end]);
        header[end..].copy_from_slice(&checksum.to_le_bytes());
    }

    /// Reads a header of this kind and version, prefix and checksum included.
    ///
    /// # Errors
    /// `is_corrupt` if it is no header or altered, `is_incompatible` if it is of another version, `is_io`.
    pub(crate) fn header(self, reader: &mut impl Read) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; PREFIX];
        self.fill(reader, &mut bytes, "header")?;
        let length = usize::from(u16::from_le_bytes([bytes[6], bytes[7]]));
        if bytes[..4] != self.magic || !(PREFIX + SEAL..=LONGEST_HEADER).contains(&length) {
            return Err(self.corrupt("it does not start with the header of one"));
        }
        bytes.resize(length, 0);
        self.fill(reader, &mut bytes[PREFIX..], "header")?;
        let (content, checksum) = bytes.split_at(length - SEAL);
        if word(checksum) != hash::checksum(content) {
            return Err(self.corrupt("the checksum of the header does not fit; the file is altered"));
        }
        // The checksum is checked first: the version of an altered header means nothing.
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != self.version {
            return Err(Error::incompatible(format!(
                "{}: format version {version}, but this crate reads version {}; make it again from its \
                 texts",
                self.name, self.version
            )));
        }
        Ok(bytes)
    }

    /// The error of a file of this kind that is altered or contradicts itself.
    pub(crate) fn corrupt(self, what: impl std::fmt::Display) -> Error {
        Error::corrupt(format!("{}: {what}", self.name))
    }

    /// Fills `bytes`. It is an error if the stream ends before they are full.
    fn fill(self, reader: &mut impl Read, bytes: &mut [u8], what: &str) -> Result<(), Error> {
        reader.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                self.corrupt(format!("it ends within the {what}; the file is cut short"))
            }
            _ => Error::io(format!("cannot read the {what} of the {}", self.name), error),
        })
    }
}

/// A stream of blocks after a sealed header.
pub(crate) struct Blocks<S> {
    stream: S,
    kind: Kind,
    chain: u64,
}

impl<S> Blocks<S> {
    /// The blocks that follow `header`.
    pub(crate) fn after(header: &[u8], kind: Kind, stream: S) -> Blocks<S> {
        Blocks { stream, kind, chain: word(&header[header.len() - SEAL..]) }
    }

    fn advance(&mut self, block: &[u8]) -> u64 {
        self.chain = hash::mix(self.chain ^ hash::checksum(block));
        self.chain
    }
}

impl<W: Write> Blocks<W> {
    pub(crate) fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.stream.write_all(block)?;
        let checksum = self.advance(block);
        self.stream.write_all(&checksum.to_le_bytes())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl<R: Read> Blocks<R> {
    /// Reads `count` items of `size` bytes, `most` to a block, and calls `take` with each after the checksum
    /// of its block was checked. Memory grows with the bytes read, not with the number that a header claims.
    pub(crate) fn read_all(
        &mut self,
        count: usize,
        size: usize,
        most: usize,
        what: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut block = Vec::new();
        for from in (0..count).step_by(most) {
            block.clear();
            self.read_block((count - from).min(most) * size, &mut block, what)?;
            block.chunks_exact(size).try_for_each(&mut take)?;
        }
        Ok(())
    }

    /// Reads `length` bytes, `most` to a block.
    pub(crate) fn read_bytes(&mut self, length: usize, most: usize, what: &str) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        for from in (0..length).step_by(most) {
            self.read_block((length - from).min(most), &mut bytes, what)?;
        }
        Ok(bytes)
    }

    /// Appends a block to `bytes`.
    fn read_block(&mut self, length: usize, bytes: &mut Vec<u8>, what: &str) -> Result<(), Error> {
        let from = bytes.len();
        bytes.resize(from + length, 0);
        self.kind.fill(&mut self.stream, &mut bytes[from..], what)?;
        let mut checksum = [0; SEAL];
        self.kind.fill(&mut self.stream, &mut checksum, what)?;
        if u64::from_le_bytes(checksum) != self.advance(&bytes[from..]) {
            return Err(self
                .kind
                .corrupt(format!("the checksum of the {what} does not fit; the file is altered")));
        }
        Ok(())
    }
}

/// Eight bytes as a little-endian number.
///
/// # Panics
/// If they are not eight.
pub(crate) fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}
