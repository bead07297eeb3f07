//! Classes: copied stretches of a text with itself, gathered to repeats with all their occurrences.
//!
//! In: the copied stretches. Out: repeats, each with its occurrences in text order; those that are not reported apart.
//!
//! **Idea.** Sides of copied stretches that coincide belong to one class (union-find). [`projection`](super::projection) adds the
//! occurrences that no pair of seeds reached directly. A class all of whose occurrences lie inside those of longer classes is nested.
//!
//! **Cost.** `O(n log n)` in stretches, and the projections. Only repeats that have an occurrence outside of longer ones and are long
//! enough to be reported are projected, unless nested ones are wanted: on 50 MB of press releases the first rule saved a sixth of the
//! time of `within`, the second a twelfth.

use super::copied::{CopiedStretch, SLACK};
use super::enclosing::Enclosing;
use super::found::{Capped, Found, LEAST_IDENTITY, Repeat};
use super::occurrences;
use super::periodic;
use super::projection::{NEIGHBOURS, Projections, Sets, Sides};
use super::seed;
use super::source::Source;
use crate::stream::characters;
use crate::support::radix;
use std::cmp::Reverse;
use std::ops::Range;

/// Bytes (or an eighth of the length, if that is less) by which two copies may go on alike by chance where other copies do not.
const CHANCE: usize = 64;
/// Classes whose occurrences are prefetched together: they are scattered, so each would wait for main memory.
const FETCHED: usize = 16;
/// Occurrences of one class that are prefetched.
const FETCHED_OF_ONE: usize = 8;
/// A projection may join a repeat that is part of longer ones to one that is not. It is then projected in the next round.
const PROJECTION_ROUNDS: usize = 4;

/// What is reported, by the settings of the finder.
#[derive(Clone, Copy)]
pub(super) struct Reporting {
    /// In squeezed characters.
    pub(super) min_length: usize,
    /// Repeats inside longer ones too.
    pub(super) nested: bool,
    /// What is not reported is listed.
    pub(super) suppressed: bool,
}

/// The occurrences of one repeat, in text order.
struct Class {
    occurrences: Vec<Range<usize>>,
    /// Characters of the period, if they are the periods of one stretch.
    period: Option<usize>,
}

/// Gathers the copied stretches of `text` with itself.
pub(super) fn repeats(
    text: Source<'_>,
    copied: Vec<CopiedStretch<'_>>,
    reporting: Reporting,
    mut capped: Capped,
) -> Found<Repeat> {
    let folded = text.folded();
    let (periodic, copied) = periodic::split(folded, copied, &mut capped);
    let mut classes: Vec<Class> = Vec::new();
    for mut occurrences in gathered(&copied, reporting, &mut capped) {
        trim_chance_ends(folded, &mut occurrences);
        classes.push(Class { occurrences, period: None });
    }
    classes.extend(
        periodic
            .into_iter()
            .map(|stretch| Class { occurrences: stretch.occurrences, period: stretch.period }),
    );
    let parts = parts_of_longer(&classes);
    // Skipping unrequested repeats saves 10 % of the time.
    let is_wanted = |part: bool| reporting.nested || reporting.suppressed || !part;
    let wanted = classes.into_iter().zip(parts).filter(|&(_, part)| is_wanted(part)).collect();
    reported(text, wanted, reporting, capped)
}

