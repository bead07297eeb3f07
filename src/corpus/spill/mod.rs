//! The spill: records sorted within a memory budget, on disk if they do not fit.
//!
//! In: [`Record`]s of fixed width, in any order, from any number of threads. Out: the same records in order, all of them
//! ([`Sorted::merged`]) or part by part ([`Sorted::parts`], for several threads), any number of times.
//!
//! **Idea.** External merge sort. Records are collected in a buffer; a full buffer is sorted and written as a [`run`]. While one
//! buffer is written, the next one fills. Reading [`merge`]s the runs. If all records fit half the budget, none is written.
//! Threads and budget decide which record is in which run. The merged order does not depend on them: it is the order of the
//! records themselves, and equal records have the same bytes.
//!
//! **Saved or not.** The files of a spill are removed when it is dropped, unless [`Sorted::save`] keeps them. It syncs every
//! byte and then puts a manifest in place in one step. [`Sorted::open`] can then open the records in another process. A program
//! that is killed before it saves leaves runs without a manifest. The next [`Sorter`] of that name removes them.
//!
//! **Cost.** `O(n log n)` time. Memory: the budget while filling, 64 KiB a run while merging (at least half a mebibyte). Disk:
//! [`forecast`]. If there are more runs than the budget can merge at once, they are first merged to longer ones.
//! **Source.** Knuth, *The Art of Computer Programming* 3, section 5.4 (external sorting, selection by losers).

mod merge;
mod record;
mod run;

pub(crate) use merge::Merged;
pub(crate) use record::{Part, Record, stored_fields};

use crate::error::Error;
use crate::support::{atomic_file, disk, threads};
use run::Run;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a spill is, and the identity that is stored in its files.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The work folder; it must exist. Its owner removes it.
    pub(crate) folder: PathBuf,
    /// The first part of the names of all files: `NAME.manifest`, `NAME.0.run`, …
    pub(crate) name: &'static str,
    /// Fingerprint of the settings that the records depend on. A spill with another one is not opened.
    pub(crate) recipe: u64,
}

impl Place {
    /// No place on disk. A sorter for it ignores its budget, keeps all records in memory, and cannot save them.
    pub(crate) fn in_memory() -> Place {
        Place { folder: PathBuf::new(), name: "", recipe: 0 }
    }

    fn is_in_memory(&self) -> bool {
        self.folder.as_os_str().is_empty()
    }

    fn manifest(&self) -> PathBuf {
        self.folder.join(format!("{}.manifest", self.name))
    }

    fn run(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{}.{number}.run", self.name))
    }

    /// Removes the files of a spill of this name, finished or not.
    ///
    /// # Errors
    /// `is_io` if the folder cannot be read or a file cannot be removed.
    pub(crate) fn clear(&self) -> Result<(), Error> {
        if self.is_in_memory() {
            return Ok(());
        }
        // The manifest is removed first: runs without a manifest are never opened.
        remove_if_there(&self.manifest())?;
        for entry in disk::entries(&self.folder).map_err(|error| Error::cannot_read(&self.folder, error))? {
            let file = entry.file_name();
            let is_run = file
                .to_str()
                .and_then(|name| name.strip_prefix(self.name)?.strip_prefix('.')?.strip_suffix(".run"))
                .is_some_and(|number| number.parse::<u32>().is_ok());
            if is_run {
                remove_if_there(&self.folder.join(file))?;
            }
        }
        Ok(())
    }
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    disk::remove_if_there(path).map_err(|error| Error::cannot_remove(path, error))
}

/// Most bytes on disk at any moment for `records` records of type `R` under a budget.
pub(crate) fn forecast<R: Record>(records: u64, budget: usize) -> u64 {
    let buffer = buffer_records::<R>(budget) as u64;
    if records <= buffer {
        return run::bytes_on_disk::<R>(records);
    }
    let runs = records.div_ceil(buffer);
    let whole = run::bytes_on_disk::<R>(records) + runs * run::bytes_on_disk::<R>(0);
    // Runs that are merged to a longer one are removed when the longer one is complete.
    if runs > fan_in(budget) as u64 { 2 * whole } else { whole }
}

