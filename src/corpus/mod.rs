//! A corpus: from files to files, in a bounded amount of memory.
//!
//! In: a [`Job`]: files of JSON lines, Parquet, WARC or plain text, packed or not, and what counts as alike. Out: the same files
//! without near-duplicates, and for each document that went the kept one that speaks for it, with their exact similarity.
//!
//! # The way through
//! ```text
//! input ─ packing ─ blocks ─ read ──► tables on disk: a row, a sketch, an id for each document
//!         (lanes: all threads)  │
//!                               ├─ rank        which of two is preferred (keep policy)
//!                               ├─ copies      texts that are equal byte for byte
//!                               ├─ candidates  pairs that share a band and look alike      (spill: sorts on disk)
//!                               ├─ texts       the texts of those, read again
//!                               ├─ witness     compared exactly; who goes, and for whom
//!                               ├─ write       kept files, removed, clusters, rejected, summary
//!                               ├─ archive     what is kept, for later jobs (on request)
//!                               └─ audit       a sample compared with everything (on request)
//! ```
//! `json_lines`, `warc` and `parquet` each know one format, `merit` the fields that rank documents, `table`, `document`,
//! `sketches` and `bits` what is known of each document and where it lies, `work` what is done already, `forecast` what is to come.
//!
//! # What holds
//! - **A witness for each removal.** No document goes unless one that is kept has at least the threshold as its exact Jaccard
//!   similarity, over the crate's shingles of the texts as they stand in the files, read a second time for it; or the same text.
//! - **One answer.** The output is the same bytes for any number of threads, any budget of memory and any order of the
//!   arguments.
//! - **Bounded.** What grows with the corpus lies on disk. In memory: a few bytes a document (levels 4, keep policies other than
//!   the first 8, sets a bit each), buffers of sorts and tables within the budget, and a block or two a thread.
//! - **Nothing lost in silence.** A record that cannot be read is named with its reason; what an overfull bucket hid is counted.
//! - **Whole or not at all.** Each file of the output is put in place in one step; a run that was killed goes on where its
//!   last finished stage, or noted place, was, and ends with the same bytes.
//!
//! # Passages
//! Between `witness` and `write`, if asked for: by then the kept documents are known and their texts can be read again.
//! `recurring` finds what stands in more than one of them and decides what to cut; it knows no files. `passages` gives it the texts,
//! writes down what it found, and hands `write` the changes: documents that go whole, and new texts, which are put in
//! the place of the old, the other bytes of the record untouched.

mod decide;
pub mod input;
mod job;
mod output;
mod recurring;
mod settings;
mod spill;
mod store;
#[cfg(test)]
mod synthetic;

pub use input::formats::Format;
pub use job::Job;
pub use output::audit::{Audit, Proportion, RecallBin};
pub use output::forecast::Forecast;
pub use output::passages::PassageCounts;
pub use output::summary::Summary;
pub use recurring::{
    Collected, Collector, DocumentStretches, Fate, Passages, Recurring, RecurringFinder, RecurringPassage,
    Stretch, Texts, Trimming,
};
pub use settings::PassageMode;
pub use store::corpus_index::merge_indexes;
pub use store::priority::Keep;

use crate::error::Error;
use crate::progress::Watch;
use decide::candidates::{Chooser, Link};
use decide::copies;
use decide::copies::Copies;
use decide::rank::Ranks;
use decide::witness::Judge;
use input::files::{Input, Resolver};
use input::read;
use input::read::Totals;
use input::record_sink::Sketching;
use input::texts::TextStore;
use output::audit::Auditor;
use output::index_add::KeptDocuments;
use output::passages::{Names, Searcher};
use output::{forecast, passages, write};
use spill::Sorted;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use store::corpus_index::{Batch, CorpusIndex};
use store::document::{DOCUMENTS, Document};
use store::document_set::Bits;
use store::ids::Ids;
use store::numbering::Numbering;
use store::sketches::{SKETCHES, Sketches};
use store::table;
use store::table::Table;
use store::work::{Plan, PlannedInput, RunStart, Work};

/// Where standard input is kept to be read again.
const SPOOL: &str = "stdin.spool";

