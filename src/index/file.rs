//! The file of an index, version 1; little-endian throughout.
//!
//! In: an index. Out: its file, and from that the index again. A [`Dedup`](crate::Dedup) is stored in the
//! same layout with other letters at the start, its threshold in the header and more blocks at the end.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..4 | `RFIX` (`RFDD` for a `Dedup`) |
//! | 4..6 | format version, 1 |
//! | 6..8 | bytes of the header, 96; like all before it the same in every version |
//! | 8..40 | the recipe ([`Recipe::encode`]) |
//! | 40..48 | the fingerprint of the recipe |
//! | 48..52, 52..56 | bands, rows |
//! | 56..64 | documents, removed ones included |
//! | 64..72 | removed documents |
//! | 72 | bits of a slot: 1, 2, 4 or 8 |
//! | 73..80 | zero |
//! | 80..88 | zero (the threshold of a `Dedup`, as the bits of an `f64`) |
//! | 88..96 | checksum of the header up to here |
//! | then | the rows, slots packed with the lowest bits of a byte first, in blocks of 8,192 documents (the last may be shorter) |
//! | then | the numbers of the removed documents, 4 bytes each and rising, in blocks of 8,192 |
//! | then | (only for a `Dedup`) the digests of all texts, 16 bytes each, in blocks of 8,192 |
//!
//! Header and blocks are [`sealed`](crate::support::sealed_file): a file that is cut short, altered, or put
//! together from two is refused. The tables are not stored: they follow from the rows, a file without them is
//! half as long, and nothing in it can contradict the rest.
//!
//! Cost: reading takes as long as inserting the documents. `tests/index.rs` and `tests/clusters.rs` pin every
//! byte.

use std::io::{self, Read, Write};
use std::path::Path;

use super::bands::Bands;
use super::doc_id::DocId;
use super::index::Index;
use crate::error::Error;
use crate::progress::ProgressUnit;
use crate::sketch::{Recipe, SlotBits};
use crate::support::atomic_file;
use crate::support::sealed_file::{self, Blocks, Kind, word};

const KIND: Kind = Kind { magic: *b"RFIX", version: 1, name: "index file" };
const HEADER: usize = 96;
/// Documents, or numbers of documents, of a block: part of the format.
pub(crate) const BLOCK_DOCUMENTS: usize = 1 << 13;
const _: () =
    assert!(BLOCK_DOCUMENTS == super::rows::CHUNK_DOCUMENTS, "pieces of rows are written as blocks");

impl Index {
    /// Writes the index to a file, which appears whole or not at all.
    ///
    /// The bytes depend on the documents and their order only: equal indexes make equal files.
    ///
    /// # Errors
    /// [`Error::is_io`] if the file cannot be written, [`Error::is_cancelled`]; what was at `path` before is
    /// then untouched.
    ///
    /// # Example
    /// ```no_run
    /// use refrain::{Bands, Index, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// index.insert(&sketcher.sketch_shingles(0..500))?;
    /// index.save("seen.refrain")?;
    /// assert_eq!(Index::load("seen.refrain", sketcher.recipe())?.len(), 1);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        atomic_file::write(path.as_ref(), |writer| self.write_to(writer))
    }

    /// Reads an index that [`Index::save`] wrote for sketches of `recipe`.
    ///
    /// The recipe is an argument, so that a file of other sketches is an error here, instead of giving wrong
    /// answers later.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the file is cut short, altered or not an index file,
    /// [`Error::is_incompatible`] if another format version or recipe wrote it, [`Error::is_io`] if it cannot
    /// be read.
    ///
    /// # Cost
    /// That of [`Index::insert_all`] for its documents; with feature `rayon` on all threads.
    pub fn load(path: impl AsRef<Path>, recipe: &Recipe) -> Result<Index, Error> {
        sealed_file::read(path.as_ref(), |reader| Index::read_from(reader, recipe))
    }

    /// Writes the bytes of [`Index::save`] to a stream, unbuffered.
    ///
    /// # Errors
    /// [`Error::is_io`] if the stream fails, [`Error::is_cancelled`].
    ///
    /// # Example
    /// ```
    /// use refrain::{Bands, Index, Sketcher};
    /// let sketcher = Sketcher::default();
    /// let mut index = Index::new(sketcher.recipe(), Bands::STANDARD)?;
    /// index.insert(&sketcher.sketch("A text."))?;
    /// let mut bytes = Vec::new();
    /// index.write_to(&mut bytes)?;
    /// assert_eq!(Index::read_from(&bytes[..], sketcher.recipe())?.len(), 1);
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn write_to(&self, writer: impl Write) -> Result<(), Error> {
        self.write_as(KIND, 0, writer, |_| Ok(()))
    }

    /// Reads the bytes of [`Index::write_to`] from a stream, and nothing after them.
    ///
    /// # Errors
    /// As [`Index::load`].
    pub fn read_from(reader: impl Read, recipe: &Recipe) -> Result<Index, Error> {
        let (mut index, extra, _) = Index::read_as(KIND, reader, recipe)?;
        if extra != 0 {
            return Err(KIND.corrupt("the header contradicts itself"));
        }
        index.enter_all();
        Ok(index)
    }

    /// Writes a file of a kind: header with `extra`, blocks of the index, and what `rest` writes.
    pub(crate) fn write_as<W: Write>(
        &self,
        kind: Kind,
        extra: u64,
        mut writer: W,
        rest: impl FnOnce(&mut Blocks<W>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let failed = |error| Error::io(format!("cannot write the {}", kind.name), error);
        let header = self.header(kind, extra);
        writer.write_all(&header).map_err(failed)?;
        let mut blocks = Blocks::after(&header, kind, writer);
        for (piece, done) in self.rows.pieces().zip((0..).step_by(BLOCK_DOCUMENTS)) {
            self.watch.tell("write", ProgressUnit::Documents, done, Some(self.rows.len() as u64))?;
            blocks.write(piece).map_err(failed)?;
        }
        let removed: Vec<u8> = self.removed.iter(self.rows.len() as u32).flat_map(u32::to_le_bytes).collect();
        removed.chunks(4 * BLOCK_DOCUMENTS).try_for_each(|block| blocks.write(block)).map_err(failed)?;
        rest(&mut blocks).and_then(|()| blocks.flush()).map_err(failed)
    }

    /// Reads what [`Index::write_as`] wrote: the index with empty tables (see [`Index::enter_all`]), `extra`,
    /// and the blocks that follow.
    pub(crate) fn read_as<R: Read>(
        kind: Kind,
        mut reader: R,
        recipe: &Recipe,
    ) -> Result<(Index, u64, Blocks<R>), Error> {
        let bytes = kind.header(&mut reader)?;
        let header = Header::parse(&bytes).ok_or_else(|| kind.corrupt("the header contradicts itself"))??;
        header.recipe.must_equal(recipe)?;
        let mut blocks = Blocks::after(&bytes, kind, reader);
        let mut index =
            Index::with_slot_bits(recipe, header.bands, header.bits).map_err(|error| kind.corrupt(error))?;
        let width = index.rows.width();
        blocks.read_all(header.documents, width, BLOCK_DOCUMENTS, "sketches", |row| {
            index.rows.push(row);
            Ok(())
        })?;
        let mut least = 0;
        blocks.read_all(header.removed, 4, BLOCK_DOCUMENTS, "removed documents", |number| {
            let number = u32::from_le_bytes(number.try_into().expect("four bytes"));
            if u64::from(number) < least || number as usize >= index.rows.len() {
                return Err(kind.corrupt(format!("{number} is no removed document; the file is altered")));
            }
            least = u64::from(number) + 1;
            index.removed.insert(number);
            Ok(())
        })?;
        Ok((index, header.extra, blocks))
    }

    fn header(&self, kind: Kind, extra: u64) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[8..40].copy_from_slice(&self.recipe.encode());
        header[40..48].copy_from_slice(&self.recipe.fingerprint().to_le_bytes());
        header[48..52].copy_from_slice(&(self.bands.bands() as u32).to_le_bytes());
        header[52..56].copy_from_slice(&(self.bands.rows() as u32).to_le_bytes());
        header[56..64].copy_from_slice(&(self.rows.len() as u64).to_le_bytes());
        header[64..72].copy_from_slice(&(self.removed.count() as u64).to_le_bytes());
        header[72] = self.slot_bits().bits() as u8;
        header[80..88].copy_from_slice(&extra.to_le_bytes());
        kind.seal(&mut header);
        header
    }
}

