//! Seeds: sampled positions of a stream. Equal stretches have the same sampled positions.
//!
//! In: a squeezed stream. Out: its seeds, `(hash of the K bytes there, position)`, by position or by hash.
//! Whether a position is sampled depends only on the bytes around it, so two copies of a stretch are sampled
//! alike.
//!
//! **Idea.** The mod-minimizer. In every window of `W + K - 1` bytes, find the smallest `T`-mer (by hash; the
//! leftmost of equals) and its distance from the start of the window. The `K`-mer at this distance modulo `W`
//! is sampled. Any two equal stretches of [`GUARANTEE`] bytes share a window, and so a sampled `K`-mer. In
//! periodic text all windows tie and every period is sampled; runs of equal seeds are thinned to one in `W`
//! bytes there.
//!
//! **Seeds that stay.** The guarantee counts [letters](crate::stream::letters); sampling counts bytes. So
//! [`GUARANTEE`] letters of Thai have three times as many seeds as those of English. A rare seed is always
//! used, because between dense edits each seed matters. A frequent seed is used only where it
//! [stays](Seed::stays): where windows counted in letters sample it too. This is enough for the guarantee.
//! (50 MB of Thai had 27 million pairs of seeds, 22 million of them from frequent phrases. With windows of
//! letters alone, edited copies were divided in Greek and Thai.)
//!
//! A window of letters starts at a place ([`Places`]) and has as many places as a window of bytes has bytes. A
//! stretch has at least as many places as letters. All three bytes of a Han character are places, so in
//! Chinese the two kinds of windows are the same.
//!
//! **Cost.** Linear; one seed for about 11 bytes (a test below checks the density). Winnowing takes one for
//! about nine: its density is `2 / (W + 1)`.
//! **Source.** Groot Koerkamp and Pibiri, *The mod-minimizer*, WABI 2024, section 3; guarantee and windows:
//! Schleimer, Wilkerson, Aiken, *Winnowing*, SIGMOD 2003, section 3.

use crate::scan::padded;
use crate::stream::{Places, word};
use crate::support::hash::{SEEDS, fold_multiply};
use crate::support::huge_pages;
use crate::support::radix;

/// Bytes of a seed. Long enough that chance matches between texts of megabytes are rare in Latin script.
pub(crate) const K: usize = 24;
/// Consecutive seeds are at most this many bytes apart.
pub(crate) const W: usize = 16;
/// Bytes of a small word. Each window finds its smallest one. Congruent to `K` modulo `W`.
const T: usize = 8;
/// Small words in a window.
const WINDOW: usize = W + K - T;
/// Any two equal stretches of this many stream bytes share a seed. Any two of this many letters share one that
/// [stays](Seed::stays).
pub(crate) const GUARANTEE: usize = W + K - 1;

/// A seed packed for sorting. From the top: 31 bits of hash, 32 bits of position, and one bit for whether it
/// stays.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Seed(u64);

/// Bits of a seed's hash.
const HASH_BITS: u32 = 31;

impl Seed {
    /// `hash` has 31 bits.
    #[inline(always)]
    pub(crate) fn new(hash: u32, at: u32, stays: bool) -> Seed {
        Seed((hash as u64) << (u64::BITS - HASH_BITS) | (at as u64) << 1 | stays as u64)
    }

    #[inline(always)]
    pub(crate) fn hash(self) -> u32 {
        (self.0 >> (u64::BITS - HASH_BITS)) as u32
    }

    #[inline(always)]
    pub(crate) fn at(self) -> u32 {
        (self.0 >> 1) as u32
    }

    /// Whether windows counted in letters sample it too. Used only inside one text; an index of texts does
    /// not store it.
    #[inline(always)]
    pub(crate) fn stays(self) -> bool {
        self.0 & 1 == 1
    }
}

/// The seeds of a stream, by hash and then position.
pub(crate) fn sorted(folded: &[u8]) -> Vec<Seed> {
    let mut seeds = sampled(folded, Starts::of(folded));
    sort_by_hash(&mut seeds);
    seeds
}

