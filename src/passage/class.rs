//! Classes: pairwise links gathered to repeats with all their occurrences.
//!
//! In: the links of a text with itself. Out: repeats, each with its occurrences in text order; the nested and the
//! short ones apart.
//!
//! **Idea.** Sides of links that coincide belong to one class (union-find). A link also carries each smaller repeat inside
//! one of its sides to the other: such projections add the occurrences that no seed pair reached directly. A link that
//! overlaps itself is a periodic stretch, and its periods are the occurrences.
//!
//! **Cost.** `O(n log n)` in links, and at most [`PROJECTIONS`] projections a link; what is left out counts as capped.
//! Projections are the dear part, so only repeats that stand apart from longer ones and are long enough to be reported get them,
//! unless nested ones are asked for: on 50 MB of press releases the one took a sixth of the time of `within` away, the other a
//! twelfth. Tried and lost: to look for what arrives among the repeat's own ranges first, where nine in ten are; a flat copy of the
//! links' blocks; to fetch more of what they read, or what clipping reads.

use super::block::Block;
use super::enclosing::Enclosing;
use super::ends::{self, Occurrence};
use super::{
    Capped, Found, LEAST_IDENTITY, Link, PassageFinder, Period, Repeat, Source, align, chain, seed, trim,
};
use crate::stream::{characters, starts_character};
use crate::support::cpu;
use crate::support::hash::SEEDS;
use crate::support::radix;
use std::ops::Range;

/// Ends this close (or within an eighth of the length) are the same end.
const SLACK: usize = 16;
/// Two copies may go on alike for so many bytes (or an eighth of their length) where others of their kind do not.
const CHANCE: usize = 64;
/// Coinciding sides are sought among so many neighbours in order of start.
const NEIGHBOURS: usize = 48;
/// Projections tried for a link, on average over the text.
const PROJECTIONS: usize = 16;
/// Classes whose occurrences are fetched together, before they are wanted: they lie anywhere, and memory is far.
const FETCHED: usize = 16;
/// Occurrences of one class that are fetched.
const FETCHED_OF_ONE: usize = 8;
/// Periods shorter than this many stream bytes are reported several to an occurrence.
const LEAST_PERIOD: usize = 16;

/// Edited periods up to which it is asked what else they have in common.
const MANY_PERIODS: usize = 8;

/// A stretch that goes on as it began: periods one behind the other, or copies with other text between them.
struct Periodic {
    range: Range<usize>,
    /// In text order.
    occurrences: Vec<Range<usize>>,
    /// Characters of the period, if nothing stands between the occurrences.
    period: Option<usize>,
    /// Whether it goes on without an edit.
    exact: bool,
}

/// The occurrences of one repeat, in text order.
struct Class {
    occurrences: Vec<Range<usize>>,
    /// Characters of the period, if they are the periods of one stretch.
    period: Option<usize>,
}

