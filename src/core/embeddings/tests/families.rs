//! Families, held against what transformers computes (`tests/support/make_family_goldens.py`), and on devices' code.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::candle::CandleEncoder;
use super::super::device::{ModelThread, Place};
use super::super::model::Model;
use super::tiny_model::{TinyModel, drawn, next, safetensors};
use super::{embed, largest_difference, open};
use crate::core::embeddings::{Encoder, Engine, LocalEmbedder, LocalOptions};
use crate::core::failure::{Code, Fails};

#[derive(Deserialize)]
struct Goldens {
    texts: Vec<String>,
    tokens: Vec<usize>,
    families: BTreeMap<String, Family>,
}

#[derive(Deserialize)]
struct Family {
    config: Value,
    tensors: BTreeMap<String, Vec<usize>>,
    vectors: Vec<Vec<f32>>,
}

fn goldens() -> Goldens {
    serde_json::from_str(include_str!("../../../../tests/support/family_goldens.json")).unwrap()
}

impl Family {
    fn folder(&self) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        TinyModel { config: self.config.clone(), ..TinyModel::default() }.write(folder.path());
        fs::write(folder.path().join("model.safetensors"), file(&self.tensors)).unwrap();
        folder
    }
}

/// The weights that the goldens were made with: seeded with the tensor's name.
fn file(tensors: &BTreeMap<String, Vec<usize>>) -> Vec<u8> {
    safetensors(tensors.iter().map(|(name, shape)| {
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let mut seed = name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
        let is_norm = name.to_lowercase().contains("norm") || name.contains("emb_ln");
        let is_scale = is_norm && name.ends_with("weight");
        let mut draw = || {
            seed = next(seed);
            if is_scale { 1.0 + drawn(seed) / 5.0 } else { drawn(seed) }
        };
        (name.clone(), shape.clone(), (0..shape.iter().product()).map(|_| draw()).collect())
    }))
}

/// Largest difference from the goldens, all texts in one batch.
fn difference(embedder: &LocalEmbedder, goldens: &Goldens, family: &Family) -> f32 {
    let texts: Vec<_> = goldens.texts.iter().map(String::as_str).collect();
    let found = embed(embedder, &texts);
    let tokens: Vec<_> = found.lengths.iter().flatten().map(|length| length.tokens).collect();
    assert_eq!(tokens, goldens.tokens);
    let pairs = found.vectors().zip(&family.vectors);
    pairs.map(|(found, right)| largest_difference(found, right)).fold(0.0, |all, one| {
        assert!(one.is_finite());
        all.max(one)
    })
}

#[test]
fn every_family_computes_what_transformers_computes() {
    let goldens = goldens();
    assert_eq!(goldens.families.len(), 6);
    for (name, family) in &goldens.families {
        let folder = family.folder();
        let has_berts_layers = !["nomic_bert", "modernbert"].contains(&name.as_str());
        let engines =
            if has_berts_layers { &[Engine::Candle, Engine::Packed][..] } else { &[Engine::Candle, Engine::Auto] };
        for engine in engines {
            let difference = difference(&open(folder.path(), *engine), &goldens, family);
            println!("{name} {engine:?}: off by {difference:.1e} at most");
            assert!(difference < 1e-5, "{name} {engine:?}: {difference}");
        }
        if !has_berts_layers {
            let options = LocalOptions { engine: Engine::Packed, ..LocalOptions::default() };
            let error = LocalEmbedder::open(folder.path(), options).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

/// Filling tokens that see nothing gave NaN in half precision, and a NaN spoils its whole text.
#[test]
fn padded_batches_are_numbers_in_half_precision_and_near_the_goldens() {
    let goldens = goldens();
    for (name, family) in &goldens.families {
        let encoder = |model: &Model| -> Result<Box<dyn Encoder>, _> {
            Ok(Box::new(CandleEncoder::open(model, Place::processor_in_halves())?))
        };
        let embedder = LocalEmbedder::with(family.folder().path(), encoder).unwrap();
        let difference = difference(&embedder, &goldens, family);
        println!("{name} in f16: off by {difference:.1e} at most");
        assert!(difference < 2e-2, "{name}: {difference}");
    }
}

#[test]
fn the_thread_of_a_device_answers_each_caller_with_its_own_vectors() {
    let goldens = goldens();
    let family = &goldens.families["modernbert"];
    let encoder = |model: &Model| -> Result<Box<dyn Encoder>, _> {
        let place = Place::of(crate::core::embeddings::Device::Cpu, crate::core::embeddings::Dtype::Auto)?;
        Ok(Box::new(ModelThread::start(CandleEncoder::open(model, place)?)?))
    };
    let embedder = LocalEmbedder::with(family.folder().path(), encoder).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for (text, right) in goldens.texts.iter().zip(&family.vectors) {
                    assert!(largest_difference(&embed(&embedder, &[text]).numbers, right) < 1e-5);
                }
            });
        }
    });
}

