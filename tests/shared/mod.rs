//! The data beside the project: third-party texts that are never copied into it.
#![allow(dead_code, unreachable_pub, reason = "each test uses its part")]

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

/// The records of a file of JSON lines, gzipped if its name says so; `None`, with a message, where the data is not.
pub fn records(path: &str) -> Option<impl Iterator<Item = Value>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(path);
    let Ok(file) = File::open(&path) else {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    };
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
