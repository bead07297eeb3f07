//! Parquet: rows of a file, of which three columns matter, and the same file without some of its rows.
//!
//! In: a Parquet file. Out: its rows in portions, by way of the `arrow` and `parquet` crates; and, when the decisions are made, a
//! file of the same schema, order, row groups, compression and metadata without the rows that go, and with new texts where passages
//! were cut. A row group with a damaged page is given up from that page on, the next one is read.

use crate::corpus::input::files::Input;
use crate::corpus::input::settings::Fields;
use crate::corpus::store::change::TextPlace;
use crate::corpus::store::priority::FieldValue as Value;
use crate::error::Error;
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
use std::fs::File;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Bytes of text that a portion aims at.
const PORTION_BYTES: i64 = 1 << 20;
/// Rows of a portion at most.
const PORTION_ROWS: i64 = 1 << 13;

/// Some rows on end; a column that the file lacks is none.
pub(crate) struct Rows {
    batch: RecordBatch,
    text: usize,
    id: Option<usize>,
    priority: Option<usize>,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.batch.num_rows()
    }

    /// Bytes of all texts.
    pub(crate) fn text_bytes(&self) -> u64 {
        (0..self.len())
            .map(|row| match self.text(row) {
                Value::String(text) => text.len() as u64,
                _ => 0,
            })
            .sum()
    }

    pub(crate) fn text(&self, row: usize) -> Value<'_> {
        value(self.batch.column(self.text), row)
    }

    pub(crate) fn id(&self, row: usize) -> Value<'_> {
        self.id.map_or(Value::Null, |column| value(self.batch.column(column), row))
    }

    pub(crate) fn priority(&self, row: usize) -> Value<'_> {
        self.priority.map_or(Value::Null, |column| value(self.batch.column(column), row))
    }
}

