//! Writes the tables of the scan, `src/scan/tables.rs`: for each code point its class, its canonical
//! combining class and what it folds to.
//!
//! In: the Unicode Character Database as `icu_properties`, `icu_casemap` and `unicode-normalization` ship it.
//! The order of the classes is that of the library's own `src/scan/class.rs`.
//!
//! `cargo run --release` in this folder writes the file; `cargo run --release -- --check` only says whether
//! it is current, and ends with exit code 1 if it is not. For a new version of Unicode: raise the versions of
//! the three crates in `Cargo.toml`, write the file, run the tests of the scan, and add a line to the
//! changelog (recipes hold the version, so stored sketches of the old one can no longer be compared with new
//! ones).
//!
//! A code point folds by: compatibility map (the few kinds in `compatible`), canonical decomposition, simple
//! case folding, canonical composition. If that gives one character, the table holds the distance to it. If
//! it gives none or several, the record is marked `MULTI` and `EXPANSIONS` holds them.
//!
//! Two arrays lead from a code point to its record: `INDEX` has the leaf of each block of 64 code points,
//! `LEAVES` the records of each leaf. Both are written as runs: (first number, how often), or (first number,
//! minus how many that count up from it).

#[allow(dead_code, reason = "the library reads the classes in more ways")]
#[path = "../../../src/scan/class.rs"]
mod class;

use class::Class;
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory as G, Lowercase, Script as S, SentenceTerminal, Uppercase,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

const MULTI: u8 = 1;
const COMBINER: u8 = 2;

/// Code points whose compatibility mapping the scan follows: forms of the same letter that scraped and
/// converted text mixes freely. Not superscripts, fractions or circled letters, whose mapping changes
/// what a reader reads.
fn compatible(c: u32) -> bool {
    matches!(c,
        0x0132..=0x0133     // the Dutch IJ
        | 0x2E80..=0x2FDF   // radicals that PDF converters write for the ideograph
        | 0xFB00..=0xFDFF   // Latin, Armenian, Hebrew ligatures; Arabic presentation forms A
        | 0xFE70..=0xFEFE   // Arabic presentation forms B
        | 0xFF01..=0xFFEE   // full-width and half-width forms
        | 0x1D400..=0x1D7FF // mathematical alphabets, used as bold and italic
    )
}

fn class_of(ch: char) -> Class {
    let c = ch as u32;
    let category = CodePointMapData::<G>::new().get(ch);
    if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(ch) || c == 0x0640 {
        return Class::Ignorable;
    }
    if matches!(c, 0x0A..=0x0D | 0x85 | 0x2028 | 0x2029) {
        return Class::Line;
    }
    if c == 0x09 || category == G::SpaceSeparator {
        return Class::Space;
    }
    match category {
        G::UppercaseLetter | G::TitlecaseLetter | G::LowercaseLetter | G::ModifierLetter | G::OtherLetter => {
            letter(ch)
        }
        G::NonspacingMark | G::SpacingMark | G::EnclosingMark => Class::Mark,
        // Ideographic numerals occur in running text like ideographs.
        G::DecimalNumber | G::LetterNumber | G::OtherNumber if script(ch) == S::Han => Class::Ideograph,
        G::DecimalNumber | G::LetterNumber | G::OtherNumber => Class::Digit,
        _ if matches!(ch, '\'' | '"' | '`' | '´') => Class::Quote,
        G::InitialPunctuation | G::FinalPunctuation => Class::Quote,
        // The low quotation marks of German, Polish and other languages are opening marks, like opening
        // brackets.
        G::OpenPunctuation => Class::Opening,
        G::ClosePunctuation => Class::Closing,
        G::DashPunctuation => Class::Dash,
        G::ConnectorPunctuation => Class::Point,
        G::OtherPunctuation if matches!(ch, '¿' | '¡') => Class::Opening,
        G::OtherPunctuation if ch == '…' || CodePointSetData::new::<SentenceTerminal>().contains(ch) => {
            Class::Terminal
        }
        G::OtherPunctuation => Class::Point,
        _ => Class::Symbol,
    }
}

