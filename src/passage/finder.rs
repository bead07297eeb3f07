//! The finder: the settings of a search, and the order of its steps.
//!
//! In: one or two [`Prepared`] texts. Out: [`Found`] lists of [`Repeat`]s or [`Passage`]s.

use super::align;
use super::block::ExactBlocks;
use super::class::{self, Reporting};
use super::copied::{CopiedStretch, Matches};
use super::cuts::Cuts;
use super::ends::{self, Occurrence};
use super::found::{Capped, Evidence, Found, LEAST_IDENTITY, Passage, Repeat};
use super::pairs;
use super::prepared::{Prepared, Side};
use super::seed;
use super::source::Source;
use super::trim::cuts::{Trimmed, without};
use super::trim::{self, MIN_IDENTITY};
use super::unordered;
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::stream::{Stream, letters};
use std::borrow::Cow;
use std::ops::Range;

/// Least `min_length`. Shorter stretches are equal by chance.
const LEAST_LENGTH: usize = 8;
/// Greatest `max_gap`. In bytes it stays far below 32 bits.
const MOST_GAP: usize = 100_000;

/// Finds passages that a text repeats or that two texts share.
///
/// It stores the settings; each search takes its texts.
///
/// | setting | unit | default | effect |
/// | --- | --- | --- | --- |
/// | [`min_length`](Self::min_length) | letters | 60 | shorter passages are not reported |
/// | [`max_gap`](Self::max_gap) | letters | 256 | a longer edit ends a passage |
/// | [`min_identity`](Self::min_identity) | share | 0.98 | [`trimmed`](Self::trimmed) keeps a sentence that is less like its copy |
/// | [`fold_marks`](Self::fold_marks) | | off | compares without accents and other marks that may be left out |
/// | [`nested`](Self::nested) | | off | reports passages inside longer ones too |
/// | [`order_free`](Self::order_free) | | on | [`between`](Self::between) finds reworded and reordered passages too |
/// | [`summaries`](Self::summaries) | | off | [`between`](Self::between) finds summaries too |
/// | [`suppressed`](Self::suppressed) | | off | lists passages that were found but not reported |
/// | [`watch`](Self::watch) | | none | receives progress, and can cancel |
///
/// # Letters
/// Lengths count *letters*: the letters, marks and digits of a text after folding, without spaces and
/// punctuation. A Han character counts as two and a half letters, and a kana or a syllable of Hangul as two, because a
/// sentence has that many fewer of them. All other characters count as one. So the default least length of 60
/// letters is about ten words of English, and 24 characters of Chinese.
///
/// # Example
/// ```
/// use refrain::PassageFinder;
/// # fn main() -> Result<(), refrain::Error> {
/// let finder = PassageFinder::new().min_length(50);
/// let essay = finder.prepare("He wrote: it is a truth universally acknowledged, that a copy must be in want of a source. So he said.")?;
/// let source = finder.prepare("IT IS A TRUTH UNIVERSALLY ACKNOWLEDGED, that a copy must be in want of a source.")?;
/// let found = finder.between(&essay, &source)?;
/// assert_eq!(found.items.len(), 1);
/// assert_eq!(found.items[0].left, 10..90);
/// assert_eq!(found.items[0].identity, 1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct PassageFinder {
    pub(super) min_length: usize,
    pub(super) max_gap: usize,
    pub(super) min_identity: f64,
    pub(super) fold_marks: bool,
    pub(super) nested: bool,
    pub(super) order_free: bool,
    pub(super) summaries: bool,
    pub(super) suppressed: bool,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(super) watch: Watch,
}

impl Default for PassageFinder {
    fn default() -> PassageFinder {
        PassageFinder::new()
    }
}

