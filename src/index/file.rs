//! The file of an index, version 1; little-endian throughout.
//!
//! | bytes | what |
//! | --- | --- |
//! | 0..4 | `RFIX` |
//! | 4..6 | format version, 1 |
//! | 6..8 | bytes of the header, 80; like all before it the same in every version |
//! | 8..32 | the recipe ([`Recipe::encode`]) |
//! | 32..40 | the fingerprint of the recipe |
//! | 40..44, 44..48 | bands, rows |
//! | 48..56 | documents, removed ones included |
//! | 56..64 | removed documents |
//! | 64 | bits of a slot: 1, 2, 4 or 8 |
//! | 65..72 | zero |
//! | 72..80 | checksum of the header up to here |
//! | then | the rows, slots packed with the lowest bits of a byte first, in blocks of 8,192 documents (the last may be shorter) |
//! | then | the numbers of the removed documents, 4 bytes each and rising, in blocks of 8,192 |
//!
//! Every block is followed by an 8-byte checksum that chains: it covers the header, all blocks before, and
//! the block. So a file that is cut short, altered, or put together from two is refused. The tables are not
//! stored: they follow from the rows, a file without them is half as long, and nothing in it can contradict
//! the rest.
//!
//! `tests/index.rs` pins every byte.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::{Bands, DocId, Index};
use crate::{Error, Recipe, SlotBits, hash, whole_file};

const MAGIC: &[u8; 4] = b"RFIX";
const VERSION: u16 = 1;
const HEADER: usize = 80;
/// Bytes that are read before the length of the header is known.
const PREFIX: usize = 8;
/// A header longer than this is no header.
const LONGEST_HEADER: usize = 4096;
/// Documents, or numbers of documents, of a block: part of the format.
const BLOCK_DOCUMENTS: usize = 1 << 13;
const _: () =
    assert!(BLOCK_DOCUMENTS == super::rows::CHUNK_DOCUMENTS, "pieces of rows are written as blocks");
/// Bytes asked of the system at once.
const BUFFER_BYTES: usize = 1 << 18;

impl Index {
    /// Writes the index to a file, which appears whole or not at all.
    ///
    /// The bytes depend on the documents and their order only: equal indexes make equal files.
    ///
    /// # Errors
    /// [`Error::is_io`] if the file cannot be written; what was at `path` before is then untouched.
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
        whole_file::write(path.as_ref(), |writer| self.write_to(writer))
    }

    /// Reads an index that [`Index::save`] wrote for sketches of `recipe`.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the file is cut short, altered or none of an index,
    /// [`Error::is_incompatible`] if another format version or recipe wrote it, [`Error::is_io`] if it cannot
    /// be read.
    ///
    /// # Cost
    /// That of [`Index::insert_all`] for its documents; with feature `rayon` on all threads.
    pub fn load(path: impl AsRef<Path>, recipe: &Recipe) -> Result<Index, Error> {
        let path = path.as_ref();
        let failed = |error| Error::io(format!("cannot read {}", path.display()), error);
        let mut reader = BufReader::with_capacity(BUFFER_BYTES, File::open(path).map_err(failed)?);
        let index = Index::read_from(&mut reader, recipe)?;
        match reader.read(&mut [0]).map_err(failed)? {
            0 => Ok(index),
            _ => Err(Error::corrupt(format!(
                "{} goes on behind the end of the index; it is altered",
                path.display()
            ))),
        }
    }

    /// Writes the bytes of [`Index::save`] to a stream, unbuffered.
    ///
    /// # Errors
    /// [`Error::is_io`] if the stream fails.
    pub fn write_to(&self, writer: impl Write) -> Result<(), Error> {
        let header = self.header();
        let chain = word(&header[HEADER - 8..]);
        let mut blocks = Blocks { stream: writer, chain };
        let written = blocks.stream.write_all(&header).and_then(|()| {
            self.rows.pieces().try_for_each(|piece| blocks.write(piece))?;
            let removed: Vec<u8> =
                self.removed.iter(self.rows.len() as u32).flat_map(u32::to_le_bytes).collect();
            removed.chunks(4 * BLOCK_DOCUMENTS).try_for_each(|block| blocks.write(block))?;
            blocks.stream.flush()
        });
        written.map_err(|error| Error::io("cannot write the index", error))
    }

    /// Reads the bytes of [`Index::write_to`] from a stream, and nothing behind them.
    ///
    /// # Errors
    /// As [`Index::load`].
    pub fn read_from(mut reader: impl Read, recipe: &Recipe) -> Result<Index, Error> {
        let header = Header::read(&mut reader)?;
        header.recipe.must_equal(recipe)?;
        let mut blocks = Blocks { stream: reader, chain: header.checksum };
        let mut index = Index::with_slot_bits(recipe, header.bands, header.bits)
            .map_err(|error| Error::corrupt(format!("index file: {error}")))?;
        let width = index.rows.width();
        blocks.read_all(header.documents, width, "sketches", |row| {
            index.rows.push(row);
            Ok(())
        })?;
        let mut least = 0;
        blocks.read_all(header.removed, 4, "removed documents", |number| {
            let number = u32::from_le_bytes(number.try_into().expect("four bytes"));
            if u64::from(number) < least || number as usize >= index.rows.len() {
                return Err(Error::corrupt(format!(
                    "index file: {number} is no removed document; the file is altered"
                )));
            }
            least = u64::from(number) + 1;
            index.removed.insert(number);
            Ok(())
        })?;
        index.link(0..header.documents as u32);
        Ok(index)
    }

    fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(MAGIC);
        header[4..6].copy_from_slice(&VERSION.to_le_bytes());
        header[6..8].copy_from_slice(&(HEADER as u16).to_le_bytes());
        header[8..32].copy_from_slice(&self.recipe.encode());
        header[32..40].copy_from_slice(&self.recipe.fingerprint().to_le_bytes());
        header[40..44].copy_from_slice(&(self.bands.bands() as u32).to_le_bytes());
        header[44..48].copy_from_slice(&(self.bands.rows() as u32).to_le_bytes());
        header[48..56].copy_from_slice(&(self.rows.len() as u64).to_le_bytes());
        header[56..64].copy_from_slice(&(self.removed.count as u64).to_le_bytes());
        header[64] = self.slot_bits().bits() as u8;
        let checksum = hash::checksum(&header[..HEADER - 8]);
        header[HEADER - 8..].copy_from_slice(&checksum.to_le_bytes());
        header
    }
}

