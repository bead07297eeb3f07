//! CSV and TSV: a table of text, with the names of its columns in the first line.
//!
//! In: bytes of whole records, and the names of the columns. Out: for each record its text, its id and the field that ranks it;
//! the stored form of a text. Fields are separated by commas or tabs. A field that begins with a quotation mark may hold
//! separators and line ends, and a doubled quotation mark in it means one. A record may have fewer or more fields than the
//! first line.
//!
//! **Cost.** One pass to find the ends of records, and one to find the fields of each.
//!
//! **Source.** RFC 4180.

use crate::corpus::input::format::{ByteFormat, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::Fields;
use crate::corpus::store::priority::{self, FieldValue};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::ops::Range;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Separated {
    name: &'static str,
    separator: u8,
}

pub(crate) static CSV: Separated = Separated { name: "csv", separator: b',' };
pub(crate) static TSV: Separated = Separated { name: "tsv", separator: b'\t' };

impl RecordFormat for Separated {
    fn name(&self) -> &'static str {
        self.name
    }

    fn endings(&self) -> &'static [&'static str] {
        if self.separator == b',' { &["csv"] } else { &["tsv", "tab"] }
    }

    fn layout(&self) -> Layout {
        Layout::Bytes(if self.separator == b',' { &CSV } else { &TSV })
    }

    fn decode<'t>(&self, stored: &'t [u8], _fields: Fields<'_>) -> Option<Cow<'t, str>> {
        utf8(stored).ok().map(plain)
    }

    fn encode(&self, text: String) -> Vec<u8> {
        format!("\"{}\"", text.replace('"', "\"\"")).into_bytes()
    }

    fn columns(&self, head: &[u8]) -> Vec<String> {
        let head = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
        let line = &head[..self.end_of_record(head).unwrap_or(head.len())];
        self.fields(line)
            .map(|field| plain(&String::from_utf8_lossy(&line[field])).trim().to_owned())
            .collect()
    }
}

impl ByteFormat for Separated {
    fn cut(&self, bytes: &[u8], _max_record: usize, is_end: bool) -> Cut {
        let mut whole = if is_end { bytes.len() } else { 0 };
        while let Some(end) = self.end_of_record(&bytes[whole..]) {
            whole += end;
        }
        NonZeroUsize::new(whole).map_or(Cut::Partial, Cut::Whole)
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::EndsWithLine
    }

    fn read(&self, bytes: &[u8], offset: u64, sink: &mut RecordSink<'_>) {
        let place = |name: &str| sink.columns.iter().position(|column| column == name);
        let Fields { text, id, priority } = sink.settings.fields;
        let places = [place(text), place(id), priority.and_then(place)];
        let mut start = 0;
        while start < bytes.len() {
            let end = self.end_of_record(&bytes[start..]).map_or(bytes.len(), |end| start + end);
            let record = &bytes[start..end];
            let is_header = offset + start as u64 == 0;
            start = end;
            if is_header || record.trim_ascii().is_empty() {
                sink.skip(record.len());
            } else if record.len() > sink.settings.max_record {
                sink.reject_long(record.len() as u64);
            } else {
                let found = match utf8(record) {
                    Ok(text) => self.read_record(text, places, sink),
                    Err(error) => Err(format!("is not valid UTF-8 at its byte {}", error.valid_up_to())),
                };
                sink.add(found, record.len(), 0);
            }
        }
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        memchr::memchr_iter(b'\n', bytes).count() as u64
    }
}

