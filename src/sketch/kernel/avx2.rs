//! The kernels for x86-64 machines with AVX2.
//!
//! Where the compiler vectorises the definition well by itself, it is simply compiled again with the wider
//! instructions; only the comparison of bytes is written by hand (the compiler widens every byte to a counter).

use super::scalar;
use crate::sketch::fast::Throw;
use crate::sketch::permutations::Permutation;
use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_movemask_epi8};

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn loosen(loosened: &mut [u64], numbers: &[u64]) {
    scalar::loosen(loosened, numbers);
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn any_from(slots: &[u64], bound: u64) -> bool {
    scalar::any_from(slots, bound)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn scatter(slots: &mut [u64], shingles: &[u64], throw: Throw) {
    scalar::scatter(slots, shingles, throw);
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn minimum(shingles: &[u64], throw: Throw) -> u64 {
    scalar::minimum(shingles, throw)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn permuted_minimum(numbers: &[u32], permutation: Permutation) -> u32 {
    scalar::permuted_minimum(numbers, permutation)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn count_equal(left: &[u64], right: &[u64]) -> usize {
    scalar::count_equal(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_1(left: &[u8], right: &[u8]) -> usize {
    scalar::equal_1(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_2(left: &[u8], right: &[u8]) -> usize {
    scalar::equal_2(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_4(left: &[u8], right: &[u8]) -> usize {
    scalar::equal_4(left, right)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
pub(super) fn equal_8(left: &[u8], right: &[u8]) -> usize {
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<32>(), right.as_chunks::<32>());
    let whole: usize = left.iter().zip(right).map(|(left, right)| equal_bytes(left, right)).sum();
    whole + scalar::equal_8(left_rest, right_rest)
}

#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn equal_bytes(left: &[u8; 32], right: &[u8; 32]) -> usize {
    // SAFETY: both references point to 32 readable bytes, and the loads need no alignment.
    let (left, right) = unsafe {
        (
            _mm256_loadu_si256(left.as_ptr().cast::<__m256i>()),
            _mm256_loadu_si256(right.as_ptr().cast::<__m256i>()),
        )
    };
    _mm256_movemask_epi8(_mm256_cmpeq_epi8(left, right)).count_ones() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u64, count: usize) -> Vec<u64> {
        (0..count).map(|i| crate::hash::key(seed, i as u64)).collect()
    }

    /// Every kernel against its definition, over lengths around the widths of the registers.
    #[test]
    fn every_kernel_equals_its_definition() {
        if !crate::cpu::has_avx2_and_bits() {
            eprintln!("skipped: this machine has no AVX2");
            return;
        }
        for length in (1..70).chain([127, 128, 129, 1000]) {
            let (mut left, right) = (numbers(1, length), numbers(2, length));
            for at in (0..length).step_by(3) {
                left[at] = right[at];
            }
            // Bytes of few values, so that every field width meets both outcomes often.
            let sparse = |words: &[u64]| words.iter().map(|word| (word & 0x33) as u8).collect::<Vec<u8>>();
            let (l8, r8) = (sparse(&left), sparse(&right));
            let x: Vec<u32> = left.iter().map(|&word| word as u32).collect();
            let throw = Throw { addend: right[0], multiplier: left[0] | 1, tag: 3 << 56 };
            let permutation = Permutation { multiplier: right[0] as u32 | 1, addend: 99 };
            // SAFETY: the features were detected above.
            unsafe {
                assert_eq!(count_equal(&left, &right), scalar::count_equal(&left, &right));
                assert_eq!(equal_1(&l8, &r8), scalar::equal_1(&l8, &r8));
                assert_eq!(equal_2(&l8, &r8), scalar::equal_2(&l8, &r8));
                assert_eq!(equal_4(&l8, &r8), scalar::equal_4(&l8, &r8));
                assert_eq!(equal_8(&l8, &r8), scalar::equal_8(&l8, &r8));
                for bound in [0, left[0], left[0] + 1, u64::MAX] {
                    assert_eq!(any_from(&left, bound), scalar::any_from(&left, bound));
                }
                let (mut one, mut other) = (vec![0; length], vec![0; length]);
                loosen(&mut one, &left);
                scalar::loosen(&mut other, &left);
                assert_eq!(one, other);
                assert_eq!(minimum(&left, throw), scalar::minimum(&left, throw));
                for count in [1, 7, 64, 128, 256] {
                    let (mut one, mut other) = (vec![u64::MAX; count], vec![u64::MAX; count]);
                    scatter(&mut one, &left, throw);
                    scalar::scatter(&mut other, &left, throw);
                    assert_eq!(one, other);
                }
                assert_eq!(permuted_minimum(&x, permutation), scalar::permuted_minimum(&x, permutation));
            }
        }
    }
}
