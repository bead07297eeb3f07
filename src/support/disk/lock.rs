//! Locks: a file that one program at a time may hold.
//!
//! In: a path. Out: a [`Lock`], which other programs cannot take until it is dropped or [released](Lock::release), or until this
//! program ends, however it ends. The file itself means nothing; it may stay behind.

use super::file::{File, call, remove_if_there};
use super::operation::Operation;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
}

/// Why a lock was not taken.
#[derive(Debug)]
pub(crate) enum LockFailure {
    /// Another program, or another run of this one, holds it.
    Held,
    Failed(io::Error),
}

impl Lock {
    /// Takes the lock at `path`. Does not wait.
    pub(crate) fn take(path: &Path) -> Result<Lock, LockFailure> {
        let failed = LockFailure::Failed;
        loop {
            let open =
                || fs::OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path);
            let file = call(path, Operation::Create, open).map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => return Err(LockFailure::Held),
                Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            }
            // The holder before may have removed the file after it was opened here. A lock on a removed file excludes nobody.
            if is_at(&file, path).map_err(failed)? {
                return Ok(Lock { path: path.to_owned(), file: File::of(file, path) });
            }
        }
    }

    /// What a holder wrote to the file.
    pub(crate) fn content(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut content)?;
        Ok(content)
    }

    /// Replaces the content of the file.
    pub(crate) fn set_content(&mut self, content: &[u8]) -> io::Result<()> {
        self.file.resize(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(content)?;
        self.file.sync()
    }

    /// Removes the file and gives the lock up.
    pub(crate) fn release(self) -> io::Result<()> {
        remove_if_there(&self.path)
    }
}

/// Whether the open file is the one at the path.
fn is_at(file: &fs::File, path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let open = file.metadata()?;
        match fs::metadata(path) {
            Ok(there) => Ok((open.dev(), open.ino()) == (there.dev(), there.ino())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (file, path);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_keeps_its_content() {
        let path = std::env::temp_dir().join(format!("refrain-lock-{}", std::process::id()));
        let mut lock = Lock::take(&path).unwrap();
        assert!(matches!(Lock::take(&path), Err(LockFailure::Held)));
        lock.set_content(b"a longer content").unwrap();
        lock.set_content(b"a content").unwrap();
        drop(lock);
        let mut again = Lock::take(&path).unwrap();
        assert_eq!(again.content().unwrap(), b"a content");
        again.release().unwrap();
        assert!(!path.exists());
    }
}
