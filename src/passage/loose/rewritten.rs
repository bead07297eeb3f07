//! Rewritten passages: units that share their weighty words, clustered on both sides.

use super::bags::{Bags, Vocabulary, compare};
use super::{Candidate, Range, Stage};
use std::collections::BTreeMap;

/// Two units are linked when their cosine exceeds this.
const LINK_COSINE: f32 = 0.33;
/// And their Dice coefficient this.
const LINK_DICE: f32 = 0.33;
/// Words in more right-hand units than this do not link: near-linear cost on long texts.
const POSTINGS_CAP: u32 = 128;
/// Links cluster over so many units on both sides; tightened down to 1 until the fragments agree.
pub(super) const CLUSTER_GAP: u32 = 4;
/// The two fragments of a cluster agree at this cosine.
const FRAGMENT_COSINE: f32 = 0.34;
/// An adjoining unit joins when this share (by weight) of its words is in the other fragment.
const JOIN_SHARE: f32 = 0.5;

/// A left unit and a right one that are alike.
pub(super) type Link = (u32, u32);

/// Splits links wherever neighbours are more than `gap` units apart, on one side and then the other, until stable.
fn clusters(links: Vec<Link>, gap: u32) -> Vec<Vec<Link>> {
    let (mut out, mut todo) = (vec![], vec![(links, true, 0)]);
    while let Some((mut v, left, stable)) = todo.pop() {
        let key = |s: &Link| if left { s.0 } else { s.1 };
        v.sort_by_key(key);
        let mut parts: Vec<Vec<Link>> =
            v.chunk_by(|x, y| key(y) <= key(x) + gap).map(|c| c.to_vec()).collect();
        if parts.len() == 1 && stable == 1 {
            out.push(parts.pop().unwrap());
            continue;
        }
        let stable = if parts.len() == 1 { 1 } else { 0 };
        // the first side needs one clean pass after the last split, too
        todo.extend(parts.into_iter().rev().map(|q| (q, !left, stable)));
    }
    out
}

impl Stage<'_> {
    pub(super) fn links(&self, words: usize) -> Vec<Link> {
        let (x, y) = (&self.x, &self.y);
        let mut at = vec![0u32; words + 1];
        for q in &y.all {
            at[q.0 as usize + 1] += 1;
        }
        for w in 0..words {
            at[w + 1] += at[w];
        }
        let (mut post, mut fill) = (vec![(0u32, 0f32); y.all.len()], at.clone());
        for u in 0..y.len() {
            for &(w, v) in y.of(u) {
                let f = &mut fill[w as usize];
                post[*f as usize] = (u as u32, v);
                *f += 1;
            }
        }
        let (mut acc, mut touched, mut links) = (vec![(0f32, 0u32); y.len()], vec![], vec![]);
        for u in 0..x.len() {
            for &(w, v) in x.of(u) {
                let (s, e) = (at[w as usize], at[w as usize + 1]);
                if e - s > POSTINGS_CAP {
                    continue;
                }
                for &(r, z) in &post[s as usize..e as usize] {
                    let c = &mut acc[r as usize];
                    if c.1 == 0 {
                        touched.push(r);
                    }
                    c.0 += v * z;
                    c.1 += 1;
                }
            }
            for r in touched.drain(..) {
                let c = std::mem::replace(&mut acc[r as usize], (0.0, 0));
                let sizes = (x.of(u).len() + y.of(r as usize).len()) as f32;
                if c.0 > LINK_COSINE * x.norm[u] * y.norm[r as usize] && 2.0 * c.1 as f32 > LINK_DICE * sizes
                {
                    links.push((u as u32, r));
                }
            }
        }
        links
    }

    /// Lets adjoining units join that are largely contained in the other fragment.
    fn grow(x: &Bags, at: (u32, u32), other: &Vocabulary) -> (u32, u32) {
        let joins = |u: u32| {
            let (n, d) = other.held(x.of(u as usize));
            d > 0.0 && n >= JOIN_SHARE * d
        };
        let (mut s, mut e) = at;
        while s > 0 && joins(s - 1) {
            s -= 1;
        }
        while e as usize + 1 < x.len() && joins(e + 1) {
            e += 1;
        }
        (s, e)
    }

    pub(super) fn rewritten(&mut self, links: Vec<Link>, taken: &[(Range, Range)]) -> Vec<Candidate> {
        let mut boxes: Vec<(f32, Candidate)> = vec![];
        let mut todo = vec![(links, CLUSTER_GAP)];
        while let Some((v, gap)) = todo.pop() {
            if v.is_empty() {
                continue;
            }
            for c in clusters(v, gap) {
                let (l, r) = c.iter().fold(((u32::MAX, 0), (u32::MAX, 0)), |(l, r), s| {
                    ((l.0.min(s.0), l.1.max(s.0)), (r.0.min(s.1), r.1.max(s.1)))
                });
                self.va.fill(&self.x, l.0 as usize..l.1 as usize + 1);
                self.vb.fill(&self.y, r.0 as usize..r.1 as usize + 1);
                let (cosine, shared) = compare(&self.va, &self.vb);
                if cosine < FRAGMENT_COSINE {
                    if gap > 1 {
                        todo.push((c, gap - 1));
                    }
                    continue;
                }
                if shared < super::MIN_SHARED {
                    continue;
                }
                let l = Self::grow(&self.x, l, &self.vb);
                self.va.fill(&self.x, l.0 as usize..l.1 as usize + 1);
                let r = Self::grow(&self.y, r, &self.va);
                let (left, right) = (self.a.span(l), self.b.span(r));
                let (ll, rl) = (left.1 - left.0, right.1 - right.0);
                if ll.min(rl) >= super::MIN_BYTES {
                    boxes.push((cosine * (ll + rl) as f32, Candidate { left, right, shared }));
                }
            }
        }
        // no two passages share left text: the better (cosine * length) stays
        boxes.sort_by(|x, y| {
            y.0.total_cmp(&x.0).then(x.1.left.cmp(&y.1.left)).then(x.1.right.cmp(&y.1.right))
        });
        let mut used: BTreeMap<u32, u32> = BTreeMap::new(); // disjoint left spans: start -> end
        for s in taken {
            let e = used.entry(s.0.0).or_insert(0);
            *e = (*e).max(s.0.1);
        }
        let mut out = vec![];
        for (_, f) in boxes {
            if used.range(..f.left.1).next_back().is_some_and(|s| *s.1 > f.left.0) {
                continue;
            }
            used.insert(f.left.0, f.left.1);
            out.push(f);
        }
        out
    }
}
