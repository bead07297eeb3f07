use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// A band key and the document that has it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Key(u64, u32);

impl Record for Key {
    type Key = u64;
    const BYTES: usize = 12;
    fn key(&self) -> u64 {
        self.0
    }
    fn store(&self, bytes: &mut [u8]) {
        bytes[..8].copy_from_slice(&self.0.to_le_bytes());
        bytes[8..].copy_from_slice(&self.1.to_le_bytes());
    }
    fn load(bytes: &[u8]) -> Key {
        Key(
            u64::from_le_bytes(bytes[..8].try_into().unwrap()),
            u32::from_le_bytes(bytes[8..].try_into().unwrap()),
        )
    }
}

/// A separate folder for each test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("refrain-spill-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn place(&self) -> Place {
        Place { folder: self.0.clone(), name: "bands", recipe: 7 }
    }

    fn files(&self) -> BTreeSet<String> {
        fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn many(count: u64) -> Vec<Key> {
    (0..count).map(|number| Key(crate::support::hash::mix(number) >> 40, number as u32)).collect()
}

fn sorted(mut records: Vec<Key>) -> Vec<Key> {
    records.sort();
    records
}

fn read(records: Merged<'_, Key>) -> Vec<Key> {
    records.map(|record| record.unwrap()).collect()
}

fn spilled(folder: &Folder, records: &[Key], budget: usize) -> Sorted<Key> {
    let sorter = Sorter::new(folder.place(), budget).unwrap();
    for batch in records.chunks(100) {
        sorter.extend(batch).unwrap();
    }
    sorter.finish().unwrap()
}

proptest! {
    #[test]
    fn merging_is_sorting(
        records in proptest::collection::vec((0u64..50, 0u32..20).prop_map(|(key, doc)| Key(key, doc)), 0..400),
        budget in 0usize..8_000,
    ) {
        let folder = Folder::new();
        let spill = spilled(&folder, &records, budget);
        prop_assert_eq!(spill.len(), records.len() as u64);
        prop_assert_eq!(read(spill.merged().unwrap()), sorted(records));
    }

    #[test]
    fn parts_are_the_whole_and_keep_equal_keys_together(
        records in proptest::collection::vec((0u64..50, 0u32..20).prop_map(|(key, doc)| Key(key, doc)), 0..400),
        budget in 0usize..8_000, wanted in 1usize..9,
    ) {
        let folder = Folder::new();
        let spill = spilled(&folder, &records, budget);
        let parts: Vec<Vec<Key>> =
            spill.parts(wanted).into_iter().map(|part| read(spill.part(part).unwrap())).collect();
        prop_assert!(parts.len() <= wanted);
        for two in parts.windows(2) {
            if let ([.., last], [first, ..]) = (&two[0][..], &two[1][..]) {
                prop_assert!(last.0 < first.0);
            }
        }
        prop_assert_eq!(parts.concat(), sorted(records));
    }
}

#[test]
fn any_budget_and_any_threads_give_the_same() {
    let records = many(30_000);
    let expected = sorted(records.clone());
    for budget in [1, 40_000, 1 << 20, 1 << 26] {
        // With this budget each run has one record. 30,000 records would be 30,000 runs, so there are fewer.
        let records = if budget == 1 { &records[..1_000] } else { &records[..] };
        let expected = if budget == 1 { sorted(records.to_vec()) } else { expected.clone() };
        for threads in [1, 3] {
            let folder = Folder::new();
            let sorter = Sorter::new(folder.place(), budget).unwrap();
            std::thread::scope(|scope| {
                for share in records.chunks(records.len().div_ceil(threads)) {
                    let sorter = &sorter;
                    scope.spawn(move || share.chunks(97).for_each(|batch| sorter.extend(batch).unwrap()));
                }
            });
            let spill = sorter.finish().unwrap();
            assert_eq!(spill.runs.is_empty(), budget == 1 << 26 || budget == 1 << 20, "budget {budget}");
            assert!(read(spill.merged().unwrap()) == expected, "budget {budget}, threads {threads}");
        }
    }
}

#[test]
fn disk_stays_within_the_forecast_and_is_left_clean() {
    let records = many(50_000);
    for budget in [1 << 13, 1 << 17, 1 << 30] {
        let folder = Folder::new();
        let mut spill = spilled(&folder, &records, budget);
        spill.save().unwrap();
        let on_disk: u64 =
            fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
        assert!(on_disk <= forecast::<Key>(50_000, budget) + 4096, "{on_disk}");
        assert!(on_disk >= run::bytes_on_disk::<Key>(50_000));
        spill.remove().unwrap();
        assert_eq!(folder.files(), BTreeSet::new());
        drop(spilled(&folder, &records, budget));
        assert_eq!(folder.files(), BTreeSet::new(), "records that are not saved are removed when dropped");
    }
}

#[test]
fn a_saved_spill_is_opened_again_and_no_other() {
    let folder = Folder::new();
    let records = many(20_000);
    assert!(Sorted::<Key>::open(folder.place()).unwrap().is_none());
    let mut spill = spilled(&folder, &records, 1 << 16);
    spill.save().unwrap();
    drop(spill);
    let again = Sorted::<Key>::open(folder.place()).unwrap().expect("saved");
    assert_eq!(again.len(), 20_000);
    assert!(read(again.merged().unwrap()) == sorted(records.clone()));
    drop(again);
    let other = Place { recipe: 8, ..folder.place() };
    assert!(Sorted::<Key>::open(other).err().unwrap().is_incompatible());
    assert!(Sorted::<Key>::open(folder.place()).unwrap().is_some());
    // A new sorter removes the files of the old one.
    let _sorter = Sorter::<Key>::new(folder.place(), 1 << 16).unwrap();
    assert_eq!(folder.files(), BTreeSet::new());
}

/// The files of a program that was killed are not opened as a finished spill, and they are removed.
#[test]
fn leftovers_are_no_spill() {
    let folder = Folder::new();
    fs::write(folder.0.join("bands.0.run"), b"half a run").unwrap();
    fs::write(folder.0.join("bands.0.run.of.another"), b"not ours").unwrap();
    fs::write(folder.0.join("seeds.0.run"), b"not ours").unwrap();
    assert!(Sorted::<Key>::open(folder.place()).unwrap().is_none());
    drop(spilled(&folder, &many(10), 1 << 16));
    assert_eq!(folder.files().into_iter().collect::<Vec<_>>(), ["bands.0.run.of.another", "seeds.0.run"]);
}

/// Any altered byte of any file, and any missing tail, gives an error when opened or read, never a wrong answer.
#[test]
fn altered_and_shortened_files_are_errors() {
    let folder = Folder::new();
    let mut spill = spilled(&folder, &many(7_000), 1 << 16);
    spill.save().unwrap();
    let whole = read(spill.merged().unwrap());
    drop(spill);
    let fails = |what: &str| {
        let error = match Sorted::<Key>::open(folder.place()) {
            Err(error) => error,
            Ok(spill) => {
                let spill = spill.expect("the manifest is there");
                match spill.merged() {
                    Err(error) => error,
                    Ok(records) => match records.collect::<Result<Vec<_>, _>>() {
                        Err(error) => error,
                        Ok(records) => panic!("{what}: read {} of {} records", records.len(), whole.len()),
                    },
                }
            }
        };
        assert!(error.is_corrupt() || error.is_incompatible(), "{what}: {error}");
        assert!(error.to_string().contains(&*folder.0.to_string_lossy()), "{what}: {error}");
    };
    for name in folder.files() {
        let path = folder.0.join(&name);
        let bytes = fs::read(&path).unwrap();
        for at in
            (0..bytes.len()).step_by(997).chain(bytes.len().saturating_sub(40)..bytes.len()).chain(0..40)
        {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << (at % 8);
            fs::write(&path, altered).unwrap();
            fails(&format!("{name}: byte {at} altered"));
        }
        for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            fails(&format!("{name}: {length} bytes left"));
        }
        fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
        fails(&format!("{name}: one byte more"));
        if name.ends_with(".run") {
            fs::remove_file(&path).unwrap();
            fails(&format!("{name}: missing"));
        }
        fs::write(&path, &bytes).unwrap();
    }
    let spill = Sorted::<Key>::open(folder.place()).unwrap().unwrap();
    assert!(read(spill.merged().unwrap()) == whole);
}

