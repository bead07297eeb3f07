//! Tables on disk: rows of fixed width, one for each document, and bytes of any length.
//!
//! In: rows, appended in the order of the documents. Out: rows by number, or all of them in order. Tables hold the facts
//! about documents, so that a run needs only a few bytes of memory a document.
//!
//! A table has no header. It belongs to a stage, whose mark ([`crate::corpus::store::work`]) says that the table is complete,
//! how long it is, and with which settings it was made.

use crate::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::Xxh3Default;

/// Bytes of the write buffer.
const BUFFER_BYTES: usize = 1 << 18;

/// A file to which bytes are appended.
pub(crate) struct Appender {
    path: PathBuf,
    file: BufWriter<File>,
    written: u64,
}

impl Appender {
    /// Continues a file after its first `length` bytes. More bytes, which a killed run may have left, are cut off.
    pub(crate) fn at(path: PathBuf, length: u64) -> Result<Appender, Error> {
        let open = || {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).truncate(false).write(true).open(&path)?;
            file.set_len(length)?;
            std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(length))?;
            Ok(file)
        };
        let file = open().map_err(|error| Error::cannot_write(&path, error))?;
        Ok(Appender { path, file: BufWriter::with_capacity(BUFFER_BYTES, file), written: length })
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| Error::cannot_write(&self.path, error))
    }

    /// Bytes of the file.
    pub(crate) fn len(&self) -> u64 {
        self.written
    }

    /// Syncs the file, so that the appended bytes survive a crash.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        let synced = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        synced.map_err(|error| Error::cannot_write(&self.path, error))
    }
}

/// Bytes of a file that are read at once.
pub(crate) const PORTION_BYTES: usize = 1 << 20;

/// The 128-bit checksum of a file: XXH3.
pub(crate) fn checksum_of(path: &Path) -> std::io::Result<u128> {
    let (mut file, mut portion, mut hasher) = (File::open(path)?, vec![0; PORTION_BYTES], Xxh3Default::new());
    loop {
        match fill(&mut file, &mut portion)? {
            0 => return Ok(hasher.digest128()),
            filled => hasher.update(&portion[..filled]),
        }
    }
}

/// Fills `portion`, unless the stream ends before.
pub(crate) fn fill(stream: &mut impl Read, portion: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < portion.len() {
        match stream.read(&mut portion[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
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
            Err(error) => Err(Error::io(format!("cannot read {}", path.display()), error)),
        }
    }

    /// Fills `into` with the bytes from `offset` on.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Error> {
        read_exact_at(&self.file, into, offset).map_err(|error| {
            Error::io(format!("cannot read {} at byte {offset}", self.path.display()), error)
        })
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut offset: u64) -> std::io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, offset)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            read => {
                into = &mut into[read..];
                offset += read as u64;
            }
        }
    }
    Ok(())
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
    fn rows_are_numbered_across_files() {
        let folder = std::env::temp_dir().join(format!("refrain-table-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let counts = [3_u32, 0, 1, 5];
        let mut row = 0_u16;
        let files: Vec<(PathBuf, u32)> = (0..4)
            .map(|part| {
                let path = folder.join(part.to_string());
                let mut file = Appender::at(path.clone(), 0).unwrap();
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
