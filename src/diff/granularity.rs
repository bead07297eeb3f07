//! Granularity: the smallest unit that a diff may split.
//!
//! In: a choice of the caller, or its name. Out: where edits may start and end.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// The smallest unit that an edit may split.
///
/// `Display` and `FromStr` use the names `character`, `word` and `line`.
///
/// # Example
/// ```
/// use refrain::diff::Granularity;
/// let granularity: Granularity = "line".parse()?;
/// assert_eq!(granularity, Granularity::Line);
/// assert_eq!(granularity.to_string(), "line");
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Granularity {
    /// Grapheme clusters: changed words are compared character by character.
    Character,
    /// Words. In scripts without spaces, single characters.
    #[default]
    Word,
    /// Lines.
    Line,
}

impl Granularity {
    /// All values, from the finest to the coarsest.
    pub const ALL: [Granularity; 3] = [Granularity::Character, Granularity::Word, Granularity::Line];

    /// The name on a command line: `character`, `word` or `line`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Granularity::Character => "character",
            Granularity::Word => "word",
            Granularity::Line => "line",
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Granularity {
    type Err = Error;

    /// The granularity of that name.
    ///
    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(name: &str) -> Result<Granularity, Error> {
        Granularity::ALL.into_iter().find(|granularity| granularity.name() == name).ok_or_else(|| {
            Error::setting(format!("the granularity is {name:?}, but must be character, word or line"))
        })
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(Granularity);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for granularity in Granularity::ALL {
            assert_eq!(granularity.to_string().parse::<Granularity>().unwrap(), granularity);
        }
        assert!("sentence".parse::<Granularity>().unwrap_err().is_setting());
    }
}
