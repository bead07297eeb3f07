//! Content: what the first bytes of an unpacked file show.
//!
//! In: the first bytes of a file, its name, and the format that the caller chose, if any. Out: the format of the file, or
//! why it cannot be read, in one sentence that says what to do. The content decides before the name does, so that a file of
//! many records is never taken for one text.

use crate::corpus::input::format::utf8;
use crate::corpus::input::formats::Format;
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use std::path::Path;

/// The share of zero bytes at even or at odd places by which UTF-16 without a byte order mark is recognised. Text in the
/// Latin script has nearly all of them, Chinese text has those of its spaces, digits and line ends.
const ZEROS_OF_UTF16: f64 = 0.1;
/// The least number of bytes beyond ASCII by which Windows-1252 is recognised.
const LEAST_ACCENTS: usize = 3;

/// Archives and documents, by their first bytes.
const REFUSED: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "is a zip archive (or an office document): unpack it first"),
    (b"PK\x05\x06", "is an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive: unpack it first"),
    (b"Rar!\x1a\x07", "is a rar archive: unpack it first"),
    (b"%PDF-", "is a PDF document: convert it to text first"),
    (b"\x89PNG\r\n", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"\x7fELF", "is a program"),
    (b"SQLite format 3\0", "is an SQLite database: write its texts to JSON lines first"),
    (b"ARROW1\0\0", "is an Arrow (Feather) file, which is not read: convert it to Parquet or JSON lines"),
    (b"\xff\xff\xff\xff", "is a stream of Arrow, which is not read: convert it to Parquet or JSON lines"),
    (b"Obj\x01", "is an Avro file, which is not read: convert it to Parquet or JSON lines"),
    (b"ORC", "is an ORC file, which is not read: convert it to Parquet or JSON lines"),
];
/// Where a tar archive has its mark.
const TAR_MARK: std::ops::Range<usize> = 257..262;

/// The format of a file.
///
/// # Errors
/// Says why a file with this content cannot be read, in words that follow its name.
pub(crate) fn format(head: &[u8], name: &Path, chosen: Option<Format>) -> Result<Format, String> {
    if let Some(reason) = refusal(head) {
        return Err(reason);
    }
    let format = chosen.or_else(|| by_content(head)).or_else(|| Format::by_name(name));
    let format = match format {
        None if looks_like_json_lines(head) => Format::JsonLines,
        Some(Format::Text) if chosen.is_none() && looks_like_json_lines(head) => Format::JsonLines,
        None => Format::Text,
        Some(format) => format,
    };
    if format == Format::JsonLines
        && let Some(reason) = reason_if_not_lines(head)
    {
        return Err(reason.to_owned());
    }
    Ok(format)
}

/// Why bytes are no text that can be read, whatever their format; `None` if they may be one, or a format of rows.
pub(crate) fn refusal(head: &[u8]) -> Option<String> {
    let known = REFUSED.iter().find(|(mark, _)| head.starts_with(mark));
    if let Some((_, reason)) = known.filter(|(mark, _)| *mark != b"ORC" || head.contains(&0)) {
        return Some((*reason).to_owned());
    }
    if head.get(TAR_MARK) == Some(b"ustar") {
        return Some("is a tar archive: unpack it first, and give the folder".to_owned());
    }
    encoding(head).map(|(name, label)| {
        format!("is {name} text, not UTF-8: give its encoding (--encoding {label}), or convert it first")
    })
}

/// The format that the first bytes prove.
pub(crate) fn by_content(head: &[u8]) -> Option<Format> {
    let after_mark = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    if head.starts_with(b"PAR1") {
        return Some(Format::Parquet);
    }
    let version = after_mark.strip_prefix(b"WARC/")?;
    let is_version = version.len() > 2 && version[0].is_ascii_digit() && version[1] == b'.';
    is_version.then_some(Format::Warc)
}

