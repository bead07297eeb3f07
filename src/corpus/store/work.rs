//! The work folder: the plan of a run and the stages that are done, so that a killed run can continue.
//!
//! In: the plan of a run (its settings, and its inputs with their sizes and times). Out: for each stage whether it is done,
//! its result, and a place for its files.
//!
//! A stage writes and syncs its files. Then it puts its mark, a small file, in place in one step. A mark therefore means that
//! everything before it is complete. The first file in the folder is the plan. A run with another plan is refused, because its
//! output would mix two corpora; the message names the first difference. A lock prevents two runs in one folder.
//!
//! Every file is under a checksum: the plan and the marks hold their own, a mark holds the seals of the tables of its stage
//! ([`crate::corpus::store::table`]), and sorted records have those of [`crate::corpus::spill`].

use crate::corpus::spill::Place;
use crate::error::Error;
use crate::support::disk::{self, Lock, LockFailure};
use crate::support::{atomic_file, hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Version of the files in a work folder.
const VERSION: u32 = 2;
/// The name of the plan.
const PLAN: &str = "plan";
/// A run leaves a part of the disk free: its size divided by this, at most [`MOST_RESERVE`].
const RESERVE_DIVISOR: u64 = 32;
const MOST_RESERVE: u64 = 64 << 20;

/// Everything that the output depends on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    version: u32,
    /// Name and value, in a fixed order.
    settings: Vec<(String, String)>,
    inputs: Vec<PlannedInput>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PlannedInput {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) modified: u64,
    /// The digest of the content of standard input, which has no time; empty for files.
    pub(crate) digest: String,
}

impl Plan {
    pub(crate) fn new(settings: Vec<(String, String)>, inputs: Vec<PlannedInput>) -> Plan {
        Plan { version: VERSION, settings, inputs }
    }

    /// A 64-bit digest of the plan, which is stored in the files of stages.
    pub(crate) fn fingerprint(&self) -> u64 {
        hash::checksum(&self.bytes())
    }

    /// A name that differs for different plans: a 128-bit digest.
    pub(crate) fn name(&self) -> String {
        format!("{:032x}", hash::digest(&self.bytes()))
    }

    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers")
    }

    /// The first difference from an earlier plan, as a message.
    fn difference(&self, earlier: &Plan) -> Option<String> {
        if self.version != earlier.version {
            return Some(format!(
                "it was made by another version of this program (format {})",
                earlier.version
            ));
        }
        for ((name, now), (_, then)) in self.settings.iter().zip(&earlier.settings) {
            if now != then {
                return Some(format!("{name} was {then} and is now {now}"));
            }
        }
        for (now, then) in self.inputs.iter().zip(&earlier.inputs) {
            if now.path != then.path || now.name != then.name {
                let (path, other) = (&now.path, &then.path);
                return Some(format!("its inputs differ: {other} then, {path} now"));
            }
            if now.bytes != then.bytes {
                return Some(format!("{} had {} bytes and now has {}", now.path, then.bytes, now.bytes));
            }
            if now.digest != then.digest {
                return Some(format!("{} had other content", now.name));
            }
            if now.modified != then.modified {
                return Some(format!("{} was modified later", now.path));
            }
        }
        let (now, then) = (self.inputs.len(), earlier.inputs.len());
        (self != earlier).then(|| format!("it had {then} inputs and now has {now}"))
    }
}

/// Whether a run begins or continues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RunStart {
    /// The work folder was empty.
    Fresh,
    /// The work folder holds an unfinished run of the same plan.
    Continued,
}

/// See the [module](self).
pub(crate) struct Work {
    folder: PathBuf,
    recipe: u64,
    /// Held until the run ends.
    lock: Lock,
}

impl Work {
    /// Opens the folder, and creates it if needed.
    ///
    /// # Errors
    /// `is_io`, also if another run uses it.
    pub(crate) fn open(folder: PathBuf) -> Result<Work, Error> {
        disk::make_folder(&folder).map_err(|error| Error::cannot_write(&folder, error))?;
        let lock = take_lock(&folder.join("lock"), &folder)?;
        Ok(Work { folder, recipe: 0, lock })
    }

    /// Compares the plan with that of the unfinished run in the folder, if there is one. Writes nothing.
    ///
    /// # Errors
    /// `is_incompatible` if the folder belongs to another plan.
    pub(crate) fn compare(&self, plan: &Plan) -> Result<RunStart, Error> {
        let Some(earlier) = self.read::<Plan>(PLAN)? else { return Ok(RunStart::Fresh) };
        match plan.difference(&earlier) {
            None => Ok(RunStart::Continued),
            Some(difference) => Err(Error::incompatible(format!(
                "{} holds an unfinished run that this one cannot continue: {difference}. Run the same command as before, \
                 or remove that folder and the output to start again",
                self.folder.display()
            ))),
        }
    }

    /// Begins the run of this plan, or continues it.
    pub(crate) fn follow(&mut self, plan: &Plan, start: RunStart) -> Result<(), Error> {
        self.recipe = plan.fingerprint();
        match start {
            RunStart::Continued => Ok(()),
            RunStart::Fresh => {
                // Without a plan, the files in the folder are from another run.
                self.remove_files(|path| is_ours(path) && !is_held(path))?;
                self.write(PLAN, plan)
            }
        }
    }

    /// Whether a run has begun in this folder.
    pub(crate) fn has_plan(&self) -> bool {
        self.path(PLAN).exists()
    }

