//! `textmill annotate`: tables in and out, on knowledge bases that were built by the same program.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, Int64Array, LargeStringArray, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ARROW_SCHEMA_META_KEY, ArrowWriter, parquet_to_arrow_schema};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::Value;
use textmill::core::embeddings::{Embedder, LocalEmbedder, LocalOptions};
use textmill::core::intake::LocalSource;
use textmill::operations::annotation::{AnnotationOptions, TableAnnotation, annotate_table};
use textmill::operations::knowledge_base::KnowledgeBases;

use crate::conversion::rows;
use crate::support::{json, minilm, repository, run, text, unattended};

/// Lists of our own, and the knowledge base `own` built of them.
fn with_lists(folder: &Path) {
    let lists = [
        ("lists/ESG/RECYCLING.tsv", "recycle\nclosed loop\n# system\n"),
        ("lists/ESG/SUPPLY.tsv", "supply chain\nsourcing\tsourced\n"),
        ("lists/ESG/BANLIST.tsv", "cold chain of supply chains\n"),
        ("lists/glossary.csv", "term,meaning\nwaste,what nobody wants\npaper,what is written on\n"),
    ];
    for (path, content) in lists {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let built = run(folder, &["kb", "build", "lists", "--name", "own"]);
    assert!(built.status.success(), "{}", text(&built.stderr));
}

struct Mention {
    concept: String,
    matched: String,
    how: String,
    place: (i32, i32),
    score: f32,
}

/// The mentions of each row.
fn mentions(batch: &RecordBatch) -> Vec<Vec<Mention>> {
    let lists = batch.column_by_name("mentions").unwrap().as_list::<i32>();
    (0..lists.len())
        .map(|row| {
            let members: ArrayRef = lists.value(row);
            let members: &StructArray = members.as_struct();
            let word = |name: &str, at| members.column_by_name(name).unwrap().as_string::<i32>().value(at).to_owned();
            let number = |name: &str, at| members.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(at);
            (0..members.len())
                .map(|at| Mention {
                    concept: word("concept", at),
                    matched: word("matched", at),
                    how: word("how", at),
                    place: (number("start", at), number("end", at)),
                    score: members.column_by_name("score").unwrap().as_primitive::<Float32Type>().value(at),
                })
                .collect()
        })
        .collect()
}

fn counts(batch: &RecordBatch, concept: &str) -> Vec<i32> {
    let column = batch.column_by_name(&format!("count:{concept}")).unwrap();
    column.as_primitive::<Int32Type>().values().to_vec()
}

#[test]
fn a_table_of_text_keeps_its_columns_and_types_and_gains_mentions() {
    let folder = tempfile::tempdir().unwrap();
    with_lists(folder.path());
    let table = "id,day,said\n1,2024-05-01,We recycled the supply chains\n2,2024-05-02,\n3,2024-05-03,ü😀 closed loop\n\
                 4,2024-05-04,The cold chain of supply chains is no source of waste\n";
    std::fs::write(folder.path().join("said.csv"), table).unwrap();
    let arguments =
        ["annotate", "said.csv", "--kb", "own", "--text-column", "said", "-o", "out/../a.parquet", "--counts"];
    std::fs::create_dir(folder.path().join("out")).unwrap();
    let done = run(folder.path(), &[&arguments[..], &["--json"]].concat());
    assert!(done.status.success(), "{}", text(&done.stdout));
    let outcome = json(&done);
    assert_eq!(
        (&outcome["rows"], &outcome["rows_without_text"], &outcome["mentions"]),
        (&4.into(), &1.into(), &3.into())
    );
    assert_eq!(outcome["concepts"][0]["name"], "ESG/RECYCLING");
    assert_eq!(outcome["outputs"], serde_json::json!(["a.parquet"]));
    let batch = rows(&folder.path().join("a.parquet")).remove(0);
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["id", "day", "said", "mentions", "count:ESG/RECYCLING", "count:ESG/SUPPLY"]);
    assert_eq!(batch.schema().field(0).data_type(), &DataType::Int64);
    assert_eq!(batch.schema().field(1).data_type(), &DataType::Date32);
    let found = mentions(&batch);
    let first: Vec<_> = found[0].iter().map(|mention| (mention.matched.as_str(), mention.how.as_str())).collect();
    assert_eq!(first, [("recycled", "inflected"), ("supply chains", "inflected")]);
    assert!(found[0][0].score < 1.0);
    assert!(found[1].is_empty() && found[3].is_empty(), "no text; and all of it banned");
    assert_eq!((found[2][0].concept.as_str(), found[2][0].place), ("ESG/RECYCLING", (3, 14)));
    assert_eq!(counts(&batch, "ESG/RECYCLING"), [1, 0, 1, 0]);
    assert_eq!(counts(&batch, "ESG/SUPPLY"), [1, 0, 0, 0]);
}

