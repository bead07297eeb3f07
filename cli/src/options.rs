//! Options that several subcommands have, and how their values are read.
//!
//! In: arguments of the command line. Out: settings of the library. Every default is a constant of the library, and the help
//! shows it.

use std::fmt::{self, Display};
use std::io::{self, IsTerminal};
use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use rayon::{ThreadPool, ThreadPoolBuilder};
use refrain::corpus::{Encoding, Job};
use refrain::{Error, MAX_TEXT_BYTES, PassageFinder, Shingle};

use crate::ignored::Ignored;
use crate::offsets::Offsets;
use crate::stop::Stop;

/// How documents are cut into units: settings of [`Shingle`].
#[derive(Args)]
pub(crate) struct UnitOptions {
    /// Unit of comparison: "adaptive" (five words, or as much of a script without spaces), "short" (for titles and single
    /// sentences: six characters), "words:N" or "chars:N"
    #[arg(long, value_name = "UNIT", default_value_t)]
    shingle: Shingle,
    #[command(flatten)]
    pub(crate) marks: MarkOptions,
}

impl UnitOptions {
    pub(crate) fn shingle(&self) -> Shingle {
        self.shingle.fold_marks(self.marks.ignore_marks)
    }
}

/// Whether marks count.
#[derive(Args)]
pub(crate) struct MarkOptions {
    /// Compare without accents and other marks that writers may leave out: é as e, ё as е, no harakat or niqqud
    #[arg(long)]
    pub(crate) ignore_marks: bool,
}

/// How long passages are: settings of [`PassageFinder`].
#[derive(Args)]
pub(crate) struct LengthOptions {
    /// Shortest passage to report, in letters and digits (a Han character counts as 2.5, a kana or Hangul as 2)
    #[arg(long, value_name = "N", default_value_t = PassageFinder::DEFAULT_MIN_LENGTH)]
    min_length: usize,
    /// Longest stretch of changed text inside a passage, in letters and digits, counted in the same way
    #[arg(long, value_name = "N", default_value_t = PassageFinder::DEFAULT_MAX_GAP)]
    max_gap: usize,
}

impl LengthOptions {
    /// The finder. Its settings are checked, so an impossible one is refused before any input is read.
    pub(crate) fn finder(&self) -> Result<PassageFinder, Stop> {
        let finder = PassageFinder::new().min_length(self.min_length).max_gap(self.max_gap);
        finder.validate()?;
        Ok(finder)
    }
}

/// Which passages are reported: settings of [`PassageFinder`].
#[derive(Args)]
pub(crate) struct FinderOptions {
    #[command(flatten)]
    lengths: LengthOptions,
    /// Report also passages that lie inside a longer one
    #[arg(long)]
    nested: bool,
    #[command(flatten)]
    marks: MarkOptions,
    #[command(flatten)]
    pub(crate) ignored: Ignored,
}

impl FinderOptions {
    pub(crate) fn finder(&self) -> Result<PassageFinder, Stop> {
        Ok(self.lengths.finder()?.nested(self.nested).fold_marks(self.marks.ignore_marks))
    }
}

/// How spans are written.
#[derive(Args)]
pub(crate) struct SpanOptions {
    /// What the numbers of a span count
    #[arg(long, value_enum, default_value_t = Offsets::Bytes)]
    pub(crate) offsets: Offsets,
}

/// The form of the answers.
#[derive(Args)]
pub(crate) struct FormatOptions {
    /// One JSON object a line, or text for people [default: text on a terminal, json otherwise]
    #[arg(long, value_enum)]
    format: Option<OutputFormat>,
}

/// The form of the answer for a record.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// One JSON object a line
    Json,
    /// Text for people
    Text,
}

impl FormatOptions {
    /// The format that the user named, if any.
    pub(crate) fn named(&self) -> Option<OutputFormat> {
        self.format
    }

    /// The format that the user named; otherwise text on a terminal and JSON elsewhere.
    pub(crate) fn chosen(&self) -> OutputFormat {
        let usual = if io::stdout().is_terminal() { OutputFormat::Text } else { OutputFormat::Json };
        self.format.unwrap_or(usual)
    }
}

