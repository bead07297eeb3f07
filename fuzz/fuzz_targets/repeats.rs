//! Repeats inside one text, with the default and with the widest settings.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::PassageFinder;

fuzz_target!(|data: &[u8]| {
    let text = refrain_fuzz::text(data);
    refrain_fuzz::check_repeats(&text, &refrain::repeats(&text));
    let finder = PassageFinder::new().min_length(8).nested(true).suppressed(true);
    let found = finder.within(&finder.prepare(&text).unwrap()).unwrap();
    refrain_fuzz::check_repeats(&text, &found.items);
    refrain_fuzz::check_repeats(&text, &found.suppressed);
    // Bytes that are not UTF-8 are read, too.
    finder.within(&finder.prepare_bytes(data).unwrap()).unwrap();
});
