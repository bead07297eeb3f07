//! Gaps: what the anchors left unmatched, aligned word by word and, where asked, character by character.
//!
//! In: a gap, as a range of stream bytes on either side, with holes where text moved away or in. Out: more matches, on the
//! bounds of words (or of grapheme clusters), in order on both sides.
//!
//! **Idea.** The words of the gap are read once from the original text into rows that are used again for the next gap;
//! then the alignment of greatest weight: a pair of equal words weighs its characters, and each run of
//! pairs pays [`OPENING`], so that a lone `de` between two changes does not pass for text that stayed. A gap too
//! large for the table is parted at words that it holds once on each side; what is still too large, or
//! beyond the step limit, stays one change, and the diff says that it is coarse.
//!
//! **Cost.** `m × n` steps for gaps of `m` and `n` words up to [`CELLS`] (one byte each); the limit bounds the sum. **Source.** Global
//! alignment with affine costs: Gotoh 1982; unique words as anchors: Bram Cohen's patience diff.

use super::anchors::Match;
use super::side::{Side, Sides, Unit};
use super::skeleton::heaviest_increasing;
use crate::scan::{self, ASCII, Class, Sink};
use std::ops::Range;

/// What starting a run of equal words costs, in characters.
const OPENING: i32 = 3;
/// Largest table: one megabyte of directions.
const CELLS: usize = 1 << 20;
/// How often a gap is parted at unique words within what unique words parted.
const DEPTH: usize = 4;

/// A word (or cluster) of a gap.
#[derive(Clone, Copy, Debug)]
struct Word {
    /// First stream byte.
    at: usize,
    length: u32,
    weight: i32,
    /// The first eight bytes: with the length the whole of most words.
    key: u64,
}

/// Aligns gaps; keeps its rows for the next.
pub(super) struct Aligner<'t> {
    sides: Sides<'t>,
    unit: Unit,
    /// Steps that may still be taken.
    steps: u64,
    coarse: bool,
    left: Vec<Word>,
    right: Vec<Word>,
    table: Table,
}

impl<'t> Aligner<'t> {
    pub(super) fn new(sides: Sides<'t>, unit: Unit, steps: u64) -> Aligner<'t> {
        Aligner {
            sides,
            unit,
            steps,
            coarse: false,
            left: Vec::new(),
            right: Vec::new(),
            table: Table::default(),
        }
    }

    /// Steps left, and whether a gap was given up.
    pub(super) fn finish(self) -> (u64, bool) {
        (self.steps, self.coarse)
    }

    /// Adds the matches of a gap to `out`. The stretches of either side come in order.
    pub(super) fn align(&mut self, left: &[Range<usize>], right: &[Range<usize>], out: &mut Vec<Match>) {
        if left.is_empty() || right.is_empty() {
            return;
        }
        self.left.clear();
        self.right.clear();
        read(self.sides.left, left, self.unit, &mut self.left);
        read(self.sides.right, right, self.unit, &mut self.right);
        let whole = (0..self.left.len(), 0..self.right.len());
        self.part(whole.0, whole.1, DEPTH, out);
    }

    /// Aligns words `left` with words `right`.
    fn part(&mut self, mut left: Range<usize>, mut right: Range<usize>, depth: usize, out: &mut Vec<Match>) {
        while !left.is_empty() && !right.is_empty() && self.is_pair(left.start, right.start) {
            self.pair(left.start, right.start, out);
            left.start += 1;
            right.start += 1;
        }
        let mut last = (left.end, right.end);
        while last.0 > left.start && last.1 > right.start && self.is_pair(last.0 - 1, last.1 - 1) {
            last = (last.0 - 1, last.1 - 1);
        }
        let tail = last.0..left.end;
        left.end = last.0;
        right.end = last.1;
        if !left.is_empty() && !right.is_empty() {
            self.middle(left, right, depth, out);
        }
        for (index, word) in tail.enumerate() {
            self.pair(word, last.1 + index, out);
        }
    }

    /// The same for words whose first differ and whose last differ.
    fn middle(&mut self, left: Range<usize>, right: Range<usize>, depth: usize, out: &mut Vec<Match>) {
        let cells = left.len() * right.len();
        if cells <= CELLS && cells as u64 <= self.steps {
            self.steps -= cells as u64;
            let mut table = std::mem::take(&mut self.table);
            for (a, b) in table.align(self, left, right) {
                self.pair(a, b, out);
            }
            self.table = table;
            return;
        }
        let cost = (left.len() + right.len()) as u64 * 16;
        if depth == 0 || cost > self.steps {
            self.coarse = true;
            return;
        }
        self.steps -= cost;
        let pairs = self.unique(left.clone(), right.clone());
        if pairs.is_empty() {
            self.coarse = true;
            return;
        }
        let mut from = (left.start, right.start);
        for (a, b) in pairs {
            // An earlier part may have taken the pair already.
            if a >= from.0 && b >= from.1 {
                self.part(from.0..a, from.1..b, depth - 1, out);
                self.pair(a, b, out);
                from = (a + 1, b + 1);
            }
        }
        self.part(from.0..left.end, from.1..right.end, depth - 1, out);
    }

    /// Pairs of words that stand once on each side, the heaviest choice of them that keeps the order.
    fn unique(&self, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        let mut words: Vec<(&[u8], bool, usize)> = left
            .map(|index| (self.text(self.sides.left, self.left[index]), false, index))
            .chain(right.map(|index| (self.text(self.sides.right, self.right[index]), true, index)))
            .collect();
        words.sort_unstable();
        let mut pairs: Vec<(usize, usize)> = words
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|group| match *group {
                [(_, false, a), (_, true, b)] => Some((a, b)),
                _ => None,
            })
            .collect();
        pairs.sort_unstable_by_key(|&(_, b)| b);
        let chosen = heaviest_increasing(&pairs, |&(a, _)| a, |&(a, _)| self.left[a].weight as u64);
        let mut chosen = chosen.into_iter();
        pairs.retain(|_| chosen.next() == Some(true));
        pairs
    }

