//! `refrain diff`: shows what changed between two texts, moved blocks included.
//!
//! In: two texts, or revisions as JSON lines. Out: the edits of each pair as JSON, as text for people, or as a unified diff.

use std::fmt::{Display, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use refrain::diff::Granularity;
use refrain::{Diff, Differ, Edit, EditKind, Span};
use serde_json::Value;

use crate::answers;
use crate::input::Source;
use crate::json;
use crate::offsets::{Counter, Offsets};
use crate::options::{OutputFormat, RunOptions, SpanOptions, one_of};
use crate::page::{self, Style, harmless};
use crate::stop::Stop;

/// Show what changed between two texts
#[derive(Args)]
pub(crate) struct Options {
    /// The two texts, LEFT and RIGHT; "-" is standard input; packed files are unpacked
    #[arg(required_unless_present = "jsonl", conflicts_with = "jsonl", num_args = 2, value_names = ["LEFT", "RIGHT"])]
    files: Vec<PathBuf>,
    /// Revisions as JSON lines with "id", "before" and "after"
    #[arg(long, value_name = "REVS.jsonl")]
    jsonl: Option<PathBuf>,
    /// The smallest unit that an edit may split
    #[arg(long, value_name = "UNIT", default_value_t, value_parser = one_of(&Granularity::ALL))]
    granularity: Granularity,
    /// Shortest move or copy to report, in letters and digits (spaces and punctuation do not count)
    #[arg(long, value_name = "N", default_value_t = Differ::DEFAULT_MIN_MOVE)]
    min_move: usize,
    /// Report moved and copied text as deleted and inserted
    #[arg(long)]
    no_moves: bool,
    /// Limit of comparisons of words. A diff that reaches it is coarser, and is marked "coarse" [default: grows with the texts]
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

impl Options {
    /// The differ. Its settings are checked, so an impossible one is refused before any input is read.
    fn differ(&self) -> Result<Differ, Stop> {
        let mut differ =
            Differ::new().moves(!self.no_moves).granularity(self.granularity).min_move(self.min_move);
        if let Some(steps) = self.step_limit {
            differ = differ.step_limit(steps);
        }
        differ.validate()?;
        Ok(differ)
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let task = Task {
        differ: options.differ()?,
        shape: match options.run.format.chosen() {
            _ if options.unified => Shape::Unified,
            OutputFormat::Json => Shape::Json(options.spans.offsets),
            OutputFormat::Text => Shape::Page(Style::detect()),
        },
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
        ["before", "after"],
        |record| {
            let [left, right] = record.texts;
            let name = page::plain_id(&record.id);
            task.answer(&record.id, &Pair { left: &left, right: &right, names: [name.clone(), name] })
        },
    )
}

fn files(options: &Options, task: &Task) -> Result<ExitCode, Stop> {
    let (left, right, id) = Source::pair(&options.files, options.run.encoding.encoding)?;
    answers::answer_pair(&options.run, || {
        let (left_text, right_text) = (left.read_text()?, right.read_text()?);
        task.answer(
            &id,
            &Pair {
                left: &left_text,
                right: &right_text,
                names: [left.name(), right.name()].map(|name| page::escaped(&name)),
            },
        )
    })
}

struct Task {
    differ: Differ,
    shape: Shape,
}

/// The form of the answer for a pair.
enum Shape {
    Json(Offsets),
    Page(Style),
    Unified,
}

/// The two texts of a pair, with their names.
struct Pair<'a> {
    left: &'a str,
    right: &'a str,
    names: [String; 2],
}

impl Task {
    fn answer(&self, id: &Value, pair: &Pair) -> Result<Vec<u8>, String> {
        let diff = self.differ.diff(pair.left, pair.right).map_err(|error| error.to_string())?;
        Ok(match self.shape {
            Shape::Json(offsets) => record(id, pair, &diff, offsets),
            Shape::Page(style) => Page { pair, style, text: String::new() }.of(id, &diff),
            Shape::Unified => {
                let [left, right] = &pair.names;
                diff.unified(pair.left, pair.right).names(left, right).to_string()
            }
        }
        .into_bytes())
    }
}

fn record(id: &Value, pair: &Pair, diff: &Diff, offsets: Offsets) -> String {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    collect_spans(diff.edits(), &mut left, &mut right);
    let counters = Counters {
        left: Counter::new(pair.left.as_bytes(), offsets, left),
        right: Counter::new(pair.right.as_bytes(), offsets, right),
    };
    let edits = counters.edits(diff.edits());
    let mut fields: Vec<(&str, &dyn Display)> = vec![("id", id), ("edits", &edits)];
    if diff.is_coarse() {
        fields.push(("coarse", &true));
    }
    format!("{}\n", json::object(&fields))
}

/// Collects all spans of both texts that occur in the edits.
fn collect_spans<'d>(edits: impl IntoIterator<Item = &'d Edit>, left: &mut Vec<Span>, right: &mut Vec<Span>) {
    for edit in edits {
        left.push(edit.left);
        right.push(edit.right);
        match &edit.kind {
            EditKind::Delete { duplicate_of: Some(place) } => right.push(*place),
            EditKind::MoveTo { source, edits, .. } | EditKind::Copy { source, edits } => {
                left.push(*source);
                collect_spans(edits, left, right);
            }
            _ => {}
        }
    }
}

/// Converts offsets of both texts.
struct Counters {
    left: Counter,
    right: Counter,
}

impl Counters {
    fn edits<'d>(&self, edits: impl IntoIterator<Item = &'d Edit>) -> String {
        json::array(&edits.into_iter().map(|edit| self.edit(edit)).collect::<Vec<_>>())
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
                fields.push(("format", json::array(&names)));
            }
            EditKind::Delete { duplicate_of: Some(place) } => {
                fields.push(("duplicate_of", self.right.json(*place).to_string()));
            }
            EditKind::MoveFrom { id } => fields.push(("id", id.to_string())),
            EditKind::MoveTo { id, source, edits } => {
                fields.push(("id", id.to_string()));
                self.push_source(*source, edits, &mut fields);
            }
            EditKind::Copy { source, edits } => self.push_source(*source, edits, &mut fields),
            _ => {}
        }
        let fields: Vec<(&str, &dyn Display)> =
            fields.iter().map(|(name, value)| (*name, value as &dyn Display)).collect();
        json::object(&fields)
    }

    /// The source of a move or copy, and the edits inside it, if any.
    fn push_source(&self, source: Span, edits: &[Edit], fields: &mut Vec<(&str, String)>) {
        fields.push(("source", self.left.json(source).to_string()));
        if !edits.is_empty() {
            fields.push(("edits", self.edits(edits)));
        }
    }
}

