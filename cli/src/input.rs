//! Input of the commands that compare texts: files, standard input, JSON lines.
//!
//! In: names on the command line. Out: texts, or the records of JSON lines. The library unpacks packed input (gz, zst, bz2,
//! xz, lz4), converts other encodings and recognises what is no text, as for `dedup`. A text is bytes, valid UTF-8 or not. It stays unchanged, because offsets refer to the original. A
//! message about an input names it and, in JSON lines, the number of the line.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use refrain::corpus::Encoding;
use refrain::corpus::input::{Content, JsonLine, JsonLines, Unpacked, open, unpack};
use serde_json::Value;

use crate::stop::Stop;

/// The longest text. Longer texts are refused, if possible before they are read.
const MAX_TEXT_BYTES: u64 = refrain::MAX_TEXT_BYTES as u64;

/// A text that unpacks to more than this many bytes must not unpack to more than [`MOST_UNPACKED`] times its packed bytes.
const FREE_UNPACKED_BYTES: u64 = 64 << 20;
/// Text packs to a third or a tenth of its size. What unpacks to this many times its size is made to fill memory.
const MOST_UNPACKED: u64 = 100;
/// Bytes of a text that are read at once.
const PORTION_BYTES: u64 = 1 << 24;

/// Where bytes come from, and their encoding; `-` is standard input.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Source {
    place: Place,
    encoding: Option<Encoding>,
}

#[derive(Clone, PartialEq, Eq)]
enum Place {
    StandardInput,
    File(PathBuf),
}

impl Source {
    /// The source that an argument names.
    pub(crate) fn of(path: &Path, encoding: Option<Encoding>) -> Source {
        let place = if path == Path::new("-") { Place::StandardInput } else { Place::File(path.to_owned()) };
        Source { place, encoding }
    }

    /// A file.
    pub(crate) fn file(path: PathBuf, encoding: Option<Encoding>) -> Source {
        Source { place: Place::File(path), encoding }
    }

    pub(crate) fn is_standard_input(&self) -> bool {
        self.place == Place::StandardInput
    }

    /// As the user wrote it.
    pub(crate) fn name(&self) -> String {
        match &self.place {
            Place::StandardInput => "-".to_owned(),
            Place::File(path) => path.display().to_string(),
        }
    }

    /// The name of the file, as in ids of records without one.
    pub(crate) fn file_name(&self) -> String {
        match &self.place {
            Place::StandardInput => "stdin.jsonl".to_owned(),
            Place::File(path) => {
                path.file_name().map_or_else(|| self.name(), |name| name.to_string_lossy().into_owned())
            }
        }
    }

