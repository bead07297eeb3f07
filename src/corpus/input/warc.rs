//! WARC: the records of a web archive. Those of type `conversion` hold a text; those of type `response` hold a page, whose text
//! is extracted by [`web_page`](crate::corpus::input::web_page) if the caller asks for it.
//!
//! In: bytes of an unpacked WARC or WET file. Out: where records end; for each record its type, id, date and text; and its
//! head, adapted to a text that was trimmed.
//!
//! A record is a line `WARC/1.0` (or another version), one named field on each line, an empty line, as many bytes as
//! `Content-Length` says, and two line ends. Real files differ from the standard, and these differences do no harm: lines
//! that end with a line feed alone, more or fewer empty lines between records, none after the last record.
//!
//! **Broken records.** A record is broken if its head is not valid or if, after its content, neither two line ends nor
//! another record nor the end of the file follows: its length is then wrong. Reading goes on at the next line
//! `WARC/…` that begins a valid head, inside the content of the broken record if need be. Bytes between two records are one
//! broken record.
//!
//! **Cost.** One pass. The search for the next head reads no byte twice, because a head ends at the next line `WARC/…`.
//!
//! **Source.** ISO 28500:2017, sections 4 and 5.

use crate::corpus::input::format::{
    ByteFormat, ChangedBytes, Cut, Layout, LongRecord, RecordFormat, Resume, utf8,
};
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::Fields;
use crate::corpus::input::web_page::{self, NoText};
use crate::corpus::store::document::Document;
use crate::corpus::store::priority;
use std::borrow::Cow;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::Range;

/// The longest head of a record, in bytes. Common Crawl writes about 500.
const LONGEST_HEAD: usize = 1 << 16;
/// What follows the content of a record.
const END: &[u8] = b"\r\n\r\n";
/// The first bytes of a record.
const MARK: &[u8] = b"WARC/";
/// The longest version in the first line of a record, such as `1.0`, and its line end.
const LONGEST_VERSION: usize = 16;

const NO_VERSION: &str = "the first line of the WARC record is not \"WARC/\" and a version";

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

    /// What is stored of a page is its whole record, head included.
    fn decode<'t>(&self, stored: &'t [u8], _fields: Fields<'_>) -> Option<Cow<'t, str>> {
        match head(stored, Place::Known) {
            Ok(Some(record)) if record.kind.eq_ignore_ascii_case("response") => {
                web_page::text(stored.get(record.content)?).ok().map(Cow::Owned)
            }
            _ => utf8(stored).ok().map(Cow::Borrowed),
        }
    }
}

impl ByteFormat for Warc {
    fn cut(&self, bytes: &[u8], max_record: usize, is_end: bool) -> Cut {
        let mut whole = 0;
        while whole < bytes.len() {
            match piece(&bytes[whole..], max_record, is_end) {
                Ok(Piece::Blank(length)) => whole += length,
                Ok(Piece::Record(record)) => whole += record.length,
                // The records before it are returned first.
                _ if whole > 0 => break,
                Err(cut) => return cut,
            }
        }
        NonZeroUsize::new(whole).map_or(Cut::Partial, Cut::Whole)
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::HasLength
    }

    fn resume(&self, bytes: &[u8], is_end: bool) -> Resume {
        let mut start = 0;
        while let Some(mark) = memchr::memmem::find(&bytes[start..], MARK) {
            start += mark;
            match head(&bytes[start..], Place::Guessed) {
                Ok(Some(_)) => return Resume::At(start),
                Ok(None) if !is_end => return Resume::NotBefore(start),
                _ => start += MARK.len(),
            }
        }
        // The last bytes may be the start of a mark.
        let kept = if is_end { 0 } else { MARK.len() - 1 };
        Resume::NotBefore(start.max(bytes.len().saturating_sub(kept)).min(bytes.len()))
    }

    fn follows_record(&self, bytes: &[u8], is_end: bool) -> bool {
        !matches!(end_of_record(bytes, is_end), End::Wrong)
    }

