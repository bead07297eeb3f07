//! The ids of documents.
//!
//! In: the number of a document. Out: its id as JSON. This is the id in its record or, if the record has none, the place of
//! the record (`FILE:RECORD`).

use crate::corpus::store::corpus_index::CorpusIndex;
use crate::corpus::store::document::{Document, NO_INPUT};
use crate::corpus::store::table::{Stored, Table};
use crate::corpus::store::work::Work;
use crate::error::Error;
use serde_json::Value;

/// The table of ids that the read pass writes.
pub(crate) const IDS: &str = "ids.table";

/// How a record without an id is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InputName {
    pub(crate) name: String,
    /// Whether the whole input is one record; the id then is the name alone.
    pub(crate) is_one_record: bool,
}

impl InputName {
    fn of_record(&self, record: u64) -> String {
        if self.is_one_record { self.name.clone() } else { format!("{}:{record}", self.name) }
    }
}

/// The ids of documents, as JSON.
pub(crate) struct Ids<'i> {
    stored: Stored,
    index: &'i CorpusIndex,
    documents: &'i Table,
    inputs: Vec<InputName>,
}

impl<'i> Ids<'i> {
    pub(crate) fn open(
        inputs: Vec<InputName>,
        index: &'i CorpusIndex,
        documents: &'i Table,
        work: &Work,
    ) -> Result<Ids<'i>, Error> {
        Ok(Ids { stored: Stored::open(work.path(IDS))?, index, documents, inputs })
    }

    /// The row of a document.
    pub(crate) fn document(&self, number: u32) -> Result<Document, Error> {
        let mut row = [0; Document::BYTES];
        self.documents.row(number, &mut row)?;
        Ok(Document::load(&row))
    }

    /// The bytes of the id of a new document; none if its record has no id.
    pub(crate) fn bytes(&self, document: &Document) -> Result<Vec<u8>, Error> {
        let mut id = vec![0; document.id_length as usize];
        self.stored.read(document.id_start, &mut id)?;
        Ok(id)
    }

    /// The id of a record as JSON, or the place of the record if it has no id.
    pub(crate) fn json(&self, number: u32) -> Result<String, Error> {
        let document = self.document(number)?;
        let id = match document {
            Document { input: NO_INPUT, .. } => self.index.id(number, &document)?,
            Document { id_length: 0, .. } => {
                let name = self.inputs[document.input as usize].of_record(document.record);
                return Ok(Value::from(name).to_string());
            }
            _ => self.bytes(&document)?,
        };
        Ok(String::from_utf8_lossy(&id).into_owned())
    }
}
