//! Verification: reads both texts of each link and turns links into stretches.
//!
//! In: the [`Work`] of a document, its text, and the texts of its holders. Out: [`FoundStretch`] records: stretches, the
//! sentences in them that the holder has whole, and unresolved places.
//!
//! Holder by holder, the lowest number first:
//!
//! 1. Each link whose seed is not in a stretch yet is extended to a maximal exact block.
//! 2. Blocks are joined over edits that are no longer than the equal text on either side.
//! 3. Ends are moved outwards over further edits, then back to whole words; the identity is computed. A stretch that adds
//!    only a few letters to earlier stretches is left out: it is one of them, and a few letters next to it are equal by
//!    chance.
//!
//! The leaders are compared first. Then the nearest holders are compared, for seeds that are not in a stretch yet. Sure
//! seeds that are in no stretch after this are unresolved. Holders are taken by number and not by position for this reason:
//! a seed that extends over the end of a passage into the text around it has another leader than the passage. If it came
//! first, it would split the passage.

use super::batch::{Holders, ReadText};
use super::candidates::Work;
use super::finder::RecurringFinder;
use super::links::SeedLink;
use super::stretch::{HeldSentences, Stretch};
use crate::corpus::spill::{Record, stored_fields};
use crate::error::Error;
use crate::index::DocId;
use crate::passage::block::equal_around;
use crate::passage::ends::{self, Occurrence};
use crate::passage::found::LEAST_IDENTITY;
use crate::passage::trim::links;
use crate::passage::{align, extend, seed, trim};
use crate::span::Span;
use crate::stream::{Stream, letters, starts_character};
use crate::support::interval_set::IntervalSet;
use std::ops::Range;

/// The most bytes at either end of a passage that may be equal only by chance.
const EDGE: usize = 8;
/// The most bytes of a character in UTF-8.
const MOST_BYTES: usize = 4;
/// The holder of an unresolved place.
const NOBODY: u32 = u32::MAX;
/// Identities are stored in millionths.
const PARTS: f64 = 1e6;
/// The identity of a record of whole sentences.
const WHOLE: u32 = u32::MAX;

/// A stretch, held sentences or an unresolved place as it is stored, sorted by document and span. Offsets have 32 bits, as in all texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct FoundStretch {
    document: u32,
    start: u32,
    end: u32,
    holder: u32,
    holder_start: u32,
    holder_end: u32,
    /// In millionths.
    identity: u32,
}

impl FoundStretch {
    fn unresolved(document: u32, span: Range<usize>) -> FoundStretch {
        let (start, end) = (span.start as u32, span.end as u32);
        FoundStretch { document, start, end, holder: NOBODY, holder_start: 0, holder_end: 0, identity: 0 }
    }

    fn of(stretch: Stretch) -> FoundStretch {
        FoundStretch {
            document: stretch.document.into(),
            start: stretch.span.start as u32,
            end: stretch.span.end as u32,
            holder: stretch.holder.into(),
            holder_start: stretch.holder_span.start as u32,
            holder_end: stretch.holder_span.end as u32,
            identity: (stretch.identity * PARTS).round() as u32,
        }
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }

    fn whole(document: u32, span: Span, holder: u32, holder_span: Span) -> FoundStretch {
        let [start, end] = [span.start, span.end].map(|at| at as u32);
        let [holder_start, holder_end] = [holder_span.start, holder_span.end].map(|at| at as u32);
        FoundStretch { document, start, end, holder, holder_start, holder_end, identity: WHOLE }
    }

    /// The sentences of a record of whole sentences.
    pub(super) fn held(self) -> Option<HeldSentences> {
        (self.holder != NOBODY && self.identity == WHOLE).then(|| HeldSentences {
            span: self.span(),
            holder: DocId::at(self.holder),
            holder_span: Span::new(self.holder_start as usize, self.holder_end as usize),
        })
    }

    /// The stretch, if the record is one.
    pub(super) fn stretch(self) -> Option<Stretch> {
        (self.holder != NOBODY && self.identity != WHOLE).then(|| Stretch {
            document: DocId::at(self.document),
            span: self.span(),
            holder: DocId::at(self.holder),
            holder_span: Span::new(self.holder_start as usize, self.holder_end as usize),
            identity: self.identity as f64 / PARTS,
        })
    }
}

impl Record for FoundStretch {
    type Key = u32;

    fn key(&self) -> u32 {
        self.document
    }

    stored_fields! { document: u32, start: u32, end: u32, holder: u32, holder_start: u32, holder_end: u32, identity: u32 }
}

/// An exact match of squeezed bytes, on character boundaries.
#[derive(Clone, Copy, Debug)]
struct SharedBlock {
    at: usize,
    holder_at: usize,
    length: usize,
}

