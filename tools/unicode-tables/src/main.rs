//! Writes the tables of the scan: for each code point its class, its canonical combining class and
//! what it folds to.
//!
//! In: the Unicode Character Database as `icu_properties`, `icu_casemap` and `unicode-normalization`
//! ship it. Out, on standard output: `src/scan/tables.rs`. Run it as
//! `cargo run --release > ../../src/scan/tables.rs` and format the result with `cargo fmt`.
//!
//! A code point folds by: compatibility map (the few kinds in `compatible`), canonical decomposition,
//! simple case folding, canonical composition. Where that gives one character, the table holds the
//! distance to it; where it gives none or several, the table says `MULTI` and `EXPANSIONS` holds them.

use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory as G, Lowercase, Script as S, SentenceTerminal, Uppercase,
};
use icu_properties::{CodePointMapData, CodePointSetData};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

// The order is that of `scan::Class`.
const SPACE: u8 = 0;
const LINE: u8 = 1;
const TERMINAL: u8 = 2;
const OPENING: u8 = 3;
const CLOSING: u8 = 4;
const QUOTE: u8 = 5;
const DASH: u8 = 6;
const POINT: u8 = 7;
const SYMBOL: u8 = 8;
const IGNORABLE: u8 = 9;
const UPPER: u8 = 10;
const LOWER: u8 = 11;
const LETTER: u8 = 12;
const DIGIT: u8 = 13;
const MARK: u8 = 14;
const IDEOGRAPH: u8 = 15;
const UNSPACED: u8 = 16;

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

fn class(ch: char) -> u8 {
    let c = ch as u32;
    let category = CodePointMapData::<G>::new().get(ch);
    if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(ch) || c == 0x0640 {
        return IGNORABLE;
    }
    if matches!(c, 0x0A..=0x0D | 0x85 | 0x2028 | 0x2029) {
        return LINE;
    }
    if c == 0x09 || category == G::SpaceSeparator {
        return SPACE;
    }
    match category {
        G::UppercaseLetter | G::TitlecaseLetter | G::LowercaseLetter | G::ModifierLetter | G::OtherLetter => letter(ch),
        G::NonspacingMark | G::SpacingMark | G::EnclosingMark => MARK,
        // Ideographic numerals stand in running text as ideographs do.
        G::DecimalNumber | G::LetterNumber | G::OtherNumber if script(ch) == S::Han => IDEOGRAPH,
        G::DecimalNumber | G::LetterNumber | G::OtherNumber => DIGIT,
        _ if matches!(ch, '\'' | '"' | '`' | '´') => QUOTE,
        G::InitialPunctuation | G::FinalPunctuation => QUOTE,
        // The low quotes of German, Polish and others open, as brackets do.
        G::OpenPunctuation => OPENING,
        G::ClosePunctuation => CLOSING,
        G::DashPunctuation => DASH,
        G::ConnectorPunctuation => POINT,
        G::OtherPunctuation if matches!(ch, '¿' | '¡') => OPENING,
        G::OtherPunctuation if ch == '…' || CodePointSetData::new::<SentenceTerminal>().contains(ch) => TERMINAL,
        G::OtherPunctuation => POINT,
        _ => SYMBOL,
    }
}

fn script(ch: char) -> S {
    CodePointMapData::<S>::new().get(ch)
}

fn letter(ch: char) -> u8 {
    match script(ch) {
        S::Han | S::Hiragana | S::Katakana | S::Bopomofo | S::Yi | S::Tangut | S::Nushu => return IDEOGRAPH,
        S::Thai | S::Lao | S::Khmer | S::Myanmar | S::NewTaiLue | S::TaiLe | S::TaiTham | S::TaiViet | S::Javanese
        | S::Balinese => {
            return UNSPACED;
        }
        _ => {}
    }
    // The prolonged sound mark and its like belong to Kana, whatever script they are given.
    if matches!(ch as u32, 0x3005..=0x3007 | 0x3031..=0x3035 | 0x303B | 0x303C | 0x30FC | 0xFF70) {
        return IDEOGRAPH;
    }
    if CodePointSetData::new::<Uppercase>().contains(ch) || CodePointMapData::<G>::new().get(ch) == G::TitlecaseLetter {
        UPPER
    } else if CodePointSetData::new::<Lowercase>().contains(ch) {
        LOWER
    } else {
        LETTER
    }
}

fn kept(class: u8) -> bool {
    class >= UPPER
}