    fn text(&self, side: Side<'t>, word: Word) -> &'t [u8] {
        &side.folded()[word.at..word.at + word.length as usize]
    }

    #[inline]
    fn is_pair(&self, left: usize, right: usize) -> bool {
        let (a, b) = (self.left[left], self.right[right]);
        a.key == b.key
            && a.length == b.length
            && (a.length <= 8 || self.text(self.sides.left, a) == self.text(self.sides.right, b))
    }

    fn pair(&self, left: usize, right: usize, out: &mut Vec<Match>) {
        let (a, b) = (self.left[left], self.right[right]);
        let found = Match { left: a.at, right: b.at, length: a.length as usize };
        match out.last_mut() {
            Some(last) if last.touches(found) => last.length += found.length,
            _ => out.push(found),
        }
    }
}

/// The table of one alignment.
#[derive(Default)]
struct Table {
    /// How each cell was reached.
    directions: Vec<u8>,
    /// Of the row before: the best score, and the best of those that end in a pair.
    best: Vec<i32>,
    paired: Vec<i32>,
}

/// The best score of a cell leaves out the left word, the right word, or ends in a pair.
const SKIP_LEFT: u8 = 0;
const SKIP_RIGHT: u8 = 1;
const PAIR: u8 = 2;
const BEST: u8 = 3;
/// The pair of this cell goes on a run.
const GOES_ON: u8 = 4;

impl Table {
    /// Pairs of greatest total weight, in order.
    fn align(&mut self, words: &Aligner<'_>, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        const NEVER: i32 = i32::MIN / 2;
        let columns = right.len() + 1;
        self.directions.clear();
        self.directions.resize((left.len() + 1) * columns, SKIP_RIGHT);
        self.best.clear();
        self.best.resize(columns, 0);
        self.paired.clear();
        self.paired.resize(columns, NEVER);
        // The gap follows text that is equal: a pair at its very start goes on a run.
        self.paired[0] = 0;
        for a in left.clone() {
            let row = (a - left.start + 1) * columns;
            let (mut corner_best, mut corner_paired) = (self.best[0], self.paired[0]);
            self.paired[0] = NEVER;
            self.directions[row] = SKIP_LEFT;
            let word = words.left[a];
            for column in 1..columns {
                let (up, mut best, mut direction) = (self.best[column], self.best[column], SKIP_LEFT);
                if self.best[column - 1] > best {
                    (best, direction) = (self.best[column - 1], SKIP_RIGHT);
                }
                let up_paired = self.paired[column];
                let mut paired = NEVER;
                let other = &words.right[right.start + column - 1];
                if word.key == other.key && words.is_pair(a, right.start + column - 1) {
                    let goes_on = corner_paired >= corner_best - OPENING;
                    paired = word.weight + if goes_on { corner_paired } else { corner_best - OPENING };
                    if goes_on {
                        direction |= GOES_ON;
                    }
                    if paired > best {
                        best = paired;
                        direction = direction & GOES_ON | PAIR;
                    }
                }
                (corner_best, corner_paired) = (up, up_paired);
                self.best[column] = best;
                self.paired[column] = paired;
                self.directions[row + column] = direction;
            }
        }
        // A run that reaches the end goes on in the equal text behind the gap, so its opening is given back.
        let ends_paired = self.paired[columns - 1] + OPENING >= self.best[columns - 1]
            && self.paired[columns - 1] > NEVER / 2;
        self.trace(left, right, columns, ends_paired)
    }

