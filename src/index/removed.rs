//! The set of removed documents, a bit each.

#[derive(Clone, Default)]
pub(super) struct Removed {
    words: Vec<u64>,
    count: usize,
}

impl Removed {
    /// How many documents are removed.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn contains(&self, document: u32) -> bool {
        self.words.get(document as usize / 64).is_some_and(|word| word >> (document % 64) & 1 == 1)
    }

    /// Adds a document that is not in the set yet.
    pub(super) fn insert(&mut self, document: u32) {
        let word = document as usize / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (document % 64);
        self.count += 1;
    }

    /// Drops the documents from `end` on.
    pub(super) fn truncate(&mut self, end: u32) {
        self.words.truncate((end as usize).div_ceil(64));
        if let Some(word) = self.words.get_mut(end as usize / 64) {
            *word &= (1 << (end % 64)) - 1;
        }
        self.count = self.words.iter().map(|word| word.count_ones() as usize).sum();
    }

    /// The removed ones of the first `end` documents, rising.
    pub(super) fn iter(&self, end: u32) -> impl Iterator<Item = u32> {
        (0..end).filter(|&document| self.contains(document))
    }

    pub(super) fn heap_bytes(&self) -> usize {
        8 * self.words.capacity()
    }
}
