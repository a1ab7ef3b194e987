//! Values that others computed or wrote down: `TEST_DATA_DIR` names the folder. Without it nothing is compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{Array as _, RecordBatch};
use arrow_schema::DataType;
use serde_json::Value;
use textmill::core::embeddings::{Embedder, Embeddings, Engine, LocalEmbedder, LocalOptions, Precision};
use textmill::core::intake::LocalSource;
use textmill::operations::parquet_conversion::{ConversionOptions, convert};
use tokio_util::sync::CancellationToken;

use crate::conversion::rows;
use crate::embed::numbers;
use crate::support::{minilm, reference_data, run, text, tree, unattended};

fn data(inside: &str) -> Option<PathBuf> {
    let folder = reference_data()?.join(inside);
    folder.exists().then_some(folder)
}

fn converted(source: &Path) -> (tempfile::TempDir, Vec<RecordBatch>) {
    let target = tempfile::tempdir().unwrap();
    let source = LocalSource::at(source).unwrap();
    let outcome = convert(&source, target.path(), &ConversionOptions::default(), &unattended()).unwrap();
    assert_eq!(outcome.summary.rows_rejected, 0, "{:?}", outcome.files);
    let output = outcome.files[0]
        .tables
        .first()
        .and_then(|table| table.output.as_ref())
        .unwrap_or_else(|| panic!("{:?}", outcome.files[0].error));
    let batches = rows(&target.path().join(&output.path));
    (target, batches)
}

/// Cells, names and text columns that the makers of the synthetic files wrote down.
#[test]
fn goldens_of_cells_names_and_text_columns() {
    let Some(corpus) = data("conversion") else { return };
    let manifest: Vec<Value> = serde_json::from_slice(&std::fs::read(corpus.join("manifest.json")).unwrap()).unwrap();
    let mut compared = 0;
    for entry in &manifest {
        let expect = &entry["expect"];
        let is_read = ["csv", "json", "jsonl"].contains(&entry["format"].as_str().unwrap_or_default());
        let tells = ["cell", "cell2", "names", "string_columns"].iter().any(|key| !expect[*key].is_null());
        if !is_read || !tells {
            continue;
        }
        let (_target, batches) = converted(&corpus.join(entry["path"].as_str().unwrap()));
        compare(expect, &batches, entry["path"].as_str().unwrap());
        compared += 1;
    }
    println!("goldens: {compared} files with cells, names or text columns compared");
    assert!(compared > 0);
}

fn compare(expect: &Value, batches: &[RecordBatch], path: &str) {
    let schema = batches[0].schema();
    for cell in [&expect["cell"], &expect["cell2"]].into_iter().filter(|cell| cell.is_array()) {
        let (row, column) = (cell[0].as_u64().unwrap(), cell[1].as_u64().unwrap());
        assert_eq!(as_text(batches, row, column), cell[2].as_str().unwrap(), "{path} {cell}");
    }
    if let Some(names) = expect["names"].as_array() {
        let found: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        assert_eq!(found, names.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>(), "{path}");
    }
    for name in expect["string_columns"].as_array().into_iter().flatten() {
        let field = schema.field_with_name(name.as_str().unwrap()).unwrap();
        assert_eq!(field.data_type(), &DataType::Utf8, "{path} {name}");
    }
}

fn as_text(batches: &[RecordBatch], row: u64, column: u64) -> String {
    let (mut row, column) = (usize::try_from(row).unwrap(), usize::try_from(column).unwrap());
    for batch in batches {
        if row < batch.num_rows() {
            let values = batch.column(column);
            return match values.data_type() {
                DataType::Utf8 => values.as_string::<i32>().value(row).to_owned(),
                DataType::Int64 => values.as_primitive::<arrow_array::types::Int64Type>().value(row).to_string(),
                DataType::UInt64 => values.as_primitive::<arrow_array::types::UInt64Type>().value(row).to_string(),
                other => panic!("no golden has a cell of {other}"),
            };
        }
        row -= batch.num_rows();
    }
    panic!("no such row")
}

/// Real files whose shape their publishers state.
#[test]
fn goldens_of_real_files_with_known_shapes() {
    let known = [
        ("oekobaudat/OBD_2020_II.csv", 4_813, 80),
        ("drift/sms_reference.csv", 3_500, 5),
        ("drift/sms_incoming.csv", 2_075, 5),
        ("drift/sms_incoming_drifted.csv", 1_063, 5),
        ("drift/wnut17_train.csv", 3_394, 5),
        ("drift/wnut17_test.csv", 1_287, 5),
        ("drift/edge_cases.csv", 56, 3),
    ];
    for (path, wanted_rows, wanted_columns) in known {
        let Some(file) = data(path) else { continue };
        let (_target, batches) = converted(&file);
        let found: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!((found, batches[0].num_columns()), (wanted_rows, wanted_columns), "{path}");
    }
}

