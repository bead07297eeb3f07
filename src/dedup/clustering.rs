//! Settings of the last step: which of several similar texts is kept, and how pairs are verified.

use crate::index::DocId;

/// How [`Dedup::finish_with`](crate::Dedup::finish_with) decides. `K` is the type that the callbacks get: a
/// [`DocId`], or the caller's own key in a [`KeyedDedup`](crate::KeyedDedup).
///
/// By default, the first of several similar texts is kept, every removed text has a kept witness, and
/// similarities are estimated.
///
/// # Example
/// ```
/// use refrain::{Clustering, Dedup, Sketcher};
/// let texts = [
///     "An owl and a cat went to sea in a beautiful boat, and took some honey with them",
///     "an owl and a cat went to sea in a beautiful boat and took some honey with them!",
/// ];
/// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
/// dedup.push_all(&texts);
/// let clustering = Clustering::new()
///     .keep_best(|id| texts[id.position()].len() as f64) // the longest
///     .verify_with(|id| Some(texts[id.position()])); // by the texts themselves
/// let clusters = dedup.finish_with(&clustering)?;
/// let (removed, witness) = clusters.removed().next().unwrap();
/// assert_eq!(removed.position(), 1);
/// assert_eq!(witness.jaccard.std_error, 0.0, "exact");
/// # Ok::<(), refrain::Error>(())
/// ```
pub struct Clustering<'f, K = DocId> {
    pub(super) components: bool,
    pub(super) score: Option<Box<Score<'f, K>>>,
    pub(super) texts: Option<Box<Texts<'f, K>>>,
}

/// The score of a text.
pub(super) type Score<'f, K> = dyn Fn(&K) -> f64 + 'f;
/// Calls its argument with a text, if the caller has it.
pub(super) type Texts<'f, K> = dyn Fn(&K, &mut dyn FnMut(&str)) + Sync + 'f;

impl Clustering<'_> {
    /// The defaults, for callbacks by number.
    #[must_use]
    pub fn new() -> Self {
        Clustering::by_key()
    }
}

impl<'f, K> Clustering<'f, K> {
    /// The defaults, for callbacks by the keys of a [`KeyedDedup`](crate::KeyedDedup). State the type of the
    /// key in the closures.
    #[must_use]
    pub fn by_key() -> Self {
        Clustering { components: false, score: None, texts: None }
    }

    /// Keeps the text with the highest score among similar ones, instead of the first. Scores are compared as
    /// numbers, and NaN is the lowest. Texts of equal scores are ordered by a digest of their content, so
    /// which text is kept does not depend on the order of arrival.
    #[must_use]
    pub fn keep_best(mut self, score: impl Fn(&K) -> f64 + 'f) -> Self {
        self.score = Some(Box::new(score));
        self
    }

    /// Compares the texts themselves, so that every removal rests on the exact Jaccard similarity. Without
    /// it, removals rest on an estimate, whose standard error is 0.026 at 0.8: of 433 texts that estimates
    /// removed from 20,000 press releases, 43 had an exact similarity between 0.728 and 0.8.
    ///
    /// `texts` returns the text of a key, the same as was pushed; it may be called from several threads. If
    /// it returns `None`, the pair is decided by the estimate, and the standard error of its similarity is
    /// not 0.
    ///
    /// A pair that reaches the threshold by the hashes of its words is compared once more by their characters; under
    /// [`Weighting::Occurrences`](crate::Weighting::Occurrences) by the hashes only.
    ///
    /// # Cost
    /// For each candidate whose estimate is no more than five standard errors below the threshold, one text
    /// is read and cut into shingles; one more text is read and cut for each text that has such candidates.
    #[must_use]
    pub fn verify_with<T: AsRef<str>>(mut self, texts: impl Fn(&K) -> Option<T> + Sync + 'f) -> Self {
        self.texts = Some(Box::new(move |key, read| {
            if let Some(text) = texts(key) {
                read(text.as_ref());
            }
        }));
        self
    }

    /// Connected components instead of clusters with witnesses: texts are in one cluster if a chain of
    /// similar ones links them. Each cluster shows its weakest link. The kept text may have nothing in common
    /// with some of the removed ones.
    #[must_use]
    pub fn components(mut self) -> Self {
        self.components = true;
        self
    }
}

impl<K> Default for Clustering<'_, K> {
    fn default() -> Self {
        Clustering::by_key()
    }
}

impl<K> std::fmt::Debug for Clustering<'_, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clustering")
            .field("components", &self.components)
            .field("keep_best", &self.score.is_some())
            .field("verify_with", &self.texts.is_some())
            .finish()
    }
}
