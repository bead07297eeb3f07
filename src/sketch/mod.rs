//! Sketches: a document in a fixed number of slots, such that two agree in a slot with probability J.
//!
//! In: texts, or the 64-bit hashes of shingles. Out: [`Sketch`]es, which are compared, united, stored, and cut
//! into bands by [`crate::Index`].
//!
//! The idea: each slot holds the smallest of its hashes over the set. The smallest of a union is the smallest
//! of one side, and is shared exactly if it lies in the intersection; so the share of slots that agree estimates the
//! Jaccard similarity `|A ∩ B| / |A ∪ B|` without bias. How slots are filled fast: [`fast`].
//!
//! Cost: about 1.3 ns a shingle from 1,000 shingles on, 0.6 µs for a set of 110, at most 1.3 µs for any shorter one (128 slots, with
//! AVX-512; a seventh more for a set of 110 with AVX2; `cargo bench --bench sketch -- shingles`).

mod codec;
mod compact;
mod estimate;
mod fast;
pub(crate) mod kernel;
mod recipe;
mod weighted;

pub use compact::{Compact, SlotBits};
pub(crate) use compact::{packed_is_empty, packed_jaccard, packed_std_error};
pub use estimate::Estimate;
pub use recipe::{Recipe, Weighting};

use crate::error::Error;
use crate::shingle::NumberSink;
use crate::shingle::Shingle;
use crate::support::scratch::{self, Scratch};
use crate::support::{hash, threads};

/// A slot into which nothing was thrown.
const EMPTY: u64 = u64::MAX;

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
pub struct Sketcher {
    recipe: Recipe,
}

/// Settings of a [`Sketcher`]; [`Sketcher::builder`] starts with the defaults.
#[derive(Clone, Copy, Debug)]
pub struct SketcherBuilder {
    weighting: Weighting,
    shingle: Shingle,
    slots: usize,
    seed: u64,
}

impl SketcherBuilder {
    /// The number of slots, 1 to [`Recipe::MAX_SLOTS`]; [`Sketcher::DEFAULT_SLOTS`] by default. The standard error
    /// of an estimate is at most `√(J (1 - J) / slots)`.
    pub fn slots(mut self, slots: usize) -> Self {
        self.slots = slots;
        self
    }

    /// The unit of which documents are sets.
    pub fn shingle(mut self, shingle: Shingle) -> Self {
        self.shingle = shingle;
        self
    }

    /// Whether repeated shingles count.
    pub fn weighting(mut self, weighting: Weighting) -> Self {
        self.weighting = weighting;
        self
    }

    /// The seed of all hash functions behind the shingles; 0 by default.
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
    /// With 128, which is usual elsewhere, it is 0.035: among 15,000 press releases, of the pairs estimated at 0.8
    /// or more 2 % were less than 0.75 alike (mean of six seeds); with 256 it is 0.3 %
    /// (`tests/corpora_documents.rs`). They cost nothing in an [`Index`](crate::Index), which keeps 4 bits of each,
    /// and a microsecond or two a document in time; for 128, say so: `Sketcher::builder().slots(128)`.
    pub const DEFAULT_SLOTS: usize = 256;

    /// Starts with the defaults: 256 slots, adaptive shingles, Fast Similarity Sketching, seed 0.
    pub fn builder() -> SketcherBuilder {
        SketcherBuilder {
            weighting: Weighting::default(),
            shingle: Shingle::default(),
            slots: Sketcher::DEFAULT_SLOTS,
            seed: 0,
        }
    }

