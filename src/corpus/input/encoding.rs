//! Encodings: text in UTF-16, Windows-1252 and the like, converted to UTF-8 while it is read.
//!
//! In: a stream of bytes and the name of its encoding. Out: the same text in UTF-8, without a byte order mark. Bytes that the
//! encoding does not allow become U+FFFD, as in browsers.
//!
//! **Source.** The Encoding Standard of the WHATWG, by the crate `encoding_rs`.

use crate::error::Error;
use encoding_rs::{CoderResult, Decoder};
use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

/// Bytes that are converted at once.
const PORTION_BYTES: usize = 1 << 15;

/// The encoding of the bytes of a text. As text: its name, such as `utf-16le`, `windows-1252` or `shift_jis`.
///
/// # Example
/// ```
/// use refrain::corpus::Encoding;
/// let encoding: Encoding = "latin1".parse()?;
/// assert_eq!(encoding.to_string(), "windows-1252");
/// assert!("latin-one".parse::<Encoding>().unwrap_err().is_setting());
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding that a name means in HTTP and HTML.
    pub(crate) fn of_label(label: &[u8]) -> Option<Encoding> {
        encoding_rs::Encoding::for_label(label).map(Encoding)
    }

    /// Converts a stream.
    pub(crate) fn decoded<R: Read>(self, stream: R) -> Decoded<R> {
        Decoded {
            stream,
            decoder: self.0.new_decoder(),
            encoded: Vec::new(),
            done: 0,
            decoded: vec![0; 3 * PORTION_BYTES],
            ready: 0..0,
            is_end: false,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_ascii_lowercase())
    }
}

impl FromStr for Encoding {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for a name that the Encoding Standard does not have.
    fn from_str(name: &str) -> Result<Encoding, Error> {
        Encoding::of_label(name.as_bytes()).ok_or_else(|| {
            Error::setting(
                "no such encoding; expected a name such as utf-16le, utf-16be, windows-1252 or shift_jis",
            )
        })
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(Encoding);

/// A stream that is converted to UTF-8.
pub(crate) struct Decoded<R> {
    stream: R,
    decoder: Decoder,
    /// Bytes of the stream, of which the first `done` are converted.
    encoded: Vec<u8>,
    done: usize,
    decoded: Vec<u8>,
    /// Where the converted bytes are that were not yet read.
    ready: std::ops::Range<usize>,
    is_end: bool,
}

impl<R: Read> Decoded<R> {
    /// Converts more bytes. Returns whether there were any.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            if self.done == self.encoded.len() && !self.is_end {
                self.encoded.clear();
                self.done = 0;
                let limit = PORTION_BYTES as u64;
                self.is_end = self.stream.by_ref().take(limit).read_to_end(&mut self.encoded)? == 0;
            }
            let rest = &self.encoded[self.done..];
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(rest, &mut self.decoded, self.is_end);
            self.done += read;
            self.ready = 0..written;
            if written > 0 {
                return Ok(true);
            }
            if self.is_end && matches!(result, CoderResult::InputEmpty) {
                return Ok(false);
            }
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() && !(self.decoded.is_empty() || self.fill()?) {
            // The decoder may not be used after its end.
            self.decoded.clear();
        }
        if self.decoded.is_empty() {
            return Ok(0);
        }
        let length = self.ready.len().min(into.len());
        into[..length].copy_from_slice(&self.decoded[self.ready.start..self.ready.start + length]);
        self.ready.start += length;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn decoded(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        name.parse::<Encoding>().unwrap().decoded(bytes).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        assert_eq!(decoded("utf-16", &utf16("\u{feff}ab\u{e9}")), "abé".as_bytes());
        assert_eq!(decoded("utf-16", b"\xfe\xff\0a\0b"), b"ab");
        assert_eq!(decoded("latin1", b"caf\xe9 \x80"), "café €".as_bytes());
        assert_eq!(decoded("utf-8", b"a\xff"), "a\u{fffd}".as_bytes());
    }

    proptest! {
        #[test]
        fn any_text_survives(text in any::<String>(), times in 1..3000usize) {
            let whole = text.repeat(times);
            let expected = whole.strip_prefix('\u{feff}').unwrap_or(&whole);
            let found = decoded("utf-16le", &utf16(&whole));
            prop_assert!(found == expected.as_bytes());
        }
    }
}
