//! `refrain dedup`: a corpus without its near-duplicates, from files to files.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use refrain::corpus::{Audit, Format, Job, Keep, PassageMode, Proportion, Summary};
use refrain::{Progress, ProgressUnit, Watch};

use crate::{Stop, input, output};

/// Remove the near-duplicates of a corpus, and say for each which kept document it resembles
///
/// Writes into the output folder: kept/NAME (each input without its removed and rejected records), removed.jsonl,
/// clusters.jsonl, rejected.jsonl, duplicate_ids.jsonl and summary.json. A run that was stopped or killed goes on when the same
/// command is given again.
#[derive(Args)]
pub(crate) struct Options {
    /// Files, folders, patterns in quotes, or "-" for standard input: JSON lines, Parquet, WARC or WET, plain text; gz, zst, bz2
    /// and xz as they are
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// Folder to write into
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Jaccard similarity from which on a document is a near-duplicate
    #[arg(long, value_name = "T", default_value_t = 0.8)]
    threshold: f64,
    /// Share of the pairs at the threshold that must be compared
    #[arg(long, value_name = "R", default_value_t = 0.95)]
    recall: f64,
    /// Which of several alike is kept: first, longest, score:FIELD (the highest number) or newest:FIELD (the latest date)
    #[arg(long, value_name = "POLICY", default_value = "first", value_parser = policy)]
    keep: Keep,
    /// Memory to use at most, such as 512MiB or 4GiB
    #[arg(long, value_name = "BYTES", default_value = "2GiB", value_parser = input::byte_count)]
    memory: u64,
    /// Folder for what is written on the way [default: .work in the output folder]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Folder that holds what earlier runs kept: what resembles that goes, what is kept is added
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// Compare so many documents exactly with all others at the end; prints measured recall and precision
    #[arg(long, value_name = "N")]
    audit: Option<u32>,
    /// Number of threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Longest record; longer ones are rejected
    #[arg(long, value_name = "BYTES", default_value = input::MAX_RECORD, value_parser = input::record_limit)]
    max_record: u64,
    /// Field or column that holds the text
    #[arg(long, value_name = "NAME", default_value = "text")]
    text_field: String,
    /// Field or column that holds the id; a record without one is called FILE:RECORD
    #[arg(long, value_name = "NAME", default_value = "id")]
    id_field: String,
    /// What all inputs are [default: by the ending of each name]
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputFormat>,
    /// Passages that recur across the kept documents, those of the index included: report them, or trim them from all documents but
    /// one; see passages.jsonl, stretches.jsonl and trimmed.jsonl
    #[arg(long, value_enum, value_name = "WHAT")]
    passages: Option<Passages>,
    /// Shortest passage, in letters, marks and digits
    #[arg(long, value_name = "N", default_value_t = 60, requires = "passages")]
    passage_length: usize,
    /// Remove documents of which others hold so many percent in passages; see covered.jsonl
    #[arg(long, value_name = "PERCENT", requires = "passages")]
    coverage: Option<f64>,
    /// End with exit code 1 if any record was rejected
    #[arg(long)]
    strict: bool,
    /// Say nothing but what went wrong
    #[arg(short, long)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Passages {
    Report,
    Trim,
}