impl PassageFinder {
    /// Any two equal stretches of this many [letters](Self#letters) share a seed. They are compared at every
    /// `min_length`, unless a limit leaves them out; [`Capped`] counts those. So every exact copy of at least
    /// this length is found. Between two texts, both stretches are inside one passage, which is reported or
    /// suppressed; at either end only part of a word may be missing, or a few words beyond a line break: up to
    /// 12 characters between two texts, and up to 60 where two of several copies continue alike. Inside one
    /// text, both are inside occurrences of one repeat, or inside a periodic stretch.
    pub const GUARANTEED: usize = seed::GUARANTEE;
    /// The default of [`min_length`](Self::min_length): 60 [letters](Self#letters). This is about ten words,
    /// more than set phrases have.
    pub const DEFAULT_MIN_LENGTH: usize = 60;
    /// The default of [`max_gap`](Self::max_gap): 256 [letters](Self#letters), one or two sentences.
    pub const DEFAULT_MAX_GAP: usize = 256;
    /// The default of [`min_identity`](Self::min_identity): 0.98, one changed letter in a sentence of 50.
    pub const DEFAULT_MIN_IDENTITY: f64 = MIN_IDENTITY;

    /// The default settings; see the [table](Self).
    pub fn new() -> PassageFinder {
        PassageFinder {
            min_length: PassageFinder::DEFAULT_MIN_LENGTH,
            max_gap: PassageFinder::DEFAULT_MAX_GAP,
            min_identity: PassageFinder::DEFAULT_MIN_IDENTITY,
            fold_marks: false,
            nested: false,
            order_free: true,
            summaries: false,
            suppressed: false,
            watch: Watch::SILENT,
        }
    }

    /// The shortest passage to report, in [letters](Self#letters): 60 by default, at least 8. An edited copy
    /// inside one text must also match at least this many.
    #[must_use]
    pub fn min_length(mut self, letters: usize) -> PassageFinder {
        self.min_length = letters;
        self
    }

    /// The longest edit inside a passage, in [letters](Self#letters) of either side: 256 by default, at most
    /// 100,000. A longer edit divides a passage into two.
    #[must_use]
    pub fn max_gap(mut self, letters: usize) -> PassageFinder {
        self.max_gap = letters;
        self
    }

    /// The least identity, from 0 to 1, of a sentence that [`trimmed`](Self::trimmed) and
    /// [`cleaned`](Self::cleaned) cut with the copy that stays for it: 0.98 by default. It counts squeezed
    /// characters, so case, space, punctuation and lost headings make no difference. With any value, numbers and
    /// capitalised words are equal, and no whole word differs.
    #[must_use]
    pub fn min_identity(mut self, share: f64) -> PassageFinder {
        self.min_identity = share;
        self
    }

    /// Whether texts are compared without the marks that writers may leave out: accents, tonos, niqqud, harakat,
    /// the marks of Vietnamese, `ё` as `е`. Off by default. Vowel signs of Indic scripts and of Thai, and the
    /// voicing of kana, always count. Texts must be prepared by a finder with the same setting
    /// ([`prepare`](Self::prepare)). Spans still slice the text as it was given.
    ///
    /// # Example
    /// ```
    /// use refrain::PassageFinder;
    /// let finder = PassageFinder::new().fold_marks(true).min_length(50);
    /// let left = "«Ο ήλιος βγήκε πάνω από το λιμάνι και οι ψαράδες μάζεψαν τα δίχτυα»";
    /// let right = "Ο ΗΛΙΟΣ ΒΓΗΚΕ ΠΑΝΩ ΑΠΟ ΤΟ ΛΙΜΑΝΙ ΚΑΙ ΟΙ ΨΑΡΑΔΕΣ ΜΑΖΕΨΑΝ ΤΑ ΔΙΧΤΥΑ";
    /// let found = finder.between(&finder.prepare(left)?, &finder.prepare(right)?)?;
    /// assert_eq!((found.items[0].identity, &left[found.items[0].left]), (1.0, left));
    /// # Ok::<(), refrain::Error>(())
    /// ```
    #[must_use]
    pub fn fold_marks(mut self, fold_marks: bool) -> PassageFinder {
        self.fold_marks = fold_marks;
        self
    }

    /// Whether repeats and passages that are part of a longer one are reported too. Off by default.
    #[must_use]
    pub fn nested(mut self, nested: bool) -> PassageFinder {
        self.nested = nested;
        self
    }

