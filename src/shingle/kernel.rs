//! The inner loop of windows: plain Rust, compiled a second time for AVX2.

use crate::support::hash::SEEDS;

/// The base of the polynomial. It is 3 modulo 8, so that the differences of its powers have few factors of
/// two, and exchanged words seldom give equal numbers.
pub(super) const BASE: u64 = SEEDS[4] & !7 | 3;

/// One more than the longest window.
pub(super) const REACH: usize = 64;

/// `BASE` to the power of the index.
static POWERS: [u64; REACH] = {
    let mut powers = [1_u64; REACH];
    let mut index = 1;
    while index < REACH {
        powers[index] = powers[index - 1].wrapping_mul(BASE);
        index += 1;
    }
    powers
};

/// The shingles of windows of `size` words that end at each of the words.
///
/// `held` has prefixes of the polynomial. The last one before the words is at `first - 1`; those of the words
/// are written from `first` on. Number i is that of the window after prefix `first + i - size`.
pub(super) fn windows(held: &mut [u64], first: usize, words: &[u64], size: usize, numbers: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    if crate::support::cpu::has_avx2_and_bits() {
        // SAFETY: this machine has the features that the function is compiled for.
        return unsafe { windows_avx2(held, first, words, size, numbers) };
    }
    plain(held, first, words, size, numbers);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn windows_avx2(held: &mut [u64], first: usize, words: &[u64], size: usize, numbers: &mut [u64]) {
    plain(held, first, words, size, numbers);
}

/// Words whose prefixes are computed together. Each prefix alone would wait four cycles for the one before.
/// In groups of four only the first waits; the others are computed from it and the polynomial of the group.
const TOGETHER: usize = 4;

#[inline(always)]
fn plain(held: &mut [u64], first: usize, words: &[u64], size: usize, numbers: &mut [u64]) {
    let step = |prefix: u64, word: u64| prefix.wrapping_mul(POWERS[1]).wrapping_add(word);
    let behind = |prefix: u64, count: usize, rest: u64| prefix.wrapping_mul(POWERS[count]).wrapping_add(rest);
    let mut prefix = held[first - 1];
    let (fours, rest) = words.as_chunks::<TOGETHER>();
    let (places, rest_places) = held[first..first + words.len()].as_chunks_mut::<TOGETHER>();
    for (place, &[a, b, c, d]) in places.iter_mut().zip(fours) {
        let two = step(a, b);
        let four = behind(two, 2, step(c, d));
        let second = behind(prefix, 2, two);
        *place = [step(prefix, a), second, step(second, c), behind(prefix, 4, four)];
        prefix = place[3];
    }
    for (place, &word) in rest_places.iter_mut().zip(rest) {
        prefix = step(prefix, word);
        *place = prefix;
    }
    let (begun, ended) = (&held[first - size..], &held[first..]);
    for ((number, &begun), &ended) in numbers.iter_mut().zip(begun).zip(&ended[..words.len()]) {
        *number = window(begun, ended, size);
    }
}

/// The shingle of the words between two prefixes.
#[inline(always)]
pub(super) fn window(begun: u64, ended: u64, size: usize) -> u64 {
    ended.wrapping_sub(begun.wrapping_mul(POWERS[size]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Each window is its polynomial, by both implementations.
        #[test]
        fn windows_are_polynomials(
            words in vec(any::<u64>(), REACH..200),
            size in 1..REACH,
            start: u64,
        ) {
            let (before, words) = words.split_at(REACH - 1);
            let mut held = vec![start];
            for &word in before {
                held.push(held.last().unwrap().wrapping_mul(BASE).wrapping_add(word));
            }
            let first = held.len();
            held.resize(first + words.len(), 0);
            let all = [before, words].concat();
            let expected: Vec<u64> = (REACH..=all.len())
                .map(|end| all[end - size..end].iter().fold(0, |sum: u64, &word| sum.wrapping_mul(BASE).wrapping_add(word)))
                .collect();
            for way in [windows, plain] {
                let (mut held, mut numbers) = (held.clone(), vec![0; words.len()]);
                way(&mut held, first, words, size, &mut numbers);
                prop_assert_eq!(&numbers, &expected);
                let after = held.windows(2).zip(&all).all(|(pair, &word)| pair[1] == pair[0].wrapping_mul(BASE).wrapping_add(word));
                prop_assert!(after);
            }
        }
    }
}
