//! The guarantee: bands find at least the share that `Bands::recall` states, through sketches, keys and
//! tables of an index.

mod texts;

use refrain::{Bands, Index, Sketcher};
use texts::Random;

/// Random members, the same for the same seed.
fn members(seed: u64) -> impl Iterator<Item = u64> {
    let mut random = Random(seed);
    std::iter::repeat_with(move || random.next())
}

const PAIRS: u64 = 4000;

/// How many of [`PAIRS`] pairs with Jaccard similarity `shared / union` the index proposes.
fn found(bands: Bands, slots: usize, shared: usize, union: usize, seed: u64) -> u64 {
    let sketcher = Sketcher::builder().slots(slots).seed(seed).build().unwrap();
    let own = (union - shared) / 2;
    assert_eq!(shared + 2 * own, union);
    let mut index = Index::new(sketcher.recipe(), bands).unwrap();
    let mut queries = Vec::new();
    for pair in 0..PAIRS {
        let all: Vec<u64> = members(seed << 32 | pair).take(union).collect();
        index.insert(&sketcher.sketch_slice(&all[..shared + own])).unwrap();
        queries.push(sketcher.sketch_shingles(all[..shared].iter().chain(&all[shared + own..]).copied()));
    }
    let is_found = |(query, pair): (_, u64)| {
        let proposed = index.top(query, usize::MAX).unwrap();
        assert_eq!(proposed.capped, 0);
        proposed.items.iter().any(|neighbor| neighbor.id.position() as u64 == pair)
    };
    queries.iter().zip(0..).map(is_found).map(u64::from).sum()
}

fn check(bands: Bands, slots: usize, theory: f64) {
    assert!((bands.recall(0.8) - theory).abs() < 0.0005);
    // Slots of four bits agree by accident in 1 of 16 cases, so more pairs are found.
    let accidental = bands.recall(0.8 + 0.2 / 16.0);
    let std_error = (theory * (1.0 - theory) / PAIRS as f64).sqrt();
    for seed in [1, 2, 3] {
        // Short documents, ordinary ones, long ones; all at J = 0.8.
        for union in [50, 500, 2000] {
            let share = found(bands, slots, union * 4 / 5, union, seed) as f64 / PAIRS as f64;
            assert!(
                share >= theory - 3.0 * std_error,
                "{bands}, {union} members, seed {seed}: {share}, expected {theory} ± {std_error}"
            );
            // The index does not propose everything: negatively correlated slots find at most 0.02 more.
            assert!(
                share < accidental + 0.02 + 3.0 * std_error,
                "{bands}, {union} members, seed {seed}: {share}"
            );
        }
    }
}

#[test]
fn sixteen_bands_of_eight_find_0_947_at_0_8() {
    check(Bands::STANDARD, 128, 0.947);
    check(Bands::STANDARD, 256, 0.947);
}

#[test]
fn twenty_eight_bands_of_nine_find_0_982_at_0_8() {
    check(Bands::ACCURATE, 252, 0.982);
}

#[test]
fn dissimilar_documents_are_proposed_as_rarely_as_stated() {
    // At J = 0.5 and 0.3, where four bits of unequal slots agree by accident in 1 of 16 cases.
    for (shared, union, jaccard) in [(300, 600, 0.5_f64), (180, 600, 0.3)] {
        let expected = Bands::STANDARD.false_candidates(jaccard, PAIRS);
        let by_hand = PAIRS as f64 * Bands::STANDARD.recall(jaccard + (1.0 - jaccard) / 16.0);
        assert!((expected - by_hand).abs() < 1e-9);
        let spread = expected.sqrt();
        for seed in [1, 2, 3] {
            let found = found(Bands::STANDARD, 256, shared, union, seed) as f64;
            assert!(
                (found - expected).abs() <= 5.0 * spread + 3.0,
                "J = {jaccard}: {found}, expected {expected}"
            );
        }
    }
}
