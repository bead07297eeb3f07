//! Files that appear whole or not at all.
//!
//! In: a path and a closure that writes the content. Out: the file, or an error and the previous file. The
//! idea: write to another name in the same folder, sync, rename; a rename within a folder is atomic. A
//! program that is killed meanwhile leaves a file named `.NAME.NUMBER.partial`, never half of `NAME`. A long name is shortened
//! there, so that this file can be made wherever the target can.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::support::disk::{self, File};

/// Bytes given to the system at once.
const BUFFER_BYTES: usize = 1 << 18;
/// How many partial files of the same target, left by killed programs, are skipped.
const MOST_LEFTOVERS: u32 = 10_000;
/// The most bytes of the name of a partial file. Every file system allows names of this length.
const LONGEST_NAME: usize = 64;
/// The ending of the name of a partial file.
const ENDING: &str = ".partial";

/// Replaces or creates the file at `path` with what `content` writes.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Error>,
) -> Result<(), Error> {
    let (partial, file) = create_partial(path).map_err(|error| Error::cannot_write(path, error))?;
    let written = fill(&file, content, path).and_then(|()| {
        drop(file);
        disk::rename(&partial, path)
            .and_then(|()| disk::sync_folder(path.parent().unwrap_or(Path::new(""))))
            .map_err(|error| Error::cannot_write(path, error))
    });
    if written.is_err() {
        // The first error is reported; a partial file that cannot be removed is harmless.
        let _ = disk::remove(&partial);
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
    writer.flush().and_then(|()| file.sync()).map_err(|error| Error::cannot_write(path, error))
}

/// Whether a path is that of a partial file.
#[cfg_attr(not(feature = "corpus"), allow(dead_code, reason = "used by the module corpus"))]
pub(crate) fn is_partial(path: &Path) -> bool {
    let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| {
        let (name, number) = name.strip_prefix('.')?.strip_suffix(ENDING)?.rsplit_once('.')?;
        (!name.is_empty()).then(|| number.parse::<u32>().ok())?
    });
    number.is_some()
}

/// The path of the partial file of a target with this number.
fn partial(path: &Path, number: u32) -> io::Result<PathBuf> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let ending = format!(".{number}{ENDING}");
    let mut name = name.to_string_lossy().into_owned();
    // Targets whose names begin alike share a name here. They differ by their number.
    while 1 + name.len() + ending.len() > LONGEST_NAME {
        name.pop();
    }
    Ok(path.with_file_name(format!(".{name}{ending}")))
}

/// A new file in the folder of `path`.
fn create_partial(path: &Path) -> io::Result<(PathBuf, File)> {
    for number in 0..MOST_LEFTOVERS {
        let partial = partial(path, number)?;
        match File::create_new(&partial) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (partial, file)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many partial files in the folder; remove them"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_with_the_longest_name_is_put_in_place() {
        let folder = std::env::temp_dir().join(format!("refrain-atomic-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["a".repeat(255), "ä".repeat(127), "a".to_owned()] {
            let path = folder.join(&name);
            // A partial file of a killed program is passed over.
            std::fs::write(partial(&path, 0).unwrap(), "half").unwrap();
            let content =
                |out: &mut BufWriter<&File>| out.write_all(b"whole").map_err(|error| Error::io("", error));
            write(&path, content).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), b"whole");
            assert!(is_partial(&partial(&path, 9999).unwrap()) && !is_partial(&path));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
