//! The estimators: no bias, the stated spread, and a reported standard error that matches it.
//!
//! Every trial draws new sets, from fixed seeds. Let d = estimate - truth. The mean of d must be within four
//! of its standard errors of zero. The normalised mean squared error `mean(d²) k / (J (1 - J))` is 1 for
//! classic MinHash. It may exceed its limit by at most three of its standard errors.

#[path = "oracle/sketch.rs"]
mod oracle;
mod texts;

use refrain::{Compact, Estimate, Sketch, Sketcher, SlotBits, Weighting};
use texts::Random;

const SIMILARITIES: [f64; 6] = [0.1, 0.3, 0.5, 0.8, 0.9, 0.95];

/// Deviations from the truth, summed up.
#[derive(Default)]
struct Deviations {
    count: f64,
    sum: f64,
    squares: f64,
    fourths: f64,
    /// How many are within twice the reported standard error.
    covered: f64,
}

impl Deviations {
    fn add(&mut self, estimate: Estimate, truth: f64) {
        let d = estimate.value - truth;
        self.count += 1.0;
        self.sum += d;
        self.squares += d * d;
        self.fourths += d.powi(4);
        self.covered += f64::from(u8::from(d.abs() <= 2.0 * estimate.std_error + 1e-12));
    }

    fn bias(&self) -> f64 {
        self.sum / self.count
    }

    fn std_error_of_bias(&self) -> f64 {
        (self.squares / self.count / self.count).sqrt()
    }

    /// Mean squared error in units of `unit`, and the standard error of that.
    fn error_in(&self, unit: f64) -> (f64, f64) {
        let mean = self.squares / self.count;
        let spread = ((self.fourths / self.count - mean * mean).max(0.0) / self.count).sqrt();
        (mean / unit, spread / unit)
    }

    fn assert_unbiased(&self, case: &str) {
        let (bias, error) = (self.bias(), self.std_error_of_bias());
        assert!(bias.abs() <= 4.0 * error, "{case}: bias {bias:+.5}, standard error {error:.5}");
        if error < 0.0005 {
            assert!(bias.abs() < 0.002, "{case}: bias {bias:+.5}");
        }
    }

    fn assert_error(&self, unit: f64, limit: f64, case: &str) {
        let (error, spread) = self.error_in(unit);
        assert!(error <= limit + 3.0 * spread, "{case}: {error:.3} ± {spread:.3} of the unit, limit {limit}");
    }
}

/// How the members of the sets are numbered.
#[derive(Clone, Copy, Debug)]
enum Members {
    /// Random 64-bit numbers.
    Hashes,
    /// 0, 1, 2, … with another seed of the sketcher each time.
    Consecutive,
    /// Multiples of a power of two from a random start, with another seed of the sketcher each time.
    Steps,
}

/// A sketcher and the `n` members of a union.
fn draw(n: usize, slots: usize, members: Members, random: &mut Random) -> (Sketcher, Vec<u64>) {
    let sketcher = Sketcher::builder().slots(slots);
    let numbers: Vec<u64> = match members {
        Members::Hashes => (0..n).map(|_| random.next()).collect(),
        Members::Consecutive => (0..n as u64).collect(),
        Members::Steps => {
            let (start, shift) = (random.next() >> 40, 8 + random.below(32));
            (0..n as u64).map(|index| (start + index) << shift).collect()
        }
    };
    (sketcher.seed(random.next()).build().unwrap(), numbers)
}

/// Sketches of two sets with `n` members in their union, a share `similarity` of them in both, the others
/// divided equally.
fn pair(sketcher: &Sketcher, numbers: &[u64], similarity: f64) -> (Sketch, Sketch, f64) {
    let n = numbers.len();
    let common = ((n as f64 * similarity).round() as usize).clamp(1, n);
    let left = common + (n - common) / 2;
    let mut right = sketcher.sketch_slice(&numbers[..common]);
    right.merge(&sketcher.sketch_slice(&numbers[left..])).unwrap();
    (sketcher.sketch_slice(&numbers[..left]), right, common as f64 / n as f64)
}

fn check(n: usize, trials: usize, slots: usize, members: Members, limit: f64) {
    for (row, similarity) in SIMILARITIES.into_iter().enumerate() {
        let mut random = Random((n + 10 * row + slots) as u64);
        let (mut deviations, mut truth) = (Deviations::default(), 0.0);
        for _ in 0..trials {
            let (sketcher, numbers) = draw(n, slots, members, &mut random);
            let (left, right, jaccard) = pair(&sketcher, &numbers, similarity);
            deviations.add(left.jaccard(&right), jaccard);
            truth = jaccard;
        }
        let case = format!("{members:?}, n = {n}, k = {slots}, J = {truth}");
        if truth < 1.0 {
            deviations.assert_unbiased(&case);
            deviations.assert_error(truth * (1.0 - truth) / slots as f64, limit, &case);
        }
    }
}

