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

use super::ends::{self, Occurrence};
use super::{Capped, Found, LEAST_IDENTITY, Link, Period, Repeat, Source, align, seed};
use crate::stream::{characters, starts_character};
use std::ops::Range;

/// Ends this close (or within an eighth of the length) are the same end.
const SLACK: usize = 16;
/// Coinciding sides are sought among so many neighbours in order of start.
const NEIGHBOURS: usize = 48;
/// Projections tried for a link, on average over the text.
const PROJECTIONS: usize = 16;
/// Periods shorter than this many stream bytes are reported several to an occurrence.
const LEAST_PERIOD: usize = 16;

/// A stretch with a period.
struct Periodic {
    range: Range<usize>,
    /// Starts of the occurrences, ascending; the first is the start of the range.
    starts: Vec<usize>,
    characters: usize,
}

/// Gathers the links of `text` with itself.
pub(crate) fn repeats(
    text: Source<'_>,
    links: Vec<Link>,
    min_length: usize,
    nested: bool,
    mut capped: Capped,
) -> Found<Repeat> {
    let folded = text.folded();
    let (overlapping, mut links): (Vec<Link>, Vec<Link>) = links.into_iter().partition(overlaps_itself);
    // What overlaps itself without being periodic is neither two copies nor periods: left out.
    links.retain(|link| 2 * link.left.end.saturating_sub(link.right.start) < link.left.len());
    let periodic = stretches(folded, overlapping);
    // What a stretch links with itself its periods cover.
    links.retain(|link| !within_one(&periodic, link));
    let mut classes: Vec<(Vec<Range<usize>>, Option<usize>)> = Vec::new();
    for mut class in gathered(&links, &mut capped) {
        to_core(folded, &mut class);
        classes.push((class, None));
    }
    classes.extend(periodic.into_iter().map(|stretch| {
        let ends = stretch.starts.iter().skip(1).copied().chain([stretch.range.end]);
        let occurrences = stretch.starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect();
        (occurrences, Some(stretch.characters))
    }));
    let parts = parts_of_longer(&classes);
    let mut found = Found { items: Vec::new(), suppressed: Vec::new(), capped };
    for ((occurrences, period), part) in classes.into_iter().zip(parts) {
        let shortest = match period {
            // A stretch is as long as it is, however short its periods.
            Some(_) => {
                let whole = occurrences[0].start..occurrences[occurrences.len() - 1].end;
                characters(&folded[whole])
            }
            None => occurrences.iter().map(|range| characters(&folded[range.clone()])).min().unwrap_or(0),
        };
        let reported = shortest >= min_length && (nested || !part);
        let Some(repeat) = repeat(text, occurrences, period) else { continue };
        // Of an edited copy, too, so much must be the same.
        let same = repeat.identity * shortest as f64;
        let reported = reported && repeat.identity >= LEAST_IDENTITY && same >= min_length as f64;
        if reported { found.items.push(repeat) } else { found.suppressed.push(repeat) }
    }
    let order = |repeat: &Repeat| (repeat.occurrences[0].start, std::cmp::Reverse(repeat.occurrences[0].end));
    found.items.sort_by_key(order);
    found.suppressed.sort_by_key(order);
    found
}

/// Whether a link is a stretch of at least two and a half periods. (Two copies that follow each other overlap by a few
/// characters too, where what stands before them ends alike.)
fn overlaps_itself(link: &Link) -> bool {
    let shift = link.right.start - link.left.start;
    // Dense, too: repeated phrases in order are no periods.
    2 * link.left.end.saturating_sub(link.right.start) >= shift && 10 * link.matched() >= 7 * link.left.len()
}

/// Whether both sides of the link lie in one stretch.
fn within_one(periodic: &[Periodic], link: &Link) -> bool {
    let next = periodic.partition_point(|stretch| stretch.range.start <= link.left.start);
    next > 0 && periodic[next - 1].range.end >= link.right.end
}

/// Periodic stretches from links that overlap themselves, in text order, disjoint.
fn stretches(folded: &[u8], mut links: Vec<Link>) -> Vec<Periodic> {
    // Of links over the same stretch the one with the smallest shift shows the period.
    links.sort_by_key(|link| (link.left.start, link.right.start, std::cmp::Reverse(link.right.end)));
    let mut stretches: Vec<Periodic> = Vec::new();
    for link in links {
        let start = stretches.last().map_or(0, |last| last.range.end).max(link.left.start);
        if start + 2 * (link.right.start - link.left.start) > link.right.end {
            continue;
        }
        stretches.push(periodic(folded, &link, start));
    }
    stretches
}