/// The seeds that windows of bytes sample, by position. None of them stays. [`GUARANTEE`] bytes around a seed
/// decide whether it is sampled and which seed is next. So longer copies share neighbouring seeds too.
#[allow(dead_code, reason = "used by modules behind features")]
pub(crate) fn sample(folded: &[u8]) -> Vec<Seed> {
    sampled(folded, Starts { of_letters: 0, ..Starts::of(folded) })
}

#[inline(always)]
fn hash(folded: &[u8], at: usize) -> u32 {
    let bytes: &[u8; K] = folded[at..at + K].try_into().expect("a seed's bytes");
    let low = fold_multiply(word(bytes, 0) ^ SEEDS[2], word(bytes, 8) ^ SEEDS[3]);
    (fold_multiply(low ^ SEEDS[4], word(bytes, 16) ^ SEEDS[5]) >> (u64::BITS - HASH_BITS)) as u32
}

/// Bytes in which the windows of a block start. It is large compared with the bytes that two neighbouring
/// blocks both read.
const BLOCK: usize = 512;
/// Bytes of the longest character.
pub(super) const WIDEST: usize = 4;
/// Small words in the windows of a block if each byte is a place.
const NARROW_KEYS: usize = BLOCK + WINDOW;
/// Small words in the windows of a block, at most.
const KEYS: usize = BLOCK + WIDEST * WINDOW;
/// Bytes of the small words of a block.
const INPUT: usize = KEYS + T - 1;
/// The lower bits of a key: the place in the block. The upper 22 bits are the hash.
const PLACES: u32 = KEYS.next_power_of_two() as u32 - 1;
const _: () = assert!(KEYS.is_multiple_of(64));
const _: () = assert!(WINDOW == 32 && T == 8, "what `least_of_windows` is written for");

/// Sampled places of a block as bits. A window samples one of its first `W` places. So the last
/// bits belong to the next block.
type SampledBits = [u64; BLOCK / 64 + 1];
const _: () = assert!(WIDEST * W <= 64);

/// What the windows of a block sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Sampled {
    /// In windows of bytes.
    all: SampledBits,
    /// In windows of letters.
    staying: SampledBits,
}

/// The number of first bytes of a text or a block in which windows start.
#[derive(Clone, Copy, Debug)]
struct Starts {
    of_bytes: usize,
    of_letters: usize,
}

/// Hash of a small word, given as its two halves. Its upper bits are used.
#[inline(always)]
fn small(low: u32, high: u32) -> u32 {
    low.wrapping_mul(SEEDS[0] as u32 | 1).wrapping_add(high.wrapping_mul(SEEDS[1] as u32 | 1))
}

/// The hashes of the first `COUNT` small words, each with its place.
///
/// Like the loops below, this is plain arithmetic over arrays, which the compiler turns into vector
/// instructions. Winnowing is often written with a queue of candidates; that mispredicts a branch at every
/// second byte.
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

/// For each of the first `windows` windows, writes the number of the word that it samples. Window `i` starts
/// at small word `i`. Returns, as bits, which windows sample another word than the window before.
#[inline(always)]
fn least_of_windows<const COUNT: usize>(
    least: &mut [u32; COUNT],
    windows: usize,
    numbers: &mut [u32; BLOCK],
) -> [u64; BLOCK / 64] {
    // The smallest of 2, 4, … 32 keys: each step joins two windows of half the length.
    for half in [1, 2, 4, 8, 16] {
        for at in 0..windows + WINDOW - half {
            least[at] = least[at].min(least[at + half]);
        }
    }
    for (window, number) in numbers[..windows].iter_mut().enumerate() {
        let window = window as u32;
        *number = window + ((least[window as usize] & PLACES).wrapping_sub(window)) % W as u32;
    }
    let mut others = [1u8; BLOCK];
    for window in 1..BLOCK {
        others[window] = (numbers[window] != numbers[window - 1]) as u8;
    }
    let mut changes = [0; BLOCK / 64];
    for (changes, others) in changes.iter_mut().zip(others.chunks_exact(64)) {
        for (index, others) in others.chunks_exact(8).enumerate() {
            *changes |= gathered(word(others, 0)) << (8 * index);
        }
    }
    changes
}

