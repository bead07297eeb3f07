//! The read pass: reads every record once and writes a row of each table for it.
//!
//! In: the inputs. Out: for each document a [`Document`](crate::corpus::store::document::Document) row, its sketch and its
//! id; for each rejected record the reason. Threads parse and sketch blocks of records. The tables are written in the order
//! of the records, so that documents get the same numbers on any number of threads.
//!
//! From time to time, and at the end, the tables are synced and the position is saved ([`Progress`]). A run that was killed
//! continues from there.
//!
//! **Cost.** One pass over the inputs. Memory: one or two blocks for each thread. Disk: about 210 bytes a document, and its
//! id.

use crate::corpus::input::blocks::{Block, Blocks, Position};
use crate::corpus::input::files::Input;
use crate::corpus::input::format::{BlockContent, Extent, Layout};
use crate::corpus::input::record_sink::{BlockRecords, RecordSink, Sketching};
use crate::corpus::input::settings::ReadSettings;
use crate::corpus::store::document::{DOCUMENTS, OPEN_END, REJECTED};
use crate::corpus::store::ids::IDS;
use crate::corpus::store::sketches::SKETCHES;
use crate::corpus::store::table::{Appender, Seal};
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::index::DocId;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::support::ordered_workers;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of the stage.
const STAGE: &str = "read";
/// Unpacked bytes after which the position is saved.
const SAVED_BYTES: u64 = 256 << 20;
/// The most fields of a record that a message names.
const SHOWN_FIELDS: usize = 20;

/// Counts of what was read.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Totals {
    pub(crate) documents: u32,
    pub(crate) rejected: u64,
    /// Unpacked bytes of the inputs; in Parquet the bytes of the texts.
    pub(crate) bytes: u64,
    /// Bytes of the texts.
    pub(crate) text_bytes: u64,
    /// Documents that lack the field by which they are ranked.
    pub(crate) unranked: u64,
    /// Records that hold no text, by type.
    pub(crate) skipped: BTreeMap<String, u64>,
}

/// The position of the pass, and what was read before it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Progress {
    at: Position,
    /// Records of that input before this position.
    records: u64,
    totals: Totals,
    tables: Seals,
}

/// The seals of the four tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
struct Seals {
    documents: Seal,
    sketches: Seal,
    ids: Seal,
    rejected: Seal,
}

impl Seals {
    fn check(&self, work: &Work) -> Result<(), Error> {
        let Seals { documents, sketches, ids, rejected } = self;
        let tables = [(documents, DOCUMENTS), (sketches, SKETCHES), (ids, IDS), (rejected, REJECTED)];
        tables.into_iter().try_for_each(|(seal, name)| seal.check(&work.path(name)))
    }
}

/// Reads all inputs, or the rest of them if an earlier run was killed.
pub(crate) fn read(
    settings: ReadSettings<'_>,
    sketching: Sketching,
    inputs: &[Input],
    work: &Work,
    watch: &Watch,
) -> Result<Totals, Error> {
    if let Some((totals, tables)) = work.done::<(Totals, Seals)>(STAGE)? {
        tables.check(work)?;
        return Ok(totals);
    }
    let progress: Progress = work.read("progress")?.unwrap_or_default();
    let mut blocks = Blocks::from(progress.at, inputs, settings);
    let mut tables = Tables::open(progress, inputs, settings.fields.text, work)?;
    ordered_workers::in_order(
        rayon::current_num_threads(),
        || blocks.next(),
        |block| Ok(read_block(settings, &sketching, inputs, block)),
        |records| tables.append(&records, watch),
    )?;
    tables.save()?;
    let totals = tables.progress.totals.clone();
    work.finish(STAGE, &(&totals, tables.progress.tables))?;
    work.remove("progress")?;
    Ok(totals)
}

/// Reads the records of a block.
fn read_block(
    settings: ReadSettings<'_>,
    sketching: &Sketching,
    inputs: &[Input],
    block: Block,
) -> BlockRecords {
    let columns = &inputs[block.input as usize].columns;
    let mut sink = RecordSink::new(settings, sketching, columns, (block.input, block.offset));
    sink.block.read = block.read;
    match block.content {
        BlockContent::Records(bytes) => {
            let format = inputs[block.input as usize].format;
            if let Layout::Bytes(records) = format.layout() {
                records.read(&bytes, block.offset, &mut sink);
            }
            sink.block.is_last = format.is_one_record();
        }
        BlockContent::Rows(rows) => rows.read(&mut sink),
        BlockContent::TooLong(length) => sink.reject_long(length),
        BlockContent::Broken { extent: Extent::Bytes(length), reason } => sink.reject(length, reason),
        BlockContent::Broken { extent: Extent::Rows(rows), reason } => {
            sink.reject(rows, reason);
            sink.block.records = rows;
            sink.block.rejected[0].records = rows;
        }
        BlockContent::Broken { extent: Extent::Rest, reason } => {
            sink.reject(OPEN_END - block.offset, reason);
            sink.block.bytes = 0;
            sink.block.is_last = true;
        }
    }
    sink.block
}

