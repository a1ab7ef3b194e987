//! Where textmill keeps its own things, and which folders it may touch besides.

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

/// The settings at the top of the file.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "state_dir",
        env: env_vars::STATE_DIR,
        kind: Kind::Path,
        default: DefaultValue::Text("./.textmill"),
        help: "Folder of the database, artifacts, uploads and logs. It is made when it is first needed.",
    },
    Setting {
        key: "data_roots",
        env: env_vars::DATA_ROOTS,
        kind: Kind::PathList,
        default: DefaultValue::WorkingDirectory,
        help: "Folders that requests may read from and write to; every other path is refused. In the environment \
               separated like those of `PATH`.",
    },
];
