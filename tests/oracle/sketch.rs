//! Fast Similarity Sketching as the doc comments state it, one slot at a time: every member is looked at in every
//! round for every slot.
#![allow(unreachable_pub, reason = "a module of tests")]

/// Slots of the set by the recipe's seed.
pub fn slots(members: &[u64], slots: usize, seed: u64) -> Vec<u64> {
    let switch = (3 * slots).div_ceil(32).clamp(12, 120) as u64;
    (0..slots).map(|slot| slot_of(members, slot, slots, seed, switch)).collect()
}

fn slot_of(members: &[u64], slot: usize, slots: usize, seed: u64, switch: u64) -> u64 {
    for round in 0..switch {
        let thrown = members.iter().map(|&member| hash(member, seed, round));
        let here = thrown.filter(|hash| ((hash >> 32) as u128 * slots as u128) >> 32 == slot as u128);
        if let Some(least) = here.map(|hash| hash & RANK).min() {
            return round << 56 | least;
        }
    }
    let all = members.iter().map(|&member| hash(member, seed, switch + slot as u64) & RANK);
    all.min().map_or(u64::MAX, |least| switch << 56 | least)
}

const RANK: u64 = (1 << 56) - 1;

fn hash(member: u64, seed: u64, number: u64) -> u64 {
    let loosened = member.wrapping_mul(0x9b05_688c_2b3e_6c1f);
    let loosened = loosened ^ (loosened >> 32);
    fold((loosened ^ key(seed, 2 * number)) as u128 * (key(seed, 2 * number + 1) | 1) as u128)
}

fn fold(product: u128) -> u64 {
    product as u64 ^ (product >> 64) as u64
}

/// The `counter`-th output of SplitMix64.
fn key(seed: u64, counter: u64) -> u64 {
    let mut z = seed;
    for _ in 0..=counter {
        z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    }
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
