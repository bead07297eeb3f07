//! The archive: what earlier jobs kept, for later ones to be compared with (`--index DIR`).
//!
//! In: the kept documents of a job. Out: their rows, sketches, ids and texts, so that a later job can find what resembles them
//! and compare it exactly, though the files they came from may be gone. TextStore are stored as they came, before anything was trimmed:
//! the same page fetched again is then a copy, and what was trimmed stands in another document that is stored.
//!
//! Each job adds a *batch*: four files that are never changed. `archive.json` lists the batches; it is put in place last, in
//! one step. So an archive is a list of batches, and merging two is joining their lists: the same documents with the same sketches
//! as if one archive had taken both.
//!
//! **Cost.** 200 bytes a document, its id, and its text packed by zstd. A job reads all rows and sketches of the archive once;
//! the ids and texts of those only that resemble something.

use crate::corpus::input::ordered;
use crate::corpus::output::write::Ids;
use crate::corpus::settings::Settings;
use crate::corpus::store::document::Document;
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::table;
use crate::corpus::store::table::{Appender, Stored, Table};
use crate::corpus::store::texts::{TextStore, Walked};
use crate::corpus::store::work::Plan;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::support::{atomic_file, hash};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Version of the files.
const VERSION: u32 = 1;
const LIST: &str = "archive.json";
/// The number of the input of a document that is none of this job's.
pub(crate) const NO_INPUT: u32 = u32::MAX;
/// The level at which texts are packed: fast.
const ZSTD_LEVEL: i32 = 1;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct List {
    version: u32,
    /// How documents are sketched, and what is kept of a slot.
    recipe: String,
    batches: Vec<Batch>,
}

/// What one job added.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Batch {
    /// Names the job, and the files.
    job: String,
    documents: u32,
    /// Checksums of rows, sketches and ids; texts are checked when they are read.
    sums: [String; 3],
    /// Bytes of the texts, packed.
    text_bytes: u64,
}

impl Batch {
    fn path(&self, folder: &Path, what: &str) -> PathBuf {
        folder.join(format!("{}.{what}", self.job))
    }

    fn files() -> [&'static str; 4] {
        ["documents", "sketches", "ids", "texts"]
    }
}

/// See the [room](self).
pub(crate) struct Archive {
    folder: PathBuf,
    list: List,
    open: Vec<OpenBatch>,
    /// Held as long as the job lasts.
    _lock: Option<File>,
}

struct OpenBatch {
    /// The number of its first document.
    first: u32,
    ids: Stored,
    texts: Stored,
}

impl Archive {
    /// No archive.
    pub(crate) fn none(recipe: &str) -> Archive {
        Archive { folder: PathBuf::new(), list: List::empty(recipe), open: Vec::new(), _lock: None }
    }

    /// Opens a folder, which may be empty; `plan_with` gives the plan of the job for the identity of the archive. What this same
    /// job added already is left out.
    ///
    /// # Errors
    /// `is_incompatible` where other sketches are in it, `is_corrupt` where a file is altered, `is_setting` where another job uses
    /// it, `is_io`.
    pub(crate) fn open(
        folder: &Path,
        recipe: &str,
        plan_with: impl Fn(&Archive) -> Plan,
    ) -> Result<Archive, Error> {
        fs::create_dir_all(folder).map_err(|error| {
            Error::io(format!("cannot make the index folder {}", folder.display()), error)
        })?;
        let lock = lock(folder)?;
        let list = List::read(folder)?.unwrap_or_else(|| List::empty(recipe));
        if list.recipe != recipe {
            return Err(Error::incompatible(format!(
                "{} holds sketches of another recipe or another version of this program; make it anew",
                folder.display()
            )));
        }
        let mut archive = Archive { folder: folder.to_owned(), list, open: Vec::new(), _lock: Some(lock) };
        if let Some(last) = archive.list.batches.pop() {
            // A job that was killed after it had added its documents.
            if plan_with(&archive).name() != last.job {
                archive.list.batches.push(last);
            }
        }
        archive.check()
    }

