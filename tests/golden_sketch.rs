//! Every persisted byte of a sketch, pinned. A change of one of these answers changes the meaning of stored
//! sketches: raise the version of what changed (`TOKENS_VERSION`, the format version) and state it in the
//! changelog. A new version of Unicode changes the recipe and may change the sketches of texts; nothing else
//! may.
//!
//! The sketch byte by byte, the words and the compact forms were computed by an independent program (Python,
//! with unbounded integers) from the doc comments; the others are the output of this crate when they were
//! first recorded.

mod texts;

use refrain::{Compact, Shingle, Sketch, Sketcher, SlotBits, UNICODE_VERSION, Weighting};
use texts::prose::ALL;

/// An independent 64-bit hash (FNV-1a).
fn fnv(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn one_sketch_byte_by_byte() {
    let sketch = Sketcher::builder().slots(3).seed(5).build().unwrap().sketch_slice(&[1, 2, 3]);
    let expected = [
        "5246534b",         // RFSK
        "0100",             // format version
        "0000",             // flags
        "02000000",         // version of the method, weighting, shingle
        "0801",             // switch round, version of words
        "120000",           // version of Unicode
        "000000",           // zeros
        "03000000",         // slots
        "0500000000000000", // seed
        "0000000000000000", // seed of the shingles
        "d1852faf9f51309a", // fingerprint of the recipe
        "0300000000000000", // shingles
        "9ad8a96b35875f00",
        "07c0a58f4329a500",
        "457bc33d1a4d9000",
        "8cffbb4c8eaef330", // checksum
    ];
    assert_eq!(UNICODE_VERSION, (18, 0, 0), "the recipe below holds the version of Unicode");
    assert_eq!(hex(&sketch.encode()), expected.concat());
    assert_eq!(Sketch::decode(&sketch.encode()).unwrap(), sketch);
}

#[test]
fn words_in_every_script() {
    let first = |text: &str| {
        let mut first = None;
        Shingle::words(1).for_each(text, |number| first = first.or(Some(number)));
        format!("{:016x}", first.unwrap())
    };
    let answers = [
        ("a", "8b702390262d03f0"),
        ("Word", "048ab844db7eed22"),
        ("zesentwintigduizend", "083bcd174ba7d729"),
        ("één", "a73ca45a6b683593"),
        ("слово", "6bb7fc75f3006cd0"),
        ("достопримечательностями", "80f7f773576a3db6"),
        ("كلمة", "154f13ccc4dec841"),
        ("शब्द", "7d2b8d6eacd109e7"),
        ("字", "6d28eda733199b29"),
        ("กิ่", "cf157714fb592c4d"),
        ("각", "942842e53deb6672"),
    ];
    let found = answers.map(|(text, _)| (text, first(text)));
    assert_eq!(found, answers.map(|(text, answer)| (text, answer.to_owned())));
}

#[test]
fn texts_by_every_recipe() {
    let text =
        "It was the best of times, it was the worst of times; c'était l'âge de la sagesse. 這是最好的時代。";
    let base = Sketcher::builder().slots(16);
    let answers = [
        (base, "f0980a83e3b6df0c"),
        (base.seed(1), "63439f9b9987899b"),
        (base.slots(252), "a40cd06767b1c9d8"),
        (base.shingle(Shingle::words(3)), "3851dc09c53b8e01"),
        (base.shingle(Shingle::chars(24)), "d9c700e2fc76fcf3"),
        (base.shingle(Shingle::ADAPTIVE.with_seed(1)), "e8ca49399b662783"),
        (base.weighting(Weighting::Occurrences), "1d3fd3192513d4b0"),
        (base.weighting(Weighting::Weights), "6c26869549b1e7dd"),
    ];
    let found =
        answers.map(|(builder, _)| format!("{:016x}", fnv(builder.build().unwrap().sketch(text).encode())));
    assert_eq!(found, answers.map(|(_, answer)| answer.to_owned()));

    let sketcher = base.weighting(Weighting::Weights).build().unwrap();
    let weighted = sketcher.sketch_weighted([(1, 0.5), (2, 1.25), (3, 3.75), (4, 0.0)]).unwrap();
    assert_eq!(format!("{:016x}", fnv(weighted.encode())), "70c48abd8206af06");
}

#[test]
fn compact_forms() {
    let sketch = Sketcher::builder().slots(12).build().unwrap().sketch_slice(&[1, 2, 3]);
    let answers = [
        (SlotBits::One, "3108"),
        (SlotBits::Two, "a10560"),
        (SlotBits::Four, "892a95808452"),
        (SlotBits::Eight, "99587a12e5d9d0c864d852f5"),
    ];
    for (bits, answer) in answers {
        let compact: Compact = sketch.compact(bits);
        assert_eq!(hex(compact.as_bytes()), answer, "{bits:?}");
    }
}

/// Four thousand texts in eight languages, short and long, each sketched by five recipes.
#[test]
fn one_checksum_over_thousands_of_signatures() {
    let sketchers = [
        Sketcher::builder().slots(128),
        Sketcher::builder().slots(252).seed(9),
        Sketcher::builder().slots(16).shingle(Shingle::words(2)),
        Sketcher::builder().slots(16).shingle(Shingle::chars(12)),
        Sketcher::builder().slots(16).weighting(Weighting::Occurrences),
    ]
    .map(|builder| builder.build().unwrap());
    let mut count = 0;
    let mut all = 0_u64;
    for language in ALL {
        for seed in 0..500 {
            let text = language.text(1 + (seed * seed) as usize / 40, seed);
            for sketcher in sketchers {
                let sketch = sketcher.sketch(&text);
                all = all.rotate_left(1) ^ fnv(sketch.slots().iter().flat_map(|slot| slot.to_le_bytes()));
                count += 1;
            }
        }
    }
    assert_eq!(count, 20_000);
    assert_eq!(format!("{all:016x}"), "23bf24d5bcc6fe7f");
}
