//! Packing (compression): gz, zst, bz2 and xz, read as streams and written again in the same packing.
//!
//! In: a file. Out: its unpacked bytes, in order; and the reverse. A packed file is recognised by its first bytes, not by
//! its name. A file of several members (complete packed streams), one after the other, is read as one stream: WARC files are
//! packed so, and parallel packers write such files.
//!
//! Output is packed anew in portions, and each portion is a separate member. All threads can therefore pack portions at
//! the same time. The packed bytes depend on the portions, not on the number of threads.

use crate::error::Error;
use crate::support::disk::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes read from a file at once.
const READ_BYTES: usize = 1 << 17;
/// Bytes that are enough to recognise a packing.
const HEAD_BYTES: u64 = 10;
/// The bytes after the first four of a bzip2 stream: digits of π before a block, digits of √π at the end of the stream.
const BZIP2_BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
/// The levels of packing: the defaults of the command line tools.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;
const XZ_LEVEL: u32 = 6;

/// How the bytes of a file are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Packing {
    /// All packings.
    #[cfg(test)]
    pub(crate) const ALL: [Packing; 5] =
        [Packing::None, Packing::Gzip, Packing::Zstd, Packing::Bzip2, Packing::Xz];

    /// Endings of file names that mean a packing.
    pub(crate) const ENDINGS: [&'static str; 4] = ["gz", "zst", "bz2", "xz"];

    /// Recognises the first bytes of a file.
    pub(crate) fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
            // A text may start with "BZh", so the mark of the first block, or of the end, must come next.
            [b'B', b'Z', b'h', b'1'..=b'9', block @ ..]
                if block.starts_with(BZIP2_BLOCK) || block.starts_with(BZIP2_END) =>
            {
                Packing::Bzip2
            }
            _ => Packing::None,
        }
    }

    /// Unpacks a stream. Without a packing it is the stream itself, not buffered: a buffer of this size for each of
    /// many small files costs more than reading them.
    pub(crate) fn unpacked(self, packed: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Packing::None => Box::new(packed),
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(packed))),
            Packing::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered(packed))?),
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(packed))),
            Packing::Xz => Box::new(lzma_rust2::XzReader::new(buffered(packed), true)),
        })
    }

    /// Packs a portion as a separate member.
    pub(crate) fn packed(self, portion: Vec<u8>) -> io::Result<Vec<u8>> {
        if portion.is_empty() {
            return Ok(portion);
        }
        Ok(match self {
            Packing::None => portion,
            Packing::Gzip => {
                let mut packer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
                packer.write_all(&portion)?;
                packer.finish()?
            }
            Packing::Zstd => zstd::stream::encode_all(&portion[..], ZSTD_LEVEL)?,
            Packing::Bzip2 => {
                let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
                packer.write_all(&portion)?;
                packer.finish()?
            }
            Packing::Xz => {
                let options = lzma_rust2::XzOptions::with_preset(XZ_LEVEL);
                let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options)?;
                packer.write_all(&portion)?;
                packer.finish()?
            }
        })
    }
}

/// A packed stream that is read in large portions.
fn buffered<R: Read>(packed: R) -> BufReader<R> {
    BufReader::with_capacity(READ_BYTES, packed)
}

/// The first bytes of a stream, enough to recognise its packing; fewer only if the stream is shorter.
pub(crate) fn head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    stream.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

/// Opens a file at its start, and says how it is packed.
pub(crate) fn open(path: &Path) -> Result<(File, Packing), Error> {
    let open = || {
        let mut file = File::open(path)?;
        let packing = Packing::of(&head(&mut file)?);
        file.seek(SeekFrom::Start(0))?;
        Ok((file, packing))
    };
    open().map_err(|error| Error::cannot_read(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consecutive_members_unpack_to_what_was_packed() {
        let text: Vec<u8> =
            (0..40_000u32).flat_map(|number| format!("line {number}\n").into_bytes()).collect();
        for packing in Packing::ALL {
            let packed: Vec<u8> =
                text.chunks(100_000).flat_map(|part| packing.packed(part.to_vec()).unwrap()).collect();
            assert_eq!(Packing::of(&packed), packing);
            let mut unpacked = Vec::new();
            packing.unpacked(io::Cursor::new(packed)).unwrap().read_to_end(&mut unpacked).unwrap();
            assert!(unpacked == text, "{packing:?}");
        }
    }

    #[test]
    fn a_text_that_starts_like_a_packed_file_is_a_text() {
        assert_eq!(Packing::of(b"BZh9 is the start of a packed file."), Packing::None);
        assert_eq!(Packing::of(b"BZh"), Packing::None);
        assert_eq!(Packing::of(b""), Packing::None);
    }
}