    fn check(mut self) -> Result<Archive, Error> {
        let mut first = 0;
        for batch in &self.list.batches {
            for (what, sum) in Batch::files().into_iter().zip(&batch.sums) {
                let path = batch.path(&self.folder, what);
                let found = table::checksum_of(&path);
                let found =
                    found.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?;
                if format!("{found:016x}") != *sum {
                    return Err(Error::corrupt(format!(
                        "{} is cut short or altered: its checksum does not fit",
                        path.display()
                    )));
                }
            }
            self.open.push(OpenBatch {
                first,
                ids: Stored::open(batch.path(&self.folder, "ids"))?,
                texts: Stored::open(batch.path(&self.folder, "texts"))?,
            });
            first += batch.documents;
        }
        Ok(self)
    }

    /// The number of documents.
    pub(crate) fn documents(&self) -> u32 {
        self.list.batches.iter().map(|batch| batch.documents).sum()
    }

    /// Which documents these are.
    pub(crate) fn identity(&self) -> String {
        let list = serde_json::to_vec(&self.list).expect("strings and numbers");
        format!("{} documents, {:016x}", self.documents(), hash::checksum(&list))
    }

    /// The rows of the documents and their number.
    pub(crate) fn rows(&self) -> Vec<(PathBuf, u32)> {
        self.files("documents")
    }

    /// Their sketches.
    pub(crate) fn sketches(&self) -> Vec<(PathBuf, u32)> {
        self.files("sketches")
    }