    /// What the sketches are made by; two sketchers of equal recipes make equal sketches.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Sketches a text: its shingles, as [`Shingle::for_each`] gives them.
    ///
    /// # Cost
    /// One pass without allocation but for the slots, about a nanosecond a byte of English; where occurrences count,
    /// also 8 bytes a shingle and the time to sort them. A thread keeps 20 KiB from its first text for the others.
    ///
    /// # Example
    /// ```
    /// let sketcher = refrain::Sketcher::default();
    /// let left = sketcher.sketch("It was the best of times, it was the worst of times.");
    /// let right = sketcher.sketch("it was the best of times\nit was the worst of times");
    /// assert_eq!(left.jaccard(&right).value, 1.0);
    /// ```
    pub fn sketch(&self, text: &str) -> Sketch {
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => {
                let short = self.recipe.shingle().walk(text, filling);
                filling.sketch.short = short;
            }
            Weighting::Occurrences | Weighting::Weights => {
                let mut shingles = Vec::new();
                let short = self.recipe.shingle().for_each(text, |shingle| shingles.push(shingle));
                self.fill_weighted(filling, shingles);
                filling.sketch.short = short;
            }
        })
    }

    /// The sketch of what `fill` takes in.
    fn filled(&self, fill: impl FnOnce(&mut Filling<'_>)) -> Sketch {
        thread_local!(static WAITING: Scratch<[u64; PORTION]> = const { Scratch::new(None) });
        scratch::lend(
            &WAITING,
            || [0; PORTION],
            |waiting| {
                let mut filling = Filling { sketch: Sketch::empty(self.recipe), waiting, count: 0 };
                fill(&mut filling);
                filling.throw();
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
    pub fn sketch_all<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Sketch> {
        threads::map(texts, |text| self.sketch(text.as_ref()))
    }

    /// Sketches a set given by the 64-bit hashes of its members, in any order. Equal hashes are one member, unless
    /// occurrences count ([`Weighting::Occurrences`]).
    ///
    /// Every hash is mixed again with the seed, so that any numbers do that are distinct for distinct members.
    ///
    /// # Cost
    /// Allocates the slots and nothing else, however many members there are (and once a thread, 8 KiB that it keeps);
    /// where occurrences count, as for [`Sketcher::sketch`].
    pub fn sketch_shingles(&self, shingles: impl IntoIterator<Item = u64>) -> Sketch {
        let shingles = shingles.into_iter();
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => shingles.for_each(|shingle| filling.push(shingle)),
            Weighting::Occurrences | Weighting::Weights => self.fill_weighted(filling, shingles.collect()),
        })
    }

    /// [`Sketcher::sketch_shingles`] for hashes that lie in memory.
    pub fn sketch_slice(&self, shingles: &[u64]) -> Sketch {
        self.filled(|filling| match self.recipe.weighting() {
            Weighting::Distinct => filling.take(shingles),
            Weighting::Occurrences | Weighting::Weights => self.fill_weighted(filling, shingles.to_vec()),
        })
    }

    /// Shingles without weights, for a sketcher that knows some: each weighs 1.
    fn fill_weighted(&self, filling: &mut Filling<'_>, mut shingles: Vec<u64>) {
        if self.recipe.weighting() == Weighting::Weights {
            shingles.sort_unstable();
            shingles.dedup();
        }
        weighted::by_occurrence(&mut shingles);
        filling.take(&shingles);
    }

    /// Sketches a set whose members have weights, such as TF-IDF: pairs of a 64-bit hash and a weight from 0 to 65,536.
    /// [`Sketch::jaccard`] then estimates `Σ min / Σ max` of the weights. If a hash comes twice, its larger
    /// weight counts.
    ///
    /// # Errors
    /// [`Error::is_setting`] if the sketcher was not built with [`Weighting::Weights`], or a weight is out of range.
    ///
    /// # Cost
    /// Proportional to the sum of the weights: scale them to a few units each. Nothing is allocated but the slots.
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
    /// Haeupler, Manasse & Talwar 2014, *Consistent weighted sampling made fast, small, and easy* (arXiv:1410.4266).
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

/// Shingles thrown at once: 8 KiB, which stay in the first cache through all rounds.
const PORTION: usize = 1024;

/// A sketch in the making, and the shingles that wait to be thrown.
struct Filling<'w> {
    sketch: Sketch,
    waiting: &'w mut [u64; PORTION],
    count: usize,
}

impl Filling<'_> {
    #[inline(always)]
    fn push(&mut self, shingle: u64) {
        self.waiting[self.count] = hash::loosen(shingle);
        self.count += 1;
        if self.count == self.waiting.len() {
            self.throw();
        }
    }

    fn throw(&mut self) {
        self.sketch.add(&mut self.waiting[..self.count]);
        self.count = 0;
    }
}

impl NumberSink for Filling<'_> {
    fn take(&mut self, numbers: &[u64]) {
        let mut rest = numbers;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(self.waiting.len() - self.count));
            kernel::loosen(&mut self.waiting[self.count..self.count + now.len()], now);
            self.count += now.len();
            if self.count == self.waiting.len() {
                self.throw();
            }
            rest = later;
        }
    }
}

/// A set in a fixed number of slots.
///
/// # Example
/// ```
/// use refrain::Sketcher;
/// let sketcher = Sketcher::default();
/// let (left, right) = (sketcher.sketch_shingles(0..300), sketcher.sketch_shingles(150..450));
/// let both = sketcher.sketch_shingles(0..450);
///
/// let mut union = left.clone();
/// union.merge(&right)?;
/// assert_eq!(union.slots(), both.slots());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Sketch {
    recipe: Recipe,
    shingles: u64,
    short: bool,
    slots: Box<[u64]>,
}

