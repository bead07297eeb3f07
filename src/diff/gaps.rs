//! Gaps: text between the anchors, aligned word by word and, on request, character by character.
//!
//! In: a gap, as stretches of stream bytes on either side; moved text is left out. Out: more equal runs,
//! which start and end at the bounds of words (or of grapheme clusters), in order on both sides.
//!
//! **Idea.** The words of the gap are read once from the original text. Then the alignment of greatest weight
//! is computed. The weight of a pair of equal words is its number of characters. Each run of pairs costs
//! [`OPENING`], so that a single `de` between two changes does not count as text that stayed. A gap that is
//! too large for the table is divided at words that occur once on each side. A part that is still too large,
//! or beyond the step limit, stays one change, and the diff is marked as coarse.
//!
//! **Cost.** `m × n` steps for gaps of `m` and `n` words, up to [`CELLS`] cells of one byte; the step limit
//! bounds the sum.
//! **Source.** Global alignment with affine gap costs: Gotoh 1982; unique words as anchors: Bram Cohen's
//! patience diff.

use super::equal_run::{self, EqualRun};
use super::side::{CutUnit, Side, Sides};
use super::skeleton::heaviest_increasing;
use super::words::{self, Word};
use std::ops::Range;

/// Cost of starting a run of equal words, in characters.
const OPENING: i32 = 3;
/// Largest table: one megabyte of directions.
const CELLS: usize = 1 << 20;
/// How many times a gap, and then its parts, may be divided at unique words.
const DEPTH: usize = 4;
/// Steps charged for each word when a gap is divided, for sorting and choosing.
const STEPS_PER_WORD: u64 = 16;

/// Aligns gaps. It keeps its buffers from gap to gap.
pub(super) struct Aligner<'t> {
    sides: Sides<'t>,
    unit: CutUnit,
    /// Remaining steps.
    steps: u64,
    coarse: bool,
    left: Vec<Word>,
    right: Vec<Word>,
    table: Table,
}

