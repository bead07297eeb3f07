//! Clusters: which documents stay, and for each that goes the one that speaks for it.
//!
//! In: rows of sketches, a content hash and a score of every document, and a way to verify a pair. Out:
//! [`Clusters`].
//!
//! *Witness mode* ([`by_witness`]), the default: documents are taken from the best score down. One that
//! resembles a document already kept, with verified similarity of at least the threshold, is removed, and the
//! most similar kept one is its witness; any other is kept. So whatever goes has a kept likeness, and a chain
//! of documents, each like the next, does not collapse into its first. Only kept documents are indexed, and
//! those resemble each other little, so no bucket fills up however many copies there are.
//!
//! *Connected components* ([`by_components`]), on request: documents are one cluster if verified similarities
//! link them, however many steps it takes. Each cluster shows its weakest link, the one by whose removal it
//! would fall apart first; it is found by growing a maximum spanning forest (Kruskal 1956), in memory for one
//! edge a document. Chains of buckets without verification, the usual practice, once put 28.8 million
//! documents of ClueWeb22 into one cluster.
//!
//! Byte-equal documents are collapsed before either. Ties of score are broken by content, so the kept texts
//! do not depend on order of arrival, and blocks of fixed size make them independent of the number of
//! threads.
//!
//! **Cost.** One query of the index a document.

use std::collections::HashMap;

use crate::error::Error;
use crate::index::{Bands, DocId, Index, Neighbor, Rows};
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::sketch::{Estimate, Recipe};
use crate::support::threads;

/// Documents decided on together: their queries run in parallel, their mutual likeness is looked up one by
/// one. Part of no result, but of memory and of the share that is parallel.
const BLOCK: usize = 1024;
/// What a [`Watch`] is told.
const STAGE: &str = "cluster";
/// The forest of links is pruned when this many times as many links as documents wait.
const WAITING_LINKS: usize = 4;

/// A verified similarity between two documents.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct WeakestLink {
    /// One document.
    pub left: DocId,
    /// The other.
    pub right: DocId,
    /// Their Jaccard similarity; exact (standard error 0) where the texts themselves were compared or are
    /// equal.
    pub jaccard: Estimate,
}

/// One cluster of [`Clusters`].
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Cluster<'c> {
    /// The document that is kept: the one with the best score.
    pub representative: DocId,
    /// All documents of the cluster, the representative included, by number.
    pub members: &'c [DocId],
    /// The weakest link that holds the cluster together; `None` for a document by itself.
    ///
    /// In witness mode the least similar pair of a removed document and its witness; among connected
    /// components the link without which the cluster would fall apart and than which all others it needs are
    /// stronger.
    pub weakest: Option<WeakestLink>,
}

/// A partition of documents into clusters of near-duplicates, with what each decision rests on.
///
/// Made by [`clusters`](crate::clusters) or a [`Dedup`](crate::Dedup). Every document is in one cluster, most
/// by themselves.
///
/// # Example
/// ```
/// let texts = ["the same few words again", "something else entirely here", "The same few words, again!"];
/// let clusters = refrain::clusters(&texts);
/// assert_eq!(clusters.len(), 2);
/// let kept: Vec<usize> = clusters.kept().map(|id| id.position()).collect();
/// assert_eq!(kept.len(), 2);
/// for (removed, witness) in clusters.removed() {
///     println!("{removed} goes, {} stays: {}", witness.id, witness.jaccard);
///     assert!(clusters.is_kept(witness.id));
/// }
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Clusters {
    /// By document: its partner, unless it is a representative.
    witnesses: Vec<Option<Neighbor>>,
    /// By document: the place of its cluster in `starts`.
    cluster_of: Vec<u32>,
    representatives: Vec<DocId>,
    weakest: Vec<Option<WeakestLink>>,
    /// Members of all clusters, one cluster after the other.
    members: Vec<DocId>,
    starts: Vec<usize>,
    capped: u64,
}

impl Clusters {
    /// The number of clusters, documents by themselves included: how many documents are kept.
    pub fn len(&self) -> usize {
        self.representatives.len()
    }

