//! A block: windows of text, checked and folded in their places. In: the text from an offset on. Out: folded
//! bytes and kinds, and the number of bytes taken.

use super::classify::{Classified, Classify, WINDOW, WindowBytes, lowest};
use super::kinds::{BASE, KEPT, ORDERED, SPECIAL, is_foreign, kind_of_record};
use crate::scan::bytes::padded;
use crate::scan::class::Class;
use crate::scan::compose;
use crate::scan::record::{COMBINER, record_at};

/// Bytes of text in a block.
pub(crate) const BLOCK_BYTES: usize = 512;

/// Bytes that may be read after the end of the block.
pub(crate) const BEYOND: usize = WINDOW;

/// A stretch of text, folded in its place; see [`super`].
pub(crate) struct ScanBlock {
    /// The folded bytes.
    pub(crate) folded: [u8; BLOCK_BYTES + BEYOND],
    /// The bits of each character on its first byte; zero on its other bytes and on one window after the
    /// block.
    pub(crate) kind: [u8; BLOCK_BYTES + WINDOW],
}

impl ScanBlock {
    pub(crate) const fn new() -> ScanBlock {
        ScanBlock { folded: [0; BLOCK_BYTES + BEYOND], kind: [0; BLOCK_BYTES + WINDOW] }
    }

    /// Fills the block from the start of the text; returns how many bytes it took.
    ///
    /// The block takes letters and digits whose bits `SOLITARY` and `IDEOGRAPH` equal `wanted`, or letters
    /// and digits of any kind ([`Classify::ANY`]).
    #[inline(always)]
    pub(crate) fn fill<L: Classify>(&mut self, text: &[u8], wanted: u8) -> usize {
        let end = self.fill_windows::<L>(text, wanted);
        self.kind[end..end + WINDOW].fill(0);
        end
    }

    #[inline(always)]
    fn fill_windows<L: Classify>(&mut self, text: &[u8], wanted: u8) -> usize {
        let mut padding: WindowBytes = [0; WINDOW + 8];
        let (mut base, mut previous) = (0, 0);
        while base < text.len() && base <= BLOCK_BYTES - WINDOW {
            let rest = &text[base..];
            let bytes = padded(rest, &mut padding);
            let (folded, kind) = (self.folded[base..].first_chunk_mut(), self.kind[base..].first_chunk_mut());
            let classified =
                L::classify(bytes, wanted, folded.expect("a window fits"), kind.expect("a window fits"));
            if classified.is_ascii && base > 0 && rest.len() >= WINDOW {
                return base;
            }
            let whole = classified.whole(bytes, rest.len());
            if let Some(cut) = self.check_doubtful::<L>(&classified, whole, bytes, base, previous, wanted) {
                return cut;
            }
            previous = base + classified.before(whole).expect("a window has a character");
            base += whole;
        }
        base
    }

    /// Checks each character of a window that is special, foreign, or an ordered mark after another; returns
    /// where the block must end, if it must.
    ///
    /// `whole` is the number of bytes of the window that belong to whole characters. `previous` is the start
    /// of the last character before the window.
    #[inline(always)]
    fn check_doubtful<L: Classify>(
        &mut self,
        classified: &Classified,
        whole: usize,
        bytes: &WindowBytes,
        base: usize,
        previous: usize,
        wanted: u8,
    ) -> Option<usize> {
        let after_ordered = base > 0 && self.kind[previous] & ORDERED != 0;
        let mut doubtful =
            (classified.special | classified.foreign | classified.clashes(after_ordered)) & lowest(whole);
        while doubtful != 0 {
            let offset = doubtful.trailing_zeros() as usize;
            doubtful &= doubtful - 1;
            let at = base + offset;
            if classified.foreign >> offset & 1 == 1 {
                return Some(at);
            }
            let before = classified.before(offset).map_or(previous, |offset| base + offset);
            let previous = Previous { at: before, kind: if at > 0 { self.kind[before] } else { 0 } };
            let four = bytes[offset..offset + 4].try_into().expect("four bytes");
            match self.special(at, four, previous) {
                Some(kind) if L::ANY || !is_foreign(kind, wanted) => {
                    self.kind[at] = kind;
                    if kind & ORDERED != 0 {
                        // Only this check shows whether a four-byte mark is ordered.
                        doubtful |= classified.after(offset) & classified.ordered & lowest(whole);
                    }
                }
                _ => return Some(at),
            }
        }
        None
    }

    /// Folds the character `four` in its place and returns its bits; `None` if it cannot be folded in its
    /// place.
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
            // The second of two ordered marks may not have the lower class.
            _ if previous.kind & ORDERED != 0 && is_disordered(before(), folded) => false,
            // A single mark on its base, which joins some letters but not this one.
            Class::Mark if record.flags == COMBINER => {
                previous.kind & (BASE | KEPT) == BASE | KEPT && !compose::join(before(), folded)
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

/// The code point of the first character, and its length in bytes.
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

/// Whether normal form has the second mark before the first.
fn is_disordered(first: char, second: char) -> bool {
    let [first, second] = [first, second].map(|mark| record_at(mark as usize).combining);
    second != 0 && second < first
}