impl Job {
    /// Does the job, or what is left of it.
    ///
    /// Takes the threads of the current rayon pool. Progress is told in bytes for `reading` and `writing`, in entries
    /// elsewhere.
    ///
    /// # Errors
    /// [`Error::is_setting`] for settings that do not hold together, before anything is written. [`Error::is_io`] where a
    /// file cannot be read or written, or the disk is nearly full. [`Error::is_incompatible`] where the work folder or the output
    /// belong to another job, or an input changed on the way. [`Error::is_cancelled`] if the watch says stop. After any
    /// of these but the first, the same job goes on where it was.
    ///
    /// # Cost
    /// Two passes over the inputs, three over packed ones. Disk in the work folder: about 210 bytes a document and its id, and
    /// what sorts spill beyond the memory, 12 bytes a document and band at most; the texts of near-duplicates in
    /// packed inputs.
    pub fn run(&self) -> Result<Summary, Error> {
        let watch = &self.watch;
        self.settings.check()?;
        passages::check(&self.settings)?;
        make_folder(&self.settings.output)?;
        let mut work = Work::open(self.settings.work_folder())?;
        let inputs = self.inputs(&work)?;
        let recipe = format!(
            "{:016x}, {:?}",
            self.settings.sketcher().recipe().fingerprint(),
            self.settings.shape()?.bits()
        );
        let mut index = match &self.settings.index {
            Some(folder) => CorpusIndex::open(folder, &recipe, |index| self.plan(&inputs, index))?,
            None => CorpusIndex::none(&recipe),
        };
        let plan = self.plan(&inputs, &index);
        if let Some(summary) = Summary::read(&self.settings.output, &plan)? {
            work.clear()?;
            return Ok(summary);
        }
        if work.follow(&plan)? == RunStart::Fresh {
            write::check_unused(&self.settings.output)?;
            forecast::forecast(&self.settings, &inputs)?
                .check(&self.settings.work_folder(), &self.settings.output)?;
        }
        work.check_disk()?;
        let sketching = Sketching { sketcher: self.settings.sketcher(), shape: self.settings.shape()? };
        let totals = read::read(self.settings.read_settings(), sketching, &inputs, &work, watch)?;
        let (summary, batch) = self.decide(&inputs, &index, &work, &plan, totals, watch)?;
        if let Some(batch) = batch {
            index.list(batch)?;
        }
        summary.write(&self.settings.output)?;
        work.clear()?;
        Ok(summary)
    }

    /// Everything behind the reading but the last steps: the list of the index, and the summary.
    fn decide(
        &self,
        inputs: &[Input],
        index: &CorpusIndex,
        work: &Work,
        plan: &Plan,
        totals: Totals,
        watch: &Watch,
    ) -> Result<(Summary, Option<Batch>), Error> {
        let numbering = Numbering::new(index.documents(), totals.documents)?;
        let (earlier, count) = (numbering.earlier(), numbering.all());
        let table = |mut files: Vec<(PathBuf, u32)>, name: &str, width: usize| {
            files.push((work.path(name), totals.documents));
            Table::open(files, width)
        };
        let documents = table(index.rows(), DOCUMENTS, Document::BYTES)?;
        let shape = self.settings.shape()?;
        let rows = || table(index.sketches(), SKETCHES, shape.width());
        let budget = self.sorting_memory(count)?;

        let ranks = Ranks::of(&self.settings.keep, &documents, earlier, work, budget)?;
        let copies = copies::find(&documents, earlier, &ranks, work, budget, watch)?;
        let sketches = || Sketches::load(rows()?, self.settings.shape()?, budget as u64 / 4);
        let (links, passed) = {
            let chooser = Chooser {
                sketches: &sketches()?,
                copies: &copies.set,
                ranks: &ranks,
                earlier,
                bands: self.settings.bands()?,
                threshold: self.settings.threshold,
                work,
                budget,
                watch,
            };
            chooser.links()?
        };
        let needed = match self.settings.passages {
            None => compared(&links, &ranks, &copies, count)?,
            // Whatever is kept is read again.
            Some(_) => Bits::all(count),
        };
        let fields = self.settings.read_settings().fields;
        let texts = TextStore::gather(fields, inputs, index, (&documents, numbering), &needed, work, watch)?;
        let judge =
            Judge { texts: &texts, ranks: &ranks, threshold: self.settings.threshold, work, budget, watch };
        let (removals, decided) = judge.decide(&links, &copies, count)?;
        let ids = Ids::open(input::files::names(inputs), index, &documents, work)?;
        let recurred = match self.settings.passages {
            None => None,
            Some(mode) => {
                let searcher = Searcher {
                    settings: &self.settings,
                    earlier,
                    texts: &texts,
                    ranks: &ranks,
                    removals: &removals,
                    names: Names::new(&ids, &ranks),
                    work,
                    budget,
                    watch,
                };
                Some(searcher.search(mode, count)?)
            }
        };
        let (changes, recurred) = recurred.unzip();
        let writer = write::Writer {
            settings: &self.settings,
            inputs,
            documents: &documents,
            earlier,
            ids: &ids,
            removals: &removals,
            changes: changes.as_ref(),
            work,
            budget,
            watch,
        };
        let written = writer.write()?;
        let batch = match &self.settings.index {
            None => None,
            Some(_) => {
                let kept = KeptDocuments {
                    sketches: &rows()?,
                    numbering,
                    gone: &passages::gone(&removals, changes.as_ref(), count)?,
                    texts: &texts,
                    ids: &ids,
                };
                Some(kept.add_to(index, plan, watch)?)
            }
        };
        let mut summary = Summary::new(&self.settings, plan, totals, earlier, passed, decided, written)?;
        summary.passages = recurred;
        summary.kept -= recurred.map_or(0, |recurred| recurred.covered);
        if let Some(sampled) = self.settings.audit {
            let auditor = Auditor {
                settings: &self.settings,
                texts: &texts,
                ranks: &ranks,
                sketches: &sketches()?,
                bands: self.settings.bands()?,
                removals: &removals,
                earlier,
                watch,
            };
            summary.audit = Some(auditor.audit(sampled)?);
        }
        Ok((summary, batch))
    }

