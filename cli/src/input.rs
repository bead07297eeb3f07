//! Input of the commands that compare texts: files, standard input, JSON lines.
//!
//! In: names on the command line. Out: texts, or the records of JSON lines. The library unpacks packed input (gz, zst, bz2,
//! xz), as for `dedup`. A text is bytes, valid UTF-8 or not. It stays unchanged, because offsets refer to the original. A
//! message about an input names it and, in JSON lines, the number of the line.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use refrain::corpus::input::{JsonLine, JsonLines, Unpacked, open, unpack};
use serde_json::{Map, Value};

use crate::stop::Stop;

/// The longest text. Longer texts are refused, if possible before they are read.
const MAX_TEXT_BYTES: u64 = refrain::MAX_TEXT_BYTES as u64;

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
        let about = self.about()?;
        let unpacked = self.open(about.as_ref())?;
        // The length is checked before the text is read, so that no time is spent on a text above the limit.
        let length = about.filter(|_| !unpacked.is_packed()).map(|about| about.len());
        if length.is_some_and(|length| length > MAX_TEXT_BYTES) {
            return Err(self.too_large());
        }
        let mut text = Vec::with_capacity(length.unwrap_or(0) as usize);
        let read = unpacked.take(MAX_TEXT_BYTES + 1).read_to_end(&mut text);
        read.map_err(|error| self.failed(&error))?;
        if text.len() as u64 > MAX_TEXT_BYTES { Err(self.too_large()) } else { Ok(text) }
    }

    /// The whole text, which must be valid UTF-8.
    ///
    /// # Errors
    /// A message that names the source.
    pub(crate) fn read_text(&self) -> Result<String, String> {
        String::from_utf8(self.read()?).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            format!("{}: is not UTF-8 at byte {at}: convert it first", self.name())
        })
    }

    /// A reader of the unpacked bytes, given what [`about`](Self::about) says.
    fn open(&self, about: Option<&Metadata>) -> Result<Unpacked, String> {
        if about.is_some_and(Metadata::is_dir) {
            return Err(format!("{}: is a directory, expected a file", self.name()));
        }
        let opened = match self {
            Source::StandardInput => unpack(io::stdin()),
            Source::File(path) => open(path),
        };
        opened.map_err(|error| self.failed(&error))
    }

    /// The metadata of a file; `None` for standard input.
    fn about(&self) -> Result<Option<Metadata>, String> {
        match self {
            Source::StandardInput => Ok(None),
            Source::File(path) => fs::metadata(path).map(Some).map_err(|error| self.failed(&error)),
        }
    }

    fn too_large(&self) -> String {
        format!(
            "{}: a text of more than {MAX_TEXT_BYTES} bytes is larger than 32-bit offsets reach: pass it in parts",
            self.name()
        )
    }

    fn failed(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.name())
    }
}

/// One line of a JSON lines file, unparsed, so that parsing can run on any thread.
pub(crate) struct Line(JsonLine);

impl Line {
    /// Bytes held.
    pub(crate) fn len(&self) -> usize {
        self.0.bytes().map_or(0, <[u8]>::len)
    }

    /// The record of the line.
    ///
    /// # Errors
    /// Says what is wrong, without the place.
    pub(crate) fn record(&self) -> Result<Record, String> {
        let bytes = self.0.bytes().map_err(|too_long| format!("{too_long} (--max-record)"))?;
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
        format!("{source}:{}", self.0.number())
    }
}

/// The message of the parser without its "line 1", which would mislead: the parser saw one line only.
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

/// The lines of a JSON lines file, without blank ones.
pub(crate) struct Lines {
    source: Source,
    lines: JsonLines<Unpacked>,
}

impl Lines {
    /// Reads lines of at most `max_record` bytes, the line end included.
    pub(crate) fn of(source: Source, max_record: u64) -> Result<Lines, String> {
        Ok(Lines { lines: JsonLines::new(source.open(source.about()?.as_ref())?, max_record), source })
    }
}

impl Iterator for Lines {
    type Item = Result<Line, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.map(Line).map_err(|error| self.source.failed(&error)))
    }
}
