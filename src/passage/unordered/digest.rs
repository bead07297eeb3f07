//! Digests: short passages that sum up a long stretch of the other text.
//!
//! In: the bags of two texts, and the passages found so far. Out: the same passages, with the digests added.
//!
//! A digest has words from all over its source, in sentences of its own. So no two places of the texts agree,
//! and the evidence of [`evidence`](super::evidence) is nothing. What shows is that the source has more of the
//! words of the digest than of the words around it. For either side, these steps run a few times.
//! [`segment`](DigestSearch::segment) finds the units of this side that the vocabulary of the other side covers
//! far better than the rest. [`likelihood`](DigestSearch::likelihood) tests whether that is chance: a
//! log-likelihood ratio of the two shares, minus the price of both ranges, as for reordered passages.
//! [`localise`](DigestSearch::localise) tests whether one stretch of the other side explains it.
//! [`absorb`](absorb) widens a digest by the passages that touch it.
//!
//! The words of a topic are not drawn one by one, so this evidence is weaker than that of reordered passages,
//! and some unrelated texts of one topic get a digest. A search must ask for digests.

use super::bags::{Held, Vocabulary, best_segment, likelihood_ratio};
use super::candidate::Candidate;
use super::comparison::{Comparison, Side};
use super::evidence::{ODDS, price};
use super::ranges::{ByteRange, UnitRange};
use super::rewritten::CLUSTER_GAP;
use super::units::Text;
use crate::passage::found::Evidence;

/// Least number of distinct words that both sides contain.
const MIN_SHARED: u32 = 18;
/// Segments tried on each side.
const TRIES: usize = 2;
/// Least length of either side, in bytes.
const MIN_DIGEST_BYTES: u32 = 200;
/// The held share of a segment exceeds the share of the whole text by this part of the distance to 1.
const MARGIN: f32 = 0.25;
/// Least cosine of a unit of the other side to the segment.
const UNIT_COSINE: f32 = 0.1;
/// Up to this many units with a smaller cosine may be between two similar units of the other side.
const UNIT_GAP: usize = 32;
/// The long side is at least this many times as long as the short one.
const MIN_RATIO: u32 = 3;
/// If one stretch contains this share of the evidence, it is an ordinary passage.
const LOCAL_SHARE: f32 = 0.7;
/// A passage that covers this share of a digest is reported instead.
const TOLD_SHARE: f32 = 0.8;

/// A segment that may be a digest.
struct Segment {
    units: UnitRange,
    /// The units of the other side that it summarises.
    source: UnitRange,
    /// For each unit of its own side, how much of it the source units contain.
    parts: Vec<Held>,
}

/// The words that a segment shares with its source.
struct Localised {
    source: UnitRange,
    /// Distinct words that both contain.
    shared: u32,
    /// Whether one stretch of the other side explains it.
    is_local: bool,
}

/// The search for digests on one side.
struct DigestSearch<'s, 'a> {
    own: &'s Side<'a>,
    other: &'s Side<'a>,
    /// Whether the digests are on the right.
    on_right: bool,
    weights: &'s [f32],
    /// The words of the segment.
    segment_words: &'s mut Vocabulary,
    /// The words of its source.
    source_words: &'s mut Vocabulary,
    /// Units of the other side that are in no passage found before.
    open: Vec<bool>,
}

impl Comparison<'_> {
    /// Adds the digests on either side. A digest replaces the passages that it overlaps on its own side.
    pub(super) fn add_digests(&mut self, found: &mut Vec<Candidate>, clean: &[(ByteRange, ByteRange)]) {
        for on_right in [false, true] {
            let (own, other) = if on_right { (&self.right, &self.left) } else { (&self.left, &self.right) };
            let open = vec![true; other.bags.len()];
            let mut search = DigestSearch {
                own,
                other,
                on_right,
                weights: &self.weights,
                segment_words: &mut self.first,
                source_words: &mut self.second,
                open,
            };
            search.run(found, clean);
        }
    }
}

impl DigestSearch<'_, '_> {
    fn run(&mut self, found: &mut Vec<Candidate>, clean: &[(ByteRange, ByteRange)]) {
        let told: Vec<(ByteRange, ByteRange)> = found.iter().map(|candidate| self.sides(candidate)).collect();
        for &(_, other) in &told {
            self.open[self.other.text.units_in(other).units()].fill(false);
        }
        let mut tried = vec![false; self.own.bags.len()];
        for _ in 0..TRIES {
            let Some(segment) = self.segment(&tried) else { break };
            tried[segment.units.units()].fill(true);
            if self.likelihood(&segment) <= 0.0 {
                continue;
            }
            let Localised { source, shared, is_local } = self.localise(&segment);
            let mut short = self.own.text.bytes_of(segment.units);
            let mut long = self.other.text.bytes_of(source);
            if shared < MIN_SHARED || short.len().min(long.len()) < MIN_DIGEST_BYTES {
                continue;
            }
            if !is_local {
                if long.len() < MIN_RATIO * short.len() {
                    continue;
                }
                (short, long) = absorb(self.own.text, &told, short, long);
            }
            let most = TOLD_SHARE * short.len() as f32;
            if told.iter().any(|pair| pair.0.overlap(short) as f32 >= most) {
                continue;
            }
            let (left, right) = if self.on_right { (long, short) } else { (short, long) };
            if clean.iter().any(|pair| pair.0.meets(left) && pair.1.meets(right)) {
                continue;
            }
            found.retain(|candidate| !self.sides(candidate).0.meets(short));
            found.push(Candidate { left, right, evidence: Evidence::Summary });
        }
    }

    /// The side of a passage that the digests are on, and the other one.
    fn sides(&self, candidate: &Candidate) -> (ByteRange, ByteRange) {
        if self.on_right { (candidate.right, candidate.left) } else { (candidate.left, candidate.right) }
    }