/// Adds the places that the first `count` windows of bytes sample.
#[inline(always)]
fn of_bytes(mut keys: [u32; NARROW_KEYS], count: usize, places: &mut SampledBits) {
    let mut numbers = [0; BLOCK];
    let changes = least_of_windows(&mut keys, BLOCK, &mut numbers);
    each(changes, count, |window| {
        let place = numbers[window] as usize;
        places[place / 64] |= 1 << (place % 64);
    });
}

/// Turns eight bytes of 0 or 1 into eight bits; the first byte becomes the lowest bit.
#[inline(always)]
fn gathered(bytes: u64) -> u64 {
    bytes.wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// Adds the places that windows of letters sample, for the windows that start in the first `bytes_in` bytes.
#[inline(always)]
fn of_letters(
    keys: &[u32; KEYS],
    bytes: &[u8; INPUT],
    mut letters: Places,
    bytes_in: usize,
    places: &mut SampledBits,
) {
    let mut least = [u32::MAX; KEYS];
    let mut starts = [0u16; KEYS];
    let (mut count, mut windows) = (0, 0);
    for (place, window) in (0..).step_by(64).zip(bytes[..KEYS].as_chunks::<64>().0) {
        let mut here = letters.next(window, bytes[place + 64]);
        let of_windows = bytes_in.saturating_sub(place);
        windows += (here & if of_windows < 64 { (1 << of_windows) - 1 } else { !0 }).count_ones() as usize;
        while here != 0 {
            let at = place + here.trailing_zeros() as usize;
            least[count] = keys[at] & !PLACES | count as u32;
            starts[count] = at as u16;
            count += 1;
            here &= here - 1;
        }
    }
    let mut numbers = [0; BLOCK];
    let changes = least_of_windows(&mut least, windows, &mut numbers);
    each(changes, windows, |window| {
        let place = starts[numbers[window] as usize] as usize;
        places[place / 64] |= 1 << (place % 64);
    });
}

/// Calls `call` for each set bit among the first `count` bits.
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

/// Adds the places that the windows of a block sample. `letters` gives its places.
#[inline(always)]
fn block(bytes: &[u8; INPUT], letters: Places, starts: Starts, sampled: &mut Sampled) {
    // If each byte is a character, the small words of the last window end here.
    let is_ascii = bytes[..NARROW_KEYS + T - 1].is_ascii();
    let (mut all, mut staying) = (SampledBits::default(), SampledBits::default());
    if is_ascii || starts.of_letters == 0 {
        of_bytes(keys(bytes), starts.of_bytes, &mut all);
        staying = if starts.of_letters > 0 { all } else { staying };
    } else {
        let keys = keys(bytes);
        of_bytes(*keys.first_chunk().expect("fewer"), starts.of_bytes, &mut all);
        of_letters(&keys, bytes, letters, starts.of_letters, &mut staying);
    }
    sampled.all.iter_mut().zip(all).for_each(|(sampled, places)| *sampled |= places);
    sampled.staying.iter_mut().zip(staying).for_each(|(sampled, places)| *sampled |= places);
}

/// [`block`] with wider vectors: the same code, compiled for them.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn block_avx2(bytes: &[u8; INPUT], letters: Places, starts: Starts, sampled: &mut Sampled) {
    block(bytes, letters, starts, sampled);
}

/// The fastest form of [`block`] that this machine can run.
fn fastest() -> fn(&[u8; INPUT], Places, Starts, &mut Sampled) {
    #[cfg(target_arch = "x86_64")]
    if crate::support::cpu::has_avx2_and_bits() {
        // SAFETY: the machine has AVX2 and the bit instructions, the features that the function is compiled
        // for.
        return |bytes, letters, starts, sampled| unsafe { block_avx2(bytes, letters, starts, sampled) };
    }
    block
}

