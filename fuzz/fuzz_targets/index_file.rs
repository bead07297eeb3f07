//! Index files: arbitrary bytes, and files with one altered part, are refused with an error or read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::{Bands, Index, Sketcher};
use std::sync::LazyLock;

static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sketcher = Sketcher::default();
    let mut index = Index::new(sketcher.recipe(), Bands::for_recall(0.8, 0.95, 256).unwrap()).unwrap();
    for text in ["One text of this index, about nothing at all.", "Another text.", "One text of this index, about nothing much."] {
        index.insert(&sketcher.sketch(text)).unwrap();
    }
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    bytes
});

fuzz_target!(|data: &[u8]| {
    let sketcher = Sketcher::default();
    let _ = Index::read_from(data, sketcher.recipe());
    if let Some(altered) = refrain_fuzz::altered(&FILE, data) {
        assert!(Index::read_from(&altered[..], sketcher.recipe()).is_err(), "an altered file was read");
    }
});
