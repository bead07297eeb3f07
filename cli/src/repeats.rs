//! `refrain repeats`: the passages that stand more than once in a text.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use refrain::{Found, PassageFinder, Repeat};
use serde_json::{Value, json};

use crate::input::Source;
use crate::output::{self, Counter, Format, Style};
use crate::{FinderOptions, RunOptions, SpanOptions, Stop};

/// Find the passages that stand more than once in a text
#[derive(Args)]
pub(crate) struct Options {
    /// Texts; "-" is standard input, gz and zst are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Texts as JSON lines with "id" and "text"
    #[arg(long, value_name = "DOCS.jsonl")]
    jsonl: Option<PathBuf>,
    /// Write the text without its repeats, the best formatted copy kept: as it is for files (unless
    /// --format json), as "id" and "text" for JSON lines
    #[arg(long)]
    trim: bool,
    #[command(flatten)]
    finder: FinderOptions,
    #[command(flatten)]
    spans: SpanOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        finder: options.finder.finder()?,
        wanted: wanted(options),
        offsets: options.spans.offsets,
        style: Style::detect(),
    };
    match &options.jsonl {
        Some(path) => records(options, &task, Source::from(path.as_path())),
        None => files(options, &task),
    }
}

/// What is written for a text.
#[derive(Clone, Copy)]
enum Wanted {
    Repeats(Format),
    Trimmed(Format),
}

/// A trimmed file is a file again, also in a pipe; a trimmed record is a record again.
fn wanted(options: &Options) -> Wanted {
    match (options.trim, options.run.format) {
        (false, format) => Wanted::Repeats(Format::chosen(format)),
        (true, Some(format)) => Wanted::Trimmed(format),
        (true, None) if options.jsonl.is_some() => Wanted::Trimmed(Format::Json),
        (true, None) => Wanted::Trimmed(Format::Text),
    }
}

fn records(options: &Options, task: &Task, source: Source) -> Result<ExitCode, Stop> {
    output::answer_records(&options.run, source, |mut record| {
        let text = record.take("text")?;
        task.answer(&record.id, text.as_bytes())
    })
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let sources: Vec<Source> = options.files.iter().map(|path| Source::from(path.as_path())).collect();
    if sources.iter().filter(|&source| *source == Source::StandardInput).count() > 1 {
        return Err(Stop::Usage(
            "\"-\" is given more than once, but standard input can be read once".to_owned(),
        ));
    }
    let answer = |source: &Source| {
        let text = source.read()?;
        let id = Value::String(source.name());
        task.answer(&id, &text).map_err(|reason| format!("{}: {reason}", source.name()))
    };
    let failed = output::answer_all(&options.run, sources.into_iter().map(Ok), |_| 0, answer)?;
    Ok(output::end_of_files(failed))
}

struct Task {
    finder: PassageFinder,
    wanted: Wanted,
    offsets: output::Offsets,
    style: Style,
}

impl Task {
    fn answer(&self, id: &Value, text: &[u8]) -> Result<Vec<u8>, String> {
        let message = |error: refrain::Error| error.to_string();
        let prepared = self.finder.prepare_bytes(text).map_err(message)?;
        let within = || self.finder.within(&prepared).map_err(message);
        let cleaned = || self.finder.cleaned(&prepared).map_err(message);
        match self.wanted {
            Wanted::Repeats(Format::Json) => Ok(self.json(id, text, &within()?)),
            Wanted::Repeats(Format::Text) => Ok(self.text(id, text, &within()?)),
            Wanted::Trimmed(Format::Text) => Ok(cleaned()?.into_owned()),
            Wanted::Trimmed(Format::Json) => trimmed_json(id, &cleaned()?),
        }
    }

    fn json(&self, id: &Value, text: &[u8], found: &Found<Repeat>) -> Vec<u8> {
        let spans = found.items.iter().flat_map(|repeat| repeat.occurrences.iter().copied());
        let counter = Counter::new(text, self.offsets, spans);
        let repeats: Vec<String> = found.items.iter().map(|repeat| repeat_json(repeat, &counter)).collect();
        let repeats = output::json_array(&repeats);
        let record =
            output::json_object(&[("id", id), ("repeats", &repeats), ("capped", &found.capped.pairs)]);
        format!("{record}\n").into_bytes()
    }

    fn text(&self, id: &Value, text: &[u8], found: &Found<Repeat>) -> Vec<u8> {
        let name = output::plain_id(id);
        let count = output::counted(found.items.len(), "repeated passage");
        let mut page = format!("{}: {count}\n", self.style.bold(&name));
        for (number, repeat) in found.items.iter().enumerate() {
            self.write_repeat(&mut page, number + 1, text, repeat);
        }
        output::write_capped(&mut page, found.capped.pairs);
        page.into_bytes()
    }

    fn write_repeat(&self, page: &mut String, number: usize, text: &[u8], repeat: &Repeat) {
        let copies = output::counted(repeat.occurrences.len(), "time");
        let period = repeat.period.as_ref().map_or(String::new(), |period| {
            format!(", on end with a period of {}", output::counted(period.characters, "character"))
        });
        let _ = writeln!(page, "{number}. {copies}, {} alike{period}", output::percent(repeat.identity));
        let first = repeat.occurrences.first().copied();
        for (nth, &span) in repeat.occurrences.iter().take(SHOWN_OCCURRENCES).enumerate() {
            let _ = writeln!(page, "   {}", output::located(self.style, "", text, span));
            if let Some(first) = first.filter(|_| nth > 0) {
                let difference = output::difference(&text[first], &text[span]);
                let _ = writeln!(page, "     {}", self.style.dim(&difference));
            }
        }
        if let Some(more) = repeat.occurrences.len().checked_sub(SHOWN_OCCURRENCES).filter(|&more| more > 0) {
            let _ = writeln!(page, "   and {more} more");
        }
    }
}

/// Occurrences shown of one repeat; the JSON has them all.
const SHOWN_OCCURRENCES: usize = 10;

fn repeat_json(repeat: &Repeat, counter: &Counter) -> String {
    let occurrences: Vec<Value> = repeat.occurrences.iter().map(|&span| counter.json(span)).collect();
    output::json_object(&[
        ("occurrences", &json!(occurrences)),
        ("identity", &output::rounded(repeat.identity)),
        ("period", &json!(repeat.period.as_ref().map(|period| period.characters))),
    ])
}

fn trimmed_json(id: &Value, cleaned: &[u8]) -> Result<Vec<u8>, String> {
    match std::str::from_utf8(cleaned) {
        Ok(text) => {
            Ok(format!("{}\n", output::json_object(&[("id", id), ("text", &json!(text))])).into_bytes())
        }
        Err(_) => Err("is not valid UTF-8, which JSON cannot hold: use --format text".to_owned()),
    }
}
