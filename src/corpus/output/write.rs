//! Writing: what is kept, what went and why.
//!
//! In: the inputs, the tables, the removals. Out: the folder of the output, each file whole or not at all.
//!
//! An input is copied without the bytes of its removed and rejected records; all others, blank lines and WARC records without
//! text included, stay as they are. What was packed is packed again in the same way, in portions, by all threads. A file that is
//! there from a run that was killed is whole, and is left as it is.

use crate::corpus::decide::witness::Removal;
use crate::corpus::input::files::Input;
use crate::corpus::input::format::{ByteFormat, ChangedBytes, Cut, Layout, RowCopy, RowFate, RowFormat};
use crate::corpus::input::packing::{self, Packing};
use crate::corpus::settings::Settings;
use crate::corpus::spill::{Merged, Record, Sorted, Sorter, stored_fields};
use crate::corpus::store::change::{Change, NEW_TEXTS, TextPlace};
use crate::corpus::store::document::{Document, OPEN_END, REJECTED, Rejected, RejectedLog};
use crate::corpus::store::ids::Ids;
use crate::corpus::store::table::{Stored, Table};
use crate::corpus::store::work::{Work, check_disk};
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::support::{atomic_file, hash, ordered_workers};
use serde_json::json;
use std::cmp::Ordering;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The stage, as it is told.
const WRITING: &str = "writing";
/// Bytes copied between two looks at the disk.
const COPY_BYTES: u64 = 1 << 24;
/// Unpacked bytes that are packed together.
const PACKED_BYTES: usize = 1 << 22;
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// What hears how many bytes of an input are done.
type Tell<'t> = dyn Fn(u64) -> Result<(), Error> + Sync + 't;

/// What is written, and where from.
pub(crate) struct Writer<'w> {
    pub(crate) settings: &'w Settings,
    pub(crate) inputs: &'w [Input],
    pub(crate) documents: &'w Table,
    /// So many documents, the first, are none of this job's.
    pub(crate) earlier: u32,
    pub(crate) ids: &'w Ids<'w>,
    pub(crate) removals: &'w Sorted<Removal>,
    /// What passages change, if they are sought.
    pub(crate) changes: Option<&'w Sorted<Change>>,
    pub(crate) work: &'w Work,
    pub(crate) budget: usize,
    pub(crate) watch: &'w Watch,
}

/// What only the writing shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Written {
    pub(crate) clusters: u64,
    pub(crate) duplicate_ids: u64,
}

