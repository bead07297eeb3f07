//! Gaps: the parts of the inputs that are left out of the kept files or replaced there.
//!
//! In: the removals, the rejected records, and the changes of passages, each in the order of the inputs. Out: the
//! [`Gap`]s of one input after the other, ascending; and [`WithoutGaps`], a stream of an input in which each gap is
//! replaced by its new text or left out.

use crate::corpus::context::Context;
use crate::corpus::decide::witness::{Removal, Removals};
use crate::corpus::input::files::Input;
use crate::corpus::input::format::{ByteFormat, ChangedBytes, Cut, Layout};
use crate::corpus::spill::{Merged, Sorted};
use crate::corpus::store::change::{Change, NEW_TEXTS, TextPlace};
use crate::corpus::store::document::{Document, OPEN_END, REJECTED, Rejected, RejectedLog};
use crate::corpus::store::table::Stored;
use crate::error::Error;
use std::io::{self, Read};

/// Unpacked bytes that are packed together.
const PACKED_BYTES: usize = 1 << 22;

/// Bytes, or rows, of an input that are left out or replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gap {
    pub(crate) input: u32,
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// The replacement; `None` if the gap is left out.
    pub(crate) replacement: Option<Replacement>,
}

/// The replacement of a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Replacement {
    /// This many bytes at the start of the gap are the head of its record, which depends on the text.
    pub(crate) head: u32,
    pub(crate) text: TextPlace,
}

/// The new texts of a job, each in the form that its file holds.
pub(crate) struct NewTexts(Option<Stored>);

impl NewTexts {
    /// Opens the table; without changes there is none.
    pub(crate) fn open(context: &Context<'_>, changes: Option<&Sorted<Change>>) -> Result<NewTexts, Error> {
        changes.map(|_| Stored::open(context.work.path(NEW_TEXTS))).transpose().map(NewTexts)
    }

    /// Reads a text.
    pub(crate) fn read(&self, (start, length): TextPlace) -> Result<Vec<u8>, Error> {
        let mut text = vec![0; length as usize];
        self.0.as_ref().expect("a text has a place only if there are changes").read(start, &mut text)?;
        Ok(text)
    }
}

/// The gaps of all inputs, in the order of the inputs.
pub(crate) struct AllGaps<'g> {
    context: &'g Context<'g>,
    removals: Merged<'g, Removal>,
    rejected: RejectedLog,
    changes: Option<Merged<'g, Change>>,
    /// The next gap of each kind.
    next_removed: Option<Gap>,
    next_rejected: Option<Gap>,
    next_changed: Option<Gap>,
}

impl<'g> AllGaps<'g> {
    pub(crate) fn new(
        context: &'g Context<'g>,
        removals: &'g Removals,
        changes: Option<&'g Sorted<Change>>,
    ) -> Result<AllGaps<'g>, Error> {
        let mut gaps = AllGaps {
            context,
            removals: removals.list.merged()?,
            rejected: RejectedLog::open(&context.work.path(REJECTED))?,
            changes: changes.map(Sorted::merged).transpose()?,
            next_removed: None,
            next_rejected: None,
            next_changed: None,
        };
        gaps.next_removed = gaps.removed()?;
        gaps.next_rejected = gaps.rejected()?;
        gaps.next_changed = gaps.changed()?;
        Ok(gaps)
    }

    fn removed(&mut self) -> Result<Option<Gap>, Error> {
        let Some(removal) = self.removals.next().transpose()? else { return Ok(None) };
        let Document { input, offset, length, .. } = self.context.document(removal.document)?;
        Ok(Some(Gap { input, start: offset, end: offset + u64::from(length), replacement: None }))
    }

    fn rejected(&mut self) -> Result<Option<Gap>, Error> {
        let Some(rejected) = self.rejected.next().transpose()? else { return Ok(None) };
        let Rejected { input, offset, length, .. } = rejected;
        Ok(Some(Gap { input, start: offset, end: offset.saturating_add(length), replacement: None }))
    }

    fn changed(&mut self) -> Result<Option<Gap>, Error> {
        let Some(changes) = &mut self.changes else { return Ok(None) };
        let Some(Change { document, text }) = changes.next().transpose()? else { return Ok(None) };
        let row = self.context.document(document)?;
        let Document { input, offset, length, .. } = row;
        let changed = match (text, self.context.inputs[input as usize].format.layout()) {
            (Some(_), Layout::Bytes(format)) => format.changed_bytes(&row),
            // The whole record, or row.
            _ => ChangedBytes { start: offset, length, head: 0 },
        };
        let ChangedBytes { start, length, head } = changed;
        let replacement = text.map(|text| Replacement { head, text });
        Ok(Some(Gap { input, start, end: start + u64::from(length), replacement }))
    }

    /// The gaps of one input. Call this for the inputs in order, and read the gaps of each to the end.
    pub(crate) fn of_input(&mut self, input: u32) -> InputGaps<'_, 'g> {
        InputGaps { all: self, input }
    }
}

