//! Shows what changed between two versions of a text, moves marked: `show_revisions OLD NEW`, or two built-in texts.

use refrain::{EditKind, diff};

const OLD: &str = "The harbour opens at six.\n\nBoats over twelve metres report to the pilot before they enter the \
    basin.\n\nDogs are not allowed on the quay, but on \
    the northern pier.\n";
const NEW: &str = "The harbour opens at seven.\n\nDogs are not allowed on the quay, but on the northern pier. Boats over twelve metres report to \
    the pilot station before they enter the basin.\n";

fn main() -> std::io::Result<()> {
    let mut names = std::env::args().skip(1);
    let (old, new) = match (names.next(), names.next()) {
        (Some(old), Some(new)) => (std::fs::read_to_string(old)?, std::fs::read_to_string(new)?),
        _ => (OLD.to_string(), NEW.to_string()),
    };
    let diff = diff(&old, &new);
    for edit in diff.edits() {
        let (left, right) = (&old[edit.left], &new[edit.right]);
        let told = match &edit.kind {
            EditKind::Equal => continue,
            EditKind::Format(changes) => format!("{changes:?}: {left:?} became {right:?}"),
            EditKind::Insert => format!("added {right:?}"),
            EditKind::Delete { duplicate_of: Some(place) } => {
                format!("dropped {left:?}, which remains at {place}")
            }
            EditKind::Delete { .. } => format!("dropped {left:?}"),
            EditKind::MoveFrom { id } => format!("moved away (#{id}) {left:?}"),
            EditKind::MoveTo { id, edits, .. } => {
                format!("moved here (#{id}, {} edits) {right:?}", edits.len())
            }
            EditKind::Copy { source, .. } => format!("copied from {source} {right:?}"),
            _ => format!("{left:?} became {right:?}"),
        };
        println!("{:>12} {:>12}  {told}", edit.left.to_string(), edit.right.to_string());
    }
    if diff.is_coarse() {
        println!("(coarse: the step limit was hit)");
    }
    Ok(())
}
