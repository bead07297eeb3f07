//! Merging: several sorted sources read as one.
//!
//! In: runs on disk, a sorted buffer in memory, a range of keys. Out: an iterator over the records in that range, ascending.
//!
//! **Idea.** A tree of losers. The lowest record of each pair of sources wins and moves up; each node stores the source that
//! lost there. After the winner is taken, only the nodes between its source and the root are compared again.
//! **Cost.** `log2(sources)` comparisons a record; a block of memory a source.
//! **Source.** Knuth, *The Art of Computer Programming* 3, section 5.4.1 (trees of losers).

use super::record::{Part, Record};
use super::run::Run;
use crate::error::Error;

/// Records of sorted sources, ascending. Ends after the first error.
pub(crate) struct Merged<'s, R: Record> {
    sources: Vec<Source<'s, R>>,
    /// The next record of each source.
    heads: Vec<Option<R>>,
    /// The source that won, then for each node of the tree the source that lost there.
    losers: Vec<u32>,
    to: Option<R::Key>,
}

/// The loser at a node that was not compared yet.
const NOBODY: u32 = u32::MAX;

impl<'s, R: Record> Merged<'s, R> {
    pub(super) fn of(
        resident: &'s [R],
        runs: &'s [Run<R>],
        part: Part<R::Key>,
    ) -> Result<Merged<'s, R>, Error> {
        let mut sources = Vec::with_capacity(runs.len() + 1);
        if !resident.is_empty() {
            let start = part.from.map_or(0, |from| resident.partition_point(|record| record.key() < from));
            sources.push(Source::Resident(resident[start..].iter()));
        }
        for run in runs {
            // The block before the first one that starts in the range may end in it.
            let inside = part.from.map_or(0, |from| run.fences.partition_point(|fence| fence.key() < from));
            let block = inside.saturating_sub(1);
            sources.push(Source::Stored { run, next_block: block, block: Vec::new(), at: 0 });
        }
        let mut heads = Vec::with_capacity(sources.len());
        for source in &mut sources {
            let mut head = source.next()?;
            while let (Some(record), Some(from)) = (head, part.from)
                && record.key() < from
            {
                head = source.next()?;
            }
            heads.push(head);
        }
        let losers = vec![NOBODY; sources.len().max(1)];
        let mut merged = Merged { sources, heads, losers, to: part.to };
        for source in 0..merged.sources.len() {
            merged.play(source as u32);
        }
        Ok(merged)
    }

    #[inline]
    fn wins(&self, left: u32, right: u32) -> bool {
        match (&self.heads[left as usize], &self.heads[right as usize]) {
            (Some(left), Some(right)) => left < right,
            (left, _) => left.is_some(),
        }
    }

    /// Compares a source at the nodes from its leaf up to the root.
    #[inline]
    fn play(&mut self, source: u32) {
        let mut winner = source;
        let mut game = (source as usize + self.sources.len()) / 2;
        while game > 0 {
            let other = self.losers[game];
            if other == NOBODY {
                self.losers[game] = winner;
                return;
            }
            if self.wins(other, winner) {
                self.losers[game] = winner;
                winner = other;
            }
            game /= 2;
        }
        self.losers[0] = winner;
    }

    fn end(&mut self) {
        self.heads.fill(None);
    }
}

impl<R: Record> Iterator for Merged<'_, R> {
    type Item = Result<R, Error>;

    #[inline]
    fn next(&mut self) -> Option<Result<R, Error>> {
        let winner = self.losers[0];
        let record = (*self.heads.get(winner as usize)?)?;
        if self.to.is_some_and(|to| record.key() >= to) {
            self.end();
            return None;
        }
        match self.sources[winner as usize].next() {
            Ok(head) => self.heads[winner as usize] = head,
            Err(error) => {
                self.end();
                return Some(Err(error));
            }
        }
        self.play(winner);
        Some(Ok(record))
    }
}

enum Source<'s, R: Record> {
    Resident(std::slice::Iter<'s, R>),
    Stored { run: &'s Run<R>, next_block: usize, block: Vec<u8>, at: usize },
}

impl<R: Record> Source<'_, R> {
    #[inline]
    fn next(&mut self) -> Result<Option<R>, Error> {
        match self {
            Source::Resident(records) => Ok(records.next().copied()),
            Source::Stored { run, next_block, block, at } => {
                if *at == block.len() {
                    if *next_block == run.blocks() {
                        return Ok(None);
                    }
                    run.read(*next_block, block)?;
                    *next_block += 1;
                    *at = 0;
                }
                let record = R::load(&block[*at..*at + R::BYTES]);
                *at += R::BYTES;
                Ok(Some(record))
            }
        }
    }
}
