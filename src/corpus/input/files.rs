//! Inputs: what the caller names, resolved to files in one order.
//!
//! In: paths of files and folders, glob patterns, `-`. Out: [`Input`]s, each with the name that its kept records go under, sorted
//! by path; so the order in which they were given, or arrived, plays no part.
//!
//! A file is called by its name; what is found in a folder, or by a pattern, by its path below that folder, or below the part of the
//! pattern without wild cards. Two files of one name would end in one output, so they are refused. Entries of folders whose
//! name starts with a dot are passed over.

use crate::corpus::input::packing::{self, Packing};
use crate::corpus::store::ids::InputName;
use crate::error::Error;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;
use std::time::UNIX_EPOCH;

/// The name of standard input, as an argument.
const STANDARD_INPUT: &str = "-";
/// What its kept records go under.
const STANDARD_INPUT_NAME: &str = "stdin.jsonl";

/// What the records of a file are. As text: `jsonl`, `parquet`, `warc` or `text`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// A row of a Parquet file.
    Parquet,
    /// `conversion` records of a WARC file (the WET files of Common Crawl).
    Warc,
    /// The whole file is one text.
    Text,
}

impl Format {
    /// By the ending of the name, that of the packing taken off; a text unless it says otherwise.
    fn of(path: &Path) -> Format {
        let plain = match path.extension().and_then(OsStr::to_str) {
            Some(ending) if Packing::ENDINGS.contains(&ending) => path.with_extension(""),
            _ => path.to_owned(),
        };
        match plain.extension().and_then(OsStr::to_str) {
            Some("jsonl" | "ndjson" | "json") => Format::JsonLines,
            Some("parquet") => Format::Parquet,
            Some("warc" | "wet") => Format::Warc,
            _ => Format::Text,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
            Format::Warc => "warc",
            Format::Text => "text",
        })
    }
}

impl FromStr for Format {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(text: &str) -> Result<Format, Error> {
        match text {
            "jsonl" => Ok(Format::JsonLines),
            "parquet" => Ok(Format::Parquet),
            "warc" => Ok(Format::Warc),
            "text" => Ok(Format::Text),
            _ => Err(Error::setting("expected jsonl, parquet, warc or text")),
        }
    }
}

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// What its output is called below `kept/`, parts separated by `/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
    pub(crate) packing: Packing,
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
}

impl Input {
    fn new(name: String, path: PathBuf, format: Option<Format>) -> Result<Input, Error> {
        let (file, packing) = packing::open(&path)?;
        let about =
            file.metadata().map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?;
        let format = format.unwrap_or_else(|| Format::of(Path::new(&name)));
        if format == Format::Parquet && packing != Packing::None {
            return Err(Error::setting(format!(
                "{}: a Parquet file that is packed as a whole cannot be read; unpack it first",
                path.display()
            )));
        }
        let (bytes, modified) = (about.len(), nanoseconds(&about));
        Ok(Input { name, path, format, packing, bytes, modified })
    }

    /// Whether a record can be read again at its place in the file.
    pub(crate) fn is_seekable(&self) -> bool {
        self.packing == Packing::None && self.format != Format::Parquet
    }

    /// Refuses a file that is no longer the one that was resolved.
    pub(crate) fn check_unchanged(&self) -> Result<(), Error> {
        let about = fs::metadata(&self.path)
            .map_err(|error| Error::io(format!("cannot read {} again", self.path.display()), error))?;
        if (about.len(), nanoseconds(&about)) == (self.bytes, self.modified) {
            return Ok(());
        }
        Err(Error::incompatible(format!(
            "{} changed while it was being worked on: what was found in it no longer holds; remove the work folder and run \
             again",
            self.path.display()
        )))
    }
}

/// How records of the inputs are named.
pub(crate) fn names(inputs: &[Input]) -> Vec<InputName> {
    let name =
        |input: &Input| InputName { name: input.name.clone(), is_one_record: input.format == Format::Text };
    inputs.iter().map(name).collect()
}

fn nanoseconds(about: &fs::Metadata) -> u64 {
    let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    modified.map_or(0, |since| since.as_nanos() as u64)
}

/// Where a run may look, and where it must not.
pub(crate) struct Resolver<'r> {
    /// What all inputs are, if the caller said so.
    pub(crate) format: Option<Format>,
    /// Folders of the run itself.
    pub(crate) excluded: &'r [&'r Path],
    /// Where standard input was written to, if it was asked for.
    pub(crate) standard_input: &'r Path,
}

