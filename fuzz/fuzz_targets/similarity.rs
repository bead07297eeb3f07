//! Similarity: proportions between 0 and 1; the two sides change places with the texts; a text is like itself.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (left, right) = refrain_fuzz::two_texts(data);
    let (here, there) = (refrain::similarity(&left, &right), refrain::similarity(&right, &left));
    let covered = [here.coverage_left, here.coverage_right, here.reordered_left, here.reordered_right];
    for value in [here.jaccard, here.containment_left, here.containment_right].into_iter().chain(covered) {
        assert!((0.0..=1.0).contains(&value), "{here:?}");
    }
    assert_eq!(here.jaccard, there.jaccard);
    assert_eq!((here.containment_left, here.containment_right), (there.containment_right, there.containment_left));
    let same = refrain::similarity(&left, &left);
    assert_eq!((same.jaccard, same.coverage_left, same.coverage_right), (1.0, 1.0, 1.0));
    // Texts without letters have no shingles; `similarity` compares them by their characters.
    if left.chars().any(char::is_alphanumeric) && right.chars().any(char::is_alphanumeric) {
        assert_eq!(here.jaccard, refrain::jaccard(&left, &right));
    }
});
