//! Rendering: from stream positions to edits in bytes of the two texts.
//!
//! In: a [`Plan`]. Out: edits in the order of both texts, which tile them exactly. Here the original text is compared again:
//! where squeezed characters are equal the bytes may not be, and that is a format edit.
//!
//! **Idea.** Two cursors walk both texts forwards. In a match they leap from difference to difference by comparing memory;
//! at a difference the separators or the word around it are read on both sides. In a gap the separators on both
//! sides are paired first, so that a change is words and what hangs on them. At the end every bound is held against
//! the grapheme clusters of both texts, and edits that cut one are joined to their neighbours.
//!
//! **Cost.** Linear.

use super::anchors::Match;
use super::format;
use super::moves::Block;
use super::plan::Plan;
use super::side::{Side, Sides};
use super::{Edit, EditKind};
use crate::scan::{self, ASCII, Class, Sink};
use crate::span::Span;
use crate::stream::{common_prefix, common_suffix};
use std::ops::Range;

/// A stretch of one side within a gap.
struct Piece {
    /// Bytes of its words.
    source: Range<usize>,
    /// Its squeezed characters.
    stream: Range<usize>,
    special: Option<Special>,
}

/// A block that a piece belongs to, as an index into its list in the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    Move(usize),
    /// A copy (of the right), a duplicate (of the left).
    Echo(usize),
}

/// The edits of a plan. Kinds name blocks by their index in the plan; [`filled`] puts in what they stand for.
pub(super) fn render(sides: Sides<'_>, plan: &Plan) -> Vec<Edit> {
    let mut left: Vec<(Range<usize>, Special)> = Vec::new();
    let mut right: Vec<(Range<usize>, Special)> = Vec::new();
    for (index, block) in plan.moves.iter().enumerate() {
        left.push((block.left.clone(), Special::Move(index)));
        right.push((block.right.clone(), Special::Move(index)));
    }
    left.extend(
        plan.duplicates.iter().enumerate().map(|(index, block)| (block.left.clone(), Special::Echo(index))),
    );
    right.extend(
        plan.copies.iter().enumerate().map(|(index, block)| (block.right.clone(), Special::Echo(index))),
    );
    left.sort_unstable_by_key(|special| special.0.start);
    right.sort_unstable_by_key(|special| special.0.start);

    let mut writer = Writer::new(sides, (0, 0));
    let whole = (sides.left.text.len(), sides.right.text.len());
    let ends = (sides.left.folded().len(), sides.right.folded().len());
    writer.matches(&plan.matches, (0, 0), ends, whole, Some((&left, &right)));
    let edits = evened(sides, plan, writer.edits);
    heal(sides, edits)
}

/// The edits of the mirrored texts.
pub(super) fn mirrored(edits: Vec<Edit>) -> Vec<Edit> {
    let mirror = |kind| match kind {
        EditKind::Insert => EditKind::Delete { duplicate_of: None },
        EditKind::Delete { duplicate_of: None } => EditKind::Insert,
        EditKind::Delete { duplicate_of: Some(source) } => EditKind::Copy { source, edits: Vec::new() },
        EditKind::Copy { source, .. } => EditKind::Delete { duplicate_of: Some(source) },
        EditKind::MoveFrom { id } => EditKind::MoveTo { id, source: Span::default(), edits: Vec::new() },
        EditKind::MoveTo { id, .. } => EditKind::MoveFrom { id },
        kind => kind,
    };
    edits
        .into_iter()
        .map(|Edit { kind, left, right }| Edit { kind: mirror(kind), left: right, right: left })
        .collect()
}

/// Puts the edits of the left before those of the right where edits of one side each meet.
pub(super) fn left_first(edits: &mut [Edit]) {
    for run in edits.chunk_by_mut(|a, b| a.is_one_sided() && b.is_one_sided()) {
        let (mut left, mut right) = (run[0].left.start, run[0].right.start);
        run.sort_by_key(|edit| edit.left.is_empty());
        for edit in run {
            edit.left = Span::new(left, left + edit.left.len());
            edit.right = Span::new(right, right + edit.right.len());
            (left, right) = (edit.left.end, edit.right.end);
        }
    }
}

/// Writes edits from two cursors forwards.
struct Writer<'t> {
    sides: Sides<'t>,
    left: usize,
    right: usize,
    edits: Vec<Edit>,
}

type Specials<'a> = (&'a [(Range<usize>, Special)], &'a [(Range<usize>, Special)]);