/// Options of every run over texts.
#[derive(Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) format: FormatOptions,
    #[command(flatten)]
    pub(crate) strictness: StrictOptions,
    #[command(flatten)]
    pub(crate) encoding: EncodingOptions,
    /// Longest line of JSON lines; longer ones are rejected
    #[arg(
        long, value_name = "BYTES", default_value_t = ByteCount(Job::DEFAULT_MAX_RECORD), value_parser = record_limit,
        conflicts_with = "files"
    )]
    pub(crate) max_record: ByteCount,
    #[command(flatten)]
    pub(crate) threads: ThreadOptions,
}

/// The encoding of the inputs.
#[derive(Args)]
pub(crate) struct EncodingOptions {
    /// Encoding of the texts, such as utf-16le or windows-1252; they are converted, and offsets count in the result
    /// [default: utf-8]
    #[arg(long, value_name = "NAME")]
    pub(crate) encoding: Option<Encoding>,
}

/// What rejected records mean for the exit code.
#[derive(Args)]
pub(crate) struct StrictOptions {
    /// End with exit code 1 if any record was rejected
    #[arg(long)]
    pub(crate) strict: bool,
}

/// The most threads: more than any machine has processors, and few enough to start.
const MAX_THREADS: i64 = 1024;

/// The number of threads.
#[derive(Args)]
pub(crate) struct ThreadOptions {
    /// Number of threads, at most 1024 [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MAX_THREADS))]
    threads: Option<u16>,
}

impl ThreadOptions {
    pub(crate) fn pool(&self) -> Result<ThreadPool, Stop> {
        ThreadPoolBuilder::new().num_threads(self.threads.map_or(0, usize::from)).build().map_err(|error| {
            Stop::Failed(format!("cannot start the threads: {error}; try a smaller --threads"))
        })
    }
}

/// A number of bytes, written `1000`, `64k`, `512MiB` or `4GB`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ByteCount(pub(crate) u64);

impl FromStr for ByteCount {
    type Err = String;

    fn from_str(text: &str) -> Result<ByteCount, String> {
        let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let unit = match text[end..].trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1 << 10,
            "m" | "mib" => 1 << 20,
            "g" | "gib" => 1 << 30,
            "kb" => 1000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            unit => {
                return Err(format!("{unit:?} is no unit of bytes; expected a size such as 512MiB or 4GiB"));
            }
        };
        let number: u64 =
            text[..end].parse().map_err(|_| "expected a number of bytes, such as 512MiB".to_owned())?;
        let bytes = number.checked_mul(unit);
        bytes.map(ByteCount).ok_or_else(|| format!("expected at most {} bytes", u64::MAX))
    }
}

impl Display for ByteCount {
    /// In the largest binary unit that gives a whole number, so that it reads back as the same number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        match units.into_iter().find(|&(_, bits)| self.0 > 0 && self.0.trailing_zeros() >= bits) {
            Some((name, bits)) => write!(f, "{}{name}", self.0 >> bits),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Reads the limit of a record: at least one byte, and at most the longest text.
pub(crate) fn record_limit(text: &str) -> Result<ByteCount, String> {
    let limit: ByteCount = text.parse()?;
    match limit.0 {
        1..=LONGEST_TEXT => Ok(limit),
        bytes => Err(format!("the longest record is set to {bytes} bytes; expected 1 to {LONGEST_TEXT}")),
    }
}

const LONGEST_TEXT: u64 = MAX_TEXT_BYTES as u64;

/// Reads one of these values of the library by its name. The help lists the names.
pub(crate) fn one_of<T>(values: &[T]) -> impl TypedValueParser<Value = T>
where
    T: Display + FromStr<Err = Error> + Clone + Send + Sync + 'static,
{
    let names: Vec<String> = values.iter().map(T::to_string).collect();
    PossibleValuesParser::new(names).try_map(|name| name.parse::<T>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_count_is_written_as_it_is_read() {
        for (text, bytes) in
            [("2GiB", 2 << 30), ("16MiB", 16 << 20), ("5KiB", 5 << 10), ("1000", 1000), ("0", 0)]
        {
            assert_eq!(text.parse::<ByteCount>().ok(), Some(ByteCount(bytes)));
            assert_eq!(ByteCount(bytes).to_string(), text);
        }
        for (text, bytes) in [("64k", 64 << 10), ("4 GB", 4_000_000_000), ("7b", 7)] {
            assert_eq!(text.parse::<ByteCount>().ok(), Some(ByteCount(bytes)));
        }
        for text in ["", "MiB", "20lots", "99999999999GiB", "-1", "1.5GiB"] {
            assert!(text.parse::<ByteCount>().is_err(), "{text}");
        }
    }
}
