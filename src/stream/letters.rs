//! Letters: the unit of lengths, the same for every script.
//!
//! In: bytes of a stream. Out: how many letters they have, and the places of windows that count letters.
//!
//! **Idea.** A sentence needs 60 to 80 characters in an alphabet, but only 25 to 40 in Chinese. A length in
//! characters would therefore ask for much longer passages there. So a Han character counts as two and a half
//! letters, and a kana or a syllable of Hangul as two ([`Script`] is the table). All other characters count as
//! one, digits and marks included. (Eighteen texts of translated news in each of sixteen languages have, on
//! average, 3,020 squeezed characters in the thirteen languages with an alphabet, Thai, Arabic and Hindi
//! among them; 1,630 in Japanese, 1,270 in Korean, and 1,130 in Chinese. With three letters for a Han
//! character, set phrases of 20 characters were reported.)
//!
//! Windows of letters start at *places* ([`Places`]): the first byte of each character, and one or two bytes after it if
//! it counts as more than one letter. A stretch has at least as many places as letters, and at least as many
//! bytes as places.
//!
//! **Cost.** A few operations for each byte, with vector instructions; one step for each character of the table.

use super::bytes::starts_character;
use crate::scan::block::character_starts;

/// The scripts by what their characters count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Script {
    Han,
    /// Kana and syllables of Hangul.
    Syllables,
    Other,
}

/// The first byte of a character that counts as several letters is at least this. All bytes inside a character
/// are lower.
const LEAST_LEAD: u8 = 0xE3;

impl Script {
    /// The script of a character, by its first two bytes. They tell blocks of 64 code points (of 4,096 beyond
    /// U+FFFF).
    #[inline]
    fn of(first: u8, second: u8) -> Script {
        match (first, second) {
            // U+3400–9FFF, U+F900–FAFF, U+20000–3FFFF, and the repetition signs and numbers in U+3000–303F.
            (0xE3, 0x80 | 0x90..) | (0xE4..=0xE9, _) | (0xEF, 0xA4..=0xAB) | (0xF0, 0xA0..) => Script::Han,
            // U+3040–30FF and U+31F0–31FF; U+AC00–D7BF.
            (0xE3, 0x81..=0x83 | 0x87) | (0xEA, 0xB0..) | (0xEB | 0xEC, _) | (0xED, ..=0x9E) => {
                Script::Syllables
            }
            _ => Script::Other,
        }
    }

    /// What a character counts, in half letters.
    #[inline]
    fn half_letters(self) -> usize {
        match self {
            Script::Han => 5,
            Script::Syllables => 4,
            Script::Other => 2,
        }
    }

    /// How many of its first bytes are places.
    #[inline]
    fn places(self) -> usize {
        self.half_letters().div_ceil(2)
    }
}

/// How many letters these bytes of a stream have; a half is left out. A character counts if its first byte is
/// among them.
#[inline]
pub(crate) fn letters(folded: &[u8]) -> usize {
    /// The most that a byte can count, so that each byte of a vector is a counter.
    const COUNTED: usize = u8::MAX as usize;
    let (mut characters, mut highest) = (0, 0);
    for chunk in folded.chunks(COUNTED) {
        let (mut here, mut high) = (0, 0);
        for &byte in chunk {
            here += starts_character(byte) as u8;
            high = byte.max(high);
        }
        characters += here as usize;
        highest = high.max(highest);
    }
    characters + if highest < LEAST_LEAD { 0 } else { further(folded) }
}

/// The letters beyond one a character.
fn further(folded: &[u8]) -> usize {
    let of = |(at, &byte): (usize, &u8)| match byte {
        LEAST_LEAD.. => script_at(folded, at).half_letters() - Script::Other.half_letters(),
        _ => 0,
    };
    folded.iter().enumerate().map(of).sum::<usize>() / 2
}

/// The script of the character that starts at `at`.
#[inline]
fn script_at(folded: &[u8], at: usize) -> Script {
    Script::of(folded[at], folded.get(at + 1).copied().unwrap_or(0))
}

/// The places of a stream, 64 bytes at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Places {
    /// Those in the next bytes that belong to the character before them.
    carried: u64,
}

