//! The differ: the settings of a diff.
//!
//! In: two texts, and the caller's settings. Out: their [`Diff`].
//!
//! **Idea.** The texts are always compared in the same order, independent of which one is given as the left.
//! So the two diffs of a pair are mirror images.

use super::edit::Diff;
use super::granularity::Granularity;
use super::plan::{self, PlanSettings};
use super::render;
use super::side::{Side, Sides};
use super::windows::WINDOW;
use crate::error::Error;
use crate::passage::Prepared;
use crate::progress::{ProgressUnit, Watch};

/// The settings of a diff.
///
/// | setting | unit | default | effect |
/// | --- | --- | --- | --- |
/// | [`granularity`](Self::granularity) | | words | the smallest unit that an edit may split |
/// | [`moves`](Self::moves) | | on | whether to report moves, copies and duplicates |
/// | [`min_move`](Self::min_move) | squeezed characters | 40 | least length of a move or a copy |
/// | [`step_limit`](Self::step_limit) | steps | 2^20 + 16 a squeezed byte | bounds the time of the alignment |
/// | [`watch`](Self::watch) | | none | a callback for progress and cancelling |
///
/// *Squeezed characters* are the letters, marks and digits of a text after folding.
///
/// # Example
/// ```
/// use refrain::{Differ, diff::Granularity};
/// let differ = Differ::new().granularity(Granularity::Character);
/// let diff = differ.diff("colour", "color")?;
/// assert_eq!(diff.edits().count(), 3);
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Differ {
    granularity: Granularity,
    moves: bool,
    min_move: usize,
    step_limit: Option<u64>,
    #[cfg_attr(feature = "serde", serde(skip))]
    watch: Watch,
}

impl Default for Differ {
    fn default() -> Differ {
        Differ::new()
    }
}

/// Smallest value of [`Differ::min_move`]: the length of one anchor.
const LEAST_MOVE: usize = WINDOW;
/// Default steps for each squeezed byte of either text.
const STEPS_PER_BYTE: u64 = 16;
/// Default steps that every pair has in addition, so that short texts are never coarse.
const FREE_STEPS: u64 = 1 << 20;

impl Differ {
    /// The default of [`min_move`](Self::min_move): 40 squeezed characters, two short clauses. Any two texts
    /// share shorter phrases.
    pub const DEFAULT_MIN_MOVE: usize = 40;

    /// The defaults: words, moves of at least 40 squeezed characters, a linear step limit, no watch.
    #[must_use]
    pub const fn new() -> Differ {
        Differ {
            granularity: Granularity::Word,
            moves: true,
            min_move: Differ::DEFAULT_MIN_MOVE,
            step_limit: None,
            watch: Watch::SILENT,
        }
    }

    /// The smallest unit that an edit may split. Default: [`Granularity::Word`].
    ///
    /// By words, `colour` and `color` are one replacement; by characters, only the `u` is deleted; by lines,
    /// every edit is whole lines of both texts.
    #[must_use]
    pub fn granularity(mut self, granularity: Granularity) -> Differ {
        self.granularity = granularity;
        self
    }

    /// Whether to report moves, copies and duplicates. Default: `true`.
    ///
    /// If it is off, such text is deleted in one place and inserted in the other.
    #[must_use]
    pub fn moves(mut self, moves: bool) -> Differ {
        self.moves = moves;
        self
    }

    /// Least length of a move or a copy, in squeezed characters; a whole line may be shorter. Default: 40. At
    /// least 16.
    ///
    /// With smaller values, shorter phrases are reported as moved, also phrases that both texts share by
    /// chance.
    #[must_use]
    pub fn min_move(mut self, characters: usize) -> Differ {
        self.min_move = characters;
        self
    }

    /// Most steps of the alignment of gaps. Default: 2^20, and 16 for each squeezed byte of both texts.
    ///
    /// A step compares one pair of words (or characters) and takes about two nanoseconds. If the limit is
    /// reached, the rest of the gap becomes one replacement, and [`Diff::is_coarse`] returns `true`.
    #[must_use]
    pub fn step_limit(mut self, steps: u64) -> Differ {
        self.step_limit = Some(steps);
        self
    }

    /// A callback for progress, which can also cancel the call. Default: none.
    ///
    /// The stages are "anchoring", "aligning" (in bytes of the shorter squeezed text), "looking for copies"
    /// (unless [`moves`](Self::moves) is off) and "rendering".
    ///
    /// # Example
    /// ```
    /// use refrain::{Differ, Watch};
    /// use std::ops::ControlFlow;
    /// let differ = Differ::new().watch(Watch::new(|progress| {
    ///     eprintln!("{}: {} of {:?}", progress.stage, progress.done, progress.total);
    ///     ControlFlow::Break(()) // or Continue(()), to go on
    /// }));
    /// assert!(differ.diff("one text", "another text").unwrap_err().is_cancelled());
    /// ```
    #[must_use]
    pub fn watch(mut self, watch: Watch) -> Differ {
        self.watch = watch;
        self
    }

