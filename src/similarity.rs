//! Similarity: how alike two whole texts are, by several measures.
//!
//! In: two texts. Out: [`Similarity`], seven proportions.
//!
//! **Idea.** One number cannot distinguish a copy from an excerpt, or a rewritten text from a text that
//! quotes. Jaccard shows how similar the whole texts are. Containment shows how much of one text is in the
//! other, at any place. Coverage shows how much of one text is inside passages that both share in the same
//! order; a proportion of its own shows how much is inside reordered ones.
//!
//! Tried as a single number, against what people call near-duplicates (Webis near-duplicate pairs of three
//! collections, `tests/labels.rs`; area under the ROC curve, with a sampling error of 0.012): Jaccard 0.936,
//! the larger containment 0.914, coverage 0.890, the mean of Jaccard and coverage 0.936, their minimum 0.939,
//! Jaccard over two words 0.940, the longest common subsequence of words 0.942. The differences between the
//! best of these are within chance, so no single number is offered.
//!
//! **Cost.** About three times that of [`Shingles::by`](crate::Shingles::by) for both texts, and that of
//! [`PassageFinder::between`](crate::PassageFinder::between).

use crate::error::Error;
use crate::passage::{Evidence, Passage, PassageFinder, Prepared};
use crate::progress::{ProgressUnit, Watch};
use crate::shingle::{Shingle, exact_overlap};
use crate::span::Span;
use crate::stream::{self, Stream};
use crate::support::interval_set::IntervalSet;
use std::collections::BTreeSet;

/// How alike two texts are: proportions between 0 and 1, exact for the chosen shingles and passages.
///
/// Two texts with the same letters, marks and digits are wholly alike, however short: Jaccard, containment and
/// coverage are 1. Two texts without any are compared by their other characters, white space aside: if these
/// are the same, the texts are wholly alike; if not, Jaccard and containment are those of the two sets of
/// characters, and coverage is 0.
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Similarity {
    /// Shared shingles divided by all shingles of both texts; see [`jaccard`](crate::jaccard()).
    pub jaccard: f64,
    /// The proportion of the left text's shingles that the right text has; see
    /// [`containment`](crate::containment()).
    pub containment_left: f64,
    /// The proportion of the right text's shingles that the left text has.
    pub containment_right: f64,
    /// The proportion of the left text's letters, marks and digits that are inside ordered passages
    /// ([`Evidence::Ordered`]). If passages overlap, characters count once. A stretch that this text has several
    /// times counts each time.
    pub coverage_left: f64,
    /// The same for the right text.
    pub coverage_right: f64,
    /// The proportion of the left text's letters, marks and digits that are inside reordered passages
    /// ([`Evidence::Reordered`]) and not inside ordered ones. Summaries do not count.
    pub reordered_left: f64,
    /// The same for the right text.
    pub reordered_right: f64,
}

/// How alike two texts are, with the default shingles and the default passages.
///
/// # Panics
/// If a text is longer than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES); [`SimilarityBuilder::between`] returns
/// an error instead.
///
/// # Example
/// ```
/// let similarity = refrain::similarity("Too short!", "too short");
/// assert_eq!((similarity.jaccard, similarity.coverage_left), (1.0, 1.0));
/// let similarity = refrain::similarity("Too short!", "It is too short.");
/// assert_eq!(similarity.coverage_left, 0.0); // shorter than the shortest passage
/// ```
#[must_use]
pub fn similarity(left: &str, right: &str) -> Similarity {
    Similarity::builder().between(left, right).unwrap_or_else(|error| panic!("{error}"))
}

impl Similarity {
    /// That of two equal texts.
    const WHOLLY: Similarity = Similarity {
        jaccard: 1.0,
        containment_left: 1.0,
        containment_right: 1.0,
        coverage_left: 1.0,
        coverage_right: 1.0,
        reordered_left: 0.0,
        reordered_right: 0.0,
    };

    /// Settings of a comparison, with the defaults of [`similarity`].
    pub fn builder() -> SimilarityBuilder {
        SimilarityBuilder { shingle: Shingle::default(), finder: PassageFinder::new(), watch: None }
    }
}

