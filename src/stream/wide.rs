//! Squeezing text that is not all ASCII: up to 512 bytes at once, in any script.
//!
//! In: a text and a place in it where a character starts that joins nothing before it. Out, to a [`Builder`]:
//! the letters, marks and digits from there on, up to the end of one [`ScanBlock`]. What a block cannot hold
//! (clusters of marks to be composed, dropped characters, letters of another length when folded) is left to
//! the scan, one character at a time.
//!
//! **Idea.** The block has the folded characters in their places, and the kind of each. Bit masks of 64 bytes
//! show which bytes stay: those of kept bases and of all marks. They are packed eight at a time, as in ASCII
//! ([`super::squeeze`]). If a block ends between a base and its marks, the base is left for the next block.
//!
//! [`Scalar`] is the definition; [`Avx2`] does the same faster.

use super::builder::Builder;
use super::squeeze::{self, Squeezed};
use crate::scan::block::{self, BASE, BLOCK_BYTES, Classify, KEPT, Scalar, ScanBlock, WINDOW};
use crate::scan::{self, Sink};

#[cfg(target_arch = "x86_64")]
use crate::scan::block::Avx2;

/// Fewer bytes of ASCII than this are processed with the other text around them.
const LEAST: usize = 32;

/// Squeezes `text`, whose first byte is byte `base` of the caller's text.
pub(super) fn walk(text: &str, base: usize, builder: &mut Builder) {
    walk_by(text, base, builder, take);
}

fn walk_by(
    text: &str,
    base: usize,
    builder: &mut Builder,
    take: impl Fn(&mut ScanBlock, &str, usize, &mut Builder) -> Taken,
) {
    let mut block = ScanBlock::new();
    let mut rest = text;
    while !rest.is_empty() {
        let at = base + text.len() - rest.len();
        let ascii = scan::ascii_alone(rest.as_bytes());
        if ascii >= LEAST || ascii == rest.len() {
            builder.ascii(at, &rest.as_bytes()[..ascii]);
            rest = &rest[ascii..];
            continue;
        }
        let Taken { bytes, goes_on } = take(&mut block, rest, at, builder);
        rest = &rest[bytes..];
        if !goes_on {
            rest = &rest[one_by_one(rest, at + bytes, builder)..];
        }
    }
}

/// What a block took.
struct Taken {
    bytes: usize,
    /// Whether the next bytes may be taken by a block too.
    goes_on: bool,
}

