//! Reading: every record once, from its file to a row of each table.
//!
//! In: the inputs. Out: of each document a [`Document`] row, its sketch and its id; of each record that is none, why. Threads
//! parse and sketch blocks of records; the tables are written in the order of the records, so that the number of a document is
//! the same on any number of threads.
//!
//! Now and then, and at the end of each input, what was written is made to last and the place noted ([`Progress`]); a run
//! that was killed goes on there.
//!
//! **Cost.** One pass over the inputs. A block or two a thread in memory; on disk about 210 bytes a document and its id.

use crate::corpus::input::blocks::{Block, Blocks, Content, Position};
use crate::corpus::input::files::{Format, Input};
use crate::corpus::input::json_lines;
use crate::corpus::input::parquet;
use crate::corpus::input::settings::ReadSettings;
use crate::corpus::input::warc;
use crate::corpus::store::document::{DOCUMENTS, Document, OPEN_END, REJECTED, Rejected};
use crate::corpus::store::ids::IDS;
use crate::corpus::store::priority::{self, FieldValue};
use crate::corpus::store::sketches::SKETCHES;
use crate::corpus::store::table::Appender;
use crate::corpus::store::work::Work;
use crate::dedup::content;
use crate::error::Error;
use crate::index::DocId;
use crate::index::Rows;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::sketch::Sketcher;
use crate::support::ordered_workers;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// The name of the stage.
const STAGE: &str = "read";
/// Unpacked bytes after which the place is noted.
const NOTED_BYTES: u64 = 256 << 20;

/// What was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) documents: u32,
    pub(crate) rejected: u64,
    /// Unpacked bytes of the inputs; of Parquet those of the texts.
    pub(crate) bytes: u64,
    /// Bytes of the texts.
    pub(crate) text_bytes: u64,
    /// Documents that lack the field by which they are ranked.
    pub(crate) unranked: u64,
}

/// How far the pass is.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Progress {
    at: Position,
    /// Records of that input before it.
    records: u64,
    totals: Totals,
    /// Bytes of each table.
    documents: u64,
    sketches: u64,
    ids: u64,
    rejected: u64,
}

/// Reads all inputs, or what is left of them.
pub(crate) fn read(
    settings: ReadSettings<'_>,
    sketching: Sketching,
    inputs: &[Input],
    work: &Work,
    watch: &Watch,
) -> Result<Totals, Error> {
    if let Some(totals) = work.done(STAGE)? {
        return Ok(totals);
    }
    let progress: Progress = work.read("progress")?.unwrap_or_default();
    let mut blocks = Blocks::from(progress.at, inputs, settings);
    let mut tables = Tables::open(progress, inputs, work)?;
    let parser = Parser { settings, inputs, sketching };
    ordered_workers::in_order(
        rayon::current_num_threads(),
        || blocks.next(),
        |block| Ok(parser.parse(block)),
        |portion| tables.take(portion, watch),
    )?;
    tables.note()?;
    let totals = tables.progress.totals;
    work.finish(STAGE, &totals)?;
    work.remove("progress")?;
    Ok(totals)
}

/// What a thread makes of a block.
struct Portion {
    input: u32,
    /// Where the block ends.
    end: u64,
    /// Bytes of the file that are read.
    read: u64,
    /// Whether nothing of the input comes behind it.
    is_last: bool,
    /// Records in it.
    records: u64,
    bytes: u64,
    text_bytes: u64,
    unranked: u64,
    /// Their records count from the start of the block, their ids from the start of `ids`.
    documents: Vec<Document>,
    sketches: Vec<u8>,
    ids: Vec<u8>,
    rejected: Vec<Rejected>,
}

/// Makes portions of blocks.
struct Parser<'j> {
    settings: ReadSettings<'j>,
    inputs: &'j [Input],
    sketching: Sketching,
}

