//! Doors for the benches of this crate into rooms that are private. No part of the interface: anything here may change or go.

use crate::scan::{self, ASCII, Class, Sink};
use crate::stream::{self, Stream};

/// What the scan of a text hands over.
#[derive(Default, Debug, PartialEq)]
pub struct Counts {
    /// Folded letters, marks and digits.
    pub kept: usize,
    /// What stands between them.
    pub separators: usize,
}

impl Sink for Counts {
    fn ascii(&mut self, _: usize, run: &[u8]) {
        let kept = run.iter().filter(|&&byte| ASCII[(byte & 0x7f) as usize].1.is_kept()).count();
        self.kept += kept;
        self.separators += run.len() - kept;
    }

    fn kept(&mut self, _: usize, _: usize, _: char, _: Class) {
        self.kept += 1;
    }

    fn separator(&mut self, _: usize, _: usize, _: Class) {
        self.separators += 1;
    }
}

/// The scan alone.
pub fn walk(text: &str) -> Counts {
    let mut counts = Counts::default();
    scan::walk(text, 0, &mut counts);
    counts
}

/// The squeezed stream of a text, as passages and diffs keep it.
#[derive(Debug)]
pub struct Squeezed(Stream);

impl Squeezed {
    /// The scan, and what is kept of it.
    ///
    /// # Panics
    /// On a text that is too large for a stream.
    pub fn of(text: &str) -> Squeezed {
        Squeezed(Stream::of(text).expect("a text of a bench"))
    }

    /// Squeezed characters.
    pub fn characters(&self) -> usize {
        stream::characters(self.0.folded())
    }
}
