//! A run: a file of records in order.
//!
//! In: records, ascending. Out: a file, and blocks of it on demand. Layout, all numbers little-endian:
//!
//! | part | bytes |
//! | --- | --- |
//! | head | magic 8, version 4, bytes of a record 4, recipe 8, checksum of these 8 |
//! | blocks | as many whole records as fit into [`BLOCK_BYTES`]; the last block may have fewer |
//! | footer | the first record and the checksum of each block; number of records 8, checksum of head and footer 8 |
//!
//! The first records (*fences*) stay in memory. A reader of a range of keys uses them to find its first block. A block is
//! checked against the footer when it is read, so an altered or misplaced block gives an error, never a wrong answer.

use super::record::Record;
use crate::error::Error;
use crate::support::disk::{self, File};
use crate::support::hash::checksum;
use std::io::Write;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"refrainR";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 32;
/// Bytes after the fences: number of records, checksum.
const TAIL_BYTES: usize = 16;
const SUM_BYTES: usize = 8;
/// The most bytes of a block: so many that reading it takes longer than seeking to it.
pub(super) const BLOCK_BYTES: usize = 1 << 16;

/// Records in a full block.
pub(super) const fn block_records<R: Record>() -> usize {
    BLOCK_BYTES / R::BYTES
}

/// Bytes of the file of a run with this many records.
pub(super) fn bytes_on_disk<R: Record>(records: u64) -> u64 {
    let blocks = records.div_ceil(block_records::<R>() as u64);
    let fence = (R::BYTES + SUM_BYTES) as u64;
    (HEAD_BYTES + TAIL_BYTES) as u64 + records * R::BYTES as u64 + blocks * fence
}

/// A run on disk. Its file is removed when it is dropped, unless it is [kept](Run::keep).
pub(super) struct Run<R> {
    path: PathBuf,
    file: Option<File>,
    kept: bool,
    pub(super) records: u64,
    /// The first record of each block.
    pub(super) fences: Vec<R>,
    sums: Vec<u64>,
    /// Checksum of head and footer: the identity of the run.
    pub(super) digest: u64,
}

impl<R> Drop for Run<R> {
    fn drop(&mut self) {
        // The file is closed first: some systems do not remove open files.
        drop(self.file.take());
        if !self.kept {
            // A failure only wastes disk space, and the next sorter of this name removes the file.
            let _ = disk::remove(&self.path);
        }
    }
}

fn head<R: Record>(recipe: u64) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..8].copy_from_slice(MAGIC);
    head[8..12].copy_from_slice(&VERSION.to_le_bytes());
    head[12..16].copy_from_slice(&(R::BYTES as u32).to_le_bytes());
    head[16..24].copy_from_slice(&recipe.to_le_bytes());
    let sum = checksum(&head[..24]);
    head[24..].copy_from_slice(&sum.to_le_bytes());
    head
}

fn altered(path: &Path, what: &str) -> Error {
    Error::corrupt(format!("{}: {what}: remove the work folder and run again", path.display()))
}

impl<R: Record> Run<R> {
    /// Writes records, which must be in ascending order, to a new file.
    pub(super) fn write(
        path: PathBuf,
        recipe: u64,
        records: impl Iterator<Item = Result<R, Error>>,
    ) -> Result<Run<R>, Error> {
        let file = File::create(&path).map_err(|error| Error::cannot_write(&path, error))?;
        let run = Run {
            path,
            file: None,
            kept: false,
            records: 0,
            fences: Vec::new(),
            sums: Vec::new(),
            digest: 0,
        };
        let mut writing = Writing { file, run, block: Vec::with_capacity(BLOCK_BYTES) };
        writing.put(&head::<R>(recipe))?;
        for record in records {
            writing.push(record?)?;
        }
        writing.finish(recipe)
    }

