//! How answers leave: JSON lines in input order, text for people, complaints on standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use rayon::prelude::*;
use refrain::Span;
use serde_json::{Value, json};

use crate::input::{Line, Lines, Record, Source};
use crate::{RunOptions, Stop};

/// What is written for a record.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Text,
}

/// What the numbers of a span count.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Offsets {
    /// Bytes of the original
    Bytes,
    /// Code points, as Python counts
    Chars,
    /// UTF-16 code units, as JavaScript and Java count
    Utf16,
}

impl Format {
    /// Text on a terminal, JSON lines otherwise, unless the user chose.
    pub(crate) fn chosen(format: Option<Format>) -> Format {
        format.unwrap_or(if io::stdout().is_terminal() { Format::Text } else { Format::Json })
    }
}

/// One line on standard error. That nobody reads it is no reason to stop.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "refrain: {message}");
}

/// Turns byte offsets of one text into the numbers that the user asked for.
pub(crate) struct Counter {
    /// Byte offset and its number, ascending; empty when bytes were asked for.
    numbers: Vec<(usize, usize)>,
}

impl Counter {
    /// For the offsets of `spans`, in one walk over the text. An invalid sequence counts as the one U+FFFD
    /// that decoders put in its place.
    pub(crate) fn new(text: &[u8], offsets: Offsets, spans: impl IntoIterator<Item = Span>) -> Counter {
        if offsets == Offsets::Bytes {
            return Counter { numbers: Vec::new() };
        }
        let mut asked: Vec<usize> = spans.into_iter().flat_map(|span| [span.start, span.end]).collect();
        asked.sort_unstable();
        asked.dedup();
        let mut numbers = Vec::with_capacity(asked.len());
        let (mut byte, mut number) = (0, 0);
        let mut pending = asked.into_iter().peekable();
        let mut step = |length: usize, units: usize| {
            while let Some(at) = pending.next_if(|&at| at < byte + length) {
                numbers.push((at, number));
            }
            byte += length;
            number += units;
        };
        for chunk in text.utf8_chunks() {
            for character in chunk.valid().chars() {
                let units = if offsets == Offsets::Chars { 1 } else { character.len_utf16() };
                step(character.len_utf8(), units);
            }
            if !chunk.invalid().is_empty() {
                step(chunk.invalid().len(), 1);
            }
        }
        let last = number;
        numbers.extend(pending.map(|at| (at, last)));
        Counter { numbers }
    }

    pub(crate) fn json(&self, span: Span) -> Value {
        json!([self.number(span.start), self.number(span.end)])
    }

    fn number(&self, at: usize) -> usize {
        match self.numbers.binary_search_by_key(&at, |&(byte, _)| byte) {
            Ok(found) => self.numbers[found].1,
            Err(_) => at,
        }
    }
}

/// Identity with four decimals: more would show noise of the division, not of the texts.
pub(crate) fn rounded(identity: f64) -> Value {
    json!((identity * 1e4).round() / 1e4)
}

