//! Parquet: reads up to three columns of a file, and copies a file without some of its rows.
//!
//! In: a Parquet file. Out: its rows in portions, read by the crates `arrow` and `parquet`; later a file with the same
//! schema, order, row groups, compression and metadata, without the removed rows and with new texts where passages were
//! cut. If a page is damaged, the rest of its row group is rejected and the next row group is read. An error of the system is
//! none of the content: it ends the run, whatever the library makes of it.

use crate::corpus::input::format::{
    BlockContent, Layout, RecordFormat, RowBlock, RowCopy, RowFate, RowFormat, RowReader,
};
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::Fields;
use crate::corpus::store::priority::{self, FieldValue};
use crate::error::Error;
use crate::support::disk::File;
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, BooleanArray, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
    RowSelection,
};
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{ChunkReader, Length};
use std::borrow::Cow;
use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The target size of a portion, in bytes.
const PORTION_BYTES: i64 = 1 << 20;
/// The most rows of a portion.
const PORTION_ROWS: i64 = 1 << 13;

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

/// Some consecutive rows. A column that is not in the file is `None`.
struct Rows {
    batch: RecordBatch,
    text: usize,
    id: Option<usize>,
    priority: Option<usize>,
}

impl Rows {
    fn text_value(&self, row: usize) -> FieldValue<'_> {
        value(self.batch.column(self.text), row)
    }

    fn id(&self, row: usize) -> FieldValue<'_> {
        self.id.map_or(FieldValue::Null, |column| value(self.batch.column(column), row))
    }

    fn priority(&self, row: usize) -> FieldValue<'_> {
        self.priority.map_or(FieldValue::Null, |column| value(self.batch.column(column), row))
    }

    fn read_row(&self, row: usize, sink: &RecordSink<'_>) -> Result<RecordText<'_>, String> {
        let settings = sink.settings;
        let text = match self.text_value(row) {
            FieldValue::String(text) if text.len() > settings.max_record => {
                return Err(sink.reason_if_long(text.len() as u64));
            }
            FieldValue::String(text) => text,
            FieldValue::Null => return Err(format!("has no {:?}", settings.fields.text)),
            _ => return Err(format!("{:?} is not a string", settings.fields.text)),
        };
        let id = match self.id(row) {
            FieldValue::String(id) => Some(Cow::Owned(serde_json::Value::from(id).to_string())),
            FieldValue::Integer(id) => Some(Cow::Owned(id.to_string())),
            FieldValue::Null => None,
            _ => return Err(format!("{:?} is neither a string nor a whole number", settings.fields.id)),
        };
        let priority = priority::of_column(settings.keep, text.len(), self.priority(row));
        Ok(RecordText { text: Cow::Borrowed(text), place: 0..text.len(), id, priority })
    }
}

impl RowBlock for Rows {
    fn len(&self) -> usize {
        self.batch.num_rows()
    }

    fn text_bytes(&self) -> u64 {
        (0..self.len()).filter_map(|row| self.text(row)).map(|text| text.len() as u64).sum()
    }

    fn text(&self, row: usize) -> Option<&str> {
        match self.text_value(row) {
            FieldValue::String(text) => Some(text),
            _ => None,
        }
    }

    fn read(&self, sink: &mut RecordSink<'_>) {
        for row in 0..self.len() {
            let found = self.read_row(row, sink);
            let text_bytes = found.as_ref().map_or(0, |found| found.text.len());
            sink.add(found, 1, 0);
            sink.block.bytes += text_bytes as u64;
        }
    }
}

