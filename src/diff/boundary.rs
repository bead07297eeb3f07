//! Boundaries: how well a place divides a text, for a reader.
//!
//! In: a text and a place in it. Out: a [`Boundary`]. This is the one score by which the diff chooses places:
//! an insertion or a deletion can often be moved along equal text without a change of the result, and goes to
//! the place whose two ends score best. A moved or copied block begins and ends at a sentence or better.
//!
//! **Idea.** paragraph > line > sentence > space > word > mark > inside a word. The place after white space
//! is better than the place before it, so that inserted words, lines and paragraphs begin with their first
//! letter. A place before a closing mark, or after an opening one, is bad: the mark belongs to the words that it
//! touches.
//!
//! A sentence ends at a full stop (or `! ? … 。`) if white space follows, and no small letter and no digit
//! after that. The full stop of an initial or of an ordinal (`J. Smith`, `3. Mai`) ends none. If the white
//! space was lost, a capital or a letter without case has to follow.
//!
//! **Cost.** Reads the white space around the place, and a few characters.
//! **Source.** The boundary scores of Neil Fraser, *Diff Strategies* (2006); the indent heuristic of `git`.

use crate::scan::{self, Class};

/// How well a place divides a text. Later values are better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Boundary {
    /// Inside a word, or inside white space.
    Inside,
    /// Before a closing mark that touches a word, or after an opening one.
    Mark,
    /// Between words without white space between them.
    Word,
    /// At white space or punctuation.
    Space,
    /// After a sentence.
    Sentence,
    /// Between lines.
    Line,
    /// Between paragraphs, and at the ends of the text.
    Paragraph,
}

impl Boundary {
    /// The boundary of white space that contains this many line breaks.
    fn of_lines(lines: usize) -> Option<Boundary> {
        match lines {
            0 => None,
            1 => Some(Boundary::Line),
            _ => Some(Boundary::Paragraph),
        }
    }
}

/// The best boundary within the text between two squeezed characters: from the end of one to the start of the
/// other.
pub(super) fn of_gap(text: &[u8], end: usize, start: usize) -> Boundary {
    let word = if scan::is_word_break(text, start) { Boundary::Word } else { Boundary::Inside };
    let mut best = word;
    let mut lines = 0;
    let mut cursor = end;
    while cursor < start {
        let Some((_, class, length)) = scan::after(text, cursor) else { break };
        match class {
            Class::Line => lines += 1,
            Class::Ignorable => {}
            _ => {
                best = best.max(Boundary::Space);
                if class == Class::Terminal && ends_sentence(text, cursor + length, start) {
                    best = Boundary::Sentence;
                }
            }
        }
        cursor += length;
    }
    if best == Boundary::Space && lines == 0 {
        if is_unspaced(text, end) {
            best = Boundary::Sentence;
        } else if is_list_number(text, end) {
            best = Boundary::Line;
        }
    }
    Boundary::of_lines(lines).unwrap_or(best)
}

/// The boundary at byte `at`, and whether it is after its white space (or has none).
pub(super) fn of_byte(text: &[u8], at: usize) -> (Boundary, bool) {
    if at == 0 || at >= text.len() {
        return (Boundary::Paragraph, true);
    }
    let (before, after) = (white_before(text, at), white_after(text, at));
    let (start, end) = (at - before.bytes, at + after.bytes);
    if start == end {
        return (of_touching(text, at), true);
    }
    if start == 0 || end == text.len() {
        // White space at an end of the text belongs to that end.
        let is_outer = if start == 0 { after.lines == 0 } else { before.bytes == 0 };
        return (if is_outer { Boundary::Paragraph } else { Boundary::Inside }, start == 0);
    }
    let lines = before.lines + after.lines;
    // The white space before the first letter of a line indents that line.
    let is_after = if lines > 0 { after.lines == 0 && before.ends_line } else { after.bytes == 0 };
    let is_before = before.bytes == 0;
    if !is_after && !is_before {
        return (Boundary::Inside, false);
    }
    let boundary = Boundary::of_lines(lines).unwrap_or_else(|| {
        let is_end = is_terminal_before(text, start) && ends_sentence(text, start, end);
        if is_end || is_unspaced(text, start) { Boundary::Sentence } else { Boundary::Space }
    });
    (boundary, is_after)
}

