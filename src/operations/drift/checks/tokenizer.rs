//! The tokenizer of the model, for checks that ask it.

use super::CheckError;
use crate::core::embeddings::TokenCounter;
use crate::operations::drift::engines::Engines;

/// Opens it.
///
/// # Errors
/// When there is none, or it can't be read.
pub(super) fn opened(engines: &Engines) -> Result<TokenCounter, CheckError> {
    let folder = engines
        .model_folder
        .as_deref()
        .ok_or_else(|| CheckError::new("there is no tokenizer").with_hint("name a model, `embedder`"))?;
    TokenCounter::open(folder).map_err(|error| CheckError::from_failure(&error))
}

#[cfg(test)]
pub(super) mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::core::embeddings::tests::tiny_model::TinyModel;

    /// A model of a few words, and the folder that it lies in.
    pub(in crate::operations::drift::checks) fn tiny_engines() -> (TempDir, Engines) {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(folder.path());
        let engines = Engines { model_folder: Some(folder.path().to_owned()), ..Engines::default() };
        (folder, engines)
    }

    #[test]
    fn without_a_model_it_is_said_what_to_name() {
        let error = opened(&Engines::default()).unwrap_err();
        assert!(error.hint.unwrap().contains("embedder"));
    }
}