    fn read(&self, bytes: &[u8], _offset: u64, sink: &mut RecordSink<'_>) {
        let mut start = 0;
        while let Ok(piece) = piece(&bytes[start..], usize::MAX, true) {
            let record = match piece {
                Piece::Blank(length) => {
                    sink.pass(length);
                    start += length;
                    continue;
                }
                Piece::Record(record) => record,
            };
            let whole = &bytes[start..start + record.length];
            start += record.length;
            let kind = kind(&record.kind);
            let is_read = sink.settings.warc_records.iter().any(|read| read.to_string() == kind);
            let found = if is_read { text_of(whole, &record, kind) } else { Err(NoText::OtherContent) };
            match found {
                Err(NoText::OtherContent) => sink.skip_type(kind, record.length),
                Err(NoText::Broken(reason)) => sink.add(Err(reason), record.length, 0),
                Ok((text, place)) => {
                    let id = record.id.map(|id| Cow::Owned(serde_json::Value::from(id).to_string()));
                    let date = record.date.map(|date| serde_json::Value::from(date).to_string());
                    let priority = priority::of_json(sink.settings.keep, text.len(), date.as_deref());
                    sink.add(Ok(RecordText { text, place, id, priority }), record.length, 0);
                }
            }
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

    /// A record with the empty lines after it, or the empty lines before the first record.
    fn member_length(&self, bytes: &[u8]) -> Option<usize> {
        let record = match piece(bytes, usize::MAX, true) {
            Ok(Piece::Record(record)) => record.length,
            Ok(Piece::Blank(_)) => 0,
            Err(_) => return Some(bytes.len()),
        };
        Some(record + blank(&bytes[record..]))
    }
}

/// The text of a record that is read, and the place of what is stored of it.
fn text_of<'r>(
    whole: &'r [u8],
    record: &WarcRecord<'_>,
    kind: &str,
) -> Result<(Cow<'r, str>, Range<usize>), NoText> {
    let content = &whole[record.content.clone()];
    if kind == "response" {
        return web_page::text(content).map(|text| (Cow::Owned(text), 0..record.content.end));
    }
    let text = utf8(content).map_err(|error| {
        NoText::Broken(format!("is not valid UTF-8 at byte {} of its content", error.valid_up_to()))
    })?;
    Ok((Cow::Borrowed(text), record.content.clone()))
}

/// The type of a record, for counts.
fn kind(name: &str) -> &'static str {
    const KINDS: [&str; 8] =
        ["conversion", "response", "request", "metadata", "resource", "revisit", "warcinfo", "continuation"];
    KINDS.into_iter().find(|kind| name.eq_ignore_ascii_case(kind)).unwrap_or("other")
}

/// What a stream of records is made of.
enum Piece<'r> {
    /// This many bytes of empty lines.
    Blank(usize),
    Record(WarcRecord<'r>),
}

/// One record.
#[derive(Debug, Default, PartialEq, Eq)]
struct WarcRecord<'r> {
    kind: Cow<'r, str>,
    id: Option<Cow<'r, str>>,
    date: Option<Cow<'r, str>>,
    /// Where its content is.
    content: Range<usize>,
    /// All its bytes, with the line ends that follow the content.
    length: usize,
}

/// The piece at the start of `bytes`, which are not empty; if there is no whole one, what is there instead.
fn piece(bytes: &[u8], max_record: usize, is_end: bool) -> Result<Piece<'_>, Cut> {
    let length = blank(bytes);
    if length > 0 {
        return Ok(Piece::Blank(length));
    }
    let mut record = match head(bytes, Place::Known) {
        Ok(Some(record)) => record,
        Ok(None) if is_end => {
            return Err(Cut::Broken("the file ends within the head of a WARC record".to_owned()));
        }
        Ok(None) => return Err(Cut::Partial),
        Err(reason) => return Err(Cut::Broken(reason)),
    };
    let end = record.content.end;
    if end > max_record {
        return Err(NonZeroU64::new(end as u64).map_or(Cut::Partial, Cut::TooLong));
    }
    let Some(after) = bytes.get(end..) else {
        let reason = || {
            format!("the file ends within a WARC record, or the record's Content-Length {} is wrong", {
                record.content.len()
            })
        };
        return Err(if is_end { Cut::Broken(reason()) } else { Cut::Partial });
    };
    match end_of_record(after, is_end) {
        End::After(length) => record.length = end + length,
        End::Unknown => return Err(Cut::Partial),
        End::Wrong => {
            return Err(Cut::Broken(format!(
                "the content of the WARC record is not followed by two line ends: its Content-Length {} is wrong",
                record.content.len()
            )));
        }
    }
    Ok(Piece::Record(record))
}

