//! Witnesses: which documents are removed, and for each the kept document that it was verified against.
//!
//! In: links (documents to compare with better-ranked ones), copies, and the texts. Out: [`Removal`]s, by document.
//!
//! **The choice.** Documents are decided on from the best rank down. A document is removed if a better-ranked document
//! that is kept has a Jaccard similarity of at least the threshold to it, over the shingles of both texts. The most
//! similar of these is its witness. All other documents are kept. So a chain of documents, each like the next, is not
//! reduced to its first. Links are sorted by level ([`crate::corpus::decide::candidates`]). All threads decide on the
//! documents of one level, in any order. A document is compared only with those that are still kept: for a cluster of
//! ten thousand, ten thousand texts are read, not fifty million pairs.
//!
//! **Exact.** Shingles are first compared as hashes. Before a removal, the document and its witness are compared once
//! more on the words themselves, and that similarity decides. So two texts whose different words have equal hashes are
//! both kept. A copy is removed after its bytes are compared with those of the first document of its text. Its witness
//! is that document or, if that document is removed, the witness of that document.
//!
//! **Cost.** About two texts read and shingled for each removed document; in memory, one batch a thread and one bit a
//! document.

use crate::corpus::context::Context;
use crate::corpus::decide::candidates::RankedLink;
use crate::corpus::decide::copies::Copies;
use crate::corpus::decide::rank::Ranks;
use crate::corpus::input::texts::TextStore;
use crate::corpus::settings::Settings;
use crate::corpus::spill::{Merged, Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::document_set::Bits;
use crate::error::Error;
use crate::shingle::{Shingles, exact_overlap};
use crate::support::threads;
use serde::{Deserialize, Serialize};

/// Documents of a level that are decided on at once.
const BATCH: usize = 1 << 12;
/// The name of the saved removals.
const REMOVALS: &str = "removals";
const STAGE: &str = "decisions";

/// A removed document, its witness, and the counts that show their similarity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Removal {
    /// The number of the removed document.
    pub(crate) document: u32,
    pub(crate) kept_by: u32,
    /// Shingles that both have. For a copy, this and the next two are 1.
    pub(crate) shared: u32,
    /// Shingles of the removed document.
    pub(crate) own: u32,
    /// Shingles of the kept document.
    pub(crate) other: u32,
}

impl Removal {
    /// The removal of a document for one that has the same text.
    fn of_copy(document: u32, kept_by: u32) -> Removal {
        Removal { document, kept_by, shared: 1, own: 1, other: 1 }
    }

    /// A document and another, with the shingles that both have and that each has.
    pub(crate) fn of_counts(document: u32, kept_by: u32, counts: [usize; 3]) -> Removal {
        let [shared, own, other] = counts.map(|count| count as u32);
        Removal { document, kept_by, shared, own, other }
    }

    /// The Jaccard similarity of both.
    pub(crate) fn jaccard(&self) -> f64 {
        let [shared, own, other] = [self.shared, self.own, self.other].map(f64::from);
        shared / (own + other - shared)
    }

    /// The share of the shingles of the removed document that the kept one has too.
    pub(crate) fn containment(&self) -> f64 {
        f64::from(self.shared) / f64::from(self.own)
    }
}

/// The counts of this stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RemovalCounts {
    /// Removed documents whose text is equal to that of another.
    pub(crate) copies: u64,
    /// Removed documents in all.
    pub(crate) removed: u64,
    /// Pairs of texts that were compared.
    pub(crate) compared: u64,
}

/// The removals of a corpus.
pub(crate) struct Removals {
    /// The removals, sorted by document.
    pub(crate) list: Sorted<Removal>,
    pub(crate) counts: RemovalCounts,
}

impl Removals {
    /// The removed documents.
    pub(crate) fn set(&self, documents: u32) -> Result<Bits, Error> {
        let mut removed = Bits::none(documents);
        for removal in self.list.merged()? {
            removed.insert(removal?.document);
        }
        Ok(removed)
    }
}

/// Compares documents on their texts, not on their sketches.
pub(crate) trait Compare: Sync {
    /// The removal of a document for the most similar of some others, if that one is similar enough. If several are
    /// equally similar, the first of them is the witness.
    fn witness(&self, document: u32, others: &[u32], settings: &Settings) -> Result<Option<Removal>, Error>;

    /// Whether two documents have the same text.
    fn is_copy(&self, left: u32, right: u32) -> Result<bool, Error>;
}

impl Compare for TextStore<'_> {
    fn witness(&self, document: u32, others: &[u32], settings: &Settings) -> Result<Option<Removal>, Error> {
        let Settings { shingle, threshold, .. } = *settings;
        let own_text = self.with(document, str::to_owned)?;
        let own = Shingles::by(shingle, &own_text);
        let mut similar: Vec<Removal> = Vec::new();
        // The most similar text is compared again below, so it is kept in memory instead of read twice.
        let (mut highest, mut best_text) = (0.0, (u32::MAX, String::new()));
        for &kept_by in others {
            self.with(kept_by, |text| {
                let other = Shingles::by(shingle, text);
                let counts = [own.shared(&other), own.len(), other.len()];
                let removal = Removal::of_counts(document, kept_by, counts);
                if removal.jaccard() < threshold {
                    return;
                }
                similar.push(removal);
                if removal.jaccard() > highest {
                    (highest, best_text) = (removal.jaccard(), (kept_by, text.to_owned()));
                }
            })?;
        }
        similar.sort_by(|left, right| right.jaccard().total_cmp(&left.jaccard()));
        for Removal { kept_by, .. } in similar {
            let by_words = |text: &str| {
                let overlap = exact_overlap(&shingle, &own_text, text);
                Removal::of_counts(document, kept_by, [overlap.shared, overlap.left, overlap.right])
            };
            let exact =
                if kept_by == best_text.0 { by_words(&best_text.1) } else { self.with(kept_by, by_words)? };
            if exact.jaccard() >= threshold {
                return Ok(Some(exact));
            }
        }
        Ok(None)
    }

    fn is_copy(&self, left: u32, right: u32) -> Result<bool, Error> {
        let left = self.with(left, str::to_owned)?;
        self.with(right, |right| right == left)
    }
}

