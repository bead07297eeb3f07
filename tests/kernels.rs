//! Sketches equal their definition, for any portions, order, repetitions and processor.
//! (Kernels are compared with their scalar forms in `src/sketch/kernel`, where they can be called.)

#[path = "oracle/sketch.rs"]
mod oracle;

use proptest::collection::vec;
use proptest::prelude::*;
use refrain::{Compact, Recipe, Shingle, Sketch, Sketcher, SlotBits, Weighting};

fn sketcher(slots: usize, seed: u64) -> Sketcher {
    Sketcher::builder().slots(slots).seed(seed).build().unwrap()
}

const WIDTHS: [SlotBits; 4] = [SlotBits::One, SlotBits::Two, SlotBits::Four, SlotBits::Eight];

proptest! {
    #[test]
    fn slots_are_those_of_the_naive_definition(
        members in vec(any::<u64>(), 0..60),
        slots in prop_oneof![1_usize..40, Just(128), Just(252), Just(256), Just(600)],
        seed: u64,
    ) {
        let sketch = sketcher(slots, seed).sketch_slice(&members);
        prop_assert_eq!(sketch.slots(), oracle::slots(&members, slots, seed));
    }

    /// Few members, each many times: repetitions change nothing.
    #[test]
    fn slots_of_repetitions_are_those_of_the_naive_definition(
        members in vec(any::<u64>(), 1..12),
        times in 1_usize..400,
        slots in prop_oneof![1_usize..40, Just(128), Just(252), Just(256), Just(600)],
    ) {
        let repeated: Vec<u64> = members.iter().copied().cycle().take(members.len() * times).collect();
        let sketch = sketcher(slots, 1).sketch_slice(&repeated);
        prop_assert_eq!(sketch.slots(), oracle::slots(&members, slots, 1));
    }

    #[test]
    fn portions_order_and_repetitions_do_not_matter(
        members in prop_oneof![vec(0_u64..3000, 1..1500), vec(0_u64..30, 1..1500)],
        cut in any::<prop::sample::Index>(),
        slots in 1_usize..300,
    ) {
        let sketcher = Sketcher::builder().slots(slots).build().unwrap();
        let whole = sketcher.sketch_slice(&members);
        let streamed = sketcher.sketch_shingles(members.iter().copied());
        prop_assert_eq!(&whole, &streamed);

        let mut distinct = members.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let distinct = sketcher.sketch_slice(&distinct);
        prop_assert_eq!(distinct.slots(), whole.slots());

        let (left, right) = members.split_at(cut.index(members.len()));
        let mut union = sketcher.sketch_slice(left);
        union.merge(&sketcher.sketch_slice(right)).unwrap();
        prop_assert_eq!(union.slots(), whole.slots());
        prop_assert_eq!(union.len(), whole.len());
    }

    /// A text of words of one letter has more shingles than other texts of its length.
    #[test]
    fn a_text_is_sketched_like_its_shingles(words in vec("[a-z]{1,2}", 0..700)) {
        let text = words.join(" ");
        let mut shingles = Vec::new();
        let is_short = Shingle::default().for_each(&text, |shingle| shingles.push(shingle));
        for weighting in Weighting::ALL {
            let sketcher = Sketcher::builder().weighting(weighting).build().unwrap();
            let sketch = sketcher.sketch(&text);
            prop_assert_eq!(sketch.is_short(), is_short);
            let (given, streamed) =
                (sketcher.sketch_slice(&shingles), sketcher.sketch_shingles(shingles.iter().copied()));
            prop_assert_eq!((sketch.slots(), sketch.len()), (given.slots(), given.len()));
            prop_assert_eq!(given, streamed);
        }
    }

    #[test]
    fn estimates_count_the_slots(
        left in vec(0_u64..200, 1..100),
        right in vec(0_u64..200, 1..100),
        slots in 1_usize..300,
    ) {
        let sketcher = sketcher(slots, 1);
        let (left, right) = (sketcher.sketch_slice(&left), sketcher.sketch_slice(&right));
        let pairs = || left.slots().iter().zip(right.slots());
        let equal = pairs().filter(|(left, right)| left == right).count();
        let reached = pairs().filter(|(left, right)| left <= right).count();
        prop_assert_eq!(left.jaccard(&right).value, equal as f64 / slots as f64);
        if reached > 0 {
            prop_assert_eq!(left.containment(&right).value, equal as f64 / reached as f64);
        }
        prop_assert_eq!(left.jaccard(&left).value, 1.0);

        for bits in WIDTHS {
            let mask = (1 << bits.bits()) - 1;
            let agree = pairs().filter(|(left, right)| (*left ^ *right) & mask == 0).count();
            let (left, right) = (left.compact(bits), right.compact(bits));
            let accident = 0.5_f64.powi(bits.bits() as i32);
            let expected = (agree as f64 / slots as f64 - accident) / (1.0 - accident);
            prop_assert!((left.jaccard(&right).value - expected).abs() < 1e-12);
            prop_assert_eq!(Compact::from_bytes(left.recipe(), bits, left.as_bytes()).unwrap(), left);
        }
    }

    /// Altered bytes give an error, never another sketch and never a panic.
    #[test]
    fn altered_bytes_are_refused(members in vec(any::<u64>(), 0..20), at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let sketch = sketcher(9, 3).sketch_slice(&members);
        let mut bytes = sketch.encode();
        prop_assert_eq!(&Sketch::decode(&bytes).unwrap(), &sketch);
        let at = at.index(bytes.len());
        let error = Sketch::decode(&bytes[..at]).unwrap_err();
        prop_assert!(error.is_corrupt(), "{}", error);
        bytes[at] ^= flip;
        let error = Sketch::decode(&bytes).unwrap_err();
        prop_assert!(error.is_corrupt() || error.is_incompatible(), "{}", error);
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in vec(any::<u8>(), 0..200), recipe: [u8; Recipe::ENCODED_LEN]) {
        let _ = Sketch::decode(&bytes);
        if let Ok(decoded) = Recipe::decode(&recipe) {
            prop_assert_eq!(decoded.encode(), recipe);
        }
    }
}

