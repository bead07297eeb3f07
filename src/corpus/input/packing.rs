//! Packing (compression): gz, zst, bz2, xz and lz4, read as streams and written again in the same packing.
//!
//! In: a file. Out: its unpacked bytes, in order, converted to UTF-8 if the caller named an encoding; and the reverse. A packed
//! file is recognised by its first bytes, not by its name. A file of several members (complete packed streams), one after the other, is read as one stream: WARC files are
//! packed so, and parallel packers write such files.
//!
//! Output is packed anew in portions, and each portion is a separate member. All threads can therefore pack portions at
//! the same time. The packed bytes depend on the portions, not on the number of threads.

use crate::corpus::input::encoding::Encoding;
use crate::error::Error;
use crate::support::disk::File;
use lz4_flex::frame::{FrameDecoder, FrameEncoder};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Bytes read from a file at once.
const READ_BYTES: usize = 1 << 17;
/// Bytes that are enough to recognise a packing.
const HEAD_BYTES: usize = 10;
/// The most bytes that are read to recognise a stream.
pub(crate) const FIRST_BYTES: usize = 1 << 12;
/// The bytes after the first four of a bzip2 stream: digits of π before a block, digits of √π at the end of the stream.
const BZIP2_BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];
const BZIP2_END: &[u8] = &[0x17, 0x72, 0x45, 0x38, 0x50, 0x90];
/// The levels of packing: the defaults of the command line tools.
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;
const XZ_LEVEL: u32 = 6;
/// The largest window of a zst file: `zstd --long=31` packs with it.
const LARGEST_WINDOW: u64 = 1 << 31;

/// How the bytes of a file are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Packing {
    None,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Lz4,
}

/// How packed and encoded bytes become the bytes of records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unpacking {
    /// The encoding of the unpacked bytes; UTF-8 unless set.
    pub(crate) encoding: Option<Encoding>,
    /// The most bytes that an unpacker may hold: the window of a zst file.
    pub(crate) memory: u64,
}

impl Unpacking {
    /// Without a limit of memory.
    pub(crate) const FREE: Unpacking = Unpacking { encoding: None, memory: LARGEST_WINDOW };

    /// The unpacked bytes of a stream, in UTF-8 if their encoding is known.
    pub(crate) fn read(
        self,
        packing: Packing,
        packed: impl Read + Send + 'static,
    ) -> io::Result<Box<dyn Read + Send>> {
        let unpacked = packing.unpacked(packed, self.memory)?;
        Ok(match self.encoding {
            None => unpacked,
            Some(encoding) => Box::new(encoding.decoded(unpacked)),
        })
    }

    /// Why a packed file that begins with these bytes takes too much memory; `None` if it does not.
    pub(crate) fn refusal(self, head: &[u8]) -> Option<String> {
        let window = zstd_window(head).filter(|&window| window > self.memory)?;
        Some(format!(
            "needs {} MiB of memory to unpack (its window, set by zstd --long), and {} MiB are free for that: allow more memory",
            window >> 20,
            self.memory >> 20
        ))
    }
}

impl Packing {
    /// All packings.
    #[cfg(test)]
    pub(crate) const ALL: [Packing; 6] =
        [Packing::None, Packing::Gzip, Packing::Zstd, Packing::Bzip2, Packing::Xz, Packing::Lz4];

    /// Endings of file names that mean a packing.
    pub(crate) const ENDINGS: [&'static str; 8] = ["gz", "gzip", "zst", "zstd", "bz2", "bzip2", "xz", "lz4"];

    /// Recognises the first bytes of a file.
    pub(crate) fn of(head: &[u8]) -> Packing {
        match head {
            [0x1f, 0x8b, ..] => Packing::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
            // A frame to skip. lz4 has the same, but only zst files are known to begin with one.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Packing::Zstd,
            [0x04, 0x22, 0x4d, 0x18, ..] => Packing::Lz4,
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
    /// many small files costs more than reading them. The window of a zst file takes at most `memory` bytes.
    pub(crate) fn unpacked(
        self,
        packed: impl Read + Send + 'static,
        memory: u64,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Packing::None => Box::new(packed),
            Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered(packed))),
            Packing::Zstd => {
                let mut unpacker = zstd::stream::read::Decoder::with_buffer(buffered(packed))?;
                unpacker.window_log_max(memory.clamp(SMALLEST_WINDOW, LARGEST_WINDOW).ilog2())?;
                Box::new(unpacker)
            }
            Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(buffered(packed))),
            Packing::Xz => Box::new(lzma_rust2::XzReader::new(buffered(packed), true)),
            Packing::Lz4 => Box::new(Lz4Frames { frame: Some(FrameDecoder::new(buffered(packed))) }),
        })
    }

    /// Packs a portion as a separate member. The member of an empty portion is a valid empty file.
    pub(crate) fn packed(self, portion: Vec<u8>) -> io::Result<Vec<u8>> {
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
            Packing::Lz4 => {
                let mut packer = FrameEncoder::new(Vec::new());
                packer.write_all(&portion)?;
                packer.finish().map_err(io::Error::other)?
            }
        })
    }
}

