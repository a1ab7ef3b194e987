//! Models: where they lie, where they come from, and who may be asked for them.

use std::path::PathBuf;

use serde::Deserialize;

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};
use crate::core::models::AllowedHost;

/// The section `[models]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// The folder of models; may not be there yet.
    pub dir: PathBuf,
    /// A file with further models.
    pub catalogue: Option<PathBuf>,
    /// Address of the model hub.
    pub hub: String,
    /// Hosts that may be fetched from besides public ones.
    #[serde(default)]
    pub allow_hosts: AllowedHosts,
    /// Whether nothing is fetched from the web.
    pub offline: bool,
}

/// Hosts that may be fetched from besides public ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct AllowedHosts(pub Vec<AllowedHost>);

impl TryFrom<Vec<String>> for AllowedHosts {
    type Error = String;

    fn try_from(hosts: Vec<String>) -> Result<Self, String> {
        hosts.iter().map(|host| host.parse()).collect::<Result<_, _>>().map(Self)
    }
}

/// The settings of `[models]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "models.dir",
        env: env_vars::MODELS_DIR,
        kind: Kind::Path,
        default: DefaultValue::UserCache("models"),
        help: "Folder of the models. Processes on one machine share it; so may machines that see the same folder.",
    },
    Setting {
        key: "models.catalogue",
        env: env_vars::MODELS_CATALOGUE,
        kind: Kind::Path,
        default: DefaultValue::None,
        help: "TOML file with further models, or with other sources for known ones; docs/models.md shows its form.",
    },
    Setting {
        key: "models.hub",
        env: env_vars::MODELS_HUB,
        kind: Kind::WebAddress,
        default: DefaultValue::Text("https://huggingface.co"),
        help: "Address of the model hub, or of a mirror of it. The token in `HF_TOKEN` is shown to it alone.",
    },
    Setting {
        key: "models.allow_hosts",
        env: env_vars::MODELS_ALLOW_HOSTS,
        kind: Kind::Hosts,
        default: DefaultValue::None,
        help: "Hosts that models may be fetched from although they have a private address or speak no https. A list in \
               a file, `host,host2:port` in the environment.",
    },
    Setting {
        key: "models.offline",
        env: env_vars::MODELS_OFFLINE,
        kind: Kind::Switch,
        default: DefaultValue::Switch(false),
        help: "Fetch nothing from the web; sources that are folders still serve.",
    },
];
