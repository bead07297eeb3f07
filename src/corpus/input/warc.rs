//! WARC: the records of a web archive, of which those of type `conversion` hold a text.
//!
//! In: bytes of an unpacked WARC or WET file. Out: where its records end, and for one record its type, id, date and text; and its
//! head, made to fit a text that was trimmed.
//!
//! A record is `WARC/1.x`, named fields a line each, an empty line, as many bytes as `Content-Length` says, and two line ends.
//! What is read here is that grammar and no more: a `conversion` record has no HTTP inside. Anything else is an error at its
//! place, since a reader that guesses where the next record begins invents records.
//!
//! **Source.** ISO 28500:2017, sections 4 and 5.

use std::ops::Range;

/// Bytes of the head of a record at most; Common Crawl writes about 500.
const LONGEST_HEAD: usize = 1 << 16;
const END: &[u8] = b"\r\n\r\n";

/// One record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Record<'r> {
    pub(crate) kind: &'r str,
    pub(crate) id: Option<&'r str>,
    pub(crate) date: Option<&'r str>,
    pub(crate) uri: Option<&'r str>,
    /// The bytes of its content.
    pub(crate) content: Range<usize>,
    /// All its bytes, those of the line ends behind the content included.
    pub(crate) length: usize,
}

/// Reads the head of the record at the start of `bytes`: `None` if there are too few to tell. `content` and `length` may lie
/// beyond the end.
///
/// # Errors
/// Why this is no WARC record.
pub(crate) fn record(bytes: &[u8]) -> Result<Option<Record<'_>>, String> {
    let known = b"WARC/1.";
    let shown = bytes.len().min(known.len());
    if bytes[..shown] != known[..shown] {
        return Err("expected a WARC record (\"WARC/1.\") here".to_owned());
    }
    let within = &bytes[..bytes.len().min(LONGEST_HEAD)];
    let Some(end) = memchr::memmem::find(within, END) else {
        if within.len() == LONGEST_HEAD {
            return Err(format!("the head of the WARC record is longer than {LONGEST_HEAD} bytes"));
        }
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..end])
        .map_err(|_| "the head of the WARC record is not valid UTF-8".to_owned())?;
    let mut record = Record::default();
    let mut length = None;
    for line in head.split("\r\n").skip(1) {
        // A line that starts with a space goes on with the field before, none of which matter here.
        let Some((name, value)) = line.split_once(':').filter(|_| !line.starts_with([' ', '\t'])) else {
            continue;
        };
        let value = value.trim();
        let name = name.trim();
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        if is("WARC-Type") {
            record.kind = value;
        } else if is("WARC-Record-ID") {
            record.id = Some(value);
        } else if is("WARC-Date") {
            record.date = Some(value);
        } else if is("WARC-Target-URI") {
            record.uri = Some(value);
        } else if is("Content-Length") {
            length = value.parse::<u64>().ok().and_then(|length| usize::try_from(length).ok());
        }
    }
    let length = length.filter(|&length| length < usize::MAX / 2);
    let length = length.ok_or("the WARC record has no valid Content-Length".to_owned())?;
    let start = end + END.len();
    record.content = start..start + length;
    record.length = record.content.end + END.len();
    Ok(Some(record))
}

/// The head of a record, for content of another length. Digests of the content go: they are those of what it was.
pub(crate) fn head_for(head: &[u8], length: usize) -> Vec<u8> {
    const DIGESTS: [&str; 2] = ["WARC-Block-Digest", "WARC-Payload-Digest"];
    let mut new = Vec::with_capacity(head.len() + 8);
    // Lines that start with a space go on with the field before, and go where it goes.
    let mut goes = false;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii();
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            goes = DIGESTS.into_iter().any(is);
            if is("Content-Length") {
                new.extend_from_slice(name);
                new.extend_from_slice(format!(": {length}\r\n").as_bytes());
                goes = true;
                continue;
            }
        }
        if !goes {
            new.extend_from_slice(line);
        }
    }
    new
}

/// What stands at the start of some bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Whole {
    /// So many bytes of whole records.
    Bytes(usize),
    /// A record of so many bytes, which is too long.
    TooLong(u64),
}

/// How many of the bytes are whole records.
///
/// # Errors
/// Why the first record is none.
pub(crate) fn whole_records(bytes: &[u8], max_record: usize) -> Result<Whole, String> {
    let mut whole = 0;
    while whole < bytes.len() {
        let found = match record(&bytes[whole..]) {
            // The records before are sound.
            Err(reason) if whole == 0 => return Err(reason),
            Ok(Some(found)) => found,
            _ => break,
        };
        if found.length > max_record {
            return Ok(if whole > 0 { Whole::Bytes(whole) } else { Whole::TooLong(found.length as u64) });
        }
        if whole + found.length > bytes.len() {
            break;
        }
        if &bytes[whole + found.content.end..whole + found.length] != END {
            if whole > 0 {
                break;
            }
            return Err("the content of the WARC record is not followed by two line ends: its Content-Length is wrong".to_owned());
        }
        whole += found.length;
    }
    Ok(Whole::Bytes(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversion(text: &str) -> String {
        format!(
            "WARC/1.0\r\nWARC-Type: conversion\r\nwarc-record-id: <urn:uuid:1>\r\nWARC-Date: 2024-01-01T00:00:00Z\r\n\
             Content-Length: {}\r\n\r\n{text}\r\n\r\n",
            text.len()
        )
    }

    #[test]
    fn records_end_where_their_length_says() {
        let one = conversion("a text\r\n\r\nWARC/1.0 that quotes another");
        let found = record(one.as_bytes()).unwrap().unwrap();
        assert_eq!((found.kind, found.id), ("conversion", Some("<urn:uuid:1>")));
        assert_eq!(&one[found.content.clone()], "a text\r\n\r\nWARC/1.0 that quotes another");
        assert_eq!(found.length, one.len());
        let two = format!("{one}{one}");
        assert_eq!(whole_records(two.as_bytes(), 1000), Ok(Whole::Bytes(two.len())));
        for cut in 0..one.len() {
            assert_eq!(
                whole_records(&two.as_bytes()[..one.len() + cut], 1000),
                Ok(Whole::Bytes(one.len())),
                "{cut}"
            );
        }
        assert_eq!(whole_records(two.as_bytes(), 20), Ok(Whole::TooLong(one.len() as u64)));
    }

    #[test]
    fn a_head_is_made_to_fit_a_new_content() {
        let one = conversion("a text that is long");
        let one = one.replacen(
            "WARC-Date",
            "WARC-Block-Digest: sha1:ABC\r\n goes on\r\nWARC-Payload-Digest: sha1:DEF\r\nWARC-Date",
            1,
        );
        let head = &one.as_bytes()[..record(one.as_bytes()).unwrap().unwrap().content.start];
        let new = [&head_for(head, 6)[..], b"a text", END].concat();
        assert_eq!(new, conversion("a text").as_bytes());
        assert_eq!(whole_records(&new, 1000), Ok(Whole::Bytes(new.len())));
    }

    #[test]
    fn what_is_no_record_is_told() {
        assert!(record(b"HTTP/1.1 200").unwrap_err().contains("WARC/1."));
        assert!(record(b"WARC/1.0\r\nA: b\r\n\r\n").unwrap_err().contains("Content-Length"));
        let wrong = conversion("abc").replace("Length: 3", "Length: 2");
        assert!(whole_records(wrong.as_bytes(), 1000).unwrap_err().contains("Content-Length is wrong"));
    }
}
