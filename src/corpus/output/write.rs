//! Writing: the files of the output folder, except the summary.
//!
//! In: the inputs, the tables, the removals, the changes of passages. Out: lists ([`lists`]) and kept files
//! ([`kept_files`]), each whole or not at all. A kept file that an earlier run of the same job finished stays unchanged.

use crate::corpus::context::Context;
use crate::corpus::decide::witness::Removals;
use crate::corpus::output::{kept_files, lists};
use crate::corpus::spill::Sorted;
use crate::corpus::store::change::Change;
use crate::corpus::store::ids::Ids;
use crate::error::Error;
use crate::support::atomic_file;
use std::fs;
use std::path::Path;

/// The counts of this stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Written {
    pub(crate) clusters: u64,
    pub(crate) duplicate_ids: u64,
}

/// Writes everything but the summary.
pub(crate) fn write(
    context: &Context<'_>,
    ids: &Ids<'_>,
    removals: &Removals,
    changes: Option<&Sorted<Change>>,
) -> Result<Written, Error> {
    remove_partial_files(&context.settings.output)?;
    lists::removed(context, ids, removals)?;
    let clusters = lists::clusters(context, ids, removals)?;
    lists::rejected(context)?;
    let duplicate_ids = lists::duplicate_ids(context, ids)?;
    kept_files::write(context, removals, changes)?;
    Ok(Written { clusters, duplicate_ids })
}

/// Refuses a folder that holds the output of a run that this one does not continue: the files of that run would be mistaken
/// for those of this one.
pub(crate) fn check_unused(output: &Path) -> Result<(), Error> {
    let names = [
        "kept",
        "removed.jsonl",
        "clusters.jsonl",
        "rejected.jsonl",
        "duplicate_ids.jsonl",
        "passages.jsonl",
        "stretches.jsonl",
        "trimmed.jsonl",
        "covered.jsonl",
    ];
    match names.iter().map(|name| output.join(name)).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Error::incompatible(format!(
            "{} is there already, of another run; choose another output folder, or remove it",
            path.display()
        ))),
    }
}

/// Removes the partial files of a run that was killed. None of them has the name of an output file.
fn remove_partial_files(folder: &Path) -> Result<(), Error> {
    let failed = |error| Error::io(format!("cannot clear {}", folder.display()), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_partial_files(&path)?;
        } else if atomic_file::is_partial(&path) {
            fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}
