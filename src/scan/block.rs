//! Blocks: some hundred bytes at once, for readers to whom single characters are too slow.
//!
//! In: a text and a place in it. Out: a copy of the bytes from there with every character folded in its place, and
//! for each the bits of what it is ([`KEPT`] and so on), on its first byte. The block ends where it is full, at the
//! end of the text, or before a character that cannot be folded in its place: one that is dropped, has another
//! length when folded, or needs the slow path of [`super::compose`].
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
const ORDERED: u8 = 64;
/// In tables only: does not fold to itself.
const SPECIAL: u8 = 32;

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
        let mut previous = Previous { at: 0, kind: 0 };
        for base in (0..bytes.len()).step_by(WINDOW) {
            let window = self.source[base..base + WINDOW].try_into().expect("a window");
            let mut starts = !continuations(window);
            if starts == u64::MAX && base > 0 && window.is_ascii() {
                // A stretch without other scripts: there are faster ways.
                return base;
            }
            if bytes.len() - base < WINDOW {
                starts &= (1 << (bytes.len() - base)) - 1;
            }
            while starts != 0 {
                let at = base + starts.trailing_zeros() as usize;
                // Every character writes itself, and may write over the bytes behind it: those come next.
                let four: [u8; 4] = self.source[at..at + 4].try_into().expect("four bytes");
                let mut kind = match four[0] {
                    0..0xe0 => {
                        let Narrow { folded, kind } = narrow(four[0], four[1]);
                        self.folded[at..at + 2].copy_from_slice(&folded);
                        kind
                    }
                    _ => {
                        self.folded[at..at + 4].copy_from_slice(&four);
                        wide(four[0], four[1], four[2])
                    }
                };
                if kind & (SPECIAL | previous.kind & ORDERED) != 0 {
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
        bytes.len()
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
        if flags != 0 || class == Class::Ignorable || disordered {
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

/// Where in [`NARROW`] the code points of a first byte begin, and which bits of the second byte count.
#[derive(Clone, Copy)]
struct Lead {
    offset: u16,
    tail: u8,
}

static LEADS: [Lead; 256] = {
    let mut leads = [Lead { offset: 0, tail: 0 }; 256];
    let mut first = 0;
    while first < 0xe0 {
        leads[first] = match first < 0x80 {
            true => Lead { offset: first as u16, tail: 0 },
            false => Lead { offset: ((first & 0x1f) << 6) as u16, tail: 0x3f },
        };
        first += 1;
    }
    leads
};

/// A character of one or two bytes.
#[inline(always)]
fn narrow(first: u8, second: u8) -> Narrow {
    let Lead { offset, tail } = LEADS[usize::from(first)];
    NARROW[(usize::from(offset) + usize::from(second & tail)) % NARROW.len()]
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

/// The bits of a character of three bytes; of four, [`SPECIAL`].
#[inline(always)]
fn wide(first: u8, second: u8, third: u8) -> u8 {
    let leaf = usize::from(tables::INDEX[usize::from(first & 0x0f) << 6 | usize::from(second & 0x3f)]);
    LEAVES[leaf << tables::SHIFT | usize::from(third & 0x3f)] | if first >= 0xf0 { SPECIAL } else { 0 }
}

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
