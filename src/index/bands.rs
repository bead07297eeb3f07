//! Bands: how many slots a candidate must share, and what that finds.
//!
//! In: what the caller wants (a threshold, the share of pairs to find there, slots or bytes to spend). Out: a
//! number of bands and of rows, and the curve they promise. The idea: cut a sketch into `bands` groups of
//! `rows` slots; two documents become candidates when all slots of one group agree. Slots agree with
//! probability J, so a pair is proposed with probability `1 - (1 - J^rows)^bands`: an S-shaped curve, steeper
//! with more rows, further left with more bands.
//!
//! What is promised is the *recall at the threshold*. The rule of thumb in wide use, `(1/bands)^(1/rows)`,
//! marks the steepest point instead, where about 63 % is found: with 9 bands of 13 rows, "threshold 0.8"
//! finds 40 % of the pairs at 0.8.
//!
//! Source: Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*, section 3.4; Indyk and Motwani 1998.
//! Choosing the most rows that still reach the recall keeps candidates from unrelated documents fewest, which
//! is the cost when every candidate is verified; weighing both errors under a uniform prior (as datasketch
//! does) assumes that half of all pairs are alike, which no collection is.

use std::fmt;

use super::table::BYTES_PER_KEY;
use crate::Error;

/// A setting that finds fewer than [`USEFUL_RECALL`] of the pairs this much alike is refused as useless.
const NEARLY_EQUAL: f64 = 0.95;
/// See [`NEARLY_EQUAL`]. 5 bands of 25 rows, the strictest setting in public use, finds 0.80 there.
const USEFUL_RECALL: f64 = 0.5;
/// Pairs that share a tenth of their shingles are unrelated: boilerplate and set phrases reach it.
const UNRELATED: f64 = 0.1;
/// A setting that proposes more than this share of [`UNRELATED`] pairs only slows a comparison of all pairs
/// down.
const USEFUL_SELECTION: f64 = 0.5;
/// Points of [`Bands::curve`] between similarity 0 and 1.
const CURVE_STEPS: usize = 20;

/// How a sketch is cut for the index: `bands` groups of `rows` slots each.
///
/// Pairs that agree on every slot of at least one band are compared; [`Bands::recall`] says how many of the
/// pairs of a given similarity that is. A sketch must have at least [`Bands::slots`] slots; more are used for
/// verification only.
///
/// # Example
/// ```
/// use refrain::Bands;
/// let bands = Bands::for_recall(0.8, 0.95, 256)?;
/// assert_eq!((bands.bands(), bands.rows()), (28, 9));
/// assert!(bands.recall(0.8) > 0.98 && bands.recall(0.5) < 0.06);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bands {
    bands: u32,
    rows: u32,
}

impl Bands {
    /// FineWeb and the defaults of datatrove: 14 bands of 8 rows. Recall 0.924 at J = 0.8.
    pub const FINEWEB: Bands = Bands { bands: 14, rows: 8 };
    /// NeMo Curator: 20 bands of 13 rows. Recall 0.677 at J = 0.8.
    pub const NEMO: Bands = Bands { bands: 20, rows: 13 };
    /// OLMo 3 (the example setting of duplodocus): 26 bands of 11 rows. Recall 0.903 at J = 0.8.
    pub const OLMO: Bands = Bands { bands: 26, rows: 11 };
    /// The default of this crate, for 128 slots: 16 bands of 8 rows. Recall 0.947 at J = 0.8.
    pub const STANDARD: Bands = Bands { bands: 16, rows: 8 };
    /// For 256 slots: 28 bands of 9 rows. Recall 0.982 at J = 0.8, and as few candidates at 0.5 as
    /// [`Bands::FINEWEB`].
    pub const ACCURATE: Bands = Bands { bands: 28, rows: 9 };

    /// The most slots that bands may use; the largest setting in public use (450 bands of 20 rows) takes
    /// 9,000.
    pub const MAX_SLOTS: usize = 1 << 16;

    /// This many bands of this many rows.
    ///
    /// # Errors
    /// [`Error::is_setting`] if one of them is 0, if they need more than [`Bands::MAX_SLOTS`] slots, or if
    /// the setting is useless: it finds fewer than half of the pairs with J = 0.95 (as swapped bands and rows
    /// do), or it proposes more than half of the pairs with J = 0.1. The message gives the share.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// let swapped = Bands::new(13, 60).unwrap_err();
    /// assert!(swapped.is_setting());
    /// assert!(swapped.to_string().contains("60 bands of 13 rows"), "{swapped}");
    /// ```
    pub fn new(bands: usize, rows: usize) -> Result<Bands, Error> {
        let chosen = Bands::unjudged(bands, rows)?;
        chosen.judge()?;
        Ok(chosen)
    }

