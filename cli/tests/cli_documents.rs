//! `refrain similarity` and `refrain bands`: the JSON of the documented form, and the settings of the library. Every test runs the
//! built command. Bad input is tested in `cli_bad_input.rs`.

mod command;

use command::folder::Folder;
use command::{code, errors, only_record, printed, records, refrain, refrain_with_input};

use refrain::{Bands, PassageFinder, Shingle, Shingles, Similarity, Sketcher};
use serde_json::{Value, json};
use std::io::Write;

const ARTICLE: &str = "Heavy rain closed the coast road on Sunday. Drivers were sent inland until the evening, the police said; \
                       nobody was hurt, but two cars had to be towed out of the water near the old harbour.";
const OTHER: &str =
    "Nobody in the village remembered who had painted the blue door of the old bakery on the square.";

/// A line of input for `similarity --jsonl`.
fn pair(id: impl Into<Value>, left: &str, right: &str) -> String {
    json!({"id": id.into(), "left": left, "right": right}).to_string() + "\n"
}

/// Asserts that both are equal, except for the last digit of numbers, which the JSON parser does not guarantee.
#[track_caller]
fn assert_alike(found: &Value, expected: &Value) {
    match (found, expected) {
        (Value::Object(left), Value::Object(right)) => {
            assert!(left.keys().eq(right.keys()), "{found} against {expected}");
            left.values().zip(right.values()).for_each(|(left, right)| assert_alike(left, right));
        }
        (Value::Array(left), Value::Array(right)) => {
            assert_eq!(left.len(), right.len());
            left.iter().zip(right).for_each(|(left, right)| assert_alike(left, right));
        }
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64().unwrap(), right.as_f64().unwrap());
            assert!((left - right).abs() <= 1e-14, "{left} against {right}");
        }
        _ => assert_eq!(found, expected),
    }
}

/// The answer of the library, in the form of the command.
fn expected(id: Value, similarity: &Similarity) -> Value {
    json!({
        "id": id,
        "jaccard": similarity.jaccard,
        "containment_left": similarity.containment_left,
        "containment_right": similarity.containment_right,
        "coverage_left": similarity.coverage_left,
        "coverage_right": similarity.coverage_right,
        "reordered_left": similarity.reordered_left,
        "reordered_right": similarity.reordered_right,
    })
}

#[test]
fn two_files_have_the_shape_of_the_contract() {
    let folder = Folder::new();
    let page = format!("{OTHER}\n\n{ARTICLE}\n\nRead more about the weather on our weather page.");
    let left = folder.file("left.txt", &page);
    let right = folder.file("right.txt", ARTICLE.replace(". ", "."));
    let output = refrain(["similarity", &left, &right]);
    assert!(printed(&output).starts_with("{\"id\":"));
    let record = only_record(&output);
    let id = json!(format!("{left} {right}"));
    assert_alike(&record, &expected(id, &refrain::similarity(&page, &ARTICLE.replace(". ", "."))));
    // The left text contains the whole right text and is about twice as long.
    assert_eq!(record["containment_right"], 1.0);
    assert_eq!(record["coverage_right"], 1.0);
    let letters = |text: &str| text.chars().filter(|ch| ch.is_alphanumeric()).count() as f64;
    assert_alike(&record["coverage_left"], &json!(letters(ARTICLE) / letters(&page)));
    let (jaccard, contained) =
        (record["jaccard"].as_f64().unwrap(), record["containment_left"].as_f64().unwrap());
    assert_eq!(jaccard, contained, "shingles of the right text are a part of the left one's");
    assert_alike(
        &record["jaccard"],
        &json!(Shingles::of(ARTICLE).len() as f64 / Shingles::of(&page).len() as f64),
    );
}

