//! Passages: stretches of text that two texts share, or that one text repeats.
//!
//! In: one or two [`Prepared`] texts. Out: [`Found`] lists of [`Repeat`]s or [`Passage`]s, whose spans are
//! bytes of the caller's text.
//!
//! The steps, each with a file, in this order ([`finder`] calls them):
//!
//! 1. [`seed`]: sampled positions of the squeezed stream, the same in equal stretches;
//! 2. [`pairs`]: pairs of equal seeds;
//! 3. [`block`]: pairs extended to maximal exact matches. This verifies them byte by byte;
//! 4. [`chain`]: blocks joined over edits; [`bridge`]: chains joined over insertions with edits near them;
//! 5. [`copied`]: chains whose ends are moved out over further edits ([`extend`]) and over headings that one
//!    side lacks ([`insertion`]);
//! 6. inside one text, [`class`]: copied stretches are gathered into repeats with all their occurrences. It
//!    uses [`projection`], [`parts`] and [`enclosing`]. [`occurrences`] turns the result into spans. [`periodic`]
//!    handles stretches that repeat themselves without a break;
//! 7. between two texts, [`unordered`]: passages that were reworded or reordered;
//! 8. [`align`]: the identity of each reported passage; [`ends`]: spans in bytes, cut to whole words, with
//!    their punctuation ([`boundary`] finds sentences and lines); [`trim`]: the text without its repeats.
//!
//! [`found`] has the types of results, [`prepared`] and [`source`] those of texts. If marks or parts of a text are
//! left out, the steps read a [`view`] of it, and [`cuts`] divide what they find where text is excluded. [`index`] compares one
//! text with many: it runs steps 2 to 8 on each text that shares a seed with it.
//!
//! **What is found.** Lengths count [letters](crate::stream::letters): the letters, marks and digits of a text
//! after folding, where a Han character counts as two and a half, and a kana or a syllable of Hangul as two. Any two
//! equal stretches of [`PassageFinder::GUARANTEED`] letters share a seed. Between two texts, both
//! stretches are then inside one passage, which is reported or suppressed. At either end only part of a word may be
//! missing, or up to 12 characters beyond a line break. Inside one text, both are inside occurrences of one repeat,
//! or inside a periodic stretch, with the same exception; but where two of several copies continue alike by chance,
//! up to 60 characters are left out, from the end of a sentence or a line on. A limit may prevent a comparison; [`Capped`] counts these cases. If
//! [`PassageFinder::nested`] is off, repeats inside longer ones and repeats that are too short to report may
//! lack occurrences that were not compared directly. Properties in `tests/passages.rs` check both guarantees.
//!
//! **Cost.** Linear memory, not counting the text itself: 2.4 bytes for each byte on 50 MB of press releases,
//! and at most 7.5 on the hostile texts of `tests/passage_hostile.rs`. Time: the scan, sorting one seed for
//! every 11 bytes of stream, and the comparison of the text that repeats.

pub(crate) mod align;
pub(crate) mod block;
mod boundary;
mod bridge;
mod chain;
mod class;
mod copied;
mod cuts;
mod enclosing;
pub(crate) mod ends;
pub(crate) mod extend;
mod finder;
pub(crate) mod found;
mod index;
mod insertion;
mod occurrences;
mod pairs;
mod parts;
mod periodic;
mod prepared;
mod projection;
pub(crate) mod seed;
pub(crate) mod source;
pub(crate) mod trim;
mod unordered;
mod view;

use crate::error::Error;
use std::borrow::Cow;

pub use finder::PassageFinder;
pub use found::{Capped, Evidence, Found, Passage, Period, Repeat};
pub use index::{IndexedPassage, PassageIndex};
pub use prepared::Prepared;
pub use trim::cuts::{Cut, Trimmed};

/// The passages that occur in `text` more than once, with the default settings of [`PassageFinder`].
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
///
/// # Example
/// ```
/// let text = "The council met on Monday evening to vote on the new bridge over the river.\n\nIn other news.\n\n\
///             The council met on Monday evening to vote on the new bridge over the river.Subscribe now.";
/// let repeats = refrain::repeats(text);
/// assert_eq!(repeats.len(), 1);
/// let copies: Vec<&str> = repeats[0].occurrences.iter().map(|&span| &text[span]).collect();
/// assert_eq!(copies, ["The council met on Monday evening to vote on the new bridge over the river."; 2]);
/// ```
#[must_use]
pub fn repeats(text: &str) -> Vec<Repeat> {
    let finder = PassageFinder::new();
    or_panic(finder.prepare(text).and_then(|text| finder.within(&text))).items
}

/// The passages that the two texts share, with the default settings of [`PassageFinder`], in order of the
/// left text.
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
///
/// # Example
/// ```
/// let left = "Quote: “It is a truth universally acknowledged, that a copy must be in want of a source.” End.";
/// let right = "it is a truth universally acknowledged that a copy must be in want of a source";
/// let passages = refrain::passages(left, right);
/// assert_eq!(&left[passages[0].left], "“It is a truth universally acknowledged, that a copy must be in want of a source.”");
/// assert_eq!(passages[0].right, 0..right.len());
/// ```
#[must_use]
pub fn passages(left: &str, right: &str) -> Vec<Passage> {
    let finder = PassageFinder::new();
    let between = || finder.between(&finder.prepare(left)?, &finder.prepare(right)?);
    or_panic(between()).items
}

/// The text without its repeated sentences, and what was cut, with the default settings; see
/// [`PassageFinder::trimmed`].
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
///
/// # Example
/// ```
/// let page = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland, the police said.\n\nShare this!\n\n\
///             Heavy rain closed the coast road on Sunday.Drivers were sent inland, the police said.";
/// let trimmed = refrain::trimmed(page);
/// assert_eq!(trimmed.text.trim_end(), &page[..100]);
/// assert_eq!(&page[trimmed.cuts[0].kept], &page[..87]);
/// ```
#[must_use]
pub fn trimmed(text: &str) -> Trimmed<Cow<'_, str>> {
    let finder = PassageFinder::new();
    let Trimmed { text: left, cuts } = or_panic(finder.prepare(text).and_then(|text| finder.trimmed(&text)));
    let text = match left {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8(bytes).expect("cut on character boundaries")),
    };
    Trimmed { text, cuts }
}

/// The text of [`trimmed`]: without its repeated sentences. One copy of each stays. The result is borrowed if
/// nothing is cut.
///
/// # Panics
/// On a text of 4 GiB or more; [`PassageFinder::prepare`] returns an error instead.
///
/// # Example
/// ```
/// let page = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland, the police said.\n\nShare this!\n\n\
///             Heavy rain closed the coast road on Sunday.Drivers were sent inland, the police said.";
/// let once = refrain::cleaned(page);
/// assert_eq!(once.matches("Heavy rain").count(), 1);
/// ```
#[must_use]
pub fn cleaned(text: &str) -> Cow<'_, str> {
    trimmed(text).text
}

/// With the default settings and without a watch only one error is possible: a text is too large.
fn or_panic<T>(result: Result<T, Error>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}
