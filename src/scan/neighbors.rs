//! The characters before and after an offset of a text, and whether a word may end there.
//!
//! In: bytes, which need not be UTF-8, and an offset. Out: a character with its class and length, or whether
//! a word may end there. **Cost.** One character is read, and more only across marks and dropped characters.

use super::class::Class;
use super::record::{ASCII, class};

/// The character that starts at byte `at`, with its class and length; `None` at the end. An invalid byte is a
/// symbol of length one.
pub(crate) fn after(bytes: &[u8], at: usize) -> Option<(char, Class, usize)> {
    let first = *bytes.get(at)?;
    if first.is_ascii() {
        return Some((first as char, ASCII[first as usize].1, 1));
    }
    let rest = &bytes[at..bytes.len().min(at + 4)];
    let ch = match rest.utf8_chunks().next()?.valid().chars().next() {
        Some(ch) => ch,
        None => return Some((char::REPLACEMENT_CHARACTER, Class::Symbol, 1)),
    };
    Some((ch, class(ch), ch.len_utf8()))
}

/// The character that ends at byte `at`, with its class and length; `None` at the start. An invalid byte is a
/// symbol of length one.
pub(crate) fn before(bytes: &[u8], at: usize) -> Option<(char, Class, usize)> {
    let last = *bytes[..at].last()?;
    if last.is_ascii() {
        return Some((last as char, ASCII[last as usize].1, 1));
    }
    (2..=4.min(at))
        .find_map(|length| {
            let ch = std::str::from_utf8(&bytes[at - length..at]).ok()?.chars().next()?;
            (ch.len_utf8() == length).then(|| (ch, class(ch), length))
        })
        .or(Some((char::REPLACEMENT_CHARACTER, Class::Symbol, 1)))
}

/// Whether a word may start or end at byte `at`: there is no letter on one side, a change of case shows a
/// lost space (`kader|Lavrov`, `2024|De`), or the script has no spaces.
pub(crate) fn is_word_break(bytes: &[u8], at: usize) -> bool {
    let Some(right) = base_after(bytes, at) else { return true };
    if right == Class::Mark {
        return false;
    }
    let Some(left) = base_before(bytes, at) else { return true };
    if !left.is_kept() || !right.is_kept() {
        return true;
    }
    if !left.is_spaced() || !right.is_spaced() {
        return true;
    }
    right == Class::Upper && left != Class::Upper
}

/// Class of the first character from `at` that is not ignorable.
fn base_after(bytes: &[u8], mut at: usize) -> Option<Class> {
    loop {
        let (_, class, length) = after(bytes, at)?;
        if class != Class::Ignorable {
            return Some(class);
        }
        at += length;
    }
}

/// Class of the last character before `at` that is neither ignorable nor a mark.
fn base_before(bytes: &[u8], mut at: usize) -> Option<Class> {
    loop {
        let (_, class, length) = before(bytes, at)?;
        if class != Class::Ignorable && class != Class::Mark {
            return Some(class);
        }
        at -= length;
    }
}
