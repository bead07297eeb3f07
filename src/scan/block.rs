//! Blocks: some hundred bytes at once, for readers to whom single characters are too slow.
//!
//! In: a text and a place in it. Out: a copy of the bytes from there with every character folded in its place, and
//! for each the bits of what it is ([`KEPT`] and so on), on its first byte. The block ends where it is full, at the
//! end of the text, before a character that cannot be folded in its place (one that is dropped, has another length
//! when folded, or needs the slow path of [`super::compose`]), or before one of the scripts without spaces: those are
//! known by [`kind_of_three`].
//!
//! **Idea.** Where characters start is known from the two highest bits of the bytes, 64 at a time, so that none
//! waits for the length of the one before. What a character is, is one look in a small table (one or two bytes) or
//! in the trie of the scan (three).
//!
//! A run of characters is in normal form if none can join the one before it and the marks of each base are in
//! the order of their classes (UAX #15, section 9, the quick check); the block holds such runs only.
//!
//! **Cost.** About 4 cycles a character of up to two bytes, 6 of three.

use super::{COMBINER, Class, Record, record_at, tables};

/// Bytes of text in a block.
pub(crate) const ROOM: usize = 512;

/// Bytes that may be read beyond the block.
pub(crate) const BEYOND: usize = 32;

/// Bytes looked at together: a bit of a mask each.
pub(crate) const WINDOW: usize = 64;

/// A letter or digit; without it, a separator.
pub(crate) const KEPT: u8 = 1;
/// A letter in upper case.
pub(crate) const UPPER: u8 = 2;
/// A letter in lower case.
pub(crate) const LOWER: u8 = 4;
/// A character that is a word by itself: an ideograph, or of the unspaced scripts.
pub(crate) const SOLITARY: u8 = 8;
/// Of the solitary ones, an ideograph.
pub(crate) const IDEOGRAPH: u8 = 16;
/// A character at all, and no mark: marks stand with the base before them.
pub(crate) const BASE: u8 = 128;
/// A mark with a combining class: next to another, the order matters.
pub(crate) const ORDERED: u8 = 64;
/// In tables only: does not fold to itself.
pub(crate) const SPECIAL: u8 = 32;

/// A stretch of text, folded in its place; see the top of the file.
pub(crate) struct Block {
    /// The folded bytes.
    pub(crate) folded: [u8; ROOM + BEYOND],
    /// The bits of each character on its first byte, zero on the others; of no meaning from the next window on.
    pub(crate) kind: [u8; ROOM],
}

impl Block {
    pub(crate) const fn new() -> Block {
        Block { folded: [0; ROOM + BEYOND], kind: [0; ROOM] }
    }

    /// Fills the block from byte `from` of the text on; returns how many bytes that took.
    #[inline(always)]
    pub(crate) fn fill(&mut self, text: &str, from: usize) -> usize {
        let mut end = text.len().min(from + ROOM);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let bytes = &text.as_bytes()[from..end];
        match bytes.first() {
            Some(0xe0..) => self.fill_by(bytes, wide),
            _ => self.fill_by(bytes, narrow),
        }
    }

    /// Folds and classifies the bytes; `look` gives a character's bytes, folded, and its bits.
    #[inline(always)]
    fn fill_by(&mut self, bytes: &[u8], look: impl Fn([u8; 4]) -> ([u8; 4], u8)) -> usize {
        let mut previous = Previous { at: 0, kind: 0 };
        for base in (0..bytes.len()).step_by(WINDOW) {
            let window = Window::of(&bytes[base..]);
            let mut starts = window.starts;
            if starts == u64::MAX && base > 0 && window.bytes.is_ascii() {
                // A stretch without other scripts: there are faster ways.
                return base;
            }
            self.kind[base..base + WINDOW].fill(0);
            while starts != 0 {
                let offset = starts.trailing_zeros() as usize;
                let at = base + offset;
                let four: [u8; 4] = window.bytes[offset..offset + 4].try_into().expect("four bytes");
                let (folded, mut kind) = look(four);
                // Every character writes itself, and may write over the bytes behind it: those come next.
                self.folded[at..at + 4].copy_from_slice(&folded);
                if kind & (SPECIAL | SOLITARY | previous.kind & ORDERED) != 0 {
                    match self.special(at, four, previous) {
                        Some(patched) => kind = patched,
                        None => return at,
                    }
                }
                self.kind[at] = kind;
                previous = Previous { at, kind };
                starts &= starts - 1;
            }
        }
        bytes.len()
    }

