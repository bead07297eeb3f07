//! Faults for tests: the nth operation below a folder fails.
//!
//! In: a folder, a [`Fault`], a number. Out: the operations of this program below that folder are counted, and the one with that
//! number fails. Other folders, and so other tests of the same program, are not affected. The operations of all threads
//! are counted together. With one thread, the nth operation is the same in every run.

use super::operation::{Operation, Verdict};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How an operation fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    /// The disk has no space left (ENOSPC).
    Full,
    /// The device reports an error (EIO).
    Broken,
    /// A signal interrupts the call (EINTR).
    Interrupted,
    /// Half of the bytes are read or written, which is no error.
    Short,
    /// It is done, but an error is reported.
    Torn,
    /// This operation and all after it fail, as if the program had been killed or the device was taken away.
    Gone,
}

impl Fault {
    pub(crate) const ALL: [Fault; 6] =
        [Fault::Full, Fault::Broken, Fault::Interrupted, Fault::Short, Fault::Torn, Fault::Gone];

    /// Whether this can happen to an operation.
    pub(crate) fn concerns(self, operation: Operation) -> bool {
        use Operation::{Create, Read, Rename, Resize, Sync, Write};
        match self {
            Fault::Full => matches!(operation, Create | Write | Resize | Sync | Rename),
            Fault::Broken | Fault::Interrupted | Fault::Gone => true,
            Fault::Short => matches!(operation, Read | Write),
            Fault::Torn => matches!(operation, Rename | Sync | Create),
        }
    }

    fn verdict(self) -> Verdict {
        #[cfg(unix)]
        let (full, broken) = (io::Error::from_raw_os_error(28), io::Error::from_raw_os_error(5));
        #[cfg(not(unix))]
        let (full, broken): (io::Error, io::Error) =
            (io::ErrorKind::StorageFull.into(), io::Error::other("broken"));
        match self {
            Fault::Full => Verdict::Fails(full),
            Fault::Broken | Fault::Gone => Verdict::Fails(broken),
            Fault::Interrupted => Verdict::Fails(io::ErrorKind::Interrupted.into()),
            Fault::Short => Verdict::Half,
            Fault::Torn => Verdict::DoneButFails(broken),
        }
    }
}

/// Counts the operations below a folder until it is dropped, and lets one fail.
pub(crate) struct Faults(Arc<Mutex<Counted>>);

struct Counted {
    folder: PathBuf,
    /// The fault, and the number of the operation, from 0.
    planned: Option<(Fault, usize)>,
    done: Vec<(Operation, PathBuf)>,
}

static ALL: Mutex<Vec<Arc<Mutex<Counted>>>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Faults {
    pub(crate) fn below(folder: &Path, planned: Option<(Fault, usize)>) -> Faults {
        let counted = Arc::new(Mutex::new(Counted { folder: folder.to_owned(), planned, done: Vec::new() }));
        lock(&ALL).push(Arc::clone(&counted));
        Faults(counted)
    }

    /// The operations so far.
    pub(crate) fn done(&self) -> Vec<(Operation, PathBuf)> {
        lock(&self.0).done.clone()
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        lock(&ALL).retain(|counted| !Arc::ptr_eq(counted, &self.0));
    }
}

/// What happens to an operation on a path.
pub(super) fn verdict(path: &Path, operation: Operation) -> Verdict {
    for counted in lock(&ALL).iter() {
        let mut counted = lock(counted);
        if !path.starts_with(&counted.folder) {
            continue;
        }
        let number = counted.done.len();
        counted.done.push((operation, path.to_owned()));
        if let Some((fault, at)) = counted.planned
            && (number == at || (fault == Fault::Gone && number > at))
        {
            return fault.verdict();
        }
    }
    Verdict::Pass
}
