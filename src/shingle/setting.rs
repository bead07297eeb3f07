//! The unit by which documents are compared.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// The unit by which documents are compared, and the seed of the word hashes. A document is treated as the
/// set of its units.
///
/// It is written `adaptive`, `words:5` or `chars:24` ([`Display`](fmt::Display), [`FromStr`]).
///
/// # Example
/// ```
/// use refrain::Shingle;
/// assert_eq!(Shingle::default(), Shingle::ADAPTIVE);
/// assert_eq!("words:5".parse::<Shingle>()?, Shingle::words(5));
/// assert_ne!(Shingle::words(5), Shingle::words(5).with_seed(7));
/// # Ok::<(), refrain::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(into = "ShingleRecord", try_from = "ShingleRecord")
)]
pub struct Shingle {
    unit: ShingleUnit,
    seed: u64,
}

/// The unit in which a window of neighbours is measured.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum ShingleUnit {
    Adaptive,
    Words(usize),
    Chars(usize),
}

impl Shingle {
    /// Windows of total weight five, where a word weighs 1, a Han or Kana character 1/2 and a character of
    /// Thai, Lao, Khmer or Myanmar 1/4: five words of spaced scripts, ten Han characters, twenty Thai ones,
    /// and a matching number in mixed text. It needs no dictionary and no language setting. This is the
    /// default.
    pub const ADAPTIVE: Shingle = Shingle { unit: ShingleUnit::Adaptive, seed: Shingle::DEFAULT_SEED };
    /// The longest window in words.
    pub const MAX_WORDS: usize = 32;
    /// The longest window in characters.
    pub const MAX_CHARS: usize = 63;
    /// The default seed.
    pub const DEFAULT_SEED: u64 = 0;

    /// Windows of this many words, 1 to [`Shingle::MAX_WORDS`]. In scripts without spaces every character is
    /// a word here. The number is checked where the setting is used.
    #[must_use]
    pub const fn words(words: usize) -> Shingle {
        Shingle { unit: ShingleUnit::Words(words), seed: Shingle::DEFAULT_SEED }
    }

    /// Windows of this many folded letters, marks and digits, 1 to [`Shingle::MAX_CHARS`]; spaces and
    /// punctuation do not count. The number is checked where the setting is used.
    #[must_use]
    pub const fn chars(chars: usize) -> Shingle {
        Shingle { unit: ShingleUnit::Chars(chars), seed: Shingle::DEFAULT_SEED }
    }

    /// The same unit with another seed of the hashes. Shingles of different seeds cannot be compared.
    ///
    /// A secret seed prevents others from constructing words with equal hashes.
    #[must_use]
    pub const fn with_seed(self, seed: u64) -> Shingle {
        Shingle { seed, ..self }
    }

    /// The seed of the hashes.
    #[must_use]
    pub const fn seed(self) -> u64 {
        self.seed
    }

    pub(crate) const fn unit(self) -> ShingleUnit {
        self.unit
    }

    /// The kind and the size as two bytes, for recipes. The seed is not in them.
    pub(crate) fn code(self) -> [u8; 2] {
        match self.unit {
            ShingleUnit::Adaptive => [0, 0],
            ShingleUnit::Words(words) => [1, words as u8],
            ShingleUnit::Chars(chars) => [2, chars as u8],
        }
    }

    /// The reverse of [`Shingle::code`], with the default seed.
    pub(crate) fn from_code(code: [u8; 2]) -> Option<Shingle> {
        let shingle = match code {
            [0, 0] => Shingle::ADAPTIVE,
            [1, words] => Shingle::words(words as usize),
            [2, chars] => Shingle::chars(chars as usize),
            _ => return None,
        };
        shingle.check().ok().map(|()| shingle)
    }

    /// An error if the size is out of range.
    pub(crate) fn check(self) -> Result<(), Error> {
        let (size, most, unit, usual) = match self.unit {
            ShingleUnit::Adaptive => return Ok(()),
            ShingleUnit::Words(words) => (words, Shingle::MAX_WORDS, "words", "5 is usual"),
            ShingleUnit::Chars(chars) => (chars, Shingle::MAX_CHARS, "characters", "24 is like five words"),
        };
        if (1..=most).contains(&size) {
            return Ok(());
        }
        Err(Error::setting(format!("shingle {self}: expected 1 to {most} {unit}; {usual}")))
    }
}

impl Default for Shingle {
    fn default() -> Shingle {
        Shingle::ADAPTIVE
    }
}

/// The seed is left out, because the command line has no option for it.
impl fmt::Display for Shingle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            ShingleUnit::Adaptive => f.write_str("adaptive"),
            ShingleUnit::Words(words) => write!(f, "words:{words}"),
            ShingleUnit::Chars(chars) => write!(f, "chars:{chars}"),
        }
    }
}

impl fmt::Debug for Shingle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.unit)?;
        match self.seed {
            Shingle::DEFAULT_SEED => Ok(()),
            seed => write!(f, " with seed {seed}"),
        }
    }
}

impl FromStr for Shingle {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] if the text is none of the three forms, or the number is out of range.
    fn from_str(text: &str) -> Result<Shingle, Error> {
        let sized = |name: &str| text.strip_prefix(name)?.strip_prefix(':')?.parse().ok();
        let shingle = match (text, sized("words"), sized("chars")) {
            ("adaptive", ..) => Shingle::ADAPTIVE,
            (_, Some(words), _) => Shingle::words(words),
            (_, _, Some(chars)) => Shingle::chars(chars),
            _ => {
                return Err(Error::setting(format!(
                    "shingle {text:?}: expected adaptive, words:N or chars:N, such as words:5"
                )));
            }
        };
        shingle.check().map(|()| shingle)
    }
}

/// The serde form of [`Shingle`]: its text as on the command line, and its seed unless that is the default.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct ShingleRecord {
    unit: String,
    #[serde(default, skip_serializing_if = "is_default_seed")]
    seed: u64,
}

#[cfg(feature = "serde")]
fn is_default_seed(seed: &u64) -> bool {
    *seed == Shingle::DEFAULT_SEED
}

#[cfg(feature = "serde")]
impl From<Shingle> for ShingleRecord {
    fn from(shingle: Shingle) -> ShingleRecord {
        ShingleRecord { unit: shingle.to_string(), seed: shingle.seed }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<ShingleRecord> for Shingle {
    type Error = Error;

    fn try_from(record: ShingleRecord) -> Result<Shingle, Error> {
        Ok(record.unit.parse::<Shingle>()?.with_seed(record.seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for shingle in [Shingle::ADAPTIVE, Shingle::words(1), Shingle::words(32), Shingle::chars(63)] {
            assert_eq!(shingle.to_string().parse::<Shingle>().unwrap(), shingle);
            assert_eq!(Shingle::from_code(shingle.code()), Some(shingle));
        }
        for wrong in ["", "words", "words:", "words:0", "words:33", "chars:64", "chars:-1", "Adaptive"] {
            assert!(wrong.parse::<Shingle>().unwrap_err().is_setting(), "{wrong}");
        }
    }
}