/// How sketches are made, and what is kept of them.
pub(crate) struct Sketching {
    pub(crate) sketcher: Sketcher,
    pub(crate) shape: Rows,
}

/// A record that is a document.
struct Found<'r> {
    text: Cow<'r, str>,
    /// Where the text stands in the record.
    place: Range<usize>,
    /// As JSON.
    id: Option<Cow<'r, str>>,
    priority: u64,
}

impl Parser<'_> {
    fn parse(&self, block: Block) -> Portion {
        let mut portion = Portion {
            input: block.input,
            end: block.offset,
            read: block.read,
            is_last: false,
            records: 0,
            bytes: 0,
            text_bytes: 0,
            unranked: 0,
            documents: Vec::new(),
            sketches: Vec::new(),
            ids: Vec::new(),
            rejected: Vec::new(),
        };
        match block.content {
            Content::Records(bytes) => match self.inputs[block.input as usize].format {
                Format::JsonLines => self.lines(&bytes, block.offset, &mut portion),
                Format::Warc => self.warc_records(&bytes, &mut portion),
                Format::Text | Format::Parquet => {
                    self.text(&bytes, &mut portion);
                    portion.is_last = true;
                }
            },
            Content::Rows(rows) => self.rows(&rows, &mut portion),
            Content::TooLong(length) => {
                let limit = self.settings.max_record;
                portion.reject(
                    length,
                    format!("is {length} bytes long, and the limit is {limit} (--max-record)"),
                );
            }
            Content::Broken { rows, reason } => {
                portion.reject(rows, reason);
                portion.records = portion.records.max(rows);
                if rows == 0 {
                    portion.is_last = true;
                    portion.rejected[0].length = OPEN_END - block.offset;
                }
            }
        }
        portion
    }

    fn lines(&self, bytes: &[u8], offset: u64, portion: &mut Portion) {
        const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |end| start + end + 1);
            let mut line = &bytes[start..end];
            let mut skipped = 0;
            if offset + start as u64 == 0 && line.starts_with(BYTE_ORDER_MARK) {
                skipped = BYTE_ORDER_MARK.len();
                line = &line[skipped..];
            }
            start = end;
            if line.trim_ascii().is_empty() {
                portion.pass(line.len() + skipped);
                continue;
            }
            if line.len() > self.settings.max_record {
                let limit = self.settings.max_record;
                portion.reject(
                    line.len() as u64,
                    format!("is {} bytes long, and the limit is {limit} (--max-record)", line.len()),
                );
                continue;
            }
            let found = match utf8(line) {
                Ok(text) => self.line(text),
                Err(error) => Err(format!("is not valid UTF-8 at its byte {}", error.valid_up_to())),
            };
            portion.add(found, line.len() + skipped, skipped, &self.sketching);
        }
    }

    fn line<'l>(&self, line: &'l str) -> Result<Found<'l>, String> {
        let fields = self.settings.fields;
        let found = json_lines::parse(line, fields)?;
        let value = found.text.ok_or_else(|| format!("has no {:?}", fields.text))?;
        let text = json_lines::string(value, fields.text)?;
        let start = value.as_ptr() as usize - line.as_ptr() as usize;
        let id = match found.id {
            None | Some("null") => None,
            Some(id) if id.starts_with('"') || id.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                Some(id)
            }
            Some(_) => return Err(format!("{:?} is neither a string nor a number", fields.id)),
        };
        let priority = priority::of_json(self.settings.keep, text.len(), found.priority);
        Ok(Found { text, place: start..start + value.len(), id: id.map(Cow::Borrowed), priority })
    }

    fn text(&self, bytes: &[u8], portion: &mut Portion) {
        let found = match utf8(bytes) {
            Ok(text) => {
                let priority = priority::of_json(self.settings.keep, text.len(), None);
                Ok(Found { text: Cow::Borrowed(text), place: 0..text.len(), id: None, priority })
            }
            Err(error) => Err(format!("is not valid UTF-8 at its byte {}", error.valid_up_to())),
        };
        portion.add(found, bytes.len(), 0, &self.sketching);
    }

    fn warc_records(&self, bytes: &[u8], portion: &mut Portion) {
        let mut start = 0;
        while let Ok(Some(record)) = warc::record(&bytes[start..]) {
            let whole = &bytes[start..start + record.length];
            start += record.length;
            if record.kind != "conversion" {
                portion.pass(record.length);
                continue;
            }
            let found = match utf8(&whole[record.content.clone()]) {
                Ok(text) => {
                    let id = record.id.map(|id| Cow::Owned(serde_json::Value::from(id).to_string()));
                    let date = record.date.map(|date| serde_json::Value::from(date).to_string());
                    let priority = priority::of_json(self.settings.keep, text.len(), date.as_deref());
                    Ok(Found { text: Cow::Borrowed(text), place: record.content, id, priority })
                }
                Err(error) => {
                    Err(format!("is not valid UTF-8 at byte {} of its content", error.valid_up_to()))
                }
            };
            portion.add(found, record.length, 0, &self.sketching);
        }
    }

    fn rows(&self, rows: &parquet::Rows, portion: &mut Portion) {
        for row in 0..rows.len() {
            let found = match rows.text(row) {
                FieldValue::String(text) if text.len() > self.settings.max_record => Err(format!(
                    "is {} bytes long, and the limit is {} (--max-record)",
                    text.len(),
                    self.settings.max_record
                )),
                FieldValue::String(text) => {
                    let priority = priority::of_column(self.settings.keep, text.len(), rows.priority(row));
                    match rows.id(row) {
                        FieldValue::String(id) => Ok(Some(serde_json::Value::from(id).to_string())),
                        FieldValue::Integer(id) => Ok(Some(id.to_string())),
                        FieldValue::Null => Ok(None),
                        _ => Err(format!(
                            "{:?} is neither a string nor a whole number",
                            self.settings.fields.id
                        )),
                    }
                    .map(|id| Found {
                        text: Cow::Borrowed(text),
                        place: 0..text.len(),
                        id: id.map(Cow::Owned),
                        priority,
                    })
                }
                FieldValue::Null => Err(format!("has no {:?}", self.settings.fields.text)),
                _ => Err(format!("{:?} is not a string", self.settings.fields.text)),
            };
            let text_bytes = found.as_ref().map_or(0, |found| found.text.len());
            portion.add(found, 1, 0, &self.sketching);
            portion.bytes += text_bytes as u64;
        }
    }
}

