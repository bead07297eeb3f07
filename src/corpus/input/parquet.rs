//! Parquet: reads up to three columns of a file, and copies a file without some of its rows.
//!
//! In: a Parquet file. Out: its rows in portions, read by the crates `arrow` and `parquet`; later a file with the same
//! schema, order, row groups, compression and metadata, without the removed rows and with new texts where passages were
//! cut.
//!
//! **Damage.** Rows that cannot be read together are read again in halves, down to single rows, so that a damaged page or byte
//! costs its own rows. A failure of the system is not damage: it ends the run.

use crate::corpus::input::columns::{self, Columns, Rows};
use crate::corpus::input::format::{
    BlockContent, Extent, Layout, RecordFormat, RowCopy, RowFate, RowFormat, RowReader,
};
use crate::corpus::input::settings::Fields;
use crate::error::Error;
use crate::support::disk::File;
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, BooleanArray, LargeStringArray, RecordBatch, StringArray, StringViewArray};
use arrow_schema::{DataType, FieldRef, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection, RowSelectionPolicy,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, Length};
use std::io::{self, BufReader, Read, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The target size of a portion, in bytes.
const PORTION_BYTES: i64 = 1 << 20;
/// The most rows of a portion.
const PORTION_ROWS: i64 = 1 << 13;
/// How many times ranges of a row group are read again to find the rows that are damaged: enough for some ten places.
const TRIES_A_GROUP: u32 = 256;
/// A row group may have this many rows, and as many more for each byte of the file. Texts that differ take at least a byte each.
const FREE_ROWS: u64 = 1 << 20;
const ROWS_A_BYTE: u64 = 64;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Parquet;

impl RecordFormat for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn endings(&self) -> &'static [&'static str] {
        &["parquet"]
    }

    fn layout(&self) -> Layout {
        Layout::Rows(&Parquet)
    }
}

impl RowFormat for Parquet {
    fn open(
        &self,
        path: &Path,
        fields: Fields<'_>,
        row: u64,
    ) -> Result<Result<Box<dyn RowReader>, String>, Error> {
        let reader = Reader::open(path, fields, row)?;
        Ok(reader.map(|reader| Box::new(reader) as Box<dyn RowReader>))
    }

    fn copy(
        &self,
        copy: &RowCopy<'_>,
        out: &mut (dyn Write + Send),
        fate: &mut dyn FnMut(u64) -> Result<RowFate, Error>,
    ) -> Result<(), Error> {
        Copying(copy).copy(out, fate)
    }
}

/// A file that is read row group by row group.
struct Reader {
    file: Source,
    about: ArrowReaderMetadata,
    projection: ProjectionMask,
    columns: Arc<Columns>,
    group: usize,
    /// Rows of the group that are done.
    done: u64,
    /// The first row of the group.
    first: u64,
    open: Option<ParquetRecordBatchReader>,
    /// Rows of the group that could not be read together, the next range last.
    retries: Vec<Range<u64>>,
    /// How many times ranges of the group may still be read again.
    tries: u32,
}

