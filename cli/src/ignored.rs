//! What `--ignore` leaves out of a search: numbers, addresses, times, or what a regular expression finds.
//!
//! In: the names and patterns that the user gave. Out: the spans of a text that they find.

use clap::Args;
use refrain::{Error, PassageFinder, Prepared, Span};
use regex::bytes::Regex;

/// The patterns that have a name. Punctuation between digits needs no pattern, because it never counts.
const NAMED: [(&str, &str); 4] = [
    ("numbers", r"\p{N}+"),
    ("urls", r"(?i)\b(?:https?|ftp)://[^\s<>]+|\bwww\.[^\s<>]+"),
    ("emails", r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"),
    (
        "timestamps",
        r"(?i)\b\d{4}-\d{2}-\d{2}(?:[t ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:z|[+-]\d{2}:?\d{2})?)?\b|\b\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\b)?|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b",
    ),
];

/// What a search ignores.
#[derive(Args, Clone)]
pub(crate) struct Ignored {
    /// Leave out of the comparison: numbers, urls, emails, timestamps, or what the regular expression finds. May be given
    /// several times. Spans still refer to the whole text
    #[arg(long = "ignore", value_name = "WHAT|PATTERN", value_parser = pattern)]
    patterns: Vec<Regex>,
}

fn pattern(text: &str) -> Result<Regex, String> {
    let named = NAMED.iter().find(|(name, _)| *name == text).map_or(text, |(_, pattern)| pattern);
    Regex::new(named).map_err(|error| {
        format!("expected numbers, urls, emails, timestamps or a regular expression: {error}")
    })
}

impl Ignored {
    /// Reads a text without what is ignored.
    pub(crate) fn prepare<'t>(&self, finder: &PassageFinder, text: &'t [u8]) -> Result<Prepared<'t>, Error> {
        let prepared = finder.prepare_bytes(text)?;
        if self.patterns.is_empty() {
            return Ok(prepared);
        }
        let found = self.patterns.iter().flat_map(|pattern| pattern.find_iter(text));
        let spans: Vec<Span> = found
            .filter(|found| !found.is_empty())
            .map(|found| Span::new(found.start(), found.end()))
            .collect();
        prepared.ignoring(&spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_find_what_they_say() {
        for (name, text, rest) in [
            ("numbers", "In 2024, ٤٢ of 1,000 came", "In , of , came"),
            ("urls", "See https://a.org/x?y=1#z or www.b.net/ now", "See  or  now"),
            ("emails", "Write to jan.de-boer+1@post.example.nl today", "Write to  today"),
            ("timestamps", "2024-05-01T10:11:12.5Z up; 9:30 pm down, 01.02.2023 gone", " up;  down,  gone"),
            ("s(e+)n", "I have seen it", "I have  it"),
        ] {
            let left = pattern(name).unwrap().replace_all(text.as_bytes(), &b""[..]).into_owned();
            let left = String::from_utf8(left).unwrap();
            assert_eq!(left.replace("  ", " "), rest.replace("  ", " "), "{name}");
        }
        assert!(pattern("(").unwrap_err().contains("timestamps"));
    }
}
