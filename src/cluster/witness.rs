//! Witness mode: every removed document has a similar kept one. In: [`Documents`]. Out: [`Clusters`]. The
//! idea: see [`super`].

use std::collections::HashMap;

use super::clusters::{Clusters, WeakestLink};
use super::documents::{BLOCK, Documents, Preference, Ranking, STAGE, Verify};
use crate::error::Error;
use crate::index::{DocId, Neighbor};
use crate::progress::{ProgressUnit, Watch};
use crate::sketch::Estimate;
use crate::support::threads;

/// Clusters of one kept document and the documents whose witness it is.
pub(crate) fn by_witness(
    documents: &Documents<'_>,
    verify: &impl Verify,
    preference: &Preference<'_>,
    watch: &Watch,
) -> Result<Clusters, Error> {
    let Ranking { firsts, copies, mut kept } = documents.ranking(preference)?;
    let mut witnesses: Vec<Option<Neighbor>> = vec![None; documents.digests.len()];
    let mut capped = 0;
    for (number, block) in firsts.chunks(BLOCK).enumerate() {
        watch.tell(STAGE, ProgressUnit::Documents, (number * BLOCK) as u64, Some(firsts.len() as u64))?;
        let before = threads::map(block, |&id| kept.best(id, verify));
        let mut within = documents.none_kept()?;
        for (&id, (before, capped_before)) in block.iter().zip(before) {
            let (here, capped_here) = within.best(id, verify);
            capped += capped_before + capped_here;
            match [before, here].into_iter().flatten().reduce(more_similar) {
                Some(best) => witnesses[id as usize] = Some(best),
                None => within.add(&[id])?,
            }
        }
        kept.add(within.ids())?;
    }
    for (copy, first) in copies {
        // A copy of a removed document has the same witness, because its text is the same.
        let exact = Neighbor { id: DocId::at(first), jaccard: Estimate::exact(1.0) };
        witnesses[copy as usize] = Some(witnesses[first as usize].unwrap_or(exact));
    }
    let representative: Vec<u32> = (0..)
        .zip(&witnesses)
        .map(|(id, witness)| witness.map_or(id, |witness| u32::from(witness.id)))
        .collect();
    let weakest = weakest_links(&witnesses);
    Ok(Clusters::collect(&representative, witnesses, weakest, capped))
}

/// For each witness, the removed document that is least similar to it.
fn weakest_links(witnesses: &[Option<Neighbor>]) -> HashMap<u32, WeakestLink> {
    let mut weakest = HashMap::new();
    for (id, witness) in (0..).zip(witnesses) {
        let Some(witness) = witness else { continue };
        let link = WeakestLink { left: witness.id, right: DocId::at(id), jaccard: witness.jaccard };
        let weaker = weakest.entry(u32::from(witness.id)).or_insert(link);
        if link.jaccard.value < weaker.jaccard.value {
            *weaker = link;
        }
    }
    weakest
}

/// The more similar one; of equally similar ones the first, which is preferred.
fn more_similar(first: Neighbor, second: Neighbor) -> Neighbor {
    if second.jaccard.value > first.jaccard.value { second } else { first }
}