impl Writer<'_> {
    /// Writes everything but the summary.
    pub(crate) fn write(&self) -> Result<Written, Error> {
        remove_partial_files(&self.settings.output)?;
        self.removed(self.ids)?;
        let clusters = self.clusters(self.ids)?;
        self.rejected()?;
        let duplicate_ids = self.duplicate_ids(self.ids)?;
        self.kept()?;
        Ok(Written { clusters, duplicate_ids })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.settings.output.join(name)
    }

    /// Writes a file of JSON lines.
    fn lines(
        &self,
        name: &str,
        content: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.path(name);
        atomic_file::write(&path, |out| {
            content(&mut |bytes| out.write_all(bytes).map_err(|error| Error::cannot_write(&path, error)))
        })
    }

    fn removed(&self, ids: &Ids<'_>) -> Result<(), Error> {
        self.lines("removed.jsonl", |write| {
            for removal in self.removals.merged()? {
                let removal = removal?;
                let (id, kept_by) = (ids.json(removal.document)?, ids.json(removal.kept_by)?);
                let (jaccard, containment) = (json!(removal.jaccard()), json!(removal.containment()));
                let line = format!(
                    "{{\"id\":{id},\"kept_by\":{kept_by},\"jaccard\":{jaccard},\"containment\":{containment}}}\n"
                );
                write(line.as_bytes())?;
            }
            Ok(())
        })
    }

    /// A line for each kept document that stands for others; gives their number.
    fn clusters(&self, ids: &Ids<'_>) -> Result<u64, Error> {
        let sorter = Sorter::new(self.work.place("clusters"), self.budget / 4)?;
        let mut batch = Vec::new();
        for removal in self.removals.merged()? {
            batch.push(Member(removal?));
            if batch.len() == PORTION_BYTES / Member::BYTES {
                sorter.extend(&batch)?;
                batch.clear();
            }
        }
        sorter.extend(&batch)?;
        let members = sorter.finish()?;
        let mut count = 0;
        self.lines("clusters.jsonl", |write| {
            let mut weakest: Option<Removal> = None;
            for member in members.merged()? {
                let Member(removal) = member?;
                // A cluster may be too large to hold: its line is written as it comes.
                if weakest.is_none_or(|weakest| weakest.kept_by != removal.kept_by) {
                    if let Some(weakest) = weakest {
                        write(end_of_cluster(ids, &weakest)?.as_bytes())?;
                    }
                    count += 1;
                    weakest = Some(removal);
                    write(format!("{{\"kept\":{},\"removed\":[", ids.json(removal.kept_by)?).as_bytes())?;
                } else {
                    write(b",")?;
                }
                write(ids.json(removal.document)?.as_bytes())?;
                weakest = weakest
                    .map(|weakest| if removal.jaccard() < weakest.jaccard() { removal } else { weakest });
            }
            weakest.map_or(Ok(()), |weakest| write(end_of_cluster(ids, &weakest)?.as_bytes()))
        })?;
        Ok(count)
    }

    fn rejected(&self) -> Result<(), Error> {
        self.lines("rejected.jsonl", |write| {
            for rejected in RejectedLog::open(&self.work.path(REJECTED))? {
                let Rejected { input, record, reason, .. } = rejected?;
                let file = json!(self.inputs[input as usize].name);
                write(
                    format!("{{\"file\":{file},\"record\":{record},\"reason\":{}}}\n", json!(reason))
                        .as_bytes(),
                )?;
            }
            Ok(())
        })
    }

    /// A line for each id that stood before; gives their number.
    fn duplicate_ids(&self, ids: &Ids<'_>) -> Result<u64, Error> {
        let sorter = Sorter::new(self.work.place("ids-by-hash"), self.budget / 4)?;
        for portion in self.documents.portions(self.earlier, PORTION_BYTES) {
            let (first, rows) = portion?;
            let mut batch = Vec::new();
            for (document, row) in (first..).zip(rows.chunks_exact(Document::BYTES)) {
                let row = Document::load(row);
                if row.id_length > 0 {
                    batch.push(Id { hash: hash::checksum(&ids.bytes(&row)?), document });
                }
            }
            sorter.extend(&batch)?;
        }
        let sorted = sorter.finish()?;
        let mut count = 0;
        self.lines("duplicate_ids.jsonl", |write| {
            let mut first: Option<Id> = None;
            for id in sorted.merged()? {
                let id: Id = id?;
                let Some(before) = first.filter(|first| first.hash == id.hash) else {
                    first = Some(id);
                    continue;
                };
                let (text, other) = (ids.json(id.document)?, ids.json(before.document)?);
                // Unequal ids of one hash: so rare that only the first of them is compared with.
                if text != other {
                    continue;
                }
                let (here, there) = (ids.document(id.document)?, ids.document(before.document)?);
                let name = |document: &Document| json!(self.inputs[document.input as usize].name);
                let line = format!(
                    "{{\"id\":{text},\"file\":{},\"record\":{},\"first_file\":{},\"first_record\":{}}}\n",
                    name(&here),
                    here.record,
                    name(&there),
                    there.record
                );
                write(line.as_bytes())?;
                count += 1;
            }
            Ok(())
        })?;
        Ok(count)
    }

    fn kept(&self) -> Result<(), Error> {
        let folder = self.path("kept");
        let mut gone = Gone::new(self)?;
        let total: u64 = self.inputs.iter().map(|input| input.bytes).sum();
        let mut done = 0;
        for (number, input) in (0..).zip(self.inputs) {
            let tell = |bytes: u64| {
                self.watch.tell(WRITING, ProgressUnit::Bytes, done + bytes.min(input.bytes), Some(total))
            };
            tell(0)?;
            let path = folder.join(&input.name);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(|error| Error::cannot_write(parent, error))?;
            }
            check_disk(&self.settings.output)?;
            let gaps = gone.of(number);
            if path.exists() {
                gaps.drain()?;
                done += input.bytes;
                continue;
            }
            input.check_unchanged()?;
            match input.format.layout() {
                Layout::Rows(format) => self.rows(format, input, &path, gaps, &tell)?,
                Layout::Bytes(_) if input.format.is_one_record() => self.text(input, &path, gaps)?,
                Layout::Bytes(format) if input.packing == Packing::None => {
                    self.plain(format, input, &path, gaps, &tell)?;
                }
                Layout::Bytes(format) => self.packed(format, input, &path, gaps, &tell)?,
            }
            done += input.bytes;
            input.check_unchanged().inspect_err(|_| {
                // The error is what matters; what was copied may not stay.
                let _ = fs::remove_file(&path);
            })?;
        }
        self.watch.tell(WRITING, ProgressUnit::Bytes, total, Some(total))
    }

    /// A text is copied, replaced, or not there.
    fn text(&self, input: &Input, path: &Path, gaps: Gaps<'_, '_>) -> Result<(), Error> {
        let gaps: Vec<Gap> = gaps.collect::<Result<_, _>>()?;
        let (mut file, packing) = packing::open(&input.path)?;
        let put = |error| Error::cannot_write(path, error);
        match gaps.first() {
            None => self.put(path, |out| io::copy(&mut file, out).map(|_| ()).map_err(put)),
            Some(Gap { new: Some(new), .. }) => {
                let texts = self.new_texts()?.expect("written with the changes");
                let packed = packing.packed(stored_text(&texts, new.text)?).map_err(put)?;
                self.put(path, |out| out.write_all(&packed).map_err(put))
            }
            Some(_) => Ok(()),
        }
    }

    /// The texts that take the place of others, if there are any.
    fn new_texts(&self) -> Result<Option<Stored>, Error> {
        self.changes.map(|_| Stored::open(self.work.path(NEW_TEXTS))).transpose()
    }

    /// Copies stretch by stretch, within the system where it can do that.
    fn plain(
        &self,
        format: &dyn ByteFormat,
        input: &Input,
        path: &Path,
        gaps: Gaps<'_, '_>,
        tell: &Tell<'_>,
    ) -> Result<(), Error> {
        let (file, _) = packing::open(&input.path)?;
        let texts = self.new_texts()?;
        let lost = |error| {
            let error = Error::io(format!("cannot read {} again", input.path.display()), error);
            input.check_unchanged().err().unwrap_or(error)
        };
        self.put(path, |out| {
            let (mut source, mut target) = (&file, *out.get_ref());
            let (mut at, mut told) = (0, 0);
            let end = Gap { input: 0, start: input.bytes, end: input.bytes, new: None };
            for gap in gaps.chain([Ok(end)]) {
                let gap = gap?;
                while at < gap.start {
                    let length = (gap.start - at).min(COPY_BYTES);
                    let copied = source
                        .seek(SeekFrom::Start(at))
                        .and_then(|_| io::copy(&mut source.take(length), &mut target))
                        .map_err(|error| Error::cannot_write(path, error))?;
                    if copied < length {
                        return Err(lost(io::ErrorKind::UnexpectedEof.into()));
                    }
                    at += length;
                    told += length;
                    if told >= COPY_BYTES {
                        told = 0;
                        tell(at)?;
                        check_disk(&self.settings.output)?;
                    }
                }
                if let (Some(new), Some(texts)) = (gap.new, &texts) {
                    let mut head = vec![0; new.head as usize];
                    if new.head > 0 {
                        source.seek(SeekFrom::Start(gap.start)).map_err(lost)?;
                        source.read_exact(&mut head).map_err(lost)?;
                    }
                    let content = format.replacement(&head, stored_text(texts, new.text)?);
                    target.write_all(&content).map_err(|error| Error::cannot_write(path, error))?;
                }
                at = gap.end;
            }
            Ok(())
        })
    }

    fn packed(
        &self,
        format: &dyn ByteFormat,
        input: &Input,
        path: &Path,
        gaps: Gaps<'_, '_>,
        tell: &Tell<'_>,
    ) -> Result<(), Error> {
        let (file, packing) = packing::open(&input.path)?;
        let failed = |error| Error::io(format!("cannot read {} again", input.path.display()), error);
        let mut source = Without::new(packing.unpacked(file).map_err(failed)?, gaps, (input, format))?;
        let (mut carried, mut written) = (Vec::new(), 0);
        let fetch = || source.portion(&mut carried);
        self.put(path, |out| {
            ordered_workers::in_order(
                rayon::current_num_threads(),
                fetch,
                |portion| pack(format, packing, portion).map_err(|error| Error::cannot_write(path, error)),
                |packed| {
                    check_disk(&self.settings.output)?;
                    // About as many as were read.
                    written += packed.len() as u64;
                    tell(written)?;
                    out.write_all(&packed).map_err(|error| Error::cannot_write(path, error))
                },
            )
        })
    }

    fn rows(
        &self,
        format: &dyn RowFormat,
        input: &Input,
        path: &Path,
        gaps: Gaps<'_, '_>,
        tell: &Tell<'_>,
    ) -> Result<(), Error> {
        let texts = self.new_texts()?;
        let mut gaps = gaps.peekable();
        // A file that could not even be opened has no rows to keep.
        if matches!(gaps.peek(), Some(Ok(Gap { start: 0, end: OPEN_END, .. }))) {
            return gaps.try_for_each(|gap| gap.map(|_| ()));
        }
        let new_text = |place| stored_text(texts.as_ref().expect("opened with the changes"), place);
        let copy = RowCopy {
            source: &input.path,
            bytes: input.bytes,
            target: path,
            report: tell,
            text_field: &self.settings.text_field,
            new_text: &new_text,
        };
        self.put(path, |out| {
            format.copy(&copy, out, &mut |row| {
                while let Some(gap) = gaps.next_if(|gap| gap.as_ref().is_ok_and(|gap| gap.end <= row)) {
                    gap?;
                }
                match gaps.peek() {
                    Some(Ok(gap)) if row < gap.start => Ok(RowFate::Kept),
                    Some(Ok(gap)) => Ok(gap.new.map_or(RowFate::Removed, |new| RowFate::Changed(new.text))),
                    Some(Err(_)) => Err(gaps.next().expect("just seen").expect_err("just seen")),
                    None => Ok(RowFate::Kept),
                }
            })
        })
    }

    fn put(
        &self,
        path: &Path,
        content: impl FnOnce(&mut BufWriter<&File>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        atomic_file::write(path, content)
    }
}