/// Takes what fits into a block of the text, whose first byte is byte `at` of the caller's.
fn take(block: &mut ScanBlock, text: &str, at: usize, builder: &mut Builder) -> Taken {
    #[cfg(target_arch = "x86_64")]
    if crate::support::cpu::has_avx2_and_bits() {
        // SAFETY: this machine has the features that the function is compiled for.
        return unsafe { take_avx2(block, text, at, builder) };
    }
    take_by::<Scalar<true>>(block, text, at, builder)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt,bmi1,bmi2")]
fn take_avx2(block: &mut ScanBlock, text: &str, at: usize, builder: &mut Builder) -> Taken {
    take_by::<Avx2<true>>(block, text, at, builder)
}

#[inline(always)]
fn take_by<M: Machine>(block: &mut ScanBlock, text: &str, at: usize, builder: &mut Builder) -> Taken {
    let filled = block.fill::<M>(text.as_bytes(), 0);
    let mut end = filled;
    let next = text[filled..].chars().next();
    if next.is_some_and(|next| !scan::starts(next)) {
        // The last base may have marks after it.
        end = block.kind[..filled].iter().rposition(|kind| kind & BASE != 0).unwrap_or(0);
    }
    let mut inside = false;
    for base in (0..end).step_by(WINDOW) {
        let window = block.folded[base..].first_chunk().expect("a window");
        let masks = M::masks(window, block.kind[base..].first_chunk().expect("a window"));
        let there = block::lowest(end - base);
        let kept = masks.kept_bytes(inside) & there;
        inside = kept >> (WINDOW - 1) != 0;
        builder.mark_in(at + base, masks.bases & there, kept);
        let mut squeezed = [0; WINDOW + 8];
        let length = builder.folded.len() + M::pack(window, kept, &mut squeezed);
        // All 64 bytes are copied, because the compiler knows that count.
        builder.folded.extend_from_slice(&squeezed[..WINDOW]);
        builder.folded.truncate(length);
    }
    // The block was full, or ASCII follows, unless a character ended the block.
    let goes_on = filled > BLOCK_BYTES - WINDOW || next.is_none_or(|next| next.is_ascii());
    Taken { bytes: end, goes_on: goes_on && end > 0 }
}

/// Takes one character and those that may join it; returns where the next one starts.
fn one_by_one(text: &str, at: usize, builder: &mut Builder) -> usize {
    let next = text.char_indices().skip(1).find(|&(_, ch)| scan::starts(ch));
    let end = next.map_or(text.len(), |(offset, _)| offset);
    scan::walk(&text[..end], at, builder);
    end
}

/// The bytes of a window, one bit each.
struct Masks {
    /// First bytes of bases.
    bases: u64,
    /// First bytes of kept bases.
    kept: u64,
    /// Bytes that continue a character.
    inner: u64,
}

impl Masks {
    /// The bytes of kept bases and of marks; `inside` says whether the byte before is one of them.
    #[inline(always)]
    fn kept_bytes(&self, inside: bool) -> u64 {
        let mut kept = self.kept | !(self.inner | self.bases);
        // A character has four bytes at most.
        for _ in 0..3 {
            kept |= (kept << 1 | u64::from(inside)) & self.inner;
        }
        kept
    }
}

/// The operations on one window.
trait Machine: Classify {
    fn masks(folded: &[u8; WINDOW], kind: &[u8; WINDOW]) -> Masks;
    fn pack(window: &[u8; WINDOW], kept: u64, out: &mut Squeezed) -> usize;
}

impl Machine for Scalar<true> {
    fn masks(folded: &[u8; WINDOW], kind: &[u8; WINDOW]) -> Masks {
        Masks {
            bases: block::bits(kind, |eight| eight >> BASE.trailing_zeros()),
            kept: block::bits(kind, |eight| eight >> KEPT.trailing_zeros()),
            inner: !block::character_starts(folded),
        }
    }

    fn pack(window: &[u8; WINDOW], kept: u64, out: &mut Squeezed) -> usize {
        squeeze::pack(window, kept, out)
    }
}

#[cfg(target_arch = "x86_64")]
impl Machine for Avx2<true> {
    #[inline(always)]
    fn masks(folded: &[u8; WINDOW], kind: &[u8; WINDOW]) -> Masks {
        // SAFETY: this machine is used only where AVX2 is.
        unsafe { masks_avx2(folded, kind) }
    }

    #[inline(always)]
    fn pack(window: &[u8; WINDOW], kept: u64, out: &mut Squeezed) -> usize {
        // SAFETY: this machine is used only where AVX2 and the bit instructions are.
        unsafe { squeeze::pack_wide(window, kept, out) }
    }
}

/// [`Machine::masks`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
fn masks_avx2(folded: &[u8; WINDOW], kind: &[u8; WINDOW]) -> Masks {
    use std::arch::x86_64::*;
    const KEPT_UP: i32 = KEPT.leading_zeros() as i32;
    const _: () = assert!(BASE == 0x80, "a mask takes the highest bit of every byte");
    let mut masks = Masks { bases: 0, kept: 0, inner: 0 };
    for half in [0, WINDOW / 2] {
        // SAFETY: both arrays have 32 bytes from here on, and the loads need no alignment.
        let [folded, kind] =
            unsafe { [folded, kind].map(|bytes| _mm256_loadu_si256(bytes[half..].as_ptr().cast())) };
        let put = |bytes: __m256i| u64::from(_mm256_movemask_epi8(bytes) as u32) << half;
        masks.bases |= put(kind);
        masks.kept |= put(_mm256_slli_epi16::<KEPT_UP>(kind));
        // As signed numbers, bytes that continue a character are the lowest.
        masks.inner |= put(_mm256_cmpgt_epi8(_mm256_set1_epi8(0xc0_u8 as i8), folded));
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn built(scan: impl FnOnce(&mut Builder)) -> (String, Vec<(u32, u32)>) {
        let mut builder = Builder::new(0);
        scan(&mut builder);
        let marks = builder.marks.iter().map(|mark| (mark.stream, mark.source)).collect();
        (String::from_utf8(builder.folded).unwrap(), marks)
    }

    proptest! {
        #[test]
        fn blocks_hold_what_the_scan_gives(text in block::texts(0..6)) {
            let (folded, _) = built(|builder| scan::walk(&text, 0, builder));
            let (fast, marks) = built(|builder| walk(&text, 0, builder));
            prop_assert_eq!(&fast, &folded);
            let plain = built(|builder| walk_by(&text, 0, builder, take_by::<Scalar<true>>));
            prop_assert_eq!((fast, marks.clone()), plain);
            // From each mark on, the scan gives what the stream has there.
            for (stream, source) in marks {
                let (rest, _) = built(|builder| scan::walk(&text[source as usize..], 0, builder));
                prop_assert_eq!(&rest, &folded[stream as usize..]);
            }
        }
    }
}
