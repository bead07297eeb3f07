//! The index of a corpus: the documents that earlier jobs kept. Later jobs are compared with them (`Job::index`).
//!
//! In: a folder, and the documents that a job keeps. Out: their rows, sketches, ids and texts. A later job finds documents
//! that resemble them and compares exactly, even if the original files no longer exist. Texts are stored as they were
//! read, before they are trimmed. So the same page fetched again is a copy. Each passage that was trimmed is part of another
//! stored document.
//!
//! Each job adds a *batch*: four files that never change. `index.json` lists the batches. It is replaced last, in one
//! step. An index is therefore a list of batches, and two indexes are merged by joining their lists. The result holds the
//! same documents and sketches as one index to which all batches were added.
//!
//! **Cost.** 200 bytes a document, its id, and its text packed by zstd. A job reads all rows and sketches of the index
//! once. It reads the ids and texts only of documents that resemble something.

use crate::corpus::store::document::Document;
use crate::corpus::store::table;
use crate::corpus::store::table::Stored;
use crate::corpus::store::work::Plan;
use crate::error::Error;
use crate::support::{atomic_file, hash};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the files.
const VERSION: u32 = 1;
const LIST: &str = "index.json";
/// The level at which texts are packed: a fast one.
const ZSTD_LEVEL: i32 = 1;

/// The content of `index.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct BatchList {
    version: u32,
    /// The recipe of the sketches, and how many bits of a slot are kept.
    recipe: String,
    /// The threshold of the job that made it; not in the files of older versions. Messages name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    batches: Vec<Batch>,
}

/// The documents that one job added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// The name of the job. The names of the files begin with it.
    job: String,
    documents: u32,
    /// Checksums of rows, sketches and ids. A text is checked when it is read.
    sums: [String; 3],
    /// Bytes of the packed texts.
    text_bytes: u64,
}

/// The files of a batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchFiles {
    pub(crate) documents: PathBuf,
    pub(crate) sketches: PathBuf,
    pub(crate) ids: PathBuf,
    pub(crate) texts: PathBuf,
}

impl BatchFiles {
    fn of(folder: &Path, job: &str) -> BatchFiles {
        let path = |what: &str| folder.join(format!("{job}.{what}"));
        BatchFiles {
            documents: path("documents"),
            sketches: path("sketches"),
            ids: path("ids"),
            texts: path("texts"),
        }
    }

    /// The files whose checksums are in the list.
    fn summed(&self) -> [&Path; 3] {
        [&self.documents, &self.sketches, &self.ids]
    }

    fn all(&self) -> [&Path; 4] {
        [&self.documents, &self.sketches, &self.ids, &self.texts]
    }
}

/// See the [module](self).
pub(crate) struct CorpusIndex {
    folder: PathBuf,
    list: BatchList,
    open: Vec<OpenBatch>,
    /// Locked until the job ends.
    _lock: Option<File>,
}

struct OpenBatch {
    /// The number of its first document.
    first: u32,
    ids: Stored,
    texts: Stored,
}

impl CorpusIndex {
    /// An index without documents, for a job that uses none.
    pub(crate) fn none(recipe: &str) -> CorpusIndex {
        CorpusIndex {
            folder: PathBuf::new(),
            list: BatchList::empty(recipe, None),
            open: Vec::new(),
            _lock: None,
        }
    }

    /// Opens the index in a folder, which may be empty, for a job with this recipe and threshold. `plan_with` returns the plan of the job if it uses this
    /// index. A batch that the same job added before it was killed is left out.
    ///
    /// # Errors
    /// `is_incompatible` if it holds sketches of another recipe, `is_corrupt` if a file was altered, `is_setting` if
    /// another job uses it, `is_io`.
    pub(crate) fn open(
        folder: &Path,
        recipe: &str,
        threshold: f64,
        plan_with: impl Fn(&CorpusIndex) -> Plan,
    ) -> Result<CorpusIndex, Error> {
        make_folder(folder)?;
        let lock = lock(folder)?;
        let list = BatchList::read(folder)?.unwrap_or_else(|| BatchList::empty(recipe, Some(threshold)));
        if list.recipe != recipe {
            let folder = folder.display();
            return Err(Error::incompatible(match list.threshold {
                Some(made) if made != threshold => format!(
                    "{folder} was made with a threshold of {made}, and holds other sketches than a threshold of {threshold} \
                     needs; set the threshold to {made}, or make the index anew"
                ),
                _ => format!(
                    "{folder} holds sketches of another recipe or another version of this program; make it anew"
                ),
            }));
        }
        let mut index = CorpusIndex { folder: folder.to_owned(), list, open: Vec::new(), _lock: Some(lock) };
        if let Some(last) = index.list.batches.pop() {
            // The last batch is kept, unless this job itself added it before it was killed.
            if plan_with(&index).name() != last.job {
                index.list.batches.push(last);
            }
        }
        index.check()
    }