/// The encoding of a text that is not in UTF-8, and its label, if it can be recognised.
fn encoding(head: &[u8]) -> Option<(&'static str, &'static str)> {
    match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => {
            return Some(("UTF-32", "utf-8, after a conversion"));
        }
        [0xff, 0xfe, ..] => return Some(("UTF-16", "utf-16le")),
        [0xfe, 0xff, ..] => return Some(("UTF-16", "utf-16be")),
        _ => {}
    }
    let zeros = |first: usize| head.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // Texts in UTF-8 have no zero bytes, and binary files have them at even and at odd places.
    let is_marked = |zeros: usize, others: usize| {
        zeros as f64 > ZEROS_OF_UTF16 * (head.len() as f64 / 2.0) && others * 16 < zeros && head.len() > 3
    };
    if is_marked(odd, even) && !head.starts_with(b"PAR1") {
        return Some(("UTF-16", "utf-16le"));
    }
    if is_marked(even, odd) {
        return Some(("UTF-16", "utf-16be"));
    }
    is_windows_1252(head).then_some(("Windows-1252 (Latin-1)", "windows-1252"))
}

/// Whether bytes beyond ASCII stand alone or in pairs between ASCII letters, as accented letters of Windows-1252 do, and none
/// of them is valid UTF-8.
fn is_windows_1252(head: &[u8]) -> bool {
    let (mut accents, mut at) = (0, 0);
    while let Some(found) = head[at..].iter().position(|byte| !byte.is_ascii()) {
        let start = at + found;
        let length = head[start..].iter().position(u8::is_ascii).unwrap_or(head.len() - start);
        let end = start + length;
        if end == head.len() {
            break;
        }
        let run = &head[start..end];
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic());
        let before = start.checked_sub(1).and_then(|before| head.get(before));
        let fits = is_word(before) || is_word(head.get(end));
        let has_valid = (0..length).any(|from| {
            (from + 2..=length.min(from + 4)).any(|to| std::str::from_utf8(&run[from..to]).is_ok())
        });
        // 0xff is the usual mark of damage, and the letter that it is in Windows-1252 is rare.
        if has_valid
            || !fits
            || run.contains(&0xff)
            || length > 2
            || run.iter().any(|byte| (0x80..0xa0).contains(byte) && *byte < 0x91)
        {
            return false;
        }
        accents += length;
        at = end;
    }
    accents >= LEAST_ACCENTS
}

/// The first bytes after a byte order mark and white space.
fn beginning(head: &[u8]) -> &[u8] {
    head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start()
}

/// Whether the first line is a JSON object, or the start of a long one, and another may follow it.
pub(crate) fn looks_like_json_lines(head: &[u8]) -> bool {
    let text = beginning(head);
    if !text.starts_with(b"{") {
        return false;
    }
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(end) => (&text[..end], &text[end..]),
        None => (text, &b""[..]),
    };
    let parsed = valid_part(line).map(serde_json::from_str::<IgnoredAny>);
    let is_object = match parsed {
        Some(Ok(_)) => line.contains(&b':'),
        // The head ends within the line.
        Some(Err(error)) => rest.is_empty() && error.classify() == Category::Eof && line.contains(&b':'),
        None => false,
    };
    let next = rest.trim_ascii_start();
    is_object && (next.is_empty() || next.starts_with(b"{"))
}

/// The text before the first byte that is not valid UTF-8. The head may end within a character.
fn valid_part(bytes: &[u8]) -> Option<&str> {
    match utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
    }
}

