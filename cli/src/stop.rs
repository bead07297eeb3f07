//! Why a command ends early, and the messages on standard error.
//!
//! In: a failure, or the count of rejected records. Out: a message and an exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use refrain::Error;

use crate::page::escaped;

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

/// Prints one line on standard error. What a file, a name or an id says cannot control the terminal. A failure to print it is
/// ignored: the command can still do its work.
pub(crate) fn note(message: &str) {
    let _ = writeln!(io::stderr(), "refrain: {}", escaped(message));
}

/// The exit code of a run that may reject records. A rejected record is a failure if the run `is_strict`: with `--strict`, and where
/// no record was read.
pub(crate) fn exit_code(rejected: u64, is_strict: bool) -> ExitCode {
    if rejected > 0 && is_strict { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