#[test]
fn weights_in_several_files_are_found_by_their_index() {
    let goldens = goldens();
    let family = &goldens.families["distilbert"];
    let folder = family.folder();
    let path = |name: &str| folder.path().join(name);
    fs::remove_file(path("model.safetensors")).unwrap();
    let in_second = |name: &String| name.contains("layer.1");
    let (second, first): (BTreeMap<_, _>, BTreeMap<_, _>) =
        family.tensors.clone().into_iter().partition(|(name, _)| in_second(name));
    fs::write(path("model-00001-of-00002.safetensors"), file(&first)).unwrap();
    fs::write(path("model-00002-of-00002.safetensors"), file(&second)).unwrap();
    let place = |name: &String| format!("model-0000{}-of-00002.safetensors", if in_second(name) { 2 } else { 1 });
    let map: BTreeMap<_, _> = family.tensors.keys().map(|name| (name, place(name))).collect();
    let index = |map: Value| {
        fs::write(path("model.safetensors.index.json"), json!({ "weight_map": map }).to_string()).unwrap();
    };
    index(json!(map));
    assert!(difference(&open(folder.path(), Engine::Packed), &goldens, family) < 1e-5);
    let fails = || LocalEmbedder::open(folder.path(), LocalOptions::default()).unwrap_err();
    index(json!({ "a": "../a.safetensors" }));
    assert!(fails().to_string().contains("no file name"));
    index(json!({ "a": "gone.safetensors" }));
    assert!(fails().to_string().contains("gone.safetensors"));
    index(json!({}));
    assert_eq!(fails().code(), Code::MalformedInput);
}

/// As nomic-embed-text-v1.5 and ModernBERT-base were published.
#[test]
fn the_older_words_of_a_configuration_mean_the_same() {
    let goldens = goldens();
    let renamed = |family: &str, names: &[(&str, &str)], more: Value| {
        let family = &goldens.families[family];
        let mut config = family.config.as_object().unwrap().clone();
        config.remove("rope_parameters");
        config.remove("layer_types");
        for (new, old) in names {
            let value = config.remove(*new).unwrap();
            config.insert((*old).to_owned(), value);
        }
        config.extend(more.as_object().unwrap().clone());
        let older = Family { config: Value::Object(config), tensors: family.tensors.clone(), vectors: vec![] };
        difference(&open(older.folder().path(), Engine::Auto), &goldens, family)
    };
    let sizes = [
        ("hidden_size", "n_embd"),
        ("num_hidden_layers", "n_layer"),
        ("num_attention_heads", "n_head"),
        ("intermediate_size", "n_inner"),
        ("max_position_embeddings", "n_positions"),
        ("layer_norm_eps", "layer_norm_epsilon"),
        ("hidden_act", "activation_function"),
    ];
    let more = json!({ "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "activation_function": "swiglu",
                       "prenorm": false, "rotary_scaling_factor": null, "moe_every_n_layers": 0 });
    assert!(renamed("nomic_bert", &sizes, more) < 1e-5);
    let more = json!({ "global_rope_theta": 160_000.0, "local_rope_theta": 10_000.0, "global_attn_every_n_layers": 3,
                       "layer_norm_eps": 1e-5 });
    assert!(renamed("modernbert", &[], more) < 1e-5);
}

