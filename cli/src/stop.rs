//! Why a command ends early, and the messages on standard error.
//!
//! In: a failure, or the count of rejected records. Out: a message and an exit code.

use std::borrow::Cow;
use std::io::{self, Write};
use std::process::ExitCode;

use refrain::Error;

/// Why a command ends before its work is done.
pub(crate) enum Stop {
    /// The command line asks for something impossible. Exit code 2.
    Usage(String),
    /// An input or an output failed. Exit code 1.
    Failed(String),
    /// The program that reads the output has closed it. This is not a failure: exit code 0 without a message.
    ClosedPipe,
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        if error.is_setting() { Stop::Usage(error.to_string()) } else { Stop::Failed(error.to_string()) }
    }
}

impl Stop {
    /// For an error while writing to standard output.
    pub(crate) fn writing(error: io::Error) -> Stop {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Stop::ClosedPipe,
            _ => Stop::Failed(format!("cannot write to standard output: {error}")),
        }
    }

    /// Prints the message, if there is one, and returns the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match self {
            Stop::ClosedPipe => ExitCode::SUCCESS,
            Stop::Failed(message) => {
                note(&message);
                ExitCode::from(1)
            }
            Stop::Usage(message) => {
                note(&message);
                ExitCode::from(2)
            }
        }
    }
}

/// Prints one line on standard error. A failure to print it is ignored: the command can still do its work.
pub(crate) fn note(message: &str) {
    let _ = writeln!(io::stderr(), "refrain: {}", visible(message));
}

/// A message in which characters that would control the terminal are written as `\u{1b}`. They come from names and ids.
fn visible(message: &str) -> Cow<'_, str> {
    if !message.contains(is_control) {
        return Cow::Borrowed(message);
    }
    let mut shown = String::new();
    for character in message.chars() {
        match is_control(character) {
            true => shown.extend(character.escape_unicode()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character acts on the terminal instead of being shown: it moves the cursor, starts a command, or turns the direction
/// of the text that follows.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The exit code of a run that may reject records: with `--strict`, a rejected record is a failure.
pub(crate) fn exit_code(rejected: u64, strict: bool) -> ExitCode {
    if rejected > 0 && strict { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
