//! Blocks: sixty-odd folded characters at once, for readers to whom single characters are too slow.
//!
//! In: a text and a place in it. Out: the folded characters from there as UTF-8, and for each base character
//! (separators too) where it starts and what it is. Marks stand with the base before them. The block ends when it
//! is full, at the end of the text, or before a character that needs the slow path of [`super::compose`].
//!
//! **Idea.** No branch depends on whether a character is a letter or a space, how many bytes it has or whether it
//! is kept: everything is written, and the places move on by what was worth keeping. Characters of up to two
//! bytes come from one small table, all others from the trie of the scan.
//!
//! A run of characters is in normal form if none can join the one before it and the marks of each base are in
//! the order of their classes (UAX #15, section 9, the quick check); the block takes such runs only.
//!
//! **Cost.** About 6 cycles a character of two bytes, 9 of three.

use super::{Class, Record, decode, fold, record, tables};

/// Base characters in a block: their masks, and the place behind them, fit 64 bits.
pub(crate) const BASES: usize = 63;

/// Folded bytes in a block: all bases of four bytes, and some marks.
const BYTES: usize = 512;

/// Bytes of text in a block: more than all bases and marks take, so that only rows of ignorable characters reach it.
const SOURCE: usize = 2 * BYTES;

/// Bytes that may be read beyond the last character.
pub(crate) const BEYOND: usize = 32;

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

/// Folded characters of a text; see the room's text.
pub(crate) struct Block {
    /// Folded UTF-8.
    pub(crate) folded: [u8; BYTES + BEYOND],
    /// Where each base starts in `folded`; behind the last one, where the folded bytes end.
    pub(crate) start: [u16; BASES + 1],
    /// Where each base starts in the text, counted from the start of the block.
    pub(crate) source: [u16; BASES + 1],
    /// What each base is: bits of [`KEPT`] and so on. Zero behind the last.
    pub(crate) kind: [u8; BASES + 1],
    /// Bases in the block.
    pub(crate) count: usize,
    /// Folded bytes in the block.
    length: usize,
}

impl Block {
    pub(crate) fn new() -> Block {
        Block {
            folded: [0; BYTES + BEYOND],
            start: [0; BASES + 1],
            source: [0; BASES + 1],
            kind: [0; BASES + 1],
            count: 0,
            length: 0,
        }
    }

    /// Fills the block from byte `from` of the text on; returns how many bytes that took.
    pub(crate) fn fill(&mut self, text: &str, from: usize) -> usize {
        (self.count, self.length) = (0, 0);
        let text = &text[from..];
        let mut at = self.fill_narrow(text.as_bytes());
        at = self.fill_wide(text, at);
        self.start[self.count] = self.length as u16;
        self.source[self.count] = at as u16;
        self.kind[self.count..].fill(0);
        at
    }

    /// Takes characters of one or two bytes, up to one that is longer or needs more thought.
    #[inline(always)]
    fn fill_narrow(&mut self, bytes: &[u8]) -> usize {
        let (mut at, mut count, mut length) = (0, 0, 0);
        while count < BASES
            && length < BYTES
            && at < SOURCE
            && let Some(&[first, second]) = bytes.get(at..at + 2).and_then(|two| two.first_chunk())
            && first < 0xe0
        {
            let two = first >> 7;
            let code = match two {
                0 => usize::from(first),
                _ => usize::from(first & 0x1f) << 6 | usize::from(second & 0x3f),
            };
            let entry = NARROW[code];
            if entry.kind & HARD != 0 {
                break;
            }
            self.folded[length..length + 2].copy_from_slice(&entry.folded);
            self.start[count] = length as u16;
            self.source[count] = at as u16;
            self.kind[count] = entry.kind & !BASE;
            length += usize::from(entry.length);
            count += usize::from(entry.kind / BASE & 1);
            at += 1 + usize::from(two);
        }
        (self.count, self.length) = (count, length);
        at
    }

