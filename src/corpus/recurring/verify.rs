//! Verification: links become stretches, by reading both texts.
//!
//! In: a document's [`Work`], its text, those of its holders. Out: [`Found`] records: stretches, and places that stay unresolved.
//!
//! Holder by holder, the lowest number first:
//!
//! 1. each link whose seed no stretch resolves yet is extended to a maximal exact block;
//! 2. blocks are joined over edits no longer than what agrees on either side;
//! 3. ends are moved out over further edits, then drawn back to whole words; the identity is computed. A stretch that adds only a few letters
//!    to those before it is one of them, with a neighbour that begins alike by chance: it is left out.
//!
//! First the leaders; then for what is left the nearest holders; then what is still left is unresolved. The lowest
//! number first, and not the first position: a seed that reaches over the edge of a passage into its surroundings has
//! another leader than the passage, and would split it by what stands beside it.

use super::batch::{Holders, Text};
use super::candidates::Work;
use super::links::Link;
use super::{RecurringFinder, Stretch};
use crate::corpus::spill::{Record, stored_fields};
use crate::error::Error;
use crate::passage::ends::{self, Occurrence};
use crate::passage::found::LEAST_IDENTITY;
use crate::passage::{align, extend, seed, trim};
use crate::span::Span;
use crate::stream::{Stream, characters, common_prefix, common_suffix, starts_character};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes by which two texts may go on alike by chance beyond a passage.
const EDGE: usize = 8;
/// Holder of what is unresolved.
const NOBODY: u32 = u32::MAX;
/// Identities are kept in so many parts.
const PARTS: f64 = 1e6;

/// A stretch as it is spilled, sorted by document and span. Offsets are 32 bits wide, as in all texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Found {
    document: u32,
    start: u32,
    end: u32,
    holder: u32,
    holder_start: u32,
    holder_end: u32,
    /// In millionths.
    identity: u32,
}

impl Found {
    fn unresolved(document: u32, span: Range<usize>) -> Found {
        let (start, end) = (span.start as u32, span.end as u32);
        Found { document, start, end, holder: NOBODY, holder_start: 0, holder_end: 0, identity: 0 }
    }

    fn of(stretch: Stretch) -> Found {
        Found {
            document: stretch.document,
            start: stretch.span.start as u32,
            end: stretch.span.end as u32,
            holder: stretch.holder,
            holder_start: stretch.holder_span.start as u32,
            holder_end: stretch.holder_span.end as u32,
            identity: (stretch.identity * PARTS).round() as u32,
        }
    }

    pub(super) fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }

    /// The stretch, where there is one.
    pub(super) fn stretch(self) -> Option<Stretch> {
        (self.holder != NOBODY).then(|| Stretch {
            document: self.document,
            span: self.span(),
            holder: self.holder,
            holder_span: Span::new(self.holder_start as usize, self.holder_end as usize),
            identity: self.identity as f64 / PARTS,
        })
    }
}

impl Record for Found {
    type Key = u32;

    fn key(&self) -> u32 {
        self.document
    }

    stored_fields! { document: u32, start: u32, end: u32, holder: u32, holder_start: u32, holder_end: u32, identity: u32 }
}

/// An exact match of squeezed bytes, on character boundaries.
#[derive(Clone, Copy, Debug)]
struct Block {
    at: usize,
    holder_at: usize,
    length: usize,
}

impl Block {
    fn range(self) -> Range<usize> {
        self.at..self.at + self.length
    }

    fn holder_range(self) -> Range<usize> {
        self.holder_at..self.holder_at + self.length
    }
}

/// Blocks in order in both texts.
struct Draft {
    blocks: Vec<Block>,
    matched: usize,
}

/// A document beside one of its holders.
struct Sides<'a> {
    document: u32,
    own: &'a Text,
    holder: u32,
    theirs: &'a Text,
    finder: &'a RecurringFinder,
}

/// The stretches between a document and its holders.
pub(super) fn between(
    finder: &RecurringFinder,
    work: &Work,
    own: &Text,
    holders: &Holders<'_>,
) -> Result<Vec<Found>, Error> {
    let mut outcome = Outcome::default();
    // The leader stands first at its place, the nearest holder second.
    for choice in 0..2 {
        let places = work.candidates.chunk_by(|a, b| a.link.at() == b.link.at());
        let mut chosen: Vec<Link> =
            places.filter_map(|links| links.get(choice)).map(|one| one.link).collect();
        chosen.sort_by_key(|link| link.holder());
        for links in chosen.chunk_by(|a, b| a.holder() == b.holder()) {
            let open: Vec<Link> =
                links.iter().copied().filter(|link| !outcome.resolved.hold_seed(link.at())).collect();
            let Some(holder) = open.first().map(|link| link.holder()) else { continue };
            let theirs = holders(holder)?;
            let sides = Sides { document: work.document, own, holder, theirs: &theirs, finder };
            for draft in joined(sides.blocks(&open), finder.max_gap) {
                sides.accept(&draft, &mut outcome);
            }
        }
    }
    unresolved(work, own, &mut outcome);
    Ok(outcome.found)
}

