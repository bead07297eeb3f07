//! The one error of the crate.
//!
//! It is opaque, so that a new cause is not a breaking change. The `is_*` predicates show the kind; `Display`
//! writes the message. Every message says what was wrong, where (file, line, record or setting), what was
//! expected, and what to do.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a call of this crate failed.
///
/// # Example
/// ```
/// let error = refrain::PassageFinder::new().min_length(3).validate().unwrap_err();
/// assert!(error.is_setting());
/// ```
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Setting,
    TooLarge,
    Io,
    Corrupt,
    Incompatible,
    Cancelled,
}

impl Error {
    /// A setting is out of its range, or contradicts another.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        self.kind == Kind::Setting
    }

    /// A text or a collection is larger than the documented limit.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.kind == Kind::TooLarge
    }

    /// Reading or writing failed; `source` holds the [`io::Error`].
    #[must_use]
    pub fn is_io(&self) -> bool {
        self.kind == Kind::Io
    }

    /// Stored bytes are cut short or altered: their length or checksum does not fit.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.kind == Kind::Corrupt
    }

    /// Two things were made by different recipes or format versions, so a comparison of them would be
    /// meaningless.
    #[must_use]
    pub fn is_incompatible(&self) -> bool {
        self.kind == Kind::Incompatible
    }

    /// The caller's progress callback asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind == Kind::Cancelled
    }

    fn new(kind: Kind, message: impl Into<String>) -> Error {
        Error { kind, message: message.into(), source: None }
    }

    pub(crate) fn setting(message: impl Into<String>) -> Error {
        Error::new(Kind::Setting, message)
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Error {
        Error::new(Kind::TooLarge, message)
    }

    pub(crate) fn io(what: impl Into<String>, source: io::Error) -> Error {
        Error { source: Some(Box::new(source)), ..Error::new(Kind::Io, what) }
    }

    /// Whether the content of a file that could be read is not what was expected.
    #[cfg(feature = "corpus")]
    pub(crate) fn is_invalid_data(&self) -> bool {
        let source = self.source.as_ref().and_then(|source| source.downcast_ref::<io::Error>());
        self.is_io() && source.is_some_and(|source| source.kind() == io::ErrorKind::InvalidData)
    }

    /// A file could not be written. The message names the remedy for the cause: more space if a disk, a quota
    /// or a limit of the file size is exhausted, otherwise the folder to check.
    pub(crate) fn cannot_write(path: &Path, source: io::Error) -> Error {
        let remedy = match source.kind() {
            io::ErrorKind::StorageFull => {
                "the disk is full; free some space, or choose folders on another disk, and run again"
            }
            io::ErrorKind::QuotaExceeded => {
                "your quota of the disk is used up; free some space, or choose folders on another disk, and run again"
            }
            io::ErrorKind::FileTooLarge => {
                "it would be longer than files may be here (ulimit -f, or the file system's limit); raise the limit or choose folders \
                 on another disk, and run again"
            }
            io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::ReadOnlyFilesystem => "is the folder there and writable?",
            _ => "check the disk, and run again",
        };
        Error::io(format!("cannot write {}: {remedy}", path.display()), source)
    }

    /// A file could not be read. The message names what to check.
    pub(crate) fn cannot_read(path: &Path, source: io::Error) -> Error {
        let remedy = match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied => "is it there, and may it be read?",
            io::ErrorKind::IsADirectory => "it is a folder",
            io::ErrorKind::UnexpectedEof => "it is shorter than before; did another program change it?",
            _ => "check the disk, and run again",
        };
        Error::io(format!("cannot read {}: {remedy}", path.display()), source)
    }

    /// A file or a folder could not be removed.
    #[cfg_attr(not(feature = "corpus"), allow(dead_code, reason = "used by the module corpus"))]
    pub(crate) fn cannot_remove(path: &Path, source: io::Error) -> Error {
        Error::io(format!("cannot remove {}: check the disk, and run again", path.display()), source)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Error {
        Error::new(Kind::Corrupt, message)
    }

    pub(crate) fn incompatible(message: impl Into<String>) -> Error {
        Error::new(Kind::Incompatible, message)
    }

    pub(crate) fn cancelled() -> Error {
        Error::new(Kind::Cancelled, "stopped because the progress callback asked for it")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
