//! Measures the curves of the guide page on settings (`docs/settings.md`), on generated prose.
//!
//! `cargo run --release --example measure_settings` prints its tables.

#[path = "../tests/texts/mod.rs"]
mod texts;

use std::collections::HashSet;

use refrain::{Bands, Index, Shingle, Shingles, Sketcher, SlotBits};
use texts::writer::{LANGUAGES, Sentence, Writer};

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn main() -> Outcome {
    shingles();
    slots()?;
    bands()?;
    passages();
    Ok(())
}

/// A document of about 3,000 bytes, and the same with a share of its words edited.
fn edited_pair(share: f64, seed: u64) -> (String, String) {
    let mut writer = Writer::new(&LANGUAGES[0], seed);
    let paragraphs = writer.paragraphs(3_000);
    let mut edited: Vec<Vec<Sentence>> = paragraphs.clone();
    for paragraph in &mut edited {
        writer.edit(paragraph, share);
    }
    (writer.document(&paragraphs), writer.document(&edited))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    values.iter().sum::<f64>() / values.len() as f64
}

/// How edits change the similarity with each unit of comparison: the mean exact Jaccard of 40 pairs.
fn shingles() {
    let units = [1, 2, 3, 5, 8].map(Shingle::words).into_iter().chain([10, 24].map(Shingle::chars));
    let units: Vec<Shingle> = units.collect();
    println!("words edited  {}", units.iter().map(|unit| format!("{unit:>9}")).collect::<String>());
    for share in [0.01, 0.02, 0.05, 0.1, 0.2, 0.4] {
        let pairs: Vec<_> = (0..40).map(|seed| edited_pair(share, seed)).collect();
        let jaccard = |unit: Shingle| {
            mean(pairs.iter().map(|(old, new)| Shingles::by(unit, old).jaccard(&Shingles::by(unit, new))))
        };
        let row: String = units.iter().map(|&unit| format!("{:9.2}", jaccard(unit))).collect();
        println!("{:9.0} %   {row}", 100.0 * share);
    }
}

/// The errors of the estimates of 200 pairs: the square root of the mean squared error, and the predicted standard error.
fn slots() -> Outcome {
    let pairs: Vec<_> = (0..200).map(|seed| edited_pair(0.022, seed)).collect();
    let exact: Vec<f64> = pairs.iter().map(|(old, new)| refrain::jaccard(old, new)).collect();
    println!(
        "\nmean J {:.2}    error of all bits (stated)   error of four bits (stated)",
        mean(exact.iter().copied())
    );
    for slots in [64, 128, 256, 512, 1024] {
        let sketcher = Sketcher::builder().slots(slots).build()?;
        let mut squares = [Vec::new(), Vec::new()];
        let mut stated = [Vec::new(), Vec::new()];
        for ((old, new), exact) in pairs.iter().zip(&exact) {
            let (old, new) = (sketcher.sketch(old), sketcher.sketch(new));
            let four = SlotBits::Four;
            let estimates = [old.jaccard(&new), old.compact(four).jaccard(&new.compact(four))];
            for (at, estimate) in estimates.into_iter().enumerate() {
                squares[at].push((estimate.value - exact).powi(2));
                stated[at].push(estimate.std_error);
            }
        }
        let [whole, compact] = squares.map(|squares| mean(squares.into_iter()).sqrt());
        let [stated_whole, stated_compact] = stated.map(|errors| mean(errors.into_iter()));
        println!(
            "{slots:5} slots    {whole:.4} ({stated_whole:.4})              {compact:.4} ({stated_compact:.4})"
        );
    }
    Ok(())
}

/// The share of pairs that an index finds, by their exact Jaccard, and the share that the bands predict.
fn bands() -> Outcome {
    let sketcher = Sketcher::default();
    let pairs: Vec<_> =
        (0..6_000).map(|seed| edited_pair(0.005 + 0.09 * (seed as f64 / 6_000.0), seed)).collect();
    let exact: Vec<f64> = pairs.iter().map(|(old, new)| refrain::jaccard(old, new)).collect();
    println!("\n   J          pairs   16 x 8 (predicted)   28 x 9 (predicted)");
    let mut found = Vec::new();
    for bands in [Bands::STANDARD, Bands::ACCURATE] {
        let mut index = Index::new(sketcher.recipe(), bands)?;
        for (old, _) in &pairs {
            index.insert(&sketcher.sketch(old))?;
        }
        let mut hits = HashSet::new();
        for (number, (_, new)) in pairs.iter().enumerate() {
            let neighbors = index.neighbors(&sketcher.sketch(new), 0.0)?;
            if neighbors.items.iter().any(|neighbor| neighbor.id.position() == number) {
                hits.insert(number);
            }
        }
        found.push((bands, hits));
    }
    for bin in (9..20).map(|bin| bin as f64 / 20.0) {
        let inside: Vec<usize> =
            (0..pairs.len()).filter(|&at| (bin..bin + 0.05).contains(&exact[at])).collect();
        let cell = |(bands, hits): &(Bands, HashSet<usize>)| {
            let share = mean(inside.iter().map(|at| f64::from(u8::from(hits.contains(at)))));
            let predicted = mean(inside.iter().map(|&at| bands.recall(exact[at])));
            format!("{share:14.3} ({predicted:.3})")
        };
        println!(
            "{bin:.2}–{:.2} {:10}{}",
            bin + 0.05,
            inside.len(),
            found.iter().map(cell).collect::<String>()
        );
    }
    Ok(())
}

/// The share of a copied stretch that is reported, by its length and by the share of its words that were edited.
fn passages() {
    let lengths = [8, 15, 30, 60, 120];
    println!("\nwords edited   {}", lengths.map(|words| format!("{words:>5} words")).join(""));
    for share in [0.0, 0.05, 0.1, 0.2, 0.3, 0.4] {
        let row = lengths.map(|words| mean((0..60).map(|seed| reported(words, share, seed))));
        println!("{:9.0} %    {}", 100.0 * share, row.map(|found| format!("{found:11.2}")).join(""));
    }
}

/// Puts the same words into two texts, edits them in one of the texts, and returns the share of them that is reported.
fn reported(words: usize, share: f64, seed: u64) -> f64 {
    let mut writer = Writer::new(&LANGUAGES[0], 1_000 + seed);
    let mut copied: Vec<Sentence> = Vec::new();
    let mut missing = words;
    while missing > 0 {
        let mut sentence = writer.sentence();
        sentence.words.truncate(missing);
        missing -= sentence.words.len();
        copied.push(sentence);
    }
    let mut edited = copied.clone();
    writer.edit(&mut edited, share);
    let mut hide = |middle: &[Sentence]| {
        let paragraphs = [writer.paragraphs(1_500), vec![middle.to_vec()], writer.paragraphs(1_500)].concat();
        (writer.document(&paragraphs), writer.written_paragraph(middle))
    };
    let ((left, stretch), (right, _)) = (hide(&copied), hide(&edited));
    let start = left.find(&stretch).expect("the stretch is in the text");
    let end = start + stretch.len();
    let inside = |span: refrain::Span| span.end.min(end).saturating_sub(span.start.max(start));
    let bytes: usize = refrain::passages(&left, &right).iter().map(|passage| inside(passage.left)).sum();
    bytes as f64 / stretch.len() as f64
}