/// What the header says, checked against its checksum and against itself.
struct Header {
    recipe: Recipe,
    bands: Bands,
    bits: SlotBits,
    documents: usize,
    removed: usize,
    checksum: u64,
}

impl Header {
    fn read(reader: &mut impl Read) -> Result<Header, Error> {
        let mut bytes = vec![0; PREFIX];
        fill(reader, &mut bytes, "header")?;
        let length = usize::from(u16::from_le_bytes([bytes[6], bytes[7]]));
        if &bytes[..4] != MAGIC || !(PREFIX + 8..=LONGEST_HEADER).contains(&length) {
            return Err(Error::corrupt("index file: it does not start with the header of an index"));
        }
        bytes.resize(length, 0);
        fill(reader, &mut bytes[PREFIX..], "header")?;
        let (content, checksum) = bytes.split_at(length - 8);
        if word(checksum) != hash::checksum(content) {
            return Err(Error::corrupt(
                "index file: the checksum of the header does not fit; the file is altered",
            ));
        }
        // The checksum first: only a sound header says which version wrote it.
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION {
            return Err(Error::incompatible(format!(
                "index file: format version {version}, but this crate reads version {VERSION}; make the index \
                 again from its \
                 texts"
            )));
        }
        Header::parse(&bytes).ok_or_else(|| Error::corrupt("index file: the header contradicts itself"))?
    }

    fn parse(bytes: &[u8]) -> Option<Result<Header, Error>> {
        let bytes: &[u8; HEADER] = bytes.try_into().ok()?;
        let recipe = match Recipe::decode(bytes[8..32].try_into().expect("24 bytes")) {
            Ok(recipe) => recipe,
            Err(error) => return Some(Err(error)),
        };
        let number =
            |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize;
        let bands = Bands::unjudged(number(40), number(44)).ok()?;
        let widths = [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight];
        let bits = widths.into_iter().find(|bits| bits.bits() == usize::from(bytes[64]))?;
        let (documents, removed) = (word(&bytes[48..56]), word(&bytes[56..64]));
        let sound = word(&bytes[32..40]) == recipe.fingerprint()
            && documents <= DocId::LIMIT as u64
            && removed <= documents
            && bytes[65..72] == [0; 7];
        sound.then(|| {
            let checksum = word(&bytes[72..80]);
            let (documents, removed) = (documents as usize, removed as usize);
            Ok(Header { recipe, bands, bits, documents, removed, checksum })
        })
    }
}

/// A stream of blocks, each followed by its chained checksum.
struct Blocks<S> {
    stream: S,
    chain: u64,
}

impl<S> Blocks<S> {
    fn advance(&mut self, block: &[u8]) -> u64 {
        self.chain = hash::mix(self.chain ^ hash::checksum(block));
        self.chain
    }
}

impl<W: Write> Blocks<W> {
    fn write(&mut self, block: &[u8]) -> io::Result<()> {
        self.stream.write_all(block)?;
        let checksum = self.advance(block);
        self.stream.write_all(&checksum.to_le_bytes())
    }
}

impl<R: Read> Blocks<R> {
    /// Reads `count` items of `size` bytes and hands each on, once the checksum of its block is known to fit.
    /// Memory grows with what was read, not with what a header claims.
    fn read_all(
        &mut self,
        count: usize,
        size: usize,
        what: &str,
        mut take: impl FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut block = Vec::new();
        let mut left = count;
        while left > 0 {
            let items = left.min(BLOCK_DOCUMENTS);
            block.resize(items * size, 0);
            fill(&mut self.stream, &mut block, what)?;
            let mut checksum = [0; 8];
            fill(&mut self.stream, &mut checksum, what)?;
            if u64::from_le_bytes(checksum) != self.advance(&block) {
                return Err(Error::corrupt(format!(
                    "index file: the checksum of the {what} from number {} on does not fit; the file is \
                     altered",
                    count - left
                )));
            }
            block.chunks_exact(size).try_for_each(&mut take)?;
            left -= items;
        }
        Ok(())
    }
}

/// Reads all of `bytes`; a stream that ends before is cut short.
fn fill(reader: &mut impl Read, bytes: &mut [u8], what: &str) -> Result<(), Error> {
    reader.read_exact(bytes).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::corrupt(format!("index file: it ends within the {what}; the file is cut short"))
        }
        _ => Error::io(format!("cannot read the {what} of the index"), error),
    })
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sketcher;

    /// An empty index whose header says something else at `at`, under a checksum that fits.
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
        // documents, the bits (too few for a key, and no width), the zeros; and a number of documents that do not
        // follow.
        let forgeries =
            [(32, 7), (40, 0), (40, 33), (44, 0), (56, 1), (64, 1), (64, 5), (65, 1), (51, 1), (55, 1)];
        for (at, byte) in forgeries {
            let error = forged(at, byte).unwrap_err();
            assert!(error.is_corrupt(), "byte {at}: {error}");
        }
    }
}
