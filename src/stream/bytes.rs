//! Bytes of streams: characters in them, and what two streams have in common.

/// Whether stream byte `byte` starts a character.
#[inline(always)]
pub(crate) fn starts_character(byte: u8) -> bool {
    (byte as i8) >= -64
}

/// How many characters start in these stream bytes.
#[inline]
pub(crate) fn characters(folded: &[u8]) -> usize {
    count(folded, starts_character)
}

/// How many of the bytes satisfy `is_such`.
#[inline(always)]
pub(crate) fn count(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> usize {
    /// The most that a byte can count, so that each byte of a vector is a counter.
    const COUNTED: usize = u8::MAX as usize;
    bytes
        .chunks(COUNTED)
        .map(|chunk| chunk.iter().map(|&byte| is_such(byte) as u8).sum::<u8>() as usize)
        .sum()
}

/// Length of the common start of two byte strings.
#[inline]
pub(crate) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let length = a.len().min(b.len());
    let mut at = 0;
    while at + 8 <= length {
        let difference = word(a, at) ^ word(b, at);
        if difference != 0 {
            return at + difference.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < length && a[at] == b[at] {
        at += 1;
    }
    at
}

/// Length of the common end of two byte strings.
#[inline]
pub(crate) fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let length = a.len().min(b.len());
    let (a, b) = (&a[a.len() - length..], &b[b.len() - length..]);
    let mut left = length;
    while left >= 8 {
        let difference = word(a, left - 8) ^ word(b, left - 8);
        if difference != 0 {
            return length - left + difference.leading_zeros() as usize / 8;
        }
        left -= 8;
    }
    while left > 0 && a[left - 1] == b[left - 1] {
        left -= 1;
    }
    length - left
}

/// Eight bytes as a little-endian number.
#[inline(always)]
pub(crate) fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// The longest common start that ends on a character boundary.
pub(crate) fn common_characters(left: &[u8], right: &[u8]) -> usize {
    let mut length = common_prefix(left, right);
    let is_cut = |text: &[u8], at: usize| text.get(at).is_some_and(|&byte| !starts_character(byte));
    while length > 0 && (is_cut(left, length) || is_cut(right, length)) {
        length -= 1;
    }
    length
}

/// The longest common end that starts on a character boundary.
pub(crate) fn common_last_characters(left: &[u8], right: &[u8]) -> usize {
    let mut length = common_suffix(left, right);
    while length > 0 && !starts_character(left[left.len() - length]) {
        length -= 1;
    }
    length
}