#[test]
fn short_documents_have_two_thirds_of_the_error_of_minhash_and_no_bias() {
    for n in [10, 20, 50, 100, 200] {
        check(n, 20_000, 128, Members::Hashes, 0.65);
    }
}

#[test]
fn other_numbers_of_slots_have_the_same_relative_error() {
    for slots in [64, 252, 256, 1024] {
        for n in [10, 50, 200] {
            check(n, 4_000, slots, Members::Hashes, if slots >= 128 { 0.65 } else { 1.05 });
        }
    }
}

#[test]
fn longer_documents_have_the_error_of_minhash_and_no_bias() {
    for (n, trials) in [(500, 20_000), (1_000, 20_000), (5_000, 4_000), (20_000, 1_000), (100_000, 200)] {
        check(n, trials, 128, Members::Hashes, 1.05);
    }
    check(1_000, 8_000, 252, Members::Hashes, 1.05);
}

/// Shingles numbered 0, 1, 2, … give the same error as hashes.
#[test]
fn consecutive_numbers_are_as_good_as_hashes() {
    for members in [Members::Consecutive, Members::Steps] {
        for n in [10, 50, 200] {
            check(n, 8_000, 128, members, 0.65);
        }
        check(1_000, 8_000, 128, members, 1.05);
        check(20_000, 400, 128, members, 1.05);
    }
}

#[test]
fn the_reported_standard_error_covers() {
    for n in [30, 200, 2_000] {
        for similarity in [0.1, 0.5, 0.8, 0.95] {
            let mut random = Random(n as u64);
            let mut deviations = Deviations::default();
            for _ in 0..4_000 {
                let (sketcher, numbers) = draw(n, 128, Members::Hashes, &mut random);
                let (left, right, jaccard) = pair(&sketcher, &numbers, similarity);
                deviations.add(left.jaccard(&right), jaccard);
            }
            let covered = deviations.covered / deviations.count;
            assert!(covered >= 0.94, "n = {n}, J = {similarity}: {covered} within two standard errors");
        }
    }
}

#[test]
fn compact_sketches_are_unbiased_with_the_error_of_their_bits() {
    let widths = [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight];
    for n in [100, 3_000] {
        for similarity in [0.1, 0.5, 0.8, 0.95] {
            let mut random = Random(n as u64 + 1);
            let mut deviations: [Deviations; 4] = Default::default();
            let mut truth = 0.0;
            for _ in 0..4_000 {
                let (sketcher, numbers) = draw(n, 128, Members::Hashes, &mut random);
                let (left, right, jaccard) = pair(&sketcher, &numbers, similarity);
                for (bits, deviations) in widths.into_iter().zip(&mut deviations) {
                    let (left, right): (Compact, Compact) = (left.compact(bits), right.compact(bits));
                    deviations.add(left.jaccard(&right), jaccard);
                }
                truth = jaccard;
            }
            for (bits, deviations) in widths.into_iter().zip(deviations) {
                let case = format!("{bits:?} bits, n = {n}, J = {truth}");
                let accident = 0.5_f64.powi(bits.bits() as i32);
                let agree = accident + (1.0 - accident) * truth;
                let unit = agree * (1.0 - agree) / (1.0 - accident).powi(2) / 128.0;
                deviations.assert_unbiased(&case);
                deviations.assert_error(unit, 1.05, &case);
            }
        }
    }
}

#[test]
fn containment_is_unbiased_between_sets_of_any_sizes() {
    for (left, common, right) in
        [(100, 50, 100), (20, 15, 500), (500, 15, 20), (300, 300, 3_000), (50, 0, 50)]
    {
        let mut random = Random(7);
        let (mut forth, mut back) = (Deviations::default(), Deviations::default());
        for _ in 0..8_000 {
            let (sketcher, numbers) = draw(left + right - common, 128, Members::Hashes, &mut random);
            let (one, two) =
                (sketcher.sketch_slice(&numbers[..left]), sketcher.sketch_slice(&numbers[left - common..]));
            forth.add(one.containment(&two), common as f64 / left as f64);
            back.add(two.containment(&one), common as f64 / right as f64);
        }
        for (deviations, size) in [(forth, left), (back, right)] {
            let truth = common as f64 / size as f64;
            let case = format!("containment of {size} with {common} common");
            deviations.assert_unbiased(&case);
            // Only slots where this set has the minimum count.
            let slots = 128.0 * size as f64 / (left + right - common) as f64;
            if truth > 0.0 && truth < 1.0 {
                deviations.assert_error(truth * (1.0 - truth) / slots, 1.2, &case);
            }
        }
    }
}

