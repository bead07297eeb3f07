//! Files of passage indexes: arbitrary bytes, and files with one altered part, are refused with an error or read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::{PassageFinder, PassageIndex};
use std::sync::LazyLock;

static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
    for text in ["One text of this index, which is about nothing at all, and long enough to have a seed.", "Another text."] {
        index.add(text).unwrap();
    }
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    bytes
});

fuzz_target!(|data: &[u8]| {
    let _ = PassageIndex::read_from(data);
    if let Some(altered) = refrain_fuzz::altered(&FILE, data) {
        assert!(PassageIndex::read_from(&altered[..]).is_err(), "an altered file was read");
    }
});
