//! The work folder: the plan of a run and the stages that are done, so that a killed run can continue.
//!
//! In: the plan of a run (its settings, and its inputs with their sizes and times). Out: for each stage whether it is done,
//! its result, and a place for its files.
//!
//! A stage writes and syncs its files. Then it puts its mark, a small file, in place in one step. A mark therefore means that
//! everything before it is complete. The first file in the folder is the plan. A run with another plan is refused, because its
//! output would mix two corpora; the message names the first difference. A lock prevents two runs in one folder.

use crate::corpus::spill::Place;
use crate::error::Error;
use crate::support::{atomic_file, hash};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Version of the files in a work folder.
const VERSION: u32 = 1;
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
    /// Locked until the run ends.
    lock: File,
}

impl Work {
    /// Opens the folder, and creates it if needed.
    ///
    /// # Errors
    /// `is_setting` if another run uses it, `is_io`.
    pub(crate) fn open(folder: PathBuf) -> Result<Work, Error> {
        fs::create_dir_all(&folder)
            .map_err(|error| Error::io(format!("cannot make the work folder {}", folder.display()), error))?;
        let path = folder.join("lock");
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(|error| Error::cannot_write(&path, error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Work { folder, recipe: 0, lock }),
            Err(fs::TryLockError::WouldBlock) => Err(Error::setting(format!(
                "another run uses {}; wait for its end, or choose another work folder",
                folder.display()
            ))),
            Err(fs::TryLockError::Error(error)) => Err(Error::cannot_write(&path, error)),
        }
    }

    /// Stores the plan, or checks that it is the plan of the unfinished run.
    ///
    /// # Errors
    /// `is_incompatible` if the folder belongs to another plan.
    pub(crate) fn follow(&mut self, plan: &Plan) -> Result<RunStart, Error> {
        self.recipe = plan.fingerprint();
        match self.read::<Plan>("plan")? {
            None => {
                // Without a plan, the files in the folder are from another run.
                self.remove_files(|path| is_ours(path) && !is_held(path))?;
                self.write("plan", plan).map(|()| RunStart::Fresh)
            }
            Some(earlier) => match plan.difference(&earlier) {
                None => Ok(RunStart::Continued),
                Some(difference) => Err(Error::incompatible(format!(
                    "{} holds an unfinished run that this one cannot continue: {difference}. Run the same command as before, \
                     or remove that folder and the output to start again",
                    self.folder.display()
                ))),
            },
        }
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
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            Error::corrupt(format!("{}: {error}; remove the work folder and run again", path.display()))
        })
    }

    /// Writes a small file of the folder, in one step.
    pub(crate) fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let path = self.path(name);
        let bytes = serde_json::to_vec(value).expect("strings and numbers");
        atomic_file::write(&path, |out| {
            out.write_all(&bytes).map_err(|error| Error::cannot_write(&path, error))
        })
    }

    /// Removes a file of the folder, if it exists.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::io(format!("cannot remove {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }

    fn remove_files(&self, which: impl Fn(&Path) -> bool) -> Result<(), Error> {
        let failed =
            |error| Error::io(format!("cannot clear the work folder {}", self.folder.display()), error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() && which(&path) {
                fs::remove_file(&path).map_err(failed)?;
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
        drop(self.lock);
        // Only the files of a run: the user may have named a folder with other files in it.
        let failed =
            |error| Error::io(format!("cannot remove the work folder {}", self.folder.display()), error);
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_file() && is_ours(&path) {
                fs::remove_file(&path).map_err(failed)?;
            }
        }
        match fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::DirectoryNotEmpty => Err(failed(error)),
            _ => Ok(()),
        }
    }
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
