//! The search without regard to order: passages that were reworded, reordered, translated back or summed up.
//!
//! In: two texts as words and units ([`units`]), and the ordered copies that were found before. Units inside
//! clean copies are closed: this search ignores them. Out: passages whose two sides share words, in any order,
//! beyond chance.
//!
//! **Evidence.** Two texts of one topic share many words, so a number of shared words proves nothing. The
//! search compares two explanations of a pair of ranges, one of each text.
//!
//! - *Chance*: both ranges are drawn from the words of the two texts. A word that occurs `c` times elsewhere
//!   among `T` words is then in a range of `n` words with probability `p = 1 - exp(-n·c / T)`. The occurrences
//!   in the first range count as elsewhere, those in the second do not. So a word of the topic, which both
//!   texts use throughout, is worth nothing; and two short texts, which have no elsewhere, prove little.
//! - *Rewording*: each word of the first range is kept with probability `k`, or else the range is drawn by
//!   chance. A shared word then has probability `k + (1 - k)·p`, a word that is not shared `(1 - k)·(1 - p)`.
//!
//! The evidence is the logarithm of the ratio of the two, in nats: `ln(k/p + 1 - k)` for each shared word, and
//! `ln(1 - k)` for each other word, averaged over a few `k`. Both ranges take the part of the first range, and
//! the smaller result counts: each side must be a rewording of the other. From the evidence goes the price of
//! the places that were searched. A range of `l` units among `N` costs `ln N + ln l(l + 1)`, which makes the
//! ratios of all pairs of ranges sum to at most 1; a passage must be worth [`ODDS`](evidence::ODDS) on top. By
//! Markov's inequality, at most one in `ODDS` pairs of texts that share words by chance gets a passage. The
//! bound needs no threshold that depends on the length of the texts. `tests/unrelated.rs` measures the rate.
//!
//! **Ordered copies come first.** The words of ordered copies are no evidence for the text around them. A
//! passage that overlaps copies must have evidence in its other words, minus the price of all copies but one,
//! because one passage is then told in place of several copies. An exact quotation in unrelated text thus
//! stays exact, and a reworded paragraph with unedited pieces is one passage.
//!
//! The steps:
//!
//! 1. [`bags`]: each open unit is a bag of words. The weight of a word is its count times `ln((N + 1) / df)`,
//!    where `N` is the number of units of both texts and `df` the number of units that contain the word.
//! 2. [`rewritten`]: units that are similar by cosine and Dice are linked through an inverted index, and
//!    links are clustered on both sides in turn. This proposes ranges; [`evidence`] decides.
//! 3. [`digest`], if asked for: short segments whose words occur in a long stretch of the other text far more
//!    often than the words around them do.
//! 4. [`candidate`]: candidates that copies explain are left out; the others get their identity.
//!
//! **Cost.** Nearly linear: words in more than 128 units do not link.
//! **Source.** Sanchez-Perez, Sidorov, Gelbukh, *A Winning Approach to Text Alignment for Text Reuse
//! Detection at PAN 2014* (units, cosine and Dice, clustering in turn). The evidence is a likelihood ratio
//! with a prior over ranges, an e-value in the sense of Shafer, *Testing by betting*, 2021. The growth and
//! the digests are our own.
//!
//! Tried and lost: evidence from the surroundings of a range alone (2 to 16 times its length) instead of the
//! whole texts told reworded passages and texts of one topic apart no better; growing ranges by evidence, and
//! dividing a cluster where its parts are worth more than the whole, cut passages into pieces.

mod bags;
mod candidate;
mod comparison;
mod copies;
mod digest;
mod evidence;
mod ranges;
mod rewritten;
mod units;

pub(super) use units::Text;

use super::found::Passage;
use crate::span::Span;
use crate::support::interval_set::IntervalSet;
use candidate::{Candidate, MIN_BYTES};
use comparison::Comparison;
use copies::Copies;
use ranges::ByteRange;

/// If a copy covers this many percent of both sides of a passage, the copy is reported instead, because its
/// ends are exact.
const FILLED_PERCENT: usize = 80;
/// Lowest identity of a reordered passage. Below it, more than half of the words are the author's own.
const LEAST_REORDERED: f64 = 0.4;

/// Whether clean copies leave enough of both texts for [`passages`] to find anything. (More than half of the
/// bytes of an open unit is outside clean copies.) If the texts are copies of each other, this check saves
/// reading them as words.
pub(super) fn is_enough_left(left: &[u8], right: &[u8], clean: &[Passage]) -> bool {
    let is_enough = |text: &[u8], side: fn(&Passage) -> Span| {
        let covered = clean.iter().map(|passage| side(passage).range()).collect::<IntervalSet>().covered();
        2 * (text.len() - covered) > MIN_BYTES as usize
    };
    is_enough(left, |passage| passage.left) && is_enough(right, |passage| passage.right)
}

/// The passages outside the `clean` copies, digests included if `summaries` is on. A passage is left out if
/// one of the `edited` copies nearly fills it, or if the copies contain its evidence.
pub(super) fn passages(
    left: &Text,
    right: &Text,
    left_bytes: &[u8],
    (clean, edited): (&[Passage], &[Passage]),
    summaries: bool,
) -> Vec<Passage> {
    let clean_sides: Vec<(ByteRange, ByteRange)> =
        clean.iter().map(|passage| (bytes(passage.left), bytes(passage.right))).collect();
    let Some(mut comparison) = Comparison::new(left, right, &clean_sides) else { return Vec::new() };
    let copied = clean.iter().chain(edited).map(|copy| (bytes(copy.left), bytes(copy.right)));
    let copies = Copies::new(copied.collect(), left_bytes);
    let mut found = comparison.rewritten(&clean_sides, &copies);
    if summaries {
        comparison.add_digests(&mut found, &clean_sides);
    }
    let is_copy = |candidate: &Candidate| {
        let (at_left, at_right) = (span(candidate.left), span(candidate.right));
        edited.iter().any(|copy| fills(copy.left, at_left) && fills(copy.right, at_right))
    };
    let passage = |candidate: Candidate| Passage {
        left: span(candidate.left),
        right: span(candidate.right),
        identity: candidate.identity(left, right),
        evidence: candidate.evidence,
    };
    found.into_iter().filter(|candidate| !is_copy(candidate)).map(passage).collect()
}

/// Whether `copy` covers [`FILLED_PERCENT`] of `whole`.
fn fills(copy: Span, whole: Span) -> bool {
    let shared = copy.end.min(whole.end).saturating_sub(copy.start.max(whole.start));
    100 * shared >= FILLED_PERCENT * whole.len()
}

fn bytes(span: Span) -> ByteRange {
    ByteRange { start: span.start as u32, end: span.end as u32 }
}

fn span(range: ByteRange) -> Span {
    Span::new(range.start as usize, range.end as usize)
}
