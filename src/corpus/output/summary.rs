//! The summary: the settings and counts of a job.
//!
//! In: the counts of all stages. Out: a [`Summary`], and `summary.json`. A run writes that file last, so it exists only if
//! the output is complete.

use crate::corpus::context::Context;
use crate::corpus::decide::candidates::CandidateCounts;
use crate::corpus::decide::witness::RemovalCounts;
use crate::corpus::input::read::Totals;
use crate::corpus::output::audit::Audit;
use crate::corpus::output::passages::PassageCounts;
use crate::corpus::output::write::Written;
use crate::corpus::store::work::Plan;
use crate::error::Error;
use crate::support::atomic_file;
use crate::support::disk;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

const NAME: &str = "summary.json";

/// The settings and counts of a finished [`Job`](super::super::Job).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Documents read.
    pub documents: u64,
    /// Documents of the index.
    pub earlier: u64,
    /// Documents kept.
    pub kept: u64,
    /// Documents removed.
    pub removed: u64,
    /// The removed documents whose text is equal, byte for byte, to that of another document.
    pub copies: u64,
    /// Kept documents for which at least one document was removed.
    pub clusters: u64,
    /// Records that could not be read.
    pub rejected: u64,
    /// Records of types that hold no text, by type: the requests of a WARC file, for example.
    #[serde(default)]
    pub skipped: BTreeMap<String, u64>,
    /// Records whose id an earlier record has too.
    pub duplicate_ids: u64,
    /// Documents without the field that the keep policy uses.
    pub unranked: u64,
    /// Entries of overfull buckets that were not compared with all entries before them. Such a document may be kept
    /// although it resembles another. 0 means that every candidate was compared.
    pub capped: u64,
    /// Pairs that shared a band.
    pub candidates: u64,
    /// Pairs whose sketches were similar enough to compare the texts.
    pub alike: u64,
    /// Pairs of texts that were compared exactly.
    pub compared: u64,
    /// Unpacked bytes of the inputs; of Parquet, those of the texts.
    pub bytes: u64,
    /// Bytes of the texts.
    pub text_bytes: u64,
    /// The least Jaccard similarity of near-duplicates.
    pub threshold: f64,
    /// The number of bands by which candidates are found.
    pub bands: usize,
    /// The number of rows (slots) of a band.
    pub rows: usize,
    /// The predicted share of the pairs at the threshold that become candidates.
    pub predicted_recall: f64,
    /// The result of the audit, if one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Audit>,
    /// Counts of the passages that recur across the kept documents, if they were searched for.
    pub passages: Option<PassageCounts>,
    /// Files in `kept/`. An input that is one record has none if that record is removed.
    pub files: u64,
    /// Identifies the job: a hash of its settings and inputs.
    pub job: String,
}

impl Summary {
    /// The summary of all stages except passages and the audit.
    pub(crate) fn new(
        context: &Context<'_>,
        plan: &Plan,
        totals: Totals,
        candidates: CandidateCounts,
        removals: RemovalCounts,
        written: Written,
    ) -> Result<Summary, Error> {
        let settings = context.settings;
        let bands = settings.bands()?;
        let documents = u64::from(totals.documents);
        Ok(Summary {
            documents,
            earlier: context.numbering.earlier().into(),
            kept: documents - removals.removed,
            removed: removals.removed,
            copies: removals.copies,
            clusters: written.clusters,
            rejected: totals.rejected,
            skipped: totals.skipped,
            duplicate_ids: written.duplicate_ids,
            unranked: if settings.keep.field().is_some() { totals.unranked } else { 0 },
            capped: candidates.capped,
            candidates: candidates.pairs,
            alike: candidates.links,
            compared: removals.compared,
            bytes: totals.bytes,
            text_bytes: totals.text_bytes,
            threshold: settings.threshold,
            bands: bands.bands(),
            rows: bands.rows(),
            predicted_recall: bands.recall(settings.threshold),
            audit: None,
            passages: None,
            files: written.files,
            job: plan.name(),
        })
    }

    /// The summary of a job that is complete; an error if the folder holds the output of another job.
    pub(crate) fn read(output: &Path, plan: &Plan) -> Result<Option<Summary>, Error> {
        let path = output.join(NAME);
        let Some(bytes) = disk::read(&path).map_err(|error| Error::cannot_read(&path, error))? else {
            return Ok(None);
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

    /// Removes the summary of a job whose other files are not all there.
    pub(crate) fn remove(output: &Path) -> Result<(), Error> {
        let path = output.join(NAME);
        disk::remove_if_there(&path).map_err(|error| Error::cannot_remove(&path, error))
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
