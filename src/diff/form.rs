//! Form: whether two stretches of text differ in form only, and not in what they say.
//!
//! In: two stretches with the same squeezed characters, each within its text. Out: whether the change from
//! one to the other is of format. White space, case, the forms of quotation marks and dashes, full stops and
//! commas that touch words, and hyphens between letters are form. All other marks are values: `3.5` and `35`, `-5` and `5`, `$`
//! and `€`, `C++` and `C#` say different things.
//!
//! **Idea.** The marks between each two squeezed characters are compared: first all of them, after quotation
//! marks, dashes and full-width forms have become one form each; then without those that are form where they
//! are.
//!
//! **Cost.** Linear.

use crate::scan::{self, Class};
use crate::span::Span;

/// A stretch of a text. The characters around it show what its marks mean.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// A mark of a stretch.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Its only form.
    form: char,
    /// Whether it may be left out where it is.
    is_optional: bool,
}

/// The marks between two squeezed characters.
#[derive(Clone, Default)]
struct Gap {
    marks: Vec<Mark>,
    has_white: bool,
    /// The character after it, if one is.
    next: Option<char>,
}

/// Whether the stretches differ in form only. Their squeezed characters must be equal.
pub(super) fn is_form(left: Stretch<'_>, right: Stretch<'_>) -> bool {
    let is_white = |side: Stretch<'_>| side.text[side.span].bytes().all(|byte| byte.is_ascii_whitespace());
    if is_white(left) && is_white(right) {
        return true;
    }
    let (mut left_gaps, mut right_gaps) = (Gaps::new(left), Gaps::new(right));
    loop {
        match (left_gaps.next(), right_gaps.next()) {
            (None, None) => return true,
            (left, right) => {
                let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
                if !(is_same(&left, &right, false) || is_same(&left, &right, true)) {
                    return false;
                }
            }
        }
    }
}

/// Whether two gaps have the same marks, perhaps without the optional ones.
fn is_same(left: &Gap, right: &Gap, skips: bool) -> bool {
    // A hyphen may be left out. It may become a space only if the words keep their case; otherwise one text
    // is a title and the other an identifier.
    let is_same_word = || left.next == right.next || !(left.has_white || right.has_white);
    let needed = |gap: &Gap| -> Vec<char> {
        let marks = gap.marks.iter().filter(|mark| {
            let may_skip = mark.is_optional && (mark.form != DASH || is_same_word());
            !(skips && may_skip)
        });
        let mut forms: Vec<char> = marks.map(|mark| mark.form).collect();
        // Two apostrophes are a quotation mark, two hyphens a dash.
        forms.dedup_by(|a, b| a == b && matches!(*a, QUOTE | DASH));
        forms
    };
    needed(left) == needed(right)
}

const QUOTE: char = '"';
const DASH: char = '-';

/// The one form of a mark.
fn form(ch: char, class: Class) -> char {
    match (ch, class) {
        (_, Class::Quote) | ('„' | '‚' | '‟' | '´' | '＂' | '＇', _) => QUOTE,
        (_, Class::Dash) | ('\u{2212}', _) => DASH,
        ('。' | '．' | '｡' | '…', _) => '.',
        ('，' | '、' | '､' | '،', _) => ',',
        ('\u{ff01}'..='\u{ff5e}', _) => char::from_u32(ch as u32 - 0xfee0).unwrap_or(ch),
        _ => ch,
    }
}

/// Iterator over the gaps of a stretch: before its first squeezed character, between each two, and after the
/// last.
struct Gaps<'t> {
    stretch: Stretch<'t>,
    position: usize,
    is_done: bool,
}

impl<'t> Gaps<'t> {
    fn new(stretch: Stretch<'t>) -> Gaps<'t> {
        Gaps { stretch, position: stretch.span.start, is_done: false }
    }
}

impl Iterator for Gaps<'_> {
    type Item = Gap;

    fn next(&mut self) -> Option<Gap> {
        if self.is_done {
            return None;
        }
        let Stretch { text, span } = self.stretch;
        let mut gap = Gap::default();
        while self.position < span.end {
            let Some((ch, class, length)) = scan::after(text.as_bytes(), self.position) else { break };
            let at = self.position;
            self.position += length;
            if class.is_kept() {
                gap.next = Some(ch);
                return Some(gap);
            }
            match class {
                Class::Space | Class::Line => gap.has_white = true,
                Class::Ignorable => {}
                _ => {
                    let form = form(ch, class);
                    let is_optional = is_optional(text.as_bytes(), at, ch);
                    gap.marks.push(Mark { form, is_optional });
                }
            }
        }
        self.is_done = true;
        gap.next = scan::after(text.as_bytes(), span.end).map(|(ch, _, _)| ch);
        Some(gap)
    }
}

