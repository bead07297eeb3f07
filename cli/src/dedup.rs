//! `refrain dedup`: removes the near-duplicates of a corpus, from files to files.
//!
//! In: options, from which a [`Job`] is made. Out: the files of the job, counts on standard error, and the result of an audit
//! on standard output.

use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use refrain::Watch;
use refrain::corpus::{Audit, Format, Job, Keep, PassageMode, Proportion, RepeatMode, Summary, WarcRecords};

use crate::answers;
use crate::options::{
    ByteCount, EncodingOptions, StrictOptions, ThreadOptions, UnitOptions, one_of, record_limit,
};
use crate::page::counted;
use crate::progress::Display;
use crate::stop::{self, Stop, note};

/// Remove the near-duplicates of a corpus, and name for each the kept document that it resembles
///
/// Writes into the output folder: kept/NAME (each input without its removed and rejected records), removed.jsonl,
/// clusters.jsonl, rejected.jsonl, duplicate_ids.jsonl and summary.json. A run that was stopped or killed continues when the
/// same command is given again.
#[derive(Args)]
pub(crate) struct Options {
    /// Files, folders, patterns in quotes, or "-" for standard input. Formats: JSON lines, Parquet, CSV, TSV, WARC or WET, plain text;
    /// packed with gz, zst, bz2, xz or lz4, or not
    #[arg(required = true, value_name = "IN")]
    inputs: Vec<PathBuf>,
    /// Folder to write into
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Least Jaccard similarity of near-duplicates, above 0; with 1 only documents with equal shingles are removed
    #[arg(long, value_name = "T", default_value_t = Job::DEFAULT_THRESHOLD)]
    threshold: f64,
    #[command(flatten)]
    unit: UnitOptions,
    /// Least share of the pairs at the threshold that are compared
    #[arg(long, value_name = "R", default_value_t = Job::DEFAULT_RECALL)]
    recall: f64,
    /// Which of several near-duplicates is kept: first, longest, score:FIELD (the highest number) or newest:FIELD (the latest
    /// date)
    #[arg(long, value_name = "POLICY", default_value_t)]
    keep: Keep,
    /// Limit of memory, such as 512MiB or 4GiB
    #[arg(long, value_name = "BYTES", default_value_t = ByteCount(Job::DEFAULT_MEMORY))]
    memory: ByteCount,
    /// Folder for intermediate files [default: .work in the output folder]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Folder with the documents that earlier runs kept. Documents that resemble one of them are removed; the kept ones are
    /// added
    #[arg(long, value_name = "DIR")]
    index: Option<PathBuf>,
    /// At the end, compare N documents exactly with all others, and print the measured recall and precision
    #[arg(long, value_name = "N")]
    audit: Option<u32>,
    #[command(flatten)]
    threads: ThreadOptions,
    /// Longest record; longer ones are rejected
    #[arg(long, value_name = "BYTES", default_value_t = ByteCount(Job::DEFAULT_MAX_RECORD), value_parser = record_limit)]
    max_record: ByteCount,
    /// Field or column with the text; a path with points, such as meta.text, for a field inside another
    #[arg(long, value_name = "NAME", default_value = Job::DEFAULT_TEXT_FIELD)]
    text_field: String,
    /// Field or column with the id; a record without one has the id FILE:RECORD
    #[arg(long, value_name = "NAME", default_value = Job::DEFAULT_ID_FIELD)]
    id_field: String,
    /// Types of WARC records that are read: conversion (extracted texts), response (web pages, whose text is extracted)
    #[arg(
        long, value_name = "TYPES", value_delimiter = ',', default_value = "conversion",
        value_parser = one_of(WarcRecords::ALL)
    )]
    warc_records: Vec<WarcRecords>,
    #[command(flatten)]
    encoding: EncodingOptions,
    /// Format of all inputs [default: by the first bytes of each file, then by the ending of its name]
    #[arg(long, value_name = "FORMAT", value_parser = one_of(Format::ALL))]
    input_format: Option<Format>,
    /// Search for passages that recur across the kept documents, those of the index included: report lists them, trim cuts
    /// their whole sentences from all documents but one. Writes passages.jsonl, stretches.jsonl and trimmed.jsonl
    #[arg(long, value_name = "MODE", value_parser = one_of(PassageMode::ALL))]
    passages: Option<PassageMode>,
    /// What repeats inside one document only, such as a chorus: keep leaves it, trim cuts all copies but one
    #[arg(long, value_name = "MODE", value_parser = one_of(RepeatMode::ALL), default_value_t, requires = "passages")]
    repeats: RepeatMode,
    /// Shortest passage, in letters and digits (a Han character counts as 2.5, a kana or Hangul as 2)
    #[arg(long, value_name = "N", default_value_t = Job::DEFAULT_PASSAGE_LENGTH, requires = "passages")]
    passage_length: usize,
    /// Remove documents of which others hold at least this many percent in passages. Of two that hold a passage, the longer one
    /// keeps it, unless the policy prefers the other. Writes covered.jsonl
    #[arg(long, value_name = "PERCENT", requires = "passages")]
    coverage: Option<f64>,
    #[command(flatten)]
    strictness: StrictOptions,
    /// Print nothing but errors
    #[arg(short, long)]
    quiet: bool,
}

