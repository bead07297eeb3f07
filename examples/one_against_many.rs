//! Keeps texts in an index on disk, and finds which of their passages a new text holds.
//!
//! ```text
//! cargo run --example one_against_many
//! ```

use std::error::Error;

use refrain::{PassageFinder, PassageIndex};

const SOURCES: [(&str, &str); 3] = [
    (
        "ferry.txt",
        "The ferry to Marrow Island will not sail on Friday. Divers found a crack in the rudder last night, and the yard can \
         mend it only when the tide is low. Tickets stay good until the end of the month, the company says.",
    ),
    (
        "storks.txt",
        "For the first time in nine years a pair of storks has nested on the chimney of the dairy. The dairy will not be \
         heated until the young ones have left, its owner promises.",
    ),
    (
        "χωριό.txt",
        "Η γέφυρα του χωριού άνοιξε ξανά το πρωί της Πέμπτης, ύστερα από εργασίες που κράτησαν όλο τον χειμώνα. Οι κάτοικοι \
         την πέρασαν με τα πόδια πριν από το μεσημέρι.",
    ),
];

const NEW: &str = "News in brief\n\nDIVERS FOUND A CRACK IN THE RUDDER LAST NIGHT and the yard can mend it only when the tide is \
                   low.\n\nIn other villages nothing happened at all this week, which the mayors were glad to confirm.\n\n\
                   “Η γέφυρα του χωριού άνοιξε ξανά το πρωί της Πέμπτης ύστερα από εργασίες που κράτησαν όλο το χειμώνα”.";

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join("refrain-one-against-many.example");

    let mut index = PassageIndex::new(PassageFinder::new())?;
    for (_, text) in SOURCES {
        // The index numbers documents from 0; the caller keeps their names.
        index.add(text)?;
    }
    index.save(&path)?;

    // A day later, in another program.
    let index = PassageIndex::load(&path)?;
    for found in index.query(NEW)?.items {
        let (name, source) = SOURCES[found.document.position()];
        println!("{name} {}, {:.1} % alike", found.passage.right, 100.0 * found.passage.identity);
        println!("    is  {:?}", &source[found.passage.right]);
        println!("    now {:?}", &NEW[found.passage.left]);
    }
    println!("{} documents in {} bytes of memory", index.len(), index.heap_bytes());
    std::fs::remove_file(&path)?;
    Ok(())
}
