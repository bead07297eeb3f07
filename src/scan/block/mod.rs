//! Blocks: up to 512 bytes of text classified and folded together, for readers that need more speed than one
//! character at a time gives.
//!
//! In: bytes of a text from the start of a character, and the kind of words there. Out: a [`ScanBlock`]: a
//! copy of the bytes in which every character is folded in its place, and the bits of its kind ([`KEPT`] and
//! so on) on its first byte. The block ends where it is full, at the end of the text, before a character that
//! cannot be folded in its place (one that is dropped, has another length when folded, or needs the slow path
//! of [`super::compose`]), before a letter or digit of another kind, and before a stretch of ASCII, for which
//! there is a faster path.
//!
//! **Idea.** The text is cut into windows of 64 bytes. Each window starts after the last whole character of
//! the one before. Tables give the kind and the folded form of its characters, all at once where the
//! processor can ([`Classify`]). Bit masks of the window show the few characters that need a second check.
//!
//! A run of characters is in normal form if none can join the one before it and the marks of each base are in
//! the order of their classes (UAX #15, section 9, the quick check). A block holds only such runs.
//!
//! [`Scalar`] is the definition; [`avx2`] does the same faster.
//!
//! **Cost.** With AVX2 about 290 instructions a window, in any script.

#[cfg(target_arch = "x86_64")]
mod avx2;
mod classify;
mod kinds;
mod scan_block;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
pub(crate) use classify::{Classify, Scalar, WINDOW, bits, character_starts, lowest};
pub(crate) use kinds::{BASE, IDEOGRAPH, KEPT, LOWER, SOLITARY, SPECIAL, UPPER, kind_of, kind_of_three};
pub(crate) use scan_block::{BEYOND, BLOCK_BYTES, ScanBlock};

/// Texts for tests: runs of one or two scripts, longer than a window or a block; characters that a block
/// cannot hold; and characters from everywhere, in more pages than a window may have.
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