fn fold(ch: char) -> Vec<char> {
    let cm = icu_casemap::CaseMapper::new();
    let mut source: Vec<char> = vec![ch];
    if compatible(ch as u32) {
        let mapped: Vec<char> = std::iter::once(ch).nfkd().collect();
        // A mapping with a space in it (spacing accents, whole phrases) is not a form of one letter.
        if mapped.iter().all(|&m| kept(class(m)) || class(m) == IGNORABLE) {
            source = mapped;
        }
    }
    source
        .into_iter()
        .filter(|&m| class(m) != IGNORABLE)
        .nfd()
        .map(|m| cm.simple_fold(m))
        .nfc()
        .collect()
}

/// Whether the character can join the one before it under canonical composition (NFC_QC = Maybe).
fn combiner(ch: char) -> bool {
    !unicode_normalization::is_nfc_quick(std::iter::once(ch)).eq(&unicode_normalization::IsNormalized::Yes)
}

fn main() {
    let mut records: BTreeMap<(u8, u8, u8, i32), usize> = BTreeMap::new();
    let mut list: Vec<(u8, u8, u8, i32)> = Vec::new();
    let mut expansions: Vec<(u32, Vec<char>)> = Vec::new();
    let mut entries = vec![0u16; 0x11_0000];
    for c in 0..0x11_0000u32 {
        let Some(ch) = char::from_u32(c) else {
            entries[c as usize] = u16::MAX;
            continue;
        };
        let mut class = class(ch);
        let (mut flags, mut delta) = (0u8, 0i32);
        let mut ccc = canonical_combining_class(ch);
        if kept(class) {
            let folded = fold(ch);
            if folded.len() == 1 {
                let to = folded[0];
                delta = to as i32 - c as i32;
                ccc = canonical_combining_class(to);
                if combiner(to) {
                    flags |= COMBINER;
                }
                // A half-width form is of its base's class (the mark of a half-width Kana is a mark).
                if compatible(c) && kept(self::class(to)) && class != UPPER {
                    class = self::class(to);
                }
            } else {
                flags |= MULTI;
                expansions.push((c, folded));
            }
        } else {
            ccc = 0;
        }
        let record = (class, ccc, flags, delta);
        let index = *records.entry(record).or_insert_with(|| {
            list.push(record);
            list.len() - 1
        });
        entries[c as usize] = index as u16;
    }
    // Surrogates never occur in a str; give them the record of an unassigned code point.
    let symbol = entries[0x10_FFFF];
    for entry in &mut entries {
        if *entry == u16::MAX {
            *entry = symbol;
        }
    }
    const BLOCK: usize = 64;
    let mut blocks: BTreeMap<Vec<u16>, usize> = BTreeMap::new();
    let mut leaves: Vec<u16> = Vec::new();
    let mut index: Vec<u16> = Vec::new();
    for chunk in entries.chunks(BLOCK) {
        let next = leaves.len() / BLOCK;
        let block = *blocks.entry(chunk.to_vec()).or_insert_with(|| {
            leaves.extend_from_slice(chunk);
            next
        });
        index.push(block as u16);
    }
    let (major, minor, update) = unicode_normalization::UNICODE_VERSION;
    println!("//! The tables of the scan. Written by `tools/unicode-tables`; do not edit.");
    println!("#![cfg_attr(rustfmt, rustfmt_skip)]");
    println!("use super::Record;");
    println!("\n/// Version of the Unicode Character Database that the tables were made from.");
    println!("pub(crate) const UNICODE: (u8, u8, u8) = ({major}, {minor}, {update});");
    println!("\n/// Code points in a leaf of the trie, as a power of two.");
    println!("pub(super) const SHIFT: u32 = {};", BLOCK.trailing_zeros());
    println!("\n/// Class, combining class, flags and distance to the folded character.");
    println!("pub(super) static RECORDS: [Record; {}] = [", list.len());
    for (class, ccc, flags, delta) in &list {
        println!("Record::of({class},{ccc},{flags},{delta}),");
    }
    println!("];");
    print_array("/// Leaf of each block of code points.", "INDEX", &index);
    print_array("/// Record of each code point of a leaf.", "LEAVES", &leaves);
    println!("\n/// What the code points marked `MULTI` fold to, in order of code point.");
    println!("pub(super) static EXPANSIONS: [(u32, &str); {}] = [", expansions.len());
    for (c, folded) in &expansions {
        let text: String = folded.iter().map(|f| format!("\\u{{{:x}}}", *f as u32)).collect();
        println!("(0x{c:x},\"{text}\"),");
    }
    println!("];");
    eprintln!(
        "{} records, {} leaves, {} index, {} expansions",
        list.len(),
        leaves.len() / BLOCK,
        index.len(),
        expansions.len()
    );
}

fn print_array(doc: &str, name: &str, values: &[u16]) {
    println!("\n{doc}\npub(super) static {name}: [u16; {}] = [", values.len());
    for row in values.chunks(24) {
        let row: Vec<String> = row.iter().map(u16::to_string).collect();
        println!("{},", row.join(","));
    }
    println!("];");
}
