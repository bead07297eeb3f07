//! The run of a job: the list of its stages.
//!
//! In: a [`Job`]. Out: the files of its output, and a [`Summary`].
//!
//! A stage that was finished in an earlier run of the same job is not repeated: each stage first asks the work folder
//! whether it is done. The index is extended and the summary is written at the end, so a run that was killed can continue.

use crate::corpus::context::Context;
use crate::corpus::decide::candidates::{self, RankedLink};
use crate::corpus::decide::copies::{self, Copies};
use crate::corpus::decide::rank::Ranks;
use crate::corpus::decide::witness;
use crate::corpus::input::files;
use crate::corpus::input::read::{self, Totals};
use crate::corpus::input::record_sink::Sketching;
use crate::corpus::input::texts::TextStore;
use crate::corpus::job::Job;
use crate::corpus::output::forecast::{self, Forecast};
use crate::corpus::output::index_add::KeptDocuments;
use crate::corpus::output::owner::Owner;
use crate::corpus::output::summary::Summary;
use crate::corpus::output::{audit, passages, write};
use crate::corpus::plan::{self, PlannedInputs};
use crate::corpus::settings::{MIB, Settings};
use crate::corpus::spill::Sorted;
use crate::corpus::store::corpus_index::{Batch, CorpusIndex};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::ids::Ids;
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::work::{Plan, RunStart, Work};
use crate::error::Error;
use crate::support::disk;

/// The least memory for sorts and resident tables, in bytes.
const LEAST_BUDGET: u64 = 16 * MIB;
/// Bytes of memory for each document while candidates are ordered: its level.
const LEVEL_BYTES: u64 = 4;
/// Sets of documents that are in memory at once: copies, needed texts, removed documents.
const DOCUMENT_SETS: u64 = 3;

impl Job {
    /// Does the job. If an earlier run of the same job was stopped, does the rest.
    ///
    /// Uses the threads of the current rayon pool.
    ///
    /// # Errors
    /// [`Error::is_setting`] for settings out of range, before anything is written. [`Error::is_io`] if a file cannot
    /// be read or written, the disk is nearly full, or another run uses one of the folders. [`Error::is_incompatible`] if the
    /// work folder or the output belong to another job, or an input changed while the job ran. [`Error::is_corrupt`] if a
    /// file of the work folder or of the index was altered. [`Error::is_cancelled`] if the callback asks to stop. After an
    /// error of the second and the last kind, the same job can be run again and continues where it stopped.
    ///
    /// # Cost
    /// Two passes over the inputs, three over packed ones. The work folder takes disk space: about 210 bytes a document,
    /// and its id; for sorts that do not fit in memory, at most 12 bytes a document and band; and the texts of
    /// near-duplicates in packed inputs.
    pub fn run(&self) -> Result<Summary, Error> {
        let settings = &self.settings;
        check(settings)?;
        let output = &settings.output;
        disk::make_folder(output).map_err(|error| {
            Error::io(
                format!("cannot make the output folder {}: may it be written?", output.display()),
                error,
            )
        })?;
        let mut owner = Owner::of(output)?;
        let mut work = match Work::open(settings.work_folder()) {
            Ok(work) => work,
            Err(error) => {
                owner.abandon();
                return Err(error);
            }
        };
        match self.run_in(&mut owner, &mut work) {
            Ok(done) => {
                // A job that was done before leaves the unfinished run of another job in its work folder.
                if done.ran || !work.has_plan() {
                    work.clear()?;
                }
                owner.release(output)?;
                Ok(done.summary)
            }
            Err(error) => {
                // A run that did not begin leaves nothing behind. The first error is reported.
                if !work.has_plan() {
                    let _ = work.clear();
                    owner.abandon();
                }
                Err(error)
            }
        }
    }

    /// Does the job, or the rest of it, in folders that no other run uses.
    fn run_in(&self, owner: &mut Owner, work: &mut Work) -> Result<Done, Error> {
        let settings = &self.settings;
        let planned = plan::inputs(settings, work)?;
        let inputs = &planned.inputs;
        let mut index = open_index(settings, &planned)?;
        let plan = plan::plan(settings, &planned, &index);
        let earlier = Summary::read(&settings.output, &plan)?;
        if let Some(summary) = &earlier
            && write::is_whole(settings, inputs, summary.files)
        {
            let ran = matches!(work.compare(&plan), Ok(RunStart::Continued));
            return Ok(Done { summary: summary.clone(), ran });
        }
        let start = work.compare(&plan)?;
        if start == RunStart::Fresh {
            if earlier.is_none() && !owner.is(&settings.output, &plan)? {
                write::check_unused(&settings.output)?;
            }
            plan::check_names(&settings.output, inputs)?;
            forecast::forecast(settings, inputs)?.check(&settings.work_folder(), &settings.output)?;
            owner.claim(&settings.output, &plan)?;
        }
        work.follow(&plan, start)?;
        if earlier.is_some() {
            Summary::remove(&settings.output)?;
        }
        work.check_disk()?;
        let sketching = Sketching { sketcher: settings.sketcher(), shape: settings.shape()? };
        let read = read::read(settings.read_settings(), sketching, inputs, work, &self.watch);
        let totals = read.inspect_err(|error| {
            // The inputs do not fit the settings, and nothing was read: there is nothing to continue.
            if start == RunStart::Fresh && error.is_invalid_data() {
                work.forget();
            }
        })?;
        let numbering = Numbering::new(index.documents(), totals.documents)?;
        let budget = budget(settings, numbering.all())?;
        let context = Context::open(settings, inputs, &index, numbering, work, budget, &self.watch)?;
        let (summary, batch) = stages(&context, &plan, totals)?;
        drop(context);
        if let Some(batch) = batch {
            index.list(batch)?;
        }
        summary.write(&settings.output)?;
        Ok(Done { summary, ran: true })
    }

