//! Words in bulk: the hashes of all words in up to 512 bytes, without a branch on their characters.
//!
//! In: a text and a place in it between words. Out: the hashes of the words from there on that fit whole into
//! one batch.
//!
//! **Idea.** For each window of 64 bytes there are three bit masks, one bit a base character: kept, upper,
//! lower. Shifts of these give the first character and the end of every word. The folded bytes stay in a
//! small block, where most words are one load of sixteen bytes. ASCII gets its masks from the bytes. Other
//! text gets them from a [`ScanBlock`]: the bits of its bases are packed together for the shifts and then
//! spread to the bytes where the bases start. In scripts without spaces every base that is kept begins a
//! word.
//!
//! [`Scalar`] is the definition; [`super::avx2`] does the same faster.

use super::machine::{Machine, Masks};
use super::sink::{Unit, WordSink};
use super::word_hash::{BLOCK, WordKeys, extended, hash_of};
use crate::scan::block::{
    self, BASE, BEYOND, BLOCK_BYTES, IDEOGRAPH, LOWER, SOLITARY, SPECIAL, Scalar, ScanBlock, WINDOW,
};
use std::hint::select_unpredictable;

/// Fewer bytes of ASCII than this are processed with the other text around them.
const LEAST: usize = 32;

/// Windows of a batch.
const WINDOWS: usize = BLOCK_BYTES / WINDOW;

/// The memory of a batch: a stretch of text and the hashes of its words.
pub(super) struct WordBatch {
    block: ScanBlock,
    hashes: [u64; BLOCK_BYTES],
}

/// The words of a batch.
#[derive(PartialEq, Debug)]
pub(super) struct BatchWords<'b> {
    hashes: &'b [u64],
    unit: Unit,
    /// Bytes up to the end of the last whole word, and the separators after it.
    pub(super) taken: usize,
}

impl BatchWords<'_> {
    #[inline(always)]
    pub(super) fn hand_over(&self, sink: &mut impl WordSink) {
        if !self.hashes.is_empty() {
            sink.words(self.hashes, self.unit);
        }
    }
}

impl WordBatch {
    pub(super) const fn new() -> WordBatch {
        WordBatch { block: ScanBlock::new(), hashes: [0; BLOCK_BYTES] }
    }