    /// Forgets the run that has begun, so that there is nothing to continue.
    pub(crate) fn forget(&self) {
        // If it cannot be removed, the next run says that it cannot continue this one.
        let _ = self.remove(PLAN);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The place for a spill of this plan.
    pub(crate) fn place(&self, name: &'static str) -> Place {
        Place { folder: self.folder.clone(), name, recipe: self.recipe }
    }

    /// The result of a stage; `None` if it is not done.
    pub(crate) fn done<T: DeserializeOwned>(&self, stage: &str) -> Result<Option<T>, Error> {
        self.read(&format!("{stage}.done"))
    }

    /// Marks a stage as done. Its files must be synced before.
    pub(crate) fn finish<T: Serialize>(&self, stage: &str, result: &T) -> Result<(), Error> {
        self.write(&format!("{stage}.done"), result)
    }

    /// Reads a small file of the folder.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = self.path(name);
        let Some(bytes) = disk::read(&path).map_err(|error| Error::cannot_read(&path, error))? else {
            return Ok(None);
        };
        let content = bytes.split_last_chunk::<SUM_BYTES>().filter(|(content, sum)| sum_of(content) == **sum);
        content.and_then(|(content, _)| serde_json::from_slice(content).ok()).map(Some).ok_or_else(|| {
            Error::corrupt(format!(
                "{} is cut short or altered: remove the work folder and run again",
                path.display()
            ))
        })
    }

    /// Writes a small file of the folder, in one step.
    pub(crate) fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let path = self.path(name);
        let mut bytes = serde_json::to_vec(value).expect("strings and numbers");
        bytes.extend(sum_of(&bytes));
        atomic_file::write(&path, |out| {
            out.write_all(&bytes).map_err(|error| Error::cannot_write(&path, error))
        })
    }

    /// Removes a file of the folder, if it exists.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        disk::remove_if_there(&path).map_err(|error| Error::cannot_remove(&path, error))
    }

    fn remove_files(&self, which: impl Fn(&Path) -> bool) -> Result<(), Error> {
        let entries = disk::entries(&self.folder).map_err(|error| Error::cannot_read(&self.folder, error))?;
        for path in entries.into_iter().map(|entry| entry.path()) {
            if path.is_file() && which(&path) {
                disk::remove_if_there(&path).map_err(|error| Error::cannot_remove(&path, error))?;
            }
        }
        Ok(())
    }

    /// An error if the disk of the folder is nearly full.
    pub(crate) fn check_disk(&self) -> Result<(), Error> {
        check_disk(&self.folder)
    }

    /// Removes the folder when all is done.
    pub(crate) fn clear(self) -> Result<(), Error> {
        // Only the files of a run: the user may have named a folder with other files in it. The plan is removed last, so that
        // a run that is killed here is known again.
        self.remove_files(|path| is_ours(path) && !path.ends_with(PLAN) && !path.ends_with("lock"))?;
        self.remove(PLAN)?;
        self.lock.release().map_err(|error| Error::cannot_remove(&self.folder.join("lock"), error))?;
        match disk::remove_folder(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::DirectoryNotEmpty => {
                Err(Error::cannot_remove(&self.folder, error))
            }
            _ => Ok(()),
        }
    }
}

/// Bytes of the checksum of a small file: hexadecimal digits between line ends.
const SUM_BYTES: usize = 18;

fn sum_of(content: &[u8]) -> [u8; SUM_BYTES] {
    let sum = format!("\n{:016x}\n", hash::checksum(content));
    sum.as_bytes().try_into().expect("sixteen digits between two line ends")
}

/// Takes the lock of a folder that one run at a time may use.
///
/// # Errors
/// `is_io`, also if another run holds the lock.
pub(crate) fn take_lock(path: &Path, folder: &Path) -> Result<Lock, Error> {
    Lock::take(path).map_err(|failure| match failure {
        LockFailure::Held => Error::io(
            format!("another run uses {}; wait for its end, or choose another folder", folder.display()),
            std::io::ErrorKind::ResourceBusy.into(),
        ),
        LockFailure::Failed(error) => Error::cannot_write(path, error),
    })
}

/// Whether a file is in use before the plan is known: the lock, and the copy of standard input.
fn is_held(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "lock")
        || path.extension().is_some_and(|ending| ending == "spool")
}

fn is_ours(path: &Path) -> bool {
    let endings = ["done", "manifest", "run", "table", "spool"];
    let names = ["lock", "plan", "progress"];
    atomic_file::is_partial(path)
        || path.extension().is_some_and(|ending| endings.iter().any(|ours| ending == *ours))
        || path.file_name().is_some_and(|name| names.iter().any(|ours| name == *ours))
}

/// The free bytes and the size of the disk of a folder; `None` if the system does not report them.
pub(crate) fn disk_space(folder: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        let about = rustix::fs::statvfs(folder).ok()?;
        Some((about.f_bavail * about.f_frsize, about.f_blocks * about.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Bytes that a run leaves free on a disk of this size.
fn reserve(all: u64) -> u64 {
    (all / RESERVE_DIVISOR).min(MOST_RESERVE)
}

/// An error if the disk of the folder is nearly full.
pub(crate) fn check_disk(folder: &Path) -> Result<(), Error> {
    match disk_space(folder) {
        Some((free, all)) if free < reserve(all) => Err(Error::io(
            format!(
                "stopped before the disk of {} is full: {} MiB are left. Free some space and run again to continue",
                folder.display(),
                free >> 20
            ),
            std::io::ErrorKind::StorageFull.into(),
        )),
        _ => Ok(()),
    }
}
