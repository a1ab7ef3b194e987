//! What a folder says about its model.
//!
//! For: sizes, names of weights, pooling, longest text. Not for: the numbers (`weights`). The one decision: what is not
//! supported is refused with its name, never passed over: a vector made with a layer left out is wrong, and looks right.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::EmbeddingError;
use super::pooling::{Mode, Pooling};

/// A folder and what it says.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Where it lies.
    pub(super) folder: PathBuf,
    /// Sizes of the encoder.
    pub(super) config: EncoderConfig,
    /// How rows become a vector.
    pub(super) pooling: Pooling,
    /// Tokens of a text that are looked at, special ones included.
    pub(super) max_tokens: usize,
}

/// `config.json` of an encoder of the BERT family.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct EncoderConfig {
    /// The family: `bert`.
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
    /// Positions that it knows.
    pub(super) max_position_embeddings: usize,
    /// Kinds of sequences.
    #[serde(default = "two")]
    pub(super) type_vocab_size: usize,
    /// Added to variances.
    #[serde(default = "default_epsilon")]
    pub(super) layer_norm_eps: f64,
    /// What fills up.
    #[serde(default)]
    pub(super) pad_token_id: u32,
    #[serde(default)]
    position_embedding_type: Option<String>,
}

fn two() -> usize {
    2
}

fn default_epsilon() -> f64 {
    1e-12
}

#[derive(Debug, Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Modes that sentence-transformers knows; exactly one may be on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "as the file has them")]
struct PoolingFile {
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

#[derive(Debug, Deserialize)]
struct SentenceFile {
    max_seq_length: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct TokenizerFile {
    /// A float: 1e30 stands for "no limit".
    model_max_length: Option<f64>,
}

impl Model {
    /// Reads everything but tokens and weights.
    ///
    /// # Errors
    /// When a file is missing, is not as it should be, or asks for what is not supported.
    pub(super) fn open(folder: &Path) -> Result<Self, EmbeddingError> {
        let config: EncoderConfig = required(&folder.join("config.json"))?;
        config.check(&folder.join("config.json"))?;
        let max_tokens = max_tokens(folder, &config)?;
        Ok(Self { folder: folder.to_owned(), pooling: pooling(folder, &config)?, config, max_tokens })
    }
}

impl EncoderConfig {
    fn check(&self, path: &Path) -> Result<(), EmbeddingError> {
        if self.model_type != "bert" {
            return Err(EmbeddingError::unsupported(format!("`model_type` \"{}\"", self.model_type)));
        }
        if let Some(kind) = self.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            return Err(EmbeddingError::unsupported(format!("`position_embedding_type` \"{kind}\"")));
        }
        let heads = self.num_attention_heads;
        if heads == 0 || self.hidden_size == 0 || !self.hidden_size.is_multiple_of(heads) {
            let what = format!("{heads} heads can't share a width of {}", self.hidden_size);
            return Err(EmbeddingError::malformed(path, what));
        }
        Ok(())
    }
}

/// `sentence_bert_config.json`, else `tokenizer_config.json`, else the positions; never more than the positions.
fn max_tokens(folder: &Path, config: &EncoderConfig) -> Result<usize, EmbeddingError> {
    let sentence: Option<SentenceFile> = optional(&folder.join("sentence_bert_config.json"))?;
    let mut found = sentence.and_then(|file| file.max_seq_length);
    if found.is_none() {
        let tokenizer: Option<TokenizerFile> = optional(&folder.join("tokenizer_config.json"))?;
        let length = tokenizer.and_then(|file| file.model_max_length);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
        let whole = length.filter(|length| (1.0..1e6).contains(length)).map(|length| length as usize);
        found = whole;
    }
    let most = config.max_position_embeddings;
    Ok(found.unwrap_or(most).min(most))
}

/// What `modules.json` puts behind the encoder; without it, the mean.
fn pooling(folder: &Path, config: &EncoderConfig) -> Result<Pooling, EmbeddingError> {
    let path = folder.join("modules.json");
    let Some(modules) = optional::<Vec<Module>>(&path)? else {
        return Ok(Pooling { mode: Mode::Mean, is_normalised: false, width: config.hidden_size });
    };
    let kinds: Vec<_> = modules.iter().map(|module| last_word(&module.kind)).collect();
    let is_normalised = match kinds.as_slice() {
        ["Transformer", "Pooling"] => false,
        ["Transformer", "Pooling", "Normalize"] => true,
        other => return Err(EmbeddingError::unsupported(format!("the modules {}", other.join(", ")))),
    };
    let mode = mode(&folder.join(plain(&modules[1].path, &path)?).join("config.json"))?;
    Ok(Pooling { mode, is_normalised, width: config.hidden_size })
}

/// `sentence_transformers.models.Pooling` → `Pooling`
fn last_word(kind: &str) -> &str {
    kind.rsplit_once('.').map_or(kind, |(_, last)| last)
}

/// A folder inside the model's own.
fn plain<'a>(folder: &'a str, named_in: &Path) -> Result<&'a str, EmbeddingError> {
    let is_plain = Path::new(folder).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    if is_plain {
        Ok(folder)
    } else {
        Err(EmbeddingError::malformed(named_in, format!("`{folder}` is no folder name")))
    }
}

fn mode(path: &Path) -> Result<Mode, EmbeddingError> {
    let file: PoolingFile = required(path)?;
    let modes = [
        (file.pooling_mode_mean_tokens, "mean", Some(Mode::Mean)),
        (file.pooling_mode_cls_token, "cls", Some(Mode::First)),
        (file.pooling_mode_max_tokens, "max", None),
        (file.pooling_mode_mean_sqrt_len_tokens, "mean_sqrt_len", None),
        (file.pooling_mode_weightedmean_tokens, "weightedmean", None),
        (file.pooling_mode_lasttoken, "lasttoken", None),
    ];
    let mut chosen = modes.iter().filter(|(is_on, ..)| *is_on);
    match (chosen.next(), chosen.next()) {
        (Some((_, _, Some(mode))), None) => Ok(*mode),
        (Some((_, name, None)), None) => Err(EmbeddingError::unsupported(format!("`{name}` pooling"))),
        (Some(_), Some(_)) => Err(EmbeddingError::unsupported("more than one mode of pooling")),
        (None, _) => Err(EmbeddingError::malformed(path, "no mode of pooling is on")),
    }
}

fn required<T: DeserializeOwned>(path: &Path) -> Result<T, EmbeddingError> {
    let bytes = std::fs::read(path).map_err(EmbeddingError::read(path))?;
    serde_json::from_slice(&bytes).map_err(|error| EmbeddingError::malformed(path, error))
}

fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbeddingError> {
    match required(path) {
        Err(EmbeddingError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}
