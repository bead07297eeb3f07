//! Answers many texts or records on all threads, in input order.
//!
//! In: jobs, and a function that answers one job. Out: answers on standard output, rejections on standard error, both in the order
//! of the jobs. **Idea.** The jobs of a batch are answered in parallel, then the answers are written. So memory holds one batch.

use std::collections::BTreeMap;
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

/// Answers each record of a file of JSON lines, from the texts of these fields. A rejection names the number of its line.
pub(crate) fn answer_records<const N: usize>(
    options: &RunOptions,
    source: Source,
    fields: [&str; N],
    answer: impl Fn(Record<N>) -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let name = source.name();
    let lines = Lines::of(source.clone(), options.max_record.0).map_err(Stop::Failed)?;
    let answer_line = |line: &Line| {
        line.record(fields, &source)
            .and_then(&answer)
            .map_err(|reason| Rejection { place: line.place(&name), reason })
    };
    let counts = answer_all(&options.threads, lines, Line::len, answer_line)?;
    if counts.rejected > 0 {
        note(&format!("{} rejected", counted(counts.rejected, "record")));
    }
    Ok(stop::exit_code(counts.rejected, options.strictness.strict || counts.answered == 0))
}

/// A record or a text that could not be answered.
struct Rejection {
    place: String,
    reason: String,
}

/// The rejections of a run: the first ones of each kind are shown, the others counted.
#[derive(Default)]
struct Rejections(BTreeMap<String, u64>);

/// The most rejections of a kind that are shown.
const SHOWN_REJECTIONS: u64 = 10;
/// The most kinds that are counted separately.
const MOST_KINDS: usize = 1000;

impl Rejections {
    fn add(&mut self, rejection: &Rejection) {
        let kind = kind(&rejection.reason);
        let kind = if self.0.len() < MOST_KINDS { kind } else { "other reasons".to_owned() };
        let count = self.0.entry(kind).or_default();
        *count += 1;
        if *count <= SHOWN_REJECTIONS {
            let Rejection { place, reason } = rejection;
            note(&if place.is_empty() { reason.clone() } else { format!("{place}: {reason}") });
        }
    }

    /// Says how many rejections of each kind were not shown.
    fn end(&self) {
        for (kind, count) in self.0.iter().filter(|(_, count)| **count > SHOWN_REJECTIONS) {
            note(&format!("and {} more: {kind}", count - SHOWN_REJECTIONS));
        }
    }
}

/// The kind of a reason: its last part, without the numbers that differ between records.
fn kind(reason: &str) -> String {
    let last = reason.rsplit(": ").next().unwrap_or(reason);
    let mut kind = String::with_capacity(last.len());
    for character in last.chars() {
        if !character.is_ascii_digit() {
            kind.push(character);
        } else if !kind.ends_with('N') {
            kind.push('N');
        }
    }
    kind
}

/// How many jobs were answered and rejected.
#[derive(Clone, Copy, Default)]
struct Counts {
    answered: u64,
    rejected: u64,
}

/// Answers each of the files that the user named. A file that fails makes the run fail.
pub(crate) fn answer_files(
    options: &RunOptions,
    sources: Vec<Source>,
    answer: impl Fn(&Source) -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let answer = |source: &Source| answer(source).map_err(without_place);
    let counts = answer_all(&options.threads, sources.into_iter().map(Ok), |_| 0, answer)?;
    Ok(stop::exit_code(counts.rejected, true))
}

/// Answers the one pair of files that the user named.
pub(crate) fn answer_pair(
    options: &RunOptions,
    answer: impl Fn() -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let answer = |()| answer().map_err(without_place);
    let counts = answer_all(&options.threads, std::iter::once(Ok(())), |()| 0, |()| answer(()))?;
    Ok(stop::exit_code(counts.rejected, true))
}

/// A rejection whose reason names its file.
fn without_place(reason: String) -> Rejection {
    Rejection { place: String::new(), reason }
}

/// Writes the one answer of a command that reads no text.
pub(crate) fn write(answer: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(answer).and_then(|()| out.flush()).map_err(Stop::writing)
}

/// Answers `jobs`, and shows why some are rejected. `bytes` is the size of a job in memory.
fn answer_all<J: Send + Sync>(
    threads: &ThreadOptions,
    jobs: impl Iterator<Item = Result<J, String>>,
    bytes: impl Fn(&J) -> usize,
    answer: impl Fn(&J) -> Result<Vec<u8>, Rejection> + Sync,
) -> Result<Counts, Stop> {
    let pool = threads.pool()?;
    let mut out = io::stdout().lock();
    let mut jobs = jobs.peekable();
    let (mut counts, mut rejections) = (Counts::default(), Rejections::default());
    while jobs.peek().is_some() {
        let (batch, failure) = next_batch(&mut jobs, &bytes);
        let answers: Vec<_> = pool.install(|| batch.par_iter().map(&answer).collect());
        for answer in answers {
            match answer {
                Ok(record) => {
                    counts.answered += 1;
                    out.write_all(&record).map_err(Stop::writing)?;
                }
                Err(rejection) => {
                    counts.rejected += 1;
                    rejections.add(&rejection);
                }
            }
        }
        out.flush().map_err(Stop::writing)?;
        if let Some(message) = failure {
            return Err(Stop::Failed(message));
        }
    }
    rejections.end();
    Ok(counts)
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
