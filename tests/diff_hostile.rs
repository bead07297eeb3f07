//! Guarantee: hostile pairs take at most ten times as long as an ordinary pair of the same size, and linear
//! memory. Their diffs are valid, and the same every time.

mod memory;
mod texts;

use refrain::{Edit, diff};
use std::time::{Duration, Instant};

/// Time and peak memory of a diff. Its edits are checked.
fn measured(left: &str, right: &str) -> (Duration, usize) {
    let (first, time, peak) = memory::measured(|| diff(left, right));
    let edits: Vec<&Edit> = first.edits().collect();
    assert_eq!(edits.iter().map(|edit| edit.left.len()).sum::<usize>(), left.len());
    assert_eq!(edits.iter().map(|edit| edit.right.len()).sum::<usize>(), right.len());
    let again = Instant::now();
    assert_eq!(first, diff(left, right), "the same every time");
    (time.min(again.elapsed()), peak)
}

#[test]
fn hostile_pairs_cost_at_most_ten_times_as_much_as_others() {
    const BYTES: usize = 1_000_000;
    /// Most bytes of memory for each byte of both texts.
    const MEMORY: usize = 24;
    let (left, right) = texts::pairs::edited_pair(BYTES, 1);
    let (ordinary, peak) = measured(&left, &right);
    println!("ordinary: {:.1} bytes a byte", peak as f64 / (left.len() + right.len()) as f64);

    let of_letters = |seed, first: u8| -> String {
        let mut random = texts::random::Xorshift::new(seed);
        let letter = |index: usize, random: &mut texts::random::Xorshift| match index % 7 {
            6 => ' ',
            _ => (first + random.below(12) as u8) as char,
        };
        (0..BYTES).map(|index| letter(index, &mut random)).collect()
    };
    let lines: Vec<String> =
        (0..BYTES / 40).map(|number| format!("line {number} says {} and no more\n", number * 7919)).collect();
    let one = "this line comes again and again, and says nothing new to anybody at all\n";
    let other = "another line comes here instead, and it has as little to tell to anyone\n";
    let mut coin = texts::random::Xorshift::new(9);
    let mut mixed = || -> String {
        (0..BYTES / one.len()).map(|_| if coin.happens(0.5) { one } else { other }).collect()
    };
    let pairs: Vec<(&str, String, String)> = vec![
        ("nothing in common", of_letters(1, b'a'), of_letters(2, b'n')),
        ("other prose", left.clone(), texts::pairs::edited_pair(BYTES, 2).0),
        ("one character", "a".repeat(BYTES), "a".repeat(BYTES - BYTES / 100)),
        ("one character each", "a".repeat(BYTES), "b".repeat(BYTES)),
        ("two characters, shifted", "ab".repeat(BYTES / 2), "ba".repeat(BYTES / 2)),
        ("reversed lines", lines.concat(), lines.iter().rev().map(String::as_str).collect()),
        ("one line against another", one.repeat(BYTES / one.len()), other.repeat(BYTES / other.len())),
        ("two lines, shuffled", mixed(), mixed()),
        ("white space", " \n".repeat(BYTES / 2), "\n\t".repeat(BYTES / 2)),
        (
            "one cluster",
            "e".to_string() + &"\u{301}\u{323}".repeat(BYTES / 4),
            "e".to_string() + &"\u{323}\u{301}".repeat(BYTES / 4),
        ),
        (
            "marks",
            format!("e{}", "\u{301}\u{323}".repeat(100)).repeat(BYTES / 401),
            format!("e{}", "\u{323}\u{301}".repeat(100)).repeat(BYTES / 401),
        ),
        ("joiners", "\u{200d}".repeat(BYTES / 3), "\u{200d}a".repeat(BYTES / 4)),
    ];
    for (name, left, right) in &pairs {
        let (time, peak) = measured(left, right);
        let times = time.as_secs_f64() / ordinary.as_secs_f64();
        println!(
            "{name}: {:.1} ms, {times:.1} times, {:.1} bytes a byte",
            time.as_secs_f64() * 1e3,
            peak as f64 / (2 * BYTES) as f64
        );
        assert!(peak <= MEMORY * (left.len() + right.len()), "{name}: {peak} bytes of memory");
        assert!(times <= 10.0, "{name}: {times:.1} times the ordinary pair");
    }
}