impl<'t> Writer<'t> {
    fn new(sides: Sides<'t>, (left, right): (usize, usize)) -> Writer<'t> {
        Writer { sides, left, right, edits: Vec::new() }
    }

    /// Writes matches and the gaps between them, from stream positions `from` to `to`, and on to bytes `whole`.
    fn matches(
        &mut self,
        matches: &[Match],
        from: (usize, usize),
        to: (usize, usize),
        whole: (usize, usize),
        specials: Option<Specials<'_>>,
    ) {
        let (mut left_specials, mut right_specials) = specials.unwrap_or_default();
        let mut at = from;
        let mut left_pieces = Vec::new();
        let mut right_pieces = Vec::new();
        for found in matches {
            pieces(self.sides.left, at.0..found.left, &mut left_specials, &mut left_pieces);
            pieces(self.sides.right, at.1..found.right, &mut right_specials, &mut right_pieces);
            let start = (self.sides.left.start(found.left), self.sides.right.start(found.right));
            self.gap(&left_pieces, &right_pieces, start);
            self.equal(self.sides.left.end(found.left_end()), self.sides.right.end(found.right_end()));
            at = (found.left_end(), found.right_end());
        }
        pieces(self.sides.left, at.0..to.0, &mut left_specials, &mut left_pieces);
        pieces(self.sides.right, at.1..to.1, &mut right_specials, &mut right_pieces);
        self.gap(&left_pieces, &right_pieces, whole);
    }

    fn push(&mut self, kind: EditKind, left: usize, right: usize) {
        if left == self.left && right == self.right {
            return;
        }
        let edit = Edit { kind, left: Span::new(self.left, left), right: Span::new(self.right, right) };
        (self.left, self.right) = (left, right);
        push(&mut self.edits, edit);
    }

    fn left_text(&self, end: usize) -> &'t str {
        &self.sides.left.text[self.left..end]
    }

