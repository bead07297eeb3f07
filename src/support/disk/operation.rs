//! Operations on the disk, and what may happen to one.

use std::io;

/// What is asked of the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(
    not(all(test, feature = "corpus")),
    allow(dead_code, reason = "only tests of the module corpus let operations fail")
)]
pub(crate) enum Operation {
    /// Open an existing file.
    Open,
    /// Create a file or a folder.
    Create,
    Read,
    Write,
    /// Change the length of a file.
    Resize,
    /// Sync a file or a folder.
    Sync,
    Rename,
    /// Remove a file or a folder.
    Remove,
    /// List the entries of a folder.
    List,
}

/// What happens to an operation. Outside tests, every operation passes.
#[cfg_attr(not(test), allow(dead_code, reason = "only tests let operations fail"))]
pub(super) enum Verdict {
    Pass,
    /// It is done for the first half of the bytes.
    Half,
    /// It is done, and an error is returned.
    DoneButFails(io::Error),
    Fails(io::Error),
}
