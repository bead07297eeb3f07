//! Pairs of equal seeds: the positions that are compared directly.
//!
//! In: the seeds of one or two texts, by hash and then position. Out: pairs of positions in order of the
//! right one.
//!
//! **Limits.** A seed that occurs a few times gives all pairs. For a frequent seed inside one text, each
//! occurrence is paired with the [`LOOK_BACK`] occurrences before it. For a frequent seed between two texts,
//! at most [`ALL_PRODUCTS`] pairs are made, or one for each occurrence on the right. [`Capped`] counts the
//! pairs that are left out.
//!
//! **Cost.** Linear in seeds and pairs. The pairs of one part of the right text are sorted at a time. So they
//! never take more memory than the text.

use super::found::Capped;
use super::seed::Seed;
use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::support::radix;

/// A seed with at most this many occurrences inside one text gives all pairs.
const ALL_PAIRS: usize = 8;
/// For a more frequent seed, each occurrence is compared with this many before it.
const LOOK_BACK: usize = 2;
/// A seed with at most this many pairs between two texts gives all of them.
pub(super) const ALL_PRODUCTS: usize = 64;

/// Visits pairs of equal seeds of one text: the earlier position, then the later one. Returns how many pairs
/// the limit left out.
pub(super) fn within(seeds: &[Seed], visit: &mut dyn FnMut(u32, u32)) -> u64 {
    let mut capped = 0;
    for group in seeds.chunk_by(|a, b| a.hash() == b.hash()) {
        if group.len() <= ALL_PAIRS {
            for (index, later) in group.iter().enumerate().skip(1) {
                group[..index].iter().rev().for_each(|earlier| visit(earlier.at(), later.at()));
            }
            continue;
        }
        let mut latest = [None; LOOK_BACK];
        let mut visited = 0;
        for later in group.iter().filter(|seed| seed.stays()).map(|seed| seed.at()) {
            for earlier in latest.iter().flatten() {
                visit(*earlier, later);
                visited += 1;
            }
            latest.rotate_right(1);
            latest[0] = Some(later);
        }
        let all = group.len() as u64;
        capped += all * (all - 1) / 2 - visited;
    }
    capped
}

/// Visits pairs of equal seeds of two texts. Returns how many pairs the limit left out.
pub(super) fn between(left: &[Seed], right: &[Seed], visit: &mut dyn FnMut(u32, u32)) -> u64 {
    let mut capped = 0;
    let mut rest = left;
    for group in right.chunk_by(|a, b| a.hash() == b.hash()) {
        let hash = group[0].hash();
        // The seed is usually one of the next few, so the search starts there and doubles its range.
        let mut ahead = 4;
        while rest.get(ahead).is_some_and(|seed| seed.hash() < hash) {
            ahead *= 2;
        }
        let near = &rest[..rest.len().min(ahead)];
        rest = &rest[near.partition_point(|seed| seed.hash() < hash)..];
        let same = &rest[..rest.iter().take_while(|seed| seed.hash() == hash).count()];
        if same.is_empty() {
            continue;
        }
        let most = (ALL_PRODUCTS / group.len().min(ALL_PRODUCTS)).max(1).min(same.len());
        capped += ((same.len() - most) * group.len()) as u64;
        // The n-th occurrence on the right is paired with the n-th on the left. So text that repeats on both
        // sides gives few diagonals. (Pairing each with the first was quadratic: every period of one text
        // made a block that runs through the other.)
        for (index, right) in group.iter().enumerate() {
            (index..index + most).for_each(|index| visit(same[index % same.len()].at(), right.at()));
        }
    }
    capped
}

/// Bytes of memory for a pair: the pair itself, and its copy during the sort.
const PAIR_BYTES: usize = 2 * size_of::<(u32, u32)>();

/// Calls `take` with the pairs that `pairs` visits, in order of their right positions, for one part of the
/// right text at a time.
///
/// `pairs` is called once for each part. The number of pairs is known only after the first call. Until then,
/// the first part is halved whenever its buffer is full.
pub(super) fn in_order(
    pairs: impl Fn(&mut dyn FnMut(u32, u32)) -> u64,
    right_length: usize,
    watch: &Watch,
    mut take: impl FnMut(&[(u32, u32)]),
) -> Result<Capped, Error> {
    watch.tell("comparing", ProgressUnit::Bytes, 0, Some(right_length as u64))?;
    let most = (right_length / PAIR_BYTES).max(1);
    let place_bits = usize::BITS - right_length.leading_zeros();
    let mut part: Vec<(u32, u32)> = Vec::new();
    let (mut part_end, mut left_over) = (right_length as u32, 0usize);
    let capped = pairs(&mut |left, right| {
        while part.len() >= most && part_end > 1 && right < part_end {
            part_end /= 2;
            let all = part.len();
            part.retain(|pair| pair.1 < part_end);
            left_over += all - part.len();
        }
        if right < part_end {
            part.push((left, right));
        } else {
            left_over += 1;
        }
    });
    let rest = right_length as u32 - part_end;
    let part_length = rest.div_ceil(left_over.div_ceil(most).max(1) as u32).max(1);
    loop {
        radix::sort(&mut part, place_bits, |pair| pair.1 as u64);
        take(&part);
        if part_end >= right_length as u32 {
            break;
        }
        let part_start = part_end;
        part_end = part_end.saturating_add(part_length);
        watch.tell("comparing", ProgressUnit::Bytes, u64::from(part_start), Some(right_length as u64))?;
        part.clear();
        pairs(&mut |left, right| {
            if right >= part_start && right < part_end {
                part.push((left, right));
            }
        });
    }
    Ok(Capped { pairs: capped })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Few pairs or many, everywhere or in one place.
        #[test]
        fn pairs_come_in_order_and_none_is_lost(
            length in 1usize..3000,
            pairs in proptest::collection::vec((any::<u32>(), any::<prop::sample::Index>()), 0..600),
            within in 1usize..3000,
        ) {
            let pairs: Vec<(u32, u32)> =
                pairs.into_iter().map(|(left, right)| (left, right.index(within.min(length)) as u32)).collect();
            let mut handed = Vec::new();
            let all = |visit: &mut dyn FnMut(u32, u32)| {
                pairs.iter().for_each(|&(left, right)| visit(left, right));
                7
            };
            let capped = in_order(all, length, &Watch::SILENT, |pairs| handed.extend_from_slice(pairs)).unwrap();
            let mut sorted = pairs.clone();
            sorted.sort_by_key(|pair| pair.1);
            prop_assert_eq!((handed, capped.pairs), (sorted, 7));
        }
    }
}
