//! Files that appear whole or not at all.
//!
//! In: a path and a closure that writes the content. Out: the file, or an error and the previous file. The
//! idea: write to another name in the same folder, sync, rename; a rename within a folder is atomic. A
//! program that is killed meanwhile leaves a file named `.NAME.NUMBER.partial`, never half of `NAME`.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Bytes given to the system at once.
const BUFFER_BYTES: usize = 1 << 18;
/// How many partial files of the same target, left by killed programs, are skipped.
const MOST_LEFTOVERS: u32 = 10_000;

/// Replaces or creates the file at `path` with what `content` writes.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (partial, file) = create_partial(path).map_err(|error| Error::cannot_write(path, error))?;
    let written = fill(&file, content, path).and_then(|()| {
        drop(file);
        fs::rename(&partial, path)
            .and_then(|()| sync_folder(path))
            .map_err(|error| Error::io(format!("cannot put {} in place", path.display()), error))
    });
    if written.is_err() {
        // The first error is reported; a partial file that cannot be removed is harmless.
        let _ = fs::remove_file(&partial);
    }
    written
}

fn fill(
    file: &File,
    content: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Error>,
    path: &Path,
) -> Result<(), Error> {
    let mut writer = BufWriter::with_capacity(BUFFER_BYTES, file);
    content(&mut writer)?;
    writer.flush().and_then(|()| file.sync_all()).map_err(|error| Error::cannot_write(path, error))
}

/// Whether a path is that of a partial file.
#[cfg_attr(not(feature = "corpus"), allow(dead_code, reason = "used by the module corpus"))]
pub(crate) fn is_partial(path: &Path) -> bool {
    let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| {
        let (name, number) = name.strip_prefix('.')?.strip_suffix(".partial")?.rsplit_once('.')?;
        (!name.is_empty()).then(|| number.parse::<u32>().ok())?
    });
    number.is_some()
}

/// A new file in the folder of `path`.
fn create_partial(path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    for number in 0..MOST_LEFTOVERS {
        let mut partial = OsString::from(".");
        partial.push(name);
        partial.push(format!(".{number}.partial"));
        let partial = path.with_file_name(partial);
        match OpenOptions::new().write(true).create_new(true).open(&partial) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (partial, file)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many partial files in the folder; remove them"))
}

/// Syncs the folder, where that is possible, so that the rename survives a power failure.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
