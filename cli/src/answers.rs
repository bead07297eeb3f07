//! Answers many texts or records on all threads, in input order.
//!
//! In: jobs, and a function that answers one job. Out: answers on standard output, rejections on standard error, both in the order
//! of the jobs. **Idea.** The jobs of a batch are answered in parallel, then the answers are written. So memory holds one batch.

use std::io::{self, Write};
use std::process::ExitCode;

use rayon::prelude::*;

use crate::input::{Line, Lines, Record, Source};
use crate::options::{RunOptions, ThreadOptions};
use crate::page::counted;
use crate::stop::{self, Stop, note};

/// Records in a batch: enough to keep the threads busy, few enough to hold in memory.
const BATCH_RECORDS: usize = 256;
/// Bytes of records in a batch.
const BATCH_BYTES: usize = 32 << 20;

/// Answers each record of a file of JSON lines. A rejection names the number of its line.
pub(crate) fn answer_records(
    options: &RunOptions,
    source: Source,
    answer: impl Fn(Record) -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let name = source.name();
    let lines = Lines::of(source, options.max_record.0).map_err(Stop::Failed)?;
    let answer_line = |line: &Line| {
        line.record().and_then(&answer).map_err(|reason| format!("{}: {reason}", line.place(&name)))
    };
    let rejected = answer_all(&options.threads, lines, Line::len, answer_line)?;
    if rejected > 0 {
        note(&format!("{} rejected", counted(rejected, "record")));
    }
    Ok(stop::exit_code(rejected, options.strictness.strict))
}

/// Answers each of the files that the user named. A file that fails makes the run fail.
pub(crate) fn answer_files(
    options: &RunOptions,
    sources: Vec<Source>,
    answer: impl Fn(&Source) -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let failed = answer_all(&options.threads, sources.into_iter().map(Ok), |_| 0, answer)?;
    Ok(stop::exit_code(failed, true))
}

/// Answers the one pair of files that the user named.
pub(crate) fn answer_pair(
    options: &RunOptions,
    answer: impl Fn() -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let failed = answer_all(&options.threads, std::iter::once(Ok(())), |()| 0, |()| answer())?;
    Ok(stop::exit_code(failed, true))
}

/// Writes the one answer of a command that reads no text.
pub(crate) fn write(answer: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(answer).and_then(|()| out.flush()).map_err(Stop::writing)
}

/// Answers `jobs` and returns how many were rejected. `bytes` is the size of a job in memory.
fn answer_all<J: Send + Sync>(
    threads: &ThreadOptions,
    jobs: impl Iterator<Item = Result<J, String>>,
    bytes: impl Fn(&J) -> usize,
    answer: impl Fn(&J) -> Result<Vec<u8>, String> + Sync,
) -> Result<u64, Stop> {
    let pool = threads.pool()?;
    let mut out = io::stdout().lock();
    let mut jobs = jobs.peekable();
    let mut rejected = 0;
    while jobs.peek().is_some() {
        let (batch, failure) = next_batch(&mut jobs, &bytes);
        let answers: Vec<_> = pool.install(|| batch.par_iter().map(&answer).collect());
        for answer in answers {
            match answer {
                Ok(record) => out.write_all(&record).map_err(Stop::writing)?,
                Err(message) => {
                    rejected += 1;
                    note(&message);
                }
            }
        }
        out.flush().map_err(Stop::writing)?;
        if let Some(message) = failure {
            return Err(Stop::Failed(message));
        }
    }
    Ok(rejected)
}

/// The jobs of the next batch, and the failure of the input, if it failed.
fn next_batch<J>(
    jobs: &mut impl Iterator<Item = Result<J, String>>,
    bytes: impl Fn(&J) -> usize,
) -> (Vec<J>, Option<String>) {
    let mut batch = Vec::new();
    let mut held = 0;
    while batch.len() < BATCH_RECORDS && held < BATCH_BYTES {
        match jobs.next() {
            Some(Ok(job)) => {
                held += bytes(&job);
                batch.push(job);
            }
            Some(Err(failure)) => return (batch, Some(failure)),
            None => break,
        }
    }
    (batch, None)
}
