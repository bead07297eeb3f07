//! The diff: what changed between two texts, in byte ranges of both.
//!
//! In: two texts. Out: [`Edit`]s in an order that reads both texts forwards: the left spans, one after the
//! other, are the left text, and the right spans are the right text. Moved blocks are paired, and copies name
//! their source. A change of form alone (white space, case, the forms of quotation marks and dashes, hyphens,
//! full stops and commas that touch words) is a [`Format`](EditKind::Format) edit. All other marks are values:
//! `3.5` and `35`, `$` and `€`, `==` and `!=` replace each other.
//!
//! **Idea.** Both texts are squeezed to their letters, marks and digits after folding, so that lost white
//! space costs nothing. Then:
//! 1. `anchors`: the common start and end, then equal stretches of at least 16 bytes, each as long as
//!    possible.
//! 2. `skeleton`: the longest stretches take their bytes first. The heaviest sequence that keeps its order is
//!    the text that stayed.
//! 3. `moves`: the other stretches are chained into blocks, which moved. Text that only one side has is
//!    searched for in the other text. If it is found there, it moved or was copied.
//! 4. `settle`: a moved or copied block begins and ends at a sentence, a line or a paragraph of both texts; a
//!    copy is all of one insertion.
//! 5. `gaps`: between the stretches, words are aligned by weight, then characters if the caller asks for
//!    them.
//! 6. `tidy`: ends are moved inwards to whole words, coincidences are dropped, and insertions are moved to
//!    the place where a reader expects them: `boundary` has the score of a place.
//! 7. `render`: stream positions become bytes, forms are compared, insertions are moved to the best byte, and
//!    no grapheme cluster is cut.
//!
//! `unified` compares whole lines with `lines`, which finds the shortest list of changed lines.
//!
//! **Laws** (`tests/diff_laws.rs`). Edits tile both texts. Equal edits have equal bytes, format edits equal
//! squeezed texts. A text against itself is one equal edit. No bound cuts a grapheme cluster. Moves and
//! copies have at least [`min_move`](Differ::min_move) squeezed characters or are whole lines. A copy or a
//! duplicate never divides an insertion or a deletion. The diff of
//! (b, a) is the mirror image of the diff of (a, b), with two exceptions. If one-sided edits follow each
//! other, those of the left always come first. The mirror image of a `Copy` is a `Delete` that names its
//! duplicate.
//!
//! **Cost.** Linear time, except for the alignment of gaps. A step limit bounds that alignment; by default
//! the limit is linear too. If it is reached, a gap stays one replacement and [`Diff::is_coarse`] returns
//! `true`. The limit counts steps, not seconds, so the answer is the same every time. Memory: about three
//! bytes for each byte of both texts, up to fifteen where nothing matches (`tests/diff_hostile.rs`).
//! What an editor expects is in `tests/diff_editor.rs`.
//!
//! **Sources.** Heckel 1978, *A technique for isolating differences between files*; Tichy 1984, *The
//! string-to-string correction problem with block moves*; Fraser 2006, *Diff Strategies*. The modules name
//! more.

mod anchors;
mod boundary;
mod changes;
mod differ;
mod edit;
mod equal_run;
mod form;
mod format;
mod gaps;
mod granularity;
mod lines;
mod moves;
mod plan;
mod render;
mod settle;
mod side;
mod skeleton;
mod tidy;
mod unified;
mod windows;
mod words;

pub use changes::{Change, ChangeTag, Changes};
pub use differ::Differ;
pub use edit::{Diff, Edit, EditKind, Edits};
pub use format::{FormatChange, FormatChanges};
pub use granularity::Granularity;
pub use unified::Unified;

/// What changed from `left` to `right`, by words, with moves and copies.
///
/// # Panics
/// If a text is longer than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES) or folds to more; [`Differ::diff`]
/// returns an error instead.
///
/// # Cost
/// Linear; see the [module](self).
///
/// # Example
/// ```
/// use refrain::{EditKind, diff};
/// let (left, right) = ("The cat sat.\n\nOn the mat.", "The dog sat. On the mat.");
/// let shown: Vec<String> = diff(left, right)
///     .edits()
///     .filter(|edit| edit.kind != EditKind::Equal)
///     .map(|edit| format!("{} {:?} {:?}", edit.kind, &left[edit.left], &right[edit.right]))
///     .collect();
/// assert_eq!(shown, [r#"replace "cat" "dog""#, r#"format "\n\n" " ""#]);
/// ```
#[must_use]
pub fn diff(left: &str, right: &str) -> Diff {
    match Differ::new().diff(left, right) {
        Ok(diff) => diff,
        Err(error) => panic!("{error}"),
    }
}
