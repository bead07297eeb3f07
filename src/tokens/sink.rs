//! The trait by which readers receive words.

/// The kind of a word, which determines its weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    /// A word of a script with spaces between words.
    Word,
    /// A Han or Kana character; two weigh as much as a word.
    Ideograph,
    /// A character of Thai, Lao, Khmer or Myanmar; four weigh as much as a word.
    Unspaced,
}

/// Receives the hashes of the words of a text.
pub(crate) trait WordSink {
    /// Words of one unit, in text order.
    fn words(&mut self, hashes: &[u64], unit: Unit);
}
