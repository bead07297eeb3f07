//! The settings of a job: what every stage reads.
//!
//! In: values that the setters of [`Job`](super::Job) stored. Out: the same values, and values computed from them: the sketcher, the
//! bands, the form of a stored sketch, the memory for data that grows with the corpus. [`Settings::check`] refuses values out of
//! range. This file uses the formats of the inputs but no later stage, so every later stage can import it.

use crate::corpus::input::encoding::Encoding;
use crate::corpus::input::formats::Format;
use crate::corpus::input::packing::Unpacking;
use crate::corpus::input::settings::{Fields, ReadSettings, WarcRecords};
use crate::corpus::store::priority::Keep;
use crate::error::Error;
use crate::index::{Bands, Rows};
use crate::shingle::Shingle;
use crate::sketch::Sketcher;
use crate::stream;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A mebibyte.
pub(crate) const MIB: u64 = 1 << 20;
/// The default threshold: about one edit in 45 words.
pub(crate) const THRESHOLD: f64 = 0.8;
/// The default recall at the threshold.
pub(crate) const RECALL: f64 = 0.95;
/// The default limit of memory, in bytes.
pub(crate) const MEMORY: u64 = 2048 * MIB;
/// The default longest record, in bytes. Few books are longer.
pub(crate) const MAX_RECORD: u64 = 16 * MIB;
/// The default shortest passage, in letters: two lines of text.
pub(crate) const PASSAGE_LENGTH: usize = 60;
/// The default field of the text.
pub(crate) const TEXT_FIELD: &str = "text";
/// The default field of the id.
pub(crate) const ID_FIELD: &str = "id";

/// Memory for data that does not grow with the corpus: the program, the blocks of its threads, open files.
const BASE_MEMORY: u64 = 48 * MIB;
/// Copies of a record that exist while it is read: packed, unpacked, unescaped, and its words.
const COPIES_OF_RECORD: u64 = 4;
/// The same while passages are searched for in it. Measured: 24 bytes for each byte of two texts of one repeated letter, which
/// have the most places that match. Texts of words take a quarter of that.
const COPIES_WITH_PASSAGES: u64 = 26;

/// What a job does with passages that recur across documents. As text: `report` or `trim`.
///
/// # Example
/// ```
/// use refrain::corpus::PassageMode;
/// assert_eq!("trim".parse::<PassageMode>()?, PassageMode::Trim);
/// assert_eq!(PassageMode::Report.to_string(), "report");
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum PassageMode {
    /// They are reported, with the cuts that trimming would make; the texts stay unchanged.
    Report,
    /// They are cut from all documents but one.
    Trim,
}

impl PassageMode {
    /// All modes.
    pub const ALL: &[PassageMode] = &[PassageMode::Report, PassageMode::Trim];
}

impl fmt::Display for PassageMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PassageMode::Report => "report",
            PassageMode::Trim => "trim",
        })
    }
}

impl FromStr for PassageMode {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(text: &str) -> Result<PassageMode, Error> {
        match text {
            "report" => Ok(PassageMode::Report),
            "trim" => Ok(PassageMode::Trim),
            _ => Err(Error::setting("expected report or trim")),
        }
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(PassageMode);

/// What a job does with sentences that repeat inside one document only, such as a chorus. As text: `keep` or `trim`.
///
/// # Example
/// ```
/// use refrain::corpus::RepeatMode;
/// assert_eq!("keep".parse::<RepeatMode>()?, RepeatMode::default());
/// assert_eq!(RepeatMode::Trim.to_string(), "trim");
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum RepeatMode {
    /// They stay.
    #[default]
    Keep,
    /// All copies but one are cut, as `refrain repeats --trim` does.
    Trim,
}

impl RepeatMode {
    /// All modes.
    pub const ALL: &[RepeatMode] = &[RepeatMode::Keep, RepeatMode::Trim];
}

impl fmt::Display for RepeatMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RepeatMode::Keep => "keep",
            RepeatMode::Trim => "trim",
        })
    }
}

impl FromStr for RepeatMode {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] for any other text.
    fn from_str(text: &str) -> Result<RepeatMode, Error> {
        match text {
            "keep" => Ok(RepeatMode::Keep),
            "trim" => Ok(RepeatMode::Trim),
            _ => Err(Error::setting("expected keep or trim")),
        }
    }
}

#[cfg(feature = "serde")]
crate::support::serde_text::serde_by_text!(RepeatMode);

/// What the caller asked for. See [`Job`](super::Job) for the meaning of each field.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Settings {
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) output: PathBuf,
    pub(crate) work: Option<PathBuf>,
    pub(crate) index: Option<PathBuf>,
    pub(crate) format: Option<Format>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) encoding: Option<Encoding>,
    #[cfg_attr(feature = "serde", serde(default = "conversions"))]
    pub(crate) warc_records: Vec<WarcRecords>,
    pub(crate) text_field: String,
    pub(crate) id_field: String,
    pub(crate) keep: Keep,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) shingle: Shingle,
    pub(crate) threshold: f64,
    pub(crate) recall: f64,
    pub(crate) memory: u64,
    pub(crate) max_record: u64,
    pub(crate) audit: Option<u32>,
    pub(crate) passages: Option<PassageMode>,
    #[cfg_attr(feature = "serde", serde(default))]
    pub(crate) repeats: RepeatMode,
    pub(crate) passage_length: usize,
    pub(crate) coverage: Option<f64>,
}