    /// The words from byte `at` on; `taken` is zero if no word fits whole into a batch.
    pub(super) fn words(&mut self, text: &str, at: usize, keys: WordKeys) -> BatchWords<'_> {
        #[cfg(target_arch = "x86_64")]
        if crate::support::cpu::has_avx2_and_bits() {
            // SAFETY: this machine has the features that the function is compiled for.
            return unsafe { words_avx2(self, text, at, keys) };
        }
        self.words_by::<Scalar>(text, at, keys)
    }

    #[inline(always)]
    pub(super) fn words_by<M: Machine>(&mut self, text: &str, at: usize, keys: WordKeys) -> BatchWords<'_> {
        let bytes = &text.as_bytes()[at..];
        let ascii = ascii_run(&bytes[..bytes.len().min(BLOCK_BYTES)]);
        if ascii > 0 {
            let edges = self.ascii::<M>(&bytes[..ascii], keys);
            return self.found(edges, ascii, bytes, keys);
        }
        let wanted = block::kind_of_three(bytes) & (SOLITARY | IDEOGRAPH);
        let filled = self.block.fill::<M>(bytes, wanted);
        match wanted {
            0 => {
                let edges = self.others::<M>(filled, keys);
                self.found(edges, filled, bytes, keys)
            }
            _ => self.solitary::<M>(filled, bytes, wanted, keys),
        }
    }

    /// Ends the last word if the end of the text or a solitary character shows that it is complete. Otherwise
    /// leaves it for the next batch.
    #[inline(always)]
    fn found(&mut self, mut edges: Edges, filled: usize, bytes: &[u8], keys: WordKeys) -> BatchWords<'_> {
        let mut taken = filled;
        if let Some(first) = edges.open {
            if filled == bytes.len() || block::kind_of_three(&bytes[filled..]) & SOLITARY != 0 {
                self.word(&mut edges, first, filled, Length::Short, keys);
            } else {
                taken = first;
            }
        }
        BatchWords { hashes: &self.hashes[..edges.count], unit: Unit::Word, taken }
    }

    /// The words of a script without spaces: each base with its marks.
    #[inline(always)]
    fn solitary<M: Machine>(
        &mut self,
        filled: usize,
        bytes: &[u8],
        wanted: u8,
        keys: WordKeys,
    ) -> BatchWords<'_> {
        let mut edges = Edges::default();
        for base in (0..filled).step_by(WINDOW) {
            let (masks, starts) = self.masks::<M>(base);
            if wanted & IDEOGRAPH != 0
                && edges.open.is_none()
                && self.ideographs::<M>(&mut edges, masks.kept, starts, base, keys)
            {
                continue;
            }
            let (firsts, ends) = edges.alone(masks.kept, starts.count_ones() as usize);
            let (firsts, ends) = (M::spread(firsts, starts), M::spread(ends, starts));
            self.between(&mut edges, firsts, ends, base, Length::Short, keys);
        }
        let unit = if wanted & IDEOGRAPH != 0 { Unit::Ideograph } else { Unit::Unspaced };
        let mut taken = filled;
        if let Some(first) = edges.open {
            if is_base(&bytes[filled..]) {
                self.word(&mut edges, first, filled, Length::Short, keys);
            } else {
                taken = first;
            }
        }
        BatchWords { hashes: &self.hashes[..edges.count], unit, taken }
    }

    /// Hashes the ideographs of a window if none of them has a mark; returns whether that is so.
    #[inline(always)]
    fn ideographs<M: Machine>(
        &mut self,
        edges: &mut Edges,
        kept: u64,
        starts: u64,
        base: usize,
        keys: WordKeys,
    ) -> bool {
        let mut firsts = M::spread(kept, starts);
        // Ideographs in a block have three bytes, so the next character begins three bytes further on.
        let behind = self.block.kind[base + WINDOW..][..3]
            .iter()
            .rev()
            .fold(0, |bits, kind| bits << 1 | u64::from(kind >> 7));
        if firsts & !(starts >> 3 | behind << (WINDOW - 3)) != 0 {
            return false;
        }
        while firsts != 0 {
            let first = base + firsts.trailing_zeros() as usize;
            firsts &= firsts - 1;
            let four = self.block.folded[first..first + 4].try_into().expect("four bytes");
            self.hashes[edges.count] = keys.digest(u64::from(u32::from_le_bytes(four) & 0x00ff_ffff), 0);
            edges.count += 1;
        }
        edges.kept = false;
        true
    }

    /// The masks of a window of the block.
    #[inline(always)]
    fn masks<M: Machine>(&self, base: usize) -> (Masks, u64) {
        M::kinds(self.block.kind[base..base + WINDOW].try_into().expect("a window"))
    }

    /// The words of ASCII.
    #[inline(always)]
    fn ascii<M: Machine>(&mut self, run: &[u8], keys: WordKeys) -> Edges {
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
            self.between(&mut edges, firsts, ends, base, Length::Short, keys);
        }
        edges
    }

    fn window(&mut self, number: usize) -> &mut [u8; WINDOW] {
        let base = number * WINDOW;
        (&mut self.block.folded[base..base + WINDOW]).try_into().expect("a window")
    }

    /// The words in the block.
    #[inline(always)]
    fn others<M: Machine>(&mut self, filled: usize, keys: WordKeys) -> Edges {
        let mut edges = Edges::default();
        for base in (0..filled).step_by(WINDOW) {
            let (masks, starts) = self.masks::<M>(base);
            let next = || {
                let behind =
                    self.block.kind[..filled].iter().skip(base + WINDOW).find(|&&kind| kind & BASE != 0);
                behind.is_some_and(|kind| kind & LOWER != 0)
            };
            let (firsts, ends) = edges.of(masks, starts.count_ones() as usize, next);
            let (firsts, ends) = (M::spread(firsts, starts), M::spread(ends, starts));
            self.between(&mut edges, firsts, ends, base, Length::Any, keys);
        }
        edges
    }

    /// Hashes the words that end in a window.
    #[inline(always)]
    fn between(
        &mut self,
        edges: &mut Edges,
        mut firsts: u64,
        mut ends: u64,
        base: usize,
        length: Length,
        keys: WordKeys,
    ) {
        let next = |mask: &mut u64| {
            let at = base + mask.trailing_zeros() as usize;
            *mask &= mask.wrapping_sub(1);
            at
        };
        if ends != 0
            && let Some(first) = edges.open.take()
        {
            let end = next(&mut ends);
            self.word(edges, first, end, length, keys);
        }
        while ends != 0 {
            let (first, end) = (next(&mut firsts), next(&mut ends));
            self.word(edges, first, end, length, keys);
        }
        if firsts != 0 {
            edges.open = Some(next(&mut firsts));
        }
    }

    #[inline(always)]
    fn word(&mut self, edges: &mut Edges, first: usize, end: usize, length: Length, keys: WordKeys) {
        self.hashes[edges.count] = match length {
            Length::Short => long_or_short(&self.block.folded, first, end, keys),
            Length::Any => two_blocks(&self.block.folded, first, end, keys),
        };
        edges.count += 1;
    }
}

