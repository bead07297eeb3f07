//! Writing: the files of the output folder, except the summary.
//!
//! In: the inputs, the tables, the removals, the changes of passages. Out: lists ([`lists`]) and kept files
//! ([`kept_files`]), each whole or not at all. A kept file that an earlier run of the same job finished stays unchanged.

use crate::corpus::context::Context;
use crate::corpus::decide::witness::Removals;
use crate::corpus::input::files::Input;
use crate::corpus::output::{kept_files, lists};
use crate::corpus::settings::Settings;
use crate::corpus::spill::Sorted;
use crate::corpus::store::change::Change;
use crate::corpus::store::ids::Ids;
use crate::error::Error;
use crate::support::atomic_file;
use crate::support::disk;
use std::path::Path;

/// The lists that every job writes, and those of a job that searches for passages.
const LISTS: [&str; 4] = ["removed.jsonl", "clusters.jsonl", "rejected.jsonl", "duplicate_ids.jsonl"];
const PASSAGE_LISTS: [&str; 4] = ["passages.jsonl", "stretches.jsonl", "trimmed.jsonl", "covered.jsonl"];

/// The counts of this stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Written {
    pub(crate) clusters: u64,
    pub(crate) duplicate_ids: u64,
    /// Files in `kept/`.
    pub(crate) files: u64,
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
    let files = kept_files::write(context, removals, changes)?;
    Ok(Written { clusters, duplicate_ids, files })
}

/// Whether all files that a finished job wrote are there; in `kept/` there were so many.
pub(crate) fn is_whole(settings: &Settings, inputs: &[Input], files: u64) -> bool {
    let output = &settings.output;
    let of_passages = if settings.passages.is_some() { &PASSAGE_LISTS[..] } else { &[] };
    let kept = inputs.iter().filter(|input| output.join("kept").join(&input.name).exists());
    kept.count() as u64 == files && LISTS.iter().chain(of_passages).all(|name| output.join(name).exists())
}

/// Refuses a folder that holds the output of a run that this one does not continue: the files of that run would be mistaken
/// for those of this one.
pub(crate) fn check_unused(output: &Path) -> Result<(), Error> {
    let names = ["kept"].into_iter().chain(LISTS).chain(PASSAGE_LISTS);
    match names.map(|name| output.join(name)).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Error::incompatible(format!(
            "{} is there already, of another run; choose another output folder, or remove it",
            path.display()
        ))),
    }
}

/// Removes the partial files of a run that was killed. None of them has the name of an output file.
fn remove_partial_files(folder: &Path) -> Result<(), Error> {
    for entry in disk::entries(folder).map_err(|error| Error::cannot_read(folder, error))? {
        let path = entry.path();
        if path.is_dir() && !path.is_symlink() {
            remove_partial_files(&path)?;
        } else if atomic_file::is_partial(&path) {
            disk::remove_if_there(&path).map_err(|error| Error::cannot_remove(&path, error))?;
        }
    }
    Ok(())
}
