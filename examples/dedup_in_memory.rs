//! Removes near-duplicates from texts in memory, and shows for each removed text the kept one.
//!
//! ```text
//! cargo run --example dedup_in_memory                 # a few built-in texts
//! cargo run --example dedup_in_memory -- A.txt B.txt … # files
//! ```

use std::error::Error;
use std::fs;

use refrain::{Clustering, Dedup, KeyedDedup, Sketcher};

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
    let name = |number: &usize| files.get(*number).cloned().unwrap_or_else(|| format!("text {number}"));

    // The key of a text is its place in the list; it could be a path, a URL or a number of a table.
    let mut dedup = KeyedDedup::new(Dedup::new(Sketcher::default(), 0.8)?);
    for (number, text) in texts.iter().enumerate() {
        let arrival = dedup.push(number, text);
        if let Some(earlier) = arrival.resembles {
            let earlier_name = name(dedup.key(earlier.id));
            println!("{} resembles {earlier_name}: {} (estimated)", name(&number), earlier.jaccard);
        }
    }

    // Keep the longest of several similar texts, not the first one; and compare the texts themselves.
    let clustering = Clustering::by_key()
        .keep_best(|&number: &usize| texts[number].len() as f64)
        .verify_with(|&number| texts.get(number));
    let clusters = dedup.finish_with(&clustering)?;
    println!("\n{} of {} texts are kept", clusters.kept().len(), texts.len());
    for (removed, witness, jaccard) in clusters.removed() {
        println!("{} is removed because of {}: {:.2}", name(removed), name(witness), jaccard.value);
    }
    Ok(())
}
