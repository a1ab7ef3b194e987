use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::kernels::{Backend, Portable};
use super::local::{Engine, LocalEmbedder, LocalOptions};
use super::model::Model;
use super::packed::PackedEncoder;
use super::{Embedder, Embeddings, Encoder, Precision};
use crate::core::failure::{Code, Fails};

mod families;
#[path = "../../../tests/support/tiny_model.rs"]
pub(crate) mod tiny_model;

use tiny_model::{MAX_TOKENS, TinyModel, WIDTH};

fn folder(model: &TinyModel) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    model.write(folder.path());
    folder
}

fn open(folder: &Path, engine: Engine) -> LocalEmbedder {
    LocalEmbedder::open(folder, LocalOptions { engine, threads: Some(3), ..LocalOptions::default() }).unwrap()
}

fn refusal(model: &TinyModel, engine: Engine) -> String {
    let folder = folder(model);
    let error = LocalEmbedder::open(folder.path(), LocalOptions { engine, ..LocalOptions::default() }).unwrap_err();
    assert_eq!(error.code(), Code::UnsupportedFormat, "{error}");
    error.to_string()
}

fn embed(embedder: &LocalEmbedder, texts: &[&str]) -> Embeddings {
    embedder.embed(texts, &CancellationToken::new()).unwrap()
}

fn texts() -> Vec<String> {
    let words = ["The cat", "sits on", "the old house", "concretes!", "steel, wood - wind", "power", "Ünknown", "red?"];
    let mut texts: Vec<_> =
        (0..60).map(|n| (0..n * 5 % 23).map(|m| words[(n + m) % 8]).collect::<Vec<_>>().join(" ")).collect();
    texts.extend([String::new(), "\0 \u{7f}".to_owned(), "tree river ".repeat(200)]);
    texts
}

fn largest_difference(one: &[f32], other: &[f32]) -> f32 {
    assert_eq!(one.len(), other.len());
    one.iter().zip(other).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_packed_encoder_computes_what_the_reference_computes() {
    let (folder, texts) = (folder(&TinyModel::default()), texts());
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let (packed, reference) = (open(folder.path(), Engine::Packed), open(folder.path(), Engine::Candle));
    let (packed, reference) = (embed(&packed, &texts), embed(&reference, &texts));
    assert_eq!(packed.lengths, reference.lengths);
    let difference = largest_difference(&packed.numbers, &reference.numbers);
    assert!(difference < 1e-5, "{difference}");
}

#[test]
fn a_text_has_the_same_vector_alone_in_any_batch_and_in_any_order() {
    let (folder, texts) = (folder(&TinyModel::default()), texts());
    let embedder = open(folder.path(), Engine::Packed);
    let forwards: Vec<_> = texts.iter().map(String::as_str).collect();
    let backwards: Vec<_> = forwards.iter().rev().copied().collect();
    let (forwards_found, backwards_found) = (embed(&embedder, &forwards), embed(&embedder, &backwards));
    for (place, text) in forwards.iter().enumerate() {
        let alone = embed(&embedder, &[text]);
        let vector = forwards_found.vectors().nth(place).unwrap();
        assert_eq!(vector, alone.numbers, "{text}");
        assert_eq!(vector, backwards_found.vectors().rev().nth(place).unwrap(), "{text}");
    }
}

#[test]
fn vectors_have_length_one_and_too_long_texts_are_told() {
    let folder = folder(&TinyModel::default());
    let embedder = open(folder.path(), Engine::Auto);
    let long = "tree ".repeat(MAX_TOKENS);
    let fits = "tree ".repeat(MAX_TOKENS - 2);
    let found = embed(&embedder, &["", &fits, &long]);
    assert_eq!((found.dimension, found.vectors().len()), (WIDTH, 3));
    for vector in found.vectors() {
        let length: f32 = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-6, "{length}");
    }
    let lengths: Vec<_> = found.lengths.iter().flatten().map(|length| (length.tokens, length.is_truncated)).collect();
    assert_eq!(lengths, [(2, false), (MAX_TOKENS, false), (MAX_TOKENS, true)]);
    assert!(embed(&embedder, &[]).numbers.is_empty());
}

#[test]
fn only_the_beginning_of_a_text_counts_that_is_far_too_long() {
    let folder = folder(&TinyModel::default());
    let embedder = open(folder.path(), Engine::Auto);
    // Words that are one token however long they are, so that the first look does not suffice.
    let word = format!("{} ", "x".repeat(200));
    let (many, more) = (word.repeat(MAX_TOKENS), format!("{}tree", word.repeat(20_000)));
    let found = embed(&embedder, &[&many, &more, &"y".repeat(1 << 20)]);
    assert_eq!(found.vectors().next(), found.vectors().nth(1));
    let lengths = found.lengths.unwrap();
    assert!(lengths[1].is_truncated);
    assert_eq!(lengths[2].tokens, 3);
}

