//! Words in bulk, without a branch on what they are.
//!
//! In: a text and a place in it between words. Out: the hashes of the words from there that lie whole in a few
//! hundred bytes.
//!
//! Three bit masks a window of 64 bytes, one bit a base character (kept, upper, lower), give the first character and
//! the end of every word by shifts. The folded bytes stay in a small room, where most words are one load of sixteen bytes
//! and one multiplication. ASCII makes its own masks from the bytes; other text gets them from the scan's [`Block`],
//! whose bases are packed together for the shifts and spread again to the bytes where they start. Scripts without
//! spaces need no edges: there a character and its marks are hashed as they come.
//!
//! [`Plain`] is the definition of what [`super::avx2`] does faster.

use super::{BLOCK, Unit, WordSink, absorb};
use crate::hash::SEEDS;
use crate::scan::block::{
    self, BASE, BEYOND, Block, IDEOGRAPH, KEPT, LOWER, ORDERED, ROOM, SOLITARY, SPECIAL, UPPER, WINDOW,
};
use crate::scan::{ASCII, Class};
use std::hint::select_unpredictable;

/// Fewer bytes of ASCII than this go with what surrounds them.
const LEAST: usize = 32;

/// Windows of a room.
const WINDOWS: usize = ROOM / WINDOW;

/// A stretch of text and its words.
pub(super) struct Room {
    block: Block,
    hashes: [u64; ROOM],
}

/// The words found.
#[derive(PartialEq, Debug)]
pub(super) struct Found<'r> {
    hashes: &'r [u64],
    unit: Unit,
    /// Bytes up to the end of the last whole word, and what stands behind it.
    pub(super) taken: usize,
}

impl Found<'_> {
    #[inline(always)]
    pub(super) fn hand_over(&self, sink: &mut impl WordSink) {
        if !self.hashes.is_empty() {
            sink.words(self.hashes, self.unit);
        }
    }
}

impl Room {
    pub(super) const fn new() -> Room {
        Room { block: Block::new(), hashes: [0; ROOM] }
    }

