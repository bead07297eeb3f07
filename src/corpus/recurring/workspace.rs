//! The workspace of a search: its settings, its folder, its memory.
//!
//! In: a finder, a folder if there is one, and a limit of memory. Out: the places of sorted records and their memory.

use super::finder::RecurringFinder;
use crate::corpus::spill::Place;
use crate::support::hash::mix;
use std::path::Path;

/// The version of the meaning of the stored records. It is part of the recipe.
const VERSION: u64 = 2;
/// Names of the sorted records. They are unique, because the folder may hold records of other modules.
pub(super) const SEEDS: &str = "recurring-seeds";
pub(super) const LINKS: &str = "recurring-links";
pub(super) const STRETCHES: &str = "recurring-stretches";
pub(super) const BY_HOLDER: &str = "recurring-holders";
pub(super) const PASSAGES: &str = "recurring-passages";
/// The memory of a search divided by that for texts that are read together. All threads may search in them at once, and a search in
/// a text of one repeated letter takes 24 bytes for each of its bytes.
const TEXT_DIVISOR: usize = 26;
/// Memory for texts that are read together, if all sorted records stay in memory.
const TEXTS_IN_MEMORY: usize = 64 << 20;

/// The settings, folder and memory that all steps share.
pub(super) struct Workspace {
    pub(super) finder: RecurringFinder,
    place: Place,
    /// Bytes of memory for sorted records.
    pub(super) memory: usize,
    /// Bytes of memory for texts that are read together.
    pub(super) text_memory: usize,
}

impl Workspace {
    /// A workspace in a folder.
    pub(super) fn in_folder(finder: &RecurringFinder, folder: &Path, memory: usize) -> Workspace {
        let recipe = [VERSION, finder.min_length as u64, finder.max_gap as u64, finder.known.into()]
            .into_iter()
            .fold(0, |recipe, value| mix(recipe ^ mix(value)));
        let place = Place { folder: folder.to_path_buf(), name: SEEDS, recipe };
        Workspace { finder: finder.clone(), place, memory, text_memory: memory / TEXT_DIVISOR }
    }

    /// A workspace that never writes a file.
    pub(super) fn in_memory(finder: &RecurringFinder) -> Workspace {
        let finder = finder.clone().resumable(false);
        Workspace { finder, place: Place::in_memory(), memory: usize::MAX, text_memory: TEXTS_IN_MEMORY }
    }

    /// Where records of this name are sorted.
    pub(super) fn place(&self, name: &'static str) -> Place {
        Place { name, ..self.place.clone() }
    }
}
