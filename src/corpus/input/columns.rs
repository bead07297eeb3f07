//! Columns: the texts, ids and priorities of rows in the memory format of Arrow.
//!
//! In: a batch of rows, and the paths of up to three columns; a path with points, such as `meta.text`, leads into a column of
//! structures. Out: the values of each row. A text is a string, or bytes that are valid UTF-8. An id is a string, a number, a
//! UUID or bytes; what has no form in JSON is written as text: decimals in digits, UUIDs in their usual form, other bytes
//! in hexadecimal digits.

use crate::corpus::input::format::{RowBlock, utf8};
use crate::corpus::input::record_sink::{RecordSink, RecordText};
use crate::corpus::input::settings::Fields;
use crate::corpus::store::priority::{self, FieldValue};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, types};
use arrow_schema::{DataType, Fields as SchemaFields, Schema, TimeUnit};
use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;

/// Bytes of a UUID.
const UUID_BYTES: i32 = 16;

/// The paths of the columns that are read.
pub(crate) struct Columns {
    text: String,
    id: String,
    priority: Option<String>,
}

impl Columns {
    pub(crate) fn of(fields: Fields<'_>) -> Columns {
        let (text, id) = (fields.text.to_owned(), fields.id.to_owned());
        Columns { text, id, priority: fields.priority.map(str::to_owned) }
    }

    /// The paths that a file has.
    pub(crate) fn names<'c>(&'c self, schema: &Schema) -> Vec<&'c str> {
        let all = [Some(&self.text), Some(&self.id), self.priority.as_ref()].into_iter().flatten();
        all.map(String::as_str).filter(|path| contains(schema, path)).collect()
    }
}

/// Whether a schema has a column with this path.
pub(crate) fn contains(schema: &Schema, path: &str) -> bool {
    fn within(fields: &SchemaFields, path: &str) -> bool {
        fields.iter().any(|field| match (path.strip_prefix(field.name().as_str()), field.data_type()) {
            (Some(""), _) => true,
            (Some(rest), DataType::Struct(fields)) => {
                rest.strip_prefix('.').is_some_and(|rest| within(fields, rest))
            }
            _ => false,
        })
    }
    within(schema.fields(), path)
}

/// A column, and the structures that it is in.
struct Column {
    values: ArrayRef,
    parents: Vec<ArrayRef>,
}

impl Column {
    /// The column with this path; `None` if there is none.
    fn of(batch: &RecordBatch, path: &str) -> Option<Column> {
        fn within(
            names: &[&str],
            columns: &[ArrayRef],
            path: &str,
            parents: &mut Vec<ArrayRef>,
        ) -> Option<ArrayRef> {
            for (name, column) in names.iter().zip(columns) {
                let Some(rest) = path.strip_prefix(name) else { continue };
                if rest.is_empty() {
                    return Some(Arc::clone(column));
                }
                if let (Some(rest), Some(structure)) = (rest.strip_prefix('.'), column.as_struct_opt()) {
                    parents.push(Arc::clone(column));
                    let names: Vec<&str> = structure.column_names();
                    if let Some(found) = within(&names, structure.columns(), rest, parents) {
                        return Some(found);
                    }
                    parents.pop();
                }
            }
            None
        }
        let schema = batch.schema();
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let mut parents = Vec::new();
        let values = within(&names, batch.columns(), path, &mut parents)?;
        let values = match values.as_any_dictionary_opt() {
            Some(dictionary) => {
                arrow_select::take::take(dictionary.values(), dictionary.keys(), None).ok()?
            }
            None => values,
        };
        Some(Column { values, parents })
    }

