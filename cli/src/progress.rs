//! Shows the progress of a long run: as bars on a terminal, as one line a minute elsewhere, or not at all.
//!
//! In: [`Progress`] reports, from any thread. Out: standard error.

use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use refrain::{Progress, ProgressUnit};

use crate::stop::note;

/// How often a line is printed if there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(60);
/// How often a bar is drawn at most.
const DRAWN_HZ: u8 = 8;
/// How often a bar is drawn at least, so that a long step is seen to run.
const DRAWN_EVERY: Duration = Duration::from_millis(500);

/// Shows progress.
pub(crate) enum Display {
    Silent,
    Bar(Mutex<Option<Stage>>),
    Lines(Mutex<Instant>),
}

/// The bar of the current stage.
pub(crate) struct Stage {
    name: &'static str,
    bar: ProgressBar,
}

impl Display {
    pub(crate) fn new(quiet: bool) -> Display {
        if quiet {
            Display::Silent
        } else if io::stderr().is_terminal() {
            Display::Bar(Mutex::new(None))
        } else {
            Display::Lines(Mutex::new(Instant::now()))
        }
    }

    pub(crate) fn show(&self, progress: Progress) {
        match self {
            Display::Silent => {}
            Display::Bar(shown) => {
                let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
                match &*shown {
                    Some(stage) if stage.name == progress.stage => stage.bar.set_position(progress.done),
                    _ => {
                        // The old bar must be cleared before the new one is drawn.
                        drop(shown.take());
                        *shown = Some(Stage::new(progress));
                    }
                }
            }
            Display::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.elapsed() >= LINE_EVERY {
                    *last = Instant::now();
                    note(&line(progress));
                }
            }
        }
    }

    /// Clears the bar.
    pub(crate) fn end(&self) {
        if let Display::Bar(shown) = self {
            shown.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

impl Stage {
    /// The bar stays hidden until all its values are set. Otherwise it could be drawn with the values of two stages.
    fn new(progress: Progress) -> Stage {
        let bar = ProgressBar::with_draw_target(progress.total, ProgressDrawTarget::hidden());
        bar.set_style(style(progress));
        bar.set_message(progress.stage);
        bar.set_position(progress.done);
        bar.reset_eta();
        bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(DRAWN_HZ));
        bar.enable_steady_tick(DRAWN_EVERY);
        Stage { name: progress.stage, bar }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(progress: Progress) -> ProgressStyle {
    let template = match progress.total {
        Some(_) => "{msg:20} {wide_bar} {count}{rate}",
        None => "{msg:20} {spinner} {count}{rate}",
    };
    let unit = progress.unit;
    ProgressStyle::with_template(template)
        .expect("the template has known keys")
        .with_key("count", move |state: &ProgressState, out: &mut dyn Write| {
            // If the terminal fails, the bar is not drawn; the run continues.
            let _ = out.write_str(&count(state.pos(), state.len(), unit));
        })
        .with_key("rate", move |state: &ProgressState, out: &mut dyn Write| {
            let _ = out.write_str(&rate(state, unit));
        })
}

/// A number of bytes in megabytes, or of anything else as a count.
fn amount(count: u64, unit: ProgressUnit) -> String {
    match unit {
        ProgressUnit::Bytes => format!("{} MB", count / 1_000_000),
        _ => HumanCount(count).to_string(),
    }
}

/// The speed and the time left. Empty while the speed is unknown.
fn rate(state: &ProgressState, unit: ProgressUnit) -> String {
    let rate = amount(state.per_sec() as u64, unit);
    match state.len() {
        _ if rate.starts_with('0') => String::new(),
        Some(_) => format!(", {rate}/s, {:#} left", HumanDuration(state.eta())),
        None => format!(", {rate}/s"),
    }
}

fn count(done: u64, total: Option<u64>, unit: ProgressUnit) -> String {
    match total {
        Some(total) => format!("{} of {}", amount(done.min(total), unit), amount(total, unit)),
        None => amount(done, unit),
    }
}

fn line(progress: Progress) -> String {
    format!("{}: {}", progress.stage, count(progress.done, progress.total, progress.unit))
}