fn periodic(folded: &[u8], link: &Link, start: usize) -> Periodic {
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
    Periodic { range: start..end, starts, characters: characters(&folded[start..start + unit]) }
}

/// The smallest period of a stretch that repeats as a whole: the smallest divisor of its length that is one.
fn smallest_period(unit: &[u8]) -> usize {
    let length = unit.len();
    let is_period =
        |period: usize| length.is_multiple_of(period) && unit[period..] == unit[..length - period];
    (1..=length / 2).find(|&period| is_period(period)).unwrap_or(length)
}

/// Where the link carries position `at` of its left side. `block` is where the last look-up ended.
fn image(link: &Link, at: usize, block: &mut usize) -> usize {
    while *block + 1 < link.blocks.len() && link.blocks[*block + 1].left as usize <= at {
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

/// The classes of occurrences that the links make.
fn gathered(links: &[Link], capped: &mut Capped) -> Vec<Vec<Range<usize>>> {
    // Side 2i is the left of link i, side 2i + 1 its right.
    let side = |index: u32| -> &Range<usize> {
        let link = &links[index as usize / 2];
        if index.is_multiple_of(2) { &link.left } else { &link.right }
    };
    let mut sets = Sets((0..2 * links.len() as u32).collect());
    for link in 0..links.len() as u32 {
        sets.join(2 * link, 2 * link + 1);
    }
    let mut order: Vec<u32> = (0..2 * links.len() as u32).collect();
    order.sort_unstable_by_key(|&index| (side(index).start, side(index).end, index));
    for (place, &index) in order.iter().enumerate() {
        for &other in order[place + 1..].iter().take(NEIGHBOURS) {
            if side(other).start > side(index).start + SLACK {
                break;
            }
            if coincide(side(index), side(other)) {
                sets.join(index, other);
            }
        }
    }
    let covering = Covering::new(order.iter().map(|&index| side(index).clone()).collect());
    let mut added: Vec<(u32, Range<usize>)> = Vec::new();
    let mut budget = PROJECTIONS * links.len();
    let mut queue: Vec<(u32, Range<usize>, usize)> =
        order.iter().map(|&index| (index, side(index).clone(), 0)).collect();
    while let Some((index, range, depth)) = queue.pop() {
        /// A projection of a projection of a projection still finds the copy of a copy of a copy.
        const DEEPEST: usize = 3;
        let mut places = Vec::new();
        covering.containing(&range, &mut places);
        for place in places {
            let other = order[place];
            if other / 2 == index / 2 || coincide(side(other), &range) {
                continue;
            }
            if budget == 0 {
                capped.pairs += 1;
                continue;
            }
            budget -= 1;
            let Some(projected) = projection(&links[other as usize / 2], other.is_multiple_of(2), &range)
            else {
                continue;
            };
            if let Some(same) = coinciding(&order, side, &projected) {
                sets.join(index, same);
                continue;
            }
            let root = sets.find(index);
            let mut latest = added.iter().rev().take(NEIGHBOURS);
            if latest.any(|(_, other)| coincide(other, &projected)) {
                continue;
            }
            added.push((root, projected.clone()));
            if depth < DEEPEST {
                queue.push((index, projected, depth + 1));
            }
        }
    }
    let mut members: Vec<(u32, Range<usize>)> =
        (0..2 * links.len() as u32).map(|index| (sets.find(index), side(index).clone())).collect();
    for (root, range) in added {
        members.push((sets.find(root), range));
    }
    members.sort_unstable_by_key(|(root, range)| (*root, range.start, range.end));
    members
        .chunk_by(|a, b| a.0 == b.0)
        .map(|class| disjoint(class.iter().map(|(_, range)| range.clone())))
        .filter(|class| class.len() > 1)
        .collect()
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

/// A side among those in order of start that coincides with the range.
fn coinciding<'a>(
    order: &[u32],
    side: impl Fn(u32) -> &'a Range<usize>,
    range: &Range<usize>,
) -> Option<u32> {
    let from = order.partition_point(|&index| side(index).start + SLACK < range.start);
    let near =
        order[from..].iter().take(NEIGHBOURS).take_while(|&&index| side(index).start <= range.start + SLACK);
    near.copied().find(|&index| coincide(side(index), range))
}

/// Ranges in order of start, as one occurrence where half of one overlaps the other.
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
fn projection(link: &Link, from_left: bool, range: &Range<usize>) -> Option<Range<usize>> {
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

/// Finds the ranges that contain a given one: ranges by start, with the greatest end of each subtree.
struct Covering {
    ranges: Vec<Range<usize>>,
    /// Segment tree: greatest end under each node.
    greatest: Vec<usize>,
    leaves: usize,
}

impl Covering {
    fn new(ranges: Vec<Range<usize>>) -> Covering {
        let leaves = ranges.len().next_power_of_two();
        let mut greatest = vec![0; 2 * leaves];
        for (place, range) in ranges.iter().enumerate() {
            greatest[leaves + place] = range.end;
        }
        for node in (1..leaves).rev() {
            greatest[node] = greatest[2 * node].max(greatest[2 * node + 1]);
        }
        Covering { ranges, greatest, leaves }
    }

    /// Places of the ranges that contain `range`, ascending, at most [`NEIGHBOURS`].
    fn containing(&self, range: &Range<usize>, places: &mut Vec<usize>) {
        let until = self.ranges.partition_point(|other| other.start <= range.start);
        if until > 0 {
            self.descend(1, 0, self.leaves, until, range.end, places);
        }
    }

    fn descend(
        &self,
        node: usize,
        from: usize,
        to: usize,
        until: usize,
        end: usize,
        places: &mut Vec<usize>,
    ) {
        if from >= until || self.greatest[node] < end || places.len() >= NEIGHBOURS {
            return;
        }
        if to - from == 1 {
            places.push(from);
            return;
        }
        let middle = (from + to) / 2;
        self.descend(2 * node, from, middle, until, end, places);
        self.descend(2 * node + 1, middle, to, until, end, places);
    }
}

/// For each class whether all its occurrences lie in occurrences of longer classes (or, for equals, of one before it).
fn parts_of_longer(classes: &[(Vec<Range<usize>>, Option<usize>)]) -> Vec<bool> {
    let mut all: Vec<(&Range<usize>, usize)> = Vec::new();
    let wholes: Vec<Range<usize>> =
        classes.iter().map(|(class, _)| class[0].start..class[class.len() - 1].end).collect();
    for (class, (occurrences, period)) in classes.iter().enumerate() {
        // What lies in a periodic stretch is part of it, wherever its periods begin.
        match period {
            Some(_) => all.push((&wholes[class], class)),
            None => all.extend(occurrences.iter().map(|range| (range, class))),
        }
    }
    all.sort_by_key(|(range, class)| (range.start, std::cmp::Reverse(range.end), *class));
    let covering = Covering::new(all.iter().map(|(range, _)| (*range).clone()).collect());
    let mut parts = vec![true; classes.len()];
    let mut places = Vec::new();
    for &(range, class) in &all {
        if !parts[class] {
            continue;
        }
        // A few characters that a shorter repeat has more at an end, by chance, do not make it stand apart.
        let slack = SLACK.min(range.len() / 8);
        places.clear();
        covering.containing(&(range.start + slack..range.end - slack), &mut places);
        parts[class] = places.iter().any(|&place| {
            let (other, owner) = all[place];
            // Likewise a chance longer copy or two of what has more occurrences is no repeat of its own.
            let more = classes[owner].0.len() > classes[class].0.len();
            owner != class && (more || (other.len(), class) > (range.len(), owner))
        });
    }
    parts
}

/// The repeat that a caller sees; `None` if fewer than two occurrences are left.
fn repeat(text: Source<'_>, ranges: Vec<Range<usize>>, period: Option<usize>) -> Option<Repeat> {
    let folded = text.folded();
    let mut occurrences: Vec<Occurrence<'_>> =
        ranges.into_iter().map(|range| Occurrence { source: text, range }).collect();
    if period.is_none() {
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
    if occurrences.len() < 2 {
        return None;
    }
    let exact: Vec<Range<usize>> =
        occurrences.iter().map(|occurrence| text.span(occurrence.range.clone())).collect();
    let mut spans: Vec<crate::span::Span> = Vec::with_capacity(exact.len());
    for (place, occurrence) in occurrences.iter().enumerate() {
        let from = spans.last().map_or(0, |last| last.end);
        let to = exact.get(place + 1).map_or(text.bytes().len(), |next| next.start);
        spans.push(ends::span(occurrence, from..to));
    }
    let best = super::trim::best_formatted(text.bytes(), &spans);
    let against = &folded[occurrences[best].range.clone()];
    let identities =
        occurrences.iter().map(|occurrence| align::identity(against, &folded[occurrence.range.clone()]));
    Some(Repeat {
        identity: identities.fold(1.0, f64::min),
        occurrences: spans,
        period: period.map(|characters| Period { characters }),
    })
}