impl Reader {
    fn open(path: &Path, fields: Fields<'_>, row: u64) -> Result<Result<Reader, String>, Error> {
        let (file, about) = match open(path)? {
            Ok(opened) => opened,
            Err(reason) => return Ok(Err(reason)),
        };
        if !columns::contains(about.schema(), fields.text) {
            let names: Vec<&str> =
                about.schema().fields().iter().map(|field| field.name().as_str()).collect();
            let reason = format!("has no column {:?}; its columns are {}", fields.text, names.join(", "));
            return Ok(Err(reason));
        }
        let about = with_views(about, fields.text);
        let columns = Columns::of(fields);
        let names = columns.names(about.schema());
        let leaves = about.parquet_schema().columns().iter().enumerate();
        let wanted = leaves.filter(|(_, leaf)| {
            let path = leaf.path().string();
            let mut rests = names.iter().filter_map(|name| path.strip_prefix(name));
            rests.any(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        let projection = ProjectionMask::leaves(about.parquet_schema(), wanted.map(|(leaf, _)| leaf));
        let mut reader = Reader {
            file,
            projection,
            columns: Arc::new(columns),
            group: 0,
            done: 0,
            first: 0,
            open: None,
            about,
            retries: Vec::new(),
            tries: TRIES_A_GROUP,
        };
        reader.seek(row);
        Ok(Ok(reader))
    }

    fn rows_of_group(&self) -> Option<u64> {
        let groups = self.about.metadata().row_groups();
        groups.get(self.group).map(|group| group.num_rows().max(0) as u64)
    }

    fn seek(&mut self, row: u64) {
        while let Some(rows) = self.rows_of_group()
            && self.first + rows <= row
        {
            self.first += rows;
            self.group += 1;
        }
        self.done = row.saturating_sub(self.first);
    }

    /// The number of rows of a portion of the group.
    fn portion_rows(&self) -> u64 {
        let group = self.about.metadata().row_group(self.group);
        let bytes = (group.total_byte_size().max(0) / group.num_rows().max(1)).max(1);
        (PORTION_BYTES / bytes).clamp(1, PORTION_ROWS) as u64
    }

    /// A reader of some rows of the group.
    fn rows(&self, rows: Range<u64>, portion: u64) -> Result<ParquetRecordBatchReader, String> {
        let file = self.file.clone();
        let (about, projection, group) = (self.about.clone(), self.projection.clone(), self.group);
        unpanicked(move || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, about)
                .with_projection(projection)
                .with_row_groups(vec![group])
                .with_offset(rows.start as usize)
                .with_limit((rows.end - rows.start) as usize)
                .with_batch_size(portion as usize)
                .build()
                .map_err(|error| error.to_string())
        })
    }

    /// The next batch of the group. The caller knows that the group has more rows.
    fn batch(&mut self, rows: u64) -> Result<RecordBatch, String> {
        if self.open.is_none() {
            self.open = Some(self.rows(self.done..rows, self.portion_rows())?);
        }
        next_batch(self.open.as_mut().expect("just opened"))
    }

    /// All rows of a small range.
    fn range(&self, range: &Range<u64>) -> Result<RecordBatch, String> {
        let wanted = range.end - range.start;
        let mut reader = self.rows(range.clone(), wanted)?;
        let mut batches = vec![next_batch(&mut reader)?];
        let mut read = batches[0].num_rows() as u64;
        while read < wanted {
            let batch = next_batch(&mut reader)?;
            read += batch.num_rows() as u64;
            batches.push(batch);
        }
        if batches.len() == 1 {
            return Ok(batches.remove(0));
        }
        let schema = batches[0].schema();
        arrow_select::concat::concat_batches(&schema, &batches).map_err(|error| error.to_string())
    }

    /// The rows of a batch, unless the file could not be read.
    fn block(&self, row: u64, batch: RecordBatch) -> (u64, BlockContent) {
        (row, BlockContent::Rows(Box::new(Rows::new(&batch, Arc::clone(&self.columns)))))
    }

    /// Reads a range again. If it fails again, its halves are read, down to single rows.
    fn retry(&mut self, range: Range<u64>) -> Option<(u64, BlockContent)> {
        self.tries = self.tries.saturating_sub(1);
        let (row, rows) = (self.first + range.start, range.end - range.start);
        match self.range(&range) {
            Ok(batch) => Some(self.block(row, batch)),
            Err(_) if rows > 1 && self.tries > 0 => {
                let middle = range.start + rows / 2;
                self.retries.extend([middle..range.end, range.start..middle]);
                None
            }
            Err(reason) => {
                let rows_named = if rows == 1 {
                    format!("row {}", row + 1)
                } else {
                    format!("rows {} to {}", row + 1, row + rows)
                };
                let reason = format!("{rows_named} cannot be read (row group {}): {reason}", self.group);
                Some((row, BlockContent::Broken { extent: Extent::Rows(rows), reason }))
            }
        }
    }
}

impl RowReader for Reader {
    fn next(&mut self) -> Result<Option<(u64, BlockContent)>, Error> {
        loop {
            if let Some(range) = self.retries.pop() {
                let found = self.retry(range);
                self.file.check()?;
                match found {
                    Some(found) => return Ok(Some(found)),
                    None => continue,
                }
            }
            let Some(rows) = self.rows_of_group() else { return Ok(None) };
            if self.done >= rows {
                self.first += rows;
                (self.group, self.done, self.open) = (self.group + 1, 0, None);
                self.tries = TRIES_A_GROUP;
                continue;
            }
            let batch = self.batch(rows);
            self.file.check()?;
            match batch {
                Ok(batch) => {
                    let row = self.first + self.done;
                    self.done += batch.num_rows() as u64;
                    return Ok(Some(self.block(row, batch)));
                }
                Err(_) => {
                    let end = rows.min(self.done + self.portion_rows());
                    self.retries.push(self.done..end);
                    (self.done, self.open) = (end, None);
                }
            }
        }
    }

