//! Shows what changed between two versions of a text, moves included.
//!
//! `cargo run --example show_revisions [OLD NEW]` compares two files, or two built-in texts.

use refrain::{EditKind, diff};
use std::{env, fs, io};

const OLD: &str = "The harbour opens at six.\n\n\
                   Boats over twelve metres report to the pilot before they enter the basin.\n\n\
                   Dogs are not allowed on the quay, but on the northern pier.\n";
const NEW: &str = "The harbour opens at seven.\n\n\
                   Dogs are not allowed on the quay, but on the northern pier. \
                   Boats over twelve metres report to the pilot station before they enter the basin.\n";

fn main() -> io::Result<()> {
    let mut paths = env::args().skip(1);
    let (old, new) = match (paths.next(), paths.next()) {
        (Some(old), Some(new)) => (fs::read_to_string(old)?, fs::read_to_string(new)?),
        _ => (OLD.to_owned(), NEW.to_owned()),
    };
    let diff = diff(&old, &new);
    for edit in diff.edits() {
        let (left, right) = (&old[edit.left], &new[edit.right]);
        let description = match &edit.kind {
            EditKind::Equal => continue,
            EditKind::Format(changes) => format!("{changes:?}: {left:?} became {right:?}"),
            EditKind::Insert => format!("inserted {right:?}"),
            EditKind::Delete { duplicate_of: Some(place) } => {
                format!("deleted {left:?}, which remains at {place}")
            }
            EditKind::Delete { .. } => format!("deleted {left:?}"),
            EditKind::MoveFrom { id } => format!("moved away (move {id}) {left:?}"),
            EditKind::MoveTo { id, edits, .. } => {
                format!("moved here (move {id}, {} edits) {right:?}", edits.len())
            }
            EditKind::Copy { source, .. } => format!("copied from {source} {right:?}"),
            _ => format!("{left:?} became {right:?}"),
        };
        println!("{:>12} {:>12}  {description}", edit.left.to_string(), edit.right.to_string());
    }
    if diff.is_coarse() {
        println!("(coarse: the step limit was reached)");
    }
    Ok(())
}
