//! The inputs as a sequence of blocks. Threads take the blocks one by one.
//!
//! In: the inputs, in order, and where to start. Out: [`Block`]s of whole records, about a mebibyte each, in order. The
//! threads parse the records.

use crate::corpus::input::files::Input;
use crate::corpus::input::format::{BlockContent, Extent, Layout, RowReader};
use crate::corpus::input::settings::ReadSettings;
use crate::corpus::input::stream::StreamReader;
use crate::error::Error;

/// Some consecutive records of one input.
pub(crate) struct Block {
    /// Number of the input.
    pub(crate) input: u32,
    /// Where the block starts in the unpacked input. In a format of rows, the number of the first row, from 0.
    pub(crate) offset: u64,
    /// Bytes of the file that are read, approximately.
    pub(crate) read: u64,
    pub(crate) content: BlockContent,
}

/// A place in the inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct Position {
    /// Number of the input.
    pub(crate) input: u32,
    /// The place in that input, in the same unit as [`Block::offset`].
    pub(crate) offset: u64,
}

/// See the [module](self).
pub(crate) struct Blocks<'i> {
    inputs: &'i [Input],
    settings: ReadSettings<'i>,
    at: Position,
    open: Option<Reader>,
}

enum Reader {
    Stream(Box<StreamReader>),
    Rows(Box<dyn RowReader>),
}

impl<'i> Blocks<'i> {
    /// All blocks from a position on.
    pub(crate) fn from(at: Position, inputs: &'i [Input], settings: ReadSettings<'i>) -> Blocks<'i> {
        Blocks { inputs, settings, at, open: None }
    }

    /// The next block.
    ///
    /// # Errors
    /// `is_io` if an input cannot be read at all.
    pub(crate) fn next(&mut self) -> Result<Option<Block>, Error> {
        while let Some(input) = self.inputs.get(self.at.input as usize) {
            let mut reader = match self.open.take() {
                Some(reader) => reader,
                None => match self.open(input)? {
                    Ok(reader) => reader,
                    Err(reason) => {
                        let Position { input: number, offset } = self.at;
                        self.at = Position { input: number + 1, offset: 0 };
                        let content = BlockContent::Broken { extent: Extent::Rest, reason };
                        return Ok(Some(Block { input: number, offset, read: input.bytes, content }));
                    }
                },
            };
            let (found, read) = match &mut reader {
                Reader::Stream(stream) => (stream.next()?, stream.bytes_read()),
                Reader::Rows(rows) => (rows.next()?, rows.share_of(input.bytes)),
            };
            match found {
                Some((offset, content)) => {
                    self.open = Some(reader);
                    return Ok(Some(Block { input: self.at.input, offset, read, content }));
                }
                None => self.at = Position { input: self.at.input + 1, offset: 0 },
            }
        }
        Ok(None)
    }

    /// Opens an input at the current offset. The inner error says why its content cannot be read.
    fn open(&self, input: &Input) -> Result<Result<Reader, String>, Error> {
        if let Some(reason) = &input.refusal {
            return Ok(Err(reason.clone()));
        }
        let ReadSettings { fields, max_record, .. } = self.settings;
        match input.format.layout() {
            Layout::Bytes(format) => {
                let format = (format, input.format.is_one_record());
                let stream =
                    StreamReader::open((&input.path, input.unpacking), format, max_record, self.at.offset)?;
                Ok(Ok(Reader::Stream(Box::new(stream))))
            }
            Layout::Rows(format) => {
                let rows = format.open(&input.path, fields, self.at.offset)?;
                Ok(rows.map(Reader::Rows))
            }
        }
    }
}
