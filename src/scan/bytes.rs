//! Reading bytes and characters at a place of a text.

/// The character at byte `at`, a character boundary before the end.
#[inline(always)]
pub(super) fn decode(text: &str, at: usize) -> char {
    text[at..].chars().next().expect("a character starts before the end of the text")
}

/// The first bytes, where there are so many; else all of them, in `room`, with zeros behind.
#[inline(always)]
pub(crate) fn padded<'a, const COUNT: usize>(bytes: &'a [u8], room: &'a mut [u8; COUNT]) -> &'a [u8; COUNT] {
    bytes.first_chunk().unwrap_or_else(|| {
        room[..bytes.len()].copy_from_slice(bytes);
        room[bytes.len()..].fill(0);
        room
    })
}