    /// Opens a run and checks that it has this digest, which the manifest holds.
    pub(super) fn open(path: PathBuf, recipe: u64, digest: u64) -> Result<Run<R>, Error> {
        let unreadable = |error| Error::cannot_read(&path, error);
        let file = File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => altered(&path, "the file is missing"),
            _ => unreadable(error),
        })?;
        let bytes = file.about().map_err(unreadable)?.len();
        let short = || altered(&path, "the file is cut short or altered");
        if bytes < (HEAD_BYTES + TAIL_BYTES) as u64 {
            return Err(short());
        }
        let mut found = [0; HEAD_BYTES];
        read_at(&file, &path, &mut found, 0)?;
        let mut tail = [0; TAIL_BYTES];
        read_at(&file, &path, &mut tail, bytes - TAIL_BYTES as u64)?;
        let number = |from: usize| u64::from_le_bytes(tail[from..from + 8].try_into().expect("eight bytes"));
        let (records, sum) = (number(0), number(8));
        // The number of records is bounded first, so that the multiplication cannot overflow.
        if found != head::<R>(recipe) || records > bytes || bytes != bytes_on_disk::<R>(records) {
            return Err(short());
        }
        let entry = R::BYTES + SUM_BYTES;
        let blocks = records.div_ceil(block_records::<R>() as u64) as usize;
        let mut footer = vec![0; blocks * entry];
        let footer_at = bytes - (TAIL_BYTES + footer.len()) as u64;
        read_at(&file, &path, &mut footer, footer_at)?;
        if sum != digest || sum != footer_sum(&found, &footer, records) {
            return Err(short());
        }
        let fences = footer.chunks_exact(entry).map(|entry| R::load(&entry[..R::BYTES])).collect();
        let sums = footer
            .chunks_exact(entry)
            .map(|entry| u64::from_le_bytes(entry[R::BYTES..].try_into().expect("eight bytes")))
            .collect();
        Ok(Run { path, file: Some(file), kept: true, records, fences, sums, digest })
    }

    /// Reads block `block` into `into`, records only.
    pub(super) fn read(&self, block: usize, into: &mut Vec<u8>) -> Result<(), Error> {
        let per_block = block_records::<R>();
        let first = (block * per_block) as u64;
        let records = (self.records - first).min(per_block as u64) as usize;
        let at = HEAD_BYTES as u64 + (block * per_block * R::BYTES) as u64;
        into.resize(records * R::BYTES, 0);
        let file = self.file.as_ref().expect("open until dropped");
        read_at(file, &self.path, into, at)?;
        if checksum(into) != self.sums[block] {
            return Err(altered(&self.path, &format!("block {block} is altered")));
        }
        Ok(())
    }

    pub(super) fn blocks(&self) -> usize {
        self.fences.len()
    }

    /// Syncs the file to disk.
    pub(super) fn sync(&self) -> Result<(), Error> {
        let file = self.file.as_ref().expect("open until dropped");
        file.sync().map_err(|error| Error::cannot_write(&self.path, error))
    }

    /// Keeps the file when this run is dropped.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    /// The number in the name of the file.
    pub(super) fn number(&self, name: &str) -> u32 {
        let file = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        file.strip_prefix(name)
            .and_then(|rest| rest.strip_prefix('.')?.parse().ok())
            .expect("named by the spill")
    }
}

fn footer_sum(head: &[u8], footer: &[u8], records: u64) -> u64 {
    checksum(&[head, footer, &records.to_le_bytes()].concat())
}

struct Writing<R: Record> {
    file: File,
    run: Run<R>,
    block: Vec<u8>,
}

impl<R: Record> Writing<R> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|error| Error::cannot_write(&self.run.path, error))
    }

    #[inline]
    fn push(&mut self, record: R) -> Result<(), Error> {
        if self.block.is_empty() {
            self.run.fences.push(record);
        }
        let at = self.block.len();
        self.block.resize(at + R::BYTES, 0);
        record.store(&mut self.block[at..]);
        self.run.records += 1;
        if at + 2 * R::BYTES > BLOCK_BYTES { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<(), Error> {
        self.run.sums.push(checksum(&self.block));
        let block = std::mem::take(&mut self.block);
        self.put(&block)?;
        self.block = block;
        self.block.clear();
        Ok(())
    }

    fn finish(mut self, recipe: u64) -> Result<Run<R>, Error> {
        if !self.block.is_empty() {
            self.end_block()?;
        }
        let mut footer = vec![0; self.run.fences.len() * (R::BYTES + SUM_BYTES)];
        let entries = footer.chunks_exact_mut(R::BYTES + SUM_BYTES);
        for (entry, (fence, sum)) in entries.zip(self.run.fences.iter().zip(&self.run.sums)) {
            fence.store(&mut entry[..R::BYTES]);
            entry[R::BYTES..].copy_from_slice(&sum.to_le_bytes());
        }
        self.run.digest = footer_sum(&head::<R>(recipe), &footer, self.run.records);
        footer.extend_from_slice(&self.run.records.to_le_bytes());
        footer.extend_from_slice(&self.run.digest.to_le_bytes());
        self.put(&footer)?;
        // The file is opened again for reading, because the handle that wrote it cannot read.
        let path = &self.run.path;
        let file = File::open(path).map_err(|error| Error::cannot_read(path, error))?;
        self.run.file = Some(file);
        Ok(self.run)
    }
}

/// Fills `into` from byte `at` of the file. Several threads may read from one handle.
fn read_at(file: &File, path: &Path, into: &mut [u8], at: u64) -> Result<(), Error> {
    file.read_exact_at(into, at).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => altered(path, "the file is cut short"),
        _ => Error::cannot_read(path, error),
    })
}
