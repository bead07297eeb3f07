//! The scan itself. In: a text or bytes. Out, to a [`Sink`]: ASCII in runs, other text one character at a
//! time.

use super::bytes::decode;
use super::class::Class;
use super::compose;
use super::record::{MULTI, fold, record};
use super::sink::Sink;

/// The longest ASCII run passed on at once: short enough that the reader finds it in cache.
const RUN: usize = 4096;

/// Scans `text`, whose first byte is byte `base` of the caller's text.
pub(crate) fn walk<S: Sink>(text: &str, base: usize, sink: &mut S) {
    let bytes = text.as_bytes();
    let mut cluster = compose::Cluster::default();
    let mut at = 0;
    while at < bytes.len() {
        let alone = ascii_alone(&bytes[at..]);
        if alone > 0 {
            sink.ascii(base + at, &bytes[at..at + alone]);
            at += alone;
        } else {
            at = wide(text, at, base, &mut cluster, sink);
        }
    }
}

/// Scans bytes that may not be UTF-8: each invalid stretch is one separator of class `Symbol`.
pub(crate) fn walk_bytes<S: Sink>(bytes: &[u8], base: usize, sink: &mut S) {
    walk_valid(bytes, base, sink, walk);
}

/// [`walk_bytes`], with the caller's own walk for the valid stretches.
pub(crate) fn walk_valid<S: Sink>(
    bytes: &[u8],
    base: usize,
    sink: &mut S,
    walk: impl Fn(&str, usize, &mut S),
) {
    let mut at = base;
    for chunk in bytes.utf8_chunks() {
        walk(chunk.valid(), at, sink);
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            sink.separator(at, at + chunk.invalid().len(), Class::Symbol);
            at += chunk.invalid().len();
        }
    }
}

/// How many bytes from the start are ASCII that nothing joins, up to [`RUN`].
#[inline]
pub(crate) fn ascii_alone(bytes: &[u8]) -> usize {
    let run = ascii_run(bytes);
    // The last byte before a wide character may be the base of a combining mark, so it takes the wide path.
    if run == bytes.len() || bytes[run].is_ascii() { run } else { run.saturating_sub(1) }
}

/// How many bytes from the start are ASCII, up to [`RUN`].
#[inline]
fn ascii_run(bytes: &[u8]) -> usize {
    let bytes = &bytes[..bytes.len().min(RUN)];
    let mut run = 0;
    for block in bytes.chunks_exact(32) {
        if block.iter().fold(0, |all, byte| all | byte) >= 0x80 {
            break;
        }
        run += 32;
    }
    run + bytes[run..].iter().take_while(|byte| byte.is_ascii()).count()
}

/// A character that was read and not yet passed on, since a mark after it may join it.
#[derive(Clone, Copy)]
struct Held {
    start: usize,
    end: usize,
    folded: char,
    class: Class,
}

/// The wide path ends before this many bytes of ASCII. Single letters between accented ones do not end it.
const ASCII_AHEAD: usize = 16;

/// Scans from `at` through text that is not all ASCII; returns where a longer ASCII run begins, or the end.
fn wide<S: Sink>(
    text: &str,
    mut at: usize,
    base: usize,
    cluster: &mut compose::Cluster,
    sink: &mut S,
) -> usize {
    let bytes = text.as_bytes();
    let mut held: Option<Held> = None;
    let release = |held: &mut Option<Held>, sink: &mut S| {
        if let Some(h) = held.take() {
            sink.kept(base + h.start, base + h.end, h.folded, h.class);
        }
    };
    let first = at;
    while at < bytes.len() {
        if at != first
            && bytes[at].is_ascii()
            && bytes.len() - at > ASCII_AHEAD
            && bytes[at..=at + ASCII_AHEAD].is_ascii()
        {
            break;
        }
        let ch = decode(text, at);
        let end = at + ch.len_utf8();
        let found = record(ch);
        if found.class.is_kept() {
            if !found.joins() & (found.flags & MULTI == 0) {
                release(&mut held, sink);
                held = Some(Held { start: at, end, folded: fold(ch, found), class: found.class });
                at = end;
            } else if held.as_ref().is_some_and(|held| compose::is_apart(text, held.folded, found, end)) {
                release(&mut held, sink);
                sink.kept(base + at, base + end, fold(ch, found), found.class);
                at = end;
            } else {
                // A cluster starts at the character held, or here if none is held or this one is no mark.
                if !found.joins() {
                    release(&mut held, sink);
                }
                if held.is_none() {
                    sink.cluster(base + at);
                }
                at = cluster.take(text, held.as_ref().map_or(at, |h| h.start), at, base, sink);
                held = None;
            }
        } else {
            if found.class != Class::Ignorable {
                release(&mut held, sink);
                sink.separator(base + at, base + end, found.class);
            }
            at = end;
        }
    }
    release(&mut held, sink);
    at
}