/// The content of the header, checked against its checksum and against itself.
struct Header {
    recipe: Recipe,
    bands: Bands,
    bits: SlotBits,
    documents: usize,
    removed: usize,
    extra: u64,
}

impl Header {
    fn parse(bytes: &[u8]) -> Option<Result<Header, Error>> {
        let bytes: &[u8; HEADER] = bytes.try_into().ok()?;
        let recipe = match Recipe::decode(bytes[8..40].try_into().expect("32 bytes")) {
            Ok(recipe) => recipe,
            Err(error) => return Some(Err(error)),
        };
        let number =
            |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let bands = Bands::unjudged(number(48), number(52)).ok()?;
        let bits = SlotBits::of(usize::from(bytes[72]))?;
        let (documents, removed) = (word(&bytes[56..64]), word(&bytes[64..72]));
        let sound = word(&bytes[40..48]) == recipe.fingerprint()
            && documents <= DocId::LIMIT as u64
            && removed <= documents
            && bytes[73..80] == [0; 7];
        let (documents, removed) = (documents as usize, removed as usize);
        let extra = word(&bytes[80..88]);
        sound.then_some(Ok(Header { recipe, bands, bits, documents, removed, extra }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sketch::Sketcher;
    use crate::support::hash;

    /// An empty index whose header has another byte at `at`, and a checksum that fits.
    fn forged(at: usize, byte: u8) -> Result<Index, Error> {
        let recipe = *Sketcher::default().recipe();
        let mut bytes = Vec::new();
        Index::new(&recipe, Bands::STANDARD).unwrap().write_to(&mut bytes).unwrap();
        assert_eq!(bytes.len(), HEADER);
        bytes[at] = byte;
        let checksum = hash::checksum(&bytes[..HEADER - 8]);
        bytes[HEADER - 8..].copy_from_slice(&checksum.to_le_bytes());
        Index::read_from(&bytes[..], &recipe)
    }

    #[test]
    fn another_format_version_is_incompatible() {
        assert!(forged(4, 1).is_ok());
        assert!(forged(4, 2).unwrap_err().is_incompatible());
    }

    #[test]
    fn a_header_that_contradicts_itself_is_corrupt() {
        // The fingerprint, the bands (0, and more than the sketches have), rows, more removed documents than
        // documents, the bits (too few for a key, and no width), the zeros; and a number of documents without
        // their rows.
        let forgeries = [
            (40, 7),
            (48, 0),
            (48, 33),
            (52, 0),
            (64, 1),
            (72, 1),
            (72, 5),
            (73, 1),
            (80, 1),
            (59, 1),
            (63, 1),
        ];
        for (at, byte) in forgeries {
            let error = forged(at, byte).unwrap_err();
            assert!(error.is_corrupt(), "byte {at}: {error}");
        }
    }
}
