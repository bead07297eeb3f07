//! Classifies all characters in a window of 64 bytes at once, on x86-64 with AVX2. In and out: as for
//! [`Classify`].
//!
//! **Idea.** 32 bytes are looked up together. ASCII is classified by comparisons. Other characters that
//! differ in their last byte only (a *page* of 64) share a table of 64 bytes in the two-stage table of the
//! scan; four shuffles look all of them up. Text has few pages: Russian two, Hindi two, Thai two. If most
//! pages under a first byte are alike (ideographs, Hangul), one range of second bytes covers all of them
//! ([`RANGES`]). So Chinese needs only two more pages, for punctuation.

use super::classify::{Classified, Classify, Scalar, WINDOW, WindowBytes};
use super::kinds::{
    BASE, IDEOGRAPH, KEPT, LEAVES, LOWER, NARROW, ORDERED, SOLITARY, SPECIAL, UPPER, leaf_of,
};
use crate::scan::record::leaf_at;
use std::arch::x86_64::*;

/// A window with more pages is classified one character at a time, which is faster in that case.
const PAGES: usize = 8;

/// Pages looked up before asking whether there is another: most text has two.
const PAIR: usize = 2;

/// Characters in a page.
const PAGE: usize = 64;

/// Used in tables of two-byte characters, none of which is an ideograph: folding changes the first byte as
/// well.
const MOVED: u8 = IDEOGRAPH;

/// Use only where AVX2 is available.
pub(crate) struct Avx2<const ANY: bool = false>;

impl<const ANY: bool> Classify for Avx2<ANY> {
    const ANY: bool = ANY;

    #[inline(always)]
    fn classify(
        bytes: &WindowBytes,
        wanted: u8,
        folded: &mut WindowBytes,
        kind: &mut [u8; WINDOW],
    ) -> Classified {
        // SAFETY: the code that uses this type has checked for AVX2.
        match unsafe { classify::<ANY>(bytes, wanted, folded, kind) } {
            Some(classified) => classified,
            None => rare::<ANY>(bytes, wanted, folded, kind),
        }
    }
}

#[inline(never)]
fn rare<const ANY: bool>(
    bytes: &WindowBytes,
    wanted: u8,
    folded: &mut WindowBytes,
    kind: &mut [u8; WINDOW],
) -> Classified {
    Scalar::<ANY>::classify(bytes, wanted, folded, kind)
}

/// Half of a window.
///
/// Each reader has its own compiled copy: functions with one caller are inlined. When the passages read
/// blocks by the same copy, sketching took a sixth longer.
#[derive(Clone, Copy)]
struct Half<const ANY: bool> {
    /// The bytes, and for each the byte that follows it.
    bytes: __m256i,
    second: __m256i,
    /// For each quarter of a page, the place of the character in it; the highest bit is set if it is in
    /// another quarter.
    quarters: [__m256i; 4],
    kind: __m256i,
    /// The first bytes of the folded characters.
    first: __m256i,
    /// The second bytes of folded two-byte characters, still at the place of the first.
    last: __m256i,
}

