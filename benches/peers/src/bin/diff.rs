//! `diff` beside `imara-diff` and `similar`, in one run: `cargo run --release --manifest-path
//! benches/peers/Cargo.toml --bin diff`.
//!
//! The table shows medians of alternating runs on the same pair. The peers compare words (runs of letters and
//! digits; every other character alone), and their time includes splitting the texts into words.

#[path = "../../../../tests/texts/mod.rs"]
mod texts;

use imara_diff::{Algorithm, Diff as ImaraDiff, InternedInput, TokenSource};
use refrain::EditKind;
use refrain_peers::rounds::{Entrant, medians};
use similar::{Algorithm as SimilarAlgorithm, TextDiff};

/// Words for `imara-diff`.
#[derive(Clone, Copy)]
struct Words<'t>(&'t str);

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let mut chars = self.0.char_indices();
        let (_, first) = chars.next()?;
        let end = match first.is_alphanumeric() {
            true => chars.find(|(_, ch)| !ch.is_alphanumeric()).map_or(self.0.len(), |(at, _)| at),
            false => first.len_utf8(),
        };
        let (word, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(word)
    }
}

impl<'t> TokenSource for Words<'t> {
    type Token = &'t str;
    type Tokenizer = Words<'t>;

    fn tokenize(&self) -> Words<'t> {
        *self
    }

    fn estimate_tokens(&self) -> u32 {
        self.0.len() as u32 / 3
    }
}

fn imara(algorithm: Algorithm, left: &str, right: &str) -> String {
    let input = InternedInput::new(Words(left), Words(right));
    let diff = ImaraDiff::compute(algorithm, &input);
    let mut bytes = 0;
    for hunk in diff.hunks() {
        bytes += hunk.before.map(|at| input.interner[input.before[at as usize]].len()).sum::<usize>();
        bytes += hunk.after.map(|at| input.interner[input.after[at as usize]].len()).sum::<usize>();
    }
    format!("{bytes} bytes out and in")
}

fn similar(left: &str, right: &str) -> String {
    let diff = TextDiff::configure().algorithm(SimilarAlgorithm::Myers).diff_words(left, right);
    let bytes: usize = diff
        .iter_all_changes()
        .filter(|change| change.tag() != similar::ChangeTag::Equal)
        .map(|change| change.value().len())
        .sum();
    format!("{bytes} bytes out and in")
}

fn refrain(left: &str, right: &str) -> String {
    let diff = refrain::diff(left, right);
    let (mut bytes, mut moves) = (0, 0);
    for edit in diff.edits() {
        match edit.kind {
            EditKind::Insert | EditKind::Delete { .. } | EditKind::Replace => {
                bytes += edit.left.len() + edit.right.len()
            }
            EditKind::MoveTo { .. } => moves += 1,
            _ => {}
        }
    }
    format!("{bytes} bytes out and in, {moves} moves")
}

type Run = (&'static str, fn(&str, &str) -> String);

fn main() {
    let peers: [Run; 4] = [
        ("refrain", refrain),
        ("imara-diff Histogram", |left, right| imara(Algorithm::Histogram, left, right)),
        ("imara-diff Myers", |left, right| imara(Algorithm::Myers, left, right)),
        ("similar Myers", similar),
    ];
    for kilobytes in [5usize, 50, 500] {
        let edited = texts::pairs::edited_pair(kilobytes * 1000, 1);
        let moved = texts::pairs::moved_pair(kilobytes * 1000, 1);
        for (case, left, right) in [("edits-5%", &edited.0, &edited.1), ("moved-20%", &moved.0, &moved.1)] {
            let rounds = (2000 / kilobytes).clamp(5, 101) | 1;
            let mut entrants = peers.map(|(name, run)| Entrant::new(name, move || run(left, right)));
            for (median, (name, run)) in medians(rounds, &mut entrants).into_iter().zip(&peers) {
                println!(
                    "diff/{case}/{kilobytes}KB  {name:<21} {:9.3} ms {:7.1} MB/s  {}",
                    median * 1e3,
                    left.len() as f64 / median / 1e6,
                    run(left, right)
                );
            }
        }
    }
}