/// The gaps of one input, ascending.
pub(crate) struct InputGaps<'a, 'g> {
    all: &'a mut AllGaps<'g>,
    input: u32,
}

impl InputGaps<'_, '_> {
    fn next_gap(&mut self) -> Result<Option<Gap>, Error> {
        let AllGaps { next_removed, next_rejected, next_changed, .. } = *self.all;
        let of_input = [next_removed, next_rejected, next_changed].into_iter().flatten();
        let first = of_input.filter(|gap| gap.input == self.input).min_by_key(|gap| gap.start);
        if first.is_some() {
            // No two gaps are equal: a record is either removed, rejected or changed.
            if first == next_removed {
                self.all.next_removed = self.all.removed()?;
            } else if first == next_rejected {
                self.all.next_rejected = self.all.rejected()?;
            } else {
                self.all.next_changed = self.all.changed()?;
            }
        }
        Ok(first)
    }
}

impl Iterator for InputGaps<'_, '_> {
    type Item = Result<Gap, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_gap().transpose()
    }
}

/// The unpacked stream of an input in which each gap is replaced.
pub(crate) struct WithoutGaps<'a, 'g, R> {
    stream: R,
    input: &'a Input,
    format: &'a dyn ByteFormat,
    new_texts: &'a NewTexts,
    /// Bytes of the stream that are read.
    position: u64,
    /// The next gap, and those after it.
    gap: Option<Gap>,
    gaps: InputGaps<'a, 'g>,
    /// The rest of the replacement of the last gap.
    replacement: io::Cursor<Vec<u8>>,
}

impl<'a, 'g, R: Read> WithoutGaps<'a, 'g, R> {
    pub(crate) fn new(
        stream: R,
        input: &'a Input,
        format: &'a dyn ByteFormat,
        new_texts: &'a NewTexts,
        mut gaps: InputGaps<'a, 'g>,
    ) -> Result<Self, Error> {
        let gap = gaps.next().transpose()?;
        let replacement = io::Cursor::default();
        Ok(WithoutGaps { stream, input, format, new_texts, position: 0, gap, gaps, replacement })
    }

    /// The next bytes to pack together. If each record is packed separately, these are whole records, and the bytes after
    /// the last of them are `carried` over to the next call.
    pub(crate) fn portion(&mut self, carried: &mut Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        let mut portion = std::mem::take(carried);
        loop {
            let mut more = Vec::new();
            if !self.fill(&mut more)? {
                return Ok((!portion.is_empty()).then_some(portion));
            }
            portion.append(&mut more);
            if self.format.member_length(&portion).is_none() {
                return Ok(Some(portion));
            }
            match self.format.cut(&portion, usize::MAX, false) {
                // The record is longer than the portion: read on.
                Cut::Partial => {}
                Cut::Whole(whole) => {
                    *carried = portion.split_off(whole.get());
                    return Ok(Some(portion));
                }
                // Bytes between records are packed as they come.
                Cut::TooLong(_) | Cut::Broken(_) => return Ok(Some(portion)),
            }
        }
    }

    /// Fills `portion` with the next [`PACKED_BYTES`] bytes, or fewer at the end. Returns whether there were any.
    fn fill(&mut self, portion: &mut Vec<u8>) -> Result<bool, Error> {
        portion.resize(PACKED_BYTES, 0);
        let mut filled = 0;
        while filled < PACKED_BYTES {
            let read = self.replacement.read(&mut portion[filled..]).map_err(|error| self.failed(error))?;
            if read > 0 {
                filled += read;
                continue;
            }
            if let Some(gap) = self.gap.filter(|gap| gap.start == self.position) {
                if gap.end == OPEN_END {
                    break;
                }
                self.skip(gap)?;
                continue;
            }
            let wanted = (PACKED_BYTES - filled) as u64;
            let until_gap = self.gap.map_or(u64::MAX, |gap| gap.start - self.position);
            let end = filled + wanted.min(until_gap) as usize;
            match self.stream.read(&mut portion[filled..end]) {
                Ok(0) => break,
                Ok(read) => {
                    filled += read;
                    self.position += read as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        portion.truncate(filled);
        if filled == 0 {
            // The remaining gaps are skipped, so that the next input starts with its own gaps.
            while self.gaps.next().transpose()?.is_some() {}
        }
        Ok(filled > 0)
    }

    /// Reads over a gap and prepares its replacement.
    fn skip(&mut self, gap: Gap) -> Result<(), Error> {
        let mut skipped = self.stream.by_ref().take(gap.end - gap.start);
        let mut head = vec![0; gap.replacement.map_or(0, |replacement| replacement.head as usize)];
        let passed = skipped.read_exact(&mut head).and_then(|()| io::copy(&mut skipped, &mut io::sink()));
        self.position += head.len() as u64 + passed.map_err(|error| self.failed(error))?;
        if let Some(replacement) = gap.replacement {
            let text = self.new_texts.read(replacement.text)?;
            self.replacement = io::Cursor::new(self.format.replacement(&head, text));
        }
        self.gap = self.gaps.next().transpose()?;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::cannot_read(&self.input.path, error)
    }
}