    /// Folds the character `four` in its place, and gives its bits; `None` if it cannot be.
    #[inline(never)]
    fn special(&mut self, at: usize, four: [u8; 4], previous: Previous) -> Option<u8> {
        let (code, size) = decoded(four);
        let record = record_at(code);
        let folded = char::from_u32((code as u32).wrapping_add_signed(record.delta))?;
        let before = || {
            let four = self.folded[previous.at..previous.at + 4].try_into().expect("four bytes");
            char::from_u32(decoded(four).0 as u32).unwrap_or('\0')
        };
        let stays = match record.class {
            Class::Ignorable | Class::Ideograph | Class::Unspaced => false,
            // Of two marks that must stand in order, the class of the second may not be the lower.
            _ if previous.kind & ORDERED != 0 && is_disordered(before(), folded) => false,
            // A mark alone on its base, that joins some letters but not this one.
            Class::Mark if record.flags == COMBINER => {
                previous.kind & (BASE | KEPT) == BASE | KEPT && !super::compose::join(before(), folded)
            }
            _ => record.flags == 0,
        };
        if !stays || folded.len_utf8() != size {
            return None;
        }
        folded.encode_utf8(&mut self.folded[at..at + size]);
        Some(kind_of_record(record) & !SPECIAL)
    }
}

/// Bytes looked at together.
struct Window {
    /// With the bytes behind that the last character may need, and zeros behind the text.
    bytes: [u8; WINDOW + 8],
    /// One bit a byte at which a character starts.
    starts: u64,
}

impl Window {
    #[inline(always)]
    fn of(text: &[u8]) -> Window {
        if let Some(&bytes) = text.first_chunk() {
            return Window { bytes, starts: !continuations(&bytes) };
        }
        let mut bytes = [0; WINDOW + 8];
        bytes[..text.len()].copy_from_slice(text);
        let there = 1_u64.checked_shl(text.len() as u32).map_or(u64::MAX, |behind| behind - 1);
        Window { bytes, starts: there & !continuations(&bytes) }
    }
}

/// The code point whose bytes come first, and how many they are.
fn decoded([first, second, third, fourth]: [u8; 4]) -> (usize, usize) {
    let tail = |byte: u8| usize::from(byte & 0x3f);
    let lead = usize::from(first);
    match first {
        0..0x80 => (lead, 1),
        0x80..0xe0 => ((lead & 0x1f) << 6 | tail(second), 2),
        0xe0..0xf0 => ((lead & 0x0f) << 12 | tail(second) << 6 | tail(third), 3),
        _ => ((lead & 0x07) << 18 | tail(second) << 12 | tail(third) << 6 | tail(fourth), 4),
    }
}

/// Whether the mark of three bytes at `at` would have to stand before the one before it.
pub(crate) fn in_disorder(bytes: &[u8], at: usize) -> bool {
    let combining = |at: usize| {
        let four = bytes[at..at + 4].try_into().expect("four bytes");
        record_at(decoded(four).0).combining
    };
    combining(at) < combining(at - 3)
}

/// The character before, and its bits.
#[derive(Clone, Copy)]
struct Previous {
    at: usize,
    kind: u8,
}

/// One bit a byte that continues a character: its two highest bits are 10.
#[inline(always)]
fn continuations(window: &[u8; WINDOW + 8]) -> u64 {
    bits(&window[..WINDOW], |eight| eight >> 7 & !(eight >> 6))
}

/// One bit a byte of 64: the lowest of each byte of what `gather` makes of eight.
#[inline(always)]
pub(crate) fn bits(window: &[u8], gather: impl Fn(u64) -> u64) -> u64 {
    let (eights, _) = window.as_chunks::<8>();
    eights.iter().enumerate().fold(0, |mask, (number, &eight)| {
        let lowest = gather(u64::from_le_bytes(eight)) & 0x0101_0101_0101_0101;
        // Brings them together in the highest byte.
        mask | (lowest.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * number)
    })
}

/// The bits of each class.
const KINDS: [u8; 17] = {
    let mut kinds = [BASE; 17];
    kinds[Class::Ignorable as usize] = SPECIAL;
    kinds[Class::Mark as usize] = 0;
    kinds[Class::Upper as usize] |= KEPT | UPPER;
    kinds[Class::Lower as usize] |= KEPT | LOWER;
    kinds[Class::Letter as usize] |= KEPT;
    kinds[Class::Digit as usize] |= KEPT;
    kinds[Class::Ideograph as usize] |= KEPT | SOLITARY | IDEOGRAPH;
    kinds[Class::Unspaced as usize] |= KEPT | SOLITARY;
    kinds
};

/// Where in the trie the code points of a first byte begin, which bits of the second byte count for the leaf, and how
/// far the last byte lies behind the first in bits; [`SPECIAL`] on top for characters of four bytes.
#[derive(Clone, Copy)]
struct WideLead {
    leaf: u16,
    second: u8,
    shift: u8,
}

static WIDE_LEADS: [WideLead; 256] = {
    let mut leads = [WideLead { leaf: 0, second: 0, shift: SPECIAL }; 256];
    let mut first = 0;
    while first < 0xf0 {
        leads[first] = match first {
            0..0x80 => WideLead { leaf: (first >> 6) as u16, second: 0, shift: 0 },
            0x80..0xe0 => WideLead { leaf: (first & 0x1f) as u16, second: 0, shift: 8 },
            _ => WideLead { leaf: ((first & 0x0f) << 6) as u16, second: 0x3f, shift: 16 },
        };
        first += 1;
    }
    leads
};