impl<const ANY: bool> Half<ANY> {
    /// Looks up the characters that are not ASCII; returns whether all of them were found.
    ///
    /// # Safety
    /// The half was read from here.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn look_up(&mut self, from: *const u8, leads: u32) -> bool {
        let mut left = leads & !mask(within(self.bytes, 0xf0, 0xff));
        if left == 0 {
            return true;
        }
        let mut at = left.trailing_zeros();
        if mask(within(self.bytes, 0xe0, 0xef)) != 0 {
            left &= !mask(self.ranges());
        }
        for _ in 0..PAGES / PAIR {
            for _ in 0..PAIR {
                // Once all are looked up, the last page is looked up again, which changes nothing. That costs
                // less than a branch on the number of pages.
                at = if left == 0 { at } else { left.trailing_zeros() };
                // SAFETY: the place is below 32.
                let [first, second] = unsafe { from.add(at as usize).cast::<[u8; 2]>().read() };
                left &= !mask(match first {
                    0..0xe0 => self.narrow(first, &NARROW_PAGES[usize::from(first & 0x1f)]),
                    _ => self.wide([first, second], page_of([first, second])),
                });
            }
            if left == 0 {
                return true;
            }
        }
        false
    }

    /// Reads 32 bytes, and classifies and folds their ASCII.
    ///
    /// # Safety
    /// 34 bytes can be read.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn read(from: *const u8) -> Half<ANY> {
        // SAFETY: the caller guarantees it.
        let (bytes, second, third) = unsafe {
            (
                _mm256_loadu_si256(from.cast()),
                _mm256_loadu_si256(from.add(1).cast()),
                _mm256_loadu_si256(from.add(2).cast()),
            )
        };
        // As signed numbers, first bytes of three- and four-byte characters are greater than those of
        // two-byte ones.
        let is_three = _mm256_cmpgt_epi8(bytes, _mm256_set1_epi8(0xdf_u8 as i8));
        let last = _mm256_and_si256(_mm256_blendv_epi8(second, third, is_three), _mm256_set1_epi8(0x3f));
        let quarters = [quarter(last, 0), quarter(last, 0x10), quarter(last, 0x20), quarter(last, 0x30)];

        let lower = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
        let is_letter = within(lower, b'a', b'z');
        let is_kept = _mm256_or_si256(is_letter, within(bytes, b'0', b'9'));
        // A lower-case letter has the bit 0x20. It is moved to the highest bit, which the blend reads.
        let case = _mm256_blendv_epi8(
            _mm256_set1_epi8(UPPER as i8),
            _mm256_set1_epi8(LOWER as i8),
            _mm256_slli_epi16(bytes, 2),
        );
        let ascii = _mm256_or_si256(
            _mm256_set1_epi8(BASE as i8),
            _mm256_or_si256(
                _mm256_and_si256(is_letter, case),
                _mm256_and_si256(is_kept, _mm256_set1_epi8(KEPT as i8)),
            ),
        );
        let is_four = within(bytes, 0xf0, 0xff);
        // The blend takes ASCII where the highest bit is clear.
        let wide = _mm256_and_si256(is_four, _mm256_set1_epi8(SPECIAL as i8));
        Half {
            bytes,
            second,
            quarters,
            kind: _mm256_blendv_epi8(ascii, wide, bytes),
            first: _mm256_blendv_epi8(bytes, lower, is_letter),
            last: _mm256_setzero_si256(),
        }
    }

    /// Classifies the characters of [`RANGES`]; returns where they start.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn ranges(&mut self) -> __m256i {
        let place = _mm256_and_si256(self.bytes, _mm256_set1_epi8(0x0f));
        let is_three = within(self.bytes, 0xe0, 0xef);
        let from = _mm256_cmpeq_epi8(
            _mm256_max_epu8(self.second, _mm256_shuffle_epi8(sixteen(&RANGES.first), place)),
            self.second,
        );
        let to = _mm256_cmpeq_epi8(
            _mm256_min_epu8(self.second, _mm256_shuffle_epi8(sixteen(&RANGES.last), place)),
            self.second,
        );
        let inside = _mm256_and_si256(is_three, _mm256_and_si256(from, to));
        self.kind = _mm256_or_si256(
            self.kind,
            _mm256_and_si256(inside, _mm256_shuffle_epi8(sixteen(&RANGES.kind), place)),
        );
        inside
    }

    /// Looks all characters up in a page.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn entries(&self, page: &[u8; PAGE]) -> __m256i {
        let (quarters, _) = page.as_chunks::<16>();
        let first = _mm256_shuffle_epi8(sixteen(&quarters[0]), self.quarters[0]);
        let second = _mm256_shuffle_epi8(sixteen(&quarters[1]), self.quarters[1]);
        let third = _mm256_shuffle_epi8(sixteen(&quarters[2]), self.quarters[2]);
        let fourth = _mm256_shuffle_epi8(sixteen(&quarters[3]), self.quarters[3]);
        _mm256_or_si256(_mm256_or_si256(first, second), _mm256_or_si256(third, fourth))
    }

    /// Classifies and folds the two-byte characters that begin with `first`; returns where they start.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn narrow(&mut self, first: u8, page: &NarrowPage) -> __m256i {
        let here = _mm256_cmpeq_epi8(self.bytes, _mm256_set1_epi8(first as i8));
        let kind = _mm256_and_si256(here, self.entries(&page.kind));
        let moved_bit = _mm256_set1_epi8(MOVED as i8);
        let moved = _mm256_cmpeq_epi8(_mm256_and_si256(kind, moved_bit), moved_bit);
        self.first = _mm256_blendv_epi8(self.first, _mm256_set1_epi8(page.moved as i8), moved);
        self.kind = _mm256_or_si256(self.kind, _mm256_andnot_si256(moved_bit, kind));
        self.last = _mm256_or_si256(self.last, _mm256_and_si256(here, self.entries(&page.last)));
        here
    }

    /// Classifies the three-byte characters that begin with these; returns where they start.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn wide(&mut self, [first, second]: [u8; 2], page: &[u8; PAGE]) -> __m256i {
        let here = _mm256_and_si256(
            _mm256_cmpeq_epi8(self.bytes, _mm256_set1_epi8(first as i8)),
            _mm256_cmpeq_epi8(self.second, _mm256_set1_epi8(second as i8)),
        );
        self.kind = _mm256_or_si256(self.kind, _mm256_and_si256(here, self.entries(page)));
        here
    }

    /// The letters and digits of another kind than wanted, in the highest bits.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn foreign(&self, wanted: u8) -> __m256i {
        const KEPT_UP: i32 = KEPT.leading_zeros() as i32;
        let alone = _mm256_and_si256(self.kind, _mm256_set1_epi8((KEPT | SOLITARY | IDEOGRAPH) as i8));
        let native = _mm256_cmpeq_epi8(alone, _mm256_set1_epi8((KEPT | wanted) as i8));
        _mm256_andnot_si256(native, _mm256_slli_epi16::<KEPT_UP>(self.kind))
    }

    /// The folded bytes; `before` are the second bytes of the half before.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn folded(&self, before: __m256i) -> __m256i {
        // Moves each byte to the next place, also across the middle of the register.
        let last = _mm256_alignr_epi8::<15>(self.last, _mm256_permute2x128_si256::<0x21>(before, self.last));
        // Second bytes have the highest bit set. The bit is clear at places without a second byte.
        _mm256_blendv_epi8(self.first, last, last)
    }
}

