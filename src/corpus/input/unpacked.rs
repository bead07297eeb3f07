//! Reading unpacked bytes: the reader that [`Job`](crate::corpus::Job) uses, for programs that read such files themselves.
//!
//! In: a path, or any stream of bytes. Out: its unpacked bytes ([`open`], [`unpack`]), and what the first of them show. A packed
//! file is recognised by its first bytes, not by its name.

use crate::corpus::input::content;
use crate::corpus::input::encoding::Encoding;
use crate::corpus::input::packing::{self, Packing, Unpacking};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The unpacked bytes of a file or a stream. See [`open`] and [`unpack`].
pub struct Unpacked {
    bytes: BufReader<Box<dyn Read + Send>>,
    packing: Packing,
    /// The first unpacked bytes.
    head: Vec<u8>,
    /// Bytes of the stream that are read.
    packed_bytes: Arc<AtomicU64>,
}

/// What the first bytes of a stream show.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Content {
    /// Text, or bytes of an unknown kind.
    Text,
    /// An object on each line.
    JsonLines,
    /// Something that is neither; the reason says what, and what to do, in words that follow the name of the file.
    Refused(String),
}

impl Unpacked {
    /// Whether the bytes were packed.
    pub fn is_packed(&self) -> bool {
        self.packing != Packing::None
    }

    /// How many bytes of the file, packed as they are, were read.
    pub fn packed_bytes(&self) -> u64 {
        self.packed_bytes.load(Ordering::Relaxed)
    }

    /// What the first bytes show: archives, Parquet and WARC files, and text in UTF-16 or Windows-1252 are recognised, so that they are not
    /// taken for text in UTF-8.
    ///
    /// # Example
    /// ```
    /// use refrain::corpus::input::{Content, unpack};
    /// assert_eq!(unpack("a text".as_bytes())?.content(), Content::Text);
    /// assert_eq!(unpack("{\"text\":\"one\"}\n{\"text\":\"two\"}\n".as_bytes())?.content(), Content::JsonLines);
    /// assert!(matches!(unpack(&b"\xff\xfea\0"[..])?.content(), Content::Refused(reason) if reason.contains("UTF-16")));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn content(&self) -> Content {
        if let Some(reason) = content::refusal(&self.head) {
            return Content::Refused(reason);
        }
        match content::by_content(&self.head) {
            Some(format) => {
                Content::Refused(format!("is a {format} file, not a text: `refrain dedup` reads it"))
            }
            None if content::looks_like_json_lines(&self.head) => Content::JsonLines,
            None => Content::Text,
        }
    }

    /// Why the bytes are not JSON lines, if the first ones show it: they are an array, or objects over several lines.
    pub fn reason_if_not_lines(&self) -> Option<&'static str> {
        content::reason_if_not_lines(&self.head)
    }

    /// The same text converted from another encoding to UTF-8.
    ///
    /// # Errors
    /// Those of reading the first bytes.
    pub fn decoded(self, encoding: Encoding) -> io::Result<Unpacked> {
        let Unpacked { bytes, packing, packed_bytes, .. } = self;
        Ok(Unpacked::of(Box::new(encoding.decoded(bytes)), packing, packed_bytes))
    }

    fn of(mut stream: Box<dyn Read + Send>, packing: Packing, packed_bytes: Arc<AtomicU64>) -> Unpacked {
        // A program may write its first line and wait for the answer, so no more is waited for.
        let (head, outcome) = packing::first_bytes(&mut stream, |head| head.contains(&b'\n'));
        // An error is returned after the bytes before it.
        let rest: Box<dyn Read + Send> = match outcome {
            Ok(()) => stream,
            Err(error) => Box::new(Failing(Some(error))),
        };
        let bytes: Box<dyn Read + Send> = Box::new(Cursor::new(head.clone()).chain(rest));
        Unpacked { bytes: BufReader::with_capacity(BUFFER_BYTES, bytes), packing, head, packed_bytes }
    }
}

/// Returns an error once, and then nothing.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A stream whose bytes are counted.
struct Counted<R> {
    stream: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(into)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl fmt::Debug for Unpacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpacked").field("packing", &self.packing).finish_non_exhaustive()
    }
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(into)
    }
}

impl BufRead for Unpacked {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.bytes.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.bytes.consume(amount);
    }
}

/// Opens a file and unpacks it: gz, zst, bz2, xz or lz4, or none of these.
///
/// # Errors
/// Those of opening the file and reading its first bytes. A damaged packed file gives an error when it is read.
///
/// # Example
/// ```
/// use refrain::corpus::input::{JsonLines, open};
/// # let path = std::env::temp_dir().join(format!("refrain-open-{}.jsonl", std::process::id()));
/// std::fs::write(&path, "{\"text\":\"one\"}\n\n{\"text\":\"three\"}\n")?;
/// let numbers: Vec<u64> =
///     JsonLines::new(open(&path)?, 1 << 20).map(|line| Ok(line?.number())).collect::<std::io::Result<_>>()?;
/// assert_eq!(numbers, [1, 3]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn open(path: impl AsRef<Path>) -> io::Result<Unpacked> {
    unpack(File::open(path)?)
}

/// Unpacks a stream, such as standard input, as [`open`] does.
///
/// # Errors
/// Those of reading the first bytes.
pub fn unpack(stream: impl Read + Send + 'static) -> io::Result<Unpacked> {
    let packed_bytes = Arc::new(AtomicU64::new(0));
    let mut stream = Counted { stream, read: Arc::clone(&packed_bytes) };
    let head = packing::head(&mut stream)?;
    let packing = Packing::of(&head);
    let bytes = Unpacking::FREE.read(packing, Cursor::new(head).chain(stream))?;
    Ok(Unpacked::of(bytes, packing, packed_bytes))
}

/// Bytes read at once: few calls of the system for a large file, and little memory for a small one.
const BUFFER_BYTES: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_packing_is_recognised_in_a_stream() {
        for packing in Packing::ALL {
            let mut unpacked = unpack(Cursor::new(packing.packed(b"a line\n".to_vec()).unwrap())).unwrap();
            assert_eq!(unpacked.is_packed(), packing != Packing::None);
            let mut text = String::new();
            unpacked.read_to_string(&mut text).unwrap();
            assert_eq!(text, "a line\n", "{packing:?}");
        }
        assert_eq!(unpack(io::empty()).unwrap().bytes().count(), 0);
    }
}