    /// Whether there was no document.
    pub fn is_empty(&self) -> bool {
        self.representatives.is_empty()
    }

    /// The number of documents.
    pub fn documents(&self) -> usize {
        self.witnesses.len()
    }

    /// All clusters, by the number of their representative.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Cluster<'_>> {
        (0..self.representatives.len()).map(|place| self.at(place))
    }

    /// The clusters of more than one document.
    pub fn duplicates(&self) -> impl Iterator<Item = Cluster<'_>> {
        self.iter().filter(|cluster| cluster.members.len() > 1)
    }

    /// The cluster that holds the document.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn cluster(&self, id: DocId) -> Cluster<'_> {
        self.at(self.cluster_of[id.position()] as usize)
    }

    /// The document that is kept of the cluster of `id`.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn representative(&self, id: DocId) -> DocId {
        self.representatives[self.cluster_of[id.position()] as usize]
    }

    /// Whether the document is kept.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn is_kept(&self, id: DocId) -> bool {
        self.representative(id) == id
    }

    /// What the removal of the document rests on: its partner, and their verified similarity. `None` if it is
    /// kept.
    ///
    /// In witness mode the partner is kept, and is the most similar of the kept documents that rank above the
    /// removed one. Among connected components it is the most similar document of the cluster, kept or not.
    ///
    /// # Panics
    /// If there is no such document.
    pub fn witness(&self, id: DocId) -> Option<Neighbor> {
        self.witnesses[id.position()]
    }

    /// The kept documents, by number.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = DocId> {
        self.representatives.iter().copied()
    }

    /// The removed documents with their witnesses, by number.
    pub fn removed(&self) -> impl Iterator<Item = (DocId, Neighbor)> {
        (0..)
            .map(DocId::at)
            .zip(&self.witnesses)
            .filter_map(|(id, witness)| witness.map(|witness| (id, witness)))
    }

    /// Candidates of overfull buckets that were not looked at
    /// ([`Neighbors::capped`](crate::Neighbors::capped)), over all documents: what may be kept although it
    /// has a likeness. 0 means that every candidate was verified.
    pub fn capped(&self) -> u64 {
        self.capped
    }

    fn at(&self, place: usize) -> Cluster<'_> {
        Cluster {
            representative: self.representatives[place],
            members: &self.members[self.starts[place]..self.starts[place + 1]],
            weakest: self.weakest[place],
        }
    }

    /// Collects what was decided: for every document its representative and, if it is another, its witness.
    fn collect(
        representative: &[u32],
        witnesses: Vec<Option<Neighbor>>,
        mut weakest: HashMap<u32, WeakestLink>,
        capped: u64,
    ) -> Clusters {
        let count = representative.len();
        let representatives: Vec<u32> =
            (0..count as u32).filter(|&id| representative[id as usize] == id).collect();
        let mut place = vec![0u32; count];
        for (at, &id) in (0..).zip(&representatives) {
            place[id as usize] = at;
        }
        let cluster_of: Vec<u32> = representative.iter().map(|&id| place[id as usize]).collect();
        // Counting sort of the documents by cluster.
        let mut starts = vec![0; representatives.len() + 1];
        cluster_of.iter().for_each(|&cluster| starts[cluster as usize + 1] += 1);
        (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
        let mut next = starts.clone();
        let mut members = vec![DocId::at(0); count];
        for (id, &cluster) in (0..).zip(&cluster_of) {
            members[next[cluster as usize]] = DocId::at(id);
            next[cluster as usize] += 1;
        }
        Clusters {
            witnesses,
            cluster_of,
            weakest: representatives.iter().map(|id| weakest.remove(id)).collect(),
            representatives: representatives.into_iter().map(DocId::at).collect(),
            members,
            starts,
            capped,
        }
    }
}

/// What is known of the documents to be clustered.
pub(crate) struct Documents<'d> {
    pub(crate) recipe: &'d Recipe,
    pub(crate) bands: Bands,
    pub(crate) rows: &'d Rows,
    /// 128 bits of the content; equal for equal texts only.
    pub(crate) contents: &'d [u128],
}