fn script(ch: char) -> S {
    CodePointMapData::<S>::new().get(ch)
}

fn letter(ch: char) -> Class {
    match script(ch) {
        S::Han | S::Hiragana | S::Katakana | S::Bopomofo | S::Yi | S::Tangut | S::Nushu => {
            return Class::Ideograph;
        }
        S::Thai
        | S::Lao
        | S::Khmer
        | S::Myanmar
        | S::NewTaiLue
        | S::TaiLe
        | S::TaiTham
        | S::TaiViet
        | S::Javanese
        | S::Balinese => {
            return Class::Unspaced;
        }
        _ => {}
    }
    // The prolonged sound mark and its like belong to Kana, whatever script property they have.
    if matches!(ch as u32, 0x3005..=0x3007 | 0x3031..=0x3035 | 0x303B | 0x303C | 0x30FC | 0xFF70) {
        return Class::Ideograph;
    }
    if CodePointSetData::new::<Uppercase>().contains(ch)
        || CodePointMapData::<G>::new().get(ch) == G::TitlecaseLetter
    {
        Class::Upper
    } else if CodePointSetData::new::<Lowercase>().contains(ch) {
        Class::Lower
    } else {
        Class::Letter
    }
}

fn fold(ch: char) -> Vec<char> {
    let cm = icu_casemap::CaseMapper::new();
    let mut source: Vec<char> = vec![ch];
    if compatible(ch as u32) {
        let mapped: Vec<char> = std::iter::once(ch).nfkd().collect();
        // A mapping with a space in it (spacing accents, whole phrases) is not a form of one letter.
        if mapped.iter().all(|&m| class_of(m).is_kept() || class_of(m) == Class::Ignorable) {
            source = mapped;
        }
    }
    source
        .into_iter()
        .filter(|&m| class_of(m) != Class::Ignorable)
        .nfd()
        .map(|m| cm.simple_fold(m))
        .nfc()
        .collect()
}

/// Whether the character can join the one before it under canonical composition (NFC_QC = Maybe).
fn combiner(ch: char) -> bool {
    !unicode_normalization::is_nfc_quick(std::iter::once(ch)).eq(&unicode_normalization::IsNormalized::Yes)
}

/// Class, combining class, flags, and distance to the folded character.
type Record = (u8, u8, u8, i32);

/// The record of a code point. If it does not fold to exactly one character, its folded form is added to
/// `expansions`.
fn record_of(ch: char, expansions: &mut Vec<(u32, Vec<char>)>) -> Record {
    let mut class = class_of(ch);
    if !class.is_kept() {
        return (class as u8, 0, 0, 0);
    }
    let folded = fold(ch);
    let [to] = folded[..] else {
        expansions.push((ch as u32, folded));
        return (class as u8, canonical_combining_class(ch), MULTI, 0);
    };
    // A half-width form has the class of its base (the mark of a half-width Kana is a mark).
    if compatible(ch as u32) && class_of(to).is_kept() && class != Class::Upper {
        class = class_of(to);
    }
    let flags = if combiner(to) { COMBINER } else { 0 };
    (class as u8, canonical_combining_class(to), flags, to as i32 - ch as i32)
}

/// Numbers the distinct items, in the order in which they first occur.
struct Numbering<T> {
    numbers: BTreeMap<T, u16>,
    list: Vec<T>,
}

impl<T: Ord + Clone> Numbering<T> {
    fn new() -> Numbering<T> {
        Numbering { numbers: BTreeMap::new(), list: Vec::new() }
    }

    fn number(&mut self, item: T) -> u16 {
        *self.numbers.entry(item.clone()).or_insert_with(|| {
            self.list.push(item);
            (self.list.len() - 1) as u16
        })
    }
}

/// Code points in a leaf.
const LEAF: usize = 64;

/// Bytes in a line of the file.
const LINE: usize = 120;

