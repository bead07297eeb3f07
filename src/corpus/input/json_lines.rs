//! JSON lines: an object on each line. Up to three of its fields are used.
//!
//! In: bytes of whole lines. Out: for each line its text, its id and the field that ranks it. The other fields are checked to
//! be valid JSON and skipped. No tree is built, and the text is unescaped only if it has a backslash.

use crate::corpus::input::format::{ByteFormat, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::{Fields, ReadSettings};
use crate::corpus::store::priority;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct JsonLines;

impl RecordFormat for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json"]
    }

    fn layout(&self) -> Layout {
        Layout::Bytes(&JsonLines)
    }

    fn decode<'t>(&self, stored: &'t [u8], fields: Fields<'_>) -> Option<Cow<'t, str>> {
        string(utf8(stored).ok()?, fields.text).ok()
    }

    fn encode(&self, text: String) -> Vec<u8> {
        serde_json::Value::from(text).to_string().into_bytes()
    }
}

impl ByteFormat for JsonLines {
    fn cut(&self, bytes: &[u8], _max_record: usize) -> Result<Cut, String> {
        Ok(Cut::Whole(memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1)))
    }

    fn long_record(&self) -> LongRecord {
        LongRecord::EndsWithLine
    }

    fn read(&self, bytes: &[u8], offset: u64, sink: &mut RecordSink<'_>) {
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
            let mut line = &bytes[start..end];
            let mut skipped = 0;
            if offset + start as u64 == 0 && line.starts_with(BYTE_ORDER_MARK) {
                skipped = BYTE_ORDER_MARK.len();
                line = &line[skipped..];
            }
            start = end;
            if line.trim_ascii().is_empty() {
                sink.skip(line.len() + skipped);
            } else if line.len() > sink.settings.max_record {
                sink.reject_long(line.len() as u64);
            } else {
                let found = match utf8(line) {
                    Ok(text) => read_line(text, sink.settings),
                    Err(error) => Err(format!("is not valid UTF-8 at its byte {}", error.valid_up_to())),
                };
                sink.add(found, line.len() + skipped, skipped);
            }
        }
    }

    fn count(&self, bytes: &[u8]) -> u64 {
        memchr::memchr_iter(b'\n', bytes).count() as u64
    }
}

fn read_line<'l>(line: &'l str, settings: ReadSettings<'_>) -> Result<RecordText<'l>, String> {
    let fields = settings.fields;
    let found = parse(line, fields)?;
    let value = found.text.ok_or_else(|| format!("has no {:?}", fields.text))?;
    let text = string(value, fields.text)?;
    let start = value.as_ptr() as usize - line.as_ptr() as usize;
    let id = match found.id {
        None | Some("null") => None,
        Some(id) if id.starts_with('"') || id.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
            Some(Cow::Borrowed(id))
        }
        Some(_) => return Err(format!("{:?} is neither a string nor a number", fields.id)),
    };
    let priority = priority::of_json(settings.keep, text.len(), found.priority);
    Ok(RecordText { text, place: start..start + value.len(), id, priority })
}

/// The fields that a line has: unparsed JSON values.
#[derive(Debug, Default)]
struct LineFields<'l> {
    text: Option<&'l str>,
    id: Option<&'l str>,
    priority: Option<&'l str>,
}

/// Finds the fields of a line. If a field occurs twice, the last one is used, as most readers do.
///
/// # Errors
/// Says why the line is not a JSON object, in words that follow the name of the record.
fn parse<'l>(line: &'l str, fields: Fields<'_>) -> Result<LineFields<'l>, String> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let parsed = reader.deserialize_map(Finder(fields)).and_then(|parsed| reader.end().map(|()| parsed));
    parsed.map_err(|error| {
        // The parser saw one line only, and its "line 1" would mislead.
        let reason = error.to_string().replace(" at line 1 column ", " at column ");
        match error.classify() {
            serde_json::error::Category::Data => reason,
            _ => format!("is not valid JSON: {reason}"),
        }
    })
}