    /// LEFT and RIGHT of the command line, and the id of the pair.
    pub(crate) fn pair(
        files: &[PathBuf],
        encoding: Option<Encoding>,
    ) -> Result<(Source, Source, Value), Stop> {
        let [left, right] = files else {
            return Err(Stop::Usage("expected two files, LEFT and RIGHT".to_owned()));
        };
        let (left, right) = (Source::of(left, encoding), Source::of(right, encoding));
        if left.is_standard_input() && right.is_standard_input() {
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
        let mut unpacked = self.open(about.as_ref())?;
        self.check_text(&unpacked)?;
        // The length is checked before the text is read, so that no time is spent on a text above the limit.
        let length = about.filter(|_| !unpacked.is_packed()).map(|about| about.len());
        if length.is_some_and(|length| length > MAX_TEXT_BYTES) {
            return Err(self.too_large());
        }
        let mut text = Vec::with_capacity(length.unwrap_or(0) as usize);
        loop {
            let read = unpacked.by_ref().take(PORTION_BYTES).read_to_end(&mut text);
            if read.map_err(|error| self.failed(&error))? == 0 {
                return Ok(text);
            }
            let bytes = text.len() as u64;
            if bytes > MAX_TEXT_BYTES {
                return Err(self.too_large());
            }
            if bytes > FREE_UNPACKED_BYTES && bytes / MOST_UNPACKED > unpacked.packed_bytes() {
                return Err(format!(
                    "{}: unpacks to more than {MOST_UNPACKED} times its size, which no text does: unpack it first if it is one",
                    self.name()
                ));
            }
        }
    }

    /// Refuses what is not a text.
    fn check_text(&self, unpacked: &Unpacked) -> Result<(), String> {
        let named_as_lines = match &self.place {
            Place::StandardInput => false,
            Place::File(path) => path.extension().is_some_and(|ending| {
                ["jsonl", "jl", "ndjson"].iter().any(|lines| ending.eq_ignore_ascii_case(lines))
            }),
        };
        match unpacked.content() {
            Content::Refused(reason) => Err(format!("{}: {reason}", self.name())),
            Content::JsonLines if named_as_lines => Err(format!(
                "{}: holds JSON lines, not one text: give it to the option that takes JSON lines, or pass it as standard input \
                 (\"-\") to read it as one text",
                self.name()
            )),
            _ => Ok(()),
        }
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
        let opened = match &self.place {
            Place::StandardInput => unpack(io::stdin()),
            Place::File(path) => open(path),
        };
        let decoded = opened.and_then(|opened| match self.encoding {
            None => Ok(opened),
            Some(encoding) => opened.decoded(encoding),
        });
        decoded.map_err(|error| self.failed(&error))
    }

    /// The metadata of a file; `None` for standard input.
    fn about(&self) -> Result<Option<Metadata>, String> {
        match &self.place {
            Place::StandardInput => Ok(None),
            Place::File(path) => fs::metadata(path).map(Some).map_err(|error| self.failed(&error)),
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

    /// The record of the line, with the texts of these fields.
    ///
    /// # Errors
    /// Says what is wrong, without the place.
    pub(crate) fn record<const N: usize>(
        &self,
        names: [&str; N],
        source: &Source,
    ) -> Result<Record<N>, String> {
        let message = |error: refrain::Error| match error.is_too_large() {
            true => format!("{error} (--max-record)"),
            false => error.to_string(),
        };
        let [id] = self.0.fields(["id"]).map_err(message)?;
        let id = match id {
            None | Some("null") => Value::String(format!("{}:{}", source.file_name(), self.0.number())),
            Some(id) => parsed(id)?,
        };
        if !(id.is_string() || id.is_number()) {
            return Err("\"id\" is neither a string nor a number".to_owned());
        }
        let values = self.0.fields(names).map_err(message)?;
        let mut texts = Vec::with_capacity(N);
        for (name, value) in names.into_iter().zip(values) {
            texts.push(match value.map(parsed) {
                None => return Err(format!("has no {name:?}")),
                Some(Ok(Value::String(text))) => text,
                Some(Err(reason)) => return Err(reason),
                Some(Ok(_)) => return Err(format!("{name:?} is not a string")),
            });
        }
        let texts = texts.try_into().expect("a text for each name");
        Ok(Record { id, texts })
    }

    /// The place of the line in `source`, for messages.
    pub(crate) fn place(&self, source: &str) -> String {
        format!("{source}:{}", self.0.number())
    }
}

/// A value of a line.
fn parsed(value: &str) -> Result<Value, String> {
    serde_json::from_str(value).map_err(|error| {
        // The parser saw one value only, and its "line 1" would mislead.
        format!("is not valid JSON: {}", error.to_string().replace(" at line 1 column ", " at its byte "))
    })
}

/// The object of a line: its id, and the texts that the subcommand asked for. The id of a record without one is the name of its
/// file and the number of its line.
pub(crate) struct Record<const N: usize> {
    pub(crate) id: Value,
    pub(crate) texts: [String; N],
}

/// The lines of a JSON lines file, without blank ones.
pub(crate) struct Lines {
    source: Source,
    lines: JsonLines<Unpacked>,
}

impl Lines {
    /// Reads lines of at most `max_record` bytes, the line end included.
    pub(crate) fn of(source: Source, max_record: u64) -> Result<Lines, String> {
        let unpacked = source.open(source.about()?.as_ref())?;
        let refused = match unpacked.content() {
            Content::Refused(reason) => Some(reason),
            _ => unpacked.reason_if_not_lines().map(str::to_owned),
        };
        match refused {
            Some(reason) => Err(format!("{}: {reason}", source.name())),
            None => Ok(Lines { lines: JsonLines::new(unpacked, max_record), source }),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = self.lines.next()?;
        Some(line.map(Line).map_err(|error| self.source.failed(&error)))
    }
}
