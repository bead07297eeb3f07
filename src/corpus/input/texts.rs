//! Texts, read again from the inputs so that every result is verified on them.
//!
//! In: the number of a document. Out: its text, the same as at the first reading, or an error. In a file that is not packed,
//! the text is read at its offset. Inputs that cannot be read at an offset (packed files, Parquet) are read once more from
//! start to end, and the needed texts are written to a separate table.

use crate::corpus::input::files::Input;
use crate::corpus::input::format::{BlockContent, Layout, RecordFormat, RowBlock, RowReader, utf8};
use crate::corpus::input::packing;
use crate::corpus::input::settings::Fields;
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::document::{Document, NO_INPUT};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::table::{Appender, Seal, Stored, Table};
use crate::corpus::store::work::Work;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use crate::support::fast_map::FastMap;
use crate::support::hash;
use std::borrow::Cow;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

const STAGE: &str = "texts";
const TEXTS: &str = "texts.table";
const PLACES: &str = "text-places.table";
/// Bytes of a place: where a text starts in the table, and its length.
const PLACE_BYTES: usize = 12;
/// The most files that are open at once: below the limit that systems set for a program.
const OPEN_FILES: usize = 128;
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// See the [module](self).
pub(crate) struct TextStore<'t> {
    index: &'t CorpusIndex,
    inputs: &'t [Input],
    documents: &'t Table,
    numbering: Numbering,
    fields: Fields<'t>,
    open: Mutex<FastMap<u32, Arc<Stored>>>,
    /// The texts of inputs that cannot be read at an offset, and their places.
    unpacked: Option<(Stored, Table)>,
}

impl<'t> TextStore<'t> {
    /// Makes the texts of all documents in `needed` readable.
    pub(crate) fn gather(
        fields: Fields<'t>,
        inputs: &'t [Input],
        index: &'t CorpusIndex,
        (documents, numbering): (&'t Table, Numbering),
        needed: &Bits,
        work: &Work,
        watch: &Watch,
    ) -> Result<TextStore<'t>, Error> {
        let mut texts =
            TextStore { index, inputs, documents, numbering, fields, open: Mutex::default(), unpacked: None };
        if inputs.iter().all(Input::is_seekable) {
            return Ok(texts);
        }
        match work.done::<[Seal; 2]>(STAGE)? {
            Some([texts, places]) => {
                texts.check(&work.path(TEXTS))?;
                places.check(&work.path(PLACES))?;
            }
            None => work.finish(STAGE, &Gathering::new(&texts, work)?.run(needed, watch)?)?,
        }
        let places = numbering.new_documents().len() as u32;
        let places = Table::open(vec![(work.path(PLACES), places)], PLACE_BYTES)?;
        texts.unpacked = Some((Stored::open(work.path(TEXTS))?, places));
        Ok(texts)
    }

    /// The row of a document.
    pub(crate) fn document(&self, number: u32) -> Result<Document, Error> {
        let mut row = [0; Document::BYTES];
        self.documents.row(number, &mut row)?;
        Ok(Document::load(&row))
    }