#[test]
fn the_number_of_distinct_members_is_estimated_within_its_error() {
    for n in [1, 5, 20, 100, 1_000, 30_000] {
        let mut random = Random(n as u64);
        let mut deviations = Deviations::default();
        let trials = (2_000_000 / n).clamp(200, 4_000);
        for _ in 0..trials {
            let (sketcher, numbers) = draw(n, 128, Members::Hashes, &mut random);
            let estimate = sketcher.sketch_slice(&numbers).distinct();
            deviations.add(estimate, n as f64);
        }
        let case = format!("distinct of {n}");
        let bias = deviations.bias() / n as f64;
        assert!(bias.abs() < 0.012, "{case}: relative bias {bias:+.4}");
        deviations.assert_error((n * n) as f64 / 128.0, 1.1, &case);
    }
}

/// The comparison: classic MinHash has a normalised error of 1, which the sketches above do not exceed.
#[test]
fn classic_minhash_is_unbiased_with_its_own_error() {
    const SLOTS: usize = 128;
    for (n, trials) in [(20, 8_000), (200, 2_000)] {
        for similarity in [0.1, 0.5, 0.9] {
            let mut random = Random(n as u64 + 3);
            let mut deviations = Deviations::default();
            let common = (n as f64 * similarity).round() as usize;
            let left = common + (n - common) / 2;
            let truth = common as f64 / n as f64;
            for _ in 0..trials {
                let (numbers, seed): (Vec<u64>, u64) =
                    ((0..n).map(|_| random.next()).collect(), random.next());
                let other = [&numbers[..common], &numbers[left..]].concat();
                let [left, right] =
                    [&numbers[..left], &other[..]].map(|set| oracle::classic_minhash(set, SLOTS, seed));
                let equal = left.iter().zip(&right).filter(|(left, right)| left == right).count();
                deviations.add(Estimate { value: equal as f64 / SLOTS as f64, std_error: 0.0 }, truth);
            }
            let case = format!("classic MinHash, n = {n}, J = {truth}");
            deviations.assert_unbiased(&case);
            deviations.assert_error(truth * (1.0 - truth) / SLOTS as f64, 1.05, &case);
        }
    }
}

/// With counts, the estimated similarity is `Σ min / Σ max`, and each shingle is sketched as often as it
/// occurs.
#[test]
fn occurrences_estimate_the_similarity_of_multisets() {
    let mut random = Random(11);
    let mut deviations = Deviations::default();
    let mut unit = 0.0;
    for seed in 0..4_000 {
        let sketcher = Sketcher::builder().weighting(Weighting::Occurrences).seed(seed).build().unwrap();
        let counts: Vec<[usize; 2]> = (0..60).map(|_| [random.below(5), random.below(5)]).collect();
        let members = |side: usize| {
            counts.iter().zip(0..).flat_map(move |(count, number)| std::iter::repeat_n(number, count[side]))
        };
        let (least, most) = counts
            .iter()
            .fold((0, 0), |(least, most), &[left, right]| (least + left.min(right), most + left.max(right)));
        let truth = least as f64 / most as f64;
        let (left, right) = (sketcher.sketch_shingles(members(0)), sketcher.sketch_shingles(members(1)));
        deviations.add(left.jaccard(&right), truth);
        unit += truth * (1.0 - truth) / 128.0 / 4_000.0;
    }
    deviations.assert_unbiased("occurrences");
    deviations.assert_error(unit, 1.05, "occurrences");
}

#[test]
fn weights_estimate_the_weighted_similarity() {
    let mut random = Random(12);
    let mut deviations = Deviations::default();
    let mut unit = 0.0;
    for seed in 0..4_000 {
        let sketcher = Sketcher::builder().weighting(Weighting::Weights).seed(seed).build().unwrap();
        // Each trial uses new numbers, because whether a fraction makes a replica depends on the number only.
        let members: Vec<(u64, f64, f64)> = (0..150)
            .map(|_| (random.next(), random.below(4000) as f64 / 1000.0, random.below(4000) as f64 / 1000.0))
            .map(|(number, left, other)| (number, left, if other > 1.0 { left } else { other }))
            .collect();
        let (least, most) = members.iter().fold((0.0, 0.0), |(least, most), &(_, left, right)| {
            (least + f64::min(left, right), most + f64::max(left, right))
        });
        let truth = least / most;
        let left = sketcher.sketch_weighted(members.iter().map(|&(number, left, _)| (number, left))).unwrap();
        let right =
            sketcher.sketch_weighted(members.iter().map(|&(number, _, right)| (number, right))).unwrap();
        deviations.add(left.jaccard(&right), truth);
        unit += truth * (1.0 - truth) / 128.0 / 4_000.0;
    }
    deviations.assert_unbiased("weights");
    deviations.assert_error(unit, 1.05, "weights");

    let sketcher = Sketcher::builder().weighting(Weighting::Weights).build().unwrap();
    for weight in [-0.1, f64::NAN, f64::INFINITY, 65_537.0] {
        assert!(sketcher.sketch_weighted([(1, weight)]).unwrap_err().is_setting());
    }
    assert!(Sketcher::default().sketch_weighted([(1, 1.0)]).unwrap_err().is_setting());
}