/// A text of the table, by where it starts and its bytes.
fn stored_text(texts: &Stored, (start, length): TextPlace) -> Result<Vec<u8>, Error> {
    let mut text = vec![0; length as usize];
    texts.read(start, &mut text)?;
    Ok(text)
}

/// Refuses a folder that holds the output of a run which this one does not go on with: its files would be taken for this one's.
pub(crate) fn check_unused(output: &Path) -> Result<(), Error> {
    let names = [
        "kept",
        "removed.jsonl",
        "clusters.jsonl",
        "rejected.jsonl",
        "duplicate_ids.jsonl",
        "passages.jsonl",
        "stretches.jsonl",
        "trimmed.jsonl",
        "covered.jsonl",
    ];
    match names.iter().map(|name| output.join(name)).find(|path| path.exists()) {
        None => Ok(()),
        Some(path) => Err(Error::incompatible(format!(
            "{} is there already, of another run; choose another output folder, or remove it",
            path.display()
        ))),
    }
}

/// Removes what a run that was killed left half-written, which never had the name of an output.
fn remove_partial_files(folder: &Path) -> Result<(), Error> {
    let failed = |error| Error::io(format!("cannot clear {}", folder.display()), error);
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_partial_files(&path)?;
        } else if atomic_file::is_partial(&path) {
            fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

fn end_of_cluster(ids: &Ids<'_>, weakest: &Removal) -> Result<String, Error> {
    let (id, jaccard) = (ids.json(weakest.document)?, json!(weakest.jaccard()));
    Ok(format!("],\"weakest\":{{\"id\":{id},\"jaccard\":{jaccard}}}}}\n"))
}

/// Packs a portion; records of a WARC file each by itself, so that readers can jump to them.
fn pack(format: &dyn ByteFormat, packing: Packing, portion: Vec<u8>) -> io::Result<Vec<u8>> {
    let (mut packed, mut start) = (Vec::new(), 0);
    while start < portion.len() {
        let rest = &portion[start..];
        let Some(length) = format.member_length(rest) else { return packing.packed(portion) };
        packed.extend(packing.packed(rest[..length].to_vec())?);
        start += length;
    }
    Ok(packed)
}

/// Bytes, or rows, of an input that do not stay as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Gap {
    input: u32,
    start: u64,
    end: u64,
    /// What takes their place, if anything does.
    new: Option<New>,
}

