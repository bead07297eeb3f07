//! WARC: the records of a web archive. Those of type `conversion` hold a text.
//!
//! In: bytes of an unpacked WARC or WET file. Out: where records end; for each record its type, id, date and text; and its
//! head, adapted to a text that was trimmed.
//!
//! A record is `WARC/1.x`, one named field on each line, an empty line, as many bytes as `Content-Length` says, and two
//! line ends. This file reads only that grammar; a `conversion` record holds no HTTP message. Anything else is an error at its
//! place. The reader does not guess where the next record begins, because a wrong guess would make up records.
//!
//! **Source.** ISO 28500:2017, sections 4 and 5.

use crate::corpus::input::format::{ByteFormat, ChangedBytes, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::store::document::Document;
use crate::corpus::store::priority;
use std::borrow::Cow;
use std::ops::Range;

/// The longest head of a record, in bytes. Common Crawl writes about 500.
const LONGEST_HEAD: usize = 1 << 16;
const END: &[u8] = b"\r\n\r\n";

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Warc;

impl RecordFormat for Warc {
    fn name(&self) -> &'static str {
        "warc"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["warc", "wet"]
    }

    fn layout(&self) -> Layout {
        Layout::Bytes(&Warc)
    }
}

impl ByteFormat for Warc {
    fn cut(&self, bytes: &[u8], max_record: usize) -> Result<Cut, String> {
        whole_records(bytes, max_record)
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::HasLength
    }

    fn reason_if_unfinished(&self) -> Option<&'static str> {
        Some("the file ends within a WARC record")
    }

    fn read(&self, bytes: &[u8], _offset: u64, sink: &mut RecordSink<'_>) {
        let mut start = 0;
        while let Ok(Some(record)) = record(&bytes[start..]) {
            let whole = &bytes[start..start + record.length];
            start += record.length;
            if record.kind != "conversion" {
                sink.skip(record.length);
                continue;
            }
            let found = match utf8(&whole[record.content.clone()]) {
                Ok(text) => {
                    let id = record.id.map(|id| Cow::Owned(serde_json::Value::from(id).to_string()));
                    let date = record.date.map(|date| serde_json::Value::from(date).to_string());
                    let priority = priority::of_json(sink.settings.keep, text.len(), date.as_deref());
                    Ok(RecordText { text: Cow::Borrowed(text), place: record.content, id, priority })
                }
                Err(error) => {
                    Err(format!("is not valid UTF-8 at byte {} of its content", error.valid_up_to()))
                }
            };
            sink.add(found, record.length, 0);
        }
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        memchr::memmem::find_iter(bytes, b"\nContent-Length:").count() as u64
    }

    /// The text and the head, since the head holds the length of the text.
    fn changed_bytes(&self, document: &Document) -> ChangedBytes {
        let Document { offset, text_start, text_length, .. } = *document;
        ChangedBytes { start: offset, length: text_start + text_length, head: text_start }
    }

    fn replacement(&self, head: &[u8], text: Vec<u8>) -> Vec<u8> {
        [head_for(head, text.len()), text].concat()
    }

    fn member_length(&self, bytes: &[u8]) -> Option<usize> {
        let found = record(bytes).ok().flatten();
        Some(found.map_or(bytes.len(), |record| record.length.min(bytes.len())))
    }
}

/// One record.
#[derive(Debug, Default, PartialEq, Eq)]
struct WarcRecord<'r> {
    kind: &'r str,
    id: Option<&'r str>,
    date: Option<&'r str>,
    /// Where its content is.
    content: Range<usize>,
    /// All its bytes, with the line ends that follow the content.
    length: usize,
}

