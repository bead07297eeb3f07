//! The file of a passage index, version 2; little-endian throughout.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..8 | `RFPI`, format version 2, bytes of the header ([`sealed`](crate::support::sealed_file)) |
//! | 8..16 | fingerprint of what seeds depend on: their lengths and hash, the folding, its Unicode version |
//! | 16..24, 24..32 | `min_length`, `max_gap`, in letters (in version 1 in characters) |
//! | 32, 33 | `nested`, `order_free`: 0 or 1 |
//! | 34 | 1 if `suppressed` is off, else 0 |
//! | 35 | `summaries`: 0 or 1 |
//! | 36 | `fold_marks`: 0 or 1 |
//! | 37..40 | zero |
//! | 40..48 | documents |
//! | 48..52 | runs of seeds |
//! | 52..56 | zero |
//! | 56..64 | checksum of the header up to here |
//! | then | the length of every text, 4 bytes each, in blocks of 8,192 |
//! | then | the texts, each in blocks of 65,536 bytes (the last may be shorter) |
//! | then | the length of every run, 4 bytes each, in one block |
//! | then | the runs, oldest first, each in blocks of 8,192 entries: hash, document, position in the stream, 4 bytes each |
//!
//! Header and blocks have checksums: a file that is cut short, altered, or assembled from two files is
//! refused. Streams are not stored, because squeezing a text takes less time than reading its stream from
//! most disks. Seeds are stored, because sampling and merging them takes longer than reading them.
//!
//! `tests/passage_index.rs` fixes every byte.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use super::passage_index::{Document, PassageIndex};
use super::runs::{Place, Run, Runs};
use crate::error::Error;
use crate::index::DocId;
use crate::passage::finder::PassageFinder;
use crate::passage::prepared::Prepared;
use crate::passage::seed;
use crate::scan;
use crate::stream::{MAX_BYTES, Stream};
use crate::support::sealed_file::{Blocks, Kind, word};
use crate::support::{atomic_file, hash};

const KIND: Kind = Kind { magic: *b"RFPI", version: 2, name: "passage index file" };
const HEADER: usize = 64;
/// Lengths or entries in a block. This is part of the format.
const BLOCK_ITEMS: usize = 1 << 13;
/// Bytes of text in a block. This is part of the format.
const BLOCK_BYTES: usize = 1 << 16;
/// Bytes of an entry in the file.
const ENTRY: usize = 12;
/// There are never more runs than this: each is several times as long as the next, and together they have
/// fewer than 2³² entries.
const MOST_RUNS: usize = 32;
/// Bytes read from the system at once.
const BUFFER_BYTES: usize = 1 << 18;