    /// Whether [`between`](Self::between) also looks for passages without regard to the order of words:
    /// reworded or reordered ([`Evidence::Reordered`]). On by default. The words of such a passage agree beyond
    /// chance, and at least 0.4 of them agree ([`Passage::identity`]). Words that both texts use throughout are
    /// no evidence, and words of ordered copies are no evidence for the text around them. Of 100 pairs of texts
    /// that share words only by chance, at most one is expected to get such a passage (this is a bound; the rate
    /// that `tests/unrelated.rs` measures is lower). This search reads both texts completely.
    #[must_use]
    pub fn order_free(mut self, order_free: bool) -> PassageFinder {
        self.order_free = order_free;
        self
    }

    /// Whether [`between`](Self::between) also looks for summaries: short passages that sum up a long stretch of
    /// the other text ([`Evidence::Summary`]). Off by default, because two texts of one topic may look like
    /// that. Without [`order_free`](Self::order_free) it has no effect.
    #[must_use]
    pub fn summaries(mut self, summaries: bool) -> PassageFinder {
        self.summaries = summaries;
        self
    }

    /// Whether passages that are found but not reported are listed in [`Found::suppressed`]. Off by default.
    /// The setting does not change which passages are reported. Without the list, [`within`](Self::within)
    /// takes up to 10 % less time.
    #[must_use]
    pub fn suppressed(mut self, suppressed: bool) -> PassageFinder {
        self.suppressed = suppressed;
        self
    }

