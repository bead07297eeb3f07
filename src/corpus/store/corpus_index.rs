//! The index of a corpus: the documents that earlier jobs kept. Later jobs are compared with them (`Job::index`).
//!
//! In: a folder, and the documents that a job keeps. Out: their rows, sketches, ids and texts. A later job finds documents
//! that resemble them and compares exactly, even if the original files no longer exist. Texts are stored as they were
//! read, before they are trimmed. So the same page fetched again is a copy. Each passage that was trimmed is part of another
//! stored document.
//!
//! Each job adds a *batch*: four files that never change once they are listed. `index.json` lists the batches. It is replaced
//! last, in one step, and holds a checksum of itself and of the files; each text is under the digest in its row. An index is
//! therefore a list of batches, and two indexes are merged by joining their lists. The result holds the
//! same documents and sketches as one index to which all batches were added.
//!
//! **Cost.** 200 bytes a document, its id, and its text packed by zstd. A job reads all rows and sketches of the index
//! once. It reads the ids and texts only of documents that resemble something.

use crate::corpus::store::document::Document;
use crate::corpus::store::table;
use crate::corpus::store::table::Stored;
use crate::corpus::store::work::{Plan, take_lock};
use crate::error::Error;
use crate::support::disk::{self, File, Lock};
use crate::support::{atomic_file, hash};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the files.
const VERSION: u32 = 2;
const LIST: &str = "index.json";
/// The level at which texts are packed: a fast one.
const ZSTD_LEVEL: i32 = 1;

/// The content of `index.json`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct BatchList {
    version: u32,
    /// The recipe of the sketches, and how many bits of a slot are kept.
    recipe: String,
    /// The threshold of the job that made it. Messages name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    batches: Vec<Batch>,
    /// Checksum of the list with an empty checksum.
    sum: String,
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

/// The endings of the files of a batch.
const ENDINGS: [&str; 4] = ["documents", "sketches", "ids", "texts"];

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
        let [documents, sketches, ids, texts] = ENDINGS.map(|what| folder.join(format!("{job}.{what}")));
        BatchFiles { documents, sketches, ids, texts }
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
    /// The batch that the job itself added before it was killed, which is not a part of this index.
    own: Option<Batch>,
    /// Held until the job ends.
    _lock: Option<Lock>,
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
        let list = BatchList::empty(recipe, None);
        CorpusIndex { folder: PathBuf::new(), list, open: Vec::new(), own: None, _lock: None }
    }

    /// Opens the index in a folder, which may be empty, for a job with this recipe and threshold. `plan_with` returns the
    /// plan of the job if it uses this index. A batch that the same job added before it was killed is left out. Files that
    /// a killed job did not list are removed.
    ///
    /// # Errors
    /// `is_incompatible` if it holds sketches of another recipe, `is_corrupt` if a file was altered, `is_io`, also if
    /// another job uses it.
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
        remove_unlisted(folder, &list)?;
        let folder = folder.to_owned();
        let mut index = CorpusIndex { folder, list, open: Vec::new(), own: None, _lock: Some(lock) };
        if let Some(last) = index.list.batches.pop() {
            // The last batch is kept, unless this job itself added it before it was killed.
            if plan_with(&index).name() == last.job {
                last.check(&index.folder)?;
                index.own = Some(last);
            } else {
                index.list.batches.push(last);
            }
        }
        index.open_batches()
    }

    fn open_batches(mut self) -> Result<CorpusIndex, Error> {
        let mut first = 0;
        for batch in &self.list.batches {
            batch.check(&self.folder)?;
            let files = BatchFiles::of(&self.folder, &batch.job);
            let (ids, texts) = (Stored::open(files.ids)?, Stored::open(files.texts)?);
            self.open.push(OpenBatch { first, ids, texts });
            first += batch.documents;
        }
        Ok(self)
    }

    /// Whether the job has already added its documents. It was then killed before it could say so.
    pub(crate) fn is_extended(&self) -> bool {
        self.own.is_some()
    }

    /// The number of documents.
    pub(crate) fn documents(&self) -> u32 {
        self.list.batches.iter().map(|batch| batch.documents).sum()
    }

    /// A text that identifies the documents of the index.
    pub(crate) fn identity(&self) -> String {
        let list = serde_json::to_vec(&self.list.batches).expect("strings and numbers");
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

    /// A written batch. The checksums are those of rows, sketches and ids.
    pub(crate) fn batch(plan: &Plan, documents: u32, sums: [u128; 3], text_bytes: u64) -> Batch {
        Batch { job: plan.name(), documents, sums: sums.map(hexadecimal), text_bytes }
    }

    /// Adds a written batch to the list.
    pub(crate) fn list(&mut self, batch: Batch) -> Result<(), Error> {
        self.list.batches.push(batch);
        self.list.write(&self.folder)
    }
}

