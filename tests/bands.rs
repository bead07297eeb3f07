//! The guarantee: bands reach the requested recall, state the recall they have, and useless settings are
//! refused with the number that shows why.

use proptest::prelude::*;
use refrain::{Bands, Sketcher};

/// 1 - (1 - J^r)^b, term by term.
fn naive_recall(bands: usize, rows: usize, jaccard: f64) -> f64 {
    let all_rows_agree: f64 = (0..rows).map(|_| jaccard).product();
    let no_band_agrees: f64 = (0..bands).map(|_| 1.0 - all_rows_agree).product();
    1.0 - no_band_agrees
}

#[test]
fn published_settings_have_their_published_recall() {
    // (setting, bands, rows, recall at J = 0.5, 0.7, 0.8, 0.9): FineWeb's paper and code state 0.924 at 0.8.
    let cases = [
        (Bands::new(14, 8).unwrap(), 14, 8, [0.053, 0.565, 0.924, 0.9996]),
        (Bands::new(20, 13).unwrap(), 20, 13, [0.002, 0.177, 0.677, 0.997]),
        (Bands::new(26, 11).unwrap(), 26, 11, [0.013, 0.405, 0.903, 0.9999]),
        (Bands::STANDARD, 16, 8, [0.061, 0.613, 0.947, 0.9999]),
        (Bands::ACCURATE, 28, 9, [0.053, 0.684, 0.982, 1.0]),
    ];
    for (setting, bands, rows, recalls) in cases {
        assert_eq!((setting.bands(), setting.rows(), setting.slots()), (bands, rows, bands * rows));
        assert_eq!(
            Bands::new(bands, rows).unwrap(),
            setting,
            "constants pass the check of explicit settings"
        );
        for (jaccard, recall) in [0.5, 0.7, 0.8, 0.9].into_iter().zip(recalls) {
            assert!((setting.recall(jaccard) - recall).abs() < 0.0006, "{setting} at {jaccard}");
        }
    }
    assert_eq!(Bands::default(), Bands::STANDARD);
}

#[test]
fn for_recall_takes_the_most_rows_that_reach_it() {
    // (threshold, recall, slots) -> (bands, rows), worked out by hand.
    let cases = [
        ((0.8, 0.95, 64), (10, 6)),
        ((0.8, 0.95, 96), (13, 7)),
        ((0.8, 0.95, 128), (18, 7)),
        ((0.8, 0.95, 192), (21, 9)),
        ((0.8, 0.95, 256), (28, 9)),
        ((0.7, 0.95, 128), (25, 5)),
        ((0.7, 0.95, 256), (36, 7)),
    ];
    for ((threshold, recall, slots), expected) in cases {
        let chosen = Bands::for_recall(threshold, recall, slots).unwrap();
        assert_eq!((chosen.bands(), chosen.rows()), expected, "{threshold} {recall} {slots}");
    }
}

#[test]
fn useless_settings_are_refused_with_the_number_that_shows_why() {
    let refused = |bands, rows| {
        let error = Bands::new(bands, rows).unwrap_err();
        assert!(error.is_setting());
        error.to_string()
    };
    // 13 bands of 60 rows find 1 - (1 - 0.8^60)^13 = 0.000020 at J = 0.8.
    let swapped = refused(13, 60);
    assert!(swapped.contains("0.000020") && swapped.contains("60 bands of 13 rows"), "{swapped}");
    let swapped = refused(1, 20);
    assert!(!swapped.contains("did you mean"), "20 bands of 1 row are no better: {swapped}");
    // 1 - 0.9^16 = 0.8147.
    let everything = refused(16, 1);
    assert!(everything.contains("0.8147"), "{everything}");
    assert!(refused(0, 8).contains("at least 1"));
    assert!(refused(8, 0).contains("at least 1"));
    assert!(refused(1 << 15, 3).contains("65536"));
    assert!(refused(usize::MAX, usize::MAX).contains("65536"));
}

#[test]
fn recalls_that_cannot_be_reached_are_refused() {
    for bad in [0.0, 1.0, -0.5, 1.5, 80.0, f64::NAN, f64::INFINITY] {
        assert!(Bands::for_recall(bad, 0.95, 128).unwrap_err().to_string().contains("threshold"), "{bad}");
        assert!(Bands::for_recall(0.8, bad, 128).unwrap_err().to_string().contains("recall"), "{bad}");
        assert!(Bands::for_memory(bad, 0.95, 240).unwrap_err().is_setting(), "{bad}");
        assert!(Bands::for_memory(0.8, bad, 240).unwrap_err().is_setting(), "{bad}");
    }
    // Two slots at J = 0.8: 1 - 0.2^2 = 0.96.
    let error = Bands::for_recall(0.8, 0.99, 2).unwrap_err();
    assert!(error.to_string().contains("0.9600"), "{error}");
    assert!(Bands::for_recall(0.8, 0.95, 0).is_err());
    assert!(Bands::for_recall(0.8, 0.95, usize::MAX).is_err());
    // With 16 slots only single rows find 99.99 %, and those propose everything.
    assert!(Bands::for_recall(0.8, 0.9999, 16).unwrap_err().to_string().contains("0.8147"));
}

