//! The unit by which documents are compared.

use crate::error::Error;
use crate::scan;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The unit by which documents are compared, the seed of the word hashes, and whether marks count. A document is
/// treated as the set of its units.
///
/// The unit is written `adaptive`, `words:5` or `chars:24` ([`Display`](fmt::Display), [`FromStr`]). `short` is
/// another name of [`chars:6`](Self::SHORT).
///
/// # Which unit
/// The figures are areas under the ROC curve: the probability that a pair of variants is more similar than a pair of
/// look-alikes. Web pages are the 358 labelled pairs of Webis ECIR 2020. The short texts are generated: sentences of
/// news in 13 languages with one to three edits, against sentences that share some words; titles of six words, with
/// an addition or another inflection, against titles of the same form with two other words; and formulaic verses.
///
/// | unit | web pages | sentences | titles | verses |
/// | --- | --- | --- | --- | --- |
/// | [`ADAPTIVE`](Self::ADAPTIVE) (here five words) | 0.938 | 0.932 | 0.727 | 0.566 |
/// | `words:2` | 0.940 | 0.993 | 0.919 | 0.746 |
/// | `chars:8` | 0.938 | 0.990 | 0.962 | 0.895 |
/// | [`SHORT`](Self::SHORT) (`chars:6`) | 0.938 | 0.994 | 0.978 | 0.955 |
/// | `chars:4` | 0.930 | 0.997 | 0.996 | 0.989 |
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
    fold_marks: bool,
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
    pub const ADAPTIVE: Shingle = Shingle::of(ShingleUnit::Adaptive);
    /// Windows of six characters, for texts of one or a few sentences: titles, verses, labels, posts. There, one
    /// changed word changes most windows of five words. On whole pages it ranks pairs as well as the default, but
    /// it has five times as many shingles, which take as many times as long, and one edit changes fewer of them:
    /// 0.9 is as strict as 0.8 with the default. Of the generated variants of [short texts](Self#which-unit) half
    /// have a similarity of at least 0.74 (sentences), 0.72 (titles) or 0.61 (verses); of the look-alikes nine in ten
    /// have less than 0.19, 0.48 or 0.42.
    pub const SHORT: Shingle = Shingle::chars(6);
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
        Shingle::of(ShingleUnit::Words(words))
    }

    /// Windows of this many folded letters, marks and digits, 1 to [`Shingle::MAX_CHARS`]; spaces and
    /// punctuation do not count. The number is checked where the setting is used.
    #[must_use]
    pub const fn chars(chars: usize) -> Shingle {
        Shingle::of(ShingleUnit::Chars(chars))
    }

    const fn of(unit: ShingleUnit) -> Shingle {
        Shingle { unit, seed: Shingle::DEFAULT_SEED, fold_marks: false }
    }

    /// Whether texts are compared without the marks that writers may leave out: accents, tonos, niqqud, harakat,
    /// the marks of Vietnamese, `ё` as `е`. Off unless set. Vowel signs of Indic scripts and of Thai, and the voicing
    /// of kana, always count. Shingles with and without marks cannot be compared.
    ///
    /// # Example
    /// ```
    /// use refrain::{Shingle, Shingles};
    /// let folding = Shingle::ADAPTIVE.fold_marks(true);
    /// let [left, right] = ["Từ đó trong tôi bừng nắng hạ", "Tu do trong toi bung nang ha"].map(|text| Shingles::by(folding, text));
    /// assert_eq!(left.jaccard(&right), 1.0);
    /// ```
    #[must_use]
    pub const fn fold_marks(self, fold_marks: bool) -> Shingle {
        Shingle { fold_marks, ..self }
    }

    /// Whether marks are left out; see [`fold_marks`](Self::fold_marks).
    #[must_use]
    pub const fn folds_marks(self) -> bool {
        self.fold_marks
    }

    /// The text as it is cut into units.
    pub(crate) fn read(self, text: &str) -> Cow<'_, str> {
        if self.fold_marks { Cow::Owned(scan::bare(text)) } else { Cow::Borrowed(text) }
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

    /// The kind and the size as two bytes, for recipes. The seed and the marks are not in them.
    pub(crate) fn code(self) -> [u8; 2] {
        match self.unit {
            ShingleUnit::Adaptive => [0, 0],
            ShingleUnit::Words(words) => [1, words as u8],
            ShingleUnit::Chars(chars) => [2, chars as u8],
        }
    }

    /// The reverse of [`Shingle::code`], with the default seed and with marks.
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

/// The unit. The seed and the marks are left out.
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
        f.write_str(if self.fold_marks { " without marks" } else { "" })?;
        match self.seed {
            Shingle::DEFAULT_SEED => Ok(()),
            seed => write!(f, " with seed {seed}"),
        }
    }
}

impl FromStr for Shingle {
    type Err = Error;

    /// # Errors
    /// [`Error::is_setting`] if the text is none of the four forms, or the number is out of range.
    fn from_str(text: &str) -> Result<Shingle, Error> {
        let sized = |name: &str| text.strip_prefix(name)?.strip_prefix(':')?.parse().ok();
        let shingle = match (text, sized("words"), sized("chars")) {
            ("adaptive", ..) => Shingle::ADAPTIVE,
            ("short", ..) => Shingle::SHORT,
            (_, Some(words), _) => Shingle::words(words),
            (_, _, Some(chars)) => Shingle::chars(chars),
            _ => {
                return Err(Error::setting(format!(
                    "shingle {text:?}: expected adaptive, short, words:N or chars:N, such as words:5"
                )));
            }
        };
        shingle.check().map(|()| shingle)
    }
}

/// The serde form of [`Shingle`]: its text as on the command line, and its seed and the folding of marks unless
/// they are the defaults.
#[cfg(feature = "serde")]
#[derive(serde::Serialize, serde::Deserialize)]
struct ShingleRecord {
    unit: String,
    #[serde(default, skip_serializing_if = "is_default_seed")]
    seed: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    fold_marks: bool,
}

#[cfg(feature = "serde")]
fn is_default_seed(seed: &u64) -> bool {
    *seed == Shingle::DEFAULT_SEED
}

#[cfg(feature = "serde")]
impl From<Shingle> for ShingleRecord {
    fn from(shingle: Shingle) -> ShingleRecord {
        ShingleRecord { unit: shingle.to_string(), seed: shingle.seed, fold_marks: shingle.fold_marks }
    }
}

#[cfg(feature = "serde")]
impl TryFrom<ShingleRecord> for Shingle {
    type Error = Error;

    fn try_from(record: ShingleRecord) -> Result<Shingle, Error> {
        Ok(record.unit.parse::<Shingle>()?.with_seed(record.seed).fold_marks(record.fold_marks))
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
        assert_eq!("short".parse::<Shingle>().unwrap(), Shingle::SHORT);
        for wrong in ["", "words", "words:", "words:0", "words:33", "chars:64", "chars:-1", "Adaptive"] {
            assert!(wrong.parse::<Shingle>().unwrap_err().is_setting(), "{wrong}");
        }
    }
}