/// What takes the place of a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct New {
    /// So many bytes at the start of the gap are the head of a WARC record, which says how long the text is.
    head: u32,
    text: TextPlace,
}

/// The records that do not stay, in the order of the inputs.
struct Gone<'g> {
    inputs: &'g [Input],
    documents: &'g Table,
    removals: Merged<'g, Removal>,
    rejected: RejectedLog,
    changes: Option<Merged<'g, Change>>,
    /// The new texts, if there are any.
    texts: Option<Stored>,
    /// The next of each kind.
    next_removed: Option<Gap>,
    next_rejected: Option<Gap>,
    next_changed: Option<Gap>,
}

impl<'g> Gone<'g> {
    fn new(writer: &'g Writer<'_>) -> Result<Gone<'g>, Error> {
        let mut gone = Gone {
            inputs: writer.inputs,
            documents: writer.documents,
            removals: writer.removals.merged()?,
            rejected: RejectedLog::open(&writer.work.path(REJECTED))?,
            changes: writer.changes.map(Sorted::merged).transpose()?,
            texts: writer.new_texts()?,
            next_removed: None,
            next_rejected: None,
            next_changed: None,
        };
        gone.next_removed = gone.removed()?;
        gone.next_rejected = gone.rejected()?;
        gone.next_changed = gone.changed()?;
        Ok(gone)
    }

    fn removed(&mut self) -> Result<Option<Gap>, Error> {
        let Some(removal) = self.removals.next().transpose()? else { return Ok(None) };
        let mut row = [0; Document::BYTES];
        self.documents.row(removal.document, &mut row)?;
        let Document { input, offset, length, .. } = Document::load(&row);
        Ok(Some(Gap { input, start: offset, end: offset + u64::from(length), new: None }))
    }

    fn changed(&mut self) -> Result<Option<Gap>, Error> {
        let Some(changes) = &mut self.changes else { return Ok(None) };
        let Some(Change { document, text }) = changes.next().transpose()? else { return Ok(None) };
        let mut row = [0; Document::BYTES];
        self.documents.row(document, &mut row)?;
        let row = Document::load(&row);
        let Document { input, offset, length, .. } = row;
        let changed = match (text, self.inputs[input as usize].format.layout()) {
            (Some(_), Layout::Bytes(format)) => format.changed_bytes(&row),
            // The whole record, or row.
            _ => ChangedBytes { start: offset, length, head: 0 },
        };
        let ChangedBytes { start, length, head } = changed;
        let new = text.map(|text| New { head, text });
        Ok(Some(Gap { input, start, end: start + u64::from(length), new }))
    }

    fn rejected(&mut self) -> Result<Option<Gap>, Error> {
        let Some(rejected) = self.rejected.next().transpose()? else { return Ok(None) };
        let Rejected { input, offset, length, .. } = rejected;
        Ok(Some(Gap { input, start: offset, end: offset.saturating_add(length), new: None }))
    }

    /// Those of one input; asked for one input after the other.
    fn of(&mut self, input: u32) -> Gaps<'_, 'g> {
        Gaps { gone: self, input }
    }
}