/// Bytes as text; the error of the standard library says where they are not.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, std::str::Utf8Error> {
    // Several times as fast where text is not ASCII.
    simdutf8::basic::from_utf8(bytes).or_else(|_| std::str::from_utf8(bytes))
}

impl Portion {
    /// Passes over a record, or what stands between two.
    fn pass(&mut self, length: usize) {
        self.records += 1;
        self.end += length as u64;
        self.bytes += length as u64;
    }

    fn reject(&mut self, length: u64, reason: String) {
        self.records += 1;
        self.rejected.push(Rejected {
            input: self.input,
            record: self.records,
            offset: self.end,
            length,
            reason,
        });
        self.end += length;
        self.bytes += length;
    }

    /// Takes a record of so many bytes, of which `skipped` stand before what was parsed.
    fn add(
        &mut self,
        found: Result<Found<'_>, String>,
        length: usize,
        skipped: usize,
        sketching: &Sketching,
    ) {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return self.reject(length as u64, reason),
        };
        self.records += 1;
        let sketch = sketching.sketcher.sketch(&found.text);
        self.sketches.extend_from_slice(sketching.shape.row_of(&sketch).as_bytes());
        let id = found.id.as_deref().unwrap_or_default().as_bytes();
        self.documents.push(Document {
            input: self.input,
            record: self.records,
            offset: self.end,
            length: length as u32,
            text_start: (skipped + found.place.start) as u32,
            text_length: found.place.len() as u32,
            id_start: self.ids.len() as u64,
            id_length: id.len() as u32,
            priority: found.priority,
            shingles: u32::try_from(sketch.len()).unwrap_or(u32::MAX),
            content: content(&found.text),
        });
        self.ids.extend_from_slice(id);
        self.text_bytes += found.text.len() as u64;
        self.unranked += u64::from(found.priority == priority::NONE);
        self.end += length as u64;
        self.bytes += length as u64;
    }
}