impl Starts {
    /// All windows that fit into the stream.
    fn of(folded: &[u8]) -> Starts {
        let last_window = Places::backwards(folded).nth(GUARANTEE - 1);
        Starts {
            of_bytes: (folded.len() + 1).saturating_sub(GUARANTEE),
            of_letters: last_window.map_or(0, |last| last + 1),
        }
    }

    /// The windows in the block from `start`.
    fn from(self, start: usize) -> Starts {
        let rest = |bytes: usize| bytes.saturating_sub(start).min(BLOCK);
        Starts { of_bytes: rest(self.of_bytes), of_letters: rest(self.of_letters) }
    }
}

/// The seeds that windows from these starts sample, by position.
fn sampled(folded: &[u8], starts: Starts) -> Vec<Seed> {
    let windows = starts.of_bytes;
    let mut seeds = Thinned { seeds: huge_pages::vec(windows / 8 + 16), folded };
    let block = fastest();
    // Positions are sampled nearly in order and often twice. A set of bits brings them in order, each once.
    let (mut sampled, mut padding) = (Sampled::default(), [0; INPUT]);
    for start in (0..windows).step_by(BLOCK) {
        let letters = Places::from(folded, start);
        block(padded(&folded[start..], &mut padding), letters, starts.from(start), &mut sampled);
        let Sampled { all, staying } = &mut sampled;
        let whole = if start + BLOCK < windows { BLOCK / 64 } else { all.len() };
        for (index, (all, staying)) in all.iter_mut().zip(staying.iter_mut()).take(whole).enumerate() {
            // Windows of letters may sample a place that no window of bytes samples.
            *all |= *staying;
            while *all != 0 {
                let bit = all.trailing_zeros();
                seeds.push((start + index * 64 + bit as usize) as u32, *staying >> bit & 1 == 1);
                *all &= *all - 1;
            }
            *staying = 0;
        }
        all.swap(0, BLOCK / 64);
        staying.swap(0, BLOCK / 64);
    }
    let mut seeds = seeds.seeds;
    seeds.shrink_to_fit();
    seeds
}

/// Collects seeds. From a run of equal seeds close together it keeps one in `W` bytes.
struct Thinned<'a> {
    seeds: Vec<Seed>,
    folded: &'a [u8],
}

impl Thinned<'_> {
    #[inline]
    fn push(&mut self, at: u32, stays: bool) {
        let seed = Seed::new(hash(self.folded, at as usize), at, stays);
        // In a run of equal seeds the middle one of three is removed if the outer two are at most W apart.
        if let [.., first, middle] = self.seeds[..]
            && middle.hash() == seed.hash()
            && first.hash() == seed.hash()
            && at - first.at() <= W as u32
            && (!middle.stays() || first.stays() && stays)
        {
            self.seeds.pop();
        }
        self.seeds.push(seed);
    }
}

