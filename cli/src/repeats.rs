//! `refrain repeats`: finds the passages that occur more than once in a text.
//!
//! In: texts, or texts as JSON lines. Out: the repeats of each text as JSON or as text for people; or each text without
//! them; or what would be cut.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::{Cut, Found, PassageFinder, Repeat};
use serde_json::{Value, json};

use crate::answers;
use crate::ignored::Ignored;
use crate::input::Source;
use crate::json;
use crate::offsets::{Counter, Offsets};
use crate::options::{FinderOptions, OutputFormat, RunOptions, SpanOptions};
use crate::page::{self, Style, counted};
use crate::stop::Stop;

/// Find the passages that occur more than once in a text
#[derive(Args)]
pub(crate) struct Options {
    /// Texts; "-" is standard input; packed files are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Texts as JSON lines with "id" and "text"
    #[arg(long, value_name = "DOCS.jsonl")]
    jsonl: Option<PathBuf>,
    /// Write each text without its repeats. Whole sentences are cut, and only if a copy of them stays: the one with most lines,
    /// or inside the running text, or the first. A file gives plain text (unless --format json), a JSON line gives "id" and
    /// "text"
    #[arg(long, conflicts_with = "patterns")]
    trim: bool,
    /// Write what --trim would cut, and which copy would stay for it, instead of the text
    #[arg(long, requires = "trim")]
    dry_run: bool,
    /// Least share of equal letters and digits of a sentence that --trim cuts with its copy. Numbers and names are always equal
    #[arg(long, value_name = "R", default_value_t = PassageFinder::DEFAULT_MIN_IDENTITY, requires = "trim")]
    min_identity: f64,
    #[command(flatten)]
    finder: FinderOptions,
    #[command(flatten)]
    spans: SpanOptions,
    #[command(flatten)]
    run: RunOptions,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        finder: finder(options)?,
        ignored: options.finder.ignored.clone(),
        answer: Answer::chosen(options),
        offsets: options.spans.offsets,
        style: Style::detect(),
    };
    match &options.jsonl {
        Some(path) => records(options, &task, path),
        None => files(options, &task),
    }
}

/// The finder. Its settings are checked before any input is read.
fn finder(options: &Options) -> Result<PassageFinder, Stop> {
    let finder = options.finder.finder()?.min_identity(options.min_identity);
    finder.validate()?;
    Ok(finder)
}

fn records(options: &Options, task: &Task, path: &Path) -> Result<ExitCode, Stop> {
    answers::answer_records(
        &options.run,
        Source::of(path, options.run.encoding.encoding),
        ["text"],
        |record| {
            let [text] = record.texts;
            task.answer(&record.id, text.as_bytes())
        },
    )
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let encoding = options.run.encoding.encoding;
    let sources: Vec<Source> = options.files.iter().map(|path| Source::of(path, encoding)).collect();
    if sources.iter().filter(|source| source.is_standard_input()).count() > 1 {
        return Err(Stop::Usage(
            "\"-\" is given more than once, but standard input can be read only once".to_owned(),
        ));
    }
    answers::answer_files(&options.run, sources, |source| {
        let text = source.read()?;
        let id = Value::String(source.name());
        task.answer(&id, &text).map_err(|reason| format!("{}: {reason}", source.name()))
    })
}

/// The form of the answer for a text.
#[derive(Clone, Copy)]
enum Answer {
    Repeats(OutputFormat),
    Cuts(OutputFormat),
    Trimmed(OutputFormat),
}

impl Answer {
    /// A file is trimmed to plain text, also in a pipe. A record is trimmed to a record.
    fn chosen(options: &Options) -> Answer {
        let format = &options.run.format;
        match (options.trim, format.named()) {
            (false, _) => Answer::Repeats(format.chosen()),
            (true, _) if options.dry_run => Answer::Cuts(format.chosen()),
            (true, Some(format)) => Answer::Trimmed(format),
            (true, None) if options.jsonl.is_some() => Answer::Trimmed(OutputFormat::Json),
            (true, None) => Answer::Trimmed(OutputFormat::Text),
        }
    }
}

struct Task {
    finder: PassageFinder,
    ignored: Ignored,
    answer: Answer,
    offsets: Offsets,
    style: Style,
}

/// The most occurrences of one repeat that the text for people shows. The JSON has all of them.
const SHOWN_OCCURRENCES: usize = 10;

impl Task {
    fn answer(&self, id: &Value, text: &[u8]) -> Result<Vec<u8>, String> {
        self.try_answer(id, text).map_err(|error| error.to_string())?
    }

    fn try_answer(&self, id: &Value, text: &[u8]) -> Result<Result<Vec<u8>, String>, refrain::Error> {
        let prepared = self.ignored.prepare(&self.finder, text)?;
        Ok(match self.answer {
            Answer::Repeats(OutputFormat::Json) => Ok(self.json(id, text, &self.finder.within(&prepared)?)),
            Answer::Repeats(OutputFormat::Text) => Ok(self.page(id, text, &self.finder.within(&prepared)?)),
            Answer::Cuts(OutputFormat::Json) => {
                Ok(self.cuts_json(id, text, &self.finder.trimmed(&prepared)?.cuts))
            }
            Answer::Cuts(OutputFormat::Text) => {
                Ok(self.cuts_page(id, text, &self.finder.trimmed(&prepared)?.cuts))
            }
            Answer::Trimmed(OutputFormat::Text) => Ok(self.finder.cleaned(&prepared)?.into_owned()),
            Answer::Trimmed(OutputFormat::Json) => trimmed_json(id, &self.finder.cleaned(&prepared)?),
        })
    }