    /// The callback that receives the progress of [`within`](Self::within), [`between`](Self::between) and
    /// [`trimmed`](Self::trimmed), and that can cancel them. None by default.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> PassageFinder {
        self.watch = watch;
        self
    }

    /// Checks that the settings are in range. Every search does this too.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `min_length` is below 8 or `max_gap` is above 100,000 letters, or if
    /// `min_identity` is not from 0.7 to 1.
    pub fn validate(&self) -> Result<(), Error> {
        if self.min_length < LEAST_LENGTH {
            return Err(Error::setting(format!(
                "min_length is {}, but must be at least {LEAST_LENGTH} letters: shorter equal stretches are chance",
                self.min_length
            )));
        }
        if self.max_gap > MOST_GAP {
            return Err(Error::setting(format!(
                "max_gap is {}, but must be at most {MOST_GAP} letters",
                self.max_gap
            )));
        }
        if !(LEAST_IDENTITY..=1.0).contains(&self.min_identity) {
            return Err(Error::setting(format!(
                "min_identity is {}, but must be from {LEAST_IDENTITY} to 1: sentences that are less alike are no copies",
                self.min_identity
            )));
        }
        Ok(())
    }

    /// Checks that a text was read as this finder reads texts.
    pub(super) fn check(&self, text: &Prepared<'_>) -> Result<(), Error> {
        if text.folds_marks() == self.fold_marks {
            return Ok(());
        }
        let (text, finder) = if self.fold_marks { ("with", "without") } else { ("without", "with") };
        Err(Error::setting(format!(
            "a text was prepared {text} its marks, but this search compares texts {finder} them; prepare it with a \
             finder of the same setting of fold_marks"
        )))
    }

    /// Reads a text for these searches: [`Prepared::new`], without marks if they are [folded](Self::fold_marks), and
    /// computes the seeds at once.
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_too_large`] for a text of 4 GiB or
    /// more.
    pub fn prepare<'t>(&self, text: &'t str) -> Result<Prepared<'t>, Error> {
        self.validate()?;
        let prepared = Prepared::read(text.as_bytes(), Some(text), self.fold_marks)?;
        prepared.seeds();
        Ok(prepared)
    }

    /// The same for bytes that may not be UTF-8: [`Prepared::from_bytes`], and computes the seeds at once.
    ///
    /// # Errors
    /// As [`prepare`](Self::prepare).
    pub fn prepare_bytes<'t>(&self, bytes: &'t [u8]) -> Result<Prepared<'t>, Error> {
        self.validate()?;
        let prepared = Prepared::read(bytes, None, self.fold_marks)?;
        prepared.seeds();
        Ok(prepared)
    }

    /// The passages that occur in the text more than once, in order of their first occurrence.
    ///
    /// A [watch](Self::watch) receives the stages "comparing" (bytes of the squeezed text), "joining" and
    /// "gathering".
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_cancelled`] when the watch stops
    /// the search.
    pub fn within(&self, text: &Prepared<'_>) -> Result<Found<Repeat>, Error> {
        self.validate()?;
        self.check(text)?;
        let folded = text.stream().folded();
        let source = text.source();
        let cuts = Cuts { left: source.cuts(), right: source.cuts() };
        let seeds = text.seeds();
        let (matches, capped) =
            self.matches([folded, folded], true, cuts, &self.watch, |visit| pairs::within(seeds, visit))?;
        let copied = matches.within(source, cuts);
        self.watch.tell("gathering", ProgressUnit::Entries, 0, None)?;
        let reporting =
            Reporting { min_length: self.min_length, nested: self.nested, suppressed: self.suppressed };
        let mut found = class::repeats(source, copied, reporting, capped);
        for repeat in found.items.iter_mut().chain(&mut found.suppressed) {
            repeat.occurrences.iter_mut().for_each(|span| *span = source.original(*span));
        }
        Ok(found)
    }

    /// The passages that the two texts share, in order of the left text.
    ///
    /// A [watch](Self::watch) receives the stages "comparing" (bytes of the squeezed right text), "joining",
    /// "aligning" (copied stretches) and "rewording" (unless [`order_free`](Self::order_free) is off).
    ///
    /// # Errors
    /// [`Error::is_setting`] as [`validate`](Self::validate); [`Error::is_cancelled`] when the watch stops
    /// the search.
    ///
    /// # Example
    /// ```
    /// use refrain::{PassageFinder, Watch};
    /// use std::ops::ControlFlow;
    /// let finder = PassageFinder::new().watch(Watch::new(|progress| match progress.stage {
    ///     "rewording" => ControlFlow::Break(()), // stops the search
    ///     _ => ControlFlow::Continue(()),
    /// }));
    /// let (left, right) = (finder.prepare("A long text.")?, finder.prepare("Another one.")?);
    /// assert!(finder.between(&left, &right).unwrap_err().is_cancelled());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn between(&self, left: &Prepared<'_>, right: &Prepared<'_>) -> Result<Found<Passage>, Error> {
        self.validate()?;
        self.check(left)?;
        self.check(right)?;
        self.compared(left.side(), right.side(), &self.watch)
    }

    /// The text without its repeated sentences, and what was cut. One copy of each stays.
    ///
    /// Only copies are cut. A sentence is cut if it is part of a passage of at least
    /// [`min_length`](Self::min_length) that occurs again, and if a copy of this sentence stays: equal in its
    /// squeezed characters, or almost ([`min_identity`](Self::min_identity)). Each [`Cut`](crate::Cut) names
    /// that copy. A sentence, a heading or a paragraph that only one copy has stays. So do variants, such as
    /// price plans and clauses with other numbers or names, and the rest of a sentence of which only part is
    /// repeated. A link is never divided, and never taken for a copy of prose.
    ///
    /// Of several copies, the one with most lines stays; of those, one inside the running text, not a quotation
    /// or caption taken from it; of those, the first.
    ///
    /// # Errors
    /// As [`within`](Self::within), with the first two stages; [`Error::is_setting`] if parts of the text are
    /// [ignored](Prepared::ignoring) or [excluded](Prepared::excluding).
    ///
    /// # Example
    /// ```
    /// use refrain::PassageFinder;
    /// let page = b"The harbour cafe opens an hour before the first ferry leaves for the islands.\n\nNews.\n\n\
    ///     The harbour cafe opens an hour before the first ferry leaves for the islands. Bring a coat.";
    /// let finder = PassageFinder::new();
    /// let trimmed = finder.trimmed(&finder.prepare_bytes(page)?)?;
    /// assert_eq!(trimmed.cuts.len(), 1);
    /// assert_eq!(trimmed.cuts[0].kept, 86..163);
    /// assert!(trimmed.text.starts_with(b"News."));
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn trimmed<'t>(&self, text: &Prepared<'t>) -> Result<Trimmed<Cow<'t, [u8]>>, Error> {
        self.validate()?;
        self.check(text)?;
        if text.has_gaps() {
            return Err(Error::setting(
                "parts of the text are ignored or excluded, but a text is trimmed as a whole; prepare it without them",
            ));
        }
        let (source, seeds) = (text.source(), text.seeds());
        let folded = source.folded();
        let none = Cuts::default();
        let (matches, _) =
            self.matches([folded, folded], true, none, &self.watch, |visit| pairs::within(seeds, visit))?;
        let copied = matches.within(source, none);
        let mut cuts = trim::cuts_of(source, &copied, self.min_length, self.min_identity);
        for cut in &mut cuts {
            cut.span = source.original(cut.span);
            cut.kept = source.original(cut.kept);
        }
        let text = match cuts.is_empty() {
            true => Cow::Borrowed(text.bytes()),
            false => Cow::Owned(without(text.bytes(), cuts.iter().map(|cut| cut.span))),
        };
        Ok(Trimmed { text, cuts })
    }

    /// The text of [`trimmed`](Self::trimmed): without its repeated sentences. It is borrowed if nothing is
    /// cut.
    ///
    /// # Errors
    /// As [`trimmed`](Self::trimmed).
    pub fn cleaned<'t>(&self, text: &Prepared<'t>) -> Result<Cow<'t, [u8]>, Error> {
        Ok(self.trimmed(text)?.text)
    }

    /// [`between`](Self::between) without the validation of the settings.
    pub(super) fn compared(
        &self,
        left: Side<'_>,
        right: Side<'_>,
        watch: &Watch,
    ) -> Result<Found<Passage>, Error> {
        let (left_folded, right_folded) = (left.source.folded(), right.source.folded());
        let cuts = Cuts { left: left.source.cuts(), right: right.source.cuts() };
        let (matches, capped) = self.matches([left_folded, right_folded], false, cuts, watch, |visit| {
            pairs::between(left.seeds, right.seeds, visit)
        })?;
        let Sorted { mut items, mut suppressed, edited, mut parts } =
            matches.between(left.source, right.source, cuts, |copied| {
                self.sorted(left.source, right.source, copied, watch)
            })?;
        if self.order_free {
            watch.tell("rewording", ProgressUnit::Entries, 0, None)?;
            let reworded = self.reworded(left, right, &items, &edited);
            items.extend(reworded);
        }
        // A short or edited copy that overlaps another passage on both sides is part of it.
        let larger = items.clone();
        for copy in edited {
            let is_part = larger
                .iter()
                .any(|passage| passage.left.overlaps(copy.left) && passage.right.overlaps(copy.right));
            if is_part { parts.push(copy) } else { items.push(copy) }
        }
        if self.nested {
            items.append(&mut parts);
        } else if self.suppressed {
            suppressed.append(&mut parts);
        }
        for passage in items.iter_mut().chain(&mut suppressed) {
            passage.left = left.source.original(passage.left);
            passage.right = right.source.original(passage.right);
        }
        items.sort_unstable_by_key(|passage| (passage.left, passage.right));
        suppressed.sort_unstable_by_key(|passage| (passage.left, passage.right));
        Ok(Found { items, suppressed, capped })
    }

    /// Aligns the copied stretches that can be reported or listed, and sorts them by the list that they
    /// belong to.
    fn sorted(
        &self,
        left: Source<'_>,
        right: Source<'_>,
        copied: Vec<CopiedStretch<'_>>,
        watch: &Watch,
    ) -> Result<Sorted, Error> {
        let mut sorted = Sorted::default();
        let all = copied.len() as u64;
        for (done, copied) in copied.into_iter().enumerate() {
            watch.tell("aligning", ProgressUnit::Entries, done as u64, Some(all))?;
            let (primary, clean) = (copied.primary, copied.is_clean(left.folded()));
            let length = |side: Source<'_>, range: &Range<usize>| letters(&side.folded()[range.clone()]);
            let shorter = length(left, &copied.left).min(length(right, &copied.right));
            let is_long = shorter >= self.min_length;
            if !(self.suppressed || is_long && (primary || self.nested)) {
                continue;
            }
            // The longest exact copy in it would be reported without the edits around it.
            let exact = copied
                .blocks
                .iter()
                .map(|block| length(left, &(block.left as usize..block.left_end() as usize)))
                .max();
            let both = length(left, &copied.left) + length(right, &copied.right);
            let passage = passage(left, right, copied);
            let is_enough = || exact >= Some(self.min_length) || self.agrees(both, passage.identity);
            if primary && clean && is_long {
                sorted.items.push(passage);
            } else if is_long && passage.identity >= LEAST_IDENTITY && is_enough() {
                (if primary { &mut sorted.edited } else { &mut sorted.parts }).push(passage);
            } else if self.suppressed {
                sorted.suppressed.push(passage);
            }
        }
        Ok(sorted)
    }

    /// Whether an edited copy has at least `min_length` more letters that agree than letters that differ. `both`
    /// is the number of letters of both sides. (Two texts share phrases of a few words by chance. Without this
    /// rule, such phrases with edits between them are reported as soon as the edits make them long enough.)
    fn agrees(&self, both: usize, identity: f64) -> bool {
        let matched = identity * both as f64 / 2.0;
        let differ = both as f64 - 2.0 * matched;
        matched - differ >= self.min_length as f64
    }

    /// The passages that the two sides share without regard to order, of at least `min_length`. Clean copies
    /// are left out, and so are passages that ordered copies explain.
    fn reworded(
        &self,
        left: Side<'_>,
        right: Side<'_>,
        clean: &[Passage],
        edited: &[Passage],
    ) -> Vec<Passage> {
        let (left_bytes, right_bytes) = (left.source.bytes(), right.source.bytes());
        if !unordered::is_enough_left(left_bytes, right_bytes, clean) {
            return Vec::new();
        }
        let words = (left.words(), right.words());
        let mut found = unordered::passages(words.0, words.1, left_bytes, (clean, edited), self.summaries);
        for passage in &mut found {
            passage.left = left.source.free_span(passage.left);
            passage.right = right.source.free_span(passage.right);
        }
        let is_long = |bytes: &[u8]| {
            Stream::of_bytes(bytes).is_ok_and(|part| letters(part.folded()) >= self.min_length)
        };
        found.retain(|passage| {
            is_long(&left_bytes[passage.left.range()]) && is_long(&right_bytes[passage.right.range()])
        });
        found
    }

    /// From pairs of equal seeds to the matches of the two texts. `within` says whether they are the same text.
    fn matches(
        &self,
        [left, right]: [&[u8]; 2],
        within: bool,
        cuts: Cuts<'_>,
        watch: &Watch,
        pairs: impl Fn(&mut dyn FnMut(u32, u32)) -> u64,
    ) -> Result<(Matches, Capped), Error> {
        let mut blocks = ExactBlocks::new(left, right);
        let capped = pairs::in_order(pairs, right.len(), watch, |pairs| blocks.pairs(pairs))?;
        watch.tell("joining", ProgressUnit::Entries, 0, None)?;
        let max_gap = self.max_gap_bytes(right);
        Ok((Matches::of(blocks.finish(), [left, right], max_gap, within, cuts), capped))
    }

    /// `max_gap` in stream bytes of this text.
    fn max_gap_bytes(&self, folded: &[u8]) -> u32 {
        /// This many bytes of a text show how many bytes its letters take.
        const SAMPLE: usize = 4096;
        let head = &folded[..folded.len().min(SAMPLE)];
        (self.max_gap * head.len()).div_ceil(letters(head).max(1)) as u32
    }
}

/// The copied stretches between two texts, by how they are treated.
#[derive(Default)]
struct Sorted {
    /// Clean copies, which are reported.
    items: Vec<Passage>,
    /// Too short or too dissimilar.
    suppressed: Vec<Passage>,
    /// Short or edited copies: reported unless they are part of another passage.
    edited: Vec<Passage>,
    /// Parts of longer copies.
    parts: Vec<Passage>,
}

/// A copied stretch as a passage in bytes.
fn passage(left: Source<'_>, right: Source<'_>, copied: CopiedStretch<'_>) -> Passage {
    let mut sides = [Occurrence::new(left, copied.left), Occurrence::new(right, copied.right)];
    ends::draw_back(&mut sides);
    let [left, right] = &sides;
    Passage {
        left: ends::span(left),
        right: ends::span(right),
        identity: align::identity(
            &left.source.folded()[left.range.clone()],
            &right.source.folded()[right.range.clone()],
        ),
        evidence: Evidence::Ordered,
    }
}