impl PassageIndex {
    /// Writes the index, including the texts, to a file. The file appears complete or not at all.
    ///
    /// The bytes depend only on the documents, their order and the settings. Equal indexes give equal files.
    ///
    /// # Errors
    /// [`Error::is_io`] if the file cannot be written. A file that was at `path` before is then unchanged.
    ///
    /// # Example
    /// ```no_run
    /// use refrain::{PassageFinder, PassageIndex};
    /// let mut index = PassageIndex::new(PassageFinder::new())?;
    /// index.add("The text of a first source.")?;
    /// index.save("sources.refrain")?;
    /// assert_eq!(PassageIndex::load("sources.refrain")?.len(), 1);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        atomic_file::write(path.as_ref(), |writer| self.write_to(writer))
    }

    /// Reads an index that [`PassageIndex::save`] wrote, with the settings of its finder.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the file is cut short, altered or not a passage index;
    /// [`Error::is_incompatible`] if it has another format version, or if its writer sampled or folded texts
    /// differently; [`Error::is_io`] if it cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<PassageIndex, Error> {
        let path = path.as_ref();
        let failed = |error| Error::io(format!("cannot read {}", path.display()), error);
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path).map_err(failed)?);
        let index = PassageIndex::read_from(&mut reader)?;
        match reader.read(&mut [0]).map_err(failed)? {
            0 => Ok(index),
            _ => Err(KIND
                .corrupt(format!("{} goes on behind the end of the index; it is altered", path.display()))),
        }
    }

    /// Writes the bytes of [`PassageIndex::save`] to a stream, unbuffered.
    ///
    /// # Errors
    /// [`Error::is_io`] if the stream fails.
    pub fn write_to(&self, mut writer: impl Write) -> Result<(), Error> {
        let header = self.header();
        let written = writer.write_all(&header).and_then(|()| {
            let mut blocks = Blocks::after(&header, KIND, writer);
            for documents in self.documents.chunks(BLOCK_ITEMS) {
                blocks.write(&lengths(documents.iter().map(|document| document.text.len())))?;
            }
            for document in &self.documents {
                document.text.chunks(BLOCK_BYTES).try_for_each(|part| blocks.write(part))?;
            }
            if self.runs.iter().len() > 0 {
                blocks.write(&lengths(self.runs.iter().map(Run::len)))?;
            }
            for run in self.runs.iter() {
                let mut entries = run.entries().peekable();
                while entries.peek().is_some() {
                    blocks.write(&encoded(entries.by_ref().take(BLOCK_ITEMS)))?;
                }
            }
            blocks.flush()
        });
        written.map_err(|error| Error::io("cannot write the passage index", error))
    }

    /// Reads the bytes of [`PassageIndex::write_to`] from a stream, and nothing after them.
    ///
    /// # Errors
    /// As [`PassageIndex::load`].
    pub fn read_from(mut reader: impl Read) -> Result<PassageIndex, Error> {
        let bytes = KIND.header(&mut reader)?;
        let header = Header::parse(&bytes).ok_or_else(|| KIND.corrupt("the header contradicts itself"))?;
        if header.fingerprint != fingerprint() {
            return Err(Error::incompatible(format!(
                "{}: written by a version of this crate that folds or samples texts otherwise (fingerprint {:016x}, \
                 expected {:016x}); make the index again from its texts",
                KIND.name,
                header.fingerprint,
                fingerprint()
            )));
        }
        let mut blocks = Blocks::after(&bytes, KIND, reader);
        let documents = read_texts(&mut blocks, header.documents, header.finder.fold_marks)?;
        let runs = read_runs(&mut blocks, header.runs, &documents)?;
        Ok(PassageIndex { finder: header.finder, documents, runs })
    }

    fn header(&self) -> [u8; HEADER] {
        let finder = &self.finder;
        let mut header = [0; HEADER];
        header[8..16].copy_from_slice(&fingerprint().to_le_bytes());
        header[16..24].copy_from_slice(&(finder.min_length as u64).to_le_bytes());
        header[24..32].copy_from_slice(&(finder.max_gap as u64).to_le_bytes());
        header[32] = finder.nested.into();
        header[33] = finder.order_free.into();
        header[34] = (!finder.suppressed).into();
        header[35] = finder.summaries.into();
        header[36] = finder.fold_marks.into();
        header[40..48].copy_from_slice(&(self.documents.len() as u64).to_le_bytes());
        header[48..52].copy_from_slice(&(self.runs.iter().len() as u32).to_le_bytes());
        KIND.seal(&mut header);
        header
    }
}

/// The contents of a consistent header.
struct Header {
    fingerprint: u64,
    finder: PassageFinder,
    documents: usize,
    runs: usize,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Header> {
        let bytes: &[u8; HEADER] = bytes.try_into().ok()?;
        let number = |at: usize| usize::try_from(word(&bytes[at..at + 8])).ok();
        let finder = PassageFinder::new()
            .min_length(number(16)?)
            .max_gap(number(24)?)
            .nested(bytes[32] == 1)
            .order_free(bytes[33] == 1)
            .suppressed(bytes[34] == 0)
            .summaries(bytes[35] == 1)
            .fold_marks(bytes[36] == 1);
        let documents = number(40)?;
        let runs = number_of(&bytes[48..52]);
        let sound = bytes[32] <= 1
            && bytes[33] <= 1
            && bytes[34] <= 1
            && bytes[35] <= 1
            && bytes[36] <= 1
            && bytes[37..40] == [0; 3]
            && documents <= DocId::LIMIT
            && runs <= MOST_RUNS
            && bytes[52..56] == [0; 4];
        finder.validate().ok()?;
        sound.then(|| Header { fingerprint: word(&bytes[8..16]), finder, documents, runs })
    }
}