impl Places {
    /// The places from byte `from` of the stream on.
    pub(crate) fn from(folded: &[u8], from: usize) -> Places {
        let first = (0..from).rev().find(|&at| starts_character(folded[at]));
        let carried = first
            .map_or(0, |first| (1 << (first + script_at(folded, first).places()).saturating_sub(from)) - 1);
        Places { carried }
    }

    /// The places in the next 64 bytes, as bits. `next` is the byte after them.
    #[inline(always)]
    pub(crate) fn next(&mut self, bytes: &[u8; 64], next: u8) -> u64 {
        let mut places = character_starts(bytes) | self.carried;
        self.carried = 0;
        let highest = bytes.iter().fold(0, |highest, &byte| byte.max(highest));
        if highest >= LEAST_LEAD {
            for (at, &byte) in bytes.iter().enumerate() {
                if byte >= LEAST_LEAD {
                    let second = bytes.get(at + 1).copied().unwrap_or(next);
                    let here = ((1u128 << Script::of(byte, second).places()) - 1) << at;
                    places |= here as u64;
                    self.carried |= (here >> 64) as u64;
                }
            }
        }
        places
    }

    /// The places of a whole stream, the last one first.
    pub(crate) fn backwards(folded: &[u8]) -> impl Iterator<Item = usize> + '_ {
        (0..folded.len()).rev().filter(|&at| {
            let first = (0..=at).rev().find(|&at| starts_character(folded[at])).unwrap_or(0);
            at < first + script_at(folded, first).places()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, by code points: half letters, and places.
    fn counts(ch: char) -> (usize, usize) {
        match ch as u32 {
            0x3000..=0x303F | 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF => (5, 3),
            0x3040..=0x30FF | 0x31C0..=0x31FF | 0xAC00..=0xD7BF => (4, 2),
            _ => (2, 1),
        }
    }

    #[test]
    fn every_character_counts_by_its_script() {
        let mut buffer = [0; 8];
        for ch in '\0'..=char::MAX {
            let length = ch.encode_utf8(&mut buffer).len();
            ch.encode_utf8(&mut buffer[length..]);
            assert_eq!(letters(&buffer[..2 * length]), counts(ch).0, "two of {ch:?}");
            assert!(counts(ch).1 <= length && counts(ch).0 <= 2 * counts(ch).1);
        }
        assert_eq!(letters("sentence".as_bytes()), 8);
        assert_eq!(letters("ประโยค".as_bytes()), 6);
        assert_eq!(letters("文章です문장".as_bytes()), 5 + 4 + 4);
    }

    proptest! {
        #[test]
        fn letters_and_places_are_their_definition(
            text in "([a-zé]{0,70}|[ก-๏]{0,40}|[一-龥]{0,40}|[ぁ-ヿ]{0,40}|[가-힣]{0,40}|[\u{20000}-\u{20100}]{0,9}){0,6}",
            from in any::<prop::sample::Index>(),
        ) {
            let folded = text.as_bytes();
            prop_assert_eq!(letters(folded), text.chars().map(|ch| counts(ch).0).sum::<usize>() / 2);
            let defined: Vec<usize> = text.char_indices().flat_map(|(at, ch)| at..at + counts(ch).1).collect();
            let mut backwards: Vec<usize> = Places::backwards(folded).collect();
            backwards.reverse();
            prop_assert_eq!(&backwards, &defined);
            let from = from.index(folded.len() + 1);
            let mut places = Places::from(folded, from);
            let mut found = Vec::new();
            for start in (from..folded.len()).step_by(64) {
                let mut padded = [0; 65];
                let length = (folded.len() - start).min(65);
                padded[..length].copy_from_slice(&folded[start..start + length]);
                let bits = places.next(padded.first_chunk().unwrap(), padded[64]);
                found.extend((0..64).filter(|bit| bits >> bit & 1 == 1).map(|bit| start + bit));
            }
            found.retain(|&at| at < folded.len());
            let after: Vec<usize> = defined.into_iter().filter(|&at| at >= from).collect();
            prop_assert_eq!(found, after);
        }
    }
}
