//! The writer: two cursors that walk both texts forwards and write drafts.
//!
//! In: equal runs and blocks. Out: drafts that tile both texts.
//!
//! **Idea.** In an equal run the cursors skip from difference to difference by comparing memory. At a
//! difference, the separators or the word around it are read on both sides. In a gap, the separators of both
//! sides are paired first, so that a change consists of words and the separators next to them.

use super::draft::{self, Draft, DraftKind};
use super::pieces::{BlockRanges, Piece, divide};
use super::separators::{Pairing, separators_end};
use crate::diff::boundary;
use crate::diff::equal_run::EqualRun;
use crate::diff::form;
use crate::diff::format;
use crate::diff::side::{Side, Sides};
use crate::scan::{self, ASCII, Class, Sink};
use crate::span::Span;
use crate::stream::{common_prefix, common_suffix};

/// What to write, on both sides: (left, right).
pub(super) struct Extent {
    /// Stream positions of the first characters.
    pub(super) start: (usize, usize),
    /// Stream positions after the last characters.
    pub(super) end: (usize, usize),
    /// Bytes up to which the texts are written.
    pub(super) bytes_end: (usize, usize),
}

/// Writes drafts while it walks both texts forwards.
pub(super) struct Writer<'t> {
    sides: Sides<'t>,
    /// Bytes of the left that are written.
    left: usize,
    /// Bytes of the right that are written.
    right: usize,
    drafts: Vec<Draft>,
}

impl<'t> Writer<'t> {
    /// A writer that starts at the given bytes.
    pub(super) fn new(sides: Sides<'t>, (left, right): (usize, usize)) -> Writer<'t> {
        Writer { sides, left, right, drafts: Vec::new() }
    }

    pub(super) fn finish(self) -> Vec<Draft> {
        self.drafts
    }

    /// Writes the equal runs of an extent and the gaps between them.
    pub(super) fn write(&mut self, runs: &[EqualRun], extent: Extent, blocks: &BlockRanges) {
        let Sides { left, right } = self.sides;
        let (mut left_blocks, mut right_blocks) = (&blocks.left[..], &blocks.right[..]);
        let (mut left_pieces, mut right_pieces) = (Vec::new(), Vec::new());
        let mut from = extent.start;
        for run in runs {
            divide(left, from.0..run.left, &mut left_blocks, &mut left_pieces);
            divide(right, from.1..run.right, &mut right_blocks, &mut right_pieces);
            self.gap(&left_pieces, &right_pieces, (left.start(run.left), right.start(run.right)));
            self.equal(left.end(run.left_end()), right.end(run.right_end()));
            from = (run.left_end(), run.right_end());
        }
        divide(left, from.0..extent.end.0, &mut left_blocks, &mut left_pieces);
        divide(right, from.1..extent.end.1, &mut right_blocks, &mut right_pieces);
        self.gap(&left_pieces, &right_pieces, extent.bytes_end);
    }

    /// Writes a draft up to the given bytes.
    fn push(&mut self, kind: DraftKind, left_end: usize, right_end: usize) {
        if left_end == self.left && right_end == self.right {
            return;
        }
        let (left, right) = (Span::new(self.left, left_end), Span::new(self.right, right_end));
        (self.left, self.right) = (left_end, right_end);
        draft::push(&mut self.drafts, Draft { kind, left, right });
    }

    fn left_text(&self, end: usize) -> &'t str {
        &self.sides.left.text[self.left..end]
    }

