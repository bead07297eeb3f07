//! `refrain merge-indexes`: merges several indexes into one, for `refrain dedup --index`.
//!
//! In: folders of indexes. Out: the folder of a new one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::stop::Stop;

/// Make one index of several, for `refrain dedup --index`
///
/// A run with the merged index finds what it would find with one index to which all documents were added.
#[derive(Args)]
pub(crate) struct Options {
    /// Folders of indexes; they stay unchanged
    #[arg(required = true, value_name = "DIR")]
    parts: Vec<PathBuf>,
    /// Folder of the index to make
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    refrain::corpus::merge_indexes(&options.parts, &options.output)?;
    Ok(ExitCode::SUCCESS)
}
