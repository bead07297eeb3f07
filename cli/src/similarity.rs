//! `refrain similarity`: how alike two texts are as wholes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::{PassageFinder, Shingle, Similarity};
use serde_json::{Value, json};

use crate::input::Source;
use crate::output::{self, Format, Style};
use crate::{LengthOptions, RunOptions, Stop};

/// Say how alike two texts are as wholes
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input, gz and zst are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Pairs of texts as JSON lines with "id", "left" and "right"
    #[arg(long, value_name = "TEXTS.jsonl")]
    jsonl: Option<PathBuf>,
    /// What the texts are sets of: "adaptive" (five words, or as much of a script without spaces), "words:N" or "chars:N"
    #[arg(long, value_name = "UNIT", default_value = "adaptive")]
    shingle: Shingle,
    #[command(flatten)]
    lengths: LengthOptions,
    /// Count only passages that run in the same order, not those that are reworded, shuffled or summed up
    #[arg(long)]
    in_order: bool,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        finder: options.lengths.finder()?.order_free(!options.in_order),
        shingle: options.shingle,
        format: Format::chosen(options.run.format),
        style: Style::detect(),
    };
    match &options.jsonl {
        Some(path) => records(options, &task, path),
        None => files(options, &task),
    }
}

fn records(options: &Options, task: &Task, path: &Path) -> Result<ExitCode, Stop> {
    output::answer_records(&options.run, Source::from(path), |mut record| {
        let (left, right) = (record.take("left")?, record.take("right")?);
        task.answer(&record.id, &left, &right)
    })
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files)?;
    let answer = |_: &()| task.answer(&id, &left.read_text()?, &right.read_text()?);
    let failed = output::answer_all(&options.run, std::iter::once(Ok(())), |()| 0, answer)?;
    Ok(output::end_of_files(failed))
}

struct Task {
    finder: PassageFinder,
    shingle: Shingle,
    format: Format,
    style: Style,
}

impl Task {
    fn answer(&self, id: &Value, left: &str, right: &str) -> Result<Vec<u8>, String> {
        let similarity = Similarity::between(self.shingle, &self.finder, left, right)
            .map_err(|error| error.to_string())?;
        Ok(match self.format {
            Format::Json => format!("{}\n", shares(id, &similarity)),
            Format::Text => self.page(id, &similarity),
        }
        .into_bytes())
    }

    fn page(&self, id: &Value, similarity: &Similarity) -> String {
        let side = |name: &str, containment: f64, coverage: f64| {
            format!(
                "{name:<8} {:>7} of its shingles, {} of its letters in shared passages\n",
                output::percent(containment),
                output::percent(coverage)
            )
        };
        format!(
            "{}\njaccard  {:.4}\n{}{}",
            self.style.bold(&output::plain_id(id)),
            similarity.jaccard,
            side("left", similarity.containment_left, similarity.coverage_left),
            side("right", similarity.containment_right, similarity.coverage_right),
        )
    }
}

/// Exact shares, with all their digits.
fn shares(id: &Value, similarity: &Similarity) -> String {
    output::json_object(&[
        ("id", id),
        ("jaccard", &json!(similarity.jaccard)),
        ("containment_left", &json!(similarity.containment_left)),
        ("containment_right", &json!(similarity.containment_right)),
        ("coverage_left", &json!(similarity.coverage_left)),
        ("coverage_right", &json!(similarity.coverage_right)),
    ])
}
