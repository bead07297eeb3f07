//! Witnesses: which documents go, and for each the kept one that speaks for it, compared exactly.
//!
//! In: links (documents to compare with better-ranked ones), copies, and the texts. Out: [`Removal`]s, by document.
//!
//! **The choice.** From the best rank down, a document is removed if a better-ranked one that is kept has a Jaccard similarity of at
//! least the threshold to it, over the shingles of both texts; the most similar of these is its witness. Any other document is kept.
//! So a chain of documents, each like the next, does not collapse into its first. Links come level by level
//! ([`crate::corpus::decide::candidates`]); the documents of a level are decided on in any order, by all threads, and only those that are
//! still kept are compared with: of a cluster of ten thousand, ten thousand texts are read, not fifty million pairs.
//!
//! A copy goes with the first of its text: to it, or to its witness. Its bytes are compared before; where 128 bits of two
//! texts are equal and the texts are not, both are kept.
//!
//! **Cost.** About two texts read and shingled for each removed document, in memory for one batch a thread; a bit of memory a
//! document.

use crate::corpus::decide::candidates::Link;
use crate::corpus::decide::copies::Copies;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::input::texts::TextStore;
use crate::corpus::spill::{Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::shingle::Shingles;
use crate::support::threads;
use serde::{Deserialize, Serialize};

/// Documents of a level that are decided on at once.
const BATCH: usize = 1 << 12;

/// A removed document and what its removal rests on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Removal {
    /// By number.
    pub(crate) document: u32,
    pub(crate) kept_by: u32,
    /// Shingles that both have, and each has. Of a copy 1, 1 and 1.
    pub(crate) shared: u32,
    pub(crate) own: u32,
    pub(crate) other: u32,
}

impl Removal {
    /// The Jaccard similarity of both.
    pub(crate) fn jaccard(&self) -> f64 {
        let [shared, own, other] = [self.shared, self.own, self.other].map(f64::from);
        shared / (own + other - shared)
    }

    /// The share of the removed one that lies in the other.
    pub(crate) fn containment(&self) -> f64 {
        f64::from(self.shared) / f64::from(self.own)
    }
}

/// What was decided, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Decided {
    /// Removed documents whose text is that of another.
    pub(crate) copies: u64,
    /// Removed documents in all.
    pub(crate) removed: u64,
    /// Pairs of texts that were compared.
    pub(crate) compared: u64,
}

/// Compares documents as they are, not as their sketches are.
pub(crate) trait Compare: Sync {
    /// How a document resembles each of some others.
    fn alike(&self, document: u32, others: &[u32]) -> Result<Vec<Removal>, Error>;

    /// Whether two documents have one text.
    fn is_copy(&self, left: u32, right: u32) -> Result<bool, Error>;
}

impl Compare for TextStore<'_> {
    fn alike(&self, document: u32, others: &[u32]) -> Result<Vec<Removal>, Error> {
        let own = self.with(document, Shingles::of)?;
        let compare = |&kept_by: &u32| {
            let other = self.with(kept_by, Shingles::of)?;
            let [shared, own, other] = [own.shared(&other), own.len(), other.len()].map(|count| count as u32);
            Ok(Removal { document, kept_by, shared, own, other })
        };
        others.iter().map(compare).collect()
    }

    fn is_copy(&self, left: u32, right: u32) -> Result<bool, Error> {
        let left = self.with(left, str::to_owned)?;
        self.with(right, |right| right == left)
    }
}

/// What decisions rest on.
pub(crate) struct Judge<'j> {
    pub(crate) texts: &'j dyn Compare,
    pub(crate) ranks: &'j Ranks,
    pub(crate) threshold: f64,
    pub(crate) work: &'j Work,
    pub(crate) budget: usize,
    pub(crate) watch: &'j Watch,
}

