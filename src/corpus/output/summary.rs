//! The summary: what was done, in numbers; the last file that a run writes.

use crate::corpus::decide::candidates::Passed;
use crate::corpus::decide::witness::Decided;
use crate::corpus::input::read::Totals;
use crate::corpus::output::audit::Audit;
use crate::corpus::output::passages::PassageCounts;
use crate::corpus::output::write::Written;
use crate::corpus::settings::Settings;
use crate::corpus::store::work::Plan;
use crate::error::Error;
use crate::support::atomic_file;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::Path;

const NAME: &str = "summary.json";

/// What a [`Job`] did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Documents read.
    pub documents: u64,
    /// Documents of earlier jobs that they were compared with.
    pub earlier: u64,
    /// Documents kept.
    pub kept: u64,
    /// Documents removed.
    pub removed: u64,
    /// Of those, the ones whose text is the same, byte for byte, as that of another document.
    pub copies: u64,
    /// Kept documents that stand for at least one removed one.
    pub clusters: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Ids that stood before in another record.
    pub duplicate_ids: u64,
    /// Documents that lack the field by which they are ranked.
    pub unranked: u64,
    /// Entries of overfull buckets that were not compared with all before them: what may be kept although it has a likeness.
    /// 0 means that every candidate was compared.
    pub capped: u64,
    /// Pairs that shared a band.
    pub candidates: u64,
    /// Pairs whose sketches were alike.
    pub alike: u64,
    /// Pairs of texts that were compared exactly.
    pub compared: u64,
    /// Unpacked bytes of the inputs; of Parquet, those of the texts.
    pub bytes: u64,
    /// Bytes of the texts.
    pub text_bytes: u64,
    /// The similarity from which on a document is a near-duplicate.
    pub threshold: f64,
    /// Groups of slots, and slots in each, by which candidates are found.
    pub bands: usize,
    /// See [`Summary::bands`].
    pub rows: usize,
    /// The share of the pairs at the threshold that become candidates.
    pub predicted_recall: f64,
    /// What a sample of the documents says, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// What recurs across the kept documents, if that was asked for.
    pub passages: Option<PassageCounts>,
    /// Which job this was: settings and inputs.
    pub job: String,
}

impl Summary {
    pub(crate) fn new(
        settings: &Settings,
        plan: &Plan,
        totals: Totals,
        earlier: u32,
        passed: Passed,
        decided: Decided,
        written: Written,
    ) -> Result<Summary, Error> {
        let bands = settings.bands()?;
        let documents = u64::from(totals.documents);
        Ok(Summary {
            documents,
            earlier: earlier.into(),
            kept: documents - decided.removed,
            removed: decided.removed,
            copies: decided.copies,
            clusters: written.clusters,
            rejected: totals.rejected,
            duplicate_ids: written.duplicate_ids,
            unranked: if settings.keep.field().is_some() { totals.unranked } else { 0 },
            capped: passed.capped,
            candidates: passed.pairs,
            alike: passed.links,
            compared: decided.compared,
            bytes: totals.bytes,
            text_bytes: totals.text_bytes,
            threshold: settings.threshold,
            bands: bands.bands(),
            rows: bands.rows(),
            predicted_recall: bands.recall(settings.threshold),
            audit: None,
            passages: None,
            job: plan.name(),
        })
    }

    /// The summary of a job that is done already; an error if the folder holds the output of another.
    pub(crate) fn read(output: &Path, plan: &Plan) -> Result<Option<Summary>, Error> {
        let path = output.join(NAME);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?,
        };
        let summary: Option<Summary> = serde_json::from_slice(&bytes).ok();
        match summary.filter(|summary| summary.job == plan.name()) {
            Some(summary) => Ok(Some(summary)),
            None => Err(Error::incompatible(format!(
                "{} holds the output of another job (other settings, or other inputs); choose another folder, or remove it",
                output.display()
            ))),
        }
    }

    pub(crate) fn write(&self, output: &Path) -> Result<(), Error> {
        let path = output.join(NAME);
        let mut bytes = serde_json::to_vec_pretty(self).expect("numbers and strings");
        bytes.push(b'\n');
        atomic_file::write(&path, |out| {
            out.write_all(&bytes).map_err(|error| Error::cannot_write(&path, error))
        })
    }
}