impl From<Passages> for PassageMode {
    fn from(passages: Passages) -> PassageMode {
        match passages {
            Passages::Report => PassageMode::Report,
            Passages::Trim => PassageMode::Trim,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum InputFormat {
    Jsonl,
    Parquet,
    Warc,
    Text,
}

impl From<InputFormat> for Format {
    fn from(format: InputFormat) -> Format {
        match format {
            InputFormat::Jsonl => Format::JsonLines,
            InputFormat::Parquet => Format::Parquet,
            InputFormat::Warc => Format::Warc,
            InputFormat::Text => Format::Text,
        }
    }
}

fn policy(text: &str) -> Result<Keep, String> {
    match text.split_once(':') {
        None if text == "first" => Ok(Keep::First),
        None if text == "longest" => Ok(Keep::Longest),
        Some(("score", field)) if !field.is_empty() => Ok(Keep::Score(field.to_owned())),
        Some(("newest", field)) if !field.is_empty() => Ok(Keep::Newest(field.to_owned())),
        _ => Err("expected first, longest, score:FIELD or newest:FIELD".to_owned()),
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let job = job(options);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, usize::from))
        .build()
        .map_err(|error| Stop::Failed(format!("threads: {error}")))?;
    let stopped = Arc::new(AtomicBool::new(false));
    listen_for_interrupt(Arc::clone(&stopped))?;
    let display = Arc::new(Display::new(options.quiet));
    let shown = Arc::clone(&display);
    let watch = Watch::new(move |progress| {
        shown.show(progress);
        if stopped.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let outcome = pool.install(|| job.watch(watch).run());
    display.end();
    match outcome {
        Ok(summary) => report(options, &summary),
        Err(error) if error.is_cancelled() => {
            Err(Stop::Failed("stopped; the same command goes on from here".to_owned()))
        }
        Err(error) => Err(Stop::from(error)),
    }
}

/// Make one index of several, for `refrain dedup --index`
///
/// A run that uses it finds what it would find with one index that had taken the batches of all.
#[derive(Args)]
pub(crate) struct MergeOptions {
    /// Folders of indexes, which stay as they are
    #[arg(required = true, value_name = "DIR")]
    parts: Vec<PathBuf>,
    /// Folder of the index to make
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

pub(crate) fn merge(options: &MergeOptions) -> Result<ExitCode, Stop> {
    refrain::corpus::merge_indexes(&options.parts, &options.output)?;
    Ok(ExitCode::SUCCESS)
}

fn job(options: &Options) -> Job {
    let mut job = Job::new(&options.inputs, &options.output)
        .threshold(options.threshold)
        .recall(options.recall)
        .keep(options.keep.clone())
        .memory(options.memory)
        .max_record(options.max_record)
        .text_field(&options.text_field)
        .id_field(&options.id_field);
    if let Some(work) = &options.work {
        job = job.work(work);
    }
    if let Some(index) = &options.index {
        job = job.index(index);
    }
    if let Some(documents) = options.audit {
        job = job.audit(documents);
    }
    if let Some(passages) = options.passages {
        job = job.passages(passages.into()).passage_length(options.passage_length);
    }
    if let Some(percent) = options.coverage {
        job = job.coverage(percent / 100.0);
    }
    if let Some(format) = options.input_format {
        job = job.format(format.into());
    }
    job
}

/// The first interrupt asks the run to stop where it can go on from; a second one ends the program at once.
fn listen_for_interrupt(stopped: Arc<AtomicBool>) -> Result<(), Stop> {
    let handler = move || {
        if stopped.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
    };
    ctrlc::set_handler(handler)
        .map_err(|error| Stop::Failed(format!("cannot listen for interrupts: {error}")))
}

fn report(options: &Options, summary: &Summary) -> Result<ExitCode, Stop> {
    if !options.quiet {
        output::complain(&format!(
            "{}: {} kept, {} removed ({} of them copies); {} stand for others",
            output::counted(summary.documents as usize, "document"),
            summary.kept,
            summary.removed,
            summary.copies,
            summary.clusters,
        ));
    }
    if let Some(audit) = &summary.audit {
        match output::write(audit_page(audit, summary).as_bytes()) {
            // Nobody reads the page, but there is more to report.
            Ok(()) | Err(Stop::ClosedPipe) => {}
            failure => failure?,
        }
    }
    if let Some(passages) = &summary.passages
        && !options.quiet
    {
        let done = if matches!(options.passages, Some(Passages::Trim)) { "cut" } else { "to be cut" };
        let texts = output::counted(passages.trimmed as usize, "document");
        output::complain(&format!(
            "{}; {} bytes {done} from {texts}; {} covered by others and removed",
            output::counted(passages.passages as usize, "recurring passage"),
            passages.cut_bytes,
            passages.covered,
        ));
    }
    let folder = options.output.display();
    if summary.duplicate_ids > 0 {
        let count = output::counted(summary.duplicate_ids as usize, "id");
        output::complain(&format!(
            "{count} stood before in another record: see {folder}/duplicate_ids.jsonl"
        ));
    }
    if summary.unranked > 0 {
        let count = output::counted(summary.unranked as usize, "document");
        output::complain(&format!("{count} without the field to rank by, ranked last"));
    }
    if summary.rejected > 0 {
        let count = output::counted(summary.rejected as usize, "record");
        output::complain(&format!("{count} rejected: see {folder}/rejected.jsonl"));
    }
    Ok(if summary.rejected > 0 && options.strict { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// What a sample showed, beside what was predicted.
fn audit_page(audit: &Audit, summary: &Summary) -> String {
    let share = |share: &Proportion| {
        format!(
            "{:.4} ({} of {}; {:.4} to {:.4} at 95 %)",
            share.value, share.count, share.of, share.low, share.high
        )
    };
    let mut page = format!("audit of {}\n", output::counted(audit.sampled as usize, "document"));
    let _ = writeln!(page, "recall     {}", share(&audit.recall));
    let _ = writeln!(page, "precision  {}", share(&audit.precision));
    let _ = writeln!(
        page,
        "pairs by similarity, and those that share one of {} bands of {} rows",
        summary.bands, summary.rows
    );
    page += "similarity    pairs    found  measured  predicted\n";
    for step in audit.curve.iter().filter(|step| step.pairs > 0) {
        let of = |count: f64| count / step.pairs as f64;
        let _ = writeln!(
            page,
            "{:.2} to {:.2} {:>8} {:>8} {:>9.4} {:>10.4}",
            step.from,
            step.to,
            step.pairs,
            step.found,
            of(step.found as f64),
            of(step.predicted)
        );
    }
    page
}

/// Without a terminal, a line is written this often.
const LINE_EVERY: Duration = Duration::from_secs(60);
/// On a terminal, this often at most, and at least so that a long step shows that it lives.
const DRAWN_HZ: u8 = 8;
const DRAWN_EVERY: Duration = Duration::from_millis(500);

/// How far the run is: bars on a terminal, a line a minute elsewhere, or nothing.
enum Display {
    Silent,
    Bar(Mutex<Option<Stage>>),
    Lines(Mutex<Instant>),
}

/// The bar of the stage that goes on.
struct Stage {
    name: &'static str,
    bar: ProgressBar,
}

impl Display {
    fn new(quiet: bool) -> Display {
        if quiet {
            Display::Silent
        } else if io::stderr().is_terminal() {
            Display::Bar(Mutex::new(None))
        } else {
            Display::Lines(Mutex::new(Instant::now()))
        }
    }

    fn show(&self, progress: Progress) {
        match self {
            Display::Silent => {}
            Display::Bar(shown) => {
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                match &*shown {
                    Some(stage) if stage.name == progress.stage => stage.bar.set_position(progress.done),
                    _ => {
                        // The bar before must be gone when the next is drawn.
                        drop(shown.take());
                        *shown = Some(Stage::new(progress));
                    }
                }
            }
            Display::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    output::complain(&line(progress));
                }
            }
        }
    }

    fn end(&self) {
        if let Display::Bar(shown) = self {
            shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

impl Stage {
    /// Nothing is drawn before all is set, or a bar would show numbers of two stages.
    fn new(progress: Progress) -> Stage {
        let bar = ProgressBar::with_draw_target(progress.total, ProgressDrawTarget::hidden());
        bar.set_style(style(progress));
        bar.set_message(progress.stage);
        bar.set_position(progress.done);
        bar.reset_eta();
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_HZ));
        bar.enable_steady_tick(DRAWN_EVERY);
        Stage { name: progress.stage, bar }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Stages that count bytes; the others count entries.
fn counts_bytes(progress: Progress) -> bool {
    progress.unit == ProgressUnit::Bytes
}

fn style(progress: Progress) -> ProgressStyle {
    let template = match progress.total {
        Some(_) => "{msg:20} {wide_bar} {count}{rate}",
        None => "{msg:20} {spinner} {count}{rate}",
    };
    let in_bytes = counts_bytes(progress);
    ProgressStyle::with_template(template)
        .expect("a template of known keys")
        .with_key("count", move |state: &ProgressState, out: &mut dyn Write| {
            // A line that cannot be drawn is not drawn.
            let _ = out.write_str(&count(state.pos(), state.len(), in_bytes));
        })
        .with_key("rate", move |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&rate(state, in_bytes));
        })
}

/// So many bytes or entries, for people.
fn amount(count: u64, in_bytes: bool) -> String {
    if in_bytes { format!("{} MB", count / 1_000_000) } else { HumanCount(count).to_string() }
}

/// How fast, and how long still; nothing while that is not known.
fn rate(state: &ProgressState, in_bytes: bool) -> String {
    let rate = amount(state.per_sec() as u64, in_bytes);
    match state.len() {
        _ if rate.starts_with("0") => String::new(),
        Some(_) => format!(", {rate}/s, {:#} left", HumanDuration(state.eta())),
        None => format!(", {rate}/s"),
    }
}

fn count(done: u64, total: Option<u64>, in_bytes: bool) -> String {
    match total {
        Some(total) => format!("{} of {}", amount(done.min(total), in_bytes), amount(total, in_bytes)),
        None => amount(done, in_bytes),
    }
}

fn line(progress: Progress) -> String {
    format!("{}: {}", progress.stage, count(progress.done, progress.total, counts_bytes(progress)))
}
