//! Disk: the operations on files of a corpus job and of files that are put in place in one step.
//!
//! In: paths. Out: handles, and the errors of the system. The functions do what those of the standard library do, with three
//! differences. An interrupted call is made again, so no caller sees [`io::ErrorKind::Interrupted`]. Several threads
//! can read one handle at any offset, on every platform. And a unit test can let the nth operation below a folder fail
//! ([`faults`]), which a test cannot ask of a real disk.
//!
//! **Cost.** That of the call of the system.

#[cfg(test)]
pub(crate) mod faults;
mod file;
#[cfg(feature = "corpus")]
mod lock;
mod operation;

pub(crate) use file::{File, remove, rename, sync_folder};
#[cfg(feature = "corpus")]
pub(crate) use file::{entries, make_folder, read, remove_folder, remove_if_there};
#[cfg(feature = "corpus")]
pub(crate) use lock::{Lock, LockFailure};
