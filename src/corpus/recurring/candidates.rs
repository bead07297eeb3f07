//! Candidates: the links of a document that may be part of a long enough copy. They are chosen before any text is read
//! again.
//!
//! In: links by document and position. Out: a [`Work`] for each document that has candidates.
//!
//! **Idea.** Seeds cover a copy without gaps, except its two ends, which are shorter than the distance of two seeds. So a
//! long exact copy contains a run of seeds that all recur, and the run is nearly as long as `min_length`. The links of a
//! run of this length are *sure*, even if its seeds have different holders. So no part of a long exact copy is lost. A copy
//! with edits has gaps between its seeds. There, the links to one holder are counted together if they are near each other.
//! The distance is measured in bytes, since the text is not read yet. So an edit of `max_gap` letters may be missed in
//! scripts with more than one byte a character.

use super::finder::RecurringFinder;
use super::links::SeedLink;
use super::seeds::{Depth, UNSEEDED};
use crate::corpus::spill::{Merged, Sorted};
use crate::error::Error;
use crate::passage::seed;
use std::collections::HashMap;

/// A link for which texts are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) link: SeedLink,
    /// Whether it is in a long enough run of seeds that all recur, without a gap.
    pub(super) sure: bool,
}

/// The links of one document that are to be verified.
pub(super) struct Work {
    pub(super) document: u32,
    /// Links to other documents, by position, then holder.
    pub(super) candidates: Vec<Candidate>,
    /// Whether the document repeats itself.
    pub(super) internal: bool,
}

/// Documents with candidates, by number.
pub(super) struct Documents<'s> {
    links: Merged<'s, SeedLink>,
    /// How many links there are.
    count: u64,
    /// How many links were read.
    done: u64,
    ahead: Option<SeedLink>,
    finder: RecurringFinder,
}

impl<'s> Documents<'s> {
    pub(super) fn of(links: &'s Sorted<SeedLink>, finder: &RecurringFinder) -> Result<Documents<'s>, Error> {
        let count = links.len();
        Ok(Documents { links: links.merged()?, count, done: 0, ahead: None, finder: finder.clone() })
    }

    /// Links of all documents.
    pub(super) fn links(&self) -> u64 {
        self.count
    }

    /// Links that are read.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// All links of the next document.
    fn next_links(&mut self) -> Result<Vec<SeedLink>, Error> {
        let mut links: Vec<SeedLink> = Vec::from_iter(self.ahead.take());
        while let Some(link) = self.links.next().transpose()? {
            self.done += 1;
            if links.first().is_some_and(|first| first.document() != link.document()) {
                self.ahead = Some(link);
                break;
            }
            links.push(link);
        }
        Ok(links)
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Work, Error>;

    fn next(&mut self) -> Option<Result<Work, Error>> {
        loop {
            let links = match self.next_links() {
                Ok(links) => links,
                Err(error) => return Some(Err(error)),
            };
            let document = links.first()?.document();
            let mut candidates = candidates(&links, &self.finder);
            let internal = candidates.iter().any(|candidate| candidate.link.is_internal());
            candidates.retain(|candidate| !candidate.link.is_internal());
            if internal || !candidates.is_empty() {
                return Some(Ok(Work { document, candidates, internal }));
            }
        }
    }
}

fn candidates(links: &[SeedLink], finder: &RecurringFinder) -> Vec<Candidate> {
    let sure = in_runs(links, finder.min_length);
    let chained = in_chains(links, finder.min_length, finder.max_gap);
    let all = links.iter().zip(sure).zip(chained);
    all.filter(|&((_, sure), chained)| sure || chained)
        .map(|((&link, sure), _)| Candidate { link, sure })
        .collect()
}

/// Whether this many bytes covered by seeds may belong to a copy of `min_length` letters. (A letter has a byte or more.)
fn may_be_long_enough(tiled: usize, min_length: usize) -> bool {
    let depth = Depth::of(min_length);
    tiled + UNSEEDED + depth.unseeded() >= min_length
}

/// For each link, whether its seed is in a run without a gap that is long enough.
fn in_runs(links: &[SeedLink], min_length: usize) -> Vec<bool> {
    let mut sure = Vec::with_capacity(links.len());
    for run in links.chunk_by(|one, next| next.at() - one.at() <= seed::W) {
        let tiled = run[run.len() - 1].at() + seed::K - run[0].at();
        sure.resize(sure.len() + run.len(), may_be_long_enough(tiled, min_length));
    }
    sure
}

/// A sequence of links to one holder, near each other.
struct Chain {
    /// Position of the last link, and its diagonal.
    last: (usize, i64),
    tiled: usize,
}

/// For each link, whether it and other links to the same holder are long enough together.
fn in_chains(links: &[SeedLink], min_length: usize, max_gap: usize) -> Vec<bool> {
    let mut chains: Vec<Chain> = Vec::new();
    let mut latest: HashMap<u32, u32> = HashMap::new();
    let chain_of: Vec<u32> = links
        .iter()
        .map(|link| {
            let chain = latest.entry(link.holder()).or_insert(u32::MAX);
            let step = chains.get(*chain as usize).map(|chain| link.at() - chain.last.0);
            let goes_on = step.is_some_and(|step| {
                let shift = (link.diagonal() - chains[*chain as usize].last.1).unsigned_abs() as usize;
                step <= max_gap + seed::K && shift <= max_gap
            });
            if !goes_on {
                *chain = chains.len() as u32;
                chains.push(Chain { last: (0, 0), tiled: 0 });
            }
            let one = &mut chains[*chain as usize];
            one.tiled += if goes_on { step.unwrap_or(0).min(seed::K) } else { seed::K };
            one.last = (link.at(), link.diagonal());
            *chain
        })
        .collect();
    chain_of.iter().map(|&chain| may_be_long_enough(chains[chain as usize].tiled, min_length)).collect()
}