/// Gives the verified similarity of two documents for what their sketches say, or `None` if it is below the
/// threshold.
pub(crate) trait Verify: Sync {
    fn verify(&self, left: u32, right: u32, estimate: Estimate) -> Option<Estimate>;
    /// The estimate from which on a pair is worth a look.
    fn least_estimate(&self) -> f64;
}

impl Documents<'_> {
    /// Document numbers from the best down: by score, then content, then number (which only copies come to).
    fn ranked(&self, score: impl Fn(DocId) -> f64) -> Vec<u32> {
        let count = self.contents.len() as u32;
        // Not a number ranks last; adding zero makes the two zeros one.
        let of = |id: u32| {
            Some(score(DocId::at(id)) + 0.0).filter(|score| !score.is_nan()).unwrap_or(f64::NEG_INFINITY)
        };
        let scores: Vec<f64> = (0..count).map(of).collect();
        let mut ranked: Vec<u32> = (0..count).collect();
        ranked.sort_unstable_by(|&a, &b| {
            let key = |id: u32| (self.contents[id as usize], id);
            scores[b as usize].total_cmp(&scores[a as usize]).then_with(|| key(a).cmp(&key(b)))
        });
        ranked
    }

    /// Splits ranked documents into the first of each content, and the copies with their first.
    fn without_copies(&self, ranked: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut first_of: HashMap<u128, u32> = HashMap::with_capacity(ranked.len());
        let (mut firsts, mut copies) = (Vec::with_capacity(ranked.len()), Vec::new());
        for &id in ranked {
            if self.rows.is_empty_set(id) {
                // Resembles nothing, not even its copy.
                firsts.push(id);
                continue;
            }
            let first = *first_of.entry(self.contents[id as usize]).or_insert(id);
            // Rows are compared so that a collision of hashes cannot remove a document.
            if first == id || self.rows.row(first) != self.rows.row(id) {
                firsts.push(id);
            } else {
                copies.push((id, first));
            }
        }
        (firsts, copies)
    }

    /// Nobody kept yet.
    fn none_kept(&self) -> Result<Kept<'_>, Error> {
        let index = Index::with_slot_bits(self.recipe, self.bands, self.rows.bits())?;
        Ok(Kept { documents: self, index, ids: Vec::new() })
    }

    /// What both modes start from.
    fn contest(&self, score: impl Fn(DocId) -> f64) -> Result<Contest<'_>, Error> {
        let (firsts, copies) = self.without_copies(&self.ranked(score));
        Ok(Contest { firsts, copies, kept: self.none_kept()? })
    }
}

/// The documents in order of rank, of equal ones the first, the others with their first; and an index to fill.
struct Contest<'d> {
    firsts: Vec<u32>,
    copies: Vec<(u32, u32)>,
    kept: Kept<'d>,
}

/// Witness mode; see the head of this file.
pub(crate) fn by_witness(
    documents: &Documents<'_>,
    verify: &impl Verify,
    score: impl Fn(DocId) -> f64,
    watch: &Watch,
) -> Result<Clusters, Error> {
    let Contest { firsts, copies, mut kept } = documents.contest(score)?;
    let mut witnesses: Vec<Option<Neighbor>> = vec![None; documents.contents.len()];
    let mut capped = 0;
    for (number, block) in firsts.chunks(BLOCK).enumerate() {
        watch.tell(STAGE, ProgressUnit::Documents, (number * BLOCK) as u64, Some(firsts.len() as u64))?;
        let before = threads::map(block, |&id| kept.best(id, verify));
        let mut within = documents.none_kept()?;
        for (&id, (before, passed_over)) in block.iter().zip(before) {
            let (here, passed_over_here) = within.best(id, verify);
            capped += passed_over + passed_over_here;
            let best = [before, here].into_iter().flatten().reduce(more_similar);
            match best {
                Some(best) => witnesses[id as usize] = Some(best),
                None => within.add(&[id])?,
            }
        }
        kept.add(&within.ids)?;
    }
    for (copy, first) in copies {
        // A copy of a removed document goes with its witness, as its text does.
        let exact = Neighbor { id: DocId::at(first), jaccard: Estimate::exact(1.0) };
        witnesses[copy as usize] = Some(witnesses[first as usize].unwrap_or(exact));
    }

    let representative: Vec<u32> = (0..)
        .zip(&witnesses)
        .map(|(id, witness)| witness.map_or(id, |witness| u32::from(witness.id)))
        .collect();
    let mut weakest = HashMap::new();
    for (id, witness) in (0..).zip(&witnesses) {
        let Some(witness) = witness else { continue };
        let link = WeakestLink { left: witness.id, right: DocId::at(id), jaccard: witness.jaccard };
        let weaker = weakest.entry(u32::from(witness.id)).or_insert(link);
        if link.jaccard.value < weaker.jaccard.value {
            *weaker = link;
        }
    }
    Ok(Clusters::collect(&representative, witnesses, weakest, capped))
}