/// The frames of an lz4 file, one after the other.
struct Lz4Frames<R: BufRead> {
    /// The frame that is read; `None` at the end.
    frame: Option<FrameDecoder<R>>,
}

impl<R: BufRead> Read for Lz4Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(frame) = &mut self.frame {
            let read = frame.read(into)?;
            if read > 0 || into.is_empty() {
                return Ok(read);
            }
            let mut rest = self.frame.take().expect("just read").into_inner();
            if !rest.fill_buf()?.is_empty() {
                self.frame = Some(FrameDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// The smallest limit of a window that the unpacker knows.
const SMALLEST_WINDOW: u64 = 1 << 10;

/// The window of the first frame of a zst file: how many unpacked bytes the unpacker holds.
///
/// **Source.** RFC 8878, section 3.1.1.1.
fn zstd_window(head: &[u8]) -> Option<u64> {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, window, ..] = *head else { return None };
    let is_single_segment = descriptor & 0x20 != 0;
    let base = 1_u64 << (10 + (window >> 3));
    (!is_single_segment).then_some(base + base / 8 * u64::from(window & 7))
}

/// A packed stream that is read in large portions.
fn buffered<R: Read>(packed: R) -> BufReader<R> {
    BufReader::with_capacity(READ_BYTES, packed)
}

/// The first bytes of a stream, enough to recognise its packing; fewer only if the stream is shorter. It does not wait for more
/// bytes than that.
pub(crate) fn head(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let (head, outcome) = first_bytes(stream, |head| head.len() >= HEAD_BYTES);
    outcome.map(|()| head)
}

/// The first bytes of a stream, up to [`FIRST_BYTES`], until they suffice; and the error that came after them.
pub(crate) fn first_bytes(
    stream: &mut impl Read,
    suffice: impl Fn(&[u8]) -> bool,
) -> (Vec<u8>, io::Result<()>) {
    let (mut head, mut filled, mut outcome) = (vec![0; FIRST_BYTES], 0, Ok(()));
    while filled < FIRST_BYTES && !suffice(&head[..filled]) {
        match stream.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    head.truncate(filled);
    (head, outcome)
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
            packing
                .unpacked(io::Cursor::new(packed), LARGEST_WINDOW)
                .unwrap()
                .read_to_end(&mut unpacked)
                .unwrap();
            assert!(unpacked == text, "{packing:?}");
        }
    }

    #[test]
    fn an_empty_portion_is_a_valid_empty_file() {
        for packing in Packing::ALL {
            let packed = packing.packed(Vec::new()).unwrap();
            assert_eq!(Packing::of(&packed), packing, "{packing:?}");
            let mut unpacked = packing.unpacked(io::Cursor::new(packed), LARGEST_WINDOW).unwrap();
            assert_eq!(io::copy(&mut unpacked, &mut io::sink()).unwrap(), 0);
        }
    }

    #[test]
    fn frames_to_skip_are_skipped_and_large_windows_are_refused() {
        let frame = Packing::Zstd.packed(b"text".to_vec()).unwrap();
        let skipped = [&b"\x52\x2a\x4d\x18\x03\0\0\0abc"[..], &frame].concat();
        assert_eq!(Packing::of(&skipped), Packing::Zstd);
        let mut text = String::new();
        let mut unpacked = Packing::Zstd.unpacked(io::Cursor::new(skipped), 1 << 20).unwrap();
        unpacked.read_to_string(&mut text).unwrap();
        assert_eq!(text, "text");
        // A window of 2 GiB, as `zstd --long=31` writes it.
        let head = b"\x28\xb5\x2f\xfd\x00\xa8\0\0";
        assert_eq!(zstd_window(head), Some(1 << 31));
        assert_eq!(Unpacking::FREE.refusal(head), None);
        let little = Unpacking { memory: 1 << 30, ..Unpacking::FREE };
        assert!(little.refusal(head).unwrap().contains("2048 MiB"));
    }

    #[test]
    fn a_text_that_starts_like_a_packed_file_is_a_text() {
        assert_eq!(Packing::of(b"BZh9 is the start of a packed file."), Packing::None);
        assert_eq!(Packing::of(b"BZh"), Packing::None);
        assert_eq!(Packing::of(b""), Packing::None);
    }
}