/// Whether the mark at byte `at` may be left out: a full stop or a comma that touches the word before it, or
/// a hyphen between letters.
fn is_optional(text: &[u8], at: usize, ch: char) -> bool {
    let length = ch.len_utf8();
    let class = |found: Option<(char, Class, usize)>| found.map_or(Class::Space, |(_, class, _)| class);
    let (before, after) = (class(scan::before(text, at)), class(scan::after(text, at + length)));
    let is_letter = |class: Class| class.is_kept() && class != Class::Digit;
    match form(ch, Class::Point) {
        '.' | ',' => {
            let is_value = before == Class::Digit && after == Class::Digit;
            // `example.com`: a name with a point in it.
            let is_name = ch == '.' && before.is_kept() && matches!(after, Class::Lower | Class::Digit);
            let touches = !before.is_white() && before != Class::Opening;
            touches && !is_value && !is_name
        }
        _ if matches!(ch, '-' | '\u{2010}' | '\u{2011}') => {
            is_letter(before)
                && (is_letter(after) || after == Class::Line)
                && is_only_hyphen(text, at, length)
        }
        _ => false,
    }
}

/// Whether the word around a hyphen has no other: `well-known`, but not `all-of-this`, which is a name.
fn is_only_hyphen(text: &[u8], at: usize, length: usize) -> bool {
    let is_end = |class: Class| !class.is_kept() && class != Class::Dash;
    let mut start = at;
    while let Some((_, class, length)) = scan::before(text, start)
        && at - start < LONGEST_NAME
    {
        if class == Class::Dash {
            return false;
        }
        if is_end(class) {
            break;
        }
        start -= length;
    }
    let mut end = at + length;
    while let Some((_, class, length)) = scan::after(text, end)
        && end - at < LONGEST_NAME
    {
        if class == Class::Dash {
            return false;
        }
        if is_end(class) {
            break;
        }
        end += length;
    }
    true
}

/// Words are read up to this many bytes.
const LONGEST_NAME: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn differ_in_form(left: &str, right: &str) -> bool {
        let whole = |text| Stretch { text, span: Span::new(0, str::len(text)) };
        let forth = is_form(whole(left), whole(right));
        assert_eq!(forth, is_form(whole(right), whole(left)), "{left:?} and {right:?}");
        forth
    }

    #[test]
    fn forms_are_no_values() {
        for (left, right) in [
            ("one. two", "one two"),
            ("one, two", "one two"),
            ("end.Next", "end. Next"),
            ("end.Next", "end Next"),
            ("a,b", "a, b"),
            ("well...", "well…"),
            ("\"one\"", "“one”"),
            ("''one''", "\"one\""),
            ("one - two", "one — two"),
            ("one -- two", "one – two"),
            ("co-operate", "cooperate"),
            ("exam-\nple", "example"),
            ("well-known", "well known"),
            ("-5", "\u{2212}5"),
            ("House", "house"),
            ("one！", "one!"),
            ("* one", "*  one"),
        ] {
            assert!(differ_in_form(left, right), "{left:?} and {right:?}");
        }
    }

    #[test]
    fn values_are_no_forms() {
        for (left, right) in [
            ("3.5", "35"),
            ("3,5", "3.5"),
            ("1,000", "1000"),
            ("-5", "5"),
            (".5", "5"),
            ("$5", "€5"),
            ("a == b", "a != b"),
            ("C++", "C#"),
            ("so 👍", "so 👎"),
            ("really.", "really?"),
            ("really.", "really!"),
            ("one; two", "one two"),
            ("(one)", "one"),
            ("it's", "its"),
            ("example.com", "examplecom"),
            ("My Great Title", "my-great-title"),
            ("Great Title", "great-title"),
            ("my great title", "my_great_title"),
            ("* one", "- one"),
            ("50%", "50"),
            ("a/b", "a b"),
            ("10-12", "1012"),
        ] {
            assert!(!differ_in_form(left, right), "{left:?} and {right:?}");
        }
    }
}
