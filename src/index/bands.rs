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
use crate::error::Error;
use crate::sketch::SlotBits;

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
/// Bits of a slot that an index keeps if that makes keys of at least [`LEAST_KEY_BITS`].
const FEW_BITS: SlotBits = SlotBits::Four;
/// The shortest key made of less than whole bytes. Unrelated documents share one of 20 such keys once in 800,000
/// pairs: a dozen candidates in an index of ten million.
const LEAST_KEY_BITS: usize = 24;
/// Bytes a document that [`Bands::lean`] spends where rows enough can be had for them.
const LEAN_BYTES: usize = 240;

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
    /// The default of this crate, for 128 slots or more: 16 bands of 8 rows. Recall 0.947 at J = 0.8; with the
    /// default 256 slots 229 bytes a document.
    pub const STANDARD: Bands = Bands { bands: 16, rows: 8 };
    /// For 252 slots or more: 28 bands of 9 rows. Recall 0.982 at J = 0.8, and as few candidates at 0.5 as
    /// FineWeb's 14 bands of 8 rows; with the default 256 slots 304 bytes a document.
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
    /// assert!(bands.bytes_per_document(bands.slots()) <= 240 && bands.recall(0.8) >= 0.95);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn for_memory(threshold: f64, recall: f64, bytes_per_document: usize) -> Result<Bands, Error> {
        check_aims(threshold, recall)?;
        // Their cost grows with the rows beyond the first few.
        let useful = || Bands::fewest(threshold, recall).filter(|bands| bands.judge().is_ok());
        useful()
            .filter(|bands| bands.bytes_per_document(bands.slots()) <= bytes_per_document)
            .last()
            .ok_or_else(|| {
                let least = useful().map(|bands| bands.bytes_per_document(bands.slots())).min();
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

    /// The fewest bands of 1, 2, 3, … rows that find at least the share `recall` of the pairs at `threshold`.
    fn fewest(threshold: f64, recall: f64) -> impl Iterator<Item = Bands> {
        (1..=Bands::MAX_SLOTS).map_while(move |rows| {
            let bands = ((1.0 - recall).ln() / (-threshold.powi(rows as i32)).ln_1p()).ceil();
            (bands * rows as f64 <= Bands::MAX_SLOTS as f64)
                .then(|| Bands { bands: bands.max(1.0) as u32, rows: rows as u32 })
        })
    }

    /// A setting for sketches of `slots` slots of which only some are to be searched by: the most rows whose fewest
    /// bands stay within [`LEAN_BYTES`] a document, as long as their slots make keys of few bits. Every band costs
    /// six bytes and a miss of the cache; at J = 0.8 and 256 slots these are 17 bands of 8 rows, where
    /// [`Bands::for_recall`] takes 28 of 9. Below a threshold of about 0.75 that leaves too few rows, and this is
    /// `for_recall`.
    ///
    /// # Errors
    /// As [`Bands::for_recall`].
    pub(crate) fn lean(threshold: f64, recall: f64, slots: usize) -> Result<Bands, Error> {
        check_aims(threshold, recall)?;
        let few_bits = |bands: &Bands| bands.slot_bits() == FEW_BITS && bands.slots() <= slots;
        let lean = Bands::fewest(threshold, recall)
            .filter(|bands| few_bits(bands) && bands.bytes_per_document(slots) <= LEAN_BYTES)
            .filter(|bands| bands.judge().is_ok());
        match lean.last() {
            Some(bands) => Ok(bands),
            None => Bands::for_recall(threshold, recall, slots),
        }
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
    /// what verification must reject. Set phrases and boilerplate make a background of 0.05 to 0.3. Counted in are
    /// the slots that agree by accident in [`Bands::slot_bits`].
    ///
    /// # Panics
    /// If `background` does not lie in 0..=1.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// // A million documents that share a tenth of their shingles: six candidates a query to look at.
    /// assert!(Bands::STANDARD.false_candidates(0.1, 1_000_000) < 6.0);
    /// ```
    pub fn false_candidates(self, background: f64, documents: u64) -> f64 {
        let accident = (-(self.slot_bits().bits() as f64)).exp2();
        documents as f64 * self.recall(background + (1.0 - background) * accident)
    }

    /// Bits of a slot that an [`Index`](crate::Index) keeps, if not told otherwise: four, or a whole byte where
    /// the bands have fewer than six rows, whose keys would be too short.
    pub fn slot_bits(self) -> SlotBits {
        if self.rows() * FEW_BITS.bits() < LEAST_KEY_BITS { SlotBits::Eight } else { FEW_BITS }
    }

    /// Refuses a number of bits that makes no keys.
    pub(super) fn check_key(self, bits: SlotBits) -> Result<(), Error> {
        let key = self.rows() * bits.bits();
        if bits == SlotBits::Eight || key >= LEAST_KEY_BITS {
            return Ok(());
        }
        Err(Error::setting(format!(
            "{self} with {} bits a slot make keys of {key} bits, which unrelated documents share; keep at least \
             {LEAST_KEY_BITS} bits a band, or whole bytes",
            bits.bits()
        )))
    }

    /// Bytes that an [`Index`](crate::Index) takes for a document whose sketch has `slots` slots:
    /// [`Bands::slot_bits`] of each, and an entry in the table of each band at its average fill.
    /// `benches/index.rs` measures it.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Sketcher};
    /// assert_eq!(Bands::STANDARD.bytes_per_document(Sketcher::DEFAULT_SLOTS), 229);
    /// ```
    pub fn bytes_per_document(self, slots: usize) -> usize {
        self.slot_bits().packed_len(slots) + (f64::from(self.bands) * BYTES_PER_KEY).ceil() as usize
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
    /// [`Bands::STANDARD`]: 16 bands of 8 rows.
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