    fn files(&self, what: &str) -> Vec<(PathBuf, u32)> {
        self.list.batches.iter().map(|batch| (batch.path(&self.folder, what), batch.documents)).collect()
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

    /// Stores the kept documents of a job, which become part of the archive when they are [listed](Self::list).
    pub(crate) fn store(
        &self,
        settings: &Settings,
        plan: &Plan,
        kept: &Kept<'_>,
        watch: &Watch,
    ) -> Result<Batch, Error> {
        let mut batch = Batch { job: plan.name(), documents: 0, sums: Default::default(), text_bytes: 0 };
        let paths = Batch::files().map(|what| batch.path(&self.folder, what));
        let mut adding = Adding::new(&paths)?;
        let mut walk = kept.texts.walk(settings, kept.earlier);
        let total = u64::from(kept.documents.rows() - kept.earlier);
        let fetch = || {
            watch.tell(
                "adding to the index",
                ProgressUnit::Documents,
                (walk.position() - kept.earlier).into(),
                Some(total),
            )?;
            let block = walk.next(|number| Ok(!kept.gone.contains(number)))?;
            Ok((!block.is_empty()).then_some(block))
        };
        ordered::in_order(
            rayon::current_num_threads(),
            fetch,
            |block| block.iter().map(|walked| kept.packed(walked)).collect::<Result<Vec<_>, _>>(),
            |packed| adding.take(&packed),
        )?;
        batch.documents = adding.documents;
        batch.text_bytes = adding.texts.len();
        adding.sync()?;
        for (sum, path) in batch.sums.iter_mut().zip(&paths) {
            let found = table::checksum_of(path);
            *sum = format!(
                "{:016x}",
                found.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?
            );
        }
        Ok(batch)
    }

    /// Adds a stored batch.
    pub(crate) fn list(&mut self, batch: Batch) -> Result<(), Error> {
        self.list.batches.push(batch);
        self.list.write(&self.folder)
    }
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

impl List {
    fn empty(recipe: &str) -> List {
        List { version: VERSION, recipe: recipe.to_owned(), batches: Vec::new() }
    }

    fn read(folder: &Path) -> Result<Option<List>, Error> {
        let path = folder.join(LIST);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| Error::io(format!("cannot read {}", path.display()), error))?,
        };
        let list: List = serde_json::from_slice(&bytes)
            .map_err(|error| Error::corrupt(format!("{} is no list of an index: {error}", path.display())))?;
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

/// Makes one index of several, in the order given: a job that uses it finds what it would find with one index that had taken
/// the batches of all. The parts stay as they are; batches that several of them hold are taken once.
///
/// # Errors
/// [`Error::is_setting`] if the target holds something already; [`Error::is_incompatible`] for parts of different recipes or
/// versions; [`Error::is_io`].
///
/// # Cost
/// That of copying the files.
pub fn merge_indexes<P: AsRef<Path>>(parts: &[P], target: impl AsRef<Path>) -> Result<(), Error> {
    let target = target.as_ref();
    fs::create_dir_all(target)
        .map_err(|error| Error::io(format!("cannot make the index folder {}", target.display()), error))?;
    let _target_lock = lock(target)?;
    if List::read(target)?.is_some() {
        return Err(Error::setting(format!(
            "{} holds an index already; choose an empty folder",
            target.display()
        )));
    }
    let mut merged: Option<List> = None;
    let mut taken = HashSet::new();
    for part in parts {
        let part = part.as_ref();
        let _lock = lock(part)?;
        let list =
            List::read(part)?.ok_or_else(|| Error::setting(format!("{} holds no index", part.display())))?;
        let merged = merged.get_or_insert_with(|| List { batches: Vec::new(), ..list.clone() });
        if merged.recipe != list.recipe {
            return Err(Error::incompatible(format!(
                "{} holds sketches of another recipe than the indexes before it",
                part.display()
            )));
        }
        for batch in list.batches {
            if !taken.insert(batch.job.clone()) {
                continue;
            }
            for what in Batch::files() {
                let (from, to) = (batch.path(part, what), batch.path(target, what));
                let mut source = File::open(&from)
                    .map_err(|error| Error::io(format!("cannot read {}", from.display()), error))?;
                atomic_file::write(&to, |out| {
                    io::copy(&mut source, out).map(|_| ()).map_err(|error| Error::cannot_write(&to, error))
                })?;
            }
            merged.batches.push(batch);
        }
    }
    match merged {
        Some(merged) => merged.write(target),
        None => Err(Error::setting("no index is given to merge")),
    }
}

/// Bytes of the texts of an index, about, unpacked; 0 where there is none.
pub(crate) fn text_bytes(folder: Option<&Path>, unpacked_a_byte: u64) -> Result<u64, Error> {
    let list = folder.map(List::read).transpose()?.flatten();
    let batches = list.as_ref().map_or(&[][..], |list| &list.batches);
    Ok(batches.iter().map(|batch| batch.text_bytes * unpacked_a_byte).sum())
}

/// The documents that a job keeps, and where they are.
pub(crate) struct Kept<'k> {
    pub(crate) documents: &'k Table,
    pub(crate) sketches: &'k Table,
    pub(crate) earlier: u32,
    /// Documents that are not kept.
    pub(crate) gone: &'k Bits,
    pub(crate) texts: &'k TextStore<'k>,
    pub(crate) ids: &'k Ids<'k>,
}

/// A kept document as it is stored.
struct Packed {
    document: Document,
    sketch: Vec<u8>,
    id: Vec<u8>,
    text: Vec<u8>,
}

impl Kept<'_> {
    fn packed(&self, walked: &Walked) -> Result<Packed, Error> {
        let text = self.texts.with_walked(walked, str::to_owned)?;
        let mut sketch = vec![0; self.sketches.width()];
        self.sketches.row(walked.number, &mut sketch)?;
        let packed = zstd::bulk::compress(text.as_bytes(), ZSTD_LEVEL)
            .map_err(|error| Error::io("cannot pack a text", error))?;
        let id = self.ids.json(walked.number)?.into_bytes();
        let document = Document {
            input: NO_INPUT,
            length: packed.len() as u32,
            text_start: 0,
            text_length: text.len() as u32,
            id_length: id.len() as u32,
            ..walked.document
        };
        Ok(Packed { document, sketch, id, text: packed })
    }
}

/// A batch in the making.
struct Adding {
    rows: Appender,
    sketches: Appender,
    ids: Appender,
    texts: Appender,
    documents: u32,
}

impl Adding {
    fn new([rows, sketches, ids, texts]: &[PathBuf; 4]) -> Result<Adding, Error> {
        let new = |path: &PathBuf| Appender::at(path.clone(), 0);
        Ok(Adding {
            rows: new(rows)?,
            sketches: new(sketches)?,
            ids: new(ids)?,
            texts: new(texts)?,
            documents: 0,
        })
    }

    fn take(&mut self, packed: &[Packed]) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(packed.len() * Document::BYTES);
        for Packed { document, sketch, id, text } in packed {
            let document = Document { offset: self.texts.len(), id_start: self.ids.len(), ..*document };
            document.store(&mut rows);
            self.sketches.append(sketch)?;
            self.ids.append(id)?;
            self.texts.append(text)?;
        }
        self.documents += packed.len() as u32;
        self.rows.append(&rows)
    }

    fn sync(&mut self) -> Result<(), Error> {
        [&mut self.rows, &mut self.sketches, &mut self.ids, &mut self.texts]
            .into_iter()
            .try_for_each(Appender::sync)
    }
}
