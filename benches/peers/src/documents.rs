//! Documents: generated, or the texts of a JSON lines file.

use serde::Deserialize;
use std::borrow::Cow;
use std::path::Path;

/// The fields of a JSON lines record that the tables read.
#[derive(Deserialize)]
pub struct Record<'l> {
    #[serde(borrow)]
    pub text: Cow<'l, str>,
}

impl Record<'_> {
    /// Reads one line.
    ///
    /// # Panics
    /// If it has no "text": the tables are for valid corpora.
    pub fn of(line: &str) -> Record<'_> {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in the line {line:.80}"))
    }
}

/// The texts of a JSON lines file, up to `bytes` bytes of them.
pub fn of_json_lines(path: &Path, bytes: usize) -> Vec<String> {
    let file = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut left = bytes;
    file.lines()
        .map(|line| Record::of(line).text.into_owned())
        .take_while(|text| {
            let fits = text.len() <= left;
            left = left.saturating_sub(text.len());
            fits
        })
        .collect()
}