/// [`WordBatch::words`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn words_avx2<'b>(batch: &'b mut WordBatch, text: &str, at: usize, keys: WordKeys) -> BatchWords<'b> {
    batch.words_by::<block::Avx2>(text, at, keys)
}

type Folded = [u8; BLOCK_BYTES + BEYOND];

/// The expected length of words.
#[derive(Clone, Copy)]
enum Length {
    /// Words are rarely longer than a block.
    Short,
    /// Words have two blocks as often as one.
    Any,
}

/// The hash of a word that is rarely longer than a block.
#[inline(always)]
fn long_or_short(folded: &Folded, first: usize, end: usize, keys: WordKeys) -> u64 {
    let length = end - first;
    if length > BLOCK {
        return long(&folded[first..end], keys);
    }
    let [low, high] = block_at(folded, first, length);
    keys.digest(low, high)
}

/// The hash of a word that has two blocks as often as one, without a branch on the number of blocks.
#[inline(always)]
fn two_blocks(folded: &Folded, first: usize, end: usize, keys: WordKeys) -> u64 {
    let length = end - first;
    if length > 2 * BLOCK {
        return long(&folded[first..end], keys);
    }
    let [low, high] = block_at(folded, first, length.min(BLOCK));
    let one = keys.digest(low, high);
    let [low, high] = block_at(folded, first + BLOCK, length.saturating_sub(BLOCK));
    select_unpredictable(length > BLOCK, extended(one, keys.digest(low, high)), one)
}

/// The hash of a longer word.
#[cold]
fn long(word: &[u8], keys: WordKeys) -> u64 {
    hash_of(keys, word)
}

/// The two halves of the `length` bytes at `first`, with zeros after them.
#[inline(always)]
fn block_at(bytes: &[u8], first: usize, length: usize) -> [u64; 2] {
    let (halves, _) = bytes[first..first + BLOCK].as_chunks::<8>();
    // There are two tables because with one the compiler loads both halves as a vector and then splits it
    // again.
    [u64::from_le_bytes(halves[0]) & LOW_BYTES[length], u64::from_le_bytes(halves[1]) & HIGH_BYTES[length]]
}

/// For each length, the mask of the lower half of a block.
static LOW_BYTES: [u64; BLOCK + 1] = lowest_bytes(0);

/// The same for the higher half.
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

/// The number of ASCII bytes at the start, if the text has no others or they are enough for the faster path.
/// Otherwise zero.
#[inline(always)]
fn ascii_run(bytes: &[u8]) -> usize {
    let (steps, rest) = bytes.as_chunks::<LEAST>();
    let whole = steps.iter().take_while(|step| step.is_ascii()).count();
    if whole == steps.len() && rest.is_ascii() { bytes.len() } else { whole * LEAST }
}

