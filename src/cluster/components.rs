//! Connected components of verified similarities. In: [`Documents`]. Out: [`Clusters`]. The idea: see
//! [`super`].

use std::collections::HashMap;

use super::clusters::{Clusters, WeakestLink};
use super::documents::{BLOCK, Documents, KeptDocuments, Preference, Ranking, STAGE, Verify};
use crate::error::Error;
use crate::index::{DocId, Neighbor};
use crate::progress::{ProgressUnit, Watch};
use crate::sketch::Estimate;
use crate::support::threads;

/// The forest of links is pruned when it holds this many times as many links as documents.
const COLLECTED_LINKS: usize = 4;

/// Clusters of documents that are linked by chains of verified similarities.
pub(crate) fn by_components(
    documents: &Documents<'_>,
    verify: &impl Verify,
    preference: &Preference<'_>,
    watch: &Watch,
) -> Result<Clusters, Error> {
    // The index numbers documents by rank among the firsts.
    let Ranking { firsts, copies, kept: mut all } = documents.ranking(preference)?;
    watch.tell(STAGE, ProgressUnit::Documents, 0, Some(firsts.len() as u64))?;
    all.add(&firsts)?;
    let Linked { forest, best, capped } = linked(&all, verify, watch)?;
    let (root_of, weakest) = forest.finish();

    let original = |rank: u32| DocId::at(firsts[rank as usize]);
    let mut representative: Vec<u32> = (0..documents.digests.len() as u32).collect();
    let mut witnesses: Vec<Option<Neighbor>> = vec![None; representative.len()];
    for rank in 0..firsts.len() as u32 {
        let (id, root) = (firsts[rank as usize] as usize, root_of[rank as usize]);
        representative[id] = original(root).into();
        if root != rank {
            let link = best[rank as usize].expect("a member of a larger component has a link");
            let partner = if link.left == rank { link.right } else { link.left };
            witnesses[id] = Some(Neighbor { id: original(partner), jaccard: link.jaccard });
        }
    }
    for (copy, first) in copies {
        representative[copy as usize] = representative[first as usize];
        witnesses[copy as usize] = Some(Neighbor { id: DocId::at(first), jaccard: Estimate::exact(1.0) });
    }
    let public = |(root, link): (u32, RankedLink)| {
        let (left, right) = (original(link.left), original(link.right));
        (original(root).into(), WeakestLink { left, right, jaccard: link.jaccard })
    };
    let mut weakest: HashMap<u32, WeakestLink> = weakest.into_iter().map(public).collect();
    for (id, witness) in (0..).zip(&witnesses) {
        // A cluster of copies only has no other link.
        let Some(witness) = witness else { continue };
        let link = WeakestLink { left: witness.id, right: DocId::at(id), jaccard: witness.jaccard };
        weakest.entry(representative[id as usize]).or_insert(link);
    }
    Ok(Clusters::collect(&representative, witnesses, weakest, capped))
}

/// All verified links, reduced to a forest.
struct Linked {
    forest: Forest,
    /// For each rank, its strongest link.
    best: Vec<Option<RankedLink>>,
    capped: u64,
}

/// Links every document with those that are preferred to it.
fn linked(all: &KeptDocuments<'_>, verify: &impl Verify, watch: &Watch) -> Result<Linked, Error> {
    let count = all.ids().len();
    let mut found =
        Linked { forest: Forest { ranks: count, links: Vec::new() }, best: vec![None; count], capped: 0 };
    let ranks: Vec<u32> = (0..count as u32).collect();
    for block in ranks.chunks(BLOCK) {
        watch.tell(STAGE, ProgressUnit::Documents, block[0].into(), Some(count as u64))?;
        let links_of = |&right: &u32| {
            let (verified, capped) = all.verified(all.ids()[right as usize], right, verify);
            let link = |(left, jaccard)| RankedLink { left, right, jaccard };
            (verified.into_iter().map(link).collect::<Vec<_>>(), capped)
        };
        for (links, capped) in threads::map(block, links_of) {
            found.capped += capped;
            for link in links {
                for end in [link.left, link.right] {
                    let best = &mut found.best[end as usize];
                    if best.is_none_or(|best| link.precedes(&best)) {
                        *best = Some(link);
                    }
                }
                found.forest.add(link);
            }
        }
    }
    Ok(found)
}

/// A link between two ranks, `left < right`.
#[derive(Clone, Copy)]
struct RankedLink {
    left: u32,
    right: u32,
    jaccard: Estimate,
}

impl RankedLink {
    /// A total order: stronger links first, then links of better ranks.
    fn order(&self, other: &RankedLink) -> std::cmp::Ordering {
        other
            .jaccard
            .value
            .total_cmp(&self.jaccard.value)
            .then((self.left, self.right).cmp(&(other.left, other.right)))
    }

    fn precedes(&self, other: &RankedLink) -> bool {
        self.order(other).is_lt()
    }
}

/// A maximum spanning forest under construction. The forest of all links can be computed from the forest of
/// some links and the remaining links. So links outside the forest are dropped whenever enough have been
/// collected.
struct Forest {
    ranks: usize,
    links: Vec<RankedLink>,
}

impl Forest {
    fn add(&mut self, link: RankedLink) {
        self.links.push(link);
        if self.links.len() > COLLECTED_LINKS * self.ranks.max(BLOCK) {
            self.prune();
        }
    }

    /// Kruskal's algorithm: from the strongest link down, keeps those that join two components; returns the
    /// components.
    fn prune(&mut self) -> Components {
        self.links.sort_unstable_by(RankedLink::order);
        let mut components = Components { parents: (0..self.ranks as u32).collect() };
        self.links.retain(|link| components.join(link.left, link.right));
        components
    }

    /// For every rank the best rank of its component; and for the best ranks of larger components the weakest
    /// link.
    fn finish(mut self) -> (Vec<u32>, HashMap<u32, RankedLink>) {
        let mut components = self.prune();
        let roots: Vec<u32> = (0..self.ranks as u32).map(|rank| components.root(rank)).collect();
        // From strong to weak: the last link of a component remains.
        let weakest = self.links.iter().map(|&link| (roots[link.left as usize], link)).collect();
        (roots, weakest)
    }
}

/// Union-find; the root of a set is its best rank.
struct Components {
    parents: Vec<u32>,
}

impl Components {
    fn root(&mut self, mut rank: u32) -> u32 {
        while self.parents[rank as usize] != rank {
            // Path halving.
            let grandparent = self.parents[self.parents[rank as usize] as usize];
            self.parents[rank as usize] = grandparent;
            rank = grandparent;
        }
        rank
    }

    /// Joins two sets; returns whether they were separate.
    fn join(&mut self, left: u32, right: u32) -> bool {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right) as usize] = left.min(right);
        left != right
    }
}