/// The gaps of one input, ascending.
struct Gaps<'a, 'g> {
    gone: &'a mut Gone<'g>,
    input: u32,
}

impl Gaps<'_, '_> {
    /// Passes over all of them; gives their number.
    fn drain(self) -> Result<u64, Error> {
        self.map(|gap| gap.map(|_| 1)).sum()
    }

    fn next_gap(&mut self) -> Result<Option<Gap>, Error> {
        let Gone { next_removed, next_rejected, next_changed, .. } = *self.gone;
        let of_this = [next_removed, next_rejected, next_changed].into_iter().flatten();
        let first = of_this.filter(|gap| gap.input == self.input).min_by_key(|gap| gap.start);
        if first.is_some() {
            // No two gaps are equal: each record has one fate.
            if first == next_removed {
                self.gone.next_removed = self.gone.removed()?;
            } else if first == next_rejected {
                self.gone.next_rejected = self.gone.rejected()?;
            } else {
                self.gone.next_changed = self.gone.changed()?;
            }
        }
        Ok(first)
    }

    /// The new text of a gap, in its stored form.
    fn new_text(&self, new: New) -> Result<Vec<u8>, Error> {
        stored_text(self.gone.texts.as_ref().expect("opened with the changes"), new.text)
    }
}

impl Iterator for Gaps<'_, '_> {
    type Item = Result<Gap, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_gap().transpose()
    }
}

