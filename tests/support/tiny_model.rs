//! A sentence-embedding model of a few kilobytes, made on the spot: right in form, and it knows forty words.
//!
//! Its sizes are odd on purpose: no width is a multiple of what kernels take at once. Its numbers are drawn from a seed.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// Numbers of a row.
pub(crate) const WIDTH: usize = 36;
/// Tokens of a text that are looked at.
pub(crate) const MAX_TOKENS: usize = 120;
const WIDE: usize = 50;
const POSITIONS: usize = 130;
const LAYERS: usize = 2;
const WORDS: &[&str] = &[
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "cat", "dog", "house", "sits", "runs", "on", "in", "is",
    "green", "red", "old", "new", "water", "steel", "con", "##crete", "##s", "##ed", "wood", "wind", "power", "one",
    "two", "three", ".", ",", "!", "?", "-", "tree", "river", "stone", "light",
];

/// What differs from the usual.
#[derive(Debug, Clone)]
pub(crate) struct TinyModel {
    /// `config.json`
    pub(crate) config: Value,
    /// `modules.json`
    pub(crate) modules: Value,
    /// `1_Pooling/config.json`
    pub(crate) pooling: Value,
    /// What stands before the names of weights.
    pub(crate) prefix: &'static str,
}

impl Default for TinyModel {
    fn default() -> Self {
        let module =
            |path: &str, kind: &str| json!({ "path": path, "type": format!("sentence_transformers.models.{kind}") });
        Self {
            config: json!({
                "model_type": "bert", "vocab_size": WORDS.len(), "hidden_size": WIDTH, "num_hidden_layers": LAYERS,
                "num_attention_heads": 3, "intermediate_size": WIDE, "hidden_act": "gelu",
                "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "pad_token_id": 0,
            }),
            modules: json!([
                module("", "Transformer"),
                module("1_Pooling", "Pooling"),
                module("2_Normalize", "Normalize")
            ]),
            pooling: json!({ "word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": true }),
            prefix: "",
        }
    }
}

impl TinyModel {
    /// Writes it into the folder.
    pub(crate) fn write(&self, folder: &Path) {
        let put = |name: &str, value: &Value| fs::write(folder.join(name), value.to_string()).unwrap();
        fs::create_dir_all(folder.join("1_Pooling")).unwrap();
        put("config.json", &self.config);
        put("modules.json", &self.modules);
        put("1_Pooling/config.json", &self.pooling);
        put("sentence_bert_config.json", &json!({ "max_seq_length": MAX_TOKENS }));
        put("tokenizer.json", &tokenizer());
        fs::write(folder.join("model.safetensors"), weights(self.prefix)).unwrap();
    }

    /// Its entry of a catalogue, under the name `tiny`.
    pub(crate) fn entry(&self, sha256: impl Fn(&[u8]) -> String) -> String {
        let folder = tempfile::tempdir().unwrap();
        self.write(folder.path());
        let names = ["config.json", "modules.json", "1_Pooling/config.json", "sentence_bert_config.json"];
        let files = names.into_iter().chain(["tokenizer.json", "model.safetensors"]).map(|name| {
            let bytes = fs::read(folder.path().join(name)).unwrap();
            format!(
                "[[model.file]]\npath = \"{name}\"\nsize_bytes = {}\nsha256 = \"{}\"\n",
                bytes.len(),
                sha256(&bytes)
            )
        });
        let head = "[[model]]\nid = \"tiny\"\naliases = [\"me/tiny\"]\ndescription = \"for tests\"\npublisher = \"me\"\n\
                    licence = \"MIT\"\npooling = \"mean\"\n";
        format!("{head}dimension = {WIDTH}\nmax_tokens = {MAX_TOKENS}\n{}", files.collect::<String>())
    }
}

/// Padding and truncation are wrong in it, as in MiniLM's.
fn tokenizer() -> Value {
    let vocabulary: serde_json::Map<_, _> =
        WORDS.iter().enumerate().map(|(id, word)| ((*word).to_owned(), json!(id))).collect();
    let special = |token: &str| json!({ "SpecialToken": { "id": token, "type_id": 0 } });
    let ids = |token: &str, id: u32| json!({ "id": token, "ids": [id], "tokens": [token] });
    json!({
        "version": "1.0",
        "truncation": { "max_length": 8, "strategy": "LongestFirst", "stride": 0, "direction": "Right" },
        "padding": { "strategy": { "Fixed": 8 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                     "pad_type_id": 0, "pad_token": "[PAD]" },
        "added_tokens": [],
        "normalizer": { "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                        "strip_accents": null, "lowercase": true },
        "pre_tokenizer": { "type": "BertPreTokenizer" },
        "post_processor": { "type": "TemplateProcessing",
            "single": [special("[CLS]"), { "Sequence": { "id": "A", "type_id": 0 } }, special("[SEP]")],
            "pair": [special("[CLS]"), { "Sequence": { "id": "A", "type_id": 0 } }, special("[SEP]"),
                     { "Sequence": { "id": "B", "type_id": 1 } }, special("[SEP]")],
            "special_tokens": { "[CLS]": ids("[CLS]", 2), "[SEP]": ids("[SEP]", 3) } },
        "decoder": null,
        "model": { "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                   "max_input_chars_per_word": 100, "vocab": vocabulary },
    })
}

fn shapes() -> Vec<(String, Vec<usize>)> {
    let mut shapes = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![WORDS.len(), WIDTH]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![POSITIONS, WIDTH]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, WIDTH]),
    ];
    let norm = |name: &str| [(format!("{name}.weight"), vec![WIDTH]), (format!("{name}.bias"), vec![WIDTH])];
    let linear = |name: &str, depth: usize, columns: usize| {
        [(format!("{name}.weight"), vec![columns, depth]), (format!("{name}.bias"), vec![columns])]
    };
    shapes.extend(norm("embeddings.LayerNorm"));
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            shapes.extend(linear(&name(&format!("attention.{part}")), WIDTH, WIDTH));
        }
        shapes.extend(norm(&name("attention.output.LayerNorm")));
        shapes.extend(linear(&name("intermediate.dense"), WIDTH, WIDE));
        shapes.extend(linear(&name("output.dense"), WIDE, WIDTH));
        shapes.extend(norm(&name("output.LayerNorm")));
    }
    shapes
}

#[expect(clippy::cast_precision_loss, reason = "24 bits")]
pub(crate) fn drawn(seed: u64) -> f32 {
    // The upper bits are the good ones.
    (seed >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
}

fn weights(prefix: &str) -> Vec<u8> {
    let mut seed = 42_u64;
    let tensors = shapes().into_iter().map(|(name, shape)| {
        let is_scale = name.ends_with("LayerNorm.weight");
        let mut draw = || {
            seed = next(seed);
            if is_scale { 1.0 + drawn(seed) / 5.0 } else { drawn(seed) }
        };
        let numbers = (0..shape.iter().product()).map(|_| draw()).collect();
        (format!("{prefix}{name}"), shape, numbers)
    });
    safetensors(tensors)
}

/// Knuth's generator.
pub(crate) fn next(seed: u64) -> u64 {
    seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// The file as the format has it: length of the header, header, numbers.
pub(crate) fn safetensors(tensors: impl Iterator<Item = (String, Vec<usize>, Vec<f32>)>) -> Vec<u8> {
    let (mut header, mut bytes) = (serde_json::Map::new(), Vec::new());
    for (name, shape, numbers) in tensors {
        let start = bytes.len();
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, bytes.len()] }));
    }
    header.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
    let header = Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &bytes].concat()
}