/// [`Classify::classify`]; `None` if the window has too many pages.
///
/// # Safety
/// The machine has AVX2.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn classify<const ANY: bool>(
    bytes: &WindowBytes,
    wanted: u8,
    folded: &mut WindowBytes,
    kind: &mut [u8; WINDOW],
) -> Option<Classified> {
    let mut classified = Classified { starts: 0, is_ascii: true, special: 0, ordered: 0, foreign: 0 };
    let mut before = _mm256_setzero_si256();
    // The halves are classified one after the other, because the registers cannot hold both.
    for offset in [0, WINDOW / 2] {
        // SAFETY: a window has 64 bytes and 8 bytes follow it, so 40 bytes can be read from offset 32 on.
        let (from, mut half) = unsafe {
            let from = bytes.as_ptr().add(offset);
            (from, Half::<ANY>::read(from))
        };
        // As signed numbers, first bytes of characters are greater than those that continue one.
        let starts = mask(_mm256_cmpgt_epi8(half.bytes, _mm256_set1_epi8(0xbf_u8 as i8)));
        let leads = starts & mask(half.bytes);
        // SAFETY: the half was read from here.
        if !unsafe { half.look_up(from, leads) } {
            return None;
        }
        // SAFETY: the arrays have 64 bytes at least, and the stores need no alignment.
        unsafe {
            _mm256_storeu_si256(folded.as_mut_ptr().add(offset).cast(), half.folded(before));
            _mm256_storeu_si256(kind.as_mut_ptr().add(offset).cast(), half.kind);
        }
        before = half.last;
        let put = |mask: u32| u64::from(mask) << offset;
        classified.starts |= put(starts);
        classified.is_ascii &= leads == 0;
        // A mask takes the highest bit of every byte; the shift moves the wanted bit there.
        let special = mask(_mm256_slli_epi16::<{ SPECIAL.leading_zeros() as i32 }>(half.kind));
        classified.special |= put(special);
        classified.ordered |= put(mask(_mm256_slli_epi16::<{ ORDERED.leading_zeros() as i32 }>(half.kind)));
        if !ANY {
            classified.foreign |= put(mask(half.foreign(wanted)) & !special);
        }
    }
    Some(classified)
}

