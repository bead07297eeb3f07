//! `refrain diff`: what changed between two texts, moved blocks included.

use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use refrain::diff::Granularity;
use refrain::{Diff, Differ, Edit, EditKind, Span};
use serde_json::Value;

use crate::input::Source;
use crate::output::{self, Counter, Format, Style};
use crate::{RunOptions, SpanOptions, Stop};

/// Show what changed between two texts
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input, gz and zst are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Revisions as JSON lines with "id", "before" and "after"
    #[arg(long, value_name = "REVS.jsonl")]
    jsonl: Option<PathBuf>,
    /// The smallest unit that an edit may part
    #[arg(long, value_enum, default_value = "word")]
    granularity: Unit,
    /// Shortest move or copy to tell, in letters and digits (spaces and punctuation do not count); at least 16
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(16..))]
    min_move: Option<u32>,
    /// Tell moved and copied text as deleted and inserted
    #[arg(long)]
    no_moves: bool,
    /// Most comparisons of words; beyond it the diff is coarser, and says so
    #[arg(long, value_name = "N")]
    step_limit: Option<u64>,
    /// Write a unified diff of lines, which `patch` reads
    #[arg(long, conflicts_with_all = ["format", "offsets"])]
    unified: bool,
    #[command(flatten)]
    spans: SpanOptions,
    #[command(flatten)]
    run: RunOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Unit {
    Character,
    Word,
    Line,
}

impl Options {
    fn differ(&self) -> Differ {
        let mut differ = Differ::new().moves(!self.no_moves).granularity(match self.granularity {
            Unit::Character => Granularity::Character,
            Unit::Word => Granularity::Word,
            Unit::Line => Granularity::Line,
        });
        if let Some(characters) = self.min_move {
            differ = differ.min_move(characters as usize);
        }
        if let Some(steps) = self.step_limit {
            differ = differ.step_limit(steps);
        }
        differ
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        differ: options.differ(),
        shape: match Format::chosen(options.run.format) {
            _ if options.unified => Shape::Unified,
            Format::Json => Shape::Json(options.spans.offsets),
            Format::Text => Shape::Text(Style::detect()),
        },
    };
    match &options.jsonl {
        Some(path) => records(options, &task, path),
        None => files(options, &task),
    }
}

fn records(options: &Options, task: &Task, path: &Path) -> Result<ExitCode, Stop> {
    output::answer_records(&options.run, Source::from(path), |mut record| {
        let (left, right) = (record.take("before")?, record.take("after")?);
        let names = output::plain_id(&record.id);
        task.answer(&record.id, &Pair { left: &left, right: &right, names: (names.clone(), names) })
    })
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files)?;
    let answer = |_: &()| {
        let (left_text, right_text) = (left.read_text()?, right.read_text()?);
        task.answer(&id, &Pair { left: &left_text, right: &right_text, names: (left.name(), right.name()) })
    };
    let failed = output::answer_all(&options.run, std::iter::once(Ok(())), |()| 0, answer)?;
    Ok(output::end_of_files(failed))
}

struct Task {
    differ: Differ,
    shape: Shape,
}

/// What is written for a pair.
enum Shape {
    Json(output::Offsets),
    Text(Style),
    Unified,
}

/// The two texts of a pair, with their names.
struct Pair<'a> {
    left: &'a str,
    right: &'a str,
    names: (String, String),
}

impl Task {
    fn answer(&self, id: &Value, pair: &Pair) -> Result<Vec<u8>, String> {
        let diff = self.differ.diff(pair.left, pair.right).map_err(|error| error.to_string())?;
        Ok(match self.shape {
            Shape::Json(offsets) => json(id, pair, &diff, offsets),
            Shape::Text(style) => page(id, pair, &diff, style),
            Shape::Unified => {
                diff.unified(pair.left, pair.right).names(&pair.names.0, &pair.names.1).to_string()
            }
        }
        .into_bytes())
    }
}

fn json(id: &Value, pair: &Pair, diff: &Diff, offsets: output::Offsets) -> String {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    spans(diff.edits(), &mut left, &mut right);
    let counters = Counters {
        left: Counter::new(pair.left.as_bytes(), offsets, left),
        right: Counter::new(pair.right.as_bytes(), offsets, right),
    };
    let edits = counters.edits(diff.edits());
    let mut fields: Vec<(&str, &dyn Display)> = vec![("id", id), ("edits", &edits)];
    if diff.is_coarse() {
        fields.push(("coarse", &true));
    }
    format!("{}\n", output::json_object(&fields))
}

/// All spans that the edits name, of either text.
fn spans<'d>(edits: impl IntoIterator<Item = &'d Edit>, left: &mut Vec<Span>, right: &mut Vec<Span>) {
    for edit in edits {
        left.push(edit.left);
        right.push(edit.right);
        match &edit.kind {
            EditKind::Delete { duplicate_of: Some(place) } => right.push(*place),
            EditKind::MoveTo { source, edits, .. } | EditKind::Copy { source, edits } => {
                left.push(*source);
                spans(edits, left, right);
            }
            _ => {}
        }
    }
}

