//! The input of both modes. In: rows and digests of documents, and a preference. Out: documents in order of
//! preference, without copies.

use std::collections::HashMap;

use crate::error::Error;
use crate::index::{Bands, DocId, Index, Neighbor, Rows};
use crate::sketch::{Estimate, Recipe};

/// Documents decided together: their queries run in parallel, their similarity to each other is checked one by
/// one. It affects memory and parallelism, but no result.
pub(super) const BLOCK: usize = 1024;
/// The stage that a [`Watch`](crate::Watch) reports.
pub(super) const STAGE: &str = "cluster";

/// The documents to be clustered.
pub(crate) struct Documents<'d> {
    pub(crate) recipe: &'d Recipe,
    pub(crate) bands: Bands,
    pub(crate) rows: &'d Rows,
    /// 128 bits of the content of each document.
    pub(crate) digests: &'d [u128],
}

/// Which of several similar documents is kept.
pub(crate) enum Preference<'p> {
    /// The first.
    First,
    /// The one with the highest score. Documents of equal scores are ordered by content, then by number. NaN
    /// is the lowest score.
    Score(&'p dyn Fn(DocId) -> f64),
}

/// Gives the verified similarity of two documents from their estimate, or `None` if it is below the threshold.
pub(crate) trait Verify: Sync {
    /// Verifies pairs that contain the document `id`. The closure gets the other document and the estimate.
    fn pairs_of(&self, id: u32) -> impl Fn(u32, Estimate) -> Option<Estimate>;
    /// Pairs with a lower estimate are not verified.
    fn least_estimate(&self) -> f64;
}

impl Documents<'_> {
    /// Document numbers, the most preferred first.
    fn ranked(&self, preference: &Preference<'_>) -> Vec<u32> {
        let mut ranked: Vec<u32> = (0..self.digests.len() as u32).collect();
        let Preference::Score(score) = preference else { return ranked };
        // Adding zero makes negative zero equal to zero.
        let of = |id: &u32| {
            Some(score(DocId::at(*id)) + 0.0).filter(|score| !score.is_nan()).unwrap_or(f64::NEG_INFINITY)
        };
        let scores: Vec<f64> = ranked.iter().map(of).collect();
        let key = |id: u32| (self.digests[id as usize], id);
        ranked.sort_unstable_by(|&left, &right| {
            scores[right as usize].total_cmp(&scores[left as usize]).then_with(|| key(left).cmp(&key(right)))
        });
        ranked
    }

    /// Splits ranked documents into the first of each content, and the copies with their first.
    fn without_copies(&self, ranked: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
        let mut first_of: HashMap<u128, u32> = HashMap::with_capacity(ranked.len());
        let (mut firsts, mut copies) = (Vec::with_capacity(ranked.len()), Vec::new());
        for &id in ranked {
            if self.rows.is_empty_set(id) {
                // An empty set is similar to nothing, not even to its copy.
                firsts.push(id);
                continue;
            }
            let first = *first_of.entry(self.digests[id as usize]).or_insert(id);
            // Rows are compared too, so that a collision of digests cannot remove a document.
            if first == id || self.rows.row(first) != self.rows.row(id) {
                firsts.push(id);
            } else {
                copies.push((id, first));
            }
        }
        (firsts, copies)
    }

    /// An empty index of kept documents.
    pub(super) fn none_kept(&self) -> Result<KeptDocuments<'_>, Error> {
        let index = Index::with_slot_bits(self.recipe, self.bands, self.rows.bits())?;
        Ok(KeptDocuments { documents: self, index, ids: Vec::new() })
    }

    /// The state from which both modes start.
    pub(super) fn ranking(&self, preference: &Preference<'_>) -> Result<Ranking<'_>, Error> {
        let (firsts, copies) = self.without_copies(&self.ranked(preference));
        Ok(Ranking { firsts, copies, kept: self.none_kept()? })
    }
}

/// Documents in order of preference: `firsts` has the first of equal documents, `copies` has the others with
/// their first. `kept` is an index to fill.
pub(super) struct Ranking<'d> {
    pub(super) firsts: Vec<u32>,
    pub(super) copies: Vec<(u32, u32)>,
    pub(super) kept: KeptDocuments<'d>,
}

/// Documents in order of preference, and an index of them, which numbers them in that order.
pub(super) struct KeptDocuments<'d> {
    documents: &'d Documents<'d>,
    index: Index,
    ids: Vec<u32>,
}

impl KeptDocuments<'_> {
    pub(super) fn add(&mut self, ids: &[u32]) -> Result<(), Error> {
        self.index.insert_rows(ids.iter().map(|&id| self.documents.rows.row(id)))?;
        self.ids.extend_from_slice(ids);
        Ok(())
    }

    pub(super) fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The verified neighbours of a document whose rank is less than `below`, as ranks and similarities; and
    /// how many entries were not checked.
    pub(super) fn verified(&self, id: u32, below: u32, verify: &impl Verify) -> (Vec<(u32, Estimate)>, u64) {
        let found = self.index.neighbors_of_row(self.documents.rows.row(id), verify.least_estimate());
        let verify = verify.pairs_of(id);
        let verified = found.items.iter().map(|neighbor| (u32::from(neighbor.id), neighbor.jaccard));
        let verified = verified.filter(|&(rank, _)| rank < below);
        let verified =
            verified.filter_map(|(rank, estimate)| Some((rank, verify(self.ids[rank as usize], estimate)?)));
        (verified.collect(), found.capped)
    }

    /// The most similar verified document, and how many entries were not checked. If several are equally
    /// similar, it is the most preferred one.
    pub(super) fn best(&self, id: u32, verify: &impl Verify) -> (Option<Neighbor>, u64) {
        let (verified, capped) = self.verified(id, u32::MAX, verify);
        let best = verified
            .into_iter()
            .max_by(|left, right| left.1.value.total_cmp(&right.1.value).then(right.0.cmp(&left.0)));
        let neighbor = |(rank, jaccard)| Neighbor { id: DocId::at(self.ids[rank as usize]), jaccard };
        (best.map(neighbor), capped)
    }
}
