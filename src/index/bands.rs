//! Bands: how many slots a candidate must share, and the share of similar pairs that this finds.
//!
//! In: a threshold, the share of pairs to find there, and the slots or bytes to spend. Out: a number of bands
//! and of rows, and the share of pairs that they find at each similarity. The idea: cut a sketch into `bands`
//! groups of `rows` slots; two documents become candidates when all slots of one group agree. Slots agree
//! with probability J, so a pair is proposed with probability `1 - (1 - J^rows)^bands`: an S-shaped curve,
//! steeper with more rows, further left with more bands.
//!
//! The guarantee is the *recall at the threshold*. The common rule of thumb, `(1/bands)^(1/rows)`,
//! gives the steepest point instead, where about 63 % is found: with 9 bands of 13 rows, "threshold 0.8"
//! finds 40 % of the pairs at 0.8.
//!
//! Source: Leskovec, Rajaraman, Ullman, *Mining of Massive Datasets*, section 3.4; Indyk and Motwani 1998.
//! The most rows that still reach the recall propose the fewest unrelated documents, and these are the cost
//! when every candidate is verified. Weighing both errors under a uniform prior ([`Bands::datasketch`])
//! assumes that similarities are uniform over pairs, which holds for no collection.

use std::fmt;
use std::str::FromStr;

use super::table::BYTES_PER_KEY;
use crate::error::Error;
use crate::sketch::SlotBits;

/// A setting that finds fewer than [`USEFUL_RECALL`] of the pairs of this similarity is refused as useless.
const NEARLY_EQUAL: f64 = 0.95;
/// See [`NEARLY_EQUAL`]. 5 bands of 25 rows, the strictest setting in public use, finds 0.80 there.
const USEFUL_RECALL: f64 = 0.5;
/// Pairs that share a tenth of their shingles are unrelated: boilerplate and set phrases reach it.
const UNRELATED: f64 = 0.1;
/// A setting that proposes more than this share of [`UNRELATED`] pairs is slower than comparing all pairs.
const USEFUL_SELECTION: f64 = 0.5;
/// Points of [`Bands::curve`] between similarity 0 and 1.
const CURVE_STEPS: usize = 20;
/// The highest similarity that bands are chosen for. At 1 a single band of all slots would do, and any other
/// setting too.
const HIGHEST_AIM: f64 = 0.99;
/// Bits of a slot that an index keeps if that makes keys of at least [`LEAST_KEY_BITS`].
const FEW_BITS: SlotBits = SlotBits::Four;
/// The shortest key made of less than whole bytes. Unrelated documents share one of 20 such keys once in
/// 800,000 pairs: a dozen candidates in an index of ten million.
const LEAST_KEY_BITS: usize = 24;
/// The most bytes a document that [`Bands::lean`] spends, if they suffice.
const LEAN_BYTES: usize = 240;