    /// The words from byte `at` on; `taken` is zero where there is none that this room can take whole.
    pub(super) fn words(&mut self, text: &str, at: usize) -> Found<'_> {
        #[cfg(target_arch = "x86_64")]
        if crate::cpu::has_avx2_and_bits() {
            // SAFETY: this machine has the features that the function is compiled for.
            return unsafe { super::avx2::words(self, text, at) };
        }
        self.words_by::<Plain>(text, at)
    }

    #[inline(always)]
    pub(super) fn words_by<M: Machine>(&mut self, text: &str, at: usize) -> Found<'_> {
        let bytes = &text.as_bytes()[at..];
        let ascii = ascii_run(&bytes[..bytes.len().min(ROOM)]);
        if ascii > 0 {
            let edges = self.ascii::<M>(&bytes[..ascii]);
            return self.found(edges, ascii, bytes);
        }
        let kind = block::kind_of_three(bytes);
        if kind & SOLITARY != 0 {
            return match kind & IDEOGRAPH {
                0 => self.unspaced(bytes, Unit::Unspaced),
                _ => self.unspaced(bytes, Unit::Ideograph),
            };
        }
        let filled = self.block.fill(text, at);
        let edges = self.others::<M>(filled);
        self.found(edges, filled, bytes)
    }

    /// Ends the last word where the text or a word alone shows that it ends, or leaves it for the next room.
    #[inline(always)]
    fn found(&mut self, mut edges: Edges, filled: usize, bytes: &[u8]) -> Found<'_> {
        let mut taken = filled;
        if let Some(first) = edges.open {
            if filled == bytes.len() || block::kind_of_three(&bytes[filled..]) & SOLITARY != 0 {
                self.word(&mut edges, first, filled, long_or_short);
            } else {
                taken = first;
            }
        }
        Found { hashes: &self.hashes[..edges.count], unit: Unit::Word, taken }
    }

    /// The words of a script without spaces: each base with its marks. They stand in rows of characters of three bytes,
    /// and fold to themselves, so that the bytes of a word are those of the text.
    #[inline(always)]
    fn unspaced(&mut self, text: &[u8], unit: Unit) -> Found<'_> {
        let filled = text.len().min(ROOM);
        let bytes = match text.first_chunk() {
            Some(bytes) => bytes,
            None => {
                self.block.folded[..text.len()].copy_from_slice(text);
                self.block.folded[text.len()..].fill(0);
                &self.block.folded
            }
        };
        let (mut at, mut count) = (0, 0);
        loop {
            let behind = at + separators(&text[at..filled]);
            let row = match unit {
                Unit::Ideograph => ideographs(bytes, behind, filled, text, &mut self.hashes[count..]),
                _ => Row::of(bytes, behind, filled).hash(bytes, behind, text, &mut self.hashes[count..]),
            };
            count += row.words;
            at = behind + row.bytes;
            if row.words == 0 || row.ends {
                break;
            }
        }
        Found { hashes: &self.hashes[..count], unit, taken: at }
    }

    /// The words of ASCII.
    #[inline(always)]
    fn ascii<M: Machine>(&mut self, run: &[u8]) -> Edges {
        // All bytes are folded before the first word is read, so that no load waits for a store.
        let mut masks = [Masks::NONE; WINDOWS];
        let (windows, rest) = run.as_chunks::<WINDOW>();
        for (number, (bytes, masks)) in windows.iter().zip(&mut masks).enumerate() {
            *masks = M::ascii(bytes, self.window(number));
        }
        if !rest.is_empty() {
            let mut bytes = [0; WINDOW];
            bytes[..rest.len()].copy_from_slice(rest);
            masks[windows.len()] = M::ascii(&bytes, self.window(windows.len()));
        }
        let mut edges = Edges::default();
        for (number, &masks) in masks[..run.len().div_ceil(WINDOW)].iter().enumerate() {
            let base = number * WINDOW;
            let next = || run.get(base + WINDOW).is_some_and(u8::is_ascii_lowercase);
            let (firsts, ends) = edges.of(masks, run.len().min(base + WINDOW) - base, next);
            self.between(&mut edges, firsts, ends, base, long_or_short);
        }
        edges
    }

    fn window(&mut self, number: usize) -> &mut [u8; WINDOW] {
        let base = number * WINDOW;
        (&mut self.block.folded[base..base + WINDOW]).try_into().expect("a window")
    }

    /// The words in the block.
    #[inline(always)]
    fn others<M: Machine>(&mut self, filled: usize) -> Edges {
        let mut edges = Edges::default();
        for base in (0..filled).step_by(WINDOW) {
            let kind = &self.block.kind;
            let (masks, starts) = M::kinds(kind[base..base + WINDOW].try_into().expect("a window"));
            let next = || {
                let behind = kind[..filled].iter().skip(base + WINDOW).find(|&&kind| kind & BASE != 0);
                behind.is_some_and(|kind| kind & LOWER != 0)
            };
            let (firsts, ends) = edges.of(masks, starts.count_ones() as usize, next);
            let (firsts, ends) = (M::spread(firsts, starts), M::spread(ends, starts));
            self.between(&mut edges, firsts, ends, base, two_blocks);
        }
        edges
    }

    /// Hashes the words whose ends lie in a window.
    #[inline(always)]
    fn between(
        &mut self,
        edges: &mut Edges,
        mut firsts: u64,
        mut ends: u64,
        base: usize,
        hash: impl Fn(&Folded, usize, usize) -> u64 + Copy,
    ) {
        let mut next = || {
            let first = (firsts != 0).then(|| base + firsts.trailing_zeros() as usize);
            firsts &= firsts.wrapping_sub(1);
            first
        };
        let mut open = edges.open.or_else(&mut next);
        while ends != 0 {
            let first = open.expect("what ends has begun");
            self.word(edges, first, base + ends.trailing_zeros() as usize, hash);
            ends &= ends - 1;
            open = next();
        }
        edges.open = open;
    }

    #[inline(always)]
    fn word(
        &mut self,
        edges: &mut Edges,
        first: usize,
        end: usize,
        hash: impl Fn(&Folded, usize, usize) -> u64 + Copy,
    ) {
        self.hashes[edges.count] = hash(&self.block.folded, first, end);
        edges.count += 1;
    }
}

type Folded = [u8; ROOM + BEYOND];

/// The hash of a word that is rarely longer than a block.
#[inline(always)]
fn long_or_short(folded: &Folded, first: usize, end: usize) -> u64 {
    let length = end - first;
    if length > BLOCK {
        return long(&folded[first..end]);
    }
    let [low, high] = block_at(folded, first, length);
    absorb(SEEDS[0], low, high)
}

