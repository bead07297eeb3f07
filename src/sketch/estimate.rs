//! Estimates: a number with its standard error.
//!
//! In: how many of the slots agree. Out: an [`Estimate`]. Source: Agresti & Coull 1998, *Approximate is
//! better than "exact" for interval estimation of binomial proportions* (the standard error); Li & König
//! 2010, *b-bit minwise hashing*, theorem 1 (slots of few bits).

use super::slot_bits::SlotBits;
use std::fmt;

/// An estimated share, with the standard error of the estimate.
///
/// Shown as `0.91 ± 0.03`. A 95 % interval is about `value ± 2 × std_error`. A standard error of 0 means that
/// the value is exact.
///
/// Estimator: the share of agreeing slots. Bias: none. Standard error: `√(s (1 - s) / k)` for k slots, with s
/// the share after one added success and one added failure. `tests/estimator.rs` shows bias, spread, and that
/// the reported error covers the truth.
///
/// # Example
/// ```
/// let estimate = refrain::Estimate { value: 0.9141, std_error: 0.0248 };
/// assert_eq!(estimate.to_string(), "0.91 ± 0.02");
/// assert_eq!(format!("{estimate:.3}"), "0.914 ± 0.025");
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Estimate {
    /// The estimate itself. The estimators of this crate are unbiased and therefore not clipped: with
    /// slots of one or two bits, the value for unlike sets scatters around zero and can be negative.
    pub value: f64,
    /// The standard deviation of the value over seeds, with the true share replaced by its estimate.
    pub std_error: f64,
}

impl Estimate {
    /// An exact value: both sets were compared, or there was nothing to count.
    pub(crate) const fn exact(value: f64) -> Estimate {
        Estimate { value, std_error: 0.0 }
    }

    /// The share of `equal` among `trials` independent slots.
    ///
    /// The standard error comes from the share after one added success and one added failure
    /// (Agresti & Coull 1998), so that it is not zero when none or all of the slots agree.
    #[inline]
    pub(crate) fn of_share(equal: usize, trials: usize) -> Estimate {
        if trials == 0 {
            return Estimate::exact(0.0);
        }
        let (equal, trials) = (equal as f64, trials as f64);
        // With s = (equal + 1) / (trials + 2), this is √(s (1 - s) / trials) with one division less:
        // divisions and the root take most of the time of a comparison.
        let spread = ((equal + 1.0) * (trials + 1.0 - equal) * trials).sqrt();
        Estimate { value: equal / trials, std_error: spread / (trials * (trials + 2.0)) }
    }

    /// The same estimate, corrected for slots of `bits` bits: unequal slots agree by accident with probability
    /// `2^-bits` (Li & König 2010, theorem 1).
    #[inline]
    pub(crate) fn without_accidents(self, bits: SlotBits) -> Estimate {
        let widened = widening(bits);
        // Written so that 1 stays 1 exactly.
        Estimate { value: 1.0 - (1.0 - self.value) * widened, std_error: self.std_error * widened }
    }
}

/// `1 / (1 - 2^-bits)`. Constants, because a division at run time costs as much as counting the slots.
#[inline]
const fn widening(bits: SlotBits) -> f64 {
    const fn of(bits: SlotBits) -> f64 {
        1.0 / (1.0 - 1.0 / (1_u32 << bits.bits()) as f64)
    }
    match bits {
        SlotBits::One => const { of(SlotBits::One) },
        SlotBits::Two => const { of(SlotBits::Two) },
        SlotBits::Four => const { of(SlotBits::Four) },
        SlotBits::Eight => const { of(SlotBits::Eight) },
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(2);
        write!(f, "{:.digits$} ± {:.digits$}", self.value, self.std_error)
    }
}