/// The highest bit of each byte.
#[target_feature(enable = "avx2")]
#[inline]
fn mask(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(bytes) as u32
}

/// The places of characters in one quarter of their pages, for a shuffle. Characters in the other quarters
/// get the highest bit, for which the shuffle gives zero.
#[target_feature(enable = "avx2")]
#[inline]
fn quarter(last: __m256i, first: u8) -> __m256i {
    _mm256_add_epi8(_mm256_xor_si256(last, _mm256_set1_epi8(first as i8)), _mm256_set1_epi8(0x70))
}

/// All ones in the bytes from `first` to `last`.
#[target_feature(enable = "avx2")]
#[inline]
fn within(bytes: __m256i, first: u8, last: u8) -> __m256i {
    let above = _mm256_sub_epi8(bytes, _mm256_set1_epi8(first as i8));
    _mm256_cmpeq_epi8(_mm256_min_epu8(above, _mm256_set1_epi8((last - first) as i8)), above)
}

/// The table in both halves of the register, for shuffles.
#[target_feature(enable = "avx2")]
#[inline]
fn sixteen(table: &[u8; 16]) -> __m256i {
    // SAFETY: the reference points to 16 readable bytes, and the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(table.as_ptr().cast()) })
}

/// The kinds of the three-byte characters that begin with these.
#[inline(always)]
fn page_of(bytes: [u8; 2]) -> &'static [u8; PAGE] {
    let leaf = leaf_at(leaf_of(bytes));
    LEAVES[leaf..leaf + PAGE].first_chunk().expect("a page")
}

/// The two-byte characters that begin with one byte.
#[derive(Clone, Copy)]
struct NarrowPage {
    /// Their bits, including [`MOVED`]. Characters that fold to a third first byte are special.
    kind: [u8; PAGE],
    /// The second bytes of what they fold to.
    last: [u8; PAGE],
    /// The first byte of what the moved ones fold to.
    moved: u8,
}

/// The pages by the lower five bits of the first byte.
static NARROW_PAGES: [NarrowPage; 32] = {
    let mut pages = [NarrowPage { kind: [0; PAGE], last: [0; PAGE], moved: 0 }; 32];
    let mut number = 0;
    while number < pages.len() {
        let first = 0xc0 | number as u8;
        let moved = most_moved(number, first);
        pages[number].moved = moved;
        let mut at = 0;
        while at < PAGE {
            let narrow = NARROW[number * PAGE + at];
            pages[number].last[at] = narrow.folded[1];
            pages[number].kind[at] = narrow.kind;
            if narrow.kind & SPECIAL == 0 && narrow.folded[0] != first {
                pages[number].kind[at] |= if narrow.folded[0] == moved { MOVED } else { SPECIAL };
            }
            at += 1;
        }
        number += 1;
    }
    pages
};

/// The first byte, other than their own, that most characters of a page fold to.
const fn most_moved(number: usize, first: u8) -> u8 {
    let mut counts = [0_u8; 256];
    let mut most = first;
    let mut at = 0;
    while at < PAGE {
        let narrow = NARROW[number * PAGE + at];
        let to = narrow.folded[0];
        if narrow.kind & SPECIAL == 0 && to != first {
            counts[to as usize] += 1;
            if counts[to as usize] > counts[most as usize] {
                most = to;
            }
        }
        at += 1;
    }
    most
}

/// Characters of three bytes that need no page. For each value of the lower four bits of the first byte there
/// is a range of second bytes. The pages of a range hold one kind only, and its characters fold to
/// themselves.
struct Ranges {
    first: [u8; 16],
    last: [u8; 16],
    kind: [u8; 16],
}

