//! Prints the passages that occur more than once in a scraped page.
//!
//! `cargo run --release --example repeated_passages [FILE]`; without FILE it reads an article in `examples/data` that occurs
//! twice in its page. The page ends with paragraphs in five scripts, which occur twice as well.

use std::path::Path;
use std::{env, error::Error, fs};

/// Characters shown of an occurrence.
const SHOWN: usize = 56;

fn main() -> Result<(), Box<dyn Error>> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/doubled_article.txt");
    let path = env::args_os().nth(1).map_or(shipped, Into::into);
    let text = fs::read_to_string(&path)?;

    let repeats = refrain::repeats(&text);
    println!("{} repeated passages in {} bytes", repeats.len(), text.len());
    for repeat in &repeats {
        println!("\n{} times, {:.1} % alike", repeat.occurrences.len(), repeat.identity * 100.0);
        for &span in &repeat.occurrences {
            // A span indexes the text that was passed in, not a folded copy.
            println!("  {:>11}  {}", span.to_string(), opening(&text[span]));
        }
    }
    println!("\n{} bytes remain when each is kept once", refrain::cleaned(&text).len());
    Ok(())
}

/// The start of a passage on one line.
fn opening(passage: &str) -> String {
    let line = passage.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = line.chars().take(SHOWN).collect::<String>();
    if cut.len() < line.len() { cut + "…" } else { cut }
}