    fn check(mut self) -> Result<CorpusIndex, Error> {
        let mut first = 0;
        for batch in &self.list.batches {
            let files = BatchFiles::of(&self.folder, &batch.job);
            for (path, sum) in files.summed().into_iter().zip(&batch.sums) {
                if sum_of(path)? != *sum {
                    return Err(Error::corrupt(format!(
                        "{} is cut short or altered: its checksum does not fit",
                        path.display()
                    )));
                }
            }
            let (ids, texts) = (Stored::open(files.ids)?, Stored::open(files.texts)?);
            self.open.push(OpenBatch { first, ids, texts });
            first += batch.documents;
        }
        Ok(self)
    }

    /// The number of documents.
    pub(crate) fn documents(&self) -> u32 {
        self.list.batches.iter().map(|batch| batch.documents).sum()
    }

    /// A text that identifies the documents of the index.
    pub(crate) fn identity(&self) -> String {
        let list = serde_json::to_vec(&self.list).expect("strings and numbers");
        format!("{} documents, {:032x}", self.documents(), hash::digest(&list))
    }

    /// The files with the rows of the documents, and the number of rows in each.
    pub(crate) fn rows(&self) -> Vec<(PathBuf, u32)> {
        self.files(|files| files.documents)
    }

    /// The files with the sketches, and the number of sketches in each.
    pub(crate) fn sketches(&self) -> Vec<(PathBuf, u32)> {
        self.files(|files| files.sketches)
    }

    fn files(&self, choose: impl Fn(BatchFiles) -> PathBuf) -> Vec<(PathBuf, u32)> {
        let of = |batch: &Batch| (choose(BatchFiles::of(&self.folder, &batch.job)), batch.documents);
        self.list.batches.iter().map(of).collect()
    }

    fn batch_of(&self, number: u32) -> &OpenBatch {
        &self.open[self.open.partition_point(|batch| batch.first <= number) - 1]
    }

    /// The id of a document, as JSON.
    pub(crate) fn id(&self, number: u32, document: &Document) -> Result<Vec<u8>, Error> {
        let mut id = vec![0; document.id_length as usize];
        self.batch_of(number).ids.read(document.id_start, &mut id)?;
        Ok(id)
    }

    /// The text of a document.
    pub(crate) fn text(&self, number: u32, document: &Document) -> Result<Vec<u8>, Error> {
        let mut packed = vec![0; document.length as usize];
        self.batch_of(number).texts.read(document.offset, &mut packed)?;
        zstd::bulk::decompress(&packed, document.text_length as usize).map_err(|error| {
            Error::corrupt(format!("{}: a text is altered ({error})", self.folder.display()))
        })
    }

    /// A text as the index stores it.
    pub(crate) fn packed(text: &[u8]) -> Result<Vec<u8>, Error> {
        zstd::bulk::compress(text, ZSTD_LEVEL).map_err(|error| Error::io("cannot pack a text", error))
    }

    /// The files of the batch that a job writes. They become part of the index when [`list`](Self::list) is called.
    pub(crate) fn batch_files(&self, plan: &Plan) -> BatchFiles {
        BatchFiles::of(&self.folder, &plan.name())
    }

    /// The batch whose files were written, with their checksums.
    pub(crate) fn batch(&self, plan: &Plan, documents: u32, text_bytes: u64) -> Result<Batch, Error> {
        let job = plan.name();
        let files = BatchFiles::of(&self.folder, &job);
        let [rows, sketches, ids] = files.summed();
        let sums = [sum_of(rows)?, sum_of(sketches)?, sum_of(ids)?];
        Ok(Batch { job, documents, sums, text_bytes })
    }

    /// Adds a written batch to the list.
    pub(crate) fn list(&mut self, batch: Batch) -> Result<(), Error> {
        self.list.batches.push(batch);
        self.list.write(&self.folder)
    }
}