/// The more similar one; of equals the first, which ranks above.
fn more_similar(first: Neighbor, second: Neighbor) -> Neighbor {
    if second.jaccard.value > first.jaccard.value { second } else { first }
}

/// Documents kept so far, in order of rank, and an index of them under that order.
struct Kept<'d> {
    documents: &'d Documents<'d>,
    index: Index,
    ids: Vec<u32>,
}

impl Kept<'_> {
    fn add(&mut self, ids: &[u32]) -> Result<(), Error> {
        self.index.insert_rows(ids.iter().map(|&id| self.documents.rows.row(id)))?;
        self.ids.extend_from_slice(ids);
        Ok(())
    }

    /// The most similar kept document that verification accepts, and how many candidates were passed over.
    fn best(&self, id: u32, verify: &impl Verify) -> (Option<Neighbor>, u64) {
        let found = self.index.neighbors_of_row(self.documents.rows.row(id), verify.least_estimate());
        let verified = found.items.iter().filter_map(|neighbor| {
            let other = self.ids[neighbor.id.position()];
            let jaccard = verify.verify(id, other, neighbor.jaccard)?;
            Some((neighbor.id, Neighbor { id: DocId::at(other), jaccard }))
        });
        // Of equally similar ones the best rank, which is the lowest number in this index.
        let better = |a: &(DocId, Neighbor), b: &(DocId, Neighbor)| {
            a.1.jaccard.value.total_cmp(&b.1.jaccard.value).then(b.0.cmp(&a.0))
        };
        (verified.max_by(better).map(|(_, neighbor)| neighbor), found.capped)
    }
}

/// Connected components; see the head of this file.
pub(crate) fn by_components(
    documents: &Documents<'_>,
    verify: &impl Verify,
    score: impl Fn(DocId) -> f64,
    watch: &Watch,
) -> Result<Clusters, Error> {
    // Numbers in the index are ranks among the firsts.
    let Contest { firsts, copies, kept: mut all } = documents.contest(score)?;
    let total = Some(firsts.len() as u64);
    watch.tell(STAGE, ProgressUnit::Documents, 0, total)?;
    all.add(&firsts)?;
    let mut forest = Forest { ranks: firsts.len(), links: Vec::new() };
    let mut best: Vec<Option<RankedLink>> = vec![None; firsts.len()];
    let mut capped = 0;
    let ranks: Vec<u32> = (0..firsts.len() as u32).collect();
    for block in ranks.chunks(BLOCK) {
        watch.tell(STAGE, ProgressUnit::Documents, block[0].into(), total)?;
        for (links, passed_over) in threads::map(block, |&rank| links_of(&all, rank, verify)) {
            capped += passed_over;
            for link in links {
                for end in [link.left, link.right] {
                    let best = &mut best[end as usize];
                    if best.is_none_or(|best| link.precedes(&best)) {
                        *best = Some(link);
                    }
                }
                forest.add(link);
            }
        }
    }
    let (root_of, weakest) = forest.finish();

    let original = |rank: u32| DocId::at(firsts[rank as usize]);
    let mut representative: Vec<u32> = (0..documents.contents.len() as u32).collect();
    let mut witnesses: Vec<Option<Neighbor>> = vec![None; representative.len()];
    for rank in 0..firsts.len() as u32 {
        let (id, root) = (firsts[rank as usize] as usize, root_of[rank as usize]);
        representative[id] = original(root).into();
        if root != rank {
            let link = best[rank as usize].expect("what is in a component of others has a link");
            let partner = if link.left == rank { link.right } else { link.left };
            witnesses[id] = Some(Neighbor { id: original(partner), jaccard: link.jaccard });
        }
    }
    for (copy, first) in copies {
        representative[copy as usize] = representative[first as usize];
        witnesses[copy as usize] = Some(Neighbor { id: DocId::at(first), jaccard: Estimate::exact(1.0) });
    }
    let mut weakest: HashMap<u32, WeakestLink> = weakest
        .into_iter()
        .map(|(root, link)| {
            let link =
                WeakestLink { left: original(link.left), right: original(link.right), jaccard: link.jaccard };
            (original(root).into(), link)
        })
        .collect();
    for (id, witness) in (0..).zip(&witnesses) {
        // Clusters of copies alone have no other link.
        let Some(witness) = witness else { continue };
        let link = WeakestLink { left: witness.id, right: DocId::at(id), jaccard: witness.jaccard };
        weakest.entry(representative[id as usize]).or_insert(link);
    }
    Ok(Clusters::collect(&representative, witnesses, weakest, capped))
}

