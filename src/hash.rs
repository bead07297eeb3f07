//! The one 64-bit hash: a multiply-fold, its seeds and its test vectors.
//!
//! Everything persisted by the crate (sketches, band keys, seed indexes) rests on these functions, so
//! they never change: the vectors below pin them. Speed: one 64×64→128 multiplication a step.

/// Odd constants without structure (fractional bits of square roots of the first primes, made odd).
pub(crate) const SEEDS: [u64; 8] = [
    0x6a09_e667_f3bc_c909,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

/// The 128-bit product of `a` and `b`, its halves folded by XOR.
#[inline(always)]
pub(crate) const fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = (a as u128) * (b as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Spreads a 64-bit value over all 64 bits. A bijection of `x` in effect, not by proof: the fold loses
/// less than one bit on average.
#[inline(always)]
pub(crate) const fn mix(x: u64) -> u64 {
    fold_multiply(x ^ SEEDS[0], SEEDS[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        // Computed with arbitrary-precision integers by an independent program.
        assert_eq!(mix(0), 0xf901_09d2_335f_6b4f);
        assert_eq!(mix(1), 0xb499_582f_b868_d383);
        assert_eq!(mix(0xdead_beef), 0x22f7_b5d5_e197_68b8);
    }
}
