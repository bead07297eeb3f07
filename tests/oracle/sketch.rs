//! Fast Similarity Sketching as the doc comments define it, one slot at a time: every member is examined in
//! every round for every slot. Classic MinHash is here too, so that its variance can be compared.
#![allow(unreachable_pub, dead_code, reason = "each test uses its part")]

/// Slots of the set by the recipe's seed.
pub fn slots(members: &[u64], slots: usize, seed: u64) -> Vec<u64> {
    let switch = slots.div_ceil(16).clamp(8, 120) as u64;
    let hashes: Vec<u64> = members.iter().map(|&member| hash(member, seed)).collect();
    (0..slots).map(|slot| slot_of(&hashes, slot, slots, switch)).collect()
}

fn slot_of(hashes: &[u64], slot: usize, slots: usize, switch: u64) -> u64 {
    for round in 0..switch {
        let thrown = hashes.iter().flat_map(|&hash| throws(hash, round));
        let here = thrown.filter(|(place, _)| (*place as u128 * slots as u128) >> 32 == slot as u128);
        if let Some(least) = here.map(|(_, rank)| rank & RANK).min() {
            return round << 56 | least;
        }
    }
    let ranks = hashes.iter().map(|&hash| times(hash, key(3, slot as u64)) & RANK);
    ranks.min().map_or(u64::MAX, |least| switch << 56 | least)
}

/// Places and ranks of a hash in a round.
fn throws(hash: u64, round: u64) -> Vec<(u32, u64)> {
    if round == 0 {
        return vec![((hash >> 32) as u32, hash)];
    }
    let by = |half: u64, number: u64| {
        ((half as u32).wrapping_mul(key(1, number) as u32 | 1), times(hash, key(2, number)))
    };
    vec![by(hash, 2 * round), by(hash >> 32, 2 * round + 1)]
}

const RANK: u64 = (1 << 56) - 1;

fn hash(member: u64, seed: u64) -> u64 {
    let loosened = member.wrapping_mul(0x9b05_688c_2b3e_6c1f);
    times((loosened ^ (loosened >> 32)) ^ key(seed, 0), key(seed, 1))
}

fn times(hash: u64, number: u64) -> u64 {
    fold(hash as u128 * (number | 1) as u128)
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

/// Classic MinHash (Broder 1997): slot i is the minimum of permutation i, `x -> a x + b` modulo 2^32 with odd
/// `a`.
pub fn classic_minhash(members: &[u64], slots: usize, seed: u64) -> Vec<u32> {
    let short: Vec<u32> = members.iter().map(|&member| (key(member, 0) >> 32) as u32).collect();
    let slot = |number: usize| {
        let random = key(seed, 0).wrapping_add(number as u64);
        let (multiplier, addend) = ((key(random, 0) >> 32) as u32 | 1, key(random, 1) as u32);
        let images = short.iter().map(|&x| x.wrapping_mul(multiplier).wrapping_add(addend));
        images.min().unwrap_or(u32::MAX)
    };
    (0..slots).map(slot).collect()
}
