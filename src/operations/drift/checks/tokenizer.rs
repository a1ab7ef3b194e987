//! The tokenizer of the model, for checks that ask it.

use super::CheckError;
use crate::operations::drift::engines::Engines;
use crate::operations::drift::set::{Set, Tokens};

/// What it reads of the texts of a set.
///
/// # Errors
/// When there is none, or it can't be read.
pub(super) fn tokens<'s>(set: &'s Set, engines: &Engines) -> Result<&'s Tokens, CheckError> {
    let folder = engines
        .model_folder
        .as_deref()
        .ok_or_else(|| CheckError::new("there is no tokenizer").with_hint("name a model, `embedder`"))?;
    set.tokens(folder).map_err(|error| CheckError::from_failure(&error))
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::core::embeddings::tests::tiny_model::TinyModel;
    use crate::operations::drift::set::samples::set_of;

    /// A model of a few words, and the folder that it lies in.
    pub(in crate::operations::drift::checks) fn tiny_engines() -> (TempDir, Engines) {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(folder.path());
        let engines = Engines { model_folder: Some(folder.path().to_owned()), ..Engines::default() };
        (folder, engines)
    }

    #[test]
    fn without_a_model_it_is_said_what_to_name() {
        let error = tokens(&set_of(["steel"]), &Engines::default()).unwrap_err();
        assert!(error.hint.unwrap().contains("embedder"));
    }
}