fn read_texts(
    blocks: &mut Blocks<impl Read>,
    documents: usize,
    fold_marks: bool,
) -> Result<Vec<Document>, Error> {
    let mut lengths = Vec::new();
    blocks.read_all(documents, 4, BLOCK_ITEMS, "lengths of the texts", |length| {
        lengths.push(number_of(length));
        Ok(())
    })?;
    let document = |length: usize| {
        if length > MAX_BYTES {
            return Err(KIND.corrupt(format!("a text of {length} bytes is none; the file is altered")));
        }
        let text = blocks.read_bytes(length, BLOCK_BYTES, "texts")?;
        let (mut stream, view) = Prepared::read(&text, None, fold_marks)?.into_stream();
        stream.shrink();
        Ok(Document { text: text.into(), stream, view })
    };
    lengths.into_iter().map(document).collect()
}

fn read_runs(blocks: &mut Blocks<impl Read>, count: usize, documents: &[Document]) -> Result<Runs, Error> {
    let mut lengths = Vec::new();
    blocks.read_all(count, 4, MOST_RUNS, "lengths of the runs", |length| {
        lengths.push(number_of(length));
        Ok(())
    })?;
    let mut runs = Runs::default();
    for length in lengths {
        let (mut hashes, mut places) = (Vec::new(), Vec::new());
        blocks.read_all(length, ENTRY, BLOCK_ITEMS, "seeds", |bytes| {
            let (hash, place) = decoded(bytes);
            // Comparisons rely on each seed being inside its document. They check the bytes of a seed
            // themselves.
            let inside = documents
                .get(place.document as usize)
                .is_some_and(|document| place.at as usize + seed::K <= document.stream.len());
            let last = hashes.last().copied().zip(places.last().copied());
            if !inside || last.is_some_and(|last| last >= (hash, place)) {
                return Err(KIND.corrupt("a seed is out of its place; the file is altered"));
            }
            hashes.push(hash);
            places.push(place);
            Ok(())
        })?;
        hashes.shrink_to_fit();
        places.shrink_to_fit();
        runs.restore(hashes, places);
    }
    Ok(runs)
}

/// Lengths below 2³², 4 bytes each.
fn lengths(lengths: impl Iterator<Item = usize>) -> Vec<u8> {
    lengths.flat_map(|length| (length as u32).to_le_bytes()).collect()
}

fn number_of(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().expect("four bytes")) as usize
}

fn encoded(entries: impl Iterator<Item = (u32, Place)>) -> Vec<u8> {
    let fields = |(hash, place): (u32, Place)| [hash, place.document, place.at];
    entries.flat_map(fields).flat_map(u32::to_le_bytes).collect()
}

fn decoded(bytes: &[u8]) -> (u32, Place) {
    let field = |at: usize| number_of(&bytes[at..at + 4]) as u32;
    (field(0), Place { document: field(4), at: field(8) })
}

/// A text whose seeds show how texts are folded and sampled. It contains cases, marks, forms and scripts for
/// which foldings differ.
const SPECIMEN: &str = "The Quick Brown FOX Jumped Over 12 Lazy Dogs; na\u{ef}ve na\u{69}\u{308}ve \u{fb01}nal \u{ff21}\u{ff22}\u{ff23} \
                        co\u{ad}op stra\u{df}e \u{130}stanbul \u{3a3}\u{3af}\u{3c3}\u{3c5}\u{3c6}\u{3bf}\u{3c2} \
                        \u{431}\u{44b}\u{43b}\u{43e} \u{5d1}\u{5b0}\u{5e8}\u{5b5} \u{643}\u{640}\u{62a}\u{627}\u{628} \
                        \u{915}\u{93c}\u{93e} \u{e19}\u{e49}\u{e33} \u{d55c}\u{1100}\u{1161} \u{6c34}\u{4f4d}\u{ff76}\u{ff9e} \
                        and then the same once more but longer, so that several windows hold it from end to end.";

