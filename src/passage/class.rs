//! Classes: copied stretches of a text with itself, gathered into repeats with all their occurrences.
//!
//! In: the copied stretches. Out: repeats, each with its occurrences in text order. Suppressed repeats are in
//! a separate list.
//!
//! **Idea.** Sides of copied stretches that coincide belong to one class (union-find).
//! [`projection`](super::projection) adds the occurrences that no pair of seeds reached directly. A class is
//! nested if all its occurrences are inside occurrences of longer classes.
//!
//! **Cost.** `O(n log n)` in stretches, and the projections. If nested repeats are not reported, a repeat is
//! projected only under two conditions: it has an occurrence outside longer repeats, and it is long enough to
//! be reported. On 50 MB of press releases, the first condition saved a sixth of the time of `within`, the
//! second a twelfth.

use super::copied::{CopiedStretch, SLACK};
use super::enclosing::Enclosing;
use super::found::{Capped, Found, LEAST_IDENTITY, Repeat};
use super::occurrences;
use super::periodic;
use super::projection::{NEIGHBOURS, Projections, Sets, Sides};
use super::seed;
use super::source::Source;
use crate::stream::letters;
use crate::support::radix;
use std::cmp::Reverse;
use std::ops::Range;

/// By this many bytes (or an eighth of the length, if that is less) two copies may continue alike by chance
/// where other copies differ.
const CHANCE: usize = 64;
/// Classes whose occurrences are prefetched together. They are scattered, so each would wait for main memory.
const FETCHED: usize = 16;
/// How many occurrences of one class are prefetched.
const FETCHED_OF_ONE: usize = 8;
/// Most rounds of projections. A projection may join a repeat that is part of longer ones with one that is
/// not. The joined repeat is then projected in the next round.
const PROJECTION_ROUNDS: usize = 4;

/// Which repeats are reported, from the settings of the finder.
#[derive(Clone, Copy)]
pub(super) struct Reporting {
    /// Least length, in letters.
    pub(super) min_length: usize,
    /// Whether repeats inside longer ones are reported too.
    pub(super) nested: bool,
    /// Whether repeats that are not reported are listed.
    pub(super) suppressed: bool,
}

/// The occurrences of one repeat, in text order.
struct Class {
    occurrences: Vec<Range<usize>>,
    /// Characters of the period, if the occurrences are the periods of one stretch.
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

/// The repeats of the classes. Each class is given with a flag: whether it is part of longer ones.
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
            // An edited copy, too, must match `min_length` letters.
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

/// Letters of the shortest occurrence, or of the whole stretch if it is periodic. Counting may stop at
/// `min_length / LEAST_IDENTITY`: an occurrence of this length is long enough at every identity that is
/// reported.
fn shortest(folded: &[u8], class: &Class, min_length: usize) -> usize {
    let enough = (min_length as f64 / LEAST_IDENTITY).ceil() as usize;
    let counted =
        |from: usize, to: usize, most: usize| letters(&folded[from..to.min(from.saturating_add(most))]);
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

/// The classes of occurrences of the copied stretches. Repeats that are entirely inside longer ones, or too
/// short to be reported, are completed by projections only if nested repeats are reported. A projected
/// occurrence is inside a longer repeat again, so it could not make such a repeat reportable.
fn gathered(
    copied: &[CopiedStretch<'_>],
    reporting: Reporting,
    capped: &mut Capped,
) -> Vec<Vec<Range<usize>>> {
    let (sides, mut sets, added) = projected(copied, reporting, capped);
    let count = sides.ranges.len();
    // Root, start and end: first the sides in order of start, then the added occurrences.
    let mut members: Vec<(u32, u32, u32)> = Vec::with_capacity(count + added.len());
    let member = |root: u32, range: Range<usize>| (root, range.start as u32, range.end as u32);
    members.extend(
        (0..count).map(|place| member(sets.find(sides.ranges.number(place)), sides.ranges.range(place))),
    );
    members.extend(added.into_iter().map(|(id, range)| member(sets.find(id), range)));
    radix::sort(&mut members, usize::BITS - count.leading_zeros(), |member| member.0 as u64);
    let mut classes: Vec<Vec<Range<usize>>> = Vec::new();
    const NONE: u32 = u32::MAX;
    // By root: its class, and the length of the longest occurrence of that class if its occurrences do not
    // overlap.
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
    // Where occurrences of a class overlapped and were joined, the two sides of a stretch may no longer be
    // two occurrences. The stretch then makes a class of its own.
    for (index, stretch) in copied.iter().enumerate() {
        let root = sets.find(2 * index as u32) as usize;
        // Each side is inside an occurrence. The two occurrences differ if no occurrence is long enough to
        // contain both sides.
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

/// The sides of the copied stretches, joined into sets by coincidence and by projections, and the occurrences
/// that projections added.
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
        // A range has at least as many bytes as letters, and a range that coincides with this one may be
        // an eighth longer.
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

/// Whether the two sides are inside two different occurrences, apart from a few characters.
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

/// Cuts text that only some occurrences of a class share by chance from their ends (two copies may both be
/// followed by `The`). The shortest occurrence shows where the others start and end. Each round moves an end
/// by at most [`SLACK`].
fn trim_chance_ends(folded: &[u8], class: &mut [Range<usize>]) {
    /// The shortest occurrence may itself have a chance end that others lack. After a round, the others are
    /// the shortest.
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

/// Joins ranges, given in order of start: two ranges become one occurrence if they overlap by at least half
/// of the shorter one. (This is not the union of an interval set. Ranges that overlap less stay two
/// occurrences; they are separated later, when their ends are drawn back to whole words.)
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

/// For each class, whether every occurrence of it is inside an occurrence of another class that is longer or
/// has more occurrences. (Of two equally long classes, the earlier one counts as longer.)
fn parts_of_longer(classes: &[Class]) -> Vec<bool> {
    // In order of start; among ranges with the same start, the longest first.
    let key = |range: Range<usize>| (range.start as u64) << 32 | !(range.end as u32) as u64;
    let mut all: Vec<(u64, u32)> = Vec::new();
    for (Class { occurrences, period }, class) in classes.iter().zip(0..) {
        // Text inside a periodic stretch is part of it, wherever the periods begin.
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
        // Bytes of this range outside the other: the greater number of the two ends.
        let outside = |other: &Range<usize>| {
            other.start.saturating_sub(range.start).max(range.end.saturating_sub(other.end))
        };
        let most = CHANCE.min(range.len() / 8);
        let mut around = enclosing.around(range.start + most..range.end - most).take(NEIGHBOURS);
        parts[class] = around.any(|place| {
            let (other, owner) = (enclosing.range(place), enclosing.number(place) as usize);
            // If a few copies of a repeat with more occurrences are longer by chance, they are not a separate
            // repeat. A shorter repeat is not separate either if it only has a few more characters at one end
            // by chance.
            let more = classes[owner].occurrences.len() > classes[class].occurrences.len();
            let longer = outside(&other) <= SLACK && (other.len(), class) > (range.len(), owner);
            owner != class && (more || longer)
        });
    }
    parts
}
