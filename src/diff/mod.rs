//! The diff: what changed between two texts, in byte ranges of both.
//!
//! In: two texts. Out: [`Edit`]s in an order that reads both texts forwards, so that the left spans, one after the other, are the left text
//! and the right spans the right text. Moved blocks are paired, copies name their source, and a change that leaves the
//! squeezed text as it was (a lost paragraph break, another case) is a [`Format`](EditKind::Format) edit, not a change of words.
//!
//! **Idea.** Both texts are squeezed to folded letters and digits, so that lost white space costs nothing.
//! 1. `anchors`: common start and end, then stretches of 16 bytes and more that both have, as long as they can be.
//! 2. `skeleton`: longest first, they own their bytes; the heaviest sequence in order is what stayed.
//! 3. `moves`: what remains is chained to blocks: moves. Text left alone on one side is looked for in the other: copies.
//! 4. `gaps`: between matches, words are aligned by weight, then (on request) characters.
//! 5. `tidy`: ends are drawn back to words, coincidences dropped, insertions slid to where a reader expects them.
//! 6. `render`: stream positions become bytes; formats are told; no grapheme cluster is cut.
//!
//! **Laws** (`tests/diff_laws.rs`). Edits tile both texts; equal edits have equal bytes, format edits equal squeezed texts; a text
//! against itself is one equal edit; no bound cuts a grapheme cluster; moves and copies have 40 squeezed characters
//! or are whole lines; the diff of (b, a) is the mirror of that of (a, b), but that where edits of one side each meet, those of the left
//! come first, and that `Copy` mirrors a `Delete` that names its duplicate.
//!
//! **Cost.** Linear time but for the gaps, whose alignment is bounded by a step limit that is linear by default; when it is hit,
//! a gap stays one replacement and [`Diff::is_coarse`] says so: the same one every time, since steps are counted, not
//! seconds. Memory: about three bytes a byte of both texts, up to fifteen where nothing matches (`tests/diff_hostile.rs`).
//!
//! **Sources.** Heckel 1978, *A technique for isolating differences between files*; Tichy 1984, *The string-to-string correction problem with block
//! moves*; Fraser 2006, *Diff Strategies*. See the rooms.

mod anchors;
mod changes;
mod format;
mod gaps;
mod lines;
mod moves;
mod plan;
mod render;
mod side;
mod skeleton;
mod tidy;
mod unified;

pub use changes::{Change, ChangeTag, Changes};
pub use format::{FormatChange, FormatChanges};
pub use unified::Unified;

use crate::error::Error;
use crate::progress::{ProgressUnit, Watch};
use crate::span::Span;
use crate::stream::Stream;
use side::{Side, Sides};

/// What changed from `left` to `right`, by words, moves and copies included.
///
/// # Panics
/// If a text has more than 4 GiB − 2 bytes (or folds to more); [`Differ::diff`] returns an error instead.
///
/// # Cost
/// Linear; see the [module](self).
///
/// # Example
/// ```
/// use refrain::{EditKind, diff};
/// let (left, right) = ("The cat sat.\n\nOn the mat.", "The dog sat. On the mat.");
/// let told: Vec<String> = diff(left, right)
///     .edits()
///     .filter(|edit| edit.kind != EditKind::Equal)
///     .map(|edit| format!("{} {:?} {:?}", edit.kind.name(), &left[edit.left], &right[edit.right]))
///     .collect();
/// assert_eq!(told, [r#"replace "cat" "dog""#, r#"format "\n\n" " ""#]);
/// ```
pub fn diff(left: &str, right: &str) -> Diff {
    match Differ::new().diff(left, right) {
        Ok(diff) => diff,
        Err(error) => panic!("{error}"),
    }
}

/// One step from left to right.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Edit {
    /// What happened.
    pub kind: EditKind,
    /// Bytes of the left text; empty where the edit touches the right alone, and then the place between its neighbours.
    pub left: Span,
    /// Bytes of the right text, likewise.
    pub right: Span,
}

/// What an [`Edit`] did.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum EditKind {
    /// Both spans have the same bytes.
    Equal,
    /// The squeezed texts (folded letters and digits) are equal, the bytes are not.
    Format(FormatChanges),
    /// Text of the right alone.
    Insert,
    /// Text of the left alone.
    Delete {
        /// Where the same text remains elsewhere on the right, perhaps with edits.
        duplicate_of: Option<Span>,
    },
    /// Text of the left became other text on the right.
    Replace,
    /// Text that moved from here.
    MoveFrom {
        /// Pairs it with the `MoveTo` of the same id. Ids ascend in the order in which the edits name them first.
        id: u32,
    },
    /// Text that moved to here.
    MoveTo {
        /// Pairs it with the `MoveFrom` of the same id.
        id: u32,
        /// The span of that `MoveFrom`, on the left.
        source: Span,
        /// How it changed on the way: edits with offsets of the whole texts that tile `source` and the right span; empty if it did
        /// not change.
        edits: Vec<Edit>,
    },
    /// Text of the right alone that stands elsewhere on the left, where it may have stayed.
    Copy {
        /// Where, on the left.
        source: Span,
        /// How it changed, as for `MoveTo`.
        edits: Vec<Edit>,
    },
}

