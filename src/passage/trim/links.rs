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
//! If such sentences make up more than a fifth of a copied stretch, none of its sentences is linked. Sentences
//! that only one side has show nothing: they may be a heading or a paragraph that was added.
//!
//! **Runs.** Linked sentences that follow each other have the least length of a passage together. A shorter run,
//! such as the end of two answers that differ in a name, is not worth a gap in the text.

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

/// The greatest share of a copied stretch that sentences with other words may have: one fifth. (In the
/// generated pages of `tests/texts/scraped.rs`, no plan, clause or interview is cut, and every copied body is.)
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

/// A text with its sentences.
#[derive(Clone, Copy)]
pub(crate) struct Text<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) sentences: &'a Sentences,
}

/// The links of the copied stretches of a text with itself that match at least `min_length` letters.
pub(super) fn within(
    text: Text<'_>,
    copied: &[CopiedStretch<'_>],
    min_length: usize,
    min_identity: f64,
) -> Links {
    let linker = Linker { own: text, other: text, is_one_text: true, min_length, min_identity };
    let mut all = Links::default();
    let mut seen = Vec::new();
    for stretch in copied.iter().filter(|stretch| is_long(text.source, stretch, min_length)) {
        seen.clear();
        seen.extend(stretch.blocks.iter().map(Seen::from_right));
        let right = linker.side(&seen, &mut all.links);
        if right.is_none() {
            continue;
        }
        seen.clear();
        seen.extend(stretch.blocks.iter().map(Seen::from_left));
        let left = linker.side(&seen, &mut all.links);
        all.sides.extend(right);
        all.sides.extend(left);
    }
    // Of several counterparts, an equal one comes first, then the first in the text.
    all.links.sort_by_key(|link| (link.sentence, link.identity < 1.0, link.from));
    all
}

/// The sentences of a text that are whole in blocks which another text has too, each with its range of the other
/// stream. They are equal, apart from headings that only the other text has. Blocks are given as the places in
/// this stream and in the other, and their length.
#[allow(dead_code, reason = "used by modules behind features")]
pub(crate) fn shared(
    own: Text<'_>,
    other: Text<'_>,
    blocks: impl Iterator<Item = (usize, usize, usize)>,
) -> Vec<(Span, Range<usize>)> {
    let linker = Linker { own, other, is_one_text: false, min_length: 0, min_identity: 1.0 };
    let seen: Vec<Seen> = blocks.map(|(at, other, length)| Seen { at, other, length }).collect();
    let mut links = Vec::new();
    if !seen.is_empty() {
        linker.side(&seen, &mut links);
    }
    let shared =
        |link: Link| (own.sentences.all[link.sentence as usize].bytes, link.from as usize..link.to as usize);
    links.into_iter().map(shared).collect()
}

/// Whether a stretch of a text with itself matches at least `min_length` letters.
fn is_long(text: Source<'_>, stretch: &CopiedStretch<'_>, min_length: usize) -> bool {
    let folded = text.folded();
    let counted = |block: &ExactBlock| letters(&folded[block.right as usize..block.right_end() as usize]);
    // There are at least as many bytes as letters.
    stretch.matched() >= min_length && stretch.blocks.iter().map(counted).sum::<usize>() >= min_length
}

/// Reads the links from the sentences of one text to another, or to the same.
struct Linker<'a> {
    own: Text<'a>,
    other: Text<'a>,
    is_one_text: bool,
    min_length: usize,
    min_identity: f64,
}

