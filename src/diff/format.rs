//! What changed in text whose squeezed characters did not.
//!
//! In: the two spellings. Out: the set of [`FormatChange`]s between them.
//! **Cost.** Linear in the spellings.

use crate::scan::{self, Class};
use std::fmt;

/// A kind of difference that no squeezed character sees.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum FormatChange {
    /// A paragraph break (white space with two line breaks or more) was lost, came, or changed.
    ParagraphBreak,
    /// A single line break.
    LineBreak,
    /// White space within a line.
    Space,
    /// Upper and lower case.
    Case,
    /// Punctuation and symbols.
    Punctuation,
    /// Unicode form: normalisation, width, ligatures, invisible characters.
    Form,
}

impl FormatChange {
    const ALL: [FormatChange; 6] = [
        FormatChange::ParagraphBreak,
        FormatChange::LineBreak,
        FormatChange::Space,
        FormatChange::Case,
        FormatChange::Punctuation,
        FormatChange::Form,
    ];

    /// The name in JSON: `paragraph_break`, `line_break`, `space`, `case`, `punctuation`, `form`.
    pub const fn name(self) -> &'static str {
        match self {
            FormatChange::ParagraphBreak => "paragraph_break",
            FormatChange::LineBreak => "line_break",
            FormatChange::Space => "space",
            FormatChange::Case => "case",
            FormatChange::Punctuation => "punctuation",
            FormatChange::Form => "form",
        }
    }
}

/// A set of [`FormatChange`]s.
///
/// # Example
/// ```
/// use refrain::{EditKind, diff, diff::FormatChange};
/// let diff = diff("one two.\n\nThree", "one two.Three");
/// let lost = diff.edits().find_map(|edit| match edit.kind {
///     EditKind::Format(changes) => Some(changes),
///     _ => None,
/// });
/// assert!(lost.unwrap().contains(FormatChange::ParagraphBreak));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FormatChanges(u8);

impl FormatChanges {
    /// Whether the set holds `change`.
    pub const fn contains(self, change: FormatChange) -> bool {
        self.0 >> change as u8 & 1 == 1
    }

    /// Whether the set is empty. No edit has an empty set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The changes, in the order of [`FormatChange`].
    pub fn iter(self) -> impl Iterator<Item = FormatChange> {
        FormatChange::ALL.into_iter().filter(move |&change| self.contains(change))
    }

    fn add(&mut self, change: FormatChange) {
        self.0 |= 1 << change as u8;
    }
}

impl fmt::Debug for FormatChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// The changes between two spellings of the same squeezed text.
pub(super) fn changes(left: &str, right: &str) -> FormatChanges {
    let mut changes = FormatChanges::default();
    white(left, right, &mut changes);
    if !same(left, right, |class| !class.is_kept() && !class.is_white() && class != Class::Ignorable, |ch| ch)
    {
        changes.add(FormatChange::Punctuation);
    }
    letters(left, right, &mut changes);
    if changes.is_empty() {
        // What differs is how it is put together: the order of marks, what is invisible and where.
        changes.add(FormatChange::Form);
    }
    changes
}

/// Whether the characters of the chosen classes are the same once mapped.
fn same(left: &str, right: &str, chosen: impl Fn(Class) -> bool, map: impl Fn(char) -> char) -> bool {
    let of =
        |text: &str| -> Vec<char> { text.chars().filter(|&ch| chosen(scan::class(ch))).map(&map).collect() };
    of(left) == of(right)
}

fn letters(left: &str, right: &str, changes: &mut FormatChanges) {
    let lower = |ch: char| ch.to_lowercase().next().unwrap_or(ch);
    if same(left, right, Class::is_kept, |ch| ch) {
        if !same(left, right, |class| class == Class::Ignorable, |ch| ch) {
            changes.add(FormatChange::Form);
        }
        return;
    }
    if !same(left, right, Class::is_kept, lower) {
        changes.add(FormatChange::Form);
        let capitals = |text: &str| text.chars().filter(|&ch| scan::class(ch) == Class::Upper).count();
        if capitals(left) == capitals(right) {
            return;
        }
    }
    changes.add(FormatChange::Case);
}

/// White space between other characters, by its strongest break.
fn white(left: &str, right: &str, changes: &mut FormatChanges) {
    let (mut left_runs, mut right_runs) = (white_runs(left), white_runs(right));
    left_runs.sort_unstable();
    right_runs.sort_unstable();
    if left_runs == right_runs {
        return;
    }
    let kinds = |runs: &[(usize, &str, FormatChange)]| {
        let mut kinds = FormatChanges::default();
        runs.iter().for_each(|run| kinds.add(run.2));
        kinds
    };
    // What both have in the same place has not changed.
    let lone = |of: &[(usize, &'_ str, FormatChange)], other: &[(usize, &'_ str, FormatChange)]| {
        kinds(&of.iter().filter(|run| other.binary_search(run).is_err()).copied().collect::<Vec<_>>())
    };
    let both = lone(&left_runs, &right_runs).0 | lone(&right_runs, &left_runs).0;
    changes.0 |= both;
}

/// Each run of white space: how many squeezed characters stand before it, its text, its kind.
fn white_runs(text: &str) -> Vec<(usize, &str, FormatChange)> {
    let mut runs = Vec::new();
    let mut others = 0;
    let mut run: Option<(usize, usize)> = None;
    let mut lines = 0;
    let mut previous = '\0';
    for (at, ch) in text.char_indices().chain([(text.len(), '\0')]) {
        let class = if at == text.len() { Class::Symbol } else { scan::class(ch) };
        if class.is_white() {
            run.get_or_insert((at, others));
            lines += match ch {
                '\n' if previous == '\r' => 0,
                '\u{2029}' => 2,
                _ => (class == Class::Line) as usize,
            };
        } else {
            if let Some((start, before)) = run.take() {
                let kind = match lines {
                    0 => FormatChange::Space,
                    1 => FormatChange::LineBreak,
                    _ => FormatChange::ParagraphBreak,
                };
                runs.push((before, &text[start..at], kind));
                lines = 0;
            }
            others += class.is_kept() as usize;
        }
        previous = ch;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use FormatChange::*;

    #[test]
    fn kinds_of_changes() {
        let cases: [(&str, &str, &[FormatChange]); 14] = [
            ("\n\n", "", &[ParagraphBreak]),
            ("\n\n", " ", &[ParagraphBreak, Space]),
            ("\n", " ", &[LineBreak, Space]),
            ("\n\n", "\n", &[ParagraphBreak, LineBreak]),
            ("\r\n", "\n", &[LineBreak]),
            ("\n \n", "\n\n", &[ParagraphBreak]),
            ("  ", " ", &[Space]),
            (", ", "; ", &[Punctuation]),
            (".", ".\n", &[LineBreak]),
            ("House", "house", &[Case]),
            ("é", "e\u{301}", &[Form]),
            ("É", "e\u{301}", &[Case, Form]),
            ("ＡＢＣ", "ABC", &[Form]),
            ("co\u{ad}op", "coop", &[Form]),
        ];
        for (left, right, expected) in cases {
            assert_eq!(changes(left, right).iter().collect::<Vec<_>>(), expected, "{left:?} and {right:?}");
            assert_eq!(changes(right, left), changes(left, right));
        }
    }
}
