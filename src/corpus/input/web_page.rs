//! Web pages: the text of an HTTP response, as WARC files store it.
//!
//! In: the bytes of a response: a status line, fields, an empty line, the page. Out: the text that a reader of the page sees,
//! one block a line, or why there is none. The page is unpacked (chunks, gzip, deflate) and converted to UTF-8: by its byte
//! order mark, the charset of its HTTP field or of its `meta` element, otherwise as UTF-8 if it is valid, otherwise as
//! Windows-1252. Scripts, styles, forms' lists and other parts that are not shown as text are left out.
//!
//! No tree is built, so nesting of any depth takes no memory.
//!
//! **Cost.** Linear in the unpacked page, which may have [`LONGEST_PAGE`] bytes.
//!
//! **Source.** The tokens are those of the HTML standard, by the crate `html5gum`; RFC 9112, section 7.1, for chunks.

use crate::corpus::input::encoding::Encoding;
use crate::corpus::input::format::utf8;
use crate::corpus::input::lines::BYTE_ORDER_MARK;
use html5gum::{DefaultEmitter, Token, Tokenizer};
use std::borrow::Cow;
use std::io::Read;

/// The most bytes of an unpacked page.
const LONGEST_PAGE: usize = 1 << 24;
/// Bytes of a page in which its `meta` element is searched for, as browsers do.
const META_BYTES: usize = 1024;
/// Elements whose content is not shown as text.
const HIDDEN: &[&str] = &[
    "script", "style", "template", "noscript", "head", "svg", "math", "select", "object", "iframe", "canvas",
    "audio", "video", "textarea",
];
/// Elements that do not break a line.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
];

/// Why a response has no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoText {
    /// It is no page of text: a picture, an error, a redirection.
    OtherContent,
    /// It is broken, in words that follow its name.
    Broken(String),
}

/// The text of a response.
pub(crate) fn text(response: &[u8]) -> Result<String, NoText> {
    let head = Head::of(response).ok_or_else(|| NoText::Broken("holds no HTTP response".to_owned()))?;
    let kind = head.content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_html = matches!(&*kind, "text/html" | "application/xhtml+xml" | "");
    if !(200..300).contains(&head.status) || !(is_html || kind == "text/plain") {
        return Err(NoText::OtherContent);
    }
    let page = unpacked(&response[head.length..], &head).map_err(NoText::Broken)?;
    let text = decoded(&page, &head.content_type);
    Ok(if is_html { shown(&text) } else { text.into_owned() })
}

/// The head of a response.
#[derive(Debug, Default)]
struct Head {
    status: u16,
    content_type: String,
    content_encoding: String,
    is_chunked: bool,
    /// Bytes of the head.
    length: usize,
}

impl Head {
    fn of(response: &[u8]) -> Option<Head> {
        let mut head = Head::default();
        let mut start = 0;
        while let Some(end) = memchr::memchr(b'\n', &response[start..]) {
            let line = &response[start..start + end];
            let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
            let is_first = start == 0;
            start += end + 1;
            if is_first {
                head.status = line.strip_prefix("HTTP/")?.split_whitespace().nth(1)?.parse().ok()?;
            } else if line.is_empty() {
                break;
            } else if let Some((name, value)) = line.split_once(':') {
                let value = value.trim();
                match &*name.trim().to_ascii_lowercase() {
                    "content-type" => head.content_type = value.to_owned(),
                    "content-encoding" => head.content_encoding = value.to_ascii_lowercase(),
                    "transfer-encoding" => {
                        head.is_chunked = value.to_ascii_lowercase().contains("chunked");
                    }
                    _ => {}
                }
            }
        }
        head.length = start;
        (start > 0).then_some(head)
    }
}

/// The page without chunks and packing. Crawlers often store a page unpacked and leave the fields of its head as they were, so bytes
/// that are not packed as the head says are the page itself.
fn unpacked<'p>(body: &'p [u8], head: &Head) -> Result<Cow<'p, [u8]>, String> {
    let whole = if head.is_chunked { without_chunks(body) } else { None };
    let body = whole.map_or(Cow::Borrowed(body), Cow::Owned);
    let read = |stream: &mut dyn Read| {
        let mut page = Vec::new();
        // A page that is cut short is read up to the cut.
        let _ = stream.take(LONGEST_PAGE as u64 + 1).read_to_end(&mut page);
        page
    };
    let page = match (&*head.content_encoding, &*body) {
        ("gzip" | "x-gzip", [0x1f, 0x8b, ..]) => {
            Cow::Owned(read(&mut flate2::bufread::MultiGzDecoder::new(&*body)))
        }
        ("deflate", [first, ..]) if first & 0x0f == 8 => {
            Cow::Owned(read(&mut flate2::bufread::ZlibDecoder::new(&*body)))
        }
        ("br" | "zstd", _) if utf8(&body[..body.len().min(META_BYTES)]).is_err() => {
            return Err(format!("is packed with {}, which is not read", head.content_encoding));
        }
        _ => body,
    };
    match page.len() > LONGEST_PAGE {
        true => Err(format!("unpacks to more than {LONGEST_PAGE} bytes")),
        false => Ok(page),
    }
}