/// The score of byte `at` by which places are compared.
pub(super) fn score(text: &[u8], at: usize) -> u32 {
    let (boundary, is_after) = of_byte(text, at);
    2 * boundary as u32 + is_after as u32
}

/// The boundary between two characters that touch.
fn of_touching(text: &[u8], at: usize) -> Boundary {
    let class = |found: Option<(char, Class, usize)>| found.map_or(Class::Symbol, |(_, class, _)| class);
    let (before, after) = (class(scan::before(text, at)), class(scan::after(text, at)));
    if is_terminal_before(text, at) && after.is_kept() && ends_sentence(text, at, at) {
        return Boundary::Sentence;
    }
    let is_closing =
        |class: Class| matches!(class, Class::Terminal | Class::Closing | Class::Point | Class::Quote);
    if is_closing(after) || matches!(before, Class::Opening | Class::Quote) {
        return Boundary::Mark;
    }
    if scan::is_word_break(text, at) { Boundary::Word } else { Boundary::Inside }
}

/// White space on one side of a place.
#[derive(Default)]
struct White {
    bytes: usize,
    lines: usize,
    /// Whether the character next to the place breaks a line.
    ends_line: bool,
}

impl White {
    fn add(&mut self, ch: char, class: Class, length: usize) {
        // `\r\n` is one break, and the line feed is the character that counts.
        if class == Class::Line && ch != '\r' {
            self.lines += 1;
            self.ends_line |= self.bytes == 0;
        }
        self.bytes += length;
    }
}

fn white_before(text: &[u8], at: usize) -> White {
    let mut white = White::default();
    while let Some((ch, class, length)) = scan::before(text, at - white.bytes) {
        if !class.is_white() || white.bytes >= FARTHEST {
            break;
        }
        white.add(ch, class, length);
    }
    white
}

fn white_after(text: &[u8], at: usize) -> White {
    let mut white = White::default();
    while let Some((ch, class, length)) = scan::after(text, at + white.bytes) {
        if !class.is_white() || white.bytes >= FARTHEST {
            break;
        }
        white.add(ch, class, length);
    }
    white
}

/// White space is read up to this many bytes, and marks after a sentence too. Longer runs are tables or
/// data.
const FARTHEST: usize = 64;

/// Whether the last character before `at` that closes nothing (no bracket, no quotation mark) ends a
/// sentence.
fn is_terminal_before(text: &[u8], at: usize) -> bool {
    terminal_before(text, at).is_some()
}

/// The end of the terminal mark before `at`, if only closing marks are between.
fn terminal_before(text: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    while at - end < FARTHEST {
        match scan::before(text, end)? {
            (_, Class::Terminal, _) => return Some(end),
            (_, Class::Closing | Class::Quote, length) => end -= length,
            // Emphasis in markup.
            ('*' | '_', _, length) => end -= length,
            _ => return None,
        }
    }
    None
}

/// Whether a sentence ends before `at`, where a terminal mark and perhaps closing marks are, if the next
/// letter starts at `next` or after opening marks there.
fn ends_sentence(text: &[u8], at: usize, next: usize) -> bool {
    let Some(end) = terminal_before(text, at) else { return false };
    let Some((mark, _, length)) = scan::before(text, end) else { return false };
    let after = first_letter(text, next);
    let is_spaced = scan::after(text, at).is_none_or(|(_, class, _)| class.is_white());
    match after {
        Some(Class::Lower) => return false,
        Some(Class::Digit) if mark == '.' => return false,
        Some(Class::Upper | Class::Letter | Class::Ideograph | Class::Unspaced) | None => {}
        // Without white space, a mark inside of an address or a number.
        _ if !is_spaced => return false,
        _ => {}
    }
    mark != '.' || !is_abbreviated(text, end - length)
}

/// The class of the first letter or digit from `at`, before which only marks are.
fn first_letter(text: &[u8], at: usize) -> Option<Class> {
    let mut cursor = at;
    while cursor - at < FARTHEST {
        let (_, class, length) = scan::after(text, cursor)?;
        if class.is_kept() {
            return Some(class);
        }
        cursor += length;
    }
    None
}

