//! Seeds: the sampled places of a stream at which equal passages meet.
//!
//! In: a squeezed stream. Out: its seeds, `(hash of the K bytes there, position)`, in order of position or of hash.
//! Which places are sampled depends on the bytes around them alone, so two copies of a stretch are sampled alike.
//!
//! **Idea.** The mod-minimizer: in every window of `W + K - 1` characters take the smallest of the words of `T` bytes that start at
//! them (by hash, leftmost of equals), and sample the `K` bytes from the character at its distance from the window's start modulo `W`.
//! Any two equal stretches of [`GUARANTEE`] characters share a window, hence a sampled place. In periodic text all
//! windows tie and every period is sampled; there, seeds equal to the one before are thinned to one in `W`.
//!
//! Windows are counted in characters ([`Window::OfCharacters`]): counted in bytes, three times as many places of Thai were sampled as of English for
//! a promise that is made in characters, and fifty megabytes of it had four million blocks of 8 to 13 letters. Where seeds must lie so
//! close that they tile a copy, windows are of bytes ([`Window::OfBytes`]). In ASCII the two are the same.
//!
//! **Cost.** Linear; a seed for about 11 characters (the density test below). Winnowing would take one for nine: its density is
//! `2 / (W + 1)`.
//! **Source.** Groot Koerkamp and Pibiri, *The mod-minimizer*, WABI 2024, section 3; guarantee and windows: Schleimer,
//! Wilkerson, Aiken, *Winnowing*, SIGMOD 2003, section 3.

use crate::hash::{SEEDS, fold_multiply};
use crate::radix;
use crate::stream::{starts_character, word};

/// Bytes of a seed. Long enough that chance matches between texts of megabytes are rare in Latin script.
pub(crate) const K: usize = 24;
/// Consecutive seeds lie at most so many characters or bytes apart, whichever windows are counted in.
pub(crate) const W: usize = 16;
/// Bytes of the small words of which the smallest is sought; congruent to `K` modulo `W`.
const T: usize = 8;
/// Small words in a window.
const WINDOW: usize = W + K - T;
/// Any two equal stretches of so many characters share a seed; of so many bytes, where windows are of bytes.
pub(crate) const GUARANTEE: usize = W + K - 1;

/// A seed packed for sorting: hash in the upper half, position in the lower.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Seed(u64);

impl Seed {
    #[inline(always)]
    pub(crate) fn new(hash: u32, at: u32) -> Seed {
        Seed((hash as u64) << 32 | at as u64)
    }

    #[inline(always)]
    pub(crate) fn hash(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub(crate) fn at(self) -> u32 {
        self.0 as u32
    }
}

/// What a window is so many of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Window {
    OfBytes,
    OfCharacters,
}

/// The seeds of a stream, by hash and then position.
pub(crate) fn sorted(folded: &[u8]) -> Vec<Seed> {
    let mut seeds = sample(folded, Window::OfCharacters);
    sort_by_hash(&mut seeds);
    seeds
}

#[inline(always)]
fn hash(folded: &[u8], at: usize) -> u32 {
    let bytes: &[u8; K] = folded[at..at + K].try_into().expect("a seed's bytes");
    let low = fold_multiply(word(bytes, 0) ^ SEEDS[2], word(bytes, 8) ^ SEEDS[3]);
    (fold_multiply(low ^ SEEDS[4], word(bytes, 16) ^ SEEDS[5]) >> 32) as u32
}

/// Bytes in which the windows looked at together start: long enough that what two blocks both read is little beside it.
const BLOCK: usize = 512;
/// Bytes of the longest characters.
const WIDEST: usize = 4;
/// Small words in the windows of a block, where each byte is a character.
const NARROW_KEYS: usize = BLOCK + WINDOW;
/// Small words in the windows of a block, at most.
const KEYS: usize = BLOCK + WIDEST * WINDOW;
/// Bytes of the small words of a block.
const INPUT: usize = KEYS + T - 1;
/// Lower bits of a key: the place in the block. The upper 22 are the hash.
const PLACES: u32 = KEYS.next_power_of_two() as u32 - 1;
const _: () = assert!(WINDOW == 32 && T == 8, "what `places` is written for");

/// The places that the windows of a block sample, as bits. A window samples less than `W` characters ahead of its start, so the last bits
/// belong to the block after.
type Sampled = [u64; BLOCK / 64 + 1];
const _: () = assert!(WIDEST * W <= 64);