impl SharedBlock {
    fn range(self) -> Range<usize> {
        self.at..self.at + self.length
    }

    fn holder_range(self) -> Range<usize> {
        self.holder_at..self.holder_at + self.length
    }
}

/// Blocks in order in both texts.
struct Draft {
    blocks: Vec<SharedBlock>,
    matched: usize,
}

/// The texts of a document and of one of its holders.
struct Sides<'a> {
    document: u32,
    own: &'a ReadText,
    holder: u32,
    theirs: &'a ReadText,
    finder: &'a RecurringFinder,
}

/// The stretches between a document and its holders.
pub(super) fn between(
    finder: &RecurringFinder,
    work: &Work,
    own: &ReadText,
    holders: &Holders<'_>,
) -> Result<Vec<FoundStretch>, Error> {
    let mut outcome = Outcome::default();
    // At each position the link to the leader comes first and the link to the nearest holder second.
    for choice in 0..2 {
        let places = work.candidates.chunk_by(|one, next| one.link.at() == next.link.at());
        let mut chosen: Vec<SeedLink> =
            places.filter_map(|links| links.get(choice)).map(|one| one.link).collect();
        chosen.sort_by_key(|link| link.holder());
        for links in chosen.chunk_by(|one, next| one.holder() == next.holder()) {
            let open: Vec<SeedLink> =
                links.iter().copied().filter(|link| !hold_seed(&outcome.resolved, link.at())).collect();
            let Some(holder) = open.first().map(|link| link.holder()) else { continue };
            let theirs = holders(holder)?;
            let sides = Sides { document: work.document, own, holder, theirs: &theirs, finder };
            for draft in sides.joined(sides.blocks(&open)) {
                sides.accept(&draft, &mut outcome);
            }
        }
    }
    unresolved(work, own, &mut outcome);
    Ok(outcome.found)
}

/// The stretches that the document holds twice. One copy of each repeat is the holder, and all other copies are stretches.
/// The holder is a copy inside the kept copy of a longer repeat, if there is one. Otherwise it is the best-formatted copy that
/// is not cut for a longer repeat or, if all are cut, the best-formatted copy.
pub(super) fn within(
    finder: &RecurringFinder,
    document: u32,
    own: &ReadText,
    found: &mut Vec<FoundStretch>,
) -> Result<(), Error> {
    let single = finder.within();
    let within = single.within(&single.prepare_bytes(&own.bytes)?)?;
    // These repeats are long enough but suppressed, because they are copies of each other only in parts.
    let loose = within.suppressed.iter().flat_map(|repeat| &repeat.occurrences);
    for span in loose {
        if letters(Stream::of_bytes(&own.bytes[span.range()])?.folded()) >= finder.min_length {
            found.push(FoundStretch::unresolved(document, span.range()));
        }
    }
    let mut repeats = within.items;
    repeats.sort_by_key(|repeat| std::cmp::Reverse(repeat.occurrences[0].len()));
    let (mut kept, mut cut) = (Vec::new(), Vec::new());
    for repeat in repeats {
        let inside =
            repeat.occurrences.iter().find(|span| kept.iter().any(|kept: &Span| kept.covers(**span)));
        let is_free = |span: &&Span| !cut.iter().any(|cut: &Span| cut.overlaps(**span));
        let free: Vec<Span> = repeat.occurrences.iter().filter(is_free).copied().collect();
        // If all copies are cut for longer repeats, the kept copies of those hold this one too.
        let choice = if free.is_empty() { &repeat.occurrences } else { &free };
        let best = || choice[trim::best_formatted(&own.bytes, choice)];
        let holder_span = inside.copied().unwrap_or_else(best);
        for &other in repeat.occurrences.iter().filter(|&&span| span != holder_span) {
            for span in without(other, &kept) {
                cut.push(span);
                let identity = repeat.identity;
                let document = DocId::at(document);
                found.push(FoundStretch::of(Stretch {
                    document,
                    span,
                    holder: document,
                    holder_span,
                    identity,
                }));
            }
        }
        kept.push(holder_span);
    }
    Ok(())
}

/// The parts of a span that are in none of the others, in order.
fn without(span: Span, others: &[Span]) -> Vec<Span> {
    let mut parts = vec![span];
    for other in others {
        let beside = |part: Span| {
            let before = part.start..part.end.min(other.start);
            let behind = part.start.max(other.end)..part.end;
            [before, behind].into_iter().filter(|part| part.start < part.end).map(Span::from)
        };
        parts = parts.into_iter().flat_map(beside).collect();
    }
    parts
}