fn value(column: &ArrayRef, row: usize) -> Value<'_> {
    use arrow_array::types as t;
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Utf8 => Value::String(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Value::String(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Value::String(column.as_string_view().value(row)),
        DataType::Int8 => Value::Integer(column.as_primitive::<t::Int8Type>().value(row).into()),
        DataType::Int16 => Value::Integer(column.as_primitive::<t::Int16Type>().value(row).into()),
        DataType::Int32 => Value::Integer(column.as_primitive::<t::Int32Type>().value(row).into()),
        DataType::Int64 => Value::Integer(column.as_primitive::<t::Int64Type>().value(row).into()),
        DataType::UInt8 => Value::Integer(column.as_primitive::<t::UInt8Type>().value(row).into()),
        DataType::UInt16 => Value::Integer(column.as_primitive::<t::UInt16Type>().value(row).into()),
        DataType::UInt32 => Value::Integer(column.as_primitive::<t::UInt32Type>().value(row).into()),
        DataType::UInt64 => Value::Integer(column.as_primitive::<t::UInt64Type>().value(row).into()),
        DataType::Float32 => Value::Float(column.as_primitive::<t::Float32Type>().value(row).into()),
        DataType::Float64 => Value::Float(column.as_primitive::<t::Float64Type>().value(row)),
        DataType::Date32 => {
            Value::Time(i64::from(column.as_primitive::<t::Date32Type>().value(row)) * 86_400_000_000)
        }
        DataType::Timestamp(TimeUnit::Second, _) => {
            Value::Time(column.as_primitive::<t::TimestampSecondType>().value(row).saturating_mul(1_000_000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            Value::Time(column.as_primitive::<t::TimestampMillisecondType>().value(row).saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Value::Time(column.as_primitive::<t::TimestampMicrosecondType>().value(row))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            Value::Time(column.as_primitive::<t::TimestampNanosecondType>().value(row) / 1000)
        }
        _ => Value::Other,
    }
}

/// A file that is read row group by row group.
pub(crate) struct Reader {
    file: File,
    about: ArrowReaderMetadata,
    projection: ProjectionMask,
    /// Places of the columns in what is read.
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
    /// Opens a file at a row. The inner error says why it cannot be read as Parquet with these columns.
    pub(crate) fn open(
        input: &Input,
        columns: Fields<'_>,
        row: u64,
    ) -> Result<Result<Reader, String>, Error> {
        let (file, about) = match open(input)? {
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

    /// So many of the bytes of the file as rows of it are read.
    pub(crate) fn share_of(&self, bytes: u64) -> u64 {
        let rows = self.about.metadata().file_metadata().num_rows().max(1) as f64;
        (bytes as f64 * ((self.first + self.done) as f64 / rows).min(1.0)) as u64
    }

    /// The next rows, with the number of the first from 0.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, crate::corpus::input::blocks::Content)>, Error> {
        use crate::corpus::input::blocks::Content;
        loop {
            let Some(rows) = self.rows_of_group() else { return Ok(None) };
            if self.done >= rows {
                self.first += rows;
                (self.group, self.done, self.open) = (self.group + 1, 0, None);
                continue;
            }
            let row = self.first + self.done;
            return Ok(Some(match self.batch() {
                Ok(batch) => {
                    self.done += batch.num_rows() as u64;
                    let Reader { text, id, priority, .. } = *self;
                    (row, Content::Rows(Rows { batch, text, id, priority }))
                }
                Err(reason) => {
                    let lost = rows - self.done;
                    (self.done, self.open) = (rows, None);
                    let reason =
                        format!("row group {} is damaged from row {} on: {reason}", self.group, row + 1);
                    (row, Content::Broken { rows: lost, reason })
                }
            }));
        }
    }

    /// The next batch of the group, which has one.
    fn batch(&mut self) -> Result<RecordBatch, String> {
        if self.open.is_none() {
            let group = self.about.metadata().row_group(self.group);
            let bytes = (group.total_byte_size() / group.num_rows().max(1)).max(1);
            let size = (PORTION_BYTES / bytes).clamp(1, PORTION_ROWS) as usize;
            let file = self.file.try_clone().map_err(|error| error.to_string())?;
            let (about, projection) = (self.about.clone(), self.projection.clone());
            let (groups, done) = (vec![self.group], self.done as usize);
            let built = unpanicked(move || {
                ParquetRecordBatchReaderBuilder::new_with_metadata(file, about)
                    .with_projection(projection)
                    .with_row_groups(groups)
                    .with_offset(done)
                    .with_batch_size(size)
                    .build()
                    .map_err(|error| error.to_string())
            })?;
            self.open = Some(built);
        }
        let open = self.open.as_mut().expect("just opened");
        match unpanicked(|| open.next().transpose().map_err(|error| error.to_string()))? {
            Some(batch) if batch.num_rows() > 0 => Ok(batch),
            _ => Err("it has fewer rows than it says".to_owned()),
        }
    }
}

fn open(input: &Input) -> Result<Result<(File, ArrowReaderMetadata), String>, Error> {
    let file = File::open(&input.path)
        .map_err(|error| Error::io(format!("cannot read {}", input.path.display()), error))?;
    let loaded = unpanicked(|| {
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(|error| error.to_string())
    });
    Ok(loaded.map(|about| (file, about)).map_err(|reason| format!("is not a sound Parquet file: {reason}")))
}

/// Runs code of others on bytes of unknown origin; that it panics is one more way to say that they are damaged.
fn unpanicked<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err("its bytes make no sense".to_owned()))
}

/// What becomes of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    Stays,
    Goes,
    /// It stays with another text.
    Trimmed(TextPlace),
}

/// A file that is copied without some of its rows, and with the texts of others replaced.
pub(crate) struct Copying<'c, N> {
    pub(crate) input: &'c Input,
    /// The file that is written, for messages.
    pub(crate) path: &'c Path,
    /// Is told how many of the bytes of the input are done.
    pub(crate) tell: &'c (dyn Fn(u64) -> Result<(), Error> + Sync),
    /// The column of the texts.
    pub(crate) text: &'c str,
    /// Reads a new text.
    pub(crate) new_text: N,
}