impl Judge<'_> {
    /// Decides on all documents; gives the removed ones by number.
    pub(crate) fn decide(
        &self,
        links: &Sorted<Link>,
        copies: &Copies,
        documents: u32,
    ) -> Result<(Sorted<Removal>, Decided), Error> {
        if let (Some(removals), Some(decided)) =
            (Sorted::open(self.work.place("removals"))?, self.work.done("decisions")?)
        {
            return Ok((removals, decided));
        }
        let mut decided = Decided::default();
        let alike = self.near(links, documents, &mut decided)?;
        let removals = Sorter::new(self.work.place("removals"), self.budget / 4)?;
        self.copies(&alike, copies, &removals, &mut decided)?;
        let mut removals = removals.finish()?;
        removals.save()?;
        decided.removed = removals.len();
        self.work.finish("decisions", &decided)?;
        Ok((removals, decided))
    }

    /// Decides on the documents that have links.
    fn near(
        &self,
        links: &Sorted<Link>,
        documents: u32,
        decided: &mut Decided,
    ) -> Result<Sorted<Removal>, Error> {
        let alike = Sorter::new(self.work.place("alike"), self.budget / 4)?;
        let mut removed = Bits::none(documents);
        let mut merged = links.merged()?;
        let mut next = merged.next().transpose()?;
        let mut done = 0;
        while let Some(first) = next {
            // Links of one level, of whole documents.
            let mut batch: Vec<(u32, Vec<u32>)> = Vec::new();
            while let Some(link) = next.filter(|link| link.level == first.level) {
                let is_full = batch.len() == BATCH;
                match batch.last_mut() {
                    Some((worse, better)) if *worse == link.worse => better.push(link.better),
                    _ if is_full => break,
                    _ => batch.push((link.worse, vec![link.better])),
                }
                done += 1;
                next = merged.next().transpose()?;
            }
            self.watch.tell("comparing texts", ProgressUnit::Entries, done, Some(links.len()))?;
            let kept = |rank: u32| !removed.contains(self.ranks.document(rank));
            let judged = threads::map(&batch, |(worse, better)| {
                let better: Vec<u32> = better.iter().copied().filter(|&rank| kept(rank)).collect();
                self.witness(*worse, &better).map(|removal| (removal, better.len() as u64))
            });
            let mut found = Vec::new();
            for judged in judged {
                let (removal, compared) = judged?;
                decided.compared += compared;
                found.extend(removal);
            }
            found.iter().for_each(|removal| removed.insert(removal.document));
            alike.extend(&found)?;
        }
        alike.finish()
    }

    /// The most similar of some kept documents, if it is similar enough; of equals the best-ranked, which comes first.
    fn witness(&self, worse: u32, better: &[u32]) -> Result<Option<Removal>, Error> {
        if better.is_empty() {
            return Ok(None);
        }
        let kept: Vec<u32> = better.iter().map(|&rank| self.ranks.document(rank)).collect();
        let alike = self.texts.alike(self.ranks.document(worse), &kept)?;
        let enough = alike.into_iter().filter(|removal| removal.jaccard() >= self.threshold);
        Ok(enough.reduce(|best, other| if other.jaccard() > best.jaccard() { other } else { best }))
    }

    /// Passes on what was decided, and what follows for the copies.
    fn copies(
        &self,
        alike: &Sorted<Removal>,
        copies: &Copies,
        removals: &Sorter<Removal>,
        decided: &mut Decided,
    ) -> Result<(), Error> {
        let mut firsts = alike.merged()?;
        let mut first = firsts.next().transpose()?;
        let mut pairs = copies.pairs.merged()?;
        let mut done = 0;
        loop {
            let mut batch = Vec::new();
            while batch.len() < BATCH
                && let Some(pair) = pairs.next()
            {
                batch.push(pair?);
            }
            if batch.is_empty() {
                break;
            }
            self.watch.tell("comparing copies", ProgressUnit::Entries, done, Some(copies.pairs.len()))?;
            done += batch.len() as u64;
            let equal = threads::map(&batch, |pair| self.texts.is_copy(pair.first, pair.copy));
            let mut found = Vec::new();
            for (pair, equal) in batch.iter().zip(equal) {
                if !equal? {
                    continue;
                }
                // Both come by the number of the first.
                while let Some(removal) = first.filter(|first| first.document < pair.first) {
                    found.push(removal);
                    first = firsts.next().transpose()?;
                }
                let removal = match first.filter(|first| first.document == pair.first) {
                    Some(removal) => Removal { document: pair.copy, ..removal },
                    None => Removal { document: pair.copy, kept_by: pair.first, shared: 1, own: 1, other: 1 },
                };
                decided.copies += 1;
                found.push(removal);
            }
            removals.extend(&found)?;
        }
        let mut rest: Vec<Removal> = Vec::new();
        while let Some(removal) = first {
            rest.push(removal);
            if rest.len() == BATCH {
                removals.extend(&rest)?;
                rest.clear();
            }
            first = firsts.next().transpose()?;
        }
        removals.extend(&rest)
    }
}

impl Record for Removal {
    type Key = u32;

    fn key(&self) -> u32 {
        self.document
    }

    stored_fields! { document: u32, kept_by: u32, shared: u32, own: u32, other: u32 }
}