/// The types of WARC records that are read unless set.
fn conversions() -> Vec<WarcRecords> {
    vec![WarcRecords::Conversion]
}

impl Settings {
    /// The defaults.
    pub(crate) fn new(inputs: Vec<PathBuf>, output: PathBuf) -> Settings {
        Settings {
            inputs,
            output,
            work: None,
            index: None,
            format: None,
            encoding: None,
            warc_records: conversions(),
            text_field: TEXT_FIELD.to_owned(),
            id_field: ID_FIELD.to_owned(),
            keep: Keep::default(),
            shingle: Shingle::default(),
            threshold: THRESHOLD,
            recall: RECALL,
            memory: MEMORY,
            max_record: MAX_RECORD,
            audit: None,
            passages: None,
            repeats: RepeatMode::Keep,
            passage_length: PASSAGE_LENGTH,
            coverage: None,
        }
    }

    pub(crate) fn work_folder(&self) -> PathBuf {
        self.work.clone().unwrap_or_else(|| self.output.join(".work"))
    }

    /// The sketcher of settings that were [checked](Self::check).
    pub(crate) fn sketcher(&self) -> Sketcher {
        Sketcher::builder().shingle(self.shingle).build().expect("the shingle was checked")
    }

    pub(crate) fn bands(&self) -> Result<Bands, Error> {
        Bands::lean(self.threshold, self.recall, Sketcher::DEFAULT_SLOTS)
    }

    /// The form of a stored sketch: its slots and the bits that are kept of each.
    pub(crate) fn shape(&self) -> Result<Rows, Error> {
        Ok(Rows::new(Sketcher::DEFAULT_SLOTS, self.bands()?.slot_bits()))
    }

    /// The settings that the readers of the inputs need.
    pub(crate) fn read_settings(&self) -> ReadSettings<'_> {
        let (text, id, priority) = (&self.text_field, &self.id_field, self.keep.field());
        let fields = Fields { text, id, priority };
        ReadSettings {
            fields,
            keep: &self.keep,
            warc_records: &self.warc_records,
            max_record: self.max_record as usize,
        }
    }

    /// How the bytes of the inputs become the bytes of records.
    pub(crate) fn unpacking(&self) -> Unpacking {
        Unpacking { encoding: self.encoding, memory: self.memory.saturating_sub(self.fixed_memory()) }
    }

    /// Bytes of memory for data that grows with the corpus.
    pub(crate) fn budget(&self) -> u64 {
        self.memory - self.fixed_memory()
    }

    fn fixed_memory(&self) -> u64 {
        let copies = if self.passages.is_some() { COPIES_WITH_PASSAGES } else { COPIES_OF_RECORD };
        BASE_MEMORY + copies * self.max_record
    }

    /// Refuses settings that are out of range or contradict each other. Those of passages are checked elsewhere.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.inputs.is_empty() {
            return Err(Error::setting("no input is given; name at least one file or folder"));
        }
        if self.max_record == 0 || self.max_record > stream::MAX_BYTES as u64 {
            return Err(Error::setting(format!(
                "the longest record is set to {} bytes; expected 1 to {}",
                self.max_record,
                stream::MAX_BYTES
            )));
        }
        let least = self.fixed_memory() + BASE_MEMORY;
        if self.memory < least {
            return Err(Error::setting(format!(
                "{} MiB of memory do not suffice for records of up to {} bytes: allow {} MiB, or shorter records",
                self.memory / MIB,
                self.max_record,
                least.div_ceil(MIB)
            )));
        }
        if self.repeats != RepeatMode::Keep && self.passages.is_none() {
            return Err(Error::setting(
                "repeats are to be trimmed, but no search for passages is asked for; set passages to report or trim",
            ));
        }
        if self.coverage.is_some() && self.passages.is_none() {
            return Err(Error::setting(
                "a coverage is set, but no search for passages is asked for; set passages to report or trim",
            ));
        }
        self.shingle.check()?;
        if self.passages == Some(PassageMode::Trim) && self.warc_records.contains(&WarcRecords::Response) {
            return Err(Error::setting(
                "passages cannot be cut from web pages (response records): report them instead, or read conversion records only",
            ));
        }
        self.bands().map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_they_are_written() {
        for text in ["first", "longest", "score:quality", "newest:date:of:issue"] {
            assert_eq!(text.parse::<Keep>().unwrap().to_string(), text);
        }
        for text in ["", "best", "score", "score:", "newest:", "First"] {
            assert!(text.parse::<Keep>().unwrap_err().is_setting(), "{text}");
        }
        for text in ["report", "trim"] {
            assert_eq!(text.parse::<PassageMode>().unwrap().to_string(), text);
        }
        assert!("cut".parse::<PassageMode>().unwrap_err().is_setting());
    }
}