    /// Checks that the settings are in range.
    ///
    /// # Errors
    /// [`Error::is_setting`] if [`min_move`](Self::min_move) is below 16 squeezed characters.
    pub fn validate(&self) -> Result<(), Error> {
        if self.min_move < LEAST_MOVE {
            return Err(Error::setting(format!(
                "min_move is {}, but must be at least {LEAST_MOVE} squeezed characters: \
                 shorter stretches are not searched for",
                self.min_move
            )));
        }
        Ok(())
    }

    /// Reads a text once for several diffs; the same as [`Prepared::new`], after a check of the settings.
    ///
    /// # Errors
    /// [`Error::is_too_large`] for a text of more than [`MAX_TEXT_BYTES`](crate::MAX_TEXT_BYTES), or one that
    /// folds to more; [`Error::is_setting`] as in [`validate`](Self::validate).
    pub fn prepare<'t>(&self, text: &'t str) -> Result<Prepared<'t>, Error> {
        self.validate()?;
        Prepared::new(text)
    }

    /// What changed from `left` to `right`.
    ///
    /// # Errors
    /// Those of [`prepare`](Self::prepare), and [`Error::is_cancelled`] if the watch asks to stop.
    pub fn diff(&self, left: &str, right: &str) -> Result<Diff, Error> {
        self.between(&self.prepare(left)?, &self.prepare(right)?)
    }

    /// What changed between two prepared texts.
    ///
    /// # Errors
    /// [`Error::is_setting`] as in [`validate`](Self::validate), or if a text was prepared [from
    /// bytes](Prepared::from_bytes) that are not valid UTF-8, or without parts of it; [`Error::is_cancelled`] if the watch asks to
    /// stop.
    pub fn between(&self, left: &Prepared<'_>, right: &Prepared<'_>) -> Result<Diff, Error> {
        self.validate()?;
        let sides = Sides { left: side("left", left)?, right: side("right", right)? };
        let is_swapped = !plan::is_canonical(sides);
        let ordered = if is_swapped { sides.swapped() } else { sides };
        let plan = plan::plan(ordered, self.plan_settings(ordered), &self.watch)?;
        self.watch.tell("rendering", ProgressUnit::Entries, 0, None)?;
        let coarse = plan.coarse;
        Ok(Diff::new(render::edits(ordered, plan, is_swapped, self.granularity), coarse))
    }

    fn plan_settings(&self, sides: Sides<'_>) -> PlanSettings {
        let bytes = sides.left.folded().len() + sides.right.folded().len();
        PlanSettings {
            granularity: self.granularity,
            moves: self.moves,
            min_move: self.min_move,
            steps: self.step_limit.unwrap_or(FREE_STEPS + STEPS_PER_BYTE * bytes as u64),
        }
    }
}

/// A prepared text as one side of the diff.
fn side<'p>(name: &str, prepared: &'p Prepared<'_>) -> Result<Side<'p>, Error> {
    if prepared.is_partial() {
        return Err(Error::setting(format!(
            "the {name} text was prepared without some of its text or its marks, but a diff covers whole texts; prepare it \
             with Prepared::new"
        )));
    }
    let text = prepared.text().ok_or_else(|| {
        Error::setting(format!(
            "the {name} text is not valid UTF-8, but a diff needs text; convert it with String::from_utf8_lossy"
        ))
    })?;
    Ok(Side { text, stream: prepared.stream() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_least_move_below_an_anchor_is_an_error() {
        let differ = Differ::new().min_move(LEAST_MOVE - 1);
        let prepared = Prepared::new("text").unwrap();
        assert!(differ.validate().unwrap_err().is_setting());
        assert!(differ.prepare("text").unwrap_err().is_setting());
        assert!(differ.diff("text", "text").unwrap_err().is_setting());
        assert!(differ.between(&prepared, &prepared).unwrap_err().is_setting());
        assert!(differ.min_move(LEAST_MOVE).diff("text", "text").unwrap().is_equal());
    }

    #[test]
    fn bytes_are_compared_if_they_are_text() {
        let text = Prepared::new("one text").unwrap();
        let valid = Prepared::from_bytes(b"one text").unwrap();
        assert!(Differ::new().between(&text, &valid).unwrap().is_equal());
        let invalid = Prepared::from_bytes(b"one \xff text").unwrap();
        let error = Differ::new().between(&text, &invalid).unwrap_err();
        assert!(error.is_setting() && error.to_string().contains("right"), "{error}");
    }
}
