//! Seeds: the sampled places of a stream at which equal passages meet.
//!
//! In: a squeezed stream. Out: its seeds, `(hash of the K bytes there, position)`, in order of position or of hash.
//! Which places are sampled depends on the bytes around them alone, so two copies of a stretch are sampled alike.
//!
//! **Idea.** The mod-minimizer: in every window of `W + K - 1` bytes take the smallest of its `T`-mers (by hash,
//! leftmost of equals), and sample the `K`-mer that starts at its distance from the window's start modulo `W`.
//! Any two equal stretches of [`GUARANTEE`] bytes share a window, hence a sampled `K`-mer. In periodic text all
//! windows tie and every period is sampled; there, seeds equal to the one before are thinned to one in `W`.
//!
//! **Cost.** Linear; a seed for about 11 bytes (the density test below). Winnowing would take one for nine: its density is
//! `2 / (W + 1)`.
//! **Source.** Groot Koerkamp and Pibiri, *The mod-minimizer*, WABI 2024, section 3; guarantee and windows: Schleimer,
//! Wilkerson, Aiken, *Winnowing*, SIGMOD 2003, section 3.

use crate::hash::{SEEDS, fold_multiply};
use crate::radix;
use crate::stream::word;

/// Bytes of a seed. Long enough that chance matches between texts of megabytes are rare in Latin script.
pub(crate) const K: usize = 24;
/// Consecutive seeds lie at most this far apart.
pub(crate) const W: usize = 16;
/// Bytes of the small words among which the smallest is sought; congruent to `K` modulo `W`.
const T: usize = 8;
/// Small words in a window.
const WINDOW: usize = W + K - T;
/// Any two equal stretches of so many stream bytes share a seed.
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

/// The seeds of a stream, by hash and then position.
pub(crate) fn sorted(folded: &[u8]) -> Vec<Seed> {
    let mut seeds = sample(folded);
    sort_by_hash(&mut seeds);
    seeds
}

#[inline(always)]
fn hash(folded: &[u8], at: usize) -> u32 {
    let bytes: &[u8; K] = folded[at..at + K].try_into().expect("a seed's bytes");
    let low = fold_multiply(word(bytes, 0) ^ SEEDS[2], word(bytes, 8) ^ SEEDS[3]);
    (fold_multiply(low ^ SEEDS[4], word(bytes, 16) ^ SEEDS[5]) >> 32) as u32
}

/// Windows looked at together: long enough that what two blocks both read is little beside it.
const BLOCK: usize = 512;
/// Small words in the windows of a block, and one.
const KEYS: usize = BLOCK + WINDOW;
/// Bytes of the small words of a block.
const INPUT: usize = KEYS + T - 1;
/// Lower bits of a key: the place in the block. The upper 22 are the hash.
const PLACES: u32 = KEYS.next_power_of_two() as u32 - 1;
const _: () = assert!(WINDOW == 32 && T == 8, "what `least_of_windows` is written for");

/// A bit for each window of a block.
type Changes = [u64; BLOCK / 64];

/// Hash of the small word of which these are the halves; its upper bits are used.
#[inline(always)]
fn small(low: u32, high: u32) -> u32 {
    low.wrapping_mul(SEEDS[0] as u32 | 1).wrapping_add(high.wrapping_mul(SEEDS[1] as u32 | 1))
}

