//! The forecast: how much disk space a job needs, before it starts.
//!
//! In: the inputs, and the first records of some of them. Out: bytes for the work folder and for the output, and an
//! error if a disk has fewer bytes left.
//!
//! The forecast is an estimate. It assumes that all records of an input are as long as its first ones, and that a packed
//! byte unpacks to [`UNPACKED_PER_BYTE`] bytes. A run also checks the disk while it works.

use crate::corpus::decide::candidates;
use crate::corpus::input::blocks::{Blocks, Position};
use crate::corpus::input::files::Input;
use crate::corpus::input::format::{BlockContent, Layout};
use crate::corpus::output::passages;
use crate::corpus::settings::Settings;
use crate::corpus::store::corpus_index;
use crate::corpus::store::document::Document;
use crate::corpus::store::work::disk_space;
use crate::error::Error;
use std::path::Path;

/// The number of inputs whose first records are read.
const SAMPLED_INPUTS: usize = 8;
/// The assumed number of bytes that a packed byte unpacks to.
const UNPACKED_PER_BYTE: u64 = 4;
/// The assumed bytes of an id; the real ids are not read yet.
const ID_BYTES: u64 = 24;
/// One packed text in this many is assumed to be unpacked again, to be compared.
const COMPARED_DIVISOR: u64 = 3;

/// An estimate of what a [`Job`](super::super::Job) needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Forecast {
    /// The number of documents.
    pub documents: u64,
    /// Unpacked bytes of the inputs.
    pub bytes: u64,
    /// Most bytes of the work folder at a time.
    pub work_bytes: u64,
    /// Bytes of the output.
    pub output_bytes: u64,
}

/// Estimates what a job needs that reads these inputs.
pub(crate) fn forecast(settings: &Settings, inputs: &[Input]) -> Result<Forecast, Error> {
    let unpacked = |input: &Input| {
        if input.is_seekable() { input.bytes } else { UNPACKED_PER_BYTE * input.bytes }
    };
    let bytes: u64 = inputs.iter().map(unpacked).sum();
    let packed: u64 = inputs.iter().filter(|input| !input.is_seekable()).map(unpacked).sum();
    let documents = record_bytes(settings, inputs)?.map_or(0, |length| bytes / length + 1);
    let tables = documents * (Document::BYTES as u64 + settings.shape()?.width() as u64 + ID_BYTES);
    let memory = settings.budget() as usize;
    let sorted = candidates::forecast(documents, settings.bands()?, memory);
    let (unpacked_again, passages) = match settings.passages {
        None => (packed / COMPARED_DIVISOR, 0),
        // All texts are read again, those of the index too. Trimmed texts take at most as many bytes as all texts.
        Some(_) => {
            let of_index = corpus_index::text_bytes(settings.index.as_deref(), UNPACKED_PER_BYTE)?;
            let search = passages::finder(settings).disk_forecast(bytes + of_index, memory / 2);
            (packed, search + bytes)
        }
    };
    Ok(Forecast {
        documents,
        bytes,
        work_bytes: tables + sorted + unpacked_again + passages,
        output_bytes: inputs.iter().map(|input| input.bytes).sum(),
    })
}

/// The mean bytes of the first records of some inputs; `None` if there are no records.
fn record_bytes(settings: &Settings, inputs: &[Input]) -> Result<Option<u64>, Error> {
    let step = inputs.len().div_ceil(SAMPLED_INPUTS).max(1);
    let (mut records, mut bytes) = (0_u64, 0_u64);
    for number in (0..inputs.len()).step_by(step) {
        let start = Position { input: number as u32, offset: 0 };
        let block = Blocks::from(start, inputs, settings.read_settings()).next()?;
        let block = block.filter(|block| block.input == number as u32);
        let (count, length) = match block.map(|block| block.content) {
            Some(BlockContent::Records(content)) => {
                let count = match inputs[number].format.layout() {
                    Layout::Bytes(format) => format.count(&content),
                    Layout::Rows(_) => 1,
                };
                (count.max(1), content.len() as u64)
            }
            Some(BlockContent::Rows(rows)) => (rows.len() as u64, rows.text_bytes()),
            _ => (0, 0),
        };
        records += count;
        bytes += length;
    }
    Ok((bytes > 0).then(|| (bytes / records.max(1)).max(1)))
}

impl Forecast {
    /// An error if the disks have not enough free space.
    pub(crate) fn check(&self, work: &Path, output: &Path) -> Result<(), Error> {
        let (Some((work_free, work_size)), Some((output_free, output_size))) =
            (disk_space(work), disk_space(output))
        else {
            return Ok(());
        };
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        // Two folders whose disks have the same size and the same free space are almost certainly on one disk.
        if (work_free, work_size) == (output_free, output_size) {
            let needed = self.work_bytes + self.output_bytes;
            let message = format!(
                "about {} MiB on disk ({} of them for intermediate files)",
                mib(needed),
                mib(self.work_bytes)
            );
            return check_free(output, needed, output_free, &message);
        }
        let message = format!("about {} MiB for intermediate files", mib(self.work_bytes));
        check_free(work, self.work_bytes, work_free, &message)?;
        let message = format!("about {} MiB for the output", mib(self.output_bytes));
        check_free(output, self.output_bytes, output_free, &message)
    }
}

fn check_free(folder: &Path, needed: u64, free: u64, message: &str) -> Result<(), Error> {
    if needed <= free {
        return Ok(());
    }
    Err(Error::io(
        format!(
            "not begun: the job takes {message}, and the disk of {} has {} MiB free. Free some space or choose another folder",
            folder.display(),
            free.div_ceil(1 << 20)
        ),
        std::io::ErrorKind::StorageFull.into(),
    ))
}