/// The hash of a word that is as often of two blocks as of one: without a branch between them.
#[inline(always)]
fn two_blocks(folded: &Folded, first: usize, end: usize) -> u64 {
    let length = end - first;
    if length > 2 * BLOCK {
        return long(&folded[first..end]);
    }
    let [low, high] = block_at(folded, first, length.min(BLOCK));
    let one = absorb(SEEDS[0], low, high);
    let [low, high] = block_at(folded, first + BLOCK, length.saturating_sub(BLOCK));
    select_unpredictable(length > BLOCK, absorb(one, low, high), one)
}

/// The hash of a longer word.
#[cold]
fn long(word: &[u8]) -> u64 {
    word.chunks(BLOCK).fold(SEEDS[0], |state, block| {
        let mut padded = [0; BLOCK + BEYOND];
        padded[..block.len()].copy_from_slice(block);
        let [low, high] = block_at(&padded, 0, block.len());
        absorb(state, low, high)
    })
}

/// The halves of the block of `length` bytes at `first`, with zeros behind.
#[inline(always)]
fn block_at(bytes: &[u8], first: usize, length: usize) -> [u64; 2] {
    let (halves, _) = bytes[first..first + BLOCK].as_chunks::<8>();
    // Two tables, because from one the compiler makes a vector of both, only to take it apart again.
    [u64::from_le_bytes(halves[0]) & LOW_BYTES[length], u64::from_le_bytes(halves[1]) & HIGH_BYTES[length]]
}

/// The lowest bytes of a block: what of them lies in the lower half.
static LOW_BYTES: [u64; BLOCK + 1] = lowest_bytes(0);

/// And in the higher half.
static HIGH_BYTES: [u64; BLOCK + 1] = lowest_bytes(64);

const fn lowest_bytes(shift: u32) -> [u64; BLOCK + 1] {
    let mut masks = [u64::MAX; BLOCK + 1];
    let mut bytes = 0;
    while bytes < BLOCK {
        masks[bytes] = (((1_u128 << (8 * bytes)) - 1) >> shift) as u64;
        bytes += 1;
    }
    masks
}

/// How many bytes from the start are ASCII, if they are all or enough to be worth while; else none.
#[inline(always)]
fn ascii_run(bytes: &[u8]) -> usize {
    let (steps, rest) = bytes.as_chunks::<LEAST>();
    let whole = steps.iter().take_while(|step| step.is_ascii()).count();
    if whole == steps.len() && rest.is_ascii() { bytes.len() } else { whole * LEAST }
}

/// What was hashed of a row of characters.
struct Hashed {
    words: usize,
    bytes: usize,
    /// Whether the room must leave here what follows.
    ends: bool,
}

/// Hashes the ideographs from byte `at` on, up to one that a mark follows.
#[inline(always)]
fn ideographs(bytes: &Folded, mut at: usize, filled: usize, text: &[u8], hashes: &mut [u64]) -> Hashed {
    const SHAPE: u8 = BASE | SOLITARY | IDEOGRAPH | SPECIAL;
    let (first, mut words) = (at, 0);
    for hash in hashes {
        let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
        if four[0] & 0xf0 != 0xe0
            || at + 3 > filled
            || block::kind_three(four) & SHAPE != BASE | SOLITARY | IDEOGRAPH
        {
            break;
        }
        *hash = absorb(SEEDS[0], u64::from(u32::from_le_bytes(four) & 0x00ff_ffff), 0);
        (at, words) = (at + 3, words + 1);
    }
    match words > 0 && is_mark(&text[at..]) {
        true => Hashed { words: words - 1, bytes: at - 3 - first, ends: true },
        false => Hashed { words, bytes: at - first, ends: false },
    }
}

/// Characters of three bytes in a row: unspaced words and their marks.
struct Row {
    /// One bit a character: whether a word begins there.
    bases: u64,
    /// Characters in the row.
    length: usize,
}

impl Row {
    /// Characters in a row: a bit each, and one for the end.
    const MOST: usize = 63;