/// The maximal exact match around a seed; `None` if the hashes are equal and the bytes are not.
fn block(own: &[u8], theirs: &[u8], at: usize, holder_at: usize) -> Option<SharedBlock> {
    if own.get(at..at + seed::K)? != theirs.get(holder_at..holder_at + seed::K)? {
        return None;
    }
    let block = equal_around(theirs, own, holder_at as u32, at as u32);
    let [at, holder_at, length] = [block.right, block.left, block.length].map(|number| number as usize);
    (length > 0).then_some(SharedBlock { at, holder_at, length })
}

impl Sides<'_> {
    /// Extends each link whose seed the blocks before it do not hold. Links are in ascending order.
    fn blocks(&self, links: &[SeedLink]) -> Vec<SharedBlock> {
        let mut reached = 0;
        let mut blocks = Vec::new();
        for link in links {
            // A block holds its own seed. So if it ends after a later seed, it holds that seed whole.
            if link.at() + seed::K <= reached {
                continue;
            }
            let (own, theirs) = (self.own.stream.folded(), self.theirs.stream.folded());
            if let Some(block) = block(own, theirs, link.at(), link.holder_at()) {
                reached = block.range().end;
                blocks.push(block);
            }
        }
        blocks
    }

    /// Joins blocks over edits.
    fn joined(&self, mut blocks: Vec<SharedBlock>) -> Vec<Draft> {
        blocks.sort_by_key(|block| (block.at, block.holder_at));
        let mut drafts: Vec<Draft> = Vec::new();
        for block in blocks {
            let mut next = Draft { matched: block.length, blocks: vec![block] };
            // After joining, a draft may be long enough to be joined over the edit before it.
            while let Some(last) = drafts.last_mut() {
                let Some(step) = self.step(last, &next) else { break };
                let first = &mut next.blocks[0];
                *first = SharedBlock {
                    at: first.at + step,
                    holder_at: first.holder_at + step,
                    length: first.length - step,
                };
                last.matched += next.matched - step;
                last.blocks.append(&mut next.blocks);
                let Some(joined) = drafts.pop() else { break };
                next = joined;
            }
            drafts.push(next);
        }
        drafts
    }

    /// Whether the edit between two drafts is short enough to join them. If so, returns how many bytes at the start of the
    /// second are already in the first: blocks overlap if an edit repeats the text next to it.
    fn step(&self, last: &Draft, next: &Draft) -> Option<usize> {
        let (before, after) = (last.blocks[last.blocks.len() - 1], next.blocks[0]);
        let gap = after.at as i64 - before.range().end as i64;
        let holder_gap = after.holder_at as i64 - before.holder_range().end as i64;
        let overlap = (-gap.min(holder_gap)).max(0);
        let wide = gap.max(holder_gap) + overlap;
        if overlap >= after.length as i64 || wide > last.matched.min(next.matched) as i64 {
            return None;
        }
        let overlap = overlap as usize;
        // A letter has at most four bytes, so wider edits need no count.
        if wide as usize > MOST_BYTES * self.finder.max_gap {
            return None;
        }
        let edit = if gap >= holder_gap {
            &self.own.stream.folded()[before.range().end..after.at + overlap]
        } else {
            &self.theirs.stream.folded()[before.holder_range().end..after.holder_at + overlap]
        };
        (letters(edit) <= self.finder.max_gap).then_some(overlap)
    }

    /// Adds a draft if it is long and similar enough. Otherwise adds those of its blocks that are long enough.
    fn accept(&self, draft: &Draft, outcome: &mut Outcome) {
        let (first, last) = (draft.blocks[0], draft.blocks[draft.blocks.len() - 1]);
        let whole = (first.at..last.range().end, first.holder_at..last.holder_range().end);
        // Moving the ends outwards adds only a word or two, so a draft below three quarters of the length stays too short.
        if 4 * whole.0.len() < 3 * self.finder.min_length {
            return;
        }
        let folded = self.own.stream.folded();
        let (own, theirs) = self.moved_out(whole);
        let (left, right) = (&folded[own.clone()], &self.theirs.stream.folded()[theirs.clone()]);
        let shorter = letters(left).min(letters(right));
        let identity = align::identity(left, right);
        let least = self.finder.min_length;
        let is_long = shorter >= least && identity * shorter as f64 >= least as f64;
        if is_long && identity >= LEAST_IDENTITY {
            if outcome.add(&draft.blocks, || self.drawn_back(own, theirs, identity)) {
                self.add_sentences(&draft.blocks, &mut outcome.found);
            }
            return;
        }
        for block in draft.blocks.iter().filter(|block| letters(&folded[block.range()]) >= least) {
            let block = std::slice::from_ref(block);
            let stretch = || self.drawn_back(block[0].range(), block[0].holder_range(), 1.0);
            if outcome.add(block, stretch) {
                self.add_sentences(block, &mut outcome.found);
            }
        }
    }

    /// Adds the sentences that the holder has whole. Those that follow each other on both sides make one record.
    fn add_sentences(&self, blocks: &[SharedBlock], found: &mut Vec<FoundStretch>) {
        let (own, theirs) = (self.own.text(), self.theirs.text());
        let blocks = blocks.iter().map(|block| (block.at, block.holder_at, block.length));
        let mut run: Option<(Span, Range<usize>)> = None;
        let mut close = |run: Option<(Span, Range<usize>)>| {
            if let Some((span, stream)) = run {
                let holder_span = theirs.source.span(stream).into();
                found.push(FoundStretch::whole(self.document, span, self.holder, holder_span));
            }
        };
        for (span, stream) in links::shared(own, theirs, blocks) {
            match &mut run {
                Some((last, until))
                    if until.end == stream.start && is_white(&self.own.bytes[last.end..span.start]) =>
                {
                    (last.end, until.end) = (span.end, stream.end);
                }
                _ => close(run.replace((span, stream))),
            }
        }
        close(run);
    }

    /// Moves the ends of both sides outwards over edits.
    fn moved_out(&self, (mut own, mut theirs): (Range<usize>, Range<usize>)) -> (Range<usize>, Range<usize>) {
        let (left, right) = (self.own.stream.folded(), self.theirs.stream.folded());
        let (left_more, right_more) = extend::forwards(&left[own.end..], &right[theirs.end..]);
        own.end += left_more;
        theirs.end += right_more;
        let (left_more, right_more) = extend::backwards(&left[..own.start], &right[..theirs.start]);
        own.start -= left_more;
        theirs.start -= right_more;
        (own, theirs)
    }

    /// The record of a stretch: its ends are moved back to whole words and converted to bytes of the text.
    fn drawn_back(&self, own: Range<usize>, theirs: Range<usize>, identity: f64) -> FoundStretch {
        let mut both =
            [Occurrence::new(self.own.source(), own), Occurrence::new(self.theirs.source(), theirs)];
        ends::draw_back(&mut both);
        let [span, holder_span] = both.map(|side| ends::span(&side));
        let (document, holder) = (DocId::at(self.document), DocId::at(self.holder));
        FoundStretch::of(Stretch { document, span, holder, holder_span, identity })
    }
}