impl Sketch {
    fn empty(recipe: Recipe) -> Sketch {
        Sketch { recipe, shingles: 0, short: false, slots: vec![EMPTY; recipe.slots()].into() }
    }

    /// Takes in a portion of shingles; their order is lost.
    fn add(&mut self, shingles: &mut [u64]) {
        self.shingles += shingles.len() as u64;
        let (slots, seed) = (&mut self.slots, self.recipe.seed());
        fast::add(slots, seed, self.recipe.switch_round(), shingles);
    }

    /// What the sketch was made by.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The slots. Two sketches of one recipe agree in a slot with probability J; the **low** bits of a slot are
    /// uniform.
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The number of shingles read, repetitions included; of a union, the sum of its parts.
    pub fn len(&self) -> u64 {
        self.shingles
    }

    /// Whether there was no shingle at all: the text has no letter and no digit.
    pub fn is_empty(&self) -> bool {
        self.shingles == 0
    }

    /// Whether the text was too short for one shingle. All its words together then are its only shingle, so that
    /// it resembles its exact copies and nothing else.
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// Estimates how many distinct members the set has, with a relative standard error of about `1/√k`.
    pub fn distinct(&self) -> Estimate {
        let value = fast::distinct(&self.slots, self.recipe.switch_round());
        Estimate { value, std_error: value / (self.slots.len() as f64).sqrt() }
    }

    /// Estimates the Jaccard similarity of the two sets.
    ///
    /// The value is the share of slots that agree: unbiased up to hash collisions, with standard error
    /// `√(J (1 - J) / k)` or less for true similarity J and k slots, 0.025 at J = 0.8, k = 256; sets
    /// of up to 200 shingles have 0.8 times that. `tests/estimator.rs` checks these statements.
    ///
    /// An empty set shares nothing, not even with another empty set: 0.
    ///
    /// # Panics
    /// If the recipes differ, as the number would mean nothing; [`Sketch::try_jaccard`] returns the error instead.
    ///
    /// # References
    /// Broder 1997, *On the resemblance and containment of documents*, section 3.
    #[inline]
    pub fn jaccard(&self, other: &Sketch) -> Estimate {
        self.recipe.must_equal(&other.recipe).unwrap_or_else(|error| panic!("{error}"));
        self.agreement(other)
    }

    /// [`Sketch::jaccard`] for sketches of doubtful origin.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the recipes differ.
    pub fn try_jaccard(&self, other: &Sketch) -> Result<Estimate, Error> {
        self.recipe.must_equal(&other.recipe)?;
        Ok(self.agreement(other))
    }

    #[inline]
    fn agreement(&self, other: &Sketch) -> Estimate {
        if self.is_empty() || other.is_empty() {
            return Estimate::exact(0.0);
        }
        Estimate::of_share(kernel::count_equal(&self.slots, &other.slots), self.slots.len())
    }

    /// Estimates which share of this set lies in the other, `|A ∩ B| / |A|`.
    ///
    /// Of the slots where this set reaches the minimum of the union, the share where the other reaches it too.
    /// Such slots are a random sample of this set's members, so the estimate is unbiased, with standard
    /// error `√(C (1 - C) / m)` for m such slots; a small set in a large one has few.
    ///
    /// # Panics
    /// If the recipes differ; [`Sketch::try_containment`] returns the error instead.
    pub fn containment(&self, other: &Sketch) -> Estimate {
        self.try_containment(other).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Sketch::containment`] for sketches of doubtful origin.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the recipes differ.
    pub fn try_containment(&self, other: &Sketch) -> Result<Estimate, Error> {
        self.recipe.must_equal(&other.recipe)?;
        if self.is_empty() || other.is_empty() {
            return Ok(Estimate::exact(0.0));
        }
        let equal = kernel::count_equal(&self.slots, &other.slots);
        let own = self.slots.iter().zip(&other.slots).filter(|(own, other)| own <= other).count();
        Ok(Estimate::of_share(equal, own))
    }

    /// Makes this the sketch of the union of both sets: the slotwise minimum.
    ///
    /// # Errors
    /// [`Error::is_incompatible`] if the recipes differ; this sketch is then unchanged.
    pub fn merge(&mut self, other: &Sketch) -> Result<(), Error> {
        self.recipe.must_equal(&other.recipe)?;
        for (slot, other) in self.slots.iter_mut().zip(&other.slots) {
            *slot = (*slot).min(*other);
        }
        self.shingles = self.shingles.saturating_add(other.shingles);
        self.short &= other.short;
        Ok(())
    }

    /// The low bits of every slot, packed, for verification in little memory.
    pub fn compact(&self, bits: SlotBits) -> Compact {
        Compact::new(self.recipe, bits, &self.slots)
    }
}
