//! Inputs: the arguments of the caller, resolved to files in one order.
//!
//! In: paths of files and folders, glob patterns, `-`. Out: [`Input`]s sorted by path, so that the order of the arguments
//! has no effect. Each has the name of the file that its kept records are written to.
//!
//! An input is named by its file name. A file found in a folder, or by a pattern, is named by its path below that folder,
//! or below the part of the pattern without wild cards. Two files with the same name are refused, because they would be
//! written to one file. In folders, entries whose name starts with a dot are left out.

use crate::corpus::input::format::{Layout, RecordFormat};
use crate::corpus::input::formats::Format;
use crate::corpus::input::packing::{self, Packing};
use crate::corpus::store::ids::InputName;
use crate::error::Error;
use crate::support::fast_map::{FastMap, FastSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The name of standard input, as an argument.
const STANDARD_INPUT: &str = "-";
/// The name of the file that the kept records of standard input are written to.
const STANDARD_INPUT_NAME: &str = "stdin.jsonl";

/// A file to read.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// The name of its output below `kept/`, parts separated by `/`.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) format: &'static dyn RecordFormat,
    pub(crate) packing: Packing,
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
}

impl Input {
    fn new(name: String, path: PathBuf, format: Option<Format>) -> Result<Input, Error> {
        let (file, packing) = packing::open(&path)?;
        let about = file.about().map_err(|error| Error::cannot_read(&path, error))?;
        let format = format.unwrap_or_else(|| Format::of(Path::new(&name))).records();
        if matches!(format.layout(), Layout::Rows(_)) && packing != Packing::None {
            return Err(Error::setting(format!(
                "{}: a {} file that is packed as a whole cannot be read; unpack it first",
                path.display(),
                format.name()
            )));
        }
        let (bytes, modified) = (about.len(), nanoseconds(&about));
        Ok(Input { name, path, format, packing, bytes, modified })
    }

    /// Whether a record can be read again at its offset in the file.
    pub(crate) fn is_seekable(&self) -> bool {
        self.packing == Packing::None && matches!(self.format.layout(), Layout::Bytes(_))
    }

    /// Refuses a file that changed after it was resolved.
    pub(crate) fn check_unchanged(&self) -> Result<(), Error> {
        let about = fs::metadata(&self.path).map_err(|error| Error::cannot_read(&self.path, error))?;
        if (about.len(), nanoseconds(&about)) == (self.bytes, self.modified) {
            return Ok(());
        }
        Err(Error::incompatible(format!(
            "{} changed during the run, so that results from it are no longer valid; remove the work folder and run again",
            self.path.display()
        )))
    }
}

/// How records of the inputs are named.
pub(crate) fn names(inputs: &[Input]) -> Vec<InputName> {
    let name =
        |input: &Input| InputName { name: input.name.clone(), is_one_record: input.format.is_one_record() };
    inputs.iter().map(name).collect()
}

fn nanoseconds(about: &fs::Metadata) -> u64 {
    let modified = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    modified.map_or(0, |since| since.as_nanos() as u64)
}

/// Finds the inputs. It leaves out the folders of the run itself.
pub(crate) struct Resolver<'r> {
    /// The format of all inputs, if the caller chose it.
    pub(crate) format: Option<Format>,
    /// The folders of the run itself.
    pub(crate) excluded: &'r [&'r Path],
    /// The copy of standard input, if it is an input.
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
    /// `is_io` for a path that does not exist or cannot be read; `is_setting` for a pattern without matches, and for two
    /// files of one name.
    pub(crate) fn resolve(&self, arguments: &[PathBuf]) -> Result<Vec<Input>, Error> {
        let mut found = Vec::new();
        for argument in arguments {
            self.add(argument, &mut found)?;
        }
        found.sort_by(|(_, left), (_, right)| left.cmp(right));
        let mut seen = FastSet::default();
        found.retain(|(_, path)| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
        let mut names: FastMap<&str, &Path> = FastMap::default();
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
            // A link to a folder is not followed: it may lead back to a folder above it.
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

/// The parts of a relative path, joined by `/`.
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
        "{}: the name is not valid UTF-8, so that reports cannot name it; rename the file",
        path.display()
    ))
}
