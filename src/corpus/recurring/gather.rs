//! Gathering: counts the stretches of each passage.
//!
//! In: stretches by document. Out: passages by holder, each with its count.
//!
//! **Idea.** The holder of a stretch is the example of its passage: stretches with the same holder and about the same place
//! in it are one passage. Most holders are leaders, so nearly every passage has only one holder. Stretches are sorted by
//! their span in the holder. So the stretches of one passage are close to each other, and only the passages that start near
//! the current position are in memory.
//!
//! **Cost.** Two sorts on disk: 24 bytes a stretch, 32 bytes a passage.

use super::stretch::Stretch;
use super::verify::FoundStretch;
use super::workspace::{BY_HOLDER, PASSAGES, Workspace};
use crate::corpus::spill::{Record, Sorted, Sorter};
use crate::error::Error;
use crate::index::DocId;
use crate::progress::ProgressUnit;
use crate::span::Span;
use std::collections::{BTreeMap, VecDeque};

/// Two ends are the same end if their distance, in bytes of text, is at most this or an eighth of the length.
const SLACK: usize = 24;

/// A passage that recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RecurringPassage {
    /// The first document that holds it: the example.
    pub document: DocId,
    /// Its place there, in bytes of the text.
    pub span: Span,
    /// How often it occurs in the corpus, this place included. A copy inside a longer passage counts only for that one.
    pub occurrences: u64,
    /// The document of another copy. It may be the same document, if that holds the passage twice.
    pub copy_document: DocId,
    /// The place of that copy, in bytes of the text.
    pub copy_span: Span,
}

/// A stretch, sorted by the holder's span.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ByHolder([u32; 6]);

impl ByHolder {
    fn of(stretch: Stretch) -> ByHolder {
        let (own, theirs) = (stretch.span, stretch.holder_span);
        ByHolder([
            stretch.holder.into(),
            theirs.start as u32,
            theirs.end as u32,
            stretch.document.into(),
            own.start as u32,
            own.end as u32,
        ])
    }
}

/// A counted passage, sorted by its example.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct CountedPassage {
    example: ByHolder,
    occurrences: u64,
}

fn store(fields: [u32; 6], bytes: &mut [u8]) {
    for (place, field) in bytes.chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_le_bytes());
    }
}

fn load(bytes: &[u8]) -> [u32; 6] {
    std::array::from_fn(|at| u32::from_le_bytes(bytes[4 * at..4 * at + 4].try_into().expect("four bytes")))
}

impl Record for ByHolder {
    type Key = u32;
    const BYTES: usize = 24;

    fn key(&self) -> u32 {
        self.0[0]
    }

    fn store(&self, bytes: &mut [u8]) {
        store(self.0, bytes);
    }

    fn load(bytes: &[u8]) -> ByHolder {
        ByHolder(load(bytes))
    }
}

impl Record for CountedPassage {
    type Key = u32;
    const BYTES: usize = 32;

    fn key(&self) -> u32 {
        self.example.key()
    }

    fn store(&self, bytes: &mut [u8]) {
        store(self.example.0, &mut bytes[..24]);
        bytes[24..].copy_from_slice(&self.occurrences.to_le_bytes());
    }

    fn load(bytes: &[u8]) -> CountedPassage {
        let occurrences = u64::from_le_bytes(bytes[24..32].try_into().expect("eight bytes"));
        CountedPassage { example: ByHolder(load(&bytes[..24])), occurrences }
    }
}

impl CountedPassage {
    pub(super) fn passage(self) -> RecurringPassage {
        let [document, start, end, copy_document, copy_start, copy_end] = self.example.0;
        RecurringPassage {
            document: DocId::at(document),
            span: Span::new(start as usize, end as usize),
            occurrences: self.occurrences,
            copy_document: DocId::at(copy_document),
            copy_span: Span::new(copy_start as usize, copy_end as usize),
        }
    }
}

/// Counts the passages of all stretches.
pub(super) fn passages(
    workspace: &Workspace,
    stretches: &Sorted<FoundStretch>,
) -> Result<Sorted<CountedPassage>, Error> {
    /// Stretches passed to the sorter at once.
    const BATCH: usize = 4096;
    const STAGE: &str = "counting passages";
    // Stretches are read twice: once to be sorted, once to be counted.
    let watch = &workspace.finder.watch;
    let total = Some(2 * stretches.len());
    watch.tell(STAGE, ProgressUnit::Entries, 0, total)?;
    let by_holder = Sorter::new(workspace.place(BY_HOLDER), workspace.memory / 4)?;
    let mut batch = Vec::with_capacity(BATCH);
    for (done, found) in (0..).zip(stretches.merged()?) {
        batch.extend(found?.stretch().map(ByHolder::of));
        if batch.len() == BATCH {
            watch.tell(STAGE, ProgressUnit::Entries, done, total)?;
            by_holder.extend(&batch)?;
            batch.clear();
        }
    }
    by_holder.extend(&batch)?;
    let by_holder = by_holder.finish()?;
    let passages = Sorter::new(workspace.place(PASSAGES), workspace.memory / 4)?;
    let mut open = OpenPassages::default();
    for (done, stretch) in (stretches.len()..).zip(by_holder.merged()?) {
        let stretch = stretch?;
        if done.is_multiple_of(BATCH as u64) {
            watch.tell(STAGE, ProgressUnit::Entries, done, total)?;
        }
        passages.extend(&open.close(Some(&stretch)))?;
        open.add(stretch);
    }
    passages.extend(&open.close(None))?;
    passages.finish()
}

/// The passages to which the next stretch may belong.
#[derive(Default)]
struct OpenPassages {
    /// The passages in order of their start.
    passages: VecDeque<CountedPassage>,
    /// The number of the first of them.
    first: usize,
    /// The ends and numbers of the passages.
    ends: BTreeMap<(u32, usize), ()>,
}

impl OpenPassages {
    /// Removes and returns the passages that `next` and all stretches after it are too far from.
    fn close(&mut self, next: Option<&ByHolder>) -> Vec<CountedPassage> {
        let is_past = |passage: &CountedPassage| {
            next.is_none_or(|next| {
                let [holder, start, ..] = passage.example.0;
                holder != next.0[0] || start as usize + SLACK < next.0[1] as usize
            })
        };
        let mut closed = Vec::new();
        while let Some(passage) = self.passages.front().copied().filter(is_past) {
            self.passages.pop_front();
            self.ends.remove(&(passage.example.0[2], self.first));
            self.first += 1;
            closed.push(passage);
        }
        closed
    }

    fn add(&mut self, stretch: ByHolder) {
        let [_, start, end, ..] = stretch.0;
        let near = (end.saturating_sub(SLACK as u32), 0)..=(end.saturating_add(SLACK as u32), usize::MAX);
        let same = self.ends.range(near).map(|(&(_, number), ())| number).find(|number| {
            let [_, other_start, other_end, ..] = self.passages[number - self.first].example.0;
            let shorter = (end - start).min(other_end - other_start) as usize;
            let slack = SLACK.min(shorter / 8);
            start.abs_diff(other_start) as usize <= slack && end.abs_diff(other_end) as usize <= slack
        });
        match same {
            Some(number) => self.passages[number - self.first].occurrences += 1,
            None => {
                self.ends.insert((end, self.first + self.passages.len()), ());
                self.passages.push_back(CountedPassage { example: stretch, occurrences: 2 });
            }
        }
    }
}
