//! Diffs: the edits tile both texts, in both directions; a text has no difference to itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::diff::{Differ, EditKind, Granularity};

fuzz_target!(|data: &[u8]| {
    let (left, right) = refrain_fuzz::two_texts(data);
    for granularity in [Granularity::Character, Granularity::Word] {
        let differ = Differ::new().granularity(granularity);
        for (left, right) in [(&left, &right), (&right, &left)] {
            let diff = differ.diff(left, right).unwrap();
            refrain_fuzz::check_edits(left, right, diff.edits());
        }
    }
    let same = refrain::diff(&left, &left);
    assert!(same.edits().all(|edit| edit.kind == EditKind::Equal), "a text differs from itself");
});
