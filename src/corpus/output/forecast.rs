//! The forecast: how much disk a job will take, before it starts.
//!
//! In: the inputs, and the first records of some of them. Out: bytes for the work folder and for the output, and an error if a
//! disk has not as many left. An estimate: the records of an input are taken to be as long as its first ones, and what is
//! packed to hold [`PACKED`] times its bytes. A run also watches the disk as it goes.

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

/// Inputs whose first records are looked at.
const LOOKED_AT: usize = 8;
/// What a packed byte is taken to hold.
const PACKED: u64 = 4;
/// Bytes of an id, where they are not known.
const ID_BYTES: u64 = 24;
/// Share of the packed texts that is unpacked to be compared, as one in so many.
const COMPARED_DIVISOR: u64 = 3;

/// What a [`Job`] is going to take, about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Forecast {
    /// Documents.
    pub documents: u64,
    /// Unpacked bytes of the inputs.
    pub bytes: u64,
    /// Most bytes of the work folder at a time.
    pub work_bytes: u64,
    /// Bytes of the output.
    pub output_bytes: u64,
}

pub(crate) fn forecast(settings: &Settings, inputs: &[Input]) -> Result<Forecast, Error> {
    let step = inputs.len().div_ceil(LOOKED_AT).max(1);
    let (mut records, mut bytes) = (0, 0);
    for number in (0..inputs.len()).step_by(step) {
        let at = Position { input: number as u32, offset: 0 };
        let block = Blocks::from(at, inputs, settings.read_settings()).next()?;
        let (here, length) =
            match block.filter(|block| block.input == number as u32).map(|block| block.content) {
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
        records += here;
        bytes += length;
    }
    let unpacked = |input: &Input| if input.is_seekable() { input.bytes } else { PACKED * input.bytes };
    let all: u64 = inputs.iter().map(unpacked).sum();
    let packed: u64 = inputs.iter().filter(|input| !input.is_seekable()).map(unpacked).sum();
    let documents = if bytes == 0 { 0 } else { all / (bytes / records.max(1)).max(1) + 1 };
    let tables = documents * (Document::BYTES as u64 + settings.shape()?.width() as u64 + ID_BYTES);
    let spilled = candidates::forecast(documents, settings.bands()?, settings.budget() as usize);
    let (unpacked_again, passages) = match settings.passages {
        None => (packed / COMPARED_DIVISOR, 0),
        // All of it is read again, those of the index too, and trimmed texts take as much as all at most.
        Some(_) => {
            let earlier = corpus_index::text_bytes(settings.index.as_deref(), PACKED)?;
            (
                packed,
                passages::finder(settings).disk_forecast(all + earlier, settings.budget() as usize / 2) + all,
            )
        }
    };
    Ok(Forecast {
        documents,
        bytes: all,
        work_bytes: tables + spilled + unpacked_again + passages,
        output_bytes: inputs.iter().map(|input| input.bytes).sum(),
    })
}

impl Forecast {
    /// An error if the disks have not as much room.
    pub(crate) fn check(&self, work: &Path, output: &Path) -> Result<(), Error> {
        let (Some((work_room, work_size)), Some((output_room, output_size))) =
            (disk_space(work), disk_space(output))
        else {
            return Ok(());
        };
        let mib = |bytes: u64| bytes.div_ceil(1 << 20);
        // Two folders that see the same numbers lie on one disk, but for an accident.
        if (work_room, work_size) == (output_room, output_size) {
            let needed = self.work_bytes + self.output_bytes;
            return if needed <= work_room {
                Ok(())
            } else {
                Err(no_room(
                    output,
                    format!(
                        "about {} MiB on disk ({} of them on the way)",
                        mib(needed),
                        mib(self.work_bytes)
                    ),
                    mib(work_room),
                ))
            };
        }
        if self.work_bytes > work_room {
            return Err(no_room(
                work,
                format!("about {} MiB for work on the way", mib(self.work_bytes)),
                mib(work_room),
            ));
        }
        if self.output_bytes > output_room {
            return Err(no_room(
                output,
                format!("about {} MiB for the output", mib(self.output_bytes)),
                mib(output_room),
            ));
        }
        Ok(())
    }
}

fn no_room(folder: &Path, needed: String, free: u64) -> Error {
    Error::io(
        format!(
            "not begun: the job takes {needed}, and the disk of {} has {free} MiB free. Free some space or choose another folder",
            folder.display()
        ),
        std::io::ErrorKind::StorageFull.into(),
    )
}
