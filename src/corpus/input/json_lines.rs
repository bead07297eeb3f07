//! JSON lines: an object on each line. Up to three of its fields are used.
//!
//! In: bytes of whole lines. Out: for each line its text, its id and the field that ranks it. The other fields are checked to
//! be valid JSON and skipped; `NaN` and infinities, which some programs write, are allowed there. No tree is built, and the
//! text is unescaped only if it has a backslash.

use crate::corpus::input::format::{ByteFormat, Cut, Layout, LongRecord, RecordFormat, utf8};
use crate::corpus::input::lines::{BYTE_ORDER_MARK, JsonLine};
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::Fields;
use crate::corpus::store::priority;
use crate::error::Error;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct JsonLines;

impl RecordFormat for JsonLines {
    fn name(&self) -> &'static str {
        "jsonl"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["jsonl", "jl", "ndjson", "json"]
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
    fn cut(&self, bytes: &[u8], _max_record: usize, is_end: bool) -> Cut {
        let length =
            if is_end { bytes.len() } else { memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1) };
        NonZeroUsize::new(length).map_or(Cut::Partial, Cut::Whole)
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
                    Ok(text) => read_line(text, sink),
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

fn read_line<'l>(line: &'l str, sink: &mut RecordSink<'_>) -> Result<RecordText<'l>, String> {
    let settings = sink.settings;
    let fields = settings.fields;
    let [text, id, rank] = find(line, [Some(fields.text), Some(fields.id), fields.priority])?;
    let Some(value) = text else {
        sink.note_without_text(|| names(line));
        return Err(format!("has no {:?}", fields.text));
    };
    let text = string(value, fields.text)?;
    let start = value.as_ptr() as usize - line.as_ptr() as usize;
    let id = id_of(id, fields.id)?.map(Cow::Borrowed);
    let priority = priority::of_json(settings.keep, text.len(), rank);
    Ok(RecordText { text, place: start..start + value.len(), id, priority })
}

/// The id of a record, as JSON: a string or a number.
fn id_of<'l>(value: Option<&'l str>, name: &str) -> Result<Option<&'l str>, String> {
    match value {
        None | Some("null") => Ok(None),
        Some(id) if id.starts_with('"') => string(id, name).map(|_| Some(id)),
        Some(id) if id.starts_with(|c: char| c.is_ascii_digit()) => Ok(Some(id)),
        Some(id) if id.starts_with('-') && id[1..].starts_with(|c: char| c.is_ascii_digit()) => Ok(Some(id)),
        Some(_) => Err(format!("{name:?} is neither a string nor a number")),
    }
}

/// The values of some fields of a line, unparsed. If a field occurs twice, the last one is used, as most readers do.
///
/// A path with points, such as `meta.text`, names a field of an object inside the record, or a field whose name has points.
///
/// # Errors
/// Says why the line is not a JSON object, in words that follow the name of the record.
pub(crate) fn find<'l, const N: usize>(
    line: &'l str,
    paths: [Option<&str>; N],
) -> Result<[Option<&'l str>; N], String> {
    match parse(line, &paths) {
        Err(error) if error.classify() != Category::Data => {
            // Python writes NaN and infinities, which JSON does not have.
            let lenient = without_special_numbers(line).and_then(|copy| {
                let base = copy.as_ptr() as usize;
                let found = parse(&copy, &paths).ok()?;
                Some(found.map(|value| {
                    let value = value?;
                    let start = value.as_ptr() as usize - base;
                    // A number and the spaces in place of the rest of a special number.
                    Some(line[start..start + value.len()].trim_ascii_end())
                }))
            });
            lenient.ok_or_else(|| reason(&error))
        }
        parsed => parsed.map_err(|error| reason(&error)),
    }
}

fn parse<'l, const N: usize>(
    line: &'l str,
    paths: &[Option<&str>; N],
) -> Result<[Option<&'l str>; N], serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let found = reader.deserialize_map(Finder(paths))?;
    reader.end().map(|()| found)
}

