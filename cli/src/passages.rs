//! `refrain passages`: finds the passages that two texts share.
//!
//! In: two texts, or pairs of paths as JSON lines. Out: the passages of each pair as JSON or as text for people.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::{Found, Passage, PassageFinder};
use serde_json::{Value, json};

use crate::answers;
use crate::ignored::Ignored;
use crate::input::Source;
use crate::json;
use crate::offsets::{Counter, Offsets};
use crate::options::{FinderOptions, OutputFormat, RunOptions, SpanOptions};
use crate::page::{self, Style, counted};
use crate::stop::Stop;

/// Find the passages that two texts share
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input; packed files are unpacked
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Pairs as JSON lines with "id" and the paths "left" and "right", relative to this file
    #[arg(long, value_name = "PAIRS.jsonl")]
    pairs: Option<PathBuf>,
    /// Report only passages whose text runs in the same order, not those that are reworded or shuffled
    #[arg(long)]
    in_order: bool,
    /// Report also short passages that sum up a long stretch of the other text
    #[arg(long, conflicts_with = "in_order")]
    summaries: bool,
    #[command(flatten)]
    finder: FinderOptions,
    #[command(flatten)]
    spans: SpanOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        finder: options.finder.finder()?.order_free(!options.in_order).summaries(options.summaries),
        ignored: options.finder.ignored.clone(),
        format: options.run.format.chosen(),
        offsets: options.spans.offsets,
        style: Style::detect(),
    };
    match &options.pairs {
        Some(path) => records(options, &task, path),
        None => files(options, &task),
    }
}

fn records(options: &Options, task: &Task, path: &Path) -> Result<ExitCode, Stop> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let encoding = options.run.encoding.encoding;
    answers::answer_records(&options.run, Source::of(path, None), ["left", "right"], |record| {
        let [left, right] = record.texts.map(|path| Source::file(folder.join(path), encoding));
        task.answer(&record.id, &left, &right)
    })
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files, options.run.encoding.encoding)?;
    answers::answer_pair(&options.run, || task.answer(&id, &left, &right))
}

struct Task {
    finder: PassageFinder,
    ignored: Ignored,
    format: OutputFormat,
    offsets: Offsets,
    style: Style,
}

/// A text of a pair, and its name.
struct Side<'a> {
    name: String,
    text: &'a [u8],
}

impl Task {
    fn answer(&self, id: &Value, left: &Source, right: &Source) -> Result<Vec<u8>, String> {
        let (left_text, right_text) = (left.read()?, right.read()?);
        let prepare = |source: &Source, text| {
            self.ignored.prepare(&self.finder, text).map_err(|error| format!("{}: {error}", source.name()))
        };
        let (prepared_left, prepared_right) = (prepare(left, &left_text)?, prepare(right, &right_text)?);
        let found =
            self.finder.between(&prepared_left, &prepared_right).map_err(|error| error.to_string())?;
        let left = Side { name: left.name(), text: &left_text };
        let right = Side { name: right.name(), text: &right_text };
        Ok(match self.format {
            OutputFormat::Json => self.json(id, &left, &right, &found),
            OutputFormat::Text => self.page(id, &left, &right, &found),
        }
        .into_bytes())
    }

    fn json(&self, id: &Value, left: &Side, right: &Side, found: &Found<Passage>) -> String {
        let passages = found.items.iter();
        let left = Counter::new(left.text, self.offsets, passages.clone().map(|passage| passage.left));
        let right = Counter::new(right.text, self.offsets, passages.clone().map(|passage| passage.right));
        let passage_json = |passage: &Passage| {
            json::object(&[
                ("left", &left.json(passage.left)),
                ("right", &right.json(passage.right)),
                ("identity", &json::rounded(passage.identity)),
                ("evidence", &json!(passage.evidence.to_string())),
            ])
        };
        let passages = json::array(&passages.map(passage_json).collect::<Vec<_>>());
        let record = json::object(&[("id", id), ("passages", &passages), ("capped", &found.capped.pairs)]);
        format!("{record}\n")
    }

    fn page(&self, id: &Value, left: &Side, right: &Side, found: &Found<Passage>) -> String {
        let count = counted(found.items.len() as u64, "shared passage");
        let mut page = format!("{}: {count}\n", self.style.bold(&page::plain_id(id)));
        for (number, passage) in (1..).zip(&found.items) {
            let _ =
                writeln!(page, "{number}. {}, {} alike", passage.evidence, page::percent(passage.identity));
            for (side, span) in [(left, passage.left), (right, passage.right)] {
                let _ = writeln!(page, "   {}", page::located(self.style, &side.name, side.text, span));
            }
            let difference = page::difference(&left.text[passage.left], &right.text[passage.right]);
            let _ = writeln!(page, "     {}", self.style.dim(&difference));
        }
        page::write_capped(&mut page, found.capped.pairs);
        page
    }
}
