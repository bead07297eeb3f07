//! Hashes: the multiply-fold of 64 bits with its seeds and test vectors, and the checksums of persisted
//! files.
//!
//! Everything that the crate persists (sketches, band keys, seed indexes) depends on these functions, so they
//! never change; the vectors below pin them. **Cost.** One multiplication of 64 by 64 bits a step.

/// Odd constants without structure: fractional bits of the square roots of the first primes, made odd.
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

/// A [`fold_multiply`] whose result depends on the second factor for every first factor. (The product alone
/// is zero if one factor is, and all ones if one factor is all ones.) Factors that are exchanged between the
/// two, or between two pairs of equal product, give different results.
#[inline(always)]
pub(crate) const fn fold_keeping(a: u64, kept: u64) -> u64 {
    fold_multiply(a, kept).wrapping_add(kept)
}

/// Spreads a 64-bit value over all 64 bits. Nearly a bijection: the fold loses less than one bit on average.
#[inline(always)]
pub(crate) const fn mix(x: u64) -> u64 {
    fold_multiply(x ^ SEEDS[0], SEEDS[1])
}

/// Scrambles consecutive numbers (0, 1, 2, …), so that one more [`fold_multiply`] makes them look random. A
/// bijection.
#[inline(always)]
pub(crate) const fn loosen(x: u64) -> u64 {
    let y = x.wrapping_mul(SEEDS[5]);
    y ^ (y >> 32)
}

/// The `counter`-th key of a family: statistically independent 64-bit values for one `seed`.
///
/// SplitMix64 (Steele, Lea & Flood 2014, *Fast splittable pseudorandom number generators*): a bijection of
/// the state, so different counters give different keys.
#[inline(always)]
pub(crate) const fn key(seed: u64, counter: u64) -> u64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let z = seed.wrapping_add(counter.wrapping_add(1).wrapping_mul(GOLDEN));
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A 64-bit checksum of bytes, for persisted forms: XXH3.
pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64(bytes)
}

/// A 128-bit digest of content: XXH3. Equal digests mean equal content except by chance (below 2^-64 among
/// 2^32 texts), but an adversary can make different content of equal digests.
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(bytes)
}

/// Spreads one number over a table. For maps whose keys no adversary can choose.
#[derive(Default)]
pub(crate) struct NumberHasher(u64);

impl std::hash::Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {
        unreachable!("keys are one number")
    }
    fn write_i64(&mut self, number: i64) {
        self.0 = mix(number as u64);
    }
    fn write_u32(&mut self, number: u32) {
        self.0 = mix(number as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed once by an independent program with integers of any size; they never change.
    #[test]
    fn vectors() {
        assert_eq!(fold_multiply(u64::MAX, u64::MAX), u64::MAX);
        assert_eq!(fold_multiply(SEEDS[4], SEEDS[5]), 0x11e0_40b9_0a6b_1df2);
        assert_eq!(mix(0), 0xf901_09d2_335f_6b4f);
        assert_eq!(mix(1), 0xb499_582f_b868_d383);
        assert_eq!(mix(0xdead_beef), 0x22f7_b5d5_e197_68b8);
        assert_eq!(mix(u64::MAX), 0xe230_adc9_3b58_636f);
        assert_eq!(loosen(0), 0);
        assert_eq!(loosen(1), 0x9b05_688c_b03b_0493);
        assert_eq!(loosen(u64::MAX), 0x64fa_9773_b03b_0492);
        // The first outputs of SplitMix64 that its authors publish for these seeds.
        assert_eq!(key(0, 0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(key(1_234_567, 0), 6_457_827_717_110_365_317);
        assert_eq!(key(7, 3), 0x953a_eb70_673e_29cb);
        // XXH3 with seed 0, as its author's program `xxhsum -H3` and `-H2` print it.
        assert_eq!(checksum(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(digest(b""), 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
        // Computed with the reference library of the algorithm's author.
        let hundred: Vec<u8> = (0..100).collect();
        assert_eq!(checksum(&hundred), 0x004e_4f92_1a64_bd1c);
    }

    #[test]
    fn the_checksum_sees_every_flipped_bit() {
        let bytes: Vec<u8> = (0..77).map(|i: u8| i.wrapping_mul(37)).collect();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(checksum(&altered), checksum(&bytes), "bit {bit}");
        }
    }
}