impl Linker<'_> {
    /// Adds the links of the sentences in a copied stretch, unless it is a variant. Returns the first and the last
    /// such sentence.
    fn side(&self, blocks: &[Seen], links: &mut Vec<Link>) -> Option<(u32, u32)> {
        let known = links.len();
        let range = blocks[0].at..blocks[blocks.len() - 1].end();
        for place in self.own.sentences.within(&range) {
            links.extend(self.link(place, blocks));
        }
        if links.len() > known && self.is_variant(blocks, &links[known..]) {
            links.truncate(known);
        }
        self.drop_short_runs(known, links);
        let first = links.get(known)?.sentence;
        Some((first, links[links.len() - 1].sentence))
    }

    /// Drops the links of sentences that follow each other and have fewer than `min_length` letters together.
    fn drop_short_runs(&self, known: usize, links: &mut Vec<Link>) {
        let folded = self.own.source.folded();
        let mut kept = known;
        let mut start = known;
        while start < links.len() {
            let run = links[start..].iter().zip(links[start].sentence..);
            let end = start + run.take_while(|(link, place)| link.sentence == *place).count();
            let (first, last) = (links[start].sentence as usize, links[end - 1].sentence as usize + 1);
            if letters(&folded[self.own.sentences.stream(first..last)]) >= self.min_length {
                links.copy_within(start..end, kept);
                kept += end - start;
            }
            start = end;
        }
        links.truncate(kept);
    }

    fn link(&self, place: usize, blocks: &[Seen]) -> Option<Link> {
        let sentence = &self.own.sentences.all[place];
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
        if from >= to || self.overlaps(&own, from, to) || self.is_joined_to_link(sentence, &(from..to)) {
            return None;
        }
        let identity = self.identity(own, from..to, &blocks[first..=last])?;
        Some(Link { sentence: place as u32, from: from as u32, to: to as u32, identity })
    }

    /// The identity of a sentence with its counterpart across several blocks, without the headings that only
    /// the counterpart has. `None` if an edit makes another sentence, or if they are not alike enough.
    fn identity(&self, own: Range<usize>, other: Range<usize>, blocks: &[Seen]) -> Option<f64> {
        let (folded, own_folded) = (self.other.source.folded(), self.own.source.folded());
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
        let identity = align::identity(&own_folded[own], &without);
        (identity == 1.0 || edited && identity >= self.min_identity).then_some(identity)
    }

    /// The lines that the other side has between two blocks, if this side has nothing there: a heading that
    /// was lost when the lines were run together.
    fn lost_lines(&self, pair: &[Seen]) -> Option<Range<usize>> {
        let (before, after) = (pair[0], pair[1]);
        let all = &self.other.sentences.all;
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
        let apart = !self.overlaps(&own, from, to);
        (apart && !self.is_joined_to_link(sentence, &(from..to))).then_some(Link {
            sentence: place as u32,
            from: from as u32,
            to: to as u32,
            identity: 1.0,
        })
    }

    /// Whether a sentence and its counterpart are in one text and overlap.
    fn overlaps(&self, own: &Range<usize>, from: usize, to: usize) -> bool {
        self.is_one_text && from < own.end && own.start < to
    }

    /// Whether one of the two holds part of a link, and they are not equal in every byte, or the link goes on
    /// outside.
    fn is_joined_to_link(&self, sentence: &Sentence, other: &Range<usize>) -> bool {
        let Text { source, sentences } = self.other;
        let touched = sentences.touched(other);
        if !sentence.linked && sentences.all[touched].iter().all(|touched| !touched.linked) {
            return false;
        }
        let own = self.own.source.span(sentence.stream());
        let there = Span::from(source.span(other.clone()));
        let mut links = sentences.links(there);
        let touches = sentence.linked || sentences.links(there).next().is_some();
        touches
            && (self.own.source.bytes()[own] != source.bytes()[there]
                || links.any(|link| !covers(source.bytes(), there, link)))
    }

    /// Whether the edit between two blocks changes a few letters of words that are written small.
    fn is_small(&self, pair: &[Seen]) -> bool {
        let (before, after) = (pair[0], pair[1]);
        let (own, other) = (self.own.source, self.other.source);
        let left = words(own, before.end().min(after.at)..after.at.max(before.end()));
        let ends = (before.other_end(), after.other);
        let right = words(other, ends.0.min(ends.1)..ends.0.max(ends.1));
        !left.is_empty()
            && !right.is_empty()
            && is_small(own, left.clone())
            && is_small(other, right.clone())
            && align::identity(&own.folded()[left], &other.folded()[right]) >= LEAST_IDENTITY
    }

    /// Whether sentences beside and between the linked ones show that the sides are variants of each other.
    fn is_variant(&self, blocks: &[Seen], links: &[Link]) -> bool {
        let all = &self.own.sentences.all;
        let same: usize = links.iter().map(|link| all[link.sentence as usize].len()).sum();
        let is_linked =
            |place: usize| links.binary_search_by_key(&(place as u32), |link| link.sentence).is_ok();
        let (mut other, mut reached) = (0, 0);
        let mut count = |own: Range<usize>, there: Range<usize>| {
            let own = own.start.max(reached)..own.end;
            if own.is_empty() || there.is_empty() || own.clone().all(is_linked) {
                return;
            }
            reached = own.end;
            let own = self.own.sentences.stream(own);
            if self.are_alike(own.clone(), self.other.sentences.stream(there)) {
                other += own.len();
            }
        };
        // Pages made from one template are alike beside a notice that they share. Between documents, what stands
        // beside a copy therefore shows nothing.
        let (first, last) = (blocks[0], blocks[blocks.len() - 1]);
        if self.is_one_text {
            count(self.own.sentences.before(first.at), self.other.sentences.before(first.other));
        }
        for pair in blocks.windows(2) {
            let (before, after) = (pair[0], pair[1]);
            count(
                self.own.sentences.changed(before.end(), after.at),
                self.other.sentences.changed(before.other_end(), after.other),
            );
        }
        if self.is_one_text {
            count(self.own.sentences.behind(last.end()), self.other.sentences.behind(last.other_end()));
        }
        VARIANT * other > same + other
    }

    /// Whether two stretches are different versions of one text.
    fn are_alike(&self, own: Range<usize>, there: Range<usize>) -> bool {
        let (shorter, longer) = (own.len().min(there.len()), own.len().max(there.len()));
        // The identity is at most twice the shorter one by both.
        let possible = 2.0 * shorter as f64 >= LEAST_IDENTITY * (shorter + longer) as f64;
        let (own, there) = (&self.own.source.folded()[own], &self.other.source.folded()[there]);
        possible && own != there && align::identity(own, there) >= LEAST_IDENTITY
    }
}