    fn right_text(&self, end: usize) -> &'t str {
        &self.sides.right.text[self.right..end]
    }

    /// Words on either side or both, up to the given bytes.
    fn change(&mut self, left: usize, right: usize) {
        self.push(kind_of_change(left > self.left, right > self.right), left, right);
    }

    /// Text whose squeezed characters are equal, up to the given bytes.
    fn equal(&mut self, left_end: usize, right_end: usize) {
        loop {
            let (left, right) = (self.left_text(left_end).as_bytes(), self.right_text(right_end).as_bytes());
            let same = common_prefix(left, right);
            if same == left.len() && same == right.len() {
                self.push(EditKind::Equal, left_end, right_end);
                return;
            }
            let back = self.unit_start(same);
            self.push(EditKind::Equal, self.left + back, self.right + back);
            let (left, right) = (
                separators_end(self.sides.left.bytes(), self.left, left_end),
                separators_end(self.sides.right.bytes(), self.right, right_end),
            );
            self.separators(left, right);
            self.word(left_end, right_end);
        }
    }

    /// Where the word or the separators start that hold byte `same` of what lies ahead; the bytes before are equal.
    fn unit_start(&self, same: usize) -> usize {
        let (left, right) = (self.sides.left.bytes(), self.sides.right.bytes());
        let mut back = same;
        let is_bound = |back: usize| {
            let (l, r) = (self.left + back, self.right + back);
            self.sides.left.text.is_char_boundary(l)
                && self.sides.right.text.is_char_boundary(r)
                && scan::is_cluster_break(left, l)
                && scan::is_cluster_break(right, r)
                && (scan::is_word_break(left, l) || scan::is_word_break(right, r))
        };
        while back > 0 && !is_bound(back) {
            back -= 1;
        }
        while back > 0 {
            match scan::before(left, self.left + back) {
                Some((_, class, length)) if !class.is_kept() && length <= back => back -= length,
                _ => break,
            }
        }
        back
    }

    /// Separators up to the given bytes: what is not the same is a format edit of whole runs of white space.
    fn separators(&mut self, left_end: usize, right_end: usize) {
        let (left, right) = (self.left_text(left_end), self.right_text(right_end));
        if left == right {
            self.push(EditKind::Equal, left_end, right_end);
            return;
        }
        let changes = format::changes(left, right);
        let is_white = |text: &str, at: usize| {
            let class =
                |found: Option<(char, Class, usize)>| found.is_some_and(|(_, class, _)| class.is_white());
            class(scan::before(text.as_bytes(), at)) && class(scan::after(text.as_bytes(), at))
        };
        let parts = |text: &str, at: usize| {
            text.is_char_boundary(at) && !is_white(text, at) && scan::is_cluster_break(text.as_bytes(), at)
        };
        let mut start = common_prefix(left.as_bytes(), right.as_bytes());
        while start > 0 && !(parts(left, start) && parts(right, start)) {
            start -= 1;
        }
        let mut end = common_suffix(&left.as_bytes()[start..], &right.as_bytes()[start..]);
        while end > 0 && !(parts(left, left.len() - end) && parts(right, right.len() - end)) {
            end -= 1;
        }
        self.push(EditKind::Equal, self.left + start, self.right + start);
        self.push(EditKind::Format(changes), left_end - end, right_end - end);
        self.push(EditKind::Equal, left_end, right_end);
    }

    /// One word of both sides, with equal squeezed characters.
    fn word(&mut self, left_end: usize, right_end: usize) {
        let (left_bytes, right_bytes) = (self.sides.left.bytes(), self.sides.right.bytes());
        let (mut left, mut right) = (self.left, self.right);
        let (mut left_length, mut right_length) = (0usize, 0usize);
        loop {
            if left_length == right_length && left_length > 0 {
                let parts = |text: &[u8], at: usize, end: usize| at >= end || scan::is_word_break(text, at);
                let clean = |text: &[u8], at: usize| scan::is_cluster_break(text, at);
                if (parts(left_bytes, left, left_end) || parts(right_bytes, right, right_end))
                    && clean(left_bytes, left)
                    && clean(right_bytes, right)
                {
                    break;
                }
            }
            if left_length <= right_length && left < left_end {
                let (end, length) = cluster(self.sides.left.text, left, left_end);
                (left, left_length) = (end, left_length + length);
            } else if right < right_end {
                let (end, length) = cluster(self.sides.right.text, right, right_end);
                (right, right_length) = (end, right_length + length);
            } else if left < left_end {
                let (end, length) = cluster(self.sides.left.text, left, left_end);
                (left, left_length) = (end, left_length + length);
            } else {
                break;
            }
        }
        let (a, b) = (self.left_text(left), self.right_text(right));
        let kind = if a == b { EditKind::Equal } else { EditKind::Format(format::changes(a, b)) };
        self.push(kind, left, right);
    }

    /// What lies between two matches, up to the bytes where the next starts.
    fn gap(&mut self, left: &[Piece], right: &[Piece], end: (usize, usize)) {
        match (left.is_empty(), right.is_empty()) {
            (true, true) => self.separators(end.0, end.1),
            (false, true) => self.one_sided(left, end, true),
            (true, false) => self.one_sided(right, end, false),
            (false, false) => self.two_sided(left, right, end),
        }
    }

    /// Pieces of one side; the other has separators only, which pair with those before or behind the pieces.
    fn one_sided(&mut self, pieces: &[Piece], end: (usize, usize), is_left: bool) {
        let (text, at, stop) = match is_left {
            true => (self.sides.left.text, self.left, end.0),
            false => (self.sides.right.text, self.right, end.1),
        };
        let other = match is_left {
            true => self.right_text(end.1),
            false => self.left_text(end.0),
        };
        let first = pieces[0].source.start;
        let last = pieces[pieces.len() - 1].source.end;
        let (lead, trail) = (&text[at..first], &text[last..stop]);
        let pairing = pairing(other, lead, trail);
        let other_end = if is_left { end.1 } else { end.0 };
        let both = |own: usize, other: usize| if is_left { (own, other) } else { (other, own) };
        if let Pairing::Lead(length) = pairing {
            let (left, right) = both(at + length, other_end);
            self.separators(left, right);
        }
        for (index, piece) in pieces.iter().enumerate() {
            let until = match (pieces.get(index + 1), pairing) {
                (None, Pairing::Trail(length)) => stop - length,
                (Some(_), Pairing::Trail(_)) => piece.source.end,
                (Some(next), _) => next.source.start,
                (None, _) => stop,
            };
            self.piece(piece, until, is_left);
        }
        self.separators(end.0, end.1);
    }

    /// One piece alone, up to byte `until` of its side.
    fn piece(&mut self, piece: &Piece, until: usize, is_left: bool) {
        let (left, right) = if is_left { (until, self.right) } else { (self.left, until) };
        let source = Span::default();
        let kind = match (piece.special, is_left) {
            (None, true) => EditKind::Delete { duplicate_of: None },
            (None, false) => EditKind::Insert,
            (Some(Special::Move(index)), true) => EditKind::MoveFrom { id: index as u32 },
            (Some(Special::Move(index)), false) => {
                EditKind::MoveTo { id: index as u32, source, edits: Vec::new() }
            }
            // Until they are filled, the index is kept where the place will be.
            (Some(Special::Echo(index)), true) => {
                EditKind::Delete { duplicate_of: Some(Span::new(index, index)) }
            }
            (Some(Special::Echo(index)), false) => {
                EditKind::Copy { source: Span::new(index, index), edits: Vec::new() }
            }
        };
        self.push(kind, left, right);
    }

    /// Pieces of both sides: plain ones are paired as replacements, the others stand alone, left first.
    fn two_sided(&mut self, mut left: &[Piece], mut right: &[Piece], end: (usize, usize)) {
        while let ([l, left_rest @ ..], [r, right_rest @ ..]) = (left, right) {
            self.separators(l.source.start, r.source.start);
            if l.special.is_some() {
                self.piece(l, left_rest.first().map_or(l.source.end, |next| next.source.start), true);
                left = left_rest;
            } else if r.special.is_some() {
                self.piece(r, right_rest.first().map_or(r.source.end, |next| next.source.start), false);
                right = right_rest;
            } else {
                let is_equal =
                    self.sides.left.folded()[l.stream.clone()] == self.sides.right.folded()[r.stream.clone()];
                match is_equal {
                    true => self.equal(l.source.end, r.source.end),
                    false => self.change(l.source.end, r.source.end),
                }
                (left, right) = (left_rest, right_rest);
            }
        }
        self.gap(left, right, end);
    }
}