/// Reads the head of the record at the start of `bytes`; `None` if the head is not complete. `content` and `length` may
/// reach beyond the end of `bytes`.
///
/// # Errors
/// Says why this is not a WARC record.
fn record(bytes: &[u8]) -> Result<Option<WarcRecord<'_>>, String> {
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
    let mut record = WarcRecord::default();
    let mut length = None;
    for line in head.split("\r\n").skip(1) {
        // A line that starts with a space continues the field before it. No such field matters here.
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

/// The head of a record, changed for content of another length. Digests are left out, because they are of the old content.
fn head_for(head: &[u8], length: usize) -> Vec<u8> {
    const DIGESTS: [&str; 2] = ["WARC-Block-Digest", "WARC-Payload-Digest"];
    let mut new = Vec::with_capacity(head.len() + 8);
    // Lines that start with a space belong to the field before them.
    let mut is_dropped = false;
    for line in head.split_inclusive(|&byte| byte == b'\n') {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let name = line.split(|&byte| byte == b':').next().unwrap_or_default().trim_ascii();
            let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
            is_dropped = DIGESTS.into_iter().any(is);
            if is("Content-Length") {
                new.extend_from_slice(name);
                new.extend_from_slice(format!(": {length}\r\n").as_bytes());
                is_dropped = true;
                continue;
            }
        }
        if !is_dropped {
            new.extend_from_slice(line);
        }
    }
    new
}

/// How many of the bytes are whole records.
///
/// # Errors
/// Says why the first record is not a WARC record.
fn whole_records(bytes: &[u8], max_record: usize) -> Result<Cut, String> {
    let mut whole = 0;
    while whole < bytes.len() {
        let found = match record(&bytes[whole..]) {
            // Otherwise the records before the broken one are returned first.
            Err(reason) if whole == 0 => return Err(reason),
            Ok(Some(found)) => found,
            _ => break,
        };
        if found.length > max_record {
            return Ok(if whole > 0 { Cut::Whole(whole) } else { Cut::TooLong(found.length as u64) });
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
    Ok(Cut::Whole(whole))
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
    fn a_record_ends_where_its_length_says() {
        let one = conversion("a text\r\n\r\nWARC/1.0 that quotes another");
        let found = record(one.as_bytes()).unwrap().unwrap();
        assert_eq!((found.kind, found.id), ("conversion", Some("<urn:uuid:1>")));
        assert_eq!(&one[found.content.clone()], "a text\r\n\r\nWARC/1.0 that quotes another");
        assert_eq!(found.length, one.len());
        let two = format!("{one}{one}");
        assert_eq!(whole_records(two.as_bytes(), 1000), Ok(Cut::Whole(two.len())));
        for cut in 0..one.len() {
            assert_eq!(
                whole_records(&two.as_bytes()[..one.len() + cut], 1000),
                Ok(Cut::Whole(one.len())),
                "{cut}"
            );
        }
        assert_eq!(whole_records(two.as_bytes(), 20), Ok(Cut::TooLong(one.len() as u64)));
    }

    #[test]
    fn a_head_is_adapted_to_new_content() {
        let one = conversion("a text that is long");
        let one = one.replacen(
            "WARC-Date",
            "WARC-Block-Digest: sha1:ABC\r\n goes on\r\nWARC-Payload-Digest: sha1:DEF\r\nWARC-Date",
            1,
        );
        let head = &one.as_bytes()[..record(one.as_bytes()).unwrap().unwrap().content.start];
        let new = [&head_for(head, 6)[..], b"a text", END].concat();
        assert_eq!(new, conversion("a text").as_bytes());
        assert_eq!(Warc.cut(&new, 1000), Ok(Cut::Whole(new.len())));
    }

    #[test]
    fn bytes_that_are_no_record_are_refused_with_the_reason() {
        assert!(record(b"HTTP/1.1 200").unwrap_err().contains("WARC/1."));
        assert!(record(b"WARC/1.0\r\nA: b\r\n\r\n").unwrap_err().contains("Content-Length"));
        let wrong = conversion("abc").replace("Length: 3", "Length: 2");
        assert!(whole_records(wrong.as_bytes(), 1000).unwrap_err().contains("Content-Length is wrong"));
    }
}