impl Separated {
    fn read_record<'r>(
        &self,
        record: &'r str,
        places: [Option<usize>; 3],
        sink: &mut RecordSink<'_>,
    ) -> Result<RecordText<'r>, String> {
        let fields = sink.settings.fields;
        let mut found = [None, None, None];
        for (number, field) in self.fields(record.as_bytes()).enumerate() {
            for (place, found) in places.iter().zip(&mut found) {
                if *place == Some(number) {
                    *found = Some(field.clone());
                }
            }
        }
        let [text, id, rank] = found;
        let Some(place) = text else {
            if places[0].is_none() {
                let names = sink.columns.to_vec();
                sink.note_without_text(|| names);
            }
            return Err(format!("has no {:?}", fields.text));
        };
        let text = plain(&record[place.clone()]);
        let id = id.map(|id| plain(&record[id])).filter(|id| !id.is_empty());
        let id = id.map(|id| Cow::Owned(serde_json::Value::from(id).to_string()));
        let rank = rank.map(|rank| plain(&record[rank]));
        let rank = match &rank {
            None => FieldValue::Null,
            Some(value) => value.trim().parse().map_or(FieldValue::String(value), FieldValue::Float),
        };
        let priority = priority::of_column(sink.settings.keep, text.len(), rank);
        Ok(RecordText { text, place, id, priority })
    }

    /// The length of the first record, its line end included; `None` if it does not end in these bytes.
    fn end_of_record(&self, bytes: &[u8]) -> Option<usize> {
        let mut start = 0;
        loop {
            let end = self.end_of_field(&bytes[start..])?;
            start += end + 1;
            if bytes[start - 1] == b'\n' {
                return Some(start);
            }
        }
    }

    /// The length of the first field; `None` if neither a separator nor a line end follows.
    fn end_of_field(&self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        if bytes.first() == Some(&b'"') {
            at = 1;
            loop {
                at += memchr::memchr(b'"', &bytes[at..])? + 1;
                if bytes.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
        }
        memchr::memchr2(self.separator, b'\n', &bytes[at..]).map(|end| at + end)
    }

    /// The places of the fields of a record, with their quotation marks.
    fn fields<'r>(&'r self, record: &'r [u8]) -> impl Iterator<Item = Range<usize>> + 'r {
        let line = record.strip_suffix(b"\n").unwrap_or(record);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let end = self.end_of_field(&line[start..]).map(|end| start + end);
            next = end.map(|end| end + 1);
            Some(start..end.unwrap_or(line.len()))
        })
    }
}

/// A field without its quotation marks.
fn plain(field: &str) -> Cow<'_, str> {
    let Some(inner) = field.strip_prefix('"') else { return Cow::Borrowed(field) };
    match inner.strip_suffix('"') {
        Some(inner) if !inner.contains('"') => Cow::Borrowed(inner),
        // What follows the closing mark is kept, as other readers do.
        _ => {
            let (mut text, mut rest) = (String::with_capacity(inner.len()), inner);
            while let Some(mark) = rest.find('"') {
                text.push_str(&rest[..mark]);
                rest = &rest[mark + 1..];
                if !rest.starts_with('"') {
                    break;
                }
                text.push('"');
                rest = &rest[1..];
            }
            text.push_str(rest);
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(record: &str) -> Vec<String> {
        CSV.fields(record.as_bytes()).map(|field| plain(&record[field]).into_owned()).collect()
    }

    #[test]
    fn quoted_fields_hold_separators_and_line_ends() {
        let record = "a,\"b,\r\n\"\"c\"\"\",,d \"e\"\r\n";
        assert_eq!(CSV.end_of_record(record.as_bytes()), Some(record.len()));
        assert_eq!(fields(record), ["a", "b,\r\n\"c\"", "", "d \"e\""]);
        assert_eq!(CSV.end_of_record(b"a,\"b\nc"), None);
        assert_eq!(fields("\"open, and never closed"), ["open, and never closed"]);
        assert_eq!(CSV.columns("\u{feff}id,\"the text\"\r\n1,2".as_bytes()), ["id", "the text"]);
        assert_eq!(TSV.columns(b"id\ttext\n"), ["id", "text"]);
    }

    proptest! {
        #[test]
        fn fields_are_read_as_they_are_written(texts in proptest::collection::vec(any::<String>(), 1..6)) {
            let written: Vec<String> =
                texts.iter().map(|text| String::from_utf8(CSV.encode(text.clone())).unwrap()).collect();
            let record = format!("{}\n", written.join(","));
            prop_assert_eq!(CSV.end_of_record(record.as_bytes()), Some(record.len()));
            prop_assert_eq!(fields(&record), texts);
        }
    }
}
