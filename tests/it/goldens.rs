//! Values that others computed or wrote down: `TEST_DATA_DIR` names the folder. Without it nothing is compared.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use serde_json::Value;
use textmill::core::embeddings::{Embedder, Embeddings, Engine, LocalEmbedder, LocalOptions, Precision};
use textmill::core::intake::LocalSource;
use textmill::operations::parquet_conversion::{ConversionOptions, convert};
use tokio_util::sync::CancellationToken;

use crate::conversion::rows;
use crate::embed::numbers;
use crate::support::{minilm, reference_data, unattended};

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
