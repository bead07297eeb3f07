//! The settings of a search for recurring passages.

use crate::error::Error;
use crate::passage::{PassageFinder, seed};
use crate::progress::Watch;

/// The default shortest stretch, in squeezed characters: two lines of text.
const MIN_LENGTH: usize = 60;
/// The default longest edit, in squeezed characters: a few words.
const MAX_GAP: usize = 32;

/// Finds passages that recur in a corpus: the settings.
///
/// # What is found
/// Take two equal stretches of at least [`GUARANTEED`](Self::GUARANTEED) squeezed characters (letters, marks and digits
/// after folding), and of at least `min_length`, in two documents. In the later document, all of the stretch is in
/// reported stretches or in [`DocumentStretches::unresolved`](super::DocumentStretches::unresolved), but for fewer than
/// 40 bytes of squeezed text (24 if `min_length` is below 55) and part of a word at either end. The same holds for the
/// earlier document, its own stretches and those that name it as holder taken together, if it is the first that holds
/// any part of the stretch, and holds it once. Repeats inside one document are found as in any single text
/// ([`PassageFinder::within`]). [Known](Self::known) documents are only holders.
///
/// # Cost
/// Linear in the corpus, whatever repeats: a seed for about 11 bytes of squeezed text, 16 bytes each on disk if the
/// memory does not hold them, and at most two links a seed. A passage in 100,000 documents costs 100,000 comparisons
/// with the first of them.
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
pub struct RecurringFinder {
    pub(super) min_length: usize,
    pub(super) max_gap: usize,
    pub(super) known: u32,
    pub(super) resumable: bool,
    pub(super) watch: Watch,
}

impl Default for RecurringFinder {
    fn default() -> RecurringFinder {
        RecurringFinder::new()
    }
}

impl RecurringFinder {
    /// The least `min_length`: two equal stretches of so many squeezed characters always share a seed.
    pub const GUARANTEED: usize = seed::GUARANTEE;

    /// The defaults: stretches of at least 60 squeezed characters, edits of at most 32.
    pub fn new() -> RecurringFinder {
        RecurringFinder {
            min_length: MIN_LENGTH,
            max_gap: MAX_GAP,
            known: 0,
            resumable: true,
            watch: Watch::SILENT,
        }
    }

    /// The shortest stretch, in squeezed characters; 60 unless set.
    #[must_use]
    pub fn min_length(mut self, characters: usize) -> RecurringFinder {
        self.min_length = characters;
        self
    }

    /// The longest edit inside a stretch, in squeezed characters; 32 unless set. That is a few words: a cut removes the
    /// edits with the stretch, and a sentence that only one document has must stay. An edit is also never longer than
    /// the equal text on either side of it.
    #[must_use]
    pub fn max_gap(mut self, characters: usize) -> RecurringFinder {
        self.max_gap = characters;
        self
    }

    /// The first so many documents are known from an earlier search: they are holders, and nothing is searched for in
    /// them. None unless set. What recurs only among them is not counted.
    #[must_use]
    pub fn known(mut self, documents: u32) -> RecurringFinder {
        self.known = documents;
        self
    }

    /// Whether each finished step is saved in the work folder, so that [`resume`](Self::resume) can continue a search
    /// that was killed; `true` unless set. Without, nothing is written if all fits in memory.
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

    /// Checks that the settings are possible. Every search does so too.
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

    /// What finds the repeats inside a document.
    pub(super) fn within(&self) -> PassageFinder {
        PassageFinder::new().min_length(self.min_length).max_gap(self.max_gap).nested(true).suppressed(true)
    }
}