impl Options {
    fn job(&self) -> Job {
        let mut job = Job::new(&self.inputs, &self.output)
            .shingle(self.unit.shingle())
            .threshold(self.threshold)
            .recall(self.recall)
            .keep(self.keep.clone())
            .memory(self.memory.0)
            .max_record(self.max_record.0)
            .warc_records(self.warc_records.iter().copied())
            .text_field(&self.text_field)
            .id_field(&self.id_field);
        if let Some(work) = &self.work {
            job = job.work(work);
        }
        if let Some(index) = &self.index {
            job = job.index(index);
        }
        if let Some(documents) = self.audit {
            job = job.audit(documents);
        }
        if let Some(mode) = self.passages {
            job = job.passages(mode).repeats(self.repeats).passage_length(self.passage_length);
        }
        if let Some(percent) = self.coverage {
            job = job.coverage(percent / 100.0);
        }
        if let Some(encoding) = self.encoding.encoding {
            job = job.encoding(encoding);
        }
        if let Some(format) = self.input_format {
            job = job.format(format);
        }
        job
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    let job = options.job();
    let pool = options.threads.pool()?;
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
            Err(Stop::Failed("stopped; the same command continues from here".to_owned()))
        }
        Err(error) => Err(Stop::from(error)),
    }
}

/// The first interrupt asks the run to stop at a point from which it can continue. The second ends the program at once.
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
    if let Some(audit) = &summary.audit {
        match answers::write(audit_page(audit, summary).as_bytes()) {
            // With a closed pipe only the page is lost. The notes below are still printed.
            Ok(()) | Err(Stop::ClosedPipe) => {}
            failure => failure?,
        }
    }
    if !options.quiet {
        note_counts(options, summary);
    }
    note_problems(options, summary);
    Ok(stop::exit_code(summary.rejected, options.strictness.strict || summary.documents == 0))
}

fn note_counts(options: &Options, summary: &Summary) {
    note(&format!(
        "{}: {} kept, {} removed ({} of them copies); {} of the kept ones resemble removed ones",
        counted(summary.documents, "document"),
        summary.kept,
        summary.removed,
        summary.copies,
        summary.clusters,
    ));
    if let Some(passages) = &summary.passages {
        let done = if options.passages == Some(PassageMode::Trim) { "cut" } else { "to be cut" };
        note(&format!(
            "{}; {} bytes {done} from {}; {} removed because others cover them",
            counted(passages.passages, "recurring passage"),
            passages.cut_bytes,
            counted(passages.trimmed, "document"),
            passages.covered,
        ));
    }
}

fn note_problems(options: &Options, summary: &Summary) {
    let folder = options.output.display();
    if summary.duplicate_ids > 0 {
        let ids = counted(summary.duplicate_ids, "record");
        note(&format!("{ids} with the id of an earlier record: see {folder}/duplicate_ids.jsonl"));
    }
    if summary.unranked > 0 {
        let documents = counted(summary.unranked, "document");
        note(&format!(
            "{documents} without a usable value in the field of --keep {}, ranked last",
            options.keep
        ));
    }
    if !summary.skipped.is_empty() {
        let kinds: Vec<String> =
            summary.skipped.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let records = counted(summary.skipped.values().sum(), "record");
        let hint = match summary.skipped.contains_key("response") && !reads_pages(options) {
            true => " (--warc-records conversion,response reads web pages)",
            false => "",
        };
        note(&format!("{records} passed over because of their type: {}{hint}", kinds.join(", ")));
    }
    if summary.rejected > 0 {
        let records = counted(summary.rejected, "record");
        let first = first_rejected(options).map_or(String::new(), |first| format!("; the first: {first}"));
        note(&format!("{records} rejected: see {folder}/rejected.jsonl{first}"));
    }
}

fn reads_pages(options: &Options) -> bool {
    options.warc_records.contains(&WarcRecords::Response)
}

/// The place of the first rejected record, and the reason.
fn first_rejected(options: &Options) -> Option<String> {
    let file = File::open(options.output.join("rejected.jsonl")).ok()?;
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line).ok()?;
    let rejected: serde_json::Value = serde_json::from_str(&line).ok()?;
    let (name, reason) = (rejected["file"].as_str()?, rejected["reason"].as_str()?);
    Some(format!("{name}:{}: {reason}", rejected["record"]))
}

/// The measured recall and precision, and the predicted recall.
fn audit_page(audit: &Audit, summary: &Summary) -> String {
    let share = |share: &Proportion| {
        format!(
            "{:.4} ({} of {}; {:.4} to {:.4} at 95 %)",
            share.value, share.count, share.of, share.low, share.high
        )
    };
    let mut page = format!("audit of {}\n", counted(audit.sampled, "document"));
    let _ = writeln!(page, "recall     {}", share(&audit.recall));
    let _ = writeln!(page, "precision  {}", share(&audit.precision));
    let _ = writeln!(
        page,
        "pairs by similarity, and those found by one of {} bands of {} rows",
        summary.bands, summary.rows
    );
    page += "similarity    pairs    found  measured  predicted\n";
    for bin in audit.curve.iter().filter(|bin| bin.pairs > 0) {
        let share = |count: f64| count / bin.pairs as f64;
        let _ = writeln!(
            page,
            "{:.2} to {:.2} {:>8} {:>8} {:>9.4} {:>10.4}",
            bin.from,
            bin.to,
            bin.pairs,
            bin.found,
            share(bin.found as f64),
            share(bin.predicted)
        );
    }
    page
}