impl Batch {
    /// Checks that the files are what was written.
    ///
    /// # Errors
    /// `is_corrupt` if a file is missing, cut short or altered; `is_io`.
    fn check(&self, folder: &Path) -> Result<(), Error> {
        let files = BatchFiles::of(folder, &self.job);
        let altered = |path: &Path| {
            Error::corrupt(format!(
                "{} is missing, cut short or altered: its checksum does not fit; make the index anew",
                path.display()
            ))
        };
        let failed = |path: &Path, error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => altered(path),
            _ => Error::cannot_read(path, error),
        };
        for (path, sum) in files.summed().into_iter().zip(&self.sums) {
            let found = table::checksum_of(path).map_err(|error| failed(path, error))?;
            if hexadecimal(found) != *sum {
                return Err(altered(path));
            }
        }
        // The texts are not read here. Each is checked when it is read.
        let texts = File::open(&files.texts).and_then(|texts| texts.about());
        match texts.map_err(|error| failed(&files.texts, error))?.len() == self.text_bytes {
            true => Ok(()),
            false => Err(altered(&files.texts)),
        }
    }
}

/// A checksum as the list holds it.
fn hexadecimal(sum: u128) -> String {
    format!("{sum:032x}")
}

fn make_folder(folder: &Path) -> Result<(), Error> {
    disk::make_folder(folder).map_err(|error| Error::cannot_write(folder, error))
}

fn lock(folder: &Path) -> Result<Lock, Error> {
    take_lock(&folder.join("lock"), folder)
}

/// Removes the files of batches that are not listed, which killed jobs left.
fn remove_unlisted(folder: &Path, list: &BatchList) -> Result<(), Error> {
    let is_job = |job: &str| job.len() == 32 && job.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_left = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        let batch = name.and_then(|name| name.rsplit_once('.'));
        let batch = batch.filter(|(job, ending)| is_job(job) && ENDINGS.contains(ending));
        atomic_file::is_partial(path)
            || batch.is_some_and(|(job, _)| list.batches.iter().all(|batch| batch.job != job))
    };
    let entries = disk::entries(folder).map_err(|error| Error::cannot_read(folder, error))?;
    for path in entries.into_iter().map(|entry| entry.path()).filter(|path| is_left(path)) {
        disk::remove_if_there(&path).map_err(|error| Error::cannot_remove(&path, error))?;
    }
    Ok(())
}

impl BatchList {
    fn empty(recipe: &str, threshold: Option<f64>) -> BatchList {
        let (recipe, sum) = (recipe.to_owned(), String::new());
        BatchList { version: VERSION, recipe, threshold, batches: Vec::new(), sum }
    }

    fn read(folder: &Path) -> Result<Option<BatchList>, Error> {
        /// What every version of the list has.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let path = folder.join(LIST);
        let Some(bytes) = disk::read(&path).map_err(|error| Error::cannot_read(&path, error))? else {
            return Ok(None);
        };
        let no_list = |reason: &str| {
            Error::corrupt(format!("{} is not the list of an index: {reason}", path.display()))
        };
        let versioned: Versioned =
            serde_json::from_slice(&bytes).map_err(|error| no_list(&error.to_string()))?;
        if versioned.version != VERSION {
            return Err(Error::incompatible(format!(
                "{} has format version {}, but this program reads version {VERSION}; make the index anew",
                path.display(),
                versioned.version
            )));
        }
        let list: BatchList = serde_json::from_slice(&bytes).map_err(|error| no_list(&error.to_string()))?;
        // Every byte counts: what the list does not say must not be in the file either.
        if list.bytes() != bytes {
            return Err(no_list("its checksum does not fit, so it was altered; make the index anew"));
        }
        Ok(Some(list))
    }

    /// The content of the file.
    fn bytes(&self) -> Vec<u8> {
        let json = |sum: String| {
            let list = BatchList { sum, ..self.clone() };
            serde_json::to_vec_pretty(&list).expect("strings and numbers")
        };
        json(hexadecimal(hash::digest(&json(String::new()))))
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(LIST);
        atomic_file::write(&path, |out| {
            out.write_all(&self.bytes()).map_err(|error| Error::cannot_write(&path, error))
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
/// recipes or versions; [`Error::is_corrupt`] if a part is altered; [`Error::is_io`].
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
    // Files of a merge that was killed.
    remove_unlisted(target, &BatchList::empty("", None))?;
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
                batch.check(part)?;
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
        let mut source = File::open(from).map_err(|error| Error::cannot_read(from, error))?;
        atomic_file::write(to, |out| {
            let mut portion = vec![0; table::PORTION_BYTES];
            loop {
                let filled = table::fill(&mut source, &mut portion);
                match filled.map_err(|error| Error::cannot_read(from, error))? {
                    0 => return Ok(()),
                    filled => {
                        out.write_all(&portion[..filled]).map_err(|error| Error::cannot_write(to, error))?
                    }
                }
            }
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
