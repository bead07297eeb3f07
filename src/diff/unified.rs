//! Unified diff: the changed lines, in the format that `patch` reads.
//!
//! In: a [`Diff`] and the two texts. Out: hunks of lines with context. No shorter list of changed lines makes
//! the right text of the left: [`lines`] compares whole lines, because the edits of the diff are chosen for
//! words. If the two texts are too large and too different for that, a line is kept if all of it is inside
//! equal text of the diff. Moves are shown as deleted and inserted lines.
//!
//! **Cost.** That of [`lines`].
//! **Source.** The format: POSIX `diff`, option `-u`.

use super::edit::{Diff, EditKind};
use super::lines::{self, ChangedLines};
use std::fmt;

/// A unified diff; made by [`Diff::unified`], written with `Display`.
///
/// # Example
/// ```
/// let (left, right) = ("a\nb\nc\n", "a\nB!\nc\n");
/// let diff = refrain::diff(left, right);
/// let shown = diff.unified(left, right).names("old", "new").to_string();
/// assert_eq!(shown, "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+B!\n c\n");
/// ```
#[derive(Clone, Debug)]
pub struct Unified<'d, 't> {
    diff: &'d Diff,
    left: &'t str,
    right: &'t str,
    names: (String, String),
    context: usize,
}

/// Lines of context around a change: the default of `diff -u`.
const CONTEXT: usize = 3;

impl Diff {
    /// The diff as a unified diff of lines, which `patch` accepts: see [`Unified`].
    ///
    /// It has as few changed lines as possible, whatever the [granularity](super::Granularity) of the diff.
    ///
    /// # Panics
    /// If `left` and `right` do not have the lengths of the compared texts. Formatting may panic if they are
    /// other texts of these lengths.
    pub fn unified<'d, 't>(&'d self, left: &'t str, right: &'t str) -> Unified<'d, 't> {
        self.check_lengths(left, right);
        Unified { diff: self, left, right, names: ("left".into(), "right".into()), context: CONTEXT }
    }
}

impl<'d, 't> Unified<'d, 't> {
    /// The names of the files in the header. Default: `left` and `right`.
    #[must_use]
    pub fn names(mut self, left: &str, right: &str) -> Unified<'d, 't> {
        self.names = (left.into(), right.into());
        self
    }

    /// Lines of context around a change. Default: 3.
    #[must_use]
    pub fn context(mut self, lines: usize) -> Unified<'d, 't> {
        self.context = lines;
        self
    }

    /// The changed stretches of lines, in order. The arguments are the line starts of either side, as
    /// [`line_starts`] returns them.
    fn changed(&self, left: &[usize], right: &[usize]) -> Vec<ChangedLines> {
        let (left_lines, right_lines) = (lines_of(self.left, left), lines_of(self.right, right));
        lines::changed(&left_lines, &right_lines).unwrap_or_else(|| {
            lines::between(self.equal_lines(left, right).into_iter(), (left_lines.len(), right_lines.len()))
        })
    }

    /// The lines that are inside equal text as a whole, as pairs (left, right).
    fn equal_lines(&self, left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
        let mut pairs = Vec::new();
        let (mut left_line, mut right_line) = (0, 0);
        for edit in self.diff.edits().filter(|edit| edit.kind == EditKind::Equal) {
            left_line += left[left_line..].partition_point(|&start| start < edit.left.start);
            while left_line + 1 < left.len() && left[left_line + 1] <= edit.left.end {
                let start = edit.right.start + (left[left_line] - edit.left.start);
                let end = edit.right.start + (left[left_line + 1] - edit.left.start);
                right_line += right[right_line..].partition_point(|&line| line < start);
                if right[right_line] == start && right.get(right_line + 1) == Some(&end) {
                    pairs.push((left_line, right_line));
                }
                left_line += 1;
            }
        }
        pairs
    }
}

/// The start of each line, and the end of the text.
fn line_starts(text: &str) -> Vec<usize> {
    let after_breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
    let mut starts: Vec<usize> = [0].into_iter().chain(after_breaks).collect();
    if starts.last() != Some(&text.len()) {
        starts.push(text.len());
    }
    starts
}

/// The lines that start at `starts`.
fn lines_of<'t>(text: &'t str, starts: &[usize]) -> Vec<&'t str> {
    starts.windows(2).map(|line| &text[line[0]..line[1]]).collect()
}

impl fmt::Display for Unified<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (left, right) = (line_starts(self.left), line_starts(self.right));
        let changed = self.changed(&left, &right);
        if changed.is_empty() {
            return Ok(());
        }
        writeln!(f, "--- {}\n+++ {}", self.names.0, self.names.1)?;
        // If at most twice the context lines are between two changes, they share a hunk.
        for hunk in changed.chunk_by(|a, b| b.left.start - a.left.end <= 2 * self.context) {
            let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
            let before = self.context.min(first.left.start).min(first.right.start);
            let after = self.context.min(left.len() - 1 - last.left.end);
            let (left_from, right_from) = (first.left.start - before, first.right.start - before);
            writeln!(
                f,
                "@@ -{} +{} @@",
                hunk_range(left_from, last.left.end + after),
                hunk_range(right_from, last.right.end + after)
            )?;
            let mut line = left_from;
            for change in hunk {
                write_lines(f, ' ', self.left, &left[line..=change.left.start])?;
                write_lines(f, '-', self.left, &left[change.left.start..=change.left.end])?;
                write_lines(f, '+', self.right, &right[change.right.start..=change.right.end])?;
                line = change.left.end;
            }
            write_lines(f, ' ', self.left, &left[line..=line + after])?;
        }
        Ok(())
    }
}

/// A range of lines in a hunk's header: counted from one. An empty range is named by the line before it.
fn hunk_range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        count => format!("{},{count}", start + 1),
    }
}

/// Writes the lines between the given starts, each after its sign.
fn write_lines(f: &mut fmt::Formatter<'_>, sign: char, text: &str, starts: &[usize]) -> fmt::Result {
    for line in starts.windows(2) {
        let line = &text[line[0]..line[1]];
        write!(f, "{sign}{line}")?;
        if !line.ends_with('\n') {
            f.write_str("\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}
