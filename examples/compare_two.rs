//! How similar are two texts? Exactly, and estimated from sketches of two kilobytes.
//!
//! `cargo run --example compare_two [LEFT RIGHT]` compares two files, or two built-in texts.

use refrain::{Sketcher, SlotBits};
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

    // Exact: both texts are in memory, shingles of five words are compared, and passages are aligned.
    let exact = refrain::similarity(&left, &right);
    println!("jaccard              {:.3}", exact.jaccard);
    println!("left in right        {:.3}", exact.containment_left);
    println!("right in left        {:.3}", exact.containment_right);
    println!("left in passages     {:.3} of its letters", exact.coverage_left);
    println!("right in passages    {:.3}", exact.coverage_right);

    // Estimated: one pass over each text, 256 slots each.
    let sketcher = Sketcher::default();
    let (one, other) = (sketcher.sketch(&left), sketcher.sketch(&right));
    println!("estimated jaccard    {}", one.jaccard(&other));
    println!("estimated in right   {}", one.containment(&other));

    // From four bits a slot, as an index stores them.
    let (one, other) = (one.compact(SlotBits::Four), other.compact(SlotBits::Four));
    println!("from {} bytes each  {}", one.as_bytes().len(), one.jaccard(&other));
    Ok(())
}