/// For each window of a block the place that it samples; and as bits, which of them sample another place than the window before.
/// Loops of plain arithmetic over arrays, for the compiler to
/// make vectors of: a queue of candidates, as winnowing is often written, mispredicts a branch at every second byte.
#[inline(always)]
fn places(bytes: &[u8; INPUT], places: &mut [u32; BLOCK]) -> Changes {
    let mut four = [0u32; KEYS + 4];
    for at in 0..KEYS + 4 {
        let byte = |offset: usize| bytes[at + offset] as u32;
        four[at] = byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
    }
    let mut least = [0u32; KEYS];
    for at in 0..KEYS {
        least[at] = small(four[at], four[at + 4]) & !PLACES | at as u32;
    }
    // Smallest of 2, 4, … 32 keys: each step joins two windows of half the length.
    for half in [1, 2, 4, 8, 16] {
        for at in 0..KEYS - half {
            least[at] = least[at].min(least[at + half]);
        }
    }
    for (window, place) in places.iter_mut().enumerate() {
        let window = window as u32;
        *place = window + ((least[window as usize] & PLACES) - window) % W as u32;
    }
    let mut others = [1u8; BLOCK];
    for window in 1..BLOCK {
        others[window] = (places[window] != places[window - 1]) as u8;
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

/// [`places`] with wider vectors: the same code, compiled for them.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn places_avx2(bytes: &[u8; INPUT], out: &mut [u32; BLOCK]) -> Changes {
    places(bytes, out)
}

/// [`places`], as fast as the machine allows.
fn fastest() -> fn(&[u8; INPUT], &mut [u32; BLOCK]) -> Changes {
    #[cfg(target_arch = "x86_64")]
    if crate::cpu::has_avx2_and_bits() {
        // SAFETY: the machine has AVX2, the one feature that the function is compiled for.
        return |bytes, out| unsafe { places_avx2(bytes, out) };
    }
    places
}

/// The sampled positions, ascending, with their hashes.
pub(crate) fn sample(folded: &[u8]) -> Vec<Seed> {
    let Some(windows) = (folded.len() + 1).checked_sub(GUARANTEE) else { return Vec::new() };
    let mut sampled = Thinned { seeds: Vec::with_capacity(windows / 10 + 16), folded };
    let places = fastest();
    let mut out = [0; BLOCK];
    // Positions come nearly in order and often twice: a set of bits puts them right. A window samples less than
    // `W` ahead of its start, so the last bits belong to the block after.
    let mut set = [0u64; BLOCK / 64 + 1];
    for start in (0..windows).step_by(BLOCK) {
        let mut bytes = [0u8; INPUT];
        let rest = &folded[start..folded.len().min(start + INPUT)];
        bytes[..rest.len()].copy_from_slice(rest);
        let changes = places(&bytes, &mut out);
        let here = (windows - start).min(BLOCK);
        for (index, mut changes) in changes.into_iter().take(here.div_ceil(64)).enumerate() {
            let last = here - 64 * index;
            changes &= if last < 64 { (1 << last) - 1 } else { !0 };
            while changes != 0 {
                let place = out[64 * index + changes.trailing_zeros() as usize];
                set[place as usize / 64] |= 1 << (place % 64);
                changes &= changes - 1;
            }
        }
        let whole = if start + BLOCK < windows { BLOCK / 64 } else { set.len() };
        for (index, word) in set[..whole].iter_mut().enumerate() {
            while *word != 0 {
                sampled.push((start + index * 64 + word.trailing_zeros() as usize) as u32);
                *word &= *word - 1;
            }
        }
        set.swap(0, BLOCK / 64);
    }
    sampled.seeds
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
    fn defined(folded: &[u8]) -> Vec<u32> {
        let mut positions = Vec::new();
        for start in 0..(folded.len() + 1).saturating_sub(GUARANTEE) {
            let smallest = (start..start + WINDOW)
                .min_by_key(|&at| {
                    let half = |at: usize| u32::from_le_bytes(folded[at..at + 4].try_into().unwrap());
                    small(half(at), half(at + 4)) & !PLACES
                })
                .unwrap();
            positions.push((start + (smallest - start) % W) as u32);
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

    proptest! {
        #[test]
        fn sampling_is_its_definition(folded in letters(26, 2400)) {
            let found: Vec<u32> = sample(&folded).iter().map(|seed| seed.at()).collect();
            prop_assert_eq!(found, defined(&folded));
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
            let seeds = sample(&text);
            let within = |from: usize| -> Vec<u32> {
                let inside = |seed: &&Seed| seed.at() as usize >= from && seed.at() as usize + K <= from + copy.len();
                seeds.iter().filter(inside).map(|seed| seed.hash()).collect()
            };
            let (one, two) = (within(before.len()), within(before.len() + copy.len() + between.len()));
            prop_assert!(one.iter().any(|hash| two.contains(hash)));
        }

        #[test]
        fn fast_places_are_the_plain_ones(bytes in proptest::collection::vec(any::<u8>(), INPUT)) {
            let bytes: [u8; INPUT] = bytes.try_into().unwrap();
            let (mut plain, mut fast) = ([0; BLOCK], [0; BLOCK]);
            prop_assert_eq!(places(&bytes, &mut plain), fastest()(&bytes, &mut fast));
            prop_assert_eq!(plain, fast);
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
        let density = |text: &[u8]| sample(text).len() as f64 / text.len() as f64;
        assert!((0.088..0.094).contains(&density(&random)));
        for period in 1..40 {
            let text: Vec<u8> = random[..period].iter().copied().cycle().take(100_000).collect();
            assert!(density(&text) < 0.13, "period {period}: {}", density(&text));
        }
    }
}