    /// The format of the input that holds a document; `None` for a document of the index.
    pub(crate) fn format_of(&self, number: u32) -> Result<Option<&'static dyn RecordFormat>, Error> {
        let document = self.document(number)?;
        Ok(self.inputs.get(document.input as usize).map(|input| input.format))
    }

    /// Calls `callback` with the text of a document.
    pub(crate) fn with<T>(&self, number: u32, callback: impl FnOnce(&str) -> T) -> Result<T, Error> {
        let document = self.document(number)?;
        let raw = if document.input == NO_INPUT {
            self.index.text(number, &document)?
        } else {
            self.stored(number, &document)?
        };
        self.decoded(&document, &raw, callback)
    }

    /// Calls `callback` with the text of a document, given its stored bytes.
    fn decoded<T>(
        &self,
        document: &Document,
        raw: &[u8],
        callback: impl FnOnce(&str) -> T,
    ) -> Result<T, Error> {
        let input = self.inputs.get(document.input as usize);
        let text = match input {
            Some(input) => input.format.decode(raw, self.fields),
            None => utf8(raw).ok().map(Cow::Borrowed),
        };
        match (text, input) {
            (Some(text), _) if hash::digest(text.as_bytes()) == document.content => Ok(callback(&text)),
            (_, Some(input)) => Err(changed(input, document)),
            (_, None) => Err(Error::corrupt("a text of the index was altered; make the index anew")),
        }
    }

    /// The stored text of a new document.
    fn stored(&self, number: u32, document: &Document) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![0; document.text_length as usize];
        if self.inputs[document.input as usize].is_seekable() {
            let place = document.offset + u64::from(document.text_start);
            self.file(document.input)?.read(place, &mut bytes)?;
            return Ok(bytes);
        }
        let (texts, places) = self.unpacked.as_ref().expect("gathered, since an input is packed");
        let mut place = [0; PLACE_BYTES];
        places.row(self.numbering.place_among_new(number), &mut place)?;
        let start = u64::from_le_bytes(place[..8].try_into().expect("eight bytes"));
        bytes.resize(u32::from_le_bytes(place[8..].try_into().expect("four bytes")) as usize, 0);
        texts.read(start, &mut bytes)?;
        Ok(bytes)
    }

    fn file(&self, input: u32) -> Result<Arc<Stored>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&input) {
            return Ok(Arc::clone(file));
        }
        if open.len() >= OPEN_FILES {
            open.clear();
        }
        let file = Arc::new(Stored::open(self.inputs[input as usize].path.clone())?);
        open.insert(input, Arc::clone(&file));
        Ok(file)
    }
}

fn changed(input: &Input, document: &Document) -> Error {
    Error::incompatible(format!(
        "{}: record {} differs from the first reading: the file changed; remove the work folder and run again",
        input.path.display(),
        document.record
    ))
}

/// Writes the table of texts.
struct Gathering<'g> {
    known: &'g TextStore<'g>,
    work: &'g Work,
    texts: Appender,
    places: Appender,
}

impl<'g> Gathering<'g> {
    fn new(known: &'g TextStore<'g>, work: &'g Work) -> Result<Self, Error> {
        let texts = Appender::new(work.path(TEXTS))?;
        let places = Appender::new(work.path(PLACES))?;
        Ok(Gathering { known, work, texts, places })
    }

    /// Returns the seals of both tables.
    fn run(mut self, needed: &Bits, watch: &Watch) -> Result<[Seal; 2], Error> {
        let TextStore { documents, numbering, inputs, fields, .. } = *self.known;
        let mut rereading: Option<Rereading> = None;
        for portion in documents.portions(numbering.earlier(), PORTION_BYTES) {
            let (first, rows) = portion?;
            watch.tell(
                "reading texts again",
                ProgressUnit::Documents,
                first.into(),
                Some(numbering.all().into()),
            )?;
            self.work.check_disk()?;
            for (number, row) in (first..).zip(rows.chunks_exact(Document::BYTES)) {
                let document = Document::load(row);
                let input = &inputs[document.input as usize];
                if input.is_seekable() || !needed.contains(number) {
                    self.place(0, 0)?;
                    continue;
                }
                let text = Rereading::next_text(&mut rereading, fields, input, &document)?;
                self.place(self.texts.len(), text.len() as u32)?;
                self.texts.append(&text)?;
            }
        }
        Ok([self.texts.sync()?, self.places.sync()?])
    }

    fn place(&mut self, start: u64, length: u32) -> Result<(), Error> {
        let mut place = [0; PLACE_BYTES];
        place[..8].copy_from_slice(&start.to_le_bytes());
        place[8..].copy_from_slice(&length.to_le_bytes());
        self.places.append(&place)
    }
}

/// A document, with its stored text if that cannot be read at an offset.
pub(crate) struct WalkedDocument {
    pub(crate) number: u32,
    pub(crate) document: Document,
    raw: Option<Vec<u8>>,
}

/// Documents in their order, with their texts. The texts need not be [gathered](TextStore::gather) first.
pub(crate) struct Walk<'w> {
    texts: &'w TextStore<'w>,
    next: u32,
    rereading: Option<Rereading>,
}

