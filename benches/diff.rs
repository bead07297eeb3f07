//! The diff of ordinary pairs (5 % of the words edited, a fifth of the text moved, both) and of hostile
//! pairs. The counts of their edits are asserted.

#[path = "../tests/texts/mod.rs"]
mod texts;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use refrain::diff::Granularity;
use refrain::{Differ, EditKind, diff};
use std::hint::black_box;

/// How many moves a diff has, and how many other edits.
fn counted(left: &str, right: &str) -> (usize, usize) {
    let diff = diff(left, right);
    let moves = diff.edits().filter(|edit| matches!(edit.kind, EditKind::MoveTo { .. })).count();
    let others = diff.edits().filter(|edit| {
        !matches!(edit.kind, EditKind::Equal | EditKind::MoveTo { .. } | EditKind::MoveFrom { .. })
    });
    (moves, others.count())
}

fn bench(criterion: &mut Criterion, case: &str, size: &str, left: &str, right: &str) {
    let mut group = criterion.benchmark_group(format!("diff/{case}"));
    group.throughput(Throughput::Bytes(left.len() as u64));
    if left.len() >= 500_000 {
        group.sample_size(10);
    }
    group.bench_with_input(BenchmarkId::from_parameter(size), &(left, right), |bencher, (left, right)| {
        bencher.iter(|| diff(black_box(left), black_box(right)));
    });
    group.finish();
}

fn ordinary(criterion: &mut Criterion) {
    for (size, bytes) in [("5KB", 5_000), ("50KB", 50_000), ("500KB", 500_000), ("1MB", 1_000_000)] {
        let (left, right) = texts::pairs::edited_pair(bytes, 1);
        let (moves, others) = counted(&left, &right);
        assert!(moves == 0 && others >= bytes / 250, "{moves} moves, {others} other edits");
        bench(criterion, "edits-5%", size, &left, &right);
    }
    for (size, bytes) in [("10KB", 10_000), ("50KB", 50_000), ("500KB", 500_000)] {
        let (left, right, _) = texts::pairs::moved_pair(bytes, 1);
        assert_eq!(counted(&left, &right), (1, 0));
        bench(criterion, "moved-20%", size, &left, &right);
    }
    for (size, bytes) in [("10KB", 10_000), ("1MB", 1_000_000)] {
        let (left, right) = texts::pairs::moved_and_edited_pair(bytes, 1);
        assert!(counted(&left, &right).0 >= 1);
        bench(criterion, "moved-and-edited", size, &left, &right);
    }
}

/// Each pair tests a weakness: no anchors; anchors in the worst order; lines that do not show where they
/// belong.
fn hostile(criterion: &mut Criterion) {
    const BYTES: usize = 1_000_000;
    let prose = texts::pairs::edited_pair(BYTES, 1).0;
    let other = texts::pairs::edited_pair(BYTES, 2).0;
    bench(criterion, "hostile/other-prose", "1MB", &prose, &other);
    bench(criterion, "hostile/one-character", "1MB", &"a".repeat(BYTES), &"b".repeat(BYTES));
    let lines: Vec<String> =
        (0..BYTES / 40).map(|number| format!("line {number} says {} and no more\n", number * 7919)).collect();
    let reversed: String = lines.iter().rev().map(String::as_str).collect();
    bench(criterion, "hostile/reversed-lines", "1MB", &lines.concat(), &reversed);
    let one = "this line comes again and again, and says nothing new to anybody at all\n";
    let another = "another line comes here instead, and it has as little to tell to anyone\n";
    let count = BYTES / one.len();
    bench(criterion, "hostile/line-against-line", "1MB", &one.repeat(count), &another.repeat(count));
}

fn granularities(criterion: &mut Criterion) {
    let (left, right) = texts::pairs::edited_pair(50_000, 1);
    let mut group = criterion.benchmark_group("diff/granularity");
    group.throughput(Throughput::Bytes(left.len() as u64));
    for (name, granularity) in [("character", Granularity::Character), ("line", Granularity::Line)] {
        let differ = Differ::new().granularity(granularity);
        let (left, right) = (differ.prepare(&left).unwrap(), differ.prepare(&right).unwrap());
        group.bench_function(BenchmarkId::new(name, "50KB"), |bencher| {
            bencher.iter(|| differ.between(&left, &right).unwrap())
        });
    }
    group.finish();
}

criterion_group!(benches, ordinary, hostile, granularities);
criterion_main!(benches);