#[test]
fn a_difference_in_any_part_of_a_recipe_is_an_error_that_names_it() {
    let base = Sketcher::builder();
    let others = [
        (base.slots(127), "256 against 127"),
        (base.seed(9), "seed 0 against 9"),
        (base.shingle(refrain::Shingle::words(3)), "adaptive against words:3"),
        (base.shingle(Shingle::ADAPTIVE.with_seed(9)), "seed of the shingles 0 against 9"),
        (base.weighting(Weighting::Occurrences), "distinct against occurrences"),
    ];
    let plain = Sketcher::default().sketch_slice(&[1, 2, 3]);
    for (builder, message) in others {
        let other = builder.build().unwrap().sketch_slice(&[1, 2, 3]);
        assert_ne!(plain.recipe().fingerprint(), other.recipe().fingerprint());
        let errors = [
            plain.try_jaccard(&other).unwrap_err(),
            plain.try_containment(&other).unwrap_err(),
            plain.clone().merge(&other).unwrap_err(),
            plain.compact(SlotBits::Eight).try_jaccard(&other.compact(SlotBits::Eight)).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_incompatible() && error.to_string().contains(message), "{error}");
        }
        assert!(std::panic::catch_unwind(|| plain.jaccard(&other)).is_err());
    }
    let (four, eight) = (plain.compact(SlotBits::Four), plain.compact(SlotBits::Eight));
    assert!(four.try_jaccard(&eight).unwrap_err().is_incompatible());
}

#[test]
fn settings_out_of_range_are_refused() {
    use refrain::Shingle;
    let base = Sketcher::builder();
    for builder in [
        base.slots(0),
        base.slots(Recipe::MAX_SLOTS + 1),
        base.shingle(Shingle::words(0)),
        base.shingle(Shingle::words(33)),
        base.shingle(Shingle::chars(0)),
        base.shingle(Shingle::chars(64)),
    ] {
        assert!(builder.build().unwrap_err().is_setting());
    }
    for builder in [
        base.slots(1),
        base.slots(100_000),
        base.shingle(Shingle::words(32)),
        base.shingle(Shingle::chars(63)),
    ] {
        let sketch = builder.build().unwrap().sketch(&"word ".repeat(40));
        assert!(!sketch.is_empty() && sketch.jaccard(&sketch).value == 1.0);
    }
}

#[test]
fn empty_and_short_texts_are_flagged() {
    let sketcher = Sketcher::default();
    let (empty, other) = (sketcher.sketch("…"), sketcher.sketch("?!"));
    assert!(empty.is_empty() && empty.is_short());
    // An empty text is not a duplicate of an empty text.
    assert_eq!(empty.jaccard(&other).value, 0.0);
    assert_eq!(empty.compact(SlotBits::Eight).jaccard(&other.compact(SlotBits::Eight)).value, 0.0);
    assert_eq!(Sketch::decode(&empty.encode()).unwrap(), empty);

    let (short, copy) = (sketcher.sketch("Two words"), sketcher.sketch("two, words!"));
    assert!(short.is_short() && !short.is_empty() && short.len() == 1);
    assert_eq!(short.jaccard(&copy).value, 1.0);
    assert_eq!(Sketch::decode(&short.encode()).unwrap(), short);
    let long = sketcher.sketch("two words and then three more");
    assert!(!long.is_short() && long.jaccard(&short).value < 0.1);
}

