//! Progress: how a long call reports its progress, and how the caller cancels it.
//!
//! In: a callback of the caller, given as a setting. Out: the callback is called between steps of the work,
//! and the long call returns [`Error::is_cancelled`] once the callback asks it to stop. The calls depend only
//! on the work, so answers are the same every time. Only the caller's decision to stop may depend on a clock.

use crate::error::Error;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

/// The unit in which the steps of a stage are counted.
///
/// `Display` writes `bytes`, `documents` or `entries`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ProgressUnit {
    /// Bytes of input or of text.
    Bytes,
    /// Documents.
    Documents,
    /// Pairs, links or other entries of a list.
    Entries,
}

impl fmt::Display for ProgressUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ProgressUnit::Bytes => "bytes",
            ProgressUnit::Documents => "documents",
            ProgressUnit::Entries => "entries",
        })
    }
}

/// The progress of a long call.
///
/// # Example
/// ```
/// use refrain::{PassageFinder, Watch};
/// use std::ops::ControlFlow;
/// let finder = PassageFinder::new().watch(Watch::new(|progress| {
///     eprintln!("{}: {} {}", progress.stage, progress.done, progress.unit);
///     ControlFlow::Continue(()) // or Break(()), to stop
/// }));
/// let found = finder.within(&finder.prepare("A short text.")?)?;
/// assert!(found.items.is_empty());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Progress {
    /// The stage of the work, in a word or two, for people to read.
    pub stage: &'static str,
    /// What `done` and `total` count.
    pub unit: ProgressUnit,
    /// Steps of this stage that are done.
    pub done: u64,
    /// All steps of this stage, where the number is known.
    pub total: Option<u64>,
}

/// A callback that receives the [`Progress`] of a long call and may stop it. [`Watch::SILENT`] is no
/// callback.
///
/// Everything that may take a long time has a setting `watch`. Clones share the callback. It may be called
/// from several threads. It is called so rarely that its own cost does not matter.
#[derive(Clone, Default)]
pub struct Watch(Option<Arc<Callback>>);

type Callback = dyn Fn(Progress) -> ControlFlow<()> + Send + Sync;

impl Watch {
    /// No callback: nothing is reported, and nothing is cancelled.
    pub const SILENT: Watch = Watch(None);

    /// Reports to `callback`. Once it returns `Break`, the call stops with [`Error::is_cancelled`].
    #[must_use]
    pub fn new(callback: impl Fn(Progress) -> ControlFlow<()> + Send + Sync + 'static) -> Watch {
        Watch(Some(Arc::new(callback)))
    }

    /// Reports the progress of a stage.
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

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Watch(..)" } else { "Watch::SILENT" })
    }
}

// A panic of the callback ends the call. A watch has no state of its own that the panic could leave
// unfinished.
impl UnwindSafe for Watch {}
impl RefUnwindSafe for Watch {}