fn tables() -> String {
    let (mut records, mut leaves) = (Numbering::new(), Numbering::new());
    let mut expansions = Vec::new();
    // Surrogates never occur in a str; they have the record of an unassigned code point.
    let unassigned = char::MAX;
    let all: Vec<u16> = (0..0x11_0000)
        .map(|code| records.number(record_of(char::from_u32(code).unwrap_or(unassigned), &mut expansions)))
        .collect();
    let index: Vec<u16> = all.chunks(LEAF).map(|leaf| leaves.number(leaf.to_vec())).collect();
    let (major, minor, update) = unicode_normalization::UNICODE_VERSION;
    let mut out = format!(
        "//! The tables of the scan. @generated by `tools/unicode-tables`; do not edit.\n\
         #![cfg_attr(rustfmt, rustfmt_skip)]\n\n\
         /// Version of the Unicode Character Database that the tables were made from.\n\
         pub(crate) const UNICODE: (u8, u8, u8) = ({major}, {minor}, {update});\n\n\
         /// Code points in a leaf of the table, as a power of two.\n\
         pub(super) const SHIFT: u32 = {};\n",
        LEAF.trailing_zeros()
    );
    let written =
        records.list.iter().map(|(class, ccc, flags, delta)| format!("({class},{ccc},{flags},{delta})"));
    array(
        &mut out,
        "Class, combining class, flags and distance to the folded character.",
        "RECORDS",
        "(u8, u8, u8, i32)",
        written,
    );
    let written = runs(&index).into_iter().map(|(first, count)| format!("({first},{count})"));
    array(&mut out, "Leaf of each block of code points, in runs.", "INDEX", "(u16, i16)", written);
    let written = runs(&leaves.list.concat()).into_iter().map(|(first, count)| format!("({first},{count})"));
    array(&mut out, "Record of each code point of a leaf, in runs.", "LEAVES", "(u16, i16)", written);
    let written = expansions.iter().map(|(code, folded)| format!("(0x{code:x},\"{}\")", literal(folded)));
    array(
        &mut out,
        "What the code points marked `MULTI` fold to, in order of code point.",
        "EXPANSIONS",
        "(u32, &str)",
        written,
    );
    out
}

/// Runs of equal numbers (a positive count) and of numbers that count up by one (a negative count).
fn runs(numbers: &[u16]) -> Vec<(u16, i16)> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < numbers.len() {
        let first = numbers[at];
        let rest = &numbers[at..numbers.len().min(at + i16::MAX as usize)];
        let equal = rest.iter().take_while(|&&number| number == first).count();
        let rising = rest
            .iter()
            .enumerate()
            .take_while(|&(index, &number)| usize::from(number) == usize::from(first) + index)
            .count();
        runs.push((first, if equal >= rising { equal as i16 } else { -(rising as i16) }));
        at += equal.max(rising);
    }
    runs
}

/// ASCII letters as they are, all other characters by number, so that no editor reorders right-to-left text.
fn literal(folded: &[char]) -> String {
    let written = |ch: &char| {
        if ch.is_ascii_alphanumeric() { ch.to_string() } else { format!("\\u{{{:x}}}", *ch as u32) }
    };
    folded.iter().map(written).collect()
}

fn array(out: &mut String, doc: &str, name: &str, kind: &str, items: impl ExactSizeIterator<Item = String>) {
    out.push_str(&format!("\n/// {doc}\npub(super) static {name}: [{kind}; {}] = [\n", items.len()));
    let mut line = 0;
    for item in items {
        if line + item.len() + 1 > LINE {
            out.push('\n');
            line = 0;
        }
        out.push_str(&item);
        out.push(',');
        line += item.len() + 1;
    }
    out.push_str("\n];\n");
}

fn main() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../src/scan/tables.rs");
    let tables = tables();
    if std::env::args().nth(1).as_deref() != Some("--check") {
        std::fs::write(path, tables).expect("src/scan/tables.rs can be written");
    } else if std::fs::read_to_string(path).ok().as_deref() != Some(&tables) {
        eprintln!("src/scan/tables.rs is not what this tool writes; run it without --check");
        std::process::exit(1);
    }
}