#[test]
fn a_sketch_can_be_made_again_from_its_slots() {
    for (slots, members) in [(1, 0..5_u64), (128, 0..1000), (256, 0..40), (256, 0..0)] {
        let sketch = sketcher(slots, 3).sketch_shingles(members.clone());
        let again = Sketch::from_slots(sketch.recipe(), sketch.slots()).unwrap();
        assert_eq!((again.slots(), again.recipe()), (sketch.slots(), sketch.recipe()));
        assert_eq!(again.is_empty(), members.is_empty());
        assert_eq!(again.len(), (sketch.distinct().value.round() as u64).max(u64::from(!members.is_empty())));
        assert_eq!(Sketch::decode(&again.encode()).unwrap(), again);
    }
    let sketch = sketcher(8, 3).sketch_shingles(0..100);
    let refused = |slots: &[u64]| Sketch::from_slots(sketch.recipe(), slots).unwrap_err().is_corrupt();
    assert!(refused(&sketch.slots()[1..]) && refused(&[]));
    // One empty slot of eight, and a round that does not exist.
    for bad in [u64::MAX, 9 << 56] {
        let mut slots = sketch.slots().to_vec();
        slots[5] = bad;
        assert!(refused(&slots));
    }
}

#[test]
fn settings_are_written_and_read_as_text() {
    for bits in SlotBits::ALL {
        assert_eq!(bits.to_string().parse::<SlotBits>().unwrap(), bits);
    }
    for weighting in Weighting::ALL {
        assert_eq!(weighting.to_string().parse::<Weighting>().unwrap(), weighting);
    }
    for bad in ["", "3", "16", "four", "-1"] {
        assert!(bad.parse::<SlotBits>().unwrap_err().is_setting());
    }
    for bad in ["", "Distinct", "tf-idf"] {
        assert!(bad.parse::<Weighting>().unwrap_err().is_setting());
    }
}

#[test]
fn a_text_is_the_set_of_its_shingles() {
    let text = "It was the best of times, it was the worst of times, 這是最好的時代，這是最壞的時代 и снова";
    for shingle in [refrain::Shingle::ADAPTIVE, refrain::Shingle::words(2), refrain::Shingle::chars(7)] {
        let sketcher = Sketcher::builder().shingle(shingle).build().unwrap();
        let mut shingles = Vec::new();
        shingle.for_each(text, |number| shingles.push(number));
        assert_eq!(sketcher.sketch(text), sketcher.sketch_slice(&shingles));
        let distinct = refrain::Shingles::by(shingle, text);
        assert_eq!(sketcher.sketch(text).slots(), sketcher.sketch_slice(distinct.as_slice()).slots());
    }
}

/// An empty set is recognised only if it has enough bits that no other set has the same by chance.
#[test]
fn equal_slots_of_few_bits_count_and_empty_sets_of_many_bits_are_unlike() {
    for (slots, bits) in [(1, SlotBits::One), (63, SlotBits::One), (31, SlotBits::Two), (7, SlotBits::Eight)]
    {
        let sketcher = sketcher(slots, 1);
        for member in 0..200 {
            let one = sketcher.sketch_slice(&[member]).compact(bits);
            assert_eq!(one.jaccard(&one).value, 1.0, "{member} in {slots} slots of {} bits", bits.bits());
        }
    }
    for (slots, bits) in
        [(64, SlotBits::One), (32, SlotBits::Two), (8, SlotBits::Eight), (128, SlotBits::Eight)]
    {
        let none = sketcher(slots, 1).sketch_slice(&[]).compact(bits);
        assert_eq!(none.jaccard(&none).value, 0.0, "{slots} slots of {} bits", bits.bits());
    }
}

/// A thread has one scratch memory: a nested call allocates its own.
#[test]
fn nested_sketching_changes_neither_sketch() {
    let text = "It was the best of times, it was the worst of times, it was the age of wisdom";
    let sketcher = sketcher(128, 1);
    let (inner, members) = (sketcher.sketch(text), || 0..3000_u64);
    let plain = sketcher.sketch_shingles(members());
    let outer = sketcher.sketch_shingles(members().inspect(|_| assert_eq!(sketcher.sketch(text), inner)));
    assert_eq!(outer, plain);

    let visited = |inside: &dyn Fn()| {
        let mut shingles = Vec::new();
        Shingle::default().for_each(text, |shingle| {
            inside();
            shingles.push(shingle);
        });
        shingles
    };
    assert_eq!(visited(&|| assert_eq!(sketcher.sketch(text), inner)), visited(&|| ()));
}
