//! Inputs: the arguments of the caller, resolved to files in one order.
//!
//! In: paths of files and folders, glob patterns, `-`. Out: [`Input`]s sorted by path, so that the order of the arguments
//! has no effect. Each has the name of the file that its kept records are written to.
//!
//! An input is named by its file name. A file found in a folder, or by a pattern, is named by its path below that folder,
//! or below the part of the pattern without wild cards. Files that would have the same name are named by their whole paths
//! instead. In folders, entries whose name starts with a dot are left out. Links to folders are not followed, neither in a
//! folder nor by `**`, because they may lead back to a folder above them.
//!
//! A file whose first bytes show that it cannot be read, such as an archive, ends the run if it was named; if it was found in
//! a folder or by a pattern, it is one rejected record.

use crate::corpus::input::content;
use crate::corpus::input::format::{Layout, RecordFormat};
use crate::corpus::input::formats::Format;
use crate::corpus::input::packing::{self, Packing, Unpacking};
use crate::corpus::store::ids::InputName;
use crate::error::Error;
use crate::support::fast_map::{FastMap, FastSet};
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read, Seek};
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
    pub(crate) unpacking: Unpacking,
    pub(crate) bytes: u64,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
    /// The names of the columns, if the first line has them.
    pub(crate) columns: Vec<String>,
    /// Why the whole file is rejected; `None` if it is read.
    pub(crate) refusal: Option<String>,
}

impl Input {
    fn new(
        FoundFile { name, path, is_named }: FoundFile,
        format: Option<Format>,
        unpacking: Unpacking,
    ) -> Result<Input, Error> {
        let failed = |error| Error::cannot_read(&path, error);
        let (mut file, packing) = packing::open(&path)?;
        let about = file.about().map_err(failed)?;
        let mut packed = Vec::new();
        file.by_ref().take(packing::FIRST_BYTES as u64).read_to_end(&mut packed).map_err(failed)?;
        let too_large = unpacking.refusal(&packed);
        let head = match (packing, unpacking.encoding) {
            (Packing::None, None) => packed,
            _ => {
                file.rewind().map_err(failed)?;
                let mut head = Vec::new();
                let unpacked = unpacking.read(packing, file).map_err(failed)?;
                // A damaged packed file is reported when its records are read.
                let _ = unpacked.take(packing::FIRST_BYTES as u64).read_to_end(&mut head);
                head
            }
        };
        let format = too_large.map_or_else(|| content::format(&head, Path::new(&name), format), Err);
        let format = format.and_then(|format| match format.records().layout() {
            Layout::Rows(_) if packing != Packing::None => {
                Err(format!("is a {format} file that is packed as a whole: unpack it first"))
            }
            _ => Ok(format),
        });
        let (format, refusal) = match format {
            Ok(format) => (format, None),
            // The user named the file, so the run cannot do what was asked.
            Err(reason) if is_named => return Err(unreadable(&path, &reason)),
            Err(reason) => (Format::Text, Some(reason)),
        };
        let (bytes, modified) = (about.len(), nanoseconds(&about));
        let format = format.records();
        let columns = format.columns(&head);
        Ok(Input { name, path, format, packing, unpacking, bytes, modified, columns, refusal })
    }

    /// Whether a record can be read again at its offset in the file.
    pub(crate) fn is_seekable(&self) -> bool {
        let is_plain = self.packing == Packing::None && self.unpacking.encoding.is_none();
        is_plain && matches!(self.format.layout(), Layout::Bytes(_))
    }