/// Settings of a comparison; made by [`Similarity::builder`]. One value compares any number of pairs.
///
/// # Example
/// ```
/// use refrain::{PassageFinder, Shingle, Similarity};
/// let comparison = Similarity::builder().shingle(Shingle::words(2)).passages(PassageFinder::new().min_length(20));
/// let left = "The ferry leaves at six in the morning from the old pier, sharp.";
/// let similarity = comparison.between(left, "the ferry leaves at six in the morning from the old pier")?;
/// assert_eq!((similarity.containment_right, similarity.coverage_right), (1.0, 1.0));
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use]
pub struct SimilarityBuilder {
    shingle: Shingle,
    finder: PassageFinder,
    /// `None`: the watch of the finder.
    #[cfg_attr(feature = "serde", serde(skip))]
    watch: Option<Watch>,
}

impl SimilarityBuilder {
    /// The shingles whose sets give Jaccard and containment. Default: [`Shingle::ADAPTIVE`].
    pub fn shingle(mut self, shingle: Shingle) -> SimilarityBuilder {
        self.shingle = shingle;
        self
    }

    /// The search for passages, which give coverage. Default: [`PassageFinder::new`].
    ///
    /// [`suppressed`](PassageFinder::suppressed) has no effect: suppressed passages do not count. Neither has
    /// [`nested`](PassageFinder::nested): passages that are part of a longer one always count.
    pub fn passages(mut self, finder: PassageFinder) -> SimilarityBuilder {
        self.finder = finder;
        self
    }

    /// A callback for progress, which can also cancel the call. Default: that of the
    /// [`passages`](Self::passages).
    ///
    /// The stages are those of [`PassageFinder::between`], then "shingling".
    pub fn watch(mut self, watch: Watch) -> SimilarityBuilder {
        self.watch = Some(watch);
        self
    }

    /// How alike two texts are.
    ///
    /// # Errors
    /// [`Error::is_too_large`] if a text is longer than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES);
    /// [`Error::is_setting`] if the passages or the shingle are out of range; [`Error::is_cancelled`] if the
    /// watch asks to stop.
    pub fn between(&self, left: &str, right: &str) -> Result<Similarity, Error> {
        self.shingle.check()?;
        // Parts of longer passages are copies too: a quotation counts wherever it is repeated.
        let mut finder = self.finder.clone().suppressed(false).nested(true);
        if let Some(watch) = &self.watch {
            finder = finder.watch(watch.clone());
        }
        let (left_prepared, right_prepared) = (finder.prepare(left)?, finder.prepare(right)?);
        let (left_letters, right_letters) =
            (left_prepared.stream().folded(), right_prepared.stream().folded());
        if left_letters.is_empty() && right_letters.is_empty() {
            return Ok(without_letters(left, right));
        }
        let passages = finder.between(&left_prepared, &right_prepared)?.items;
        if let Some(watch) = &self.watch {
            watch.tell("shingling", ProgressUnit::Documents, 0, None)?;
        }
        // Shingles may count marks that the passages leave out.
        if left_letters == right_letters && (self.shingle.folds_marks() || !left_prepared.is_partial()) {
            return Ok(Similarity::WHOLLY);
        }
        let coverage = |text: &str, prepared: &Prepared<'_>, side: fn(&Passage) -> Span| {
            let spans = |evidence: Evidence| -> Vec<Span> {
                passages.iter().filter(|passage| passage.evidence == evidence).map(side).collect()
            };
            coverage(text, prepared, &spans(Evidence::Ordered), &spans(Evidence::Reordered))
        };
        let on_left = coverage(left, &left_prepared, |passage| passage.left)?;
        let on_right = coverage(right, &right_prepared, |passage| passage.right)?;
        let overlap = exact_overlap(&self.shingle, left, right);
        Ok(Similarity {
            jaccard: overlap.jaccard(),
            containment_left: overlap.containment_left(),
            containment_right: overlap.containment_right(),
            coverage_left: on_left.ordered,
            coverage_right: on_right.ordered,
            reordered_left: on_left.reordered,
            reordered_right: on_right.reordered,
        })
    }
}