    fn value(&self, row: usize) -> FieldValue<'_> {
        if self.parents.iter().any(|parent| parent.is_null(row)) {
            return FieldValue::Null;
        }
        value(&self.values, row)
    }

    /// The value as an id in JSON; `Err` for a kind of value that cannot be one.
    fn id(&self, row: usize) -> Result<Option<String>, ()> {
        match self.value(row) {
            FieldValue::String(id) => return Ok(Some(serde_json::Value::from(id).to_string())),
            FieldValue::Integer(id) => return Ok(Some(id.to_string())),
            FieldValue::Null => return Ok(None),
            _ => {}
        }
        let values = &self.values;
        let text = match values.data_type() {
            DataType::Decimal32(..) => values.as_primitive::<types::Decimal32Type>().value_as_string(row),
            DataType::Decimal64(..) => values.as_primitive::<types::Decimal64Type>().value_as_string(row),
            DataType::Decimal128(..) => values.as_primitive::<types::Decimal128Type>().value_as_string(row),
            DataType::Decimal256(..) => values.as_primitive::<types::Decimal256Type>().value_as_string(row),
            DataType::FixedSizeBinary(UUID_BYTES) => uuid(values.as_fixed_size_binary().value(row)),
            DataType::FixedSizeBinary(_) => hexadecimal(values.as_fixed_size_binary().value(row)),
            DataType::Binary => hexadecimal(values.as_binary::<i32>().value(row)),
            DataType::LargeBinary => hexadecimal(values.as_binary::<i64>().value(row)),
            DataType::BinaryView => hexadecimal(values.as_binary_view().value(row)),
            _ => return Err(()),
        };
        Ok(Some(serde_json::Value::from(text).to_string()))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn uuid(bytes: &[u8]) -> String {
    let digits = hexadecimal(bytes);
    let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
    format!("{a}-{b}-{c}-{d}-{e}")
}

/// Some consecutive rows.
pub(crate) struct Rows {
    rows: usize,
    columns: Arc<Columns>,
    text: Option<Column>,
    id: Option<Column>,
    priority: Option<Column>,
}

impl Rows {
    pub(crate) fn new(batch: &RecordBatch, columns: Arc<Columns>) -> Rows {
        let text = Column::of(batch, &columns.text);
        let id = Column::of(batch, &columns.id);
        let priority = columns.priority.as_ref().and_then(|path| Column::of(batch, path));
        Rows { rows: batch.num_rows(), columns, text, id, priority }
    }

    fn text_value(&self, row: usize) -> FieldValue<'_> {
        self.text.as_ref().map_or(FieldValue::Null, |column| column.value(row))
    }

    fn read_row(&self, row: usize, sink: &RecordSink<'_>) -> Result<RecordText<'_>, String> {
        let settings = sink.settings;
        let text = match self.text_value(row) {
            FieldValue::String(text) if text.len() > settings.max_record => {
                return Err(sink.reason_if_long(text.len() as u64));
            }
            FieldValue::String(text) => text,
            FieldValue::Null => return Err(format!("has no {:?}", self.columns.text)),
            _ => {
                let kind = self.text.as_ref().map_or(&DataType::Null, |text| text.values.data_type());
                return Err(format!(
                    "{:?} is neither a string nor valid UTF-8: the type of the column is {kind}",
                    self.columns.text
                ));
            }
        };
        let id = self.id.as_ref().map_or(Ok(None), |column| column.id(row)).map_err(|()| {
            let kind = self.id.as_ref().map_or(&DataType::Null, |id| id.values.data_type());
            format!("{:?} cannot be an id: the type of the column is {kind}", self.columns.id)
        })?;
        let rank = self.priority.as_ref().map_or(FieldValue::Null, |column| column.value(row));
        let priority = priority::of_column(settings.keep, text.len(), rank);
        Ok(RecordText { text: Cow::Borrowed(text), place: 0..text.len(), id: id.map(Cow::Owned), priority })
    }
}

impl RowBlock for Rows {
    fn len(&self) -> usize {
        self.rows
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
    if column.is_null(row) {
        return FieldValue::Null;
    }
    let text = |bytes| utf8(bytes).map_or(FieldValue::Other, FieldValue::String);
    match column.data_type() {
        DataType::Null => FieldValue::Null,
        DataType::Binary => text(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => text(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => text(column.as_binary_view().value(row)),
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
