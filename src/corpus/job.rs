//! The job: what the caller asks for.
//!
//! In: chained setters. Out: [`Settings`] and a [`Watch`], with which `run` does the work.

use crate::corpus::input::encoding::Encoding;
use crate::corpus::input::formats::Format;
use crate::corpus::input::settings::WarcRecords;
use crate::corpus::settings::{self, PassageMode, RepeatMode, Settings};
use crate::corpus::store::priority::Keep;
use crate::progress::Watch;
use crate::shingle::Shingle;
use std::path::PathBuf;

/// Removes the near-duplicates of a corpus: from files to files, in bounded memory.
///
/// [`Job::run`] writes into the folder of the output, each file whole or not at all:
///
/// | file | what |
/// | --- | --- |
/// | `kept/NAME` | an input without its removed and rejected records, packed like the input; all other bytes are unchanged |
/// | `removed.jsonl` | `{"id","kept_by","jaccard","containment"}` for each removed document |
/// | `clusters.jsonl` | `{"kept","removed","weakest"}` for each kept document that removed ones resemble |
/// | `rejected.jsonl` | `{"file","record","reason"}` for each record that could not be read; also `"records"` where several rows of Parquet could not |
/// | `duplicate_ids.jsonl` | `{"id","file","record","first_file","first_record"}` for each record whose id an earlier record has too |
/// | `passages.jsonl` | `{"example","span","occurrences","copy","copy_span","text"}` for each passage that recurs, if passages are searched for |
/// | `stretches.jsonl` | `{"id","stretches":[{"span","holder","holder_span","identity"}],"unresolved"}` for each document that shares text with a preferred one, or repeats itself |
/// | `trimmed.jsonl` | `{"id","cuts","sources"}` for each document from which passages are cut, or would be; spans are bytes of its text |
/// | `covered.jsonl` | `{"id","coverage","sources"}` for each document that is removed because others cover it |
/// | `summary.json` | settings and counts; it is written last, so it exists only if the output is complete |
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Job {
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub(crate) settings: Settings,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) watch: Watch,
}

impl Job {
    /// The [threshold](Self::threshold) unless set: 0.8, about one edit in 45 words.
    pub const DEFAULT_THRESHOLD: f64 = settings::THRESHOLD;
    /// The [recall](Self::recall) unless set: 0.95.
    pub const DEFAULT_RECALL: f64 = settings::RECALL;
    /// The limit of [memory](Self::memory) unless set, in bytes: 2 GiB.
    pub const DEFAULT_MEMORY: u64 = settings::MEMORY;
    /// The [longest record](Self::max_record) unless set, in bytes: 16 MiB.
    pub const DEFAULT_MAX_RECORD: u64 = settings::MAX_RECORD;
    /// The [shortest passage](Self::passage_length) unless set, in letters: 60.
    pub const DEFAULT_PASSAGE_LENGTH: usize = settings::PASSAGE_LENGTH;
    /// The [field of the text](Self::text_field) unless set: `text`.
    pub const DEFAULT_TEXT_FIELD: &str = settings::TEXT_FIELD;
    /// The [field of the id](Self::id_field) unless set: `id`.
    pub const DEFAULT_ID_FIELD: &str = settings::ID_FIELD;

    /// Reads `inputs` (files, folders, glob patterns, `-` for standard input) and writes into the folder `output`.
    #[must_use]
    pub fn new(inputs: impl IntoIterator<Item = impl Into<PathBuf>>, output: impl Into<PathBuf>) -> Job {
        let inputs = inputs.into_iter().map(Into::into).collect();
        Job { settings: Settings::new(inputs, output.into()), watch: Watch::SILENT }
    }

    /// The folder for intermediate files; `.work` in the output folder unless set. It is removed at the end.
    #[must_use]
    pub fn work(mut self, folder: impl Into<PathBuf>) -> Job {
        self.settings.work = Some(folder.into());
        self
    }

    /// A folder with the documents that earlier jobs kept. A document that resembles one of those is removed, even if the keep policy
    /// would prefer it. The documents that this job keeps are added at the end. The folder is made if it does not exist.
    #[must_use]
    pub fn index(mut self, folder: impl Into<PathBuf>) -> Job {
        self.settings.index = Some(folder.into());
        self
    }

    /// The format of all inputs. Unless set, the first bytes of each file decide, then the ending of its name.
    #[must_use]
    pub fn format(mut self, format: Format) -> Job {
        self.settings.format = Some(format);
        self
    }

    /// The types of WARC records whose text is read; only [`WarcRecords::Conversion`] unless set. Records of other types are kept as they
    /// are and counted ([`Summary::skipped`](super::Summary::skipped)).
    #[must_use]
    pub fn warc_records(mut self, types: impl IntoIterator<Item = WarcRecords>) -> Job {
        self.settings.warc_records = types.into_iter().collect();
        self
    }

