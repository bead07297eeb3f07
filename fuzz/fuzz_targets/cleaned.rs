//! Trimming: the cuts are in order and apart, no kept copy is cut, and what remains is the text without the cuts.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = refrain_fuzz::text(data);
    let trimmed = refrain::trimmed(&text);
    let (mut remains, mut at) = (String::new(), 0);
    for cut in &trimmed.cuts {
        assert!(at <= cut.span.start && cut.span.start < cut.span.end, "cuts overlap or are out of order");
        remains.push_str(&text[at..cut.span.start]);
        at = cut.span.end;
        assert!(!text[cut.kept].is_empty());
        let is_cut = |other: &refrain::Cut| other.span.start < cut.kept.end && cut.kept.start < other.span.end;
        assert!(!trimmed.cuts.iter().any(is_cut), "what stays for {cut:?} is cut");
    }
    remains.push_str(&text[at..]);
    assert_eq!(trimmed.text, remains);
    assert_eq!(refrain::cleaned(&text), remains);
});