/// The chunks of a body, joined; `None` if the body has no chunks.
fn without_chunks(body: &[u8]) -> Option<Vec<u8>> {
    let (mut page, mut rest) = (Vec::with_capacity(body.len()), body);
    loop {
        let end = memchr::memchr(b'\n', rest)?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 1..];
        if length == 0 {
            return Some(page);
        }
        page.extend_from_slice(&rest[..length.min(rest.len())]);
        let Some(after) = rest.get(length..) else { return Some(page) };
        rest = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")).unwrap_or(after);
        if rest.is_empty() {
            return Some(page);
        }
    }
}

/// The page in UTF-8.
fn decoded<'p>(page: &'p [u8], content_type: &str) -> Cow<'p, str> {
    let label = |text: &[u8]| {
        let lower = text.to_ascii_lowercase();
        let start = memchr::memmem::find(&lower, b"charset")? + b"charset".len();
        let value = lower[start..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
        let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.".contains(byte);
        let end = value.iter().position(|byte| !is_name(byte)).unwrap_or(value.len());
        Encoding::of_label(&value[..end])
    };
    let has_mark =
        page.starts_with(BYTE_ORDER_MARK) || page.starts_with(b"\xff\xfe") || page.starts_with(b"\xfe\xff");
    let named = label(content_type.as_bytes()).or_else(|| label(&page[..page.len().min(META_BYTES)]));
    if !has_mark
        && named.is_none_or(|named| named.to_string() == "utf-8")
        && let Ok(text) = utf8(page)
    {
        return Cow::Borrowed(text);
    }
    let usual = || Encoding::of_label(if has_mark { b"utf-8" } else { b"windows-1252" });
    let Some(encoding) = named.or_else(usual) else { return String::from_utf8_lossy(page) };
    let mut text = Vec::new();
    // Reading from memory does not fail.
    let _ = encoding.decoded(page).read_to_end(&mut text);
    Cow::Owned(String::from_utf8(text).unwrap_or_default())
}

/// The text of a page as it is shown: white space is one space, blocks are lines, blank lines are left out.
fn shown(page: &str) -> String {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut shown = Shown::default();
    for token in Tokenizer::new_with_emitter(page, emitter).flatten() {
        match token {
            Token::StartTag(tag) => shown.start(&tag.name, tag.self_closing),
            Token::EndTag(tag) => shown.end(&tag.name),
            Token::String(text) => shown.add(&String::from_utf8_lossy(&text)),
            _ => {}
        }
    }
    shown.text
}

#[derive(Default)]
struct Shown {
    text: String,
    /// The hidden element that is open, and how many of its name are open in it.
    hidden: Option<(&'static str, u32)>,
    /// How many `pre` elements are open.
    preformatted: u32,
    /// Whether white space, or a line break, comes before the next word.
    has_space: bool,
    has_break: bool,
}

impl Shown {
    fn start(&mut self, name: &[u8], is_self_closing: bool) {
        if let Some((hidden, depth)) = &mut self.hidden {
            // The body ends the head, whose end tag may be left out.
            if *hidden == "head" && name == b"body" {
                self.hidden = None;
            } else if name == hidden.as_bytes() {
                *depth += 1;
            }
            return;
        }
        if let Some(hidden) = HIDDEN.iter().find(|hidden| hidden.as_bytes() == name) {
            // Only elements of other languages may close themselves.
            if !(is_self_closing && matches!(*hidden, "svg" | "math")) {
                self.hidden = Some((hidden, 1));
            }
        }
        self.preformatted += u32::from(name == b"pre");
        self.edge(name);
    }

