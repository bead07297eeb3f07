//! The file of a [`Dedup`]: that of its index (see `src/index/file.rs`) under the letters `RFDD`, with the
//! threshold and the digests.
//!
//! In: a `Dedup`. Out: its file, and from that the `Dedup` again. Everything else follows from the rows and
//! the digests. Cost: reading takes as long as adding the texts, without sketching them. `tests/clusters.rs`
//! pins every byte.

use std::io::{Read, Write};
use std::path::Path;

use super::stream::Dedup;
use crate::error::Error;
use crate::index::{BLOCK_DOCUMENTS, Index, check_duplicates};
use crate::sketch::Sketcher;
use crate::support::atomic_file;
use crate::support::sealed_file::{self, Kind};

const KIND: Kind = Kind { magic: *b"RFDD", version: 1, name: "dedup file" };
/// Bytes of a digest.
const DIGEST: usize = size_of::<u128>();

impl Dedup {
    /// Writes the state to a file, which appears whole or not at all: to continue later with [`Dedup::load`].
    ///
    /// # Errors
    /// [`Error::is_io`] if the file cannot be written, [`Error::is_cancelled`]; what was at `path` before is
    /// then untouched.
    ///
    /// # Example
    /// ```
    /// use refrain::{Dedup, Sketcher};
    /// # let path = std::env::temp_dir().join(format!("refrain-dedup-{}.example", std::process::id()));
    /// let mut dedup = Dedup::new(Sketcher::default(), 0.8)?;
    /// dedup.push("The text of yesterday.");
    /// dedup.save(&path)?;
    ///
    /// let mut dedup = Dedup::load(&path, Sketcher::default())?;
    /// assert!(!dedup.push("the text of yesterday").is_new());
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), refrain::Error>(())
    /// ```
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        atomic_file::write(path.as_ref(), |writer| self.write_to(writer))
    }

    /// Reads what [`Dedup::save`] wrote with sketches of the same recipe.
    ///
    /// # Errors
    /// [`Error::is_corrupt`] if the file is cut short, altered or not the file of a `Dedup`,
    /// [`Error::is_incompatible`] if another format version or recipe wrote it, [`Error::is_io`] if it cannot
    /// be read.
    pub fn load(path: impl AsRef<Path>, sketcher: Sketcher) -> Result<Dedup, Error> {
        sealed_file::read(path.as_ref(), |reader| Dedup::read_from(reader, sketcher))
    }

    /// Writes the bytes of [`Dedup::save`] to a stream, unbuffered.
    ///
    /// # Errors
    /// [`Error::is_io`] if the stream fails, [`Error::is_cancelled`].
    pub fn write_to(&self, writer: impl Write) -> Result<(), Error> {
        self.index.write_as(KIND, self.threshold.to_bits(), writer, |blocks| {
            self.digests.chunks(BLOCK_DOCUMENTS).try_for_each(|digests| {
                let bytes: Vec<u8> = digests.iter().flat_map(|digest| digest.to_le_bytes()).collect();
                blocks.write(&bytes)
            })
        })
    }

    /// Reads the bytes of [`Dedup::write_to`] from a stream, and nothing after them.
    ///
    /// # Errors
    /// As [`Dedup::load`].
    pub fn read_from(reader: impl Read, sketcher: Sketcher) -> Result<Dedup, Error> {
        let (mut index, extra, mut blocks) = Index::read_as(KIND, reader, sketcher.recipe())?;
        let threshold = f64::from_bits(extra);
        if check_duplicates(threshold).is_err() {
            return Err(KIND.corrupt(format!("the threshold is {threshold}; the file is altered")));
        }
        let mut digests = Vec::new();
        blocks.read_all(index.next_id(), DIGEST, BLOCK_DOCUMENTS, "digests", |digest| {
            digests.push(u128::from_le_bytes(digest.try_into().expect("sixteen bytes")));
            Ok(())
        })?;
        index.enter_all();
        let mut dedup = Dedup::of_index(sketcher, threshold, index);
        for (id, digest) in (0..).zip(digests) {
            let is_first = dedup.first_like(digest, dedup.index.rows().row(id)).is_none();
            dedup.note(digest, is_first);
        }
        Ok(dedup)
    }
}
