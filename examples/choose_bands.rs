//! Chooses bands and rows, and shows what they find next to settings in use elsewhere.
//!
//! ```text
//! cargo run --example choose_bands -- 0.8 0.95 256       # threshold, recall, slots
//! ```

use std::error::Error;

use refrain::Bands;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |at: usize, default: &str| arguments.get(at).cloned().unwrap_or_else(|| default.to_owned());
    let (threshold, recall) = (argument(0, "0.8").parse()?, argument(1, "0.95").parse()?);
    let slots = argument(2, "256").parse()?;
    let chosen = Bands::for_recall(threshold, recall, slots)?;

    let settings = [
        ("chosen", chosen),
        ("default", Bands::default()),
        ("FineWeb", Bands::new(14, 8)?),
        ("NeMo", Bands::new(20, 13)?),
        ("OLMo", Bands::new(26, 11)?),
    ];
    println!("{:8} {:>6} {:>5} {:>6}  share of pairs found at J =", "", "bands", "rows", "bytes");
    println!("{:29} {}", "", [0.3, 0.5, 0.7, 0.8, 0.9].map(|jaccard| format!("{jaccard:6}")).join(" "));
    for (name, bands) in settings {
        let found =
            [0.3, 0.5, 0.7, 0.8, 0.9].map(|jaccard| format!("{:.4}", bands.recall(jaccard))).join(" ");
        let (count, rows, bytes) = (bands.bands(), bands.rows(), bands.bytes_per_document(slots));
        println!("{name:8} {count:>6} {rows:>5} {bytes:>6}  {found}");
    }
    let million = chosen.false_candidates(0.3, 1_000_000);
    println!("\n{chosen} look at {million:.0} of a million documents that are 0.3 alike");

    // What is swapped is refused, with the number that shows why.
    println!("{}", Bands::new(13, 60).unwrap_err());
    Ok(())
}