    fn end(&mut self, name: &[u8]) {
        if let Some((hidden, depth)) = &mut self.hidden {
            if name == hidden.as_bytes() {
                *depth -= 1;
                if *depth == 0 {
                    self.hidden = None;
                }
            }
            return;
        }
        if name == b"pre" {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
        self.edge(name);
    }

    /// Notes what the edge of an element is in the text.
    fn edge(&mut self, name: &[u8]) {
        match name {
            b"td" | b"th" | b"button" | b"input" | b"option" => self.has_space = true,
            _ if INLINE.iter().any(|inline| inline.as_bytes() == name) => {}
            _ => self.has_break = true,
        }
    }

    fn add(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        for character in text.chars() {
            if character == '\n' && self.preformatted > 0 {
                self.has_break = true;
            } else if character.is_whitespace() {
                self.has_space = true;
            } else {
                if !self.text.is_empty() && self.has_break {
                    self.text.push('\n');
                } else if !self.text.is_empty() && self.has_space {
                    self.text.push(' ');
                }
                (self.has_break, self.has_space) = (false, false);
                self.text.push(character);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn response(fields: &str, body: &[u8]) -> Vec<u8> {
        [format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes(), body].concat()
    }

    fn of_html(html: &str) -> String {
        text(&response("Content-Type: text/html; charset=utf-8\r\n", html.as_bytes())).unwrap()
    }

    #[test]
    fn the_text_of_a_page_is_what_a_reader_sees() {
        let html = "<!DOCTYPE html><html><head><title>T</title><style>p{}</style></head><body><script>if (a<b) x();</script>\
                    <h1>One\n two</h1><p>Tom &amp; <b>J</b>erry&#33;<br>next</p><!-- no --><ul><li>a<li>b</ul>\
                    <pre>x\ny</pre><table><tr><td>1</td><td>2</td></tr></table><svg><text>no</text></svg></body>";
        assert_eq!(of_html(html), "One two\nTom & Jerry!\nnext\na\nb\nx\ny\n1 2");
        assert_eq!(of_html("<head><meta><body>text"), "text");
        assert_eq!(of_html("<p>open <script>never closed"), "open");
        assert_eq!(of_html(&format!("{}deep", "<div>".repeat(100_000))), "deep");
    }

    #[test]
    fn the_charset_of_a_page_is_honoured() {
        let latin = b"<p>caf\xe9 \x96 d\xe9j\xe0</p>";
        for (fields, body) in [
            ("Content-Type: text/html; charset=iso-8859-1\r\n", latin.to_vec()),
            ("Content-Type: text/html\r\n", [b"<meta charset='windows-1252'>", &latin[..]].concat()),
            ("content-type: text/html\n", latin.to_vec()),
        ] {
            assert_eq!(text(&response(fields, &body)).unwrap(), "café – déjà", "{fields}");
        }
        let utf16: Vec<u8> = "\u{feff}<p>é".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&response("Content-Type: text/html\r\n", &utf16)).unwrap(), "é");
    }

    #[test]
    fn chunks_and_packing_are_undone_where_they_are() {
        let html = "<p>a page of some length</p>";
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(html.as_bytes()).unwrap();
        let gzip = packer.finish().unwrap();
        let chunks =
            |body: &[u8]| [format!("{:x}; note\r\n", body.len()).as_bytes(), body, b"\r\n0\r\n\r\n"].concat();
        let (chunked, packed) = ("Transfer-Encoding: chunked\r\n", "Content-Encoding: gzip\r\n");
        for (fields, body) in [
            (chunked.to_owned(), chunks(html.as_bytes())),
            (format!("{chunked}{packed}"), chunks(&gzip)),
            (packed.to_owned(), gzip.clone()),
            // The head says what is no longer true.
            (chunked.to_owned(), html.into()),
            (format!("{chunked}{packed}"), html.into()),
            (chunked.to_owned(), chunks(html.as_bytes())[..html.len() + 10].to_vec()),
        ] {
            assert_eq!(text(&response(&fields, &body)).unwrap(), "a page of some length", "{fields}");
        }
    }

    #[test]
    fn what_is_no_page_has_no_text() {
        assert_eq!(text(b"HTTP/1.1 404 Not Found\r\n\r\n<p>a"), Err(NoText::OtherContent));
        assert_eq!(text(&response("Content-Type: image/png\r\n", b"a")), Err(NoText::OtherContent));
        assert!(matches!(text(b"no response"), Err(NoText::Broken(_))));
        let zeros = vec![0; LONGEST_PAGE + 1];
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&zeros).unwrap();
        let bomb = response("Content-Encoding: gzip\r\n", &packer.finish().unwrap());
        assert!(matches!(text(&bomb), Err(NoText::Broken(reason)) if reason.contains("more than")));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(
            fields in "(Content-Type: text/html\r\n)?(Transfer-Encoding: chunked\r\n)?(Content-Encoding: (gzip|deflate|br)\r\n)?",
            body in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let _ = text(&response(&fields, &body));
            let _ = text(&body);
        }
    }
}