/// The message of the parser without its "line 1", which would mislead: the parser saw one line only.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string().replace(" at line 1 column ", " at column ");
    match error.classify() {
        Category::Data => "is not a JSON object".to_owned(),
        _ => format!("is not valid JSON: {text}"),
    }
}

/// The line with each `NaN`, `Infinity` and `-Infinity` outside strings as a zero and spaces, of the same length; `None` if
/// it has none.
fn without_special_numbers(line: &str) -> Option<String> {
    let mut bytes = line.as_bytes().to_vec();
    let (mut at, mut is_string, mut found) = (0, false, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => is_string = !is_string,
            b'\\' if is_string => at += 1,
            b'N' | b'I' | b'-' if !is_string => {
                let special = ["NaN", "Infinity", "-Infinity"];
                if let Some(name) = special.into_iter().find(|name| bytes[at..].starts_with(name.as_bytes()))
                {
                    bytes[at..at + name.len()].fill(b' ');
                    bytes[at] = b'0';
                    found = true;
                }
            }
            _ => {}
        }
        at += 1;
    }
    String::from_utf8(bytes).ok().filter(|_| found)
}

/// The names of the fields of a line, for messages; none if it is no object.
fn names(line: &str) -> Vec<String> {
    let parse = |line: &str| serde_json::from_str::<BTreeMap<String, IgnoredAny>>(line).ok();
    let fields = parse(line).or_else(|| parse(&without_special_numbers(line)?));
    fields.map(|fields| fields.into_keys().collect()).unwrap_or_default()
}

impl JsonLine {
    /// The values of some fields, as JSON; `None` for a field that the record does not have. A path with points, such as
    /// `meta.text`, names a field of an object inside the record.
    ///
    /// No tree is built, so a field of any size that is not asked for costs no memory.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a line above the limit, [`Error::is_corrupt`] if the line is not a JSON object in UTF-8. The message
    /// does not name the line.
    ///
    /// # Example
    /// ```
    /// use refrain::corpus::input::JsonLines;
    /// let lines = r#"{"meta":{"text":"a text"},"id":7}"#.as_bytes();
    /// let line = JsonLines::new(lines, 1 << 20).next().unwrap()?;
    /// assert_eq!(line.fields(["id", "meta.text", "url"])?, [Some("7"), Some("\"a text\""), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fields<const N: usize>(&self, paths: [&str; N]) -> Result<[Option<&str>; N], Error> {
        let bytes = self.bytes().map_err(|long| Error::too_large(long.to_string()))?;
        let line = utf8(bytes).map_err(|error| {
            Error::corrupt(format!("is not valid JSON: no valid UTF-8 at byte {}", error.valid_up_to()))
        })?;
        find(line, paths.map(Some)).map_err(Error::corrupt)
    }
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

/// Finds the values of paths in an object.
struct Finder<'p, const N: usize>(&'p [Option<&'p str>; N]);

impl<'l, const N: usize> Visitor<'l> for Finder<'_, N> {
    type Value = [Option<&'l str>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'l>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut found = [None; N];
        while let Some(matched) = map.next_key_seed(Key(self.0))? {
            if matched.is_other() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<&RawValue>()?.get();
            // The same field may be wanted more than once.
            for (place, is_meant) in found.iter_mut().zip(matched.whole) {
                if is_meant {
                    *place = Some(value);
                }
            }
            if matched.rests.iter().any(Option::is_some) && value.starts_with('{') {
                // The value is valid: the parser has just read it.
                let within = parse(value, &matched.rests).unwrap_or([None; N]);
                for (place, value) in found.iter_mut().zip(within) {
                    *place = value.or(*place);
                }
            }
        }
        Ok(found)
    }
}

/// Which of the wanted paths a key matches.
struct Matched<'p, const N: usize> {
    /// The whole path.
    whole: [bool; N],
    /// The first part of the path; this is the rest.
    rests: [Option<&'p str>; N],
}

impl<const N: usize> Matched<'_, N> {
    fn is_other(&self) -> bool {
        !self.whole.contains(&true) && self.rests.iter().all(Option::is_none)
    }
}

