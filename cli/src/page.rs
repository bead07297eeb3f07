//! Answers as text for people: colours, places in a text, excerpts, differences, counts.
//!
//! In: parts of an answer, and texts of the user. Out: text for a terminal or a pipe. Characters in a text of the user that
//! could control the terminal are replaced or left out.

use std::io::{self, IsTerminal};

use refrain::Span;
use serde_json::Value;

/// Escape sequences of a terminal, or none.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    coloured: bool,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` is set or the terminal has none.
    pub(crate) fn detect() -> Style {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        Style { coloured: io::stdout().is_terminal() && !unwanted }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub(crate) fn accent(self, text: &str) -> String {
        self.wrap("36", text)
    }

    pub(crate) fn added(self, text: &str) -> String {
        self.wrap("32", text)
    }

    pub(crate) fn removed(self, text: &str) -> String {
        self.wrap("31", text)
    }

    pub(crate) fn moved(self, text: &str) -> String {
        self.wrap("35", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Line and column of a byte offset, both from 1. Columns count characters.
pub(crate) fn position(text: &[u8], at: usize) -> String {
    let before = &text[..at];
    let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |found| found + 1);
    let line = before[..line_start].iter().filter(|&&byte| byte == b'\n').count() + 1;
    format!("{line}:{}", String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}

/// The place and an excerpt of a span: `name:line:column to line:column (bytes s..e) “excerpt”`.
pub(crate) fn located(style: Style, name: &str, text: &[u8], span: Span) -> String {
    let name = if name.is_empty() { String::new() } else { format!("{}:", one_line(name.as_bytes())) };
    let place = format!("{name}{} to {}", position(text, span.start), position(text, span.end));
    format!("{} (bytes {span}) {}", style.accent(&place), excerpt(text, span))
}

/// The number of characters that an excerpt shows from each end of a span.
const EXCERPT_CHARACTERS: usize = 32;

/// The start and the end of a span in one line.
fn excerpt(text: &[u8], span: Span) -> String {
    let characters: Vec<char> = one_line(&text[span]).chars().collect();
    if characters.len() <= 2 * EXCERPT_CHARACTERS + 3 {
        return format!("“{}”", characters.iter().collect::<String>());
    }
    let head: String = characters[..EXCERPT_CHARACTERS].iter().collect();
    let tail: String = characters[characters.len() - EXCERPT_CHARACTERS..].iter().collect();
    format!("“{} … {}”", head.trim_end(), tail.trim_start())
}

/// Text of the user without characters that control a terminal or change the direction of the text around it. Line breaks
/// and tabs stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .filter(|&character| character != '\r' && !sets_direction(character))
        .map(|character| match character {
            '\n' | '\t' => character,
            _ if character.is_control() => ' ',
            _ => character,
        })
        .collect()
}

/// A name or a message in one line: characters that control a terminal, or change the direction of the text around them, as
/// escapes such as `\u{1b}`.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || sets_direction(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn sets_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text as [`harmless`] makes it, in one line, with line breaks as `⏎`.
fn one_line(bytes: &[u8]) -> String {
    harmless(&String::from_utf8_lossy(bytes)).replace('\n', "⏎").replace('\t', " ")
}

/// Characters before and after the first difference that are shown.
const SHOWN_BEFORE: usize = 12;
const SHOWN_AFTER: usize = 20;

/// One line that says how two copies differ, and shows the first difference.
pub(crate) fn difference(left: &[u8], right: &[u8]) -> String {
    if left == right {
        return "the same in every byte".to_owned();
    }
    let [left, right] = [left, right].map(|bytes| String::from_utf8_lossy(bytes).chars().collect::<Vec<_>>());
    let kinds = kinds_of_difference(&left, &right).join(", ");
    let first = left.iter().zip(&right).take_while(|(left, right)| left == right).count();
    let around = |text: &[char]| {
        let end = text.len().min(first + SHOWN_AFTER);
        let part: String = text[first.saturating_sub(SHOWN_BEFORE).min(end)..end].iter().collect();
        one_line(part.as_bytes())
    };
    format!("differs in {kinds}; first “{}” / “{}”", around(&left), around(&right))
}

fn kinds_of_difference(left: &[char], right: &[char]) -> Vec<&'static str> {
    fn only(text: &[char], wanted: impl Fn(char) -> bool) -> Vec<char> {
        text.iter().copied().filter(|&character| wanted(character)).collect()
    }
    fn words(text: &[char]) -> Vec<char> {
        only(text, char::is_alphanumeric)
    }
    let differ = |part: &dyn Fn(&[char]) -> Vec<char>| part(left) != part(right);
    let mut kinds = Vec::new();
    if differ(&|text| words(text).into_iter().flat_map(char::to_lowercase).collect()) {
        kinds.push("words");
    } else if differ(&words) {
        kinds.push("case");
    }
    if differ(&|text| only(text, |character| character == '\n')) {
        kinds.push("line breaks");
    }
    if differ(&|text| only(text, |character| character.is_whitespace() && !"\n\r".contains(character))) {
        kinds.push("spaces");
    }
    if differ(&|text| only(text, |character| !character.is_alphanumeric() && !character.is_whitespace())) {
        kinds.push("punctuation");
    }
    if kinds.is_empty() {
        kinds.push("the order of spaces and punctuation");
    }
    kinds
}

/// A count with its noun.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A share in percent. Only a share of 1 is shown as 100 %.
pub(crate) fn percent(share: f64) -> String {
    if share < 1.0 { format!("{:.1} %", (share * 100.0).min(99.9)) } else { "100 %".to_owned() }
}

/// An id as people write it: a string without quotes.
pub(crate) fn plain_id(id: &Value) -> String {
    match id {
        Value::String(id) => one_line(id.as_bytes()),
        other => other.to_string(),
    }
}

/// Writes how many pairs the limits of the library left out.
pub(crate) fn write_capped(page: &mut String, pairs: u64) {
    if pairs > 0 {
        page.push_str(&format!("{} of equal stretches were not compared\n", counted(pairs, "pair")));
    }
}
