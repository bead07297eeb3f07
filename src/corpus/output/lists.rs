//! Lists: what was removed, which documents form a cluster, what could not be read, which ids occur twice.
//!
//! In: the removals, the rejected records, the ids. Out: `removed.jsonl`, `clusters.jsonl`, `rejected.jsonl` and
//! `duplicate_ids.jsonl`.
//!
//! **Cost.** Two sorts on disk: 20 bytes a removed document, 12 bytes an id.

use crate::corpus::context::Context;
use crate::corpus::decide::witness::{Removal, Removals};
use crate::corpus::output::json_lines;
use crate::corpus::spill::{Record, stored_fields};
use crate::corpus::store::document::{Document, REJECTED, Rejected, RejectedLog};
use crate::corpus::store::ids::Ids;
use crate::error::Error;
use crate::support::hash;
use serde_json::json;
use std::cmp::Ordering;

/// Bytes of records passed to a sorter, or of rows read, at once.
const PORTION_BYTES: usize = 1 << 20;

/// Writes a line for each removed document.
pub(crate) fn removed(context: &Context<'_>, ids: &Ids<'_>, removals: &Removals) -> Result<(), Error> {
    json_lines::write(&context.settings.output.join("removed.jsonl"), |put| {
        for removal in removals.list.merged()? {
            let removal = removal?;
            let (id, kept_by) = (ids.json(removal.document)?, ids.json(removal.kept_by)?);
            let (jaccard, containment) = (json!(removal.jaccard()), json!(removal.containment()));
            put(&format!(
                "{{\"id\":{id},\"kept_by\":{kept_by},\"jaccard\":{jaccard},\"containment\":{containment}}}\n"
            ))?;
        }
        Ok(())
    })
}

/// Writes a line for each kept document for which others were removed. Returns the number of lines.
pub(crate) fn clusters(context: &Context<'_>, ids: &Ids<'_>, removals: &Removals) -> Result<u64, Error> {
    let sorter = context.sorter("clusters", 4)?;
    let mut batch = Vec::new();
    for removal in removals.list.merged()? {
        batch.push(ByKept(removal?));
        if batch.len() == PORTION_BYTES / ByKept::BYTES {
            sorter.extend(&batch)?;
            batch.clear();
        }
    }
    sorter.extend(&batch)?;
    let members = sorter.finish()?;
    let mut count = 0;
    json_lines::write(&context.settings.output.join("clusters.jsonl"), |put| {
        let mut weakest: Option<Removal> = None;
        for member in members.merged()? {
            let ByKept(removal) = member?;
            // A cluster may be too large for memory, so its line is written in parts.
            weakest = match weakest.filter(|weakest| weakest.kept_by == removal.kept_by) {
                Some(weakest) => {
                    put(",")?;
                    Some(if removal.jaccard() < weakest.jaccard() { removal } else { weakest })
                }
                None => {
                    if let Some(weakest) = weakest {
                        put(&end_of_cluster(ids, &weakest)?)?;
                    }
                    count += 1;
                    put(&format!("{{\"kept\":{},\"removed\":[", ids.json(removal.kept_by)?))?;
                    Some(removal)
                }
            };
            put(&ids.json(removal.document)?)?;
        }
        weakest.map_or(Ok(()), |weakest| put(&end_of_cluster(ids, &weakest)?))
    })?;
    Ok(count)
}

fn end_of_cluster(ids: &Ids<'_>, weakest: &Removal) -> Result<String, Error> {
    let (id, jaccard) = (ids.json(weakest.document)?, json!(weakest.jaccard()));
    Ok(format!("],\"weakest\":{{\"id\":{id},\"jaccard\":{jaccard}}}}}\n"))
}

/// Writes a line for each record that could not be read.
pub(crate) fn rejected(context: &Context<'_>) -> Result<(), Error> {
    json_lines::write(&context.settings.output.join("rejected.jsonl"), |put| {
        for rejected in RejectedLog::open(&context.work.path(REJECTED))? {
            let Rejected { input, record, records, reason, .. } = rejected?;
            let (file, reason) = (json!(context.inputs[input as usize].name), json!(reason));
            let records = if records > 1 { format!("\"records\":{records},") } else { String::new() };
            put(&format!("{{\"file\":{file},\"record\":{record},{records}\"reason\":{reason}}}\n"))?;
        }
        Ok(())
    })
}

/// Writes a line for each record whose id an earlier record has too. Returns the number of lines.
pub(crate) fn duplicate_ids(context: &Context<'_>, ids: &Ids<'_>) -> Result<u64, Error> {
    let sorter = context.sorter("ids-by-hash", 4)?;
    for portion in context.documents.portions(context.numbering.earlier(), PORTION_BYTES) {
        let (first, rows) = portion?;
        let mut batch = Vec::new();
        for (document, row) in (first..).zip(rows.chunks_exact(Document::BYTES)) {
            let row = Document::load(row);
            if row.id_length > 0 {
                batch.push(HashedId { hash: hash::checksum(&ids.bytes(&row)?), document });
            }
        }
        sorter.extend(&batch)?;
    }
    let sorted = sorter.finish()?;
    let mut count = 0;
    json_lines::write(&context.settings.output.join("duplicate_ids.jsonl"), |put| {
        let mut first: Option<HashedId> = None;
        for id in sorted.merged()? {
            let id: HashedId = id?;
            let Some(before) = first.filter(|first| first.hash == id.hash) else {
                first = Some(id);
                continue;
            };
            let (text, other) = (ids.json(id.document)?, ids.json(before.document)?);
            // Different ids of one hash are so rare that each is compared only with the first of them.
            if text != other {
                continue;
            }
            let (here, there) = (ids.document(id.document)?, ids.document(before.document)?);
            let name = |document: &Document| json!(context.inputs[document.input as usize].name);
            put(&format!(
                "{{\"id\":{text},\"file\":{},\"record\":{},\"first_file\":{},\"first_record\":{}}}\n",
                name(&here),
                here.record,
                name(&there),
                there.record
            ))?;
            count += 1;
        }
        Ok(())
    })?;
    Ok(count)
}

/// A removal, sorted by the kept document.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ByKept(Removal);

impl Ord for ByKept {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0.kept_by, self.0).cmp(&(other.0.kept_by, other.0))
    }
}

impl PartialOrd for ByKept {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Record for ByKept {
    type Key = u32;
    const BYTES: usize = Removal::BYTES;

    fn key(&self) -> u32 {
        self.0.kept_by
    }

    fn store(&self, bytes: &mut [u8]) {
        self.0.store(bytes);
    }

    fn load(bytes: &[u8]) -> ByKept {
        ByKept(Removal::load(bytes))
    }
}

/// A document, sorted by the hash of its id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HashedId {
    hash: u64,
    document: u32,
}

impl Record for HashedId {
    type Key = u64;

    fn key(&self) -> u64 {
        self.hash
    }

    stored_fields! { hash: u64, document: u32 }
}