    /// The encoding of all inputs that are text; UTF-8 unless set. Kept files are then written in UTF-8. A file that is seen to be
    /// in UTF-16 or Windows-1252 is refused unless its encoding is set.
    #[must_use]
    pub fn encoding(mut self, encoding: Encoding) -> Job {
        self.settings.encoding = Some(encoding);
        self
    }

    /// The field, or column, that holds the text; `text` unless set. A path with points, such as `meta.text`, names a field inside
    /// another. If no record of the first ones has the field, the job fails and names the fields that are there.
    #[must_use]
    pub fn text_field(mut self, name: impl Into<String>) -> Job {
        self.settings.text_field = name.into();
        self
    }

    /// The field, or column, that holds the id; `id` unless set. A record without an id gets the id `FILE:RECORD`.
    #[must_use]
    pub fn id_field(mut self, name: impl Into<String>) -> Job {
        self.settings.id_field = name.into();
        self
    }

    /// Which document of a group of near-duplicates is kept; the first unless set.
    #[must_use]
    pub fn keep(mut self, keep: Keep) -> Job {
        self.settings.keep = keep;
        self
    }

    /// The unit by which documents are compared; [`Shingle::ADAPTIVE`] unless set. [`Shingle::SHORT`] is for texts of one or
    /// a few sentences. An index must have been made with the same unit.
    #[must_use]
    pub fn shingle(mut self, shingle: Shingle) -> Job {
        self.settings.shingle = shingle;
        self
    }

    /// The least Jaccard similarity of near-duplicates, over their [shingles](Self::shingle); 0.8 unless set. It must be above 0 and at
    /// most 1. At 1 only documents with equal sets of shingles are near-duplicates.
    #[must_use]
    pub fn threshold(mut self, threshold: f64) -> Job {
        self.settings.threshold = threshold;
        self
    }

    /// The least share of the pairs at the threshold that are compared; 0.95 unless set. More similar pairs are found more often.
    #[must_use]
    pub fn recall(mut self, recall: f64) -> Job {
        self.settings.recall = recall;
        self
    }

    /// The limit of memory, in bytes; 2 GiB unless set. The output does not depend on it.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Job {
        self.settings.memory = bytes;
        self
    }

    /// The longest record, in bytes; 16 MiB unless set. Longer records are rejected.
    #[must_use]
    pub fn max_record(mut self, bytes: u64) -> Job {
        self.settings.max_record = bytes;
        self
    }

    /// Compares this many documents, drawn at random, exactly with all others at the end, and reports the measured recall and precision
    /// ([`Summary::audit`](super::Summary::audit)). Costs one more pass over the texts. Not done unless set.
    #[must_use]
    pub fn audit(mut self, documents: u32) -> Job {
        self.settings.audit = Some(documents);
        self
    }

    /// Searches for passages that recur across the kept documents, those of the [index](Self::index) included, and for repeats inside the
    /// documents of this job. Not done unless set. The results are in `passages.jsonl`, `stretches.jsonl` and `trimmed.jsonl`. A document
    /// of the index always keeps its copy. Only whole sentences that another document has too are cut. Trimming changes only the text of
    /// a record; in WARC also its length, and digests of the old content are left out.
    #[must_use]
    pub fn passages(mut self, mode: PassageMode) -> Job {
        self.settings.passages = Some(mode);
        self
    }

    /// What is done with sentences that repeat inside one document only: [`RepeatMode::Keep`] unless set, so that a chorus stays. It is an
    /// error to trim them if [passages](Self::passages) are not searched for.
    #[must_use]
    pub fn repeats(mut self, mode: RepeatMode) -> Job {
        self.settings.repeats = mode;
        self
    }

    /// The shortest passage, in [letters](crate::PassageFinder#letters); 60 unless set. It must be at
    /// least 39.
    #[must_use]
    pub fn passage_length(mut self, characters: usize) -> Job {
        self.settings.passage_length = characters;
        self
    }

    /// Removes a document if passages of other kept documents cover at least this share of it; `covered.jsonl` lists such documents. Not
    /// done unless set. It is an error to set it if [passages](Self::passages) are not searched for.
    ///
    /// Which documents are covered does not depend on their order: of two that hold a passage, the longer one keeps it. Under
    /// [`Keep::Score`] and [`Keep::Newest`] the preferred one does, and the length decides between equals.
    #[must_use]
    pub fn coverage(mut self, share: f64) -> Job {
        self.settings.coverage = Some(share);
        self
    }

    /// The callback that receives progress and may cancel the job; none unless set. Reading and writing are counted in bytes, the
    /// other stages in documents or entries.
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Job {
        self.watch = watch;
        self
    }
}
