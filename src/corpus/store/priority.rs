//! The priority of a document: one number, by which the keep policy prefers it to others.
//!
//! In: the keep policy, and the text or the field that it names. Out: a number of 64 bits. A higher number is better, and a
//! document without the field has 0. If priorities are equal, the order of the documents decides.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which document of a group of near-duplicates is kept.
///
/// Ties go to the first document: by path of the input, then by number of the record.
///
/// A policy can be read from text and written as text: `first`, `longest`, `score:FIELD`, `newest:FIELD`.
///
/// # Example
/// ```
/// use refrain::corpus::Keep;
/// let keep: Keep = "score:quality".parse()?;
/// assert_eq!(keep, Keep::Score("quality".to_owned()));
/// assert_eq!(keep.to_string(), "score:quality");
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Keep {
    /// The first: by path of the input, then by number of the record.
    #[default]
    First,
    /// The longest text, in bytes.
    Longest,
    /// The highest number in this field. Documents without the field rank last.
    Score(String),
    /// The latest point in time in this field: a number, or text such as `2024-03-01` or `2024-03-01T12:30:00+01:00`; in WARC the date
    /// of the record. Documents without the field rank last.
    Newest(String),
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Keep::First => f.write_str("first"),
            Keep::Longest => f.write_str("longest"),
            Keep::Score(field) => write!(f, "score:{field}"),
            Keep::Newest(field) => write!(f, "newest:{field}"),
        }
    }
}

impl FromStr for Keep {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(text: &str) -> Result<Keep, Error> {
        match text.split_once(':') {
            None if text == "first" => Ok(Keep::First),
            None if text == "longest" => Ok(Keep::Longest),
            Some(("score", field)) if !field.is_empty() => Ok(Keep::Score(field.to_owned())),
            Some(("newest", field)) if !field.is_empty() => Ok(Keep::Newest(field.to_owned())),
            _ => Err(Error::setting("expected first, longest, score:FIELD or newest:FIELD")),
        }
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(Keep);

impl Keep {
    /// The field that the policy uses, if it uses one.
    pub(crate) fn field(&self) -> Option<&str> {
        match self {
            Keep::Score(field) | Keep::Newest(field) => Some(field),
            Keep::First | Keep::Longest => None,
        }
    }
}

/// The value of a field: the kinds that can rank a document.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum FieldValue<'v> {
    Null,
    String(&'v str),
    Integer(i128),
    Float(f64),
    /// Microseconds since 1970.
    Time(i64),
    Other,
}

/// The priority of a document without the field.
pub(crate) const NONE: u64 = 0;

/// The priority of a document: its text has `text_bytes` bytes, and `field` is the unparsed JSON of its field.
pub(crate) fn of_json(keep: &Keep, text_bytes: usize, field: Option<&str>) -> u64 {
    match keep {
        Keep::First => NONE,
        Keep::Longest => text_bytes as u64,
        Keep::Score(_) => field.and_then(|value| value.parse().ok()).map_or(NONE, of_number),
        Keep::Newest(_) => field.and_then(seconds_of_json).map_or(NONE, of_number),
    }
}

/// The same for a value of a typed column.
pub(crate) fn of_column(keep: &Keep, text_bytes: usize, field: FieldValue<'_>) -> u64 {
    match (keep, field) {
        (Keep::First, _) => NONE,
        (Keep::Longest, _) => text_bytes as u64,
        (Keep::Score(_) | Keep::Newest(_), FieldValue::Integer(number)) => of_number(number as f64),
        (Keep::Score(_) | Keep::Newest(_), FieldValue::Float(number)) => of_number(number),
        (Keep::Newest(_), FieldValue::Time(microseconds)) => of_number(microseconds as f64 / 1e6),
        (Keep::Newest(_), FieldValue::String(date)) => seconds(date).map_or(NONE, of_number),
        _ => NONE,
    }
}

/// Maps numbers to integers in the same order; NaN maps to [`NONE`].
fn of_number(number: f64) -> u64 {
    if number.is_nan() {
        return NONE;
    }
    // Adding zero turns -0.0 into 0.0.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn seconds_of_json(value: &str) -> Option<f64> {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(date) => seconds(date),
        None => value.parse().ok(),
    }
}

/// Seconds since 1970 of a date, or of a date and a time, as RFC 3339 writes them. The seconds, the offset or the
/// whole time may be missing; without an offset it is UTC. `None` for anything else.
pub(crate) fn seconds(text: &str) -> Option<f64> {
    let text = text.trim();
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-').map(digits);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(date.len() == 10 && (1..=12).contains(&month) && (1..=31).contains(&day)) {
        return None;
    }
    let midnight = days(year, month, day) as f64 * 86_400.0;
    time.map_or(Some(midnight), |time| seconds_of_day(time).map(|seconds| midnight + seconds))
}

fn seconds_of_day(text: &str) -> Option<f64> {
    let (clock, offset) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) if text[at..].eq_ignore_ascii_case("z") => (&text[..at], 0.0),
        Some(at) => (&text[..at], offset(&text[at..])?),
        None => (text, 0.0),
    };
    let mut parts = clock.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let second: f64 = match parts.next() {
        Some(second) if second.starts_with(|c: char| c.is_ascii_digit()) => second.parse().ok()?,
        Some(_) => return None,
        None => 0.0,
    };
    let in_range = hour <= 24 && minute < 60 && second < 61.0;
    in_range.then(|| (hour * 3600 + minute * 60) as f64 + second - offset)
}

/// Seconds of `+hh:mm`, `+hhmm` or `+hh`.
fn offset(text: &str) -> Option<f64> {
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let clock: String = text[1..].chars().filter(|&c| c != ':').collect();
    let (hours, minutes) = clock.split_at_checked(2)?;
    let minutes = if minutes.is_empty() { 0 } else { digits(minutes)? };
    Some(sign * (digits(hours)? * 3600 + minutes * 60) as f64)
}

fn digits(text: &str) -> Option<i64> {
    let all = !text.is_empty() && text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if all { text.parse().ok() } else { None }
}

/// Days since 1970-01-01 in the Gregorian calendar. Years start in March, so that the leap day is their last day.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_seconds() {
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1970-01-02T00:00:01Z", 86_401.0),
            ("2000-02-29 12:30", 951_827_400.0),
            ("2024-03-01T12:30:00.5+01:00", 1_709_292_600.5),
            ("2024-03-01T12:30:00-0130", 1_709_301_600.0),
            ("1969-12-31T23:59:59z", -1.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-1-1",
            "2024-01-01T25:00",
            "2024-01-01T10:00:inf",
            "2024-01-01T10:00+x",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn priorities_have_the_order_of_the_numbers() {
        let numbers = [f64::NEG_INFINITY, -1e9, -1.0, -1e-9, 0.0, 1e-9, 1.0, 1e9, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| of_number(pair[0]) < of_number(pair[1])));
        assert_eq!(of_number(0.0), of_number(-0.0));
        assert!(of_number(f64::NEG_INFINITY) > NONE && of_number(f64::NAN) == NONE);
    }
}