/// An input without its gaps.
struct Without<'a, 'g, R> {
    stream: R,
    /// Bytes of the input that are behind.
    at: u64,
    /// The next gap, and those after it.
    gap: Option<Gap>,
    gaps: Gaps<'a, 'g>,
    /// What is left of what takes the place of the last gap.
    new: io::Cursor<Vec<u8>>,
    input: &'a Input,
    format: &'a dyn ByteFormat,
}

impl<'a, 'g, R: Read> Without<'a, 'g, R> {
    fn new(
        stream: R,
        mut gaps: Gaps<'a, 'g>,
        (input, format): (&'a Input, &'a dyn ByteFormat),
    ) -> Result<Self, Error> {
        let gap = gaps.next().transpose()?;
        Ok(Without { stream, at: 0, gap, gaps, new: io::Cursor::default(), input, format })
    }

    /// The next bytes to pack together; of a WARC file whole records, with what follows the last of them `carried` over.
    fn portion(&mut self, carried: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        let mut portion = std::mem::take(carried);
        loop {
            let mut more = Vec::new();
            if !self.fill(&mut more, PACKED_BYTES)? {
                return Ok((!portion.is_empty()).then_some(portion));
            }
            portion.append(&mut more);
            if self.format.member_length(&portion).is_none() {
                return Ok(Some(portion));
            }
            match self.format.cut(&portion, usize::MAX) {
                // A record that is longer than all this.
                Ok(Cut::Whole(0)) => {}
                Ok(Cut::Whole(whole)) => {
                    *carried = portion.split_off(whole);
                    return Ok(Some(portion));
                }
                // No records: what stands between them is packed as it comes.
                Ok(Cut::TooLong(_)) | Err(_) => return Ok(Some(portion)),
            }
        }
    }

    /// Fills `portion` with the next bytes, `size` of them unless they end before; says whether there were any.
    fn fill(&mut self, portion: &mut Vec<u8>, size: usize) -> Result<bool, Error> {
        portion.resize(size, 0);
        let mut filled = 0;
        while filled < size {
            let read = self.new.read(&mut portion[filled..]).map_err(|error| self.failed(error))?;
            if read > 0 {
                filled += read;
                continue;
            }
            if let Some(gap) = self.gap.filter(|gap| gap.start == self.at) {
                if gap.end == OPEN_END {
                    break;
                }
                let mut skipped = self.stream.by_ref().take(gap.end - gap.start);
                let mut head = vec![0; gap.new.map_or(0, |new| new.head as usize)];
                let passed =
                    skipped.read_exact(&mut head).and_then(|()| io::copy(&mut skipped, &mut io::sink()));
                self.at += head.len() as u64 + passed.map_err(|error| self.failed(error))?;
                if let Some(new) = gap.new {
                    let text = self.gaps.new_text(new)?;
                    self.new = io::Cursor::new(self.format.replacement(&head, text));
                }
                self.gap = self.gaps.next().transpose()?;
                continue;
            }
            let room =
                self.gap.map_or(u64::MAX, |gap| gap.start - self.at).min((size - filled) as u64) as usize;
            match self.stream.read(&mut portion[filled..filled + room]) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.at += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        portion.truncate(filled);
        if filled == 0 {
            // What is behind is passed over, so that the next input starts with its own.
            while self.gaps.next().transpose()?.is_some() {}
        }
        Ok(filled > 0)
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::io(format!("cannot read {} again", self.input.path.display()), error)
    }
}

/// A cluster member, by the kept document.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Member(Removal);

impl Ord for Member {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.kept_by, self.0).cmp(&(other.0.kept_by, other.0))
    }
}

impl PartialOrd for Member {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Record for Member {
    type Key = u32;
    const BYTES: usize = Removal::BYTES;

    fn key(&self) -> u32 {
        self.0.kept_by
    }

    fn store(&self, bytes: &mut [u8]) {
        self.0.store(bytes);
    }

    fn load(bytes: &[u8]) -> Member {
        Member(Removal::load(bytes))
    }
}

/// A document by the hash of its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Id {
    hash: u64,
    document: u32,
}

impl Record for Id {
    type Key = u64;

    fn key(&self) -> u64 {
        self.hash
    }

    stored_fields! { hash: u64, document: u32 }
}