impl Edit {
    /// Whether one of the spans is empty.
    fn is_one_sided(&self) -> bool {
        self.left.is_empty() || self.right.is_empty()
    }
}

impl EditKind {
    /// The name in JSON: `equal`, `format`, `insert`, `delete`, `replace`, `move_from`, `move_to`, `copy`.
    pub const fn name(&self) -> &'static str {
        match self {
            EditKind::Equal => "equal",
            EditKind::Format(_) => "format",
            EditKind::Insert => "insert",
            EditKind::Delete { .. } => "delete",
            EditKind::Replace => "replace",
            EditKind::MoveFrom { .. } => "move_from",
            EditKind::MoveTo { .. } => "move_to",
            EditKind::Copy { .. } => "copy",
        }
    }
}

/// What changed between two texts: edits that tile both.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff {
    edits: Vec<Edit>,
    coarse: bool,
}

impl Diff {
    /// The edits, in an order that reads both texts forwards. None is empty on both sides; two equal ones never follow each
    /// other.
    pub fn edits(&self) -> Edits<'_> {
        Edits { edits: self.edits.iter() }
    }

    /// Whether the step limit was hit, so that some [`Replace`](EditKind::Replace) edits are larger than they need be.
    pub fn is_coarse(&self) -> bool {
        self.coarse
    }

    /// Whether the texts are the same bytes.
    pub fn is_equal(&self) -> bool {
        self.edits.iter().all(|edit| edit.kind == EditKind::Equal)
    }

    /// The same as text taken out and text put in, for readers used to other diffs: see [`Changes`].
    ///
    /// # Panics
    /// If `left` and `right` are not the texts the diff was made from.
    pub fn changes<'d, 't>(&'d self, left: &'t str, right: &'t str) -> Changes<'d, 't> {
        Changes::new(self, left, right)
    }

    /// The unified diff of the lines, which `patch` accepts: see [`Unified`].
    ///
    /// # Panics
    /// When shown, if `left` and `right` are not the texts the diff was made from.
    pub fn unified<'d, 't>(&'d self, left: &'t str, right: &'t str) -> Unified<'d, 't> {
        Unified::new(self, left, right)
    }
}

/// Iterator over the edits of a [`Diff`].
#[derive(Clone, Debug)]
pub struct Edits<'d> {
    edits: std::slice::Iter<'d, Edit>,
}

impl<'d> Iterator for Edits<'d> {
    type Item = &'d Edit;

    fn next(&mut self) -> Option<&'d Edit> {
        self.edits.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.edits.size_hint()
    }
}

impl DoubleEndedIterator for Edits<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.edits.next_back()
    }
}

impl ExactSizeIterator for Edits<'_> {}

/// The smallest unit that an edit may part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Granularity {
    /// Grapheme clusters: what words became is told character by character.
    Character,
    /// Words, and the characters of scripts without spaces.
    #[default]
    Word,
    /// Lines.
    Line,
}

/// A differ: the settings, and the diff of texts under them.
///
/// # Example
/// ```
/// use refrain::{Differ, diff::Granularity};
/// let differ = Differ::new().granularity(Granularity::Character);
/// let diff = differ.diff("colour", "color")?;
/// assert_eq!(diff.edits().count(), 3);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Differ {
    granularity: Granularity,
    moves: bool,
    min_move: usize,
    step_limit: Option<u64>,
}

impl Default for Differ {
    fn default() -> Differ {
        Differ::new()
    }
}

/// Squeezed characters of a move or copy by default: two short clauses; below, phrases that any two texts share pass for moves.
const MIN_MOVE: usize = 40;
/// Smallest value of [`Differ::min_move`]: what one anchor has.
const LEAST_MOVE: usize = anchors::WINDOW;
/// Steps by default, for each squeezed byte of either text.
const STEPS_PER_BYTE: u64 = 16;
/// And as many for every pair, so that short texts are never coarse.
const FREE_STEPS: u64 = 1 << 20;

