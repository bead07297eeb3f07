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

use super::{Class, RECORDS, Record, leaf_at, record_at};

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
/// A character at all, and no mark: marks have no bits, and stand with the base before them.
pub(crate) const BASE: u8 = 128;
/// In tables only: does not fold to itself, or is a mark that must stand in order.
const SPECIAL: u8 = 32;

/// A stretch of text, folded in its place; see the top of the file.
pub(crate) struct Block {
    /// The folded bytes.
    pub(crate) folded: [u8; ROOM + BEYOND],
    /// The bits of each character on its first byte, zero elsewhere and beyond the block.
    pub(crate) kind: [u8; ROOM + WINDOW],
}

impl Block {
    pub(crate) const fn new() -> Block {
        Block { folded: [0; ROOM + BEYOND], kind: [0; ROOM + WINDOW] }
    }

    /// Fills the block from byte `from` of the text on; returns how many bytes that took.
    #[inline(always)]
    pub(crate) fn fill(&mut self, text: &str, from: usize) -> usize {
        let mut end = text.len().min(from + ROOM);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let bytes = &text.as_bytes()[from..end];
        self.folded[..bytes.len()].copy_from_slice(bytes);
        self.folded[bytes.len()..].fill(0);
        self.kind.fill(0);
        let mut order = 0;
        for base in (0..bytes.len()).step_by(WINDOW) {
            let window = self.folded[base..].first_chunk::<WINDOW>();
            let mut starts = match window {
                Some(window) => !continuations(window),
                None => break,
            };
            if bytes.len() - base < WINDOW {
                starts &= (1 << (bytes.len() - base)) - 1;
            }
            while starts != 0 {
                let at = base + starts.trailing_zeros() as usize;
                let Some(kind) = self.kind_at(at, &mut order) else { return at };
                self.kind[at] = kind;
                starts &= starts - 1;
            }
        }
        bytes.len()
    }

    /// What the character at byte `at` is, after folding it in its place; `None` if it cannot be.
    #[inline(always)]
    fn kind_at(&mut self, at: usize, order: &mut u8) -> Option<u8> {
        let [first, second, third] = [self.folded[at], self.folded[at + 1], self.folded[at + 2]];
        if first < 0xe0 {
            let Lead { offset, tail } = LEADS[usize::from(first)];
            let kind = NARROW[(usize::from(offset) + usize::from(second & tail)) % NARROW.len()];
            if kind & SPECIAL != 0 {
                return self.special(at, order);
            }
            *order = 0;
            return Some(kind);
        }
        let leaf = usize::from(first & 0x0f) << 6 | usize::from(second & 0x3f);
        let Wide { kind, mark, order: next } = WIDE[leaf_at(leaf, usize::from(third & 0x3f))];
        if (kind & SPECIAL != 0) | (mark < *order) | (first >= 0xf0) {
            return self.special(at, order);
        }
        *order = next;
        Some(kind)
    }

    /// The same for characters that are rare, by the record of the scan.
    #[inline(never)]
    fn special(&mut self, at: usize, order: &mut u8) -> Option<u8> {
        let size = match self.folded[at] {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        let ch = std::str::from_utf8(&self.folded[at..at + size]).ok()?.chars().next()?;
        let Record { delta, class, combining, flags } = record_at(ch as usize);
        let wide = Wide::of(Record { delta, class, combining, flags });
        if flags != 0 || class == Class::Ignorable || wide.mark < *order {
            return None;
        }
        if delta != 0 {
            let folded = char::from_u32((ch as u32).wrapping_add_signed(delta))?;
            if folded.len_utf8() != size {
                return None;
            }
            folded.encode_utf8(&mut self.folded[at..at + size]);
        }
        *order = wide.order;
        Some(wide.kind & !SPECIAL)
    }
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

static LEADS: [Lead; 0xe0] = {
    let mut leads = [Lead { offset: 0, tail: 0 }; 0xe0];
    let mut first = 0;
    while first < leads.len() {
        leads[first] = match first < 0x80 {
            true => Lead { offset: first as u16, tail: 0 },
            false => Lead { offset: ((first & 0x1f) << 6) as u16, tail: 0x3f },
        };
        first += 1;
    }
    leads
};

/// The bits of the code points of one and two bytes.
static NARROW: [u8; 0x800] = {
    let mut narrow = [0; 0x800];
    let mut code = 0;
    while code < narrow.len() {
        let record = record_at(code);
        narrow[code] = Wide::of(record).kind | if record.combining != 0 { SPECIAL } else { 0 };
        code += 1;
    }
    narrow
};

/// What the block needs of a record.
#[derive(Clone, Copy)]
struct Wide {
    kind: u8,
    /// The combining class less one, in which bases come last: out of order if less than `order` of the one before.
    mark: u8,
    /// The combining class less one, in which bases and class 1 come first.
    order: u8,
}

impl Wide {
    const fn of(record: Record) -> Wide {
        let special = if record.delta != 0 || record.flags != 0 { SPECIAL } else { 0 };
        Wide {
            kind: KINDS[record.class as usize] | special,
            mark: record.combining.wrapping_sub(1),
            order: record.combining.saturating_sub(1),
        }
    }
}

/// One for each record of the scan.
static WIDE: [Wide; RECORDS] = {
    let mut wide = [Wide { kind: 0, mark: 0, order: 0 }; RECORDS];
    let mut index = 0;
    while index < RECORDS {
        wide[index] = Wide::of(super::tables::RECORDS[index]);
        index += 1;
    }
    wide
};
