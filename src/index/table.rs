//! The hash table of one band: from a key to the documents that share it, in about six bytes a document.
//!
//! In: 64-bit keys and document numbers. Out: for a key, the numbers inserted under it, rising. The idea:
//! keys are not stored. An entry is one byte of the key (its tag) and the number of a document. If the tag
//! fits, the key is computed from the stored sketch of that document, by the owner of the table ([`Keys`]).
//! An entry with more than one document points into an arena of lists instead.
//!
//! Open addressing, linear probing, eight tags at a time in one machine word. The table grows by a fifth and
//! does not double: a doubling table is between 44 % and 88 % full, so it takes 8.2 bytes a document on
//! average and 11.4 at worst. This one takes 6.3 on average and 6.9 at worst. Tables of an index start at
//! different sizes ([`Table::staggered`]), so that they do not all grow at once and the sum stays at its
//! average.
//!
//! Source: the tags and word-parallel probing are those of the Swiss table (Kulukundis, CppCon 2017); sizes
//! that are no powers of two are addressed by Lemire 2016 (*A fast alternative to the modulo reduction*).

use crate::support::cpu;
use crate::support::huge_pages;

/// Bytes of an entry: a tag and a document number.
const ENTRY_BYTES: f64 = 5.0;
/// A table grows when this share of it would be exceeded. Above 7/8 a failing search of linear probing
/// becomes long.
const FULL_NUMERATOR: usize = 7;
const FULL_DENOMINATOR: usize = 8;
/// Growth is by one fifth: five sixths of the fullness remain.
const GROWTH_DIVISOR: usize = 5;
/// Mean bytes of a key held by one document: the entry over the fill, averaged over one growth
/// (`ln(6/5) = 0.18232`).
pub(super) const BYTES_PER_KEY: f64 = ENTRY_BYTES * (8.0 / 7.0) * (0.2 / 0.182_321_556_793_955);

/// A table that holds fewer than one in this many documents (those of longer keys) moves its entries in their
/// present order.
const SPARSE: usize = 16;
/// Places that are prefetched together ([`Table::fetch`]) if many keys are known.
pub(super) const FETCHED: usize = 16;
/// Tags compared together: the bytes of a `u64`.
const GROUP: usize = 8;
/// The smallest table: small enough for an index of ten texts, large enough that a fifth of it can be divided
/// among the bands.
const LEAST_ENTRIES: usize = 64;

/// Tag of an entry that was never used.
const EMPTY: u8 = 0;
/// Tag of a removed entry; a search continues after it.
const GONE: u8 = 1;
/// Tags of keys start here.
const FIRST_TAG: u8 = 2;

/// Set in an entry that points to a list; document numbers are smaller.
const LIST: u32 = 1 << 31;

/// The owner of a table, which knows the keys of its documents.
pub(crate) trait Keys {
    /// The key under which `document` was inserted.
    fn key(&self, document: u32) -> u64;
}

impl<F: Fn(u32) -> u64> Keys for F {
    fn key(&self, document: u32) -> u64 {
        self(document)
    }
}

/// A table of one band; see the head of this file.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// A tag for each entry, then the first `GROUP - 1` again, so that a group may start at the last entry.
    tags: Vec<u8>,
    entries: Vec<u32>,
    /// Entries whose tag is not `EMPTY`.
    used: usize,
    lists: Lists,
}

impl Table {
    /// An empty table, the `turn`-th of `turns` that grow one after the other.
    pub(crate) fn staggered(turn: usize, turns: usize) -> Table {
        let entries = LEAST_ENTRIES + LEAST_ENTRIES * turn / (GROWTH_DIVISOR * turns.max(1));
        Table::with_entries(entries)
    }

    /// An empty table that takes no memory until something is inserted.
    pub(crate) fn unallocated() -> Table {
        Table::with_entries(0)
    }