    /// What the job is going to take, judged by its first records.
    ///
    /// [`Job::run`] refuses to begin where a disk has less. Standard input is not looked at: its size is not known.
    ///
    /// # Errors
    /// As [`Job::run`], for settings and inputs.
    pub fn forecast(&self) -> Result<Forecast, Error> {
        self.settings.check()?;
        passages::check(&self.settings)?;
        let work_folder = self.settings.work_folder();
        let resolver = Resolver {
            format: self.settings.format,
            excluded: &[&self.settings.output, &work_folder],
            standard_input: Path::new(""),
        };
        let is_file = |input: &&PathBuf| !Resolver::wants_standard_input(std::slice::from_ref(*input));
        let files: Vec<PathBuf> = self.settings.inputs.iter().filter(is_file).cloned().collect();
        forecast::forecast(&self.settings, &resolver.resolve(&files)?)
    }

    /// All inputs; standard input is copied to the work folder first.
    fn inputs(&self, work: &Work) -> Result<Vec<Input>, Error> {
        let spool = work.path(SPOOL);
        if Resolver::wants_standard_input(&self.settings.inputs) {
            spool_standard_input(&spool)?;
        }
        let work_folder = self.settings.work_folder();
        let resolver = Resolver {
            format: self.settings.format,
            excluded: &[&self.settings.output, &work_folder],
            standard_input: &spool,
        };
        resolver.resolve(&self.settings.inputs)
    }

    fn plan(&self, inputs: &[Input], index: &CorpusIndex) -> Plan {
        let settings: [(&str, String); 7] = [
            ("the text field", self.settings.text_field.clone()),
            ("the id field", self.settings.id_field.clone()),
            ("what is kept", format!("{:?}", self.settings.keep)),
            ("the threshold", self.settings.threshold.to_string()),
            ("the recall", self.settings.recall.to_string()),
            ("the longest record", self.settings.max_record.to_string()),
            ("the recipe of sketches", format!("{:016x}", self.settings.sketcher().recipe().fingerprint())),
        ];
        let mut settings: Vec<(String, String)> =
            settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        settings.push(("the format".to_owned(), format!("{:?}", self.settings.format)));
        settings.push(("the index".to_owned(), index.identity()));
        settings.push(("the audit".to_owned(), format!("{:?}", self.settings.audit)));
        let passages = (self.settings.passages, self.settings.passage_length, self.settings.coverage);
        settings.push(("what is done about passages".to_owned(), format!("{passages:?}")));
        let planned = inputs.iter().map(|input| PlannedInput {
            path: input.path.display().to_string(),
            name: input.name.clone(),
            bytes: input.bytes,
            // Standard input has no time: its copy is made anew each time, and compared byte for byte.
            modified: if input.path.ends_with(SPOOL) { 0 } else { input.modified },
        });
        Plan::new(settings, planned.collect())
    }

    /// Bytes of memory for sorts and resident tables, when what is held for each document is taken off.
    fn sorting_memory(&self, documents: u32) -> Result<usize, Error> {
        const LEAST: u64 = 16 << 20;
        // Levels while links are made, sets of copies, of needed and of removed documents.
        let held = Ranks::bytes(&self.settings.keep, documents)
            + 4 * u64::from(documents)
            + 3 * Bits::bytes(documents);
        match self.settings.budget().checked_sub(held) {
            Some(left) if left >= LEAST => Ok(left as usize),
            _ => Err(Error::setting(format!(
                "{documents} documents take {} MiB of memory at least; allow that much and run again: what is done is kept",
                (self.settings.memory - self.settings.budget() + held + LEAST).div_ceil(1 << 20)
            ))),
        }
    }
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)
        .map_err(|error| Error::io(format!("cannot make the output folder {}", folder.display()), error))
}

/// The documents whose texts are compared.
fn compared(links: &Sorted<Link>, ranks: &Ranks, copies: &Copies, documents: u32) -> Result<Bits, Error> {
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

/// Copies standard input to a file. If an earlier run left one, it must be the same.
fn spool_standard_input(spool: &Path) -> Result<(), Error> {
    let failed = |error| Error::io("cannot read standard input", error);
    let earlier = spool.exists().then(|| table::checksum_of(spool)).transpose().map_err(failed)?;
    let fresh = spool.with_extension("new.spool");
    let mut stdin = io::stdin().lock();
    crate::support::atomic_file::write(&fresh, |out| {
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
    fs::rename(&fresh, spool).map_err(|error| Error::cannot_write(spool, error))
}
