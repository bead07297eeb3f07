//! The plan of a job: its inputs, resolved, and everything that its output depends on.
//!
//! In: settings. Out: the inputs in one order, with standard input copied to the work folder; and the [`Plan`]. A later
//! run compares its own plan with it, to decide whether it may continue this run.

use crate::corpus::input::files::{Input, Resolver};
use crate::corpus::settings::Settings;
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::table;
use crate::corpus::store::work::{Plan, PlannedInput, Work};
use crate::error::Error;
use crate::support::atomic_file;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The copy of standard input, which can be read again.
const STANDARD_INPUT_COPY: &str = "stdin.spool";

/// All inputs; standard input is copied to the work folder first.
pub(crate) fn inputs(settings: &Settings, work: &Work) -> Result<Vec<Input>, Error> {
    let copy = work.path(STANDARD_INPUT_COPY);
    if Resolver::wants_standard_input(&settings.inputs) {
        copy_standard_input(&copy)?;
    }
    resolve(settings, &settings.inputs, &copy)
}

/// All inputs but standard input.
pub(crate) fn files(settings: &Settings) -> Result<Vec<Input>, Error> {
    let is_file = |input: &&PathBuf| !Resolver::wants_standard_input(std::slice::from_ref(*input));
    let files: Vec<PathBuf> = settings.inputs.iter().filter(is_file).cloned().collect();
    resolve(settings, &files, Path::new(""))
}

fn resolve(settings: &Settings, paths: &[PathBuf], standard_input: &Path) -> Result<Vec<Input>, Error> {
    let work_folder = settings.work_folder();
    let excluded: [&Path; 2] = [&settings.output, &work_folder];
    Resolver { format: settings.format, excluded: &excluded, standard_input }.resolve(paths)
}

/// The plan of a job that reads these inputs and compares them with this index.
pub(crate) fn plan(settings: &Settings, inputs: &[Input], index: &CorpusIndex) -> Plan {
    let passages = (settings.passages, settings.repeats, settings.passage_length, settings.coverage);
    let recipe = settings.sketcher().recipe().fingerprint();
    let named = [
        ("the text field", settings.text_field.clone()),
        ("the id field", settings.id_field.clone()),
        ("what is kept", format!("{:?}", settings.keep)),
        ("the threshold", settings.threshold.to_string()),
        ("the recall", settings.recall.to_string()),
        ("the longest record", settings.max_record.to_string()),
        ("the recipe of sketches", format!("{recipe:016x}")),
        ("the format", format!("{:?}", settings.format)),
        ("the index", index.identity()),
        ("the audit", format!("{:?}", settings.audit)),
        ("what is done about passages", format!("{passages:?}")),
    ];
    let planned = inputs.iter().map(|input| PlannedInput {
        path: input.path.display().to_string(),
        name: input.name.clone(),
        bytes: input.bytes,
        // Each run copies standard input again and compares the bytes, so the time of the copy is ignored.
        modified: if input.path.ends_with(STANDARD_INPUT_COPY) { 0 } else { input.modified },
    });
    Plan::new(named.map(|(name, value)| (name.to_owned(), value)).to_vec(), planned.collect())
}

/// Copies standard input to a file. If an earlier run left one, it must be the same.
fn copy_standard_input(copy: &Path) -> Result<(), Error> {
    let failed = |error| Error::io("cannot read standard input", error);
    let earlier = copy.exists().then(|| table::checksum_of(copy)).transpose().map_err(failed)?;
    let fresh = copy.with_extension("new.spool");
    let mut stdin = io::stdin().lock();
    atomic_file::write(&fresh, |out| {
        let mut portion = vec![0; table::PORTION_BYTES];
        loop {
            let filled = table::fill(&mut stdin, &mut portion).map_err(failed)?;
            if filled == 0 {
                return Ok(());
            }
            out.write_all(&portion[..filled]).map_err(|error| Error::cannot_write(&fresh, error))?;
        }
    })?;
    if earlier.is_some_and(|earlier| table::checksum_of(&fresh).ok() != Some(earlier)) {
        return Err(Error::incompatible(
            "standard input is not what it was when this run began; remove the work folder to start anew",
        ));
    }
    fs::rename(&fresh, copy).map_err(|error| Error::cannot_write(copy, error))
}