    fn with_entries(entries: usize) -> Table {
        let (tags, entries) = (vec![EMPTY; entries + GROUP - 1], vec![0; entries]);
        // The system provides zeroed memory when it is first written.
        huge_pages::advise(&tags);
        huge_pages::advise(&entries);
        Table { tags, entries, used: 0, lists: Lists::default() }
    }

    /// Whether nothing was inserted since the table last grew and dropped its removed entries.
    pub(crate) fn is_unused(&self) -> bool {
        self.used == 0
    }

    /// Heap bytes held.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.tags.capacity() + 4 * self.entries.capacity() + self.lists.heap_bytes()
    }

    /// Prefetches what a search for `key` reads first.
    #[inline]
    pub(crate) fn fetch(&self, key: u64) {
        let home = self.home(key);
        cpu::fetch(&self.tags, home);
        cpu::fetch(&self.entries, home);
    }

    /// The documents under `key`, rising; empty if there is none.
    pub(crate) fn find(&self, key: u64, keys: &impl Keys) -> &[u32] {
        match self.search(key, keys) {
            Some(place) => self.documents(place),
            None => &[],
        }
    }

    /// Adds `document` under `key`, unless `most` documents are there already; returns whether it did.
    ///
    /// Documents must be inserted in rising order.
    pub(crate) fn insert(&mut self, key: u64, document: u32, most: usize, keys: &impl Keys) -> bool {
        if let Some(place) = self.search(key, keys) {
            let fits = self.documents(place).len() < most;
            if fits {
                let entry = self.entries[place];
                self.entries[place] = match entry & LIST {
                    0 => LIST | self.lists.pair(entry, document),
                    _ => LIST | self.lists.push(entry & !LIST, document),
                };
            }
            return fits;
        }
        self.reserve(1, keys);
        self.place(key, document);
        true
    }

    /// Removes `document` from under `key` and returns how many documents were there, or `None` if it
    /// was not there.
    pub(crate) fn remove(&mut self, key: u64, document: u32, keys: &impl Keys) -> Option<usize> {
        let place = self.search(key, keys)?;
        let there = self.documents(place).len();
        let at = self.documents(place).binary_search(&document).ok()?;
        let entry = self.entries[place];
        if entry & LIST != 0 {
            self.lists.remove(entry & !LIST, at);
        }
        if there == 1 {
            if entry & LIST != 0 {
                self.lists.release(entry & !LIST);
            }
            self.set_tag(place, GONE);
        }
        Some(there)
    }

    /// Grows the table for `more` keys, so that inserting them will not grow it again.
    pub(crate) fn reserve(&mut self, more: usize, keys: &impl Keys) {
        let needed = self.used + more;
        let mut entries = self.entries.len();
        while entries * FULL_NUMERATOR < needed * FULL_DENOMINATOR {
            entries = LEAST_ENTRIES.max(entries + entries / GROWTH_DIVISOR);
        }
        if entries > self.entries.len() {
            self.grow(entries, keys);
        }
    }

    /// Moves all entries to a table of another size, and drops the removed ones.
    ///
    /// Keys are computed from the sketches, so the entries are first ordered by document. Reading the
    /// sketches in order and writing the new table at random takes a quarter of the time of the reverse (1
    /// million documents).
    fn grow(&mut self, entries: usize, keys: &impl Keys) {
        const NONE: u32 = u32::MAX;
        let grown = Table { lists: std::mem::take(&mut self.lists), ..Table::with_entries(entries) };
        let old = std::mem::replace(self, grown);
        let occupied = || {
            old.tags.iter().zip(&old.entries).filter(|(tag, _)| **tag >= FIRST_TAG).map(|(_, entry)| *entry)
        };
        let first = |lists: &Lists, entry: u32| {
            if entry & LIST == 0 { entry } else { lists.documents(entry & !LIST)[0] }
        };
        let documents = occupied().map(|entry| first(&self.lists, entry) as usize + 1).max().unwrap_or(0);
        if documents / SPARSE > old.used {
            occupied().for_each(|entry| self.place(keys.key(first(&self.lists, entry)), entry));
            return;
        }
        let mut by_document = vec![NONE; documents];
        occupied().for_each(|entry| by_document[first(&self.lists, entry) as usize] = entry);
        let mut entries = (0..).zip(by_document).filter(|(_, entry)| *entry != NONE);
        let mut some = Vec::with_capacity(FETCHED);
        loop {
            some.extend(entries.by_ref().take(FETCHED).map(|(document, entry)| (keys.key(document), entry)));
            if some.is_empty() {
                return;
            }
            some.iter().for_each(|&(key, _)| self.fetch(key));
            some.drain(..).for_each(|(key, entry)| self.place(key, entry));
        }
    }

    /// Puts an entry for a key that is not in the table into the first free place of its probe sequence.
    /// There must be one.
    fn place(&mut self, key: u64, entry: u32) {
        let mut place = self.home(key);
        loop {
            let free = zero_bytes(self.group(place) & NOT_FREE);
            if free != 0 {
                place = self.wrap(place + lowest(free));
                break;
            }
            place = self.wrap(place + GROUP);
        }
        if self.tags[place] == EMPTY {
            self.used += 1;
        }
        self.set_tag(place, tag_of(key));
        self.entries[place] = entry;
    }

    /// The place of `key`, if it is in the table.
    #[inline]
    fn search(&self, key: u64, keys: &impl Keys) -> Option<usize> {
        if self.used == 0 {
            return None;
        }
        let wanted = repeat(tag_of(key));
        let mut place = self.home(key);
        loop {
            let group = self.group(place);
            let mut fits = zero_bytes(group ^ wanted);
            let empty = zero_bytes(group);
            while fits != 0 {
                let offset = lowest(fits);
                if empty != 0 && lowest(empty) < offset {
                    return None;
                }
                let found = self.wrap(place + offset);
                if keys.key(self.documents(found)[0]) == key {
                    return Some(found);
                }
                fits &= fits - 1;
            }
            if empty != 0 {
                return None;
            }
            place = self.wrap(place + GROUP);
        }
    }

    #[inline]
    fn documents(&self, place: usize) -> &[u32] {
        let entry = self.entries[place];
        match entry & LIST {
            0 => std::slice::from_ref(&self.entries[place]),
            _ => self.lists.documents(entry & !LIST),
        }
    }

    /// The entry at which the search for `key` starts: the high bits of the key, scaled to the size of the
    /// table.
    #[inline]
    fn home(&self, key: u64) -> usize {
        ((u128::from(key) * self.entries.len() as u128) >> 64) as usize
    }

    #[inline]
    fn wrap(&self, place: usize) -> usize {
        if place < self.entries.len() { place } else { place - self.entries.len() }
    }

    #[inline]
    fn group(&self, place: usize) -> u64 {
        let bytes = self.tags[place..place + GROUP].try_into().expect("a slice of eight bytes");
        u64::from_le_bytes(bytes)
    }

    fn set_tag(&mut self, place: usize, tag: u8) {
        self.tags[place] = tag;
        if place < GROUP - 1 {
            let copy = self.entries.len() + place;
            self.tags[copy] = tag;
        }
    }
}