/// The right text with all changes marked by brackets, and by colours on a terminal. Deleted text is shown in its place.
struct Page<'p> {
    pair: &'p Pair<'p>,
    style: Style,
    text: String,
}

impl Page<'_> {
    fn of(mut self, id: &Value, diff: &Diff) -> String {
        let _ = writeln!(self.text, "{}", self.style.bold(&page::plain_id(id)));
        if diff.is_equal() {
            return self.text + "no difference\n";
        }
        self.write_edits(diff.edits());
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        if diff.is_coarse() {
            self.text += "(coarse: the step limit was reached, so some changes are shown larger than they are; raise --step-limit)\n";
        }
        self.text
    }

    fn write_edits<'d>(&mut self, edits: impl IntoIterator<Item = &'d Edit>) {
        for edit in edits {
            self.write_edit(edit);
        }
    }

    fn write_edit(&mut self, edit: &Edit) {
        let style = self.style;
        let (left, right) = (&self.pair.left[edit.left], &self.pair.right[edit.right]);
        match &edit.kind {
            EditKind::Equal => self.text += &harmless(right),
            EditKind::Format(changes) => {
                let names: Vec<&str> = changes.iter().map(|change| change.name()).collect();
                self.text += &style.dim(&format!("[{}]", names.join(",").replace('_', " ")));
                self.text += &harmless(right);
            }
            EditKind::MoveFrom { id } => {
                self.text += &style.moved(&format!("[moved away {id}: {}]", harmless(left)));
            }
            EditKind::MoveTo { id, edits, .. } => {
                self.write_block(&format!("[moved here {id}: "), right, edits);
            }
            EditKind::Copy { source, edits } => {
                let place = page::position(self.pair.left.as_bytes(), source.start);
                self.write_block(&format!("[copied from {place}: "), right, edits);
            }
            EditKind::Delete { duplicate_of: Some(place) } => {
                self.write_removed(left);
                let place = page::position(self.pair.right.as_bytes(), place.start);
                self.text += &style.dim(&format!("[remains at {place}]"));
            }
            _ => {
                self.write_removed(left);
                if !right.is_empty() {
                    self.text += &style.added(&format!("{{+{}+}}", harmless(right)));
                }
            }
        }
    }

    fn write_removed(&mut self, left: &str) {
        if !left.is_empty() {
            self.text += &self.style.removed(&format!("[-{}-]", harmless(left)));
        }
    }

    /// A moved or copied block, with the edits inside it.
    fn write_block(&mut self, head: &str, right: &str, edits: &[Edit]) {
        self.text += &self.style.moved(head);
        if edits.is_empty() {
            self.text += &self.style.moved(&harmless(right));
        } else {
            self.write_edits(edits);
        }
        self.text += &self.style.moved("]");
    }
}
