//! The guarantee: the index answers as a comparison with every document would, after any insertions, removals,
//! merges, saving and loading, at any number of threads; and entries that it does not check are counted.

#[path = "oracle/index.rs"]
mod oracle;

mod reports;
mod texts;

use std::fs;
use std::path::PathBuf;

use oracle::NaiveIndex;
use proptest::prelude::*;
use refrain::{Bands, DocId, Index, Neighbors, Recipe, Sketch, Sketcher, SlotBits, Watch};
use reports::Reports;
use texts::Random;

/// An empty folder of this test's own.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn pairs(found: &Neighbors) -> Vec<(usize, f64)> {
    found.items.iter().map(|neighbor| (neighbor.id.position(), neighbor.jaccard.value)).collect()
}

fn bytes(index: &Index) -> Vec<u8> {
    let mut bytes = Vec::new();
    index.write_to(&mut bytes).unwrap();
    bytes
}

fn id(position: usize) -> DocId {
    DocId::new(position).unwrap()
}

/// Random members, the same for the same seed.
fn members(seed: u64, count: usize) -> Vec<u64> {
    let mut random = Random(seed);
    (0..count).map(|_| random.next()).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Insert { start: u64, len: u64 },
    InsertAll(Vec<(u64, u64)>),
    Remove(usize),
    Merge(Vec<(u64, u64)>, usize),
    SaveAndLoad,
}

/// Sets that overlap in every degree, some equal, some empty; few enough that no bucket fills up.
fn step() -> impl Strategy<Value = Step> {
    let set = || (0u64..40, prop_oneof![1 => Just(0u64), 9 => 20u64..60]);
    prop_oneof![
        4 => set().prop_map(|(start, len)| Step::Insert { start, len }),
        2 => prop::collection::vec(set(), 0..6).prop_map(Step::InsertAll),
        3 => (0usize..40).prop_map(Step::Remove),
        1 => (prop::collection::vec(set(), 0..6), 0usize..6).prop_map(|(sets, removed)| Step::Merge(sets, removed)),
        1 => Just(Step::SaveAndLoad),
    ]
}

