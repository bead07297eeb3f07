//! Kept files: each input without its removed and rejected records.
//!
//! In: the inputs and their gaps ([`crate::corpus::output::gaps`]). Out: `kept/NAME` for each input. All bytes outside
//! the gaps, such as blank lines and WARC records without text, stay unchanged. Text of another encoding is written in UTF-8.
//! A packed input is packed again in the
//! same way, in portions, on all threads.

use crate::corpus::context::Context;
use crate::corpus::decide::witness::Removals;
use crate::corpus::input::files::Input;
use crate::corpus::input::format::{ByteFormat, Layout, RowCopy, RowFate, RowFormat};
use crate::corpus::input::packing::{self, Packing};
use crate::corpus::output::gaps::{AllGaps, Gap, InputGaps, NewTexts, WithoutGaps};
use crate::corpus::spill::Sorted;
use crate::corpus::store::change::Change;
use crate::corpus::store::document::OPEN_END;
use crate::corpus::store::work::check_disk;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::support::{atomic_file, disk, ordered_workers};
use std::io::{self, Read, Write};
use std::path::Path;

/// The name of the stage.
const WRITING: &str = "writing";
/// Bytes copied between two checks of the disk.
const COPY_BYTES: u64 = 1 << 24;

/// Receives how many bytes of an input are done.
type Report<'r> = dyn Fn(u64) -> Result<(), Error> + Sync + 'r;

/// Writes all kept files that do not exist yet. Returns how many there are.
pub(crate) fn write(
    context: &Context<'_>,
    removals: &Removals,
    changes: Option<&Sorted<Change>>,
) -> Result<u64, Error> {
    let folder = context.settings.output.join("kept");
    let new_texts = NewTexts::open(context, changes)?;
    let mut gaps = AllGaps::new(context, removals, changes)?;
    let total: u64 = context.inputs.iter().map(|input| input.bytes).sum();
    let tell = |done| context.watch.tell(WRITING, ProgressUnit::Bytes, done, Some(total));
    let (mut done, mut files) = (0, 0);
    for (number, input) in (0..).zip(context.inputs) {
        let report = |bytes: u64| tell(done + bytes.min(input.bytes));
        report(0)?;
        let path = folder.join(&input.name);
        if let Some(parent) = path.parent() {
            disk::make_folder(parent).map_err(|error| Error::cannot_write(parent, error))?;
        }
        check_disk(&context.settings.output)?;
        let mut gaps = gaps.of_input(number);
        if path.exists() {
            gaps.try_for_each(|gap| gap.map(|_| ()))?;
        } else {
            input.check_unchanged()?;
            KeptFile { context, input, path: &path, new_texts: &new_texts, report: &report }.write(gaps)?;
            input.check_unchanged().inspect_err(|_| {
                // A copy of a changed file must not stay. The caller gets the first error, not one of the removal.
                let _ = disk::remove(&path);
            })?;
        }
        files += u64::from(path.exists());
        done += input.bytes;
    }
    tell(total)?;
    Ok(files)
}

/// An input that is copied.
struct KeptFile<'k> {
    context: &'k Context<'k>,
    input: &'k Input,
    path: &'k Path,
    new_texts: &'k NewTexts,
    report: &'k Report<'k>,
}