/// A link between two ranks, `left < right`.
#[derive(Clone, Copy)]
struct RankedLink {
    left: u32,
    right: u32,
    jaccard: Estimate,
}

impl RankedLink {
    /// A total order: stronger links first, of equally strong ones those of better ranks.
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

/// The verified links of a document to those that rank above it.
fn links_of(all: &Kept<'_>, rank: u32, verify: &impl Verify) -> (Vec<RankedLink>, u64) {
    let id = all.ids[rank as usize];
    let found = all.index.neighbors_of_row(all.documents.rows.row(id), verify.least_estimate());
    let above = found.items.iter().filter(|neighbor| u32::from(neighbor.id) < rank);
    let links = above.filter_map(|neighbor| {
        let left = u32::from(neighbor.id);
        let jaccard = verify.verify(id, all.ids[left as usize], neighbor.jaccard)?;
        Some(RankedLink { left, right: rank, jaccard })
    });
    (links.collect(), found.capped)
}

/// A maximum spanning forest in the making. The forest of all links is the forest of any part's forest and
/// the rest, so links that lose are dropped as soon as enough of them wait.
struct Forest {
    ranks: usize,
    links: Vec<RankedLink>,
}

impl Forest {
    fn add(&mut self, link: RankedLink) {
        self.links.push(link);
        if self.links.len() > WAITING_LINKS * self.ranks.max(BLOCK) {
            self.prune();
        }
    }

    /// Kruskal's algorithm: from the strongest link down, those that join what was apart. Gives what they
    /// join.
    fn prune(&mut self) -> Joined {
        self.links.sort_unstable_by(RankedLink::order);
        let mut joined = Joined { parents: (0..self.ranks as u32).collect() };
        self.links.retain(|link| joined.join(link.left, link.right));
        joined
    }

    /// For every rank the best rank of its component; and for the best ranks of larger ones, the weakest
    /// link.
    fn finish(mut self) -> (Vec<u32>, HashMap<u32, RankedLink>) {
        let mut joined = self.prune();
        let roots: Vec<u32> = (0..self.ranks as u32).map(|rank| joined.root(rank)).collect();
        // From strong to weak: the last link of a component stays.
        let weakest = self.links.iter().map(|&link| (roots[link.left as usize], link)).collect();
        (roots, weakest)
    }
}

/// Union-find; the root of a set is its best rank.
struct Joined {
    parents: Vec<u32>,
}

impl Joined {
    fn root(&mut self, mut rank: u32) -> u32 {
        while self.parents[rank as usize] != rank {
            // Path halving.
            let grandparent = self.parents[self.parents[rank as usize] as usize];
            self.parents[rank as usize] = grandparent;
            rank = grandparent;
        }
        rank
    }

    /// Says whether the two were apart.
    fn join(&mut self, left: u32, right: u32) -> bool {
        let (left, right) = (self.root(left), self.root(right));
        self.parents[left.max(right) as usize] = left.min(right);
        left != right
    }
}