/// Gathers the links of `text` with itself.
pub(crate) fn repeats(
    text: Source<'_>,
    links: Vec<Link<'_>>,
    finder: &PassageFinder,
    mut capped: Capped,
) -> Found<Repeat> {
    let &PassageFinder { min_length, nested, suppressed, .. } = finder;
    let folded = text.folded();
    let (overlapping, mut links): (Vec<Link<'_>>, Vec<Link<'_>>) =
        links.into_iter().flat_map(|link| apart(link, folded)).partition(overlaps_itself);
    let periodic = stretches(folded, overlapping, &mut links, &mut capped);
    // What a stretch links with itself its periods cover.
    links.retain(|link| match around(&periodic, link) {
        Some(stretch) if stretch.exact => false,
        // Between edited periods there may be more to find; among many it is left at that.
        Some(stretch) if stretch.occurrences.len() > MANY_PERIODS => {
            capped.pairs += 1;
            false
        }
        _ => true,
    });
    let mut classes: Vec<Class> = Vec::new();
    for mut occurrences in gathered(&links, finder, &mut capped) {
        to_core(folded, &mut occurrences);
        classes.push(Class { occurrences, period: None });
    }
    let stretch = |stretch: Periodic| Class { occurrences: stretch.occurrences, period: stretch.period };
    classes.extend(periodic.into_iter().map(stretch));
    let parts = parts_of_longer(&classes);
    // To read what nobody asked for took a tenth of all the time.
    let wanted = classes.into_iter().zip(parts).filter(|&(_, part)| nested || suppressed || !part);
    let mut wanted: Vec<(Class, bool)> = wanted.collect();
    // So many characters are enough, whatever the identity; counted as far as that is open.
    let enough = (min_length as f64 / LEAST_IDENTITY).ceil() as usize;
    let counted =
        |from: usize, to: usize, most: usize| characters(&folded[from..to.min(from.saturating_add(most))]);
    let length = |from: usize, to: usize| match counted(from, to, enough) {
        few if few < enough => counted(from, to, enough.saturating_mul(seed::WIDEST)),
        all => all,
    };
    let mut found = Found { items: Vec::new(), suppressed: Vec::new(), capped };
    for classes in wanted.chunks_mut(FETCHED) {
        let first = classes.iter().flat_map(|(class, _)| class.occurrences.iter().take(FETCHED_OF_ONE));
        text.fetch(first.flat_map(|range| [range.start, range.end - 1]));
        for (Class { occurrences, period }, part) in classes {
            let shortest = match period {
                // A stretch is as long as it is, however short its periods.
                Some(_) => length(occurrences[0].start, occurrences[occurrences.len() - 1].end),
                None => occurrences.iter().map(|range| length(range.start, range.end)).min().unwrap_or(0),
            };
            let reported = shortest >= min_length && (nested || !*part);
            if !reported && !suppressed {
                continue;
            }
            let Some(repeat) = repeat(text, std::mem::take(occurrences), *period) else { continue };
            // Of an edited copy, too, so much must be the same.
            let same = repeat.identity * shortest as f64;
            if reported && repeat.identity >= LEAST_IDENTITY && same >= min_length as f64 {
                found.items.push(repeat);
            } else if suppressed {
                found.suppressed.push(repeat);
            }
        }
    }
    let order = |repeat: &Repeat| (repeat.occurrences[0].start, std::cmp::Reverse(repeat.occurrences[0].end));
    found.items.sort_by_key(order);
    found.suppressed.sort_by_key(order);
    found
}

/// The link; or its long blocks one by one, if it overlaps itself without being a stretch of periods: then it is no copy as a
/// whole.
fn apart<'b>(link: Link<'b>, folded: &[u8]) -> impl Iterator<Item = Link<'b>> {
    let overlap = link.left.end.saturating_sub(link.right.start);
    let is_one = overlaps_itself(&link) || 4 * overlap < link.left.len().min(link.right.len());
    let blocks = if is_one { &[] } else { link.blocks };
    let long = blocks.iter().filter(|&&block| chain::is_enough(&[block], folded));
    is_one.then_some(link).into_iter().chain(long.map(|block| Link::of(std::slice::from_ref(block), true)))
}

/// Whether a link is a stretch of at least two and a half periods. (Two copies that follow each other overlap by a few
/// characters too, where what stands before them ends alike.)
fn overlaps_itself(link: &Link<'_>) -> bool {
    let shift = link.right.start - link.left.start;
    // Dense, too: repeated phrases in order are no periods.
    2 * link.left.end.saturating_sub(link.right.start) >= shift && 10 * link.matched() >= 7 * link.left.len()
}

/// The stretch that both sides of the link lie in.
fn around<'p>(periodic: &'p [Periodic], link: &Link<'_>) -> Option<&'p Periodic> {
    let next = periodic.partition_point(|stretch| stretch.range.start <= link.left.start);
    let stretch = &periodic[next.checked_sub(1)?];
    (stretch.range.end >= link.right.end).then_some(stretch)
}

