//! The instructions of this processor, detected at run time, so that no special build flags are needed.

#[cfg(target_arch = "x86_64")]
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

#[cfg(target_arch = "x86_64")]
const UNKNOWN: u8 = 0;
#[cfg(target_arch = "x86_64")]
const MISSING: u8 = 1;
#[cfg(target_arch = "x86_64")]
const THERE: u8 = 2;

/// Whether the AVX2 kernels can run: AVX2 and the bit instructions that came with it. The kernels are
/// compiled for exactly these features.
///
/// The answer is stored, because every comparison of two sketches needs it and takes only a few nanoseconds.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2_and_bits() -> bool {
    // Every thread that finds it unknown computes the same answer, so no order between threads is needed.
    static ANSWER: AtomicU8 = AtomicU8::new(UNKNOWN);
    match ANSWER.load(Relaxed) {
        UNKNOWN => {
            let there = detect();
            ANSWER.store(if there { THERE } else { MISSING }, Relaxed);
            there
        }
        answer => answer == THERE,
    }
}

#[cfg(target_arch = "x86_64")]
#[cold]
fn detect() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}

/// Whether the AVX-512 kernels can run and are worth it. The first processors with AVX-512 lower their clock
/// under 512-bit multiplications (Intel's *Optimization Reference Manual*, on power management of Skylake
/// servers); those that also have VBMI2 are newer.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx512() -> bool {
    has_avx2_and_bits() && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vbmi2")
}

/// Prefetches a place of a list that will be read soon. Does nothing except on x86-64.
///
/// Nothing waits for a prefetch. (Reading a value without using it fetches as much, but later instructions
/// cannot finish before it, so few reads run at once: extending the pairs of seeds of a binary de Bruijn
/// sequence took 1.6 times as long.)
#[inline(always)]
pub(crate) fn fetch<T>(list: &[T], place: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 processor has the instruction, and it changes nothing that the program can
        // observe, for any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(list.as_ptr().wrapping_add(place).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (list, place);
}
