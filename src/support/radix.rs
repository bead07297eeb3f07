//! Stable sorts by a number, for lists of millions.
//!
//! In: items and a key of a known number of bits. Out: the same items in order of key; equal keys keep their
//! order.
//!
//! **Idea.** A list larger than the cache is first dealt out: each item goes to the part of the upper
//! [`DEALT`] bits of its key. Each part then fits into the cache and is sorted by the other bits, lowest
//! digit first. (Sorting the whole list by the lowest digit first wrote every item to memory three times in
//! random order.)
//!
//! A list that is nearly in order is sorted by insertion ([`settle`]).
//!
//! **Cost.** Linear time; as much memory again as the list.

use crate::support::huge_pages;

/// Bits by which a large list is dealt out: the processor's page tables in cache cover 256 places to write
/// to.
const DEALT: u32 = 8;
/// A list of at most this many bytes is not dealt out: half of a common second-level cache holds it twice.
const SMALL: usize = 256 << 10;
/// The most bits of a digit.
const DIGIT: u32 = 9;
/// Fewer items than this are sorted by insertion.
const FEW: usize = 32;
/// Fewer items than this are sorted by comparison in [`sort_by_major`].
const COMPARED: usize = 2048;

/// Sorts by the low `bits` bits of `key`, whose other bits are zero.
pub(crate) fn sort<T: Copy>(items: &mut [T], bits: u32, key: impl Fn(T) -> u64 + Copy) {
    debug_assert!(items.iter().all(|&item| bits == u64::BITS || key(item) >> bits == 0));
    if items.len() < FEW {
        return insert(items, key);
    }
    let mut other = huge_pages::vec(items.len());
    other.extend_from_slice(items);
    sort_between(items, &mut other, bits, key, false);
}

/// Sorts by `major` (32 bits) and then by the full order; for lists in which few items have equal `major`.
pub(crate) fn sort_by_major<T: Copy + Ord>(items: &mut [T], major: impl Fn(T) -> u32 + Copy) {
    if items.len() < COMPARED {
        items.sort_unstable();
        return;
    }
    sort(items, u32::BITS, |item| major(item) as u64);
    items
        .chunk_by_mut(|&a, &b| major(a) == major(b))
        .filter(|alike| alike.len() > 1)
        .for_each(<[T]>::sort_unstable);
}

/// [`sort_by_major`] for lists that are nearly in order: each item is moved back past the few before it that
/// are greater. If that takes too many steps, the list is sorted by [`sort_by_major`].
pub(crate) fn settle<T: Copy + Ord>(items: &mut [T], major: impl Fn(T) -> u32 + Copy) {
    /// The average number of places that an item may move; above it [`sort_by_major`] is faster.
    const FARTHEST: usize = 8;
    let mut steps = FARTHEST * items.len();
    for next in 1..items.len() {
        let item = items[next];
        let mut at = next;
        while at > 0 && items[at - 1] > item {
            items[at] = items[at - 1];
            at -= 1;
        }
        items[at] = item;
        let Some(rest) = steps.checked_sub(next - at) else { return sort_by_major(items, major) };
        steps = rest;
    }
}

/// Sorts `here` by the low `bits` of the key, with `there` as memory of the same length; the result is in
/// `there` if `moves`.
fn sort_between<T: Copy>(
    here: &mut [T],
    there: &mut [T],
    bits: u32,
    key: impl Fn(T) -> u64 + Copy,
    moves: bool,
) {
    if here.len() < FEW || bits == 0 {
        let low = if bits == u64::BITS { !0 } else { (1 << bits) - 1 };
        insert(here, |item| key(item) & low);
        if moves {
            there.copy_from_slice(here);
        }
    } else if size_of_val(here) > SMALL && bits > DEALT {
        let shift = bits - DEALT;
        let mut ends = [0; 1 << DEALT];
        let digit = |item: T| (key(item) >> shift) as usize & ((1 << DEALT) - 1);
        here.iter().for_each(|&item| ends[digit(item)] += 1);
        deal(here, there, digit, &mut ends);
        let mut start = 0;
        for end in ends {
            let (here, there) = (&mut here[start..end], &mut there[start..end]);
            sort_between(there, here, shift, key, !moves);
            start = end;
        }
    } else {
        by_digits(here, there, bits, key, moves);
    }
}