/// The repeats of classes, each given with whether it is part of longer ones.
fn reported(
    text: Source<'_>,
    mut classes: Vec<(Class, bool)>,
    reporting: Reporting,
    capped: Capped,
) -> Found<Repeat> {
    let Reporting { min_length, nested, suppressed } = reporting;
    let mut found = Found { items: Vec::new(), suppressed: Vec::new(), capped };
    for classes in classes.chunks_mut(FETCHED) {
        let first = classes.iter().flat_map(|(class, _)| class.occurrences.iter().take(FETCHED_OF_ONE));
        text.fetch(first.flat_map(|range| [range.start, range.end - 1]));
        for (class, part) in classes {
            let shortest = shortest(text.folded(), class, min_length);
            let is_candidate = shortest >= min_length && (nested || !*part);
            if !is_candidate && !suppressed {
                continue;
            }
            let ranges = std::mem::take(&mut class.occurrences);
            let Some(repeat) = occurrences::repeat(text, ranges, class.period) else { continue };
            // An edited copy, too, must match `min_length` characters.
            let matched = repeat.identity * shortest as f64;
            if is_candidate && repeat.identity >= LEAST_IDENTITY && matched >= min_length as f64 {
                found.items.push(repeat);
            } else if suppressed {
                found.suppressed.push(repeat);
            }
        }
    }
    let order = |repeat: &Repeat| (repeat.occurrences[0].start, Reverse(repeat.occurrences[0].end));
    found.items.sort_by_key(order);
    found.suppressed.sort_by_key(order);
    found
}

/// Characters of the shortest occurrence, or of a whole periodic stretch, however short its periods are. Counted no further than where
/// the answer no longer matters: from `min_length / LEAST_IDENTITY` on it is long enough, whatever its identity.
fn shortest(folded: &[u8], class: &Class, min_length: usize) -> usize {
    let enough = (min_length as f64 / LEAST_IDENTITY).ceil() as usize;
    let counted =
        |from: usize, to: usize, most: usize| characters(&folded[from..to.min(from.saturating_add(most))]);
    let length = |from: usize, to: usize| match counted(from, to, enough) {
        few if few < enough => counted(from, to, enough.saturating_mul(seed::WIDEST)),
        all => all,
    };
    let occurrences = &class.occurrences;
    match class.period {
        Some(_) => length(occurrences[0].start, occurrences[occurrences.len() - 1].end),
        None => occurrences.iter().map(|range| length(range.start, range.end)).min().unwrap_or(0),
    }
}

