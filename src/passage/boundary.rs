//! Boundaries: where sentences and lines begin.
//!
//! In: a text and a place in it. Out: whether a sentence or a line begins there.

use crate::scan::{self, Class};

/// Whether a sentence or a line may begin at `at`: at the start or end of the text, next to a line break, or
/// after punctuation that ends sentences (closing marks included).
pub(super) fn is_cut(bytes: &[u8], at: usize) -> bool {
    let behind = scan::after(bytes, at).map(|found| found.1);
    if at == 0 || behind.is_none() || behind == Some(Class::Line) {
        return true;
    }
    if matches!(behind, Some(Class::Closing | Class::Terminal)) {
        return false;
    }
    let mut to = at;
    let mut spaced = false;
    while let Some((_, class, length)) = scan::before(bytes, to) {
        match class {
            Class::Line => return true,
            Class::Terminal => return true,
            Class::Space | Class::Ignorable => spaced = true,
            // A quote after white space opens the next text. Only a quote that touches the sentence closes
            // it.
            Class::Closing | Class::Quote if !spaced => {}
            _ => return false,
        }
        to -= length;
    }
    true
}

/// Whether a line starts at `at`: only white space, quotation marks and ignorable characters are between `at` and
/// the line break before it.
pub(super) fn starts_line(bytes: &[u8], mut at: usize) -> bool {
    loop {
        match scan::before(bytes, at) {
            Some((_, Class::Space | Class::Ignorable | Class::Quote, length)) => at -= length,
            other => return other.is_none_or(|found| found.1 == Class::Line),
        }
    }
}
