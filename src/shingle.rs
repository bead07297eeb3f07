//! Shingles: what a document is a set of.
//!
//! In: the words of a text ([`crate::tokens`]). Out: 64-bit hashes of windows of neighbouring words, one a
//! window, in text order.

use crate::Error;

/// The unit of which a document is a set.
///
/// The number carries its unit: `Words(5)` are five words, `Chars(24)` twenty-four folded characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Shingle {
    /// Windows of total weight five, where a word weighs 1, a Han or Kana character 1/2 and a character of
    /// Thai, Lao, Khmer or Myanmar 1/4: five words of spaced scripts, ten Han characters, twenty Thai ones,
    /// and in mixed text what lies between. No dictionary, no language switch.
    #[default]
    Adaptive,
    /// Windows of this many words, 1 to [`Shingle::MAX_WORDS`]. In scripts without spaces every character is
    /// a word here.
    Words(usize),
    /// Windows of this many folded letters, marks and digits, 1 to [`Shingle::MAX_CHARS`]; spaces and
    /// punctuation do not count.
    Chars(usize),
}

impl Shingle {
    /// The longest window in words.
    pub const MAX_WORDS: usize = 32;
    /// The longest window in characters.
    pub const MAX_CHARS: usize = 63;

    /// The kind and the size as two bytes, for recipes.
    pub(crate) fn code(self) -> [u8; 2] {
        match self {
            Shingle::Adaptive => [0, 0],
            Shingle::Words(words) => [1, words as u8],
            Shingle::Chars(chars) => [2, chars as u8],
        }
    }

    /// The reverse of [`Shingle::code`].
    pub(crate) fn from_code(code: [u8; 2]) -> Option<Shingle> {
        let shingle = match code {
            [0, 0] => Shingle::Adaptive,
            [1, words] => Shingle::Words(words as usize),
            [2, chars] => Shingle::Chars(chars as usize),
            _ => return None,
        };
        shingle.check().ok().map(|()| shingle)
    }

    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Shingle::Words(words) if !(1..=Shingle::MAX_WORDS).contains(&words) => {
                Err(Error::setting(format!(
                    "Shingle::Words({words}): a shingle has 1 to {} words; 5 is usual",
                    Shingle::MAX_WORDS
                )))
            }
            Shingle::Chars(chars) if !(1..=Shingle::MAX_CHARS).contains(&chars) => {
                Err(Error::setting(format!(
                    "Shingle::Chars({chars}): a shingle has 1 to {} characters; 24 is like five words",
                    Shingle::MAX_CHARS
                )))
            }
            _ => Ok(()),
        }
    }
}