/// Parses a JSON value that must be a string.
///
/// # Errors
/// Says why the value is not a string.
fn string<'v>(value: &'v str, name: &str) -> Result<Cow<'v, str>, String> {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Err(format!("{name:?} is not a string"));
    };
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    let unescaped: Result<String, _> = serde_json::from_str(value);
    unescaped.map(Cow::Owned).map_err(|error| {
        format!(
            "{name:?} is not a valid JSON string: {}",
            error.to_string().replace(" at line 1 column ", " at its byte ")
        )
    })
}

struct Finder<'n>(Fields<'n>);

impl<'l> Visitor<'l> for Finder<'_> {
    type Value = LineFields<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'l>>(self, mut map: M) -> Result<LineFields<'l>, M::Error> {
        let mut line = LineFields::default();
        while let Some(matched) = map.next_key_seed(Key(self.0))? {
            if !(matched.text || matched.id || matched.priority) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<&RawValue>()?.get();
            // The same field may be text, id and priority at once.
            for (place, is_meant) in [
                (&mut line.text, matched.text),
                (&mut line.id, matched.id),
                (&mut line.priority, matched.priority),
            ] {
                if is_meant {
                    *place = Some(value);
                }
            }
        }
        Ok(line)
    }
}

/// Which of the wanted fields a key names.
struct Matched {
    text: bool,
    id: bool,
    priority: bool,
}

struct Key<'n>(Fields<'n>);

impl<'l> DeserializeSeed<'l> for Key<'_> {
    type Value = Matched;

    fn deserialize<D: serde::Deserializer<'l>>(self, key: D) -> Result<Matched, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Matched;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Matched, E> {
        let Fields { text, id, priority } = self.0;
        Ok(Matched { text: name == text, id: name == id, priority: Some(name) == priority })
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Matched, E> {
        Err(E::custom("the name of a field is not valid UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: Fields<'_> = Fields { text: "text", id: "id", priority: Some("score") };

    #[test]
    fn fields_are_found_unparsed() {
        let line = r#" {"a":{"text":"no"},"te\u0078t":"x\ny","id":7,"b":[1,{"id":2}],"score":1e3} "#;
        let found = parse(line, FIELDS).unwrap();
        assert_eq!((found.text, found.id, found.priority), (Some(r#""x\ny""#), Some("7"), Some("1e3")));
        assert_eq!(string(found.text.unwrap(), "text").unwrap(), "x\ny");
        let one = Fields { text: "text", id: "text", priority: None };
        let found = parse(r#"{"text":"a","text":"b"}"#, one).unwrap();
        assert_eq!((found.text, found.id), (Some(r#""b""#), Some(r#""b""#)));
    }

    #[test]
    fn a_line_that_is_no_object_is_refused_with_its_reason() {
        for (line, expected) in [
            ("{\"text\":\"a\"", "is not valid JSON: EOF"),
            ("{\"text\":\"a\"} x", "is not valid JSON: trailing"),
            ("[1]", "a JSON object"),
            ("\"text\"", "a JSON object"),
            ("{\"text\":\"a\tb\"}", "is not valid JSON: control character"),
            ("{'text':1}", "is not valid JSON"),
        ] {
            let reason = parse(line, FIELDS).unwrap_err();
            assert!(reason.contains(expected), "{line}: {reason}");
        }
        assert!(string("12", "text").unwrap_err().contains("\"text\" is not a string"));
        assert!(string(r#""\ud800""#, "text").is_err());
    }

    proptest! {
        /// `parse` agrees on every line with a parser that builds the whole tree.
        #[test]
        fn finding_agrees_with_parsing(
            line in prop_oneof!["[{}\\[\\]\",:a-e0-9 \\\\tx]{0,20}", r#"\{"text":"[^"\\]{0,9}","id":[0-9a"]{1,3}\}"#],
        ) {
            let whole: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(&line);
            let found = parse(&line, FIELDS);
            prop_assert_eq!(whole.is_ok(), found.is_ok(), "{:?} {:?}", whole, found);
            if let (Ok(whole), Ok(found)) = (whole, found) {
                let value = found.text.map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
                prop_assert_eq!(whole.get("text").cloned(), value);
            }
        }
    }
}