    fn share_of(&self, bytes: u64) -> u64 {
        let rows = self.about.metadata().file_metadata().num_rows().max(1) as f64;
        (bytes as f64 * ((self.first + self.done) as f64 / rows).min(1.0)) as u64
    }
}

fn next_batch(reader: &mut ParquetRecordBatchReader) -> Result<RecordBatch, String> {
    match unpanicked(|| reader.next().transpose().map_err(|error| error.to_string()))? {
        Some(batch) if batch.num_rows() > 0 => Ok(batch),
        _ => Err("it has fewer rows than its metadata says".to_owned()),
    }
}

/// The same file, with its texts as views: equal texts that are stored once are then held once.
fn with_views(about: ArrowReaderMetadata, text: &str) -> ArrowReaderMetadata {
    let schema = about.schema();
    let fields: Vec<FieldRef> = schema
        .fields()
        .iter()
        .map(|field| {
            let is_text = match field.data_type() {
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Binary | DataType::LargeBinary => true,
                DataType::Dictionary(_, value) => matches!(**value, DataType::Utf8 | DataType::LargeUtf8),
                _ => false,
            };
            match is_text && field.name() == text {
                true => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
                false => Arc::clone(field),
            }
        })
        .collect();
    let schema = Schema::new_with_metadata(fields, schema.metadata().clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    let metadata = Arc::clone(about.metadata());
    unpanicked(|| ArrowReaderMetadata::try_new(metadata, options).map_err(|error| error.to_string()))
        .unwrap_or(about)
}

/// A file as the library reads it. It remembers the error of a read that failed, because the library reports it as damage.
#[derive(Clone)]
struct Source(Arc<OpenSource>);

struct OpenSource {
    path: PathBuf,
    file: File,
    bytes: u64,
    failure: Mutex<Option<io::Error>>,
}

impl Source {
    fn open(path: &Path) -> Result<Source, Error> {
        let opened = File::open(path).and_then(|file| {
            let bytes = file.about()?.len();
            Ok(OpenSource { path: path.to_owned(), file, bytes, failure: Mutex::default() })
        });
        opened.map(|source| Source(Arc::new(source))).map_err(|error| Error::cannot_read(path, error))
    }

    /// What the library made of the file, unless the system could not read it.
    fn read<T>(&self, read: impl FnOnce() -> Result<T, String>) -> Result<Result<T, String>, Error> {
        let read = unpanicked(read);
        self.check().map(|()| read)
    }

    /// The error of the system, if it could not read the file.
    fn check(&self) -> Result<(), Error> {
        match self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(failure) => Err(Error::cannot_read(&self.0.path, failure)),
            None => Ok(()),
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.bytes
    }
}

impl ChunkReader for Source {
    type T = BufReader<SourceFrom>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<BufReader<SourceFrom>> {
        Ok(BufReader::new(SourceFrom { source: self.clone(), at: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<bytes::Bytes> {
        // A damaged length must not allocate more than the file has.
        let mut content = Vec::with_capacity(length.min(self.0.bytes as usize));
        SourceFrom { source: self.clone(), at: start }.take(length as u64).read_to_end(&mut content)?;
        if content.len() < length {
            return Err(ParquetError::EOF(format!(
                "{length} bytes at {start}, but there are {}",
                content.len()
            )));
        }
        Ok(content.into())
    }
}

/// The bytes of a file from a place on.
struct SourceFrom {
    source: Source,
    at: u64,
}

impl Read for SourceFrom {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let OpenSource { file, failure, .. } = &*self.source.0;
        let read = file.read_at(into, self.at).inspect_err(|error| {
            let same = error.raw_os_error().map_or(error.kind().into(), io::Error::from_raw_os_error);
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(same);
        })?;
        self.at += read as u64;
        Ok(read)
    }
}

fn open(path: &Path) -> Result<Result<(Source, ArrowReaderMetadata), String>, Error> {
    let file = Source::open(path)?;
    let loaded = file.read(|| {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())
    })?;
    let checked = loaded.and_then(|about| check_sizes(&about, Length::len(&file)).map(|()| about));
    Ok(checked.map(|about| (file, about)).map_err(|reason| format!("is not a valid Parquet file: {reason}")))
}

/// Refuses sizes that the file cannot have: memory and time would be spent on them.
fn check_sizes(about: &ArrowReaderMetadata, bytes: u64) -> Result<(), String> {
    for (number, group) in about.metadata().row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).unwrap_or(u64::MAX);
        if rows > FREE_ROWS.saturating_add(bytes.saturating_mul(ROWS_A_BYTE)) {
            return Err(format!("row group {number} says that it has {} rows", group.num_rows()));
        }
        for column in group.columns() {
            let (start, length) = column.byte_range();
            if start.saturating_add(length) > bytes {
                return Err(format!(
                    "column {} of row group {number} lies beyond the end of the file",
                    column.column_path()
                ));
            }
        }
    }
    Ok(())
}

/// Runs a library on bytes of unknown origin. A panic there means that the bytes are damaged.
fn unpanicked<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err("its bytes are not what the format allows".to_owned()))
}