/// Periodic stretches from links that overlap themselves, in text order, disjoint. Links of which an earlier stretch
/// leaves too little become `others`: two copies, of which the first ends where the second begins.
fn stretches<'b>(
    folded: &[u8],
    mut links: Vec<Link<'b>>,
    others: &mut Vec<Link<'b>>,
    capped: &mut Capped,
) -> Vec<Periodic> {
    // Of links over the same stretch the one with the smallest shift shows the period.
    links.sort_by_key(|link| (link.left.start, link.right.start, std::cmp::Reverse(link.right.end)));
    let mut stretches: Vec<Periodic> = Vec::new();
    for link in links {
        let start = stretches.last().map_or(0, |last| last.range.end).max(link.left.start);
        if start + 2 * (link.right.start - link.left.start) > link.right.end {
            others.push(Link { left: link.left.start..link.left.end.min(link.right.start), ..link });
            continue;
        }
        let stretch = periodic(folded, &link, start);
        let long = |blocks: &[Block]| chain::is_enough(blocks, folded);
        if stretch.period.is_none() {
            // Copies with other text between them: each of them a link with the next.
            let mut rest = link.blocks;
            for next in &stretch.occurrences[1..] {
                let (here, behind) = rest.split_at(
                    rest.partition_point(|block| (block.left_end() as usize) <= next.start + SLACK),
                );
                rest = behind;
                others.extend(
                    (!here.is_empty() && long(here)).then(|| Link::extended(here, folded, folded, true)),
                );
            }
            others
                .extend((!rest.is_empty() && long(rest)).then(|| Link::extended(rest, folded, folded, true)));
            continue;
        }
        if !stretch.exact {
            // What is equal in it may be more than its periods show.
            let blocks = link.blocks.chunks(1).filter(|block| long(block));
            if stretch.occurrences.len() > MANY_PERIODS {
                capped.pairs += blocks.count() as u64;
            } else {
                others.extend(blocks.map(|block| Link::of(block, true)));
            }
        }
        stretches.push(stretch);
    }
    stretches
}

fn periodic(folded: &[u8], link: &Link<'_>, start: usize) -> Periodic {
    let end = link.right.end;
    let exact = link.blocks.len() == 1;
    let shift = link.right.start - link.left.start;
    let mut unit = shift;
    if exact {
        unit = smallest_period(&folded[start..start + shift]);
    }
    let step = unit * LEAST_PERIOD.div_ceil(unit);
    let mut starts = vec![start];
    let mut block = 0;
    loop {
        let last = starts[starts.len() - 1];
        let next = if exact { last + step } else { image(link, last, &mut block) };
        // A rest shorter than half a period belongs to the last one.
        if next <= last || next + step / 2 > end {
            break;
        }
        starts.push(next);
    }
    let period = characters(&folded[start..start + unit]);
    let next = starts.iter().skip(1).copied();
    let mut occurrences: Vec<Range<usize>> =
        starts.iter().copied().zip(next.chain([end])).map(|(from, to)| from..to).collect();
    let last = occurrences.len() - 1;
    let mut gapless = true;
    for range in &mut occurrences[..last] {
        let matched = matched_until(link, range.end);
        if matched + SLACK < range.end && matched > range.start {
            range.end = matched;
            gapless = false;
        }
    }
    Periodic { range: start..end, occurrences, period: gapless.then_some(period), exact }
}

/// Where what the link matches before `at` ends, on either side. What begins just before `at` is the start of the
/// next copy, with a few characters that are alike by chance.
fn matched_until(link: &Link<'_>, at: usize) -> usize {
    let ahead = at.saturating_sub(SLACK);
    let last = |place: fn(&Block) -> (u32, u32)| {
        let before = link.blocks.partition_point(|block| (place(block).0 as usize) < ahead);
        before.checked_sub(1).map_or(0, |last| place(&link.blocks[last]).1 as usize)
    };
    let left = last(|block| (block.left, block.left_end()));
    let right = last(|block| (block.right, block.right_end()));
    left.max(right).min(at)
}

/// The smallest period of a stretch that repeats as a whole: the smallest divisor of its length that is one.
fn smallest_period(unit: &[u8]) -> usize {
    let length = unit.len();
    let is_period =
        |period: usize| length.is_multiple_of(period) && unit[period..] == unit[..length - period];
    (1..=length / 2).find(|&period| is_period(period)).unwrap_or(length)
}

/// Where the link carries position `at` of its left side. `block` is where the last look-up ended.
fn image(link: &Link<'_>, at: usize, block: &mut usize) -> usize {
    // From a gap, by the block behind it: what starts there is the next copy.
    while *block + 1 < link.blocks.len() && link.blocks[*block].left_end() as usize <= at {
        *block += 1;
    }
    (at as i64 + link.blocks[*block].diagonal()) as usize
}

/// Union-find over the sides of links.
struct Sets(Vec<u32>);

