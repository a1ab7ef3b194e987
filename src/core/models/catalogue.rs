//! Which models there are.
//!
//! For: the entries, checked: no path leads out of a model's folder, and every file has size and digest. Not for: what of
//! them is on this machine. The one decision: an entry of the operator's file replaces the built-in one of the same id,
//! so that a mirror can be named for a known model.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::ModelError;
use crate::core::hash::sha256_hex;

/// The model of those who name none; small, and in the built-in catalogue.
pub const DEFAULT_MODEL: &str = "all-MiniLM-L6-v2";

const BUILT_IN: &str = include_str!("catalogue.toml");

/// No file of a model is larger than this.
const MAX_FILE_BYTES: u64 = 1 << 40;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// That of the first token.
    Cls,
}

/// A kind of place that models come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// The model hub of the setting `models.hub`.
    Hub,
    /// A web server.
    Url,
    /// A folder.
    Folder,
}

/// A place that a model comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum SourcePlace {
    /// A repository of the model hub, at the model's revision.
    Hub {
        /// `owner/name`
        repository: String,
    },
    /// A web server.
    Url {
        /// What stands before the files' paths.
        base: String,
    },
    /// A folder.
    Folder {
        /// What the files' paths are relative to.
        #[schema(value_type = String)]
        path: PathBuf,
    },
}

impl SourcePlace {
    /// Of which kind it is.
    pub fn kind(&self) -> SourceKind {
        match self {
            Self::Hub { .. } => SourceKind::Hub,
            Self::Url { .. } => SourceKind::Url,
            Self::Folder { .. } => SourceKind::Folder,
        }
    }
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Path in the model's folder, `/` between parts.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Its name: letters, digits, `.`, `_` and `-`.
    pub id: String,
    /// Other names of it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is for.
    pub description: String,
    /// Who made it.
    pub publisher: String,
    /// Under which licence it may be used, an SPDX expression.
    pub licence: String,
    /// Revision in the hub that the files are of.
    #[serde(default)]
    pub revision: Option<String>,
    /// Numbers in a vector.
    pub dimension: u32,
    /// Tokens of a text that count, special ones among them.
    pub max_tokens: u32,
    /// How the vectors of the tokens become one.
    pub pooling: Pooling,
    /// Where the files come from, in the order in which places are tried.
    #[serde(default, rename = "source")]
    pub sources: Vec<SourcePlace>,
    /// The files.
    #[serde(rename = "file")]
    pub files: Vec<ModelFile>,
}

impl ModelEntry {
    /// Size of all files in bytes.
    pub fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size_bytes).sum()
    }

    /// Says which bytes it is, in 16 hexadecimal digits: two entries with the same files have the same.
    pub fn digest(&self) -> String {
        let mut lines: Vec<_> = self.files.iter().map(|file| format!("{} {}\n", file.sha256, file.path)).collect();
        lines.sort();
        let mut digest = sha256_hex(lines.concat().as_bytes());
        digest.truncate(16);
        digest
    }

    fn is_called(&self, name: &str) -> bool {
        std::iter::once(&self.id).chain(&self.aliases).any(|known| known.eq_ignore_ascii_case(name))
    }

    fn check(&self) -> Result<(), String> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if self.id.is_empty() || self.id.starts_with('.') || !self.id.chars().all(is_plain) {
            return Err(format!(
                "the id `{}` has other characters than A-Z a-z 0-9 . _ -, or begins with `.`",
                self.id
            ));
        }
        if self.files.is_empty() {
            return Err(format!("the model `{}` has no files", self.id));
        }
        for (index, file) in self.files.iter().enumerate() {
            file.check().map_err(|why| format!("the file `{}` of the model `{}` {why}", file.path, self.id))?;
            if self.files[..index].iter().any(|other| other.path.eq_ignore_ascii_case(&file.path)) {
                return Err(format!("the file `{}` of the model `{}` is there twice", file.path, self.id));
            }
        }
        let needs_revision = self.sources.iter().any(|source| source.kind() == SourceKind::Hub);
        if needs_revision && self.revision.is_none() {
            return Err(format!("the model `{}` comes from a hub, and has no `revision`", self.id));
        }
        Ok(())
    }
}

impl ModelFile {
    fn check(&self) -> Result<(), &'static str> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let is_name = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.to_ascii_lowercase().ends_with(".part")
                && part.chars().all(is_plain)
        };
        if !self.path.split('/').all(is_name) {
            return Err(
                "has a path that can't be one: names of A-Z a-z 0-9 . _ -, `/` between them, none begins with `.`",
            );
        }
        if self.sha256.len() != 64 || !self.sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err("has a `sha256` that is not 64 lower-case hexadecimal digits");
        }
        if self.size_bytes > MAX_FILE_BYTES {
            return Err("is larger than 1 TiB");
        }
        Ok(())
    }
}

/// All models, in the order in which they are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue {
    entries: Vec<ModelEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    #[serde(default)]
    model: Vec<ModelEntry>,
}

impl Catalogue {
    /// The built-in models, and those of a file.
    ///
    /// # Errors
    /// When the file can't be read, or does not hold what a catalogue holds.
    pub fn load(further: Option<&Path>) -> Result<Self, ModelError> {
        let mut catalogue = Self { entries: Vec::new() };
        catalogue.extend("built into this program", BUILT_IN)?;
        if let Some(path) = further {
            let place = format!("`{}`", path.display());
            let text = std::fs::read_to_string(path).map_err(|error| ModelError::Catalogue {
                place: place.clone(),
                why: format!("can't be read: {error}"),
            })?;
            catalogue.extend(&place, &text)?;
        }
        Ok(catalogue)
    }

    /// The models of a text of the same form, for those who bring their own.
    ///
    /// # Errors
    /// When it does not hold what a catalogue holds.
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let mut catalogue = Self { entries: Vec::new() };
        catalogue.extend("given", text)?;
        Ok(catalogue)
    }

    fn extend(&mut self, place: &str, text: &str) -> Result<(), ModelError> {
        let refused = |why: String| ModelError::Catalogue { place: place.to_owned(), why };
        let file: CatalogueFile =
            toml::from_str(text).map_err(|error| refused(error.to_string().trim_end().to_owned()))?;
        let begun = self.entries.len();
        for entry in file.model {
            entry.check().map_err(refused)?;
            match self.entries.iter().position(|known| known.id.eq_ignore_ascii_case(&entry.id)) {
                Some(index) if index >= begun => {
                    return Err(refused(format!("the model `{}` is there twice", entry.id)));
                }
                Some(index) => self.entries[index] = entry,
                None => self.entries.push(entry),
            }
        }
        Ok(())
    }

    /// Every model.
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// The model of this id or alias; upper and lower case are the same.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&ModelEntry, ModelError> {
        self.entries.iter().find(|entry| entry.is_called(name)).ok_or_else(|| ModelError::NotInCatalogue {
            name: name.chars().take(200).collect(),
            known: self.entries.iter().map(|entry| entry.id.clone()).collect(),
        })
    }
}