/// What the document holds twice: of each repeat every copy but one, which is their holder. That one lies in what is kept of a longer repeat
/// where it can, and is else the best-formatted, of those that no longer repeat cuts if there are any.
pub(super) fn within(
    finder: &RecurringFinder,
    document: u32,
    own: &Text,
    found: &mut Vec<Found>,
) -> Result<(), Error> {
    let single = finder.within();
    let within = single.within(&single.prepare_bytes(&own.bytes)?)?;
    // Long enough and yet not reported: copies of one another only in parts.
    let loose = within.suppressed.iter().flat_map(|repeat| &repeat.occurrences);
    for span in loose {
        if characters(Stream::of_bytes(&own.bytes[span.range()])?.folded()) >= finder.min_length {
            found.push(Found::unresolved(document, span.range()));
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
        // Where all are cut for longer repeats, what those keep is kept of this one too.
        let choice = if free.is_empty() { &repeat.occurrences } else { &free };
        let best = || choice[trim::best_formatted(&own.bytes, choice)];
        let holder_span = inside.copied().unwrap_or_else(best);
        for &other in repeat.occurrences.iter().filter(|&&span| span != holder_span) {
            for span in without(other, &kept) {
                cut.push(span);
                let identity = repeat.identity;
                found.push(Found::of(Stretch { document, span, holder: document, holder_span, identity }));
            }
        }
        kept.push(holder_span);
    }
    Ok(())
}

/// The parts of a span that lie in none of the others, in order.
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

/// The maximal exact match around a seed; `None` where the hashes are equal and the bytes are not.
fn block(own: &[u8], theirs: &[u8], at: usize, holder_at: usize) -> Option<Block> {
    if own.get(at..at + seed::K)? != theirs.get(holder_at..holder_at + seed::K)? {
        return None;
    }
    let before = common_suffix(&own[..at], &theirs[..holder_at]);
    let after = seed::K + common_prefix(&own[at + seed::K..], &theirs[holder_at + seed::K..]);
    let (mut start, mut end) = (at - before, at + after);
    while start < end && !starts_character(own[start]) {
        start += 1;
    }
    while end > start && own.get(end).is_some_and(|&byte| !starts_character(byte)) {
        end -= 1;
    }
    (start < end).then(|| Block { at: start, holder_at: start + holder_at - at, length: end - start })
}

/// Joins blocks over edits.
fn joined(mut blocks: Vec<Block>, max_gap: usize) -> Vec<Draft> {
    blocks.sort_by_key(|block| (block.at, block.holder_at));
    let mut drafts: Vec<Draft> = Vec::new();
    for block in blocks {
        let mut next = Draft { matched: block.length, blocks: vec![block] };
        // What is joined may be long enough for the gap before it.
        while let Some(last) = drafts.last_mut() {
            let Some(step) = step(last, &next, max_gap) else { break };
            let first = &mut next.blocks[0];
            *first =
                Block { at: first.at + step, holder_at: first.holder_at + step, length: first.length - step };
            last.matched += next.matched - step;
            last.blocks.append(&mut next.blocks);
            let Some(joined) = drafts.pop() else { break };
            next = joined;
        }
        drafts.push(next);
    }
    drafts
}

/// Whether an edit that is short enough lies between two drafts; if so, how many bytes at the start of the second the
/// first has already: blocks overlap where an edit repeats what stands beside it.
fn step(last: &Draft, next: &Draft, max_gap: usize) -> Option<usize> {
    let (before, after) = (last.blocks[last.blocks.len() - 1], next.blocks[0]);
    let gap = after.at as i64 - before.range().end as i64;
    let holder_gap = after.holder_at as i64 - before.holder_range().end as i64;
    let overlap = (-gap.min(holder_gap)).max(0);
    let wide = gap.max(holder_gap) + overlap;
    let most = last.matched.min(next.matched).min(max_gap) as i64;
    (overlap < after.length as i64 && wide <= most).then_some(overlap as usize)
}

impl Sides<'_> {
    /// Extends each link that is not covered by the blocks before it; links ascend.
    fn blocks(&self, links: &[Link]) -> Vec<Block> {
        let mut reached = 0;
        let mut blocks = Vec::new();
        for link in links {
            // A block holds its own seed, so what ends behind a later one holds that one whole.
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

    /// Adds a draft to what is found if it is long and like enough, or those of its blocks that are.
    fn accept(&self, draft: &Draft, outcome: &mut Outcome) {
        let (first, last) = (draft.blocks[0], draft.blocks[draft.blocks.len() - 1]);
        let whole = (first.at..last.range().end, first.holder_at..last.holder_range().end);
        // Edits at the ends add a word or two.
        if 4 * whole.0.len() < 3 * self.finder.min_length {
            return;
        }
        let folded = self.own.stream.folded();
        let (own, theirs) = self.moved_out(whole);
        let (left, right) = (&folded[own.clone()], &self.theirs.stream.folded()[theirs.clone()]);
        let shorter = characters(left).min(characters(right));
        let identity = align::identity(left, right);
        let least = self.finder.min_length;
        let is_long = shorter >= least && identity * shorter as f64 >= least as f64;
        if is_long && identity >= LEAST_IDENTITY {
            outcome.add(&draft.blocks, || self.drawn_back(own, theirs, identity));
            return;
        }
        for block in draft.blocks.iter().filter(|block| characters(&folded[block.range()]) >= least) {
            outcome.add(std::slice::from_ref(block), || {
                self.drawn_back(block.range(), block.holder_range(), 1.0)
            });
        }
    }

    /// Moves the ends of both sides out over edits.
    fn moved_out(&self, (mut own, mut theirs): (Range<usize>, Range<usize>)) -> (Range<usize>, Range<usize>) {
        let (left, right) = (self.own.stream.folded(), self.theirs.stream.folded());
        let (l, r) = extend::forwards(&left[own.end..], &right[theirs.end..]);
        own.end += l;
        theirs.end += r;
        let (l, r) = extend::backwards(&left[..own.start], &right[..theirs.start]);
        own.start -= l;
        theirs.start -= r;
        (own, theirs)
    }

    /// The record of a stretch: ends drawn back to whole words, in bytes.
    fn drawn_back(&self, own: Range<usize>, theirs: Range<usize>, identity: f64) -> Found {
        let mut both = [
            Occurrence { source: self.own.source(), range: own },
            Occurrence { source: self.theirs.source(), range: theirs },
        ];
        ends::draw_back(&mut both);
        let [span, holder_span] = both.map(|side| ends::span(&side));
        Found::of(Stretch { document: self.document, span, holder: self.holder, holder_span, identity })
    }
}

/// What came of the links of a document so far.
#[derive(Default)]
struct Outcome {
    found: Vec<Found>,
    /// Exact blocks of what is found.
    reported: Ranges,
    /// Those, and blocks that add only a few letters to them.
    resolved: Ranges,
}

impl Outcome {
    /// Adds a stretch of these blocks, unless others hold nearly all of it.
    fn add(&mut self, blocks: &[Block], found: impl FnOnce() -> Found) {
        let is_new = !blocks.iter().all(|block| self.reported.nearly_hold(block.range()));
        for block in blocks {
            self.resolved.add(block.range());
            if is_new {
                self.reported.add(block.range());
            }
        }
        if is_new {
            self.found.push(found());
        }
    }
}

/// Adds the places of sure seeds that no stretch resolves.
fn unresolved(work: &Work, own: &Text, outcome: &mut Outcome) {
    let sure = work.candidates.iter().filter(|candidate| candidate.sure).map(|candidate| candidate.link.at());
    let open: Vec<usize> = sure.filter(|&at| !outcome.resolved.hold_seed(at)).collect();
    for run in open.chunk_by(|a, b| b - a <= seed::W) {
        // Seeds are bytes and may start inside a character.
        let folded = own.stream.folded();
        let (mut start, mut end) = (run[0], run[run.len() - 1] + seed::K);
        while start > 0 && !starts_character(folded[start]) {
            start -= 1;
        }
        while end < folded.len() && !starts_character(folded[end]) {
            end += 1;
        }
        outcome.found.push(Found::unresolved(work.document, own.stream.source(&own.bytes, start..end)));
    }
}

/// Disjoint ranges of a stream that do not touch: start to end.
#[derive(Default)]
struct Ranges(BTreeMap<usize, usize>);

impl Ranges {
    fn add(&mut self, mut range: Range<usize>) {
        while let Some((&start, &end)) = self.0.range(..=range.end).next_back()
            && end >= range.start
        {
            self.0.remove(&start);
            range = range.start.min(start)..range.end.max(end);
        }
        self.0.insert(range.start, range.end);
    }

    /// The range that starts last at or before `at`.
    fn before(&self, at: usize) -> Option<Range<usize>> {
        self.0.range(..=at).next_back().map(|(&start, &end)| start..end)
    }

    /// Whether the seed at `at` lies in one of them, but for part of a character at either end.
    fn hold_seed(&self, at: usize) -> bool {
        const PART: usize = 3;
        self.before(at + PART).is_some_and(|range| at + seed::K <= range.end + PART)
    }

    /// Whether all of a range but less than [`EDGE`] bytes at either end lies in one of them.
    fn nearly_hold(&self, range: Range<usize>) -> bool {
        self.before(range.start + EDGE - 1).is_some_and(|held| range.end < held.end + EDGE)
    }
}
