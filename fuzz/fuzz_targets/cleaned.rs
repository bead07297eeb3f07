//! Trimming: what is left is part of the text, in order, and a text without repeats stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = refrain_fuzz::text(data);
    let cleaned = refrain::cleaned(&text);
    let mut rest = text.chars();
    for kept in cleaned.chars() {
        assert!(rest.any(|letter| letter == kept), "the trimmed text is no part of the text");
    }
    if refrain::repeats(&text).is_empty() {
        assert_eq!(cleaned, text, "trimmed without a repeat");
    }
});
