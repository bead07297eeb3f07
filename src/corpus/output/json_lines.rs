//! A file of JSON lines that is put in place in one step.
//!
//! In: lines, or parts of long ones. Out: the file, whole or not at all.

use crate::error::Error;
use crate::support::atomic_file;
use std::io::Write;
use std::path::Path;

/// Appends text to a file. The caller writes the line ends.
pub(crate) type Put<'p> = dyn FnMut(&str) -> Result<(), Error> + 'p;

/// Replaces or creates the file at `path` with the text that `content` writes.
///
/// # Errors
/// Those of `content`; `is_io` if the file cannot be written.
pub(crate) fn write(
    path: &Path,
    content: impl FnOnce(&mut Put<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    atomic_file::write(path, |out| {
        content(&mut |text| out.write_all(text.as_bytes()).map_err(|error| Error::cannot_write(path, error)))
    })
}