/// The length of the empty lines, or of the byte order mark, at the start of `bytes`.
fn blank(bytes: &[u8]) -> usize {
    let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let is_break = |byte: &u8| matches!(byte, b'\r' | b'\n');
    mark + bytes[mark..].iter().position(|byte| !is_break(byte)).unwrap_or(bytes.len() - mark)
}

/// How a record ends, given the bytes after its content.
enum End {
    /// With this many bytes.
    After(usize),
    /// More bytes are needed to see it.
    Unknown,
    /// Not here.
    Wrong,
}

fn end_of_record(after: &[u8], is_end: bool) -> End {
    if after.starts_with(END) {
        return End::After(END.len());
    }
    let length = blank(after);
    let rest = &after[length..];
    let shown = rest.len().min(MARK.len());
    if rest[..shown] != MARK[..shown] {
        return End::Wrong;
    }
    // Nothing follows, or another record, or so many empty lines that they end the record.
    if shown == MARK.len() || (is_end && shown == 0) || length > LONGEST_HEAD {
        End::After(length)
    } else if is_end {
        End::Wrong
    } else {
        End::Unknown
    }
}

/// How a reader came to the start of a head.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// After a record.
    Known,
    /// By a search for the bytes of a mark.
    Guessed,
}

/// Reads the head of the record at the start of `bytes`; `None` if it is not complete. The content may reach beyond the end
/// of `bytes`. A head at a guessed place has no line that ends like the first line of another record, so that a search reads
/// no byte twice.
///
/// # Errors
/// Says why this is not a WARC record.
fn head(bytes: &[u8], place: Place) -> Result<Option<WarcRecord<'_>>, String> {
    let known = bytes.len().min(MARK.len());
    if bytes[..known] != MARK[..known] {
        return Err("expected a WARC record (\"WARC/1.0\") here".to_owned());
    }
    let first = &bytes[..bytes.len().min(MARK.len() + LONGEST_VERSION)];
    if first.len() == MARK.len() + LONGEST_VERSION && memchr::memchr(b'\n', first).is_none() {
        return Err(NO_VERSION.to_owned());
    }
    let within = &bytes[..bytes.len().min(LONGEST_HEAD)];
    let mut record = WarcRecord::default();
    let (mut length, mut has_kind) = (None, false);
    let mut start = 0;
    while let Some(end) = memchr::memchr(b'\n', &within[start..]) {
        let line = &within[start..start + end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let is_first = start == 0;
        start += end + 1;
        if is_first && !is_version(line) {
            return Err(NO_VERSION.to_owned());
        }
        let other = match place {
            Place::Known => 0,
            Place::Guessed => memchr::memmem::rfind(line, MARK).unwrap_or(0),
        };
        if !is_first && is_version(&line[other..]) {
            return Err("another WARC record begins within the head of this one".to_owned());
        }
        if line.is_empty() {
            let length: usize = length.flatten().ok_or("the WARC record has no valid Content-Length")?;
            if !has_kind {
                return Err("the WARC record has no WARC-Type".to_owned());
            }
            record.content = start..start + length;
            record.length = record.content.end;
            return Ok(Some(record));
        }
        // A line that starts with a space continues the field before it. No such field matters here.
        let Some(colon) = memchr::memchr(b':', line).filter(|_| !line.starts_with(b" ")) else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        if is("WARC-Type") {
            (record.kind, has_kind) = (String::from_utf8_lossy(value), true);
        } else if is("WARC-Record-ID") {
            record.id = Some(String::from_utf8_lossy(value));
        } else if is("WARC-Date") {
            record.date = Some(String::from_utf8_lossy(value));
        } else if is("Content-Length") {
            let number = std::str::from_utf8(value).ok().and_then(|value| value.parse::<usize>().ok());
            length = Some(number.filter(|&length| length < usize::MAX / 4));
        }
    }
    if within.len() == LONGEST_HEAD {
        return Err(format!("the head of the WARC record is longer than {LONGEST_HEAD} bytes"));
    }
    Ok(None)
}