/// A hash of everything that decides whether seeds are comparable.
fn fingerprint() -> u64 {
    let stream = Stream::of(SPECIMEN).expect("a short text");
    let (major, minor, update) = scan::UNICODE;
    let mut bytes = vec![seed::K as u8, seed::W as u8, seed::GUARANTEE as u8, major, minor, update];
    bytes.extend_from_slice(stream.folded());
    for seed in seed::sorted(stream.folded()) {
        bytes.extend_from_slice(&seed.hash().to_le_bytes());
        bytes.extend_from_slice(&seed.at().to_le_bytes());
    }
    hash::checksum(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "The harbour master counted nineteen wooden boats before the fog closed over the pier.";

    fn index() -> PassageIndex {
        let mut index = PassageIndex::new(PassageFinder::new()).unwrap();
        index.add(TEXT).unwrap();
        index
    }

    fn written(index: &PassageIndex) -> Vec<u8> {
        let mut bytes = Vec::new();
        index.write_to(&mut bytes).unwrap();
        bytes
    }

    /// Reads an empty index whose header has `byte` at position `at` and a correct checksum.
    fn forged(at: usize, byte: u8, kind: Kind) -> Result<PassageIndex, Error> {
        let mut bytes = written(&PassageIndex::new(PassageFinder::new()).unwrap());
        assert_eq!(bytes.len(), HEADER);
        bytes[at] = byte;
        kind.seal(&mut bytes);
        PassageIndex::read_from(&bytes[..])
    }

    #[test]
    fn another_format_version_or_sampling_is_incompatible() {
        assert!(forged(16, 60, KIND).is_ok());
        assert!(forged(16, 60, Kind { version: 1, ..KIND }).unwrap_err().is_incompatible());
        for at in 8..16 {
            let other = fingerprint().to_le_bytes()[at - 8] ^ 1;
            assert!(forged(at, other, KIND).unwrap_err().is_incompatible());
        }
    }

    /// The cases: a least length of 3, gaps, flags, the zeros, and more documents and runs than are possible.
    #[test]
    fn a_header_that_contradicts_itself_is_corrupt() {
        let cases = [
            (16, 3),
            (27, 1),
            (31, 1),
            (32, 2),
            (33, 3),
            (34, 2),
            (35, 2),
            (36, 2),
            (37, 1),
            (39, 1),
            (44, 1),
            (47, 1),
            (49, 1),
            (52, 1),
            (55, 9),
        ];
        for (at, byte) in cases {
            let error = forged(at, byte, KIND).unwrap_err();
            assert!(error.is_corrupt(), "byte {at}: {error}");
        }
    }

    /// A seed outside its document is refused even if the checksums are correct. A comparison would read past
    /// the end.
    #[test]
    fn seeds_out_of_their_places_are_corrupt() {
        let length = Stream::of(TEXT).unwrap().len() as u32;
        let place = |document, at| Place { document, at };
        let last = length - seed::K as u32;
        for (hashes, places, sound) in [
            (vec![7], vec![place(0, last)], true),
            (vec![7], vec![place(0, last + 1)], false),
            (vec![7], vec![place(0, u32::MAX)], false),
            (vec![7], vec![place(1, 0)], false),
            (vec![7, 7], vec![place(0, 1), place(0, 2)], true),
            (vec![7, 7], vec![place(0, 2), place(0, 1)], false),
            (vec![7, 7], vec![place(0, 1), place(0, 1)], false),
            (vec![8, 7], vec![place(0, 1), place(0, 2)], false),
        ] {
            let mut index = index();
            index.runs = Runs::default();
            index.runs.restore(hashes, places);
            let read = PassageIndex::read_from(&written(&index)[..]);
            assert_eq!(read.as_ref().err().map(Error::is_corrupt), (!sound).then_some(true), "{read:?}");
        }
    }
}