/// If a first byte has several ranges, the last one is taken: the common ideographs come after the rare ones,
/// and Hangul after Yi.
static RANGES: Ranges = {
    // Empty: from the highest to the lowest.
    let mut ranges = Ranges { first: [u8::MAX; 16], last: [0; 16], kind: [0; 16] };
    let mut number = 0;
    while number < 16 {
        let mut from = 0x80;
        while from < 0xc0 {
            let to = end_of_range(number, from);
            if to > from {
                ranges.first[number as usize] = from;
                ranges.last[number as usize] = to - 1;
                ranges.kind[number as usize] = uniform(number, from);
                from = to;
            } else {
                from += 1;
            }
        }
        number += 1;
    }
    ranges
};

/// The second byte that follows the pages of one kind which begin at `from`.
const fn end_of_range(first: u8, from: u8) -> u8 {
    let kind = uniform(first, from);
    let mut to = from;
    while to < 0xc0 && kind != SPECIAL && uniform(first, to) == kind {
        to += 1;
    }
    to
}

/// The kind of all characters of the page, if there are any, all are of one kind, and they fold to
/// themselves. Otherwise [`SPECIAL`].
const fn uniform(first: u8, second: u8) -> u8 {
    if first == 0x0d && second >= 0xa0 {
        // Surrogates, which no text has.
        return SPECIAL;
    }
    let leaf = leaf_at(leaf_of([first, second]));
    let kind = LEAVES[leaf];
    let mut at = 1;
    while at < PAGE {
        if LEAVES[leaf + at] != kind {
            return SPECIAL;
        }
        at += 1;
    }
    if kind & SPECIAL != 0 { SPECIAL } else { kind }
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::block::{BLOCK_BYTES, ScanBlock, texts};
    use proptest::prelude::*;

    /// Fills blocks by both implementations, until the text ends.
    fn assert_alike(text: &str, wanted: u8) {
        assert_alike_by::<false>(text, wanted);
        assert_alike_by::<true>(text, wanted);
    }

    fn assert_alike_by<const ANY: bool>(text: &str, wanted: u8) {
        if !crate::support::cpu::has_avx2_and_bits() {
            eprintln!("skipped: this machine has no AVX2");
            return;
        }
        let (mut plain, mut fast) = (ScanBlock::new(), ScanBlock::new());
        let mut at = 0;
        while at < text.len() {
            let rest = &text.as_bytes()[at..];
            let filled = fast.fill::<Avx2<ANY>>(rest, wanted);
            assert_eq!(filled, plain.fill::<Scalar<ANY>>(rest, wanted), "{text:?} from {at}");
            assert_eq!(fast.folded[..filled], plain.folded[..filled], "{text:?} from {at}");
            assert_eq!(fast.kind[..filled + WINDOW], plain.kind[..filled + WINDOW], "{text:?} from {at}");
            // Skip the character that ended the block.
            at += filled + text[at + filled..].chars().next().map_or(0, char::len_utf8);
        }
    }

    const WANTED: [u8; 3] = [0, SOLITARY, SOLITARY | IDEOGRAPH];

    /// Each character alone in its page among Latin letters, and together with its neighbours.
    #[test]
    fn every_character_is_looked_up_as_defined() {
        for first in ('\0'..=char::MAX).step_by(16) {
            let all: Vec<char> = (first..=char::MAX).take(16).collect();
            let apart: String = all.iter().flat_map(|&ch| ['a', ch]).collect();
            let together: String = all.iter().collect();
            for wanted in WANTED {
                assert_alike(&apart, wanted);
                assert_alike(&together, wanted);
            }
        }
    }

    #[test]
    fn the_common_ideographs_and_hangul_need_no_page() {
        for ch in "一中不龍가한국하".chars() {
            let mut bytes = [0; 4];
            ch.encode_utf8(&mut bytes);
            let place = usize::from(bytes[0] & 0x0f);
            assert!((RANGES.first[place]..=RANGES.last[place]).contains(&bytes[1]), "{ch}");
        }
    }

    proptest! {
        #[test]
        fn blocks_are_filled_as_defined(text in texts(0..12), wanted in proptest::sample::select(WANTED.to_vec())) {
            assert_alike(&text, wanted);
            prop_assert!(text.len() < 100 * BLOCK_BYTES);
        }
    }
}
