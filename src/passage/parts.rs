//! Parts: which classes of occurrences say nothing that other classes do not say.
//!
//! In: classes. Out: for each class, whether it is part of others.
//!
//! **Idea.** Classes are taken in order of the text that they save: the number of their occurrences but one, times
//! their length. A class is part of those that were taken before it in two cases.
//!
//! - It is *inside* them: each of its occurrences is inside an occurrence of a class that is longer, or that has
//!   more occurrences and is only a little shorter.
//! - It is *tiled* by them: classes with more occurrences cover each of its occurrences, the same classes in the
//!   same order, except for rests that are too short to be reported. So if five copies follow each other in
//!   pairs, or two of three copies continue alike by chance, the answer is still one class of all copies.
//!
//! At last, classes are dropped that are inside longer ones taken after them, unless they are tiles.
//!
//! **Cost.** Sorting, and for each occurrence at most [`NEIGHBOURS`] ranges near its start and around it.

use super::copied::SLACK;
use super::enclosing::Enclosing;
use super::projection::NEIGHBOURS;
use super::seed;
use crate::stream::letters;
use crate::support::bit_set::BitSet;
use crate::support::radix;
use std::cmp::Reverse;
use std::ops::Range;

/// By this many bytes (or an eighth of the length, if that is less) two copies may continue alike by chance
/// where other copies differ.
const CHANCE: usize = 64;
/// How many occurrences of a class are searched for tiles. The occurrences are copies of each other.
const SEARCHED: usize = 4;
/// The rests between tiles are at most one in this many bytes of an occurrence.
const RESTS: usize = 4;

/// The occurrences of one repeat, in text order.
pub(super) struct Class {
    pub(super) occurrences: Vec<Range<usize>>,
    /// Characters of the period, if the occurrences are the periods of one stretch.
    pub(super) period: Option<usize>,
}

/// For each class, whether it is part of others. Rests between tiles have fewer than `min_length` letters.
pub(super) fn parts(folded: &[u8], classes: &[Class], min_length: usize) -> Vec<bool> {
    let ranges = ordered(classes);
    let mut taken = Taken {
        folded,
        classes,
        ranges: &ranges,
        min_length,
        taken: BitSet::empty(classes.len()),
        covered: BitSet::empty(folded.len()),
        shared: BitSet::empty(folded.len()),
        tiles: BitSet::empty(classes.len()),
    };
    let saved = |class: &Class| {
        let length: usize = class.occurrences.iter().map(ExactSizeIterator::len).sum();
        length - length / class.occurrences.len().max(1)
    };
    let mut order: Vec<(usize, usize)> = classes.iter().map(saved).zip(0..).collect();
    order.sort_unstable_by_key(|&(saved, class)| (Reverse(saved), class));
    for &(_, class) in &order {
        if taken.is_inside(class) {
            continue;
        }
        match taken.tiling(class) {
            Some(tiles) => tiles.into_iter().for_each(|tile| taken.tiles.insert(tile as usize)),
            None => taken.take(class),
        }
    }
    let is_part =
        |class| !taken.taken.contains(class) || !taken.tiles.contains(class) && taken.is_inside(class);
    (0..classes.len()).map(is_part).collect()
}

/// The occurrences of all classes in order of start; among those with the same start, the longest first.
fn ordered(classes: &[Class]) -> Enclosing {
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
    Enclosing::new(all.into_iter().map(|(key, class)| ((key >> 32) as u32, !(key as u32), class)))
}

/// The classes that were taken so far.
struct Taken<'a> {
    folded: &'a [u8],
    classes: &'a [Class],
    ranges: &'a Enclosing,
    min_length: usize,
    taken: BitSet,
    /// Stream positions in their occurrences. Most classes are ruled out by this.
    covered: BitSet,
    /// At least the positions in occurrences of two of them.
    shared: BitSet,
    /// The classes that tile another one.
    tiles: BitSet,
}

