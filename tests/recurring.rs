//! Passages that recur across documents: all of them are found, each is counted as one, the answer depends on the
//! documents alone, and trimming keeps one copy of each.

mod oracle;
mod texts;

use oracle::{common_stretches, filler};
use proptest::prelude::*;
use refrain::corpus::{
    Collector, DocumentStretches, Fate, RecurringFinder, RecurringPassage, Stretch, Trimming, recurring,
};
use refrain::{DocId, Span, Watch};
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// Enough memory for every test.
const AMPLE: usize = 64 << 20;

/// A separate work folder for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("refrain-recurring-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn files(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Debug, PartialEq)]
struct Answer {
    documents: Vec<DocumentStretches>,
    passages: Vec<RecurringPassage>,
}

impl Answer {
    fn stretches(&self) -> impl Iterator<Item = &Stretch> {
        self.documents.iter().flat_map(|document| &document.stretches)
    }
}

fn collected(finder: &RecurringFinder, folder: &Folder, texts: &[String], memory: usize) -> Collector {
    let collector = finder.collect(&folder.0, memory).unwrap();
    for (number, text) in texts.iter().enumerate() {
        collector.add(DocId::new(number).unwrap(), text.as_bytes()).unwrap();
    }
    collector
}

fn search(finder: &RecurringFinder, texts: &[String], memory: usize) -> Answer {
    let folder = Folder::new();
    let finder = finder.clone().resumable(false);
    let collected = collected(&finder, &folder, texts, memory).finish().unwrap();
    let found = collected.search(texts).unwrap();
    let documents = found.documents().unwrap().map(Result::unwrap).collect();
    let passages = found.passages().unwrap().map(Result::unwrap).collect();
    drop(found);
    assert_eq!(folder.files(), 0, "a search that is not resumable leaves no file");
    Answer { documents, passages }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|ch| ch.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Documents made of a few words, a few long pieces, and parts of those pieces. They share much text, in many ways.
fn corpora() -> impl Strategy<Value = Vec<String>> {
    let piece = (0u64..6, 0usize..150, 20usize..260).prop_map(|(number, from, length)| {
        let text = filler(number);
        let from = from.min(text.len());
        text[from..text.len().min(from + length)].to_string()
    });
    let own = "[a-e]{1,3}( [a-e]{1,3}){0,20}";
    let periodic = ("[ab ]{1,20}", 2usize..12).prop_map(|(unit, times)| unit.repeat(times));
    let document = proptest::collection::vec(prop_oneof![6 => piece, 2 => own, 1 => periodic], 0..6);
    let glue = prop_oneof![Just(""), Just(" "), Just("\n\n"), Just("... ")];
    proptest::collection::vec((document, glue).prop_map(|(pieces, glue)| pieces.join(glue)), 1..7)
}

/// Whether `spans`, each extended by part of a word at its ends, cover `span` without `unseeded` letters at either end.
fn is_covered(text: &str, span: Span, spans: &[Span], unseeded: usize) -> bool {
    /// The most characters by which a stretch is shortened to whole words, and the separators between them.
    const WORD: usize = 24 + 8;
    let letters: Vec<usize> = text[span]
        .char_indices()
        .filter(|(_, ch)| ch.is_alphanumeric())
        .map(|(at, _)| span.start + at)
        .collect();
    let inner = letters.get(unseeded..letters.len().saturating_sub(unseeded)).unwrap_or_default();
    inner.iter().all(|&at| spans.iter().any(|span| span.start <= at + WORD && at < span.end + WORD))
}

/// Whether a seed of a stretch of the last text may occur in an earlier text, or elsewhere in the last one.
fn may_occur_before(texts: &[String], span: Span) -> bool {
    const SEED: usize = 24;
    let Some((text, before)) = texts.split_last() else { return false };
    let before: Vec<String> = before.iter().map(|text| squeezed(text)).collect();
    let (all, part) = (squeezed(text), squeezed(&text[span]));
    (SEED..=part.len()).any(|end| {
        let window = &part[end - SEED..end];
        all.find(window) != all.rfind(window) || before.iter().any(|text| text.contains(window))
    })
}

proptest! {
    /// The guarantee of `RecurringFinder`, compared with dynamic programming over all pairs.
    #[test]
    fn every_copy_is_found_in_both_documents(texts in corpora(), min_length in 39usize..90) {
        let answer = search(&RecurringFinder::new().min_length(min_length), &texts, AMPLE);
        let unseeded = if min_length < 55 { 24 } else { 40 };
        // Everything that is reported about each document: its own stretches, those that name it as holder, unresolved places.
        let mut spans: Vec<Vec<Span>> = vec![Vec::new(); texts.len()];
        for document in &answer.documents {
            spans[document.document.position()].extend(&document.unresolved);
        }
        for stretch in answer.stretches() {
            spans[stretch.document.position()].push(stretch.span);
            spans[stretch.holder.position()].push(stretch.holder_span);
        }
        for (later, text) in texts.iter().enumerate() {
            for earlier in 0..later {
                for (left, right) in common_stretches(&texts[earlier], text, min_length) {
                    prop_assert!(
                        is_covered(text, right, &spans[later], unseeded),
                        "{:?} of document {later} is in {earlier} too, found {:?}", &text[right], spans[later]
                    );
                    if may_occur_before(&texts[..=earlier], left) {
                        continue;
                    }
                    prop_assert!(
                        is_covered(&texts[earlier], left, &spans[earlier], unseeded),
                        "{:?} of document {earlier} is in {later} too, found {:?}", &texts[earlier][left], spans[earlier]
                    );
                }
            }
        }
    }

    /// Every stretch is in range, on character boundaries, has an earlier holder, and is as similar as its identity.
    #[test]
    fn every_stretch_is_as_similar_as_its_identity(texts in corpora(), min_length in 39usize..90) {
        let answer = search(&RecurringFinder::new().min_length(min_length), &texts, AMPLE);
        for stretch in answer.stretches() {
            let own = &texts[stretch.document.position()][stretch.span];
            let theirs = &texts[stretch.holder.position()][stretch.holder_span];
            prop_assert!(stretch.holder <= stretch.document);
            prop_assert!(stretch.identity >= 0.7 && stretch.identity <= 1.0);
            if stretch.identity == 1.0 && stretch.is_internal() {
                // The span of the holder leaves out a part that is kept for another repeat.
                prop_assert!(squeezed(theirs).contains(&squeezed(own)));
            } else if stretch.identity == 1.0 {
                prop_assert_eq!(squeezed(own), squeezed(theirs));
            }
            // Ends are moved back by part of a word.
            prop_assert!(stretch.is_internal() || squeezed(own).len() + 2 * 24 >= min_length);
        }
        let counted: u64 = answer.passages.iter().map(|passage| passage.occurrences - 1).sum();
        prop_assert_eq!(counted, answer.stretches().count() as u64, "each stretch is counted once");
    }

    #[test]
    fn any_memory_gives_the_same(texts in corpora(), memory in 0usize..20_000) {
        let finder = RecurringFinder::new().min_length(45);
        let expected = search(&finder, &texts, AMPLE);
        prop_assert_eq!(search(&finder, &texts, memory), expected);
    }

    /// With documents of whole sentences, each sentence is still in some document after trimming. If no document was removed,
    /// it is in only one.
    #[test]
    fn trimming_keeps_every_sentence(
        documents in proptest::collection::vec(proptest::collection::vec(0u64..12, 0..7), 1..7),
        coverage in prop_oneof![Just(None), (0.3f64..1.0).prop_map(Some)],
        glue in prop_oneof![Just(" "), Just("\n"), Just("\n\n")],
    ) {
        let finder = RecurringFinder::new();
        // Repeats inside one document are tested elsewhere.
        let documents: Vec<Vec<u64>> = documents
            .into_iter()
            .map(|sentences| {
                let mut seen = HashSet::new();
                sentences.into_iter().filter(|&sentence| seen.insert(sentence)).collect()
            })
            .collect();
        let texts: Vec<String> = documents
            .iter()
            .map(|sentences| sentences.iter().map(|&number| filler(number)).collect::<Vec<_>>().join(glue))
            .collect();
        let (left, removed) = trimmed(&finder, &texts, coverage);
        let copies = |sentence: &str| left.iter().flatten().filter(|text| text.contains(sentence)).count();
        for (number, (sentences, after)) in documents.iter().zip(&left).enumerate() {
            for &sentence in sentences {
                let sentence = filler(sentence);
                // If a document is removed, sentences that only it has are lost.
                let stays = copies(&sentence);
                prop_assert!(after.is_none() || stays > 0, "{sentence:?} of document {number} is lost");
                if removed == 0 {
                    prop_assert_eq!(stays, 1, "{:?} is there once", sentence);
                    let times: usize = left.iter().flatten().map(|text| text.matches(&sentence).count()).sum();
                    prop_assert_eq!(times, 1);
                }
            }
        }
        // No words are joined: the trimmed texts consist of whole sentences.
        let sentences: HashSet<String> = (0..12).map(filler).collect();
        for text in left.iter().flatten() {
            for sentence in text.split_inclusive('.').map(str::trim).filter(|sentence| !sentence.is_empty()) {
                prop_assert!(sentences.contains(sentence), "{sentence:?} is no sentence of the corpus");
            }
        }
    }

    #[test]
    fn any_text_is_accepted(texts in proptest::collection::vec("(\\PC{0,80}|[ab\u{e9}\u{301}]{0,200}|\u{0e01}{0,60})", 0..5)) {
        let doubled: Vec<String> = texts.iter().chain(&texts).cloned().collect();
        let answer = search(&RecurringFinder::new().min_length(39), &doubled, AMPLE);
        for stretch in answer.stretches() {
            // Slicing panics if a span is not on character boundaries.
            let _ = (&doubled[stretch.document.position()][stretch.span], &doubled[stretch.holder.position()][stretch.holder_span]);
        }
    }
}

/// The texts after trimming (`None` where one was removed), and how many were removed.
fn trimmed(
    finder: &RecurringFinder,
    texts: &[String],
    coverage: Option<f64>,
) -> (Vec<Option<String>>, usize) {
    let answer = search(finder, texts, AMPLE);
    let mut trimming = Trimming::new(finder);
    if let Some(share) = coverage {
        trimming = trimming.remove_covered(share).unwrap();
    }
    let mut left: Vec<Option<String>> = texts.iter().cloned().map(Some).collect();
    for document in &answer.documents {
        let number = document.document.position();
        match trimming.decide(texts[number].as_bytes(), document).unwrap() {
            Fate::Trimmed { text, cuts } => {
                let cut: usize = cuts.iter().map(|cut| cut.len()).sum();
                assert_eq!(text.len() + cut, texts[number].len());
                left[number] = Some(String::from_utf8(text).unwrap());
            }
            Fate::Removed { coverage: share, sources } => {
                assert!(coverage.is_some_and(|least| share >= least));
                assert!(!sources.is_empty() && sources.iter().all(|&(source, _)| source < document.document));
                left[number] = None;
            }
            _ => {}
        }
    }
    let removed = left.iter().filter(|text| text.is_none()).count();
    (left, removed)
}

const BANNER: &str =
    "We value your privacy. We and our 842 partners store and access information on your device.";

#[test]
fn boilerplate_is_one_passage_with_its_count() {
    let texts: Vec<String> = (0..500)
        .map(|page| match page % 2 {
            // The banner is followed by a number, so that no two pages continue with the same text.
            0 => format!("{BANNER}\n\n{page} {}", filler(page)),
            _ => format!("{} {page}\n\n{BANNER}", filler(page)),
        })
        .collect();
    let answer = search(&RecurringFinder::new(), &texts, AMPLE);
    assert_eq!(answer.passages.len(), 1);
    let passage = answer.passages[0];
    assert_eq!((passage.document.position(), passage.occurrences), (0, 500));
    assert_eq!(&texts[0][passage.span], BANNER);
    assert_eq!(&texts[passage.copy_document.position()][passage.copy_span], BANNER);
    assert_eq!(answer.stretches().count(), 499, "one comparison a document, not one a pair");
    assert!(answer.stretches().all(|stretch| &texts[stretch.document.position()][stretch.span] == BANNER));
    let (left, _) = trimmed(&RecurringFinder::new(), &texts, None);
    assert_eq!(left.iter().flatten().filter(|text| text.contains("privacy")).count(), 1);
}

#[test]
fn an_edited_copy_is_one_stretch() {
    let story = |name: &str| {
        format!(
            "The ferry to the islands sails again from Monday, {name} said after a meeting that lasted until midnight. \
             Tickets bought for the cancelled crossings stay valid for thirty days."
        )
    };
    let texts = [story("the harbour master"), format!("{}\n\n{}", filler(1), story("a spokeswoman"))];
    let answer = search(&RecurringFinder::new(), &texts, AMPLE);
    let [stretch] = answer.documents[0].stretches[..] else { panic!("{answer:?}") };
    assert_eq!(&texts[1][stretch.span], story("a spokeswoman"));
    assert_eq!(&texts[0][stretch.holder_span], story("the harbour master"));
    assert!((0.85..1.0).contains(&stretch.identity), "{}", stretch.identity);
}

/// A sentence that only one document has is not an edit, even between two copied sentences. Trimming must not cut it.
#[test]
fn a_sentence_between_two_copies_is_not_cut() {
    let texts = [
        format!("{}\n{}", filler(1), filler(2)),
        format!("{}\nBut the mayor, asked again, denied all of it.\n{}", filler(1), filler(2)),
    ];
    let (left, _) = trimmed(&RecurringFinder::new(), &texts, None);
    assert_eq!(left[1].as_deref(), Some("But the mayor, asked again, denied all of it.\n"));
}

#[test]
fn a_page_put_together_from_others_is_removed_with_its_sources() {
    let texts = [
        format!("{} {}", filler(1), filler(2)),
        filler(3),
        format!("{}\n{}\n{}\nTwo words.", filler(3), filler(1), filler(2)),
        format!("{} {}", filler(4), filler(1)),
    ];
    let finder = RecurringFinder::new();
    let answer = search(&finder, &texts, AMPLE);
    let mut trimming = Trimming::new(&finder).remove_covered(0.9).unwrap();
    let fates: Vec<Fate> = answer
        .documents
        .iter()
        .map(|document| trimming.decide(texts[document.document.position()].as_bytes(), document).unwrap())
        .collect();
    let Fate::Removed { coverage, sources } = &fates[0] else { panic!("{fates:?}") };
    assert!((0.9..1.0).contains(coverage));
    let length = |number| squeezed(&filler(number)).len() as u64;
    let sources: Vec<(usize, u64)> =
        sources.iter().map(|&(source, characters)| (source.position(), characters)).collect();
    assert_eq!(sources, [(0, length(1) + length(2)), (1, length(3))]);
    assert!(matches!(fates[1], Fate::Trimmed { .. }), "half of the text is only in this document");
    assert!(Trimming::new(&finder).remove_covered(0.0).unwrap_err().is_setting());
    assert!(Trimming::new(&finder).remove_covered(1.5).unwrap_err().is_setting());
}

/// A text that occurs twice in its document, once without paragraph breaks: both copies stay unless asked. Then the copy with
/// paragraphs stays.
#[test]
fn a_document_that_holds_itself_twice_keeps_the_best_formatted_copy_on_request() {
    let body = |glue: &str| [filler(1), filler(2), filler(3)].join(glue);
    let page = format!("{}\nRead on.\n\n{}", body(""), body("\n\n"));
    let texts = [page, filler(9)];
    let finder = RecurringFinder::new();
    assert_eq!(trimmed(&finder, &texts, None).0[0].as_deref(), Some(&*texts[0]));
    let found = search(&finder, &texts, AMPLE);
    let fate = Trimming::new(&finder).repeats(true).decide(texts[0].as_bytes(), &found.documents[0]).unwrap();
    let Fate::Trimmed { text, .. } = fate else { panic!("{fate:?}") };
    assert_eq!(std::str::from_utf8(&text), Ok(&*format!("Read on.\n\n{}", body("\n\n"))));
}

#[test]
fn a_search_is_resumed_after_each_step() {
    let texts: Vec<String> = (0..40).map(|page| format!("{BANNER}\n{}", filler(page / 2))).collect();
    let finder = RecurringFinder::new();
    let expected = search(&finder, &texts, AMPLE);
    let folder = Folder::new();
    assert!(finder.resume(&folder.0, AMPLE).unwrap().is_none());
    collected(&finder, &folder, &texts, AMPLE).finish().map(drop).unwrap();
    for stop_at in ["joining seeds", "counting passages", "nowhere"] {
        let other = RecurringFinder::new().min_length(61);
        assert!(other.resume(&folder.0, AMPLE).err().unwrap().is_incompatible());
        let watch = Watch::new(move |progress| match progress.stage == stop_at {
            true => std::ops::ControlFlow::Break(()),
            false => std::ops::ControlFlow::Continue(()),
        });
        let finder = finder.clone().watch(watch);
        let collected = finder.resume(&folder.0, 1 << 16).unwrap().expect("collected");
        match collected.search(&texts[..]) {
            Err(error) => assert!(error.is_cancelled() && stop_at != "nowhere", "{error}"),
            Ok(found) => {
                assert_eq!(stop_at, "nowhere");
                let documents = found.documents().unwrap().map(Result::unwrap).collect();
                let passages = found.passages().unwrap().map(Result::unwrap).collect();
                assert_eq!(Answer { documents, passages }, expected);
                found.remove().unwrap();
                assert_eq!(folder.files(), 0);
            }
        }
    }
}

#[test]
fn any_threads_and_any_order_of_adding_give_the_same() {
    let texts: Vec<String> = (0..300u64)
        .map(|page| format!("{BANNER}\n{} {}\n{}", filler(page % 7), filler(page), filler(page % 11)))
        .collect();
    let finder = RecurringFinder::new().resumable(false);
    let expected = search(&finder, &texts, AMPLE);
    assert!(expected.stretches().count() > 500);
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let answer = pool.install(|| {
            let folder = Folder::new();
            let collector = finder.collect(&folder.0, 50_000).unwrap();
            std::thread::scope(|scope| {
                for first in 0..threads {
                    let (collector, texts) = (&collector, &texts);
                    scope.spawn(move || {
                        for number in (first..texts.len()).step_by(threads).rev() {
                            collector.add(DocId::new(number).unwrap(), texts[number].as_bytes()).unwrap();
                        }
                    });
                }
            });
            let found = collector.finish().unwrap().search(&texts[..]).unwrap();
            let documents = found.documents().unwrap().map(Result::unwrap).collect();
            Answer { documents, passages: found.passages().unwrap().map(Result::unwrap).collect() }
        });
        assert_eq!(answer, expected, "{threads} threads");
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let error = RecurringFinder::new().min_length(38).validate().unwrap_err();
    assert!(error.is_setting() && error.to_string().contains("at least 39"), "{error}");
    assert!(RecurringFinder::new().max_gap(1 << 20).validate().unwrap_err().is_setting());
    let error = RecurringFinder::new().collect("no/such/folder".as_ref(), 1 << 20).err().unwrap();
    assert!(error.is_io() && error.to_string().contains("no/such/folder"), "{error}");
}

#[test]
fn texts_in_memory_need_no_folder() {
    let texts: Vec<String> = (0..60).map(|page| format!("{BANNER}\n{}", filler(page / 2))).collect();
    let expected = search(&RecurringFinder::new(), &texts, AMPLE);
    assert_eq!(recurring(&texts), expected.passages);
    let found = RecurringFinder::new().search(&texts).unwrap();
    let documents: Vec<DocumentStretches> = found.documents().unwrap().map(Result::unwrap).collect();
    assert_eq!(documents, expected.documents);
    assert!(recurring(&[] as &[&str]).is_empty());
}

/// Thai letters take three bytes each: a gap of 20 characters is longer than 32 bytes and shorter than 32 characters.
#[test]
fn gaps_are_counted_in_characters() {
    let letters = |seed: u64, count: usize| -> String {
        let mut state = seed;
        let letter = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from_u32(0x0e01 + ((state >> 33) % 46) as u32)
        };
        (0..count).filter_map(letter).collect()
    };
    let (before, after) = (letters(1, 120), letters(2, 120));
    let texts = [format!("{before}{}{after}", letters(3, 20)), format!("{before}{}{after}", letters(4, 20))];
    let answer = search(&RecurringFinder::new(), &texts, AMPLE);
    assert_eq!(answer.stretches().count(), 1, "{answer:?}");
    let strict = search(&RecurringFinder::new().max_gap(10), &texts, AMPLE);
    assert_eq!(strict.stretches().count(), 2, "{strict:?}");
}
