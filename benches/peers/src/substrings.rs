//! Suffix arrays, and the copies they find: the definition of `deduplicate-text-datasets`.
//!
//! In: texts. Out: the ranges of each text that lie in a stretch of a given least length which occurs twice
//! or more, in one text or in two. Every copy is marked, also the first, as in that tool. Unlike there, a
//! stretch never runs from one text into the next.
//!
//! **Idea.** Suffixes that start with the same bytes are neighbours in the suffix array. So the longest copy
//! of the text at a position is shared with one of the two neighbours of its suffix. **Cost.** 13 bytes a
//! byte of text: the joined text, the array, the common lengths, both ends of the marks. **Source.** Lee and
//! others 2022, *Deduplicating training data makes language models better*, section 4.1 (arXiv:2107.06499).

use libsais::SuffixArrayConstruction;
use std::ops::Range;

/// Separates the texts; no byte of UTF-8.
const SEPARATOR: u8 = 0xff;

/// The suffix array of a text, as `libsais` builds it on one thread.
///
/// # Panics
/// On 2 GiB or more.
pub fn suffix_array(text: &[u8]) -> Vec<i32> {
    SuffixArrayConstruction::for_text(text)
        .in_owned_buffer32()
        .single_threaded()
        .run()
        .expect("a text of less than 2 GiB")
        .into_vec()
}

/// For each text, the ranges of bytes in copies of at least `least` bytes, in text order, disjoint.
pub fn copied<T: AsRef<str>>(texts: &[T], least: usize) -> Vec<Vec<Range<usize>>> {
    assert!(least > 0, "every empty stretch is a copy");
    let (joined, starts) = joined(texts);
    let mut marked = vec![false; joined.len()];
    each_neighbours(&joined, |before, at, common| {
        if common >= least {
            marked[before] = true;
            marked[at] = true;
        }
    });
    let mut ranges = Vec::with_capacity(texts.len());
    for (text, start) in texts.iter().zip(starts) {
        let length = text.as_ref().len();
        let mut found: Vec<Range<usize>> = Vec::new();
        // A copy that starts less than `least` before the end would reach into the next text.
        for at in (0..(length + 1).saturating_sub(least)).filter(|at| marked[start + at]) {
            match found.last_mut() {
                Some(last) if at <= last.end => last.end = at + least,
                _ => found.push(at..at + least),
            }
        }
        ranges.push(found);
    }
    ranges
}

/// For each text, the copies of at least `least` bytes, by start: the longest that starts at each byte,
/// without those that are the rest of a copy that starts a byte earlier. They may overlap.
pub fn longest_copies<T: AsRef<str>>(texts: &[T], least: usize) -> Vec<Vec<Range<usize>>> {
    let (joined, starts) = joined(texts);
    let mut longest = vec![0_u32; joined.len()];
    each_neighbours(&joined, |before, at, common| {
        for place in [before, at] {
            longest[place] = longest[place].max(common as u32);
        }
    });
    let of_text = |(text, start): (&T, usize)| {
        let length = text.as_ref().len();
        let end = |at: usize| length.min(at + longest[start + at] as usize);
        let is_rest = |at: usize| at > 0 && end(at - 1) == end(at);
        (0..length).filter(|&at| end(at) >= at + least && !is_rest(at)).map(|at| at..end(at)).collect()
    };
    texts.iter().zip(starts).map(of_text).collect()
}

/// The texts, each followed by a separator, and where each starts.
fn joined<T: AsRef<str>>(texts: &[T]) -> (Vec<u8>, Vec<usize>) {
    let mut joined = Vec::with_capacity(texts.iter().map(|text| text.as_ref().len() + 1).sum());
    let mut starts = Vec::with_capacity(texts.len());
    for text in texts {
        starts.push(joined.len());
        joined.extend_from_slice(text.as_ref().as_bytes());
        joined.push(SEPARATOR);
    }
    (joined, starts)
}