    /// Goes on from byte `at` with characters of any length.
    #[inline(always)]
    fn fill_wide(&mut self, text: &str, mut at: usize) -> usize {
        let bytes = text.as_bytes();
        let (mut count, mut length) = (self.count, self.length);
        // Class of the last mark, if a mark was last.
        let mut combining = 0;
        while count < BASES && length < BYTES && at < bytes.len().min(SOURCE) {
            let (ch, size) = match bytes.get(at..at + 3).and_then(|three| three.first_chunk()) {
                Some(&three) if three[0] < 0xf0 => upto_three(three),
                _ => {
                    let ch = decode(text, at);
                    (ch, ch.len_utf8())
                }
            };
            let found = record(ch);
            if (found.flags != 0) | ((found.combining != 0) & (found.combining < combining)) {
                break;
            }
            if found.delta == 0
                && let Some(four) = bytes.get(at..at + 4)
            {
                self.folded[length..length + 4].copy_from_slice(four);
            } else {
                let mut utf8 = [0; 4];
                fold(ch, found).encode_utf8(&mut utf8);
                self.folded[length..length + 4].copy_from_slice(&utf8);
            }
            self.start[count] = length as u16;
            self.source[count] = at as u16;
            let kind = KINDS[found.class as usize];
            self.kind[count] = kind & !BASE;
            let ignored = found.class == Class::Ignorable;
            let size_folded = if found.delta == 0 { size } else { fold(ch, found).len_utf8() };
            length += if ignored { 0 } else { size_folded };
            combining = if ignored { combining } else { found.combining };
            count += usize::from(kind / BASE & 1);
            at += size;
        }
        (self.count, self.length) = (count, length);
        at
    }
}

/// The character whose bytes, of which there are one to three, come first, and their number. Without branches.
#[inline(always)]
fn upto_three([first, second, third]: [u8; 3]) -> (char, usize) {
    let size = 1 + usize::from(first >= 0x80) + usize::from(first >= 0xe0);
    let tail = |byte: u8| u32::from(byte & 0x3f);
    let lead = u32::from(first & [0, 0x7f, 0x1f, 0x0f][size]);
    let code = (lead << 12 | tail(second) << 6 | tail(third)) >> [0, 12, 6, 0][size];
    (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), size)
}

/// In tables: a character with a place of its own, no mark and not ignorable.
const BASE: u8 = 64;
/// In the narrow table: needs more thought.
const HARD: u8 = 128;

/// The bits of each class.
const KINDS: [u8; 17] = {
    let mut kinds = [BASE; 17];
    kinds[Class::Ignorable as usize] = 0;
    kinds[Class::Mark as usize] = 0;
    kinds[Class::Upper as usize] |= KEPT | UPPER;
    kinds[Class::Lower as usize] |= KEPT | LOWER;
    kinds[Class::Letter as usize] |= KEPT;
    kinds[Class::Digit as usize] |= KEPT;
    kinds[Class::Ideograph as usize] |= KEPT | SOLITARY | IDEOGRAPH;
    kinds[Class::Unspaced as usize] |= KEPT | SOLITARY;
    kinds
};

/// A code point of one or two bytes.
#[derive(Clone, Copy)]
struct Narrow {
    folded: [u8; 2],
    length: u8,
    kind: u8,
}

static NARROW: [Narrow; 0x800] = {
    let mut table = [Narrow { folded: [0; 2], length: 0, kind: 0 }; 0x800];
    let mut code = 0;
    while code < table.len() {
        table[code] = narrow(code);
        code += 1;
    }
    table
};

const fn narrow(code: usize) -> Narrow {
    let entry = tables::LEAVES[((tables::INDEX[code >> tables::SHIFT] as usize) << tables::SHIFT)
        | (code & ((1 << tables::SHIFT) - 1))];
    let Record { delta, class, combining, flags } = tables::RECORDS[entry as usize];
    let kind = KINDS[class as usize];
    let folded = (code as i32 + delta) as u32;
    if flags != 0 || combining != 0 || folded >= 0x800 {
        return Narrow { folded: [0; 2], length: 0, kind: HARD };
    }
    let length = if matches!(class, Class::Ignorable) { 0 } else { 1 + (folded >= 0x80) as u8 };
    let folded = match folded < 0x80 {
        true => [folded as u8, 0],
        false => [0xc0 | (folded >> 6) as u8, 0x80 | (folded & 0x3f) as u8],
    };
    Narrow { folded, length, kind }
}
