//! Passages between two texts, and the same by an index.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::{PassageFinder, PassageIndex};

fuzz_target!(|data: &[u8]| {
    let (left, right) = refrain_fuzz::two_texts(data);
    refrain_fuzz::check_passages(&left, &right, &refrain::passages(&left, &right));
    let finder = PassageFinder::new().min_length(8).nested(true).suppressed(true);
    let found = finder.between(&finder.prepare(&left).unwrap(), &finder.prepare(&right).unwrap()).unwrap();
    refrain_fuzz::check_passages(&left, &right, &found.items);
    refrain_fuzz::check_passages(&left, &right, &found.suppressed);
    let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
    index.add(&right).unwrap();
    let indexed: Vec<_> = index.query(&left).unwrap().items.into_iter().map(|found| found.passage).collect();
    refrain_fuzz::check_passages(&left, &right, &indexed);
});