/// Whether what follows cannot belong to the character before: the end of the text, or a plain base.
#[inline(always)]
fn is_base(bytes: &[u8]) -> bool {
    bytes.is_empty() || block::kind_of(bytes) & (BASE | SPECIAL) == BASE
}

/// The state that one window of a batch passes to the next.
#[derive(Default)]
struct Edges {
    kept: bool,
    upper: bool,
    /// Where the open word begins.
    open: Option<usize>,
    /// Words that have ended.
    count: usize,
}

impl Edges {
    /// The first characters of words, and the characters after their ends, among the first `bases`. `next`
    /// returns whether the character after them is a lower-case letter.
    #[inline(always)]
    fn of(&mut self, masks: Masks, bases: usize, next: impl FnOnce() -> bool) -> (u64, u64) {
        let Some(last) = bases.checked_sub(1) else { return (0, 0) };
        let Masks { kept, upper, lower } = masks;
        let kept_before = kept << 1 | u64::from(self.kept);
        let upper_before = upper << 1 | u64::from(self.upper);
        let at_last = |mask: u64| mask >> last & 1 == 1;
        // `next` is called only if its answer matters, which is when the last two characters of the window
        // are upper case.
        let next_is_lower = at_last(upper & upper_before) && next();
        let lower_behind = lower >> 1 | u64::from(next_is_lower) << last;
        // A word begins at an upper-case letter after anything else, and at the last upper-case letter before
        // lower case.
        let parted = upper & (!upper_before | lower_behind);
        let firsts = kept & (!kept_before | parted);
        let ends = kept_before & (!kept | firsts) & (u64::MAX >> (63 - last));
        (self.kept, self.upper) = (at_last(kept), at_last(upper));
        (firsts, ends)
    }

    /// The same where every base is a word.
    #[inline(always)]
    fn alone(&mut self, kept: u64, bases: usize) -> (u64, u64) {
        let Some(last) = bases.checked_sub(1) else { return (0, 0) };
        let ends = (kept << 1 | u64::from(self.kept)) & (u64::MAX >> (63 - last));
        self.kept = kept >> last & 1 == 1;
        (kept, ends)
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::pack;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_machine_equals_the_definition(text in prop_oneof!["[ -~\t\n]{0,600}", "[a-cA-CА-Яа-я中กิ่ 0-9.]{0,200}"]) {
            let keys = WordKeys::of(3);
            let (mut plain, mut fast) = (WordBatch::new(), WordBatch::new());
            let (plain, fast) = (plain.words_by::<Scalar>(&text, 0, keys), fast.words(&text, 0, keys));
            prop_assert_eq!(plain, fast);
        }

        #[test]
        fn pack_and_spread_are_inverse(mask: u64, starts: u64) {
            prop_assert_eq!(Scalar::spread(pack(mask, starts), starts), mask & starts);
        }
    }

    #[test]
    fn every_ascii_byte_is_classified_as_its_kind() {
        let bytes: [u8; 128] = std::array::from_fn(|byte| byte as u8);
        for half in bytes.as_chunks::<WINDOW>().0 {
            let mut block = ScanBlock::new();
            assert_eq!(block.fill::<Scalar>(half, 0), WINDOW);
            let mut folded = [0; WINDOW];
            let masks = Scalar::ascii(half, &mut folded);
            assert_eq!(Scalar::kinds(block.kind[..WINDOW].try_into().unwrap()), (masks, u64::MAX));
            assert_eq!(block.folded[..WINDOW], folded);
            assert_eq!(half.to_ascii_lowercase(), folded);
        }
    }

    #[test]
    fn the_most_words_fit() {
        for text in ["AAa".repeat(170) + "A ", "中".repeat(200), "a ".repeat(256), "A1".repeat(256)] {
            let mut batch = WordBatch::new();
            let found = batch.words(&text, 0, WordKeys::of(0));
            // A window holds 63 bytes of three-byte characters.
            assert!(found.hashes.len() >= 168 && found.taken >= 504, "{text}");
        }
    }
}