#[test]
fn the_sides_are_not_mixed_up() {
    let folder = Folder::new();
    let (part, whole) = (folder.file("part", ARTICLE), folder.file("whole", format!("{ARTICLE} {OTHER}")));
    let forth = only_record(&refrain(["similarity", &part, &whole]));
    let back = only_record(&refrain(["similarity", &whole, &part]));
    assert_eq!(forth["jaccard"], back["jaccard"]);
    for share in ["containment", "coverage"] {
        assert_eq!(forth[format!("{share}_left")], 1.0);
        assert_eq!(forth[format!("{share}_left")], back[format!("{share}_right")]);
        assert_eq!(forth[format!("{share}_right")], back[format!("{share}_left")]);
        assert!(back[format!("{share}_left")].as_f64().unwrap() < 0.75);
    }
}

#[test]
fn records_are_answered_in_order_at_any_number_of_threads() {
    let folder = Folder::new();
    let lines: String =
        (0..700).map(|number| pair(number, ARTICLE, if number % 2 == 0 { ARTICLE } else { OTHER })).collect();
    let path = folder.file("pairs.jsonl", lines);
    let run = |threads: &str| refrain(["similarity", "--jsonl", &path, "--threads", threads]);
    let one = run("1");
    let answers = records(&one);
    assert_eq!((code(&one), answers.len()), (0, 700));
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], number);
        assert_eq!(answer["jaccard"], if number % 2 == 0 { 1.0 } else { 0.0 });
    }
    assert_eq!(run("3").stdout, one.stdout);
}

#[test]
fn standard_input_and_packed_inputs_are_read() {
    let folder = Folder::new();
    let line = pair("é", ARTICLE, ARTICLE);
    let plain = folder.file("plain.jsonl", &line);
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(line.as_bytes()).unwrap();
    let gz = folder.file("packed.jsonl.gz", gz.finish().unwrap());
    let zst = folder.file("packed.jsonl.zst", zstd::encode_all(line.as_bytes(), 3).unwrap());
    let answers = [
        refrain(["similarity", "--jsonl", &plain]),
        refrain(["similarity", "--jsonl", &gz]),
        refrain(["similarity", "--jsonl", &zst]),
        refrain_with_input(&["similarity", "--jsonl", "-"], line.as_bytes()),
    ];
    for answer in &answers {
        assert_eq!(only_record(answer)["id"], "é");
        assert_eq!(answer.stdout, answers[0].stdout);
    }
    let left = folder.file("left.txt.zst", zstd::encode_all(ARTICLE.as_bytes(), 3).unwrap());
    let answer = refrain_with_input(&["similarity", &left, "-"], ARTICLE.as_bytes());
    assert_eq!(only_record(&answer)["id"], format!("{left} -"));
    assert_eq!(only_record(&answer)["jaccard"], 1.0);
}

