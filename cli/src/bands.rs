//! `refrain bands`: chooses how sketches are cut into bands to find candidates, and shows how many pairs they find.
//!
//! In: a threshold and a recall, or numbers of bands and rows. Out: one record with the bands and their recall.

use std::fmt::Write;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use refrain::corpus::Job;
use refrain::{Bands, Sketcher};
use serde_json::json;

use crate::answers;
use crate::json;
use crate::options::{FormatOptions, OutputFormat};
use crate::page::Style;
use crate::stop::Stop;

/// Choose bands and rows for an index, and show what they find
#[derive(Args)]
pub(crate) struct Options {
    /// Least Jaccard similarity of the pairs to find
    #[arg(long, value_name = "T", default_value_t = Job::DEFAULT_THRESHOLD)]
    threshold: f64,
    /// Least share of the pairs at the threshold to find
    #[arg(long, value_name = "R", default_value_t = Job::DEFAULT_RECALL, conflicts_with_all = ["bands", "preset"])]
    recall: f64,
    /// Slots of a sketch
    #[arg(long, value_name = "N", default_value_t = Sketcher::DEFAULT_SLOTS)]
    slots: usize,
    /// Bytes that a document may take in an index; a sketch then has as many slots as the bands use
    #[arg(long, value_name = "BYTES", conflicts_with = "slots")]
    memory: Option<usize>,
    /// Number of bands: show what this many bands of --rows rows find
    #[arg(long, value_name = "B", requires = "rows", conflicts_with = "memory")]
    bands: Option<usize>,
    /// Number of rows a band
    #[arg(long, value_name = "R", requires = "bands")]
    rows: Option<usize>,
    /// Bands and rows that are known by name: show what they find
    #[arg(long, value_enum, conflicts_with_all = ["memory", "bands"])]
    preset: Option<Preset>,
    #[command(flatten)]
    format: FormatOptions,
}

#[derive(Clone, Copy, ValueEnum)]
enum Preset {
    /// FineWeb: 14 bands of 8 rows
    Fineweb,
    /// NeMo Curator: 20 bands of 13 rows
    Nemo,
    /// OLMo: 26 bands of 11 rows
    Olmo,
    /// 16 bands of 8 rows, the default of the library's index
    Standard,
    /// 28 bands of 9 rows
    Accurate,
}

impl Preset {
    fn bands(self) -> Result<Bands, Stop> {
        Ok(match self {
            Preset::Fineweb => Bands::new(14, 8)?,
            Preset::Nemo => Bands::new(20, 13)?,
            Preset::Olmo => Bands::new(26, 11)?,
            Preset::Standard => Bands::STANDARD,
            Preset::Accurate => Bands::ACCURATE,
        })
    }
}

impl Options {
    /// The bands, and the slots of a sketch.
    fn chosen(&self) -> Result<(Bands, usize), Stop> {
        let given = match (self.preset, self.bands, self.rows) {
            (Some(preset), ..) => Some(preset.bands()?),
            (None, Some(bands), Some(rows)) => Some(Bands::new(bands, rows)?),
            _ => None,
        };
        // A sketch has all slots that its bands need, even if this is more than --slots.
        let with_slots = |bands: Bands| (bands, self.slots.max(bands.slots()));
        match (given, self.memory) {
            (Some(bands), _) => Ok(with_slots(bands)),
            (None, Some(bytes)) => {
                let bands = Bands::for_memory(self.threshold, self.recall, bytes)?;
                Ok((bands, bands.slots()))
            }
            (None, None) => Ok(with_slots(Bands::for_recall(self.threshold, self.recall, self.slots)?)),
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode, Stop> {
    if !(0.0..=1.0).contains(&options.threshold) {
        return Err(Stop::Usage(format!(
            "--threshold is {}; expected a value between 0 and 1, such as {}",
            options.threshold,
            Job::DEFAULT_THRESHOLD
        )));
    }
    let (bands, slots) = options.chosen()?;
    let answer = match options.format.chosen() {
        OutputFormat::Json => record(bands, slots, options.threshold),
        OutputFormat::Text => page(bands, slots, options.threshold, Style::detect()),
    };
    answers::write(answer.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn record(bands: Bands, slots: usize, threshold: f64) -> String {
    let record = json::object(&[
        ("bands", &bands.bands()),
        ("rows", &bands.rows()),
        ("recall", &json!(bands.recall(threshold))),
        ("bytes_per_document", &bands.bytes_per_document(slots)),
        ("curve", &json!(bands.curve())),
    ]);
    format!("{record}\n")
}

/// The number of unrelated documents for which the page predicts false candidates.
const MILLION: u64 = 1_000_000;

fn page(bands: Bands, slots: usize, threshold: f64, style: Style) -> String {
    let settings = format!("{} bands of {} rows", bands.bands(), bands.rows());
    let mut page = format!("{}, of sketches of {slots} slots\n", style.bold(&settings));
    let _ = writeln!(page, "{:.2} % of the pairs at J = {threshold} found", 100.0 * bands.recall(threshold));
    let _ = writeln!(page, "{} bytes a document in an index", bands.bytes_per_document(slots));
    let _ = writeln!(
        page,
        "{:.1} false candidates a query, among a million documents at J = 0.1",
        bands.false_candidates(0.1, MILLION)
    );
    let _ = writeln!(page, "\n{}", style.dim("   J    found"));
    for (jaccard, recall) in bands.curve() {
        let _ = writeln!(page, "{jaccard:.2} {:7.2} %", 100.0 * recall);
    }
    page
}