    fn right_text(&self, end: usize) -> &'t str {
        &self.sides.right.text[self.right..end]
    }

    /// Writes changed words of either side or both, up to the given bytes.
    fn change(&mut self, left_end: usize, right_end: usize) {
        let kind = DraftKind::of_change(left_end > self.left, right_end > self.right);
        self.push(kind, left_end, right_end);
    }

    /// Writes text whose squeezed characters are equal, up to the given bytes.
    fn equal(&mut self, left_end: usize, right_end: usize) {
        loop {
            let (left, right) = (self.left_text(left_end).as_bytes(), self.right_text(right_end).as_bytes());
            let same = common_prefix(left, right);
            if same == left.len() && same == right.len() {
                self.push(DraftKind::Equal, left_end, right_end);
                return;
            }
            let start = self.difference_start(same);
            self.push(DraftKind::Equal, self.left + start, self.right + start);
            let (left, right) = (
                separators_end(self.sides.left.bytes(), self.left, left_end),
                separators_end(self.sides.right.bytes(), self.right, right_end),
            );
            self.separators(left, right);
            self.word(left_end, right_end);
        }
    }

    /// The start of the word or the separators that contain the first difference, counted from the cursors.
    /// The first `same` bytes from the cursors are equal.
    fn difference_start(&self, same: usize) -> usize {
        let (left, right) = (self.sides.left.bytes(), self.sides.right.bytes());
        let mut start = same;
        let is_bound = |start: usize| {
            let (left_start, right_start) = (self.left + start, self.right + start);
            self.sides.left.text.is_char_boundary(left_start)
                && self.sides.right.text.is_char_boundary(right_start)
                && self.sides.are_cluster_breaks(left_start, right_start)
                && (scan::is_word_break(left, left_start) || scan::is_word_break(right, right_start))
        };
        while start > 0 && !is_bound(start) {
            start -= 1;
        }
        while start > 0 {
            match scan::before(left, self.left + start) {
                Some((_, class, length)) if !class.is_kept() && length <= start => start -= length,
                _ => break,
            }
        }
        start
    }

    /// Writes separators up to the given bytes. A difference of form is a format edit of whole runs of white
    /// space; another difference is a change of the marks that differ.
    fn separators(&mut self, left_end: usize, right_end: usize) {
        let (left, right) = (self.left_text(left_end), self.right_text(right_end));
        if left == right {
            self.push(DraftKind::Equal, left_end, right_end);
            return;
        }
        let stretch = |side: Side<'t>, start: usize, end: usize| side.stretch(Span::new(start, end));
        let is_form = form::is_form(
            stretch(self.sides.left, self.left, left_end),
            stretch(self.sides.right, self.right, right_end),
        );
        let is_bound = |text: &str, position: usize| {
            text.is_char_boundary(position)
                && !(is_form && is_inside_white(text.as_bytes(), position))
                && scan::is_cluster_break(text.as_bytes(), position)
        };
        let mut start = common_prefix(left.as_bytes(), right.as_bytes());
        while start > 0 && !(is_bound(left, start) && is_bound(right, start)) {
            start -= 1;
        }
        let mut end = common_suffix(&left.as_bytes()[start..], &right.as_bytes()[start..]);
        while end > 0 && !(is_bound(left, left.len() - end) && is_bound(right, right.len() - end)) {
            end -= 1;
        }
        self.push(DraftKind::Equal, self.left + start, self.right + start);
        match is_form {
            true => {
                self.push(DraftKind::Format(format::changes(left, right)), left_end - end, right_end - end)
            }
            false => self.marks(left_end - end, right_end - end),
        }
        self.push(DraftKind::Equal, left_end, right_end);
    }

    /// Writes separators that differ in more than form, up to the given bytes. White space that both have
    /// before or after the marks is format.
    fn marks(&mut self, left_end: usize, right_end: usize) {
        let (left, right) = (self.left_text(left_end), self.right_text(right_end));
        let is_white = |ch: char| scan::class(ch).is_white();
        let trimmed = |text: &str| text.len() - text.trim_start_matches(is_white).len();
        let (left_lead, right_lead) = (trimmed(left), trimmed(right));
        let trimmed = |text: &str| text.len() - text.trim_end_matches(is_white).len();
        let (left_trail, right_trail) = (trimmed(&left[left_lead..]), trimmed(&right[right_lead..]));
        if left_lead.min(right_lead) > 0 {
            self.same_words(self.left + left_lead, self.right + right_lead);
        }
        match left_trail.min(right_trail) > 0 {
            true => self.change(left_end - left_trail, right_end - right_trail),
            false => self.change(left_end, right_end),
        }
        self.same_words(left_end, right_end);
    }

    /// Writes text with equal squeezed characters as one draft, up to the given bytes.
    fn same_words(&mut self, left_end: usize, right_end: usize) {
        let left = self.sides.left.stretch(Span::new(self.left, left_end));
        let right = self.sides.right.stretch(Span::new(self.right, right_end));
        self.push(DraftKind::of_same_words(left, right), left_end, right_end);
    }

    /// Writes one word of both sides, with equal squeezed characters.
    fn word(&mut self, left_limit: usize, right_limit: usize) {
        let (mut left_end, mut right_end) = (self.left, self.right);
        // Stream bytes read on either side.
        let (mut left_length, mut right_length) = (0usize, 0usize);
        loop {
            if left_length == right_length
                && left_length > 0
                && self.is_word_end((left_end, right_end), (left_limit, right_limit))
            {
                break;
            }
            let is_left_next = left_length <= right_length || right_end >= right_limit;
            if is_left_next && left_end < left_limit {
                let (end, length) = cluster(self.sides.left.text, left_end, left_limit);
                (left_end, left_length) = (end, left_length + length);
            } else if right_end < right_limit {
                let (end, length) = cluster(self.sides.right.text, right_end, right_limit);
                (right_end, right_length) = (end, right_length + length);
            } else {
                break;
            }
        }
        self.same_words(left_end, right_end);
    }

    /// Whether a word ends at these bytes on at least one side, and no cluster is cut on either side.
    fn is_word_end(&self, ends: (usize, usize), limits: (usize, usize)) -> bool {
        let ends_word =
            |text: &[u8], end: usize, limit: usize| end >= limit || scan::is_word_break(text, end);
        (ends_word(self.sides.left.bytes(), ends.0, limits.0)
            || ends_word(self.sides.right.bytes(), ends.1, limits.1))
            && self.sides.are_cluster_breaks(ends.0, ends.1)
    }

    /// Writes the text between two equal runs, up to the bytes where the next run starts.
    fn gap(&mut self, left: &[Piece], right: &[Piece], end: (usize, usize)) {
        match (left.is_empty(), right.is_empty()) {
            (true, true) => self.separators(end.0, end.1),
            (false, true) => self.one_sided(left, end, true),
            (true, false) => self.one_sided(right, end, false),
            (false, false) => self.two_sided(left, right, end),
        }
    }

    /// Writes pieces of one side. The other side has separators only; they pair with those before or after
    /// the pieces.
    fn one_sided(&mut self, pieces: &[Piece], end: (usize, usize), is_left: bool) {
        let (text, start, own_end, other_end) = match is_left {
            true => (self.sides.left.text, self.left, end.0, end.1),
            false => (self.sides.right.text, self.right, end.1, end.0),
        };
        let other = match is_left {
            true => self.right_text(other_end),
            false => self.left_text(other_end),
        };
        let first = pieces[0].source.start;
        let last = pieces[pieces.len() - 1].source.end;
        if let [piece] = pieces
            && piece.block.is_none()
            && self.insertion(own_end, other_end, is_left)
        {
            return;
        }
        let pairing = Pairing::of(other, &text[start..first], &text[last..own_end]);
        if let Pairing::Lead(length) = pairing {
            match is_left {
                true => self.separators(start + length, other_end),
                false => self.separators(other_end, start + length),
            }
        }
        for (index, piece) in pieces.iter().enumerate() {
            let piece_end = match (pieces.get(index + 1), pairing) {
                (None, Pairing::Trail(length)) => own_end - length,
                (Some(next), _) => best_cut(text, piece.source.end, next.source.start),
                (None, _) => own_end,
            };
            self.piece(piece, piece_end, is_left);
        }
        self.separators(end.0, end.1);
    }

    /// Writes text of one side, if it is the text of the other side with an insertion, up to the given bytes
    /// of its own side and of the other. Returns `false`, and writes nothing, if it is not.
    fn insertion(&mut self, own_end: usize, other_end: usize, is_left: bool) -> bool {
        let (own, other, starts) = match is_left {
            true => (self.left_text(own_end), self.right_text(other_end), (self.left, self.right)),
            false => (self.right_text(own_end), self.left_text(other_end), (self.right, self.left)),
        };
        let (own_side, other_side) = match is_left {
            true => (self.sides.left, self.sides.right),
            false => (self.sides.right, self.sides.left),
        };
        let start = common_prefix(own.as_bytes(), other.as_bytes());
        let end = common_suffix(own.as_bytes(), other.as_bytes());
        let is_break = |side: Side<'t>, text: &str, start: usize, at: usize| {
            text.is_char_boundary(at) && scan::is_cluster_break(side.bytes(), start + at)
        };
        // The first place will do: the insertion is moved to the best one later.
        let place = (other.len().saturating_sub(end)..=start).find(|&place| {
            is_break(own_side, own, starts.0, place)
                && is_break(own_side, own, starts.0, own.len() - (other.len() - place))
                && is_break(other_side, other, starts.1, place)
        });
        let Some(place) = place else { return false };
        let rest = other.len() - place;
        self.push(DraftKind::Equal, self.left + place, self.right + place);
        match is_left {
            true => self.change(own_end - rest, self.right),
            false => self.change(self.left, own_end - rest),
        }
        self.push(DraftKind::Equal, self.left + rest, self.right + rest);
        true
    }

    /// Writes one piece alone, up to byte `end` of its side.
    fn piece(&mut self, piece: &Piece, end: usize, is_left: bool) {
        match is_left {
            true => self.push(piece.block.unwrap_or(DraftKind::Delete), end, self.right),
            false => self.push(piece.block.unwrap_or(DraftKind::Insert), self.left, end),
        }
    }

    /// Writes pieces of both sides. Two pieces that are in no block are paired as a replacement. A block is
    /// written alone, the left one first.
    fn two_sided(&mut self, mut left: &[Piece], mut right: &[Piece], end: (usize, usize)) {
        while let ([left_piece, left_rest @ ..], [right_piece, right_rest @ ..]) = (left, right) {
            let (left_text, right_text) = (self.sides.left.text, self.sides.right.text);
            let start = |text: &str, cursor: usize, piece: &Piece| match piece.block {
                Some(_) => best_cut(text, cursor, piece.source.start),
                None => piece.source.start,
            };
            let block_end = |text: &str, piece: &Piece, rest: &[Piece], gap_end: usize| {
                best_cut(text, piece.source.end, rest.first().map_or(gap_end, |next| next.source.start))
            };
            let (left_start, right_start) =
                (start(left_text, self.left, left_piece), start(right_text, self.right, right_piece));
            self.separators(left_start, right_start);
            if left_piece.block.is_some() {
                self.piece(left_piece, block_end(left_text, left_piece, left_rest, end.0), true);
                left = left_rest;
            } else if right_piece.block.is_some() {
                self.piece(right_piece, block_end(right_text, right_piece, right_rest, end.1), false);
                right = right_rest;
            } else {
                let left_stream = &self.sides.left.folded()[left_piece.stream.clone()];
                let right_stream = &self.sides.right.folded()[right_piece.stream.clone()];
                match left_stream == right_stream {
                    true => self.equal(left_piece.source.end, right_piece.source.end),
                    false => self.change(left_piece.source.end, right_piece.source.end),
                }
                (left, right) = (left_rest, right_rest);
            }
        }
        self.gap(left, right, end);
    }
}

