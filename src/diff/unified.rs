//! Unified diff: the lines that changed, in the format that `patch` reads.
//!
//! In: a [`Diff`] and its texts. Out: hunks of lines with context. A line is kept if it lies whole in equal text on both
//! sides; all others go and come, moves included. **Cost.** Linear; eight bytes a line.
//! **Source.** The format: POSIX `diff`, option `-u`.

use super::{Diff, EditKind};
use std::fmt;
use std::ops::Range;

/// A unified diff; made by [`Diff::unified`], shown with `Display`.
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

/// Lines kept around a change, as other tools do.
const CONTEXT: usize = 3;

impl<'d, 't> Unified<'d, 't> {
    pub(super) fn new(diff: &'d Diff, left: &'t str, right: &'t str) -> Unified<'d, 't> {
        Unified { diff, left, right, names: ("left".into(), "right".into()), context: CONTEXT }
    }

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

    /// The stretches of lines that changed, in order. Between them as many lines stay on the left as on the right.
    fn changed(&self, left: &[usize], right: &[usize]) -> Vec<Changed> {
        let mut changed: Vec<Changed> = Vec::new();
        let mut from = (0, 0);
        let mut keep = |l: usize, r: usize| {
            if (l, r) != from {
                changed.push(Changed { left: from.0..l, right: from.1..r });
            }
            from = (l + 1, r + 1);
        };
        let (mut l, mut r) = (0, 0);
        for edit in self.diff.edits().filter(|edit| edit.kind == EditKind::Equal) {
            l += left[l..].partition_point(|&start| start < edit.left.start);
            while l + 1 < left.len() && left[l + 1] <= edit.left.end {
                let start = edit.right.start + (left[l] - edit.left.start);
                let end = edit.right.start + (left[l + 1] - edit.left.start);
                r += right[r..].partition_point(|&line| line < start);
                if right[r] == start && right.get(r + 1) == Some(&end) {
                    keep(l, r);
                }
                l += 1;
            }
        }
        let end = (left.len() - 1, right.len() - 1);
        if end != from {
            changed.push(Changed { left: from.0..end.0, right: from.1..end.1 });
        }
        changed
    }
}

/// Lines `left` became lines `right`.
struct Changed {
    left: Range<usize>,
    right: Range<usize>,
}

/// Where each line starts, and the end of the text.
fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
    let mut starts: Vec<usize> = [0].into_iter().chain(breaks).collect();
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
        // Changes closer than two contexts share a hunk.
        for hunk in changed.chunk_by(|a, b| b.left.start - a.left.end <= 2 * self.context) {
            let (first, last) = (&hunk[0], &hunk[hunk.len() - 1]);
            let before = self.context.min(first.left.start).min(first.right.start);
            let after = self.context.min(left.len() - 1 - last.left.end);
            let (left_from, right_from) = (first.left.start - before, first.right.start - before);
            writeln!(
                f,
                "@@ -{} +{} @@",
                range(left_from, last.left.end + after),
                range(right_from, last.right.end + after)
            )?;
            let mut at = left_from;
            for change in hunk {
                lines(f, ' ', self.left, &left[at..=change.left.start])?;
                lines(f, '-', self.left, &left[change.left.start..=change.left.end])?;
                lines(f, '+', self.right, &right[change.right.start..=change.right.end])?;
                at = change.left.end;
            }
            lines(f, ' ', self.left, &left[at..=at + after])?;
        }
        Ok(())
    }
}

/// A range of lines as the format counts: from one; an empty range by the line before it.
fn range(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        count => format!("{},{count}", start + 1),
    }
}

fn lines(f: &mut fmt::Formatter<'_>, sign: char, text: &str, starts: &[usize]) -> fmt::Result {
    for line in starts.windows(2) {
        let line = &text[line[0]..line[1]];
        write!(f, "{sign}{line}")?;
        if !line.ends_with('\n') {
            f.write_str("\n\\ No newline at end of file\n")?;
        }
    }
    Ok(())
}
