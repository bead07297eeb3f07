//! Bags of words: the weights, sums and comparisons of the order-free stage.

use super::units::Text;
use super::{Range, overlap};

/// Words of each open unit with their weights (frequency in the unit * log(units / units with the word)).
pub(super) struct Bags {
    pub(super) all: Vec<(u32, f32)>,
    from: Vec<u32>,
    pub(super) norm: Vec<f32>,
}
impl Bags {
    pub(super) fn of(&self, u: usize) -> &[(u32, f32)] {
        &self.all[self.from[u] as usize..self.from[u + 1] as usize]
    }
    pub(super) fn len(&self) -> usize {
        self.norm.len()
    }
    pub(super) fn new(t: &Text, numbers: &[u32], open: &[bool]) -> Bags {
        let mut b =
            Bags { all: Vec::with_capacity(numbers.len()), from: vec![0], norm: vec![0.0; t.units.len()] };
        let mut tmp: Vec<u32> = vec![];
        for (u, &open) in t.units.iter().zip(open) {
            if open {
                tmp.clear();
                tmp.extend_from_slice(&numbers[u.words.0 as usize..u.words.1 as usize]);
                tmp.sort_unstable();
                for same in tmp.chunk_by(|x, y| x == y) {
                    b.all.push((same[0], same.len() as f32));
                }
            }
            b.from.push(b.all.len() as u32);
        }
        b
    }
    pub(super) fn weigh(&mut self, isf: &[f32]) {
        for q in &mut self.all {
            q.1 *= isf[q.0 as usize];
        }
        for u in 0..self.len() {
            self.norm[u] = self.of(u).iter().map(|q| q.1 * q.1).sum::<f32>().sqrt();
        }
    }
}
/// A sum of bags, dense with a list of the words in it.
pub(super) struct Vocabulary {
    pub(super) w: Vec<f32>,
    pub(super) list: Vec<u32>,
}
impl Vocabulary {
    pub(super) fn new(words: usize) -> Self {
        Vocabulary { w: vec![0.0; words], list: vec![] }
    }
    pub(super) fn fill(&mut self, x: &Bags, units: impl Iterator<Item = usize>) {
        for &i in &self.list {
            self.w[i as usize] = 0.0;
        }
        self.list.clear();
        for u in units {
            for &(w, f) in x.of(u) {
                let s = &mut self.w[w as usize];
                if *s == 0.0 {
                    self.list.push(w);
                }
                *s += f;
            }
        }
    }
    pub(super) fn has(&self, w: u32) -> bool {
        self.w[w as usize] > 0.0
    }
    /// Weight of a bag: (of its words that are in here, of all).
    pub(super) fn held(&self, bag: &[(u32, f32)]) -> (f32, f32) {
        bag.iter().fold((0.0, 0.0), |s, q| (s.0 + if self.has(q.0) { q.1 } else { 0.0 }, s.1 + q.1))
    }
}
/// Cosine of two vocabularies and the number of distinct words they share.
pub(super) fn compare(a: &Vocabulary, b: &Vocabulary) -> (f32, u32) {
    let (mut aa, mut bb, mut ab, mut shared) = (0f32, 0f32, 0f32, 0);
    for &i in &a.list {
        let (x, y) = (a.w[i as usize], b.w[i as usize]);
        aa += x * x;
        if y > 0.0 {
            ab += x * y;
            shared += 1;
        }
    }
    for &i in &b.list {
        let y = b.w[i as usize];
        bb += y * y;
    }
    (if aa * bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }, shared)
}
/// Log-likelihood ratio of `n` draws at rate `p` against rate `q`; 0 when p <= q.
pub(super) fn likelihood(n: f32, p: f32, q: f32) -> f32 {
    if p <= q {
        return 0.0;
    }
    let (p, q) = (p.min(0.999), q.clamp(0.001, 0.999));
    n * (p * (p / q).ln() + (1.0 - p) * ((1.0 - p) / (1.0 - q)).ln())
}
/// Best-scoring segment `s..e` of (held, all) weights at the rate `theta` (Kadane); `closed` entries are not crossed.
pub(super) fn best_segment(
    parts: &[(f32, f32)],
    theta: f32,
    closed: impl Fn(usize) -> bool,
) -> Option<(usize, usize)> {
    let (mut best, mut run, mut from) = ((0f32, 0, 0), 0f32, 0);
    for (u, q) in parts.iter().enumerate() {
        if closed(u) {
            run = 0.0;
            continue;
        }
        if run <= 0.0 {
            run = 0.0;
            from = u;
        }
        run += q.0 - theta * q.1;
        if run > best.0 {
            best = (run, from, u + 1);
        }
    }
    (best.0 > 0.0).then_some((best.1, best.2))
}
pub(super) fn total(parts: &[(f32, f32)]) -> (f32, f32) {
    parts.iter().fold((0.0, 0.0), |s, q| (s.0 + q.0, s.1 + q.1))
}
/// Units of the text less than half covered by the spans.
pub(super) fn open_units(t: &Text, mut spans: Vec<Range>) -> Vec<bool> {
    spans.sort_unstable();
    let mut j = 0;
    t.units
        .iter()
        .map(|u| {
            while j < spans.len() && spans[j].1 <= u.bytes.0 {
                j += 1;
            }
            let covered: u32 =
                spans[j..].iter().take_while(|s| s.0 < u.bytes.1).map(|&s| overlap(s, u.bytes)).sum();
            covered * 2 < u.bytes.1 - u.bytes.0
        })
        .collect()
}
