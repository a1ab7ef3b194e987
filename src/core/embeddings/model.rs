//! What a folder says about its model.
//!
//! For: pooling, prompts, longest text. Not for: sizes (`config`) and numbers (`weights`). The one decision: what is not
//! supported is refused with its name, never passed over: a vector made with a layer left out is wrong, and looks right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::config::EncoderConfig;
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
    /// What stands before every text.
    pub(super) prompt: String,
}

#[derive(Debug, Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// Modes that sentence-transformers knows; exactly one may be on. Since its version 6 the mode has a word.
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
    pooling_mode: Option<String>,
    include_prompt: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct SentenceFile {
    max_seq_length: Option<usize>,
    do_lower_case: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PromptFile {
    prompts: BTreeMap<String, Option<String>>,
    default_prompt_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TokenizerFile {
    /// A float: 1e30 stands for "no limit".
    model_max_length: Option<f64>,
}

impl Model {
    /// Reads everything but tokens and weights. `prompt` names one of the model's prompts.
    ///
    /// # Errors
    /// When a file is missing, is not as it should be, or asks for what is not supported, and when there is no such prompt.
    pub(super) fn open(folder: &Path, prompt: Option<&str>) -> Result<Self, EmbeddingError> {
        let config = EncoderConfig::open(&folder.join("config.json"))?;
        let max_tokens = max_tokens(folder, &config)?;
        let (pooling, counts_prompt) = pooling(folder, &config)?;
        let prompt = chosen_prompt(folder, prompt)?;
        if !prompt.is_empty() && !counts_prompt {
            return Err(EmbeddingError::unsupported("pooling without the prompt (`include_prompt`)"));
        }
        Ok(Self { folder: folder.to_owned(), pooling, config, max_tokens, prompt })
    }
}

/// `sentence_bert_config.json`, else `tokenizer_config.json`, else the positions; never more than the positions.
fn max_tokens(folder: &Path, config: &EncoderConfig) -> Result<usize, EmbeddingError> {
    let sentence: Option<SentenceFile> = optional(&folder.join("sentence_bert_config.json"))?;
    if sentence.as_ref().is_some_and(|file| file.do_lower_case == Some(true)) {
        return Err(EmbeddingError::unsupported("`do_lower_case` outside its tokenizer"));
    }
    let mut found = sentence.and_then(|file| file.max_seq_length);
    if found.is_none() {
        let tokenizer: Option<TokenizerFile> = optional(&folder.join("tokenizer_config.json"))?;
        let length = tokenizer.and_then(|file| file.model_max_length);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and a million")]
        let whole = length.filter(|length| (1.0..1e6).contains(length)).map(|length| length as usize);
        found = whole;
    }
    let most = config.positions();
    Ok(found.unwrap_or(most).min(most))
}

/// The prompt of this name, else the one that the model uses by itself.
fn chosen_prompt(folder: &Path, name: Option<&str>) -> Result<String, EmbeddingError> {
    let path = folder.join("config_sentence_transformers.json");
    let file: PromptFile = optional(&path)?.unwrap_or_default();
    let Some(name) = name.or(file.default_prompt_name.as_deref()) else { return Ok(String::new()) };
    match file.prompts.get(name) {
        Some(prompt) => Ok(prompt.clone().unwrap_or_default()),
        None => Err(EmbeddingError::Prompt { name: name.to_owned(), known: file.prompts.into_keys().collect() }),
    }
}

/// What `modules.json` puts behind the encoder, and whether the rows of a prompt count; without it, the mean of all.
fn pooling(folder: &Path, config: &EncoderConfig) -> Result<(Pooling, bool), EmbeddingError> {
    let path = folder.join("modules.json");
    let Some(modules) = optional::<Vec<Module>>(&path)? else {
        return Ok((Pooling { mode: Mode::Mean, is_normalised: false, width: config.hidden_size }, true));
    };
    let kinds: Vec<_> = modules.iter().map(|module| last_word(&module.kind)).collect();
    let is_normalised = match kinds.as_slice() {
        ["Transformer", "Pooling"] => false,
        ["Transformer", "Pooling", "Normalize"] => true,
        other => return Err(EmbeddingError::unsupported(format!("the modules {}", other.join(", ")))),
    };
    let path = folder.join(plain(&modules[1].path, &path)?).join("config.json");
    let file: PoolingFile = required(&path)?;
    let pooling = Pooling { mode: file.mode(&path)?, is_normalised, width: config.hidden_size };
    Ok((pooling, file.include_prompt.unwrap_or(true)))
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

impl PoolingFile {
    fn mode(&self, path: &Path) -> Result<Mode, EmbeddingError> {
        let word = self.pooling_mode.as_deref();
        let modes = [
            (self.pooling_mode_mean_tokens, "mean", Some(Mode::Mean)),
            (self.pooling_mode_cls_token, "cls", Some(Mode::First)),
            (self.pooling_mode_max_tokens, "max", None),
            (self.pooling_mode_mean_sqrt_len_tokens, "mean_sqrt_len_tokens", None),
            (self.pooling_mode_weightedmean_tokens, "weightedmean", None),
            (self.pooling_mode_lasttoken, "lasttoken", None),
        ];
        let mut chosen = modes.iter().filter(|(is_on, name, _)| word.map_or(*is_on, |word| word == *name));
        match (chosen.next(), chosen.next(), word) {
            (Some((_, _, Some(mode))), None, _) => Ok(*mode),
            (Some((_, name, None)), None, _) => Err(EmbeddingError::unsupported(format!("`{name}` pooling"))),
            (None, _, Some(other)) => Err(EmbeddingError::unsupported(format!("`{other}` pooling"))),
            (Some(_), Some(_), _) => Err(EmbeddingError::unsupported("more than one mode of pooling")),
            (None, _, None) => Err(EmbeddingError::malformed(path, "no mode of pooling is on")),
        }
    }
}

/// A file as JSON.
///
/// # Errors
/// When it can't be read, or is not as it should be.
fn required<T: DeserializeOwned>(path: &Path) -> Result<T, EmbeddingError> {
    let bytes = std::fs::read(path).map_err(EmbeddingError::read(path))?;
    serde_json::from_slice(&bytes).map_err(|error| EmbeddingError::malformed(path, error))
}

/// The same, of a file that need not be there.
///
/// # Errors
/// As [`required`].
pub(super) fn optional<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, EmbeddingError> {
    match required(path) {
        Err(EmbeddingError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}
