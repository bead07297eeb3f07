//! Adds the documents that a job keeps to the index, for later jobs.
//!
//! In: the tables, ids and texts of a job, and which documents it does not keep. Out: a [`Batch`], whose files are
//! written. It becomes part of the index when it is [listed](CorpusIndex::list).

use crate::corpus::context::Context;
use crate::corpus::input::texts::{TextStore, WalkedDocument};
use crate::corpus::store::corpus_index::{Batch, BatchFiles, CorpusIndex};
use crate::corpus::store::document::{Document, NO_INPUT};
use crate::corpus::store::document_set::Bits;
use crate::corpus::store::ids::Ids;
use crate::corpus::store::table::{Appender, Table};
use crate::corpus::store::work::Plan;
use crate::error::Error;
use crate::support::ordered_workers;

/// The documents that a job keeps, and where they are.
pub(crate) struct KeptDocuments<'k> {
    pub(crate) context: &'k Context<'k>,
    /// The documents that the job does not keep.
    pub(crate) gone: &'k Bits,
    pub(crate) texts: &'k TextStore<'k>,
    pub(crate) ids: &'k Ids<'k>,
}

/// A kept document as the index stores it.
struct PackedDocument {
    document: Document,
    sketch: Vec<u8>,
    id: Vec<u8>,
    text: Vec<u8>,
}

impl KeptDocuments<'_> {
    /// Writes the new documents into files of the index.
    pub(crate) fn pack(&self, plan: &Plan) -> Result<Batch, Error> {
        let index = self.context.index;
        let mut writer = BatchWriter::new(index.batch_files(plan))?;
        let sketches = self.context.sketch_table()?;
        let new = self.context.numbering.new_documents();
        let mut walk = self.texts.walk(new.start);
        let fetch = || {
            let done = walk.position() - new.start;
            self.context.tell_documents("adding to the index", done, new.len() as u32)?;
            let block = walk.next(|number| Ok(!self.gone.contains(number)))?;
            Ok((!block.is_empty()).then_some(block))
        };
        ordered_workers::in_order(
            rayon::current_num_threads(),
            fetch,
            |block| block.iter().map(|walked| self.packed(walked, &sketches)).collect::<Result<Vec<_>, _>>(),
            |packed| writer.append(&packed),
        )?;
        writer.sync()?;
        let sums = [&writer.rows, &writer.sketches, &writer.ids].map(Appender::checksum);
        Ok(CorpusIndex::batch(plan, writer.documents, sums, writer.texts.len()))
    }

    fn packed(&self, walked: &WalkedDocument, sketches: &Table) -> Result<PackedDocument, Error> {
        let text = self.texts.with_walked(walked, str::to_owned)?;
        let mut sketch = vec![0; sketches.width()];
        sketches.row(walked.number, &mut sketch)?;
        let packed = CorpusIndex::packed(text.as_bytes())?;
        let id = self.ids.json(walked.number)?.into_bytes();
        let document = Document {
            input: NO_INPUT,
            length: packed.len() as u32,
            text_start: 0,
            text_length: text.len() as u32,
            id_length: id.len() as u32,
            ..walked.document
        };
        Ok(PackedDocument { document, sketch, id, text: packed })
    }
}

/// The files of a batch while they are written.
struct BatchWriter {
    rows: Appender,
    sketches: Appender,
    ids: Appender,
    texts: Appender,
    documents: u32,
}

impl BatchWriter {
    fn new(files: BatchFiles) -> Result<BatchWriter, Error> {
        Ok(BatchWriter {
            rows: Appender::new(files.documents)?,
            sketches: Appender::new(files.sketches)?,
            ids: Appender::new(files.ids)?,
            texts: Appender::new(files.texts)?,
            documents: 0,
        })
    }

    fn append(&mut self, packed: &[PackedDocument]) -> Result<(), Error> {
        let mut rows = Vec::with_capacity(packed.len() * Document::BYTES);
        for PackedDocument { document, sketch, id, text } in packed {
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
            .try_for_each(|file| file.sync().map(|_| ()))
    }
}
