//! `refrain passages`: the passages that two texts share.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::{Found, Passage, PassageFinder};
use serde_json::Value;

use crate::input::Source;
use crate::output::{self, Counter, Format, Style};
use crate::{FinderOptions, RunOptions, SpanOptions, Stop};

/// Find the passages that two texts share
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input, gz and zst are unpacked
    #[arg(required_unless_present = "pairs", conflicts_with = "pairs", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Pairs as JSON lines with "id" and the paths "left" and "right", relative to this file
    #[arg(long, value_name = "PAIRS.jsonl")]
    pairs: Option<PathBuf>,
    /// Leave out passages that are reworded, shuffled or summed up: only those that run in the same order
    #[arg(long)]
    in_order: bool,
    #[command(flatten)]
    finder: FinderOptions,
    #[command(flatten)]
    spans: SpanOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        finder: options.finder.finder()?.order_free(!options.in_order),
        format: Format::chosen(options.run.format),
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
    output::answer_records(&options.run, Source::from(path), |mut record| {
        let left = Source::File(folder.join(record.take("left")?));
        let right = Source::File(folder.join(record.take("right")?));
        task.answer(&record.id, &left, &right)
    })
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files)?;
    let answer = |_: &()| task.answer(&id, &left, &right);
    let failed = output::answer_all(&options.run, std::iter::once(Ok(())), |()| 0, answer)?;
    Ok(output::end_of_files(failed))
}

struct Task {
    finder: PassageFinder,
    format: Format,
    offsets: output::Offsets,
    style: Style,
}

/// The two texts of a pair, with their names.
struct Pair<'a> {
    left: &'a [u8],
    right: &'a [u8],
    left_name: String,
    right_name: String,
}

impl Task {
    fn answer(&self, id: &Value, left: &Source, right: &Source) -> Result<Vec<u8>, String> {
        let (left_text, right_text) = (left.read()?, right.read()?);
        let prepare = |source: &Source, text| {
            self.finder.prepare_bytes(text).map_err(|error| format!("{}: {error}", source.name()))
        };
        let (prepared_left, prepared_right) = (prepare(left, &left_text)?, prepare(right, &right_text)?);
        let found =
            self.finder.between(&prepared_left, &prepared_right).map_err(|error| error.to_string())?;
        let (left_name, right_name) = (left.name(), right.name());
        let pair = Pair { left: &left_text, right: &right_text, left_name, right_name };
        Ok(match self.format {
            Format::Json => self.json(id, &pair, &found),
            Format::Text => self.text(id, &pair, &found),
        })
    }

    fn json(&self, id: &Value, pair: &Pair, found: &Found<Passage>) -> Vec<u8> {
        let left = Counter::new(pair.left, self.offsets, found.items.iter().map(|passage| passage.left));
        let right = Counter::new(pair.right, self.offsets, found.items.iter().map(|passage| passage.right));
        let passage_json = |passage: &Passage| {
            output::json_object(&[
                ("left", &left.json(passage.left)),
                ("right", &right.json(passage.right)),
                ("identity", &output::rounded(passage.identity)),
            ])
        };
        let passages: Vec<String> = found.items.iter().map(passage_json).collect();
        let passages = output::json_array(&passages);
        let record =
            output::json_object(&[("id", id), ("passages", &passages), ("capped", &found.capped.pairs)]);
        format!("{record}\n").into_bytes()
    }

    fn text(&self, id: &Value, pair: &Pair, found: &Found<Passage>) -> Vec<u8> {
        let name = output::plain_id(id);
        let count = output::counted(found.items.len(), "shared passage");
        let mut page = format!("{}: {count}\n", self.style.bold(&name));
        for (number, passage) in found.items.iter().enumerate() {
            let _ = writeln!(page, "{}. {} alike", number + 1, output::percent(passage.identity));
            for (name, text, span) in
                [(&pair.left_name, pair.left, passage.left), (&pair.right_name, pair.right, passage.right)]
            {
                let _ = writeln!(page, "   {}", output::located(self.style, name, text, span));
            }
            let difference = output::difference(&pair.left[passage.left], &pair.right[passage.right]);
            let _ = writeln!(page, "     {}", self.style.dim(&difference));
        }
        output::write_capped(&mut page, found.capped.pairs);
        page.into_bytes()
    }
}
