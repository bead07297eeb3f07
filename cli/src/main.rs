//! `refrain`: the library on the command line.
//!
//! Comes in: files, `-` for standard input, or JSON lines; gz and zst as they are. Goes out: one JSON object a
//! record, or text for people. Each subcommand has its file, thin over the library; [`input`] owns how bytes
//! come in and what is wrong with them, [`output`] how answers leave.
//!
//! Exit codes: 0 done (the number of rejected records is told on standard error), 1 bad input or I/O (with
//! `--strict`, any rejected record), 2 usage.

mod bands;
mod dedup;
mod diff;
mod input;
mod output;
mod passages;
mod repeats;
mod similarity;

use std::io;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use refrain::{Error, PassageFinder};

/// Finds text that repeats.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Repeats(repeats::Options),
    Passages(passages::Options),
    Diff(diff::Options),
    Dedup(dedup::Options),
    MergeIndexes(dedup::MergeOptions),
    Similarity(similarity::Options),
    Bands(bands::Options),
}

/// The setters of [`PassageFinder`] that say what a passage is.
#[derive(Args)]
struct LengthOptions {
    /// Shortest passage to report, in letters and digits (spaces and punctuation do not count)
    #[arg(long, value_name = "N")]
    min_length: Option<usize>,
    /// Longest stretch of changed text inside a passage, in letters and digits
    #[arg(long, value_name = "N")]
    max_gap: Option<usize>,
}

impl LengthOptions {
    /// The finder, its settings checked before any input is read.
    fn finder(&self) -> Result<PassageFinder, Stop> {
        // No command tells what it does not report.
        let mut finder = PassageFinder::new();
        if let Some(characters) = self.min_length {
            finder = finder.min_length(characters);
        }
        if let Some(characters) = self.max_gap {
            finder = finder.max_gap(characters);
        }
        finder.validate().map_err(Stop::from)?;
        Ok(finder)
    }
}

/// The setters of [`PassageFinder`] that change what is reported, but for one.
#[derive(Args)]
struct FinderOptions {
    #[command(flatten)]
    lengths: LengthOptions,
    /// Report also what lies inside a longer passage
    #[arg(long)]
    nested: bool,
}

impl FinderOptions {
    fn finder(&self) -> Result<PassageFinder, Stop> {
        Ok(self.lengths.finder()?.nested(self.nested))
    }
}

/// How spans are told.
#[derive(Args)]
struct SpanOptions {
    /// What the numbers of a span count
    #[arg(long, value_enum, default_value = "bytes")]
    offsets: output::Offsets,
}

/// How a run goes, whatever it looks for.
#[derive(Args)]
struct RunOptions {
    /// One JSON object a line, or text for people [default: text on a terminal, json otherwise]
    #[arg(long, value_enum)]
    format: Option<output::Format>,
    /// End with exit code 1 if any record was rejected
    #[arg(long)]
    strict: bool,
    /// Longest line of JSON lines; longer ones are rejected
    #[arg(long, value_name = "BYTES", default_value = input::MAX_RECORD, value_parser = input::record_limit, conflicts_with = "files")]
    max_record: u64,
    /// Number of threads [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// Why a run ends before its end.
enum Stop {
    /// The command line asks for something that cannot be.
    Usage(String),
    /// An input or an output failed.
    Failed(String),
    /// The reader of the output has had enough: no failure, and nobody is left to tell.
    ClosedPipe,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        if error.is_setting() { Stop::Usage(error.to_string()) } else { Stop::Failed(error.to_string()) }
    }
}

impl Stop {
    fn writing(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
            _ => Stop::Failed(format!("standard output: {error}")),
        }
    }
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let outcome = match &line.command {
        Command::Repeats(options) => repeats::run(options),
        Command::Passages(options) => passages::run(options),
        Command::Diff(options) => diff::run(options),
        Command::Dedup(options) => dedup::run(options),
        Command::MergeIndexes(options) => dedup::merge(options),
        Command::Similarity(options) => similarity::run(options),
        Command::Bands(options) => bands::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(Stop::ClosedPipe) => ExitCode::SUCCESS,
        Err(Stop::Failed(message)) => {
            output::complain(&message);
            ExitCode::from(1)
        }
        Err(Stop::Usage(message)) => {
            output::complain(&message);
            ExitCode::from(2)
        }
    }
}