/// The tables while they are written.
struct Tables<'w> {
    work: &'w Work,
    inputs: &'w [Input],
    text_field: &'w str,
    progress: Progress,
    documents: Appender,
    sketches: Appender,
    ids: Appender,
    rejected: Appender,
    /// Bytes of the inputs at the last save.
    saved: u64,
    /// The total bytes of the files before each input; the last entry is the total of all files.
    bytes_before: Vec<u64>,
    row: Vec<u8>,
}

impl<'w> Tables<'w> {
    fn open(
        progress: Progress,
        inputs: &'w [Input],
        text_field: &'w str,
        work: &'w Work,
    ) -> Result<Tables<'w>, Error> {
        let mut bytes_before = vec![0];
        bytes_before.extend(inputs.iter().scan(0, |sum, input| {
            *sum += input.bytes;
            Some(*sum)
        }));
        Ok(Tables {
            work,
            inputs,
            text_field,
            documents: Appender::resume(work.path(DOCUMENTS), progress.tables.documents)?,
            sketches: Appender::resume(work.path(SKETCHES), progress.tables.sketches)?,
            ids: Appender::resume(work.path(IDS), progress.tables.ids)?,
            rejected: Appender::resume(work.path(REJECTED), progress.tables.rejected)?,
            saved: progress.totals.bytes,
            bytes_before,
            progress,
            row: Vec::new(),
        })
    }

    fn append(&mut self, block: &BlockRecords, watch: &Watch) -> Result<(), Error> {
        if block.input != self.progress.at.input {
            self.progress.records = 0;
            self.progress.at = Position { input: block.input, offset: 0 };
        }
        self.check_fields(block)?;
        let before = self.progress.records;
        DocId::new(self.progress.totals.documents as usize + block.documents.len())?;
        self.row.clear();
        for mut document in block.documents.iter().copied() {
            document.record += before;
            document.id_start += self.ids.len();
            document.store(&mut self.row);
        }
        self.documents.append(&self.row)?;
        self.sketches.append(&block.sketches)?;
        self.ids.append(&block.ids)?;
        for mut rejected in block.rejected.iter().cloned() {
            rejected.record += before;
            let mut line = serde_json::to_vec(&rejected).expect("strings and numbers");
            line.push(b'\n');
            self.rejected.append(&line)?;
        }
        let totals = &mut self.progress.totals;
        totals.documents += block.documents.len() as u32;
        totals.rejected += block.rejected.iter().map(|rejected| rejected.records).sum::<u64>();
        totals.bytes += block.bytes;
        totals.text_bytes += block.text_bytes;
        totals.unranked += block.unranked;
        for (&kind, &count) in &block.skipped {
            *totals.skipped.entry(kind.to_owned()).or_default() += count;
        }
        self.progress.records += block.records;
        self.progress.at.offset = block.end;
        if block.is_last {
            self.progress.records = 0;
            self.progress.at = Position { input: block.input + 1, offset: 0 };
        }
        let bytes = totals.bytes;
        if bytes - self.saved >= SAVED_BYTES {
            self.save()?;
        }
        self.work.check_disk()?;
        let read = self.bytes_before[block.input as usize] + block.read;
        watch.tell("reading", ProgressUnit::Bytes, read, self.bytes_before.last().copied())
    }

    /// Refuses a run whose first records all lack the field of the text: its name is then probably mistyped.
    fn check_fields(&self, block: &BlockRecords) -> Result<(), Error> {
        let is_first = self.progress.totals.documents == 0 && block.documents.is_empty();
        if !is_first || block.without_text == 0 || block.without_text < block.rejected.len() as u64 {
            return Ok(());
        }
        let input = &self.inputs[block.input as usize];
        let mut names = block.fields.clone();
        let more = names.len().saturating_sub(SHOWN_FIELDS);
        names.truncate(SHOWN_FIELDS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Err(input.unreadable(&format!(
            "no record has the text field {:?}; the fields are {}{more}: name another text field",
            self.text_field,
            names.join(", ")
        )))
    }

    /// Syncs the tables and saves the position.
    fn save(&mut self) -> Result<(), Error> {
        self.progress.tables = Seals {
            documents: self.documents.sync()?,
            sketches: self.sketches.sync()?,
            ids: self.ids.sync()?,
            rejected: self.rejected.sync()?,
        };
        self.saved = self.progress.totals.bytes;
        self.work.write("progress", &self.progress)
    }
}
