//! Blocks: some hundred bytes at once, for readers to whom single characters are too slow.
//!
//! In: bytes of a text from a character on, and of what kind the words there are. Out: a copy of the bytes with every
//! character folded in its place, and for each the bits of what it is ([`KEPT`] and so on), on its first byte. The block ends
//! where it is full, at the end of the text, before a character that cannot be folded in its place (one that is dropped, has
//! another length when folded, or needs the slow path of [`super::compose`]), before a letter or digit of
//! another kind, or before a stretch of ASCII, for which there are faster ways.
//!
//! **Idea.** Windows of 64 bytes, each cut after its last whole character. What its characters are and fold to is looked
//! up in tables, for all of them at once where the machine can ([`Look`]); bit masks of the window tell
//! whether any of them needs a second look, which few do.
//!
//! A run of characters is in normal form if none can join the one before it and the marks of each base are in
//! the order of their classes (UAX #15, section 9, the quick check); the block holds such runs only.
//!
//! [`Plain`] is the definition of what [`avx2`] does faster.
//!
//! **Cost.** With AVX2 about 290 instructions a window, in any script.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;

use super::bytes::padded;
use super::class::Class;
use super::record::{COMBINER, LEAF, LEAVES as RECORD_NUMBERS, RECORDS, Record, leaf_at, record_at};

/// Bytes of text in a block.
pub(crate) const ROOM: usize = 512;

/// Bytes that may be read beyond the block.
pub(crate) const BEYOND: usize = WINDOW;

/// Bytes looked at together: a bit of a mask each.
pub(crate) const WINDOW: usize = 64;

/// A window, with the bytes behind it that its last character may need. Zeros stand behind the text.
pub(crate) type WindowBytes = [u8; WINDOW + 8];

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
    /// The bits of each character on its first byte, zero on the others and on a window behind the block.
    pub(crate) kind: [u8; ROOM + WINDOW],
}

impl Block {
    pub(crate) const fn new() -> Block {
        Block { folded: [0; ROOM + BEYOND], kind: [0; ROOM + WINDOW] }
    }

    /// Fills the block from the start of the text on; returns how many bytes that took.
    ///
    /// Its letters and digits are those whose bits [`SOLITARY`] and [`IDEOGRAPH`] are `wanted`, or of any kind ([`Look::ANY`]).
    #[inline(always)]
    pub(crate) fn fill<L: Look>(&mut self, text: &[u8], wanted: u8) -> usize {
        let end = self.fill_windows::<L>(text, wanted);
        self.kind[end..end + WINDOW].fill(0);
        end
    }

    #[inline(always)]
    fn fill_windows<L: Look>(&mut self, text: &[u8], wanted: u8) -> usize {
        let mut room: WindowBytes = [0; WINDOW + 8];
        let (mut base, mut previous) = (0, 0);
        while base < text.len() && base <= ROOM - WINDOW {
            let rest = &text[base..];
            let bytes = padded(rest, &mut room);
            let (folded, kind) = (self.folded[base..].first_chunk_mut(), self.kind[base..].first_chunk_mut());
            let looked =
                L::look(bytes, wanted, folded.expect("room for a window"), kind.expect("room for a window"));
            if looked.is_ascii && base > 0 && rest.len() >= WINDOW {
                return base;
            }
            let whole = looked.whole(bytes, rest.len());
            if let Some(cut) = self.look_again::<L>(&looked, whole, bytes, base, previous, wanted) {
                return cut;
            }
            previous = base + looked.before(whole).expect("a window has a character");
            base += whole;
        }
        base
    }