/// The outcome of the links of a document so far.
#[derive(Default)]
struct Outcome {
    found: Vec<FoundStretch>,
    /// Exact blocks of the stretches found.
    reported: IntervalSet,
    /// The same blocks, and blocks that add only a few letters to them.
    resolved: IntervalSet,
}

impl Outcome {
    /// Adds a stretch of these blocks, unless stretches that were added before hold nearly all of it. Returns whether it was
    /// added.
    fn add(&mut self, blocks: &[SharedBlock], found: impl FnOnce() -> FoundStretch) -> bool {
        let is_new = !blocks.iter().all(|block| nearly_hold(&self.reported, block.range()));
        for block in blocks {
            self.resolved.insert(block.range());
            if is_new {
                self.reported.insert(block.range());
            }
        }
        if is_new {
            self.found.push(found());
        }
        is_new
    }
}

/// Adds the places of sure seeds that are in no stretch.
fn unresolved(work: &Work, own: &ReadText, outcome: &mut Outcome) {
    let sure = work.candidates.iter().filter(|candidate| candidate.sure).map(|candidate| candidate.link.at());
    let open: Vec<usize> = sure.filter(|&at| !hold_seed(&outcome.resolved, at)).collect();
    for run in open.chunk_by(|one, next| next - one <= seed::W) {
        // Seeds are bytes and may start inside a character.
        let folded = own.stream.folded();
        let (mut start, mut end) = (run[0], run[run.len() - 1] + seed::K);
        while start > 0 && !starts_character(folded[start]) {
            start -= 1;
        }
        while end < folded.len() && !starts_character(folded[end]) {
            end += 1;
        }
        outcome
            .found
            .push(FoundStretch::unresolved(work.document, own.stream.source(&own.bytes, start..end)));
    }
}

/// Whether a part of a text between two sentences is only white space.
fn is_white(bytes: &[u8]) -> bool {
    trim::sentences::behind_white(bytes, 0) == bytes.len()
}

/// Whether the seed at `at` is in one of the intervals, except for part of a character at either end.
fn hold_seed(intervals: &IntervalSet, at: usize) -> bool {
    const PART: usize = 3;
    intervals.starting_until(at + PART).is_some_and(|interval| at + seed::K <= interval.end + PART)
}

/// Whether one of the intervals holds the range, except for less than [`EDGE`] bytes at either end.
fn nearly_hold(intervals: &IntervalSet, range: Range<usize>) -> bool {
    intervals.starting_until(range.start + EDGE - 1).is_some_and(|held| range.end < held.end + EDGE)
}