/// Whether a line is the first one of a record: `WARC/`, digits, a point, digits.
fn is_version(line: &[u8]) -> bool {
    let Some(version) = line.strip_prefix(MARK).map(<[u8]>::trim_ascii_end) else { return false };
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    match version.iter().position(|&byte| byte == b'.') {
        Some(point) => is_number(&version[..point]) && is_number(&version[point + 1..]),
        None => false,
    }
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
                let line_end: &[u8] = if line.ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
                new.extend_from_slice(name);
                new.extend_from_slice(format!(": {length}").as_bytes());
                new.extend_from_slice(line_end);
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

    fn whole(length: usize) -> Cut {
        Cut::Whole(NonZeroUsize::new(length).unwrap())
    }

    #[test]
    fn a_record_ends_where_its_length_says() {
        let one = conversion("a text\r\n\r\nWARC/1.0 that quotes another");
        let found = head(one.as_bytes(), Place::Known).unwrap().unwrap();
        assert_eq!((&*found.kind, found.id.as_deref()), ("conversion", Some("<urn:uuid:1>")));
        assert_eq!(&one[found.content.clone()], "a text\r\n\r\nWARC/1.0 that quotes another");
        let two = format!("{one}{one}");
        assert_eq!(Warc.cut(two.as_bytes(), 1000, false), whole(two.len()));
        for cut in 0..one.len() {
            let bytes = &two.as_bytes()[..one.len() + cut];
            let found = Warc.cut(bytes, 1000, false);
            assert!(found == whole(one.len()) || cut + END.len() > one.len(), "{cut}: {found:?}");
        }
        let long = NonZeroU64::new((one.len() - END.len()) as u64).unwrap();
        assert_eq!(Warc.cut(two.as_bytes(), 20, false), Cut::TooLong(long));
    }

    #[test]
    fn line_ends_may_differ_from_the_standard() {
        let one = conversion("a text");
        for (is_end, text) in [
            (true, one.replace("\r\n", "\n")),
            (true, one.trim_end().to_owned()),
            (false, format!("\r\n\n{one}\n\n\r\n{}\nWARC/1.0", one.trim_end())),
            (true, one.replace("WARC/1.0", "WARC/0.18").replace("1.0", "1.1")),
            (true, format!("\u{feff}{one}")),
        ] {
            let rest = if is_end { 0 } else { "WARC/1.0".len() };
            assert_eq!(Warc.cut(text.as_bytes(), 1000, is_end), whole(text.len() - rest), "{text:?}");
        }
    }

    #[test]
    fn a_head_is_adapted_to_new_content() {
        let one = conversion("a text that is long");
        let one = one.replacen(
            "WARC-Date",
            "WARC-Block-Digest: sha1:ABC\r\n goes on\r\nWARC-Payload-Digest: sha1:DEF\r\nWARC-Date",
            1,
        );
        let before = &one.as_bytes()[..head(one.as_bytes(), Place::Known).unwrap().unwrap().content.start];
        let new = [&head_for(before, 6)[..], b"a text", END].concat();
        assert_eq!(new, conversion("a text").as_bytes());
        assert_eq!(Warc.cut(&new, 1000, true), whole(new.len()));
    }

    #[test]
    fn bytes_that_are_no_record_are_refused_with_the_reason() {
        let reason = |bytes: &[u8]| match Warc.cut(bytes, 1000, true) {
            Cut::Broken(reason) => reason,
            cut => panic!("{cut:?}"),
        };
        assert!(reason(b"HTTP/1.1 200").contains("WARC/1.0"));
        assert!(reason(b"WARC/1.0\r\nA: b\r\n\r\n").contains("Content-Length"));
        assert!(reason(b"WARC/1.0\r\nWARC-Type: a\r\nWARC/1.0\r\n").contains("another WARC record"));
        assert!(reason(conversion("abc").replace("Length: 3", "Length: 2").as_bytes()).contains("is wrong"));
        assert!(reason(&conversion("abc").as_bytes()[..60]).contains("ends within"));
    }

    #[test]
    fn reading_goes_on_at_the_next_valid_head() {
        let one = conversion("abc");
        let junk = "junk WARC/1.0 and WARC/x\r\n WARC/1.0\r\nno head\r\n";
        let bytes = format!("{junk}{one}");
        assert_eq!(Warc.resume(bytes.as_bytes(), true), Resume::At(junk.len()));
        let cut = &bytes.as_bytes()[..junk.len() + 30];
        assert_eq!(Warc.resume(cut, false), Resume::NotBefore(junk.len()));
        assert_eq!(Warc.resume(cut, true), Resume::NotBefore(cut.len()));
        assert_eq!(Warc.resume(b"junk WAR", false), Resume::NotBefore(4));
    }
}