/// Whether a span covers a link, apart from punctuation at its ends.
fn covers(bytes: &[u8], span: Span, link: Span) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let before = link.start..span.start.clamp(link.start, link.end);
    let behind = span.end.clamp(link.start, link.end)..link.end;
    [before, behind].into_iter().all(|part| !bytes[part].iter().any(is_letter))
}

/// Whether a range of the stream has neither capitals nor digits.
fn is_small(text: Source<'_>, range: Range<usize>) -> bool {
    let bytes = &text.bytes()[text.span(range)];
    let mut at = 0;
    while let Some((_, class, length)) = scan::after(bytes, at) {
        if matches!(class, Class::Upper | Class::Digit) {
            return false;
        }
        at += length;
    }
    true
}

/// The range with the rest of the words that it cuts or touches.
fn words(text: Source<'_>, Range { mut start, mut end }: Range<usize>) -> Range<usize> {
    /// A longer word is not followed to its end; it is then unlike its counterpart.
    const LONGEST: usize = 64;
    let (folded, bytes) = (text.folded(), text.bytes());
    let is_break = |at: usize| {
        at == folded.len()
            || starts_character(folded[at]) && scan::is_word_break(bytes, text.character(at).start)
    };
    let least = start.saturating_sub(LONGEST);
    while start > least && !is_break(start) {
        start -= 1;
    }
    let most = folded.len().min(end + LONGEST);
    while end < most && !is_break(end) {
        end += 1;
    }
    start..end
}
