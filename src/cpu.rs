//! What the machine can do, asked at run time, so that nobody needs special build flags.

/// Whether the AVX2 kernels can run: AVX2 and the bit instructions that came with it. The kernels are compiled for exactly
/// these features.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn has_avx2_and_bits() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("popcnt")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
}