/// Sorts seeds, given by position, by hash. Seeds with equal hashes stay in order of position.
fn sort_by_hash(seeds: &mut [Seed]) {
    /// Fewer seeds than this are sorted by comparison.
    const FEW: usize = 2048;
    if seeds.len() < FEW {
        seeds.sort_unstable();
    } else {
        radix::sort(seeds, HASH_BITS, |seed| seed.hash() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: every window on its own.
    fn defined(folded: &[u8], starts: impl Fn(&usize) -> bool) -> Vec<u32> {
        let starts: Vec<usize> = (0..folded.len()).filter(starts).collect();
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

    /// Letters of one byte with no, some or only wider letters among them.
    fn mixed() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{0,2400}",
            "[a-z]{0,900}[à-ž]{0,2}[a-z]{0,900}[ก-๏]{0,300}[a-z]{0,60}",
            "[a-zà-ж]{0,1200}",
            "[ก-๏a-z0-9]{0,900}",
            "[一-龥ก-๏\u{20000}-\u{20100}]{0,700}",
            "[一-龥]{0,700}",
            "[ぁ-んァ-ヶ一-丟a]{0,700}",
            "[가-힣]{0,200}[a-z가-힣ก-๏]{0,300}",
        ]
    }

    proptest! {
        #[test]
        fn sampling_is_its_definition(folded in mixed()) {
            let folded = folded.as_bytes();
            let seeds = sampled(folded, Starts::of(folded));
            let at = |seeds: &mut dyn Iterator<Item = &Seed>| seeds.map(|seed| seed.at()).collect::<Vec<u32>>();
            let places: std::collections::BTreeSet<usize> = Places::backwards(folded).collect();
            let staying = defined(folded, |at| places.contains(at));
            prop_assert_eq!(at(&mut seeds.iter().filter(|seed| seed.stays())), staying.clone());
            let of_bytes = defined(folded, |_| true);
            let sampled = sample(folded);
            prop_assert_eq!(at(&mut sampled.iter()), of_bytes.clone());
            prop_assert!(!sampled.iter().any(|seed| seed.stays()));
            let all = of_bytes.into_iter().chain(staying).collect::<std::collections::BTreeSet<u32>>();
            prop_assert_eq!(at(&mut seeds.iter()), all.into_iter().collect::<Vec<u32>>());
        }

        /// Every window of GUARANTEE bytes contains a seed, and two equal windows contain the same one
        /// (periodic text included).
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

        /// Two equal stretches of that many letters share a seed that stays, however wide the characters are
        /// and however many letters they count.
        #[test]
        fn equal_stretches_of_letters_share_a_seed_that_stays(
            copy in prop_oneof![
                "[ก-๏]{39,80}|(กข|ab|กขa|ก){39,60}|[а-яa-z]{39,80}|[a-z]{0,20}[一-龥]{8,20}[a-z]{19,30}|[\u{20000}-\u{20100}a]{39,60}",
                "[一-龥]{16,40}|(一|二丁){16,40}|[\u{20000}-\u{20100}]{16,30}|[ぁ-ヶ]{20,50}|(あ|いう){20,40}|[가-힣]{20,50}",
                "[一-龥ぁ-ヶ]{20,50}|[가-힣a-z]{39,60}|[一-龥]{6}[ぁ-ヶ]{6}[ก-๏]{4}[가-힣]{4,9}|[ก-๏一-龥]{39,60}",
            ],
            before in "[a-zก-๏一-丟ぁ가]{0,60}", between in "[a-zก-๏一-丟ぁ가]{0,60}", after in "[a-zก-๏一-丟ぁ가]{0,60}",
        ) {
            prop_assert!(crate::stream::letters(copy.as_bytes()) >= GUARANTEE);
            let text = [&before[..], &copy, &between, &copy, &after].concat();
            let seeds = sampled(text.as_bytes(), Starts::of(text.as_bytes()));
            let within = |from: usize| -> Vec<u32> {
                let inside = |seed: &&Seed| seed.at() as usize >= from && seed.at() as usize + K <= from + copy.len();
                seeds.iter().filter(inside).filter(|seed| seed.stays()).map(|seed| seed.hash()).collect()
            };
            let (one, two) = (within(before.len()), within(before.len() + copy.len() + between.len()));
            prop_assert!(one.iter().any(|hash| two.contains(hash)));
        }

        #[test]
        fn fast_blocks_are_the_plain_ones(bytes in proptest::collection::vec(any::<u8>(), INPUT), of_bytes in 0..=BLOCK, of_letters in 0..=BLOCK) {
            let bytes: [u8; INPUT] = bytes.try_into().unwrap();
            let starts = Starts { of_bytes, of_letters };
            let letters = Places::default();
            let (mut plain, mut fast) = (Sampled::default(), Sampled::default());
            block(&bytes, letters, starts, &mut plain);
            fastest()(&bytes, letters, starts, &mut fast);
            prop_assert_eq!(plain, fast);
        }
    }

    #[test]
    fn one_seed_in_eleven_bytes_and_fewer_in_periodic_text() {
        let mut state = 1u64;
        let random: Vec<u8> = (0..100_000)
            .map(|_| {
                state = crate::support::hash::mix(state);
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
