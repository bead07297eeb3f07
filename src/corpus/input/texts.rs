//! Texts, read again from the inputs: every claim is verified on them.
//!
//! In: the number of a document. Out: its text, the same as at the first reading, or an error. The text of a plain file
//! is read at its place. Inputs that cannot be read at a place (packed files, Parquet) are read once more from start to
//! end, and the texts that are needed go to a table of their own.

use crate::corpus::input::blocks;
use crate::corpus::input::files::{Format, Input};
use crate::corpus::input::json_lines;
use crate::corpus::input::packing;
use crate::corpus::input::parquet;
use crate::corpus::input::read;
use crate::corpus::input::settings::Fields;
use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::document::{Document, NO_INPUT};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::numbering::Numbering;
use crate::corpus::store::priority::FieldValue;
use crate::corpus::store::table::{Appender, Stored, Table};
use crate::corpus::store::work::Work;
use crate::dedup::content;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::progress::Watch;
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

const TEXTS: &str = "texts.table";
const PLACES: &str = "text-places.table";
/// Bytes of a place: where a text starts in the table, and its length.
const PLACE_BYTES: usize = 12;
/// Files held open at once: below the limit that systems set for a program.
const OPEN_FILES: usize = 128;
/// Bytes of rows read at once.
const PORTION_BYTES: usize = 1 << 20;

/// See the [room](self).
pub(crate) struct TextStore<'t> {
    index: &'t CorpusIndex,
    inputs: &'t [Input],
    documents: &'t Table,
    numbering: Numbering,
    fields: Fields<'t>,
    open: Mutex<HashMap<u32, Arc<Stored>>>,
    /// The texts that cannot be read at their place, and where they are.
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
        if work.done::<bool>("texts")?.is_none() {
            Gathering::new(&texts, work)?.run(needed, watch)?;
            work.finish("texts", &true)?;
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

    /// The format of the input that holds a document; `None` if it is of an earlier job.
    pub(crate) fn format_of(&self, number: u32) -> Result<Option<Format>, Error> {
        let document = self.document(number)?;
        Ok(self.inputs.get(document.input as usize).map(|input| input.format))
    }

    /// Calls `look` with the text of a document.
    pub(crate) fn with<T>(&self, number: u32, look: impl FnOnce(&str) -> T) -> Result<T, Error> {
        let document = self.document(number)?;
        let raw = if document.input == NO_INPUT {
            self.index.text(number, &document)?
        } else {
            self.raw(number, &document)?
        };
        self.unescaped(&document, &raw, look)
    }

    /// Calls `look` with the text of a document, given as it stands where it was found.
    fn unescaped<T>(
        &self,
        document: &Document,
        raw: &[u8],
        look: impl FnOnce(&str) -> T,
    ) -> Result<T, Error> {
        let input = self.inputs.get(document.input as usize);
        let text = read::utf8(raw).ok().and_then(|raw| match input.map(|input| input.format) {
            Some(Format::JsonLines) => json_lines::string(raw, self.fields.text).ok(),
            _ => Some(Cow::Borrowed(raw)),
        });
        match (text, input) {
            (Some(text), _) if content(&text) == document.content => Ok(look(&text)),
            (_, Some(input)) => Err(changed(input, document)),
            (_, None) => {
                Err(Error::corrupt("a text of the index is not the one that was put there; make it anew"))
            }
        }
    }

    /// The text of a document of this job, as it stands in the input.
    fn raw(&self, number: u32, document: &Document) -> Result<Vec<u8>, Error> {
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
        "{}: record {} is not what it was when it was read first: the file changed; remove the work folder and run again",
        input.path.display(),
        document.record
    ))
}

/// The table of texts in the making.
struct Gathering<'g> {
    known: &'g TextStore<'g>,
    work: &'g Work,
    texts: Appender,
    places: Appender,
}

impl<'g> Gathering<'g> {
    fn new(known: &'g TextStore<'g>, work: &'g Work) -> Result<Self, Error> {
        let texts = Appender::at(work.path(TEXTS), 0)?;
        let places = Appender::at(work.path(PLACES), 0)?;
        Ok(Gathering { known, work, texts, places })
    }

    fn run(mut self, needed: &Bits, watch: &Watch) -> Result<(), Error> {
        let TextStore { documents, numbering, inputs, fields, .. } = *self.known;
        let mut unpacking: Option<Unpacking> = None;
        for portion in documents.portions(numbering.earlier(), PORTION_BYTES) {
            let (first, rows) = portion?;
            watch.tell(
                "reading texts again",
                ProgressUnit::Documents,
                first.into(),
                Some(numbering.all().into()),
            )?;
            self.work.check_room()?;
            for (number, row) in (first..).zip(rows.chunks_exact(Document::BYTES)) {
                let document = Document::load(row);
                let input = &inputs[document.input as usize];
                if input.is_seekable() || !needed.contains(number) {
                    self.place(0, 0)?;
                    continue;
                }
                let text = Unpacking::next_text(&mut unpacking, fields, input, &document)?;
                self.place(self.texts.len(), text.len() as u32)?;
                self.texts.append(&text)?;
            }
        }
        self.texts.sync()?;
        self.places.sync()
    }

