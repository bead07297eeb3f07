//! JSON lines: an object a line, of which three fields matter.
//!
//! In: a line. Out: where its text stands, its id, and the field that decides what is kept, as they stand in the line. The rest
//! is checked to be JSON and passed over; no tree is built, and the text is unescaped only where it has a backslash.

use crate::corpus::input::settings::Fields;
use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What was found in a line: JSON values, as they stand there.
#[derive(Debug, Default)]
pub(crate) struct Line<'l> {
    pub(crate) text: Option<&'l str>,
    pub(crate) id: Option<&'l str>,
    pub(crate) priority: Option<&'l str>,
}

/// Finds the fields of a line. Of a field that stands twice the last counts, as for most readers.
///
/// # Errors
/// Why the line is not a JSON object, in words that follow the name of the record.
pub(crate) fn parse<'l>(line: &'l str, fields: Fields<'_>) -> Result<Line<'l>, String> {
    let mut reader = serde_json::Deserializer::from_str(line);
    let parsed = reader.deserialize_map(Finder(fields)).and_then(|parsed| reader.end().map(|()| parsed));
    parsed.map_err(|error| {
        // The parser saw one line, and its "line 1" would mislead.
        let reason = error.to_string().replace(" at line 1 column ", " at column ");
        match error.classify() {
            serde_json::error::Category::Data => reason,
            _ => format!("is not valid JSON: {reason}"),
        }
    })
}

/// The string that a JSON value is.
///
/// # Errors
/// Why it is none.
pub(crate) fn string<'v>(value: &'v str, name: &str) -> Result<Cow<'v, str>, String> {
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
    type Value = Line<'l>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'l>>(self, mut map: M) -> Result<Line<'l>, M::Error> {
        let mut line = Line::default();
        while let Some(matched) = map.next_key_seed(Key(self.0))? {
            if !(matched.text || matched.id || matched.priority) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value::<&RawValue>()?.get();
            // One field may play several parts.
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

/// Which of the fields a key names.
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
    fn fields_are_found_as_they_stand() {
        let line = r#" {"a":{"text":"no"},"te\u0078t":"x\ny","id":7,"b":[1,{"id":2}],"score":1e3} "#;
        let found = parse(line, FIELDS).unwrap();
        assert_eq!((found.text, found.id, found.priority), (Some(r#""x\ny""#), Some("7"), Some("1e3")));
        assert_eq!(string(found.text.unwrap(), "text").unwrap(), "x\ny");
        let one = Fields { text: "text", id: "text", priority: None };
        let found = parse(r#"{"text":"a","text":"b"}"#, one).unwrap();
        assert_eq!((found.text, found.id), (Some(r#""b""#), Some(r#""b""#)));
    }

    #[test]
    fn what_is_no_object_is_told() {
        for (line, told) in [
            ("{\"text\":\"a\"", "is not valid JSON: EOF"),
            ("{\"text\":\"a\"} x", "is not valid JSON: trailing"),
            ("[1]", "a JSON object"),
            ("\"text\"", "a JSON object"),
            ("{\"text\":\"a\tb\"}", "is not valid JSON: control character"),
            ("{'text':1}", "is not valid JSON"),
        ] {
            let reason = parse(line, FIELDS).unwrap_err();
            assert!(reason.contains(told), "{line}: {reason}");
        }
        assert!(string("12", "text").unwrap_err().contains("\"text\" is not a string"));
        assert!(string(r#""\ud800""#, "text").is_err());
    }

    proptest! {
        /// The finder says of any line what a parser says that builds the whole tree.
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
