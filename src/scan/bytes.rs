//! Reads bytes and characters. In: a text and an offset, or bytes. Out: the character there, or an array of
//! the first bytes.

/// The character at byte `at`, which is a character boundary before the end.
#[inline(always)]
pub(super) fn decode(text: &str, at: usize) -> char {
    text[at..].chars().next().expect("a character starts before the end of the text")
}

/// The first `COUNT` bytes. If there are fewer, they are copied to `padding`, where zeros follow them.
#[inline(always)]
pub(crate) fn padded<'a, const COUNT: usize>(
    bytes: &'a [u8],
    padding: &'a mut [u8; COUNT],
) -> &'a [u8; COUNT] {
    bytes.first_chunk().unwrap_or_else(|| {
        padding[..bytes.len()].copy_from_slice(bytes);
        padding[bytes.len()..].fill(0);
        padding
    })
}