    /// The error for a file whose content is not what was expected.
    pub(crate) fn unreadable(&self, reason: &str) -> Error {
        unreadable(&self.path, reason)
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

/// The error for a file whose content is not what was expected.
pub(crate) fn unreadable(path: &Path, reason: &str) -> Error {
    let source = io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    Error::io(format!("cannot read {}", path.display()), source)
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
    format: Option<Format>,
    unpacking: Unpacking,
    /// The real paths of the folders of the run itself.
    excluded: Vec<PathBuf>,
    /// The copy of standard input, if it is an input.
    standard_input: &'r Path,
}

/// A file that an argument names.
struct FoundFile {
    name: String,
    path: PathBuf,
    /// Whether the argument is the file itself, not a folder or a pattern.
    is_named: bool,
}

impl<'r> Resolver<'r> {
    /// `excluded` are the folders of the run itself; those that do not exist need not be left out.
    pub(crate) fn new(
        format: Option<Format>,
        unpacking: Unpacking,
        excluded: &[&Path],
        standard_input: &'r Path,
    ) -> Resolver<'r> {
        let excluded = excluded.iter().filter_map(|folder| fs::canonicalize(folder).ok()).collect();
        Resolver { format, unpacking, excluded, standard_input }
    }

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
        found.sort_by(|left, right| left.path.cmp(&right.path));
        let mut seen = FastSet::default();
        found.retain(|file| seen.insert(fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone())));
        name_apart(&mut found)?;
        let format = |name: &str| match name {
            STANDARD_INPUT_NAME => Some(self.format.unwrap_or(Format::JsonLines)),
            _ => self.format,
        };
        let input = |file: FoundFile| {
            let format = format(&file.name);
            Input::new(file, format, self.unpacking)
        };
        found.into_iter().map(input).collect()
    }

    fn add(&self, argument: &Path, found: &mut Vec<FoundFile>) -> Result<(), Error> {
        if argument.as_os_str() == STANDARD_INPUT {
            let path = self.standard_input.to_owned();
            found.push(FoundFile { name: STANDARD_INPUT_NAME.to_owned(), path, is_named: true });
            return Ok(());
        }
        match fs::metadata(argument) {
            Ok(about) if about.is_dir() => self.walk(argument, argument, found),
            Ok(about) if !about.is_file() => Err(unreadable(
                argument,
                "is no regular file and cannot be read twice: pass its content as standard input (\"-\")",
            )),
            Ok(_) => {
                let name = argument.file_name().unwrap_or(argument.as_os_str());
                let name = utf8(Path::new(name))?;
                found.push(FoundFile { name, path: argument.to_owned(), is_named: true });
                Ok(())
            }
            Err(_) if is_pattern(argument) => self.matches(argument, found),
            Err(error) => Err(Error::io(format!("cannot read {}", argument.display()), error)),
        }
    }

    fn walk(&self, top: &Path, folder: &Path, found: &mut Vec<FoundFile>) -> Result<(), Error> {
        let failed = |error| Error::io(format!("cannot read the folder {}", folder.display()), error);
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            if entry.file_name().as_encoded_bytes().starts_with(b".") {
                continue;
            }
            // A link to a folder is not followed: it may lead back to a folder above it.
            if entry.file_type().map_err(failed)?.is_dir() {
                if !self.is_excluded(&path) {
                    self.walk(top, &path, found)?;
                }
            } else if path.is_file() {
                let name = utf8(path.strip_prefix(top).unwrap_or(&path))?;
                found.push(FoundFile { name, path, is_named: false });
            }
        }
        Ok(())
    }

    fn is_excluded(&self, folder: &Path) -> bool {
        fs::canonicalize(folder).is_ok_and(|folder| self.excluded.contains(&folder))
    }

    fn matches(&self, pattern: &Path, found: &mut Vec<FoundFile>) -> Result<(), Error> {
        let text = pattern.to_str().ok_or_else(|| not_utf8(pattern))?;
        let bad = |error: &dyn std::fmt::Display| Error::setting(format!("the pattern {text}: {error}"));
        let parts: Vec<Component<'_>> = pattern.components().collect();
        // The last part names files, so a pattern is in it or before it.
        let fixed = parts[..parts.len() - 1].iter().take_while(|part| !is_pattern(Path::new(part))).count();
        let (fixed, parts) = (parts[..fixed].iter().collect::<PathBuf>(), &parts[fixed..]);
        let mut wanted: Vec<Part> = Vec::new();
        for part in parts {
            let part = part.as_os_str().to_str().ok_or_else(|| not_utf8(pattern))?;
            match part {
                "**" if wanted.last().is_some_and(|last| matches!(last, Part::Folders)) => {}
                "**" => wanted.push(Part::Folders),
                _ => wanted.push(Part::Name(glob::Pattern::new(part).map_err(|error| bad(&error))?)),
            }
        }
        if matches!(wanted.last(), Some(Part::Folders)) {
            wanted.push(Part::Name(glob::Pattern::new("*").map_err(|error| bad(&error))?));
        }
        let before = found.len();
        let mut paths = BTreeSet::new();
        self.expand(&fixed, &wanted, &mut paths)?;
        for path in paths {
            let name = utf8(path.strip_prefix(&fixed).unwrap_or(&path))?;
            found.push(FoundFile { name, path, is_named: false });
        }
        if found.len() == before {
            return Err(Error::setting(format!("the pattern {text} matches no file")));
        }
        Ok(())
    }

    /// All files below a folder that match the parts of a pattern.
    fn expand(&self, folder: &Path, parts: &[Part], paths: &mut BTreeSet<PathBuf>) -> Result<(), Error> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        let pattern = match part {
            Part::Folders => {
                self.expand(folder, rest, paths)?;
                None
            }
            Part::Name(pattern) => Some(pattern),
        };
        let listed = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let failed = |error| Error::io(format!("cannot read the folder {}", listed.display()), error);
        let entries = match fs::read_dir(listed) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let path = folder.join(entry.file_name());
            match pattern {
                // A link to a folder is not followed: it may lead back to a folder above it.
                None if entry.file_type().map_err(failed)?.is_dir() && !self.is_excluded(&path) => {
                    self.expand(&path, parts, paths)?;
                }
                Some(pattern) if pattern.matches(&entry.file_name().to_string_lossy()) => {
                    if rest.is_empty() && path.is_file() {
                        paths.insert(path);
                    } else if !rest.is_empty() && path.is_dir() && !self.is_excluded(&path) {
                        self.expand(&path, rest, paths)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// A part of a pattern of paths.
enum Part {
    /// `**`: folders to any depth.
    Folders,
    Name(glob::Pattern),
}

/// Names files of the same name by their paths: as they were given if these paths differ, otherwise by their real paths.
fn name_apart(found: &mut [FoundFile]) -> Result<(), Error> {
    let real = |file: &FoundFile| fs::canonicalize(&file.path).unwrap_or_else(|_| file.path.clone());
    let ways: [&dyn Fn(&FoundFile) -> PathBuf; 2] = [&|file| file.path.clone(), &real];
    for way in ways {
        let mut counts: FastMap<String, u32> = FastMap::default();
        for file in found.iter() {
            *counts.entry(file.name.clone()).or_default() += 1;
        }
        for file in found.iter_mut().filter(|file| counts[&file.name] > 1) {
            file.name = utf8(&way(file))?;
        }
    }
    let mut names: FastMap<&str, &Path> = FastMap::default();
    for FoundFile { name, path, .. } in found {
        if let Some(other) = names.insert(name, path) {
            return Err(Error::setting(format!(
                "{} and {} are both called {name}, and their records would go to one file: rename one",
                other.display(),
                path.display()
            )));
        }
    }
    Ok(())
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