impl<N: Fn(TextPlace) -> Result<Vec<u8>, Error>> Copying<'_, N> {
    /// Copies what stays; `fate` is asked for each row, in order.
    pub(crate) fn copy(
        &self,
        out: impl Write + Send,
        mut fate: impl FnMut(u64) -> Result<Fate, Error>,
    ) -> Result<(), Error> {
        let (file, about) = open(self.input)?.map_err(|reason| self.damaged(&reason))?;
        let mut writer = ArrowWriter::try_new(out, Arc::clone(about.schema()), Some(properties(&about)))
            .map_err(|error| self.damaged(&error.to_string()))?;
        let all = about.metadata().file_metadata().num_rows().max(1) as f64;
        let (mut row, bytes) = (0, self.input.bytes);
        for (number, group) in about.metadata().row_groups().iter().enumerate() {
            let rows = group.num_rows().max(0) as u64;
            let fates: Vec<Fate> = (row..row + rows).map(&mut fate).collect::<Result<_, _>>()?;
            (self.tell)((bytes as f64 * row as f64 / all) as u64)?;
            row += rows;
            if fates.iter().any(|fate| *fate != Fate::Goes) {
                self.copy_group(&file, &about, number, &fates, &mut writer)?;
            }
        }
        writer.close().map(|_| ()).map_err(|error| self.cannot_write(error))
    }

    /// Copies what stays of one group; rows that go are not even unpacked where a whole page of them goes.
    fn copy_group(
        &self,
        file: &File,
        about: &ArrowReaderMetadata,
        number: usize,
        fates: &[Fate],
        writer: &mut ArrowWriter<impl Write + Send>,
    ) -> Result<(), Error> {
        let failed =
            |error: io::Error| Error::io(format!("cannot read {}", self.input.path.display()), error);
        let mask: Vec<bool> = fates.iter().map(|fate| *fate != Fate::Goes).collect();
        let selection = RowSelection::from_filters(&[BooleanArray::from(mask)]);
        let clone = file.try_clone().map_err(failed)?;
        let mut batches = unpanicked(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(clone, about.clone())
                .with_row_groups(vec![number])
                .with_row_selection(selection)
                .build()
                .map_err(|error| error.to_string())
        })
        .map_err(|reason| self.damaged(&reason))?;
        let mut staying = fates.iter().filter(|fate| **fate != Fate::Goes);
        loop {
            let batch = unpanicked(|| batches.next().transpose().map_err(|error| error.to_string()));
            let Some(batch) = batch.map_err(|reason| self.damaged(&reason))? else { break };
            let fates: Vec<Fate> = staying.by_ref().take(batch.num_rows()).copied().collect();
            writer.write(&self.trimmed(batch, &fates)?).map_err(|error| self.cannot_write(error))?;
        }
        // The groups stay those of the input.
        writer.flush().map_err(|error| self.cannot_write(error))
    }

    /// The same rows with their new texts.
    fn trimmed(&self, batch: RecordBatch, fates: &[Fate]) -> Result<RecordBatch, Error> {
        if fates.iter().all(|fate| *fate == Fate::Stays) {
            return Ok(batch);
        }
        let new: Vec<Option<String>> = fates
            .iter()
            .map(|fate| match fate {
                Fate::Trimmed(place) => String::from_utf8((self.new_text)(*place)?).map(Some).map_err(|_| {
                    Error::corrupt("a trimmed text is not valid UTF-8; remove the work folder and run again")
                }),
                _ => Ok(None),
            })
            .collect::<Result<_, Error>>()?;
        let schema = batch.schema();
        let place = schema.index_of(self.text).map_err(|error| self.damaged(&error.to_string()))?;
        let mut columns = batch.columns().to_vec();
        columns[place] = replaced(&columns[place], &new);
        RecordBatch::try_new(schema, columns).map_err(|error| self.damaged(&error.to_string()))
    }

    fn damaged(&self, reason: &str) -> Error {
        Error::corrupt(format!("{}: {reason}", self.input.path.display()))
    }

    fn cannot_write(&self, error: ParquetError) -> Error {
        let kind = match &error {
            ParquetError::External(source) => {
                source.downcast_ref::<io::Error>().map_or(io::ErrorKind::Other, io::Error::kind)
            }
            _ => io::ErrorKind::Other,
        };
        Error::cannot_write(self.path, io::Error::new(kind, error.to_string()))
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

/// A column of strings with those that are new in place of the old; any other column as it is.
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