    fn place(&mut self, start: u64, length: u32) -> Result<(), Error> {
        let mut place = [0; PLACE_BYTES];
        place[..8].copy_from_slice(&start.to_le_bytes());
        place[8..].copy_from_slice(&length.to_le_bytes());
        self.places.append(&place)
    }
}

/// A document, and its text as it stands where it cannot be read at its place.
pub(crate) struct WalkedDocument {
    pub(crate) number: u32,
    pub(crate) document: Document,
    raw: Option<Vec<u8>>,
}

/// Many documents in order, texts and all, without [gathering](TextStore::gather) them first.
pub(crate) struct Walk<'w> {
    texts: &'w TextStore<'w>,
    next: u32,
    unpacking: Option<Unpacking>,
}

impl<'t> TextStore<'t> {
    /// Starts a walk at a document.
    pub(crate) fn walk(&'t self, first: u32) -> Walk<'t> {
        Walk { texts: self, next: first, unpacking: None }
    }

    /// Calls `look` with the text of a document that a walk came by.
    pub(crate) fn with_walked<T>(
        &self,
        walked: &WalkedDocument,
        look: impl FnOnce(&str) -> T,
    ) -> Result<T, Error> {
        match &walked.raw {
            None => self.with(walked.number, look),
            Some(raw) => self.unescaped(&walked.document, raw, look),
        }
    }
}

impl Walk<'_> {
    /// Documents that are walked by at once.
    const BLOCK: usize = 256;

    /// The number of the document that comes next.
    pub(crate) fn position(&self) -> u32 {
        self.next
    }

    /// The next documents of those that are wanted.
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
                    Some(Unpacking::next_text(&mut self.unpacking, self.texts.fields, input, &document)?)
                }
                _ => None,
            };
            block.push(WalkedDocument { number, document, raw });
        }
        Ok(block)
    }
}

/// An input that is read once more, front to back.
struct Unpacking {
    input: u32,
    kind: Kind,
}

enum Kind {
    Stream { unpacked: Box<dyn Read + Send>, at: u64 },
    Parquet { reader: Box<parquet::Reader>, rows: Option<(u64, parquet::Rows)> },
}

impl Unpacking {
    /// The text of a document, as it stands, that stands behind the last one asked for, or in a later input.
    fn next_text(
        going: &mut Option<Unpacking>,
        fields: Fields<'_>,
        input: &Input,
        document: &Document,
    ) -> Result<Vec<u8>, Error> {
        if going.as_ref().is_none_or(|going| going.input != document.input) {
            *going = Some(Unpacking::open(fields, document.input, input)?);
        }
        let open = going.as_mut().expect("just opened");
        open.text(document).map_err(|error| {
            Error::io(
                format!("cannot read record {} of {} again", document.record, input.path.display()),
                error,
            )
        })
    }

    fn open(fields: Fields<'_>, number: u32, input: &Input) -> Result<Unpacking, Error> {
        input.check_unchanged()?;
        let failed = |error| Error::io(format!("cannot read {} again", input.path.display()), error);
        let kind = if input.format == Format::Parquet {
            let reader = parquet::Reader::open(input, fields, 0)?.map_err(Error::corrupt)?;
            Kind::Parquet { reader: Box::new(reader), rows: None }
        } else {
            let (file, packing) = packing::open(&input.path)?;
            Kind::Stream { unpacked: packing.unpacked(file).map_err(failed)?, at: 0 }
        };
        Ok(Unpacking { input: number, kind })
    }

    /// The text of a document that stands behind the last one asked for.
    fn text(&mut self, document: &Document) -> io::Result<Vec<u8>> {
        match &mut self.kind {
            Kind::Stream { unpacked, at } => {
                let start = document.offset + u64::from(document.text_start);
                io::copy(&mut unpacked.by_ref().take(start - *at), &mut io::sink())?;
                let mut text = vec![0; document.text_length as usize];
                unpacked.read_exact(&mut text)?;
                *at = start + text.len() as u64;
                Ok(text)
            }
            Kind::Parquet { reader, rows } => loop {
                if let Some((first, here)) = rows
                    && document.offset < *first + here.len() as u64
                {
                    return match here.text((document.offset - *first) as usize) {
                        FieldValue::String(text) => Ok(text.as_bytes().to_vec()),
                        _ => Err(io::ErrorKind::InvalidData.into()),
                    };
                }
                match reader.next().map_err(io::Error::other)? {
                    Some((first, blocks::Content::Rows(next))) => *rows = Some((first, next)),
                    Some(_) => {}
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
            },
        }
    }
}
