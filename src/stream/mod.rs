//! The squeezed stream: the form of a text that passages and diffs read.
//!
//! In: the scan of a text. Out: its folded characters without spaces and punctuation, as UTF-8 bytes; and the
//! way back from a position in them to bytes of the caller's text. So `binnengevallen.Daarnaast`,
//! `kaderLavrov` and lost paragraph breaks make no difference.
//!
//! Positions are bytes of the folded UTF-8, so two streams are compared as memory in every script. Users see
//! **squeezed characters**: the code points of the stream, which are letters, marks and digits after folding.
//! Shares of a text count these. Lengths that users set count **letters** ([`letters`](mod@letters)): squeezed
//! characters, where a Han character counts as two and a half, and a kana or a syllable of Hangul as two.
//!
//! **The way back.** The stream keeps no offset for each character. It keeps a mark about every 64 bytes of
//! source ([`builder`]), and scans again from the mark when an offset is needed. That takes 1/8 byte a byte
//! of text, where an offset for each character would take four; and only the few reported passages need it.
//! An index over the marks finds the mark by one read in ordinary text, and by a short search where long
//! separators put many marks at one position.
//!
//! **Cost.** The time of the scan; memory of one byte a byte of folded text, the marks, and 1/16 byte for
//! their index.

mod builder;
mod bytes;
mod letters;
mod squeeze;
#[allow(clippy::module_inception, reason = "the stream itself")]
mod stream;
mod wide;

pub(crate) use bytes::{
    characters, common_characters, common_last_characters, common_prefix, common_suffix, count,
    starts_character, word,
};
pub(crate) use letters::{Places, letters};
pub(crate) use stream::{MAX_BYTES, Stream};