fn value(column: &ArrayRef, row: usize) -> FieldValue<'_> {
    use arrow_array::types;
    if column.is_null(row) {
        return FieldValue::Null;
    }
    match column.data_type() {
        DataType::Utf8 => FieldValue::String(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => FieldValue::String(column.as_string::<i64>().value(row)),
        DataType::Utf8View => FieldValue::String(column.as_string_view().value(row)),
        DataType::Int8 => FieldValue::Integer(column.as_primitive::<types::Int8Type>().value(row).into()),
        DataType::Int16 => FieldValue::Integer(column.as_primitive::<types::Int16Type>().value(row).into()),
        DataType::Int32 => FieldValue::Integer(column.as_primitive::<types::Int32Type>().value(row).into()),
        DataType::Int64 => FieldValue::Integer(column.as_primitive::<types::Int64Type>().value(row).into()),
        DataType::UInt8 => FieldValue::Integer(column.as_primitive::<types::UInt8Type>().value(row).into()),
        DataType::UInt16 => FieldValue::Integer(column.as_primitive::<types::UInt16Type>().value(row).into()),
        DataType::UInt32 => FieldValue::Integer(column.as_primitive::<types::UInt32Type>().value(row).into()),
        DataType::UInt64 => FieldValue::Integer(column.as_primitive::<types::UInt64Type>().value(row).into()),
        DataType::Float32 => FieldValue::Float(column.as_primitive::<types::Float32Type>().value(row).into()),
        DataType::Float64 => FieldValue::Float(column.as_primitive::<types::Float64Type>().value(row)),
        DataType::Date32 => FieldValue::Time(
            i64::from(column.as_primitive::<types::Date32Type>().value(row)) * 86_400_000_000,
        ),
        DataType::Timestamp(TimeUnit::Second, _) => FieldValue::Time(
            column.as_primitive::<types::TimestampSecondType>().value(row).saturating_mul(1_000_000),
        ),
        DataType::Timestamp(TimeUnit::Millisecond, _) => FieldValue::Time(
            column.as_primitive::<types::TimestampMillisecondType>().value(row).saturating_mul(1000),
        ),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            FieldValue::Time(column.as_primitive::<types::TimestampMicrosecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            FieldValue::Time(column.as_primitive::<types::TimestampNanosecondType>().value(row) / 1000)
        }
        _ => FieldValue::Other,
    }
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
        match self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(failure) => Err(Error::cannot_read(&self.0.path, failure)),
            None => Ok(read),
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

/// A file that is read row group by row group.
struct Reader {
    file: Source,
    about: ArrowReaderMetadata,
    projection: ProjectionMask,
    /// The positions of the columns among those that are read.
    text: usize,
    id: Option<usize>,
    priority: Option<usize>,
    group: usize,
    /// Rows of the group that are done.
    done: u64,
    /// The first row of the group.
    first: u64,
    open: Option<ParquetRecordBatchReader>,
}

impl Reader {
    fn open(path: &Path, columns: Fields<'_>, row: u64) -> Result<Result<Reader, String>, Error> {
        let (file, about) = match open(path)? {
            Ok(opened) => opened,
            Err(reason) => return Ok(Err(reason)),
        };
        let names: Vec<&str> = about.schema().fields().iter().map(|field| field.name().as_str()).collect();
        let root = |wanted: &str| names.iter().position(|name| *name == wanted);
        let Some(text) = root(columns.text) else {
            let reason = format!("has no column {:?}; its columns are {}", columns.text, names.join(", "));
            return Ok(Err(reason));
        };
        let (id, priority) = (root(columns.id), columns.priority.and_then(root));
        let mut roots: Vec<usize> = [Some(text), id, priority].into_iter().flatten().collect();
        roots.sort_unstable();
        roots.dedup();
        let place = |root: usize| roots.iter().position(|&wanted| wanted == root).expect("it is among them");
        let projection = ProjectionMask::roots(about.parquet_schema(), roots.iter().copied());
        let mut reader = Reader {
            file,
            projection,
            text: place(text),
            id: id.map(place),
            priority: priority.map(place),
            group: 0,
            done: 0,
            first: 0,
            open: None,
            about,
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

    /// The next batch of the group. The caller knows that the group has more rows.
    fn batch(&mut self) -> Result<Result<RecordBatch, String>, Error> {
        if self.open.is_none() {
            let group = self.about.metadata().row_group(self.group);
            let bytes = (group.total_byte_size() / group.num_rows().max(1)).max(1);
            let size = (PORTION_BYTES / bytes).clamp(1, PORTION_ROWS) as usize;
            let file = self.file.clone();
            let (about, projection) = (self.about.clone(), self.projection.clone());
            let (groups, done) = (vec![self.group], self.done as usize);
            let built = self.file.read(move || {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, about)
                    .with_projection(projection)
                    .with_row_groups(groups)
                    .with_offset(done)
                    .with_batch_size(size)
                    .build()
                    .map_err(|error| error.to_string())
            })?;
            match built {
                Ok(built) => self.open = Some(built),
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let open = self.open.as_mut().expect("just opened");
        let batch = self.file.read(|| open.next().transpose().map_err(|error| error.to_string()))?;
        Ok(batch.and_then(|batch| {
            batch
                .filter(|batch| batch.num_rows() > 0)
                .ok_or_else(|| "it has fewer rows than its metadata says".to_owned())
        }))
    }
}

impl RowReader for Reader {
    fn next(&mut self) -> Result<Option<(u64, BlockContent)>, Error> {
        loop {
            let Some(rows) = self.rows_of_group() else { return Ok(None) };
            if self.done >= rows {
                self.first += rows;
                (self.group, self.done, self.open) = (self.group + 1, 0, None);
                continue;
            }
            let row = self.first + self.done;
            return Ok(Some(match self.batch()? {
                Ok(batch) => {
                    self.done += batch.num_rows() as u64;
                    let Reader { text, id, priority, .. } = *self;
                    (row, BlockContent::Rows(Box::new(Rows { batch, text, id, priority })))
                }
                Err(reason) => {
                    let lost = rows - self.done;
                    (self.done, self.open) = (rows, None);
                    let reason =
                        format!("row group {} is damaged from row {} on: {reason}", self.group, row + 1);
                    (row, BlockContent::Broken { rows: lost, reason })
                }
            }));
        }
    }

    fn share_of(&self, bytes: u64) -> u64 {
        let rows = self.about.metadata().file_metadata().num_rows().max(1) as f64;
        (bytes as f64 * ((self.first + self.done) as f64 / rows).min(1.0)) as u64
    }
}

fn open(path: &Path) -> Result<Result<(Source, ArrowReaderMetadata), String>, Error> {
    let file = Source::open(path)?;
    let loaded = file.read(|| {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())
    })?;
    Ok(loaded.map(|about| (file, about)).map_err(|reason| format!("is not a valid Parquet file: {reason}")))
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
        let place = schema.index_of(self.0.text_field).map_err(|error| self.damaged(&error.to_string()))?;
        let mut columns = batch.columns().to_vec();
        columns[place] = replaced(&columns[place], &new);
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

/// A column of strings with the new strings in place of the old ones. Any other column is returned unchanged.
fn replaced(column: &ArrayRef, new: &[Option<String>]) -> ArrayRef {
    fn merged<'v>(
        old: impl Iterator<Item = Option<&'v str>>,
        new: &'v [Option<String>],
    ) -> impl Iterator<Item = Option<&'v str>> {
        old.zip(new).map(|(old, new)| new.as_deref().or(old))
    }
    match column.data_type() {
        DataType::Utf8 => Arc::new(StringArray::from_iter(merged(column.as_string::<i32>().iter(), new))),
        DataType::LargeUtf8 => {
            Arc::new(LargeStringArray::from_iter(merged(column.as_string::<i64>().iter(), new)))
        }
        DataType::Utf8View => {
            Arc::new(StringViewArray::from_iter(merged(column.as_string_view().iter(), new)))
        }
        _ => Arc::clone(column),
    }
}
