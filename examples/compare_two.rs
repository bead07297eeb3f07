//! How alike are two texts? Exactly, and by sketches of one kilobyte.
//!
//! `cargo run --example compare_two [LEFT RIGHT]` (two files; two built-in texts without them)

use refrain::{Shingles, Sketcher, SlotBits};
use std::{env, fs, io};

const LEFT: &str = "Heavy rain closed the coast road on Sunday.\n\nDrivers were sent inland until the evening, the police \
                    said. Nobody was hurt, but two cars had to be towed out of the water near the old harbour.";
const RIGHT: &str = "Heavy rain closed the coast road on Sunday.Drivers were sent inland until the evening, the police \
                     said.Nobody was hurt, but three cars had to be towed out of the water near the old harbour.";

fn main() -> io::Result<()> {
    let paths: Vec<String> = env::args().skip(1).collect();
    let (left, right) = match &paths[..] {
        [left, right] => (fs::read_to_string(left)?, fs::read_to_string(right)?),
        _ => (LEFT.to_owned(), RIGHT.to_owned()),
    };

    // Exact: both sets of shingles are held in memory.
    let (one, other) = (Shingles::of(&left), Shingles::of(&right));
    println!("shingles             {} and {}, {} in both", one.len(), other.len(), one.shared(&other));
    println!("jaccard              {:.3}", one.jaccard(&other));
    println!("left in right        {:.3}", one.containment(&other));
    println!("right in left        {:.3}", other.containment(&one));

    // Estimated: one pass over each text, 128 slots each.
    let sketcher = Sketcher::default();
    let (one, other) = (sketcher.sketch(&left), sketcher.sketch(&right));
    println!("estimated jaccard    {}", one.jaccard(&other));
    println!("estimated in right   {}", one.containment(&other));

    // And from one byte a slot, as an index keeps them.
    let (one, other) = (one.compact(SlotBits::Eight), other.compact(SlotBits::Eight));
    println!("from {} bytes each  {}", one.as_bytes().len(), one.jaccard(&other));
    Ok(())
}
