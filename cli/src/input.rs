//! How bytes come in: files, standard input, gz and zst, JSON lines.
//!
//! A text is bytes, valid UTF-8 or not, and is handed on as it stands: offsets count in the original. What is
//! wrong with an input is said with its name, and in JSON lines with the number of the line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::stop::Stop;

/// Texts above this are refused before they are read.
const MAX_TEXT_BYTES: u64 = refrain::MAX_TEXT_BYTES as u64;

const GZIP_MAGIC: &[u8] = &[0x1f, 0x8b];
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Where bytes come from; `-` is standard input.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Source {
    StandardInput,
    File(PathBuf),
}

impl From<&Path> for Source {
    fn from(path: &Path) -> Source {
        if path == Path::new("-") { Source::StandardInput } else { Source::File(path.to_owned()) }
    }
}

impl Source {
    /// As the user wrote it.
    pub(crate) fn name(&self) -> String {
        match self {
            Source::StandardInput => "-".to_owned(),
            Source::File(path) => path.display().to_string(),
        }
    }

    /// LEFT and RIGHT of the command line, and the id of the pair.
    pub(crate) fn pair(files: &[PathBuf]) -> Result<(Source, Source, Value), Stop> {
        let [left, right] = files else {
            return Err(Stop::Usage("expected two files, LEFT and RIGHT".to_owned()));
        };
        let (left, right) = (Source::from(left.as_path()), Source::from(right.as_path()));
        if left == Source::StandardInput && right == Source::StandardInput {
            return Err(Stop::Usage(
                "\"-\" is given twice, but standard input can be read only once".to_owned(),
            ));
        }
        let id = Value::String(format!("{} {}", left.name(), right.name()));
        Ok((left, right, id))
    }

    /// The whole text.
    ///
    /// # Errors
    /// A message that names the source.
    pub(crate) fn read(&self) -> Result<Vec<u8>, String> {
        self.check_size()?;
        let mut text = Vec::new();
        let read = self.open()?.take(MAX_TEXT_BYTES + 1).read_to_end(&mut text);
        read.map_err(|error| self.failed(&error))?;
        if text.len() as u64 > MAX_TEXT_BYTES { Err(self.too_large()) } else { Ok(text) }
    }

    /// The whole text, for those who read it as text: it has to be valid.
    ///
    /// # Errors
    /// A message that names the source.
    pub(crate) fn read_text(&self) -> Result<String, String> {
        String::from_utf8(self.read()?).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("{}: is not UTF-8 at byte {at}: convert it first", self.name())
        })
    }

    /// A reader of the unpacked bytes.
    fn open(&self) -> Result<Box<dyn BufRead>, String> {
        let raw: Box<dyn Read> = match self {
            Source::StandardInput => Box::new(io::stdin()),
            Source::File(path) => Box::new(self.open_file(path)?),
        };
        unpacked(raw).map_err(|error| self.failed(&error))
    }

    fn open_file(&self, path: &Path) -> Result<File, String> {
        let file = File::open(path).map_err(|error| self.failed(&error))?;
        let about = file.metadata().map_err(|error| self.failed(&error))?;
        if about.is_dir() {
            return Err(format!("{}: is a directory, expected a file", self.name()));
        }
        Ok(file)
    }

    fn too_large(&self) -> String {
        format!(
            "{}: a text of more than {MAX_TEXT_BYTES} bytes is larger than 32-bit offsets reach: pass it in parts",
            self.name()
        )
    }

    /// Refuses an unpacked file above the limit by its length, so that it need not be read.
    fn check_size(&self) -> Result<(), String> {
        let Source::File(path) = self else { return Ok(()) };
        let mut file = self.open_file(path)?;
        let length = file.metadata().map_err(|error| self.failed(&error))?.len();
        if length <= MAX_TEXT_BYTES {
            return Ok(());
        }
        let head = head(&mut file).map_err(|error| self.failed(&error))?;
        if Packing::of(&head) == Packing::None { Err(self.too_large()) } else { Ok(()) }
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.name())
    }
}

#[derive(PartialEq, Eq)]
enum Packing {
    None,
    Gzip,
    Zstd,
}

