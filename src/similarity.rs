//! Similarity: how alike two whole texts are, from several sides at once.
//!
//! In: two texts. Out: [`Similarity`], five shares. The idea: one number does not tell a copy from an excerpt, nor a
//! rewritten text from one that merely quotes. Jaccard says how alike the texts are as wholes; containment, how much of
//! one is in the other, wherever it stands; coverage, how much of one lies in passages that both share.
//!
//! Tried as one number, by what people call near-duplicates (Webis near-duplicate pairs of three collections,
//! `tests/labels.rs`; area under the ROC curve, whose sampling error is 0.012): Jaccard 0.936, the larger containment
//! 0.914, coverage 0.890, the mean of Jaccard and coverage 0.936, their minimum 0.939, Jaccard over two words 0.940,
//! the longest common subsequence of words 0.942. None is better by more than chance, so none is offered.
//!
//! **Cost.** That of [`Shingles::by`](crate::Shingles::by) and of
//! [`PassageFinder::between`](crate::PassageFinder::between).

use crate::error::Error;
use crate::passage::{Passage, PassageFinder};
use crate::shingle::{Shingle, Shingles};
use crate::span::Span;
use crate::stream::{self, Stream};

/// How alike two texts are: shares between 0 and 1.
///
/// # Example
/// ```
/// let page = "Home News Sport\n\nHeavy rain closed the coast road on Sunday. Drivers were sent inland until the evening, \
///             the police said; nobody was hurt.\n\nRead more about the weather on our weather page.";
/// let article = "Heavy rain closed the coast road on Sunday.Drivers were sent inland until the evening, the police \
///                said; nobody was hurt.";
/// let similarity = refrain::similarity(page, article);
/// assert!(similarity.jaccard < 0.7);
/// assert_eq!((similarity.containment_right, similarity.coverage_right), (1.0, 1.0));
/// assert!(similarity.coverage_left < 0.7);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Similarity {
    /// Shared shingles over all shingles, exactly; see [`jaccard`](crate::jaccard()).
    pub jaccard: f64,
    /// The share of the left text's shingles that the right one has; see [`containment`](crate::containment()).
    pub containment_left: f64,
    /// The share of the right text's shingles that the left one has.
    pub containment_right: f64,
    /// The share of the left text's letters, marks and digits that lie in a shared passage; where passages overlap, they
    /// count once.
    pub coverage_left: f64,
    /// The share of the right text's.
    pub coverage_right: f64,
}

/// How alike two texts are, over the default shingles and the default passages.
///
/// # Panics
/// If a text is longer than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES); [`Similarity::between`] returns the error.
///
/// # Example
/// ```
/// let similarity = refrain::similarity("Too short!", "too short");
/// assert_eq!(similarity.jaccard, 1.0);
/// assert_eq!(similarity.coverage_left, 0.0); // shorter than the shortest passage
/// ```
pub fn similarity(left: &str, right: &str) -> Similarity {
    Similarity::between(Shingle::default(), &PassageFinder::new(), left, right)
        .unwrap_or_else(|error| panic!("{error}"))
}

impl Similarity {
    /// How alike two texts are, over shingles and passages of the caller's choice.
    ///
    /// # Errors
    /// [`Error::is_too_large`] if a text is longer than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES);
    /// [`Error::is_setting`] if the finder or the shingle is out of range.
    pub fn between(
        shingle: Shingle,
        finder: &PassageFinder,
        left: &str,
        right: &str,
    ) -> Result<Similarity, Error> {
        shingle.check()?;
        let finder = finder.clone().suppressed(false);
        let passages = finder.between(&finder.prepare(left)?, &finder.prepare(right)?)?.items;
        let covered =
            |text: &str, side: fn(&Passage) -> Span| coverage(text, passages.iter().map(side).collect());
        let (coverage_left, coverage_right) =
            (covered(left, |passage| passage.left)?, covered(right, |passage| passage.right)?);
        let (left, right) = (Shingles::by(shingle, left), Shingles::by(shingle, right));
        Ok(Similarity {
            jaccard: left.jaccard(&right),
            containment_left: left.containment(&right),
            containment_right: right.containment(&left),
            coverage_left,
            coverage_right,
        })
    }
}

/// The share of the squeezed characters of a text that lie in the union of `spans`; 0 for a text without any.
fn coverage(text: &str, mut spans: Vec<Span>) -> Result<f64, Error> {
    let squeezed = |part: &str| Ok(stream::characters(Stream::of(part)?.folded()));
    let whole = squeezed(text)?;
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let (mut covered, mut end) = (0, 0);
    for span in spans {
        if span.end > end {
            covered += squeezed(&text[span.start.max(end)..span.end])?;
            end = span.end;
        }
    }
    Ok(if whole == 0 { 0.0 } else { covered as f64 / whole as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_spans_are_counted_once_and_only_letters_count() {
        let text = "ab, cd – ef! gh";
        let spans =
            |ends: &[(usize, usize)]| ends.iter().map(|&(start, end)| Span::new(start, end)).collect();
        let covered = |ends: &[(usize, usize)]| coverage(text, spans(ends)).unwrap();
        assert_eq!(covered(&[]), 0.0);
        assert_eq!(covered(&[(0, text.len())]), 1.0);
        assert_eq!(covered(&[(4, 6), (0, 6), (0, 2)]), 0.5);
        assert_eq!(covered(&[(0, 6), (4, 13)]), 0.75);
        assert_eq!(covered(&[(2, 4)]), 0.0, "a comma and a space");
        assert_eq!(coverage("– !", spans(&[(0, 5)])).unwrap(), 0.0);
    }
}