impl Sets {
    fn find(&mut self, mut at: u32) -> u32 {
        while self.0[at as usize] != at {
            self.0[at as usize] = self.0[self.0[at as usize] as usize];
            at = self.0[at as usize];
        }
        at
    }
    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

fn coincide(a: &Range<usize>, b: &Range<usize>) -> bool {
    let slack = SLACK.min(a.len().min(b.len()) / 8);
    a.start.abs_diff(b.start) <= slack && a.end.abs_diff(b.end) <= slack
}

/// The sides of links in order of start, with their numbers: side `2i` is the left of link `i`, side `2i + 1` its right.
struct Sides {
    ranges: Enclosing,
}

impl Sides {
    fn new(links: &[Link<'_>]) -> Sides {
        let key = |range: &Range<usize>| (range.start as u64) << 32 | range.end as u64;
        let mut order: Vec<(u64, u32)> = Vec::with_capacity(2 * links.len());
        for (link, id) in links.iter().zip((0..).step_by(2)) {
            order.push((key(&link.left), id));
            order.push((key(&link.right), id + 1));
        }
        radix::sort_by_major(&mut order, |(key, _)| (key >> 32) as u32);
        let side = |(key, id): (u64, u32)| ((key >> 32) as u32, key as u32, id);
        Sides { ranges: Enclosing::new(order.into_iter().map(side)) }
    }

    /// A place for each range that is a side, after joining the sides that coincide.
    fn distinct(&self, sets: &mut Sets) -> Vec<usize> {
        let count = self.ranges.len();
        let mut distinct = Vec::new();
        let mut place = 0;
        while place < count {
            // Sides that are equal stand for each other.
            let (id, range) = (self.ranges.number(place), self.ranges.range(place));
            let mut next = place + 1;
            while next < count && self.ranges.range(next) == range {
                sets.join(id, self.ranges.number(next));
                next += 1;
            }
            for other in (next..count).take(NEIGHBOURS) {
                let near = self.ranges.range(other);
                if near.start > range.start + SLACK {
                    break;
                }
                if coincide(&range, &near) {
                    sets.join(id, self.ranges.number(other));
                }
            }
            distinct.push(place);
            place = next;
        }
        distinct
    }

    /// Sides that enclose the range and do not coincide with it.
    fn enclosing(&self, range: Range<usize>) -> impl Iterator<Item = u32> {
        let around = self.ranges.around(range.clone()).take(NEIGHBOURS);
        let others = around.filter(move |&place| !coincide(&self.ranges.range(place), &range));
        others.map(|place| self.ranges.number(place))
    }

    /// A side that coincides with the range.
    fn coinciding(&self, range: &Range<usize>) -> Option<u32> {
        let from = self.ranges.from(range.start.saturating_sub(SLACK));
        let near = (from..self.ranges.len()).take(NEIGHBOURS);
        near.map(|place| (place, self.ranges.range(place)))
            .take_while(|(_, side)| side.start <= range.start + SLACK)
            .find(|(_, side)| coincide(side, range))
            .map(|(place, _)| self.ranges.number(place))
    }
}

/// The classes of occurrences that the links make. Repeats that are wholly part of longer ones, or too short to be reported, are
/// completed by projections only if nested ones are wanted: what is projected lies in a longer repeat again, so it would not set them apart.
fn gathered(links: &[Link<'_>], finder: &PassageFinder, capped: &mut Capped) -> Vec<Vec<Range<usize>>> {
    let &PassageFinder { min_length, nested, .. } = finder;
    let sides = Sides::new(links);
    let mut sets = Sets((0..sides.ranges.len() as u32).collect());
    for link in 0..links.len() as u32 {
        sets.join(2 * link, 2 * link + 1);
    }
    let mut pending = sides.distinct(&mut sets);
    let mut stands_apart = vec![nested; sides.ranges.len()];
    pending.retain(|&place| {
        let range = sides.ranges.range(place);
        let bytes = range.len();
        let is_part = !sides.ranges.is_alone(place) && sides.enclosing(range).next().is_some();
        if !is_part {
            stands_apart[sets.find(sides.ranges.number(place)) as usize] = true;
        }
        // Bytes are characters at least, and what coincides with a side may be an eighth longer.
        is_part && (nested || bytes + bytes / 8 >= min_length)
    });
    let mut projections = Projections::new(links, sides, sets);
    /// A projection may join a repeat that is part of longer ones to one that is not: then it is its turn.
    const ROUNDS: usize = 4;
    for _ in 0..ROUNDS {
        let waiting = pending.len();
        pending.retain(|&place| {
            let apart = stands_apart[projections.root(place)];
            if apart {
                projections.project(place, &mut stands_apart, capped);
            }
            !apart
        });
        projections.finish(&mut stands_apart, capped);
        if pending.len() == waiting {
            break;
        }
    }
    let Projections { sides, mut sets, added, .. } = projections;
    let count = sides.ranges.len();
    // Root, start and end: the sides in order of start, then what was added.
    let mut members: Vec<(u32, u32, u32)> = Vec::with_capacity(count + added.ranges.len());
    let member = |root: u32, range: Range<usize>| (root, range.start as u32, range.end as u32);
    members.extend(
        (0..count).map(|place| member(sets.find(sides.ranges.number(place)), sides.ranges.range(place))),
    );
    members.extend(added.ranges.into_iter().map(|(id, range)| member(sets.find(id), range)));
    radix::sort(&mut members, usize::BITS - count.leading_zeros(), |member| member.0 as u64);
    let mut classes: Vec<Vec<Range<usize>>> = Vec::new();
    const NONE: u32 = u32::MAX;
    // By root: its class; and the length of its longest occurrence, if they do not overlap.
    let (mut class_of, mut longest) = (vec![NONE; count], vec![NONE; count]);
    for class in members.chunk_by_mut(|a, b| a.0 == b.0) {
        class.sort();
        let occurrences = disjoint(class.iter().map(|&(_, start, end)| start as usize..end as usize));
        if occurrences.len() > 1 {
            let root = class[0].0 as usize;
            class_of[root] = classes.len() as u32;
            if occurrences.windows(2).all(|pair| pair[0].end <= pair[1].start) {
                longest[root] = occurrences.iter().map(|range| range.len() as u32).max().unwrap_or(NONE);
            }
            classes.push(occurrences);
        }
    }
    // Where the occurrences of a class ran into each other, a link may have lost its own: then it stands alone.
    for (index, link) in links.iter().enumerate() {
        let root = sets.find(2 * index as u32) as usize;
        // Sides lie in occurrences; and these two in different ones, if one would have to be longer to hold both.
        if link.right.start - link.left.start >= longest[root] as usize {
            continue;
        }
        let class = classes.get(class_of[root] as usize);
        if !class.is_some_and(|class| holds(class, link)) {
            classes.push(vec![link.left.start..link.left.end.min(link.right.start), link.right.clone()]);
        }
    }
    classes
}

/// Whether the two sides of the link lie in two of the occurrences, but for a few characters.
fn holds(class: &[Range<usize>], link: &Link<'_>) -> bool {
    let place = |side: &Range<usize>| {
        let place = class.partition_point(|range| range.start <= side.start + SLACK).checked_sub(1)?;
        let start = if place == 0 { 0 } else { class[place - 1].end };
        (start <= side.start + SLACK && class[place].end + SLACK >= side.end).then_some(place)
    };
    match (place(&link.left), place(&link.right)) {
        (Some(left), Some(right)) => left != right,
        _ => false,
    }
}

/// Carries repeats that lie in one side of a link to its other side.
struct Projections<'a> {
    links: &'a [Link<'a>],
    sides: Sides,
    sets: Sets,
    added: Added,
    /// Projections that may still be tried.
    budget: usize,
    /// What is to be projected next, some of it together.
    waiting: Vec<Projected>,
    /// The sides that enclose these, and the numbers of what lies in them among these.
    through: Vec<(u32, usize)>,
    /// Where they lead, with the same numbers.
    arrived: Vec<(usize, Range<usize>)>,
}

/// A range of a repeat.
struct Projected {
    /// A side of the repeat.
    id: u32,
    range: Range<usize>,
    /// Projections by which it was found.
    depth: usize,
}

impl<'a> Projections<'a> {
    /// Ranges projected together: what they read lies anywhere, and all of it is on its way before one is waited for.
    const TOGETHER: usize = 16;

