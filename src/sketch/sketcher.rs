//! Sketchers: from texts or shingles to sketches.
//!
//! In: the settings of a [`Recipe`], then texts, hashes of shingles, or hashes with weights. Out:
//! [`Sketch`]es. The idea: shingles are collected into portions that fit into the first-level cache, and each
//! portion goes through all rounds at once.
//!
//! Cost: see [`super`]; for each text only the slots are allocated.

use super::kernel;
use super::recipe::{Recipe, Weighting};
use super::sketch::Sketch;
use super::weighted;
use crate::error::Error;
use crate::shingle::{NumberSink, Shingle};
use crate::support::scratch::{self, Scratch};
use crate::support::{hash, threads};

/// Makes sketches: texts or shingles in, [`Sketch`]es out.
///
/// # Example
/// ```
/// use refrain::{Shingle, Sketcher};
/// let sketcher = Sketcher::builder().slots(256).shingle(Shingle::words(3)).seed(1).build()?;
/// let left = sketcher.sketch_shingles(0..1000);
/// let right = sketcher.sketch_shingles(500..1500);
/// let estimate = left.jaccard(&right);
/// assert!((estimate.value - 1.0 / 3.0).abs() < 4.0 * estimate.std_error);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "SketcherBuilder", try_from = "SketcherBuilder")
)]
pub struct Sketcher {
    recipe: Recipe,
}

/// The form of serde: the settings.
#[cfg(feature = "serde")]
impl From<Sketcher> for SketcherBuilder {
    fn from(Sketcher { recipe }: Sketcher) -> SketcherBuilder {
        SketcherBuilder {
            weighting: recipe.weighting(),
            shingle: recipe.shingle(),
            slots: recipe.slots(),
            seed: recipe.seed(),
        }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<SketcherBuilder> for Sketcher {
    type Error = Error;

    fn try_from(builder: SketcherBuilder) -> Result<Sketcher, Error> {
        builder.build()
    }
}

/// Settings of a [`Sketcher`]; [`Sketcher::builder`] starts with the defaults.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SketcherBuilder {
    weighting: Weighting,
    shingle: Shingle,
    slots: usize,
    seed: u64,
}

impl SketcherBuilder {
    /// The number of slots, 1 to [`Recipe::MAX_SLOTS`]; [`Sketcher::DEFAULT_SLOTS`] by default. The standard
    /// error of an estimate is at most `√(J (1 - J) / slots)`.
    #[must_use]
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// The unit by which documents are compared; adaptive shingles by default.
    #[must_use]
    pub fn shingle(mut self, shingle: Shingle) -> Self {
        self.shingle = shingle;
        self
    }

    /// Whether repeated shingles count; [`Weighting::Distinct`] by default.
    #[must_use]
    pub fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// The seed of the hash functions that fill the slots; 0 by default. The hash functions of the shingles
    /// have another seed ([`Shingle::with_seed`]).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`Error::is_setting`] if the number of slots or the size of the shingle is out of range.
    pub fn build(self) -> Result<Sketcher, Error> {
        let SketcherBuilder { weighting, shingle, slots, seed } = self;
        Ok(Sketcher { recipe: Recipe::new(weighting, shingle, slots, seed)? })
    }
}

impl Default for Sketcher {
    fn default() -> Sketcher {
        Sketcher::builder().build().expect("the defaults are in range")
    }
}

impl Sketcher {
    /// Slots of the default sketch: 256, for a standard error of 0.025 at J = 0.8.
    ///
    /// Other tools usually take 128, for 0.035. Among 15,000 press releases, 2 % of the pairs estimated at
    /// 0.8 or more had a similarity below 0.75 with 128 slots (mean of six seeds), and 0.3 % with 256
    /// (`tests/corpora_documents.rs`). The additional slots cost 64 bytes a document in an
    /// [`Index`](crate::Index), which keeps 4 bits of each, and a microsecond or two of time. For 128 slots:
    /// `Sketcher::builder().slots(128)`.
    pub const DEFAULT_SLOTS: usize = 256;

    /// Starts with the defaults: 256 slots, adaptive shingles, each counted once, seed 0.
    pub fn builder() -> SketcherBuilder {
        SketcherBuilder {
            weighting: Weighting::default(),
            shingle: Shingle::default(),
            slots: Sketcher::DEFAULT_SLOTS,
            seed: 0,
        }
    }