/// Hash of the small word of which these are the halves; its upper bits are used.
#[inline(always)]
fn small(low: u32, high: u32) -> u32 {
    low.wrapping_mul(SEEDS[0] as u32 | 1).wrapping_add(high.wrapping_mul(SEEDS[1] as u32 | 1))
}

/// The hashes of the first `COUNT` small words, each with its place.
///
/// A loop of plain arithmetic over arrays, as those below, for the compiler to make vectors of: a queue of candidates, as winnowing is often
/// written, mispredicts a branch at every second byte.
#[inline(always)]
fn keys<const COUNT: usize>(bytes: &[u8; INPUT]) -> [u32; COUNT] {
    let mut four = [0u32; KEYS + 4];
    for at in 0..COUNT + 4 {
        let byte = |offset: usize| bytes[at + offset] as u32;
        four[at] = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    }
    let mut keys = [0; COUNT];
    for at in 0..COUNT {
        keys[at] = small(four[at], four[at + 4]) & !PLACES | at as u32;
    }
    keys
}

/// For each window, of one small word after the other, the number of the word that it samples; and as bits, which of them sample another
/// than the window before.
#[inline(always)]
fn least_of_windows<const COUNT: usize>(
    least: &mut [u32; COUNT],
    numbers: &mut [u32; BLOCK],
) -> [u64; BLOCK / 64] {
    // Smallest of 2, 4, … 32 keys: each step joins two windows of half the length.
    for half in [1, 2, 4, 8, 16] {
        for at in 0..COUNT - half {
            least[at] = least[at].min(least[at + half]);
        }
    }
    for (window, number) in numbers.iter_mut().enumerate() {
        let window = window as u32;
        *number = window + ((least[window as usize] & PLACES).wrapping_sub(window)) % W as u32;
    }
    let mut others = [1u8; BLOCK];
    for window in 1..BLOCK {
        others[window] = (numbers[window] != numbers[window - 1]) as u8;
    }
    // Eight bytes of 0 or 1 to eight bits, the first the lowest.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut changes = [0; BLOCK / 64];
    for (changes, others) in changes.iter_mut().zip(others.chunks_exact(64)) {
        for (index, others) in others.chunks_exact(8).enumerate() {
            *changes |= (word(others, 0).wrapping_mul(GATHER) >> 56) << (8 * index);
        }
    }
    changes
}

/// Adds the places that the first `windows` windows of a block sample, each byte a character.
#[inline(always)]
fn narrow(bytes: &[u8; INPUT], windows: usize, sampled: &mut Sampled) {
    let mut numbers = [0; BLOCK];
    let changes = least_of_windows(&mut keys::<NARROW_KEYS>(bytes), &mut numbers);
    each(changes, windows, |window| {
        let place = numbers[window] as usize;
        sampled[place / 64] |= 1 << (place % 64);
    });
}

/// Adds the places that the windows of a block sample, those that start at a character in its first `bytes_in` bytes.
#[inline(always)]
fn wide(bytes: &[u8; INPUT], bytes_in: usize, sampled: &mut Sampled) {
    let all = keys::<KEYS>(bytes);
    let mut least = [u32::MAX; KEYS];
    let mut starts = [0u16; KEYS];
    let (mut count, mut windows) = (0, 0);
    for at in 0..KEYS {
        // What is no start is written over by the next.
        least[count] = all[at] & !PLACES | count as u32;
        starts[count] = at as u16;
        let is_start = starts_character(bytes[at]) as usize;
        count += is_start;
        windows += if at < bytes_in { is_start } else { 0 };
    }
    least[count..].fill(u32::MAX);
    let mut numbers = [0; BLOCK];
    let changes = least_of_windows(&mut least, &mut numbers);
    each(changes, windows, |window| {
        let place = starts[numbers[window] as usize] as usize;
        sampled[place / 64] |= 1 << (place % 64);
    });
}

/// Calls for each of the first `count` bits that is set.
#[inline(always)]
fn each(bits: [u64; BLOCK / 64], count: usize, mut call: impl FnMut(usize)) {
    for (index, mut bits) in bits.into_iter().take(count.div_ceil(64)).enumerate() {
        let last = count - 64 * index;
        bits &= if last < 64 { (1 << last) - 1 } else { !0 };
        while bits != 0 {
            call(64 * index + bits.trailing_zeros() as usize);
            bits &= bits - 1;
        }
    }
}

/// Adds the places that the windows of a block sample, those that start in its first `bytes_in` bytes.
type Places = fn(bytes: &[u8; INPUT], bytes_in: usize, windows: Window, sampled: &mut Sampled);