    fn json(&self, id: &Value, text: &[u8], found: &Found<Repeat>) -> Vec<u8> {
        let spans = found.items.iter().flat_map(|repeat| repeat.occurrences.iter().copied());
        let counter = Counter::new(text, self.offsets, spans);
        let repeats: Vec<String> = found.items.iter().map(|repeat| repeat_json(repeat, &counter)).collect();
        let repeats = json::array(&repeats);
        let record = json::object(&[("id", id), ("repeats", &repeats), ("capped", &found.capped.pairs)]);
        format!("{record}\n").into_bytes()
    }

    fn cuts_json(&self, id: &Value, text: &[u8], cuts: &[Cut]) -> Vec<u8> {
        let counter = Counter::new(text, self.offsets, cuts.iter().flat_map(|cut| [cut.span, cut.kept]));
        let cut = |cut: &Cut| {
            json::object(&[
                ("cut", &counter.json(cut.span)),
                ("kept", &counter.json(cut.kept)),
                ("identity", &json::rounded(cut.identity)),
            ])
        };
        let cuts = json::array(&cuts.iter().map(cut).collect::<Vec<String>>());
        format!("{}\n", json::object(&[("id", id), ("cuts", &cuts)])).into_bytes()
    }

    fn cuts_page(&self, id: &Value, text: &[u8], cuts: &[Cut]) -> Vec<u8> {
        let bytes = cuts.iter().map(|cut| cut.span.len() as u64).sum();
        let (count, bytes) = (counted(cuts.len() as u64, "cut"), counted(bytes, "byte"));
        let mut page = format!("{}: {count}, {bytes}\n", self.style.bold(&page::plain_id(id)));
        for (number, cut) in (1..).zip(cuts) {
            let _ = writeln!(page, "{number}. cut  {}", page::located(self.style, "", text, cut.span));
            let _ = writeln!(page, "   kept {}", page::located(self.style, "", text, cut.kept));
            let difference = page::difference(&text[cut.kept], text[cut.span].trim_ascii());
            let alike = format!("{} alike; {difference}", page::percent(cut.identity));
            let _ = writeln!(page, "     {}", self.style.dim(&alike));
        }
        page.into_bytes()
    }

    fn page(&self, id: &Value, text: &[u8], found: &Found<Repeat>) -> Vec<u8> {
        let count = counted(found.items.len() as u64, "repeated passage");
        let mut page = format!("{}: {count}\n", self.style.bold(&page::plain_id(id)));
        for (number, repeat) in (1..).zip(&found.items) {
            self.write_repeat(&mut page, number, text, repeat);
        }
        page::write_capped(&mut page, found.capped.pairs);
        page.into_bytes()
    }

    fn write_repeat(&self, page: &mut String, number: usize, text: &[u8], repeat: &Repeat) {
        let copies = counted(repeat.occurrences.len() as u64, "time");
        let period = repeat.period.as_ref().map_or(String::new(), |period| {
            format!(", back to back, every {}", counted(period.characters as u64, "character"))
        });
        let _ = writeln!(page, "{number}. {copies}, {} alike{period}", page::percent(repeat.identity));
        let first = repeat.occurrences.first().copied();
        for (nth, &span) in repeat.occurrences.iter().take(SHOWN_OCCURRENCES).enumerate() {
            let _ = writeln!(page, "   {}", page::located(self.style, "", text, span));
            if let Some(first) = first.filter(|_| nth > 0) {
                let difference = page::difference(&text[first], &text[span]);
                let _ = writeln!(page, "     {}", self.style.dim(&difference));
            }
        }
        let more = repeat.occurrences.len().saturating_sub(SHOWN_OCCURRENCES);
        if more > 0 {
            let _ = writeln!(page, "   and {more} more");
        }
    }
}

fn repeat_json(repeat: &Repeat, counter: &Counter) -> String {
    let occurrences: Vec<Value> = repeat.occurrences.iter().map(|&span| counter.json(span)).collect();
    json::object(&[
        ("occurrences", &json!(occurrences)),
        ("identity", &json::rounded(repeat.identity)),
        ("period", &json!(repeat.period.as_ref().map(|period| period.characters))),
    ])
}

fn trimmed_json(id: &Value, cleaned: &[u8]) -> Result<Vec<u8>, String> {
    match std::str::from_utf8(cleaned) {
        Ok(text) => Ok(format!("{}\n", json::object(&[("id", id), ("text", &json!(text))])).into_bytes()),
        Err(_) => Err("is not valid UTF-8, and JSON can hold nothing else: use --format text".to_owned()),
    }
}