/// A file that is copied without some of its rows, and with new texts in others.
struct Copying<'c>(&'c RowCopy<'c>);

impl Copying<'_> {
    fn copy(
        &self,
        out: &mut (dyn Write + Send),
        mut fate: &mut dyn FnMut(u64) -> Result<RowFate, Error>,
    ) -> Result<(), Error> {
        let RowCopy { source, bytes, report, .. } = *self.0;
        let (file, about) = open(source)?.map_err(|reason| self.damaged(&reason))?;
        let mut writer = ArrowWriter::try_new(out, Arc::clone(about.schema()), Some(properties(&about)))
            .map_err(|error| self.damaged(&error.to_string()))?;
        let all = about.metadata().file_metadata().num_rows().max(1) as f64;
        let mut row = 0;
        for (number, group) in about.metadata().row_groups().iter().enumerate() {
            let rows = group.num_rows().max(0) as u64;
            let fates: Vec<RowFate> = (row..row + rows).map(&mut fate).collect::<Result<_, _>>()?;
            report((bytes as f64 * row as f64 / all) as u64)?;
            row += rows;
            if fates.iter().any(|fate| *fate != RowFate::Removed) {
                self.copy_group(&file, &about, number, &fates, &mut writer)?;
            }
        }
        writer.close().map(|_| ()).map_err(|error| self.cannot_write(error))
    }

    /// Copies the kept rows of one group. A page whose rows are all removed is not unpacked.
    fn copy_group(
        &self,
        file: &Source,
        about: &ArrowReaderMetadata,
        number: usize,
        fates: &[RowFate],
        writer: &mut ArrowWriter<impl Write + Send>,
    ) -> Result<(), Error> {
        let mask: Vec<bool> = fates.iter().map(|fate| *fate != RowFate::Removed).collect();
        let selection = RowSelection::from_filters(&[BooleanArray::from(mask)]);
        let built = file.read(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file.clone(), about.clone())
                .with_row_groups(vec![number])
                .with_row_selection(selection)
                // A mask would also read the rows that are left out, damaged ones too.
                .with_row_selection_policy(RowSelectionPolicy::Selectors)
                .build()
                .map_err(|error| error.to_string())
        })?;
        let mut batches = built.map_err(|reason| self.damaged(&reason))?;
        let mut kept_fates = fates.iter().filter(|fate| **fate != RowFate::Removed);
        loop {
            let batch = file.read(|| batches.next().transpose().map_err(|error| error.to_string()))?;
            let Some(batch) = batch.map_err(|reason| self.damaged(&reason))? else { break };
            let fates: Vec<RowFate> = kept_fates.by_ref().take(batch.num_rows()).copied().collect();
            writer.write(&self.changed(batch, &fates)?).map_err(|error| self.cannot_write(error))?;
        }
        // The output has the same row groups as the input.
        writer.flush().map_err(|error| self.cannot_write(error))
    }

    /// The same rows with their new texts.
    fn changed(&self, batch: RecordBatch, fates: &[RowFate]) -> Result<RecordBatch, Error> {
        if fates.iter().all(|fate| *fate == RowFate::Kept) {
            return Ok(batch);
        }
        let new: Vec<Option<String>> = fates
            .iter()
            .map(|fate| match fate {
                RowFate::Changed(place) => {
                    String::from_utf8((self.0.new_text)(*place)?).map(Some).map_err(|_| {
                        Error::corrupt(
                            "a trimmed text is not valid UTF-8; remove the work folder and run again",
                        )
                    })
                }
                _ => Ok(None),
            })
            .collect::<Result<_, Error>>()?;
        let schema = batch.schema();
        let mut columns = batch.columns().to_vec();
        let place = schema.index_of(self.0.text_field).ok();
        let replaced = place.and_then(|place| replaced(&columns[place], &new).map(|new| (place, new)));
        let Some((place, column)) = replaced else {
            return Err(Error::setting(format!(
                "{}: passages cannot be cut from the column {:?}, because it is not a column of strings; report them instead",
                self.0.source.display(),
                self.0.text_field
            )));
        };
        columns[place] = column;
        RecordBatch::try_new(schema, columns).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::corrupt(format!("{}: {reason}", self.0.source.display()))
    }

    fn cannot_write(&self, error: ParquetError) -> Error {
        let kind = match &error {
            ParquetError::External(source) => {
                source.downcast_ref::<io::Error>().map_or(io::ErrorKind::Other, io::Error::kind)
            }
            _ => io::ErrorKind::Other,
        };
        Error::cannot_write(self.0.target, io::Error::new(kind, error.to_string()))
    }
}