impl Packing {
    fn of(head: &[u8]) -> Packing {
        if head.starts_with(GZIP_MAGIC) {
            Packing::Gzip
        } else if head.starts_with(ZSTD_MAGIC) {
            Packing::Zstd
        } else {
            Packing::None
        }
    }
}

/// The first bytes, as many as the longest magic number; fewer only at the end of the input.
fn head(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    from.take(ZSTD_MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// Unpacks by the magic number, not by the name: standard input has none.
fn unpacked(mut raw: Box<dyn Read>) -> io::Result<Box<dyn BufRead>> {
    let head = head(&mut raw)?;
    let packing = Packing::of(&head);
    let whole = BufReader::new(Cursor::new(head).chain(raw));
    Ok(match packing {
        Packing::None => Box::new(whole),
        Packing::Gzip => Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(whole))),
        Packing::Zstd => Box::new(BufReader::new(zstd::stream::read::Decoder::with_buffer(whole)?)),
    })
}

/// One line of a JSON lines file, unparsed, so that parsing can run on any thread.
pub(crate) struct Line {
    /// The bytes; or, where they were too many to hold, what to say of them.
    content: Result<Vec<u8>, String>,
    number: u64,
}

impl Line {
    /// Bytes held.
    pub(crate) fn len(&self) -> usize {
        self.content.as_ref().map_or(0, Vec::len)
    }

    /// The record of the line.
    ///
    /// # Errors
    /// What is wrong, without the place.
    pub(crate) fn record(&self) -> Result<Record, String> {
        let bytes = self.content.as_ref().map_err(String::clone)?;
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(mut fields)) => match fields.remove("id") {
                Some(id @ (Value::String(_) | Value::Number(_))) => Ok(Record { id, fields }),
                Some(_) => Err("\"id\" is neither a string nor a number".to_owned()),
                None => Err("has no \"id\"".to_owned()),
            },
            Ok(_) => Err("is not a JSON object".to_owned()),
            Err(error) => Err(format!("is not valid JSON: {}", place_in_line(&error))),
        }
    }

    /// The place of the line in `source`, for messages.
    pub(crate) fn place(&self, source: &str) -> String {
        format!("{source}:{}", self.number)
    }
}

/// The message of the parser with the column only: it saw one line, and its "line 1" would mislead.
fn place_in_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

/// The object of a line.
pub(crate) struct Record {
    pub(crate) id: Value,
    fields: Map<String, Value>,
}

impl Record {
    /// Takes the string of a field.
    pub(crate) fn take(&mut self, name: &str) -> Result<String, String> {
        match self.fields.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("{name:?} is not a string")),
            None => Err(format!("has no {name:?}")),
        }
    }
}

/// The lines of a JSON lines file; blank ones are passed over, but counted. No more than a line of the longest
/// allowed is ever held.
pub(crate) struct Lines {
    source: Source,
    reader: Box<dyn BufRead>,
    /// Bytes of a line at most, its line break included.
    most: u64,
    number: u64,
}

impl Lines {
    pub(crate) fn of(source: Source, most: u64) -> Result<Lines, String> {
        Ok(Lines { reader: source.open()?, source, most, number: 0 })
    }

    fn read(&mut self) -> Result<Option<Line>, String> {
        loop {
            let Some(content) = self.content().map_err(|error| self.source.failed(&error))? else {
                return Ok(None);
            };
            if !content.as_ref().is_ok_and(|bytes| bytes.trim_ascii().is_empty()) {
                return Ok(Some(Line { content, number: self.number }));
            }
        }
    }

    /// The next line, as far as it may be held.
    fn content(&mut self) -> io::Result<Option<Result<Vec<u8>, String>>> {
        let mut bytes = Vec::new();
        let held = self.most + BYTE_ORDER_MARK.len() as u64 + 1;
        if (&mut self.reader).take(held).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let rest = if bytes.ends_with(b"\n") { 0 } else { self.reader.skip_until(b'\n')? };
        if self.number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let length = (bytes.len() + rest) as u64;
        if length > self.most {
            let limit = self.most;
            return Ok(Some(Err(format!("is {length} bytes long, and the limit is {limit} (--max-record)"))));
        }
        Ok(Some(Ok(bytes)))
    }
}

impl Iterator for Lines {
    type Item = Result<Line, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}
