//! `config.json` of an encoder, whichever family wrote it.
//!
//! For: sizes and names of weights in one form. Not for: the files beside it (`model`). The one decision: families name
//! the same things differently, so names are made the same first, and what is read afterwards is one struct. A switch that
//! no encoder here follows is refused by its name.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::error::EmbeddingError;

/// Sizes of an encoder, and what is special about its family.
#[derive(Debug, Clone)]
pub(super) struct EncoderConfig {
    /// What it is built like.
    pub(super) family: Family,
    /// The family in the file's word.
    pub(super) model_type: String,
    /// Tokens that it knows.
    pub(super) vocab_size: usize,
    /// Numbers of a row.
    pub(super) hidden_size: usize,
    /// Layers.
    pub(super) num_hidden_layers: usize,
    /// Heads of attention.
    pub(super) num_attention_heads: usize,
    /// Numbers between the two products of a layer's second half.
    pub(super) intermediate_size: usize,
    /// What stands between them.
    pub(super) hidden_act: String,
    /// Positions that it knows; rows of its table, if it has one.
    pub(super) max_position_embeddings: usize,
    /// The row of the first token's position.
    pub(super) first_position: usize,
    /// Kinds of sequences; none: it does not tell them apart.
    pub(super) type_vocab_size: usize,
    /// Added to variances.
    pub(super) layer_norm_eps: f64,
    /// What fills up.
    pub(super) pad_token_id: u32,
}

/// What an encoder is built like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Family {
    /// A norm behind each half of a layer, positions in a table: BERT, DistilBERT, (XLM-)RoBERTa.
    Bert(&'static LayerNames),
    /// The same with turned positions and a gate in the second half.
    NomicBert {
        /// Base of the angles.
        theta: f64,
    },
    /// A norm before each half, turned positions, a gate, and a window on most layers.
    ModernBert(ModernBert),
}

/// What is ModernBERT's own.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ModernBert {
    /// Base of the angles of layers that see all.
    pub(super) global_theta: f64,
    /// Base of the angles of layers with a window.
    pub(super) local_theta: f64,
    /// Tokens to each side that a layer with a window sees.
    pub(super) window: usize,
    /// Which layers have one.
    pub(super) is_local: Vec<bool>,
}

/// How a family with BERT's layers names its weights.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LayerNames {
    /// Before the number of a layer.
    pub(super) layer: &'static str,
    pub(super) query: &'static str,
    pub(super) key: &'static str,
    pub(super) value: &'static str,
    pub(super) gather: &'static str,
    pub(super) gather_norm: &'static str,
    pub(super) widen: &'static str,
    pub(super) narrow: &'static str,
    pub(super) narrow_norm: &'static str,
}

const BERT: LayerNames = LayerNames {
    layer: "encoder.layer",
    query: "attention.self.query",
    key: "attention.self.key",
    value: "attention.self.value",
    gather: "attention.output.dense",
    gather_norm: "attention.output.LayerNorm",
    widen: "intermediate.dense",
    narrow: "output.dense",
    narrow_norm: "output.LayerNorm",
};

const DISTILBERT: LayerNames = LayerNames {
    layer: "transformer.layer",
    query: "attention.q_lin",
    key: "attention.k_lin",
    value: "attention.v_lin",
    gather: "attention.out_lin",
    gather_norm: "sa_layer_norm",
    widen: "ffn.lin1",
    narrow: "ffn.lin2",
    narrow_norm: "output_layer_norm",
};

/// What families call the same thing.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("dim", "hidden_size"),
    ("n_embd", "hidden_size"),
    ("n_layers", "num_hidden_layers"),
    ("n_layer", "num_hidden_layers"),
    ("n_heads", "num_attention_heads"),
    ("n_head", "num_attention_heads"),
    ("hidden_dim", "intermediate_size"),
    ("n_inner", "intermediate_size"),
    ("activation", "hidden_act"),
    ("activation_function", "hidden_act"),
    ("hidden_activation", "hidden_act"),
    ("n_positions", "max_position_embeddings"),
    ("norm_eps", "layer_norm_eps"),
    ("layer_norm_epsilon", "layer_norm_eps"),
];

