//! Test data outside the project, in `../shared/data`: texts of other authors, which are never copied into the project.
//!
//! A test whose data is missing is skipped with a message. If the environment variable `CI` is set, it fails.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

/// The path of a file or folder of the data. `None`, with a message, if it is missing.
///
/// # Panics
/// If it is missing and `CI` is set.
pub fn path(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if path.exists() {
        return Some(path);
    }
    let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(!is_ci, "{} is missing, and CI is set: every test must run there", path.display());
    eprintln!("skipped: {} is missing", path.display());
    None
}

/// The records of a file of JSON lines, unpacked if its name ends with `gz`. `None` as for [`path`].
pub fn records(name: &str) -> Option<impl Iterator<Item = Value> + use<>> {
    let path = path(name)?;
    let file = File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader: Box<dyn Read> = match path.extension() {
        Some(extension) if extension == "gz" => Box::new(MultiGzDecoder::new(file)),
        _ => Box::new(file),
    };
    let lines = BufReader::new(reader).lines();
    Some(lines.map(|line| serde_json::from_str(&line.expect("readable")).expect("JSON")))
}

/// A text field.
pub fn text<'v>(record: &'v Value, field: &str) -> &'v str {
    record[field].as_str().unwrap_or_else(|| panic!("a text field {field} in {record}"))
}
