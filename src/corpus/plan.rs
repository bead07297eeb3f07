//! The plan of a job: its inputs, resolved, and everything that its output depends on.
//!
//! In: settings. Out: the inputs in one order, with standard input copied to the work folder; and the [`Plan`]. A later
//! run compares its own plan with it, to decide whether it may continue this run. Names that the output cannot have are
//! refused here, before anything is done.

use crate::corpus::input::files::{Input, Resolver};
use crate::corpus::settings::Settings;
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::table;
use crate::corpus::store::work::{Plan, PlannedInput, Work};
use crate::error::Error;
use crate::support::atomic_file;
use crate::support::disk;
use crate::support::fast_map::FastSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The copy of standard input, which can be read again.
const STANDARD_INPUT_COPY: &str = "stdin.spool";

/// The inputs of a job.
pub(crate) struct PlannedInputs {
    pub(crate) inputs: Vec<Input>,
    /// The digest of standard input, if it is one of them.
    standard_input: Option<u128>,
}

/// All inputs; standard input is copied to the work folder first.
pub(crate) fn inputs(settings: &Settings, work: &Work) -> Result<PlannedInputs, Error> {
    let copy = work.path(STANDARD_INPUT_COPY);
    let standard_input = match Resolver::wants_standard_input(&settings.inputs) {
        true => Some(copy_standard_input(&copy)?),
        false => None,
    };
    Ok(PlannedInputs { inputs: resolve(settings, &settings.inputs, &copy)?, standard_input })
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
    let (format, unpacking) = (settings.format, settings.unpacking());
    Resolver::new(format, unpacking, &excluded, standard_input).resolve(paths)
}

/// The plan of a job that reads these inputs and compares them with this index.
pub(crate) fn plan(settings: &Settings, inputs: &PlannedInputs, index: &CorpusIndex) -> Plan {
    let passages = (settings.passages, settings.repeats, settings.passage_length, settings.coverage);
    let recipe = settings.sketcher().recipe().fingerprint();
    let named = [
        ("the text field", settings.text_field.clone()),
        ("the id field", settings.id_field.clone()),
        ("what is kept", format!("{:?}", settings.keep)),
        ("the shingle", format!("{:?}", settings.shingle)),
        ("the threshold", settings.threshold.to_string()),
        ("the recall", settings.recall.to_string()),
        ("the longest record", settings.max_record.to_string()),
        ("the recipe of sketches", format!("{recipe:016x}")),
        ("the format", format!("{:?}", settings.format)),
        ("the types of WARC records", format!("{:?}", settings.warc_records)),
        ("the encoding", settings.encoding.map_or("UTF-8".to_owned(), |encoding| encoding.to_string())),
        ("the index", index.identity()),
        ("the audit", format!("{:?}", settings.audit)),
        ("what is done about passages", format!("{passages:?}")),
    ];
    let PlannedInputs { inputs, standard_input } = inputs;
    let planned = inputs.iter().map(|input| {
        let digest = standard_input.filter(|_| input.path.ends_with(STANDARD_INPUT_COPY));
        PlannedInput {
            path: input.path.display().to_string(),
            name: input.name.clone(),
            bytes: input.bytes,
            // Each run copies standard input again, so the time of the copy means nothing. Its digest does.
            modified: if digest.is_some() { 0 } else { input.modified },
            digest: digest.map_or_else(String::new, |digest| format!("{digest:032x}")),
        }
    });
    Plan::new(named.map(|(name, value)| (name.to_owned(), value)).to_vec(), planned.collect())
}

/// Copies standard input to a file, and returns its digest. If an earlier run left one, it must be the same.
fn copy_standard_input(copy: &Path) -> Result<u128, Error> {
    let failed = |error| Error::io("cannot read standard input", error);
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
    let digest_of = |path: &Path| table::checksum_of(path).map_err(|error| Error::cannot_read(path, error));
    let digest = digest_of(&fresh)?;
    if copy.exists() && digest_of(copy)? != digest {
        disk::remove_if_there(&fresh).map_err(|error| Error::cannot_remove(&fresh, error))?;
        return Err(Error::incompatible(
            "standard input is not what it was when this run began; remove the work folder and the output to start anew",
        ));
    }
    disk::rename(&fresh, copy).map_err(|error| Error::cannot_write(copy, error))?;
    Ok(digest)
}

/// Refuses inputs whose kept records could not be written: the name is too long for the file system of the output, or one name is
/// that of a file and of a folder.
pub(crate) fn check_names(output: &Path, inputs: &[Input]) -> Result<(), Error> {
    let names: FastSet<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
    for input in inputs {
        let folders = input.name.match_indices('/').map(|(end, _)| &input.name[..end]);
        if let Some(file) = folders.into_iter().find(|folder| names.contains(folder)) {
            return Err(Error::setting(format!(
                "{file} is an input, and also the folder of {}, which the output cannot hold both: rename one, or give a \
                 folder that holds both",
                input.name
            )));
        }
        // Every part is looked up where folders exist: a name that is too long is refused whether it exists or not.
        let path = output.join("kept").join(&input.name);
        let parts = input.name.split('/').map(|part| output.join(part));
        for path in parts.chain([path]) {
            if let Err(error) = fs::symlink_metadata(&path)
                && !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
            {
                return Err(Error::io(
                    format!("the output cannot have a file {}; rename the input", input.name),
                    error,
                ));
            }
        }
    }
    Ok(())
}