    /// Looks at each character of a window that is special, foreign, or an ordered mark behind another; returns where
    /// the block must end, if it must.
    ///
    /// `whole` are the bytes of the window that count, `previous` is where the last character before it starts.
    #[inline(always)]
    fn look_again<L: Look>(
        &mut self,
        looked: &Looked,
        whole: usize,
        bytes: &WindowBytes,
        base: usize,
        previous: usize,
        wanted: u8,
    ) -> Option<usize> {
        let after_ordered = base > 0 && self.kind[previous] & ORDERED != 0;
        let mut doubtful = (looked.special | looked.foreign | looked.clashes(after_ordered)) & lowest(whole);
        while doubtful != 0 {
            let offset = doubtful.trailing_zeros() as usize;
            doubtful &= doubtful - 1;
            let at = base + offset;
            if looked.foreign >> offset & 1 == 1 {
                return Some(at);
            }
            let before = looked.before(offset).map_or(previous, |offset| base + offset);
            let previous = Previous { at: before, kind: if at > 0 { self.kind[before] } else { 0 } };
            let four = bytes[offset..offset + 4].try_into().expect("four bytes");
            match self.special(at, four, previous) {
                Some(kind) if L::ANY || !is_foreign(kind, wanted) => {
                    self.kind[at] = kind;
                    if kind & ORDERED != 0 {
                        // Of four bytes perhaps, and then not known to be ordered before.
                        doubtful |= looked.after(offset) & looked.ordered & lowest(whole);
                    }
                }
                _ => return Some(at),
            }
        }
        None
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
                previous.kind & (BASE | KEPT) == BASE | KEPT && !crate::scan::compose::join(before(), folded)
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

/// The character before, and its bits.
#[derive(Clone, Copy)]
struct Previous {
    at: usize,
    kind: u8,
}

/// What is seen of a window at once: a bit a byte, where not said otherwise on the first byte of a character.
pub(crate) struct Looked {
    /// A character starts here.
    starts: u64,
    /// Whether no byte is of another character.
    is_ascii: bool,
    /// [`SPECIAL`]: what was looked up does not hold.
    special: u64,
    /// [`ORDERED`].
    ordered: u64,
    /// A letter or digit of another kind than wanted, and not special.
    foreign: u64,
}

impl Looked {
    /// Bytes of the window up to the end of its last whole character, where `length` bytes of text begin with it.
    #[inline(always)]
    fn whole(&self, bytes: &WindowBytes, length: usize) -> usize {
        if length < WINDOW {
            return length;
        }
        let last = WINDOW - 1 - self.starts.leading_zeros() as usize;
        if last + length_of(bytes[last]) <= WINDOW { WINDOW } else { last }
    }

    /// Where the character before `offset` starts.
    #[inline(always)]
    fn before(&self, offset: usize) -> Option<usize> {
        (self.starts & lowest(offset)).checked_ilog2().map(|at| at as usize)
    }

    /// The first byte of the next character.
    fn after(&self, offset: usize) -> u64 {
        let behind = self.starts & !lowest(offset + 1);
        behind & behind.wrapping_neg()
    }

    /// The ordered marks that follow another.
    #[inline(always)]
    fn clashes(&self, after_ordered: bool) -> u64 {
        let second = self.ordered << 1 & !self.starts;
        let third = second << 1 & !self.starts;
        let fourth = third << 1 & !self.starts;
        let marks = self.ordered | second | third | fourth;
        self.ordered & (marks << 1 | u64::from(after_ordered))
    }
}

/// The lowest `count` bits, at most all.
#[inline(always)]
pub(crate) fn lowest(count: usize) -> u64 {
    1_u64.checked_shl(count as u32).map_or(u64::MAX, |behind| behind - 1)
}

#[inline(always)]
fn length_of(first: u8) -> usize {
    match first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    }
}

/// Whether the character is a letter or digit of another kind.
#[inline(always)]
fn is_foreign(kind: u8, wanted: u8) -> bool {
    kind & KEPT != 0 && kind & (SOLITARY | IDEOGRAPH) != wanted
}

/// A way to look at all characters of a window.
pub(crate) trait Look {
    /// Whether letters and digits of any kind are wanted, whatever `wanted` says.
    const ANY: bool;

    /// Looks up what every character of the window is and folds to, each by itself. What is written of a character that is
    /// cut off by the end of the window, or is special, has no meaning.
    fn look(bytes: &WindowBytes, wanted: u8, folded: &mut WindowBytes, kind: &mut [u8; WINDOW]) -> Looked;
}

/// The definition: one character after the other.
pub(crate) struct Plain<const ANY: bool = false>;

impl<const ANY: bool> Look for Plain<ANY> {
    const ANY: bool = ANY;