impl Resolver<'_> {
    /// Whether the arguments name standard input.
    pub(crate) fn wants_standard_input(arguments: &[PathBuf]) -> bool {
        arguments.iter().any(|argument| argument.as_os_str() == STANDARD_INPUT)
    }

    /// All files that the arguments name, sorted by path.
    ///
    /// # Errors
    /// `is_io` for a path that is not there or cannot be read; `is_setting` for a pattern without matches, and for two files of
    /// one name.
    pub(crate) fn resolve(&self, arguments: &[PathBuf]) -> Result<Vec<Input>, Error> {
        let mut found = Vec::new();
        for argument in arguments {
            self.add(argument, &mut found)?;
        }
        found.sort_by(|(_, left), (_, right)| left.cmp(right));
        let mut seen = HashSet::new();
        found.retain(|(_, path)| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        let mut names: std::collections::HashMap<&str, &Path> = std::collections::HashMap::new();
        for (name, path) in &found {
            if let Some(other) = names.insert(name, path) {
                return Err(Error::setting(format!(
                    "{} and {} are both called {name}, and their records would go to one file: give a folder that holds \
                     both, or rename one",
                    other.display(),
                    path.display()
                )));
            }
        }
        let format = |name: &str| match name {
            STANDARD_INPUT_NAME => Some(self.format.unwrap_or(Format::JsonLines)),
            _ => self.format,
        };
        found.into_iter().map(|(name, path)| Input::new(name.clone(), path, format(&name))).collect()
    }

    fn add(&self, argument: &Path, found: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
        if argument.as_os_str() == STANDARD_INPUT {
            found.push((STANDARD_INPUT_NAME.to_owned(), self.standard_input.to_owned()));
            return Ok(());
        }
        match fs::metadata(argument) {
            Ok(about) if about.is_dir() => self.walk(argument, argument, found),
            Ok(_) => {
                let name = argument.file_name().unwrap_or(argument.as_os_str());
                found.push((utf8(Path::new(name))?, argument.to_owned()));
                Ok(())
            }
            Err(_) if is_pattern(argument) => self.matches(argument, found),
            Err(error) => Err(Error::io(format!("cannot read {}", argument.display()), error)),
        }
    }

    fn walk(&self, top: &Path, folder: &Path, found: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
        let failed = |error| Error::io(format!("cannot read the folder {}", folder.display()), error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") || self.is_excluded(&path) {
                continue;
            }
            // A link to a folder is passed over: it may lead in a circle.
            if entry.file_type().map_err(failed)?.is_dir() {
                self.walk(top, &path, found)?;
            } else if path.is_file() {
                found.push((utf8(path.strip_prefix(top).unwrap_or(&path))?, path));
            }
        }
        Ok(())
    }

    fn is_excluded(&self, path: &Path) -> bool {
        let real = fs::canonicalize(path).ok();
        self.excluded.iter().any(|excluded| real.is_some() && fs::canonicalize(excluded).ok() == real)
    }

    fn matches(&self, pattern: &Path, found: &mut Vec<(String, PathBuf)>) -> Result<(), Error> {
        let text = pattern.to_str().ok_or_else(|| not_utf8(pattern))?;
        let bad = |error: &dyn std::fmt::Display| Error::setting(format!("the pattern {text}: {error}"));
        let fixed: PathBuf = pattern
            .parent()
            .into_iter()
            .flat_map(Path::components)
            .take_while(|part| !is_pattern(Path::new(part)))
            .collect();
        let before = found.len();
        for path in glob::glob(text).map_err(|error| bad(&error))? {
            let path = path.map_err(|error| bad(&error))?;
            if path.is_file() && !self.is_excluded(&path) {
                found.push((utf8(path.strip_prefix(&fixed).unwrap_or(&path))?, path));
            }
        }
        if found.len() == before {
            return Err(Error::setting(format!("the pattern {text} matches no file")));
        }
        Ok(())
    }
}

fn is_pattern(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// The parts of a relative path with `/` between them.
fn utf8(path: &Path) -> Result<String, Error> {
    let parts: Option<Vec<&str>> = path
        .components()
        .filter(|part| matches!(part, Component::Normal(_)))
        .map(|part| part.as_os_str().to_str())
        .collect();
    parts.map(|parts| parts.join("/")).ok_or_else(|| not_utf8(path))
}

fn not_utf8(path: &Path) -> Error {
    Error::setting(format!(
        "{}: the name is not valid UTF-8, and the reports could not name it; rename it",
        path.display()
    ))
}