/// A Parquet file with what converters don't write: metadata, large text, a dictionary.
fn write_parquet(path: &Path) -> Arc<Schema> {
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields = vec![
        Field::new("number", DataType::Int64, false),
        Field::new("large", DataType::LargeUtf8, true),
        Field::new("kind", dictionary, true),
    ];
    let schema = Arc::new(Schema::new(fields));
    let rows = 20_000;
    let text =
        |row: usize| (!row.is_multiple_of(3)).then(|| format!("row {row}: sourced, {}", ["recycle", "x"][row % 2]));
    let kinds: DictionaryArray<Int32Type> =
        (0..rows).map(|row| (row % 5 > 0).then_some(["closed loops", "nothing"][row % 2])).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new((0..rows).map(|row| i64::try_from(row).unwrap()).collect::<Int64Array>()),
        Arc::new((0..rows).map(text).collect::<LargeStringArray>()),
        Arc::new(kinds),
    ];
    let pairs = vec![KeyValue::new("pandas".to_owned(), "{\"index_columns\": []}".to_owned())];
    let properties = WriterProperties::builder().set_key_value_metadata(Some(pairs)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), Arc::clone(&schema), Some(properties)).unwrap();
    writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns).unwrap()).unwrap();
    writer.close().unwrap();
    schema
}

#[test]
fn parquet_keeps_its_schema_its_order_and_what_it_says_of_itself() {
    let folder = tempfile::tempdir().unwrap();
    with_lists(folder.path());
    let schema = write_parquet(&folder.path().join("in.parquet"));
    for (column, output) in [("large", "a.parquet"), ("kind", "b.parquet")] {
        let done =
            run(folder.path(), &["annotate", "in.parquet", "--kb", "own", "--text-column", column, "-o", output]);
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(folder.path().join("a.parquet")).unwrap()).unwrap();
    let pairs = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    assert!(pairs.iter().any(|pair| pair.key == "pandas"), "{pairs:?}");
    let embedded: Vec<_> = pairs.into_iter().filter(|pair| pair.key == ARROW_SCHEMA_META_KEY).collect();
    let file = reader.metadata().file_metadata();
    let embedded = parquet_to_arrow_schema(file.schema_descr(), Some(&embedded)).unwrap();
    assert!(embedded.metadata().contains_key("pandas"), "pyarrow looks there alone");
    assert_eq!(&reader.schema().fields()[..3], &schema.fields()[..]);
    let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
    let mut row = 0;
    for batch in &batches {
        let numbers = batch.column(0).as_primitive::<Int64Type>().values();
        for (number, found) in numbers.iter().zip(mentions(batch)) {
            assert_eq!(*number, row);
            let wanted = match (row % 3, row % 2) {
                (0, _) => 0,
                (_, 0) => 2,
                _ => 1,
            };
            assert_eq!(found.len(), wanted, "row {row}");
            row += 1;
        }
    }
    assert_eq!(row, 20_000);
    let kinds = rows(&folder.path().join("b.parquet"));
    let found: usize = kinds.iter().flat_map(mentions).map(|found| found.len()).sum();
    assert_eq!(found, 8_000);
}

#[test]
fn other_forms_lie_beside_the_table_and_all_of_it_is_the_same_again() {
    let folder = tempfile::tempdir().unwrap();
    with_lists(folder.path());
    std::fs::write(folder.path().join("in.jsonl"), "{\"text\": \"a closed loop\"}\n{\"text\": \"we recylce\"}\n")
        .unwrap();
    let once = || {
        let mut arguments = vec!["annotate", "in.jsonl", "--kb", "own", "-o", "a.parquet", "--typo"];
        arguments.extend(["iob", "conll", "spans", "label-studio"].iter().flat_map(|form| ["--export", form]));
        let done = run(folder.path(), &arguments);
        assert!(done.status.success(), "{}", text(&done.stderr));
        ["a.parquet", "a.iob.jsonl", "a.conll", "a.spans.jsonl", "a.label-studio.json"]
            .map(|name| std::fs::read(folder.path().join(name)).unwrap())
    };
    let first = once();
    assert_eq!(first, once());
    assert_eq!(
        text(&first[2]),
        "a\tO\nclosed\tB-ESG/RECYCLING\nloop\tI-ESG/RECYCLING\n\nwe\tO\nrecylce\tB-ESG/RECYCLING\n\n"
    );
    let left = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().ends_with(".part")));
}

