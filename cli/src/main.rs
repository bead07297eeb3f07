//! The command `refrain`: the library on the command line.
//!
//! In: files, `-` for standard input, or JSON lines, packed or not. Out: one JSON object a record, or text for people.
//!
//! | module | does |
//! | --- | --- |
//! | `bands`, `dedup`, `diff`, `merge_indexes`, `passages`, `repeats`, `similarity` | one subcommand each, which calls the library |
//! | `options` | options that several subcommands have |
//! | `input` | reads texts and records, and says what is wrong with them |
//! | `answers` | answers many records on all threads and writes the answers in order |
//! | `json`, `offsets`, `page` | the two forms of an answer: JSON, and text for people |
//! | `progress` | shows the progress of a long run |
//! | `stop` | why a command ends early, and its exit code |
//!
//! Exit codes: 0 done (rejected records are counted on standard error), 1 an input or output failed or every record was
//! rejected (with `--strict`, also if one record was rejected), 2 wrong usage.

mod answers;
mod bands;
mod dedup;
mod diff;
mod ignored;
mod input;
mod json;
mod merge_indexes;
mod offsets;
mod options;
mod page;
mod passages;
mod progress;
mod repeats;
mod similarity;
mod stop;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use stop::Stop;

/// Finds text that repeats
#[derive(Parser)]
#[command(name = "refrain", version, about, max_term_width = 100)]
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
    MergeIndexes(merge_indexes::Options),
    Similarity(similarity::Options),
    Bands(bands::Options),
}

fn main() -> ExitCode {
    let outcome = match &CommandLine::parse().command {
        Command::Repeats(options) => repeats::run(options),
        Command::Passages(options) => passages::run(options),
        Command::Diff(options) => diff::run(options),
        Command::Dedup(options) => dedup::run(options),
        Command::MergeIndexes(options) => merge_indexes::run(options),
        Command::Similarity(options) => similarity::run(options),
        Command::Bands(options) => bands::run(options),
    };
    outcome.unwrap_or_else(Stop::report)
}