impl KeptFile<'_> {
    fn write(&self, gaps: InputGaps<'_, '_>) -> Result<(), Error> {
        match self.input.format.layout() {
            Layout::Rows(format) => self.rows(format, gaps),
            Layout::Bytes(_) if self.input.format.is_one_record() => self.one_record(gaps),
            Layout::Bytes(format) if self.input.is_seekable() => self.plain(format, gaps),
            Layout::Bytes(format) => self.packed(format, gaps),
        }
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::cannot_write(self.path, error)
    }

    /// The error of an input that could be read before.
    fn lost(&self, error: io::Error) -> Error {
        self.input.check_unchanged().err().unwrap_or_else(|| Error::cannot_read(&self.input.path, error))
    }

    /// A file that is one record is copied, replaced, or left out.
    fn one_record(&self, gaps: InputGaps<'_, '_>) -> Result<(), Error> {
        let gaps: Vec<Gap> = gaps.collect::<Result<_, _>>()?;
        let (mut file, packing) = packing::open(&self.input.path)?;
        match gaps.first().map(|gap| gap.replacement) {
            None if self.input.unpacking.encoding.is_some() => {
                let mut text = Vec::new();
                let unpacked = self.input.unpacking.read(packing, file);
                let read = unpacked.and_then(|mut unpacked| unpacked.read_to_end(&mut text));
                read.map_err(|error| self.failed(error))?;
                self.write_packed(packing, text)
            }
            None => atomic_file::write(self.path, |out| {
                let mut content = Vec::new();
                file.read_to_end(&mut content).map_err(|error| self.lost(error))?;
                out.write_all(&content).map_err(|error| self.failed(error))
            }),
            Some(Some(replacement)) => self.write_packed(packing, self.new_texts.read(replacement.text)?),
            Some(None) => Ok(()),
        }
    }

    fn write_packed(&self, packing: Packing, text: Vec<u8>) -> Result<(), Error> {
        let packed = packing.packed(text).map_err(|error| self.failed(error))?;
        atomic_file::write(self.path, |out| out.write_all(&packed).map_err(|error| self.failed(error)))
    }

    /// Copies the bytes between the gaps, by a call of the system where it has one.
    fn plain(&self, format: &dyn ByteFormat, gaps: InputGaps<'_, '_>) -> Result<(), Error> {
        let (source, _) = packing::open(&self.input.path)?;
        let lost = |error| self.lost(error);
        atomic_file::write(self.path, |out| {
            let mut target = *out.get_ref();
            let (mut position, mut unreported) = (0, 0);
            let bytes = self.input.bytes;
            let end = Gap { input: 0, start: bytes, end: bytes, replacement: None };
            for gap in gaps.chain([Ok(end)]) {
                let gap = gap?;
                while position < gap.start {
                    let length = (gap.start - position).min(COPY_BYTES);
                    let copied = source.copy_to(position, length, target);
                    if copied.map_err(|error| self.failed(error))? < length {
                        return Err(lost(io::ErrorKind::UnexpectedEof.into()));
                    }
                    position += length;
                    unreported += length;
                    if unreported >= COPY_BYTES {
                        unreported = 0;
                        (self.report)(position)?;
                        check_disk(&self.context.settings.output)?;
                    }
                }
                if let Some(replacement) = gap.replacement {
                    let mut head = vec![0; replacement.head as usize];
                    if replacement.head > 0 {
                        source.read_exact_at(&mut head, gap.start).map_err(lost)?;
                    }
                    let content = format.replacement(&head, self.new_texts.read(replacement.text)?);
                    target.write_all(&content).map_err(|error| self.failed(error))?;
                }
                position = gap.end;
            }
            Ok(())
        })
    }

    /// Unpacks an input, replaces its gaps and packs it again.
    fn packed(&self, format: &dyn ByteFormat, gaps: InputGaps<'_, '_>) -> Result<(), Error> {
        let (file, packing) = packing::open(&self.input.path)?;
        let unpacked = self.input.unpacking.read(packing, file).map_err(|error| self.lost(error))?;
        let mut source = WithoutGaps::new(unpacked, self.input, format, self.new_texts, gaps)?;
        let (mut carried, mut written) = (Vec::new(), 0);
        atomic_file::write(self.path, |out| {
            ordered_workers::in_order(
                rayon::current_num_threads(),
                || source.portion(&mut carried),
                |portion| pack(format, packing, portion).map_err(|error| self.failed(error)),
                |packed| {
                    check_disk(&self.context.settings.output)?;
                    // For progress: about as many bytes as were read.
                    written += packed.len() as u64;
                    (self.report)(written)?;
                    out.write_all(&packed).map_err(|error| self.failed(error))
                },
            )?;
            if written > 0 {
                return Ok(());
            }
            let empty = packing.packed(Vec::new()).and_then(|empty| out.write_all(&empty));
            empty.map_err(|error| self.failed(error))
        })
    }

    /// Copies a file of rows.
    fn rows(&self, format: &dyn RowFormat, gaps: InputGaps<'_, '_>) -> Result<(), Error> {
        let mut gaps = gaps.peekable();
        // A file that could not even be opened has no rows to keep.
        if matches!(gaps.peek(), Some(Ok(Gap { start: 0, end: OPEN_END, .. }))) {
            return gaps.try_for_each(|gap| gap.map(|_| ()));
        }
        let copy = RowCopy {
            source: &self.input.path,
            bytes: self.input.bytes,
            target: self.path,
            report: self.report,
            text_field: &self.context.settings.text_field,
            new_text: &|place| self.new_texts.read(place),
        };
        atomic_file::write(self.path, |out| {
            format.copy(&copy, out, &mut |row| {
                while let Some(gap) = gaps.next_if(|gap| gap.as_ref().is_ok_and(|gap| gap.end <= row)) {
                    gap?;
                }
                let gap = match gaps.next_if(Result::is_err) {
                    Some(failed) => Some(failed?),
                    None => gaps.peek().and_then(|gap| gap.as_ref().ok()).copied(),
                };
                Ok(match gap.filter(|gap| gap.start <= row) {
                    None => RowFate::Kept,
                    Some(Gap { replacement: None, .. }) => RowFate::Removed,
                    Some(Gap { replacement: Some(replacement), .. }) => RowFate::Changed(replacement.text),
                })
            })
        })
    }
}

/// Packs a portion. Some formats pack each record separately, so that readers can jump to it.
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
