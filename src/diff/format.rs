//! Formats: the differences between two texts with the same squeezed characters.
//!
//! In: both forms of the text. Out: the set of [`FormatChange`]s between them.
//! **Cost.** Linear.

use crate::error::Error;
use crate::scan::{self, Class};
use std::fmt;
use std::str::FromStr;

/// A kind of difference that does not change the squeezed characters (letters, marks and digits after
/// folding).
///
/// `Display` and `FromStr` use the [`name`](Self::name).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum FormatChange {
    /// A paragraph break (white space with two or more line breaks) was lost, added or changed.
    ParagraphBreak,
    /// A single line break was lost, added or changed.
    LineBreak,
    /// White space within a line.
    Space,
    /// Upper and lower case.
    Case,
    /// Full stops, commas, hyphens, and the forms of quotation marks and dashes.
    Punctuation,
    /// Unicode form: normalisation, width, ligatures, invisible characters.
    Form,
}

impl FormatChange {
    /// All kinds.
    pub const ALL: [FormatChange; 6] = [
        FormatChange::ParagraphBreak,
        FormatChange::LineBreak,
        FormatChange::Space,
        FormatChange::Case,
        FormatChange::Punctuation,
        FormatChange::Form,
    ];

    /// The name in JSON: `paragraph_break`, `line_break`, `space`, `case`, `punctuation`, `form`.
    #[must_use]
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

impl fmt::Display for FormatChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for FormatChange {
    type Err = Error;

    /// The kind of that name.
    ///
    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(name: &str) -> Result<FormatChange, Error> {
        FormatChange::ALL.into_iter().find(|change| change.name() == name).ok_or_else(|| {
            let names = FormatChange::ALL.map(FormatChange::name).join(", ");
            Error::setting(format!("the format change is {name:?}, but must be one of {names}"))
        })
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(FormatChange);

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
    /// Whether the set contains `change`.
    #[must_use]
    pub const fn contains(self, change: FormatChange) -> bool {
        self.0 >> change as u8 & 1 == 1
    }

    /// Whether the set is empty. The set of an edit is never empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The changes, in the order of [`FormatChange::ALL`].
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

/// As a list of names.
#[cfg(feature = "serde")]
impl serde::Serialize for FormatChanges {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for FormatChanges {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<FormatChanges, D::Error> {
        let names = <Vec<FormatChange> as serde::Deserialize>::deserialize(deserializer)?;
        let mut changes = FormatChanges::default();
        names.into_iter().for_each(|change| changes.add(change));
        Ok(changes)
    }
}

/// The changes between two forms of the same squeezed text.
pub(super) fn changes(left: &str, right: &str) -> FormatChanges {
    let mut changes = FormatChanges::default();
    compare_white_space(left, right, &mut changes);
    let is_punctuation = |class: Class| !class.is_kept() && !class.is_white() && class != Class::Ignorable;
    if !is_same(left, right, is_punctuation, |ch| ch) {
        changes.add(FormatChange::Punctuation);
    }
    compare_letters(left, right, &mut changes);
    if changes.is_empty() {
        // The remaining differences are of Unicode form: the order of marks, or the places of invisible
        // characters.
        changes.add(FormatChange::Form);
    }
    changes
}

/// Whether the characters of the chosen classes are the same after `map`.
fn is_same(left: &str, right: &str, is_chosen: impl Fn(Class) -> bool, map: impl Fn(char) -> char) -> bool {
    let chosen = |text: &str| -> Vec<char> {
        text.chars().filter(|&ch| is_chosen(scan::class(ch))).map(&map).collect()
    };
    chosen(left) == chosen(right)
}

/// Adds the changes of letters, marks, digits and invisible characters.
fn compare_letters(left: &str, right: &str, changes: &mut FormatChanges) {
    let lower = |ch: char| ch.to_lowercase().next().unwrap_or(ch);
    if is_same(left, right, Class::is_kept, |ch| ch) {
        if !is_same(left, right, |class| class == Class::Ignorable, |ch| ch) {
            changes.add(FormatChange::Form);
        }
        return;
    }
    if !is_same(left, right, Class::is_kept, lower) {
        changes.add(FormatChange::Form);
        let capitals = |text: &str| text.chars().filter(|&ch| scan::class(ch) == Class::Upper).count();
        if capitals(left) == capitals(right) {
            return;
        }
    }
    changes.add(FormatChange::Case);
}

/// A run of white space.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct WhiteRun<'t> {
    /// Squeezed characters before it.
    place: usize,
    text: &'t str,
    /// Its strongest break.
    kind: FormatChange,
}

/// Adds the kinds of the runs of white space that only one text has at their place.
fn compare_white_space(left: &str, right: &str, changes: &mut FormatChanges) {
    let (mut left_runs, mut right_runs) = (white_runs(left), white_runs(right));
    left_runs.sort_unstable();
    right_runs.sort_unstable();
    if left_runs == right_runs {
        return;
    }
    let mut add_lone = |runs: &[WhiteRun<'_>], others: &[WhiteRun<'_>]| {
        let lone = runs.iter().filter(|run| others.binary_search(run).is_err());
        lone.for_each(|run| changes.add(run.kind));
    };
    add_lone(&left_runs, &right_runs);
    add_lone(&right_runs, &left_runs);
}

/// The runs of white space, in order.
fn white_runs(text: &str) -> Vec<WhiteRun<'_>> {
    let mut runs = Vec::new();
    let mut place = 0;
    let mut run_start: Option<usize> = None;
    let mut lines = 0;
    let mut previous = '\0';
    for (position, ch) in text.char_indices().chain([(text.len(), '\0')]) {
        let class = if position == text.len() { Class::Symbol } else { scan::class(ch) };
        if class.is_white() {
            run_start.get_or_insert(position);
            lines += match ch {
                '\n' if previous == '\r' => 0,
                '\u{2029}' => 2,
                _ => (class == Class::Line) as usize,
            };
        } else {
            if let Some(start) = run_start.take() {
                let kind = match lines {
                    0 => FormatChange::Space,
                    1 => FormatChange::LineBreak,
                    _ => FormatChange::ParagraphBreak,
                };
                runs.push(WhiteRun { place, text: &text[start..position], kind });
                lines = 0;
            }
            place += class.is_kept() as usize;
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
    fn each_kind_of_change_is_named() {
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

    #[test]
    fn names_parse_back() {
        for change in FormatChange::ALL {
            assert_eq!(change.to_string().parse::<FormatChange>().unwrap(), change);
        }
        assert!("colour".parse::<FormatChange>().unwrap_err().is_setting());
    }
}