#[inline(always)]
fn places(bytes: &[u8; INPUT], bytes_in: usize, windows: Window, sampled: &mut Sampled) {
    // Small words of the last window end here, where each byte is a character.
    let near = &bytes[..NARROW_KEYS + T - 1];
    if windows == Window::OfBytes || near.is_ascii() {
        narrow(bytes, bytes_in, sampled);
    } else {
        wide(bytes, bytes_in, sampled);
    }
}

/// [`places`] with wider vectors: the same code, compiled for them.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn places_avx2(bytes: &[u8; INPUT], bytes_in: usize, windows: Window, sampled: &mut Sampled) {
    places(bytes, bytes_in, windows, sampled);
}

/// [`places`], as fast as the machine allows.
fn fastest() -> Places {
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has_avx2_and_bits() {
        // SAFETY: the machine has AVX2 and the bit instructions, the features that the function is compiled for.
        return |bytes, bytes_in, windows, sampled| unsafe { places_avx2(bytes, bytes_in, windows, sampled) };
    }
    places
}

/// Bytes from the start in which windows start: up to the last character that is followed by as many as a window holds.
fn bytes_of_starts(folded: &[u8], windows: Window) -> usize {
    let last = match windows {
        Window::OfBytes => folded.len().checked_sub(GUARANTEE),
        Window::OfCharacters => {
            let mut starts = (0..folded.len()).rev().filter(|&at| starts_character(folded[at]));
            starts.nth(GUARANTEE - 1)
        }
    };
    last.map_or(0, |last| last + 1)
}

/// The sampled positions, ascending, with their hashes.
pub(crate) fn sample(folded: &[u8], windows: Window) -> Vec<Seed> {
    let starts = bytes_of_starts(folded, windows);
    let mut seeds = Thinned { seeds: Vec::with_capacity(starts / 10 + 16), folded };
    let places = fastest();
    // Positions come nearly in order and often twice: a set of bits puts them right.
    let mut sampled: Sampled = Default::default();
    for start in (0..starts).step_by(BLOCK) {
        let mut copy = [0u8; INPUT];
        let bytes = match folded[start..].first_chunk() {
            Some(bytes) => bytes,
            None => {
                let rest = &folded[start..];
                copy[..rest.len()].copy_from_slice(rest);
                &copy
            }
        };
        let bytes_in = (starts - start).min(BLOCK);
        places(bytes, bytes_in, windows, &mut sampled);
        let whole = if start + BLOCK < starts { BLOCK / 64 } else { sampled.len() };
        for (index, word) in sampled[..whole].iter_mut().enumerate() {
            while *word != 0 {
                seeds.push((start + index * 64 + word.trailing_zeros() as usize) as u32);
                *word &= *word - 1;
            }
        }
        sampled.swap(0, BLOCK / 64);
    }
    seeds.seeds
}

/// Collects seeds; of equal seeds close together keeps one in `W` bytes.
struct Thinned<'a> {
    seeds: Vec<Seed>,
    folded: &'a [u8],
}

impl Thinned<'_> {
    #[inline]
    fn push(&mut self, at: u32) {
        let seed = Seed::new(hash(self.folded, at as usize), at);
        // In a run of equal seeds the middle one of three goes if the outer two are at most W apart.
        if let [.., first, middle] = self.seeds[..]
            && middle.hash() == seed.hash()
            && first.hash() == seed.hash()
            && at - first.at() <= W as u32
        {
            self.seeds.pop();
        }
        self.seeds.push(seed);
    }
}

