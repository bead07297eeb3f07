//! The job: what the caller asks for, checked before anything is read.
//!
//! In: chained setters. Out: settings that hold together, or an error that says which does not.

use crate::corpus::input::files::Format;
use crate::corpus::output::passages::PassageMode;
use crate::corpus::recurring::{RecurringFinder, Trimming};
use crate::error::Error;
use crate::index::Bands;
use crate::index::Rows;
use crate::progress::Watch;
use crate::sketch::Sketcher;
use std::path::PathBuf;

/// The similarity from which on a document is a near-duplicate: about one edit in 45 words.
const THRESHOLD: f64 = 0.8;
/// The share of the pairs at the threshold that become candidates at least.
const RECALL: f64 = 0.95;
/// A mebibyte.
const MIB: u64 = 1 << 20;
/// Memory that a job may use.
const MEMORY: u64 = 2048 * MIB;
/// Memory for whatever does not grow with anything: the program, its threads' blocks, open files.
const BASE_MEMORY: u64 = 48 * MIB;
/// Bytes held for a byte of the longest record while it is read: as it stands, unescaped, unpacked.
const HELD_PER_RECORD_BYTE: u64 = 4;
/// The shortest passage that is sought, in squeezed characters: two lines of text.
const PASSAGE_LENGTH: usize = 60;
/// The longest record, in bytes. Few books are longer.
const MAX_RECORD: u64 = 16 * MIB;

/// Which of several alike is kept.
///
/// Ties go to the one that comes first: by path of the input, then by number of the record.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Keep {
    /// The first: by path of the input, then by number of the record.
    #[default]
    First,
    /// The longest text, in bytes.
    Longest,
    /// The highest number in a field. Documents without one rank last.
    Score(String),
    /// The latest point in time in a field: a number, or text such as `2024-03-01` or `2024-03-01T12:30:00+01:00`; the date of the
    /// record in WARC. Documents without one rank last.
    Newest(String),
}

/// Removes the near-duplicates of a corpus: from files to files, in bounded memory.
///
/// [`Job::run`] writes into the folder of the output, each file whole or not at all:
///
/// | file | what |
/// | --- | --- |
/// | `kept/NAME` | an input without its removed and rejected records, all other bytes as they came, packed as it came |
/// | `removed.jsonl` | `{"id","kept_by","jaccard","containment"}` a removed document |
/// | `clusters.jsonl` | `{"kept","removed","weakest"}` a kept document that others resemble |
/// | `rejected.jsonl` | `{"file","record","reason"}` a record that could not be read |
/// | `duplicate_ids.jsonl` | `{"id","file","record","first_file","first_record"}` an id that stood before |
/// | `passages.jsonl` | `{"example","span","occurrences","copy","copy_span","text"}` a passage that recurs, if they are sought |
/// | `stretches.jsonl` | `{"id","stretches":[{"span","holder","holder_span","identity"}],"unresolved"}` a document that shares text with a preferred one, or repeats itself |
/// | `trimmed.jsonl` | `{"id","cuts","sources"}` a document from which passages are cut, or would be; spans are bytes of its text |
/// | `covered.jsonl` | `{"id","coverage","sources"}` a document removed because others cover it |
/// | `summary.json` | settings and counts; written last, so it is there exactly if all is done |
///
/// # Example
/// ```
/// use refrain::corpus::{Job, Keep};
/// # let folder = std::env::temp_dir().join(format!("refrain-job-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let input = folder.join("news.jsonl");
/// std::fs::write(&input, concat!(
///     r#"{"id":"a","text":"The council met on Tuesday to discuss the new bridge over the river near the mill."}"#, "\n",
///     r#"{"id":"b","text":"Something else happened in another town, and nobody there wrote more than a line."}"#, "\n",
///     r#"{"id":"c","text":"the council met on Tuesday to discuss the new bridge, over the river near the mill"}"#, "\n",
/// ))?;
/// let summary = Job::new([&input], folder.join("out")).keep(Keep::First).run()?;
/// assert_eq!((summary.documents, summary.removed), (3, 1));
/// let removed = std::fs::read_to_string(folder.join("out/removed.jsonl"))?;
/// assert_eq!(removed, "{\"id\":\"c\",\"kept_by\":\"a\",\"jaccard\":1.0,\"containment\":1.0}\n");
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Job {
    pub(crate) inputs: Vec<PathBuf>,
    pub(crate) output: PathBuf,
    pub(crate) work: Option<PathBuf>,
    pub(crate) index: Option<PathBuf>,
    pub(crate) format: Option<Format>,
    pub(crate) text_field: String,
    pub(crate) id_field: String,
    pub(crate) keep: Keep,
    pub(crate) threshold: f64,
    pub(crate) recall: f64,
    pub(crate) memory: u64,
    pub(crate) max_record: u64,
    pub(crate) audit: Option<u32>,
    pub(crate) passages: Option<PassageMode>,
    pub(crate) passage_length: usize,
    pub(crate) coverage: Option<f64>,
    pub(crate) watch: Watch,
}

impl Job {
    /// Reads `inputs` (files, folders, glob patterns, `-` for standard input), writes into the folder `output`.
    pub fn new(inputs: impl IntoIterator<Item = impl Into<PathBuf>>, output: impl Into<PathBuf>) -> Job {
        Job {
            inputs: inputs.into_iter().map(Into::into).collect(),
            output: output.into(),
            work: None,
            index: None,
            format: None,
            text_field: "text".to_owned(),
            id_field: "id".to_owned(),
            keep: Keep::default(),
            threshold: THRESHOLD,
            recall: RECALL,
            memory: MEMORY,
            max_record: MAX_RECORD,
            audit: None,
            passages: None,
            passage_length: PASSAGE_LENGTH,
            coverage: None,
            watch: Watch::SILENT,
        }
    }