impl Differ {
    /// The defaults: words, moves of at least 40 squeezed characters, a linear step limit.
    pub const fn new() -> Differ {
        Differ { granularity: Granularity::Word, moves: true, min_move: MIN_MOVE, step_limit: None }
    }

    /// The smallest unit that an edit may part. Default: [`Granularity::Word`].
    #[must_use]
    pub const fn granularity(mut self, granularity: Granularity) -> Differ {
        self.granularity = granularity;
        self
    }

    /// Whether moves, copies and duplicates are looked for. Default: `true`.
    #[must_use]
    pub const fn moves(mut self, moves: bool) -> Differ {
        self.moves = moves;
        self
    }

    /// Least length of a move or a copy, in squeezed characters; a whole line may be shorter. Default: 40; values below 16
    /// count as 16.
    #[must_use]
    pub const fn min_move(mut self, characters: usize) -> Differ {
        self.min_move = if characters < LEAST_MOVE { LEAST_MOVE } else { characters };
        self
    }

    /// Most steps for the alignment of gaps: a step is one pair of words (or characters) compared, about two nanoseconds. Default:
    /// 2^20 and 16 for each squeezed byte of both texts.
    #[must_use]
    pub const fn step_limit(mut self, steps: u64) -> Differ {
        self.step_limit = Some(steps);
        self
    }

    /// Squeezes a text once for several diffs.
    ///
    /// # Errors
    /// `is_too_large` above 4 GiB − 2 bytes.
    pub fn prepare<'t>(&self, text: &'t str) -> Result<PreparedText<'t>, Error> {
        Ok(PreparedText { text, stream: Stream::of(text)? })
    }

    /// What changed from `left` to `right`.
    ///
    /// # Errors
    /// `is_too_large` if a text has more than 4 GiB − 2 bytes.
    pub fn diff(&self, left: &str, right: &str) -> Result<Diff, Error> {
        Ok(self.between(&self.prepare(left)?, &self.prepare(right)?))
    }

    /// What changed between two prepared texts.
    pub fn between(&self, left: &PreparedText<'_>, right: &PreparedText<'_>) -> Diff {
        self.between_watched(left, right, &Watch::SILENT).expect("nobody cancels")
    }

    /// [`between`](Self::between), which tells `watch` how far it is: "anchoring", "aligning" (bytes of the squeezed text that has
    /// fewer), "looking for copies" (unless [`moves`](Self::moves) is off), "rendering".
    ///
    /// # Errors
    /// `is_cancelled` when `watch` says stop.
    ///
    /// # Example
    /// ```
    /// use refrain::{Differ, Progress, Watch};
    /// use std::ops::ControlFlow;
    /// let differ = Differ::new();
    /// let (left, right) = (differ.prepare("one text")?, differ.prepare("another text")?);
    /// let ear = |progress: Progress| {
    ///     eprintln!("{}: {} of {:?}", progress.stage, progress.done, progress.total);
    ///     ControlFlow::Continue(()) // or Break(()), to stop
    /// };
    /// assert_eq!(differ.between_watched(&left, &right, Watch::new(&ear))?, differ.between(&left, &right));
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn between_watched(
        &self,
        left: &PreparedText<'_>,
        right: &PreparedText<'_>,
        watch: &Watch,
    ) -> Result<Diff, Error> {
        let sides = Sides { left: left.side(), right: right.side() };
        // Work is done on the texts in one order, whichever way they come, so that the two diffs are mirrors.
        let is_canonical = plan::is_canonical(sides);
        let ordered = if is_canonical { sides } else { sides.swapped() };
        let mut plan = plan::plan(ordered, self, watch)?;
        watch.tell("rendering", ProgressUnit::Entries, 0, None)?;
        let mut edits = render::render(ordered, &plan);
        if !is_canonical {
            plan = plan.mirrored();
            edits = render::mirrored(edits);
        }
        render::left_first(&mut edits);
        let mut edits = render::filled(sides, &plan, edits);
        if self.granularity == Granularity::Line {
            edits = lines::widened(sides, edits);
        }
        Ok(Diff { edits, coarse: plan.coarse })
    }

    fn steps_for(&self, bytes: usize) -> u64 {
        self.step_limit.unwrap_or(FREE_STEPS + STEPS_PER_BYTE * bytes as u64)
    }
}

/// A text squeezed for [`Differ::between`].
#[derive(Clone, Debug)]
pub struct PreparedText<'t> {
    text: &'t str,
    stream: Stream,
}

impl<'t> PreparedText<'t> {
    /// The text itself.
    pub fn text(&self) -> &'t str {
        self.text
    }

    fn side(&self) -> Side<'_> {
        Side { text: self.text, stream: &self.stream }
    }
}