/// Sorts seeds in order of position by hash, keeping the order of position among equals.
fn sort_by_hash(seeds: &mut [Seed]) {
    /// Fewer seeds are sorted by comparison.
    const FEW: usize = 2048;
    if seeds.len() < FEW {
        seeds.sort_unstable();
    } else {
        radix::sort(seeds, u32::BITS, |seed| seed.hash() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: every window on its own.
    fn defined(folded: &[u8], windows: Window) -> Vec<u32> {
        let is_start = |&at: &usize| windows == Window::OfBytes || starts_character(folded[at]);
        let starts: Vec<usize> = (0..folded.len()).filter(is_start).collect();
        let mut positions = Vec::new();
        for window in starts.windows(GUARANTEE) {
            let smallest = (0..WINDOW)
                .min_by_key(|&index| {
                    let half = |at: usize| u32::from_le_bytes(folded[at..at + 4].try_into().unwrap());
                    small(half(window[index]), half(window[index] + 4)) & !PLACES
                })
                .unwrap();
            positions.push(window[smallest % W] as u32);
        }
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    fn letters(alphabet: u8, length: usize) -> impl Strategy<Value = Vec<u8>> {
        sized(alphabet, 0..length)
    }

    fn sized(alphabet: u8, length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(0..alphabet, length).prop_map(|v| v.into_iter().map(|b| b'a' + b).collect())
    }

    /// Letters of one byte, with none, some or only wider ones among them.
    fn mixed() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,2400}",
            "[a-z]{0,900}[à-ž]{0,2}[a-z]{0,900}[ก-๏]{0,300}[a-z]{0,60}",
            "[a-zà-ж]{0,1200}",
            "[ก-๏a-z0-9]{0,900}",
            "[一-龥ก-๏\u{20000}-\u{20100}]{0,700}",
        ]
    }

    proptest! {
        #[test]
        fn sampling_is_its_definition(folded in mixed()) {
            for windows in [Window::OfBytes, Window::OfCharacters] {
                let found: Vec<u32> = sample(folded.as_bytes(), windows).iter().map(|seed| seed.at()).collect();
                prop_assert_eq!(found, defined(folded.as_bytes(), windows));
            }
        }

        /// Every window of GUARANTEE bytes holds a seed; so do two equal ones, the same (periodic text included).
        #[test]
        fn equal_stretches_share_a_seed(
            copy in prop_oneof![
                sized(26, GUARANTEE..90),
                sized(2, GUARANTEE..90),
                (sized(3, 1..9), GUARANTEE..200)
                    .prop_map(|(period, length)| period.iter().copied().cycle().take(length).collect::<Vec<u8>>()),
            ],
            before in letters(2, 60), between in letters(2, 60), after in letters(2, 60),
        ) {
            let text = [&before[..], &copy, &between, &copy, &after].concat();
            let seeds = sample(&text, Window::OfCharacters);
            let within = |from: usize| -> Vec<u32> {
                let inside = |seed: &&Seed| seed.at() as usize >= from && seed.at() as usize + K <= from + copy.len();
                seeds.iter().filter(inside).map(|seed| seed.hash()).collect()
            };
            let (one, two) = (within(before.len()), within(before.len() + copy.len() + between.len()));
            prop_assert!(one.iter().any(|hash| two.contains(hash)));
        }

        /// So do equal stretches of as many characters, however wide they are.
        #[test]
        fn equal_stretches_of_wide_characters_share_a_seed(
            copy in "[ก-๏]{39,80}|[а-яa-z]{39,80}|[a-z]{0,20}[一-龥]{20,50}[a-z]{19,30}|[\u{20000}-\u{20100}a]{39,60}",
            before in "[a-zก-๏]{0,60}", between in "[a-zก-๏]{0,60}", after in "[a-zก-๏]{0,60}",
        ) {
            let text = [&before[..], &copy, &between, &copy, &after].concat();
            let seeds = sample(text.as_bytes(), Window::OfCharacters);
            let within = |from: usize| -> Vec<u32> {
                let inside = |seed: &&Seed| seed.at() as usize >= from && seed.at() as usize + K <= from + copy.len();
                seeds.iter().filter(inside).map(|seed| seed.hash()).collect()
            };
            let (one, two) = (within(before.len()), within(before.len() + copy.len() + between.len()));
            prop_assert!(one.iter().any(|hash| two.contains(hash)));
        }

        #[test]
        fn fast_places_are_the_plain_ones(bytes in proptest::collection::vec(any::<u8>(), INPUT), bytes_in in 0..=BLOCK) {
            let bytes: [u8; INPUT] = bytes.try_into().unwrap();
            for windows in [Window::OfBytes, Window::OfCharacters] {
                let (mut plain, mut fast) = (Sampled::default(), Sampled::default());
                places(&bytes, bytes_in, windows, &mut plain);
                fastest()(&bytes, bytes_in, windows, &mut fast);
                prop_assert_eq!(plain, fast);
            }
        }
    }

    #[test]
    fn one_seed_in_eleven_bytes_and_fewer_in_periodic_text() {
        let mut state = 1u64;
        let random: Vec<u8> = (0..100_000)
            .map(|_| {
                state = crate::hash::mix(state);
                b'a' + (state % 26) as u8
            })
            .collect();
        let density = |text: &[u8]| sample(text, Window::OfBytes).len() as f64 / text.len() as f64;
        assert!((0.088..0.094).contains(&density(&random)));
        for period in 1..40 {
            let text: Vec<u8> = random[..period].iter().copied().cycle().take(100_000).collect();
            assert!(density(&text) < 0.13, "period {period}: {}", density(&text));
        }
    }
}