/// Vectors of all-MiniLM-L6-v2 that sentence-transformers made, one text at a time.
#[test]
fn goldens_of_sentence_vectors() {
    let Some(file) = data("reference/minilm-golden.jsonl") else { return };
    let Some(folder) = minilm() else {
        println!("goldens: no vectors compared, TEST_MODEL_DIR names no model");
        return;
    };
    let lines = std::fs::read_to_string(file).unwrap();
    let goldens: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let texts: Vec<_> = goldens.iter().map(|golden| golden["text"].as_str().unwrap()).collect();
    let embedder = |engine| LocalEmbedder::open(&folder, LocalOptions { engine, ..LocalOptions::default() }).unwrap();
    let embed =
        |engine, texts: &[&str]| -> Embeddings { embedder(engine).embed(texts, &CancellationToken::new()).unwrap() };
    let (packed, reference) = (embed(Engine::Packed, &texts), embed(Engine::Candle, &texts));
    let (mut worst, lengths) = (0.0_f32, packed.lengths.as_ref().unwrap());
    for (row, golden) in goldens.iter().enumerate() {
        let right = numbers(&golden["embedding"]);
        assert_eq!(lengths[row].tokens as u64, golden["tokens"].as_u64().unwrap(), "{}", golden["id"]);
        for found in [&packed, &reference] {
            let vector = found.vectors().nth(row).unwrap();
            let difference = largest_difference(vector, &right);
            assert!(difference < 1e-5, "{}: {difference}", golden["id"]);
            assert!(cosine(vector, &right) >= 0.99999, "{}", golden["id"]);
            worst = worst.max(difference);
        }
    }
    assert!(largest_difference(&packed.numbers, &reference.numbers) < 1e-5);
    let alone = embedder(Engine::Packed);
    for (text, together) in texts.iter().zip(packed.vectors()) {
        let alone = alone.embed(&[text], &CancellationToken::new()).unwrap();
        assert!(largest_difference(&alone.numbers, together) < 1e-6, "{text}");
    }
    println!("goldens: {} sentence vectors compared, off by {worst:.1e} at most", goldens.len());
    let fast = LocalOptions { precision: Precision::Fast, ..LocalOptions::default() };
    let fast = LocalEmbedder::open(&folder, fast).unwrap().embed(&texts, &CancellationToken::new()).unwrap();
    let (mut worst, mut least) = (0.0_f32, 1.0_f64);
    for (vector, golden) in fast.vectors().zip(&goldens) {
        let right = numbers(&golden["embedding"]);
        worst = worst.max(largest_difference(vector, &right));
        least = least.min(cosine(vector, &right));
    }
    assert!(least >= 0.9999 && worst < 2e-3, "{least} {worst}");
    println!("goldens: with 16 bits off by {worst:.1e} at most, cosine {least:.7} at least");
}

fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(one, other) / (dot(one, one) * dot(other, other)).sqrt()
}

/// Sentences of sustainability reports with the keywords that the predecessor found in them.
struct Esg {
    sentences: Vec<String>,
    /// For each sentence the concepts whose stored keyword is in today's lists.
    stored: Vec<Vec<String>>,
}

