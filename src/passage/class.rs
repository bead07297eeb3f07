//! Classes: copied stretches of a text with itself, gathered into repeats with all their occurrences.
//!
//! In: the copied stretches. Out: repeats, each with its occurrences in text order. Suppressed repeats are in
//! a separate list.
//!
//! **Idea.** Sides of copied stretches that coincide belong to one class (union-find).
//! [`projection`](super::projection) adds the occurrences that no pair of seeds reached directly. A class is
//! nested if all its occurrences are inside occurrences of longer classes; [`parts`](super::parts) decides that.
//!
//! **Cost.** `O(n log n)` in stretches, and the projections. If nested repeats are not reported, a repeat is
//! projected only under two conditions: it has an occurrence outside longer repeats, and it is long enough to
//! be reported. On 50 MB of press releases, the first condition saved a sixth of the time of `within`, the
//! second a twelfth.

use super::boundary;
use super::copied::{CopiedStretch, SLACK};
use super::found::{Capped, Found, LEAST_IDENTITY, Repeat};
use super::occurrences;
use super::parts::{self, Class};
use super::periodic;
use super::projection::{Projections, Sets, Sides};
use super::seed;
use super::source::Source;
use crate::stream::{characters, letters, starts_character};
use crate::support::radix;
use std::cmp::Reverse;
use std::ops::Range;

/// Two copies continue alike by chance for at most this many characters.
const MOST_CHANCE: usize = 60;
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

/// By how many stream bytes two of several copies may continue alike by chance: text that is shorter than a repeat
/// that is reported.
fn chance(folded: &[u8], min_length: usize) -> usize {
    /// This many bytes of a text show how many bytes its characters take.
    const SAMPLE: usize = 4096;
    let head = &folded[..folded.len().min(SAMPLE)];
    (min_length.min(MOST_CHANCE) * head.len()).div_ceil(characters(head).max(1)).max(SLACK)
}

/// Gathers the copied stretches of `text` with itself.
pub(super) fn repeats(
    text: Source<'_>,
    copied: Vec<CopiedStretch<'_>>,
    reporting: Reporting,
    mut capped: Capped,
) -> Found<Repeat> {
    let folded = text.folded();
    let (periodic, copied) = periodic::split(text, copied, &mut capped);
    let mut classes: Vec<Class> = Vec::new();
    let chance = chance(folded, reporting.min_length);
    for mut occurrences in gathered(&copied, reporting, chance, &mut capped) {
        trim_chance_ends(text, &mut occurrences, chance);
        classes.push(Class { occurrences, period: None });
    }
    classes.extend(
        periodic
            .into_iter()
            .map(|stretch| Class { occurrences: stretch.occurrences, period: stretch.period }),
    );
    let parts = parts::parts(folded, &classes, reporting.min_length);
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
            // An edited copy, too, must match `min_length` characters.
            let least = LEAST_IDENTITY.max(min_length as f64 / shortest.max(1) as f64);
            let Some((repeat, alike)) = occurrences::repeat(text, ranges, class.period, least) else {
                continue;
            };
            if is_candidate && repeat.identity >= least {
                found.items.push(repeat);
                continue;
            }
            found.items.extend(alike.filter(|_| is_candidate));
            if suppressed {
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
    chance: usize,
    capped: &mut Capped,
) -> Vec<Vec<Range<usize>>> {
    let (sides, mut sets, added) = projected(copied, reporting, chance, capped);
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
    chance: usize,
    capped: &mut Capped,
) -> (Sides, Sets, Vec<(u32, Range<usize>)>) {
    let sides = Sides::new(copied);
    let mut sets = Sets::new(sides.ranges.len() as u32);
    for stretch in 0..copied.len() as u32 {
        sets.join(2 * stretch, 2 * stretch + 1);
    }
    let mut pending = sides.distinct(&mut sets, chance);
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
/// followed by `The`).
///
/// One occurrence shows where the others start (or end): the one whose first bytes most of the others contain,
/// near their own starts. An end moves by at most [`SLACK`], or by up to `chance` bytes and an eighth of the
/// occurrence if a sentence or a line starts or ends there.
fn trim_chance_ends(text: Source<'_>, class: &mut [Range<usize>], chance: usize) {
    /// How many occurrences are tried.
    const TRIED: usize = 4;
    /// In classes with more occurrences than this, only the shortest is tried.
    const MANY: usize = 32;
    let Some(shortest) = (0..class.len()).min_by_key(|&place| class[place].len()) else { return };
    let length = class[shortest].len();
    if class.len() < 3 || length < 2 * seed::K || class.iter().all(|range| range.len() == length) {
        return;
    }
    let folded = text.folded();
    let is_cut = |at: usize| {
        let bytes = text.bytes();
        at == folded.len()
            || starts_character(folded[at]) && boundary::is_cut(bytes, text.character(at).start)
    };
    let tried = if class.len() > MANY { 0 } else { class.len().min(TRIED) };
    for at_start in [true, false] {
        let word = |range: &Range<usize>, shift: usize| -> &[u8] {
            let at = if at_start { range.start + shift } else { range.end - seed::K - shift };
            &folded[at..at + seed::K]
        };
        // By how much each occurrence moves, if it contains the word of the occurrence at `place`.
        let shifts = |place: usize| -> Vec<Option<usize>> {
            let range = &class[place];
            let core = word(range, 0);
            let inner =
                if at_start { range.start..range.start + SLACK } else { range.end - SLACK..range.end + 1 };
            let mut has_cut = None;
            let mut shift = |other: &Range<usize>| {
                // Occurrences of one length seldom differ at their ends.
                if other.len() == range.len() || word(other, 0) == core {
                    return Some(0);
                }
                // One byte rules out nearly all places.
                let place = if at_start { 0 } else { seed::K - 1 };
                let most = chance.min(other.len() / 8).max(SLACK).min(other.len() - seed::K);
                let shift = (1..=most).find(|&shift| {
                    let text = word(other, shift);
                    text[place] == core[place] && text == core
                })?;
                let is_near = shift <= SLACK || *has_cut.get_or_insert_with(|| inner.clone().any(is_cut));
                is_near.then_some(shift)
            };
            class.iter().map(&mut shift).collect()
        };
        let value = |shifts: &[Option<usize>]| {
            let found = shifts.iter().flatten();
            (found.clone().count(), found.sum::<usize>())
        };
        let mut best = shifts(shortest);
        if best.contains(&None) {
            for other in (0..tried).map(shifts) {
                if value(&other) > value(&best) {
                    best = other;
                }
            }
        }
        for (range, shift) in class.iter_mut().zip(best) {
            let shift = shift.unwrap_or(0);
            if at_start {
                range.start += shift;
            } else {
                range.end -= shift;
            }
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
