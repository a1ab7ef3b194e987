//! What a vector is filed under.
//!
//! The one decision: the key holds everything that decides the numbers: the model's files, how they are computed, the
//! text. So an entry never has to be looked at twice, and never grows old.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::core::hash::{sha256_file, sha256_hex};

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;
/// Folders below a model's own in which its parts are described.
const DEPTH: usize = 2;

/// What the vector of one text of one model is filed under.
pub(super) type Key = [u8; KEY_BYTES];

/// What all keys of a model begin from.
#[derive(Debug, Clone)]
pub(super) struct ModelKey(Sha256);

impl ModelKey {
    /// A model's key: its files, what else decides the numbers, and how many there are.
    pub(super) fn of(files: &str, variant: &str, dimension: usize) -> Self {
        let mut hasher = Sha256::new();
        for part in [files, variant, &dimension.to_string()] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Self(hasher)
    }

    /// A text's key.
    pub(super) fn key(&self, text: &str) -> Key {
        let mut hasher = self.0.clone();
        hasher.update(text);
        hasher.finalize().into()
    }
}

/// Says which model a folder holds, in 64 hexadecimal digits: digests of all files that a model is read from, weights
/// (`*.safetensors`) and descriptions (`*.json`). Reads all of them.
///
/// # Errors
/// When the folder, or a file in it, can't be read.
pub fn digest_of_folder(folder: &Path) -> io::Result<String> {
    let mut lines = Vec::new();
    for entry in WalkDir::new(folder).max_depth(DEPTH).follow_links(true).sort_by_file_name() {
        let entry = entry?;
        let is_read =
            entry.path().extension().is_some_and(|extension| extension == "json" || extension == "safetensors");
        if is_read && entry.file_type().is_file() {
            let (digest, _) = sha256_file(entry.path())?;
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            lines.push(format!("{digest} {}\n", path.display()));
        }
    }
    Ok(sha256_hex(lines.concat().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_part_of_a_model_or_another_text_is_another_key() {
        let keys = [
            ModelKey::of("a", "b", 3).key("text"),
            ModelKey::of("ab", "", 3).key("text"),
            ModelKey::of("a", "b", 4).key("text"),
            ModelKey::of("a", "b", 3).key("texts"),
            ModelKey::of("a", "b", 3).key(""),
        ];
        for (place, key) in keys.iter().enumerate() {
            assert!(!keys[..place].contains(key), "{place}");
        }
    }

    #[test]
    fn a_folder_is_what_its_weights_and_descriptions_say() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("1_Pooling")).unwrap();
        write("model.safetensors", "numbers");
        write("1_Pooling/config.json", "mean");
        let before = digest_of_folder(folder.path()).unwrap();
        write("README.md", "words");
        assert_eq!(digest_of_folder(folder.path()).unwrap(), before);
        write("1_Pooling/config.json", "cls");
        assert_ne!(digest_of_folder(folder.path()).unwrap(), before);
        assert!(digest_of_folder(&folder.path().join("nowhere")).is_err());
    }
}