fn esg() -> Option<(PathBuf, Esg)> {
    let folder = data("esg")?;
    let lists = phrases(&folder.join("keywords"));
    let (mut sentences, mut stored) = (Vec::new(), Vec::new());
    for batch in rows(&folder.join("sentences.parquet")) {
        let texts = batch.column_by_name("SENTENCE").unwrap().as_string::<i64>().clone();
        for (row, text) in texts.iter().enumerate() {
            let keywords = |concept: &str| {
                let column = batch.column_by_name(&format!("KEYWORDS_{concept}")).unwrap().as_string::<i64>();
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            let is_listed = |concept: &str| {
                let found = keywords(concept).unwrap_or_default();
                found.split(',').any(|keyword| lists[concept].contains(&stems(keyword)))
            };
            sentences.push(text.unwrap_or_default().to_owned());
            stored.push(lists.keys().filter(|concept| is_listed(concept)).cloned().collect());
        }
    }
    Some((folder, Esg { sentences, stored }))
}

/// The phrases of each concept, in stems.
fn phrases(folder: &Path) -> BTreeMap<String, BTreeSet<Vec<String>>> {
    let mut lists: BTreeMap<String, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (path, bytes) in tree(folder) {
        let concept = path.with_extension("").to_str().unwrap().to_owned();
        let phrases = String::from_utf8(bytes).unwrap();
        let phrases = phrases.lines().filter(|line| !line.starts_with('#')).map(stems);
        lists.entry(concept).or_default().extend(phrases);
    }
    lists
}

/// What a plain stemmer makes of a phrase.
fn stems(phrase: &str) -> Vec<String> {
    let stemmer = frostem::Stemmer::new(frostem::Algorithm::English);
    let parts = phrase.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.map(|part| stemmer.stem(&part.to_lowercase()).into_owned()).collect()
}

/// A mention: concept, how, first and last code point.
type Told = (String, String, usize, usize);

/// What `textmill annotate` finds in some texts.
fn annotated(folder: &Path, texts: &[String], arguments: &[&str]) -> Vec<Vec<Told>> {
    let lines: Vec<_> = texts.iter().map(|text| serde_json::json!({ "text": text }).to_string()).collect();
    std::fs::write(folder.join("in.jsonl"), lines.join("\n")).unwrap();
    let always = ["annotate", "in.jsonl", "--kb", "esg", "-o", "a.parquet", "--export", "spans"];
    let done = run(folder, &[&always[..], arguments].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let spans = std::fs::read_to_string(folder.join("a.spans.jsonl")).unwrap();
    let told = |span: &Value| {
        let word = |key: &str| span[key].as_str().unwrap().to_owned();
        let place = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
        (word("label"), word("how"), place("start"), place("end"))
    };
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        row["spans"].as_array().unwrap().iter().map(told).collect()
    };
    spans.lines().map(row).collect()
}

fn with_esg(lists: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let built = run(folder.path(), &["kb", "build", lists.to_str().unwrap(), "--name", "esg"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder
}

/// Every stored pair of row and concept whose keyword is in the lists is found by words alone.
#[test]
fn goldens_of_annotated_sentences() {
    let Some((data, esg)) = esg() else { return };
    let folder = with_esg(&data.join("keywords"));
    let found = annotated(folder.path(), &esg.sentences, &[]);
    assert_eq!(found.len(), esg.sentences.len());
    let (mut stored, mut missing, mut all) = (0, Vec::new(), 0);
    for (row, (found, wanted)) in found.iter().zip(&esg.stored).enumerate() {
        let found: BTreeSet<_> = found.iter().map(|(concept, ..)| concept).collect();
        all += found.len();
        stored += wanted.len();
        missing.extend(wanted.iter().filter(|concept| !found.contains(concept)).map(|concept| (row, concept)));
    }
    println!(
        "goldens: {stored} stored pairs of row and concept, {} of them found; {all} pairs in all",
        stored - missing.len()
    );
    assert_eq!(stored, 1_023);
    assert!(missing.is_empty(), "{missing:?}");
}

/// One edit in each of 500 mentions, drawn with a seed; and the clean sentences in which one is found by mistake.
#[test]
fn goldens_of_slips_of_the_pen() {
    const PLANTED: usize = 500;
    let Some((data, esg)) = esg() else { return };
    let folder = with_esg(&data.join("keywords"));
    let clean = annotated(folder.path(), &esg.sentences, &["--typo"]);
    let mistaken = clean.iter().filter(|found| found.iter().any(|(_, how, ..)| how == "typo")).count();
    let mut random = fastrand::Rng::with_seed(42);
    let (mut texts, mut planted) = (esg.sentences.clone(), BTreeMap::new());
    while planted.len() < PLANTED {
        let row = random.usize(..texts.len());
        let words: Vec<_> = clean[row].iter().filter(|(_, how, ..)| how != "typo").collect();
        if words.is_empty() || planted.contains_key(&row) {
            continue;
        }
        let mention = words[random.usize(..words.len())];
        if let Some(text) = with_edit(&texts[row], mention, &mut random) {
            texts[row] = text;
            planted.insert(row, mention.clone());
        }
    }
    let found = annotated(folder.path(), &texts, &["--typo"]);
    let is_found = |(row, (concept, _, start, end)): &(&usize, &Told)| {
        found[**row].iter().any(|(other, _, from, to)| other == concept && from <= end && start <= to)
    };
    let hits = planted.iter().filter(is_found).count();
    println!(
        "goldens: {hits} of {PLANTED} planted slips found, {mistaken} of {} sentences gain a false one",
        clean.len()
    );
    assert!(hits * 100 >= PLANTED * 95, "{hits}");
    assert!(mistaken * 1000 <= clean.len() * 5, "{mistaken}");
}

/// A letter left out, another one, one too many, or two that changed places, in a word of a mention.
fn with_edit(text: &str, (_, _, start, end): &Told, random: &mut fastrand::Rng) -> Option<String> {
    let mut letters: Vec<char> = text.chars().collect();
    let place = random.usize(*start..*end);
    let other = char::from(random.u8(b'a'..=b'z'));
    let here = letters[place];
    if !here.is_ascii_alphabetic() || here.eq_ignore_ascii_case(&other) {
        return None;
    }
    match random.u8(..4) {
        0 => drop(letters.remove(place)),
        1 => letters[place] = other,
        2 => letters.insert(place, other),
        _ => {
            let next = *letters.get(place + 1).filter(|next| next.is_ascii_alphabetic())?;
            if place + 1 >= *end || next.eq_ignore_ascii_case(&here) {
                return None;
            }
            letters.swap(place, place + 1);
        }
    }
    Some(letters.into_iter().collect())
}

/// Tweets with tags: to CoNLL and back to a table, and from there to CoNLL again, nothing changes by a byte.
#[test]
fn goldens_of_tags_to_conll_and_back() {
    for part in ["train", "test"] {
        let Some(source) = data(&format!("drift/wnut17_{part}.csv")) else { return };
        let folder = tempfile::tempdir().unwrap();
        let convert = |from: &str, to: &str| {
            let done = run(folder.path(), &["classify", "tokens", from, "-o", to, "--strict", "--json"]);
            assert!(done.status.success(), "{}", text(&done.stderr));
            std::fs::read(folder.path().join(to)).unwrap()
        };
        let conll = convert(source.to_str().unwrap(), "a.conll");
        convert("a.conll", "back.csv");
        assert_eq!(convert("back.csv", "b.conll"), conll);
        let cells = |path: &Path| -> Vec<(String, String)> {
            let mut reader = csv::Reader::from_path(path).unwrap();
            let names = reader.headers().unwrap().clone();
            let [texts, tags] = ["text", "iob_tags"].map(|name| names.iter().position(|other| other == name).unwrap());
            reader.records().map(|row| row.unwrap()).map(|row| (row[texts].to_owned(), row[tags].to_owned())).collect()
        };
        let before = cells(&source);
        assert_eq!(cells(&folder.path().join("back.csv")), before);
        // Written down as anybody would, it is the same file.
        let lines = |(texts, tags): &(String, String)| -> String {
            let pairs = texts.split(' ').zip(tags.split(' '));
            pairs.flat_map(|(token, tag)| [token, "\t", tag, "\n"]).collect()
        };
        let wanted: Vec<String> = before.iter().map(lines).collect();
        assert_eq!(String::from_utf8(conll).unwrap(), wanted.join("\n"));
        println!("goldens: {} tweets of {part} to CoNLL and back, byte for byte", before.len());
    }
}

/// Sentences of sustainability reports with labels that people gave them.
#[test]
fn goldens_of_data_sets_of_labelled_sentences() {
    let Some(table) = data("esg/sentences.parquet") else { return };
    let folder = tempfile::tempdir().unwrap();
    let table = table.to_str().unwrap();
    let build = |label: &str, more: &[&str], out: &str| -> Value {
        let columns = ["classify", "build", table, "--text-column", "SENTENCE", "--label-column", label, "-o", out];
        let done = run(folder.path(), &[&columns[..], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice(&std::fs::read(folder.path().join(out).join("dataset.json")).unwrap()).unwrap()
    };
    for label in ["financial_tone", "sustainability_potential"] {
        let card = build(label, &[], &format!("{label}-a"));
        build(label, &[], &format!("{label}-b"));
        build(label, &["--seed", "7"], &format!("{label}-c"));
        let files = |run: &str| tree(&folder.path().join(format!("{label}-{run}")));
        assert_eq!(files("a"), files("b"), "two runs");
        assert_ne!(files("a")[Path::new("dataset.parquet")], files("c")[Path::new("dataset.parquet")], "another seed");
        let all = card["rows"]["written"].as_f64().unwrap();
        for split in card["splits"].as_array().unwrap() {
            let share = split["share"].as_f64().unwrap();
            assert!((split["rows"].as_f64().unwrap() - share * all).abs() < 1.0, "{split}");
            for counted in card["labels"].as_array().unwrap() {
                let has = split["labels"][counted["label"].as_str().unwrap()].as_f64().unwrap();
                assert!((has - share * counted["rows"].as_f64().unwrap()).abs() < 1.0, "{split}");
            }
        }
        let card = build(label, &["--group-column", "TITLE"], &format!("{label}-grouped"));
        let batches = rows(&folder.path().join(format!("{label}-grouped/dataset.parquet")));
        let mut splits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for batch in &batches {
            let titles = batch.column_by_name("TITLE").unwrap().as_string::<i64>();
            let names = batch.column_by_name("train_test_split").unwrap().as_string::<i32>();
            for (title, name) in titles.iter().zip(names) {
                splits.entry(title.unwrap().to_owned()).or_default().insert(name.unwrap().to_owned());
            }
        }
        assert!(splits.values().all(|splits| splits.len() == 1), "a report straddles: {splits:?}");
        println!("goldens: {label}: {}", card["splits"]);
    }
}
