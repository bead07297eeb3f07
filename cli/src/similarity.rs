//! `refrain similarity`: measures how similar two whole texts are.
//!
//! In: two texts, or pairs of texts as JSON lines. Out: the measures of each pair as JSON or as text for people.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::{Similarity, SimilarityBuilder};
use serde_json::{Value, json};

use crate::answers;
use crate::input::Source;
use crate::json;
use crate::options::{LengthOptions, OutputFormat, RunOptions, UnitOptions};
use crate::page::{self, Style};
use crate::stop::Stop;

/// Measure how alike two texts are as wholes
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input; packed files are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Pairs of texts as JSON lines with "id", "left" and "right"
    #[arg(long, value_name = "TEXTS.jsonl")]
    jsonl: Option<PathBuf>,
    #[command(flatten)]
    unit: UnitOptions,
    #[command(flatten)]
    lengths: LengthOptions,
    /// Count only passages whose text runs in the same order, not those that are reworded or shuffled
    #[arg(long)]
    in_order: bool,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        comparison: Similarity::builder().shingle(options.unit.shingle()).passages(
            options
                .lengths
                .finder()?
                .order_free(!options.in_order)
                .fold_marks(options.unit.marks.ignore_marks),
        ),
        format: options.run.format.chosen(),
        style: Style::detect(),
    };
    match &options.jsonl {
        Some(path) => records(options, &task, path),
        None => files(options, &task),
    }
}

fn records(options: &Options, task: &Task, path: &Path) -> Result<ExitCode, Stop> {
    answers::answer_records(
        &options.run,
        Source::of(path, options.run.encoding.encoding),
        ["left", "right"],
        |record| {
            let [left, right] = record.texts;
            task.answer(&record.id, &left, &right)
        },
    )
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files, options.run.encoding.encoding)?;
    answers::answer_pair(&options.run, || task.answer(&id, &left.read_text()?, &right.read_text()?))
}

struct Task {
    comparison: SimilarityBuilder,
    format: OutputFormat,
    style: Style,
}

impl Task {
    fn answer(&self, id: &Value, left: &str, right: &str) -> Result<Vec<u8>, String> {
        let similarity = self.comparison.between(left, right).map_err(|error| error.to_string())?;
        Ok(match self.format {
            OutputFormat::Json => format!("{}\n", record(id, &similarity)),
            OutputFormat::Text => self.page(id, &similarity),
        }
        .into_bytes())
    }

    fn page(&self, id: &Value, similarity: &Similarity) -> String {
        let side = |name: &str, containment: f64, coverage: f64, reordered: f64| {
            format!(
                "{name:<8} {:>7} of its shingles, {} of its letters in ordered passages, {} in reordered ones\n",
                page::percent(containment),
                page::percent(coverage),
                page::percent(reordered)
            )
        };
        format!(
            "{}\njaccard  {:.4}\n{}{}",
            self.style.bold(&page::plain_id(id)),
            similarity.jaccard,
            side("left", similarity.containment_left, similarity.coverage_left, similarity.reordered_left),
            side(
                "right",
                similarity.containment_right,
                similarity.coverage_right,
                similarity.reordered_right
            ),
        )
    }
}

/// The exact shares, with all their digits.
fn record(id: &Value, similarity: &Similarity) -> String {
    json::object(&[
        ("id", id),
        ("jaccard", &json!(similarity.jaccard)),
        ("containment_left", &json!(similarity.containment_left)),
        ("containment_right", &json!(similarity.containment_right)),
        ("coverage_left", &json!(similarity.coverage_left)),
        ("coverage_right", &json!(similarity.coverage_right)),
        ("reordered_left", &json!(similarity.reordered_left)),
        ("reordered_right", &json!(similarity.reordered_right)),
    ])
}
