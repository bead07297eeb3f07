//! A sketch: comparing, uniting, counting.
//!
//! In: slots of one [`Recipe`]. Out: estimates of Jaccard similarity, containment and size; unions; packed
//! slots.
//!
//! Cost: one pass over the slots, some 20 ns for 128. Source: Broder 1997, *On the resemblance and
//! containment of documents*, section 3.

use super::compact::Compact;
use super::estimate::Estimate;
use super::fast;
use super::kernel;
use super::recipe::Recipe;
use super::slot_bits::SlotBits;
use super::throw::{self, EMPTY};
use crate::error::Error;

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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "Vec<u8>", try_from = "Vec<u8>")
)]
pub struct Sketch {
    recipe: Recipe,
    shingles: u64,
    short: bool,
    slots: Box<[u64]>,
}

impl Sketch {
    /// Whether the text was too short for one shingle.
    pub(super) fn set_short(&mut self, short: bool) {
        self.short = short;
    }

    /// The sketch of a set whose slots are known, for example from a column of a table.
    ///
    /// The number of shingles is not stored in slots: [`Sketch::len`] is then [`Sketch::distinct`], rounded,
    /// and [`Sketch::is_short`] is false. [`Sketch::encode`] keeps both.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if their number is not that of the recipe, or no set has these slots: one has
    /// the value of a round that the recipe does not have, or some are empty but not all.
    ///
    /// # Example
    /// ```
    /// use refrain::{Sketch, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let sketch = sketcher.sketch("It was the best of times, it was the worst of times.");
    /// let again = Sketch::from_slots(sketcher.recipe(), sketch.slots())?;
    /// assert_eq!(again.jaccard(&sketch).value, 1.0);
    /// assert!(Sketch::from_slots(sketcher.recipe(), &sketch.slots()[1..]).is_err());
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn from_slots(recipe: &Recipe, slots: &[u64]) -> Result<Sketch, Error> {
        if slots.len() != recipe.slots() {
            return Err(Error::corrupt(format!(
                "{} slots where the recipe says {}; they are cut short, or of another recipe",
                slots.len(),
                recipe.slots()
            )));
        }
        let is_value = |&slot: &u64| throw::round_of(slot) <= recipe.switch_round();
        let is_empty = slots.iter().all(|&slot| slot == EMPTY);
        if let Some(at) = slots.iter().position(|slot| !is_value(slot)).filter(|_| !is_empty) {
            return Err(Error::corrupt(format!(
                "slot {at} is {:#018x}, which no set has by this recipe; the slots are altered, or of another recipe",
                slots[at]
            )));
        }
        let distinct = fast::distinct(slots, recipe.switch_round()).round();
        let shingles = if is_empty { 0 } else { distinct.max(1.0) as u64 };
        Ok(Sketch { recipe: *recipe, shingles, short: false, slots: slots.into() })
    }

    /// A sketch of these parts, which fit each other.
    pub(super) fn from_parts(recipe: Recipe, shingles: u64, short: bool, slots: Box<[u64]>) -> Sketch {
        Sketch { recipe, shingles, short, slots }
    }

    pub(super) fn empty(recipe: Recipe) -> Sketch {
        Sketch { recipe, shingles: 0, short: false, slots: vec![EMPTY; recipe.slots()].into() }
    }

    /// Adds a portion of shingles, and overwrites `shingles`.
    pub(super) fn add(&mut self, shingles: &mut [u64]) {
        self.shingles += shingles.len() as u64;
        let (slots, seed) = (&mut self.slots, self.recipe.seed());
        fast::add(slots, seed, self.recipe.switch_round(), shingles);
    }

    /// The recipe of the sketch.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The slots. Two sketches of one recipe agree in a slot with probability J; the **low** bits of a slot
    /// are uniform.
    #[must_use]
    pub fn slots(&self) -> &[u64] {
        &self.slots
    }

    /// The number of shingles read, repetitions included; of a union, the sum of its parts.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.shingles
    }

    /// Whether there was no shingle: the text has no letter and no digit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shingles == 0
    }

    /// Whether the text was too short for one shingle. All its words together are then its only shingle, so
    /// it is similar only to texts of the same words.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.short
    }

    /// Estimates how many distinct members the set has.
    ///
    /// Estimator: maximum likelihood from how early each of the k slots was filled, times (k - 1) / k. Bias:
    /// below 1.2 %. Standard error: the value / √k. `tests/estimator.rs` shows both.
    #[must_use]
    pub fn distinct(&self) -> Estimate {
        let value = fast::distinct(&self.slots, self.recipe.switch_round());
        Estimate { value, std_error: value / (self.slots.len() as f64).sqrt() }
    }

    /// Estimates the Jaccard similarity of the two sets.
    ///
    /// Estimator: the share of slots that agree. Bias: none, except for hash collisions. Standard error:
    /// `√(J (1 - J) / k)` or less for true similarity J and k slots, 0.025 at J = 0.8, k = 256; for sets of
    /// up to 200 shingles it is 0.8 times that. `tests/estimator.rs` shows all three.
    ///
    /// An empty set has similarity 0 to every set, also to another empty set.
    ///
    /// # Panics
    /// If the recipes differ, as the number would mean nothing; [`Sketch::try_jaccard`] returns the error
    /// instead.
    ///
    /// # References
    /// Broder 1997, *On the resemblance and containment of documents*, section 3.
    #[inline]
    #[must_use]
    pub fn jaccard(&self, other: &Sketch) -> Estimate {
        self.recipe.must_equal(&other.recipe).unwrap_or_else(|error| panic!("{error}"));
        self.agreement(other)
    }

    /// [`Sketch::jaccard`] for sketches that may be of different recipes.
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

    /// Estimates the share of this set that the other one contains, `|A ∩ B| / |A|`.
    ///
    /// Estimator: among the slots in which this set has the minimum of the union, the share in which the
    /// other set has it too. Such slots are a random sample of this set's members. Bias: none. Standard
    /// error: `√(C (1 - C) / m)` for m such slots; a small set in a large one has few of them.
    /// `tests/estimator.rs` shows both.
    ///
    /// # Panics
    /// If the recipes differ; [`Sketch::try_containment`] returns the error instead.
    #[must_use]
    pub fn containment(&self, other: &Sketch) -> Estimate {
        self.try_containment(other).unwrap_or_else(|error| panic!("{error}"))
    }

    /// [`Sketch::containment`] for sketches that may be of different recipes.
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
    #[must_use]
    pub fn compact(&self, bits: SlotBits) -> Compact {
        Compact::new(self.recipe, bits, &self.slots)
    }
}