struct Key<'p, const N: usize>(&'p [Option<&'p str>; N]);

impl<'l, 'p, const N: usize> DeserializeSeed<'l> for Key<'p, N> {
    type Value = Matched<'p, N>;

    fn deserialize<D: serde::Deserializer<'l>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'p, const N: usize> Visitor<'_> for Key<'p, N> {
    type Value = Matched<'p, N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let mut matched = Matched { whole: [false; N], rests: [None; N] };
        for (place, path) in self.0.iter().enumerate() {
            let Some(path) = path else { continue };
            if path.len() == name.len() {
                matched.whole[place] = *path == name;
            } else if path.as_bytes().get(name.len()) == Some(&b'.') && path.starts_with(name) {
                matched.rests[place] = Some(&path[name.len() + 1..]);
            }
        }
        Ok(matched)
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Self::Value, E> {
        Err(E::custom("the name of a field is not valid UTF-8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PATHS: [Option<&str>; 3] = [Some("text"), Some("id"), Some("score")];

    #[test]
    fn fields_are_found_unparsed() {
        let line = r#" {"a":{"text":"no"},"te\u0078t":"x\ny","id":7,"b":[1,{"id":2}],"score":1e3} "#;
        assert_eq!(find(line, PATHS), Ok([Some(r#""x\ny""#), Some("7"), Some("1e3")]));
        assert_eq!(string(r#""x\ny""#, "text").unwrap(), "x\ny");
        let twice = find(r#"{"text":"a","text":"b"}"#, [Some("text"), Some("text"), None]);
        assert_eq!(twice, Ok([Some(r#""b""#), Some(r#""b""#), None]));
    }

    #[test]
    fn a_path_with_points_leads_into_objects() {
        let line = r#"{"meta":{"a":{"text":"deep"},"id":4},"meta.id":5,"meta.a":{"text":6},"a":{"b":1}}"#;
        let found = find(line, [Some("meta.a.text"), Some("meta.id"), Some("meta")]);
        let meta = r#"{"a":{"text":"deep"},"id":4}"#;
        assert_eq!(found, Ok([Some("6"), Some("5"), Some(meta)]));
        assert_eq!(find(line, [Some("a.b"), Some("a.b.c"), Some("b.a")]), Ok([Some("1"), None, None]));
    }

    #[test]
    fn numbers_that_json_does_not_have_do_no_harm_in_other_fields() {
        let line = r#"{"a":NaN,"b":[Infinity,-Infinity],"c":1e999,"d":123456789012345678901234567890,"text":"NaN \" -Infinity","id":-7}"#;
        assert_eq!(find(line, PATHS), Ok([Some(r#""NaN \" -Infinity""#), Some("-7"), None]));
        let found = find(r#"{"text":NaN,"id":-Infinity}"#, PATHS).unwrap();
        assert!(string(found[0].unwrap(), "text").is_err());
        assert!(id_of(found[1], "id").unwrap_err().contains("neither a string nor a number"));
        assert!(find(r#"{"text":"a","b":NaN,"c":nul}"#, PATHS).is_err());
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
            let reason = find(line, PATHS).unwrap_err();
            assert!(reason.contains(expected), "{line}: {reason}");
        }
        assert!(string("12", "text").unwrap_err().contains("\"text\" is not a string"));
        assert!(string(r#""\ud800""#, "text").is_err());
    }

    proptest! {
        /// `find` agrees on every line with a parser that builds the whole tree.
        #[test]
        fn finding_agrees_with_parsing(
            line in prop_oneof!["[{}\\[\\]\",:a-e0-9 \\\\tx]{0,20}", r#"\{"text":"[^"\\]{0,9}","id":[0-9a"]{1,3}\}"#],
        ) {
            let whole: Result<serde_json::Map<String, serde_json::Value>, _> = serde_json::from_str(&line);
            let found = find(&line, PATHS);
            prop_assert_eq!(whole.is_ok(), found.is_ok(), "{:?} {:?}", whole, found);
            if let (Ok(whole), Ok([text, ..])) = (whole, found) {
                let value = text.map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap());
                prop_assert_eq!(whole.get("text").cloned(), value);
            }
        }
    }
}
