//! Links: sentences and the places where the text says the same again.
//!
//! In: the sentences of a text, and its copied stretches. Out: for each sentence that is whole inside a
//! copied stretch, a [`Link`] to its counterpart in the other side; and the parts of the text that the links
//! join.
//!
//! **What is a copy.** A sentence and its counterpart are equal in the squeezed stream; or their identity is
//! at least the least one, and every edit changes a few letters inside a word that is written small. An edit
//! of a number or a capitalised word, and a word that only one of them has, make another sentence. Where a
//! copy lost its line breaks and headings, one sentence of it is the counterpart of several lines; the lines
//! that only the counterpart has cost nothing. A link is never the counterpart of prose: if either side holds
//! part of one, both are equal in every byte.
//!
//! **Variants.** Two price plans, or two clauses with different sums, have sentences in common and are not
//! copies of each other. What shows it is the sentences beside the common ones: they are alike and not equal.
//! If such sentences make up more than [`VARIANT`] of a copied stretch, none of its sentences is linked.
//! Sentences that only one side has show nothing: they may be a heading or a paragraph that was added.

use super::sentences::{Sentence, Sentences};
use crate::passage::align;
use crate::passage::block::ExactBlock;
use crate::passage::copied::CopiedStretch;
use crate::passage::found::LEAST_IDENTITY;
use crate::passage::source::Source;
use crate::scan::{self, Class};
use crate::span::Span;
use crate::stream::{letters, starts_character};
use std::ops::Range;

/// The greatest share of a copied stretch that sentences with other words may have: one fifth. (Scraped price
/// plans, clauses and interviews have two fifths and more; bodies of which a sentence was rewritten have less
/// than a tenth.)
const VARIANT: usize = 5;
/// A link is kept if this much of the sentence is equal: the default.
pub(crate) const MIN_IDENTITY: f64 = 0.98;

/// A sentence, and a place with the same text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) sentence: u32,
    /// The place, in bytes of the stream.
    pub(super) from: u32,
    pub(super) to: u32,
    /// 1.0 if both are equal in the stream.
    pub(super) identity: f64,
}

/// All links, sorted by sentence; and for each copied stretch with links, the sentences of each of its sides.
#[derive(Default)]
pub(super) struct Links {
    pub(super) links: Vec<Link>,
    pub(super) sides: Vec<(u32, u32)>,
}

/// A block seen from one of its sides.
#[derive(Clone, Copy)]
struct Seen {
    at: usize,
    other: usize,
    length: usize,
}

impl Seen {
    fn from_right(block: &ExactBlock) -> Seen {
        Seen { at: block.right as usize, other: block.left as usize, length: block.length as usize }
    }

    fn from_left(block: &ExactBlock) -> Seen {
        Seen { at: block.left as usize, other: block.right as usize, length: block.length as usize }
    }

    fn end(self) -> usize {
        self.at + self.length
    }

    fn other_end(self) -> usize {
        self.other + self.length
    }
}

/// Reads the links of copied stretches.
pub(super) struct Linker<'a> {
    pub(super) text: Source<'a>,
    pub(super) sentences: &'a Sentences,
    pub(super) min_length: usize,
    pub(super) min_identity: f64,
}