/// The checksum of a file, as the list holds it.
fn sum_of(path: &Path) -> Result<String, Error> {
    let sum = table::checksum_of(path);
    let sum = sum.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?;
    Ok(format!("{sum:032x}"))
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder)
        .map_err(|error| Error::io(format!("cannot make the index folder {}", folder.display()), error))
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let failed = |error| Error::cannot_write(&path, error);
    let lock = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(fs::TryLockError::WouldBlock) => {
            Err(Error::setting(format!("another run uses the index {}; wait for its end", folder.display())))
        }
        Err(fs::TryLockError::Error(error)) => Err(failed(error)),
    }
}

impl BatchList {
    fn empty(recipe: &str, threshold: Option<f64>) -> BatchList {
        BatchList { version: VERSION, recipe: recipe.to_owned(), threshold, batches: Vec::new() }
    }

    fn read(folder: &Path) -> Result<Option<BatchList>, Error> {
        let path = folder.join(LIST);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?,
        };
        let list: BatchList = serde_json::from_slice(&bytes).map_err(|error| {
            Error::corrupt(format!("{} is not the list of an index: {error}", path.display()))
        })?;
        if list.version != VERSION {
            return Err(Error::incompatible(format!(
                "{} has format version {}, but this program reads version {VERSION}; make the index anew",
                path.display(),
                list.version
            )));
        }
        Ok(Some(list))
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(LIST);
        let bytes = serde_json::to_vec_pretty(self).expect("strings and numbers");
        atomic_file::write(&path, |out| {
            out.write_all(&bytes).map_err(|error| Error::cannot_write(&path, error))
        })
    }
}

/// Makes one index of several, in the order given.
///
/// A job with the new index finds the same as with one index to which all batches were added. The parts stay unchanged. A
/// batch that several parts hold is added once.
///
/// # Errors
/// [`Error::is_setting`] if the target already holds an index; [`Error::is_incompatible`] for parts of different
/// recipes or versions; [`Error::is_io`].
///
/// # Cost
/// That of copying the files.
pub fn merge_indexes<P: AsRef<Path>>(parts: &[P], target: impl AsRef<Path>) -> Result<(), Error> {
    let target = target.as_ref();
    make_folder(target)?;
    let _target_lock = lock(target)?;
    if BatchList::read(target)?.is_some() {
        return Err(Error::setting(format!(
            "{} already holds an index; choose an empty folder",
            target.display()
        )));
    }
    let mut merged: Option<BatchList> = None;
    let mut taken = HashSet::new();
    for part in parts {
        let part = part.as_ref();
        let _lock = lock(part)?;
        let list = BatchList::read(part)?
            .ok_or_else(|| Error::setting(format!("{} holds no index", part.display())))?;
        let merged = merged.get_or_insert_with(|| BatchList { batches: Vec::new(), ..list.clone() });
        if merged.recipe != list.recipe {
            return Err(Error::incompatible(format!(
                "{} holds sketches of another recipe than the indexes before it",
                part.display()
            )));
        }
        for batch in list.batches {
            if taken.insert(batch.job.clone()) {
                copy_batch(&batch, part, target)?;
                merged.batches.push(batch);
            }
        }
    }
    match merged {
        Some(merged) => merged.write(target),
        None => Err(Error::setting("no index is given to merge")),
    }
}

fn copy_batch(batch: &Batch, part: &Path, target: &Path) -> Result<(), Error> {
    let (from, to) = (BatchFiles::of(part, &batch.job), BatchFiles::of(target, &batch.job));
    for (from, to) in from.all().into_iter().zip(to.all()) {
        let mut source =
            File::open(from).map_err(|error| Error::io(format!("cannot read {}", from.display()), error))?;
        atomic_file::write(to, |out| {
            io::copy(&mut source, out).map(|_| ()).map_err(|error| Error::cannot_write(to, error))
        })?;
    }
    Ok(())
}

/// Estimated bytes of the unpacked texts of an index, if each packed byte unpacks to `unpacked_a_byte`; 0 without an index.
pub(crate) fn text_bytes(folder: Option<&Path>, unpacked_a_byte: u64) -> Result<u64, Error> {
    let list = folder.map(BatchList::read).transpose()?.flatten();
    let batches = list.as_ref().map_or(&[][..], |list| &list.batches);
    Ok(batches.iter().map(|batch| batch.text_bytes * unpacked_a_byte).sum())
}
