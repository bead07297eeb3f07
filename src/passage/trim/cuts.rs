//! Cuts: from sentences that go to the bytes that are removed.
//!
//! In: a text, its sentences and the plan. Out: the [`Cut`]s. Sentences that follow each other are cut
//! together, with the white space on one side, so that what remains stays as far apart as it was.

use super::plan::Kept;
use super::sentences::{Sentences, before_white, behind_white};
use crate::passage::source::Source;
use crate::span::Span;
use crate::stream::count;
use std::ops::Range;

/// A part of a text that trimming removes, and the part that stays for it.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Cut {
    /// What is removed, in bytes of the text: whole sentences, with white space on one side.
    pub span: Span,
    /// The copy that stays, in bytes of the text. Nothing in it is cut.
    pub kept: Span,
    /// The lowest identity of a removed sentence with its counterpart in the kept copy, in squeezed
    /// characters; 1.0 if they differ only in case, space and punctuation.
    pub identity: f64,
}

/// A text without its repeats, and what was removed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Trimmed<T> {
    /// The text that remains: the text that was given, without the cuts.
    pub text: T,
    /// What was removed, in text order. Cuts do not overlap.
    pub cuts: Vec<Cut>,
}

/// The cuts of a plan, in text order.
pub(super) fn cuts(text: Source<'_>, sentences: &Sentences, plan: &[Option<Kept>]) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let mut place = 0;
    // For each sentence, how many before it are cut.
    let mut before = Vec::with_capacity(plan.len() + 1);
    before.push(0u32);
    for kept in plan {
        before.push(before[before.len() - 1] + u32::from(kept.is_some()));
    }
    while place < plan.len() {
        let end = place + plan[place..].iter().take_while(|kept| kept.is_some()).count();
        if place < end {
            run(text, sentences, plan, &before, place..end, &mut cuts);
        }
        place = end.max(place + 1);
    }
    cuts
}

/// Adds the cuts of sentences that follow each other: one for each stretch of the kept text.
fn run(
    text: Source<'_>,
    sentences: &Sentences,
    plan: &[Option<Kept>],
    before: &[u32],
    places: Range<usize>,
    cuts: &mut Vec<Cut>,
) {
    let all = &sentences.all;
    let stretch = Span::new(all[places.start].bytes.start, all[places.end - 1].bytes.end);
    let Some(whole) = spaced(text.bytes(), stretch) else { return };
    let kept = |place: usize| plan[place].expect("each sentence of the run is cut");
    let mut start = places.start;
    let mut from = whole.start;
    for next in (places.start..places.end).map(|place| place + 1) {
        if next < places.end && follows(sentences, before, kept(next - 1), kept(next)) {
            continue;
        }
        let to = if next < places.end { all[next].bytes.start } else { whole.end };
        let hull = kept(start).from as usize..kept(next - 1).to as usize;
        let identity = (start..next).map(|place| kept(place).identity).fold(1.0, f64::min);
        cuts.push(Cut { span: Span::new(from, to), kept: with_punctuation(text, sentences, hull), identity });
        (start, from) = (next, to);
    }
}

/// Whether one kept place continues another: nothing between them is cut, and it is not more than a heading
/// or a paragraph.
fn follows(sentences: &Sentences, before: &[u32], one: Kept, next: Kept) -> bool {
    /// Bytes of the stream.
    const BETWEEN: u32 = 512;
    if next.from < one.to || next.from - one.to > BETWEEN {
        return false;
    }
    let touched = sentences.touched(&(one.from as usize..next.to as usize));
    before[touched.start] == before[touched.end]
}

/// The bytes of a range of the stream, with the punctuation of the sentences that begin and end there.
fn with_punctuation(text: Source<'_>, sentences: &Sentences, stream: Range<usize>) -> Span {
    let touched = sentences.touched(&stream);
    let bytes = text.span(stream.clone());
    let (first, last) = (&sentences.all[touched.start], &sentences.all[touched.end - 1]);
    let start = if first.stream().start == stream.start { first.bytes.start } else { bytes.start };
    let end = if last.stream().end == stream.end { last.bytes.end } else { bytes.end };
    Span::new(start, end)
}

/// The text without the cuts, which are in order and may overlap.
pub(crate) fn without(bytes: &[u8], cuts: impl IntoIterator<Item = Span>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for cut in cuts {
        if cut.start > at {
            out.extend_from_slice(&bytes[at..cut.start]);
        }
        at = at.max(cut.end);
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

/// The cut with the white space after it. If no white space precedes the cut, the white space on the side
/// with more line breaks is kept. So the remaining parts stay as far apart as they were.
pub(crate) fn spaced(bytes: &[u8], Span { start, end }: Span) -> Option<Span> {
    let behind = behind_white(bytes, end);
    if start == 0 || before_white(bytes, start) < start {
        return Some(Span::new(start, behind));
    }
    let text = behind_white(bytes, start);
    let breaks = |from: usize, to: usize| count(&bytes[from..to], |byte| byte == b'\n');
    let keeps_behind = text == start || breaks(end, behind) > breaks(start, text);
    let cut = if keeps_behind { Span::new(start, end) } else { Span::new(text, behind) };
    (text < end).then_some(cut)
}