#[test]
fn settings_reach_the_library() {
    let left = "one two three four five six seven eight nine ten";
    let right = "one two three four five SIX, eight nine ten eleven";
    let by = |options: &[&str]| {
        let line = pair(1, left, right);
        only_record(&refrain_with_input(
            &[&["similarity", "--jsonl", "-"], options].concat(),
            line.as_bytes(),
        ))
    };
    for (name, shingle) in [
        ("adaptive", Shingle::ADAPTIVE),
        ("words:1", Shingle::words(1)),
        ("words:3", Shingle::words(3)),
        ("chars:8", Shingle::chars(8)),
    ] {
        let exact = Shingles::by(shingle, left).jaccard(&Shingles::by(shingle, right));
        assert_alike(&by(&["--shingle", name])["jaccard"], &json!(exact));
    }
    assert_alike(&by(&["--shingle", "words:1"])["jaccard"], &json!(9.0 / 11.0));
    // One pair shares a stretch of 48 letters, below the default 60. The other shares 72, with five letters changed in the middle.
    let (stretch, longer) = (&OTHER[..58], [&ARTICLE[..43], "water", &ARTICLE[43..88]].concat());
    let pairs = [
        (stretch.to_owned(), format!("{stretch} and other things")),
        (format!("{}sand.", ARTICLE[..88].to_owned()), format!("{longer}. Quite so.")),
    ];
    let options: [&[&str]; 5] = [
        &[],
        &["--min-length", "40"],
        &["--min-length", "40", "--max-gap", "0"],
        &["--min-length", "40", "--max-gap", "0", "--in-order"],
        &["--in-order"],
    ];
    let finders = [
        PassageFinder::new(),
        PassageFinder::new().min_length(40),
        PassageFinder::new().min_length(40).max_gap(0),
        PassageFinder::new().min_length(40).max_gap(0).order_free(false),
        PassageFinder::new().order_free(false),
    ];
    for (left, right) in &pairs {
        for (options, finder) in options.iter().zip(&finders) {
            let line = pair(1, left, right);
            let arguments = [&["similarity", "--jsonl", "-"], *options].concat();
            let record = only_record(&refrain_with_input(&arguments, line.as_bytes()));
            let similarity = Similarity::builder().passages(finder.clone()).between(left, right).unwrap();
            assert_alike(&record, &expected(json!(1), &similarity));
        }
    }
    let covered = |finder: &PassageFinder, at: usize| {
        Similarity::builder()
            .passages(finder.clone())
            .between(&pairs[at].0, &pairs[at].1)
            .unwrap()
            .coverage_left
    };
    assert_eq!(
        (covered(&finders[0], 0), covered(&finders[1], 0)),
        (0.0, 1.0),
        "the shortest passage matters"
    );
    assert!(covered(&finders[4], 1) > covered(&finders[3], 1), "the longest gap matters");
}

#[test]
fn text_for_people_has_no_colours_and_no_commands_in_a_pipe() {
    let line = pair("evil\u{1b}[31m", ARTICLE, &format!("{ARTICLE} {OTHER}"));
    let output = refrain_with_input(&["similarity", "--jsonl", "-", "--format", "text"], line.as_bytes());
    assert_eq!((code(&output), errors(&output)), (0, ""));
    assert!(!printed(&output).contains('\u{1b}'));
    let page = printed(&output);
    assert!(page.contains("jaccard  0.") && page.contains("100 % of its shingles"), "{page}");
    assert!(page.contains("left") && page.contains("right"));
}

#[test]
fn bands_have_the_shape_of_the_contract() {
    let output = refrain(["bands", "--threshold", "0.8", "--recall", "0.95", "--slots", "128"]);
    assert!(printed(&output).starts_with("{\"bands\":18,\"rows\":7,\"recall\":"));
    let record = only_record(&output);
    let bands = Bands::for_recall(0.8, 0.95, 128).unwrap();
    assert_alike(
        &record,
        &json!({
            "bands": 18,
            "rows": 7,
            "recall": bands.recall(0.8),
            "bytes_per_document": bands.bytes_per_document(128),
            "curve": bands.curve(),
        }),
    );
    let curve = record["curve"].as_array().unwrap();
    assert_eq!((&curve[0], &curve[20]), (&json!([0.0, 0.0]), &json!([1.0, 1.0])));
    assert_eq!(curve[16], json!([0.8, record["recall"]]));
}