/// The bits that are clear in both free tags (`EMPTY`, `GONE`). Every other tag has at least one of them.
const NOT_FREE: u64 = repeat(!GONE);

/// The tag of a key: its low byte, which `home` does not use, raised above the two special tags.
#[inline]
fn tag_of(key: u64) -> u8 {
    (key as u8).max(FIRST_TAG)
}

const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; GROUP])
}

/// The high bit of every byte of `word` that is zero, exactly (the shorter formula also marks bytes above a
/// zero one).
#[inline]
fn zero_bytes(word: u64) -> u64 {
    const LOW: u64 = repeat(0x7f);
    !(((word & LOW) + LOW) | word | LOW)
}

/// Number of the lowest byte marked by [`zero_bytes`].
#[inline]
fn lowest(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

/// Lists of document numbers in one arena: blocks of 4, 8, 16, … words, the first of which is the length.
///
/// A list is identified by its offset in units of the smallest block. Released blocks are reused for lists of
/// the same size.
#[derive(Clone, Debug, Default)]
struct Lists {
    words: Vec<u32>,
    /// For each size, the first word of released blocks of that size.
    free: Vec<Vec<u32>>,
}

/// Words of the smallest block: a length and three documents.
const LEAST_WORDS: usize = 4;

impl Lists {
    fn heap_bytes(&self) -> usize {
        4 * self.words.capacity() + self.free.iter().map(|blocks| 4 * blocks.capacity()).sum::<usize>()
    }

    #[inline]
    fn documents(&self, list: u32) -> &[u32] {
        let start = list as usize * LEAST_WORDS;
        &self.words[start + 1..start + 1 + self.words[start] as usize]
    }

    /// A new list of two documents.
    fn pair(&mut self, first: u32, second: u32) -> u32 {
        let list = self.block(0);
        let start = list as usize * LEAST_WORDS;
        self.words[start..start + 3].copy_from_slice(&[2, first, second]);
        list
    }

    /// Appends a document; the list may move.
    fn push(&mut self, list: u32, document: u32) -> u32 {
        let start = list as usize * LEAST_WORDS;
        let length = self.words[start] as usize;
        let list = if length + 1 == words_for(length) { self.enlarge(list) } else { list };
        let start = list as usize * LEAST_WORDS;
        self.words[start] += 1;
        self.words[start + 1 + length] = document;
        list
    }

    /// Removes the document at position `at`.
    ///
    /// The size of a block follows from the length: a list that shrinks below half loses the rest of its
    /// block.
    fn remove(&mut self, list: u32, at: usize) {
        let start = list as usize * LEAST_WORDS;
        let end = start + 1 + self.words[start] as usize;
        self.words.copy_within(start + 2 + at..end, start + 1 + at);
        self.words[start] -= 1;
    }

    fn release(&mut self, list: u32) {
        let size = size_for(self.words[list as usize * LEAST_WORDS] as usize);
        self.free_of(size).push(list);
    }

    fn enlarge(&mut self, list: u32) -> u32 {
        let start = list as usize * LEAST_WORDS;
        let words = words_for(self.words[start] as usize);
        let larger = self.block(size_for(words));
        self.words.copy_within(start..start + words, larger as usize * LEAST_WORDS);
        self.release(list);
        larger
    }

    /// A block of `LEAST_WORDS << size` words.
    fn block(&mut self, size: usize) -> u32 {
        if let Some(list) = self.free_of(size).pop() {
            return list;
        }
        let start = self.words.len();
        let words = LEAST_WORDS << size;
        if self.words.capacity() < start + words {
            // Growth by a quarter, not doubling: most of the memory of an index of copies is here.
            self.words.reserve_exact(words.max(start / 4));
        }
        self.words.resize(start + words, 0);
        u32::try_from(start / LEAST_WORDS)
            .ok()
            .filter(|&list| list < LIST - 1)
            .expect("2^31 documents take fewer blocks")
    }

    fn free_of(&mut self, size: usize) -> &mut Vec<u32> {
        if self.free.len() <= size {
            self.free.resize_with(size + 1, Vec::new);
        }
        &mut self.free[size]
    }
}

/// Words of the block of a list of this many documents.
fn words_for(documents: usize) -> usize {
    LEAST_WORDS.max((documents + 1).next_power_of_two())
}

/// The size class of that block, which has `LEAST_WORDS << size` words.
fn size_for(documents: usize) -> usize {
    (words_for(documents) / LEAST_WORDS).trailing_zeros() as usize
}