    /// Estimates the disk space that the job needs, from the first records of its inputs.
    ///
    /// [`Job::run`] refuses to begin if a disk has less free space. Standard input is not counted, because its size is not
    /// known.
    ///
    /// # Errors
    /// As [`Job::run`], for settings and inputs.
    pub fn forecast(&self) -> Result<Forecast, Error> {
        check(&self.settings)?;
        forecast::forecast(&self.settings, &plan::files(&self.settings)?)
    }
}

/// A job that is done.
struct Done {
    summary: Summary,
    /// Whether the work folder is that of this job.
    ran: bool,
}

/// Runs the stages after the read pass, in order. Returns the summary, and the batch to add to the index.
fn stages(context: &Context<'_>, plan: &Plan, totals: Totals) -> Result<(Summary, Option<Batch>), Error> {
    let ranks = Ranks::of(context)?;
    let copies = copies::find(context, &ranks)?;
    let candidates = candidates::find(context, &context.sketches()?, &copies.set, &ranks)?;
    let texts = texts(context, &ranks, &candidates.links, &copies)?;
    let removals = witness::find(context, &texts, &ranks, &candidates.links, &copies)?;
    let ids = Ids::open(files::names(context.inputs), context.index, &context.documents, context.work)?;
    let passages = passages::find(context, &texts, &ranks, &removals, &ids)?;
    let changes = passages.as_ref().map(|passages| &passages.changes);
    let written = write::write(context, &ids, &removals, changes)?;
    let batch = match &context.settings.index {
        None => None,
        Some(_) if context.index.is_extended() => None,
        Some(_) => {
            let gone = passages::gone(context, &removals, changes)?;
            Some(KeptDocuments { context, gone: &gone, texts: &texts, ids: &ids }.pack(plan)?)
        }
    };
    let mut summary = Summary::new(context, plan, totals, candidates.counts, removals.counts, written)?;
    if let Some(passages) = passages {
        summary.passages = Some(passages.counts);
        summary.kept -= passages.counts.covered;
    }
    if let Some(sampled) = context.settings.audit {
        summary.audit = Some(audit::audit(context, &texts, &ranks, &removals, sampled)?);
    }
    Ok((summary, batch))
}

/// The texts that later stages read again.
fn texts<'t>(
    context: &'t Context<'_>,
    ranks: &Ranks,
    links: &Sorted<RankedLink>,
    copies: &Copies,
) -> Result<TextStore<'t>, Error> {
    let documents = context.numbering.all();
    let needed = match context.settings.passages {
        None => compared(documents, ranks, links, copies)?,
        // The search for passages reads all kept documents.
        Some(_) => Bits::all(documents),
    };
    TextStore::gather(
        context.settings.read_settings().fields,
        context.inputs,
        context.index,
        (&context.documents, context.numbering),
        &needed,
        context.work,
        context.watch,
    )
}

/// The documents whose texts are compared.
fn compared(
    documents: u32,
    ranks: &Ranks,
    links: &Sorted<RankedLink>,
    copies: &Copies,
) -> Result<Bits, Error> {
    let mut compared = Bits::none(documents);
    for link in links.merged()? {
        let link = link?;
        compared.insert(ranks.document(link.worse));
        compared.insert(ranks.document(link.better));
    }
    for pair in copies.pairs.merged()? {
        let pair = pair?;
        compared.insert(pair.first);
        compared.insert(pair.copy);
    }
    Ok(compared)
}

/// Refuses settings that are out of range or contradict each other.
fn check(settings: &Settings) -> Result<(), Error> {
    settings.check()?;
    passages::check(settings)
}

fn open_index(settings: &Settings, inputs: &PlannedInputs) -> Result<CorpusIndex, Error> {
    let fingerprint = settings.sketcher().recipe().fingerprint();
    let recipe = format!("{fingerprint:016x}, {:?}", settings.shape()?.bits());
    match &settings.index {
        Some(folder) => CorpusIndex::open(folder, &recipe, settings.threshold, |index| {
            plan::plan(settings, inputs, index)
        }),
        None => Ok(CorpusIndex::none(&recipe)),
    }
}

/// Bytes of memory for sorts and resident tables: the budget without the values that are held for each document.
fn budget(settings: &Settings, documents: u32) -> Result<usize, Error> {
    let held = Ranks::bytes(&settings.keep, settings.coverage.is_some(), documents)
        + LEVEL_BYTES * u64::from(documents)
        + DOCUMENT_SETS * Bits::bytes(documents);
    match settings.budget().checked_sub(held) {
        Some(left) if left >= LEAST_BUDGET => Ok(left as usize),
        _ => Err(Error::setting(format!(
            "{documents} documents take {} MiB of memory at least; allow that much and run again: what is done is kept",
            (settings.memory - settings.budget() + held + LEAST_BUDGET).div_ceil(MIB)
        ))),
    }
}
