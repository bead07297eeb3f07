//! The search without regard to order: passages that were reworded, reordered, translated back or summed up.
//!
//! In: two texts as words and units ([`units`]), and the clean copies that were found before. Units inside
//! clean copies are closed: this search ignores them. Out: passages whose two sides share words of high
//! weight, in any order.
//!
//! 1. [`bags`]: each open unit is a bag of words. The weight of a word is its count times `ln((N + 1) / df)`,
//!    where `N` is the number of units of both texts and `df` the number of units that contain the word. So
//!    the texts themselves show which words are common, without a list of stop words.
//! 2. [`rewritten`]: units that are similar by cosine and Dice are linked through an inverted index. The
//!    links are clustered on both sides in turn. The clusters are tightened until their fragments agree.
//! 3. [`digest`]: a segment of one side whose words occur in the other side far more often than the words of
//!    the rest do, by log-likelihood ratio.
//! 4. [`candidate`]: candidates that copies explain are left out; the others get their identity.
//!
//! **Floor.** A passage shares at least [`MIN_SHARED`] distinct words (by their first six letters). This
//! floor does not depend on the sizes of the texts. It prevents passages between unrelated texts.
//!
//! **Cost.** Nearly linear: words in more than 128 units do not link.
//! **Source.** Sanchez-Perez, Sidorov, Gelbukh, *A Winning Approach to Text Alignment for Text Reuse
//! Detection at PAN 2014* (units, cosine and Dice, clustering in turn, tightening); the floor, the growth and
//! the digests are our own.

mod bags;
mod candidate;
mod comparison;
mod digest;
mod ranges;
mod rewritten;
mod units;

pub(super) use units::Text;

use super::found::Passage;
use crate::span::Span;
use crate::support::interval_set::IntervalSet;
use candidate::{Candidate, MIN_BYTES};
use comparison::Comparison;
use ranges::ByteRange;

/// If a copy covers this many percent of both sides of a passage, the copy is reported instead, because its
/// ends are exact.
const FILLED_PERCENT: usize = 80;

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

/// The passages outside the `clean` copies. A passage is left out if one of the `edited` copies nearly fills
/// it, or if exact copies contain its words.
pub(super) fn passages(
    left: &Text,
    right: &Text,
    left_bytes: &[u8],
    clean: &[Passage],
    edited: &[Passage],
) -> Vec<Passage> {
    let clean: Vec<(ByteRange, ByteRange)> =
        clean.iter().map(|passage| (bytes(passage.left), bytes(passage.right))).collect();
    let mut found = Vec::new();
    for candidate in candidates(left, right, &clean) {
        let (at_left, at_right) = (span(candidate.left), span(candidate.right));
        let is_copy = |copy: &Passage| fills(copy.left, at_left) && fills(copy.right, at_right);
        let is_exact_part = |copy: &&Passage| {
            copy.identity == 1.0 && copy.left.overlaps(at_left) && copy.right.overlaps(at_right)
        };
        let exact = edited.iter().filter(is_exact_part).map(|copy| &left_bytes[copy.left.range()]);
        if !edited.iter().any(is_copy) && !candidate.is_copied(left, right, exact) {
            let identity = candidate.identity(left, right);
            found.push(Passage { left: at_left, right: at_right, identity });
        }
    }
    found
}

/// Rewritten passages and digests outside the clean copies.
fn candidates(left: &Text, right: &Text, clean: &[(ByteRange, ByteRange)]) -> Vec<Candidate> {
    let Some(mut comparison) = Comparison::new(left, right, clean) else { return Vec::new() };
    let mut found = comparison.rewritten(clean);
    comparison.add_digests(&mut found, clean);
    found
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