impl<'t> TextStore<'t> {
    /// Starts a walk at a document.
    pub(crate) fn walk(&'t self, first: u32) -> Walk<'t> {
        Walk { texts: self, next: first, rereading: None }
    }

    /// Calls `callback` with the text of a document that a walk returned.
    pub(crate) fn with_walked<T>(
        &self,
        walked: &WalkedDocument,
        callback: impl FnOnce(&str) -> T,
    ) -> Result<T, Error> {
        match &walked.raw {
            None => self.with(walked.number, callback),
            Some(raw) => self.decoded(&walked.document, raw, callback),
        }
    }
}

impl Walk<'_> {
    /// Documents of one step of a walk.
    const BLOCK: usize = 256;

    /// The number of the next document.
    pub(crate) fn position(&self) -> u32 {
        self.next
    }

    /// The next documents for which `wants` is true.
    pub(crate) fn next(
        &mut self,
        mut wants: impl FnMut(u32) -> Result<bool, Error>,
    ) -> Result<Vec<WalkedDocument>, Error> {
        let mut block = Vec::new();
        while block.len() < Walk::BLOCK && self.next < self.texts.documents.rows() {
            let number = self.next;
            self.next += 1;
            if !wants(number)? {
                continue;
            }
            let document = self.texts.document(number)?;
            let raw = match self.texts.inputs.get(document.input as usize) {
                Some(input) if !input.is_seekable() => {
                    Some(Rereading::next_text(&mut self.rereading, self.texts.fields, input, &document)?)
                }
                _ => None,
            };
            block.push(WalkedDocument { number, document, raw });
        }
        Ok(block)
    }
}

/// An input that is read once more from start to end.
struct Rereading {
    input: u32,
    source: RereadSource,
}

enum RereadSource {
    Stream { unpacked: Box<dyn Read + Send>, at: u64 },
    Rows { reader: Box<dyn RowReader>, block: Option<(u64, Box<dyn RowBlock>)> },
}

impl Rereading {
    /// The stored text of a document. Call this for documents in ascending order.
    fn next_text(
        current: &mut Option<Rereading>,
        fields: Fields<'_>,
        input: &Input,
        document: &Document,
    ) -> Result<Vec<u8>, Error> {
        if current.as_ref().is_none_or(|current| current.input != document.input) {
            *current = Some(Rereading::open(fields, document.input, input)?);
        }
        let open = current.as_mut().expect("just opened");
        open.text(document).map_err(|error| {
            Error::io(
                format!(
                    "cannot read record {} of {} again: check the disk, and run again",
                    document.record,
                    input.path.display()
                ),
                error,
            )
        })
    }

    fn open(fields: Fields<'_>, number: u32, input: &Input) -> Result<Rereading, Error> {
        input.check_unchanged()?;
        let failed = |error| Error::cannot_read(&input.path, error);
        let source = match input.format.layout() {
            Layout::Rows(format) => {
                let reader = format.open(&input.path, fields, 0)?.map_err(Error::corrupt)?;
                RereadSource::Rows { reader, block: None }
            }
            Layout::Bytes(_) => {
                let (file, packing) = packing::open(&input.path)?;
                RereadSource::Stream { unpacked: input.unpacking.read(packing, file).map_err(failed)?, at: 0 }
            }
        };
        Ok(Rereading { input: number, source })
    }

    /// The stored text of a document that comes after the last one.
    fn text(&mut self, document: &Document) -> io::Result<Vec<u8>> {
        match &mut self.source {
            RereadSource::Stream { unpacked, at } => {
                let start = document.offset + u64::from(document.text_start);
                io::copy(&mut unpacked.by_ref().take(start - *at), &mut io::sink())?;
                let mut text = vec![0; document.text_length as usize];
                unpacked.read_exact(&mut text)?;
                *at = start + text.len() as u64;
                Ok(text)
            }
            RereadSource::Rows { reader, block } => loop {
                if let Some((first, rows)) = block
                    && document.offset < *first + rows.len() as u64
                {
                    // A row before the block was in a part that could be read before and is damaged now.
                    let row = document.offset.checked_sub(*first);
                    let text = row.and_then(|row| rows.text(row as usize));
                    return text
                        .map(|text| text.as_bytes().to_vec())
                        .ok_or(io::ErrorKind::InvalidData.into());
                }
                match reader.next().map_err(io::Error::other)? {
                    Some((first, BlockContent::Rows(next))) => *block = Some((first, next)),
                    Some(_) => {}
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            },
        }
    }
}
