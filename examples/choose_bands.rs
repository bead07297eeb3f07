//! Chooses bands and rows, and compares what they find with the settings of other projects.
//!
//! ```text
//! cargo run --example choose_bands -- 0.8 0.95 256       # threshold, recall, slots
//! ```

use std::error::Error;

use refrain::Bands;

/// Published settings: bands, rows.
const PUBLISHED: [(&str, usize, usize); 3] = [
    ("FineWeb", 14, 8), // and the defaults of datatrove
    ("NeMo", 20, 13),   // NeMo Curator
    ("OLMo 3", 26, 11), // the example setting of duplodocus
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument =
        |at: usize, default: &str| arguments.get(at).cloned().unwrap_or_else(|| default.to_owned());
    let (threshold, recall) = (argument(0, "0.8").parse()?, argument(1, "0.95").parse()?);
    let slots = argument(2, "256").parse()?;
    let chosen = Bands::for_recall(threshold, recall, slots)?;

    let mut settings = vec![
        ("chosen", chosen),
        ("default", Bands::default()),
        ("datasketch", Bands::datasketch(threshold, slots)?),
    ];
    for (name, bands, rows) in PUBLISHED {
        settings.push((name, Bands::new(bands, rows)?));
    }
    println!("{:10} {:>6} {:>5} {:>6}  share of pairs found at J =", "", "bands", "rows", "bytes");
    println!("{:31} {}", "", [0.3, 0.5, 0.7, 0.8, 0.9].map(|jaccard| format!("{jaccard:6}")).join(" "));
    for (name, bands) in settings {
        let found =
            [0.3, 0.5, 0.7, 0.8, 0.9].map(|jaccard| format!("{:.4}", bands.recall(jaccard))).join(" ");
        let (count, rows, bytes) = (bands.bands(), bands.rows(), bands.bytes_per_document(slots));
        println!("{name:10} {count:>6} {rows:>5} {bytes:>6}  {found}");
    }
    let million = chosen.false_candidates(0.3, 1_000_000);
    println!(
        "\nAmong a million documents of similarity 0.3, {chosen} propose {million:.0} candidates a query."
    );

    // Bands and rows in the wrong order are refused; the message shows why.
    println!("{}", Bands::new(13, 60).unwrap_err());
    Ok(())
}
