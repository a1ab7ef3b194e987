//! Why a model is not there.

use std::io;
use std::path::{Path, PathBuf};

use super::sources::FetchError;
use crate::core::failure::{Code, Fails};

/// What the model store can't do.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A catalogue is not one.
    #[error("the catalogue of models {place}: {why}")]
    Catalogue {
        /// Which.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// Nobody knows it.
    #[error("there is no model `{name}` in the catalogue")]
    NotInCatalogue {
        /// As asked for.
        name: String,
        /// Ids of those that there are.
        known: Vec<String>,
    },
    /// The model is known, another revision of it.
    #[error("the catalogue has the model `{id}` at {}, not at revision `{wanted}`", revision.as_deref().map_or_else(|| "no revision".to_owned(), |one| format!("revision `{one}`")))]
    OtherRevision {
        /// Which model.
        id: String,
        /// As asked for.
        wanted: String,
        /// That of the catalogue.
        revision: Option<String>,
    },
    /// It is known, and not here.
    #[error("the model `{id}` is not in the store")]
    NotInstalled {
        /// Which.
        id: String,
    },
    /// Another process changes it.
    #[error("the model `{id}` is being downloaded")]
    InUse {
        /// Which.
        id: String,
    },
    /// No place gave the file.
    #[error("no source has `{file}` of the model `{id}`: {}", told(.tried))]
    NoSource {
        /// Which model.
        id: String,
        /// Which of its files.
        file: String,
        /// Each place and what was wrong with it.
        tried: Vec<(String, FetchError)>,
    },
    /// The downloads can't be set up.
    #[error("downloads can't be set up: {0}")]
    Setup(String),
    /// The store's folder does not work.
    #[error("can't {doing} `{}`: {source}", path.display())]
    Storage {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Somebody asked for it to stop.
    #[error("the download was cancelled; what is there is kept")]
    Cancelled,
}

impl ModelError {
    /// For `map_err`.
    pub(super) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { doing, path: path.to_owned(), source }
    }
}

fn told(tried: &[(String, FetchError)]) -> String {
    if tried.is_empty() {
        return "the catalogue names none".to_owned();
    }
    tried.iter().map(|(place, error)| format!("{place}: {error}")).collect::<Vec<_>>().join("; ")
}

impl Fails for ModelError {
    fn code(&self) -> Code {
        match self {
            Self::Catalogue { .. } | Self::Setup(_) => Code::InvalidParameter,
            Self::NotInCatalogue { .. } | Self::OtherRevision { .. } => Code::ModelNotInCatalogue,
            Self::NotInstalled { .. } => Code::NotFound,
            Self::InUse { .. } => Code::ResourceInUse,
            // What is worth another try later counts first, then what somebody must know.
            Self::NoSource { tried, .. } => {
                let codes: Vec<_> = tried.iter().map(|(_, error)| error.code()).collect();
                let first = [Code::UpstreamHub, Code::DigestMismatch].into_iter().find(|code| codes.contains(code));
                first.or_else(|| codes.first().copied()).unwrap_or(Code::AddressNotAllowed)
            }
            Self::Storage { .. } => Code::StorageFailure,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Catalogue { .. } => Some("docs/models.md shows the form of a catalogue".to_owned()),
            Self::NotInCatalogue { known, .. } => Some(format!("models: {}", known.join(", "))),
            Self::OtherRevision { .. } => {
                Some("leave the revision out, or add an entry to `models.catalogue`".to_owned())
            }
            Self::NotInstalled { id } => Some(format!("fetch it: `textmill model pull {id}`, or POST /v1/models")),
            Self::InUse { .. } => Some("wait for the end of the download, or cancel its job".to_owned()),
            Self::NoSource { tried, .. } => tried
                .iter()
                .find_map(|(_, error)| error.hint())
                .or_else(|| Some("`textmill model pull ID --from DIR` takes the files from a folder".to_owned())),
            Self::Setup(_) => Some("correct the proxy's address, or the setting".to_owned()),
            Self::Storage { .. } => {
                Some("see whether `models.dir` has space, and may be written by this user".to_owned())
            }
            Self::Cancelled => None,
        }
    }
}
