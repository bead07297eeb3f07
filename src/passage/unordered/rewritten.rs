//! Rewritten passages: units that share words of high weight, clustered on both sides.
//!
//! In: the bags of two texts. Out: candidates. No two of them share left text.

use super::LEAST_REORDERED;
use super::bags::{Bags, Vocabulary};
use super::candidate::{Candidate, MIN_BYTES};
use super::comparison::Comparison;
use super::copies::Copies;
use super::evidence::{ODDS, Shared};
use super::ranges::{ByteRange, UnitRange};
use super::units::Text;
use crate::passage::found::Evidence;
use crate::support::interval_set::IntervalSet;

/// Two units are linked if their cosine and their Dice coefficient both exceed this. A link only proposes a
/// place, so it is low: with 0.25, ranges begin too early.
const LINK: f32 = 0.3;
/// Words in more right-hand units than this do not link, so that long texts take nearly linear time.
const MOST_POSTINGS: u32 = 128;
/// Links of one cluster are at most this many units apart on either side. The limit is reduced, down to 1,
/// until there is evidence.
pub(super) const CLUSTER_GAP: u32 = 4;
/// Least number of distinct words that both sides of a passage contain. Shorter stock phrases, as names with
/// titles or the first line of a press release, are beyond chance too, but nobody asks for them.
const MIN_WORDS: f64 = 18.0;
/// A neighbouring unit joins a fragment if this share of its words, by weight, is in the other fragment.
const JOIN_SHARE: f32 = 0.5;

/// A left unit and a right unit that are similar.
#[derive(Clone, Copy)]
struct UnitLink {
    left: u32,
    right: u32,
}

/// Divides links between neighbours that are more than `gap` units apart, first on one side, then on the
/// other, until nothing changes.
fn clusters(links: Vec<UnitLink>, gap: u32) -> Vec<Vec<UnitLink>> {
    let (mut clusters, mut pending) = (Vec::new(), vec![(links, true, false)]);
    while let Some((mut links, by_left, other_is_whole)) = pending.pop() {
        let place = |link: &UnitLink| if by_left { link.left } else { link.right };
        links.sort_by_key(place);
        let mut parts: Vec<Vec<UnitLink>> =
            links.chunk_by(|one, next| place(next) <= place(one) + gap).map(<[_]>::to_vec).collect();
        let is_whole = parts.len() == 1;
        if is_whole && other_is_whole {
            clusters.append(&mut parts);
            continue;
        }
        // After a division, both sides are checked again.
        pending.extend(parts.into_iter().rev().map(|part| (part, !by_left, is_whole)));
    }
    clusters
}

/// The units that a cluster spans on either side.
fn extent(cluster: &[UnitLink]) -> (UnitRange, UnitRange) {
    let side = |place: fn(&UnitLink) -> u32| UnitRange {
        start: cluster.iter().map(place).min().unwrap_or(0) as usize,
        end: cluster.iter().map(place).max().unwrap_or(0) as usize + 1,
    };
    (side(|link| link.left), side(|link| link.right))
}

/// For each word, the right-hand units that contain it, and its weight in each.
struct Postings {
    entries: Vec<(u32, f32)>,
    starts: Vec<u32>,
}

impl Postings {
    fn new(bags: &Bags, words: usize) -> Postings {
        let mut starts = vec![0u32; words + 1];
        for &(word, _) in bags.entries() {
            starts[word as usize + 1] += 1;
        }
        for word in 0..words {
            starts[word + 1] += starts[word];
        }
        let (mut entries, mut next) = (vec![(0u32, 0f32); bags.entries().len()], starts.clone());
        for unit in 0..bags.len() {
            for &(word, weight) in bags.of(unit) {
                let place = &mut next[word as usize];
                entries[*place as usize] = (unit as u32, weight);
                *place += 1;
            }
        }
        Postings { entries, starts }
    }

    /// The units that contain a word; none if they are too many.
    fn of(&self, word: u32) -> &[(u32, f32)] {
        let (start, end) = (self.starts[word as usize], self.starts[word as usize + 1]);
        if end - start > MOST_POSTINGS { &[] } else { &self.entries[start as usize..end as usize] }
    }
}

/// Adds neighbouring units whose words are mostly in the other fragment.
fn grown(bags: &Bags, mut range: UnitRange, other: &Vocabulary) -> UnitRange {
    let joins = |unit: usize| {
        let part = other.held(bags.of(unit));
        part.all > 0.0 && part.held >= JOIN_SHARE * part.all
    };
    while range.start > 0 && joins(range.start - 1) {
        range.start -= 1;
    }
    while range.end < bags.len() && joins(range.end) {
        range.end += 1;
    }
    range
}

