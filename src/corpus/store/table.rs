//! Tables on disk: rows of fixed width, one for each document, and bytes of any length.
//!
//! In: rows, appended in the order of the documents. Out: rows by number, or all of them in order. Tables hold the facts
//! about documents, so that a run needs only a few bytes of memory a document.
//!
//! A table has no header. It belongs to a stage, whose mark ([`crate::corpus::store::work`]) says that the table is complete,
//! and holds its [`Seal`]. A later run that uses the table checks the seal first.

use crate::error::Error;
use crate::support::disk::File;
use serde::{Deserialize, Serialize};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// Bytes of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// The length of a file and its checksum (XXH3), by which a later run knows that the file is what was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Seal {
    bytes: u64,
    sum: u64,
}

impl Default for Seal {
    /// That of an empty file.
    fn default() -> Seal {
        Seal { bytes: 0, sum: Xxh3Default::new().digest() }
    }
}

impl Seal {
    /// Checks a file that an earlier run wrote.
    ///
    /// # Errors
    /// `is_corrupt` if it is cut short or altered, `is_io`.
    pub(crate) fn check(self, path: &Path) -> Result<(), Error> {
        let failed = |error| Error::cannot_read(path, error);
        let file = File::open(path).map_err(failed)?;
        let bytes = file.about().map_err(failed)?.len();
        self.hashed(path, &file)?;
        if bytes == self.bytes { Ok(()) } else { Err(altered(path)) }
    }

    /// The checksum so far of a file that starts with what is sealed.
    fn hashed(self, path: &Path, file: &File) -> Result<Xxh3Default, Error> {
        let mut hasher = Xxh3Default::new();
        let hashed = hash(&mut file.take(self.bytes), &mut hasher);
        if hashed.map_err(|error| Error::cannot_read(path, error))? < self.bytes
            || hasher.digest() != self.sum
        {
            return Err(altered(path));
        }
        Ok(hasher)
    }
}

fn altered(path: &Path) -> Error {
    Error::corrupt(format!(
        "{} is cut short or altered: remove the work folder and run again",
        path.display()
    ))
}

/// A file to which bytes are appended.
pub(crate) struct Appender {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
    hasher: Xxh3Default,
}

impl Appender {
    /// Starts a file. What it held is lost.
    pub(crate) fn new(path: PathBuf) -> Result<Appender, Error> {
        Appender::after(path, 0, Xxh3Default::new())
    }

    /// Continues a file after what is sealed. More bytes, which a killed run may have left, are cut off.
    ///
    /// # Errors
    /// `is_corrupt` if the sealed bytes are altered, `is_io`.
    pub(crate) fn resume(path: PathBuf, seal: Seal) -> Result<Appender, Error> {
        if seal == Seal::default() {
            return Appender::new(path);
        }
        let file = File::open(&path).map_err(|error| Error::cannot_read(&path, error))?;
        let hasher = seal.hashed(&path, &file)?;
        Appender::after(path, seal.bytes, hasher)
    }

    fn after(path: PathBuf, length: u64, hasher: Xxh3Default) -> Result<Appender, Error> {
        let file = File::create_at(&path, length).map_err(|error| Error::cannot_write(&path, error))?;
        Ok(Appender { path, file: BufWriter::with_capacity(BUFFER_BYTES, file), written: length, hasher })
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written += bytes.len() as u64;
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(|error| Error::cannot_write(&self.path, error))
    }

    /// Bytes of the file.
    pub(crate) fn len(&self) -> u64 {
        self.written
    }

    /// Syncs the file, so that the appended bytes survive a crash, and seals them.
    pub(crate) fn sync(&mut self) -> Result<Seal, Error> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync());
        synced.map_err(|error| Error::cannot_write(&self.path, error))?;
        Ok(Seal { bytes: self.written, sum: self.hasher.digest() })
    }

    /// The 128-bit checksum of the bytes so far; the same as [`checksum_of`] the file.
    pub(crate) fn checksum(&self) -> u128 {
        self.hasher.digest128()
    }
}

/// Bytes of a file that are read at once.
pub(crate) const PORTION_BYTES: usize = 1 << 20;

/// The 128-bit checksum of a file: XXH3.
pub(crate) fn checksum_of(path: &Path) -> io::Result<u128> {
    let mut hasher = Xxh3Default::new();
    hash(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.digest128())
}

/// Hashes a stream to its end. Returns its bytes.
fn hash(stream: &mut impl Read, hasher: &mut Xxh3Default) -> io::Result<u64> {
    let (mut portion, mut bytes) = (vec![0; PORTION_BYTES], 0);
    loop {
        match fill(stream, &mut portion)? {
            0 => return Ok(bytes),
            filled => {
                hasher.update(&portion[..filled]);
                bytes += filled as u64;
            }
        }
    }
}