/// The bytes of a character of any script, as they are, and its bits; without a branch on its length.
#[inline(always)]
fn wide(four: [u8; 4]) -> ([u8; 4], u8) {
    let lead = WIDE_LEADS[usize::from(four[0])];
    let leaf = usize::from(lead.leaf) + usize::from(four[1] & lead.second);
    let lowest = u32::from_le_bytes(four).wrapping_shr(u32::from(lead.shift)) & 0x3f;
    (four, kind_at(leaf, lowest as usize) | lead.shift & SPECIAL)
}

/// The bits of the first character, if it has three bytes; else zero.
#[inline(always)]
pub(crate) fn kind_of_three(bytes: &[u8]) -> u8 {
    match bytes.first_chunk() {
        Some(&[first @ 0xe0..0xf0, second, third]) => kind_three([first, second, third, 0]),
        _ => 0,
    }
}

/// The bits of a character of three bytes, of no meaning if it has not three.
#[inline(always)]
pub(crate) fn kind_three([first, second, third, _]: [u8; 4]) -> u8 {
    kind_at(usize::from(first & 0x0f) << 6 | usize::from(second & 0x3f), usize::from(third & 0x3f))
}

/// The bits of the first character.
#[inline(always)]
pub(crate) fn kind_of(bytes: &[u8]) -> u8 {
    let mut four = [0; 4];
    let there = bytes.len().min(4);
    four[..there].copy_from_slice(&bytes[..there]);
    wide(four).1
}

/// The bits of the code point whose number is `leaf` and six more bits.
#[inline(always)]
fn kind_at(leaf: usize, lowest: usize) -> u8 {
    LEAVES[(tables::INDEX[leaf] as usize) << tables::SHIFT | lowest]
}

/// Whether the second mark, behind the first, would have to stand before it.
fn is_disordered(first: char, second: char) -> bool {
    let [first, second] = [first, second].map(|mark| record_at(mark as usize).combining);
    second != 0 && second < first
}

/// Where in [`NARROW`] the code points of a first byte begin, and which bits of the second byte count.
#[derive(Clone, Copy)]
struct NarrowLead {
    offset: u16,
    second: u8,
}

static NARROW_LEADS: [NarrowLead; 256] = {
    let mut leads = [NarrowLead { offset: 0, second: 0 }; 256];
    let mut first = 0;
    while first < 0xe0 {
        leads[first] = match first < 0x80 {
            true => NarrowLead { offset: first as u16, second: 0 },
            false => NarrowLead { offset: ((first & 0x1f) << 6) as u16, second: 0x3f },
        };
        first += 1;
    }
    leads
};

/// As [`wide`], for scripts whose characters have one or two bytes and often case: those are folded as well.
#[inline(always)]
fn narrow(four: [u8; 4]) -> ([u8; 4], u8) {
    if four[0] >= 0xe0 {
        return wide(four);
    }
    let lead = NARROW_LEADS[usize::from(four[0])];
    let code = usize::from(lead.offset) + usize::from(four[1] & lead.second);
    let Narrow { folded, kind } = NARROW[code % NARROW.len()];
    ([folded[0], folded[1], 0, 0], kind)
}

/// Its folded bytes, if they are as many as its own, and its bits.
#[derive(Clone, Copy)]
struct Narrow {
    folded: [u8; 2],
    kind: u8,
}

static NARROW: [Narrow; 0x800] = {
    let mut narrow = [Narrow { folded: [0; 2], kind: SPECIAL }; 0x800];
    let mut code = 0;
    while code < narrow.len() {
        let record = record_at(code);
        let folded = (code as i32 + record.delta) as usize;
        let kind = kind_of_record(Record { delta: 0, ..record });
        if folded < 0x80 && code < 0x80 {
            narrow[code] = Narrow { folded: [folded as u8, 0], kind };
        } else if folded >= 0x80 && folded < 0x800 && code >= 0x80 {
            narrow[code] =
                Narrow { folded: [0xc0 | (folded >> 6) as u8, 0x80 | (folded & 0x3f) as u8], kind };
        }
        code += 1;
    }
    narrow
};

/// The bits of the leaves of the scan's trie.
static LEAVES: [u8; tables::LEAVES.len()] = {
    assert!(tables::SHIFT == 6, "a leaf holds the characters that differ in their last byte");
    let mut leaves = [0; tables::LEAVES.len()];
    let mut at = 0;
    while at < leaves.len() {
        leaves[at] = kind_of_record(tables::RECORDS[tables::LEAVES[at] as usize]);
        at += 1;
    }
    leaves
};

const fn kind_of_record(record: Record) -> u8 {
    let special = if record.delta != 0 || record.flags != 0 { SPECIAL } else { 0 };
    let ordered = if record.combining != 0 { ORDERED } else { 0 };
    KINDS[record.class as usize] | special | ordered
}