impl Taken<'_> {
    /// The ranges of a class that must be inside others: its occurrences, or all its periods together.
    fn searched(&self, class: usize) -> impl Iterator<Item = Range<usize>> {
        let Class { occurrences, period } = &self.classes[class];
        let whole = occurrences[0].start..occurrences[occurrences.len() - 1].end;
        let single = if period.is_some() { &[] } else { &occurrences[..] };
        period.map(|_| whole).into_iter().chain(single.iter().cloned())
    }

    fn take(&mut self, class: usize) {
        self.taken.insert(class);
        for range in self.searched(class).collect::<Vec<_>>() {
            if self.covered.count_in(range.clone()) > 0 {
                self.shared.insert_range(range.clone());
            }
            self.covered.insert_range(range);
        }
    }

    /// Whether each occurrence is inside one of a taken class.
    fn is_inside(&self, class: usize) -> bool {
        self.searched(class).all(|range| {
            // Bytes of this range outside the other: the greater number of the two ends.
            let outside = |other: &Range<usize>| {
                other.start.saturating_sub(range.start).max(range.end.saturating_sub(other.end))
            };
            let most = CHANCE.min(range.len() / 8);
            let inner = range.start + most..range.end - most;
            let covered = if self.taken.contains(class) { &self.shared } else { &self.covered };
            if covered.count_in(inner.clone()) < inner.len() {
                return false;
            }
            let mut around = self.ranges.around(inner).take(NEIGHBOURS);
            around.any(|place| {
                let (other, owner) = (self.ranges.range(place), self.ranges.number(place) as usize);
                // If a few copies of a repeat with more occurrences are longer by chance, they are not a
                // separate repeat. A shorter repeat is not separate either if it only has a few more
                // characters at one end by chance. (Of two equally long classes, the earlier one counts as
                // longer.)
                let more = self.classes[owner].occurrences.len() > self.classes[class].occurrences.len()
                    && (!self.is_rest(other.clone()) || self.is_rest(range.clone()));
                let longer = outside(&other) <= SLACK && (other.len(), class) > (range.len(), owner);
                owner != class && self.taken.contains(owner) && (more || longer)
            })
        })
    }

    /// The taken classes that tile this one, in order.
    fn tiling(&self, class: usize) -> Option<Vec<u32>> {
        let mut occurrences = self.classes[class].occurrences.iter().take(SEARCHED);
        let first = self.tiles_of(class, occurrences.next()?)?;
        occurrences.all(|range| self.tiles_of(class, range).as_ref() == Some(&first)).then_some(first)
    }

    /// The taken classes that tile an occurrence of `class`, in order; `None` if more than short rests are left.
    fn tiles_of(&self, class: usize, occurrence: &Range<usize>) -> Option<Vec<u32>> {
        let covered = self.covered.count_in(occurrence.clone());
        if RESTS * (occurrence.len() - covered) > occurrence.len() {
            return None;
        }
        let (mut tiles, mut rests) = (Vec::new(), 0);
        let mut at = occurrence.start;
        while at + SLACK < occurrence.end
            && let Some((tile, range)) = self.next_tile(class, at, occurrence.end)
        {
            rests += range.start.saturating_sub(at);
            tiles.push(tile);
            at = range.end;
        }
        let rest = occurrence.end.saturating_sub(at);
        let is_tiled = !tiles.is_empty() && RESTS * (rests + rest) <= occurrence.len();
        (is_tiled && self.is_rest(occurrence.end - rest..occurrence.end)).then_some(tiles)
    }

    /// The tile that reaches farthest, of those that cover `at` or start after a rest. The first and the last tile
    /// may reach beyond the occurrence: it may begin in the middle of a copy.
    fn next_tile(&self, class: usize, at: usize, end: usize) -> Option<(u32, Range<usize>)> {
        let count = self.classes[class].occurrences.len();
        let here = self.ranges.around(at..at + SLACK + 1).take(NEIGHBOURS);
        let ahead = (self.ranges.from(at + 1)..self.ranges.len()).take(NEIGHBOURS).take_while(|&place| {
            let start = self.ranges.range(place).start;
            start + SLACK < end && start <= at + seed::WIDEST * self.min_length
        });
        let places = here.chain(ahead).map(|place| (self.ranges.number(place), self.ranges.range(place)));
        let tiles = places.filter(|(other, range)| {
            let Class { occurrences, period } = &self.classes[*other as usize];
            self.taken.contains(*other as usize)
                && period.is_none()
                && occurrences.len() > count
                && self.is_rest(at..range.start.max(at))
                && !self.is_rest(range.clone())
        });
        tiles.max_by_key(|(other, range)| (range.end.min(end), Reverse(*other)))
    }

    /// Whether a stretch is too short to be reported.
    fn is_rest(&self, range: Range<usize>) -> bool {
        range.len() < self.min_length
            || range.len() < seed::WIDEST * self.min_length && letters(&self.folded[range]) < self.min_length
    }
}