/// The tables in the making.
struct Tables<'w> {
    work: &'w Work,
    progress: Progress,
    documents: Appender,
    sketches: Appender,
    ids: Appender,
    rejected: Appender,
    /// Bytes of the inputs when the place was noted last.
    noted: u64,
    /// Bytes of the files before each input, and of all.
    files: Vec<u64>,
    row: Vec<u8>,
}

impl<'w> Tables<'w> {
    fn open(progress: Progress, inputs: &[Input], work: &'w Work) -> Result<Tables<'w>, Error> {
        let mut files = vec![0];
        files.extend(inputs.iter().scan(0, |sum, input| {
            *sum += input.bytes;
            Some(*sum)
        }));
        Ok(Tables {
            work,
            documents: Appender::at(work.path(DOCUMENTS), progress.documents)?,
            sketches: Appender::at(work.path(SKETCHES), progress.sketches)?,
            ids: Appender::at(work.path(IDS), progress.ids)?,
            rejected: Appender::at(work.path(REJECTED), progress.rejected)?,
            noted: progress.totals.bytes,
            files,
            progress,
            row: Vec::new(),
        })
    }

    fn take(&mut self, portion: Portion, watch: &Watch) -> Result<(), Error> {
        if portion.input != self.progress.at.input {
            self.progress.records = 0;
            self.progress.at = Position { input: portion.input, offset: 0 };
        }
        let before = self.progress.records;
        DocId::new(self.progress.totals.documents as usize + portion.documents.len())?;
        self.row.clear();
        for mut document in portion.documents.iter().copied() {
            document.record += before;
            document.id_start += self.ids.len();
            document.store(&mut self.row);
        }
        self.documents.append(&self.row)?;
        self.sketches.append(&portion.sketches)?;
        self.ids.append(&portion.ids)?;
        for mut rejected in portion.rejected.iter().cloned() {
            rejected.record += before;
            let mut line = serde_json::to_vec(&rejected).expect("strings and numbers");
            line.push(b'\n');
            self.rejected.append(&line)?;
        }
        let totals = &mut self.progress.totals;
        totals.documents += portion.documents.len() as u32;
        totals.rejected += portion.rejected.len() as u64;
        totals.bytes += portion.bytes;
        totals.text_bytes += portion.text_bytes;
        totals.unranked += portion.unranked;
        self.progress.records += portion.records;
        self.progress.at.offset = portion.end;
        if portion.is_last {
            self.progress.records = 0;
            self.progress.at = Position { input: portion.input + 1, offset: 0 };
        }
        let bytes = totals.bytes;
        if bytes - self.noted >= NOTED_BYTES {
            self.note()?;
        }
        self.work.check_room()?;
        let read = self.files[portion.input as usize] + portion.read;
        watch.tell("reading", ProgressUnit::Bytes, read, self.files.last().copied())
    }

    /// Makes what is written last, and notes the place.
    fn note(&mut self) -> Result<(), Error> {
        for table in [&mut self.documents, &mut self.sketches, &mut self.ids, &mut self.rejected] {
            table.sync()?;
        }
        self.progress.documents = self.documents.len();
        self.progress.sketches = self.sketches.len();
        self.progress.ids = self.ids.len();
        self.progress.rejected = self.rejected.len();
        self.noted = self.progress.totals.bytes;
        self.work.write("progress", &self.progress)
    }
}