impl Linker<'_> {
    pub(super) fn links(&self, copied: &[CopiedStretch<'_>]) -> Links {
        let mut all = Links::default();
        let mut seen = Vec::new();
        for stretch in copied.iter().filter(|stretch| self.is_long(stretch)) {
            let known = all.links.len();
            seen.clear();
            seen.extend(stretch.blocks.iter().map(Seen::from_right));
            let right = self.side(&seen, &mut all.links);
            if right.is_none() || self.is_variant(&seen, &all.links[known..]) {
                all.links.truncate(known);
                continue;
            }
            seen.clear();
            seen.extend(stretch.blocks.iter().map(Seen::from_left));
            let left = self.side(&seen, &mut all.links);
            all.sides.extend(right);
            all.sides.extend(left);
        }
        // Of several counterparts, an equal one comes first, then the first in the text.
        all.links.sort_by(|one, other| {
            let key = |link: &Link| (link.sentence, link.identity < 1.0, link.from);
            key(one).cmp(&key(other))
        });
        all
    }

    fn is_long(&self, stretch: &CopiedStretch<'_>) -> bool {
        let folded = self.text.folded();
        let counted = |block: &ExactBlock| letters(&folded[block.right as usize..block.right_end() as usize]);
        // There are at least as many bytes as letters.
        stretch.matched() >= self.min_length
            && stretch.blocks.iter().map(counted).sum::<usize>() >= self.min_length
    }

    /// Adds the links of the sentences of one side. Returns the first and the last such sentence.
    fn side(&self, blocks: &[Seen], links: &mut Vec<Link>) -> Option<(u32, u32)> {
        let known = links.len();
        let range = blocks[0].at..blocks[blocks.len() - 1].end();
        for place in self.sentences.within(&range) {
            links.extend(self.link(place, blocks));
        }
        let first = links.get(known)?.sentence;
        Some((first, links[links.len() - 1].sentence))
    }

    fn link(&self, place: usize, blocks: &[Seen]) -> Option<Link> {
        let sentence = &self.sentences.all[place];
        let own = sentence.stream();
        // Blocks overlap by a few bytes where an edit repeats the text beside it, so two may hold an end.
        let behind = blocks.partition_point(|block| block.at <= own.start);
        let starts =
            (behind.saturating_sub(2)..behind).rev().filter(|&index| blocks[index].end() > own.start);
        let mut first: Option<usize> = None;
        for index in starts {
            first = first.or(Some(index));
            if own.end <= blocks[index].end() {
                return self.equal(place, sentence, blocks[index]);
            }
        }
        let first = first?;
        let last = blocks.partition_point(|block| block.at < own.end).checked_sub(1)?;
        if last <= first || blocks[last].end() < own.end {
            return None;
        }
        let from = own.start - blocks[first].at + blocks[first].other;
        let to = (own.end + blocks[last].other).checked_sub(blocks[last].at)?;
        if from >= to || from < own.end && own.start < to || self.is_joined_to_link(sentence, &(from..to)) {
            return None;
        }
        let identity = self.identity(own, from..to, &blocks[first..=last])?;
        Some(Link { sentence: place as u32, from: from as u32, to: to as u32, identity })
    }

    /// The identity of a sentence with its counterpart across several blocks, without the headings that only
    /// the counterpart has. `None` if an edit makes another sentence, or if they are not alike enough.
    fn identity(&self, own: Range<usize>, other: Range<usize>, blocks: &[Seen]) -> Option<f64> {
        let folded = self.text.folded();
        let mut without = Vec::new();
        let mut reached = other.start;
        let mut edited = false;
        for pair in blocks.windows(2) {
            if let Some(heading) = self.lost_lines(pair) {
                without.extend_from_slice(folded.get(reached..heading.start)?);
                reached = heading.end;
            } else if self.min_identity < 1.0 && self.is_small(pair) {
                edited = true;
            } else {
                return None;
            }
        }
        without.extend_from_slice(folded.get(reached..other.end)?);
        let identity = align::identity(&folded[own], &without);
        (identity == 1.0 || edited && identity >= self.min_identity).then_some(identity)
    }

    /// The lines that the other side has between two blocks, if this side has nothing there: a heading that
    /// was lost when the lines were run together.
    fn lost_lines(&self, pair: &[Seen]) -> Option<Range<usize>> {
        let (before, after) = (pair[0], pair[1]);
        let all = &self.sentences.all;
        let starts_line = |at: usize| {
            let place = all.partition_point(|sentence| sentence.stream().start < at);
            all.get(place).is_some_and(|sentence| sentence.starts_line && sentence.stream().start == at)
        };
        // If the heading begins or ends as the text beside it, the blocks overlap, and the lines begin inside
        // the overlap.
        let (least, most) = (after.at.max(before.at), before.end().min(after.end()));
        (least..=most).find_map(|at| {
            let (start, end) = (at - before.at + before.other, at - after.at + after.other);
            (start < end && starts_line(start) && starts_line(end)).then_some(start..end)
        })
    }

    /// The link of a sentence inside one block.
    fn equal(&self, place: usize, sentence: &Sentence, block: Seen) -> Option<Link> {
        let own = sentence.stream();
        let from = own.start - block.at + block.other;
        let to = from + own.len();
        // In a periodic text the counterpart may begin inside the sentence.
        let apart = to <= own.start || own.end <= from;
        (apart && !self.is_joined_to_link(sentence, &(from..to))).then_some(Link {
            sentence: place as u32,
            from: from as u32,
            to: to as u32,
            identity: 1.0,
        })
    }

    /// Whether one of the two holds part of a link, and they are not equal in every byte, or the link goes on
    /// outside.
    fn is_joined_to_link(&self, sentence: &Sentence, other: &Range<usize>) -> bool {
        let touched = self.sentences.touched(other);
        if !sentence.linked && self.sentences.all[touched].iter().all(|touched| !touched.linked) {
            return false;
        }
        let own = self.text.span(sentence.stream());
        let there = Span::from(self.text.span(other.clone()));
        let bytes = self.text.bytes();
        let mut links = self.sentences.links(there);
        let touches = sentence.linked || self.sentences.links(there).next().is_some();
        touches && (bytes[own] != bytes[there] || links.any(|link| !self.covers(there, link)))
    }

    /// Whether a span covers a link, apart from punctuation at its ends.
    fn covers(&self, span: Span, link: Span) -> bool {
        let bytes = self.text.bytes();
        let outside = [
            link.start..link.end.min(span.start.max(link.start)),
            span.end.clamp(link.start, link.end)..link.end,
        ];
        outside
            .into_iter()
            .all(|part| !bytes[part].iter().any(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii()))
    }

    /// Whether the edit between two blocks changes a few letters of words that are written small.
    fn is_small(&self, pair: &[Seen]) -> bool {
        let (before, after) = (pair[0], pair[1]);
        let own = self.words(before.end().min(after.at)..after.at.max(before.end()));
        let other = self.words(before.other_end().min(after.other)..after.other.max(before.other_end()));
        if own.is_empty() || other.is_empty() {
            return false;
        }
        let is_plain = |range: &Range<usize>| {
            let bytes = &self.text.bytes()[self.text.span(range.clone())];
            let mut at = 0;
            while let Some((_, class, length)) = scan::after(bytes, at) {
                if matches!(class, Class::Upper | Class::Digit) {
                    return false;
                }
                at += length;
            }
            true
        };
        let folded = self.text.folded();
        is_plain(&own) && is_plain(&other) && align::identity(&folded[own], &folded[other]) >= LEAST_IDENTITY
    }

    /// The range with the rest of the words that it cuts or touches.
    fn words(&self, range: Range<usize>) -> Range<usize> {
        /// A longer word is not followed to its end; it is then unlike its counterpart.
        const LONGEST: usize = 64;
        let (folded, bytes) = (self.text.folded(), self.text.bytes());
        let Range { mut start, mut end } = range;
        let is_break =
            |at: usize| at >= folded.len() || scan::is_word_break(bytes, self.text.character(at).start);
        let least = start.saturating_sub(LONGEST);
        while start > least && !(starts_character(folded[start.min(folded.len() - 1)]) && is_break(start)) {
            start -= 1;
        }
        let most = folded.len().min(end + LONGEST);
        while end < most && !(starts_character(folded[end]) && is_break(end)) {
            end += 1;
        }
        start..end
    }

    /// Whether sentences beside and between the linked ones show that the sides are variants of each other.
    fn is_variant(&self, blocks: &[Seen], links: &[Link]) -> bool {
        let all = &self.sentences.all;
        let same: usize = links.iter().map(|link| all[link.sentence as usize].len()).sum();
        let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
        let mut other = 0;
        let mut reached = 0;
        let mut count = |own: Range<usize>, there: Range<usize>| {
            let own = own.start.max(reached)..own.end;
            let is_linked =
                |place: usize| links.binary_search_by_key(&(place as u32), |link| link.sentence).is_ok();
            if own.is_empty() || there.is_empty() || own.clone().all(is_linked) {
                return;
            }
            reached = own.end;
            let stream =
                |places: Range<usize>| all[places.start].stream().start..all[places.end - 1].stream().end;
            let (own, there) = (stream(own), stream(there));
            if self.are_alike(own.clone(), there) {
                other += own.len();
            }
        };
        count(self.before(first.at), self.before(first.other));
        for pair in blocks.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            count(self.changed(before.end(), after.at), self.changed(before.other_end(), after.other));
        }
        count(self.behind(last.end()), self.behind(last.other_end()));
        VARIANT * other > same + other
    }

    /// The sentence that contains the place before `at`, unless it ends there: then the sentence before.
    fn before(&self, at: usize) -> Range<usize> {
        let holder = self.sentences.all.partition_point(|sentence| sentence.stream().end <= at);
        match self.sentences.all.get(holder).is_some_and(|sentence| sentence.stream().start < at) {
            true => holder..holder + 1,
            false => holder.saturating_sub(1)..holder,
        }
    }

    /// The sentence that contains the place behind `at`; if one begins there, that one.
    fn behind(&self, at: usize) -> Range<usize> {
        let holder = self.sentences.all.partition_point(|sentence| sentence.stream().end <= at);
        holder..(holder + 1).min(self.sentences.all.len())
    }

    /// The sentences in which the text between two blocks lies; if there is none, the sentence that is
    /// divided there.
    fn changed(&self, from: usize, to: usize) -> Range<usize> {
        if from < to {
            return self.sentences.touched(&(from..to));
        }
        let found = self.sentences.touched(&(to..to + 1));
        let divides =
            self.sentences.all.get(found.start).is_some_and(|sentence| sentence.stream().start < to);
        if divides { found } else { to..to }
    }

    /// Whether two stretches are different versions of one text.
    fn are_alike(&self, own: Range<usize>, there: Range<usize>) -> bool {
        let (shorter, longer) = (own.len().min(there.len()), own.len().max(there.len()));
        let folded = self.text.folded();
        // The identity is at most twice the shorter one by both.
        let possible = 2.0 * shorter as f64 >= LEAST_IDENTITY * (shorter + longer) as f64;
        let (own, there) = (&folded[own], &folded[there]);
        possible && own != there && align::identity(own, there) >= LEAST_IDENTITY
    }
}