    fn new(links: &'a [Link<'a>], sides: Sides, sets: Sets) -> Projections<'a> {
        let (added, budget) = (Added::new(links.len()), PROJECTIONS * links.len());
        let (waiting, through, arrived) = (Vec::new(), Vec::new(), Vec::new());
        Projections { links, sides, sets, added, budget, waiting, through, arrived }
    }

    fn root(&mut self, place: usize) -> usize {
        self.sets.find(self.sides.ranges.number(place)) as usize
    }

    /// Projects a side through the links that enclose it, and what arrives through those that enclose that; now, or with those that
    /// come next.
    fn project(&mut self, place: usize, stands_apart: &mut [bool], capped: &mut Capped) {
        self.waiting.push(Projected {
            id: self.sides.ranges.number(place),
            range: self.sides.ranges.range(place),
            depth: 0,
        });
        if self.waiting.len() == Projections::TOGETHER {
            self.finish(stands_apart, capped);
        }
    }

    /// Projects what waits.
    fn finish(&mut self, stands_apart: &mut [bool], capped: &mut Capped) {
        let mut waiting = std::mem::take(&mut self.waiting);
        while !waiting.is_empty() {
            for together in waiting.chunks(Projections::TOGETHER) {
                self.project_together(together, stands_apart, capped);
            }
            std::mem::swap(&mut waiting, &mut self.waiting);
            self.waiting.clear();
        }
    }

    fn project_together(&mut self, ranges: &[Projected], stands_apart: &mut [bool], capped: &mut Capped) {
        /// A projection of a projection of a projection still finds the copy of a copy of a copy.
        const DEEPEST: usize = 3;
        let Projections { links, sides, through, arrived, .. } = self;
        through.clear();
        for (Projected { range, .. }, number) in ranges.iter().zip(0..) {
            through.extend(sides.enclosing(range.clone()).map(|side| (side, number)));
        }
        let most = through.len().min(self.budget);
        capped.pairs += (through.len() - most) as u64;
        through.truncate(most);
        self.budget -= most;
        let links_through = || through.iter().map(|&(side, _)| side as usize / 2);
        links_through().for_each(|link| cpu::fetch(links, link));
        links_through().for_each(|link| cpu::fetch(links[link].blocks, 0));
        arrived.clear();
        arrived.extend(through.iter().filter_map(|&(side, number)| {
            let range = &ranges[number].range;
            Some((number, projection(&links[side as usize / 2], side.is_multiple_of(2), range)?))
        }));
        let starts = arrived.iter().map(|(_, range)| range.start);
        self.added.fetch(starts.clone());
        sides.ranges.fetch(starts);
        for (number, range) in arrived.drain(..) {
            let Projected { id, depth, .. } = ranges[number];
            let known = sides.coinciding(&range).or_else(|| self.added.coinciding(&range));
            if let Some(known) = known {
                let apart =
                    stands_apart[self.sets.find(id) as usize] | stands_apart[self.sets.find(known) as usize];
                self.sets.join(id, known);
                stands_apart[self.sets.find(id) as usize] = apart;
            } else {
                self.added.push(id, range.clone());
                if depth < DEEPEST {
                    self.waiting.push(Projected { id, range, depth: depth + 1 });
                }
            }
        }
    }
}