/// The compression of each column, and the metadata, of a file.
fn properties(about: &ArrowReaderMetadata) -> WriterProperties {
    let metadata = about.metadata();
    let pairs = metadata.file_metadata().key_value_metadata().cloned();
    let properties = WriterProperties::builder().set_key_value_metadata(pairs);
    let columns = metadata.row_groups().first().map_or(&[][..], |group| group.columns());
    columns
        .iter()
        .fold(properties, |properties, column| {
            properties.set_column_compression(column.column_path().clone(), column.compression())
        })
        .build()
}

/// A column of strings with the new strings in place of the old ones; `None` for any other column.
fn replaced(column: &ArrayRef, new: &[Option<String>]) -> Option<ArrayRef> {
    fn merged<'v>(
        old: impl Iterator<Item = Option<&'v str>>,
        new: &'v [Option<String>],
    ) -> impl Iterator<Item = Option<&'v str>> {
        old.zip(new).map(|(old, new)| new.as_deref().or(old))
    }
    Some(match column.data_type() {
        DataType::Utf8 => Arc::new(StringArray::from_iter(merged(column.as_string::<i32>().iter(), new))),
        DataType::LargeUtf8 => {
            Arc::new(LargeStringArray::from_iter(merged(column.as_string::<i64>().iter(), new)))
        }
        DataType::Utf8View => {
            Arc::new(StringViewArray::from_iter(merged(column.as_string_view().iter(), new)))
        }
        _ => return None,
    })
}