    /// The segment that the other text covers best. First the whole other text is used, then only the part of
    /// it that is similar to the segment.
    fn segment(&mut self, tried: &[bool]) -> Option<Segment> {
        let whole = UnitRange { start: 0, end: self.other.bags.len() };
        self.segment_against(whole, tried)?;
        let source = self.source()?;
        let (units, parts) = self.segment_against(source, tried)?;
        Some(Segment { units, source, parts })
    }

    /// The segment that the open units of a part of the other text cover best, and how much of each unit they
    /// contain.
    fn segment_against(&mut self, source: UnitRange, tried: &[bool]) -> Option<(UnitRange, Vec<Held>)> {
        let own = &self.own.bags;
        let open = &self.open;
        self.source_words.fill(&self.other.bags, source.units().filter(|&unit| open[unit]));
        let parts: Vec<Held> = (0..own.len()).map(|unit| self.source_words.held(own.of(unit))).collect();
        let total = Held::total(&parts);
        if total.all <= 0.0 {
            return None;
        }
        let segment =
            best_segment(&parts, above(total.share()), |unit| tried[unit] || own.norm(unit) == 0.0)?;
        self.segment_words.fill(own, segment.units());
        Some((segment, parts))
    }

    /// The open units of the other text that are similar to the segment: among the runs without a long gap,
    /// the one with the greatest sum of cosines.
    fn source(&self) -> Option<UnitRange> {
        let other = &self.other.bags;
        let norm = self.segment_words.norm();
        let (mut best_sum, mut best) = (0f32, UnitRange { start: 0, end: 0 });
        let (mut sum, mut run) = (0f32, UnitRange { start: 0, end: 0 });
        for unit in (0..other.len()).filter(|&unit| self.open[unit] && other.norm(unit) > 0.0) {
            let bag = other.of(unit).iter();
            let product = bag.map(|&(word, weight)| weight * self.segment_words.weight(word)).sum::<f32>();
            let cosine = product / (norm * other.norm(unit));
            if cosine < UNIT_COSINE {
                continue;
            }
            if sum == 0.0 || unit > run.end - 1 + UNIT_GAP {
                (sum, run) = (0.0, UnitRange { start: unit, end: unit });
            }
            (sum, run.end) = (sum + cosine, unit + 1);
            if sum > best_sum {
                (best_sum, best) = (sum, run);
            }
        }
        (best_sum > 0.0).then_some(best)
    }

    /// Log-likelihood ratio, in nats: the share of the segment that the source contains, against that share for
    /// the rest; minus the price of both ranges.
    fn likelihood(&self, segment: &Segment) -> f64 {
        let (all, inside) = (Held::total(&segment.parts), Held::total(&segment.parts[segment.units.units()]));
        let outside = if all.all > inside.all {
            ((all.held - inside.held) / (all.all - inside.all)).max(0.0)
        } else {
            0.0
        };
        let ratio = likelihood_ratio(self.segment_words.words().len() as f32, inside.share(), outside);
        let prices = price(segment.units, self.own.bags.len()) + price(segment.source, self.other.bags.len());
        f64::from(ratio) - prices - ODDS.ln()
    }

    /// Tests whether one stretch of the source contains most of the words that the source shares with the
    /// segment. If so, that stretch becomes the source.
    fn localise(&self, segment: &Segment) -> Localised {
        let Segment { source, .. } = *segment;
        let weigh = |words: &mut dyn Iterator<Item = u32>| {
            words
                .fold((0f32, 0u32), |(weight, count), word| (weight + self.weights[word as usize], count + 1))
        };
        let words = self.segment_words.words().iter().copied();
        let (weight, shared) = weigh(&mut words.filter(|&word| self.source_words.has(word)));
        let other = &self.other.bags;
        let held = |unit: usize| {
            if self.open[unit] { self.segment_words.held(other.of(unit)) } else { Held::default() }
        };
        let parts: Vec<Held> = source.units().map(held).collect();
        if let Some(part) = best_segment(&parts, above(Held::total(&parts).share()), |_| false) {
            let part = UnitRange { start: source.start + part.start, end: source.start + part.end };
            let open = part.units().filter(|&unit| self.open[unit]);
            let entries = open.flat_map(|unit| other.of(unit));
            let mut words: Vec<u32> =
                entries.map(|&(word, _)| word).filter(|&word| self.segment_words.has(word)).collect();
            words.sort_unstable();
            words.dedup();
            let (part_weight, part_shared) = weigh(&mut words.into_iter());
            if part_weight >= LOCAL_SHARE * weight {
                return Localised { source: part, shared: part_shared, is_local: true };
            }
        }
        Localised { source, shared, is_local: false }
    }
}

/// This share, raised by [`MARGIN`] of its distance to 1.
fn above(share: f32) -> f32 {
    share + MARGIN * (1.0 - share)
}

/// Widens a digest and its source by passages, each given as its own side and the other side. A passage is
/// taken if it touches the digest, or nearly does, and overlaps the source.
fn absorb(
    text: &Text,
    passages: &[(ByteRange, ByteRange)],
    mut short: ByteRange,
    mut long: ByteRange,
) -> (ByteRange, ByteRange) {
    let gap = CLUSTER_GAP as usize;
    loop {
        let digest = text.units_in(short);
        let next = passages.iter().find(|&&(own, other)| {
            if short.covers(own) || !other.meets(long) {
                return false;
            }
            let units = text.units_in(own);
            units.start < digest.end + gap && digest.start < units.end + gap
        });
        let Some(&(own, other)) = next else { break };
        (short, long) = (short.hull(own), long.hull(other));
    }
    (short, long)
}