/// Fills `portion`, unless the stream ends before.
pub(crate) fn fill(stream: &mut impl Read, portion: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < portion.len() {
        match stream.read(&mut portion[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file that any thread can read at any offset.
pub(crate) struct Stored {
    path: PathBuf,
    file: File,
}

impl Stored {
    pub(crate) fn open(path: PathBuf) -> Result<Stored, Error> {
        match File::open(&path) {
            Ok(file) => Ok(Stored { path, file }),
            Err(error) => Err(Error::cannot_read(&path, error)),
        }
    }

    /// Fills `into` with the bytes from `offset` on.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        self.file.read_exact_at(into, offset).map_err(|error| Error::cannot_read(&self.path, error))
    }
}

/// Rows of one width, in one file or in several consecutive ones.
pub(crate) struct Table {
    parts: Vec<Part>,
    width: usize,
    rows: u32,
}

struct Part {
    first: u32,
    stored: Stored,
}

impl Table {
    /// Opens files, each with its number of rows.
    pub(crate) fn open(files: Vec<(PathBuf, u32)>, width: usize) -> Result<Table, Error> {
        let mut table = Table { parts: Vec::with_capacity(files.len()), width, rows: 0 };
        for (path, rows) in files {
            table.parts.push(Part { first: table.rows, stored: Stored::open(path)? });
            table.rows += rows;
        }
        Ok(table)
    }

    /// Bytes of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> u32 {
        self.rows
    }

    /// Reads one row; the length of `into` is the width of a row.
    pub(crate) fn row(&self, number: u32, into: &mut [u8]) -> Result<(), Error> {
        debug_assert!(into.len() == self.width && number < self.rows);
        let part = &self.parts[self.parts.partition_point(|part| part.first <= number) - 1];
        part.stored.read(u64::from(number - part.first) * self.width as u64, into)
    }

    /// Reads the rows from `first` to `end`, which is excluded.
    pub(crate) fn read(&self, first: u32, end: u32, into: &mut Vec<u8>) -> Result<(), Error> {
        into.resize((end - first) as usize * self.width, 0);
        let ends = self.parts.iter().skip(1).map(|part| part.first).chain([self.rows]);
        for (part, part_end) in self.parts.iter().zip(ends) {
            let (from, to) = (first.max(part.first), end.min(part_end));
            if from < to {
                let place = (from - first) as usize * self.width..(to - first) as usize * self.width;
                part.stored.read(u64::from(from - part.first) * self.width as u64, &mut into[place])?;
            }
        }
        Ok(())
    }

    /// All rows from `first` on, about `portion` bytes at a time: the number of the first row, and the bytes of the rows.
    pub(crate) fn portions(&self, first: u32, portion: usize) -> Portions<'_> {
        let rows = (portion / self.width).max(1).min(u32::MAX as usize) as u32;
        Portions { table: self, rows, next: first }
    }
}

/// See [`Table::portions`].
pub(crate) struct Portions<'t> {
    table: &'t Table,
    rows: u32,
    next: u32,
}

impl Iterator for Portions<'_> {
    type Item = Result<(u32, Vec<u8>), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = self.next;
        if first >= self.table.rows {
            return None;
        }
        self.next = first.saturating_add(self.rows).min(self.table.rows);
        let mut rows = Vec::new();
        Some(self.table.read(first, self.next, &mut rows).map(|()| (first, rows)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_file_is_continued_only_if_it_is_unaltered() {
        let path = std::env::temp_dir().join(format!("refrain-seal-{}", std::process::id()));
        let mut file = Appender::new(path.clone()).unwrap();
        file.append(b"sealed").unwrap();
        let seal = file.sync().unwrap();
        seal.check(&path).unwrap();
        file.append(b" and not").unwrap();
        file.sync().unwrap();
        assert!(seal.check(&path).unwrap_err().is_corrupt(), "it is longer");
        let mut file = Appender::resume(path.clone(), seal).unwrap();
        file.append(b" again").unwrap();
        let seal = file.sync().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"sealed again");
        assert_eq!(checksum_of(&path).unwrap(), file.checksum());
        for content in [&b"sealed agaim"[..], b"sealed", b""] {
            std::fs::write(&path, content).unwrap();
            assert!(seal.check(&path).unwrap_err().is_corrupt());
            assert!(Appender::resume(path.clone(), seal).err().unwrap().is_corrupt());
        }
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn rows_are_numbered_across_files() {
        let folder = std::env::temp_dir().join(format!("refrain-table-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let counts = [3_u32, 0, 1, 5];
        let mut row = 0_u16;
        let files: Vec<(PathBuf, u32)> = (0..4)
            .map(|part| {
                let path = folder.join(part.to_string());
                let mut file = Appender::new(path.clone()).unwrap();
                for _ in 0..counts[part] {
                    file.append(&row.to_le_bytes()).unwrap();
                    row += 1;
                }
                file.sync().unwrap();
                (path, counts[part])
            })
            .collect();
        let table = Table::open(files, 2).unwrap();
        let number = |bytes: &[u8]| u16::from_le_bytes(bytes.try_into().unwrap());
        for first in 0..=9 {
            for end in first..=9 {
                let mut rows = Vec::new();
                table.read(first, end, &mut rows).unwrap();
                let found: Vec<u32> = rows.chunks(2).map(|row| number(row).into()).collect();
                assert_eq!(found, (first..end).collect::<Vec<_>>());
            }
            let portions: Vec<u8> = table.portions(first, 4).flat_map(|portion| portion.unwrap().1).collect();
            assert_eq!(portions.len(), 2 * (9 - first as usize));
        }
        for wanted in 0..9 {
            let mut row = [0; 2];
            table.row(wanted, &mut row).unwrap();
            assert_eq!(u32::from(number(&row)), wanted);
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