    /// The folder for what is written on the way; `.work` in the output unless set. It is removed at the end.
    pub fn work(mut self, folder: impl Into<PathBuf>) -> Job {
        self.work = Some(folder.into());
        self
    }

    /// A folder that holds what earlier jobs kept. Documents that resemble one of those go, whatever the keep policy; what is kept is
    /// added at the end, for later jobs. A folder that is not there is made.
    pub fn index(mut self, folder: impl Into<PathBuf>) -> Job {
        self.index = Some(folder.into());
        self
    }

    /// What all inputs are, whatever their names say.
    pub fn format(mut self, format: Format) -> Job {
        self.format = Some(format);
        self
    }

    /// The field, or column, that holds the text; `text` unless set.
    pub fn text_field(mut self, name: impl Into<String>) -> Job {
        self.text_field = name.into();
        self
    }

    /// The field, or column, that holds the id; `id` unless set. A record without one is called `FILE:RECORD`.
    pub fn id_field(mut self, name: impl Into<String>) -> Job {
        self.id_field = name.into();
        self
    }

    /// Which of several alike is kept; the first unless set.
    pub fn keep(mut self, keep: Keep) -> Job {
        self.keep = keep;
        self
    }

    /// The Jaccard similarity from which on a document is a near-duplicate, over the default shingles; 0.8 unless set.
    pub fn threshold(mut self, threshold: f64) -> Job {
        self.threshold = threshold;
        self
    }

    /// The share of the pairs at the threshold that must be compared at least; 0.95 unless set. Pairs that are more alike are found
    /// more often.
    pub fn recall(mut self, recall: f64) -> Job {
        self.recall = recall;
        self
    }

    /// Bytes of memory to use at most; 2 GiB unless set. What is written does not depend on it.
    pub fn memory(mut self, bytes: u64) -> Job {
        self.memory = bytes;
        self
    }

    /// Bytes of a record at most, 16 MiB unless set; longer ones are rejected.
    pub fn max_record(mut self, bytes: u64) -> Job {
        self.max_record = bytes;
        self
    }

    /// Compares so many documents, chosen by chance, exactly with all others at the end, and says what that shows
    /// ([`Summary::audit`](super::Summary::audit)). Costs one more pass over the texts.
    pub fn audit(mut self, documents: u32) -> Job {
        self.audit = Some(documents);
        self
    }

    /// Seeks passages that recur across the documents that are kept, those of the [index](Self::index) included, and repeats inside those of
    /// this job; not done unless set. Told in `passages.jsonl`, `stretches.jsonl` and `trimmed.jsonl`. What an index holds keeps its copy.
    /// Of a record that is trimmed only the text changes; in WARC also its length, and digests of what it was go.
    pub fn passages(mut self, mode: PassageMode) -> Job {
        self.passages = Some(mode);
        self
    }

    /// The shortest passage, in squeezed characters; 60 unless set, 39 at least.
    pub fn passage_length(mut self, characters: usize) -> Job {
        self.passage_length = characters;
        self
    }

    /// Removes documents of which other kept ones hold at least this share, in passages, told in `covered.jsonl`; not done unless set, and only
    /// where passages are sought.
    pub fn coverage(mut self, share: f64) -> Job {
        self.coverage = Some(share);
        self
    }

    /// The callback that is told how far the job is, and that may stop it; none unless set.
    pub fn watch(mut self, watch: Watch) -> Job {
        self.watch = watch;
        self
    }

    /// What finds passages.
    pub(crate) fn finder(&self) -> RecurringFinder {
        RecurringFinder::new().min_length(self.passage_length)
    }

    fn check_passages(&self) -> Result<(), Error> {
        let finder = self.finder().checked()?;
        if let Some(share) = self.coverage {
            Trimming::new(&finder).remove_covered(share)?;
            if self.passages.is_none() {
                return Err(Error::setting(
                    "a coverage is set, but passages are not sought; say whether to report or to trim them",
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn work_folder(&self) -> PathBuf {
        self.work.clone().unwrap_or_else(|| self.output.join(".work"))
    }

    pub(crate) fn sketcher(&self) -> Sketcher {
        Sketcher::default()
    }

    pub(crate) fn bands(&self) -> Result<Bands, Error> {
        Bands::lean(self.threshold, self.recall, self.sketcher().recipe().slots())
    }

    /// What a row of a sketch looks like.
    pub(crate) fn shape(&self) -> Result<Rows, Error> {
        Ok(Rows::new(self.sketcher().recipe().slots(), self.bands()?.slot_bits()))
    }

    /// The field that ranks documents.
    pub(crate) fn merit_field(&self) -> Option<&str> {
        match &self.keep {
            Keep::Score(field) | Keep::Newest(field) => Some(field),
            Keep::First | Keep::Longest => None,
        }
    }

    /// Bytes of memory for what grows with the corpus.
    pub(crate) fn budget(&self) -> u64 {
        self.memory - self.fixed_memory()
    }

    fn fixed_memory(&self) -> u64 {
        BASE_MEMORY + HELD_PER_RECORD_BYTE * self.max_record
    }

    /// Checks the settings.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.inputs.is_empty() {
            return Err(Error::setting("no input is given; name at least one file or folder"));
        }
        if self.max_record == 0 || self.max_record > crate::MAX_TEXT_BYTES as u64 {
            return Err(Error::setting(format!(
                "the longest record is set to {} bytes; expected 1 to {}",
                self.max_record,
                crate::MAX_TEXT_BYTES
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
        self.check_passages()?;
        self.bands().map(|_| ())
    }
}
