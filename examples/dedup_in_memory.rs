//! Removes near-duplicates from texts in memory, and says for each what it resembles.
//!
//! ```text
//! cargo run --example dedup_in_memory                 # a few texts of its own
//! cargo run --example dedup_in_memory -- A.txt B.txt … # files
//! ```

use std::error::Error;
use std::fs;

use refrain::{Dedup, Sketcher};

const NEWS: [&str; 4] = [
    "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
     residents who live close to it. It will decide next month, the mayor said.",
    "A storm took the roof off the old mill on Sunday night; nobody was hurt, and the owner is looking for \
     someone who still knows how to thatch.",
    "The council met on Tuesday evening to discuss the new bridge over the river and heard from a dozen \
     residents who live close to it.It will decide next month, the mayor said.",
    "The council met on Tuesday evening to discuss the new bridge over the river, and heard from a dozen \
     residents who live close to it. It will decide next month, the mayor said. Read more below.",
];

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let texts = match files.is_empty() {
        true => NEWS.map(str::to_owned).to_vec(),
        false => files.iter().map(fs::read_to_string).collect::<Result<_, _>>()?,
    };
    let name = |position: usize| files.get(position).cloned().unwrap_or_else(|| format!("text {position}"));

    let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
    for text in &texts {
        let verdict = dedup.push(text);
        if let Some(earlier) = verdict.resembles {
            let (this, that) = (name(verdict.id.position()), name(earlier.id.position()));
            println!("{this} arrives, like {that}: {}", earlier.jaccard);
        }
    }

    // Of several alike, keep the longest, whenever it came.
    let clusters = dedup.finish_by(|id| texts[id.position()].len() as f64);
    println!("\n{} of {} texts stay", clusters.len(), texts.len());
    for (removed, witness) in clusters.removed() {
        println!("{} goes: {} to {}", name(removed.position()), witness.jaccard, name(witness.id.position()));
    }
    Ok(())
}
