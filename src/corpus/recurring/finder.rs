//! The settings of a search for recurring passages.
//!
//! In: chained setters. Out: a [`RecurringFinder`], whose searches are in `search`.

use crate::error::Error;
use crate::passage::{PassageFinder, seed};
use crate::progress::Watch;

/// The default shortest stretch, in letters: two lines of text.
const MIN_LENGTH: usize = 60;
/// The default longest edit, in letters: a few words.
const MAX_GAP: usize = 32;

/// Finds passages that recur in a corpus: the settings.
///
/// # What is found
/// Take two equal stretches in two documents, of at least [`GUARANTEED`](Self::GUARANTEED) letters
/// ([the unit](crate::PassageFinder#letters)) and of at least `min_length`. In the later document, reported stretches and
/// [`DocumentStretches::unresolved`](super::DocumentStretches::unresolved) together cover the stretch. At either end, part of
/// a word and fewer than 40 bytes of squeezed text (24 if `min_length` is below 55) may be missing. For the earlier
/// document, its own stretches and those that name it as holder are taken together. They give the same guarantee if this
/// document is the first that holds any part of the stretch, and holds it once. Repeats inside one document are found as in
/// any single text ([`PassageFinder::within`]). [Known](Self::known) documents are only holders.
///
/// # Cost
/// Linear in the corpus, even if everything repeats. There is one seed for about 11 bytes of squeezed text, and at most two
/// links a seed. A seed takes 16 bytes, on disk if the seeds do not fit in memory. A passage in 100,000 documents costs
/// 100,000 comparisons with the first of them.
///
/// # Example
/// ```
/// use refrain::DocId;
/// use refrain::corpus::RecurringFinder;
/// # fn main() -> Result<(), refrain::Error> {
/// # let folder = std::env::temp_dir().join(format!("refrain-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// let banner = "We value your privacy. We and our 842 partners store and access information on your device.";
/// let pages = [format!("{banner}\nThe ferry sails again."), format!("Rain on Sunday.\n{banner}")];
///
/// let finder = RecurringFinder::new();
/// let collector = finder.collect(&folder, 1 << 20)?; // a work folder, a memory budget in bytes
/// for (number, page) in pages.iter().enumerate() {
///     collector.add(DocId::new(number)?, page.as_bytes())?;
/// }
/// let found = collector.finish()?.search(&pages[..])?;
///
/// let passage = found.passages()?.next().expect("the banner")?;
/// assert_eq!((passage.occurrences, &pages[0][passage.span]), (2, banner));
/// let second = found.documents()?.next().expect("the page that repeats it")?;
/// assert_eq!(second.document.position(), 1);
/// assert_eq!(&pages[1][second.stretches[0].span], banner);
/// # drop(second);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct RecurringFinder {
    pub(super) min_length: usize,
    pub(super) max_gap: usize,
    pub(super) known: u32,
    pub(super) resumable: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) watch: Watch,
}

impl Default for RecurringFinder {
    fn default() -> RecurringFinder {
        RecurringFinder::new()
    }
}

impl RecurringFinder {
    /// The least `min_length`: two equal stretches of this many letters always share a seed.
    pub const GUARANTEED: usize = seed::GUARANTEE;

    /// The defaults: stretches of at least 60 letters, edits of at most 32.
    pub fn new() -> RecurringFinder {
        RecurringFinder {
            min_length: MIN_LENGTH,
            max_gap: MAX_GAP,
            known: 0,
            resumable: true,
            watch: Watch::SILENT,
        }
    }

    /// The shortest stretch, in [letters](crate::PassageFinder#letters); 60 unless set.
    #[must_use]
    pub fn min_length(mut self, letters: usize) -> RecurringFinder {
        self.min_length = letters;
        self
    }

    /// The longest edit inside a stretch, in [letters](crate::PassageFinder#letters); 32 unless set. That is a few words. A cut removes the
    /// edits together with the stretch, so an edit must be shorter than a sentence that only one document has. An edit is
    /// also never longer than the equal text on either side of it.
    #[must_use]
    pub fn max_gap(mut self, letters: usize) -> RecurringFinder {
        self.max_gap = letters;
        self
    }

    /// The number of documents that are known from an earlier search; 0 unless set. These are the first ones. They are
    /// holders, and no stretches are searched for in them. Text that recurs only among them is not counted.
    #[must_use]
    pub fn known(mut self, documents: u32) -> RecurringFinder {
        self.known = documents;
        self
    }

    /// Whether each finished step is saved in the work folder, so that [`resume`](Self::resume) can continue a search
    /// that was killed; `true` unless set. With `false`, nothing is written if everything fits in memory.
    #[must_use]
    pub fn resumable(mut self, resumable: bool) -> RecurringFinder {
        self.resumable = resumable;
        self
    }

    /// The callback that receives progress and may cancel the search; none unless set.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> RecurringFinder {
        self.watch = watch;
        self
    }

    /// Checks that the settings are possible. Every search does this too.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `min_length` is below [`GUARANTEED`](Self::GUARANTEED) or `max_gap` above 100,000.
    pub fn validate(&self) -> Result<(), Error> {
        if self.min_length < Self::GUARANTEED {
            return Err(Error::setting(format!(
                "min_length is {}, but must be at least {}: shorter copies in a corpus are mostly common phrases, and not all would be found",
                self.min_length,
                Self::GUARANTEED
            )));
        }
        self.within().validate()
    }

    /// The finder of repeats inside one document.
    pub(super) fn within(&self) -> PassageFinder {
        PassageFinder::new().min_length(self.min_length).max_gap(self.max_gap).nested(true).suppressed(true)
    }
}