/// The place from `start` to `end`, between two words, that divides the text best.
fn best_cut(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes();
    let is_place = |at: &usize| text.is_char_boundary(*at) && scan::is_cluster_break(bytes, *at);
    (start..=end).filter(is_place).max_by_key(|&at| boundary::score(bytes, at)).unwrap_or(end)
}

/// Whether there is white space on both sides of a byte position.
fn is_inside_white(text: &[u8], position: usize) -> bool {
    let is_white = |found: Option<(char, Class, usize)>| found.is_some_and(|(_, class, _)| class.is_white());
    is_white(scan::before(text, position)) && is_white(scan::after(text, position))
}

/// The end of the cluster that starts at `start`, including marks and invisible characters, and the number of
/// stream bytes that it folds to.
fn cluster(text: &str, start: usize, limit: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    if bytes[start].is_ascii() && (start + 1 >= limit || bytes[start + 1].is_ascii()) {
        return (start + 1, ASCII[bytes[start] as usize].1.is_kept() as usize);
    }
    let mut end = start;
    loop {
        let (_, _, length) = scan::after(bytes, end).expect("within the text");
        end += length;
        if end >= limit || scan::is_cluster_break(bytes, end) {
            break;
        }
    }
    let mut count = StreamBytes(0);
    scan::walk(&text[start..end], start, &mut count);
    (end, count.0)
}

/// Counts stream bytes.
struct StreamBytes(usize);

impl Sink for StreamBytes {
    fn ascii(&mut self, _: usize, run: &[u8]) {
        self.0 += run.iter().filter(|&&byte| ASCII[byte as usize].1.is_kept()).count();
    }

    fn kept(&mut self, _: usize, _: usize, folded: char, _: Class) {
        self.0 += folded.len_utf8();
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {}
}