    fn trace(
        &self,
        left: Range<usize>,
        right: Range<usize>,
        columns: usize,
        ends_paired: bool,
    ) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let (mut a, mut b) = (left.len(), right.len());
        let mut in_run = ends_paired;
        while a > 0 && b > 0 {
            let direction = self.directions[a * columns + b];
            if in_run || direction & BEST == PAIR {
                pairs.push((left.start + a - 1, right.start + b - 1));
                in_run = direction & GOES_ON != 0;
                (a, b) = (a - 1, b - 1);
            } else if direction & BEST == SKIP_LEFT {
                a -= 1;
            } else {
                b -= 1;
            }
        }
        pairs.reverse();
        pairs
    }
}

/// Reads the words of some stretches of a side.
fn read(side: Side<'_>, stretches: &[Range<usize>], unit: Unit, words: &mut Vec<Word>) {
    for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
        let source = side.start(stretch.start)..side.end(stretch.end);
        let mut reader =
            Reader { words, bytes: side.bytes(), unit, at: stretch.start, previous: None, last: usize::MAX };
        let (start, end) = (source.start, source.end.max(source.start));
        scan::walk(&side.text[start..end], start, &mut reader);
        debug_assert_eq!(reader.at, stretch.end);
        for word in words.iter_mut().rev().take_while(|word| word.at >= stretch.start) {
            let text = &side.folded()[word.at..word.at + word.length as usize];
            let mut first = [0; 8];
            let length = text.len().min(8);
            first[..length].copy_from_slice(&text[..length]);
            word.key = u64::from_le_bytes(first);
        }
    }
}

/// Parts the scan into words: where [`scan::is_word_break`] would.
struct Reader<'a> {
    words: &'a mut Vec<Word>,
    bytes: &'a [u8],
    unit: Unit,
    /// Stream position of the next character.
    at: usize,
    /// Class of the character before, if no separator stands between.
    previous: Option<Class>,
    /// Where the character before started: the next with the same start came from the same cluster.
    last: usize,
}

impl Reader<'_> {
    #[inline]
    fn character(&mut self, start: usize, length: usize, class: Class) {
        let breaks = match (self.unit, self.previous) {
            _ if start == self.last => false,
            (_, None) => true,
            (Unit::Word, Some(_)) if class == Class::Mark => false,
            (Unit::Word, Some(before)) => {
                !before.is_spaced() || !class.is_spaced() || (class == Class::Upper && before != Class::Upper)
            }
            (Unit::Cluster, Some(_)) => scan::is_cluster_break(self.bytes, start),
        };
        let weight = match class {
            Class::Mark => 0,
            // A character that is half a word.
            Class::Ideograph => 2,
            _ => 1,
        };
        match self.words.last_mut() {
            Some(word) if !breaks => {
                word.length += length as u32;
                word.weight += weight;
            }
            _ => self.words.push(Word { at: self.at, length: length as u32, weight, key: 0 }),
        }
        self.at += length;
        if class != Class::Mark || self.previous.is_none() {
            self.previous = Some(class);
        }
        self.last = start;
    }
}

impl Sink for Reader<'_> {
    fn ascii(&mut self, start: usize, run: &[u8]) {
        for (offset, &byte) in run.iter().enumerate() {
            let class = ASCII[byte as usize].1;
            if class.is_kept() {
                self.character(start + offset, 1, class);
            } else {
                self.previous = None;
            }
        }
    }

    fn kept(&mut self, start: usize, _: usize, folded: char, class: Class) {
        self.character(start, folded.len_utf8(), class);
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {
        self.previous = None;
    }
}
