//! Progress: how a long call says how far it has come, and learns whether to go on.
//!
//! In: a callback of the caller, as a setting of whatever does the work. Out: calls of it at steps of the work, and
//! [`Error::is_cancelled`] from the long call once the callback asks it to stop. The sequence of calls follows from the work alone, so
//! that answers repeat; only the caller's own wish to stop may depend on a clock.

use crate::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What the steps of a stage are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProgressUnit {
    /// Bytes of input or of text.
    Bytes,
    /// Documents.
    Documents,
    /// Pairs, links or other entries of a list.
    Entries,
}

/// How far a long call has come.
///
/// # Example
/// ```
/// use refrain::{PassageFinder, Watch};
/// use std::ops::ControlFlow;
/// let finder = PassageFinder::new().watch(Watch::new(|progress| {
///     eprintln!("{}: {} {:?}", progress.stage, progress.done, progress.unit);
///     ControlFlow::Continue(()) // or Break(()), to stop
/// }));
/// let found = finder.within(&finder.prepare("A short text.")?)?;
/// assert!(found.items.is_empty());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What is being done, in a word or two, for people to read.
    pub stage: &'static str,
    /// What `done` and `total` count.
    pub unit: ProgressUnit,
    /// Steps of this stage that are done.
    pub done: u64,
    /// Steps of this stage in all, where that is known.
    pub total: Option<u64>,
}

/// The callback that a long call tells its [`Progress`]; [`Watch::SILENT`] is none.
///
/// A setting of everything that may take long: pass it to `watch(...)` there. Clones share the callback. It may be called from several threads, though never
/// so often that its own cost matters.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Callback>>);

type Callback = dyn Fn(Progress) -> ControlFlow<()> + Send + Sync;

impl Watch {
    /// No callback: nothing is told, and nothing is ever cancelled.
    pub const SILENT: Watch = Watch(None);

    /// The call tells `callback`, and stops with [`Error::is_cancelled`] once it returns `Break`.
    pub fn new(callback: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static) -> Watch {
        Watch(Some(Arc::new(callback)))
    }

    /// Tells how far a stage is.
    ///
    /// # Errors
    /// `is_cancelled` if the callback asks to stop.
    #[inline]
    pub(crate) fn tell(
        &self,
        stage: &'static str,
        unit: ProgressUnit,
        done: u64,
        total: Option<u64>,
    ) -> Result<(), Error> {
        match self.0.as_ref().map(|callback| callback(Progress { stage, unit, done, total })) {
            Some(ControlFlow::Break(())) => Err(Error::cancelled()),
            _ => Ok(()),
        }
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_some() { "Watch(..)" } else { "Watch::SILENT" })
    }
}

/// A callback that panicked is called again only by a caller who chose to go on after the panic; nothing here is left half done.
impl std::panic::UnwindSafe for Watch {}
impl std::panic::RefUnwindSafe for Watch {}
