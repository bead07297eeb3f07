//! Shingles of five words without a copy, for peers that do not make shingles: slices of the text from the
//! first letter of one word to the last letter of the fifth. A word is a run of letters and digits. This does
//! less than `refrain` (no folding, no lost spaces, no scripts without spaces), and it is the fastest code
//! that a user of these crates would write.

/// Words in a shingle.
pub const WORDS: usize = 5;

/// The shingles of a text, in order. A text of fewer words has one shingle of all its words, or none without
/// words.
pub fn shingles(text: &str) -> impl Iterator<Item = &str> {
    let mut words = words(text);
    // A ring of the starts of the last words; the end of the last word.
    let (mut starts, mut seen, mut end, mut short_given) = ([0; WORDS], 0usize, 0, false);
    std::iter::from_fn(move || {
        loop {
            match words.next() {
                Some((start, stop)) => {
                    starts[seen % WORDS] = start;
                    seen += 1;
                    end = stop;
                    if seen >= WORDS {
                        return Some(&text[starts[seen % WORDS]..end]);
                    }
                }
                None if seen > 0 && seen < WORDS && !short_given => {
                    short_given = true;
                    return Some(&text[starts[0]..end]);
                }
                None => return None,
            }
        }
    })
}

/// Starts and ends of words. ASCII is looked up in a table: without it, most of the time is spent there.
fn words(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    let length_at = |at: usize| -> (usize, bool) {
        match bytes[at] {
            byte @ 0..0x80 => (1, byte.is_ascii_alphanumeric()),
            _ => {
                let ch = text[at..].chars().next().expect("a character boundary before the end");
                (ch.len_utf8(), ch.is_alphanumeric())
            }
        }
    };
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let (length, is_word) = length_at(at);
            if is_word {
                break;
            }
            at += length;
        }
        let start = at;
        while at < bytes.len() {
            let (length, is_word) = length_at(at);
            if !is_word {
                break;
            }
            at += length;
        }
        (at > start).then_some((start, at))
    })
}

#[cfg(test)]
mod tests {
    use super::shingles;

    #[test]
    fn shingles_are_five_words_wide() {
        let found: Vec<&str> = shingles("One, two three – vier 5 six.").collect();
        assert_eq!(found, ["One, two three – vier 5", "two three – vier 5 six"]);
        assert_eq!(shingles("één, two").collect::<Vec<_>>(), ["één, two"]);
        assert_eq!(shingles(" .,").count(), 0);
        assert_eq!(shingles("a b c d e").count(), 1);
    }
}