    /// The row that starts at byte `at`.
    #[inline(always)]
    fn of(bytes: &Folded, mut at: usize, filled: usize) -> Row {
        let (mut bases, mut length, mut before) = (0, 0, 0);
        while length < Row::MOST && at + 3 <= filled {
            let four: [u8; 4] = bytes[at..at + 4].try_into().expect("four bytes");
            // From a table, because the compiler makes a branch of comparisons, and whether a mark comes next, no
            // predictor knows.
            let step = STEPS[usize::from(block::kind_three(four))];
            if step == 0 || four[0] & 0xf0 != 0xe0 {
                break;
            }
            if step & before & ORDERED != 0 && block::in_disorder(bytes, at) {
                break;
            }
            bases |= u64::from(step & 1) << length;
            (at, length, before) = (at + 3, length + 1, step);
        }
        Row { bases, length }
    }

    /// Hashes its words, up to one that is longer than a block or may go on behind the row.
    #[inline(always)]
    fn hash(&self, bytes: &Folded, at: usize, text: &[u8], hashes: &mut [u64]) -> Hashed {
        if self.bases & 1 == 0 {
            return Hashed { words: 0, bytes: 0, ends: true };
        }
        let waits = self.length == Row::MOST || is_mark(&text[at + 3 * self.length..]);
        let length = if waits { self.bases.ilog2() as usize } else { self.length };
        let mut rest = self.bases & ((1 << length) - 1);
        let words = rest.count_ones() as usize;
        for (word, hash) in hashes[..words].iter_mut().enumerate() {
            let first = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let end = (rest | 1 << length).trailing_zeros() as usize;
            if 3 * (end - first) > BLOCK {
                return Hashed { words: word, bytes: 3 * first, ends: true };
            }
            let [low, high] = block_at(bytes, at + 3 * first, 3 * (end - first));
            *hash = absorb(SEEDS[0], low, high);
        }
        Hashed { words, bytes: 3 * length, ends: waits && self.length < Row::MOST }
    }
}

/// What a character is in a row, by its bits: 2 if it may stand there, 1 more if a word begins with it, and
/// [`ORDERED`]; else 0.
static STEPS: [u8; 256] = {
    let mut steps = [0; 256];
    let mut kind = 0;
    while kind < 256 {
        match kind as u8 & (BASE | SOLITARY | IDEOGRAPH | SPECIAL) {
            0 => steps[kind] = 2 | kind as u8 & ORDERED,
            shape if shape == BASE | SOLITARY => steps[kind] = 3,
            _ => {}
        }
        kind += 1;
    }
    steps
};

/// Bytes of separators from the start on.
#[inline(always)]
fn separators(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let kind = block::kind_of_three(&bytes[at..]);
        at += match byte {
            0..0x80 if !ASCII[usize::from(byte)].1.is_kept() => 1,
            0xe0..0xf0 if kind & (BASE | KEPT | SPECIAL) == BASE => 3,
            _ => break,
        };
    }
    at
}

/// Whether what comes next may still belong to the word before: anything but plain bases.
#[inline(always)]
fn is_mark(bytes: &[u8]) -> bool {
    !bytes.is_empty() && block::kind_of(bytes) & (BASE | SPECIAL) != BASE
}

/// One bit a base character of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Masks {
    pub(super) kept: u64,
    pub(super) upper: u64,
    pub(super) lower: u64,
}

impl Masks {
    const NONE: Masks = Masks { kept: 0, upper: 0, lower: 0 };
}

/// What the edges of words know from one window for the next.
#[derive(Default)]
struct Edges {
    kept: bool,
    upper: bool,
    /// Where the word begins that has not ended.
    open: Option<usize>,
    /// Words that have ended.
    count: usize,
}

impl Edges {
    /// The first characters of words, and the characters behind their ends, among the first `bases`. `next` tells
    /// whether the character behind them is a lower-case letter.
    #[inline(always)]
    fn of(&mut self, masks: Masks, bases: usize, next: impl FnOnce() -> bool) -> (u64, u64) {
        let Some(last) = bases.checked_sub(1) else { return (0, 0) };
        let Masks { kept, upper, lower } = masks;
        let kept_before = kept << 1 | u64::from(self.kept);
        let upper_before = upper << 1 | u64::from(self.upper);
        let at_last = |mask: u64| mask >> last & 1 == 1;
        // Looked up only where it matters: upper case after upper case, last in the window.
        let next_is_lower = at_last(upper & upper_before) && next();
        let lower_behind = lower >> 1 | u64::from(next_is_lower) << last;
        // Upper case after anything but upper; the last upper before a lower.
        let parted = upper & (!upper_before | lower_behind);
        let firsts = kept & (!kept_before | parted);
        let ends = kept_before & (!kept | firsts) & (u64::MAX >> (63 - last));
        (self.kept, self.upper) = (at_last(kept), at_last(upper));
        (firsts, ends)
    }
}