    /// The recipe of the sketches; two sketchers of equal recipes make equal sketches.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Sketches a text: its shingles, as [`Shingle::for_each`] gives them.
    ///
    /// # Cost
    /// One pass that allocates only the slots, about a nanosecond a byte of English; where occurrences count,
    /// also 8 bytes a shingle and the time to sort them. Each thread keeps 20 KiB of scratch memory from its
    /// first text on.
    ///
    /// # Example
    /// ```
    /// let sketcher = refrain::Sketcher::default();
    /// let left = sketcher.sketch("It was the best of times, it was the worst of times.");
    /// let right = sketcher.sketch("it was the best of times\nit was the worst of times");
    /// assert_eq!(left.jaccard(&right).value, 1.0);
    /// ```
    #[must_use]
    pub fn sketch(&self, text: &str) -> Sketch {
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => {
                let short = self.recipe.shingle().walk(text, filling);
                filling.sketch.set_short(short);
            }
            Weighting::Occurrences | Weighting::Weights => {
                let mut shingles = Vec::new();
                let short = self.recipe.shingle().for_each(text, |shingle| shingles.push(shingle));
                self.fill_weighted(filling, shingles);
                filling.sketch.set_short(short);
            }
        })
    }

    /// The sketch of all shingles that `fill` adds.
    fn filled(&self, fill: impl FnOnce(&mut Filling<'_>)) -> Sketch {
        thread_local!(static COLLECTED: Scratch<[u64; PORTION]> = const { Scratch::new(None) });
        scratch::lend(
            &COLLECTED,
            || [0; PORTION],
            |collected| {
                let mut filling = Filling { sketch: Sketch::empty(self.recipe), collected, count: 0 };
                fill(&mut filling);
                filling.flush();
                filling.sketch
            },
        )
    }

    /// [`Sketcher::sketch`] of many texts, in their order; with feature `rayon` on all threads.
    ///
    /// # Example
    /// ```
    /// let sketcher = refrain::Sketcher::default();
    /// let sketches = sketcher.sketch_all(&["one text", "another"]);
    /// assert_eq!(sketches[1], sketcher.sketch("another"));
    /// ```
    #[must_use]
    pub fn sketch_all<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Sketch> {
        threads::map(texts, |text| self.sketch(text.as_ref()))
    }

    /// Sketches a set given by the 64-bit hashes of its members, in any order. Equal hashes are one member,
    /// unless occurrences count ([`Weighting::Occurrences`]).
    ///
    /// Every hash is mixed again with the seed, so any numbers can be used, as long as distinct members have
    /// distinct numbers.
    ///
    /// # Cost
    /// Allocates only the slots, however many members there are (and 8 KiB once a thread, which the thread
    /// keeps); where occurrences count, as for [`Sketcher::sketch`].
    #[must_use]
    pub fn sketch_shingles(&self, shingles: impl IntoIterator<Item = u64>) -> Sketch {
        let shingles = shingles.into_iter();
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => shingles.for_each(|shingle| filling.push(shingle)),
            Weighting::Occurrences | Weighting::Weights => self.fill_weighted(filling, shingles.collect()),
        })
    }

    /// [`Sketcher::sketch_shingles`] for hashes in a slice: the same sketch, somewhat faster.
    #[must_use]
    pub fn sketch_slice(&self, shingles: &[u64]) -> Sketch {
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => filling.take(shingles),
            Weighting::Occurrences | Weighting::Weights => self.fill_weighted(filling, shingles.to_vec()),
        })
    }

    /// Shingles without weights. A sketcher of weights gives each the weight 1.
    fn fill_weighted(&self, filling: &mut Filling<'_>, mut shingles: Vec<u64>) {
        if self.recipe.weighting() == Weighting::Weights {
            shingles.sort_unstable();
            shingles.dedup();
        }
        weighted::by_occurrence(&mut shingles);
        filling.take(&shingles);
    }

    /// Sketches a set whose members have weights, such as TF-IDF: pairs of a 64-bit hash and a weight from 0
    /// to 65,536. If a hash occurs twice, its larger weight counts.
    ///
    /// Estimator: [`Sketch::jaccard`] then estimates `Σ min / Σ max` of the weights. Bias: none. Standard
    /// error: at most `√(J (1 - J) / k)` for k slots. `tests/estimator.rs` shows both.
    ///
    /// # Errors
    /// [`Error::is_setting`] if the sketcher was not built with [`Weighting::Weights`], or a weight is out of
    /// range.
    ///
    /// # Cost
    /// Proportional to the sum of the weights: scale them to a few units each. Only the slots are allocated.
    ///
    /// # Example
    /// ```
    /// use refrain::{Sketcher, Weighting};
    /// let sketcher = Sketcher::builder().slots(1024).weighting(Weighting::Weights).build()?;
    /// let left = sketcher.sketch_weighted((0..200).map(|word| (word, 1.5)))?;
    /// let right = sketcher.sketch_weighted((0..200).map(|word| (word, 2.0)))?;
    /// assert!((left.jaccard(&right).value - 0.75).abs() < 0.06);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    ///
    /// # References
    /// Haeupler, Manasse & Talwar 2014, *Consistent weighted sampling made fast, small, and easy*
    /// (arXiv:1410.4266).
    pub fn sketch_weighted(&self, members: impl IntoIterator<Item = (u64, f64)>) -> Result<Sketch, Error> {
        if self.recipe.weighting() != Weighting::Weights {
            return Err(Error::setting(format!(
                "this sketcher was built with Weighting::{:?}; to give weights, build it with Weighting::Weights",
                self.recipe.weighting()
            )));
        }
        let mut members = members.into_iter();
        let mut all = Ok(());
        let sketch = self.filled(|filling| {
            all = members.try_for_each(|(shingle, weight)| {
                weighted::by_weight(shingle, weight, |replica| filling.push(replica))
            });
        });
        all.map(|()| sketch)
    }
}

/// Shingles added together: 8 KiB, which stay in the first-level cache through all rounds.
const PORTION: usize = 1024;

/// A sketch under construction, and the shingles that are collected for the next portion.
struct Filling<'w> {
    sketch: Sketch,
    collected: &'w mut [u64; PORTION],
    count: usize,
}

impl Filling<'_> {
    #[inline(always)]
    fn push(&mut self, shingle: u64) {
        self.collected[self.count] = hash::loosen(shingle);
        self.count += 1;
        if self.count == self.collected.len() {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.sketch.add(&mut self.collected[..self.count]);
        self.count = 0;
    }
}

impl NumberSink for Filling<'_> {
    fn take(&mut self, numbers: &[u64]) {
        let mut rest = numbers;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.collected.len() - self.count));
            kernel::loosen(&mut self.collected[self.count..self.count + now.len()], now);
            self.count += now.len();
            if self.count == self.collected.len() {
                self.flush();
            }
            rest = later;
        }
    }
}