/// Switches that change what is computed, and that must be off.
const SWITCHES: &[&str] = &[
    "is_decoder",
    "prenorm",
    "parallel_block",
    "use_rms_norm",
    "rotary_emb_interleaved",
    "rotary_emb_scale_base",
    "qkv_proj_bias",
    "mlp_fc1_bias",
    "mlp_fc2_bias",
    "moe_every_n_layers",
    "attention_bias",
    "mlp_bias",
    "norm_bias",
    "rope_scaling",
];

/// What is left when names are the same.
#[derive(Deserialize)]
struct Sizes {
    model_type: String,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: Option<usize>,
    hidden_act: String,
    max_position_embeddings: usize,
    type_vocab_size: Option<usize>,
    layer_norm_eps: Option<f64>,
    pad_token_id: Option<u32>,
    position_embedding_type: Option<String>,
    head_dim: Option<usize>,
    #[serde(flatten)]
    turned: Turned,
}

/// What families with turned positions say.
#[derive(Deserialize)]
struct Turned {
    rotary_emb_base: Option<f64>,
    rotary_emb_fraction: Option<f64>,
    rotary_scaling_factor: Option<f64>,
    max_trained_positions: Option<usize>,
    rope_parameters: Option<Value>,
    global_rope_theta: Option<f64>,
    local_rope_theta: Option<f64>,
    global_attn_every_n_layers: Option<usize>,
    local_attention: Option<usize>,
    layer_types: Option<Vec<String>>,
}

impl EncoderConfig {
    /// Reads it.
    ///
    /// # Errors
    /// When it can't be read, lacks a size, or asks for what is not supported.
    pub(super) fn open(path: &Path) -> Result<Self, EmbeddingError> {
        let bytes = std::fs::read(path).map_err(EmbeddingError::read(path))?;
        let malformed = |error| EmbeddingError::malformed(path, error);
        let mut values: Map<String, Value> = serde_json::from_slice(&bytes).map_err(malformed)?;
        if let Some(switch) = SWITCHES.iter().find(|switch| values.get(**switch).is_some_and(is_on)) {
            return Err(EmbeddingError::unsupported(format!("`{switch}`")));
        }
        for (theirs, ours) in OTHER_NAMES {
            if let Some(value) = values.remove(*theirs).filter(|_| !values.contains_key(*ours)) {
                values.insert((*ours).to_owned(), value);
            }
        }
        let sizes: Sizes = serde_json::from_value(Value::Object(values)).map_err(malformed)?;
        sizes.check(path)?;
        sizes.read()
    }

    /// Tokens of a text that have a position.
    pub(super) fn positions(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_position)
    }
}

/// Anything but no, none and nothing.
fn is_on(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value.as_f64() != Some(0.0)
}