#[test]
fn a_missing_folder_is_named() {
    let place = Place { folder: "no/such/folder".into(), name: "bands", recipe: 0 };
    let error = Sorter::<Key>::new(place, 1 << 16).err().unwrap();
    assert!(error.is_io() && error.to_string().contains("no/such/folder"), "{error}");
}

/// Pins every byte of a small spill, computed by an independent program. A change of the format needs a new version.
#[test]
fn the_format_of_a_run() {
    const RUN: &str = concat!(
        "7265667261696e52010000000c0000000700000000000000e52c23da86954dbb",
        "0100000000000000010203040200000000000000050000000100000000000000",
        "01020304c7a21aac2350076a0200000000000000993c43767398f961"
    );
    const MANIFEST: &str = concat!(
        "7265667261696e4d010000000c00000007000000000000000100000000000000",
        "993c43767398f96146186e096de653c0"
    );
    let folder = Folder::new();
    let mut spill = spilled(&folder, &[Key(2, 5), Key(1, 0x0403_0201)], 1 << 16);
    spill.save().unwrap();
    drop(spill);
    let hex = |name: &str| -> String {
        fs::read(folder.0.join(name)).unwrap().iter().map(|byte| format!("{byte:02x}")).collect()
    };
    assert_eq!(hex("bands.0.run"), RUN);
    assert_eq!(hex("bands.manifest"), MANIFEST);
}

/// Uses the device that is always full in place of a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_named_and_leaves_nothing() {
    let folder = Folder::new();
    let sorter = Sorter::new(folder.place(), 1 << 16).unwrap();
    std::os::unix::fs::symlink("/dev/full", folder.0.join("bands.0.run")).unwrap();
    let error = sorter.extend(&many(10_000)).unwrap_err();
    let message = error.to_string();
    assert!(
        error.is_io() && message.contains("bands.0.run") && message.contains("disk is full"),
        "{message}"
    );
    drop(sorter);
    assert_eq!(folder.files(), BTreeSet::new());
}
