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

/// Key of the small word at `at`: its hash with room for a place in the lower bits.
#[inline(always)]
fn key(bytes: &[u8; BLOCK + T - 1], offset: usize) -> u32 {
    ((word(bytes, offset).wrapping_mul(SEEDS[1])) >> 32) as u32 & !PLACES
}

/// Small words looked at together: a window spans two blocks at most.
const BLOCK: usize = WINDOW;
/// Lower bits of a key: the place in two blocks.
const PLACES: u32 = 2 * BLOCK as u32 - 1;
const _: () = assert!((2 * BLOCK).is_power_of_two());

/// The sampled positions, ascending, with their hashes.
fn sample(folded: &[u8]) -> Vec<Seed> {
    let Some(windows) = (folded.len() + 1).checked_sub(GUARANTEE) else { return Vec::new() };
    let mut sampled = Thinned { seeds: Vec::with_capacity(windows / 10 + 16), folded };
    let mut pending: [u32; W + 1] = [u32::MAX; W + 1];
    let mut held = 0;
    let mut suffix = [0u32; BLOCK];
    let block_keys = |block: usize| -> [u32; BLOCK] {
        let mut bytes = [0u8; BLOCK + T - 1];
        let start = (block * BLOCK).min(folded.len());
        let rest = &folded[start..folded.len().min(start + BLOCK + T - 1)];
        bytes[..rest.len()].copy_from_slice(rest);
        std::array::from_fn(|offset| key(&bytes, offset))
    };
    // Minimum of a window: the smaller of a suffix of its first block and a prefix of its second.
    let mut ahead = block_keys(0);
    let mut last = u32::MAX;
    for block in 0..windows.div_ceil(BLOCK) {
        let mut least = u32::MAX;
        for offset in (0..BLOCK).rev() {
            least = least.min(ahead[offset] | offset as u32);
            suffix[offset] = least;
        }
        ahead = block_keys(block + 1);
        let mut prefix = u32::MAX;
        let mut positions = [0u32; BLOCK];
        for offset in 0..BLOCK {
            let smallest = suffix[offset].min(prefix);
            prefix = prefix.min(ahead[offset] | (BLOCK + offset) as u32);
            let distance = (smallest & PLACES) as usize - offset;
            positions[offset] = (block * BLOCK + offset + distance % W) as u32;
        }
        let here = windows - block * BLOCK;
        for &position in &positions[..here.min(BLOCK)] {
            if position != last {
                last = position;
                // Positions come nearly in order: what a window samples lies less than `W` ahead of it.
                held = insert(&mut pending, held, position, &mut sampled);
            }
        }
    }
    for &position in &pending[..held] {
        sampled.push(position);
    }
    sampled.seeds
}

/// Puts a position into the ordered list of those that a later window may still precede; lets go those that none can.
#[inline]
fn insert(pending: &mut [u32; W + 1], mut held: usize, position: u32, sampled: &mut Thinned<'_>) -> usize {
    let settled = pending[..held].iter().take_while(|&&p| (p as usize) + W < position as usize + 1).count();
    if settled > 0 {
        for &p in &pending[..settled] {
            sampled.push(p);
        }
        pending.copy_within(settled..held, 0);
        held -= settled;
    }
    let mut place = held;
    while place > 0 && pending[place - 1] > position {
        place -= 1;
    }
    if place > 0 && pending[place - 1] == position {
        return held;
    }
    pending.copy_within(place..held, place + 1);
    pending[place] = position;
    held + 1
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

/// Fewer seeds than this are sorted by comparison.
const RADIX_FROM: usize = 2048;
const DIGIT_BITS: u32 = 11;

/// Sorts seeds in order of position by hash, keeping the order of position among equals.
fn sort_by_hash(seeds: &mut Vec<Seed>) {
    if seeds.len() < RADIX_FROM {
        seeds.sort_unstable();
        return;
    }
    radix_sort(seeds, |seed| seed.0 >> 32, 32);
}

/// Stable least-significant-digit radix sort on the low `bits` bits of `key`.
pub(crate) fn radix_sort<T: Copy>(items: &mut Vec<T>, key: impl Fn(T) -> u64, bits: u32) {
    let Some(&any) = items.first() else { return };
    let mut other = vec![any; items.len()];
    let mut shift = 0;
    while shift < bits {
        let digit = |item: T| (key(item) >> shift) as usize & ((1 << DIGIT_BITS) - 1);
        let mut places = vec![0u32; 1 << DIGIT_BITS];
        for &item in items.iter() {
            places[digit(item)] += 1;
        }
        let mut sum = 0;
        for place in &mut places {
            sum += std::mem::replace(place, sum);
        }
        for &item in items.iter() {
            let place = &mut places[digit(item)];
            other[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(items, &mut other);
        shift += DIGIT_BITS;
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
                    let bytes: [u8; 8] = folded[at..at + 8].try_into().unwrap();
                    (u64::from_le_bytes(bytes).wrapping_mul(SEEDS[1]) >> 32) as u32 & !PLACES
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
        fn sampling_is_its_definition(folded in letters(26, 400)) {
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
        fn radix_sort_sorts(values in proptest::collection::vec(any::<u64>(), 0..5000)) {
            let mut sorted: Vec<u64> = values.iter().map(|v| v >> 32).collect();
            sorted.sort_unstable();
            let mut seeds: Vec<u64> = values;
            radix_sort(&mut seeds, |v| v >> 32, 32);
            prop_assert_eq!(seeds.iter().map(|v| v >> 32).collect::<Vec<_>>(), sorted);
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