/// Ranges that projections found, by where they start.
struct Added {
    ranges: Vec<(u32, Range<usize>)>,
    /// The latest in each bucket of stretches of [`STRETCH`] positions.
    latest: Vec<u32>,
    /// For each the one before it in its bucket.
    before: Vec<u32>,
}

/// Positions looked up together: two ranges that coincide start in the same stretch or in neighbouring ones.
const STRETCH: usize = 2 * SLACK;

impl Added {
    const NONE: u32 = u32::MAX;

    /// For as many ranges as there are `links`; more make longer lists.
    fn new(links: usize) -> Added {
        Added { ranges: Vec::new(), latest: vec![Added::NONE; links.next_power_of_two()], before: Vec::new() }
    }

    fn bucket(&self, stretch: usize) -> usize {
        ((stretch as u64).wrapping_mul(SEEDS[0] | 1) >> 32) as usize & (self.latest.len() - 1)
    }

    fn push(&mut self, id: u32, range: Range<usize>) {
        let bucket = self.bucket(range.start / STRETCH);
        self.before.push(std::mem::replace(&mut self.latest[bucket], self.ranges.len() as u32));
        self.ranges.push((id, range));
    }

    /// Fetches what [`coinciding`](Self::coinciding) reads first.
    fn fetch(&self, starts: impl Iterator<Item = usize>) {
        starts.for_each(|start| cpu::fetch(&self.latest, self.bucket(start / STRETCH)));
    }