/// Two buffers: one fills while the other is written.
const BUFFERS: usize = 2;

fn buffer_records<R: Record>(budget: usize) -> usize {
    (budget / BUFFERS / size_of::<R>()).max(1)
}

/// Runs that are merged at once: as many as half the budget has blocks, within limits that keep reads long.
fn fan_in(budget: usize) -> usize {
    const LEAST: usize = 8;
    const MOST: usize = 256;
    (budget / 2 / run::BLOCK_BYTES).clamp(LEAST, MOST)
}

/// Takes records from any number of threads, which share it by reference. See the [module](self).
pub(crate) struct Sorter<R: Record> {
    place: Place,
    budget: usize,
    filling: Mutex<Filling<R>>,
    /// The spare buffer. The thread that writes a run holds the lock, so a second full buffer waits.
    writing: Mutex<Vec<R>>,
}

struct Filling<R> {
    buffer: Vec<R>,
    capacity: usize,
    runs: Vec<Run<R>>,
    next: u32,
}

impl<R: Copy> Filling<R> {
    fn is_full(&self) -> bool {
        self.buffer.len() == self.capacity
    }

    /// Takes as many of the first records as the buffer has space for; returns how many.
    fn take(&mut self, batch: &[R]) -> usize {
        let length = self.buffer.len();
        let taken = batch.len().min(self.capacity - length);
        if self.buffer.capacity() < length + taken {
            // Doubled like any vector, but never beyond the budget.
            let capacity = (2 * length).clamp(length + taken, self.capacity);
            self.buffer.reserve_exact(capacity - length);
        }
        self.buffer.extend_from_slice(&batch[..taken]);
        taken
    }
}

/// A thread that panicked leaves a valid state, since runs are added whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<R: Record> Sorter<R> {
    /// An empty sorter that uses `budget` bytes of memory for its buffers. Removes files of the same name at the place.
    ///
    /// # Errors
    /// `is_io` if the work folder cannot be read.
    pub(crate) fn new(place: Place, budget: usize) -> Result<Sorter<R>, Error> {
        place.clear()?;
        let capacity = if place.is_in_memory() { usize::MAX } else { buffer_records::<R>(budget) };
        let filling = Filling { buffer: Vec::new(), capacity, runs: Vec::new(), next: 0 };
        Ok(Sorter { place, budget, filling: Mutex::new(filling), writing: Mutex::new(Vec::new()) })
    }

    /// Takes a batch of records. Each batch takes a lock, so pass hundreds at once.
    ///
    /// # Errors
    /// `is_io` if a run could not be written, most often because the disk is full. The sorter cannot be used afterwards.
    pub(crate) fn extend(&self, mut batch: &[R]) -> Result<(), Error> {
        while !batch.is_empty() {
            let mut filling = lock(&self.filling);
            let taken = filling.take(batch);
            batch = &batch[taken..];
            if filling.is_full() {
                // This waits on purpose while another thread has the lock: only two buffers may exist.
                let mut spare = lock(&self.writing);
                std::mem::swap(&mut filling.buffer, &mut spare);
                let number = filling.next;
                filling.next += 1;
                drop(filling);
                let run = self.write(&mut spare, number);
                spare.clear();
                drop(spare);
                lock(&self.filling).runs.push(run?);
            }
        }
        Ok(())
    }

    fn write(&self, records: &mut [R], number: u32) -> Result<Run<R>, Error> {
        threads::sort_unstable(records);
        Run::write(self.place.run(number), self.place.recipe, records.iter().map(|&record| Ok(record)))
    }

    /// All records in order. They stay in memory if they fit half the budget; otherwise they are on disk and the memory is freed.
    ///
    /// # Errors
    /// As [`extend`](Self::extend); `is_corrupt` if a run that had to be merged has changed on disk.
    pub(crate) fn finish(self) -> Result<Sorted<R>, Error> {
        let Filling { mut buffer, mut runs, mut next, .. } =
            self.filling.into_inner().unwrap_or_else(PoisonError::into_inner);
        drop(self.writing);
        threads::sort_unstable(&mut buffer);
        if !runs.is_empty() && !buffer.is_empty() {
            let records = buffer.iter().map(|&record| Ok(record));
            runs.push(Run::write(self.place.run(next), self.place.recipe, records)?);
            next += 1;
            buffer = Vec::new();
        }
        let most = fan_in(self.budget);
        while runs.len() > most {
            let merged = most.min(runs.len() - most + 1);
            let rest = runs.split_off(merged);
            let sources = merge::Merged::of(&[], &runs, Part::WHOLE)?;
            let longer = Run::write(self.place.run(next), self.place.recipe, sources)?;
            next += 1;
            runs = rest;
            runs.push(longer);
        }
        Ok(Sorted { place: self.place, resident: buffer, runs, next, saved: false })
    }
}