    /// The most rows whose bands, cut from `slots` slots, find at least the share `recall` of the pairs at
    /// `threshold`.
    ///
    /// More rows mean fewer candidates that verification must reject, so this is the cheapest setting that
    /// keeps the promise.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` or `recall` does not lie between 0 and 1 (both excluded), or no
    /// setting of `slots` slots reaches the recall without being useless in the sense of [`Bands::new`].
    ///
    /// # Example
    /// ```
    /// let bands = refrain::Bands::for_recall(0.8, 0.95, 128)?;
    /// assert_eq!((bands.bands(), bands.rows()), (18, 7));
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn for_recall(threshold: f64, recall: f64, slots: usize) -> Result<Bands, Error> {
        check_aims(threshold, recall)?;
        if !(1..=Bands::MAX_SLOTS).contains(&slots) {
            return Err(Error::setting(format!("slots is {slots}; expected 1 to {}", Bands::MAX_SLOTS)));
        }
        let reaches =
            |rows: usize| Bands::unjudged(slots / rows, rows).is_ok_and(|b| b.recall(threshold) >= recall);
        // Fewer rows always find more, so the first that reaches is the largest.
        match (1..=slots).rev().find(|&rows| reaches(rows)) {
            Some(rows) => Bands::new(slots / rows, rows).map_err(|useless| {
                Error::setting(format!(
                    "{slots} slots cannot find {recall} of the pairs at J = {threshold} usefully: {useless}"
                ))
            }),
            None => Err(Error::setting(format!(
                "{slots} slots find at most {:.4} of the pairs at J = {threshold} (one row a band), not {recall}; use \
                 more slots \
                 or ask for less",
                at_least_one(slots as f64, threshold),
            ))),
        }
    }