fn settings() -> impl Strategy<Value = (usize, Bands)> {
    prop_oneof![
        Just((128, Bands::STANDARD)),
        Just((67, Bands::new(13, 5).unwrap())),
        Just((40, Bands::new(4, 10).unwrap())),
        Just((30, Bands::new(10, 3).unwrap())),
        Just((300, Bands::new(28, 9).unwrap())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn it_answers_like_a_comparison_with_every_document(
        (slots, bands) in settings(),
        steps in prop::collection::vec(step(), 1..14),
        threshold in prop_oneof![Just(0.0), Just(0.5), Just(0.8), Just(1.0)],
    ) {
        let sketcher = Sketcher::builder().slots(slots).build().unwrap();
        let sketch = |&(start, len): &(u64, u64)| sketcher.sketch_shingles(start..start + len);
        let mut index = Index::new(sketcher.recipe(), bands).unwrap();
        let mut naive = NaiveIndex::new(bands, index.slot_bits());
        for step in steps {
            match step {
                Step::Insert { start, len } => {
                    let sketch = sketch(&(start, len));
                    prop_assert_eq!(index.insert(&sketch).unwrap().position(), index.next_id() - 1);
                    naive.insert(&sketch);
                }
                Step::InsertAll(sets) => {
                    let sketches: Vec<Sketch> = sets.iter().map(sketch).collect();
                    let first = index.next_id();
                    let ids = index.insert_all(&sketches).unwrap();
                    prop_assert_eq!(ids, (first..first + sets.len()).map(id).collect::<Vec<_>>());
                    sketches.iter().for_each(|sketch| naive.insert(sketch));
                }
                Step::Remove(position) => {
                    prop_assert_eq!(index.remove(id(position)), naive.remove(position));
                    prop_assert!(!index.contains(id(position)));
                }
                Step::Merge(sets, removed) => {
                    let mut other = Index::new(sketcher.recipe(), bands).unwrap();
                    let mut naive_other = NaiveIndex::new(bands, other.slot_bits());
                    for set in &sets {
                        other.insert(&sketch(set)).unwrap();
                        naive_other.insert(&sketch(set));
                    }
                    other.remove(id(removed));
                    naive_other.remove(removed);
                    let first = index.next_id();
                    prop_assert_eq!(index.merge(&other).unwrap(), id(first));
                    naive.merge(&naive_other);
                }
                Step::SaveAndLoad => {
                    let saved = bytes(&index);
                    index = Index::read_from(&saved[..], sketcher.recipe()).unwrap();
                    prop_assert_eq!(bytes(&index), saved);
                }
            }
            prop_assert_eq!(index.len(), naive.len());
        }
        for query in [(0, 0), (0, 30), (5, 50), (20, 20), (30, 55), (39, 21)] {
            let query = sketch(&query);
            let expected = naive.neighbors(&query, threshold);
            let found = index.neighbors(&query, threshold).unwrap();
            prop_assert_eq!(found.capped, 0);
            prop_assert_eq!(pairs(&found), expected);
            let all = naive.neighbors(&query, f64::NEG_INFINITY);
            for k in [0, 1, 3, 1000] {
                prop_assert_eq!(pairs(&index.top(&query, k).unwrap()), &all[..k.min(all.len())]);
            }
        }
        for position in 0..index.next_id() {
            let found = index.neighbors_of(id(position), threshold);
            prop_assert_eq!(found.is_ok(), index.contains(id(position)));
            if let Ok(found) = found {
                prop_assert!(found.items.iter().all(|neighbor| neighbor.id != id(position)));
            }
        }
    }
}

#[test]
fn a_removal_changes_no_answer_about_other_documents() {
    let sketcher = Sketcher::default();
    let sketches: Vec<Sketch> = (0..300).map(|i| sketcher.sketch_shingles(i * 3..i * 3 + 200)).collect();
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    let mut naive = NaiveIndex::new(Bands::STANDARD, index.slot_bits());
    index.insert_all(&sketches).unwrap();
    sketches.iter().for_each(|sketch| naive.insert(sketch));
    for position in (0..300).filter(|position| position % 3 != 0) {
        assert!(index.remove(id(position)) && naive.remove(position));
        assert!(!index.remove(id(position)), "twice");
    }
    for sketch in &sketches {
        assert_eq!(pairs(&index.neighbors(sketch, 0.5).unwrap()), naive.neighbors(sketch, 0.5));
    }
    assert_eq!((index.len(), index.next_id()), (100, 300));
}

/// The most documents of a bucket that are checked, on each of three levels.
const LEADERS: usize = 64;

#[test]
fn a_giant_bucket_is_checked_in_part_and_the_rest_is_counted() {
    let sketcher = Sketcher::default();
    let equal = sketcher.sketch_shingles(0..400);
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    index.insert_all(&vec![equal.clone(); 5000]).unwrap();
    let found = index.neighbors(&equal, 0.8).unwrap();
    assert_eq!(found.items.len(), 3 * LEADERS, "the first documents of three levels, the same in every band");
    assert_eq!(found.capped, 16 * (5000 - 3 * LEADERS as u64));
    assert!(found.items.iter().all(|neighbor| neighbor.jaccard.value == 1.0));
    let first: Vec<usize> = found.items.iter().map(|neighbor| neighbor.id.position()).collect();
    assert_eq!(first, (0..3 * LEADERS).collect::<Vec<_>>(), "the first inserted");

    // When its first documents are removed, others take their place.
    for position in 0..4900 {
        assert!(index.remove(id(position)));
    }
    let found = index.neighbors(&equal, 0.8).unwrap();
    assert_eq!((found.items.len(), found.capped), (LEADERS, 16 * (100 - LEADERS as u64)));
    for position in 4900..4990 {
        index.remove(id(position));
    }
    let found = index.neighbors(&equal, 0.8).unwrap();
    assert_eq!(pairs(&found), (4990..5000).map(|position| (position, 1.0)).collect::<Vec<_>>());
    assert_eq!(found.capped, 0);
}

#[test]
fn documents_more_similar_than_their_full_bucket_are_found() {
    // Each of 3,000 documents has a template of 700 members and 100 others (J = 0.78 between them). They fill
    // the buckets. After them come pairs that also share 72 of the 100 (J = 0.93).
    let sketcher = Sketcher::default();
    let template = members(1, 700);
    let page = |seed: u64| [template.clone(), members(seed, 100)].concat();
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    let crowd: Vec<Sketch> = (0..3000).map(|i| sketcher.sketch_shingles(page(1000 + i))).collect();
    index.insert_all(&crowd).unwrap();
    let mut found = 0;
    const PAIRS: u64 = 200;
    for pair in 0..PAIRS {
        let original = page(10_000 + pair);
        let mut edited = original.clone();
        edited.splice(772..800, members(20_000 + pair, 28));
        let id = index.insert(&sketcher.sketch_shingles(original)).unwrap();
        let answer = index.neighbors(&sketcher.sketch_shingles(edited), 0.85).unwrap();
        assert!(answer.items.len() < 16 * 3 * LEADERS);
        found += usize::from(answer.items.iter().any(|neighbor| neighbor.id == id));
    }
    // Longer keys of 16 slots: 1 - (1 - 0.93^16)^16 = 0.998; the estimate misses 0.85 in 1 of 100 cases.
    assert!(found >= 190, "{found} of {PAIRS}");
}

#[test]
fn an_entry_of_another_recipe_is_an_error_and_changes_nothing() {
    let sketcher = Sketcher::default();
    let other = Sketcher::builder().seed(1).build().unwrap();
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    let foreign = other.sketch_shingles(0..100);
    assert!(index.insert(&foreign).unwrap_err().is_incompatible());
    assert!(
        index.insert_all(&[sketcher.sketch_shingles(0..9), foreign.clone()]).unwrap_err().is_incompatible()
    );
    assert!(index.neighbors(&foreign, 0.8).unwrap_err().is_incompatible());
    assert!(index.top(&foreign, 3).unwrap_err().is_incompatible());
    assert!(
        index.merge(&Index::new(other.recipe(), Bands::STANDARD).unwrap()).unwrap_err().is_incompatible()
    );
    assert!(
        index
            .merge(&Index::new(sketcher.recipe(), Bands::new(14, 8).unwrap()).unwrap())
            .unwrap_err()
            .is_incompatible()
    );
    assert_eq!((index.len(), index.next_id()), (0, 0));
    let wide = Index::with_slot_bits(sketcher.recipe(), Bands::STANDARD, SlotBits::Eight).unwrap();
    assert!(index.merge(&wide).unwrap_err().is_incompatible());
    let few = Sketcher::builder().slots(128).build().unwrap();
    let error = Index::new(few.recipe(), Bands::ACCURATE).unwrap_err();
    assert!(
        error.is_setting() && error.to_string().contains("252") && error.to_string().contains("128"),
        "{error}"
    );
    assert!(DocId::new(DocId::LIMIT).unwrap_err().is_too_large());
}

#[test]
fn a_document_takes_less_than_240_bytes_while_the_index_grows() {
    let of_a_dedup = refrain::Dedup::new(Sketcher::default(), 0.8).unwrap().bands();
    grow(Bands::default(), 0.0);
    // This is close to the limit, so the unused part of the last mebibyte of rows is subtracted.
    grow(of_a_dedup, f64::from(1 << 20));
}

fn grow(bands: Bands, unused: f64) {
    let sketcher = Sketcher::default();
    let mut index = Index::new(sketcher.recipe(), bands).unwrap();
    for thousand in 0..200 {
        let batch: Vec<Sketch> =
            (0..1000).map(|i| sketcher.sketch_shingles(members(thousand * 1000 + i, 20))).collect();
        index.insert_all(&batch).unwrap();
        // Below 100,000 documents that part is a large share for any bands.
        if thousand >= 100 {
            let each = (index.heap_bytes() as f64 - unused) / index.len() as f64;
            assert!(each < 240.0, "{each} bytes at {} documents", index.len());
        }
    }
    let grown = index.clone();
    index.reserve(50_000);
    assert!(index.heap_bytes() > grown.heap_bytes());
    for seed in 0..200 {
        let query = sketcher.sketch_shingles(members(seed * 1000, 20));
        assert_eq!(index.neighbors(&query, 0.8).unwrap(), grown.neighbors(&query, 0.8).unwrap());
        assert_eq!(grown.neighbors(&query, 0.8).unwrap().items[0].id, id(seed as usize * 1000));
    }
    let index = grown;
    let expected = bands.bytes_per_document(Sketcher::DEFAULT_SLOTS) as f64;
    let each = index.heap_bytes() as f64 / index.len() as f64;
    assert!((each - expected).abs() < 10.0, "{each} bytes, {expected} stated");
}

/// The bits that an index keeps of a slot.
#[test]
fn a_row_has_the_bits_that_make_keys() {
    let bits = |slots: usize, bands: Bands| {
        let sketcher = Sketcher::builder().slots(slots).build().unwrap();
        Index::new(sketcher.recipe(), bands).unwrap().slot_bits()
    };
    assert_eq!(bits(256, Bands::STANDARD), SlotBits::Four);
    assert_eq!(bits(256, Bands::new(20, 6).unwrap()), SlotBits::Four);
    assert_eq!(bits(256, Bands::new(25, 5).unwrap()), SlotBits::Eight, "20 bits are too few for a key");
    // Fifteen slots of four bits do not show whether a set is empty.
    assert_eq!(bits(15, Bands::new(2, 7).unwrap()), SlotBits::Eight);
    assert_eq!(bits(16, Bands::new(2, 8).unwrap()), SlotBits::Four);
    let recipe = *Sketcher::default().recipe();
    let made = |bands, bits| Index::with_slot_bits(&recipe, bands, bits);
    assert!(made(Bands::new(25, 5).unwrap(), SlotBits::Eight).is_ok());
    let error = made(Bands::new(25, 5).unwrap(), SlotBits::Four).unwrap_err();
    assert!(error.is_setting() && error.to_string().contains("20 bits"), "{error}");
    assert!(made(Bands::STANDARD, SlotBits::Two).unwrap_err().is_setting());
    assert!(made(Bands::new(17, 13).unwrap(), SlotBits::Two).is_ok());
}

#[test]
fn a_cancelled_insertion_leaves_nothing_behind() {
    let sketcher = Sketcher::default();
    // Copies and templates among them, so that buckets overflow; more than two calls of the callback.
    let sketches: Vec<Sketch> = (0..150_000u64)
        .map(|i| match i % 3 {
            0 => sketcher.sketch_shingles(0..20),
            1 => sketcher.sketch_shingles((0..40).chain([i])),
            _ => sketcher.sketch_shingles(i * 100..i * 100 + 8),
        })
        .collect();
    let (before, more) = sketches.split_at(500);
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    index.insert_all(before).unwrap();
    index.remove(id(30));
    let untouched = index.clone();
    for calls in 1..=3 {
        let reports = Reports::stopping_at(calls - 1);
        index = index.watch(reports.watch());
        let error = index.insert_all(more).unwrap_err();
        assert!(error.is_cancelled());
        for progress in reports.all() {
            assert_eq!((progress.stage, progress.total), ("insert", Some(more.len() as u64)));
            assert!(progress.done < more.len() as u64);
        }
        assert_eq!(reports.all().len(), calls, "no report after the cancellation");
        assert_eq!((index.len(), index.next_id()), (499, 500));
        assert_eq!(bytes(&index), bytes(&untouched));
        for sketch in sketches.iter().step_by(999) {
            assert_eq!(index.neighbors(sketch, 0.5).unwrap(), untouched.neighbors(sketch, 0.5).unwrap());
        }
    }
    // The index can be used as if nothing had happened.
    index = index.watch(Watch::SILENT);
    let mut other = untouched;
    index.insert_all(&more[..2000]).unwrap();
    other.insert_all(&more[..2000]).unwrap();
    for sketch in sketches.iter().take(2500).step_by(7) {
        assert_eq!(index.neighbors(sketch, 0.5).unwrap(), other.neighbors(sketch, 0.5).unwrap());
    }
}

/// A long call on an index; returns what it makes, as bytes.
type Call<'c> = &'c dyn Fn(&mut Index) -> Result<Vec<u8>, refrain::Error>;

/// Files and unions give the same answer with a callback as without. If the callback stops them, at any
/// report, nothing changes.
#[test]
fn files_and_unions_report_progress_and_can_be_cancelled() {
    let sketcher = eight_slots();
    let bands = Bands::new(2, 4).unwrap();
    let sketches: Vec<Sketch> =
        (0..70_000u64)
            .map(|i| {
                if i % 9 == 0 {
                    sketcher.sketch_shingles(0..20)
                } else {
                    sketcher.sketch_shingles([i, i / 2])
                }
            })
            .collect();
    let (few, many) = sketches.split_at(300);
    let index_of = |sketches: &[Sketch]| {
        let mut index = Index::new(sketcher.recipe(), bands).unwrap();
        index.insert_all(sketches).unwrap();
        index
    };
    let mut other = index_of(many);
    // Two near the start, whose word of bits begins before the union, and one near the end.
    let gone = [3, 5, 69_000];
    gone.into_iter().for_each(|position| assert!(other.remove(id(position))));
    let mut base = index_of(few);
    base.remove(id(298));
    let target = folder("watched").join("target");

    let merged = {
        let mut both = base.clone();
        both.merge(&other).unwrap();
        bytes(&both)
    };
    let calls: [(&str, &str, &Index, Vec<u8>, Call<'_>); 2] = [
        ("merge", "insert", &base, merged, &|index| {
            index.merge(&other).map(|first| {
                assert_eq!(first.position(), 300);
                bytes(&index.clone().watch(Watch::SILENT))
            })
        }),
        ("save", "write", &other, bytes(&other), &|index| {
            index.save(&target).map(|()| fs::read(&target).unwrap())
        }),
    ];
    for (name, stage, before, expected, call) in calls {
        let reports = Reports::default();
        assert!(call(&mut before.clone().watch(reports.watch())).unwrap() == expected, "{name}");
        let all = reports.all();
        assert!(all.len() > 1, "{name}: several reports");
        let total = Some(many.len() as u64);
        assert!(all.iter().all(|report| report.stage == stage && report.total == total), "{name}");
        assert!(all.iter().all(|report| Some(report.done) < total), "{name}");
        assert!(all.windows(2).all(|pair| pair[0].done < pair[1].done), "{name}");

        fs::write(&target, "before").unwrap();
        for stop in 0..all.len() {
            let reports = Reports::stopping_at(stop);
            let mut index = before.clone().watch(reports.watch());
            assert!(call(&mut index).unwrap_err().is_cancelled(), "{name} at report {stop}");
            assert_eq!(reports.all().len(), stop + 1, "{name}: no report after the cancellation");
            index = index.watch(Watch::SILENT);
            assert_eq!(bytes(&index), bytes(before), "{name} at report {stop}");
            assert_eq!(fs::read(&target).unwrap(), b"before", "{name} at report {stop}");
            for sketch in sketches.iter().step_by(999) {
                assert_eq!(index.neighbors(sketch, 0.5).unwrap(), before.neighbors(sketch, 0.5).unwrap());
            }
            // The index can be used as if nothing had happened.
            let mut again = before.clone();
            index.insert_all(&many[..200]).unwrap();
            again.insert_all(&many[..200]).unwrap();
            assert_eq!(bytes(&index), bytes(&again), "{name} at report {stop}");
        }
    }
}

#[test]
fn thresholds_that_are_no_similarity_are_refused() {
    let sketcher = Sketcher::default();
    let mut index = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    let sketch = sketcher.sketch_shingles(0..100);
    let id = index.insert(&sketch).unwrap();
    for bad in [f64::NAN, -0.1, 1.1, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(index.neighbors(&sketch, bad).unwrap_err().is_setting(), "{bad}");
        assert!(index.neighbors_of(id, bad).unwrap_err().is_setting(), "{bad}");
    }
    assert_eq!(
        index.neighbors(&sketch, 1.0).unwrap().into_iter().map(|found| found.id).collect::<Vec<_>>(),
        [id]
    );
    assert_eq!((u32::from(id), usize::from(id), id.to_string()), (0, 0, "0".to_owned()));
}

fn small_index(sketcher: &Sketcher) -> Index {
    let mut index = Index::new(sketcher.recipe(), Bands::new(2, 4).unwrap()).unwrap();
    for start in 0..5 {
        index.insert(&sketcher.sketch_shingles(start * 20..start * 20 + 30)).unwrap();
    }
    index.insert(&sketcher.sketch_shingles(0..0)).unwrap();
    index.remove(id(3));
    index
}

fn eight_slots() -> Sketcher {
    Sketcher::builder().slots(8).build().unwrap()
}

fn load(bytes: &[u8], recipe: &Recipe) -> Result<Index, refrain::Error> {
    let path = folder("load").join(format!("{:x}.index", bytes.as_ptr() as usize));
    fs::write(&path, bytes).unwrap();
    Index::load(&path, recipe)
}

/// Every byte of the file of `small_index`, by the table at the top of `src/index/file.rs`. They change only
/// with the format version or with the recipe.
#[test]
fn the_bytes_of_a_file_never_change() {
    let hex: String = bytes(&small_index(&eight_slots())).iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = include_str!("golden/small.index.hex").split_whitespace().collect::<String>();
    assert_eq!(hex, expected);
}

/// The same with four bits a slot, as the default has them.
#[test]
fn the_bytes_of_a_file_of_four_bits_never_change() {
    let sketcher = Sketcher::builder().slots(17).seed(3).build().unwrap();
    let mut index = Index::new(sketcher.recipe(), Bands::new(2, 6).unwrap()).unwrap();
    let sketches: Vec<Sketch> = (0..4).map(|set| sketcher.sketch_shingles(set * 9..set * 20)).collect();
    index.insert_all(&sketches).unwrap();
    let file = bytes(&index);
    // Header, four rows of nine bytes, their checksum: a row is the low four bits of each slot, the first
    // slot lowest.
    assert_eq!(file.len(), 96 + 4 * 9 + 8);
    for (row, sketch) in file[96..].chunks(9).zip(&sketches) {
        let nibble = |at: usize| sketch.slots().get(at).map_or(0, |slot| slot & 15) as u8;
        let packed: Vec<u8> = (0..9).map(|at| nibble(2 * at) | nibble(2 * at + 1) << 4).collect();
        assert_eq!(row, packed);
    }
    let hex: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = include_str!("golden/four_bits.index.hex").split_whitespace().collect::<String>();
    assert_eq!(hex, expected);
}

#[test]
fn a_saved_index_is_the_same_when_loaded() {
    let folder = folder("same");
    let sketcher = eight_slots();
    let index = small_index(&sketcher);
    let path = folder.join("an.index");
    index.save(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes(&index));
    let loaded = Index::load(&path, sketcher.recipe()).unwrap();
    assert_eq!((loaded.len(), loaded.next_id(), loaded.bands()), (5, 6, index.bands()));
    assert!(!loaded.contains(id(3)) && loaded.contains(id(5)));
    index.save(&path).unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing but the file is left");
}

#[test]
fn a_file_that_cannot_be_put_in_place_leaves_everything_as_it_was() {
    let folder = folder("whole");
    let index = small_index(&eight_slots());
    let occupied = folder.join("occupied");
    fs::create_dir(&occupied).unwrap();
    fs::write(occupied.join("content"), "keep").unwrap();
    assert!(index.save(&occupied).unwrap_err().is_io());
    assert!(index.save(folder.join("absent").join("an.index")).unwrap_err().is_io());
    assert!(index.save("/").unwrap_err().is_io());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(occupied.join("content")).unwrap(), "keep");
    assert!(Index::load(folder.join("absent"), eight_slots().recipe()).unwrap_err().is_io());
}

#[test]
fn a_file_cut_short_anywhere_is_corrupt() {
    let sketcher = eight_slots();
    let whole = bytes(&small_index(&sketcher));
    for length in 0..whole.len() {
        let error = Index::read_from(&whole[..length], sketcher.recipe()).unwrap_err();
        assert!(error.is_corrupt(), "{length}: {error}");
    }
    let error = load(&[&whole[..], &[0]].concat(), sketcher.recipe()).unwrap_err();
    assert!(error.is_corrupt(), "one byte more: {error}");
}

#[test]
fn a_file_with_any_bit_flipped_is_corrupt() {
    let sketcher = eight_slots();
    let whole = bytes(&small_index(&sketcher));
    for bit in 0..8 * whole.len() {
        let mut altered = whole.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let error = Index::read_from(&altered[..], sketcher.recipe()).unwrap_err();
        assert!(error.is_corrupt(), "bit {bit}: {error}");
    }
}

#[test]
fn a_file_put_together_from_two_is_corrupt() {
    // Two indexes of two blocks each; the second block of one follows the first block of the other.
    let sketcher = eight_slots();
    let index = |seed: u64| {
        let mut index = Index::new(sketcher.recipe(), Bands::new(2, 4).unwrap()).unwrap();
        let sketches: Vec<Sketch> = (0..10_000).map(|i| sketcher.sketch_shingles([seed, i])).collect();
        index.insert_all(&sketches).unwrap();
        bytes(&index)
    };
    let (one, two) = (index(1), index(2));
    let second_block = 96 + 8192 * 8 + 8;
    let joined = [&one[..second_block], &two[second_block..]].concat();
    assert!(Index::read_from(&one[..], sketcher.recipe()).is_ok());
    assert!(Index::read_from(&joined[..], sketcher.recipe()).unwrap_err().is_corrupt());
}

#[test]
fn a_file_of_another_recipe_is_incompatible() {
    let whole = bytes(&small_index(&eight_slots()));
    for other in [Sketcher::builder().slots(16), Sketcher::builder().slots(8).seed(5)] {
        let error = Index::read_from(&whole[..], other.build().unwrap().recipe()).unwrap_err();
        assert!(error.is_incompatible(), "{error}");
    }
}

#[cfg(feature = "rayon")]
#[test]
fn any_number_of_threads_makes_the_same_index() {
    let sketcher = Sketcher::default();
    let sketches: Vec<Sketch> = (0..4000u64)
        .map(|i| sketcher.sketch_shingles([members(i % 7, 200), members(100 + i % 500, 30)].concat()))
        .collect();
    let mut one_by_one = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
    sketches.iter().for_each(|sketch| _ = one_by_one.insert(sketch).unwrap());
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut bulk = Index::new(sketcher.recipe(), Bands::STANDARD).unwrap();
        pool.install(|| sketches.chunks(700).for_each(|batch| drop(bulk.insert_all(batch).unwrap())));
        assert_eq!(bytes(&bulk), bytes(&one_by_one));
        for sketch in sketches.iter().step_by(50) {
            assert_eq!(bulk.neighbors(sketch, 0.8).unwrap(), one_by_one.neighbors(sketch, 0.8).unwrap());
        }
    }
}