/// Escape sequences of a terminal, or nothing.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    coloured: bool,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    pub(crate) fn detect() -> Style {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Style { coloured: io::stdout().is_terminal() && !unwanted }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn accent(self, text: &str) -> String {
        self.wrap("36", text)
    }

    pub(crate) fn added(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn dropped(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(crate) fn moved(self, text: &str) -> String {
        self.wrap("35", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Line and column (both from 1, columns in characters) of a byte offset.
pub(crate) fn position(text: &[u8], at: usize) -> String {
    let before = &text[..at];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |found| found + 1);
    let line = before[..line_start].iter().filter(|&&byte| byte == b'\n').count() + 1;
    format!("{line}:{}", String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}

/// Characters of an excerpt shown from each end of a span.
const EXCERPT_CHARACTERS: usize = 32;

/// The start and the end of a span in one line.
pub(crate) fn excerpt(text: &[u8], span: Span) -> String {
    let characters: Vec<char> = shown(&text[span]).chars().collect();
    if characters.len() <= 2 * EXCERPT_CHARACTERS + 3 {
        return format!("“{}”", characters.iter().collect::<String>());
    }
    let head: String = characters[..EXCERPT_CHARACTERS].iter().collect();
    let tail: String = characters[characters.len() - EXCERPT_CHARACTERS..].iter().collect();
    format!("“{} … {}”", head.trim_end(), tail.trim_start())
}

/// Text that is safe on a terminal: line breaks as `⏎`, no control characters, no bidi overrides.
fn shown(bytes: &[u8]) -> String {
    let is_override = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    String::from_utf8_lossy(bytes)
        .chars()
        .filter(|&c| c != '\r' && !is_override(c))
        .map(|c| match c {
            '\n' => '⏎',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect()
}

/// Characters shown around the first difference.
const DIFFERENCE_BEFORE: usize = 12;
const DIFFERENCE_AFTER: usize = 20;

/// In a line, what two copies differ in and where first.
pub(crate) fn difference(one: &[u8], other: &[u8]) -> String {
    if one == other {
        return "same to the byte".to_owned();
    }
    let (one, other) = (String::from_utf8_lossy(one), String::from_utf8_lossy(other));
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let kinds = kinds_of_difference(&one, &other).join(", ");
    let first = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let around = |text: &[char]| {
        let end = text.len().min(first + DIFFERENCE_AFTER);
        let part: String = text[first.saturating_sub(DIFFERENCE_BEFORE).min(end)..end].iter().collect();
        shown(part.as_bytes())
    };
    format!("differs in {kinds}; first “{}” / “{}”", around(&one), around(&other))
}

fn kinds_of_difference(one: &[char], other: &[char]) -> Vec<&'static str> {
    let differs = |of: &dyn Fn(&[char]) -> Vec<char>| of(one) != of(other);
    let letters = |text: &[char]| text.iter().copied().filter(|c| c.is_alphanumeric()).collect::<Vec<_>>();
    let folded = |text: &[char]| letters(text).into_iter().flat_map(char::to_lowercase).collect();
    let breaks = |text: &[char]| text.iter().copied().filter(|&c| c == '\n').collect();
    let spaces = |text: &[char]| {
        text.iter().copied().filter(|&c| c.is_whitespace() && c != '\n' && c != '\r').collect::<Vec<_>>()
    };
    let others = |text: &[char]| {
        text.iter().copied().filter(|c| !c.is_alphanumeric() && !c.is_whitespace()).collect::<Vec<_>>()
    };
    let mut kinds = Vec::new();
    if differs(&folded) {
        kinds.push("words");
    } else if differs(&letters) {
        kinds.push("case");
    }
    if differs(&breaks) {
        kinds.push("line breaks");
    }
    if differs(&spaces) {
        kinds.push("spaces");
    }
    if differs(&others) {
        kinds.push("punctuation");
    }
    if kinds.is_empty() {
        kinds.push("where they stand");
    }
    kinds
}

/// A count with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Writes the one answer of a command that reads nothing.
pub(crate) fn write(answer: &[u8]) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    out.write_all(answer).and_then(|()| out.flush()).map_err(Stop::writing)
}

/// Records answered before any is written: enough to keep the threads busy, few enough to hold.
const BATCH_RECORDS: usize = 256;
/// And the bytes of theirs that are held at a time.
const BATCH_BYTES: usize = 32 << 20;

/// Answers `jobs` on all threads and writes the answers in the order of the jobs; rejections go to standard
/// error in the same order. Returns how many were rejected.
pub(crate) fn answer_all<J: Send + Sync>(
    options: &RunOptions,
    jobs: impl Iterator<Item = Result<J, String>>,
    bytes: impl Fn(&J) -> usize,
    answer: impl Fn(&J) -> Result<Vec<u8>, String> + Sync,
) -> Result<u64, Stop> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, usize::from))
        .build()
        .map_err(|error| Stop::Failed(format!("threads: {error}")))?;
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
                    complain(&message);
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

/// Answers each record of a file of JSON lines; what is wrong with one is said with the number of its line.
pub(crate) fn answer_records(
    options: &RunOptions,
    source: Source,
    answer: impl Fn(Record) -> Result<Vec<u8>, String> + Sync,
) -> Result<ExitCode, Stop> {
    let name = source.name();
    let lines = Lines::of(source, options.max_record).map_err(Stop::Failed)?;
    let answer_line = |line: &Line| {
        line.record().and_then(&answer).map_err(|reason| format!("{}: {reason}", line.place(&name)))
    };
    let rejected = answer_all(options, lines, Line::len, answer_line)?;
    Ok(end_of_records(rejected, options.strict))
}

/// The next jobs, and the failure of the input that ended them.
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

/// How a run over records ends: rejected ones are counted, and forbidden by `--strict`.
fn end_of_records(rejected: u64, strict: bool) -> ExitCode {
    if rejected > 0 {
        complain(&format!("{} rejected", counted(rejected as usize, "record")));
    }
    if rejected > 0 && strict { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// How a run over named files ends: each is what the user asked for, so one that fails is a failure.
pub(crate) fn end_of_files(failed: u64) -> ExitCode {
    if failed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// A JSON object, its fields in the order given (the map of `serde_json` would sort them).
pub(crate) fn json_object(fields: &[(&str, &dyn Display)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

/// A JSON array of what is JSON already.
pub(crate) fn json_array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}

/// An id as people write it: a string without quotes, safe on a terminal.
pub(crate) fn plain_id(id: &Value) -> String {
    match id {
        Value::String(id) => shown(id.as_bytes()),
        other => other.to_string(),
    }
}

/// Where a span stands and how it reads: `name line:column to line:column (bytes s..e) “excerpt”`.
pub(crate) fn located(style: Style, name: &str, text: &[u8], span: Span) -> String {
    let name = if name.is_empty() { String::new() } else { format!("{}:", shown(name.as_bytes())) };
    let place = format!("{name}{} to {}", position(text, span.start), position(text, span.end));
    format!("{} (bytes {span}) {}", style.accent(&place), excerpt(text, span))
}

/// Identity for people; only what is alike in every character is 100 %.
pub(crate) fn percent(identity: f64) -> String {
    if identity < 1.0 { format!("{:.1} %", (identity * 100.0).min(99.9)) } else { "100 %".to_owned() }
}

/// Says what the limits of the library left out.
pub(crate) fn write_capped(page: &mut String, pairs: u64) {
    if pairs > 0 {
        page.push_str(&format!("{} of repeated places were not compared\n", counted(pairs as usize, "pair")));
    }
}
