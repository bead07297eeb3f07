//! Parquet files are written with the same schema, order and row groups, without the removed rows. Damage is reported, and only
//! damaged rows are lost.

#[path = "folder/mod.rs"]
mod folder;
mod texts;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, Decimal128Array, DictionaryArray, FixedSizeBinaryArray, Int64Array,
    LargeStringArray, ListArray, RecordBatch, StringArray, StringViewArray, StructArray,
};
use arrow_schema::{DataType, Field, Schema};
use folder::Folder;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use refrain::corpus::{Job, Keep, PassageMode, Summary};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use texts::pages::Pages;

const ROWS_OF_GROUP: usize = 250;

/// Pages as a table with two more columns, one of them nested.
fn table(count: u64) -> RecordBatch {
    let pages = Pages::new(41);
    let pages: Vec<_> = (0..count).map(|number| pages.page(number)).collect();
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(
        (0..count as i64).map(|row| (row % 7 != 0).then(|| (0..row % 4).map(Some).collect::<Vec<_>>())),
    );
    let schema = Schema::new_with_metadata(
        vec![
            Field::new("url", DataType::Utf8, false),
            Field::new("text", DataType::Utf8, true),
            Field::new("score", DataType::Int64, true),
            Field::new("lists", lists.data_type().clone(), true),
        ],
        HashMap::from([("made by".to_owned(), "a test".to_owned())]),
    );
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(pages.iter().map(|page| &page.id))),
        Arc::new(
            pages
                .iter()
                .enumerate()
                .map(|(row, page)| (row != 5).then_some(&page.text))
                .collect::<StringArray>(),
        ),
        Arc::new((0..count as i64).map(|row| (row % 3 != 0).then_some(row)).collect::<Int64Array>()),
        Arc::new(lists),
    ];
    RecordBatch::try_new(Arc::new(schema), columns).unwrap()
}

fn written(table: &RecordBatch) -> Vec<u8> {
    written_with(table, true)
}

fn written_with(table: &RecordBatch, has_dictionary: bool) -> Vec<u8> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(ROWS_OF_GROUP))
        .set_data_page_row_count_limit(50)
        .set_write_batch_size(50)
        .set_dictionary_enabled(has_dictionary)
        .set_key_value_metadata(Some(vec![KeyValue::new("key".to_owned(), "value".to_owned())]))
        .build();
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut out, table.schema(), Some(properties)).unwrap();
    writer.write(table).unwrap();
    writer.close().unwrap();
    out
}

fn read(path: &Path) -> (RecordBatch, parquet::file::metadata::ParquetMetaData) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
    let (schema, metadata) = (Arc::clone(builder.schema()), builder.metadata().as_ref().clone());
    let batches: Vec<RecordBatch> = builder.build().unwrap().map(Result::unwrap).collect();
    (arrow_select::concat::concat_batches(&schema, &batches).unwrap(), metadata)
}

fn run(folder: &Folder, keep: Keep) -> Result<Summary, refrain::Error> {
    Job::new([folder.path("in.parquet")], folder.path("out")).id_field("url").keep(keep).run()
}