#[test]
fn what_can_not_be_annotated_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    with_lists(folder.path());
    std::fs::write(folder.path().join("t.csv"), "text,number,mentions\nx,1,y\nz,2,y\n").unwrap();
    std::fs::write(folder.path().join("plain.csv"), "text,number\nx,1\nz,2\n").unwrap();
    let refused = |arguments: &[&str]| -> Value {
        let done = run(folder.path(), &[&["annotate"], arguments, &["-o", "out.parquet", "--json"]].concat());
        assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
        assert!(!folder.path().join("out.parquet").exists());
        json(&done)
    };
    let none = refused(&["plain.csv", "--kb", "nothing"]);
    assert_eq!(none["code"], "not-found");
    let column = refused(&["plain.csv", "--kb", "own", "--text-column", "body"]);
    assert_eq!(column["detail"], "there is no column `body`; the columns are `text`, `number`");
    let number = refused(&["plain.csv", "--kb", "own", "--text-column", "number"]);
    assert!(number["detail"].as_str().unwrap().contains("holds Int64, not text"), "{number}");
    let taken = refused(&["t.csv", "--kb", "own"]);
    assert_eq!(taken["detail"], "the table has a column `mentions` already");
    let lists = refused(&["plain.csv", "--kb", "own", "--lists", "nowhere/*"]);
    assert_eq!(lists["detail"], "the knowledge base `own` has no list of phrases");
    assert_eq!(refused(&["lists", "--kb", "own"])["code"], "invalid-parameter");
}

#[test]
fn a_table_with_names_is_a_list_if_it_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    with_lists(folder.path());
    std::fs::write(folder.path().join("in.csv"), "id,text\n1,Paper and waste\n2,none\n").unwrap();
    let arguments = ["annotate", "in.csv", "--kb", "own", "-o", "a.parquet", "--lists", "*.csv", "--json"];
    let outcome = json(&run(folder.path(), &arguments));
    assert_eq!(outcome["concepts"][0]["name"], "glossary");
    assert_eq!(outcome["mentions"], 2);
}

/// Paraphrases of our own: which cosine the default threshold stands for (docs/annotate.md has the whole table).
#[test]
fn meanings_are_found_as_the_documentation_says() {
    let Some(model) = minilm() else {
        println!("annotate: no meanings compared, TEST_MODEL_DIR names no model");
        return;
    };
    let fixture = std::fs::read_to_string(repository().join("tests/fixtures/annotation/paraphrases.tsv")).unwrap();
    let sentences: Vec<(&str, &str)> = fixture.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let lists = repository().join("knowledgebase");
    let built = run(folder.path(), &["kb", "build", lists.to_str().unwrap(), "--name", "sample"]);
    assert_ne!(built.status.code(), Some(2), "{}", text(&built.stderr));
    let lines: Vec<_> = sentences.iter().map(|(_, text)| serde_json::json!({ "text": text }).to_string()).collect();
    std::fs::write(folder.path().join("in.jsonl"), lines.join("\n")).unwrap();
    let mut wanted: Vec<&str> =
        sentences.iter().map(|(concept, _)| *concept).filter(|concept| !concept.is_empty()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let bases = KnowledgeBases::new(folder.path().join(".textmill/knowledge-bases"));
    let base = bases.open(&"sample".parse().unwrap()).unwrap();
    let embedder: Arc<dyn Embedder> = Arc::new(LocalEmbedder::open(&model, LocalOptions::default()).unwrap());
    let source = LocalSource::at(&folder.path().join("in.jsonl")).unwrap();
    // Of all phrases the nearest one alone is believed, so a higher threshold only leaves out.
    let (lowest, others) = (0.3, [0.35, 0.4, 0.45, 0.5]);
    let lists = wanted.iter().map(|concept| format!("{concept}.*")).collect();
    let options = AnnotationOptions { lists, meaning: true, threshold: lowest, ..AnnotationOptions::default() };
    let annotation = TableAnnotation { base: &base, text_column: "text", options: &options, embedder: Some(embedder) };
    annotate_table(&source, &folder.path().join("a.parquet"), &annotation, &unattended()).unwrap();
    let found: Vec<_> = rows(&folder.path().join("a.parquet")).iter().flat_map(mentions).collect();
    let count = |number: usize| f64::from(u32::try_from(number).unwrap());
    let figures = |threshold: f32| {
        let (mut right, mut wrong) = (0, 0);
        for ((concept, _), found) in sentences.iter().zip(&found) {
            let believed = found.iter().filter(|mention| mention.how != "meaning" || mention.score >= threshold);
            let concepts: BTreeSet<&str> = believed.map(|mention| mention.concept.as_str()).collect();
            let hits = usize::from(concepts.contains(concept));
            (right, wrong) = (right + hits, wrong + concepts.len() - hits);
        }
        let positive = sentences.iter().filter(|(concept, _)| !concept.is_empty()).count();
        (count(right) / count(right + wrong), count(right) / count(positive))
    };
    for threshold in [lowest].into_iter().chain(others) {
        let (precision, recall) = figures(threshold);
        println!("annotate: threshold {threshold:.2}: precision {precision:.3}, recall {recall:.3}");
    }
    let (precision, recall) = figures(AnnotationOptions::default().threshold);
    assert!(precision >= 0.85 && recall >= 0.6, "precision {precision}, recall {recall}");
}