impl<'t> Aligner<'t> {
    pub(super) fn new(sides: Sides<'t>, unit: CutUnit, steps: u64) -> Aligner<'t> {
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

    /// Steps left, and whether a gap was left as one change.
    pub(super) fn finish(self) -> (u64, bool) {
        (self.steps, self.coarse)
    }

    /// Adds the equal runs of a gap to `out`. The stretches of either side are given in order.
    pub(super) fn align(&mut self, left: &[Range<usize>], right: &[Range<usize>], out: &mut Vec<EqualRun>) {
        if left.is_empty() || right.is_empty() {
            return;
        }
        self.left.clear();
        self.right.clear();
        words::read(self.sides.left, left, self.unit, &mut self.left);
        words::read(self.sides.right, right, self.unit, &mut self.right);
        let whole = (0..self.left.len(), 0..self.right.len());
        self.align_words(whole.0, whole.1, DEPTH, out);
    }

    /// Aligns words `left` with words `right`.
    fn align_words(
        &mut self,
        mut left: Range<usize>,
        mut right: Range<usize>,
        depth: usize,
        out: &mut Vec<EqualRun>,
    ) {
        while !left.is_empty() && !right.is_empty() && self.is_pair(left.start, right.start) {
            self.push_pair(left.start, right.start, out);
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
            self.align_middle(left, right, depth, out);
        }
        for (index, word) in tail.enumerate() {
            self.push_pair(word, last.1 + index, out);
        }
    }

    /// Aligns words whose first pair differs and whose last pair differs.
    fn align_middle(
        &mut self,
        left: Range<usize>,
        right: Range<usize>,
        depth: usize,
        out: &mut Vec<EqualRun>,
    ) {
        let cells = left.len() * right.len();
        if cells <= CELLS && cells as u64 <= self.steps {
            self.steps -= cells as u64;
            let mut table = std::mem::take(&mut self.table);
            for (left_word, right_word) in table.align(self, left, right) {
                self.push_pair(left_word, right_word, out);
            }
            self.table = table;
            return;
        }
        let cost = (left.len() + right.len()) as u64 * STEPS_PER_WORD;
        if depth == 0 || cost > self.steps {
            self.coarse = true;
            return;
        }
        self.steps -= cost;
        let pairs = self.unique_pairs(left.clone(), right.clone());
        if pairs.is_empty() {
            self.coarse = true;
            return;
        }
        let mut from = (left.start, right.start);
        for (left_word, right_word) in pairs {
            // An earlier part may have taken the pair already.
            if left_word >= from.0 && right_word >= from.1 {
                self.align_words(from.0..left_word, from.1..right_word, depth - 1, out);
                self.push_pair(left_word, right_word, out);
                from = (left_word + 1, right_word + 1);
            }
        }
        self.align_words(from.0..left.end, from.1..right.end, depth - 1, out);
    }

    /// Pairs of words that occur once on each side: the heaviest choice of them that keeps the order.
    fn unique_pairs(&self, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        let mut words: Vec<(&[u8], bool, usize)> = left
            .map(|index| (self.text(self.sides.left, self.left[index]), false, index))
            .chain(right.map(|index| (self.text(self.sides.right, self.right[index]), true, index)))
            .collect();
        words.sort_unstable();
        let mut pairs: Vec<(usize, usize)> = words
            .chunk_by(|a, b| a.0 == b.0)
            .filter_map(|group| match *group {
                [(_, false, left_word), (_, true, right_word)] => Some((left_word, right_word)),
                _ => None,
            })
            .collect();
        pairs.sort_unstable_by_key(|pair| pair.1);
        let chosen = heaviest_increasing(&pairs, |pair| pair.0, |pair| self.left[pair.0].weight as u64);
        let mut chosen = chosen.into_iter();
        pairs.retain(|_| chosen.next() == Some(true));
        pairs
    }

    fn text(&self, side: Side<'t>, word: Word) -> &'t [u8] {
        &side.folded()[word.start..word.start + word.length as usize]
    }

    #[inline]
    fn is_pair(&self, left: usize, right: usize) -> bool {
        let (left, right) = (self.left[left], self.right[right]);
        left.key == right.key
            && left.length == right.length
            && (left.length <= 8 || self.text(self.sides.left, left) == self.text(self.sides.right, right))
    }

    fn push_pair(&self, left: usize, right: usize, out: &mut Vec<EqualRun>) {
        let (left, right) = (self.left[left], self.right[right]);
        let run = EqualRun { left: left.start, right: right.start, length: left.length as usize };
        equal_run::push(out, run);
    }
}

/// The table of one alignment.
#[derive(Default)]
struct Table {
    /// How each cell was reached.
    directions: Vec<u8>,
    /// For the row before: the best score of each cell.
    best: Vec<i32>,
    /// For the row before: the best score of the alignments that end in a pair.
    paired: Vec<i32>,
}

/// How a cell got its best score: it leaves out the left word, leaves out the right word, or ends in a pair.
const SKIP_LEFT: u8 = 0;
const SKIP_RIGHT: u8 = 1;
const PAIR: u8 = 2;
/// The bits that hold one of these three.
const BEST: u8 = 3;
/// The pair of this cell continues a run.
const CONTINUES: u8 = 4;

/// The score of an impossible cell: half of the least value, so that sums do not overflow.
const IMPOSSIBLE: i32 = i32::MIN / 2;

impl Table {
    /// The pairs of greatest total weight, in order.
    fn align(&mut self, words: &Aligner<'_>, left: Range<usize>, right: Range<usize>) -> Vec<(usize, usize)> {
        let columns = right.len() + 1;
        self.directions.clear();
        self.directions.resize((left.len() + 1) * columns, SKIP_RIGHT);
        self.best.clear();
        self.best.resize(columns, 0);
        self.paired.clear();
        self.paired.resize(columns, IMPOSSIBLE);
        // The gap follows equal text, so a pair at its start continues that run.
        self.paired[0] = 0;
        for left_word in left.clone() {
            let row = (left_word - left.start + 1) * columns;
            let (mut corner_best, mut corner_paired) = (self.best[0], self.paired[0]);
            self.paired[0] = IMPOSSIBLE;
            self.directions[row] = SKIP_LEFT;
            let word = words.left[left_word];
            for column in 1..columns {
                let (up, mut best, mut direction) = (self.best[column], self.best[column], SKIP_LEFT);
                if self.best[column - 1] > best {
                    (best, direction) = (self.best[column - 1], SKIP_RIGHT);
                }
                let up_paired = self.paired[column];
                let mut paired = IMPOSSIBLE;
                let other = &words.right[right.start + column - 1];
                if word.key == other.key && words.is_pair(left_word, right.start + column - 1) {
                    let continues = corner_paired >= corner_best - OPENING;
                    paired = word.weight + if continues { corner_paired } else { corner_best - OPENING };
                    if continues {
                        direction |= CONTINUES;
                    }
                    if paired > best {
                        best = paired;
                        direction = direction & CONTINUES | PAIR;
                    }
                }
                (corner_best, corner_paired) = (up, up_paired);
                self.best[column] = best;
                self.paired[column] = paired;
                self.directions[row + column] = direction;
            }
        }
        // A run that reaches the end continues in the equal text after the gap, so its opening costs nothing.
        let ends_paired = self.paired[columns - 1] + OPENING >= self.best[columns - 1]
            && self.paired[columns - 1] > IMPOSSIBLE / 2;
        self.trace(left, right, columns, ends_paired)
    }

    /// The pairs of the best alignment, from the last cell backwards.
    fn trace(
        &self,
        left: Range<usize>,
        right: Range<usize>,
        columns: usize,
        ends_paired: bool,
    ) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let (mut row, mut column) = (left.len(), right.len());
        let mut in_run = ends_paired;
        while row > 0 && column > 0 {
            let direction = self.directions[row * columns + column];
            if in_run || direction & BEST == PAIR {
                pairs.push((left.start + row - 1, right.start + column - 1));
                in_run = direction & CONTINUES != 0;
                (row, column) = (row - 1, column - 1);
            } else if direction & BEST == SKIP_LEFT {
                row -= 1;
            } else {
                column -= 1;
            }
        }
        pairs.reverse();
        pairs
    }
}
