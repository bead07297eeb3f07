//! Blocks: some hundred bytes at once, for readers to whom single characters are too slow.
//!
//! In: a text and a place in it. Out: a copy of the bytes from there with every character folded in its place, and
//! for each the bits of what it is ([`KEPT`] and so on), on its first byte. The block ends where it is full, at the
//! end of the text, before a character that cannot be folded in its place (one that is dropped, has another length
//! when folded, or needs the slow path of [`super::compose`]), or before one of the scripts without spaces: those are
//! read by [`solitary`].
//!
//! **Idea.** Where characters start is known from the two highest bits of the bytes, 64 at a time, so that none
//! waits for the length of the one before. Nearly all characters fold to themselves or in few bits, so the text is
//! copied whole and only those are patched. What a character is, is one look in a small table (one or two bytes) or
//! in the trie of the scan (three).
//!
//! A run of characters is in normal form if none can join the one before it and the marks of each base are in
//! the order of their classes (UAX #15, section 9, the quick check); the block holds such runs only.
//!
//! **Cost.** About 4 cycles a character of up to two bytes, 6 of three.

use super::{Class, Record, record_at, tables};

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
    /// The bytes of the text, and zeros.
    source: [u8; ROOM + BEYOND],
    /// The folded bytes.
    pub(crate) folded: [u8; ROOM + BEYOND],
    /// The bits of each character on its first byte, zero elsewhere and beyond the block.
    pub(crate) kind: [u8; ROOM + WINDOW],
}

impl Block {
    pub(crate) const fn new() -> Block {
        Block { source: [0; ROOM + BEYOND], folded: [0; ROOM + BEYOND], kind: [0; ROOM + WINDOW] }
    }

    /// Fills the block from byte `from` of the text on; returns how many bytes that took.
    #[inline(always)]
    pub(crate) fn fill(&mut self, text: &str, from: usize) -> usize {
        let mut end = text.len().min(from + ROOM);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let bytes = &text.as_bytes()[from..end];
        self.source[..bytes.len()].copy_from_slice(bytes);
        self.source[bytes.len()..].fill(0);
        self.kind.fill(0);
        match bytes.first() {
            Some(0xe0..) => self.fill_by(bytes.len(), wide),
            _ => self.fill_by(bytes.len(), narrow),
        }
    }

    /// Folds and classifies `length` bytes of source; `look` gives a character's bytes, folded, and its bits.
    #[inline(always)]
    fn fill_by(&mut self, length: usize, look: impl Fn([u8; 4]) -> ([u8; 4], u8)) -> usize {
        let mut previous = Previous { at: 0, kind: 0 };
        for base in (0..length).step_by(WINDOW) {
            let window = self.source[base..base + WINDOW].try_into().expect("a window");
            let mut starts = !continuations(window);
            if starts == u64::MAX && base > 0 && window.is_ascii() {
                // A stretch without other scripts: there are faster ways.
                return base;
            }
            if length - base < WINDOW {
                starts &= (1 << (length - base)) - 1;
            }
            while starts != 0 {
                let at = base + starts.trailing_zeros() as usize;
                let (folded, mut kind) = look(self.source[at..at + 4].try_into().expect("four bytes"));
                // Every character writes itself, and may write over the bytes behind it: those come next.
                self.folded[at..at + 4].copy_from_slice(&folded);
                if kind & (SPECIAL | SOLITARY | previous.kind & ORDERED) != 0 {
                    match self.special(at, previous) {
                        Some(patched) => kind = patched,
                        None => return at,
                    }
                }
                self.kind[at] = kind;
                previous = Previous { at, kind };
                starts &= starts - 1;
            }
        }
        length
    }

    /// Folds a character in its place, and gives its bits; `None` if it cannot be.
    #[inline(never)]
    fn special(&mut self, at: usize, previous: Previous) -> Option<u8> {
        let (code, size) = self.code_at(at);
        let Record { delta, class, combining, flags } = record_at(code);
        // Of two marks that must stand in order, the class of the second may not be the lower.
        let disordered = combining != 0
            && previous.kind & ORDERED != 0
            && combining < record_at(self.code_at(previous.at).0).combining;
        let solitary = matches!(class, Class::Ideograph | Class::Unspaced);
        if flags != 0 || class == Class::Ignorable || solitary || disordered {
            return None;
        }
        if delta != 0 {
            let folded = char::from_u32((code as u32).wrapping_add_signed(delta))?;
            if folded.len_utf8() != size {
                return None;
            }
            folded.encode_utf8(&mut self.folded[at..at + size]);
        }
        Some(kind_of(record_at(code)) & !SPECIAL)
    }

    /// The code point at byte `at`, and its bytes.
    fn code_at(&self, at: usize) -> (usize, usize) {
        let tail = |offset: usize| usize::from(self.source[at + offset] & 0x3f);
        let first = usize::from(self.source[at]);
        match first {
            0..0x80 => (first, 1),
            0x80..0xe0 => ((first & 0x1f) << 6 | tail(1), 2),
            0xe0..0xf0 => ((first & 0x0f) << 12 | tail(1) << 6 | tail(2), 3),
            _ => ((first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4),
        }
    }
}

/// The character before, and its bits.
#[derive(Clone, Copy)]
struct Previous {
    at: usize,
    kind: u8,
}

/// One bit a byte that continues a character: its two highest bits are 10.
#[inline(always)]
fn continuations(window: &[u8; WINDOW]) -> u64 {
    bits(window, |eight| eight >> 7 & !(eight >> 6))
}

/// One bit a byte: the lowest of each byte of what `gather` makes of eight.
#[inline(always)]
pub(crate) fn bits(window: &[u8; WINDOW], gather: impl Fn(u64) -> u64) -> u64 {
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
        Some(&[first @ 0xe0..0xf0, second, third]) => {
            kind_at(usize::from(first & 0x0f) << 6 | usize::from(second & 0x3f), usize::from(third & 0x3f))
        }
        _ => 0,
    }
}

/// The bits of the code point whose number is `leaf` and six more bits.
#[inline(always)]
fn kind_at(leaf: usize, lowest: usize) -> u8 {
    LEAVES[(tables::INDEX[leaf] as usize) << tables::SHIFT | lowest]
}

/// Whether the second mark, behind the first, would have to stand before it.
pub(crate) fn is_disordered(first: char, second: char) -> bool {
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
        let kind = kind_of(Record { delta: 0, ..record });
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
        leaves[at] = kind_of(tables::RECORDS[tables::LEAVES[at] as usize]);
        at += 1;
    }
    leaves
};

const fn kind_of(record: Record) -> u8 {
    let special = if record.delta != 0 || record.flags != 0 { SPECIAL } else { 0 };
    let ordered = if record.combining != 0 { ORDERED } else { 0 };
    KINDS[record.class as usize] | special | ordered
}