/// Cuts a gap of one side into pieces at its specials, which are taken off the list.
fn pieces(
    side: Side<'_>,
    gap: Range<usize>,
    specials: &mut &[(Range<usize>, Special)],
    pieces: &mut Vec<Piece>,
) {
    pieces.clear();
    let mut add = |stream: Range<usize>, special| {
        if !stream.is_empty() {
            pieces.push(Piece { source: side.start(stream.start)..side.end(stream.end), stream, special });
        }
    };
    let mut from = gap.start;
    while let Some(((range, special), rest)) = specials.split_first() {
        if range.start >= gap.end {
            break;
        }
        add(from..range.start, None);
        add(range.clone(), Some(*special));
        from = range.end;
        *specials = rest;
    }
    add(from..gap.end, None);
}

/// Which separators of an insertion the separator it stands in goes with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pairing {
    /// So many bytes of those before it.
    Lead(usize),
    /// So many bytes of those behind it.
    Trail(usize),
    None,
}

fn pairing(other: &str, lead: &str, trail: &str) -> Pairing {
    let white = |text: &str| text.chars().filter(|&ch| scan::class(ch).is_white()).collect::<String>();
    if other.is_empty() {
        Pairing::None
    } else if lead.starts_with(other) {
        Pairing::Lead(other.len())
    } else if trail.ends_with(other) {
        Pairing::Trail(other.len())
    } else if white(other) != white(lead) && white(other) == white(trail) {
        Pairing::Trail(trail.len())
    } else {
        Pairing::Lead(lead.len())
    }
}

fn separators_end(text: &[u8], mut at: usize, end: usize) -> usize {
    while at < end {
        match scan::after(text, at) {
            Some((_, class, length)) if !class.is_kept() => at += length,
            _ => break,
        }
    }
    at
}

/// The end of the cluster that starts at `at`, with the marks and invisible characters behind it, and how many stream bytes
/// it folds to.
fn cluster(text: &str, at: usize, end: usize) -> (usize, usize) {
    let bytes = text.as_bytes();
    if bytes[at].is_ascii() && (at + 1 >= end || bytes[at + 1].is_ascii()) {
        return (at + 1, ASCII[bytes[at] as usize].1.is_kept() as usize);
    }
    let mut until = at;
    loop {
        let (_, _, length) = scan::after(bytes, until).expect("within the text");
        until += length;
        if until >= end || scan::is_cluster_break(bytes, until) {
            break;
        }
    }
    let mut count = Count(0);
    scan::walk(&text[at..until], at, &mut count);
    (until, count.0)
}