/// Deals items out by digit. `places` holds the number of items of each digit before the call, and the end of
/// the items of each digit after it.
fn deal<T: Copy>(from: &[T], to: &mut [T], digit: impl Fn(T) -> usize, places: &mut [usize]) {
    let mut sum = 0;
    for place in places.iter_mut() {
        sum += std::mem::replace(place, sum);
    }
    for &item in from {
        let place = &mut places[digit(item)];
        to[*place] = item;
        *place += 1;
    }
}

/// Sorts by one digit after the other, the lowest first.
fn by_digits<T: Copy>(here: &mut [T], there: &mut [T], bits: u32, key: impl Fn(T) -> u64, moves: bool) {
    const MOST_PASSES: usize = u64::BITS.div_ceil(DIGIT) as usize;
    const FEW_PASSES: usize = 3;
    let passes = bits.div_ceil(DIGIT) as usize;
    // Clearing the counts for the most passes takes longer than sorting some hundred items.
    if passes <= FEW_PASSES {
        in_passes(here, there, bits, key, moves, &mut [[0; 1 << DIGIT]; FEW_PASSES][..passes]);
    } else {
        in_passes(here, there, bits, key, moves, &mut [[0; 1 << DIGIT]; MOST_PASSES][..passes]);
    }
}

/// [`by_digits`] with one pass for each array of counts. All counts are zero at the start.
fn in_passes<T: Copy>(
    here: &mut [T],
    there: &mut [T],
    bits: u32,
    key: impl Fn(T) -> u64,
    moves: bool,
    counts: &mut [[usize; 1 << DIGIT]],
) {
    let width = bits.div_ceil(counts.len() as u32);
    let digit = |item: T, pass: usize| (key(item) >> (pass as u32 * width)) as usize & ((1 << width) - 1);
    for &item in here.iter() {
        for (pass, counts) in counts.iter_mut().enumerate() {
            counts[digit(item, pass)] += 1;
        }
    }
    let (mut from, mut to) = (here, there);
    let mut moved = false;
    for (pass, counts) in counts.iter_mut().enumerate() {
        // If all have the same digit, the pass changes nothing.
        if counts[digit(from[0], pass)] == from.len() {
            continue;
        }
        deal(from, to, |item| digit(item, pass), &mut counts[..1 << width]);
        std::mem::swap(&mut from, &mut to);
        moved = !moved;
    }
    if moved != moves {
        to.copy_from_slice(from);
    }
}

/// Sorts few items in place.
fn insert<T: Copy>(items: &mut [T], key: impl Fn(T) -> u64) {
    for next in 1..items.len() {
        let item = items[next];
        let mut at = next;
        while at > 0 && key(items[at - 1]) > key(item) {
            items[at] = items[at - 1];
            at -= 1;
        }
        items[at] = item;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Keys of some number of bits, many or few of them equal.
    fn keys() -> impl Strategy<Value = (u32, Vec<u64>)> {
        let lengths = prop_oneof![0usize..100, 2000usize..3000, 30_000usize..40_000];
        (1u32..=64, lengths, any::<u64>(), 0u32..64).prop_map(|(bits, length, seed, alike)| {
            let key = |n: u64| (crate::support::hash::mix(seed ^ n) >> alike) & (!0 >> (64 - bits));
            (bits, (0..length as u64).map(key).collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sorts_by_the_key_and_keeps_the_order_of_equals((bits, keys) in keys()) {
            let mut items: Vec<(u64, usize)> = keys.into_iter().zip(0..).collect();
            let mut sorted = items.clone();
            sorted.sort();
            sort(&mut items, bits, |item| item.0);
            prop_assert_eq!(items, sorted);
        }

        /// In order except for some items that are a few places off, or anywhere.
        #[test]
        fn settles_what_is_nearly_in_order_and_what_is_not(
            (_, keys) in keys(),
            off in prop_oneof![1u32..20, Just(u32::MAX)],
        ) {
            let place = |(at, key): (u32, u64)| (at.wrapping_add(key as u32 % off) / 2, (key >> 60) as u32);
            let mut items: Vec<(u32, u32)> = (0..).zip(keys).map(place).collect();
            let mut sorted = items.clone();
            sorted.sort_unstable();
            settle(&mut items, |item| item.0);
            prop_assert_eq!(items, sorted);
        }

        #[test]
        fn sorts_by_major_and_then_by_the_rest((_, keys) in keys()) {
            let mut items: Vec<(u32, u32)> = keys.into_iter().map(|key| (key as u32 % 3000, (key >> 32) as u32)).collect();
            let mut sorted = items.clone();
            sorted.sort_unstable();
            sort_by_major(&mut items, |item| item.0);
            prop_assert_eq!(items, sorted);
        }
    }
}