#[test]
fn more_memory_gives_more_rows_and_the_least_is_stated() {
    let mut rows = 0;
    for bytes in (150..2000).step_by(50) {
        let Ok(bands) = Bands::for_memory(0.8, 0.95, bytes) else { continue };
        assert!(
            bands.bytes_per_document(bands.slots()) <= bytes && bands.recall(0.8) >= 0.95,
            "{bytes}: {bands}"
        );
        assert!(bands.rows() >= rows, "more memory, fewer candidates: {bytes}");
        rows = bands.rows();
    }
    assert!(rows >= 12, "2 kB a document give {rows} rows");
    let error = Bands::for_memory(0.8, 0.95, 10).unwrap_err().to_string();
    let least: usize =
        error.split("it takes ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    assert!(Bands::for_memory(0.8, 0.95, least).is_ok());
    assert!(Bands::for_memory(0.8, 0.95, least - 1).is_err());
}

#[test]
fn the_default_fits_in_240_bytes() {
    // 256 slots of four bits, and 16 entries of 5 bytes in tables that are between 73 % and 87.5 % full.
    assert_eq!(Bands::STANDARD.bytes_per_document(Sketcher::DEFAULT_SLOTS), 229);
    assert_eq!(Bands::STANDARD.bytes_per_document(Bands::STANDARD.slots()), 229 - 64);
    // Five rows make keys of whole bytes: 125 slots, 25 entries.
    assert_eq!(Bands::new(25, 5).unwrap().bytes_per_document(125), 125 + 157);
}

#[test]
fn false_candidates_are_documents_times_recall() {
    assert!(Bands::STANDARD.false_candidates(0.0, 10_000_000) < 0.1);
    assert_eq!(Bands::STANDARD.false_candidates(1.0, 1000), 1000.0);
    // Four bits agree by accident in one of 16 cases, eight in one of 256.
    let expected = 1e9 * naive_recall(16, 8, 0.3 + 0.7 / 16.0);
    assert!((Bands::STANDARD.false_candidates(0.3, 1_000_000_000) / expected - 1.0).abs() < 1e-9);
    let expected = 1e9 * naive_recall(25, 5, 0.3 + 0.7 / 256.0);
    let five_rows = Bands::new(25, 5).unwrap();
    assert!((five_rows.false_candidates(0.3, 1_000_000_000) / expected - 1.0).abs() < 1e-9);
}

#[test]
fn they_are_written_and_read_as_bands_x_rows() {
    assert_eq!(Bands::STANDARD.to_string(), "16x8");
    assert_eq!(format!("{:?}", Bands::STANDARD), "Bands(16x8)");
    assert_eq!("16x8".parse::<Bands>().unwrap(), Bands::STANDARD);
    for bad in ["", "16", "16x", "x8", "16x8x2", "16*8", "-16x8", "13x60", "16x1"] {
        assert!(bad.parse::<Bands>().unwrap_err().is_setting(), "{bad}");
    }
}

/// Computed by a Python program that sums rectangles of width 0.001 as datasketch does.
#[test]
fn the_bands_are_those_that_datasketch_chooses() {
    let chosen = [
        (0.5, 64, "14x4"),
        (0.5, 128, "25x5"),
        (0.7, 64, "8x8"),
        (0.7, 128, "14x9"),
        (0.8, 64, "5x11"),
        (0.8, 128, "9x13"),
        (0.9, 64, "3x21"),
        (0.9, 128, "5x25"),
    ];
    for (threshold, slots, bands) in chosen {
        assert_eq!(Bands::datasketch(threshold, slots).unwrap().to_string(), bands, "{threshold} {slots}");
    }
    for bad in [0.0, 1.0, f64::NAN] {
        assert!(Bands::datasketch(bad, 128).unwrap_err().is_setting());
    }
    assert!(Bands::datasketch(0.8, 0).unwrap_err().is_setting());
    // At 0.95 it takes 3 bands of 42 rows, which find 0.31 of the pairs at 0.95.
    assert!(Bands::datasketch(0.95, 128).unwrap_err().is_setting());
}

proptest! {
    #[test]
    fn recall_is_the_probability_of_one_agreeing_band(bands in 1usize..100, rows in 1usize..30, jaccard in 0.0..=1.0) {
        if let Ok(setting) = Bands::new(bands, rows) {
            prop_assert!((setting.recall(jaccard) - naive_recall(bands, rows, jaccard)).abs() < 1e-12);
        }
    }

    #[test]
    fn for_recall_reaches_the_recall_and_one_more_row_would_not(
        threshold in 0.3..0.99, recall in 0.5..0.999, slots in 16usize..1024,
    ) {
        if let Ok(chosen) = Bands::for_recall(threshold, recall, slots) {
            prop_assert!(chosen.slots() <= slots);
            prop_assert!(chosen.recall(threshold) >= recall);
            for rows in chosen.rows() + 1..=slots {
                prop_assert!(naive_recall(slots / rows, rows, threshold) < recall);
            }
        }
    }

    #[test]
    fn the_curve_rises_from_0_to_1_and_jaccard_at_inverts_it(bands in 1usize..60, rows in 1usize..20, share in 0.01..0.99) {
        if let Ok(setting) = Bands::new(bands, rows) {
            let curve = setting.curve();
            prop_assert_eq!(curve[0], (0.0, 0.0));
            prop_assert_eq!(curve[20], (1.0, 1.0));
            prop_assert_eq!(curve[16].0, 0.8);
            prop_assert!(curve.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1));
            prop_assert!((setting.recall(setting.jaccard_at(share)) - share).abs() < 1e-9);
        }
    }
}