    /// The most rows whose bands find at least the share `recall` of the pairs at `threshold` and cost at
    /// most `bytes_per_document` in an [`Index`](crate::Index), with just as many slots as the bands use.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` or `recall` does not lie between 0 and 1 (both excluded), or the
    /// memory does not suffice; the message gives the least that would.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// let bands = Bands::for_memory(0.8, 0.95, 240)?;
    /// assert!(bands.bytes_per_document() <= 240 && bands.recall(0.8) >= 0.95);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn for_memory(threshold: f64, recall: f64, bytes_per_document: usize) -> Result<Bands, Error> {
        check_aims(threshold, recall)?;
        // The fewest bands of each number of rows; their cost grows with the rows beyond the first few.
        let settings = || {
            (1..=Bands::MAX_SLOTS).map_while(|rows| {
                let bands = ((1.0 - recall).ln() / (-threshold.powi(rows as i32)).ln_1p()).ceil();
                (bands * rows as f64 <= Bands::MAX_SLOTS as f64)
                    .then(|| Bands { bands: bands.max(1.0) as u32, rows: rows as u32 })
            })
        };
        let useful = || settings().filter(|bands| bands.judge().is_ok());
        useful().filter(|bands| bands.bytes_per_document() <= bytes_per_document).last().ok_or_else(|| {
            let least = useful().map(Bands::bytes_per_document).min();
            let remedy = least.map_or_else(
                || "no useful setting reaches it; ask for less recall or a higher threshold".to_owned(),
                |least| {
                    format!(
                        "it takes {least} bytes; allow those, or ask for less recall or a higher threshold"
                    )
                },
            );
            Error::setting(format!(
                "{bytes_per_document} bytes a document do not suffice to find {recall} of the pairs at \
                 J = {threshold}: {remedy}"
            ))
        })
    }

    /// The number of bands.
    pub const fn bands(self) -> usize {
        self.bands as usize
    }

    /// Slots in a band.
    pub const fn rows(self) -> usize {
        self.rows as usize
    }

    /// Slots that the bands use: bands x rows.
    pub const fn slots(self) -> usize {
        self.bands as usize * self.rows as usize
    }

    /// The share of the pairs with similarity J = `jaccard` that becomes candidates: `1 - (1 - J^rows)^bands`.
    ///
    /// Exact for independent slots. Those of Fast Similarity Sketching are slightly repelled from each other
    /// on short documents, which finds more; `tests/recall.rs` checks that it is never less.
    ///
    /// # Panics
    /// If `jaccard` does not lie in 0..=1.
    pub fn recall(self, jaccard: f64) -> f64 {
        assert!(
            (0.0..=1.0).contains(&jaccard),
            "a Jaccard similarity lies between 0 and 1, not at {jaccard}"
        );
        at_least_one(f64::from(self.bands), jaccard.powi(self.rows as i32))
    }

    /// The similarity from which on at least the share `recall` is found: the inverse of [`Bands::recall`].
    ///
    /// # Panics
    /// If `recall` does not lie in 0..=1.
    pub fn jaccard_at(self, recall: f64) -> f64 {
        assert!((0.0..=1.0).contains(&recall), "a share lies between 0 and 1, not at {recall}");
        let band = 1.0 - (1.0 - recall).powf(1.0 / f64::from(self.bands));
        band.powf(1.0 / f64::from(self.rows))
    }

    /// `(jaccard, recall)` at similarity 0, 0.05, … 1, rising.
    pub fn curve(self) -> Vec<(f64, f64)> {
        let at = |step: usize| step as f64 / CURVE_STEPS as f64;
        (0..=CURVE_STEPS).map(|step| (at(step), self.recall(at(step)))).collect()
    }

    /// Candidates to expect for one query of an index of `documents` that are all `background` alike to it:
    /// what verification must reject. Set phrases and boilerplate make a background of 0.05 to 0.3.
    ///
    /// # Panics
    /// If `background` does not lie in 0..=1.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// // A million documents that share a tenth of their shingles: one candidate in six queries to look at.
    /// assert!(Bands::STANDARD.false_candidates(0.1, 1_000_000) < 0.2);
    /// ```
    pub fn false_candidates(self, background: f64, documents: u64) -> f64 {
        documents as f64 * self.recall(background)
    }

    /// Bytes that an [`Index`](crate::Index) takes for a document whose sketch has just the slots of the
    /// bands: one byte a slot, and an entry in the table of each band at its average fill. `benches/index.rs`
    /// measures it.
    pub fn bytes_per_document(self) -> usize {
        self.slots() + (f64::from(self.bands) * BYTES_PER_KEY).ceil() as usize
    }

    /// Checks sizes only.
    pub(super) fn unjudged(bands: usize, rows: usize) -> Result<Bands, Error> {
        if bands == 0 || rows == 0 {
            return Err(Error::setting(format!(
                "{bands} bands of {rows} rows compare nothing; both must be at least 1"
            )));
        }
        match bands.checked_mul(rows) {
            Some(slots) if slots <= Bands::MAX_SLOTS => Ok(Bands { bands: bands as u32, rows: rows as u32 }),
            _ => Err(Error::setting(format!(
                "{bands} bands of {rows} rows take more than {} slots, the most a sketch can have",
                Bands::MAX_SLOTS
            ))),
        }
    }

    /// Refuses a setting that finds next to nothing, or next to everything.
    fn judge(self) -> Result<(), Error> {
        let found = self.recall(NEARLY_EQUAL);
        if found < USEFUL_RECALL {
            let swapped = Bands { bands: self.rows, rows: self.bands };
            let remedy = if swapped.rows < swapped.bands && swapped.judge().is_ok() {
                format!("were {swapped} meant, which find {:.4}?", swapped.recall(NEARLY_EQUAL))
            } else {
                "use fewer rows or more bands".to_owned()
            };
            return Err(Error::setting(format!(
                "{self} find {found:.4} of the pairs with J = {NEARLY_EQUAL} and {:.6} of those with J = 0.8; \
                 {remedy}",
                self.recall(0.8)
            )));
        }
        let proposed = self.recall(UNRELATED);
        if proposed > USEFUL_SELECTION {
            return Err(Error::setting(format!(
                "{self} propose {proposed:.4} of the unrelated pairs (J = {UNRELATED}), hardly fewer than all; \
                 use more rows or \
                 fewer bands"
            )));
        }
        Ok(())
    }
}

impl Default for Bands {
    /// [`Bands::STANDARD`]: 16 bands of 8 rows, for the default 128 slots.
    fn default() -> Bands {
        Bands::STANDARD
    }
}

impl fmt::Display for Bands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bands of {} rows", self.bands, self.rows)
    }
}

impl fmt::Debug for Bands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bands({self})")
    }
}

/// Probability that at least one of `trials` independent events of probability `p` happens, precise for tiny
/// `p`.
fn at_least_one(trials: f64, p: f64) -> f64 {
    -(trials * (-p).ln_1p()).exp_m1()
}

fn check_aims(threshold: f64, recall: f64) -> Result<(), Error> {
    for (name, value) in [("threshold", threshold), ("recall", recall)] {
        if !(value > 0.0 && value < 1.0) {
            return Err(Error::setting(format!(
                "{name} is {value}; expected a value between 0 and 1, such as 0.8"
            )));
        }
    }
    Ok(())
}
