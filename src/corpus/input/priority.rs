//! Merit: what a document is kept for, as one number.
//!
//! In: the keep policy, and the text or the field it speaks of. Out: 64 bits of which more is better; 0 is the priority of a document
//! that has none. Equal prioritys are decided by the order of the documents.

use crate::corpus::input::parquet::Value;
use crate::corpus::settings::Keep;

/// The priority of a document without the field.
pub(crate) const NONE: u64 = 0;

/// The priority of a document whose text has so many bytes and whose field is that JSON value, as it stands.
pub(crate) fn of_json(keep: &Keep, text_bytes: usize, field: Option<&str>) -> u64 {
    match keep {
        Keep::First => NONE,
        Keep::Longest => text_bytes as u64,
        Keep::Score(_) => field.and_then(|value| value.parse().ok()).map_or(NONE, of_number),
        Keep::Newest(_) => field.and_then(seconds_of_json).map_or(NONE, of_number),
    }
}

/// The same for a value of a Parquet column.
pub(crate) fn of_column(keep: &Keep, text_bytes: usize, field: Value<'_>) -> u64 {
    match (keep, field) {
        (Keep::First, _) => NONE,
        (Keep::Longest, _) => text_bytes as u64,
        (Keep::Score(_) | Keep::Newest(_), Value::Integer(number)) => of_number(number as f64),
        (Keep::Score(_) | Keep::Newest(_), Value::Float(number)) => of_number(number),
        (Keep::Newest(_), Value::Time(microseconds)) => of_number(microseconds as f64 / 1e6),
        (Keep::Newest(_), Value::String(date)) => seconds(date).map_or(NONE, of_number),
        _ => NONE,
    }
}

/// Numbers in their order; not a number is none.
fn of_number(number: f64) -> u64 {
    if number.is_nan() {
        return NONE;
    }
    // Adding zero makes the two zeros one.
    let bits = (number + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

fn seconds_of_json(value: &str) -> Option<f64> {
    match value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(date) => seconds(date),
        None => value.parse().ok(),
    }
}

/// Seconds since 1970 of a date, or a date and a time, in the common profile of ISO 8601 (RFC 3339, the seconds, the offset
/// or the whole time left out if one likes; without an offset it is UTC). `None` for anything else.
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

/// Days since 1970-01-01 in the Gregorian calendar: years start in March, so that the leap day is their last.
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
    fn prioritys_are_in_the_order_of_the_numbers() {
        let numbers = [f64::NEG_INFINITY, -1e9, -1.0, -1e-9, 0.0, 1e-9, 1.0, 1e9, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| of_number(pair[0]) < of_number(pair[1])));
        assert_eq!(of_number(0.0), of_number(-0.0));
        assert!(of_number(f64::NEG_INFINITY) > NONE && of_number(f64::NAN) == NONE);
    }
}
