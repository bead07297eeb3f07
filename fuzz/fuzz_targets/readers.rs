//! Readers of corpus files: a job over arbitrary bytes, under the name of each format and packing, ends with a summary
//! or an error, and what it keeps and rejects adds up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use refrain::corpus::{Job, input};
use std::io::Write;

/// The names decide the format and packing wherever the content does not.
const NAMES: [&str; 12] = [
    "a.jsonl", "a.json", "a.txt", "a.warc", "a.parquet", "a.csv", "a.jsonl.gz", "a.warc.gz", "a.jsonl.zst", "a.txt.bz2", "a.txt.xz",
    "a",
];

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let name = NAMES[usize::from(first) % NAMES.len()];
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let path = folder.path().join(name);
    // With the high bit set, the content is packed rightly, so that the format behind the packing is reached.
    let content = if first >= 128 && name.ends_with(".gz") {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(rest).unwrap();
        packer.finish().unwrap()
    } else {
        rest.to_vec()
    };
    std::fs::write(&path, content).unwrap();
    let job = Job::new([&path], folder.path().join("out"));
    if let Ok(summary) = job.run() {
        assert!(summary.kept <= summary.documents, "{summary:?}");
    }
    if let Ok(mut unpacked) = input::open(&path) {
        let _ = std::io::copy(&mut unpacked, &mut std::io::sink());
    }
});