fn removed(folder: &Folder) -> Vec<String> {
    folder.lines("out/removed.jsonl").iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn kept_rows_are_unchanged() {
    let folder = Folder::new();
    let table = table(1000);
    folder.write("in.parquet", written(&table));
    let summary = run(&folder, Keep::First).unwrap();
    assert_eq!((summary.documents, summary.rejected), (999, 1));
    let rejected = &folder.lines("out/rejected.jsonl")[0];
    assert_eq!(
        (rejected["record"].as_u64(), rejected["reason"].as_str()),
        (Some(6), Some("has no \"text\""))
    );

    // The same documents are removed as with JSON lines.
    let texts = table.column(1).as_string::<i32>();
    let ids = table.column(0).as_string::<i32>();
    let lines: String = (0..1000)
        .filter(|&row| row != 5)
        .map(|row| format!("{}\n", serde_json::json!({"url": ids.value(row), "text": texts.value(row)})))
        .collect();
    let input = folder.write("lines.jsonl", lines);
    Job::new([input], folder.path("lines")).id_field("url").run().unwrap();
    assert_eq!(folder.text("out/removed.jsonl"), folder.text("lines/removed.jsonl"));

    let gone = removed(&folder);
    assert!(gone.len() > 100);
    let mask: arrow_array::BooleanArray =
        (0..1000).map(|row| Some(row != 5 && !gone.iter().any(|id| id == ids.value(row)))).collect();
    // The reader adds the metadata of the file to that of the schema.
    let (read_back, _) = read(&folder.path("in.parquet"));
    let expected = arrow_select::filter::filter_record_batch(&read_back, &mask).unwrap();
    let (found, metadata) = read(&folder.path("out/kept/in.parquet"));
    assert_eq!(found, expected);
    assert_eq!(found.schema().metadata()["made by"], "a test");
    assert_eq!(metadata.row_groups().len(), 4);
    for group in metadata.row_groups() {
        assert!(group.columns().iter().all(|column| matches!(column.compression(), Compression::ZSTD(_))));
    }
    let pairs = metadata.file_metadata().key_value_metadata().unwrap();
    assert_eq!(pairs.iter().filter(|pair| pair.key == "key").count(), 1);
    assert_eq!(pairs.iter().filter(|pair| pair.key == "ARROW:schema").count(), 1);
}

#[test]
fn only_the_texts_of_trimmed_rows_change() {
    let folder = Folder::new();
    let table = table(1000);
    let ids = table.column(0).as_string::<i32>();
    let texts = table.column(1).as_string::<i32>();
    let lines: String = (0..1000)
        .filter(|&row| row != 5)
        .map(|row| format!("{}\n", serde_json::json!({"url": ids.value(row), "text": texts.value(row)})))
        .collect();
    let input = folder.write("lines.jsonl", lines);
    let trim = |input: &Path, output: &str| {
        let job = Job::new([input], folder.path(output)).id_field("url").passages(PassageMode::Trim);
        job.coverage(0.9).run().unwrap()
    };
    let of_lines = trim(&input, "lines");
    let expected: HashMap<String, String> = folder
        .lines("lines/kept/lines.jsonl")
        .iter()
        .map(|line| {
            let of = |name: &str| line[name].as_str().unwrap().to_owned();
            (of("url"), of("text"))
        })
        .collect();
    for text_type in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
        let converted: ArrayRef = match text_type {
            DataType::LargeUtf8 => Arc::new(texts.iter().collect::<LargeStringArray>()),
            DataType::Utf8View => Arc::new(texts.iter().collect::<StringViewArray>()),
            _ => Arc::clone(table.column(1)),
        };
        let mut fields: Vec<Field> =
            table.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        fields[1] = Field::new("text", text_type.clone(), true);
        let mut columns = table.columns().to_vec();
        columns[1] = converted;
        let schema = Schema::new_with_metadata(fields, table.schema().metadata().clone());
        let input =
            folder.write("in.parquet", written(&RecordBatch::try_new(Arc::new(schema), columns).unwrap()));
        let output = format!("{text_type:?}");
        let summary = trim(&input, &output);
        assert_eq!(summary.passages, of_lines.passages);
        assert!(summary.passages.is_some_and(|found| found.trimmed > 100 && found.covered > 0));
        for name in ["removed.jsonl", "trimmed.jsonl", "covered.jsonl", "passages.jsonl"] {
            assert_eq!(folder.text(&format!("{output}/{name}")), folder.text(&format!("lines/{name}")));
        }

        let (before, _) = read(&input);
        let (after, metadata) = read(&folder.path(&format!("{output}/kept/in.parquet")));
        assert_eq!((after.schema(), metadata.row_groups().len()), (before.schema(), 4));
        let mask: arrow_array::BooleanArray =
            (0..1000).map(|row| Some(row != 5 && expected.contains_key(ids.value(row)))).collect();
        let kept_rows = arrow_select::filter::filter_record_batch(&before, &mask).unwrap();
        for column in [0, 2, 3] {
            assert_eq!(after.column(column), kept_rows.column(column), "{text_type:?}");
        }
        let ids = after.column(0).as_string::<i32>();
        let texts = strings(after.column(1));
        assert_eq!(ids.len(), expected.len());
        for (id, text) in ids.iter().zip(texts) {
            assert_eq!(text, expected[id.unwrap()], "{text_type:?}");
        }
    }
}

fn strings(column: &ArrayRef) -> Vec<String> {
    let owned = |text: Option<&str>| text.unwrap().to_owned();
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().iter().map(owned).collect(),
        DataType::LargeUtf8 => column.as_string::<i64>().iter().map(owned).collect(),
        _ => column.as_string_view().iter().map(owned).collect(),
    }
}

#[test]
fn a_column_ranks_rows() {
    let folder = Folder::new();
    folder.write("in.parquet", written(&table(1000)));
    run(&folder, Keep::Score("score".to_owned())).unwrap();
    // The later of two rows has the higher score, unless it has no score.
    let number = |id: &str| id.rsplit('/').next().unwrap().parse::<i64>().unwrap();
    for line in folder.lines("out/removed.jsonl") {
        let [gone, kept] = ["id", "kept_by"].map(|name| number(line[name].as_str().unwrap()));
        assert!(gone % 3 == 0 || (gone < kept && kept % 3 != 0), "{gone} by {kept}");
    }
}

