//! Digests: a short passage that draws on a long stretch of the other text.

use super::bags::{best_segment, likelihood, total};
use super::rewritten::CLUSTER_GAP;
use super::{Candidate, MIN_SHARED, Range, Stage, hit, overlap};

/// Digests sought on each side.
const DIGEST_TRIES: usize = 2;
/// Log-likelihood ratio (nats) of the containment within against that outside the passage.
const DIGEST_LLR: f32 = 22.0;
/// Least length of either side.
const DIGEST_BYTES: u32 = 200;
/// Margin of the segment scan above the text's own containment (share of the way to 1).
const DIGEST_MARGIN: f32 = 0.25;
/// Other side: units with at least this cosine to the segment, over gaps of at most so many units.
const DIGEST_UNIT: f32 = 0.1;
/// Units that may lie between two of the other side.
const DIGEST_FAR: usize = 32;
/// The long side is at least so many times the short one.
const DIGEST_RATIO: u32 = 3;
/// One stretch holding this share of the evidence makes it an ordinary passage.
const DIGEST_LOCAL: f32 = 0.7;
/// Passages of at least so many shared words are not evidence for a digest, and may not fill this share of it.
const STRONG_SHARED: u32 = 24;
/// See [`STRONG_SHARED`].
const STRONG_FILL: f32 = 0.8;

impl Stage<'_> {
    /// Looks for a segment of one side that the other side's vocabulary covers far better than it covers the rest.
    pub(super) fn digests(&mut self, out: &mut Vec<Candidate>, sure: &[(Range, Range)]) {
        for flip in [false, true] {
            let (tx, ty, x, y) =
                if flip { (self.b, self.a, &self.y, &self.x) } else { (self.a, self.b, &self.x, &self.y) };
            let own = |p: &Candidate| if flip { p.right } else { p.left };
            let other = |p: &Candidate| if flip { p.left } else { p.right };
            let strong: Vec<Candidate> = out.iter().filter(|f| f.shared >= STRONG_SHARED).copied().collect();
            let mut open = vec![true; y.len()];
            for p in &strong {
                let (s, e) = ty.units_in(other(p));
                open[s..e].fill(false);
            }
            let mut tried = vec![false; x.len()];
            for _ in 0..DIGEST_TRIES {
                let mut range = (0, y.len());
                let mut seg = None;
                let mut parts = vec![];
                for round in 0..2 {
                    self.vb.fill(y, (range.0..range.1).filter(|&u| open[u]));
                    parts = (0..x.len()).map(|u| self.vb.held(x.of(u))).collect::<Vec<_>>();
                    let (n, d) = total(&parts);
                    if d <= 0.0 {
                        return;
                    }
                    let theta = n / d + DIGEST_MARGIN * (1.0 - n / d);
                    seg = best_segment(&parts, theta, |u| tried[u] || x.norm[u] == 0.0);
                    let Some((s, e)) = seg else { break };
                    self.va.fill(x, s..e);
                    if round == 1 {
                        break;
                    }
                    let norm = self
                        .va
                        .list
                        .iter()
                        .map(|&w| self.va.w[w as usize] * self.va.w[w as usize])
                        .sum::<f32>()
                        .sqrt();
                    let (mut best, mut cur) = ((0f32, 0, 0), (0f32, 0, 0));
                    for u in (0..y.len()).filter(|&u| open[u] && y.norm[u] > 0.0) {
                        let c = y.of(u).iter().map(|q| q.1 * self.va.w[q.0 as usize]).sum::<f32>()
                            / (norm * y.norm[u]);
                        if c < DIGEST_UNIT {
                            continue;
                        }
                        if cur.0 == 0.0 || u > cur.2 - 1 + DIGEST_FAR {
                            cur = (0.0, u, 0);
                        }
                        cur = (cur.0 + c, cur.1, u + 1);
                        if cur.0 > best.0 {
                            best = cur;
                        }
                    }
                    if best.0 == 0.0 {
                        seg = None;
                        break;
                    }
                    range = (best.1, best.2);
                }
                let Some((s, e)) = seg else { break };
                tried[s..e].fill(true);
                let ((n, d), (sn, sd)) = (total(&parts), total(&parts[s..e]));
                let rest = if d > sd { ((n - sn) / (d - sd)).max(0.0) } else { 0.0 };
                if likelihood(self.va.list.len() as f32, sn / sd, rest) < DIGEST_LLR {
                    continue;
                }
                let weigh = |list: &mut dyn Iterator<Item = u32>| {
                    list.fold((0f32, 0u32), |t, w| (t.0 + self.isf[w as usize], t.1 + 1))
                };
                let (weight, mut shared) =
                    weigh(&mut self.va.list.iter().copied().filter(|&w| self.vb.has(w)));
                // is it in truth one stretch of the other side?
                let back: Vec<(f32, f32)> = (range.0..range.1)
                    .map(|u| if open[u] { self.va.held(y.of(u)) } else { (0.0, 0.0) })
                    .collect();
                let (n, d) = total(&back);
                let theta = n / d + DIGEST_MARGIN * (1.0 - n / d);
                let mut local = false;
                if let Some((s, e)) = best_segment(&back, theta, |_| false) {
                    let mut seen: Vec<u32> = (range.0 + s..range.0 + e)
                        .filter(|&u| open[u])
                        .flat_map(|u| y.of(u))
                        .map(|q| q.0)
                        .filter(|&w| self.va.has(w))
                        .collect();
                    seen.sort_unstable();
                    seen.dedup();
                    let part = weigh(&mut seen.into_iter());
                    if part.0 >= DIGEST_LOCAL * weight {
                        local = true;
                        range = (range.0 + s, range.0 + e);
                        shared = part.1;
                    }
                }
                let (mut short, mut long) = (
                    (tx.units[s].bytes.0, tx.units[e - 1].bytes.1),
                    (ty.units[range.0].bytes.0, ty.units[range.1 - 1].bytes.1),
                );
                if shared < MIN_SHARED || (short.1 - short.0).min(long.1 - long.0) < DIGEST_BYTES {
                    continue;
                }
                if !local && long.1 - long.0 < DIGEST_RATIO * (short.1 - short.0) {
                    continue;
                }
                if !local {
                    // takes in passages that touch it or nearly
                    loop {
                        let (lo, hi) = tx.units_in(short);
                        let next = out.iter().find(|f| {
                            let (o, t) = (own(f), other(f));
                            if o.0 >= short.0 && o.1 <= short.1 || !hit(t, long) {
                                return false;
                            }
                            let (a, b) = tx.units_in(o);
                            a < hi + CLUSTER_GAP as usize && lo < b + CLUSTER_GAP as usize
                        });
                        let Some(f) = next else { break };
                        let (o, t) = (own(f), other(f));
                        (short, long) =
                            ((short.0.min(o.0), short.1.max(o.1)), (long.0.min(t.0), long.1.max(t.1)));
                    }
                }
                if strong
                    .iter()
                    .any(|p| overlap(own(p), short) as f32 >= STRONG_FILL * (short.1 - short.0) as f32)
                {
                    continue;
                }
                let (left, right) = if flip { (long, short) } else { (short, long) };
                if sure.iter().any(|p| hit(p.0, left) && hit(p.1, right)) {
                    continue;
                }
                out.retain(|f| !hit(own(f), short));
                out.push(Candidate { left, right, shared });
            }
        }
    }
}