/// Records in order, in memory or on disk. See the [module](self).
pub(crate) struct Sorted<R: Record> {
    place: Place,
    /// All records, sorted, if none was written to disk.
    resident: Vec<R>,
    runs: Vec<Run<R>>,
    next: u32,
    saved: bool,
}

impl<R: Record> Sorted<R> {
    /// How many records there are.
    pub(crate) fn len(&self) -> u64 {
        self.resident.len() as u64 + self.runs.iter().map(|run| run.records).sum::<u64>()
    }

    /// Whether the records were [saved](Self::save).
    pub(crate) fn is_saved(&self) -> bool {
        self.saved
    }

    /// All records, ascending.
    ///
    /// # Errors
    /// `is_io` if a run cannot be read, `is_corrupt` if it changed after it was written; also from the iterator.
    pub(crate) fn merged(&self) -> Result<Merged<'_, R>, Error> {
        self.part(Part::WHOLE)
    }

    /// The records of one part, ascending.
    ///
    /// # Errors
    /// As [`merged`](Self::merged).
    pub(crate) fn part(&self, part: Part<R::Key>) -> Result<Merged<'_, R>, Error> {
        Merged::of(&self.resident, &self.runs, part)
    }

    /// At most `wanted` parts of about equal size, ascending. Together they hold all records, and equal keys are in one part.
    /// The bounds depend on the budget and on the timing of threads, so the caller's result must not depend on them.
    pub(crate) fn parts(&self, wanted: usize) -> Vec<Part<R::Key>> {
        let every = run::block_records::<R>();
        let resident = self.resident.iter().step_by(every).map(R::key);
        let mut fences: Vec<R::Key> =
            self.runs.iter().flat_map(|run| run.fences.iter().map(R::key)).chain(resident).collect();
        fences.sort_unstable();
        let mut bounds: Vec<R::Key> =
            (1..wanted).filter_map(|part| fences.get(part * fences.len() / wanted).copied()).collect();
        bounds.dedup();
        // The lowest key as a bound would leave an empty part before it.
        if bounds.first() == fences.first() {
            bounds.drain(..bounds.len().min(1));
        }
        let starts = std::iter::once(None).chain(bounds.iter().copied().map(Some));
        let ends = bounds.iter().copied().map(Some).chain([None]);
        starts.zip(ends).map(|(from, to)| Part { from, to }).collect()
    }

    /// Saves the records: after this returns they can be [`open`](Self::open)ed, even if the program is then killed.
    ///
    /// # Errors
    /// `is_io` if something cannot be written.
    pub(crate) fn save(&mut self) -> Result<(), Error> {
        if !self.resident.is_empty() {
            let records = self.resident.iter().map(|&record| Ok(record));
            self.runs.push(Run::write(self.place.run(self.next), self.place.recipe, records)?);
            self.next += 1;
            self.resident = Vec::new();
        }
        for run in &self.runs {
            run.sync()?;
        }
        disk::sync_folder(&self.place.folder)
            .map_err(|error| Error::cannot_write(&self.place.folder, error))?;
        let manifest = manifest::encode(&self.place, R::BYTES, &self.runs);
        let path = self.place.manifest();
        // From here on the manifest may be in place, even if writing it fails. So the runs that it names stay.
        self.saved = true;
        atomic_file::write(&path, |out| {
            out.write_all(&manifest).map_err(|error| Error::cannot_write(&path, error))
        })
    }

    /// Opens saved records; `None` if none were saved at that place.
    ///
    /// # Errors
    /// `is_incompatible` if they have another recipe, size of record or version of the format; `is_corrupt` if a run is
    /// missing, cut short or altered (blocks are checked when they are read); `is_io`.
    pub(crate) fn open(place: Place) -> Result<Option<Sorted<R>>, Error> {
        let path = place.manifest();
        let Some(bytes) = disk::read(&path).map_err(|error| Error::cannot_read(&path, error))? else {
            return Ok(None);
        };
        let listed = manifest::decode(&bytes, &path, &place, R::BYTES)?;
        let runs: Vec<Run<R>> = listed
            .iter()
            .map(|listed| Run::open(place.run(listed.number), place.recipe, listed.digest))
            .collect::<Result<_, Error>>()?;
        let next = listed.iter().map(|listed| listed.number + 1).max().unwrap_or(0);
        Ok(Some(Sorted { place, resident: Vec::new(), runs, next, saved: true }))
    }

    /// Removes saved records. (Records that are not saved are removed when dropped.)
    ///
    /// # Errors
    /// `is_io` if a file cannot be removed.
    pub(crate) fn remove(mut self) -> Result<(), Error> {
        self.saved = false;
        self.runs.clear();
        self.place.clear()
    }
}