#[test]
fn a_damaged_page_costs_its_own_rows_and_each_is_counted() {
    let folder = Folder::new();
    let table = table(1000);
    let content = written_with(&table, false);
    folder.write("in.parquet", &content);
    let (_, metadata) = read(&folder.path("in.parquet"));
    let (start, length) = metadata.row_group(1).column(1).byte_range();
    let mut least = u64::MAX;
    for at in [0.3, 0.5, 0.7] {
        let mut damaged = content.clone();
        let at = start as usize + (length as f64 * at) as usize;
        damaged[at..at + 40].fill(0xa5);
        folder.write("in.parquet", &damaged);
        std::fs::remove_dir_all(folder.path("out")).ok();
        let summary = run(&folder, Keep::First).unwrap();
        assert_eq!(summary.documents + summary.rejected, 1000);
        let mut lost = 0;
        for line in folder.lines("out/rejected.jsonl").iter().skip(1) {
            let (row, rows) = (line["record"].as_u64().unwrap(), line["records"].as_u64().unwrap_or(1));
            assert!(251 <= row && row + rows <= 501, "{line}");
            assert!(line["reason"].as_str().unwrap().contains("row group 1"), "{line}");
            lost += rows;
        }
        assert!(lost > 0 && lost + 1 == summary.rejected, "{lost}: {summary:?}");
        least = least.min(lost);
        let (found, _) = read(&folder.path("out/kept/in.parquet"));
        assert_eq!(found.num_rows() as u64, summary.kept);
        assert_eq!(found.schema().fields(), table.schema().fields());
    }
    // A page has 50 rows.
    assert!(least <= 100, "{least} rows lost");
}

#[test]
fn texts_and_ids_of_many_types_are_read() {
    let texts =
        ["a text that nobody wrote before", "another one, of other words", "the third is different again"];
    let strings: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let dictionary: DictionaryArray<Int32Type> = texts.into_iter().collect();
    let field = Field::new("text", DataType::Utf8, true);
    let nested = StructArray::from(vec![(Arc::new(field), Arc::clone(&strings))]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("text", Arc::new(dictionary)),
        ("bytes", Arc::new(BinaryArray::from_iter_values(texts))),
        ("large", Arc::new(LargeStringArray::from_iter_values(texts))),
        ("view", Arc::new(StringViewArray::from_iter_values(texts))),
        ("meta", Arc::new(nested)),
        ("meta.id", Arc::new(Int64Array::from(vec![-7, 8, 9]))),
        (
            "decimal",
            Arc::new(Decimal128Array::from(vec![12_345, -6, 7]).with_precision_and_scale(20, 2).unwrap()),
        ),
        (
            "uuid",
            Arc::new(
                FixedSizeBinaryArray::try_from_iter([[0xab_u8; 16], [1; 16], [2; 16]].into_iter()).unwrap(),
            ),
        ),
        ("digest", Arc::new(BinaryArray::from_iter_values([[0xff_u8, 0], [1, 0xfe], [0xfd, 3]]))),
    ];
    let folder = Folder::new();
    let input = folder.write("in.parquet", written(&RecordBatch::try_from_iter(columns).unwrap()));
    for (text, id, first) in [
        ("text", "decimal", "\"123.45\""),
        ("bytes", "uuid", "\"abababab-abab-abab-abab-abababababab\""),
        ("large", "digest", "\"ff00\""),
        ("view", "meta.id", "-7"),
        ("meta.text", "text", "\"a text that nobody wrote before\""),
    ] {
        let out = folder.path(text);
        // The same file again, so that each row is removed and its id is written.
        folder.write("twin/in.parquet", folder.read("in.parquet"));
        let inputs = [input.clone(), folder.path("twin/in.parquet")];
        let summary = Job::new(inputs, &out).text_field(text).id_field(id).run().unwrap();
        assert_eq!((summary.documents, summary.removed, summary.rejected), (6, 3, 0), "{text}");
        let removed = folder.text(&format!("{text}/removed.jsonl"));
        assert!(removed.starts_with(&format!("{{\"id\":{first},")), "{text}: {removed}");
    }
}

#[test]
fn a_file_that_is_not_parquet_is_rejected_with_a_reason() {
    let folder = Folder::new();
    let content = written(&table(100));
    for (content, reason) in [
        (&b"PAR1 and nothing else"[..], "not a valid Parquet file"),
        (&content[..content.len() / 2], "not a valid Parquet file"),
        (&[], "not a valid Parquet file"),
    ] {
        folder.write("in.parquet", content);
        std::fs::remove_dir_all(folder.path("out")).ok();
        let summary = run(&folder, Keep::First).unwrap();
        assert_eq!((summary.documents, summary.rejected), (0, 1));
        let rejected = &folder.lines("out/rejected.jsonl")[0];
        assert!(rejected["reason"].as_str().unwrap().contains(reason), "{rejected}");
        assert!(!folder.path("out/kept/in.parquet").exists());
    }
    folder.write("in.parquet", written(&table(100)));
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    Job::new([folder.path("in.parquet")], folder.path("out")).text_field("body").run().unwrap();
    let rejected = &folder.lines("out/rejected.jsonl")[0];
    assert!(rejected["reason"].as_str().unwrap().contains("its columns are url, text"), "{rejected}");
}