/// Counts stream bytes.
struct Count(usize);

impl Sink for Count {
    fn ascii(&mut self, _: usize, run: &[u8]) {
        self.0 += run.iter().filter(|&&byte| ASCII[byte as usize].1.is_kept()).count();
    }

    fn kept(&mut self, _: usize, _: usize, folded: char, _: Class) {
        self.0 += folded.len_utf8();
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {}
}

fn kind_of_change(left: bool, right: bool) -> EditKind {
    match (left, right) {
        (true, false) => EditKind::Delete { duplicate_of: None },
        (false, true) => EditKind::Insert,
        _ => EditKind::Replace,
    }
}

/// Adds an edit, joined to the last where both are equal text.
fn push(edits: &mut Vec<Edit>, edit: Edit) {
    if let Some(last) = edits.last_mut()
        && last.kind == EditKind::Equal
        && edit.kind == EditKind::Equal
    {
        last.left.end = edit.left.end;
        last.right.end = edit.right.end;
        return;
    }
    edits.push(edit);
}

/// Where each move is told, as (left, right) spans.
fn places(plan: &Plan, edits: &[Edit]) -> Vec<(Span, Span)> {
    let mut places = vec![(Span::default(), Span::default()); plan.moves.len()];
    for edit in edits {
        match edit.kind {
            EditKind::MoveFrom { id } => places[id as usize].0 = edit.left,
            EditKind::MoveTo { id, .. } => places[id as usize].1 = edit.right,
            _ => {}
        }
    }
    places
}

/// The edits with separators at the edges of moves told apart, but for those that both places have.
fn evened(sides: Sides<'_>, plan: &Plan, edits: Vec<Edit>) -> Vec<Edit> {
    if !plan.has_blocks() {
        return edits;
    }
    let mut places = places(plan, &edits);
    for (from, to) in &mut places {
        let (left, right) = (words_of(sides.left.text, *from), words_of(sides.right.text, *to));
        let (lead, trail) = common_edges((sides.left.text, *from, left), (sides.right.text, *to, right));
        (from.start, to.start) = (left.start - lead, right.start - lead);
        (from.end, to.end) = (left.end + trail, right.end + trail);
    }
    let mut evened = Vec::with_capacity(edits.len());
    for edit in edits {
        let (left, right) = match edit.kind {
            EditKind::MoveFrom { id } => (places[id as usize].0, edit.right),
            EditKind::MoveTo { id, .. } => (edit.left, places[id as usize].1),
            EditKind::Copy { source: index, .. } => {
                let source = plan.copies[index.start].left.clone();
                (edit.left, with_common_separators(sides.right.text, edit.right, sides.left, source))
            }
            EditKind::Delete { duplicate_of: Some(index) } => {
                let place = plan.duplicates[index.start].right.clone();
                (with_common_separators(sides.left.text, edit.left, sides.right, place), edit.right)
            }
            _ => {
                push(&mut evened, edit);
                continue;
            }
        };
        separate(
            sides,
            &mut evened,
            Span::new(edit.left.start, left.start),
            Span::new(edit.right.start, right.start),
        );
        evened.push(Edit { kind: edit.kind, left, right });
        separate(
            sides,
            &mut evened,
            Span::new(left.end, edit.left.end),
            Span::new(right.end, edit.right.end),
        );
    }
    evened
}

/// Separators that one side alone has beside a move.
fn separate(sides: Sides<'_>, edits: &mut Vec<Edit>, left: Span, right: Span) {
    if !left.is_empty() || !right.is_empty() {
        let changes = format::changes(&sides.left.text[left], &sides.right.text[right]);
        edits.push(Edit { kind: EditKind::Format(changes), left, right });
    }
}

/// Fills in what blocks stand for: sources, nested edits, duplicates; numbers the moves.
pub(super) fn filled(sides: Sides<'_>, plan: &Plan, mut edits: Vec<Edit>) -> Vec<Edit> {
    if !plan.has_blocks() {
        return edits;
    }
    let places = places(plan, &edits);
    let mut ids = Ids { of: vec![None; plan.moves.len()], next: 0 };
    for edit in &mut edits {
        match &mut edit.kind {
            EditKind::MoveFrom { id } => *id = ids.of(*id),
            EditKind::MoveTo { id, source, edits } => {
                *source = places[*id as usize].0;
                *edits = nested(sides, &plan.moves[*id as usize], *source, edit.right);
                *id = ids.of(*id);
            }
            EditKind::Copy { source, edits } => {
                let block = &plan.copies[source.start];
                *source = echo_of(sides.left, sides.right.text, edit.right, block.left.clone());
                *edits = nested(sides, block, *source, edit.right);
            }
            EditKind::Delete { duplicate_of: Some(place) } => {
                let block = &plan.duplicates[place.start];
                *place = echo_of(sides.right, sides.left.text, edit.left, block.right.clone());
            }
            _ => {}
        }
    }
    edits
}

/// Numbers moves in the order in which a reader meets them.
struct Ids {
    of: Vec<Option<u32>>,
    next: u32,
}

impl Ids {
    fn of(&mut self, index: u32) -> u32 {
        *self.of[index as usize].get_or_insert_with(|| {
            self.next += 1;
            self.next - 1
        })
    }
}

/// The span without the separators at its ends.
fn words_of(text: &str, span: Span) -> Span {
    let start = separators_end(text.as_bytes(), span.start, span.end);
    let mut end = span.end;
    while end > start {
        match scan::before(text.as_bytes(), end) {
            Some((_, class, length)) if !class.is_kept() => end -= length,
            _ => break,
        }
    }
    Span::new(start, end)
}

/// The words of a span, with those of the separators around them that stand around `stream` of the other side too.
fn with_common_separators(text: &str, span: Span, side: Side<'_>, stream: Range<usize>) -> Span {
    let words = words_of(text, span);
    let there = Span::new(side.start(stream.start), side.end(stream.end));
    let whole = Span::new(0, side.text.len());
    let (lead, trail) = common_edges((text, span, words), (side.text, whole, there));
    Span::new(words.start - lead, words.end + trail)
}

/// How many bytes before and behind the words are the same in two texts, as far as the spans reach, without a cut cluster. Each
/// text comes with a span and the words in it.
fn common_edges(left: (&str, Span, Span), right: (&str, Span, Span)) -> (usize, usize) {
    let is_whole = |left_at: usize, right_at: usize| {
        left.0.is_char_boundary(left_at)
            && right.0.is_char_boundary(right_at)
            && scan::is_cluster_break(left.0.as_bytes(), left_at)
            && scan::is_cluster_break(right.0.as_bytes(), right_at)
    };
    let mut lead = common_suffix(
        &left.0.as_bytes()[left.1.start..left.2.start],
        &right.0.as_bytes()[right.1.start..right.2.start],
    );
    while lead > 0 && !is_whole(left.2.start - lead, right.2.start - lead) {
        lead -= 1;
    }
    let mut trail = common_prefix(
        &left.0.as_bytes()[left.2.end..left.1.end],
        &right.0.as_bytes()[right.2.end..right.1.end],
    );
    while trail > 0 && !is_whole(left.2.end + trail, right.2.end + trail) {
        trail -= 1;
    }
    (lead, trail)
}

/// Where the text of `span` (of `text`) stands on the other side, with the separators that it has here.
fn echo_of(side: Side<'_>, text: &str, span: Span, stream: Range<usize>) -> Span {
    let words = words_of(text, span);
    let (mut start, mut end) = (side.start(stream.start), side.end(stream.end));
    let (lead, trail) = (&text[span.start..words.start], &text[words.end..span.end]);
    if side.text[..start].ends_with(lead) {
        start -= lead.len();
    }
    if side.text[end..].starts_with(trail) {
        end += trail.len();
    }
    Span::new(start, end)
}

/// The edits within a block; none where nothing changed.
fn nested(sides: Sides<'_>, block: &Block, source: Span, place: Span) -> Vec<Edit> {
    if sides.left.text[source] == sides.right.text[place] {
        return Vec::new();
    }
    let mut writer = Writer::new(sides, (source.start, place.start));
    writer.matches(
        &block.matches,
        (block.left.start, block.right.start),
        (block.left.end, block.right.end),
        (source.end, place.end),
        None,
    );
    heal(sides, writer.edits)
}

/// Joins edits whose bound cuts a grapheme cluster of either text.
fn heal(sides: Sides<'_>, edits: Vec<Edit>) -> Vec<Edit> {
    heal_at(sides, edits, |left, right| {
        scan::is_cluster_break(sides.left.bytes(), left) && scan::is_cluster_break(sides.right.bytes(), right)
    })
}

/// Joins edits until every bound between two of them is one that `is_bound` allows.
pub(super) fn heal_at(
    sides: Sides<'_>,
    mut edits: Vec<Edit>,
    is_bound: impl Fn(usize, usize) -> bool,
) -> Vec<Edit> {
    let is_whole = |edit: &Edit| is_bound(edit.left.start, edit.right.start);
    if edits.iter().skip(1).all(is_whole) {
        return edits;
    }
    // A block with such a bound is told as what it is besides: a deletion and an insertion.
    let mut broken: Vec<u32> = Vec::new();
    for index in 1..edits.len() {
        if !is_whole(&edits[index]) {
            for edit in &mut edits[index - 1..=index] {
                match edit.kind {
                    EditKind::MoveFrom { id } | EditKind::MoveTo { id, .. } => broken.push(id),
                    EditKind::Copy { .. } => edit.kind = EditKind::Insert,
                    _ => {}
                }
            }
        }
    }
    broken.sort_unstable();
    for edit in &mut edits {
        match edit.kind {
            EditKind::MoveFrom { id } if broken.binary_search(&id).is_ok() => {
                edit.kind = EditKind::Delete { duplicate_of: None }
            }
            EditKind::MoveTo { id, .. } if broken.binary_search(&id).is_ok() => edit.kind = EditKind::Insert,
            _ => {}
        }
    }
    let mut healer = Healer { sides, is_bound, healed: Vec::with_capacity(edits.len()) };
    edits.into_iter().for_each(|edit| healer.add(edit));
    healer.healed
}

struct Healer<'t, F> {
    sides: Sides<'t>,
    is_bound: F,
    healed: Vec<Edit>,
}