impl<R: Record> Drop for Sorted<R> {
    fn drop(&mut self) {
        if self.saved {
            self.runs.iter_mut().for_each(Run::keep);
        }
    }
}

/// The list of the runs of a saved spill.
mod manifest {
    use super::{Place, Record, Run};
    use crate::error::Error;
    use crate::support::hash::checksum;
    use std::path::Path;

    const MAGIC: &[u8; 8] = b"refrainM";
    const VERSION: u32 = 1;
    /// Bytes before the runs: magic, version, record bytes, recipe, number of runs.
    const HEAD: usize = 8 + 4 + 4 + 8 + 4;
    /// Bytes for each run: its number, its digest.
    const LISTED: usize = 4 + 8;

    /// A run as the manifest names it.
    pub(super) struct Listed {
        pub(super) number: u32,
        /// Checksum of the run's footer, which holds those of its blocks.
        pub(super) digest: u64,
    }

    pub(super) fn encode<R: Record>(place: &Place, record_bytes: usize, runs: &[Run<R>]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + runs.len() * LISTED + 8);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(record_bytes as u32).to_le_bytes());
        bytes.extend_from_slice(&place.recipe.to_le_bytes());
        bytes.extend_from_slice(&(runs.len() as u32).to_le_bytes());
        for run in runs {
            bytes.extend_from_slice(&run.number(place.name).to_le_bytes());
            bytes.extend_from_slice(&run.digest.to_le_bytes());
        }
        bytes.extend_from_slice(&checksum(&bytes).to_le_bytes());
        bytes
    }

    pub(super) fn decode(
        bytes: &[u8],
        path: &Path,
        place: &Place,
        record_bytes: usize,
    ) -> Result<Vec<Listed>, Error> {
        let corrupt = || {
            Error::corrupt(format!(
                "{} is cut short or altered: remove the work folder and run again",
                path.display()
            ))
        };
        let (body, sum) = bytes.split_last_chunk::<8>().ok_or_else(corrupt)?;
        if body.len() < HEAD || checksum(body) != u64::from_le_bytes(*sum) || &body[..8] != MAGIC {
            return Err(corrupt());
        }
        let u32_at = |at: usize| u32::from_le_bytes(body[at..at + 4].try_into().expect("four bytes"));
        let u64_at = |at: usize| u64::from_le_bytes(body[at..at + 8].try_into().expect("eight bytes"));
        if (u32_at(8), u32_at(12), u64_at(16)) != (VERSION, record_bytes as u32, place.recipe) {
            return Err(Error::incompatible(format!(
                "{} was made with other settings or by another version: remove the work folder and run again",
                path.display()
            )));
        }
        let runs = u32_at(24) as usize;
        if body.len() != HEAD + runs * LISTED {
            return Err(corrupt());
        }
        let places = (0..runs).map(|run| HEAD + run * LISTED);
        Ok(places.map(|at| Listed { number: u32_at(at), digest: u64_at(at + 4) }).collect())
    }
}

#[cfg(test)]
mod tests;