/// The classes of occurrences that the copied stretches make. Repeats that lie wholly in longer ones, or are too short to be reported,
/// are completed by projections only if nested ones are wanted: what is projected lies in a longer repeat again, so it would not
/// make them reported.
fn gathered(
    copied: &[CopiedStretch<'_>],
    reporting: Reporting,
    capped: &mut Capped,
) -> Vec<Vec<Range<usize>>> {
    let (sides, mut sets, added) = projected(copied, reporting, capped);
    let count = sides.ranges.len();
    // Root, start and end: the sides in order of start, then what was added.
    let mut members: Vec<(u32, u32, u32)> = Vec::with_capacity(count + added.len());
    let member = |root: u32, range: Range<usize>| (root, range.start as u32, range.end as u32);
    members.extend(
        (0..count).map(|place| member(sets.find(sides.ranges.number(place)), sides.ranges.range(place))),
    );
    members.extend(added.into_iter().map(|(id, range)| member(sets.find(id), range)));
    radix::sort(&mut members, usize::BITS - count.leading_zeros(), |member| member.0 as u64);
    let mut classes: Vec<Vec<Range<usize>>> = Vec::new();
    const NONE: u32 = u32::MAX;
    // By root: its class; and the length of its longest occurrence, if they do not overlap.
    let (mut class_of, mut longest) = (vec![NONE; count], vec![NONE; count]);
    for class in members.chunk_by_mut(|one, other| one.0 == other.0) {
        class.sort();
        let occurrences = joined(class.iter().map(|&(_, start, end)| start as usize..end as usize));
        if occurrences.len() > 1 {
            let root = class[0].0 as usize;
            class_of[root] = classes.len() as u32;
            if occurrences.windows(2).all(|pair| pair[0].end <= pair[1].start) {
                longest[root] = occurrences.iter().map(|range| range.len() as u32).max().unwrap_or(NONE);
            }
            classes.push(occurrences);
        }
    }
    // Where the occurrences of a class ran into each other, a stretch may have lost its own: then it makes a class alone.
    for (index, stretch) in copied.iter().enumerate() {
        let root = sets.find(2 * index as u32) as usize;
        // Sides lie in occurrences; and these two in different ones, if one would have to be longer to hold both.
        if stretch.right.start - stretch.left.start >= longest[root] as usize {
            continue;
        }
        let class = classes.get(class_of[root] as usize);
        if !class.is_some_and(|class| holds(class, stretch)) {
            let left = stretch.left.start..stretch.left.end.min(stretch.right.start);
            classes.push(vec![left, stretch.right.clone()]);
        }
    }
    classes
}

/// The sides of the copied stretches, joined to sets by coincidence and by projections, and what projections added.
fn projected(
    copied: &[CopiedStretch<'_>],
    Reporting { min_length, nested, .. }: Reporting,
    capped: &mut Capped,
) -> (Sides, Sets, Vec<(u32, Range<usize>)>) {
    let sides = Sides::new(copied);
    let mut sets = Sets::new(sides.ranges.len() as u32);
    for stretch in 0..copied.len() as u32 {
        sets.join(2 * stretch, 2 * stretch + 1);
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
        // There are at least as many bytes as characters, and what coincides with a side may be an eighth longer.
        is_part && (nested || bytes + bytes / 8 >= min_length)
    });
    let mut projections = Projections::new(copied, sides, sets);
    for _ in 0..PROJECTION_ROUNDS {
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
    projections.into_parts()
}

/// Whether the two sides lie in two different occurrences, but for a few characters.
fn holds(class: &[Range<usize>], copied: &CopiedStretch<'_>) -> bool {
    let place = |side: &Range<usize>| {
        let place = class.partition_point(|range| range.start <= side.start + SLACK).checked_sub(1)?;
        let start = if place == 0 { 0 } else { class[place - 1].end };
        (start <= side.start + SLACK && class[place].end + SLACK >= side.end).then_some(place)
    };
    match (place(&copied.left), place(&copied.right)) {
        (Some(left), Some(right)) => left != right,
        _ => false,
    }
}

/// Cuts from the occurrences of a class what only some of them share by chance at their ends (two copies may both be followed by `The`).
/// The shortest occurrence shows where the others start and end. Ends move by [`SLACK`] at most in each round.
fn trim_chance_ends(folded: &[u8], class: &mut [Range<usize>]) {
    /// The shortest may have a chance end itself that others lack; after a round those are the shortest.
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

/// Ranges given in order of start; two of which one overlaps half of the other become one occurrence. (This is not the union of an
/// interval set: ranges that overlap less stay two, and are parted once both ends are drawn back to whole words.)
fn joined(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last)
                if range.start < last.end && 2 * (last.end - range.start) >= range.len().min(last.len()) =>
            {
                last.end = last.end.max(range.end);
            }
            _ => joined.push(range),
        }
    }
    joined
}

/// For each class whether all its occurrences lie in occurrences of longer classes (of classes equally long, of one before it).
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
        // Bytes of this one outside of the other, at the end where they are more.
        let outside = |other: &Range<usize>| {
            other.start.saturating_sub(range.start).max(range.end.saturating_sub(other.end))
        };
        let most = CHANCE.min(range.len() / 8);
        let mut around = enclosing.around(range.start + most..range.end - most).take(NEIGHBOURS);
        parts[class] = around.any(|place| {
            let (other, owner) = (enclosing.range(place), enclosing.number(place) as usize);
            // One or two copies that are longer by chance, of a repeat with more occurrences, are no repeat of their own. Nor is a shorter
            // repeat, for a few characters that it has more at an end by chance.
            let more = classes[owner].occurrences.len() > classes[class].occurrences.len();
            let longer = outside(&other) <= SLACK && (other.len(), class) > (range.len(), owner);
            owner != class && (more || longer)
        });
    }
    parts
}
