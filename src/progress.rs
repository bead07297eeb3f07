//! Progress: how a long call says how far it has come, and learns whether to go on.
//!
//! In: a closure of the caller. Out: calls of it at steps of the work, and [`Error::is_cancelled`] from the long call once
//! it says stop. What is called when follows from the work alone, so that answers repeat; only the caller's own wish to
//! stop may depend on a clock.

use crate::Error;
use std::ops::ControlFlow;

/// How far a long call has come.
///
/// # Example
/// ```
/// use refrain::{PassageFinder, Progress, Watch};
/// use std::ops::ControlFlow;
/// let finder = PassageFinder::new();
/// let prepared = finder.prepare("A short text.")?;
/// let ear = |progress: Progress| {
///     eprintln!("{}: {}", progress.stage, progress.done);
///     ControlFlow::Continue(()) // or Break(()), to stop
/// };
/// let found = finder.within_watched(&prepared, Watch::new(&ear))?;
/// assert!(found.items.is_empty());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done, in a word or two.
    pub stage: &'static str,
    /// Steps of this stage that are done.
    pub done: u64,
    /// Steps of this stage in all, where that is known.
    pub total: Option<u64>,
}

/// The closure that a long call tells its [`Progress`]; [`Watch::SILENT`] is none.
///
/// It may be called from several threads, though never so often that its own cost matters.
#[derive(Clone, Copy, Default)]
pub struct Watch<'a>(Option<&'a (dyn Fn(Progress) -> ControlFlow<()> + Sync)>);

impl<'a> Watch<'a> {
    /// Nobody listens, and nothing is ever cancelled.
    pub const SILENT: Watch<'static> = Watch(None);

    /// The call tells `ear`, and stops with [`Error::is_cancelled`] once it returns `Break`.
    pub fn new(ear: &'a (dyn Fn(Progress) -> ControlFlow<()> + Sync)) -> Watch<'a> {
        Watch(Some(ear))
    }

    /// Tells how far a stage is.
    ///
    /// # Errors
    /// `is_cancelled` if the ear says stop.
    #[inline]
    pub(crate) fn tell(self, stage: &'static str, done: u64, total: Option<u64>) -> Result<(), Error> {
        match self.0.map(|ear| ear(Progress { stage, done, total })) {
            Some(ControlFlow::Break(())) => Err(Error::cancelled()),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Watch(..)" } else { "Watch::SILENT" })
    }
}