/// Calls `look` with the starts of neighbouring suffixes and the number of bytes they have in common.
fn each_neighbours(joined: &[u8], mut look: impl FnMut(usize, usize, usize)) {
    if joined.is_empty() {
        return;
    }
    let array = SuffixArrayConstruction::for_text(joined)
        .in_owned_buffer32()
        .single_threaded()
        .run()
        .expect("a text of less than 2 GiB")
        .plcp_construction()
        .single_threaded()
        .run()
        .expect("the array is the text's");
    for neighbours in array.suffix_array().windows(2) {
        let (before, at) = (neighbours[0] as usize, neighbours[1] as usize);
        look(before, at, array.plcp()[at] as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition: a byte is marked if some window of `least` bytes around it occurs elsewhere.
    fn defined(texts: &[String], least: usize) -> Vec<Vec<Range<usize>>> {
        let windows =
            |text: &String| -> Vec<Vec<u8>> { text.as_bytes().windows(least).map(<[u8]>::to_vec).collect() };
        let all: Vec<Vec<u8>> = texts.iter().flat_map(windows).collect();
        texts
            .iter()
            .map(|text| {
                let mut marked = vec![false; text.len()];
                for (at, window) in windows(text).iter().enumerate() {
                    if all.iter().filter(|other| *other == window).count() > 1 {
                        marked[at..at + least].fill(true);
                    }
                }
                let mut ranges: Vec<Range<usize>> = Vec::new();
                for at in (0..text.len()).filter(|&at| marked[at]) {
                    match ranges.last_mut() {
                        Some(last) if last.end == at => last.end += 1,
                        _ => ranges.push(at..at + 1),
                    }
                }
                ranges
            })
            .collect()
    }

    /// The copies as pairs of start and end.
    fn pairs(texts: &[&str], least: usize) -> Vec<Vec<(usize, usize)>> {
        let pairs =
            |ranges: Vec<Range<usize>>| ranges.into_iter().map(|range| (range.start, range.end)).collect();
        copied(texts, least).into_iter().map(pairs).collect()
    }

    #[test]
    fn copies_are_marked_wherever_they_stand() {
        let texts = ["abcdefgh--", "..abcdefgh", "abcd"];
        assert_eq!(pairs(&texts, 5), [vec![(0, 8)], vec![(2, 10)], vec![]]);
        assert_eq!(pairs(&texts, 4), [[(0, 8)], [(2, 10)], [(0, 4)]]);
        // Inside one text; and the end of one text with the start of the next is no copy of both.
        assert_eq!(pairs(&["12345x12345"], 5), [[(0, 5), (6, 11)]]);
        assert_eq!(pairs(&["xxab", "cdyy", "xxab", "cdyy"], 6), [[], [], [], []]);
        assert!(pairs(&[], 3).is_empty());
        assert_eq!(pairs(&["", "", ""], 3), [[], [], []]);
    }

    #[test]
    fn marks_are_their_definition() {
        // SplitMix64.
        let mut state = 1u64;
        let mut below = |bound: u64| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) % bound
        };
        for _ in 0..500 {
            let letters = 1 + below(4);
            let texts: Vec<String> = (0..1 + below(4))
                .map(|_| (0..below(60)).map(|_| (b'a' + below(letters) as u8) as char).collect())
                .collect();
            let least = 1 + below(9) as usize;
            assert_eq!(copied(&texts, least), defined(&texts, least), "{texts:?}, at least {least}");
        }
    }

    #[test]
    fn the_longest_copies_begin_where_nothing_longer_does() {
        let texts = ["abcdefgh--", "..abcdefgh", "xefghij", "efghij"];
        let pairs: Vec<Vec<(usize, usize)>> = longest_copies(&texts, 4)
            .into_iter()
            .map(|copies| copies.into_iter().map(|copy| (copy.start, copy.end)).collect())
            .collect();
        assert_eq!(pairs, [vec![(0, 8)], vec![(2, 10)], vec![(1, 7)], vec![(0, 6)]]);
        assert!(longest_copies(&["abab"], 3).iter().all(Vec::is_empty));
    }

    #[test]
    fn suffixes_are_in_order() {
        let text = b"barnabasbabblesaboutbananas";
        let array = suffix_array(text);
        assert_eq!(array.len(), text.len());
        assert!(array.windows(2).all(|pair| text[pair[0] as usize..] < text[pair[1] as usize..]));
    }
}