impl<F: Fn(usize, usize) -> bool> Healer<'_, F> {
    /// Adds an edit. Where its start is no bound, equal text gives up to its first bound, anything else itself.
    fn add(&mut self, edit: Edit) {
        if edit.kind == EditKind::Equal
            && !(self.is_bound)(edit.left.start, edit.right.start)
            && let Some(cut) = (1..edit.left.len()).find(|&cut| self.may_cut(&edit, cut))
        {
            let (head, tail) = parted(&edit, cut);
            self.join(head);
            push(&mut self.healed, tail);
        } else {
            self.join(edit);
        }
    }

    /// Adds an edit with as much before it as it takes to start at a bound.
    fn join(&mut self, mut edit: Edit) {
        while !(self.is_bound)(edit.left.start, edit.right.start) {
            let Some(before) = self.healed.pop() else { break };
            let mut start = (before.left.start, before.right.start);
            if before.kind == EditKind::Equal
                && let Some(cut) = (1..before.left.len()).rev().find(|&cut| self.may_cut(&before, cut))
            {
                let (head, tail) = parted(&before, cut);
                start = (tail.left.start, tail.right.start);
                self.healed.push(head);
            }
            let (left, right) = (Span::new(start.0, edit.left.end), Span::new(start.1, edit.right.end));
            edit = Edit { kind: plain(self.sides, left, right), left, right };
        }
        push(&mut self.healed, edit);
    }

    fn may_cut(&self, equal: &Edit, cut: usize) -> bool {
        let (left, right) = (equal.left.start + cut, equal.right.start + cut);
        self.sides.left.text.is_char_boundary(left) && (self.is_bound)(left, right)
    }
}

/// Equal text in two parts.
fn parted(equal: &Edit, cut: usize) -> (Edit, Edit) {
    let (left, right) = (equal.left.start + cut, equal.right.start + cut);
    let part = |left: Range<usize>, right: Range<usize>| Edit {
        kind: EditKind::Equal,
        left: left.into(),
        right: right.into(),
    };
    (
        part(equal.left.start..left, equal.right.start..right),
        part(left..equal.left.end, right..equal.right.end),
    )
}

/// What two spans are to each other when nothing but their text counts.
fn plain(sides: Sides<'_>, left: Span, right: Span) -> EditKind {
    let (a, b) = (&sides.left.text[left], &sides.right.text[right]);
    if a == b {
        EditKind::Equal
    } else if squeezed(a) == squeezed(b) {
        EditKind::Format(format::changes(a, b))
    } else {
        kind_of_change(!a.is_empty(), !b.is_empty())
    }
}

/// The squeezed characters of a short text.
fn squeezed(text: &str) -> Vec<u8> {
    crate::stream::Stream::of(text).map(|stream| stream.folded().to_vec()).unwrap_or_default()
}