/// Decides on all documents.
pub(crate) fn find(
    context: &Context<'_>,
    texts: &dyn Compare,
    ranks: &Ranks,
    links: &Sorted<RankedLink>,
    copies: &Copies,
) -> Result<Removals, Error> {
    if let (Some(list), Some(counts)) = (context.saved(REMOVALS)?, context.work.done(STAGE)?) {
        return Ok(Removals { list, counts });
    }
    let mut counts = RemovalCounts::default();
    let decisions = Decisions { context, texts, ranks };
    let alike = decisions.of_linked(links, &mut counts)?;
    let removals = context.sorter(REMOVALS, 4)?;
    decisions.of_copies(&alike, copies, &removals, &mut counts)?;
    let mut list = removals.finish()?;
    list.save()?;
    counts.removed = list.len();
    context.work.finish(STAGE, &counts)?;
    Ok(Removals { list, counts })
}

/// A document and the better-ranked ones to compare it with, all by rank.
struct LinkedDocument {
    worse: u32,
    better: Vec<u32>,
}

/// The decisions so far, and the inputs that they depend on.
struct Decisions<'d> {
    context: &'d Context<'d>,
    texts: &'d dyn Compare,
    ranks: &'d Ranks,
}

impl Decisions<'_> {
    /// Decides on the documents that have links.
    fn of_linked(
        &self,
        links: &Sorted<RankedLink>,
        counts: &mut RemovalCounts,
    ) -> Result<Sorted<Removal>, Error> {
        let alike = self.context.sorter("alike", 4)?;
        let mut removed = Bits::none(self.context.numbering.all());
        let mut merged = links.merged()?;
        let mut next = merged.next().transpose()?;
        let mut done = 0;
        while let Some(first) = next {
            // All links of some documents of one level.
            let mut batch: Vec<LinkedDocument> = Vec::new();
            while let Some(link) = next.filter(|link| link.level == first.level) {
                let is_full = batch.len() == BATCH;
                match batch.last_mut() {
                    Some(last) if last.worse == link.worse => last.better.push(link.better),
                    _ if is_full => break,
                    _ => batch.push(LinkedDocument { worse: link.worse, better: vec![link.better] }),
                }
                done += 1;
                next = merged.next().transpose()?;
            }
            self.context.tell_entries("comparing texts", done, links.len())?;
            let decided = threads::map(&batch, |linked| -> Result<_, Error> {
                let better = linked.better.iter().map(|&rank| self.ranks.document(rank));
                let kept: Vec<u32> = better.filter(|&document| !removed.contains(document)).collect();
                let document = self.ranks.document(linked.worse);
                let removal = match &kept[..] {
                    [] => None,
                    kept => self.texts.witness(document, kept, self.context.settings)?,
                };
                Ok((removal, kept.len() as u64))
            });
            let mut found = Vec::new();
            for decision in decided {
                let (removal, compared) = decision?;
                counts.compared += compared;
                found.extend(removal);
            }
            found.iter().for_each(|removal: &Removal| removed.insert(removal.document));
            alike.extend(&found)?;
        }
        alike.finish()
    }

    /// Passes on the removals of linked documents, and adds those of the copies.
    fn of_copies(
        &self,
        alike: &Sorted<Removal>,
        copies: &Copies,
        removals: &Sorter<Removal>,
        counts: &mut RemovalCounts,
    ) -> Result<(), Error> {
        let mut linked = alike.merged()?;
        let mut next = linked.next().transpose()?;
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
                return pass_on(next, linked, removals);
            }
            self.context.tell_entries("comparing copies", done, copies.pairs.len())?;
            done += batch.len() as u64;
            let equal = threads::map(&batch, |pair| self.texts.is_copy(pair.first, pair.copy));
            let mut found = Vec::new();
            for (pair, equal) in batch.iter().zip(equal) {
                if !equal? {
                    continue;
                }
                // Both sequences are sorted by the number of the first document of a text.
                while let Some(removal) = next.filter(|removal| removal.document < pair.first) {
                    found.push(removal);
                    next = linked.next().transpose()?;
                }
                let of_first = next.filter(|removal| removal.document == pair.first);
                found.push(of_first.map_or(Removal::of_copy(pair.copy, pair.first), |removal| Removal {
                    document: pair.copy,
                    ..removal
                }));
                counts.copies += 1;
            }
            removals.extend(&found)?;
        }
    }
}

/// Passes on the rest of the removals.
fn pass_on(
    mut next: Option<Removal>,
    mut rest: Merged<'_, Removal>,
    removals: &Sorter<Removal>,
) -> Result<(), Error> {
    let mut batch = Vec::new();
    while let Some(removal) = next {
        batch.push(removal);
        if batch.len() == BATCH {
            removals.extend(&batch)?;
            batch.clear();
        }
        next = rest.next().transpose()?;
    }
    removals.extend(&batch)
}

impl Record for Removal {
    type Key = u32;

    fn key(&self) -> u32 {
        self.document
    }

    stored_fields! { document: u32, kept_by: u32, shared: u32, own: u32, other: u32 }
}