/// The numbers of both texts.
struct Counters {
    left: Counter,
    right: Counter,
}

impl Counters {
    fn edits<'d>(&self, edits: impl IntoIterator<Item = &'d Edit>) -> String {
        output::json_array(&edits.into_iter().map(|edit| self.edit(edit)).collect::<Vec<_>>())
    }

    fn edit(&self, edit: &Edit) -> String {
        let kind = format!("\"{}\"", edit.kind.name());
        let (left, right) = (self.left.json(edit.left), self.right.json(edit.right));
        let mut fields: Vec<(&str, String)> =
            vec![("kind", kind), ("left", left.to_string()), ("right", right.to_string())];
        match &edit.kind {
            EditKind::Format(changes) => {
                let names: Vec<String> =
                    changes.iter().map(|change| format!("\"{}\"", change.name())).collect();
                fields.push(("format", output::json_array(&names)));
            }
            EditKind::Delete { duplicate_of: Some(place) } => {
                fields.push(("duplicate_of", self.right.json(*place).to_string()));
            }
            EditKind::MoveFrom { id } => fields.push(("id", id.to_string())),
            EditKind::MoveTo { id, source, edits } => {
                fields.push(("id", id.to_string()));
                self.block(*source, edits, &mut fields);
            }
            EditKind::Copy { source, edits } => self.block(*source, edits, &mut fields),
            _ => {}
        }
        let fields: Vec<(&str, &dyn Display)> =
            fields.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        output::json_object(&fields)
    }

    fn block(&self, source: Span, edits: &[Edit], fields: &mut Vec<(&str, String)>) {
        fields.push(("source", self.left.json(source).to_string()));
        if !edits.is_empty() {
            fields.push(("edits", self.edits(edits)));
        }
    }
}

/// The right text with what was dropped left in, marked: colours where there are any, brackets where not.
fn page(id: &Value, pair: &Pair, diff: &Diff, style: Style) -> String {
    let mut page = format!("{}\n", style.bold(&output::plain_id(id)));
    if diff.is_equal() {
        page += "no difference\n";
        return page;
    }
    write_edits(&mut page, pair, diff.edits(), style);
    if !page.ends_with('\n') {
        page.push('\n');
    }
    if diff.is_coarse() {
        page += "(coarse: the step limit was hit, so changes are told larger than they need be)\n";
    }
    page
}

fn write_edits<'d>(page: &mut String, pair: &Pair, edits: impl IntoIterator<Item = &'d Edit>, style: Style) {
    for edit in edits {
        let (left, right) = (&pair.left[edit.left], &pair.right[edit.right]);
        let dropped = |page: &mut String| {
            if !left.is_empty() {
                let _ = write!(page, "{}", style.dropped(&format!("[-{}-]", safe(left))));
            }
        };
        let added = |page: &mut String| {
            if !right.is_empty() {
                let _ = write!(page, "{}", style.added(&format!("{{+{}+}}", safe(right))));
            }
        };
        match &edit.kind {
            EditKind::Equal => *page += &safe(right),
            EditKind::Format(changes) => {
                let names: Vec<&str> = changes.iter().map(|change| change.name()).collect();
                *page += &style.dim(&format!("[{}]", names.join(",").replace('_', " ")));
                *page += &safe(right);
            }
            EditKind::MoveFrom { id } => {
                *page += &style.moved(&format!("[moved away {id}: {}]", safe(left)));
            }
            EditKind::MoveTo { id, edits, .. } => {
                *page += &style.moved(&format!("[moved here {id}: "));
                write_block(page, pair, right, edits, style);
            }
            EditKind::Copy { source, edits } => {
                let place = output::position(pair.left.as_bytes(), source.start);
                *page += &style.moved(&format!("[copied from {place}: "));
                write_block(page, pair, right, edits, style);
            }
            EditKind::Delete { duplicate_of: Some(place) } => {
                dropped(page);
                let place = output::position(pair.right.as_bytes(), place.start);
                *page += &style.dim(&format!("[remains at {place}]"));
            }
            _ => {
                dropped(page);
                added(page);
            }
        }
    }
}

fn write_block(page: &mut String, pair: &Pair, right: &str, edits: &[Edit], style: Style) {
    match edits.is_empty() {
        true => *page += &style.moved(&safe(right)),
        false => write_edits(page, pair, edits, style),
    }
    *page += &style.moved("]");
}

/// Text without what would command a terminal or turn the text around it.
fn safe(text: &str) -> String {
    let turns = |ch: char| matches!(ch, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars()
        .filter(|&ch| ch != '\r' && !turns(ch))
        .map(|ch| if ch.is_control() && ch != '\n' && ch != '\t' { ' ' } else { ch })
        .collect()
}