impl Comparison<'_> {
    /// The rewritten passages. Their left sides share no text with the clean copies, and the ordered copies do
    /// not explain them.
    pub(super) fn rewritten(
        &mut self,
        clean: &[(ByteRange, ByteRange)],
        copies: &Copies<'_>,
    ) -> Vec<Candidate> {
        let mut ranked: Vec<(f64, Candidate)> = Vec::new();
        let mut pending = vec![(self.links(), CLUSTER_GAP)];
        while let Some((links, gap)) = pending.pop() {
            if links.is_empty() {
                continue;
            }
            for cluster in clusters(links, gap) {
                match self.fragments(&cluster, copies) {
                    Some(candidate) => ranked.push(candidate),
                    // The cluster may contain a smaller one with evidence.
                    None if gap > 1 && cluster.len() > 1 => pending.push((cluster, gap - 1)),
                    None => {}
                }
            }
        }
        // Among passages that share left text, the one of the greatest worth is kept.
        ranked.sort_by(|(one_rank, one), (rank, other)| {
            rank.total_cmp(one_rank).then(one.left.cmp(&other.left)).then(one.right.cmp(&other.right))
        });
        let range = |bytes: ByteRange| bytes.start as usize..bytes.end as usize;
        let mut taken: IntervalSet = clean.iter().map(|pair| range(pair.0)).collect();
        let mut found = Vec::new();
        for (_, candidate) in ranked {
            if taken.is_free(range(candidate.left)) {
                taken.insert(range(candidate.left));
                found.push(candidate);
            }
        }
        found
    }

    /// The pairs of similar units.
    fn links(&self) -> Vec<UnitLink> {
        let (left, right) = (&self.left.bags, &self.right.bags);
        let postings = Postings::new(right, self.weights.len());
        // By right unit: the dot product of the bags so far, and the number of words that they share.
        let mut sums = vec![(0f32, 0u32); right.len()];
        let (mut touched, mut links) = (Vec::new(), Vec::new());
        for unit in 0..left.len() {
            for &(word, weight) in left.of(unit) {
                for &(other, other_weight) in postings.of(word) {
                    let (product, shared) = &mut sums[other as usize];
                    if *shared == 0 {
                        touched.push(other);
                    }
                    *product += weight * other_weight;
                    *shared += 1;
                }
            }
            for other in touched.drain(..) {
                let (product, shared) = std::mem::take(&mut sums[other as usize]);
                let sizes = (left.of(unit).len() + right.of(other as usize).len()) as f32;
                if product > LINK * left.norm(unit) * right.norm(other as usize)
                    && 2.0 * shared as f32 > LINK * sizes
                {
                    links.push(UnitLink { left: unit as u32, right: other });
                }
            }
        }
        links
    }

    /// The passage of a cluster, grown on both sides, and its worth: the evidence minus the price. `None` if it
    /// has no worth before or after it grows.
    fn fragments(&mut self, cluster: &[UnitLink], copies: &Copies<'_>) -> Option<(f64, Candidate)> {
        let (left, right) = extent(cluster);
        self.worth(left, right, copies)?;
        self.second.fill(&self.right.bags, right.units());
        let left = grown(&self.left.bags, left, &self.second);
        self.first.fill(&self.left.bags, left.units());
        let right = grown(&self.right.bags, right, &self.first);
        let worth = self.worth(left, right, copies)?;
        let candidate = Candidate {
            left: self.left.text.bytes_of(left),
            right: self.right.text.bytes_of(right),
            evidence: Evidence::Reordered,
        };
        let is_long = candidate.left.len().min(candidate.right.len()) >= MIN_BYTES;
        let is_alike = candidate.identity(self.left.text, self.right.text) >= LEAST_REORDERED;
        (is_long && is_alike).then_some((worth, candidate))
    }

    /// What two ranges are worth as one passage: the evidence minus the price of its place. `None` if that is
    /// nothing, or if the words outside `copies` are worth less than the copies save by being one passage.
    fn worth(&mut self, left: UnitRange, right: UnitRange, copies: &Copies<'_>) -> Option<f64> {
        let is_short = |text: &Text, range: UnitRange| (text.words_in(range).len() as f64) < MIN_WORDS;
        if is_short(self.left.text, left) || is_short(self.right.text, right) {
            return None;
        }
        self.left.counts.select(left);
        self.right.counts.select(right);
        let shared = Shared { left: &self.left.counts, right: &self.right.counts };
        if shared.words() < MIN_WORDS {
            return None;
        }
        let price = shared.price();
        let least = price + ODDS.ln();
        let evidence = shared.evidence_above(least, &[])?;
        let copied = copies.overlapping(self.left.text.bytes_of(left), self.right.text.bytes_of(right));
        if copied.count > 0 {
            shared.evidence_above(-(copied.count as f64 - 1.0) * price, &copied.words)?;
        }
        Some(evidence - least)
    }
}