    /// The side from which a range came that coincides with this one.
    fn coinciding(&self, range: &Range<usize>) -> Option<u32> {
        let stretch = |at: usize| at / STRETCH;
        let near = stretch(range.start.saturating_sub(SLACK))..=stretch(range.start + SLACK);
        near.into_iter().find_map(|stretch| {
            let mut index = self.latest[self.bucket(stretch)];
            for _ in 0..NEIGHBOURS {
                let (id, other) = self.ranges.get(index as usize)?;
                if coincide(other, range) {
                    return Some(*id);
                }
                index = self.before[index as usize];
            }
            None
        })
    }
}

/// Clips the occurrences of a class to what all of them share: two that go on alike by chance (`… here. The`) do not
/// lengthen the others. Ends move by [`SLACK`] at most each time.
fn to_core(folded: &[u8], class: &mut [Range<usize>]) {
    /// The shortest may itself have a chance end that others lack; they are then the shorter ones.
    const ROUNDS: usize = 3;
    for _ in 0..ROUNDS {
        let Some(core) = class.iter().min_by_key(|range| range.len()).cloned() else { return };
        if class.len() < 3 || core.len() < 2 * seed::K {
            return;
        }
        let head = &folded[core.start..core.start + seed::K];
        let tail = &folded[core.end - seed::K..core.end];
        let mut moved = false;
        for range in class.iter_mut().filter(|range| range.len() > core.len()) {
            let near = |at: usize, word: &[u8]| folded.get(at..at + seed::K) == Some(word);
            if let Some(shift) = (1..=SLACK).find(|shift| near(range.start + shift, head)) {
                range.start += shift;
                moved = true;
            }
            if let Some(shift) = (1..=SLACK).find(|shift| near(range.end - seed::K - shift, tail)) {
                range.end -= shift;
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Ranges in order of start, as one occurrence where half of one overlaps the other. (What overlaps less begins where the one
/// before ends, but only once both are drawn back to whole words: until then they begin alike.)
fn disjoint(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last)
                if range.start < last.end && 2 * (last.end - range.start) >= range.len().min(last.len()) =>
            {
                last.end = last.end.max(range.end);
            }
            _ => merged.push(range),
        }
    }
    merged
}

/// Where a link carries a range that lies in one of its sides; `None` where little of it arrives.
fn projection(link: &Link<'_>, from_left: bool, range: &Range<usize>) -> Option<Range<usize>> {
    let oriented = |block: &super::block::Block| {
        let (left, right) = (block.left as usize, block.right as usize);
        if from_left { (left, right) } else { (right, left) }
    };
    let first = link.blocks.partition_point(|block| oriented(block).0 + block.length as usize <= range.start);
    let last = link.blocks.partition_point(|block| oriented(block).0 < range.end).checked_sub(1)?;
    if first > last {
        return None;
    }
    let (from, to) = oriented(&link.blocks[first]);
    let start = to + range.start.saturating_sub(from);
    let (from, to) = oriented(&link.blocks[last]);
    let end = to + (range.end - from).min(link.blocks[last].length as usize);
    (end > start && end - start >= seed::K && 2 * (end - start) >= range.len()).then_some(start..end)
}

/// For each class whether all its occurrences lie in occurrences of longer classes (or, for equals, of one before it).
fn parts_of_longer(classes: &[Class]) -> Vec<bool> {
    // In order of start; of those that start together the longest first.
    let key = |range: Range<usize>| (range.start as u64) << 32 | !(range.end as u32) as u64;
    let mut all: Vec<(u64, u32)> = Vec::new();
    for (Class { occurrences, period }, class) in classes.iter().zip(0..) {
        // What lies in a periodic stretch is part of it, wherever its periods begin.
        match period {
            Some(_) => all.push((key(occurrences[0].start..occurrences[occurrences.len() - 1].end), class)),
            None => all.extend(occurrences.iter().map(|range| (key(range.clone()), class))),
        }
    }
    radix::sort_by_major(&mut all, |(key, _)| (key >> 32) as u32);
    let enclosing =
        Enclosing::new(all.into_iter().map(|(key, class)| ((key >> 32) as u32, !(key as u32), class)));
    let mut parts = vec![true; classes.len()];
    for place in 0..enclosing.len() {
        let (range, class) = (enclosing.range(place), enclosing.number(place) as usize);
        if !parts[class] {
            continue;
        }
        // What of this one lies outside of the other, at either end.
        let outside = |other: &Range<usize>| {
            other.start.saturating_sub(range.start).max(range.end.saturating_sub(other.end))
        };
        let most = CHANCE.min(range.len() / 8);
        let mut around = enclosing.around(range.start + most..range.end - most).take(NEIGHBOURS);
        parts[class] = around.any(|place| {
            let (other, owner) = (enclosing.range(place), enclosing.number(place) as usize);
            // A chance longer copy or two of what has more occurrences is no repeat of its own; nor do a few characters
            // that a shorter repeat has more at an end, by chance, make it stand apart.
            let more = classes[owner].occurrences.len() > classes[class].occurrences.len();
            let longer = outside(&other) <= SLACK && (other.len(), class) > (range.len(), owner);
            owner != class && (more || longer)
        });
    }
    parts
}

/// Takes from the ends of all occurrences what one of them shares with the start of the next, if a sentence or a line begins with that
/// and none behind it: then the text behind the last goes on as the copies began (`Rain fell. Rain fell. Rain is …`). Else it may as
/// well be the text before the first that ends like the copies.
fn shorten_to_next(text: Source<'_>, occurrences: &mut [Occurrence<'_>]) {
    let folded = text.folded();
    let shared = |pair: &[Occurrence<'_>]| pair[0].range.end.saturating_sub(pair[1].range.start);
    let Some(pair) = occurrences.windows(2).max_by_key(|pair| shared(pair)) else { return };
    let shared = shared(pair);
    let begins = |at: usize| trim::is_cut(text.bytes(), text.character(at).start);
    if shared == 0 || !begins(pair[1].range.start) || begins(pair[0].range.end) {
        return;
    }
    let tail = |range: &Range<usize>| folded.get(range.end.checked_sub(shared)?..range.end);
    let first = tail(&occurrences[0].range);
    let alike = occurrences.iter().all(|occurrence| {
        let range = &occurrence.range;
        tail(range) == first && range.len() > 2 * shared && starts_character(folded[range.end - shared])
    });
    if alike {
        occurrences.iter_mut().for_each(|occurrence| occurrence.range.end -= shared);
    }
}

/// The repeat that a caller sees; `None` if fewer than two occurrences are left.
fn repeat(text: Source<'_>, ranges: Vec<Range<usize>>, period: Option<usize>) -> Option<Repeat> {
    let folded = text.folded();
    let mut occurrences: Vec<Occurrence<'_>> =
        ranges.into_iter().map(|range| Occurrence { source: text, range }).collect();
    if period.is_none() {
        shorten_to_next(text, &mut occurrences);
        ends::draw_back(&mut occurrences);
    }
    for place in 1..occurrences.len() {
        let end = occurrences[place - 1].range.end;
        let range = &mut occurrences[place].range;
        range.start = range.start.max(end).min(range.end);
    }
    occurrences.retain(|occurrence| {
        let Range { start, end } = occurrence.range;
        start < end && starts_character(folded[start])
    });
    // Of two that divide a cluster of the text between them only the first can be sliced out.
    let mut exact: Vec<Range<usize>> = Vec::with_capacity(occurrences.len());
    occurrences.retain(|occurrence| {
        let bytes = text.span(occurrence.range.clone());
        let apart = exact.last().is_none_or(|last| last.end <= bytes.start);
        if apart {
            exact.push(bytes);
        }
        apart
    });
    if occurrences.len() < 2 {
        return None;
    }
    let mut spans: Vec<crate::span::Span> = Vec::with_capacity(exact.len());
    for place in 0..exact.len() {
        let from = spans.last().map_or(0, |last| last.end);
        let to = exact.get(place + 1).map_or(text.bytes().len(), |next| next.start);
        spans.push(ends::widened(text.bytes(), exact[place].clone(), from..to));
    }
    let copies = || occurrences.iter().map(|occurrence| &folded[occurrence.range.clone()]);
    let mut lowest = 1.0f64;
    // Where all are the same it is all one which is the best.
    if copies().zip(copies().skip(1)).any(|(copy, next)| copy != next) {
        let best = trim::best_formatted(text.bytes(), &spans);
        let against = &folded[occurrences[best].range.clone()];
        let mut before = against;
        for copy in copies() {
            // Copies of an edited copy come in rows.
            if copy != before {
                lowest = lowest.min(align::identity(against, copy));
                before = copy;
            }
        }
    }
    Some(Repeat {
        identity: lowest,
        occurrences: spans,
        period: period.map(|characters| Period { characters }),
    })
}