#[test]
fn bands_take_every_setting_of_the_library() {
    let bands = |options: &[&str]| {
        let record = only_record(&refrain([&["bands"], options].concat()));
        let number = |name: &str| record[name].as_u64().unwrap() as usize;
        (number("bands"), number("rows"), number("bytes_per_document"))
    };
    let of = |bands: Bands, slots| (bands.bands(), bands.rows(), bands.bytes_per_document(slots));
    let chosen = Bands::for_recall(0.8, 0.95, Sketcher::DEFAULT_SLOTS).unwrap();
    assert_eq!(bands(&[]), of(chosen, Sketcher::DEFAULT_SLOTS));
    assert_eq!(bands(&["--threshold", "0.8", "--recall", "0.95"]), bands(&[]));
    let lean = Bands::for_memory(0.9, 0.99, 300).unwrap();
    assert_eq!(bands(&["--threshold", "0.9", "--recall", "0.99", "--memory", "300"]), of(lean, lean.slots()));
    assert!(lean.bytes_per_document(lean.slots()) <= 300);
    assert_eq!(bands(&["--bands", "20", "--rows", "5"]), of(Bands::new(20, 5).unwrap(), 256));
    assert_eq!(bands(&["--preset", "fineweb", "--slots", "112"]), of(Bands::new(14, 8).unwrap(), 112));
    assert_eq!(
        bands(&["--preset", "nemo"]),
        of(Bands::new(20, 13).unwrap(), 260),
        "sketches have the slots that they need"
    );
    assert_eq!(bands(&["--preset", "olmo"]), of(Bands::new(26, 11).unwrap(), 286));
    assert_eq!(bands(&["--preset", "standard"]), (16, 8, 229));
    assert_eq!(bands(&["--preset", "accurate"]), of(Bands::ACCURATE, 256));
    let page = refrain(["bands", "--format", "text"]);
    let page = printed(&page);
    assert!(
        page.starts_with("28 bands of 9 rows") && page.contains("98.23 % of the pairs at J = 0.8"),
        "{page}"
    );
    assert!(page.lines().count() > 20 && !page.contains('\u{1b}'));
}

#[test]
fn useless_settings_are_refused_with_the_number_that_shows_why() {
    for (arguments, message) in [
        (&["bands", "--bands", "13", "--rows", "60"][..], "60 bands of 13 rows"),
        (&["bands", "--bands", "16", "--rows", "1"], "0.8147"),
        (&["bands", "--bands", "0", "--rows", "1"], "at least 1"),
        (&["bands", "--threshold", "80"], "between 0 and 1"),
        (&["bands", "--threshold", "NaN"], "between 0 and 1"),
        (&["bands", "--preset", "nemo", "--threshold=-1"], "threshold"),
        (&["bands", "--recall", "1"], "recall is 1"),
        (&["bands", "--recall", "0.99", "--slots", "2"], "0.9600"),
        (&["bands", "--slots", "0"], "slots is 0"),
        (&["bands", "--memory", "10"], "it takes"),
        (&["bands", "--memory", "many"], "--memory"),
        (&["bands", "--bands", "16"], "--rows"),
        (&["bands", "--rows", "16"], "--bands"),
        (&["bands", "--preset", "olmo", "--bands", "2", "--rows", "3"], "--preset"),
        (&["bands", "--preset", "unknown"], "fineweb"),
        (&["bands", "--memory", "240", "--slots", "128"], "--memory"),
        (&["bands", "--recall", "0.9", "--bands", "16", "--rows", "8"], "--recall"),
        (&["bands", "file.txt"], "file.txt"),
        (&["similarity"], "LEFT"),
        (&["similarity", "a"], "RIGHT"),
        (&["similarity", "a", "b", "c"], "2 values required"),
        (&["similarity", "a", "b", "--jsonl", "c"], "--jsonl"),
        (&["similarity", "-", "-"], "standard input can be read only once"),
        (&["similarity", "a", "b", "--shingle", "words"], "words:5"),
        (&["similarity", "a", "b", "--shingle", "words:0"], "1 to 32"),
        (&["similarity", "a", "b", "--shingle", "chars:64"], "1 to 63"),
        (&["similarity", "a", "b", "--min-length", "3"], "at least 8"),
        (&["similarity", "a", "b", "--threads", "0"], "--threads"),
        (&["similarity", "a", "b", "--offsets", "chars"], "--offsets"),
    ] {
        let output = refrain(arguments);
        assert_eq!((code(&output), &output.stdout[..]), (2, &b""[..]), "{arguments:?}");
        assert!(errors(&output).contains(message), "{arguments:?}: {}", errors(&output));
    }
}