#[test]
fn the_first_row_alone_is_the_vector_where_the_model_says_so() {
    let model = TinyModel {
        pooling: json!({ "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false }),
        prefix: "bert.",
        ..TinyModel::default()
    };
    let (first, mean) = (folder(&model), folder(&TinyModel::default()));
    let of = |folder: &TempDir, engine| embed(&open(folder.path(), engine), &["the old house"]).numbers;
    assert!(largest_difference(&of(&first, Engine::Packed), &of(&first, Engine::Candle)) < 1e-5);
    assert!(largest_difference(&of(&first, Engine::Packed), &of(&mean, Engine::Packed)) > 1e-3);
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let with = |change: &dyn Fn(&mut TinyModel)| {
        let mut model = TinyModel::default();
        change(&mut model);
        model
    };
    let t5 = with(&|model| model.config["model_type"] = "t5".into());
    assert!(refusal(&t5, Engine::Auto).contains("\"t5\""));
    let relative = with(&|model| model.config["position_embedding_type"] = "relative_key".into());
    assert!(refusal(&relative, Engine::Auto).contains("relative_key"));
    let max = with(&|model| model.pooling = json!({ "pooling_mode_max_tokens": true }));
    assert!(refusal(&max, Engine::Auto).contains("`max` pooling"));
    let dense = with(&|model| model.modules[2]["type"] = "sentence_transformers.models.Dense".into());
    assert!(refusal(&dense, Engine::Auto).contains("Transformer, Pooling, Dense"));
    let swish = with(&|model| model.config["hidden_act"] = "swish".into());
    assert!(refusal(&swish, Engine::Auto).contains("swish"));
}

#[test]
fn a_model_that_the_fast_engine_does_not_take_goes_to_the_reference() {
    let mut model = TinyModel::default();
    model.config["hidden_act"] = "relu".into();
    assert!(refusal(&model, Engine::Packed).contains("fast engine"));
    let folder = folder(&model);
    assert_eq!(embed(&open(folder.path(), Engine::Auto), &["a cat"]).vectors().len(), 1);
}

#[test]
fn damaged_and_missing_files_are_named() {
    let folder = folder(&TinyModel::default());
    let fails = || LocalEmbedder::open(folder.path(), LocalOptions::default()).unwrap_err();
    let weights = folder.path().join("model.safetensors");
    let whole = fs::read(&weights).unwrap();
    for length in [0, 7, 100, whole.len() - 1] {
        fs::write(&weights, &whole[..length]).unwrap();
        let error = fails();
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
    fs::write(&weights, [&[0xff; 8], &whole[8..]].concat()).unwrap();
    assert_eq!(fails().code(), Code::MalformedInput);
    fs::write(folder.path().join("tokenizer.json"), "{}").unwrap();
    assert!(fails().to_string().contains("tokenizer.json"));
    fs::remove_file(folder.path().join("config.json")).unwrap();
    assert_eq!(fails().code(), Code::NotFound);
}

#[test]
fn equal_texts_of_a_call_have_equal_vectors_in_their_places() {
    let folder = folder(&TinyModel::default());
    let embedder = open(folder.path(), Engine::Auto);
    let found = embed(&embedder, &["the cat", "steel", "the cat", "", "steel"]);
    let each: Vec<_> = ["the cat", "steel", ""].map(|text| embed(&embedder, &[text])).into();
    for (vector, right) in found.vectors().zip([0, 1, 0, 2, 1]) {
        assert_eq!(vector, each[right].numbers);
    }
    assert_eq!(found.lengths.as_ref().unwrap()[2], each[0].lengths.as_ref().unwrap()[0]);
}

#[test]
fn a_cancelled_run_ends_as_cancelled() {
    let folder = folder(&TinyModel::default());
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = open(folder.path(), Engine::Auto).embed(&["a cat"], &cancel).unwrap_err();
    assert_eq!(error.code(), Code::Cancelled);
}

#[test]
fn every_instruction_set_gives_the_same_vectors() {
    let (folder, texts) = (folder(&TinyModel::default()), texts());
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let of = |backend, precision| {
        let encoder = |model: &Model| -> Result<Box<dyn Encoder>, _> {
            Ok(Box::new(PackedEncoder::open(model, backend, precision)?))
        };
        embed(&LocalEmbedder::with(folder.path(), encoder).unwrap(), &texts).numbers
    };
    for (precision, tolerance) in [(Precision::Full, 1e-5), (Precision::Fast, 1e-4)] {
        let right = of(Backend::Portable(Portable), precision);
        for backend in Backend::available() {
            let difference = largest_difference(&of(backend, precision), &right);
            assert!(difference < tolerance, "{}: {difference}", backend.name());
        }
    }
}

fn fast(engine: Engine) -> LocalOptions {
    LocalOptions { engine, precision: Precision::Fast, ..LocalOptions::default() }
}

#[test]
fn fast_vectors_are_near_the_full_ones_and_do_not_depend_on_the_texts_beside_them() {
    let (folder, texts) = (folder(&TinyModel::default()), texts());
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let embedder = LocalEmbedder::open(folder.path(), fast(Engine::Auto)).unwrap();
    let found = embed(&embedder, &texts);
    let full = embed(&open(folder.path(), Engine::Packed), &texts);
    let difference = largest_difference(&found.numbers, &full.numbers);
    assert!(difference < 2e-3, "{difference}");
    assert_ne!(found.numbers, full.numbers);
    for (text, vector) in texts.iter().zip(found.vectors()) {
        assert_eq!(vector, embed(&embedder, &[text]).numbers, "{text}");
    }
}

#[test]
fn the_reference_has_no_fast_precision() {
    let mut model = TinyModel::default();
    let refused = |model: &TinyModel, engine| {
        let folder = folder(model);
        let error = LocalEmbedder::open(folder.path(), fast(engine)).unwrap_err();
        assert_eq!(error.code(), Code::InvalidParameter, "{error}");
        assert!(error.hint().is_some());
    };
    refused(&model, Engine::Candle);
    model.config["hidden_act"] = "relu".into();
    refused(&model, Engine::Auto);
}
