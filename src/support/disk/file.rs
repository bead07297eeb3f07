//! Open files, and operations on paths.
//!
//! In: paths. Out: handles and results. See [`super`].

#[cfg(test)]
use super::faults;
use super::operation::{Operation, Verdict};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

fn verdict(path: &Path, operation: Operation) -> Verdict {
    #[cfg(test)]
    return faults::verdict(path, operation);
    #[cfg(not(test))]
    {
        let _ = (path, operation);
        Verdict::Pass
    }
}

/// Makes a call that either happens or does not.
pub(super) fn call<T>(
    path: &Path,
    operation: Operation,
    mut call: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    retried(|| match verdict(path, operation) {
        Verdict::Pass | Verdict::Half => call(),
        Verdict::Fails(error) => Err(error),
        Verdict::DoneButFails(error) => call().and(Err(error)),
    })
}

fn retried<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}

/// An open file.
#[derive(Debug)]
pub(crate) struct File {
    file: fs::File,
    /// The path, by which a test chooses operations.
    #[cfg(test)]
    path: std::path::PathBuf,
}

impl File {
    pub(super) fn of(file: fs::File, path: &Path) -> File {
        #[cfg(not(test))]
        let _ = path;
        File {
            file,
            #[cfg(test)]
            path: path.to_owned(),
        }
    }

    /// Creates a file for writing. It is an error if the path exists.
    pub(crate) fn create_new(path: &Path) -> io::Result<File> {
        let open = || fs::OpenOptions::new().write(true).create_new(true).open(path);
        call(path, Operation::Create, open).map(|file| File::of(file, path))
    }

    /// Syncs content and length to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        call(self.path(), Operation::Sync, || self.file.sync_all())
    }

    #[cfg(test)]
    fn path(&self) -> &Path {
        &self.path
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "tests use it")]
    fn path(&self) -> &Path {
        Path::new("")
    }

    /// Transfers up to `length` bytes, all of them or half of them.
    fn transfer(
        &self,
        operation: Operation,
        length: usize,
        mut transfer: impl FnMut(usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        retried(|| match verdict(self.path(), operation) {
            Verdict::Pass => transfer(length),
            Verdict::Half => transfer(length.div_ceil(2)),
            Verdict::Fails(error) => Err(error),
            Verdict::DoneButFails(error) => transfer(length).and(Err(error)),
        })
    }
}

#[cfg(feature = "corpus")]
impl File {
    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        call(path, Operation::Open, || fs::File::open(path)).map(|file| File::of(file, path))
    }

    /// Creates a file for writing, or empties it.
    pub(crate) fn create(path: &Path) -> io::Result<File> {
        call(path, Operation::Create, || fs::File::create(path)).map(|file| File::of(file, path))
    }

    /// Opens a file for writing after its first `length` bytes. It is created if it does not exist, and what follows is cut off.
    pub(crate) fn create_at(path: &Path, length: u64) -> io::Result<File> {
        let open = || fs::OpenOptions::new().create(true).truncate(false).write(true).open(path);
        let mut file = call(path, Operation::Create, open)?;
        call(path, Operation::Resize, || file.set_len(length))?;
        file.seek(SeekFrom::Start(length))?;
        Ok(File::of(file, path))
    }

    /// Changes the length of the file.
    pub(super) fn resize(&self, length: u64) -> io::Result<()> {
        call(self.path(), Operation::Resize, || self.file.set_len(length))
    }

    /// Length and times of the file.
    pub(crate) fn about(&self) -> io::Result<fs::Metadata> {
        self.file.metadata()
    }

    /// Reads from byte `at` on, up to the length of `into`. Several threads may read from one handle.
    pub(crate) fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.transfer(Operation::Read, into.len(), |length| {
            #[cfg(unix)]
            return std::os::unix::fs::FileExt::read_at(&self.file, &mut into[..length], at);
            #[cfg(windows)]
            return std::os::windows::fs::FileExt::seek_read(&self.file, &mut into[..length], at);
        })
    }

    /// Fills `into` from byte `at` on.
    pub(crate) fn read_exact_at(&self, into: &mut [u8], at: u64) -> io::Result<()> {
        let mut filled = 0;
        while filled < into.len() {
            match self.read_at(&mut into[filled..], at + filled as u64)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => filled += read,
            }
        }
        Ok(())
    }

    /// Copies up to `length` bytes from byte `at` of this file to the position of another, by a call of the system where it has
    /// one. Returns how many were copied: fewer only if this file ends.
    pub(crate) fn copy_to(&self, at: u64, length: u64, target: &File) -> io::Result<u64> {
        // The rest of a copy that was interrupted or came short is copied by the next round.
        let mut copied = 0;
        while copied < length {
            let mut source = &self.file;
            source.seek(SeekFrom::Start(at + copied))?;
            let rest = (length - copied).min(usize::MAX as u64) as usize;
            let now = target.transfer(Operation::Write, rest, |wanted| {
                io::copy(&mut source.take(wanted as u64), &mut &target.file).map(|bytes| bytes as usize)
            })?;
            if now == 0 {
                break;
            }
            copied += now as u64;
        }
        Ok(copied)
    }
}

impl Read for &File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.transfer(Operation::Read, into.len(), |length| (&self.file).read(&mut into[..length]))
    }
}

impl Read for File {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        (&*self).read(into)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transfer(Operation::Write, bytes.len(), |length| (&self.file).write(&bytes[..length]))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Renames a file; a file at the new path is replaced.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    call(to, Operation::Rename, || fs::rename(from, to))
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    call(path, Operation::Remove, || fs::remove_file(path))
}

/// Syncs the entries of a folder, where that is possible, so that a rename survives a power failure.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        call(folder, Operation::Sync, || fs::File::open(folder)?.sync_all())?;
    }
    Ok(())
}

/// Removes a file, if it exists.
#[cfg(feature = "corpus")]
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Removes an empty folder.
#[cfg(feature = "corpus")]
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    call(path, Operation::Remove, || fs::remove_dir(path))
}

/// Makes a folder and those above it, if they do not exist.
#[cfg(feature = "corpus")]
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    call(path, Operation::Create, || fs::create_dir_all(path))
}

/// The entries of a folder.
#[cfg(feature = "corpus")]
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    call(folder, Operation::List, || fs::read_dir(folder)?.collect())
}

/// The content of a small file; `None` if there is no file.
#[cfg(feature = "corpus")]
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(mut file) => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        }
    }
}
