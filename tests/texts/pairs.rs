//! Pairs of texts that differ in known ways: words edited, paragraphs moved.

use super::writer::{Language, Sentence, Writer};

/// A pair of texts of about `bytes` bytes: the second is the first with 5 % of its words edited.
pub fn edited_pair(bytes: usize, seed: u64) -> (String, String) {
    let mut writer = Writer::new(Language::named("en"), seed);
    let mut paragraphs = writer.paragraphs(bytes);
    let left = writer.document(&paragraphs);
    paragraphs.iter_mut().for_each(|paragraph| writer.edit(paragraph, 0.05));
    (left, writer.document(&paragraphs))
}

/// A pair whose right text has a fifth of the paragraphs moved from the first third towards the end. The third text is the moved
/// block.
pub fn moved_pair(bytes: usize, seed: u64) -> (String, String, String) {
    let mut writer = Writer::new(Language::named("en"), seed);
    let mut paragraphs = writer.paragraphs(bytes);
    let left = writer.document(&paragraphs);
    let (from, count) = (paragraphs.len() / 4, paragraphs.len() / 5);
    let block: Vec<Vec<Sentence>> = paragraphs.drain(from..from + count).collect();
    let moved = writer.document(&block);
    let to = paragraphs.len() * 9 / 10;
    paragraphs.splice(to..to, block);
    (left, writer.document(&paragraphs), moved)
}

/// The same with a paragraph dropped, all paragraph breaks removed, and 2 % of the words edited.
pub fn moved_and_edited_pair(bytes: usize, seed: u64) -> (String, String) {
    let mut writer = Writer::new(Language::named("en"), seed);
    let mut paragraphs = writer.paragraphs(bytes);
    let left = writer.document(&paragraphs);
    let (from, count) = (paragraphs.len() / 4, (paragraphs.len() / 5).max(1));
    let block: Vec<Vec<Sentence>> = paragraphs.drain(from..from + count).collect();
    let to = paragraphs.len() * 9 / 10;
    paragraphs.splice(to..to, block);
    paragraphs.remove(1);
    paragraphs.iter_mut().for_each(|paragraph| writer.edit(paragraph, 0.02));
    (left, writer.document(&paragraphs).replace("\n\n", ""))
}

/// Two texts of about `bytes` bytes each: the right one has 2 % of its words edited and two paragraphs moved.
pub fn edited_and_reordered_pair(bytes: usize, seed: u64) -> (String, String) {
    let mut writer = Writer::new(Language::named("en"), seed);
    let mut paragraphs = writer.paragraphs(bytes);
    let left = writer.document(&paragraphs);
    for (from, to) in [(1, 2), (2, 1)] {
        // From two thirds of the text to one third, and back.
        let moved = paragraphs.remove(paragraphs.len() * from / 3);
        paragraphs.insert(paragraphs.len() * to / 3, moved);
    }
    paragraphs.iter_mut().for_each(|paragraph| writer.edit(paragraph, 0.02));
    (left, writer.document(&paragraphs))
}