#[test]
fn what_a_family_asks_for_and_is_not_there_is_refused_by_name() {
    let goldens = goldens();
    let refusal = |family: &str, more: Value| {
        let family = &goldens.families[family];
        let mut config = family.config.as_object().unwrap().clone();
        config.extend(more.as_object().unwrap().clone());
        let changed = Family { config: Value::Object(config), tensors: family.tensors.clone(), vectors: vec![] };
        let error = LocalEmbedder::open(changed.folder().path(), LocalOptions::default()).unwrap_err();
        assert_eq!(error.code(), Code::UnsupportedFormat, "{error}");
        error.to_string()
    };
    assert!(refusal("nomic_bert", json!({ "prenorm": true })).contains("`prenorm`"));
    assert!(refusal("nomic_bert", json!({ "moe_every_n_layers": 2 })).contains("`moe_every_n_layers`"));
    assert!(refusal("nomic_bert", json!({ "rotary_emb_fraction": 0.5 })).contains("0.5"));
    assert!(refusal("nomic_bert", json!({ "hidden_act": "gelu" })).contains("gelu"));
    assert!(refusal("nomic_bert", json!({ "head_dim": 16 })).contains("`head_dim` 16"));
    assert!(refusal("nomic_bert", json!({ "rope_parameters": { "rope_type": "yarn" } })).contains("yarn"));
    assert!(refusal("modernbert", json!({ "norm_bias": true })).contains("`norm_bias`"));
    assert!(refusal("modernbert", json!({ "layer_types": ["full_attention"] })).contains("1 layers"));
    assert!(refusal("modernbert", json!({ "layer_types": ["chunked"] })).contains("chunked"));
}

#[test]
fn positions_that_count_on_from_the_padding_are_fewer_than_the_tables_rows() {
    let goldens = goldens();
    let folder = goldens.families["xlm-roberta"].folder();
    let limit = |file: &str, value: Value| {
        fs::write(folder.path().join(file), value.to_string()).unwrap();
        Model::open(folder.path(), None).unwrap().max_tokens
    };
    assert_eq!(limit("sentence_bert_config.json", json!({ "max_seq_length": 514 })), 128);
    assert_eq!(limit("sentence_bert_config.json", json!({})), 128);
    assert_eq!(limit("tokenizer_config.json", json!({ "model_max_length": 1e30 })), 128);
    assert_eq!(limit("tokenizer_config.json", json!({ "model_max_length": 100 })), 100);
}

fn with_prompts(folder: &Path, file: &Value) {
    fs::write(folder.join("config_sentence_transformers.json"), file.to_string()).unwrap();
}

#[test]
fn a_prompt_stands_before_every_text_and_is_known_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    TinyModel::default().write(folder.path());
    let prompts = json!({ "query": "the cat", "nothing": null });
    with_prompts(folder.path(), &json!({ "prompts": prompts }));
    let vector = |prompt: Option<&str>, text: &str| {
        let options = LocalOptions { prompt: prompt.map(str::to_owned), ..LocalOptions::default() };
        LocalEmbedder::open(folder.path(), options).map(|embedder| embed(&embedder, &[text]).numbers)
    };
    let plain = vector(None, "the cat sits").unwrap();
    assert_eq!(vector(Some("query"), " sits").unwrap(), plain);
    assert_eq!(vector(Some("nothing"), "the cat sits").unwrap(), plain);
    let error = vector(Some("passage"), "").unwrap_err();
    assert_eq!(error.code(), Code::InvalidParameter);
    assert_eq!(error.to_string(), "the model has no prompt `passage`; it has `nothing`, `query`");
    with_prompts(folder.path(), &json!({ "prompts": prompts, "default_prompt_name": "query" }));
    assert_eq!(vector(None, " sits").unwrap(), plain);
    let pooling = json!({ "pooling_mode": "mean", "include_prompt": false });
    fs::write(folder.path().join("1_Pooling/config.json"), pooling.to_string()).unwrap();
    assert!(vector(None, "").unwrap_err().to_string().contains("include_prompt"));
}

#[test]
fn pooling_is_read_in_its_newer_form_too() {
    let folder = tempfile::tempdir().unwrap();
    let pooled = |pooling: Value| {
        TinyModel { pooling, ..TinyModel::default() }.write(folder.path());
        LocalEmbedder::open(folder.path(), LocalOptions::default()).map(|embedder| embed(&embedder, &["a cat"]).numbers)
    };
    let mean = pooled(json!({ "pooling_mode_mean_tokens": true })).unwrap();
    let cls = pooled(json!({ "pooling_mode_cls_token": true })).unwrap();
    assert_eq!(pooled(json!({ "embedding_dimension": 36, "pooling_mode": "mean" })).unwrap(), mean);
    assert_eq!(pooled(json!({ "pooling_mode": "cls", "include_prompt": true })).unwrap(), cls);
    assert!(pooled(json!({ "pooling_mode": "lasttoken" })).unwrap_err().to_string().contains("`lasttoken`"));
    assert!(pooled(json!({ "pooling_mode": "attention" })).unwrap_err().to_string().contains("`attention`"));
}