/// The similarity of two texts without letters, marks and digits.
fn without_letters(left: &str, right: &str) -> Similarity {
    let characters = |text: &str| text.chars().filter(|ch| !ch.is_whitespace()).collect::<Vec<char>>();
    let (left, right) = (characters(left), characters(right));
    if left == right {
        return Similarity::WHOLLY;
    }
    let set = |text: Vec<char>| text.into_iter().collect::<BTreeSet<char>>();
    let (left, right) = (set(left), set(right));
    let shared = left.intersection(&right).count();
    let share = |whole: usize| if whole == 0 { 0.0 } else { shared as f64 / whole as f64 };
    Similarity {
        jaccard: share(left.union(&right).count()),
        containment_left: share(left.len()),
        containment_right: share(right.len()),
        coverage_left: 0.0,
        coverage_right: 0.0,
        ..Similarity::WHOLLY
    }
}

/// The proportions of a text inside passages.
struct Coverage {
    /// Inside ordered passages.
    ordered: f64,
    /// Inside reordered passages only.
    reordered: f64,
}

/// The proportion of a text's squeezed characters inside the union of `ordered` spans, and inside `reordered`
/// spans only; 0 for a text without squeezed characters.
fn coverage(
    text: &str,
    prepared: &Prepared<'_>,
    ordered: &[Span],
    reordered: &[Span],
) -> Result<Coverage, Error> {
    // Without marks, the stream is that of another text.
    let whole = match prepared.is_partial() {
        true => stream::characters(Stream::of(text)?.folded()),
        false => stream::characters(prepared.stream().folded()),
    };
    let characters = |union: &IntervalSet| -> Result<usize, Error> {
        let parts = union.iter().map(|range| Stream::of(&text[range]));
        parts.map(|part| Ok(stream::characters(part?.folded()))).sum()
    };
    let union = |spans: &mut dyn Iterator<Item = &Span>| spans.map(|span| span.range()).collect();
    let in_ordered = characters(&union(&mut ordered.iter()))?;
    let in_any = characters(&union(&mut ordered.iter().chain(reordered)))?;
    let share = |part: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    Ok(Coverage { ordered: share(in_ordered), reordered: share(in_any - in_ordered) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;

    #[test]
    fn overlapping_spans_are_counted_once_and_only_letters_count() {
        let covered = |text: &str, ends: &[(usize, usize)]| {
            let spans = ends.iter().map(|&(start, end)| Span::new(start, end));
            coverage(text, &Prepared::new(text).unwrap(), &spans.collect::<Vec<_>>(), &[]).unwrap().ordered
        };
        let text = "ab, cd – ef! gh";
        assert_eq!(covered(text, &[]), 0.0);
        assert_eq!(covered(text, &[(0, text.len())]), 1.0);
        assert_eq!(covered(text, &[(4, 6), (0, 6), (0, 2)]), 0.5);
        assert_eq!(covered(text, &[(0, 6), (4, 13)]), 0.75);
        assert_eq!(covered(text, &[(2, 4)]), 0.0, "a comma and a space");
        assert_eq!(covered("– !", &[(0, 5)]), 0.0);
        let (ordered, reordered) = ([Span::new(0, 6)], [Span::new(4, 13), Span::new(0, 2)]);
        let found = coverage(text, &Prepared::new(text).unwrap(), &ordered, &reordered).unwrap();
        assert_eq!((found.ordered, found.reordered), (0.5, 0.25));
    }

    #[test]
    fn settings_out_of_range_and_cancelled_calls_are_errors() {
        let error = Similarity::builder().shingle(Shingle::words(0)).between("a", "b").unwrap_err();
        assert!(error.is_setting());
        let finder = PassageFinder::new().min_length(1);
        assert!(Similarity::builder().passages(finder).between("a", "b").unwrap_err().is_setting());
        let stop = Watch::new(|_| ControlFlow::Break(()));
        assert!(Similarity::builder().watch(stop).between("a", "b").unwrap_err().is_cancelled());
    }
}
