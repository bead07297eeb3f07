//! Keeps an index on disk and checks each new batch against it: which texts were seen before?
//!
//! ```text
//! cargo run --example incremental_index
//! ```

use std::error::Error;

use refrain::{Bands, Index, Sketcher};

const YESTERDAY: [&str; 2] = [
    "The ferry to the island will not sail on Friday, because the harbour is being dredged; it will sail twice \
     on Saturday instead, says the company.",
    "For the first time in nine years a pair of storks has nested on the chimney of the dairy.",
];
const TODAY: [&str; 2] = [
    "The ferry to the island will not sail on Friday, because the harbour is being dredged; it will sail twice \
     on Saturday instead, says the company on its site.",
    "The dairy will not be heated until the young storks have left the nest, its owner promises.",
];

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("refrain-incremental-index.example");
    let sketcher = Sketcher::default();

    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    // The index numbers documents from 0; the caller keeps their names.
    let mut names = Vec::new();
    for (number, text) in YESTERDAY.iter().enumerate() {
        index.insert(&sketcher.sketch(text))?;
        names.push(format!("yesterday {number}"));
    }
    index.save(&path)?;

    // A day later, in another program. If the recipe differs, loading fails.
    let mut index = Index::load(&path, sketcher.recipe())?;
    for (number, text) in TODAY.iter().enumerate() {
        let sketch = sketcher.sketch(text);
        match index.neighbors(&sketch, 0.8)?.items.first() {
            Some(seen) => println!(
                "today {number} is {} again: {} (estimated)",
                names[seen.id.position()],
                seen.jaccard
            ),
            None => {
                println!("today {number} is new");
                index.insert(&sketch)?;
                names.push(format!("today {number}"));
            }
        }
    }
    index.save(&path)?;
    println!("{} documents in {} bytes of memory", index.len(), index.heap_bytes());
    std::fs::remove_file(&path)?;
    Ok(())
}
