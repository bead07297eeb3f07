//! The plan: which sentences are cut, and which place is kept for each.
//!
//! In: the sentences of a text and their links. Out: for each sentence, the [`Kept`] place that holds its
//! text, or `None` if the sentence stays.
//!
//! **Idea.** All decisions are made together, in one order of all linked sentences, from the best copy to the
//! worst. A sentence is cut if one of its links leads to text that comes before it in the order and stays. So
//! what stays for a cut is never cut itself, wherever repeats overlap, and one sentence of each kind stays.
//! If the linked text was cut for an equal place, that place stays for both.
//!
//! **The best copy.** The order is that of whole regions, so that a copy is kept or cut as a whole. Copied
//! stretches that overlap make a region. The region with most lines comes first, because it has kept its
//! paragraphs; then one that begins or ends inside a line, because it is part of the running text and not a
//! quotation, caption or lead that was taken from it; then the one with more text in the lines beside it;
//! then the first.

use super::links::{Link, Links};
use super::sentences::Sentences;
use std::cmp::Reverse;
use std::ops::Range;

/// A place that is kept for a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kept {
    /// In bytes of the stream.
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) identity: f64,
}

/// The place that is kept for each sentence; `None` if the sentence stays.
pub(super) fn plan(sentences: &Sentences, links: Links) -> Vec<Option<Kept>> {
    const UNLINKED: u32 = 0;
    let mut kept: Vec<Option<Kept>> = vec![None; sentences.all.len()];
    let mut rank = vec![UNLINKED; sentences.all.len()];
    let regions = regions(sentences, links.sides);
    let ordered: Vec<usize> = regions.into_iter().flatten().collect();
    for (place, number) in ordered.iter().zip(1..) {
        rank[*place] = number;
    }
    for place in ordered {
        let first = links.links.partition_point(|link| (link.sentence as usize) < place);
        let own = links.links[first..].iter().take_while(|link| link.sentence as usize == place);
        kept[place] = own.filter_map(|link| follow(sentences, &rank, &kept, link)).next();
    }
    kept
}

/// The text that stays for a link. `None` if part of the linked text comes later in the order, or if it was
/// cut for several places.
fn follow(sentences: &Sentences, rank: &[u32], kept: &[Option<Kept>], link: &Link) -> Option<Kept> {
    let touched = sentences.touched(&(link.from as usize..link.to as usize));
    let mut shift = None;
    for place in touched {
        if rank[place] >= rank[link.sentence as usize] {
            return None;
        }
        let by = match kept[place] {
            None => 0,
            // Through a place that is not equal, the two ends would be less alike than the least identity.
            Some(other) if other.identity < 1.0 => return None,
            Some(other) => i64::from(other.from) - sentences.all[place].stream().start as i64,
        };
        if *shift.get_or_insert(by) != by {
            return None;
        }
    }
    let moved = |at: u32| u32::try_from(i64::from(at) + shift.unwrap_or(0)).ok();
    Some(Kept { from: moved(link.from)?, to: moved(link.to)?, identity: link.identity })
}

/// The regions, the best one first. Each is a range of sentences.
fn regions(sentences: &Sentences, mut sides: Vec<(u32, u32)>) -> Vec<Range<usize>> {
    sides.sort_unstable();
    let mut regions: Vec<Range<usize>> = Vec::new();
    for (first, last) in sides {
        let (first, end) = (first as usize, last as usize + 1);
        match regions.last_mut() {
            Some(region) if first < region.end => region.end = region.end.max(end),
            _ => regions.push(first..end),
        }
    }
    let starts_line = |place: usize| sentences.all.get(place).is_none_or(|sentence| sentence.starts_line);
    regions.sort_by_cached_key(|region| {
        let lines = (region.start + 1..region.end).filter(|&place| starts_line(place)).count();
        let is_inside = !starts_line(region.start) || !starts_line(region.end);
        Reverse((lines, is_inside, beside(sentences, region), Reverse(region.start)))
    });
    regions
}

/// Bytes of the stream in the lines before and after a region.
fn beside(sentences: &Sentences, region: &Range<usize>) -> usize {
    let length =
        |place: usize| sentences.all[sentences.line(place)].iter().map(|one| one.len()).sum::<usize>();
    let before = region.start.checked_sub(1).map_or(0, length);
    let behind = if region.end < sentences.all.len() { length(region.end) } else { 0 };
    before + behind
}
