//! The squeezed stream: what the passage and diff rooms read.
//!
//! In: the scan of a text. Out: its folded characters only, run together without spaces and
//! punctuation, as UTF-8 bytes; and the way back from a position in them to bytes of the caller's text. So
//! `binnengevallen.Daarnaast`, `kaderLavrov` and lost paragraph breaks cost nothing.
//!
//! Positions are bytes of the folded UTF-8, so comparing is comparing memory in every script; what users see
//! and set is counted in **squeezed characters** (code points of the stream).
//!
//! **The way back.** The stream keeps no offset for each character, only a [`Mark`] about every
//! [`MARK_EVERY`] bytes of source, and scans again from the mark when asked. That is 1/8 byte a byte
//! of text where dense offsets would take four, and nobody asks but the few passages that are reported. A coarse
//! index over the marks makes finding the mark one look-up in ordinary text, and a short search where long separators
//! crowd many marks on one place.
//!
//! **Cost.** Time of the scan; memory one byte a byte of folded text, the marks, and 1/16 byte for their index.

mod builder;
mod bytes;
mod squeeze;
#[allow(clippy::module_inception, reason = "the stream itself")]
mod stream;
mod wide;

pub(crate) use bytes::{
    characters, common_characters, common_last_characters, common_prefix, common_suffix, count,
    starts_character, word,
};
pub(crate) use stream::{MAX_BYTES, Stream};