    #[inline(always)]
    fn look(bytes: &WindowBytes, wanted: u8, folded: &mut WindowBytes, kind: &mut [u8; WINDOW]) -> Looked {
        let starts = !bits(&bytes[..WINDOW], |eight| eight >> 7 & !(eight >> 6));
        let is_ascii = bytes[..WINDOW].is_ascii();
        let mut looked = Looked { starts, is_ascii, special: 0, ordered: 0, foreign: 0 };
        kind.fill(0);
        let mut rest = starts;
        while rest != 0 {
            let at = rest.trailing_zeros() as usize;
            let bit = rest & rest.wrapping_neg();
            rest ^= bit;
            let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
            // Every character writes itself, and may write over the bytes behind it: those come next.
            let (bytes, found) = character(four);
            folded[at..at + 4].copy_from_slice(&bytes);
            kind[at] = found;
            let has = |holds: bool| if holds { bit } else { 0 };
            looked.special |= has(found & SPECIAL != 0);
            looked.ordered |= has(found & ORDERED != 0);
            looked.foreign |= has(!ANY && found & SPECIAL == 0 && is_foreign(found, wanted));
        }
        looked
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
const KINDS: [u8; Class::ALL.len()] = {
    let mut kinds = [BASE; Class::ALL.len()];
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

/// The bits of the first character, if it has three bytes; else zero.
#[inline(always)]
pub(crate) fn kind_of_three(bytes: &[u8]) -> u8 {
    match bytes.first_chunk() {
        Some(&[first @ 0xe0..0xf0, second, third]) => kind_three([first, second, third, 0]),
        _ => 0,
    }
}

#[inline(always)]
fn kind_three([first, second, third, _]: [u8; 4]) -> u8 {
    kind_at(leaf_of([first, second]), usize::from(third & 0x3f))
}

/// The leaf of the trie for characters of three bytes that begin with these two.
#[inline(always)]
const fn leaf_of([first, second]: [u8; 2]) -> usize {
    ((first & 0x0f) as usize) << 6 | (second & 0x3f) as usize
}

/// The bits of the first character.
#[inline(always)]
pub(crate) fn kind_of(bytes: &[u8]) -> u8 {
    let mut four = [0; 4];
    let there = bytes.len().min(4);
    four[..there].copy_from_slice(&bytes[..there]);
    character(four).1
}

/// The bytes of a character, folded if it has up to two of them and as many folded, and its bits; of one with four bytes
/// only that it is special.
#[inline(always)]
fn character(four: [u8; 4]) -> ([u8; 4], u8) {
    match four[0] {
        0xf0.. => (four, SPECIAL),
        0xe0.. => (four, kind_three(four)),
        _ => narrow(four),
    }
}

/// The bits of the code point whose number is `leaf` and six more bits.
#[inline(always)]
fn kind_at(leaf: usize, lowest: usize) -> u8 {
    LEAVES[leaf_at(leaf) | lowest]
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

/// Of one or two bytes.
#[inline(always)]
fn narrow(four: [u8; 4]) -> ([u8; 4], u8) {
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
static LEAVES: [u8; RECORD_NUMBERS.len()] = {
    assert!(LEAF == 64, "a leaf holds the characters that differ in their last byte");
    let mut leaves = [0; RECORD_NUMBERS.len()];
    let mut at = 0;
    while at < leaves.len() {
        leaves[at] = kind_of_record(RECORDS[RECORD_NUMBERS[at] as usize]);
        at += 1;
    }
    leaves
};

const fn kind_of_record(record: Record) -> u8 {
    let special = if record.delta != 0 || record.flags != 0 { SPECIAL } else { 0 };
    let ordered = if record.combining != 0 { ORDERED } else { 0 };
    KINDS[record.class as usize] | special | ordered
}

/// Texts of some runs: of one script or two, which no window holds whole, and some of which no block does; of what a block cannot
/// hold; and of characters from everywhere, of more pages than a window may have.
#[cfg(test)]
pub(crate) fn texts(runs: std::ops::Range<usize>) -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let run = prop_oneof![
        "[ -~]{0,90}",
        "[À-ž ,.“”–]{0,60}",
        "[À-ž ,.“”]{0,200}e?[\u{300}-\u{33f}]{0,3}",
        "[А-Яа-яЁё ,.«»]{0,60}",
        "[А-Яа-я ]{0,300}",
        "[Α-Ωα-ωά-ώ ]{0,60}",
        "[ا-ي\u{64b}-\u{655} ،]{0,60}",
        "[क-हा-्ं\u{93c} ।]{0,90}",
        "[ก-ฺเ-๎ 1]{0,60}",
        "[ก-ฺเ-๎ 1\u{200b}]{0,300}",
        "[一-乿、。，a1]{0,60}",
        "[一-乿。a가-힣ᄀ-ᇂ\u{1161}]{0,200}",
        "[あ-んア-ン\u{3099}ー。]{0,60}",
        "[가-힣ᄀ-ᇂ ]{0,60}",
        "[\u{300}-\u{33f}]{0,90}",
        "[ก\u{e48}\u{e38}ﬁİ\u{ad}\u{1D400}-\u{1D410}]{0,40}",
        "\\PC{0,60}",
    ];
    proptest::collection::vec(run, runs).prop_map(|runs| runs.concat())
}