/// How a sketch is cut for the index: `bands` groups of `rows` slots each.
///
/// Pairs that agree on every slot of at least one band are compared; [`Bands::recall`] is the share of the
/// pairs of a given similarity that do. A sketch must have at least [`Bands::slots`] slots; more are used for
/// verification only. Written as `16x8`: bands x rows.
///
/// Which to choose: [`Bands::STANDARD`], or [`Bands::for_recall`] for a threshold and a recall, or
/// [`Bands::for_memory`] for a limit of bytes; [`Bands::datasketch`] to reproduce another tool.
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
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "BandsRecord", try_from = "BandsRecord")
)]
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
    /// do), or it proposes more than half of the pairs with J = 0.1. The message states the share.
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
    /// reaches the recall.
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
        check_slots(slots)?;
        let reaches =
            |rows: usize| Bands::unjudged(slots / rows, rows).is_ok_and(|b| b.recall(threshold) >= recall);
        // Fewer rows always find more, so the first number that reaches the recall is the largest.
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
    /// most `bytes_per_document` in an [`Index`](crate::Index), for sketches of exactly the slots that the
    /// bands use.
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` or `recall` does not lie between 0 and 1 (both excluded), or the
    /// memory does not suffice; the message states the least that would.
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

    /// The setting that `MinHashLSH(threshold, num_perm=slots)` of datasketch chooses, to reproduce its
    /// results: of all bands and rows within `slots`, those that minimise half the area of false positives
    /// (the recall below the threshold) plus half the area of false negatives (one minus the recall above
    /// it). Areas are sums of rectangles of width 0.001, as in datasketch if SciPy is not installed.
    /// `tests/bands.rs` compares with an independent program.
    ///
    /// It guarantees no recall: for threshold 0.8 and 128 slots it chooses 9 bands of 13 rows, which find
    /// 40 % of the pairs at 0.8. Prefer [`Bands::for_recall`].
    ///
    /// # Errors
    /// [`Error::is_setting`] if `threshold` does not lie between 0 and 1 (both excluded), `slots` is not from
    /// 1 to [`Bands::MAX_SLOTS`], or the setting is useless in the sense of [`Bands::new`].
    ///
    /// # Cost
    /// 1,000 evaluations of the recall for each of about `slots × ln(slots)` settings: some 30 ms for 128
    /// slots.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// assert_eq!(Bands::datasketch(0.5, 128)?, Bands::new(25, 5)?);
    /// assert_eq!(Bands::datasketch(0.8, 128)?, Bands::new(9, 13)?);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn datasketch(threshold: f64, slots: usize) -> Result<Bands, Error> {
        check_aims(threshold, USEFUL_RECALL)?;
        check_slots(slots)?;
        let mut best = (f64::INFINITY, 1, 1);
        // The order of the loops and the strict comparison decide ties as datasketch does.
        for bands in 1..=slots {
            for rows in 1..=slots / bands {
                let found = |jaccard: f64| 1.0 - (1.0 - jaccard.powi(rows as i32)).powi(bands as i32);
                let below = rectangles(0.0, threshold, found);
                let above = rectangles(threshold, 1.0, |jaccard| 1.0 - found(jaccard));
                let error = 0.5 * below + 0.5 * above;
                if error < best.0 {
                    best = (error, bands, rows);
                }
            }
        }
        Bands::new(best.1, best.2)
    }

    /// The fewest bands of 1, 2, 3, … rows that find at least the share `recall` of the pairs at `threshold`.
    fn fewest(threshold: f64, recall: f64) -> impl Iterator<Item = Bands> {
        (1..=Bands::MAX_SLOTS).map_while(move |rows| {
            let bands = ((1.0 - recall).ln() / (-threshold.powi(rows as i32)).ln_1p()).ceil();
            (bands * rows as f64 <= Bands::MAX_SLOTS as f64)
                .then(|| Bands { bands: bands.max(1.0) as u32, rows: rows as u32 })
        })
    }

    /// A setting for sketches of `slots` slots that uses only some of them for bands: the most rows whose
    /// fewest bands take at most [`LEAN_BYTES`] a document with keys of few bits a slot. Every band costs six
    /// bytes and a cache miss; at J = 0.8 and 256 slots these are 17 bands of 8 rows, where
    /// [`Bands::for_recall`] takes 28 of 9. Below a threshold of about 0.75 too few rows would remain; then
    /// this is `for_recall`. Every setting finds all pairs of equal sets, so a threshold of 1 takes the bands
    /// of [`HIGHEST_AIM`].
    ///
    /// # Errors
    /// As [`Bands::for_recall`], but a threshold of 1 is allowed.
    pub(crate) fn lean(threshold: f64, recall: f64, slots: usize) -> Result<Bands, Error> {
        check_duplicates(threshold)?;
        let threshold = if threshold == 1.0 { HIGHEST_AIM } else { threshold };
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
    #[must_use]
    pub const fn bands(self) -> usize {
        self.bands as usize
    }

    /// Slots in a band.
    #[must_use]
    pub const fn rows(self) -> usize {
        self.rows as usize
    }

    /// Slots that the bands use: bands x rows.
    #[must_use]
    pub const fn slots(self) -> usize {
        self.bands as usize * self.rows as usize
    }

    /// The share of the pairs with similarity J = `jaccard` that become candidates: `1 - (1 - J^rows)^bands`.
    ///
    /// Estimator: exact for independent slots. Bias: the slots of Fast Similarity Sketching are negatively
    /// correlated on short documents, so there the true recall is higher. Standard error: none, it is a
    /// formula. `tests/recall.rs` shows that the true recall is never lower.
    ///
    /// # Panics
    /// If `jaccard` does not lie in 0..=1.
    #[must_use]
    pub fn recall(self, jaccard: f64) -> f64 {
        assert!(
            (0.0..=1.0).contains(&jaccard),
            "a Jaccard similarity lies between 0 and 1, not at {jaccard}"
        );
        at_least_one(f64::from(self.bands), jaccard.powi(self.rows as i32))
    }

    /// The similarity at which the share `recall` of the pairs is found: the inverse of [`Bands::recall`].
    ///
    /// # Panics
    /// If `recall` does not lie in 0..=1.
    #[must_use]
    pub fn jaccard_at(self, recall: f64) -> f64 {
        assert!((0.0..=1.0).contains(&recall), "a share lies between 0 and 1, not at {recall}");
        let band = 1.0 - (1.0 - recall).powf(1.0 / f64::from(self.bands));
        band.powf(1.0 / f64::from(self.rows))
    }

    /// `(jaccard, recall)` at similarity 0, 0.05, … 1, rising.
    #[must_use]
    pub fn curve(self) -> Vec<(f64, f64)> {
        let at = |step: usize| step as f64 / CURVE_STEPS as f64;
        (0..=CURVE_STEPS).map(|step| (at(step), self.recall(at(step)))).collect()
    }

    /// Expected candidates of one query of an index of `documents` that all have similarity `background` to
    /// it; verification must reject them. Set phrases and boilerplate make a background of 0.05 to 0.3. Slots
    /// that agree by accident in [`Bands::slot_bits`] are included.
    ///
    /// # Panics
    /// If `background` does not lie in 0..=1.
    ///
    /// # Example
    /// ```
    /// use refrain::Bands;
    /// // A million documents that share a tenth of their shingles: six candidates a query.
    /// assert!(Bands::STANDARD.false_candidates(0.1, 1_000_000) < 6.0);
    /// ```
    #[must_use]
    pub fn false_candidates(self, background: f64, documents: u64) -> f64 {
        let accident = (-(self.slot_bits().bits() as f64)).exp2();
        documents as f64 * self.recall(background + (1.0 - background) * accident)
    }

    /// Bits of a slot that an [`Index`](crate::Index) keeps by default: four, or a whole byte if the bands
    /// have fewer than six rows, because their keys would be too short.
    #[must_use]
    pub fn slot_bits(self) -> SlotBits {
        if self.rows() * FEW_BITS.bits() < LEAST_KEY_BITS { SlotBits::Eight } else { FEW_BITS }
    }

    /// # Errors
    /// `is_setting` if keys of this many bits a slot are too short.
    pub(super) fn check_key(self, bits: SlotBits) -> Result<(), Error> {
        let key = self.rows() * bits.bits();
        if bits == SlotBits::Eight || key >= LEAST_KEY_BITS {
            return Ok(());
        }
        Err(Error::setting(format!(
            "{} with {} bits a slot make keys of {key} bits, which unrelated documents share; keep at least \
             {LEAST_KEY_BITS} bits a band, or whole bytes",
            self.in_words(),
            bits.bits()
        )))
    }

    /// Bytes that an [`Index`](crate::Index) takes for a document whose sketch has `slots` slots:
    /// [`Bands::slot_bits`] of each, and an entry in the table of each band at its average fill. Pass
    /// [`Bands::slots`] for sketches that have only the slots of the bands. `tests/index.rs` measures it.
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Sketcher};
    /// assert_eq!(Bands::STANDARD.bytes_per_document(Sketcher::DEFAULT_SLOTS), 229);
    /// ```
    #[must_use]
    pub fn bytes_per_document(self, slots: usize) -> usize {
        self.slot_bits().packed_len(slots) + (f64::from(self.bands) * BYTES_PER_KEY).ceil() as usize
    }

    /// Checks the sizes only.
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

    /// `16 bands of 8 rows`, for messages.
    fn in_words(self) -> String {
        format!("{} bands of {} rows", self.bands, self.rows)
    }

    /// # Errors
    /// `is_setting` if the bands find nearly nothing or nearly everything.
    fn judge(self) -> Result<(), Error> {
        let found = self.recall(NEARLY_EQUAL);
        if found < USEFUL_RECALL {
            let swapped = Bands { bands: self.rows, rows: self.bands };
            let remedy = if swapped.rows < swapped.bands && swapped.judge().is_ok() {
                format!(
                    "did you mean {}, which find {:.4}?",
                    swapped.in_words(),
                    swapped.recall(NEARLY_EQUAL)
                )
            } else {
                "use fewer rows or more bands".to_owned()
            };
            return Err(Error::setting(format!(
                "{} find {found:.4} of the pairs with J = {NEARLY_EQUAL} and {:.6} of those with J = 0.8; \
                 {remedy}",
                self.in_words(),
                self.recall(0.8)
            )));
        }
        let proposed = self.recall(UNRELATED);
        if proposed > USEFUL_SELECTION {
            return Err(Error::setting(format!(
                "{} propose {proposed:.4} of the unrelated pairs (J = {UNRELATED}), hardly fewer than all; \
                 use more rows or fewer bands",
                self.in_words()
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
        write!(f, "{}x{}", self.bands, self.rows)
    }
}

/// The serde form of [`Bands`], with the names that `refrain bands` writes.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct BandsRecord {
    bands: usize,
    rows: usize,
}

#[cfg(feature = "serde")]
impl From<Bands> for BandsRecord {
    fn from(bands: Bands) -> BandsRecord {
        BandsRecord { bands: bands.bands(), rows: bands.rows() }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<BandsRecord> for Bands {
    type Error = Error;

    fn try_from(record: BandsRecord) -> Result<Bands, Error> {
        Bands::new(record.bands, record.rows)
    }
}

impl FromStr for Bands {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] if the text does not have the form `16x8`, or as [`Bands::new`].
    fn from_str(text: &str) -> Result<Bands, Error> {
        let numbers =
            text.split_once('x').and_then(|(bands, rows)| Some((bands.parse().ok()?, rows.parse().ok()?)));
        let (bands, rows) = numbers
            .ok_or_else(|| Error::setting(format!("bands {text:?}; expected bands x rows, such as 16x8")))?;
        Bands::new(bands, rows)
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

/// The area under a function, by rectangles as datasketch sums them: from the left end, in steps of 0.001, at
/// the middle of each.
fn rectangles(from: f64, to: f64, function: impl Fn(f64) -> f64) -> f64 {
    const WIDTH: f64 = 0.001;
    let (mut area, mut at) = (0.0, from);
    while at < to {
        area += function(at + 0.5 * WIDTH) * WIDTH;
        at += WIDTH;
    }
    area
}

fn check_slots(slots: usize) -> Result<(), Error> {
    if (1..=Bands::MAX_SLOTS).contains(&slots) {
        return Ok(());
    }
    Err(Error::setting(format!("slots is {slots}; expected 1 to {}", Bands::MAX_SLOTS)))
}

/// Checks a threshold from which on texts count as duplicates: more than 0 and at most 1. At 1 only texts with
/// equal sets are duplicates.
pub(crate) fn check_duplicates(threshold: f64) -> Result<(), Error> {
    if threshold > 0.0 && threshold <= 1.0 {
        return Ok(());
    }
    Err(Error::setting(format!(
        "threshold is {threshold}; expected a similarity above 0 and at most 1, such as 0.8 (1 for equal sets)"
    )))
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