/// A way to do what no portable instruction does.
pub(super) trait Machine {
    /// Classifies and folds a window of ASCII.
    fn ascii(bytes: &[u8; WINDOW], folded: &mut [u8; WINDOW]) -> Masks;

    /// The masks of the bases of a window, packed together; and the bytes where they start.
    fn kinds(kind: &[u8; WINDOW]) -> (Masks, u64);

    /// The bits of `packed` at the places of the bits of `starts`.
    fn spread(packed: u64, starts: u64) -> u64;
}

/// The definition.
pub(super) struct Plain;

impl Machine for Plain {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW], folded: &mut [u8; WINDOW]) -> Masks {
        let mut masks = Masks::NONE;
        for (at, (&byte, folded)) in bytes.iter().zip(folded).enumerate() {
            let (fold, class) = ASCII[usize::from(byte)];
            *folded = fold;
            masks.kept |= u64::from(class.is_kept()) << at;
            masks.upper |= u64::from(class == Class::Upper) << at;
            masks.lower |= u64::from(class == Class::Lower) << at;
        }
        masks
    }

    #[inline(always)]
    fn kinds(kind: &[u8; WINDOW]) -> (Masks, u64) {
        let has = |bit: u8| block::bits(kind, |eight| eight >> bit.trailing_zeros());
        let starts = has(BASE);
        let packed = |bit: u8| pack(has(bit), starts);
        let masks = Masks { kept: packed(KEPT), upper: packed(UPPER), lower: packed(LOWER) };
        (masks, starts)
    }

    #[inline(always)]
    fn spread(packed: u64, mut starts: u64) -> u64 {
        let (mut spread, mut packed) = (0, packed);
        while starts != 0 {
            spread |= (starts & starts.wrapping_neg()) * (packed & 1);
            starts &= starts - 1;
            packed >>= 1;
        }
        spread
    }
}

/// The bits of `mask` at the places of the bits of `starts`, packed together.
#[inline(always)]
fn pack(mask: u64, mut starts: u64) -> u64 {
    let (mut packed, mut place) = (0, 0);
    while starts != 0 {
        packed |= (mask >> starts.trailing_zeros() & 1) << place;
        starts &= starts - 1;
        place += 1;
    }
    packed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_machine_equals_the_definition(text in prop_oneof!["[ -~\t\n]{0,600}", "[a-cA-CА-Яа-я中กิ่ 0-9.]{0,200}"]) {
            let (mut plain, mut fast) = (Room::new(), Room::new());
            let (plain, fast) = (plain.words_by::<Plain>(&text, 0), fast.words(&text, 0));
            prop_assert_eq!(plain, fast);
        }

        #[test]
        fn pack_and_spread_are_inverse(mask: u64, starts: u64) {
            prop_assert_eq!(Plain::spread(pack(mask, starts), starts), mask & starts);
        }
    }

    #[test]
    fn every_ascii_byte_is_classified_as_its_kind() {
        let bytes: [u8; 128] = std::array::from_fn(|byte| byte as u8);
        for half in bytes.as_chunks::<WINDOW>().0 {
            let mut block = Block::new();
            assert_eq!(block.fill(std::str::from_utf8(half).unwrap(), 0), WINDOW);
            let mut folded = [0; WINDOW];
            let masks = Plain::ascii(half, &mut folded);
            assert_eq!(Plain::kinds(block.kind[..WINDOW].try_into().unwrap()), (masks, u64::MAX));
            assert_eq!(block.folded[..WINDOW], folded);
            assert_eq!(half.to_ascii_lowercase(), folded);
        }
    }

    #[test]
    fn the_most_words_fit() {
        for text in ["AAa".repeat(170) + "A ", "中".repeat(200), "a ".repeat(256), "A1".repeat(256)] {
            let mut room = Room::new();
            let found = room.words(&text, 0);
            assert!(found.hashes.len() >= 169 && found.taken >= 500, "{text}");
        }
    }
}
