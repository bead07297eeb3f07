//! Unified diff: the changed lines, in the format that `patch` reads.
//!
//! In: a [`Diff`] and the two texts. Out: hunks of lines with context. A line is kept if all of it is inside
//! equal text on both sides. All other lines are deleted and inserted; moves are shown in the same way.
//!
//! **Cost.** Linear; eight bytes for each line.
//! **Source.** The format: POSIX `diff`, option `-u`.

use super::edit::{Diff, EditKind};
use std::fmt;
use std::ops::Range;

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
    /// # Panics
    /// Formatting panics if `left` and `right` are not the compared texts.
    pub fn unified<'d, 't>(&'d self, left: &'t str, right: &'t str) -> Unified<'d, 't> {
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

    /// The changed stretches of lines, in order. Between two of them, both sides keep the same number of
    /// lines. The arguments are the line starts of either side, as [`line_starts`] returns them.
    fn changed(&self, left: &[usize], right: &[usize]) -> Vec<ChangedLines> {
        let mut changed: Vec<ChangedLines> = Vec::new();
        let mut from = (0, 0);
        let mut keep = |left_line: usize, right_line: usize| {
            if (left_line, right_line) != from {
                changed.push(ChangedLines { left: from.0..left_line, right: from.1..right_line });
            }
            from = (left_line + 1, right_line + 1);
        };
        let (mut left_line, mut right_line) = (0, 0);
        for edit in self.diff.edits().filter(|edit| edit.kind == EditKind::Equal) {
            left_line += left[left_line..].partition_point(|&start| start < edit.left.start);
            while left_line + 1 < left.len() && left[left_line + 1] <= edit.left.end {
                let start = edit.right.start + (left[left_line] - edit.left.start);
                let end = edit.right.start + (left[left_line + 1] - edit.left.start);
                right_line += right[right_line..].partition_point(|&line| line < start);
                if right[right_line] == start && right.get(right_line + 1) == Some(&end) {
                    keep(left_line, right_line);
                }
                left_line += 1;
            }
        }
        let end = (left.len() - 1, right.len() - 1);
        if end != from {
            changed.push(ChangedLines { left: from.0..end.0, right: from.1..end.1 });
        }
        changed
    }
}

/// Lines `left` became lines `right`.
struct ChangedLines {
    left: Range<usize>,
    right: Range<usize>,
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