/// Whether the word that ends at `end` is one capital or a number of at most two digits.
fn is_abbreviated(text: &[u8], end: usize) -> bool {
    const MOST_DIGITS: usize = 2;
    let (mut capitals, mut digits, mut cursor) = (0, 0, end);
    while let Some((_, class, length)) = scan::before(text, cursor) {
        match class {
            Class::Digit => digits += 1,
            Class::Upper => capitals += 1,
            Class::Mark => {}
            _ if class.is_kept() => return false,
            _ => break,
        }
        if capitals > 1 || digits > MOST_DIGITS {
            return false;
        }
        cursor -= length;
    }
    capitals + digits > 0
}

/// Whether the word that ends at `end` is the number of a line: `1.`, `12)`, `a.`, `(b)`.
fn is_list_number(text: &[u8], end: usize) -> bool {
    const MOST_DIGITS: usize = 3;
    const MOST_LETTERS: usize = 2;
    if !matches!(scan::after(text, end), Some(('.' | ')' | '°', _, _))) {
        return false;
    }
    let (mut digits, mut letters, mut start) = (0, 0, end);
    while let Some((ch, class, length)) = scan::before(text, start) {
        match class {
            Class::Line => break,
            Class::Digit => digits += 1,
            _ if class.is_kept() => letters += 1,
            _ if class.is_white() || ch == '(' => {}
            _ => return false,
        }
        if digits > MOST_DIGITS || letters > MOST_LETTERS || end - start > FARTHEST {
            return false;
        }
        start -= length;
    }
    true
}

/// Whether the character before `at` is of a script without spaces, in which a space ends a sentence.
fn is_unspaced(text: &[u8], at: usize) -> bool {
    scan::before(text, at).is_some_and(|(_, class, _)| class == Class::Unspaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_scored_as_a_reader_sees_them() {
        let cases = [
            ("One.\n\n|Two", Boundary::Paragraph, true),
            ("One.|\n\nTwo", Boundary::Paragraph, false),
            ("One.\n|\nTwo", Boundary::Inside, false),
            ("One\n|  Two", Boundary::Line, true),
            ("One\n  |Two", Boundary::Inside, false),
            ("One\r\n|Two", Boundary::Line, true),
            ("One. |Two", Boundary::Sentence, true),
            ("“One.”| Two", Boundary::Sentence, false),
            ("One.|Two", Boundary::Sentence, true),
            ("。一|二", Boundary::Word, true),
            ("一。|二", Boundary::Sentence, true),
            ("J. |Smith", Boundary::Space, true),
            ("am 3. |Mai", Boundary::Space, true),
            ("in 1998. |Then", Boundary::Sentence, true),
            ("Nr. |3", Boundary::Space, true),
            ("e.g. |this", Boundary::Space, true),
            ("You and I saw a. |Then", Boundary::Sentence, true),
            ("One |two", Boundary::Space, true),
            ("One|, two", Boundary::Mark, true),
            ("(|one)", Boundary::Mark, true),
            ("on|e", Boundary::Inside, true),
            ("example.|com", Boundary::Word, true),
            ("|One", Boundary::Paragraph, true),
            ("One\n|", Boundary::Paragraph, true),
        ];
        for (marked, boundary, is_after) in cases {
            let at = marked.find('|').expect("a place");
            let text = marked.replacen('|', "", 1);
            assert_eq!(of_byte(text.as_bytes(), at), (boundary, is_after), "{marked}");
        }
    }

    #[test]
    fn a_gap_is_as_good_as_its_best_place() {
        for (text, best) in [
            ("the. B", Boundary::Sentence),
            ("the.\nB", Boundary::Line),
            ("the.\n\n- B", Boundary::Paragraph),
            ("the, b", Boundary::Space),
            ("the. b", Boundary::Space),
            ("12. B", Boundary::Line),
        ] {
            let end = text.find(|ch: char| !ch.is_alphanumeric()).expect("a mark");
            assert_eq!(of_gap(text.as_bytes(), end, text.len() - 1), best, "{text}");
        }
    }
}
