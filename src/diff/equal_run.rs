//! Equal runs: the unit of all alignment in the diff.

/// A stretch of squeezed text that both streams have, in stream bytes. It starts and ends on character
/// boundaries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EqualRun {
    pub(super) left: usize,
    pub(super) right: usize,
    pub(super) length: usize,
}

impl EqualRun {
    pub(super) fn left_end(self) -> usize {
        self.left + self.length
    }

    pub(super) fn right_end(self) -> usize {
        self.right + self.length
    }

    pub(super) fn swapped(self) -> EqualRun {
        EqualRun { left: self.right, right: self.left, length: self.length }
    }

    /// The part from `from` to `until`, counted from the start of the run.
    pub(super) fn part(self, from: usize, until: usize) -> EqualRun {
        EqualRun { left: self.left + from, right: self.right + from, length: until - from }
    }

    /// Whether `next` starts where this run ends, on both sides.
    pub(super) fn touches(self, next: EqualRun) -> bool {
        self.left_end() == next.left && self.right_end() == next.right
    }
}

/// Runs of one passage are at most this many stream bytes apart on either side.
const MAX_GAP: usize = 256;

/// The lengths of the gap between two runs on the left and on the right, if both may belong to one passage.
pub(super) fn gap_in_passage(run: EqualRun, next: EqualRun) -> Option<(usize, usize)> {
    let left = next.left.checked_sub(run.left_end())?;
    let right = next.right.checked_sub(run.right_end())?;
    // Edits change the length of a text by less than the length that they leave unchanged.
    let is_even = left.abs_diff(right) <= run.length.max(next.length);
    (left.max(right) <= MAX_GAP && is_even).then_some((left, right))
}

/// Adds a run to runs in order. If it touches the last run, the two are joined. Otherwise an empty run is
/// dropped.
pub(super) fn push(runs: &mut Vec<EqualRun>, run: EqualRun) {
    match runs.last_mut() {
        Some(last) if last.touches(run) => last.length += run.length,
        _ if run.length > 0 => runs.push(run),
        _ => {}
    }
}