impl Sizes {
    fn check(&self, path: &Path) -> Result<(), EmbeddingError> {
        if let Some(kind) = self.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(EmbeddingError::unsupported(format!("`position_embedding_type` \"{kind}\"")));
        }
        let heads = self.num_attention_heads;
        if heads == 0 || self.hidden_size == 0 || !self.hidden_size.is_multiple_of(heads) {
            let what = format!("{heads} heads can't share a width of {}", self.hidden_size);
            return Err(EmbeddingError::malformed(path, what));
        }
        if let Some(columns) = self.head_dim.filter(|columns| columns * heads != self.hidden_size) {
            return Err(EmbeddingError::unsupported(format!(
                "`head_dim` {columns} in a width of {}",
                self.hidden_size
            )));
        }
        Ok(())
    }

    fn read(self) -> Result<EncoderConfig, EmbeddingError> {
        let (family, kinds, epsilon) = match self.model_type.as_str() {
            "bert" => (Family::Bert(&BERT), 2, 1e-12),
            "roberta" | "xlm-roberta" => (Family::Bert(&BERT), 1, 1e-5),
            "distilbert" => (Family::Bert(&DISTILBERT), 0, 1e-12),
            "nomic_bert" => (self.nomic()?, 2, 1e-12),
            "modernbert" => (Family::ModernBert(self.modern()?), 0, 1e-5),
            other => return Err(EmbeddingError::unsupported(format!("`model_type` \"{other}\""))),
        };
        // Their positions count on from the padding's.
        let counts_on = matches!(self.model_type.as_str(), "roberta" | "xlm-roberta");
        let pad_token_id = self.pad_token_id.unwrap_or(u32::from(counts_on));
        let first_position = if counts_on { pad_token_id as usize + 1 } else { 0 };
        let max_position_embeddings = match (self.turned.rotary_scaling_factor, self.turned.max_trained_positions) {
            // Beyond these its angles would depend on the longest text of a batch.
            (Some(_), Some(trained)) => trained.min(self.max_position_embeddings),
            _ => self.max_position_embeddings,
        };
        Ok(EncoderConfig {
            family,
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size.unwrap_or(4 * self.hidden_size),
            hidden_act: self.hidden_act,
            max_position_embeddings,
            first_position,
            type_vocab_size: if kinds == 0 { 0 } else { self.type_vocab_size.unwrap_or(kinds) },
            layer_norm_eps: self.layer_norm_eps.unwrap_or(epsilon),
            pad_token_id,
            model_type: self.model_type,
        })
    }

    fn nomic(&self) -> Result<Family, EmbeddingError> {
        if let Some(fraction) = self.turned.rotary_emb_fraction.filter(|fraction| (fraction - 1.0).abs() > 1e-9) {
            return Err(EmbeddingError::unsupported(format!("`rotary_emb_fraction` {fraction}")));
        }
        // The older word for it: SiLU on the gate.
        if !matches!(self.hidden_act.as_str(), "swiglu" | "silu") {
            return Err(EmbeddingError::unsupported(format!("`activation_function` \"{}\"", self.hidden_act)));
        }
        let theta = theta(self.turned.rope_parameters.as_ref())?.or(self.turned.rotary_emb_base);
        Ok(Family::NomicBert { theta: theta.unwrap_or(1000.0) })
    }

    fn modern(&self) -> Result<ModernBert, EmbeddingError> {
        let every = self.turned.global_attn_every_n_layers.unwrap_or(3).max(1);
        let is_local = match &self.turned.layer_types {
            Some(types) => types.iter().map(|kind| kind == "sliding_attention").collect(),
            None => (0..self.num_hidden_layers).map(|layer| layer % every != 0).collect::<Vec<_>>(),
        };
        let known = ["full_attention", "sliding_attention"];
        let types = self.turned.layer_types.iter().flatten();
        if let Some(other) = types.map(String::as_str).find(|kind| !known.contains(kind)) {
            return Err(EmbeddingError::unsupported(format!("a layer of type \"{other}\"")));
        }
        if is_local.len() != self.num_hidden_layers {
            return Err(EmbeddingError::unsupported(format!("`layer_types` for {} layers", is_local.len())));
        }
        let of = |kind: &str| theta(self.turned.rope_parameters.as_ref().and_then(|all| all.get(kind)));
        let global = of("full_attention")?.or(self.turned.global_rope_theta);
        let local = of("sliding_attention")?.or(self.turned.local_rope_theta);
        Ok(ModernBert {
            global_theta: global.unwrap_or(160_000.0),
            local_theta: local.unwrap_or(10_000.0),
            window: self.turned.local_attention.unwrap_or(128) / 2,
            is_local,
        })
    }
}

/// Base of the angles in the form of newer files.
fn theta(parameters: Option<&Value>) -> Result<Option<f64>, EmbeddingError> {
    let Some(parameters) = parameters else { return Ok(None) };
    match parameters.get("rope_type").and_then(Value::as_str).unwrap_or("default") {
        "default" => Ok(parameters.get("rope_theta").and_then(Value::as_f64)),
        other => Err(EmbeddingError::unsupported(format!("`rope_type` \"{other}\""))),
    }
}