/// Why a file is not JSON lines, if that shows in its first bytes: it is an array, or one object on several lines.
pub(crate) fn reason_if_not_lines(head: &[u8]) -> Option<&'static str> {
    const ARRAY: &str = "holds one JSON array, not an object on each line: convert it first, for example with \
                         `jq -c '.[]' IN.json > OUT.jsonl`";
    const PRETTY: &str = "holds JSON objects over several lines, not one on each line: convert it first, for example with \
                          `jq -c . IN.json > OUT.jsonl`";
    let text = beginning(head);
    let line_end = memchr::memchr(b'\n', text);
    let line = text[..line_end.unwrap_or(text.len())].trim_ascii_end();
    match line {
        b"[" | b"[]" => Some(ARRAY),
        // `[1]` alone is a broken line; an array of objects is a file of another form.
        [b'[', rest @ ..] if rest.trim_ascii_start().starts_with(b"{") => Some(ARRAY),
        b"{" => Some(PRETTY),
        [b'{', .., b',' | b'{' | b'['] if line_end.is_some() => {
            let next = text[line_end.unwrap_or(0)..].trim_ascii_start();
            let is_cut = valid_part(line)
                .map(serde_json::from_str::<IgnoredAny>)
                .is_some_and(|parsed| parsed.is_err_and(|error| error.classify() == Category::Eof));
            (is_cut && !next.starts_with(b"{")).then_some(PRETTY)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: impl AsRef<[u8]>, name: &str) -> Result<Format, String> {
        format(head.as_ref(), Path::new(name), None)
    }

    #[test]
    fn the_content_decides_before_the_name() {
        for (head, name, expected) in [
            (&b"PAR1\x15\x04"[..], "a.jsonl", Format::Parquet),
            (b"WARC/1.0\r\n", "a.txt", Format::Warc),
            (b"{\"text\":\"a\"}\n{\"text\":\"b\"}\n", "a", Format::JsonLines),
            (b"\xef\xbb\xbf{\"text\":\"a\"}\n{\"te", "a.txt", Format::JsonLines),
            (b"{\"text\":\"a long", "a.data", Format::JsonLines),
            (b"{ braces in a text }\n", "a.txt", Format::Text),
            (b"[a link](b)\n", "a.md", Format::Text),
            (b"text", "a.JSONL", Format::JsonLines),
            (b"[1]\n", "a.jsonl", Format::JsonLines),
            (b"", "a.jsonl.GZ", Format::JsonLines),
            (b"{\"a\":\n", "a.jsonl", Format::JsonLines),
        ] {
            assert_eq!(of(head, name), Ok(expected), "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_the_cause() {
        let tar = [vec![b'a'; 257], b"ustar\0".to_vec()].concat();
        for (head, name, cause) in [
            (&b"PK\x03\x04"[..], "a.jsonl", "zip"),
            (&tar, "a.txt", "tar"),
            (b"[{\"text\":1},\n", "a.json", "array"),
            (b" [\n {\"text\":1},\n", "a.json", "array"),
            (b"{\n \"text\":1\n}\n", "a.json", "several lines"),
            (b"{\"text\":1,\n\"b\":2}\n", "a.json", "several lines"),
            (b"\xff\xfe{\0\"\0", "a.jsonl", "UTF-16"),
            (b"{\0\"\0a\0\"\0:\0\x01\x4e}\0\n\0", "a.jsonl", "UTF-16"),
            (b"\0{\0\"\0a\0\"\0:", "a.jsonl", "UTF-16"),
            (b"caf\xe9 d\xe9j\xe0 vu\n", "a.txt", "Windows-1252"),
        ] {
            let reason = of(head, name).unwrap_err();
            assert!(reason.contains(cause), "{name}: {reason}");
        }
    }

    #[test]
    fn damaged_utf8_is_not_taken_for_another_encoding() {
        for text in ["café déjà vu à côté", "é è ê", "日本語の文章です", "ÿ þ"] {
            let mut bytes = text.repeat(3).into_bytes();
            assert_eq!(encoding(&bytes), None, "{text}");
            bytes[4] = 0xff;
            assert_eq!(encoding(&bytes), None, "{text}");
        }
        assert_eq!(encoding(b"a\xff b"), None);
        assert_eq!(encoding(b"\0\0\0\0"), None);
    }
}
